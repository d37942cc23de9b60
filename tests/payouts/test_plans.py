"""What pages of settlements read does not grow with history: the engines' own plans say so."""

import pytest
from sqlalchemy import event, text

from shop.db import db
from shop.payouts.queries import owed, statements
from tests.engines import both_engines
from tests.payouts.conftest import approve, draft
from tests.payouts.conftest import statements as of

#: Tables that grow with every order.
GROW = ("ledger_entries", "ledger_transactions", "payout_lines", "orders", "payments")


@pytest.fixture
def plans(app, engine_name):
    """``plans(read)``: the plan of each statement that a read sends."""

    def explain(read) -> str:
        sent: list[tuple[str, object]] = []

        def note(_c, _cur, statement, parameters, *_):
            sent.append((statement, parameters))

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            read(db.session())
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        word = "EXPLAIN QUERY PLAN " if engine_name == "sqlite" else "EXPLAIN "
        if (
            engine_name == "postgresql"
        ):  # Its tables here are so small that it would read them whole.
            db.session.execute(text("SET LOCAL enable_seqscan = off"))
        lines: list[str] = []
        for statement, parameters in [s for s in sent if s[0].lstrip().startswith("SELECT")]:
            rows = db.session.connection().exec_driver_sql(word + statement, parameters)
            lines += [" ".join(map(str, row)) for row in rows]
        db.session.rollback()
        return "\n".join(lines)

    return explain


@both_engines
def test_no_page_scans_the_books(a_maker, sold, union, officers, plans):
    maker = a_maker()
    for _ in range(3):
        sold(maker)
    made = draft(union)
    approve(made, officers["head"])
    [one] = of(made)

    def page_of_lines(session):
        row = statements.statement_row(session, one.id, seller_id=maker)
        found = statements.lines_page(session, row, 1)
        assert len(found.rows) == 6
        statements.orders_of(session, maker, {line.subject for line in found.rows})
        statements.payouts_of(session, one.id)

    def last_of_many(session):
        row = statements.statement_row(session, one.id, seller_id=maker)
        assert len(statements.lines_page(session, row, 2, size=4).rows) == 2

    def all_pages(session) -> list[int]:
        row = statements.statement_row(session, one.id, seller_id=maker)
        return [
            line.entry_id
            for page in (1, 2, 3)
            for line in statements.lines_page(session, row, page, size=2).rows
        ]

    # Read from either end, every line stands on one page, the oldest first.
    assert all_pages(db.session()) == [
        line.entry_id for line in statements.all_lines(db.session(), one.id)
    ]
    assert "USE TEMP B-TREE" not in (plan := plans(last_of_many)), plan
    for read in (
        page_of_lines,
        last_of_many,
        lambda session: owed.owed_by(session, [union]),
        lambda session: owed.owed_to_seller(session, maker),
        lambda session: owed.bank_money(session, union, 1),
        lambda session: statements.progress(session, made, of_now()),
    ):
        plan = plans(read)
        assert plan
        for table in GROW:
            assert f"SCAN {table}" not in plan, plan
            assert f"Seq Scan on {table}" not in plan, plan


def of_now():
    from tests.payouts.conftest import NEXT_DAY

    return NEXT_DAY


@both_engines
def test_a_plan_without_its_index_is_noticed(app, engine_name, plans):
    """The twin: the words looked for are those that the engine uses."""
    whole = text("SELECT sum(amount_vnd) FROM ledger_entries")
    plan = plans(lambda session: session.execute(whole))
    assert ("SCAN ledger_entries" in plan) or ("Seq Scan on ledger_entries" in plan), plan
