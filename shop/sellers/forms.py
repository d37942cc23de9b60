"""Forms of sellers: letting others help at a stall, and where transfers go."""

from datetime import timedelta
from typing import Any

from wtforms import FileField
from wtforms.validators import ValidationError

from shop.accounts.forms import WhoLine
from shop.kernel.clock import now_utc, vietnam_date
from shop.sellers.helping_rules import HEARD, LONGEST, RIGHTS
from shop.sellers.queries import banks
from shop.sellers.rules import account_number
from shop.web.forms import Choice, Choices, Day, Line, ShopForm
from shop.web.words import _, lazy_

RIGHT_WORDS = {
    "see_orders": lazy_("Xem đơn hàng, cả tên, số điện thoại và địa chỉ khách"),
    "move_orders": lazy_("Chốt, gói, gửi đơn, báo phí giao, huỷ đơn"),
    "answer_money": lazy_("Ghi tiền của đơn đã tới hay chưa"),
    "edit_goods": lazy_("Thêm, sửa hàng hoá, giá, ảnh"),
    "count_stock": lazy_("Đếm lại số hàng còn"),
    "answer_reviews": lazy_("Trả lời đánh giá của khách, nhờ chợ xem một lời"),
}
CONSENT_WORDS = {
    "own": lazy_("chủ gian hàng tự bấm"),
    "voice": lazy_("nói qua điện thoại, hay ghi âm"),
    "paper": lazy_("viết giấy, điểm chỉ"),
    "in_person": lazy_("nói trực tiếp trước cán bộ"),
}

ENTITY_WORDS = {
    "ca_nhan": lazy_("Cá nhân"),
    "ho_kinh_doanh": lazy_("Hộ kinh doanh"),
    "to_hop_tac": lazy_("Tổ hợp tác"),
    "htx": lazy_("Hợp tác xã"),
    "doanh_nghiep": lazy_("Doanh nghiệp"),
}


class HelperForm(ShopForm):
    """Who may help, with what, until when."""

    who = WhoLine(
        lazy_("Số điện thoại hoặc thư điện tử của người giúp"),
        need=lazy_("Chị ghi số điện thoại hoặc thư điện tử."),
    )
    rights = Choices(lazy_("Được làm gì"), choices=[(r, RIGHT_WORDS[r]) for r in RIGHTS])
    last_day = Day(
        lazy_("Tới hết ngày"), need=lazy_("Chị ghi ngày cuối, xa nhất là một năm."), ahead=True
    )

    def validate_rights(self, field: Choices) -> None:
        if not field.data:
            raise ValidationError(_("Chị chọn ít nhất một việc."))

    def validate_last_day(self, field: Day) -> None:
        if field.data and field.data > vietnam_date(now_utc() + LONGEST - timedelta(days=1)):
            raise ValidationError(_("Lâu nhất là một năm. Hết hạn chị cho giúp tiếp được."))


class HeardHelperForm(HelperForm):
    """The same by an officer, with how the owner said yes."""

    owner = Choice(lazy_("Ai đồng ý"), choices=[])
    consent_kind = Choice(
        lazy_("Đồng ý bằng cách nào"), choices=[(kind, CONSENT_WORDS[kind]) for kind in HEARD]
    )
    consent_on = Day(lazy_("Đồng ý ngày nào"), need=lazy_("Chị ghi ngày chủ gian hàng đồng ý."))
    consent_note = Line(lazy_("Ghi thêm"), most=300)
    consent_file = FileField(lazy_("Ghi âm, hay ảnh tờ giấy"))

    def validate_consent_on(self, field: Day) -> None:
        if field.data and field.data > vietnam_date(now_utc()):
            raise ValidationError(_("Ngày đồng ý chưa tới. Chị xem lại giúp."))

    def offer(self, owners: Any) -> "HeardHelperForm":
        self.owner.choices = [(str(one.account_id), one.name) for one in owners]
        return self


class BankForm(ShopForm):
    """Where transfers go: of a seller, of a unit, of a campaign alone."""

    bank = Choice(lazy_("Ngân hàng"), choices=[])
    number = Line(lazy_("Số tài khoản"), need=lazy_("Chị ghi số tài khoản."), most=40)
    holder = Line(
        lazy_("Tên chủ tài khoản, như ngân hàng in"), need=lazy_("Chị ghi tên chủ tài khoản."),
        most=80,
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bank.choices = [
            ("", _("Chọn ngân hàng")),
            *((bank.bin, f"{bank.short_name}, {bank.name}") for bank in banks().values()),
        ]

    def validate_bank(self, field: Choice) -> None:
        if not field.data:
            raise ValidationError(_("Chị chọn một ngân hàng trong danh sách."))

    def validate_number(self, field: Line) -> None:
        if field.data and account_number(field.data) is None:
            raise ValidationError(
                _("Số tài khoản chưa đúng. Chị ghi từ 4 đến 19 số hoặc chữ không dấu.")
            )
