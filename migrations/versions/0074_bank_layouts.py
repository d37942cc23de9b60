"""A bank's table whose columns a person named is known again; its rows are kept until it is stored."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("bank_statements", sa.Column("rows", sa.LargeBinary(), nullable=True))
    op.create_table(
        "bank_layouts",
        sa.Column("id", BIG, nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("seller_id", BIG, nullable=True),
        sa.Column("organisation_id", BIG, nullable=True),
        sa.Column("bank_bin", sa.String(length=6), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("deep", BIG, nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("saved_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("saved_by_id", BIG, nullable=True),
        sa.CheckConstraint(
            "(seller_id IS NULL) <> (organisation_id IS NULL)",
            name=op.f("ck_bank_layouts_one_owner"),
        ),
        *(
            sa.ForeignKeyConstraint(
                [name], [f"{to}.id"], name=op.f(f"fk_bank_layouts_{name}_{to}")
            )
            for name, to in (
                ("seller_id", "sellers"), ("organisation_id", "organisations"),
                ("saved_by_id", "accounts"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_layouts")),
        sa.UniqueConstraint("key", name=op.f("uq_bank_layouts_key")),
    )  # fmt: skip
    for owner in ("seller_id", "organisation_id"):
        op.create_index(op.f(f"ix_bank_layouts_{owner}"), "bank_layouts", [owner])
    if op.get_bind().dialect.name != "sqlite":
        said = "current_setting('shop.seller', true)"
        hers = f"seller_id = nullif({said}, '')::bigint"
        op.execute("ALTER TABLE bank_layouts ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE bank_layouts FORCE ROW LEVEL SECURITY")
        op.execute(
            "CREATE POLICY bank_layouts_hers ON bank_layouts "
            f"USING (coalesce({said}, '') = '' OR {hers})"
        )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
