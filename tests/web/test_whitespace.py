"""White space of templates: none beside blocks, one space elsewhere, all of it where it counts."""

import re
from pathlib import Path
from typing import Any

import pytest
from jinja2 import DictLoader, Environment
from jinja2.lexer import TOKEN_DATA

from shop.web.whitespace import CollapseWhitespace, Reading

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "templates").rglob("*.html"))


def page(source: str, file: str = "page.html", **facts: Any) -> str:
    made = Environment(
        loader=DictLoader({file: source}), trim_blocks=True, lstrip_blocks=True, autoescape=True,
        extensions=[CollapseWhitespace],
    )  # fmt: skip
    return made.get_template(file).render(**facts)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("<ul>\n  <li>\n    một\n  </li>\n  <li>hai</li>\n</ul>\n", "<ul><li>một</li><li>hai</li></ul>"),
        ("<p>\n  <b>Trà</b>,\n  50 g\n</p>", "<p><b>Trà</b>, 50 g</p>"),
        ("<p>một<br>\n  hai</p>", "<p>một<br>hai</p>"),
        ('<p\n   class="a"\n   id="b">', '<p class="a" id="b">'),
        ('<p title="hai\n  dòng">', '<p title="hai\n  dòng">'),
        ("<b>a</b>  <b>b</b>", "<b>a</b> <b>b</b>"),
        ("<p>\u00a0a\u00a0\u00a0b\u00a0</p>", "<p>\u00a0a\u00a0\u00a0b\u00a0</p>"),
        ("<b>a</b>\n\n  <b>b</b>", "<b>a</b> <b>b</b>"),
        ("<pre>\n  a\n</pre>\n<p>", "<pre>\n  a\n</pre><p>"),
        ("<textarea>\n\n a</textarea>", "<textarea>\n\n a</textarea>"),
        ("<script>\nlet a\n\nlet b\n</script>", "<script>\nlet a\n\nlet b\n</script>"),
        ("<p>a</p>\n<!-- one\n  two -->\n<p>", "<p>a</p><!-- one\n  two --><p>"),
        ("3 <\n 5", "3 < 5"),
        ("<LI>\n a </LI>", "<LI>a</LI>"),
    ],
)  # fmt: skip
def test_only_white_space_that_browsers_show_is_left(source, shown):
    assert page(source) == shown


def test_a_tag_goes_on_across_statements_and_expressions():
    source = (
        '<p{% if wide %}\n   class="{{ kind }} \n wide"\n{% endif %}\n  id="{{ name }}">\n'
        "  {{ words }}\n  {% for one in [1, 2] %}\n    <b>{{ one }}</b>\n  {% endfor %}\n</p>\n"
    )
    facts = {"kind": "a", "name": "b", "words": "chữ\n\n  khách gõ"}
    assert page(source, wide=True, **facts) == (
        '<p class="a \n wide"  id="b">chữ\n\n  khách gõ  <b>1</b>  <b>2</b> </p>'
    )
    assert page(source, wide=False, **facts).startswith('<p id="b">chữ')


def test_what_is_no_page_stays_as_it_is():
    assert page("Chị ơi,\n\n  <p> a", "letter.txt") == "Chị ơi,\n\n  <p> a"


def test_no_template_ends_inside_a_tag(app):
    """Where statements cut a tag so that it cannot be followed, all after it would stay as it is."""
    lost = []
    for path in PAGES:
        reading = Reading()
        for _, kind, text in app.jinja_env.lex(path.read_text("utf-8"), path.name):
            if kind == TOKEN_DATA:
                reading.collapse(text)
        if reading.tag or reading.quote or reading.verbatim:
            lost.append(str(path.relative_to(ROOT)))
    assert len(PAGES) > 300
    assert not lost


def test_a_template_is_laid_out_for_who_reads_it():
    """A line holds one thing, but for its sentences: those are not broken."""
    long = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in PAGES
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if len(re.sub(r'"[^"]{40,}"', "", line)) > 150
    ]
    assert not long
