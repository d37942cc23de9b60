"""Money that the books have before the bank tells of it, as ``rules.matching`` weighs it.

Settlements stand beside this room and carriers' files above it: their tables are read by name.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, String, cast, exists, func, literal, select
from sqlalchemy.orm import Session, aliased

from shop.banking.models import BankNotice
from shop.banking.queries.units import is_told_by_bank
from shop.banking.rules.matching import InBooks, settlements_in
from shop.db import Base
from shop.fundraising.handing_rules import SaidState
from shop.fundraising.models import Campaign, CashDeposit, Disbursement, DisbursementReturn
from shop.kernel.clock import vietnam_date
from shop.payments.gateways.models import GatewayPayout
from shop.payments.models import CashMove
from shop.sellers.models import Seller

#: A gateway's own day of a payout and the bank's are so far apart at most.
_CARD_WITHIN = timedelta(days=7)
#: A carrier's file is read so long before or after its money came.
_FILE_WITHIN = timedelta(days=45)
#: The day that a person says of a fund's money and the bank's are so far apart at most.
_FUND_WITHIN = timedelta(days=7)
#: So many transfers are shown that a text names and that are of another sum.
MOST_OF_OTHER_SUM = 3


def in_books_like(
    session: Session, text: str, owner: Any, payee_ids: Sequence[int], amount_vnd: int | None,
    booked_at: datetime,
) -> list[InBooks]:  # fmt: skip
    """Return counted money of just this amount that no other line of the bank is said to be.

    Args:
        owner: a row with ``seller_id`` and ``organisation_id``.
        payee_ids: the rows of the account that the money is on.
    """
    if amount_vnd is None or amount_vnd <= 0:
        return []
    found = _from_carriers(session, owner, payee_ids, amount_vnd, booked_at)
    if owner.organisation_id is not None:
        found = [
            *_come_back(session, settlements_in(text), owner.organisation_id, amount_vnd),
            *_from_cards(session, payee_ids, amount_vnd, booked_at),
            *_of_funds(session, payee_ids, amount_vnd, booked_at),
            *found,
        ]
    taken = set(
        session.scalars(
            select(BankNotice.reason).where(
                BankNotice.state == "same",
                BankNotice.reason.in_([one.subject for one in found]),
            )
        )
    )
    return [one for one in found if one.subject not in taken]


def _from_cards(
    session: Session, payee_ids: Sequence[int], amount_vnd: int, booked_at: datetime
) -> list[InBooks]:
    rows = session.scalars(
        select(GatewayPayout.id)
        .where(
            GatewayPayout.payee_id.in_(payee_ids), GatewayPayout.bank_vnd == amount_vnd,
            GatewayPayout.failed_at.is_(None), ~is_told_by_bank,
            GatewayPayout.paid_at.between(booked_at - _CARD_WITHIN, booked_at + _CARD_WITHIN),
        )
        .order_by(GatewayPayout.id)
    )  # fmt: skip
    return [InBooks("card", one, amount_vnd) for one in rows]


def _from_carriers(
    session: Session, owner: Any, payee_ids: Sequence[int], amount_vnd: int, booked_at: datetime
) -> list[InBooks]:
    """Files of which something is counted: of the account, or of the seller whom the carrier pays."""
    of, line = Base.metadata.tables["remittances"].c, Base.metadata.tables["remittance_lines"].c
    undo = aliased(CashMove)
    counted = exists().where(
        line.remittance_id == of.id,
        line.move_id.is_not(None),
        ~exists().where(undo.key == literal("cash-undo:") + cast(line.move_id, String)),
    )
    whose = of.payee_id.in_(payee_ids)
    if owner.seller_id is not None:
        whose |= (of.seller_id == owner.seller_id) & of.payee_id.is_(None)
    rows = session.execute(
        select(of.id, of.carrier)
        .where(
            whose, of.received_vnd == amount_vnd, counted,
            of.stored_at.between(booked_at - _FILE_WITHIN, booked_at + _FILE_WITHIN),
        )
        .order_by(of.id)
    )  # fmt: skip
    return [InBooks("carrier", row.id, amount_vnd, row.carrier, row.carrier) for row in rows]


def _of_funds(
    session: Session, payee_ids: Sequence[int], amount_vnd: int, booked_at: datetime
) -> list[InBooks]:
    """Cash of funds that was paid into this account, and what came back to it of hand-overs."""
    day = vietnam_date(booked_at)
    deposits = _said_of_funds(
        select(literal("deposit"), CashDeposit.id, literal(0)).join(
            Campaign, Campaign.id == CashDeposit.campaign_id
        ),
        CashDeposit,
        payee_ids,
        amount_vnd,
        day,
    )
    returns = _said_of_funds(
        select(literal("returned"), DisbursementReturn.id, Disbursement.id)
        .join(Disbursement, Disbursement.id == DisbursementReturn.disbursement_id)
        .join(Campaign, Campaign.id == Disbursement.campaign_id)
        .where(DisbursementReturn.reference != ""),  # Else it never left the account.
        DisbursementReturn,
        payee_ids,
        amount_vnd,
        day,
    )
    return [
        InBooks(
            kind, id_, amount_vnd, title_vi, title_en, campaign_id=campaign_id,
            disbursement_id=of_id, waits=state == SaidState.SAID,
        )
        for some in (deposits, returns)
        for kind, id_, of_id, state, campaign_id, title_vi, title_en in session.execute(some)
    ]  # fmt: skip


def _said_of_funds(
    wanted: Any, of: Any, payee_ids: Sequence[int], amount_vnd: int, day: date
) -> Select[Any, int, int, str, int, str, str]:
    """Return the statement of what one person said, and perhaps another noted, of this very sum."""
    return (
        wanted.add_columns(of.state, Campaign.id, Campaign.title_vi, Campaign.title_en)
        .where(
            Campaign.payee_id.in_(payee_ids), of.amount_vnd == amount_vnd, of.state != SaidState.DROPPED,
            of.on_day.between(day - _FUND_WITHIN, day + _FUND_WITHIN),
        )
        .order_by(of.id)
    )  # fmt: skip


def of_other_sum(
    session: Session, text: str, unit_id: int | None, amount_vnd: int | None
) -> list[InBooks]:
    """Return transfers of the settlements that a text names and that are of another sum.

    Those nearest to it first, ``MOST_OF_OTHER_SUM`` at most. No line of the bank is taken for them:
    a person reads where they stand.
    """
    if unit_id is None or amount_vnd is None or amount_vnd <= 0:
        return []
    of = _payouts()
    return _transfers(
        session, settlements_in(text), unit_id, of.amount_vnd != amount_vnd,
        by=func.abs(of.amount_vnd - amount_vnd), most=MOST_OF_OTHER_SUM,
    )  # fmt: skip


def _come_back(
    session: Session, settlement_ids: Sequence[int], unit_id: int, amount_vnd: int
) -> list[InBooks]:
    of = _payouts()
    return _transfers(session, settlement_ids, unit_id, of.amount_vnd == amount_vnd, by=of.id)


def _payouts() -> Any:
    return Base.metadata.tables["payouts"].c


def _transfers(
    session: Session, settlement_ids: Sequence[int], unit_id: int, which: Any, *, by: Any,
    most: int | None = None,
) -> list[InBooks]:  # fmt: skip
    if not settlement_ids:
        return []
    slips = Base.metadata.tables["payout_statements"]
    of, slip = _payouts(), slips.c
    rows = session.execute(
        select(of.id, of.state, of.amount_vnd, slip.settlement_id, of.statement_id, Seller.name_vi, Seller.name_en)
        .join(slips, slip.id == of.statement_id)
        .join(Seller, Seller.id == of.seller_id)
        .where(
            of.organisation_id == unit_id, slip.settlement_id.in_(settlement_ids),
            which,
        )
        .order_by(by, of.id)
        .limit(most)
    )  # fmt: skip
    return [
        InBooks(
            "payout", row.id, row.amount_vnd, row.name_vi, row.name_en, row.settlement_id,
            row.statement_id, waits=row.state != "failed",
        )
        for row in rows
    ]  # fmt: skip
