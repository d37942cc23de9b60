"""The register at the desk and by command: joining, lists, moving, leaving, and who sees nothing."""

import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import python_calamine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from shop.audit.models import AuditEntry
from shop.db import db, transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.media.sheets import tables_in
from shop.operations.undo import undo
from shop.organisations.members import Person, add_member, leave, move_member
from shop.organisations.models import Member, Organisation, PastMemberUnit, Reordering
from shop.organisations.register import count_on, phone_of
from shop.organisations.reordering import do_reordering, propose_reordering
from shop.sellers.units import follow_units
from shop.web.shown import shown_now
from shop.web.tables import xlsx_file
from tests.engines import both_engines
from tests.operations.conftest import Desk

BY: dict[str, Any] = {"actor_id": None, "actor_name": "Hảo"}
HEADS = ["Họ và tên", "Điện thoại", "Năm sinh", "Ngày vào Hội", "Tổ chức"]


@pytest.fixture
def city(an_organisation: Callable[..., int]) -> dict[str, int]:
    top = an_organisation("Hội thành phố", kind="province")
    north, south = an_organisation("Xã Bắc", top), an_organisation("Xã Nam", top)
    return {
        "top": top, "north": north, "south": south,
        "a": an_organisation("Chi hội A", north, "branch"),
    }  # fmt: skip


def enter(unit: int, name: str = "Nguyễn Thị Sen", **more: Any) -> int:
    with transaction() as session:
        return add_member(
            session, organisation_id=unit, person=Person(name, **more), now=now_utc(), **BY
        ).id


def count() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Member)) or 0


def last(action: str) -> int:
    db.session.rollback()
    found = db.session.scalars(
        select(AuditEntry.id).where(AuditEntry.action == action).order_by(AuditEntry.id.desc())
    ).first()
    return found or 0


def take_back(action: str) -> None:
    entry = last(action)
    with transaction() as session:
        undo(session, entry_id=entry, now=now_utc(), **BY)


def a_book(*rows: list[object]) -> bytes:
    return xlsx_file(HEADS, rows).read()


def test_the_register_shows_who_is_below_and_nobody_else_sees_them(
    city: dict[str, int],
    an_officer: Callable[..., Desk],
) -> None:
    number = enter(city["a"], phone="+84905000118", born_in=1970)
    enter(city["south"], "Trần Thị Lý")
    head, other = an_officer(city["north"], "head"), an_officer(city["south"], "head")
    at = f"/dieu-hanh/to-chuc/{city['north']}/hoi-vien"
    page = head.get(at).text
    assert "Nguyễn Thị Sen" in page
    assert "Trần Thị Lý" not in page
    assert "Nguyễn Thị Sen" in head.get(f"{at}?tim=0905+000+118").text
    for typed in ("sen", "thi+se", "SEN+nguyễn"):
        assert "Nguyễn Thị Sen" in head.get(f"{at}?tim={typed}").text, typed
    for typed in ("en", "sen+ly", "ly", "sen+x"):
        assert "Nguyễn Thị Sen" not in head.get(f"{at}?tim={typed}").text, typed
    assert "Nguyễn Thị Sen" not in head.get(f"{at}?tim=0905000119").text
    one = f"/dieu-hanh/to-chuc/hoi-vien/{number}"
    assert "0905 000 118" in head.get(one).text
    for role in ("treasurer", "organiser", "trainer", "member"):
        assert an_officer(city["north"], role).get(at).status_code == 404, role
    helper = an_officer(city["north"], "helper")
    assert "0905 000 118" in helper.get(one).text
    assert "Sửa</h2>" not in helper.get(one).text
    assert helper.get(f"{at}.xlsx").status_code == 404, "she takes no list along"
    for way in (at, one, f"{at}.xlsx", f"{at}/moi"):
        assert other.get(way).status_code == 404, way
    for way in (one, f"{one}/roi", f"{one}/chuyen", f"{one}/quen", f"{at}/ma", f"{at}/moi"):
        assert other.post(way, name="X", unit=str(city["south"])).status_code == 404, way
    assert db.session.get_one(Member, number).state == "member"


def test_pages_of_many_members_ask_no_more_than_of_few(
    city: dict[str, int], an_officer: Callable[..., Desk], count_queries: Callable[[], Any]
) -> None:
    head = an_officer(city["top"], "head")
    at = f"/dieu-hanh/to-chuc/{city['top']}"
    ways = (f"{at}/hoi-vien", f"{at}/hoi-vien?tim=sen", f"{at}/bao-cao-quy/2026-3")
    enter(city["a"])

    def asked() -> list[int]:
        counts = []
        for way in ways:
            head.get(way)
            db.session.rollback()
            with count_queries() as questions:
                head.get(way)
            counts.append(len(questions))
        return counts

    few, now = asked(), now_utc()
    with transaction() as session:
        for number in range(60):
            add_member(
                session, organisation_id=city["south" if number % 2 else "a"], now=now,
                person=Person(f"Trần Thị Sen {number}"), **BY,
            )  # fmt: skip
    assert asked() == few


def test_a_member_is_added_changed_moved_leaves_and_is_forgotten(
    city: dict[str, int],
    an_officer: Callable[..., Desk],
) -> None:
    head = an_officer(city["top"], "head")
    at = f"/dieu-hanh/to-chuc/{city['a']}/hoi-vien"
    assert head.post(f"{at}/moi", name="").status_code == 422
    assert head.post(f"{at}/moi", name="Lê Thị Sen", joined="1/7/2020").status_code == 303
    row = db.session.scalars(select(Member)).one()
    number, joined = row.id, row.joined_on
    one = f"/dieu-hanh/to-chuc/hoi-vien/{number}"
    sent = {"name": "Lê Thị Sen", "phone": "0905 000 119", "born": "1980"}
    assert head.post(one, **sent).status_code == 303
    db.session.rollback()
    row = db.session.get_one(Member, number)
    assert (phone_of(row), row.born_in, row.joined_on) == ("+84905000119", 1980, joined)
    assert head.post(f"{one}/chuyen", unit=str(city["south"])).status_code == 303
    today = vietnam_date(now_utc())
    session = db.session()
    assert count_on(session, {city["a"]}, today - timedelta(days=1)) == 1
    assert count_on(session, {city["a"]}, today) == 0
    assert count_on(session, {city["south"]}, today) == 1
    assert head.post(f"{one}/quen").status_code == 409, "she has not left"
    assert head.post(f"{one}/roi").status_code == 303
    assert head.post(f"{one}/roi").status_code == 409
    take_back("member.left")
    assert db.session.get_one(Member, number).state == "member"
    head.post(f"{one}/roi")
    assert head.post(f"{one}/quen").status_code == 303
    db.session.rollback()
    row = db.session.get_one(Member, number)
    assert (row.name, row.contact, row.phone_index, row.born_in) == ("", b"", None, None)
    assert head.post(f"{one}/nhan").status_code == 409, "nobody comes back without a name"
    facts = db.session.scalars(select(AuditEntry.facts)).all()
    assert "Sen" not in str(facts)
    assert "119" not in str(facts)


def test_somebody_asks_to_join_by_link_and_an_officer_lets_her_in(
    app: Flask,
    city: dict[str, int],
    an_officer: Callable[..., Desk],
    client: FlaskClient,
) -> None:
    head = an_officer(city["north"], "head")
    at = f"/dieu-hanh/to-chuc/{city['a']}/hoi-vien"
    head.post(f"{at}/ma")
    code = re.search(r"/tham-gia/([0-9A-Z]+)", head.get(at).text)[1]
    assert client.post("/tham-gia", data={"code": "NOTACODE"}).status_code == 422
    led = client.post("/tham-gia", data={"code": code.lower()})
    assert led.headers["Location"].endswith(f"/tham-gia/{code}")
    assert "Chi hội A" in client.get(f"/tham-gia/{code}").text
    assert client.post(f"/tham-gia/{code}", data={"name": ""}).status_code == 422
    with app.test_request_context():
        shown = shown_now(now_utc() - timedelta(minutes=1))
    sent = {"name": "Lê Thị Mới", "phone": "0905000121", "shown": shown}
    for _twice in range(2):
        assert client.post(f"/tham-gia/{code}", data=sent).status_code == 303
    assert client.post(f"/tham-gia/{code}", data={**sent, "website": "x"}).status_code == 422
    assert count() == 1
    assert "Lê Thị Mới" not in head.get(at).text
    assert "Lê Thị Mới" in head.get(f"{at}?xem=cho").text
    number = db.session.scalars(select(Member.id)).one()
    assert head.post(f"/dieu-hanh/to-chuc/hoi-vien/{number}/nhan").status_code == 303
    assert "Lê Thị Mới" in head.get(at).text
    head.post(f"{at}/ma")
    assert client.get(f"/tham-gia/{code}").status_code == 404, "a new word ends the old"


def test_a_list_is_stored_as_a_whole_or_not_at_all(
    city: dict[str, int],
    an_officer: Callable[..., Desk],
    an_account: Callable[..., int],
) -> None:
    head = an_officer(city["north"], "head")
    at = f"/dieu-hanh/to-chuc/{city['north']}/nhap/hoi-vien"

    def send(*rows: list[object]) -> str:
        answer = head.post(at, tep=(io.BytesIO(a_book(*rows)), "hv.xlsx"))
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    good = [["Lê Thị Sen", "0905000118", "1970", "1/7/1995", "Chi hội A"], ["=1+1", "", "", "", ""]]
    way = send(*good, ["Hỏng", "12", "", "", "Xã Nam"])
    page = head.get(way).text
    assert "Còn 2 chỗ sai" in page
    assert "Dòng 4" in page
    assert head.post(way).status_code == 409
    assert count() == 0
    way = send(*good)
    assert "2 dòng sẽ được nhập" in head.get(way).text
    assert count() == 0
    assert head.post(way).status_code == 303
    assert count() == 2
    assert head.post(way).status_code == 409
    assert "2 người đã có trong sổ" in head.get(send(*good)).text
    file = head.get(f"/dieu-hanh/to-chuc/{city['north']}/hoi-vien.xlsx")
    rows = python_calamine.load_workbook(io.BytesIO(file.data)).get_sheet_by_index(0).to_python()
    assert rows[0] == HEADS
    assert {row[0] for row in rows[1:]} == {"Lê Thị Sen", "'=1+1"}, "formulas are defused"
    assert all(isinstance(row[3], date) for row in rows[1:]), "days are days to a spreadsheet"
    db.session.rollback()
    kept = db.session.scalars(select(Member.joined_on)).all()
    db.session.rollback()
    [read] = tables_in(file.data)
    assert {row[3] for row in read[1:]} == {f"{day:%d/%m/%Y}" for day in kept}, "and read back so"
    other = an_officer(city["south"], "head")
    assert other.get(way).status_code == 404
    assert other.post(way).status_code == 404
    take_back("sheet.members_stored")
    assert count() == 0
    assert head.post(at).status_code == 422


def test_the_tree_comes_from_a_list_and_goes_into_one(
    city: dict[str, int],
    an_officer: Callable[..., Desk],
) -> None:
    head = an_officer(city["top"], "head")
    at = f"/dieu-hanh/to-chuc/{city['top']}"
    rows = [["Xã Đông", "Xã", "", "", "1/8/2025"], ["Chi hội Đ", "Chi hội", "Xã Đông", "", ""]]
    book = xlsx_file(["Tên", "Loại", "Thuộc", "Tên tiếng Anh", "Từ ngày"], rows).read()
    way = head.post(f"{at}/nhap/to-chuc", tep=(io.BytesIO(book), "t.xlsx")).headers["Location"]
    assert head.post(way).status_code == 303
    made = dict(db.session.execute(select(Organisation.name_vi, Organisation.parent_id)).all())
    assert made["Xã Đông"] == city["top"]
    file = head.get(f"{at}/cay.xlsx")
    said = python_calamine.load_workbook(io.BytesIO(file.data)).get_sheet_by_index(0).to_python()
    assert ["Chi hội Đ", "Chi hội", "Xã Đông"] in [row[:3] for row in said]
    again = head.post(f"{at}/nhap/to-chuc", tep=(io.BytesIO(file.data), "t.xlsx"))
    assert "Tổ chức “Xã Đông” đã có." in head.get(again.headers["Location"]).text


@both_engines
def test_members_go_along_with_a_merger_and_come_back_with_it(
    app: Flask, city: dict[str, int], an_account: Callable[..., int]
) -> None:
    one, two, now = an_account("Một"), an_account("Hai"), now_utc()
    old = enter(city["south"], joined_on=vietnam_date(now) - timedelta(days=400))
    fresh = enter(city["south"], "Mới hôm nay")
    plan = {"unit_ids": [city["north"], city["south"]], "into_id": None, "name_vi": "Xã Mới",
            "name_en": "", "carry": True}  # fmt: skip
    with transaction() as session:
        number = propose_reordering(
            session, kind="merge", plan=plan, proposer_id=one, now=now, **BY
        ).id
    with transaction() as session:
        do_reordering(
            session, reordering_id=number, confirmer_id=two, follow=follow_units, now=now, **BY
        )
    new = db.session.get_one(Reordering, number).facts["new"][0]
    session, today = db.session(), vietnam_date(now)
    assert {session.get_one(Member, m).organisation_id for m in (old, fresh)} == {new}
    assert count_on(session, {city["south"]}, today - timedelta(days=1)) == 1
    assert (count_on(session, {new}, today), count_on(session, {city["south"]}, today)) == (2, 0)
    take_back("organisation.reordered")
    session = db.session()
    assert session.get_one(Member, old).organisation_id == city["south"]
    assert session.get_one(Member, fresh).organisation_id == city["south"]
    assert not session.scalars(select(PastMemberUnit)).all()
    with transaction() as session:
        move_member(session, member_id=old, organisation_id=city["a"], now=now, **BY)
        leave(session, member_id=old, now=now, **BY)
    take_back("member.left")
    take_back("member.moved")
    assert db.session.get_one(Member, old).organisation_id == city["south"]


def test_the_register_is_kept_by_command_as_by_the_page(
    run: Callable[..., Any],
    city: dict[str, int],
    tmp_path: Path,
    an_account: Callable[..., int],
) -> None:
    slug = dict(db.session.execute(select(Organisation.id, Organisation.slug)).all())
    unit, other, top = slug[city["a"]], slug[city["south"]], slug[city["top"]]
    number = run("member", "add", unit, "--name", "Lê Thị Sen", "--phone", "0905000118").split()[-1]
    number = number.rstrip(".")
    assert "Lê Thị Sen" in run("member", "list", top, "--find", "0905000118")
    for act in (("change", number, "--name", "Lê Sen"), ("move", number, other),
                ("leave", number), ("let-in", number), ("leave", number), ("forget", number)):  # fmt: skip
        assert number in run("member", *act)
    assert run("member", "let-in", number, fails=True).strip()
    assert "Mã tham gia" in run("member", "code", unit)
    file = tmp_path / "hv.xlsx"
    file.write_bytes(a_book(["Trần Thị Lý", "0905000119", "", "", "Chi hội A"]))
    assert "1 dòng sẽ được nhập" in run("member", "import", top, str(file))
    assert "Đã nhập 1" in run("member", "import", top, str(file), "--store")
    file.write_bytes(a_book(["Hỏng", "1", "", "", ""]))
    assert "Dòng 2" in run("member", "import", top, str(file))
    assert run("member", "import", top, str(file), "--store", fails=True).strip()
    file.chmod(0o644)
    assert str(file) in run("member", "export", top, str(file))
    assert file.stat().st_mode & 0o077 == 0, "names and phones"
    tree = tmp_path / "t.xlsx"
    assert run("organisation", "export", top, str(tree)).strip()
    assert "đã có" in run("organisation", "import", str(tree), "--under", top)
    an_account("Lan", phone="+84905000777")
    an_account("Huệ", phone="+84905000778")
    run("organisation", "appoint", unit, "0905000777", "--role", "head", "--yes")
    run("organisation", "hand-over", unit, "0905000777", "0905000778", "--role", "head", "--yes")
    assert run("organisation", "dismiss", unit, "0905000777", "--role", "head", fails=True)


@both_engines
def test_a_long_register_is_walked_to_its_end_and_back_whatever_is_looked_for(
    app: Flask, city: dict[str, int], an_officer: Callable[..., Desk], monkeypatch: Any
) -> None:
    from shop.organisations import register
    from shop.web import lists

    names = [
        f"{family} {given}" for given in ("An", "Bình", "Sen") for family in ("Lê", "Trần Thị")
    ]
    for name in names[::-1]:
        enter(city["a"], name)
    stranger = enter(city["south"], "Lê Thị Chi")
    head = an_officer(city["north"], "head")
    at = f"/dieu-hanh/to-chuc/{city['north']}/hoi-vien"

    def shown(page: str) -> list[str]:
        return re.findall(r'hoi-vien/\d+">([^<]+)</a>', page)

    def walked(step: str, query: str) -> list[list[str]]:
        found, way = [], f"{at}?{query}"
        while way:
            page = head.get(way).text
            found.append(shown(page))
            onward = re.search(rf'rel="{step}" href="([^"]+)"', page)
            way = onward.group(1).replace("&amp;", "&") if onward else ""
        return found

    monkeypatch.setattr("shop.organising.views.members.walk", partial(lists.walk, size=2))
    pages = [names[0:2], names[2:4], names[4:6]]
    assert walked("next", "") == pages
    last_one = db.session.scalar(select(Member.id).where(Member.name == names[-1]))
    db.session.rollback()
    assert walked("prev", f"truoc={last_one}") == [names[3:5], names[1:3], names[0:1]]
    for asked in (f"sau={stranger}", "sau=x", "sau=999999", f"truoc={stranger}"):
        assert shown(head.get(f"{at}?{asked}").text) == pages[0], "A row of no list of hers."
    for many, some in ((10_000, 500), (1, 3), (3, 500)):
        monkeypatch.setattr(register, "_MANY", many)
        monkeypatch.setattr(register, "_SOME", some)
        assert walked("next", "tim=thi+tran") == [[names[1], names[3]], [names[5]]], (many, some)
        assert walked("next", "tim=le") == [[names[0], names[2]], [names[4]]]
        assert walked("next", "tim=le+thi") == [[]]
