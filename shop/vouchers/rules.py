"""What a voucher takes off, and when it does not hold. Plain Python: values in, values out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shop.kernel.codes import random_code, read_code
from shop.kernel.errors import Refusal
from shop.kernel.money import split_vnd
from shop.kernel.text import ascii_only

#: What vouchers do: take an amount off the goods, a percentage of them, or what delivery costs.
KINDS = ("amount", "percent", "delivery")
#: A code is typed and read aloud: long enough not to be met by chance, short enough to say.
CODE_LENGTHS = (4, 16)
#: No voucher of a village shop takes more off one order.
MOST_OFF_VND = 50_000_000


class VoucherRefused(Refusal):
    """A code takes nothing off this order. ``voucher_code``: as it was read."""

    code = "voucher_unknown"
    status = 409


class VoucherUnknown(VoucherRefused):
    """No voucher has this code. The same answer for whatever is not a code at all."""


class VoucherOver(VoucherRefused):
    """It was stopped, or its last day is past."""

    code = "voucher_over"


class VoucherNotYet(VoucherRefused):
    """It holds later: ``starts_at``."""

    code = "voucher_not_yet"


class VoucherNotForThese(VoucherRefused):
    """None of the goods are of the makers whom it is for."""

    code = "voucher_not_for_these"


class VoucherMinimum(VoucherRefused):
    """Too few goods: ``least_vnd``, and ``missing_vnd`` until then."""

    code = "voucher_minimum"


class VoucherUsedUp(VoucherRefused):
    """Its last use, or the last of its budget, is gone."""

    code = "voucher_used_up"


class VoucherUsedByYou(VoucherRefused):
    """This phone or account used it as often as it may: ``most_each``."""

    code = "voucher_used_by_you"


class VoucherFirstOrder(VoucherRefused):
    """It is for a first order, and this phone or account ordered before."""

    code = "voucher_first_order"


class VoucherNoFee(VoucherRefused):
    """It pays for delivery, and nothing here has a fee that is known."""

    code = "voucher_no_fee"


class SlipEmpty(VoucherRefused):
    """A household's market slip has nothing left, or less than it had a moment ago."""

    code = "slip_empty"


class SlipOver(VoucherRefused):
    """A household's market slip was closed, or its last day is past."""

    code = "slip_over"


class VoucherTooManyTries(VoucherRefused):
    """So many codes were tried that no more are looked up for a while: ``retry_after_s``."""

    code = "voucher_too_many_tries"
    status = 429


class VoucherChanged(Refusal):
    """It held when the page was shown and does not now: ``reason``, ``shown_vnd``, ``actual_vnd``."""

    code = "voucher_changed"


class CodeTaken(Refusal):
    """Another voucher has this code."""

    code = "voucher_code_taken"
    status = 422


class CodeNotReadable(Refusal):
    """A code is of letters and digits, ``least`` to ``most`` of them."""

    code = "voucher_code_unreadable"
    status = 422


class WrongVoucher(Refusal):
    """What was asked for cannot be a voucher. ``why``: "amount", "percent" or "days"."""

    code = "voucher_wrong"
    status = 422


@dataclass(frozen=True, slots=True)
class Voucher:
    """A voucher as it stands at one moment, with what it needs to know of one cart.

    Attributes:
        most_off_vnd: the amount itself; of a percentage and of delivery the most it takes off.
        payer_id: the organisation that pays for it; None when each seller gives it herself.
        payer_vi, payer_en: her or its name, to be shown.
        sellers: ids of those sellers in the cart whose goods it is for.
        market_id: the market session whose goods it is for; None: those of makers' own shops.
        used_by_her: how often this phone or account used it; 0 while nobody said who she is.
        ordered_before: whether she ordered before.
    """

    id: int
    code: str
    name_vi: str
    name_en: str
    kind: str
    most_off_vnd: int
    percent: int = 0
    min_goods_vnd: int = 0
    most_uses: int | None = None
    most_each: int | None = None
    budget_vnd: int | None = None
    first_order: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    stopped: bool = False
    used: int = 0
    spent_vnd: int = 0
    payer_id: int | None = None
    payer_vi: str = ""
    payer_en: str = ""
    sellers: frozenset[int] = frozenset()
    market_id: int | None = None
    used_by_her: int = 0
    ordered_before: bool = False
    #: It is a household's market slip, which a fund pays; ``id`` is 0 then.
    slip_id: int | None = None


@dataclass(frozen=True, slots=True)
class Off:
    """What a voucher takes off each seller's goods and off her delivery fee, by seller id."""

    goods: Mapping[int, int]
    delivery: Mapping[int, int]

    @property
    def total_vnd(self) -> int:
        return sum(self.goods.values()) + sum(self.delivery.values())


NOTHING_OFF = Off({}, {})


def taken_off(
    voucher: Voucher,
    *,
    goods: Mapping[int, int],
    fees: Mapping[int, int | None],
    final: bool,
    now: datetime,
) -> Off:
    """Return what a voucher takes off, shared by largest remainder. Never more than there is.

    Args:
        goods: what each seller's goods cost, by seller id.
        fees: what each delivery costs; None while nobody knows.
        final: whether fees that are not known now will not be known before she orders.

    Raises:
        VoucherRefused: one of its kinds, the first that holds.
    """
    hers = {seller: vnd for seller, vnd in goods.items() if seller in voucher.sellers}
    goods_vnd = sum(hers.values())
    _check(voucher, goods_vnd, bool(hers), now)
    if voucher.kind == "delivery":
        known = {seller: fee for seller in hers if (fee := fees.get(seller))}
        if not known:
            if final:
                raise VoucherNoFee(voucher_code=voucher.code)
            return NOTHING_OFF
        return Off({}, _shared(voucher, known, min(voucher.most_off_vnd, sum(known.values()))))
    off_vnd = voucher.most_off_vnd
    if voucher.kind == "percent":
        off_vnd = min(off_vnd, goods_vnd * voucher.percent // 100)
    return Off(_shared(voucher, hers, min(off_vnd, goods_vnd)), {})


def _check(voucher: Voucher, goods_vnd: int, any_of_hers: bool, now: datetime) -> None:
    code = voucher.code
    if voucher.stopped or (voucher.ends_at is not None and now >= voucher.ends_at):
        raise (VoucherOver if voucher.slip_id is None else SlipOver)(voucher_code=code)
    if voucher.starts_at is not None and now < voucher.starts_at:
        raise VoucherNotYet(voucher_code=code, starts_at=voucher.starts_at)
    if not any_of_hers:
        raise VoucherNotForThese(voucher_code=code)
    if voucher.most_uses is not None and voucher.used >= voucher.most_uses:
        raise VoucherUsedUp(voucher_code=code)
    if voucher.first_order and voucher.ordered_before:
        raise VoucherFirstOrder(voucher_code=code)
    if voucher.most_each is not None and voucher.used_by_her >= voucher.most_each:
        raise VoucherUsedByYou(voucher_code=code, most_each=voucher.most_each)
    if goods_vnd < voucher.min_goods_vnd:
        missing_vnd = voucher.min_goods_vnd - goods_vnd
        raise VoucherMinimum(
            voucher_code=code, least_vnd=voucher.min_goods_vnd, missing_vnd=missing_vnd
        )


def _shared(voucher: Voucher, weights: Mapping[int, int], off_vnd: int) -> dict[int, int]:
    """Share what is taken off among sellers, sellers in id order.

    What is left of a budget is not taken in part: a buyer is told before, not surprised.
    """
    if voucher.budget_vnd is not None and off_vnd > voucher.budget_vnd - voucher.spent_vnd:
        raise VoucherUsedUp(voucher_code=voucher.code)
    sellers = sorted(weights)
    if not any(weights.values()):
        return dict.fromkeys(sellers, 0)
    return dict(zip(sellers, split_vnd(off_vnd, [weights[s] for s in sellers]), strict=True))


def read_voucher_code(text: str) -> str:
    """Return a typed code in the form in which it is stored: "tet-2O26" and "TET 2026" are one.

    Look-alikes count as one letter: I and L as 1, O as 0.
    """
    return read_code(_plain(text))[: CODE_LENGTHS[1] + 1]


def checked_code(text: str) -> str:
    """Return the code of a new voucher.

    Raises:
        CodeNotReadable
    """
    code = read_code(_plain(text))
    least, most = CODE_LENGTHS
    if not least <= len(code) <= most:
        raise CodeNotReadable(least=least, most=most)
    return code


def written_code(text: str) -> str:
    """Return a code as it is shown: "vụ-mới 27" reads VUMOI27."""
    return "".join(c for c in _plain(text).upper() if c.isascii() and c.isalnum())


def _plain(text: str) -> str:
    """Return a text without Vietnamese marks: people type codes as they say them."""
    return ascii_only(text[:200])


def proposed_code() -> str:
    """Return a code for who has no word of her own: eight characters of the readable alphabet."""
    return random_code(8)


def check_new(
    *, kind: str, most_off_vnd: int, percent: int, starts_at: datetime | None,
    ends_at: datetime | None, now: datetime,
) -> None:  # fmt: skip
    """Refuse a voucher that makes no sense.

    Raises:
        WrongVoucher
    """
    if kind not in KINDS or not 1_000 <= most_off_vnd <= MOST_OFF_VND:
        raise WrongVoucher(why="amount")
    if (kind == "percent") != (1 <= percent <= 100):
        raise WrongVoucher(why="percent")
    over = ends_at is not None and (ends_at <= now or (starts_at or now) >= ends_at)
    if over:
        raise WrongVoucher(why="days")
