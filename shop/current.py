"""What the running shop was opened with: its settings, its vault, the keys that it signs with."""

from flask import current_app

from shop.kernel.sealing import Vault
from shop.kernel.settings import Settings


def current_settings() -> Settings:
    """Return how this shop is set up."""
    return current_app.extensions["settings"]


def vault() -> Vault:
    """Return what opens and seals personal data in this shop."""
    return current_app.extensions["vault"]


def signing_keys() -> list[str]:
    """Return the secret keys, the newest first: it signs, and all of them are believed."""
    earlier = current_app.config["SECRET_KEY_FALLBACKS"] or ()
    return [str(current_app.secret_key), *map(str, earlier)]
