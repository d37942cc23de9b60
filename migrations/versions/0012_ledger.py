"""The books: accounts, transactions that seal their entries, and triggers that keep them so.

Entries are written first, then the row of their transaction, which is the seal: it is let in
only when they balance. Why this holds without deferred triggers on SQLite: shop/ledger/models.py.
"""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0012"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _tables()
    if op.get_bind().dialect.name == "sqlite":
        for statement in SQLITE:
            op.execute(statement)
    else:
        for statement in POSTGRESQL:
            op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")


def _tables() -> None:
    op.create_table(
        "ledger_accounts",
        sa.Column("id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("owner", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.String(length=60), nullable=False),
        sa.Column("balance_vnd", BIG, nullable=False),
        sa.Column("opened_at", shop.db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_accounts")),
        sa.UniqueConstraint(
            "kind", "owner", "detail", name=op.f("uq_ledger_accounts_kind_owner_detail")
        ),
    )
    op.create_index("ix_ledger_accounts_owner", "ledger_accounts", ["owner"])
    op.create_table(
        "ledger_transactions",
        sa.Column("id", BIG, nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("occurred_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("recorded_at", shop.db.UtcDateTime(), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("reversal_of", BIG, nullable=True),
        sa.Column("legs", BIG, nullable=False),
        sa.CheckConstraint("legs >= 2", name=op.f("ck_ledger_transactions_two_legs")),
        sa.ForeignKeyConstraint(
            ["reversal_of"], ["ledger_transactions.id"],
            name=op.f("fk_ledger_transactions_reversal_of_ledger_transactions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_transactions")),
        sa.UniqueConstraint("key", name=op.f("uq_ledger_transactions_key")),
        sa.UniqueConstraint("reversal_of", name=op.f("uq_ledger_transactions_reversal_of")),
    )  # fmt: skip
    op.create_index(op.f("ix_ledger_transactions_subject"), "ledger_transactions", ["subject"])
    op.create_table(
        "ledger_entries",
        sa.Column("id", BIG, nullable=False),
        sa.Column("transaction_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("amount_vnd", BIG, nullable=False),
        sa.Column("balance_vnd", BIG, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("amount_minor", BIG, nullable=True),
        sa.CheckConstraint("amount_vnd <> 0", name=op.f("ck_ledger_entries_amount_not_nought")),
        sa.CheckConstraint(
            "(currency IS NULL) = (amount_minor IS NULL)",
            name=op.f("ck_ledger_entries_foreign_is_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ledger_accounts.id"],
            name=op.f("fk_ledger_entries_account_id_ledger_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"], ["ledger_transactions.id"],
            name=op.f("fk_ledger_entries_transaction_id_ledger_transactions"),
            deferrable=True, initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint(
            "transaction_id", "account_id", name=op.f("uq_ledger_entries_transaction_id_account_id")
        ),
    )  # fmt: skip
    op.create_index("ix_ledger_entries_statement", "ledger_entries", ["account_id", "id"])


#: INSERT OR REPLACE would take rows away without asking the triggers of DELETE: ids and keys
#: that stand are refused here.
SQLITE = (
    """CREATE TRIGGER ledger_entries_sealed BEFORE INSERT ON ledger_entries
    WHEN EXISTS (SELECT 1 FROM ledger_transactions WHERE id = NEW.transaction_id)
      OR EXISTS (SELECT 1 FROM ledger_entries WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'a sealed transaction takes no more entries'); END""",
    """CREATE TRIGGER ledger_transactions_seal BEFORE INSERT ON ledger_transactions
    BEGIN
      SELECT RAISE(ABORT, 'the books are never changed') WHERE EXISTS (
        SELECT 1 FROM ledger_transactions
        WHERE id = NEW.id OR key = NEW.key OR reversal_of = NEW.reversal_of);
      SELECT RAISE(ABORT, 'a transaction has two entries or more and they sum to nought') WHERE NOT EXISTS (
        SELECT 1 FROM ledger_entries WHERE transaction_id = NEW.id
        GROUP BY transaction_id
        HAVING count(*) >= 2 AND count(*) = NEW.legs AND sum(amount_vnd) = 0);
    END""",
    *(
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'the books are never changed'); END"
        for table in ("ledger_transactions", "ledger_entries")
        for verb in ("UPDATE", "DELETE")
    ),
    """CREATE TRIGGER ledger_accounts_no_delete BEFORE DELETE ON ledger_accounts
    BEGIN SELECT RAISE(ABORT, 'the books are never changed'); END""",
    """CREATE TRIGGER ledger_accounts_named BEFORE UPDATE OF id, kind, owner, detail ON ledger_accounts
    BEGIN SELECT RAISE(ABORT, 'the books are never changed'); END""",
)

POSTGRESQL = (
    """CREATE FUNCTION ledger_takes_no_more() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF EXISTS (SELECT 1 FROM ledger_transactions WHERE id = NEW.transaction_id) THEN
        RAISE EXCEPTION 'a sealed transaction takes no more entries'
        USING ERRCODE = 'integrity_constraint_violation';
      END IF;
      RETURN NEW;
    END $$""",
    """CREATE TRIGGER ledger_entries_sealed BEFORE INSERT ON ledger_entries
    FOR EACH ROW EXECUTE FUNCTION ledger_takes_no_more()""",
    """CREATE FUNCTION ledger_seals() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF NOT EXISTS (
        SELECT 1 FROM ledger_entries WHERE transaction_id = NEW.id
        HAVING count(*) >= 2 AND count(*) = NEW.legs AND sum(amount_vnd) = 0
      ) THEN
        RAISE EXCEPTION 'a transaction has two entries or more and they sum to nought'
        USING ERRCODE = 'integrity_constraint_violation';
      END IF;
      RETURN NEW;
    END $$""",
    """CREATE TRIGGER ledger_transactions_seal BEFORE INSERT ON ledger_transactions
    FOR EACH ROW EXECUTE FUNCTION ledger_seals()""",
    # Once more when all is committed: another session may have added while the seal was set.
    """CREATE FUNCTION ledger_stays_balanced() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF NOT EXISTS (
        SELECT 1 FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
        WHERE t.id = NEW.transaction_id
        GROUP BY t.legs HAVING count(*) = t.legs AND sum(e.amount_vnd) = 0
      ) THEN
        RAISE EXCEPTION 'a transaction has two entries or more and they sum to nought'
        USING ERRCODE = 'integrity_constraint_violation';
      END IF;
      RETURN NULL;
    END $$""",
    """CREATE CONSTRAINT TRIGGER ledger_entries_balanced AFTER INSERT ON ledger_entries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_stays_balanced()""",
    """CREATE FUNCTION ledger_refuses_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      RAISE EXCEPTION 'the books are never changed'
        USING ERRCODE = 'integrity_constraint_violation';
    END $$""",
    *(
        f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION ledger_refuses_change()"
        for table in ("ledger_transactions", "ledger_entries")
    ),
    """CREATE TRIGGER ledger_accounts_kept BEFORE DELETE ON ledger_accounts
    FOR EACH ROW EXECUTE FUNCTION ledger_refuses_change()""",
    """CREATE TRIGGER ledger_accounts_named BEFORE UPDATE OF id, kind, owner, detail ON ledger_accounts
    FOR EACH ROW EXECUTE FUNCTION ledger_refuses_change()""",
    *(
        f"CREATE TRIGGER {table}_kept_whole BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuses_change()"
        for table in ("ledger_accounts", "ledger_transactions", "ledger_entries")
    ),
)
