"""Parcels at carriers: asked once, followed in any order, and nothing lost when a carrier is down."""

import itertools
import random
import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from shop.carriers.actions import ask_for_parcel, keep_words, open_account
from shop.carriers.asking import Line
from shop.carriers.jobs import look_after_parcels
from shop.carriers.models import CarrierAccount, CarrierParcel, CarrierWord
from shop.carriers.queries import keys_of
from shop.carriers.rules import CARRIERS, Told, Track
from shop.carriers.rules.boxes import BOXES, Box
from shop.carriers.rules.ghn import GHN
from shop.carriers.rules.ghtk import GHTK
from shop.carriers.rules.protocol import (
    Answer,
    CarrierRefused,
    Party,
    Shipment,
    Thing,
    Trackable,
    Unreadable,
    later,
    read_vnd,
)
from shop.carriers.rules.viettelpost import VIETTEL_POST
from shop.catalogue.models import Variant
from shop.db import db, transaction
from shop.fulfilment.models import HandOver
from shop.kernel.clock import now_utc
from shop.kernel.errors import OutsideFailure
from shop.ordering.actions import move_seller_order
from shop.ordering.models import SellerOrder
from shop.outbox.relay import deliver_waiting
from shop.payments.gateways import outside
from shop.payments.models import CodCollection
from tests.carriers.stand_in import TOKEN, StandIn, ghn_word, ghtk_word, vtp_word
from tests.engines import both_engines
from tests.ordering.test_race import all_at_once

EVERY = pytest.mark.parametrize("carrier", list(CARRIERS))
WAY = {
    "ghn": ["picked", "transporting", "delivering", "delivery_fail", "delivering", "delivered"],
    "ghtk": ["3", "4", "9", "4", "5", "6"],
    "viettelpost": ["200", "300", "500", "506", "500", "501"],
}
SHIPMENT = Shipment(
    "AB12-1-1", Party("Gò Mít", "0905000100", "Gò Mít", "Phường Hội An", "Đà Nẵng"),
    Party("Lan", "0905000123", "15 Mẫu", "Phường Hải Châu", "Đà Nẵng"), 850, 120_000, 95_000,
    Box(31, 22, 13),
    (Thing("Bột", 2, 47_500, 400),),
)  # fmt: skip


@pytest.fixture
def stand_in(app, monkeypatch):
    there = StandIn().open()
    app.extensions["carrier_bases"] = dict.fromkeys(CARRIERS, there.base)
    monkeypatch.setattr(outside, "TIMEOUT_S", 0.25)
    yield there
    there.close()


@pytest.fixture
def connected(stand_in):
    def make(seller_id, carrier, token=TOKEN):
        with transaction() as session:
            return open_account(
                session, seller_id=seller_id, carrier=carrier,
                keys={"token": token, "shop_id": "885"}, is_test=False, actor_id=None,
                actor_name="Sương", now=now_utc(),
            ).id  # fmt: skip

    return make


def ask(seller_id, order, account_id):
    with transaction() as session:
        return ask_for_parcel(
            session, seller_id=seller_id, seller_order_id=order, account_id=account_id,
            weight_g=900, quoted_vnd=31_500, actor_id=None, now=now_utc(),
        ).id  # fmt: skip


def parcel(parcel_id):
    db.session.rollback()
    return db.session.get_one(CarrierParcel, parcel_id)


def state(order):
    db.session.rollback()
    return db.session.scalar(select(SellerOrder.state).where(SellerOrder.id == order))


def deliver(times=1, after=timedelta(0)):
    for _ in range(times):
        deliver_waiting(now_utc() + after)


def hook(account_id):
    db.session.rollback()
    return "/webhooks/van-chuyen/" + db.session.get_one(CarrierAccount, account_id).address


def secret(account_id):
    return keys_of(db.session.get_one(CarrierAccount, account_id)).get("secret", "")


def words_of_way(carrier, account_id, row, way):
    """Return the callbacks of a parcel's way as the carrier sends them, in order of time."""
    for hour, step in enumerate(way):
        if carrier == "ghn":
            yield ghn_word(row.tracking_code, step, f"2026-11-27T{8 + hour:02d}:00:00Z")
        elif carrier == "ghtk":
            at = f"2026-11-27T{8 + hour:02d}:00:00+07:00"
            yield ghtk_word(row.tracking_code, row.client_code, step, at)
        else:
            at = f"27/11/2026 {8 + hour:02d}:00:00"
            yield vtp_word(row.tracking_code, int(step), at, secret(account_id))


@EVERY
def test_quote_make_label_look_and_cancel_at_each(stall, in_state, stand_in, connected, carrier):
    order = in_state("packed", seller_id=stall.id)
    account = connected(stall.id, carrier)
    assert f"/ban-hang/don/{order}/hang/{account}" in stall.page(f"/ban-hang/don/{order}")
    quoted = stall.page(f"/ban-hang/don/{order}/hang/{account}?can=900").replace("\xa0", " ")
    assert "31.500 đồng" in quoted
    assert not stand_in.parcels  # Asking the fee makes nothing.
    sent = stall.post(f"/ban-hang/don/{order}/hang/{account}", can="900", gia="31500")
    assert sent.status_code == 303
    again = stall.post(f"/ban-hang/don/{order}/hang/{account}", can="900", gia="31500")
    assert again.status_code == 409
    deliver()
    [kept] = stand_in.parcels.values()
    assert kept["cod"] == 120_000
    row = db.session.scalars(select(CarrierParcel)).one()
    assert (row.state, row.tracking_code, row.fee_vnd) == ("made", kept["tracking"], 31_500)
    way = f"/ban-hang/don/{order}/kien/{row.id}"
    assert kept["tracking"] in stall.page(f"/ban-hang/don/{order}")
    label = stall.get(f"{way}/nhan")
    if carrier == "ghtk":
        assert label.data.startswith(b"%PDF-")
    else:
        assert label.headers["Location"].startswith((stand_in.base, "https://digitalize.viettelpost.vn/"))  # fmt: skip
    assert stall.post(f"{way}/hoi").status_code == 303
    assert stall.post(f"{way}/huy").status_code == 303
    deliver()
    assert parcel(row.id).state == "cancelled"
    assert state(order) == "packed"
    ask(stall.id, order, account)  # The next try has a name of its own.
    deliver()
    assert len(stand_in.parcels) == 2


@EVERY
def test_every_failure_is_tried_again_and_makes_one_parcel(
    stall, in_state, stand_in, connected, carrier
):  # fmt: skip
    order = in_state("packed", seller_id=stall.id)
    row_id = ask(stall.id, order, connected(stall.id, carrier))
    stand_in.trouble += ["down", "lost", "slow", "html"]
    for hours in range(5):
        assert parcel(row_id).state == "asked"
        deliver(after=timedelta(hours=3 * hours))
    row = parcel(row_id)
    assert row.state == "made"
    assert [one["tracking"] for one in stand_in.parcels.values()] == [row.tracking_code]


@EVERY
def test_a_no_is_shown_in_the_carriers_words_and_another_try_is_free(
    stall, in_state, stand_in, connected, carrier
):  # fmt: skip
    order = in_state("packed", seller_id=stall.id)
    account = connected(stall.id, carrier, token="sai")
    row_id = ask(stall.id, order, account)
    deliver()
    assert parcel(row_id).state == "refused"
    assert parcel(row_id).words
    assert "Token" in stall.page(f"/ban-hang/don/{order}")
    assert stall.get(f"/ban-hang/don/{order}/hang/{account}").status_code == 200
    ask(stall.id, order, connected(stall.id, carrier))
    deliver()
    assert len(stand_in.parcels) == 1


def cancel(order):
    with transaction() as session:
        move_seller_order(
            session, seller_order_id=order, to="cancelled", actor_kind="seller", actor_id=None,
            now=now_utc(),
        )  # fmt: skip


def test_a_cancelled_order_is_never_given_to_the_carrier(stall, in_state, stand_in, connected):
    order = in_state("packed", seller_id=stall.id)
    row_id = ask(stall.id, order, connected(stall.id, "ghn"))
    stand_in.trouble += ["down"]
    deliver()
    cancel(order)
    deliver(3, after=timedelta(hours=3))
    assert parcel(row_id).state == "cancelled"
    assert not stand_in.parcels


@EVERY
def test_a_cancelled_order_is_taken_back_from_the_carrier(
    stall, in_state, stand_in, connected, carrier
):  # fmt: skip
    order = in_state("packed", seller_id=stall.id)
    row_id = ask(stall.id, order, connected(stall.id, carrier))
    deliver()
    cancel(order)
    deliver(3)
    assert parcel(row_id).state == "cancelled"
    [there] = stand_in.parcels.values()
    assert there["state"] in ("cancel", "-1", "107", "503")


def test_an_order_cancelled_while_the_carrier_thinks_is_taken_back(
    stall, in_state, stand_in, connected, monkeypatch
):  # fmt: skip
    order = in_state("packed", seller_id=stall.id)
    row_id = ask(stall.id, order, connected(stall.id, "ghn"))
    real = Line.create

    def slow(self, shipment):
        made = real(self, shipment)
        cancel(order)
        return made

    monkeypatch.setattr(Line, "create", slow)
    deliver(3)
    assert parcel(row_id).state == "cancelled"
    [there] = stand_in.parcels.values()
    assert there["state"] in ("cancel", "-1", "107", "503")


@EVERY
@pytest.mark.parametrize("called", ["former", "new"])
def test_new_keys_lose_no_parcel_under_way(
    stall, in_state, stand_in, connected, client, carrier, called
):  # fmt: skip
    order = in_state("packed", seller_id=stall.id)
    former = connected(stall.id, carrier)
    row_id = ask(stall.id, order, former)
    deliver()
    row = parcel(row_id)
    new = connected(stall.id, carrier)
    stand_in.parcels[row.client_code]["state"] = {"ghn": "delivered", "ghtk": "5"}.get(
        carrier, "501"
    )
    at = former if called == "former" else new
    *_, (body, kind) = words_of_way(carrier, at, row, WAY[carrier])
    assert client.post(hook(at), data=body, content_type=kind).status_code == 200
    deliver()
    assert state(order) == "delivered"
    # Nothing travels by the former ones any more.
    assert client.post(hook(former), data=body, content_type=kind).status_code == 404


@EVERY
def test_callbacks_shuffled_and_repeated_bring_the_order_home_once(
    app, stall, in_state, stand_in, connected, client, carrier
):  # fmt: skip
    order = in_state("packed", seller_id=stall.id)
    account = connected(stall.id, carrier)
    row_id = ask(stall.id, order, account)
    deliver()
    row = parcel(row_id)
    told = list(words_of_way(carrier, account, row, WAY[carrier]))
    shuffled = told * 3
    random.Random(5).shuffle(shuffled)
    stand_in.parcels[row.client_code]["state"] = {"ghn": "delivered", "ghtk": "5"}.get(
        carrier, "501"
    )
    for body, kind in shuffled:
        assert client.post(hook(account), data=body, content_type=kind).status_code == 200
        deliver()
    kept = db.session.scalar(select(func.count(CarrierWord.id)))
    assert kept == len({body for body, _kind in told})
    assert state(order) == "delivered"
    assert parcel(row_id).track == Track.DELIVERED
    left = db.session.scalars(select(HandOver).where(HandOver.seller_order_id == order)).one()
    assert (left.tracking_code, left.by_id) == (row.tracking_code, None)
    cash = db.session.scalars(
        select(CodCollection).where(CodCollection.seller_order_id == order)
    ).one()
    assert (cash.state, cash.carrier) == ("with_carrier", CARRIERS[carrier].name)


@both_engines
def test_a_parcel_that_was_sent_as_paid_ahead_brings_no_cash(
    stall, in_state, stand_in, connected, client
):  # fmt: skip
    order = in_state("packed", seller_id=stall.id)
    account = connected(stall.id, "ghn")
    row = parcel(ask(stall.id, order, account))
    deliver()
    parcel(row.id).cod_vnd = 0
    db.session.commit()
    row = parcel(row.id)
    stand_in.parcels[row.client_code]["state"] = "delivered"
    *_, (body, kind) = words_of_way("ghn", account, row, WAY["ghn"])
    assert client.post(hook(account), data=body, content_type=kind).status_code == 200
    deliver()
    assert state(order) == "delivered"
    assert db.session.get_one(CodCollection, order).state == "promised"


@both_engines
def test_a_hundred_copies_at_once_are_stored_and_applied_once(
    app, a_stall, in_state, stand_in, connected
):  # fmt: skip
    stall = a_stall()
    order = in_state("packed", seller_id=stall.id)
    account = connected(stall.id, "ghtk")
    row = parcel(ask(stall.id, order, account))
    deliver()
    row = parcel(row.id)
    stand_in.parcels[row.client_code]["state"] = "4"
    body, kind = ghtk_word(row.tracking_code, row.client_code, "4", "2026-11-27T08:00:00+07:00")
    way = hook(account)

    def one(_number):
        return str(app.test_client().post(way, data=body, content_type=kind).status_code)

    assert all_at_once(app, one, 24) == {"200": 24}
    all_at_once(app, lambda _: str(deliver()), 4)
    db.session.rollback()
    assert db.session.scalar(select(func.count(CarrierWord.id))) == 1
    assert state(order) == "handed_over"


def test_a_forged_word_moves_nothing(stall, in_state, stand_in, connected, client):
    """GHN and GHTK sign nothing, so they are asked; Viettel Post's word carries a secret."""
    rows = {}
    for carrier in CARRIERS:
        order = in_state("packed", seller_id=stall.id)
        account = connected(stall.id, carrier)
        rows[carrier] = (order, account, ask(stall.id, order, account))
    deliver()
    for carrier, (order, account, row_id) in rows.items():
        row = parcel(row_id)
        last = list(words_of_way(carrier, account, row, WAY[carrier]))[-1]
        if carrier == "viettelpost":
            body, kind = vtp_word(row.tracking_code, 501, "27/11/2026 08:00:00", "doan-mo")
            assert client.post(hook(account), data=body, content_type=kind).status_code == 401
        else:
            assert client.post(hook(account), data=last[0], content_type=last[1]).status_code == 200
        deliver()
        assert state(order) == "packed", carrier
    assert client.post("/webhooks/van-chuyen/" + "0" * 28, data=b"x").status_code == 404
    assert client.post(hook(rows["ghn"][1]), data=b"[" * 9000).status_code == 400
    assert client.post(hook(rows["ghn"][1]), data=b"x" * 70_000).status_code == 413


def test_a_word_that_comes_before_the_code_waits_for_it(
    stall, in_state, stand_in, connected, client
):  # fmt: skip
    order = in_state("packed", seller_id=stall.id)
    account = connected(stall.id, "viettelpost")
    row = parcel(ask(stall.id, order, account))
    body, kind = vtp_word(row.client_code, 200, "27/11/2026 08:00:00", secret(account))
    assert client.post(hook(account), data=body, content_type=kind).status_code == 200
    stand_in.trouble.append("down")
    deliver()
    assert state(order) == "packed"
    deliver(2, after=timedelta(minutes=5))
    assert state(order) == "handed_over"


@pytest.mark.parametrize(
    ("way", "order_is"),
    [(["picked", "delivery_fail"], "delivery_failed"), (["returned"], "delivery_failed"),
     (["picked", "lost"], "lost"), (["cancel"], "packed"), (["picked", "exception"], "handed_over")],
)  # fmt: skip
def test_what_becomes_of_a_parcel_the_order_follows(
    stall, in_state, stand_in, connected, client, way, order_is
):  # fmt: skip
    order = in_state("packed", seller_id=stall.id, method="transfer")
    account = connected(stall.id, "ghn")
    row = parcel(ask(stall.id, order, account))
    deliver()
    row = parcel(row.id)
    for step, (body, kind) in zip(way, words_of_way("ghn", account, row, way), strict=True):
        stand_in.parcels[row.client_code] |= {"state": step, "at": f"2026-11-27T{9 + way.index(step):02d}:00:00Z"}  # fmt: skip
        client.post(hook(account), data=body, content_type=kind)
        deliver()
    assert state(order) == order_is


def test_keys_are_sealed_and_only_the_owner_sees_the_page(stall, a_stall, stand_in):
    way = "/ban-hang/gian-hang/van-chuyen"
    with time_machine.travel(now_utc(), tick=True):
        page = stall.page(way)
        assert "GHTK" in page
        missing = stall.post(way, hang="ghn", token=TOKEN)
        assert missing.status_code == 422
        assert stall.post(way, hang="viettelpost", token=TOKEN).status_code == 303
        shown = stall.page(way)
    account = db.session.scalars(select(CarrierAccount)).one()
    assert account.address in shown
    assert TOKEN not in shown
    assert TOKEN.encode() not in account.secret
    assert keys_of(account)["token"] == TOKEN
    assert a_stall("staff").get(way).status_code == 404
    ended = stall.post(f"{way}/{account.id}/ngung")
    assert ended.status_code == 303
    db.session.rollback()
    assert db.session.get_one(CarrierAccount, account.id).ended_at is not None


def test_another_stalls_account_and_parcel_are_not_there(
    stall, a_stall, in_state, connected
):  # fmt: skip
    other = a_stall()
    theirs, own = in_state("packed", seller_id=other.id), in_state("packed", seller_id=stall.id)
    account = connected(other.id, "ghtk")
    row = ask(other.id, theirs, account)
    deliver()
    for way in (f"don/{own}/hang/{account}", f"don/{theirs}/hang/{account}", f"don/{own}/kien/{row}/nhan", f"don/{theirs}/kien/{row}/nhan"):  # fmt: skip
        assert stall.get(f"/ban-hang/{way}").status_code == 404, way
    for act in ("hoi", "huy"):
        assert stall.post(f"/ban-hang/don/{own}/kien/{row}/{act}").status_code == 404
    assert stall.post(f"/ban-hang/gian-hang/van-chuyen/{account}/ngung").status_code == 404
    assert stall.post(f"/ban-hang/don/{own}/hang/{account}", can="900").status_code == 404


def test_only_packed_orders_of_this_country_are_given(stall, in_state, connected):
    account = connected(stall.id, "ghtk")
    order = in_state("confirmed", seller_id=stall.id)
    answer = stall.post(f"/ban-hang/don/{order}/hang/{account}", can="900")
    assert answer.status_code == 409
    assert db.session.scalar(select(func.count(CarrierParcel.id))) == 0


# --- Rules alone ---


@pytest.mark.parametrize(
    ("state_", "at", "known", "known_at", "news"),
    [
        (Track.OUT, None, None, None, True), (Track.OUT, None, Track.PICKED, None, True),
        (Track.PICKED, None, Track.OUT, None, False), (Track.OUT, 2, Track.FAILED, 1, True),
        (Track.FAILED, 1, Track.OUT, 2, False), (Track.DELIVERED, 1, Track.OUT, 2, False),
        (Track.LOST, 9, Track.DELIVERED, 1, False), (Track.MOVING, 1, Track.PICKED, 1, True),
    ],
)  # fmt: skip
def test_news_is_what_is_later(state_, at, known, known_at, news):
    day = now_utc()
    assert later(
        state_, at and day + timedelta(hours=at), known, known_at and day + timedelta(hours=known_at)
    ) is news  # fmt: skip


@pytest.mark.parametrize("value", [22_000, "22000", 22_000.0])
def test_amounts_are_whole_dong(value):
    assert read_vnd(value, "fee") == 22_000


@pytest.mark.parametrize("value", [22_000.5, -1, "22k", None, True, float("nan"), 10**12, [1], "²"])
def test_what_is_no_amount_is_an_outside_failure(value):
    with pytest.raises(OutsideFailure):
        read_vnd(value, "fee")


def test_amounts_are_sent_as_whole_numbers_and_keys_stand_in_headers_alone():
    keys = {"token": TOKEN, "shop_id": "885"}
    for carrier in CARRIERS.values():
        for call in (carrier.quote(keys, SHIPMENT), carrier.create(keys, SHIPMENT)):
            assert call.headers["Token"] == TOKEN
            assert TOKEN not in call.path
            assert TOKEN.encode() not in call.body
        sent = carrier.create(keys, SHIPMENT).body.decode()
        assert re.search(r'"(cod_amount|pick_money|MONEY_COLLECTION)": 120000[,}]', sent)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b"\xff", b'{"OrderCode": 7.5}'])
def test_a_callback_without_a_parcel_is_refused(body):
    for carrier in (GHN, GHTK, VIETTEL_POST):
        with pytest.raises(Unreadable):
            carrier.told(body, "s")


def test_viettel_post_only_tells_and_the_others_can_be_asked():
    assert {key: isinstance(one, Trackable) for key, one in CARRIERS.items()} == {
        "ghn": True, "ghtk": True, "viettelpost": False,
    }  # fmt: skip


def test_another_parcels_answer_is_not_taken():
    wrong = Answer(200, b'{"code": 200, "data": {"order_code": "X", "status": "delivered"}}')
    with pytest.raises(OutsideFailure):
        GHN.tracked(wrong, "Y")
    other = b'{"success": false, "error": {"code": "ORDER_ID_EXIST", "partner_id": "Z", "ghtk_label": "S1"}}'
    with pytest.raises(OutsideFailure):
        GHTK.created(Answer(200, other), SHIPMENT)
    with pytest.raises(CarrierRefused):
        GHTK.created(Answer(200, b'{"success": false, "message": "x"}'), SHIPMENT)


def test_a_word_of_money_moves_nothing(stall, in_state, stand_in, connected):
    account = connected(stall.id, "viettelpost")
    order = in_state("packed", seller_id=stall.id)
    row = parcel(ask(stall.id, order, account))
    deliver()
    with transaction() as session:
        told = [Told(f"k{n}", row.client_code, None, None, "phí") for n in itertools.repeat(1, 2)]
        assert keep_words(session, account_id=account, told=told, now=now_utc()) == 1
    deliver()
    assert state(order) == "packed"


def test_a_carrier_is_told_the_box_that_goods_need_or_that_she_packed(
    stall, in_state, stand_in, connected, a_variant
):  # fmt: skip
    jar = a_variant(seller_id=stall.id)
    with transaction() as session:
        session.get_one(Variant, jar).length_mm = 280
        session.get_one(Variant, jar).width_mm = session.get_one(Variant, jar).height_mm = 100
    account = connected(stall.id, "ghn")
    orders = [in_state("packed", seller_id=stall.id, variant_id=jar) for _ in range(2)]
    first = f"/ban-hang/don/{orders[0]}/hang/{account}"
    assert '<option selected value="m">' in stall.page(first), (
        "28 cm do not fit into the small one."
    )
    assert stall.get(f"{first}?can=900&co=own&dai=60&rong=20").status_code == 422
    assert 'name="dai" value="60"' in stall.page(f"{first}?can=900&co=own&dai=60&rong=20&cao=15")
    stall.post(first, can="900", co="own", dai="60", rong="20", cao="15")
    stall.post(f"/ban-hang/don/{orders[1]}/hang/{account}", can="900", co="s")
    deliver()
    told = [(one["length"], one["width"], one["height"]) for one in stand_in.bodies]
    assert told == [(60, 20, 15), (20, 15, 10)]
    db.session.rollback()
    rows = db.session.scalars(select(CarrierParcel).order_by(CarrierParcel.id))
    assert [Box(r.length_cm, r.width_cm, r.height_cm) for r in rows] == [
        Box(60, 20, 15),
        BOXES["s"],
    ]
    assert (VIETTEL_POST._order(SHIPMENT)["PRODUCT_LENGTH"], GHN._order(SHIPMENT)["height"]) == (
        31,
        13,
    )


@both_engines
def test_a_carrier_that_forgets_to_call_is_asked_less_and_less_often(
    stall, in_state, stand_in, connected
):  # fmt: skip
    order = in_state("packed", seller_id=stall.id)
    row_id = ask(stall.id, order, connected(stall.id, "ghn"))
    silent = ask(
        stall.id, in_state("packed", seller_id=stall.id), connected(stall.id, "viettelpost")
    )
    deliver()
    now = now_utc()
    assert look_after_parcels(now + timedelta(hours=5)) == 0
    assert parcel(row_id).looks == 0, "It told a moment ago."
    at, gaps = now, []
    for _ in range(4):
        due = parcel(row_id).next_look_at
        gaps.append(round((due - at) / timedelta(hours=1)))
        at = due
        assert look_after_parcels(at) == 0
        assert look_after_parcels(at) == 0, "Another worker finds it put off."
    assert (gaps, parcel(row_id).looks) == ([6, 12, 24, 48], 4)
    code = parcel(row_id).tracking_code
    stand_in.says(code, "delivering")
    assert look_after_parcels(parcel(row_id).next_look_at) == 1
    assert (state(order), parcel(row_id).track, parcel(row_id).looks) == ("handed_over", "out", 0)
    stand_in.says(code, "delivered")
    assert look_after_parcels(parcel(row_id).next_look_at) == 1
    assert (state(order), parcel(row_id).next_look_at) == ("delivered", None)
    assert parcel(silent).looks == 0, "This one only tells."


def test_a_carrier_that_is_down_is_left_alone_after_two_tries(stall, in_state, stand_in, connected):
    account = connected(stall.id, "ghn")
    rows = [ask(stall.id, in_state("packed", seller_id=stall.id), account) for _ in range(4)]
    deliver()
    stand_in.trouble = ["down"] * 9
    asked = len(stand_in.asked)
    assert look_after_parcels(now_utc() + timedelta(hours=7)) == 0
    assert len(stand_in.asked) - asked == 2
    assert sorted(parcel(row).looks for row in rows) == [0, 0, 1, 1]
