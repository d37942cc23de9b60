"""Where somebody lives, with the names as they were when it was written."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Address:
    """A place to send to. Keeps names of its own: a label never changes with the map.

    Every text is one line of NFC but ``foreign_lines``; "" is "not given".
    """

    #: Two letters; "ZZ": another country, named in ``foreign_lines``.
    country: str = "VN"
    province_code: str = ""
    ward_code: str = ""
    #: "Xã Quế Phước", "Đà Nẵng"
    ward_name: str = ""
    province_name: str = ""
    #: House and street: "15 kiệt 42, gần trường mẫu giáo".
    line1: str = ""
    #: "thôn Gò Mít"
    hamlet: str = ""
    #: What was typed to find the ward, when it named something else than the ward itself.
    legacy_text: str = ""
    postal_code: str = ""
    #: The address abroad, lines as written.
    foreign_lines: str = ""
    #: The list of units it was chosen from, "2026-07".
    units_version: str = ""

    @property
    def is_abroad(self) -> bool:
        return self.country != "VN"

    def to_dict(self) -> dict[str, str]:
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Address":
        """Read a stored address; keys of other versions of the shop are passed over."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in known and value})


def lines(address: Address) -> list[str]:
    """Return the lines of a label, without the name: street and hamlet, then the units."""
    if address.is_abroad:
        given = address.foreign_lines.splitlines()
        code = re.escape(address.postal_code)
        if not re.search(
            rf"(?<!\w){code}(?!\w)", address.foreign_lines
        ):  # Many write it there too.
            given.append(address.postal_code)
        return [line.strip() for line in given if line.strip()]
    first = ", ".join(part for part in (address.line1, address.hamlet) if part)
    second = ", ".join(part for part in (address.ward_name, address.province_name) if part)
    return [line for line in (first, second) if line]


def one_line(address: Address) -> str:
    """Return "15 kiệt 42, thôn Gò Mít, Xã Quế Phước, Đà Nẵng"; abroad without the country."""
    return ", ".join(lines(address))
