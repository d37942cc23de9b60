"""Giao Hàng Nhanh. Source: its public API as open clients write it (DOMAIN 2.3), read 27/11/2026."""

import json
from collections.abc import Mapping
from datetime import datetime

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
from shop.kernel.errors import OutsideFailure

#: From here on a parcel is heavy and has a service of its own.
_HEAVY_G = 20_000
_LIGHT_SERVICE, _HEAVY_SERVICE = 2, 5

_STATES = {
    **dict.fromkeys(("ready_to_pick", "picking", "money_collect_picking"), Track.MADE),
    "picked": Track.PICKED,
    **dict.fromkeys(("storing", "transporting", "sorting"), Track.MOVING),
    **dict.fromkeys(("delivering", "money_collect_delivering"), Track.OUT),
    "delivered": Track.DELIVERED,
    "delivery_fail": Track.FAILED,
    **dict.fromkeys(
        ("waiting_to_return", "return", "return_transporting", "return_sorting", "returning",
         "return_fail"),
        Track.RETURNING,
    ),
    "returned": Track.RETURNED,
    **dict.fromkeys(("damage", "lost"), Track.LOST),
    "cancel": Track.CANCELLED,
}  # fmt: skip


class Ghn:
    """GHN has no signature on callbacks: what one says is asked again before it counts."""

    key = "ghn"
    name = "Giao Hàng Nhanh (GHN)"
    base = "https://online-gateway.ghn.vn"
    test_base = "https://dev-online-gateway.ghn.vn"
    keys: tuple[str, ...] = ("token", "shop_id")
    proves = False

    def _headers(self, keys: Mapping[str, str]) -> dict[str, str]:
        return {"Token": keys["token"], "ShopId": keys["shop_id"]}

    def _order(self, shipment: Shipment) -> dict[str, object]:
        sender, to = shipment.sender, shipment.receiver
        return {
            "client_order_code": shipment.client_code, "payment_type_id": 1,
            "required_note": "CHOXEMHANGKHONGTHU", "note": shipment.note,
            "is_new_to_address": True, "from_name": sender.name, "from_phone": sender.phone,
            "from_address": sender.street, "from_ward_name": sender.ward,
            "from_province_name": sender.province, "to_name": to.name, "to_phone": to.phone,
            "to_address": to.street, "to_ward_name": to.ward, "to_province_name": to.province,
            "cod_amount": shipment.cod_vnd, "insurance_value": 0,
            "order_value": shipment.value_vnd, "weight": shipment.weight_g,
            "length": shipment.box.length_cm, "width": shipment.box.width_cm,
            "height": shipment.box.height_cm,
            "service_type_id": _HEAVY_SERVICE if shipment.weight_g >= _HEAVY_G else _LIGHT_SERVICE,
            "content": "; ".join(f"{one.quantity} x {one.name}" for one in shipment.things)[:500],
            "items": [
                {"name": one.name, "quantity": one.quantity, "price": one.price_vnd, "weight": one.weight_g}
                for one in shipment.things
            ],
        }  # fmt: skip

    def _post(self, path: str, keys: Mapping[str, str], message: object) -> Call:
        return json_call("POST", f"/shiip/public-api/v2/{path}", self._headers(keys), message)

    def _read(self, answer: Answer) -> object:
        found = answer.read()
        if found.get("code") != 200:
            raise CarrierRefused(carrier=self.name, words=said(found.get("message")))
        return found.get("data")

    def quote(self, keys: Mapping[str, str], shipment: Shipment) -> Call:
        # Not "fee", which wants GHN's own ward numbers; a preview takes names and makes nothing.
        return self._post("shipping-order/preview", keys, self._order(shipment))

    def quoted(self, answer: Answer) -> int:
        return read_vnd(of(self._read(answer), "total_fee"), "fee")

    def create(self, keys: Mapping[str, str], shipment: Shipment) -> Call:
        return self._post("shipping-order/create", keys, self._order(shipment))

    def created(self, answer: Answer, shipment: Shipment) -> Made:
        # The same client code gives back the parcel that it made before.
        data = self._read(answer)
        return Made(read_code(of(data, "order_code")), read_vnd(of(data, "total_fee"), "fee"))

    def label(self, keys: Mapping[str, str], tracking_code: str) -> Call:
        return self._post("a5/gen-token", keys, {"order_codes": [tracking_code]})

    def labelled(self, answer: Answer, base: str) -> str:
        token = of(self._read(answer), "token")
        if (
            not isinstance(token, str)
            or not token.isascii()
            or not token.replace("-", "").isalnum()
        ):
            raise OutsideFailure("The carrier gave no label.")
        return f"{base}/a5/public-api/printA5?token={token}"

    def cancel(self, keys: Mapping[str, str], tracking_code: str) -> Call:
        return self._post("switch-status/cancel", keys, {"order_codes": [tracking_code]})

    def cancelled(self, answer: Answer) -> None:
        data = self._read(answer)
        for one in data if isinstance(data, list) else []:
            if of(one, "result") is False:
                raise CarrierRefused(carrier=self.name, words=said(of(one, "message")))

    def track(self, keys: Mapping[str, str], tracking_code: str) -> Call:
        return self._post("shipping-order/detail", keys, {"order_code": tracking_code})

    def tracked(self, answer: Answer, tracking_code: str) -> Told:
        data = self._read(answer)
        state, at = of(data, "status"), _moment(of(data, "updated_date"))
        if read_code(of(data, "order_code")) != tracking_code:
            raise OutsideFailure("The carrier spoke of another parcel.")
        return Told("", tracking_code, _STATES.get(str(state)), at, said(state))

    def told(self, body: bytes, secret: str) -> list[Told]:
        try:
            found = json.loads(body.decode("utf-8"))
            code = read_code(of(found, "OrderCode"))
        except (ValueError, RecursionError, OutsideFailure) as error:
            raise Unreadable("callback") from error
        state, at = said(of(found, "Status")).lower(), said(of(found, "Time"))
        return [Told(f"{code}:{state}:{at}"[:150], code, _STATES.get(state), _moment(at), state)]


def _moment(text: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


GHN = Ghn()
