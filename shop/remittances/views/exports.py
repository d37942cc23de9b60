"""The reconciliation to take along: parcel by parcel, expected, received, what is left."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from shop.banking.views.desk import Desk
from shop.db import db
from shop.kernel.clock import now_utc, vietnam_date
from shop.payments.rules.cash import CashState
from shop.remittances.queries.parcels import reconciliation
from shop.web.files import table_answer
from shop.web.guards import guard
from shop.web.tables import with_sums
from shop.web.words import _, tr

#: What is taken along; older parcels are settled, or open and in it all the same.
_SINCE = timedelta(days=366)


def open_exports(blueprint: Blueprint, desk: Desk) -> None:
    """Give a blueprint the reconciliation as files."""

    @blueprint.get(f"{desk.base}.csv")
    @guard(desk.guard)
    def remittances_csv() -> ResponseReturnValue:
        """Parcel by parcel, for any program."""
        return _sent("csv", desk)

    @blueprint.get(f"{desk.base}.xlsx")
    @guard(desk.guard)
    def remittances_xlsx() -> ResponseReturnValue:
        """The same as a spreadsheet."""
        return _sent("xlsx", desk)


def _head() -> list[str]:
    return [
        _("Hãng"), _("Mã vận đơn"), _("Mã đơn"), _("Người bán"), _("Ngày thu"), _("Phải về, đồng"),
        _("Đã về, đồng"), _("Phí giao, đồng"), _("Thôi không đòi, đồng"),
        _("Hãng còn giữ, đồng"), _("Phí hoàn hàng, đồng"), _("Tình trạng"),
    ]  # fmt: skip


def _summed(desk: Desk) -> Iterator[Sequence[object]]:
    """Return the rows and what their columns of money come to."""
    return with_sums(_rows(desk), range(5, 11))


def _rows(desk: Desk) -> Iterator[tuple[Any, ...]]:
    words = {
        CashState.WITH_CARRIER: _("hãng đang giữ"), CashState.REMITTED: _("đã về"),
        CashState.WRITTEN_OFF: _("không về"),
    }  # fmt: skip
    for row in reconciliation(db.session(), desk.sight("answer"), now_utc() - _SINCE):
        state = words.get(CashState(row.state), "")
        if row.state == CashState.REMITTED and row.open_vnd:
            state = _("về thiếu")
        elif row.return_fee_vnd and not row.taken_vnd:
            state = _("khách không nhận")
        yield (
            row.carrier, row.tracking_code, row.order, tr(row, "name"),
            vietnam_date(row.taken_at) if row.taken_at else "",
            row.taken_vnd, row.received_vnd, row.fee_vnd, row.off_vnd, row.open_vnd,
            row.return_fee_vnd, state,
        )  # fmt: skip


def _sent(kind: str, desk: Desk) -> ResponseReturnValue:
    today = vietnam_date(now_utc()).isoformat()
    return table_answer(kind, _head(), _summed(desk), f"thu-ho-{today}")
