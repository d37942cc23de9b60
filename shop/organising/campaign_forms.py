"""Forms of campaigns: the organiser's, the giver's, and what is sold."""

from typing import Any

from wtforms import BooleanField, StringField
from wtforms.validators import ValidationError

from shop.accounts.forms import EmailLine, PhoneLine
from shop.catalogue.forms import AllergenChoices
from shop.fundraising.actions.goods import Given
from shop.fundraising.forms import ShareForm
from shop.fundraising.rules import (
    LEAST_GIFT_VND,
    MOST_GIFT_VND,
    MOST_GOAL_VND,
    CampaignKind,
    Duty,
    kind_of,
)
from shop.kernel.clock import now_utc, vietnam_date
from shop.organising.forms import CONSENT_WORDS
from shop.web.forms import Choice, Day, Dong, Hidden, Line, Lines, ShopForm, Whole
from shop.web.words import _, dong, lazy_

_WRONG = lazy_("Số tiền chưa đúng. Ghi số, ví dụ 200.000 hoặc 200k.")
KIND_WORDS = {
    CampaignKind.SALE: lazy_("Bán hàng gây quỹ"),
    CampaignKind.RELIEF: lazy_("Góp tiền cứu trợ"),
    CampaignKind.GIVING: lazy_("Góp tiền giúp đỡ"),
}
DUTY_WORDS = {
    Duty.ANNOUNCE: lazy_("Nói rõ mục đích, tài khoản, thời gian"),
    Duty.TOTALS: lazy_("Công bố đã nhận bao nhiêu"),
    Duty.HAND_OVER: lazy_("Trao hết cho người nhận"),
    Duty.USES: lazy_("Công bố đã dùng vào việc gì"),
}
TEXTS = (
    "title_vi", "title_en", "for_whom_vi", "for_whom_en", "why_vi", "why_en",
    "beneficiary_rule_vi", "beneficiary_rule_en", "spending_vi", "spending_en", "legal_basis_vi",
    "legal_basis_en", "document_no",
)  # fmt: skip


class CampaignForm(ShopForm):
    """A campaign: for whom, why, how much and until when. What one gets back decides its kind."""

    organisation = Choice(lazy_("Đơn vị đứng ra"), choices=[])
    gets_back = Choice(
        lazy_("Người ủng hộ nhận lại gì?"),
        choices=[
            ("goods", lazy_("Nhận hàng: mua hàng, một phần tiền vào quỹ")),
            ("nothing", lazy_("Không nhận gì: chỉ góp tiền")),
        ],
    )
    emergency = Choice(
        lazy_("Vì thiên tai, dịch bệnh, sự cố hay bệnh hiểm nghèo?"),
        choices=[("no", lazy_("Không phải")), ("yes", lazy_("Đúng vậy"))],
    )
    title_vi = Line(lazy_("Tên đợt gây quỹ"), need=lazy_("Chị đặt một tên ngắn."), most=120)
    title_en = Line(lazy_("Tên (tiếng Anh)"), most=120)
    for_whom_vi = Line(lazy_("Giúp ai"), need=lazy_("Chị ghi giúp ai."), most=160)
    for_whom_en = Line(lazy_("Giúp ai (tiếng Anh)"), most=160)
    why_vi = Lines(lazy_("Vì sao cần"), need=lazy_("Chị viết vài câu vì sao cần."), most=3000)
    why_en = Lines(lazy_("Vì sao cần (tiếng Anh)"), most=3000)
    beneficiary_rule_vi = Lines(
        lazy_("Chọn người nhận thế nào"), need=lazy_("Chị ghi ai bình xét, theo tiêu chí nào."),
        most=2000,
    )  # fmt: skip
    beneficiary_rule_en = Lines(lazy_("Chọn người nhận (tiếng Anh)"), most=2000)
    spending_vi = Lines(
        lazy_("Tiền dùng vào việc gì, dư thì sao"), need=lazy_("Chị ghi tiền dùng vào việc gì."),
        most=2000,
    )  # fmt: skip
    spending_en = Lines(lazy_("Tiền dùng vào việc gì (tiếng Anh)"), most=2000)
    legal_basis_vi = Line(
        lazy_("Căn cứ"), need=lazy_("Chị ghi quy chế hay văn bản cho phép."), most=300
    )
    legal_basis_en = Line(lazy_("Căn cứ (tiếng Anh)"), most=300)
    document_no = Line(lazy_("Số văn bản"), need=lazy_("Chị ghi số văn bản."), most=60)
    document_on = Day(lazy_("Ngày văn bản"), need=lazy_("Chị ghi ngày văn bản."))
    goal = Dong(lazy_("Cần bao nhiêu"), most=MOST_GOAL_VND, wrong=_WRONG)
    opens_on = Day(lazy_("Bắt đầu ngày"), need=lazy_("Chị ghi ngày bắt đầu."), ahead=True)
    closes_on = Day(lazy_("Ngày cuối nhận"), ahead=True)
    distribute_by = Day(lazy_("Trao xong trước ngày"), ahead=True)

    @property
    def kind(self) -> CampaignKind:
        return kind_of(self.gets_back.data, self.emergency.data == "yes")

    def validate_goal(self, field: Dong) -> None:
        if field.data is None:
            raise ValidationError(_("Chị ghi số tiền cần."))

    def validate_closes_on(self, field: Day) -> None:
        if field.data is None and self.kind != CampaignKind.SALE:
            raise ValidationError(_("Góp tiền thì phải có ngày cuối."))
        if field.data and self.opens_on.data and field.data < self.opens_on.data:
            raise ValidationError(_("Ngày cuối phải sau ngày bắt đầu."))

    def validate_distribute_by(self, field: Day) -> None:
        if self.closes_on.data is None:
            if field.data is not None:
                raise ValidationError(_("Bán quanh năm thì để trống ô này."))
        elif field.data is None:
            raise ValidationError(_("Chị ghi ngày phải trao xong."))
        elif field.data < self.closes_on.data:
            raise ValidationError(_("Trao xong không trước ngày cuối nhận."))

    @property
    def said(self) -> dict[str, Any]:
        """Return the columns of ``actions.campaigns.SAID``; only of a form that was found right."""
        return {name: getattr(self, name).data for name in TEXTS} | {
            "kind": self.kind, "document_on": self.document_on.data, "goal_vnd": self.goal.data,
            "opens_on": self.opens_on.data, "closes_on": self.closes_on.data,
            "distribute_by": self.distribute_by.data,
        }  # fmt: skip


#: Amounts to choose with one tap.
AMOUNTS = (50_000, 100_000, 200_000, 500_000)


class GiftForm(ShopForm):
    """Money that somebody gives: one of some amounts or her own, named or not."""

    amount = Choice(lazy_("Anh/chị góp bao nhiêu"), choices=[])
    own = Dong(
        lazy_("Số khác"), least=LEAST_GIFT_VND, most=MOST_GIFT_VND, wrong=_WRONG,
    )  # fmt: skip
    name = Line(lazy_("Tên"), most=60)
    show_name = BooleanField(lazy_("Ghi tên tôi trong sổ thu chi công khai"))
    email = EmailLine(lazy_("Thư điện tử"))
    message = Line(lazy_("Lời nhắn"), most=300)
    #: "card", where cards are taken; anything else is a transfer.
    how = Hidden()
    shown = Hidden()
    #: A trap: people do not see it, robots fill it.
    website = StringField(lazy_("Để trống"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.amount.choices = [(str(vnd), dong(vnd)) for vnd in AMOUNTS] + [
            ("own", _("Số khác, ghi ở dưới"))
        ]

    def validate_own(self, field: Dong) -> None:
        if self.amount.data == "own" and field.data is None:
            raise ValidationError(_("Anh/chị ghi số tiền."))

    def validate_name(self, field: Line) -> None:
        if self.show_name.data and not field.data:
            raise ValidationError(_("Anh/chị ghi tên muốn hiện, hoặc bỏ chọn ghi tên."))

    @property
    def vnd(self) -> int:
        return self.own.data if self.amount.data == "own" else int(self.amount.data)

    @property
    def contact(self) -> dict[str, Any]:
        return {"name": self.name.data, "email": self.email.data or None}


class ReceivedForm(ShopForm):
    """What a treasurer saw on the account."""

    amount = Dong(lazy_("Đã vào tài khoản"), least=1, most=MOST_GIFT_VND, wrong=_WRONG)
    seen = Whole(least=0, most=2**52)

    def validate_amount(self, field: Dong) -> None:
        if field.data is None:
            raise ValidationError(_("Chị ghi số tiền đã vào tài khoản."))


class WrittenGiftForm(ShopForm):
    """Money that came without a code, as an officer writes it down."""

    how = Choice(
        lazy_("Tiền đến bằng cách nào"),
        choices=[
            ("cash", lazy_("Tiền mặt")),
            ("transfer", lazy_("Chuyển khoản không ghi mã")),
        ],
        default="cash",
    )
    amount = Dong(
        lazy_("Bao nhiêu tiền"), least=LEAST_GIFT_VND, most=MOST_GIFT_VND, wrong=_WRONG,
        need=lazy_("Chị ghi số tiền."),
    )  # fmt: skip
    on_day = Day(lazy_("Nhận ngày nào"), need=lazy_("Chị ghi ngày nhận tiền."))
    name = Line(lazy_("Ai góp"), most=60)
    #: Names one rendering of the form: a second tap is no second gift.
    shown = Hidden()

    #: Set by the view: the first and the last day on which the campaign takes money.
    first_day: Any = None
    last_day: Any = None

    def validate_on_day(self, field: Day) -> None:
        if field.data and field.data > vietnam_date(now_utc()):
            raise ValidationError(_("Ngày này chưa tới. Chị xem lại giúp."))
        if field.data and self.first_day and field.data < self.first_day:
            raise ValidationError(_("Ngày này trước khi đợt gây quỹ mở. Chị xem lại giúp."))
        if field.data and self.last_day and field.data > self.last_day:
            raise ValidationError(_("Ngày này sau khi đợt gây quỹ khép, nên không tính vào quỹ."))


class DepositForm(ShopForm):
    """Cash of the fund that was paid into its bank account."""

    amount = Dong(
        lazy_("Nộp bao nhiêu"), least=1, most=MOST_GOAL_VND, wrong=_WRONG,
        need=lazy_("Chị ghi số tiền đã nộp."),
    )  # fmt: skip
    on_day = Day(lazy_("Nộp ngày nào"), need=lazy_("Chị ghi ngày nộp."))
    reference = Line(lazy_("Số giấy nộp tiền hoặc mã giao dịch"), most=60)

    #: Set by the view: the first day on which the campaign takes money.
    first_day: Any = None

    def validate_on_day(self, field: Day) -> None:
        if field.data and field.data > vietnam_date(now_utc()):
            raise ValidationError(_("Ngày này chưa tới. Chị xem lại giúp."))
        if field.data and self.first_day and field.data < self.first_day:
            raise ValidationError(_("Ngày này trước khi đợt gây quỹ mở. Chị xem lại giúp."))

    @property
    def said(self) -> dict[str, Any]:
        """Return the arguments of ``actions.cash.say_paid_in``."""
        return {
            "amount_vnd": self.amount.data, "on_day": self.on_day.data,
            "reference": self.reference.data or "",
        }  # fmt: skip


class OfferForHerForm(ShareForm):
    """Written down by an officer, with the seller's consent."""

    given_by = Line(lazy_("Hàng ai cho, nếu là hàng góp"), most=80)
    consent_kind = Choice(
        lazy_("Người bán đồng ý bằng cách nào"), choices=list(CONSENT_WORDS.items())
    )
    consent_by = Line(lazy_("Ai đồng ý"), need=lazy_("Chị ghi tên người đồng ý."), most=80)
    consent_on = Day(lazy_("Đồng ý ngày nào"), need=lazy_("Chị ghi ngày đồng ý."))


class GoodsForm(ShopForm):
    """Goods that somebody gives: what, how much, what they are worth, and how to reach her."""

    words = Line(lazy_("Anh/chị góp gì"), need=lazy_("Anh/chị ghi món góp."), most=120)
    quantity = Whole(lazy_("Bao nhiêu"), least=1, most=9999, need=lazy_("Anh/chị ghi một số."))
    unit = Line(lazy_("Đơn vị"), need=lazy_("Anh/chị ghi đơn vị, ví dụ kg."), most=30)
    value = Dong(lazy_("Trị giá chừng bao nhiêu"), least=1_000, most=MOST_GIFT_VND, wrong=_WRONG)
    name = Line(lazy_("Họ và tên"), need=lazy_("Anh/chị ghi họ và tên."), most=80)
    phone = PhoneLine(lazy_("Số điện thoại"), need=lazy_("Anh/chị ghi số điện thoại."))
    note = Line(lazy_("Lấy hàng ở đâu, lúc nào"), most=200)
    show_name = BooleanField(lazy_("Ghi tên tôi bên món góp, cho mọi người thấy"))
    shown = Hidden()
    #: A trap: people do not see it, robots fill it.
    website = StringField(lazy_("Để trống"))

    @property
    def given(self) -> Given:
        return Given(
            words=self.words.data or "", quantity=self.quantity.data or 1,
            unit=self.unit.data or "", stated_value_vnd=self.value.data,
            shown_name=(self.name.data or "") if self.show_name.data else "",
            contact={
                "name": self.name.data, "phone": self.phone.data, "note": self.note.data or ""
            },
        )  # fmt: skip


class SellGoodsForm(ShopForm):
    """Which stall sells what was given, for how much, and that it agreed."""

    seller = Choice(lazy_("Gian hàng nào bán"), choices=[])
    category = Choice(lazy_("Loại hàng"), choices=[])
    price = Dong(lazy_("Giá bán mỗi đơn vị"), least=1_000, most=MOST_GIFT_VND, wrong=_WRONG)
    weight = Whole(
        lazy_("Mỗi đơn vị nặng bao nhiêu gam, cả bao bì"), least=1, most=50_000,
        need=lazy_("Chị ghi số gam, để tính phí giao."),
    )  # fmt: skip
    allergens = AllergenChoices(
        lazy_("Có chất nào dễ gây dị ứng?"),
        need=lazy_("Chị chọn các chất có trong món, hoặc chọn Không có."),
    )
    consent_kind = Choice(
        lazy_("Người bán đồng ý bằng cách nào"), choices=list(CONSENT_WORDS.items())
    )
    consent_by = Line(lazy_("Ai đồng ý"), need=lazy_("Chị ghi tên người đồng ý."), most=80)
    consent_on = Day(lazy_("Đồng ý ngày nào"), need=lazy_("Chị ghi ngày đồng ý."))

    def validate_price(self, field: Dong) -> None:
        if field.data is None:
            raise ValidationError(_("Chị ghi giá bán."))
