"""Gifts that came without a code, as cash too, and the cash of funds that is paid into the bank."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0083"
down_revision = "0082"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OPEN = sa.text("state = 'said'")


def upgrade() -> None:
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    # In place on both engines: the lines of funds point to gifts.
    for column in (
        "came_on DATE",
        f"counted_by_id {number} CONSTRAINT fk_gifts_counted_by_id_accounts REFERENCES accounts (id)",
        "in_cash BOOLEAN DEFAULT false NOT NULL"
        " CONSTRAINT ck_gifts_cash_is_written_down"
        " CHECK (NOT in_cash OR written_by_id IS NOT NULL AND came_on IS NOT NULL)"
        " CONSTRAINT ck_gifts_cash_by_two_people"
        " CHECK (NOT in_cash OR received_vnd = 0"
        " OR counted_by_id IS NOT NULL AND counted_by_id <> written_by_id)",
    ):
        op.execute(f"ALTER TABLE gifts ADD COLUMN {column}")
    op.create_table(
        "cash_deposits",
        sa.Column("id", BIG, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("amount_vnd", BIG, nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("said_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("said_by_id", BIG, nullable=False),
        sa.Column("decided_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("decided_by_id", BIG, nullable=True),
        sa.CheckConstraint("amount_vnd > 0", name=op.f("ck_cash_deposits_amount_positive")),
        sa.CheckConstraint(
            "state IN ('said', 'noted', 'dropped')", name=op.f("ck_cash_deposits_state_known")
        ),
        sa.CheckConstraint(
            "state <> 'noted' OR decided_by_id IS NOT NULL AND decided_by_id <> said_by_id",
            name=op.f("ck_cash_deposits_two_people"),
        ),
        *(
            sa.ForeignKeyConstraint(
                [name], [f"{to}.id"], name=op.f(f"fk_cash_deposits_{name}_{to}")
            )
            for name, to in (
                ("campaign_id", "campaigns"), ("said_by_id", "accounts"),
                ("decided_by_id", "accounts"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cash_deposits")),
    )  # fmt: skip
    op.create_index(op.f("ix_cash_deposits_campaign_id"), "cash_deposits", ["campaign_id"])
    op.create_index(
        "uq_cash_deposits_open", "cash_deposits", ["campaign_id"], unique=True,
        sqlite_where=_OPEN, postgresql_where=_OPEN,
    )  # fmt: skip


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
