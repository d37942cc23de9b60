"""Templates compiled by an earlier process, kept in files: a start need not compile them anew.

Compiling a page takes a tenth of a second and ten megabytes that lie in holes afterwards. What is
kept here is run as it stands, so a file is taken only out of a folder that nobody else may write
to, and only if this shop's own key signed it. Without such a folder, or on a full disk, each
process compiles for itself as before.
"""

import hashlib
import hmac
import importlib.util
import logging
import os
import stat
import tempfile
from contextlib import suppress
from functools import cache, cached_property
from pathlib import Path

import jinja2
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache

from shop.kernel.settings import ROOT, Settings
from shop.web.templating import ICONS
from shop.web.words import CATALOGUE, wording

_MAC_BYTES = hashlib.sha256().digest_size
_log = logging.getLogger(__name__)


class CompiledTemplates(BytecodeCache):
    """One file for each template and wording, written anew once the program is another.

    Args:
        folder: made if it is absent, for this user alone.
        key: signs what is kept.
        release: changes with whatever compiled templates hold beside their own source.
    """

    def __init__(self, folder: Path, key: str, release: str) -> None:
        self.folder = folder
        self._key = hmac.digest(key.encode(), b"compiled templates", "sha256")
        self._release = release
        self._told = False

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        return hashlib.sha256(f"{wording()}/{name}".encode()).hexdigest()

    def get_source_checksum(self, source: str) -> str:
        return hashlib.sha256(f"{self._release}{source}".encode()).hexdigest()

    @cached_property
    def _is_ours(self) -> bool:
        """Whether the folder is there and nobody else may write to it."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = self.folder.lstat()
        except OSError as error:
            self._tell(error.strerror)
            return False
        mine = os.name != "posix" or (
            found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        )
        if not (mine and stat.S_ISDIR(found.st_mode)):
            self._tell("others may write to their folder")
            return False
        return True

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket from its file, if that is whole, signed and of this release."""
        if not self._is_ours:
            return
        try:
            kept = (self.folder / bucket.key).read_bytes()
        except OSError:
            return
        made, code = kept[:_MAC_BYTES], kept[_MAC_BYTES:]
        if hmac.compare_digest(made, self._sign(bucket, code)):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write the bucket's file as a whole, or not at all."""
        if not self._is_ours:
            return
        code = bucket.bytecode_to_string()
        making = ""
        try:
            number, making = tempfile.mkstemp(dir=self.folder)
            with open(number, "wb") as file:
                file.write(self._sign(bucket, code) + code)
            os.replace(making, self.folder / bucket.key)
        except OSError as error:  # The page itself is ready.
            self._tell(error.strerror)
            if making:
                with suppress(OSError):
                    os.unlink(making)

    def _tell(self, why: str | None) -> None:
        """Say once why pages are compiled anew with each start."""
        if not self._told:
            _log.warning("Compiled templates are not kept: %s", why)
        self._told = True

    def _sign(self, bucket: Bucket, code: bytes) -> bytes:
        return hmac.digest(self._key, bucket.key.encode() + code, "sha256")


@cache
def program() -> str:
    """Return a digest of all that decides what a template's source is compiled to.

    Sentences, icons and what filters make of fixed values are in the compiled page already: any
    change of the program may change it, and so may another Python or another Jinja.
    """
    made = hashlib.sha256(importlib.util.MAGIC_NUMBER)
    ours, engine = (ROOT / "shop").rglob("*.py"), Path(jinja2.__file__).parent.glob("*.py")
    for path in sorted([*ours, *engine, CATALOGUE, ROOT / "templates" / ICONS]):
        code = path.read_bytes()
        made.update(f"{path} {len(code)} ".encode() + code)
    return made.hexdigest()


def keep_compiled(app: Flask, settings: Settings) -> None:
    """Let templates be compiled once for all processes that come; needs ``web.assets``."""
    folder = Path(settings.compiled_templates or Path(settings.instance) / "compiled")
    # Read now, not with the first page: by then a newer program may lie in the same place.
    release = program() + app.extensions["asset"]("")
    app.jinja_env.bytecode_cache = CompiledTemplates(folder, settings.secret_key, release)
