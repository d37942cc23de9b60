"""Keeping the books: what happened to a payment or a parcel's cash is posted with it.

Whoever stores an event says so (``tell_books``); moves of seller orders are heard from the
outbox's record. At the end of the transaction, inside it, each payment concerned is read as it
is stored and every new event posts what it changed (``rules/books.py``). Payments from before
there were books are posted event by event, when something happens to them or by the job that
works off ``to_book``.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from shop.db import gathered, whole_orders
from shop.fundraising.actions.offers import bring_kept_shares
from shop.fundraising.actions.slips import lock_campaigns_of, write_lines_of_slips
from shop.kernel.clock import now_utc
from shop.kernel.events import Event
from shop.ledger.actions import Posting, post_all
from shop.ledger.queries import booked, is_booked
from shop.ledger.rules import Leg, legs_between
from shop.ordering.events import GoodsCameBack, ReturnTakenBack, SellerOrderMoved
from shop.ordering.models import GoodsReturn, SellerOrder
from shop.ordering.rules import SellerOrderState as S
from shop.outbox.relay import recorded
from shop.payments.models import CodCollection, Payment, ToBook
from shop.payments.queries.history import histories
from shop.payments.rules.books import (
    Cause,
    Facts,
    after,
    balances,
    counts_at,
    kind_of,
    stage_of,
    told,
    with_foreign,
)
from shop.payments.told import CAMPAIGN, CASH, KEPT_SHARE, TRANSFER, VOUCHER, Subject


def keep_books(session: Session) -> None:
    """Post what this transaction did to money. Runs at its end, inside it."""
    if not (gathered(session, "told_books") or recorded(session)):
        return
    with whole_orders(session):  # One transfer may pay several sellers.
        news: dict[Subject, list[str]] = {}
        for subject, key in [*_moved(session), *gathered(session, "told_books")]:
            news.setdefault(subject, []).append(key)
        if news:
            session.flush()
            _post(session, news, now_utc())


def _moved(session: Session) -> Iterator[tuple[Subject, str]]:
    """Return what happened to goods in this transaction, with what pays for them.

    Goods that came back before the move to "returned", which asks nothing more of the buyer.
    """
    parts = {
        event.seller_order_id
        for event in recorded(session)
        if isinstance(event, (GoodsCameBack, ReturnTakenBack))
        or (isinstance(event, SellerOrderMoved) and _moves_money(event))
    }
    if not parts:
        return
    concerned = {
        row.id: list(_subjects(row))
        for row in session.execute(_PAID_BY.where(SellerOrder.id.in_(sorted(parts))))
    }
    for event in recorded(session):
        subjects = concerned.get(getattr(event, "seller_order_id", None) or 0, ())
        for key in _keys(session, event) if subjects else ():
            for subject in subjects:
                # One move of goods posts to several: each has its own key.
                yield subject, f"{subject.of}:{key}" if subject.of in _BESIDE else key


def _keys(session: Session, event: Event) -> Iterator[str]:
    """Return what an event is called in the histories."""
    if isinstance(event, GoodsCameBack):
        yield f"return:{event.return_id}"
    elif isinstance(event, ReturnTakenBack):
        yield f"return-undone:{event.return_id}"
    elif isinstance(event, SellerOrderMoved) and _moves_money(event):
        if event.to_state == S.RETURNED:
            yield f"return:{_last_return(session, event.seller_order_id)}"
        yield f"move:{event.move_id}"


def _moves_money(event: SellerOrderMoved) -> bool:
    return (
        stage_of(event.from_state) != stage_of(event.to_state) or event.to_state == S.RETURNED
    )  # fmt: skip


def _last_return(session: Session, seller_order_id: int) -> int | None:
    return session.scalar(
        select(func.max(GoodsReturn.id)).where(GoodsReturn.seller_order_id == seller_order_id)
    )


#: What is posted about a part beside the money that pays for it.
_BESIDE = (VOUCHER, CAMPAIGN)
_PAID_BY = (
    select(
        SellerOrder.id, SellerOrder.voucher_payer_id, SellerOrder.campaign_vnd, Payment.id.label("payment_id"),
        CodCollection.seller_order_id.label("cash_id"),
    )
    .outerjoin(
        Payment,
        (Payment.order_id == SellerOrder.order_id)
        & (Payment.payee_id == SellerOrder.payee_id)
        & (Payment.method == SellerOrder.method),
    )
    .outerjoin(CodCollection, CodCollection.seller_order_id == SellerOrder.id)
    .order_by(SellerOrder.id)
)  # fmt: skip


def _subjects(row: Any) -> Iterator[Subject]:
    """Return what is posted about a part: the money that pays for it, and a voucher's payer."""
    if row.payment_id is not None:
        yield Subject(TRANSFER, row.payment_id)
    elif row.cash_id is not None:
        yield Subject(CASH, row.cash_id)
    if row.voucher_payer_id is not None:
        yield Subject(VOUCHER, row.id)
    if row.campaign_vnd:
        yield Subject(CAMPAIGN, row.id)


def _post(session: Session, news: dict[Subject, list[str]], now: datetime) -> None:
    """Post each subject's new events. Its row is locked, so that two events follow each other."""
    subjects = sorted(news)
    _lock(session, subjects)
    postings: list[Posting] = []
    for subject, (beginning, causes) in _read(session, subjects).items():
        if not is_booked(session, str(subject)):
            postings += _postings(subject, beginning, causes)
            continue
        keys = news[subject]
        fresh = sorted((c for c in causes if c.key in keys), key=lambda c: keys.index(c.key))
        before = told(beginning, (c for c in causes if c.key not in keys))
        postings += _postings(subject, before, fresh)
    if postings:
        numbers = post_all(session, postings, now)
        write_lines_of_slips(session, _by_slips(postings, numbers), now)


def _by_slips(
    postings: Sequence[Posting], numbers: Sequence[int | None]
) -> Iterator[tuple[int, int, int, datetime]]:
    """Return what slips paid: it is a line of their fund's public account too."""
    for posting, number in zip(postings, numbers, strict=True):
        for leg in posting.legs if number is not None else ():
            if leg.account.kind == "campaign_slips":
                part = int(posting.subject.partition(":")[2])
                yield part, number or 0, leg.amount_vnd, posting.occurred_at


def _postings(subject: Subject, facts: Facts, causes: Iterable[Cause]) -> Iterator[Posting]:
    for cause in causes:
        later = after(facts, cause)
        legs = with_foreign(legs_between(balances(facts), balances(later)), later, cause)
        facts = later
        if legs:
            yield Posting(cause.key, kind_of(cause), legs, counts_at(cause), str(subject))


#: What is posted about, and the rows that are locked for it.
_KEPT = {
    TRANSFER: Payment.id, CASH: CodCollection.seller_order_id, VOUCHER: SellerOrder.id,
    CAMPAIGN: SellerOrder.id,
}  # fmt: skip
#: Which seller orders these are about.
_SOME = {
    VOUCHER: SellerOrder.voucher_payer_id.is_not(None), CAMPAIGN: SellerOrder.campaign_vnd > 0,
}  # fmt: skip


def _lock(session: Session, subjects: Sequence[Subject]) -> None:
    for of, column in _KEPT.items():
        ids = [subject.id for subject in subjects if subject.of == of]
        if ids:
            session.execute(
                select(column).where(column.in_(ids)).order_by(column).with_for_update()
            )
            if of == VOUCHER:  # A slip's fund gets a line: whoever writes one holds its campaign.
                lock_campaigns_of(session, ids)


def _read(
    session: Session, subjects: Sequence[Subject]
) -> dict[Subject, tuple[Facts, list[Cause]]]:
    """Return each subject's beginning and everything that happened to it, oldest first."""
    found: dict[Subject, tuple[Facts, list[Cause]]] = {}
    for of in _KEPT:
        ids = [subject.id for subject in subjects if subject.of == of]
        found |= {Subject(of, one): history for one, history in histories(session, of, ids)}
    return found


def book_history(session: Session, now: datetime, limit: int = 200) -> list[Subject]:
    """Post some of what happened before there were books, or by an older rule; return of what."""
    names = session.scalars(
        select(ToBook.subject)
        .order_by(ToBook.subject)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    waiting = [
        Subject(of, int(number)) for of, _, number in (name.partition(":") for name in names)
    ]
    if waiting:
        shares = [subject.id for subject in waiting if subject.of == KEPT_SHARE]
        bring_kept_shares(session, shares, now)
        others = [subject for subject in waiting if subject.of != KEPT_SHARE]
        # Whatever happened to them since was posted with all that went before.
        _post(session, {subject: [] for subject in others}, now)
        _put_in_step(session, others, now)
        session.execute(delete(ToBook).where(ToBook.subject.in_(names)))
    return waiting


def _put_in_step(session: Session, subjects: Sequence[Subject], now: datetime) -> None:
    """Post what is missing where the books followed an older rule."""
    stands = booked(session, map(str, subjects))
    postings = []
    for subject, (facts, causes) in _read(session, subjects).items():
        should = balances(told(facts, causes))
        if legs := legs_between(stands.get(str(subject), {}), should):
            postings.append(Posting(f"rule:0076:{subject}", "new_rule", legs, now, str(subject)))
    if postings:
        post_all(session, postings, now)


def disagreements(session: Session, at_once: int = 128) -> Iterator[dict[str, Any]]:
    """Return every subject whose postings are not what its stored events come to.

    Reads all payments, so many at a time: for the night. What waits in ``to_book`` is left out.
    """
    waiting = set(session.scalars(select(ToBook.subject)))
    for of, column in _KEPT.items():
        last = 0
        which = [_SOME[of]] if of in _SOME else []
        while ids := session.scalars(
            select(column).where(column > last, *which).order_by(column).limit(at_once)
        ).all():
            last = ids[-1]
            subjects = [Subject(of, one) for one in ids if f"{of}:{one}" not in waiting]
            stands = booked(session, map(str, subjects))
            for subject, (facts, causes) in _read(session, subjects).items():
                should = balances(told(facts, causes))
                differs = legs_between(should, stands.get(str(subject), {}))
                if differs:
                    yield {"subject": str(subject), "differs": _as_words(differs)}


def _as_words(legs: Iterable[Leg]) -> dict[str, int]:
    return {" ".join(filter(None, leg.account)): leg.amount_vnd for leg in legs}
