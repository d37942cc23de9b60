"""What a pack size is called inside a sentence, and what one of it is."""

#: First words of a pack's name that are themselves what one counts: "Túi 1 kg" → "túi".
_PACKS = frozenset(
    [
        "bao",
        "bó",
        "bộ",
        "bịch",
        "can",
        "cặp",
        "chai",
        "chùm",
        "chục",
        "cuộn",
        "gói",
        "giỏ",
        "hộp",
        "hũ",
        "keo",
        "lon",
        "lọ",
        "thùng",
        "túi",
        "vỉ",
        "xâu",
        "xấp",
        "bag",
        "basket",
        "block",
        "bottle",
        "box",
        "braid",
        "bundle",
        "can",
        "case",
        "jar",
        "nest",
        "pack",
        "stack",
        "string",
        "tray",
    ]
)


def counted_unit(unit: str, variant_name: str) -> str:
    """Return what one of a pack size is called: the pack's own word, else the product's unit."""
    first = variant_name.split(" ", 1)[0].lower().strip(",")
    return first if first in _PACKS else unit


def in_running_text(name: str) -> str:
    """Return a pack's name for the middle of a line: "Hũ 500 g" becomes "hũ 500 g"."""
    return name[:1].lower() + name[1:] if name[1:2].islower() or name[1:2] == " " else name
