"""The whole of checkout with nothing but a keyboard, and where the focus goes."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import arrive


def tab_to(page: Page, selector: str, most: int = 80) -> None:
    """Press Tab until the control that is looked for has the focus; its ring must be seen."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"Tab never reaches {selector}.")


def test_an_order_is_placed_with_the_keyboard_alone(live_shop, visit):
    page = visit(live_shop, "/san-pham/ngu-coc-hop-sang")
    tab_to(page, "form[action$='/gio/them'] .btn--big")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/gio"))
    tab_to(page, "a.btn--big")
    page.keyboard.press("Enter")
    expect(page.locator("#place")).to_have_role("combobox")
    tab_to(page, "#name")
    page.keyboard.type("Lê Thị Bông")
    tab_to(page, "#phone")
    page.keyboard.type("0905 000 12")
    tab_to(page, "#place")
    page.keyboard.type("que phuoc", delay=20)
    page.locator("[role=option]").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=re.compile("^Đặt hàng, "))).to_be_visible()
    tab_to(page, "#line1")
    page.keyboard.type("Thôn Gò Mít")
    tab_to(page, "#agree")
    page.keyboard.press("Space")
    tab_to(page, "[data-part=total] .btn--big")
    page.keyboard.press("Enter")

    summary = page.locator("[data-summary]")
    expect(summary).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#phone")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("0905 000 777")
    assert page.locator("#name").input_value() == "Lê Thị Bông"
    assert page.locator("#line1").input_value() == "Thôn Gò Mít"
    tab_to(page, "[data-part=total] .btn--big")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/don/"))


@pytest.mark.parametrize("javascript", [True, False])
def test_enter_beside_a_number_buys_so_many(live_shop, visit, javascript):
    page = visit(live_shop, "/san-pham/ngu-coc-hop-sang", javascript=javascript)
    number = page.locator("main form[action$='/gio/them'] input[name=so]")
    number.fill("3")
    arrive(page, lambda: number.press("Enter"))
    expect(page).to_have_url(re.compile("/gio"))
    expect(page.locator("li.line .stepper input")).to_have_value("3")


def test_a_change_in_the_cart_keeps_ones_place(live_shop, visit):
    page = visit(live_shop, "/san-pham/non-la")
    page.locator("form[action$='/gio/them'] .btn--big").click()
    page.wait_for_url("**/gio?**")
    tab_to(page, ".stepper button[value='+1']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/gio?da=sua-gio#mon-*")
    expect(page.locator("li.line")).to_be_focused()
    tab_to(page, "form[action$='/gio/bo'] button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/gio#da-bo")
    expect(page.locator("#da-bo")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("li.line")).to_have_count(1)
