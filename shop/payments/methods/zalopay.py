"""ZaloPay v2: the wallet, on ZaloPay's page or in its app.

Source: ZaloPay's documents and its own samples, whose check of the return page never fails: the
page on which the buyer comes back is believed nothing here. Nobody has called ZaloPay from here.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shop.current import current_settings
from shop.kernel.clock import VIETNAM
from shop.kernel.errors import OutsideFailure
from shop.kernel.sealing import same_secret
from shop.kernel.settings import Settings
from shop.payments.gateways.outside import ask_json
from shop.payments.methods.online import (
    Asking,
    Back,
    Came,
    CannotBe,
    Looked,
    Looking,
    NotOpened,
    Online,
    Opened,
    Reply,
)
from shop.payments.methods.vnpay import key_of, ref_of
from shop.payments.rules.gateways import (
    Amounts,
    RefundState,
    Told,
    Unreadable,
    read_json,
    signed_hex,
)

#: ZaloPay's words: done, refused, being worked on.
DONE, REFUSED, WORKING = 1, 2, 3
#: What a page may stay open at least.
LEAST_S = 300


class ZaloPay(Online):
    """ZaloPay's wallet."""

    name = "zalopay"
    #: Its documents name no bounds; programs that use it, and others who resell it, keep to these.
    takes = Amounts(1_000, 50_000_000)

    def is_on(self, settings: Settings) -> bool:
        return bool(settings.zalopay_app_id)

    def begin(self, asking: Asking) -> Opened:
        trans = trans_of(asking.key, asking.opened_at)
        stays = int((asking.expires_at - asking.opened_at).total_seconds())
        fields = {
            "app_id": current_settings().zalopay_app_id, "app_trans_id": trans,
            "app_user": asking.memo, "amount": asking.amount_vnd,
            "app_time": milliseconds(asking.opened_at), "item": "[]",
            "embed_data": _compact({"redirecturl": asking.back_url}),
        }  # fmt: skip
        found = _asked(
            "create", {
                **fields, "bank_code": "", "description": f"Don hang {asking.order_code}",
                "callback_url": asking.told_url, "expire_duration_seconds": max(LEAST_S, stays),
            },
            ("app_id", "app_trans_id", "app_user", "amount", "app_time", "embed_data", "item"),
        )  # fmt: skip
        if found.get("return_code") != DONE or not isinstance(found.get("order_url"), str):
            raise NotOpened(f"create {found.get('sub_return_code')}")
        return Opened(found["order_url"], trans)

    def fault(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str | None:
        try:
            message = read_json(body)
        except Unreadable:
            return "unreadable"
        text, given = message.get("data"), message.get("mac")
        if not isinstance(given, str) or not given or not isinstance(text, str):
            return "unsigned"
        if not same_secret(given, signed_hex(current_settings().zalopay_key2, text)):
            return "wrong_signature"
        try:
            app_id = _inside(body).get("app_id")
        except Unreadable:
            return "unreadable"
        return None if str(app_id) == str(current_settings().zalopay_app_id) else "wrong_merchant"

    def envelope(self, body: bytes) -> tuple[str, str]:
        inside = _inside(body)
        trans, number = inside.get("app_trans_id"), inside.get("zp_trans_id")
        if not isinstance(trans, str) or not 0 < len(trans) <= 60:
            raise Unreadable("no transaction")
        code = inside.get("return_code", DONE)
        return f"{trans}:{number}:{code}"[:120], f"told.{code}"[:60]

    def told(self, body: bytes) -> Told:
        inside = _inside(body)
        trans, amount = str(inside.get("app_trans_id") or ""), inside.get("amount")
        if type(amount) is not int or not 0 <= amount < 2**53:
            raise Unreadable("no amount")
        paid = inside.get("return_code", DONE) == DONE
        return Told(
            "paid" if paid else "failed", key=key_of(trans.partition("_")[2]),
            outside_id=trans[:120], currency="VND", amount_minor=amount,
            charge_id=str(inside.get("zp_trans_id") or "")[:120] if paid else "",
        )  # fmt: skip

    def answer(self, came: Came) -> Reply:
        """Answer in ZaloPay's codes: 1 taken, -1 not ZaloPay's; it tells thrice at most."""
        if came.how in ("stored", "copy"):
            return 200, {"return_code": 1, "return_message": "success"}
        return 200, {"return_code": -1, "return_message": "mac not equal"}

    def look(self, visit: Looking) -> Looked | None:
        found = _asked("query", {
            "app_id": current_settings().zalopay_app_id, "app_trans_id": visit.outside_id,
        }, ("app_id", "app_trans_id"), current_settings().zalopay_key1)  # fmt: skip
        code = found.get("return_code")
        if code == WORKING or found.get("is_processing") is True:
            return None
        if code not in (DONE, REFUSED):
            raise OutsideFailure(f"ZaloPay answered {code}.")
        inside = {
            "app_trans_id": visit.outside_id, "return_code": code,
            "zp_trans_id": found.get("zp_trans_id") or 0, "amount": found.get("amount") or 0,
        }  # fmt: skip
        body = _compact({"data": _compact(inside)}).encode()
        outside_id, kind = self.envelope(body)
        return Looked(outside_id, f"looked.{kind}", body)

    def give_back(self, back: Back) -> Told:
        number = refund_of(back)
        stands = _refund_now(back, number) if back.now > back.wanted_at else None
        if stands in (DONE, WORKING):  # It heard before; the answer was lost on its way.
            return _told_back(back, number, stands)
        found = _asked("refund", {
            "app_id": current_settings().zalopay_app_id, "m_refund_id": number,
            "zp_trans_id": back.charge_id, "amount": back.amount_minor,
            "timestamp": milliseconds(back.now), "description": f"Hoan tien {back.outside_id}",
        }, ("app_id", "zp_trans_id", "amount", "description", "timestamp"))  # fmt: skip
        code = found.get("return_code")
        if code not in (DONE, WORKING):
            raise CannotBe(f"refund {found.get('sub_return_code')}")
        return _told_back(back, number, code)

    def look_back(self, back: Back) -> Told | None:
        number = refund_of(back)
        code = _refund_now(back, number)
        return None if code == WORKING else _told_back(back, number, code)


def _told_back(back: Back, number: str, code: Any) -> Told:
    states = {DONE: RefundState.SUCCEEDED, WORKING: RefundState.PENDING}
    state = states.get(code, RefundState.FAILED)
    return Told(
        "refund", key=back.key, outside_id=number, charge_id=back.charge_id, currency="VND",
        amount_minor=back.amount_minor, state=state,
        reason=f"refund {code}" if state == RefundState.FAILED else "",
    )  # fmt: skip


def _refund_now(back: Back, number: str) -> Any:
    found = _asked("query_refund", {
        "app_id": current_settings().zalopay_app_id, "m_refund_id": number,
        "timestamp": milliseconds(back.now),
    }, ("app_id", "m_refund_id", "timestamp"))  # fmt: skip
    code = found.get("return_code")
    if code not in (DONE, REFUSED, WORKING):
        raise OutsideFailure(f"ZaloPay answered {code}.")
    return code


def trans_of(key: str, opened_at: datetime) -> str:
    """Return ZaloPay's number of a visit: the day in Vietnam, and the visit's key."""
    return f"{opened_at.astimezone(VIETNAM):%y%m%d}_{ref_of(key)}"


def refund_of(back: Back) -> str:
    """Return ZaloPay's number of a refund; the same refund has the same."""
    day = f"{back.wanted_at.astimezone(VIETNAM):%y%m%d}"
    return f"{day}_{current_settings().zalopay_app_id}_{back.outside_id[-12:]}{back.short}"[:45]


def milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _inside(body: bytes) -> dict[str, Any]:
    """Return the object within a message's text.

    Raises:
        Unreadable
    """
    text = read_json(body).get("data")
    if not isinstance(text, str):
        raise Unreadable("no data")
    return read_json(text.encode("utf-8", "surrogatepass"))


def _asked(what: str, fields: dict[str, Any], over: tuple[str, ...], *more: str) -> dict[str, Any]:
    said = "|".join([*(str(fields[name]) for name in over), *more])
    mac = signed_hex(current_settings().zalopay_key1, said)
    return ask_json(f"{current_settings().zalopay_api}/v2/{what}", {**fields, "mac": mac})


def _compact(thing: Any) -> str:
    return json.dumps(thing, separators=(",", ":"))
