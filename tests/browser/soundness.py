"""Checks of a finished page that axe does not make (DOMAIN 6.6 and 6.7)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.browser.tree import CONTROLS, Tree

_CHECKS = Path(__file__).with_name("soundness.js").read_text("utf-8")
_SERIOUS = ("serious", "critical")
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

#: At each Tab let go, note what the keyboard stands on, and whether one sees it: its ring, or that of
#: its label. The page keeps the notes: asking after each Tab took a fifth of all browser tests.
_NOTE_STOPS = """() => {
 document.activeElement?.blur()
 scrollTo(0, 0)
 window.stops = []
 const stop = () => {
  const node = document.activeElement
  if (!node || node === document.body) return null
  const near = [node, node.closest('label'), node.closest('.card')].filter(Boolean)
  const ringed = near.some((one) => {
    const style = getComputedStyle(one)
    const after = getComputedStyle(one, '::after')
    return [style, after].some((s) => s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2)
  })
  // A link in a sentence may go on in the next line: its longest piece, not the box around both.
  const box = [...node.getClientRects()].sort((a, b) => b.width - a.width)[0] ?? node.getBoundingClientRect()
  const wide = box.width > 2 && box.height > 2 && !node.matches('.vh')
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height / 2, 20))
  const inside = box.top >= -1 && box.top < innerHeight && box.left < innerWidth
  const bare = wide && inside && top && (node.contains(top) || top.contains(node) || top.closest('label')?.contains(node))
  return {
    html: node.outerHTML.replace(/\\s+/g, ' ').slice(0, 200), ringed,
    covered: wide && !bare && !node.matches('.skip'),
    where: [...document.querySelectorAll('*')].indexOf(node),
  }
 }
 addEventListener('keyup', (event) => event.key === 'Tab' && stops.push(stop()), true)
}"""
_AT_ONCE = 10
_SIDEWAYS = """() => { const wide = document.documentElement.scrollWidth
  if (wide <= innerWidth) return null
  const out = [...document.querySelectorAll('body *')].filter((n) => n.getBoundingClientRect().right > innerWidth + 1 && n.checkVisibility())
  return `${wide} px: ` + out.slice(-3).map((n) => n.outerHTML.slice(0, 90)).join(' | ') }"""
#: Media queries follow the letters, too.
_LARGE = "() => matchMedia(`(max-width: ${innerWidth / 32}em)`).matches"


def faults(page: Page, language: str = "vi", max_stops: int = 6) -> list[str]:
    """Return what is wrong with the page as it stands, a sentence each."""
    found: list[str] = page.evaluate(
        f"(asked) => ({_CHECKS})(asked)", {"language": language, "maxStops": max_stops}
    )
    for stop in Tree(page).stops:
        if stop.role in (*CONTROLS, "image") and not stop.name and stop.role != "option":
            found.append(f"unnamed: {stop.role} in the accessibility tree")
    return found


def axe_faults(page: Page) -> list[str]:
    """Return axe's serious and critical findings with the first element of each."""
    page.evaluate(AXE_SCRIPT)
    violations = page.evaluate(
        "(options) => axe.run(options).then((found) => found.violations)",
        {
            "runOnly": {"type": "tag", "values": _RULES}, "resultTypes": ["violations"],
            "iframes": False,
        },
    )  # fmt: skip
    return [
        f"axe {v['id']}: {v['help']}: {v['nodes'][0]['html'][:120]} (and {len(v['nodes']) - 1} more)"
        for v in violations
        if v["impact"] in _SERIOUS
    ]


def keyboard_faults(page: Page, most: int = 150) -> list[str]:
    """Press Tab from the top to the end: every stop is seen, none holds the keyboard fast."""
    found: list[str] = []
    before, stayed = -1, 0
    for at in _stops(page, most):
        if at is None:
            break
        if at["where"] == before:
            stayed += 1
            # Day, month, year, picker; play, time, loudness, menu.
            many = 'type="date"' in at["html"] or at["html"].startswith("<audio")
            if stayed > (5 if many else 1):
                return [*found, f"keyboard: held fast by {at['html']}"]
        elif at["where"] < before:
            break
        else:
            stayed = 0
        before = at["where"]
        if not at["ringed"] and not stayed:
            found.append(f"focus: not seen on {at['html']}")
        if at["covered"]:
            found.append(f"focus: covered {at['html']}")
    return found


def _stops(page: Page, most: int) -> Iterator[Any]:
    """Press Tab and yield where the keyboard stood after each, some at a time."""
    page.evaluate(_NOTE_STOPS)
    for told in range(0, most, _AT_ONCE):
        for _ in range(_AT_ONCE):
            page.keyboard.press("Tab")
        yield from page.evaluate(f"stops.slice({told})")


def silent(page: Page, act: Callable[[], object]) -> bool:
    """Tell whether an act changes the page without a word: no status, no focus, no new page."""
    states = """() => [location.href, document.title, [...document.querySelectorAll('*')].indexOf(document.activeElement),
      [...document.querySelectorAll('[role=status],[role=alert],[aria-live]')].filter((n) => n.checkVisibility()).map((n) => n.textContent).join('|')]"""
    before = page.evaluate(states)
    act()
    page.wait_for_timeout(250)
    return bool(page.evaluate(states) == before)


def sideways(page: Page) -> str:
    """Return what makes a page wider than its window, if anything does."""
    return page.evaluate(_SIDEWAYS) or ""


@contextmanager
def large_letters(page: Page) -> Iterator[None]:
    """Letters of 200 % (32 px), as the owner of a phone sets them once for every page."""
    phone = page.context.new_cdp_session(page)
    try:
        phone.send("Page.setFontSizes", {"fontSizes": {"standard": 32}})
        assert page.evaluate(_LARGE)
        yield
    finally:
        phone.send("Page.setFontSizes", {"fontSizes": {"standard": 16}})
        assert not page.evaluate(_LARGE)
        phone.detach()
