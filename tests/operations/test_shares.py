"""Officers set what their unit keeps; the operator writes down the law; both by page and command."""

import html
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from shop.audit.models import AuditEntry
from shop.db import db, transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.organisations.actions import appoint
from shop.organisations.models import Organisation
from shop.sellers.models import Seller
from shop.shares.models import CommissionRule, TaxRule, Withholding
from tests.operations.conftest import Desk

# This folder's own ``union`` is another; the linter knows no fixtures (here and where it is taken).
from tests.shares.conftest import union  # noqa: F401

AT, TAX = "/dieu-hanh/so/hoa-hong", "/dieu-hanh/so/thue"


@pytest.fixture
def head(an_account, sign_in, union) -> Desk:  # noqa: F811
    """The head of the union."""
    person = an_account("Hương")
    with transaction() as session:
        appoint(
            session, organisation_id=union, account_id=person, role="head",
            starts_on=vietnam_date(now_utc()), actor_id=None, actor_name="", now=now_utc(),
        )  # fmt: skip
    return Desk(sign_in(person, "officer"), person)


def rules() -> list[tuple[Any, ...]]:
    db.session.rollback()
    found = db.session.execute(
        select(
            CommissionRule.organisation_id, CommissionRule.seller_id, CommissionRule.hundredths,
            CommissionRule.fixed_vnd, CommissionRule.ended_at.is_not(None),
        ).order_by(CommissionRule.id)
    )  # fmt: skip
    return [tuple(row) for row in found]


def last_line() -> AuditEntry:
    db.session.rollback()
    return db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()  # type: ignore[return-value]


def test_a_head_sets_what_her_unit_keeps_and_ends_it_and_takes_that_back(
    head, union, a_seller, operator  # noqa: F811
):  # fmt: skip
    seller = a_seller(organisation_id=union)
    sent = head.post(AT, unit=str(union), seller=str(seller), percent="7,5", fixed="500")
    assert sent.status_code == 303, sent.text
    assert rules() == [(union, seller, 750, 500, False)]
    page = html.unescape(head.get(AT).text).replace("\xa0", " ")
    assert "7,5% + 500 đồng mỗi món" in page
    assert "hàng của Bột ngũ cốc Gò Mít" in page
    assert "7.5%" in head.get(f"/en{AT}").text
    rule = db.session.scalars(select(CommissionRule.id)).one()
    assert head.post(f"{AT}/{rule}/thoi").status_code == 303
    assert head.post(f"{AT}/{rule}/thoi").status_code == 409
    assert rules() == [(union, seller, 750, 500, True)]
    assert operator.post(f"/dieu-hanh/nhat-ky/{last_line().id}/tra-lai").status_code == 303
    assert rules() == [(union, seller, 750, 500, True), (union, seller, 750, 500, False)]
    assert operator.post(f"/dieu-hanh/nhat-ky/{last_line().id}/tra-lai").status_code == 303
    assert [row[-1] for row in rules()] == [True, True]


@pytest.mark.parametrize(
    "wrong",
    [
        {"percent": ""}, {"percent": "x"}, {"percent": "51"}, {"percent": "0"},
        {"percent": "8", "from_on": "1/1/2026"}, {"percent": "8", "from_on": "x"},
        {"percent": "8", "unit": ""}, {"percent": "8", "fixed": "-1"},
        {"percent": "8", "seller": "other"}, {"percent": "8", "shelf": "shelf", "seller": "hers"},
        {"percent": "8", "seller": "999999"}, {"percent": "8", "unit": "999999"},
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_and_nothing_is_stored(
    operator, union, an_organisation, a_seller, a_category, wrong  # noqa: F811
):  # fmt: skip
    named = {
        "other": str(a_seller("Nhà khác", organisation_id=an_organisation("Xã khác"))),
        "hers": str(a_seller(organisation_id=union)), "shelf": str(a_category()),
    }  # fmt: skip
    form = {"unit": str(union)} | {key: named.get(said, said) for key, said in wrong.items()}
    assert operator.post(AT, **form).status_code in (409, 422)
    assert rules() == []
    assert last_line() is None or last_line().action != "commission_rule.made"


def test_a_head_of_another_unit_neither_sees_nor_changes_it(
    an_organisation, an_account, sign_in, union, a_rule  # noqa: F811
):  # fmt: skip
    rule = a_rule(union)
    unit, person = an_organisation("Xã khác"), an_account("Khác")
    with transaction() as session:
        appoint(
            session, organisation_id=unit, account_id=person, role="head",
            starts_on=vietnam_date(now_utc()), actor_id=None, actor_name="", now=now_utc(),
        )  # fmt: skip
    other = Desk(sign_in(person, "officer"), person)
    assert "8%" not in other.get(AT).text
    assert other.post(f"{AT}/{rule}/thoi").status_code == 404
    assert other.post(AT, unit=str(union), percent="8").status_code == 422
    assert other.post(f"{TAX}/to-chuc/{union}/bat").status_code == 404
    assert rules() == [(union, None, 800, 0, False)]


def test_a_treasurer_sees_the_rules_and_sets_none(an_account, sign_in, union, a_rule):  # noqa: F811
    rule, person = a_rule(union), an_account("Thủ quỹ")
    with transaction() as session:
        appoint(
            session, organisation_id=union, account_id=person, role="treasurer",
            starts_on=vietnam_date(now_utc()), actor_id=None, actor_name="", now=now_utc(),
        )  # fmt: skip
    desk = Desk(sign_in(person, "officer"), person)
    page = desk.get(AT).text
    assert "8%" in page
    assert "<form class=" not in page
    assert desk.post(f"{AT}/{rule}/thoi").status_code == 404
    assert rules() == [(union, None, 800, 0, False)]


def test_tax_is_turned_on_by_the_head_once_the_operator_wrote_a_rate(head, union, operator):  # noqa: F811
    assert "không khấu trừ" in head.get(TAX).text
    assert head.post(f"{TAX}/to-chuc/{union}/bat").status_code == 409
    rate = {"category": "goods", "vat": "1", "pit": "0,5", "legal_ref": "NĐ 252/2026 điều 44"}
    assert head.post(TAX, **rate).status_code in (303, 404)
    assert db.session.scalars(select(TaxRule)).all() == []
    assert operator.post(TAX, **rate, from_on="1/1/2026").status_code == 409
    assert operator.post(TAX, **{**rate, "legal_ref": ""}).status_code == 422
    assert operator.post(TAX, **rate).status_code == 303
    assert head.post(f"{TAX}/to-chuc/{union}/bat").status_code == 303
    page = html.unescape(head.get(TAX).text)
    assert "Hương bật lúc" in page
    assert "giá trị gia tăng 1%, thu nhập cá nhân 0,5%" in page
    assert "NĐ 252/2026 điều 44" in page
    assert operator.post(f"/dieu-hanh/nhat-ky/{last_line().id}/tra-lai").status_code == 303
    db.session.rollback()
    assert db.session.scalars(select(Withholding.ended_at)).one() is not None


def test_the_same_by_command(
    app: Flask, run: Callable[..., Any], union, a_seller, a_category  # noqa: F811
):  # fmt: skip
    seller = a_seller(organisation_id=union)
    shelf = a_category()
    from shop.catalogue.models import Category

    slug = db.session.get_one(Organisation, union).slug
    seller_slug = db.session.get_one(Seller, seller).slug
    shelf_slug = db.session.get_one(Category, shelf).slug
    assert "số 1" in run("commission", "add", slug, "--percent", "8", "--seller", seller_slug)
    run("commission", "add", slug, "--percent", "7.5", "--fixed", "500", "--category", shelf_slug)
    assert "7,5+500" in run("commission", "list")
    assert "No. 1" in run("commission", "end", "1", "--lang", "en")
    assert slug in run("commission", "list", "--over")
    assert [row[2:] for row in rules()] == [(800, 0, True), (750, 500, False)]
    for wrong in (
        ("commission", "end", "1"), ("commission", "end", "99"),
        ("commission", "add", slug, "--percent", "x"), ("commission", "add", slug),
        ("commission", "add", slug, "--percent", "8", "--category", "khong-co"),
        ("commission", "add", slug, "--percent", "8", "--seller", seller_slug, "--category", shelf_slug),
        ("tax", "on", slug), ("tax", "end", "99"),
    ):  # fmt: skip
        assert run(*wrong, fails=True).startswith("Error:"), wrong
    law = ("--vat", "1", "--pit", "0.5", "--law", "NĐ 252/2026")
    run("tax", "add", "goods", *law)
    run("tax", "on", slug)
    said = run("tax", "list")
    assert "1 + 0,5" in said
    assert "đang khấu trừ" in said
    run("tax", "off", slug)
    run("tax", "end", "1")
    assert "trước đó rồi" in run("tax", "off", slug)
    db.session.rollback()
    channels = set(db.session.scalars(select(AuditEntry.channel)))
    assert channels == {"command"}
