"""What the desks share from which money leaves by two people: settlements, gifts on their way to a fund."""

from urllib.parse import urlencode

from flask import g, redirect
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.accounts.guards import fresh_or_ask
from shop.kernel.errors import NotYours
from shop.web.links import path

#: Who may look.
SEE = ("see_books", "propose_money_out", "confirm_money_out")


def units_in_books() -> list[int] | None:
    """Return the units whose money that leaves is shown; None for all.

    Raises:
        NotYours: she has to do with nobody's.
    """
    if current_user.is_operator and current_user.kind == "operator":
        return None
    units = sorted({unit for right in SEE for unit in g.scope[right]})
    if not units:
        raise NotYours
    return units


def way_to_proof(address: str) -> ResponseReturnValue | None:
    """None when freshly proved; otherwise the way to it and back to a page, where a post began."""
    if fresh_or_ask() is None:
        return None
    return redirect(path("/xac-nhan") + "?" + urlencode({"tiep": path(address)}), 303)
