"""Forms of calls for help: the organiser's and those of whoever helps."""

import re
from datetime import date, datetime, time
from typing import Any

from wtforms import BooleanField, StringField
from wtforms.validators import ValidationError

from shop.accounts.forms import EmailLine, PhoneLine
from shop.kernel.clock import VIETNAM
from shop.kernel.text import one_line
from shop.mutual_aid.rules import CONSENT_KINDS, NeedKind
from shop.organisations.members import Person
from shop.web.forms import Choice, Day, Dong, Hidden, Line, Lines, ShopForm, Whole
from shop.web.words import _, lazy_

NEED_WORDS = {
    NeedKind.LABOUR: lazy_("Công, góp sức"),
    NeedKind.MEALS: lazy_("Cơm nước"),
    NeedKind.TOOLS: lazy_("Đồ nghề, xe"),
    NeedKind.GOODS: lazy_("Đồ dùng, lương thực"),
}
CONSENT_WORDS = {
    "in_person": lazy_("Nói trực tiếp"),
    "voice": lazy_("Qua điện thoại"),
    "paper": lazy_("Viết giấy"),
}
_TIME = re.compile(r"([01]?[0-9]|2[0-3])\s*(?:[:hg.]|giờ|gio)?\s*([0-5][0-9])?\s*(?:p|phút)?")


def read_time(text: str) -> time | None:
    """Return a time of day as people write it, or None.

    >>> [str(read_time(t)) for t in ("6:00", "6h30", "18 giờ", "25:00")]
    ['06:00:00', '06:30:00', '18:00:00', 'None']
    """
    found = _TIME.fullmatch(text.strip().lower())
    return time(int(found[1]), int(found[2] or 0)) if found else None


class Clock(StringField):
    """A time of day in Vietnam: 6:00, 6h30, 18 giờ."""

    data: Any  # a time, or None

    def __init__(self, label: Any = None, *, need: Any = None, **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.need, self.text = need, ""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.text = one_line(valuelist[0]) if valuelist else ""
        self.data = read_time(self.text)

    def _value(self) -> str:
        return f"{self.data:%H:%M}" if self.data else self.text

    def pre_validate(self, form: Any) -> None:
        if self.text and self.data is None:
            raise ValidationError(_("Giờ chưa đúng. Ghi như 6:00 hoặc 6h30 nhé."))
        if not self.text and self.data is None and self.need is not None:
            raise ValidationError(str(self.need))


class OneDayForm(ShopForm):
    """What begins and ends on one day; its fields stand where each form asks for them."""

    on: Day
    starts: Clock
    ends: Clock

    def validate_ends(self, field: Clock) -> None:
        if field.data and self.starts.data and field.data <= self.starts.data:
            raise ValidationError(_("Giờ xong phải sau giờ bắt đầu, cùng ngày."))

    @property
    def times(self) -> tuple[datetime, datetime]:
        """Return (starts at, ends at); only of a form that was found right."""
        on: date = self.on.data
        return (
            datetime.combine(on, self.starts.data, VIETNAM),
            datetime.combine(on, self.ends.data, VIETNAM),
        )


class CallForm(OneDayForm):
    """A call for help: for whom, when, where, and that the household agreed."""

    organisation = Choice(lazy_("Đơn vị đứng ra"), choices=[])
    title_vi = Line(lazy_("Việc gì"), need=lazy_("Chị ghi việc cần giúp."), most=120)
    title_en = Line(lazy_("Việc gì (tiếng Anh)"), most=120)
    for_whom_vi = Line(lazy_("Giúp ai"), need=lazy_("Chị ghi giúp ai."), most=160)
    for_whom_en = Line(lazy_("Giúp ai (tiếng Anh)"), most=160)
    story_vi = Lines(lazy_("Chuyện thế nào"), most=3000)
    story_en = Lines(lazy_("Chuyện ấy bằng tiếng Anh"), most=3000)
    on = Day(lazy_("Ngày nào"), need=lazy_("Chị ghi ngày."), ahead=True)
    starts = Clock(lazy_("Bắt đầu lúc"), need=lazy_("Chị ghi giờ bắt đầu."))
    ends = Clock(lazy_("Xong lúc"), need=lazy_("Chị ghi giờ xong, phỏng chừng cũng được."))
    place_vi = Line(lazy_("Gặp nhau ở đâu"), need=lazy_("Chị ghi chỗ gặp nhau."), most=200)
    place_en = Line(lazy_("Gặp nhau ở đâu (tiếng Anh)"), most=200)
    contact_name = Line(lazy_("Gọi ai để hỏi"), need=lazy_("Chị ghi tên người trả lời."), most=80)
    contact_phone = PhoneLine(lazy_("Điện thoại để hỏi"), need=lazy_("Chị ghi số điện thoại."))
    consent_kind = Choice(
        lazy_("Gia đình đồng ý bằng cách nào"),
        choices=[("", lazy_("Chưa hỏi")), *((kind, CONSENT_WORDS[kind]) for kind in CONSENT_KINDS)],
    )
    consent_on = Day(lazy_("Đồng ý ngày nào"))

    def validate_consent_on(self, field: Day) -> None:
        if self.consent_kind.data and field.data is None:
            raise ValidationError(_("Chị ghi ngày gia đình đồng ý."))

    @property
    def words(self) -> dict[str, str]:
        """Return the text columns of a call by name."""
        return {name: getattr(self, name).data for name in TEXTS}


TEXTS = (
    "title_vi", "title_en", "for_whom_vi", "for_whom_en", "story_vi", "story_en", "place_vi",
    "place_en", "contact_name", "contact_phone",
)  # fmt: skip


class NeedForm(ShopForm):
    kind = Choice(lazy_("Cần loại gì"), choices=list(NEED_WORDS.items()))
    words_vi = Line(lazy_("Cần gì"), need=lazy_("Chị ghi cần gì."), most=160)
    words_en = Line(lazy_("Cần gì (tiếng Anh)"), most=160)
    wanted = Whole(lazy_("Cần bao nhiêu"), least=1, most=9999, need=lazy_("Chị ghi một số."))
    unit_vi = Line(lazy_("Đếm bằng gì"), need=lazy_("Chị ghi đơn vị, ví dụ người."), most=30)
    unit_en = Line(lazy_("Đơn vị (tiếng Anh, số ít)"), most=30)


class NeedSizeForm(ShopForm):
    wanted = Whole(lazy_("Cần bao nhiêu"), least=0, most=9999, need=lazy_("Chị ghi một số."))


class CancelCallForm(ShopForm):
    reason = Line(
        lazy_("Vì sao"), need=lazy_("Chị ghi lý do, để người đã nhận lời hiểu."), most=300
    )


class ThanksForm(ShopForm):
    thanks_vi = Lines(
        lazy_("Việc đã xong thế nào"), need=lazy_("Chị viết vài câu cảm ơn."), most=3000
    )
    thanks_en = Lines(lazy_("Câu ấy bằng tiếng Anh"), most=3000)


class PledgeForm(ShopForm):
    """What somebody promises: one need, how many, and how to reach her."""

    need = Choice(lazy_("Anh/chị góp gì"), choices=[])
    quantity = Whole(
        lazy_("Bao nhiêu"), least=1, most=9999, need=lazy_("Anh/chị ghi một số.")
    )  # fmt: skip
    value = Dong(
        lazy_("Trị giá, nếu là đồ"), least=1_000, most=1_000_000_000,
        wrong=lazy_("Số tiền chưa đúng. Ghi số, ví dụ 200.000 hoặc 200k."),
    )  # fmt: skip
    name = Line(lazy_("Họ và tên"), need=lazy_("Anh/chị ghi họ và tên."), most=120)
    phone = PhoneLine(lazy_("Số điện thoại"), need=lazy_("Anh/chị ghi số điện thoại."))
    email = EmailLine(lazy_("Thư điện tử"))
    note = Line(lazy_("Lời nhắn"), most=300)
    show_name = BooleanField(lazy_("Ghi tên tôi trong danh sách người góp"))
    shown = Hidden()
    #: A trap: people do not see it, robots fill it.
    website = StringField(lazy_("Để trống"))

    @property
    def contact(self) -> dict[str, Any]:
        return {
            "name": self.name.data, "phone": self.phone.data, "email": self.email.data or None,
            "note": self.note.data,
        }  # fmt: skip


class MemberForm(ShopForm):
    """What the register says of a woman."""

    name = Line(lazy_("Họ và tên"), need=lazy_("Chị ghi họ và tên."), most=120)
    phone = PhoneLine(lazy_("Số điện thoại"))
    born = Whole(lazy_("Năm sinh"), least=1900, most=2026)
    joined = Day(lazy_("Ngày vào Hội"))

    @property
    def person(self) -> Person:
        return Person(
            self.name.data or "", self.phone.data or None, self.born.data, self.joined.data
        )  # fmt: skip


class MoveMemberForm(ShopForm):
    unit = Choice(lazy_("Chuyển sang"), choices=[])


class JoinForm(ShopForm):
    """What somebody who asks to join writes; nobody has to say more than her name."""

    name = Line(lazy_("Họ và tên"), need=lazy_("Chị ghi họ và tên."), most=120)
    phone = PhoneLine(lazy_("Số điện thoại"), need=lazy_("Chị ghi số điện thoại."))
    shown = Hidden()
    #: A trap: people do not see it, robots fill it.
    website = StringField(lazy_("Để trống"))


class JoinCodeForm(ShopForm):
    code = Line(lazy_("Mã tham gia"), need=lazy_("Chị ghi mã Hội đưa."), most=20)


class KioskForm(ShopForm):
    """A machine that prints for the day, and whose it is."""

    organisation = Choice(lazy_("Máy của đơn vị nào"), choices=[])
    name = Line(lazy_("Máy đặt ở đâu"), need=lazy_("Chị ghi máy đặt ở đâu."), most=80)


class GroupForm(ShopForm):
    """A chat group of a unit."""

    kind = Choice(lazy_("Ở đâu"), choices=[("zalo", "Zalo"), ("facebook", "Facebook")])
    name = Line(lazy_("Tên nhóm"), need=lazy_("Chị ghi tên nhóm."), most=120)
    link = Line(
        lazy_("Đường dẫn vào nhóm"), need=lazy_("Chị chép đường dẫn của nhóm vào đây."), most=300
    )
    size = Whole(lazy_("Bao nhiêu người"), least=0, most=1_000_000)
    for_whom = Choice(
        lazy_("Ai thấy nhóm này"),
        choices=[("members", lazy_("Chỉ cán bộ và hội viên")), ("public", lazy_("Mọi người"))],
    )


class GroupSizeForm(ShopForm):
    size = Whole(lazy_("Bao nhiêu người"), least=0, most=1_000_000)


class AnnouncementForm(ShopForm):
    """What a unit tells everybody below it."""

    title = Line(lazy_("Việc gì"), need=lazy_("Chị ghi việc gì, trong một dòng."), most=120)
    text = Lines(lazy_("Nội dung"), need=lazy_("Chị ghi nội dung."), most=4000)
    is_open = BooleanField(lazy_("Ai có đường dẫn cũng đọc được, để gửi vào nhóm chat"))
