"""``python -m tests.bench.fund_account``: the public account of a campaign with 50,000 lines.

Lines are written by the shop's own function for them. Then the page is opened, first and last,
the chain is verified, and the CSV is taken in a process whose peak memory is told for a tenth of
the lines and for all: it must not grow with them.
"""

import argparse
import hashlib
import json
import resource
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa
from flask import g

from shop.db import db
from shop.fundraising.models import Campaign, FundEntry
from shop.fundraising.rules import ChainedEntry, entry_hash, name_commitment
from shop.ledger.models import LedgerAccount, LedgerEntry, LedgerTransaction
from shop.organisations.models import Organisation
from shop.sellers.models import Payee
from tests import engines
from tests.bench.scratch import a_folder, opened, scratch
from tests.bench.settlement import NOW, fill, insert

BARS = {"page_ms": 150.0, "csv_grows_mb": 8.0}
VND = 10_000


def seed(connection: sa.Connection, lines: int) -> None:
    """Write two campaigns: one of a tenth of the lines, one of all, with their postings."""
    insert(connection, Organisation, iter([fill(
        Organisation, id=1, slug="hoi", name_vi="Hội", kind="commune", path="/1/",
    )]))  # fmt: skip
    insert(connection, Payee, iter([fill(Payee, id=1, organisation_id=1)]))
    posted = 0
    for campaign_id, count in ((1, lines // 10), (2, lines)):
        code, chain, rows = f"BENCH{campaign_id}", "", []
        for number in range(1, count + 1):
            salt, name = hashlib.sha256(f"{number}".encode()).hexdigest()[:32], f"Cô {number}"
            said = ChainedEntry(
                number, date(2026, 10, 1), "gift", VND, f"{campaign_id}{number:07d}",
                name_commitment(name, salt),
            )  # fmt: skip
            own = entry_hash(code, chain, said)
            rows.append(fill(
                FundEntry, campaign_id=campaign_id, number=number, on_day=said.on_day,
                amount_vnd=VND, kind="gift", code=said.code, name=name, salt=salt,
                commitment=said.commitment, previous=chain, hash=own,
                transaction_id=posted + number,
            ))  # fmt: skip
            chain = own
        insert(connection, Campaign, iter([fill(
            Campaign, id=campaign_id, code=code, organisation_id=1, kind="sale", state="open",
            title_vi="Bò giống", for_whom_vi="mười hộ", goal_vnd=VND * lines, payee_id=1,
            opens_on=date(2026, 10, 1), entries=count, chain=chain, opened_at=NOW,
        )]))  # fmt: skip
        for n, (kind, owner, sign) in enumerate(
            (("fund_bank", f"payee:{campaign_id}", 1), ("campaign_fund", f"campaign:{campaign_id}", -1))
        ):  # fmt: skip
            insert(connection, LedgerAccount, iter([fill(
                LedgerAccount, id=campaign_id * 2 + n, kind=kind, owner=owner, detail="",
                balance_vnd=sign * VND * count,
            )]))  # fmt: skip
        insert(connection, LedgerEntry, (
            fill(LedgerEntry, transaction_id=posted + k, account_id=campaign_id * 2 + n,
                 amount_vnd=sign * VND, balance_vnd=sign * VND * k)
            for k in range(1, count + 1) for n, sign in ((0, 1), (1, -1))
        ))  # fmt: skip
        insert(connection, LedgerTransaction, (
            fill(LedgerTransaction, id=posted + k, key=f"b:{posted + k}", kind="fund_gift", legs=2,
                 subject=f"campaign:{campaign_id}")
            for k in range(1, count + 1)
        ))  # fmt: skip
        insert(connection, FundEntry, iter(rows))
        posted += count


def measured(url: str, folder: Path) -> dict[str, float]:
    """Open pages and take files. Runs in a process of its own."""
    with opened(url, folder) as app, app.app_context():
        browser = app.test_client()

        def took(way: str, times: int = 9) -> float:
            found = []
            for _ in range(times):
                g.__dict__.clear()  # Requests share this context: each comes as a new visitor.
                began = time.monotonic()
                answer = browser.get(way, buffered=False)
                for _part in answer.response:  # Read on, kept nowhere.
                    pass
                answer.close()
                found.append((time.monotonic() - began) * 1000)
                assert answer.status_code == 200, (way, answer.status_code)
            return median(found)

        lines = db.session.scalar(sa.select(Campaign.entries).where(Campaign.id == 2)) or 0
        db.session.rollback()
        found = {
            "first_page_ms": took("/gay-quy/BENCH2/so-quy"),
            "last_page_ms": took(f"/gay-quy/BENCH2/so-quy?trang={-(-lines // 50)}"),
        }

        def peak() -> float:
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

        took("/gay-quy/BENCH1/so-quy.csv", 1)
        small = peak()
        found["csv_ms"] = took("/gay-quy/BENCH2/so-quy.csv", 1)
        found["csv_grows_mb"] = peak() - small
        found["peak_mb"] = peak()
        found["verify_ms"] = took("/gay-quy/BENCH2/kiem-so", 1)
        g.__dict__.clear()
        found["whole"] = float("khớp từ dòng đầu" in browser.get("/gay-quy/BENCH2/kiem-so").text)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.fund_account", description=__doc__)
    parser.add_argument("--lines", type=int, default=50_000)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--measure", nargs=2, metavar=("URL", "FOLDER"), help=argparse.SUPPRESS)
    asked: Any = parser.parse_args()
    if asked.measure:
        print(json.dumps(measured(asked.measure[0], Path(asked.measure[1]))))
        return
    with a_folder("bench-") as folder:
        with scratch(asked.engine, folder) as place:
            url = place.empty("fund")
            engines.migrate(url, folder)
            with opened(url, folder) as app, app.app_context():
                with db.engine.begin() as connection:
                    seed(connection, asked.lines)
                with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as one:
                    one.exec_driver_sql("ANALYZE")
            answer = subprocess.run(
                [sys.executable, "-m", "tests.bench.fund_account", "--measure", url, str(folder)],
                check=True, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
        found = json.loads(answer.stdout.splitlines()[-1])
    print(f"An account of {asked.lines:,} lines on {asked.engine}")
    for name, value in found.items():
        print(f"  {name:16} {value:10.1f}")
    worst = {**found, "page_ms": max(v for k, v in found.items() if k.endswith("page_ms"))}
    wrong = [f"{name} {worst[name]:.1f} > {bar}" for name, bar in BARS.items() if worst[name] > bar]
    if wrong or not found["whole"]:
        sys.exit("; ".join(wrong) or "the chain does not verify")


if __name__ == "__main__":
    main()
