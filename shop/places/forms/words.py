"""Words for found places, and lists to choose from."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from shop.kernel.text import fold
from shop.places.rules.names import short_name
from shop.places.rules.search import ProvinceHit, WardHit
from shop.web.words import _, language, listing, ngettext

#: Old units that are named in full beside a ward; more are counted.
MOST_OLD_NAMES = 3
#: Where most Vietnamese live abroad, by their names in Babel (a test compares them): it would
#: keep two languages in memory for these few. Everywhere else is "ZZ", named in the address.
_ABROAD = {
    "AU": {"vi": "Australia", "en": "Australia"},
    "BE": {"vi": "Bỉ", "en": "Belgium"},
    "CA": {"vi": "Canada", "en": "Canada"},
    "CH": {"vi": "Thụy Sĩ", "en": "Switzerland"},
    "CN": {"vi": "Trung Quốc", "en": "China"},
    "CZ": {"vi": "Séc", "en": "Czechia"},
    "DE": {"vi": "Đức", "en": "Germany"},
    "DK": {"vi": "Đan Mạch", "en": "Denmark"},
    "FI": {"vi": "Phần Lan", "en": "Finland"},
    "FR": {"vi": "Pháp", "en": "France"},
    "GB": {"vi": "Vương quốc Anh", "en": "United Kingdom"},
    "HK": {"vi": "Đặc khu Hành chính Hồng Kông, Trung Quốc", "en": "Hong Kong SAR China"},
    "HU": {"vi": "Hungary", "en": "Hungary"},
    "IT": {"vi": "Italy", "en": "Italy"},
    "JP": {"vi": "Nhật Bản", "en": "Japan"},
    "KH": {"vi": "Campuchia", "en": "Cambodia"},
    "KR": {"vi": "Hàn Quốc", "en": "South Korea"},
    "LA": {"vi": "Lào", "en": "Laos"},
    "MY": {"vi": "Malaysia", "en": "Malaysia"},
    "NL": {"vi": "Hà Lan", "en": "Netherlands"},
    "NO": {"vi": "Na Uy", "en": "Norway"},
    "NZ": {"vi": "New Zealand", "en": "New Zealand"},
    "PL": {"vi": "Ba Lan", "en": "Poland"},
    "RU": {"vi": "Nga", "en": "Russia"},
    "SE": {"vi": "Thụy Điển", "en": "Sweden"},
    "SG": {"vi": "Singapore", "en": "Singapore"},
    "TH": {"vi": "Thái Lan", "en": "Thailand"},
    "TW": {"vi": "Đài Loan", "en": "Taiwan"},
    "US": {"vi": "Hoa Kỳ", "en": "United States"},
}
ELSEWHERE = "ZZ"
#: What a form's country can be; "" is Việt Nam.
COUNTRY_CODES = frozenset(("", *_ABROAD, ELSEWHERE))


def hit_note(hit: WardHit) -> str:
    """Return the old names of a found ward, the typed one first: "gồm Phước Ninh, … cũ"."""
    if hit.old_name and hit.split:
        return _("Một phần %(name)s cũ, %(district)s. Chưa rõ thì anh/chị hỏi người nhận.",
                 name=_lower(hit.old_name), district=_lower(hit.old_district))  # fmt: skip
    names = [_short(name) for name in hit.made_of if name not in (hit.old_name, hit.ward_name)]
    if hit.old_district and not hit.old_name:
        return _("Thuộc %(district)s cũ (%(province)s)", district=_lower(hit.old_district),
                 province=hit.old_province)  # fmt: skip
    if hit.old_name:
        names = [f"{_short(hit.old_name)} ({_lower(hit.old_district)})", *names]
    if not names:
        return ""
    more = len(names) - MOST_OLD_NAMES
    shown = names[:MOST_OLD_NAMES] if more > 1 else names
    if more > 1:
        shown = [*shown, ngettext("%(num)s nơi khác", "%(num)s nơi khác", more)]
    return _("Gồm %(names)s cũ", names=listing(shown))


def _lower(full_name: str) -> str:
    """Return "huyện Quế Sơn" for the middle of a sentence."""
    return full_name[:1].lower() + full_name[1:]


def _short(name: str) -> str:
    """Return "Phước Ninh", but "Phường 5" where the name is a number."""
    short = short_name(name)
    return name if short.isdigit() else short


#: What ``hit_text`` writes beside an old name, in both languages.
BESIDE_OLD = re.compile(r"\s+cũ$|^formerly\s+")


def hit_text(hit: WardHit) -> str:
    """Return what the search box shows of a chosen ward; the old name stays for the driver."""
    old = hit.old_name or hit.old_district
    return _("%(label)s (%(name)s cũ)", label=hit.label, name=_lower(old)) if old else hit.label


def province_label(hit: ProvinceHit) -> str:
    """Return "Quảng Nam nay thuộc Đà Nẵng", or "Đà Nẵng" of one that is there today."""
    if not hit.former:
        return hit.name
    return _("%(old)s nay thuộc %(province)s", old=hit.former, province=hit.name)


def provinces_found(hits: Sequence[ProvinceHit]) -> str:
    """Return what a text that names no more than a province leads to."""
    labels = [province_label(hit) for hit in hits]
    if len(hits) > 1:
        said = _("Có thể là %(names)s.", names=listing(labels))
    elif hits[0].former:
        said = f"{labels[0]}."
    else:
        said = _("%(name)s là tên cả tỉnh, thành phố.", name=labels[0])
    return f"{said} {_('Anh/chị gõ thêm tên xã, phường, hoặc chọn trong danh sách tỉnh.')}"


def nothing_found(text: str) -> str:
    return _("Chưa thấy nơi nào tên “%(typed)s”. Anh/chị gõ tên xã, phường, cũ hay mới đều được, "
             "hoặc chọn trong danh sách tỉnh.", typed=text)  # fmt: skip


def ward_option(row: Any) -> str:
    """Return "Quế Phước (xã)": the name first, so that typing its letters finds it in a list."""
    kind = row.full_name.removesuffix(row.name).strip().lower()
    return f"{row.name} ({kind})"


@lru_cache(maxsize=2)
def countries(spoken: str) -> list[tuple[str, str]]:
    """Return (two letters, name) of the countries that are offered, by name."""
    named = [(code, names[spoken]) for code, names in _ABROAD.items()]
    return sorted(named, key=lambda country: fold(country[1]))


def country_name(code: str) -> str:
    """Return the name of a country in the reader's language; "" for "ZZ", which none has."""
    return "" if code == ELSEWHERE else _ABROAD.get(code, {}).get(language(), code)
