"""What upper floors say to somebody's going: what keeps her here, and what ends with her."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from flask import Flask, current_app
from sqlalchemy.orm import Session

#: ``what(session, account_id)``: rows with ``name_vi`` and ``name_en`` of what ends with her.
WhatEnds = Callable[[Session, int], Sequence[Any]]
#: ``end(session, account_id, now)``: ends it, in her own transaction; may refuse.
End = Callable[[Session, int, datetime], None]

_KEY = "what_ends_with_an_account"


def ends_with_account(app: Flask, what: WhatEnds, end: End) -> None:
    """Let something end with the account of whoever had it alone."""
    app.extensions.setdefault(_KEY, []).append((what, end))


def what_ends_with(session: Session, account_id: int) -> list[Any]:
    """Return what ends when this person deletes her account, for the page that asks her."""
    asked = current_app.extensions.get(_KEY, ())
    return [row for what, _end in asked for row in what(session, account_id)]


def end_what_was_hers(session: Session, account_id: int, now: datetime) -> None:
    """End it.

    Raises:
        Refusal: of the room that keeps her until something is done.
    """
    for _what, end in current_app.extensions.get(_KEY, ()):
        end(session, account_id, now)
