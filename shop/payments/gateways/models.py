"""Visits to payment pages, what gateways told, and the money that moves because of it."""

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


class GatewayVisit(Base):
    """One try of a buyer to pay on a gateway's page. Stored before the gateway is asked."""

    __tablename__ = "gateway_visits"
    __table_args__ = (
        UniqueConstraint("gateway", "outside_id"),
        CheckConstraint("amount_vnd > 0 AND amount_minor > 0", name="amount_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)
    #: The payment's method: card, vnpay, momo, zalopay.
    gateway: Mapped[str] = mapped_column(String(10))
    #: Our own name of it at the gateway, and the key that makes asking twice one.
    key: Mapped[str] = mapped_column(String(40), unique=True)
    amount_vnd: Mapped[int]
    #: What is charged, in the currency's smallest unit.
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    #: "EUR 27500 2026-11-20" as the buyer saw it; "" for đồng.
    rate: Mapped[str] = mapped_column(String(40), default="")
    locale: Mapped[str] = mapped_column(String(5))
    #: ``rules.gateways.VisitState``
    state: Mapped[str] = mapped_column(String(10))
    #: The gateway's name of the visit, and of the money that came by it.
    outside_id: Mapped[str | None] = mapped_column(String(120))
    charge_id: Mapped[str | None] = mapped_column(String(120), index=True)
    #: Where the buyer pays.
    url: Mapped[str] = mapped_column(String(2000), default="")
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class GatewayMessage(Base):
    """What a gateway told, stored once under its own id before it is acted on."""

    __tablename__ = "gateway_messages"
    __table_args__ = (UniqueConstraint("gateway", "outside_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    gateway: Mapped[str] = mapped_column(String(10))
    outside_id: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(60))
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    #: Sealed: the message as it came.
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime]
    #: How often it came again.
    copies: Mapped[int] = mapped_column(default=0)
    #: new, applied, ignored, waiting (for the charge that it is about), task.
    state: Mapped[str] = mapped_column(String(10), index=True)
    reason: Mapped[str] = mapped_column(String(20), default="")
    #: The charge that it is about, as the gateway names it.
    charge_id: Mapped[str | None] = mapped_column(String(120), index=True)
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"), index=True)
    applied_at: Mapped[datetime | None]


class GatewayRefusal(Base):
    """How often a message was refused on a day, and why: what was sent is kept nowhere."""

    __tablename__ = "gateway_refusals"
    __table_args__ = (UniqueConstraint("gateway", "on_day", "reason"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    gateway: Mapped[str] = mapped_column(String(10))
    on_day: Mapped[date]
    reason: Mapped[str] = mapped_column(String(20))
    times: Mapped[int]
    last_at: Mapped[datetime]


class GatewayRefund(Base):
    """Money that goes back to a card. Stored before the gateway is asked."""

    __tablename__ = "gateway_refunds"
    __table_args__ = (
        UniqueConstraint("gateway", "outside_id"),
        CheckConstraint("amount_vnd > 0 AND amount_minor > 0", name="amount_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("gateway_visits.id"), index=True)
    gateway: Mapped[str] = mapped_column(String(10))
    #: Of whoever wants it: the same key asks once.
    key: Mapped[str] = mapped_column(String(80), unique=True)
    amount_vnd: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    #: ``rules.gateways.RefundState``
    state: Mapped[str] = mapped_column(String(10), index=True)
    outside_id: Mapped[str | None] = mapped_column(String(120))
    #: Why the gateway did not do it; its own word.
    reason: Mapped[str] = mapped_column(String(60), default="")
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    note: Mapped[str] = mapped_column(String(300), default="")
    wanted_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class GatewayDispute(Base):
    """A buyer's bank takes a charge back until somebody decides whose the money is."""

    __tablename__ = "gateway_disputes"
    __table_args__ = (UniqueConstraint("gateway", "outside_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    gateway: Mapped[str] = mapped_column(String(10))
    outside_id: Mapped[str] = mapped_column(String(120))
    visit_id: Mapped[int] = mapped_column(ForeignKey("gateway_visits.id"), index=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)
    #: What the gateway took of the organisation's money: 0 while it only asks.
    taken_vnd: Mapped[int]
    fee_vnd: Mapped[int]
    #: How many lines of the gateway's account were told of it: the fee is theirs.
    lines: Mapped[int] = mapped_column(default=0, server_default="0")
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    #: open, won, lost.
    state: Mapped[str] = mapped_column(String(10), index=True)
    reason: Mapped[str] = mapped_column(String(40))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class GatewayPayout(Base):
    """Money that a gateway sent to the organisation's bank, less its fees."""

    __tablename__ = "gateway_payouts"
    __table_args__ = (UniqueConstraint("gateway", "outside_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    gateway: Mapped[str] = mapped_column(String(10))
    outside_id: Mapped[str] = mapped_column(String(120))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    payee_id: Mapped[int] = mapped_column(ForeignKey("payees.id"), index=True)
    #: What reached the bank and what the gateway kept; together what left the clearing account.
    bank_vnd: Mapped[int]
    fees_vnd: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    paid_at: Mapped[datetime]
    #: The bank did not take it after all: the gateway has ``bank_vnd`` again.
    failed_at: Mapped[datetime | None]


class GatewayTask(Base):
    """Something about cards that a person has to look at."""

    __tablename__ = "gateway_tasks"
    __table_args__ = (Index("ix_gateway_tasks_closed_at", "closed_at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Repeat-safe name of the cause, such as "message:12".
    key: Mapped[str] = mapped_column(String(60), unique=True)
    gateway: Mapped[str] = mapped_column(String(10))
    #: ``rules.gateways.TASKS``
    reason: Mapped[str] = mapped_column(String(20))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"), index=True)
    #: The amount it is about, in its own currency.
    currency: Mapped[str] = mapped_column(String(3), default="VND")
    amount_minor: Mapped[int] = mapped_column(default=0)
    #: The gateway's name of it, to look it up there.
    outside_id: Mapped[str] = mapped_column(String(120), default="")
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    said: Mapped[str] = mapped_column(String(300), default="")
    #: ``rules.gateways.Outcome``; "" while it waits.
    outcome: Mapped[str] = mapped_column(String(12), default="", server_default="")
    #: What left the gateway and nobody can explain.
    lost_vnd: Mapped[int] = mapped_column(default=0, server_default="0")


class GiftVisit(Base):
    """One try of a giver to pay on a card company's page. Stored before that is asked."""

    __tablename__ = "gift_visits"
    __table_args__ = (
        UniqueConstraint("gateway", "outside_id"),
        CheckConstraint("amount_vnd > 0", name="amount_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    gift_id: Mapped[int] = mapped_column(ForeignKey("gifts.id"), index=True)
    #: Of the organisation that owns the account there: it has the money for the fund.
    payee_id: Mapped[int] = mapped_column(ForeignKey("payees.id"))
    gateway: Mapped[str] = mapped_column(String(10))
    key: Mapped[str] = mapped_column(String(40), unique=True)
    amount_vnd: Mapped[int]
    #: ``rules.gateways.VisitState``
    state: Mapped[str] = mapped_column(String(10))
    outside_id: Mapped[str | None] = mapped_column(String(120))
    charge_id: Mapped[str | None] = mapped_column(String(120), index=True)
    url: Mapped[str] = mapped_column(String(2000), default="")
    #: It was paid after the campaign's last day, after she had withdrawn it, or twice: it is in no
    #: fund, and goes back to the card.
    late: Mapped[bool] = mapped_column(default=False)
    #: The gateway's name of the payout that brought it to the organisation's bank.
    payout_outside_id: Mapped[str | None] = mapped_column(String(120))
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class GiftBack(Base):
    """Money of a gift that goes back to a card: refunded, or taken back by the giver's bank."""

    __tablename__ = "gift_backs"
    __table_args__ = (
        CheckConstraint("kind IN ('refund', 'dispute')", name="kind_known"),
        CheckConstraint("0 <= lost_vnd AND lost_vnd <= amount_vnd", name="lost_within_amount"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("gift_visits.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    key: Mapped[str] = mapped_column(String(120), unique=True)
    outside_id: Mapped[str | None] = mapped_column(String(120))
    amount_vnd: Mapped[int]
    #: Of it: the fund had handed it over, so that the organisation bears it.
    lost_vnd: Mapped[int] = mapped_column(default=0)
    #: Of a dispute: what the gateway asked for.
    fee_vnd: Mapped[int] = mapped_column(default=0)
    #: How many lines of the gateway's account were told of it: the fee is theirs.
    lines: Mapped[int] = mapped_column(default=0, server_default="0")
    #: It left what the gateway has for the fund.
    taken: Mapped[bool] = mapped_column(default=False)
    #: ``rules.gateways.RefundState``; of a dispute: open, won, lost.
    state: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime]


class GiftPass(Base):
    """Gifts by card of one campaign that are passed on to the fund's own bank account, together.

    planned → sent by a second person with the bank's number; or dropped before that. A transfer
    that the bank sent back ``came_back``: its gifts wait again. Below nought: cards took back what
    was passed on, and the fund sends it back. What each gift has of it is in ``gift_pass_lines``.
    """

    __tablename__ = "gift_passes"
    __table_args__ = (
        CheckConstraint("amount_vnd <> 0", name="amount_not_nought"),
        CheckConstraint(
            "state IN ('planned', 'sent', 'came_back', 'dropped')", name="state_known"
        ),
        CheckConstraint(
            "state NOT IN ('sent', 'came_back') OR reference <> '' AND sent_by_id IS NOT NULL"
            " AND sent_at IS NOT NULL AND sent_by_id <> planned_by_id",
            name="sent_by_another",
        ),
        Index(
            "uq_gift_passes_planned", "campaign_id", "from_payee_id", unique=True,
            **only_where(text("state = 'planned'")),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    #: The account that payouts reach, and the fund's; below nought it goes from this to that.
    from_payee_id: Mapped[int] = mapped_column(ForeignKey("payees.id"))
    to_payee_id: Mapped[int] = mapped_column(ForeignKey("payees.id"))
    amount_vnd: Mapped[int]
    #: ``rules.sending.SendingState``
    state: Mapped[str] = mapped_column(String(10))
    planned_at: Mapped[datetime]
    planned_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    #: The bank's number of the transfer.
    reference: Mapped[str] = mapped_column(String(60), default="")
    sent_at: Mapped[datetime | None]
    sent_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    #: When it was dropped or came back, and why the bank sent it back.
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    ended_for: Mapped[str] = mapped_column(String(200), default="")


class GiftPassLine(Base):
    """What of one gift by card is in a transfer to the fund."""

    __tablename__ = "gift_pass_lines"
    __table_args__ = (CheckConstraint("amount_vnd <> 0", name="amount_not_nought"),)

    pass_id: Mapped[int] = mapped_column(ForeignKey("gift_passes.id"), primary_key=True)
    visit_id: Mapped[int] = mapped_column(
        ForeignKey("gift_visits.id"), primary_key=True, index=True
    )
    amount_vnd: Mapped[int]
