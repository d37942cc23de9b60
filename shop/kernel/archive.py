"""A file that only the key opens: written and read in order, piece by piece, in little memory.

Pieces of a mebibyte are sealed with AES-256-GCM under a key made for this file alone. Each
carries its place and whether it is the last, so that a file which was cut short, put together
anew or touched in one bit opens nowhere (the STREAM construction; QUALITY T53).
"""

import hashlib
import hmac
import io
import os
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"CHOPHIEN SAO LUU 1\n"
PIECE = 1024 * 1024
_SALT, _TAG = 32, 16


class NotAnArchive(Exception):
    """This is no sealed file of the shop."""


class WrongKey(Exception):
    """The file was sealed with another key."""


class Damaged(Exception):
    """The file was cut short or changed after it was sealed."""


def _of_file(key: bytes, salt: bytes) -> tuple[AESGCM, bytes]:
    """Return what seals one file, and what proves the key before anything is opened."""
    if len(key) != 32:
        raise ValueError("The key has 32 bytes.")
    own = hmac.new(key, b"seal:" + salt, hashlib.sha256).digest()
    return AESGCM(own), hmac.new(key, b"proof:" + salt, hashlib.sha256).digest()[:16]


def _place(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if last else b"\0")


class Sealing(io.RawIOBase):
    """Writes what it is given sealed into a file. ``close`` writes the last piece."""

    def __init__(self, into: IO[bytes], key: bytes) -> None:
        salt = os.urandom(_SALT)
        self._seal, proof = _of_file(key, salt)
        self._head = MAGIC + salt + proof
        self._into, self._kept, self._number = into, bytearray(), 0
        into.write(self._head)

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._kept += data
        while len(self._kept) > PIECE:  # The last piece is kept back until the end.
            self._put(bytes(self._kept[:PIECE]), last=False)
            del self._kept[:PIECE]
        return len(data)

    def finish(self) -> None:
        """Write the last piece; without it the file is damaged."""
        self._put(bytes(self._kept), last=True)
        self._kept.clear()

    def _put(self, plain: bytes, *, last: bool) -> None:
        place = _place(self._number, last)
        self._into.write(self._seal.encrypt(place, plain, self._head))
        self._number += 1


class Opening(io.RawIOBase):
    """Reads a sealed file in order. What it gives was proved piece by piece.

    Raises:
        NotAnArchive, WrongKey: at once.
        Damaged: while reading, before a byte of the touched piece is given.
    """

    def __init__(self, of: IO[bytes], key: bytes) -> None:
        head = of.read(len(MAGIC) + _SALT + 16)
        if not head.startswith(MAGIC) or len(head) < len(MAGIC) + _SALT + 16:
            raise NotAnArchive
        self._seal, proof = _of_file(key, head[len(MAGIC) : len(MAGIC) + _SALT])
        if not hmac.compare_digest(proof, head[-16:]):
            raise WrongKey
        self._head, self._of, self._number = head, of, 0
        self._kept, self._done = memoryview(b""), False
        self._next = of.read(PIECE + _TAG)

    def readable(self) -> bool:
        return True

    def readinto(self, into: memoryview) -> int:  # type: ignore[override]
        while not self._kept and not self._done:
            self._open_next()
        given = min(len(into), len(self._kept))
        into[:given] = self._kept[:given]
        self._kept = self._kept[given:]
        return given

    def _open_next(self) -> None:
        sealed, self._next = self._next, self._of.read(PIECE + _TAG)
        last = not self._next
        try:
            plain = self._seal.decrypt(_place(self._number, last), sealed, self._head)
        except (InvalidTag, ValueError) as error:
            raise Damaged from error
        self._kept, self._number, self._done = memoryview(plain), self._number + 1, last
