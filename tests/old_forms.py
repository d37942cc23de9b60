"""A form that was open since before: its token tells whose page it was, and lets nothing be done."""

import re
from typing import Any

from flask.testing import FlaskClient


def sent_late(browser: FlaskClient, page: str, way: str = "", /, **fields: Any) -> str:
    """Send a page's form too late; return that page as it comes back, nothing done."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(page).text)
    assert token is not None
    made, mark, mac, reader = token[1].split(".")
    answer = browser.post(
        way or page, data={"csrf_token": f"{int(made) - 13 * 3600}.{mark}.{mac}.{reader}", **fields},
        headers={"Referer": f"http://localhost{page}"},
    )  # fmt: skip
    assert (answer.status_code, answer.location) == (303, page)
    shown = browser.get(page)
    assert shown.status_code == 200
    assert "Việc vừa rồi chưa làm." in shown.text
    assert "Những gì đã ghi vẫn còn ở dưới" in shown.text
    return shown.text
