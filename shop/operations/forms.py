"""Forms of the operator's desk and of complaints."""

from datetime import date, datetime
from typing import Any

from flask import request
from wtforms import BooleanField, MultipleFileField, StringField
from wtforms.validators import ValidationError

from shop.accounts.forms import EmailLine, PhoneLine, Secret, WhoLine
from shop.kernel.amounts import read_hundredths
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.codes import read_code
from shop.kernel.text import one_line
from shop.ledger.rules import shown_vnd
from shop.operations.book_words import ACCOUNTS
from shop.organisations.permissions import ROLES
from shop.organisations.rules import KINDS, MOST_PARTS
from shop.places.forms import SentFromFields
from shop.sellers.forms import ENTITY_WORDS
from shop.sellers.rules import ENTITY_KINDS
from shop.shares.rules import (
    MOST_COMMISSION,
    MOST_FIXED_VND,
    MOST_TAX,
    TAX_CATEGORIES,
    Rate,
)
from shop.web.forms import Choice, Choices, Dong, Hidden, Line, Lines, ShopForm, Whole
from shop.web.words import _, dong, lazy_, tr

#: Words of keys that are stored, for selects and pages.
UNIT_KINDS = {
    "province": lazy_("Tỉnh, thành phố"),
    "district": lazy_("Huyện, quận trước 7/2025"),
    "commune": lazy_("Xã, phường, đặc khu"),
    "branch": lazy_("Chi hội"),
    "group": lazy_("Tổ phụ nữ"),
    "club": lazy_("Câu lạc bộ, nhóm"),
}
ROLE_WORDS = {
    "head": lazy_("Chủ tịch, chi hội trưởng"),
    "deputy": lazy_("Phó chủ tịch, chi hội phó"),
    "treasurer": lazy_("Thủ quỹ"),
    "officer": lazy_("Cán bộ"),
    "organiser": lazy_("Người tổ chức hoạt động"),
    "helper": lazy_("Người trực giúp"),
    "trainer": lazy_("Người dạy"),
    "member": lazy_("Hội viên"),
}
SELLER_ROLES = {
    "owner": lazy_("Người chịu trách nhiệm"),
    "staff": lazy_("Người phụ việc"),
}
COMPLAINT_WORDS = {
    "not_arrived": lazy_("Hàng chưa tới, hoặc tới trễ"),
    "goods": lazy_("Hàng hư, thiếu, hoặc không như mô tả"),
    "money": lazy_("Tiền: chuyển rồi chưa được ghi nhận, hoàn tiền"),
    "seller": lazy_("Cách người bán đối xử"),
    "personal_data": lazy_("Thông tin cá nhân của tôi"),
    "other": lazy_("Việc khác"),
}


def choices(words: dict[str, Any], keys: Any) -> list[tuple[str, Any]]:
    """Return (key, words) pairs for a select."""
    return [(key, words[key]) for key in keys]


class Day(StringField):
    """A day written 17/10/2026 or 2026-10-17; ``data`` is a date."""

    data: Any

    def process_formdata(self, valuelist: list[str]) -> None:
        self.text = (valuelist[0] if valuelist else "").strip()
        self.data = None
        for style in ("%d/%m/%Y", "%Y-%m-%d"):
            try:
                self.data = datetime.strptime(self.text, style).date()  # noqa: DTZ007
            except ValueError:
                continue

    def _value(self) -> str:
        if isinstance(self.data, date):
            return self.data.strftime("%d/%m/%Y")
        return getattr(self, "text", "")

    def pre_validate(self, form: Any) -> None:
        if getattr(self, "text", "") and not self.data:
            raise ValidationError(_("Chị ghi ngày, ví dụ 17/10/2026."))
        if self.data and not 2000 <= self.data.year <= 2100:
            raise ValidationError(_("Ngày này xa quá. Chị xem lại năm."))


class UnitForm(ShopForm):
    kind = Choice(
        lazy_("Loại"), choices=choices(UNIT_KINDS, [kind for kind in KINDS if kind != "district"])
    )
    name_vi = Line(lazy_("Tên"), need=lazy_("Chị ghi tên tổ chức."), most=160)
    name_en = Line(lazy_("Tên tiếng Anh"), most=160)
    parent = Choice(lazy_("Thuộc tổ chức nào"), choices=[])


class UnitNameForm(ShopForm):
    name_vi = Line(lazy_("Tên"), need=lazy_("Chị ghi tên tổ chức."), most=160)
    name_en = Line(lazy_("Tên tiếng Anh"), most=160)


class _ReorderForm(ShopForm):
    """What every reordering of the tree is asked."""

    decision = Line(lazy_("Theo quyết định nào"), most=160)


class MoveUnitForm(_ReorderForm):
    parent = Choice(lazy_("Chuyển về dưới tổ chức nào"), choices=[])

    @property
    def plan(self) -> dict[str, Any]:
        return {"parent_id": int(self.parent.data) if self.parent.data else None}


class MergeUnitsForm(_ReorderForm):
    others = Choices(lazy_("Gộp chung với"), choices=[])
    into = Choice(lazy_("Thành tổ chức nào"), choices=[])
    name_vi = Line(lazy_("Tên tổ chức mới"), most=160)
    name_en = Line(lazy_("Tên tiếng Anh"), most=160)
    carry = BooleanField(lazy_("Người đang giữ vai trò giữ luôn ở tổ chức nhận về"))

    def validate_others(self, field: Choices) -> None:
        if not field.data:
            raise ValidationError(_("Chị chọn ít nhất một tổ chức để gộp."))

    def validate_name_vi(self, field: Line) -> None:
        if not self.into.data and not field.data:
            raise ValidationError(_("Chị ghi tên tổ chức mới."))

    def plan_of(self, unit_id: int) -> dict[str, Any]:
        """Return the plan: one of those chosen takes the others in, or all of them end."""
        into = int(self.into.data) if self.into.data else None
        named = [unit_id, *(int(other) for other in self.others.data or [])]
        return {
            "unit_ids": [unit for unit in dict.fromkeys(named) if unit != into], "into_id": into,
            "name_vi": self.name_vi.data, "name_en": self.name_en.data, "carry": self.carry.data,
        }  # fmt: skip


class SplitUnitForm(_ReorderForm):
    """``child_<id>``: which part each unit below goes to; added by ``of``."""

    keeps = Choice(
        lazy_("Tổ chức này"),
        choices=[("1", lazy_("Giữ lại, chỉ tách bớt ra")), ("0", lazy_("Khép, lập các tổ chức mới thay"))],
    )  # fmt: skip
    names = Lines(
        lazy_("Tên các tổ chức mới, mỗi dòng một tên"), need=lazy_("Chị ghi tên tổ chức mới."),
        most=2000,
    )  # fmt: skip
    carry = BooleanField(lazy_("Người đang giữ vai trò giữ luôn ở phần thứ nhất"))

    @classmethod
    def of(cls, children: list[Any], **kwargs: Any) -> Any:
        """Return the form with a choice for each unit below."""
        parts = [(str(n), _("Phần thứ %(n)s", n=n + 1)) for n in range(MOST_PARTS)]
        asked = {f"child_{row.id}": Choice(tr(row, "name"), choices=parts) for row in children}
        made = type("SplitUnitForm", (cls,), asked)
        form = made.posted(**kwargs) if request.method == "POST" else made(**kwargs)
        form.children = [form[name] for name in asked]
        return form

    def validate_names(self, field: Lines) -> None:
        count = len(self._named()) + (self.keeps.data == "1")
        if not 2 <= count <= MOST_PARTS:
            raise ValidationError(_("Tách ra từ hai tới %(most)s phần.", most=MOST_PARTS))
        if any(int(child.data or 0) >= count for child in self.children):
            raise ValidationError(_("Có tổ chức được đưa vào một phần chưa có tên."))

    def _named(self) -> list[str]:
        return [line for line in map(one_line, (self.names.data or "").splitlines()) if line]

    def plan_of(self, unit_id: int) -> dict[str, Any]:
        keeps = self.keeps.data == "1"
        named = [{"name_vi": name[:160], "name_en": ""} for name in self._named()]
        own = [{"name_vi": "", "name_en": ""}] if keeps else []
        return {
            "unit_id": unit_id, "parts": [*own, *named], "keeps": keeps, "carry": self.carry.data,
            "children": {
                child.short_name.removeprefix("child_"): int(child.data or 0)
                for child in self.children
            },
        }  # fmt: skip


class WhoForm(ShopForm):
    """Somebody with an account, by whole phone or e-mail."""

    who = WhoLine(
        lazy_("Số điện thoại hoặc thư điện tử của người ấy"),
        need=lazy_("Chị ghi số điện thoại hoặc thư điện tử."),
    )
    #: Number of the account that was shown to whoever asks, once she said that it is the one.
    person = Hidden()


class AppointForm(WhoForm):
    role = Choice(lazy_("Vai trò"), choices=choices(ROLE_WORDS, ROLES))
    starts_on = Day(lazy_("Từ ngày"))
    ends_on = Day(lazy_("Đến hết ngày"))


class HandOverForm(WhoForm):
    term = Choice(lazy_("Vai trò nào"), choices=[])


class SellerMemberForm(WhoForm):
    role = Choice(lazy_("Vai trò"), choices=list(SELLER_ROLES.items()))


class SellerForm(SentFromFields, ShopForm):
    """A member business; where its parcels start is the address part."""

    above_address = ("name_vi", "name_en", "organisation", "entity_kind", "person", "phone")
    name_vi = Line(lazy_("Tên gian hàng"), need=lazy_("Chị ghi tên gian hàng."), most=120)
    name_en = Line(lazy_("Tên tiếng Anh"), most=120)
    organisation = Choice(lazy_("Thuộc tổ chức nào"), choices=[])
    entity_kind = Choice(lazy_("Hình thức"), choices=choices(ENTITY_WORDS, ENTITY_KINDS))
    person = Line(
        lazy_("Người bán, gọi thế nào"), need=lazy_("Chị ghi tên người bán, ví dụ chị Sương."),
        most=120,
    )  # fmt: skip
    phone = PhoneLine(lazy_("Điện thoại khách gọi"), need=lazy_("Chị ghi số điện thoại."))
    paid_through_organisation = BooleanField(lazy_("Tiền chuyển khoản vào tài khoản của tổ chức"))


class SellerWordsForm(ShopForm):
    """What a seller's page says."""

    name_vi = Line(lazy_("Tên gian hàng"), need=lazy_("Chị ghi tên gian hàng."), most=120)
    name_en = Line(lazy_("Tên tiếng Anh"), most=120)
    initials = Line(lazy_("Chữ trên con dấu"), need=lazy_("Chị ghi hai hoặc ba chữ."), most=3)
    person = Line(lazy_("Người bán, gọi thế nào"), need=lazy_("Chị ghi tên người bán."), most=120)
    phone = PhoneLine(lazy_("Điện thoại khách gọi"), need=lazy_("Chị ghi số điện thoại."))
    entity_kind = Choice(lazy_("Hình thức"), choices=choices(ENTITY_WORDS, ENTITY_KINDS))
    hamlet_vi = Line(lazy_("Thôn, xóm"), most=120)
    hamlet_en = Line(lazy_("Thôn, xóm (tiếng Anh)"), most=120)
    since_year = Whole(lazy_("Làm từ năm"), least=1800, most=2100)
    sentence_vi = Line(lazy_("Một câu của người làm"), most=300)
    sentence_en = Line(lazy_("Một câu ấy bằng tiếng Anh"), most=300)
    story_vi = Lines(lazy_("Chuyện của người làm"), most=6000)
    story_en = Lines(lazy_("Chuyện ấy bằng tiếng Anh"), most=6000)
    checked_vi = Line(lazy_("Đã xem những gì, ai xem, ngày nào"), most=300)
    checked_en = Line(lazy_("Câu ấy bằng tiếng Anh"), most=300)
    dispatch_vi = Lines(lazy_("Cách gửi hàng"), most=2000)
    dispatch_en = Lines(lazy_("Cách gửi hàng (tiếng Anh)"), most=2000)
    returns_vi = Lines(lazy_("Đổi trả"), most=2000)
    returns_en = Lines(lazy_("Đổi trả (tiếng Anh)"), most=2000)
    lead_days_min = Whole(lazy_("Chuẩn bị nhanh nhất mấy ngày"), least=0, most=60)
    lead_days_max = Whole(lazy_("Chuẩn bị lâu nhất mấy ngày"), least=0, most=60)
    blind_makers = BooleanField(lazy_("Người làm là người khiếm thị, và đồng ý ghi ra"))
    paid_through_organisation = BooleanField(lazy_("Tiền chuyển khoản vào tài khoản của tổ chức"))

    def validate_lead_days_max(self, field: Whole) -> None:
        if (
            None not in (field.data, self.lead_days_min.data)
            and field.data < self.lead_days_min.data
        ):
            raise ValidationError(_("Số ngày lâu nhất phải bằng hoặc hơn số ngày nhanh nhất."))


class Percent(Whole):
    """A percentage with at most two decimals: 8, 7,5, 0.05. ``data``: hundredths of a percent."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.text = one_line(valuelist[0]) if valuelist else ""
        self.data = read_hundredths(self.text)


_WRONG_PERCENT = lazy_("Phần trăm chưa đúng. Chị ghi số, ví dụ 8 hoặc 7,5.")


class CommissionForm(ShopForm):
    """What an organisation keeps, of whose goods, from when."""

    unit = Choice(lazy_("Tổ chức được giữ"), choices=[])
    seller = Choice(lazy_("Của người bán nào"), choices=[], default="")
    shelf = Choice(lazy_("Của loại hàng nào"), choices=[], default="")
    percent = Percent(lazy_("Phần trăm tiền hàng"), most=MOST_COMMISSION, wrong=_WRONG_PERCENT)
    fixed = Dong(lazy_("Số đồng trên mỗi món bán ra"), least=1, most=MOST_FIXED_VND)
    from_on = Day(lazy_("Từ ngày"))
    until_on = Day(lazy_("Đến hết ngày"))

    def validate_unit(self, field: Choice) -> None:
        if not field.data:
            raise ValidationError(_("Chị chọn tổ chức được giữ."))

    def validate_percent(self, field: Percent) -> None:
        if not field.text and not self.fixed.text:
            raise ValidationError(_("Chị ghi phần trăm, hoặc số đồng trên mỗi món."))

    def validate_shelf(self, field: Choice) -> None:
        if field.data and self.seller.data:
            raise ValidationError(
                _("Chị chọn một người bán hoặc một loại hàng, không chọn cả hai.")
            )

    @property
    def rate(self) -> Rate:
        return Rate(self.percent.data or 0, self.fixed.data or 0)


TAX_WORDS = {
    "goods": lazy_("Phân phối, cung cấp hàng hoá"),
    "goods_service": lazy_("Sản xuất, vận tải, dịch vụ có gắn với hàng hoá"),
    "services": lazy_("Dịch vụ không gắn với hàng hoá"),
    "other": lazy_("Hoạt động khác"),
}


class TaxRuleForm(ShopForm):
    """What the law has withheld from a kind of goods."""

    category = Choice(lazy_("Loại"), choices=choices(TAX_WORDS, TAX_CATEGORIES))
    vat = Percent(
        lazy_("Phần trăm thuế giá trị gia tăng"), most=MOST_TAX, wrong=_WRONG_PERCENT,
        need=lazy_("Chị ghi phần trăm thuế giá trị gia tăng, không có thì ghi 0."),
    )  # fmt: skip
    pit = Percent(
        lazy_("Phần trăm thuế thu nhập cá nhân"), most=MOST_TAX, wrong=_WRONG_PERCENT,
        need=lazy_("Chị ghi phần trăm thuế thu nhập cá nhân, không có thì ghi 0."),
    )  # fmt: skip
    from_on = Day(lazy_("Từ ngày"))
    until_on = Day(lazy_("Đến hết ngày"))
    legal_ref = Line(
        lazy_("Ghi ở văn bản nào, điều nào"), need=lazy_("Chị ghi văn bản và điều luật."), most=200
    )


class ApproveForm(ShopForm):
    checked_vi = Line(lazy_("Đã xem những gì, ai xem, ngày nào"), most=300)
    checked_en = Line(lazy_("Câu ấy bằng tiếng Anh"), most=300)


class ReasonForm(ShopForm):
    reason = Line(lazy_("Vì sao"), need=lazy_("Chị ghi lý do, để người sau còn hiểu."), most=300)


class InviteForm(ShopForm):
    """Whom an officer invites to sell, and for which unit."""

    organisation = Choice(lazy_("Thuộc tổ chức nào"), choices=[])
    name = Line(lazy_("Họ và tên"), need=lazy_("Chị ghi họ và tên."), most=120)
    phone = PhoneLine(lazy_("Số điện thoại"), need=lazy_("Chị ghi số điện thoại."))


class MissingForm(ShopForm):
    words = Lines(
        lazy_("Còn thiếu gì, sửa gì"), need=lazy_("Chị ghi còn thiếu gì để người ấy làm."), most=500
    )


class DeclineForm(ShopForm):
    reason = Lines(
        lazy_("Vì sao không nhận"), need=lazy_("Chị ghi lý do, người ấy đọc được."), most=500
    )


class NewAccountForm(ShopForm):
    name = Line(lazy_("Họ và tên"), need=lazy_("Chị ghi họ và tên."), most=120)
    phone = PhoneLine(lazy_("Số điện thoại"))
    email = EmailLine(lazy_("Thư điện tử"))
    password = Secret(lazy_("Mật khẩu đầu tiên"))
    operator = BooleanField(lazy_("Là người điều hành chợ"))


class AnswerForm(ShopForm):
    answer = Lines(lazy_("Trả lời"), most=4000)
    settled = BooleanField(lazy_("Việc đã giải quyết xong"))
    outcome = Line(lazy_("Kết quả, một câu"), most=300)

    def validate_answer(self, field: Lines) -> None:
        if not field.data and not self.settled.data:
            raise ValidationError(_("Chị viết câu trả lời, hoặc đánh dấu đã giải quyết xong."))

    def validate_outcome(self, field: Line) -> None:
        if self.settled.data and not field.data:
            raise ValidationError(_("Chị ghi kết quả, một câu."))


class WordsForm(ShopForm):
    alt_vi = Lines(
        lazy_("Trong ảnh có gì, màu gì, to cỡ nào?"), need=lazy_("Chị tả ảnh giúp."), most=400
    )
    alt_en = Lines(lazy_("Tả bằng tiếng Anh"), most=400)


class VoiceWordsForm(ShopForm):
    """What a maker's recording says, written down by an officer."""

    said_vi = Lines(lazy_("Lời người làm nói"), need=lazy_("Chị chép lời giúp."), most=3000)
    said_en = Lines(lazy_("Lời ấy bằng tiếng Anh"), most=3000)


class ComplaintForm(ShopForm):
    kind = Choice(
        lazy_("Về việc gì"),
        choices=[("", lazy_("Chọn một việc")), *COMPLAINT_WORDS.items()],
    )
    text = Lines(
        lazy_("Chuyện thế nào"), need=lazy_("Anh/chị kể giúp chuyện xảy ra thế nào."), most=4000
    )
    name = Line(lazy_("Họ và tên"), need=lazy_("Anh/chị ghi họ và tên."), most=120)
    phone = PhoneLine(lazy_("Số điện thoại"))
    email = EmailLine(lazy_("Thư điện tử"))
    order_code = Line(lazy_("Mã đơn hàng"), most=20)
    photos = MultipleFileField(lazy_("Ảnh gửi kèm"))
    #: A trap: people do not see it, robots fill it.
    website = StringField(lazy_("Để trống"))
    shown = Hidden()

    def validate_kind(self, field: Choice) -> None:
        if not field.data:
            raise ValidationError(_("Anh/chị chọn một việc trong danh sách."))

    def validate_phone(self, field: PhoneLine) -> None:
        if not field.data and not self.email.data:
            raise ValidationError(
                _("Anh/chị để lại số điện thoại hoặc thư điện tử, để chợ trả lời.")
            )

    def validate_order_code(self, field: Line) -> None:
        field.data = read_code(field.data) if field.data else ""


class EraseForm(ShopForm):
    """From which order the name goes, for good."""

    code = Line(lazy_("Mã đơn hàng"), need=lazy_("Chị ghi mã đơn."), most=20)
    sure = BooleanField(lazy_("Người đặt đơn nhờ bỏ, và đã đọc đúng số điện thoại của đơn"))

    def validate_code(self, field: Line) -> None:
        field.data = read_code(field.data or "")

    def validate_sure(self, field: BooleanField) -> None:
        if not field.data:
            raise ValidationError(_("Chị hỏi lại số điện thoại của đơn rồi đánh dấu."))


class CorrectionForm(ShopForm):
    """A correction of the books: one account each side, how much, why, and where one sees it."""

    amount = Dong(
        lazy_("Số tiền"), least=1, most=1_000_000_000, need=lazy_("Chị ghi số tiền."),
        wrong=lazy_("Số tiền chưa đúng. Chị ghi số, ví dụ 95.000 hoặc 95k."),
    )  # fmt: skip
    debit = Choice(lazy_("Bên nợ"))
    credit = Choice(lazy_("Bên có"))
    reason = Lines(lazy_("Vì sao phải điều chỉnh"), need=lazy_("Chị ghi vì sao."), most=300)
    evidence = Lines(lazy_("Bằng chứng"), need=lazy_("Chị ghi bằng chứng ở đâu."), most=300)

    def offer(self, rows: Any, names: Any) -> None:
        """Offer these accounts on both sides: "kind|owner|detail", named as people read them."""
        pairs = [
            ("|".join((row.kind, row.owner, row.detail)), _account(row, names)) for row in rows
        ]
        self.debit.choices = self.credit.choices = [("", _("Chọn tài khoản")), *pairs]

    def validate_debit(self, field: Choice) -> None:
        if not field.data:
            raise ValidationError(_("Chị chọn tài khoản bên nợ."))

    def validate_credit(self, field: Choice) -> None:
        if not field.data:
            raise ValidationError(_("Chị chọn tài khoản bên có."))
        if field.data == self.debit.data:
            raise ValidationError(_("Hai bên là hai tài khoản khác nhau."))


def _account(row: Any, names: Any) -> str:
    """Return an account's name in one line, with whom it is and what it holds."""
    who, whom = names.get(row.owner), names.get(row.detail)
    said = [str(ACCOUNTS[row.kind]), tr(who, "name") if who else row.owner]
    said += [who["bank"]] if who and who["bank"] else []
    said += [tr(whom, "name") if whom else row.detail] if row.detail else []
    return f"{', '.join(said)}: {dong(shown_vnd(row.kind, row.balance_vnd))}"


class TaxPaymentForm(ShopForm):
    """How much tax is to be paid, of whom and for which days."""

    unit = Choice(lazy_("Tổ chức thu hộ"), choices=[], name="to_chuc")
    amount = Dong(
        lazy_("Số tiền"), least=1, most=1_000_000_000_000, need=lazy_("Chị ghi số tiền."),
        wrong=lazy_("Số tiền chưa đúng. Chị ghi số, ví dụ 95.000 hoặc 95k."), name="so_tien",
    )  # fmt: skip
    first_on = Day(lazy_("Kỳ từ ngày"), name="tu")
    last_on = Day(lazy_("Kỳ đến hết ngày"), name="den")

    def validate_first_on(self, field: Day) -> None:
        if not field.data:
            raise ValidationError(_("Chị ghi ngày đầu của kỳ."))

    def validate_last_on(self, field: Day) -> None:
        if not field.data:
            raise ValidationError(_("Chị ghi ngày cuối của kỳ."))
        if field.data and self.first_on.data and field.data < self.first_on.data:
            raise ValidationError(_("Ngày cuối của kỳ trước ngày đầu. Chị xem lại giúp."))


class TaxPaidForm(ShopForm):
    """That the tax office was paid: when, and under which numbers."""

    paid_on = Day(lazy_("Nộp ngày nào"), name="ngay")
    reference = Line(
        lazy_("Mã giao dịch của ngân hàng"), need=lazy_("Chị ghi mã giao dịch của ngân hàng."),
        most=60, name="ma_giao_dich",
    )  # fmt: skip
    receipt_no = Line(
        lazy_("Số giấy nộp tiền"), need=lazy_("Chị ghi số giấy nộp tiền vào ngân sách."), most=60,
        name="so_giay",
    )  # fmt: skip

    def validate_paid_on(self, field: Day) -> None:
        if not field.data:
            raise ValidationError(_("Chị ghi ngày nộp."))
        if field.data and field.data > vietnam_date(now_utc()):
            raise ValidationError(_("Ngày này chưa tới. Chị xem lại giúp."))


class TaxReceiptForm(ShopForm):
    """The right number of a receipt."""

    receipt_no = Line(
        lazy_("Số giấy nộp tiền"), need=lazy_("Chị ghi số giấy nộp tiền vào ngân sách."), most=60,
        name="so_giay",
    )  # fmt: skip


class PassedOnForm(ShopForm):
    """The bank's number of a transfer to a fund."""

    reference = Line(
        lazy_("Mã giao dịch của ngân hàng"), need=lazy_("Chị ghi mã giao dịch của ngân hàng."),
        most=60, name="ma_giao_dich",
    )  # fmt: skip


class SentBackForm(ShopForm):
    """Why the bank sent a transfer to a fund back."""

    why = Line(
        lazy_("Ngân hàng nói gì"), need=lazy_("Chị ghi vì sao ngân hàng trả lại."), most=200,
        name="vi_sao",
    )  # fmt: skip


class ReturnFeeForm(ShopForm):
    """Who bears the way back of refused parcels, from a day on."""

    bearer = Choice(
        lazy_("Ai chịu"), choices=[("seller", lazy_("Người bán")), ("unit", lazy_("Hội"))],
    )  # fmt: skip
    from_on = Day(lazy_("Từ ngày"))

    def validate_bearer(self, field: Choice) -> None:
        if field.data not in ("seller", "unit"):
            raise ValidationError(_("Chị chọn ai chịu phí."))

    def validate_from_on(self, field: Day) -> None:
        if not field.data and not field.text:
            raise ValidationError(_("Chị ghi ngày, ví dụ 17/10/2026."))
