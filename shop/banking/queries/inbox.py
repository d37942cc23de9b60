"""The inbox: what waits for a person, each with the orders that it may pay."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.banking.queries.funds import funds_named_by
from shop.banking.queries.notices import Told, memos_in, tasks_in, told
from shop.banking.queries.owners import Sight, accounts_like
from shop.banking.queries.passes import passes_like, passes_named_by
from shop.banking.queries.wanted import likely_for, named_by
from shop.banking.rules.matching import ForFund, OfPass, Wanted
from shop.ordering.models import Order, SellerOrder
from shop.payments.models import Payment
from shop.payments.queries import people_of
from shop.sellers.models import Payee


@dataclass(frozen=True, slots=True)
class Guess:
    """An order that money may be for. ``wanted``: as the rules weigh it."""

    wanted: Wanted
    order_code: str
    memo: str
    amount_vnd: int
    buyer: str
    sellers: list[Any]
    #: A seller's part of the order, for the link from her own pages.
    part_id: int
    #: Its code stands in the text; else only the amount agrees.
    is_named: bool

    @property
    def payment_id(self) -> int:
        return self.wanted.payment_id


@dataclass(frozen=True, slots=True)
class Card:
    """A notice with all that is asked about it."""

    row: Any
    told: Told
    guesses: list[Guess]
    #: Gifts and shares of this owner that it names.
    funds: list[ForFund]
    #: Gifts by card passed on into this account that it names, or that are of just this amount.
    passes: list[OfPass]

    @property
    def pays_all(self) -> list[Guess]:
        """The orders named in it, when it pays them together to the last đồng."""
        named = [guess for guess in self.guesses if guess.is_named and guess.wanted.is_here]
        wanted = sum(guess.wanted.missing_vnd for guess in named)
        return named if len(named) > 1 and wanted == self.row.amount_vnd else []

    def noted(self, guess: Guess) -> bool:
        """Tell whether somebody wrote this very amount down by hand for that order."""
        return guess.wanted.tap_of(self.row.amount_vnd) is not None


def inbox(session: Session, sight: Sight, *, page: int = 1) -> list[Card]:
    """Return one page of what waits for a person."""
    return cards_of(session, tasks_in(session, sight, page=page))


def cards_of(session: Session, rows: Sequence[Any]) -> list[Card]:
    """Return notices as cards, with the orders that each may pay."""
    opened = [(row, told(row)) for row in rows]
    found = [(row, said, *_weighed(session, row, said)) for row, said in opened]
    ids = sorted({one.payment_id for *_, named, likely in found for one in (*named, *likely)})
    faces = _faces(session, ids)
    return [
        Card(
            row,
            said,
            [
                Guess(one, *faces[one.payment_id], is_named=one in named)
                for one in dict.fromkeys((*named, *likely))
                if one.is_ours
            ],
            _funds(session, row, said),
            _passes(session, row, said),
        )
        for row, said, named, likely in found
    ]


def _funds(session: Session, row: Any, said: Told) -> list[ForFund]:
    memos = memos_in(said.text)
    if not memos:
        return []
    payees = accounts_like(session, session.get(Payee, row.payee_id))
    found = funds_named_by(session, memos, row, payees, row.booked_at)
    return [one for one in found if one.is_ours]


def _passes(session: Session, row: Any, said: Told) -> list[OfPass]:
    if row.organisation_id is None:  # Only units have funds, or accounts that cards pay into.
        return []
    payees = accounts_like(session, session.get(Payee, row.payee_id))
    return passes_named_by(session, said.text, payees) or passes_like(
        session, row.amount_vnd, payees, row.booked_at
    )


def _weighed(session: Session, row: Any, said: Told) -> tuple[list[Wanted], list[Wanted]]:
    payees = accounts_like(session, session.get(Payee, row.payee_id))
    named = named_by(session, memos_in(said.text), row, payees, row.booked_at)
    if row.amount_vnd is None:
        return named, []
    return named, likely_for(session, row.amount_vnd, row, payees, row.booked_at)


def _faces(session: Session, payment_ids: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    people = people_of(session, payment_ids)
    rows = session.execute(
        select(
            Payment.id, Payment.memo, Payment.amount_vnd, Order.code,
            func.min(SellerOrder.id).label("part_id"),
        )
        .join(Order, Order.id == Payment.order_id)
        .join(
            SellerOrder,
            (SellerOrder.order_id == Payment.order_id)
            & (SellerOrder.payee_id == Payment.payee_id),
        )
        .where(Payment.id.in_(payment_ids))
        .group_by(Payment.id, Payment.memo, Payment.amount_vnd, Order.code)
    )  # fmt: skip
    return {
        row.id: (
            row.code, row.memo, row.amount_vnd, people[row.id].buyer, people[row.id].sellers,
            row.part_id,
        )
        for row in rows
    }  # fmt: skip


def part_links(session: Session, payment_ids: Sequence[int]) -> dict[int, int]:
    """Return {payment: a seller's part that it pays}."""
    return {one: face[-1] for one, face in _faces(session, payment_ids).items()}
