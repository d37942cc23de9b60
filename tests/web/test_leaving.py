"""No way out of this browser loses what waits in its queue."""

import re

import pytest

from shop.kernel.settings import ROOT
from tests.operations.conftest import Desk

TEMPLATES = ROOT / "templates"
#: Addresses after which a browser forgets what it keeps (``accounts.guards.forget_pages``).
WAYS_OUT = (
    "/dang-xuat", "/doi-nguoi", "/doi-nguoi/them", "/tai-khoan/thiet-bi/ket-thuc-het",
    "/tai-khoan/xoa", "/dieu-hanh/may-in",
)  # fmt: skip


@pytest.mark.parametrize("way", WAYS_OUT)
def test_each_form_that_leaves_asks_about_what_is_not_sent(way):
    form = re.compile(rf"<form[^>]*method=\"post\"[^>]*path\('{re.escape(way)}'\)[^>]*>")
    found = [
        one for page in TEMPLATES.rglob("*.html") for one in form.findall(page.read_text("utf-8"))
    ]
    assert found
    assert all("unsent()" in one for one in found)


def test_the_answer_lets_the_browser_forget(sign_in, an_account):
    for way in ("/dang-xuat", "/tai-khoan/thiet-bi/ket-thuc-het"):
        account = an_account("Mai")
        assert Desk(sign_in(account), account).post(way).headers["Clear-Site-Data"] == '"storage"'
