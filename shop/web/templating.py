"""The template engine, without a detour that every page would pay for."""

from collections.abc import MutableMapping
from typing import Any

from flask.templating import Environment


class Templates(Environment):
    """Templates here all share the same global names.

    Jinja lets each template have some of its own and therefore lays two mappings over each
    other, which it then walks through for every page, include and import: an eighth of the
    time of a page with many components.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return super().make_globals(d) if d else self.globals
