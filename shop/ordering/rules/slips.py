"""What a market slip pays of a part, as the part stands. Plain Python."""

from shop.ordering.rules.states import SellerOrderState as S

#: Nothing of these is the buyer's to pay for.
GONE = frozenset({S.CANCELLED, S.REFUSED, S.LOST, S.NOT_COLLECTED})


def standing_vnd(state: str, off_vnd: int, returned_off_vnd: int) -> int:
    """Return what the slip pays of a part.

    >>> standing_vnd("delivered", 80_000, 30_000), standing_vnd("refused", 80_000, 0)
    (50000, 0)
    """
    return 0 if state in GONE else off_vnd - returned_off_vnd
