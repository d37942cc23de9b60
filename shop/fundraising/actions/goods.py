"""Goods that members give: offered, accepted or not, sold by a stall with all of it for the fund."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.catalogue import actions as catalogue
from shop.catalogue.queries import variants_of
from shop.catalogue.rules import ProductFields, VariantFields
from shop.current import signing_keys, vault
from shop.db import one_at_a_time, touch, upsert_into
from shop.fundraising.actions.offers import end_offer, offer_product
from shop.fundraising.goods_models import GoodsGift
from shop.fundraising.models import Campaign, CampaignOffer
from shop.fundraising.rules import (
    CampaignKind,
    CampaignNotOpen,
    IllegalCampaignMove,
    NotASale,
    ShareKind,
    ShareRule,
    takes_money,
)
from shop.kernel.clock import vietnam_date
from shop.kernel.codes import random_code
from shop.kernel.errors import NotYours
from shop.kernel.sealing import private_token, token_digest
from shop.sellers.models import Seller
from shop.stock.actions import open_level
from shop.stock.queries import free_of_product


@dataclass(frozen=True)
class Given:
    """What somebody says that she gives. ``shown_name``: "" when nobody is to read it."""

    words: str
    quantity: int
    unit: str
    stated_value_vnd: int | None
    shown_name: str
    contact: dict[str, Any]


def offer_goods(
    session: Session, *, campaign_id: int, given: Given, attempt_id: str, locale: str, now: datetime
) -> GoodsGift:
    """Keep that somebody gives goods; an officer answers. One form makes one gift.

    Raises:
        NotYours, NotASale, CampaignNotOpen: nothing is stored.
    """
    campaign = session.get(Campaign, campaign_id)
    if campaign is None:
        raise NotYours
    _check_takes(campaign, now)
    nonce, key = secrets.token_hex(16), vault().new_key()
    session.execute(
        upsert_into(session, GoodsGift)
        .values(
            campaign_id=campaign_id, attempt_id=attempt_id, code=random_code(8), words=given.words,
            quantity=given.quantity, unit=given.unit, stated_value_vnd=given.stated_value_vnd,
            data_key=key, contact=vault().seal(key, given.contact), shown_name=given.shown_name,
            locale=locale, link_nonce=nonce, state="offered", given_at=now,
            link_digest=token_digest(private_token("gift", signing_keys()[0], nonce)),
        )
        .on_conflict_do_nothing(index_elements=["attempt_id"])
    )  # fmt: skip
    return session.scalars(select(GoodsGift).where(GoodsGift.attempt_id == attempt_id)).one()


def _check_takes(campaign: Campaign, now: datetime) -> None:
    if campaign.kind != CampaignKind.SALE:
        raise NotASale
    if not takes_money(campaign.state, campaign.opens_on, campaign.closes_on, vietnam_date(now)):
        raise CampaignNotOpen(state=campaign.state)


def accept_goods(
    session: Session, *, goods_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> GoodsGift:  # fmt: skip
    """Take what is given; the campaign's page says so. Raises: NotYours, IllegalCampaignMove"""
    return _answered(
        session, goods_id, ("offered",), "accepted", actor_id, actor_name, now, undoes_id
    )


def decline_goods(
    session: Session, *, goods_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> GoodsGift:  # fmt: skip
    """Say no, with thanks; her receipt says so. Raises: NotYours, IllegalCampaignMove"""
    return _answered(
        session, goods_id, ("offered",), "declined", actor_id, actor_name, now, undoes_id
    )


def goods_wait_again(
    session: Session, *, goods_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> GoodsGift:  # fmt: skip
    """Take a yes or a no back. Raises: NotYours, IllegalCampaignMove"""
    known = ("accepted", "declined")
    return _answered(session, goods_id, known, "offered", actor_id, actor_name, now, undoes_id)


def _answered(
    session: Session, goods_id: int, known: Sequence[str], to: str, actor_id: int | None,
    actor_name: str, now: datetime, undoes_id: int | None,
) -> GoodsGift:  # fmt: skip
    row = _in_state(session, goods_id, known)
    row.state = to
    row.answered_at, row.answered_by_id = (now, actor_id) if to != "offered" else (None, None)
    touch(session, "campaigns")
    word = {"offered": "waits_again"}.get(to, to)
    _note(session, word, row, actor_id, actor_name, now, undoes_id)
    return row


def _in_state(session: Session, goods_id: int, known: Sequence[str]) -> GoodsGift:
    row = one_at_a_time(session, GoodsGift, goods_id)
    if row is None:
        raise NotYours
    if row.state not in known:
        raise IllegalCampaignMove(state=row.state)
    return row


def sell_goods(
    session: Session, *, goods_id: int, seller_id: int, category_id: int, price_vnd: int,
    weight_g: int, allergens: Sequence[str], consent_kind: str, consent_by: str, consent_on: date,
    actor_id: int | None, actor_name: str, now: datetime,
) -> CampaignOffer:  # fmt: skip
    """Let a stall sell what was given: a product of hers, of which all goes to the fund.

    Args:
        price_vnd: of one unit. weight_g: of one, packed. consent_*: how the stall agreed.

    Raises:
        NotYours: no such stall. IllegalCampaignMove, NotASale, CampaignNotOpen, AllergensNotStated
    """
    row = _in_state(session, goods_id, ("accepted",))
    seller = session.get(Seller, seller_id)
    if seller is None or seller.approved_at is None or seller.closed_at is not None:
        raise NotYours
    by = {"actor_id": actor_id, "actor_name": actor_name, "now": now}
    product = catalogue.create_product(
        session, seller_id=seller_id, category_id=category_id,
        fields=ProductFields(title_vi=row.words, unit_vi=row.unit, allergens=allergens),
        variants=[VariantFields(name_vi=f"1 {row.unit}", price_vnd=price_vnd, weight_g=weight_g)],
        **by,  # type: ignore[arg-type]
    )  # fmt: skip
    for pack in variants_of(session, product.id):
        open_level(
            session, variant_id=pack.id, product_id=product.id,
            on_hand=row.quantity if row.left_over is None else row.left_over, now=now,
            actor_id=actor_id,
        )  # fmt: skip
    catalogue.publish(session, product_id=product.id, **by)  # type: ignore[arg-type]
    offer = offer_product(
        session, campaign_id=row.campaign_id, product_id=product.id, seller_id=seller_id,
        rule=ShareRule(row.campaign_id, ShareKind.ALL), consent_kind=consent_kind,
        consent_by=consent_by, consent_on=consent_on, given_by=row.shown_name,
        **by,  # type: ignore[arg-type]
    )  # fmt: skip
    row.state, row.offer_id = "sold", offer.id
    session.flush()
    _note(session, "sold", row, actor_id, actor_name, now, None, price_vnd=price_vnd)
    return offer


def sell_goods_no_more(
    session: Session, *, goods_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> GoodsGift:  # fmt: skip
    """Take given goods off the shelf; what was ordered keeps its share. Raises: NotYours"""
    row = _in_state(session, goods_id, ("sold",))
    offer = session.get_one(CampaignOffer, row.offer_id)
    by = {"actor_id": actor_id, "actor_name": actor_name, "now": now}
    if offer.ended_at is None:
        end_offer(session, offer_id=offer.id, seller_id=offer.seller_id, **by)  # type: ignore[arg-type]
    catalogue.hide(session, product_id=offer.product_id, **by)  # type: ignore[arg-type]
    # What was ordered is promised: sold anew, only the rest is there.
    free = free_of_product(session, offer.product_id)
    row.left_over = max(0, min(row.quantity if row.left_over is None else row.left_over, free))
    row.state, row.offer_id = "accepted", None
    _note(session, "sold_no_more", row, actor_id, actor_name, now, undoes_id)
    return row


def _note(
    session: Session, word: str, row: GoodsGift, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None, **facts: Any,
) -> None:  # fmt: skip
    campaign = session.get_one(Campaign, row.campaign_id)
    note(
        session, action=f"goods_gift.{word}", subject_kind="campaign", subject_id=row.campaign_id,
        now=now, actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id, code=campaign.code,
        goods=row.code, goods_id=row.id, **facts,
    )  # fmt: skip
