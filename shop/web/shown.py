"""Public forms without a sign-in: which rendering was sent, and whether a person wrote it.

No picture puzzles (DOMAIN §6.5): a field that people do not see, and a signed moment.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from shop.current import signing_keys
from shop.kernel.errors import Refusal

#: A form that comes back sooner was not read by a person; later, it is too old (DOMAIN §6.5).
LEAST_SECONDS = 2
MOST_SECONDS = 24 * 3600


class FormTooFast(Refusal):
    """The form came back faster than people write, or a day later."""

    code = "form_too_fast"
    status = 422


@dataclass(frozen=True)
class Shown:
    """When a public form was rendered, in seconds since 1970, and which rendering it was."""

    at: int
    attempt_id: str


def shown_now(now: datetime) -> str:
    """Return a signed moment and a name of its own for the hidden field of a public form."""
    return _signer().dumps([int(now.timestamp()), secrets.token_hex(16)])


def shown(token: str) -> Shown:
    """Return when a form was shown and as which attempt; 0 and "" when the sign does not hold."""
    try:
        at, attempt_id = _signer().loads(token)
    except (BadData, UnicodeError, TypeError, ValueError):
        return Shown(0, "")
    return Shown(at, attempt_id)


def _signer() -> URLSafeSerializer:
    # It signs with the last one.
    return URLSafeSerializer(signing_keys()[::-1], salt="form-shown")


def looks_automatic(form: Any, was: Shown, now: datetime) -> bool:
    """Tell whether a program sent a public form: it filled what nobody sees, or was too quick.

    Args:
        form: with the field ``website``, which ``components/field.html`` hides.
    """
    return bool(form.website.data) or not was_written_by_hand(was.at, now)


def was_written_by_hand(shown_at: int, now: datetime) -> bool:
    """Tell whether a form was open as long as people need. ``shown_at``: seconds since 1970."""
    return LEAST_SECONDS <= now.timestamp() - shown_at <= MOST_SECONDS
