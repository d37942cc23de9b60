"""What the desks share from which money leaves by two people: settlements, gifts on their way to a fund."""

from flask import g
from flask_login import current_user

from shop.kernel.errors import NotYours

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
