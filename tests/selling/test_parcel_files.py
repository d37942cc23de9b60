"""Files that carriers import: their headings, what stands under them, and nothing that runs."""

import io
from dataclasses import replace
from types import SimpleNamespace

import pytest
from python_calamine import CalamineWorkbook

from shop.carriers.models import CarrierAccount, CarrierParcel
from shop.catalogue.models import Variant
from shop.db import db, transaction
from shop.media.sheets import tables_in
from shop.selling.parcel_files import SHAPES, _kilograms, parcel_file
from shop.selling.queries.parcels import parcels
from tests.conftest import NOON
from tests.selling.test_parcels import PACK

FILE = "/ban-hang/goi/tep"


def table(answer):
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).sheet_names) == 1
    [rows] = tables_in(answer.data)
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


@pytest.mark.parametrize(
    ("carrier", "cod", "code", "phone"),
    [
        ("ghn", "Tiền thu hộ (COD)", "Mã hàng riêng của shop", "Số điện thoại người nhận"),
        ("ghtk", "Tiền thu hộ", "Mã đơn hàng", "Số điện thoại"),
        ("viettelpost", "Tiền thu hộ COD (VND)", "Mã đơn hàng", "Số ĐT người nhận (*)"),
    ],
)
def test_chosen_parcels_are_read_back_as_they_are(stall, in_state, carrier, cod, code, phone):
    orders = [in_state("packed", seller_id=stall.id, method=m) for m in ("cod", "transfer")]
    in_state("packed", seller_id=stall.id)
    rows = table(stall.get(FILE, query_string={"don": orders, "hang": carrier}))
    assert [list(row) for row in rows] == [[head for head, _ in SHAPES[carrier].columns]] * 2
    assert [row[cod] for row in rows] == [120_000, 0]
    assert len({row[code] for row in rows}) == 2
    assert all(str(row[phone]).startswith("0") and str(row[phone]).isdecimal() for row in rows)


def test_what_a_buyer_typed_is_no_formula(stall, in_state, app):
    order = in_state("packed", seller_id=stall.id)
    [one] = parcels(db.session(), stall.id, only=[order])
    wild = replace(one, contact=replace(one.contact, name='=HYPERLINK("//x")', street="@SUM(1)"))
    for shape in SHAPES.values():
        content = parcel_file(shape, [wild]).read()
        [rows] = tables_in(content)
        assert '\'=HYPERLINK("//x")' in rows[1]
        assert b"<f>" not in content
        assert any(str(cell).startswith("'@SUM(1)") for cell in rows[1])


def test_no_carrier_no_parcel_and_anothers_parcel_give_a_sentence(stall, a_seller, in_state):
    foreign, own = in_state("packed", seller_id=a_seller()), in_state("packed", seller_id=stall.id)
    assert "GHTK" in stall.page(PACK)
    assert stall.get(FILE, query_string={"don": own, "hang": "x"}).status_code == 422
    assert stall.get(FILE, query_string={"hang": "ghn"}).status_code == 422
    assert stall.get(FILE, query_string={"don": foreign, "hang": "ghn"}).status_code == 422
    rows = table(stall.get(FILE, query_string={"don": [own, foreign], "hang": "ghn"}))
    assert len(rows) == 1


def test_a_parcel_goes_in_the_box_that_the_stall_packs_it_in(stall, in_state, a_variant):
    sides = ("Dài (cm)", "Rộng (cm)", "Cao (cm)")
    at_ghn = ("Chiều dài (cm)", "Chiều rộng (cm)", "Chiều cao (cm)")
    measured = a_variant(seller_id=stall.id)
    with transaction() as session:
        pack = session.get_one(Variant, measured)
        pack.length_mm, pack.width_mm, pack.height_mm = 290, 150, 90
    light, tall, own = (
        in_state("packed", seller_id=stall.id, variant_id=one) for one in (None, measured, measured)
    )
    with transaction() as session:
        account = CarrierAccount(
            seller_id=stall.id, carrier="ghn", address="x", data_key=b"", secret=b"",
            started_at=NOON,
        )  # fmt: skip
        session.add(account)
        session.flush()
        for n, length in enumerate([60, 55]):
            session.add(CarrierParcel(
                seller_id=stall.id, seller_order_id=own, account_id=account.id,
                client_code=f"c{n}", state="refused", weight_g=900, cod_vnd=0, length_cm=length,
                width_cm=12, height_cm=8, asked_at=NOON,
            ))  # fmt: skip
    for carrier, names in (("viettelpost", sides), ("ghn", at_ghn)):
        rows = table(stall.get(FILE, query_string={"don": [light, tall, own], "hang": carrier}))
        assert [tuple(row[name] for name in names) for row in rows] == [
            (20, 15, 10), (30, 20, 15), (55, 12, 8),
        ], "By weight, by what was measured, and the box that she chose last."  # fmt: skip


def test_weights_are_said_in_kilograms_without_a_float():
    told = [
        _kilograms(1, SimpleNamespace(row=SimpleNamespace(weight_g=g)))  # type: ignore[arg-type]
        for g in (850, 1000, 1050, 5, 20_000)
    ]
    assert told == ["0,85", 1, "1,05", "0,005", 20]
