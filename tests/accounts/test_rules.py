"""Rules of people: RFC vectors, lifetimes, passwords, paths."""

import re
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.accounts import passwords
from shop.accounts.passwords import common_passwords, hashed, password_fits
from shop.accounts.rules import (
    FRESH_FOR,
    LIFETIMES,
    WeakPassword,
    check_password,
    device_of,
    hotp,
    is_fresh,
    is_idle,
    matching_step,
    safe_path,
    totp_address,
    weightiest,
)

SECRET = b"12345678901234567890"
SECRET_32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
NOON = datetime(2026, 11, 23, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"),
        (1234567890, "89005924"), (2000000000, "69279037"), (20000000000, "65353130"),
    ],
)  # fmt: skip
def test_codes_equal_those_of_rfc_6238_appendix_b(second: int, code: str) -> None:
    assert hotp(SECRET, second // 30, 8) == code


@pytest.mark.parametrize(
    ("counter", "code"),
    list(
        enumerate(
            [
                "755224",
                "287082",
                "359152",
                "969429",
                "338314",
                "254676",
                "287922",
                "162583",
                "399871",
                "520489",
            ]
        )
    ),
)
def test_codes_equal_those_of_rfc_4226_appendix_d(counter: int, code: str) -> None:
    assert hotp(SECRET, counter, 6) == code


def test_a_code_is_taken_with_spaces_and_one_step_of_drift_and_not_twice() -> None:
    step = int(NOON.timestamp()) // 30
    code = hotp(SECRET, step, 6)
    assert matching_step(SECRET_32, f" {code[:3]} {code[3:]} ", NOON, 0) == step
    assert matching_step(SECRET_32, code, NOON + timedelta(seconds=30), 0) == step
    assert matching_step(SECRET_32, code, NOON + timedelta(seconds=61), 0) is None
    assert matching_step(SECRET_32, code, NOON, step) is None


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "١٢٣٤٥٦", "abcdef", "12345\x00"])
def test_what_is_not_six_digits_is_no_code(typed: str) -> None:
    assert matching_step(SECRET_32, typed, NOON, 0) is None


def test_the_address_for_apps_is_escaped() -> None:
    address = totp_address("ABC", "chị & em@x.vn", "Chợ Phiên")
    assert address.startswith("otpauth://totp/Ch%E1%BB%A3%20Phi%C3%AAn:ch%E1%BB%8B%20%26")
    assert "issuer=Ch%E1%BB%A3%20Phi%C3%AAn" in address


def test_the_weightiest_kind_wins() -> None:
    assert weightiest({"seller", "officer", "operator"}) == "operator"
    assert weightiest({"seller", "officer"}) == "officer"
    assert weightiest({"seller"}) == "seller"
    assert weightiest(()) == "buyer"


def test_lifetimes_are_those_of_the_threat_model() -> None:
    assert LIFETIMES["operator"].idle == timedelta(minutes=30)
    assert LIFETIMES["operator"].absolute == timedelta(hours=12)
    assert LIFETIMES["seller"].idle == timedelta(days=90)
    assert is_idle("operator", NOON, NOON + timedelta(minutes=31))
    assert not is_idle("operator", NOON, NOON + timedelta(minutes=30))
    assert is_fresh(NOON, NOON + FRESH_FOR)
    assert not is_fresh(NOON, NOON + FRESH_FOR + timedelta(seconds=1))


def _accepted(
    password: str, kind: str = "buyer", second_factor: bool = False, **more: object
) -> None:
    check_password(
        password, kind=kind, second_factor=second_factor, common=common_passwords(), **more
    )


@pytest.mark.parametrize(
    ("kind", "second_factor", "least"),
    [("operator", False, 15), ("operator", True, 8), ("officer", False, 15), ("officer", True, 8),
     ("seller", False, 10), ("buyer", False, 10)],
)  # fmt: skip
def test_each_kind_has_its_least_length(kind: str, second_factor: bool, least: int) -> None:
    fine = "ghe tre lua song me"[:least].replace(" ", "x")
    _accepted(fine, kind, second_factor)
    with pytest.raises(WeakPassword) as refused:
        _accepted(fine[:-1], kind, second_factor)
    assert refused.value.least == least


@pytest.mark.parametrize(
    "password",
    ["qwertyuiop", "1234567890", "matkhaucuatoi", "MATKHAUCUATOI", "chophien2026", "Chợ Phiên 2026",
     "aaaaaaaaaaaa", "anhyeuem123", "Nguyễn Thị Sương", "0905000118"],
)  # fmt: skip
def test_what_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        _accepted(password, about=["Nguyễn Thị Sương", "0905000118"])
    assert refused.value.reason == "common"


def test_a_password_may_have_256_bytes_and_any_letters() -> None:
    _accepted("mưa rơi trên mái lá")
    _accepted("áéíó" * 32)
    with pytest.raises(WeakPassword) as refused:
        _accepted("áéíó" * 32 + "x")
    assert refused.value.reason == "long"


def test_a_password_is_right_composed_or_decomposed_and_only_then() -> None:
    import unicodedata

    typed = "mưa rơi trên mái lá"
    kept = hashed(unicodedata.normalize("NFC", typed))
    assert password_fits(kept, unicodedata.normalize("NFD", typed))
    assert not password_fits(kept, typed + " ")
    assert not password_fits(None, typed)
    assert not password_fits("not a hash", typed)
    assert not password_fits(kept, "x" * 100_000)
    assert not password_fits(kept, "\ud800")


@pytest.mark.parametrize("way", ["/", "/tai-khoan", "/ban-hang/don/12", "/hang?trang=2&loai=bot"])
def test_paths_of_the_shop_are_gone_on_to(way: str) -> None:
    assert safe_path(way, "/x") == way


@pytest.mark.parametrize(
    "way",
    ["", "//evil.vn", "/\\evil.vn", "https://evil.vn", "javascript:alert(1)", "/a\nb", "/a b",
     "/%0d%0a", "/ế", "/" + "a" * 600],
)  # fmt: skip
def test_ways_out_of_the_shop_are_not(way: str) -> None:
    assert safe_path(way, "/x") == "/x"


@given(st.text(max_size=60))
def test_a_path_never_leads_to_another_host(text: str) -> None:
    way = safe_path("/" + text, "/")
    assert way.startswith("/")
    assert not way.startswith(("//", "/\\"))


def test_devices_are_named_as_people_know_them() -> None:
    android = "Mozilla/5.0 (Linux; Android 14; SM-A055F) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36"
    assert device_of(android) == "Chrome, Android"
    assert device_of("") == ""


def test_hashing_is_as_heavy_as_decided_and_four_at_a_time(monkeypatch):
    """QUALITY T13: 19 MB each, so that a rush of sign-ins does not fill the memory."""
    assert re.match(r"\$argon2id\$v=19\$m=19456,t=2,p=1\$", passwords.hashed("mật khẩu dài"))
    running, most = 0, 0
    lock = threading.Lock()

    class Slow:
        def verify(self, *_given):
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.02)
            with lock:
                running -= 1
            return True

    monkeypatch.setattr(passwords, "_HASHER", Slow())
    tries = [threading.Thread(target=passwords.password_fits, args=("x", "y")) for _ in range(16)]
    for each in tries:
        each.start()
    for each in tries:
        each.join()
    assert most == 4
