"""Counting who came by a short link: how many a day, and from where. Nobody is followed."""

from datetime import date

from sqlalchemy.orm import Session

from shop.db import upsert_into
from shop.sharing.models import ShareVisits
from shop.sharing.rules import Source


def count_visit(session: Session, kind: str, subject_id: int, source: Source, *, on: date) -> None:
    """Count one visit of a day."""
    session.execute(
        upsert_into(session, ShareVisits)
        .values(kind=kind, subject_id=subject_id, source=source, on_day=on, visits=1)
        .on_conflict_do_update(
            index_elements=["kind", "subject_id", "source", "on_day"],
            set_={"visits": ShareVisits.visits + 1},
        )
    )
