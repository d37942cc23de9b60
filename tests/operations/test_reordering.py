"""Reorganising the tree at the desk and by command: who may, what is shown, what is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from shop.db import db
from shop.organisations.models import Organisation, Reordering
from tests.operations.conftest import Desk

AT = "/dieu-hanh/to-chuc"


@pytest.fixture
def city(an_organisation: Callable[..., int]) -> dict[str, int]:
    top = an_organisation("Hội thành phố", kind="province")
    north, south = an_organisation("Xã Bắc", top), an_organisation("Xã Nam", top)
    branch = an_organisation("Chi hội A", north, "branch")
    return {"top": top, "north": north, "south": south, "branch": branch}


def newest(table: Any = Reordering) -> int:
    db.session.rollback()
    return db.session.scalars(select(table.id).order_by(table.id.desc())).first() or 0


def test_two_communes_are_merged_by_two_officers_of_the_city(
    city: dict[str, int], an_officer: Callable[..., Desk], a_seller: Callable[..., int]
) -> None:
    head, deputy = an_officer(city["top"], "head"), an_officer(city["top"], "deputy")
    an_officer(city["south"], "treasurer")
    a_seller(organisation_id=city["south"])
    form = head.get(f"{AT}/{city['north']}/gop").text
    assert "Xã Nam" in form
    wrong = head.post(f"{AT}/{city['north']}/gop", into="")
    assert wrong.status_code == 422
    assert "Chị chọn ít nhất một tổ chức" in wrong.text
    assert newest() == 0
    sent = {"others": str(city["south"]), "into": "", "name_vi": "Xã Bắc Nam", "carry": "y"}
    made = head.post(f"{AT}/{city['north']}/gop", **sent, decision="12/QĐ ngày 1/7/2026")
    assert made.status_code == 303
    at = f"{AT}/sap-xep/{newest()}"
    page = deputy.get(at).text
    for words in ("Gộp Xã Bắc, Xã Nam thành Xã Bắc Nam", "Chi hội A: từ Xã Bắc sang Xã Bắc Nam",
                  "1 gian hàng", "Thủ quỹ", "12/QĐ ngày 1/7/2026"):  # fmt: skip
        assert words in page
    assert "đồng ý đổi từ hôm nay" not in head.get(at).text
    assert head.post(f"{at}/dong-y").status_code == 409
    assert "1 đề nghị đang chờ" in deputy.get(AT).text
    assert deputy.post(f"{at}/dong-y").status_code == 303
    assert "Xã Bắc Nam" in deputy.get(AT).text
    assert "Đã đổi" in head.get(at).text
    before = head.get(f"{AT}?ngay=2026-11-01").text
    assert "Xã Bắc Nam" not in before
    assert "Như vào ngày" in before
    assert "Nay thuộc" in head.get(f"{AT}/{city['north']}").text
    assert "Xã Bắc" in head.get(f"{AT}/{city['branch']}").text.split("Trước đây")[1]


def test_who_leads_only_one_of_them_reorders_nothing(
    city: dict[str, int], an_officer: Callable[..., Desk]
) -> None:
    of_north, of_city = an_officer(city["north"], "head"), an_officer(city["top"], "officer")
    for desk, ways in ((of_north, ("chuyen", "tach")), (of_city, ("chuyen", "gop", "tach"))):
        for way in ways:
            fields = {"parent": str(city["top"]), "names": "Một\nHai", "keeps": "0"}
            answer = desk.post(f"{AT}/{city['north']}/{way}", **fields)
            assert answer.status_code in (404, 422), way
    merge = {"others": str(city["south"]), "into": "", "name_vi": "X"}
    assert of_north.post(f"{AT}/{city['north']}/gop", **merge).status_code == 422
    assert newest() == 0


def test_a_unit_is_split_and_moved_on_the_page(
    city: dict[str, int], operator: Desk, an_officer: Callable[..., Desk]
) -> None:
    deputy = an_officer(city["top"], "deputy")
    at = f"{AT}/{city['north']}/tach"
    below = {f"child_{city['branch']}": "1"}
    assert "Chi hội A vào phần nào" in operator.get(at).text
    few = operator.post(at, keeps="0", names="Một", **below)
    assert few.status_code == 422
    assert operator.post(at, keeps="1", names="Xã Con", **below).status_code == 303
    assert "Chi hội A: từ Xã Bắc sang Xã Con" in deputy.get(f"{AT}/sap-xep/{newest()}").text
    assert deputy.post(f"{AT}/sap-xep/{newest()}/dong-y").status_code == 303
    child = newest(Organisation)
    assert db.session.get_one(Organisation, city["branch"]).parent_id == child
    same = operator.post(f"{AT}/{city['branch']}/chuyen", parent=str(child))
    assert same.status_code == 409
    assert (
        operator.post(f"{AT}/{city['branch']}/chuyen", parent=str(city["south"])).status_code == 303
    )
    assert "Chuyển Chi hội A về Xã Nam" in operator.get(f"{AT}/sap-xep").text


def test_units_are_reordered_by_command_and_put_back(
    run: Callable[..., Any], city: dict[str, int], operator: Desk, an_account: Callable[..., int],
) -> None:  # fmt: skip
    an_account("Hoà", phone="+84905000777", operator=True)
    an_account("Lan", phone="+84905000778")
    slug = dict(db.session.execute(select(Organisation.id, Organisation.slug)).all())
    slug = {name: slug[unit] for name, unit in city.items()}
    one, two = ("--by", "0905000999"), ("--by", "0905000777")
    move = ("organisation", "move", slug["branch"], "--under", slug["south"])
    assert "không có quyền" in run(*move, "--by", "0905000778", fails=True)
    assert "Đã đề nghị" in run(*move, *one)
    assert "không tự đồng ý" in run("organisation", "confirm", str(newest()), *one, fails=True)
    assert "Đã thôi" in run("organisation", "drop", str(newest()), *one)
    run(
        "organisation",
        "split",
        slug["north"],
        "--part",
        f"Xã Con: {slug['branch']}",
        "--keeps",
        *one,
    )
    assert "Đã sắp xếp lại" in run("organisation", "confirm", str(newest()), *two)
    assert "trước đó rồi" in run("organisation", "confirm", str(newest()), *two)
    listed = run("organisation", "list")
    assert listed.index("Xã Con") < listed.index("Chi hội A")
    assert "Xã Con" not in run("organisation", "list", "--on", "2026-01-01")
    entry = run("audit", "--kind", "organisation").splitlines()[0].split()[0]
    run("undo", entry)
    assert db.session.get_one(Organisation, city["branch"]).parent_id == city["north"]
    run("organisation", "merge", slug["south"], "--into", slug["north"], *one)
    assert "Đã sắp xếp lại" in run("organisation", "confirm", str(newest()), *two)
    assert db.session.get_one(Organisation, city["south"]).valid_to is not None
