"""Money on an organisation's account that a seller owed it, or that a wallet paid out to it."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.banking.models import BankNotice
from shop.banking.queries.units import (
    WALLETS,
    debt_subject,
    owed_now,
    payout_name,
    payouts_told,
    standing_debt,
    wallet_holds,
)
from shop.banking.rules.matching import MoreThanHeld, MoreThanOwed
from shop.kernel.errors import NotYours
from shop.ledger.actions import post, reverse
from shop.ledger.models import LedgerTransaction
from shop.ledger.rules import Account, Leg
from shop.payments.gateways.models import GatewayPayout
from shop.payments.rules.amounts import AmountOutOfRange


def pay_debt(
    session: Session, notice: BankNotice, seller_id: int, now: datetime, rest_vnd: int = 0
) -> None:
    """Book that a seller paid with a notice's money what she owed the organisation, or a part of it.

    Args:
        rest_vnd: what is too much, as the person saw it: nobody's until somebody says whose.

    Raises:
        NotYours: the account is no organisation's.
        MoreThanOwed: she owes less, or something else than that is too much.
    """
    unit, amount_vnd = _unit_of(notice), _amount_of(notice)
    owed_vnd = owed_now(session, seller_id, unit)
    if owed_vnd <= 0 or max(0, amount_vnd - owed_vnd) != rest_vnd:
        raise MoreThanOwed(owed_vnd=owed_vnd)
    subject = debt_subject(notice.id)
    before = session.scalar(
        select(func.count()).where(LedgerTransaction.subject == subject)
    )  # fmt: skip
    legs = [
        Leg(Account("bank", f"payee:{notice.payee_id}"), amount_vnd),
        Leg(
            Account("seller_receivable", f"seller:{seller_id}", f"organisation:{unit}"),
            rest_vnd - amount_vnd,
        ),
        Leg(Account("suspense", f"payee:{notice.payee_id}"), -rest_vnd),
    ]
    legs = [leg for leg in legs if leg.amount_vnd]
    post(
        session, key=f"debt:{notice.id}:{before}", kind="debt_paid", legs=legs, subject=subject,
        now=now, occurred_at=notice.booked_at,
    )  # fmt: skip


def let_go_of_debt(session: Session, notice_id: int, now: datetime) -> bool:
    """Take back that a notice paid a debt: she owes it again; False when it paid none."""
    transaction_id = standing_debt(session, notice_id)
    if transaction_id is None:
        return False
    reverse(session, transaction_id=transaction_id, key=f"debt-undone:{transaction_id}", now=now)
    return True


def book_payout(
    session: Session, notice: BankNotice, wallet: str, fee_vnd: int, now: datetime
) -> None:
    """Book that a notice's money is what a wallet paid out, less the fee that it kept.

    Raises:
        NotYours: the account is no organisation's, or no such wallet.
        MoreThanHeld: money and fee are more than the wallet has of the organisation.
    """
    unit, amount_vnd = _unit_of(notice), _amount_of(notice)
    if wallet not in WALLETS or fee_vnd < 0:
        raise NotYours
    held_vnd = wallet_holds(session, unit, wallet)
    if amount_vnd + fee_vnd > held_vnd:
        raise MoreThanHeld(held_vnd=held_vnd)
    _keep_payout(session, notice, wallet, amount_vnd, fee_vnd, now)


def let_go_of_payout(session: Session, notice: BankNotice, now: datetime) -> bool:
    """Take back that a notice is a wallet's payout, by its opposite; False when it is none."""
    rows = payouts_told(session, notice.id)
    if not sum(row.bank_vnd for row in rows):
        return False
    last = rows[-1]
    _keep_payout(session, notice, last.gateway, -last.bank_vnd, -last.fees_vnd, now)
    return True


def _keep_payout(
    session: Session, notice: BankNotice, wallet: str, bank_vnd: int, fees_vnd: int, now: datetime
) -> None:
    unit = _unit_of(notice)
    made = GatewayPayout(
        gateway=wallet, outside_id=payout_name(notice.id, len(payouts_told(session, notice.id))),
        organisation_id=unit, payee_id=notice.payee_id, bank_vnd=bank_vnd, fees_vnd=fees_vnd,
        currency="VND", amount_minor=bank_vnd, paid_at=notice.booked_at,
    )  # fmt: skip
    session.add(made)
    session.flush()
    of = f"organisation:{unit}"
    legs = [
        Leg(Account("bank", f"payee:{notice.payee_id}"), bank_vnd),
        Leg(Account("card_fees", of, wallet), fees_vnd),
        Leg(Account("card_clearing", of, wallet), -bank_vnd - fees_vnd),
    ]
    post(
        session, key=f"gateway-payout:{made.id}", kind="cleared",
        legs=[leg for leg in legs if leg.amount_vnd], subject=f"gateway_payout:{made.id}", now=now,
        occurred_at=notice.booked_at,
    )  # fmt: skip


def _unit_of(notice: BankNotice) -> int:
    if notice.organisation_id is None:
        raise NotYours
    return notice.organisation_id


def _amount_of(notice: BankNotice) -> int:
    if notice.amount_vnd is None or notice.amount_vnd <= 0:
        raise AmountOutOfRange(amount_vnd=notice.amount_vnd or 0)
    return notice.amount_vnd
