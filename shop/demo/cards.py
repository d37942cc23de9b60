"""Orders by card, as they would stand had Stripe told of them.

The demo has no keys: cards are not offered in it and nobody is asked. What is told here is
written as Stripe writes it and goes through the same reading and the same acting as at the door.
"""

import json
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select

from shop.db import transaction
from shop.demo.orders import place_and_walk
from shop.demo.payouts import UNION
from shop.demo.people import ACTOR
from shop.fundraising.actions.gifts import offer_gift
from shop.fundraising.models import Campaign
from shop.kernel.currencies import Rate
from shop.ledger.rules import Account, Leg
from shop.operations.actions.corrections import confirm_correction, propose_correction
from shop.payments.gateways.actions.applying import apply_told
from shop.payments.gateways.actions.keeping import keep_message
from shop.payments.gateways.actions.passing import plan_pass, send_pass
from shop.payments.gateways.actions.visits import hold_longer, keep_opened, want_visit
from shop.payments.gateways.models import (
    GatewayMessage,
    GatewayRefund,
    GatewayVisit,
    GiftVisit,
)
from shop.payments.rules.gateways import Line, read_stripe
from shop.sellers.models import Payee

CARD = "card"
_HALF_AN_HOUR = timedelta(minutes=30)
#: So that it still waits for its buyer on the demo's first day.
_FIRST_DAY = timedelta(hours=22)
_ARRIVED = ["confirmed", "packed", "handed_over", "delivered"]
#: What the buyer's bank wants of whoever loses or not, in cents, when a charge is disputed.
_DISPUTE_FEE = 2_000


def load_cards(
    units: dict[str, int], people: dict[str, int], buyers: dict[str, Any], now: datetime
) -> None:
    """Orders that wait, are paid, are given back in part, and are disputed; and one payout.

    What Stripe kept beyond its fees is put right in the books by two people: one correction is
    posted, one waits for the second of them.
    """
    with transaction() as session:
        payee = session.scalars(
            select(Payee.id).where(Payee.organisation_id == units[UNION], Payee.ended_at.is_(None))
        ).one()
    stripe = _Stripe(now)
    waits = {"hours": 1, "lines": [["GM-NGUCOC-500", 1], ["XG-MAM-500", 1]]}
    orders = (
        ("chau", waits, stripe.left),
        ("chau", {"days": 13, "lines": [["GM-MEDEN-300", 2]], "walk": _ARRIVED, "returned": 1},
         stripe.paid),
        ("lan-abroad", {"days": 4, "lines": [["GM-NGUCOC-500", 2]], "walk": ["confirmed", "packed"]},
         stripe.paid_in_euro),
        ("chau", {"days": 20, "lines": [["GM-GAOLUT-1000", 1]], "walk": _ARRIVED}, stripe.paid),
    )  # fmt: skip
    for buyer, row, pay in orders:
        at = now - timedelta(days=row.get("days", 0), hours=row.get("hours", 0))
        place_and_walk(
            {**row, "buyer": buyer, "method": CARD}, buyers[buyer], at,
            online={CARD: payee}, pay=pay,
        )  # fmt: skip
    stripe.gave_back(now - timedelta(days=9))
    stripe.disputed(now - timedelta(days=2))
    stripe.paid_out(now - timedelta(days=6))
    _correct(units[UNION], people, 4_000, "Stripe giữ thêm phí đổi tiền tháng trước", now, True)
    _correct(units[UNION], people, 2_500, "Stripe giữ thêm phí đổi tiền tháng này", now, False)


def load_gifts_by_card(unit: int, people: dict[str, int], now: datetime) -> None:
    """Two gifts by card to the running sale: one is on the fund's account, one is planned to go."""
    stripe = _Stripe(now, 1_000)
    with transaction() as session:
        payee, campaign = session.execute(
            select(Payee.id, Campaign.id)
            .join(Campaign, Campaign.organisation_id == Payee.organisation_id)
            .where(
                Payee.organisation_id == unit, Payee.ended_at.is_(None), Campaign.state == "open",
                Campaign.kind == "sale", Campaign.closes_on.is_not(None),
            )
        ).one()  # fmt: skip
    for n, (vnd, days) in enumerate(((100_000, 5), (150_000, 3)), 1):
        at = now - timedelta(days=days)
        charge = stripe.given(campaign, payee, n, vnd, at)
        stripe.brought(charge, vnd, n, at + timedelta(days=1))
        with transaction() as session:
            made = plan_pass(
                session, campaign_id=campaign, from_payee_id=payee, planner_id=people["officer"],
                actor_id=people["officer"], actor_name="Võ Thị Hạnh", now=at + timedelta(days=2),
            )  # fmt: skip
            if n == 1:
                send_pass(
                    session, pass_id=made.id, reference="FT26331000321",
                    sender_id=people["operator"], actor_id=people["operator"],
                    actor_name="Phan Thị Hảo", now=at + timedelta(days=2, hours=3),
                )  # fmt: skip


def _correct(
    unit: int, people: dict[str, int], vnd: int, reason: str, now: datetime, confirmed: bool
) -> None:
    """The officer proposes; the head posts it, or has it before her still."""
    of = f"organisation:{unit}"
    with transaction() as session:
        made = propose_correction(
            session, organisation_id=unit, reason=reason, evidence="Sao kê Stripe MAU-11",
            legs=[Leg(Account("card_fees", of, CARD), vnd), Leg(Account("card_clearing", of, CARD), -vnd)],
            proposer_id=people["officer"], actor_id=people["officer"], actor_name=ACTOR,
            now=now - timedelta(days=2),
        )  # fmt: skip
        if confirmed:
            confirm_correction(
                session, correction_id=made.id, confirmer_id=people["operator"],
                actor_id=people["operator"], actor_name=ACTOR, now=now - timedelta(days=1),
            )  # fmt: skip


class _Stripe:
    """What the card company would have told, in its words; it numbers what it tells."""

    def __init__(self, now: datetime, first: int = 1) -> None:
        self.now, self.numbers = now, count(first)

    def left(self, payment_id: int, at: datetime) -> None:
        """She came to the page and left; the goods are held while she thinks."""
        self._opened(payment_id, at + timedelta(minutes=3))
        with transaction() as session:
            hold_longer(
                session, payment_id=payment_id, hold=_FIRST_DAY, now=at + timedelta(minutes=20)
            )

    def paid(self, payment_id: int, at: datetime, rate: Rate | None = None) -> None:
        at += timedelta(minutes=4)
        visit = self._opened(payment_id, at, rate)
        session_of = {
            "id": visit.outside_id, "client_reference_id": visit.key, "payment_status": "paid",
            "payment_intent": _charge_of(visit), "currency": visit.currency.lower(),
            "amount_total": visit.amount_minor,
        }  # fmt: skip
        self._tell("checkout.session.completed", session_of, at + timedelta(minutes=2))

    def paid_in_euro(self, payment_id: int, at: datetime) -> None:
        self.paid(payment_id, at, Rate("EUR", 27_500, date(2026, 6, 1)))

    def gave_back(self, at: datetime) -> None:
        """What the shop asked to be given back has reached the cards."""
        with transaction() as session:
            wanted = session.execute(
                select(GatewayRefund, GatewayVisit.charge_id)
                .join(GatewayVisit, GatewayVisit.id == GatewayRefund.visit_id)
                .where(GatewayRefund.state == "intended")
            ).all()
            told = [
                {"id": f"re_mau_{refund.id}", "metadata": {"refund": refund.key},
                 "payment_intent": charge_id, "currency": refund.currency.lower(),
                 "amount": refund.amount_minor, "status": "succeeded"}
                for refund, charge_id in wanted
            ]  # fmt: skip
        for one in told:
            self._tell("refund.updated", one, at)

    def disputed(self, at: datetime) -> None:
        """A buyer's bank takes back what she paid first."""
        visit = self._paid_visits()[0]
        cents = visit.amount_minor // 275
        thing = {
            "id": "dp_mau_1", "payment_intent": visit.charge_id, "status": "needs_response",
            "currency": visit.currency.lower(), "amount": visit.amount_minor,
            "reason": "product_not_received",
            "balance_transactions": [{"amount": -cents, "fee": _DISPUTE_FEE}],
        }  # fmt: skip
        self._tell("charge.dispute.created", thing, at)

    def given(self, campaign: int, payee: int, n: int, vnd: int, at: datetime) -> str:
        """Somebody gives on its page; return the charge."""
        with transaction() as session:
            gift = offer_gift(
                session, campaign_id=campaign, amount_vnd=vnd,
                contact={"name": "", "email": None}, shown_name="", message="",
                attempt_id=f"demo-card-{n}", locale="en", now=at, method=CARD,
            )  # fmt: skip
            visit = GiftVisit(
                gift_id=gift.id, payee_id=payee, gateway=CARD, key=f"{gift.memo}-mau",
                amount_vnd=vnd, state="open", outside_id=f"cs_gop_{n}", opened_at=at,
                expires_at=at + _HALF_AN_HOUR, changed_at=at,
            )  # fmt: skip
            session.add(visit)
            key = visit.key
        paid = {
            "id": f"cs_gop_{n}", "client_reference_id": key, "payment_status": "paid",
            "payment_intent": f"pi_gop_{n}", "currency": "vnd", "amount_total": vnd,
        }  # fmt: skip
        self._tell("checkout.session.completed", paid, at + timedelta(minutes=4))
        return f"pi_gop_{n}"

    def brought(self, charge: str, vnd: int, n: int, at: datetime) -> None:
        """What was given reaches the Union's bank."""
        fee = vnd * 3 // 100
        line = Line("charge", f"ch_gop_{n}", charge, vnd, fee)
        thing = {"id": f"po_gop_{n}", "currency": "vnd", "amount": vnd - fee,
                 "arrival_date": int(at.timestamp())}  # fmt: skip
        self._tell("payout.paid", thing, at, [line])

    def paid_out(self, at: datetime) -> None:
        """The last charge reaches the Union's bank, less what Stripe keeps of it."""
        visit = self._paid_visits()[-1]
        fee = visit.amount_minor * 3 // 100
        line = Line("charge", "ch_mau_1", str(visit.charge_id), visit.amount_minor, fee)
        thing = {"id": "po_mau_1", "currency": "vnd", "amount": visit.amount_minor - fee,
                 "arrival_date": int(at.timestamp())}  # fmt: skip
        self._tell("payout.paid", thing, at, [line])

    def _opened(self, payment_id: int, at: datetime, rate: Rate | None = None) -> GatewayVisit:
        with transaction() as session:
            wanted = want_visit(
                session, payment_id=payment_id, rate=rate, locale="vi", hold=_HALF_AN_HOUR, now=at
            )
            name = f"cs_mau_{wanted.id}"
            keep_opened(
                session, visit_id=wanted.id, url=f"https://checkout.stripe.com/c/pay/{name}",
                outside_id=name, now=at,
            )  # fmt: skip
        with transaction() as session:
            visit = session.get_one(GatewayVisit, wanted.id)
            session.expunge(visit)
        return visit

    def _paid_visits(self) -> list[GatewayVisit]:
        """Return what cards paid in đồng, oldest first."""
        with transaction() as session:
            visits = session.scalars(
                select(GatewayVisit)
                .where(GatewayVisit.state == "paid", GatewayVisit.currency == "VND")
                .order_by(GatewayVisit.opened_at)
            ).all()
            session.expunge_all()
        return list(visits)

    def _tell(self, kind: str, thing: dict[str, Any], at: datetime, more: Any = ()) -> None:
        name = f"evt_mau_{next(self.numbers)}"
        body = json.dumps({"id": name, "type": kind, "data": {"object": thing}}).encode()
        with transaction() as session:
            message_id = keep_message(
                session, gateway=CARD, outside_id=name, kind=kind, body=body, now=at
            )
            if message_id is None:
                raise LookupError(name)
            apply_told(session, message_id=message_id, told=read_stripe(body), more=more, now=at)
            if session.get_one(GatewayMessage, message_id).state == "waiting":
                raise LookupError(name)


def _charge_of(visit: GatewayVisit) -> str:
    return f"pi_mau_{visit.id}"
