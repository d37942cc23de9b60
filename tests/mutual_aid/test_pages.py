"""A call from the desk to the public page, a promise by its link, thanks by mail."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from shop.db import db, transaction
from shop.kernel.clock import VIETNAM, now_utc
from shop.mutual_aid.actions import withdraw
from shop.mutual_aid.models import HelpCall, HelpNeed, Pledge
from shop.mutual_aid.queries import needs_of
from shop.organisations.models import Organisation
from shop.outbox.relay import deliver_waiting
from shop.web.shown import shown_now
from tests.mutual_aid.conftest import promise
from tests.operations.conftest import Desk

FORM = {
    "title_vi": "Cấy sáu sào lúa", "for_whom_vi": "một gia đình ở thôn Gò Mít",
    "story_vi": "Anh nhà vừa mổ.", "starts": "6h", "ends": "10:30", "place_vi": "Đầu làng",
    "contact_name": "Chị Hương", "contact_phone": "0905 000 777", "consent_kind": "in_person",
}  # fmt: skip


def later(days: int = 3) -> str:
    return f"{(now_utc() + timedelta(days=days)).astimezone(VIETNAM):%d/%m/%Y}"


def promised(**more: str) -> dict[str, str]:
    return {
        "quantity": "2", "name": "Nguyễn Thị Hoa", "phone": "0905 000 778",
        "email": "hoa@example.net", "note": "Mang theo liềm", "website": "",
        "shown": shown_now(now_utc() - timedelta(seconds=5)), **more,
    }  # fmt: skip


def call() -> HelpCall:
    db.session.rollback()
    return db.session.scalars(select(HelpCall).order_by(HelpCall.id.desc())).first()


@pytest.fixture
def head(an_organisation, an_officer) -> Desk:
    return an_officer(an_organisation(), "head")


def test_an_officer_writes_opens_and_a_visitor_promises(app, head, mails):
    unit = re.search(
        r'value="(\d+)"[^>]*>[^<]*Hội LHPN', head.get("/dieu-hanh/giup-nhau/moi").text
    )[1]
    answer = head.post(
        "/dieu-hanh/giup-nhau/moi", organisation=unit, on=later(), consent_on=later(0), **FORM
    )
    assert answer.status_code == 303
    here = f"/dieu-hanh/giup-nhau/{call().id}"
    assert head.post(f"{here}/mo").status_code == 409, "Nothing is needed yet."
    kept = head.post(
        f"{here}/can", kind="labour", words_vi="Người cấy", wanted="10", unit_vi="người"
    )
    assert kept.status_code == 303
    visitor = app.test_client()
    public = f"/giup-nhau/{call().code}"
    assert visitor.get(public).status_code == 404, "A draft is nobody's."
    assert head.post(f"{here}/mo").status_code == 303
    page = visitor.get(public).text
    assert "Cấy sáu sào lúa" in page
    assert "10\u00a0người" in page
    assert "06:00" in page
    need = str(db.session.scalars(select(HelpNeed.id)).one())
    answer = visitor.post(public, data=promised(need=need, show_name="y"))
    assert answer.status_code == 303
    mine = answer.headers["Location"].split("?")[0]
    page = visitor.get(mine)
    assert "2\u00a0người" in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "Nguyễn Thị Hoa" in visitor.get(public).text, "She lets her name be shown."
    assert "0905 000 778" not in visitor.get(public).text
    desk = head.get(here).text
    assert "Mang theo liềm" in desk
    assert "tel:+84905000778" in desk
    deliver_waiting(now_utc())
    letter = next(m for m in mails() if "hoa@example.net" in m["To"])
    assert mine in letter.get_body(("plain",)).get_content()
    assert visitor.post(f"{mine}/thoi").status_code == 303
    assert visitor.post(f"{mine}/thoi").status_code == 409
    assert "Nguyễn Thị Hoa" not in visitor.get(public).text


def test_an_unshown_name_is_nowhere_in_public(app, a_call):
    promise(a_call(), name="Nguyễn Thị Kín")
    visitor = app.test_client()
    for way in ("/giup-nhau", f"/giup-nhau/{call().code}"):
        assert "Kín" not in visitor.get(way).text


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"name": ""}, "Anh/chị ghi họ và tên."),
        ({"phone": "12"}, "chưa đúng"),
        ({"quantity": "-1"}, "từ 1 đến"),
        ({"quantity": "99999999999999999999"}, "từ 1 đến"),
        ({"quantity": "mười"}, "từ 1 đến"),
        ({"need": "x"}, "Chọn một mục"),
        ({"need": "9223372036854775808"}, "Chọn một mục"),
        ({"email": "hoa"}, "chưa đúng"),
        ({"value": "nhiều"}, "Số tiền chưa đúng"),
        ({"note": "a" * 10_000}, "Dài quá"),
        ({"website": "http://x"}, "gửi nhanh quá"),
        ({"shown": "forged"}, "gửi nhanh quá"),
    ],
)  # fmt: skip
def test_wrong_input_is_said_beside_it_and_stores_nothing(app, a_call, wrong, says):
    a_call()
    need = str(db.session.scalars(select(HelpNeed.id)).one())
    answer = app.test_client().post(
        f"/giup-nhau/{call().code}", data={**promised(need=need), **wrong}
    )
    assert answer.status_code == 422
    assert says in answer.text
    assert "Mang theo liềm" in answer.text or "note" in wrong
    assert db.session.scalars(select(Pledge.id)).all() == []


@pytest.mark.parametrize(
    "value", ["\x00", "😀" * 50, "\ud800", "a" * 9000, "<script>", "=1+1", "％s%s{{7*7}}"]
)
def test_odd_text_is_no_fault(app, a_call, value):
    a_call()
    need = str(db.session.scalars(select(HelpNeed.id)).one())
    data = {**promised(need=need), "name": value.encode("utf-8", "replace").decode()}
    answer = app.test_client().post(f"/giup-nhau/{call().code}", data=data)
    assert answer.status_code in (303, 422)
    assert (
        "<script>"
        not in app.test_client()
        .get(f"/giup-nhau/{call().code}")
        .text.split("<main")[1]
        .split("</main>")[0]
    )


def test_a_form_sent_twice_promises_once(app, a_call):
    a_call()
    need = str(db.session.scalars(select(HelpNeed.id)).one())
    data, visitor = promised(need=need), app.test_client()
    first, second = (visitor.post(f"/giup-nhau/{call().code}", data=data) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert len(db.session.scalars(select(Pledge.id)).all()) == 1


def test_a_full_need_says_what_is_left(app, a_call):
    a_call(wanted=3)
    need = str(db.session.scalars(select(HelpNeed.id)).one())
    answer = app.test_client().post(
        f"/giup-nhau/{call().code}", data=promised(need=need, quantity="5")
    )
    assert answer.status_code == 409
    assert "chỉ còn cần 3\u00a0người" in answer.text


def test_the_evening_before_reminds_who_still_comes(app, a_call, mails):
    call_id = a_call()
    promise(call_id)
    gone = promise(call_id, attempt="b", name="Lan")
    deliver_waiting(now_utc())
    before = len(mails())
    with transaction() as session:
        withdraw(session, pledge_id=gone, by_id=None, now=now_utc())
    with time_machine.travel(call().starts_at - timedelta(hours=5), tick=False):
        deliver_waiting(now_utc())
        deliver_waiting(now_utc())
    reminders = [m for m in mails()[before:] if "Mai mình gặp nhau" in m["Subject"]]
    assert len(reminders) == 1


def test_everybody_who_promised_is_told_of_a_cancelling_and_who_came_is_thanked(
    app, head, a_call, mails, an_officer
):  # fmt: skip
    unit = db.session.scalars(select(Organisation.id)).one()
    off, on = a_call(organisation_id=unit), a_call(organisation_id=unit)
    promise(off)
    came = promise(on, attempt="b")
    assert head.post(f"/dieu-hanh/giup-nhau/{off}/huy", reason="").status_code == 422
    assert head.post(f"/dieu-hanh/giup-nhau/{off}/huy", reason="Mưa to").status_code == 303
    deliver_waiting(now_utc())
    assert [m for m in mails() if "không diễn ra nữa" in m["Subject"]]
    assert (
        "Mưa to"
        in app.test_client().get(f"/giup-nhau/{db.session.get_one(HelpCall, off).code}").text
    )
    assert head.post(f"/dieu-hanh/giup-nhau/{on}/nguoi/{came}/came").status_code == 409
    assert head.post(f"/dieu-hanh/giup-nhau/{on}/nguoi/{came}/withdrawn").status_code == 404
    with time_machine.travel(now_utc() + timedelta(days=3, hours=1), tick=False):
        head = an_officer(unit, "deputy")  # Days later: signed in anew.
        assert head.post(f"/dieu-hanh/giup-nhau/{on}/nguoi/{came}/came").status_code == 303
        assert (
            head.post(f"/dieu-hanh/giup-nhau/{on}/cam-on", thanks_vi="Sáu sào đã xanh.").status_code
            == 303
        )
        assert (
            head.post(
                f"/dieu-hanh/giup-nhau/{on}/cam-on", thanks_vi="Sáu sào đã xanh rồi."
            ).status_code
            == 303
        )
        deliver_waiting(now_utc())
    thanked = [m for m in mails() if "Cảm ơn anh/chị" in m["Subject"]]
    assert len(thanked) == 1


def test_an_officer_writes_down_who_rings(app, head, a_call):
    call_id = a_call(organisation_id=db.session.scalars(select(Organisation.id)).one())
    page = head.get(f"/dieu-hanh/giup-nhau/{call_id}").text
    form = {
        "need": str(db.session.scalars(select(HelpNeed.id)).one()), "quantity": "1", "name": "Bà Tư",
        "phone": "0905000779", "shown": re.search(r'name="shown" type="hidden" value="(\w+)"', page)[1],
    }  # fmt: skip
    for _ in range(2):
        assert head.post(f"/dieu-hanh/giup-nhau/{call_id}/ghi", **form).status_code == 303
    row = db.session.scalars(select(Pledge)).one()
    assert row.written_by_id == head.account_id
    assert head.post(f"/dieu-hanh/giup-nhau/{call_id}/thoi/{row.id}").status_code == 303


def test_nobody_outside_the_unit_sees_or_does_anything(app, a_call, an_organisation, an_officer):
    call_id = a_call()
    pledge_id = promise(call_id)
    elsewhere: Desk = an_officer(an_organisation("Hội xã khác"), "head")
    treasurer = an_officer(db.session.get_one(HelpCall, call_id).organisation_id, "treasurer")
    need_id = db.session.scalars(select(HelpNeed.id)).one()
    here = f"/dieu-hanh/giup-nhau/{call_id}"
    for desk in (elsewhere, treasurer):
        assert "Cấy sáu sào" not in desk.get("/dieu-hanh/giup-nhau").text
        assert desk.get(here).status_code == 404
        assert desk.get(f"{here}/sua").status_code == 404
        for way in ("sua", "can", f"can/{need_id}", "mo", "huy", "cam-on", "ghi",
                    f"nguoi/{pledge_id}/came", f"thoi/{pledge_id}"):  # fmt: skip
            assert desk.post(f"{here}/{way}").status_code == 404, way


def test_a_call_asks_the_database_as_often_for_many_as_for_few(app, a_call, head, count_queries):
    call_id = a_call(wanted=60, organisation_id=db.session.scalars(select(Organisation.id)).one())
    visitor = app.test_client()
    ways = [
        (visitor, f"/giup-nhau/{call().code}"),
        (visitor, "/giup-nhau"),
        (head, f"/dieu-hanh/giup-nhau/{call_id}"),
    ]

    def counts() -> list[int]:
        found = []
        for browser, way in ways:
            with count_queries() as seen:
                assert browser.get(way).status_code == 200
            found.append(len(seen))
        return found

    promise(call_id)
    counts()  # What is looked up once per process.
    promise(call_id, attempt="one more")  # Lists are kept until something changes.
    few = counts()
    for n in range(30):
        promise(call_id, attempt=f"m{n}")
    assert counts() == few
    assert max(few[:2]) <= 5


def test_both_languages_stand_on_every_page(app, a_call, head):
    call_id = a_call(organisation_id=db.session.scalars(select(Organisation.id)).one())
    visitor = app.test_client()
    page = visitor.get(f"/en/giup-nhau/{call().code}").text
    assert "Transplanting six sào of rice" in page
    assert "10\u00a0people" in page
    assert "Who has promised" in head.get(f"/en/dieu-hanh/giup-nhau/{call_id}").text
    assert 'lang="vi"' in page, "What has no English twin says that it is Vietnamese."


def test_neighbours_behind_one_address_do_not_take_each_others_turns(app, client, a_call):
    one, limits = a_call(wanted=99), app.extensions["limits"]
    address, need = f"/giup-nhau/{call().code}", str(needs_of(db.session(), one)[0].id)
    for _ in range(20):
        limits.hit("20 per hour", "pledge", "127.0.0.1")
    answers = [client.post(address, data=promised(need=need)).status_code for _ in range(7)]
    assert answers == [303] * 6 + [429]
    other = promised(need=need, phone="0905 000 779")
    assert client.post(address, data=other).status_code == 303
    for _ in range(200):
        limits.hit("200 per hour", "pledge-more", "127.0.0.1")
    assert client.post(address, data=promised(need=need, phone="0905 000 780")).status_code == 429
