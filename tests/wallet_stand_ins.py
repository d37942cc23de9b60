"""VNPay, MoMo and ZaloPay as their documents describe them, for tests: no code of the shop's.

Each checks the signature of what it is asked in its own way, refuses fields that it does not
know and numbers that came before, signs what it tells, and can fail. Each is also a site of its
own (``site``), with its interface and its payment page, for a real server on this machine.
"""

import hashlib
import hmac
import html
import itertools
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from shop.kernel.errors import OutsideFailure


def sha(algorithm: str, secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), getattr(hashlib, algorithm)).hexdigest()


@dataclass
class StandIn:
    """What the three have in common. Register it as ``app.extensions["gateway_transport"]``."""

    host: ClassVar[str] = ""
    #: Where its payment page lies.
    page: str = ""
    #: By the shop's number: what was asked, and what became of it.
    payments: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: What goes wrong next: before, after (the act, without an answer), busy, refused, slow.
    trouble: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    #: Told, not sent yet.
    told: list[Any] = field(default_factory=list)
    #: Called with each message once the buyer has pressed "pay" on the page.
    after_pay: Callable[[Any], None] = field(default=lambda _message: None)
    numbers: Any = field(default_factory=lambda: itertools.count(14_000_001))

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, str, Mapping[str, str]]:
        there = urlsplit(url)
        assert there.netloc == self.host, url
        assert method.upper() == "POST"
        assert {k.lower(): v for k, v in headers.items()}["content-type"] == "application/json"
        self.asked.append(there.path)
        wrong = self.trouble.pop(0) if self.trouble else ""
        if wrong == "before":
            raise OutsideFailure(f"{self.host} did not answer: timeout.")
        answer = self.api(there.path, json.loads(body), wrong)
        if wrong == "after":
            raise OutsideFailure(f"{self.host} did not answer: timeout.")
        return 200, json.dumps(answer), {}

    def api(self, path: str, asked: dict[str, Any], wrong: str) -> dict[str, Any]:
        raise NotImplementedError

    def pay(self, number: str, *, amount: int | None = None) -> Any:
        """The buyer pays; return the message."""
        raise NotImplementedError

    def decline(self, number: str) -> Any:
        """Her bank says no; return the message, None: this gateway tells nothing then."""
        raise NotImplementedError

    def send(self, client: Any, message: Any) -> Any:
        raise NotImplementedError

    def taken(self, answer: Any) -> bool:
        """Tell whether the shop said that it took a message."""
        raise NotImplementedError

    def refused(self, answer: Any) -> bool:
        """Tell whether the shop said that a message is not this gateway's."""
        raise NotImplementedError

    def forged(self, message: Any) -> Any:
        """Return a message as somebody without the secret would sign it."""
        raise NotImplementedError

    def cut(self, message: Any) -> Any:
        """Return a message that lost its end."""
        raise NotImplementedError

    def of_another(self, message: Any) -> Any:
        """Return a message of another merchant, rightly signed."""
        raise NotImplementedError

    def back_url(self, number: str) -> str:
        """Return where the buyer comes back to, with what the gateway says in the address."""
        raise NotImplementedError

    # --- its site ---

    def number_of(self, query: str) -> str:
        """Return which payment a page is about."""
        return parse_qs(query)["t"][0]

    def opened(self, query: str) -> None:
        """A browser came to the page."""

    def site(self, environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        """Its interface and its payment page, as one WSGI site."""
        size = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(size) if size else b""
        if environ.get("CONTENT_TYPE") == "application/json":
            found = self.api(environ["PATH_INFO"], json.loads(body), "")
            start("200 OK", [("Content-Type", "application/json")])
            return [json.dumps(found).encode()]
        query = environ["QUERY_STRING"]
        self.opened(query)
        number = self.number_of(query)
        if environ["REQUEST_METHOD"] == "POST":
            pressed = dict(parse_qsl(body.decode())).get("do")
            message = self.pay(number) if pressed == "pay" else self.decline(number)
            if message is not None:
                self.after_pay(message)
            start("303 See Other", [("Location", self.back_url(number))])
            return [b""]
        name = html.escape(f"{type(self).__name__}: {self.payments[number]['amount']}")
        start("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        return [
            f"<!doctype html><html lang=en><title>Stand-in</title><h1>{name}</h1><form method=post>"
            "<button name=do value=pay>Pay</button><button name=do value=no>Cancel</button></form>"
            .encode()
        ]  # fmt: skip


@dataclass
class VNPayStandIn(StandIn):
    host: ClassVar[str] = "sandbox.vnpayment.vn"
    name: ClassVar[str] = "vnpay"
    tmn: ClassVar[str] = "TESTCODE"
    secret: ClassVar[str] = "a_vnpay_secret_of_tests"
    page: str = "https://sandbox.vnpayment.vn/paymentv2/vpcpay.html"
    requests: set[str] = field(default_factory=set)
    _REDIRECT: ClassVar[set[str]] = {
        "vnp_Version", "vnp_Command", "vnp_TmnCode", "vnp_Amount", "vnp_CurrCode", "vnp_TxnRef",
        "vnp_OrderInfo", "vnp_OrderType", "vnp_Locale", "vnp_ReturnUrl", "vnp_IpAddr",
        "vnp_CreateDate", "vnp_ExpireDate", "vnp_SecureHash",
    }  # fmt: skip

    def opened(self, query: str) -> None:
        """Look at the address with which the buyer comes; what is wrong with it is an assertion."""
        pairs = [pair.split("=", 1) for pair in query.split("&")]
        given = dict(pairs)
        assert set(given) == self._REDIRECT
        assert len(given) == len(pairs)
        said = "&".join(
            f"{name}={value}" for name, value in sorted(pairs) if name != "vnp_SecureHash"
        )
        assert given["vnp_SecureHash"] == sha("sha512", self.secret, said)
        plain = dict(parse_qsl(query))
        assert plain["vnp_Amount"].isdecimal()
        assert plain["vnp_Amount"].endswith("00")
        assert re.fullmatch(r"[0-9A-Za-z]{1,100}", plain["vnp_TxnRef"])
        assert re.fullmatch(r"[0-9A-Za-z ]{1,255}", plain["vnp_OrderInfo"])
        assert re.fullmatch(r"\d{14}", plain["vnp_CreateDate"])
        assert plain["vnp_CreateDate"] < plain["vnp_ExpireDate"]
        assert (plain["vnp_Version"], plain["vnp_Command"]) == ("2.1.0", "pay")
        assert plain["vnp_TmnCode"] == self.tmn
        self.payments.setdefault(
            plain["vnp_TxnRef"],
            {
                "amount": int(plain["vnp_Amount"]) // 100, "status": "01", "number": "0",
                "date": plain["vnp_CreateDate"], "info": plain["vnp_OrderInfo"],
                "back": plain["vnp_ReturnUrl"], "gone": 0,
            },
        )  # fmt: skip

    def number_of(self, query: str) -> str:
        return parse_qs(query)["vnp_TxnRef"][0]

    def _ipn(self, ref: str, code: str, status: str, amount: int | None = None) -> str:
        payment = self.payments[ref]
        fields = {
            "vnp_TmnCode": self.tmn, "vnp_Amount": str((amount or payment["amount"]) * 100),
            "vnp_BankCode": "NCB", "vnp_BankTranNo": f"VNP{payment['number']}",
            "vnp_CardType": "ATM", "vnp_PayDate": "20261126101500",
            "vnp_OrderInfo": payment["info"], "vnp_TransactionNo": payment["number"],
            "vnp_ResponseCode": code, "vnp_TransactionStatus": status, "vnp_TxnRef": ref,
        }  # fmt: skip
        return self.signed(fields)

    def signed(self, fields: Mapping[str, str]) -> str:
        said = urlencode(sorted((name, value) for name, value in fields.items() if value))
        return f"{said}&vnp_SecureHashType=HmacSHA512&vnp_SecureHash={sha('sha512', self.secret, said)}"

    def pay(self, number: str, *, amount: int | None = None) -> str:
        payment = self.payments[number]
        payment["status"], payment["number"] = "00", str(next(self.numbers))
        self.told.append(self._ipn(number, "00", "00", amount))
        return self.told[-1]

    def decline(self, number: str) -> str:
        self.payments[number]["status"] = "02"
        self.told.append(self._ipn(number, "24", "02"))
        return self.told[-1]

    def send(self, client: Any, message: str) -> Any:
        return client.get(f"/webhooks/vnpay?{message}")

    def taken(self, answer: Any) -> bool:
        return answer.status_code == 200 and answer.json["RspCode"] in ("00", "02")

    def refused(self, answer: Any) -> bool:
        return answer.status_code == 200 and answer.json["RspCode"] in ("97", "99")

    def forged(self, message: str) -> str:
        return re.sub(r"vnp_SecureHash=\w+", "vnp_SecureHash=" + "0" * 128, message)

    def cut(self, message: str) -> str:
        return message[:-9]

    def of_another(self, message: str) -> str:
        fields = dict(parse_qsl(message.split("&vnp_SecureHashType", maxsplit=1)[0]))
        return self.signed({**fields, "vnp_TmnCode": "OTHER001"})

    def back_url(self, number: str) -> str:
        payment = self.payments[number]
        mark = "&" if "?" in payment["back"] else "?"
        code = {"00": "00", "02": "24"}.get(payment["status"], "24")
        return payment["back"] + mark + self._ipn(number, code, payment["status"])

    def api(self, path: str, asked: dict[str, Any], wrong: str) -> dict[str, Any]:
        assert path == "/merchant_webapi/api/transaction"
        over = {
            "querydr": "RequestId Version Command TmnCode TxnRef TransactionDate CreateDate IpAddr OrderInfo",
            "refund": "RequestId Version Command TmnCode TransactionType TxnRef Amount TransactionNo"
            " TransactionDate CreateBy CreateDate IpAddr OrderInfo",
        }[asked["vnp_Command"]].split()  # fmt: skip
        assert set(asked) == {f"vnp_{name}" for name in over} | {"vnp_SecureHash"}
        said = "|".join(asked[f"vnp_{name}"] for name in over)
        if asked["vnp_SecureHash"] != sha("sha512", self.secret, said):
            return {"vnp_ResponseCode": "97", "vnp_Message": "Invalid signature"}
        assert len(asked["vnp_RequestId"]) <= 32
        refunds = asked["vnp_Command"] == "refund"
        return self._refund(asked, wrong) if refunds else self._query(asked, wrong)

    def _query(self, asked: dict[str, Any], wrong: str) -> dict[str, Any]:
        payment = self.payments.get(asked["vnp_TxnRef"])
        if payment is None or payment["date"] != asked["vnp_TransactionDate"]:
            return self._answer(asked, "91", {}, promotion=True)
        return self._answer(asked, "99" if wrong == "busy" else "00", payment, promotion=True)

    def _refund(self, asked: dict[str, Any], wrong: str) -> dict[str, Any]:
        payment = self.payments.get(asked["vnp_TxnRef"])
        if payment is None or payment["number"] != asked["vnp_TransactionNo"]:
            return self._answer(asked, "91", {})
        if asked["vnp_RequestId"] in self.requests:
            return self._answer(asked, "94", payment)
        amount, rest = divmod(int(asked["vnp_Amount"]), 100)
        whole = asked["vnp_TransactionType"] == "02"
        assert not rest
        assert whole is (amount == payment["amount"])
        if wrong == "busy":
            return self._answer(asked, "99", payment)
        if wrong == "refused" or payment["gone"] + amount > payment["amount"]:
            return self._answer(asked, "95", payment)
        self.requests.add(asked["vnp_RequestId"])
        payment["gone"] += amount
        self.refunds[asked["vnp_RequestId"]] = {"amount": amount}
        return self._answer(asked, "00", {**payment, "status": "05"})

    def _answer(
        self, asked: dict[str, Any], code: str, payment: dict[str, Any], promotion: bool = False
    ) -> dict[str, Any]:
        found = {
            "vnp_ResponseId": f"r{next(self.numbers)}", "vnp_Command": asked["vnp_Command"],
            "vnp_ResponseCode": code, "vnp_Message": "x", "vnp_TmnCode": self.tmn,
            "vnp_TxnRef": asked["vnp_TxnRef"], "vnp_Amount": str(payment.get("amount", 0) * 100),
            "vnp_BankCode": "NCB", "vnp_PayDate": "20261126101500",
            "vnp_TransactionNo": payment.get("number", ""), "vnp_TransactionType": "01",
            "vnp_TransactionStatus": payment.get("status", ""), "vnp_OrderInfo": "x",
        }  # fmt: skip
        if promotion:
            found |= {"vnp_PromotionCode": "", "vnp_PromotionAmount": ""}
        return {**found, "vnp_SecureHash": sha("sha512", self.secret, "|".join(found.values()))}


@dataclass
class MoMoStandIn(StandIn):
    host: ClassVar[str] = "test-payment.momo.vn"
    name: ClassVar[str] = "momo"
    partner: ClassVar[str] = "MOMOTEST"
    access: ClassVar[str] = "a_momo_access_of_tests"
    secret: ClassVar[str] = "a_momo_secret_of_tests"
    page: str = "https://test-payment.momo.vn"
    slow: set[str] = field(default_factory=set)
    _FIELDS: ClassVar[dict[str, set[str]]] = {
        "create": {
            "partnerCode", "requestId", "amount", "orderId", "orderInfo", "redirectUrl", "ipnUrl",
            "lang", "extraData", "requestType", "autoCapture",
        },
        "query": {"partnerCode", "requestId", "orderId", "lang"},
        "refund": {
            "partnerCode", "orderId", "requestId", "amount", "transId", "lang", "description",
        },
    }  # fmt: skip
    _UNSIGNED: ClassVar[set[str]] = {"lang", "autoCapture"}

    def _signature(self, fields: Mapping[str, Any]) -> str:
        signed = {**fields, "accessKey": self.access}
        said = "&".join(f"{name}={signed[name]}" for name in sorted(signed))
        return sha("sha256", self.secret, said)

    def api(self, path: str, asked: dict[str, Any], wrong: str) -> dict[str, Any]:
        what = path.removeprefix("/v2/gateway/api/")
        given = asked.pop("signature")
        assert set(asked) == self._FIELDS[what], set(asked) ^ self._FIELDS[what]
        signed = {name: value for name, value in asked.items() if name not in self._UNSIGNED}
        if given != self._signature(signed):
            return {"resultCode": 13, "message": "signature"}
        assert asked["partnerCode"] == self.partner
        assert re.fullmatch(r"[0-9a-zA-Z]([-_.]*[0-9a-zA-Z]+)*", asked["orderId"])
        assert len(asked["requestId"]) <= 50
        if wrong == "busy":
            return {"resultCode": 10, "message": "maintenance"}
        return {"create": self._create, "query": self._query, "refund": self._refund}[what](
            asked, wrong
        )

    def _create(self, asked: dict[str, Any], wrong: str) -> dict[str, Any]:
        assert type(asked["amount"]) is int
        assert asked["requestType"] == "captureWallet"
        if asked["orderId"] in self.payments:
            return {"resultCode": 41, "message": "duplicate orderId"}
        if wrong == "refused" or not 1_000 <= asked["amount"] <= 50_000_000:
            return {"resultCode": 22, "message": "amount out of range"}
        self.payments[asked["orderId"]] = {
            **asked, "code": 1000, "trans": 0, "gone": 0, "backs": [],
        }  # fmt: skip
        return {
            "partnerCode": self.partner, "orderId": asked["orderId"],
            "requestId": asked["requestId"], "amount": asked["amount"], "responseTime": 1,
            "message": "ok", "resultCode": 0,
            "payUrl": f"{self.page}/v2/gateway/pay?t={asked['orderId']}",
        }  # fmt: skip

    def _query(self, asked: dict[str, Any], _wrong: str) -> dict[str, Any]:
        payment = self.payments.get(asked["orderId"])
        if payment is None:
            return {"resultCode": 42, "message": "no such order"}
        return {
            "partnerCode": self.partner, "orderId": asked["orderId"],
            "requestId": asked["requestId"], "extraData": "", "amount": payment["amount"],
            "transId": payment["trans"], "payType": "qr", "resultCode": payment["code"],
            "refundTrans": payment["backs"], "message": "x", "responseTime": 1,
        }  # fmt: skip

    def _refund(self, asked: dict[str, Any], wrong: str) -> dict[str, Any]:
        payment = next(p for p in self.payments.values() if p["trans"] == asked["transId"])
        if asked["orderId"] in self.refunds:
            return {"resultCode": 41, "message": "duplicate orderId"}
        if wrong == "refused" or payment["gone"] + asked["amount"] > payment["amount"]:
            return {"resultCode": 1081, "message": "refund refused"}
        payment["gone"] += asked["amount"]
        code = 7002 if wrong == "slow" else 0
        back = {"orderId": asked["orderId"], "amount": asked["amount"], "resultCode": code,
                "transId": next(self.numbers), "createdTime": 1}  # fmt: skip
        payment["backs"].append(back)
        self.refunds[asked["orderId"]] = back
        return {"resultCode": code, "message": "x", **back}

    def _ipn(self, order: str, amount: int | None = None, **more: Any) -> dict[str, Any]:
        payment = self.payments[order]
        message = {
            "partnerCode": self.partner, "orderId": order, "requestId": payment["requestId"],
            "amount": amount or payment["amount"], "orderInfo": payment["orderInfo"],
            "orderType": "momo_wallet", "transId": payment["trans"],
            "resultCode": payment["code"], "message": "Giao dịch thành công.", "payType": "qr",
            "responseTime": int(time.time() * 1000), "extraData": "", **more,
        }  # fmt: skip
        return {**message, "signature": self._signature(message)}

    def pay(self, number: str, *, amount: int | None = None) -> dict[str, Any]:
        self.payments[number].update(code=0, trans=next(self.numbers))
        self.told.append(self._ipn(number, amount))
        return self.told[-1]

    def decline(self, number: str) -> dict[str, Any]:
        self.payments[number].update(code=1006)
        self.told.append(self._ipn(number))
        return self.told[-1]

    def send(self, client: Any, message: Any) -> Any:
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        return client.post("/webhooks/momo", data=body, content_type="application/json")

    def taken(self, answer: Any) -> bool:
        return answer.status_code == 204 and not answer.data

    def refused(self, answer: Any) -> bool:
        return answer.status_code == 400

    def forged(self, message: dict[str, Any]) -> dict[str, Any]:
        return {**message, "signature": "0" * 64}

    def cut(self, message: dict[str, Any]) -> bytes:
        return json.dumps(message).encode()[:-9]

    def of_another(self, message: dict[str, Any]) -> dict[str, Any]:
        bare = {**message, "partnerCode": "MOMOTHER"}
        del bare["signature"]
        return {**bare, "signature": self._signature(bare)}

    def back_url(self, number: str) -> str:
        payment = self.payments[number]
        mark = "&" if "?" in payment["redirectUrl"] else "?"
        return payment["redirectUrl"] + mark + urlencode(self._ipn(number))


@dataclass
class ZaloPayStandIn(StandIn):
    host: ClassVar[str] = "sb-openapi.zalopay.vn"
    name: ClassVar[str] = "zalopay"
    app_id: ClassVar[int] = 2553
    key1: ClassVar[str] = "a_zalopay_key1_of_tests"
    key2: ClassVar[str] = "a_zalopay_key2_of_tests"
    page: str = "https://qcgateway.zalopay.vn"
    _FIELDS: ClassVar[dict[str, tuple[str, set[str]]]] = {
        "create": (
            "app_id|app_trans_id|app_user|amount|app_time|embed_data|item",
            {"bank_code", "description", "callback_url", "expire_duration_seconds"},
        ),
        "query": ("app_id|app_trans_id", set()),
        "refund": ("app_id|zp_trans_id|amount|description|timestamp", {"m_refund_id"}),
        "query_refund": ("app_id|m_refund_id|timestamp", set()),
    }

    def api(self, path: str, asked: dict[str, Any], wrong: str) -> dict[str, Any]:
        what = path.removeprefix("/v2/")
        over, more = self._FIELDS[what]
        assert set(asked) == {*over.split("|"), *more, "mac"}
        said = "|".join(str(asked[name]) for name in over.split("|"))
        if what == "query":
            said += f"|{self.key1}"
        if asked["mac"] != sha("sha256", self.key1, said):
            return {"return_code": 2, "sub_return_code": -402, "return_message": "mac"}
        assert asked["app_id"] == self.app_id
        if wrong == "busy":
            return {"return_code": 0, "return_message": "busy"}
        work = {"create": self._create, "query": self._query, "refund": self._refund,
                "query_refund": self._query_refund}[what]  # fmt: skip
        return work(asked, wrong)

    def _create(self, asked: dict[str, Any], wrong: str) -> dict[str, Any]:
        trans = asked["app_trans_id"]
        assert re.fullmatch(r"\d{6}_[0-9A-Za-z]{1,33}", trans)
        today = time.strftime("%y%m%d", time.gmtime(asked["app_time"] / 1000 + 7 * 3600))
        assert trans.startswith(today)
        assert json.loads(asked["embed_data"])["redirecturl"].startswith("http")
        assert 300 <= asked["expire_duration_seconds"] <= 2_592_000
        if trans in self.payments or wrong == "refused":
            return {"return_code": 2, "sub_return_code": -68, "return_message": "duplicate"}
        self.payments[trans] = {**asked, "number": 0, "code": 3, "gone": 0}
        return {
            "return_code": 1, "return_message": "ok", "zp_trans_token": "x",
            "order_url": f"{self.page}/openinapp?t={trans}",
        }  # fmt: skip

    def _query(self, asked: dict[str, Any], _wrong: str) -> dict[str, Any]:
        payment = self.payments.get(asked["app_trans_id"])
        if payment is None:
            return {"return_code": 2, "return_message": "unknown"}
        return {
            "return_code": payment["code"], "return_message": "x",
            "is_processing": payment["code"] == 3, "amount": payment["amount"],
            "zp_trans_id": payment["number"], "discount_amount": 0,
        }  # fmt: skip

    def _refund(self, asked: dict[str, Any], wrong: str) -> dict[str, Any]:
        number = asked["m_refund_id"]
        assert re.fullmatch(rf"\d{{6}}_{self.app_id}_[0-9A-Za-z]+", number)
        assert len(number) <= 45
        payment = next(
            p for p in self.payments.values() if str(p["number"]) == str(asked["zp_trans_id"])
        )
        if number in self.refunds:
            return {"return_code": 2, "sub_return_code": -25, "return_message": "duplicate"}
        if wrong == "refused" or payment["gone"] + asked["amount"] > payment["amount"]:
            return {"return_code": 2, "sub_return_code": -14, "return_message": "refused"}
        payment["gone"] += asked["amount"]
        code = 3 if wrong == "slow" else 1
        self.refunds[number] = {"amount": asked["amount"], "code": code}
        return {"return_code": code, "return_message": "x", "refund_id": next(self.numbers)}

    def _query_refund(self, asked: dict[str, Any], _wrong: str) -> dict[str, Any]:
        found = self.refunds.get(asked["m_refund_id"])
        return {"return_code": found["code"] if found else 2, "return_message": "x"}

    def _callback(self, trans: str, amount: int | None = None, **more: Any) -> dict[str, Any]:
        payment = self.payments[trans]
        text = json.dumps({
            "app_id": self.app_id, "app_trans_id": trans, "app_time": payment["app_time"],
            "app_user": payment["app_user"], "amount": amount or payment["amount"],
            "embed_data": payment["embed_data"], "item": "[]", "zp_trans_id": payment["number"],
            "server_time": int(time.time() * 1000), "channel": 38, "merchant_user_id": "x",
            "user_fee_amount": 0, "discount_amount": 0, **more,
        })  # fmt: skip
        return {"data": text, "mac": sha("sha256", self.key2, text), "type": 1}

    def pay(self, number: str, *, amount: int | None = None) -> dict[str, Any]:
        self.payments[number].update(code=1, number=next(self.numbers))
        self.told.append(self._callback(number, amount))
        return self.told[-1]

    def decline(self, number: str) -> None:
        self.payments[number]["code"] = 2  # It tells of what was paid alone.

    def send(self, client: Any, message: Any) -> Any:
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        return client.post("/webhooks/zalopay", data=body, content_type="application/json")

    def taken(self, answer: Any) -> bool:
        return answer.status_code == 200 and answer.json["return_code"] == 1

    def refused(self, answer: Any) -> bool:
        return answer.status_code == 200 and answer.json["return_code"] == -1

    def forged(self, message: dict[str, Any]) -> dict[str, Any]:
        return {**message, "mac": "0" * 64}

    def cut(self, message: dict[str, Any]) -> bytes:
        return json.dumps(message).encode()[:-9]

    def of_another(self, message: dict[str, Any]) -> dict[str, Any]:
        text = json.dumps({**json.loads(message["data"]), "app_id": 9999})
        return {"data": text, "mac": sha("sha256", self.key2, text), "type": 1}

    def back_url(self, number: str) -> str:
        payment = self.payments[number]
        status = 1 if payment["code"] == 1 else -49
        fields = {"appid": self.app_id, "apptransid": number, "pmcid": 38, "bankcode": "",
                  "amount": payment["amount"], "discountamount": 0, "status": status}  # fmt: skip
        said = "|".join(str(value) for value in fields.values())
        back = json.loads(payment["embed_data"])["redirecturl"]
        mark = "&" if "?" in back else "?"
        return back + mark + urlencode({**fields, "checksum": sha("sha256", self.key2, said)})


STAND_INS = (VNPayStandIn, MoMoStandIn, ZaloPayStandIn)
#: The settings of a shop that has accounts at the three; the first organisation owns them.
SETTINGS = {
    "online_organisation": 1, "vnpay_tmn_code": VNPayStandIn.tmn,
    "vnpay_hash_secret": VNPayStandIn.secret, "momo_partner_code": MoMoStandIn.partner,
    "momo_access_key": MoMoStandIn.access, "momo_secret_key": MoMoStandIn.secret,
    "zalopay_app_id": ZaloPayStandIn.app_id, "zalopay_key1": ZaloPayStandIn.key1,
    "zalopay_key2": ZaloPayStandIn.key2,
}  # fmt: skip
