"""Papers of makers and goods in a table of their own, and traces beside allergens.

What products said of their self-declaration and OCOP rank moves over, unchecked: nobody has
written down yet that somebody saw those papers.
"""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0020"
down_revision = "0016"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_SAID = "current_setting('shop.seller', true)"
#: As in 0008: everybody may read, only the seller writes.
RULE = f"(coalesce({_SAID}, '') = '' OR seller_id = nullif({_SAID}, '')::bigint)"

#: Of products, as they were: what becomes a paper of each kind.
_DECLARATIONS = """
INSERT INTO papers (seller_id, product_id, kind, number, name, issuer, created_at, version)
SELECT seller_id, id, 'declaration', declaration_no, '', '', updated_at, 1
FROM products WHERE declaration_no <> '' ORDER BY id
"""
_RANKS = """
INSERT INTO papers (seller_id, product_id, kind, number, name, issuer, expires_on, stars,
                    created_at, version)
SELECT seller_id, id, 'ocop', coalesce(nullif(ocop_decision, ''), '?'), '', '',
       ocop_expires_on, ocop_stars, updated_at, 1
FROM products WHERE ocop_stars BETWEEN 3 AND 5 ORDER BY id
"""


def upgrade() -> None:
    op.create_table(
        "papers",
        sa.Column("id", BIG, nullable=False),
        sa.Column("seller_id", BIG, nullable=False),
        sa.Column("product_id", BIG, nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("issuer", sa.String(length=160), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("stars", BIG, nullable=True),
        sa.Column("created_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.Column("checked_at", shop.db.UtcDateTime(), nullable=True),
        sa.Column("checked_by_id", BIG, nullable=True),
        sa.Column("withdrawn_at", shop.db.UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('ocop', 'food_safety', 'declaration', 'other')",
            name=op.f("ck_papers_kind_known"),
        ),
        sa.CheckConstraint(
            "(kind = 'ocop') = (stars IS NOT NULL) AND (stars IS NULL OR stars BETWEEN 3 AND 5)",
            name=op.f("ck_papers_stars_of_ocop"),
        ),
        sa.CheckConstraint(
            "issued_on IS NULL OR expires_on IS NULL OR issued_on <= expires_on",
            name=op.f("ck_papers_days_in_order"),
        ),
        sa.ForeignKeyConstraint(
            ["checked_by_id"], ["accounts.id"], name=op.f("fk_papers_checked_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_papers_product_id_products")
        ),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["sellers.id"], name=op.f("fk_papers_seller_id_sellers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_papers")),
    )
    op.create_index(op.f("ix_papers_seller_id"), "papers", ["seller_id"], unique=False)
    op.create_index(op.f("ix_papers_product_id"), "papers", ["product_id"], unique=False)
    op.execute(_DECLARATIONS)
    op.execute(_RANKS)
    for column in ("declaration_no", "ocop_stars", "ocop_decision", "ocop_expires_on"):
        op.drop_column("products", column)
    op.add_column("products", sa.Column("traces", sa.JSON(), server_default="[]", nullable=False))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE papers ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE papers FORCE ROW LEVEL SECURITY")
        for verb, how in (
            ("select", "USING (true)"),
            ("insert", f"WITH CHECK {RULE}"),
            ("update", f"USING {RULE}"),
            ("delete", f"USING {RULE}"),
        ):
            op.execute(f"CREATE POLICY papers_{verb} ON papers FOR {verb.upper()} {how}")


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
