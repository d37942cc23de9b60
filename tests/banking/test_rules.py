"""The decision table of DOMAIN 1.2, and how the same money is known again."""

from datetime import date

import pytest

from shop.banking.rules.matching import ASKED, Tap, Verdict, Wanted, decide
from shop.banking.rules.movements import bank_references
from shop.banking.rules.twins import Report, cousin_of, twin_of

HERS = Wanted(1, 110_000)
TAP = Tap(9, 110_000)


@pytest.mark.parametrize(
    ("named", "likely", "verdict"),
    [
        ([HERS], [], Verdict("exact", 1)),
        ([Wanted(1, 150_000)], [], Verdict("short", 1)),
        ([Wanted(1, 90_000)], [], Verdict("over", 1)),
        ([Wanted(1, 0)], [], Verdict("paid_already", 1)),
        ([Wanted(1, 0, is_over=True)], [], Verdict("late", 1)),
        ([Wanted(1, 110_000, is_over=True)], [], Verdict("late", 1)),
        ([Wanted(1, 110_000, is_here=False)], [], Verdict("other_account", 1)),
        ([Wanted(1, 110_000, is_here=False, is_ours=False)], [], Verdict("wrong_account")),
        ([Wanted(1, 150_000)], [Wanted(2, 110_000)], Verdict("other_code", 1)),
        ([HERS], [Wanted(2, 110_000)], Verdict("exact", 1)),
        ([Wanted(1, 60_000), Wanted(2, 50_000)], [], Verdict("two_codes", 1)),
        ([Wanted(1, 9, is_ours=False), Wanted(2, 9)], [], Verdict("two_codes", 2)),
        ([Wanted(1, 0, taps=(TAP,))], [], Verdict("known", 1, TAP)),
        ([Wanted(1, 110_000, taps=(TAP,))], [], Verdict("known", 1, TAP)),
        ([Wanted(1, 0, taps=(Tap(9, 60_000),))], [], Verdict("paid_already", 1)),
        ([], [HERS], Verdict("likely", 1)),
        ([], [HERS, Wanted(2, 110_000)], Verdict("unknown")),
        ([], [Wanted(1, 0, taps=(TAP,)), Wanted(2, 110_000)], Verdict("maybe_known", 1)),
        ([], [], Verdict("unknown")),
    ],
)
def test_the_decision_table(named, likely, verdict):
    assert decide(110_000, named, likely) == verdict
    assert verdict.settles is (verdict.reason in ("exact", "known"))
    assert verdict.settles or verdict.reason in ASKED


def test_money_that_may_be_told_twice_is_never_counted_by_itself():
    assert decide(110_000, [HERS], [], may_be_copy=True) == Verdict("maybe_same", 1)
    known = Wanted(1, 0, taps=(TAP,))
    assert decide(110_000, [known], [], may_be_copy=True) == Verdict("known", 1, TAP)


def report(number: int, batch: str, text: str = "ung ho", **more) -> Report:
    return Report(**{
        "id": number, "batch": batch, "amount": 50_000, "day": date(2026, 11, 25), "text": text,
        "reference": "", **more,
    })  # fmt: skip


def test_the_banks_reference_tells_the_same_money():
    webhook = report(1, "feed:1", "chuyen tien", reference="FT26330123456")
    line = report(2, "statement:1", "MBVCB.12.chuyen khoan.FT26330123456", day=date(2026, 11, 26))
    assert twin_of(line, [webhook]) is webhook
    assert twin_of(report(3, "statement:1", "FT26330999999"), [webhook]) is None
    assert twin_of(report(3, "statement:1", "x FT26330123456", amount=1), [webhook]) is None
    assert twin_of(report(3, "feed:1", "x FT26330123456"), [webhook]) is None
    assert bank_references("5078", "FT2633012345678901") == frozenset()


def test_without_a_reference_day_amount_and_text_do():
    webhook = report(1, "feed:1", "CP7K2M9PXA chuyen tien")
    inside = report(2, "statement:1", "MBVCB.3278.CP7K2M9PXA CHUYỂN TIỀN.CT tu 0001")
    assert twin_of(inside, [webhook]) is webhook
    assert twin_of(report(2, "statement:1", "CP7K2M9PXA"), [webhook]) is webhook
    assert twin_of(report(2, "statement:1", "mua hang"), [webhook]) is None
    assert (
        twin_of(report(2, "statement:1", webhook.text, day=date(2026, 11, 26)), [webhook]) is None
    )


def test_two_equal_gifts_stay_two():
    first, second = report(1, "feed:1"), report(2, "feed:1")
    assert twin_of(second, [first]) is None
    lines, left = [report(n, "statement:1") for n in (3, 4, 5)], [first, second]
    found = []
    for line in lines:
        twin = twin_of(line, left)
        found.append(twin)
        if twin:
            left.remove(twin)
    assert found == [first, second, None]


def test_gifts_that_the_bank_numbers_apart_are_apart():
    first = report(1, "feed:1", reference="FT26330111111")
    assert twin_of(report(2, "statement:1", reference="FT26330222222"), [first]) is None


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("5078.12345678", "5078.12345699", False), ("5078.12345678", "5078 - 12345678", True),
        ("MBVCB.1457193831", "MBVCB.1457199999", False), ("FT26330111111", "FT2633022222222", False),
        # Numbers of another kind, or none, say nothing.
        ("FT26330111111", "NGO000000001", True), ("5078.12345678", "", True), ("123", "456", True),
    ],
)  # fmt: skip
def test_other_numbers_of_one_shape_are_not_told_twice(one, other, is_same):
    first = report(1, "service:sepay", reference=one)
    twin = twin_of(report(2, "statement:1", reference=other), [first])
    assert (twin is first) is is_same


def test_the_same_code_and_amount_in_other_words_is_asked():
    one = report(1, "feed:1", "CP7K2M9PXA", memos=("CP7K2M9PXA",))
    other = report(2, "statement:1", "7K2M", day=date(2026, 11, 26), memos=("CP7K2M9PXA",))
    assert cousin_of(other, [one]) is one
    assert cousin_of(report(3, "feed:1", memos=("CP7K2M9PXA",)), [one]) is None
    assert cousin_of(report(3, "statement:1", memos=("CPOTHER",)), [one]) is None
