"""Member businesses, the people behind them, and the accounts that are paid."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    and_,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, validates

from shop.db import Base, only_where
from shop.sellers.rules import seller_search_text


class Seller(Base):
    """A member business: what its page says and where its parcels start."""

    __tablename__ = "sellers"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    #: Names from the top of the tree down as they were at approval: [{"id", "vi", "en"}]
    organisation_path: Mapped[list[Any]]
    #: "ca_nhan", "ho_kinh_doanh", "to_hop_tac", "htx", "doanh_nghiep".
    entity_kind: Mapped[str] = mapped_column(String(20))
    name_vi: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120))
    #: Two or three letters of the seal.
    initials: Mapped[str] = mapped_column(String(3))
    person: Mapped[str] = mapped_column(String(120))
    #: Shown to buyers, so not sealed. E.164.
    phone: Mapped[str] = mapped_column(String(20))
    hamlet_vi: Mapped[str] = mapped_column(String(120))
    hamlet_en: Mapped[str] = mapped_column(String(120))
    ward_code: Mapped[str] = mapped_column(String(5))
    province_code: Mapped[str] = mapped_column(String(2), index=True)
    ward_name: Mapped[str] = mapped_column(String(80))
    province_name: Mapped[str] = mapped_column(String(80))
    region: Mapped[str] = mapped_column(String(10))
    since_year: Mapped[int | None]
    blind_makers: Mapped[bool] = mapped_column(default=False)
    sentence_vi: Mapped[str] = mapped_column(String(300), default="")
    sentence_en: Mapped[str] = mapped_column(String(300), default="")
    story_vi: Mapped[str] = mapped_column(Text, default="")
    story_en: Mapped[str] = mapped_column(Text, default="")
    #: What was checked, by whom, on which date. Empty: the page says nothing.
    checked_vi: Mapped[str] = mapped_column(String(300), default="")
    checked_en: Mapped[str] = mapped_column(String(300), default="")
    dispatch_vi: Mapped[str] = mapped_column(Text, default="")
    dispatch_en: Mapped[str] = mapped_column(Text, default="")
    returns_vi: Mapped[str] = mapped_column(Text, default="")
    returns_en: Mapped[str] = mapped_column(Text, default="")
    #: Days between confirmation and the carrier's hands.
    lead_days_min: Mapped[int] = mapped_column(default=1)
    lead_days_max: Mapped[int] = mapped_column(default=2)
    #: True: buyers' transfers go to the organisation, which settles with the seller.
    paid_through_organisation: Mapped[bool] = mapped_column(default=False)
    picture_id: Mapped[int | None] = mapped_column(ForeignKey("pictures.id"))
    #: Her introduction in her own voice: its file, "": none; and what it says. Buyers hear it
    #: once the Vietnamese words are there.
    voice_file: Mapped[str] = mapped_column(String(48), default="", server_default="")
    voice_ms: Mapped[int] = mapped_column(default=0, server_default="0")
    voice_vi: Mapped[str] = mapped_column(Text, default="", server_default="")
    voice_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    voice_at: Mapped[datetime | None]
    product_count: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    #: Open to buyers since then; None while it is prepared.
    approved_at: Mapped[datetime | None]
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    closed_at: Mapped[datetime | None]
    #: The last day of her holiday: until it is over nothing can be ordered from her.
    away_until: Mapped[date | None]
    #: Names, person and phone folded, for the desk's search. Follows them.
    search_text: Mapped[str] = mapped_column(String(500), default="", server_default="")

    @hybrid_property
    def is_open(self) -> bool:
        """Tell whether buyers see the stall; of the class, the condition for it."""
        return self.approved_at is not None and self.closed_at is None

    @is_open.inplace.expression
    @classmethod
    def _is_open(cls) -> ColumnElement[bool]:
        return and_(cls.approved_at.is_not(None), cls.closed_at.is_(None))

    @validates("name_vi", "name_en", "person", "phone")
    def _fold_names(self, field: str, value: str) -> str:
        said = {
            name: getattr(self, name) or "" for name in ("name_vi", "name_en", "person", "phone")
        }
        self.search_text = seller_search_text(**{**said, field: value})
        return value


class SellerMember(Base):
    """That a person works for a seller during a time."""

    __tablename__ = "seller_members"
    __table_args__ = (CheckConstraint("role IN ('owner', 'staff')", name="role_known"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    role: Mapped[str] = mapped_column(String(10))
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    appointed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class HelperGrant(Base):
    """That an owner lets somebody do named things at her stall, until a day, and how she said so.

    Never edited but to end it: other rights or another day are a new row.
    """

    __tablename__ = "helper_grants"
    __table_args__ = (
        CheckConstraint(
            "consent_kind IN ('own', 'voice', 'paper', 'in_person')", name="consent_known"
        ),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("helper_id <> owner_id", name="two_people"),
        CheckConstraint("(revoked_at IS NULL) = (revoked_how = '')", name="ended_somehow"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"), index=True)
    helper_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    #: For whom it is done. The leave holds as long as she is an owner of the stall.
    owner_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    #: Of ``helping_rules.RIGHTS``.
    rights: Mapped[list[Any]]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    consent_kind: Mapped[str] = mapped_column(String(10))
    #: The day on which she said yes, who heard it, and what there is to tell.
    consent_on: Mapped[date]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    recorded_by_name: Mapped[str] = mapped_column(String(120))
    consent_note: Mapped[str] = mapped_column(String(300), default="")
    #: Her voice or the paper's picture as it was sent in, sealed; officers alone hear or see it.
    data_key: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    consent_file: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    #: Its ending, "m4a" or "jpg"; "": none.
    consent_file_kind: Mapped[str] = mapped_column(String(5), default="")
    revoked_at: Mapped[datetime | None]
    revoked_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    #: Of ``helping_rules.REVOKED_BY``; "": it was not.
    revoked_how: Mapped[str] = mapped_column(String(10), default="")


class HelperAct(Base):
    """One thing that a helper did, read back to the owner. Names are as they were then; "" once
    the account is deleted."""

    __tablename__ = "helper_acts"
    __table_args__ = (Index("ix_helper_acts_stall", "seller_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"))
    grant_id: Mapped[int] = mapped_column(ForeignKey("helper_grants.id"))
    at: Mapped[datetime]
    helper_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    helper_name: Mapped[str] = mapped_column(String(120))
    owner_name: Mapped[str] = mapped_column(String(120))
    #: The view that did it: "selling.move".
    act: Mapped[str] = mapped_column(String(60))
    #: What it came to: {"code", "state"} of an order, {"title", "price_vnd"} of goods.
    facts: Mapped[dict[str, Any]]
    seller_order_id: Mapped[int | None] = mapped_column(ForeignKey("seller_orders.id"), index=True)


class SellerApplication(Base):
    """That a woman wants to sell here: she wrote, or an officer invited her. ``state``: of
    ``joining_rules.STATES``; what happened before stands in the audit trail.
    """

    __tablename__ = "seller_applications"
    __table_args__ = (
        CheckConstraint(
            "state IN ('asked', 'invited', 'preparing', 'sent', 'again', 'approved', 'declined',"
            " 'withdrawn')",
            name="state_known",
        ),
        CheckConstraint("(state <> 'invited') OR code_digest IS NOT NULL", name="invited_by_code"),
        CheckConstraint(
            "state IN ('asked', 'invited', 'declined', 'withdrawn') OR seller_id IS NOT NULL",
            name="has_stall",
        ),
        Index("ix_seller_applications_state", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    state: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(120))
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    #: Sealed JSON: {"phone": "+849…", "email": "…" | null}
    contact: Mapped[bytes] = mapped_column(LargeBinary)
    phone_index: Mapped[str] = mapped_column(String(40), index=True)
    locale: Mapped[str] = mapped_column(String(2), default="vi")
    #: What she makes, in her words.
    offers: Mapped[str] = mapped_column(String(300), default="")
    #: Which rendering of the public form this came from: once for each.
    attempt_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    #: Keyed digest of the word that lets her in; until when, and how often the phone was wrong.
    code_digest: Mapped[str | None] = mapped_column(String(40), unique=True)
    code_expires_at: Mapped[datetime | None]
    code_tries: Mapped[int] = mapped_column(default=0)
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    seller_id: Mapped[int | None] = mapped_column(ForeignKey("sellers.id"), unique=True)
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    #: What officers said last: what is missing still, or why not.
    answer: Mapped[str] = mapped_column(String(500), default="")
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class Payee(Base):
    """A bank account that buyers pay into: a seller's own or an organisation's.

    Never edited: a new account is a new row and the old one ends, so that an
    order keeps saying where its money was sent.
    """

    __tablename__ = "payees"
    __table_args__ = (
        CheckConstraint("(seller_id IS NULL) <> (organisation_id IS NULL)", name="one_owner"),
        Index(
            "uq_payees_seller_now",
            "seller_id",
            unique=True,
            **only_where(text("ended_at IS NULL AND seller_id IS NOT NULL")),
        ),
        Index(
            "uq_payees_organisation_now",
            "organisation_id",
            unique=True,
            **only_where(text("ended_at IS NULL AND organisation_id IS NOT NULL")),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    seller_id: Mapped[int | None] = mapped_column(ForeignKey("sellers.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    bank_bin: Mapped[str] = mapped_column(String(6))
    bank_name: Mapped[str] = mapped_column(String(60))
    #: Unaccented upper case, as the bank prints it.
    holder: Mapped[str] = mapped_column(String(80))
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    #: Sealed JSON: the account number as a string.
    account_number: Mapped[bytes] = mapped_column(LargeBinary)
    last4: Mapped[str] = mapped_column(String(4))
    started_at: Mapped[datetime]
    started_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    ended_at: Mapped[datetime | None]
    #: Kept apart for one purpose, such as the gifts of one campaign: nobody's account for
    #: anything else, so it has ended as such from its first day.
    is_apart: Mapped[bool] = mapped_column(default=False)
