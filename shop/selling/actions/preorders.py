"""A stall's own pre-orders, each step with its line in the audit trail."""

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.catalogue.models import Product, Variant
from shop.catalogue.queries import variant_of
from shop.ordering.actions import put_off
from shop.ordering.rules import Holds
from shop.stock.preorder_actions import end_preorder, open_preorder


def open_own(
    session: Session, *, seller_id: int, variant_id: int, ready_on: date, cap: int, **who: Any
) -> None:
    """Let a pack be ordered ahead.

    Raises:
        PreorderDay, StillInStock, PreorderRuns, NotYours
    """
    pack = variant_of(session, seller_id, variant_id)
    open_preorder(
        session, variant_id=pack.id, product_id=pack.product_id, ready_on=ready_on, cap=cap,
        now=who["now"], actor_id=who["actor_id"],
    )  # fmt: skip
    _note(session, "preorder.opened", pack, ready_on=str(ready_on), cap=cap, **who)


def put_off_own(
    session: Session,
    *,
    seller_id: int,
    variant_id: int,
    ready_on: date,
    reason: str,
    holds: Holds,
    **who: Any,
) -> None:
    """Move the day; everybody who waits is told why.

    Raises:
        PreorderDay, NoPreorder, PreorderNotLater, NotYours
    """
    pack = variant_of(session, seller_id, variant_id)
    put_off(
        session, variant_id=pack.id, ready_on=ready_on, reason=reason, holds=holds, now=who["now"]
    )
    _note(session, "preorder.moved", pack, ready_on=str(ready_on), reason=reason, **who)


def close_own(session: Session, *, seller_id: int, variant_id: int, **who: Any) -> None:
    """Take no more orders ahead; who ordered still waits.

    Raises:
        NoPreorder, NotYours
    """
    pack = variant_of(session, seller_id, variant_id)
    end_preorder(session, variant_id=pack.id, now=who["now"])
    _note(session, "preorder.closed", pack, **who)


def _note(
    session: Session, action: str, pack: Variant, *, now: datetime, actor_id: int,
    actor_name: str, **facts: Any,
) -> None:  # fmt: skip
    product = session.get_one(Product, pack.product_id)
    note(
        session, action=action, subject_kind="variant", subject_id=pack.id, now=now,
        actor_id=actor_id, actor_name=actor_name, title=product.title_vi, pack=pack.name_vi, **facts,
    )  # fmt: skip
