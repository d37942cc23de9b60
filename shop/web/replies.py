"""One way to do a thing and reply: what was done, or the page again with why not."""

from collections.abc import Callable
from typing import TypeVar

from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from shop.db import in_transaction
from shop.kernel.errors import NotYours, Refusal

Done = TypeVar("Done")
#: Renders a page, with the refusal as ``refusal=``.
Show = Callable[..., ResponseReturnValue]


def try_to(
    work: Callable[[Session], Done],
    *,
    show: Show,
    then: Callable[[Done], ResponseReturnValue],
    keep: Callable[[Session, Refusal], None] | None = None,
) -> ResponseReturnValue:
    """Do the work in a transaction and reply; a refusal shows the page as it was typed.

    Args:
        show: renders the page; a page without a status of its own is answered with the refusal's.
        then: makes the reply from what the work returned.
        keep: stores what of a refusal must not be forgotten, once the work's own is undone.

    Raises:
        NotYours: what is not hers has no page to go back to.
    """
    try:
        result = in_transaction(work)
    except NotYours:
        raise
    except Refusal as refusal:
        if keep is not None:
            kept, why = keep, refusal
            in_transaction(lambda session: kept(session, why))
        shown = show(refusal=refusal)
        return (shown, refusal.status) if isinstance(shown, str) else shown
    return then(result)
