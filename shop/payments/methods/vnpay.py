"""VNPay 2.1.0: cards and bank apps of Vietnam, on VNPay's page.

Source: VNPay's documents of version 2.1.0; the signature is held to a vector made by two other
programs. Nobody has called VNPay from here.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode

from shop.current import current_settings
from shop.kernel.clock import VIETNAM
from shop.kernel.errors import OutsideFailure
from shop.kernel.memos import MEMO_LENGTH
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
    Online,
    Opened,
    Reply,
)
from shop.payments.rules.gateways import (
    MOST_BYTES,
    NOTHING,
    Amounts,
    RefundState,
    Told,
    Unreadable,
    signed_hex,
)

VERSION = "2.1.0"
#: VNPay counts hundredths of a đồng.
HUNDREDTHS = 100
#: A transaction's status that is neither yes nor no: the bank took the money, VNPay is not sure.
_UNSURE = ("04", "07")
#: Nobody has paid yet; there is no such transaction.
_OPEN, _UNKNOWN = "01", "91"
#: The same refund was asked for a moment ago, and taken then.
_TAKEN_BEFORE = "94"
#: VNPay refuses, whenever it is asked: wrong merchant, wrong format, not found, refused, forged.
_NEVER = ("02", "03", "91", "93", "95", "97")
#: What each question is signed over, joined by "|".
_QUERY = (
    "RequestId", "Version", "Command", "TmnCode", "TxnRef", "TransactionDate", "CreateDate",
    "IpAddr", "OrderInfo",
)  # fmt: skip
_QUERY_ANSWER = (
    "ResponseId", "Command", "ResponseCode", "Message", "TmnCode", "TxnRef", "Amount", "BankCode",
    "PayDate", "TransactionNo", "TransactionType", "TransactionStatus", "OrderInfo",
    "PromotionCode", "PromotionAmount",
)  # fmt: skip
_REFUND = (
    "RequestId", "Version", "Command", "TmnCode", "TransactionType", "TxnRef", "Amount",
    "TransactionNo", "TransactionDate", "CreateBy", "CreateDate", "IpAddr", "OrderInfo",
)  # fmt: skip
_REFUND_ANSWER = (
    "ResponseId", "Command", "ResponseCode", "Message", "TmnCode", "TxnRef", "Amount", "BankCode",
    "PayDate", "TransactionNo", "TransactionType", "TransactionStatus", "OrderInfo",
)  # fmt: skip


class VNPay(Online):
    """Cards and bank apps of Vietnam."""

    name = "vnpay"
    #: VNPay's page says of others: "from 5,000 to below 1 billion đồng".
    takes = Amounts(5_000, 999_999_999)
    wants_asked = True

    def is_on(self, settings: Settings) -> bool:
        return bool(settings.vnpay_tmn_code)

    def begin(self, asking: Asking) -> Opened:
        """Return VNPay's page: an address that is signed here; nobody is asked."""
        settings = current_settings()
        ref = ref_of(asking.key)
        fields = {
            "vnp_Version": VERSION, "vnp_Command": "pay", "vnp_TmnCode": settings.vnpay_tmn_code,
            "vnp_Amount": str(asking.amount_vnd * HUNDREDTHS), "vnp_CurrCode": "VND",
            "vnp_TxnRef": ref, "vnp_OrderInfo": f"Thanh toan don hang {asking.order_code}",
            "vnp_OrderType": "other", "vnp_Locale": "en" if asking.locale == "en" else "vn",
            "vnp_ReturnUrl": asking.back_url, "vnp_IpAddr": asking.visitor,
            "vnp_CreateDate": moment(asking.opened_at),
            "vnp_ExpireDate": moment(asking.expires_at),
        }  # fmt: skip
        said = encoded(fields)
        proof = signed_hex(settings.vnpay_hash_secret, said, "sha512")
        return Opened(f"{settings.vnpay_pages}?{said}&vnp_SecureHash={proof}", ref)

    def fault(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str | None:
        settings = current_settings()
        try:
            fields = fields_of(body)
        except Unreadable:
            return "unreadable"
        given = fields.get("vnp_SecureHash", "").lower()
        if not given:
            return "unsigned"
        if not same_secret(
            given, signed_hex(settings.vnpay_hash_secret, encoded(fields), "sha512")
        ):
            return "wrong_signature"
        return None if fields.get("vnp_TmnCode") == settings.vnpay_tmn_code else "wrong_merchant"

    def envelope(self, body: bytes) -> tuple[str, str]:
        fields = fields_of(body)
        ref, number = fields.get("vnp_TxnRef", ""), fields.get("vnp_TransactionNo", "")
        if not ref or len(ref) + len(number) > 100:
            raise Unreadable("no reference")
        stands = f"{fields.get('vnp_ResponseCode', '')}:{fields.get('vnp_TransactionStatus', '')}"
        return f"{ref}:{number}:{stands}"[:120], f"ipn.{stands}"[:60]

    def told(self, body: bytes) -> Told:
        fields = fields_of(body)
        about = about_of(fields.get("vnp_ResponseCode"), fields.get("vnp_TransactionStatus"))
        if about == "nothing":
            return NOTHING
        ref = fields.get("vnp_TxnRef", "")
        return Told(
            about, key=key_of(ref), outside_id=ref, currency="VND",
            charge_id=fields.get("vnp_TransactionNo", "") if about == "paid" else "",
            amount_minor=dong_of(fields.get("vnp_Amount", "")),
        )  # fmt: skip

    def answer(self, came: Came) -> Reply:
        """Answer in VNPay's codes; it tells again until it reads 00 or 02."""
        if came.how == "refused":
            proved = came.why not in ("unsigned", "wrong_signature", "wrong_merchant")
            return _said("99", "Unreadable") if proved else _said("97", "Invalid signature")
        if came.asked is None:
            return _said("01", "Order not found")
        if came.asked != ("VND", came.told.amount_minor):
            return _said("04", "Invalid amount")
        return _said("02", "Already confirmed") if came.how == "copy" else _said("00", "Confirmed")

    def look(self, visit: Looking) -> Looked | None:
        settings = current_settings()
        asked = {
            "vnp_RequestId": f"{visit.outside_id}{int(visit.now.timestamp())}"[:32],
            "vnp_Version": VERSION, "vnp_Command": "querydr",
            "vnp_TmnCode": settings.vnpay_tmn_code, "vnp_TxnRef": visit.outside_id,
            "vnp_TransactionDate": moment(visit.opened_at), "vnp_CreateDate": moment(visit.now),
            "vnp_IpAddr": "127.0.0.1", "vnp_OrderInfo": f"Hoi giao dich {visit.outside_id}",
        }  # fmt: skip
        found = _asked(asked, _QUERY, _QUERY_ANSWER)
        code, status = found.get("vnp_ResponseCode"), found.get("vnp_TransactionStatus", "")
        if code == _UNKNOWN or (code == "00" and status == _OPEN):
            return None
        if code != "00" or found.get("vnp_TransactionType") not in ("01", "", None):
            raise CannotBe(f"querydr {code}")
        if found.get("vnp_TxnRef") != visit.outside_id:
            raise OutsideFailure("VNPay answered about another transaction.")
        body = urlencode({name: str(value) for name, value in found.items()}).encode()
        outside_id, kind = self.envelope(body)
        return Looked(outside_id, f"looked.{kind}", body)

    def give_back(self, back: Back) -> Told:
        settings = current_settings()
        whole = back.amount_minor == back.whole_minor
        asked = {
            "vnp_RequestId": request_of(back), "vnp_Version": VERSION,
            "vnp_Command": "refund", "vnp_TmnCode": settings.vnpay_tmn_code,
            "vnp_TransactionType": "02" if whole else "03", "vnp_TxnRef": back.outside_id,
            "vnp_Amount": str(back.amount_minor * HUNDREDTHS),
            "vnp_TransactionNo": back.charge_id, "vnp_TransactionDate": moment(back.opened_at),
            "vnp_CreateBy": "cho", "vnp_CreateDate": moment(back.wanted_at),
            "vnp_IpAddr": "127.0.0.1", "vnp_OrderInfo": f"Hoan tien {back.outside_id}",
        }  # fmt: skip
        found = _asked(asked, _REFUND, _REFUND_ANSWER)
        code = str(found.get("vnp_ResponseCode"))
        if code in _NEVER or found.get("vnp_TransactionStatus") == "09":
            raise CannotBe(f"refund {code}")
        if code not in ("00", _TAKEN_BEFORE):
            raise OutsideFailure(f"VNPay answered a refund with {code}.")
        return Told(
            "refund", key=back.key, charge_id=back.charge_id, currency="VND",
            outside_id=request_of(back), amount_minor=back.amount_minor,
            state=RefundState.SUCCEEDED,
        )  # fmt: skip


def encoded(fields: Mapping[str, str]) -> str:
    """Return the signed form: sorted, without what is empty or a signature, form-encoded.

    >>> encoded({"vnp_B": "a b", "vnp_A": "x/y", "vnp_C": "", "vnp_SecureHash": "z"})
    'vnp_A=x%2Fy&vnp_B=a+b'
    """
    return "&".join(
        f"{quote_plus(name)}={quote_plus(value)}"
        for name, value in sorted(fields.items())
        if value and name.startswith("vnp_") and not name.startswith("vnp_SecureHash")
    )


def fields_of(body: bytes) -> dict[str, str]:
    """Return the fields of a message as VNPay sends it: the query of an address.

    Raises:
        Unreadable: too long, not text, or a name stands there twice.
    """
    if len(body) > MOST_BYTES:
        raise Unreadable("too long")
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError as error:
        raise Unreadable("no query") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Unreadable("a name twice")
    if any("\x00" in text for pair in pairs for text in pair):
        raise Unreadable("no text")
    return fields


def about_of(code: str | None, status: str | None) -> str:
    """Return what a message is about, by its two codes."""
    if status in _UNSURE or code == "07":
        return "pending"
    if code == "00" and status == "00":
        return "paid"
    return "nothing" if status == _OPEN and code == "00" else "failed"


def dong_of(typed: str) -> int:
    """Return đồng of hundredths.

    Raises:
        Unreadable: no whole đồng.
    """
    if not (typed.isascii() and typed.isdecimal() and len(typed) < 16):
        raise Unreadable("no amount")
    whole, rest = divmod(int(typed), HUNDREDTHS)
    if rest:
        raise Unreadable("no whole đồng")
    return whole


def moment(at: datetime) -> str:
    """Return a moment as VNPay writes it, in Vietnam's time."""
    return at.astimezone(VIETNAM).strftime("%Y%m%d%H%M%S")


def ref_of(key: str) -> str:
    """Return a visit's key in letters and digits alone, as references may be."""
    return key.replace("-", "", 1)


def key_of(ref: str) -> str:
    """Return the key of such a reference.

    >>> key_of(ref_of("CPQS7K2M9P-0a1b2c"))
    'CPQS7K2M9P-0a1b2c'
    """
    return f"{ref[:MEMO_LENGTH]}-{ref[MEMO_LENGTH:]}"


def request_of(back: Back) -> str:
    """Return a refund's number at VNPay: the same refund is the same request."""
    return f"{back.outside_id[-12:]}{back.short}"[:32]


def _asked(fields: dict[str, str], over: tuple[str, ...], back_over: tuple[str, ...]) -> Any:
    """Ask VNPay and prove its answer.

    Raises:
        OutsideFailure: no answer, or one that is not VNPay's.
    """
    secret = current_settings().vnpay_hash_secret
    proof = signed_hex(secret, _joined(fields, over), "sha512")
    found = ask_json(current_settings().vnpay_api, {**fields, "vnp_SecureHash": proof})
    if found.get("vnp_ResponseCode") in ("97", "02", "03") and not found.get("vnp_SecureHash"):
        raise CannotBe(f"{fields['vnp_Command']} {found['vnp_ResponseCode']}")
    given = str(found.get("vnp_SecureHash", "")).lower()
    if not same_secret(given, signed_hex(secret, _joined(found, back_over), "sha512")):
        raise OutsideFailure("VNPay's answer is not signed by it.")
    return found


def _joined(fields: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return "|".join(str(fields.get(f"vnp_{name}", "")) for name in names)


def _said(code: str, words: str) -> Reply:
    return 200, {"RspCode": code, "Message": words}
