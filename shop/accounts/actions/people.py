"""Accounts: opened, changed, disabled, erased; and the addresses they keep."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.accounts.actions.consents import note_consent, withdraw_consent
from shop.accounts.actions.sign_ins import end_sign_ins, forget_tries
from shop.accounts.events import AccountDeleted, SecretChanged
from shop.accounts.leaving import end_what_was_hers
from shop.accounts.models import (
    Account,
    OneTimeKey,
    Passkey,
    RecoveryCode,
    SavedAddress,
    SignIn,
)
from shop.accounts.passwords import common_passwords, hashed
from shop.accounts.queries import account, account_by, contact_of
from shop.accounts.rules import ContactMissing, ContactTaken, LastOperator, check_password
from shop.audit.actions import note, take_name_off
from shop.current import vault
from shop.kernel.text import one_line
from shop.outbox.relay import record

#: Older addresses are forgotten.
ADDRESSES_KEPT = 10


def create_account(
    session: Session,
    *,
    name: str,
    phone: str | None,
    email: str | None,
    password: str | None = None,
    locale: str = "vi",
    operator: bool = False,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
) -> Account:
    """Open an account for a person.

    Args:
        phone: E.164. At least one of phone and e-mail is needed.
        password: None: she signs in by a code or sets one by a mailed link.

    Raises:
        ContactMissing, ContactTaken, WeakPassword
    """
    if not phone and not email:
        raise ContactMissing
    email = email.lower() if email else None
    for field, taken in (
        ("phone", phone and account_by(session, phone=phone)),
        ("email", email and account_by(session, email=email)),
    ):
        if taken:
            raise ContactTaken(field=field)
    if password is not None:
        about = [
            name,
            phone or "",
            "0" + (phone or "").removeprefix("+84"),
            (email or "").split("@")[0],
        ]
        check_password(
            password, kind="operator" if operator else "buyer", second_factor=False,
            common=common_passwords(), about=about,
        )  # fmt: skip
    keys = vault()
    key = keys.new_key()
    person = Account(
        name=one_line(name)[:120],
        phone_index=keys.index("phone", phone) if phone else None,
        email_index=keys.index("email", email) if email else None,
        data_key=key,
        contact=keys.seal(key, {"phone": phone, "email": email}),
        password_hash=hashed(password) if password is not None else None,
        locale=locale,
        created_at=now,
        created_by_id=actor_id,
        operator_since=now if operator else None,
    )
    try:
        with session.begin_nested():
            session.add(person)
    except IntegrityError:  # Somebody else took the number at the same moment.
        raise ContactTaken(field="phone" if phone else "email") from None
    note(
        session, action="account.created", subject_kind="account", subject_id=person.id, now=now,
        actor_id=actor_id, actor_name=actor_name, operator=operator,
    )  # fmt: skip
    return person


def open_account_after_order(
    session: Session,
    *,
    name: str,
    phone: str | None,
    email: str | None,
    password: str | None,
    locale: str,
    terms_version: str,
    order_id: int,
    now: datetime,
) -> Account:
    """Open an account for a buyer who ticked the box after ordering.

    The phone is not proved, so nothing but this order may be shown in it: the caller
    links the order, and never others with the same phone.

    Raises:
        ContactMissing, ContactTaken, WeakPassword
    """
    person = create_account(
        session, name=name, phone=phone, email=email, password=password, locale=locale,
        actor_id=None, actor_name=name, now=now,
    )  # fmt: skip
    note_consent(
        session, kind="account", text_version=terms_version, channel="checkout", now=now,
        account_id=person.id, order_id=order_id,
    )  # fmt: skip
    return person


def edit_profile(
    session: Session, *, account_id: int, name: str, locale: str, called: str = "", now: datetime
) -> Account:
    """Change a person's name, which language she is written to, and how she is called in it.

    Args:
        called: one of ``web.words.CALLED``; "" leaves it as it is.
    """
    person = account(session, account_id, to_change=True)
    before = (person.name, person.locale, person.called)
    person.name, person.locale = one_line(name)[:120], locale
    person.called = called or person.called
    if before != (person.name, person.locale, person.called):
        note(
            session, action="account.profile_changed", subject_kind="account",
            subject_id=account_id, now=now, actor_id=account_id, actor_name=before[0],
            name_changed=before[0] != person.name, locale=locale,
        )  # fmt: skip
    return person


def change_contact(
    session: Session,
    *,
    account_id: int,
    phone: str | None,
    email: str | None,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
) -> Account:
    """Change the phone and e-mail by which a person signs in; the old mail address is told.

    Raises:
        ContactMissing, ContactTaken
    """
    person = account(session, account_id, to_change=True)
    email = email.lower() if email else None
    if not phone and not email:
        raise ContactMissing
    before = contact_of(person)
    if before == {"phone": phone, "email": email}:
        return person
    for field, found in (
        ("phone", account_by(session, phone=phone)),
        ("email", account_by(session, email=email)),
    ):
        if found is not None and found.id != account_id:
            raise ContactTaken(field=field)
    keys = vault()
    earlier = keys.seal(person.data_key, before).hex()
    try:
        with session.begin_nested():
            person.phone_index = keys.index("phone", phone) if phone else None
            person.email_index = keys.index("email", email) if email else None
            person.contact = keys.seal(person.data_key, {"phone": phone, "email": email})
    except IntegrityError:
        raise ContactTaken(field="phone" if phone else "email") from None
    # A link that was mailed to the old address opens nothing any more.
    session.execute(
        delete(OneTimeKey).where(
            OneTimeKey.account_id == account_id,
            OneTimeKey.kind == "password",
            OneTimeKey.used_at.is_(None),
        )
    )
    entry = note(
        session, action="account.contact_changed", subject_kind="account", subject_id=account_id,
        now=now, actor_id=actor_id, actor_name=actor_name,
        phone=before["phone"] != phone, email=before["email"] != email,
    )  # fmt: skip
    record(
        session,
        SecretChanged(
            account_id=account_id, what="contact", audit_id=entry.id, earlier_contact=earlier
        ),
        now,
    )
    return person


def disable_account(
    session: Session,
    *,
    account_id: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> Account:
    """Close an account to its owner at once, everywhere. Undone by ``enable_account``.

    Raises:
        LastOperator
    """
    person = account(session, account_id, to_change=True)
    _refuse_last_operator(session, person)
    if person.disabled_at is None:
        person.disabled_at = now
        end_sign_ins(session, account_id=account_id, now=now)
        note(
            session, action="account.disabled", subject_kind="account", subject_id=account_id,
            now=now, actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id,
        )  # fmt: skip
    return person


def enable_account(
    session: Session,
    *,
    account_id: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> Account:
    """Let a person sign in again."""
    person = account(session, account_id, to_change=True)
    if person.disabled_at is not None:
        person.disabled_at = None
        note(
            session, action="account.enabled", subject_kind="account", subject_id=account_id,
            now=now, actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id,
        )  # fmt: skip
    return person


def delete_account(
    session: Session, *, account_id: int, actor_id: int | None, actor_name: str, now: datetime
) -> None:
    """Erase a person from the accounts: contact, name, addresses, secrets and sign-ins.

    Orders keep their own sealed copy for as long as the books must, without the link.

    Raises:
        LastOperator
        Refusal: of a room above that she leaves something open in.
    """
    person = account(session, account_id, to_change=True)
    _refuse_last_operator(session, person)
    end_what_was_hers(session, account_id, now)
    for value in contact_of(person).values():
        if value:
            forget_tries(session, identifier=value)
    keys = vault()
    key = keys.new_key()
    person.name = ""
    person.phone_index = person.email_index = person.password_hash = None
    person.second_factor = person.second_factor_at = person.operator_since = None
    person.data_key = key
    person.contact = keys.seal(key, {"phone": None, "email": None})
    person.deleted_at = now
    end_sign_ins(session, account_id=account_id, now=now)
    session.execute(update(SignIn).where(SignIn.account_id == account_id).values(device=""))
    withdraw_consent(session, account_id=account_id, kind="marketing", now=now)
    for table in (SavedAddress, OneTimeKey, RecoveryCode, Passkey):
        session.execute(delete(table).where(table.account_id == account_id))
    note(
        session, action="account.deleted", subject_kind="account", subject_id=account_id, now=now,
        actor_id=actor_id, actor_name=actor_name,
    )  # fmt: skip
    take_name_off(session, account_id)
    record(session, AccountDeleted(account_id=account_id), now)


def save_address(
    session: Session, *, account_id: int, address: dict[str, Any], now: datetime
) -> None:
    """Keep an address that was used, once; the ten last used stay."""
    keys = vault()
    index = keys.index("address", json.dumps(address, sort_keys=True, ensure_ascii=False))
    known = session.scalar(
        update(SavedAddress)
        .where(SavedAddress.account_id == account_id, SavedAddress.address_index == index)
        .values(used_at=now)
        .returning(SavedAddress.id)
    )
    if known is None:
        key = keys.new_key()
        session.add(
            SavedAddress(
                account_id=account_id, data_key=key, address=keys.seal(key, address),
                address_index=index, used_at=now,
            )
        )  # fmt: skip
        session.flush()
    kept = (
        select(SavedAddress.id)
        .where(SavedAddress.account_id == account_id)
        .order_by(SavedAddress.used_at.desc(), SavedAddress.id.desc())
        .limit(ADDRESSES_KEPT)
    )
    kept_ids = list(session.scalars(kept))
    session.execute(
        delete(SavedAddress).where(
            SavedAddress.account_id == account_id, SavedAddress.id.not_in(kept_ids)
        )
    )


def forget_address(
    session: Session, *, account_id: int, address_id: int, actor_name: str, now: datetime
) -> bool:
    """Remove one saved address; False when it is not this person's."""
    gone = session.execute(
        delete(SavedAddress).where(
            SavedAddress.id == address_id, SavedAddress.account_id == account_id
        )
    )
    if gone.rowcount != 1:  # type: ignore[attr-defined]
        return False
    note(
        session, action="account.address_forgotten", subject_kind="account",
        subject_id=account_id, now=now, actor_id=account_id, actor_name=actor_name,
    )  # fmt: skip
    return True


def _refuse_last_operator(session: Session, person: Account) -> None:
    if person.operator_since is None or person.disabled_at is not None:
        return
    others = session.scalar(
        select(func.count())
        .select_from(Account)
        .where(
            Account.operator_since.is_not(None),
            Account.disabled_at.is_(None),
            Account.deleted_at.is_(None),
            Account.id != person.id,
        )
    )
    if not others:
        raise LastOperator
