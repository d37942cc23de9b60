"""What all ways of paying on another page have in common: an organisation is paid, at once."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import g, has_app_context
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from shop.current import current_settings
from shop.db import db
from shop.kernel.settings import Settings
from shop.outbox.relay import record
from shop.payments.events import VisitDropped
from shop.payments.gateways.models import GatewayRefund, GatewayVisit
from shop.payments.methods.giving_back import MADE_OUTSIDE, pieces_of, start_refund, taken_of
from shop.payments.methods.protocol import By, Standing, Taken
from shop.payments.methods.transfer import Transfer, keep_event
from shop.payments.models import Payment, Refund
from shop.payments.rules.books import LeftFrom
from shop.payments.rules.gateways import (
    NOTHING,
    ONLINE,
    AmountNotTaken,
    Amounts,
    Told,
    VisitState,
)
from shop.payments.rules.refunds import Way
from shop.sellers.models import Payee


@dataclass(frozen=True, slots=True)
class Asking:
    """A visit as a gateway is told of it: plain values, so that no transaction is open meanwhile."""

    key: str
    memo: str
    amount_vnd: int
    currency: str
    amount_minor: int
    locale: str
    order_code: str
    #: Where the buyer comes back to, done or not, and where the gateway tells.
    back_url: str
    left_url: str
    told_url: str
    visitor: str
    opened_at: datetime
    expires_at: datetime
    #: What is paid for, when it is no order.
    title: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a gateway answered: where the buyer pays, and its own name of the visit."""

    url: str
    outside_id: str


class NotOpened(Exception):
    """The gateway understood and refuses to open a page; asking the same again changes nothing."""


class CannotBe(Exception):
    """The gateway understood and refuses: asking again changes nothing. ``why``: its own word."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why[:60]


@dataclass(frozen=True, slots=True)
class Looking:
    """A visit of which nothing was heard, as a gateway is asked about it."""

    key: str
    outside_id: str
    opened_at: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class Looked:
    """What a gateway answers about a visit, in the shape in which it would have told of it."""

    outside_id: str
    kind: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Back:
    """Money that goes back, as a gateway is asked for it; the same ``key`` is the same money."""

    key: str
    #: The gateway's names of the money and of the visit by which it came.
    charge_id: str
    outside_id: str
    amount_minor: int
    #: What came by that visit.
    whole_minor: int
    opened_at: datetime
    wanted_at: datetime
    now: datetime

    @property
    def short(self) -> str:
        """Its key in letters and digits alone: "refund:12+1" is "r12z1"."""
        name = self.key.removeprefix("refund:")
        return "r" + "".join(letter if letter.isalnum() else "z" for letter in name)


@dataclass(frozen=True, slots=True)
class Came:
    """What became of a message at the door, for the answer.

    how: stored, copy, refused (``why``). For gateways that want it (``wants_asked``), told: what
    it says; asked: what its visit was to bring: (currency, amount), None: there is none.
    """

    how: str
    why: str = ""
    told: Told = NOTHING
    asked: tuple[str, int] | None = None


#: (HTTP status, object or None for no content)
Reply = tuple[int, dict[str, Any] | None]


class Online(Transfer, ABC):
    """Paid on another page, to the organisation that owns the account there.

    A new gateway is one new file with a subclass: ``is_on``, ``begin``, ``look`` and
    ``give_back``, and how it tells: ``fault``, ``envelope``, ``told``, ``answer``. Its settings
    and the address of its page stand in ``kernel.settings``, its door in ``gateways.views``.
    """

    #: The others once the card took it no more: ``refunds.refund(…, otherwise=True)``.
    ways = (Way.CARD, Way.BANK, Way.CREDIT, Way.CAMPAIGN)
    #: What one payment may be, as the gateway's documents say.
    takes: Amounts
    #: Whether it charges other currencies too; the others take đồng.
    takes_rates = False
    #: Whether its answer says more than "taken": whether the order is known, and its amount.
    wants_asked = False
    #: Whether a page that was let go of is closed by ``end``.
    can_end = False

    @abstractmethod
    def is_on(self, settings: Settings) -> bool:
        """Tell whether its keys are there."""

    @abstractmethod
    def begin(self, asking: Asking) -> Opened:
        """Open a visit at the gateway; the same ``asking.key`` opens one. Outside transactions.

        Raises:
            NotOpened, OutsideFailure
        """

    def end(self, outside_id: str) -> None:
        """Close a visit that is not wanted any more, where a gateway can. Outside transactions."""

    @abstractmethod
    def look(self, visit: Looking) -> Looked | None:
        """Ask how a visit stands of which nothing was heard; None: not over. Outside transactions.

        Raises:
            CannotBe, OutsideFailure
        """

    @abstractmethod
    def give_back(self, back: Back) -> Told:
        """Send money back to where it came from. Outside transactions.

        Raises:
            CannotBe: it refuses for good.
            OutsideFailure: it may not have heard; asking again with the same key is the same.
        """

    def look_back(self, back: Back) -> Told | None:
        """Ask what became of money on its way back, where a gateway does not tell; None: no news."""
        return None

    def fetched(self, told: Told) -> Sequence[Any]:
        """Return what a message leaves out and has to be asked for. Outside transactions."""
        return ()

    def answer(self, came: Came) -> Reply:
        """Return what the gateway reads after its message was taken or refused."""
        taken = came.how in ("stored", "copy")
        return (200 if taken else 400), {"received": taken}

    @abstractmethod
    def fault(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str | None:
        """Return why a message is not the gateway's, None when it is."""

    @abstractmethod
    def envelope(self, body: bytes) -> tuple[str, str]:
        """Return a message's own id and its kind.

        Raises:
            Unreadable
        """

    @abstractmethod
    def told(self, body: bytes) -> Told:
        """Return what a message says.

        Raises:
            Unreadable
        """

    def offer(
        self, *, payee_id: int | None, abroad: bool, pickup: bool, goods_vnd: int = 0
    ) -> bool:
        return self.name in offered(db.session()) and goods_vnd <= self.takes.most_vnd

    def status(self, session: Session, seller_order_ids: list[int]) -> dict[int, Standing]:
        """Read together with transfers: one query for all that is paid ahead."""
        return {}

    def pieces(self, session: Session, *, payment_id: int, amount_vnd: int) -> list[int]:
        """Return one sum for each charge; what the gateway told of is of one charge (``MADE_OUTSIDE``)."""
        if MADE_OUTSIDE in session.info:
            return [amount_vnd]
        return pieces_of(session, payment_id, amount_vnd)

    def send_back(
        self, session: Session, *, payment_id: int, amount_vnd: int, key: str, by: By, note: str,
        now: datetime,
    ) -> None:  # fmt: skip
        """Send money back to where it came from, unless the gateway told of it (``MADE_OUTSIDE``)."""
        made = session.info.pop(MADE_OUTSIDE, None)
        if made is not None:
            made.key = key
            session.add(made)
            session.flush()
            return
        start_refund(
            session, payment_id=payment_id, amount_vnd=amount_vnd, key=key, by=by, note=note,
            now=now,
        )  # fmt: skip

    def refund(
        self, session: Session, *, of_id: int, amount_vnd: int, key: str, by: By, note: str,
        now: datetime,
    ) -> int | None:  # fmt: skip
        """Count money that went back, in the currency that was charged too."""
        row = session.execute(
            select(GatewayRefund.currency, GatewayRefund.amount_minor).where(
                GatewayRefund.key == key, GatewayRefund.currency != "VND"
            )
        ).one_or_none()
        foreign = {} if row is None else {"currency": row[0], "amount_minor": row[1]}
        return keep_event(
            session, of_id, "refunded", key, by, now, amount_vnd, note, **foreign,
            left_from=self._left_from(session, key),
        )  # fmt: skip

    def _left_from(self, session: Session, key: str) -> str:
        """Return where money of a refund left: the gateway, unless it went back otherwise."""
        way = session.scalar(select(Refund.way).where(Refund.id == int(key.partition(":")[2])))
        return {Way.CARD: "", Way.DISPUTE: LeftFrom.LOST}.get(Way(way or "card"), LeftFrom.BANK)

    def taken(self, session: Session, payment_id: int) -> Taken:
        return taken_of(session, payment_id)

    def _ask_anew(
        self, session: Session, payment_id: int, amount_vnd: int, over: bool, now: datetime
    ) -> None:
        """Whoever has the gateway's page open would pay what is owed no more."""
        super()._ask_anew(session, payment_id, amount_vnd, over, now)
        drop_visits(session, payment_id, now)


def drop_visits(session: Session, payment_id: int, now: datetime, *, but: int = 0) -> None:
    """Let go of the visits of a payment that nobody has paid; the gateway is told afterwards."""
    dropped = session.execute(
        update(GatewayVisit)
        .where(
            GatewayVisit.payment_id == payment_id,
            GatewayVisit.id != but,
            GatewayVisit.state.in_((VisitState.INTENDED, VisitState.OPEN)),
        )
        .values(state=VisitState.DROPPED, changed_at=now)
        .returning(GatewayVisit.id)
    ).scalars()
    for visit_id in dropped.all():
        record(session, VisitDropped(visit_id=visit_id), now)


_PAYEE = select(Payee.id).where(
    Payee.organisation_id == bindparam("organisation"), Payee.ended_at.is_(None)
)


def offered(session: Session) -> dict[str, int]:
    """Return whose account is paid by each way on another page that is offered now.

    None without keys, without an organisation, or while that has no bank account for what
    the gateways pay out. One query, and none in a shop without keys.
    """
    settings = current_settings()
    on = [method.name for method in _GATEWAYS if method.is_on(settings)]
    if not on or not settings.online_organisation:
        return {}
    known: Any = g.get("online_payee", 0) if has_app_context() else 0
    if known == 0:
        known = session.execute(_PAYEE, {"organisation": settings.online_organisation}).scalar()
        g.online_payee = known
    return {} if known is None else {name: int(known) for name in on}


_ASKED = select(Payment.method, Payment.amount_vnd).where(
    Payment.order_id == bindparam("order"), Payment.method.in_(ONLINE)
)


def check_amounts(session: Session, order_id: int) -> None:
    """Refuse an order of which more, or less, is to be paid on another page than is taken there.

    Raises:
        AmountNotTaken
    """
    for method, amount_vnd in session.execute(_ASKED, {"order": order_id}):
        check_amount(method, amount_vnd)


def check_amount(method: str, amount_vnd: int) -> None:
    takes = next(one.takes for one in _GATEWAYS if one.name == method)
    # Nothing is asked for while a part waits for its fee.
    if amount_vnd and amount_vnd not in takes:
        raise AmountNotTaken(
            method=method, amount_vnd=amount_vnd, least_vnd=takes.least_vnd,
            most_vnd=takes.most_vnd,
        )  # fmt: skip


#: Filled by ``methods/__init__.py``, in the order in which they are offered.
_GATEWAYS: list[Online] = []


def open_gateways(*methods: Online) -> list[Online]:
    _GATEWAYS[:] = methods
    return _GATEWAYS
