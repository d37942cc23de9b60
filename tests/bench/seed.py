"""A scratch shop with as many products as wanted, put into the tables directly.

Words, prices and pack sizes follow what the demo shop sells, so that a common word of a
search is in thousands of titles and a rare one in a handful. Everything that the shop keeps
ready (shelves, counts, lowest prices, folded words) is written as its actions would.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

import sqlalchemy as sa
from flask import Flask

from shop.catalogue.models import Category, Product, ProductPicture, Shelving, Variant
from shop.catalogue.rules import Naming, search_text
from shop.current import vault
from shop.db import db
from shop.kernel.clock import now_utc
from shop.kernel.text import ascii_only, slug
from shop.listings.jobs import tidy_search
from shop.media.models import Picture
from shop.organisations.models import Organisation, OrganisationClosure
from shop.places.models import Province, Ward
from shop.sellers.models import Payee, Seller
from shop.shipping.models import Rate, RateTable
from shop.stock.models import StockLevel, StockMove

BEGAN = datetime(2026, 1, 5, 1, tzinfo=UTC)
ON_HAND = 1_000_000

SHELVES = {
    "Bột và ngũ cốc": ("Bột ngũ cốc", "Gạo, nếp", "Bún, mì khô", "Bánh tráng"),
    "Mắm, muối, gia vị": ("Nước mắm", "Muối chấm", "Tương, ớt", "Dầu ăn"),
    "Quà vặt": ("Kẹo", "Trái cây sấy", "Hạt rang", "Dưa món"),
    "Trà và mật ong": ("Trà, lá khô", "Mật ong", "Nghệ, gừng"),
    "Đồ dùng": ("Rổ, khay tre", "Chổi", "Chiếu, túi cói", "Xà phòng, tinh dầu"),
}
KINDS = (
    "Bột ngũ cốc", "Bột mè đen", "Bột hạt sen", "Gạo lứt", "Nếp ngự", "Bánh tráng mè",
    "Bánh tráng gạo", "Nước mắm cá cơm", "Mắm ruốc", "Muối ớt xanh", "Muối mè", "Tương ớt",
    "Dầu phộng ép", "Kẹo đậu phộng", "Chuối sấy", "Mít sấy", "Khoai lang dẻo", "Đậu phộng rang",
    "Dưa món", "Trà gừng", "Trà đậu đen", "Mật ong hoa rừng", "Nghệ bột", "Rổ tre",
    "Chổi đót", "Chiếu cói", "Xà phòng bồ kết", "Tinh dầu tràm",
)  # fmt: skip
QUALITIES = (
    "loại một", "đặc biệt", "gia truyền", "nguyên chất", "ít ngọt", "cay vừa", "phơi nắng",
    "rang củi", "xay mịn", "không đường", "hữu cơ", "quê nội", "làm tay", "mùa mới", "hộp quà",
)  # fmt: skip
HAMLETS = ("Gò Mít", "Bàu Sen", "Đồng Chành", "Bến Đá", "Xóm Lụa", "Hòn Kẽm", "Suối Trà", "Cồn Sậy")
FAMILY = ("Nguyễn", "Trần", "Lê", "Phan", "Võ", "Huỳnh", "Đặng", "Bùi", "Đỗ", "Hồ")
GIVEN = (
    "Mẫn",
    "Lành",
    "Thảo",
    "Sương",
    "Hậu",
    "Liên",
    "Cúc",
    "Nhạn",
    "Diệu",
    "Phượng",
    "Thu",
    "Lụa",
)
PACKS = (("Hũ 250 g", 250), ("Hũ 500 g", 500), ("Túi 1 kg", 1000))
SYLLABLES = (
    "la",
    "mo",
    "ri",
    "tha",
    "nghe",
    "kho",
    "vi",
    "su",
    "dan",
    "quo",
    "pho",
    "ly",
    "be",
    "gia",
)
STORY = (
    "Chị em trong thôn làm cùng nhau từ sáng sớm: nhặt, phơi, rang bằng chảo gang rồi xay từng "
    "mẻ nhỏ. Hàng gửi đi được niêm phong, ghi ngày làm và số điện thoại để gọi khi cần. "
)


def rare_word(n: int) -> str:
    """Return a made-up word that about five products of any number share."""
    n //= 5
    return "".join(
        SYLLABLES[n // len(SYLLABLES) ** place % len(SYLLABLES)] for place in range(4)
    ).capitalize()


def seed(app: Flask, products: int) -> None:
    """Fill an empty migrated database; also tend it as each day does."""
    with app.app_context():
        with db.engine.begin() as connection:
            _seed(connection, products)
        if db.engine.dialect.name == "sqlite":
            tidy_search(now_utc())
        else:
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("ANALYZE")
        db.engine.dispose()


def _insert(connection: sa.Connection, table: Any, rows: Iterator[dict[str, Any]]) -> None:
    columns = {c.name: c.default.arg for c in table.__table__.columns if _plain(c.default)}
    while some := list(islice(rows, 2000)):
        connection.execute(sa.insert(table.__table__), [{**columns, **row} for row in some])


def _plain(default: Any) -> bool:
    return default is not None and default.is_scalar


def _seed(connection: sa.Connection, products: int) -> None:
    random = Random(20261123)
    _insert(connection, Organisation, iter([{
        "id": 1, "slug": "xa-song-lanh", "kind": "commune", "parent_id": None,
        "name_vi": "Hội LHPN xã Sông Lành", "name_en": "Sông Lành Women's Union",
        "valid_from": BEGAN.date(), "valid_to": None}]))  # fmt: skip
    _insert(
        connection,
        OrganisationClosure,
        iter([{"ancestor_id": 1, "descendant_id": 1, "depth": 0}]),
    )
    leaves, names = _categories(connection)
    makers = _sellers(connection, random, max(4, products // 20))
    stock = list(_products(random, products, leaves, names, makers))
    _insert(connection, Picture, (_picture(p) for p in stock))
    _insert(connection, Product, (p["row"] for p in stock))
    _insert(connection, ProductPicture, (
        {"product_id": p["row"]["id"], "picture_id": p["row"]["id"], "position": 0} for p in stock
    ))  # fmt: skip
    _insert(connection, Shelving, (
        {"category_id": shelf, "product_id": p["row"]["id"], "price_vnd": p["row"]["price_vnd"],
         "published_at": p["row"]["published_at"]}
        for p in stock for shelf in p["shelves"]
    ))  # fmt: skip
    packs = [pack for p in stock for pack in p["packs"]]
    _insert(connection, Variant, iter(packs))
    _insert(connection, StockLevel, (
        {"variant_id": v["id"], "product_id": v["product_id"], "on_hand": ON_HAND, "reserved": 0}
        for v in packs
    ))  # fmt: skip
    _insert(connection, StockMove, (
        {"variant_id": v["id"], "kind": "counted", "on_hand_change": ON_HAND, "reserved_change": 0,
         "seller_order_id": None, "actor_id": None, "at": BEGAN}
        for v in packs
    ))  # fmt: skip
    _count(connection)
    if connection.dialect.name == "postgresql":
        _move_sequences_on(connection)


def _categories(connection: sa.Connection) -> tuple[dict[int, int], dict[int, str]]:
    """Store two levels of shelves; return parents by leaf and names by id."""
    rows, leaves, names = [], {}, {}
    for top, below in SHELVES.items():
        parent = len(rows) + 1
        for name, of in ((top, None), *((leaf, parent) for leaf in below)):
            number = len(rows) + 1
            rows.append({"id": number, "slug": slug(name), "parent_id": of, "name_vi": name,
                         "name_en": ascii_only(name), "position": number})  # fmt: skip
            names[number] = name
            if of:
                leaves[number] = of
    _insert(connection, Category, iter(rows))
    return leaves, names


def _sellers(connection: sa.Connection, random: Random, number: int) -> list[dict[str, Any]]:
    places = connection.execute(
        sa.select(Ward.code, Ward.full_name, Province.code, Province.name, Province.region)
        .join(Province, Province.code == Ward.province_code)
        .order_by(Ward.code)
    ).all()
    places = places[:: max(1, len(places) // 60)]
    makers = []
    for n in range(1, number + 1):
        ward, ward_name, province, province_name, region = random.choice(places)
        hamlet, person = (
            random.choice(HAMLETS),
            f"{random.choice(FAMILY)} Thị {random.choice(GIVEN)}",
        )
        name = (
            f"{random.choice(('Nhà', 'Tổ', 'Cơ sở'))} {person.rsplit(maxsplit=1)[-1]} {hamlet} {n}"
        )
        makers.append({
            "id": n, "slug": f"nha-{n}", "organisation_id": 1,
            "organisation_path": [{"id": 1, "vi": "Hội LHPN xã Sông Lành", "en": "Sông Lành"}],
            "entity_kind": "ho_kinh_doanh", "name_vi": name, "name_en": name, "initials": "NL",
            "person": f"chị {person}", "phone": f"+84905{n:06d}", "hamlet_vi": f"thôn {hamlet}",
            "hamlet_en": f"{hamlet} hamlet", "ward_code": ward, "province_code": province,
            "ward_name": ward_name, "province_name": province_name, "region": region,
            "since_year": 1990 + n % 35, "sentence_vi": STORY[:120], "story_vi": STORY * 3,
            "dispatch_vi": "Gửi mỗi sáng.", "returns_vi": "Đổi trong 7 ngày nếu hàng hỏng.",
            "picture_id": None, "blind_makers": n % 12 == 0, "created_at": BEGAN,
            "approved_at": BEGAN, "approved_by_id": None, "closed_at": None,
        })  # fmt: skip
    _insert(connection, Seller, iter(makers))
    keys = vault()
    sealing = keys.new_key()
    account = keys.seal(sealing, "0123456789")
    _insert(connection, Payee, (
        {"seller_id": m["id"], "organisation_id": None, "bank_bin": "970436",
         "bank_name": "Vietcombank", "holder": ascii_only(m["person"][4:]).upper(),
         "data_key": sealing, "account_number": account, "last4": "6789", "started_at": BEGAN,
         "started_by_id": None, "ended_at": None}
        for m in makers
    ))  # fmt: skip
    _insert(connection, RateTable, (
        {"id": m["id"], "seller_id": m["id"], "valid_from": date(2026, 1, 1), "valid_to": None,
         "free_from_vnd": None}
        for m in makers
    ))  # fmt: skip
    zones = (("commune", 10_000), ("province", 20_000), ("region", 28_000), ("country", 35_000))
    _insert(connection, Rate, (
        {"rate_table_id": m["id"], "zone": zone, "first_g": 1000, "first_vnd": fee, "step_g": 500,
         "step_vnd": 5000, "max_g": 30_000, "days_min": 1, "days_max": 3}
        for m in makers for zone, fee in zones
    ))  # fmt: skip
    return makers


def _products(
    random: Random,
    number: int,
    leaves: dict[int, int],
    names: dict[int, str],
    makers: list[dict[str, Any]],
) -> Iterator[dict[str, Any]]:
    order, variant = sorted(leaves), 0
    for n in range(1, number + 1):
        kind = random.choice(KINDS)
        maker = makers[n % len(makers)]
        leaf = order[KINDS.index(kind) % len(order)]
        title = f"{kind} {random.choice(QUALITIES)} {rare_word(n)}"
        published = BEGAN + timedelta(minutes=11 * n)
        price = random.randrange(25, 320) * 1000
        packs = []
        for place, (name, net_g) in enumerate(PACKS[: random.choice((1, 1, 2, 3))]):
            variant += 1
            packs.append({
                "id": variant, "product_id": n, "seller_id": maker["id"],
                "sku": f"MON-{variant}", "name_vi": name,
                "name_en": name, "price_vnd": price * (1 + place), "compare_at_vnd": None,
                "net_g": net_g, "net_ml": None, "pieces": None, "weight_g": net_g + 100,
                "length_mm": None, "width_mm": None, "height_mm": None, "position": place,
                "restock_on": None, "retired_at": None,
            })  # fmt: skip
        words = search_text(
            Naming(
                titles=(title, ""),
                categories=(names[leaf], names[leaves[leaf]]),
                seller=(maker["name_vi"], maker["name_en"], maker["person"]),
                places=(maker["hamlet_vi"], maker["ward_name"], maker["province_name"]),
            )
        )
        row = {
            "id": n, "slug": f"mon-{n}", "seller_id": maker["id"], "category_id": leaf,
            "state": "published", "title_vi": title, "unit_vi": "hũ", "unit_en": "jar",
            "summary_vi": f"{title}, làm tay ở {maker['hamlet_vi']}.", "description_vi": STORY * 2,
            "ingredients_vi": "Gạo lứt, đậu đen, mè đen, hạt sen.", "allergens": ["sesame"],
            "storage_vi": "Nơi khô mát.", "shelf_life_vi": "6 tháng kể từ ngày làm.",
            "origin_vi": maker["province_name"], "made_vi": "Rang củi, xay mịn.",
            "price_vnd": price,
            "province_code": maker["province_code"], "search_text": words, "created_at": published,
            "updated_at": published, "published_at": published,
        }  # fmt: skip
        yield {"row": row, "shelves": (leaf, leaves[leaf]), "packs": packs}


def _picture(product: dict[str, Any]) -> dict[str, Any]:
    n = product["row"]["id"]
    return {
        "id": n, "digest": f"{n:032x}", "width_px": 960, "height_px": 960, "colour": "#e8d9b0",
        "versions": {"jpg": [320, 640, 960], "webp": [320, 640, 960], "avif": [320, 640, 960]},
        "alt_vi": product["row"]["title_vi"], "alt_en": "A jar", "created_at": BEGAN,
        "created_by_id": None, "seller_id": product["row"]["seller_id"],
    }  # fmt: skip


def _count(connection: sa.Connection) -> None:
    on_shelf = (
        sa.select(sa.func.count()).where(Shelving.category_id == Category.id).scalar_subquery()
    )
    of_maker = sa.select(sa.func.count()).where(Product.seller_id == Seller.id).scalar_subquery()
    connection.execute(sa.update(Category).values(product_count=on_shelf))
    connection.execute(sa.update(Seller).values(product_count=of_maker))


def _move_sequences_on(connection: sa.Connection) -> None:
    """Let each table's next id begin at a million of its own, so that ids are never alike."""
    sequences = connection.scalars(
        sa.text("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1")
    ).all()
    for n, name in enumerate(sequences, 1):
        connection.execute(sa.text("SELECT setval(:name, :at)"), {"name": name, "at": n * 10**9})
