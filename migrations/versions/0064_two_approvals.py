"""Who answers for the amount of a payout, and who for an account that was changed since."""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0058"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # Added in place: SQLite drops no table to which a payout points.
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(
        f"ALTER TABLE payout_statements ADD COLUMN account_by_id {kind}"
        " CONSTRAINT fk_payout_statements_account_by_id_accounts REFERENCES accounts (id)"
    )
    with op.batch_alter_table("payouts") as table:
        table.add_column(sa.Column("account_by_id", BIG, nullable=True))
        table.create_foreign_key(
            "fk_payouts_account_by_id_accounts", "accounts", ["account_by_id"], ["id"]
        )
        table.drop_constraint(op.f("ck_payouts_two_people"), type_="check")
        table.create_check_constraint(
            "two_people",
            "sent_by_id <> approved_by_id AND (account_by_id IS NULL OR sent_by_id <> account_by_id)",
        )
    # Whoever approved a changed account had taken the place of whoever approved the amount.
    op.execute(
        "UPDATE payout_statements SET account_by_id = approved_by_id, approved_by_id ="
        " (SELECT approved_by_id FROM settlements WHERE settlements.id = settlement_id)"
        " WHERE approved_by_id <>"
        " (SELECT approved_by_id FROM settlements WHERE settlements.id = settlement_id)"
    )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
