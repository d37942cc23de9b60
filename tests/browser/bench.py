"""A page of one small script on a slow line: the test is its server, and answers when it likes."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, Route

from shop.kernel.settings import ROOT

SCRIPTS = ROOT / "static"
HERE = "http://localhost/trang"
PAGE = """<!doctype html><html lang="vi"><meta charset="utf-8"><title>Trang</title>
<body><main>{body}</main><p role="status" data-say></p>
<script type="module" src="/static/js/shop.js"></script>"""


class Bench:
    """``page`` shows ``body``; ``answers[path]`` is called with each request to that path.

    What has no answer there gets 404. ``asked``: (method, path, fields) of everything but scripts,
    in the order in which it came.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.body = ""
        self.answers: dict[str, Callable[[Route], Any]] = {}
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        page.route("**/*", self._answer)

    def open(self, body: str) -> Page:
        self.body = body
        self.page.goto(HERE)
        return self.page

    def posts(self, path: str) -> list[dict[str, str]]:
        """Return the fields of every form that was sent there."""
        return [fields for method, where, fields in self.asked if (method, where) == ("POST", path)]

    def _answer(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path.startswith("/static/js/") and path not in self.answers:
            route.fulfill(path=SCRIPTS / path.removeprefix("/static/"))
            return
        kind = route.request.headers.get("content-type", "")
        typed = (route.request.post_data or "") if "urlencoded" in kind else ""
        fields = {name: values[-1] for name, values in parse_qs(typed, True).items()}
        self.asked.append((route.request.method, path, fields))
        if path in self.answers:
            self.answers[path](route)
        elif path == urlsplit(HERE).path:
            route.fulfill(content_type="text/html", body=PAGE.format(body=self.body))
        else:
            route.fulfill(status=404, body="")


class Held:
    """Answers that wait until the test lets them go, in the order in which it does."""

    def __init__(self) -> None:
        self.routes: list[Route] = []

    def __call__(self, route: Route) -> None:
        self.routes.append(route)


def told(**what: Any) -> Callable[[Route], None]:
    """Answer with a status, a body or JSON, as ``Route.fulfill`` takes them."""
    return lambda route: route.fulfill(**what)
