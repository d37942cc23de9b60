"""Fixtures read as sentences: ``a_variant(price_vnd=50_000, on_hand=3)``."""

import gc
import gzip
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from hypothesis import settings as searches
from sqlalchemy import event
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache
from werkzeug.datastructures import Headers
from werkzeug.routing import Rule
from werkzeug.routing.matcher import StateMachineMatcher
from whitenoise import WhiteNoise

from shop.accounts.models import Account, SignIn
from shop.app import create_app
from shop.catalogue.models import Category, Product, Shelving, Variant
from shop.current import vault
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.kernel.sealing import token_digest
from shop.kernel.text import fold
from shop.organisations.models import Organisation, OrganisationClosure
from shop.sellers.models import Payee, Seller, SellerMember
from shop.shipping.models import PickupPoint, Rate, RateTable
from shop.stock.models import StockLevel, StockMove
from shop.web import assets
from shop.web.pages import PageCache
from tests import engines, lock_order

# While the shop and its tests are read, nothing of them is garbage (``pytest_collection_finish``).
gc.disable()

#: Thousands of databases are made and thrown away: in memory, where there is room for them.
_MEMORY = Path("/dev/shm")
if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > 6 * 1024**3:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))

# A search goes the same way each time, so that whoever sees it fail can see it again; the soak looks
# elsewhere each time. No example is timed: the machine may be busy.
searches.register_profile("shop", deadline=None, derandomize=not os.environ.get("SOAK"))
searches.load_profile("shop")

NOON = datetime(2026, 11, 23, 5, tzinfo=UTC)  # Twelve o'clock in Vietnam.
_numbers = count(1)


def pytest_xdist_auto_num_workers() -> int:
    """One worker a core, at least two; more than eight would wait for the one PostgreSQL."""
    return min(8, max(2, os.cpu_count() or 2))


def pytest_sessionstart() -> None:
    lock_order.listen()


def pytest_collection_finish() -> None:
    """Look for garbage among what tests leave, seldom, and not in what all of them are made of.

    Else a fifth of the run's processor time goes into walking through the shop's own modules.
    """
    gc.freeze()
    gc.enable()
    gc.set_threshold(10_000, 10, 5)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all test processes of this run see."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def sqlite_template(shared: Path) -> Path:
    return engines.sqlite_template(shared)


@pytest.fixture(scope="session")
def postgres(shared: Path) -> Iterator[tuple[str, str]]:
    """(server address, template name) of a real PostgreSQL."""
    with engines.postgres_server(shared) as server:
        yield server, engines.postgres_template(server, shared)


@pytest.fixture
def engine_name() -> str:
    """The engine of a test: SQLite, unless ``@both_engines`` says otherwise."""
    return "sqlite"


@pytest.fixture
def database_url(
    engine_name: str, tmp_path: Path, shared: Path, request: pytest.FixtureRequest
) -> Iterator[str]:
    """A migrated database of its own for one test."""
    if engine_name == "sqlite":
        yield engines.sqlite_copy(request.getfixturevalue("sqlite_template"), tmp_path)
    else:
        server, template = request.getfixturevalue("postgres")
        with engines.postgres_copy(server, template, shared) as url:
            yield url


class _ForgetfulContext:
    """Clears ``g`` before each request, since requests share the context that a test pushes.

    Without it the person of one request would still be signed in during the next.
    """

    def __init__(self, application: Any) -> None:
        self.application = application

    def __call__(self, environ: Any, start_response: Any) -> Any:
        if g:
            g.__dict__.clear()
        return self.application(environ, start_response)


@pytest.fixture(scope="session", autouse=True)
def compiled_once(shared: Path) -> Iterator[None]:
    """Templates compiled once per run: each test's shop and each server would compile them anew."""
    with pytest.MonkeyPatch.context() as twist:
        twist.setitem(engines.KEYS, "compiled_templates", str(shared / "compiled"))
        yield


@pytest.fixture(scope="session", autouse=True)
def built_once() -> Iterator[None]:
    """Addresses compiled, static files read and zipped once per run, as templates are.

    Each test has a shop of its own; nine tenths of starting one went into its 200 addresses.
    What Werkzeug compiles for a rule knows nothing of its map: it asks the rule it is bound to.
    """
    made: dict[Any, Rule] = {}
    compiled = Rule.compile

    def compile_once(rule: Rule) -> None:
        key = (rule.rule, rule.subdomain, rule.host, str(rule.defaults), rule.merge_slashes)
        twin = made.setdefault(key, rule)
        if twin is rule:
            compiled(rule)
            return
        rule._parts, rule._trace, rule._converters = twin._parts, twin._trace, twin._converters
        rule.arguments |= twin.arguments
        rule._build = twin._build.__func__.__get__(rule)
        rule._build_unknown = twin._build_unknown.__func__.__get__(rule)

    grown, sorted_out = StateMachineMatcher.add, StateMachineMatcher.update

    def grow_later(matcher: Any, rule: Rule) -> None:
        """Half of the tests ask no page: what finds one by its address grows when one is asked."""
        matcher.__dict__.setdefault("waiting", []).append(rule)

    def grow_now(matcher: Any) -> None:
        for rule in matcher.__dict__.pop("waiting", ()):
            grown(matcher, rule)
        sorted_out(matcher)

    static: dict[Any, dict[str, Any]] = {}
    added = WhiteNoise.add_files

    def add_once(noise: WhiteNoise, root: str, prefix: str) -> None:
        more = Headers([])  # Those of HTTPS are sent only there.
        noise.add_headers_function(more, "", "")
        key = (root, prefix, str(more))
        if key not in static:
            added(noise, root, prefix)
            static[key] = dict(noise.files)
        noise.files.update(static[key])

    zipped: dict[Any, dict[str, Any]] = {}
    zip_all = assets.ZippedText.__init__

    def zip_once(text: Any, application: Any, folder: Path, prefix: str, more: Any) -> None:
        key = (folder, prefix, str(more))
        if key not in zipped:
            zip_all(text, application, folder, prefix, more)
            zipped[key] = text.answers
        text.application, text.more, text.answers = application, more, zipped[key]

    with pytest.MonkeyPatch.context() as twist:
        twist.setattr(Rule, "compile", compile_once)
        twist.setattr(StateMachineMatcher, "add", grow_later)
        twist.setattr(StateMachineMatcher, "update", grow_now)
        twist.setattr(assets.ZippedText, "__init__", zip_once)
        twist.setattr(gzip, "compress", lru_cache(gzip.compress))
        twist.setattr(WhiteNoise, "add_files", add_once)
        twist.setattr(assets, "release_of", lru_cache(assets.release_of))
        twist.setattr(assets, "_sent", lru_cache(assets._sent))
        # Compiled statements are kept by dialect, and each test's engine has one of its own.
        twist.setattr(DefaultDialect, "__eq__", lambda self, other: type(self) is type(other))
        twist.setattr(DefaultDialect, "__hash__", lambda self: hash(type(self)))
        yield


#: Statements compiled once per process: compiling them anew took a third of the run.
_statements: Any = LRUCache(4000)


@pytest.fixture
def make_app(tmp_path: Path, database_url: str) -> Callable[..., Flask]:
    """Build a shop over this test's database: ``make_app(page_cache=False)``."""

    def make(**more: Any) -> Flask:
        built = create_app(engines.settings(tmp_path, database_url, **more), TESTING=True)
        built.config["PROPAGATE_BUGS"] = True
        built.wsgi_app = _ForgetfulContext(built.wsgi_app)
        with built.app_context():
            db.engine.update_execution_options(compiled_cache=_statements)
        return built

    return make


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    """The shop, with an application context pushed for the test itself."""
    built = make_app()
    with built.app_context():
        yield built
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor without cookies."""
    return app.test_client()


@pytest.fixture
def count_queries(app: Flask) -> Callable[[], Any]:
    """``with count_queries() as seen: …`` then ``len(seen)`` statements were sent.

    The look at what other processes changed is left out: it comes by the clock, once a second.
    """

    @contextmanager
    def counting() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_c: Any, _cur: Any, statement: str, *_: Any) -> None:
            if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE", "PRAGMA")):
                seen.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            with patch.object(PageCache, "look_elsewhere", lambda cache: None):
                yield seen
        finally:
            event.remove(db.engine, "before_cursor_execute", note)

    return counting


@pytest.fixture
def an_organisation(app: Flask) -> Callable[..., int]:
    """Make a unit and its closure rows; returns its id."""

    def make(
        name: str = "Hội LHPN xã Sông Lành", parent_id: int | None = None, kind: str = "commune"
    ) -> int:
        with transaction() as session:
            unit = Organisation(
                slug=f"hoi-{next(_numbers)}", kind=kind, parent_id=parent_id, name_vi=name,
                name_en=name, valid_from=date(2025, 7, 1),
            )  # fmt: skip
            session.add(unit)
            session.flush()
            session.add(OrganisationClosure(ancestor_id=unit.id, descendant_id=unit.id, depth=0))
            if parent_id is not None:
                above = session.query(OrganisationClosure).filter_by(descendant_id=parent_id).all()
                session.add_all(
                    OrganisationClosure(
                        ancestor_id=a.ancestor_id, descendant_id=unit.id, depth=a.depth + 1
                    )
                    for a in above
                )
            return unit.id

    return make


@pytest.fixture
def an_account(app: Flask) -> Callable[..., int]:
    """Make a person who can sign in; returns the account's id."""

    def make(name: str = "Nguyễn Thị Thử", phone: str | None = None, email: str | None = None,
             operator: bool = False, password_hash: str | None = None, locale: str = "vi") -> int:  # fmt: skip
        n = next(_numbers)
        phone = phone or f"+84907{n:06d}"
        with transaction() as session:
            key = vault().new_key()
            person = Account(
                name=name,
                phone_index=vault().index("phone", phone),
                email_index=vault().index("email", email) if email else None,
                data_key=key,
                contact=vault().seal(key, {"phone": phone, "email": email}),
                password_hash=password_hash,
                locale=locale,
                created_at=NOON,
                operator_since=NOON if operator else None,
            )
            session.add(person)
            session.flush()
            return person.id

    return make


@pytest.fixture
def sign_in(app: Flask) -> Callable[..., FlaskClient]:
    """Return a browser in which an account is signed in."""

    def make(account_id: int, kind: str = "buyer") -> FlaskClient:
        token = f"token-{next(_numbers)}"
        now = now_utc()
        with transaction() as session:
            session.add(
                SignIn(
                    token_digest=token_digest(token), account_id=account_id, kind=kind,
                    created_at=now, seen_at=now, proved_at=now, strong_at=now, expires_at=now + timedelta(hours=8),
                )
            )  # fmt: skip
        browser = app.test_client()
        browser.set_cookie("s", token, domain="127.0.0.1")
        browser.set_cookie("s", token, domain="localhost")
        return browser

    return make


@pytest.fixture
def a_seller(app: Flask, an_organisation: Callable[..., int]) -> Callable[..., int]:
    """Make an open stall with a bank account, a tariff and a pickup point; returns its id."""

    def make(name: str = "Bột ngũ cốc Gò Mít", *, ward_code: str = "20410", province_code: str = "48",
             region: str = "centre", owner_id: int | None = None, organisation_id: int | None = None,
             first_vnd: int = 25_000, free_from_vnd: int | None = None, **more: Any) -> int:  # fmt: skip
        n = next(_numbers)
        unit = organisation_id or an_organisation()
        with transaction() as session:
            seller = Seller(**{
                "slug": f"nguoi-ban-{n}", "organisation_id": unit, "organisation_path": [],
                "entity_kind": "ho_kinh_doanh", "name_vi": name, "name_en": name, "initials": "GM",
                "person": "chị Mẫu", "phone": "+84905000100", "hamlet_vi": "thôn Gò Mít",
                "hamlet_en": "Go Mit hamlet", "ward_code": ward_code, "province_code": province_code,
                "ward_name": "Phường Hội An", "province_name": "Đà Nẵng", "region": region,
                "created_at": NOON, "approved_at": NOON, **more,
            })  # fmt: skip
            session.add(seller)
            session.flush()
            key = vault().new_key()
            session.add(
                Payee(
                    seller_id=seller.id, bank_bin="970405", bank_name="Agribank", holder="NGUYEN THI MAU",
                    data_key=key, account_number=vault().seal(key, f"00000000{n:05d}"),
                    last4=f"{n:05d}"[-4:], started_at=NOON,
                )
            )  # fmt: skip
            table = RateTable(
                seller_id=seller.id, valid_from=date(2026, 1, 1), free_from_vnd=free_from_vnd
            )
            session.add(table)
            session.flush()
            for zone, extra, least, most in (
                ("commune", -10_000, 0, 1), ("province", 0, 1, 2), ("region", 5_000, 2, 3), ("country", 10_000, 3, 5),
            ):  # fmt: skip
                session.add(
                    Rate(
                        rate_table_id=table.id, zone=zone, first_g=1000, first_vnd=first_vnd + extra,
                        step_g=500, step_vnd=5_000, max_g=30_000, days_min=least, days_max=most,
                    )
                )  # fmt: skip
            session.add(
                PickupPoint(
                    seller_id=seller.id, name_vi="Nhà chị Mẫu", name_en="At chị Mẫu's",
                    address_vi="thôn Gò Mít", address_en="Go Mit hamlet", hours_vi="8 giờ đến 17 giờ",
                    hours_en="8:00 to 17:00",
                )
            )  # fmt: skip
            if owner_id is not None:
                session.add(
                    SellerMember(seller_id=seller.id, account_id=owner_id, role="owner", since=NOON)
                )
            return seller.id

    return make


@pytest.fixture
def a_category(app: Flask) -> Callable[..., int]:
    def make(name: str = "Bột và ngũ cốc", parent_id: int | None = None) -> int:
        with transaction() as session:
            shelf = Category(
                slug=f"loai-{next(_numbers)}", parent_id=parent_id, name_vi=name, name_en=name
            )
            session.add(shelf)
            session.flush()
            return shelf.id

    return make


@pytest.fixture
def a_variant(
    app: Flask, a_seller: Callable[..., int], a_category: Callable[..., int]
) -> Callable[..., int]:
    """Make a published product with one pack size and stock; returns the variant's id."""

    def make(title: str = "Bột ngũ cốc", *, seller_id: int | None = None, category_id: int | None = None,
             price_vnd: int = 95_000, on_hand: int = 9, weight_g: int = 600, state: str = "published",
             **more: Any) -> int:  # fmt: skip
        n = next(_numbers)
        seller_id = seller_id or a_seller()
        category_id = category_id or a_category()
        with transaction() as session:
            seller = session.get_one(Seller, seller_id)
            product = Product(**{
                "slug": f"san-pham-{n}", "seller_id": seller_id, "category_id": category_id, "state": state,
                "title_vi": title, "title_en": title, "unit_vi": "hũ", "unit_en": "jar", "allergens": ["peanut"],
                "price_vnd": price_vnd, "province_code": seller.province_code,
                "search_text": fold(f"{title} {seller.name_vi}"), "created_at": NOON, "updated_at": NOON,
                "published_at": NOON + timedelta(seconds=n) if state == "published" else None, **more,
            })  # fmt: skip
            session.add(product)
            session.flush()
            variant = Variant(
                product_id=product.id, seller_id=seller_id, sku=f"SKU-{n}", name_vi="Hũ 500 g", name_en="500 g jar",
                price_vnd=price_vnd, net_g=500, weight_g=weight_g,
            )  # fmt: skip
            session.add(variant)
            session.flush()
            session.add(StockLevel(variant_id=variant.id, product_id=product.id, on_hand=on_hand))
            session.add(
                StockMove(
                    variant_id=variant.id,
                    kind="counted",
                    on_hand_change=on_hand,
                    reserved_change=0,
                    at=NOON,
                )
            )
            if state == "published":
                session.add(
                    Shelving(
                        category_id=category_id, product_id=product.id,
                        published_at=product.published_at, price_vnd=price_vnd,
                    )
                )  # fmt: skip
            return variant.id

    return make
