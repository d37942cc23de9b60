"""Loads the list of units that the shop ships."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from shop.kernel.text import fold
from shop.places.models import PlacesRelease, Province, ProvinceName, Ward, WardName
from shop.places.rules.names import key, short_name, words

UNITS = Path(__file__).parent / "data" / "units.json"


def load_places(session: Session, today: date) -> bool:
    """Load the units of this version of the shop; does nothing when they are there.

    Orders and addresses keep names of their own, so the rows of an older release are
    simply replaced. Returns whether anything was loaded.
    """
    if _shipped_version() == session.scalar(select(PlacesRelease.version)):
        return False
    units = json.loads(UNITS.read_text(encoding="utf-8"))
    for table in (WardName, Ward, ProvinceName, Province, PlacesRelease):
        session.execute(delete(table))
    session.execute(insert(Province), [_province(*row) for row in units["provinces"]])
    session.execute(insert(ProvinceName), list(_province_names(units)))
    wards = [_ward(row[0], *ward) for row in units["provinces"] for ward in row[3]]
    session.execute(insert(Ward), wards)
    session.execute(insert(WardName), list(_names(units)))
    session.execute(insert(PlacesRelease), {"version": units["version"], "loaded_on": today})
    return True


@lru_cache(maxsize=1)
def _shipped_version() -> str:
    """Return the version at the head of the file, without reading half a megabyte."""
    with UNITS.open(encoding="utf-8") as file:
        return json.loads(file.readline().rstrip().rstrip(",") + "}")["version"]


def _province(code: str, full_name: str, region: str, _wards: Any) -> dict[str, Any]:
    name = short_name(full_name)
    return {
        "code": code,
        "name": name,
        "full_name": full_name,
        "region": region,
        "folded": fold(name),
    }


def _ward(province_code: str, code: str, full_name: str) -> dict[str, Any]:
    name = short_name(full_name)
    return {
        "code": code,
        "province_code": province_code,
        "name": name,
        "full_name": full_name,
        "folded": " ".join(words(name)),
    }


def _province_names(units: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every name of every province of today, and of those that joined it."""
    province_keys = _province_keys(units)
    of_ward = {ward[0]: row[0] for row in units["provinces"] for ward in row[3]}
    today = {row[0]: short_name(row[1]) for row in units["provinces"]}
    former: dict[tuple[str, str], None] = dict.fromkeys(
        (of_ward[code], short_name(old))
        for old, districts in units["old"]
        for _district, _earlier, wards in districts
        for _ward, codes, _names in wards
        for code in codes
    )
    named = [(code, name, "") for code, name in today.items()]
    named += [(code, name, name) for code, name in former if name != today[code]]
    for code, name, of_before in named:
        for name_key in dict.fromkeys(province_keys(name)):
            yield {"key": name_key, "province_code": code, "former": of_before}


def _province_keys(units: dict[str, Any]) -> Callable[[str], list[str]]:
    """Return what gives the keys of a province's name and of its short ways."""
    short = {key(name): [key(s) for s in shorts] for name, shorts in units["short"].items()}
    return lambda name: [key(name), *short.get(key(name), ())]


def _names(units: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every name of every ward: today's, the old units', and those before them.

    With the districts that were, so that who names one is shown what lies on its ground.
    """
    province_keys = _province_keys(units)
    of_ward = {
        w[0]: province_keys(short_name(row[1])) for row in units["provinces"] for w in row[3]
    }
    before: dict[str, tuple[dict[str, None], dict[str, None]]] = {
        code: ({}, dict.fromkeys(keys)) for code, keys in of_ward.items()
    }
    for full_province, districts in units["old"]:
        province = short_name(full_province)
        for district, earlier_districts, old_wards in districts:
            district_keys = [key(short_name(district)), *earlier_districts]
            ground: dict[str, None] = {}
            for full_name, codes, earlier in old_wards:
                ground.update(dict.fromkeys(codes))
                for code in codes:
                    before[code][0].update(dict.fromkeys(district_keys))
                    before[code][1].update(dict.fromkeys(province_keys(province)))
                    where = {
                        "ward_code": code,
                        "district": district,
                        "province": province,
                        "split": len(codes) > 1,
                        "districts": _spaced(district_keys),
                        "provinces": _spaced([*province_keys(province), *of_ward[code]]),
                    }
                    yield from _old_names(full_name, earlier, where)
            for code in ground:
                where = {
                    "ward_code": code,
                    "district": district,
                    "province": province,
                    "split": False,
                    "districts": _spaced(district_keys),
                    "provinces": _spaced([*province_keys(province), *of_ward[code]]),
                }
                for name_key in dict.fromkeys(district_keys):
                    yield _name("district", district, name_key, where)
    for row in units["provinces"]:
        for code, full_name in row[3]:
            where = {
                "ward_code": code,
                "district": "",
                "province": "",
                "split": False,
                "districts": _spaced(before[code][0]),
                "provinces": _spaced(before[code][1]),
            }
            for name_key in _ways_to_say(full_name):
                yield _name("today", full_name, name_key, where)


def _old_names(
    full_name: str, earlier: list[str], where: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    for name_key in _ways_to_say(full_name):
        yield _name("old", full_name, name_key, where)
    for name in earlier:
        shown = name if " " in name else full_name
        yield _name("earlier", shown, key(short_name(name)), where)


def _name(kind: str, full_name: str, name_key: str, where: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": kind,
        "name": short_name(full_name),
        "full_name": full_name,
        "key": name_key,
        **where,
    }


def _ways_to_say(full_name: str) -> list[str]:
    """Return the keys of a name: whole, and the parts of "Chân Mây - Lăng Cô" and "1 Bảo Lộc"."""
    name = short_name(full_name)
    said = [name, *(name.split(" - ") if " - " in name else ())]
    number, _, rest = name.partition(" ")
    if number.isdigit() and rest:
        said.append(rest)
    return [key(part) for part in said]


def _spaced(keys: Any) -> str:
    return f" {' '.join(dict.fromkeys(keys))} "
