"""Rules of new stalls and of papers that run out."""

from datetime import date

import pytest

from shop.catalogue.paper_rules import PaperFields, complete, is_shown, reminder_due
from shop.sellers.joining_rules import MOVES, STATES, may_follow, missing_of


def test_the_whole_square_of_moves():
    """Every pair is either in this list or refused."""
    legal = {
        "asked": "invited declined", "invited": "invited preparing withdrawn asked",
        "preparing": "sent approved declined", "sent": "again approved declined",
        "again": "sent approved declined", "approved": "sent",
        "declined": "asked preparing sent again", "withdrawn": "invited",
    }  # fmt: skip
    assert set(legal) == set(STATES) == set(MOVES)
    for state in STATES:
        for to in STATES:
            assert may_follow(state, to) is (to in legal[state].split()), (state, to)


def test_what_is_missing_is_named_in_the_order_of_the_work():
    assert missing_of(set()) == ("product", "bank", "delivery", "identity")
    assert missing_of({"product", "bank", "delivery", "identity"}) == ()
    assert missing_of({"words", "picture", "bank"}) == ("product", "delivery", "identity")


def test_of_an_identity_paper_only_the_last_four_signs_are_kept():
    kept = complete(PaperFields(kind="identity", number="0481 9000 1234", product_id=7, name="x"))
    assert (kept.number, kept.product_id, kept.name) == ("1234", None, "")


def test_buyers_read_that_identity_was_seen_only_once_it_was():
    class Row:
        kind, expires_on, checked_at = "identity", None, None

    assert not is_shown(Row, date(2026, 11, 1))
    Row.checked_at = date(2026, 11, 1)
    assert is_shown(Row, date(2026, 11, 1))


@pytest.mark.parametrize(
    ("left", "due"), [(61, None), (60, 60), (15, 60), (14, 14), (0, 14), (-1, None)]
)
def test_a_maker_is_reminded_twice_before_a_paper_runs_out(left, due):
    assert reminder_due(date.fromordinal(740_000 + left), date.fromordinal(740_000)) == due
