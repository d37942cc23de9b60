"""Reading a message into a form again: what she typed or mended there stays. Plain Python."""

import json
from collections.abc import Mapping


def is_count(name: str) -> bool:
    """Tell whether a field says how many of a pack: "n12"."""
    return name[:1] == "n" and name[1:].isascii() and name[1:].isdecimal() and len(name) < 16


def read_again(
    typed: Mapping[str, str], before: Mapping[str, str], read: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    """Return what stands in the fields afterwards, and which kept other words than were read.

    Args:
        typed: as it stands now. before: as it was read last. read: as it is read now.

    >>> read_again({"n1": "3"}, {"n1": "2"}, {"n1": "2", "n2": "1"})
    ({'n1': '3', 'n2': '1'}, ['n1'])
    """
    fields, kept = {}, []
    for name in {**typed, **before, **read}:
        now, value = typed.get(name, "").strip(), read.get(name, "")
        is_hers = now != before.get(name, "")
        # An empty reading empties a count that was only read, but no words.
        fields[name] = now if is_hers or not (value or is_count(name)) else value
        if is_hers and value and value != now:
            kept.append(name)
    return fields, kept


def read_before(text: str) -> dict[str, str]:
    """Return {field: value} of a hidden field; whatever else is sent there is nothing."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: value for name, value in found.items() if isinstance(value, str)}
