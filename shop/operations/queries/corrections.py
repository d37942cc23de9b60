"""Corrections of the books as they are read, and the accounts that they may name."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from shop.accounts.models import Account
from shop.kernel.errors import NotYours
from shop.ledger.models import LedgerAccount
from shop.operations.bookkeeping import in_sight
from shop.operations.correcting import MAY_BE_CORRECTED
from shop.operations.models import Correction
from shop.organisations.models import Organisation, OrganisationClosure
from shop.web.lists import Page, cut

#: So many accounts are offered in a form, the largest sums first; a command names any.
MOST_OFFERED = 300

_proposer, _decider = aliased(Account), aliased(Account)
_ROWS = (
    select(
        *Correction.__table__.c, Organisation.name_vi, Organisation.name_en,
        _proposer.name.label("proposed_by"), _decider.name.label("decided_by"),
    )
    .join(Organisation, Organisation.id == Correction.organisation_id)
    .join(_proposer, _proposer.id == Correction.proposed_by_id)
    .outerjoin(_decider, _decider.id == Correction.decided_by_id)
)  # fmt: skip


def corrections_page(session: Session, units: Select[int] | None, page: int = 1) -> Page:
    """Return corrections, those that wait first, then the newest."""
    wanted = _ROWS if units is None else _ROWS.where(Correction.organisation_id.in_(units))
    return cut(session, wanted.order_by(Correction.state != "proposed", Correction.id.desc()), page)


def correction_in(session: Session, units: Select[int] | None, correction_id: int) -> Any:
    """Return one correction.

    Raises:
        NotYours
    """
    wanted = _ROWS.where(Correction.id == correction_id)
    if units is not None:
        wanted = wanted.where(Correction.organisation_id.in_(units))
    found = session.execute(wanted).one_or_none()
    if found is None:
        raise NotYours(what="correction", id=correction_id)
    return found


def accounts_to_correct(session: Session, organisation_id: int) -> Sequence[Any]:
    """Return (kind, owner, detail, balance_vnd) of a unit's accounts that a correction may name."""
    below = select(OrganisationClosure.descendant_id).where(
        OrganisationClosure.ancestor_id == organisation_id
    )
    return session.execute(
        select(
            LedgerAccount.kind, LedgerAccount.owner, LedgerAccount.detail,
            LedgerAccount.balance_vnd,
        )
        .where(LedgerAccount.kind.in_(sorted(MAY_BE_CORRECTED)), in_sight(below))
        .order_by(
            LedgerAccount.kind, func.abs(LedgerAccount.balance_vnd).desc(), LedgerAccount.id
        )
        .limit(MOST_OFFERED)
    ).all()  # fmt: skip
