"""Two people of the Union settle a month: who approved cannot say that it was paid; the maker reads it."""

import re

import pytest
from playwright.sync_api import Page, expect

from shop.demo.people import SIGN_INS
from tests.browser.conftest import arrive, at
from tests.browser.test_journeys import SCREENS
from tests.browser.tree import Tree

PEOPLE = {person.key: person for person in SIGN_INS}


def signed_in(walk, key: str) -> Page:
    person = PEOPLE[key]
    page = walk.open("/dang-nhap")
    page.get_by_label("Số điện thoại hoặc").fill(person.phone)
    page.get_by_label("Mật khẩu", exact=True).fill(person.password)
    page.get_by_role("button", name="Đăng nhập").click()
    page.wait_for_url(at(person.path))
    return page


@pytest.mark.parametrize("walk", [SCREENS[0], SCREENS[1]], indirect=True)
def test_a_settlement_is_approved_by_one_and_paid_by_another(walk):
    head = signed_in(walk, "operator")
    head.goto("/dieu-hanh/quyet-toan")
    head.locator("main").get_by_role("link", name=re.compile("^Số 2,")).click()
    expect(head.locator("main")).to_contain_text("Nháp, chờ duyệt")
    head.get_by_role("link", name="Xem lại và duyệt").click()
    expect(head.locator("main")).to_contain_text("Người thứ hai của Hội chuyển")
    head.get_by_role("button", name=re.compile("^Duyệt, phải chuyển")).click()
    expect(head.locator("[role=status]").first).to_contain_text("Đã duyệt")
    arrive(head, head.locator("main").get_by_role("link", name=re.compile("^Tổ đan")).click)
    statement = head.url
    head.get_by_role("link", name=re.compile("^Chuyển ")).click()
    expect(head.locator("main")).to_contain_text("Chị đã duyệt phiếu này")
    expect(head.get_by_label("Mã giao dịch của ngân hàng")).to_have_count(0)

    officer = signed_in(walk, "officer")
    officer.goto(statement)
    arrive(officer, officer.get_by_role("link", name=re.compile("^Chuyển ")).click)
    expect(officer.get_by_label("Mã giao dịch của ngân hàng")).to_be_visible()
    tree = Tree(officer)
    names = [stop.name for stop in tree.stops]
    assert any("Chuyển tiền cho Tổ đan" in name for name in names)
    field = officer.get_by_label("Mã giao dịch của ngân hàng")
    officer.get_by_role("button", name=re.compile("^Đã chuyển")).click()
    expect(officer.locator("[role=alert]")).to_contain_text("Chị ghi mã giao dịch")
    field = officer.get_by_label("Mã giao dịch của ngân hàng")
    field.fill("FT26330777001")
    field.press("Enter")
    expect(officer.locator("[role=status]").first).to_contain_text("Đã ghi chuyển tiền")
    expect(officer.locator("main")).to_contain_text("FT26330777001")

    hers = signed_in(walk, "blind")
    hers.goto("/ban-hang/quyet-toan")
    hers.locator("main h2 a").first.click()
    expect(hers.locator("main")).to_contain_text("FT26330777001")
    hers.get_by_role("button", name="Tôi đã nhận được tiền").click()
    expect(hers.locator("main")).to_contain_text("Chị đã nhận đủ")
    with hers.expect_download() as got:
        hers.get_by_role("link", name="Tải phiếu PDF").click()
    assert got.value.suggested_filename.endswith(".pdf")
