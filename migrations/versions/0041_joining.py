"""Who wants to sell: asked, invited, sent in, answered. Papers get their file, and identity papers."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0041"
down_revision = "0042"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SAID = "current_setting('shop.seller', true)"
KINDS = "kind IN ('ocop', 'food_safety', 'declaration', 'other', 'identity')"


def upgrade() -> None:
    op.create_table(
        "seller_applications",
        sa.Column("id", BIG, nullable=False),
        sa.Column("organisation_id", BIG, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("contact", sa.LargeBinary(), nullable=False),
        sa.Column("phone_index", sa.String(length=40), nullable=False),
        sa.Column("locale", sa.String(length=2), nullable=False),
        sa.Column("offers", sa.String(length=300), nullable=False),
        sa.Column("attempt_id", sa.String(length=64), nullable=True),
        sa.Column("code_digest", sa.String(length=40), nullable=True),
        sa.Column("code_expires_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("code_tries", BIG, nullable=False),
        sa.Column("invited_by_id", BIG, nullable=True),
        sa.Column("account_id", BIG, nullable=True),
        sa.Column("seller_id", BIG, nullable=True),
        sa.Column("created_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("sent_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("answer", sa.String(length=500), nullable=False),
        sa.Column("answered_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("answered_by_id", BIG, nullable=True),
        sa.CheckConstraint(
            "state IN ('asked', 'invited', 'preparing', 'sent', 'again', 'approved', 'declined',"
            " 'withdrawn')",
            name=op.f("ck_seller_applications_state_known"),
        ),
        sa.CheckConstraint(
            "(state <> 'invited') OR code_digest IS NOT NULL",
            name=op.f("ck_seller_applications_invited_by_code"),
        ),
        sa.CheckConstraint(
            "state IN ('asked', 'invited', 'declined', 'withdrawn') OR seller_id IS NOT NULL",
            name=op.f("ck_seller_applications_has_stall"),
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_seller_applications_{column}_{table}")
            )
            for column, table in (
                ("organisation_id", "organisations"), ("invited_by_id", "accounts"),
                ("account_id", "accounts"), ("seller_id", "sellers"),
                ("answered_by_id", "accounts"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seller_applications")),
        *(
            sa.UniqueConstraint(column, name=op.f(f"uq_seller_applications_{column}"))
            for column in ("attempt_id", "code_digest", "seller_id")
        ),
    )  # fmt: skip
    for column in ("organisation_id", "phone_index"):
        op.create_index(op.f(f"ix_seller_applications_{column}"), "seller_applications", [column])
    op.create_index("ix_seller_applications_state", "seller_applications", ["state", "id"])
    with op.batch_alter_table("papers") as papers:
        papers.add_column(sa.Column("data_key", sa.LargeBinary(), nullable=True))
        papers.add_column(sa.Column("file", sa.LargeBinary(), nullable=True))
        papers.add_column(
            sa.Column("file_kind", sa.String(length=5), nullable=False, server_default="")
        )
        papers.drop_constraint(op.f("ck_papers_kind_known"), type_="check")
        papers.create_check_constraint(op.f("ck_papers_kind_known"), KINDS)
    if op.get_bind().dialect.name == "sqlite":
        return
    op.execute("ALTER TABLE seller_applications ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE seller_applications FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY seller_applications_hers ON seller_applications USING "
        f"(coalesce({_SAID}, '') = '' OR seller_id = nullif({_SAID}, '')::bigint)"
    )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
