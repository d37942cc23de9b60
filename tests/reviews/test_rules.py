"""Who may write a review and until when, what of a name is shown, what an average is."""

from datetime import timedelta

import pytest

from shop.ordering.rules import SellerOrderState
from shop.reviews import rules
from tests.conftest import NOON

DAY = timedelta(days=1)


def test_only_what_arrived_can_be_reviewed_and_what_came_back_as_well():
    for state in SellerOrderState:
        if state in ("delivered", "completed", "returned"):
            rules.need_open(state, NOON, NOON)
        else:
            with pytest.raises(rules.NotArrivedYet):
                rules.need_open(state, NOON, NOON)
    with pytest.raises(rules.NotArrivedYet):
        rules.need_open("returned", None, NOON)  # It went back before it had arrived.


def test_it_is_written_for_ninety_days_and_changed_for_thirty():
    rules.need_open("completed", NOON, NOON + 90 * DAY)
    with pytest.raises(rules.ReviewTooLate):
        rules.need_open("completed", NOON, NOON + 91 * DAY)
    # To the end of the day in Vietnam that the page names, and not longer than her link lives.
    until = rules.change_until(NOON, NOON)
    assert rules.within(until, NOON + 30 * DAY + timedelta(hours=11))
    assert not rules.within(until, NOON + 30 * DAY + timedelta(hours=12))
    assert rules.change_until(NOON + 80 * DAY, NOON) == NOON + 90 * DAY


def test_the_average_is_in_tenths_rounded_half_up_and_leaves_none_out():
    assert rules.Counts().tenths == 0
    assert rules.Counts(five=1).tenths == 50
    assert rules.Counts(one=1, five=3).tenths == 40
    assert rules.Counts(four=3, five=1).tenths == 43  # 4.25
    assert rules.Counts(one=2, two=1).tenths == 13  # 1.333…
    assert rules.Counts(1, 2, 3, 4, 5).number == 15


@pytest.mark.parametrize(
    "name",
    [
        "",
        "  ",
        "Lan",
        "lan",
        "Trần Thị Lan",
        "🍯",
        "O'Neill",
        "đào",
        "Hoa 0905123456",
        "Lan (.com)",
    ],
    ids=ascii,
)
def test_a_name_is_an_initial_a_given_name_or_nothing(name):
    initial = rules.shown_name("initial", name)
    assert initial == "" or (len(initial) == 2 and initial.endswith("."))
    assert rules.shown_name("none", name) == ""
    given = rules.shown_name("given", name)
    assert not given or given.isalpha()
    assert rules.shown_name("initial", "trần thị đào") == "Đ."


@pytest.mark.parametrize(
    "text",
    ["https://a.b", "xem WWW.cho.vn", "cho.com", "lan@example.com", "0905 000 118", "0905.000.118",
     "+84 905 000 118", "gọi 0905000118 nha"],
)  # fmt: skip
def test_addresses_and_phone_numbers_are_seen(text):
    assert rules.leads_elsewhere(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ngon.",
        "Mua 2 hũ 190.000 đồng",
        "Trước 120.000 150.000, nay 500 000 - 1 000 000",
        "Giao ngày 17/10/2026",
        "Ngon.Giao nhanh",
        "5/5 🍯",
    ],
)
def test_plain_words_are_not_taken_for_addresses(text):
    assert not rules.leads_elsewhere(text)


def test_words_are_hidden_for_a_listed_reason_alone():
    for reason in rules.HIDE_REASONS:
        rules.need_reason(reason)
    for reason in ("", "bad", "disagree"):
        with pytest.raises(rules.NoLegalReason):
            rules.need_reason(reason)


def test_words_are_reported_once_and_again_after_they_were_changed():
    assert rules.may_report(None, None, None)
    assert not rules.may_report(NOON, None, None)
    assert not rules.may_report(NOON, NOON, None)
    assert not rules.may_report(NOON, NOON + DAY, NOON)
    assert rules.may_report(NOON, NOON, NOON + DAY)
