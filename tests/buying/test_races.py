"""Many at once: one attempt makes one order, the last piece goes to one buyer."""

import threading

import pytest
from flask import Flask
from sqlalchemy import func, select

from shop.db import db, transaction
from shop.ordering.models import Order
from shop.payments.models import CodCollection
from shop.stock.models import StockLevel
from tests.engines import both_engines


def at_once(app: Flask, jobs) -> list:
    """Run every job at the same moment in a thread of its own; return what each answered."""
    ready = threading.Barrier(len(jobs))
    answers: list = [None] * len(jobs)

    def run(n: int) -> None:
        ready.wait()
        try:
            answers[n] = jobs[n]()
        except Exception as error:
            answers[n] = error

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@both_engines
def test_one_attempt_sent_from_many_places_is_one_order(app, checkout, a_variant):
    page = checkout(a_variant())
    page.look()
    cookie = page.browser.get_cookie("cart")
    assert cookie is not None

    def send():
        browser = app.test_client()
        browser.set_cookie("cart", cookie.value)
        return browser.post("/dat-hang", data=page.typed)

    answers = at_once(app, [send] * 6)
    assert [a.status_code for a in answers] == [303] * 6, answers
    assert len({a.location for a in answers}) == 1
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Order)) == 1
    assert db.session.scalar(select(func.count()).select_from(CodCollection)) == 1


@both_engines
def test_the_last_piece_goes_to_one_buyer_and_the_others_are_told(app, checkout, a_variant):
    variant = a_variant("Mật ong rừng", on_hand=9)
    pages = []
    for n in range(8):
        page = checkout(variant, app.test_client(), phone=f"0905 000 {200 + n}")
        page.look()
        pages.append(page)
    with transaction() as session:
        session.get_one(StockLevel, variant).on_hand = 1
    answers = at_once(app, [page.send for page in pages])
    assert sorted(a.status_code for a in answers) == [303] + [409] * 7, answers
    assert all("Mật ong rừng" in a.text for a in answers if a.status_code == 409)
    db.session.rollback()
    level = db.session.get_one(StockLevel, variant)
    assert (level.on_hand, level.reserved) == (1, 1)
    assert db.session.scalar(select(func.count()).select_from(Order)) == 1


@both_engines
def test_two_taps_on_received_at_the_same_moment_count_once(app, checkout, a_seller, a_variant):
    from shop.db import in_transaction
    from shop.payments.actions import confirm_received
    from shop.payments.methods import By
    from shop.payments.models import Payment
    from tests.conftest import NOON

    seller = a_seller()
    page = checkout(a_variant(seller_id=seller))
    page.typed[f"p{seller}-method"] = "transfer"
    assert page.order().status_code == 303
    db.session.rollback()
    payment_id = db.session.scalar(select(Payment.id))
    db.session.rollback()

    def tap():
        with app.app_context():
            return in_transaction(
                lambda session: confirm_received(
                    session, payment_id=payment_id, amount_vnd=110_000, after=0,
                    by=By("seller"), now=NOON,
                )
            )  # fmt: skip

    assert sorted(at_once(app, [tap] * 5)) == [False] * 4 + [True]
    db.session.rollback()
    assert db.session.get_one(Payment, payment_id).received_vnd == 110_000


pytestmark = pytest.mark.xdist_group("races")
