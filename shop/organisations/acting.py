"""Who acts at the desk, and where she may. What is outside of an officer's units does not exist for her."""

from typing import Any

from flask import g, request
from flask_login import current_user
from sqlalchemy import Select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.accounts.queries import account_of, identifier, proved_at
from shop.db import db
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import NotYours
from shop.kernel.text import one_line
from shop.organisations.queries import tree, units_where
from shop.web import lists
from shop.web.words import tr

page_number = lists.page_number


def typed_words() -> str:
    """Return what is looked for in a list: ?tim=…"""
    return one_line(request.args.get("tim", ""))[:120]


def has_right(right: str, organisation_id: int) -> bool:
    """Tell whether the person may do this in a unit: operators everywhere."""
    if current_user.is_operator and current_user.kind == "operator":
        return True
    return organisation_id in g.scope[right]


def need_right(right: str, organisation_id: int) -> None:
    """Refuse what is outside of the person's units.

    Raises:
        NotYours
    """
    if not has_right(right, organisation_id):
        raise NotYours


def units_in_sight(right: str) -> Select[int] | None:
    """Return the units whose things are listed for this person; None for all."""
    if current_user.is_operator and current_user.kind == "operator":
        return None
    return units_where(current_user.id, right, vietnam_date(now_utc()))


def unit_choices(right: str) -> list[tuple[str, str]]:
    """Return (id, name) of the open units in which this person may do something, each below its own."""
    return [
        (str(row["id"]), "– " * row["depth"] + tr(row, "name"))
        for row in tree(db.session(), units_in_sight(right))
        if row["valid_to"] is None
    ]


def who_is_meant(session: Session, person: Account, typed: str) -> dict[str, Any]:
    """Return what tells whether somebody is the one who is meant, before she is given a role.

    Anybody opens an account on any number: "kind" is what was typed ("phone" or "email"),
    "proved_at" when she last showed that it is hers.
    """
    found = identifier(typed)
    kind = found[0] if found else "phone"
    return {
        "id": person.id, "name": person.name, "since": person.created_at, "kind": kind,
        "proved_at": proved_at(session, person.id, kind),
    }  # fmt: skip


def person_named(session: Session, typed: str) -> Account | None:
    """Return the account that can be given a role, by whole phone or e-mail."""
    person = account_of(session, typed)
    if person is None or person.disabled_at is not None or person.deleted_at is not None:
        return None
    return person
