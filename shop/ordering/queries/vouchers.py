"""The voucher that a buyer names, with what this shop knows of her."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from shop.ordering.models import Order, SellerOrder
from shop.ordering.rules import SellerOrderState as S
from shop.vouchers import queries as vouchers
from shop.vouchers.rules import Voucher, VoucherRefused, VoucherUnknown, read_voucher_code


@dataclass(frozen=True, slots=True)
class Named:
    """A code as it was typed, and who typed it: "" and None while nobody said so."""

    code: str
    phone_index: str = ""
    account_id: int | None = None


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
    """Return the voucher that a buyer named, or that there is none. At most four queries."""
    found = vouchers.voucher_named(session, named.code, seller_ids)
    if found is None:
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
