"""All goods of a stall on one page: prices and counts, saved together."""

from typing import Any

from flask import g
from flask.typing import ResponseReturnValue

from shop.accounts.acting import acting
from shop.db import db, in_transaction
from shop.selling.actions.products import change_goods
from shop.selling.forms.goods_table import GoodsTable
from shop.selling.queries.products import TablePage, goods_table
from shop.selling.rules import RowsMovedOn
from shop.selling.views.blueprint import blueprint, done, page, page_number
from shop.web.guards import guard


def _asked() -> tuple[TablePage, GoodsTable]:
    found = goods_table(db.session(), g.stall.id, page_number())
    table = GoodsTable(
        found.packs,
        may_price=g.stall.may("edit_goods"),
        may_count=g.stall.may("count_stock"),
    )
    return found, table


def _shown(found: TablePage, table: GoodsTable, refusal: Any = None) -> str:
    return page(
        "goods_table", table=table, page=found.page, pages=found.pages, faults=table.faults,
        refusal=refusal,
    )  # fmt: skip


@blueprint.get("/ban-hang/hang/bang")
@guard("seller")
def goods_table_page() -> ResponseReturnValue:
    """Every pack with its price and how many there are."""
    return _shown(*_asked())


@blueprint.post("/ban-hang/hang/bang")
@guard("seller")
def change_goods_table() -> ResponseReturnValue:
    """Store what she changed in the table, all of it or nothing."""
    found, table = _asked()
    if not table.validate():
        return _shown(found, table), 422
    changes = table.changes()
    try:
        in_transaction(
            lambda session: change_goods(session, seller_id=g.stall.id, changes=changes, **acting())
        )
    except RowsMovedOn as refusal:
        table.blame(refusal.faults)
        return _shown(found, table, refusal), refusal.status
    more = f"?trang={found.page}" if found.page > 1 else ""
    return done(f"/ban-hang/hang/bang{more}", "luu-bang" if changes else "chua-doi-gi")
