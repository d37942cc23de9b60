"""What a way of paying has to be able to do. A new one is one new file beside this."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from sqlalchemy.orm import Session

from shop.payments.rules.amounts import is_paid
from shop.payments.rules.refunds import Way


@dataclass(frozen=True, slots=True)
class By:
    """Who did something. Kinds: buyer, seller, officer, operator, system.

    ``name``: of somebody without an account, such as whoever types a command.
    """

    kind: str
    account_id: int | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the money for one seller order stands.

    ``state`` is a ``PaymentState`` or, for cash on delivery, a ``CashState``. ``amount_vnd``
    is of the whole payment, which may cover several seller orders of one payee.
    """

    method: str
    state: str
    amount_vnd: int
    received_vnd: int
    refunded_vnd: int
    payment_id: int | None = None
    reported_at: datetime | None = None
    expired_at: datetime | None = None
    #: What the buyer paid, whoever holds it now.
    paid_vnd: int = 0
    #: When money last went back.
    refunded_at: datetime | None = None

    @property
    def back_vnd(self) -> int:
        """What has to go back to the buyer still."""
        return max(0, self.paid_vnd - self.refunded_vnd - self.amount_vnd)

    @property
    def is_paid(self) -> bool:
        return is_paid(self.amount_vnd, self.received_vnd, self.refunded_vnd)


class Method(Protocol):
    """A way of paying."""

    name: str
    #: How its money goes back, the usual way first. ``Way.CARD``: by whoever took it
    #: (``SendsBack``); the others are walked by a person and noted.
    ways: tuple[Way, ...]

    def offer(
        self, *, payee_id: int | None, abroad: bool, pickup: bool, goods_vnd: int = 0
    ) -> bool:
        """Tell whether a seller's part can be paid like this. ``goods_vnd``: without its fee."""
        ...

    def open(self, session: Session, order_id: int, now: datetime) -> None:
        """Ask for what the order owes by this method now; again when that changed."""
        ...

    def status(self, session: Session, seller_order_ids: list[int]) -> dict[int, Standing]:
        """Return where the money stands, by seller order; those of other methods are left out."""
        ...

    def refund(
        self, session: Session, *, of_id: int, amount_vnd: int, key: str, by: By, note: str,
        now: datetime,
    ) -> int | None:  # fmt: skip
        """Note that money went back; return its event or cash step, None when ``key`` was noted before.

        Called by ``payments.refunds`` alone, once a refund is done.

        Args:
            of_id: the payment, or the seller order when cash is kept per parcel.

        Raises:
            MoreThanReceived: nothing is stored.
        """
        ...


@dataclass(frozen=True, slots=True)
class Taken:
    """What buyers' banks took back of a payment, in đồng.

    open_vnd: until it is decided whose it is. lost_vnd: for good, and no refund is that yet.
    """

    open_vnd: int = 0
    lost_vnd: int = 0


@runtime_checkable
class SendsBack(Protocol):
    """A way of paying whose money goes back by itself: cards and wallets (``Way.CARD``)."""

    def pieces(self, session: Session, *, payment_id: int, amount_vnd: int) -> list[int]:
        """Return in which sums an amount goes back, in the order in which they are sent.

        One for each charge that it came by: each is a refund of its own, since one may be done
        while another fails.

        Raises:
            MoreThanReceived: the charges do not hold so much any more.
        """
        ...

    def taken(self, session: Session, payment_id: int) -> Taken:
        """Return what the buyer's bank took back: none of it is sent to her once more."""
        ...

    def send_back(
        self, session: Session, *, payment_id: int, amount_vnd: int, key: str, by: By, note: str,
        now: datetime,
    ) -> None:  # fmt: skip
        """Let money go back to where it came from, once this transaction is stored.

        The other side is asked afterwards, with ``key``. What came of it is told to
        ``payments.refunds.settled`` under the same key; only then has money moved.

        Raises:
            Refusal: nothing is stored.
        """
        ...
