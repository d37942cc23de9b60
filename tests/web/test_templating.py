"""Templates are compiled once per language, with their sentences in them."""

import pytest
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader

from shop.web.words import gettext, speaking

SENTENCE = "Bỏ qua, đến nội dung chính"


@pytest.fixture
def say(app: Flask):
    """Render a template of that text, kept under its name, in a language."""
    sources: dict[str, str] = {}
    app.jinja_env.loader = ChoiceLoader([DictLoader(sources), app.jinja_env.loader])

    def make(source: str, spoken: str = "vi", **facts) -> str:
        name = f"{abs(hash(source))}.html"
        sources[name] = source
        with app.test_request_context("/"), speaking(spoken):
            return app.jinja_env.get_template(name).render(facts)

    return make


def test_a_sentence_is_said_in_the_language_of_who_reads(say):
    page = f'{{{{ _("{SENTENCE}") }}}}'
    with speaking("en"):
        english = gettext(SENTENCE)
    assert english != SENTENCE
    assert [say(page, "vi"), say(page, "en"), say(page, "vi")] == [SENTENCE, english, SENTENCE]


def test_what_is_put_into_a_sentence_is_escaped_and_the_sentence_is_not(say):
    said = say('{{ _("Tìm <b>%(words)s</b>", words=typed) }}', typed="<script>")
    assert said == "Tìm <b>&lt;script&gt;</b>"
    assert say('{{ _("Tìm <b>100%%</b>") }}') == "Tìm <b>100%</b>"


def test_a_sentence_still_changes_with_what_is_put_into_it(say):
    page = '{{ ngettext("%(num)s món.", "%(num)s món.", n) }}'
    assert [say(page, n=n) for n in (1, 2)] == ["1 món.", "2 món."]
    assert [say(page, "en", n=n) for n in (1, 2)] == ["1 product.", "2 products."]


def test_a_sentence_that_is_known_only_when_the_page_is_made_is_looked_up_then(say):
    with speaking("en"):
        english = gettext(SENTENCE)
    assert say("{{ _(words) }}", "en", words=SENTENCE) == english
    assert say("{{ language() }}", "en") == "en"


def test_an_icon_of_a_fixed_name_is_the_component_s_own(say, app: Flask):
    take = "{% from 'components/icon.html' import icon %}"
    with app.test_request_context("/"):
        own = [app.jinja_env.get_template("components/icon.html").module.icon(*of)
               for of in (("gio",), ("sau", True))]  # fmt: skip
    page = "{{ icon('gio') }}{{ icon('sau', True) }}{{ icon(name) }}"
    assert say(take + page, name="gio") == f"{own[0]}{own[1]}{own[0]}"
    assert say("{% macro icon(name) %}{{ name }}!{% endmacro %}{{ icon('gio') }}") == "gio!"


def test_a_missing_value_in_a_sentence_is_still_a_bug(say):
    with pytest.raises(Exception, match="words"):
        say('{{ _("Tìm %(words)s", words=words) }}')
    with pytest.raises(KeyError):
        say('{{ _("Tìm %(words)s") }}')
