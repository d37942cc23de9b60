"""Flask-Mailman as the shop uses it. Read when the first letter is written, not at the start."""

import smtplib
import ssl
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import Flask
from flask_mailman import EmailMultiAlternatives, Mail
from flask_mailman.backends.smtp import EmailBackend

from shop.current import current_settings

__all__ = ["EmailMultiAlternatives", "prepare_mail"]

TIMEOUT_S = 30
#: A look at the server waits no longer.
LOOK_S = 5
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class CheckedSmtp(smtplib.SMTP):
    """SMTP whose STARTTLS looks at the server's certificate; the library's default does not."""

    def starttls(self, *, context: ssl.SSLContext | None = None, **_: Any) -> Any:
        return super().starttls(context=context or ssl.create_default_context())


class CheckedBackend(EmailBackend):
    """Flask-Mailman's SMTP with checked certificates (QUALITY T51)."""

    @property
    def connection_class(self) -> Any:
        return smtplib.SMTP_SSL if self.use_ssl else CheckedSmtp


def greet_server(app: Flask) -> None:
    """Reach the mail server as sending does, certificate and password included, and send nothing.

    Raises:
        OSError: it is not reached, or says no (``smtplib`` derives its errors from this one).
    """
    prepare_mail(app)
    server = app.extensions["mailman"].get_connection(timeout=LOOK_S)
    try:
        server.open()
        server.connection.ehlo_or_helo_if_needed()
    finally:
        server.close()


def prepare_mail(app: Flask) -> None:
    """Prepare sending once, from ``SHOP_MAIL_URL``: smtps://… or smtp://… with STARTTLS."""
    if "mailman" in app.extensions:
        return
    settings = current_settings()
    address = urlsplit(settings.mail_url)
    app.config.update(
        MAIL_BACKEND=CheckedBackend,
        MAIL_SERVER=address.hostname or "127.0.0.1",
        MAIL_PORT=address.port or (465 if address.scheme == "smtps" else 587),
        MAIL_USERNAME=unquote(address.username) if address.username else None,
        MAIL_PASSWORD=unquote(address.password) if address.password else None,
        MAIL_USE_SSL=address.scheme == "smtps",
        MAIL_USE_TLS=address.scheme == "smtp" and address.hostname not in _LOOPBACK,
        MAIL_TIMEOUT=TIMEOUT_S,
        MAIL_DEFAULT_SENDER=settings.mail_from,
        MAIL_USE_LOCALTIME=False,
    )
    Mail(app)
