"""Builds the application. The only module, beside the commands, that sees every floor."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.sessions import SessionInterface, SessionMixin
from jinja2 import StrictUndefined
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError
from werkzeug.middleware.proxy_fix import ProxyFix

from shop.accounts.guards import init_sign_in
from shop.audit import models as _audit_models  # noqa: F401
from shop.db import db, sqlite_driver
from shop.kernel.sealing import Vault
from shop.kernel.settings import ROOT, Settings, WrongSetting, read_settings
from shop.outbox.progress import init_progress
from shop.rooms import open_rooms
from shop.web.assets import init_assets
from shop.web.compiled import keep_compiled
from shop.web.errors import init_errors
from shop.web.fragments import init_fragments
from shop.web.guards import init_guards
from shop.web.headers import init_headers
from shop.web.language_prefix import LanguagePrefix
from shop.web.limits import init_limits
from shop.web.links import Address, init_links
from shop.web.logs import init_logs
from shop.web.pages import KeptPages, init_pages, watch_changes
from shop.web.templating import Templates
from shop.web.whitespace import CollapseWhitespace
from shop.web.words import init_words


class _NoSession(SessionInterface):
    """Flask's signed cookie is never used: sign-ins are rows that can be ended (QUALITY T01)."""

    class Empty(dict, SessionMixin):
        accessed = modified = False

    def open_session(self, app: Flask, request: Any) -> SessionMixin:
        return self.Empty()

    def save_session(self, app: Flask, session: Any, response: Any) -> None:
        pass


class _Shop(Flask):
    """Flask, without what a program that waits for nothing does not need."""

    url_rule_class = Address

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        # No view or hook here is a coroutine, and asking each of them took 2 % of a page.
        return func


def create_app(settings: Settings | None = None, **config: Any) -> Flask:
    """Return the whole shop.

    Args:
        settings: read from the environment when left out.
        config: Flask's own keys, for tests.
    """
    settings = settings or read_settings()
    _check_addresses(settings)
    app = _Shop("shop", template_folder=ROOT / "templates", static_folder=None)
    app.static_folder = str(ROOT / "static")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=settings.earlier_secret_keys,
        BASE_URL=settings.base_url.rstrip("/"),
        TRUSTED_HOSTS=_trusted_hosts(settings),
        SQLALCHEMY_DATABASE_URI=settings.sqlalchemy_url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(settings),
        MAX_CONTENT_LENGTH=6 * 1024 * 1024,
        # Per field, and above the 64 KB in which a body is read: Werkzeug counts what it has
        # read and not yet sorted, so that at the same number photos failed by their bytes.
        MAX_FORM_MEMORY_SIZE=128 * 1024,
        # A new product with every allergen ticked sends some sixty: QUALITY's 50 would refuse it.
        MAX_FORM_PARTS=100,
        TEMPLATES_AUTO_RELOAD=False,
    )
    app.config.update(config)
    app.extensions["settings"] = settings
    app.extensions["vault"] = Vault(bytes.fromhex(settings.master_key))
    app.session_interface = _NoSession()
    app.jinja_environment = Templates
    app.jinja_options = {
        "undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True,
        "extensions": [CollapseWhitespace],
    }  # fmt: skip
    app.jinja_env.globals["settings"] = settings
    app.url_map.strict_slashes = False
    init_logs(app, settings.log_level)

    Path(settings.instance).mkdir(parents=True, exist_ok=True)
    db.init_app(app)
    init_words(app)
    init_links(app, settings)
    init_fragments(app)
    init_limits(app, settings)
    init_progress(app, settings)
    init_sign_in(app)
    init_guards(app)
    # Answers pass these in reverse: headers are complete before a page is kept.
    cache = init_pages(app, enabled=settings.page_cache)
    watch_changes(app)
    init_headers(app, settings)
    init_errors(app)
    open_rooms(app, settings)
    if settings.page_cache:
        app.wsgi_app = KeptPages(app.wsgi_app, cache)  # type: ignore[method-assign]
    app.wsgi_app = LanguagePrefix(app.wsgi_app)  # type: ignore[method-assign]
    init_assets(app, settings)
    keep_compiled(app, settings)
    if settings.trusted_proxies:
        n = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
    return app


def _check_addresses(settings: Settings) -> None:
    """Stop at an address of a database that SQLAlchemy cannot read, or that names none.

    Raises:
        WrongSetting
    """
    for name in ("database_url", "migration_database_url"):
        if not (given := getattr(settings, name)):
            continue
        try:
            named = make_url(given).database
        except (ArgumentError, ValueError):  # A port that is no number is a ValueError.
            named = None
        if not named:
            raise WrongSetting(
                f"SHOP_{name.upper()} must be like sqlite:////folder/shop.sqlite or"
                " postgresql+psycopg://role:password@host:5432/database; an @ in a password is"
                " written %40."
            )


def _trusted_hosts(settings: Settings) -> list[str]:
    """Hosts that a request may name; an embedded shop also answers on its own machine."""
    host = urlsplit(settings.base_url).hostname or ""
    return [host] if settings.is_production else [host, "localhost", "127.0.0.1"]


POSTGRESQL_OPTIONS = (
    "-c statement_timeout=20000 -c lock_timeout=10000"
    " -c idle_in_transaction_session_timeout=60000 -c timezone=UTC"
    # What is asked for lies in memory or on an SSD. PostgreSQL takes it for a turning disk, and
    # read all variants for a list of 24 products.
    " -c random_page_cost=1.1"
)


def _engine_options(settings: Settings) -> dict[str, Any]:
    # The connection used last is used next: few are warm, and the others keep nothing.
    if settings.sqlalchemy_url.startswith("sqlite"):
        return {
            "module": sqlite_driver, "pool_size": settings.threads + 4, "pool_timeout": 20,
            "pool_use_lifo": True,
        }  # fmt: skip
    return {
        "pool_use_lifo": True,
        "pool_size": settings.threads + 2,
        # As on SQLite the shop begins transactions itself (``shop.db``): reads need none, and
        # who begins learns there whether the server is still at the other end.
        "isolation_level": "AUTOCOMMIT",
        "execution_options": {"begin": "PLAIN"},
        "connect_args": {
            "connect_timeout": 5,
            "options": POSTGRESQL_OPTIONS,
        },
    }
