"""Whether everything that must always be true still is: asked each night and by `flask prove`.

Nothing here repairs: a person looks at what is named (QUALITY §2).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from shop.db import db
from shop.ledger.queries import INVARIANTS as OF_THE_BOOKS
from shop.ordering.queries import INVARIANTS as OF_ORDERS
from shop.outbox.relay import deliver_waiting
from shop.payments.queries import INVARIANTS as OF_PAYMENTS
from shop.payments.queries.booked import INVARIANTS as OF_BOOKED_PAYMENTS
from shop.stock.queries import INVARIANTS as OF_STOCK

#: Each returns no row while all is well.
INVARIANTS: dict[str, Any] = {
    **OF_STOCK,
    **OF_ORDERS,
    **OF_PAYMENTS,
    **OF_THE_BOOKS,
    **OF_BOOKED_PAYMENTS,
}
#: So many rows are shown of what is wrong.
SHOWN = 5


class BrokenInvariants(Exception):
    """Something that must never be is: the job stays in sight as failed until it is put right."""


def broken(session: Session) -> dict[str, Sequence[Any]]:
    """Return the first rows of each invariant that does not hold; read for the night."""
    found = {}
    for name, query in INVARIANTS.items():
        with session.execute(query) as rows:
            found[name] = rows.fetchmany(SHOWN)
    return {name: rows for name, rows in found.items() if rows}


def prove(now: datetime) -> None:
    """Ask everything; once more after what waits in the outbox is delivered, since a cancelled
    part and what is owed for it meet there a moment later.

    Raises:
        BrokenInvariants: names what does not hold, by ids and amounts only.
    """
    found = broken(db.session())
    db.session.rollback()
    if found:
        deliver_waiting(now)
        found = broken(db.session())
        db.session.rollback()
    if found:
        raise BrokenInvariants(
            "; ".join(f"{name}: {tuple(rows[0])}" for name, rows in found.items())
        )
