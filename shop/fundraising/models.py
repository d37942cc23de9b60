"""Campaigns, what is sold for them, who gave, what was handed over, and the public account.

Where the money of a campaign stands is in the ledger alone (``shop/ledger``), in accounts of the
owner ``campaign:<id>``; ``fundraising.queries.figures_of`` reads them. No table here has a sum
that anybody could edit. ``fund_entries`` is what the public reads of it, line by line: each line
was written in the transaction that posted the same đồng (``fundraising.actions.fund``).
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base, only_where


class Campaign(Base):
    """One fundraiser of one unit: for whom, why, how much, until when, and into which account.

    ``kind`` follows from what a supporter gets back (DOMAIN 3.4, ``rules.CampaignKind``) and
    decides what has to be stated and by when (``campaign_deadlines``). What it says is fixed once
    it was opened; ``entries`` and ``chain`` are the number and hash of the last fund entry.
    """

    __tablename__ = "campaigns"
    __table_args__ = (
        CheckConstraint("kind IN ('relief', 'giving', 'sale')", name="kind_known"),
        CheckConstraint(
            "state IN ('draft', 'waiting', 'open', 'closed', 'finished', 'cancelled')",
            name="state_known",
        ),
        CheckConstraint("goal_vnd > 0", name="goal_positive"),
        CheckConstraint("closes_on IS NULL OR closes_on >= opens_on", name="closes_after_opening"),
        CheckConstraint(
            "distribute_by IS NULL OR closes_on IS NOT NULL AND distribute_by >= closes_on",
            name="handed_over_after_closing",
        ),
        CheckConstraint("closes_on IS NOT NULL OR kind = 'sale'", name="only_sales_stand"),
        Index("ix_campaigns_shown", "state", "closes_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: For its address and for reading aloud: eight characters.
    code: Mapped[str] = mapped_column(String(12), unique=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    #: "relief": pure giving within the emergency decree (A), "giving": outside it (B),
    #: "sale": a fundraiser sale (C).
    kind: Mapped[str] = mapped_column(String(10))
    #: ``rules.CampaignState``
    state: Mapped[str] = mapped_column(String(10))
    title_vi: Mapped[str] = mapped_column(String(120))
    title_en: Mapped[str] = mapped_column(String(120), default="")
    for_whom_vi: Mapped[str] = mapped_column(String(160))
    for_whom_en: Mapped[str] = mapped_column(String(160), default="")
    why_vi: Mapped[str] = mapped_column(Text)
    why_en: Mapped[str] = mapped_column(Text, default="")
    #: How it is decided who gets something, and how much.
    beneficiary_rule_vi: Mapped[str] = mapped_column(Text)
    beneficiary_rule_en: Mapped[str] = mapped_column(Text, default="")
    #: What the fund may be spent on, costs too; what happens with money that is left.
    spending_vi: Mapped[str] = mapped_column(Text)
    spending_en: Mapped[str] = mapped_column(Text, default="")
    #: The rules or law it stands on, and the paper that says so.
    legal_basis_vi: Mapped[str] = mapped_column(String(300))
    legal_basis_en: Mapped[str] = mapped_column(String(300), default="")
    document_no: Mapped[str] = mapped_column(String(60))
    document_on: Mapped[date]
    goal_vnd: Mapped[int]
    #: Days in Vietnam, the last ones included. A sale without a last day stands until closed.
    opens_on: Mapped[date]
    closes_on: Mapped[date | None]
    distribute_by: Mapped[date | None]
    #: The organisation's bank account that gifts and shares are paid into.
    payee_id: Mapped[int] = mapped_column(ForeignKey("payees.id"), index=True)
    picture_id: Mapped[int | None] = mapped_column(ForeignKey("pictures.id"))
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    submitted_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    #: The last fund entry: its number (0 for none) and its hash ("" for none). Every writer of an
    #: entry locks this row, so that entries have one order.
    entries: Mapped[int] = mapped_column(default=0)
    chain: Mapped[str] = mapped_column(String(64), default="")


class CampaignApproval(Base):
    """That one person approved a campaign as it stood. Two different ones open it.

    A change of what it says or a step back takes approvals back (``withdrawn_at``).
    """

    __tablename__ = "campaign_approvals"
    __table_args__ = (
        CheckConstraint("place IN (1, 2)", name="place_known"),
        Index(
            "uq_campaign_approvals_person", "campaign_id", "account_id", unique=True,
            **only_where(text("withdrawn_at IS NULL")),
        ),
        Index(
            "uq_campaign_approvals_place", "campaign_id", "place", unique=True,
            **only_where(text("withdrawn_at IS NULL")),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    place: Mapped[int]
    at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class CampaignDeadline(Base):
    """What has to be done by which day, and when it was. Made at opening by ``rules.deadlines``.

    Late and not done: a red flag on the public page and for the units above.
    """

    __tablename__ = "campaign_deadlines"
    __table_args__ = (UniqueConstraint("campaign_id", "duty"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    #: ``rules.Duty``
    duty: Mapped[str] = mapped_column(String(12))
    due_on: Mapped[date]
    done_on: Mapped[date | None]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    #: What officers were told of it last: "", "soon" or "late".
    reminded: Mapped[str] = mapped_column(String(6), default="")


class CampaignOffer(Base):
    """A seller's product that is sold for a campaign, with the share it gives and her consent.

    A product is sold for one campaign at a time. Ended, never edited: another share is another
    row, and what was sold keeps the share it was sold with.
    """

    __tablename__ = "campaign_offers"
    __table_args__ = (
        CheckConstraint(
            "share_kind IN ('fixed', 'percent', 'after_cost', 'all')", name="share_kind_known"
        ),
        CheckConstraint(
            "(share_kind = 'fixed') = (share_vnd > 0)"
            " AND (share_kind = 'percent') = (share_hundredths > 0)"
            " AND (share_kind = 'after_cost') = (cost_vnd > 0)"
            " AND share_vnd >= 0 AND share_hundredths BETWEEN 0 AND 10000 AND cost_vnd >= 0",
            name="share_fits_its_kind",
        ),
        CheckConstraint(
            "consent_kind IN ('self', 'in_person', 'voice', 'paper')", name="consent_known"
        ),
        Index(
            "uq_campaign_offers_product_now", "product_id", unique=True,
            **only_where(text("ended_at IS NULL")),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    #: ``rules.ShareKind``: so much a unit, a part of the price, all above what a unit costs her,
    #: or all of it.
    share_kind: Mapped[str] = mapped_column(String(10))
    share_vnd: Mapped[int] = mapped_column(default=0)
    #: 2000 is 20 %.
    share_hundredths: Mapped[int] = mapped_column(default=0)
    #: What one unit costs her, as she says.
    cost_vnd: Mapped[int] = mapped_column(default=0)
    #: Goods that a member gave and this seller sells: who, as far as she lets others read it.
    given_by: Mapped[str] = mapped_column(String(80), default="")
    #: How she agreed: "self" at her own stall, or as an officer recorded it.
    consent_kind: Mapped[str] = mapped_column(String(10))
    #: Who agreed, when, and the officer who wrote it down for her.
    consent_by: Mapped[str] = mapped_column(String(80))
    consent_on: Mapped[date]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class Gift(Base):
    """Money that somebody wants to give, and how much of it came.

    ``memo`` is what she writes into her transfer, of the same kind as payments have and never
    one of theirs. Who she is lies sealed in ``contact`` under the gift's own key; ``shown_name``
    is what she lets others read, "" for anonymous. ``received_vnd`` is the sum of its fund
    entries, kept by the statement that adds one.
    """

    __tablename__ = "gifts"
    __table_args__ = (
        CheckConstraint("amount_vnd > 0", name="amount_positive"),
        CheckConstraint("received_vnd >= 0", name="received_not_negative"),
        CheckConstraint(
            "method IN ('transfer', 'card', 'late_money', 'refund')", name="method_known"
        ),
        CheckConstraint(
            "NOT in_cash OR written_by_id IS NOT NULL AND came_on IS NOT NULL",
            name="cash_is_written_down",
        ),
        CheckConstraint(
            "NOT in_cash OR received_vnd = 0"
            " OR counted_by_id IS NOT NULL AND counted_by_id <> written_by_id",
            name="cash_by_two_people",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    #: The account she was shown.
    payee_id: Mapped[int] = mapped_column(ForeignKey("payees.id"), index=True)
    #: Made once per rendered form: one form is one gift.
    attempt_id: Mapped[str] = mapped_column(String(40), unique=True)
    memo: Mapped[str] = mapped_column(String(12), unique=True)
    amount_vnd: Mapped[int]
    received_vnd: Mapped[int] = mapped_column(default=0)
    method: Mapped[str] = mapped_column(String(10))
    #: The order that it was added to; None when it was given alone. Opaque here.
    order_id: Mapped[int | None] = mapped_column(index=True)
    #: The amount was the rounding up of that order's total.
    rounds_up: Mapped[bool] = mapped_column(default=False)
    #: Sealed JSON: {"name", "email", "message"}; both empty once forgotten.
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    contact: Mapped[bytes] = mapped_column(LargeBinary)
    has_email: Mapped[bool] = mapped_column(default=False)
    shown_name: Mapped[str] = mapped_column(String(60), default="")
    #: What she wrote beside it, for everybody to read once an officer has.
    message: Mapped[str] = mapped_column(String(300), default="")
    message_shown_at: Mapped[datetime | None]
    #: An officer keeps an improper name out of sight; the line and its commitment stay.
    name_hidden_at: Mapped[datetime | None]
    locale: Mapped[str] = mapped_column(String(2))
    #: The private page "what became of my gift": its token is made of the secret key and this.
    link_nonce: Mapped[str] = mapped_column(String(32))
    link_digest: Mapped[str] = mapped_column(String(64), unique=True)
    offered_at: Mapped[datetime]
    received_at: Mapped[datetime | None]
    #: She gives it no more, or the order that it went with came to nothing; before money came.
    withdrawn_at: Mapped[datetime | None]
    #: The officer who wrote it down, and the day on which it came: money that came without a code.
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    came_on: Mapped[date | None]
    #: It came as cash, which lies with the unit until it is paid in (``CashDeposit``); and the
    #: second person, who counted it before it was the fund's.
    in_cash: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    counted_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    forgotten_at: Mapped[datetime | None]


class CashDeposit(Base):
    """Cash of a fund that was paid into its bank account: moved, neither come nor gone.

    said by one person → noted by another, which moves it in the books; or dropped, also when it
    was noted wrongly, which puts the books right.
    """

    __tablename__ = "cash_deposits"
    __table_args__ = (
        CheckConstraint("amount_vnd > 0", name="amount_positive"),
        CheckConstraint("state IN ('said', 'noted', 'dropped')", name="state_known"),
        CheckConstraint(
            "state <> 'noted' OR decided_by_id IS NOT NULL AND decided_by_id <> said_by_id",
            name="two_people",
        ),
        Index(
            "uq_cash_deposits_open", "campaign_id", unique=True,
            **only_where(text("state = 'said'")),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    amount_vnd: Mapped[int]
    on_day: Mapped[date]
    #: The bank's, of the slip or the transfer; "" when there is none.
    reference: Mapped[str] = mapped_column(String(60), default="")
    state: Mapped[str] = mapped_column(String(10))
    said_at: Mapped[datetime]
    said_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class SharePayment(Base):
    """A seller pays what she promised of her sales into the fund, with a memo of its own.

    What she still owes is the balance of her ``share_due`` account with the campaign; this row
    is only the transfer that she was shown. ``received_vnd`` is the sum of its fund entries.
    """

    __tablename__ = "share_payments"
    __table_args__ = (
        CheckConstraint("amount_vnd > 0", name="amount_positive"),
        CheckConstraint("received_vnd >= 0", name="received_not_negative"),
        Index(
            "uq_share_payments_open", "campaign_id", "seller_id", unique=True,
            **only_where(text("received_at IS NULL")),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"), index=True)
    payee_id: Mapped[int] = mapped_column(ForeignKey("payees.id"), index=True)
    memo: Mapped[str] = mapped_column(String(12), unique=True)
    #: What she owed when it was last shown to her.
    amount_vnd: Mapped[int]
    received_vnd: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime]
    #: When she said that she has transferred.
    reported_at: Mapped[datetime | None]
    received_at: Mapped[datetime | None]


class Beneficiary(Base):
    """A household or person that gets something of a campaign.

    Everything about her lies sealed. The public reads her commune, and more only as long as a
    consent holds (``rules.shown_beneficiary``).
    """

    __tablename__ = "beneficiaries"
    __table_args__ = (
        CheckConstraint("households >= 1", name="households_positive"),
        CheckConstraint("consent_for IN ('', 'initials', 'name')", name="consent_for_known"),
        CheckConstraint(
            "consent_for = '' OR consent_kind <> '' AND consent_on IS NOT NULL"
            " AND consent_until IS NOT NULL",
            name="consent_is_whole",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    #: For papers of the unit and for reading aloud; says nothing about her.
    code: Mapped[str] = mapped_column(String(12), unique=True)
    #: Sealed JSON: {"name", "phone", "address", "note"}; both empty once forgotten.
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    contact: Mapped[bytes] = mapped_column(LargeBinary)
    #: The commune, which everybody may read. Nothing smaller.
    ward_code: Mapped[str] = mapped_column(String(5))
    ward_name: Mapped[str] = mapped_column(String(80))
    households: Mapped[int] = mapped_column(default=1)
    #: What of her may be shown: "" only the commune, "initials", "name"; how, when and until when
    #: she agreed. ``mutual_aid.rules.CONSENT_KINDS``
    consent_for: Mapped[str] = mapped_column(String(10), default="")
    consent_kind: Mapped[str] = mapped_column(String(10), default="")
    consent_on: Mapped[date | None]
    consent_until: Mapped[date | None]
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    forgotten_at: Mapped[datetime | None]


class Disbursement(Base):
    """Money or goods that leave a campaign: handed over to a beneficiary, or spent on a cost.

    planned → approved by a second person → done, with its day, two witnesses and a voucher's
    number; or cancelled before it was done. Only ``done`` moves money, by its fund entry, and the
    fund never goes below nought. Goods have a stated value that is no money.
    """

    __tablename__ = "disbursements"
    __table_args__ = (
        CheckConstraint("purpose IN ('hand_over', 'cost')", name="purpose_known"),
        CheckConstraint("form IN ('money', 'goods')", name="form_known"),
        CheckConstraint(
            "state IN ('planned', 'approved', 'done', 'cancelled')", name="state_known"
        ),
        CheckConstraint("(form = 'money') = (amount_vnd > 0)", name="money_has_amount"),
        CheckConstraint("amount_vnd >= 0", name="amount_not_negative"),
        CheckConstraint(
            "state NOT IN ('approved', 'done') OR approved_by_id <> planned_by_id",
            name="two_people",
        ),
        CheckConstraint(
            "state <> 'done' OR done_on IS NOT NULL AND voucher_no <> '' AND witness_one <> ''"
            " AND witness_two <> '' AND witness_one <> witness_two",
            name="done_is_witnessed",
        ),
        CheckConstraint(
            "purpose = 'cost' OR beneficiary_id IS NOT NULL", name="hand_over_has_beneficiary"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    code: Mapped[str] = mapped_column(String(12), unique=True)
    purpose: Mapped[str] = mapped_column(String(10))
    form: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    beneficiary_id: Mapped[int | None] = mapped_column(ForeignKey("beneficiaries.id"), index=True)
    #: What for, as the public reads it; never a person's name.
    words_vi: Mapped[str] = mapped_column(String(200))
    words_en: Mapped[str] = mapped_column(String(200), default="")
    #: Money; 0 for goods.
    amount_vnd: Mapped[int] = mapped_column(default=0)
    #: Goods: "5 bao gạo 10 kg", and what they are worth, beside every sum.
    goods_vi: Mapped[str] = mapped_column(String(160), default="")
    goods_en: Mapped[str] = mapped_column(String(160), default="")
    stated_value_vnd: Mapped[int | None]
    planned_at: Mapped[datetime]
    planned_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    approved_at: Mapped[datetime | None]
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    #: The day on which it was handed over, and who saw it. Officers' or neighbours' names, for
    #: the unit's papers; the public reads that there were two.
    done_on: Mapped[date | None]
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    witness_one: Mapped[str] = mapped_column(String(80), default="")
    witness_two: Mapped[str] = mapped_column(String(80), default="")
    voucher_no: Mapped[str] = mapped_column(String(40), default="")
    cancelled_at: Mapped[datetime | None]
    cancelled_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class DisbursementReturn(Base):
    """Money of a hand-over or cost that is in the fund again: came back, or never left.

    said by one person → noted by another, which moves money by a line of its own; or dropped.
    """

    __tablename__ = "disbursement_returns"
    __table_args__ = (
        CheckConstraint("amount_vnd > 0", name="amount_positive"),
        CheckConstraint("why <> ''", name="has_reason"),
        CheckConstraint("state IN ('said', 'noted', 'dropped')", name="state_known"),
        CheckConstraint("(state = 'noted') = (entry_id IS NOT NULL)", name="noted_is_a_line"),
        CheckConstraint(
            "state <> 'noted' OR decided_by_id IS NOT NULL AND decided_by_id <> said_by_id",
            name="two_people",
        ),
        Index(
            "uq_disbursement_returns_open", "disbursement_id", unique=True,
            **only_where(text("state = 'said'")),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    disbursement_id: Mapped[int] = mapped_column(ForeignKey("disbursements.id"), index=True)
    amount_vnd: Mapped[int]
    on_day: Mapped[date]
    #: The bank's, of the transfer back; "" when the hand-over was noted by mistake.
    reference: Mapped[str] = mapped_column(String(60))
    #: As everybody reads it; never a beneficiary's name.
    why: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(10))
    said_at: Mapped[datetime]
    said_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("fund_entries.id"), unique=True)


class CampaignFile(Base):
    """A paper of a campaign, or what proves a hand-over: a picture, or a PDF.

    Sealed, and given out by the shop alone after it looked whether it may be shown that day
    (``paper_rules.is_public``): what is hidden is hidden at that moment, wherever its address
    was copied to. Where people can be recognised it is public only as long as they agreed.
    """

    __tablename__ = "campaign_files"
    __table_args__ = (
        CheckConstraint("role IN ('decision', 'rules', 'evidence', 'other')", name="role_known"),
        CheckConstraint("kind IN ('webp', 'pdf')", name="kind_known"),
        CheckConstraint(
            "(role = 'evidence') = (disbursement_id IS NOT NULL)", name="evidence_of_something"
        ),
        CheckConstraint(
            "NOT (is_public AND shows_people)"
            " OR consent_kind <> '' AND consent_on IS NOT NULL AND consent_until IS NOT NULL",
            name="shown_people_agreed",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    disbursement_id: Mapped[int | None] = mapped_column(ForeignKey("disbursements.id"), index=True)
    #: ``paper_rules.ROLES``
    role: Mapped[str] = mapped_column(String(10))
    #: Its ending. Pictures were cleaned of every note before they were kept.
    kind: Mapped[str] = mapped_column(String(5))
    #: What it shows, for those who cannot see it; never a beneficiary's name.
    caption_vi: Mapped[str] = mapped_column(String(200))
    caption_en: Mapped[str] = mapped_column(String(200), default="")
    size_bytes: Mapped[int]
    width_px: Mapped[int] = mapped_column(default=0)
    height_px: Mapped[int] = mapped_column(default=0)
    data_key: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    #: Sealed text: the bytes in base 64.
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    #: Everybody may see it; otherwise officers of the unit alone.
    is_public: Mapped[bool] = mapped_column(default=False)
    #: Somebody can be recognised in it: how, when and until when they agreed.
    shows_people: Mapped[bool] = mapped_column(default=False)
    consent_kind: Mapped[str] = mapped_column(String(10), default="")
    consent_on: Mapped[date | None]
    consent_until: Mapped[date | None]
    added_at: Mapped[datetime]
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    removed_at: Mapped[datetime | None]


class CampaignReport(Base):
    """That an organiser published what came, or what it was used for: a duty of hers.

    The figures are the ledger's of that moment, with the number and hash of the last line, so
    that everybody can tell whether a line before it was changed since. Never edited.
    """

    __tablename__ = "campaign_reports"
    __table_args__ = (
        CheckConstraint("duty IN ('totals', 'uses')", name="duty_known"),
        Index(
            "uq_campaign_reports_now", "campaign_id", "duty", unique=True,
            **only_where(text("withdrawn_at IS NULL")),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    duty: Mapped[str] = mapped_column(String(12))
    #: ``rules.Figures`` by name, in đồng.
    figures: Mapped[dict[str, Any]]
    entries: Mapped[int]
    chain: Mapped[str] = mapped_column(String(64))
    published_at: Mapped[datetime]
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    withdrawn_at: Mapped[datetime | None]


class FundEntry(Base):
    """One line of a campaign's public account: money that reached the fund or left it.

    The hash of each covers the one before, and date, amount, kind, code and ``commitment`` of
    this one (``rules.entry_hash``, DECISIONS 10). The commitment is to the giver's shown name
    with a random salt (``rules.name_commitment``): erasing sets ``name`` and ``salt`` to nothing
    and leaves the commitment, so the chain still verifies. Triggers refuse every other change.

    ``amount_vnd``: above zero into the fund, below zero out of it. A mistake is put right by
    another entry. Its sum over a campaign is the ledger's balance of the fund.
    """

    __tablename__ = "fund_entries"
    __table_args__ = (
        UniqueConstraint("campaign_id", "number"),
        CheckConstraint("amount_vnd <> 0", name="amount_not_nought"),
        CheckConstraint("number >= 1", name="number_positive"),
        CheckConstraint("(name IS NULL) = (salt IS NULL)", name="erased_together"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    #: 1, 2, 3 … without a gap in each campaign.
    number: Mapped[int]
    #: The day in Vietnam on which the money moved.
    on_day: Mapped[date]
    amount_vnd: Mapped[int]
    #: ``rules.EntryKind``
    kind: Mapped[str] = mapped_column(String(12))
    #: What giver and unit know it by: eight random characters, for reading aloud.
    code: Mapped[str] = mapped_column(String(12), unique=True)
    #: The shown name, "" for anonymous; None once it was erased.
    name: Mapped[str | None] = mapped_column(String(80))
    salt: Mapped[str | None] = mapped_column(String(32))
    commitment: Mapped[str] = mapped_column(String(64))
    #: The hash of the entry before, "" for the first; and this one's.
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    #: The ledger transaction that posted the same đồng.
    transaction_id: Mapped[int] = mapped_column(ForeignKey("ledger_transactions.id"), unique=True)
    #: What it came from or went to; at most one of them.
    gift_id: Mapped[int | None] = mapped_column(ForeignKey("gifts.id"), index=True)
    share_payment_id: Mapped[int | None] = mapped_column(
        ForeignKey("share_payments.id"), index=True
    )
    disbursement_id: Mapped[int | None] = mapped_column(ForeignKey("disbursements.id"), index=True)
    slip_id: Mapped[int | None] = mapped_column(ForeignKey("slips.id"), index=True)
    recorded_at: Mapped[datetime]
