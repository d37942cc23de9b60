"""What a person saw of a statement's file is what is stored."""

from hashlib import sha256

from shop.kernel.errors import Refusal


class StatementMovedOn(Refusal):
    """Its columns were named again since it was shown: it would store other lines."""

    code = "statement_moved_on"
    status = 409


def mark_of(sealed_lines: bytes) -> str:
    """Return a mark of what a file says; each naming seals its lines anew, so gives another."""
    return sha256(sealed_lines).hexdigest()[:16]
