"""Personal data at rest: AES-256-GCM under a data key of its own, wrapped by a master key.

Losing the wrapped key of a row makes every copy of its data unreadable, backups
included, which is how a person is forgotten. Source: QUALITY T45.
"""

import hashlib
import hmac
import json
import os
from base64 import urlsafe_b64encode
from typing import Any, Literal

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12


class Vault:
    """Seals small JSON documents. ``master``: 32 bytes kept outside the database."""

    def __init__(self, master: bytes) -> None:
        if len(master) != 32:
            raise ValueError("The master key has 32 bytes.")
        self._wrap = AESGCM(hashlib.sha256(b"wrap:" + master).digest())
        self._index_key = hashlib.sha256(b"index:" + master).digest()

    def new_key(self) -> bytes:
        """Return a fresh data key, wrapped: what a row stores (60 bytes)."""
        return self._wrapped(os.urandom(32))

    def _wrapped(self, key: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._wrap.encrypt(nonce, key, b"key")

    def _open_key(self, wrapped: bytes) -> AESGCM:
        return AESGCM(self._wrap.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], b"key"))

    def seal(self, wrapped: bytes, document: Any) -> bytes:
        """Encrypt a JSON document under a wrapped data key."""
        return _sealed(self._open_key(wrapped), document)

    def seal_anew(self, document: Any) -> tuple[bytes, bytes]:
        """Return a fresh data key, wrapped, and a JSON document encrypted under it."""
        key = os.urandom(32)
        return self._wrapped(key), _sealed(AESGCM(key), document)

    def open(self, wrapped: bytes, sealed: bytes) -> Any:
        """Return the document; raises ``cryptography.exceptions.InvalidTag`` if touched."""
        return json.loads(self._open_key(wrapped).decrypt(sealed[:_NONCE], sealed[_NONCE:], b"doc"))

    def index(self, kind: str, value: str) -> str:
        """Return a keyed digest for exact look-up of a whole value, such as a phone."""
        return hmac.new(self._index_key, f"{kind}:{value}".encode(), "sha256").hexdigest()[:40]


def _sealed(key: AESGCM, document: Any) -> bytes:
    nonce = os.urandom(_NONCE)
    plain = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return nonce + key.encrypt(nonce, plain, b"doc")


def token_digest(token: str) -> str:
    """Return what is stored of a secret link or cookie: its SHA-256, never itself."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def private_token(kind: Literal["order", "gift", "pledge"], secret: str, nonce: str) -> str:
    """Return the token of a private link: 192 bits, made again for later mails.

    Args:
        kind: of what, so that no token opens anything else.
        secret: a secret key of the shop.
        nonce: what the row keeps; without the key it tells nothing.
    """
    mac = hmac.new(secret.encode(), f"{kind}:{nonce}".encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(mac[:24]).decode()


def same_secret(given: str, kept: str) -> bool:
    """Compare in constant time; text that is not ASCII is simply different."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), kept.encode())
