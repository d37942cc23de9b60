"""Write ``data/units.json`` from the package of units and our dated patches.

For developers, never imported by the shop::

    python -m venv /tmp/units && /tmp/units/bin/pip install vietnamadminunits==1.0.4
    /tmp/units/bin/python -m shop.places.generate

Shape of the file (every name NFC, one rule for tone marks)::

    {"version", "as_of", "decrees",
     "provinces": [[code, full name, region, [[ward code, full name], …]], …],
     "old": [[province, [[district, [earlier districts],
                          [[ward, [codes of today], [earlier names]], …]], …]], …],
     "short": {province: [ways to shorten it]}}

Earlier names come from the package without accents and spaces ("quetrung"), or from
``patches.toml`` as they are written ("Xã Quế Ninh").
"""

import json
import re
import sqlite3
import sys
import tomllib
import unicodedata
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "data"

NORTH = ["01", "04", "08", "11", "12", "14", "15", "19", "20", "22", "24", "25", "31", "33", "37"]
CENTRE = ["38", "40", "42", "44", "46", "48", "51", "52", "56", "66", "68"]
SOUTH = ["75", "79", "80", "82", "86", "91", "92", "96"]
REGION = {
    code: region
    for region, codes in (("north", NORTH), ("centre", CENTRE), ("south", SOUTH))
    for code in codes
}

_TONES = "\u0300\u0301\u0303\u0309\u0323"
#: A tone on the second vowel of an open oa, oe, uy: "hoà", "khoẻ", "thuỷ" (not "quý").
_LATE_TONE = re.compile(rf"(?<![qQ])(?:([oO])([ae])|([uU])(y))([{_TONES}])(?![\w\u0300-\u036f])")
_KINDS = (
    "thanhpho", "thixa", "thitran", "tp", "tx", "tt", "quan", "huyen", "phuong", "xa", "q", "p", "f"
)  # fmt: skip


def spelled(name: str) -> str:
    """Return a name by one rule: NFC, straight apostrophe, "Hòa" and never "Hoà"."""
    text = unicodedata.normalize("NFD", re.sub(r"\s+", " ", name.replace("’", "'")).strip())

    def early(match: re.Match[str]) -> str:
        first, second, tone = (group for group in match.groups() if group)
        return first + tone + second

    text = unicodedata.normalize("NFC", _LATE_TONE.sub(early, text))
    return text.replace("Thị Trấn ", "Thị trấn ")


def _bare(name: str) -> str:
    text = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    return re.sub(r"[^a-z0-9]", "", text)


def _earlier(aliases: str | None, own: str) -> list[str]:
    """Return the earlier names of a unit, without the kinds and without its own name."""
    named = json.loads(aliases) if aliases else []
    found = dict.fromkeys(_without_kind(alias, {*named, own}) for alias in named)
    return [
        a
        for a in found
        if a != own and not a.startswith(("district", "hongngu", "thixa", "txhong"))
    ]


def _without_kind(alias: str, known: set[str]) -> str:
    """Return "2" for "q02" and "nongson" for "huyennongson" where that is known too."""
    for kind in _KINDS:
        rest = alias.removeprefix(kind)
        if rest != alias and (rest in known or rest.isdigit()):
            return str(int(rest)) if rest.isdigit() else rest
    return alias


def _package() -> Path:
    spec = find_spec("vietnamadminunits")
    if spec is None or spec.origin is None:
        raise SystemExit("Install vietnamadminunits==1.0.4 first; see the top of this file.")
    return Path(spec.origin).parent / "data"


def _today(database: sqlite3.Connection, patches: dict[str, Any]) -> tuple[list[Any], list[str]]:
    """Return the provinces with their wards, and the decrees that were applied."""
    in_force = [d for d in patches["decree"] if d["in_force"] <= patches["release"]["as_of"]]
    cities = {d["province"]["code"]: d["province"]["kind"] for d in in_force if "province" in d}
    raised = {code for d in in_force for code in d.get("phuong", ())}
    provinces: dict[str, list[Any]] = {}
    rows = database.execute(
        "SELECT provinceCode, province, wardCode, ward FROM admin_units ORDER BY provinceCode, wardCode"
    )
    for code, province, ward_code, ward in rows:
        province_kind = cities.get(code, "Tỉnh")
        kept = provinces.setdefault(
            code, [code, spelled(re.sub("^Tỉnh", province_kind, province)), REGION[code], []]
        )
        ward_kind = "Phường" if ward_code in raised else "Xã"
        kept[3].append([ward_code, spelled(re.sub("^Xã", ward_kind, ward))])
    unknown = raised - {ward[0] for province in provinces.values() for ward in province[3]}
    if unknown:
        raise SystemExit(f"patches.toml names wards that do not exist: {sorted(unknown)}")
    return list(provinces.values()), [d["number"] for d in in_force]


def _successors(database: sqlite3.Connection, folder: Path) -> dict[str, list[str]]:
    """Return today's codes for each old unit, keyed "province_district_ward"."""
    codes = {
        (province, ward): code
        for province, ward, code in database.execute(
            "SELECT provinceKey, wardKey, wardCode FROM admin_units"
        )
    }
    converter = json.loads((folder / "converter_2025.json").read_text(encoding="utf-8"))
    found: dict[str, set[str]] = {}
    for province, wards in converter["DICT_PROVINCE_WARD_NO_DIVIDED"].items():
        for ward, old_units in wards.items():
            for old in old_units:
                found.setdefault(old, set()).add(codes[province, ward])
    for province, old_units in converter["DICT_PROVINCE_WARD_DIVIDED"].items():
        for old, parts in old_units.items():
            found.setdefault(old, set()).update(codes[province, p["newWardKey"]] for p in parts)
    return {old: sorted(today) for old, today in found.items()}


def _old(database: sqlite3.Connection, folder: Path, patches: dict[str, Any]) -> list[Any]:
    successors = _successors(database, folder)
    written = {row["code"]: row["names"] for row in patches["earlier_ward"]}
    provinces: dict[str, dict[str, list[Any]]] = {}
    rows = database.execute(
        "SELECT province, district, ward, wardCode, provinceKey, districtKey, wardKey,"
        " districtShortKey, districtAlias, wardShortKey, wardAlias FROM admin_units_legacy"
        " ORDER BY provinceCode, districtCode, wardCode"
    )
    for (province, district, ward, code, province_key, district_key, ward_key,
         district_own, district_alias, ward_own, ward_alias) in rows:  # fmt: skip
        place = provinces.setdefault(spelled(province), {}).setdefault(
            spelled(district), [spelled(district), _earlier(district_alias, district_own), []]
        )
        accented = [spelled(name) for name in written.get(code, ())]
        shown = {_bare(name.partition(" ")[2]) for name in accented}
        plain = [name for name in _earlier(ward_alias, ward_own or "") if name not in shown]
        today = successors[f"{province_key}_{district_key}_{ward_key or ''}"]
        # Five islands had no wards: the district itself is the old unit.
        place[2].append([spelled(ward or district), today, accented + plain])
    return [[province, list(districts.values())] for province, districts in provinces.items()]


def _check(units: dict[str, Any]) -> None:
    """Stop unless the numbers are those of the decrees and of the source."""
    wards = [ward for province in units["provinces"] for ward in province[3]]
    kinds = Counter(name.split(" ")[0] for _, name in wards)
    old = [ward for _, districts in units["old"] for district in districts for ward in district[2]]
    found = {
        "provinces": len(units["provinces"]),
        "wards": len({code for code, _ in wards}),
        "kinds": dict(kinds),
        "old": len(old),
        "split": sum(len(codes) > 1 for _, codes, _ in old),
    }
    sys.stdout.write(f"{found}\n")
    if units["version"] == "2026-07" and found != {
        "provinces": 34,
        "wards": 3321,
        "kinds": {"Phường": 697, "Xã": 2611, "Đặc": 13},
        "old": 10040,
        "split": 471,
    }:
        raise SystemExit("The counts differ from DECISIONS 14; nothing was written.")


def _lines(units: dict[str, Any]) -> str:
    """Return JSON with one province or old district a line, so that changes can be read."""

    def compact(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    provinces = ",\n".join(compact(province) for province in units["provinces"])
    old = ",\n".join(
        f"[{compact(province)},[\n" + ",\n".join(compact(d) for d in districts) + "]]"
        for province, districts in units["old"]
    )
    return (
        f'{{"version":{compact(units["version"])},"as_of":{compact(units["as_of"])},'
        f'"decrees":{compact(units["decrees"])},\n"provinces":[\n{provinces}],\n'
        f'"old":[\n{old}],\n"short":{compact(units["short"])}}}\n'
    )


def main() -> None:
    patches = tomllib.loads((FOLDER / "patches.toml").read_text(encoding="utf-8"))
    folder = _package()
    with sqlite3.connect(folder / "dataset.db") as database:
        provinces, decrees = _today(database, patches)
        old = _old(database, folder, patches)
    units = {
        "version": patches["release"]["version"],
        "as_of": patches["release"]["as_of"].isoformat(),
        "decrees": decrees,
        "provinces": provinces,
        "old": old,
        "short": patches["short"],
    }
    _check(units)
    path = FOLDER / "units.json"
    path.write_text(_lines(units), encoding="utf-8")
    sys.stdout.write(f"{path.name}: {path.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
