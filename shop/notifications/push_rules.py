"""News pushed to a browser that is closed: who may be asked, how it is sealed and signed.

Sources: RFC 8030 (push), RFC 8188 and 8291 (sealing), RFC 8292 (who sends). Plain Python.
"""

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

#: A service keeps what a phone without a network did not get: a day, then it is old news.
KEPT_S = 86_400
_RECORD = 4096
_SIGNED_FOR = timedelta(hours=12)
_CURVE = ec.SECP256R1()


def b64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Read base64url without its padding. Raises ValueError."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def is_push_service(endpoint: str, hosts: str) -> bool:
    """Tell whether an address is that of a known push service: nothing else is ever asked.

    Args:
        hosts: names separated by blanks, "*.push.apple.com" with all below; "127.0.0.1:8030" is a
            stand-in on this machine, the only one without https.

    >>> is_push_service("https://fcm.googleapis.com/fcm/send/x", "fcm.googleapis.com")
    True
    >>> is_push_service("https://fcm.googleapis.com@10.0.0.1/x", "fcm.googleapis.com")
    False
    """
    try:
        there = urlsplit(endpoint)
        port = there.port
    except ValueError:
        return False
    if there.username or there.password or there.fragment or not there.hostname:
        return False
    if there.scheme == "http":
        return there.hostname == "127.0.0.1" and there.netloc in hosts.split()
    if there.scheme != "https" or port not in (None, 443):
        return False
    return any(fnmatchcase(there.hostname, host) for host in hosts.split())


def reads_as_keys(p256dh: str, auth: str) -> bool:
    """Tell whether a browser's two keys can be used: a point of the curve and 16 bytes."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, unb64(p256dh))
        return len(unb64(auth)) == 16
    except ValueError:
        return False


def private_key(text: str) -> ec.EllipticCurvePrivateKey:
    """Read the shop's key as ``flask push-key`` prints it. Raises ValueError."""
    content = unb64(text)
    if len(content) != 32:
        raise ValueError("It must be 32 bytes.")
    return ec.derive_private_key(int.from_bytes(content, "big"), _CURVE)


def public_part(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


def new_key() -> str:
    number = ec.generate_private_key(_CURVE).private_numbers().private_value
    return b64(number.to_bytes(32, "big"))


def sealed(
    content: bytes,
    p256dh: str,
    auth: str,
    *,
    once: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """Seal a message so that only the browser which gave these keys can read it (aes128gcm).

    Args:
        once, salt: of the standard's example; made anew for each message.
    """
    once, salt = once or ec.generate_private_key(_CURVE), salt or secrets.token_bytes(16)
    hers, ours = unb64(p256dh), public_part(once)
    shared = once.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, hers))
    secret = _derived(shared, unb64(auth), b"WebPush: info\0" + hers + ours, 32)
    key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
    head = salt + _RECORD.to_bytes(4, "big") + bytes([len(ours)]) + ours
    return head + AESGCM(key).encrypt(nonce, content + b"\x02", None)


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def signature(endpoint: str, key: ec.EllipticCurvePrivateKey, subject: str, now: datetime) -> str:
    """Return the header that says who sends, for this push service alone and for half a day."""
    there = urlsplit(endpoint)
    claims = {
        "aud": f"{there.scheme}://{there.netloc}",
        "exp": int((now + _SIGNED_FOR).timestamp()),
        "sub": subject,
    }
    parts = ({"typ": "JWT", "alg": "ES256"}, claims)
    text = ".".join(b64(json.dumps(one, separators=(",", ":")).encode()) for one in parts)
    r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    signed = b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={text}.{signed}, k={b64(public_part(key))}"
