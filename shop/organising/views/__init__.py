"""What officers organise with their members: calls for help, campaigns."""

from flask import Blueprint

blueprint = Blueprint("organising", __name__)

from shop.organising.views import (  # noqa: E402, F401
    accounts,
    calls,
    campaign_pages,
    campaigns,
    cash,
    classes,
    goods,
    handing,
    help_pages,
    joining,
    kiosks,
    late_money,
    lessons,
    market_day,
    market_lists,
    markets,
    members,
    papers,
    quarters,
    questions,
    slips,
    stall,
    standing,
    telling,
)
