"""What a recording is, is read from its bytes; anything else is refused with its reason."""

import time

import pytest

from shop.media.sound_rules import (
    MOST_BYTES,
    NotASound,
    SoundTooHeavy,
    SoundTooLong,
    SoundTooShort,
    read_sound,
)
from tests.media.photos import photo
from tests.media.sounds import box, element, mp3, mp4, ogg, wav, webm

MAKERS = {"wav": wav, "mp3": mp3, "m4a": mp4, "ogg": ogg, "webm": webm}


@pytest.mark.parametrize("kind", MAKERS)
def test_each_container_says_how_long_it_lasts(kind: str) -> None:
    found = read_sound(MAKERS[kind](12))
    assert found.kind == kind
    assert abs(found.duration_ms - 12_000) < 60


@pytest.mark.parametrize("kind", MAKERS)
def test_a_minute_is_taken_and_more_is_not(kind: str) -> None:
    assert read_sound(MAKERS[kind](60.5)).kind == kind
    with pytest.raises(SoundTooLong) as refused:
        read_sound(MAKERS[kind](75))
    assert refused.value.facts["seconds"] == 75
    with pytest.raises(SoundTooShort):
        read_sound(MAKERS[kind](0.4))


def test_a_recording_written_piece_by_piece_is_summed_up() -> None:
    assert read_sound(mp4(20, pieces=4)).duration_ms == 20_000
    with pytest.raises(SoundTooLong):
        read_sound(mp4(80, pieces=4))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "unknown"), (b"<html><script>alert(1)</script>", "unknown"),
        (b"%PDF-1.7", "unknown"), (b"#!AMR\n" + bytes(900), "unknown"),
        (b"MZ" + bytes(900), "unknown"), (b"PK\x03\x04" + bytes(900), "unknown"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "unknown"),
        (mp4(9, kind=b"vide"), "video"), (webm(9, kind=1), "video"),
        (webm(9, codec=b"V_VP8"), "broken"), (webm(9, doc=b"matroska"), "broken"),
        (mp4(9, codec=b"samr"), "broken"), (mp4(9)[:60], "broken"),
        (ogg(9, b"\x80theora" + bytes(20)), "video"), (ogg(9, b"Speex   " + bytes(20)), "broken"),
        (ogg(9)[:-30], "broken"), (b"OggS" + bytes(30), "broken"),
        (b"RIFF\0\0\0\0WAVEfmt ", "broken"), (wav(9).replace(b"\x01\0\x01\0", b"\x55\0\x01\0", 1), "broken"),
        (mp3(9) + b"<script>" * 1000, "broken"), (b"ID3\x04\0\0\x7f\x7f\x7f\x7f", "broken"),
        (b"\x1aE\xdf\xa3\xff", "broken"), (b"\0\0\0\x08ftyp" + b"\0\0\0\x04moov", "broken"),
    ],
)  # fmt: skip
def test_what_is_no_recording_is_refused_with_its_reason(content: bytes, why: str) -> None:
    with pytest.raises(NotASound) as refused:
        read_sound(content)
    assert refused.value.facts["why"] == why


def test_a_photo_is_no_recording() -> None:
    with pytest.raises(NotASound):
        read_sound(photo())


def test_too_many_bytes_are_not_even_read() -> None:
    with pytest.raises(SoundTooHeavy):
        read_sound(b"OggS" + bytes(MOST_BYTES))


@pytest.mark.parametrize(
    "content",
    [
        b"\0\0\0\x10ftypM4A \0\0\0\0" + b"\0\0\0\x08free" * 500_000,
        b"\x1aE\xdf\xa3\x80" + b"\xec\x80" * 2_000_000,
        b"OggS" + (b"\0" * 22 + b"\0" + b"OggS") * 150_000,
        box(b"ftyp", b"M4A ") + box(b"moov", *[box(b"trak", b"")] * 400_000),
        element(b"\x1a\x45\xdf\xa3", b"") + b"\xae\x80" * 1_500_000,
        element(b"\x1a\x45\xdf\xa3", element(b"\x42\x82", b"webm"))
        + element(b"\x2a\xd7\xb1", b"\xff" * 1_500_000)
        + element(b"\xae", element(b"\x83", b"\x02"))
        + element(b"\xe7", b"\xff" * 1_500_000)
        + element(b"\xa3", b"\x81\0\0\x80"),
        webm(9).replace(
            b"\x2a\xd7\xb1\x10\0\0\x03", b"\x2a\xd7\xb1\x10\0\x07\xd3" + b"\xff" * 2000
        ),
        webm(9).replace(
            b"\x2a\xd7\xb1\x10\0\0\x03",
            element(b"\x44\x89", b"\x42\0\0\0") + b"\x2a\xd7\xb1\x10\0\x07\xd3" + b"\xff" * 2000,
        ),
    ],
    ids=["boxes", "elements", "pages", "tracks", "empty tracks", "numbers", "scale", "length"],
)
def test_hostile_bytes_cost_little_time(content: bytes) -> None:
    began = time.process_time()
    with pytest.raises((NotASound, SoundTooShort)):
        read_sound(content)
    assert time.process_time() - began < 2
