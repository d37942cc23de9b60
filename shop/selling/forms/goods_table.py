"""The table of all goods: a price and a count per pack, saved together."""

from collections.abc import Sequence
from typing import Any

from flask import request

from shop.kernel.amounts import read_whole
from shop.selling.forms.products import PriceFields
from shop.selling.rules import GoodsChange, RowFault
from shop.web.forms import Hidden, Whole
from shop.web.words import _, lazy_, number, tr


class RowForm(PriceFields):
    """One pack. The hidden fields hold what the page showed, so that a change is seen as one."""

    on_hand = Whole(
        lazy_("Có trong nhà"), least=0, most=1_000_000, need=lazy_("Chị ghi số đang có.")
    )
    price_was = Hidden()
    on_hand_was = Hidden()


class GoodsTable:
    """The forms of the packs on one page: ``table.rows`` are (pack, form).

    Args:
        may_price, may_count: what the reader may change here.
    """

    def __init__(self, packs: Sequence[Any], *, may_price: bool, may_count: bool) -> None:
        self.packs = packs
        self.names = [
            name for name, allowed in (("price_vnd", may_price), ("on_hand", may_count)) if allowed
        ]
        self.rows = [(pack, self._form(pack)) for pack in packs]

    def _form(self, pack: Any) -> RowForm:
        form = RowForm(
            request.form if request.method == "POST" else None,
            prefix=f"p{pack.id}-",
            data={
                "price_vnd": pack.price_vnd, "on_hand": pack.on_hand,
                "price_was": str(pack.price_vnd), "on_hand_was": str(pack.on_hand),
            },
        )  # fmt: skip
        form.stands_vnd = pack.price_vnd
        for name in ("price_vnd", "on_hand"):
            if name not in self.names:
                del form[name]
        return form

    def validate(self) -> bool:
        """Read every row; a fault in one does not hide those of others."""
        fine = [form.validate() for _pack, form in self.rows]
        return all(fine)

    @property
    def faults(self) -> list[tuple[str, str]]:
        """(id of the input, sentence with the pack's name) of what is wrong."""
        return [
            (field.id, f"{tr(pack, 'title')}, {tr(pack, 'name')}: {field.errors[0]}")
            for pack, form in self.rows
            for field in form
            if field.errors
        ]

    def changes(self) -> list[GoodsChange]:
        """Return what differs from what the page had shown."""
        found = []
        for pack, form in self.rows:
            price, count = (
                self._change(form, name, was)
                for name, was in (("price_vnd", "price_was"), ("on_hand", "on_hand_was"))
            )
            if price or count:
                found.append(GoodsChange(pack.id, price, count))
        return found

    def _change(self, form: RowForm, name: str, was: str) -> tuple[int, int] | None:
        shown = read_whole(form[was].data or "")
        if name not in self.names or shown is None or form[name].data == shown:
            return None
        return shown, form[name].data

    def blame(self, faults: Sequence[RowFault]) -> None:
        """Write beside their inputs why rows could not be stored; the next try starts from now."""
        by_pack = {pack.id: form for pack, form in self.rows}
        for fault in faults:
            form = by_pack[fault.variant_id]
            name = "price_vnd" if fault.what == "price" else "on_hand"
            form[name].errors = [_sentence(fault)]
            if fault.what in ("price", "on_hand"):
                form["price_was" if fault.what == "price" else "on_hand_was"].data = str(fault.now)


def _sentence(fault: RowFault) -> str:
    if fault.what == "price":
        return _(
            "Giá vừa có người đổi thành %(now)s. Vẫn muốn đổi thì lưu lại.", now=number(fault.now)
        )
    if fault.what == "on_hand":
        return _(
            "Trong nhà vừa thành %(now)s, vì có đơn gửi đi hoặc có người đếm. Chị đếm lại rồi lưu.",
            now=number(fault.now),
        )
    return _("Khách đang đặt %(now)s, không ghi ít hơn được.", now=number(fault.now))
