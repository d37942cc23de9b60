"""Forms of hand-overs: planned, done before two witnesses, proved, and who agreed to be shown."""

from typing import Any

from wtforms import BooleanField, FileField
from wtforms.validators import ValidationError

from shop.fundraising.paper_rules import Consent
from shop.fundraising.rules import MOST_GOAL_VND
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.text import fold
from shop.organising.forms import CONSENT_WORDS
from shop.web.forms import Choice, Day, Dong, Line, ShopForm, Whole
from shop.web.words import _, lazy_

_WRONG = lazy_("Số tiền chưa đúng. Ghi số, ví dụ 200.000 hoặc 200k.")
ROLE_WORDS = {
    "decision": lazy_("Quyết định"),
    "rules": lazy_("Quy chế thu chi"),
    "other": lazy_("Giấy tờ khác"),
}
SHOWN_WORDS = {
    "": lazy_("Chỉ tên xã"),
    "initials": lazy_("Tên xã và chữ cái đầu của tên"),
    "name": lazy_("Tên xã và họ tên"),
}
#: In the form a plan is one choice, not two: what leaves the fund, and for whom.
PLAN_WORDS = {
    "hand_over-money": lazy_("Trao tiền cho người nhận"),
    "hand_over-goods": lazy_("Trao hiện vật cho người nhận"),
    "cost-money": lazy_("Chi phí bằng tiền"),
}


class PlanForm(ShopForm):
    """What is to leave a fund: money or goods to somebody, or a cost."""

    what = Choice(lazy_("Việc gì"), choices=list(PLAN_WORDS.items()))
    words_vi = Line(lazy_("Để làm gì"), need=lazy_("Chị ghi trao hay chi để làm gì."), most=200)
    words_en = Line(lazy_("Để làm gì (tiếng Anh)"), most=200)
    amount = Dong(lazy_("Bao nhiêu tiền"), least=1_000, most=MOST_GOAL_VND, wrong=_WRONG)
    goods_vi = Line(lazy_("Hiện vật gì, bao nhiêu"), most=160)
    goods_en = Line(lazy_("Hiện vật (tiếng Anh)"), most=160)
    value = Dong(lazy_("Hiện vật trị giá chừng"), least=1_000, most=MOST_GOAL_VND, wrong=_WRONG)
    voucher_no = Line(lazy_("Số chứng từ"), most=40)
    beneficiary = Choice(lazy_("Trao cho ai"), choices=[], default="")
    name = Line(lazy_("Họ tên người nhận"), most=120)
    phone = Line(lazy_("Số điện thoại"), most=20)
    ward = Line(lazy_("Xã, phường"), most=80)
    households = Whole(lazy_("Mấy hộ"), least=1, most=9999)

    #: Set by ``ward_meant``: the ward of what was typed.
    place: Any = None

    @property
    def purpose(self) -> str:
        return str(self.what.data).partition("-")[0]

    @property
    def is_goods(self) -> bool:
        return str(self.what.data).endswith("goods")

    @property
    def is_new(self) -> bool:
        return self.purpose == "hand_over" and not self.beneficiary.data

    def validate_amount(self, field: Dong) -> None:
        if not self.is_goods and not field.data:
            raise ValidationError(_("Chị ghi số tiền."))

    def validate_goods_vi(self, field: Line) -> None:
        if self.is_goods and not field.data:
            raise ValidationError(_("Chị ghi hiện vật gì, bao nhiêu, ví dụ 5 bao gạo 10 kg."))

    def validate_name(self, field: Line) -> None:
        if self.is_new and not field.data:
            raise ValidationError(_("Chị ghi họ tên người nhận. Tên cất kín, không ai ngoài thấy."))

    def validate_ward(self, field: Line) -> None:
        if self.is_new and self.place is None:
            raise ValidationError(
                _("Chị ghi đúng tên một xã hay phường, kèm tỉnh nếu trùng tên.")
                if field.data
                else _("Chị ghi xã hay phường của người nhận.")
            )

    @property
    def said(self) -> dict[str, Any]:
        """Return the columns of a plan, but for who gets it; only of a form found right."""
        return {
            "purpose": self.purpose, "form": "goods" if self.is_goods else "money",
            "words_vi": self.words_vi.data, "words_en": self.words_en.data or "",
            "amount_vnd": 0 if self.is_goods else self.amount.data,
            "goods_vi": self.goods_vi.data if self.is_goods else "",
            "goods_en": (self.goods_en.data or "") if self.is_goods else "",
            "stated_value_vnd": self.value.data if self.is_goods else None,
            "voucher_no": self.voucher_no.data or "",
        }  # fmt: skip

    @property
    def contact(self) -> dict[str, Any]:
        return {"name": self.name.data, "phone": self.phone.data or "", "address": "", "note": ""}


class DoneForm(ShopForm):
    """That it was handed over or paid: when, before whom, by which voucher."""

    done_on = Day(lazy_("Trao ngày nào"), need=lazy_("Chị ghi ngày trao."))
    witness_one = Line(
        lazy_("Người chứng kiến thứ nhất"), need=lazy_("Chị ghi tên người chứng kiến."), most=80
    )
    witness_two = Line(
        lazy_("Người chứng kiến thứ hai"), need=lazy_("Chị ghi tên người thứ hai."), most=80
    )
    voucher_no = Line(lazy_("Số chứng từ"), need=lazy_("Chị ghi số chứng từ."), most=40)

    #: Set by the view: the first day on which anything could be handed over.
    first_day: Any = None

    def validate_done_on(self, field: Day) -> None:
        if field.data and field.data > vietnam_date(now_utc()):
            raise ValidationError(_("Ngày trao chưa tới. Chị xem lại giúp."))
        if field.data and self.first_day and field.data < self.first_day:
            raise ValidationError(_("Ngày trao trước khi đợt này mở. Chị xem lại giúp."))

    def validate_witness_two(self, field: Line) -> None:
        if field.data and fold(field.data) == fold(self.witness_one.data or ""):
            raise ValidationError(_("Hai người chứng kiến phải là hai người khác nhau."))


class ReturnForm(ShopForm):
    """That money of it is in the fund again: it came back, or it never left."""

    what = Choice(
        lazy_("Chuyện gì"),
        choices=[
            ("came_back", lazy_("Tiền đã về lại tài khoản quỹ")),
            ("wrong", lazy_("Ghi nhầm, tiền chưa rời quỹ")),
        ],
    )
    amount = Dong(
        lazy_("Bao nhiêu tiền"), least=1, most=MOST_GOAL_VND, wrong=_WRONG,
        need=lazy_("Chị ghi số tiền."),
    )  # fmt: skip
    on_day = Day(lazy_("Ngày nào"), need=lazy_("Chị ghi ngày tiền về, hoặc hôm nay nếu ghi nhầm."))
    reference = Line(lazy_("Mã giao dịch của ngân hàng"), most=60)
    why = Line(lazy_("Vì sao"), need=lazy_("Chị ghi vì sao, mọi người đọc được."), most=200)

    #: Set by the view: the day on which it was handed over.
    done_on: Any = None

    def validate_on_day(self, field: Day) -> None:
        if field.data and field.data > vietnam_date(now_utc()):
            raise ValidationError(_("Ngày này chưa tới. Chị xem lại giúp."))
        if field.data and self.done_on and field.data < self.done_on:
            raise ValidationError(_("Ngày này trước ngày trao. Chị xem lại giúp."))

    def validate_reference(self, field: Line) -> None:
        if self.what.data == "came_back" and not field.data:
            raise ValidationError(_("Chị ghi mã giao dịch mà ngân hàng báo tiền về."))

    @property
    def said(self) -> dict[str, Any]:
        """Return the arguments of ``actions.returning.say_returned``."""
        came_back = self.what.data == "came_back"
        return {
            "amount_vnd": self.amount.data, "on_day": self.on_day.data, "why": self.why.data,
            "reference": self.reference.data if came_back else "",
        }  # fmt: skip


class _Agreed(ShopForm):
    """How, when and until when somebody agreed."""

    consent_kind = Choice(
        lazy_("Đồng ý bằng cách nào"),
        choices=[("", lazy_("Chưa hỏi")), *CONSENT_WORDS.items()],
        default="",
    )
    consent_on = Day(lazy_("Đồng ý ngày nào"))
    consent_until = Day(lazy_("Đồng ý tới hết ngày"))

    @property
    def consent(self) -> Consent | None:
        if self.consent_kind.data and self.consent_on.data and self.consent_until.data:
            return Consent(self.consent_kind.data, self.consent_on.data, self.consent_until.data)
        return None


class ConsentForm(_Agreed):
    """What a beneficiary lets everybody read of her."""

    consent_for = Choice(lazy_("Mọi người được đọc gì"), choices=list(SHOWN_WORDS.items()))


class ShowFileForm(_Agreed):
    """Who may see a file."""

    audience = Choice(
        lazy_("Ai xem được"),
        choices=[("officers", lazy_("Chỉ cán bộ")), ("all", lazy_("Mọi người"))],
        default="officers",
    )
    shows_people = BooleanField(lazy_("Trong ảnh nhận ra được người"))

    @property
    def shown(self) -> dict[str, Any]:
        """Return the arguments of ``actions.papers.show_file`` and ``add_file``."""
        return {
            "is_public": self.audience.data == "all", "shows_people": bool(self.shows_people.data),
            "consent": self.consent,
        }  # fmt: skip


class FileForm(ShowFileForm):
    """A paper or picture to keep."""

    tep = FileField(lazy_("Ảnh hoặc PDF"))
    caption_vi = Line(
        lazy_("Trong đó có gì"), need=lazy_("Chị tả vài chữ, cho người không nhìn được."), most=200
    )
    caption_en = Line(lazy_("Trong đó có gì (tiếng Anh)"), most=200)


class DocumentForm(FileForm):
    """A paper of the campaign itself."""

    role = Choice(lazy_("Giấy gì"), choices=list(ROLE_WORDS.items()))


class ReasonForm(ShopForm):
    """Why a name or message is kept out of sight; for the trail alone."""

    reason = Line(lazy_("Vì sao"), need=lazy_("Chị ghi vì sao ẩn."), most=200)
