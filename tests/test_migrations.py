"""Migrations run forward on both engines and end at the models."""

import json
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import upgrade

from shop.app import create_app
from shop.cli.commands import open_migrations
from shop.db import Base, db
from shop.kernel.settings import ROOT
from tests.before import put
from tests.engines import both_engines, settings


@both_engines
def test_migrated_tables_equal_the_models(app):
    def ours(obj, name, type_, reflected, compare_to):
        return not (
            type_ in ("table", "index") and name.startswith(("product_search", "ix_search"))
        )

    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_object": ours}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_there_is_one_line_of_migrations():
    script = ScriptDirectory(str(ROOT / "migrations"))
    assert len(script.get_heads()) == 1
    assert [r.down_revision for r in script.walk_revisions()][-1] is None


def _migrated(folder: Path, to: str) -> sqlite3.Connection:
    app = create_app(settings(folder))
    open_migrations(app)
    with app.app_context():
        upgrade(revision=to)
        db.session.remove()
        db.engine.dispose()
    return sqlite3.connect(folder / "shop.sqlite")


def test_a_table_that_others_point_to_is_built_anew_with_its_rows(tmp_path):
    file = _migrated(tmp_path, "0062")
    with file:
        for seller in (8, 9):
            put(file, "sellers", id=seller, slug=f"nha-{seller}")
        put(file, "products", id=3, seller_id=8, slug="bot-mam", state="draft")
        for number in (1, 2):
            put(
                file, "variants", id=number, product_id=3, sku=f"M0{number}", price_vnd=95_000,
                weight_g=500,
            )  # fmt: skip
            put(file, "line_items", id=number, variant_id=number, quantity=1)
    file.close()
    with _migrated(tmp_path, "head") as file:
        assert file.execute("SELECT id, seller_id, sku FROM variants ORDER BY id").fetchall() == [
            (1, 8, "M01"), (2, 8, "M02"),
        ]  # fmt: skip
        assert file.execute("SELECT variant_id FROM line_items").fetchall() == [(1,), (2,)]
        with pytest.raises(sqlite3.IntegrityError):
            put(file, "variants", product_id=3, seller_id=8, sku="M01", price_vnd=1, weight_g=1)
        put(file, "variants", product_id=3, seller_id=9, sku="M01", price_vnd=1, weight_g=1)


def test_who_deleted_her_account_before_leaves_the_trail_by_name(tmp_path):
    file = _migrated(tmp_path, "0066")
    with file:
        put(file, "accounts", id=1, locale="vi", deleted_at="2026-11-20 05:00:00.000000")
        put(file, "accounts", id=2, locale="vi", name="Hảo")
        put(
            file, "audit_entries", id=1, actor_id=1, actor_name="Sương", for_id=2, for_name="Hảo",
            action="account.passkey_added", facts='{"name": "Máy của Sương", "helping": true}',
        )  # fmt: skip
        put(file, "audit_entries", id=2, actor_id=2, actor_name="Hảo", for_id=1, for_name="Sương")
    file.close()
    with _migrated(tmp_path, "head") as file:
        assert file.execute(
            "SELECT actor_id, actor_name, for_id, for_name, facts FROM audit_entries ORDER BY id"
        ).fetchall() == [(1, "", 2, "Hảo", '{"helping":true}'), (2, "Hảo", 1, None, "[]")]
        with pytest.raises(sqlite3.IntegrityError):
            file.execute("UPDATE audit_entries SET actor_name = 'Sương' WHERE id = 1")


def test_who_deleted_her_account_before_leaves_what_helpers_did_by_name(tmp_path):
    file = _migrated(tmp_path, "0072")
    with file:
        put(file, "accounts", id=1, locale="vi", deleted_at="2026-11-20 05:00:00.000000")
        put(file, "accounts", id=2, locale="vi", name="Hảo")
        for number, helper, owner in ((1, 1, 2), (2, 2, 1)):
            put(
                file, "helper_grants", id=number, helper_id=helper, owner_id=owner,
                recorded_by_id=1, recorded_by_name="Sương", consent_kind="own",
                ends_at="2026-11-21 05:00:00.000000",
            )  # fmt: skip
            names = {"helper": "Sương", "owner": "Hảo"} if helper == 1 else {
                "helper": "Hảo", "owner": "Sương",
            }  # fmt: skip
            put(
                file, "helper_acts", id=number, grant_id=number, helper_id=helper,
                helper_name=names["helper"], owner_name=names["owner"],
            )  # fmt: skip
            for more, kind in enumerate(("act", "granted")):
                put(
                    file, "notices", id=10 * number + more, key=f"helper-{kind}:{number}",
                    facts=json.dumps(names),
                )  # fmt: skip
    file.close()
    with _migrated(tmp_path, "head") as file:
        acts = file.execute("SELECT helper_name, owner_name FROM helper_acts ORDER BY id")
        assert acts.fetchall() == [("", "Hảo"), ("Hảo", "")]
        told = [
            json.loads(facts) for (facts,) in file.execute("SELECT facts FROM notices ORDER BY key")
        ]
        assert told == [{"owner": "Hảo"}, {"helper": "Hảo"}] * 2
        assert set(file.execute("SELECT recorded_by_name FROM helper_grants")) == {("",)}


def test_how_many_lines_a_gifts_dispute_had_is_read_from_its_postings(tmp_path):
    file = _migrated(tmp_path, "0069")
    with file:
        for number in (4, 5, 6):
            put(file, "gift_backs", id=number, kind="dispute", key=f"dispute:{number}")
        names = (
            "giftback:4:fee:2:15000",
            "giftback:4:fee:3:0",
            "giftback:5:fee:15000",
            "giftback:6:out",
        )
        for number, name in enumerate(names, 1):
            for account, vnd in ((1, 15_000), (2, -15_000)):
                put(
                    file, "ledger_entries", id=2 * number + account, transaction_id=number,
                    account_id=account, amount_vnd=vnd,
                )  # fmt: skip
            put(file, "ledger_transactions", id=number, key=name, kind="dispute_open", legs=2)
    file.close()
    with _migrated(tmp_path, "head") as file:
        found = file.execute("SELECT id, lines FROM gift_backs ORDER BY id").fetchall()
        assert found == [(4, 3), (5, 1), (6, 0)]


def test_orders_that_were_erased_before_leave_no_phone_at_their_vouchers(tmp_path):
    file = _migrated(tmp_path, "0070")
    with file:
        for order in (1, 2, 3):
            erased = "2026-11-20 05:00:00.000000" if order < 3 else None
            own = {name: str(order) for name in ("code", "link_digest", "attempt_id")}
            put(file, "orders", id=order, erased_at=erased, **own)
            put(
                file, "voucher_uses", id=order, voucher_id=order, order_id=order, phone_index="hers"
            )
    file.close()
    with _migrated(tmp_path, "head") as file:
        one, two, three = file.execute("SELECT phone_index FROM voucher_uses ORDER BY id")
        assert three == ("hers",)
        assert len({one, two, three}) == 3


def test_orders_that_were_erased_before_leave_no_word_in_their_trails(tmp_path):
    file = _migrated(tmp_path, "0081")
    notes = ("seller_order_moves", "goods_returns", "cash_moves", "hand_overs", "payment_events")
    with file:
        for number, erased in ((1, "2026-11-20 05:00:00.000000"), (2, None)):
            own = {name: str(number) for name in ("code", "link_digest", "attempt_id")}
            put(file, "orders", id=number, erased_at=erased, **own)
            put(file, "seller_orders", id=number, order_id=number, seller_id=number)
            put(file, "payments", id=number, order_id=number, memo=str(number))
            for table in notes:
                of = "payment_id" if table == "payment_events" else "seller_order_id"
                key = {"key": str(number)} if table not in (notes[0], "hand_overs") else {}
                kind = {"kind": "own"} if table == "hand_overs" else {"actor_kind": "seller"}
                put(file, table, id=number, note="hers", **{of: number}, **key, **kind)
            put(file, "carrier_accounts", id=number, seller_id=number, address=str(number))
            put(file, "carrier_parcels", id=number, account_id=number, seller_id=number,
                seller_order_id=number, client_code=str(number), tracking_code=f"GO{number}", weight_g=1, state="made")  # fmt: skip
            put(file, "carrier_words", id=number, account_id=number, key=str(number),
                tracking_code=f"GO{number}", words="hers")  # fmt: skip
    file.close()
    with _migrated(tmp_path, "head") as file:
        for table in (*notes, "carrier_words"):
            words = "words" if table == "carrier_words" else "note"
            found = file.execute(f"SELECT {words} FROM {table} ORDER BY id").fetchall()
            assert found == [("",), ("hers",)], table
        with pytest.raises(sqlite3.IntegrityError, match="never changed"):
            file.execute("UPDATE cash_moves SET note = 'x'")


def test_what_buyers_were_let_off_before_is_counted_on_the_day_it_went_back(tmp_path):
    """By hand: of 190.000 for two, one by line; that one came back. And 30.000 of another order."""
    file = _migrated(tmp_path, "0071")
    then, december, january = (
        f"{day} 05:00:00.000000" for day in ("2026-11-20", "2026-12-02", "2027-01-05")
    )
    with file:
        put(file, "sellers", id=8, slug="nha-8")
        for part, let_off, ahead in ((1, 0, 95_000), (2, 30_000, 0), (3, 0, 95_000)):
            back = 95_000 if part == 1 else 0
            put(
                file, "seller_orders", id=part, seller_id=8, order_id=part, method="transfer",
                state="delivered", items_vnd=190_000, shipping_vnd=20_000, total_vnd=210_000,
                returned_items_vnd=back, source_kind="shop", delivery="delivery",
            )  # fmt: skip
            put(
                file, "line_items", id=part, seller_order_id=part, quantity=2, returned=back // 95_000,
                unit_price_vnd=95_000, total_vnd=190_000,
            )  # fmt: skip
            put(
                file, "seller_order_moves", id=part, seller_order_id=part, from_state="handed_over",
                to_state="delivered", at=then,
            )  # fmt: skip
            put(
                file, "payment_events", id=part, payment_id=part, kind="refunded", key=f"e{part}",
                amount_vnd=let_off + ahead, at=december,
            )  # fmt: skip
            put(
                file, "refunds", id=part, payment_id=part, seller_order_id=None, state="done",
                amount_vnd=let_off + ahead, key=f"r{part}", event_id=part, move_id=None,
                asked_at=december,
            )  # fmt: skip
            put(
                file, "refund_allocations", refund_id=part, seller_order_id=part,
                amount_vnd=let_off + ahead, let_off_vnd=let_off, ahead_vnd=ahead,
            )  # fmt: skip
            if ahead:
                put(file, "refund_lines", refund_id=part, line_item_id=part, quantity=1)
        put(file, "goods_returns", id=1, seller_order_id=1, key="g1", items_vnd=95_000, at=january)
        put(file, "goods_return_lines", return_id=1, line_item_id=1, quantity=1)
        put(file, "sold_months", seller_id=8, month="2026-11-01", collector_id=0, orders=3)
    file.close()
    with _migrated(tmp_path, "head") as file:
        assert file.execute(
            "SELECT seller_order_id, seller_id, vnd, at FROM sale_reductions ORDER BY 1"
        ).fetchall() == [(2, 8, 30_000, december), (3, 8, 95_000, december)]
        assert file.execute(
            "SELECT month, orders, reductions_vnd FROM sold_months ORDER BY month"
        ).fetchall() == [("2026-11-01", 3, 0), ("2026-12-01", 0, 125_000)]


def test_rules_that_were_put_in_force_again_before_stand_where_they_stood(tmp_path):
    file = _migrated(tmp_path, "0067")
    with file:
        for table, kind, names in (
            ("commission_rules", "commission_rule", True), ("tax_rules", "tax_rule", False),
        ):  # fmt: skip
            start = 10 if names else 20
            for number in (1, 2, 3, 4):
                put(file, table, id=number, **({"hundredths": 500} if names else {}))
            # 1 was ended and became 3, which was ended and became 4; 2 was only made.
            for at, action, rule, undoes in (
                (1, "ended", 1, None), (2, "made", 3, 1), (3, "ended", 3, None), (4, "made", 4, 3),
                (5, "made", 2, None),
            ):  # fmt: skip
                put(
                    file, "audit_entries", id=start + at, action=f"{kind}.{action}",
                    subject_id=9 if names else rule,
                    undoes_id=undoes and start + undoes,
                    facts=json.dumps({"rule_id": rule} if names else {}),
                )  # fmt: skip
    file.close()
    with _migrated(tmp_path, "head") as file:
        for table in ("commission_rules", "tax_rules"):
            rows = file.execute(f"SELECT id, continues_id FROM {table} ORDER BY id")
            assert rows.fetchall() == [(1, None), (2, None), (3, 1), (4, 1)]


def test_what_slips_paid_and_settlements_kept_before_waits_for_the_books(tmp_path):
    file = _migrated(tmp_path, "0075")
    with file:
        for part, slip in ((1, 5), (2, None), (3, 6)):
            put(file, "seller_orders", id=part, order_id=part, slip_id=slip)
        put(file, "to_book", subject="voucher:3")
        # Kept by a settlement; paid in by her; what a fund paid her back; a gift.
        for number, (kind, share, vnd) in enumerate(
            (("share", None, 20_000), ("share", 7, 20_000), ("share", None, -20_000),
             ("gift", None, 50_000)), 1,
        ):  # fmt: skip
            put(
                file, "fund_entries", id=number, code=f"g{number}", number=number,
                transaction_id=number, kind=kind, share_payment_id=share, amount_vnd=vnd,
            )  # fmt: skip
    file.close()
    with _migrated(tmp_path, "head") as file:
        waits = file.execute("SELECT subject FROM to_book ORDER BY subject").fetchall()
        assert waits == [("kept_share:1",), ("voucher:1",), ("voucher:3",)]
