"""Forms of lots and of plus and minus."""

from typing import Any

from wtforms import BooleanField
from wtforms.validators import ValidationError

from shop.stock.lot_rules import LotFields
from shop.web.forms import Choice, Day, Line, Lines, ShopForm, Whole
from shop.web.words import _, lazy_


class ChangeForm(ShopForm):
    """So many more or fewer, and why."""

    way = Choice(
        lazy_("Thêm hay bớt?"), choices=[("them", lazy_("Thêm vào kho")), ("bot", lazy_("Bớt đi"))]
    )
    quantity = Whole(lazy_("Bao nhiêu?"), least=1, most=100_000, need=lazy_("Chị ghi bao nhiêu."))
    lot_id = Choice(
        lazy_("Của lô nào?"), coerce=lambda given: int(given) if given else 0,
        validate_choice=True,
    )  # fmt: skip
    why = Line(lazy_("Vì sao?"), most=200)
    #: The last change that the page knew of: what is sent twice changes once.
    sau = Whole(least=0, most=2**53, need=lazy_("Chị tải lại trang rồi bấm lần nữa."))

    def offer(self, lots: Any) -> "ChangeForm":
        self.lot_id.choices = [
            ("0", _("Không theo lô")),
            *((str(lot.id), lot.name) for lot in lots),
        ]
        if self.lot_id.data is None:
            self.lot_id.data = 0
        return self

    @property
    def change(self) -> int:
        return self.quantity.data if self.way.data == "them" else -self.quantity.data


class WarnForm(ShopForm):
    """When she wants to be told that little is left."""

    warn_at = Whole(lazy_("Báo khi chỉ còn"), least=0, most=10_000)


class LotForm(ShopForm):
    """What a lot says of itself."""

    name = Line(lazy_("Số lô"), need=lazy_("Chị ghi số lô, như ghi trên hũ."), most=40)
    made_on = Day(lazy_("Ngày làm"))
    best_before = Day(lazy_("Dùng tốt nhất trước ngày"))
    from_vi = Line(lazy_("Làm từ gì, lấy ở đâu?"), most=300)
    from_en = Line(lazy_("Bản tiếng Anh"), most=300)

    def validate_best_before(self, field: Any) -> None:
        if field.data and self.made_on.data and field.data < self.made_on.data:
            raise ValidationError(_("Ngày này trước ngày làm. Chị xem lại hai ngày."))

    @property
    def fields(self) -> LotFields:
        return LotFields(
            self.name.data or "", self.made_on.data, self.best_before.data, self.from_vi.data or "",
            self.from_en.data or "",
        )  # fmt: skip


class NewLotForm(LotForm):
    """A lot, and how many units belong to it."""

    quantity = Whole(
        lazy_("Lô này có bao nhiêu?"), least=1, most=100_000, need=lazy_("Chị ghi bao nhiêu.")
    )
    counted = BooleanField(lazy_("Số này đã đếm trong kho rồi, đừng cộng thêm"))


class RecallForm(ShopForm):
    """Why a lot is called back, and what people should do with it."""

    recall_vi = Lines(
        lazy_("Vì sao, và khách nên làm gì?"),
        need=lazy_("Chị ghi vì sao thu hồi và khách nên làm gì."), most=500,
    )  # fmt: skip
    recall_en = Lines(lazy_("Bản tiếng Anh"), most=500)
