"""Packing over all orders, and labels that a carrier can read, one page or many."""

import io

import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader

from shop.db import db
from shop.selling.labels import MOST_GOODS, Label, Size, labels_of, labels_pdf, typeset
from shop.selling.queries.parcels import parcels

PACK, LABELS = "/ban-hang/goi", "/ban-hang/goi/nhan"


def label(n=1, **more):
    return Label(**{
        "code": f"Đơn CPH-{n}", "day": "27/11/2026", "sender": "Bột ngũ cốc Gò Mít",
        "sender_at": "chị Mẫu, 0905 000 100, Phường Hội An, Đà Nẵng", "name": "Đặng Thị Ngọc Quyền",
        "phone": "0912 000 678", "address": "12 đường Mẫu, Phường Hải Châu, Đà Nẵng", "note": "",
        "money": "THU HỘ 120.000 đồng", "goods": ["1 × Bột ngũ cốc, Hũ 500 g"],
        "qr": f"https://cho.example/ban-hang/don/{n}", **more,
    })  # fmt: skip


def pages_of(pdf):
    return PdfReader(io.BytesIO(pdf)).pages


def test_what_all_orders_need_is_summed_by_pack(stall, in_state, a_variant):
    flour, tea = (a_variant(t, seller_id=stall.id, on_hand=50) for t in ("Bột mè", "Chè dây"))
    for quantity in (2, 3):
        in_state("confirmed", seller_id=stall.id, variant_id=flour, quantity=quantity)
    in_state("confirmed", seller_id=stall.id, variant_id=tea)
    in_state("packed", seller_id=stall.id, variant_id=tea)
    in_state("placed", seller_id=stall.id, variant_id=tea)
    heads = stall.page(PACK).split('id="h-soan"')[1].split("</ul>")[0]
    assert "cho 2 đơn" in heads.split("Chè dây")[0]
    assert '<b class="num">5\u00a0hũ</b>' in heads.split("Chè dây")[0]
    assert '<b class="num">1\u00a0hũ</b>' in heads.split("Chè dây")[1]


def test_packed_ones_are_ticked_and_what_is_not_in_the_house_is_not_there(stall, in_state):
    packed, confirmed, sent = (
        in_state(state, seller_id=stall.id) for state in ("packed", "confirmed", "handed_over")
    )
    page = stall.page(PACK)
    assert f'value="{packed}" id="don" checked' in page
    assert f'value="{confirmed}">' in page
    assert f'value="{sent}"' not in page


def test_what_is_not_paid_yet_is_marked_not_ticked_and_not_gathered(stall, in_state, a_variant):
    tea = a_variant("Chè dây", seller_id=stall.id, on_hand=50)
    paid = in_state("packed", seller_id=stall.id)
    waiting = in_state("packed", seller_id=stall.id, method="transfer")
    in_state("confirmed", seller_id=stall.id, variant_id=tea, method="transfer")
    page = stall.page(PACK).replace("\xa0", " ")
    assert f'value="{paid}" id="don" checked' in page
    assert f'value="{waiting}">' in page
    assert (
        page.count("Khách còn thiếu 120.000") == page.count("Chờ tiền tới rồi hãy gói, gửi.") == 2
    )
    assert "2 đơn khách chưa trả đủ" in page
    assert 'id="h-soan"' not in page
    stall.post(f"/ban-hang/don/{waiting}/tien", so_tien="120k", sau="0")
    page = stall.page(PACK).replace("\xa0", " ")
    assert f'value="{waiting}" checked' in page
    assert "1 đơn khách chưa trả đủ" in page


@pytest.mark.parametrize(("size", "mm"), [("a6", (105, 148)), ("75x100", (75, 100))])
def test_labels_have_their_paper_and_say_what_is_collected(stall, in_state, size, mm):
    orders = [in_state("packed", seller_id=stall.id, method=m) for m in ("cod", "transfer")]
    answer = stall.get(LABELS, query_string={"don": orders, "co": size})
    assert answer.content_type == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    pages = pages_of(answer.data)
    assert len(pages) == 2
    box = pages[0].mediabox
    assert tuple(round(float(side) / 72 * 25.4) for side in (box.width, box.height)) == mm
    first, second = (page.extract_text().replace("\xa0", " ") for page in pages)
    assert "THU HỘ 120.000 đồng" in first
    assert "KHÔNG THU TIỀN" in second
    assert "95.000" not in first + second


def test_a_label_on_an_english_page_is_vietnamese_still(stall, in_state):
    order = in_state("packed", seller_id=stall.id)
    answer = stall.get(f"/en{LABELS}", query_string={"don": order})
    assert "Người nhận" in pages_of(answer.data)[0].extract_text()


def test_the_roll_is_a_page(stall, in_state):
    order = in_state("packed", seller_id=stall.id)
    page = stall.page(f"{LABELS}?don={order}&co=58")
    assert page.count('class="roll"') == 1
    assert "THU HỘ 120.000 đồng" in page.replace("\xa0", " ")


@pytest.mark.parametrize(
    "asked", ["", "don=", "don=x", "don=²", "don=99999999999999999999", "don=1e3"]
)
def test_nothing_that_can_be_printed_is_a_sentence(stall, asked):
    answer = stall.get(f"{LABELS}?{asked}")
    assert answer.status_code == 422


def test_another_stalls_parcel_gives_no_label(stall, a_seller, in_state):
    foreign, own = in_state("packed", seller_id=a_seller()), in_state("packed", seller_id=stall.id)
    assert stall.get(f"{LABELS}?don={foreign}").status_code == 422
    both = stall.get(LABELS, query_string={"don": [foreign, own]})
    assert len(pages_of(both.data)) == 1


def test_many_orders_ask_no_more_than_few(stall, in_state, count_queries):
    in_state("packed", seller_id=stall.id)
    with count_queries() as few:
        stall.page(PACK)
    for _ in range(5):
        in_state("confirmed", seller_id=stall.id)
    with count_queries() as many:
        stall.page(PACK)
    assert len(many) == len(few) <= 8


@pytest.mark.parametrize("size", [Size.A6, Size.STICKER])
def test_the_longest_words_fit_on_one_page_and_the_picture_reads_back(size):
    longest = label(
        sender="Hợp tác xã " + "Bánh tráng " * 6, name="Nguyễn " * 16,
        address="Số 123/45/67 ngõ dài, " * 8, note="Gọi trước khi giao giúp em nhé. " * 7,
        goods=["12 × " + "Bột ngũ cốc mười hai loại hạt rang xay, Hộp 14 gói 30 g " * 2] * MOST_GOODS,
    )  # fmt: skip
    assert len(pages_of(labels_pdf([longest], size, "Gò Mít"))) == 1
    picture = Image.open(io.BytesIO(typeset([longest], size, "Gò Mít", format="png", ppi=203)))
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == [longest.qr]


def test_the_picture_on_a_label_opens_the_order(app, stall, in_state):
    order = in_state("packed", seller_id=stall.id)
    with app.test_request_context("/en/ban-hang/goi/nhan"):
        [made] = labels_of(parcels(db.session(), stall.id, only=[order]))
    assert made.qr == f"{app.config['BASE_URL']}/ban-hang/don/{order}"


def test_what_is_typed_stays_text(stall):
    wild = label(name="#pagebreak() *x* <b>", note='$1/0$ "\\', goods=["= Đầu mục @ref"])
    pages = pages_of(labels_pdf([wild], Size.A6, "Gò Mít"))
    assert len(pages) == 1
    assert "#pagebreak() *x* <b>" in pages[0].extract_text()
