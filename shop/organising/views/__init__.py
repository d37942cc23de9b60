"""What officers organise with their members: calls for help, campaigns."""

from flask import Blueprint

blueprint = Blueprint("organising", __name__)

from shop.organising.views import (  # noqa: E402, F401
    accounts,
    calls,
    campaign_pages,
    campaigns,
    handing,
    help_pages,
    joining,
    members,
    papers,
    quarters,
    slips,
    telling,
)
