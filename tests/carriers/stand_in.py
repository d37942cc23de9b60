"""GHN, GHTK and Viettel Post as their public formats describe them, on 127.0.0.1: no code of the shop's.

One server speaks for all three. It keeps parcels by the shop's own code, refuses wrong keys and
missing fields, can fail before or after it acted, be slow, and tell what happened.
"""

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

TOKEN = "khoa-cua-chi"
_GHN, _VTP = "/shiip/public-api/v2/", "/v2/order/"
_GHN_NEEDS = {
    "client_order_code", "payment_type_id", "required_note", "to_name", "to_phone", "to_address",
    "to_ward_name", "to_province_name", "cod_amount", "weight", "service_type_id", "items",
}  # fmt: skip
_GHTK_NEEDS = {
    "id", "pick_name", "pick_address", "pick_province", "pick_tel", "name", "tel", "address",
    "province", "ward", "hamlet", "is_freeship", "pick_money", "value",
}  # fmt: skip
_VTP_NEEDS = {
    "ORDER_NUMBER", "SENDER_FULLNAME", "SENDER_PHONE", "SENDER_ADDRESS", "RECEIVER_FULLNAME",
    "RECEIVER_PHONE", "RECEIVER_ADDRESS", "PRODUCT_WEIGHT", "ORDER_PAYMENT", "ORDER_SERVICE",
    "MONEY_COLLECTION", "NATIONAL_TYPE", "PRODUCT_TYPE",
}  # fmt: skip


@dataclass
class StandIn:
    """Three carriers. ``trouble``: what goes wrong next: down, lost (acted, no answer), slow, html."""

    parcels: dict[str, dict[str, Any]] = field(default_factory=dict)
    trouble: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    #: What GHN was asked to make.
    bodies: list[dict[str, Any]] = field(default_factory=list)
    fee: int = 31_500
    base: str = ""

    def open(self) -> "StandIn":
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None: ...

            def do_GET(self) -> None:
                stand_in.answer(self)

            do_POST = do_GET

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        size = int(request.headers.get("Content-Length") or 0)
        body = request.rfile.read(size) if size else b""
        there = urlsplit(request.path)
        self.asked.append(there.path)
        wrong = self.trouble.pop(0) if self.trouble else ""
        if wrong == "down":
            return self._send(request, 503, b"<html>busy</html>")
        if wrong == "html":
            return self._send(request, 200, b"<html>hello</html>")
        if wrong == "slow":
            time.sleep(0.5)
            return self._send(request, 200, b"{}")
        found = self._act(request, unquote(there.path), parse_qs(there.query), body)
        if wrong == "lost":
            request.connection.close()
            return None
        return self._send(
            request, 200, found if isinstance(found, bytes) else json.dumps(found).encode()
        )

    def _send(self, request: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
        try:
            request.send_response(status)
            request.send_header("Content-Length", str(len(body)))
            request.end_headers()
            request.wfile.write(body)
        except OSError:
            pass

    def _act(self, request: Any, path: str, asked: dict[str, list[str]], body: bytes) -> Any:
        if request.headers.get("Token") != TOKEN:
            if path.startswith(_GHN):
                return {"code": 401, "message": "Token is not valid!", "data": None}
            if path.startswith(_VTP):
                return {"status": 202, "error": True, "message": "Token invalid", "data": None}
            return {"success": False, "message": "Token không hợp lệ"}
        said = json.loads(body) if body else {}
        if path.startswith(_GHN):
            assert request.headers.get("ShopId")
            return self._ghn(path.removeprefix(_GHN), said)
        if path.startswith(_VTP):
            return self._vtp(path.removeprefix(_VTP), said)
        return self._ghtk(path.removeprefix("/services/"), asked, said)

    def _keep(self, code: str, tracking: str, **more: Any) -> dict[str, Any]:
        return self.parcels.setdefault(code, {"tracking": tracking, "state": "", **more})

    def of(self, tracking: str) -> dict[str, Any] | None:
        return next((p for p in self.parcels.values() if p["tracking"] == tracking), None)

    def says(self, tracking: str, state: str) -> None:
        """Let a parcel be somewhere else, an hour after it was where it was, and tell nobody."""
        row = self.of(tracking)
        assert row is not None
        row["hour"] = row.get("hour", 8) + 1
        row["state"], row["at"] = state, f"2026-11-27T{row['hour']:02d}:00:00Z"

    # --- GHN ---

    def _ghn(self, act: str, said: dict[str, Any]) -> dict[str, Any]:
        def good(data: Any) -> dict[str, Any]:
            return {"code": 200, "message": "Success", "data": data}

        def bad(words: str) -> dict[str, Any]:
            return {"code": 400, "message": words, "data": None}

        if act in ("shipping-order/preview", "shipping-order/create"):
            if missing := _GHN_NEEDS - said.keys():
                return bad(f"Thiếu {sorted(missing)}")
            assert isinstance(said["cod_amount"], int)
            if said["cod_amount"] > 50_000_000:
                return bad("Tiền thu hộ vượt mức")
            if act.endswith("preview"):
                return good({"order_code": "", "total_fee": self.fee})
            code = said["client_order_code"]
            self.bodies.append(said)
            row = self._keep(code, f"GHN{len(self.parcels) + 1:05d}", cod=said["cod_amount"])
            row["state"] = row["state"] or "ready_to_pick"
            return good({"order_code": row["tracking"], "total_fee": self.fee})
        if act == "a5/gen-token":
            return good({"token": "abc-123"})
        if act == "switch-status/cancel":
            [code] = said["order_codes"]
            row = self.of(code)
            if row is None or row["state"] != "ready_to_pick":
                return good([{"order_code": code, "result": False, "message": "Đơn đã lấy hàng"}])
            row["state"] = "cancel"
            return good([{"order_code": code, "result": True, "message": "OK"}])
        if act == "shipping-order/detail":
            row = self.of(said["order_code"])
            if row is None:
                return bad("Không tìm thấy đơn")
            return good({"order_code": said["order_code"], "status": row["state"],
                         "updated_date": row.get("at", "2026-11-27T08:00:00Z")})  # fmt: skip
        return bad("?")

    # --- GHTK ---

    def _ghtk(self, act: str, asked: dict[str, list[str]], said: dict[str, Any]) -> Any:
        if act == "shipment/fee":
            assert {"pick_province", "province", "district", "address", "weight"} <= asked.keys()
            return {"success": True, "fee": {"fee": self.fee, "delivery": True}}
        if act == "shipment/order":
            order = said["order"]
            if missing := _GHTK_NEEDS - order.keys():
                return {"success": False, "message": f"Thiếu {sorted(missing)}"}
            known = self.parcels.get(order["id"])
            if known:
                return {"success": False, "message": "Đơn hàng đã tồn tại", "error": {
                    "code": "ORDER_ID_EXIST", "partner_id": order["id"],
                    "ghtk_label": known["tracking"],
                }}  # fmt: skip
            row = self._keep(order["id"], f"S1.A1.{len(self.parcels) + 1}", cod=order["pick_money"])
            row["state"] = "1"
            return {"success": True, "order": {
                "partner_id": order["id"], "label": row["tracking"], "fee": str(self.fee),
            }}  # fmt: skip
        kind, _slash, code = act.rpartition("/")
        row = self.of(code)
        if kind == "label" and row:
            return b"%PDF-1.4 nhan cua hang"
        if row is None:
            return {"success": False, "message": "Không tìm thấy đơn hàng"}
        if kind == "shipment/v2":
            return {"success": True, "order": {"label_id": code, "status": row["state"], "status_text": "x"}}  # fmt: skip
        if kind == "shipment/cancel":
            if row["state"] not in ("1", "2"):
                return {"success": False, "message": "Đơn đã lấy, không thể hủy"}
            row["state"] = "-1"
            return {"success": True, "message": ""}
        return {"success": False, "message": "?"}

    # --- Viettel Post ---

    def _vtp(self, act: str, said: dict[str, Any]) -> dict[str, Any]:
        def good(data: Any, words: str = "OK") -> dict[str, Any]:
            return {"status": 200, "error": False, "message": words, "data": data}

        def bad(words: str) -> dict[str, Any]:
            return {"status": 205, "error": True, "message": words, "data": None}

        if act == "getPriceNlp":
            return good({"MONEY_TOTAL": self.fee})
        if act == "createOrder":
            if missing := _VTP_NEEDS - said.keys():
                return bad(f"Thiếu {sorted(missing)}")
            code = said["ORDER_NUMBER"]
            if code in self.parcels:
                return bad("Mã đơn hàng đã tồn tại")
            self._keep(code, code, cod=said["MONEY_COLLECTION"])["state"] = "100"
            return good({"ORDER_NUMBER": code, "MONEY_TOTAL": self.fee})
        if act == "printing-code":
            return good(None, "MAIN")
        if act == "UpdateOrder":
            row = self.of(said["ORDER_NUMBER"])
            if row is None or said["TYPE"] != 4 or int(row["state"]) >= 200:
                return bad("Không huỷ được")
            row["state"] = "107"
            return good(None)
        return bad("?")


def ghn_word(code: str, state: str, at: str) -> tuple[bytes, str]:
    said = {"OrderCode": code, "Status": state, "Time": at, "CODAmount": 0, "Type": "switch_status"}
    return json.dumps(said).encode(), "application/json"


def ghtk_word(code: str, partner: str, state: str, at: str) -> tuple[bytes, str]:
    said = {"label_id": code, "partner_id": partner, "status_id": state, "action_time": at,
            "reason_code": "", "reason": "", "weight": "0.5", "fee": "31500", "pick_money": "0"}  # fmt: skip
    return urlencode(said).encode(), "application/x-www-form-urlencoded"


def vtp_word(code: str, state: int, at: str, token: str) -> tuple[bytes, str]:
    said = {"DATA": {"ORDER_NUMBER": code, "ORDER_STATUS": state, "ORDER_STATUSDATE": at}, "TOKEN": token}  # fmt: skip
    return json.dumps(said).encode(), "application/json"
