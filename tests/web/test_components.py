"""The shell: budgets, no inline anything, contracts, contrast, frames and error pages."""

import gzip
import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from flask import Flask, render_template
from flask.testing import FlaskClient
from jinja2 import nodes

from shop.kernel.errors import Refusal, TooMany
from shop.kernel.settings import ROOT
from shop.web.errors import PAGES, error_page
from shop.web.words import counted, speaking

STATIC = ROOT / "static"
TEMPLATES = ROOT / "templates"
#: Mail programs know no style sheets, so mails are no pages.
PAGE_FILES = sorted(p for p in TEMPLATES.rglob("*.html") if p.parent.name != "notifications")
COMPONENTS = sorted([*(TEMPLATES / "components").glob("*.html"), *(TEMPLATES / "frame").glob("*")])
OUR_SCRIPTS = ("shop", "say", "copy", "stepper", "summary", "share")


def named(path):
    return str(path.relative_to(ROOT))


def zipped(*paths) -> int:
    return len(gzip.compress(b"".join(path.read_bytes() for path in paths), 9))


# Budgets (INTERFACE, decisions)


def test_styles_of_shop_pages_fit_in_nine_kilobytes():
    sheets = [STATIC / "css" / f"{name}.css" for name in ("tokens", "base", "components")]
    assert zipped(*sheets) <= 9 * 1024


def test_all_styles_fit_in_twelve_kilobytes():
    assert zipped(*sorted((STATIC / "css").glob("*.css"))) <= 12 * 1024


def test_scripts_of_the_shell_fit_in_six_kilobytes_and_one_each():
    scripts = [STATIC / "js" / f"{name}.js" for name in OUR_SCRIPTS]
    assert zipped(*scripts) <= 6 * 1024
    assert max(path.stat().st_size for path in scripts) <= 1024


def test_scripts_of_the_shop_fit_in_ten_kilobytes_and_with_those_of_desks_in_twenty_five():
    scripts = {path.stem: path for path in (STATIC / "js").rglob("*.js")}
    parts = dict(re.findall(r"'\[(data-[a-z]+)\]': '([a-z]+)'", scripts["shop"].read_text()))
    assert len(parts) >= 10
    pages = [
        path.read_text("utf-8") for path in TEMPLATES.rglob("*.html")
        if path.parent.name not in ("selling", "organising", "operations")
    ]  # fmt: skip
    shops = {"shop"} | {
        name for mark, name in parts.items() if any(re.search(rf"\s{mark}[\s=>]", p) for p in pages)
    }
    assert {"checkout", "address", "summary"} <= shops
    needs = {
        name: set(re.findall(r"from '\./([a-z]+)\.js'", path.read_text()))
        for name, path in scripts.items()
    }
    for name in sorted(shops):
        shops |= needs[name]
    assert zipped(*(scripts[name] for name in sorted(shops))) <= 10 * 1024
    assert zipped(*sorted(scripts.values())) <= 25 * 1024


def test_no_letters_are_exchanged_while_somebody_reads():
    """A face that is swapped in late breaks lines anew, and what stands below moves."""
    faces = re.findall(r"@font-face\{[^}]*\.woff2[^}]*\}", (STATIC / "css/tokens.css").read_text())
    assert len(faces) == 5
    assert all("font-display:optional" in face for face in faces)


def test_fonts_fit_in_forty_kilobytes():
    faces = sorted((STATIC / "fonts").glob("*.woff2"))
    assert sum(path.stat().st_size for path in faces) <= 40 * 1024
    assert len(sorted((STATIC / "fonts").glob("OFL*.txt"))) == 2


def test_the_frame_of_an_empty_page_is_small(app: Flask):
    with app.test_request_context("/khong-co"):
        page = error_page(404).get_data()
    assert len(gzip.compress(page, 6)) <= 3 * 1024


# Nothing inline (QUALITY T09)

INLINE = {
    "a style attribute": re.compile(r"<[^>{]*\sstyle\s*="),
    "a style element": re.compile(r"<style"),
    "a script in the page": re.compile(r"<script(?![^>]*(?:\ssrc=|application/ld\+json))"),
    "an event attribute": re.compile(r"<[^>{]*\son[a-z]+\s*="),
    "a data address": re.compile(r"""["'(=]\s*data:(?!-)"""),
    "a javascript address": re.compile(r"javascript:"),
    "an address of a third party": re.compile(r"""(?:src|action)\s*=\s*["']?(?:https?:)?//"""),
}


def broken_rules(text: str) -> list[str]:
    return [rule for rule, pattern in INLINE.items() if pattern.search(text)]


@pytest.mark.parametrize("path", PAGE_FILES, ids=named)
def test_a_template_holds_nothing_inline(path):
    assert broken_rules(path.read_text()) == []


@pytest.mark.parametrize("path", sorted((STATIC / "css").glob("*.css")), ids=named)
def test_a_stylesheet_holds_no_data_address_and_no_import(path):
    text = path.read_text()
    assert "data:" not in text
    assert "@import" not in text
    assert "//" not in text


@pytest.mark.parametrize(
    "bad",
    [
        '<p class="x" style="color:red">',
        "<style>p{}</style>",
        "<script>1</script>",
        '<a onclick="x()">',
        '<img src="data:image/png;base64,x">',
        '<a href="javascript:x">',
        '<img src="https://example.com/x.png">',
    ],
)
def test_the_search_for_inline_things_finds_them(bad):
    assert broken_rules(bad)


# Components


def syntax(app: Flask, path):
    return app.jinja_env.parse(path.read_text())


@pytest.mark.parametrize("path", COMPONENTS, ids=named)
def test_a_component_says_its_contract(app: Flask, path):
    comments = " ".join(re.findall(r"\{#(.*?)#\}", path.read_text(), re.S))
    assert len(comments) > 40
    for macro in syntax(app, path).find_all(nodes.Macro):
        if macro.name.startswith("_") or path.parent.name == "frame":
            continue
        assert re.search(rf"\b{macro.name}\b", comments) or path.stem == macro.name
        unsaid = {arg.name for arg in macro.args if not re.search(rf"\b{arg.name}\b", comments)}
        assert unsaid == set(), f"{macro.name} does not explain {unsaid}"


def test_no_template_imports_what_it_does_not_use(app: Flask):
    """Parts that a template includes see its imports."""
    trees = {
        str(path.relative_to(TEMPLATES)): syntax(app, path) for path in TEMPLATES.rglob("*.html")
    }

    def read_in(name: str) -> set[str]:
        parts = [part.template.value for part in trees[name].find_all(nodes.Include)
                 if isinstance(part.template, nodes.Const)]  # fmt: skip
        names = {read.name for read in trees[name].find_all(nodes.Name)}
        return names.union(*map(read_in, parts))

    unused = [
        f"{template}: {name}"
        for template, tree in trees.items() if (lines := list(tree.find_all(nodes.FromImport)))
        for name in {n if isinstance(n, str) else n[1] for line in lines for n in line.names}
        - read_in(template)
    ]  # fmt: skip
    assert not unused


def test_every_way_back_is_drawn_by_its_component():
    """Five ways had stood side by side, with an arrow and without."""
    by_hand = re.compile(
        r"<p[^>]*><a[^>]*>[^<]*(?:<[^>]*>)?[^<]*</a></p>\s*<h1|icon=\'truoc\'[^<]*<h1"
    )
    assert not [
        named(path) for path in PAGE_FILES
        if path.parent.name != "components" and by_hand.search(path.read_text())
    ]  # fmt: skip


@pytest.mark.parametrize("path", PAGE_FILES, ids=named)
def test_a_template_names_icons_and_files_that_exist(path):
    text = path.read_text()
    icons = set(re.findall(r'id="([\w-]+)"', (STATIC / "img" / "icons.svg").read_text()))
    used = set(re.findall(r"\bicon\('([\w-]+)'", text))
    used |= set(re.findall(r"\bicon='([\w-]+)'", text))
    assert used <= icons
    for name in re.findall(r"\basset\('([^'{}]+)'\s*\)", text):
        assert (STATIC / name).is_file(), name


@pytest.mark.parametrize("path", PAGE_FILES, ids=named)
def test_a_template_uses_no_placeholder_and_no_number_input(path):
    text = path.read_text()
    assert "placeholder=" not in text
    assert not re.search(r"""type=["']?number""", text)


def test_a_refusal_without_a_sentence_of_its_own_still_speaks(app: Flask):
    said = app.jinja_env.get_template("components/refusal.html").module.sentence
    with app.test_request_context("/"):
        assert "thử lại" in str(said(Refusal()))
        assert "2 phút" in str(said(TooMany(retry_after_s=61)))


# Contrast, from the tokens themselves

TEXT = [
    ("muc", "giay"), ("muc", "mat"), ("muc", "giay-2"), ("muc-2", "giay"), ("muc-2", "mat"),
    ("muc-2", "giay-2"), ("lien", "giay"), ("lien", "mat"), ("lien", "giay-2"),
    ("nut-chu", "nut"), ("nut-chu", "nut-dam"), ("tren", "la"), ("tren", "cham"),
    ("tren", "dat"), ("hero-chu", "hero"), ("hero-nut-chu", "hero-nut"), ("tot", "tot-nen"),
    ("canh", "canh-nen"), ("loi", "loi-nen"), ("loi", "giay"), ("loi", "mat"), ("tin", "tin-nen"),
    ("canh", "giay"), ("tot", "giay"), ("muc", "tot-nen"), ("muc", "canh-nen"), ("muc", "loi-nen"),
    ("muc", "tin-nen"), ("muc", "nghe-nhat"),
]  # fmt: skip
SHAPES = [
    ("focus", "giay"), ("focus", "mat"), ("focus", "giay-2"), ("nghe", "la"), ("nghe", "cham"),
    ("nghe", "dat"), ("vach", "giay"), ("vach", "mat"), ("nut", "giay"), ("muc", "giay"),
]  # fmt: skip


def tokens() -> dict[str, dict[str, str]]:
    """Colours by scheme; a token that names another one takes its colour."""
    text = (STATIC / "css" / "tokens.css").read_text()
    light_part, dark_part = text.split("@media (prefers-color-scheme:dark)", 1)
    chosen_part = dark_part.split(":root[data-nen=toi]", 1)

    def read(part: str) -> dict[str, str]:
        return dict(re.findall(r"--([a-z0-9-]+):(#[0-9a-f]{6}|var\(--[a-z0-9-]+\))", part))

    light = read(light_part)
    schemes = {
        "light": light,
        "dark": {**light, **read(chosen_part[0])},
        "dark by choice": {**light, **read(chosen_part[1].split("@media")[0])},
    }
    for colours in schemes.values():
        for name, value in colours.items():
            if value.startswith("var("):
                colours[name] = colours[value[6:-1]]
    return schemes


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark", "dark by choice"])
@pytest.mark.parametrize(("pairs", "least"), [(TEXT, 7), (SHAPES, 3)], ids=["text", "shapes"])
def test_colours_stand_out(scheme, pairs, least):
    colours = tokens()[scheme]
    weak = {
        f"{front} on {back}": round(contrast(colours[front], colours[back]), 2)
        for front, back in pairs
        if contrast(colours[front], colours[back]) < least
    }
    assert weak == {}


def test_contrast_is_measured_as_wcag_does():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


# Frames


class Outline(HTMLParser):
    """What a page offers to those who hear it: tab stops before main, headings, title."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.stops: list[str] = []
        self.headings: list[int] = []
        self.title = self.lang = ""
        self._in_main = self._in_title = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "html":
            self.lang = given.get("lang") or ""
        self._in_title = tag == "title"
        self._in_main = self._in_main or tag == "main"
        reached = (tag == "a" and "href" in given) or tag in ("button", "input", "select")
        if reached and not self._in_main and given.get("type") != "hidden":
            self.stops.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False


PAGE = "{% extends 'base.html' %}{% block title %}Trang thử{% endblock %}{% block main %}<h1>Trang thử</h1>{% endblock %}"


@pytest.fixture
def render(app: Flask) -> Callable[..., str]:
    """Render a template given as text, as the answer to an address."""

    def make(source: str, address: str = "/hang-hoa", script: str = "", **facts) -> str:
        with app.test_request_context(address, environ_overrides={"SCRIPT_NAME": script}):
            return app.jinja_env.from_string(source).render(facts)

    return make


def test_at_most_six_tab_stops_lead_to_main(render):
    assert 3 <= len(Outline(render(PAGE)).stops) <= 6


def test_checkout_pages_have_three_tab_stops_before_main(render):
    page = render("{% set header_kind = 'checkout' %}" + PAGE)
    assert len(Outline(page).stops) == 3
    assert "Gọi giúp" in page
    assert 'role="search"' not in page


def test_the_title_begins_with_the_content_and_says_when_something_is_wrong(render):
    assert Outline(render(PAGE)).title == "Trang thử · Chợ Phiên"
    wrong = render("{% set form_has_errors = True %}" + PAGE)
    assert Outline(wrong).title == "Lỗi: Trang thử · Chợ Phiên"


def test_the_page_says_its_language_and_links_to_itself_in_the_other(render):
    page = render(PAGE, "/hang-hoa?con=1&tu=m%E1%BA%AFm")
    assert Outline(page).lang == "vi"
    assert 'href="/en/hang-hoa?con=1&amp;tu=m%E1%BA%AFm"' in page
    english = render(PAGE, "/hang-hoa?con=1", script="/en")
    assert Outline(english).lang == "en"
    assert 'href="/hang-hoa?con=1"' in english
    assert 'href="/en/gio"' in english


def test_canonical_links_are_built_from_the_configured_address(render, app: Flask):
    app.config["BASE_URL"] = "https://cho.example.vn"
    page = render(PAGE, "/hang-hoa?trang=2&xep=gia&da=luu")
    assert '<link rel="canonical" href="https://cho.example.vn/hang-hoa?trang=2">' in page
    assert 'hreflang="en" href="https://cho.example.vn/en/hang-hoa?trang=2"' in page


@pytest.mark.parametrize(
    "query", ["%ff%fe=1", "a=%22%3E%3Cscript%3E", "tu=%00", "<b>=\"'", "x" * 3000]
)
def test_a_hostile_query_stays_inside_its_attribute(render, query):
    page = render(PAGE, f"/hang-hoa?{query}")
    assert "<script>" not in page
    assert "<b>" not in page.replace("<b>Chợ Phiên</b>", "")


def test_the_current_door_is_marked(render):
    assert '<a href="/hang-hoa" aria-current="page">' in render(PAGE, "/hang-hoa")
    assert '<a href="/nguoi-lam" aria-current="true">' in render(PAGE, "/nguoi-lam/go-mit")
    assert 'aria-current="page"' not in render(PAGE, "/hang-hoa-khac")


def test_a_known_notice_is_said_and_an_unknown_one_is_not(render):
    assert "Đã thêm vào giỏ." in render(PAGE, "/gio?da=them-gio")
    assert 'class="alert' not in render(PAGE, "/gio?da=%3Cb%3E")


def test_the_cart_count_shows_when_there_is_a_cart(client: FlaskClient, a_variant):
    variant = a_variant()
    assert ", 3 món" not in client.get("/").text.split("</header>")[0]
    client.post("/gio/them", data={"mon": variant, "so": 3})
    client.post("/gio/them", data={"mon": a_variant("Mật ong"), "so": 1})
    assert ", 2 món" in client.get("/").text.split("</header>")[0]


def test_what_was_searched_for_stays_in_the_box_and_is_escaped(render):
    assert 'value="m&lt;b&gt;ắm"' in render(PAGE, "/tim?tu=m<b>ắm")


def test_the_operator_stands_in_the_footer(render, app: Flask):
    settings = app.extensions["settings"]
    foot = render(PAGE).split("<footer")[1]
    for fact in ("name", "tax_code", "address", "person", "phone", "email"):
        assert getattr(settings, f"operator_{fact}") in foot


DASH = PAGE.replace("base.html", "dash.html")


def test_seller_pages_offer_five_doors_and_none_of_them_signs_out(render):
    page = render("{% set dash = 'seller' %}" + DASH, "/ban-hang")
    tabs = page.split('class="tabs"')[1]
    assert re.findall(r'href="(/[^"#]*)"', tabs) == [
        "/ban-hang", "/ban-hang/hang", "/ban-hang/tien", "/ban-hang/gian-hang",
        "/tai-khoan/nguoi-giup",
    ]  # fmt: skip
    assert "/dang-xuat" not in tabs
    assert '<a href="/ban-hang" aria-current="page">' in page
    assert len(Outline(page).stops) <= 6


def test_operator_pages_have_their_own_doors(an_account, sign_in):
    operator = sign_in(an_account(operator=True), "operator")
    page = operator.get("/dieu-hanh/nguoi-ban").text
    assert re.search(r'<a href="/dieu-hanh/nguoi-ban" aria-current="(page|true)"', page)
    assert page.count('aria-current="') == 1


# Error pages


@pytest.mark.parametrize("spoken", ["vi", "en"])
@pytest.mark.parametrize("status", PAGES)
def test_an_error_page_says_what_happened_and_leads_on(app: Flask, status, spoken):
    script = "/en" if spoken == "en" else ""
    with app.test_request_context("/x", environ_overrides={"SCRIPT_NAME": script}):
        answer = error_page(status)
    page = Outline(answer.get_data(as_text=True))
    assert answer.status_code == status
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert page.lang == spoken
    main = answer.get_data(as_text=True).split("<main")[1].split("</main>")[0]
    assert f'href="{script}/hang-hoa"' in main
    assert "tel:" in main


def test_an_expired_form_is_explained(app: Flask):
    with app.test_request_context("/x"):
        page = render_template(
            "errors/error.html", status=400, refusal=None, expired=True, another=""
        )
    assert "để lâu" in page


def test_too_many_tries_say_how_long_to_wait(app: Flask):
    with app.test_request_context("/x"):
        answer = error_page(429, refusal=TooMany(retry_after_s=300))
    assert "5 phút" in answer.get_data(as_text=True)
    assert answer.headers["Retry-After"] == "300"


def test_a_wrong_address_gets_the_shop_own_page(client: FlaskClient):
    answer = client.get("/khong-co-trang-nay")
    assert answer.status_code == 404
    assert "Không tìm thấy trang này" in answer.get_data(as_text=True)


# Words


def test_english_units_take_their_plural(app: Flask):
    with app.test_request_context("/"):
        assert counted(24, "hũ") == "24\u00a0hũ"
        with speaking("en"):
            assert counted(1, "jar") == "1\u00a0jar"
            assert counted(1200, "box") == "1,200\u00a0boxes"
            assert counted(2, "bundle of 20 sheets") == "2\u00a0bundles of 20 sheets"
            assert counted(3, "tray") == "3\u00a0trays"
            assert counted(3, "candy") == "3\u00a0candies"


CARD = "{% from 'components/card.html' import card %}<ul class=grid>{{ card(row) }}</ul>"


def a_row(**facts):
    row = {
        "slug": "bot", "title_vi": "Bột <b>ngũ cốc</b>", "title_en": "", "unit_vi": "hũ", "unit_en": "jar",
        "pack_vi": "hũ 500 g", "pack_en": "500 g jar", "price_vnd": 95_000, "compare_at_vnd": None,
        "variant_count": 1, "seller_name_vi": "Gò Mít", "seller_name_en": "Gò Mít",
        "picture_digest": "ab" * 16, "picture_versions": {"jpg": [160, 320], "webp": [160, 320]},
        "picture_alt_vi": "Hũ nắp xanh", "picture_alt_en": "", "available": 24, "restock_on": None,
    }  # fmt: skip
    return row | facts


def test_a_card_says_name_price_maker_and_stock_in_that_order(render):
    page = render(CARD, row=a_row())
    order = [
        "Bột &lt;b&gt;ngũ cốc",
        "95.000\u00a0đồng",
        "hũ 500\u00a0g",
        "Gò Mít",
        "Còn 24\u00a0hũ",
    ]
    places = [page.index(words) for words in order]
    assert places == sorted(places)
    assert page.count("<a ") == 1


def test_a_card_has_as_many_parts_as_its_place_has_rows(render):
    """One part more would lie on the last one."""
    [rows] = re.findall(
        r"\.card\{[^}]*grid-row:span (\d+)", (STATIC / "css/components.css").read_text()
    )
    share = {"raises": True, "share_kind": "all", "share_vnd": None, "share_hundredths": None}
    for row in (a_row(), a_row(**share, cost_vnd=None)):
        page = render(CARD, row=row)
        depth = parts = 0
        for closing, name in re.findall(r"<(/?)([a-z0-9]+)", page):
            if name in ("img", "source", "br", "use"):
                continue
            depth += -1 if closing else 1
            parts += not closing and depth == 3  # Of <ul>, <li>, a part.
        assert parts == int(rows)
    assert "Tất cả tiền hàng" in page


def test_a_reduced_price_is_said_in_words(render):
    page = render(CARD, row=a_row(compare_at_vnd=110_000))
    assert page.index("Giá cũ") < page.index("110.000") < page.index("Giá bán")


def test_a_card_without_a_picture_shows_the_basket(render):
    page = render(CARD, row=a_row(picture_digest=None, picture_versions=None, picture_alt_vi=""))
    assert "chua-co-anh.svg" in page
    assert 'alt=""' in page


def test_vietnamese_words_on_an_english_page_say_so(render):
    assert '<h3 lang="vi">' in render(CARD, script="/en", row=a_row())


def test_stock_has_a_shape_and_words(render):
    from datetime import date

    assert "stock--low" in render(CARD, row=a_row(available=3))
    gone = render(CARD, row=a_row(available=0, restock_on=date(2026, 10, 20)))
    assert "stock--out" in gone
    assert "có lại 20/10" in gone


def test_an_account_number_is_grouped_to_read_and_copied_whole(render):
    page = render(
        "{% from 'components/pay.html' import pay %}"
        "{{ pay(220000, 'Agribank', 'LE THI SUONG', '4210205123456', 'CP7K2M9P2X') }}"
    )
    assert "4210 2051 23456" in page
    assert 'data-copy="4210205123456"' in page
    assert page.index("Số tiền") < page.index("Ngân hàng") < page.index("Chủ tài khoản")
    assert len(set(re.findall(r'class="vh"> ([^<]+)<', page))) == 3


# Files on their way


def test_text_travels_zipped_and_sheets_and_scripts_without_their_notes(
    app: Flask, client: FlaskClient
):
    for name in ("css/tokens.css", "js/shop.js", "img/icons.svg"):
        address = app.extensions["asset"](name)
        zipped_answer = client.get(address, headers={"Accept-Encoding": "gzip, br"})
        plain = client.get(address, headers={"Accept-Encoding": "identity"})
        assert zipped_answer.headers["Content-Encoding"] == "gzip"
        sent = gzip.decompress(zipped_answer.data)
        assert plain.data == (STATIC / name).read_bytes()
        note = {".css": b"/*", ".js": b"\n//"}.get((STATIC / name).suffix)
        if note is None:
            assert sent == plain.data
        else:
            assert (b"\n" + sent).count(note) == 0 < (b"\n" + plain.data).count(note)
            assert sent.count(b"{") == plain.data.count(b"{")
            assert plain.data.endswith(sent[-40:])
        for answer in (zipped_answer, plain):
            assert "Accept-Encoding" in answer.headers["Vary"]
            assert "immutable" in answer.headers["Cache-Control"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.mimetype == plain.mimetype


def test_a_phone_that_saves_data_gets_no_font(app: Flask, client: FlaskClient):
    address = app.extensions["asset"]("fonts/Bricolage-800.woff2")
    assert client.get(address, headers={"Save-Data": "on"}).status_code == 204
    answer = client.get(address)
    assert answer.status_code == 200
    assert "Save-Data" in answer.headers["Vary"]


def test_enter_in_a_form_with_an_address_does_not_press_its_search():
    """The first button of a form is the one that Enter presses in any of its fields."""
    forms = {
        path.name: text[: found.start()].rpartition("<form")[2]
        for path in PAGE_FILES
        if (found := re.search(r"{{-? address_fields\(", text := path.read_text("utf-8")))
    }
    assert len(forms) > 3
    assert not [name for name, before in forms.items() if "<button " not in before]
