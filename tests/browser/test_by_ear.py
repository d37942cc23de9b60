"""By ear alone: the stall of blind makers up to the cart, a maker's voice, and what a helper did."""

import sqlite3
from typing import Any

from playwright.sync_api import Page

from shop.demo.people import SIGN_INS
from tests.browser.conftest import LiveShop
from tests.browser.test_listening import EITHER, arrive
from tests.browser.tree import CONTROLS, Tree

PEOPLE = {person.key: person for person in SIGN_INS}


def enter(page: Page, key: str) -> None:
    """Sign in by name, role and keyboard."""
    page.goto("/dang-nhap")
    tree, person = Tree(page), PEOPLE[key]
    tree.fill(tree.next("textbox", "điện thoại"), person.phone)
    tree.fill(tree.next("textbox", "Mật khẩu"), person.password)
    arrive(tree, page, lambda: page.keyboard.press("Enter"))


def all_controls_have_names(tree: Tree) -> None:
    assert [s for s in tree.stops if s.role in CONTROLS and not s.name and not s.value] == []


@EITHER
def test_the_stall_of_blind_makers_is_found_read_and_bought_from(
    live_shop: LiveShop, visit: Any, javascript: bool
) -> None:
    page = visit(live_shop, "/", javascript=javascript)
    tree = Tree(page)
    arrive(tree, page, lambda: tree.press(tree.next("link", "Cả quầy làm bằng tay")))
    title = tree.next("heading", "Hàng người khiếm thị làm", level=1)
    makers = tree.next("heading", "Ai làm", after=title, level=2)
    weavers = tree.next("heading", "Tổ đan", after=makers, level=3)
    goods = tree.next("heading", "Đang bày", after=weavers, level=2)
    all_controls_have_names(tree)
    first = tree.next("link", after=goods)
    assert "đồng" in tree.heard(first, 8)
    arrive(tree, page, lambda: tree.press(first))
    arrive(tree, page, lambda: tree.press(tree.next("button", "Thêm vào giỏ")))
    assert "giỏ" in " ".join(tree.status())


def test_a_voice_is_named_and_its_words_stand_beside_it(live_shop: LiveShop, visit: Any) -> None:
    with sqlite3.connect(live_shop.instance / "shop.sqlite") as database:
        database.execute(
            "update sellers set voice_file = ?, voice_ms = 12000, voice_vi = ? where slug = ?",
            ("ab/" + "ab" * 16 + "-tieng.m4a", "Nan tre tôi vót bằng tay.", "to-dan-tay-am"),
        )
    page = visit(live_shop, "/nguoi-lam/to-dan-tay-am")
    tree = Tree(page)
    heading = tree.next("heading", "Nghe cô Huỳnh Thị Lành nói")
    assert "12 giây" in tree.heard(heading, 4)
    assert any(s.name == "Nghe cô Huỳnh Thị Lành nói" for s in tree.all("Audio"))
    words = page.locator("details", has_text="Đọc lời").locator("summary")
    words.press("Enter")
    tree.read()
    assert any("Nan tre tôi vót bằng tay." in s.name for s in tree.all("StaticText"))
    assert page.evaluate("[...document.querySelectorAll('audio')].every(a => a.paused)")


@EITHER
def test_a_helper_counts_and_the_owner_hears_what_was_done_and_ends_it(
    live_shop: LiveShop, visit: Any, javascript: bool
) -> None:
    helper = visit(live_shop, "/", javascript=javascript)
    enter(helper, "helper")
    tree = Tree(helper)
    assert any("Chị đang làm giúp" in s.name for s in tree.all("StaticText"))
    helper.goto("/ban-hang/hang")
    tree.read()
    arrive(tree, helper, lambda: tree.press(tree.next("link", "Sửa số")))
    tree.fill(tree.next("textbox", after=tree.next("heading", "Đếm lại")), "17")
    arrive(tree, helper, lambda: helper.keyboard.press("Enter"))

    owner = visit(live_shop, "/", javascript=javascript)
    enter(owner, "blind")
    owner.goto("/ban-hang/gian-hang/nguoi-giup")
    heard = Tree(owner)
    all_controls_have_names(heard)
    done = heard.next("heading", "Người giúp đã làm gì")
    said = heard.heard(done, 4)
    assert "đếm lại kho, nay còn 17" in said
    assert "Đinh Thị Nhàn làm giúp Huỳnh Thị Lành" in said
    end = heard.next("button", "Cho thôi ngay Đinh Thị Nhàn")
    arrive(heard, owner, lambda: heard.press(end))
    assert any("ra khỏi gian hàng ngay" in text for text in heard.status())
    answer = helper.goto("/ban-hang/hang")
    assert answer is not None
    assert answer.status == 404
