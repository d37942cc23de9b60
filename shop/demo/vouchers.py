"""Two vouchers: one that the commune's union pays for, one that a maker gives herself."""

from datetime import datetime, timedelta

from shop.db import transaction
from shop.demo.people import ACTOR
from shop.vouchers.actions import create_voucher

MAKER, UNION = "bot-ngu-coc-go-mit", "hoi-lhpn-xa-song-lanh"


def load_vouchers(sellers: dict[str, int], units: dict[str, int], now: datetime) -> None:
    """Make both as they would have been a month ago."""
    made = {"actor_id": None, "actor_name": ACTOR, "now": now - timedelta(days=40)}
    with transaction() as session:
        create_voucher(
            session, code="SONGLANH", name_vi="Mừng vụ mới", name_en="New harvest",
            kind="amount", most_off_vnd=20_000, min_goods_vnd=150_000, most_each=1,
            budget_vnd=2_000_000, organisation_id=units[UNION], payer_id=units[UNION], **made,
        )  # fmt: skip
        create_voucher(
            session, code="GOMIT10", name_vi="Khách quen Gò Mít", name_en="Go Mit regulars",
            kind="percent", percent=10, most_off_vnd=30_000, most_uses=50,
            seller_id=sellers[MAKER], **made,
        )  # fmt: skip
