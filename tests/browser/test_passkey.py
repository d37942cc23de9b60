"""A key that a phone keeps: made, used without typing, let go; Chromium plays the phone's lock."""

import shutil
from dataclasses import replace

from playwright.sync_api import expect

from shop.demo.people import SIGN_INS
from tests.browser import conftest

SELLER = next(person for person in SIGN_INS if person.path == "/ban-hang")


def test_a_seller_signs_in_by_one_button(demo_instance, tmp_path, visit, monkeypatch):
    instance = tmp_path / "instance"
    shutil.copytree(demo_instance, instance)
    port = conftest.free_port()
    monkeypatch.setattr(conftest, "free_port", lambda: port)
    named = f"http://localhost:{port}"  # A key belongs to a name; numbers have none.
    with conftest.serving(instance, SHOP_BASE_URL=named) as live:
        page = visit(replace(live, address=named), "/dang-nhap", height=640)
        phone = page.context.new_cdp_session(page)
        phone.send("WebAuthn.enable")
        phone.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
                    "hasUserVerification": True, "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                }
            },
        )  # fmt: skip
        page.get_by_label("Số điện thoại hoặc").fill(SELLER.phone)
        page.get_by_label("Mật khẩu", exact=True).fill(SELLER.password)
        page.get_by_role("button", name="Đăng nhập").click()
        page.wait_for_url(conftest.at("/ban-hang"))
        page.goto("/tai-khoan/khoa")
        expect(page.locator("main")).to_contain_text("Chưa máy nào có khoá.")
        page.get_by_role("button", name="Thêm khoá vào máy này").click()
        expect(page.get_by_role("button", name="Bỏ khoá này")).to_have_count(1)
        page.goto("/tai-khoan")
        page.locator("main").get_by_role("button", name="Đăng xuất").click()
        page.wait_for_url("**da=ra")

        page.goto("/dang-nhap")
        page.get_by_role("button", name="Vào bằng vân tay hoặc khuôn mặt").click()
        page.wait_for_url(conftest.at("/ban-hang"))

        page.goto("/tai-khoan/khoa")
        page.get_by_role("button", name="Bỏ khoá này").click()
        expect(page.locator("main")).to_contain_text("Chưa máy nào có khoá.")
        page.context.clear_cookies()
        page.goto("/dang-nhap")
        page.get_by_role("button", name="Vào bằng vân tay hoặc khuôn mặt").click()
        expect(page.locator("main")).to_contain_text("Khoá của máy này chưa đúng")
