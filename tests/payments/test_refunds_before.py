"""What was noted as given back before there were refunds becomes refunds, and nothing else changes."""

import sqlite3
from pathlib import Path

import pytest
from flask_migrate import upgrade

from shop.app import create_app
from shop.cli.commands import open_migrations
from shop.db import db
from tests import engines
from tests.before import put


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
