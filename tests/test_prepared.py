"""Statements that are sent as they stand do what SQLAlchemy does, and fail as it fails."""

from datetime import timedelta

import pytest
from sqlalchemy import (
    Integer,
    bindparam,
    column,
    event,
    func,
    literal,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.exc import (
    IntegrityError,
    InvalidRequestError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
)

from shop.catalogue.models import Product
from shop.db import db, in_transaction, transaction
from shop.kernel.clock import VIETNAM, now_utc
from shop.outbox.models import Heartbeat, OutboxMessage
from shop.prepared import Prepared, PreparedForSeveral, PreparedInsert, numbered, one_of
from shop.sellers.models import Seller
from shop.web.models import PublicVersion
from tests.engines import both_engines, run_as_owner

_told = (
    select(
        Product.id, Product.allergens, Product.published_at, Product.title_vi,
        Seller.blind_makers, Seller.closed_at,
    )
    .join(Seller, Seller.id == Product.seller_id)
    .where(Product.state == "published", Product.id >= bindparam("least"))
    .order_by(Product.id)
)  # fmt: skip


@both_engines
def test_rows_are_those_of_the_statement_itself(app, a_variant):
    a_variant()
    a_variant()
    session = db.session()
    found = Prepared(lambda: _told).all(session, {"least": 0})
    usual = session.execute(_told, {"least": 0}).all()
    assert found == usual
    assert len(found) == 2
    assert [dict(row._mapping) for row in found] == [dict(row._mapping) for row in usual]
    assert isinstance(found[0].allergens, list)
    assert found[0].published_at.tzinfo is not None
    assert found[0].blind_makers is False


@both_engines
def test_each_asking_has_its_own_values(app, a_variant):
    a_variant()
    a_variant()
    first, second = db.session.scalars(select(Product.id).order_by(Product.id))
    read = Prepared(lambda: _told)
    assert [row.id for row in read.all(db.session(), {"least": second})] == [second]
    assert [row.id for row in read.all(db.session(), {"least": first})] == [first, second]


@both_engines
def test_what_never_changes_stands_in_the_statement(app, a_variant):
    """Sent beside it, the engines would make their plan anew for each asking."""
    a_variant()
    sent = []
    wanted = select(Product.id, literal("100 % 'of it'").label("told"))
    wanted = wanted.where(Product.state == "published", Product.id >= bindparam("least")).limit(3)

    def note(_connection, _cursor, statement, values, *_):
        sent.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", note)
    found = Prepared(lambda: wanted).all(db.session(), {"least": 0})
    event.remove(db.engine, "before_cursor_execute", note)
    assert [row.told for row in found] == ["100 % 'of it'"]
    statement, values = sent[-1]
    assert "'published'" in statement
    assert list(values.values() if isinstance(values, dict) else values) == [0]


def test_a_question_mark_among_the_words_is_refused(app):
    odd = Prepared(lambda: select(literal_column("'?'"), literal(1)))
    with pytest.raises(ValueError, match="question mark"):
        odd.all(db.session())


@both_engines
def test_who_listens_to_the_engine_hears_of_it(app):
    heard = []

    def note(_connection, _cursor, statement, *_):
        heard.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    Prepared(lambda: _told).all(db.session(), {"least": 7})
    event.remove(db.engine, "before_cursor_execute", note)
    assert len([statement for statement in heard if "products" in statement]) == 1


def test_words_that_depend_on_values_are_refused(app):
    some = Prepared(lambda: select(Product.id).where(Product.id.in_([1, 2])))
    with pytest.raises(ValueError, match="depend on its values"):
        some.all(db.session(), {})


@both_engines
def test_an_error_of_the_driver_is_raised_as_of_any_statement(app):
    wrong = text("SELECT nothing_of_this_name AS id").columns(column("id", Integer))
    with pytest.raises((OperationalError, ProgrammingError)) as seen:
        Prepared(lambda: wrong).all(db.session(), {})
    assert "nothing_of_this_name" in seen.value.statement
    assert not seen.value.connection_invalidated


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_a_connection_that_broke_is_let_go(app, a_variant):
    """The transaction it carried is lost and says so; the next one has a new connection."""
    a_variant()
    session = db.session()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as other:
        mine = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine})
    with pytest.raises(OperationalError) as seen:
        Prepared(lambda: _told).all(session, {"least": 0})
    assert seen.value.connection_invalidated
    with pytest.raises(InvalidRequestError):
        Prepared(lambda: _told).all(session, {"least": 0})
    session.rollback()
    assert len(Prepared(lambda: _told).all(session, {"least": 0})) == 1


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_plans_are_kept_when_a_page_that_only_read_ends(app, a_variant):
    """psycopg drops them at each ROLLBACK that it sends itself."""
    a_variant()
    session = db.session()
    for _ in range(12):
        db.session.execute(select(Seller.id).where(Seller.id == 7)).all()
        session.rollback()
    kept = session.scalars(text("SELECT statement FROM pg_prepared_statements")).all()
    assert [words for words in kept if "sellers" in words]


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_tables_may_change_under_a_shop_that_runs(app):
    """A page that reads asks again; work in a transaction is done again; others fail once."""
    topics = Prepared(lambda: select(PublicVersion.topic))
    usual = select(PublicVersion.topic, PublicVersion.version)

    def widen(length: int) -> None:
        for _ in range(4):
            topics.all(db.session())
            db.session.rollback()
            db.session.execute(usual).all()
            db.session.rollback()
        run_as_owner(f"ALTER TABLE public_versions ALTER topic TYPE varchar({length})")

    widen(41)
    assert topics.all(db.session()) == []
    widen(42)
    assert in_transaction(lambda session: session.execute(usual).all()) == []
    widen(43)
    with pytest.raises(NotSupportedError):
        db.session.execute(usual)
    db.session.rollback()
    assert db.session.execute(usual).all() == []


@both_engines
def test_a_row_takes_the_defaults_of_what_it_does_not_name(app):
    now = now_utc()
    stored = PreparedInsert(
        OutboxMessage, lambda insert: insert.returning(OutboxMessage.__table__.c.id)
    )
    row = {
        "event": "x", "subscriber": "y", "payload": {"é": [1]}, "recorded_at": now, "due_at": now,
    }  # fmt: skip
    with transaction() as session:
        made = stored.scalar(session, row)
    found = db.session.get_one(OutboxMessage, made)
    assert (found.payload, found.recorded_at) == ({"é": [1]}, now)
    assert (found.attempts, found.last_error, found.delivered_at) == (0, None, None)


@both_engines
def test_times_of_rows_are_their_own(app):
    """A time that was just sent is not put into the engine's words again; another is."""
    into = PreparedInsert(Heartbeat)
    now = now_utc()
    times = [now, now, now + timedelta(hours=1), now.astimezone(VIETNAM), now]
    with transaction() as session:
        into.run_all(
            session, [{"worker": f"w{n}", "beat_at": at} for n, at in enumerate(times)]
        )  # fmt: skip
    found = db.session.scalars(select(Heartbeat.beat_at).order_by(Heartbeat.worker)).all()
    assert found == times
    with pytest.raises(ValueError, match="no time zone"), transaction() as session:
        into.run(session, {"worker": "w9", "beat_at": now.replace(tzinfo=None)})


@both_engines
def test_several_rows_are_stored_as_one_is(app):
    rows = [{"topic": "a", "version": 1}, {"topic": "b", "version": 7}]
    more = PreparedInsert(
        PublicVersion,
        lambda insert: insert.on_conflict_do_update(
            index_elements=["topic"], set_={"version": PublicVersion.version + 1}
        ),
    )
    with transaction() as session:
        more.run_all(session, rows)
        more.run_all(session, rows[:1])
    assert dict(db.session.execute(select(PublicVersion.topic, PublicVersion.version)).all()) == {
        "a": 2, "b": 7,
    }  # fmt: skip


@both_engines
def test_one_statement_stores_rows_and_returns_those_that_are_new(app):
    into = PreparedInsert(
        PublicVersion,
        lambda insert: insert.on_conflict_do_nothing(index_elements=["topic"]).returning(
            PublicVersion.__table__.c.topic, PublicVersion.__table__.c.version
        ),
    )
    asked: list[str] = []
    with transaction() as session:
        event.listen(db.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
        assert into.several(session, []) == []
        assert into.several(session, [{"topic": "a (%(b)s ?)", "version": 1}]) == [
            ("a (%(b)s ?)", 1)
        ]
        more = [{"topic": f"t{n}", "version": n} for n in range(20)]
        found = into.several(session, [*more, more[0], {"topic": "a (%(b)s ?)", "version": 9}])
        assert sorted(row.version for row in found) == list(range(20))
        assert len(asked) == 2, "one row, and then all the others"
        assert (
            len(into.several(session, [{"topic": f"u{n}", "version": n} for n in range(120)]))
            == 120
        )
    assert db.session.scalar(select(func.count()).select_from(PublicVersion)) == 141
    with pytest.raises(IntegrityError), transaction() as session:
        PreparedInsert(PublicVersion).several(session, more)


@both_engines
def test_an_insert_refuses_columns_that_are_none_and_rows_that_lack_one(app):
    into = PreparedInsert(PublicVersion)
    with pytest.raises(ValueError, match="colour"):
        into.run(db.session(), {"topic": "a", "version": 1, "colour": "red"})
    with pytest.raises(KeyError, match="topic"):
        into.run(db.session(), {"version": 1})


@both_engines
def test_a_statement_says_how_many_rows_it_changed(app, a_variant):
    a_variant()
    a_variant()
    products = Product.__table__
    renamed = Prepared(
        lambda: (
            update(products)
            .where(products.c.id <= bindparam("last"))
            .values(updated_at=bindparam("at"))
        )
    )
    last = db.session.scalar(select(func.max(Product.id)))
    with transaction() as session:
        assert renamed.run(session, {"last": 0, "at": now_utc()}) == 0
        assert renamed.run(session, {"last": last, "at": now_utc()}) == 2


@both_engines
def test_what_a_constraint_forbids_is_an_integrity_error(app):
    into = PreparedInsert(PublicVersion)
    with pytest.raises(IntegrityError), transaction() as session:
        into.run_all(session, [{"topic": "a", "version": 1}, {"topic": "a", "version": 1}])
    assert db.session.scalar(select(func.count()).select_from(PublicVersion)) == 0


@both_engines
def test_one_of_several_values_is_asked_for_by_number(app, a_variant):
    for _ in range(3):
        a_variant()
    first, _, third = db.session.scalars(select(Product.id).order_by(Product.id))
    two = Prepared(
        lambda: select(Product.id).where(one_of(Product.id, "id", 2)).order_by(Product.id)
    )
    assert [row.id for row in two.all(db.session(), numbered("id", [third, first]))] == [
        first,
        third,
    ]


@both_engines
def test_however_many_are_asked_for_those_are_found(app, a_variant):
    for _ in range(5):
        a_variant()
    ids = list(db.session.scalars(select(Product.id).order_by(Product.id)))
    these = PreparedForSeveral(
        lambda among: select(Product.id).where(among(Product.id)).order_by(Product.id)
    )
    for wanted in ([], ids[:1], ids[1:3], ids[:3], ids):
        assert [row.id for row in these.all(db.session(), wanted)] == wanted
    assert len(these._of_number) == 4, "Three and four are asked for by the same statement."
