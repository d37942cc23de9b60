"""Every page, in both languages: sound, within its budget, whole at 320 px and with large letters."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response

from shop.demo.people import SIGN_INS
from tests.browser.addresses import EVERY, PUBLIC, facts
from tests.browser.conftest import LiveShop, arrive
from tests.browser.soundness import (
    axe_faults,
    faults,
    keyboard_faults,
    large_letters,
    sideways,
)

KB = 1024
#: Pages that are not there, or not for who asks.
ABSENT = {"/khong-co-trang-nay": 404}
LISTS = ("/hang-hoa", "/loai/", "/tim", "/nguoi-lam")
WHOLE = [(who, address) for who, addresses in EVERY.items() for address in addresses]
LOOK_DARK = [
    ("", "/"), ("", "/hang-hoa"), ("", "/san-pham/ngu-coc-hop-sang"), ("", "/nguoi-lam/to-dan-tay-am"),
    ("", "/dat-hang"), ("", "/tra-don!"), ("buyer", "/don/{order}"), ("buyer", "/tai-khoan"),
    ("seller", "/ban-hang"), ("seller", "/ban-hang/don/{packed}"), ("seller", "/ban-hang/hang/moi!"),
    ("operator", "/dieu-hanh"), ("operator", "/dieu-hanh/nhat-ky"), ("", "/khong-co-trang-nay"),
]  # fmt: skip
MOVED = """() => new Promise((done) => { let sum = 0
  new PerformanceObserver((list) => { for (const one of list.getEntries()) if (!one.hadRecentInput) sum += one.value })
    .observe({ type: 'layout-shift', buffered: true })
  setTimeout(() => done(sum), 120) })"""
#: The place that a page keeps for its navigation, which comes after <main>, and the place it takes.
NAVIGATION = """() => { const nav = document.querySelector('.nav'), top = document.querySelector('.top')
  return [parseFloat(getComputedStyle(top).marginBottom), nav?.offsetHeight ?? 0] }"""
#: A page without its words: elements, attributes, and whether a name or a text is there at all.
#: English pages mark Vietnamese names: a span with a language alone is words too.
BONES = """() => [...document.querySelectorAll('*:not(span[lang]:not([class]))')].map((n) => n.tagName +
  [...n.attributes].map((a) => ` ${a.name}=${KEPT.test(a.name) ? a.value : !!a.value.trim()}`).sort().join('') +
  !!n.textContent.trim()).join('\\n')""".replace(
    "KEPT",
    "/^(class|role|type|tabindex|style|for|id|name|scope|headers|hidden|"
    "aria-(?!label$|roledescription|description|valuetext).*)$/",
)
#: A bar whose words were squeezed to one letter a line grows into a tower.
TOWER = """() => { const bar = document.querySelector('.bar-top')
  return bar && bar.offsetHeight > innerHeight * 0.6 ? bar.offsetHeight : 0 }"""
IN_SIGHT = """() => [...document.images].filter((n) => { const b = n.getBoundingClientRect()
  return b.top < innerHeight && b.bottom > 0 && b.width > 0 }).map((n) => n.currentSrc)"""


@pytest.fixture(scope="module")
def known(demo_shop: LiveShop) -> dict[str, str]:
    return facts(demo_shop.instance)


@pytest.fixture(scope="module")
def people(shell: Browser, demo_shop: LiveShop) -> dict[str, Any]:
    """The cookies of each of the demo's people; a visitor has something of two makers in her cart."""
    kept: dict[str, Any] = {"nobody": None}
    for key in EVERY:
        context = shell.new_context(base_url=demo_shop.address)
        page = context.new_page()
        if key:
            person = next(one for one in SIGN_INS if one.key == key)
            page.goto("/dang-nhap")
            page.locator("main input[name=who]").fill(person.phone)
            page.locator("main input[type=password]").first.fill(person.password)
            arrive(page, page.locator("main form button").first.click)
            assert "/dang-nhap" not in page.url, f"{person.name} could not sign in."
        else:
            for slug in ("ngu-coc-hop-sang", "non-la"):
                page.goto(f"/san-pham/{slug}")
                arrive(page, page.locator("form[action$='/gio/them'] .btn--big").click)
        kept[key] = context.storage_state()
        context.close()
    return kept


class Watched:
    """A page that keeps what was answered, and everything that went wrong on it."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.wrong: list[str] = []
        self.answers: list[Response] = []
        self.page: Page = context.new_page()
        self.page.set_default_timeout(15_000)
        self.page.on("response", lambda answer: self.answers.append(answer))
        self.page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        self.page.on("console", self._note)

    def _note(self, said: Any) -> None:
        if "Content Security Policy" in said.text or "Refused to" in said.text:
            self.wrong.append(said.text)

    def open(self, address: str) -> Page:
        answer = self.page.goto(address.rstrip("!"))
        assert answer is not None
        if answer.status != ABSENT.get(address.removeprefix("/en"), 200):
            self.wrong.append(f"answer: {answer.status}")
        if address.endswith("!"):
            last = self.page.locator("main form[method=post]").last
            arrive(self.page, last.locator("button:visible").last.click)
        self.page.wait_for_load_state()
        self.page.evaluate("document.fonts.ready")
        return self.page


@pytest.fixture(scope="module")
def watched(demo_shop: LiveShop, people: dict[str, Any], known: dict[str, str]) -> Iterator[Callable[..., Watched]]:  # fmt: skip
    """``watched(shell, who, address)`` opens an address as one of the demo's people.

    ``afresh=False`` goes on in the tab she already has: pictures, letters and styles are at hand.
    """
    kept: dict[tuple[int, str], Watched] = {}

    def go(chromium: Browser, who: str, address: str, *, language: str = "vi", width: int = 360, height: int = 740, afresh: bool = True, **more: Any) -> Watched:  # fmt: skip
        key = (id(chromium), who)
        looking = None if afresh else kept.get(key)
        if looking is None:
            looking = Watched(
                chromium.new_context(
                    base_url=demo_shop.address,
                    storage_state=people[who],
                    locale="vi-VN",
                    viewport={"width": width, "height": height},
                    timezone_id="Asia/Ho_Chi_Minh",
                    **more,
                )
            )
            key = (0, "") if afresh else key
            if key in kept:
                kept[key].context.close()
            kept[key] = looking
        looking.page.set_viewport_size({"width": width, "height": height})
        looking.wrong.clear()
        looking.answers.clear()
        path = address.format(**known)
        if language == "en":
            path = "/en" + ("" if path == "/" else path)
        looking.open(path)
        return looking

    yield go
    for one in kept.values():
        one.context.close()


@pytest.mark.parametrize(("who", "address"), WHOLE)
def test_the_page_is_sound(shell, watched, who, address):
    found, bones = [], ""
    for language in ("vi", "en"):
        looking = watched(shell, who, address, language=language, afresh=False)
        page = looking.page
        faulty = faults(page, language, 14 if who in ("seller", "operator") else 6)
        # What axe finds lies in elements and their attributes: the same ones are not asked twice.
        if (other := page.evaluate(BONES)) != bones:
            faulty += axe_faults(page)
        bones = other
        if language == "vi":
            faulty += keyboard_faults(page)
        nodes = page.evaluate("document.querySelectorAll('*').length")
        if nodes > 900:
            faulty.append(f"size: {nodes} elements")
        page.set_viewport_size({"width": 320, "height": 640})
        if wide := sideways(page):
            faulty.append(f"sideways at 320 px: {wide}")
        if language == "vi":
            with large_letters(page):
                if wide := sideways(page):
                    faulty.append(f"sideways at 320 px with letters of 32 px: {wide}")
                if tall := page.evaluate(TOWER):
                    faulty.append(f"the frame's top takes {tall} px of 640 with letters of 32 px")
        found += [f"{language}: {one}" for one in (*faulty, *looking.wrong)]
    assert not "\n".join(found)


@pytest.mark.parametrize(("who", "address"), LOOK_DARK)
def test_the_page_is_sound_in_the_dark_and_on_a_wide_screen(shell, watched, who, address):
    looking = watched(
        shell, who, address, color_scheme="dark", width=1280, height=900,
        reduced_motion="reduce",
    )  # fmt: skip
    found = axe_faults(looking.page) + looking.wrong
    assert not found


def weight(answers: list[Response], kind: str) -> int:
    return sum(
        one.request.sizes()["responseBodySize"]
        for one in answers
        if one.request.resource_type == kind
    )


@pytest.mark.parametrize(
    ("address", "density"), [*((one, 2) for one in PUBLIC), ("/", 1), ("/hang-hoa", 1)]
)
def test_a_public_page_keeps_its_budget(shell, watched, address, density):
    looking = watched(shell, "nobody", address, device_scale_factor=density)
    page = looking.page
    page.wait_for_load_state("networkidle")
    moved = page.evaluate(MOVED)
    seen = set(page.evaluate(IN_SIGHT))
    pictures = {
        one.url: one.request.sizes()["responseBodySize"]
        for one in looking.answers
        if one.request.resource_type == "image"
    }
    lazy = set(page.evaluate("[...document.images].map((n) => n.currentSrc)"))
    first_view = sum(size for url, size in pictures.items() if url in seen or url not in lazy)
    html = weight(looking.answers, "document")
    over = {
        "HTML": (html, (6 if address.startswith(LISTS) else 14) * KB),
        "CSS": (weight(looking.answers, "stylesheet"), 9 * KB),
        "JS": (weight(looking.answers, "script"), 10 * KB),
        "fonts": (weight(looking.answers, "font"), 40 * KB),
        "pictures in the first view": (first_view, 90 * KB),
        "requests besides pictures further down": (
            sum(1 for one in looking.answers if one.url in seen or one.url not in lazy), 20,
        ),
    }  # fmt: skip
    assert not {name: pair for name, pair in over.items() if pair[0] > pair[1]}
    assert moved <= 0.02, "The page moved while it loaded."
    kept, needed = page.evaluate(NAVIGATION)
    assert kept == needed, "The navigation comes last and would push a long page down."
    own = page.url.split("/")[2]
    assert {one.url.split("/")[2] for one in looking.answers} == {own}


@pytest.mark.parametrize(("who", "address"), [("seller", "/ban-hang"), ("operator", "/dieu-hanh")])
def test_a_desk_keeps_its_budget(shell, watched, who, address):
    looking = watched(shell, who, address)
    assert weight(looking.answers, "stylesheet") <= 12 * KB
    assert weight(looking.answers, "script") <= 25 * KB
    assert weight(looking.answers, "document") <= 12 * KB
