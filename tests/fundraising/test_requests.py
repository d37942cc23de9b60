"""A seller asks to sell for a campaign herself; nothing is sold for it before an officer says yes."""

import pytest
from sqlalchemy import select

from shop.audit.models import AuditEntry
from shop.catalogue.models import Product, Variant
from shop.db import db, transaction
from shop.fundraising.models import Campaign, CampaignOffer
from shop.fundraising.request_models import OfferRequest
from shop.operations.undo import OPPOSITES
from tests.engines import both_engines
from tests.operations.conftest import Desk

AT = "/ban-hang/gay-quy"


@pytest.fixture
def hers(a_campaign, a_seller, a_variant, an_account, an_officer, sign_in):
    """(her browser, an officer's, form fields of a jar of hers, campaign)."""
    owner = an_account("Sương")
    variant = a_variant(seller_id=a_seller(owner_id=owner), on_hand=9)
    one = a_campaign()
    with transaction() as session:
        unit = session.get_one(Campaign, one).organisation_id
        product = session.get_one(Variant, variant).product_id
    form = {
        "campaign": str(one), "product": str(product), "share_kind": "percent", "percent": "20",
        "agree": "y",
    }  # fmt: skip
    return Desk(sign_in(owner, "seller"), owner), an_officer(unit), form, one


def states() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(OfferRequest.state).order_by(OfferRequest.id)))


def newest() -> int:
    return db.session.scalars(select(OfferRequest.id).order_by(OfferRequest.id.desc())).first()


@both_engines
def test_she_asks_with_her_consent_and_an_officer_accepts(hers, client):
    she, officer, form, one = hers
    page = she.get(AT).text
    assert "Bán thêm một món gây quỹ" in page
    for wrong in (
        {"agree": ""},
        {"percent": ""},
        {"percent": "101"},
        {"percent": "0,5"},
        {"campaign": "999"},
    ):
        sent = {name: vnd for name, vnd in (form | wrong).items() if vnd}
        assert she.post(f"{AT}/mon", **sent).status_code == 422, wrong
    over = form | {"share_kind": "fixed", "vnd": "95.001"}
    assert she.post(f"{AT}/mon", **over).status_code == 409
    assert states() == []
    assert she.post(f"{AT}/mon", **form).status_code == 303
    assert "Chờ Hội nhận" in she.get(AT).text
    assert she.post(f"{AT}/mon", **form).status_code == 422, "It waits already."
    assert db.session.scalars(select(CampaignOffer)).all() == [], "Nothing is sold for it yet."
    here = f"/dieu-hanh/gay-quy/{one}"
    assert "Người bán xin bán thêm" in officer.get(here).text
    assert officer.post(f"{here}/xin/{newest()}/nhan").status_code == 303
    assert states() == ["accepted"]
    offer = db.session.scalars(select(CampaignOffer)).one()
    assert (offer.share_hundredths, offer.consent_kind, offer.consent_by) == (
        2_000,
        "self",
        "Sương",
    )
    assert officer.post(f"{here}/xin/{newest()}/nhan").status_code == 404
    slug = db.session.scalars(select(Product.slug)).one()
    assert "Bò giống cho chị em nghèo" in client.get(f"/san-pham/{slug}").text
    assert she.post(f"{AT}/mon/{offer.id}/thoi").status_code == 303, "She ends it for new orders."
    assert "Bán thêm một món gây quỹ" in she.get(AT).text


def test_it_is_withdrawn_or_declined_and_a_no_can_be_taken_back(hers, run, operator):
    she, officer, form, one = hers
    here = f"/dieu-hanh/gay-quy/{one}"
    she.post(f"{AT}/mon", **form)
    first = newest()
    assert she.post(f"{AT}/xin/{first}/rut").status_code == 303
    assert she.post(f"{AT}/xin/{first}/rut").status_code == 404
    she.post(f"{AT}/mon", **form)
    assert officer.post(f"{here}/xin/{newest()}/tu-choi").status_code == 303
    assert "Hội không nhận" in she.get(AT).text
    entry = db.session.scalars(
        select(AuditEntry.id).where(AuditEntry.action == "offer_request.declined")
    ).one()
    assert operator.post(f"/dieu-hanh/nhat-ky/{entry}/tra-lai").status_code == 303
    assert states() == ["withdrawn", "waiting"]
    code = db.session.get_one(Campaign, one).code
    assert str(newest()) in run("campaign", "requests", code)
    run("campaign", "decline-offer", str(newest()))
    run("campaign", "accept-offer", str(newest()), fails=True)
    assert "offer_request.asked" in OPPOSITES
    she.post(f"{AT}/mon", **form)
    run("campaign", "accept-offer", str(newest()))
    assert states() == ["withdrawn", "declined", "accepted"]


def test_what_is_anothers_is_not_hers_to_offer_or_withdraw(
    hers, an_account, a_seller, a_variant, sign_in
):
    she, officer, form, one = hers
    other = an_account("Hoa")
    a_variant(seller_id=a_seller("Chị Hoa", owner_id=other), on_hand=9)
    stranger = Desk(sign_in(other, "seller"), other)
    assert stranger.post(f"{AT}/mon", **form).status_code == 422, "Not among her goods."
    she.post(f"{AT}/mon", **form)
    assert stranger.post(f"{AT}/xin/{newest()}/rut").status_code == 404
    assert officer.post(f"/dieu-hanh/gay-quy/{one}/xin/{newest()}/khac").status_code == 404
    assert states() == ["waiting"]


def test_campaigns_that_run_are_on_the_front_page(client, a_campaign):
    a_campaign(title_vi="Giếng nước cho xóm Đồi", title_en="A well for Hill hamlet")
    a_campaign(title_vi="Chưa ai duyệt", state="draft")
    home = client.get("/").text
    assert "Giếng nước cho xóm Đồi" in home
    assert "Chưa ai duyệt" not in home
    assert "A well for Hill hamlet" in client.get("/en/").text
