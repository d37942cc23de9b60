"""A phone that keeps passkeys, and can be told to lie."""

import base64
import hashlib
import json
import os
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 1, 4, 64


def text(what: bytes) -> str:
    return base64.urlsafe_b64encode(what).rstrip(b"=").decode()


def plain(what: str) -> bytes:
    return base64.urlsafe_b64decode(what + "=" * (-len(what) % 4))


class Phone:
    """One key of one person at one place. Attributes may be changed to make it lie."""

    def __init__(self, origin: str = "http://localhost", domain: str = "localhost") -> None:
        self.origin, self.domain = origin, domain
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(16)
        self.count = 0
        self.flags = PRESENT | VERIFIED
        self.handle = b""

    def _client(self, kind: str, challenge: str) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def _device(self, flags: int, more: bytes = b"") -> bytes:
        where = hashlib.sha256(self.domain.encode()).digest()
        return where + bytes([flags]) + self.count.to_bytes(4, "big") + more

    def _answer(self, **response: bytes) -> str:
        parts = {name: text(value) for name, value in response.items() if value}
        told = {
            "id": text(self.id),
            "rawId": text(self.id),
            "type": "public-key",
            "response": parts,
        }
        return json.dumps(told)

    def make(self, options: dict[str, Any]) -> str:
        self.handle = plain(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        x, y = (part.to_bytes(32, "big") for part in (numbers.x, numbers.y))
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        new = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        return self._answer(
            clientDataJSON=self._client("webauthn.create", options["challenge"]),
            attestationObject=cbor2.dumps(
                {
                    "fmt": "none", "attStmt": {},
                    "authData": self._device(self.flags | ATTESTED, new),
                }
            ),
        )  # fmt: skip

    def sign(self, options: dict[str, Any]) -> str:
        self.count += 1
        client = self._client("webauthn.get", options["challenge"])
        device = self._device(self.flags)
        signature = self.key.sign(device + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer(
            clientDataJSON=client, authenticatorData=device, signature=signature,
            userHandle=self.handle,
        )  # fmt: skip
