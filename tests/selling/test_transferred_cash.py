"""A buyer who was to pay at the door transferred the money to her seller: one tap of the seller."""

import pytest
from sqlalchemy import func, select

from shop.carriers.actions import ask_for_parcel, note_made, open_account
from shop.carriers.rules import Made
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.operations.proofs import broken
from shop.ordering.models import Order, SellerOrder
from shop.ordering.queries import link_token
from shop.payments.models import CodCollection, Payment, PaymentEvent, Refund
from tests.banking.conftest import deliver
from tests.engines import both_engines
from tests.payments.conftest import an_order
from tests.selling.test_taken_back import last_standing

#: A fixture of another room.
__all__ = ["an_order"]

DUE = 110_000


@pytest.fixture
def part(stall, a_variant, an_order):
    variant = a_variant(seller_id=stall.id, price_vnd=95_000)
    [part] = an_order({variant: (stall.id, "cod")}, now=now_utc()).parts
    db.session.rollback()
    return part


def money(part: int) -> tuple[str, int | None, int]:
    """Return (method, promised cash, received by transfer)."""
    db.session.rollback()
    row = db.session.get_one(SellerOrder, part)
    cash = db.session.get(CodCollection, part)
    paid = db.session.scalar(select(Payment.received_vnd).where(Payment.order_id == row.order_id))
    return row.method, cash and cash.amount_vnd, paid or 0


def labelled(seller_id: int, part: int) -> None:
    """Ask a carrier to fetch the parcel; it answers with the code S1.A2."""
    with transaction() as session:
        account = open_account(
            session, seller_id=seller_id, carrier="ghtk", keys={"token": "t" * 20}, is_test=False,
            actor_id=None, actor_name="Sương", now=now_utc(),
        )  # fmt: skip
        parcel = ask_for_parcel(
            session, seller_id=seller_id, seller_order_id=part, account_id=account.id,
            weight_g=900, quoted_vnd=31_500, actor_id=None, now=now_utc(),
        )  # fmt: skip
        note_made(session, parcel_id=parcel.id, made=Made("S1.A2", 31_500), now=now_utc())


@both_engines
def test_one_tap_and_nobody_collects(stall, part, app):
    at = f"/ban-hang/don/{part}"
    assert "Đã nhận chuyển khoản 110.000" in stall.get(at).text
    said = {"sau": 0, "so_tien": "110.000"}
    for _ in range(2):  # A second tap of the same page counts nothing.
        assert stall.post(f"{at}/tien", **said).status_code == 303
        deliver()
        assert money(part) == ("transfer", None, DUE)
    page = stall.get(at).text
    assert "đã trả trước, tiền thu hộ 0 ₫" in page
    assert "Hãng vẫn thu tiền" not in page, "Nobody was sent with it yet."
    assert "Thu của người nhận" not in stall.get(f"{at}/phieu").text
    order = db.session.scalars(select(Order)).one()
    token, code = link_token(order), order.code
    db.session.rollback()
    buyer = app.test_client()
    assert buyer.get(f"/d/{token}").status_code == 303
    page = buyer.get(f"/don/{code}").text
    assert "Người bán đã nhận đủ 110.000" in page
    assert "khi nhận hàng" not in page
    assert not broken(db.session())


@both_engines
@pytest.mark.parametrize("sum_", ["100.000", "120.000"])
def test_another_sum_is_refused_and_the_cash_still_waited_for(stall, part, sum_):
    answer = stall.post(f"/ban-hang/don/{part}/tien", sau=0, so_tien=sum_)
    assert answer.status_code == 422
    assert "Đơn này trả khi nhận 110.000" in answer.text
    assert money(part) == ("cod", DUE, 0)


@both_engines
def test_what_a_carrier_collects_all_the_same_goes_back(stall, part):
    at = f"/ban-hang/don/{part}"
    for to in ("confirmed", "packed"):
        stall.post(f"{at}/buoc", toi=to)
    stall.post(f"{at}/giao", kieu="carrier", hang="ghtk", ma="S1A2")
    deliver()
    assert db.session.get_one(SellerOrder, part).state == "handed_over"
    db.session.rollback()
    assert "hãng vẫn có thể thu tiền của khách" in stall.get(at).text
    stall.post(f"{at}/tien", sau=0, so_tien="110.000")
    deliver()
    page = stall.get(at).text
    assert "chị báo hãng đừng thu tiền của khách nữa" in page
    assert "Hãng vẫn thu tiền của khách?" in page
    after = page.split('name="sau" value="')[1].split('"')[0]
    stall.post(f"{at}/buoc", toi="delivered")
    assert stall.post(f"{at}/tien", sau=after, so_tien="110.000").status_code == 303
    deliver()
    assert db.session.scalars(select(Refund.amount_vnd)).all() == [DUE]
    assert money(part) == ("transfer", None, 2 * DUE)
    page = stall.get(at).text
    after = page.split('name="sau" value="')[1].split('"')[0]
    stall.post(f"{at}/tien/tra", sau=after, so_tien="110.000")
    page = stall.get(at).text
    assert "Hãng vẫn thu tiền của khách?" not in page
    assert "Tiền hãng thu của đơn này đã ghi rồi" in page
    assert not broken(db.session())


@both_engines
def test_a_helper_who_answers_for_no_money_and_another_stall_turn_nothing(a_stall, part):
    other = a_stall()
    said = {"sau": 0, "so_tien": "110.000"}
    assert other.post(f"/ban-hang/don/{part}/tien", **said).status_code == 404
    assert money(part) == ("cod", DUE, 0)


@both_engines
def test_a_parcel_the_carrier_was_asked_to_collect_for_is_said_though_it_left_later(
    stall, part
):  # fmt: skip
    at = f"/ban-hang/don/{part}"
    for to in ("confirmed", "packed"):
        stall.post(f"{at}/buoc", toi=to)
    labelled(stall.id, part)
    stall.post(f"{at}/tien", sau=0, so_tien="110.000")
    deliver()
    stall.post(f"{at}/giao", kieu="carrier", hang="ghtk", ma="S1A2")
    deliver()
    page = stall.get(at).text.replace("\xa0", " ")
    assert "Kiện đã đưa hãng còn ghi thu 110.000" in page
    assert "Hãng vẫn thu tiền của khách?" in page


@pytest.fixture
def steps(stall, part):
    """Take the steps of a word: L: label, T: transfer noted, B: taken back, H: handed over to the
    label's carrier, O: brought by herself, D: delivered, R: refused at the door, C: cash counted,
    U: the last step of the goods taken back. Return the order's page."""
    at = f"/ban-hang/don/{part}"
    for to in ("confirmed", "packed"):
        stall.post(f"{at}/buoc", toi=to)

    def take(word: str) -> str:
        for step in word:
            if step == "L":
                labelled(stall.id, part)
            elif step == "T":
                stall.post(f"{at}/tien", sau=0, so_tien="110.000")
            elif step == "B":
                event = select(func.max(PaymentEvent.id)).where(PaymentEvent.amount_vnd == DUE)
                noted = db.session.scalar(event.where(PaymentEvent.kind == "received"))
                db.session.rollback()
                stall.post(f"{at}/tien/lui/{noted}")
            elif step in "DR":
                stall.post(f"{at}/buoc", toi="delivered" if step == "D" else "refused")
            elif step == "C":
                stall.post(f"{at}/thu-ho", so_tien="110.000")
            elif step == "U":
                stall.post(f"{at}/buoc/lui/{last_standing(part)}")
            elif step == "O":
                stall.post(f"{at}/giao", kieu="own")
            else:
                stall.post(f"{at}/giao", kieu="carrier", hang="ghtk", ma="s1.a2")
            deliver()
        assert not broken(db.session())
        db.session.rollback()
        return stall.get(at).text.replace("\xa0", " ")

    return take


@both_engines
@pytest.mark.parametrize("word", ["HDU", "ODU", "HRU", "HDUHDURU", "HDUTBDU"])
def test_once_an_arrival_was_taken_back_the_cash_can_be_transferred(steps, stall, part, word):
    assert "Đã nhận chuyển khoản 110.000" in steps(word)
    page = steps("T")
    assert "đã trả trước, tiền thu hộ 0" in page
    assert money(part) == ("transfer", 0, DUE)
    steps("D")
    cash = db.session.get_one(CodCollection, part)
    assert (cash.state, cash.taken_vnd) == ("written_off", 0), "Nobody took any."
    db.session.rollback()
    page = steps("")
    assert "Không thu tiền nữa" not in page, "Its page tells of the transfer."
    # A part of it goes back, though it was due: nothing of that is asked about the cash.
    event = select(func.max(PaymentEvent.id)).where(PaymentEvent.kind == "received")
    after = db.session.scalar(event)
    db.session.rollback()
    stall.post(f"/ban-hang/don/{part}/tien/tra", sau=after, so_tien="10.000")
    deliver()
    steps("")


@both_engines
@pytest.mark.parametrize("word", ["HDUTB", "HRUTB", "HDUTBTB", "HDUTDBU", "HTRBU"])
def test_it_is_cash_again_once_the_transfer_was_taken_back(steps, stall, part, word):
    page = steps(word)
    assert IS_CASH in page
    assert money(part) == ("cod", DUE, 0)
    page = steps("DC")
    cash = db.session.get_one(CodCollection, part)
    assert (cash.state, cash.received_vnd) == ("remitted", DUE)
    assert "Không thu tiền nữa" in page or word == "HTRBU", "What happened stays to be read."
    db.session.rollback()


@both_engines
@pytest.mark.parametrize("word", ["HD", "HDC"])
def test_cash_that_somebody_has_is_not_transferred(steps, stall, part, word):
    """Nor once it was counted: that is taken back first, and then the arrival."""
    assert "Đã nhận chuyển khoản" not in steps(word)
    assert stall.post(f"/ban-hang/don/{part}/tien", sau=0, so_tien="110.000").status_code != 303
    answer = stall.post(f"/ban-hang/don/{part}/buoc/lui/{last_standing(part)}")
    assert ("Tiền thu hộ của đơn này đã ghi xong" in answer.text) == (word == "HDC")
    assert money(part) == ("cod", DUE, 0)
    assert not broken(db.session())


COLLECTS = "Hãng thu của khách 110.000"
IS_CASH = "Trả khi nhận hàng: 110.000"
PAID_AHEAD = "đã trả trước, tiền thu hộ 0"
MISSING = "Còn thiếu 110.000"
STOP = "báo hãng đừng thu tiền"
MEND = "chị báo hãng sửa tiền thu hộ thành 110.000"
LEFT_AS_PAID = "lúc giao không ai thu tiền"
LEFT_UNPAID = "Hàng gửi đi còn ghi thu tiền khi nhận"
ALL_WORDS = {COLLECTS, IS_CASH, PAID_AHEAD, MISSING, STOP, MEND, LEFT_AS_PAID, LEFT_UNPAID}


@pytest.mark.parametrize(("word", "said"), [
    ("LTH", {COLLECTS, PAID_AHEAD, STOP}),
    ("LTHB", {COLLECTS, IS_CASH}),
    ("LTBH", {COLLECTS, IS_CASH}),
    ("LHTB", {COLLECTS, IS_CASH}),
    ("LTHDB", {COLLECTS, MISSING, LEFT_UNPAID}),
    ("LHTDB", {COLLECTS, MISSING, LEFT_UNPAID}),
    ("LTOB", {COLLECTS, MISSING, LEFT_AS_PAID}),
    ("TLH", {PAID_AHEAD}),
    ("TLB", {IS_CASH, MEND}),
    ("TLBH", {IS_CASH, MEND}),
    ("TLHB", {MISSING, LEFT_AS_PAID}),
    ("HTB", {IS_CASH}),
    ("THB", {MISSING, LEFT_AS_PAID}),
    ("HTDB", {MISSING, LEFT_UNPAID}),
])  # fmt: skip
def test_the_page_says_who_collects_whatever_came_first(steps, part, word, said):
    page = steps(word)
    assert {one for one in ALL_WORDS if one in page} == said
    assert money(part)[:2] == (("cod", DUE) if IS_CASH in said else ("transfer", None))


@both_engines
def test_what_a_label_collects_is_cash_again_and_counted_as_such(steps, stall, part):
    steps("LTHBD")
    assert money(part) == ("cod", DUE, 0)
    stall.post(f"/ban-hang/don/{part}/thu-ho", so_tien="110.000")
    deliver()
    cash = db.session.get_one(CodCollection, part)
    assert (cash.state, cash.received_vnd) == ("remitted", DUE)
    assert not broken(db.session())
