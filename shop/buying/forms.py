"""Forms of checkout, tracking and the order page."""

import re
import secrets
from collections.abc import Iterable
from datetime import date
from functools import cached_property
from typing import Any

from flask import request
from wtforms import BooleanField, StringField
from wtforms.validators import ValidationError

from shop.accounts.forms import EmailLine, Secret
from shop.kernel.amounts import read_whole
from shop.kernel.codes import read_code
from shop.ordering.queries import GiftBeside
from shop.ordering.rules import CartLine, Contact, PartKey, Stall, attempt_digest
from shop.ordering.rules import Choice as PartChoice
from shop.payments.methods import METHODS
from shop.places.forms import AddressFields, PhoneField
from shop.places.rules.addresses import Address
from shop.places.rules.addresses import one_line as one_line_address
from shop.sellers.queries import banks
from shop.sellers.rules import account_number
from shop.shipping.rules import Destination
from shop.vouchers.rules import read_voucher_code
from shop.web.forms import Choice, Hidden, Line, Lines, ShopForm
from shop.web.words import _, lazy_

_ATTEMPT = re.compile(r"[0-9a-f]{32}")
#: Fields that say nothing of what is ordered.
_NOT_ORDERED = frozenset({"attempt", "find", "step", "voucher_refused"})


class PartForm(ShopForm):
    """How one maker's part is brought and paid. Field names begin with ``p<seller id>-``.

    What several makers bring to one market is collected and paid together: their forms share
    the fields that begin with ``m<session id>-``.
    """

    delivery = StringField()
    method = StringField()
    #: The way of paying that the shown page had chosen by itself: another one is her own choice.
    preset = Hidden()
    note = Line(most=250)

    stall: Stall
    point_ids: frozenset[int] = frozenset()
    #: What her goods come to: not every way of paying takes that much.
    goods_vnd = 0
    is_abroad = False
    #: The accounts that the parts of one market are paid into; None: some take no transfers.
    payee_id: int | None = None
    #: Whether its fields stand on the page: of a market's forms, the first one's do.
    is_shown = True
    #: Somebody else receives it, and would be asked for the money of a gift.
    is_gift = False
    #: A receiver was named after the page had chosen cash, so a transfer is chosen now.
    is_turned = False

    @property
    def pickup_point_id(self) -> int | None:
        """The chosen point, when it is one of hers."""
        kind, _dash, point = (self.delivery.data or "").partition("-")
        if kind != "pickup" or not point.isascii() or not point.isdecimal():
            return None
        return int(point[:18]) if int(point[:18]) in self.point_ids else None

    @property
    def is_pickup(self) -> bool:
        return self.pickup_point_id is not None

    @cached_property
    def methods(self) -> list[str]:
        """The ways of paying that hold for what is chosen: looked at when it is settled."""
        return [
            name
            for name, method in METHODS.items()
            if (self.stall.market is None or name in ("cod", "transfer"))
            and method.offer(
                payee_id=self.payee_id,
                abroad=self.is_abroad and not self.is_pickup,
                pickup=self.is_pickup,
                goods_vnd=self.goods_vnd,
            )
        ]

    @property
    def usual(self) -> str:
        """The way of paying that stands chosen until she chooses; "" when none holds."""
        methods = self.methods
        if self.is_gift and "transfer" in methods:
            return "transfer"
        return next(iter(methods), "")

    @property
    def is_preset_for_gift(self) -> bool:
        """Whether a transfer stands chosen because somebody else receives it."""
        return (
            self.is_gift
            and "cod" in self.methods
            and self.method.data == self.preset.data == "transfer"
        )

    def settle_method(self, *, choosing: bool) -> None:
        """Choose a way of paying for her where she has chosen none.

        What she chose herself stays, unless she is still looking and it no longer fits.
        When she orders, a gift's way is chosen anew and the page asks her again, and the only way
        stands for one that the page had chosen and that no longer fits.
        """
        hers = self.method.data is not None and self.method.data != self.preset.data
        unfit = self.method.data not in self.methods
        usual = self.usual
        self.is_turned = (
            not hers and self.is_gift and self.method.data == "cod" and usual == "transfer"
        )
        only = unfit and not hers and len(self.methods) == 1
        anew = self.method.data is None or self.is_turned or only
        if anew or (choosing and (unfit or not hers)):
            self.method.data = self.preset.data = usual

    def validate_delivery(self, field: StringField) -> None:
        if (field.data != "delivery" or self.stall.market) and not self.is_pickup:
            raise ValidationError(_("Anh/chị chọn cách nhận hàng."))

    def validate_method(self, field: StringField) -> None:
        methods = self.methods
        if not methods:
            raise ValidationError(
                _("%(name)s chưa nhận chuyển khoản nên chưa gửi ra nước ngoài được.",
                  name=self.stall.person)
            )  # fmt: skip
        if field.data not in methods:
            raise ValidationError(_("Anh/chị chọn cách trả tiền."))

    def choice(self, gift_note: str) -> PartChoice:
        """Return the choice as ordering stores it; a gift's words go to every maker."""
        gift = _("Thiệp ghi: %(words)s", words=gift_note) if gift_note else ""
        return PartChoice(
            delivery="pickup" if self.is_pickup else "delivery",
            method=self.method.data if self.method.data in self.methods else "",
            pickup_point_id=self.pickup_point_id,
            note=". ".join(text for text in (self.note.data or "", gift) if text),
        )


class CheckoutForm(AddressFields, ShopForm):
    """Who orders, where it goes, and that she agrees."""

    above_address = ("name", "phone", "email")

    name = Line(lazy_("Họ và tên"), need=lazy_("Anh/chị cho biết họ tên."), most=80)
    phone = PhoneField(
        lazy_("Số điện thoại"), need=lazy_("Anh/chị cho số điện thoại để người bán gọi xác nhận.")
    )
    email = EmailLine(lazy_("Thư điện tử"))
    receiver_name = Line(lazy_("Họ và tên người nhận"), most=80)
    receiver_phone = PhoneField(lazy_("Số điện thoại người nhận"))
    gift_note = Line(lazy_("Lời ghi trên thiệp"), most=180)
    agree = BooleanField(lazy_("Tôi đồng ý đặt mua và đã xem điều khoản."))
    news = BooleanField(lazy_("Báo cho tôi khi có phiên chợ, hàng mới. Ngừng lúc nào cũng được."))
    voucher = Line(lazy_("Mã giảm giá, phiếu chợ 0 đồng"), most=40)
    #: A gift beside the goods: to which campaign, how much lay in the cart, and what of it is given.
    fund_code = Hidden()
    fund_vnd = Hidden()
    fund_keep = BooleanField()
    fund_round = BooleanField()
    #: "card": paid on the card company's page, where cards are taken; else by transfer.
    fund_by = StringField()
    fund_named = BooleanField(lazy_("Ghi tên tôi trong sổ thu chi công khai"))
    fund_message = Line(lazy_("Lời nhắn cho quỹ"), most=300)
    attempt = Hidden()
    shown_total = Hidden()
    #: What the page said is ordered ahead: "12:2026-10-20 15:2026-10-20".
    shown_days = Hidden()
    #: The version of the terms that the shown page named.
    terms = Hidden()
    #: The code of which the shown page said that it does not hold.
    voucher_refused = Hidden()

    def read_phones(self) -> None:
        """Read the phones as numbers of the country that it goes to, once that is known."""
        if self.is_abroad:
            for phone in (self.phone, self.receiver_phone):
                phone.read_in(self.country.data)

    def validate_receiver_name(self, field: Line) -> None:
        if self.receiver_phone.text and not field.data:
            raise ValidationError(_("Anh/chị ghi tên người nhận."))

    def validate_agree(self, field: BooleanField) -> None:
        if not field.data:
            raise ValidationError(_("Anh/chị đánh dấu đồng ý thì chợ mới nhận đơn."))

    def validate_attempt(self, field: Hidden) -> None:
        if not _ATTEMPT.fullmatch(field.data or ""):
            raise ValidationError(_("Trang đã cũ. Anh/chị xem lại rồi bấm đặt hàng lần nữa."))

    def fresh_attempt(self) -> None:
        """Give the page that is about to be shown an attempt of its own."""
        self.attempt.data = secrets.token_hex(16)

    @property
    def voucher_code(self) -> str:
        """The code that she orders with; "" once the page said that it does not hold.

        She still has it in the field then, and confirms the total without it.
        """
        typed = self.voucher.data or ""
        refused = self.voucher_refused.data == (read_voucher_code(typed) or "-")
        return "" if refused else typed

    def show_gift(self, gift: GiftBeside | None) -> None:
        """Fill in what the cart says of a gift: ticked is only what she put there herself."""
        if gift is not None and gift.takes:
            self.fund_code.data, self.fund_vnd.data = gift.code, str(gift.amount_vnd or "")
            self.fund_keep.data, self.fund_round.data = gift.amount_vnd > 0, gift.rounds_up

    @property
    def offered_vnd(self) -> int:
        """The amount of a gift that the page offers, ticked or not; 0 for none."""
        return read_whole(self.fund_vnd.data or "") or 0

    @property
    def shown_total_vnd(self) -> int:
        """What stood on the button; -1 when it is not a number."""
        total = read_whole(self.shown_total.data or "")
        return -1 if total is None else total

    @property
    def days_shown(self) -> dict[int, date]:
        """The days that stood on the page, by variant."""
        found: dict[int, date] = {}
        for pair in (self.shown_days.data or "").split()[:50]:
            variant, _colon, day = pair.partition(":")
            if variant.isascii() and variant.isdecimal() and len(variant) < 19:
                try:
                    found[int(variant)] = date.fromisoformat(day)
                except ValueError:
                    continue
        return found

    @property
    def destination(self) -> Destination | None:
        """Where it goes, as far as it was said; None while nobody knows."""
        if self.is_abroad:
            return Destination(country=self.country.data)
        if self.chosen is None:
            return None
        return Destination(
            "VN", self.chosen.code, self.chosen.province_code, self.chosen.region,
            self.chosen.full_name, self.chosen.province_name, self.units_version,
        )  # fmt: skip

    def contact(self, address: Address | None) -> Contact:
        """Return who ordered, for sealing."""
        street = ""
        if address is not None:
            street = one_line_address(address) if address.is_abroad else address.line1
        receiver = self.receiver_name.data or ""
        return Contact(
            name=self.name.data or "",
            phone=self.phone.data.e164 if self.phone.data else "",
            email=self.email.data or "",
            street=street,
            receiver_name=receiver,
            receiver_phone=self.receiver_phone.data.e164
            if receiver and self.receiver_phone.data
            else "",
            old_place=self.old_place if street and not self.is_abroad else "",
            old_district=self.old_district if street and not self.is_abroad else "",
        )


def part_forms(
    stalls: Iterable[tuple[Stall, Iterable[CartLine]]],
    points: dict[PartKey, list[Any]],
    *,
    abroad: bool,
    gift: bool,
    posted: bool,
    choosing: bool,
) -> dict[PartKey, PartForm]:
    """Return one form per part, filled from the request or with what most people choose.

    Args:
        stalls: each with its lines of the cart.
        points: where each part can be collected, by ``Stall.key``.
        gift: somebody else receives it.
        choosing: she is still looking, so a way of paying that no longer fits gives way to
            one that does. When she orders, nothing is chosen for her.
    """
    forms: dict[PartKey, PartForm] = {}
    several = list(stalls)
    seen: set[int] = set()
    for stall, lines in several:
        market = stall.market
        form = PartForm(
            request.form if posted else None,
            prefix=f"p{stall.id}-" if market is None else f"m{market.id}-",
        )
        form.stall, form.is_abroad, form.payee_id = stall, abroad, stall.payee_id
        form.goods_vnd = sum(line.total_vnd for line in lines)
        if market is not None:
            form.is_abroad = False
            form.is_shown = market.id not in seen
            seen.add(market.id)
            beside = [
                one.payee_id for one, _ in several if one.market and one.market.id == market.id
            ]
            form.payee_id = None if None in beside else stall.payee_id
        form.point_ids = frozenset(point.id for point in points.get(stall.key, ()))
        if form.delivery.data is None:
            first = next(iter(points.get(stall.key, ())), None)
            form.delivery.data = f"pickup-{first.id}" if market and first else "delivery"
        form.is_gift = gift
        form.settle_method(choosing=choosing)
        forms[stall.key] = form
    return forms


def body_digest() -> str:
    """Return the digest of what was sent with this attempt."""
    return attempt_digest(
        (name, value) for name, value in request.form.items(multi=True) if name not in _NOT_ORDERED
    )


class TrackForm(ShopForm):
    """Order code and the last four digits of the phone."""

    code = Line(lazy_("Mã đơn"), need=lazy_("Anh/chị ghi mã đơn."), most=40)
    last4 = Line(
        lazy_("4 số cuối điện thoại"), need=lazy_("Anh/chị ghi 4 số cuối điện thoại."), most=12
    )

    def validate_last4(self, field: Line) -> None:
        digits = "".join(c for c in field.data or "" if c.isascii() and c.isdigit())
        if len(digits) != 4:
            raise ValidationError(_("Ghi đúng 4 số cuối, ví dụ 0123."))

    @property
    def digits(self) -> str:
        return "".join(c for c in self.last4.data or "" if c.isascii() and c.isdigit())

    @property
    def read(self) -> str:
        return read_code(self.code.data or "")


class ProofForm(ShopForm):
    """The phone or e-mail that stands in the order: shows the whole address."""

    proof = Line(
        lazy_("Số điện thoại hoặc thư điện tử đã ghi trong đơn"),
        need=lazy_("Anh/chị ghi số điện thoại hoặc thư điện tử đã dùng khi đặt."),
        most=254,
    )


def bank_choices() -> list[tuple[str, str]]:
    """Return the banks that a transfer can go to, by the names that people know."""
    return [(bank.bin, f"{bank.short_name} ({bank.name})") for bank in banks().values()]


class RefundForm(ShopForm):
    """Where the buyer wants her money back."""

    way = Hidden(default="bank")
    bank = Choice(lazy_("Ngân hàng"))
    number = Line(
        lazy_("Số tài khoản"), need=lazy_("Anh/chị ghi số tài khoản."), most=40,
    )  # fmt: skip
    holder = Line(lazy_("Tên chủ tài khoản"), need=lazy_("Anh/chị ghi tên chủ tài khoản."), most=80)
    proof = Line(lazy_("Số điện thoại hoặc thư điện tử đã ghi trong đơn"), most=254)

    #: She only holds the link, which others may hold too: she also says what stands in the order.
    needs_proof = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bank.choices = [("", _("Chọn ngân hàng")), *bank_choices()]

    def validate_bank(self, field: Choice) -> None:
        if not field.data:
            raise ValidationError(_("Anh/chị chọn ngân hàng."))

    def validate_number(self, field: Line) -> None:
        if account_number(field.data or "") is None:
            raise ValidationError(
                _("Số tài khoản chưa đúng. Anh/chị chép lại từ ứng dụng ngân hàng.")
            )

    def validate_proof(self, field: Line) -> None:
        if self.needs_proof and not field.data:
            raise ValidationError(_("Anh/chị ghi số điện thoại hoặc thư điện tử đã dùng khi đặt."))


class AsCreditForm(ShopForm):
    """She takes a code instead of money; whoever only holds the link says what stands in the order."""

    proof = Line(lazy_("Số điện thoại hoặc thư điện tử đã ghi trong đơn"), most=254)
    needs_proof = False

    def validate_proof(self, field: Line) -> None:
        if self.needs_proof and not field.data:
            raise ValidationError(_("Anh/chị ghi số điện thoại hoặc thư điện tử đã dùng khi đặt."))


class AsGiftForm(AsCreditForm):
    """She gives what was to come back to her to a campaign that runs."""

    quy = Choice(lazy_("Góp cho đợt nào"), choices=[])
    named = BooleanField(lazy_("Ghi tên tôi trong sổ thu chi công khai"))


class CreditForm(ShopForm):
    """A code that pays for what is missing."""

    ma = Line(lazy_("Mã mua hàng"), need=lazy_("Anh/chị ghi mã mua hàng."), most=40)


class CancelForm(ShopForm):
    """Why she cancels; optional."""

    part = Hidden()
    reason = Lines(lazy_("Vì sao anh/chị huỷ?"), most=200)


class AccountForm(ShopForm):
    """One tick for an account; a password only if she wants to enter from elsewhere."""

    wants = BooleanField(lazy_("Mở tài khoản bằng số điện thoại của đơn này"))
    password = Secret(lazy_("Mật khẩu"))

    def validate_wants(self, field: BooleanField) -> None:
        if not field.data:
            raise ValidationError(_("Anh/chị đánh dấu nếu muốn mở tài khoản."))
