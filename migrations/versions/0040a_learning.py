"""Lessons of trainers, who learnt what, classes and their seats, questions, hours of helpers."""

import sqlalchemy as sa
from alembic import op

import shop.db

revision = "0040a"
down_revision = "0039"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NOBODY = "coalesce(current_setting('shop.seller', true), '') = ''"


def _to(table: str, column: str, of: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{of}.id"], name=op.f(f"fk_{table}_{column}_{of}"))


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _when(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, shop.db.UtcDateTime(), nullable=nullable)


def _words(name: str, length: int) -> sa.Column:
    return sa.Column(name, sa.String(length), nullable=False)


def _long(name: str) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=False)


def _number(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, BIG, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "lessons",
        _number("id"), _words("slug", 80), _number("organisation_id"), _words("state", 8),
        _long("body_vi"), _long("body_en"), _words("deed", 20), _when("written_at"),
        _number("written_by_id", True), _number("reviewed_by_id", True), _when("shown_at", True),
        _check("lessons", "state_known", "state IN ('draft', 'shown')"),
        _check("lessons", "shown_since", "(state = 'shown') = (shown_at IS NOT NULL)"),
        _check(
            "lessons", "two_people", "reviewed_by_id IS NULL OR reviewed_by_id <> written_by_id"
        ),
        _to("lessons", "organisation_id", "organisations"),
        _to("lessons", "written_by_id", "accounts"), _to("lessons", "reviewed_by_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lessons")),
        sa.UniqueConstraint("slug", name=op.f("uq_lessons_slug")),
    )  # fmt: skip
    op.create_index(op.f("ix_lessons_organisation_id"), "lessons", ["organisation_id"])
    op.create_table(
        "lesson_reads",
        _number("account_id"), _words("slug", 80), _when("read_at"),
        _to("lesson_reads", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("account_id", "slug", name=op.f("pk_lesson_reads")),
    )  # fmt: skip
    op.create_table(
        "classes",
        _number("id"), _words("code", 12), _number("organisation_id"), _words("title_vi", 120),
        _words("title_en", 120), _long("about_vi"), _long("about_en"), _words("place_vi", 200),
        _words("place_en", 200), _words("link", 300), _words("trainer_name", 80),
        _words("trainer_phone", 20), _when("starts_at"), _when("ends_at"), _number("seats"),
        _number("taken"), _when("created_at"), _number("created_by_id", True),
        _when("cancelled_at", True), _words("cancel_reason", 300),
        _check("classes", "ends_after_start", "ends_at > starts_at"),
        _check("classes", "seats_range", "seats >= 1 AND seats <= 500"),
        _check("classes", "taken_within_seats", "0 <= taken AND taken <= seats"),
        _to("classes", "organisation_id", "organisations"),
        _to("classes", "created_by_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_classes")),
        sa.UniqueConstraint("code", name=op.f("uq_classes_code")),
    )  # fmt: skip
    op.create_index(op.f("ix_classes_organisation_id"), "classes", ["organisation_id"])
    op.create_index("ix_classes_starts", "classes", ["starts_at", "id"])
    op.create_table(
        "class_seats",
        _number("id"), _number("class_id"), _number("account_id", True), _words("attempt_id", 40),
        _words("state", 10), sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("contact", sa.LargeBinary(), nullable=False), _when("taken_at"),
        _number("written_by_id", True), _when("changed_at"),
        _check(
            "class_seats", "state_known", "state IN ('taken', 'came', 'absent', 'withdrawn')"
        ),
        _to("class_seats", "class_id", "classes"), _to("class_seats", "account_id", "accounts"),
        _to("class_seats", "written_by_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_class_seats")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_class_seats_attempt_id")),
    )  # fmt: skip
    op.create_index(op.f("ix_class_seats_class_id"), "class_seats", ["class_id"])
    op.create_index("ix_class_seats_account", "class_seats", ["account_id", "id"])
    op.create_table(
        "questions",
        _number("id"), _number("organisation_id"), _number("asked_by_id"), _long("text"),
        sa.Column("wants_call", sa.Boolean(), nullable=False), _when("asked_at"), _long("answer"),
        _when("answered_at", True), _number("answered_by_id", True),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        _check("questions", "answered_once", "(answer = '') = (answered_at IS NULL)"),
        _check(
            "questions", "shared_with_answer", "NOT is_shared OR answered_at IS NOT NULL"
        ),
        _to("questions", "organisation_id", "organisations"),
        _to("questions", "asked_by_id", "accounts"), _to("questions", "answered_by_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
    )  # fmt: skip
    op.create_index("ix_questions_unit", "questions", ["organisation_id", "answered_at", "id"])
    op.create_index("ix_questions_asker", "questions", ["asked_by_id", "id"])
    op.create_table(
        "duty_hours",
        _number("account_id"), _words("words", 120), _when("said_at"),
        _to("duty_hours", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_duty_hours")),
    )  # fmt: skip
    if op.get_bind().dialect.name == "sqlite":
        return
    # Who sits in a class and who asks what are the officers' and her own, never a stall's.
    for table in ("class_seats", "questions"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")  # For the owner as well.
        op.execute(f"CREATE POLICY {table}_of_officers ON {table} USING ({NOBODY})")


def downgrade() -> None:
    raise RuntimeError("The shop's migrations go forward; restore a backup instead.")
