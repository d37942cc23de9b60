"""A fundraiser from its first word to an account that shows tampering."""

import re
import sqlite3
from datetime import timedelta
from typing import Any

from playwright.sync_api import FilePayload, Page, expect

from shop.demo.people import SIGN_INS
from shop.kernel.clock import now_utc, vietnam_date
from tests.browser.addresses import facts
from tests.browser.conftest import LiveShop, Walk, arrive, at
from tests.browser.test_journeys import CEREAL, check_out
from tests.media.photos import with_notes

PEOPLE = {person.key: person for person in SIGN_INS}
DESK = "/dieu-hanh/gay-quy"


def enter(visit: Any, live: LiveShop, key: str) -> Page:
    """Open a browser of one of the demo's people, on a phone."""
    page = visit(live, "/dang-nhap", width=390, height=844)
    person = PEOPLE[key]
    page.get_by_label("Số điện thoại hoặc").fill(person.phone)
    page.get_by_label("Mật khẩu", exact=True).fill(person.password)
    page.get_by_role("button", name="Đăng nhập").click()
    page.wait_for_url(at(person.path))
    return page


def database(live: LiveShop) -> sqlite3.Connection:
    return sqlite3.connect(live.instance / "shop.sqlite", timeout=20)


def press(page: Page, name: str) -> None:
    arrive(page, page.get_by_role("button", name=re.compile(f"^{name}")).first.click)


def day(ahead: int = 0) -> str:
    return (vietnam_date(now_utc()) + timedelta(days=ahead)).isoformat()


def opened(officer: Page, head: Page) -> str:
    """Write a sale, ask for approval, approve as two people; return its desk address."""
    officer.goto(f"{DESK}/moi")
    for name, text in {
        "title_vi": "Ghế mây cho nhà văn hoá", "for_whom_vi": "ba chi hội", "goal": "2 triệu",
        "why_vi": "Họp phải ngồi đất.", "opens_on": day(), "closes_on": day(20),
        "distribute_by": day(40), "beneficiary_rule_vi": "Chi hội bình xét.",
        "spending_vi": "Chỉ mua ghế.", "legal_basis_vi": "Quy chế quỹ của Hội",
        "document_no": "09/TB-HPN", "document_on": day(),
    }.items():  # fmt: skip
        officer.locator(f"[name={name}]").fill(text)
    officer.locator("[name=gets_back]").select_option("goods")
    press(officer, "Lưu")
    here = officer.url.split("?")[0]
    press(officer, "Gửi hai người duyệt")
    press(officer, "Tôi duyệt đợt này")
    expect(officer.get_by_role("button", name="Tôi duyệt đợt này")).to_have_count(0)
    head.goto(here)
    expect(head.locator("main")).to_contain_text("Chờ hai người duyệt")
    press(head, "Tôi duyệt đợt này")
    expect(head.locator("main")).to_contain_text("Đang gây quỹ")
    return here


def sold(officer: Page, here: str, page: Page, walk: Walk, hers: Page) -> None:
    """Sell a product with a share, down to the buyer's door."""
    officer.goto(here)
    officer.locator("summary", has_text="Ghi giúp người bán một món").click()
    with database(walk.live) as connection:
        number, seller = connection.execute(
            "select id, seller_id from products where slug = ?", (CEREAL,)
        ).fetchone()
    officer.locator("[name=product]").select_option(f"{number}-{seller}")
    officer.locator("[name=share_kind]").select_option("fixed")
    officer.locator("[name=vnd]").fill("20k")
    officer.locator("[name=consent_by]").fill("chị Mẫn")
    officer.locator("[name=consent_on]").fill(day())
    press(officer, "Ghi món này")
    page.goto(f"/san-pham/{CEREAL}")
    expect(page.locator("main")).to_contain_text("mỗi")
    expect(page.locator("main")).to_contain_text("Ghế mây cho nhà văn hoá")
    arrive(page, page.locator("form[action$='/gio/them'] .btn--big").click)
    page.goto("/dat-hang")
    check_out(page, walk, {1: "transfer"})
    press(page, "Tôi đã chuyển khoản")
    hers.goto("/ban-hang?xem=moi")
    arrive(hers, hers.get_by_role("link", name=re.compile("Lê Thị Bông")).first.click)
    press(hers, "Đã nhận đủ")
    press(hers, "Đã gói xong")
    form = hers.locator("form#gui-di")
    form.locator("input[name=kieu][value=carrier]").check()
    form.locator("select[name=hang]").select_option(index=1)
    form.locator("input[name=ma]").fill("EB123456780VN")
    press(hers, "Ghi đã gửi đi")
    press(hers, "Khách đã nhận hàng")


def test_a_fundraiser_is_opened_sold_for_given_to_handed_over_accounted_and_tampering_shows(
    live_shop: LiveShop, visit: Any
) -> None:
    with database(live_shop) as connection:  # The officer is the Union's treasurer too.
        connection.execute(
            "insert into memberships (organisation_id, account_id, role, starts_on, created_at)"
            " select organisation_id, account_id, 'treasurer', starts_on, created_at"
            " from memberships where role = 'officer' limit 1"
        )
    officer, head = (enter(visit, live_shop, key) for key in ("officer", "operator"))
    hers = enter(visit, live_shop, "seller")
    here = opened(officer, head)
    with database(live_shop) as connection:
        code = connection.execute("select max(id), code from campaigns").fetchone()[1]
    walk = Walk(visit, live_shop, (390, 844, True))
    page = walk.open("/")
    sold(officer, here, page, walk, hers)
    page.goto(f"/gay-quy/{code}")
    expect(page.locator("main")).to_contain_text("Còn 20.000 đồng đã hứa")

    page.locator("[name=amount]").select_option("200000")
    page.locator("[name=name]").fill("Cô Bảy Mẫu")
    page.locator("[name=show_name]").check()
    page.wait_for_timeout(2_100)  # As long as people need.
    press(page, "Xem cách chuyển tiền")
    expect(page.locator("dl.pay")).to_be_visible()
    officer.goto(here)
    press(officer, "Đã nhận")

    call = facts(live_shop.instance)["call"]
    page.goto(f"/giup-nhau/{call}")
    page.locator("[name=name]").fill("Cô Bảy Mẫu")
    page.locator("[name=phone]").fill("0905 000 779")
    page.locator("[name=quantity]").fill("1")
    page.wait_for_timeout(2_100)
    arrive(page, page.locator("main form .btn--big").first.click)
    assert "/gop/" in page.url

    officer.goto(f"{here}/trao/moi")
    officer.locator("[name=words_vi]").fill("Năm chiếc ghế mây")
    officer.locator("[name=amount]").fill("150k")
    officer.locator("[name=name]").fill("Trần Thị Giấu Tên")
    officer.locator("[name=ward]").fill("Quế Phước, Đà Nẵng")
    press(officer, "Gửi người thứ hai duyệt")
    one = officer.url.split("?")[0]
    expect(officer.get_by_role("button", name="Tôi duyệt khoản này")).to_have_count(0)
    head.goto(one)
    press(head, "Tôi duyệt khoản này")
    officer.goto(one)
    officer.locator("[name=done_on]").fill(day())
    officer.locator("[name=witness_one]").fill("Bà Một")
    officer.locator("[name=witness_two]").fill("Ông Hai")
    officer.locator("[name=voucher_no]").fill("PC-09")
    press(officer, "Đã trao, ghi vào sổ")
    officer.locator("summary", has_text="Thêm ảnh, giấy tờ").click()
    officer.locator("[name=tep]").set_input_files(
        FilePayload(name="phieu.jpg", mimeType="image/jpeg", buffer=with_notes())
    )
    officer.locator("[name=caption_vi]").fill("Phiếu chi có hai chữ ký")
    officer.locator("[name=audience]").select_option("all")
    press(officer, "Lưu bằng chứng")

    page.goto(f"/gay-quy/{code}/so-quy")
    account = page.locator("main")
    for words in ("Năm chiếc ghế mây", "PC-09", "Cô Bảy Mẫu", "Xã Quế Phước", "đang giữ 50.000"):
        expect(account).to_contain_text(words)
    for words in ("Giấu Tên", "Bà Một"):
        expect(account).not_to_contain_text(words)
    proof = page.get_by_role("img", name="Phiếu chi có hai chữ ký")
    proof.scroll_into_view_if_needed()
    assert proof.evaluate("i => i.decode().then(() => i.naturalWidth)") > 0
    page.get_by_role("link", name="Kiểm dấu của sổ").click()
    expect(page.locator("main")).to_contain_text("Sổ khớp từ dòng đầu tới dòng cuối")

    with database(live_shop) as connection:
        connection.execute("drop trigger fund_entries_no_update")
        connection.execute(
            "update fund_entries set amount_vnd = 900000 where number = 1 and campaign_id ="
            " (select id from campaigns where code = ?)", (code,),
        )  # fmt: skip
    page.reload()
    expect(page.locator("main")).to_contain_text("Sổ này không khớp")
    expect(page.locator("main")).to_contain_text("Dòng số 1 không còn như lúc ghi")
