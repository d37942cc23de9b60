"""What somebody typed into a form whose post has to wait until she is in, or proved that it is she.

Her browser keeps it until the form's page is open again: sealed, for the account that the page was
made for and this page alone (at the same stall, when she has several), for a quarter of an hour. So
neither an address nor a log names what she typed, the shop stores nothing of it, and whoever signs
in after her on the same phone does not see it. The form's own token tells whose page it was: that
needs no sign-in to be left.
"""

import base64
import json
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from flask import g, request
from werkzeug.wrappers import Response

from shop.current import vault
from shop.web.forms import Typed
from shop.web.guards import reader_mark, was_made_for

TYPED_COOKIE = "ghi"
TYPED_FOR = timedelta(minutes=15)
#: Names of fields that are never kept: the token, and whatever opens something.
SECRETS = frozenset(
    {
        "csrf_token", "challenge", "code", "credential", "current", "password", "secret", "slip",
        "token",
    }
)  # fmt: skip
#: A browser takes four kilobytes of a cookie; sealed and written as text it grows by a third.
_MOST_BYTES = 2_900
#: A wrapped data key, before what it seals.
_KEY_BYTES = 60
#: What sealing adds: the wrapped key, a nonce, a tag.
_SEAL_BYTES = _KEY_BYTES + 12 + 16
#: More than fits, however it is packed: no time is spent on it.
_MOST_WRITTEN = 12_000
#: More fields than any form has that may wait for a proof: nobody typed those.
_MOST_FIELDS = 60


def sealed_typed(page: str, now: datetime) -> tuple[str, bool]:
    """Return the fields of this post as a cookie, and whether it brings anything back.

    As many as fit are in it, from the shortest up.
    """
    posted = request.form.to_dict(flat=False)
    kept: dict[str, Any] = {
        "who": reader_mark(request.form.get("csrf_token", "")),
        "page": page.partition("?")[0], "at": now.timestamp(),
        "way": request.path,
        "place": g.get("typed_at"), "typed": "",
        "cut": sorted(posted.keys() - SECRETS),
        "left": any(file.filename for file in request.files.values())
        or bool(posted.keys() & SECRETS - {"csrf_token"}),
    }  # fmt: skip
    if len(posted) > _MOST_FIELDS or _room(kept) < 0:
        kept["cut"], kept["left"] = [], True
    fields: dict[str, list[str]] = {}
    for name in sorted(kept["cut"], key=lambda name: (_size(posted[name]), name)):
        more = {**fields, name: posted[name]}
        packed = _packed(more) if _size(more) <= _MOST_WRITTEN else ""
        cut = [other for other in kept["cut"] if other != name]
        if not packed or _room({**kept, "typed": packed, "cut": cut}) < 0:  # So it is for the rest.
            kept["left"] = True
            break
        fields, kept["typed"], kept["cut"] = more, packed, cut
    key, sealed = vault().seal_anew(kept)
    cookie = base64.urlsafe_b64encode(key + sealed).decode()
    return cookie, bool(fields) or not kept["left"]


def _room(kept: dict[str, Any]) -> int:
    """Return how many bytes more the cookie takes."""
    return _MOST_BYTES - _SEAL_BYTES - _size(kept)


def _packed(fields: dict[str, list[str]]) -> str:
    """Write fields as short as a long text in Vietnamese allows: some half of its bytes."""
    return base64.b85encode(zlib.compress(_written(fields), 9)).decode()


def _unpacked(packed: str) -> dict[str, list[str]]:
    return json.loads(zlib.decompress(base64.b85decode(packed))) if packed else {}


def _written(part: Any) -> bytes:
    """Return it as the vault writes it."""
    return json.dumps(part, ensure_ascii=False, separators=(",", ":")).encode()


def _size(part: Any) -> int:
    return len(_written(part))


def opened_typed(kept: str, account_id: int, now: datetime) -> Typed | None:
    """Return what this account typed into a form of the page that is asked for; None: nothing."""
    try:
        raw = base64.urlsafe_b64decode(kept)
        found: dict[str, Any] = vault().open(raw[:_KEY_BYTES], raw[_KEY_BYTES:])
        typed = Typed(
            _unpacked(found["typed"]), found["left"], frozenset(found["cut"]), found["place"],
            found["way"],
        )  # fmt: skip
    # Another release sealed it, or nobody did.
    except (InvalidTag, ValueError, KeyError, TypeError, zlib.error):
        return None
    age_s = now.timestamp() - found["at"]
    if found["page"] != request.path or not was_made_for(found["who"], account_id):
        return None
    return typed if age_s <= TYPED_FOR.total_seconds() else None


def typed_at(place: int | None) -> None:
    """Tell at which of several stalls this request is; None: at the one where she begins."""
    g.typed_at = place


def shown_only_at(stall_of: Callable[[int | None], int | None], here: int) -> None:
    """Leave what was typed at another stall for its own page there.

    Args:
        stall_of: which stall that was, of a number kept by ``typed_at``.
    """
    typed: Typed | None = g.get("typed")
    if typed is not None and typed.place != here and stall_of(typed.place) != here:
        g.typed = None


def forget_typed(response: Response) -> None:
    response.delete_cookie(TYPED_COOKIE, path="/")
