"""Statement files: kept sealed as a preview, then stored line by line, each line once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from shop.accounts.queries import vault
from shop.audit.actions import note
from shop.banking.actions.keeping import keep_notice, lock_account
from shop.banking.models import BankStatement
from shop.banking.queries.notices import report_for, reports_near
from shop.banking.queries.owners import account_named, accounts_like
from shop.banking.queries.reversals import as_reversal
from shop.banking.rules.movements import Movement
from shop.banking.rules.statements import Statement, StatementEmpty, StatementOfOther
from shop.banking.rules.twins import Report, twin_of
from shop.sellers.models import Payee

#: Previews that nobody stored.
KEPT_FOR = timedelta(days=1)


def preview(
    session: Session,
    *,
    statement: Statement,
    account: Payee,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
) -> int:
    """Keep what a file says, sealed, so that it can be looked at before anything comes of it.

    Args:
        account: as chosen; the number that stands in the file goes before it.

    Raises:
        StatementOfOther: the file names an account that this owner does not have.
        StatementEmpty: no money came in it.
    """
    named = account_named(session, account, statement.named)
    if named is not None:
        account = session.get_one(Payee, named.id)
    elif statement.named.first:
        raise StatementOfOther(last4=statement.named.first[-4:])
    lines, went = _with_reversals(session, statement, account)
    if not lines:
        raise StatementEmpty
    times = [line.booked_at for line in lines]
    last = max(times)
    key = vault().new_key()
    row = BankStatement(
        payee_id=account.id, seller_id=account.seller_id, organisation_id=account.organisation_id,
        currency=statement.currency, line_count=len(lines),
        went_count=went, unread_count=len(statement.unread), first_at=min(times),
        last_at=last, data_key=key,
        lines=vault().seal(
            key,
            {
                "lines": [_packed(line) for line in lines],
                "unread": statement.unread[:50], "beside": statement.beside,
            },
        ),
        uploaded_at=now, uploaded_by_id=actor_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    note(
        session, action="bank_statement.read", subject_kind="bank_statement", subject_id=row.id,
        now=now, actor_id=actor_id, actor_name=actor_name, lines=row.line_count,
    )  # fmt: skip
    return row.id


def _with_reversals(
    session: Session, statement: Statement, account: Payee
) -> tuple[list[Movement], int]:
    """Return the lines with those that the bank took back again, and how many only went."""
    told = [as_reversal(session, account, one, statement.lines) for one in statement.maybe]
    reversed_ = [one for one in told if one.is_reversal]
    return [*statement.lines, *reversed_], statement.went + len(told) - len(reversed_)


def lines_of(statement: BankStatement) -> tuple[list[Movement], list[int | str], list[str]]:
    """Open a preview: its lines, the numbers of rows and the names of sheets that were not read."""
    found = vault().open(statement.data_key, statement.lines)
    lines = [_unpacked(line) for line in found["lines"]]
    return lines, found["unread"], found.get("beside", [])


def copies_of(
    session: Session, statement: BankStatement, lines: Sequence[Movement]
) -> list[Report | None]:
    """Return for each line the earlier report of the same money, or None when it is new."""
    payees = accounts_like(session, session.get(Payee, statement.payee_id))
    batch = f"statement:{statement.id}"
    amounts = sorted({line.amount_vnd for line in lines if line.amount_vnd is not None})
    foreign = sorted({line.currency for line in lines if line.amount_vnd is None})
    near = reports_near(
        session, payees, amounts, statement.first_at, statement.last_at, batch=batch,
        currencies=foreign,
    )  # fmt: skip
    by_amount: dict[int | str, list[Report]] = {}
    for report in near:
        by_amount.setdefault(report.amount, []).append(report)
    found: list[Report | None] = []
    for line in lines:
        one = report_for(line, batch)
        there = by_amount.get(one.amount, [])
        twin = twin_of(one, there)
        if twin is not None:
            there.remove(twin)  # Each report is told again by one line alone.
        found.append(twin)
    return found


def store(
    session: Session, *, statement_id: int, actor_id: int | None, actor_name: str, now: datetime
) -> int | None:
    """Store the lines of a preview as notices; return how many are new, None when stored before."""
    payee_id = session.scalar(
        select(BankStatement.payee_id).where(BankStatement.id == statement_id)
    )
    lock_account(session, payee_id)
    statement = session.get_one(BankStatement, statement_id, populate_existing=True)
    if statement.stored_at is not None:
        return None
    lines, *_ = lines_of(statement)
    last4 = session.get_one(Payee, statement.payee_id).last4
    new = 0
    for number, (line, copy) in enumerate(
        zip(lines, copies_of(session, statement, lines), strict=True)
    ):
        keep_notice(
            session, replace(line, outside_id=str(number)), owner=statement,
            payee_id=statement.payee_id, source="statement",
            key=f"statement:{statement.id}:{number}", last4=last4, now=now,
            statement_id=statement.id, same_as_id=copy.id if copy else None,
        )  # fmt: skip
        new += copy is None
    statement.stored_at, statement.new_count = now, new
    statement.lines = vault().seal(statement.data_key, {"lines": [], "unread": []})
    note(
        session, action="bank_statement.stored", subject_kind="bank_statement",
        subject_id=statement.id, now=now, actor_id=actor_id, actor_name=actor_name,
        lines=len(lines), new=new,
    )  # fmt: skip
    return new


def forget_previews(session: Session, now: datetime) -> int:
    """Throw away previews that nobody stored within a day."""
    gone = session.execute(
        delete(BankStatement).where(
            BankStatement.stored_at.is_(None), BankStatement.uploaded_at < now - KEPT_FOR
        )
    )
    return gone.rowcount  # type: ignore[attr-defined]


def _packed(line: Movement) -> list[Any]:
    return [
        line.amount_vnd, line.currency, line.written, line.booked_at.isoformat(), line.by_day,
        line.text, line.reference, line.is_reversal,
    ]  # fmt: skip


def _unpacked(packed: list[Any]) -> Movement:
    amount, currency, written, booked_at, by_day, text, reference, *reversal = packed
    return Movement(
        "", (), amount, currency, written, datetime.fromisoformat(booked_at), by_day, text,
        reference, is_reversal=any(reversal),
    )  # fmt: skip
