"""A refund is promised: by somebody's word, or since less is owed than came."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from shop.db import upsert_into, whole_orders
from shop.ordering.models import SellerOrder
from shop.outbox.relay import record
from shop.payments.events import RefundAsked
from shop.payments.methods import METHODS, By, SendsBack, Taken
from shop.payments.models import CodCollection, Payment, Refund, RefundAllocation, RefundLine
from shop.payments.queries.credits import credits_in
from shop.payments.refunds.held import (
    Held,
    about,
    change,
    her_account,
    hold,
    hold_refund,
    sent_vnd,
    waiting_of,
    write_act,
)
from shop.payments.refunds.moving import note_sent, take_back
from shop.payments.refunds.whose import (
    facts_of,
    promises_of,
    reason_now,
    share_of_nobody,
    shares_of,
    shares_of_lines,
)
from shop.payments.rules.amounts import MoreThanReceived
from shop.payments.rules.books import TransferFacts
from shop.payments.rules.cash import SETTLED
from shop.payments.rules.refunds import (
    WAITING,
    NoSuchWay,
    RefundMovedOn,
    RefundReason,
    RefundState,
    Share,
    Way,
    in_pieces,
    once_gone,
    spare_of,
    told_apart,
)
from shop.payments.told import CASH, TRANSFER, Subject

R = RefundState


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
    otherwise: bool = False,
    by: By,
    note: str = "",
    now: datetime,
) -> int | None:
    """Promise money back to the buyer; return the refund, or None when ``key`` was counted before.

    What goes back to a card that paid twice is one refund for each charge; the first is returned.

    Args:
        of: the payment, or the seller order whose cash it is.
        amount_vnd: all that is there and not promised yet when everything is left out.
        by_part: đồng by seller order, when it is known whose sale it is.
        lines: units by line item: what they were sold for.
        reason: told from what became of the parts when left out.
        way: as credit it has gone at once: she has the code.
        credit_id: the credit that it came from and goes back to.
        otherwise: what a card paid does not go back to it: it takes nothing more, or its bank
            took it back already.

    Raises:
        MoreThanReceived: more than is there, or than the named parts can bear.
        NothingToGiveBack, AmountOutOfRange
        NoSuchWay: this money does not go back like that.
        NotYours: no such payment, parcel or line. Nothing is stored.
    """
    held = hold(session, of)
    if session.scalar(select(Refund.id).where(Refund.key == key)) is not None:
        return None
    _check_way(held.method, way, otherwise)
    with whole_orders(session):
        facts = facts_of(session, of)
        free = once_gone(facts, promises_of(session, of))
        if lines is not None:
            by_part = shares_of_lines(session, facts, lines)
        if by_part is not None and not free.parts:  # All of it is paid otherwise now.
            amount_vnd, by_part = sum(by_part.values()), None
        shares = shares_of(free, amount_vnd, by_part)
        if not shares:
            shares = share_of_nobody(session, held, free, amount_vnd)
        method, made = METHODS[held.method], list[int]()
        if isinstance(method, SendsBack) and way not in (Way.CARD, Way.DISPUTE):
            _check_not_taken(session, method, of, free, sum(shares.values()))
        sizes = [sum(shares.values())]
        if way == Way.CARD and isinstance(method, SendsBack):
            sizes = method.pieces(session, payment_id=of.id, amount_vnd=sizes[0])
        what = {
            "reason": reason or reason_now(session, of, facts), "way": way, "note": note,
            "credit_id": credit_id,
        }  # fmt: skip
        for number, piece in enumerate(in_pieces(shares, sizes)):
            free = once_gone(facts, promises_of(session, of))
            name = f"{key}+{number}" if number else key
            told = told_apart(free, piece, for_units=lines is not None)
            refund_id = _promise(session, of, told, name, by, now, what)
            if refund_id is None:
                return None
            made.append(refund_id)
            _keep_lines(session, refund_id, lines or {})
            _on_its_way(session, held, refund_id, sum(piece.values()), way, by, note, now)
    return made[0]


def _check_way(method: str, way: Way, otherwise: bool) -> None:
    """Refuse a way that money of this method does not go.

    Raises:
        NoSuchWay
    """
    by_itself = isinstance(METHODS[method], SendsBack)
    if by_itself and otherwise and way in (Way.BANK, Way.CREDIT, Way.DISPUTE):
        return
    # A campaign she chooses herself, and which.
    wrong = way != Way.CARD if by_itself else way not in METHODS[method].ways
    if wrong or way == Way.CAMPAIGN:
        raise NoSuchWay(way=way)


def _check_not_taken(
    session: Session, method: SendsBack, of: Subject, free: TransferFacts, amount_vnd: int
) -> None:
    """Refuse to give back by another way what the buyer's bank took from the card company.

    Raises:
        MoreThanReceived
    """
    taken = method.taken(session, of.id)
    left_vnd = free.received_vnd - free.refunded_vnd - taken.open_vnd - taken.lost_vnd
    if amount_vnd > left_vnd:
        raise MoreThanReceived(amount_vnd=amount_vnd, held_vnd=max(0, left_vnd))


def _promise(
    session: Session, of: Subject, shares: Mapping[int, Share], key: str, by: By, now: datetime,
    what: Mapping[str, Any],
) -> int | None:  # fmt: skip
    """Store a refund with whose sale it is taken from; None when ``key`` was counted before."""
    refund_id = session.scalar(
        upsert_into(session, Refund)
        .values(
            payment_id=of.id if of.of == TRANSFER else None,
            seller_order_id=of.id if of.of == CASH else None,
            amount_vnd=sum(share.vnd for share in shares.values()), state=R.ASKED, key=key,
            actor_kind=by.kind, actor_id=by.account_id, asked_at=now, changed_at=now,
            changed_by_id=by.account_id, **what,
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(Refund.id)
    )  # fmt: skip
    if refund_id is None:
        return None
    session.execute(
        insert(RefundAllocation),
        [
            {
                "refund_id": refund_id, "seller_order_id": part, "amount_vnd": share.vnd,
                "over_vnd": share.over_vnd, "let_off_vnd": share.let_off_vnd,
                "ahead_vnd": share.ahead_vnd,
            }
            for part, share in shares.items()
        ],
    )  # fmt: skip
    return refund_id


def _on_its_way(
    session: Session, held: Held, refund_id: int, amount_vnd: int, way: Way, by: By, note: str,
    now: datetime,
) -> None:  # fmt: skip
    """Send what goes by itself, and tell of what waits for somebody."""
    if way in (Way.CREDIT, Way.DISPUTE):  # It is given at once, or was taken before.
        note_sent(session, refund_id=refund_id, by=by, note=note, now=now)
        return
    write_act(session, "asked", refund_id, by, now, amount_vnd=amount_vnd, way=str(way))
    method = METHODS[held.method]
    if way == Way.CARD and isinstance(method, SendsBack):
        method.send_back(
            session, payment_id=held.of.id, amount_vnd=amount_vnd, key=_outside_key(refund_id),
            by=by, note=note, now=now,
        )  # fmt: skip
        change(session, hold_refund(session, refund_id), R.SENT, by, now, sent_at=now)
    record(session, RefundAsked(refund_id, held.order_id), now)


def _keep_lines(session: Session, refund_id: int, lines: Mapping[int, int]) -> None:
    """Keep for which units it goes back, so that no other does; each piece may be the one that stands."""
    rows = [
        {"refund_id": refund_id, "line_item_id": line, "quantity": units}
        for line, units in sorted(lines.items())
        if units > 0
    ]
    if rows:
        session.execute(insert(RefundLine), rows)


def ask_back(
    session: Session, of: Subject, now: datetime, *, account: bytes | None = None
) -> int | None:
    """Promise what has to go back and is not promised yet; take back what has not to any more.

    Called whenever what is owed, came or went back changed; doing it twice changes nothing.

    Args:
        account: where an earlier promise was to go; the new one goes there too.
    """
    held = hold(session, of)
    waiting = waiting_of(session, of)
    if not held.back_vnd and not waiting:
        return None
    facts = facts_of(session, of)
    if isinstance(facts, TransferFacts) and not facts.parts:
        return None  # Its parts are paid otherwise now: a person looks whose the money is.
    _back_from_waiting(session, of, held, waiting, now)
    # What people promised beyond what has to go back stands while the money does, and takes
    # nothing of what has to.
    derived = [row for row in waiting if row.actor_kind == "system"]
    by_people = promises_of(session, of, but=[row.id for row in derived])
    missing_vnd = spare_of(once_gone(facts, by_people)) if held.back_vnd else 0
    missing_vnd -= sum(row.amount_vnd for row in derived)
    while derived and missing_vnd < 0:
        row = derived.pop()
        take_back(session, refund_id=row.id, by=By("system"), now=now)
        missing_vnd += row.amount_vnd
        account = account or her_account(row)
    missing_vnd -= _back_to_credits(session, of, missing_vnd, now)
    missing_vnd -= _taken_back(session, of, held, missing_vnd, now)
    if missing_vnd <= 0:
        return None
    count = session.scalar(select(func.count()).select_from(Refund).where(*about(of)))
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


def _taken(session: Session, of: Subject, held: Held) -> Taken:
    method = METHODS[held.method]
    return method.taken(session, of.id) if isinstance(method, SendsBack) else Taken()


def _back_from_waiting(
    session: Session, of: Subject, held: Held, waiting: list[Any], now: datetime
) -> None:
    """Take back what is promised otherwise and the buyer's bank took meanwhile."""
    left_vnd = _taken(session, of, held).lost_vnd
    for row in list(waiting) if left_vnd > 0 else ():
        if row.amount_vnd <= left_vnd:
            take_back(session, refund_id=row.id, by=By("system"), now=now)
            waiting.remove(row)
            left_vnd -= row.amount_vnd


def _taken_back(session: Session, of: Subject, held: Held, most_vnd: int, now: datetime) -> int:
    """Count as given back what the buyer's bank took for good; return that, and what it may yet.

    A lost dispute is the refund: nobody sends the same money once more. One that is not decided is
    waited for.
    """
    if most_vnd <= 0:
        return 0
    taken = _taken(session, of, held)
    lost_vnd = min(most_vnd, taken.lost_vnd)
    if lost_vnd > 0:
        count = session.scalar(select(func.count()).select_from(Refund).where(*about(of)))
        refund(
            session, of=of, amount_vnd=lost_vnd, way=Way.DISPUTE, otherwise=True,
            key=f"ask:{of}:{count}", by=By("system"), now=now,
        )  # fmt: skip
    return lost_vnd + min(most_vnd - lost_vnd, taken.open_vnd)


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
            count = session.scalar(select(func.count()).select_from(Refund).where(*about(of)))
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


def take_back_promise(session: Session, *, refund_id: int, by: By, now: datetime) -> bool:
    """Take back what waits to go back, and only that; False when it was taken back before.

    What has to go back of what a person promised beside it, such as for goods that came back
    meanwhile, is promised by itself then.

    Raises:
        RefundMovedOn: the money went, or is on its way.
    """
    held = hold_refund(session, refund_id)
    if held.row.state not in (*WAITING, R.TAKEN_BACK):
        raise RefundMovedOn(state=held.row.state, to=R.TAKEN_BACK)
    new = take_back(session, refund_id=refund_id, by=by, now=now)
    if new and held.row.actor_kind != "system":
        ask_back(session, held.of, now)
    return new


def make_room(session: Session, of: Subject, free_vnd: int, now: datetime) -> None:
    """Take back what waits as far as no more than ``free_vnd`` is promised: the money is not there.

    Raises:
        MoreThanReceived: more than that is on its way back already; it was there, then.
    """
    waiting, gone_vnd = waiting_of(session, of), sent_vnd(session, of)
    if gone_vnd > max(0, free_vnd):
        raise MoreThanReceived(amount_vnd=gone_vnd, held_vnd=max(0, free_vnd))
    promised_vnd = gone_vnd + sum(row.amount_vnd for row in waiting)
    while waiting and promised_vnd > max(0, free_vnd):
        row = waiting.pop()
        take_back(session, refund_id=row.id, by=By("system"), now=now)
        promised_vnd -= row.amount_vnd


def _outside_key(refund_id: int) -> str:
    """Return under which name a refund goes to a card company or wallet."""
    return f"refund:{refund_id}"
