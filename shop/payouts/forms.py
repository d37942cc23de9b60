"""What officers write about settlements."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from shop.payouts.rules import RHYTHMS
from shop.web.forms import Choice, Day, Dong, Hidden, Line, ShopForm
from shop.web.words import lazy_, tr

RHYTHM_WORDS = {
    "by_hand": lazy_("Tự lập khi cần"),
    "weekly": lazy_("Mỗi tuần, hết Chủ nhật"),
    "monthly": lazy_("Mỗi tháng, hết ngày cuối tháng"),
}
_LEAST = 100_000_000


class DraftForm(ShopForm):
    """Which organisation, and up to which day."""

    unit = Choice(lazy_("Tổ chức"), choices=[], name="to_chuc")
    to_on = Day(lazy_("Đến hết ngày"), need=lazy_("Chị ghi ngày cuối của kỳ."), name="den")
    least = Dong(
        lazy_("Ít nhất bao nhiêu thì chuyển"), least=0, most=_LEAST, name="it_nhat",
        wrong=lazy_("Số tiền chưa đúng. Chị ghi số, ví dụ 50.000 hoặc 50k."),
    )  # fmt: skip

    def offer(self, rows: Iterable[Any], today: date) -> None:
        """Offer organisations that collect; yesterday unless another day is asked for."""
        self.unit.choices = [(str(row.id), tr(row, "name")) for row in rows]
        if self.to_on.data is None and not self.to_on.text:
            self.to_on.data = today - timedelta(days=1)


class ReferenceForm(ShopForm):
    """The bank's number of a transfer. ``mark``: which list was seen; ``kind``: of file."""

    reference = Line(
        lazy_("Mã giao dịch của ngân hàng"), need=lazy_("Chị ghi mã giao dịch của ngân hàng."),
        most=60, name="ma_giao_dich",
    )  # fmt: skip
    mark = Hidden(name="da_xem")
    kind = Hidden(name="loai")


class SettledForm(ShopForm):
    """What became of a transfer. ``payout``: ``rules.payout_mark`` of the one that was shown."""

    payout = Hidden(name="chuyen")


class FailedForm(SettledForm):
    """Why the bank sent a transfer back."""

    why = Line(
        lazy_("Ngân hàng nói gì"), need=lazy_("Chị ghi vì sao ngân hàng trả lại."), most=200,
        name="vi_sao",
    )  # fmt: skip


class RhythmForm(ShopForm):
    """How often settlements are drafted by themselves."""

    rhythm = Choice(
        lazy_("Bao lâu một lần"), choices=[(key, RHYTHM_WORDS[key]) for key in RHYTHMS],
        name="nhip",
    )  # fmt: skip
    least = Dong(
        lazy_("Ít nhất bao nhiêu thì chuyển"), least=0, most=_LEAST, name="it_nhat",
        wrong=lazy_("Số tiền chưa đúng. Chị ghi số, ví dụ 50.000 hoặc 50k."),
    )  # fmt: skip
