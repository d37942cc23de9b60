"""People who sign in, where they are signed in, and what they agreed to."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, validates

from shop.db import Base
from shop.kernel.text import fold


class Account(Base):
    """A person who may sign in, by phone or e-mail.

    Phone and e-mail are sealed under ``data_key``; the index columns hold keyed
    digests (``Vault.index("phone", "+849…")``) for exact look-up.
    """

    __tablename__ = "accounts"
    __table_args__ = (
        CheckConstraint("locale IN ('vi', 'en')", name="locale_known"),
        CheckConstraint("called IN ('chi', 'anh')", name="called_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    #: The name folded, for the desk's search: "lanh" finds "Lành". Follows the name.
    search_text: Mapped[str] = mapped_column(String(160), default="", server_default="")
    phone_index: Mapped[str | None] = mapped_column(String(40), unique=True)
    email_index: Mapped[str | None] = mapped_column(String(40), unique=True)
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    #: Sealed JSON: {"phone": "+849…" | null, "email": "…" | null}
    contact: Mapped[bytes] = mapped_column(LargeBinary)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    locale: Mapped[str] = mapped_column(String(2), default="vi")
    #: How the shop calls this person in Vietnamese where it speaks to sellers and officers.
    called: Mapped[str] = mapped_column(String(3), default="chi", server_default="chi")
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    #: Since when this person operates the shop; None for everybody else.
    operator_since: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    #: Second factor: sealed JSON of the TOTP secret in base 32; None while there is none.
    second_factor: Mapped[bytes | None] = mapped_column(LargeBinary)
    second_factor_at: Mapped[datetime | None]
    #: The last time step whose code was taken, so that a code works once (QUALITY T19).
    second_factor_step: Mapped[int] = mapped_column(default=0)

    @validates("name")
    def _fold_name(self, _: str, name: str) -> str:
        self.search_text = fold(name)[:160]
        return name


class SignIn(Base):
    """One signed-in browser. The cookie holds the token, this row its digest."""

    __tablename__ = "sign_ins"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    #: "buyer", "seller", "officer" or "operator": decides how long it lives (QUALITY T04).
    kind: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    #: The last time a secret was given; dangerous acts ask again after 10 minutes.
    proved_at: Mapped[datetime]
    #: The last time it was more than the password: six digits, or a code that was read out.
    strong_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    device: Mapped[str] = mapped_column(String(120), default="")


class SignInFailures(Base):
    """Tries in a row that failed for one phone or e-mail, whether it has an account or not."""

    __tablename__ = "sign_in_failures"

    #: ``Vault.index("sign-in", "+849…")``
    identifier_index: Mapped[str] = mapped_column(String(40), primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)


class RecoveryCode(Base):
    """One of ten codes that replace a lost second factor. Works once."""

    __tablename__ = "recovery_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Passkey(Base):
    """The public half of a key that stays in a phone. Its owner signs in without typing."""

    __tablename__ = "passkeys"
    __table_args__ = (CheckConstraint("sign_count >= 0", name="sign_count_not_negative"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    #: How often it signed, as it says itself; a copy of it falls behind. Many say 0 always.
    sign_count: Mapped[int]
    #: "Chrome, Android": how its owner tells it from her others.
    name: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime]
    #: From then on it counts as more than a password (QUALITY T18).
    settles_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class OneTimeKey(Base):
    """A secret that works once: a code read out by an officer, or a link to set a password.

    Kinds: "code" (sign in by phone), "password" (mailed link), "step" (between the
    password and the second factor), "passkey" (a challenge that was signed).
    """

    __tablename__ = "one_time_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Consent(Base):
    """That somebody agreed to a text: which one, when, through what. Withdrawn by date."""

    __tablename__ = "consents"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: "ordering", "marketing", "account".
    kind: Mapped[str] = mapped_column(String(20))
    text_version: Mapped[str] = mapped_column(String(20))
    given_at: Mapped[datetime]
    channel: Mapped[str] = mapped_column(String(20))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    #: Keyed digest of the phone for people without an account.
    phone_index: Mapped[str | None] = mapped_column(String(40), index=True)
    order_id: Mapped[int | None] = mapped_column(index=True)
    #: Keyed digest of the mail address that the news of a guest goes to.
    email_index: Mapped[str | None] = mapped_column(String(40), index=True)
    withdrawn_at: Mapped[datetime | None]


class SavedAddress(Base):
    """An address that an account used before. Sealed like an order's contact."""

    __tablename__ = "saved_addresses"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    #: Sealed JSON with the keys of ``places.rules.Address``.
    address: Mapped[bytes] = mapped_column(LargeBinary)
    #: Keyed digest of the whole address, so that the same one is kept once.
    address_index: Mapped[str] = mapped_column(String(40))
    used_at: Mapped[datetime]
