"""Pages of the shop's duties, and the form for complaints."""

import io
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from shop.accounts.terms import all_terms, current_terms
from shop.audit.models import AuditEntry
from shop.db import db, transaction
from shop.kernel.clock import VIETNAM, now_utc
from shop.kernel.settings import ROOT
from shop.media import reading
from shop.media.rules import MOST_BYTES
from shop.operations.actions import receive_complaint
from shop.operations.complaint_words import at_latest
from shop.operations.models import Complaint, ComplaintPhoto
from shop.operations.queries import complaint_words
from shop.operations.rules import Deadline, due
from shop.outbox.models import OutboxMessage
from shop.web.limits import limit
from shop.web.shown import shown_now
from shop.web.words import speaking
from tests.buying.test_races import at_once
from tests.engines import both_engines
from tests.media.photos import photo, with_notes

PAGES = ("/cach-mua", "/giao-hang", "/doi-tra", "/rieng-tu", "/xep-thu-tu", "/dieu-khoan")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["", "/en"])
def test_a_page_of_duties_is_public_and_the_same_for_all(
    client: FlaskClient, page: str, language: str
) -> None:
    answer = client.get(language + page)
    assert answer.status_code == 200
    assert "public" in answer.headers["Cache-Control"]
    assert "ETag" in answer.headers
    assert "Set-Cookie" not in answer.headers
    assert answer.text.count("<h1") == 1


@pytest.mark.parametrize("page", PAGES)
def test_no_page_claims_compliance(client: FlaskClient, page: str) -> None:
    words = client.get(page).text.lower()
    for claim in (
        "tuân thủ",
        "đúng luật",
        "theo đúng quy định",
        "đã đăng ký với bộ công thương",
        "uy tín",
    ):
        assert claim not in words


@pytest.mark.parametrize(
    ("kind", "address"),
    [("delivery", "/giao-hang"), ("returns", "/doi-tra"), ("privacy", "/rieng-tu")],
)
def test_every_version_of_a_dated_page_stays_readable(
    client: FlaskClient, kind: str, address: str
) -> None:
    versions = [terms for terms in all_terms() if terms.kind == kind]
    assert versions
    for terms in versions:
        assert terms.version in client.get(f"{address}/{terms.version}").text
        assert (ROOT / f"templates/operations/terms/{kind}-{terms.version}.html").exists()
    assert client.get(f"{address}/1999-01").status_code == 404


def test_every_version_of_the_terms_stays_readable(client: FlaskClient) -> None:
    versions = [terms for terms in all_terms() if terms.kind == "ordering"]
    assert versions
    for terms in versions:
        answer = client.get(f"/dieu-khoan/{terms.version}")
        assert answer.status_code == 200
        assert terms.version in answer.text
        text = ROOT / "templates" / "operations" / "terms" / f"ordering-{terms.version}.html"
        assert text.exists()
    assert client.get("/dieu-khoan/1999-01").status_code == 404
    assert client.get("/dieu-khoan/..%2f..%2fbase").status_code == 404


def test_a_new_version_holds_from_its_day_and_the_old_one_before(tmp_path: Any) -> None:
    from datetime import date

    file = tmp_path / "terms.toml"
    file.write_text(
        '[[terms]]\nkind = "ordering"\nversion = "a"\neffective_on = 2026-01-01\n'
        '[[terms]]\nkind = "ordering"\nversion = "b"\neffective_on = 2026-12-01\n'
    )
    held = [
        current_terms("ordering", on, file).version
        for on in (date(2025, 1, 1), date(2026, 11, 30), date(2026, 12, 1), date(2030, 1, 1))
    ]
    assert held == ["a", "a", "b", "b"]


def test_of_two_versions_of_one_day_the_last_holds(tmp_path: Any) -> None:
    file = tmp_path / "terms.toml"
    file.write_text(
        '[[terms]]\nkind = "privacy"\nversion = "a"\neffective_on = 2026-01-01\n'
        '[[terms]]\nkind = "privacy"\nversion = "ab"\neffective_on = 2026-01-01\n'
    )
    assert [terms.version for terms in all_terms(file)] == ["ab", "a"]
    assert current_terms("privacy", date(2026, 1, 1), file).version == "ab"


@time_machine.travel("2026-11-28T05:00Z")
def test_the_privacy_page_speaks_of_photos_from_the_day_that_they_are_taken(
    client: FlaskClient,
) -> None:
    assert 'name="photos"' in client.get("/khieu-nai").text
    assert "ảnh gửi kèm thì xoá hẳn" in client.get("/rieng-tu").text
    assert "Bản này chưa tới ngày dùng." not in client.get("/rieng-tu/2026-11e").text


def _form(client: FlaskClient) -> dict[str, str]:
    page = client.get("/khieu-nai").text
    shown = re.search(r'name="shown"[^>]* value="([^"]+)"', page) or re.search(
        r'value="([^"]+)"[^>]* name="shown"', page
    )
    assert shown is not None
    return {
        "kind": "goods", "text": "Hũ nứt khi tới nơi.", "name": "Châu", "phone": "0905 000 123",
        "email": "", "order_code": "abcd-1234", "website": "", "shown": shown[1],
    }  # fmt: skip


def _sent(client: FlaskClient, after_s: int = 5, **changes: Any) -> Any:
    form = {**_form(client), **changes}
    with time_machine.travel(now_utc() + timedelta(seconds=after_s)):
        return client.post("/khieu-nai", data=form)


def test_a_complaint_gives_a_code_and_says_by_when(client: FlaskClient) -> None:
    answer = _sent(client)
    assert answer.status_code == 303
    row = db.session.scalars(select(Complaint)).one()
    assert answer.location == f"/khieu-nai/{row.code}?da=gui"
    said = complaint_words(row)
    assert (said["phone"], said["order_code"]) == ("+84905000123", "ABCD1234")
    page = client.get(f"/khieu-nai/{row.code.lower()}").text
    last = row.answer_by.astimezone(VIETNAM)
    assert f"Chậm nhất ngày {last.day}/{last.month}/{last.year} (còn " in page
    for private in ("Châu", "000 123", "Hũ nứt"):
        assert private not in page
    assert db.session.scalars(select(OutboxMessage.event)).all()
    assert client.get("/khieu-nai/00000000").status_code == 404


def test_a_complaint_is_not_asked_what_the_account_says(operator: Any, client: FlaskClient) -> None:
    page = operator.get("/khieu-nai?don=ABCD1234").text.replace("\xa0", " ")
    for said in ("Hảo", "0905 000 999", "hao@example.net", "ABCD1234"):
        assert f'value="{said}"' in page
    assert "999" not in client.get("/khieu-nai").text


@pytest.mark.parametrize(
    "changes",
    [{"kind": ""}, {"kind": "x"}, {"text": ""}, {"name": ""}, {"phone": ""}, {"phone": "12"},
     {"email": "x@"}, {"text": "x" * 4001}, {"name": "\x00"}],
)  # fmt: skip
def test_a_wrong_complaint_gets_a_sentence_and_keeps_what_was_typed(
    client: FlaskClient, changes: dict[str, str]
) -> None:
    answer = _sent(client, **changes)
    assert answer.status_code == 422
    assert "<title>Lỗi:" in answer.text
    if "text" not in changes:
        assert "Hũ nứt khi tới nơi." in answer.text
    assert not db.session.scalars(select(Complaint)).all()


@pytest.mark.parametrize(
    ("after_s", "changes"),
    [
        (0, {}),
        (25 * 3600, {}),
        (5, {"website": "http://x"}),
        (5, {"shown": "1.x"}),
        (5, {"shown": ""}),
    ],
)
def test_a_robot_stores_nothing(client: FlaskClient, after_s: int, changes: dict[str, str]) -> None:
    answer = _sent(client, after_s, **changes)
    assert answer.status_code == 422
    assert not db.session.scalars(select(Complaint)).all()


@pytest.mark.parametrize(
    ("now", "vi", "en"),
    [
        ("2026-11-28T05:00Z", "(còn 2 ngày)", "(2 days left)"),
        ("2026-11-29T17:00Z", "(hết hôm nay)", "(by the end of today)"),
        ("2026-11-30T16:59Z", "(hết hôm nay)", "(by the end of today)"),
        ("2026-11-30T17:00Z", "(quá 1 ngày)", "(1 day over)"),
    ],
)
def test_the_last_day_of_a_deadline_counts_itself(app: Flask, now: str, vi: str, en: str) -> None:
    # It came on Thursday: three working days from the next one on are over with Monday's end.
    _answer, by = due(datetime(2026, 11, 26, 2, tzinfo=UTC), Deadline("x", date(2026, 1, 1), 2, 4))
    at = datetime.fromisoformat(now)
    with app.app_context(), speaking("vi"):
        assert at_latest(by, at) == f"chậm nhất ngày 30/11/2026 {vi}"
    with app.app_context(), speaking("en"):
        assert at_latest(by, at) == f"at the latest on 30 Nov 2026 {en}"


def test_the_desk_says_by_which_day_an_answer_is_due(app: Flask, operator: Any) -> None:
    with transaction() as session:
        row = receive_complaint(
            session, kind="goods", name="Châu", phone="+84905000123", email=None, order_code="",
            text="Hũ nứt.", locale="vi", now=now_utc(),
        )  # fmt: skip
        complaint_id = row.id
    for address in ("/dieu-hanh/khieu-nai", f"/dieu-hanh/khieu-nai/{complaint_id}"):
        assert "chậm nhất ngày " in operator.get(address).text
    assert "Answer at the latest on " in operator.get("/en/dieu-hanh/khieu-nai").text


def _files(*contents: bytes) -> list[tuple[io.BytesIO, str]]:
    return [(io.BytesIO(content), f"IMG_{n}.jpg") for n, content in enumerate(contents)]


@both_engines
def test_photos_of_a_complaint_are_for_who_settles_it_and_go_with_its_words(
    client: FlaskClient, operator: Any
) -> None:
    sent = _sent(client, photos=_files(with_notes(), photo(kind="PNG")))
    assert sent.status_code == 303
    row = db.session.scalars(select(Complaint)).one()
    complaint_id, state = row.id, f"/khieu-nai/{row.code}"
    stored = db.session.scalars(select(ComplaintPhoto.content)).all()
    assert len(stored) == 2
    assert not any(b"RIFF" in content or b"thon Go Mit" in content for content in stored)
    assert "Kèm 2 ảnh." in client.get(state).text
    assert "/anh/" not in client.get(state).text
    desk = f"/dieu-hanh/khieu-nai/{complaint_id}"
    assert f'src="{desk}/anh/2"' in operator.get(desk).text
    shown = operator.get(f"{desk}/anh/1")
    assert (shown.status_code, shown.mimetype) == (200, "image/webp")
    assert shown.data[8:12] == b"WEBP"
    assert b"thon Go Mit" not in shown.data
    assert "no-store" in shown.headers["Cache-Control"]
    assert operator.get(f"{desk}/anh/3").status_code == 404
    assert client.get(f"{desk}/anh/1").status_code != 200
    assert operator.post(desk, settled="y", outcome="Gửi lại hũ mới.").status_code == 303
    assert operator.post(f"{desk}/bo-ten").status_code == 303
    db.session.rollback()
    assert not db.session.scalars(select(ComplaintPhoto.number)).all()
    assert operator.get(f"{desk}/anh/1").status_code == 404
    assert "Kèm" not in client.get(state).text


@pytest.mark.parametrize(
    ("photos", "said"),
    [
        ([b"\0\0\0\x18ftypheic" + b"\0" * 99], "Đây là ảnh HEIC"),
        ([photo()] * 4, "Chỉ nhận tới 3 ảnh."),
        ([photo(), b"%PDF-1.4"], "Tệp này không phải ảnh"),
        ([photo()[:900]], "Ảnh này bị hỏng"),
    ],
)
def test_photos_that_are_refused_leave_the_words_and_are_asked_for_again(
    client: FlaskClient, photos: list[bytes], said: str
) -> None:
    answer = _sent(client, photos=_files(*photos))
    assert answer.status_code == 422
    for words in (said, "Hũ nứt khi tới nơi.", "Ảnh thì anh/chị chọn lại giúp."):
        assert words in answer.text
    assert f'<a href="#photos">{said}' in answer.text
    assert not db.session.scalars(select(Complaint)).all()


def test_a_wrong_word_asks_for_the_photos_again_and_none_were_none(client: FlaskClient) -> None:
    again = "Ảnh thì anh/chị chọn lại giúp."
    assert again in _sent(client, name="", photos=_files(photo())).text
    assert again not in _sent(client, name="").text
    assert _sent(client, photos=[(io.BytesIO(b""), "")]).status_code == 303
    assert not db.session.scalars(select(ComplaintPhoto.number)).all()


@pytest.mark.parametrize(
    "refused",
    [
        b"\0\0\0\x18ftypheic" + b"\0" * 99,
        b"%PDF-1.4",
        b"",
        b"\xff\xd8\xff" + b"\0" * MOST_BYTES,
        photo()[:900],
    ],
    ids=["heic", "pdf", "nothing", "heavy", "broken"],
)
def test_a_photo_that_is_refused_uses_up_no_complaint(client: FlaskClient, refused: bytes) -> None:
    for _ in range(6):
        assert _sent(client, photos=_files(refused)).status_code == 422
    assert _sent(client, photos=_files(photo())).status_code == 303


def test_photos_of_a_complaint_wait_a_moment_for_their_turn_and_no_longer(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading._visitors, "wait_s", 0.01)
    with reading._visitors._turns:
        answer = _sent(client, photos=_files(photo()))
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
        assert "Chờ 1 phút rồi gửi lại, hoặc gửi không kèm ảnh." in answer.text
        assert "Hũ nứt khi tới nơi." in answer.text
        assert not db.session.scalars(select(Complaint)).all()
        assert reading.finish_apart(photo()).width_px  # Sellers' photos go on being read.
        assert _sent(client).status_code == 303
    assert _sent(client, photos=_files(photo())).status_code == 303


def _used_up(app: Flask, rate: str, *keys: str, amount: int) -> None:
    with app.test_request_context():
        limit(rate, *keys, amount=amount)


@pytest.mark.parametrize(
    ("used", "said"),
    [
        (("60 per 1 hour", "complaint-photos", "127.0.0.1", 60), "Lúc này chợ chưa nhận thêm ảnh"),
        (("60000 per 1 day", "complaint-photos-kept", 60_000), "Hôm nay chợ không nhận thêm ảnh"),
    ],
    ids=["address", "day"],
)
def test_when_photos_are_used_up_her_words_come_without_them(
    app: Flask, client: FlaskClient, used: Any, said: str
) -> None:
    rate, *keys, amount = used
    _used_up(app, rate, *keys, amount=amount)
    answer = _sent(client, photos=_files(photo()))
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 600
    assert f'<a href="#photos">{said}' in answer.text
    assert "Hũ nứt khi tới nơi." in answer.text
    assert _sent(client).status_code == 303


def test_too_many_complaints_are_told_on_the_form_and_the_words_stay(client: FlaskClient) -> None:
    for _ in range(5):
        assert _sent(client).status_code == 303
    answer = _sent(client)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 600
    assert "Anh/chị thử nhiều lần quá." in answer.text
    assert "Hũ nứt khi tới nơi." in answer.text


def test_an_address_is_heard_when_others_have_filled_the_desk(
    app: Flask, client: FlaskClient
) -> None:
    _used_up(app, "200 per 1 hour", "complaints", amount=200)
    assert [_sent(client).status_code for _ in range(4)] == [303, 303, 303, 429]
    client.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    assert _sent(client).status_code == 303
    _used_up(app, "2000 per 1 hour", "complaints-more", amount=1996)
    client.environ_base["REMOTE_ADDR"] = "203.0.113.10"
    assert _sent(client).status_code == 429


@both_engines
def test_one_form_sent_several_times_at_once_makes_one_complaint(app: Flask) -> None:
    form = {**_form(app.test_client()), "shown": shown_now(now_utc() - timedelta(seconds=5))}
    answers = at_once(app, [lambda: app.test_client().post("/khieu-nai", data=form)] * 4)
    assert [a.status_code for a in answers] == [303] * 4, answers
    assert len({a.location for a in answers}) == 1
    db.session.rollback()
    assert len(db.session.scalars(select(Complaint)).all()) == 1
    acts = db.session.scalars(select(AuditEntry.action)).all()
    assert acts == ["complaint.received"]


def test_a_form_sent_again_shows_the_same_receipt_and_is_no_second_try(
    client: FlaskClient,
) -> None:
    form = {**_form(client), "shown": shown_now(now_utc() - timedelta(seconds=5))}
    answers = [client.post("/khieu-nai", data=form) for _ in range(8)]
    assert [a.status_code for a in answers] == [303] * 8
    assert len({a.location for a in answers}) == 1
    assert client.get(answers[-1].location).status_code == 200
    assert db.session.scalars(select(OutboxMessage.event)).all().count(
        "operations.complaint_received"
    ) == len(app_subscribers(client))


def test_everybody_behind_one_address_may_complain_and_one_person_five_times(
    client: FlaskClient,
) -> None:
    for number in range(10, 17):
        assert _sent(client, phone=f"0905 000 1{number}").status_code == 303
    for written in ("0905 000 123", "+84905000123", "0905.000.123", "0905000123", "84 905 000 123"):
        assert _sent(client, phone=written).status_code == 303
    assert _sent(client, phone="0905 000 123").status_code == 429
    for _ in range(5):
        assert _sent(client, phone="", email="hoa@example.com").status_code == 303
    assert _sent(client, phone="", email="Hoa@example.com").status_code == 429
    assert _sent(client, phone="0905 000 999").status_code == 303


def test_complaints_from_one_address_end_after_sixty_an_hour(client: FlaskClient) -> None:
    with time_machine.travel(now_utc(), tick=False) as clock:
        form = _form(client)
        clock.shift(timedelta(seconds=5))
        answers = []
        for number in range(61):
            shown = shown_now(now_utc() - timedelta(seconds=5))
            typed = {**form, "phone": f"0905 000 {100 + number}", "shown": shown}
            answers.append(client.post("/khieu-nai", data=typed).status_code)
    assert answers == [303] * 60 + [429]


def app_subscribers(client: FlaskClient) -> dict[str, Any]:
    return client.application.extensions["subscribers"]["operations.complaint_received"]


def test_a_form_that_comes_back_with_other_words_asks_whether_it_is_another_complaint(
    client: FlaskClient,
) -> None:
    form = {**_form(client), "shown": shown_now(now_utc() - timedelta(seconds=5))}
    assert client.post("/khieu-nai", data=form).status_code == 303
    other = client.post("/khieu-nai", data={**form, "text": "Còn một hũ nữa nứt."})
    assert other.status_code == 409
    assert "Còn một hũ nữa nứt." in other.text
    assert "bấm gửi lần nữa" in other.text
    assert len(db.session.scalars(select(Complaint)).all()) == 1
    db.session.rollback()
    page = re.search(r'name="shown"[^>]* value="([^"]+)"', other.text)
    assert page is not None
    assert page[1] != form["shown"]
    with time_machine.travel(now_utc() + timedelta(seconds=5)):
        again = {**form, "text": "Còn một hũ nữa nứt.", "shown": page[1]}
        assert client.post("/khieu-nai", data=again).status_code == 303
    assert len(db.session.scalars(select(Complaint)).all()) == 2


def test_each_rendered_form_is_an_attempt_of_its_own(client: FlaskClient) -> None:
    with time_machine.travel(now_utc(), tick=False):
        assert _form(client)["shown"] != _form(client)["shown"]
    assert "public" not in client.get("/khieu-nai").headers["Cache-Control"]


def test_complaints_are_limited_per_visitor(client: FlaskClient) -> None:
    statuses = [_sent(client).status_code for _ in range(6)]
    assert statuses == [303] * 5 + [429]


def test_another_site_cannot_send_one(app: Flask, client: FlaskClient) -> None:
    answer = client.post("/khieu-nai", data=_form(client), headers={"Origin": "https://evil.vn"})
    assert answer.status_code == 403
