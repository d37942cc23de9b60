"""The share that a sale gives to a campaign, as sellers and officers write it."""

from wtforms.validators import ValidationError

from shop.fundraising.rules import ShareKind, ShareRule
from shop.kernel.amounts import read_hundredths
from shop.web.forms import Choice, Dong, Line, ShopForm
from shop.web.words import _, lazy_

SHARE_WORDS = {
    ShareKind.FIXED: lazy_("Một số tiền cho mỗi món"),
    ShareKind.PERCENT: lazy_("Một phần trăm giá bán"),
    ShareKind.AFTER_COST: lazy_("Tất cả phần lãi, sau khi trừ tiền vốn"),
    ShareKind.ALL: lazy_("Tất cả tiền hàng"),
}
#: Hundredths of a percent.
_LEAST, _MOST = 100, 10_000


class ShareForm(ShopForm):
    """Which product, for which campaign, with which share."""

    campaign = Choice(lazy_("Bán cho đợt nào"), choices=[])
    product = Choice(lazy_("Món nào"), choices=[])
    share_kind = Choice(lazy_("Góp thế nào"), choices=list(SHARE_WORDS.items()))
    vnd = Dong(
        lazy_("Mỗi món góp, hoặc tiền vốn mỗi món"), least=1,
        wrong=lazy_("Số tiền chưa đúng. Ghi số, ví dụ 20.000 hoặc 20k."),
    )  # fmt: skip
    percent = Line(lazy_("Bao nhiêu phần trăm"), most=10)

    def validate_vnd(self, field: Dong) -> None:
        if self.share_kind.data in (ShareKind.FIXED, ShareKind.AFTER_COST) and not field.data:
            raise ValidationError(_("Chị ghi số tiền cho mỗi món."))

    def validate_percent(self, field: Line) -> None:
        if self.share_kind.data == ShareKind.PERCENT:
            found = read_hundredths(field.data or "")
            if found is None or not _LEAST <= found <= _MOST:
                raise ValidationError(_("Chị ghi một số từ 1 đến 100, ví dụ 20 hoặc 12,5."))

    def rule(self, campaign_id: int) -> ShareRule:
        """Return the share; only of a form that was found right."""
        kind, vnd = self.share_kind.data, self.vnd.data or 0
        percent = read_hundredths(self.percent.data or "") or 0
        return ShareRule(
            campaign_id, kind,
            vnd=vnd if kind == ShareKind.FIXED else 0,
            hundredths=percent if kind == ShareKind.PERCENT else 0,
            cost_vnd=vnd if kind == ShareKind.AFTER_COST else 0,
        )  # fmt: skip
