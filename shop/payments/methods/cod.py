"""Cash on delivery: one sum per parcel, and who holds it."""

from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from shop.db import is_sqlite
from shop.ordering.models import SellerOrder
from shop.ordering.rules import SellerOrderState as S
from shop.payments.methods.protocol import By, Standing
from shop.payments.models import CashMove, CodCollection
from shop.payments.rules.amounts import MoreThanReceived
from shop.payments.rules.cash import CashState, move_cash

#: Nothing is asked for before the buyer agreed to the fee, nor once it is cancelled.
NOT_OWED = (S.AWAITING_QUOTE, S.QUOTED, S.CANCELLED)
#: Parcels that came to nothing: their cash will not come.
NOTHING_COMES = (S.CANCELLED, S.REFUSED, S.RETURNED, S.LOST, S.NOT_COLLECTED)

# Put together once: building a statement costs more than sending it.
_PARTS = (
    select(SellerOrder.id, SellerOrder.total_vnd, SellerOrder.state)
    .where(SellerOrder.order_id == bindparam("order"), SellerOrder.method == bindparam("name"))
    .order_by(SellerOrder.id)
)
_UNLESS_KNOWN = {
    name: dialect.insert(CodCollection.__table__).on_conflict_do_nothing()
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}

_STANDINGS = select(*CodCollection.__table__.c).where(
    CodCollection.seller_order_id.in_(bindparam("parts", expanding=True))
)


class CashOnDelivery:
    """The buyer pays at the door or the counter."""

    name = "cod"

    def offer(self, *, payee_id: int | None, abroad: bool, pickup: bool) -> bool:
        return pickup or not abroad

    def open(self, session: Session, order_id: int, now: datetime) -> None:
        connection = session.connection()
        parts = connection.execute(_PARTS, {"order": order_id, "name": self.name}).all()
        owed = [
            {
                "seller_order_id": part.id,
                "amount_vnd": part.total_vnd,
                "state": CashState.PROMISED,
                "changed_at": now,
            }
            for part in parts
            if part.state not in NOT_OWED
        ]
        if owed:
            connection.execute(_UNLESS_KNOWN[connection.dialect.name], owed)
        for part in parts:
            if part.state in NOTHING_COMES:
                self._write_off(session, part.id, now)

    def _write_off(self, session: Session, seller_order_id: int, now: datetime) -> None:
        """Cash that nobody paid will not come. Cash paid at the door is on its way and is counted."""
        held = session.execute(
            select(CodCollection.state).where(CodCollection.seller_order_id == seller_order_id)
        ).scalar()
        if held == CashState.PROMISED:
            keep_cash_move(
                session, seller_order_id=seller_order_id, to=CashState.WRITTEN_OFF,
                counted_vnd=0, by=By("system"), note="", now=now,
            )  # fmt: skip

    def status(self, session: Session, seller_order_ids: list[int]) -> dict[int, Standing]:
        rows = session.execute(_STANDINGS, {"parts": seller_order_ids})
        return {
            row.seller_order_id: Standing(
                self.name, row.state, row.amount_vnd, row.received_vnd, row.refunded_vnd
            )
            for row in rows
        }

    def refund(
        self, session: Session, *, of_id: int, amount_vnd: int, key: str, by: By, note: str,
        now: datetime,
    ) -> bool:  # fmt: skip
        make = sqlite.insert if is_sqlite(session) else postgresql.insert
        stored = session.scalar(
            make(CashMove)
            .values(
                seller_order_id=of_id, from_state=CashState.REMITTED, to_state=CashState.REMITTED,
                amount_vnd=-amount_vnd, key=key, actor_kind=by.kind, actor_id=by.account_id,
                note=note, at=now,
            )
            .on_conflict_do_nothing(index_elements=["key"])
            .returning(CashMove.id)
        )  # fmt: skip
        if stored is None:
            return False
        changed = session.execute(
            update(CodCollection)
            .where(
                CodCollection.seller_order_id == of_id,
                CodCollection.refunded_vnd + amount_vnd <= CodCollection.received_vnd,
            )
            .values(
                refunded_vnd=CodCollection.refunded_vnd + amount_vnd,
                changed_at=now, changed_by_id=by.account_id,
            )
        )  # fmt: skip
        if changed.rowcount != 1:  # type: ignore[attr-defined]
            raise MoreThanReceived(amount_vnd=amount_vnd)
        return True


def keep_cash_move(
    session: Session,
    *,
    seller_order_id: int,
    to: CashState,
    counted_vnd: int,
    by: By,
    note: str,
    now: datetime,
) -> bool:
    """Move the cash of a parcel; False when it is there already.

    Raises:
        IllegalCashMove: the table forbids it, or somebody else was faster.
    """
    current = session.execute(
        select(CodCollection.state).where(CodCollection.seller_order_id == seller_order_id)
    ).scalar_one()
    if current == to:
        return False
    move_cash(CashState(current), to)
    changed = session.execute(
        update(CodCollection)
        .where(CodCollection.seller_order_id == seller_order_id, CodCollection.state == current)
        .values(
            state=to, received_vnd=CodCollection.received_vnd + counted_vnd,
            changed_at=now, changed_by_id=by.account_id,
        )
    )  # fmt: skip
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        return False
    session.add(
        CashMove(
            seller_order_id=seller_order_id, from_state=current, to_state=to,
            amount_vnd=counted_vnd, key=f"cash:{seller_order_id}:{to}", actor_kind=by.kind,
            actor_id=by.account_id, note=note, at=now,
        )
    )  # fmt: skip
    session.flush()
    return True
