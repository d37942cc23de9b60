"""Vouchers as sellers and officers make and stop them."""

from typing import Any

import pytest
from sqlalchemy import select

from shop.audit.models import AuditEntry
from shop.db import db, transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.markets.models import MarketSession
from shop.organisations.actions import appoint
from shop.organisations.permissions import ROLES
from shop.sellers.models import Seller
from shop.vouchers.models import Voucher
from tests.engines import both_engines
from tests.markets.conftest import a_market  # noqa: F401
from tests.operations.conftest import Desk

STALL = "/ban-hang/gian-hang/ma-giam-gia"
DESK = "/dieu-hanh/ma-giam-gia"
TYPED = {
    "name_vi": "Mừng vụ mới", "code": "vu mới 27", "kind": "percent", "percent": "10",
    "most_off_vnd": "30k", "min_goods_vnd": "200k", "most_uses": "50", "most_each": "1",
    "budget_vnd": "1tr", "starts_on": "2026-01-01", "ends_on": "2099-12-31", "first_order": "y",
}  # fmt: skip


@pytest.fixture
def her(an_account, a_seller, sign_in) -> Any:
    owner = an_account("Sương")
    stall = a_seller(owner_id=owner)
    return stall, Desk(sign_in(owner, "seller"), owner)


def made() -> list[Voucher]:
    db.session.rollback()
    return list(db.session.scalars(select(Voucher).order_by(Voucher.id)))


@both_engines
def test_a_seller_makes_stops_and_takes_up_a_voucher_of_hers(her):
    stall, desk = her
    assert "Chưa có mã nào" in desk.get(STALL).text
    answer = desk.post(f"{STALL}/moi", **TYPED)
    assert answer.status_code == 303, answer.text
    (row,) = made()
    assert (row.written, row.kind, row.percent, row.most_off_vnd, row.seller_id, row.payer_id) == (
        "VUMOI27", "percent", 10, 30_000, stall, None,
    )  # fmt: skip
    assert (row.min_goods_vnd, row.most_uses, row.most_each, row.budget_vnd, row.first_order) == (
        200_000, 50, 1, 1_000_000, True,
    )  # fmt: skip
    assert (row.starts_at.isoformat(), row.ends_at.isoformat()) == (
        "2025-12-31T17:00:00+00:00", "2099-12-31T17:00:00+00:00",
    )  # fmt: skip
    page = desk.get(STALL).text
    assert row.written in page
    assert "Bớt 10% tiền hàng" in page
    assert desk.post(f"{STALL}/{row.id}/ngung").status_code == 303
    assert made()[0].stopped_at is not None
    assert desk.post(f"{STALL}/{row.id}/dung-lai").status_code == 303
    assert made()[0].stopped_at is None
    db.session.rollback()
    acts = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert [act for act in acts if act.startswith("voucher.")] == [
        "voucher.made", "voucher.stopped", "voucher.resumed",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name_vi": ""}, "Chị ghi tên khuyến mãi."),
        ({"percent": ""}, "Chị ghi bao nhiêu phần trăm."),
        ({"percent": "101"}, "Ghi một số từ 1 đến 100"),
        ({"most_off_vnd": ""}, "Chị ghi số tiền bớt."),
        ({"code": "ab"}, "Mã gồm 4 đến 16 chữ"),
        ({"ends_on": "2020-01-01"}, "Ngày này đã qua."),
        ({"starts_on": "2099-12-31", "ends_on": "2099-12-30"}, "Ngày cuối phải sau ngày đầu"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(her, wrong, said):
    _stall, desk = her
    answer = desk.post(f"{STALL}/moi", **{**TYPED, **wrong})
    assert answer.status_code == 422
    assert said in answer.text
    assert made() == []


@both_engines
def test_another_sellers_and_an_organisations_voucher_are_not_hers_to_stop(
    her, a_seller, a_voucher, an_organisation
):
    stall, desk = her
    unit = an_organisation()
    others = [a_voucher(seller_id=a_seller()), a_voucher(seller_id=stall, payer_id=unit)]
    for row in others:
        assert desk.post(f"{STALL}/{row.id}/ngung").status_code == 404
        assert desk.post(f"{STALL}/{row.id}/dung-lai").status_code == 404
    assert "Mã này của Hội" in desk.get(STALL).text
    assert [row.stopped_at for row in made()] == [None, None]


@pytest.mark.parametrize("role", ROLES)
def test_who_may_spend_for_a_unit_gives_its_vouchers_and_nobody_elses(
    role, an_account, an_organisation, sign_in, a_voucher
):
    unit, beside = an_organisation("Hội xã"), an_organisation("Hội khác")
    below = an_organisation("Chi hội", parent_id=unit, kind="branch")
    person, now = an_account("Hương"), now_utc()
    with transaction() as session:
        appoint(
            session, organisation_id=unit, account_id=person, role=role,
            starts_on=vietnam_date(now), actor_id=None, actor_name="", now=now,
        )  # fmt: skip
    theirs = a_voucher("KHAC27", organisation_id=beside, payer_id=beside)
    mine = a_voucher("CHIHOI", organisation_id=below, payer_id=below)
    browser = sign_in(person, "officer")
    if role == "member":  # Nothing of the desk is hers.
        assert browser.get(DESK).status_code == 404
        return
    desk, may = Desk(browser, person), role in ("head", "deputy", "treasurer")
    page = desk.get(DESK).text
    assert "KHAC27" not in page
    assert ("CHIHOI" in page) is may
    assert desk.post(f"{DESK}/{theirs.id}/ngung").status_code == 404
    assert desk.post(f"{DESK}/{mine.id}/ngung").status_code == (303 if may else 404)
    wanted = {"name_vi": "Tết", "kind": "amount", "most_off_vnd": "20k"}
    assert desk.post(f"{DESK}/moi", unit=str(beside), **wanted).status_code == 422
    answer = desk.post(f"{DESK}/moi", unit=str(unit), **wanted)
    assert answer.status_code == (303 if may else 422)
    assert len(made()) == (3 if may else 2)


def test_a_code_for_one_market_is_made_at_the_desk_and_says_so(
    an_account, sign_in, a_voucher, a_market  # noqa: F811
):  # fmt: skip
    now = now_utc()
    market, _, _, _, seller = a_market(now=now)
    unit = db.session.get_one(Seller, seller).organisation_id
    title = db.session.get_one(MarketSession, market).title_vi
    db.session.rollback()
    operator = an_account("Hảo", operator=True)
    desk = Desk(sign_in(operator, "operator"), operator)
    wanted = {"name_vi": "Chợ", "kind": "amount", "most_off_vnd": "20k", "unit": str(unit)}
    assert f'<option value="{market}">{title}' in desk.get(f"{DESK}/moi").text
    assert desk.post(f"{DESK}/moi", **wanted, market="987654").status_code == 422
    assert desk.post(f"{DESK}/moi", **wanted, market=str(market)).status_code == 303
    assert desk.post(f"{DESK}/moi", **wanted, market="0").status_code == 303
    assert [(one.source_kind, one.source_id) for one in made()] == [
        ("market_session", market), ("shop", 0),
    ]  # fmt: skip
    assert desk.get(DESK).text.count(f", {title}") == 1


@both_engines
def test_the_list_of_vouchers_asks_the_database_as_often_for_many(her, a_voucher, count_queries):
    stall, desk = her
    counts = []
    for _ in range(2):
        a_voucher(seller_id=stall)
        with count_queries() as asked:
            desk.get(STALL)
        counts.append(len(asked))
    assert counts[0] == counts[1]
