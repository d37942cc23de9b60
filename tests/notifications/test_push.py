"""News pushed to browsers: sealed and signed as the standards say, once, and to nobody else."""

import json
from base64 import urlsafe_b64decode

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import func, select, update

from shop.accounts.models import SignIn
from shop.current import current_settings
from shop.db import db, transaction
from shop.kernel.errors import OutsideFailure
from shop.notifications import push_rules as rules
from shop.notifications import pushing
from shop.notifications.models import PushDevice
from shop.notifications.pushing import News, add_device, devices_of, forget_devices, push
from tests.conftest import NOON

#: The example of RFC 8291, appendix A.
TEXT = b"When I grow up, I want to be a watermelon"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
HERS = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
HERS_PRIVATE = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
SEALED = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS"
    "6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qul"
    "cy4a-fN"
)


def opened(body: bytes) -> bytes:
    """Open a message as the browser does that gave HERS and AUTH."""
    salt, size, key = body[:16], body[20], body[21 : 21 + body[20]]
    mine = rules.private_key(HERS_PRIVATE)
    shared = mine.exchange(
        ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
    )

    def derive(secret, salt, info, length):
        return HKDF(hashes.SHA256(), length, salt, info).derive(secret)

    info = b"WebPush: info\0" + rules.unb64(HERS) + key
    secret = derive(shared, rules.unb64(AUTH), info, 32)
    content = AESGCM(derive(secret, salt, b"Content-Encoding: aes128gcm\0", 16)).decrypt(
        derive(secret, salt, b"Content-Encoding: nonce\0", 12), body[21 + size :], None
    )
    return content.rstrip(b"\x02")


def test_a_message_is_sealed_as_the_standards_example():
    made = rules.sealed(TEXT, HERS, AUTH, once=rules.private_key(SENDER), salt=rules.unb64(SALT))
    assert rules.b64(made) == SEALED
    assert opened(rules.sealed(TEXT, HERS, AUTH)) == TEXT
    assert rules.sealed(TEXT, HERS, AUTH) != rules.sealed(TEXT, HERS, AUTH)


def test_who_sends_is_signed_for_that_service_and_half_a_day():
    key = rules.private_key(rules.new_key())
    header = rules.signature("https://push.example.net/x/y", key, "mailto:giup@example.com", NOON)
    token, _, public = header.removeprefix("vapid t=").partition(", k=")
    assert rules.unb64(public) == rules.public_part(key)
    head, claims, signed = token.split(".")
    said = json.loads(rules.unb64(claims))
    assert said["aud"] == "https://push.example.net"
    assert said["sub"] == "mailto:giup@example.com"
    assert 0 < said["exp"] - NOON.timestamp() <= 24 * 3600
    assert json.loads(urlsafe_b64decode(head + "==")) == {"typ": "JWT", "alg": "ES256"}
    raw = rules.unb64(signed)
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    key.public_key().verify(
        encode_dss_signature(r, s), f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256())
    )


@pytest.mark.parametrize(
    ("endpoint", "fits"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc", True),
        ("https://web.push.apple.com/Q1", True),
        ("http://127.0.0.1:8030/x", True),
        ("http://fcm.googleapis.com/fcm/send/abc", False),
        ("https://127.0.0.1/x", False),
        ("http://127.0.0.1:22/x", False),
        ("https://fcm.googleapis.com:8443/x", False),
        ("https://fcm.googleapis.com@169.254.169.254/x", False),
        ("https://evil.example/fcm.googleapis.com", False),
        ("https://push.apple.com.evil.example/x", False),
        ("https://[::1]/x", False),
        ("https://[/x", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_only_known_push_services_are_ever_asked(endpoint, fits):
    hosts = "fcm.googleapis.com *.push.apple.com 127.0.0.1:8030"
    assert rules.is_push_service(endpoint, hosts) is fits


def test_keys_that_are_none_are_not_taken():
    assert rules.reads_as_keys(HERS, AUTH)
    for hers, auth in ((HERS[:-4], AUTH), (HERS, AUTH[:-4]), ("", ""), ("đ", AUTH)):
        assert not rules.reads_as_keys(hers, auth)


@pytest.fixture
def device(app, an_account, sign_in, monkeypatch):
    """A device of a signed-in person, in a shop that pushes; what is sent is kept in ``sent``."""
    person = an_account("Sương")
    browser = sign_in(person, "seller")
    settings = app.extensions["settings"]
    key = rules.new_key()
    values = {"push_key": key, "push_hosts": "127.0.0.1:9", "operator_email": "giup@example.com"}
    for name, value in values.items():
        monkeypatch.setitem(settings.__dict__, name, value)
    sent, answers = [], []

    def service(method, address, headers, body):
        sent.append((address, headers, body))
        answer = answers.pop(0) if answers else 201
        if answer is None:
            raise OutsideFailure("gone fishing")
        return answer, b"", {}

    monkeypatch.setattr(pushing, "fetch", service)
    with transaction() as session:
        sign_in_id = session.scalar(select(SignIn.id).where(SignIn.account_id == person))
        add_device(
            session, account_id=person, sign_in_id=sign_in_id, endpoint="http://127.0.0.1:9/x",
            p256dh=HERS, auth=AUTH, locale="vi", now=NOON,
        )  # fmt: skip
    browser.person, browser.sent, browser.answers = person, sent, answers
    return browser


NEWS = News("order:7", "Đơn mới", "3 hũ bột ngũ cốc, Đà Nẵng", "http://localhost/ban-hang/don/7")


def pushed(person, now=NOON):
    for one in devices_of(db.session(), [person], now):
        db.session.rollback()
        push(one, NEWS, now)


def count():
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(PushDevice))


def test_a_device_is_told_once_and_only_it_can_read_it(device):
    pushed(device.person)
    pushed(device.person)
    ((address, headers, body),) = device.sent
    assert address == "http://127.0.0.1:9/x"
    shown = json.loads(opened(body))
    assert (shown["title"], shown["body"]) == (NEWS.title, NEWS.body)
    assert shown["url"].endswith("/ban-hang/don/7")
    assert headers["Content-Encoding"] == "aes128gcm"
    assert headers["TTL"]
    assert headers["Topic"] == shown["tag"]


@pytest.mark.parametrize("answer", [None, 429, 503])
def test_a_service_that_is_busy_is_asked_again(device, answer):
    device.answers.append(answer)
    with pytest.raises(OutsideFailure):
        pushed(device.person)
    pushed(device.person)
    assert len(device.sent) == 2
    assert count() == 1


@pytest.mark.parametrize("answer", [404, 410])
def test_a_device_that_is_gone_is_forgotten(device, answer):
    device.answers.append(answer)
    pushed(device.person)
    assert count() == 0


def test_nothing_is_pushed_where_she_signed_out(device):
    with transaction() as session:
        session.execute(update(SignIn).values(ended_at=NOON))
    pushed(device.person)
    assert device.sent == []
    forget_devices(NOON)
    assert count() == 0


def test_a_name_that_leads_inside_is_not_asked(device, monkeypatch):
    settings = current_settings()
    monkeypatch.setitem(settings.__dict__, "push_hosts", "push.example.net")
    with transaction() as session:
        session.execute(update(PushDevice).values(endpoint="https://push.example.net/x"))
    inside = [(None, None, None, "", ("10.0.0.7", 443))]
    monkeypatch.setattr(pushing.socket, "getaddrinfo", lambda *_a, **_k: inside)
    with pytest.raises(OutsideFailure, match="private"):
        pushed(device.person)
    assert device.sent == []


def test_a_browser_asks_for_news_and_says_no_more(device):
    import re

    page = device.get("/tai-khoan/bao-tin").text
    assert "Máy này đang nhận tin" in page
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    at = "/tai-khoan/bao-tin"
    assert device.post(f"{at}/thoi", data={"csrf_token": token}).status_code == 303
    assert count() == 0
    assert "data-push=" in device.get(at).text
    asked = {"csrf_token": token, "endpoint": "http://127.0.0.1:9/y", "p256dh": HERS, "auth": AUTH}
    for wrong in ({"endpoint": "https://10.0.0.7/x"}, {"p256dh": "x"}, {"auth": ""}):
        assert device.post(at, data=asked | wrong).status_code == 422
    assert count() == 0
    for _ in "12":
        assert device.post(at, data=asked).status_code == 303
    assert count() == 1
