"""A carrier's table that nobody has seen: named by hand, looked at, counted, taken back."""

import re
import sqlite3

import pytest
from playwright.sync_api import Page, expect

from shop.demo.people import SIGN_INS
from tests.browser.conftest import at
from tests.browser.test_journeys import SCREENS
from tests.browser.tree import Tree
from tests.remittances import sheets

PEOPLE = {person.key: person for person in SIGN_INS}
HERS, DESK = "/ban-hang/thu-ho", "/dieu-hanh/thu-ho"
#: The carrier keeps so much of every parcel, and so much more of the first.
FEE_VND, SHORT_VND = 5_500, 10_000
STRANGE = "LA00000000XX"


def signed_in(walk, key: str) -> Page:
    person = PEOPLE[key]
    page = walk.open("/dang-nhap")
    page.get_by_label("Số điện thoại hoặc").fill(person.phone)
    page.get_by_label("Mật khẩu", exact=True).fill(person.password)
    page.get_by_role("button", name="Đăng nhập").click()
    page.wait_for_url(at(person.path))
    return page


def carried(instance) -> list[tuple[str, int]]:
    """Return (code, cash taken) of the first seller's parcels whose cash a carrier has."""
    with sqlite3.connect(f"file:{instance / 'shop.sqlite'}?mode=ro", uri=True) as connection:
        return connection.execute(
            "select h.tracking_code, c.taken_vnd from hand_overs h"
            " join cod_collections c on c.seller_order_id = h.seller_order_id"
            " join seller_orders s on s.id = h.seller_order_id"
            " where s.seller_id = 1 and c.state = 'with_carrier' and h.tracking_code != ''"
            " order by h.id"
        ).fetchall()


def strange_table(instance, short_vnd: int = SHORT_VND) -> bytes:
    """A table without names: a parcel for which so much is missing, and one that is nobody's."""
    code, taken = carried(instance)[0]
    paid = taken - FEE_VND - short_vnd
    return sheets.la([(code, taken, FEE_VND, paid), (STRANGE, 90_000, FEE_VND, 84_500)])


def send(page: Page, content: bytes) -> None:
    page.get_by_label("Hãng vận chuyển").select_option("other")
    page.get_by_label("Tên hãng khác").fill("Chuyển phát Lạ")
    page.get_by_label("Tệp của hãng").set_input_files(
        {"name": "tuan-47.csv", "mimeType": "text/csv", "buffer": content}
    )
    page.get_by_role("button", name="Đọc thử").click()


def choices(tree: Tree) -> list:
    return [s for s in tree.stops if s.role in ("combobox", "listbox") and s.name]


@pytest.mark.parametrize(
    ("walk", "who", "base"),
    [
        pytest.param(SCREENS[1].values[0], "seller", HERS, id="a maker by phone, no script"),
        pytest.param(SCREENS[2].values[0], "operator", DESK, id="the desk at a wide screen"),
    ],
    indirect=["walk"],
)
def test_a_strange_table_is_named_looked_at_counted_and_taken_back(walk, who, base):
    page = signed_in(walk, who)
    short, taken = carried(walk.live.instance)[0]
    page.goto(base)
    send(page, strange_table(walk.live.instance))
    expect(page.locator("h1")).to_have_text("Cột nào là gì?")

    # What is missing is said, and what was chosen stands.
    page.get_by_label("Dòng ghi tên cột").select_option("1")
    page.get_by_label("Cột 2: B").select_option("cod")
    page.get_by_role("button", name="Đọc theo các cột này").click()
    expect(page.locator("[role=alert]")).to_contain_text("cột ghi mã vận đơn")
    expect(page.get_by_label("Cột 2: B")).to_have_value("cod")
    for column, what in (("1: A", "tracking"), ("3: C", "fee"), ("4: D", "paid")):
        page.get_by_label(f"Cột {column}").select_option(what)
    page.get_by_role("button", name="Đọc theo các cột này").click()

    expect(page.locator("h1")).to_have_text("Xem thử bảng của hãng")
    expect(page.locator("main")).to_contain_text("Chưa ghi gì cả")
    expect(page.locator("main tr", has_text=short)).to_contain_text("Về thiếu")
    expect(page.locator("main tr", has_text=STRANGE)).to_contain_text("Không thấy kiện")
    page.get_by_role("button", name="Lưu bảng này").click()
    expect(page.locator("[role=status]").first).to_contain_text("Đã lưu bảng của hãng")

    page.get_by_role("link", name=re.compile("^Về thiếu")).click()
    box = page.locator("li.box", has_text=short)
    expect(box.locator(".totals .sum")).to_have_text(re.compile(r"Thiếu\s*15\.500"))
    box.get_by_role("button", name=re.compile("^Phần thiếu là phí giao")).click()
    expect(page.locator("[role=status]").first).to_contain_text("Đã ghi")

    page.get_by_role("link", name=re.compile("^Vừa ghi xong")).click()
    expect(page.locator("main li.box")).to_have_count(1)
    box = page.locator("li.box", has_text=short)
    box.get_by_role("button", name=re.compile("^Bấm nhầm, lấy lại")).click()
    expect(page.locator("[role=status]").first).to_contain_text("Đã trả lại như cũ")
    page.get_by_role("link", name=re.compile("^Về thiếu")).click()
    expect(page.locator("li.box", has_text=short)).to_be_visible()
    assert dict(carried(walk.live.instance))[short] == taken, "The carrier has it all again."

    # The next table reads itself; what agrees is counted in one tap, and that is taken back too.
    page.goto(base)
    send(page, strange_table(walk.live.instance, 0))
    expect(page.locator("h1")).to_have_text("Xem thử bảng của hãng")
    expect(page.locator("main tr", has_text=short)).to_contain_text("Khớp")
    page.get_by_role("button", name="Lưu bảng này").click()
    page.get_by_role("button", name="Đếm 1 kiện khớp").click()
    expect(page.locator("[role=status]").first).to_contain_text("Đã đếm các kiện khớp")
    assert short not in dict(carried(walk.live.instance))
    page.get_by_role("link", name=re.compile("^Vừa ghi xong")).click()
    page.get_by_role("button", name=re.compile("^Bấm nhầm, lấy lại")).click()
    expect(page.locator("[role=status]").first).to_contain_text("Đã trả lại như cũ")
    assert short in dict(carried(walk.live.instance))


@pytest.mark.parametrize("walk", [SCREENS[0]], indirect=True)
def test_columns_are_named_by_ear_and_by_keys(walk):
    page = signed_in(walk, "seller")
    page.goto(HERS)
    send(page, strange_table(walk.live.instance))
    expect(page.locator("h1")).to_have_text("Cột nào là gì?")

    tree = Tree(page)
    named = choices(tree)
    assert [s.name for s in named] == [
        "Dòng ghi tên cột", "Cột 1: A", "Cột 2: B", "Cột 3: C", "Cột 4: D",
    ]  # fmt: skip
    assert all("Thí dụ:" in s.description for s in named[1:]), "Each says what stands in it."
    first, _taken = carried(walk.live.instance)[0]
    assert first in named[1].description
    assert tree.next("heading", "Cột nào là gì?", level=1).at < named[0].at
    assert tree.next("button", "Đọc theo các cột này", after=named[-1])

    page.get_by_label("Dòng ghi tên cột").focus()
    page.keyboard.type("2")
    for _field in range(5):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Đọc theo các cột này")).to_be_focused()
    for _back in range(4):
        page.keyboard.press("Shift+Tab")
    for steps in (1, 3, 4, 5):  # Code of the parcel, cash taken, the carrier's fee, what it pays.
        for _step in range(steps):
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Đọc theo các cột này")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Xem thử bảng của hãng")
