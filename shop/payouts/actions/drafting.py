"""Drafting a settlement: every entry of the books that is in no statement yet goes into one.

A market's settlement takes only what was sold there; drafts of a period and of markets may wait
beside each other, since an entry is in one statement at most.

All in SQL, since a month may have a hundred thousand orders. The accounts between the
organisation and its sellers are held meanwhile, so that nobody writes an entry that the
draft has passed by already.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from shop.audit.actions import note
from shop.fundraising.actions.fund import lock_campaigns
from shop.fundraising.actions.offers import keep_shares_of_settlement
from shop.fundraising.models import Campaign
from shop.kernel.clock import vietnam_date
from shop.ledger.models import LedgerAccount, LedgerEntry, LedgerTransaction
from shop.organisations.queries import organisation
from shop.payouts.actions.deciding import held_statement, hold, set_state
from shop.payouts.models import PayoutLine, PayoutMark, PayoutStatement, Settlement
from shop.payouts.queries.markets import subjects_of_market
from shop.payouts.queries.owed import is_between, least_of, seller_of_account
from shop.payouts.rules import (
    DEBTS,
    DELIVERY,
    GOODS,
    DraftWaits,
    NothingToSettle,
    SettledSince,
    SettlementState,
    StatementState,
    WrongPeriod,
    check_statement_move,
    cut_off,
)

_S, _L = PayoutStatement, PayoutLine
_Sums = dict[str, Any]


def draft_settlement(
    session: Session,
    *,
    organisation_id: int,
    to_on: date,
    from_on: date | None = None,
    least_vnd: int | None = None,
    market_id: int | None = None,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
) -> Settlement:
    """Gather what an organisation owes its sellers up to the end of a day, as a draft.

    Args:
        from_on: where the period begins; the day after the last one, when left out. Older
            entries that are in no statement belong to it too.
        least_vnd: what is less is carried over; the organisation's own rule, when left out.
        market_id: of this market session alone: what was sold there, and nothing else. It carries
            nothing over: what it does not pay stays open for the next period.

    Raises:
        WrongPeriod, DraftWaits, NothingToSettle
    """
    organisation(session, organisation_id, to_change=True)
    source = ("market", market_id) if market_id else ("period", 0)
    last = _last_of(session, organisation_id, source)
    if market_id:
        from_on = to_on
    from_on = _first_day(session, organisation_id, last, from_on, to_on, now)
    settlement = Settlement(
        organisation_id=organisation_id, from_on=from_on, to_on=to_on,
        source_kind=source[0], source_id=source[1],
        least_vnd=least_of(session, organisation_id) if least_vnd is None else least_vnd,
        state=SettlementState.DRAFTED, drafted_at=now, drafted_by_id=actor_id,
    )  # fmt: skip
    session.add(settlement)
    session.flush()
    campaigns = [] if market_id else lock_campaigns(session, organisation_id)
    _hold_accounts(session, organisation_id, campaigns)
    until = cut_off(to_on, now)
    if campaigns:
        # What sellers owe the organisation's campaigns lies on its account already: it is taken out.
        keep_shares_of_settlement(
            session, organisation_id=organisation_id,
            most_vnd=_free_of(session, organisation_id, until), until=until, now=now,
        )  # fmt: skip
    _open_statements(session, settlement)
    _take_lines(session, settlement, until)
    _sum_up(session, settlement)
    if market_id:
        _leave_to_period(session, settlement)
    _leave_out_empty(session, settlement)
    if not market_id:
        _leave_marks(session, settlement)
    _sum_of_all(session, settlement)
    if not settlement.seller_count:
        raise NothingToSettle
    note(
        session, action="settlement.drafted", subject_kind="settlement", subject_id=settlement.id,
        now=now, actor_id=actor_id, actor_name=actor_name, organisation_id=organisation_id,
        to_on=to_on.isoformat(), sellers=settlement.seller_count, pays_vnd=settlement.pays_vnd,
    )  # fmt: skip
    return settlement


def drop_settlement(
    session: Session,
    *,
    settlement_id: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> Settlement:
    """Throw a draft away; its entries are free for the next one.

    Raises:
        SettlementMoved: it is no draft any more.
    """
    settlement = hold(session, settlement_id)
    organisation(session, settlement.organisation_id, to_change=True)
    set_state(settlement, SettlementState.DROPPED)
    settlement.dropped_at = now
    session.flush()
    of_it = select(_S.id).where(_S.settlement_id == settlement_id).scalar_subquery()
    _look_again(session, _S.settlement_id == settlement_id)
    session.execute(delete(_L).where(_L.statement_id.in_(of_it)))
    session.execute(delete(PayoutMark).where(PayoutMark.settlement_id == settlement_id))
    session.execute(delete(_S).where(_S.settlement_id == settlement_id))
    note(
        session, action="settlement.dropped", subject_kind="settlement", subject_id=settlement_id,
        now=now, actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id,
        organisation_id=settlement.organisation_id,
    )  # fmt: skip
    return settlement


def put_off(
    session: Session,
    *,
    statement_id: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
) -> PayoutStatement:
    """Do not pay an approved statement; its entries are free for the next draft.

    The statement stays, empty: what it had from the one before goes on to the next one.

    Raises:
        StatementMoved: it is not waiting for a transfer.
        SettledSince: it had something from the one before, and a later one stands on it already.
    """
    statement = held_statement(session, statement_id)
    organisation(session, statement.organisation_id, to_change=True)
    check_statement_move(statement.state, StatementState.CARRIED)
    before = session.get(_S, statement.previous_id) if statement.previous_id else None
    carried = before if before is not None and before.pays_vnd == 0 else None
    kept = {name: getattr(carried, name, 0) for name in _OF_ACCOUNTS}
    later = select(_S.id).where(_S.previous_id == statement_id)
    if any(kept.values()) and session.scalar(later) is not None:
        raise SettledSince
    due_vnd = statement.due_vnd
    _look_again(session, _S.id == statement_id)
    session.execute(delete(_L).where(_L.statement_id == statement_id))
    for name, vnd in (dict.fromkeys(_NAMES, 0) | kept).items():
        setattr(statement, name, vnd)
    statement.due_vnd = statement.carried_vnd = statement.opening_vnd
    statement.line_count, statement.state = 0, StatementState.CARRIED.value
    session.flush()
    _sum_of_all(session, session.get_one(Settlement, statement.settlement_id))
    note(
        session, action="payout.put_off", subject_kind="payout_statement", subject_id=statement_id,
        now=now, actor_id=actor_id, actor_name=actor_name, due_vnd=due_vnd,
        seller_id=statement.seller_id,
    )  # fmt: skip
    return statement


def _look_again(session: Session, which: Any) -> None:
    """Put marks back to before the entries that are let go: a later draft passed them by.

    Args:
        which: condition of their statements.
    """
    freed = session.execute(
        select(LedgerEntry.account_id, func.min(LedgerEntry.id).label("entry_id"))
        .join(_L, _L.entry_id == LedgerEntry.id)
        .join(_S, _S.id == _L.statement_id)
        .where(which)
        .group_by(LedgerEntry.account_id)
    ).all()
    marks = PayoutMark.__table__
    if freed:
        session.connection().execute(
            update(marks)  # type: ignore[arg-type]
            .where(
                marks.c.account_id == bindparam("account"),
                marks.c.open_from_id > bindparam("first"),
            )
            .values(open_from_id=bindparam("first")),
            [{"account": row.account_id, "first": row.entry_id} for row in freed],
        )


def _last_of(session: Session, organisation_id: int, source: tuple[str, int]) -> Settlement | None:
    """Return the newest settlement of periods, or of this market, that stands.

    Raises:
        DraftWaits: it is a draft.
    """
    last = session.scalars(
        select(Settlement)
        .where(
            Settlement.organisation_id == organisation_id,
            Settlement.source_kind == source[0],
            Settlement.source_id == source[1],
            Settlement.state != SettlementState.DROPPED,
        )
        .order_by(Settlement.id.desc())
        .limit(1)
    ).one_or_none()
    if last is not None and last.state == SettlementState.DRAFTED:
        raise DraftWaits(settlement_id=last.id)
    return last


def _first_day(
    session: Session,
    organisation_id: int,
    last: Settlement | None,
    from_on: date | None,
    to_on: date,
    now: datetime,
) -> date:
    last_on = last.to_on if last is not None else None
    if to_on > vietnam_date(now) or (last_on is not None and to_on < last_on):
        raise WrongPeriod(last_on=last_on)
    if from_on is None and last_on is not None:
        from_on = last_on + timedelta(days=1)
    if from_on is None:
        first = (
            select(func.min(LedgerEntry.id))
            .where(LedgerEntry.account_id == LedgerAccount.id)
            .correlate(LedgerAccount)
            .scalar_subquery()
        )
        oldest = session.scalar(
            select(func.min(LedgerTransaction.occurred_at))
            .select_from(LedgerAccount)
            .join(LedgerEntry, LedgerEntry.id == first)
            .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
            .where(is_between(organisation_id))
        )
        from_on = vietnam_date(oldest) if oldest is not None else to_on
    return min(from_on, to_on)


def _hold_accounts(session: Session, organisation_id: int, campaigns: Sequence[int]) -> None:
    """Hold what stands between an organisation, its sellers and its campaigns, in id order."""
    funds = [f"campaign:{one}" for one in campaigns]
    payees = session.scalars(select(Campaign.payee_id).where(Campaign.id.in_(campaigns)).distinct())
    banks = [f"payee:{one}" for one in payees]
    session.execute(
        select(LedgerAccount.id)
        .where(
            is_between(organisation_id)
            | LedgerAccount.owner.in_(funds + banks)
            | LedgerAccount.detail.in_(funds)
        )
        .order_by(LedgerAccount.id)
        .with_for_update()
    ).all()


def _free_of(session: Session, organisation_id: int, until: datetime) -> dict[int, int]:
    """Return what is each seller's for goods and in no statement that is to be paid.

    It is what her next statement would pay, and no more than what is there once all that was
    booked after it counts too: what came back since is nobody's to give.
    """

    def vnd(*when: Any) -> Any:
        return func.sum(case((and_(*when), -LedgerEntry.amount_vnd), else_=0))

    seller = seller_of_account()
    of_goods, by_then = LedgerAccount.kind == GOODS, LedgerTransaction.occurred_at < until
    rows = session.execute(
        _open_entries(organisation_id)
        .add_columns(
            seller.label("seller_id"), vnd(by_then).label("due"),
            vnd(of_goods, by_then).label("goods"), vnd(of_goods).label("goods_now"),
        )
        .group_by(seller)
    )  # fmt: skip
    open_of = {row.seller_id: (int(row.due), int(row.goods), int(row.goods_now)) for row in rows}
    newest = _newest_statements(organisation_id).subquery()
    carried = {
        row.seller_id: (row.carried_vnd, row.of_goods_vnd)
        for row in session.execute(
            select(_S.seller_id, _S.carried_vnd, _S.of_goods_vnd)
            .join(newest, newest.c.id == _S.id)
            .where(_S.pays_vnd == 0)
        )
    }
    found: dict[int, int] = {}
    for seller_id in open_of.keys() | carried.keys():
        due_vnd, goods_vnd, goods_now_vnd = open_of.get(seller_id, (0, 0, 0))
        carried_vnd, carried_goods_vnd = carried.get(seller_id, (0, 0))
        found[seller_id] = min(
            carried_vnd + due_vnd, carried_goods_vnd + min(goods_vnd, goods_now_vnd)
        )
    return found


def _newest_statements(organisation_id: int) -> Any:
    """Return each seller's newest statement of a period: (seller_id, id)."""
    return (
        select(_S.seller_id, func.max(_S.id).label("id"))
        .join(Settlement, Settlement.id == _S.settlement_id)
        .where(_S.organisation_id == organisation_id, Settlement.source_kind == "period")
        .group_by(_S.seller_id)
    )


def _open_statements(session: Session, settlement: Settlement) -> None:
    """Open a statement for each seller, with what her last one carried over: of periods alone."""
    sellers = (
        select(seller_of_account().label("seller_id"))
        .where(is_between(settlement.organisation_id))
        .distinct()
        .subquery()
    )
    newest = (
        _newest_statements(settlement.organisation_id)
        .where(_S.settlement_id < settlement.id, literal(settlement.source_kind) == "period")
        .subquery()
    )
    before = aliased(_S)

    def carry(column: Any) -> Any:
        return case((before.pays_vnd == 0, column), else_=0)

    nothing = {name: literal(0) for name in _NAMES}
    columns: _Sums = {
        "settlement_id": literal(settlement.id, BigInteger),
        "organisation_id": literal(settlement.organisation_id, BigInteger),
        "seller_id": sellers.c.seller_id,
        "previous_id": before.id,
        "state": literal("drafted"),
        **nothing,
        "opening_vnd": func.coalesce(before.carried_vnd, 0),
        "of_goods_vnd": carry(before.of_goods_vnd),
        "of_delivery_vnd": carry(before.of_delivery_vnd),
        "of_debts_vnd": carry(before.of_debts_vnd),
        # Held together by CHECKs from the first moment on.
        "due_vnd": func.coalesce(before.carried_vnd, 0),
        "carried_vnd": func.coalesce(before.carried_vnd, 0),
        "line_count": literal(0),
    }
    session.execute(
        insert(_S).from_select(
            list(columns),
            select(*columns.values())
            .select_from(sellers)
            .outerjoin(newest, newest.c.seller_id == sellers.c.seller_id)
            .outerjoin(before, before.id == newest.c.id)
            .order_by(sellers.c.seller_id),
            include_defaults=False,
        )
    )


_OF_ACCOUNTS = ("of_goods_vnd", "of_delivery_vnd", "of_debts_vnd")
_NAMES = (
    "goods_vnd", "delivery_vnd", "returns_vnd", "commission_vnd", "tax_vnd", "debts_vnd",
    "pays_vnd",
)  # fmt: skip


def _open_entries(organisation_id: int) -> Any:
    """Return the FROM and WHERE of entries that are in no statement: (entry, account, transaction).

    Looks only at what came after the marks that the settlements before have left.
    """
    entry, account, booked = LedgerEntry, LedgerAccount, LedgerTransaction
    mark = (
        select(func.max(PayoutMark.open_from_id))
        .where(PayoutMark.account_id == account.id)
        .correlate(account)
        .scalar_subquery()
    )
    known = aliased(_L)
    return (
        select()
        .select_from(account)
        .join(entry, entry.account_id == account.id)
        .join(booked, booked.id == entry.transaction_id)
        .outerjoin(known, known.entry_id == entry.id)
        .where(
            is_between(organisation_id),
            entry.id >= func.coalesce(mark, 0),
            known.entry_id.is_(None),
            booked.subject.not_like("payout:%"),
        )
    )


def _take_lines(session: Session, settlement: Settlement, until: datetime) -> None:
    """Put each open entry into its seller's statement, with what was kept from it.

    What is kept of a sale may be posted with the sale or by itself. It is told apart when the
    transaction is about one seller alone.
    """
    unit = settlement.organisation_id
    kept, withheld = aliased(LedgerEntry), aliased(LedgerEntry)
    other, others = aliased(LedgerEntry), aliased(LedgerAccount)
    alone = ~(
        select(other.id)
        .join(others, others.id == other.account_id)
        .where(
            other.transaction_id == LedgerEntry.transaction_id,
            other.id != LedgerEntry.id,
            others.kind.in_([GOODS, DEBTS]),
            others.detail == LedgerAccount.detail,
        )
        .exists()
    )

    accounts = {
        name: session.scalar(
            select(LedgerAccount.id).where(
                LedgerAccount.kind == name, LedgerAccount.owner == f"organisation:{unit}"
            )
        )
        or 0
        for name in ("commission", "tax_withheld")
    }
    found = _open_entries(unit).add_columns(
        LedgerEntry.id.label("entry_id"), _S.id.label("statement_id"),
        LedgerAccount.kind.label("account"), LedgerTransaction.kind.label("happened"),
        (-LedgerEntry.amount_vnd).label("amount"),
        kept.amount_vnd.label("kept"), withheld.amount_vnd.label("withheld"),
        case(
            ((LedgerAccount.kind == DELIVERY) | (kept.id.is_(None) & withheld.id.is_(None)), False),
            else_=alone,
        ).label("is_told_apart"),
    )  # fmt: skip
    for side, name in ((kept, "commission"), (withheld, "tax_withheld")):
        found = found.outerjoin(
            side,
            (side.transaction_id == LedgerEntry.transaction_id)
            & (side.account_id == accounts[name]),
        )
    found = found.join(
        _S, (_S.settlement_id == settlement.id) & (_S.seller_id == seller_of_account())
    ).where(LedgerTransaction.occurred_at < until)
    if settlement.source_kind == "market":
        found = found.where(
            LedgerTransaction.subject.in_(subjects_of_market(settlement.source_id)),
            (LedgerAccount.kind != DEBTS) | ~_has_paid_debts(),
        )
    # Kept as it is found, so that each transaction is looked into once and not at every word of
    # the CASE below.
    one = found.cte("open_entries").prefix_with("MATERIALIZED")

    def of_it(side: Any) -> Any:
        return case((one.c.is_told_apart, -func.coalesce(side, 0)), else_=0)

    commission, tax = of_it(one.c.kept), of_it(one.c.withheld)
    before_that = one.c.amount + commission + tax
    kind = case(
        # What people put right by hand, and what she owed a campaign's fund and was kept for it.
        (one.c.happened.in_(("corrected", "fund_share")), "debts"),
        (one.c.account == DELIVERY, "delivery"),
        ((before_that == 0) & (commission != 0), "commission"),
        (before_that == 0, "tax"),
        (one.c.account == DEBTS, "debts"),
        (before_that > 0, "goods"),
        else_="returns",
    )
    session.execute(
        insert(_L).from_select(
            ["entry_id", "statement_id", "kind", "amount_vnd", "commission_vnd", "tax_vnd"],
            # All is found before the first line is stored. PostgreSQL plans for the table as it is
            # before; lines that grow while it looks whether an entry has one cost it, entry by
            # entry, a walk through all of them: minutes for a month of 100,000 orders.
            select(
                one.c.entry_id, one.c.statement_id, kind, one.c.amount, commission, tax
            ).order_by(one.c.entry_id),
            include_defaults=False,
        )
    )


def _has_paid_debts() -> Any:
    """Tell of an account whether she paid debts herself that no statement counts yet: which of
    them those were only a period's statement settles, or she would pay them twice."""
    entry, booked, line = aliased(LedgerEntry), aliased(LedgerTransaction), aliased(_L)
    return (
        select(entry.id)
        .join(booked, booked.id == entry.transaction_id)
        .outerjoin(line, line.entry_id == entry.id)
        .where(
            entry.account_id == LedgerAccount.id,
            booked.subject.like("debt_paid:%"),
            line.entry_id.is_(None),
        )
        .correlate(LedgerAccount)
        .exists()
    )


def _sum_up(session: Session, settlement: Settlement) -> None:
    """Sum up the lines of each statement, by kind and by account, and say what is paid."""
    whole = _L.amount_vnd + _L.commission_vnd + _L.tax_vnd

    def of(column: Any, value: Any, amount: Any) -> Any:
        return cast(
            func.coalesce(func.sum(case((column == value, amount), else_=0)), 0), BigInteger
        )

    sums = (
        select(
            _L.statement_id,
            *(of(_L.kind, kind, whole).label(kind) for kind in ("goods", "delivery", "returns", "debts")),
            cast(-func.sum(_L.commission_vnd), BigInteger).label("commission"),
            cast(-func.sum(_L.tax_vnd), BigInteger).label("tax"),
            *(of(LedgerAccount.kind, kind, _L.amount_vnd).label(kind) for kind in (GOODS, DELIVERY, DEBTS)),
            cast(func.sum(_L.amount_vnd), BigInteger).label("all"),
            func.count().label("lines"),
        )
        .join(_S, _S.id == _L.statement_id)
        .join(LedgerEntry, LedgerEntry.id == _L.entry_id)
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .where(_S.settlement_id == settlement.id)
        .group_by(_L.statement_id)
        .subquery()
    )  # fmt: skip
    due = _S.opening_vnd + sums.c.all
    pays = _paid(due, settlement.least_vnd)
    session.execute(
        update(_S)
        .where(_S.id == sums.c.statement_id, _S.settlement_id == settlement.id)
        .values(
            goods_vnd=sums.c.goods, delivery_vnd=sums.c.delivery, returns_vnd=sums.c.returns,
            commission_vnd=sums.c.commission, tax_vnd=sums.c.tax, debts_vnd=sums.c.debts,
            of_goods_vnd=_S.of_goods_vnd + sums.c[GOODS],
            of_delivery_vnd=_S.of_delivery_vnd + sums.c[DELIVERY],
            of_debts_vnd=_S.of_debts_vnd + sums.c[DEBTS],
            due_vnd=due, pays_vnd=pays, carried_vnd=due - pays, line_count=sums.c.lines,
        )
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    # Who had no line, but more was carried over than is now the least that is paid.
    pays = _paid(_S.due_vnd, settlement.least_vnd)
    session.execute(
        update(_S)
        .where(_S.settlement_id == settlement.id, _S.line_count == 0)
        .values(pays_vnd=pays, carried_vnd=_S.due_vnd - pays)
        .execution_options(synchronize_session=False)
    )


def _paid(due: Any, least_vnd: int) -> Any:
    """``rules.pays_vnd`` in SQL; a test holds them together."""
    return case((due >= max(1, least_vnd), due), else_=0)


def _leave_to_period(session: Session, settlement: Settlement) -> None:
    """Let go of the lines of whom a market owes nothing, or too little to pay; say when it began."""
    unpaid = select(_S.id).where(_S.settlement_id == settlement.id, _S.pays_vnd == 0)
    for table, of in ((_L, _L.statement_id), (_S, _S.id)):
        session.execute(
            delete(table)
            .where(of.in_(unpaid.scalar_subquery()))
            .execution_options(synchronize_session=False)
        )
    began = session.scalar(
        select(func.min(LedgerTransaction.occurred_at))
        .select_from(_L)
        .join(_S, _S.id == _L.statement_id)
        .join(LedgerEntry, LedgerEntry.id == _L.entry_id)
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(_S.settlement_id == settlement.id)
    )
    if began is not None:
        settlement.from_on = min(settlement.to_on, vietnam_date(began))


def _leave_out_empty(session: Session, settlement: Settlement) -> None:
    session.execute(
        delete(_S)
        .where(_S.settlement_id == settlement.id, _S.line_count == 0, _S.pays_vnd == 0)
        .execution_options(synchronize_session=False)
    )


def _leave_marks(session: Session, settlement: Settlement) -> None:
    """Note for each account from which entry on the next settlement has to look."""
    account, entry = aliased(LedgerAccount), aliased(LedgerEntry)
    still_open = (
        _open_entries(settlement.organisation_id)
        .add_columns(func.min(LedgerEntry.id))
        .where(LedgerAccount.id == account.id)
        .correlate(account)
        .scalar_subquery()
    )
    past_all = (
        select(func.max(entry.id) + 1)
        .where(entry.account_id == account.id)
        .correlate(account)
        .scalar_subquery()
    )
    marks = select(
        literal(settlement.id, BigInteger), account.id, func.coalesce(still_open, past_all)
    ).where(
        is_between(settlement.organisation_id, account),
        past_all.is_not(None),
    )
    session.execute(
        insert(PayoutMark).from_select(
            ["settlement_id", "account_id", "open_from_id"], marks, include_defaults=False
        )
    )


def _sum_of_all(session: Session, settlement: Settlement) -> None:
    row = session.execute(
        select(
            func.count().label("sellers"),
            func.coalesce(func.sum(_S.line_count), 0).label("lines"),
            func.coalesce(func.sum(_S.pays_vnd), 0).label("pays"),
            func.coalesce(func.sum(_S.carried_vnd), 0).label("carried"),
        ).where(_S.settlement_id == settlement.id)
    ).one()
    settlement.seller_count, settlement.line_count = int(row.sellers), int(row.lines)
    settlement.pays_vnd, settlement.carried_vnd = int(row.pays), int(row.carried)
    session.flush()
