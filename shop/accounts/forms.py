"""Forms of signing in and of one's own account."""

from typing import Any

from wtforms import BooleanField, PasswordField
from wtforms.validators import InputRequired, ValidationError

from shop.accounts.queries import identifier
from shop.accounts.rules import PASSWORD_BYTES
from shop.kernel.phones import read_phone
from shop.web.forms import Choice, Hidden, Line, ShopForm
from shop.web.words import CALLED, lazy_


class Secret(PasswordField):
    """A password: never trimmed, never shown again."""

    def __init__(self, label: Any = None, *, need: Any = None, **kwargs: Any) -> None:
        super().__init__(label, [InputRequired(need)] if need is not None else [], **kwargs)
        self.required = need is not None

    def pre_validate(self, form: Any) -> None:
        if len((self.data or "").encode("utf-8", "surrogatepass")) > 4 * PASSWORD_BYTES:
            raise ValidationError(str(lazy_("Mật khẩu dài quá. Nhiều nhất là 256 chữ.")))


class PhoneLine(Line):
    """A phone number as people write it; ``data`` is E.164 once it was read."""

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        super().__init__(label, most=40, **kwargs)
        self.text = ""

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        self.text = self.data or ""

    def _value(self) -> str:
        return self.text or super()._value()

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        if not self.data:
            return
        phone = read_phone(self.data)
        if phone is None:
            raise ValidationError(
                str(
                    lazy_(
                        "Số %(typed)s chưa đúng. Xem lại giúp, ví dụ 0905 000 118.", typed=self.data
                    )
                )
            )
        self.data = phone.e164


class EmailLine(Line):
    """A mail address; ``data`` is lower case. Whether it exists, the first mail shows."""

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        super().__init__(label, most=254, **kwargs)

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        if not self.data:
            return
        local, at, host = self.data.rpartition("@")
        if not (at and local and "." in host) or not is_mail_address(self.data):
            raise ValidationError(
                str(lazy_("Thư điện tử chưa đúng. Xem lại giúp, ví dụ suong@example.com."))
            )
        self.data = self.data.lower()


class WhoLine(Line):
    """Whoever has an account, by whole phone or mail address; ``data`` stays as it was typed."""

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        super().__init__(label, most=254, **kwargs)

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        if self.data and identifier(self.data) is None:
            raise ValidationError(
                str(lazy_("Số điện thoại chưa đúng. Xem lại giúp, ví dụ 0905 000 118."))
            )


def is_mail_address(text: str) -> bool:
    """Tell whether a text can stand in a mail's header as one address."""
    return (
        text.isascii()
        and text.isprintable()
        and text.count("@") == 1
        and not any(c in text for c in ' ,;:<>()[]"\\')
        and not text.startswith((".", "@"))
        and ".." not in text
    )


class _WhoForm(ShopForm):
    who = WhoLine(
        lazy_("Số điện thoại hoặc thư điện tử"), need=lazy_("Ghi số điện thoại hoặc thư điện tử.")
    )
    next = Hidden()


class SignInForm(_WhoForm):
    password = Secret(lazy_("Mật khẩu"), need=lazy_("Ghi mật khẩu."))


class CodeForm(_WhoForm):
    code = Line(lazy_("Mã tám chữ mà Hội đọc cho"), need=lazy_("Ghi mã tám chữ."), most=20)


class PasskeyForm(ShopForm):
    """What a phone signed, as its browser wrote it down."""

    credential = Hidden()
    next = Hidden()


class NewPasskeyForm(ShopForm):
    name = Line(lazy_("Tên để nhớ là máy nào"), need=lazy_("Ghi một tên."), most=60)
    credential = Hidden()


class StepForm(ShopForm):
    code = Line(
        lazy_("Sáu số trong ứng dụng, hoặc một mã dự phòng"), need=lazy_("Ghi sáu số."), most=40
    )
    next = Hidden()


class ProveForm(ShopForm):
    secret = Secret(lazy_("Mật khẩu, sáu số hoặc mã dùng một lần"), need=lazy_("Ghi một trong ba."))
    next = Hidden()
    #: "1": the password is not enough.
    strong = Hidden()


class ProveStronglyForm(ProveForm):
    secret = Secret(lazy_("Sáu số hoặc mã dùng một lần"), need=lazy_("Ghi một trong hai."))


class AskLinkForm(ShopForm):
    email = EmailLine(lazy_("Thư điện tử"), need=lazy_("Ghi thư điện tử."))


class NewPasswordForm(ShopForm):
    password = Secret(lazy_("Mật khẩu mới"), need=lazy_("Ghi mật khẩu mới."))


class ChangePasswordForm(ShopForm):
    current = Secret(lazy_("Mật khẩu đang dùng"))
    password = Secret(lazy_("Mật khẩu mới"), need=lazy_("Ghi mật khẩu mới."))


class ProfileForm(ShopForm):
    name = Line(lazy_("Họ và tên"), need=lazy_("Ghi họ và tên."), most=120)
    locale = Choice(
        lazy_("Chợ viết cho anh/chị bằng tiếng"),
        choices=[("vi", lazy_("Tiếng Việt")), ("en", lazy_("Tiếng Anh"))],
        default="vi",
    )
    called = Choice(
        lazy_("Chợ gọi anh/chị là"), choices=[(one, one) for one in CALLED], default=CALLED[0]
    )


class ContactForm(ShopForm):
    phone = PhoneLine(lazy_("Số điện thoại"))
    email = EmailLine(lazy_("Thư điện tử"))


class MarketingForm(ShopForm):
    agree = BooleanField(
        lazy_("Gửi tôi tin hàng mới và ngày mở phiên chợ, nhiều nhất hai thư một tháng")
    )


class DigitsForm(ShopForm):
    code = Line(lazy_("Sáu số trong ứng dụng"), need=lazy_("Ghi sáu số."), most=12)


class DeleteForm(ShopForm):
    sure = BooleanField(
        lazy_("Tôi hiểu, xoá tài khoản của tôi"),
        [InputRequired(lazy_("Đánh dấu vào ô này nếu anh/chị muốn xoá."))],
    )
