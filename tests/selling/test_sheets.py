"""Goods as a file: what goes out comes back as nothing; what is wrong is said by row; all or none."""

import io
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from shop.catalogue.actions import reshelve
from shop.catalogue.models import Product, Shelving, Variant
from shop.catalogue.season_rules import LONGEST_DAYS, current
from shop.db import db, transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.text import nfc, one_line
from shop.media.sheets import tables_in
from shop.outbox.progress import GOES_STALE, done_of, forget_progress
from shop.outbox.relay import CLAIM_FOR, deliver_waiting
from shop.selling import handlers
from shop.selling.actions import sheets
from shop.selling.actions.sheets import forget_goods_sheets, store_rows
from shop.selling.models import GoodsSheet
from shop.selling.season_cells import read_season, season_days, written
from shop.selling.sheets import COLUMNS, plan_of, rows_out, table_in
from shop.stock.models import StockLevel, StockMove
from shop.web.tables import csv_lines, xlsx_file
from tests.engines import both_engines

AT = "/ban-hang/hang/tep"
HEADS = [vi for vi, _en in COLUMNS.values()]
SHELVES = {"Bột và ngũ cốc": "Bột và ngũ cốc", "Flours": "Bột và ngũ cốc"}


def pack(n: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": n, "product_id": n, "sku": f"P{n}-1", "title_vi": f"Món {n}", "name_vi": "Hũ 500 g",
        "unit_vi": "hũ", "price_vnd": 35_000, "on_hand": 9, "reserved": 2, "weight_g": 600,
        "net_g": 500, "net_ml": None, "pieces": None, "summary_vi": "", "shelf": "Bột và ngũ cốc", "season": "",
        **more,
    }  # fmt: skip


_SAID = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=25).map(nfc)
_NAME = st.one_of(
    st.sampled_from(["=1+1", "'=1+1", "+84 905", "@SUM(A1)", "-5", "a;=cmd", "1.000", "007", "'"]),
    _SAID.filter(bool),
)


@settings(max_examples=40, deadline=None)
@example([("Bột\ufffe", "Hũ", "rang \uffffkỹ", 1)])
@given(st.lists(st.tuples(_NAME, _NAME, _SAID, st.integers(1, 10**6)), min_size=1, max_size=4))
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_whatever_stands_comes_back_as_nothing_to_do(kind, said):
    """Names are as they are stored: one line, no ends of white space."""
    stands = [
        pack(n, title_vi=one_line(a), name_vi=one_line(b), net_g=grams,
             summary_vi=one_line(c), price_vnd=1,
             season=("", "01/05 - 31/08", "01/05/2026 - 31/08/2026")[n % 3])
        for n, (a, b, c, grams) in enumerate(said, start=1)
    ]  # fmt: skip
    if not all(p["title_vi"] and p["name_vi"] for p in stands):
        return
    if kind == "csv":
        content = "".join(csv_lines(HEADS, rows_out(stands))).encode()
        table = table_in(tables_in(content))
    else:
        from shop.media.sheet_child import sheets_of_book

        [(_, rows)] = sheets_of_book(xlsx_file(HEADS, rows_out(stands)).read())
        table = table_in([rows])
    plan = plan_of(table, stands, SHELVES, set())
    assert (plan.changes, plan.new, plan.faults, plan.same) == ([], [], [], len(stands))


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"price_vnd": "rẻ"}, "price"), ({"price_vnd": "5"}, "price"), ({"price_vnd": -1}, "price"),
        ({"on_hand": 1}, "reserved"), ({"on_hand": "x"}, "number"), ({"on_hand": 2.5}, "number"),
        ({"on_hand": 10**9}, "number"), ({"weight_g": "0"}, "number"), ({"net_ml": 5}, "contents"),
        ({"shelf": "Không có"}, "shelf"), ({"title_vi": "x" * 161}, "long"),
        ({"sku": "CUA-AI"}, "sku_taken"), ({"sku": "", "title_vi": ""}, "missing"),
        ({"sku": "", "price_vnd": ""}, "missing"), ({"sku": ""}, "exists"),
        ({"season": "mùa hè"}, "season"), ({"season": "31/02 - 01/05"}, "season"),
        ({"season": "01/05 - 31/08/2027"}, "season"), ({"season": "31/08/2027 - 01/05/2027"}, "season"),
        ({"season": "01/01 - 31/12"}, "season"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_row_is_said(cells, code):
    row = {**{name: pack()[name] for name in COLUMNS}, **cells}
    plan = plan_of([HEADS, list(row.values())], [pack()], SHELVES, {"CUA-AI"})
    assert [(fault.row, fault.code) for fault in plan.faults] == [(2, code)]
    assert not plan.changes


def test_rows_of_one_product_agree_and_no_sku_stands_twice():
    stands = [pack(1), pack(2, product_id=1, title_vi="Món 1", name_vi="Gói")]
    rows = list(rows_out(stands))
    rows[1][1] = "Món khác"
    assert [f.code for f in plan_of([HEADS, *rows], stands, SHELVES, set()).faults] == ["differs"]
    rows = [rows[0], rows[0]]
    assert [f.code for f in plan_of([HEADS, *rows], stands, SHELVES, set()).faults] == ["sku_twice"]
    new = ["", "Món mới", "", "chai", "40k", "", "", "", "1,5 lít", "", "=1+1", ""]
    found = plan_of([HEADS, new], stands, SHELVES, set())
    assert [f.column for f in found.faults] == ["net_ml"]
    new[8] = "750"
    (row,) = plan_of([HEADS, new], stands, SHELVES, set()).new
    assert (row.values["name_vi"], row.values["weight_g"], row.values["price_vnd"]) == ("Chai", 900, 40_000)  # fmt: skip


def send(stall, content: bytes, name="hang.csv"):
    answer = stall.post(AT, tep=(io.BytesIO(content), name))
    return answer.headers.get("Location", ""), answer


def mark(page: str) -> str:
    return page.split('name="da_xem" value="')[1].split('"', maxsplit=1)[0]


def csv(*rows: list[Any]) -> bytes:
    return "".join(csv_lines(HEADS, rows)).encode()


def out(stall) -> list[list[Any]]:
    return table_in(tables_in(stall.get(f"{AT}.csv").data))[1:]


def work() -> None:
    while deliver_waiting(now_utc()):
        pass
    db.session.rollback()


@both_engines
def test_a_file_is_looked_at_and_then_stored_whole(app, stall, a_stall, a_variant):
    kept = a_variant(seller_id=stall.id, title="Muối ớt", on_hand=9)
    a_variant(seller_id=stall.id, title="Bột mè")
    for kind in ("csv", "xlsx"):
        same, _ = send(stall, stall.get(f"{AT}.{kind}").data)
        assert "giống hệt hàng hoá đang có" in stall.page(same)
    rows = out(stall)
    at = next(i for i, row in enumerate(rows) if row[1] == "Muối ớt")
    rows[at][1], rows[at][4], rows[at][5] = "Muối ớt xanh", "99k", "20"
    new = ["", "Kẹo gừng", "", "gói 250 g", "40000", "3", "", "250", "", "", "", ""]
    more = ["", "Bột mè", "Gói nhỏ", "", "15k", "7", "", "100", "", "", "", ""]
    where, _ = send(stall, csv(*rows, new, more))
    page = stall.page(where)
    assert mark(stall.page(f"/en{where}")) == mark(page)  # Either language means the same.
    assert "95.000\xa0đồng → <b>99.000\xa0đồng</b>" in page
    assert (stall.post(where, da_xem="x").status_code, a_stall().get(where).status_code) == (
        409,
        404,
    )
    assert stall.post(where, da_xem=mark(page)).status_code == 303
    waiting = stall.get(where)
    assert "Đang lưu tệp" in waiting.text
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in waiting.text
    assert "0 trên 4 dòng" in waiting.text
    assert stall.post(where, da_xem=mark(page)).status_code == 303  # Twice is once.
    work()
    assert "Đã sửa 1 dòng, thêm 2 dòng, 1 dòng giữ nguyên." in stall.page(where)
    db.session.rollback()
    pack_now = db.session.get_one(Variant, kept)
    product = db.session.get_one(Product, pack_now.product_id)
    assert (pack_now.price_vnd, product.title_vi, product.state) == (99_000, "Muối ớt xanh", "published")  # fmt: skip
    assert db.session.scalars(select(Product.state).where(Product.title_vi == "Kẹo gừng")).one() == "draft"  # fmt: skip
    # What was kept ready in a few statements is what one by one would have made.
    ready = select(
        Product.id, Product.search_text, Product.price_vnd, Product.province_code
    ).order_by(Product.id)  # fmt: skip
    shelved = select(Shelving).with_only_columns(Shelving.product_id, Shelving.price_vnd)
    before = (db.session.execute(ready).all(), sorted(db.session.execute(shelved).all()))
    db.session.rollback()
    with transaction() as session:
        for product_id in session.scalars(select(Product.id)).all():
            reshelve(session, product_id)
    assert before == (db.session.execute(ready).all(), sorted(db.session.execute(shelved).all()))
    moved = select(StockMove.variant_id, func.sum(StockMove.on_hand_change)).group_by(
        StockMove.variant_id
    )
    levels = select(StockLevel.variant_id, StockLevel.on_hand)
    assert dict(db.session.execute(moved).all()) == dict(db.session.execute(levels).all())
    again, _ = send(stall, stall.get(f"{AT}.xlsx").data)
    assert "giống hệt hàng hoá đang có" in stall.page(again)
    # A price that changes between yes and the storing stops all of it.
    rows = out(stall)
    rows[0][4], rows[1][4] = "77k", "78k"
    late, _ = send(stall, csv(*rows))
    stall.post(late, da_xem=mark(stall.page(late)))
    with transaction() as session:
        session.get_one(Variant, kept).price_vnd = 50_000
        session.scalars(select(Variant).where(Variant.id != kept)).first().price_vnd = 51_000
    work()
    assert "vừa có người sửa" in stall.page(late)
    assert not set(db.session.scalars(select(Variant.price_vnd))) & {77_000, 78_000}
    with transaction() as session:
        session.query(GoodsSheet).update({"sent_at": now_utc().replace(year=2020)})
    forget_goods_sheets(now_utc())
    assert stall.get(late).status_code == 404


@settings(max_examples=60, deadline=None)
@example(date(2025, 1, 1), LONGEST_DAYS - 1, True, 0)
@given(
    st.dates(date(2024, 1, 1), date(2030, 1, 1)),
    st.integers(0, LONGEST_DAYS - 1),
    st.booleans(),
    st.integers(0, 1_000),
)
def test_a_season_is_read_as_it_was_written_on_any_day(begins_on, days, yearly, later):
    """What comes every year was brought to its next time by the clock, as the shop keeps it."""
    ends_on, today = begins_on + timedelta(days), begins_on + timedelta(later)
    kept = current(begins_on, ends_on, yearly, today)
    said = written(*kept, yearly)
    assert read_season(said) == said
    leaps = any((day.month, day.day) == (2, 29) for day in (begins_on, ends_on, *kept))
    if not (yearly and (leaps or kept[0] > today + timedelta(days=365))):
        assert season_days(said, today) == (*kept, yearly)


@both_engines
def test_a_season_goes_out_comes_back_and_turns_goods_off_the_shelves(
    stall, a_variant, monkeypatch
):
    for title in ("Măng khô", "Muối ớt"):
        a_variant(seller_id=stall.id, title=title, on_hand=9)
    shelved = select(func.count()).select_from(Shelving)
    before = db.session.scalar(shelved)
    rows = out(stall)
    assert [row[12] for row in rows] == ["", ""]
    today = vietnam_date(now_utc())
    gone, soon = today - timedelta(days=40), today - timedelta(days=10)
    once = written(gone, soon, yearly=False)
    rows[0][12], rows[1][12] = f" {gone.day}/{gone.month}–{soon.day}.{soon.month} ", once
    new = [
        "",
        "Xoài sấy",
        "",
        "gói 250 g",
        "40000",
        "3",
        "",
        "250",
        "",
        "",
        "",
        "",
        "tháng 5 đến tháng 8",
    ]
    where, _ = send(stall, csv(*rows, new))
    page = stall.page(where)
    assert f"Mùa bán: bán cả năm → <b>{written(gone, soon, yearly=True)}</b>" in page
    assert f"Mùa bán: bán cả năm → <b>{once}</b>" in page
    assert "Season: all year → <b>" in stall.page(f"/en{where}")
    stall.post(where, da_xem=mark(page))
    work()
    stands = {
        row.title_vi: row[1:]
        for row in db.session.execute(select(
            Product.title_vi, Product.season_from, Product.season_to, Product.season_yearly,
            Product.off_season,
        ))
    }  # fmt: skip
    db.session.rollback()
    yearly, never = stands[rows[0][1]], stands[rows[1][1]]
    assert (yearly[0] > today, yearly[2:]) == (True, (True, True))
    assert never == (gone, soon, False, True)
    assert (stands["Xoài sấy"][0].month, stands["Xoài sấy"][1].day) == (5, 31)
    assert before
    assert db.session.scalar(shelved) == 0, "Out of season they stand on no shelf."
    for kind in ("csv", "xlsx"):
        again, _ = send(stall, stall.get(f"{AT}.{kind}").data)
        assert "giống hệt hàng hoá đang có" in stall.page(again)
    # An old file without the column leaves seasons alone; an empty cell takes them off.
    where, _ = send(
        stall, "".join(csv_lines(HEADS[:12], [row[:12] for row in out(stall)])).encode()
    )
    assert "giống hệt hàng hoá đang có" in stall.page(where)
    rows = out(stall)
    for row in rows:
        row[12] = ""
    where, _ = send(stall, csv(*rows))
    stall.post(where, da_xem=mark(stall.page(where)))
    work()
    assert set(db.session.scalars(select(Product.season_from))) == {None}
    assert db.session.scalar(shelved) == before


@both_engines
def test_rows_are_told_while_nobody_sees_them_yet_and_a_killed_list_begins_anew(
    stall, a_stall, a_category, monkeypatch
):
    a_category()
    rows = [[f"KH-{n}", f"Món số {n}", "", "hũ", "20k", "5", "", "500", "", "", "", ""] for n in range(40)]  # fmt: skip
    where, _ = send(stall, csv(*rows))
    at = f"{where}/den-dau"
    stall.post(where, da_xem=mark(stall.page(where)))
    seen: list[Any] = []

    def looked() -> tuple[int, int, bool]:
        with ThreadPoolExecutor(1) as elsewhere:
            told = elsewhere.submit(lambda: stall.get(at).json).result()
            waits = elsewhere.submit(lambda: f"{told['done']} trên 40 dòng" in stall.page(where))
            assert waits.result() is not told["over"]
        return told["done"], told["total"], told["over"]

    def storing(killed_at: int) -> Any:
        def store(session: Any, sheet: Any, now: Any, tell: Any) -> None:
            def told(done: int) -> None:
                tell(done)
                seen.append(looked())
                if done == killed_at:
                    raise SystemExit

            seen.append(looked())
            store_rows(session, sheet, now, told)

        return store

    monkeypatch.setattr(sheets, "AT_ONCE", 10)
    monkeypatch.setattr(handlers, "store_rows", storing(killed_at=20))
    with pytest.raises(SystemExit):
        work()
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Variant)) == 0
    assert seen == [(0, 40, False), (10, 40, False), (20, 40, False)]
    assert looked() == (20, 40, False)
    sheet_id = int(where.rsplit("/", 1)[1])
    name = sheets.progress_name(sheet_id)
    assert done_of(name, now_utc() + GOES_STALE + timedelta(seconds=5)) == 0, (
        "Whoever worked is gone."
    )
    db.session.rollback()
    seen.clear()
    monkeypatch.setattr(handlers, "store_rows", storing(killed_at=0))
    while deliver_waiting(now_utc() + CLAIM_FOR + timedelta(minutes=1)):
        pass
    db.session.rollback()
    assert [done for done, _total, _over in seen] == [0, 10, 20, 30, 40]
    assert looked() == (40, 40, True)
    assert db.session.scalar(select(func.count()).select_from(Variant)) == 40
    assert a_stall(name="Mật ong Suối Lở").get(at).status_code == 404
    db.session.rollback()
    forget_progress(now_utc() + timedelta(days=2))
    assert done_of(name, now_utc()) == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "chọn tệp"), (b"PK\x03\x04 not a zip", "Không mở được"), (b"\x00\x01\x02" * 99, ""),
        (b"chi,la,chu\n1,2,3\n", "tên cột"), (b"x" * (5 * 1024 * 1024 + 2), ""),
        (csv(*[[f"S{n}"] + [""] * 11 for n in range(5_001)]), "5.000 dòng"),
    ],
    ids=["nothing", "zip", "noise", "headless", "large", "long"],
)  # fmt: skip
def test_a_file_that_is_no_list_is_refused_with_a_sentence(stall, content, words):
    _, answer = send(stall, content)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert words in answer.text.split('role="alert"')[1].split("</div>")[0]
    assert db.session.scalar(select(func.count()).select_from(GoodsSheet)) == 0


def test_a_formula_is_text_on_the_way_out_and_on_the_way_in(stall, a_variant):
    a_variant(seller_id=stall.id, title="=HYPERLINK(1)")
    assert '"\'=HYPERLINK(1)"' in stall.get(f"{AT}.csv").text
    rows = out(stall)
    rows[0][10] = "'+cmd|calc"
    where, _ = send(stall, csv(*rows))
    stall.post(where, da_xem=mark(stall.page(where)))
    work()
    assert db.session.scalars(select(Product.summary_vi)).one() == "+cmd|calc"
    assert "'+cmd" in stall.get(f"{AT}.csv").text


def test_five_thousand_rows_take_seconds(stall, a_category):
    a_category()
    rows = [
        [f"KH-{n}", f"Món số {n}", "", "hũ", str(20_000 + n), "5", "", "500", "", "", "", ""]
        for n in range(5_000)
    ]
    began = time.process_time()
    where, _ = send(stall, csv(*rows))
    page = stall.page(where)
    assert "thêm 5.000 dòng" in page
    stall.post(where, da_xem=mark(page))
    work()
    took = time.process_time() - began
    print(f"5,000 rows: {took:.1f} s of processor")
    assert "thêm 5.000 dòng" in stall.page(where)
    assert db.session.scalar(select(func.count()).select_from(Variant)) == 5_000
    assert took < 20
