"""``/en/…`` is the same shop in English: the prefix moves into SCRIPT_NAME.

Flask then writes every address of an English page with the prefix by itself, and
each route is registered once.
"""

from collections.abc import Callable, Iterable
from typing import Any

from shop.web.links import mounted
from shop.web.words import speaking


class LanguagePrefix:
    """WSGI middleware around the application."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path, mount = environ.get("PATH_INFO", ""), environ.get("SCRIPT_NAME", "")
        english = path == "/en" or path.startswith("/en/")
        if english:
            environ["SCRIPT_NAME"] = mount + "/en"
            environ["PATH_INFO"] = path[3:] or "/"
        with speaking("en" if english else "vi"), mounted(mount):
            return self.application(environ, start_response)
