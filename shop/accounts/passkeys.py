"""Passkeys: what a phone is asked to sign, and whether its answer is right (QUALITY T18).

A passkey is a key that stays in the phone and opens with the phone's own lock: finger, face or
number. The shop keeps the public half alone. A challenge is not stored when it is given: it says
itself for whom, for what and when it was made, and is written down when it is used, so that it
works once. The library is read in by whoever uses a passkey; few pages do.
"""

import base64
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.accounts.queries import contact_of, passkeys_of
from shop.accounts.rules import CHALLENGE_FOR, WrongPasskey
from shop.current import current_settings, signing_keys, vault
from shop.kernel.phones import written

#: A phone's answer is some hundred bytes; the longest that standards allow stays below.
_MOST_ANSWER = 20_000
_ALGORITHMS = (-8, -7, -257)  # Ed25519, P-256, RSA, as COSE numbers them.


@dataclass(frozen=True)
class NewKey:
    """What a phone gave for a key it just made."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


def challenge_for(purpose: str, account_id: int, now: datetime) -> str:
    """Return what a phone is to sign.

    Args:
        purpose: "enter" (account 0: nobody is known yet), "add" or "prove".
    """
    made, mark = f"{int(now.timestamp())}", secrets.token_hex(16)
    return f"{made}.{mark}.{_mac(purpose, account_id, made, mark)}"


def _mac(purpose: str, account_id: int, made: str, mark: str) -> str:
    key = signing_keys()[0].encode()
    return hmac.new(
        key, f"passkey:{purpose}:{account_id}:{made}:{mark}".encode(), "sha256"
    ).hexdigest()


def challenge_holds(challenge: str, purpose: str, account_id: int, now: datetime) -> bool:
    """Tell whether the shop gave this challenge, for this, to this person, a moment ago."""
    made, _, rest = challenge.partition(".")
    mark, _, mac = rest.partition(".")
    if not (made.isascii() and made.isdecimal() and len(made) < 12 and mark.isalnum()):
        return False
    age = now.timestamp() - int(made)
    fits = hmac.compare_digest(
        _mac(purpose, account_id, made, mark).encode("utf-8", "surrogatepass"),
        mac.encode("utf-8", "surrogatepass"),
    )
    return fits and -1 <= age <= CHALLENGE_FOR.total_seconds()


def handle_of(account_id: int) -> bytes:
    """Return how phones know an account: no number and no name, the same for all its keys."""
    return vault().index("passkey", str(account_id)).encode()


def to_make(session: Session, person: Account, challenge: str) -> dict[str, Any]:
    """Return what a browser needs to make a key for a person."""
    contact = contact_of(person)
    who = written(contact["phone"]) if contact["phone"] else contact["email"] or person.name
    return {
        "challenge": _text(challenge.encode()),
        "rp": {"id": current_settings().passkey_domain, "name": "Chợ Phiên"},
        "user": {"id": _text(handle_of(person.id)), "name": who, "displayName": person.name},
        "pubKeyCredParams": [{"type": "public-key", "alg": number} for number in _ALGORITHMS],
        "excludeCredentials": _named(passkeys_of(session, person.id)),
        "authenticatorSelection": {
            "residentKey": "required", "requireResidentKey": True, "userVerification": "required",
        },
        "attestation": "none",
        "timeout": int(CHALLENGE_FOR.total_seconds()) * 1000,
    }  # fmt: skip


def to_sign(challenge: str, keys: Iterable[Any] = ()) -> dict[str, Any]:
    """Return what a browser needs to sign with a key; without ``keys`` the phone offers its own."""
    return {
        "challenge": _text(challenge.encode()),
        "rpId": current_settings().passkey_domain,
        "allowCredentials": _named(keys),
        "userVerification": "required",
        "timeout": int(CHALLENGE_FOR.total_seconds()) * 1000,
    }


def _named(keys: Iterable[Any]) -> list[dict[str, str]]:
    return [{"type": "public-key", "id": _text(key.credential_id)} for key in keys]


def _text(what: bytes) -> str:
    return base64.urlsafe_b64encode(what).rstrip(b"=").decode()


def _broken() -> tuple[type[Exception], ...]:
    """Return what the library raises over an answer that is wrong, or is none."""
    from webauthn.helpers.exceptions import WebAuthnException

    return WebAuthnException, ValueError, RecursionError


def read_new_key(answer: str, challenge: str) -> NewKey:
    """Return the key that a phone made.

    Raises:
        WrongPasskey: it was made for another place or challenge, or without the phone's lock.
    """
    from webauthn import verify_registration_response

    try:
        made = verify_registration_response(
            credential=_bounded(answer),
            expected_challenge=challenge.encode(),
            expected_rp_id=current_settings().passkey_domain,
            expected_origin=current_settings().origin,
            require_user_verification=True,
        )
    except _broken():
        raise WrongPasskey from None
    return NewKey(made.credential_id, made.credential_public_key, made.sign_count)


def named_in(answer: str) -> bytes:
    """Return which key a phone says that it signed with; nothing about it is proved yet.

    Raises:
        WrongPasskey
    """
    from webauthn.helpers import parse_authentication_credential_json

    try:
        return parse_authentication_credential_json(_bounded(answer)).raw_id
    except _broken():
        raise WrongPasskey from None


def check_signature(answer: str, challenge: str, key: Any, *, known: bool) -> int:
    """Return the new count of a key whose signature is right.

    Args:
        key: Passkey.
        known: the shop knows who it asks; otherwise the phone has to say whose key it is.

    Raises:
        WrongPasskey: signed for another place, challenge or person, without the phone's lock,
            by another key, or by a copy of it whose count fell behind.
    """
    from webauthn import verify_authentication_response
    from webauthn.helpers import parse_authentication_credential_json

    try:
        signed = parse_authentication_credential_json(_bounded(answer))
        checked = verify_authentication_response(
            credential=signed,
            expected_challenge=challenge.encode(),
            expected_rp_id=current_settings().passkey_domain,
            expected_origin=current_settings().origin,
            credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count,
            require_user_verification=True,
        )
    except _broken():
        raise WrongPasskey from None
    said = signed.response.user_handle
    if said != handle_of(key.account_id) and (said or not known):
        raise WrongPasskey
    return checked.new_sign_count


def _bounded(answer: str) -> str:
    if len(answer) > _MOST_ANSWER:
        raise WrongPasskey
    return answer
