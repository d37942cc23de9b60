"""What a finished picture is: its facts, and its files by name."""

from dataclasses import dataclass

#: Name part of the master beside the widths.
_MASTER = "goc"


@dataclass(frozen=True)
class Finished:
    """A picture ready to be kept. ``files``: bytes by name, "ab/ab…-320.webp"."""

    digest: str
    width_px: int
    height_px: int
    colour: str
    versions: dict[str, list[int]]
    files: dict[str, bytes]


def file_name(digest: str, width: int | str, kind: str) -> str:
    return f"{digest[:2]}/{digest}-{width}.{kind}"


def master_of(digest: str) -> str:
    """Return the file of a picture's master, the only one of its size: "ab/ab…-goc.webp"."""
    return file_name(digest, _MASTER, "webp")
