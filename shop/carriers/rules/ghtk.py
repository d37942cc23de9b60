"""Giao Hàng Tiết Kiệm. Source: its public API as open clients agree on it (DOMAIN 2.3), 27/11/2026."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qs, quote

from shop.carriers.rules.protocol import (
    Answer,
    Call,
    CarrierRefused,
    Made,
    Shipment,
    Told,
    Track,
    Unreadable,
    asked_by_address,
    json_call,
    of,
    read_code,
    read_vnd,
    said,
)
from shop.kernel.errors import OutsideFailure

_STATES = {
    "-1": Track.CANCELLED, "1": Track.MADE, "2": Track.MADE, "3": Track.PICKED, "4": Track.OUT,
    "5": Track.DELIVERED, "6": Track.DELIVERED, "7": Track.MADE, "8": Track.MADE,
    "9": Track.FAILED, "10": Track.MOVING, "11": Track.RETURNED, "12": Track.MADE,
    "13": Track.LOST, "20": Track.RETURNING, "21": Track.RETURNED,
    # What a shipper taps on the way. 45 says "delivered" and proves nothing; 5 does.
    "123": Track.PICKED, "127": Track.MADE, "128": Track.MADE, "45": Track.OUT,
    "49": Track.FAILED, "410": Track.MOVING,
}  # fmt: skip


class Ghtk:
    """GHTK signs no callback either: it is asked what is true."""

    key = "ghtk"
    name = "Giao Hàng Tiết Kiệm (GHTK)"
    base = "https://services.giaohangtietkiem.vn"
    test_base = "https://services-staging.ghtklab.com"
    keys: tuple[str, ...] = ("token",)
    proves = False

    def _headers(self, keys: Mapping[str, str]) -> dict[str, str]:
        return {"Token": keys["token"]}

    def _read(self, answer: Answer) -> dict[str, object]:
        found = answer.read()
        if found.get("success") is not True:
            raise CarrierRefused(carrier=self.name, words=said(found.get("message")))
        return found

    def quote(self, keys: Mapping[str, str], shipment: Shipment) -> Call:
        sender, to = shipment.sender, shipment.receiver
        return asked_by_address(
            "/services/shipment/fee", self._headers(keys),
            {
                "pick_province": sender.province, "pick_district": sender.ward,
                "province": to.province, "district": to.ward, "address": to.street,
                "weight": shipment.weight_g, "value": shipment.value_vnd, "transport": "road",
                "deliver_option": "none",
            },
        )  # fmt: skip

    def quoted(self, answer: Answer) -> int:
        fee = self._read(answer).get("fee")
        if of(fee, "delivery") is False:
            raise CarrierRefused(carrier=self.name, words="")
        return read_vnd(of(fee, "fee"), "fee")

    def create(self, keys: Mapping[str, str], shipment: Shipment) -> Call:
        sender, to = shipment.sender, shipment.receiver
        things = [
            {"name": one.name, "weight": one.weight_g / 1000, "quantity": one.quantity}
            for one in shipment.things
        ]
        order = {
            "id": shipment.client_code, "pick_name": sender.name, "pick_tel": sender.phone,
            "pick_address": sender.street or sender.ward, "pick_ward": sender.ward,
            "pick_district": sender.ward, "pick_province": sender.province, "name": to.name,
            "tel": to.phone, "address": to.street, "ward": to.ward, "district": to.ward,
            "province": to.province, "hamlet": "Khác", "is_freeship": 1,
            "pick_money": shipment.cod_vnd, "value": shipment.value_vnd, "note": shipment.note,
            "transport": "road",
        }  # fmt: skip
        return json_call(
            "POST", "/services/shipment/order", self._headers(keys),
            {"products": things, "order": order},
        )  # fmt: skip

    def created(self, answer: Answer, shipment: Shipment) -> Made:
        found = answer.read()
        error = found.get("error")
        if found.get("success") is not True and of(error, "code") == "ORDER_ID_EXIST":
            # Asked before, and the answer was lost: it is the same parcel.
            if str(of(error, "partner_id")) != shipment.client_code:
                raise OutsideFailure("The carrier spoke of another parcel.")
            return Made(read_code(of(error, "ghtk_label")), None)
        order = self._read(answer).get("order")
        return Made(read_code(of(order, "label")), read_vnd(of(order, "fee"), "fee"))

    def label(self, keys: Mapping[str, str], tracking_code: str) -> Call:
        return Call("GET", f"/services/label/{quote(tracking_code, safe='')}", self._headers(keys))

    def labelled(self, answer: Answer, base: str) -> bytes:
        if answer.status == 200 and answer.body.startswith(b"%PDF-"):
            return answer.body
        self._read(answer)
        raise OutsideFailure("The carrier gave no label.")

    def cancel(self, keys: Mapping[str, str], tracking_code: str) -> Call:
        address = f"/services/shipment/cancel/{quote(tracking_code, safe='')}"
        return Call("POST", address, self._headers(keys))

    def cancelled(self, answer: Answer) -> None:
        self._read(answer)

    def track(self, keys: Mapping[str, str], tracking_code: str) -> Call:
        address = f"/services/shipment/v2/{quote(tracking_code, safe='')}"
        return Call("GET", address, self._headers(keys))

    def tracked(self, answer: Answer, tracking_code: str) -> Told:
        order = self._read(answer).get("order")
        if read_code(of(order, "label_id")) != tracking_code:
            raise OutsideFailure("The carrier spoke of another parcel.")
        # Its "modified" has no zone and changes with money too: what it says now is now.
        return Told("", tracking_code, _STATES.get(str(of(order, "status"))), None, said(of(order, "status_text")))  # fmt: skip

    def told(self, body: bytes, secret: str) -> list[Told]:
        try:
            found = parse_qs(body.decode("utf-8"), max_num_fields=60)
            code = read_code(found.get("label_id", [""])[0])
        except (ValueError, OutsideFailure) as error:
            raise Unreadable("callback") from error
        state, at = (found.get(name, [""])[0] for name in ("status_id", "action_time"))
        return [
            Told(f"{code}:{state}:{at}"[:150], code, _STATES.get(state), _moment(at), said(found.get("reason", [""])[0]))
        ]  # fmt: skip


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


GHTK = Ghtk()
