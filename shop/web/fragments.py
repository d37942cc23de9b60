"""Parts of the frame that every page shares, put together once per wording and kept.

The head, the header, the navigation and the footer hold most of a page's words and
addresses, yet differ only by language and a few facts: cheap pages keep them ready.
"""

from collections.abc import Callable
from typing import Any

from flask import Flask, has_request_context, request
from markupsafe import Markup

from shop.web.words import wording

#: Facts are few (a cart's count, the current door); above this everything is dropped once.
MOST = 500


def fragment_keeper(app: Flask) -> Callable[..., Markup]:
    """Return ``fragment(template, **facts)``: the template's text, kept by wording and facts.

    Facts must be hashable and never what a visitor typed.
    """
    kept: dict[Any, Markup] = {}

    def fragment(template: str, **facts: Any) -> Markup:
        mount = request.script_root if has_request_context() else ""
        key = (template, wording(), mount, *facts.items())
        text = kept.get(key)
        if text is None:
            made = app.jinja_env.get_template(template).render(facts)
            text = Markup(made.strip())  # noqa: S704 - a template escaped it.
            if len(kept) >= MOST:
                kept.clear()
            kept[key] = text
        return text

    return fragment


def init_fragments(app: Flask) -> None:
    app.jinja_env.globals["fragment"] = fragment_keeper(app)
