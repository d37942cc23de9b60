"""Cash on delivery: one sum per parcel, and who holds it."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, bindparam, case, cast, delete, func, select, true, update
from sqlalchemy.orm import Session

from shop.db import upsert_into
from shop.kernel.errors import NotYours
from shop.ordering.models import SellerOrder
from shop.ordering.rules import SellerOrderState as S
from shop.ordering.rules import StepStays, owed_vnd
from shop.payments.methods.letting_off import let_off_in
from shop.payments.methods.protocol import By, Standing
from shop.payments.models import CashMove, CodCollection
from shop.payments.rules.amounts import MoneyWentBack, MoreThanReceived
from shop.payments.rules.cash import (
    COD,
    UNDONE,
    About,
    CarrierPaid,
    CashState,
    IllegalCashMove,
    NothingKeptBack,
    NothingTooMuch,
    NotTheLastStep,
    NoWayBack,
    PaidElsewhere,
    ReturnFeeStands,
    WrittenOffFor,
    move_cash,
    paid_vnd,
)
from shop.payments.rules.refunds import Way
from shop.payments.told import CASH, Subject, tell_books
from shop.prepared import Among, Prepared, PreparedForSeveral, PreparedInsert

#: Nothing is asked for before the buyer agreed to the fee, nor once it is cancelled.
NOT_OWED = (S.AWAITING_QUOTE, S.QUOTED, S.CANCELLED)
#: Parcels that came to nothing: their cash will not come.
NOTHING_COMES = (S.CANCELLED, S.REFUSED, S.RETURNED, S.LOST, S.NOT_COLLECTED)

_UNLESS_KNOWN = PreparedInsert(CodCollection, lambda insert: insert.on_conflict_do_nothing())


@Prepared
def _parts() -> Any:
    returned = SellerOrder.returned_items_vnd + SellerOrder.returned_shipping_vnd
    return (
        select(
            SellerOrder.id,
            SellerOrder.total_vnd,
            SellerOrder.state,
            returned.label("returned_vnd"),
        )
        .where(SellerOrder.order_id == bindparam("order"), SellerOrder.method == bindparam("name"))
        .order_by(SellerOrder.id)
    )


_refunded_at = (
    select(func.max(CashMove.at))
    .where(
        CashMove.seller_order_id == CodCollection.seller_order_id,
        CashMove.from_state == CashMove.to_state,
        CashMove.about == "",
        CashMove.amount_vnd < 0,
    )
    .correlate(CodCollection)
    .scalar_subquery()
)


@PreparedForSeveral
def _standings(among: Among) -> Any:
    return (
        select(*CodCollection.__table__.c, _refunded_at.label("refunded_at"))
        .join(SellerOrder, SellerOrder.id == CodCollection.seller_order_id)
        .where(among(CodCollection.seller_order_id), SellerOrder.method == COD)
    )


def paid_at_the_door() -> Any:
    """Return ``rules.cash.paid_vnd`` as SQL; ``tests/payments/test_cash.py`` holds them together."""
    cash = CodCollection
    return case(
        (
            (cash.state == CashState.WRITTEN_OFF) & (cash.written_off_for != WrittenOffFor.GONE),
            0,
        ),
        ((cash.state == CashState.REMITTED) & (cash.taken_by != "carrier"), cash.received_vnd),
        else_=cash.taken_vnd,
    )


_amends = (
    select(cast(func.coalesce(func.sum(CashMove.amount_vnd), 0), BigInteger))
    .where(
        CashMove.seller_order_id == CodCollection.seller_order_id, CashMove.about == About.AMENDS
    )
    .correlate(CodCollection)
    .scalar_subquery()
)  # fmt: skip
#: Nobody took its cash, and none is waited for.
_came_to_nothing = (CodCollection.state == CashState.WRITTEN_OFF) & (CodCollection.taken_vnd == 0)


def paid_too_much() -> Any:
    """Return what carriers paid of a parcel beyond what they took, 0 when nothing.

    What they paid for lost goods is none of it.
    """
    cash = CodCollection
    over = cash.received_vnd + cash.fee_vnd + cash.off_vnd - cash.taken_vnd
    counted = (cash.taken_by == "carrier") & (cash.state == CashState.REMITTED)
    return case(
        (counted & (over > 0), over),
        (_came_to_nothing & (cash.received_vnd > 0), cash.received_vnd - _amends),
        else_=0,
    )


class CashOnDelivery:
    """The buyer pays at the door or the counter."""

    name = COD
    ways: tuple[Way, ...] = (Way.BANK, Way.CASH, Way.CREDIT, Way.CAMPAIGN)

    def offer(
        self, *, payee_id: int | None, abroad: bool, pickup: bool, goods_vnd: int = 0
    ) -> bool:
        return pickup or not abroad

    def open(self, session: Session, order_id: int, now: datetime) -> None:
        parts = _parts.all(session, {"order": order_id, "name": self.name})
        owed = [
            {
                "seller_order_id": part.id,
                "amount_vnd": part.total_vnd,
                "state": CashState.PROMISED,
                "changed_at": now,
            }
            for part in parts
            if part.state not in NOT_OWED
        ]
        if owed:
            _UNLESS_KNOWN.run_all(session, owed)
        for part in parts:
            if part.state in NOTHING_COMES:
                self._write_off(session, part.id, now)
            if part.state in NOTHING_COMES or part.returned_vnd:
                ask_anew(session, seller_order_id=part.id)

    def _write_off(self, session: Session, seller_order_id: int, now: datetime) -> None:
        """Cash that nobody paid will not come. Cash paid at the door is on its way and is counted."""
        held = session.execute(
            select(CodCollection.state).where(CodCollection.seller_order_id == seller_order_id)
        ).scalar()
        if held == CashState.PROMISED:
            keep_cash_move(
                session, seller_order_id=seller_order_id, to=CashState.WRITTEN_OFF,
                counted_vnd=0, by=By("system"), note="", now=now,
            )  # fmt: skip

    def status(self, session: Session, seller_order_ids: list[int]) -> dict[int, Standing]:
        return {
            row.seller_order_id: Standing(
                self.name,
                row.state,
                row.amount_vnd,
                row.received_vnd,
                row.refunded_vnd,
                paid_vnd=paid_vnd(
                    row.state, row.taken_vnd, row.taken_by, row.received_vnd, row.written_off_for
                ),
                refunded_at=row.refunded_at,
            )
            for row in _standings.all(session, seller_order_ids)
        }

    def refund(
        self, session: Session, *, of_id: int, amount_vnd: int, key: str, by: By, note: str,
        now: datetime,
    ) -> int | None:  # fmt: skip
        return keep_cash_refund(
            session, seller_order_id=of_id, amount_vnd=amount_vnd, key=key, by=by, note=note,
            now=now,
        )  # fmt: skip


def keep_cash_refund(
    session: Session,
    *,
    seller_order_id: int,
    amount_vnd: int,
    key: str,
    by: By,
    note: str,
    now: datetime,
    credit_id: int | None = None,
    payee_id: int | None = None,
) -> int | None:
    """Note that cash went back to the buyer; below zero takes a wrong note back.

    Args:
        credit_id: the credit that it goes back as: the cash stays where it is.
        payee_id: the organisation's account that the cash was brought to, when it is given back
            out of that and not by the seller.

    Returns:
        The step's id, or None when ``key`` was noted before: nothing changes then.

    Raises:
        MoreThanReceived: more would go back than the buyer paid.
    """
    state = (
        select(CodCollection.state)
        .where(CodCollection.seller_order_id == seller_order_id)
        .scalar_subquery()
    )
    stored = session.scalar(
        upsert_into(session, CashMove)
        .values(
            seller_order_id=seller_order_id, from_state=state, to_state=state,
            amount_vnd=-amount_vnd, key=key, actor_kind=by.kind, actor_id=by.account_id,
            note=note, at=now, credit_id=credit_id, payee_id=payee_id,
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(CashMove.id)
    )  # fmt: skip
    if stored is None:
        return None
    refunded = CodCollection.refunded_vnd + amount_vnd
    credited = CodCollection.credited_vnd + (amount_vnd if credit_id is not None else 0)
    changed = session.execute(
        update(CodCollection)
        .where(
            CodCollection.seller_order_id == seller_order_id,
            refunded >= 0,
            (refunded <= paid_at_the_door()) | (refunded < CodCollection.refunded_vnd),
        )
        .values(
            refunded_vnd=refunded, credited_vnd=credited, changed_at=now,
            changed_by_id=by.account_id,
        )
    )  # fmt: skip
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise MoreThanReceived(amount_vnd=abs(amount_vnd))
    tell_books(session, Subject(CASH, seller_order_id), f"cash-move:{stored}")
    return stored


def keep_cash_move(
    session: Session,
    *,
    seller_order_id: int,
    to: CashState,
    counted_vnd: int,
    by: By,
    note: str,
    carrier: str = "",
    now: datetime,
    reason: str = "",
    fee_vnd: int = 0,
    off_vnd: int = 0,
    payee_id: int | None = None,
) -> bool:
    """Move the cash of a parcel; False when it is there already.

    Args:
        fee_vnd, off_vnd: of what a carrier took: what it keeps as its fee, what is given up.
        payee_id: the organisation's account that a carrier paid into.
        carrier: who took it at the door, as buyers read the name.
        reason: a ``WrittenOffFor`` when a person gives it up.

    Raises:
        IllegalCashMove: the table forbids it, or somebody else was faster.
    """
    current = session.execute(
        select(CodCollection.state).where(CodCollection.seller_order_id == seller_order_id)
    ).scalar_one()
    if current == to:
        return False
    move_cash(CashState(current), to)
    values: dict[str, Any] = {"written_off_for": reason}
    if to in (CashState.WITH_CARRIER, CashState.WITH_SELLER):
        values |= {
            "taken_vnd": CodCollection.amount_vnd,
            "taken_by": to.removeprefix("with_"),
            "carrier": carrier,
            "taken_at": now,
        }
    kept = {"fee_vnd": fee_vnd, "off_vnd": off_vnd, "payee_id": payee_id}
    return _step(
        session, seller_order_id, CashState(current), to, counted_vnd, by, note, reason, now,
        values | kept, carrier=carrier, kept=kept,
    )  # fmt: skip


def keep_rest(
    session: Session,
    *,
    seller_order_id: int,
    counted_vnd: int,
    fee_vnd: int,
    off_vnd: int,
    payee_id: int | None,
    above: bool,
    elsewhere: bool = False,
    key: str,
    by: By,
    note: str,
    now: datetime,
) -> int | None:
    """Settle some of what a carrier kept back: more of it came, was its fee, or is given up.

    Args:
        above: a person says that more came than the carrier kept back: nobody has explained it.
        elsewhere: a person says that it came to another place than the first part.

    Returns:
        The step's id, or None when ``key`` was noted before: nothing changes then.

    Raises:
        NothingKeptBack, PaidElsewhere
    """
    stored = _keep_beside(
        session, seller_order_id, key, by, note, now, about=About.REST, amount_vnd=counted_vnd,
        fee_vnd=fee_vnd, off_vnd=off_vnd, payee_id=payee_id,
    )  # fmt: skip
    if stored is None:
        return None
    cash = CodCollection
    rest = cash.taken_vnd - cash.received_vnd - cash.fee_vnd - cash.off_vnd
    settled_vnd = fee_vnd + off_vnd + (0 if above else counted_vnd)
    changed = session.execute(
        update(cash)
        .where(
            cash.seller_order_id == seller_order_id, cash.state == CashState.REMITTED,
            cash.taken_by == "carrier", (rest >= settled_vnd) | (settled_vnd == 0),
            true() if elsewhere else cash.payee_id.is_not_distinct_from(payee_id),
        )
        .values(
            received_vnd=cash.received_vnd + counted_vnd, fee_vnd=cash.fee_vnd + fee_vnd,
            off_vnd=cash.off_vnd + off_vnd, changed_at=now, changed_by_id=by.account_id,
        )
    )  # fmt: skip
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        row = session.execute(
            select(cash.payee_id, cash.state, rest.label("rest_vnd")).where(
                cash.seller_order_id == seller_order_id
            )
        ).one()
        if row.state == CashState.REMITTED and row.payee_id != payee_id and not elsewhere:
            raise PaidElsewhere
        kept = row.rest_vnd if row.state == CashState.REMITTED else 0
        raise NothingKeptBack(rest_vnd=max(0, kept))
    tell_books(session, Subject(CASH, seller_order_id), f"cash-move:{stored}")
    return stored


def keep_unasked(
    session: Session, *, seller_order_id: int, about: About, amount_vnd: int, payee_id: int | None,
    key: str, by: By, note: str, now: datetime,
) -> int | None:  # fmt: skip
    """Note what a carrier paid for a parcel that came to nothing; None when ``key`` was noted before.

    Args:
        about: ``AMENDS``, or ``REST``: nobody has explained it.

    Raises:
        IllegalCashMove: cash of it was taken, or is waited for, or it was paid ahead and is under way.
    """
    _nothing_to_collect(session, seller_order_id, now)
    stored = _keep_beside(
        session, seller_order_id, key, by, note, now, about=about, amount_vnd=amount_vnd,
        payee_id=payee_id,
    )  # fmt: skip
    if stored is None:
        return None
    cash = CodCollection
    changed = session.execute(
        update(cash)
        .where(cash.seller_order_id == seller_order_id, _came_to_nothing)
        .values(
            received_vnd=cash.received_vnd + amount_vnd, changed_at=now,
            changed_by_id=by.account_id,
        )
    )  # fmt: skip
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise IllegalCashMove(state=_state_of(session, seller_order_id), to=CashState.WRITTEN_OFF)
    tell_books(session, Subject(CASH, seller_order_id), f"cash-move:{stored}")
    return stored


def _nothing_to_collect(session: Session, seller_order_id: int, now: datetime) -> None:
    """Keep a place for what a carrier pays or asks for goods that were paid ahead and came to nothing.

    Nothing was collected for them, and nothing is; what the buyer paid stands elsewhere.

    Raises:
        IllegalCashMove: its goods are under way, or arrived.
    """
    part = select(SellerOrder.method, SellerOrder.state).where(SellerOrder.id == seller_order_id)
    if session.execute(part).one().method == COD:
        return
    # Whoever takes "lost" back meanwhile is waited for, or waits.
    if session.execute(part.with_for_update(key_share=True)).one().state not in NOTHING_COMES:
        raise IllegalCashMove(state="", to=CashState.WRITTEN_OFF)
    _UNLESS_KNOWN.run(
        session,
        {
            "seller_order_id": seller_order_id, "amount_vnd": 0,
            "state": CashState.WRITTEN_OFF, "changed_at": now,
        },
    )  # fmt: skip


def keep_sent_back(
    session: Session, *, seller_order_id: int, amount_vnd: int, payee_id: int | None, key: str,
    by: By, note: str, now: datetime,
) -> int | None:  # fmt: skip
    """Note that what a carrier paid too much went back to it; None when ``key`` was noted before.

    Args:
        payee_id: the organisation's account that it left; None: out of her hand.

    Raises:
        NothingTooMuch
    """
    stored = _keep_beside(
        session, seller_order_id, key, by, note, now, about=About.SENT_BACK,
        amount_vnd=-amount_vnd, payee_id=payee_id,
    )  # fmt: skip
    if stored is None:
        return None
    cash = CodCollection
    changed = session.execute(
        update(cash)
        .where(cash.seller_order_id == seller_order_id, paid_too_much() >= amount_vnd)
        .values(
            received_vnd=cash.received_vnd - amount_vnd, changed_at=now,
            changed_by_id=by.account_id,
        )
    )  # fmt: skip
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        over_vnd = session.scalar(
            select(paid_too_much()).where(cash.seller_order_id == seller_order_id)
        )
        raise NothingTooMuch(over_vnd=over_vnd or 0)
    tell_books(session, Subject(CASH, seller_order_id), f"cash-move:{stored}")
    return stored


def expect_written_off(
    session: Session, *, seller_order_id: int, by: By, note: str, now: datetime
) -> None:
    """Note that cash which a carrier took and a person gave up is with the carrier still.

    A step of its own, whatever happened since: the one that gave it up stays readable.

    Raises:
        IllegalCashMove: nobody took it, or it is not given up.
    """
    taken = session.execute(
        select(CodCollection.state, CodCollection.taken_by).where(
            CodCollection.seller_order_id == seller_order_id
        )
    ).one()
    done = taken.taken_by == "carrier" and _step(
        session, seller_order_id, CashState.WRITTEN_OFF, CashState.WITH_CARRIER, 0, by, note, "",
        now, {"written_off_for": ""},
        key=f"cash-found:{last_step(session, seller_order_id)}:{seller_order_id}",
    )  # fmt: skip
    if not done:
        raise IllegalCashMove(state=taken.state, to=CashState.WITH_CARRIER)


def keep_return_fee(
    session: Session,
    *,
    seller_order_id: int,
    fee_vnd: int,
    carrier: str,
    payee_id: int | None,
    bearer_id: int | None,
    key: str,
    by: By,
    note: str,
    now: datetime,
) -> int | None:
    """Note what a carrier asked for bringing back a parcel that the buyer did not take.

    Returns:
        The step's id, or None when ``key`` was noted before: nothing changes then.

    Raises:
        NoWayBack: somebody took the cash, it still may come, or the fee was noted.
    """
    _nothing_to_collect(session, seller_order_id, now)
    stored = _keep_beside(
        session, seller_order_id, key, by, note, now, about=About.RETURN_FEE, fee_vnd=fee_vnd,
        carrier=carrier, payee_id=payee_id, bearer_id=bearer_id,
    )  # fmt: skip
    if stored is None:
        return None
    changed = session.execute(
        update(CodCollection)
        .where(
            CodCollection.seller_order_id == seller_order_id,
            CodCollection.state == CashState.WRITTEN_OFF, CodCollection.taken_vnd == 0,
            CodCollection.return_fee_vnd == 0,
        )
        .values(
            return_fee_vnd=fee_vnd, payee_id=payee_id, changed_at=now,
            changed_by_id=by.account_id,
        )
    )  # fmt: skip
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise NoWayBack(state=_state_of(session, seller_order_id))
    tell_books(session, Subject(CASH, seller_order_id), f"cash-move:{stored}")
    return stored


def _state_of(session: Session, seller_order_id: int) -> str:
    return session.execute(
        select(CodCollection.state).where(CodCollection.seller_order_id == seller_order_id)
    ).scalar_one()


def _keep_beside(
    session: Session, seller_order_id: int, key: str, by: By, note: str, now: datetime,
    **values: Any,
) -> int | None:  # fmt: skip
    """Write down a step that moves no cash to another holder; None when ``key`` was noted before."""
    state = (
        select(CodCollection.state)
        .where(CodCollection.seller_order_id == seller_order_id)
        .scalar_subquery()
    )
    return session.scalar(
        upsert_into(session, CashMove)
        .values(
            seller_order_id=seller_order_id, from_state=state, to_state=state, key=key,
            actor_kind=by.kind, actor_id=by.account_id, note=note, at=now, **values,
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(CashMove.id)
    )  # fmt: skip


def take_cash_step_back(
    session: Session, *, seller_order_id: int, move_id: int, by: By, note: str, now: datetime,
    past_undone: bool = False,
) -> int | None:  # fmt: skip
    """Take a person's last step back by the opposite one, which is a row of its own.

    Args:
        past_undone: steps after it that were taken back are as if they had not been.

    Returns:
        What was given back to the buyer and now was not, 0 for another step; None when
        this step was taken back before.

    Raises:
        NotYours: no such step of this parcel's cash.
        NotTheLastStep: something happened after it, or it is not a tap of a person.
        MoreThanReceived: money went back to the buyer meanwhile.
    """
    wrong = session.execute(
        select(
            CashMove.from_state, CashMove.to_state, CashMove.amount_vnd, CashMove.actor_kind,
            CashMove.key, CashMove.about, CashMove.fee_vnd, CashMove.off_vnd, CashMove.payee_id,
            CashMove.bearer_id, CashMove.carrier,
        ).where(CashMove.id == move_id, CashMove.seller_order_id == seller_order_id)
    ).one_or_none()  # fmt: skip
    if wrong is None:
        raise NotYours
    if session.scalar(select(CashMove.id).where(CashMove.key == f"cash-undo:{move_id}")):
        return None
    last = _last_standing if past_undone else last_step
    is_last = move_id == last(session, seller_order_id)
    if not is_last or wrong.actor_kind == "system" or wrong.key.startswith("cash-undo:"):
        raise NotTheLastStep
    if wrong.about:
        _undo_beside(session, seller_order_id, wrong, f"cash-undo:{move_id}", by, note, now)
        with_it = _way_back_with(session, seller_order_id, wrong)
        if with_it is not None:
            key = f"cash-undo:{with_it.id}"
            _undo_beside(session, seller_order_id, with_it, key, by, note, now)
        return 0
    if wrong.from_state == wrong.to_state:
        kept = keep_cash_refund(
            session, seller_order_id=seller_order_id, amount_vnd=wrong.amount_vnd,
            key=f"cash-undo:{move_id}", by=by, note=note, now=now, payee_id=wrong.payee_id,
        )  # fmt: skip
        return None if kept is None else -wrong.amount_vnd
    back, now_at = CashState(wrong.from_state), CashState(wrong.to_state)
    if back not in UNDONE.get(now_at, frozenset()):
        raise NotTheLastStep
    refunded = session.scalar(
        select(CodCollection.refunded_vnd).where(CodCollection.seller_order_id == seller_order_id)
    )
    if refunded and back == CashState.WITH_SELLER:
        raise MoreThanReceived(amount_vnd=refunded)
    done = _step(
        session, seller_order_id, now_at, back, -wrong.amount_vnd, by, note, "", now,
        {"written_off_for": "", "fee_vnd": 0, "off_vnd": 0, "payee_id": None},
        key=f"cash-undo:{move_id}", kept={"fee_vnd": -wrong.fee_vnd, "off_vnd": -wrong.off_vnd},
    )  # fmt: skip
    if not done:
        raise IllegalCashMove(state=now_at, to=back)
    return 0


def forget_promise(session: Session, *, seller_order_id: int, now: datetime) -> bool:
    """Take away the promise of cash that its buyer pays otherwise; False when none stands.

    Nothing of it is left, but where somebody had taken it, or it was given up, and that was taken
    back: those steps stay to be read, beside cash of which nothing is asked for.
    """
    if last_step(session, seller_order_id):
        return _step(
            session, seller_order_id, CashState.PROMISED, CashState.WRITTEN_OFF, 0, By("system"),
            "", "", now, {"amount_vnd": 0, "let_off_vnd": 0},
        )  # fmt: skip
    gone = session.execute(
        delete(CodCollection)
        .where(
            CodCollection.seller_order_id == seller_order_id,
            CodCollection.state == CashState.PROMISED,
        )
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    return bool(gone.rowcount)  # type: ignore[attr-defined]


def expect_cash_again(session: Session, *, seller_order_id: int, by: By, now: datetime) -> bool:
    """Wait for a parcel's cash again that was given up since the parcel came to nothing, or since
    its buyer was to transfer it.

    False when it was not given up that way: there is none, or it went another way since.

    Raises:
        ReturnFeeStands: a carrier was paid for bringing it back.
        CarrierPaid: a carrier paid for it.
    """
    held = session.execute(
        select(
            CodCollection.state, CodCollection.taken_vnd, CodCollection.return_fee_vnd,
            CodCollection.received_vnd, SellerOrder.method,
        )
        .join(SellerOrder, SellerOrder.id == CodCollection.seller_order_id)
        .where(CodCollection.seller_order_id == seller_order_id)
    ).one_or_none()  # fmt: skip
    if held is None or held.state != CashState.WRITTEN_OFF or held.taken_vnd:
        return False
    if held.return_fee_vnd:
        raise ReturnFeeStands(amount_vnd=held.return_fee_vnd)
    if held.received_vnd:
        raise CarrierPaid(amount_vnd=held.received_vnd)
    if held.method != COD:
        return False
    wrong = last_step(session, seller_order_id)
    return _step(
        session, seller_order_id, CashState.WRITTEN_OFF, CashState.PROMISED, 0, by, "", "", now,
        {"written_off_for": ""}, key=f"cash-undo:{wrong}",
    )  # fmt: skip


#: What says who took cash at the door, once nobody did.
_BY_NOBODY = {"taken_vnd": 0, "taken_by": "", "taken_at": None, "carrier": ""}


def untake_uncounted(session: Session, *, seller_order_id: int, by: By, now: datetime) -> bool:
    """Take back that cash changed hands at the door: the parcel is not there yet.

    False when nobody had taken any, as of a parcel that was paid ahead.

    Raises:
        StepStays: it was counted, or given up: that is taken back first.
        MoneyWentBack: some of it was given back to the buyer.
    """
    held = session.execute(
        select(CodCollection.state, CodCollection.refunded_vnd, SellerOrder.method)
        .join(SellerOrder, SellerOrder.id == CodCollection.seller_order_id)
        .where(CodCollection.seller_order_id == seller_order_id)
        .with_for_update(of=CodCollection)
    ).one_or_none()
    if held is None or held.method != COD or held.state == CashState.PROMISED:
        return False
    if held.refunded_vnd:
        raise MoneyWentBack(amount_vnd=held.refunded_vnd)
    if held.state not in (CashState.WITH_CARRIER, CashState.WITH_SELLER):
        raise StepStays(why="cash_counted")
    wrong = _last_standing(session, seller_order_id)
    return _step(
        session, seller_order_id, CashState(held.state), CashState.PROMISED, 0, by, "", "", now,
        _BY_NOBODY, key=f"cash-undo:{wrong}",
    )  # fmt: skip


def untake_cash(session: Session, *, seller_order_id: int, by: By, now: datetime) -> bool:
    """Take back, step by step, that cash was paid over a counter: it is waited for again.

    False when nobody had taken any.

    Raises:
        MoreThanReceived: some of it was given back to the buyer, and not by mistake.
        IllegalCashMove: it went another way since.
    """
    held = session.execute(
        select(
            CodCollection.state, CodCollection.received_vnd, CodCollection.refunded_vnd,
            CodCollection.taken_by, CodCollection.fee_vnd, CodCollection.off_vnd,
        )
        .where(CodCollection.seller_order_id == seller_order_id)
        .with_for_update()
    ).one_or_none()  # fmt: skip
    if held is None or held.state == CashState.PROMISED:
        return False
    if held.refunded_vnd:
        raise MoreThanReceived(amount_vnd=held.refunded_vnd)
    if held.state != CashState.REMITTED or held.fee_vnd or held.off_vnd:
        raise IllegalCashMove(state=held.state, to=CashState.PROMISED)
    taken = CashState(f"with_{held.taken_by}")
    for current, to, vnd, values in (
        (CashState.REMITTED, taken, -held.received_vnd, {"payee_id": None}),
        (taken, CashState.PROMISED, 0, _BY_NOBODY),
    ):
        wrong = last_step(session, seller_order_id)
        _step(
            session, seller_order_id, current, to, vnd, by, "", "", now, values,
            key=f"cash-undo:{wrong}",
        )  # fmt: skip
    return True


def _way_back_with(session: Session, seller_order_id: int, paid: Any) -> Any:
    """Return the return fee that was noted by the same tap as what a carrier paid, None when none.

    Both are named after the step that the tap saw.
    """
    name, _, seen = paid.key.partition(":")
    if name != "cash-unasked":
        return None
    return session.execute(
        select(*CashMove.__table__.c).where(
            CashMove.seller_order_id == seller_order_id, CashMove.key == f"cash-way-back:{seen}"
        )
    ).one_or_none()


def _undo_beside(
    session: Session, seller_order_id: int, wrong: Any, key: str, by: By, note: str, now: datetime
) -> None:
    """Take a step back that moved no cash to another holder."""
    same = {"payee_id": wrong.payee_id, "bearer_id": wrong.bearer_id, "carrier": wrong.carrier}
    stored = _keep_beside(
        session, seller_order_id, key, by, note, now, about=wrong.about,
        amount_vnd=-wrong.amount_vnd, fee_vnd=-wrong.fee_vnd, off_vnd=-wrong.off_vnd, **same,
    )  # fmt: skip
    if stored is None:
        raise NotTheLastStep  # Somebody else did it in this moment.
    cash = CodCollection
    less: dict[str, Any] = (
        {"return_fee_vnd": cash.return_fee_vnd - wrong.fee_vnd, "payee_id": None}
        if wrong.about == About.RETURN_FEE
        else {
            "received_vnd": cash.received_vnd - wrong.amount_vnd,
            "fee_vnd": cash.fee_vnd - wrong.fee_vnd,
            "off_vnd": cash.off_vnd - wrong.off_vnd,
        }
    )
    session.execute(
        update(cash)
        .where(cash.seller_order_id == seller_order_id)
        .values(changed_at=now, changed_by_id=by.account_id, **less)
    )
    tell_books(session, Subject(CASH, seller_order_id), f"cash-move:{stored}")


def gave_back(session: Session, seller_order_id: int, move_id: int) -> bool:
    """Tell whether a step of a parcel's cash was money that went back to the buyer."""
    return bool(
        session.scalar(
            select(CashMove.id).where(
                CashMove.id == move_id,
                CashMove.seller_order_id == seller_order_id,
                CashMove.from_state == CashMove.to_state,
                CashMove.about == "",
                CashMove.amount_vnd < 0,
            )
        )
    )


def last_step(session: Session, seller_order_id: int) -> int:
    """Return the id of the last step of a parcel's cash, 0 before any."""
    return (
        session.scalar(
            select(func.max(CashMove.id)).where(CashMove.seller_order_id == seller_order_id)
        )
        or 0
    )


def _last_standing(session: Session, seller_order_id: int) -> int | None:
    """Return the last step of a parcel's cash that was not taken back."""
    steps = session.execute(
        select(CashMove.id, CashMove.key).where(CashMove.seller_order_id == seller_order_id)
    ).all()
    keys = {step.key for step in steps}
    standing = [
        step.id
        for step in steps
        if not step.key.startswith("cash-undo:") and f"cash-undo:{step.id}" not in keys
    ]
    return max(standing, default=None)


def ask_anew(session: Session, *, seller_order_id: int) -> None:
    """Ask in cash for what a part comes to now, also when that is more than a moment ago.

    Cash that was given up before anybody took it keeps its sum, to be read.
    """
    part = session.execute(
        select(
            SellerOrder.state, SellerOrder.total_vnd, SellerOrder.order_id,
            (SellerOrder.returned_items_vnd + SellerOrder.returned_shipping_vnd).label("back_vnd"),
        ).where(SellerOrder.id == seller_order_id)
    ).one()  # fmt: skip
    let_off = {one.seller_order_id: one.vnd for one in let_off_in(session, part.order_id, "cod")}
    off_vnd = let_off.get(seller_order_id, 0)
    session.execute(
        update(CodCollection)
        .where(
            CodCollection.seller_order_id == seller_order_id,
            (CodCollection.taken_vnd > 0) | (CodCollection.state == CashState.PROMISED),
        )
        .values(
            amount_vnd=owed_vnd(part.state, part.total_vnd, part.back_vnd) - off_vnd,
            let_off_vnd=off_vnd,
        )
    )


def _step(
    session: Session,
    seller_order_id: int,
    current: CashState,
    to: CashState,
    counted_vnd: int,
    by: By,
    note: str,
    reason: str,
    now: datetime,
    values: dict[str, Any],
    key: str = "",
    carrier: str = "",
    kept: dict[str, Any] | None = None,
) -> bool:
    """Compare and set, then write it down; False when somebody else was faster."""
    changed = session.execute(
        update(CodCollection)
        .where(CodCollection.seller_order_id == seller_order_id, CodCollection.state == current)
        .values(
            state=to, received_vnd=CodCollection.received_vnd + counted_vnd,
            changed_at=now, changed_by_id=by.account_id, **values,
        )
    )  # fmt: skip
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        return False
    key = key or f"cash:{seller_order_id}:{to}:{last_step(session, seller_order_id)}"
    step = CashMove(
        seller_order_id=seller_order_id, from_state=current, to_state=to, carrier=carrier,
        amount_vnd=counted_vnd, reason=reason, key=key, actor_kind=by.kind,
        actor_id=by.account_id, note=note, at=now, **(kept or {}),
    )  # fmt: skip
    session.add(step)
    session.flush()
    tell_books(session, Subject(CASH, seller_order_id), f"cash-move:{step.id}")
    return True
