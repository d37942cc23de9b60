"""Whether everything that must always be true still is: asked each night, by `flask prove`, and
by the operator on the page "Is the money healthy?".

What was found is stored. Nothing here repairs: a person looks at what is named (QUALITY §2).
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from shop.banking.queries.counted import INVARIANTS as OF_TOLD_MONEY
from shop.banking.queries.funds import INVARIANTS as OF_TOLD_FUNDS
from shop.banking.queries.passes import INVARIANTS as OF_TOLD_PASSES
from shop.banking.queries.units import INVARIANTS as OF_TOLD_DEBTS
from shop.db import db, is_sqlite, transaction
from shop.earnings.queries import wrong_months, wrong_reductions
from shop.fundraising.queries.proofs import INVARIANTS as OF_FUNDS
from shop.fundraising.queries.proofs import broken_chains
from shop.kernel.clock import now_utc
from shop.ledger.queries import INVARIANTS as OF_THE_BOOKS
from shop.operations.models import Proof, ProofLine
from shop.ordering.queries import INVARIANTS as OF_ORDERS
from shop.ordering.queries.markets import INVARIANTS as OF_MARKETS
from shop.organisations.structure import INVARIANTS as OF_THE_TREE
from shop.outbox.models import OutboxMessage
from shop.payments.books import disagreements
from shop.payments.gateways.passes import INVARIANTS as OF_GIFTS_BY_CARD
from shop.payments.gateways.tasks import unapplied
from shop.payments.queries import INVARIANTS as OF_PAYMENTS
from shop.payments.queries import LOOKS as LOOKS_OF_PAYMENTS
from shop.payments.queries.booked import INVARIANTS as OF_BOOKED_PAYMENTS
from shop.payouts.queries.proofs import INVARIANTS as OF_PAYOUTS
from shop.reviews.queries import INVARIANTS as OF_REVIEWS
from shop.stock.lot_queries import INVARIANTS as OF_LOTS
from shop.stock.preorder_queries import INVARIANTS as OF_PREORDERS
from shop.stock.queries import INVARIANTS as OF_STOCK

#: Each returns no row while all is well.
INVARIANTS: dict[str, Any] = {
    "every event reached whoever listens for it": (
        select(OutboxMessage.id, OutboxMessage.event, OutboxMessage.subscriber).where(
            OutboxMessage.parked_at.is_not(None), OutboxMessage.delivered_at.is_(None)
        )
    ),
    **OF_STOCK, **OF_PREORDERS, **OF_LOTS, **OF_ORDERS, **OF_PAYMENTS, **OF_THE_BOOKS, **OF_BOOKED_PAYMENTS, **OF_PAYOUTS,
    **OF_FUNDS, **OF_TOLD_MONEY, **OF_TOLD_FUNDS, **OF_TOLD_DEBTS, **OF_TOLD_PASSES, **OF_GIFTS_BY_CARD, **OF_THE_TREE, **OF_MARKETS, **OF_REVIEWS,
}  # fmt: skip
#: What one query cannot ask: payment by payment.
LOOKS: dict[str, Callable[[Session], Iterable[dict[str, Any]]]] = {
    **LOOKS_OF_PAYMENTS,
    "I8 the books say of each payment what happened to it": disagreements,
    "every message of a gateway was acted on, or a person was asked": unapplied,
    "the lines of a fund are as they were written": broken_chains,
    "a seller's months are what arrived and came back in them": wrong_months,
    "what buyers are let off is counted in their seller's months": wrong_reductions,
}
CHECKS = [*INVARIANTS, *LOOKS]
#: So many rows are counted and shown of what is wrong.
MOST, SHOWN = 500, 20
KEPT_FOR = timedelta(days=90)


class BrokenInvariants(Exception):
    """Something that must never be is: the job stays in sight as failed until it is put right."""


def broken(session: Session) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of each check that does not hold, at most ``MOST`` and one of each."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name, query in INVARIANTS.items():
        with session.execute(query) as rows:
            found[name] = [dict(row._mapping) for row in rows.fetchmany(MOST + 1)]
    for name, look in LOOKS.items():
        found[name] = list(islice(look(session), MOST + 1))
    return {name: rows for name, rows in found.items() if rows}


def ask(asked_by: str) -> dict[str, list[dict[str, Any]]]:
    """Ask everything once, store what was found, and return it as ``broken`` does.

    All is read as it stood at one moment, so that orders which come meanwhile tear nothing
    apart; no writer waits for it.
    """
    session, started_at = db.session(), now_utc()
    session.rollback()
    # Asked once a night: kept in an engine's words, these checks alone would take six megabytes.
    options: dict[str, Any] = {"compiled_cache": None}
    if not is_sqlite(session):  # SQLite's readers see one moment anyway.
        options["isolation_level"] = "REPEATABLE READ"
    session.connection(execution_options=options)
    found = broken(session)
    session.rollback()
    with transaction() as session:
        _keep(session, found, asked_by, started_at, now_utc())
    return found


def _keep(
    session: Session, found: dict[str, Any], asked_by: str, started_at: datetime, now: datetime
) -> None:
    session.execute(delete(Proof).where(Proof.finished_at < now - KEPT_FOR))
    proof = Proof(
        asked_by=asked_by, started_at=started_at, finished_at=now, broken=len(found)
    )  # fmt: skip
    session.add(proof)
    session.flush()
    session.add_all(
        ProofLine(
            proof_id=proof.id,
            name=name,
            found=len(found.get(name, ())),
            rows=[_told(row) for row in found.get(name, ())[:SHOWN]],
        )
        for name in CHECKS
    )


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as JSON holds it: sums may come as decimals."""
    plain = (int, str, dict, type(None))
    return {key: value if isinstance(value, plain) else int(value) for key, value in row.items()}


def last_proof(session: Session) -> tuple[Proof, list[ProofLine]] | None:
    """Return what was found last, its checks in their order; None before the first time."""
    proof = session.scalars(select(Proof).order_by(Proof.id.desc()).limit(1)).one_or_none()
    if proof is None:
        return None
    lines = session.scalars(select(ProofLine).where(ProofLine.proof_id == proof.id)).all()
    places = {name: place for place, name in enumerate(CHECKS)}
    return proof, sorted(lines, key=lambda line: places.get(line.name, len(places)))


def prove(_now: datetime) -> None:
    """Ask everything once, at night.

    Raises:
        BrokenInvariants: names what does not hold, by ids and amounts only.
    """
    found = ask("night")
    if found:
        raise BrokenInvariants(
            "; ".join(f"{name}: {tuple(rows[0].values())}" for name, rows in found.items())
        )
