"""A union that collects, sales that reached their buyers, and people who settle."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.current import vault
from shop.db import db, transaction
from shop.fundraising.models import Campaign
from shop.kernel.clock import vietnam_date
from shop.ledger.actions import post
from shop.ledger.queries import INVARIANTS as BOOKS
from shop.ledger.rules import Account, Leg
from shop.organisations.actions import appoint
from shop.payments.methods import By
from shop.payments.queries.booked import INVARIANTS as BOOKED
from shop.payouts.actions.deciding import approve_settlement
from shop.payouts.actions.drafting import draft_settlement
from shop.payouts.actions.sending import send_payout
from shop.payouts.models import PayoutStatement, Settlement
from shop.payouts.queries.proofs import INVARIANTS
from shop.sellers.models import Payee
from tests.conftest import NOON
from tests.ordering.conftest import a_cart, place
from tests.payments.conftest import an_order, payments_of, receive
from tests.payments.test_books import move
from tests.vouchers.conftest import a_voucher

__all__ = ["a_cart", "a_voucher", "an_order", "place"]

OFFICER = By("officer")
#: Twelve o'clock on the day after the sales.
NEXT_DAY = NOON + timedelta(days=1)


def a_payee(**owner: int) -> int:
    """Open a bank account of a seller or an organisation, the one before ends."""
    now = owner.pop("now", NOON)
    with transaction() as session:
        of = {getattr(Payee, name): value for name, value in owner.items()}
        earlier = session.scalars(
            select(Payee).where(*(c == v for c, v in of.items()), Payee.ended_at.is_(None))
        ).one_or_none()
        if earlier is not None:
            earlier.ended_at = now
            session.flush()
        key = vault().new_key()
        number = f"4210205{sum(owner.values()):06d}"
        payee = Payee(
            bank_bin="970405", bank_name="Agribank", holder="HOI PHU NU", data_key=key,
            account_number=vault().seal(key, number), last4=number[-4:], started_at=now, **owner,
        )  # fmt: skip
        session.add(payee)
        session.flush()
        return payee.id


def a_fund_apart(session: Session, unit: int, sends_vnd: int = 5_000, now: datetime = NOON) -> int:
    """Make a campaign of a unit that has to send this from its own account; return its id."""
    key = vault().new_key()
    payee = Payee(
        organisation_id=unit, bank_bin="970405", bank_name="Agribank", holder="QUY RIENG",
        data_key=key, account_number=vault().seal(key, f"4210{unit:06d}"), last4=f"{unit:04d}"[-4:],
        started_at=now, ended_at=now, is_apart=True,
    )  # fmt: skip
    session.add(payee)
    session.flush()
    campaign = Campaign(
        code=f"AP{unit:06d}", organisation_id=unit, kind="sale", state="open", title_vi="Cứu trợ",
        for_whom_vi="sáu chị", why_vi="Lũ.", beneficiary_rule_vi="Họp.", spending_vi="Mua gạo.",
        legal_basis_vi="Quy chế", document_no="1", document_on=vietnam_date(now),
        goal_vnd=1_000_000, opens_on=vietnam_date(now), payee_id=payee.id, created_at=now,
        opened_at=now, entries=0, chain="",
    )  # fmt: skip
    session.add(campaign)
    session.flush()
    post(
        session, key=f"apart:{unit}", kind="sold", subject=f"campaign:{campaign.id}", now=now,
        legs=[
            Leg(Account("bank", f"payee:{payee.id}"), sends_vnd),
            Leg(Account("suspense", f"payee:{payee.id}"), -sends_vnd),
        ],
    )  # fmt: skip
    return campaign.id


@pytest.fixture
def union(an_organisation: Callable[..., int]) -> int:
    """An organisation with an account of its own."""
    unit = an_organisation()
    a_payee(organisation_id=unit)
    return unit


@pytest.fixture
def a_maker(a_seller: Callable[..., int], union: int) -> Callable[..., int]:
    """A seller for whom the union collects."""
    return lambda **more: a_seller(organisation_id=union, paid_through_organisation=True, **more)


@pytest.fixture
def sold(a_variant: Callable[..., int], an_order: Any) -> Callable[..., Any]:
    """``sold(seller)``: an order of 95,000 + 15,000 đồng, paid to the union and delivered.

    Returns:
        (payment id, seller order's id)
    """

    def make(*sellers: int, at: datetime = NOON, delivered: bool = True) -> Any:
        made = an_order({a_variant(seller_id=one): (one, "transfer") for one in sellers}, now=at)
        [payment] = payments_of(made.order_id)
        receive(payment.id, payment.amount_vnd, OFFICER)
        if delivered:
            for part in made.parts:
                move(part, "confirmed", "packed", "handed_over", "delivered", at=at)
        return payment.id, made.parts[0]

    return make


@pytest.fixture
def officers(app: Flask, an_account: Callable[..., int], union: int) -> dict[str, int]:
    """The head and the treasurer of the union."""
    people = {role: an_account(f"Cán bộ {role}") for role in ("head", "treasurer")}
    with transaction() as session:
        for role, person in people.items():
            appoint(
                session, organisation_id=union, account_id=person, role=role,
                starts_on=vietnam_date(NOON), actor_id=None, actor_name="", now=NOON,
            )  # fmt: skip
    return people


def draft(union: int, at: datetime = NEXT_DAY, **more: Any) -> int:
    more.setdefault("to_on", vietnam_date(at) - timedelta(days=1))
    with transaction() as session:
        return draft_settlement(
            session, organisation_id=union, actor_id=None, actor_name="Hạnh", now=at, **more
        ).id


def approve(settlement_id: int, person: int, at: datetime = NEXT_DAY) -> None:
    with transaction() as session:
        approve_settlement(
            session, settlement_id=settlement_id, approver_id=person, actor_id=person,
            actor_name="Hạnh", now=at,
        )  # fmt: skip


def send(statement_id: int, person: int, at: datetime = NEXT_DAY, reference: str = "FT1") -> int:
    with transaction() as session:
        return send_payout(
            session, statement_id=statement_id, reference=reference, sender_id=person,
            actor_id=person, actor_name="Lan", now=at,
        ).id  # fmt: skip


def statements(settlement_id: int) -> list[PayoutStatement]:
    db.session.rollback()
    return list(
        db.session.scalars(
            select(PayoutStatement)
            .where(PayoutStatement.settlement_id == settlement_id)
            .order_by(PayoutStatement.seller_id)
        )
    )


def settlement(settlement_id: int) -> Settlement:
    db.session.rollback()
    return db.session.get_one(Settlement, settlement_id)


def bank_of(union: int) -> int:
    """Return what the union's banks hold by the books."""
    from shop.payouts.queries.owed import still_held_vnd

    db.session.rollback()
    return still_held_vnd(db.session(), union)


def broken() -> dict[str, Any]:
    """Return what the self-checks of payouts, of the books and between them find."""
    db.session.rollback()
    found = {
        name: db.session.execute(query).all()
        for name, query in {**INVARIANTS, **BOOKS, **BOOKED}.items()
    }
    db.session.rollback()
    return {name: rows for name, rows in found.items() if rows}


@pytest.fixture(autouse=True)
def proved(request: pytest.FixtureRequest) -> Iterator[None]:
    """Afterwards all self-checks hold, except those that a test names.

    ``left_broken`` names checks of the books, ``payouts_broken`` those of payouts.
    """
    if "app" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("app")
    yield
    named = [getattr(request.node, name, []) for name in ("payouts_broken", "left_broken")]
    assert list(broken()) == [*named[0], *named[1]]
