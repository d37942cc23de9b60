"""A unit with its bank account, and campaigns of it."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import count
from secrets import token_hex
from typing import Any

import pytest
from sqlalchemy import select

from shop.current import vault
from shop.db import db, in_transaction, transaction
from shop.fundraising.actions import handing, slips
from shop.fundraising.actions.fund import Of, fund_bank, move_fund
from shop.fundraising.actions.gifts import offer_gift, receive_gift
from shop.fundraising.models import Campaign, CampaignApproval, Gift
from shop.fundraising.queries.slips import code_of
from shop.fundraising.rules import EntryKind
from shop.fundraising.slip_models import Slip
from shop.kernel.clock import now_utc, vietnam_date
from shop.ledger.queries import INVARIANTS
from shop.payments.actions import open_payments
from shop.sellers.models import Payee
from tests.buying.conftest import checkout, orders
from tests.conftest import NOON
from tests.notifications.conftest import deliver, mails
from tests.operations.conftest import an_officer, collected, operator, run
from tests.ordering.conftest import a_cart, place
from tests.payments.conftest import an_order, paid, together
from tests.payouts.conftest import a_maker, union
from tests.vouchers.conftest import stall

__all__ = [
    "a_cart",
    "a_maker",
    "an_officer",
    "an_order",
    "checkout",
    "collected",
    "deliver",
    "mails",
    "operator",
    "orders",
    "paid",
    "place",
    "run",
    "stall",
    "together",
    "union",
]

_numbers = count(1)


def given(campaign_id: int, name: str, vnd: int = 50_000, message: str = "") -> Gift:
    """Give money of which the fund's account says who gave it."""
    with transaction() as session:
        gift = offer_gift(
            session, campaign_id=campaign_id, amount_vnd=vnd, shown_name=name, message=message,
            contact={"name": name, "email": "ai.do@example.vn"}, attempt_id=token_hex(8),
            locale="vi", now=now_utc(),
        )  # fmt: skip
        receive_gift(
            session, gift_id=gift.id, amount_vnd=vnd, key=f"given:{gift.id}", now=now_utc()
        )
        session.refresh(gift)
        session.expunge(gift)
    return gift


@pytest.fixture(autouse=True)
def books(app) -> Iterator[None]:
    """After each test every self-check of the books holds."""
    yield
    session = db.session()
    session.rollback()
    found = {name: session.execute(query).all() for name, query in INVARIANTS.items()}
    session.rollback()
    assert {name: rows for name, rows in found.items() if rows} == {}


@pytest.fixture
def an_account_of(app) -> Callable[[int], int]:
    """Give a unit the bank account that it collects into; returns the payee's id."""

    def make(organisation_id: int) -> int:
        n = next(_numbers)
        key = vault().new_key()
        with transaction() as session:
            row = Payee(
                organisation_id=organisation_id, bank_bin="970405", bank_name="Agribank",
                holder="HOI LHPN XA SONG LANH", data_key=key,
                account_number=vault().seal(key, f"00000001{n:05d}"), last4=f"{n:05d}"[-4:],
                started_at=NOON,
            )  # fmt: skip
            session.add(row)
            session.flush()
            return row.id

    return make


@pytest.fixture
def a_campaign(app, an_organisation, an_account_of) -> Callable[..., int]:
    """Make a campaign as the database keeps it: ``a_campaign(state="open", kind="sale")``."""

    def make(
        *, state: str = "open", kind: str = "sale", organisation_id: int | None = None,
        closes_on: date | None = None, standing: bool = False, **more: Any,
    ) -> int:  # fmt: skip
        unit = organisation_id or an_organisation()
        today = vietnam_date(now_utc())
        closes = None if standing else closes_on or today + timedelta(days=20)
        payee_id = more.pop("payee_id", None) or an_account_of(unit)
        with transaction() as session:
            row = Campaign(**{
                "code": f"CH{next(_numbers):06d}", "organisation_id": unit, "kind": kind,
                "state": state, "title_vi": "Bò giống cho chị em nghèo",
                "title_en": "Calves for poor women", "for_whom_vi": "mười hộ phụ nữ nghèo",
                "for_whom_en": "ten poor women's households", "why_vi": "Mỗi hộ cần một con bò.",
                "beneficiary_rule_vi": "Thôn bình xét, xã duyệt.",
                "spending_vi": "Chỉ mua bò giống.", "legal_basis_vi": "Quy chế quỹ của Hội",
                "document_no": "12/QC-HPN", "document_on": date(2026, 1, 5),
                "goal_vnd": 50_000_000, "opens_on": today - timedelta(days=10),
                "closes_on": closes, "distribute_by": closes and closes + timedelta(days=15),
                "payee_id": payee_id, "created_at": NOON, "entries": 0, "chain": "",
                "opened_at": NOON if state in ("open", "closed", "finished") else None,
                **more,
            })  # fmt: skip
            session.add(row)
            session.flush()
            return row.id

    return make


def approved(campaign_id: int, *account_ids: int) -> None:
    """Let people have approved a campaign, as the self-checks want it of an open one."""
    with transaction() as session:
        for place, account_id in enumerate(account_ids, 1):
            session.add(
                CampaignApproval(
                    campaign_id=campaign_id, account_id=account_id, place=place, at=NOON
                )
            )


def give(campaign_id: int, vnd: int, key: str = "fund:in") -> None:
    with transaction() as session:
        move_fund(
            session, campaign_id=campaign_id, kind=EntryKind.GIFT, amount_vnd=vnd,
            against=fund_bank(1), key=key, of=Of(), now=NOON,
        )  # fmt: skip


TODAY = vietnam_date(NOON)


def do(act, **told: Any) -> int:
    return in_transaction(lambda session: act(session, now=told.pop("now", NOON), **told).id)


NAME = "Nguyễn Thị Kín"


@pytest.fixture
def world(a_campaign, an_account) -> dict[str, Any]:
    """An open campaign with 500,000 đồng in its fund, two households and two people."""
    one = a_campaign(opens_on=TODAY, standing=True)
    give(one, 500_000)
    first, second = an_account("Hạnh"), an_account("Thu")
    households = [
        do(
            handing.add_beneficiary, campaign_id=one, ward_code="20001", ward_name="Xã Sông Lành",
            contact={"name": NAME, "phone": "", "address": "thôn Kín", "note": ""},
            households=1, consent={}, actor_id=first,
        )
        for _ in range(2)
    ]  # fmt: skip
    return {"campaign": one, "first": first, "second": second, "households": households}


BUDGET = 200_000


def by(account_id: int) -> dict[str, Any]:
    return {"actor_id": account_id, "actor_name": "Ai"}


def planned(world: dict[str, Any], vnd: int = BUDGET, many: int = 1, days: int = 30) -> int:
    return do(
        slips.plan_slips, campaign_id=world["campaign"], households=world["households"][:many],
        budget_vnd=vnd, valid_until=TODAY + timedelta(days=days), **by(world["first"]),
    )  # fmt: skip


def paying_slips(world: dict[str, Any], vnd: int = BUDGET, many: int = 1, **more: Any) -> list[int]:
    """Return the ids of slips that pay."""
    sheet = planned(world, vnd, many, **more)
    do(slips.approve_slips, sheet_id=sheet, **by(world["second"]))
    db.session.rollback()
    return list(db.session.scalars(select(Slip.id).where(Slip.sheet_id == sheet).order_by(Slip.id)))


@pytest.fixture
def bought(app, world, a_seller, a_variant, a_cart, place):
    """Order a jar of 95,000 and pay what a slip of 60,000 pays of it; return (slip, part)."""
    seller = a_seller()
    jar = a_variant(seller_id=seller, on_hand=50)

    def make(budget: int = 60_000, quantity: int = 1, **more: Any) -> tuple[int, int]:
        one = paying_slips(world, budget)[0]
        total = 95_000 * quantity + (25_000 if quantity == 1 else 30_000)
        code = code_of(db.session(), one)
        made = place(
            a_cart({jar: quantity}), total - min(budget, 95_000 * quantity), voucher_code=code,
            **more,
        )  # fmt: skip
        with transaction() as session:
            open_payments(session, made.order_id, NOON)
        return one, made.seller_order_ids[0]

    make.seller = seller
    return make
