"""How units hang in the tree: the closure follows, and what held before is written down.

Only acts that hold the tree (``hold_tree``) come here, so that of two at once the second sees
what the first did: together they could else make a ring, or hang a unit below an ended one.
"""

from datetime import date, timedelta

from sqlalchemy import and_, delete, func, insert, literal, select
from sqlalchemy.orm import Session

from shop.db import is_sqlite
from shop.kernel.text import one_line, slug
from shop.organisations.models import Organisation, OrganisationClosure, PastName, PastParent
from shop.organisations.rules import WouldRing

#: Names the lock of the tree among PostgreSQL's advisory locks.
_ONE_TREE = 7_042_033


def hold_tree(session: Session) -> None:
    """Let nobody else change the tree until this transaction ends. SQLite has one writer anyway."""
    if not is_sqlite(session):
        session.flush()
        session.execute(select(func.pg_advisory_xact_lock(_ONE_TREE)))
        session.expire_all()


def subtree(session: Session, unit_id: int) -> set[int]:
    """Return the ids of a unit and of everything that hangs below it today."""
    return set(
        session.scalars(
            select(OrganisationClosure.descendant_id).where(
                OrganisationClosure.ancestor_id == unit_id
            )
        )
    )


def ancestors(session: Session, unit_id: int) -> list[int]:
    """Return the ids of a unit and of those above it, from itself to the top."""
    return list(
        session.scalars(
            select(OrganisationClosure.ancestor_id)
            .where(OrganisationClosure.descendant_id == unit_id)
            .order_by(OrganisationClosure.depth)
        )
    )


def new_unit(
    session: Session,
    *,
    kind: str,
    name_vi: str,
    name_en: str,
    parent_id: int | None,
    valid_from: date,
    valid_to: date | None = None,
) -> Organisation:
    """Store a unit and the closure rows of its place. Rules were asked before."""
    name = one_line(name_vi)[:160]
    unit = Organisation(
        slug=_free_slug(session, name), kind=kind, parent_id=parent_id, name_vi=name,
        name_en=one_line(name_en)[:160] or name, valid_from=valid_from, valid_to=valid_to,
    )  # fmt: skip
    session.add(unit)
    session.flush()
    session.add(OrganisationClosure(ancestor_id=unit.id, descendant_id=unit.id, depth=0))
    session.flush()
    _below(session, unit.id, parent_id)
    return unit


def rehang(
    session: Session,
    unit: Organisation,
    parent_id: int | None,
    today: date,
    reordering_id: int | None,
) -> None:
    """Hang a unit with all that is below it under another; what it hung under is written down.

    Raises:
        WouldRing: the other one hangs below it.
    """
    if parent_id is not None and parent_id in subtree(session, unit.id):
        raise WouldRing
    since, last = held_since(session, PastParent, unit), today - timedelta(days=1)
    if unit.valid_to is not None:
        last = min(last, unit.valid_to)
    if since <= last:
        session.add(
            PastParent(
                organisation_id=unit.id, parent_id=unit.parent_id, valid_from=since,
                valid_to=last, reordering_id=reordering_id,
            )
        )  # fmt: skip
    hang(session, unit, parent_id)


def hang(session: Session, unit: Organisation, parent_id: int | None) -> None:
    """Hang a unit under another, and let the closure follow. The past stays as it is written."""
    unit.parent_id = parent_id
    session.flush()
    inside = select(OrganisationClosure.descendant_id).where(
        OrganisationClosure.ancestor_id == unit.id
    )
    session.execute(
        delete(OrganisationClosure).where(
            OrganisationClosure.descendant_id.in_(inside.scalar_subquery()),
            OrganisationClosure.ancestor_id.not_in(inside.scalar_subquery()),
        ),
        execution_options={"synchronize_session": False},
    )
    _below(session, unit.id, parent_id)


def held_since(
    session: Session, past: type[PastParent] | type[PastName], unit: Organisation
) -> date:
    """Return the first day of what a unit has now: its parent or its name."""
    last = session.scalar(
        select(func.max(past.valid_to)).where(past.organisation_id == unit.id)
    )  # fmt: skip
    return last + timedelta(days=1) if last is not None else unit.valid_from


def keep_name(session: Session, unit: Organisation, today: date) -> None:
    """Write down what a unit was called until yesterday, before it is called otherwise."""
    since, last = held_since(session, PastName, unit), today - timedelta(days=1)
    if since <= last:
        session.add(
            PastName(
                organisation_id=unit.id, name_vi=unit.name_vi, name_en=unit.name_en,
                valid_from=since, valid_to=last,
            )
        )  # fmt: skip


def _below(session: Session, unit_id: int, parent_id: int | None) -> None:
    """Tell the closure that a unit, with all below it, hangs under another."""
    if parent_id is None:
        return
    above, inside = (
        OrganisationClosure.__table__.alias("a"),
        OrganisationClosure.__table__.alias("b"),
    )
    session.execute(
        insert(OrganisationClosure).from_select(
            ["ancestor_id", "descendant_id", "depth"],
            select(
                above.c.ancestor_id, inside.c.descendant_id,
                above.c.depth + inside.c.depth + literal(1),
            ).select_from(
                above.join(
                    inside, and_(above.c.descendant_id == parent_id, inside.c.ancestor_id == unit_id)
                )
            ),
        )
    )  # fmt: skip


def _free_slug(session: Session, name: str) -> str:
    """Return an address part that no unit has yet."""
    base = slug(name, 70) or "hoi"
    taken = set(
        session.scalars(
            select(Organisation.slug).where(Organisation.slug.startswith(base, autoescape=True))
        )
    )
    return next(
        s for s in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if s not in taken
    )
