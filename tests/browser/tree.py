"""The page as a screen reader gets it: Chromium's accessibility tree, read from top to bottom."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import CDPSession, Page

CONTROLS = {
    "button", "link", "textbox", "searchbox", "combobox", "checkbox", "radio", "listbox",
    "spinbutton", "slider", "switch", "menuitem", "tab", "option",
}  # fmt: skip


@dataclass(frozen=True)
class Stop:
    """One thing on the way. ``traits``: level, invalid, checked, focused, url, required …"""

    at: int
    role: str
    name: str
    value: str
    description: str
    backend_id: int
    traits: dict[str, Any] = field(default_factory=dict)


class Tree:
    """A reading of one page at one moment; read again after anything happened."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._cdp: CDPSession = page.context.new_cdp_session(page)
        self.stops: list[Stop] = []
        self.read()

    def read(self) -> "Tree":
        nodes = self._cdp.send("Accessibility.getFullAXTree")["nodes"]
        by_id = {node["nodeId"]: node for node in nodes}
        self.stops = []
        for node in self._in_order(by_id, nodes[0]):
            value = {
                key: str(node.get(key, {}).get("value", ""))
                for key in ("name", "value", "description")
            }
            self.stops.append(
                Stop(
                    at=len(self.stops),
                    role=node["role"]["value"],
                    backend_id=node.get("backendDOMNodeId", 0),
                    traits={p["name"]: p["value"].get("value") for p in node.get("properties", ())},
                    name=" ".join(value["name"].split()),
                    value=value["value"],
                    description=" ".join(value["description"].split()),
                )
            )
        return self

    def _in_order(self, by_id: dict[str, Any], node: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if not node.get("ignored") and node["role"]["value"] not in ("InlineTextBox", "none"):
            yield node
        for child in node.get("childIds", ()):
            if child in by_id:
                yield from self._in_order(by_id, by_id[child])

    def all(self, role: str, name: str = "") -> list[Stop]:
        return [s for s in self.stops if s.role == role and name in s.name]

    def next(self, role: str, name: str = "", *, after: Stop | None = None, level: int = 0) -> Stop:
        """Return the next stop of this role whose name holds ``name``; fails when there is none."""
        for stop in self.stops[after.at + 1 if after else 0 :]:
            if stop.role == role and name in stop.name and level in (0, stop.traits.get("level")):
                return stop
        raise AssertionError(f"No {role} “{name}” after {after.name if after else 'the top'}.")

    def heard(self, first: Stop, count: int) -> str:
        """Return what is read aloud in the next ``count`` stops that say something."""
        said = [s for s in self.stops[first.at :] if s.role == "StaticText" and s.name]
        return " ".join(s.name for s in said[:count])

    def status(self) -> list[str]:
        """Return what the live regions hold now."""
        told = []
        for stop in self.stops:
            if stop.role in ("status", "alert"):
                text = self._text(stop)
                if text:
                    told.append(text)
        return told

    def _text(self, stop: Stop) -> str:
        resolved = self._cdp.send("DOM.resolveNode", {"backendNodeId": stop.backend_id})
        answer = self._cdp.send(
            "Runtime.callFunctionOn",
            {
                "objectId": resolved["object"]["objectId"],
                "functionDeclaration": "function () { return this.textContent }",
                "returnByValue": True,
            },
        )
        return " ".join(str(answer["result"]["value"]).split())

    def focus(self, stop: Stop) -> None:
        self._cdp.send("DOM.focus", {"backendNodeId": stop.backend_id})

    def press(self, stop: Stop, key: str = "Enter") -> None:
        """Use a control by the keyboard, as a screen reader's user does."""
        self.focus(stop)
        self.page.keyboard.press(key)

    def fill(self, stop: Stop, text: str) -> None:
        """Replace what a text field holds by typing."""
        self.focus(stop)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.press("Delete")
        self.page.keyboard.insert_text(text)

    def focused(self) -> Stop:
        """Return what has the focus; the page itself counts as lost."""
        found = [s for s in self.stops if s.traits.get("focused")]
        deepest = [s for s in found if s.role != "RootWebArea"]
        assert deepest, "The focus is lost: it is on the page itself."
        return deepest[-1]
