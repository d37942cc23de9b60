"""A fundraiser's public account by ear."""

import sqlite3
from typing import Any

from shop.web.words import dong, speaking
from tests.browser.addresses import facts
from tests.browser.conftest import LiveShop
from tests.browser.test_listening import arrive
from tests.browser.tree import Tree


def database(live: LiveShop) -> sqlite3.Connection:
    return sqlite3.connect(live.instance / "shop.sqlite", timeout=20)


def test_a_fundraisers_account_is_read_by_ear(demo_shop: LiveShop, visit: Any) -> None:
    code = facts(demo_shop.instance)["over"]
    with database(demo_shop) as connection:
        sums = dict(connection.execute(
            "select f.kind, sum(f.amount_vnd) from fund_entries f join campaigns c"
            " on c.id = f.campaign_id where c.code = ? group by f.kind", (code,),
        ).fetchall())  # fmt: skip
        lines = connection.execute(
            "select entries from campaigns where code = ?", (code,)
        ).fetchone()[0]
    raised = sums.get("gift", 0) + sums.get("share", 0)
    costs, given = -sums.get("cost", 0), -sums.get("handed_over", 0)
    assert raised - costs - given == 0, "It is finished."
    with speaking("vi"):
        told = {
            "Đã vào quỹ": dong(raised), "Chi phí": dong(costs), "Đã trao": dong(given),
            "Đang giữ": dong(0),
        }  # fmt: skip
        sentence = (
            f"Đã vào quỹ {dong(raised)}, chi phí {dong(costs)}, đã trao {dong(given)},"
            f" đang giữ {dong(0)}."
        )
    page = visit(demo_shop, f"/gay-quy/{code}/so-quy", width=390, height=844)
    tree = Tree(page)
    title = tree.next("heading", "Sổ thu chi", level=1)
    said = tree.next("StaticText", " ".join(sentence.split()), after=title)
    table = tree.next("table", "Tiền của đợt này đang ở đâu", after=said)
    for words, amount in told.items():
        row = tree.next("rowheader", words, after=table)
        cells = [s for s in tree.stops[row.at :] if s.role in ("cell", "gridcell")][:2]
        assert cells[1].name.endswith(" ".join(amount.split())), words
    assert all(s.name for s in tree.all("table")), "Every table says what it shows."
    each = tree.next("table", "Mỗi đồng vào hay ra có một dòng", after=table)
    numbers = [s.name for s in tree.stops[each.at :] if s.role == "rowheader"][:lines]
    assert numbers == [str(n) for n in range(lines, 0, -1)]
    assert all(s.name for s in tree.all("image")), "What proves it is told to who cannot see it."
    assert tree.next("link", "Tải sổ (CSV)", after=each)
    arrive(tree, page, lambda: tree.press(tree.next("link", "Kiểm dấu của sổ")))
    assert "Sổ khớp từ dòng đầu" in tree.heard(tree.next("heading", "Kiểm sổ", level=1), 6)
