"""A seller asks to sell for a campaign herself; an officer of its unit accepts or declines."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.catalogue.models import Product
from shop.db import one_at_a_time
from shop.fundraising.actions.fund import lock_campaign
from shop.fundraising.actions.offers import check_offer, offer_product
from shop.fundraising.models import Campaign, CampaignOffer
from shop.fundraising.request_models import OfferRequest
from shop.fundraising.rules import IllegalCampaignMove, ShareRule
from shop.kernel.clock import vietnam_date
from shop.kernel.errors import NotYours


def ask_to_sell(
    session: Session, *, campaign_id: int, product_id: int, seller_id: int, rule: ShareRule,
    actor_id: int | None, actor_name: str, now: datetime,
) -> OfferRequest:  # fmt: skip
    """Ask to sell a product for a campaign, with the share that she consents to by asking.

    Raises:
        NotYours: not her product. CampaignNotOpen, NotASale, SoldForAnother, ShareOutOfRange.
        IllegalCampaignMove: the product waits for an answer already.
    """
    lock_campaign(session, campaign_id)
    product = one_at_a_time(session, Product, product_id)
    if product is None or product.seller_id != seller_id:
        raise NotYours
    check_offer(session, campaign_id=campaign_id, product_id=product_id, rule=rule, now=now)
    waiting = select(OfferRequest.id).where(
        OfferRequest.product_id == product_id, OfferRequest.state == "waiting"
    )
    if session.scalar(waiting) is not None:
        raise IllegalCampaignMove(state="waiting")
    row = OfferRequest(
        campaign_id=campaign_id, seller_id=seller_id, product_id=product_id, share_kind=rule.kind,
        share_vnd=rule.vnd, share_hundredths=rule.hundredths, cost_vnd=rule.cost_vnd,
        state="waiting", asked_by_id=actor_id, asked_by_name=actor_name[:80], asked_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _note(session, "asked", row, actor_id, actor_name, now)
    return row


def withdraw_request(
    session: Session, *, request_id: int, seller_id: int, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None,
) -> OfferRequest:  # fmt: skip
    """Take back what nobody answered yet. Raises: NotYours"""
    row = _waiting(session, request_id)
    if row.seller_id != seller_id:
        raise NotYours
    _answer(session, row, "withdrawn", actor_id, now)
    _note(session, "withdrawn", row, actor_id, actor_name, now, undoes_id)
    return row


def accept_request(
    session: Session, *, request_id: int, actor_id: int | None, actor_name: str, now: datetime
) -> CampaignOffer:
    """Sell it for the campaign from now on, with the consent that she gave when she asked.

    Raises:
        NotYours: nobody waits for it. CampaignNotOpen, SoldForAnother, ShareOutOfRange
    """
    row = _waiting(session, request_id)
    offer = offer_product(
        session, campaign_id=row.campaign_id, product_id=row.product_id, seller_id=row.seller_id,
        rule=rule_of(row), consent_kind="self", consent_by=row.asked_by_name,
        consent_on=vietnam_date(row.asked_at), actor_id=actor_id, actor_name=actor_name, now=now,
    )  # fmt: skip
    row.offer_id = offer.id
    _answer(session, row, "accepted", actor_id, now)
    return offer


def decline_request(
    session: Session, *, request_id: int, actor_id: int | None, actor_name: str, now: datetime
) -> OfferRequest:
    """Say no; she reads it at her stall and may ask again. Raises: NotYours"""
    row = _waiting(session, request_id)
    _answer(session, row, "declined", actor_id, now)
    _note(session, "declined", row, actor_id, actor_name, now)
    return row


def wait_again(
    session: Session, *, request_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> OfferRequest:  # fmt: skip
    """Take a no back: it waits for an answer again. Raises: NotYours, SoldForAnother"""
    row = one_at_a_time(session, OfferRequest, request_id)
    if row is None or row.state != "declined":
        raise NotYours
    check_offer(
        session, campaign_id=row.campaign_id, product_id=row.product_id, rule=rule_of(row), now=now
    )
    _answer(session, row, "waiting", None, None)
    _note(session, "waits_again", row, actor_id, actor_name, now, undoes_id)
    return row


def rule_of(row: Any) -> ShareRule:
    """Return the share that she asked for."""
    return ShareRule(
        row.campaign_id, row.share_kind, row.share_vnd, row.share_hundredths, row.cost_vnd
    )


def _waiting(session: Session, request_id: int) -> OfferRequest:
    row = one_at_a_time(session, OfferRequest, request_id)
    if row is None or row.state != "waiting":
        raise NotYours
    return row


def _answer(
    session: Session, row: OfferRequest, state: str, by_id: int | None, now: datetime | None
) -> None:
    row.state, row.answered_at, row.answered_by_id = state, now, by_id
    session.flush()


def _note(
    session: Session, word: str, row: OfferRequest, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None,
) -> None:  # fmt: skip
    code = session.get_one(Campaign, row.campaign_id).code
    note(
        session, action=f"offer_request.{word}", subject_kind="campaign",
        subject_id=row.campaign_id, now=now, actor_id=actor_id, actor_name=actor_name,
        undoes_id=undoes_id, code=code, request_id=row.id, product_id=row.product_id,
        seller_id=row.seller_id,
    )  # fmt: skip
