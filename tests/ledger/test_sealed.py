"""What direct SQL cannot do to the books, on both engines."""

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from shop.db import db, transaction
from shop.ledger import actions
from tests.engines import both_engines, run_as_owner
from tests.ledger.conftest import BANK, NOON, PREPAID, SALES, legs

pytestmark = pytest.mark.usefixtures("books")

ENTRY = (
    "INSERT INTO ledger_entries (id, transaction_id, account_id, amount_vnd, balance_vnd)"
    " VALUES ({id}, {of}, {account}, {vnd}, 0)"
)
SEAL = (
    "INSERT INTO ledger_transactions"
    " (id, key, kind, subject, occurred_at, recorded_at, note, legs)"
    " VALUES ({id}, '{key}', 'received', '', '2026-11-23 05:00:00', '2026-11-23 05:00:00', '', {legs})"
)
#: What these statements leave behind, since they keep no balances.
BALANCES_LEFT_OUT = [
    "balances are the sums of their entries",
    "every line of a statement carries the balance after it",
]
LEG = [ENTRY.format(id=91, of=90, account=1, vnd=5), ENTRY.format(id=92, of=90, account=2, vnd=-5)]
MORE = [ENTRY.format(id=93, of=1, account=3, vnd=5), ENTRY.format(id=94, of=1, account=4, vnd=-5)]


@pytest.fixture
def posted(app) -> None:
    """Transaction 1 between accounts 1 (bank) and 2 (prepaid); accounts 3 and 4 stand open."""
    for n, pair in enumerate(((BANK, PREPAID), (BANK._replace(owner="payee:8"), SALES))):
        with transaction() as session:
            actions.post(session, key=f"n:{n}", kind="received", legs=legs(*pair, 5), now=NOON)


def run(*statements: str) -> None:
    """Send statements in one unit of work, the constraints of its end included."""
    with transaction() as session:
        for statement in statements:
            session.execute(text(statement))


REFUSED = {
    "an amount is changed": ["UPDATE ledger_entries SET amount_vnd = 6 WHERE id = 1"],
    "a balance of a statement is changed": ["UPDATE ledger_entries SET balance_vnd = 6 WHERE id = 1"],
    "an entry moves to another account": ["UPDATE ledger_entries SET account_id = 3 WHERE id = 1"],
    "an entry goes": ["DELETE FROM ledger_entries WHERE id = 1"],
    "all entries go": ["DELETE FROM ledger_entries"],
    "a transaction is changed": ["UPDATE ledger_transactions SET note = 'x' WHERE id = 1"],
    "a transaction goes": ["DELETE FROM ledger_transactions WHERE id = 1"],
    "a whole transaction goes": [
        "DELETE FROM ledger_entries WHERE transaction_id = 1",
        "DELETE FROM ledger_transactions WHERE id = 1",
    ],
    "an account goes": ["DELETE FROM ledger_accounts WHERE id = 1"],
    "an account gets another owner": ["UPDATE ledger_accounts SET owner = 'payee:9' WHERE id = 1"],
    "an entry is added": MORE[:1],
    "a balanced pair is added": MORE,
    "one leg alone is sealed": [LEG[0], SEAL.format(id=90, key="x", legs=2)],
    "legs that do not balance are sealed": [
        LEG[0],
        ENTRY.format(id=92, of=90, account=2, vnd=-4),
        SEAL.format(id=90, key="x", legs=2),
    ],
    "more legs than are said are sealed": [*LEG, SEAL.format(id=90, key="x", legs=3)],
    "nothing is sealed": [SEAL.format(id=90, key="x", legs=2)],
    "entries are left unsealed": LEG,
    "a key is used again": [*LEG, SEAL.format(id=90, key="n:0", legs=2)],
    "an entry of nought": [ENTRY.format(id=91, of=90, account=1, vnd=0)],
}  # fmt: skip


@both_engines
@pytest.mark.parametrize("send", [run, run_as_owner], ids=["shop", "owner"])
def test_direct_sql_is_refused_and_changes_nothing(posted, send):
    for name, statements in REFUSED.items():
        try:
            send(*statements)
        except DBAPIError:
            db.session.rollback()
        else:
            pytest.fail(f"It was let in that {name}.")
        stored = db.session.execute(
            text("SELECT transaction_id, account_id, amount_vnd FROM ledger_entries ORDER BY 1, 2")
        ).all()
        assert [tuple(row) for row in stored] == [(1, 1, 5), (1, 2, -5), (2, 3, 5), (2, 4, -5)]


@both_engines
def test_what_balances_is_let_in(posted, books):
    run(*LEG, SEAL.format(id=90, key="x", legs=2),
        "UPDATE ledger_accounts SET balance_vnd = balance_vnd + 5 WHERE id = 1",
        "UPDATE ledger_accounts SET balance_vnd = balance_vnd - 5 WHERE id = 2")  # fmt: skip
    # Those entries carry a balance of nought: the night's proof sees it.
    books.broken = ["every line of a statement carries the balance after it"]


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_no_table_is_emptied_at_once(posted):
    for table in ("ledger_entries", "ledger_transactions", "ledger_accounts"):
        with pytest.raises(DBAPIError, match="never changed"):
            run_as_owner(f"TRUNCATE {table} CASCADE")
        with pytest.raises(DBAPIError, match="permission denied"):
            run(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize("verb", ["INSERT OR REPLACE", "REPLACE"])
@pytest.mark.parametrize(
    "statement",
    [ENTRY.format(id=1, of=90, account=1, vnd=9), SEAL.format(id=1, key="z", legs=2),
     SEAL.format(id=90, key="n:0", legs=2)],
)  # fmt: skip
def test_sqlite_replaces_nothing_that_stands(posted, verb, statement):
    with pytest.raises(DBAPIError, match=r"never changed|no more entries"):
        run(*LEG, statement.replace("INSERT", verb, 1))


def test_a_sqlite_that_checks_no_foreign_keys_still_keeps_what_is_sealed(posted, database_url):
    """As by the plain command of SQLite; entries without a seal are what the night's proof finds."""
    engine = create_engine(database_url)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("PRAGMA recursive_triggers = OFF")
        for statements in REFUSED.values():
            if statements is not LEG:
                with pytest.raises(DBAPIError):
                    for statement in statements:
                        connection.exec_driver_sql(statement)
                connection.rollback()
    engine.dispose()


def _add_while_the_seal_is_set() -> None:
    """One session writes and seals; another adds a balanced pair before it can see the seal."""
    one, other = db.engine.connect(), db.engine.connect()
    try:
        for statement in (*LEG, SEAL.format(id=90, key="x", legs=2)):
            one.execute(text(statement))
        for account, vnd in ((3, 5), (4, -5)):
            other.execute(text(ENTRY.format(id=95 + account, of=90, account=account, vnd=vnd)))
        one.commit()
        other.commit()
    finally:
        one.close()
        other.close()


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_another_session_cannot_add_while_the_seal_is_set(posted, books):
    with pytest.raises(DBAPIError, match="sum to nought"):
        _add_while_the_seal_is_set()
    books.broken = BALANCES_LEFT_OUT


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_without_the_proof_at_commit_it_could(posted, books):
    """The twin."""
    run_as_owner("DROP TRIGGER ledger_entries_balanced ON ledger_entries")
    _add_while_the_seal_is_set()
    books.broken = [
        "I6 every transaction has two legs or more and sums to nought",
        *BALANCES_LEFT_OUT,
    ]
