"""What buyers, makers and the desk write about reviews."""

from typing import Any

from wtforms.validators import ValidationError

from shop.reviews.rules import HIDE_REASONS, HIDEABLE, MOST_LETTERS, NameShown, leads_elsewhere
from shop.web.forms import Choice, Hidden, Lines, ShopForm
from shop.web.words import _, lazy_

#: Why words may be hidden, as the public page names it after "vì".
REASON_WORDS = {
    "personal_data": lazy_("có thông tin riêng của người khác"),
    "insult": lazy_("xúc phạm hoặc vu khống người khác"),
    "unlawful": lazy_("có nội dung pháp luật cấm đăng"),
    "advertising": lazy_("là quảng cáo hoặc dụ mua ở nơi khác"),
    "not_goods": lazy_("không nói về món hàng, người bán hay việc giao hàng"),
}
STAR_WORDS = {
    "5": (lazy_("5 sao"), lazy_("Rất ưng")),
    "4": (lazy_("4 sao"), lazy_("Ưng")),
    "3": (lazy_("3 sao"), lazy_("Tạm được")),
    "2": (lazy_("2 sao"), lazy_("Chưa ưng")),
    "1": (lazy_("1 sao"), lazy_("Không ưng chút nào")),
}


class _Stars(Choice):
    """One to five; nothing is chosen for her."""

    def pre_validate(self, form: Any) -> None:
        if self.data not in STAR_WORDS:
            raise ValidationError(_("Anh/chị chọn từ 1 tới 5 sao."))


class ReviewForm(ShopForm):
    """One to five stars, words if she likes, and how she is named."""

    stars = _Stars(
        lazy_("Anh/chị thấy món này thế nào"), choices=[(stars, stars) for stars in STAR_WORDS]
    )
    text = Lines(lazy_("Vài lời về món này"), most=MOST_LETTERS)
    name = Choice(
        lazy_("Ghi tên thế nào"), choices=[(how.value, how.value) for how in NameShown],
        default=NameShown.INITIAL.value,
    )  # fmt: skip

    def validate_text(self, field: Lines) -> None:
        if leads_elsewhere(field.data or ""):
            raise ValidationError(
                _("Mọi người đọc được lời này. Anh/chị bỏ giúp số điện thoại, thư và địa chỉ trang web.")
            )  # fmt: skip


class ReplyForm(ShopForm):
    """What the maker answers; nothing takes her answer back."""

    reply = Lines(lazy_("Lời của chị"), most=MOST_LETTERS)

    def validate_reply(self, field: Lines) -> None:
        if leads_elsewhere(field.data or ""):
            raise ValidationError(
                _("Mọi người đọc được lời này. Chị bỏ giúp số điện thoại, thư và địa chỉ trang web.")
            )  # fmt: skip


def _reasons() -> list[tuple[str, Any]]:
    return [(reason, REASON_WORDS[reason]) for reason in HIDE_REASONS]


class ReportForm(ShopForm):
    """Why the maker wants the desk to look at the words."""

    reason = Choice(lazy_("Lời này sai ở đâu"), choices=_reasons())
    why = Lines(lazy_("Chị kể thêm"), most=500)


class HideForm(ShopForm):
    """Why words are hidden."""

    what = Hidden()
    reason = Choice(lazy_("Lý do ẩn"), choices=_reasons())

    def validate_what(self, field: Hidden) -> None:
        if field.data not in HIDEABLE:
            raise ValidationError(_("Chọn một mục trong danh sách nhé."))


class KeepForm(ShopForm):
    """Why reported words stay."""

    answer = Lines(
        lazy_("Trả lời người bán"), need=lazy_("Viết giúp vì sao lời này được giữ."), most=500
    )
