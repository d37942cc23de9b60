"""Reads of single movements: those that wait for a person, and what may be the same money."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.banking.models import (
    BankFeed,
    BankFundMatch,
    BankNotice,
    BankPassMatch,
    BankStatement,
)
from shop.banking.queries.owners import Sight
from shop.banking.rules.feeds import BY_KEY_ALONE
from shop.banking.rules.movements import Movement
from shop.banking.rules.twins import BOOKED_LATER, Report, money_of
from shop.current import current_settings, vault
from shop.fundraising.models import Campaign, FundEntry
from shop.kernel.clock import vietnam_date
from shop.kernel.errors import NotYours
from shop.ordering.models import Order
from shop.payments.gateways.models import GiftPass
from shop.payments.models import Payment
from shop.payments.rules.memo import read_memo
from shop.sellers.models import Payee

PAGE = 10
#: States of which a person is still asked something.
OPEN = ("new", "task")
#: Answers of the last days, shown with their way back.
ANSWERED = ("matched", "ignored", "given_back", "same")
#: A notice that waits longer is told to the desk.
WAITS_LONG = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Told:
    """What a notice says, opened: its text, and the amount as written in another currency."""

    text: str
    written: str


def told(row: Any) -> Told:
    """Open what a notice says (a ``BankNotice`` or a row with its columns)."""
    found = vault().open(row.data_key, row.sealed)
    return Told(found["text"], found["written"])


def memos_in(text: str) -> tuple[str, ...]:
    """Return the valid memos of this shop in a bank's text."""
    return tuple(read_memo(text, current_settings().memo_prefix))


def notice_in(session: Session, sight: Sight, notice_id: int) -> Any:
    """Return one notice of a sight.

    Raises:
        NotYours: also for accounts that the shop does not know: those are private.
    """
    found = session.execute(
        select(*_COLUMNS)
        .join(Payee, Payee.id == BankNotice.payee_id)
        .where(BankNotice.id == notice_id, sight.of(BankNotice))
    ).one_or_none()
    if found is None:
        raise NotYours
    return found


_COLUMNS = (
    BankNotice.id, BankNotice.source, BankNotice.state, BankNotice.reason, BankNotice.amount_vnd,
    BankNotice.currency, BankNotice.booked_at, BankNotice.by_day, BankNotice.received_at,
    BankNotice.data_key, BankNotice.sealed, BankNotice.payment_id, BankNotice.payee_id,
    BankNotice.seller_id, BankNotice.organisation_id, BankNotice.decided_at,
    BankNotice.decided_by_id, BankNotice.same_as_id, BankNotice.reference, Payee.bank_name, Payee.last4,
)  # fmt: skip


def tasks_in(session: Session, sight: Sight, *, page: int = 1) -> Sequence[Any]:
    """Return notices that wait for a person, the oldest first."""
    return session.execute(
        select(*_COLUMNS)
        .join(Payee, Payee.id == BankNotice.payee_id)
        .where(sight.of(BankNotice), BankNotice.state.in_(OPEN))
        .order_by(BankNotice.booked_at, BankNotice.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()


def task_count(session: Session, sight: Sight, before: datetime | None = None) -> int:
    """Return how many notices wait for a person.

    Args:
        before: count only those that came before this moment.
    """
    wanted = select(func.count()).where(sight.of(BankNotice), BankNotice.state.in_(OPEN))
    if before is not None:
        wanted = wanted.where(BankNotice.received_at < before)
    return session.scalar(wanted) or 0


def answered_in(session: Session, sight: Sight, limit: int = 15) -> Sequence[Any]:
    """Return what was settled last, with the order it was settled to and who did it."""
    return session.execute(
        select(
            *_COLUMNS, Order.code.label("order_code"), Account.name.label("decided_by"),
            Payment.id.label("paid_id"), Campaign.title_vi, Campaign.title_en,
            BankPassMatch.pass_id,
        )
        .join(Payee, Payee.id == BankNotice.payee_id)
        .outerjoin(Payment, Payment.id == BankNotice.payment_id)
        .outerjoin(Order, Order.id == Payment.order_id)
        .outerjoin(Account, Account.id == BankNotice.decided_by_id)
        .outerjoin(
            BankFundMatch,
            (BankFundMatch.notice_id == BankNotice.id) & BankFundMatch.undone_at.is_(None),
        )
        .outerjoin(FundEntry, FundEntry.id == BankFundMatch.fund_entry_id)
        .outerjoin(
            BankPassMatch,
            (BankPassMatch.notice_id == BankNotice.id) & BankPassMatch.undone_at.is_(None),
        )
        .outerjoin(GiftPass, GiftPass.id == BankPassMatch.pass_id)
        .outerjoin(
            Campaign, Campaign.id == func.coalesce(FundEntry.campaign_id, GiftPass.campaign_id)
        )
        .where(sight.of(BankNotice), BankNotice.state.in_(ANSWERED))
        .order_by(BankNotice.decided_at.desc(), BankNotice.id.desc())
        .limit(limit)
    ).all()  # fmt: skip


def waiting_long(session: Session, now: datetime) -> Sequence[int]:
    """Return the ids of notices that nobody answered for a day and nobody was told about."""
    return list(
        session.scalars(
            select(BankNotice.id)
            .where(
                BankNotice.state.in_(OPEN),
                BankNotice.received_at < now - WAITS_LONG,
                BankNotice.reminded_at.is_(None),
            )
            .order_by(BankNotice.id)
            .limit(500)
        )
    )


def is_by_key(session: Session, notice_id: int) -> bool:
    """Tell whether only services that show a word and sign nothing told of money (QUALITY T43)."""
    by_key = (
        select(BankFeed.id)
        .where(BankFeed.id == BankNotice.feed_id, BankFeed.kind.in_(BY_KEY_ALONE))
        .exists()
    )
    told = select(BankNotice.id).where(
        (BankNotice.id == notice_id) | (BankNotice.same_as_id == notice_id), ~by_key
    )
    return not session.scalar(select(told.exists()))


def waiting_by_key(session: Session, notice_ids: Iterable[int]) -> Sequence[int]:
    """Return those of some notices that wait because only a service's word tells of them."""
    return session.scalars(
        select(BankNotice.id)
        .where(BankNotice.id.in_(notice_ids), BankNotice.state == "task", BankNotice.reason == "by_key")
        .order_by(BankNotice.id)
    ).all()  # fmt: skip


def open_for(session: Session, payment_id: int) -> Sequence[int]:
    """Return the ids of waiting notices of which this payment is the guess."""
    return list(
        session.scalars(
            select(BankNotice.id)
            .where(BankNotice.payment_id == payment_id, BankNotice.state == "task")
            .order_by(BankNotice.id)
        )
    )


def batch_of(row: Any) -> str:
    """Return the report that a notice belongs to: within it, equal lines are different money.

    An owner's connections to one service are one: the service's own number tells its repeats apart.
    """
    return f"statement:{row.statement_id}" if row.statement_id else f"service:{row.source}"


def report_of(row: Any) -> Report:
    """Return a notice as reports are compared."""
    said = told(row)
    return Report(
        row.id, batch_of(row), money_of(row.amount_vnd, row.currency, said.written),
        vietnam_date(row.booked_at), said.text, row.reference, memos_in(said.text),
    )  # fmt: skip


def report_for(movement: Movement, batch: str) -> Report:
    """Return a movement that is not stored yet as reports are compared."""
    return Report(
        0, batch, money_of(movement.amount_vnd, movement.currency, movement.written),
        vietnam_date(movement.booked_at), movement.text, movement.reference,
        memos_in(movement.text),
    )  # fmt: skip


def reports_near(
    session: Session,
    payee_ids: Sequence[int],
    amounts: Sequence[int],
    first: datetime,
    last: datetime,
    *,
    batch: str = "",
    but: int = 0,
    currencies: Sequence[str] = (),
) -> list[Report]:
    """Return earlier reports of money into an account that may be told again, the oldest first.

    Args:
        batch: reports that have a copy in this batch already are left out.
        but: a notice that is not compared with itself.
        currencies: other currencies, of which every amount is wanted: those are sealed.
    """
    copies = (
        select(BankNotice.same_as_id, BankNotice.source, BankNotice.statement_id)
        .where(BankNotice.same_as_id.is_not(None), BankNotice.payee_id.in_(payee_ids))
        .where(BankNotice.booked_at.between(first - 2 * BOOKED_LATER, last + 2 * BOOKED_LATER))
    )
    taken = {row.same_as_id for row in session.execute(copies) if batch_of(row) == batch}
    rows = session.execute(
        select(
            BankNotice.id, BankNotice.source, BankNotice.statement_id, BankNotice.amount_vnd,
            BankNotice.booked_at, BankNotice.reference, BankNotice.data_key, BankNotice.sealed,
            BankNotice.currency,
        )
        .where(
            BankNotice.payee_id.in_(payee_ids),
            BankNotice.amount_vnd.in_(amounts)
            | (BankNotice.amount_vnd.is_(None) & BankNotice.currency.in_(currencies)),
            BankNotice.booked_at.between(first - BOOKED_LATER, last + BOOKED_LATER),
            BankNotice.same_as_id.is_(None),
            BankNotice.id != but,
        )
        .order_by(BankNotice.id)
    )  # fmt: skip
    return [report_of(row) for row in rows if row.id not in taken]


def statements_in(session: Session, sight: Sight, limit: int = 10) -> Sequence[Any]:
    """Return the files of a sight that were stored or wait to be, newest first."""
    return session.execute(
        select(
            BankStatement.id, BankStatement.first_at, BankStatement.last_at,
            BankStatement.line_count, BankStatement.new_count, BankStatement.stored_at,
            BankStatement.uploaded_at, Payee.bank_name, Payee.last4,
        )
        .join(Payee, Payee.id == BankStatement.payee_id)
        .where(sight.of(BankStatement))
        .order_by(BankStatement.id.desc())
        .limit(limit)
    ).all()  # fmt: skip


def statement_in(session: Session, sight: Sight, statement_id: int) -> BankStatement:
    """Return one file of a sight.

    Raises:
        NotYours
    """
    found = session.scalar(
        select(BankStatement).where(BankStatement.id == statement_id, sight.of(BankStatement))
    )
    if found is None:
        raise NotYours
    return found


def not_in_statement(session: Session, statement: BankStatement) -> Sequence[Any]:
    """Return what services told for the days of a stored statement and the bank does not.

    A forged or mistaken message shows here: the statement is the truth (QUALITY T43).
    """
    told_too = BankNotice.__table__.alias("told_too")
    in_file = (
        select(told_too.c.id)
        .where(
            told_too.c.statement_id == statement.id,
            or_(told_too.c.same_as_id == BankNotice.id, told_too.c.id == BankNotice.same_as_id),
        )
        .exists()
    )
    return session.execute(
        select(*_COLUMNS)
        .join(Payee, Payee.id == BankNotice.payee_id)
        .where(
            BankNotice.payee_id == statement.payee_id,
            BankNotice.feed_id.is_not(None),
            BankNotice.amount_vnd > 0,
            BankNotice.booked_at.between(statement.first_at, statement.last_at),
            ~in_file,
        )
        .order_by(BankNotice.booked_at)
        .limit(50)
    ).all()
