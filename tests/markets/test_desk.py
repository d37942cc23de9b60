"""A market is written, filled, shown, copied and taken back: at the desk, the stall, by command."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from shop.audit.models import AuditEntry
from shop.catalogue.models import Variant
from shop.db import db, transaction
from shop.kernel.clock import VIETNAM, now_utc, vietnam_date
from shop.kernel.errors import Refusal
from shop.markets.actions import offers, sessions
from shop.markets.models import MarketOffer, MarketSeries, MarketSession
from shop.markets.queries.sessions import offers_of, pickups_of
from shop.markets.rules.refusals import OfferSold, SessionNotReady
from shop.markets.rules.sessions import Phase, phase_of
from shop.operations.undo import undo
from shop.organisations.models import Organisation
from shop.sellers.models import Seller
from tests.conftest import NOON
from tests.markets.conftest import BY, said
from tests.operations.conftest import Desk

BASE = "/dieu-hanh/phien-cho"


def newest() -> MarketSession:
    db.session.rollback()
    return db.session.scalars(select(MarketSession).order_by(MarketSession.id.desc())).first()


def on(days: int) -> str:
    return f"{(now_utc() + timedelta(days=days)).astimezone(VIETNAM):%d/%m/%Y}"


def form(**more: str) -> dict[str, str]:
    return {
        "title_vi": "Phiên chợ thứ Bảy", "opens_on": on(0), "opens": "0:00", "closes_on": on(3),
        "closes": "18h", "on": on(4), "starts": "6:30", "ends": "10h", "max_orders": "200",
        "collects": "", **more,
    }  # fmt: skip


def test_from_a_series_to_a_shown_session_with_a_sellers_consent_and_its_copy(
    app,
    an_account,
    sign_in,
    a_seller,
    a_variant,
    an_officer,
):
    owner = an_account("Sương")
    stall = a_seller("Sương", owner_id=owner)
    bread, leaves = (a_variant(t, seller_id=stall, on_hand=30) for t in ("Bánh", "Lá"))
    strange = a_variant("Của người khác")
    unit = db.session.get(Seller, stall).organisation_id
    head, hers = an_officer(unit, "head"), Desk(sign_in(owner, "seller"), owner)
    assert head.post(f"{BASE}/cho-moi", organisation=str(unit), title_vi="Chợ rằm", weekday="0",
                     lunar="31", shift="none").status_code == 422  # fmt: skip
    assert head.post(f"{BASE}/cho-moi", organisation=str(unit), title_vi="Chợ thứ Bảy",
                     weekday="6", lunar="", shift="earlier").status_code == 303  # fmt: skip
    series = db.session.scalars(select(MarketSeries)).one()
    assert series.rule == "weekly:6"
    wrong = head.post(f"{BASE}/moi", series=str(series.id), **form(closes_on=on(5)))
    assert wrong.status_code == 422
    assert newest() is None
    assert head.post(f"{BASE}/moi", series=str(series.id), **form()).status_code == 303
    row = newest()
    here = f"{BASE}/{row.id}"
    assert head.post(f"{here}/mo").status_code == 409, "No place, nothing to sell."
    place = {"d" + "-" + name: value for name, value in
             {"name_vi": "Nhà văn hoá", "starts": "6:30", "ends": "8h", "max_orders": "40"}.items()}  # fmt: skip
    assert head.post(f"{here}/diem", **place).status_code == 303
    asked = {f"h-{name}": value for name, value in
             {"variant": str(bread), "price": "20k", "quantity": "12", "least": "4"}.items()}  # fmt: skip
    assert head.post(f"{here}/hang", **asked).status_code == 303
    assert head.post(f"{here}/hang", **asked).status_code == 422, "It is there already."
    assert head.post(f"{here}/hang", **{**asked, "h-variant": str(strange)}).status_code == 422
    assert head.post(f"{here}/mo").status_code == 409, "She has not said yes."
    page = hers.get("/ban-hang/phien-cho").text
    assert "Hội hỏi chị mang món này" in page
    goods = db.session.scalars(select(MarketOffer)).one()
    assert hers.post(f"/ban-hang/phien-cho/mon/{goods.id}/dong-y-mai").status_code == 303
    mine = {f"p{row.id}-{name}": value for name, value in
            {"variant": str(leaves), "price": "5000", "quantity": "50"}.items()}  # fmt: skip
    assert hers.post(f"/ban-hang/phien-cho/{row.id}", **mine).status_code == 303
    db.session.rollback()
    found = {o.variant_id: o for o in offers_of(db.session(), row.id)}
    assert found[leaves].officer_agreed_at is None, "The officer has not said yes."
    assert head.post(f"{here}/hang/{found[leaves].id}/nhan").status_code == 303
    assert head.post(f"{here}/mo").status_code == 303
    assert newest().state == "shown"
    assert head.post(f"{BASE}/cho/{series.id}/chep").status_code == 303
    copied = newest()
    assert copied.copied_from_id == row.id
    assert copied.state == "draft"
    assert vietnam_date(copied.hand_over_at).isoweekday() == 6
    assert copied.closes_at - copied.opens_at == row.closes_at - row.opens_at
    assert [p.name_vi for p in pickups_of(db.session(), copied.id)] == ["Nhà văn hoá"]
    again = {o.variant_id: o for o in offers_of(db.session(), copied.id)}
    assert again[bread].seller_agreed_at is not None, "She said yes for every time."
    assert again[leaves].seller_agreed_at is None, "She is asked anew."
    other = an_officer(db.session.get(Seller, a_seller("Xa")).organisation_id, "head")
    assert other.get(here).status_code == other.post(f"{here}/huy", **{"x-reason": "x"}).status_code == 404  # fmt: skip


def test_each_act_is_taken_back_while_nobody_ordered(a_market):
    row, pickup, offer, _, _ = a_market(shown=False)
    by = {**BY, "now": NOON}

    def back(action: str) -> None:
        with transaction() as session:
            entry = session.scalars(
                select(AuditEntry.id).where(AuditEntry.action == f"market_session.{action}")
                .order_by(AuditEntry.id.desc())
            ).first()  # fmt: skip
            undo(session, entry_id=entry, actor_id=None, actor_name="", now=NOON)

    def standing() -> tuple:
        db.session.rollback()
        one = db.session.get(MarketSession, row)
        goods = db.session.get(MarketOffer, offer)
        return (one.state, one.title_vi, len(pickups_of(db.session(), row)), goods.quantity,
                goods.ended_at)  # fmt: skip

    before = standing()
    for action, act in (
        ("shown", lambda s: sessions.show_session(s, session_id=row, **by)),
        ("changed", lambda s: sessions.change_session(
            s, session_id=row, said=said(title_vi="Khác"), **by)),
        ("pickup_removed", lambda s: sessions.remove_pickup(
            s, session_id=row, pickup_id=pickup, **by)),
        ("offer_resized", lambda s: offers.resize_offer(
            s, offer_id=offer, seller_id=None, quantity=3, **by)),
        ("offer_ended", lambda s: offers.end_offer(s, offer_id=offer, seller_id=None, **by)),
        ("cancelled", lambda s: sessions.cancel_session(s, session_id=row, reason="mưa", **by)),
    ):  # fmt: skip
        with transaction() as session:
            act(session)
        assert standing() != before, action
        back(action)
        assert standing() == before, action


def test_what_is_ordered_keeps_its_times_and_its_goods(a_market):
    row, pickup, offer, _, _ = a_market()
    with transaction() as session:
        session.get_one(MarketSession, row).orders = 1
        session.get_one(MarketOffer, offer).taken = 4
    by = {**BY, "now": NOON}
    for act in (
        lambda s: sessions.hide_session(s, session_id=row, **by),
        lambda s: sessions.cancel_session(s, session_id=row, reason="x", **by),
        lambda s: sessions.change_session(
            s, session_id=row, said=said(closes_at=NOON + timedelta(days=1)), **by),
        lambda s: sessions.remove_pickup(s, session_id=row, pickup_id=pickup, **by),
        lambda s: offers.end_offer(s, offer_id=offer, seller_id=None, **by),
        lambda s: offers.resize_offer(s, offer_id=offer, seller_id=None, quantity=3, **by),
    ):  # fmt: skip
        with pytest.raises(Refusal), transaction() as session:
            act(session)
    with pytest.raises(OfferSold), transaction() as session:
        offers.resize_offer(session, offer_id=offer, seller_id=None, quantity=3, **by)
    db.session.rollback()
    assert db.session.get(MarketOffer, offer).quantity == 10


def test_a_unit_without_an_account_collects_nothing(a_market):
    with pytest.raises(SessionNotReady) as refused:
        a_market(collects=True)
    assert refused.value.missing == "payee"


def test_one_rule_says_how_far_a_session_is(a_market):
    row = a_market()[0]
    one = db.session.get(MarketSession, row)
    for at, phase in (
        (one.opens_at - timedelta(seconds=1), Phase.COMING), (one.opens_at, Phase.TAKING),
        (one.closes_at - timedelta(seconds=1), Phase.TAKING), (one.closes_at, Phase.CLOSED),
        (one.ends_at, Phase.OVER),
    ):  # fmt: skip
        assert phase_of(one, at) == phase


@time_machine.travel(NOON, tick=False)
def test_a_market_is_run_by_command(app, run, a_seller, a_variant):
    stall = a_seller("Sương")
    sku = db.session.get(Variant, a_variant(seller_id=stall)).sku
    slug = db.session.get(Organisation, db.session.get(Seller, stall).organisation_id).slug
    run("market", "series", slug, "--title", "Chợ", "--rule", "weekly:9", fails=True)
    made = run("market", "series", slug, "--title", "Chợ thứ Bảy", "--rule", "weekly:6")
    code = re.search(r"[0-9A-Z]{8}", made)[0]
    run("market", "copy", code, fails=True)
    times = ("--opens", "2026-11-23 06:00", "--closes", "2026-11-27 18:00",
             "--from", "2026-11-28 06:30", "--to", "2026-11-28 10:00")  # fmt: skip
    run("market", "write", code, "--title", "Phiên 28/11", *times, "--direct")
    market = newest().code
    run("market", "place", market, "--name", "Nhà văn hoá", *times[4:])
    run("market", "unplace", market, str(pickups_of(db.session(), newest().id)[0].id))
    run("market", "place", market, "--name", "Nhà văn hoá", *times[4:])
    run("market", "ask", market, sku, "--price", "20000", "--quantity", "5", "--agreed")
    goods = str(db.session.scalars(select(MarketOffer.id)).one())
    run("market", "change", market, "--title", "Phiên chợ 28/11")
    run("market", "accept", goods)
    run("market", "resize", goods, "--quantity", "7")
    run("market", "open", market)
    run("market", "copy", code)
    assert vietnam_date(newest().hand_over_at).isoformat() == "2026-12-05"
    assert newest().title_vi == "Phiên chợ 05/12", "It is called by its own day."
    assert "0/7" in run("market", "show", market)
    assert market in run("market", "list")
    run("market", "end-offer", goods)
    run("market", "cancel", market, "--reason", "mưa")
    run("market", "end-series", code)
    run("market", "copy", code, fails=True)
