"""Reads of settlements and statements: lists, one of each, and lines page by page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, String, case, cast, func, literal, select
from sqlalchemy.orm import Session, aliased

from shop.accounts.models import Account
from shop.fundraising.models import Campaign
from shop.kernel.errors import NotYours
from shop.ledger.models import LedgerEntry, LedgerTransaction
from shop.ordering.models import Order, SellerOrder
from shop.organisations.models import Organisation
from shop.payments.models import Payment
from shop.payments.told import named_in
from shop.payouts.models import Payout, PayoutLine, PayoutStatement, Settlement
from shop.payouts.queries.owed import short_of
from shop.payouts.rules import (
    PAYABLE,
    BankNow,
    StatementMoved,
    StatementState,
    Trouble,
    payout_mark,
    trouble,
)
from shop.sellers.models import Payee, Seller
from shop.web.lists import Page

_S = PayoutStatement
#: Settlements, statements and lines on one page.
PAGE = 50
_drafter, _approver = aliased(Account), aliased(Account)

_SETTLEMENTS = (
    select(
        Settlement.id, Settlement.organisation_id, Settlement.source_kind, Settlement.source_id,
        Settlement.from_on, Settlement.to_on, Settlement.least_vnd, Settlement.state,
        Settlement.seller_count, Settlement.line_count, Settlement.pays_vnd,
        Settlement.carried_vnd, Settlement.drafted_at, Settlement.approved_at,
        Settlement.approved_by_id, Settlement.dropped_at, Organisation.name_vi,
        Organisation.name_en, _drafter.name.label("drafted_by"), _approver.name.label("approved_by"),
    )
    .join(Organisation, Organisation.id == Settlement.organisation_id)
    .outerjoin(_drafter, _drafter.id == Settlement.drafted_by_id)
    .outerjoin(_approver, _approver.id == Settlement.approved_by_id)
)  # fmt: skip


def _paged(session: Session, wanted: Any, count: int, page: int, size: int = PAGE) -> Page:
    pages = max(1, -(-count // size))
    page = min(max(1, page), pages)
    rows = session.execute(wanted.limit(size).offset((page - 1) * size)).all()
    return Page(rows, page, pages, count)


def settlements_page(
    session: Session, units: Select[int] | Iterable[int] | None, page: int
) -> Page:
    """Return the settlements of organisations in sight, the newest first; dropped ones are gone."""
    where = [Settlement.state != "dropped"]
    if units is not None:
        where.append(Settlement.organisation_id.in_(units))
    count = session.scalar(select(func.count()).select_from(Settlement).where(*where)) or 0
    return _paged(
        session, _SETTLEMENTS.where(*where).order_by(Settlement.id.desc()), count, page, 20
    )


def settlement_row(
    session: Session, settlement_id: int, units: Select[int] | Iterable[int] | None = None
) -> Any:
    """Return one settlement with the names of its organisation and of who acted.

    Raises:
        NotYours
    """
    wanted = _SETTLEMENTS.where(Settlement.id == settlement_id)
    if units is not None:
        wanted = wanted.where(Settlement.organisation_id.in_(units))
    found = session.execute(wanted).one_or_none()
    if found is None:
        raise NotYours(what="settlement", id=settlement_id)
    return found


_STATEMENTS = (
    select(
        *(column for column in _S.__table__.c),
        Seller.name_vi, Seller.name_en, Seller.person, Seller.phone, Settlement.from_on,
        Settlement.to_on, Settlement.state.label("settlement_state"), Settlement.least_vnd,
        Organisation.name_vi.label("unit_vi"), Organisation.name_en.label("unit_en"),
    )
    .join(Settlement, Settlement.id == _S.settlement_id)
    .join(Seller, Seller.id == _S.seller_id)
    .join(Organisation, Organisation.id == _S.organisation_id)
)  # fmt: skip


def statements_of(session: Session, settlement_id: int, page: int) -> Page:
    """Return the statements of a settlement, the largest payouts first."""
    where = _S.settlement_id == settlement_id
    count = session.scalar(select(func.count()).select_from(_S).where(where)) or 0
    return _paged(
        session, _STATEMENTS.where(where).order_by(_S.pays_vnd.desc(), _S.due_vnd, _S.id), count, page
    )  # fmt: skip


def all_statements(session: Session, settlement_id: int) -> Sequence[Any]:
    """Return every statement of a settlement as ``statements_of`` does."""
    return session.execute(
        _STATEMENTS.where(_S.settlement_id == settlement_id).order_by(
            _S.pays_vnd.desc(), _S.due_vnd, _S.id
        )
    ).all()


def statements_of_seller(session: Session, seller_id: int, page: int) -> Page:
    """Return a seller's statements that were approved, the newest first."""
    where = (_S.seller_id == seller_id, _S.state != StatementState.DRAFTED.value)
    count = session.scalar(select(func.count()).select_from(_S).where(*where)) or 0
    return _paged(session, _STATEMENTS.where(*where).order_by(_S.id.desc()), count, page, 20)


def statement_row(
    session: Session, statement_id: int, *, units: Select[int] | Iterable[int] | None = None,
    seller_id: int | None = None,
) -> Any:  # fmt: skip
    """Return one statement with its seller, period and organisation.

    Args:
        seller_id: hers alone, and only once it is approved.

    Raises:
        NotYours
    """
    wanted = _STATEMENTS.where(_S.id == statement_id)
    if units is not None:
        wanted = wanted.where(_S.organisation_id.in_(units))
    if seller_id is not None:
        wanted = wanted.where(_S.seller_id == seller_id, _S.state != StatementState.DRAFTED.value)
    found = session.execute(wanted).one_or_none()
    if found is None:
        raise NotYours(what="payout_statement", id=statement_id)
    return found


_LINES = (
    select(
        PayoutLine.entry_id, PayoutLine.kind, PayoutLine.amount_vnd, PayoutLine.commission_vnd,
        PayoutLine.tax_vnd, LedgerTransaction.occurred_at, LedgerTransaction.subject,
        LedgerTransaction.kind.label("happened"), LedgerTransaction.note.label("why"),
        Campaign.title_vi, Campaign.title_en,
    )
    .join(LedgerEntry, LedgerEntry.id == PayoutLine.entry_id)
    .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
    .outerjoin(
        Campaign,
        (LedgerTransaction.kind == "fund_share")
        & (LedgerTransaction.subject == literal("campaign:") + cast(Campaign.id, String)),
    )
    .order_by(PayoutLine.entry_id)
)  # fmt: skip


def lines_page(session: Session, statement: Any, page: int, size: int = PAGE) -> Page:
    """Return one page of a statement's lines, the oldest first.

    Which lines those are is told by the index alone, counted from the nearer end; only they are
    looked up, so that the last page of a long statement costs what the first does.
    """
    count = statement.line_count
    pages = max(1, -(-count // size))
    page = min(max(1, page), pages)
    first, after = (page - 1) * size, min(page * size, count)
    numbers = select(PayoutLine.entry_id).where(PayoutLine.statement_id == statement.id)
    if first <= count - after:
        numbers = numbers.order_by(PayoutLine.entry_id).offset(first)
    else:
        numbers = numbers.order_by(PayoutLine.entry_id.desc()).offset(count - after)
    entries = session.scalars(numbers.limit(after - first)).all()
    rows = session.execute(_LINES.where(PayoutLine.entry_id.in_(entries))).all() if entries else []
    return Page(rows, page, pages, count)


def all_lines(session: Session, statement_id: int, most: int | None = None) -> Sequence[Any]:
    """Return every line of a statement, or the first ones."""
    wanted = _LINES.where(PayoutLine.statement_id == statement_id)
    return session.execute(wanted.limit(most) if most else wanted).all()


def orders_of(
    session: Session, seller_id: int, subjects: Iterable[str]
) -> dict[str, tuple[str, int]]:
    """Return the order's code and the seller's part of it: {"payment:12": ("K7M2P9QX", 31)}."""
    payments, parts = named_in(set(subjects))
    found: dict[str, tuple[str, int]] = {}
    by_payment = (
        select(Payment.id, Order.code, func.min(SellerOrder.id).label("part"))
        .join(Order, Order.id == Payment.order_id)
        .join(
            SellerOrder,
            (SellerOrder.order_id == Order.id)
            & (SellerOrder.seller_id == seller_id)
            & (SellerOrder.payee_id == Payment.payee_id),
        )
        .group_by(Payment.id, Order.code)
    )
    by_part = (
        select(SellerOrder.id, Order.code, SellerOrder.id.label("part"))
        .join(Order, Order.id == SellerOrder.order_id)
        .where(SellerOrder.seller_id == seller_id)
    )
    for statement, named in (
        (by_payment.where(Payment.id.in_(payments)), payments),
        (by_part.where(SellerOrder.id.in_(parts)), parts),
    ):
        for row in session.execute(statement) if named else ():
            found |= dict.fromkeys(named[row.id], (row.code, row.part))
    return found


def payouts_of(session: Session, statement_id: int) -> Sequence[Any]:
    """Return the transfers of a statement, the newest first, with who did what."""
    approver, sender, settler = aliased(Account), aliased(Account), aliased(Account)
    of_account = aliased(Account)
    return session.execute(
        select(
            Payout.id, Payout.amount_vnd, Payout.reference, Payout.state, Payout.sent_at,
            Payout.settled_at, Payout.failed_for, Payee.bank_name, Payee.last4,
            approver.name.label("approved_by"), of_account.name.label("account_by"),
            sender.name.label("sent_by"),
            settler.name.label("settled_by"),
        )
        .join(Payee, Payee.id == Payout.payee_id)
        .join(approver, approver.id == Payout.approved_by_id)
        .outerjoin(of_account, of_account.id == Payout.account_by_id)
        .join(sender, sender.id == Payout.sent_by_id)
        .outerjoin(settler, settler.id == Payout.settled_by_id)
        .where(Payout.statement_id == statement_id)
        .order_by(Payout.id.desc())
    ).all()  # fmt: skip


def payout_seen(session: Session, statement_id: int, mark: str | None) -> dict[str, Any]:
    """Return which transfer of a statement a page or command named, and in which state.

    A statement may be sent, come back and be sent again: what was read about the first transfer
    says nothing about the second.

    Args:
        mark: ``payouts.rules.payout_mark``.

    Raises:
        StatementMoved: it names none of this statement's.
    """
    for row in payouts_of(session, statement_id):
        for state in StatementState:
            if mark == payout_mark(row.id, state):
                return {"payout_id": row.id, "seen": state}
    raise StatementMoved(state="", to="")


def payout_marks(session: Session, settlement_id: int) -> dict[int, str]:
    """Return the mark of the newest transfer of each statement that was sent and did not come back."""
    rows = session.execute(
        select(Payout.statement_id, Payout.id, Payout.state)
        .join(_S, _S.id == Payout.statement_id)
        .where(_S.settlement_id == settlement_id, Payout.state != StatementState.FAILED.value)
        .order_by(Payout.id)
    )
    return {row.statement_id: payout_mark(row.id, row.state) for row in rows}


def banks_now(session: Session, seller_ids: Iterable[int]) -> dict[int, BankNow]:
    """Return the account that each seller is paid on now; who has none is left out."""
    earlier = aliased(Payee)
    had_earlier = (
        select(earlier.id)
        .where(earlier.seller_id == Payee.seller_id, earlier.id < Payee.id)
        .correlate(Payee)
        .exists()
    )
    rows = session.execute(
        select(
            Payee.seller_id, Payee.id, Payee.started_at,
            case((had_earlier, 1), else_=0).label("earlier"),
        ).where(Payee.seller_id.in_(list(seller_ids)), Payee.ended_at.is_(None))
    )  # fmt: skip
    return {
        row.seller_id: BankNow(row.id, row.started_at, bool(row.earlier))
        for row in rows
        if row.seller_id is not None
    }


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the statements of a settlement are: numbers and sums by state, and what is in the way."""

    counts: dict[str, int]
    sums: dict[str, int]
    ready: list[int]
    ready_vnd: int
    troubles: dict[int, Trouble]
    banks: dict[int, BankNow]


def progress(
    session: Session, settlement_id: int, now: datetime, sender_id: int | None = None
) -> Progress:
    """Return how far a settlement is. Reads a row for each seller, none of the lines.

    Args:
        sender_id: who would mark transfers as sent: what she approved is not ready for her.
    """
    rows = session.execute(
        select(
            _S.id, _S.seller_id, _S.organisation_id, _S.state, _S.pays_vnd, _S.of_goods_vnd,
            _S.of_delivery_vnd, _S.payee_id, _S.account_by_id,
        ).where(_S.settlement_id == settlement_id)
    ).all()  # fmt: skip
    waiting = [row for row in rows if row.state in PAYABLE or row.state == "drafted"]
    banks = banks_now(session, [row.seller_id for row in waiting if row.pays_vnd])
    short = short_of(session, [row for row in waiting if row.state in PAYABLE])
    counts: dict[str, int] = {}
    sums: dict[str, int] = {}
    troubles: dict[int, Trouble] = {}
    ready: list[int] = []
    ready_vnd = 0
    for row in rows:
        counts[row.state] = counts.get(row.state, 0) + 1
        sums[row.state] = sums.get(row.state, 0) + row.pays_vnd
        if row not in waiting or not row.pays_vnd:
            continue
        bank = banks.get(row.seller_id, BankNow(None))
        # A draft has no approved account yet: what she has now is what would be approved.
        approved = row.payee_id if row.state in PAYABLE else bank.payee_id
        found = trouble(approved, bank, now, short.get(row.id, 0))
        if found is None and sender_id is not None and row.account_by_id == sender_id:
            found = Trouble.SAME_PERSON
        if found is not None:
            troubles[row.id] = found
        elif row.state in PAYABLE:
            ready.append(row.id)
            ready_vnd += row.pays_vnd
    return Progress(counts, sums, ready, ready_vnd, troubles, banks)


def transfers_to_make(session: Session, statement_ids: Sequence[int]) -> Sequence[Any]:
    """Return what a bank has to be told of each statement, by its approved account."""
    return session.execute(
        select(
            _S.id, _S.settlement_id, _S.pays_vnd, Seller.name_vi, Payee.bank_bin, Payee.bank_name,
            Payee.holder, Payee.data_key, Payee.account_number, Payee.last4,
        )
        .join(Seller, Seller.id == _S.seller_id)
        .join(Payee, Payee.id == _S.payee_id)
        .where(_S.id.in_(list(statement_ids)))
        .order_by(_S.pays_vnd.desc(), _S.id)
    ).all()  # fmt: skip
