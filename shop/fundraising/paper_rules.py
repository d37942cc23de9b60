"""Papers and evidence of campaigns: what is taken, and what of it everybody may see.

Plain Python. A beneficiary is her commune alone in every public word (DECISIONS 10).
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from shop.kernel.errors import Refusal
from shop.kernel.text import fold

#: The decision that it may be raised, the rules of spending, what proves a hand-over, the rest.
DOCUMENTS = ("decision", "rules", "other")
ROLES = (*DOCUMENTS, "evidence")
MOST_PDF_BYTES = 5 * 1024 * 1024
MOST_FILES = 80
#: A consent to be shown holds at most so long; then it is asked for anew.
MOST_CONSENT_DAYS = 366 * 2
#: What makes a PDF do something when it is opened, or hides another file in it.
_RUNS = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFile|OpenAction|AA|RichMedia|XFA)\b")
#: Words before a given name: "chị Kín" says who she is as her whole name does.
_CALLED = (
    "chi", "co", "ba", "bac", "em", "me", "di", "o", "mu", "ong", "anh", "chu", "chau", "cu",
)  # fmt: skip


class FileMissing(Refusal):
    """No file was chosen."""

    code = "file_missing"
    status = 422


class FileUnknown(Refusal):
    """Neither a photo nor a PDF, whatever its name says."""

    code = "file_unknown"
    status = 422


class FileTooHeavy(Refusal):
    """A PDF of more than ``most_mb``."""

    code = "file_too_heavy"
    status = 422


class FileRuns(Refusal):
    """The PDF is locked, holds a program or another file: only plain paper is kept."""

    code = "file_runs"
    status = 422


class TooManyFiles(Refusal):
    """``most`` are kept of one campaign."""

    code = "too_many_files"


class ConsentMissing(Refusal):
    """Who can be recognised has not agreed to be shown, or not until a day to come."""

    code = "shown_without_consent"
    status = 422


class NamesSomebody(Refusal):
    """The words that everybody reads name a person who gets something."""

    code = "names_somebody"
    status = 422


class NotHandedOver(Refusal):
    """What it was used for is told when all is handed over. ``held_vnd``, ``promised_vnd``,
    ``owed_back_vnd``."""

    code = "not_handed_over"


class ReportTooEarly(Refusal):
    """What came is told when nothing more can come."""

    code = "report_too_early"


class NeedsOwnAccount(Refusal):
    """Relief money is collected on a bank account of its own, used for nothing else."""

    code = "needs_own_account"


class AccountUsed(Refusal):
    """The bank account serves something else already."""

    code = "account_used"
    status = 422


class MoreThanOwed(Refusal):
    """A seller pays in what she owes, not more. ``due_vnd``."""

    code = "more_than_owed"
    status = 422


@dataclass(frozen=True)
class Consent:
    """That somebody agreed: how, on which day, and until which."""

    kind: str
    on: date
    until: date

    @property
    def columns(self) -> dict[str, Any]:
        return {"consent_kind": self.kind, "consent_on": self.on, "consent_until": self.until}


NO_CONSENT: dict[str, Any] = {"consent_kind": "", "consent_on": None, "consent_until": None}


@dataclass(frozen=True)
class Paper:
    """A file ready to be kept: its ending, its bytes; sides in pixels of a picture."""

    kind: str
    content: bytes
    width_px: int = 0
    height_px: int = 0


def plain_pdf(content: bytes) -> Paper:
    """Return a PDF that only shows paper.

    Raises:
        FileUnknown, FileTooHeavy, FileRuns
    """
    if not content.startswith(b"%PDF-"):
        raise FileUnknown
    if len(content) > MOST_PDF_BYTES:
        raise FileTooHeavy(most_mb=MOST_PDF_BYTES // 1024 // 1024)
    if b"%%EOF" not in content[-2048:]:
        raise FileUnknown
    if b"/Encrypt" in content or _RUNS.search(content):
        raise FileRuns
    return Paper("pdf", content)


def check_consent(consent: Consent | None, today: date) -> Consent:
    """Return a consent that holds today.

    Raises:
        ConsentMissing
    """
    if (
        consent is None
        or not consent.kind
        or consent.on > today
        or not today <= consent.until
        or (consent.until - consent.on).days > MOST_CONSENT_DAYS
    ):
        raise ConsentMissing
    return consent


def is_public(row: Any, today: date) -> bool:
    """Tell whether everybody may see a file today: a consent that ended hides it by itself."""
    if row.removed_at is not None or not row.is_public:
        return False
    return not row.shows_people or (row.consent_until is not None and today <= row.consent_until)


def names(name: str, *texts: str) -> bool:
    """Tell whether words name a person: her whole name, or as she is called.

    >>> names("Nguyễn Thị Kín", "Trao bò cho chị Kín"), names("Nguyễn Thị Kín", "Một con bò")
    (True, False)
    """
    words = fold(name).split()
    if len(words) < 2:
        return False
    said = [" ".join(words), *(f"{called} {words[-1]}" for called in _CALLED)]
    return any(f" {one} " in f" {fold(text)} " for one in said for text in texts)


def check_names(name: str, *texts: str) -> None:
    """Refuse public words that name a person who gets something.

    Raises:
        NamesSomebody
    """
    if names(name, *texts):
        raise NamesSomebody
