"""Returns that were noted by mistake, and taken back."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0054"
down_revision = "0050"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "goods_kept",
        sa.Column("return_id", BIG, nullable=False),
        sa.Column("actor_kind", sa.String(length=10), nullable=False),
        sa.Column("actor_id", BIG, nullable=True),
        sa.Column("at", shop.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["return_id"], ["goods_returns.id"], name=op.f("fk_goods_kept_return_id_goods_returns")
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["accounts.id"], name=op.f("fk_goods_kept_actor_id_accounts")
        ),
        sa.PrimaryKeyConstraint("return_id", name=op.f("pk_goods_kept")),
    )
    _keep_the_trail()
    _keep_sellers_apart()


def _keep_the_trail() -> None:
    """Like the returns themselves: no line is changed or taken away."""
    if _is_sqlite():
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER goods_kept_no_{verb.lower()} BEFORE {verb} ON goods_kept "
                "BEGIN SELECT RAISE(ABORT, 'a trail is never changed'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER goods_kept_kept BEFORE UPDATE OR DELETE ON goods_kept "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER goods_kept_kept_whole BEFORE TRUNCATE ON goods_kept "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _keep_sellers_apart() -> None:
    if _is_sqlite():
        return
    nobody = "coalesce(current_setting('shop.seller', true), '') = ''"
    hers = "EXISTS (SELECT FROM goods_returns r WHERE r.id = return_id)"
    op.execute("ALTER TABLE goods_kept ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE goods_kept FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY goods_kept_hers ON goods_kept USING ({nobody} OR {hers})")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
