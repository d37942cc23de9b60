"""Both languages are complete: every sentence has its English twin, with the same variables."""

import re
import unicodedata
from datetime import UTC, date, datetime

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from shop.kernel.settings import ROOT
from shop.web.words import CATALOGUE, day, moment

VARIABLE = re.compile(r"%\((\w+)\)s")


@pytest.fixture(scope="module")
def catalogue():
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


@pytest.fixture(scope="module")
def sentences():
    """Every message that code and templates say, by file."""
    with (ROOT / "shop" / "translations" / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    keywords = {"_": None, "lazy_": None, "gettext": None, "ngettext": (1, 2)}
    found = extract_from_dir(str(ROOT), methods, options, keywords=keywords)
    return [(message, f"{name}:{line}") for name, line, message, *_ in found]


def test_days_are_written_as_they_stand_in_a_sentence(app):
    with app.test_request_context():
        assert day(date(2026, 10, 17)) == "thứ Bảy, 17/10/2026"
        assert day(date(2026, 10, 18)) == "Chủ Nhật, 18/10/2026"
        assert moment(datetime(2026, 10, 17, 12, tzinfo=UTC)) == "19:00, thứ Bảy, 17/10/2026"


def test_sentences_are_found(sentences):
    assert len(sentences) > 300


def test_every_sentence_has_its_english_twin(sentences, catalogue):
    missing = []
    for message, where in sentences:
        key = message[0] if isinstance(message, tuple) else message
        kept = catalogue.get(key)
        texts = (
            kept.string
            if kept and isinstance(kept.string, tuple)
            else (kept.string if kept else "",)
        )
        if kept is None or kept.fuzzy or not all(texts):
            missing.append(f"{where}: {key[:70]}")
    assert not missing, f"{len(missing)} without English:\n" + "\n".join(missing[:40])


def test_variables_survive_translation(catalogue):
    for message in catalogue:
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        allowed = set().union(*(VARIABLE.findall(i) for i in ids)) | (
            {"num"} if len(ids) > 1 else set()
        )
        for text in texts:
            assert set(VARIABLE.findall(text)) <= allowed, ids
            if len(ids) == 1:
                assert set(VARIABLE.findall(text)) == allowed, ids


def test_english_is_not_vietnamese(catalogue):
    names = {
        "đồng",
        "Đà",
        "Nẵng",
        "chị",
        "Chị",
        "Hội",
        "Chợ",
        "Phiên",
        "phên",
        "Gò",
        "Mít",
        "Sông",
        "Lành",
    }
    marks = re.compile(r"[ăâđêôơưĂÂĐÊÔƠƯ]")
    for message in catalogue:
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        for text in texts if message.id else ():
            words = re.findall(r"\w+", unicodedata.normalize("NFC", text))
            foreign = [w for w in words if marks.search(w) and w not in names]
            assert len(foreign) <= 6, (message.id, text)
