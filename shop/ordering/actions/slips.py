"""Orders and the market slips that pay for them."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.db import whole_orders
from shop.fundraising.actions.slips import follow_part, spend_slip
from shop.kernel.clock import vietnam_date
from shop.ordering.models import SellerOrder
from shop.ordering.rules.carts import Draft
from shop.ordering.rules.slips import standing_vnd
from shop.organisations.queries import may
from shop.vouchers.rules import SlipEmpty, Voucher, VoucherChanged

#: Whoever may raise funds for the unit may spend a slip for the household.
RIGHT = "run_campaigns"


def spend_for_order(
    session: Session, draft: Draft, slip: Voucher, order_id: int, parts: dict[int, int],
    account_id: int | None, now: datetime,
) -> None:  # fmt: skip
    """Pay parts of a new order with a slip, or refuse it: she is asked again with what is left.

    Args:
        parts: đồng by seller order.

    Raises:
        VoucherChanged: somebody spent of it a moment ago, or it ended.
    """
    today = vietnam_date(now)
    name = session.scalar(select(Account.name).where(Account.id == account_id)) or ""
    for_her = account_id is not None and may(session, account_id, RIGHT, slip.payer_id or 0, today)
    if not spend_slip(
        session, slip_id=slip.slip_id or 0, order_id=order_id, parts=parts, today=today,
        by_id=account_id, by_name=name, for_her=for_her, now=now,
    ):  # fmt: skip
        raise VoucherChanged(
            reason=SlipEmpty(voucher_code=slip.code),
            shown_vnd=draft.total_vnd,
            actual_vnd=draft.total_vnd + draft.off_vnd,
        )


def settle_slip(session: Session, seller_order_id: int, now: datetime) -> None:
    """Let the slip that pays for a part follow what became of it.

    Raises:
        SlipTooLow: the part stands again, and the slip's money went elsewhere meanwhile.
    """
    part = session.execute(
        select(
            SellerOrder.state, SellerOrder.slip_id, SellerOrder.returned_off_vnd,
            (SellerOrder.discount_vnd + SellerOrder.delivery_off_vnd).label("off_vnd"),
        ).where(SellerOrder.id == seller_order_id)
    ).one()  # fmt: skip
    if part.slip_id is None:
        return
    with whole_orders(session):  # The slip is nobody's stall's.
        follow_part(
            session, seller_order_id=seller_order_id, now=now,
            standing_vnd=standing_vnd(part.state, part.off_vnd, part.returned_off_vnd),
        )  # fmt: skip
