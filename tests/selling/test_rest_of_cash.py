"""What a carrier kept back, and what bringing goods back cost, noted by hand: no file says it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select

from shop.audit.models import AuditEntry
from shop.db import db, in_transaction, transaction
from shop.operations.proofs import broken as found_broken
from shop.payments.methods import By
from shop.payments.models import CashMove, CodCollection
from shop.payments.noted import note_cash_rest
from shop.payments.rules.cash import NothingKeptBack, RestIs
from shop.remittances.actions.bearers import set_bearer
from shop.sellers.models import Seller
from tests.conftest import NOON
from tests.engines import both_engines
from tests.payments.conftest import standing
from tests.selling.test_orders import tapped

BUS = {"kieu": "bus", "nha_xe": "Phương Trang", "ben": "Bến xe Đà Nẵng", "dien_thoai": "0905000123"}


def cash(order: int) -> CodCollection:
    db.session.rollback()
    return db.session.get_one(CodCollection, order)


def last_move() -> int:
    found = db.session.scalar(select(func.max(CashMove.id)))
    db.session.rollback()
    return int(found or 0)


def acts() -> list[tuple[str, int | None]]:
    db.session.rollback()
    rows = db.session.scalars(
        select(AuditEntry).where(AuditEntry.subject_kind == "cash").order_by(AuditEntry.id)
    )
    return [(row.action, row.facts.get("amount_vnd")) for row in rows]


@pytest.fixture
def short(stall, in_state):
    """A parcel of 120.000 đồng that went by bus; 114.500 of it came and were counted."""
    order = in_state("packed", seller_id=stall.id)
    at = f"/ban-hang/don/{order}"
    assert stall.post(f"{at}/giao", **BUS).status_code == 303
    tapped(stall, order, "delivered")
    assert stall.post(f"{at}/thu-ho", so_tien="114.500").status_code == 303
    return order, at


@both_engines
@pytest.mark.parametrize(
    ("what", "account", "words"),
    [
        ("fee", "carrier_fees", "5.500 đồng là phí giao"),
        ("lost", "written_off", "5.500 đồng mất, không đòi nữa"),
    ],
)
def test_the_rest_is_the_fee_or_lost_in_one_tap_and_is_taken_back(
    stall, short, what, account, words
):
    order, at = short
    page = stall.page(at).replace("\u00a0", " ")
    assert "Bên giao còn giữ 5.500" in page
    assert words.replace(" đồng", "") in page.replace(" đồng", "")
    tap = {"la_gi": what, "so_tien": "5.500", "sau": str(last_move())}
    for _ in range(2):  # A double tap is one act.
        assert stall.post(f"{at}/thu-ho/con-lai", **tap).status_code == 303
    stands = standing(f"cash:{order}")
    assert (stands[account], "carrier_cod" in stands) == (5_500, False)
    assert "Bên giao còn giữ" not in stall.page(at)
    assert stall.post(f"{at}/thu-ho/lui/{last_move()}").status_code == 303
    assert standing(f"cash:{order}")["carrier_cod"] == 5_500
    assert acts()[1:] == [("cash.rest", 5_500), ("cash.taken_back", None)]
    assert found_broken(db.session()) == {}


@both_engines
def test_a_part_of_the_rest_comes_and_no_more_than_the_rest(stall, short):
    order, at = short
    came = {"la_gi": "came", "so_tien": "4.000", "sau": str(last_move())}
    assert stall.post(f"{at}/thu-ho/con-lai", **came).status_code == 303
    assert (cash(order).received_vnd, standing(f"cash:{order}")["carrier_cod"]) == (118_500, 1_500)
    for what in ("came", "fee", "lost"):
        more = {"la_gi": what, "so_tien": "1.501", "sau": str(last_move())}
        answer = stall.post(f"{at}/thu-ho/con-lai", **more)
        assert answer.status_code == 409
        assert "chỉ còn giữ 1.500" in answer.text.replace("\u00a0", " ")
    for wrong in ({"la_gi": ""}, {"la_gi": "x"}, {"so_tien": ""}, {"sau": ""}):
        fields = {"la_gi": "fee", "so_tien": "1.500", "sau": "0"} | wrong
        assert stall.post(f"{at}/thu-ho/con-lai", **fields).status_code == 422
    assert found_broken(db.session()) == {}


@both_engines
def test_the_fee_and_the_loss_at_once_settle_the_rest_once(app, stall, short):
    order, _at = short
    after, together = last_move(), Barrier(2)

    def tap(what: RestIs) -> bool:
        with app.app_context():
            together.wait()
            try:
                return in_transaction(
                    lambda session: note_cash_rest(
                        session, seller_order_id=order, what=what, amount_vnd=5_500, after=after,
                        by=By("seller"), now=NOON,
                    )
                )  # fmt: skip
            except NothingKeptBack:
                return False
            finally:
                db.session.remove()

    with ThreadPoolExecutor(2) as people:
        done = list(people.map(tap, [RestIs.FEE, RestIs.LOST]))
    assert sorted(done) == [False, True]
    assert cash(order).fee_vnd + cash(order).off_vnd == 5_500
    assert found_broken(db.session()) == {}


@both_engines
@pytest.mark.parametrize("bears", [False, True])
def test_the_way_back_is_noted_by_hand_and_borne_as_it_was_stated(stall, in_state, bears):
    order = in_state("packed", seller_id=stall.id)
    at = f"/ban-hang/don/{order}"
    stall.post(f"{at}/giao", **BUS)
    if bears:
        with transaction() as session:
            unit = session.get_one(Seller, stall.id).organisation_id
            set_bearer(
                session, seller_id=stall.id, organisation_id=unit, valid_from=NOON.date(),
                actor_id=None, actor_name="Thử", now=NOON,
            )  # fmt: skip
    assert "phí hoàn hàng" not in stall.page(at)
    tapped(stall, order, "refused")
    assert "Bên giao tính phí hoàn hàng?" in stall.page(at)
    assert stall.post(f"{at}/thu-ho/phi-hoan", so_tien="", sau="0").status_code == 422
    fee = {"so_tien": "12.000", "sau": str(last_move())}
    for _ in range(2):
        assert stall.post(f"{at}/thu-ho/phi-hoan", **fee).status_code == 303
    stands = standing(f"cash:{order}")
    assert stands["seller_cash"] == -12_000
    assert stands.get("seller_payable", 0) == (-12_000 if bears else 0)
    page = stall.page(at).replace("\u00a0", " ")
    assert "Phí hoàn hàng: 12.000" in page
    again = stall.post(f"{at}/thu-ho/phi-hoan", so_tien="9.000", sau=str(last_move()))
    assert again.status_code == 409
    assert stall.post(f"{at}/thu-ho/lui/{last_move()}").status_code == 303
    assert standing(f"cash:{order}") == {}
    assert acts() == [("cash.return_fee", 12_000), ("cash.taken_back", None)]
    assert found_broken(db.session()) == {}
