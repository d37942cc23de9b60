"""Carts and orders as they are stored."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base, only_where


class Cart(Base):
    """What one browser means to order. The cookie holds the token, this row its digest."""

    __tablename__ = "carts"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    #: Whose it is since she signed in: one cart each, on all her devices.
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class CartItem(Base):
    """A variant in a cart. The price is only what was last shown, to say when it moved."""

    __tablename__ = "cart_items"
    __table_args__ = (CheckConstraint("quantity >= 1 AND quantity <= 999", name="quantity_range"),)

    cart_id: Mapped[int] = mapped_column(
        ForeignKey("carts.id", ondelete="CASCADE"), primary_key=True
    )
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"), primary_key=True)
    quantity: Mapped[int]
    seen_price_vnd: Mapped[int]
    added_at: Mapped[datetime]
    #: Taken out, and still offered back by "undo" until the next change.
    removed_at: Mapped[datetime | None]
    #: What it is ordered from at a market; None: from the seller's shop.
    market_offer_id: Mapped[int | None] = mapped_column(ForeignKey("market_offers.id"))


class CartGift(Base):
    """A gift to a campaign that goes with a cart: an amount, the rounding up of the order, or both.

    One for each cart, so that it is one transfer to one fund.
    """

    __tablename__ = "cart_gifts"
    __table_args__ = (
        CheckConstraint("amount_vnd > 0 OR (amount_vnd = 0 AND rounds_up)", name="gives_something"),
    )

    cart_id: Mapped[int] = mapped_column(
        ForeignKey("carts.id", ondelete="CASCADE"), primary_key=True
    )
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    amount_vnd: Mapped[int]
    #: What the order comes to is rounded up at the checkout, where it is known.
    rounds_up: Mapped[bool]
    added_at: Mapped[datetime]


class Order(Base):
    """What one buyer agreed to pay for, across sellers.

    Who and where is sealed in ``contact``; ward and province stay readable for
    fees and totals. Its state for the buyer is derived from the seller orders.
    """

    __tablename__ = "orders"
    __table_args__ = (CheckConstraint("total_vnd >= 0", name="total_not_negative"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    #: For reading aloud: eight characters, neither guessable nor sequential.
    code: Mapped[str] = mapped_column(String(12), unique=True)
    #: Made once per rendered checkout; ``attempt_digest`` is of what was sent with it.
    attempt_id: Mapped[str] = mapped_column(String(40), unique=True)
    attempt_digest: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    #: Sealed JSON: ``ordering.rules.Contact``.
    contact: Mapped[bytes] = mapped_column(LargeBinary)
    phone_index: Mapped[str] = mapped_column(String(40), index=True)
    has_email: Mapped[bool] = mapped_column(default=False)
    country: Mapped[str] = mapped_column(String(2), default="VN")
    ward_code: Mapped[str | None] = mapped_column(String(5))
    province_code: Mapped[str | None] = mapped_column(String(2))
    ward_name: Mapped[str] = mapped_column(String(80), default="")
    province_name: Mapped[str] = mapped_column(String(80), default="")
    units_version: Mapped[str] = mapped_column(String(20), default="")
    locale: Mapped[str] = mapped_column(String(2))
    terms_version: Mapped[str] = mapped_column(String(20))
    items_vnd: Mapped[int]
    shipping_vnd: Mapped[int]
    discount_vnd: Mapped[int] = mapped_column(default=0)
    total_vnd: Mapped[int]
    #: What she added as a gift to a campaign: no part of the total, since a fund gets it.
    gift_vnd: Mapped[int] = mapped_column(server_default="0")
    placed_at: Mapped[datetime]
    #: The private link: its token is HMAC(secret, nonce), stored as a digest.
    link_nonce: Mapped[str] = mapped_column(String(32))
    link_digest: Mapped[str] = mapped_column(String(64), unique=True)
    link_expires_at: Mapped[datetime | None]
    #: Since when nothing says any more who ordered; the sums stay.
    erased_at: Mapped[datetime | None]


class SellerOrder(Base):
    """The part of an order that one seller prepares and is paid for."""

    __tablename__ = "seller_orders"
    __table_args__ = (
        UniqueConstraint("order_id", "seller_id", "source_kind", "source_id"),
        CheckConstraint("total_vnd = items_vnd + shipping_vnd - discount_vnd", name="total_is_sum"),
        CheckConstraint(
            "0 <= returned_items_vnd AND returned_items_vnd <= items_vnd - discount_vnd",
            name="returned_items_within_sold",
        ),
        CheckConstraint(
            "0 <= returned_shipping_vnd AND returned_shipping_vnd <= shipping_vnd",
            name="returned_shipping_within_sold",
        ),
        CheckConstraint(
            "0 <= commission_vnd AND 0 <= tax_vat_vnd AND 0 <= tax_pit_vnd"
            " AND commission_vnd + tax_vat_vnd + tax_pit_vnd <= items_vnd",
            name="shares_within_goods",
        ),
        CheckConstraint(
            "commission_vnd = 0 OR commission_organisation_id IS NOT NULL",
            name="commission_has_creditor",
        ),
        CheckConstraint(
            "returned_commission_vnd BETWEEN 0 AND commission_vnd"
            " AND returned_vat_vnd BETWEEN 0 AND tax_vat_vnd"
            " AND returned_pit_vnd BETWEEN 0 AND tax_pit_vnd",
            name="returned_shares_within_kept",
        ),
        CheckConstraint(
            "0 <= campaign_vnd AND campaign_vnd <= items_vnd", name="campaigns_within_goods"
        ),
        CheckConstraint("delivery_off_vnd >= 0", name="delivery_off_not_negative"),
        CheckConstraint(
            "0 <= returned_off_vnd AND returned_off_vnd <= discount_vnd + delivery_off_vnd",
            name="returned_off_within_given",
        ),
        Index("ix_seller_orders_board", "seller_id", "state", "id"),
        Index(
            "ix_seller_orders_at_market",
            "market_pickup_id",
            **only_where(sql("market_pickup_id IS NOT NULL")),
        ),
        Index(
            "ix_seller_orders_expiring",
            "reserved_until",
            **only_where(sql("reserved_until IS NOT NULL")),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"))
    #: Where it was sold: "shop" (id 0), "market_session", "market_offer" (a thing there that is
    #: only brought when enough is ordered) or "campaign".
    source_kind: Mapped[str] = mapped_column(String(16), default="shop")
    source_id: Mapped[int] = mapped_column(default=0)
    #: ``ordering.rules.SellerOrderState``
    state: Mapped[str] = mapped_column(String(20))
    #: "cod", "transfer"; "card", "vnpay", "momo", "zalopay": on another page; "nothing" when a
    #: voucher leaves nothing to pay.
    method: Mapped[str] = mapped_column(String(10))
    payee_id: Mapped[int | None] = mapped_column(ForeignKey("payees.id"))
    #: "delivery" or "pickup".
    delivery: Mapped[str] = mapped_column(String(10))
    pickup_point_id: Mapped[int | None] = mapped_column(ForeignKey("pickup_points.id"))
    #: Of a market session: the place and time that the buyer chose.
    market_pickup_id: Mapped[int | None] = mapped_column(ForeignKey("market_pickups.id"))
    zone: Mapped[str] = mapped_column(String(10), default="")
    weight_g: Mapped[int]
    items_vnd: Mapped[int]
    #: What the buyer pays for delivery: the fee, less what a voucher takes off it.
    shipping_vnd: Mapped[int]
    #: What a voucher takes off the goods, and off the fee.
    discount_vnd: Mapped[int] = mapped_column(default=0)
    delivery_off_vnd: Mapped[int] = mapped_column(server_default="0")
    total_vnd: Mapped[int]
    voucher_id: Mapped[int | None] = mapped_column(ForeignKey("vouchers.id"))
    #: The organisation that pays for what the voucher takes off; None: the seller herself.
    voucher_payer_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    #: The household's market slip that pays in the place of a voucher: a fund of the payer's.
    slip_id: Mapped[int | None] = mapped_column(ForeignKey("slips.id"), index=True)
    #: Of the goods and of the fee: what the buyer does not owe, since goods came back.
    returned_items_vnd: Mapped[int] = mapped_column(server_default="0")
    returned_shipping_vnd: Mapped[int] = mapped_column(server_default="0")
    #: Of the goods, as agreed at the sale: what an organisation gets, and what is withheld as
    #: tax by the organisation that is paid. And how much of that went back with returns.
    commission_vnd: Mapped[int] = mapped_column(default=0, server_default="0")
    #: And what campaigns get of it: the sum of its lines' shares.
    campaign_vnd: Mapped[int] = mapped_column(default=0, server_default="0")
    commission_organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    tax_vat_vnd: Mapped[int] = mapped_column(default=0, server_default="0")
    tax_pit_vnd: Mapped[int] = mapped_column(default=0, server_default="0")
    returned_commission_vnd: Mapped[int] = mapped_column(server_default="0")
    returned_vat_vnd: Mapped[int] = mapped_column(server_default="0")
    returned_pit_vnd: Mapped[int] = mapped_column(server_default="0")
    #: Of what the voucher took off: so much fell away with the goods that came back.
    returned_off_vnd: Mapped[int] = mapped_column(server_default="0")
    #: The days between which it should arrive, as promised at placement.
    arrives_from: Mapped[date | None]
    arrives_to: Mapped[date | None]
    #: Stock is promised until then; None once it is held until hand-over.
    reserved_until: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(String(500), default="")
    placed_at: Mapped[datetime]
    #: When somebody of the stall first opened it, and who.
    seen_at: Mapped[datetime | None]
    seen_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    seller_name_vi: Mapped[str] = mapped_column(String(120))
    seller_name_en: Mapped[str] = mapped_column(String(120))
    organisation_path: Mapped[list[Any]]


class LineItem(Base):
    """A copy of the variant as it was sold. Only how many units came back changes later."""

    __tablename__ = "line_items"
    __table_args__ = (
        CheckConstraint("quantity >= 1", name="quantity_positive"),
        CheckConstraint("returned BETWEEN 0 AND quantity", name="returned_within_sold"),
        CheckConstraint("total_vnd = quantity * unit_price_vnd", name="total_is_product"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    seller_order_id: Mapped[int] = mapped_column(ForeignKey("seller_orders.id"), index=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    product_slug: Mapped[str] = mapped_column(String(100))
    sku: Mapped[str] = mapped_column(String(60))
    title_vi: Mapped[str] = mapped_column(String(160))
    title_en: Mapped[str] = mapped_column(String(160))
    variant_vi: Mapped[str] = mapped_column(String(80))
    variant_en: Mapped[str] = mapped_column(String(80))
    unit_vi: Mapped[str] = mapped_column(String(30))
    unit_en: Mapped[str] = mapped_column(String(30))
    quantity: Mapped[int]
    unit_price_vnd: Mapped[int]
    total_vnd: Mapped[int]
    weight_g: Mapped[int]
    tax_category: Mapped[str] = mapped_column(String(20))
    #: Ordered ahead: the day from which it is sent, as promised at the sale; None: it was there.
    ready_on: Mapped[date | None]
    campaign_id: Mapped[int | None]
    campaign_share_vnd: Mapped[int] = mapped_column(default=0)
    #: ``shares.rules.Rate.text`` as it was at the sale, and what it came to; tax likewise.
    commission_rate: Mapped[str] = mapped_column(String(24), default="", server_default="")
    commission_vnd: Mapped[int] = mapped_column(default=0, server_default="0")
    tax_vat_vnd: Mapped[int] = mapped_column(default=0, server_default="0")
    tax_pit_vnd: Mapped[int] = mapped_column(default=0, server_default="0")
    #: Units that came back so far: the sum of ``GoodsReturnLine``.
    returned: Mapped[int] = mapped_column(server_default="0")


class GoodsReturn(Base):
    """Goods of one seller order that came back at one time, all or some. Never edited, but for a note
    that is forgotten with its order.

    ``items_vnd`` and ``shipping_vnd``: what the buyer owes less for it. The others: what the
    seller owes less as commission, and what is withheld less.
    """

    __tablename__ = "goods_returns"
    __table_args__ = (
        CheckConstraint("items_vnd >= 0 AND shipping_vnd >= 0", name="sums_not_negative"),
        CheckConstraint(
            "commission_vnd >= 0 AND tax_vat_vnd >= 0 AND tax_pit_vnd >= 0",
            name="shares_not_negative",
        ),
        CheckConstraint("off_vnd >= 0", name="off_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    seller_order_id: Mapped[int] = mapped_column(ForeignKey("seller_orders.id"), index=True)
    #: Repeat-safe name of the cause, such as "return:12:0".
    key: Mapped[str] = mapped_column(String(80), unique=True)
    #: ``ordering.rules.ReturnReason``
    reason: Mapped[str] = mapped_column(String(20))
    items_vnd: Mapped[int]
    shipping_vnd: Mapped[int]
    commission_vnd: Mapped[int] = mapped_column(default=0, server_default="0")
    tax_vat_vnd: Mapped[int] = mapped_column(default=0, server_default="0")
    tax_pit_vnd: Mapped[int] = mapped_column(default=0, server_default="0")
    #: What a voucher's payer is spared for it.
    off_vnd: Mapped[int] = mapped_column(server_default="0")
    note: Mapped[str] = mapped_column(String(300), default="")
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime]


class GoodsReturnLine(Base):
    """So many units of one line that came back, and whether they are for sale again."""

    __tablename__ = "goods_return_lines"
    __table_args__ = (CheckConstraint("quantity >= 1", name="quantity_positive"),)

    return_id: Mapped[int] = mapped_column(ForeignKey("goods_returns.id"), primary_key=True)
    line_item_id: Mapped[int] = mapped_column(
        ForeignKey("line_items.id"), primary_key=True, index=True
    )
    quantity: Mapped[int]
    restocked: Mapped[bool]


class GoodsKept(Base):
    """A return that was noted by mistake: the goods are with their buyer still. Never edited."""

    __tablename__ = "goods_kept"

    return_id: Mapped[int] = mapped_column(ForeignKey("goods_returns.id"), primary_key=True)
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime]


class SellerOrderMove(Base):
    """One step of a seller order: from, to, when, by whom. Never edited, but for a note that is
    forgotten with its order.
    """

    __tablename__ = "seller_order_moves"

    id: Mapped[int] = mapped_column(primary_key=True)
    seller_order_id: Mapped[int] = mapped_column(ForeignKey("seller_orders.id"), index=True)
    from_state: Mapped[str] = mapped_column(String(20))
    to_state: Mapped[str] = mapped_column(String(20))
    #: "buyer", "seller", "officer", "operator" or "system".
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    note: Mapped[str] = mapped_column(String(300), default="")
    at: Mapped[datetime]


class WrittenOrder(Base):
    """That a seller wrote an order for somebody who rang, stood at her stall or wrote in a chat."""

    __tablename__ = "written_orders"
    __table_args__ = (
        CheckConstraint("channel IN ('phone', 'stall', 'chat')", name="channel_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), unique=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"), index=True)
    channel: Mapped[str] = mapped_column(String(8))
    #: Sealed with the order's own key, so that both are forgotten together: the words as they came.
    original: Mapped[bytes] = mapped_column(LargeBinary)
    written_at: Mapped[datetime]
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
