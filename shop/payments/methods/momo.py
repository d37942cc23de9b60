"""MoMo v2: the wallet, on MoMo's page or in its app.

Source: MoMo's documents and its own sample program, which signs values as they are, by the
letter of their names. Nobody has called MoMo from here.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shop.current import current_settings
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
from shop.payments.rules.gateways import (
    NOTHING,
    Amounts,
    RefundState,
    Told,
    Unreadable,
    in_order,
    read_json,
    signed_hex,
)

#: MoMo's words for: paid; the buyer has not said yes yet; being worked on.
PAID, OPEN, UNSURE = 0, 1000, (7000, 7002, 9000)
#: It may answer another time: busy, or it does not know what happened.
_LATER = (10, 11, 98, 99)
#: The same request or order number came before.
_BEFORE = (40, 41)
CREATE = (
    "accessKey", "amount", "extraData", "ipnUrl", "orderId", "orderInfo", "partnerCode",
    "redirectUrl", "requestId", "requestType",
)  # fmt: skip
IPN = (
    "accessKey", "amount", "extraData", "message", "orderId", "orderInfo", "orderType",
    "partnerCode", "payType", "requestId", "responseTime", "resultCode", "transId",
)  # fmt: skip
QUERY = ("accessKey", "orderId", "partnerCode", "requestId")
REFUND = (
    "accessKey", "amount", "description", "orderId", "partnerCode", "requestId", "transId",
)  # fmt: skip


class MoMo(Online):
    """MoMo's wallet."""

    name = "momo"
    #: The table of ``amount`` in MoMo's document of /v2/gateway/api/create.
    takes = Amounts(1_000, 50_000_000)

    def is_on(self, settings: Settings) -> bool:
        return bool(settings.momo_partner_code)

    def begin(self, asking: Asking) -> Opened:
        found = _asked(
            "create", CREATE, lang="en" if asking.locale == "en" else "vi",
            requestId=f"{asking.key}-1", orderId=asking.key, amount=asking.amount_vnd,
            orderInfo=f"Don hang {asking.order_code}", redirectUrl=asking.back_url,
            ipnUrl=asking.told_url, extraData="", requestType="captureWallet",
            autoCapture=True,
        )  # fmt: skip
        code = found.get("resultCode")
        if code in _LATER:
            raise OutsideFailure(f"MoMo answered {code}.")
        if code != PAID or not isinstance(found.get("payUrl"), str):
            raise NotOpened(f"create {code}")
        return Opened(found["payUrl"], asking.key)

    def fault(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str | None:
        settings = current_settings()
        try:
            message = read_json(body)
        except Unreadable:
            return "unreadable"
        given = message.get("signature")
        if not isinstance(given, str) or not given:
            return "unsigned"
        said = in_order({**message, "accessKey": settings.momo_access_key}, IPN)
        if not same_secret(given, signed_hex(settings.momo_secret_key, said)):
            return "wrong_signature"
        return (
            None if message.get("partnerCode") == settings.momo_partner_code else "wrong_merchant"
        )

    def envelope(self, body: bytes) -> tuple[str, str]:
        message = read_json(body)
        order, number, code = (message.get(name) for name in ("orderId", "transId", "resultCode"))
        if not isinstance(order, str) or not 0 < len(order) <= 60 or type(code) is not int:
            raise Unreadable("no order")
        return f"{order}:{number}:{code}"[:120], f"ipn.{code}"[:60]

    def told(self, body: bytes) -> Told:
        message = read_json(body)
        code, amount = message.get("resultCode"), message.get("amount")
        if type(amount) is not int or not 0 <= amount < 2**53 or type(code) is not int:
            raise Unreadable("no amount")
        if code == OPEN:
            return NOTHING
        about = "paid" if code == PAID else "pending" if code in UNSURE else "failed"
        order = str(message.get("orderId") or "")[:120]
        return Told(
            about, key=order, outside_id=order, currency="VND", amount_minor=amount,
            charge_id=str(message.get("transId") or "")[:120] if about == "paid" else "",
        )  # fmt: skip

    def answer(self, came: Came) -> Reply:
        """Answer without content: MoMo reads the status alone."""
        return (204, None) if came.how in ("stored", "copy") else (400, {"resultCode": 13})

    def look(self, visit: Looking) -> Looked | None:
        found = _query(visit.outside_id, visit.now)
        code = found.get("resultCode")
        if code in _LATER:
            raise OutsideFailure(f"MoMo answered {code}.")
        if code == OPEN:
            return None
        if found.get("orderId") != visit.outside_id or type(code) is not int:
            raise OutsideFailure("MoMo answered about another order.")
        kept = {name: found.get(name) for name in ("orderId", "transId", "resultCode", "amount")}
        body = _json({**kept, "amount": found.get("amount") or 0})
        outside_id, kind = self.envelope(body)
        return Looked(outside_id, f"looked.{kind}", body)

    def give_back(self, back: Back) -> Told:
        order = order_of(back)
        found = _asked(
            "refund", REFUND, lang="vi", requestId=f"{order}-1", orderId=order,
            amount=back.amount_minor, transId=_number(back.charge_id),
            description=f"Hoan tien {back.outside_id}",
        )  # fmt: skip
        code = found.get("resultCode")
        if code in _BEFORE:  # It heard before; the answer was lost on its way.
            found = _refund_of(back, order)
            code = found.get("resultCode")
        if code in _LATER:
            raise OutsideFailure(f"MoMo answered a refund with {code}.")
        if code != PAID and code not in UNSURE:
            raise CannotBe(f"refund {code}")
        state = RefundState.SUCCEEDED if code == PAID else RefundState.PENDING
        return _told_back(back, order, state)

    def look_back(self, back: Back) -> Told | None:
        order = order_of(back)
        code = _refund_of(back, order).get("resultCode")
        if code in _LATER or code in UNSURE:
            return None
        state = RefundState.SUCCEEDED if code == PAID else RefundState.FAILED
        return _told_back(back, order, state, "" if code == PAID else f"refund {code}")


def _told_back(back: Back, order: str, state: RefundState, why: str = "") -> Told:
    return Told(
        "refund", key=back.key, outside_id=order, charge_id=back.charge_id, currency="VND",
        amount_minor=back.amount_minor, state=state, reason=why,
    )  # fmt: skip


def order_of(back: Back) -> str:
    """Return a refund's order number at MoMo: the same refund has the same."""
    return f"{back.outside_id}-{back.short}"[:50]


def _query(order: str, now: datetime) -> dict[str, Any]:
    request = f"{order}-q{int(now.timestamp())}"
    return _asked("query", QUERY, lang="vi", requestId=request, orderId=order)


def _refund_of(back: Back, order: str) -> dict[str, Any]:
    """Return what MoMo says of one refund of a payment.

    Raises:
        OutsideFailure: it does not name that refund now.
    """
    rows = _query(back.outside_id, back.now).get("refundTrans")
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and row.get("orderId") == order:
            return row
    raise OutsideFailure("MoMo does not name the refund.")


def _asked(what: str, over: tuple[str, ...], **fields: Any) -> dict[str, Any]:
    settings = current_settings()
    known = {**fields, "partnerCode": settings.momo_partner_code}
    said = in_order({**known, "accessKey": settings.momo_access_key}, over)
    signature = signed_hex(settings.momo_secret_key, said)
    return ask_json(
        f"{settings.momo_pages}/v2/gateway/api/{what}", {**known, "signature": signature}
    )


def _number(text: str) -> int | str:
    return int(text) if text.isdecimal() and text.isascii() else text


def _json(message: Mapping[str, Any]) -> bytes:
    return json.dumps(message).encode()
