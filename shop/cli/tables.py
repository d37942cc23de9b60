"""Strange tables at the command line: their first rows, and columns named by letters."""

from collections.abc import Sequence
from typing import Any

import click


def print_rows(rows: Sequence[Sequence[Any]]) -> None:
    for number, row in enumerate(rows[:6], 1):
        click.echo(f"{number}  {'  |  '.join(str(cell) for cell in row if cell)}")


def columns_of_letters(columns: Sequence[str], whats: Sequence[str]) -> dict[int, str]:
    """Return {column from 0: what} of "A=tracking"."""
    said: dict[int, str] = {}
    for one in columns:
        letter, _sign, what = one.partition("=")
        if len(letter) != 1 or not "A" <= letter.upper() <= "Z" or what not in whats:
            raise click.BadParameter(f"{one}: A={'|'.join(whats)}")
        said[ord(letter.upper()) - ord("A")] = what
    return said
