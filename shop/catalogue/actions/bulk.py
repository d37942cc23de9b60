"""Many goods of one stall at once: the same as one by one, in a few statements.

``tests/selling/test_sheets.py`` holds it to ``reshelve``, which does it for one product.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from shop.catalogue import rules
from shop.catalogue.actions.shelving import reshelve, shown_price
from shop.catalogue.models import Product, Shelving, Variant
from shop.catalogue.queries import Tree, category_tree
from shop.db import touch
from shop.kernel.text import slug
from shop.sellers.models import Seller


@dataclass(frozen=True)
class NewGoods:
    """A draft to be: ``said`` by names of ``Product``, ``packs`` by those of ``Variant``."""

    said: Mapping[str, Any]
    packs: Sequence[Mapping[str, Any]]


def change_many(
    session: Session,
    *,
    seller_id: int,
    products: Mapping[int, Mapping[str, Any]],
    packs: Mapping[int, tuple[int, Mapping[str, Any]]],
    now: datetime,
) -> None:
    """Store new values of products, and of packs: {pack: (its product, values)}.

    The caller holds the products and has looked at the values.
    """
    _set(session, Variant, {key: values for key, (_product, values) in packs.items()})
    session.execute(
        update(Variant)
        .where(Variant.id.in_(packs), Variant.compare_at_vnd <= Variant.price_vnd)
        .values(compare_at_vnd=None)  # A "reduced" price that is not lower says nothing.
        .execution_options(synchronize_session=False)
    )
    touched = sorted({*products, *(product_id for product_id, _values in packs.values())})
    moved = [k for k, values in products.items() if {"category_id", "off_season"} & values.keys()]
    _set(session, Product, products)
    _keep_ready(session, seller_id, touched, now)
    session.expire_all()
    for product_id in moved:
        reshelve(session, product_id)
    touch(session, "catalogue")


def _set(session: Session, table: Any, rows: Mapping[int, Mapping[str, Any]]) -> None:
    """Store values by id; rows that change the same columns go in one statement."""
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for key, values in rows.items():
        if values:
            alike.setdefault(tuple(sorted(values)), []).append(
                {"its_id": key, **{f"new_{name}": value for name, value in values.items()}}
            )
    core = table.__table__
    for names, some in alike.items():
        session.connection().execute(
            update(core)
            .where(core.c.id == bindparam("its_id"))
            .values({name: bindparam(f"new_{name}") for name in names}),
            some,
        )


def _keep_ready(session: Session, seller_id: int, ids: Sequence[int], now: datetime) -> None:
    """Bring shown prices, search words and versions of products up to date."""
    if not ids:
        return
    session.execute(
        update(Product)
        .where(Product.id.in_(ids))
        .values(
            version=Product.version + 1, updated_at=now, price_vnd=func.coalesce(shown_price(), 0)
        )
        .execution_options(synchronize_session=False)
    )
    tree, seller = category_tree(session), session.get_one(Seller, seller_id)
    words = {
        row.id: {"search_text": _search_text(row, seller, tree)}
        for row in session.execute(
            select(
                Product.id, Product.title_vi, Product.title_en, Product.category_id
            ).where(Product.id.in_(ids))
        )
    }  # fmt: skip
    _set(session, Product, words)
    price = select(Product.price_vnd).where(Product.id == Shelving.product_id).scalar_subquery()
    session.execute(
        update(Shelving)
        .where(Shelving.product_id.in_(ids))
        .values(price_vnd=price)
        .execution_options(synchronize_session=False)
    )


def _search_text(row: Any, seller: Seller, tree: Tree) -> str:
    above = tree.above(row.category_id)
    return rules.search_text(
        rules.Naming(
            titles=(row.title_vi, row.title_en),
            categories=tuple(name for s in above[::-1] for name in (s.name_vi, s.name_en)),
            seller=(seller.name_vi, seller.name_en, seller.person),
            places=(seller.hamlet_vi, seller.hamlet_en, seller.ward_name, seller.province_name),
        )
    )


def create_many(
    session: Session, *, seller_id: int, goods: Sequence[NewGoods], now: datetime
) -> list[tuple[int, int]]:
    """Store drafts with their packs, SKUs that are empty made; return (pack, product) in order."""
    if not goods:
        return []
    seller, taken = session.get_one(Seller, seller_id), set(session.scalars(select(Product.slug)))
    products = [
        {
            **one.said, "slug": _free(slug(one.said["title_vi"], 90) or "san-pham", taken),
            "seller_id": seller_id, "province_code": seller.province_code, "state": "draft",
            "created_at": now, "updated_at": now,
        }
        for one in goods
    ]  # fmt: skip
    ids = session.scalars(
        insert(Product).returning(Product.id, sort_by_parameter_order=True), products
    ).all()
    made = add_packs(
        session,
        [(key, pack) for key, one in zip(ids, goods, strict=True) for pack in one.packs],
    )
    _keep_ready(session, seller_id, ids, now)
    session.expire_all()
    touch(session, "catalogue")
    return made


def add_packs(
    session: Session, packs: Sequence[tuple[int, Mapping[str, Any]]]
) -> list[tuple[int, int]]:
    """Store new packs, last of their products, each (product, values); return (pack, product)."""
    if not packs:
        return []
    hers = dict(
        session.execute(
            select(Product.id, Product.seller_id).where(
                Product.id.in_({key for key, _values in packs})
            )
        ).all()
    )
    there = dict(
        session.execute(
            select(Variant.product_id, func.count())
            .where(Variant.product_id.in_({key for key, _values in packs}))
            .group_by(Variant.product_id)
        ).all()
    )
    rows = []
    for key, values in packs:
        there[key] = there.get(key, 0) + 1
        rows.append(
            {**values, "product_id": key, "seller_id": hers[key], "position": there[key] - 1,
             "sku": values.get("sku") or f"P{key}-{there[key]}"}
        )  # fmt: skip
    names = [row["sku"] for row in rows]
    taken: dict[int, set[str]] = {seller_id: set() for seller_id in hers.values()}
    for seller_id, name in session.execute(
        select(Variant.seller_id, Variant.sku).where(
            Variant.seller_id.in_(taken), Variant.sku.in_(names)
        )
    ):
        taken[seller_id].add(name)
    for row in rows:
        row["sku"] = _free(row["sku"], taken[row["seller_id"]])
    ids = session.scalars(
        insert(Variant).returning(Variant.id, sort_by_parameter_order=True), rows
    ).all()
    return [(made, key) for made, (key, _values) in zip(ids, packs, strict=True)]


def _free(wanted: str, taken: set[str]) -> str:
    """Return a name that nobody has, and note that it is taken now."""
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}-{number}", number + 1
    taken.add(name)
    return name
