"""Groups of units for members and for all; announcements to those below, and how many read them."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from shop.audit.models import AuditEntry
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.notifications.help_letters import of_announcement
from shop.operations.undo import undo
from shop.organisations.actions import appoint
from shop.organisations.models import Organisation
from shop.organisations.telling.models import Announcement, ChatGroup
from shop.organisations.telling.rules import NotAGroupLink, group_link
from shop.sharing.queries import card
from tests.conftest import NOON
from tests.operations.conftest import Desk


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("zalo", "zalo.me/g/abc123", "https://zalo.me/g/abc123"),
        ("zalo", "https://zalo.me/g/abc?utm=1#x", "https://zalo.me/g/abc"),
        ("facebook", "http://www.facebook.com/groups/12/", "https://www.facebook.com/groups/12/"),
    ],
)
def test_a_link_is_kept_without_what_tracks_people(kind: str, typed: str, kept: str) -> None:
    assert group_link(kind, typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["", "https://zalo.me", "https://evil.example/zalo.me/g/1", "javascript:alert(1)",
     "https://zalo.me.evil.example/g/1", "https://u@zalo.me/g/1", "https://zalo.me:8443/g/1",
     "https://facebook.com/groups/1", 'https://zalo.me/g/"><script>', "x" * 400],
)  # fmt: skip
def test_a_link_that_leads_elsewhere_is_refused(typed: str) -> None:
    with pytest.raises(NotAGroupLink):
        group_link("zalo", typed)


@pytest.fixture
def city(an_organisation: Callable[..., int]) -> dict[str, int]:
    top = an_organisation("Hội thành phố", kind="province")
    north, south = an_organisation("Xã Bắc", top), an_organisation("Xã Nam", top)
    return {"top": top, "north": north, "south": south, "a": an_organisation("Chi hội A", north, "branch")}  # fmt: skip


def test_groups_are_listed_for_members_or_for_all(
    city: dict[str, int], an_officer: Callable[..., Desk], client: FlaskClient
) -> None:
    head, other = an_officer(city["north"], "organiser"), an_officer(city["south"], "head")
    at = f"/dieu-hanh/to-chuc/{city['a']}/nhom"
    sent = {"kind": "zalo", "name": "Chị em thôn A", "link": "zalo.me/g/abc", "size": "40"}
    assert head.post(at, **{**sent, "link": "https://evil.example/"}).status_code == 422
    assert other.post(at, **sent).status_code == 404
    assert other.get(at).status_code == 404
    assert head.post(at, **sent, for_whom="members").status_code == 303
    assert head.post(at, **{**sent, "name": "Chợ thôn A"}, for_whom="public").status_code == 303
    hidden, shown = db.session.scalars(select(ChatGroup.id).order_by(ChatGroup.id)).all()
    page = client.get("/nhom-hoi").text
    assert "Chợ thôn A" in page
    assert "Chị em thôn A" not in page
    assert client.get(f"/nhom-hoi/{shown}.svg").status_code == 200
    assert client.get(f"/nhom-hoi/{hidden}.svg").status_code == 404
    assert "Chị em thôn A" in head.get(f"/dieu-hanh/to-chuc/{city['north']}/nhom").text
    keeper = an_officer(city["north"], "head")
    assert keeper.post(f"/dieu-hanh/to-chuc/{city['a']}/an").status_code == 303
    assert "Chợ thôn A" not in client.get("/nhom-hoi").text
    assert client.get(f"/nhom-hoi/{shown}.svg").status_code == 404
    assert keeper.post(f"/dieu-hanh/to-chuc/{city['a']}/an").status_code == 409
    assert head.post(f"/dieu-hanh/to-chuc/{city['a']}/hien").status_code == 404, "no organiser's"
    assert keeper.post(f"/dieu-hanh/to-chuc/{city['a']}/hien").status_code == 303
    one = f"/dieu-hanh/to-chuc/nhom/{shown}"
    assert other.post(f"{one}/bo").status_code == 404
    head.post(one, **{f"g{shown}-size": "55"})
    db.session.rollback()
    assert db.session.get_one(ChatGroup, shown).size == 55
    head.post(f"{one}/bo")
    assert "Chợ thôn A" not in client.get("/nhom-hoi").text
    entry = db.session.scalars(
        select(AuditEntry.id).where(AuditEntry.action == "chat_group.struck")
    ).one()
    with transaction() as session:
        undo(session, entry_id=entry, actor_id=None, actor_name="H", now=now_utc())
    assert "Chợ thôn A" in client.get("/nhom-hoi").text


def test_a_unit_tells_those_below_it_and_hears_how_many_read(
    app: Flask, city: dict[str, int], an_officer: Callable[..., Desk], client: FlaskClient,
    an_account: Callable[..., int], sign_in: Callable[..., FlaskClient],
) -> None:  # fmt: skip
    head = an_officer(city["north"], "head")
    inside, outside = an_account("Sen", email="sen@example.net"), an_account("Lý", email="ly@example.net")  # fmt: skip
    for person, unit in ((inside, city["a"]), (outside, city["south"])):
        with transaction() as session:
            appoint(
                session, organisation_id=unit, account_id=person, role="member",
                starts_on=NOON.date(), actor_id=None, actor_name="", now=NOON,
            )  # fmt: skip
    at = f"/dieu-hanh/to-chuc/{city['north']}/thong-bao"
    assert an_officer(city["a"], "head").get(at).status_code == 404
    assert head.post(at, title="", text="x").status_code == 422
    told = {"title": "Họp chi hội", "text": "Bảy giờ tối thứ Bảy.\nỞ nhà văn hoá.", "is_open": "y"}
    assert head.post(at, **told).status_code == 303
    row = db.session.scalars(select(Announcement)).one()
    number, code = row.id, row.code
    letters = of_announcement(db.session(), number, now_utc())
    assert "sen@example.net" in {letter.to for letter in letters}
    assert "ly@example.net" not in {letter.to for letter in letters}
    assert "Họp chi hội" in letters[0].subject
    reader = sign_in(inside, "buyer")
    for _twice in range(2):
        assert "Ở nhà văn hoá." in reader.get("/tai-khoan/thong-bao").text
    assert "Họp" not in sign_in(outside, "buyer").get("/tai-khoan/thong-bao").text
    assert "1 người đã đọc" in head.get(at).text
    assert "Bảy giờ tối" in client.get(f"/thong-bao/{code}").text
    with app.test_request_context():
        drawn = card(db.session(), "thong-bao", code, now_utc())
    assert drawn is not None
    assert drawn.title == "Họp chi hội"
    assert client.get(f"/chia-se/thong-bao/{code}").status_code == 200
    back = f"/dieu-hanh/to-chuc/thong-bao/{number}/thu-hoi"
    assert an_officer(city["south"], "head").post(back).status_code == 404
    assert head.post(back).status_code == 303
    assert head.post(back).status_code == 409
    assert client.get(f"/thong-bao/{code}").status_code == 404
    assert "Họp" not in reader.get("/tai-khoan/thong-bao").text
    assert of_announcement(db.session(), number, now_utc()) == []


def test_what_is_not_for_all_has_no_page_and_no_picture(
    app: Flask, city: dict[str, int], run: Callable[..., Any], client: FlaskClient
) -> None:
    slug = db.session.get_one(Organisation, city["a"]).slug
    said = run("organisation", "announce", slug, "--title", "Riêng", "--text", "x", "--closed")
    assert "Đã gửi" in said
    row = db.session.scalars(select(Announcement)).one()
    number, code = row.id, row.code
    assert client.get(f"/thong-bao/{code}").status_code == 404
    assert client.get(f"/chia-se/thong-bao/{code}").status_code == 404
    assert "thu hồi" in run("organisation", "announcement-back", str(number))
    assert run("organisation", "announcement-back", str(number), fails=True)
    link = ("--kind", "zalo", "--name", "Nhóm", "--link", "zalo.me/g/1")
    made = run("organisation", "group-add", slug, *link).split()[-1].rstrip(".")
    assert "Nhóm" in run("organisation", "groups", slug)
    assert made in run("organisation", "group-resize", made, "7")
    assert made in run("organisation", "group-strike", made)
    assert "Nhóm" not in run("organisation", "groups", slug)
