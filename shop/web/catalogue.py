"""The sentences of a translation, read from the ``.po`` file as translators write it.

The library that knows all of gettext took half a second and ten megabytes for the same.
"""

import re
from pathlib import Path

_TEXT = r'((?:"(?:[^"\\]|\\.)*"\s*)+)'
_ENTRY = re.compile(
    rf"^((?:#.*\n)*)msgid {_TEXT}"
    rf"(?:msgstr {_TEXT}|msgid_plural {_TEXT}msgstr\[0\] {_TEXT}msgstr\[1\] {_TEXT})",
    re.MULTILINE,
)
_LINE = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}


class Catalogue:
    """Says sentences in a language with two forms, one for 1 and one for every other number.

    What is not translated yet, or marked as doubtful, is said as it was given.
    """

    def __init__(self, file: Path) -> None:
        self._said: dict[str, str] = {}
        #: {singular as given: (of one, of many)}
        self._counted: dict[str, tuple[str, str]] = {}
        for found in _ENTRY.finditer(file.read_text(encoding="utf-8")):
            notes, given, said, _many, of_one, of_many = found.groups()
            sure = not any(note.startswith("#,") and "fuzzy" in note for note in notes.split("\n"))
            if sure and of_one and (forms := (_text(of_one), _text(of_many))) != ("", ""):
                self._counted[_text(given)] = forms
            elif sure and said and (sentence := _text(said)):
                self._said[_text(given)] = sentence

    def gettext(self, text: str) -> str:
        said = self._said.get(text)
        return said or (self._counted[text][0] if text in self._counted else text)

    def ngettext(self, one: str, many: str, num: int) -> str:
        return self._counted.get(one, (one, many))[num != 1]


def _text(quoted: str) -> str:
    """Return what stands in quotes over one or several lines."""
    text = "".join(_LINE.findall(quoted))
    if "\\" not in text:
        return text
    return _ESCAPED.sub(lambda found: _CONTROLS.get(found[1], found[1]), text)
