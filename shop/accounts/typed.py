"""What somebody typed into a form whose post has to wait until she proved again that it is she.

Her browser keeps it until the form's page is open again: sealed, for this sign-in and this page
alone (at the same stall, when she has several), for a quarter of an hour. So neither an address
nor a log names what she typed, the shop stores nothing of it, and whoever signs in after her on
the same phone does not see it.
"""

import base64
import json
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from flask import g, request
from werkzeug.wrappers import Response

from shop.accounts.queries import vault
from shop.web.forms import Typed

TYPED_COOKIE = "ghi"
TYPED_FOR = timedelta(minutes=15)
#: Names of fields that are never kept: the token, and whatever opens something.
SECRETS = frozenset(
    {"csrf_token", "challenge", "code", "credential", "current", "password", "secret", "token"}
)
#: A browser takes four kilobytes of a cookie; sealed and written as text it grows by a third.
_MOST_BYTES = 2_900
#: A wrapped data key, before what it seals.
_KEY_BYTES = 60
#: What sealing adds: the wrapped key, a nonce, a tag.
_SEAL_BYTES = _KEY_BYTES + 12 + 16
#: More fields than any form has that may wait for a proof: nobody typed those.
_MOST_FIELDS = 60


def sealed_typed(sign_in_id: int, page: str, now: datetime) -> str:
    """Return the fields of this post as a cookie: as many as fit, from the shortest up."""
    posted = request.form.to_dict(flat=False)
    kept: dict[str, Any] = {
        "who": sign_in_id, "page": page.partition("?")[0], "at": now.timestamp(),
        "place": g.get("typed_at"), "typed": {},
        "cut": sorted(posted.keys() - SECRETS),
        "left": bool(request.files) or bool(posted.keys() & SECRETS - {"csrf_token"}),
    }  # fmt: skip
    room = _MOST_BYTES - _SEAL_BYTES - _size(kept) if len(posted) <= _MOST_FIELDS else -1
    if room < 0:
        kept["cut"], kept["left"] = [], True
    for size, name in sorted((_size(posted[name]) + 1, name) for name in kept["cut"]):
        if room < size:  # So it is for the rest.
            kept["left"] = True
            break
        room -= size
        kept["cut"].remove(name)
        kept["typed"][name] = posted[name]
    key, sealed = vault().seal_anew(kept)
    return base64.urlsafe_b64encode(key + sealed).decode()


def _size(part: Any) -> int:
    """Return how many bytes the vault writes for it."""
    return len(json.dumps(part, ensure_ascii=False, separators=(",", ":")).encode())


def opened_typed(kept: str, sign_in_id: int, now: datetime) -> Typed | None:
    """Return what this sign-in typed into a form of the page that is asked for; None: nothing."""
    try:
        raw = base64.urlsafe_b64decode(kept)
        found: dict[str, Any] = vault().open(raw[:_KEY_BYTES], raw[_KEY_BYTES:])
        typed = Typed(found["typed"], found["left"], frozenset(found["cut"]), place=found["place"])
    except (InvalidTag, ValueError, KeyError):  # Another release sealed it, or nobody did.
        return None
    age_s = now.timestamp() - found["at"]
    if (found["who"], found["page"]) != (sign_in_id, request.path):
        return None
    return typed if age_s <= TYPED_FOR.total_seconds() else None


def typed_at(place: int) -> None:
    """Tell at which of several stalls a page is: what was typed at another is not shown at it."""
    g.typed_at = place
    typed: Typed | None = g.get("typed")
    if typed is not None and typed.place != place:
        g.typed = None  # It waits for its own.


def forget_typed(response: Response) -> None:
    response.delete_cookie(TYPED_COOKIE, path="/")
