"""The English catalogue is read as gettext's own library reads it."""

import pytest
from babel.messages.pofile import read_po

from shop.web.catalogue import Catalogue
from shop.web.words import CATALOGUE


def test_every_sentence_is_said_as_the_library_reads_it():
    ours = Catalogue(CATALOGUE)
    with CATALOGUE.open("rb") as file:
        theirs = {one.id: one.string for one in read_po(file, locale="en") if one.id}
    assert len(theirs) > 5000
    for given, said in theirs.items():
        if isinstance(given, str):
            assert ours.gettext(given) == (said or given)
        else:
            assert [ours.ngettext(*given, n) for n in (0, 1, 2)] == [said[1], said[0], said[1]]
            assert ours.gettext(given[0]) == said[0]


@pytest.fixture
def catalogue(tmp_path):
    def make(text: str) -> Catalogue:
        file = tmp_path / "messages.po"
        file.write_text(text)
        return Catalogue(file)

    return make


def test_lines_are_joined_and_signs_that_were_escaped_are_themselves(catalogue):
    read = catalogue('msgid ""\n"Một "\n"\\"hai\\""\nmsgstr ""\n"One\\n"\n"\\\\two\\t"\n')
    assert read.gettext('Một "hai"') == "One\n\\two\t"


@pytest.mark.parametrize(
    "text",
    [
        'msgid "Một"\nmsgstr ""\n',
        '#: a.py\n#, fuzzy, python-format\nmsgid "Một"\nmsgstr "Two"\n',
        '#~ msgid "Một"\n#~ msgstr "One"\n',
        "",
    ],
    ids=["not translated", "doubtful", "of an earlier release", "no entry"],
)
def test_what_is_not_surely_translated_is_said_as_given(catalogue, text):
    assert catalogue(text).gettext("Một") == "Một"


def test_a_number_without_a_translation_takes_the_form_as_given(catalogue):
    empty = 'msgid "%(num)s món"\nmsgid_plural "%(num)s món."\nmsgstr[0] ""\nmsgstr[1] ""\n'
    for read in (catalogue(empty), catalogue("")):
        assert [read.ngettext("%(num)s món", "%(num)s món.", n) for n in (1, 2)] == [
            "%(num)s món", "%(num)s món.",
        ]  # fmt: skip


def test_the_next_entry_is_not_taken_for_part_of_one(catalogue):
    read = catalogue('msgid "Một"\nmsgstr "One"\n\n#, python-format\nmsgid "Hai"\nmsgstr "Two"\n')
    assert (read.gettext("Một"), read.gettext("Hai")) == ("One", "Two")
