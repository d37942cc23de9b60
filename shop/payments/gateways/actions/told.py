"""A message in the transaction that acts on it, and what comes of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.payments.gateways.actions.keeping import open_task
from shop.payments.gateways.models import GatewayMessage, GatewayVisit
from shop.payments.holding import held_payment
from shop.payments.models import Payment
from shop.payments.rules.gateways import Told
from shop.sellers.models import Payee


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a message: its state and why, and which payment it was about."""

    state: str
    reason: str = ""
    payment_id: int | None = None


IGNORED, WAITING = Done("ignored"), Done("waiting")


@dataclass(frozen=True, slots=True)
class At:
    """A message in the transaction that acts on it."""

    session: Session
    message: GatewayMessage
    now: datetime

    def visit(self, *where: Any) -> GatewayVisit | None:
        """Return a visit of this gateway; its payment is held first, as everywhere."""
        found = self.session.execute(
            select(GatewayVisit.id, GatewayVisit.payment_id).where(
                GatewayVisit.gateway == self.message.gateway, *where
            )
        ).first()
        if found is None:
            return None
        held_payment(self.session, found.payment_id)
        return self.session.scalar(
            select(GatewayVisit)
            .where(GatewayVisit.id == found.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )

    def task(self, reason: str, told: Told, payment_id: int | None = None) -> Done:
        open_task(
            self.session, key=f"message:{self.message.id}", gateway=self.message.gateway,
            reason=reason, payment_id=payment_id, currency=told.currency,
            amount_minor=told.amount_minor, outside_id=told.charge_id or told.outside_id,
            now=self.now,
        )  # fmt: skip
        return Done("task", reason, payment_id)

    def payee(self, payment_id: int) -> Any:
        return self.session.execute(
            select(Payee.id, Payee.organisation_id)
            .join(Payment, Payment.payee_id == Payee.id)
            .where(Payment.id == payment_id)
        ).one()
