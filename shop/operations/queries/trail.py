"""The audit trail as it is read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from shop.accounts.models import Account, OneTimeKey
from shop.audit.models import AuditEntry
from shop.catalogue.models import Category, Product, Variant
from shop.operations.queries.people import people_named
from shop.organisations.models import Organisation
from shop.sellers.models import Seller
from shop.web.lists import Page, cut


def audit_page(
    session: Session,
    page: int = 1,
    *,
    kind: str = "",
    typed: str = "",
    before: datetime | None = None,
) -> Page:
    """Return one page of the audit trail, the newest first, each with the id of what undid it.

    Args:
        kind: of the subject: "seller", "organisation", "account" …
        typed: the number of a line, or who acted or was concerned: phone, e-mail, name.
        before: only what happened earlier than this moment.
    """
    taken_back = AuditEntry.__table__.alias("taken_back")
    wanted = (
        select(*AuditEntry.__table__.c, taken_back.c.id.label("undone_by"))
        .outerjoin(taken_back, taken_back.c.undoes_id == AuditEntry.id)
        .order_by(AuditEntry.id.desc())
    )
    if kind:
        wanted = wanted.where(AuditEntry.subject_kind == kind)
    if before is not None:
        wanted = wanted.where(AuditEntry.at < before)
    if typed.isascii() and typed.isdecimal() and not typed.startswith("0"):
        wanted = wanted.where(AuditEntry.id == min(int(typed[:18]), 2**62))
    elif typed:
        people = people_named(typed)
        wanted = wanted.where(
            or_(
                AuditEntry.actor_id.in_(people),
                AuditEntry.for_id.in_(people),
                (AuditEntry.subject_kind == "account") & AuditEntry.subject_id.in_(people),
                AuditEntry.actor_name == typed,
            )
        )
    return cut(session, wanted, page)


def codes_over(session: Session, rows: Sequence[Any]) -> set[int]:
    """Return the lines that tell of a code which opens nothing any more: used, or replaced."""
    given = {row.id: (row.subject_id, row.at) for row in rows if row.action == "account.code_given"}
    whose = [account_id for account_id, _at in given.values()]
    waiting = session.execute(
        select(OneTimeKey.account_id, OneTimeKey.created_at).where(
            OneTimeKey.account_id.in_(whose),
            OneTimeKey.kind == "code",
            OneTimeKey.used_at.is_(None),
        )
    )
    open_ones = {(row.account_id, row.created_at) for row in waiting}
    return {entry_id for entry_id, code in given.items() if code not in open_ones}


def audit_kinds(session: Session) -> list[str]:
    """Return the kinds of subjects that the trail knows."""
    return list(
        session.scalars(
            select(AuditEntry.subject_kind).distinct().order_by(AuditEntry.subject_kind)
        )
    )


def names_of_subjects(session: Session, entries: Sequence[Any]) -> dict[tuple[str, int], Any]:
    """Return {(kind, id): row} of what audit lines are about; rows have name_vi and name_en."""
    names: dict[tuple[str, int], Any] = {}
    for kind, key, vi, en in (
        ("account", Account.id, Account.name, Account.name),
        ("organisation", Organisation.id, Organisation.name_vi, Organisation.name_en),
        ("seller", Seller.id, Seller.name_vi, Seller.name_en),
        ("product", Product.id, Product.title_vi, Product.title_en),
        ("category", Category.id, Category.name_vi, Category.name_en),
    ):
        ids = {e.subject_id for e in entries if e.subject_kind == kind}
        if ids:
            words = select(key, vi.label("name_vi"), en.label("name_en")).where(key.in_(ids))
            names |= {(kind, row[0]): row for row in session.execute(words)}
    ids = {e.subject_id for e in entries if e.subject_kind == "variant"}
    if ids:
        packs = (
            select(
                Variant.id,
                (Product.title_vi + ", " + Variant.name_vi).label("name_vi"),
                (
                    func.coalesce(func.nullif(Product.title_en, ""), Product.title_vi)
                    + ", "
                    + func.coalesce(func.nullif(Variant.name_en, ""), Variant.name_vi)
                ).label("name_en"),
            )
            .join(Product, Product.id == Variant.product_id)
            .where(Variant.id.in_(ids))
        )
        names |= {("variant", row[0]): row for row in session.execute(packs)}
    return names
