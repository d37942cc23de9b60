"""Viettel Post. Source: its partner API as open clients write it (DOMAIN 2.3), read 27/11/2026."""

import json
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

from shop.carriers.rules.protocol import (
    Answer,
    Call,
    CarrierRefused,
    Made,
    Shipment,
    Told,
    Track,
    Unreadable,
    json_call,
    of,
    read_code,
    read_vnd,
    said,
)
from shop.kernel.clock import VIETNAM
from shop.kernel.errors import OutsideFailure
from shop.kernel.sealing import same_secret
from shop.kernel.text import fold

#: Goods by road; Viettel Post names its services so.
_SERVICE = "VSL7"
_NO_COLLECTION, _COLLECT_GOODS = 1, 3
_CANCEL = 4

_STATES = {
    **{str(n): Track.MADE for n in (-100, *range(100, 107))},
    "107": Track.CANCELLED,
    **{str(n): Track.PICKED for n in (200, 201, 202)},
    **{str(n): Track.MOVING for n in (*range(300, 304), *range(400, 404), 507, 509)},
    "500": Track.OUT, "501": Track.DELIVERED, "503": Track.CANCELLED, "504": Track.RETURNED,
    **dict.fromkeys(("502", "505", "515"), Track.RETURNING),
    **dict.fromkeys(("506", "508", "550"), Track.FAILED),
}  # fmt: skip


class ViettelPost:
    """Viettel Post sends a word that the seller chose with each callback, and cannot be asked."""

    key = "viettelpost"
    name = "Viettel Post"
    base = "https://partner.viettelpost.vn"
    test_base = "https://partnerdev.viettelpost.vn"
    keys: tuple[str, ...] = ("token",)
    proves = True

    def _headers(self, keys: Mapping[str, str]) -> dict[str, str]:
        return {"Token": keys["token"]}

    def _read(self, answer: Answer) -> object:
        found = answer.read()
        if found.get("error") is not False or found.get("status") != 200:
            raise CarrierRefused(carrier=self.name, words=said(found.get("message")))
        return found.get("data")

    def _order(self, shipment: Shipment) -> dict[str, object]:
        sender, to = shipment.sender, shipment.receiver
        collects = _COLLECT_GOODS if shipment.cod_vnd else _NO_COLLECTION
        return {
            "ORDER_NUMBER": shipment.client_code, "SENDER_FULLNAME": sender.name,
            "SENDER_PHONE": sender.phone, "SENDER_ADDRESS": sender.whole,
            "RECEIVER_FULLNAME": to.name, "RECEIVER_PHONE": to.phone,
            "RECEIVER_ADDRESS": to.whole, "PRODUCT_TYPE": "HH",
            "PRODUCT_NAME": "; ".join(one.name for one in shipment.things)[:200],
            "PRODUCT_WEIGHT": shipment.weight_g, "PRODUCT_LENGTH": shipment.box.length_cm,
            "PRODUCT_WIDTH": shipment.box.width_cm, "PRODUCT_HEIGHT": shipment.box.height_cm,
            "PRODUCT_QUANTITY": sum(one.quantity for one in shipment.things) or 1,
            "PRODUCT_PRICE": shipment.value_vnd, "MONEY_COLLECTION": shipment.cod_vnd,
            "ORDER_PAYMENT": collects, "ORDER_SERVICE": _SERVICE, "ORDER_SERVICE_ADD": "",
            "ORDER_NOTE": shipment.note, "NATIONAL_TYPE": 1,
            "LIST_ITEM": [
                {
                    "PRODUCT_NAME": one.name, "PRODUCT_PRICE": one.price_vnd,
                    "PRODUCT_WEIGHT": one.weight_g, "PRODUCT_QUANTITY": one.quantity,
                }
                for one in shipment.things
            ],
        }  # fmt: skip

    def quote(self, keys: Mapping[str, str], shipment: Shipment) -> Call:
        asked = self._order(shipment)
        asked.pop("ORDER_NUMBER")
        return json_call("POST", "/v2/order/getPriceNlp", self._headers(keys), asked)

    def quoted(self, answer: Answer) -> int:
        return read_vnd(of(self._read(answer), "MONEY_TOTAL"), "fee")

    def create(self, keys: Mapping[str, str], shipment: Shipment) -> Call:
        return json_call(
            "POST", "/v2/order/createOrder", self._headers(keys), self._order(shipment)
        )

    def created(self, answer: Answer, shipment: Shipment) -> Made:
        found = answer.read()
        # The number is ours: who has it already is the parcel that an answer was lost for.
        if found.get("error") is True and "ton tai" in fold(said(found.get("message"))):
            return Made(shipment.client_code, None)
        data = self._read(answer)
        return Made(read_code(of(data, "ORDER_NUMBER")), read_vnd(of(data, "MONEY_TOTAL"), "fee"))

    def label(self, keys: Mapping[str, str], tracking_code: str) -> Call:
        return json_call(
            "POST", "/v2/order/printing-code", self._headers(keys),
            {"EXPIRY_TIME": 0, "ORDER_ARRAY": [tracking_code]},
        )  # fmt: skip

    def labelled(self, answer: Answer, base: str) -> str:
        found = answer.read()
        self._read(answer)
        code = said(found.get("message"))
        if not code:
            raise OutsideFailure("The carrier gave no label.")
        return (
            "https://digitalize.viettelpost.vn/DigitalizePrint/report.do"
            f"?type=1&bill={quote(code, safe='')}&showPostage=1"
        )

    def cancel(self, keys: Mapping[str, str], tracking_code: str) -> Call:
        return json_call(
            "POST", "/v2/order/UpdateOrder", self._headers(keys),
            {"TYPE": _CANCEL, "ORDER_NUMBER": tracking_code, "NOTE": ""},
        )  # fmt: skip

    def cancelled(self, answer: Answer) -> None:
        self._read(answer)

    def told(self, body: bytes, secret: str) -> list[Told]:
        try:
            found = json.loads(body.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise Unreadable("callback") from error
        token, data = of(found, "TOKEN"), of(found, "DATA")
        if not isinstance(token, str) or not secret or not same_secret(token, secret):
            raise Unreadable("token")
        rows = data if isinstance(data, list) else [data]
        try:
            return [self._word(row) for row in rows[:100]]
        except OutsideFailure as error:
            raise Unreadable("callback") from error

    def _word(self, row: object) -> Told:
        code, state = read_code(of(row, "ORDER_NUMBER")), said(of(row, "ORDER_STATUS"))
        at = said(of(row, "ORDER_STATUSDATE"))
        words = said(of(row, "STATUS_NAME") or of(row, "NOTE"))
        return Told(f"{code}:{state}:{at}"[:150], code, _STATES.get(state), _moment(at), words)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%d/%m/%Y %H:%M:%S").replace(tzinfo=VIETNAM)
    except ValueError:
        return None


VIETTEL_POST = ViettelPost()
