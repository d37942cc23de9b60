"""Leave to help at another's stall, and what helpers did."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0028"
down_revision = "0025"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SAID = "current_setting('shop.seller', true)"


def upgrade() -> None:
    op.create_table(
        "helper_grants",
        sa.Column("id", BIG, nullable=False),
        sa.Column("seller_id", BIG, nullable=False),
        sa.Column("helper_id", BIG, nullable=False),
        sa.Column("owner_id", BIG, nullable=False),
        sa.Column("rights", sa.JSON(), nullable=False),
        sa.Column("starts_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("ends_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("consent_kind", sa.String(length=10), nullable=False),
        sa.Column("consent_on", sa.Date(), nullable=False),
        sa.Column("recorded_by_id", BIG, nullable=True),
        sa.Column("recorded_by_name", sa.String(length=120), nullable=False),
        sa.Column("consent_note", sa.String(length=300), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=True),
        sa.Column("consent_file", sa.LargeBinary(), nullable=True),
        sa.Column("consent_file_kind", sa.String(length=5), nullable=False),
        sa.Column("revoked_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("revoked_by_id", BIG, nullable=True),
        sa.Column("revoked_how", sa.String(length=10), nullable=False),
        sa.CheckConstraint(
            "consent_kind IN ('own', 'voice', 'paper', 'in_person')",
            name=op.f("ck_helper_grants_consent_known"),
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_helper_grants_ends_after_start")),
        sa.CheckConstraint("helper_id <> owner_id", name=op.f("ck_helper_grants_two_people")),
        sa.CheckConstraint(
            "(revoked_at IS NULL) = (revoked_how = '')", name=op.f("ck_helper_grants_ended_somehow")
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_helper_grants_{column}_{table}")
            )
            for column, table in (
                ("seller_id", "sellers"), ("helper_id", "accounts"), ("owner_id", "accounts"),
                ("recorded_by_id", "accounts"), ("revoked_by_id", "accounts"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_helper_grants")),
    )  # fmt: skip
    for column in ("seller_id", "helper_id"):
        op.create_index(op.f(f"ix_helper_grants_{column}"), "helper_grants", [column])
    op.create_table(
        "helper_acts",
        sa.Column("id", BIG, nullable=False),
        sa.Column("seller_id", BIG, nullable=False),
        sa.Column("grant_id", BIG, nullable=False),
        sa.Column("at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("helper_id", BIG, nullable=False),
        sa.Column("helper_name", sa.String(length=120), nullable=False),
        sa.Column("owner_name", sa.String(length=120), nullable=False),
        sa.Column("act", sa.String(length=60), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("seller_order_id", BIG, nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_helper_acts_{column}_{table}")
            )
            for column, table in (
                ("seller_id", "sellers"), ("grant_id", "helper_grants"), ("helper_id", "accounts"),
                ("seller_order_id", "seller_orders"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_helper_acts")),
    )  # fmt: skip
    op.create_index("ix_helper_acts_stall", "helper_acts", ["seller_id", "id"])
    op.create_index(op.f("ix_helper_acts_seller_order_id"), "helper_acts", ["seller_order_id"])
    if op.get_bind().dialect.name == "sqlite":
        return
    for table in ("helper_grants", "helper_acts"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY {table}_hers ON {table} USING (coalesce({_SAID}, '') = '' "
            f"OR seller_id = nullif({_SAID}, '')::bigint)"
        )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
