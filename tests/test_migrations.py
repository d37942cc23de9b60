"""Migrations run forward on both engines and end at the models."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from shop.db import Base, db
from shop.kernel.settings import ROOT
from tests.engines import both_engines


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
