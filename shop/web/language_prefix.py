"""``/en/…`` is the same shop in English: the prefix moves into SCRIPT_NAME.

Flask then writes every address of an English page with the prefix by itself, and
each route is registered once.
"""

from collections.abc import Callable, Iterable
from typing import Any


class LanguagePrefix:
    """WSGI middleware around the application."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/en" or path.startswith("/en/"):
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + "/en"
            environ["PATH_INFO"] = path[3:] or "/"
        return self.application(environ, start_response)
