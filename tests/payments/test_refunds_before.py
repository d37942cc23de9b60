"""Money that went back by older rules: it becomes what the rules of today make of it."""

import sqlite3
from pathlib import Path

import pytest
from flask_migrate import upgrade
from sqlalchemy import select

from shop.app import create_app
from shop.cli.commands import open_migrations
from shop.db import db
from shop.kernel.clock import now_utc
from shop.payments.jobs import book_history
from shop.payments.models import Payment, Refund
from tests import engines
from tests.before import put
from tests.payments.conftest import broken


def noted_before(file: sqlite3.Connection) -> None:
    for part, total in ((1, 100_000), (2, 200_000)):
        put(
            file, "seller_orders", id=part, order_id=1, seller_id=part, source_kind="shop",
            state="delivered", method="transfer", payee_id=7, delivery="delivery",
            items_vnd=total, total_vnd=total,
        )  # fmt: skip
    put(
        file, "payments", id=5, order_id=1, payee_id=7, method="transfer", memo="CPX",
        amount_vnd=300_000, received_vnd=300_000, refunded_vnd=40_001,
    )  # fmt: skip
    for number, kind, vnd, key in (
        (1, "received", 300_000, "received:5:0"),
        (2, "refunded", 40_001, "refunded:5:1"),
        (3, "refunded", 10_000, "refunded:5:2"),
        (4, "refunded", -10_000, "undo:3"),
    ):
        put(
            file, "payment_events", id=number, payment_id=5, kind=kind, amount_vnd=vnd, key=key,
            actor_kind="seller", note="trả" if number == 2 else "",
        )  # fmt: skip
    put(
        file, "seller_orders", id=3, order_id=2, seller_id=1, source_kind="shop",
        state="returned", method="cod", delivery="delivery", items_vnd=50_000, total_vnd=50_000,
    )  # fmt: skip
    put(
        file, "cod_collections", seller_order_id=3, amount_vnd=0, taken_vnd=50_000,
        taken_by="carrier", received_vnd=50_000, refunded_vnd=50_000, state="remitted",
    )  # fmt: skip
    for number, before, to, vnd, about in (
        (1, "with_carrier", "remitted", 50_000, ""),
        (2, "remitted", "remitted", -50_000, ""),
        (3, "remitted", "remitted", -900, "rest"),
    ):
        put(
            file, "cash_moves", id=number, seller_order_id=3, from_state=before, to_state=to,
            amount_vnd=vnd, about=about, key=f"cash:{number}", actor_kind="seller",
        )  # fmt: skip


def test_what_was_noted_before_becomes_refunds(tmp_path: Path) -> None:
    app = create_app(engines.settings(tmp_path))
    open_migrations(app)
    with app.app_context():
        upgrade(revision="0023")
        db.session.remove()
        db.engine.dispose()
        with sqlite3.connect(tmp_path / "shop.sqlite") as file:
            noted_before(file)
        file.close()
        upgrade()
        db.session.remove()
        db.engine.dispose()
    file = sqlite3.connect(tmp_path / "shop.sqlite")
    rows = file.execute(
        "SELECT id, payment_id, seller_order_id, amount_vnd, reason, way, state, event_id, move_id,"
        " note FROM refunds ORDER BY id"
    ).fetchall()
    assert rows == [
        (1, 5, None, 40_001, "before", "bank", "done", 2, None, "trả"),
        (2, 5, None, 10_000, "before", "bank", "taken_back", 3, None, ""),
        (3, None, 3, 50_000, "before", "cash", "done", None, 2, ""),
    ]
    shares = file.execute(
        "SELECT refund_id, seller_order_id, amount_vnd FROM refund_allocations ORDER BY 1, 2"
    ).fetchall()
    assert shares == [(1, 1, 13_334), (1, 2, 26_667), (2, 1, 3_333), (2, 2, 6_667), (3, 3, 50_000)]
    file.close()


def test_what_the_shop_promised_of_too_much_is_told_apart(tmp_path: Path) -> None:
    """Shares are never changed, but by 0055 once; nor afterwards."""
    app = create_app(engines.settings(tmp_path))
    open_migrations(app)
    with app.app_context():
        upgrade(revision="0052")
        db.session.remove()
        db.engine.dispose()
        with sqlite3.connect(tmp_path / "shop.sqlite") as file:
            put(
                file, "refunds", id=1, payment_id=5, amount_vnd=10, reason="overpaid", way="bank",
                state="asked", key="ask:5", actor_kind="system",
            )  # fmt: skip
            put(file, "refund_allocations", refund_id=1, seller_order_id=1, amount_vnd=10)
        file.close()
        upgrade()
        db.session.remove()
        db.engine.dispose()
        with sqlite3.connect(tmp_path / "shop.sqlite") as file:
            found = file.execute("SELECT over_vnd, let_off_vnd FROM refund_allocations").fetchall()
            assert found == [(10, 0)]
            with pytest.raises(sqlite3.IntegrityError, match="never changed"):
                file.execute("UPDATE refund_allocations SET over_vnd = 0")
        file.close()


NOON, ONE, TWO, THREE = (f"2026-11-2{day} 05:00:00.000000" for day in range(4))
#: Each paid 320 by transfer: two at 100 (line N1), two at 60 (line N2), all delivered.
NOT_PAID, BY_HAND, BEFORE_IT = 1, 2, 3


def given_by_line_before(file: sqlite3.Connection) -> None:
    """100 went back for a unit at 100; then one at 60 came back, which took 60 of the 100.

    Of the second order a person gave the 60 by amount. Of the third a unit at 100 had come back
    before and was paid; money of another at 100 was made larger by that.
    """
    for number in (1, 2, 3):
        put(file, "sellers", id=number, slug=f"nha-{number}")
        put(
            file, "orders", id=number, code=number, attempt_id=number, link_digest=number,
            attempt_digest=number,
        )  # fmt: skip
    books = []
    for one, let_off in ((NOT_PAID, 40_000), (BY_HAND, 100_000), (BEFORE_IT, 100_000)):
        put(file, "payees", id=one, seller_id=one, organisation_id=None)
        back_vnd = 100_000 if one == BEFORE_IT else 60_000
        put(
            file, "seller_orders", id=one, order_id=one, seller_id=one, source_kind="shop",
            state="delivered", method="transfer", payee_id=one, delivery="delivery",
            items_vnd=320_000, total_vnd=320_000, returned_items_vnd=back_vnd,
        )  # fmt: skip
        put(
            file, "seller_order_moves", id=one, seller_order_id=one, from_state="handed_over",
            to_state="delivered", at=NOON, actor_kind="seller",
        )  # fmt: skip
        for line, vnd in ((one * 10 + 1, 100_000), (one * 10 + 2, 60_000)):
            put(
                file, "line_items", id=line, seller_order_id=one, quantity=2, unit_price_vnd=vnd,
                total_vnd=2 * vnd,
            )  # fmt: skip
        books += [
            (one, "received", NOON, {"bank": 320_000, "prepaid": -320_000}),
            (one, "sold", NOON, {"prepaid": 320_000, "sales": -320_000}),
            (one, "refunded", ONE, {"sales": 100_000, "bank": -100_000}),
        ]
        at = ONE if one == BEFORE_IT else TWO
        line = one * 10 + (1 if one == BEFORE_IT else 2)
        put(
            file, "goods_returns", id=one, seller_order_id=one, items_vnd=back_vnd, at=at, key=one,
            reason="faulty", actor_kind="seller",
        )  # fmt: skip
        put(file, "goods_return_lines", return_id=one, line_item_id=line, quantity=1)
        refunds = [("received", 320_000, NOON)]
        if one == BEFORE_IT:
            refunds += [("system", 100_000, ONE)]
        refunds += [("line", 100_000, TWO if one == BEFORE_IT else ONE)]
        if one == BY_HAND:
            refunds += [("amount", 60_000, THREE)]
            books.append((one, "refunded", THREE, {"sales": 60_000, "bank": -60_000}))
        elif one == BEFORE_IT:
            books.append((one, "refunded", TWO, {"sales": 100_000, "bank": -100_000}))
        gone_vnd = sum(vnd for _, vnd, _ in refunds[1:])
        put(
            file, "payments", id=one, order_id=one, payee_id=one, method="transfer",
            memo=f"CP{one}", amount_vnd=320_000 - back_vnd - let_off, received_vnd=320_000,
            refunded_vnd=gone_vnd, let_off_vnd=let_off,
        )  # fmt: skip
        for number, (how, vnd, at) in enumerate(refunds, one * 10):
            put(
                file, "payment_events", id=number, payment_id=one, amount_vnd=vnd, key=number,
                kind="received" if how == "received" else "refunded", actor_kind="seller", at=at,
            )  # fmt: skip
            if how == "received":
                continue
            put(
                file, "refunds", id=number, payment_id=one, amount_vnd=vnd, way="bank",
                reason="returned" if how == "system" else "goodwill", state="done", key=number,
                actor_kind=how, asked_at=at, event_id=number,
            )  # fmt: skip
            put(
                file, "refund_allocations", refund_id=number, seller_order_id=one, amount_vnd=vnd,
                let_off_vnd=vnd if how == "amount" else 0,
                ahead_vnd=0 if how != "line" else 200_000 if one == BEFORE_IT else 100_000,
            )  # fmt: skip
            if how == "line":
                put(file, "refund_lines", refund_id=number, line_item_id=one * 10 + 1, quantity=1)
    put_books(file, books)


def put_books(file: sqlite3.Connection, books: list) -> None:
    accounts: dict[tuple[str, str], int] = {}
    entry = 0
    for number, (one, kind, at, legs) in enumerate(books, 1):
        for account, vnd in legs.items():
            owner = f"payee:{one}" if account == "bank" else f"seller:{one}"
            if (account, owner) not in accounts:
                accounts[account, owner] = 0
                put(file, "ledger_accounts", id=len(accounts), kind=account, owner=owner)
            accounts[account, owner] += vnd
            entry += 1
            put(
                file, "ledger_entries", id=entry, transaction_id=number, amount_vnd=vnd,
                account_id=list(accounts).index((account, owner)) + 1,
                balance_vnd=accounts[account, owner],
            )  # fmt: skip
        put(
            file, "ledger_transactions", id=number, key=f"then:{number}", kind=kind, legs=len(legs),
            subject=f"payment:{one}", occurred_at=at,
        )  # fmt: skip
    for (account, owner), vnd in accounts.items():
        file.execute(
            "UPDATE ledger_accounts SET balance_vnd = ? WHERE kind = ? AND owner = ?",
            (vnd, account, owner),
        )


def test_other_goods_that_came_back_before_are_paid_once_and_the_checks_name_none(
    tmp_path: Path,
) -> None:
    app = create_app(engines.settings(tmp_path))
    open_migrations(app)
    with app.app_context():
        upgrade(revision="0066")
        db.session.remove()
        db.engine.dispose()
        with sqlite3.connect(tmp_path / "shop.sqlite") as file:
            given_by_line_before(file)
        file.close()
        upgrade()
        assert broken(db.session()) == {}
        for _ in range(2):
            book_history(now_utc())
            assert broken(db.session()) == {}
        waiting = db.session.execute(
            select(Refund.payment_id, Refund.amount_vnd, Refund.state).where(Refund.state != "done")
        ).all()
        assert waiting == [(NOT_PAID, 60_000, "asked")]
        stands = db.session.execute(
            select(Payment.amount_vnd, Payment.let_off_vnd).order_by(Payment.id)
        ).all()
        assert stands == [(160_000, 100_000), (160_000, 100_000), (120_000, 100_000)]
        db.session.rollback()
        db.session.remove()
        db.engine.dispose()
