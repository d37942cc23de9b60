"""Reads that are sent as they stand give what SQLAlchemy gives, and fail as it fails."""

import pytest
from sqlalchemy import Integer, bindparam, column, event, select, text
from sqlalchemy.exc import InvalidRequestError, OperationalError, ProgrammingError

from shop.catalogue.models import Product
from shop.db import Prepared, db
from shop.sellers.models import Seller
from tests.engines import both_engines

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
    found = Prepared(_told).all(session, {"least": 0})
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
    read = Prepared(_told)
    assert [row.id for row in read.all(db.session(), {"least": second})] == [second]
    assert [row.id for row in read.all(db.session(), {"least": first})] == [first, second]


@both_engines
def test_who_listens_to_the_engine_hears_of_it(app):
    heard = []

    def note(_connection, _cursor, statement, *_):
        heard.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    Prepared(_told).all(db.session(), {"least": 7})
    event.remove(db.engine, "before_cursor_execute", note)
    assert len([statement for statement in heard if "products" in statement]) == 1


def test_words_that_depend_on_values_are_refused(app):
    some = Prepared(select(Product.id).where(Product.id.in_([1, 2])))
    with pytest.raises(ValueError, match="depend on its values"):
        some.all(db.session(), {})


@both_engines
def test_an_error_of_the_driver_is_raised_as_of_any_statement(app):
    wrong = text("SELECT nothing_of_this_name AS id").columns(column("id", Integer))
    with pytest.raises((OperationalError, ProgrammingError)) as seen:
        Prepared(wrong).all(db.session(), {})
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
        Prepared(_told).all(session, {"least": 0})
    assert seen.value.connection_invalidated
    with pytest.raises(InvalidRequestError):
        Prepared(_told).all(session, {"least": 0})
    session.rollback()
    assert len(Prepared(_told).all(session, {"least": 0})) == 1
