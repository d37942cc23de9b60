"""News of the next market to people who ordered without an account, and how they end it."""

import re

from sqlalchemy import func, select

from shop.accounts.models import Account, Consent
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.markets.actions import sessions
from shop.markets.models import MarketOrder, MarketSession
from shop.notifications.market_letters import of_announcement


def _standing() -> int:
    db.session.rollback()
    wanted = select(func.count()).where(Consent.kind == "marketing", Consent.withdrawn_at.is_(None))
    return db.session.scalar(wanted)


def test_a_guest_hears_of_the_next_market_until_one_tap_and_her_account_takes_her_word_over(
    app, client, a_market, a_variant, checkout, orders
):  # fmt: skip
    now = now_utc()
    market, pickup, *_ = a_market(now=now)
    with transaction() as session:
        row = session.get_one(MarketSession, market)
        series = sessions.write_series(
            session, organisation_id=row.organisation_id, title_vi="Chợ", title_en="Market",
            rule="weekly:6", shift="none", actor_id=None, actor_name="", now=now,
        )  # fmt: skip
        row.series_id = series.id
    jar = a_variant(on_hand=9)
    for name, phone in (("Châu", "0905 000 123"), ("Lan", "0905 000 124"), ("Bi", "0905 000 125")):
        email = "chau@example.com" if name != "Bi" else "bi@example.com"
        answer = checkout({jar: 1}, app.test_client(), name=name, phone=phone).order(
            email=email, news="y"
        )
        assert answer.status_code == 303, answer.text
    placed = orders()
    with transaction() as session:
        for number, order in enumerate(placed, 1):
            session.add(
                MarketOrder(
                    session_id=market, order_id=order.id, pickup_id=pickup, number=number, parts=1,
                    amount_vnd=1, at=now,
                )
            )  # fmt: skip

    def letters() -> list:
        db.session.rollback()
        found = of_announcement(db.session(), market, "opened", now)
        return [one for one in found if "guest" in one.key]

    assert [one.to for one in letters()] == ["chau@example.com", "bi@example.com"]
    stop = re.search(r"https?://[^/]+(/thoi-nhan-tin/\S+)", letters()[0].text)[1]
    page = client.get(stop)
    assert page.status_code == 200
    assert _standing() == 3, "A program that opens links ends nothing."
    assert client.post(stop[:-1] + "x").status_code == 404
    assert client.get(stop[:-1] + "x").status_code == 404
    assert client.post(stop).status_code == 303
    assert _standing() == 1, "One tap ends all that went to that address; the rows stay."
    assert "không gửi tin tới thư này nữa" in client.get(stop).text
    assert [one.to for one in letters()] == ["bi@example.com"]
    assert client.post(stop).status_code == 303


def test_the_orders_page_ends_the_news_and_an_account_takes_it_over(
    app, checkout, a_variant, orders
):  # fmt: skip
    jar = a_variant(on_hand=9)
    hers = checkout({jar: 1}, app.test_client(), phone="0905 000 123")
    first = hers.order(email="chau@example.com", news="y").location.split("?")[0]
    assert "đang nhận tin" in hers.browser.get(first).text
    assert app.test_client().post(f"{first}/thoi-nhan-tin").status_code == 404
    assert hers.browser.post(f"{first}/thoi-nhan-tin").status_code == 303
    assert _standing() == 0
    assert "đang nhận tin" not in hers.browser.get(first).text
    other = checkout({jar: 1}, app.test_client(), phone="0905 000 125")
    second = other.order(email="bi@example.com", news="y").location.split("?")[0]
    assert other.browser.post(f"{second}/tai-khoan", data={"wants": "y"}).status_code == 303
    db.session.rollback()
    person = db.session.scalars(select(Account)).one().id
    moved = db.session.scalars(select(Consent).where(Consent.account_id == person)).all()
    assert {row.kind for row in moved} == {"account", "marketing", "ordering"}
    assert "đang nhận tin" not in other.browser.get(second).text, "She ends it in her account."
    page = other.browser.get("/tai-khoan/dong-y").text
    assert re.search(r'<input[^>]*name="agree"[^>]*checked|checked[^>]*name="agree"', page)
