"""Lists of members and units as files: heads, rows, and what is read in again just so."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from shop.kernel.phones import written
from shop.organisations.lists.rules import KIND_WORDS
from shop.organisations.models import Organisation, OrganisationClosure
from shop.web.words import _, ngettext

#: {word in the address: kind of list}
KINDS = {"hoi-vien": "members", "to-chuc": "units"}
#: How a file names kinds: in the words that are read in again.
_SAID = {
    "province": "Thành phố", "district": "Huyện", "commune": "Xã", "branch": "Chi hội",
    "group": "Tổ", "club": "Câu lạc bộ",
}  # fmt: skip
if not all(word.lower() for word in _SAID.values()) or not set(_SAID) <= set(KIND_WORDS.values()):
    raise ValueError("Every kind of unit has a word that is read in again.")


def member_heads() -> list[str]:
    return [
        _("Họ và tên"),
        _("Điện thoại"),
        _("Năm sinh"),
        _("Ngày vào Hội"),
        ngettext("Tổ chức", "Tổ chức", 1),
    ]


def member_rows(rows: Iterable[Any]) -> Iterator[list[object]]:
    for name, phone, born, joined, unit in rows:
        yield [name, written(phone) if phone else "", born, joined, unit]


def unit_heads() -> list[str]:
    return [_("Tên"), _("Loại"), _("Thuộc"), _("Tên tiếng Anh"), _("Từ ngày"), _("Đến hết ngày")]


def unit_rows(session: Session, unit_id: int) -> list[list[object]]:
    """Return the open units below one, each after the one above it."""
    above = aliased(Organisation)
    rows = session.execute(
        select(Organisation, above.name_vi.label("parent"))
        .join(OrganisationClosure, OrganisationClosure.descendant_id == Organisation.id)
        .outerjoin(above, above.id == Organisation.parent_id)
        .where(
            OrganisationClosure.ancestor_id == unit_id, OrganisationClosure.depth > 0,
            Organisation.valid_to.is_(None),
        )
        .order_by(OrganisationClosure.depth, Organisation.name_vi, Organisation.id)
    )  # fmt: skip
    return [
        [
            unit.name_vi, _SAID[unit.kind], parent or "",
            unit.name_en if unit.name_en != unit.name_vi else "", unit.valid_from, "",
        ]
        for unit, parent in rows
    ]  # fmt: skip
