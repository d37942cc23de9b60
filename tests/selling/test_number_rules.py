"""Days, sums and drawings of a seller's numbers."""

import doctest
import json
from datetime import date, timedelta
from itertools import pairwise
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from shop.kernel.settings import ROOT
from shop.places.rules.names import short_name
from shop.selling import number_rules as rules
from shop.selling.number_rules import after, before, gathered, months_to_pick, span_of

TODAY = date(2026, 11, 27)


def test_the_examples_in_the_rules_hold():
    assert doctest.testmod(rules).failed == 0


def test_choices_are_whole_days_and_what_has_not_come_is_today():
    def days(name: str) -> tuple[str, date, date]:
        span = span_of(name, TODAY)
        return span.name, span.first, span.last

    today = ("hom-nay", TODAY, TODAY)
    assert days("") == days("hom-nay") == days("2026-11-27") == today
    for typed in (
        "2026-11-28",
        "2027-01",
        "2026-13",
        "1999-12-31",
        "2026-02-30",
        "x" * 10,
        "7-nga",
    ):
        assert days(typed) == today, typed
    assert days("2026-11-26") == ("2026-11-26", date(2026, 11, 26), date(2026, 11, 26))
    assert days("7-ngay") == ("7-ngay", date(2026, 11, 21), TODAY)
    assert days("7-ngay-2026-03-03") == ("7-ngay-2026-03-03", date(2026, 2, 25), date(2026, 3, 3))
    assert days("7-ngay-2027-03-03") == days("7-ngay-khong") == days("7-ngay")
    assert days("thang-nay") == ("2026-11", date(2026, 11, 1), date(2026, 11, 30))
    assert days("2024-02") == ("2024-02", date(2024, 2, 1), date(2024, 2, 29))
    assert days("2026-12") == today


def test_the_list_of_months_passes_the_year_and_ends_after_two():
    months = [span.name for span in months_to_pick(date(2026, 1, 31))]
    assert months[:3] == ["2026-01", "2025-12", "2025-11"]
    assert len(months) == 24


@given(st.sampled_from(["day", "week", "month"]), st.integers(0, 900))
def test_the_span_before_touches_this_one_and_leads_back_to_it(kind: str, back: int):
    on = TODAY - timedelta(days=back)
    name = {"day": f"{on}", "week": f"7-ngay-{on}", "month": f"{on:%Y-%m}"}[kind]
    span = span_of(name, TODAY)
    earlier = before(span, TODAY)
    assert earlier.kind == span.kind == kind
    assert earlier.last + timedelta(days=1) == span.first
    assert span_of(span.name, TODAY) == span
    assert span_of(earlier.name, TODAY) == earlier
    assert after(earlier, TODAY) == span
    assert span.last >= TODAY or after(span, TODAY) is not None
    assert (after(span, TODAY) is None) == (span.last >= TODAY)


ROWS = st.lists(
    st.tuples(
        st.integers(-1, 6), st.sampled_from([rules.ARRIVED, *rules.FAILED]),
        st.sampled_from(["shop", "market_session", "market_offer", "campaign"]),
        st.sampled_from(["48", "01", rules.COLLECTED, rules.ABROAD, ""]), st.booleans(),
        st.integers(1, 50), st.integers(0, 10**7), st.integers(0, 10**5),
    ),
    max_size=30,
)  # fmt: skip
BACK = st.lists(
    st.tuples(
        st.integers(-1, 6), st.sampled_from(["shop", "campaign"]), st.sampled_from(["48", ""]),
        st.sampled_from(["faulty", "change_of_mind"]), st.integers(1, 5), st.integers(0, 10**6),
        st.integers(0, 10**4),
    ),
    max_size=10,
)  # fmt: skip
PLACED = st.lists(
    st.tuples(st.integers(-1, 6), st.sampled_from(["shop", "market_offer"]), st.integers(1, 9),
              st.integers(0, 10**6)),
    max_size=10,
)  # fmt: skip
REDUCED = st.lists(
    st.tuples(st.integers(-1, 6), st.sampled_from(["shop", "market_offer"]),
              st.sampled_from(["48", "collected"]), st.integers(-(10**5), 10**5)),
    max_size=10,
)  # fmt: skip


def _named(names: str, rows: list[tuple]) -> list[SimpleNamespace]:
    return [SimpleNamespace(**dict(zip(names.split(), row, strict=True))) for row in rows]


@given(ROWS, BACK, REDUCED, PLACED)
def test_every_table_adds_up_to_the_headline(rows, back, reduced, placed):
    days = span_of("7-ngay", TODAY).days
    found = gathered(
        _named("bucket outcome source place cod parcels goods_vnd delivery_vnd", rows),
        _named("bucket source place reason times goods_vnd delivery_vnd", back),
        _named("bucket source place vnd", reduced),
        _named("bucket source parcels goods_vnd", placed), days,
    )  # fmt: skip
    whole = found["whole"]
    assert rules.summed(found["by_day"].values()) == whole
    assert rules.summed(found["by_source"].values()) == whole
    places = rules.summed(found["by_place"].values())
    places.placed, places.placed_vnd = whole.placed, whole.placed_vnd
    assert places == whole, "only what is placed goes nowhere yet"
    ended = {row.outcome: row.parcels for row in found["ended"]}
    assert ended.pop(rules.ARRIVED, 0) == whole.orders
    assert sum(ended.values()) == whole.failed
    assert sum(vnd for _times, vnd in found["returns"].values()) == whole.returns_vnd
    assert whole.reductions_vnd == sum(r[3] for r in reduced if r[0] >= 0)
    assert whole.goods_vnd == sum(r[6] for r in rows if r[0] >= 0 and r[1] == rules.ARRIVED)
    assert found["before"].orders == sum(r[5] for r in rows if r[0] < 0 and r[1] == rules.ARRIVED)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=31))
def test_bars_stay_in_their_box_and_nothing_sold_is_without_one(amounts):
    days = [TODAY - timedelta(days=n) for n in reversed(range(len(amounts)))]
    found = rules.bars(list(zip(days, amounts, strict=True)), TODAY)
    for bar, amount in zip(found, amounts, strict=True):
        assert bar.x >= 0
        assert bar.x + bar.width <= rules.WIDTH
        assert bar.y >= 0
        assert bar.y + bar.height == rules.BASE
        assert (bar.height > 0) == (amount > 0)
        assert bar.open == (bar.on == TODAY)
    for left, right in pairwise(found):
        assert left.x + left.width <= right.x
    if max(amounts):
        assert max(bar.height for bar in found) == rules.HIGHEST


def test_the_map_has_every_province_once_and_none_on_another():
    units = json.loads((ROOT / "shop/places/data/units.json").read_text())
    names = {code: short_name(full) for code, full, *_rest in units["provinces"]}
    assert set(rules.TILES) == set(names)
    assert len(set(rules.TILES.values())) == len(rules.TILES) == 34
    drawn = rules.tiles(names, {"48": 12, "01": 3, "xx": 99})
    for tile in drawn:
        assert tile.x + rules.TILE_WIDTH <= rules.MAP_WIDTH
        assert tile.y + rules.TILE_HEIGHT <= rules.MAP_HEIGHT
        assert 1 <= len(tile.lines) <= 2
        assert all(len(line) <= 7 for line in tile.lines)
    by_code = {tile.code: tile for tile in drawn}
    assert (by_code["48"].shade, by_code["01"].shade, by_code["96"].shade) == (4, 1, 0)
    assert by_code["04"].y < by_code["01"].y < by_code["46"].y < by_code["79"].y < by_code["96"].y
