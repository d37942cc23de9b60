"""The search for a ward with a script: keys, suggestions, and the selects behind them."""

import threading

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from werkzeug.serving import make_server

from tests.places.form_page import add_page


@pytest.fixture
def page(make_app, browser):
    """The page of ``form_page`` at 360 × 740, on a server of its own."""
    server = make_server("127.0.0.1", 0, add_page(make_app()), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    shown = browser.new_page(viewport={"width": 360, "height": 740})
    wrong: list[str] = []
    shown.on("pageerror", lambda error: wrong.append(str(error)))
    shown.on("console", lambda said: wrong.append(said.text) if "Refused" in said.text else None)
    shown.goto(f"http://127.0.0.1:{server.port}/thu-dia-chi")
    yield shown
    shown.close()
    server.shutdown()
    thread.join()
    server.server_close()
    assert not wrong


@pytest.fixture
def box(page):
    return page.locator("#place")


@pytest.fixture
def options(page):
    return page.locator("#noi-nhan [role=option]")


def test_keys_choose_a_ward_and_fill_the_selects(page, box, options):
    expect(box).to_have_role("combobox")
    expect(page.locator("#noi-nhan button:visible")).to_have_count(0)
    box.press_sequentially("phuoc ninh")
    expect(options).to_have_count(4)
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.locator("[data-say]")).to_have_text("Thấy 4 nơi, bấm mũi tên xuống để chọn.")
    box.press("ArrowDown")
    box.press("ArrowDown")
    active = page.locator(f"#{box.get_attribute('aria-activedescendant')}")
    expect(active).to_have_attribute("aria-selected", "true")
    expect(active).to_contain_text("Xã Quế Phước, Đà Nẵng")
    box.press("Enter")
    expect(box).to_have_value("Xã Quế Phước, Đà Nẵng")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(page.locator("[data-chosen-line]")).to_contain_text("xã Phước Ninh cũ")
    expect(page.locator("#ward option")).to_have_count(95)
    assert (page.input_value("#province"), page.input_value("#ward")) == ("48", "20669")
    page.fill("#line1", "thôn Gò Mít")
    page.fill("#phone", "0905 000 123")
    page.get_by_role("button", name="Đặt hàng").click()
    expect(page.locator("#done")).to_have_text("thôn Gò Mít, Xã Quế Phước, Đà Nẵng")
    expect(page.locator("#done")).to_have_attribute(
        "data-legacy", "Xã Quế Phước, Đà Nẵng (xã Phước Ninh cũ)"
    )


def test_escape_closes_and_enter_alone_chooses_nothing(page, box, options):
    box.press_sequentially("phuoc ninh")
    expect(options).to_have_count(4)
    box.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_value("phuoc ninh")
    box.press("ArrowDown")
    expect(box).to_have_attribute("aria-expanded", "true")
    box.press("Enter")
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert page.input_value("#ward") == ""


def test_a_tap_chooses_and_new_letters_take_the_choice_back(page, box, options):
    box.press_sequentially("nong son")
    options.filter(has_text="Xã Nông Sơn").click()
    assert page.input_value("#ward") == "20656"
    box.press_sequentially("x")
    assert page.input_value("#ward") == ""
    expect(page.locator("[data-chosen-line]")).to_be_hidden()


def test_letters_typed_before_the_script_came_are_looked_up_too(page, box, options):
    held = []
    page.route("**/js/address.js", lambda route: held.append(route))
    page.reload()
    box.press_sequentially("nong son")
    expect(box).not_to_have_role("combobox")
    held[0].continue_()
    expect(options.filter(has_text="Xã Nông Sơn")).to_be_visible()


def test_no_hit_is_said_and_the_lists_remain(page, box):
    box.press_sequentially("khong co noi nay")
    expect(page.locator("[data-say]")).to_contain_text("Chưa thấy nơi nào.")
    page.get_by_text("Chọn trong danh sách tỉnh").first.click()
    page.select_option("#province", "79")
    expect(page.locator("#ward option")).to_have_count(169)
    page.select_option("#ward", label="Sài Gòn (phường)")
    expect(page.locator("[data-chosen-line]")).to_contain_text("Sài Gòn (phường), Hồ Chí Minh")
    expect(box).to_have_value("")


def test_a_province_opens_its_list_of_wards(page, box, options):
    box.press_sequentially("quang nam")
    options.filter(has_text="Quảng Nam nay thuộc Đà Nẵng").click()
    expect(page.locator("#ward")).to_be_focused()
    expect(page.locator("#ward option")).to_have_count(95)
    assert page.input_value("#province") == "48"
    expect(box).to_have_value("")


def test_a_choice_takes_away_the_complaint_that_nothing_was_chosen(page, box, options):
    page.get_by_role("button", name="Đặt hàng").click()
    complaint = page.locator("#place-loi")
    expect(complaint).to_be_visible()
    box.press_sequentially("phuoc ninh")
    expect(options).to_have_count(4)
    expect(complaint).to_be_visible()
    box.press("ArrowDown")
    box.press("Enter")
    expect(complaint).to_have_count(0)
    expect(box).not_to_have_attribute("aria-invalid", "true")
    expect(box).to_have_attribute("aria-describedby", "place-goi-y")


def test_choices_of_the_server_stay_in_sight(page, box):
    box.fill("phuoc ninh")
    page.fill("#line1", "thôn Gò Mít")
    page.fill("#phone", "0905 000 123")
    page.get_by_role("button", name="Đặt hàng").click()
    page.get_by_label("Xã Quế Phước").check()
    page.get_by_role("button", name="Đặt hàng").click()
    expect(page.locator("#done")).to_have_text("thôn Gò Mít, Xã Quế Phước, Đà Nẵng")


def test_nothing_serious_is_found_by_axe(page, box, options):
    page.get_by_text("Gửi ra nước ngoài").click()
    page.get_by_text("Chọn trong danh sách tỉnh").first.click()
    box.press_sequentially("phuoc ninh")
    expect(options).to_have_count(4)
    box.press("ArrowDown")
    violations = Axe().run(page).response["violations"]
    assert not [v for v in violations if v["impact"] in ("serious", "critical")]
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def held_searches(page):
    """Let searches wait; each goes on by ``continue_()``."""
    held = []
    page.route("**/dia-chi/tim*", lambda route: held.append(route))
    return held


def until_held(page, held, count):
    for _ in range(100):
        if len(held) >= count:
            return
        page.wait_for_timeout(50)
    raise AssertionError("Nothing was looked for.")


def test_enter_waits_for_the_list_and_takes_nothing_of_fewer_letters(page, box, options):
    held = held_searches(page)
    box.press_sequentially("phuoc")
    until_held(page, held, 1)
    page.evaluate("() => { window.stays = true }")
    box.press("Enter")  # The list is on its way: the page stays.
    held[0].continue_()
    expect(options.first).to_be_visible()
    assert page.evaluate("window.stays")
    box.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    box.press_sequentially(" ninh")
    until_held(page, held, 2)
    box.press("Enter")
    assert page.input_value("#ward") == ""
    assert page.evaluate("window.stays")
    for route in held[1:]:
        route.continue_()
    expect(options).to_have_count(4)


def test_enter_that_ends_a_word_of_telex_chooses_nothing(page, box, options):
    box.press_sequentially("phuoc ninh")
    expect(options).to_have_count(4)
    box.press("ArrowDown")
    for trait in ("isComposing: true", "keyCode: 229"):  # Chromium's way, and Safari's.
        page.evaluate(f"""() => document.querySelector('#place').dispatchEvent(
          new KeyboardEvent('keydown', {{ key: 'Enter', bubbles: true, cancelable: true, {trait} }}))""")
    expect(box).to_have_value("phuoc ninh")
    assert page.input_value("#ward") == ""
    # A tap while a word is still being composed: what was chosen stands.
    box.fill("nong so")
    phone = page.context.new_cdp_session(page)
    phone.send("Input.imeSetComposition", {"text": "n", "selectionStart": 1, "selectionEnd": 1})
    options.filter(has_text="Xã Nông Sơn").click()
    page.wait_for_timeout(300)
    assert page.input_value("#ward") == "20656"
    expect(page.locator("[data-chosen-line]")).to_be_visible()


def test_a_search_that_fails_leaves_the_plain_buttons(page, box):
    page.route("**/dia-chi/**", lambda route: route.abort())
    find = page.locator("#noi-nhan").get_by_role("button", name="Tìm")
    expect(find).to_be_hidden()
    box.press_sequentially("phuoc ninh")
    expect(find).to_be_visible()


def test_a_province_chosen_before_the_script_came_has_its_wards(page):
    held = []
    page.route("**/js/address.js", lambda route: held.append(route))
    page.reload()
    page.get_by_text("Chọn trong danh sách tỉnh").first.click()
    page.select_option("#province", "79")
    held[0].continue_()
    expect(page.locator("#ward option")).to_have_count(169)
