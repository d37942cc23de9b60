"""Pages of signing in and of one's own account."""

from flask import Blueprint

blueprint = Blueprint("accounts", __name__)

from shop.accounts.views import (  # noqa: E402, F401
    devices,
    factors,
    passkeys,
    passwords,
    profile,
    sign_in,
    switching,
)
