"""What officers organise with their members: calls for help."""

from flask import Blueprint

blueprint = Blueprint("organising", __name__)

from shop.organising.views import calls, help_pages  # noqa: E402, F401
