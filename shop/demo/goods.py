"""Categories and products of the demo, with their pictures."""

from collections.abc import Callable
from dataclasses import fields
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.catalogue.actions import create_category, create_product, hide, publish, set_pictures
from shop.catalogue.models import Variant
from shop.catalogue.rules import ProductFields, VariantFields
from shop.db import transaction
from shop.demo.papers import load_papers
from shop.demo.people import ACTOR
from shop.kernel.settings import ROOT
from shop.media.actions import store_picture
from shop.media.files import Finished
from shop.media.work import finish_our_own
from shop.stock.actions import open_level
from shop.stock.preorder_actions import open_preorder
from shop.web.words import gettext, speaking

PICTURES = ROOT / "shop" / "demo" / "pictures"
#: The first goods are there as soon as their makers are, the last before anybody orders.
PUT_UP = timedelta(days=60)


def load_goods(
    shelves: dict[str, Any], content: dict[str, Any], sellers: dict[str, int], now: datetime
) -> None:
    """Put up every product with its picture and first stock."""
    categories = _load_categories(shelves, now)
    shift: timedelta = now.date() - content["as_of"]
    paths = {
        name: PICTURES / f"{name}.webp"
        for row in content["product"]
        for name, _, _ in _pictures_of(row)
    }
    finished = finish_our_own(list(paths.values()))
    prints = {name: finished[path] for name, path in paths.items()}
    # Makers take turns, so that the newest goods are a mixed shelf.
    by_maker: dict[str, list[dict[str, Any]]] = {}
    for row in content["product"]:
        by_maker.setdefault(row["maker"], []).append(row)
    rounds = max(len(rows) for rows in by_maker.values())
    order = [
        rows[n]
        for n in reversed(range(rounds))
        for rows in reversed(by_maker.values())
        if n < len(rows)
    ]
    for n, row in enumerate(order):
        at = now - PUT_UP + timedelta(hours=n)
        with transaction() as session:
            _put_up(
                session,
                row,
                sellers[row["maker"]],
                categories[row["category"]],
                prints,
                shift,
                at,
            )


def _load_categories(shelves: dict[str, Any], now: datetime) -> dict[str, int]:
    categories: dict[str, int] = {}
    with transaction() as session:
        for row in shelves["category"]:
            made = create_category(
                session, name_vi=row["name_vi"], name_en=row["name_en"], now=now, actor_id=None,
                parent_id=categories.get(row.get("parent", "")), position=row["position"],
                description_vi=row["description_vi"], description_en=row["description_en"],
                wanted_slug=row["slug"], actor_name=ACTOR,
            )  # fmt: skip
            categories[row["slug"]] = made if isinstance(made, int) else made.id
    return categories


def _put_up(
    session: Session,
    row: dict[str, Any],
    seller_id: int,
    category_id: int,
    prints: dict[str, Finished],
    shift: timedelta,
    at: datetime,
) -> None:
    said = {f.name: row[f.name] for f in fields(ProductFields) if f.name in row}
    for key, value in said.items():
        said[key] = value.strip() if isinstance(value, str) else value
    for key in ("season_from", "season_to"):
        if key in said:
            said[key] += shift
    for lang in ("vi", "en"):
        with speaking(lang):
            size: Callable[[str], str] = lambda text: gettext("Kích thước: %(size)s", size=text)  # noqa: E731
            if f"dimensions_{lang}" in row:
                said[f"description_{lang}"] += "\n\n" + size(row[f"dimensions_{lang}"])
    variants = [_variant(pack, n, shift) for n, pack in enumerate(row["variant"])]
    made = create_product(
        session, seller_id=seller_id, category_id=category_id, now=at, actor_id=None,
        fields=ProductFields(**said), variants=variants, actor_name=ACTOR,
    )  # fmt: skip
    product_id = made if isinstance(made, int) else made.id
    ids = dict(
        session.execute(
            select(Variant.sku, Variant.id).where(Variant.product_id == product_id)
        ).all()
    )  # type: ignore[arg-type]
    for pack in row["variant"]:
        open_level(
            session, variant_id=ids[pack["sku"]], product_id=product_id,
            on_hand=pack["on_hand"] + RESERVE.get(pack["sku"], 0), now=at,
        )  # fmt: skip
        if "preorder_cap" in pack:
            open_preorder(
                session, variant_id=ids[pack["sku"]], product_id=product_id,
                ready_on=pack["restock_on"] + shift, cap=pack["preorder_cap"], now=at, actor_id=None,
            )  # fmt: skip
    pictures = [
        store_picture(
            session, prints[name], alt_vi=alt_vi, alt_en=alt_en, title=row["title_vi"],
            seller_id=seller_id, now=at,
        )
        for name, alt_vi, alt_en in _pictures_of(row)
    ]  # fmt: skip
    session.flush()
    set_pictures(
        session, product_id=product_id, picture_ids=[picture.id for picture in pictures], now=at
    )
    state = row.get("state", "published")
    if state != "draft":
        publish(session, product_id=product_id, now=at, actor_id=None, actor_name=ACTOR)
    if state == "hidden":
        hide(session, product_id=product_id, now=at, actor_id=None, actor_name=ACTOR)
    load_papers(session, row, seller_id, product_id, at)


def _pictures_of(row: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return (file, words, words in English) of a product's pictures; what is not on show has none."""
    if "image_alt_vi" not in row:
        return []
    more = [(one["file"], one["alt_vi"], one["alt_en"]) for one in row.get("more_pictures", ())]
    return [(row["slug"], row["image_alt_vi"], row["image_alt_en"]), *more]


#: Pieces that the demo's own orders will take, so that shelves show what the file says.
RESERVE = {
    "GM-NGUCOC-500": 11, "GM-NGUCOC-1000": 1, "GM-MEDEN-300": 4, "GM-MEDEN-500": 1, "GM-GAOLUT-500": 2,
    "GM-GAOLUT-1000": 1, "GM-HOPSANG-07": 3, "GM-HOPSANG-14": 1, "HM-RUNG-500": 1, "TA-RO-V": 1,
}  # fmt: skip


def _variant(pack: dict[str, Any], position: int, shift: timedelta) -> VariantFields:
    said = {f.name: pack[f.name] for f in fields(VariantFields) if f.name in pack}
    restock: date | None = pack.get("restock_on")
    said["restock_on"] = restock + shift if restock else None
    return VariantFields(**{**said, "position": position})
