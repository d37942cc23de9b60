"""Reads of vouchers: one that a buyer names, and those that a payee looks after."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from shop.kernel.errors import NotYours
from shop.organisations.models import Organisation, OrganisationClosure
from shop.sellers.models import Seller
from shop.vouchers import rules
from shop.vouchers.models import Voucher, VoucherUse

_payer = aliased(Organisation)
_NAMED = (
    select(
        *Voucher.__table__.c,
        func.coalesce(_payer.name_vi, Seller.name_vi).label("payer_vi"),
        func.coalesce(_payer.name_en, Seller.name_en).label("payer_en"),
    )
    .outerjoin(_payer, _payer.id == Voucher.payer_id)
    .outerjoin(Seller, Seller.id == Voucher.seller_id)
    .where(Voucher.code == bindparam("code"))
)
_SELLERS_BELOW = (
    select(Seller.id)
    .join(OrganisationClosure, OrganisationClosure.descendant_id == Seller.organisation_id)
    .where(
        OrganisationClosure.ancestor_id == bindparam("organisation"),
        Seller.id.in_(bindparam("sellers", expanding=True)),
    )
)
_USES = select(func.count(VoucherUse.id)).where(
    VoucherUse.voucher_id == bindparam("voucher"),
    VoucherUse.given_back_at.is_(None),
    or_(
        VoucherUse.phone_index == bindparam("phone"),
        VoucherUse.account_id == bindparam("account"),
    ),
)


def voucher_named(session: Session, code: str, seller_ids: Iterable[int]) -> rules.Voucher | None:
    """Return the voucher with a code as it stands for a cart of these sellers, or None.

    What a person has used of it and ordered before is not in it (``uses_by``).
    """
    connection = session.connection()
    row = connection.execute(_NAMED, {"code": rules.read_voucher_code(code)}).one_or_none()
    if row is None or row.source_kind not in ("shop", "market_session"):
        return None
    wanted = sorted(set(seller_ids))
    if row.seller_id is not None:
        hers = {row.seller_id} & set(wanted)
    else:
        values = {"organisation": row.organisation_id, "sellers": wanted}
        hers = set(connection.scalars(_SELLERS_BELOW, values)) if wanted else set()
    return rules.Voucher(
        id=row.id, code=row.code, name_vi=row.name_vi, name_en=row.name_en, kind=row.kind,
        most_off_vnd=row.most_off_vnd, percent=row.percent, min_goods_vnd=row.min_goods_vnd,
        most_uses=row.most_uses, most_each=row.most_each, budget_vnd=row.budget_vnd,
        first_order=bool(row.first_order), starts_at=row.starts_at, ends_at=row.ends_at,
        stopped=row.stopped_at is not None, used=row.used, spent_vnd=row.spent_vnd,
        payer_id=row.payer_id, payer_vi=row.payer_vi, payer_en=row.payer_en,
        sellers=frozenset(hers),
        market_id=row.source_id if row.source_kind == "market_session" else None,
    )  # fmt: skip


def uses_by(session: Session, voucher_id: int, *, phone_index: str, account_id: int | None) -> int:
    """Return how many orders of a phone or an account use a voucher now."""
    values = {"voucher": voucher_id, "phone": phone_index, "account": account_id}
    return session.connection().scalar(_USES, values) or 0


def vouchers_of_seller(session: Session, seller_id: int) -> Sequence[Row[Any]]:
    """Return the vouchers for one seller's goods alone, those that hold first, newest first."""
    return _listed(session, Voucher.seller_id == seller_id)


def voucher_of_seller(session: Session, seller_id: int, voucher_id: int) -> Row[Any]:
    """Return a voucher that a seller gives herself.

    Raises:
        NotYours: also when an organisation pays for it, which stops it itself.
    """
    mine = (Voucher.seller_id == seller_id, Voucher.payer_id.is_(None))
    return _one(session, voucher_id, *mine)


def vouchers_of_units(session: Session, units: Select[int] | Iterable[int] | None) -> list[Any]:
    """Return the vouchers for which these organisations pay; None: every organisation's."""
    return list(_listed(session, _paid_by(units)))


def voucher_of_units(
    session: Session, units: Select[int] | Iterable[int] | None, voucher_id: int
) -> Row[Any]:
    """Return a voucher that one of these organisations pays for.

    Raises:
        NotYours
    """
    return _one(session, voucher_id, _paid_by(units))


def _paid_by(units: Select[int] | Iterable[int] | None) -> Any:
    if units is None:
        return Voucher.payer_id.is_not(None)
    return Voucher.payer_id.in_(units if isinstance(units, Select) else list(units))


_scope = aliased(Organisation)


def _rows() -> Select[Any]:
    return (
        select(
            *Voucher.__table__.c,
            _payer.name_vi.label("payer_vi"),
            _payer.name_en.label("payer_en"),
            func.coalesce(_scope.name_vi, Seller.name_vi).label("scope_vi"),
            func.coalesce(_scope.name_en, Seller.name_en).label("scope_en"),
        )
        .outerjoin(_payer, _payer.id == Voucher.payer_id)
        .outerjoin(_scope, _scope.id == Voucher.organisation_id)
        .outerjoin(Seller, Seller.id == Voucher.seller_id)
    )


def _listed(session: Session, *where: Any) -> Sequence[Row[Any]]:
    wanted = _rows().where(*where).order_by(Voucher.stopped_at.is_not(None), Voucher.id.desc())
    return session.execute(wanted.limit(200)).all()


def _one(session: Session, voucher_id: int, *where: Any) -> Row[Any]:
    row = session.execute(_rows().where(Voucher.id == voucher_id, *where)).one_or_none()
    if row is None:
        raise NotYours
    return row
