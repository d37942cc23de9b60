"""What people write about money that banks told: an answer, a service's secret, a file."""

import secrets

from shop.web.forms import Choice, Dong, Hidden, Line, ShopForm, Whole
from shop.web.words import lazy_

#: {answer as posted: what it is}
ANSWERS = (
    "dung", "chia", "ma", "khong", "da-tra", "cung", "the", "no", "vi", "nhan",
    "dot-the", "hang", "tra-ve", "nop", "ve-lai", "gop", "lui",
)  # fmt: skip


class AnswerForm(ShopForm):
    """One tap on a notice."""

    tra_loi = Hidden()
    khoan = Whole(least=1, most=2**53)
    #: Of orders: what the page said that each has of it (``rules.shown.write_shares``).
    da_xem = Hidden()
    ma = Line(lazy_("Mã đơn hoặc nội dung chuyển khoản"), most=120)
    #: Of a gift without a code: who gave it, as everybody reads it.
    ten = Line(lazy_("Ai góp"), most=60)
    vi = Hidden()
    phi = Dong(lazy_("Ví giữ lại bao nhiêu đồng phí"), least=0, most=10**12)
    #: Of a debt: what the page said is too much.
    du = Whole(least=0, most=10**13)
    so_tien = Dong(lazy_("Ngân hàng ghi có bao nhiêu đồng"), least=1, most=10**13)


class FeedForm(ShopForm):
    """A service that is to tell of money."""

    kind = Choice(
        lazy_("Dịch vụ và cách ký"),
        choices=[
            ("sepay_hmac", lazy_("SePay, ký HMAC (nên dùng)")),
            ("sepay_key", lazy_("SePay, khoá API")),
            ("casso_hmac", lazy_("Casso V2, ký HMAC")),
            ("casso_token", lazy_("Casso, mã bảo mật (secure-token)")),
        ],
    )
    owner = Choice(lazy_("Tài khoản của"), choices=[])
    secret = Line(lazy_("Khoá bí mật"), need=lazy_("Chị dán khoá bí mật vào đây."), most=200)


def drafted_secret() -> str:
    """Return a secret that the person may give to the service, when it has none of its own."""
    return secrets.token_urlsafe(24)


class StatementForm(ShopForm):
    """A statement file; the file itself is read apart."""

    account = Choice(lazy_("Tài khoản"), choices=[])
