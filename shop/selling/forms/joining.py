"""Forms of who wants to sell: the word she was given, her stall, or a letter to her unit."""

from wtforms import StringField
from wtforms.validators import DataRequired

from shop.accounts.forms import EmailLine, PhoneLine
from shop.places.forms import SentFromFields
from shop.sellers.forms import ENTITY_WORDS
from shop.sellers.rules import ENTITY_KINDS
from shop.web.forms import Choice, Hidden, Line, ShopForm
from shop.web.words import lazy_

_PHONE = lazy_("Chị ghi số điện thoại.")


class InvitedCodeForm(ShopForm):
    code = Line(lazy_("Mã mời"), need=lazy_("Chị ghi mã Hội đọc cho chị."), most=20)


class NewStallForm(SentFromFields, ShopForm):
    """The least that a stall needs to begin; everything else later."""

    above_address = ("phone", "person", "name_vi", "entity_kind")
    phone = PhoneLine(lazy_("Số điện thoại của chị"), need=_PHONE)
    person = Line(
        lazy_("Tên chị, khách gọi thế nào"), need=lazy_("Chị ghi tên, ví dụ chị Sương."), most=120
    )
    name_vi = Line(lazy_("Tên gian hàng"), need=lazy_("Chị ghi tên gian hàng."), most=120)
    entity_kind = Choice(
        lazy_("Hình thức"), choices=[(kind, ENTITY_WORDS[kind]) for kind in ENTITY_KINDS]
    )


class AskToSellForm(ShopForm):
    """What somebody without an invitation writes; an officer of the unit rings her."""

    unit = Choice(
        lazy_("Chị ở tổ chức nào của Hội"), choices=[],
        validators=[DataRequired(lazy_("Chị chọn tổ chức. Không rõ thì chọn nơi gần nhà nhất."))],
    )  # fmt: skip
    name = Line(lazy_("Họ và tên"), need=lazy_("Chị ghi họ và tên."), most=120)
    phone = PhoneLine(lazy_("Số điện thoại"), need=_PHONE)
    email = EmailLine(lazy_("Thư điện tử"))
    offers = Line(lazy_("Chị làm món gì"), need=lazy_("Chị kể một câu."), most=300)
    shown = Hidden()
    #: A trap: people do not see it, robots fill it.
    website = StringField(lazy_("Để trống"))
