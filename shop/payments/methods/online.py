"""What all ways of paying on another page have in common: an organisation is paid, at once."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app, g, has_app_context
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from shop.db import db
from shop.kernel.settings import Settings
from shop.outbox.relay import record
from shop.payments.events import VisitDropped
from shop.payments.gateways.models import GatewayVisit
from shop.payments.methods.protocol import Standing
from shop.payments.methods.transfer import Transfer
from shop.payments.rules.gateways import NOTHING, Told, VisitState
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


@dataclass(frozen=True, slots=True)
class Opened:
    """What a gateway answered: where the buyer pays, and its own name of the visit."""

    url: str
    outside_id: str


class NotOpened(Exception):
    """The gateway understood and refuses to open a page; asking the same again changes nothing."""


class Online(Transfer, ABC):
    """Paid on another page, to the organisation that owns the account there.

    A new gateway is one new file with a subclass: ``pages``, ``is_on``, ``begin``, and how it
    tells: ``fault``, ``envelope``, ``told``, ``answer``.
    """

    #: Setting with the address of its page; browsers may be sent there and nowhere else.
    pages = ""

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
    def fault(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str | None:
        """Return why a message is not the gateway's, None when it is."""

    @abstractmethod
    def envelope(self, body: bytes) -> tuple[str, str]:
        """Return a message's own id and its kind.

        Raises:
            Unreadable
        """

    def told(self, body: bytes) -> Told:
        """Return what a message says.

        Raises:
            Unreadable
        """
        return NOTHING

    def offer(self, *, payee_id: int | None, abroad: bool, pickup: bool) -> bool:
        return self.name in offered(db.session())

    def status(self, session: Session, seller_order_ids: list[int]) -> dict[int, Standing]:
        """Read together with transfers: one query for all that is paid ahead."""
        return {}

    def _ask_anew(
        self, session: Session, payment_id: int, amount_vnd: int, agreed: bool, now: datetime
    ) -> None:
        """Whoever has the gateway's page open would pay what is owed no more."""
        super()._ask_anew(session, payment_id, amount_vnd, agreed, now)
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


def settings_now() -> Settings:
    return current_app.extensions["settings"]


def offered(session: Session) -> dict[str, int]:
    """Return whose account is paid by each way on another page that is offered now.

    None without keys, without an organisation, or while that has no bank account for what
    the gateways pay out. One query, and none in a shop without keys.
    """
    settings = settings_now()
    on = [method.name for method in _GATEWAYS if method.is_on(settings)]
    if not on or not settings.online_organisation:
        return {}
    known: Any = g.get("online_payee", 0) if has_app_context() else 0
    if known == 0:
        known = session.execute(_PAYEE, {"organisation": settings.online_organisation}).scalar()
        g.online_payee = known
    return {} if known is None else {name: int(known) for name in on}


#: Filled by ``methods/__init__.py``, in the order in which they are offered.
_GATEWAYS: list[Online] = []


def open_gateways(*methods: Online) -> list[Online]:
    _GATEWAYS[:] = methods
    return _GATEWAYS
