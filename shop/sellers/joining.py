"""A woman becomes a seller: she asks or is invited, prepares her stall, sends it in, is answered.

Each act leaves an audit line; whoever has to know is told by mail.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from shop.accounts.actions import create_account, note_consent
from shop.accounts.queries import account, account_by, contact_of
from shop.audit.actions import note
from shop.current import vault
from shop.db import the_one
from shop.kernel.clock import vietnam_date
from shop.kernel.codes import random_code, read_code
from shop.kernel.text import one_line
from shop.organisations.queries import organisation
from shop.organisations.rules import UndoTooLate, UnitEnded
from shop.outbox.relay import record
from shop.sellers import events
from shop.sellers.actions import create_seller
from shop.sellers.joining_rules import (
    INVITATION_FOR,
    INVITATION_LENGTH,
    INVITATION_TRIES,
    ApplicationMoved,
    IdentityNotSeen,
    InvitationOver,
    PhoneHasAccount,
    StallIncomplete,
    may_follow,
    missing_of,
)
from shop.sellers.members import appoint_member
from shop.sellers.models import SellerApplication


def ask_to_sell(
    session: Session, *, organisation_id: int, name: str, phone: str, email: str | None,
    offers: str, attempt_id: str, locale: str, now: datetime,
) -> SellerApplication:  # fmt: skip
    """Let somebody ask for a stall; once for each sent form. An officer rings her.

    Raises:
        UnitEnded
    """
    _open_unit(session, organisation_id, now)
    known = session.scalar(
        select(SellerApplication).where(SellerApplication.attempt_id == attempt_id)
    )
    if known is not None:
        return known
    row = _new(session, organisation_id, name, phone, email, locale, "asked", now)
    row.offers, row.attempt_id = one_line(offers)[:300], attempt_id
    session.flush()
    _tell(session, row, "asked", now, None, "")
    return row


def invite(
    session: Session, *, organisation_id: int, name: str, phone: str, actor_id: int | None,
    actor_name: str, now: datetime,
) -> tuple[SellerApplication, str]:  # fmt: skip
    """Invite a woman to sell; return the row and the word to read out or send. It is kept nowhere.

    Raises:
        UnitEnded
    """
    _open_unit(session, organisation_id, now)
    row = _new(session, organisation_id, name, phone, None, "vi", "withdrawn", now)
    return row, _give_word(session, row, actor_id, actor_name, now)


def invite_again(
    session: Session, *, application_id: int, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None,
) -> str:  # fmt: skip
    """Give a new word to who asked or was invited; the one before works no more.

    Raises:
        NotYours, ApplicationMoved
    """
    row = application(session, application_id, to_change=True)
    return _give_word(session, row, actor_id, actor_name, now, undoes_id)


def take_invitation_back(
    session: Session, *, application_id: int, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None,
) -> None:  # fmt: skip
    """Let an invitation lead nowhere any more, until a new word is given.

    Raises:
        NotYours, ApplicationMoved: it was used meanwhile.
    """
    row = application(session, application_id, to_change=True)
    _move(row, "asked" if row.attempt_id else "withdrawn")
    row.code_digest = row.code_expires_at = None
    _tell(session, row, "invitation_taken_back", now, actor_id, actor_name, undoes_id)


def invited_with(session: Session, code: str, now: datetime) -> SellerApplication | None:
    """Return the invitation that a word stands for while it works, or None."""
    return session.scalar(
        select(SellerApplication).where(
            SellerApplication.code_digest == _digest(code),
            SellerApplication.state == "invited",
            SellerApplication.code_expires_at > now,
            SellerApplication.code_tries < INVITATION_TRIES,
        )
    )


def is_phone_of_invitation(
    session: Session, *, code: str, phone: str, now: datetime
) -> SellerApplication | None:
    """Return the invitation when the phone is the invited woman's; a wrong one is counted.

    The word alone opens nothing: it may have been overheard, or sent to the wrong number.
    """
    found = invited_with(session, code, now)
    if found is None:
        return None
    row = application(session, found.id, to_change=True)
    # Asked again while nobody else can guess: of many tries at once only five are looked at.
    if invited_with(session, code, now) is None:
        return None
    if row.phone_index != vault().index("phone", phone):
        row.code_tries += 1
        return None
    return row


def start_stall(
    session: Session, *, application_id: int, signed_in_id: int | None, stall: dict[str, Any],
    terms_version: str, now: datetime,
) -> int:  # fmt: skip
    """Open the account and the stall of an invited woman, who is its owner; the word is spent.

    Args:
        signed_in_id: who is signed in where the word was typed, if anybody is.
        stall: what ``create_seller`` takes beside the unit: ``person``, ``name_vi`` and so on.

    Returns:
        The account's id.

    Raises:
        InvitationOver, PhoneHasAccount, UnitEnded, UnknownWard
    """
    row = application(session, application_id, to_change=True)
    if row.state != "invited":
        raise InvitationOver
    said = vault().open(row.data_key, row.contact)
    person = account_by(session, phone=said["phone"])
    if person is not None and person.id != signed_in_id:
        raise PhoneHasAccount
    if person is None:
        person = create_account(
            session, name=stall["person"], phone=said["phone"], email=said["email"],
            locale=row.locale, actor_id=None, actor_name=stall["person"], now=now,
        )  # fmt: skip
        note_consent(
            session, kind="account", text_version=terms_version, channel="invitation", now=now,
            account_id=person.id,
        )  # fmt: skip
    by = {"actor_id": person.id, "actor_name": person.name, "now": now}
    made = create_seller(
        session, organisation_id=row.organisation_id, phone=said["phone"], **stall, **by
    )
    appoint_member(session, seller_id=made.id, account_id=person.id, role="owner", **by)
    _move(row, "preparing")
    row.name, row.account_id, row.seller_id = person.name, person.id, made.id
    row.code_digest = row.code_expires_at = None
    session.flush()
    _tell(session, row, "started", now, person.id, person.name)
    return person.id


def send_in(
    session: Session, *, seller_id: int, there: set[str], actor_id: int | None, actor_name: str,
    now: datetime,
) -> None:  # fmt: skip
    """Let officers look at a stall that has what it needs.

    Args:
        there: which of ``STEPS`` are done.

    Raises:
        StallIncomplete, ApplicationMoved
    """
    row = application_of(session, seller_id, to_change=True)
    if row is None or not may_follow(row.state, "sent") or row.state in ("approved", "declined"):
        raise ApplicationMoved
    if missing := missing_of(there):
        raise StallIncomplete(missing=missing)
    _move(row, "sent")
    row.sent_at, row.answer = now, ""
    _tell(session, row, "sent", now, actor_id, actor_name)


def ask_again(
    session: Session, *, application_id: int, words: str, actor_id: int | None, actor_name: str,
    now: datetime,
) -> None:  # fmt: skip
    """Say what is missing or wrong still; she sends it in again.

    Raises:
        NotYours, ApplicationMoved
    """
    row = application(session, application_id, to_change=True)
    _move(row, "again")
    _answer(row, words, actor_id, now)
    _tell(session, row, "again", now, actor_id, actor_name)


def decline(
    session: Session, *, application_id: int, reason: str, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None,
) -> None:  # fmt: skip
    """Say no, and why. Taken back by ``take_up_again``.

    Raises:
        NotYours, ApplicationMoved
    """
    row = application(session, application_id, to_change=True)
    before = row.state
    _move(row, "declined")
    _answer(row, reason, actor_id, now)
    _tell(session, row, "declined", now, actor_id, actor_name, undoes_id, before=before)


def take_up_again(
    session: Session, *, application_id: int, to: str, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None,
) -> None:  # fmt: skip
    """Take a no back: it stands again as before.

    Raises:
        UndoTooLate
    """
    row = application(session, application_id, to_change=True)
    if row.state != "declined" or not may_follow("declined", to):
        raise UndoTooLate
    row.state = to
    row.answer, row.answered_at = "", None
    _tell(session, row, "taken_up_again", now, actor_id, actor_name, undoes_id)


def check_before_yes(
    session: Session, *, seller_id: int, there: set[str], identity_seen: bool
) -> None:
    """Refuse a yes to a stall that was sent in and lacks something, or whose owner nobody knows.

    A stall that an officer entered herself has no application: she was there.

    Raises:
        StallIncomplete, IdentityNotSeen
    """
    if application_of(session, seller_id) is None:
        return
    if missing := missing_of(there):
        raise StallIncomplete(missing=missing)
    if not identity_seen:
        raise IdentityNotSeen


def application(
    session: Session, application_id: int, *, to_change: bool = False
) -> SellerApplication:
    """Return one application.

    Raises:
        NotYours
    """
    return the_one(session, SellerApplication, application_id, to_change=to_change)


def application_of(
    session: Session, seller_id: int, *, to_change: bool = False
) -> SellerApplication | None:
    """Return the application of a stall, or None: an officer entered it."""
    found = session.scalar(
        select(SellerApplication.id).where(SellerApplication.seller_id == seller_id)
    )
    return application(session, found, to_change=to_change) if found is not None else None


def phone_of(row: SellerApplication) -> str:
    return vault().open(row.data_key, row.contact)["phone"]


def email_of(session: Session, row: SellerApplication) -> str | None:
    """Return where she reads mail: her account's address, or what she wrote when she asked."""
    if row.account_id is not None:
        return contact_of(account(session, row.account_id))["email"]
    return vault().open(row.data_key, row.contact)["email"]


def applications_in(units: Select[int] | None, states: tuple[str, ...]) -> Select[*tuple[Any, ...]]:
    """Return the applications in these units and states, the oldest first. ``units`` None: all."""
    wanted: Select[*tuple[Any, ...]] = (
        select(
            SellerApplication.id, SellerApplication.name, SellerApplication.state,
            SellerApplication.offers, SellerApplication.created_at, SellerApplication.sent_at,
        )
        .where(SellerApplication.state.in_(states))
        .order_by(SellerApplication.id)
    )  # fmt: skip
    return wanted if units is None else wanted.where(SellerApplication.organisation_id.in_(units))


def _new(
    session: Session, organisation_id: int, name: str, phone: str, email: str | None,
    locale: str, state: str, now: datetime,
) -> SellerApplication:  # fmt: skip
    keys = vault()
    key = keys.new_key()
    row = SellerApplication(
        organisation_id=organisation_id, state=state, name=one_line(name)[:120], data_key=key,
        contact=keys.seal(key, {"phone": phone, "email": email.lower() if email else None}),
        phone_index=keys.index("phone", phone), locale=locale, created_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def _give_word(
    session: Session, row: SellerApplication, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None,
) -> str:  # fmt: skip
    _move(row, "invited")
    code = random_code(INVITATION_LENGTH)
    row.code_digest, row.code_expires_at = _digest(code), now + INVITATION_FOR
    row.code_tries, row.invited_by_id = 0, actor_id
    session.flush()
    _tell(session, row, "invited", now, actor_id, actor_name, undoes_id)
    return code


def _digest(code: str) -> str:
    return vault().index("stall-invitation", read_code(code)[:INVITATION_LENGTH])


def _move(row: SellerApplication, to: str) -> None:
    if not may_follow(row.state, to):
        raise ApplicationMoved
    row.state = to


def _answer(row: SellerApplication, words: str, actor_id: int | None, now: datetime) -> None:
    row.answer = one_line(words)[:500]
    row.answered_at, row.answered_by_id = now, actor_id


def _open_unit(session: Session, organisation_id: int, now: datetime) -> None:
    unit = organisation(session, organisation_id)
    if unit.valid_to is not None and unit.valid_to < vietnam_date(now):
        raise UnitEnded


def _tell(
    session: Session, row: SellerApplication, what: str, now: datetime, actor_id: int | None,
    actor_name: str, undoes_id: int | None = None, **facts: Any,
) -> None:  # fmt: skip
    """Write the audit line, and let those who have to know be told."""
    entry = note(
        session, action=f"seller_application.{what}", subject_kind="seller_application",
        subject_id=row.id, now=now, actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id,
        organisation_id=row.organisation_id, **facts,
    )  # fmt: skip
    if what in ("asked", "sent", "again", "declined"):
        told = events.ApplicationMoved(application_id=row.id, to=what, audit_id=entry.id)
        record(session, told, now)
