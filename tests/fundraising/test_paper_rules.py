"""What papers are taken, who may see them when, and which words name somebody."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from shop.fundraising.paper_rules import (
    MOST_PDF_BYTES,
    Consent,
    ConsentMissing,
    FileRuns,
    FileTooHeavy,
    FileUnknown,
    check_consent,
    is_public,
    names,
    plain_pdf,
)

TODAY = date(2026, 11, 20)
PDF = b"%PDF-1.4\n1 0 obj <<>> endobj\n%%EOF\n"


def file(**more):
    whole = {
        "removed_at": None, "is_public": True, "shows_people": False, "consent_until": None,
    }  # fmt: skip
    return SimpleNamespace(**whole | more)


def test_a_file_is_public_only_as_long_as_everybody_in_it_agreed():
    assert is_public(file(), TODAY)
    assert not is_public(file(is_public=False), TODAY)
    assert not is_public(file(removed_at=TODAY), TODAY)
    assert is_public(file(shows_people=True, consent_until=TODAY), TODAY)
    assert not is_public(file(shows_people=True, consent_until=TODAY - timedelta(1)), TODAY)
    assert not is_public(file(shows_people=True), TODAY)


def test_a_consent_is_whole_and_holds_today():
    fine = Consent("paper", TODAY, TODAY + timedelta(90))
    assert check_consent(fine, TODAY) is fine
    for wrong in (
        None,
        Consent("", TODAY, TODAY),
        Consent("paper", TODAY + timedelta(1), TODAY + timedelta(9)),
        Consent("paper", TODAY - timedelta(9), TODAY - timedelta(1)),
        Consent("paper", TODAY, TODAY + timedelta(900)),
    ):
        with pytest.raises(ConsentMissing):
            check_consent(wrong, TODAY)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("Một con bò giống", False),
        ("Trao bò cho Nguyễn Thị Kín", True),
        ("nguyen thi kin", True),
        ("Bò cho chị Kín", True),
        ("Bà KÍN nhận gạo", True),
        ("Cửa kín gió", False),
        ("Nguyễn Thị Kính", False),
    ],
)
def test_words_name_a_person_by_her_whole_name_or_as_she_is_called(words, named):
    assert names("Nguyễn Thị Kín", "", words) is named


@pytest.mark.parametrize(
    ("content", "refused"),
    [
        (b"MZ\x90 a program", FileUnknown),
        (b"<html>", FileUnknown),
        (b"%PDF-1.4 cut", FileUnknown),
        (PDF.replace(b"<<>>", b"<</OpenAction 2 0 R>>"), FileRuns),
        (PDF.replace(b"<<>>", b"<</JS (app.alert)>>"), FileRuns),
        (PDF.replace(b"<<>>", b"<</Type /EmbeddedFile>>"), FileRuns),
        (PDF.replace(b"<<>>", b"<</Encrypt 9 0 R>>"), FileRuns),
        (b"%PDF-1.4" + b" " * MOST_PDF_BYTES + b"%%EOF", FileTooHeavy),
    ],
)
def test_only_pdfs_that_merely_show_paper_are_kept(content, refused):
    with pytest.raises(refused):
        plain_pdf(content)
    assert plain_pdf(PDF).content == PDF
