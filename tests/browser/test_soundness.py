"""Each check is shown to work: a fault is planted on a sound page, and its own check finds it."""

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.soundness import (
    axe_faults,
    faults,
    keyboard_faults,
    large_letters,
    sideways,
    silent,
)
from tests.browser.tree import Tree

SOUND = """<!doctype html><html lang="vi"><head><title>Bột ngũ cốc · Chợ Phiên</title><style>
button, input:not([type=radio]), select {{ min-width: 48px; min-height: 48px; font-size: 18px }}
.vh {{ position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }}
:focus-visible {{ outline: 3px solid #2b3f86 }} a {{ display: inline-block; padding: 14px }}
{css}</style></head>
<body><header><a href="/">Chợ Phiên</a></header><main><h1>Hàng nhà làm, gánh đến tận cửa</h1>
<p>Bột ngũ cốc của chị em làm, gửi đến tận nơi, giá đã gồm thuế.</p>{body}</main>
<p class="vh" role="status"></p></body></html>"""

PICTURE = '<img src="/a.svg" width="9" height="9" alt="{}">'


@pytest.fixture(scope="module")
def paper(shell: Browser):
    """A blank page of phone size."""
    page = shell.new_page(viewport={"width": 360, "height": 740})
    page.route("**/*", lambda route: route.fulfill(body="", content_type="image/svg+xml"))
    yield page
    page.close()


def draw(paper: Page, body: str = "", css: str = "", **swap: str) -> Page:
    html = SOUND.format(body=body, css=css)
    for before, after in swap.items():
        html = html.replace(*after.split(" -> ")) if before else html
    paper.set_content(html)
    return paper


def test_a_sound_page_is_not_blamed(paper):
    body = (
        "<form action=/gio><fieldset><legend>Loại</legend><label><input type=radio name=m>hũ 500 g"
        "</label></fieldset><label>Tên <input name=ten></label><button>Thêm vào giỏ Bột ngũ cốc"
        "</button></form>" + PICTURE.format("Hũ bột ngũ cốc nắp xanh")
        + "<table><caption>Tiền</caption><tr><th scope=row>Bột</th><td>95.000</td></tr></table>"
        + '<p><span class="vh">Giá cũ</span><s>120.000 đồng</s> 95.000 đồng</p>'
    )  # fmt: skip
    draw(paper, body)
    assert faults(paper) == []
    assert keyboard_faults(paper) == []


@pytest.mark.parametrize(("fault", "body"), [
    ("unnamed", "<button></button>"),
    ("unnamed", '<a href="/gio"><svg width="9" height="9"></svg></a>'),
    ("placeholder", '<label>Tên <input placeholder="Tên"></label>'),
    ("placeholder", '<input placeholder="Số điện thoại">'),
    ("picture: alt is a file name", PICTURE.format("IMG_2041.jpg")),
    ("picture: alt is a file name", PICTURE.format("dsc0012")),
    ("picture: alt says nothing", PICTURE.format("ảnh")),
    ("picture: no alt", '<img src="/a.svg" width="9" height="9">'),
    ("picture: canvas", "<canvas></canvas>"),
    ("one name, two buttons", "".join(f"<form action=/them/{n}><button>Thêm vào giỏ</button></form>" for n in range(10))),
    ("one name, two links", '<a href="/a">Xem thêm</a><a href="/b">Xem thêm</a>'),
    ("price", "<p><s>120.000 ₫</s> 95.000 ₫</p>"),
    ("not a control", '<div role="button">Đặt hàng</div>'),
    ("not a control", '<div class="pressed">Đặt hàng</div>'),
    ("error: not tied", '<label>Tên <input aria-invalid="true"></label>'),
    ("error: tied to nothing", '<label>Tên <input></label><p class="err">Anh/chị ghi tên giúp.</p>'),
    ("language: Vietnamese read as English", '<p lang="en">Mỗi món ở chợ đều có tên người làm ra nó.</p>'),
    ("radio", '<label><input type="radio" name="m">hũ 500 g</label>'),
    ("table: no th", "<table><caption>Tiền</caption><tr><td>95.000</td></tr></table>"),
    ("table: no caption", "<table><tr><th>Tiền</th></tr></table>"),
    ("heading: h1 is followed by h3", "<h3>Thành phần</h3>"),
    ("heading: 2 of level 1", "<h1>Giỏ hàng</h1>"),
    ("id: “a” twice", '<p id="a"></p><p id="a"></p>'),
    ("id: “b” is told of", '<label>Tên <input aria-describedby="b"></label>'),
    ("id: #c leads nowhere", '<a href="#c">Xuống dưới</a>'),
    ("order: tabindex", '<label>Tên <input tabindex="3"></label>'),
    ("order:", '<div class="turned"><p><a href="/a">Một</a></p><p><a href="/b">Hai</a></p></div>'),
    ("live: speaks at load", '<p class="vh" role="status">Đã thêm</p>'),
    ("movement", '<meta http-equiv="refresh" content="60">'),
    ("movement", '<p class="turning">Phiên này</p>'),
    ("target", '<button class="small">Bỏ</button>'),
])  # fmt: skip
def test_a_planted_fault_is_found(paper, fault, body):
    css = """.pressed { cursor: pointer } .turned { display: flex; flex-direction: column-reverse }
    @keyframes t { to { opacity: 0 } } .turning { animation: t 2s infinite }
    button.small { min-height: 16px; min-width: 16px; padding: 0; font-size: 12px; height: 16px }"""
    assert any(found.startswith(fault) for found in faults(draw(paper, body, css)))


def test_the_wrong_language_of_a_page_is_found(paper):
    draw(paper, lang='lang="vi" -> lang="en"')
    found = faults(paper)
    assert any("the page says en" in one for one in found)


def test_too_many_stops_before_main_are_found(paper):
    draw(paper, doors="</header> -> " + "".join(f'<a href="/{n}">{n}</a>' for n in range(7)))
    assert any("8 stops before main" in one for one in faults(paper))


def test_a_status_line_that_cannot_speak_is_found(paper):
    draw(paper, css="[role=status] { display: none }")
    assert any(one.startswith("live: no status") for one in faults(paper))


def test_a_removed_focus_ring_is_found(paper):
    draw(paper, "<button>Đặt hàng</button>", "button:focus-visible { outline: none }")
    assert any(one.startswith("focus: not seen") for one in keyboard_faults(paper))


def test_a_bar_over_the_focus_is_found(paper):
    draw(
        paper, "<p>dài</p>" * 60 + "<button>Đặt hàng</button>",
        ".bar { position: fixed; inset: auto 0 0; height: 300px; background: #fff }",
        bar='<p class="vh" -> <div class="bar"></div><p class="vh"',
    )  # fmt: skip
    assert any(one.startswith("focus: covered") for one in keyboard_faults(paper))


def test_a_keyboard_trap_is_found(paper):
    draw(paper, '<label>Tên <input onkeydown="event.preventDefault()"></label>')
    assert any("held fast" in one for one in keyboard_faults(paper))


def test_what_goes_sideways_in_large_letters_alone_is_found(paper):
    draw(paper, '<p class="wide">Bột</p>', ".wide { width: 12rem }")
    assert not sideways(paper)
    with large_letters(paper):
        assert "wide" in sideways(paper)
    assert not sideways(paper)


def test_axe_is_listened_to(paper):
    draw(paper, '<p style="color:#bbb;background:#fff">Chữ nhạt quá không ai đọc được</p>')
    assert any("color-contrast" in one for one in axe_faults(paper))


@pytest.mark.parametrize(("says", "quiet"), [
    ("document.querySelector('[role=status]').textContent = 'Còn 3 gói.'", False),
    ("0", True),
])  # fmt: skip
def test_a_silent_update_is_found(paper, says, quiet):
    script = f"document.querySelector('b').textContent = '3'; {says}"
    draw(paper, f'<b>2</b><button onclick="{script}">Thêm một gói</button>')
    paper.focus("button")
    assert silent(paper, lambda: paper.keyboard.press("Enter")) is quiet


def test_the_tree_reads_names_and_order(paper):
    draw(paper, '<h2>Giá</h2><label>Số gói <input value="3" inputmode="numeric"></label>')
    tree = Tree(paper)
    heading = tree.next("heading", "Giá", level=2)
    box = tree.next("textbox", "Số gói", after=heading)
    assert box.value == "3"
    tree.focus(box)
    assert tree.read().focused().name == "Số gói"
    with pytest.raises(AssertionError):
        tree.next("textbox", "Bỏ trống")
