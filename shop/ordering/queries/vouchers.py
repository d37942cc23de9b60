"""The voucher that a buyer names, with what this shop knows of her."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from shop.current import vault
from shop.fundraising.models import Campaign
from shop.fundraising.slip_models import Slip
from shop.fundraising.slip_rules import SlipState
from shop.kernel.clock import VIETNAM
from shop.kernel.codes import read_bearer_code
from shop.ordering.models import Order, SellerOrder
from shop.ordering.rules import SellerOrderState as S
from shop.organisations.models import Organisation
from shop.vouchers import queries as vouchers
from shop.vouchers.rules import (
    SlipEmpty,
    SlipOver,
    Voucher,
    VoucherRefused,
    VoucherUnknown,
    read_voucher_code,
)


@dataclass(frozen=True, slots=True)
class Named:
    """A code as it was typed, and who typed it: "" and None while nobody said so."""

    code: str
    phone_index: str = ""
    account_id: int | None = None
    #: A market slip pays no more than this: she keeps the rest of it for another day.
    most_vnd: int | None = None


_BEFORE = (
    select(Order.id)
    .join(SellerOrder, SellerOrder.order_id == Order.id)
    .where(
        or_(
            Order.phone_index == bindparam("phone"),
            Order.account_id == bindparam("account"),
        ),
        SellerOrder.state != S.CANCELLED,
    )
    .limit(1)
)


def voucher_for(
    session: Session, named: Named, seller_ids: Iterable[int]
) -> Voucher | VoucherRefused:
    """Return the voucher or market slip that a buyer named, or that there is none.

    At most four queries.
    """
    found = vouchers.voucher_named(session, named.code, seller_ids)
    if found is None:
        found = slip_named(session, named.code, seller_ids, named.most_vnd)
        if found is not None:
            return found
        return VoucherUnknown(voucher_code=read_voucher_code(named.code))
    if not named.phone_index and named.account_id is None:
        return found
    if found.most_each is not None:
        uses = vouchers.uses_by(
            session, found.id, phone_index=named.phone_index, account_id=named.account_id
        )
        found = replace(found, used_by_her=uses)
    if found.first_order:
        who = {"phone": named.phone_index, "account": named.account_id}
        before = session.connection().execute(_BEFORE, who).first()
        found = replace(found, ordered_before=before is not None)
    return found


_SLIP = (
    select(
        Slip.id,
        Slip.left_vnd,
        Slip.state,
        Slip.valid_until,
        Organisation.id.label("payer_id"),
        Campaign.title_vi,
        Campaign.title_en,
    )
    .join(Campaign, Campaign.id == Slip.campaign_id)
    .join(Organisation, Organisation.id == Campaign.organisation_id)
    .where(Slip.code_index == bindparam("code"), Slip.state != SlipState.WAITING)
)


def slip_named(
    session: Session, typed: str, seller_ids: Iterable[int], most_vnd: int | None = None
) -> Voucher | VoucherRefused | None:
    """Return a household's market slip as what it pays now: goods of whoever, as far as it goes."""
    code = read_bearer_code(typed)
    if not code:
        return None
    named = {"code": vault().index("slip", code)}
    row = session.connection().execute(_SLIP, named).one_or_none()
    if row is None:
        return None
    if row.state == SlipState.ENDED:
        return SlipOver(voucher_code=code)
    if not row.left_vnd:
        return SlipEmpty(voucher_code=code)
    after = datetime.combine(row.valid_until + timedelta(days=1), time.min, VIETNAM)
    return Voucher(
        id=0, slip_id=row.id, code=code, kind="amount",
        most_off_vnd=row.left_vnd if most_vnd is None else min(row.left_vnd, most_vnd),
        name_vi=row.title_vi, name_en=row.title_en, payer_id=row.payer_id, payer_vi=row.title_vi,
        payer_en=row.title_en or row.title_vi, ends_at=after, sellers=frozenset(seller_ids),
    )  # fmt: skip
