"""The form by which a seller asks to sell a product for a campaign."""

from wtforms import BooleanField
from wtforms.validators import ValidationError

from shop.fundraising.forms import ShareForm
from shop.web.words import _, lazy_


class FundOfferForm(ShareForm):
    """She consents by a tick of her own."""

    agree = BooleanField(lazy_("Tôi đồng ý góp như vậy cho mỗi món bán từ lúc Hội nhận"))

    def validate_agree(self, field: BooleanField) -> None:
        if not field.data:
            raise ValidationError(_("Chị bấm chọn đồng ý rồi mới gửi được."))
