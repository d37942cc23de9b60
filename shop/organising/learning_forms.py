"""Forms of lessons, classes and questions."""

from typing import Any

from wtforms import BooleanField
from wtforms.validators import ValidationError

from shop.accounts.forms import PhoneLine
from shop.kernel.clock import VIETNAM
from shop.learning.models import Lecture
from shop.learning.rules import MOST_SEATS
from shop.organising.forms import Clock, OneDayForm
from shop.organising.lesson_deeds import DEED_WORDS
from shop.web.forms import Choice, Day, Hidden, Line, Lines, ShopForm, Whole
from shop.web.words import _, lazy_

_DEED_CHOICES = [
    ("", lazy_("Đọc là xong")), *((deed, words) for deed, (_way, words, _done) in DEED_WORDS.items())
]  # fmt: skip


class LessonForm(ShopForm):
    """A lesson in both languages, and what it leads to."""

    organisation = Choice(lazy_("Đơn vị viết bài"), choices=[])
    body_vi = Lines(lazy_("Bài bằng tiếng Việt"), need=lazy_("Chị viết bài."), most=12_000)
    body_en = Lines(lazy_("Bài bằng tiếng Anh"), need=lazy_("Chị viết bản tiếng Anh."), most=12_000)
    deed = Choice(lazy_("Học xong thì làm gì"), choices=_DEED_CHOICES)


class ClassForm(OneDayForm):
    """A class: what is taught, when, where, by whom, for how many."""

    organisation = Choice(lazy_("Đơn vị mở lớp"), choices=[])
    title_vi = Line(lazy_("Lớp dạy gì"), need=lazy_("Chị ghi lớp dạy gì."), most=120)
    title_en = Line(lazy_("Lớp dạy gì (tiếng Anh)"), most=120)
    about_vi = Lines(lazy_("Nói thêm"), most=2000)
    about_en = Lines(lazy_("Nói thêm (tiếng Anh)"), most=2000)
    on = Day(lazy_("Ngày nào"), need=lazy_("Chị ghi ngày."), ahead=True)
    starts = Clock(lazy_("Bắt đầu lúc"), need=lazy_("Chị ghi giờ bắt đầu."))
    ends = Clock(lazy_("Xong lúc"), need=lazy_("Chị ghi giờ xong, phỏng chừng cũng được."))
    place_vi = Line(lazy_("Học ở đâu"), need=lazy_("Chị ghi chỗ học."), most=200)
    place_en = Line(lazy_("Học ở đâu (tiếng Anh)"), most=200)
    link = Line(lazy_("Đường dẫn để học từ xa"), most=300)
    trainer_name = Line(lazy_("Người dạy"), need=lazy_("Chị ghi tên người dạy."), most=80)
    trainer_phone = PhoneLine(lazy_("Điện thoại người dạy"), need=lazy_("Chị ghi số điện thoại."))
    seats = Whole(
        lazy_("Bao nhiêu chỗ"), least=1, most=MOST_SEATS, need=lazy_("Chị ghi bao nhiêu chỗ.")
    )

    def validate_link(self, field: Line) -> None:
        if field.data and not field.data.startswith("https://"):
            raise ValidationError(_("Đường dẫn bắt đầu bằng https://"))

    @property
    def said(self) -> dict[str, Any]:
        """Return the columns of a class by name; only of a form that was found right."""
        starts_at, ends_at = self.times
        return {
            **{name: getattr(self, name).data or "" for name in CLASS_TEXTS},
            "seats": self.seats.data,
            "starts_at": starts_at,
            "ends_at": ends_at,
        }

    @classmethod
    def of(cls, row: Lecture) -> "ClassForm":
        """Return the form filled with a class."""
        starts, ends = row.starts_at.astimezone(VIETNAM), row.ends_at.astimezone(VIETNAM)
        return cls(
            on=starts.date(), starts=starts.time(), ends=ends.time(), seats=row.seats,
            organisation=str(row.organisation_id),
            **{name: getattr(row, name) for name in CLASS_TEXTS},
        )  # fmt: skip


CLASS_TEXTS = (
    "title_vi", "title_en", "about_vi", "about_en", "place_vi", "place_en", "link",
    "trainer_name", "trainer_phone",
)  # fmt: skip


class CancelClassForm(ShopForm):
    reason = Line(lazy_("Vì sao"), need=lazy_("Chị ghi lý do, để người đã ghi tên hiểu."), most=300)


class SeatForm(ShopForm):
    """Who comes to a class."""

    name = Line(lazy_("Họ và tên người đi học"), need=lazy_("Chị ghi họ và tên."), most=120)
    phone = PhoneLine(lazy_("Số điện thoại"))
    attempt = Hidden()

    @property
    def contact(self) -> dict[str, Any]:
        return {"name": self.name.data, "phone": self.phone.data or None}


class QuestionForm(ShopForm):
    text = Lines(lazy_("Chị muốn hỏi gì"), need=lazy_("Chị ghi điều muốn hỏi."), most=1500)
    wants_call = BooleanField(lazy_("Nhờ Hội gọi lại cho tôi"))


class AnswerForm(ShopForm):
    answer = Lines(lazy_("Trả lời"), need=lazy_("Chị ghi câu trả lời."), most=3000)
    is_shared = BooleanField(lazy_("Cho chị em trong tổ chức cùng đọc, không ghi tên người hỏi"))


class HoursForm(ShopForm):
    words = Line(lazy_("Gọi chị được lúc nào"), most=120)
