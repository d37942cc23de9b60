"""``python -m tests.bench.settlement``: an organisation closes a month of 100,000 orders.

A month before that is settled already, so that the measured one shows whether history costs.
The database is filled in SQL; closing runs in a process of its own, whose peak memory is told.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa
from flask import g

from shop.accounts.models import Account, SignIn
from shop.current import vault
from shop.db import UtcDateTime, db, in_transaction, transaction
from shop.kernel.clock import now_utc
from shop.kernel.sealing import token_digest
from shop.ledger.models import LedgerAccount, LedgerEntry, LedgerTransaction
from shop.operations.proofs import INVARIANTS
from shop.ordering.models import Order, SellerOrder
from shop.organisations.models import Membership, Organisation, OrganisationClosure
from shop.payments.models import Payment
from shop.payouts.actions.deciding import approve_settlement
from shop.payouts.actions.drafting import draft_settlement
from shop.payouts.actions.sending import send_all_payouts
from shop.payouts.models import PayoutStatement
from shop.payouts.queries.proofs import INVARIANTS as PAYOUTS
from shop.payouts.queries.statements import progress
from shop.sellers.models import Payee, Seller, SellerMember
from tests import engines
from tests.bench.scratch import Scratch, a_folder, opened, scratch

HEAD, TREASURER, OWNER = 1, 2, 3
#: Months of orders, oldest first: the first is history.
MONTHS = ((date(2026, 9, 1), date(2026, 9, 30)), (date(2026, 10, 1), date(2026, 10, 31)))
NOW = datetime(2026, 11, 2, 2, tzinfo=UTC)
BARS = {"closed_s": 60.0, "peak_mb": 500.0, "page_ms": 100.0}


def fill(row: Any, **values: Any) -> dict[str, Any]:
    """Return a row in which every column that must not be empty holds something."""
    found: dict[str, Any] = {}
    for column in row.__table__.columns:
        if column.name in values:
            found[column.name] = values[column.name]
        elif column.default is not None and column.default.is_scalar:
            found[column.name] = column.default.arg
        elif not column.nullable and not (column.primary_key and column.name == "id"):
            if isinstance(column.type, sa.JSON | UtcDateTime):
                found[column.name] = [] if isinstance(column.type, sa.JSON) else NOW
                continue
            kind = column.type.python_type
            found[column.name] = {
                int: 0, str: "", bool: False, bytes: b"", datetime: NOW, date: NOW.date(),
            }[kind]  # fmt: skip
    return found


def insert(connection: sa.Connection, table: Any, rows: Iterator[dict[str, Any]]) -> None:
    some: list[dict[str, Any]] = []
    for row in rows:
        some.append(row)
        if len(some) == 5_000:
            connection.execute(sa.insert(table.__table__), some)
            some = []
    if some:
        connection.execute(sa.insert(table.__table__), some)


def seller_of(n: int, sellers: int) -> int:
    """Every twentieth order is of the first seller: hers is the longest statement."""
    return 1 if n % 20 == 0 else n % sellers + 1


def seed(connection: sa.Connection, orders: int, sellers: int) -> None:
    """Fill people, stalls, orders and books of two months."""
    people(connection, sellers)
    total = orders * len(MONTHS)
    span = {i: (first, (last - first).days + 1) for i, (first, last) in enumerate(MONTHS)}

    def at(n: int) -> datetime:
        first, days = span[(n - 1) // orders]
        day = datetime(first.year, first.month, first.day, 3, tzinfo=UTC)
        return day + timedelta(days=(n - 1) % orders * days // orders, seconds=n % 3600)

    numbers = range(1, total + 1)
    insert(connection, Order, (
        fill(Order, id=n, code=f"B{n:07d}", attempt_id=f"{n:032d}", link_nonce=f"{n:032d}",
             link_digest=f"{n:064d}", placed_at=at(n), items_vnd=goods(n), shipping_vnd=15_000,
             total_vnd=goods(n) + 15_000)
        for n in numbers
    ))  # fmt: skip
    insert(connection, SellerOrder, (
        fill(SellerOrder, id=n, order_id=n, seller_id=seller_of(n, sellers), payee_id=1,
             state="completed", method="transfer", source_kind="shop", source_id=0,
             items_vnd=goods(n), shipping_vnd=15_000, total_vnd=goods(n) + 15_000)
        for n in numbers
    ))  # fmt: skip
    insert(connection, Payment, (
        fill(Payment, id=n, order_id=n, payee_id=1, method="transfer", memo=f"BX{n:08d}",
             amount_vnd=goods(n) + 15_000, received_vnd=goods(n) + 15_000)
        for n in numbers
    ))  # fmt: skip
    books(connection, total, sellers, at)


def goods(n: int) -> int:
    return 50_000 + n * 7919 % 200 * 1_000


def people(connection: sa.Connection, sellers: int) -> None:
    key = vault().new_key()
    insert(connection, Organisation, iter([
        fill(Organisation, id=1, slug="hoi", kind="commune", name_vi="Hội", name_en="Union",
             valid_from=date(2025, 7, 1)),
    ]))  # fmt: skip
    insert(
        connection,
        OrganisationClosure,
        iter([{"ancestor_id": 1, "descendant_id": 1, "depth": 0}]),
    )
    insert(connection, Account, (
        fill(Account, id=one, name=f"P{one}", locale="vi", data_key=key, created_at=NOW,
             phone_index=vault().index("phone", f"+8490500000{one}"), email_index=None,
             contact=vault().seal(key, {"phone": f"+8490500000{one}", "email": None}))
        for one in (HEAD, TREASURER, OWNER)
    ))  # fmt: skip
    insert(connection, Membership, (
        fill(Membership, id=one, organisation_id=1, account_id=one, role=role,
             starts_on=date(2025, 7, 1))
        for one, role in ((HEAD, "head"), (TREASURER, "treasurer"))
    ))  # fmt: skip
    insert(connection, Seller, (
        fill(Seller, id=s, slug=f"s{s}", organisation_id=1, entity_kind="ca_nhan", name_vi=f"Bếp {s}",
             name_en=f"Kitchen {s}", ward_code="20410", province_code="48", region="centre",
             organisation_path=[], paid_through_organisation=True, approved_at=NOW)
        for s in range(1, sellers + 1)
    ))  # fmt: skip
    insert(connection, Payee, (
        fill(Payee, id=s + 1, seller_id=s or None, organisation_id=None if s else 1,
             bank_bin="970405", bank_name="Agribank", holder="NGUYEN THI MAU", data_key=key,
             account_number=vault().seal(key, f"42100{s:05d}"), last4=f"{s:04d}"[-4:],
             started_at=datetime(2026, 1, 1, tzinfo=UTC))
        for s in range(sellers + 1)
    ))  # fmt: skip
    insert(connection, SellerMember, iter([
        fill(SellerMember, id=1, seller_id=1, account_id=OWNER, role="owner",
             since=datetime(2026, 1, 1, tzinfo=UTC)),
    ]))  # fmt: skip


def books(connection: sa.Connection, total: int, sellers: int, at: Any) -> None:
    """Post of each order: money came, goods arrived with a commission; some came back."""
    unit = "organisation:1"
    names = [("bank", "payee:1", ""), ("commission", unit, ""), ("refunds_payable", "payee:1", "")]
    for s in range(1, sellers + 1):
        names += [(kind, f"seller:{s}", unit) for kind in ("prepaid", "seller_payable", "delivery_payable")]  # fmt: skip
    balances = [0] * (len(names) + 1)
    entries: list[dict[str, Any]] = []
    transactions: list[dict[str, Any]] = []
    made = 0
    insert(connection, LedgerAccount, (
        fill(LedgerAccount, id=i, kind=k, owner=o, detail=d, opened_at=at(1))
        for i, (k, o, d) in enumerate(names, 1)
    ))  # fmt: skip

    def post(kind: str, n: int, legs: list[tuple[int, int]]) -> None:
        nonlocal made
        made += 1
        for account, vnd in legs:
            balances[account] += vnd
            entries.append({
                "transaction_id": made, "account_id": account, "amount_vnd": vnd,
                "balance_vnd": balances[account], "currency": None, "amount_minor": None,
            })  # fmt: skip
        transactions.append({
            "id": made, "key": f"bench:{made}", "kind": kind, "subject": f"payment:{n}",
            "occurred_at": at(n), "recorded_at": at(n), "note": "", "reversal_of": None,
            "legs": len(legs),
        })  # fmt: skip

    def flush() -> None:
        if entries:
            connection.execute(sa.insert(LedgerEntry.__table__), entries)
            connection.execute(sa.insert(LedgerTransaction.__table__), transactions)
            entries.clear()
            transactions.clear()

    for n in range(1, total + 1):
        first = 4 + 3 * (seller_of(n, sellers) - 1)
        whole, fee, kept = goods(n), 15_000, goods(n) * 8 // 100
        post("received", n, [(1, whole + fee), (first, -whole - fee)])
        post("sold", n, [
            (first, whole + fee), (first + 1, kept - whole), (first + 2, -fee), (2, -kept),
        ])  # fmt: skip
        if n % 33 == 0:
            post("goods_back", n, [(first + 1, whole - kept), (2, kept), (3, -whole)])
        if len(entries) > 5_000:
            flush()
    flush()
    for account, vnd in enumerate(balances[1:], 1):
        connection.execute(
            sa.update(LedgerAccount.__table__)
            .where(LedgerAccount.__table__.c.id == account)
            .values(balance_vnd=vnd)
        )
    if connection.dialect.name == "postgresql":
        for table in ("ledger_accounts", "ledger_transactions", "orders", "seller_orders", "payments"):  # fmt: skip
            connection.exec_driver_sql(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
            )


def close(period: tuple[date, date], reference: str) -> dict[str, float]:
    """Draft, approve and mark as sent; return the seconds of each."""
    began, told = time.monotonic(), {}
    made = in_transaction(
        lambda session: draft_settlement(
            session, organisation_id=1, from_on=period[0], to_on=period[1], actor_id=HEAD,
            actor_name="A", now=NOW,
        ).id
    )  # fmt: skip
    told["drafted_s"] = time.monotonic() - began
    in_transaction(
        lambda session: approve_settlement(
            session, settlement_id=made, approver_id=HEAD, actor_id=HEAD, actor_name="A", now=NOW
        )
    )
    ready = progress(db.session(), made, NOW).ready
    db.session.rollback()
    in_transaction(
        lambda session: send_all_payouts(
            session, settlement_id=made, statement_ids=ready, reference=reference,
            sender_id=TREASURER, actor_id=TREASURER, actor_name="B", now=NOW,
        )
    )  # fmt: skip
    told["closed_s"] = time.monotonic() - began
    return told


def measured(url: str, folder: Path) -> dict[str, float]:
    """Close the second month, then open pages. Runs in a process of its own."""
    with opened(url, folder) as app, app.app_context():
        db.session.execute(sa.select(Organisation.id)).all()
        db.session.rollback()
        found = close(MONTHS[1], "LO2")
        found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        longest = db.session.execute(
            sa.select(PayoutStatement.id, PayoutStatement.line_count)
            .where(PayoutStatement.seller_id == 1)
            .order_by(PayoutStatement.id.desc())
            .limit(1)
        ).one()
        db.session.rollback()
        found["lines_of_longest"] = longest.line_count
        found |= pages(app, longest)
        found["broken"] = sum(
            bool(db.session.execute(query).first())
            for query in {**PAYOUTS, "books": INVARIANTS["balances are the sums of their entries"]}.values()
        )  # fmt: skip
        db.session.rollback()
    return found


def pages(app: Any, longest: Any) -> dict[str, float]:
    browsers = {}
    for person, kind in ((HEAD, "officer"), (OWNER, "seller")):
        with transaction() as session:
            now = now_utc()
            session.add(
                SignIn(
                    token_digest=token_digest(f"bench-{person}"), account_id=person, kind=kind,
                    created_at=now, seen_at=now, proved_at=now, strong_at=now,
                    expires_at=now + timedelta(hours=8),
                )
            )  # fmt: skip
        browsers[kind] = app.test_client()
        browsers[kind].set_cookie("s", f"bench-{person}", domain="localhost")
    last = -(-longest.line_count // 50)
    found = {}
    for name, kind, way in (
        ("seller_first_page_ms", "seller", f"/ban-hang/quyet-toan/{longest.id}"),
        ("seller_last_page_ms", "seller", f"/ban-hang/quyet-toan/{longest.id}?trang={last}"),
        ("officer_statement_ms", "officer", f"/dieu-hanh/quyet-toan/phieu/{longest.id}"),
        ("officer_settlement_ms", "officer", "/dieu-hanh/quyet-toan/2"),
        ("officer_list_ms", "officer", "/dieu-hanh/quyet-toan"),
    ):
        times = []
        for _ in range(9):
            g.__dict__.clear()  # Requests share this context: each comes as a new visitor.
            began = time.monotonic()
            answer = browsers[kind].get(way)
            times.append((time.monotonic() - began) * 1000)
            assert answer.status_code == 200, (way, answer.status_code)
        found[name] = median(times)
    return found


def bench(engine: str, orders: int, sellers: int, tell: Any) -> dict[str, float]:
    with a_folder("bench-") as folder, scratch(engine, folder) as place:
        url = prepared(place, folder, orders, sellers, tell)
        answer = subprocess.run(
            [sys.executable, "-m", "tests.bench.settlement", "--measure", url, str(folder)],
            check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        return json.loads(answer.stdout.splitlines()[-1])


def prepared(place: Scratch, folder: Path, orders: int, sellers: int, tell: Any) -> str:
    url = place.empty("settlement")
    engines.migrate(url, folder)
    with opened(url, folder) as app, app.app_context():
        began = time.monotonic()
        with db.engine.begin() as connection:
            seed(connection, orders, sellers)
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
        tell(
            f"Seeded 2 x {orders:,} orders of {sellers} sellers in {time.monotonic() - began:.0f} s."
        )
        history = close(MONTHS[0], "LO1")
        tell(f"The month before: closed in {history['closed_s']:.1f} s.")
    return url


def verdict(found: dict[str, float]) -> list[str]:
    """Return what is above its bar."""
    worst = {**found, "page_ms": max(v for k, v in found.items() if k.endswith("page_ms"))}
    return [f"{name} {worst[name]:.1f} > {bar}" for name, bar in BARS.items() if worst[name] > bar]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.settlement", description=__doc__)
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--sellers", type=int, default=500)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--measure", nargs=2, metavar=("URL", "FOLDER"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(measured(asked.measure[0], Path(asked.measure[1]))))
        return
    found = bench(
        asked.engine,
        asked.orders,
        asked.sellers,
        lambda text: print(text, file=sys.stderr, flush=True),
    )
    print(f"A month of {asked.orders:,} orders on {asked.engine}, {asked.sellers} sellers")
    for name, value in found.items():
        print(f"  {name:24} {value:10.1f}")
    if wrong := verdict(found) + (["self-checks do not hold"] if found["broken"] else []):
        sys.exit("; ".join(wrong))


if __name__ == "__main__":
    main()
