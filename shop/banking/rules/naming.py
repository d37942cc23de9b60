"""Which account a statement says it is of: by its number, by the open digits of one, or not at all."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shop.banking.rules.movements import bare_account
from shop.kernel.text import fold, one_line

#: Words beside which a file names an account.
ACCOUNT_WORDS = ("so tai khoan", "tai khoan so", "so tk", "account")
#: Marks inside a number: "0210.205.123456", "0210-205-123456".
_JOINED = re.compile(r"(?<=[0-9])[.\-](?=[0-9])")
_DIGITS = re.compile(r"(?<![0-9])[0-9]{6,19}(?![0-9])")
_MASKED = re.compile(r"[0-9]*[xX*•#]{2,}[0-9]{3,}|[0-9]{3,}[xX*•#]{2,}")
_LAST4 = re.compile(r"(?<![0-9/])[0-9]{4}(?![0-9/])")
#: Shorter numbers stand inside others.
_LONG = 8


@dataclass(frozen=True, slots=True)
class Named:
    """Numbers above a table. ``numbers``: said to be the account's; ``open``: the same with hidden
    digits as "*"; ``last4``: four digits beside such words; ``above``: all that stands above the
    table, each cell as account numbers are compared."""

    numbers: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    last4: tuple[str, ...] = ()
    above: tuple[str, ...] = ()

    @property
    def first(self) -> str:
        """Return the number that the file gives, "" when it gives none."""
        return next(iter(self.numbers + self.open), "")

    def fits(self, number: str) -> int:
        """Return 2 for the account that is named, 1 for one that may be meant, 0 for another.

        Args:
            number: as ``bare_account`` returns it.
        """
        if number.lstrip("0") in {one.lstrip("0") for one in self.numbers}:
            return 2
        is_told = (
            any(_opens(one, number) for one in self.open)
            or number[-4:] in self.last4
            or any(_stands_in(number, cell) for cell in self.above)
        )
        return int(is_told)


def read_named(rows: Sequence[Sequence[Any]]) -> Named:
    """Return what the rows above a table say of the account."""
    numbers: list[str] = []
    hidden: list[str] = []
    last4: list[str] = []
    above: list[str] = []
    for row in rows:
        cells = [_text(cell) for cell in row if cell not in (None, "")]
        above += map(bare_account, cells)
        for place, cell in enumerate(cells):
            if not any(one in fold(cell) for one in ACCOUNT_WORDS):
                continue
            for beside in cells[place : place + 2]:
                joined = _JOINED.sub("", beside)
                numbers += _DIGITS.findall(_MASKED.sub(" ", joined))
                hidden += [re.sub(r"[^0-9]+", "*", one) for one in _MASKED.findall(joined)]
                last4 += _LAST4.findall(_MASKED.sub(" ", beside))
    return Named(tuple(numbers), tuple(hidden), tuple(last4), tuple(above))


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return one_line(str(cell))


def _opens(written: str, number: str) -> bool:
    head, _, tail = written.partition("*")
    return number.startswith(head) and number.endswith(tail)


def _stands_in(number: str, cell: str) -> bool:
    return len(number) >= _LONG and number in cell
