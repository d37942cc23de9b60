"""Recordings made by hand, byte by byte, for tests: one of each container."""

import struct


def wav(seconds: float, hz: int = 2000) -> bytes:
    body = bytes(int(seconds * hz))
    return (
        b"RIFF" + struct.pack("<I", 36 + len(body)) + b"WAVEfmt "
        + struct.pack("<IHHIIHH", 16, 1, 1, hz, hz, 1, 8) + b"data" + struct.pack("<I", len(body))
        + body
    )  # fmt: skip


def mp3(seconds: float) -> bytes:
    """Frames of 24 ms: MPEG-2 layer III, 8 kbit/s, 24 kHz."""
    frame = bytes([0xFF, 0xF3, 0x14, 0xC4]) + bytes(20)
    return b"ID3\x04\x00\x00" + bytes([0, 0, 0, 5]) + bytes(5) + frame * round(seconds / 0.024)


def box(name: bytes, *inside: bytes) -> bytes:
    body = b"".join(inside)
    return struct.pack(">I", 8 + len(body)) + name + body


def mp4(seconds: float, codec: bytes = b"mp4a", kind: bytes = b"soun", pieces: int = 0) -> bytes:
    """A recording in one piece, or in ``pieces`` fragments as browsers write it."""
    length = 0 if pieces else int(seconds * 1000)
    track = box(
        b"trak", box(
            b"mdia", box(b"mdhd", struct.pack(">IIIIII", 0, 0, 0, 1000, length, 0)),
            box(b"hdlr", bytes(8) + kind + bytes(12)),
            box(b"minf", box(b"stbl", box(b"stsd", struct.pack(">II", 0, 1), box(codec, bytes(28))))),
        ),
    )  # fmt: skip
    extends = box(b"mvex", box(b"trex", struct.pack(">IIIIII", 0, 1, 1, 0, 0, 0)))
    found = box(b"ftyp", b"M4A \0\0\0\0") + box(b"moov", track, extends if pieces else b"")
    for _ in range(pieces):
        each = int(seconds * 1000 / pieces)
        run = struct.pack(">II", 0x000100, 1) + struct.pack(">I", each)
        found += box(
            b"moof", box(b"traf", box(b"tfhd", struct.pack(">II", 0x020000, 1)), box(b"trun", run))
        ) + box(b"mdat", bytes(40))
    return found + box(b"mdat", bytes(400))


def ogg(
    seconds: float, head: bytes = b"OpusHead\x01\x01\x00\x00\x80\xbb\x00\x00\x00\x00\x00"
) -> bytes:
    def page(granule: int, body: bytes) -> bytes:
        return b"OggS\0\0" + struct.pack("<qIII", granule, 1, 0, 0) + bytes([1, len(body)]) + body

    steps = int(seconds) + 1
    return page(0, head) + b"".join(
        page(int(seconds * 48_000 * n / steps), bytes(100)) for n in range(1, steps + 1)
    )


def element(name: bytes, body: bytes) -> bytes:
    return name + (0x10000000 | len(body)).to_bytes(4, "big") + body


def webm(seconds: float, kind: int = 2, codec: bytes = b"A_OPUS", doc: bytes = b"webm") -> bytes:
    """As browsers record: a segment and clusters that do not know their size, no length told."""
    unknown = b"\x01\xff\xff\xff\xff\xff\xff\xff"
    found = element(b"\x1a\x45\xdf\xa3", element(b"\x42\x82", doc)) + b"\x18\x53\x80\x67" + unknown
    found += element(b"\x15\x49\xa9\x66", element(b"\x2a\xd7\xb1", (1_000_000).to_bytes(3, "big")))
    found += element(
        b"\x16\x54\xae\x6b",
        element(b"\xae", element(b"\x83", bytes([kind])) + element(b"\x86", codec)),
    )
    ms = 0
    while ms <= seconds * 1000:
        if ms % 20_000 == 0:
            found += b"\x1f\x43\xb6\x75" + unknown + element(b"\xe7", ms.to_bytes(3, "big"))
        found += element(b"\xa3", b"\x81" + (ms % 20_000).to_bytes(2, "big") + b"\x80" + bytes(30))
        ms += 500
    return found
