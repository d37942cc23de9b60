"""Units move, become one, are divided: proposed by one person, done by another, taken back until used.

A unit that ends so hangs below its heir from then on. What it left there (campaigns, funds, bank
accounts, vouchers) keeps its name and its papers, and whoever leads the heir answers for it.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.db import Base, one_at_a_time, touch
from shop.kernel.clock import vietnam_date
from shop.kernel.errors import NotYours
from shop.kernel.text import one_line
from shop.organisations.hanging import ancestors, hang, hold_tree, new_unit, rehang, subtree
from shop.organisations.members import members_back, members_follow
from shop.organisations.models import (
    Member,
    Membership,
    Organisation,
    OrganisationClosure,
    PastMemberUnit,
    PastName,
    PastParent,
    Reordering,
)
from shop.organisations.queries import organisation
from shop.organisations.rules import (
    MOST_PARTS,
    REORDERINGS,
    NothingToReorder,
    NotOneKind,
    ReorderedByOneself,
    ReorderingMovedOn,
    UndoTooLate,
    UnitEnded,
    WouldRing,
    WrongParent,
    may_hang_below,
)

#: Takes what hangs at ended units of rooms above: ``(session, [(ended, heir)])`` → what to keep.
Follow = Callable[[Session, Sequence[tuple[int, int]]], Any]


def propose_reordering(
    session: Session,
    *,
    kind: str,
    plan: dict[str, Any],
    decision: str = "",
    proposer_id: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    for_name: str | None = None,
) -> Reordering:
    """Write down which units shall hang otherwise; nothing changes by that.

    Args:
        plan: of a move {"unit_id", "parent_id"}; of a merge {"unit_ids", "into_id" or None,
            "name_vi", "name_en", "carry": whether offices go along}; of a split {"unit_id",
            "parts": [{"name_vi", "name_en"}], "children": {id: number of its part}, "keeps":
            whether the unit itself is the first part, "carry"}.

    Raises:
        NothingToReorder, NotOneKind, UnitEnded, WouldRing, WrongParent
    """
    top = check_plan(session, kind, plan, vietnam_date(now))
    row = Reordering(
        kind=kind, state="proposed", top_id=top, plan=plan, facts={},
        decision=one_line(decision)[:160], proposed_at=now, proposed_by_id=proposer_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _note(session, row, f"{kind}_proposed", now, actor_id, actor_name, proposer_id, for_name)
    return row


def drop_reordering(
    session: Session,
    *,
    reordering_id: int,
    decider_id: int | None,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    for_name: str | None = None,
    undoes_id: int | None = None,
) -> None:
    """Say that a proposal is not meant any more.

    Raises:
        ReorderingMovedOn
    """
    row = _held(session, reordering_id)
    if row.state != "proposed":
        raise ReorderingMovedOn(state=row.state)
    row.state, row.decided_at, row.decided_by_id = "dropped", now, decider_id
    _note(
        session, row, "reordering_dropped", now, actor_id, actor_name, decider_id, for_name,
        undoes_id,
    )  # fmt: skip


def do_reordering(
    session: Session,
    *,
    reordering_id: int,
    confirmer_id: int,
    follow: Follow,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    for_name: str | None = None,
) -> bool:
    """Let a proposal come true from today on; False when it did already.

    Raises:
        ReorderedByOneself: she proposed it herself.
        ReorderingMovedOn: it was dropped.
        NothingToReorder, NotOneKind, UnitEnded, WouldRing, WrongParent: the tree is not as it
            was when it was proposed; nothing is stored.
    """
    hold_tree(session)
    row = _held(session, reordering_id)
    if row.proposed_by_id == confirmer_id:
        raise ReorderedByOneself
    if row.state == "done":
        return False
    if row.state != "proposed":
        raise ReorderingMovedOn(state=row.state)
    today = vietnam_date(now)
    row.top_id = check_plan(session, row.kind, row.plan, today)
    facts = _DO[row.kind](session, row, _Work(row.id, today, confirmer_id, now))
    facts["followed"] = follow(session, [(old, new) for old, new in facts["heirs"]])
    row.facts = facts
    row.number = (session.scalar(select(func.max(Reordering.number))) or 0) + 1
    row.state, row.done_on = "done", today
    row.decided_at, row.decided_by_id = now, confirmer_id
    _note(session, row, "reordered", now, actor_id, actor_name, confirmer_id, for_name)
    touch(session, "catalogue")
    return True


def undo_reordering(
    session: Session,
    *,
    reordering_id: int,
    follow_back: Callable[[Session, Any], None],
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> None:
    """Put everything back as if it had never been, while nothing was built on it.

    Raises:
        UndoTooLate: a new unit is in use, an office changed, or a later act stands on it.
    """
    hold_tree(session)
    row = _held(session, reordering_id)
    if row.state != "done" or _built_on(session, row):
        raise UndoTooLate
    facts = row.facts
    session.execute(delete(Membership).where(Membership.id.in_([int(i) for i in facts["carried"]])))
    for term, ends_on in facts["terms"].items():
        session.execute(
            update(Membership)
            .where(Membership.id == int(term))
            .values(ends_on=ends_on and date.fromisoformat(ends_on))
        )
    for unit_id in facts["ended"]:
        organisation(session, unit_id).valid_to = None
    for ended, heir in facts["heirs"]:
        members_back(session, ended, heir, row.id, facts["late"])
    session.execute(delete(PastParent).where(PastParent.reordering_id == row.id))
    for unit_id, parent_id in facts["parents"].items():
        hang(session, organisation(session, int(unit_id)), parent_id)
    for unit_id in facts["new"]:
        unit = organisation(session, unit_id)
        unit.valid_to = unit.valid_from - timedelta(days=1)
    follow_back(session, facts["followed"])
    row.state = "undone"
    _note(
        session, row, "reordering_undone", now, actor_id, actor_name, None, None, undoes_id
    )  # fmt: skip
    touch(session, "catalogue")


def check_plan(session: Session, kind: str, plan: dict[str, Any], today: date) -> int | None:
    """Return the unit within which a plan happens (None: at the top), or refuse it.

    Raises:
        NothingToReorder, NotOneKind, UnitEnded, WouldRing, WrongParent
    """
    if kind not in REORDERINGS:
        raise ValueError(f"{kind!r} is no way to put units into another order.")
    return {"move": _check_move, "merge": _check_merge, "split": _check_split}[kind](
        session, plan, today
    )


def units_of(plan: dict[str, Any]) -> list[int]:
    """Return the units that a plan is about, the one to name first."""
    named = [*plan.get("unit_ids", ()), plan.get("unit_id"), plan.get("into_id")]
    return [unit for unit in named if unit is not None]


def _check_move(session: Session, plan: dict[str, Any], today: date) -> int | None:
    unit, parent_id = _open(session, plan["unit_id"], today), plan["parent_id"]
    parent = _open(session, parent_id, today) if parent_id is not None else None
    if unit.parent_id == parent_id:
        raise NothingToReorder
    if parent is not None and parent.id in subtree(session, unit.id):
        raise WouldRing
    _fits(unit.kind, parent)
    return _within(session, [unit.parent_id, parent_id])


def _check_merge(session: Session, plan: dict[str, Any], today: date) -> int | None:
    ending = [_open(session, unit_id, today) for unit_id in dict.fromkeys(plan["unit_ids"])]
    into = _open(session, plan["into_id"], today) if plan.get("into_id") is not None else None
    every = [*ending, *([into] if into is not None else [])]
    if len({unit.id for unit in every}) < len(every) or not 2 <= len(every) <= MOST_PARTS:
        raise NothingToReorder
    if into is None and not one_line(plan["name_vi"]):
        raise NothingToReorder
    if len({unit.kind for unit in every}) > 1:
        raise NotOneKind
    for unit in every:  # Kinds forbid it already; the closure would not survive it.
        if {other.id for other in every} & (subtree(session, unit.id) - {unit.id}):
            raise WouldRing
    return _within(session, [unit.parent_id for unit in every])


def _check_split(session: Session, plan: dict[str, Any], today: date) -> int | None:
    unit, parts = _open(session, plan["unit_id"], today), plan["parts"]
    named = parts[1:] if plan["keeps"] else parts
    if not 2 <= len(parts) <= MOST_PARTS or not all(one_line(part["name_vi"]) for part in named):
        raise NothingToReorder
    if not all(0 <= part < len(parts) for part in plan["children"].values()):
        raise NothingToReorder
    return _within(session, [unit.parent_id])


def _open(session: Session, unit_id: int, today: date) -> Organisation:
    unit = organisation(session, unit_id)
    if unit.valid_to is not None or unit.valid_from > today:
        raise UnitEnded
    return unit


def _fits(kind: str, parent: Organisation | None) -> None:
    parent_kind = parent.kind if parent is not None else None
    if not may_hang_below(kind, parent_kind):
        raise WrongParent(kind=kind, parent_kind=parent_kind)


def _within(session: Session, parents: Iterable[int | None]) -> int | None:
    """Return the lowest unit that stands above all of these places; None when there is none."""
    common: list[int] | None = None
    for parent in parents:
        line = ancestors(session, parent) if parent is not None else []
        common = line if common is None else [unit for unit in common if unit in set(line)]
    return common[0] if common else None


class _Work:
    """One reordering under way: on which day, by whose word, and what it leaves behind."""

    def __init__(self, reordering_id: int, today: date, confirmer_id: int, now: datetime) -> None:
        self.reordering_id, self.today = reordering_id, today
        self.confirmer_id, self.now = confirmer_id, now
        self.facts: dict[str, Any] = {
            "new": [], "ended": [], "parents": {}, "heirs": [], "terms": {}, "carried": {},
            "late": {},
        }  # fmt: skip

    def rehang(self, session: Session, unit: Organisation, parent_id: int | None) -> None:
        self.facts["parents"][str(unit.id)] = unit.parent_id
        rehang(session, unit, parent_id, self.today, self.reordering_id)

    def open(
        self, session: Session, like: Organisation, named: dict[str, str], parent_id: int | None
    ) -> int:
        unit = new_unit(
            session, kind=like.kind, name_vi=named["name_vi"], name_en=named.get("name_en", ""),
            parent_id=parent_id, valid_from=self.today,
        )  # fmt: skip
        self.facts["new"].append(unit.id)
        return unit.id

    def end(self, session: Session, unit_id: int, heir_id: int, *, carry: bool) -> None:
        """End a unit; its plain members go to the heir, its offices too when ``carry``."""
        unit = organisation(session, unit_id)
        last_day = max(self.today, unit.valid_from) - timedelta(days=1)
        for term in session.scalars(
            select(Membership)
            .where(
                Membership.organisation_id == unit_id,
                or_(Membership.ends_on.is_(None), Membership.ends_on > last_day),
            )
            .order_by(Membership.id)
        ).all():
            if carry or term.role == "member":
                self._carry(session, term, heir_id)
            if term.starts_on <= last_day:
                self.facts["terms"][str(term.id)] = term.ends_on and term.ends_on.isoformat()
                term.ends_on = last_day
        self.facts["late"] |= members_follow(
            session, unit_id, heir_id, self.today, self.reordering_id
        )
        unit.valid_to = last_day
        self.facts["ended"].append(unit_id)
        self.facts["heirs"].append([unit_id, heir_id])
        self.rehang(session, unit, heir_id)

    def _carry(self, session: Session, term: Membership, heir_id: int) -> None:
        starts_on = max(self.today, term.starts_on)
        held = session.scalar(
            select(Membership.id).where(
                Membership.organisation_id == heir_id,
                Membership.account_id == term.account_id,
                Membership.role == term.role,
                or_(Membership.ends_on.is_(None), Membership.ends_on >= starts_on),
            )
        )
        if held is not None:
            return
        made = Membership(
            organisation_id=heir_id, account_id=term.account_id, role=term.role,
            starts_on=starts_on, ends_on=term.ends_on, appointed_by_id=self.confirmer_id,
            created_at=self.now,
        )  # fmt: skip
        session.add(made)
        session.flush()
        self.facts["carried"][str(made.id)] = term.ends_on and term.ends_on.isoformat()


def open_below(session: Session, unit_id: int) -> Sequence[Organisation]:
    """Return the open units that hang right below one, by name."""
    return session.scalars(
        select(Organisation)
        .where(Organisation.parent_id == unit_id, Organisation.valid_to.is_(None))
        .order_by(Organisation.name_vi, Organisation.id)
    ).all()


def _move(session: Session, row: Reordering, work: _Work) -> dict[str, Any]:
    work.rehang(session, organisation(session, row.plan["unit_id"]), row.plan["parent_id"])
    return work.facts


def _merge(session: Session, row: Reordering, work: _Work) -> dict[str, Any]:
    plan = row.plan
    ending, heir_id = list(dict.fromkeys(plan["unit_ids"])), plan.get("into_id")
    if heir_id is None:
        first = organisation(session, ending[0])
        above = {organisation(session, unit_id).parent_id for unit_id in ending}
        parent_id = first.parent_id if len(above) == 1 else row.top_id
        heir_id = work.open(session, first, plan, parent_id)
    for unit_id in ending:
        for child in open_below(session, unit_id):
            work.rehang(session, child, heir_id)
        work.end(session, unit_id, heir_id, carry=plan["carry"])
    return work.facts


def _split(session: Session, row: Reordering, work: _Work) -> dict[str, Any]:
    plan, unit = row.plan, organisation(session, row.plan["unit_id"])
    unit_id, parent_id = unit.id, unit.parent_id
    heirs = [
        unit_id if plan["keeps"] and number == 0 else work.open(session, unit, part, parent_id)
        for number, part in enumerate(plan["parts"])
    ]
    for child in open_below(session, unit_id):
        heir = heirs[plan["children"].get(str(child.id), 0)]
        if heir != unit_id:
            work.rehang(session, child, heir)
    if not plan["keeps"]:
        work.end(session, unit_id, heirs[0], carry=plan["carry"])
    return work.facts


_DO: dict[str, Callable[[Session, Reordering, _Work], dict[str, Any]]] = {
    "move": _move, "merge": _merge, "split": _split,
}  # fmt: skip


def _built_on(session: Session, row: Reordering) -> bool:
    """Tell whether something stands on a reordering, so that it cannot be taken back."""
    facts = row.facts
    mine = _touched(row)
    later = session.scalars(
        select(Reordering).where(Reordering.state == "done", Reordering.number > row.number)
    )
    if any(_touched(other) & mine for other in later):
        return True
    before = {parent for parent in facts["parents"].values() if parent is not None}
    back = set(facts["ended"])
    for unit_id in before - back:
        if organisation(session, unit_id).valid_to is not None:
            return True
    for unit_id in facts["parents"]:
        if int(unit_id) not in back and organisation(session, int(unit_id)).valid_to is not None:
            return True
    for term, ends_on in facts["carried"].items():
        held = session.get(Membership, int(term))
        if held is None or (held.ends_on and held.ends_on.isoformat()) != ends_on:
            return True
    return any(_used(session, unit_id, row) for unit_id in facts["new"])


def _touched(row: Reordering) -> set[int]:
    return {
        *(int(unit) for unit in row.facts["parents"]), *row.facts["new"], *row.facts["ended"],
        *(unit for pair in row.facts["heirs"] for unit in pair),
    }  # fmt: skip


#: What names a unit without using it: the tree's own records.
_RECORDS = {
    table.__tablename__ for table in (OrganisationClosure, PastName, PastParent, Reordering)
}  # fmt: skip


def _used(session: Session, unit_id: int, row: Reordering) -> bool:
    """Tell whether any table of the shop names a new unit, but for what came along with it."""
    facts = row.facts
    if organisation(session, unit_id).valid_to is not None:
        return True
    came: dict[str, list[int]] = {
        "organisations": [int(unit) for unit in facts["parents"]],
        "memberships": [int(term) for term in facts["carried"]],
        **{name: [int(i) for i in ids] for name, ids in (facts["followed"] or {}).items()},
    }
    for table in Base.metadata.sorted_tables:
        if table.name in _RECORDS:
            continue
        for column in table.columns:
            if any(key.column.table.name == "organisations" for key in column.foreign_keys):
                wanted = select(column).where(column == unit_id).limit(1)
                if table.name in came:
                    wanted = wanted.where(table.c.id.not_in(came[table.name]))
                elif table.name == Member.__tablename__:
                    along = select(PastMemberUnit.member_id).where(
                        PastMemberUnit.reordering_id == row.id
                    )
                    late = [int(member_id) for member_id in facts["late"]]
                    wanted = wanted.where(table.c.id.not_in(along), table.c.id.not_in(late))
                if session.execute(wanted).first() is not None:
                    return True
    return False


def _held(session: Session, reordering_id: int) -> Reordering:
    row = one_at_a_time(session, Reordering, reordering_id)
    if row is None:
        raise NotYours
    return row


def _note(
    session: Session,
    row: Reordering,
    what: str,
    now: datetime,
    actor_id: int | None,
    actor_name: str,
    for_id: int | None,
    for_name: str | None,
    undoes_id: int | None = None,
) -> None:
    first, *_others = units_of(row.plan)
    spoken = for_name is not None
    note(
        session, action=f"organisation.{what}", subject_kind="organisation", subject_id=first,
        now=now, actor_id=actor_id, actor_name=actor_name, for_id=for_id if spoken else None,
        for_name=for_name, undoes_id=undoes_id, reordering_id=row.id, kind=row.kind,
        name=organisation(session, first).name_vi, decision=row.decision,
    )  # fmt: skip
