"""The tree as it stood on a day, and what was before: read from dates, changed by nobody."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session, aliased

from shop.organisations.models import Organisation, PastName, PastParent, Reordering
from shop.organisations.rules import holds_on


def structure_on(session: Session, on: date) -> list[dict[str, Any]]:
    """Return the units that were there on a day, in the order of the tree as it was then.

    Each with its id, kind, parent_id, depth, and the names of that day.
    """
    parents = _past(session, PastParent, on)
    names = _past(session, PastName, on)
    rows: dict[int, dict[str, Any]] = {}
    for unit in session.scalars(select(Organisation)):
        if not holds_on(unit.valid_from, unit.valid_to, on):
            continue
        before, called = parents.get(unit.id), names.get(unit.id, unit)
        rows[unit.id] = {
            "id": unit.id, "slug": unit.slug, "kind": unit.kind, "name_vi": called.name_vi,
            "name_en": called.name_en, "valid_from": unit.valid_from, "valid_to": unit.valid_to,
            "parent_id": before.parent_id if before is not None else unit.parent_id,
        }  # fmt: skip
    return in_order(rows)


def in_order(rows: dict[int, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return units from the top of the tree down, each after the one above it, by name."""
    below: dict[int | None, list[dict[str, Any]]] = {}
    for row in sorted(rows.values(), key=lambda row: (row["name_vi"], row["id"])):
        above = row["parent_id"] if row["parent_id"] in rows else None
        below.setdefault(above, []).append(row)
    ordered: list[dict[str, Any]] = []
    waiting = [(row, 0) for row in reversed(below.get(None, []))]
    while waiting:
        row, depth = waiting.pop()
        ordered.append({**row, "depth": depth})
        waiting.extend((child, depth + 1) for child in reversed(below.get(row["id"], [])))
    return ordered


def inside_on(rows: Iterable[dict[str, Any]], unit_ids: set[int]) -> set[int]:
    """Return the units of a structure that stood in or below any of some units."""
    found: set[int] = set()
    for row in rows:  # Each comes after the one above it.
        if row["id"] in unit_ids or row["parent_id"] in found:
            found.add(row["id"])
    return found


def with_absorbed(session: Session, unit_ids: set[int], on: date) -> set[int]:
    """Return some units and those that had become part of them by a day, whose papers they keep."""
    found = set(unit_ids)
    done = (
        select(Reordering.facts)
        .where(Reordering.state == "done", Reordering.done_on <= on)
        .order_by(Reordering.number.desc())
    )
    for facts in session.scalars(done):
        found |= {ended for ended, heir in facts["heirs"] if heir in found}
    return found


def _past(session: Session, past: Any, on: date) -> dict[int, Any]:
    return {
        row.organisation_id: row
        for row in session.scalars(select(past).where(past.valid_from <= on, past.valid_to >= on))
    }


def history_of(session: Session, unit_id: int) -> list[dict[str, Any]]:
    """Return what a unit was called and hung below before, the latest first."""
    above = aliased(Organisation)
    names = session.execute(
        select(PastName.name_vi, PastName.name_en, PastName.valid_from, PastName.valid_to).where(
            PastName.organisation_id == unit_id
        )
    )
    parents = session.execute(
        select(above.name_vi, above.name_en, PastParent.valid_from, PastParent.valid_to)
        .join(above, above.id == PastParent.parent_id)
        .where(PastParent.organisation_id == unit_id)
    )
    rows = [{"what": "name", **row._mapping} for row in names]
    rows += [{"what": "parent", **row._mapping} for row in parents]
    return sorted(rows, key=lambda row: row["valid_to"], reverse=True)


def became_of(session: Session, unit: Organisation) -> Organisation | None:
    """Return the unit that an ended one became part of; None when it just ended."""
    if unit.valid_to is None or unit.parent_id is None:
        return None
    for row in session.scalars(select(Reordering).where(Reordering.state == "done")):
        if [unit.id, unit.parent_id] in row.facts["heirs"]:
            return session.get(Organisation, unit.parent_id)
    return None


#: Each returns no row while the tree is a tree.
INVARIANTS: dict[str, Any] = {
    "the closure of the tree is what its parents say": text(
        """
        WITH RECURSIVE line (ancestor_id, descendant_id, depth) AS (
            SELECT id, id, 0 FROM organisations
            UNION ALL
            SELECT o.parent_id, line.descendant_id, line.depth + 1
            FROM line JOIN organisations o ON o.id = line.ancestor_id
            WHERE o.parent_id IS NOT NULL AND line.depth < 40
        )
        SELECT 'missing' AS what, l.ancestor_id, l.descendant_id, l.depth FROM line l
        LEFT JOIN organisation_closure c ON c.ancestor_id = l.ancestor_id
            AND c.descendant_id = l.descendant_id AND c.depth = l.depth
        WHERE c.ancestor_id IS NULL
        UNION ALL
        SELECT 'too much' AS what, c.ancestor_id, c.descendant_id, c.depth
        FROM organisation_closure c
        LEFT JOIN line l ON c.ancestor_id = l.ancestor_id
            AND c.descendant_id = l.descendant_id AND c.depth = l.depth
        WHERE l.ancestor_id IS NULL
        """
    ),
    "no unit hangs below one that is not there": text(
        """
        SELECT o.id, o.parent_id FROM organisations o JOIN organisations p ON p.id = o.parent_id
        WHERE o.valid_to IS NULL AND p.valid_to IS NOT NULL
        """
    ),
}
