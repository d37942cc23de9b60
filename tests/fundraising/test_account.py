"""The public account: figures that anybody can add up again, and a chain that shows tampering."""

import csv
import io
import re

import pytest
from pypdf import PdfReader
from sqlalchemy import text

from shop.db import db, in_transaction, transaction
from shop.fundraising.actions.fund import Of, move_fund
from shop.fundraising.actions.gifts import forget_giver
from shop.fundraising.models import Campaign
from shop.fundraising.queries.accounts import verify
from shop.fundraising.queries.figures import figures_of
from shop.fundraising.rules import ChainedEntry, EntryKind, entry_hash
from shop.kernel.clock import now_utc, vietnam_date
from shop.media.sheets import tables_in
from shop.web.words import dong, speaking
from tests.engines import both_engines
from tests.fundraising.conftest import given
from tests.fundraising.test_fund import BANK, code_of, figures, lines, put


@pytest.fixture
def an_account_book(a_campaign) -> int:
    """A campaign in whose fund every kind of line stands, a correction too."""
    one = a_campaign(kind="sale")
    put(one, 500_000, "fund:a", name="Cô Ba")
    put(one, 300_000, "fund:b")
    put(one, -300_000, "fund:b2")
    put(one, 200_000, "fund:c", kind=EntryKind.SHARE, name="Gian Gò Mít")
    put(one, 30_000, "fund:d", kind=EntryKind.COST)
    put(one, 400_000, "fund:e", kind=EntryKind.HANDED_OVER)
    return one


def checked(campaign_id: int):
    db.session.rollback()
    return verify(db.session(), db.session.get_one(Campaign, campaign_id))


def rows_of(client, code: str) -> list[dict[str, str]]:
    answer = client.get(f"/gay-quy/{code}/so-quy.csv")
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    return list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))


@pytest.fixture
def unguarded(app):
    """Take the triggers off, as somebody who holds the file of the database could."""

    def off() -> None:
        with transaction() as session:
            for verb in ("update", "delete"):
                session.execute(text(f"DROP TRIGGER fund_entries_no_{verb}"))

    return off


@both_engines
def test_the_page_says_the_figures_of_the_ledger_in_one_sentence_and_a_table(
    client, an_account_book
):
    code, now = code_of(an_account_book), figures(an_account_book)
    assert (now.raised_vnd, now.costs_vnd, now.handed_over_vnd, now.held_vnd) == (
        700_000, 30_000, 400_000, 270_000,
    )  # fmt: skip
    page = client.get(f"/gay-quy/{code}/so-quy").text
    with speaking("vi"):
        said = (
            f"Đã vào quỹ {dong(now.raised_vnd)}, chi phí {dong(now.costs_vnd)},"
            f" đã trao {dong(now.handed_over_vnd)}, đang giữ {dong(now.held_vnd)}."
        )
        assert said in page
    assert "<caption>Tiền của đợt này đang ở đâu</caption>" in page
    assert page.index("<caption>Tiền của đợt này") < page.index('class="fundbar"'), "Table first."
    for words in (
        "Khách đã mua",
        "Về người làm ra hàng",
        "Đã hứa, chưa vào quỹ",
        "ghi lại cho đúng",
    ):
        assert words in page
    assert "Cô Ba" in page
    english = client.get(f"/en/gay-quy/{code}/so-quy").text
    assert "Raised" in english
    assert "handed over" in english.lower()


@both_engines
def test_anybody_can_add_the_file_up_to_the_sums_of_the_page(client, an_account_book):
    rows, now = rows_of(client, code_of(an_account_book)), figures(an_account_book)

    def total(*kinds: str) -> int:
        return sum(int(row["amount_vnd"]) for row in rows if row["kind"] in kinds)

    assert total("gift", "share") == now.raised_vnd
    assert total("cost") == -now.costs_vnd
    assert total("handed_over") == -now.handed_over_vnd
    assert sum(int(row["amount_vnd"]) for row in rows) == now.held_vnd
    assert [int(row["number"]) for row in rows] == [1, 2, 3, 4, 5, 6]


@both_engines
def test_the_spreadsheet_reads_in_the_language_of_its_page(client, an_account_book):
    code = code_of(an_account_book)
    [rows] = tables_in(client.get(f"/gay-quy/{code}/so-quy.xlsx").data)
    assert rows[0][:4] == ["STT", "Ngày", "Việc", "Mã"]
    assert rows[0][8:10] == ["Vào, ra, đồng", "Quỹ còn, đồng"]
    assert rows[1][1:3] == [f"{lines(an_account_book)[0].on_day:%d/%m/%Y}", "Góp tiền"]
    assert rows[-1][9] == sum(row[8] for row in rows[1:]) == figures(an_account_book).held_vnd
    assert len({row[2] for row in rows[1:]} & {"Góp tiền", "Chi phí", "Trao"}) == 3
    [rows] = tables_in(client.get(f"/en/gay-quy/{code}/so-quy.xlsx").data)
    assert rows[0][:3] == ["No.", "Day", "What"]
    assert rows[1][2] == "Gift of money"


@both_engines
def test_anybody_can_do_the_chain_again_from_the_file(client, an_account_book):
    code, previous = code_of(an_account_book), ""
    for row in rows_of(client, code):
        assert row["previous"] == previous
        said = ChainedEntry(
            int(row["number"]), lines(an_account_book)[int(row["number"]) - 1].on_day, row["kind"],
            int(row["amount_vnd"]), row["code"], row["commitment"],
        )  # fmt: skip
        previous = entry_hash(code, previous, said)
        assert row["hash"] == previous
    assert previous == db.session.get_one(Campaign, an_account_book).chain
    salts = [row.salt for row in lines(an_account_book)]
    assert not any(salt in client.get(f"/gay-quy/{code}/so-quy.csv").text for salt in salts)


@both_engines
def test_every_line_stands_on_a_page_with_what_was_in_the_fund_after_it(client, a_campaign):
    one = a_campaign()
    for n in range(120):
        put(one, 1_000 + n, f"fund:{n}")
    code, seen = code_of(one), []
    for page in (1, 2, 3):
        shown = client.get(f"/gay-quy/{code}/so-quy?trang={page}").text
        seen += [int(n) for n in re.findall(r'role="rowheader">(\d+)</th>', shown)]
    assert seen == list(range(120, 0, -1))
    with speaking("vi"):
        assert dong(sum(1_000 + n for n in range(20))) in shown, "The balance after line 20."


@both_engines
def test_the_page_opens_with_few_questions_however_long_the_account(
    client, a_campaign, count_queries
):
    short, long = a_campaign(), a_campaign()
    put(short, 1_000, "fund:x")
    for n in range(60):
        put(long, 1_000, f"fund:{n}")
    counts = []
    for one in (short, long):
        way = f"/gay-quy/{code_of(one)}/so-quy"
        client.get(way)
        with count_queries() as seen:
            client.get(way)
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert counts[1] <= 14


@both_engines
def test_finished_campaigns_keep_their_account_and_drafts_have_none(client, a_campaign):
    for state, status in (("finished", 200), ("closed", 200), ("draft", 404), ("cancelled", 404)):
        code = code_of(a_campaign(state=state))
        for way in ("so-quy", "so-quy.csv", "so-quy.xlsx", "kiem-so", "bao-cao", "bao-cao.pdf"):
            assert client.get(f"/gay-quy/{code}/{way}").status_code == status, (state, way)


@pytest.mark.parametrize(
    ("change", "line", "what"),
    [
        ("UPDATE fund_entries SET amount_vnd = 999 WHERE number = 2", 2, "hash"),
        ("UPDATE fund_entries SET on_day = '2020-01-01' WHERE number = 3", 3, "hash"),
        ("UPDATE fund_entries SET name = 'Ai đó' WHERE number = 1", 1, "name"),
        ("DELETE FROM fund_entries WHERE number = 2", 2, "number"),
        ("DELETE FROM fund_entries WHERE number = 6", 6, "end"),
        ("UPDATE fund_entries SET number = CASE number WHEN 2 THEN 1002 WHEN 3 THEN 1003 END"
         " WHERE number IN (2, 3);"
         "UPDATE fund_entries SET number = 3 WHERE number = 1002;"
         "UPDATE fund_entries SET number = 2 WHERE number = 1003", 2, "previous"),
        ("UPDATE campaigns SET entries = 7", 7, "end"),
    ],
    ids=["amount", "day", "name", "deleted", "last-deleted", "swapped", "promised-more"],
)  # fmt: skip
def test_what_was_tampered_with_in_the_database_is_found_and_named(
    client, an_account_book, unguarded, run, change, line, what
):  # fmt: skip
    code = code_of(an_account_book)
    assert checked(an_account_book).what == ""
    assert "Sổ khớp từ dòng đầu" in client.get(f"/gay-quy/{code}/kiem-so").text
    assert "khớp" in run("campaign", "verify", code)
    unguarded()
    with transaction() as session:
        for statement in change.split(";"):
            session.execute(text(statement))
    found = checked(an_account_book)
    assert (found.number, found.what) == (line, what)
    page = client.get(f"/gay-quy/{code}/kiem-so").text
    assert "Sổ này không khớp" in page
    assert re.search(rf"dòng số {line}\b", page, re.IGNORECASE)
    assert f"dòng {line}" in run("campaign", "verify", fails=True)


def test_a_chain_that_was_wholly_written_anew_does_not_fit_the_books(an_account_book, unguarded):
    """Who rewrites amount and every hash after it is told by the ledger, which has its own."""
    unguarded()
    code, previous = code_of(an_account_book), ""
    for row in lines(an_account_book):
        vnd = 501_000 if row.number == 1 else row.amount_vnd
        said = ChainedEntry(row.number, row.on_day, row.kind, vnd, row.code, row.commitment)
        own = entry_hash(code, previous, said)
        with transaction() as session:
            session.execute(
                text("UPDATE fund_entries SET amount_vnd = :v, previous = :p, hash = :h"
                     " WHERE id = :id"),
                {"v": vnd, "p": previous, "h": own, "id": row.id},
            )  # fmt: skip
        previous = own
    with transaction() as session:
        session.execute(text("UPDATE campaigns SET chain = :c"), {"c": previous})
    found = checked(an_account_book)
    assert (found.number, found.what) == (1, "books")


@both_engines
def test_an_erased_name_is_gone_from_page_and_file_and_the_chain_verifies(client, an_account_book):
    gift, code = given(an_account_book, "Cô Bảy"), code_of(an_account_book)
    assert "Cô Bảy" in client.get(f"/gay-quy/{code}/so-quy.csv").text
    with transaction() as session:
        forget_giver(session, gift_id=gift.id, actor_id=None, actor_name="x", now=now_utc())
    assert checked(an_account_book).what == ""
    for way in ("so-quy", "so-quy.csv", "bao-cao", "kiem-so"):
        assert "Cô Bảy" not in client.get(f"/gay-quy/{code}/{way}").text
    assert "tên đã xoá" in client.get(f"/gay-quy/{code}/so-quy").text


@both_engines
def test_the_report_has_places_to_sign_and_is_a_pdf_too(client, an_account_book):
    code = code_of(an_account_book)
    page = client.get(f"/gay-quy/{code}/bao-cao").text
    for words in ("Người lập", "Kế toán", "Chủ tịch"):
        assert words in page
    assert client.get(f"/gay-quy/{code}/bao-cao.pdf").data.startswith(b"%PDF")


def test_the_report_of_a_fund_that_sells_nothing_says_nothing_of_sales(client, a_campaign):
    said = {}
    for kind in ("sale", "giving"):
        code = code_of(a_campaign(kind=kind))
        paper = PdfReader(io.BytesIO(client.get(f"/gay-quy/{code}/bao-cao.pdf").data))
        said[kind] = paper.pages[0].extract_text()
    assert "Khách đã mua" in said["sale"]
    assert "Khách đã mua" not in said["giving"]
    assert "Về người làm ra hàng" not in said["giving"]


@both_engines
def test_the_year_adds_up_all_campaigns(client, a_campaign, an_account_book):
    other = a_campaign()
    put(other, 1_000_000, "fund:other")
    year = vietnam_date(now_utc()).year
    page = client.get(f"/gay-quy/nam/{year}").text
    with speaking("vi"):
        for vnd in (1_700_000, 30_000, 400_000, 1_270_000):
            assert dong(vnd) in page
    assert client.get("/gay-quy/nam/2001").status_code == 404
    assert f"/gay-quy/nam/{year}" in client.get("/gay-quy").text


@both_engines
def test_a_name_that_looks_like_a_formula_stays_text_in_the_file(client, a_campaign):
    one = a_campaign()
    in_transaction(
        lambda session: move_fund(
            session, campaign_id=one, kind=EntryKind.GIFT, amount_vnd=5_000, against=BANK,
            key="fund:f", of=Of(), now=now_utc(), name="=1+1",
        ).id
    )  # fmt: skip
    assert rows_of(client, code_of(one))[0]["name"] == "'=1+1"
    db.session.rollback()
    assert figures_of(db.session(), [one])[one].held_vnd == 5_000
