"""The report of a quarter: counted by the structure of its day, edited freely, kept apart."""

import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import python_calamine
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import select

from shop.audit.models import AuditEntry
from shop.db import db, transaction
from shop.kernel.clock import VIETNAM
from shop.operations.undo import undo
from shop.organisations.members import Person, add_member, leave
from shop.organisations.reordering import do_reordering, propose_reordering
from shop.organising.quarters import Quarter, report_of
from shop.sellers.units import follow_units
from tests.conftest import NOON
from tests.old_forms import sent_late
from tests.operations.conftest import Desk

BY: dict[str, Any] = {"actor_id": None, "actor_name": "Hảo"}
TODAY = NOON.astimezone(VIETNAM).date()


@pytest.mark.parametrize(
    ("day", "quarter", "first", "last"),
    [
        (date(2026, 1, 1), (2026, 1), date(2026, 1, 1), date(2026, 3, 31)),
        (date(2026, 6, 30), (2026, 2), date(2026, 4, 1), date(2026, 6, 30)),
        (date(2026, 12, 31), (2026, 4), date(2026, 10, 1), date(2026, 12, 31)),
    ],
)
def test_a_quarter_knows_its_days(day: date, quarter: Any, first: date, last: date) -> None:
    found = Quarter.of(day)
    assert (found.year, found.number) == quarter
    assert (found.first, found.last) == (first, last)
    assert found.next.before == found


@pytest.fixture
def city(an_organisation: Callable[..., int]) -> dict[str, int]:
    top = an_organisation("Hội thành phố", kind="province")
    north, south = an_organisation("Xã Bắc", top), an_organisation("Xã Nam", top)
    return {"top": top, "north": north, "south": south, "a": an_organisation("Chi hội A", north, "branch")}  # fmt: skip


def said(unit: int, quarter: Quarter, by: date | None = None) -> dict[str, str]:
    db.session.rollback()
    return {line.key: line.said for line in report_of(db.session(), unit, quarter, TODAY, by)}


def test_numbers_go_by_the_structure_of_their_day(
    app: Flask, city: dict[str, int], an_account: Callable[..., int], a_seller: Callable[..., int]
) -> None:
    one, two = an_account("Một"), an_account("Hai")
    a_seller(organisation_id=city["south"])
    with transaction() as session:
        for unit, name, joined in (
            (city["a"], "Sen", date(2026, 2, 1)), (city["south"], "Lý", date(2026, 10, 5)),
            (city["south"], "Mai", date(2020, 1, 1)),
        ):  # fmt: skip
            row = add_member(
                session, organisation_id=unit, person=Person(name, joined_on=joined), now=NOON, **BY
            )
        leave(session, member_id=row.id, now=NOON, **BY)
    third, fourth = Quarter(2026, 3), Quarter(2026, 4)
    assert said(city["north"], third)["members"] == "1"
    south = said(city["south"], fourth)
    assert (south["members"], south["joined"], south["left"]) == ("1", "1", "1")
    assert south["sellers"] == "1"
    assert said(city["top"], fourth)["branches"] == "1"
    plan = {"unit_ids": [city["south"]], "into_id": city["north"], "name_vi": "", "name_en": "",
            "carry": True}  # fmt: skip
    later = NOON + timedelta(days=1)
    with transaction() as session:
        made = propose_reordering(
            session, kind="merge", plan=plan, proposer_id=one, now=later, **BY
        ).id
    with transaction() as session:
        do_reordering(
            session, reordering_id=made, confirmer_id=two, follow=follow_units, now=later, **BY
        )
    assert said(city["south"], fourth) == south, "an earlier day goes by its own structure"
    assert said(city["north"], third)["members"] == "1"
    db.session.rollback()
    merged = report_of(db.session(), city["north"], fourth, TODAY + timedelta(days=2))
    numbers = {line.key: line.said for line in merged}
    assert (numbers["members"], numbers["sellers"]) == ("2", "1")


def test_an_officer_edits_what_the_shop_counted_and_takes_it_along(
    city: dict[str, int], an_officer: Callable[..., Desk], an_account: Callable[..., int]
) -> None:
    head, other = an_officer(city["north"], "head"), an_officer(city["south"], "head")
    now = Quarter.of(datetime.now(VIETNAM).date())
    at = f"/dieu-hanh/to-chuc/{city['north']}/bao-cao-quy"
    one = f"{at}/{now.year}-{now.number}"
    assert head.get(at).headers["Location"].endswith(f"/{now.year}-{now.number}")
    assert "Kết nạp mới" in head.get(one).text
    sent = {
        "members": "0", "good_branches": "3", "loans_vnd": "6.400.000", "jobs": "=1+1",
        "other": "Tập huấn bán hàng.",
    }  # fmt: skip
    # What she saw and left alone is counted again, however much it has become since.
    seen = {"members": "7", "members-dem": "7"}
    assert head.post(f"{one}?ngay=2026-11-01", **seen).status_code == 303
    assert 'id="members" name="members" value="7"' not in head.get(one).text
    assert head.post(one, **sent).status_code == 303
    page = head.get(one).text
    assert "Tập huấn bán hàng." in page
    assert "Tập huấn bán hàng." in head.get(f"{one}/in").text
    rows = python_calamine.load_workbook(io.BytesIO(head.get(f"{one}.xlsx").data))
    cells = {row[0]: row[1] for row in rows.get_sheet_by_index(0).to_python()}
    assert (cells["Chi hội hoạt động tốt"], cells["Vốn vay uỷ thác, đồng"]) == (3, 6_400_000)
    assert cells["Giới thiệu việc làm, người"] == "'=1+1"
    paper = head.get(f"{one}.pdf")
    assert (paper.mimetype, paper.data[:5]) == ("application/pdf", b"%PDF-")
    said = "".join(page.extract_text() for page in PdfReader(io.BytesIO(paper.data)).pages)
    assert "Tập huấn bán hàng." in said
    assert "6.400.000" in said
    assert "6,400,000" in head.get(f"/en{one}/in").text, "as English groups them"
    english = PdfReader(io.BytesIO(head.get(f"/en{one}.pdf").data))
    assert "6,400,000" in "".join(page.extract_text() for page in english.pages)
    assert "Chi hội hoạt động tốt" in said
    for way in (one, f"{one}/in", f"{one}.xlsx", f"{one}.pdf"):
        assert other.get(way).status_code == 404
    assert other.post(one, **sent).status_code == 404
    assert head.get(f"{at}/{now.next.year}-{now.next.number}").status_code == 404
    assert head.get(f"{at}/2026-7").status_code == 404
    entry = db.session.scalars(
        select(AuditEntry.id)
        .where(AuditEntry.action == "quarter_report.written")
        .order_by(AuditEntry.id.desc())
        .limit(1)
    ).one()
    with transaction() as session:
        undo(session, entry_id=entry, now=NOON, **BY)
    assert "Tập huấn bán hàng." not in head.get(one).text


def test_a_report_that_was_open_too_long_comes_back_as_it_was_written(
    city: dict[str, int], an_officer: Callable[..., Desk]
) -> None:
    head, now = an_officer(city["north"], "head"), Quarter.of(datetime.now(VIETNAM).date())
    at = f"/dieu-hanh/to-chuc/{city['north']}/bao-cao-quy/{now.year}-{now.number}"
    page = sent_late(head.browser, at, members="8", other="Tập huấn\r\nbán hàng.", jobs="")
    assert 'id="members" name="members" value="8"' in page
    assert "Tập huấn\nbán hàng.</textarea>" in page.replace("\r", "")
    assert "Tập huấn" not in head.get(at).text
