"""Asking carriers: one request each, outside of every transaction, by the shop's one door."""

from dataclasses import dataclass

from flask import current_app

from shop.carriers.models import CarrierAccount
from shop.carriers.queries import keys_of
from shop.carriers.rules import CARRIERS, Call, Carrier, Made, Shipment, Told
from shop.carriers.rules.protocol import Answer, Trackable
from shop.payments.gateways.outside import fetch


@dataclass(frozen=True, slots=True)
class Line:
    """One seller's line to a carrier: who is asked, where, and with which keys."""

    carrier: Carrier
    base: str
    keys: dict[str, str]

    def _ask(self, call: Call) -> Answer:
        status, body, _headers = fetch(call.method, self.base + call.path, call.headers, call.body)
        return Answer(status, body)

    def quote(self, shipment: Shipment) -> int:
        """Return what the carrier asks, in đồng. Raises CarrierRefused, OutsideFailure."""
        return self.carrier.quoted(self._ask(self.carrier.quote(self.keys, shipment)))

    def create(self, shipment: Shipment) -> Made:
        answer = self._ask(self.carrier.create(self.keys, shipment))
        return self.carrier.created(answer, shipment)

    def label(self, tracking_code: str) -> str | bytes:
        answer = self._ask(self.carrier.label(self.keys, tracking_code))
        return self.carrier.labelled(answer, self.base)

    def cancel(self, tracking_code: str) -> None:
        self.carrier.cancelled(self._ask(self.carrier.cancel(self.keys, tracking_code)))

    def track(self, tracking_code: str) -> Told | None:
        """Return where a parcel is; None when this carrier cannot be asked."""
        if not isinstance(self.carrier, Trackable):
            return None
        answer = self._ask(self.carrier.track(self.keys, tracking_code))
        return self.carrier.tracked(answer, tracking_code)


def line_of(account: CarrierAccount) -> Line:
    """Return the line of an account. Tests put their own addresses into ``carrier_bases``."""
    carrier = CARRIERS[account.carrier]
    usual = carrier.test_base if account.is_test else carrier.base
    base = current_app.extensions.get("carrier_bases", {}).get(carrier.key, usual)
    return Line(carrier, base, keys_of(account))
