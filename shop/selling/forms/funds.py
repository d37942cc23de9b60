"""The form by which a seller asks to sell a product for a campaign."""

from wtforms import BooleanField
from wtforms.validators import ValidationError

from shop.fundraising.rules import ShareKind, ShareRule
from shop.web.forms import Choice, Dong, ShopForm, Whole
from shop.web.words import _, lazy_


class FundOfferForm(ShopForm):
    """Which product, for which campaign, with which share; she consents by a tick of her own."""

    campaign = Choice(lazy_("Bán cho đợt nào"), choices=[])
    product = Choice(lazy_("Món nào"), choices=[])
    share_kind = Choice(
        lazy_("Góp thế nào"),
        choices=[
            (ShareKind.FIXED, lazy_("Một số tiền cho mỗi món")),
            (ShareKind.PERCENT, lazy_("Một phần trăm giá bán")),
            (ShareKind.AFTER_COST, lazy_("Tất cả phần lãi, sau khi trừ tiền vốn")),
            (ShareKind.ALL, lazy_("Tất cả tiền hàng")),
        ],
    )
    vnd = Dong(
        lazy_("Mỗi món góp, hoặc tiền vốn mỗi món"), least=1,
        wrong=lazy_("Số tiền chưa đúng. Ghi số, ví dụ 20.000 hoặc 20k."),
    )  # fmt: skip
    percent = Whole(
        lazy_("Bao nhiêu phần trăm"), least=1, most=100,
        wrong=lazy_("Chị ghi một số từ 1 đến 100."),
    )  # fmt: skip
    agree = BooleanField(lazy_("Tôi đồng ý góp như vậy cho mỗi món bán từ lúc Hội nhận"))

    def validate_vnd(self, field: Dong) -> None:
        if self.share_kind.data in (ShareKind.FIXED, ShareKind.AFTER_COST) and not field.data:
            raise ValidationError(_("Chị ghi số tiền cho mỗi món."))

    def validate_percent(self, field: Whole) -> None:
        if self.share_kind.data == ShareKind.PERCENT and not field.data:
            raise ValidationError(_("Chị ghi một số từ 1 đến 100."))

    def validate_agree(self, field: BooleanField) -> None:
        if not field.data:
            raise ValidationError(_("Chị bấm chọn đồng ý rồi mới gửi được."))

    def rule(self) -> ShareRule:
        """Return the share; only of a form that was found right."""
        kind, vnd = self.share_kind.data, self.vnd.data or 0
        return ShareRule(
            int(self.campaign.data), kind,
            vnd=vnd if kind == ShareKind.FIXED else 0,
            hundredths=100 * (self.percent.data or 0) if kind == ShareKind.PERCENT else 0,
            cost_vnd=vnd if kind == ShareKind.AFTER_COST else 0,
        )  # fmt: skip
