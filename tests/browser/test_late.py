"""Answers that come late, twice or never, on pages of one script: what she did last is what counts."""

import io
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Dialog, FilePayload, Page, Route, expect

from tests.browser.bench import HERE, SCRIPTS, Bench, Held, told


@pytest.fixture
def bench(browser: Browser) -> Iterator[Bench]:
    page = browser.new_page(viewport={"width": 360, "height": 740}, locale="vi-VN")
    page.set_default_timeout(10_000)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield Bench(page)
    page.close()
    assert not wrong


def a_photo(width: int, colour: str) -> FilePayload:
    kept = io.BytesIO()
    Image.new("RGB", (width, 60), colour).save(kept, "PNG")
    return {"name": f"{width}.png", "mimeType": "image/png", "buffer": kept.getvalue()}


def until(page: Page, true: Any) -> None:
    """Wait for something that this test's own server was asked for."""
    for _ in range(200):
        if true():
            return
        page.wait_for_timeout(50)
    raise AssertionError("It was never asked for.")


PHOTO = """<form method="post" action="/dang"><input type="hidden" name="csrf_token" value="t">
<input type="hidden" name="da_gui"><div id="xem"></div><p id="dang" hidden></p>
{inputs}<button>Đăng</button></form>""".replace(
    "{inputs}",
    "".join(
        f"""<input type="file" id="{name}" name="{name}" data-photo="/anh" data-line="dang"
 data-shown="xem" data-alt="Ảnh" data-making="Đang thu" data-going="Được {{p}}" data-done="Tới nơi"
 data-cut="Mất mạng" data-wait="Chờ ảnh" data-refused="Không nhận" data-out="Đã thoát." data-in="Vào lại">"""
        for name in ("anh", "anh_san")
    ),
)
#: The first picture takes its time to be drawn, as a large one does on a weak phone.
DRAWN_LATE = """() => { const draw = createImageBitmap; let first = true
  window.createImageBitmap = async (...what) => {
    if (first) { first = false; await new Promise((go) => { window.letGo = go }) }
    return draw(...what)
  } }"""


def takes_photos(bench: Bench, begun: Any = None) -> None:
    """Take every piece in; ``begun`` may hold the answers to the first word of each photo."""
    bench.answers["/anh"] = begun or told(json={"received": 0})
    bench.answers["/dang"] = told(content_type="text/html", body="<h1>Xong</h1>")

    def rest(route: Route) -> None:
        body = route.request.post_data_buffer or b""
        at = int(route.request.headers.get("upload-offset", 0))
        route.fulfill(json={"received": at + len(body)})

    bench.page.route(lambda url: "/anh/" in url, rest)


def test_the_photo_that_was_chosen_last_is_the_one_that_is_sent(bench):
    takes_photos(bench)
    page = bench.open(PHOTO)
    expect(page.locator("#anh")).to_have_class("vh")
    page.evaluate(DRAWN_LATE)
    page.set_input_files("#anh", a_photo(80, "red"))
    page.wait_for_function("() => window.letGo")
    page.set_input_files("#anh", a_photo(40, "blue"))
    expect(page.locator("#dang")).to_have_text("Tới nơi")
    key = page.input_value("[name=da_gui]")
    page.evaluate("() => window.letGo()")
    page.wait_for_timeout(300)
    assert page.input_value("[name=da_gui]") == key
    assert page.locator("#xem canvas").evaluate("(shown) => shown.width") == 40
    assert len(bench.posts("/anh")) == 1


def test_the_form_waits_for_the_photo_of_now_and_goes_once(bench):
    begun = Held()
    takes_photos(bench, begun)
    page = bench.open(PHOTO)
    expect(page.locator("#anh")).to_have_class("vh")
    page.evaluate(DRAWN_LATE)
    page.set_input_files("#anh", a_photo(80, "red"))
    page.wait_for_function("() => window.letGo")
    page.click("button")  # Before it is made smaller: the large one stays here all the same.
    expect(page.locator("#dang")).to_have_text("Chờ ảnh")
    page.click("button")
    page.evaluate("() => window.letGo()")
    until(page, lambda: len(begun.routes) == 1)
    page.set_input_files("#anh_san", a_photo(40, "blue"))
    until(page, lambda: len(begun.routes) == 2)
    begun.routes[0].fulfill(json={"received": 0})
    page.wait_for_timeout(300)
    assert bench.posts("/dang") == []
    assert page.input_value("#anh") == ""
    key = page.input_value("[name=da_gui]")
    begun.routes[1].fulfill(json={"received": 0})
    expect(page.locator("h1")).to_have_text("Xong")
    assert [method for method, path, _ in bench.asked if path == "/dang"] == ["POST"]
    assert bench.posts("/anh")[1]["khoa"] == key


def test_a_form_whose_photo_was_refused_is_not_sent_without_it(bench):
    begun = Held()
    takes_photos(bench, begun)
    page = bench.open(PHOTO)
    expect(page.locator("#anh")).to_have_class("vh")
    page.set_input_files("#anh", a_photo(80, "red"))
    until(page, lambda: len(begun.routes) == 1)
    begun.routes[0].fulfill(status=429, body="")  # Busy is no refusal: it is tried again.
    until(page, lambda: len(begun.routes) == 2)
    page.click("button")
    expect(page.locator("#dang")).to_have_text("Chờ ảnh")
    begun.routes[1].fulfill(status=422, json={"says": "Ảnh hỏng"})
    expect(page.locator("#dang")).to_have_text("Ảnh hỏng")
    page.wait_for_timeout(300)
    assert bench.posts("/dang") == []


@pytest.mark.parametrize("cut_at", ["/anh", "/anh/"])
def test_a_photo_of_someone_who_is_signed_out_says_so_and_shows_the_way_in(bench, cut_at):
    takes_photos(bench)

    def out(route: Route) -> None:
        route.fulfill(status=303, headers={"Location": "/dang-nhap?tiep=/"})

    if cut_at == "/anh":
        bench.answers["/anh"] = out
    else:
        bench.page.route(lambda url: cut_at in url, out)
    page = bench.open(PHOTO)
    expect(page.locator("#anh")).to_have_class("vh")
    page.set_input_files("#anh", a_photo(80, "red"))
    line = page.locator("#dang")
    expect(line).to_have_text("Đã thoát. Vào lại")
    expect(line.locator("a")).to_have_attribute("href", "/trang")
    # Nothing is left that could be sent as if it had arrived.
    assert page.input_value("[name=da_gui]") == ""
    assert page.locator("#xem").is_hidden()


def test_drafts_come_to_the_shop_in_their_order(bench):
    saves = Held()
    bench.answers["/nhap"] = saves
    page = bench.open("""<form data-draft="/nhap" data-owner="1-1" data-saved="Lưu {at}" data-cut="Cắt">
<input type="hidden" name="csrf_token" value="t"><input name="ten"><input name="gia"><p data-kept></p></form>""")
    until(page, lambda: any(path == "/trang" for _, path, _ in bench.asked))
    page.wait_for_load_state("networkidle")
    page.fill("[name=ten]", "Rổ")
    page.locator("[name=ten]").blur()
    until(page, lambda: len(saves.routes) == 1)
    page.fill("[name=gia]", "95k")
    page.locator("[name=gia]").blur()
    page.wait_for_timeout(400)
    assert len(saves.routes) == 1, "The older one could come after it."
    saves.routes[0].fulfill(json={"saved": "8:00", "notes": {}})
    until(page, lambda: len(saves.routes) == 2)
    saves.routes[1].fulfill(json={"saved": "8:01", "notes": {}})
    expect(page.locator("[data-kept]")).to_have_text("Lưu 8:01")
    assert [one["gia"] for one in bench.posts("/nhap")] == ["", "95k"]


def test_a_draft_of_someone_who_is_signed_out_says_so_and_shows_the_way_in(bench):
    letters = """() => localStorage.getItem('nhap-1-1')"""
    body = """<form data-draft="/nhap" data-owner="1-1" data-saved="Lưu {at}" data-cut="Mất mạng" data-out="Đã thoát." data-in="Vào lại">
<input type="hidden" name="csrf_token" value="t"><input name="ten"><p data-kept></p></form>"""
    bench.answers["/nhap"] = lambda route: route.fulfill(
        status=303, headers={"Location": "/dang-nhap?tiep=/"}
    )
    page = bench.open(body)
    page.wait_for_load_state("networkidle")
    page.fill("[name=ten]", "Rổ")
    page.locator("[name=ten]").blur()
    line = page.locator("[data-kept]")
    expect(line).to_have_text("Đã thoát. Vào lại")
    expect(line.locator("a")).to_have_attribute("href", "/trang")
    assert "Rổ" in page.evaluate(letters)
    # The line is cut meanwhile: that is another thing.
    bench.answers["/nhap"] = lambda route: route.abort()
    page.fill("[name=ten]", "Rổ tre")
    page.locator("[name=ten]").blur()
    expect(line).to_have_text("Mất mạng")
    # She is in again: what she wrote is there, and is kept by the shop.
    bench.answers["/nhap"] = lambda route: route.fulfill(json={"saved": "8:00", "notes": {}})
    page = bench.open(body)
    expect(page.locator("[name=ten]")).to_have_value("Rổ tre")
    expect(page.locator("[data-kept]")).to_have_text("Lưu 8:00")
    assert page.evaluate(letters) is None


WORDS = {
    name: name for name in (
        "due", "paid", "given", "left", "back", "late", "hand", "absent", "undo", "kept", "bring",
        "unsent", "clear", "cut", "again", "sign", "few", "none", "more", "full",
    )
} | {"bag": "Túi {n}", "line": "{place}", "take": "Thu {vnd}", "counts": "Còn {n} trên {all}.",
     "queue": "{n} việc giữ.", "sum": "{vnd}", "sold": "Bán {vnd}"}  # fmt: skip
STALL = f"""<div><div data-stall="1" data-book="/so" data-page="/phien" data-words='{json.dumps(WORDS)}'>
<p hidden data-stall-line><span></span> <a hidden href="/dang-nhap">Vào</a></p>
<form action="/phien"><input name="tim"></form><p hidden data-stall-scan><button>Quét</button></p>
<ul hidden data-stall-list></ul><p hidden data-stall-more></p>
<template><li class="task"><header><h2></h2><span class="tag"></span></header><div class="flow"><p></p><p></p></div><div class="task__act"></div><details><summary>Đổi</summary><div class="task__act"></div></details></li></template>
<details open data-stall-sale><summary>Bán</summary><form method="post" action="/ban"><fieldset>
<input name="n5"><span data-left="5"></span></fieldset><input name="slip"><input name="slip_vnd">
<p data-sum></p><button>Ghi bán</button></form></details></div></div>"""


def a_bag(number: int) -> dict[str, Any]:
    return {"number": number, "name": f"Bà {number}", "code": "A", "tail": "1", "place": "Chợ",
            "total": 9, "due": 0, "late": False, "state": "waits", "last": None,
            "lines": [[number, 1, "Rổ", "Rổ", "vi"]]}  # fmt: skip


def acts_of(page: Page) -> list[dict[str, Any]]:
    """Return the acts that the phone keeps."""
    return page.evaluate("""() => new Promise((good) => {
      const asked = indexedDB.open('hang-cho', 1)
      asked.onsuccess = () => {
        const all = asked.result.transaction('acts').objectStore('acts').getAll()
        all.onsuccess = () => { asked.result.close(); good(all.result) }
      }
    })""")


@pytest.fixture
def stall(bench: Bench) -> Bench:
    """The market's stall, whose phone cannot send a thing: the door is shut."""
    book = {"who": 7, "until": (time.time() + 3600) * 1000, "bags": [a_bag(1), a_bag(2)],
            "offers": [{"id": 5, "left": 9, "price": 1000}]}  # fmt: skip
    bench.answers["/so"] = told(json=book)
    bench.answers["/hang-cho"] = told(json={"who": 7, "token": "t"})
    return bench


def test_two_taps_at_the_stall_are_one_act(stall):
    page = stall.open(STALL)
    line, bags = page.locator("[data-stall-line]"), page.locator("[data-stall-list] > li")
    expect(line).to_contain_text("Còn 2 trên 2. clear")
    stall.answers["/hang-cho"] = told(status=503, body="")
    page.fill("[name=n5]", "2")
    page.evaluate("""() => {
      const sale = document.querySelector('[data-stall-sale] form')
      sale.requestSubmit()
      sale.requestSubmit()
    }""")
    expect(line).to_contain_text("1 việc giữ.")
    page.evaluate("document.querySelector('[data-stall-sale] form').requestSubmit()")
    expect(page.locator("[data-sum]")).to_contain_text("Bán 2.000")
    # Under the second tap there is by then the button of another bag.
    bags.first.get_by_role("button", name="hand").dblclick()
    expect(line).to_contain_text("2 việc giữ.")
    bags.first.get_by_role("button", name="hand").evaluate("(one) => { one.click(); one.click() }")
    expect(line).to_contain_text("3 việc giữ.")
    page.wait_for_timeout(200)
    kinds = [act["kind"] for act in acts_of(page)]
    assert kinds == ["market.sell", "market.hand_over", "market.hand_over"]
    expect(line).to_contain_text("cut")
    expect(line.locator("a")).to_be_hidden()  # Nobody has to sign in because the shop is busy.


def test_what_cannot_be_kept_is_said_and_what_is_another_ones_is_left_in_peace(stall):
    page = stall.open(STALL)
    line = page.locator("[data-stall-line]")
    expect(line).to_contain_text("clear")
    page.evaluate("""() => { IDBObjectStore.prototype.add = () => {
      throw new DOMException('full', 'QuotaExceededError') } }""")
    page.locator("[data-stall-list] button").first.click()
    expect(line.locator("span")).to_have_text("full")
    page.fill("[name=n5]", "2")
    page.click("text=Ghi bán")
    expect(page.locator("[data-sum]")).to_have_text("full")
    expect(page.locator("[name=n5]")).to_have_value("2")

    # Another's act waits on this phone for its owner; meanwhile nobody is asked five times a second.
    page.evaluate("""async () => { const { open } = await import('/static/js/queue.js')
      const queue = await open('/hang-cho')
      await queue.keep('x', {})
      await new Promise(done => { indexedDB.open('hang-cho', 1).onsuccess = ({ target }) => {
        const written = target.result.transaction('acts', 'readwrite')
        written.objectStore('acts')
          .put({ key: 'k', who: 8, kind: 'market.leave', at: 1, facts: { market: 1, number: 1 } })
        written.oncomplete = done } }) }""")
    page.reload()
    expect(line).to_contain_text("1 việc giữ.")
    before = len(stall.asked)
    page.wait_for_timeout(1500)
    assert len(stall.asked) - before < 6
    # A list that is drawn anew keeps the button that she holds.
    second = page.locator("[data-stall-list] > li").first.locator("button").nth(1)
    second.focus()
    page.evaluate("dispatchEvent(new Event('online'))")
    until(page, lambda: len(stall.asked) > before + 1)
    page.wait_for_timeout(300)
    expect(second).to_be_focused()


def offline(at: int, order: int = 5) -> str:
    words = {"who": 7, "stall": 3, "home": "/ban-hang", "at": at} | {
        name: name for name in ("cut", "go", "sign", "again", "sent", "no", "full", "confirmed",
                                "packed", "pack", "undo", "seen")
    } | {"n": "{n} chưa gửi."}  # fmt: skip
    return f"""<div hidden data-offline='{json.dumps(words)}'><p></p><p hidden><a href="/">Vào</a></p></div>
<form method="post" action="/thoat" data-unsent="Còn việc"><button id="thoat">Thoát</button></form>
<div id="bang"><form method="post" action="/buoc" data-step="{order}"><input type="hidden" name="toi" value="confirmed">
<button class="buoc"><span>Chốt</span></button></form></div>"""


def now_ms() -> int:
    return int(time.time() * 1000)


@pytest.fixture
def orders(bench: Bench) -> Bench:
    bench.page.add_init_script("delete Navigator.prototype.serviceWorker")
    bench.answers["/hang-cho"] = told(json={"who": 7, "token": "t"})
    for path in ("/buoc", "/thoat"):
        bench.answers[path] = told(content_type="text/html", body="<h1>Xong</h1>")
    return bench


def test_a_step_is_done_though_the_board_was_renewed_under_the_finger(orders):
    page = orders.open(offline(now_ms()))
    expect(page.locator("[data-offline]")).to_have_attribute("data-waiting", "0")
    door = Held()
    orders.answers["/hang-cho"] = door
    page.click(".buoc")
    until(page, lambda: len(door.routes) == 1)
    page.evaluate(
        "() => { const all = document.querySelector('#bang'); all.innerHTML = all.innerHTML }"
    )
    door.routes[0].fulfill(json={"who": 7, "token": "t"})
    expect(page.locator("h1")).to_have_text("Xong")
    assert [one["toi"] for one in orders.posts("/buoc")] == ["confirmed"]


def test_what_waits_goes_before_the_next_step_and_leads_nowhere_meanwhile(orders):
    page = orders.open(offline(now_ms()))
    line = page.locator("[data-offline]")
    expect(line).to_have_attribute("data-waiting", "0")
    page.evaluate(
        "Object.defineProperty(Navigator.prototype, 'onLine', { get: () => window.line !== 'cut' })"
    )
    page.evaluate("() => { window.line = 'cut' }")
    page.locator(".buoc").dblclick()  # The second tap is not meant for the step that is there then.
    expect(line).to_contain_text("1 chưa gửi.")
    assert [act["facts"]["to"] for act in acts_of(page)] == ["confirmed"]
    acts = Held()

    def take(route: Route) -> None:
        if route.request.method == "POST":
            acts(route)
        else:
            route.fulfill(json={"who": 7, "token": "t"})

    orders.answers["/hang-cho"] = take
    page.evaluate("() => { window.line = ''; dispatchEvent(new Event('online')) }")
    until(page, lambda: len(acts.routes) == 1)
    page.click(".buoc")
    page.wait_for_timeout(300)
    assert orders.posts("/buoc") == [], "What was tapped before it is not there yet."
    [act] = acts_of(page)
    acts.routes[0].fulfill(json={"results": [{"key": act["key"], "outcome": "done", "says": ""}]})
    expect(page.locator("h1")).to_have_text("Xong")
    assert [one["toi"] for one in orders.posts("/buoc")] == ["packed"]


def test_a_page_out_of_the_phone_says_so_and_is_fetched_anew_when_the_line_is_back(orders):
    page = orders.open(offline(now_ms() - 600_000))
    date = {"Date": time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())}
    orders.answers["/hang-cho"] = told(json={"who": 7, "token": "t"}, headers=date)
    page.reload()
    line = page.locator("[data-offline]")
    expect(line).to_contain_text("cut")
    orders.body = offline(now_ms())
    page.evaluate("() => { window.old = true; dispatchEvent(new Event('online')) }")
    page.wait_for_function("() => !window.old")
    expect(line).to_be_hidden()
    # A phone whose clock is wrong is no reason: the shop's own clock is asked.
    orders.body = offline(now_ms())
    page.clock.set_system_time("2001-01-01T00:00:00Z")
    page.reload()
    expect(line).to_have_attribute("data-waiting", "0")
    page.evaluate("() => { window.old = true; dispatchEvent(new Event('online')) }")
    page.wait_for_timeout(300)
    assert page.evaluate("window.old")
    expect(line).to_be_hidden()


def test_who_signs_out_is_asked_about_what_this_very_page_noted_and_gets_out(orders):
    page = orders.open(offline(now_ms()))
    line = page.locator("[data-offline]")
    expect(line).to_have_attribute("data-waiting", "0")
    page.evaluate("Object.defineProperty(Navigator.prototype, 'onLine', { get: () => false })")
    page.click(".buoc")
    expect(line).to_contain_text("1 chưa gửi.")
    door, asked = Held(), []
    orders.answers["/hang-cho"] = door

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss() if len(asked) == 1 else dialog.accept()

    page.on("dialog", answer)
    page.click("#thoat")
    page.click("#thoat")
    until(page, lambda: len(asked) == 1)  # The line holds the answer: she is not held with it.
    page.wait_for_timeout(300)
    assert (asked, orders.posts("/thoat")) == (["Còn việc"], [])
    page.evaluate("() => { indexedDB.open = () => { throw new Error('forbidden') } }")
    page.click("#thoat")
    expect(page.locator("h1")).to_have_text("Xong")


def test_a_board_whose_owner_is_signed_out_shows_no_names(bench):
    tools = "".join(f"<button data-live-{one}></button>" for one in ("ring", "speak"))
    bench.answers["/bang"] = told(status=303, headers={"Location": "/dang-nhap"}, body="")
    page = bench.open(f"""<div data-live="/bang?xem=moi" data-stream="/nghe" data-mark="m" data-newest="1">
<div data-live-inside>Lê Thị Bông</div><section hidden data-live-tools>{tools}</section></div>""")
    bench.body = "<h1>Đăng nhập</h1>"
    expect(page.locator("h1")).to_have_text("Đăng nhập")
    expect(page.get_by_text("Bông")).to_have_count(0)


def test_a_page_that_renews_itself_does_not_take_away_where_she_is_going(bench):
    going, work = Held(), {"done": 1, "total": 9, "says": "1 trên 9"}
    bench.answers |= {"/di": going, "/den-dau": told(json=work)}
    page = bench.open("""<a href="/di">Đi</a>
<div data-progress="/den-dau"><p></p><progress></progress></div>""")
    expect(page.locator("[data-progress] p")).to_have_text("1 trên 9")
    page.click("a", no_wait_after=True)
    until(page, lambda: going.routes)
    bench.answers["/den-dau"] = told(json={"over": True})
    before = len(bench.asked)
    until(page, lambda: len(bench.asked) > before + 2)
    assert {path for _, path, _ in bench.asked[before:]} == {"/den-dau"}
    going.routes[0].fulfill(content_type="text/html", body="<h1>Xong</h1>")
    expect(page.locator("h1")).to_have_text("Xong")


def test_money_is_watched_for_though_the_shop_was_down_once(bench):
    page = bench.page
    page.clock.install()
    answers = [
        told(status=503, body=""),
        told(json={"says": "Tiền tới", "headline": "Đủ", "settled": []}, headers={"ETag": "b"}),
    ]
    bench.answers["/tien"] = lambda route: answers.pop(0)(route)
    bench.open(
        """<h1>Chờ</h1><div hidden tabindex="-1" data-watch="/tien" data-mark="a"><p></p></div>"""
    )
    expect(page.locator("h1")).to_have_text("Chờ")
    for _ in range(20):
        page.clock.run_for(5_000)
        page.wait_for_timeout(50)
        if not answers:
            break
    expect(page.locator("[data-watch]")).to_have_text("Tiền tới")


RECORD = """<form method="post" action="/luu" enctype="multipart/form-data">
<div hidden data-record="tep" data-stop="Dừng" data-again="Lại" data-now="{s} {level}" data-none="Im"
 data-low="Nhỏ" data-good="Rõ" data-done="Ghi {s}" data-denied="Cấm"><p data-level></p>
<button type="button">Ghi</button><button type="button" hidden>Nghe</button></div>
<input type="file" id="tep" name="tep"><button id="luu">Lưu</button></form>"""


def test_one_microphone_is_opened_and_what_is_said_goes_with_the_form(bench):
    bench.answers["/luu"] = told(content_type="text/html", body="<h1>Xong</h1>")
    page = bench.page
    page.add_init_script("""window.opened = 0
      navigator.mediaDevices.getUserMedia = async () => {
        window.opened += 1
        await new Promise((go) => { window.allow = go })
        return new AudioContext().createMediaStreamDestination().stream
      }""")
    bench.open(RECORD)
    button = page.locator("[data-record] button").first
    button.click()
    button.click()
    page.wait_for_timeout(200)
    assert page.evaluate("window.opened") == 1
    page.evaluate("window.allow()")
    expect(button).to_have_text("Dừng")
    page.wait_for_timeout(600)
    sent = []
    page.on("request", lambda request: sent.append(request.post_data_buffer or b""))
    page.click("#luu")
    expect(page.locator("h1")).to_have_text("Xong")
    assert b"ghi-am." in sent[0]


def test_a_second_tap_neither_asks_for_the_key_again_nor_adds_another_to_the_cart(bench):
    bench.answers["/hoi"] = told(json={"challenge": "AAAA", "allowCredentials": []})
    bench.answers["/them"] = told(status=204)
    page = bench.page
    page.add_init_script("navigator.credentials.get = () => new Promise(() => {})")
    bench.open("""<form hidden data-passkey="/hoi" method="post" action="/khoa"><input type="hidden" name="credential">
<button id="khoa">Vào</button><p data-trouble hidden>Không được</p></form>
<form method="post" action="/them"><fieldset data-stepper><div class="stepper"><button value="1" type="button">+</button>
<input name="so" value="1"></div></fieldset><button id="them">Thêm</button></form>""")
    page.click("#khoa")
    page.wait_for_load_state("networkidle")
    page.click("#khoa")
    page.locator("#them").dblclick()
    page.wait_for_timeout(300)
    assert [len(bench.posts(path)) for path in ("/hoi", "/them")] == [1, 1]
    page.wait_for_timeout(1_000)
    page.click("#them")
    until(page, lambda: len(bench.posts("/them")) == 2)


def test_what_may_not_be_copied_is_there_to_copy_by_hand(bench):
    page = bench.page
    page.add_init_script("""const no = async () => { throw new DOMException('no', 'NotAllowedError') }
      navigator.clipboard.writeText = no
      navigator.share = no""")
    shown = []

    def look(dialog: Dialog) -> None:
        shown.append((dialog.type, dialog.message, dialog.default_value))
        dialog.dismiss()

    page.on("dialog", look)
    bench.open("""<button hidden data-copy="0001" data-said="Đã chép số tài khoản."><span>Chép</span></button>
<button hidden data-share="https://cho.test/m" data-title="Muối"><span>Gửi</span></button>""")
    page.click("[data-copy]")
    page.click("[data-share]")
    until(page, lambda: len(shown) == 2)
    assert shown == [
        ("prompt", "Đã chép số tài khoản.", "0001"), ("prompt", "Muối", "https://cho.test/m"),
    ]  # fmt: skip
    expect(page.locator("[data-say]")).to_have_text("")


def test_fees_follow_what_was_chosen_before_the_script_came_and_a_button_asks_when_they_cannot(
    bench,
):
    script, fees = Held(), Held()
    bench.answers |= {"/static/js/checkout.js": script, "/tinh": fees}
    page = bench.page
    bench.body = """<form data-checkout="/tinh"><input type="radio" name="tra" value="cod" checked>
<input type="radio" name="tra" value="transfer"><input name="ten"><div data-part="makers"><input name="nhan"></div>
<div data-part="total" data-total="9">
<div data-plain-checkout><button>Tính lại</button></div></div></form>"""
    page.goto(HERE, wait_until="commit")
    page.check("[value=transfer]")
    until(page, lambda: script.routes)
    script.routes[0].fulfill(path=SCRIPTS / "js" / "checkout.js")
    until(page, lambda: fees.routes)
    again = page.get_by_role("button", name="Tính lại")
    expect(again).to_be_hidden()
    page.locator("[name=nhan]").press_sequentially("Gửi giờ trưa", delay=80)
    fees.routes[0].fulfill(status=503, body="")  # Of before: the one asked since is on its way.
    until(page, lambda: len(fees.routes) == 2)
    expect(again).to_be_hidden()
    fees.routes[1].fulfill(status=503, body="")
    expect(again).to_be_visible()
    sent = [(one["tra"], one["nhan"]) for one in bench.posts("/tinh")]
    assert sent == [("transfer", ""), ("transfer", "Gửi giờ trưa")], "Not once for every letter."
    page.check("[value=cod]")
    until(page, lambda: len(fees.routes) == 3)
    page.locator("[name=ten]").press_sequentially("Bông", delay=80)  # No fee follows a name.
    fees.routes[2].fulfill(
        content_type="text/html",
        body='<form><div data-part="total" data-total="8"><div data-plain-checkout>'
        "<button>Tính lại</button></div></div></form>",
    )
    expect(page.locator("[data-say]")).to_have_text("8")
    expect(again).to_be_hidden()
    assert len(fees.routes) == 3


#: worker.js as it would run in a phone, asked for the board while the shop answers so.
WORKER = """async ([script, status]) => {
  const heard = {}
  const gone = []
  const kept = { match: async () => new Response('kept', { headers: { Date: new Date().toUTCString() } }) }
  const caches = { open: async () => kept, delete: async (name) => gone.push(name) }
  const self = { addEventListener: (name, what) => { heard[name] = what } }
  new Function('self', 'caches', 'fetch', script)(self, caches, async () => new Response('now', { status }))
  let answer
  heard.fetch({
    request: { method: 'GET', mode: 'navigate', url: location.origin + '/ban-hang' },
    respondWith: (what) => { answer = what }, waitUntil: () => {},
  })
  return [await (await answer).text(), gone]
}"""


@pytest.mark.parametrize(
    ("status", "shown", "gone"),
    [
        (200, "now", []), (429, "kept", []), (503, "kept", []),
        (404, "now", ["gian-hang"]), (401, "now", ["gian-hang"]),
    ],
)  # fmt: skip
def test_a_busy_shop_does_not_take_the_kept_orders_away(bench, status, shown, gone):
    page = bench.open("")
    script = (SCRIPTS / "js" / "worker.js").read_text()
    assert page.evaluate(WORKER, [script, status]) == [shown, gone]
