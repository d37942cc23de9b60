"""Who acts, for the trail that every act leaves."""

from typing import Any

from flask_login import current_user

from shop.kernel.clock import now_utc


def acting() -> dict[str, Any]:
    """Return {"actor_id", "actor_name", "now"} of whoever is signed in, as actions take it."""
    return {"actor_id": current_user.id, "actor_name": current_user.name, "now": now_utc()}
