"""0-đồng market slips as they are stored: a sheet of them, each household's, and where it paid."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base


class SlipSheet(Base):
    """Slips that were asked for together, and who answered for them: never the same person.

    Approving sets their budget aside in the fund (``campaign_set_aside`` in the books).
    ``postings`` counts what was posted about it, so that each posting has a name of its own.
    """

    __tablename__ = "slip_sheets"
    __table_args__ = (
        CheckConstraint("state IN ('planned', 'approved', 'cancelled')", name="state_known"),
        CheckConstraint(
            "state <> 'approved' OR approved_by_id <> planned_by_id", name="two_people"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    #: For papers and for reading aloud: eight characters. It pays nothing.
    code: Mapped[str] = mapped_column(String(12), unique=True)
    #: ``slip_rules.SheetState``
    state: Mapped[str] = mapped_column(String(10))
    #: The last day in Vietnam on which they pay.
    valid_until: Mapped[date]
    planned_at: Mapped[datetime]
    planned_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    approved_at: Mapped[datetime | None]
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    cancelled_at: Mapped[datetime | None]
    cancelled_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    postings: Mapped[int] = mapped_column(default=0)


class Slip(Base):
    """One household's slip: what it is worth, and what is left of it.

    Its code is money: found by a keyed digest, sealed under a key of its own, printed on paper
    alone. ``left_vnd`` is taken from in one conditional statement. What was left when it ended
    (``released_vnd``) is the fund's again; what is given back to it later too.
    """

    __tablename__ = "slips"
    __table_args__ = (
        UniqueConstraint("sheet_id", "number"),
        CheckConstraint("state IN ('waiting', 'open', 'ended')", name="state_known"),
        CheckConstraint("budget_vnd > 0", name="budget_above_nought"),
        CheckConstraint(
            "left_vnd >= 0 AND released_vnd >= 0 AND left_vnd + released_vnd <= budget_vnd",
            name="left_within_budget",
        ),
        CheckConstraint("state <> 'ended' OR left_vnd = 0", name="ended_is_empty"),
        CheckConstraint("(state = 'ended') = (ended_how <> '')", name="ended_somehow"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sheet_id: Mapped[int] = mapped_column(ForeignKey("slip_sheets.id"))
    #: 1, 2, 3 … on its sheet.
    number: Mapped[int]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    beneficiary_id: Mapped[int] = mapped_column(ForeignKey("beneficiaries.id"), index=True)
    code_index: Mapped[str] = mapped_column(String(40), unique=True)
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    code: Mapped[bytes] = mapped_column(LargeBinary)
    budget_vnd: Mapped[int]
    left_vnd: Mapped[int]
    released_vnd: Mapped[int] = mapped_column(default=0)
    #: ``slip_rules.SlipState``
    state: Mapped[str] = mapped_column(String(10))
    valid_until: Mapped[date]
    ended_at: Mapped[datetime | None]
    #: "", "expired" or "closed" by a person.
    ended_how: Mapped[str] = mapped_column(String(10), default="")
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    postings: Mapped[int] = mapped_column(default=0)


class SlipUse(Base):
    """What a slip pays of one seller order. It falls with what is cancelled or comes back.

    ``by_id``: who was signed in when it was spent; None: whoever held it. ``for_her``: an officer
    of the campaign's unit did it for the household.
    """

    __tablename__ = "slip_uses"
    __table_args__ = (CheckConstraint("amount_vnd >= 0", name="amount_not_negative"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slip_id: Mapped[int] = mapped_column(ForeignKey("slips.id"), index=True)
    #: Opaque here: the order and the part of it.
    order_id: Mapped[int] = mapped_column(index=True)
    seller_order_id: Mapped[int] = mapped_column(unique=True)
    amount_vnd: Mapped[int]
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    for_her: Mapped[bool] = mapped_column(default=False)
