"""Papers: written down by the maker, seen by an officer, shown while they hold. And traces."""

import io
import re
from datetime import UTC, date, datetime, timedelta
from itertools import product as square
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import select

from shop.audit.models import AuditEntry
from shop.catalogue.actions import add_paper, check_paper, edit_paper, withdraw_paper
from shop.catalogue.models import Paper, Product
from shop.catalogue.paper_rules import (
    KINDS,
    PaperChanged,
    PaperFields,
    PaperIncomplete,
    complete,
    is_shown,
    runs_out_soon,
)
from shop.catalogue.rules import ALLERGENS, clean_traces
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import NotYours
from shop.kernel.settings import ROOT
from shop.sellers.models import Seller
from tests.conftest import NOON
from tests.engines import both_engines
from tests.listings.test_pages import fresh

TODAY = datetime.now(UTC).date()
WHO: dict[str, Any] = {"actor_id": None, "actor_name": "test"}
FOOD = {"kind": "food_safety", "number": "05/ATTP", "issuer": "Chi cục"}


class Sheet:
    def __init__(self, kind: str, checked: bool, expires_on: date | None) -> None:
        self.kind, self.expires_on = kind, expires_on
        self.checked_at = NOON if checked else None


def lines() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def a_paper(seller_id: int, *, checked: bool = True, **fields: Any) -> int:
    with transaction() as session:
        paper = add_paper(
            session, seller_id=seller_id, now=now_utc(), **WHO,
            fields=PaperFields(**{**FOOD, "expires_on": TODAY + timedelta(days=300), **fields}),
        )  # fmt: skip
        if checked:
            check_paper(session, paper_id=paper.id, version=1, now=now_utc(), **WHO)
        return paper.id


@pytest.mark.parametrize(
    ("kind", "checked", "days"), list(square(KINDS, (True, False), (None, -1, 0, 1)))
)
def test_a_paper_is_shown_while_it_holds_and_somebody_saw_it(kind, checked, days):
    paper = Sheet(kind, checked, None if days is None else TODAY + timedelta(days=days))
    holds = days is None or days >= 0
    assert is_shown(paper, TODAY) == (holds and (checked or kind == "declaration"))


def test_a_maker_is_warned_two_months_before():
    days = {n: Sheet("ocop", True, TODAY + timedelta(days=n)) for n in (-1, 0, 60, 61)}
    papers = [days[61], days[60], Sheet("declaration", True, None), days[0], days[-1]]
    assert runs_out_soon(papers, TODAY) == [days[-1], days[0], days[60]]


def test_each_kind_needs_its_own_and_keeps_nothing_of_another():
    whole = {"number": "1", "product_id": 1, "stars": 4, "name": "Giấy", "expires_on": TODAY}
    kept = complete(PaperFields(kind="food_safety", **whole))
    assert (kept.stars, kept.name) == (None, "")
    for kind, left_out in (
        ("ocop", "product_id"), ("ocop", "stars"), ("ocop", "expires_on"),
        ("declaration", "product_id"), ("food_safety", "expires_on"), ("other", "name"),
    ):  # fmt: skip
        with pytest.raises(PaperIncomplete) as refused:
            complete(
                PaperFields(kind=kind, **{**whole, left_out: None if left_out != "name" else ""})
            )
        assert refused.value.missing == left_out.removesuffix("_id")


@both_engines
def test_pages_show_what_was_checked_and_hide_it_by_themselves(app, client, a_product):
    product = a_product()
    seller, at = product.seller_id, f"/san-pham/{product.slug}"
    maker = f"/nguoi-lam/{db.session.get_one(Seller, seller).slug}"
    ends = TODAY + timedelta(days=40)
    star = a_paper(
        seller, checked=False, kind="ocop", product_id=product.id, stars=4, number="12/QĐ",
        expires_on=ends,
    )  # fmt: skip
    a_paper(seller, number="77/ATTP", expires_on=None, kind="other", name="Giấy khen <b>")
    a_paper(seller, checked=False, kind="declaration", product_id=product.id, number="01/GM",
            expires_on=None)  # fmt: skip
    for page in (client.get(at).text, client.get(maker).text):
        assert "OCOP 4 sao" not in page, "Nobody saw it yet."
        assert "77/ATTP" in page
        assert "Giấy khen &lt;b&gt;" in page
    assert "Số 01/GM, Chi cục cấp. Người bán tự công bố." in client.get(at).text
    assert "01/GM" not in client.get(maker).text, "It is said at the product."
    with transaction() as session:
        check_paper(session, paper_id=star, version=1, now=now_utc(), **WHO)
    for page in (client.get(at).text, client.get(maker).text):
        assert "OCOP 4 sao" in page
        assert "Hội đã xem giấy ngày" in page
    later = datetime.combine(ends + timedelta(days=1), datetime.min.time(), UTC) + timedelta(
        hours=1
    )
    app.extensions["page_cache"].clear()  # It keeps a page for a minute.
    with time_machine.travel(later):
        for page in (client.get(at).text, client.get(maker).text):
            assert "OCOP 4 sao" not in page, "It ran out."
            assert "77/ATTP" in page


@both_engines
def test_what_was_corrected_has_to_be_seen_again(client, a_product):
    product = a_product()
    seller = product.seller_id
    paper = a_paper(seller)
    at = f"/san-pham/{product.slug}"
    assert "05/ATTP" in client.get(at).text
    fields = PaperFields(**FOOD, expires_on=TODAY + timedelta(days=300))
    with transaction() as session:
        assert not edit_paper(
            session, seller_id=seller, paper_id=paper, fields=fields, now=NOON, **WHO
        ), "The same words change nothing."
    assert "05/ATTP" in client.get(at).text
    other = PaperFields(**{**FOOD, "number": "06/ATTP"}, expires_on=TODAY + timedelta(days=300))
    with transaction() as session:
        assert edit_paper(session, seller_id=seller, paper_id=paper, fields=other, now=NOON, **WHO)
    text = client.get(at).text
    assert "05/ATTP" not in text
    assert "06/ATTP" not in text
    with pytest.raises(PaperChanged), transaction() as session:
        check_paper(session, paper_id=paper, version=1, now=NOON, **WHO)
    with transaction() as session:
        assert check_paper(session, paper_id=paper, version=2, now=NOON, **WHO)
    assert "06/ATTP" in client.get(at).text
    with transaction() as session:
        assert withdraw_paper(session, seller_id=seller, paper_id=paper, now=NOON, **WHO)
    assert "06/ATTP" not in client.get(at).text
    with pytest.raises(PaperChanged), transaction() as session:
        check_paper(session, paper_id=paper, version=2, now=NOON, **WHO)
    assert lines()[-4:] == ["paper.checked", "paper.edited", "paper.checked", "paper.withdrawn"]


@both_engines
def test_a_paper_of_anothers_goods_or_stall_is_refused(a_product):
    mine, hers = a_product("Mật"), a_product("Trà")
    paper = a_paper(hers.seller_id)
    declared = PaperFields(kind="declaration", number="1", product_id=hers.id)
    for act in (
        lambda session: add_paper(session, seller_id=mine.seller_id, fields=declared, now=NOON, **WHO),
        lambda session: edit_paper(
            session, seller_id=mine.seller_id, paper_id=paper, fields=declared, now=NOON, **WHO
        ),
        lambda session: withdraw_paper(
            session, seller_id=mine.seller_id, paper_id=paper, now=NOON, **WHO
        ),
    ):  # fmt: skip
        with pytest.raises(NotYours), transaction() as session:
            act(session)
    db.session.rollback()
    assert [(p.seller_id, p.number) for p in db.session.scalars(select(Paper))] == [
        (hers.seller_id, "05/ATTP")
    ]


def test_a_seller_writes_corrects_and_puts_away_her_papers(stall, a_product):
    product = a_product("Muối ớt", seller_id=stall.id)
    base = "/ban-hang/giay-to"
    wanted = {
        "kind": "ocop", "product": str(product.id), "number": "12/QĐ", "stars": "3",
        "issued_on": "2026-01-01", "expires_on": "2029-01-01",
    }  # fmt: skip
    for wrong, at in (
        ({"kind": ""}, "kind"), ({"product": ""}, "product"), ({"stars": ""}, "stars"),
        ({"expires_on": ""}, "expires_on"), ({"number": ""}, "number"),
        ({"kind": "other"}, "name"), ({"expires_on": "2025-01-01"}, "expires_on"),
        ({"product": "999999"}, "product"), ({"stars": "6"}, "stars"),
        ({"number": "x" * 121}, "number"), ({"expires_on": "31/2/2029"}, "expires_on"),
    ):  # fmt: skip
        answer = stall.post(base, **{**wanted, **wrong})
        assert answer.status_code == 422, wrong
        assert f'href="#{at}"' in answer.text, wrong
        assert f'id="{at}"' in answer.text, wrong
    assert not db.session.scalars(select(Paper)).all()
    assert stall.post(base, **wanted).headers["Location"] == f"{base}?da=them"
    paper = db.session.scalars(select(Paper.id)).one()
    page = stall.page(base)
    assert "OCOP 3 sao" in page
    assert "Chờ Hội xem" in page
    assert 'value="12/QĐ"' in stall.page(f"{base}/{paper}")
    ends = TODAY + timedelta(days=30)
    stall.post(f"{base}/{paper}", **{**wanted, "expires_on": ends.isoformat()})
    for way in ("/ban-hang/gian-hang", base):
        assert "hết hạn ngày" in stall.page(way), way
    assert "1 giấy tờ sắp hết hạn" in stall.page("/ban-hang")
    assert stall.post(f"{base}/{paper}/bo").status_code == 303
    assert stall.get(f"{base}/{paper}").status_code == 404
    assert "giấy tờ sắp hết hạn" not in stall.page("/ban-hang")


def test_nothing_is_held_while_the_photo_of_a_paper_is_read(stall, monkeypatch):
    held: list[bool] = []

    def read(content: bytes) -> Any:
        held.append(db.session().in_transaction())
        return SimpleNamespace(content=b"webp")

    monkeypatch.setattr("shop.selling.views.papers.read_apart", read)
    base = "/ban-hang/giay-to"

    def send(at: str) -> int:
        said = {
            "kind": "food_safety", "number": "05/ATTP", "expires_on": "2029-01-01",
            "file": (io.BytesIO(b"\xff\xd8\xff photo"), "giay.jpg"),
        }  # fmt: skip
        return stall.post(at, **said).status_code

    assert send(base) == 303
    paper = db.session.scalars(select(Paper.id)).one()
    db.session.rollback()
    assert send(f"{base}/{paper}") == 303
    assert held == [False, False]


def test_an_officer_checks_what_she_read_and_takes_it_back(
    stall, officers, operator
):  # fmt: skip
    paper = a_paper(stall.id, checked=False)
    helper, stranger, treasurer = officers
    desk = "/dieu-hanh/giay-to"
    assert "05/ATTP" in helper.get(desk).text
    assert "05/ATTP" not in stranger.get(desk).text
    for nobody in (stranger, treasurer):
        assert nobody.post(f"{desk}/{paper}", ban="1").status_code == 404
    for read in ("", "0", "2", "x", "9" * 30):
        assert helper.post(f"{desk}/{paper}", ban=read).status_code == 409, read
    assert helper.post(f"{desk}/{paper}", ban="1").status_code == 303
    row = db.session.get_one(Paper, paper)
    assert (row.checked_by_id, row.checked_at is not None) == (helper.account_id, True)
    db.session.rollback()
    entry = db.session.scalars(
        select(AuditEntry.id).where(AuditEntry.action == "paper.checked")
    ).one()
    db.session.rollback()
    assert operator.post(f"/dieu-hanh/nhat-ky/{entry}/tra-lai").status_code == 303
    assert db.session.get_one(Paper, paper).checked_at is None
    db.session.rollback()
    assert operator.post(f"/dieu-hanh/nhat-ky/{entry}/tra-lai").status_code == 409


@pytest.fixture
def officers(stall, an_officer, an_organisation):
    """Return (officer of the stall's unit, officer of another, treasurer of the stall's)."""
    unit = db.session.scalars(select(Seller.organisation_id).where(Seller.id == stall.id)).one()
    db.session.rollback()
    return an_officer(unit), an_officer(an_organisation()), an_officer(unit, "treasurer")


def test_the_desk_checks_by_command(stall, run):
    paper = a_paper(stall.id, checked=False)
    assert f"{paper}  1  " in run("paper", "list")
    changed = run("paper", "check", str(paper), "--version", "2", fails=True)
    assert "vừa được sửa" in changed
    assert "Đã ghi" in run("paper", "check", str(paper), "--version", "1")
    assert "trước đó rồi" in run("paper", "check", str(paper), "--version", "1")
    assert run("paper", "list") == ""
    assert "Không có số 99" in run("paper", "check", "99", "--version", "1", fails=True)


def test_traces_are_what_is_not_in_it_and_stand_beside_the_allergens(client, a_product):
    assert clean_traces(["milk", "sesame", "gold", "peanut"], ["sesame"]) == ["peanut", "milk"]
    product = a_product(allergens=["sesame"], traces=["peanut", "sesame"])
    text = client.get(f"/san-pham/{product.slug}").text
    assert "Có mè." in text
    assert "Có thể lẫn vết đậu phộng." in text
    bare = a_product(allergens=["none"], traces=["peanut"])
    text = client.get(f"/san-pham/{bare.slug}").text
    assert "Không có chất gây dị ứng" not in text
    assert "Có thể lẫn vết đậu phộng." in text
    assert "may contain traces of peanuts" in client.get(f"/en/san-pham/{bare.slug}").text.lower()


def test_a_seller_ticks_traces(stall, a_product):
    product = a_product("Muối ớt", seller_id=stall.id)
    at = f"/ban-hang/hang/{product.id}"
    fields = {"title_vi": "Muối ớt", "category_id": str(product.category_id), "unit_vi": "hũ",
              "allergens": "sesame", "traces": "peanut"}  # fmt: skip
    assert stall.post(at, **fields).status_code == 303
    db.session.rollback()
    assert db.session.get_one(Product, product.id).traces == ["peanut"]
    db.session.rollback()
    boxes = re.findall(r'name="traces" value="(\w+)"([^>]*)', stall.page(at))
    assert [key for key, _ in boxes] == list(ALLERGENS)
    assert [key for key, more in boxes if "checked" in more] == ["peanut"]


def test_pages_ask_no_more_for_many_papers(make_app, a_product):
    product = a_product()
    maker = f"/nguoi-lam/{db.session.get_one(Seller, product.seller_id).slug}"
    for address, most in ((f"/san-pham/{product.slug}", 8), (maker, 6)):
        seen = []
        for _ in range(2):
            for n in range(5):
                a_paper(product.seller_id, number=f"{n}/A")
            seen.append(fresh(make_app, address))
        assert seen[0] == seen[1] <= most, (address, seen)


def test_what_products_said_before_moves_over_unchecked(tmp_path):
    """The migration, on a database that stood at the one before."""
    url = f"sqlite:///{tmp_path / 'old.sqlite'}"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE products (id INTEGER PRIMARY KEY, seller_id INTEGER, declaration_no TEXT,"
            " ocop_stars INTEGER, ocop_decision TEXT, ocop_expires_on DATE, updated_at DATETIME)"
        )
        connection.exec_driver_sql(
            "INSERT INTO products VALUES (1, 7, '01/GM', 4, '12/QĐ', '2028-01-01', '2026-01-01'),"
            " (2, 7, '', NULL, '', NULL, '2026-01-01'), (3, 7, '', 3, '', NULL, '2026-01-01')"
        )
        script = ScriptDirectory(str(ROOT / "migrations")).get_revision("0020")
        with Operations.context(MigrationContext.configure(connection)):
            script.module.upgrade()
        rows = connection.exec_driver_sql(
            "SELECT product_id, kind, number, stars, expires_on, checked_at FROM papers ORDER BY id"
        ).all()
    assert [tuple(row) for row in rows] == [
        (1, "declaration", "01/GM", None, None, None), (1, "ocop", "12/QĐ", 4, "2028-01-01", None),
        (3, "ocop", "?", 3, None, None),
    ]  # fmt: skip
