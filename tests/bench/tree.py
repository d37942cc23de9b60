"""``python -m tests.bench.tree``: 500 units and 200,000 members on the pages that officers open.

Rows are filled in SQL. A list of 5,000 members is read in through the acts of the page; a commune
is merged into another. Pages are asked by an officer of the city, who sees all of them.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any

import sqlalchemy as sa
from flask import g
from sqlalchemy.orm import Session

from shop.accounts.models import Account, SignIn
from shop.current import vault
from shop.db import db, in_transaction, transaction
from shop.kernel.clock import now_utc
from shop.kernel.sealing import token_digest
from shop.organisations.lists.actions import keep_sheet, read_sheet, store_sheet
from shop.organisations.members import keep_words, sort_name
from shop.organisations.models import Member, Membership, Organisation, OrganisationClosure
from shop.organisations.register import sheet
from shop.organisations.reordering import do_reordering, propose_reordering
from shop.organisations.structure import INVARIANTS
from shop.sellers.units import follow_units
from tests import engines
from tests.bench.scratch import a_folder, opened, scratch
from tests.bench.settlement import fill, insert

NOW = datetime(2026, 11, 2, 2, tzinfo=UTC)
HEAD, DEPUTY = 1, 2
#: 1 city, so many communes, the rest branches.
COMMUNES = 40
BARS = {"page_ms": 100.0, "import_s": 20.0, "merge_s": 5.0, "quarter_report_ms": 1_000.0}
_FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô")
_MIDDLE = ("Thị", "Thị Thu", "Thị Kim", "Thị Ngọc", "Thị Mỹ", "Thị Thanh", "Ngọc")
_GIVEN = (
    "An", "Ánh", "Bình", "Cúc", "Dung", "Đào", "Hà", "Hạnh", "Hoa", "Hồng", "Huệ", "Hương", "Lan",
    "Lành", "Liên", "Loan", "Lý", "Mai", "Nga", "Nhàn", "Phượng", "Sen", "Sương", "Tâm", "Thảo",
    "Thuỷ", "Tuyết", "Vân", "Xuân", "Yến",
)  # fmt: skip


def name_of(n: int) -> str:
    return f"{_FAMILY[n % 10]} {_MIDDLE[n // 10 % 7]} {_GIVEN[n * 7919 % 30]}"


def parent_of(unit: int) -> int | None:
    """1 is the city, 2 to 41 its communes, the others branches, spread over the communes."""
    if unit == 1:
        return None
    return 1 if unit <= 1 + COMMUNES else 2 + unit % COMMUNES


def seed(connection: sa.Connection, units: int, members: int) -> None:
    key = vault().new_key()
    insert(connection, Organisation, (
        fill(Organisation, id=u, slug=f"u{u}", name_vi=f"Đơn vị {u}", name_en=f"Unit {u}",
             kind="province" if u == 1 else "commune" if u <= 1 + COMMUNES else "branch",
             parent_id=parent_of(u), valid_from=date(2025, 7, 1), valid_to=None)
        for u in range(1, units + 1)
    ))  # fmt: skip
    insert(connection, OrganisationClosure, closure(units))
    insert(connection, Account, (
        fill(Account, id=one, name=f"P{one}", locale="vi", data_key=key, created_at=NOW,
             phone_index=vault().index("phone", f"+8490500000{one}"), email_index=None,
             contact=vault().seal(key, {"phone": f"+8490500000{one}", "email": None}))
        for one in (HEAD, DEPUTY)
    ))  # fmt: skip
    insert(connection, Membership, (
        fill(Membership, id=one, organisation_id=1, account_id=one, role="head",
             starts_on=date(2025, 7, 1), ends_on=None, created_at=NOW)
        for one in (HEAD, DEPUTY)
    ))  # fmt: skip
    branches = units - 1 - COMMUNES
    insert(connection, Member, (
        {"id": n, "organisation_id": 2 + COMMUNES + n % branches, "state": "member",
         "name": name_of(n), "sort_name": sort_name(name_of(n)), "born_in": 1950 + n % 50,
         "data_key": b"", "contact": b"", "phone_index": f"{n:040d}",
         "joined_on": date(2015, 1, 1) + timedelta(days=n % 4000), "left_on": None,
         "came_by": "list", "added_by_id": HEAD, "sheet_id": None, "attempt_id": None,
         "created_at": NOW}
        for n in range(1, members + 1)
    ))  # fmt: skip
    keep_words(Session(connection), ((n, sort_name(name_of(n))) for n in range(1, members + 1)))
    if connection.dialect.name == "postgresql":
        for table in ("organisations", "members", "accounts", "memberships"):
            connection.exec_driver_sql(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
            )


def closure(units: int) -> Iterator[dict[str, Any]]:
    for unit in range(1, units + 1):
        above: int | None = unit
        depth = 0
        while above is not None:
            yield {"ancestor_id": above, "descendant_id": unit, "depth": depth}
            above, depth = parent_of(above), depth + 1


def hundredth() -> int:
    """Return the member after whom the hundredth page of all begins."""
    return db.session.scalars(
        sa.select(Member.id).order_by(Member.sort_name, Member.id).offset(99 * 50 - 1).limit(1)
    ).one()


def pages(app: Any) -> dict[str, float]:
    with transaction() as session:
        now = now_utc()
        session.add(
            SignIn(
                token_digest=token_digest("bench"), account_id=HEAD, kind="officer",
                created_at=now, seen_at=now, proved_at=now, strong_at=now,
                expires_at=now + timedelta(hours=8),
            )
        )  # fmt: skip
    browser = app.test_client()
    browser.set_cookie("s", "bench", domain="localhost")
    at, found = "/dieu-hanh/to-chuc", {}
    for name, way in (
        ("tree", at), ("tree_found", f"{at}?tim=don+vi+77"), ("tree_as_of", f"{at}?ngay=2025-08-01"),
        ("unit", f"{at}/2"), ("members_all", f"{at}/1/hoi-vien"),
        ("members_page_100", f"{at}/1/hoi-vien?sau={hundredth()}"),
        ("members_found", f"{at}/1/hoi-vien?tim=thu+sen"),
        ("members_named", f"{at}/1/hoi-vien?tim=sen"),
        ("members_common", f"{at}/1/hoi-vien?tim=nguyen+thi"),
        ("members_apart", f"{at}/1/hoi-vien?tim=thu+kim"),
        ("members_none", f"{at}/1/hoi-vien?tim=xyzt"),
        ("members_of_commune", f"{at}/2/hoi-vien"), ("member", f"{at}/hoi-vien/77"),
        ("merge_form", f"{at}/2/gop"), ("quarter_report", f"{at}/1/bao-cao-quy/2026-3"),
    ):  # fmt: skip
        times = []
        for _ in range(9):
            g.__dict__.clear()  # Requests share this context: each comes as a new visitor.
            began = time.monotonic()
            answer = browser.get(way)
            times.append((time.monotonic() - began) * 1000)
            assert answer.status_code == 200, (way, answer.status_code)
        found[f"{name}_ms" if name == "quarter_report" else f"{name}_page_ms"] = median(times)
    return found


def acts(listed: int) -> dict[str, float]:
    """Read a list in, and merge two communes with all their members."""
    by: dict[str, Any] = {"actor_id": HEAD, "actor_name": "A", "now": NOW}
    rows = [[f"{name_of(n)} {n}", f"09{n:08d}", "1980"] for n in range(10_000, 10_000 + listed)]
    table, began = [["Họ và tên", "Điện thoại", "Năm sinh"], *rows], time.monotonic()
    number = in_transaction(
        lambda session: keep_sheet(
            session, kind="members", organisation_id=50, tables=[table], **by
        )
    )
    read = read_sheet(db.session(), sheet(db.session(), number), NOW)
    assert not read.faults, read.faults[:3]
    db.session.rollback()
    stored = in_transaction(lambda session: store_sheet(session, sheet_id=number, **by))
    assert stored == listed
    told = {"import_s": time.monotonic() - began}
    plan = {"unit_ids": [3], "into_id": 2, "name_vi": "", "name_en": "", "carry": True}
    branches = {"unit_ids": [43, 83], "into_id": 123, **{k: plan[k] for k in ("name_vi", "name_en", "carry")}}  # fmt: skip
    began = time.monotonic()
    for wanted in (plan, branches):
        made = in_transaction(
            lambda session, wanted=wanted: (
                propose_reordering(session, kind="merge", plan=wanted, proposer_id=HEAD, **by).id
            )
        )
        in_transaction(
            lambda session, made=made: do_reordering(
                session, reordering_id=made, confirmer_id=DEPUTY, follow=follow_units, **by
            )
        )
    told["merge_s"] = time.monotonic() - began
    told["broken"] = sum(bool(db.session.execute(query).first()) for query in INVARIANTS.values())
    db.session.rollback()
    return told


def bench(engine: str, units: int, members: int, listed: int, tell: Any) -> dict[str, float]:
    with a_folder("bench-") as folder, scratch(engine, folder) as place:
        url = place.empty("tree")
        engines.migrate(url, folder)
        with opened(url, folder) as app, app.app_context():
            began = time.monotonic()
            with db.engine.begin() as connection:
                seed(connection, units, members)
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as link:
                link.exec_driver_sql("ANALYZE")
            tell(
                f"Seeded {units} units and {members:,} members in {time.monotonic() - began:.0f} s."
            )
            found = pages(app) | acts(listed)
            db.session.remove()
            return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.tree", description=__doc__)
    parser.add_argument("--units", type=int, default=500)
    parser.add_argument("--members", type=int, default=200_000)
    parser.add_argument("--listed", type=int, default=5_000)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    asked = parser.parse_args()
    found = bench(
        asked.engine, asked.units, asked.members, asked.listed,
        lambda text: print(text, file=sys.stderr, flush=True),
    )  # fmt: skip
    print(f"{asked.units} units, {asked.members:,} members on {asked.engine}")
    for name, value in found.items():
        print(f"  {name:26} {value:10.1f}")
    worst = {**found, "page_ms": max(v for k, v in found.items() if k.endswith("page_ms"))}
    wrong = [f"{name} {worst[name]:.1f} > {bar}" for name, bar in BARS.items() if worst[name] > bar]
    if wrong or found["broken"]:
        sys.exit("; ".join(wrong) or "self-checks do not hold")


if __name__ == "__main__":
    main()
