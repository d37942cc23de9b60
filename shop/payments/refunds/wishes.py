"""What a buyer wishes of money that waits to go back: which account, a code, or a gift."""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from shop.current import vault
from shop.fundraising.actions.gifts import keep_refund, offer_gift
from shop.fundraising.models import Gift
from shop.kernel.errors import NotYours
from shop.ordering.models import Order
from shop.ordering.queries import contact_of
from shop.outbox.relay import record
from shop.payments.events import RefundAccountGiven, RefundAsked
from shop.payments.methods import METHODS, By
from shop.payments.models import Payment, Refund
from shop.payments.refunds.held import HeldRefund, change, hold_refund, write_act
from shop.payments.refunds.moving import let_gift_go, note_sent
from shop.payments.rules.refunds import (
    WAITING,
    NoSuchWay,
    RefundMovedOn,
    RefundReason,
    RefundState,
    Way,
)
from shop.payments.told import TRANSFER, Subject
from shop.sellers.models import Payee
from shop.sellers.queries import account_number_of, banks
from shop.sellers.rules import WrongBankAccount, account_number, holder_name

R = RefundState


def _open_ways(held: HeldRefund) -> tuple[Way, ...]:
    """Return where a buyer may wish what waits; what goes back to a card by itself goes there."""
    return () if held.row.way == Way.CARD else METHODS[held.method].ways


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
    held = hold_refund(session, refund_id)
    if held.order_id != order_id:
        raise NotYours
    if held.row.state == R.DONE and held.row.way == Way.CREDIT:
        return False
    if Way.CREDIT not in _open_ways(held):
        raise NoSuchWay(way=Way.CREDIT)
    if held.row.state not in WAITING:
        raise RefundMovedOn(state=held.row.state, to=R.DONE)
    let_gift_go(session, held, now)
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
    held = hold_refund(session, refund_id)
    if held.order_id != order_id:
        raise NotYours
    if held.row.gift_id is not None and held.row.way == Way.CAMPAIGN:
        return held.row.gift_id
    if Way.CAMPAIGN not in _open_ways(held):
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
    change(
        session, held, R.ACCOUNT_GIVEN, by, now, way=Way.CAMPAIGN, gift_id=gift.id,
        account=vault().seal(order.data_key, where), account_at=now,
    )  # fmt: skip
    write_act(
        session, "to_campaign", refund_id, by, now, amount_vnd=gift.amount_vnd, memo=gift.memo
    )
    if _lies_there(session, held.of, fund):
        note_sent(session, refund_id=refund_id, by=by, now=now)
        keep_refund(session, gift_id=gift.id, now=now)
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
    held = hold_refund(session, refund_id)
    if held.order_id != order_id:
        raise NotYours
    if held.row.state not in WAITING or Way.BANK not in _open_ways(held):
        raise RefundMovedOn(state=held.row.state, to=R.ACCOUNT_GIVEN)
    key = session.scalars(select(Order.data_key).where(Order.id == order_id)).one()
    given = {"bin": bank_bin, "number": bare, "holder": printed}
    if held.row.account is not None and vault().open(key, held.row.account) == given:
        return False
    let_gift_go(session, held, now)
    change(
        session, held, R.ACCOUNT_GIVEN, by, now, way=Way.BANK, account=vault().seal(key, given),
        account_at=now,
    )  # fmt: skip
    write_act(session, "account_given", refund_id, by, now, bank=bank.short_name if bank else "")
    record(session, RefundAccountGiven(refund_id, order_id, now.isoformat()), now)
    return True


def ask_for_account_again(session: Session, *, refund_id: int, by: By, now: datetime) -> bool:
    """Note that there is no such account, and ask the buyer anew; False when that was done.

    Raises:
        RefundMovedOn: the money went, or is not to go back any more.
    """
    held = hold_refund(session, refund_id)
    if held.row.state == R.ASKED:
        return False
    let_gift_go(session, held, now)
    way = Way.BANK if held.row.way == Way.CAMPAIGN else held.row.way
    change(session, held, R.ASKED, by, now, way=way, account=None, account_at=None)
    write_act(session, "account_wrong", refund_id, by, now)
    record(session, RefundAsked(refund_id, held.order_id), now)
    return True
