"""Every line of QUALITY §2 and §3 has a test that exists, or a written reason."""

import ast
from functools import lru_cache
from pathlib import Path

import pytest

from tests.threats import LINES

ROOT = Path(__file__).parent.parent
IDS = [f"I{n}" for n in range(1, 16)] + [f"T{n:02}" for n in range(1, 55)]


@lru_cache
def found_in(path: str) -> frozenset[str]:
    """Return the names of the tests of a file, those in classes too."""
    file = ROOT / path
    if not file.is_file():
        return frozenset()
    return frozenset(
        node.name
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def missing(shown_by: tuple[str, ...]) -> list[str]:
    """Return the tests that are named and do not exist, and reasons that say nothing."""
    wrong = []
    for each in shown_by:
        path, named, name = each.partition("::")
        if named and name not in found_in(path):
            wrong.append(each)
        if not named and not (each.endswith(".") and len(each) > 40):
            wrong.append(each)
    return wrong


def test_every_line_is_there_and_no_other():
    assert sorted(LINES) == sorted(IDS)


@pytest.mark.parametrize("line", IDS)
def test_a_line_is_shown_by_tests_that_exist_or_by_a_reason(line):
    assert LINES[line]
    assert not missing(LINES[line])


def test_a_test_that_is_gone_and_an_empty_reason_are_noticed():
    gone = "tests/test_threats.py::test_that_nobody_wrote"
    assert missing((gone, "tests/gone.py::test_x", "Not yet.")) == [
        gone, "tests/gone.py::test_x", "Not yet.",
    ]  # fmt: skip
