"""Making vouchers, counting what uses them, and giving a use back."""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, case, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.db import once_per_engine
from shop.kernel.errors import NotYours
from shop.vouchers import queries, rules
from shop.vouchers.models import Voucher, VoucherUse

_voucher, _use = Voucher.__table__, VoucherUse.__table__


def create_voucher(
    session: Session,
    *,
    code: str,
    name_vi: str,
    name_en: str,
    kind: str,
    most_off_vnd: int,
    percent: int = 0,
    seller_id: int | None = None,
    organisation_id: int | None = None,
    payer_id: int | None = None,
    market_id: int | None = None,
    min_goods_vnd: int = 0,
    most_uses: int | None = None,
    most_each: int | None = None,
    budget_vnd: int | None = None,
    first_order: bool = False,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    actor_id: int | None,
    actor_name: str = "",
    now: datetime,
) -> Voucher:
    """Make a voucher. The caller has checked that who makes it may speak for the payer.

    Args:
        code: as somebody typed it; "" for one that nobody has to invent.
        seller_id, organisation_id: for whose goods; one of them.
        payer_id: the organisation that pays; None: the seller herself.
        market_id: the market session whose goods it is for; None: those of makers' own shops.

    Raises:
        CodeNotReadable, CodeTaken, WrongVoucher: nothing is stored.
    """
    rules.check_new(
        kind=kind, most_off_vnd=most_off_vnd, percent=percent, starts_at=starts_at,
        ends_at=ends_at, now=now,
    )  # fmt: skip
    typed = code if code.strip() else rules.proposed_code()
    found = rules.checked_code(typed)
    made = Voucher(
        code=found, written=rules.written_code(typed), name_vi=name_vi, name_en=name_en or name_vi, kind=kind,
        most_off_vnd=most_off_vnd, percent=percent, seller_id=seller_id,
        organisation_id=organisation_id, payer_id=payer_id,
        source_kind="market_session" if market_id else "shop", source_id=market_id or 0,
        min_goods_vnd=min_goods_vnd,
        most_uses=most_uses, most_each=most_each, budget_vnd=budget_vnd, first_order=first_order,
        starts_at=starts_at, ends_at=ends_at, used=0, spent_vnd=0, created_at=now,
        created_by_id=actor_id,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(made)
            session.flush()
    except IntegrityError:
        if session.scalar(select(Voucher.id).where(Voucher.code == found)) is None:
            raise
        raise rules.CodeTaken(voucher_code=made.written) from None
    note(
        session, action="voucher.made", subject_kind="voucher", subject_id=made.id,
        code=made.written,
        actor_id=actor_id, actor_name=actor_name, now=now,
    )  # fmt: skip
    return made


def stop_voucher(
    session: Session,
    *,
    voucher_id: int,
    actor_id: int | None,
    actor_name: str = "",
    undoes_id: int | None = None,
    now: datetime,
) -> bool:
    """Let a voucher hold for no further order; False when it is stopped already."""
    if not _set_stopped(session, voucher_id, Voucher.stopped_at.is_(None), now, actor_id):
        return False
    _note(session, "voucher.stopped", voucher_id, actor_id, actor_name, undoes_id, now)
    return True


def resume_voucher(
    session: Session,
    *,
    voucher_id: int,
    actor_id: int | None,
    actor_name: str = "",
    undoes_id: int | None = None,
    now: datetime,
) -> bool:
    """Let a stopped voucher hold again; False when it was not stopped."""
    if not _set_stopped(session, voucher_id, Voucher.stopped_at.is_not(None), None, None):
        return False
    _note(session, "voucher.resumed", voucher_id, actor_id, actor_name, undoes_id, now)
    return True


def _note(
    session: Session,
    action: str,
    voucher_id: int,
    actor_id: int | None,
    name: str,
    undoes_id: int | None,
    now: datetime,
) -> None:
    code = session.scalar(select(Voucher.written).where(Voucher.id == voucher_id))
    note(
        session, action=action, subject_kind="voucher", subject_id=voucher_id, code=code,
        actor_id=actor_id, actor_name=name, undoes_id=undoes_id, now=now,
    )  # fmt: skip


def _set_stopped(
    session: Session, voucher_id: int, if_so: Any, at: datetime | None, by_id: int | None
) -> bool:
    changed = session.execute(
        update(Voucher)
        .where(Voucher.id == voucher_id, if_so)
        .values(stopped_at=at, stopped_by_id=by_id)
    )
    return changed.rowcount == 1  # type: ignore[attr-defined]


def _within_limits() -> Any:
    """Return the condition under which one more order may use a voucher: all of it is in one row."""
    now, off = bindparam("now"), bindparam("off")
    return (
        _voucher.c.stopped_at.is_(None)
        & or_(_voucher.c.starts_at.is_(None), _voucher.c.starts_at <= now)
        & or_(_voucher.c.ends_at.is_(None), _voucher.c.ends_at > now)
        & or_(_voucher.c.most_uses.is_(None), _voucher.c.used < _voucher.c.most_uses)
        & or_(_voucher.c.budget_vnd.is_(None), _voucher.c.spent_vnd + off <= _voucher.c.budget_vnd)
    )


def _counting(guard: Any) -> Any:
    return (
        update(_voucher)  # type: ignore[arg-type]
        .where(_voucher.c.id == bindparam("voucher"), guard)
        .values(used=_voucher.c.used + 1, spent_vnd=_voucher.c.spent_vnd + bindparam("off"))
    )


#: Its guard keeps a voucher from being used more often than it may; the race tests show what it
#: is worth.
_COUNT = _counting(_within_limits())
_INTO_USES = once_per_engine(
    lambda insert: insert(_use).on_conflict_do_nothing().returning(_use.c.id)
)


def use_voucher(
    session: Session,
    *,
    voucher: rules.Voucher,
    order_id: int,
    phone_index: str,
    account_id: int | None,
    amount_vnd: int,
    parts: int,
    now: datetime,
) -> None:
    """Count one order's use of a voucher, or refuse it: the last one goes to one order alone.

    Whoever counts holds the voucher's row until the transaction ends, so what this phone has
    used is looked at afterwards.

    Args:
        parts: how many seller orders it takes something off.

    Raises:
        VoucherUsedUp, VoucherUsedByYou, VoucherFirstOrder: the caller's transaction is undone.
    """
    values = {"voucher": voucher.id, "off": amount_vnd, "now": now}
    counted = session.connection().execute(_COUNT, values)
    if counted.rowcount != 1:
        raise _why_not(session, voucher)
    if voucher.most_each is not None:
        used = queries.uses_by(session, voucher.id, phone_index=phone_index, account_id=account_id)
        if used >= voucher.most_each:
            raise rules.VoucherUsedByYou(voucher_code=voucher.code, most_each=voucher.most_each)
    row = {
        "voucher_id": voucher.id, "order_id": order_id, "phone_index": phone_index,
        "account_id": account_id, "amount_vnd": amount_vnd, "parts": parts,
        "first_order": voucher.first_order, "at": now,
    }  # fmt: skip
    if session.connection().scalar(_INTO_USES(session), row) is None:
        raise rules.VoucherFirstOrder(voucher_code=voucher.code)


def _why_not(session: Session, voucher: rules.Voucher) -> rules.VoucherRefused:
    stopped = session.scalar(select(Voucher.stopped_at).where(Voucher.id == voucher.id))
    refusal = rules.VoucherUsedUp if stopped is None else rules.VoucherOver
    return refusal(voucher_code=voucher.code)


def forget_phone(session: Session, *, order_id: int) -> None:
    """Let the uses of an erased order be nobody's: a random value each in the phone's place.

    Whoever has the key could tell from it whose order that was. No limit for one phone counts the
    use any more, as her first order counts no more either; what the voucher may be used and spent
    in all does.
    """
    for use in session.scalars(select(VoucherUse).where(VoucherUse.order_id == order_id)):
        use.phone_index = secrets.token_urlsafe(24)


def give_back_use(
    session: Session, *, voucher_id: int, order_id: int, amount_vnd: int, now: datetime
) -> None:
    """One part of an order is cancelled before it was sent: what it took is free again.

    With the last part of the order the use itself is. The caller cancels each part once.

    Raises:
        NotYours: that order does not use the voucher.
    """
    # The voucher's row first, as when a use is counted: two that meet wait for each other.
    session.execute(
        select(Voucher.id).where(Voucher.id == voucher_id).with_for_update(key_share=True)
    )
    left = session.connection().scalar(
        update(_use)  # type: ignore[arg-type]
        .where(
            _use.c.voucher_id == voucher_id, _use.c.order_id == order_id, _use.c.parts > 0
        )
        .values(
            parts=_use.c.parts - 1, amount_vnd=_use.c.amount_vnd - amount_vnd,
            given_back_at=case((_use.c.parts == 1, now), else_=None),
        )
        .returning(_use.c.parts)
    )  # fmt: skip
    if left is None:
        raise NotYours(what="voucher_use", id=order_id)
    session.execute(
        update(Voucher)
        .where(Voucher.id == voucher_id)
        .values(
            spent_vnd=Voucher.spent_vnd - amount_vnd,
            used=Voucher.used - (1 if left == 0 else 0),
        )
    )
