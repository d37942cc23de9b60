"""Money coming in: one payment per payee and method, with every event kept."""

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base, only_where


class Payment(Base):
    """What one order owes one payee by one method that pays before the goods leave.

    Cash on delivery is kept per parcel (``CodCollection``). ``amount_vnd`` falls when a
    part of the order is cancelled; the events keep what was asked before. ``received_vnd`` and ``refunded_vnd`` are the sums of the events, kept by the
    one function that stores events; the state is derived from the amounts.
    """

    __tablename__ = "payments"
    __table_args__ = (
        UniqueConstraint("order_id", "payee_id", "method"),
        CheckConstraint("received_vnd >= 0 AND refunded_vnd >= 0", name="sums_not_negative"),
        CheckConstraint("refunded_vnd <= received_vnd", name="refund_within_received"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    payee_id: Mapped[int] = mapped_column(ForeignKey("payees.id"), index=True)
    method: Mapped[str] = mapped_column(String(10))
    #: The transfer's memo: two-letter site prefix, 7 random characters, 1 check character.
    memo: Mapped[str] = mapped_column(String(12), unique=True)
    amount_vnd: Mapped[int]
    received_vnd: Mapped[int] = mapped_column(default=0)
    refunded_vnd: Mapped[int] = mapped_column(default=0)
    #: Of what went back: what the buyer is let off, by which ``amount_vnd`` is less.
    let_off_vnd: Mapped[int] = mapped_column(default=0, server_default="0")
    #: Of both: what came from credits, less what went back as credit. Below nought: more did.
    credit_vnd: Mapped[int] = mapped_column(default=0, server_default="0")
    opened_at: Mapped[datetime]
    #: When the buyer said "I have transferred"; such a payment never expires by itself.
    reported_at: Mapped[datetime | None]
    expired_at: Mapped[datetime | None]
    #: When the payee looked for money that came late and found none.
    not_found_at: Mapped[datetime | None]


class PaymentEvent(Base):
    """Something that happened to a payment. Never edited, but for a note that is forgotten with
    its order.

    Kinds: opened (again when what is owed changed), reported, received and refunded (below
    zero: a wrong tap taken back), expired, failed (looked for and not there), disputed.
    """

    __tablename__ = "payment_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    amount_vnd: Mapped[int] = mapped_column(default=0)
    #: What was paid when it was not đồng: ISO 4217 and its smallest unit, signed as the đồng.
    currency: Mapped[str | None] = mapped_column(String(3))
    amount_minor: Mapped[int | None]
    #: The credit that it came from or went to; None: money moved in the bank.
    credit_id: Mapped[int | None] = mapped_column(ForeignKey("credits.id"), index=True)
    #: The owner's other bank account that it came to or left; None: the one the buyer was shown.
    payee_id: Mapped[int | None] = mapped_column(ForeignKey("payees.id"))
    #: What a card paid and went back otherwise: ``rules.books.LeftFrom``; "" as it came.
    left_from: Mapped[str] = mapped_column(String(10), default="", server_default="")
    #: Repeat-safe name of the cause, such as "confirm:12:1".
    key: Mapped[str] = mapped_column(String(80), unique=True)
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    note: Mapped[str] = mapped_column(String(300), default="")
    at: Mapped[datetime]


class CodCollection(Base):
    """Cash to be collected for one parcel, and who holds it."""

    __tablename__ = "cod_collections"
    __table_args__ = (
        CheckConstraint(
            "0 <= refunded_vnd AND (refunded_vnd <= received_vnd OR refunded_vnd <= taken_vnd)",
            name="refund_within_paid",
        ),
        Index("ix_cod_collections_state_taken_at", "state", "taken_at"),
        CheckConstraint("taken_by IN ('', 'carrier', 'seller')", name="taken_by_known"),
    )

    seller_order_id: Mapped[int] = mapped_column(ForeignKey("seller_orders.id"), primary_key=True)
    #: What is owed; it falls when goods come back, and by what the buyer is let off.
    amount_vnd: Mapped[int]
    let_off_vnd: Mapped[int] = mapped_column(default=0, server_default="0")
    #: What was to be paid at the door when somebody took it, and who did: carrier, seller or "".
    taken_vnd: Mapped[int] = mapped_column(server_default="0")
    taken_by: Mapped[str] = mapped_column(String(10), server_default="")
    #: ``payments.rules.cash.WrittenOffFor``; "" while it is not written off by a person.
    written_off_for: Mapped[str] = mapped_column(String(10), server_default="")
    #: What was counted when it arrived, and what went back to the buyer.
    received_vnd: Mapped[int] = mapped_column(default=0)
    refunded_vnd: Mapped[int] = mapped_column(default=0)
    #: Of what went back: as credit.
    credited_vnd: Mapped[int] = mapped_column(default=0, server_default="0")
    #: ``payments.rules.cash.CashState``: promised, with_carrier, with_seller, remitted, written_off.
    state: Mapped[str] = mapped_column(String(12))
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    #: Who took it at the door, as buyers read the name, and when.
    carrier: Mapped[str] = mapped_column(String(60), server_default="")
    taken_at: Mapped[datetime | None]
    #: Of what a carrier took: its fee, and what of it is given up. The rest it still has.
    fee_vnd: Mapped[int] = mapped_column(server_default="0")
    off_vnd: Mapped[int] = mapped_column(server_default="0")
    #: What the carrier asked for bringing it back.
    return_fee_vnd: Mapped[int] = mapped_column(server_default="0")
    #: The organisation's account that the carrier paid into; None: it reached the seller.
    payee_id: Mapped[int | None] = mapped_column(ForeignKey("payees.id"))


class CashMove(Base):
    """One step of the cash of one parcel, or money given back. Never edited, but for a note that
    is forgotten with its order.

    A step back to ``with_…`` takes a wrong tap back, and so does money given back above zero.
    With ``about`` it is neither: the cash stays where it is (``payments.rules.cash.About``).
    """

    __tablename__ = "cash_moves"

    id: Mapped[int] = mapped_column(primary_key=True)
    seller_order_id: Mapped[int] = mapped_column(
        ForeignKey("cod_collections.seller_order_id"), index=True
    )
    from_state: Mapped[str] = mapped_column(String(12))
    to_state: Mapped[str] = mapped_column(String(12))
    #: Counted on arrival; negative when it went back to the buyer.
    amount_vnd: Mapped[int] = mapped_column(default=0)
    #: The credit that it went back as; None: it went back as money.
    credit_id: Mapped[int | None] = mapped_column(ForeignKey("credits.id"), index=True)
    #: Why it was written off: ``payments.rules.cash.WrittenOffFor``, or "".
    reason: Mapped[str] = mapped_column(String(10), server_default="")
    #: ``payments.rules.cash.About``, or "".
    about: Mapped[str] = mapped_column(String(10), server_default="")
    #: The carrier's fee, and what is given up of what it took.
    fee_vnd: Mapped[int] = mapped_column(server_default="0")
    off_vnd: Mapped[int] = mapped_column(server_default="0")
    #: The organisation's account that it was paid into or taken from.
    payee_id: Mapped[int | None] = mapped_column(ForeignKey("payees.id"))
    #: The organisation that bears a return fee.
    bearer_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    #: Who took it at the door, as buyers read the name; "" when the seller did.
    carrier: Mapped[str] = mapped_column(String(60), server_default="")
    #: Repeat-safe name of the cause, such as "cash:12:remitted:0".
    key: Mapped[str] = mapped_column(String(80), unique=True)
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    note: Mapped[str] = mapped_column(String(300), default="")
    at: Mapped[datetime]


class Refund(Base):
    """Money that goes back to a buyer, of a payment or of the cash of one parcel.

    The only way in which money goes back. ``state`` is a ``payments.rules.refunds.RefundState``;
    only ``done`` has moved money, by its event or cash step. The allocations say whose sale it
    is taken from; their sum is the amount.
    """

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint(
            "(payment_id IS NULL) <> (seller_order_id IS NULL)", name="of_payment_or_cash"
        ),
        CheckConstraint("amount_vnd > 0", name="amount_above_nought"),
        CheckConstraint(
            "state <> 'done' OR (event_id IS NULL) <> (move_id IS NULL)", name="done_moved_money"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"), index=True)
    #: The parcel whose cash it is.
    seller_order_id: Mapped[int | None] = mapped_column(
        ForeignKey("cod_collections.seller_order_id"), index=True
    )
    amount_vnd: Mapped[int]
    #: ``payments.rules.refunds.RefundReason`` and ``Way``
    reason: Mapped[str] = mapped_column(String(12))
    way: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(14))
    #: Repeat-safe name of the cause, such as "refunded:12:7".
    key: Mapped[str] = mapped_column(String(80), unique=True)
    #: Who asked for it.
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    note: Mapped[str] = mapped_column(String(300), default="")
    #: Where the buyer wants it: sealed JSON {"bin", "number", "holder"} under the order's own
    #: key, so that it is erased with the order's contact (QUALITY T45).
    account: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: The credit that it went back as.
    credit_id: Mapped[int | None] = mapped_column(ForeignKey("credits.id"), index=True)
    #: The gift that it is to be; ``account`` is the fund's then.
    gift_id: Mapped[int | None] = mapped_column(ForeignKey("gifts.id"), index=True)
    #: What the bank or the card company calls the money that went.
    reference: Mapped[str] = mapped_column(String(60), default="")
    event_id: Mapped[int | None] = mapped_column(ForeignKey("payment_events.id"), unique=True)
    move_id: Mapped[int | None] = mapped_column(ForeignKey("cash_moves.id"), unique=True)
    asked_at: Mapped[datetime]
    account_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    #: When and by whom it came to where it stands: done, failed or taken back.
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class RefundWord(Base):
    """A buyer's word, as an officer wrote it down, that money of hers goes to a campaign.

    One person records it, another carries it out: then the refund's way is a gift. Who spoke is
    sealed under the order's own key, so that it goes with the order's contact.
    """

    __tablename__ = "refund_words"
    __table_args__ = (
        CheckConstraint(
            "said_how IN ('phone', 'in_person', 'paper', 'voice')", name="said_how_known"
        ),
        CheckConstraint("gift_id IS NULL OR ended_at IS NOT NULL", name="done_is_ended"),
        CheckConstraint(
            "gift_id IS NULL OR recorded_by_id IS NULL OR ended_by_id IS NULL"
            " OR ended_by_id <> recorded_by_id",
            name="two_people",
        ),
        Index(
            "uq_refund_words_waiting", "refund_id", unique=True,
            **only_where(text("ended_at IS NULL")),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    refund_id: Mapped[int] = mapped_column(ForeignKey("refunds.id"))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    #: Sealed JSON: {"by": who said so, "words": what she said}.
    said: Mapped[bytes] = mapped_column(LargeBinary)
    said_on: Mapped[date]
    said_how: Mapped[str] = mapped_column(String(10))
    #: Her name may stand in the public account.
    named: Mapped[bool] = mapped_column(default=False)
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    #: Whoever typed the command, where nobody was signed in.
    recorded_by: Mapped[str] = mapped_column(String(80), default="")
    #: Carried out, or dropped; the gift tells which.
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    gift_id: Mapped[int | None] = mapped_column(ForeignKey("gifts.id"))


class RefundAllocation(Base):
    """How much of a refund is taken from what one seller order earned. Never edited."""

    __tablename__ = "refund_allocations"
    __table_args__ = (CheckConstraint("amount_vnd > 0", name="amount_above_nought"),)

    refund_id: Mapped[int] = mapped_column(ForeignKey("refunds.id"), primary_key=True)
    seller_order_id: Mapped[int] = mapped_column(
        ForeignKey("seller_orders.id"), primary_key=True, index=True
    )
    amount_vnd: Mapped[int]
    #: What of it lowers nobody's money (``payments.rules.refunds.told_apart``). Below nought: so
    #: much of what fell away of this part went back in another's name.
    over_vnd: Mapped[int] = mapped_column(default=0, server_default="0")
    #: What of it the buyer is let off, and the same for units (``payments.rules.books.Part``).
    let_off_vnd: Mapped[int] = mapped_column(default=0, server_default="0")
    ahead_vnd: Mapped[int] = mapped_column(default=0, server_default="0")


class RefundLine(Base):
    """For how many units of a line a refund goes back. Never edited."""

    __tablename__ = "refund_lines"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity_above_nought"),)

    refund_id: Mapped[int] = mapped_column(ForeignKey("refunds.id"), primary_key=True)
    line_item_id: Mapped[int] = mapped_column(
        ForeignKey("line_items.id"), primary_key=True, index=True
    )
    quantity: Mapped[int]


class Credit(Base):
    """A code that is money at one payee: she, or the organisation, owes its buyer the goods.

    It comes of a refund, and ends when it is spent; no day ends it. What is left changes in one
    conditional statement. Its code is looked up by a keyed digest and sealed under the order's
    own key, so that it goes with the order's contact: whoever wrote it down may spend it still.
    """

    __tablename__ = "credits"
    __table_args__ = (
        CheckConstraint("issued_vnd > 0", name="issued_above_nought"),
        CheckConstraint("0 <= left_vnd AND left_vnd <= issued_vnd", name="left_within_issued"),
        CheckConstraint("(seller_id IS NULL) <> (organisation_id IS NULL)", name="one_owner"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code_index: Mapped[str] = mapped_column(String(40), unique=True)
    code: Mapped[bytes] = mapped_column(LargeBinary)
    #: The order whose money it was.
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    #: Whose debt it is, and with whom it is spent.
    seller_id: Mapped[int | None] = mapped_column(ForeignKey("sellers.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    issued_vnd: Mapped[int]
    left_vnd: Mapped[int]
    issued_at: Mapped[datetime]


class ToBook(Base):
    """A payment or a parcel's cash from before there were books; a job posts it and takes it off."""

    __tablename__ = "to_book"

    #: ``payments.told.Subject``, such as "payment:12".
    subject: Mapped[str] = mapped_column(String(40), primary_key=True)
