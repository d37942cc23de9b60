"""Reads of the rules of sharing: all of them at once for a sale, and their lists for pages."""

import time
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.catalogue.models import Category
from shop.kernel.errors import NotYours
from shop.organisations.models import Organisation, OrganisationClosure
from shop.sellers.models import Payee, Seller
from shop.sellers.queries import payee_of
from shop.shares import rules
from shop.shares.models import CommissionRule, ShareEdition, TaxRule, Withholding
from shop.shares.rules import NO_SHARES, Creditor, Rate, ShareBook

#: For other statements to bring along: None while there never was a rule.
EDITION = select(ShareEdition.name).where(ShareEdition.id == 1).scalar_subquery()

#: What no edition names, such as a shelf put below another or a unit's new name, is seen after this.
KEEP_SECONDS = 60
#: By the edition's name, which no two states of the rules share: (kept until, rules).
_KEPT: dict[str, tuple[float, ShareBook]] = {}


def share_book(session: Session, edition: str | None) -> ShareBook:
    """Return the rules of an edition. No statement while it is known, or while there are none.

    Args:
        edition: as ``EDITION`` was read in this transaction.
    """
    if edition is None:
        return NO_SHARES
    kept_until, book = _KEPT.get(edition, (0.0, NO_SHARES))
    if kept_until < time.monotonic():
        book = _read(session)
        if len(_KEPT) > 8:  # Old editions are never asked for again.
            _KEPT.clear()
        _KEPT[edition] = (time.monotonic() + KEEP_SECONDS, book)
    return book


def share_book_now(session: Session) -> ShareBook:
    """Return the rules as they stand. One statement, more after a change."""
    return share_book(session, session.scalar(select(EDITION)))


def _read(session: Session) -> ShareBook:
    rows = session.execute(
        select(*CommissionRule.__table__.c, Organisation.name_vi, Organisation.name_en)
        .join(Organisation, Organisation.id == CommissionRule.organisation_id)
        .order_by(*_newest(CommissionRule))
    ).all()
    below = _shelves_below(session) if any(row.category_id for row in rows) else {}
    creditors: dict[int, Creditor] = {}
    commissions: dict[int, list[rules.CommissionRule]] = {}
    for row in rows:
        unit = row.organisation_id
        creditors[unit] = Creditor(unit, row.name_vi, row.name_en)
        shelf = row.category_id
        commissions.setdefault(unit, []).append(
            rules.CommissionRule(
                row.id, unit, Rate(row.hundredths, row.fixed_vnd), row.from_on, row.until_on,
                row.seller_id, None if shelf is None else below.get(shelf),
            )
        )  # fmt: skip
    above: dict[int, list[int]] = {}
    for row in session.execute(
        select(OrganisationClosure.descendant_id, OrganisationClosure.ancestor_id)
        .where(OrganisationClosure.ancestor_id.in_(list(commissions)))
        .order_by(OrganisationClosure.depth)
    ):
        above.setdefault(row.descendant_id, []).append(row.ancestor_id)
    collectors = frozenset(
        session.scalars(select(Withholding.organisation_id).where(Withholding.ended_at.is_(None)))
    )
    taxes = _taxes(session) if collectors else []
    return ShareBook(commissions, creditors, above, taxes, collectors)


def _newest(table: type[CommissionRule] | type[TaxRule]) -> tuple[Any, Any]:
    """Order rules by the newest; one that was put in force again is as old as it first was."""
    return func.coalesce(table.continues_id, table.id).desc(), table.id.desc()


def _taxes(session: Session) -> list[rules.TaxRule]:
    rows = session.scalars(select(TaxRule).order_by(*_newest(TaxRule)))
    return [rules.TaxRule(t.category, t.vat, t.pit, t.from_on, t.until_on) for t in rows]


def _shelves_below(session: Session) -> dict[int, frozenset[int]]:
    """Return {shelf: itself and all below it}."""
    parents = {
        row.id: row.parent_id for row in session.execute(select(Category.id, Category.parent_id))
    }
    found: dict[int, set[int]] = {shelf: {shelf} for shelf in parents}
    for shelf, parent in parents.items():
        above = parent
        while above is not None:
            found[above].add(shelf)
            above = parents[above]
    return {shelf: frozenset(ids) for shelf, ids in found.items()}


def commission_rules(
    session: Session, units: Select[int] | None, on: date, *, over: bool = False
) -> Sequence[Any]:
    """Return rules with the words for whom they are, in the order in which they are asked.

    Args:
        units: whose; None for all.
        over: those that ended, the latest first.
    """
    live = or_(CommissionRule.until_on.is_(None), CommissionRule.until_on >= on)
    wanted = (
        select(
            *CommissionRule.__table__.c,
            Organisation.name_vi, Organisation.name_en, Organisation.slug.label("unit_slug"),
            Seller.name_vi.label("seller_name_vi"), Seller.name_en.label("seller_name_en"),
            Category.name_vi.label("category_name_vi"), Category.name_en.label("category_name_en"),
        )
        .join(Organisation, Organisation.id == CommissionRule.organisation_id)
        .outerjoin(Seller, Seller.id == CommissionRule.seller_id)
        .outerjoin(Category, Category.id == CommissionRule.category_id)
        .where(~live if over else live)
        .order_by(Organisation.name_vi, Organisation.id, *_newest(CommissionRule))
    )  # fmt: skip
    if units is not None:
        wanted = wanted.where(CommissionRule.organisation_id.in_(units))
    return session.execute(wanted).all()


def commission_rule(session: Session, rule_id: int) -> CommissionRule:
    """Return a rule, held until the transaction ends.

    Raises:
        NotYours: there is none.
    """
    found = session.get(CommissionRule, rule_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotYours(what="commission_rule", id=rule_id)
    return found


def tax_rules(session: Session) -> Sequence[TaxRule]:
    """Return the rates that the law sets, by kind of goods, the newest first."""
    found = session.scalars(select(TaxRule).order_by(TaxRule.from_on.desc(), *_newest(TaxRule)))
    places = {name: place for place, name in enumerate(rules.TAX_CATEGORIES)}
    return sorted(found, key=lambda row: places.get(row.category, len(places)))


def sellers_below(session: Session, units: Select[int] | None) -> Sequence[Any]:
    """Return (id, name_vi, name_en) of the open sellers of some units, by name; at most 500."""
    wanted = select(Seller.id, Seller.name_vi, Seller.name_en).where(Seller.closed_at.is_(None))
    if units is not None:
        wanted = wanted.where(Seller.organisation_id.in_(units))
    return session.execute(wanted.order_by(Seller.name_vi, Seller.id).limit(500)).all()


def is_withheld_from(session: Session, seller_id: int) -> bool:
    """Tell whether tax is withheld of a seller's transfers: an organisation collects and does so."""
    collectors = share_book_now(session).collectors
    payee = payee_of(session, seller_id) if collectors else None
    return payee is not None and payee.organisation_id in collectors


def is_below(session: Session, seller_id: int, organisation_id: int) -> bool:
    """Tell whether a seller belongs to a unit or to one below it."""
    found = (
        select(Seller.id)
        .join(OrganisationClosure, OrganisationClosure.descendant_id == Seller.organisation_id)
        .where(Seller.id == seller_id, OrganisationClosure.ancestor_id == organisation_id)
    )
    return session.scalar(found) is not None


def collecting_units(session: Session, units: Select[int] | None) -> Sequence[Any]:
    """Return (id, name_vi, name_en) of the units with an account that buyers pay into, by name."""
    wanted = (
        select(Organisation.id, Organisation.name_vi, Organisation.name_en)
        .join(Payee, and_(Payee.organisation_id == Organisation.id, Payee.ended_at.is_(None)))
        .order_by(Organisation.name_vi, Organisation.id)
    )
    if units is not None:
        wanted = wanted.where(Organisation.id.in_(units))
    return session.execute(wanted).all()


def withholdings(session: Session, organisation_ids: Iterable[int]) -> dict[int, Any]:
    """Return the organisations that withhold now, each with since when and by whose word."""
    rows = session.execute(
        select(Withholding.organisation_id, Withholding.started_at, Account.name)
        .outerjoin(Account, Account.id == Withholding.started_by_id)
        .where(
            Withholding.ended_at.is_(None),
            Withholding.organisation_id.in_(list(organisation_ids)),
        )
    )
    return {row.organisation_id: row for row in rows}
