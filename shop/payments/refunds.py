"""Money goes back to the buyer: the one path, whatever the reason and the way.

A refund is asked for, perhaps given an account by the buyer, and done; only then has money
moved, and the payment or the cash of the parcel says so by an event of its own. Whoever acts
on the money of one payment or parcel holds its row, so that two refunds follow each other.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from shop.accounts.queries import vault
from shop.db import upsert_into, whole_orders
from shop.fundraising.actions.gifts import check_takes, offer_gift, receive_gift, withdraw_gift
from shop.fundraising.models import Gift
from shop.kernel.errors import NotYours
from shop.ordering.models import LineItem, Order, SellerOrder
from shop.ordering.queries import contact_of
from shop.outbox.relay import record
from shop.payments.credits import fill_up, issue_credit
from shop.payments.events import (
    CashRefunded,
    PaymentRefunded,
    RefundAccountGiven,
    RefundAsked,
    RefundCredited,
)
from shop.payments.methods import METHODS, By, SendsBack
from shop.payments.methods.cod import keep_cash_refund, last_step, take_cash_step_back
from shop.payments.methods.transfer import keep_event
from shop.payments.models import (
    CodCollection,
    Payment,
    PaymentEvent,
    Refund,
    RefundAllocation,
)
from shop.payments.queries.credits import credits_in
from shop.payments.queries.history import histories
from shop.payments.rules.amounts import AmountOutOfRange, MoreThanReceived, surplus_vnd
from shop.payments.rules.books import CashFacts, TransferFacts, told
from shop.payments.rules.cash import SETTLED, cash_back_vnd, paid_vnd
from shop.payments.rules.credits import Owner
from shop.payments.rules.refunds import (
    BY_HAND,
    OPEN,
    WAITING,
    NoSuchWay,
    NothingToGiveBack,
    RefundMovedOn,
    RefundReason,
    RefundState,
    Way,
    allocate,
    check_allocation,
    move,
    reason_of,
)
from shop.payments.told import CASH, TRANSFER, Subject
from shop.payments.written import write_down
from shop.sellers.models import Payee
from shop.sellers.queries import account_number_of, banks
from shop.sellers.rules import WrongBankAccount, account_number, holder_name

R = RefundState


@dataclass(frozen=True, slots=True)
class _Held:
    """A payment or a parcel's cash as it stands now, held until the transaction ends."""

    of: Subject
    order_id: int
    method: str
    #: What has to go back to the buyer.
    back_vnd: int


@dataclass(frozen=True, slots=True)
class _HeldRefund:
    """A refund as it stands now, with what it is of."""

    row: Any
    of: Subject
    order_id: int
    method: str


def refund(
    session: Session,
    *,
    of: Subject,
    amount_vnd: int | None = None,
    by_part: Mapping[int, int] | None = None,
    lines: Mapping[int, int] | None = None,
    reason: RefundReason | None = None,
    way: Way,
    key: str,
    credit_id: int | None = None,
    by: By,
    note: str = "",
    now: datetime,
) -> int | None:
    """Promise money back to the buyer; return the refund, or None when ``key`` was counted before.

    Args:
        of: the payment, or the seller order whose cash it is.
        amount_vnd: all that is there and not promised yet when everything is left out.
        by_part: đồng by seller order, when it is known whose sale it is.
        lines: units by line item: what they were sold for.
        reason: told from what became of the parts when left out.
        way: as credit it has gone at once: she has the code.
        credit_id: the credit that it came from and goes back to.

    Raises:
        MoreThanReceived: more than is there, or than the named parts can bear.
        NothingToGiveBack, AmountOutOfRange
        NoSuchWay: this money does not go back like that.
        NotYours: no such payment, parcel or line. Nothing is stored.
    """
    held = _lock(session, of)
    if session.scalar(select(Refund.id).where(Refund.key == key)) is not None:
        return None
    if way not in METHODS[held.method].ways or way == Way.CAMPAIGN:  # She chooses it, and which.
        raise NoSuchWay(way=way)
    with whole_orders(session):
        facts = facts_of(session, of)
        promised = _promised(session, of)
        if lines is not None:
            by_part = _of_lines(session, facts, lines)
        shares = _shares(facts, amount_vnd, by_part, promised)
        if not shares:
            shares = _of_nobody(session, held, facts, amount_vnd, promised)
        refund_id = session.scalar(
            upsert_into(session, Refund)
            .values(
                payment_id=of.id if of.of == TRANSFER else None,
                seller_order_id=of.id if of.of == CASH else None,
                amount_vnd=sum(shares.values()),
                reason=reason or reason_now(session, of, facts), way=way, state=R.ASKED, key=key,
                actor_kind=by.kind, actor_id=by.account_id, note=note, asked_at=now,
                changed_at=now, changed_by_id=by.account_id, credit_id=credit_id,
            )
            .on_conflict_do_nothing(index_elements=["key"])
            .returning(Refund.id)
        )  # fmt: skip
        if refund_id is None:
            return None
        session.execute(
            insert(RefundAllocation),
            [
                {"refund_id": refund_id, "seller_order_id": part, "amount_vnd": vnd}
                for part, vnd in shares.items()
            ],
        )
    if way != Way.CREDIT:  # Which is given at once, and leaves that line.
        _written(
            session, "asked", refund_id, by, now, amount_vnd=sum(shares.values()), way=str(way)
        )
    method = METHODS[held.method]
    if way == Way.CARD and isinstance(method, SendsBack):
        method.send_back(
            session, payment_id=of.id, amount_vnd=sum(shares.values()),
            key=_outside_key(refund_id), by=by, note=note, now=now,
        )  # fmt: skip
        _change(session, _lock_refund(session, refund_id), R.SENT, by, now, sent_at=now)
    if way == Way.CREDIT:
        note_sent(session, refund_id=refund_id, by=by, note=note, now=now)
        return refund_id
    record(session, RefundAsked(refund_id, held.order_id), now)
    return refund_id


def take_as_credit(
    session: Session, *, order_id: int, refund_id: int, by: By, now: datetime
) -> bool:
    """Let the buyer have a code for what waits to go back; False when she has it already.

    The money stays where it is, and is owed to her as goods.

    Raises:
        NoSuchWay: it goes back by itself to where it came from.
        RefundMovedOn: it went another way, or is not to go back any more.
        NotYours: the refund is not of this order.
    """
    held = _lock_refund(session, refund_id)
    if held.order_id != order_id:
        raise NotYours
    if held.row.state == R.DONE and held.row.way == Way.CREDIT:
        return False
    if Way.CREDIT not in METHODS[held.method].ways:
        raise NoSuchWay(way=Way.CREDIT)
    if held.row.state not in WAITING:
        raise RefundMovedOn(state=held.row.state, to=R.DONE)
    _let_gift_go(session, held, now)
    session.execute(
        update(Refund)
        .where(Refund.id == refund_id)
        .values(way=Way.CREDIT, account=None, account_at=None)
    )
    return note_sent(session, refund_id=refund_id, by=by, now=now)


def take_as_gift(
    session: Session,
    *,
    order_id: int,
    refund_id: int,
    campaign_id: int,
    named: bool = False,
    message: str = "",
    by: By,
    now: datetime,
) -> int:
    """Let what waits to go back to a buyer go to a campaign's fund; return the gift.

    The payee sends it to the fund's own account with the gift's memo, instead of to her; the fund
    counts it once it is there. Where payee and fund have one account, it is there already.

    Args:
        named: her name as it stands in the order is shown in the public account.

    Raises:
        NoSuchWay: it goes back by itself to where it came from.
        RefundMovedOn: it went another way, or is not to go back any more.
        NotYours: the refund is not of this order.
        CampaignNotOpen, GiftOutOfRange: nothing is stored.
    """
    held = _lock_refund(session, refund_id)
    if held.order_id != order_id:
        raise NotYours
    if held.row.gift_id is not None and held.row.way == Way.CAMPAIGN:
        return held.row.gift_id
    if Way.CAMPAIGN not in METHODS[held.method].ways:
        raise NoSuchWay(way=Way.CAMPAIGN)
    if held.row.state not in WAITING:
        raise RefundMovedOn(state=held.row.state, to=R.ACCOUNT_GIVEN)
    order = session.get_one(Order, order_id)
    contact = contact_of(order)
    gift = offer_gift(
        session, campaign_id=campaign_id, amount_vnd=held.row.amount_vnd,
        contact={"name": contact.name, "email": contact.email or None},
        shown_name=contact.name[:60] if named else "", message=message,
        attempt_id=f"refund:{refund_id}:{_gifts_before(session, order_id)}", locale=order.locale,
        method="late_money" if held.row.reason == RefundReason.LATE else "refund",
        order_id=order_id, now=now,
    )  # fmt: skip
    fund = session.get_one(Payee, gift.payee_id)
    where = {
        "bin": fund.bank_bin, "number": account_number_of(fund), "holder": fund.holder,
    }  # fmt: skip
    _change(
        session, held, R.ACCOUNT_GIVEN, by, now, way=Way.CAMPAIGN, gift_id=gift.id,
        account=vault().seal(order.data_key, where), account_at=now,
    )  # fmt: skip
    _written(session, "to_campaign", refund_id, by, now, amount_vnd=gift.amount_vnd, memo=gift.memo)
    if _lies_there(session, held.of, fund):
        note_sent(session, refund_id=refund_id, by=by, now=now)
        receive_gift(
            session, gift_id=gift.id, amount_vnd=gift.amount_vnd, key=f"gift:{gift.id}:refund",
            now=now,
        )  # fmt: skip
    else:
        record(session, RefundAccountGiven(refund_id, order_id, now.isoformat()), now)
    return gift.id


def _gifts_before(session: Session, order_id: int) -> int:
    return session.scalar(select(func.count(Gift.id)).where(Gift.order_id == order_id)) or 0


def _lies_there(session: Session, of: Subject, fund: Payee) -> bool:
    """Tell whether money of a payment is on the account that the fund has."""
    if of.of != TRANSFER:
        return False
    payee = session.execute(
        select(Payee).join(Payment, Payment.payee_id == Payee.id).where(Payment.id == of.id)
    ).scalar_one()
    return payee.id == fund.id or (
        payee.organisation_id is not None
        and payee.organisation_id == fund.organisation_id
        and payee.bank_bin == fund.bank_bin
        and account_number_of(payee) == account_number_of(fund)
    )


def _let_gift_go(session: Session, held: _HeldRefund, now: datetime) -> None:
    """Ask a fund no more for money that goes another way now.

    Raises:
        GiftCame: the fund has it.
    """
    if held.row.gift_id is not None and held.row.way == Way.CAMPAIGN:
        withdraw_gift(session, gift_id=held.row.gift_id, now=now)


def give_account(
    session: Session,
    *,
    order_id: int,
    refund_id: int,
    bank_bin: str,
    number: str,
    holder: str,
    by: By,
    now: datetime,
) -> bool:
    """Keep where the buyer wants her money, sealed; False when she said the same before.

    Raises:
        WrongBankAccount, RefundMovedOn
        NotYours: the refund is not of this order.
    """
    bank, bare, printed = banks().get(bank_bin), account_number(number), holder_name(holder)
    for field, fine in (("bank", bank), ("number", bare), ("holder", printed)):
        if not fine:
            raise WrongBankAccount(field=field)
    held = _lock_refund(session, refund_id)
    if held.order_id != order_id:
        raise NotYours
    if held.row.state not in WAITING or Way.BANK not in METHODS[held.method].ways:
        raise RefundMovedOn(state=held.row.state, to=R.ACCOUNT_GIVEN)
    key = session.scalars(select(Order.data_key).where(Order.id == order_id)).one()
    given = {"bin": bank_bin, "number": bare, "holder": printed}
    if held.row.account is not None and vault().open(key, held.row.account) == given:
        return False
    _let_gift_go(session, held, now)
    _change(
        session, held, R.ACCOUNT_GIVEN, by, now, way=Way.BANK, account=vault().seal(key, given),
        account_at=now,
    )  # fmt: skip
    _written(session, "account_given", refund_id, by, now, bank=bank.short_name if bank else "")
    record(session, RefundAccountGiven(refund_id, order_id, now.isoformat()), now)
    return True


def ask_for_account_again(session: Session, *, refund_id: int, by: By, now: datetime) -> bool:
    """Note that there is no such account, and ask the buyer anew; False when that was done.

    Raises:
        RefundMovedOn: the money went, or is not to go back any more.
    """
    held = _lock_refund(session, refund_id)
    if held.row.state == R.ASKED:
        return False
    _let_gift_go(session, held, now)
    way = Way.BANK if held.row.way == Way.CAMPAIGN else held.row.way
    _change(session, held, R.ASKED, by, now, way=way, account=None, account_at=None)
    _written(session, "account_wrong", refund_id, by, now)
    record(session, RefundAsked(refund_id, held.order_id), now)
    return True


def note_sent(
    session: Session,
    *,
    refund_id: int,
    by: By,
    reference: str = "",
    note: str = "",
    now: datetime,
    payee_id: int | None = None,
) -> bool:
    """Note that the money of a refund went back; False when that was noted before.

    Args:
        payee_id: the organisation's account that a parcel's cash was brought to, when it gives it
            back instead of the seller.

    Raises:
        RefundMovedOn, MoreThanReceived: nothing is stored.
        CampaignNotOpen: it was to go to a campaign that takes nothing any more.
    """
    held = _lock_refund(session, refund_id)
    if held.row.state == R.DONE:
        return False
    move(held.row.state, R.DONE)
    if held.row.way == Way.CAMPAIGN:
        check_takes(session, gift_id=held.row.gift_id, now=now)
    of, kept = held.of, note or held.row.note
    credit_id = _credited(session, held, now) if held.row.way == Way.CREDIT else None
    moved = _move_money(session, held, by, kept, now, credit_id, payee_id)
    if moved is None:
        return False
    link = {"event_id" if of.of == TRANSFER else "move_id": moved, "credit_id": credit_id}
    _change(
        session,
        held,
        R.DONE,
        by,
        now,
        sent_at=now,
        reference=reference or held.row.reference,
        **link,
    )
    act = "done" if credit_id is None else "credited"
    _written(session, act, refund_id, by, now, amount_vnd=held.row.amount_vnd, way=held.row.way)
    _tell_moved(session, held, moved, held.row.amount_vnd, now)
    return True


def _move_money(
    session: Session, held: _HeldRefund, by: By, note: str, now: datetime, credit_id: int | None,
    payee_id: int | None,
) -> int | None:  # fmt: skip
    """Keep that it went back; return the event or cash step, None when that was kept before."""
    what: dict[str, Any] = {
        "amount_vnd": held.row.amount_vnd, "key": f"refund:{held.row.id}", "by": by, "note": note,
        "now": now,
    }  # fmt: skip
    if held.of.of == CASH and payee_id is not None and credit_id is None:
        return keep_cash_refund(session, seller_order_id=held.of.id, payee_id=payee_id, **what)
    if credit_id is None:
        return METHODS[held.method].refund(session, of_id=held.of.id, **what)
    if held.of.of == TRANSFER:
        return keep_event(session, held.of.id, "refunded", credit_id=credit_id, **what)
    return keep_cash_refund(session, seller_order_id=held.of.id, credit_id=credit_id, **what)


def _credited(session: Session, held: _HeldRefund, now: datetime) -> int:
    """Put it into the credit that it came from, or into a new one; return that."""
    amount_vnd = held.row.amount_vnd
    if held.row.credit_id is not None:
        fill_up(session, credit_id=held.row.credit_id, amount_vnd=amount_vnd)
        return held.row.credit_id
    return issue_credit(
        session, order_id=held.order_id, owner=_owner(session, held.of), amount_vnd=amount_vnd,
        now=now,
    )  # fmt: skip


def _owner(session: Session, of: Subject) -> Owner:
    """Return who has to give money back: whose account it came to, or the seller who has the cash."""
    if of.of == CASH:
        seller = session.scalar(select(SellerOrder.seller_id).where(SellerOrder.id == of.id))
        return Owner(seller, None)
    payee = session.execute(
        select(Payee.seller_id, Payee.organisation_id)
        .join(Payment, Payment.payee_id == Payee.id)
        .where(Payment.id == of.id)
    ).one()
    return Owner(payee.seller_id, payee.organisation_id)


def give_back(
    session: Session,
    *,
    of: Subject,
    amount_vnd: int,
    after: int,
    way: Way = Way.BANK,
    by_part: Mapping[int, int] | None = None,
    lines: Mapping[int, int] | None = None,
    by: By,
    reference: str = "",
    note: str = "",
    now: datetime,
) -> bool:
    """Note money that a person gave back already; False when this tap was counted before.

    It answers what waits to go back: the refund of that amount, or all that waits; what is
    left then is asked for anew.

    Args:
        after: ``last_money_event`` or ``last_cash_move`` of the page that was tapped.

    Raises:
        AmountOutOfRange, MoreThanReceived: nothing is stored.
    """
    if amount_vnd <= 0:
        raise AmountOutOfRange(amount_vnd=amount_vnd)
    _lock(session, of)
    key = f"refunded:{of.id}:{after}" if of.of == TRANSFER else f"cash-refunded:{of.id}:{after}"
    if session.scalar(select(Refund.id).where(Refund.key == key)) is not None:
        return False
    waiting = _waiting(session, of)
    answered = next((row for row in waiting if row.amount_vnd == amount_vnd), None)
    if answered is not None and by_part is None and lines is None:
        # What goes to a campaign is its transfer, whatever the person calls it.
        way = Way.CAMPAIGN if answered.way == Way.CAMPAIGN else way
        session.execute(
            update(Refund).where(Refund.id == answered.id).values(way=way, key=key, note=note)
        )
        refund_id: int | None = answered.id
    else:
        for row in waiting:
            take_back(session, refund_id=row.id, by=By("system"), now=now)
        refund_id = refund(
            session, of=of, amount_vnd=amount_vnd if by_part is None and lines is None else None,
            by_part=by_part, lines=lines, way=way, key=key, by=by, note=note, now=now,
        )  # fmt: skip
    if refund_id is None:
        return False
    note_sent(session, refund_id=refund_id, by=by, reference=reference, note=note, now=now)
    ask_back(session, of, now, account=next(map(_hers, filter(_hers, waiting)), None))
    return True


def give_back_from_till(
    session: Session, *, seller_order_id: int, payee_id: int, by: By, now: datetime
) -> int:
    """Give in cash what waits to go back of a part, out of the till that took it; return how much.

    The organisation that took it at its stall gives it, and owes the seller so much less.

    Raises:
        RefundMovedOn
    """
    of, gone_vnd = Subject(CASH, seller_order_id), 0
    _lock(session, of)
    for row in _waiting(session, of):
        if row.way == Way.CAMPAIGN:
            continue
        session.execute(
            update(Refund)
            .where(Refund.id == row.id)
            .values(way=Way.CASH, account=None, account_at=None)
        )
        note_sent(session, refund_id=row.id, by=by, now=now, payee_id=payee_id)
        gone_vnd += row.amount_vnd
    return gone_vnd


def take_back(
    session: Session, *, refund_id: int, by: By, note: str = "", now: datetime,
    past_undone: bool = False,
) -> bool:  # fmt: skip
    """Take a refund back that waits, or a wrong "given back"; False when that was done before.

    Args:
        past_undone: as of ``take_cash_step_back``.

    Raises:
        RefundMovedOn: a card company has it, or it went by itself.
        GiftCame: a campaign's fund has it.
        NotTheLastStep: something happened to the parcel's cash since.
    """
    held = _lock_refund(session, refund_id)
    if held.row.state == R.TAKEN_BACK:
        return False
    move(held.row.state, R.TAKEN_BACK)
    _let_gift_go(session, held, now)
    if held.row.state == R.DONE:
        if held.row.way not in BY_HAND:
            raise RefundMovedOn(state=held.row.state, to=R.TAKEN_BACK)
        undone = _undo(session, held, by, note, now, past_undone=past_undone)
        if undone is None:
            return False
        _tell_moved(session, held, undone, -held.row.amount_vnd, now)
    _change(session, held, R.TAKEN_BACK, by, now)
    _written(session, "taken_back", refund_id, by, now, amount_vnd=held.row.amount_vnd)
    return True


def _undo(
    session: Session, held: _HeldRefund, by: By, note: str, now: datetime, *,
    past_undone: bool = False,
) -> int | None:  # fmt: skip
    if held.row.event_id is not None:
        return keep_event(
            session, held.row.payment_id, "refunded", f"undo:{held.row.event_id}", by, now,
            -held.row.amount_vnd, note,
        )  # fmt: skip
    done = take_cash_step_back(
        session, seller_order_id=held.row.seller_order_id, move_id=held.row.move_id, by=by, note=note,
        now=now, past_undone=past_undone,
    )  # fmt: skip
    return None if done is None else last_step(session, held.row.seller_order_id)


def take_back_promise(session: Session, *, refund_id: int, by: By, now: datetime) -> bool:
    """Take back what waits to go back, and only that; False when it was taken back before.

    Raises:
        RefundMovedOn: the money went, or is on its way.
    """
    held = _lock_refund(session, refund_id)
    if held.row.state not in (*WAITING, R.TAKEN_BACK):
        raise RefundMovedOn(state=held.row.state, to=R.TAKEN_BACK)
    return take_back(session, refund_id=refund_id, by=by, now=now)


def refund_of(session: Session, *, event_id: int | None = None, move_id: int | None = None) -> int:
    """Return the refund that an event or a cash step moved money for.

    Raises:
        NotYours
    """
    column = Refund.event_id == event_id if event_id is not None else Refund.move_id == move_id
    found = session.scalar(select(Refund.id).where(column))
    if found is None:
        raise NotYours
    return found


def _outside_key(refund_id: int) -> str:
    """Return under which name a refund goes to a card company or wallet."""
    return f"refund:{refund_id}"


def settled(
    session: Session, *, key: str, is_done: bool, reference: str = "", by: By, now: datetime
) -> bool:
    """Note what a card company or wallet says of a refund it was asked for; False when that was known.

    What it cannot send waits for a person: nobody else hears of it.

    Args:
        key: under which it was asked (``SendsBack.send_back``).

    Raises:
        NotYours: no such refund.
        MoreThanReceived
    """
    number = key.removeprefix("refund:")
    if not (number.isascii() and number.isdecimal()):
        raise NotYours
    held = _lock_refund(session, int(number))
    if is_done:
        return note_sent(session, refund_id=held.row.id, reference=reference, by=by, now=now)
    if held.row.state == R.FAILED:
        return False
    _change(session, held, R.FAILED, by, now, reference=reference)
    _written(session, "failed", held.row.id, by, now, amount_vnd=held.row.amount_vnd)
    return True


def came_back(session: Session, *, key: str, by: By, now: datetime) -> bool:
    """Note that a card company could not bring a refund that was done; False when that was known.

    Raises:
        RefundMovedOn, NotYours
    """
    number = key.removeprefix("refund:")
    if not (number.isascii() and number.isdecimal()):
        raise NotYours
    held = _lock_refund(session, int(number))
    if held.row.state == R.TAKEN_BACK:
        return False
    move(held.row.state, R.TAKEN_BACK)
    undone = _undo(session, held, by, "", now)
    if undone is None:
        return False
    _tell_moved(session, held, undone, -held.row.amount_vnd, now)
    _change(session, held, R.TAKEN_BACK, by, now)
    _written(session, "taken_back", held.row.id, by, now, amount_vnd=held.row.amount_vnd)
    return True


def ask_back(
    session: Session, of: Subject, now: datetime, *, account: bytes | None = None
) -> int | None:
    """Promise what has to go back and is not promised yet; take back what has not to any more.

    Called whenever what is owed, came or went back changed; doing it twice changes nothing.

    Args:
        account: where an earlier promise was to go; the new one goes there too.
    """
    held = _lock(session, of)
    back_vnd = held.back_vnd
    waiting = _waiting(session, of)
    if not back_vnd and not waiting:
        return None
    facts = facts_of(session, of)
    if isinstance(facts, TransferFacts) and not facts.parts:
        return None  # Its parts are paid otherwise now: a person looks whose the money is.
    sent_vnd = session.scalar(
        select(func.coalesce(func.sum(Refund.amount_vnd), 0)).where(
            *_about(of), Refund.state == R.SENT
        )
    )
    missing_vnd = back_vnd - int(sent_vnd or 0) - sum(row.amount_vnd for row in waiting)
    # A promise beyond what has to go back is somebody's word, and stands while the money does.
    derived = [row for row in waiting if row.actor_kind == "system"]
    while derived and missing_vnd < 0:
        row = derived.pop()
        take_back(session, refund_id=row.id, by=By("system"), now=now)
        missing_vnd += row.amount_vnd
        account = account or _hers(row)
    missing_vnd -= _back_to_credits(session, of, missing_vnd, now)
    if missing_vnd <= 0:
        return None
    count = session.scalar(select(func.count()).select_from(Refund).where(*_about(of)))
    refund_id = refund(
        session, of=of, amount_vnd=missing_vnd, way=METHODS[held.method].ways[0],
        key=f"ask:{of}:{count}", by=By("system"), now=now,
    )  # fmt: skip
    if refund_id is not None and account is not None:
        session.execute(
            update(Refund)
            .where(Refund.id == refund_id)
            .values(account=account, account_at=now, state=R.ACCOUNT_GIVEN)
        )
    return refund_id


def _back_to_credits(session: Session, of: Subject, most_vnd: int, now: datetime) -> int:
    """Fill up the credits that paid for something that came to nothing; return how much went there.

    Nobody is asked: they are hers, and the newest that paid is filled first.
    """
    if of.of != TRANSFER or most_vnd <= 0:
        return 0
    # Held by whoever asks back: nothing else of this payment changes meanwhile.
    paid_vnd = session.scalars(select(Payment.credit_vnd).where(Payment.id == of.id)).one()
    left_vnd = min(most_vnd, paid_vnd)
    if left_vnd <= 0:
        return 0
    gone_vnd = 0
    for credit_id, vnd in credits_in(session, of.id):
        part_vnd = min(vnd, left_vnd - gone_vnd)
        if part_vnd > 0:
            count = session.scalar(select(func.count()).select_from(Refund).where(*_about(of)))
            refund(
                session, of=of, amount_vnd=part_vnd, way=Way.CREDIT, credit_id=credit_id,
                key=f"ask:{of}:{count}", by=By("system"), now=now,
            )  # fmt: skip
            gone_vnd += part_vnd
    return gone_vnd


def ask_back_of_order(session: Session, order_id: int, now: datetime) -> None:
    """Do so for every payment and parcel of an order. Two queries when nothing goes back."""
    payments = session.scalars(
        select(Payment.id)
        .where(
            Payment.order_id == order_id,
            (Payment.received_vnd - Payment.refunded_vnd > Payment.amount_vnd)
            | select(Refund.id)
            .where(Refund.payment_id == Payment.id, Refund.state.in_(sorted(WAITING)))
            .exists(),
        )
        .order_by(Payment.id)
    ).all()
    cash = session.scalars(
        select(CodCollection.seller_order_id)
        .join(SellerOrder, SellerOrder.id == CodCollection.seller_order_id)
        .where(
            SellerOrder.order_id == order_id, CodCollection.state.in_(sorted(SETTLED)),
        )
        .order_by(CodCollection.seller_order_id)
    ).all()  # fmt: skip
    for of, ids in ((TRANSFER, payments), (CASH, cash)):
        for one in ids:
            ask_back(session, Subject(of, one), now)


def make_room(session: Session, of: Subject, free_vnd: int, now: datetime) -> None:
    """Take back what waits as far as no more than ``free_vnd`` is promised: the money is not there."""
    waiting = _waiting(session, of)
    promised_vnd = sum(row.amount_vnd for row in waiting)
    while waiting and promised_vnd > max(0, free_vnd):
        row = waiting.pop()
        take_back(session, refund_id=row.id, by=By("system"), now=now)
        promised_vnd -= row.amount_vnd


def _lock(session: Session, of: Subject) -> _Held:
    """Hold what a refund is taken from.

    Raises:
        NotYours: there is none.
    """
    row = session.execute(
        _PAYMENT.where(Payment.id == of.id) if of.of == TRANSFER
         else _CASH.where(CodCollection.seller_order_id == of.id)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotYours
    back = surplus_vnd(row.amount_vnd, row.received_vnd, row.refunded_vnd)
    return _Held(of, row.order_id, row.method, back if of.of == TRANSFER else _cash_back(row))


_PAYMENT = select(
    Payment.order_id, Payment.method, Payment.amount_vnd, Payment.received_vnd,
    Payment.refunded_vnd,
).with_for_update()  # fmt: skip
_CASH = (
    select(
        SellerOrder.order_id, SellerOrder.method, CodCollection.amount_vnd,
        CodCollection.received_vnd, CodCollection.refunded_vnd, CodCollection.state,
        CodCollection.taken_vnd, CodCollection.taken_by, CodCollection.written_off_for,
    )
    .join(SellerOrder, SellerOrder.id == CodCollection.seller_order_id)
    .with_for_update(of=CodCollection)
)  # fmt: skip


def _cash_back(row: Any) -> int:
    """Return what of a parcel's cash has to go back: nothing while more is waited for."""
    if row.state not in SETTLED:
        return 0
    paid = paid_vnd(row.state, row.taken_vnd, row.taken_by, row.received_vnd, row.written_off_for)
    return cash_back_vnd(paid, row.refunded_vnd, row.amount_vnd)


def _subject(row: Any) -> Subject:
    if row.payment_id is not None:
        return Subject(TRANSFER, row.payment_id)
    return Subject(CASH, row.seller_order_id)


def _lock_refund(session: Session, refund_id: int) -> _HeldRefund:
    """Hold what a refund is of, then read the refund as it stands now.

    Raises:
        NotYours: there is none.
    """
    of = session.execute(
        select(Refund.payment_id, Refund.seller_order_id).where(Refund.id == refund_id)
    ).one_or_none()
    if of is None:
        raise NotYours
    held = _lock(session, _subject(of))
    row = session.execute(select(*Refund.__table__.c).where(Refund.id == refund_id)).one()
    return _HeldRefund(row, held.of, held.order_id, held.method)


def _change(
    session: Session, held: _HeldRefund, to: RefundState, by: By, now: datetime, **values: Any
) -> None:
    """Compare and set the state.

    Raises:
        RefundMovedOn: no such move from here, or somebody else was faster.
    """
    if held.row.state != to:
        move(held.row.state, to)
    changed = session.execute(
        update(Refund)
        .where(Refund.id == held.row.id, Refund.state == held.row.state)
        .values(state=to, changed_at=now, changed_by_id=by.account_id, **values)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise RefundMovedOn(state=held.row.state, to=to)


def _about(of: Subject) -> tuple[Any, ...]:
    column = Refund.payment_id if of.of == TRANSFER else Refund.seller_order_id
    return (column == of.id,)


def _waiting(session: Session, of: Subject) -> list[Any]:
    """Return the refunds that a person has to see to, oldest first."""
    return list(
        session.execute(
            select(Refund.id, Refund.amount_vnd, Refund.actor_kind, Refund.account, Refund.way)
            .where(*_about(of), Refund.state.in_(sorted(WAITING)), Refund.way != Way.CARD)
            .order_by(Refund.id)
        )
    )


def _hers(row: Any) -> bytes | None:
    """Return the account that a buyer gave for a refund; None too where a fund's stands there."""
    return row.account if row.way == Way.BANK else None


def _promised(session: Session, of: Subject) -> dict[int, int]:
    """Return what open refunds will take, by seller order."""
    rows = session.execute(
        select(RefundAllocation.seller_order_id, func.sum(RefundAllocation.amount_vnd))
        .join(Refund, Refund.id == RefundAllocation.refund_id)
        .where(*_about(of), Refund.state.in_(sorted(OPEN)))
        .group_by(RefundAllocation.seller_order_id)
    )
    return {row[0]: int(row[1]) for row in rows}


def facts_of(session: Session, of: Subject) -> TransferFacts:
    """Return what a payment, or the cash of a parcel, comes to now, as the books see it."""
    with whole_orders(session):
        session.flush()
        for _, (beginning, causes) in histories(session, of.of, [of.id]):
            facts = told(beginning, causes)
            if isinstance(facts, CashFacts):
                return TransferFacts(0, (facts.part,), facts.paid_vnd, facts.refunded_vnd)
            if isinstance(facts, TransferFacts):
                return facts
    raise NotYours


def _shares(
    facts: TransferFacts,
    amount_vnd: int | None,
    by_part: Mapping[int, int] | None,
    promised: Mapping[int, int],
) -> dict[int, int]:
    if by_part is not None:
        if not by_part:
            raise NothingToGiveBack
        return check_allocation(facts, by_part, promised)
    left_vnd = facts.received_vnd - facts.refunded_vnd - sum(promised.values())
    wanted = left_vnd if amount_vnd is None else amount_vnd
    if amount_vnd is None and left_vnd <= 0:
        raise NothingToGiveBack
    if wanted <= 0:
        raise AmountOutOfRange(amount_vnd=wanted)
    return allocate(facts, wanted, promised)


def _of_nobody(
    session: Session, held: _Held, facts: TransferFacts, amount_vnd: int | None,
    promised: Mapping[int, int],
) -> dict[int, int]:  # fmt: skip
    """Return money that came when its parts were paid otherwise: nobody's sale is less for it.

    The refund names the order's first part; the books take it from what nobody explained.
    """
    left_vnd = facts.received_vnd - facts.refunded_vnd - sum(promised.values())
    first = session.scalars(
        select(func.min(SellerOrder.id)).where(SellerOrder.order_id == held.order_id)
    ).one()
    return {first: left_vnd if amount_vnd is None else amount_vnd}


def _of_lines(session: Session, facts: TransferFacts, lines: Mapping[int, int]) -> dict[int, int]:
    """Return what so many units of each line were sold for, by seller order; reductions are shared.

    Raises:
        NotYours: a line of something else.
        MoreThanReceived: more units than were sold.
    """
    wanted = {line: units for line, units in lines.items() if units > 0}
    parts = [part.id for part in facts.parts]
    rows = session.execute(
        select(
            LineItem.id, LineItem.seller_order_id, LineItem.quantity, LineItem.unit_price_vnd,
            SellerOrder.items_vnd, SellerOrder.discount_vnd,
        )
        .join(SellerOrder, SellerOrder.id == LineItem.seller_order_id)
        .where(LineItem.id.in_(sorted(wanted)), LineItem.seller_order_id.in_(parts))
        .order_by(LineItem.id)
    ).all()  # fmt: skip
    if len(rows) != len(wanted):
        raise NotYours
    found: dict[int, int] = {}
    of_part: dict[int, Any] = {}
    for row in rows:
        if wanted[row.id] > row.quantity:
            raise MoreThanReceived(amount_vnd=wanted[row.id] * row.unit_price_vnd)
        found[row.seller_order_id] = (
            found.get(row.seller_order_id, 0) + wanted[row.id] * row.unit_price_vnd
        )
        of_part[row.seller_order_id] = row
    return {
        part: vnd
        * (of_part[part].items_vnd - of_part[part].discount_vnd)
        // of_part[part].items_vnd
        for part, vnd in found.items()
    }


def reason_now(session: Session, of: Subject, facts: TransferFacts) -> RefundReason:
    """Return why money of a payment or parcel has to go back, as things stand."""
    asked_vnd = sum(part.asked_vnd for part in facts.parts)
    due_vnd = sum(part.due_vnd for part in facts.parts)
    if facts.received_vnd - facts.refunded_vnd <= due_vnd:
        return RefundReason.GOODWILL
    less = [part.id for part in facts.parts if part.due_vnd < part.asked_vnd]
    states = session.scalars(
        select(SellerOrder.state).where(SellerOrder.id.in_(less)).order_by(SellerOrder.id)
    ).all()
    over = False
    if of.of == TRANSFER:
        row = session.execute(
            select(Payment.expired_at, Payment.reported_at).where(Payment.id == of.id)
        ).one()
        over = row.expired_at is not None and _came_after(session, of.id, row.expired_at)
    return reason_of(
        list(states), was_over=over, is_over_paid=facts.received_vnd > asked_vnd and not less
    )


def _came_after(session: Session, payment_id: int, when: datetime) -> bool:
    first = session.scalar(
        select(func.min(PaymentEvent.at)).where(
            PaymentEvent.payment_id == payment_id, PaymentEvent.kind == "received"
        )
    )
    return first is not None and first > when


def _tell_moved(
    session: Session, held: _HeldRefund, moved: int, amount_vnd: int, now: datetime
) -> None:
    """Say that money went back; below nought: that it did not after all."""
    of = held.of
    if held.row.way == Way.CREDIT:
        record(session, RefundCredited(held.row.id, held.order_id), now)
        return
    event = (
        PaymentRefunded(of.id, held.order_id, moved, amount_vnd)
        if of.of == TRANSFER
        else CashRefunded(moved, held.order_id, of.id, amount_vnd)
    )
    record(session, event, now)


def _written(
    session: Session, act: str, refund_id: int, by: By, now: datetime, **facts: Any
) -> None:
    """Write down who did what to a refund, when, and from where.

    What the shop promises by itself is nobody's act: the refund says when and why.
    """
    if by.kind == "system" and act in ("asked", "taken_back", "credited"):
        return
    write_down(session, f"refund.{act}", ("refund", refund_id), by, now, **facts)


def accounts_of(session: Session, rows: Iterable[Any]) -> dict[int, dict[str, str]]:
    """Return {refund id: {"bin", "number", "holder"}} of rows with ``account`` and ``data_key``."""
    return {row.id: vault().open(row.data_key, row.account) for row in rows if row.account}
