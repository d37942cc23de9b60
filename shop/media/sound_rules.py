"""What a recording from a phone really is and how long it lasts, read from its own bytes.

The name and the type that a browser sends are words of a stranger and are not asked. Nothing
is decoded: the containers say the length themselves. Taken are those that both sides know:
what phones record (MP4/M4A, WebM, Ogg) and what people keep (MP3, WAV).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from shop.kernel.errors import Refusal

MOST_BYTES = 4 * 1024 * 1024
MOST_SECONDS = 60
#: A recorder stops a moment after the finger; nobody is sent back for that.
GRACE_MS = 1_500
LEAST_MS = 1_000
#: A minute in the smallest pieces that recorders write has far fewer.
_MOST_PARTS = 40_000
#: {ending: what browsers are told}
TYPES = {
    "m4a": "audio/mp4", "webm": "audio/webm", "ogg": "audio/ogg", "mp3": "audio/mpeg",
    "wav": "audio/wav",
}  # fmt: skip


class NotASound(Refusal):
    """These bytes are no recording that browsers play. ``why``: "unknown", "video", "broken"."""

    code = "not_a_sound"
    status = 422


class SoundTooLong(Refusal):
    """More than ``MOST_SECONDS``. ``seconds``: how long it is, ``most``."""

    code = "sound_too_long"
    status = 422


class SoundTooHeavy(Refusal):
    """More bytes than are taken. ``most_mb``."""

    code = "sound_too_heavy"
    status = 422


class SoundTooShort(Refusal):
    """Less than a second: the finger slipped."""

    code = "sound_too_short"
    status = 422


@dataclass(frozen=True)
class Sound:
    """A recording as it was sent in. ``kind``: its ending, of ``TYPES``."""

    kind: str
    duration_ms: int
    content: bytes


class _Broken(Exception):
    """The bytes do not keep what their beginning promised."""


class _Video(Exception):
    """There is a picture track in it."""


def read_sound(content: bytes) -> Sound:
    """Return what a recording is.

    Raises:
        NotASound, SoundTooLong, SoundTooHeavy, SoundTooShort
    """
    if len(content) > MOST_BYTES:
        raise SoundTooHeavy(most_mb=MOST_BYTES // (1024 * 1024))
    kind = _kind(content)
    if kind is None:
        raise NotASound(why="unknown")
    try:
        duration_ms = _DURATIONS[kind](content)
    except _Video:
        raise NotASound(why="video") from None
    except (_Broken, IndexError, ZeroDivisionError):
        raise NotASound(why="broken") from None
    if duration_ms > MOST_SECONDS * 1000 + GRACE_MS:
        raise SoundTooLong(seconds=-(-duration_ms // 1000), most=MOST_SECONDS)
    if duration_ms < LEAST_MS:
        raise SoundTooShort
    return Sound(kind, duration_ms, content)


def _kind(content: bytes) -> str | None:
    if content[4:8] == b"ftyp":
        return "m4a"
    if content[:4] == b"\x1aE\xdf\xa3":
        return "webm"
    if content[:4] == b"OggS":
        return "ogg"
    if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
        return "wav"
    if content[:3] == b"ID3" or _frame(content, 0) is not None:
        return "mp3"
    return None


# ---- WAV: chunks; the length is bytes of sound by bytes a second.


def _wav(content: bytes) -> int:
    at, rate = 12, 0
    while at + 8 <= len(content):
        name, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        if name == b"fmt ":
            if int.from_bytes(content[at + 8 : at + 10], "little") not in (1, 3):
                raise _Broken  # Anything but plain samples: browsers differ.
            rate = int.from_bytes(content[at + 16 : at + 20], "little")
        elif name == b"data":
            return min(size, len(content) - at - 8) * 1000 // rate
        at += 8 + size + size % 2
    raise _Broken


# ---- MP3: frames one after another, each with its own rate.

_MP3_KBPS = {
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MP3_HZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


class _Frame(NamedTuple):
    size: int
    samples: int
    hz: int


def _frame(content: bytes, at: int) -> _Frame | None:
    """Return the frame of layer III that starts here, or None."""
    head = content[at : at + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return None
    version, rate, speed = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or speed == 3 or not 0 < rate < 15:
        return None
    hz = _MP3_HZ[version][speed]
    samples = 1152 if version == 3 else 576
    kbps = _MP3_KBPS[1 if version == 3 else 2][rate]
    return _Frame(samples // 8 * kbps * 1000 // hz + (head[2] >> 1 & 1), samples, hz)


def _mp3(content: bytes) -> int:
    at = 0
    if content[:3] == b"ID3":
        size = 0
        for byte in content[6:10]:
            size = size << 7 | byte & 0x7F
        at = 10 + size
    frames, us = 0, 0
    while (frame := _frame(content, at)) is not None:
        frames, us, at = frames + 1, us + frame.samples * 1_000_000 // frame.hz, at + frame.size
    if frames < 3 or len(content) - at > 4096:  # Tags may follow; a film may not.
        raise _Broken
    return us // 1000


# ---- MP4: boxes within boxes. One track of sound, coded as AAC.


def _boxes(content: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield (name, start of its inside, end) of each box."""
    at, told = start, 0
    while at + 8 <= end:
        told += 1
        if told > _MOST_PARTS:
            raise _Broken
        size, name, inside = (
            int.from_bytes(content[at : at + 4], "big"),
            content[at + 4 : at + 8],
            8,
        )
        if size == 1:
            size, inside = int.from_bytes(content[at + 8 : at + 16], "big"), 16
        if size == 0:
            size = end - at
        if size < inside or at + size > end:
            raise _Broken
        yield name, at + inside, at + size
        at += size


def _within(content: bytes, start: int, end: int, *names: bytes) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of the boxes at the end of a path of names."""
    if not names:
        yield start, end
        return
    for name, inside, last in _boxes(content, start, end):
        if name == names[0]:
            yield from _within(content, inside, last, *names[1:])


def _mp4(content: bytes) -> int:
    whole = 0, len(content)
    sounds = 0
    for start, end in _within(content, *whole, b"moov", b"trak", b"mdia"):
        for at, _end in _within(content, start, end, b"hdlr"):
            kind = content[at + 8 : at + 12]
            if kind == b"vide":
                raise _Video
            sounds += kind == b"soun"
    if sounds != 1:
        raise _Broken
    coded = [
        content[at + 12 : at + 16]
        for at, _end in _within(
            content, *whole, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"
        )
    ]
    if coded != [b"mp4a"]:
        raise _Broken
    for at, _end in _within(content, *whole, b"moov", b"trak", b"mdia", b"mdhd"):
        scale, length = _mp4_length(content, at)
        if length:
            return length * 1000 // scale
        return _mp4_fragments(content) * 1000 // scale
    raise _Broken


def _mp4_length(content: bytes, at: int) -> tuple[int, int]:
    """Return (ticks a second, ticks) of a track's head."""
    if content[at] == 1:
        return _big(content, at + 20, 4), _big(content, at + 24, 8)
    return _big(content, at + 12, 4), _big(content, at + 16, 4)


def _mp4_fragments(content: bytes) -> int:
    """Return the ticks of a recording that was written piece by piece."""
    ticks = 0
    usual = [
        _big(content, at + 12, 4)
        for at, _end in _within(content, 0, len(content), b"moov", b"mvex", b"trex")
    ]
    for start, end in _within(content, 0, len(content), b"moof", b"traf"):
        each = usual[0] if usual else 0
        for at, _end in _within(content, start, end, b"tfhd"):
            flags, field = _big(content, at + 1, 3), at + 8
            field += 8 * (flags & 1) + 4 * (flags >> 1 & 1)
            if flags & 8:
                each = _big(content, field, 4)
        for at, last in _within(content, start, end, b"trun"):
            ticks += _mp4_run(content, at, last, each)
    return ticks


def _mp4_run(content: bytes, at: int, end: int, each: int) -> int:
    flags, count, field = _big(content, at + 1, 3), _big(content, at + 4, 4), at + 8
    field += 4 * (flags & 1) + 4 * (flags >> 2 & 1)
    if not flags >> 8 & 1:
        return count * each
    step = 4 * sum(flags >> bit & 1 for bit in (8, 9, 10, 11))
    if field + step * count > end:
        raise _Broken
    return sum(_big(content, field + step * n, 4) for n in range(count))


def _big(content: bytes, at: int, size: int) -> int:
    if at + size > len(content):
        raise _Broken
    return int.from_bytes(content[at : at + size], "big")


# ---- Ogg: pages; the last one says how many samples there were.


def _ogg(content: bytes) -> int:
    at, last, hz, skip = 0, 0, 0, 0
    while at + 27 <= len(content):
        if content[at : at + 4] != b"OggS":
            raise _Broken
        count = content[at + 26]
        body = at + 27 + count
        size = sum(content[at + 27 : body])
        if at == 0:
            hz, skip = _ogg_head(content[body : body + size])
        granule = int.from_bytes(content[at + 6 : at + 14], "little", signed=True)
        last = max(last, granule)
        at = body + size
    if at > len(content) or not hz:
        raise _Broken
    return max(0, last - skip) * 1000 // hz


def _ogg_head(packet: bytes) -> tuple[int, int]:
    """Return (samples a second, samples to skip) of the first packet."""
    if packet[:8] == b"OpusHead":
        return 48_000, int.from_bytes(packet[10:12], "little")
    if packet[:7] == b"\x01vorbis":
        return int.from_bytes(packet[12:16], "little"), 0
    if packet[:7] == b"\x80theora":
        raise _Video
    raise _Broken


# ---- WebM: elements of EBML. A browser's recorder writes no length: the last block tells it.

_SEGMENT, _INFO, _TRACKS, _CLUSTER = 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675
_SCALE, _LENGTH, _TRACK, _KIND, _CODEC = 0x2AD7B1, 0x4489, 0xAE, 0x83, 0x86
_TIME, _SIMPLE, _GROUP, _BLOCK = 0xE7, 0xA3, 0xA0, 0xA1
#: Elements that are looked into.
_PARENTS = {0x1A45DFA3, _SEGMENT, _INFO, _TRACKS, _CLUSTER, _TRACK, _GROUP}


def _number(content: bytes, at: int, *, keep_mark: bool) -> tuple[int, int]:
    """Return (number, where it ends) of EBML's own way to write one; -1: "I do not know"."""
    first = content[at]
    size = 9 - first.bit_length()
    if size > 8 or at + size > len(content):
        raise _Broken
    value = int.from_bytes(content[at : at + size], "big")
    if keep_mark:
        return value, at + size
    value &= (1 << 7 * size) - 1
    return (-1 if value == (1 << 7 * size) - 1 else value), at + size


def _elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (name, value) of every element, parents opened and not told."""
    at = told = 0
    while at < len(content):
        told += 1
        if told > _MOST_PARTS:
            raise _Broken
        name, at = _number(content, at, keep_mark=True)
        size, at = _number(content, at, keep_mark=False)
        if name in _PARENTS:
            if name == _TRACK:
                yield name, b""
            continue
        if size < 0:
            raise _Broken
        # The last block of a recorder that was cut off may be short.
        yield name, content[at : at + size]
        at += size


def _webm(content: bytes) -> int:
    scale, told_ms, cluster, last, tracks, is_webm = 1_000_000, 0.0, 0, 0, 0, False
    length = b""
    for name, value in _elements(content):
        if name == 0x4282:
            is_webm = value == b"webm"
        elif name == _SCALE:
            scale = _whole(value)
        elif name == _LENGTH:
            length = value
        elif name == _TRACK:
            tracks += 1
        elif name == _KIND and value != b"\x02":
            raise _Video
        elif name == _CODEC and value not in (b"A_OPUS", b"A_VORBIS"):
            raise _Broken
        elif name == _TIME:
            cluster = _whole(value)
        elif name in (_SIMPLE, _BLOCK):
            _track, at = _number(value, 0, keep_mark=False)
            last = max(last, cluster + int.from_bytes(value[at : at + 2], "big", signed=True))
    if not is_webm or tracks != 1:
        raise _Broken
    if length:
        told_ms = _float(length) * scale / 1_000_000
    return max(int(told_ms), last * scale // 1_000_000)


def _whole(value: bytes) -> int:
    """Return EBML's whole number: eight bytes at most, longer ones would be worked on for minutes."""
    if len(value) > 8:
        raise _Broken
    return int.from_bytes(value, "big")


def _float(value: bytes) -> float:
    if len(value) not in (4, 8):
        raise _Broken
    found = struct.unpack(">f" if len(value) == 4 else ">d", value)[0]
    if not 0 <= found < 1e12:
        raise _Broken
    return found


_DURATIONS = {"m4a": _mp4, "webm": _webm, "ogg": _ogg, "mp3": _mp3, "wav": _wav}
