"""When a seller is paid what organisations hold for her, as far as it is known."""

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import String, cast, func, literal, select
from sqlalchemy.orm import Session

from shop.kernel.clock import vietnam_date
from shop.ledger.models import LedgerAccount
from shop.organisations.models import Organisation
from shop.payouts.models import Payout, PayoutSetting, PayoutStatement, Settlement
from shop.payouts.queries.owed import BETWEEN
from shop.payouts.rules import PAYABLE, SettlementState, StatementState, next_period_on

_S = PayoutStatement


class PayDays(NamedTuple):
    """What one organisation paid a seller last, what of hers is on its way, and its rhythm."""

    name_vi: str
    name_en: str
    #: The day of the newest transfer that did not come back.
    paid_on: date | None
    #: A statement that pays her something is a draft; is approved and not sent.
    is_drafted: bool
    is_approved: bool
    rhythm: str
    #: When the next settlement is drawn up; None: by hand, and nobody said when.
    next_on: date | None


def pay_days(session: Session, seller_id: int, today: date) -> list[PayDays]:
    """Return for each organisation that collects for a seller when it pays. One query."""
    hers = (_S.seller_id == seller_id, _S.organisation_id == Organisation.id)

    def waits_as(states: Iterable[StatementState]) -> Any:
        return (
            select(_S.id)
            .join(Settlement, Settlement.id == _S.settlement_id)
            .where(
                *hers, _S.pays_vnd > 0, _S.state.in_([one.value for one in states]),
                Settlement.state != SettlementState.DROPPED.value,
            )
            .correlate(Organisation)
            .exists()
        )  # fmt: skip

    paid_at = (
        select(func.max(Payout.sent_at))
        .join(_S, _S.id == Payout.statement_id)
        .where(*hers, Payout.state != StatementState.FAILED.value)
        .correlate(Organisation)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            Organisation.id, Organisation.name_vi, Organisation.name_en, paid_at.label("paid_at"),
            waits_as([StatementState.DRAFTED]).label("is_drafted"),
            waits_as(PAYABLE).label("is_approved"),
            func.coalesce(PayoutSetting.rhythm, "by_hand").label("rhythm"),
        )
        .join(
            LedgerAccount,
            LedgerAccount.detail == literal("organisation:") + cast(Organisation.id, String),
        )
        .outerjoin(PayoutSetting, PayoutSetting.organisation_id == Organisation.id)
        .where(LedgerAccount.owner == f"seller:{seller_id}", LedgerAccount.kind.in_(BETWEEN))
        .distinct()
        .order_by(Organisation.id)
    )  # fmt: skip
    return [
        PayDays(
            row.name_vi, row.name_en, vietnam_date(row.paid_at) if row.paid_at else None,
            row.is_drafted, row.is_approved, row.rhythm, next_period_on(row.rhythm, today),
        )
        for row in rows
    ]  # fmt: skip
