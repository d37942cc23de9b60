"""No more of a bank's line is counted for orders than it brought: refused by the database too."""

from alembic import op

revision = "0063"
down_revision = "0057"
branch_labels = None
depends_on = None

_MORE = """(
    SELECT coalesce(sum(m.amount_vnd), 0) + NEW.amount_vnd FROM bank_matches m
    WHERE m.notice_id = NEW.notice_id AND m.undone_at IS NULL
) > (SELECT n.amount_vnd FROM bank_notices n WHERE n.id = NEW.notice_id)"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER bank_matches_within BEFORE INSERT ON bank_matches "
            f"WHEN NEW.undone_at IS NULL AND {_MORE} "
            "BEGIN SELECT RAISE(ABORT, 'more than the bank told'); END"
        )
        return
    op.execute(f"""
        CREATE FUNCTION refuse_more_than_told() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF {_MORE} THEN
                RAISE EXCEPTION 'more than the bank told' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$
    """)
    op.execute(
        "CREATE TRIGGER bank_matches_within BEFORE INSERT ON bank_matches "
        "FOR EACH ROW WHEN (NEW.undone_at IS NULL) EXECUTE FUNCTION refuse_more_than_told()"
    )


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
