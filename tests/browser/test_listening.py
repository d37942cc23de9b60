"""What a blind buyer and a blind seller hear: journeys on the accessibility tree alone (DOMAIN 6.6).

Only roles, names, values and states are read; controls are used by the keyboard. No tool stands
in for a session with people who use NVDA or TalkBack every day.
"""

import re
import sqlite3

import pytest
from playwright.sync_api import Page, expect

from shop.demo.people import SIGN_INS
from tests.browser import conftest
from tests.browser.addresses import facts
from tests.browser.test_journeys import word_for
from tests.browser.tree import Tree

BLIND = next(person for person in SIGN_INS if person.key == "blind")
OPERATOR = next(person for person in SIGN_INS if person.key == "operator")
EITHER = pytest.mark.parametrize("javascript", [True, False], ids=["script", "plain"])


def arrive(tree: Tree, page: Page, what) -> Tree:
    """Do something that leads to another page, and read that."""
    conftest.arrive(page, what)
    return tree.read()


def put_in_cart(page: Page, slug: str) -> None:
    page.goto(f"/san-pham/{slug}")
    tree = Tree(page)
    arrive(tree, page, lambda: tree.press(tree.next("button", "Thêm vào giỏ")))


@EITHER
def test_goods_are_found_without_accents(demo_shop, visit, javascript):
    page = visit(demo_shop, "/", javascript=javascript)
    tree = Tree(page)
    assert tree.next("heading", level=1).name
    tree.fill(tree.next("searchbox", "Tìm"), "bot ngu coc")
    arrive(tree, page, lambda: page.keyboard.press("Enter"))
    title = tree.next("heading", "bot ngu coc", level=1)
    assert re.search(r"\d+ món", " ".join(tree.status()))
    link = tree.next("link", "Bột ngũ cốc", after=title)
    assert link.at - title.at < 90
    heard = tree.heard(link, 8)
    assert "đồng" in heard
    assert "/" in heard
    assert "Bột ngũ cốc Gò Mít" in heard


def test_the_facts_of_a_product_are_heard(demo_shop, visit):
    page = visit(demo_shop, "/san-pham/ngu-coc-hop-sang")
    tree = Tree(page)
    heard = [s.name for s in tree.stops if s.role == "heading"]
    assert any("Thành phần" in name for name in heard)
    assert any("Bảo quản" in name for name in heard)
    assert any("Người bán" in name for name in heard)
    assert any("Dị ứng" in s.name for s in tree.stops)
    assert all(s.name for s in tree.all("image"))


def test_a_lower_price_is_said_in_words(demo_shop, visit):
    reduced = facts(demo_shop.instance)["reduced"]
    page = visit(demo_shop, f"/san-pham/ngu-coc-hop-sang?mon={reduced}")
    tree = Tree(page)
    old = tree.next("StaticText", "Giá cũ")
    now = tree.next("StaticText", "Giá bán", after=old)
    assert "đồng" in tree.heard(old, 2)
    assert "đồng" in tree.heard(now, 3)


@EITHER
def test_three_are_put_into_the_cart(live_shop, visit, javascript):
    page = visit(live_shop, "/san-pham/non-la", javascript=javascript)
    tree = Tree(page)
    tree.next("group", "Số lượng")
    for _ in range(2):
        more = tree.next("button", "Thêm một")
        if javascript:
            tree.press(more)
            tree.read()
        else:
            arrive(tree, page, lambda more=more: tree.press(more))
    assert tree.next("textbox", "Số lượng").value == "3"
    arrive(tree, page, lambda: tree.press(tree.next("button", "Thêm vào giỏ Nón")))
    said = " ".join(tree.status())
    assert "giỏ" in said
    assert re.search(r"Giỏ hàng ?, 1 món", " ".join(s.name for s in tree.all("link")))
    assert tree.next("textbox", "Số").value == "3"


def test_the_cart_is_changed_and_a_thing_removed(live_shop, visit):
    page = visit(live_shop, "/")
    put_in_cart(page, "non-la")
    put_in_cart(page, "ngu-coc-hop-sang")
    page.goto("/gio")
    tree = Tree(page)
    tree.fill(tree.next("textbox", "Số"), "2")
    arrive(tree, page, lambda: page.keyboard.press("Enter"))
    assert tree.next("textbox", "Số").value == "2"
    assert tree.status()
    remove = tree.next("button", "Bỏ ra")
    thing = remove.name.removeprefix("Bỏ ra").strip()
    assert thing
    arrive(tree, page, lambda: tree.press(remove))
    assert any(thing in text for text in tree.status())
    tree.next("button", "Để lại vào giỏ")
    # The focus is on the sentence that says what was taken out.
    expect(page.locator(":focus")).to_contain_text(thing)


@EITHER
def test_errors_of_an_order_are_told_and_nothing_is_lost(live_shop, visit, javascript):
    page = visit(live_shop, "/", javascript=javascript)
    put_in_cart(page, "ngu-coc-hop-sang")
    page.goto("/dat-hang")
    tree = Tree(page)
    tree.fill(tree.next("textbox", "Họ và tên"), "Lê Thị Bông")
    tree.fill(tree.next("textbox", "Số điện thoại"), "0905 000 12")
    send = page.locator("[data-part=total] .btn--big")
    arrive(tree, page, lambda: send.press("Enter"))
    assert page.title().startswith("Lỗi:")
    summary = tree.next("alert")
    if javascript:
        expect(page.locator("[data-summary]")).to_be_focused()
        tree.read()
    wrong = [s for s in tree.stops if s.traits.get("invalid") in ("true", True)]
    assert wrong
    assert all(s.description for s in wrong)
    for link in page.locator("[data-summary] a").all():
        target = (link.get_attribute("href") or "")[1:]
        expect(page.locator(f"[id='{target}']")).to_have_count(1)
    assert tree.next("textbox", "Họ và tên", after=summary).value == "Lê Thị Bông"
    assert tree.next("textbox", "Số điện thoại", after=summary).value == "0905 000 12"


def test_a_ward_is_found_by_its_old_name(live_shop, visit):
    page = visit(live_shop, "/")
    put_in_cart(page, "ngu-coc-hop-sang")
    page.goto("/dat-hang")
    expect(page.locator("#place")).to_have_role("combobox")
    tree = Tree(page)
    tree.focus(tree.next("combobox", ""))
    page.keyboard.type("Phước Ninh", delay=20)
    page.wait_for_selector("[role=option]")
    tree.read()
    names = [s.name for s in tree.all("option") if "Quế Phước" in s.name]
    assert any("Đà Nẵng" in name and "Phước Ninh (huyện Quế Sơn)" in name for name in names)
    while "Quế Phước" not in (
        page.locator("[aria-selected=true]").text_content()
        if page.locator("[aria-selected=true]").count()
        else ""
    ):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("[data-say]")).to_contain_text("Quế Phước")
    assert (page.locator("#province option:checked").text_content() or "").endswith("Đà Nẵng")
    assert "Quế Phước" in (page.locator("#ward option:checked").text_content() or "")
    tree.fill(tree.read().next("combobox", ""), "zzzzqqq")
    expect(page.locator("[data-say]")).to_contain_text("Chưa thấy nơi nào")


@EITHER
def test_money_is_sent_without_seeing_and_the_order_followed(live_shop, visit, javascript):
    page = visit(live_shop, "/", javascript=javascript)
    put_in_cart(page, "ngu-coc-hop-sang")
    page.goto("/dat-hang")
    tree = Tree(page)
    tree.fill(tree.next("textbox", "Họ và tên"), "Lê Thị Bông")
    tree.fill(tree.next("textbox", "Số điện thoại"), "0905 000 777")
    page.locator("#place").fill("Phước Ninh")
    if javascript:
        page.get_by_role("option", name="Quế Phước").first.click()
    else:
        page.get_by_role("button", name="Tìm").click()
        page.get_by_role("radio", name="Quế Phước").first.check()
    page.locator("#line1").fill("Thôn Gò Mít")
    if javascript:
        expect(page.get_by_role("button", name=re.compile("^Đặt hàng, "))).to_be_visible()
    tree.read()
    transfer = tree.next("radio", "Chuyển khoản cho")
    if javascript:  # The fees are fetched once more, and parts of the page are new then.
        page.evaluate("document.querySelector('[data-part=total]').dataset.old = ''")
        tree.press(transfer, "Space")
        expect(page.locator("[data-part=total]:not([data-old])")).to_be_visible()
        tree.read()
    else:
        tree.press(transfer, "Space")
    tree.press(tree.next("checkbox", "Tôi đồng ý"), "Space")
    if javascript:
        expect(page.get_by_role("button", name=re.compile("^Đặt hàng, "))).to_be_visible()
    else:
        arrive(tree, page, lambda: tree.press(tree.next("button", "Xem phí giao và tổng tiền")))
    tree.read()
    arrive(tree, page, lambda: tree.press(tree.next("button", "Đặt hàng, ")))
    if javascript:  # The script that copies comes after the page.
        expect(page.get_by_role("button", name=re.compile("^Chép")).first).to_be_visible()
        tree.read()

    stop = tree.next("heading", "Chuyển", level=2)
    for words in ("Số tiền", "Ngân hàng", "Chủ tài khoản", "Số tài khoản", "Nội dung chuyển khoản"):
        stop = tree.next("StaticText", words, after=stop)
    if javascript:
        copies = [s.name for s in tree.all("button", "Chép") if "đường dẫn" not in s.name]
        assert len(copies) == len(set(copies)) == 3
    amount = tree.heard(tree.next("StaticText", "Số tiền"), 2).removeprefix("Số tiền ")
    assert amount in tree.next("image", "Mã QR").name
    code = page.url.split("/don/")[1][:8]
    arrive(tree, page, lambda: tree.press(tree.next("button", "Tôi đã chuyển khoản")))
    assert len([text for text in tree.status() if "Đã báo người bán" in text]) == 1

    page.goto("/tra-don")
    tree.read()
    tree.fill(tree.next("textbox", "Mã đơn"), code)
    tree.fill(tree.next("textbox", "4 số cuối"), "0777")
    arrive(tree, page, lambda: page.keyboard.press("Enter"))
    assert "Bước" in " ".join(s.name for s in tree.stops)
    assert page.locator("[aria-current=step]").count() >= 1
    tree.next("link", "Đặt lại đơn này")


def post_by_ear(tree: Tree, page: Page) -> None:
    """Post a product from the page that is open, by what is heard of it alone."""
    title = tree.next("heading", level=1)
    controls = [
        s for s in tree.stops
        if s.at > title.at and s.role in ("textbox", "combobox", "checkbox", "radio", "button", "spinbutton")
    ]  # fmt: skip
    assert all(s.name for s in controls)
    assert len(controls) <= 40
    assert len({(s.role, s.name) for s in controls}) == len(controls)
    assert any("Chụp ảnh" in s.name for s in controls)
    question = tree.next("textbox", "người không nhìn thấy")
    assert "Trong ảnh có gì" in question.description
    tree.fill(tree.next("textbox", "Tên món"), "Rổ tre thử nghiệm")
    tree.fill(tree.next("textbox", "Giá bán"), "95k")
    page.keyboard.press("Tab")
    expect(page.locator("[data-say]")).to_have_text("Chợ đọc là 95.000\xa0đồng.")
    tree.read()
    assert [text.replace("\xa0", " ") for text in tree.status()] == ["Chợ đọc là 95.000 đồng."]
    assert "95.000" in tree.next("textbox", "Giá bán").description
    tree.fill(tree.next("combobox", "Giá ấy cho một"), "cái")
    tree.press(tree.next("checkbox", "Không có"), "Space")
    arrive(tree, page, lambda: tree.press(tree.next("button", "Đăng bán")))
    assert not page.title().startswith("Lỗi:"), tree.status()
    assert tree.status()
    assert tree.next("link", "Xem như khách")
    assert "95.000 đồng" in " ".join(s.name.replace("\xa0", " ") for s in tree.stops)


def test_a_blind_seller_posts_a_product(live_shop, visit):
    desk = visit(live_shop, "/dang-nhap")
    desk.fill("[name=who]", OPERATOR.phone)
    desk.fill("[name=password]", OPERATOR.password)
    desk.get_by_role("button", name="Đăng nhập", exact=True).click()
    desk.wait_for_url(conftest.at("/dieu-hanh"))
    page = visit(live_shop, "/dang-nhap")
    tree = Tree(page)
    arrive(tree, page, lambda: tree.press(tree.next("link", "Vào bằng mã Hội đọc cho")))
    tree.fill(tree.next("textbox", "Số điện thoại"), BLIND.phone)
    with sqlite3.connect(live_shop.instance / "shop.sqlite", timeout=20) as database:
        [(stall,), *_] = database.execute(
            "select seller_id from seller_members join accounts on accounts.id = account_id"
            " where accounts.name = ?", (BLIND.name,),
        ).fetchall()  # fmt: skip
    tree.fill(tree.next("textbox", "Mã tám chữ"), word_for(desk, BLIND.name, stall))
    arrive(tree, page, lambda: page.keyboard.press("Enter"))
    arrive(tree, page, lambda: tree.press(tree.next("link", "Hàng hoá")))
    arrive(tree, page, lambda: tree.press(tree.next("link", "Đăng món mới")))
    post_by_ear(tree, page)
    # The walk hears what is missing: without its label, or without the sentence that is said.
    for break_it in (
        "document.querySelector('label[for=price_vnd]').remove()",
        "document.querySelector('[data-say]').remove()",
    ):
        page.goto("/ban-hang/hang/moi")
        page.evaluate(break_it)
        page.set_default_timeout(3000)
        with pytest.raises(AssertionError):
            post_by_ear(tree.read(), page)
