"""What a new stall has and lacks before buyers may see it, and the yes of who looked."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from shop.catalogue.models import Paper, Product
from shop.kernel.clock import vietnam_date
from shop.sellers.actions import approve_seller
from shop.sellers.joining import check_before_yes
from shop.sellers.models import Seller
from shop.sellers.queries import payee_of, seller
from shop.shipping.models import PickupPoint, RateTable


def steps_done(session: Session, seller_id: int, now: datetime) -> set[str]:
    """Return which of ``joining_rules.STEPS`` a stall has done, and "identity_seen".

    A draft, or a thing that is put away, is none that buyers would see: "product" is one on sale.

    Three statements: what is hers, her account, the facts of the stall.
    """
    today = vietnam_date(now)
    has = session.execute(
        select(
            select(Product.id)
            .where(Product.seller_id == seller_id, Product.state == "published")
            .exists()
            .label("product"),
            or_(
                select(RateTable.id)
                .where(
                    RateTable.seller_id == seller_id,
                    or_(RateTable.valid_to.is_(None), RateTable.valid_to >= today),
                )
                .exists(),
                select(PickupPoint.id)
                .where(PickupPoint.seller_id == seller_id, PickupPoint.ended_at.is_(None))
                .exists(),
            ).label("delivery"),
            _identity(seller_id).label("identity"),
            _identity(seller_id, Paper.checked_at.is_not(None)).label("identity_seen"),
            and_(Seller.sentence_vi != "").label("words"),
            Seller.picture_id.is_not(None).label("picture"),
        ).where(Seller.id == seller_id)
    ).one()
    done = {name for name, is_there in has._mapping.items() if is_there}
    return done | ({"bank"} if payee_of(session, seller_id) is not None else set())


def _identity(seller_id: int, *more: Any) -> Any:
    return (
        select(Paper.id)
        .where(
            Paper.seller_id == seller_id, Paper.kind == "identity", Paper.withdrawn_at.is_(None),
            *more,
        )
        .exists()
    )  # fmt: skip


def say_yes(
    session: Session, *, seller_id: int, actor_id: int | None, actor_name: str, now: datetime,
    checked_vi: str = "", checked_en: str = "",
) -> Seller:  # fmt: skip
    """Open a stall to buyers. One that came by an application has what it needs, and its owner's
    identity was seen.

    Raises:
        NothingToClose, MissingForApproval, StallIncomplete, IdentityNotSeen
    """
    seller(session, seller_id, to_change=True)
    done = steps_done(session, seller_id, now)
    check_before_yes(
        session, seller_id=seller_id, there=done, identity_seen="identity_seen" in done
    )
    return approve_seller(
        session, seller_id=seller_id, actor_id=actor_id, actor_name=actor_name, now=now,
        checked_vi=checked_vi, checked_en=checked_en,
    )  # fmt: skip
