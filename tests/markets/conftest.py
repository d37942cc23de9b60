"""A series, a session and what a seller brings to it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from shop.db import transaction
from shop.markets.actions import offers, sessions
from tests.conftest import NOON

BY = {"actor_id": None, "actor_name": "Hương"}


def times(now: datetime, days: int = 3) -> dict[str, Any]:
    """Return the four times of a session that takes orders now and is held in so many days."""
    return {
        "opens_at": now - timedelta(hours=1), "closes_at": now + timedelta(days=days - 1),
        "hand_over_at": now + timedelta(days=days), "ends_at": now + timedelta(days=days, hours=4),
    }  # fmt: skip


def said(now: datetime = NOON, **more: Any) -> dict[str, Any]:
    return {
        "title_vi": "Phiên chợ thứ Bảy", "title_en": "Saturday market", "note_vi": "",
        "note_en": "", "max_orders": None, "max_amount_vnd": None, "collects": False,
        **times(now), **more,
    }  # fmt: skip


@pytest.fixture
def a_market(app, a_seller, a_variant) -> Callable[..., Any]:
    """Make a session with a place and one thing of one seller: ``a_market(quantity=10)``.

    Returns (session id, pickup id, offer id, variant id, seller id).
    """

    def make(
        *, seller_id: int | None = None, variant_id: int | None = None, quantity: int = 10,
        price_vnd: int = 40_000, least: int = 0, on_hand: int = 50, shown: bool = True,
        now: datetime = NOON, pickup_most: int | None = None, series_id: int | None = None,
        **more: Any,
    ) -> tuple[int, int, int, int, int]:  # fmt: skip
        from shop.sellers.models import Seller

        seller = seller_id or a_seller("Sương")
        variant = variant_id or a_variant(seller_id=seller, on_hand=on_hand)
        by = {**BY, "now": now}
        with transaction() as session:
            unit = session.get_one(Seller, seller).organisation_id
            row = sessions.write_session(
                session, organisation_id=unit, series_id=series_id, said=said(now, **more), **by
            )
            pickup = sessions.add_pickup(
                session, session_id=row.id, name_vi="Nhà văn hoá thôn", name_en="Hamlet house",
                address_vi="Thôn Gò Mít", address_en="", starts_at=row.hand_over_at,
                ends_at=row.ends_at, max_orders=pickup_most, **by,
            )  # fmt: skip
            offer = offers.ask_for_offer(
                session, session_id=row.id, variant_id=variant, price_vnd=price_vnd,
                quantity=quantity, least=least, heard=True, **by,
            )  # fmt: skip
            if shown:
                sessions.show_session(session, session_id=row.id, **by)
            return row.id, pickup.id, offer.id, variant, seller

    return make
