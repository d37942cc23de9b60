"""Every setting of the shop, read once from environment variables.

A wrong value stops the start with one sentence that names the variable.
"""

import contextlib
import errno
import os
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from email.utils import parseaddr
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from shop.kernel.currencies import Rate, read_rates
from shop.kernel.key_files import NotAsked, holds_accounts, kept_or_made

ROOT = Path(__file__).parent.parent.parent


class WrongSetting(Exception):
    """A variable holds what the shop cannot use. The text is the whole message."""


def setting(default: Any, doc: str, *, least: int | None = None, most: int | None = None) -> Any:
    return field(default=default, metadata={"doc": doc, "least": least, "most": most})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One field per environment variable, named ``SHOP_`` and the field in capitals."""

    mode: str = setting("embedded", "embedded: one process, own keys. production: asks for keys.")
    instance: str = setting(str(ROOT / "instance"), "Folder for database, media, keys and mail.")
    compiled_templates: str = setting(
        "", "Folder for compiled templates, which nobody else may write to; empty: compiled in the"
        " instance folder.",
    )  # fmt: skip
    database_url: str = setting("", "SQLAlchemy address; empty: SQLite in the instance folder.")
    migration_database_url: str = setting(
        "", "The same PostgreSQL by the role that owns the tables; only `flask db upgrade` uses it."
    )
    base_url: str = setting(
        "", "Where buyers reach the shop; links use it. Empty: http:// with host and port."
    )
    sign_in_domain: str = setting(
        "", "Domain that passkeys belong to; empty: that of SHOP_BASE_URL. Another one makes"
        " every passkey useless.",
    )  # fmt: skip
    host: str = setting("127.0.0.1", "Address to listen on.")
    port: int = setting(8000, "Port to listen on.", least=1, most=65535)
    threads: int = setting(8, "Threads of each server process.", least=1, most=64)
    processes: int = setting(
        1, "Server processes; more than one needs PostgreSQL.", least=1, most=64
    )
    worker: str = setting("thread", "thread: the server drains the queue. none: `flask work` does.")
    streams: int = setting(
        30, "Open boards that each server process tells of news at once; the others ask every few"
        " seconds.", least=0, most=5000,
    )  # fmt: skip
    live_port: int = setting(
        8001, "Port of `flask live`, the process of its own for open boards.", least=1, most=65535
    )
    live_streams: int = setting(
        2000, "Open boards that `flask live` tells of news.", least=1, most=20_000
    )
    trusted_proxies: int = setting(
        0, "Reverse proxies in front that set X-Forwarded-*.", least=0, most=5
    )
    secret_key: str = setting("", "32 or more random characters; a file is made when embedded.")
    secret_key_fallbacks: str = setting("", "Earlier secret keys, separated by commas.")
    master_key: str = setting("", "64 hexadecimal digits that wrap the keys of personal data.")
    backup_key: str = setting(
        "", "64 hexadecimal digits that seal backups; a file is made when embedded."
    )
    redis_url: str = setting(
        "", "Valkey or Redis for rate limits; empty: a table, or memory for one process."
    )
    media_url: str = setting("", "Folder or s3://bucket for pictures; empty: the instance folder.")
    media_base_url: str = setting("", "Public address of the bucket; empty: the shop serves them.")
    s3_endpoint: str = setting("", "S3-compatible endpoint, such as https://s3.example.vn.")
    s3_region: str = setting("auto", "Region of the bucket.")
    s3_access_key: str = setting("", "Access key of the bucket.")
    s3_secret_key: str = setting("", "Secret key of the bucket.")
    mail_url: str = setting("", "smtp://user:password@host:587; empty: mails become files.")
    mail_from: str = setting("Chợ Phiên <cho@example.com>", "Sender of mails.")
    demo: bool = setting(True, "Load the invented demo shop into an empty embedded database.")
    offline: bool = setting(
        True, "Let the market stall's page work without a network; off takes its worker away."
    )
    page_cache: bool = setting(True, "Keep rendered public pages in memory.")
    memo_prefix: str = setting("CP", "Two letters that begin every transfer memo.")
    hold_cod_hours: int = setting(
        72, "Stock held for cash on delivery until confirmed.", least=1, most=720
    )
    hold_transfer_hours: int = setting(
        24, "Stock held for a transfer not reported.", least=1, most=720
    )
    hold_quote_hours: int = setting(168, "Stock held while a quote is out.", least=1, most=1440)
    hold_online_minutes: int = setting(
        30, "Stock held after each try to pay by card.", least=30, most=720
    )
    online_organisation: int = setting(
        0, "Number of the organisation that owns the accounts at Stripe, VNPay, MoMo and ZaloPay;"
        " 0: cards and wallets are not offered.",
        least=0, most=10**12,
    )  # fmt: skip
    stripe_secret_key: str = setting(
        "", "Key of the Stripe account, sk_… or rk_…; empty: no cards."
    )
    stripe_webhook_secret: str = setting("", "whsec_… of the endpoint /webhooks/stripe.")
    stripe_pages: str = setting(
        "https://checkout.stripe.com",
        "Where Stripe's payment page lies: also a domain of your own.",
    )
    stripe_api: str = setting("https://api.stripe.com", "Where Stripe is asked.")
    stripe_rates: str = setting(
        "", "Other currencies for cards, dated: EUR 27500 2026-11-20, USD 25400 2026-11-20."
    )
    vnpay_tmn_code: str = setting("", "VNPay's terminal code (vnp_TmnCode); empty: no VNPay.")
    vnpay_hash_secret: str = setting("", "VNPay's secret for signatures (vnp_HashSecret).")
    vnpay_pages: str = setting(
        "https://sandbox.vnpayment.vn/paymentv2/vpcpay.html",
        "VNPay's payment page; its test page unless set.",
    )
    vnpay_api: str = setting(
        "https://sandbox.vnpayment.vn/merchant_webapi/api/transaction",
        "Where VNPay is asked about payments and refunds; its test address unless set.",
    )
    momo_partner_code: str = setting("", "MoMo's partner code; empty: no MoMo.")
    momo_access_key: str = setting("", "MoMo's access key.")
    momo_secret_key: str = setting("", "MoMo's secret key.")
    momo_pages: str = setting(
        "https://test-payment.momo.vn",
        "MoMo's address, for its page and its interface; its test address unless set.",
    )
    zalopay_app_id: int = setting(0, "ZaloPay's app_id; 0: no ZaloPay.", least=0, most=10**9)
    zalopay_key1: str = setting("", "ZaloPay's key1: what the shop asks is signed with it.")
    zalopay_key2: str = setting("", "ZaloPay's key2: what ZaloPay tells is signed with it.")
    zalopay_pages: str = setting(
        "https://qcgateway.zalopay.vn", "ZaloPay's payment page; its test page unless set."
    )
    zalopay_api: str = setting(
        "https://sb-openapi.zalopay.vn", "Where ZaloPay is asked; its test address unless set."
    )
    push_key: str = setting(
        "", "Key that signs news pushed to browsers, from `flask push-key`; empty: none is pushed."
    )
    push_hosts: str = setting(
        "fcm.googleapis.com updates.push.services.mozilla.com *.push.apple.com"
        " *.notify.windows.com",
        "Push services that are asked, separated by blanks; nothing else ever is.",
    )
    unseen_minutes: int = setting(
        60, "Minutes after which an officer sees that nobody of a stall opened a new order.",
        least=5, most=2880,
    )  # fmt: skip
    cod_late_days: int = setting(
        10, "Days after which cash that a carrier took and did not bring is late.", least=1, most=90
    )
    log_level: str = setting("INFO", "DEBUG, INFO, WARNING or ERROR.")
    operator_name: str = setting("Hội LHPN xã Sông Lành (mẫu)", "Who operates the shop.")
    operator_tax_code: str = setting("0000000000", "Tax code of the operator.")
    operator_address: str = setting(
        "Nhà văn hoá thôn Gò Mít, xã Sông Lành, Đà Nẵng (mẫu)", "Address of the operator."
    )
    operator_person: str = setting("Phan Thị Hảo (mẫu)", "The responsible person.")
    operator_phone: str = setting("0905 000 118", "Phone of the help desk.")
    operator_email: str = setting("giup@example.com", "Mail address of the help desk.")

    def __post_init__(self) -> None:
        # Once for all: Flask-SQLAlchemy reads a relative name from Flask's own folder.
        if self.instance:
            object.__setattr__(self, "instance", str(Path(self.instance).absolute()))
        if not self.base_url:  # Forms are taken from this address alone, so it follows the port.
            object.__setattr__(self, "base_url", f"http://{self.host}:{self.port}")

    @property
    def sqlalchemy_url(self) -> str:
        return self.database_url or f"sqlite:///{self.instance}/shop.sqlite"

    @property
    def sqlite_file(self) -> Path | None:
        """The file of the database; None on PostgreSQL."""
        begins, _, named = self.sqlalchemy_url.partition(":///")
        if begins != "sqlite":
            return None
        # Flask-SQLAlchemy takes a relative name from Flask's own folder, wherever one stands.
        return ROOT / "instance" / named.partition("?")[0]

    @property
    def is_production(self) -> bool:
        return self.mode == "production"

    @cached_property
    def earlier_secret_keys(self) -> list[str]:
        """Keys that signed before the one of today; blanks around the commas are no part."""
        return [key for text in self.secret_key_fallbacks.split(",") if (key := text.strip())]

    @cached_property
    def origin(self) -> str:
        """How browsers name where the shop stands: https://cho.example.vn."""
        address = urlsplit(self.base_url)
        return f"{address.scheme}://{address.netloc}"

    @cached_property
    def passkey_domain(self) -> str:
        """The domain that passkeys belong to; "" where browsers make none: http, or no name."""
        host = urlsplit(self.base_url).hostname or ""
        named = not host.rpartition(".")[2].isdecimal() and ":" not in host
        if not named or not (self.is_https or host == "localhost"):
            return ""
        return self.sign_in_domain or host

    @property
    def has_several_servers(self) -> bool:
        """Whether other processes may serve the same shop: they must share what they count.

        One process opens a SQLite file; a public shop on PostgreSQL may have more machines.
        """
        on_sqlite = self.sqlalchemy_url.startswith("sqlite")
        return not on_sqlite and (self.processes > 1 or self.is_production)

    @cached_property
    def payment_pages(self) -> list[str]:
        """Origins of the payment pages that are in use: buyers may be sent there, nowhere else."""
        used = (
            (self.stripe_secret_key, self.stripe_pages),
            (self.vnpay_tmn_code, self.vnpay_pages),
            (self.momo_partner_code, self.momo_pages),
            (self.zalopay_app_id, self.zalopay_pages),
        )
        pages = [urlsplit(page) for key, page in used if key]
        return [f"{page.scheme}://{page.netloc}" for page in pages]

    @cached_property
    def rates(self) -> dict[str, Rate]:
        """Other currencies that cards may be charged in, by code."""
        return {rate.currency: rate for rate in read_rates(self.stripe_rates)}

    @cached_property
    def is_https(self) -> bool:
        return urlsplit(self.base_url).scheme == "https"


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of an environment.

    Raises:
        WrongSetting: names the first variable that is wrong and what it should be.
    """
    environ = os.environ if environ is None else environ
    known = {f"SHOP_{f.name.upper()}": f for f in fields(Settings)}
    for name in environ:
        if name.startswith("SHOP_") and name not in known:
            raise WrongSetting(f"{name} is not a setting of the shop; `flask settings` lists them.")
    values = {
        f.name: _value(name, f, environ[name]) for name, f in known.items() if name in environ
    }
    settings = Settings(**values)
    _check(settings)
    return _with_keys(settings)


def _value(name: str, f: Any, text: str) -> Any:
    if f.type is int or f.type == "int":
        least, most = f.metadata["least"], f.metadata["most"]
        if not (text.isascii() and text.isdecimal()) or not least <= int(text) <= most:
            raise WrongSetting(
                f"{name} must be a whole number from {least} to {most}, not {text!r}."
            )
        return int(text)
    if f.type is bool or f.type == "bool":
        if text not in ("0", "1"):
            raise WrongSetting(f"{name} must be 0 or 1, not {text!r}.")
        return text == "1"
    return text


def _check(settings: Settings) -> None:
    def one_of(name: str, *allowed: str) -> None:
        if getattr(settings, name) not in allowed:
            raise WrongSetting(
                f"SHOP_{name.upper()} must be {' or '.join(allowed)}, not {getattr(settings, name)!r}."
            )

    one_of("mode", "embedded", "production")
    one_of("worker", "thread", "none")
    one_of("log_level", "DEBUG", "INFO", "WARNING", "ERROR")
    if not settings.sqlalchemy_url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise WrongSetting("SHOP_DATABASE_URL must begin with sqlite:/// or postgresql+psycopg://.")
    if settings.migration_database_url:
        for name in ("migration_database_url", "database_url"):
            if not _names_a_role(getattr(settings, name)):
                raise WrongSetting(
                    f"SHOP_{name.upper()} must be like postgresql+psycopg://role@host/database "
                    "when SHOP_MIGRATION_DATABASE_URL is set."
                )
    for name in _NEEDED:
        if not getattr(settings, name).strip():
            raise WrongSetting(f"SHOP_{name.upper()} must not be empty.")
    for name, schemes in _ADDRESSES.items():
        if given := getattr(settings, name):
            _address(name, given, schemes)
    if "@" not in parseaddr(settings.mail_from)[1]:
        raise WrongSetting("SHOP_MAIL_FROM must be like Chợ Phiên <cho@example.vn>.")
    if not _MAIL_ADDRESS.fullmatch(settings.operator_email):  # It stands on every page.
        raise WrongSetting(
            f"SHOP_OPERATOR_EMAIL must be like giup@example.vn, not {settings.operator_email!r}."
        )
    address = _address("base_url", settings.base_url, ("https", "http"))
    if address.path.strip("/") or address.query or address.fragment:
        raise WrongSetting("SHOP_BASE_URL must be like https://cho.example.vn, without a path.")
    domain = settings.sign_in_domain
    if domain and not ("." in domain and f".{address.hostname}".endswith(f".{domain}")):
        raise WrongSetting("SHOP_SIGN_IN_DOMAIN must be the domain of SHOP_BASE_URL or one above.")
    if settings.is_production and address.scheme != "https":
        raise WrongSetting("SHOP_BASE_URL must begin with https:// in production.")
    if settings.processes > 1 and settings.sqlalchemy_url.startswith("sqlite"):
        raise WrongSetting(
            "SHOP_PROCESSES above 1 needs PostgreSQL: one process opens a SQLite file."
        )
    if not (
        len(settings.memo_prefix) == 2
        and settings.memo_prefix.isascii()
        and settings.memo_prefix.isupper()
    ):
        raise WrongSetting("SHOP_MEMO_PREFIX must be two capital letters.")
    if "://" in settings.media_url:
        _address("media_url", settings.media_url, ("s3",))
        if not (settings.s3_access_key and settings.s3_secret_key):
            raise WrongSetting(
                "SHOP_MEDIA_URL names a bucket: set SHOP_S3_ACCESS_KEY and SHOP_S3_SECRET_KEY."
            )
    _check_online(settings)
    if settings.push_key and not _is_push_key(settings.push_key):
        raise WrongSetting("SHOP_PUSH_KEY must be what `flask push-key` prints.")
    for name in ("secret_key", "master_key"):
        if settings.is_production and not getattr(settings, name):
            raise WrongSetting(f"SHOP_{name.upper()} must be set in production.")
    if settings.secret_key and len(settings.secret_key) < 32:
        raise WrongSetting("SHOP_SECRET_KEY must have 32 characters or more.")
    if any(len(key) < 32 for key in settings.earlier_secret_keys):
        raise WrongSetting(
            "SHOP_SECRET_KEY_FALLBACKS must be keys of 32 characters or more, separated by commas."
        )
    for name in ("master_key", "backup_key"):
        if getattr(settings, name) and not _is_key(getattr(settings, name)):
            raise WrongSetting(f"SHOP_{name.upper()} must be 64 hexadecimal digits.")
    if settings.backup_key and settings.backup_key == settings.master_key:
        raise WrongSetting("SHOP_BACKUP_KEY must be another key than SHOP_MASTER_KEY.")


#: A mail address alone, as it is linked in pages.
_MAIL_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;.]+")
#: What is never empty: where things lie, and who stands behind the shop.
_NEEDED = (
    "instance", "operator_name", "operator_address", "operator_person", "operator_phone", "operator_email",
)  # fmt: skip
#: Addresses of other machines, and how they may begin.
_ADDRESSES = {
    "media_base_url": ("https", "http"),
    "s3_endpoint": ("https", "http"),
    "mail_url": ("smtp", "smtps"),
    "redis_url": ("redis", "rediss", "valkey", "valkeys"),
}


def _address(name: str, text: str, schemes: tuple[str, ...]) -> SplitResult:
    """Return the parts of an address that names a machine, or say how it should begin."""
    with contextlib.suppress(ValueError):  # A bracket too few, a port that is none.
        address = urlsplit(text)
        if address.scheme in schemes and address.hostname and (address.port or 1) > 0:
            return address
    begins = " or ".join(f"{scheme}://" for scheme in schemes)
    raise WrongSetting(f"SHOP_{name.upper()} must begin with {begins} and a host, not {text!r}.")


def _is_key(text: str) -> bool:
    try:
        return len(bytes.fromhex(text)) == 32
    except ValueError:
        return False


def _is_push_key(text: str) -> bool:
    try:
        return len(urlsafe_b64decode(text + "=" * (-len(text) % 4))) == 32
    except ValueError:
        return False


#: What belongs together: a gateway with half its keys would fail when a buyer pays.
_TOGETHER = (
    ("stripe_secret_key", "stripe_webhook_secret"),
    ("vnpay_tmn_code", "vnpay_hash_secret"),
    ("momo_partner_code", "momo_access_key", "momo_secret_key"),
    ("zalopay_app_id", "zalopay_key1", "zalopay_key2"),
)
#: Addresses that gateways are asked at, and that buyers are sent to.
_GATEWAYS = (
    "stripe_pages", "stripe_api", "vnpay_pages", "vnpay_api", "momo_pages", "zalopay_pages", "zalopay_api",
)  # fmt: skip


def _check_online(settings: Settings) -> None:
    """Cards and wallets: whole sets of keys, an owner, https addresses, dated rates."""
    for names in _TOGETHER:
        given = [name for name in names if getattr(settings, name)]
        missing = [name for name in names if name not in given]
        if given and missing:
            raise WrongSetting(
                f"SHOP_{given[0].upper()} is set: set SHOP_{missing[0].upper()} too, or neither."
            )
        if given and not settings.online_organisation:
            raise WrongSetting(
                f"SHOP_{given[0].upper()} is set: SHOP_ONLINE_ORGANISATION must name the organisation"
                " that owns that account."
            )
    if settings.stripe_secret_key and not settings.stripe_secret_key.startswith(("sk_", "rk_")):
        raise WrongSetting("SHOP_STRIPE_SECRET_KEY must begin with sk_ or rk_.")
    if settings.stripe_webhook_secret and not settings.stripe_webhook_secret.startswith("whsec_"):
        raise WrongSetting("SHOP_STRIPE_WEBHOOK_SECRET must begin with whsec_.")
    for name in _GATEWAYS:
        address = urlsplit(getattr(settings, name))
        near = address.scheme == "http" and address.hostname == "127.0.0.1"
        if not address.hostname or not (
            address.scheme == "https" or (near and not settings.is_production)
        ):
            raise WrongSetting(f"SHOP_{name.upper()} must begin with https://.")
    try:
        read_rates(settings.stripe_rates)
    except ValueError as wrong:
        raise WrongSetting(f"SHOP_STRIPE_RATES: {wrong}") from None


def _names_a_role(url: str) -> bool:
    return url.startswith("postgresql+psycopg://") and bool(urlsplit(url).username)


def _with_keys(settings: Settings) -> Settings:
    """Embedded: keys live in files under the instance folder, made at the first start."""
    kept = {}
    try:
        folder = Path(settings.instance)
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        if not settings.secret_key:
            path = folder / "secret.key"
            kept["secret_key"] = kept_or_made(path)
            if len(kept["secret_key"]) < 32:
                raise WrongSetting(
                    f"{path} must hold 32 characters or more: delete it and a new key is made;"
                    " everybody then signs in anew."
                )
        if not settings.master_key:
            path = folder / "master.key"
            kept["master_key"] = kept_or_made(path, lambda: _refuse_second_key(settings, path))
            if not _is_key(kept["master_key"]):
                raise WrongSetting(
                    f"{path} must hold 64 hexadecimal digits: put back the key it held; if the"
                    " shop never opened, delete it and a new one is made."
                )
    except OSError as error:
        raise WrongSetting(
            f"SHOP_INSTANCE must be a folder that can be made and written, not"
            f" {settings.instance!r}: {error.strerror}."
        ) from None
    return Settings(
        **{f.name: kept.get(f.name, getattr(settings, f.name)) for f in fields(Settings)}
    )


def _refuse_second_key(settings: Settings, path: Path) -> None:
    """Nothing that an earlier master key sealed could be read with a new one."""
    try:
        sealed = holds_accounts(settings.sqlalchemy_url, settings.sqlite_file)
    except NotAsked as why:
        raise WrongSetting(
            f"{path} is missing, and the database of SHOP_DATABASE_URL could not be asked whether"
            f" it holds accounts sealed by an earlier one: {why}"
        ) from None
    if sealed:
        raise WrongSetting(
            f"{path} is missing, and the database holds accounts sealed by it: put the file back"
            " from your copy, or set SHOP_MASTER_KEY to the 64 digits it held."
        )
