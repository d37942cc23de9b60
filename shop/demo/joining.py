"""Who wants to sell in the demo: one who asked, one who was invited, one whose stall stands."""

from datetime import datetime, timedelta

from shop.current import vault
from shop.db import transaction
from shop.demo.people import ACTOR
from shop.sellers.joining import ask_to_sell, invite

#: The word of the demo's invitation; a shop's own are random and kept nowhere.
INVITED = "CHEM1234"


def load_applications(
    units: dict[str, int], people: dict[str, int], stall: int, now: datetime
) -> None:
    """Let one woman wait for a call, one for her own first step, and tell how a maker came."""
    unit = units["hoi-lhpn-xa-song-lanh"]
    by = {"actor_id": people["officer"], "actor_name": ACTOR}
    with transaction() as session:
        came, _word = invite(
            session, organisation_id=unit, name="Nguyễn Thị Mẫn", phone="+84905000101",
            now=now - timedelta(days=63), **by,
        )  # fmt: skip
        came.state, came.seller_id, came.code_digest = "approved", stall, None
        came.answered_at = now - timedelta(days=60)
        ask_to_sell(
            session, organisation_id=unit, name="Lê Thị Mẫu", phone="+84905000661", email=None,
            offers="Chuối sấy, gừng dẻo", attempt_id="demo-xin-ban", locale="vi",
            now=now - timedelta(hours=5),
        )  # fmt: skip
        waits, _word = invite(
            session, organisation_id=unit, name="Phạm Thị Thử", phone="+84905000662", now=now, **by
        )
        waits.code_digest = vault().index("stall-invitation", INVITED)
