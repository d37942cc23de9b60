"""The inbox: what waits for a person, each with the orders that it may pay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.banking.queries.books import in_books_like, of_other_sum
from shop.banking.queries.counted import counted_of
from shop.banking.queries.funds import campaigns_on, funds_like, funds_named_by
from shop.banking.queries.notices import Told, memos_in, tasks_in, told
from shop.banking.queries.owners import Sight, accounts_like
from shop.banking.queries.passes import passes_like, passes_named_by
from shop.banking.queries.reversals import Earlier, earlier_of
from shop.banking.queries.units import Debtor, debtors_of, wallets_of
from shop.banking.queries.wanted import likely_for, named_by
from shop.banking.rules.matching import (
    REVERSED,
    ForFund,
    InBooks,
    OfPass,
    Wanted,
    is_no_sale,
    shares_of,
)
from shop.banking.rules.shown import Share, write_shares
from shop.kernel.codes import read_code
from shop.ordering.models import Order, SellerOrder
from shop.ordering.queries import contact_of
from shop.payments.models import Payment
from shop.payments.queries import people_of
from shop.payments.queries.turned import orders_at_the_door, sellers_of_parts
from shop.sellers.models import Payee

#: Orders to be paid at the door beside one transfer.
MOST_DOORS = 3


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
class AtTheDoor:
    """An order to be paid at the door of just the sum that came. ``is_named``: as ``Guess``."""

    order_id: int
    order_code: str
    buyer: str
    sellers: list[Any]
    part_id: int
    is_named: bool
    #: Its carrier was told to collect.
    left: bool


@dataclass(frozen=True, slots=True)
class EarlierLine:
    """A line that the bank took back, with the orders that it stands counted for."""

    row: Any
    told: Told
    #: {order code: (payment, a seller's part of it)}
    orders: dict[str, tuple[int, int]]


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
    #: {order code: đồng} of what stands counted of it already.
    counted: dict[str, int]
    #: On an organisation's account: sellers who owe it, and wallets that have money of it.
    debtors: Sequence[Debtor] = ()
    wallets: Mapping[str, int] = field(default_factory=dict)
    #: Orders whose buyers may have transferred what they were to pay at the door.
    doors: Sequence[AtTheDoor] = ()
    #: Of money that the bank took back: the line that brought it.
    earlier: EarlierLine | None = None
    #: What it may be that was counted before. ``no_sale``: so, or by its text.
    in_books: Sequence[InBooks] = ()
    no_sale: bool = False
    #: Campaigns that collect on this account: whose gift it may be that came without a code.
    campaigns: Sequence[Any] = ()
    #: Transfers to sellers that its text names by their settlement, of another sum.
    other_sum: Sequence[InBooks] = ()

    @property
    def paid_too_much(self) -> list[Debtor]:
        """Sellers who may have paid more than they owe, those nearest to it first."""
        vnd = self.row.amount_vnd or 0
        found = [one for one in self.debtors if one.too_much_vnd(vnd) and one.may_have_paid(vnd)]
        return sorted(found, key=lambda one: one.too_much_vnd(vnd))

    @property
    def left_vnd(self) -> int | None:
        """What of it is no order's yet; None in another currency."""
        return _left(self.row, self.counted)

    @property
    def shares(self) -> list[tuple[Guess, int]]:
        """The orders named in it that still wait, each with its đồng of the rest; none for one."""
        named = [
            guess
            for guess in self.guesses
            if guess.is_named and guess.wanted.is_here and guess.wanted.missing_vnd
        ]
        missing = [guess.wanted.missing_vnd for guess in named]
        shared = shares_of(self.left_vnd or 0, missing) if len(named) > 1 else []
        return list(zip(named, shared, strict=True)) if shared and min(shared) > 0 else []

    def seen(self, *guesses: Guess) -> str:
        """Return what the page says of its shares: of one order all that is left, else ``shares``."""
        shares = [(one, self.left_vnd or 0) for one in guesses] or self.shares
        return write_shares(
            Share(one.payment_id, vnd, one.wanted.missing_vnd) for one, vnd in shares
        )

    @property
    def pays_all(self) -> bool:
        """The rest pays the orders named in it together to the đồng."""
        shares = self.shares
        return bool(shares) and all(guess.wanted.missing_vnd == vnd for guess, vnd in shares)

    def noted(self, guess: Guess) -> bool:
        """Tell whether somebody wrote this very amount down by hand for that order."""
        return self.left_vnd is not None and guess.wanted.tap_of(self.left_vnd) is not None


def _left(row: Any, counted: Mapping[Any, int]) -> int | None:
    return None if row.amount_vnd is None else row.amount_vnd - sum(counted.values())


def inbox(session: Session, sight: Sight, *, page: int = 1) -> list[Card]:
    """Return one page of what waits for a person."""
    return cards_of(session, tasks_in(session, sight, page=page))


def cards_of(session: Session, rows: Sequence[Any]) -> list[Card]:
    """Return notices as cards, with the orders that each may pay."""
    counted = counted_of(session, [row.id for row in rows])
    opened = [(row, told(row), counted.get(row.id, {})) for row in rows]
    # Most lines are of one account: which others are the same is opened and compared once.
    like = {
        payee_id: accounts_like(session, session.get(Payee, payee_id))
        for payee_id in {row.payee_id for row in rows}
    }
    payees = {row.id: like[row.payee_id] for row in rows}
    books = {
        row.id: _in_books(session, row, said, stands, payees[row.id])
        for row, said, stands in opened
    }
    funds = {
        row.id: _funds(session, row, said, stands, payees[row.id]) for row, said, stands in opened
    }
    apart = {
        row.id
        for row, said, _ in opened
        if books[row.id] or is_no_sale(said.text) or any(one.taps for one in funds[row.id])
    }
    found = [
        (row, said, stands, *_weighed(session, row, said, stands, payees[row.id], row.id in apart))
        for row, said, stands in opened
    ]
    ids = {one.payment_id for *_, named, likely in found for one in (*named, *likely)}
    earlier = {
        row.id: one for row in rows if row.reason == REVERSED and (one := earlier_of(session, row))
    }
    ids = ids.union(*counted.values(), *(one.counted for one in earlier.values()))
    faces = _faces(session, sorted(ids))
    units = [row.organisation_id for row in rows if _may_be_a_units(row, counted)]
    debtors, wallets = debtors_of(session, units), wallets_of(session, units)
    doors = _doors(session, [one for one in found if not books[one[0].id]])
    return [
        Card(
            row,
            said,
            [
                Guess(one, *faces[one.payment_id], is_named=one in named)
                for one in dict.fromkeys((*named, *likely))
                if one.is_ours and (one.missing_vnd or one.payment_id not in stands)
            ],
            funds[row.id],
            [] if stands or row.reason == REVERSED else _passes(session, row, said, payees[row.id]),
            {faces[one][0]: amount for one, amount in stands.items()},
            debtors.get(row.organisation_id, ()) if _may_be_a_units(row, counted) else (),
            wallets.get(row.organisation_id, {}) if _may_be_a_units(row, counted) else {},
            doors.get(row.id, ()),
            _earlier(earlier.get(row.id), faces),
            [] if named else books[row.id],
            row.id in apart and not named,
            _campaigns(session, row, stands, payees[row.id]),
            [] if stands or named or books[row.id] else _other_sum(session, row, said),
        )
        for row, said, stands, named, likely in found
    ]


def _doors(session: Session, found: Sequence[Any]) -> dict[int, list[AtTheDoor]]:
    """Return the orders to be paid at the door that money may be for. Two queries at most.

    Those whose codes stand in the text; else, when no transfer is waited for that fits, those of
    just this sum that were placed before it came.
    """
    asked = {
        row.id: left
        for row, _, stands, *_ in found
        if row.reason != REVERSED and (left := _left(row, stands)) is not None
    }
    rows = [one for one in found if one[0].id in asked]
    owners = {(one[0].seller_id, one[0].organisation_id) for one in rows}
    orders = orders_at_the_door(session, owners, set(asked.values()))
    chosen: dict[int, list[tuple[Any, bool]]] = {}
    for row, said, _, named, likely in rows:
        bare = read_code(said.text)
        fit = [
            (order, order.code in bare)
            for order in orders
            if order.vnd == asked[row.id]
            and (order.seller_id, order.organisation_id) == (row.seller_id, row.organisation_id)
        ]
        with_code = [one for one in fit if one[1]]
        if with_code or not (named or likely):
            before = [one for one in fit if one[0].placed_at <= row.booked_at + timedelta(days=1)]
            chosen[row.id] = (with_code or before)[:MOST_DOORS]
    sold = sellers_of_parts(session, {one.id for some in chosen.values() for one, _ in some})
    return {
        notice_id: [
            AtTheDoor(
                order.id, order.code, contact_of(order).name, sold[order.id], order.part_id,
                is_named, bool(order.left),
            )
            for order, is_named in some
        ]
        for notice_id, some in chosen.items()
    }  # fmt: skip


def _earlier(found: Earlier | None, faces: Mapping[int, Any]) -> EarlierLine | None:
    if found is None:
        return None
    orders = {faces[one][0]: (one, faces[one][-1]) for one in found.counted}
    return EarlierLine(found.row, found.told, orders)


def _may_be_a_units(row: Any, counted: Mapping[int, Any]) -> bool:
    """Tell whether money may be a seller's debt or a wallet's payout."""
    return (
        row.organisation_id is not None
        and row.amount_vnd is not None
        and row.reason != REVERSED
        and row.id not in counted
    )


def _other_sum(session: Session, row: Any, said: Told) -> list[InBooks]:
    if row.reason == REVERSED:
        return []
    return of_other_sum(session, said.text, row.organisation_id, row.amount_vnd)


def _funds(
    session: Session, row: Any, said: Told, stands: Mapping[int, int], payees: Sequence[int]
) -> list[ForFund]:
    if stands or row.reason == REVERSED:
        return []
    found = funds_named_by(session, memos_in(said.text), row, payees, row.booked_at)
    return [one for one in found if one.is_ours] or funds_like(
        session, row, payees, row.amount_vnd, row.booked_at
    )


def _campaigns(
    session: Session, row: Any, stands: Mapping[int, int], payees: Sequence[int]
) -> Sequence[Any]:
    if stands or row.organisation_id is None or row.amount_vnd is None or row.reason == REVERSED:
        return []
    return campaigns_on(session, payees, row.booked_at)


def _passes(session: Session, row: Any, said: Told, payees: Sequence[int]) -> list[OfPass]:
    if row.organisation_id is None:  # Only units have funds, or accounts that cards pay into.
        return []
    return passes_named_by(session, said.text, payees) or passes_like(
        session, row.amount_vnd, payees, row.booked_at
    )


def _in_books(
    session: Session, row: Any, said: Told, stands: Mapping[int, int], payees: Sequence[int]
) -> list[InBooks]:
    if stands or row.reason == REVERSED:
        return []
    return in_books_like(session, said.text, row, payees, row.amount_vnd, row.booked_at)


def _weighed(
    session: Session,
    row: Any,
    said: Told,
    stands: Mapping[int, int],
    payees: Sequence[int],
    apart: bool,
) -> tuple[list[Wanted], list[Wanted]]:
    named = named_by(session, memos_in(said.text), row, payees, row.booked_at)
    left = _left(row, stands)
    if left is None:
        return named, []
    likely = likely_for(session, left, row, payees, row.booked_at)
    if apart:  # Only what a person noted by hand: that is not counted again.
        likely = [one for one in likely if one.tap_of(left)]
    return named, likely


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
