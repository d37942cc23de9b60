"""Market day: orders by phone, bags handed over or left behind, and the settlement that evening."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from shop.accounts.actions import note_consent
from shop.accounts.terms import current_terms
from shop.db import upsert_into
from shop.kernel.clock import vietnam_date
from shop.kernel.errors import NotYours
from shop.markets.actions.sessions import note_session
from shop.markets.models import MarketAct, MarketOffer, MarketOrder, MarketPickup, MarketSession
from shop.markets.queries.sessions import market_session
from shop.markets.rules.refusals import (
    BagDone,
    BagMoneyChanged,
    BagMovedOn,
    BagNotGiven,
    BagsWait,
    MarketNotBegun,
    NothingOrdered,
    SessionMoved,
    SlipNotTaken,
    SlipPaysLess,
)
from shop.markets.rules.sessions import SessionState
from shop.ordering.actions import Placed, cart_for_market, move_seller_order, place_order
from shop.ordering.actions.returns import return_goods
from shop.ordering.models import Cart, LineItem, SellerOrder
from shop.ordering.queries import cart_lines, holds
from shop.ordering.queries.returns import last_return
from shop.ordering.rules import Choice, ComingBack, Contact, PriceChanged, ReturnReason
from shop.ordering.rules import SellerOrderState as S
from shop.organising.closing import fix_orders
from shop.organising.market_lists import WAITING, due_by_order
from shop.payments.actions import confirm_received, move_cash, open_payments
from shop.payments.methods import By
from shop.payments.models import CodCollection, Payment
from shop.payments.queries import last_money_event
from shop.payments.queries.history import histories
from shop.payments.refunds import ask_back_of_order, give_back_from_till
from shop.payments.rules.books import owed_by_part, told
from shop.payments.rules.cash import CashState
from shop.payments.told import CASH, TRANSFER, VOUCHER
from shop.payouts.actions.drafting import draft_settlement, drop_settlement
from shop.payouts.models import Settlement
from shop.payouts.rules import NothingToSettle, SettlementState
from shop.sellers.models import Payee
from shop.shipping.rules import Destination
from shop.vouchers.rules import VoucherChanged

#: How a transfer is noted that was paid in cash at the stall.
IN_CASH = "cash at the market"


def order_for(
    session: Session, *, session_id: int, goods: Mapping[int, int], name: str, phone: str,
    pickup_id: int, method: str, attempt_id: str, locale: str, actor_id: int | None,
    actor_name: str, now: datetime, email: str = "", account_id: int | None = None,
    actor_kind: str = "officer",
) -> Placed:  # fmt: skip
    """Write down an order of somebody who rang; after the close too, until hand-over ends.

    Args:
        goods: how many, by offer.
        attempt_id: of the rendered form: one form is one order.
        account_id: whose standing order it is.
        actor_kind: who writes it down; "buyer" for what she ordered once for every market.

    Raises:
        NothingOrdered, and what ``place_order`` refuses.
    """
    row = market_session(session, session_id)
    wanted = {offer: n for offer, n in goods.items() if n > 0}
    if not wanted:
        raise NothingOrdered
    late = now >= row.closes_at
    cart_id = cart_for_market(session, token=secrets.token_urlsafe(24), goods=wanted, now=now)
    lines = cart_lines(session, cart_id, now, late=late)
    choices = {line.stall.key: Choice("pickup", method, pickup_id) for line in lines}
    terms = current_terms("ordering", vietnam_date(now)).version
    placed = place_order(
        session, cart_id=cart_id, account_id=account_id, attempt_id=attempt_id,
        attempt_digest="by phone", contact=Contact(name, phone, email), destination=Destination(),
        choices=choices, shown_total_vnd=sum(line.total_vnd for line in lines), locale=locale,
        terms_version=terms, holds=holds(), now=now, late=late, actor_kind=actor_kind,
        written_by_id=actor_id,
    )  # fmt: skip
    session.execute(delete(Cart).where(Cart.id == cart_id))
    if placed.replayed:
        return placed
    open_payments(session, placed.order_id, now)
    note_consent(
        session, kind="ordering", text_version=terms, channel="phone" if account_id is None else "account", now=now, phone=phone,
        order_id=placed.order_id,
    )  # fmt: skip
    if row.closed_at is not None:
        fix_orders(session, session_id, now)
    note_session(
        session, "ordered_for", row, actor_id, actor_name, now, order_code=placed.code, late=late
    )
    return placed


def hand_over_bag(
    session: Session, *, session_id: int, number: int, key: str, actor_id: int | None,
    actor_name: str, now: datetime, at: datetime | None = None, shown_vnd: int | None = None,
) -> bool:  # fmt: skip
    """Hand a bag to its buyer, who has paid or pays now in cash; False when it was done by this key.

    Cash is what is still due, all of it. Where the unit collects, it goes to the unit's account;
    else to each seller.

    Args:
        shown_vnd: what the phone said is due, when it had no network; None: the page is fresh.

    Raises:
        NotYours, MarketNotBegun, BagDone, BagMovedOn
        BagMoneyChanged: another amount is due by now.
    """
    bag, row = bag_of(session, session_id, number, now)
    act_id = first_time(session, row, "handed_over", key, bag, actor_id, at or now, now)
    if act_id is None:
        return False
    parts = _waiting_parts(session, row.id, bag.order_id)
    if not parts:
        raise BagDone(number=number)
    due_vnd = sum(due_by_order(session, parts).values())
    if shown_vnd is not None and shown_vnd != due_vnd:
        raise BagMoneyChanged(number=number, shown_vnd=shown_vnd, due_vnd=due_vnd)
    by = By("officer", actor_id)
    _hand_over(session, row, parts, by, now)
    for payment in _unpaid(session, bag.order_id, parts):
        confirm_received(
            session, payment_id=payment.id,
            amount_vnd=payment.amount_vnd - payment.received_vnd + payment.refunded_vnd,
            after=last_money_event(session, payment.id), by=by, note=IN_CASH, now=now,
        )  # fmt: skip
    remember(session, act_id, due=due_vnd)
    note_session(session, "bag_handed_over", row, actor_id, actor_name, now, number=number)
    return True


def _hand_over(
    session: Session, row: MarketSession, parts: list[Any], by: By, now: datetime
) -> None:
    for part in parts:
        _step(session, part, S.DELIVERED, by, now)
        if part.method == "cod":
            _take_cash(session, row, part, by, now)


def leave_bag(
    session: Session, *, session_id: int, number: int, key: str, actor_id: int | None,
    actor_name: str, now: datetime, at: datetime | None = None,
) -> bool:  # fmt: skip
    """Note that nobody came for a bag: its goods are the sellers' again, money paid goes back.

    Raises:
        NotYours, MarketNotBegun, BagDone, BagMovedOn
    """
    bag, row = bag_of(session, session_id, number, now)
    act_id = first_time(session, row, "not_collected", key, bag, actor_id, at or now, now)
    if act_id is None:
        return False
    parts = _waiting_parts(session, row.id, bag.order_id)
    if not parts:
        raise BagDone(number=number)
    remember(session, act_id, due=sum(due_by_order(session, parts).values()))
    for part in parts:
        _step(session, part, S.NOT_COLLECTED, By("officer", actor_id), now)
    note_session(session, "bag_left", row, actor_id, actor_name, now, number=number)
    return True


def sell_at_stall(
    session: Session, *, session_id: int, goods: Mapping[int, int], shown_vnd: int,
    slip_code: str, slip_vnd: int, name: str, key: str, locale: str, actor_id: int | None,
    actor_name: str, now: datetime, at: datetime | None = None,
) -> bool:  # fmt: skip
    """Sell to somebody who stands there: ordered, paid in cash or by a slip, and handed over.

    Args:
        goods: how many, by offer.
        shown_vnd: what it came to on the phone.
        slip_vnd: how much of it the slip pays; the rest is cash.
        name: what stands on the list in place of a buyer's name.
        at: when it was tapped: it counts as sold then, also when it comes here after the market.

    Raises:
        NothingOrdered, MarketNotBegun, SessionMoved, and what ``place_order`` refuses.
        SlipPaysLess, SlipNotTaken: the slip does not pay what was noted. Nothing is stored.
    """
    row = _on_the_day(session, session_id, now)
    wanted = {offer: n for offer, n in goods.items() if n > 0}
    if not wanted:
        raise NothingOrdered
    if first_time(session, row, "sold", key, None, actor_id, at or now, now) is None:
        return False
    # The phone's clock may be wrong: a sale of the day is one of the day.
    then = min(max(at or now, row.closes_at), row.ends_at - timedelta(seconds=1))
    cart_id = cart_for_market(session, token=secrets.token_urlsafe(24), goods=wanted, now=then)
    lines = cart_lines(session, cart_id, then, late=True)
    place = session.scalars(
        select(MarketPickup.id)
        .where(MarketPickup.session_id == session_id)
        .order_by(MarketPickup.max_orders == MarketPickup.taken, MarketPickup.id)
        .limit(1)
    ).one()
    placed = _sold(
        session, slip_vnd, sum(line.total_vnd for line in lines), shown_vnd,
        cart_id=cart_id, account_id=None, attempt_id=f"stall-{key}"[:40],
        attempt_digest="at the stall", contact=Contact(name, "", ""), destination=Destination(),
        choices={line.stall.key: Choice("pickup", "cod", place) for line in lines},
        locale=locale,
        terms_version=current_terms("ordering", vietnam_date(now)).version, holds=holds(),
        voucher_code=slip_code, now=then, late=True, actor_kind="officer",
        written_by_id=actor_id, at_stall=True,
    )  # fmt: skip
    session.execute(delete(Cart).where(Cart.id == cart_id))
    open_payments(session, placed.order_id, now)
    parts = _waiting_parts(session, session_id, placed.order_id)
    _hand_over(session, row, parts, By("officer", actor_id), now)
    note_session(session, "sold_at_stall", row, actor_id, actor_name, now, order_code=placed.code)
    return True


def _sold(session: Session, slip_vnd: int, goods_vnd: int, shown_vnd: int, **order: Any) -> Placed:
    """Place the order of a sale at the stall; what a slip refuses is said as the stall needs it."""
    try:
        return place_order(
            session, shown_total_vnd=shown_vnd - slip_vnd, slip_most_vnd=slip_vnd, **order
        )
    except VoucherChanged as changed:
        raise SlipNotTaken(reason=changed.reason) from changed
    except PriceChanged as changed:
        if not order["voucher_code"] or goods_vnd != shown_vnd:
            raise
        pays_vnd = shown_vnd - changed.actual_vnd
        raise SlipPaysLess(asked_vnd=slip_vnd, pays_vnd=pays_vnd) from changed


def goods_back_at_stall(
    session: Session, *, session_id: int, number: int, line_id: int, quantity: int, key: str,
    actor_id: int | None, actor_name: str, now: datetime, at: datetime | None = None,
) -> bool:  # fmt: skip
    """Take goods of a bag back that was handed over, whole: to be swapped, or for their money.

    Cash that the stall took for the unit is given back out of the same till, at once. All other
    money follows as with every return: it is asked for, and who keeps it notes that it was given.

    Raises:
        NotYours, MarketNotBegun, SessionMoved, BagMovedOn, BagNotGiven, and what
            ``return_goods`` refuses.
    """
    bag, row = bag_of(session, session_id, number, now)
    part = session.execute(
        select(SellerOrder.id, SellerOrder.state, SellerOrder.method)
        .join(LineItem, LineItem.seller_order_id == SellerOrder.id)
        .join(MarketPickup, MarketPickup.id == SellerOrder.market_pickup_id)
        .where(
            LineItem.id == line_id, SellerOrder.order_id == bag.order_id,
            MarketPickup.session_id == session_id,
        )
    ).one_or_none()  # fmt: skip
    if part is None:
        raise NotYours
    act_id = first_time(session, row, "goods_back", key, bag, actor_id, at or now, now)
    if act_id is None:
        return False
    if part.state in WAITING:
        raise BagNotGiven(number=number)
    back = return_goods(
        session, seller_order_id=part.id, coming=[ComingBack(line_id, quantity, restock=True)],
        reason=ReturnReason.CHANGE_OF_MIND, gives_fee_back=False,
        after=last_return(session, part.id), actor_kind="officer", actor_id=actor_id, now=now,
    )  # fmt: skip
    if back is not None:
        facts = {"return": back.return_id, "line": line_id, "n": quantity}
        remember(session, act_id, **facts)
    # At once, so that a market which is settled this minute knows it; the news does it again.
    open_payments(session, bag.order_id, now)
    ask_back_of_order(session, bag.order_id, now)
    if row.collects and row.payee_id is not None and part.method == "cod":
        give_back_from_till(
            session, seller_order_id=part.id, payee_id=row.payee_id, by=By("officer", actor_id),
            now=now,
        )  # fmt: skip
    note_session(session, "bag_goods_back", row, actor_id, actor_name, now, number=number)
    return True


def bag_of(
    session: Session, session_id: int, number: int, now: datetime
) -> tuple[MarketOrder, MarketSession]:
    row = _on_the_day(session, session_id, now)
    bag = session.scalar(
        select(MarketOrder).where(
            MarketOrder.session_id == session_id, MarketOrder.number == number
        )
    )
    if bag is None:
        raise NotYours
    return bag, row


def _on_the_day(session: Session, session_id: int, now: datetime) -> MarketSession:
    """Return a market whose orders are fixed and which is not settled yet, held.

    Raises:
        SessionMoved, MarketNotBegun
    """
    row = market_session(session, session_id, to_change=True)
    if row.settled_at is not None or row.state != SessionState.SHOWN:
        raise SessionMoved(state=row.state)
    if row.closed_at is None:
        raise MarketNotBegun(closes_at=row.closes_at)
    return row


def first_time(
    session: Session, row: MarketSession, kind: str, key: str, bag: MarketOrder | None,
    actor_id: int | None, at: datetime, now: datetime,
) -> int | None:  # fmt: skip
    """Keep an act under the name that the phone gave it; None when it is here already.

    Args:
        bag: the one that it was done with, if any.

    Raises:
        BagMovedOn: it is here, and was taken back since: it is not so any more.
    """
    named = f"{kind}:{key}"[:64]
    act_id = session.scalar(
        upsert_into(session, MarketAct)
        .values(
            session_id=row.id, key=named, kind=kind, order_id=bag and bag.order_id, facts={},
            actor_id=actor_id, at=at, stored_at=now,
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(MarketAct.id)
    )  # fmt: skip
    if act_id is None and bag is not None and _was_taken_back(session, row.id, named):
        raise BagMovedOn(number=bag.number)
    return act_id


def _was_taken_back(session: Session, session_id: int, key: str) -> bool:
    act = session.execute(
        select(MarketAct.id, MarketAct.order_id).where(MarketAct.key == key)
    ).one()
    backs = session.scalars(
        select(MarketAct.facts).where(
            MarketAct.session_id == session_id, MarketAct.order_id == act.order_id,
            MarketAct.kind == "taken_back",
        )
    )  # fmt: skip
    return any(facts.get("act") == act.id for facts in backs)


def remember(session: Session, act_id: int, **facts: int) -> None:
    """Keep with an act what taking it back needs."""
    session.execute(update(MarketAct).where(MarketAct.id == act_id).values(facts=facts))


def _waiting_parts(session: Session, session_id: int, order_id: int) -> list[Any]:
    return parts_at(session, session_id, order_id, WAITING)


def parts_at(
    session: Session, session_id: int, order_id: int, states: Collection[str]
) -> list[Any]:
    """Return an order's parts at a market that are in one of these states."""
    places = select(MarketPickup.id).where(MarketPickup.session_id == session_id)
    return list(
        session.execute(
            select(
                SellerOrder.id, SellerOrder.order_id, SellerOrder.state, SellerOrder.method,
                SellerOrder.payee_id, SellerOrder.total_vnd, SellerOrder.returned_items_vnd,
            )
            .where(
                SellerOrder.order_id == order_id, SellerOrder.market_pickup_id.in_(places),
                SellerOrder.state.in_(states),
            )
            .order_by(SellerOrder.id)
        )
    )  # fmt: skip


def _step(session: Session, part: Any, last: S, by: By, now: datetime) -> None:
    """Take a part through what is left of its way: packed, ready, and where it ends."""
    for to in (*WAITING[WAITING.index(S(part.state)) + 1 :], last):
        move_seller_order(
            session, seller_order_id=part.id, to=to, actor_kind=by.kind, actor_id=by.account_id,
            now=now,
        )  # fmt: skip


def _take_cash(session: Session, row: MarketSession, part: Any, by: By, now: datetime) -> None:
    promised = session.scalar(
        select(CodCollection.amount_vnd).where(
            CodCollection.seller_order_id == part.id, CodCollection.state == CashState.PROMISED
        )
    )
    if not promised:
        return
    taken = {"seller_order_id": part.id, "by": by, "now": now}
    if row.collects:  # The stall takes it, and brings it to the unit's account.
        move_cash(session, to=CashState.WITH_CARRIER, carrier=row.title_vi[:60], **taken)
        move_cash(
            session, to=CashState.REMITTED, counted_vnd=promised, payee_id=row.payee_id, **taken
        )
        return
    move_cash(session, to=CashState.WITH_SELLER, **taken)
    move_cash(session, to=CashState.REMITTED, counted_vnd=promised, **taken)


def _unpaid(session: Session, order_id: int, parts: list[Any]) -> list[Payment]:
    """Return the transfers of these parts of which something is missing: it is paid in cash."""
    accounts = {part.payee_id for part in parts if part.method == "transfer"}
    return [
        payment
        for payment in session.scalars(
            select(Payment)
            .where(
                Payment.order_id == order_id, Payment.method == "transfer",
                Payment.payee_id.in_(sorted(accounts)),
            )
            .order_by(Payment.id)
        )
        if payment.amount_vnd > payment.received_vnd - payment.refunded_vnd
    ]  # fmt: skip


@dataclass
class SellerSum:
    """One seller's evening. Each figure is a sum over her parts as they stand."""

    seller_id: int
    seller_name_vi: str
    seller_name_en: str
    #: Goods that were handed over, and of those what others get.
    taken_vnd: int = 0
    fees_vnd: int = 0
    #: Of the goods: what she has already, paid straight to her.
    paid_vnd: int = 0
    #: Units that nobody came for, and parts that still wait.
    left_units: int = 0
    waiting: int = 0
    #: What the unit owes her for what its vouchers, and slips of its funds, took off the goods.
    vouchers_vnd: int = 0
    slips_vnd: int = 0
    #: What the unit still owes her, as it stands in the books; below nought she owes it.
    due_vnd: int = 0

    @property
    def other_vnd(self) -> int:
        """What else is between them: what a buyer was let off, what she gives back."""
        hers_vnd = self.taken_vnd - self.fees_vnd - self.paid_vnd
        return self.due_vnd - hers_vnd - self.vouchers_vnd - self.slips_vnd


def sums_of_sellers(session: Session, session_id: int) -> list[SellerSum]:
    """Return what each seller took, what goes off, what she has, what is due.

    What is due is told by the rules that the books follow, so that page, books and settlement
    agree to the đồng. A dozen queries, however many orders there are.
    """
    places = select(MarketPickup.id).where(MarketPickup.session_id == session_id)
    found: dict[int, SellerSum] = {}
    parts: dict[int, Any] = {}
    for part in session.execute(
        select(
            SellerOrder.id, SellerOrder.seller_id, SellerOrder.state, SellerOrder.items_vnd,
            SellerOrder.returned_items_vnd, SellerOrder.discount_vnd, SellerOrder.commission_vnd,
            SellerOrder.returned_commission_vnd, SellerOrder.tax_vat_vnd, SellerOrder.tax_pit_vnd,
            SellerOrder.returned_vat_vnd, SellerOrder.returned_pit_vnd, SellerOrder.slip_id,
            SellerOrder.seller_name_vi, SellerOrder.seller_name_en, Payee.organisation_id,
        )
        .outerjoin(Payee, Payee.id == SellerOrder.payee_id)
        .where(SellerOrder.market_pickup_id.in_(places), SellerOrder.state != S.CANCELLED)
        .order_by(SellerOrder.seller_name_vi, SellerOrder.seller_id, SellerOrder.id)
    ):  # fmt: skip
        parts[part.id] = part
        one = found.setdefault(
            part.seller_id, SellerSum(part.seller_id, part.seller_name_vi, part.seller_name_en)
        )
        if part.state in (S.DELIVERED, S.COMPLETED, S.RETURNED):
            goods = part.items_vnd - part.discount_vnd - part.returned_items_vnd
            one.taken_vnd += goods
            one.fees_vnd += part.commission_vnd - part.returned_commission_vnd
            one.fees_vnd += part.tax_vat_vnd - part.returned_vat_vnd
            one.fees_vnd += part.tax_pit_vnd - part.returned_pit_vnd
            if part.organisation_id is None:
                one.paid_vnd += goods
        elif part.state in WAITING:
            one.waiting += 1
    for of, owed in _owed_for(session, session_id, parts).items():
        for part_id, vnd in owed.items():
            one = found[parts[part_id].seller_id]
            one.due_vnd += vnd
            if of == VOUCHER and parts[part_id].slip_id is None:
                one.vouchers_vnd += vnd
            elif of == VOUCHER:
                one.slips_vnd += vnd
    left = [part.id for part in parts.values() if part.state == S.NOT_COLLECTED]
    for line in session.execute(
        select(LineItem.seller_order_id, LineItem.quantity).where(
            LineItem.seller_order_id.in_(left)
        )
    ):
        found[parts[line.seller_order_id].seller_id].left_units += line.quantity
    return list(found.values())


def _owed_for(
    session: Session, session_id: int, part_ids: Collection[int]
) -> dict[str, dict[int, int]]:
    """Return what is owed to its seller for each part, by the unit that collects, or by anybody.

    By what it comes of: a transfer, cash, a voucher.
    """
    ids = sorted(part_ids)
    unit = session.scalar(
        select(Payee.organisation_id)
        .join(MarketSession, MarketSession.payee_id == Payee.id)
        .where(MarketSession.id == session_id, MarketSession.collects)
    )
    payments = session.scalars(
        select(Payment.id)
        .join(
            SellerOrder,
            (SellerOrder.order_id == Payment.order_id) & (SellerOrder.payee_id == Payment.payee_id)
            & (SellerOrder.method == Payment.method),
        )
        .where(SellerOrder.id.in_(ids))
        .distinct()
    ).all()  # fmt: skip
    found = {of: dict.fromkeys(ids, 0) for of in (TRANSFER, CASH, VOUCHER)}
    for of, those in ((TRANSFER, payments), (CASH, ids), (VOUCHER, ids)):
        for _, (beginning, causes) in histories(session, of, those):
            for part_id, by in owed_by_part(told(beginning, causes)).items():
                if part_id in found[of]:  # One transfer may pay for other goods too.
                    found[of][part_id] += (
                        sum(by.values()) if unit is None else by.get(f"organisation:{unit}", 0)
                    )
    return found


def settle_market(
    session: Session, *, session_id: int, actor_id: int | None, actor_name: str, now: datetime,
) -> MarketSession:  # fmt: skip
    """End a market: every bag is handed over or noted; where the unit collects, its settlement is drawn up.

    That holds what was sold there and is in no statement yet, whether or not a draft of the
    unit's periods waits.

    Raises:
        SessionMoved, MarketNotBegun, BagsWait
    """
    row = market_session(session, session_id, to_change=True)
    if row.settled_at is not None or row.state != SessionState.SHOWN:
        raise SessionMoved(state=row.state)
    if row.closed_at is None:
        raise MarketNotBegun(closes_at=row.closes_at)
    waiting = sum(one.waiting for one in sums_of_sellers(session, session_id))
    if waiting:
        raise BagsWait(waiting=waiting)
    row.settled_at = now
    if row.collects and row.payee_id is not None:
        unit = session.get_one(Payee, row.payee_id).organisation_id
        try:
            with session.begin_nested():
                row.settlement_id = draft_settlement(
                    session, organisation_id=unit or 0, to_on=vietnam_date(now),
                    market_id=session_id, actor_id=actor_id, actor_name=actor_name, now=now,
                ).id  # fmt: skip
        except NothingToSettle:
            row.settlement_id = None
    note_session(session, "settled", row, actor_id, actor_name, now)
    return row


def unsettle_market(
    session: Session, *, session_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> MarketSession:  # fmt: skip
    """Take a settling back while its settlement is a draft, which is thrown away.

    Raises:
        SessionMoved: it is not settled, or what it drew up was approved.
    """
    row = market_session(session, session_id, to_change=True)
    if row.settled_at is None:
        raise SessionMoved(state=row.state)
    drawn = session.get(Settlement, row.settlement_id) if row.settlement_id else None
    if drawn is not None and drawn.state == SettlementState.APPROVED:
        raise SessionMoved(state=row.state)
    row.settled_at, row.settlement_id = None, None
    if drawn is not None and drawn.state == SettlementState.DRAFTED:
        drop_settlement(
            session, settlement_id=drawn.id, actor_id=actor_id, actor_name=actor_name, now=now
        )
    note_session(session, "unsettled", row, actor_id, actor_name, now, undoes_id)
    return row


def offers_for_phone(session: Session, session_id: int) -> set[int]:
    """Return the offers that can be written down for somebody who rings."""
    return set(
        session.scalars(
            select(MarketOffer.id).where(
                MarketOffer.session_id == session_id, MarketOffer.ended_at.is_(None),
                MarketOffer.fell_at.is_(None), MarketOffer.seller_agreed_at.is_not(None),
                MarketOffer.officer_agreed_at.is_not(None),
            )
        )
    )  # fmt: skip
