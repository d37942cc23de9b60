"""The report of a quarter as a PDF to print and sign."""

import json
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from shop.kernel.settings import ROOT
from shop.organising.quarters import Line, Quarter, shown
from shop.web.words import _, day, language, tr

#: Letters of print, the same as on other papers.
FONTS: list[Any] = [str(ROOT / "shop" / "payouts" / "data" / "fonts")]


def pdf_of(
    unit: Any, above: Sequence[dict[str, Any]], quarter: Quarter, lines: Sequence[Line],
    today: date, by: date | None,
) -> bytes:  # fmt: skip
    """Return the report as a tagged PDF in the reader's language.

    Args:
        above: the names of the units above it, from the top of the tree.
        by: the day whose structure the numbers go by, when it is another than the quarter's last.
    """
    facts = [_("Lập ngày %(day)s", day=day(today, "year"))]
    if by is not None:
        facts.append(_("Theo cây tổ chức của ngày %(day)s", day=day(by, "year")))
    told = {
        "lang": language(),
        "title": _("Báo cáo quý %(n)s năm %(year)s", n=quarter.number, year=quarter.year),
        "unit": tr(unit, "name"),
        "above": [step[language()] for step in above],
        "facts": facts,
        "head": [_("Chỉ tiêu"), _("Quý này"), _("Quý trước")],
        "rows": [
            [str(line.words), shown(line, line.said), shown(line, line.before)]
            for line in lines
            if line.kind != "text"
        ],
        "texts": [
            {"title": str(line.words), "lines": [part for part in line.said.split("\n") if part]}
            for line in lines
            if line.kind == "text" and line.said
        ],
        "signatures": [_("Người lập"), _("Chủ tịch")],
        "sign": _("Ký, ghi rõ họ tên"),
    }  # fmt: skip
    import typst  # Here: five megabytes for a file that few ask for.

    return typst.compile(
        _template(), font_paths=FONTS, ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(told, ensure_ascii=False)}, pdf_standards="ua-1",
    )  # fmt: skip


@cache
def _template() -> bytes:
    return (Path(__file__).parent / "data" / "quarter.typ").read_bytes()
