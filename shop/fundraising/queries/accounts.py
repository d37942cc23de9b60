"""The public account of a campaign: its lines, what was handed over, and whether it verifies."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, case, func, select
from sqlalchemy.orm import Session

from shop.current import vault
from shop.fundraising.handing_rules import DisbursementState, SaidState
from shop.fundraising.models import (
    Beneficiary,
    Campaign,
    Disbursement,
    DisbursementReturn,
    FundEntry,
    Gift,
)
from shop.fundraising.queries.figures import figures_of
from shop.fundraising.rules import EntryKind, first_break, shown_beneficiary
from shop.fundraising.slip_models import Slip
from shop.ledger.models import LedgerAccount, LedgerEntry, LedgerTransaction

PAGE = 50
#: So many hand-overs stand on the page of the account; all of them stand in the report.
MOST_SHOWN = 200
_CHUNK = 1_000

#: What the public reads of a line. Of a beneficiary her commune, and never more: files and
#: copies of pages live longer than a consent. A name that an officer hid is as one erased.
_LINE = (
    FundEntry.number, FundEntry.on_day, FundEntry.kind, FundEntry.amount_vnd, FundEntry.code,
    case((Gift.name_hidden_at.is_(None), FundEntry.name)).label("name"), Gift.name_hidden_at, Gift.in_cash, FundEntry.commitment, FundEntry.previous, FundEntry.hash,
    Disbursement.words_vi, Disbursement.words_en, Disbursement.voucher_no, Beneficiary.ward_name,
    # Paid back to a seller whose goods came back, as ``offers.give_share_back`` names it.
    (LedgerTransaction.key.startswith("share-back:") & (FundEntry.amount_vnd < 0)).label("to_seller"),
    DisbursementReturn.why, (DisbursementReturn.reference != "").label("came_back"),
)  # fmt: skip


class Lines(NamedTuple):
    """One page of lines, the newest first, each with what was in the fund after it."""

    rows: Sequence[tuple[Any, int]]
    page: int
    pages: int


class Verdict(NamedTuple):
    """Whether the lines of an account are as they were written.

    ``what`` is "" when they are; otherwise line ``number`` is the first that is wrong: see
    ``rules.Break``, or "books" (the ledger says another amount), "end" (lines at the end are
    missing or were added).
    """

    lines: int
    chain: str
    number: int = 0
    what: str = ""


def _lines_of(campaign_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(*_LINE)
        .join(LedgerTransaction, LedgerTransaction.id == FundEntry.transaction_id)
        .outerjoin(Disbursement, Disbursement.id == FundEntry.disbursement_id)
        .outerjoin(DisbursementReturn, DisbursementReturn.entry_id == FundEntry.id)
        .outerjoin(Slip, Slip.id == FundEntry.slip_id)
        .outerjoin(
            Beneficiary,
            Beneficiary.id == func.coalesce(Disbursement.beneficiary_id, Slip.beneficiary_id),
        )
        .outerjoin(Gift, Gift.id == FundEntry.gift_id)
        .where(FundEntry.campaign_id == campaign_id)
    )


def lines_page(session: Session, campaign: Campaign, page: int) -> Lines:
    """Return a page of the account. Numbers have no gap, so that no page has to be searched."""
    pages = max(1, -(-campaign.entries // PAGE))
    page = min(max(1, page), pages)
    top = campaign.entries - (page - 1) * PAGE
    after = (
        session.scalar(
            select(func.sum(FundEntry.amount_vnd)).where(
                FundEntry.campaign_id == campaign.id, FundEntry.number <= top
            )
        )
        or 0
    )
    found: list[tuple[Any, int]] = []
    for row in session.execute(
        _lines_of(campaign.id)
        .where(FundEntry.number <= top, FundEntry.number > top - PAGE)
        .order_by(FundEntry.number.desc())
    ):
        found.append((row, int(after)))
        after -= row.amount_vnd
    return Lines(found, page, pages)


def all_lines(session: Session, campaign_id: int) -> Iterator[Any]:
    """Return every line, the first first, some at a time: for files, in constant memory."""
    last = 0
    while True:
        some = session.execute(
            _lines_of(campaign_id)
            .where(FundEntry.number > last)
            .order_by(FundEntry.number)
            .limit(_CHUNK)
        ).all()
        yield from some
        if len(some) < _CHUNK:
            return
        last = some[-1].number


def verify(session: Session, campaign: Campaign) -> Verdict:
    """Do the whole chain of an account again, and compare each line with the ledger."""
    last = {"number": 0, "hash": ""}

    def remembered(rows: Iterator[Any]) -> Iterator[Any]:
        for row in rows:
            yield row
            last.update(number=row.number, hash=row.hash)

    broken = first_break(campaign.code, remembered(_chained(session, campaign.id)))
    lines, chain = campaign.entries, campaign.chain
    if broken is not None:
        return Verdict(lines, chain, broken.number, broken.what)
    if last != {"number": lines, "hash": chain}:
        return Verdict(lines, chain, min(last["number"], lines) + 1, "end")
    other = _other_than_booked(session, campaign.id)
    if other is not None:
        return Verdict(lines, chain, other, "books")
    return Verdict(lines, chain)


def _chained(session: Session, campaign_id: int) -> Iterator[Any]:
    last = 0
    while True:
        some = session.execute(
            select(
                FundEntry.number, FundEntry.on_day, FundEntry.kind, FundEntry.amount_vnd,
                FundEntry.code, FundEntry.name, FundEntry.salt, FundEntry.commitment,
                FundEntry.previous, FundEntry.hash,
            )
            .where(FundEntry.campaign_id == campaign_id, FundEntry.number > last)
            .order_by(FundEntry.number)
            .limit(_CHUNK)
        ).all()  # fmt: skip
        yield from some
        if len(some) < _CHUNK:
            return
        last = some[-1].number


def _other_than_booked(session: Session, campaign_id: int) -> int | None:
    """Return the first line whose đồng the ledger did not post to this campaign."""
    ours = (
        select(LedgerEntry.transaction_id, LedgerEntry.amount_vnd)
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .where(
            LedgerAccount.owner == f"campaign:{campaign_id}",
            LedgerAccount.kind.in_(
                ("campaign_fund", "campaign_costs", "campaign_given", "campaign_slips")
            ),
        )
        .subquery()
    )
    return session.scalar(
        select(FundEntry.number)
        .outerjoin(
            ours,
            and_(
                ours.c.transaction_id == FundEntry.transaction_id,
                ours.c.amount_vnd == -FundEntry.amount_vnd,
            ),
        )
        .where(FundEntry.campaign_id == campaign_id, ours.c.transaction_id.is_(None))
        .order_by(FundEntry.number)
        .limit(1)
    )


class HandedOver(NamedTuple):
    """A hand-over or cost that was done, as the public reads it.

    ``row``: with ``stays_vnd``, what of its money did not come back.
    ``who``: initials or name, only while a consent to that holds; "" otherwise.
    ``files``: what proves it, as far as everybody may see it today.
    """

    row: Any
    who: str
    files: Sequence[Any]


#: What of a hand-over's or cost's money did not come back.
stays_vnd = Disbursement.amount_vnd - func.coalesce(
    select(func.sum(DisbursementReturn.amount_vnd))
    .where(
        DisbursementReturn.disbursement_id == Disbursement.id,
        DisbursementReturn.state == SaidState.NOTED,
    )
    .scalar_subquery(),
    0,
)


def handed_over(
    session: Session,
    campaign_id: int,
    today: date,
    files: Sequence[Any] = (),
    most: int | None = None,
) -> list[HandedOver]:
    """Return what was handed over and spent, the newest first, with what proves it.

    Args:
        files: ``files_shown`` of the campaign that day.
        most: no more than so many; all when left out.
    """
    rows = session.execute(
        select(
            Disbursement.id, Disbursement.code, Disbursement.purpose, Disbursement.form,
            Disbursement.words_vi, Disbursement.words_en, Disbursement.amount_vnd,
            Disbursement.goods_vi, Disbursement.goods_en, Disbursement.stated_value_vnd,
            Disbursement.done_on, Disbursement.voucher_no, stays_vnd.label("stays_vnd"),
            Beneficiary.ward_name, Beneficiary.households, Beneficiary.consent_for, Beneficiary.consent_until,
            Beneficiary.data_key, Beneficiary.contact,
        )
        .outerjoin(Beneficiary, Beneficiary.id == Disbursement.beneficiary_id)
        .where(Disbursement.campaign_id == campaign_id, Disbursement.state == DisbursementState.DONE)
        .order_by(Disbursement.done_on.desc(), Disbursement.id.desc())
        .limit(most)
    ).all()  # fmt: skip
    shown: dict[int, list[Any]] = {}
    for file in files:
        shown.setdefault(file.disbursement_id, []).append(file)
    return [HandedOver(row, _who(row, today), shown.get(row.id, ())) for row in rows]


def slips_paid(session: Session, campaign_id: int) -> Sequence[Any]:
    """Return the lines of what slips paid, and of what came back to them, the newest first."""
    return session.execute(
        _lines_of(campaign_id)
        .where(FundEntry.kind == EntryKind.SLIP)
        .order_by(FundEntry.number.desc())
    ).all()


def _who(row: Any, today: date) -> str:
    """Open a name only where something of it may be shown at all."""
    if not row.consent_for or not row.contact:
        return ""
    return shown_beneficiary(row, vault().open(row.data_key, row.contact)["name"], today)


class Moved(NamedTuple):
    """What came into a fund and went out of it in some days; what was put right is taken off.

    ``handed_over_vnd``: what slips paid is in it.
    """

    came_vnd: int
    costs_vnd: int
    handed_over_vnd: int


class YearRow(NamedTuple):
    """A campaign in a year: what came and went in that year, and what it holds now."""

    row: Any
    moved: Moved
    held_vnd: int


def moved_in(session: Session, first: date, last: date, *which: Any) -> dict[int, Moved]:
    """Return what moved in the campaigns that had a line from a day to another. One query.

    Args:
        which: further conditions on ``Campaign``.
    """
    sums: dict[int, dict[str, int]] = {}
    for row in session.execute(
        select(FundEntry.campaign_id, FundEntry.kind, func.sum(FundEntry.amount_vnd).label("vnd"))
        .join(Campaign, Campaign.id == FundEntry.campaign_id)
        .where(FundEntry.on_day >= first, FundEntry.on_day <= last, *which)
        .group_by(FundEntry.campaign_id, FundEntry.kind)
    ):
        sums.setdefault(row.campaign_id, {})[row.kind] = int(row.vnd)
    return {
        one: Moved(
            of.get("gift", 0) + of.get("share", 0),
            -of.get("cost", 0),
            -of.get("handed_over", 0) - of.get("slip", 0),
        )
        for one, of in sums.items()
    }


def campaigns_of_year(session: Session, year: int) -> list[YearRow]:
    """Return every public campaign that had a line in a year, with what it holds now."""
    moved = moved_in(session, date(year, 1, 1), date(year, 12, 31))
    rows = session.execute(
        select(Campaign.id, Campaign.code, Campaign.title_vi, Campaign.title_en, Campaign.state)
        .where(Campaign.id.in_(moved), Campaign.state.in_(("open", "closed", "finished")))
        .order_by(Campaign.opens_on, Campaign.id)
    ).all()
    held = figures_of(session, [row.id for row in rows])
    return [YearRow(row, moved[row.id], held[row.id].held_vnd) for row in rows]


def years_of(session: Session) -> list[int]:
    """Return the years in which any fund moved, the newest first."""
    first, last = session.execute(
        select(func.min(FundEntry.on_day), func.max(FundEntry.on_day))
    ).one()
    return [] if first is None else list(range(last.year, first.year - 1, -1))
