"""PostgreSQL keeps sellers apart even where a query forgets to (QUALITY I12, T23)."""

from datetime import timedelta
from typing import Any

import click
import pytest
from flask import Flask
from sqlalchemy import func, make_url, select, text, update
from sqlalchemy.exc import DBAPIError

from shop.catalogue.models import Product, Variant
from shop.cli import health
from shop.cli.commands import open_migrations, register
from shop.cli.grants import is_above_policies, owns_tables
from shop.cli.running import prepare
from shop.db import (
    Base,
    act_for_nobody,
    act_for_seller,
    db,
    in_transaction,
    transaction,
    whole_orders,
)
from shop.kernel.clock import now_utc
from shop.learning.models import Lecture, Question, Seat
from shop.media.models import Upload, UploadPart
from shop.media.uploads import add_part, begin_upload
from shop.ordering.actions import move_seller_order
from shop.ordering.models import (
    GoodsReturn,
    GoodsReturnLine,
    LineItem,
    Order,
    SellerOrder,
    SellerOrderMove,
)
from shop.ordering.rules import Choice
from shop.organisations.lists.actions import keep_sheet
from shop.organisations.members import Person, add_member
from shop.organisations.models import Member, MemberSheet, MemberWord, PastMemberUnit
from shop.payments.actions import open_payments
from shop.payments.models import CodCollection, Payment, PaymentEvent
from shop.reviews.models import Review, ReviewSum, ReviewVersion
from shop.sellers.helping import grant_help
from shop.sellers.joining import invite
from shop.sellers.models import (
    HelperAct,
    HelperGrant,
    Payee,
    Seller,
    SellerApplication,
    SellerMember,
)
from shop.selling.actions.drafts import save_draft
from shop.selling.actions.lots import begin_lot
from shop.selling.actions.sheets import keep_goods_sheet
from shop.selling.models import GoodsDraft, GoodsSheet
from shop.shipping.models import PickupPoint, Rate, RateTable
from shop.stock.lot_models import Lot, LotMove, LotTold, LotUse
from shop.stock.lot_rules import LotFields
from shop.stock.models import StockLevel, StockMove
from shop.web.guards import guard
from tests import engines
from tests.conftest import NOON
from tests.ordering.conftest import a_cart, place  # noqa: F401

pytestmark = pytest.mark.parametrize("engine_name", ["postgresql"])

#: Tables whose rows are a seller's own; reading them without WHERE shows only hers.
PRIVATE = (
    SellerOrder, Order, LineItem, SellerOrderMove, Payment, PaymentEvent, CodCollection, StockMove,
    SellerMember, SellerApplication, Payee, HelperGrant, HelperAct, Upload, UploadPart, GoodsDraft,
    GoodsSheet,
    Lot, LotMove, LotUse, LotTold, Review, ReviewVersion, ReviewSum,
)  # fmt: skip

BY = {"actor_id": None, "actor_name": "", "now": NOON}


@pytest.fixture
def two_stalls(an_account, a_seller, a_variant, a_cart, place) -> tuple[int, int]:  # noqa: F811
    """Two stalls with an order each by either method, and one order that they share."""
    stalls, variants, people = [], [], []
    for name in ("Sương", "Hoa"):
        people.append((an_account(name), an_account(f"{name} nhờ")))
        stalls.append(a_seller(name, owner_id=people[-1][0]))
        variants.append(a_variant(seller_id=stalls[-1], on_hand=50))
    placed = [
        place(
            a_cart({variant: 1}), 120_000, choices={stall: Choice(method=method)}
        )
        for stall, variant in zip(stalls, variants, strict=True)
        for method in ("cod", "transfer")
    ]  # fmt: skip
    placed.append(place(a_cart(dict.fromkeys(variants, 1)), 240_000))
    with transaction() as session:
        for order in placed:
            open_payments(session, order.order_id, NOON)
        for stall, variant in zip(stalls, variants, strict=True):
            lot = begin_lot(
                session, seller_id=stall, variant_id=variant, quantity=5, is_counted=True,
                fields=LotFields("L1", None, None), reason="", actor_id=None, now=NOON,
            )  # fmt: skip
            part = session.scalar(
                select(func.min(SellerOrder.id)).where(SellerOrder.seller_id == stall)
            )
            said = Review(
                seller_id=stall, product_id=lot.product_id, seller_order_id=part, stars=4,
                locale="vi", written_at=NOON,
            )  # fmt: skip
            session.add_all(
                (said, ReviewSum(product_id=lot.product_id, seller_id=stall, stars_4=1))
            )
            session.flush()
            session.add(
                ReviewVersion(
                    review_id=said.id, seller_id=stall, is_reply=False, text="", until=NOON
                )
            )
            use = {"line_item_id": lot.id, "seller_order_id": lot.id, "quantity": 1, "returned": 0}
            session.add(LotUse(lot_id=lot.id, out_at=NOON, at=NOON, **use))
            session.add(LotTold(lot_id=lot.id, seller_order_id=lot.id, told_at=NOON))
        for stall, (owner, helper) in zip(stalls, people, strict=True):
            unit = session.get_one(Seller, stall).organisation_id
            asked, _word = invite(
                session, organisation_id=unit, name="Chị Mẫu", phone=f"+8490500{stall:04d}", **BY
            )
            # The way in that led to this stall: her own to read, and nobody else's.
            asked.seller_id, asked.account_id, asked.state = stall, owner, "sent"
            grant = grant_help(
                session, seller_id=stall, helper_id=helper, owner_id=owner,
                rights=("see_orders",), last_day=NOON.date(), consent_kind="paper",
                consent_on=NOON.date(), actor_id=None, actor_name="", now=NOON,
            )  # fmt: skip
            key = f"{stall:032x}"
            begin_upload(session, seller_id=stall, key=key, size_bytes=9, now=NOON)
            add_part(session, seller_id=stall, key=key, start=0, content=b"x")
            save_draft(
                session, seller_id=stall, key=key, account_id=owner, typed={"a": "b"}, now=NOON
            )
            keep_goods_sheet(
                session, seller_id=stall, tables=[[["SKU", "Price"]]], actor_id=owner,
                actor_name="", now=NOON,
            )  # fmt: skip
            session.add(
                HelperAct(
                    seller_id=stall, grant_id=grant.id, at=NOON, helper_id=helper, helper_name="",
                    owner_name="", act="selling.count", facts={},
                )
            )  # fmt: skip
    return stalls[0], stalls[1]


def count(model: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def counts() -> dict[str, int]:
    found = {model.__tablename__: count(model) for model in PRIVATE}
    db.session.rollback()
    return found


@pytest.fixture
def as_her(app: Flask, two_stalls: tuple[int, int]):
    """The test itself works for the first of the two stalls from here on."""
    act_for_seller(db.session(), two_stalls[0])
    yield two_stalls
    act_for_nobody()


def test_a_query_without_where_finds_only_her_rows(two_stalls):
    hers, hers_and_beside = {}, counts()
    for stall in two_stalls:
        act_for_seller(db.session(), stall)
        hers[stall] = counts()
        act_for_nobody()
    assert all(number > 0 for number in hers_and_beside.values()), hers_and_beside
    for table, number in hers_and_beside.items():
        shared = 1 if table == "orders" else 0
        assert [hers[stall][table] for stall in two_stalls] == [(number + shared) // 2] * 2, table


def test_the_register_of_members_and_their_classes_do_not_exist_at_a_stall(
    two_stalls, an_organisation
):
    unit = an_organisation()
    with transaction() as session:
        one = add_member(
            session, organisation_id=unit, person=Person("Lê Thị Sen", "+84905000333"),
            actor_id=None, actor_name="", now=NOON,
        ).id  # fmt: skip
        keep_sheet(
            session, kind="members", organisation_id=unit, actor_id=None, actor_name="",
            tables=[[["Họ và tên"], ["Lý"]]], now=NOON,
        )  # fmt: skip
        session.add(
            PastMemberUnit(
                member_id=one, organisation_id=unit, valid_from=NOON.date(), valid_to=NOON.date()
            )
        )
        course = Lecture(
            code="LOP00001", organisation_id=unit, title_vi="Gói hàng", place_vi="Nhà văn hoá",
            trainer_name="Lan", trainer_phone="+84905000444", starts_at=NOON,
            ends_at=NOON + timedelta(hours=2), seats=9, taken=1, created_at=NOON,
        )  # fmt: skip
        session.add(course)
        session.flush()
        session.add(
            Seat(
                class_id=course.id, attempt_id="a" * 32, state="taken", data_key=b"k",
                contact=b"c", taken_at=NOON, changed_at=NOON,
            )
        )  # fmt: skip
        asker = session.scalar(select(SellerMember.account_id).limit(1))
        session.add(
            Question(
                organisation_id=unit, asked_by_id=asker, text="Gói thế nào?", wants_call=False,
                asked_at=NOON,
            )
        )  # fmt: skip
    register = (Member, MemberWord, MemberSheet, PastMemberUnit, Seat, Question)
    assert all(count(model) for model in register)
    act_for_seller(db.session(), two_stalls[0])
    assert [count(model) for model in register] == [0] * 6
    act_for_nobody()


def test_what_came_back_is_hers_alone(two_stalls):
    for stall in two_stalls:
        part = db.session.scalar(
            select(func.min(SellerOrder.id)).where(SellerOrder.seller_id == stall)
        )
        with transaction() as session:
            for to in ("confirmed", "packed", "handed_over", "refused", "returned"):
                move_seller_order(
                    session, seller_order_id=part, to=to, actor_kind="operator", actor_id=None,
                    now=NOON,
                )  # fmt: skip
    assert (count(GoodsReturn), count(GoodsReturnLine)) == (2, 2)
    act_for_seller(db.session(), two_stalls[0])
    assert (count(GoodsReturn), count(GoodsReturnLine)) == (1, 1)
    act_for_nobody()


def test_without_the_policy_the_forgetful_query_finds_everything(as_her):
    """The twin: what holds above is the policy."""
    assert count(SellerOrder) == 3
    engines.run_as_owner("ALTER TABLE seller_orders DISABLE ROW LEVEL SECURITY")
    assert count(SellerOrder) == 6


def test_a_forgetful_page_of_a_stall_shows_only_hers_and_leaks_nothing_to_the_next(
    app, two_stalls, sign_in
):
    @app.get("/forgetful")
    @guard("seller")
    def forgetful() -> str:
        with transaction() as session:  # A transaction of its own begins narrowed, too.
            inside = session.scalar(select(func.count()).select_from(SellerOrder))
        return f"{count(SellerOrder)} {inside}"

    @app.get("/forgetful-visitor")
    @guard("visitor")
    def visitor() -> str:
        return f"{count(SellerOrder)}"

    owner = db.session.scalar(
        select(SellerMember.account_id).where(SellerMember.seller_id == two_stalls[0])
    )
    browser = sign_in(owner, "seller")
    assert browser.get("/forgetful").text == "3 3"
    assert count(SellerOrder) == 6, "the session of the request stays narrow after it"
    db.session.remove()
    for _ in range(20):  # Whatever connection the pool hands out next.
        assert browser.get("/forgetful-visitor").text == "6"
        with db.engine.connect() as connection:
            said = connection.scalar(text("SELECT current_setting('shop.seller', true)"))
        assert said in (None, "")


def test_she_cannot_change_what_is_anothers(as_her):
    """Every table that a stall writes: an UPDATE of all rows reaches hers only."""
    for model, column in (
        (SellerOrder, "note"), (Product, "title_en"), (Variant, "name_en"), (Seller, "story_vi"),
        (PickupPoint, "hours_vi"), (RateTable, "source_note"),
    ):  # fmt: skip
        changed = db.session.execute(update(model).values({column: "x"}))
        assert changed.rowcount == db.session.scalar(
            select(func.count()).where(getattr(model, column) == "x")
        ), model
        db.session.rollback()
        act_for_nobody()
        everything = count(model)
        act_for_seller(db.session(), as_her[0])
        assert changed.rowcount * 2 == everything, model
    for model, column in ((StockLevel, "on_hand"), (Rate, "step_vnd")):
        changed = db.session.execute(update(model).values({column: getattr(model, column) + 1}))
        assert changed.rowcount * 2 == count(model), model
        db.session.rollback()


@pytest.mark.parametrize("table", ["member", "payee", "move", "stock", "rate"])
def test_she_cannot_store_rows_for_another(as_her, table):
    other = as_her[1]
    act_for_nobody()
    theirs = db.session.scalar(select(SellerOrder.id).where(SellerOrder.seller_id == other))
    variant = db.session.scalar(select(Variant.id).join(Product).where(Product.seller_id == other))
    owner = db.session.scalar(select(SellerMember.account_id).limit(1))
    db.session.rollback()
    act_for_seller(db.session(), as_her[0])
    row = {
        "member": lambda: SellerMember(seller_id=other, account_id=owner, role="owner", since=NOON),
        "payee": lambda: Payee(
            seller_id=other, bank_bin="970405", bank_name="x", holder="x", data_key=b"",
            account_number=b"", last4="0000", started_at=NOON, ended_at=NOON,
        ),
        "move": lambda: SellerOrderMove(
            seller_order_id=theirs, from_state="placed", to_state="cancelled",
            actor_kind="seller", at=NOON,
        ),
        "stock": lambda: StockMove(
            variant_id=variant, kind="counted", on_hand_change=1, reserved_change=0, at=NOON
        ),
        "rate": lambda: RateTable(seller_id=other, valid_from=NOON.date()),
    }[table]()  # fmt: skip
    db.session.add(row)
    with pytest.raises(DBAPIError, match="row-level security"):
        db.session.flush()
    db.session.rollback()


def test_sums_over_a_shared_order_see_all_of_it(as_her):
    shared = db.session.scalar(
        select(SellerOrder.order_id).order_by(SellerOrder.order_id.desc()).limit(1)
    )
    parts = select(func.count()).where(SellerOrder.order_id == shared)
    assert db.session.scalar(parts) == 1
    with whole_orders(db.session()):
        assert db.session.scalar(parts) == 2
        with whole_orders(db.session()):
            assert db.session.scalar(parts) == 2
        assert db.session.scalar(parts) == 2, "the inner one ends nothing for the outer"
    assert db.session.scalar(parts) == 1
    with pytest.raises(RuntimeError), transaction() as session, whole_orders(session):
        raise RuntimeError
    assert db.session.scalar(parts) == 1


def test_a_shared_transfer_to_an_organisation_is_asked_for_anew_in_full(
    app, an_organisation, an_account, a_seller, a_variant, a_cart, place, sign_in  # noqa: F811
):  # fmt: skip
    """One stall cancels its part; what the other's costs stays owed, to the đồng."""
    unit = an_organisation()
    with transaction() as session:
        session.add(
            Payee(
                organisation_id=unit, bank_bin="970405", bank_name="Agribank", holder="HOI PHU NU",
                data_key=b"", account_number=b"", last4="0001", started_at=NOON,
            )
        )  # fmt: skip
    owner = an_account("Sương")
    stalls = [
        a_seller(name, organisation_id=unit, paid_through_organisation=True, owner_id=person)
        for name, person in (("A", owner), ("B", an_account("Hoa")))
    ]
    variants = [a_variant(seller_id=stall, on_hand=9) for stall in stalls]
    placed = place(
        a_cart(dict.fromkeys(variants, 1)), 240_000,
        choices={stall: Choice(method="transfer") for stall in stalls},
    )  # fmt: skip
    with transaction() as session:
        open_payments(session, placed.order_id, NOON)
    part = db.session.scalar(select(SellerOrder.id).where(SellerOrder.seller_id == stalls[0]))
    link_ends = select(Order.link_expires_at).where(Order.id == placed.order_id)
    db.session.rollback()
    browser = sign_in(owner, "seller")
    page = browser.get(f"/ban-hang/don/{part}").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    answer = browser.post(
        f"/ban-hang/don/{part}/buoc",
        data={"csrf_token": token, "toi": "cancelled", "ghi_chu": "Hết hàng"},
    )
    assert answer.status_code == 303
    assert db.session.scalars(select(Payment.amount_vnd)).all() == [120_000]
    assert db.session.scalar(link_ends) is None, "the other part is still on its way"


def test_the_board_still_asks_eight_times(two_stalls, sign_in, count_queries):
    owner = db.session.scalar(
        select(SellerMember.account_id).where(SellerMember.seller_id == two_stalls[0])
    )
    browser = sign_in(owner, "seller")
    assert browser.get("/ban-hang").status_code == 200
    with count_queries() as asked:
        browser.get("/ban-hang")
    assert len(asked) <= 8, asked
    assert sum("set_config" in statement for statement in asked) == 1


def test_pages_of_nobodys_stall_send_no_statement_for_it(client, two_stalls, count_queries):
    for address in ("/", "/gio", "/tat-ca"):
        with count_queries() as asked:
            client.get(address)
        assert not any("set_config" in statement for statement in asked), address


#: Tables that a seller neither reads nor writes beyond her own rows.
_PRIVATE = text("SELECT polname FROM pg_policy WHERE polname LIKE '%!_hers' ESCAPE '!'")


def test_every_table_that_hangs_on_a_seller_is_protected(app):
    protected = set(
        db.session.scalars(
            text("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        )
    )
    private = {name.removesuffix("_hers") for name in db.session.scalars(_PRIVATE)}
    hang = {
        table.name
        for table in Base.metadata.tables.values()
        if {"seller_id", "seller_order_id"} & set(table.columns.keys())
        or {key.column.table.name for key in table.foreign_keys} & private
    }
    assert "bank_matches" in hang
    assert hang <= protected, "name it in a migration as 0008 does"


def test_the_shop_works_as_a_role_that_owns_nothing(app):
    with db.engine.connect() as connection:
        assert connection.scalar(text("SELECT current_user")) == engines.SHOP
        assert not is_above_policies(connection)
        assert not owns_tables(connection)
    for statement in (
        "CREATE TABLE mine (id int)", "DROP TABLE notices", "TRUNCATE audit_entries",
        "ALTER TABLE orders DISABLE ROW LEVEL SECURITY", "DROP POLICY orders_hers ON orders",
        "UPDATE alembic_version SET version_num = 'x'",
    ):  # fmt: skip
        with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
            db.session.execute(text(statement))
        db.session.rollback()


TRAILS = (
    "audit_entries", "stock_moves", "seller_order_moves", "payment_events", "cash_moves",
    "ledger_transactions", "ledger_entries",
)  # fmt: skip


def test_no_grant_lets_the_shop_change_a_trail_and_a_trigger_stops_the_owner(app, two_stalls):
    for trail in TRAILS:
        for statement in (f"UPDATE {trail} SET id = id", f"DELETE FROM {trail}"):
            with pytest.raises(DBAPIError, match="permission denied"):
                db.session.execute(text(statement))
            db.session.rollback()
    for trail in ("stock_moves", "seller_order_moves", "payment_events"):  # These have rows.
        for statement in (f"UPDATE {trail} SET id = id", f"DELETE FROM {trail}"):
            with pytest.raises(DBAPIError, match="never changed"):
                engines.run_as_owner(statement)


def test_an_account_of_the_books_is_never_deleted(app):
    with pytest.raises(DBAPIError, match="permission denied"):
        db.session.execute(text("DELETE FROM ledger_accounts"))


def test_the_doctor_warns_of_a_role_above_the_policies(app, tmp_path, postgres):
    def role() -> health.Finding:
        return next(f for f in health.findings(now_utc()) if "Vai" in f.what)

    assert role().healthy
    url = db.engine.url.render_as_string(False)
    above = make_url(postgres[0]).username or ""
    for user, healthy in ((above, False), (engines.OWNER, True)):
        other = engines.create_app(
            engines.settings(tmp_path, engines.as_role(url, user)), TESTING=True
        )
        with other.app_context():
            found = role()
            db.session.remove()
            db.engine.dispose()
        assert found.healthy is healthy
        assert user in found.says


def test_a_copied_or_renewed_database_keeps_the_grants(app, tmp_path):
    """``flask db upgrade`` on tables that are new already grants anew, and takes nothing more."""
    url = db.engine.url.render_as_string(False)
    engines.run_as_owner(f"REVOKE ALL ON notices FROM {engines.SHOP}")
    engines.run_as_owner(f"GRANT ALL ON audit_entries TO {engines.SHOP}")
    other = engines.create_app(
        engines.settings(tmp_path, url, migration_database_url=engines.as_role(url, engines.OWNER))
    )
    register(other)
    with other.app_context():
        run = other.test_cli_runner().invoke(args=["db", "upgrade"])
    assert run.exit_code == 0, run.output
    db.session.execute(text("SELECT 1 FROM notices"))
    with pytest.raises(DBAPIError, match="permission denied"):
        db.session.execute(text("TRUNCATE audit_entries"))
    db.session.rollback()
    with pytest.raises(DBAPIError, match="permission denied"):
        db.session.execute(text("DELETE FROM audit_entries"))


def test_migrations_name_the_missing_role_in_one_sentence(app, tmp_path):
    url = db.engine.url.render_as_string(False)
    other = engines.create_app(
        engines.settings(
            tmp_path, engines.as_role(url, "nobody_of_that_name"),
            migration_database_url=engines.as_role(url, engines.OWNER),
        )
    )  # fmt: skip
    register(other)
    with other.app_context():
        run = other.test_cli_runner().invoke(args=["db", "upgrade"])
    assert run.exit_code == 1
    assert "nobody_of_that_name" in run.output
    assert "Traceback" not in run.output


def test_a_start_with_old_tables_says_who_may_renew_them(app):
    open_migrations(app)
    engines.run_as_owner("UPDATE alembic_version SET version_num = '0007'")
    with pytest.raises(click.ClickException, match="SHOP_MIGRATION_DATABASE_URL"):
        prepare()


def test_in_transaction_narrows_each_try_anew(as_her):
    assert in_transaction(lambda session: session.scalar(select(func.count(SellerOrder.id)))) == 3
    with transaction() as session, session.begin_nested():
        assert session.scalar(select(func.count(SellerOrder.id))) == 3
