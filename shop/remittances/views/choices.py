"""What the form of a carrier's file offers: carriers, and where their money came to."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from shop.banking.queries.owners import Sight, account_in, accounts_in
from shop.banking.views.desk import Desk
from shop.db import db
from shop.fulfilment.rules import OTHER_CARRIER, carriers
from shop.kernel.clock import now_utc
from shop.kernel.errors import NotYours
from shop.organisations.models import Organisation
from shop.remittances.forms import FileForm
from shop.remittances.queries.parcels import at_carriers
from shop.web.words import _, tr

#: Units that are offered one by one: an officer's own, and the first below.
_MOST_UNITS = 60


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose file it is."""

    seller_id: int | None
    organisation_id: int | None


def offer(desk: Desk, form: FileForm, known: Iterable[Any] | None = None) -> FileForm:
    """Fill a form's choices. ``known``: carriers that hold something now; they come first."""
    session, sight = db.session(), desk.sight("answer")
    if known is None:
        known = at_carriers(session, sight, now_utc())
    names = {carrier.name: key for key, carrier in carriers().items()}
    first = {names.get(row.carrier, row.carrier): row.carrier for row in known if row.carrier}
    listed = first | {key: name for name, key in names.items() if key not in first}
    form.carrier.choices = [*listed.items(), (OTHER_CARRIER, _("Hãng khác, ghi tên ở dưới"))]
    if sight.seller_id is not None:
        if "account" in form:
            del form.account
        return form
    form.account.choices = [
        (f"payee:{row.id}", _("%(bank)s, số cuối %(last4)s, %(name)s", bank=row.bank_name, last4=row.last4, name=tr(row, "name")))
        for row in accounts_in(session, sight)
        if row.ended_at is None
    ] + [
        (f"unit:{row.id}", _("tay từng chị em trong %(name)s", name=tr(row, "name")))
        for row in _units(session, sight)
    ]  # fmt: skip
    return form


def carrier_chosen(form: FileForm) -> str:
    """Return the carrier as a key or a name; "" when another one is meant and not named."""
    return (form.other.data or "") if form.carrier.data == OTHER_CARRIER else form.carrier.data


def _units(session: Session, sight: Sight) -> Any:
    wanted = select(Organisation.id, Organisation.name_vi, Organisation.name_en)
    if sight.units is not None:
        ids = sight.units if isinstance(sight.units, Select) else list(sight.units)
        wanted = wanted.where(Organisation.id.in_(ids))
    return session.execute(
        wanted.where(Organisation.valid_to.is_(None)).order_by(Organisation.id).limit(_MOST_UNITS)
    ).all()


def owner_chosen(session: Session, sight: Sight, form: FileForm) -> tuple[Any, int | None]:
    """Return whose file it is, and the organisation's account that was paid.

    Raises:
        NotYours
    """
    if sight.seller_id is not None:
        return Owner(sight.seller_id, None), None
    word, _colon, number = form.account.data.partition(":")
    if word == "payee":
        account = account_in(session, sight, int(number))
        return Owner(None, account.organisation_id), account.id
    found = [row for row in _units(session, sight) if row.id == int(number)]
    if not found:
        raise NotYours(what="organisation", id=int(number))
    return Owner(None, found[0].id), None
