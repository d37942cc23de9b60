"""Reads over ordering, payments and fulfilment for the buyer's pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from shop.buying.rules import Level, Step, may, timeline
from shop.carriers.queries import tracked_parcels
from shop.fulfilment.models import HandOver
from shop.fundraising.queries.gifts import GiftOfOrder, gifts_of_order, received_of_order
from shop.kernel.clock import vietnam_date
from shop.kernel.errors import NotYours
from shop.ordering.queries import (
    Named,
    OrderPage,
    PartView,
    SoldAgain,
    faces,
    lines_of,
    order_page,
    sold_again,
    voucher_for,
)
from shop.ordering.queries.sharing import told_of
from shop.ordering.rules import (
    BUYER_CANCELS,
    SETTLED,
    CartLine,
    Choice,
    Draft,
    PartKey,
    WhoGets,
    draft_order,
    who_gets_of_part,
    without_wrong_taps,
)
from shop.ordering.rules import SellerOrderState as S
from shop.payments.methods import METHODS, Standing
from shop.payments.queries import (
    OnlineView,
    RefundView,
    TransferView,
    held_of,
    online_of,
    refunds_of_order,
    transfers_of,
)
from shop.payments.queries.credits import CreditView, credits_of_order
from shop.payments.rules.gateways import ONLINE
from shop.payments.rules.refunds import RefundReason
from shop.prepared import Among, PreparedForSeveral
from shop.shipping.queries import tariffs
from shop.shipping.rules import Destination
from shop.vouchers.rules import VoucherRefused


@dataclass(frozen=True, slots=True)
class PartOfPage:
    """One maker's part of an order, with money, parcel and steps."""

    view: PartView
    steps: list[Step]
    transfer: TransferView | None
    online: OnlineView | None
    cash: Standing | None
    hand_over: Row[Any] | None
    #: Where the carrier that fetched it says it is.
    tracked: Row[Any] | None
    may_cancel: bool

    @property
    def row(self) -> Any:
        return self.view.row

    @property
    def told(self) -> WhoGets:
        """Who gets what of what she keeps."""
        return who_gets_of_part(self.row, self.view.lines)

    @property
    def waits_for_money(self) -> bool:
        """Whether it is paid ahead and something is missing still."""
        paid_by = self.transfer or self.online
        return bool(paid_by and paid_by.missing_vnd)


@dataclass(frozen=True, slots=True)
class BuyerPage:
    """Everything that one order's page shows."""

    page: OrderPage
    parts: list[PartOfPage]
    transfers: list[TransferView]
    online: list[OnlineView]
    faces: dict[int, Row[Any]]
    refunds: list[RefundView]
    #: What she was given as codes for this order, by id.
    credits: dict[int, CreditView]
    #: What she gives to campaigns beside it.
    gifts: list[GiftOfOrder]

    @property
    def order(self) -> Any:
        return self.page.order

    @property
    def delivery_off_vnd(self) -> int:
        """What a voucher takes off the fees; what is left of them stands in the order."""
        return sum(part.row.delivery_off_vnd for part in self.parts)

    @property
    def to_pay(self) -> list[TransferView]:
        """Transfers of which something is missing still.

        What the seller gave back once all was settled is hers to give: nobody asks for it anew.
        """
        return [t for t in self.transfers if t.missing_vnd > 0 and not self._given_back(t)]

    @property
    def to_pay_online(self) -> list[OnlineView]:
        """Payments on other pages of which something is missing still and is asked for."""
        return [
            o for o in self.online
            if o.missing_vnd > 0 and not o.expired_at and not self._given_back(o)
        ]  # fmt: skip

    def _given_back(self, transfer: TransferView | OnlineView) -> bool:
        states = {row.state for row in self.sellers_of(transfer)}
        if transfer.refunded_vnd > 0 and states <= SETTLED:
            return True
        let_off_vnd = sum(
            refund.amount_vnd
            for refund in self.came_back
            if refund.payment_id == transfer.id and refund.reason == RefundReason.GOODWILL
        )
        return 0 < transfer.missing_vnd <= let_off_vnd

    @property
    def gifts_to_pay(self) -> list[GiftOfOrder]:
        """Gifts that she is asked for, by transfer or on another page."""
        return [gift for gift in self.gifts if gift.waits and gift.method in ("transfer", "card")]

    @property
    def transfers_in_all(self) -> int:
        """How many transfers the order takes, the ones to funds last."""
        return len(self.transfers) + sum(gift.by_transfer for gift in self.gifts)

    @property
    def payments(self) -> list[TransferView | OnlineView]:
        """All that is paid ahead, in the order of ``payments.queries.held_of``."""
        return sorted([*self.transfers, *self.online], key=lambda payment: payment.id)

    @property
    def money_vnd(self) -> list[int]:
        """What is there of each payment, then of each gift; ``money_of_order`` reads the same."""
        held = [payment.received_vnd - payment.refunded_vnd for payment in self.payments]
        return held + [gift.received_vnd for gift in self.gifts]

    @property
    def settled(self) -> list[str]:
        """The blocks of the open page that ask for nothing any more."""
        paid = [self.name_of(payment) for payment in self.payments if not payment.missing_vnd]
        return paid + [f"gop-{gift.number}" for gift in self.gifts if not gift.waits]

    def name_of(self, payment: TransferView | OnlineView) -> str:
        """Return the name under which the open page knows a payment's block."""
        if isinstance(payment, OnlineView):
            return f"the-{self.online.index(payment) + 1}"
        return str(self.transfers.index(payment) + 1)

    def sellers_of(self, payment: TransferView | OnlineView) -> list[Any]:
        return [p.row for p in self.parts if payment in (p.transfer, p.online)]

    def held_until(self, payment: OnlineView) -> datetime | None:
        """Return until when the goods of a payment are held; None: until hand-over, or not at all."""
        times = [row.reserved_until for row in self.sellers_of(payment) if row.reserved_until]
        return min(times) if times else None

    @property
    def to_come_back(self) -> list[RefundView]:
        """What is promised to her and has not reached her."""
        return [refund for refund in self.refunds if refund.is_open]

    @property
    def came_back(self) -> list[RefundView]:
        """What went back to her."""
        return [refund for refund in self.refunds if refund.is_done]

    @property
    def cancellable(self) -> list[PartOfPage]:
        return [part for part in self.parts if part.may_cancel]

    @property
    def in_delivery(self) -> bool:
        """Whether some part is brought to an address."""
        return any(part.row.delivery == "delivery" for part in self.parts)


@PreparedForSeveral
def _of_parts(among: Among) -> Any:
    return (
        select(*HandOver.__table__.c)
        .where(among(HandOver.seller_order_id), HandOver.undone_at.is_(None))
        .order_by(HandOver.id)
    )


#: Where a part can be at a carrier that speaks with the shop.
_AT_CARRIERS = ("packed", "handed_over", "delivery_failed")


def buyer_page(session: Session, order_id: int, level: Level, now: datetime) -> BuyerPage:
    """Return an order for her who may see it at this level, in nine queries at most.

    A tenth when some of it is paid on another page, and one more each when she was given a code
    or gives to a campaign.
    """
    page = order_page(session, order_id)
    if page is None:
        raise NotYours
    ids = [part.row.id for part in page.parts]
    transfers = transfers_of(session, order_id)
    by_payee = {transfer.payee_id: transfer for transfer in transfers}
    has_online = any(part.row.method in ONLINE for part in page.parts)
    online = online_of(session, order_id) if has_online else []
    by_method = {(one.method, one.payee_id): one for one in online}
    cash = METHODS["cod"].status(session, ids)
    parcels = _hand_overs(session, ids)
    # Carriers that speak with the shop take packed parcels and those under way alone.
    away = [part.row.id for part in page.parts if part.row.state in _AT_CARRIERS]
    tracked = tracked_parcels(session, away) if away else {}
    parts = [
        PartOfPage(
            view=part,
            steps=timeline(
                [(move.to_state, move.at, move.note) for move in without_wrong_taps(part.moves)],
                part.row.state,
                part.row.delivery,
            ),
            transfer=by_payee.get(part.row.payee_id) if part.row.method == "transfer" else None,
            online=by_method.get((part.row.method, part.row.payee_id)),
            cash=cash.get(part.row.id),
            hand_over=parcels.get(part.row.id),
            tracked=tracked.get(part.row.id),
            may_cancel=part.row.state in BUYER_CANCELS
            and (part.row.market_closes_at is None or now < part.row.market_closes_at)
            and may(level, Level.LINK),
        )
        for part in page.parts
    ]
    pictures = faces(session, [line.product_id for part in page.parts for line in part.lines])
    came = any(t.received_vnd for t in transfers) or any(c.paid_vnd for c in cash.values())
    back = refunds_of_order(session, order_id) if came else []
    coded = any(refund.credit_id for refund in back)
    return BuyerPage(
        page, parts, transfers, online, pictures, back,
        credits_of_order(session, order_id) if coded else {},
        gifts_of_order(session, order_id, vietnam_date(now))
        if page.order.gift_vnd or any(refund.to_fund for refund in back)
        else [],
    )  # fmt: skip


def money_of_order(session: Session, order_id: int) -> list[int]:
    """Return what came of each payment and each gift of an order, for a page that waits for it."""
    return held_of(session, order_id) + received_of_order(session, order_id)


def _hand_overs(session: Session, seller_order_ids: list[int]) -> dict[int, Row[Any]]:
    """Return the latest hand-over of each part."""
    return {row.seller_order_id: row for row in _of_parts.all(session, seller_order_ids)}


@dataclass(frozen=True, slots=True)
class AgainLine:
    """One thing of an earlier order and how it is sold today; None: not any more."""

    line: Row[Any]
    today: SoldAgain | None


def again_lines(session: Session, order_id: int, now: datetime) -> list[AgainLine]:
    """Return what an earlier order held, with today's prices and stock. Three queries."""
    page = order_page(session, order_id)
    if page is None:
        raise NotYours
    lines = lines_of(session, [part.row.id for part in page.parts])
    today = sold_again(session, [line.variant_id for line in lines], vietnam_date(now))
    return [AgainLine(line, today.get(line.variant_id)) for line in lines]


@dataclass(frozen=True, slots=True)
class CheckoutView:
    """What the checkout page shows: the draft that placing would store, and what is offered."""

    draft: Draft
    points: dict[PartKey, list[Any]]
    #: Every part is collected or its fee is known (or will be asked for).
    is_final: bool
    #: Who gets what of the goods; None of nothing.
    told: WhoGets | None
    #: Per seller: fees of delivering her part, even while pickup is chosen; None: not known.
    delivered: dict[PartKey, Any]


def checkout_view(
    session: Session,
    *,
    lines: list[CartLine],
    points: dict[PartKey, list[Any]],
    destination: Destination | None,
    choices: Mapping[Any, Choice],
    voucher: Named | VoucherRefused | None = None,
    now: datetime,
) -> CheckoutView:
    """Return a cart as an order to be, in one query, and in at most four more with a voucher.

    Args:
        destination: None while nobody has said where; fees are not shown then.
        voucher: the one that she named, or why it is not looked up.
    """
    on = vietnam_date(now)
    sellers = {line.stall.id for line in lines}
    prices = tariffs(session, sellers, on) if lines else {}
    there = destination or Destination()
    found = voucher_for(session, voucher, sellers) if isinstance(voucher, Named) else voucher
    keys = {line.stall.key for line in lines if line.stall.market is None}
    waits = any(choices.get(key, Choice()).delivery != "pickup" for key in keys)
    is_final = destination is not None or not waits

    def drafted(chosen: Mapping[Any, Choice], **with_voucher: Any) -> Draft:
        return draft_order(
            lines, destination=there, choices=chosen, tariffs=prices, ordered_on=on, **with_voucher
        )

    draft = drafted(choices, voucher=found, final=is_final, now=now)
    home = drafted({})
    return CheckoutView(
        draft=draft,
        points=points,
        is_final=is_final,
        told=told_of(session, draft, now),
        delivered={
            part.stall.key: part.delivery if destination is not None else None
            for part in home.parts
        },
    )


def quoted_parts(page: BuyerPage) -> list[PartOfPage]:
    """Return the parts whose fee the maker named and the buyer has to answer."""
    return [part for part in page.parts if part.row.state == S.QUOTED]
