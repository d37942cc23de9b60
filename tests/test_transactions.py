"""The one place that commits: tries again, gives up politely, and never waits for ever."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import NullPool, create_engine, event, func, select, text, update
from sqlalchemy.exc import OperationalError

from shop.catalogue.models import Product
from shop.db import (
    ATTEMPTS,
    Busy,
    act_for_nobody,
    act_for_seller,
    db,
    in_transaction,
    touch,
    transaction,
)
from shop.organisations.models import Organisation
from shop.prepared import Prepared
from shop.web.guards import guard
from tests.engines import both_engines

LISTED = Prepared(lambda: select(Product.id).where(Product.state == "published"))


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_postgresql_gives_up_on_what_takes_too_long(app):
    for name, said in (
        ("statement_timeout", "20s"), ("lock_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "1min"), ("TimeZone", "UTC"),
        ("random_page_cost", "1.1"),
    ):  # fmt: skip
        assert db.session.scalar(text(f"SHOW {name}")) == said
    given = app.config["SQLALCHEMY_ENGINE_OPTIONS"]
    assert given["connect_args"]["connect_timeout"] == 5


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_nobody_notices_that_the_database_was_started_anew(app, client, a_variant):
    """Whatever a request does first, connections that broke while nobody asked are replaced."""
    a_variant()
    session = db.session()

    def stored() -> None:
        with transaction() as session:
            session.execute(update(Organisation).values(name_en="x"))

    ways = [
        lambda: len(LISTED.all(session)),
        lambda: session.scalar(text("SELECT 1")),
        stored,
        lambda: client.get("/hang-hoa"),
    ]
    apart = create_engine(db.engine.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    for way in ways:
        session.rollback()
        LISTED.all(session)
        session.rollback()  # From here on the connection waits in the pool.
        with apart.connect() as other:
            gone = other.execute(
                text(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            ).scalar_one()
        assert gone
        way()


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_reads_of_pages_need_no_transaction_on_postgresql(app, a_variant):
    a_variant()
    session = db.session()
    LISTED.all(session)
    driver = session.reading().connection.driver_connection
    assert driver.info.transaction_status.name == "IDLE"
    with transaction() as session:
        LISTED.all(session)
        driver = session.connection().connection.driver_connection
        assert driver.info.transaction_status.name == "INTRANS"


def test_all_reads_of_a_page_see_one_moment_on_sqlite(app, a_variant):
    a_variant()
    session = db.session()
    before = LISTED.all(session)
    with db.engine.connect() as other:
        other.execute(update(Product).values(state="hidden"))
        other.commit()
    assert LISTED.all(session) == before
    session.rollback()
    assert LISTED.all(session) == []


@both_engines
def test_a_session_takes_one_connection_at_a_time(app, a_variant):
    a_variant()
    session, pool = db.session(), db.engine.pool
    session.rollback()
    free = pool.checkedout()
    LISTED.all(session)
    assert pool.checkedout() == free + 1
    session.execute(text("SELECT 1"))
    assert pool.checkedout() == free + 1
    LISTED.all(session)
    assert pool.checkedout() == free + 1
    session.rollback()
    assert pool.checkedout() == free
    LISTED.all(session)
    session.close()
    assert pool.checkedout() == free


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_prepared_reads_of_a_seller_are_narrowed_to_her(app, a_seller):
    """Reads outside of transactions would go round the second lock (``act_for_seller``)."""
    a_seller()
    session = db.session()
    LISTED.all(session)
    told = Prepared(lambda: select(func.current_setting("shop.seller", True).label("seller")))
    act_for_seller(session, 41)
    assert told.scalar(session) == "41"
    session.rollback()
    assert told.scalar(session) == "41"
    act_for_nobody()
    assert told.scalar(session) in ("", None)


@pytest.mark.parametrize("engine_name", ["postgresql"])
@pytest.mark.parametrize("code", ["40001", "40P01"])
def test_a_deadlock_or_a_conflict_is_tried_again_and_then_given_up(app, an_organisation, code):
    unit, tries = an_organisation(), []
    fail = f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{code}'; END $$"

    def work(session, until: int) -> str:
        session.execute(update(Organisation).where(Organisation.id == unit).values(name_en="x"))
        tries.append(1)
        if len(tries) < until:
            session.execute(text(fail))
        return "done"

    assert in_transaction(lambda session: work(session, 3)) == "done"
    assert len(tries) == 3
    tries.clear()
    with pytest.raises(Busy):
        in_transaction(lambda session: work(session, 99))
    assert len(tries) == ATTEMPTS


@both_engines
def test_other_faults_are_not_tried_again(app):
    tries = []

    def work(session):
        tries.append(1)
        session.execute(text("SELECT nothing_of_this_name"))

    with pytest.raises(Exception, match="nothing_of_this_name"):
        in_transaction(work)
    assert tries == [1]


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_a_lock_that_another_holds_ends_in_503_and_stores_nothing(app, an_organisation, client):
    unit = an_organisation("Trước")

    @app.get("/slow")
    @guard("anyone")
    def slow() -> str:
        with transaction() as session:
            session.execute(text("SET LOCAL lock_timeout = '100ms'"))
            session.execute(update(Organisation).values(name_vi="Sau"))
        return "done"

    app.config["PROPAGATE_BUGS"] = False
    with db.engine.connect() as other:
        other.execute(update(Organisation).where(Organisation.id == unit).values(name_en="held"))
        answer = client.get("/slow")
        other.rollback()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    db.session.rollback()
    assert db.session.get_one(Organisation, unit).name_vi == "Trước"


def test_when_the_database_is_away_pages_close_and_say_come_back(
    app, client, an_account, sign_in, a_seller, a_variant
):
    """Fails closed: without sign-ins to look at, nobody is let in (QUALITY T48)."""
    app.config["PROPAGATE_BUGS"] = False
    owner = an_account()
    a_seller(owner_id=owner)
    browser = sign_in(owner, "seller")
    client.post("/gio/them", data={"mon": a_variant()})
    ways = [
        (browser, "/tai-khoan"),
        (browser, "/ban-hang"),
        (client, "/gio"),
        (client, "/hang-hoa"),
    ]
    for who, way in ways:
        assert who.get(way).status_code == 200, way
    db.session.remove()

    def away(*_args, **_kwargs):
        raise OperationalError("SELECT 1", {}, Exception("canary"))

    event.listen(db.engine, "before_cursor_execute", away)
    for who, way in ways:
        answer = who.get(way)
        assert answer.status_code == 503, way
        assert answer.headers["Retry-After"] == "5"
        assert "Chợ đang bận" in answer.text
        assert "canary" not in answer.text
        assert "Nguyễn Thị Thử" not in answer.text
    event.remove(db.engine, "before_cursor_execute", away)


def test_a_view_without_a_guard_or_with_an_unknown_one_answers_nobody(app, client):
    app.config["PROPAGATE_BUGS"] = False
    app.add_url_rule("/unguarded", "unguarded", lambda: "secret")
    app.add_url_rule("/odd", "odd", guard("nobody-registered-this")(lambda: "secret"))
    for address in ("/unguarded", "/odd"):
        answer = client.get(address)
        assert answer.status_code == 500
        assert "secret" not in answer.text


@both_engines
def test_what_a_failed_unit_of_work_did_is_gone(app, an_organisation):
    unit = an_organisation("Trước")
    with pytest.raises(RuntimeError), transaction() as session:
        session.execute(update(Organisation).values(name_vi="Sau"))
        raise RuntimeError
    assert db.session.get_one(Organisation, unit).name_vi == "Trước"


def test_writers_of_one_process_follow_each_other_on_sqlite(app, an_organisation):
    """SQLite would have each sleep and look again, which one of many does for far too long."""
    unit = an_organisation("Trước")
    db.session.remove()

    def look_once(connection, *_):
        connection.execute("PRAGMA busy_timeout = 0")

    event.listen(db.engine, "checkout", look_once)
    writes, waits = Event(), Event()

    def first() -> None:
        with app.app_context(), transaction() as session:
            session.execute(update(Organisation).values(name_en="1"))
            writes.set()
            assert waits.wait(10)
            time.sleep(0.05)

    def second() -> None:
        assert writes.wait(10)
        with app.app_context():
            waits.set()
            with transaction() as session:
                session.execute(update(Organisation).values(name_en=Organisation.name_en + "2"))

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(first), pool.submit(second)]:
            done.result(20)
    event.remove(db.engine, "checkout", look_once)
    assert db.session.get_one(Organisation, unit).name_en == "12"


def test_a_writer_does_not_wait_for_ever_for_its_turn(app, an_organisation, monkeypatch):
    an_organisation("Trước")
    monkeypatch.setattr("shop.db._PATIENCE_S", 0.05)

    def another() -> None:
        with app.app_context(), pytest.raises(Busy), transaction():
            pass

    with transaction(), ThreadPoolExecutor(1) as pool:
        pool.submit(another).result(10)


def test_a_kept_page_is_answered_while_the_database_is_away_and_others_close(
    app, client, a_variant
):
    """What is kept is answered before Flask is asked, and so is its look at the database."""
    app.config["PROPAGATE_BUGS"] = False
    a_variant("Mật ong")
    assert client.get("/").status_code == 200
    db.session.remove()

    def away(*_args, **_kwargs):
        raise OperationalError("SELECT 1", {}, Exception("canary"))

    event.listen(db.engine, "before_cursor_execute", away)
    cache = app.extensions["page_cache"]
    for way, status in (("/", 200), ("/hang-hoa", 503)):
        cache._next_look = 0.0
        answer = client.get(way)
        assert answer.status_code == status
        assert cache._next_look > 0, "It was looked."
    assert answer.headers["Retry-After"] == "5"
    event.remove(db.engine, "before_cursor_execute", away)
    with transaction() as session:
        touch(session, "catalogue")
    cache._next_look = 0.0
    assert client.get("/hang-hoa").status_code == 200
