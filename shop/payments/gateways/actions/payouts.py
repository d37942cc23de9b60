"""Payouts of gateways: money that reached the organisation's bank, or did not after all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.db import upsert_into
from shop.ledger.actions import post
from shop.ledger.rules import Account, Leg
from shop.payments.gateways.actions.keeping import wake_waiting
from shop.payments.gateways.actions.told import IGNORED, WAITING, At, Done
from shop.payments.gateways.models import (
    GatewayDispute,
    GatewayPayout,
    GatewayRefund,
    GatewayVisit,
    GiftBack,
    GiftVisit,
)
from shop.payments.models import Payment
from shop.payments.rules.gateways import OWN_FEES, Line, Told, fee_vnd
from shop.sellers.models import Payee


def payout_told(at: At, told: Told, more: Sequence[Any]) -> Done:
    """Money reached the organisation's bank: each line by what it is in đồng here."""
    gateway, session = at.message.gateway, at.session
    _keep_payout_of_gifts(session, gateway, told.outside_id, more)
    lines = _with_own_fees(more, [_booked(session, gateway, line) for line in more])
    known = [line for line in lines if line is not None]
    adds_up = sum(line.amount_minor - line.fee_minor for line in more) == told.amount_minor
    if not more or len(known) != len(lines) or not adds_up:
        return at.task("payout_unclear", told)
    organisations = {line.organisation_id for line in known if line.organisation_id}
    payee_id = _bank_then(session, organisations, told.at or at.now)
    if payee_id is None:
        return at.task("payout_unclear", told)
    organisation_id = organisations.pop()
    bank_vnd = sum(line.bank_vnd for line in known)
    fees_vnd = sum(line.fees_vnd for line in known)
    payout_id = session.scalar(
        upsert_into(session, GatewayPayout)
        .values(
            gateway=gateway, outside_id=told.outside_id, organisation_id=organisation_id,
            payee_id=payee_id, bank_vnd=bank_vnd, fees_vnd=fees_vnd, currency=told.currency,
            amount_minor=told.amount_minor, paid_at=told.at or at.now,
        )
        .on_conflict_do_nothing(index_elements=["gateway", "outside_id"])
        .returning(GatewayPayout.id)
    )  # fmt: skip
    if payout_id is None:
        return IGNORED
    unit = f"organisation:{organisation_id}"
    foreign = (told.currency, told.amount_minor) if told.currency != "VND" else (None, None)
    legs = [
        Leg(Account("bank", f"payee:{payee_id}"), bank_vnd, *foreign),
        Leg(Account("card_fees", unit, gateway), fees_vnd),
        Leg(Account("card_clearing", unit, gateway), -bank_vnd - fees_vnd),
    ]
    legs = [leg for leg in legs if leg.amount_vnd]
    wake_waiting(session, gateway, told.outside_id, at.now)
    if legs:
        post(
            session, key=f"gateway-payout:{payout_id}", kind="cleared", legs=legs,
            subject=f"gateway_payout:{payout_id}", now=at.now, occurred_at=told.at or at.now,
        )  # fmt: skip
    return Done("applied")


def _bank_then(session: Session, organisations: set[int], when: datetime) -> int | None:
    """Return the account that payouts of one organisation reached at a time; None: of several."""
    if len(organisations) != 1:
        return None
    rows = session.execute(
        select(Payee.id, Payee.ended_at)
        .where(Payee.organisation_id.in_(organisations))
        .order_by(Payee.id)
    ).all()
    stood = [row.id for row in rows if row.ended_at is None or row.ended_at > when]
    return stood[0] if stood else (rows[-1].id if rows else None)


def _with_own_fees(
    lines: Sequence[Line], found: Sequence["_Booked | None"]
) -> list["_Booked | None"]:
    """Return lines in đồng, the gateway's own fees too: by what the others are worth.

    A fee that it takes by itself has no charge here; it only lowers what reaches the bank.
    """
    worth = [(line, one) for line, one in zip(lines, found, strict=True) if one is not None]
    minor = sum(abs(line.amount_minor) for line, _ in worth)
    vnd = sum(abs(one.bank_vnd + one.fees_vnd) for _, one in worth)

    def booked(line: Line, one: _Booked | None) -> _Booked | None:
        if one is not None or line.kind not in OWN_FEES or not minor:
            return one
        fees = -fee_vnd(line.amount_minor - line.fee_minor, minor, vnd)
        return _Booked(-fees, fees, 0)

    return [booked(line, one) for line, one in zip(lines, found, strict=True)]


def payout_failed(at: At, told: Told, _more: Sequence[Any]) -> Done:
    """The bank did not take a payout after all: the gateway has the money, and pays it out anew."""
    session = at.session
    payout = session.scalar(
        select(GatewayPayout)
        .where(
            GatewayPayout.gateway == at.message.gateway,
            GatewayPayout.outside_id == told.outside_id,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if payout is None:
        return WAITING
    if payout.failed_at is not None:
        return IGNORED
    payout.failed_at = at.now
    session.flush()
    unit = Account("card_clearing", f"organisation:{payout.organisation_id}", payout.gateway)
    bank = Account("bank", f"payee:{payout.payee_id}")
    post(
        session, key=f"gateway-payout:{payout.id}:failed", kind="payout_failed",
        legs=[Leg(unit, payout.bank_vnd), Leg(bank, -payout.bank_vnd)],
        subject=f"gateway_payout:{payout.id}", now=at.now,
    )  # fmt: skip
    at.task("payout_failed", told)
    return Done("applied")


def _keep_payout_of_gifts(
    session: Session, gateway: str, payout: str, lines: Sequence[Line]
) -> None:
    """Note with which payout each gift comes to the bank, whether or not all else of it is clear."""
    # What was in a payout that failed comes with this one.
    failed = {line.source for line in lines if line.kind == "payout"}
    if failed:
        session.execute(
            update(GiftVisit)
            .where(GiftVisit.gateway == gateway, GiftVisit.payout_outside_id.in_(failed))
            .values(payout_outside_id=payout)
            .execution_options(synchronize_session=False)
        )
    charges = {line.charge_id for line in lines if line.charge_id and line.amount_minor > 0}
    if charges:
        session.execute(
            update(GiftVisit)
            .where(
                GiftVisit.gateway == gateway, GiftVisit.charge_id.in_(charges),
                GiftVisit.payout_outside_id.is_(None),
            )
            .values(payout_outside_id=payout)
            .execution_options(synchronize_session=False)
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Booked:
    """One line of a payout in đồng, and whose account at the gateway it is."""

    bank_vnd: int
    fees_vnd: int
    #: 0: it says nothing of that.
    organisation_id: int


def _booked(session: Session, gateway: str, line: Line) -> _Booked | None:
    """Return what a line is in đồng; None when its cause is not known here."""
    if line.kind == "payout":
        return _of_failed_payout(session, gateway, line)
    found = next(filter(None, (look(session, gateway, line) for look in _CAUSES)), None)
    of_gift = _of_gift(session, gateway, line) if found is None else None
    if found is None and of_gift is None:
        return None
    if of_gift is not None:
        payee_id, line_vnd, counts_fee = of_gift
        whose: Any = Payee.id == payee_id
    else:
        payment_id, line_vnd, counts_fee = found  # type: ignore[misc]
        whose = Payee.id.in_(select(Payment.payee_id).where(Payment.id == payment_id))
    fees = fee_vnd(line.fee_minor, line.amount_minor, line_vnd)
    unit = session.scalars(select(Payee.organisation_id).where(whose)).one()
    return _Booked(line_vnd - fees, fees if counts_fee else 0, unit or 0)


def _of_failed_payout(session: Session, gateway: str, line: Line) -> _Booked | None:
    """Return what comes with a payout since the bank had not taken an earlier one."""
    row = session.execute(
        select(GatewayPayout.bank_vnd, GatewayPayout.organisation_id).where(
            GatewayPayout.gateway == gateway, GatewayPayout.outside_id == line.source,
            GatewayPayout.failed_at.is_not(None),
        )
    ).one_or_none()  # fmt: skip
    return None if row is None else _Booked(row.bank_vnd, 0, row.organisation_id)


Cause = tuple[int, int, bool]


def _charge(session: Session, gateway: str, line: Line) -> Cause | None:
    if line.amount_minor <= 0 or not line.charge_id:
        return None
    row = session.execute(
        select(GatewayVisit.payment_id, GatewayVisit.amount_vnd).where(
            GatewayVisit.gateway == gateway, GatewayVisit.charge_id == line.charge_id
        )
    ).first()
    return (row.payment_id, row.amount_vnd, True) if row else None


def _refund(session: Session, gateway: str, line: Line) -> Cause | None:
    row = session.execute(
        select(GatewayRefund.payment_id, GatewayRefund.amount_vnd).where(
            GatewayRefund.gateway == gateway, GatewayRefund.outside_id == line.source
        )
    ).first()
    if row is None:
        return None
    return row.payment_id, row.amount_vnd if line.amount_minor > 0 else -row.amount_vnd, True


def _dispute(session: Session, gateway: str, line: Line) -> Cause | None:
    row = session.execute(
        select(GatewayDispute.payment_id, GatewayDispute.taken_vnd).where(
            GatewayDispute.gateway == gateway, GatewayDispute.outside_id == line.source
        )
    ).first()
    if row is None:
        return None
    # Its fee left the clearing account when the bank took the money.
    return row.payment_id, row.taken_vnd if line.amount_minor > 0 else -row.taken_vnd, False


def _of_gift(session: Session, gateway: str, line: Line) -> Cause | None:
    """Return (payee, đồng, whether the fee counts) of a gift's charge, refund or dispute."""
    back = session.execute(
        select(GiftVisit.payee_id, GiftBack.amount_vnd, GiftBack.kind)
        .join(GiftVisit, GiftVisit.id == GiftBack.visit_id)
        .where(GiftVisit.gateway == gateway, GiftBack.outside_id == line.source)
    ).first()
    if back is not None:
        vnd = back.amount_vnd if line.amount_minor > 0 else -back.amount_vnd
        return back.payee_id, vnd, back.kind == "refund"
    charge = session.execute(
        select(GiftVisit.payee_id, GiftVisit.amount_vnd).where(
            GiftVisit.gateway == gateway, GiftVisit.charge_id == line.charge_id
        )
    ).first()
    if charge is None or not line.charge_id or line.amount_minor <= 0:
        return None
    return charge.payee_id, charge.amount_vnd, True


_CAUSES: tuple[Callable[[Session, str, Line], Cause | None], ...] = (_refund, _dispute, _charge)
