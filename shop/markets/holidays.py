"""The days on which no market is held, read from dated data."""

import tomllib
from functools import cache
from pathlib import Path

from shop.markets.rules.calendar import Holiday

_FILE = Path(__file__).parent / "data" / "holidays.toml"


@cache
def holidays() -> tuple[Holiday, ...]:
    """Return every holiday that the shop knows, with its days of validity."""
    with _FILE.open("rb") as file:
        rows = tomllib.load(file)["holiday"]
    return tuple(
        Holiday(
            row["name_vi"], row["name_en"], row["valid_from"], row.get("valid_to"),
            _days(row.get("solar", ())), _days(row.get("lunar", ())),
        )
        for row in rows
    )  # fmt: skip


def _days(written: list[str]) -> frozenset[tuple[int, int]]:
    return frozenset((int(month), int(day)) for month, day in (w.split("-") for w in written))
