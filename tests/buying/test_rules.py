"""Who sees how much of an order, and the steps of a part, as plain rules."""

from datetime import UTC, datetime, timedelta
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from shop.buying.rules import (
    HERS_ALONE,
    Level,
    given_name,
    grouped_code,
    highest,
    masked_phone,
    may,
    read_pass,
    timeline,
    write_pass,
)
from shop.ordering.rules import MOVES, SellerOrderState

NOW = datetime(2026, 11, 23, 5, tzinfo=UTC)
KEY, DIGEST = "k" * 40, "d" * 64


def test_a_pass_opens_its_own_order_at_its_own_level_until_it_runs_out():
    for level in Level:
        value = write_pass(KEY, DIGEST, level, NOW + timedelta(hours=1))
        assert read_pass(value, [KEY], DIGEST, NOW) == level
        assert read_pass(value, ["other", KEY], DIGEST, NOW) == level
        assert read_pass(value, ["other"], DIGEST, NOW) is None
        assert read_pass(value, [KEY], "e" * 64, NOW) is None
        assert read_pass(value, [KEY], DIGEST, NOW + timedelta(hours=1)) is None
        for better in Level:
            if better != level:
                assert read_pass(better + value[1:], [KEY], DIGEST, NOW) is None
        ends = value.split(".")[1]
        assert read_pass(value.replace(ends, str(int(ends) + 1)), [KEY], DIGEST, NOW) is None


@given(st.text(max_size=80))
def test_no_made_up_pass_opens_anything(text):
    assert read_pass(text, [KEY], DIGEST, NOW) is None


def test_levels_are_ordered():
    assert highest({Level.LINK}) == Level.LINK
    assert highest({Level.KNOWN, Level.TRACKED}) == Level.KNOWN
    assert highest({Level.LINK, Level.PROVED}) == Level.KNOWN  # It shows as much.
    assert {Level.LINK, Level.KNOWN} == HERS_ALONE  # The seller knows code and phone as well.
    assert may(Level.KNOWN, Level.LINK)
    assert not may(Level.TRACKED, Level.LINK)


def test_masks_show_enough_to_recognise_ones_own():
    assert masked_phone("+84905000123") == "0905 ••• •23"
    assert "6502530000"[-2:] in masked_phone("+16502530000")
    assert given_name("Trần Minh Châu") == "Châu"
    assert given_name("") == ""
    assert grouped_code("7K2M9PXA") == "7K2M 9PXA"


def test_a_timeline_tells_what_was_what_is_and_what_comes():
    steps = timeline([("placed", NOW, ""), ("confirmed", NOW, "")], "confirmed", "delivery")
    assert [(s.key, s.phase) for s in steps] == [
        ("placed", "done"), ("confirmed", "now"), ("packed", "todo"), ("handed_over", "todo"),
        ("delivered", "todo"),
    ]  # fmt: skip
    pickup = timeline([("placed", NOW, "")], "placed", "pickup")
    assert "ready_for_pickup" in [s.key for s in pickup]
    assert "handed_over" not in [s.key for s in pickup]
    over = timeline([("placed", NOW, ""), ("cancelled", NOW, "expired")], "cancelled", "delivery")
    assert [(s.key, s.phase) for s in over] == [("placed", "done"), ("cancelled", "now")]
    arrived = timeline([("placed", NOW, ""), ("delivered", NOW, "")], "delivered", "delivery")
    assert {s.phase for s in arrived} == {"done"}


def test_every_state_has_a_timeline_and_words(app):
    from flask import render_template_string

    reached = {to for _from, to in MOVES} | set(SellerOrderState)
    for state, delivery in product(reached, ("delivery", "pickup")):
        steps = timeline([("placed", NOW, ""), (state, NOW, "")], state, delivery)
        with app.test_request_context("/don/X"):
            words = render_template_string(
                "{% from 'buying/words.html' import step, ahead %}{% for s in steps %}"
                "{{ ahead(s.key) if s.phase == 'todo' else step(s.key) }}|{% endfor %}",
                steps=steps,
            )
        assert all(part.strip() for part in words.split("|")[:-1])
