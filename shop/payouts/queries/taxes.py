"""What organisations withheld of tax and did not pay to the tax office yet, and what they paid."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, String, cast, func, literal, select
from sqlalchemy.orm import Session, aliased

from shop.accounts.models import Account as Person
from shop.kernel.clock import day_begins
from shop.kernel.errors import NotYours
from shop.ledger.models import LedgerAccount, LedgerEntry, LedgerTransaction
from shop.ledger.queries import balance
from shop.ledger.rules import Account
from shop.organisations.models import Organisation
from shop.payouts.models import TaxPayment

_planner, _sender = aliased(Person), aliased(Person)
_OWNER = literal("organisation:") + cast(Organisation.id, String)


def tax_account(organisation_id: int) -> Account:
    """Return the account of what an organisation withheld."""
    return Account("tax_withheld", f"organisation:{organisation_id}")


def tax_left(session: Session, organisation_id: int, last_on: date) -> int:
    """Return what an organisation may pay for a period that ends on a day.

    What was withheld until then, less what goods that came back since took off and all that was
    paid: never more than stands in the books now.
    """
    mine = tax_account(organisation_id)
    later = (
        select(func.sum(LedgerEntry.amount_vnd))
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(
            LedgerAccount.kind == mine.kind, LedgerAccount.owner == mine.owner,
            LedgerTransaction.occurred_at >= day_begins(last_on + timedelta(days=1)),
            ~LedgerTransaction.subject.like("tax_payment:%"),
        )
    )  # fmt: skip
    stands_vnd = -balance(session, mine)
    return min(stands_vnd, stands_vnd + int(session.scalar(later) or 0))


def tax_standing(session: Session, units: Select[int] | None) -> Sequence[Any]:
    """Return (id, name_vi, name_en, left_vnd, planned_id) of organisations that withheld tax."""
    wanted = (
        select(
            Organisation.id, Organisation.name_vi, Organisation.name_en,
            (-LedgerAccount.balance_vnd).label("left_vnd"), TaxPayment.id.label("planned_id"),
        )
        .join(
            LedgerAccount,
            (LedgerAccount.owner == _OWNER) & (LedgerAccount.kind == "tax_withheld"),
        )
        .outerjoin(
            TaxPayment,
            (TaxPayment.organisation_id == Organisation.id) & (TaxPayment.state == "planned"),
        )
        .order_by(Organisation.name_vi, Organisation.id)
    )  # fmt: skip
    if units is not None:
        wanted = wanted.where(Organisation.id.in_(units))
    return session.execute(wanted).all()


def tax_payments(units: Select[int] | None) -> Select[Any]:
    """Return what was planned and paid, the newest first."""
    wanted = (
        select(
            *TaxPayment.__table__.c, Organisation.name_vi, Organisation.name_en,
            _planner.name.label("planned_by"), _sender.name.label("sent_by"),
        )
        .join(Organisation, Organisation.id == TaxPayment.organisation_id)
        .join(_planner, _planner.id == TaxPayment.planned_by_id)
        .outerjoin(_sender, _sender.id == TaxPayment.sent_by_id)
        .order_by(TaxPayment.id.desc())
    )  # fmt: skip
    return wanted if units is None else wanted.where(TaxPayment.organisation_id.in_(units))


def tax_payment_in(session: Session, units: Select[int] | None, payment_id: int) -> Any:
    """Return one of these units'.

    Raises:
        NotYours
    """
    row = session.execute(tax_payments(units).where(TaxPayment.id == payment_id)).one_or_none()
    if row is None:
        raise NotYours
    return row
