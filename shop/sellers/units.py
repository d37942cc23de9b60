"""Stalls go along when the unit that they belong to becomes part of another."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.organisations.models import Reordering
from shop.sellers.models import Seller


def follow_units(session: Session, heirs: Sequence[tuple[int, int]]) -> dict[str, Any]:
    """Let the stalls of ended units belong to their heirs; what was sold keeps its old path.

    Returns:
        {"sellers": {seller id: unit that it belonged to}}, for ``follow_back``.
    """
    came: dict[str, int] = {}
    for ended, heir in heirs:
        moved = session.scalars(
            select(Seller.id).where(Seller.organisation_id == ended).order_by(Seller.id)
        ).all()
        session.execute(
            update(Seller).where(Seller.organisation_id == ended).values(organisation_id=heir)
        )
        came |= {str(seller_id): ended for seller_id in moved}
    return {"sellers": came}


def units_of_sellers_on(session: Session, on: date) -> dict[int, int]:
    """Return {seller id: the unit that she belonged to on a day}, whatever was reordered since."""
    of = {
        row.id: row.organisation_id
        for row in session.execute(select(Seller.id, Seller.organisation_id))
    }
    since = (
        select(Reordering.facts)
        .where(Reordering.state == "done", Reordering.done_on > on)
        .order_by(Reordering.number.desc())
    )
    for facts in session.scalars(since):
        for seller_id, unit_id in facts["followed"]["sellers"].items():
            of[int(seller_id)] = unit_id
    return of


def follow_back(session: Session, followed: dict[str, Any]) -> None:
    """Let the stalls belong again to the units that they came from."""
    for seller_id, unit_id in followed["sellers"].items():
        session.execute(
            update(Seller).where(Seller.id == int(seller_id)).values(organisation_id=unit_id)
        )
