"""Lessons in large print, and certificates of who sat in a class, as PDF."""

import json
from pathlib import Path
from typing import Any

from shop.kernel.clock import VIETNAM
from shop.kernel.settings import ROOT
from shop.learning.queries import Lesson
from shop.organising.quarter_papers import FONTS
from shop.web.words import _, day, language, moment, tr

_DATA = Path(__file__).parent / "data"
#: The drawings of lessons.
PICTURES = ROOT / "static" / "img" / "bai-hoc"


def lesson_pdf(one: Lesson) -> bytes:
    """Return a lesson in letters of 18 points, in the reader's language, to hang up or hand out."""
    text = one.told(language())
    told = {
        "lang": language(), "title": text.title, "lead": text.lead,
        "foot": _("Bài hướng dẫn của Chợ Phiên"),
        "blocks": [
            {"kind": block.kind, "runs": block.runs, "items": block.items,
             "picture": block.picture, "alt": block.words}
            for block in text.blocks
        ],
    }  # fmt: skip
    return _set("lesson.typ", told, root=str(PICTURES))


def certificate_pdf(row: Any, organisation: Any, name: str) -> bytes:
    """Return the paper that says that somebody sat in a class."""
    told = {
        "lang": language(), "title": _("Giấy chứng nhận"), "organisation": tr(organisation, "name"),
        "name": name,
        "lines": [
            _("đã dự lớp “%(title)s”", title=tr(row, "title")),
            _("%(when)s, tại %(place)s", when=moment(row.starts_at), place=tr(row, "place")),
        ],
        "day": day(row.starts_at.astimezone(VIETNAM).date(), "year"),
        "sign": _("Người dạy"), "trainer": row.trainer_name,
    }  # fmt: skip
    return _set("certificate.typ", told)


def _set(template: str, told: dict[str, Any], **options: Any) -> bytes:
    import typst  # Here: five megabytes for a file that few ask for.

    return typst.compile(
        (_DATA / template).read_bytes(), font_paths=FONTS, ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(told, ensure_ascii=False)}, pdf_standards="ua-1", **options,
    )  # fmt: skip
