"""The one place that commits: tries again, gives up politely, and never waits for ever."""

import pytest
from sqlalchemy import event, text, update
from sqlalchemy.exc import OperationalError

from shop.db import ATTEMPTS, Busy, db, in_transaction, transaction
from shop.organisations.models import Organisation
from shop.web.guards import guard
from tests.engines import both_engines


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_postgresql_gives_up_on_what_takes_too_long(app):
    for name, said in (
        ("statement_timeout", "20s"), ("lock_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "1min"), ("TimeZone", "UTC"),
    ):  # fmt: skip
        assert db.session.scalar(text(f"SHOW {name}")) == said
    given = app.config["SQLALCHEMY_ENGINE_OPTIONS"]
    assert given["connect_args"]["connect_timeout"] == 5
    assert given["pool_pre_ping"] is True


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
