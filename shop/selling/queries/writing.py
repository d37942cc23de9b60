"""What a seller can write down for somebody, and what she wrote."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.catalogue.models import Product, Variant
from shop.current import vault
from shop.kernel.text import fold
from shop.ordering.models import Order, SellerOrder, WrittenOrder
from shop.ordering.queries import link_token
from shop.ordering.rules.dictated_counts import Good

#: A stall of no more packs sees them all; of more, those that are counted or looked for.
FEW_GOODS = 40


@dataclass(frozen=True, slots=True)
class Offered(Good):
    """A pack of hers that is on sale."""

    price_vnd: int = 0

    def label(self, spoken: str) -> str:
        """Return "Bột ngũ cốc, Hũ 500 g" in a language."""
        return f"{self.name}, {self.pack}" if spoken == "vi" else f"{self.name_en}, {self.pack_en}"


@dataclass(frozen=True, slots=True)
class Written:
    """How an order was written down. ``token``: of the buyer's own link."""

    channel: str
    words: str
    by_id: int | None
    by: str
    at: datetime
    token: str


def offered_goods(session: Session, seller_id: int) -> list[Offered]:
    """Return a stall's packs that are on sale, in the order of their names. One query."""
    rows = session.execute(
        select(
            Variant.id, Variant.name_vi, Variant.name_en, Variant.price_vnd, Product.title_vi,
            Product.title_en,
        )
        .join(Product, Product.id == Variant.product_id)
        .where(
            Product.seller_id == seller_id, Product.state == "published",
            Variant.retired_at.is_(None),
        )
        .order_by(Product.title_vi, Variant.position, Variant.id)
    )  # fmt: skip
    return [
        Offered(r.id, r.title_vi, r.name_vi, r.title_en or r.title_vi, r.name_en or r.name_vi, r.price_vnd)
        for r in rows
    ]  # fmt: skip


def shown_goods(goods: Sequence[Offered], asked: str, chosen: Collection[int]) -> Sequence[Offered]:
    """Return what stands on the form: all of a few, else what is chosen and what is looked for."""
    if len(goods) <= FEW_GOODS:
        return goods
    wanted = fold(asked).split()
    found = [
        one for one in goods if wanted and one.variant_id not in chosen
        and all(word in fold(f"{one.name} {one.pack} {one.name_en}") for word in wanted)
    ]  # fmt: skip
    return [*(one for one in goods if one.variant_id in chosen), *found[:FEW_GOODS]]


def written_of(session: Session, seller_id: int, seller_order_id: int) -> Written | None:
    """Return how an order of a stall was written down, None when its buyer ordered it herself."""
    row = session.execute(
        select(
            WrittenOrder.channel, WrittenOrder.original, WrittenOrder.written_at, Account.name,
            WrittenOrder.written_by_id,
            Order.data_key, Order.link_nonce, Order.link_digest,
        )
        .join(Order, Order.id == WrittenOrder.order_id)
        .join(SellerOrder, SellerOrder.order_id == Order.id)
        .outerjoin(Account, Account.id == WrittenOrder.written_by_id)
        .where(SellerOrder.id == seller_order_id, WrittenOrder.seller_id == seller_id)
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    words = vault().open(row.data_key, row.original)["words"] if row.data_key else ""
    return Written(
        row.channel, words, row.written_by_id, row.name or "", row.written_at, link_token(row)
    )
