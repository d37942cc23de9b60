"""A unit with its bank account, and campaigns of it."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import count
from secrets import token_hex
from typing import Any

import pytest

from shop.accounts.queries import vault
from shop.db import db, transaction
from shop.fundraising.actions.gifts import offer_gift, receive_gift
from shop.fundraising.models import Campaign, CampaignApproval, Gift
from shop.kernel.clock import now_utc, vietnam_date
from shop.ledger.queries import INVARIANTS
from shop.sellers.models import Payee
from tests.conftest import NOON

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
