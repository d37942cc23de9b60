"""Everything that happened to a payment or a parcel's cash, as the books need it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.fundraising.models import Campaign
from shop.fundraising.slip_models import Slip
from shop.ledger.rules import Account
from shop.ordering.models import (
    GoodsKept,
    GoodsReturn,
    GoodsReturnLine,
    LineItem,
    SellerOrder,
    SellerOrderMove,
)
from shop.ordering.rules import WAYS_BACK
from shop.ordering.rules import SellerOrderState as S
from shop.payments.came_back import units_back, units_given
from shop.payments.models import (
    CashMove,
    CodCollection,
    Payment,
    PaymentEvent,
    Refund,
    RefundAllocation,
)
from shop.payments.rules.books import (
    CampaignFacts,
    CashFacts,
    CashStep,
    Cause,
    Facts,
    ForCampaign,
    GoodsBack,
    Money,
    Moved,
    Part,
    TransferFacts,
    VoucherFacts,
    stage_of,
)
from shop.payments.rules.cash import COD, CashState, WrittenOffFor
from shop.payments.rules.gateways import ONLINE
from shop.payments.rules.refunds import RefundReason, Share
from shop.prepared import Among, PreparedForSeveral
from shop.sellers.models import Payee
from shop.shares.rules import after_discount, back_vnd

History = tuple[Facts, list[Cause]]

_PART = (
    SellerOrder.id, SellerOrder.seller_id, SellerOrder.state, SellerOrder.payee_id,
    SellerOrder.items_vnd, SellerOrder.discount_vnd, SellerOrder.shipping_vnd,
    SellerOrder.total_vnd, SellerOrder.commission_vnd, SellerOrder.commission_organisation_id,
    SellerOrder.tax_vat_vnd, SellerOrder.tax_pit_vnd,
)  # fmt: skip


def histories(session: Session, of: str, ids: Sequence[int]) -> Iterator[tuple[int, History]]:
    """Return (id, (beginning, everything that happened since, oldest first)). A few queries.

    Args:
        of: "payment", or "cash", "voucher" or "campaign_sale" with the ids of seller orders.
    """
    if ids:
        session.flush()  # Prepared statements see what is stored.
        yield from _READ[of](session, list(ids))


@PreparedForSeveral
def _paid_parts(among: Among) -> Any:
    return (
        select(
            *_PART,
            Payment.id.label("payment_id"),
            Payment.method,
            Payee.id.label("to"),
            Payee.organisation_id,
            Payee.seller_id.label("owner_id"),
        )
        .join(
            Payment,
            (Payment.order_id == SellerOrder.order_id)
            & (Payment.payee_id == SellerOrder.payee_id)
            & (Payment.method == SellerOrder.method),
        )
        .join(Payee, Payee.id == Payment.payee_id)
        .where(among(Payment.id))
        .order_by(SellerOrder.id)
    )


@PreparedForSeveral
def _money_moved(among: Among) -> Any:
    return (
        select(
            PaymentEvent.id, PaymentEvent.payment_id, PaymentEvent.kind, PaymentEvent.amount_vnd,
            PaymentEvent.at, PaymentEvent.key, PaymentEvent.currency, PaymentEvent.amount_minor,
            PaymentEvent.credit_id, PaymentEvent.payee_id, PaymentEvent.left_from,
        )
        .where(
            among(PaymentEvent.payment_id),
            (PaymentEvent.kind == "received") | (PaymentEvent.kind == "refunded"),
        )
        .order_by(PaymentEvent.id)
    )  # fmt: skip


def _transfers(session: Session, ids: list[int]) -> Iterator[tuple[int, History]]:
    rows = _paid_parts.all(session, ids)
    moves, returns = _moves(session, rows), _returns(session, rows)
    events: dict[int, list[Cause]] = {}
    given_back = _given_back(session, ids)
    for event in _money_moved.all(session, ids):
        given = _shares_of(event, given_back)
        cause = Money(
            f"payment-event:{event.id}", event.at, event.kind, event.amount_vnd,
            by_part=tuple((part, share.vnd) for part, share in given),
            over=tuple((part, share.over_vnd) for part, share in given),
            let_off=tuple((part, share.let_off_vnd) for part, share in given),
            ahead=tuple((part, share.ahead_vnd) for part, share in given),
            units=tuple((part, units) for part, share in given for units in share.units),
            currency=event.currency, amount_minor=event.amount_minor,
            by_credit=event.credit_id is not None, payee_id=event.payee_id,
            left_from=event.left_from,
        )  # fmt: skip
        events.setdefault(event.payment_id, []).append(cause)
    paid_by: dict[int, list[Any]] = {}
    for row in rows:
        paid_by.setdefault(row.payment_id, []).append(row)
    for row in _without_parts.all(session, set(ids) - set(paid_by)):
        alone = TransferFacts(row.to, (), clearing=_clearing(row), owner=_owner(row))
        yield row.id, (alone, events.get(row.id, []))
    for payment_id, mine in paid_by.items():
        parts = tuple(_part(row, moves) for row in mine)
        happened = [cause for row in mine for cause in _of(row, moves, returns)]
        happened += events.get(payment_id, [])
        beginning = TransferFacts(
            mine[0].to, parts, clearing=_clearing(mine[0]), owner=_owner(mine[0])
        )
        yield payment_id, (beginning, _in_order(happened))


@PreparedForSeveral
def _without_parts(among: Among) -> Any:
    """Payments whose parts are all paid otherwise now; money may come for them still."""
    return (
        select(
            Payment.id, Payee.id.label("to"), Payee.organisation_id,
            Payee.seller_id.label("owner_id"), Payment.method,
        )
        .join(Payee, Payee.id == Payment.payee_id)
        .where(among(Payment.id))
    )  # fmt: skip


def _owner(row: Any) -> str:
    """Return whose account a payment goes to, and so whose debt its credits are."""
    return f"seller:{row.owner_id}" if row.owner_id is not None else _unit(row.organisation_id)


def _clearing(row: Any) -> Account | None:
    """Return where a gateway has the money of a payment, None when a bank has it."""
    if row.method not in ONLINE:
        return None
    return Account("card_clearing", f"organisation:{row.organisation_id}", row.method)


@PreparedForSeveral
def _allocated(among: Among) -> Any:
    return (
        select(
            Refund.id, Refund.event_id, RefundAllocation.seller_order_id, RefundAllocation.amount_vnd,
            RefundAllocation.over_vnd, RefundAllocation.let_off_vnd, RefundAllocation.ahead_vnd,
        )
        .join(RefundAllocation, RefundAllocation.refund_id == Refund.id)
        .where(
            among(Refund.payment_id), Refund.event_id.is_not(None),
            Refund.reason != RefundReason.BEFORE,
        )
        .order_by(Refund.id, RefundAllocation.seller_order_id)
    )  # fmt: skip


def _given_back(session: Session, payment_ids: list[int]) -> dict[int, list[tuple[int, Share]]]:
    """Return (part, its share) of what went back by each event.

    What was noted before there were refunds names no part: the books shared it among all.
    """
    found: dict[int, list[tuple[int, Share]]] = {}
    for row, share in _with_units(session, _allocated.all(session, payment_ids)):
        found.setdefault(row.event_id, []).append((row.seller_order_id, share))
    return found


def _with_units(session: Session, rows: Sequence[Any]) -> Iterator[tuple[Any, Share]]:
    """Return shares of refunds with the units that they are for. No statement where none is by line."""
    by_line = {row.id for row in rows if row.ahead_vnd}
    given = units_given(session, by_line) if by_line else {}
    for row in rows:
        units = tuple(one for part, one in given.get(row.id, ()) if part == row.seller_order_id)
        yield row, Share(row.amount_vnd, row.over_vnd, row.let_off_vnd, row.ahead_vnd, units)


def _shares_of(
    event: Any, given_back: dict[int, list[tuple[int, Share]]]
) -> Sequence[tuple[int, Share]]:
    if event.kind != "refunded":
        return ()
    if event.amount_vnd > 0:
        return given_back.get(event.id, ())
    undone = event.key.removeprefix("undo:")
    given = given_back.get(int(undone), ()) if undone.isdecimal() else ()
    return [(part, share.undone) for part, share in given]


@PreparedForSeveral
def _collected_parts(among: Among) -> Any:
    return (
        select(*_PART, SellerOrder.method, CodCollection.amount_vnd, CodCollection.taken_vnd)
        .join(CodCollection, CodCollection.seller_order_id == SellerOrder.id)
        .where(among(SellerOrder.id))
        .order_by(SellerOrder.id)
    )


@PreparedForSeveral
def _cash_moved(among: Among) -> Any:
    return (
        select(
            CashMove.id, CashMove.seller_order_id, CashMove.from_state, CashMove.to_state,
            CashMove.amount_vnd, CashMove.reason, CashMove.carrier, CashMove.at, CashMove.about,
            CashMove.fee_vnd, CashMove.off_vnd, CashMove.payee_id, CashMove.bearer_id,
            CashMove.credit_id, CashMove.key, Payee.organisation_id,
        )
        .outerjoin(Payee, Payee.id == CashMove.payee_id)
        .where(among(CashMove.seller_order_id))
        .order_by(CashMove.id)
    )  # fmt: skip


#: Cash that somebody took at the door and that nobody counted.
_TAKEN = (CashState.WITH_CARRIER, CashState.WITH_SELLER)


def _cash(session: Session, ids: list[int]) -> Iterator[tuple[int, History]]:
    rows = _collected_parts.all(session, ids)
    moves, returns = _moves(session, rows), _returns(session, rows)
    steps: dict[int, list[Cause]] = {}
    given_back = _cash_given_back(session, ids)
    taken_at: dict[int, datetime] = {}
    for step in _cash_moved.all(session, ids):
        if step.from_state == CashState.PROMISED:
            taken_at[step.seller_order_id] = step.at
        untaken = step.from_state in _TAKEN and step.to_state == CashState.PROMISED
        cause = CashStep(
            f"cash-move:{step.id}", step.at, step.from_state, step.to_state, step.amount_vnd,
            gone=step.reason == WrittenOffFor.GONE, carrier=step.carrier, about=step.about,
            fee_vnd=step.fee_vnd, off_vnd=step.off_vnd, fee_bearer=_unit(step.bearer_id),
            payee_id=step.payee_id, collector=_unit(step.organisation_id),
            by_credit=step.credit_id is not None,
            arrived_at=taken_at.get(step.seller_order_id) if untaken else None,
            **_let_off_by(step, given_back),
        )  # fmt: skip
        steps.setdefault(step.seller_order_id, []).append(cause)
    for row in rows:
        if row.method != COD:  # The buyer paid ahead; this is what carriers pay and ask for it.
            alone = CashFacts(Part(row.id, row.seller_id, 0, 0), 0, CashState.WRITTEN_OFF)
            yield row.id, (alone, steps.get(row.id, []))
            continue
        happened = [*_of(row, moves, returns), *steps.get(row.id, [])]
        # What is asked for falls later; what was taken at the door does not.
        beginning = CashFacts(_part(row, moves), row.taken_vnd or row.amount_vnd)
        yield row.id, (beginning, _in_order(happened))


@PreparedForSeveral
def _cash_allocated(among: Among) -> Any:
    return (
        select(
            Refund.id, Refund.move_id, RefundAllocation.seller_order_id,
            RefundAllocation.amount_vnd, RefundAllocation.over_vnd, RefundAllocation.let_off_vnd,
            RefundAllocation.ahead_vnd,
        )
        .join(RefundAllocation, RefundAllocation.refund_id == Refund.id)
        .where(among(Refund.seller_order_id), Refund.move_id.is_not(None))
    )  # fmt: skip


def _cash_given_back(session: Session, seller_order_ids: list[int]) -> dict[int, Share]:
    """Return the share of each step by which cash went back."""
    rows = _cash_allocated.all(session, seller_order_ids)
    return {row.move_id: share for row, share in _with_units(session, rows)}


def _let_off_by(step: Any, given_back: dict[int, Share]) -> dict[str, Any]:
    undone = step.key.removeprefix("cash-undo:")
    is_undo = undone != step.key
    share = given_back.get(int(undone) if is_undo else step.id, Share(0))
    share = share.undone if is_undo else share
    return {
        "let_off_vnd": share.let_off_vnd, "ahead_vnd": share.ahead_vnd, "units": share.units,
    }  # fmt: skip


@PreparedForSeveral
def _lowered_parts(among: Among) -> Any:
    return (
        select(
            *_PART,
            SellerOrder.delivery_off_vnd,
            SellerOrder.voucher_payer_id,
            Slip.campaign_id,
            Campaign.payee_id.label("fund_payee_id"),
        )
        .outerjoin(Slip, Slip.id == SellerOrder.slip_id)
        .outerjoin(Campaign, Campaign.id == Slip.campaign_id)
        .where(among(SellerOrder.id), SellerOrder.voucher_payer_id.is_not(None))
        .order_by(SellerOrder.id)
    )


def _vouchers(session: Session, ids: list[int]) -> Iterator[tuple[int, History]]:
    """What organisations' vouchers and funds' slips took off. One move of goods posts here too, so it has its own key."""
    rows = _lowered_parts.all(session, ids)
    moves, returns = _moves(session, rows), _returns(session, rows)
    for row in rows:
        happened = [
            replace(cause, key=f"voucher:{cause.key}") for cause in _of(row, moves, returns)
        ]
        off_vnd = row.discount_vnd + row.delivery_off_vnd
        beginning = VoucherFacts(
            _part(row, moves), f"organisation:{row.voucher_payer_id}", off_vnd,
            fund=f"campaign:{row.campaign_id}" if row.campaign_id is not None else "",
            payee_id=row.fund_payee_id or 0,
        )  # fmt: skip
        yield row.id, (beginning, _in_order(happened))


@PreparedForSeveral
def _parts_for_campaigns(among: Among) -> Any:
    return (
        select(*_PART, SellerOrder.voucher_payer_id)
        .where(among(SellerOrder.id), SellerOrder.campaign_vnd > 0)
        .order_by(SellerOrder.id)
    )


def _campaigns(session: Session, ids: list[int]) -> Iterator[tuple[int, History]]:
    """What was sold for campaigns. One move of goods posts here too, so it has its own key."""
    rows = _parts_for_campaigns.all(session, ids)
    moves, returns = _moves(session, rows), _returns(session, rows)
    lines, came_back = _campaign_lines(session, rows)
    for row in rows:
        mine = lines.get(row.id, {})
        happened = []
        for cause in _of(row, moves, returns):
            key = f"campaign_sale:{cause.key}"
            if isinstance(cause, GoodsBack):
                less = _back(mine, came_back.get(cause.key, ()))
                happened.append(replace(cause, key=key, campaigns=less))
            else:
                happened.append(replace(cause, key=key))
        sold = _by_campaign((line.for_campaign(line.quantity), line) for line in mine.values())
        yield row.id, (CampaignFacts(_part(row, moves), sold), _in_order(happened))


@dataclass
class _CampaignLine:
    """One line that was sold for a campaign, and how many of it came back so far."""

    campaign_id: int
    quantity: int
    goods_vnd: int
    share_vnd: int
    commission_vnd: int
    returned: int = 0

    def for_campaign(self, units: int) -> ForCampaign:
        """Return what so many of its units come to."""
        return ForCampaign(
            self.campaign_id, back_vnd(self.goods_vnd, self.quantity, units),
            back_vnd(self.share_vnd, self.quantity, units),
            back_vnd(self.commission_vnd, self.quantity, units),
        )  # fmt: skip


@PreparedForSeveral
def _lines_of(among: Among) -> Any:
    return (
        select(
            LineItem.id, LineItem.seller_order_id, LineItem.campaign_id, LineItem.quantity,
            LineItem.total_vnd, LineItem.campaign_share_vnd, LineItem.commission_vnd,
        )
        .where(among(LineItem.seller_order_id))
        .order_by(LineItem.id)
    )  # fmt: skip


@PreparedForSeveral
def _lines_back(among: Among) -> Any:
    return (
        select(GoodsReturnLine.return_id, GoodsReturnLine.line_item_id, GoodsReturnLine.quantity)
        .join(LineItem, LineItem.id == GoodsReturnLine.line_item_id)
        .where(among(LineItem.seller_order_id))
        .order_by(GoodsReturnLine.return_id, GoodsReturnLine.line_item_id)
    )


def _campaign_lines(
    session: Session, parts: Sequence[Any]
) -> tuple[dict[int, dict[int, _CampaignLine]], dict[str, list[tuple[int, int]]]]:
    """Return the lines for campaigns by part, and (line, units) that came back by each return."""
    found: dict[int, list[Any]] = {}
    for line in _lines_of.all(session, [part.id for part in parts]):
        found.setdefault(line.seller_order_id, []).append(line)
    lines: dict[int, dict[int, _CampaignLine]] = {}
    for part in parts:
        all_lines = found.get(part.id, [])
        # A reduction that the seller bears is a lower price of all her goods.
        off_vnd = part.discount_vnd if part.voucher_payer_id is None else 0
        paid = after_discount([line.total_vnd for line in all_lines], off_vnd)
        lines[part.id] = {
            line.id: _CampaignLine(
                line.campaign_id, line.quantity, vnd, line.campaign_share_vnd, line.commission_vnd
            )
            for line, vnd in zip(all_lines, paid, strict=True)
            if line.campaign_id is not None and line.campaign_share_vnd
        }
    came_back: dict[str, list[tuple[int, int]]] = {}
    for row in _lines_back.all(session, [part.id for part in parts]):
        came_back.setdefault(f"return:{row.return_id}", []).append(
            (row.line_item_id, row.quantity)
        )  # fmt: skip
        came_back.setdefault(f"return-undone:{row.return_id}", []).append(
            (row.line_item_id, -row.quantity)
        )  # fmt: skip
    return lines, came_back


def _back(
    mine: dict[int, _CampaignLine], came_back: Iterable[tuple[int, int]]
) -> tuple[ForCampaign, ...]:
    """Return what campaigns get less by one return; rounded on all that came back so far."""
    less = []
    for line_id, units in came_back:
        line = mine.get(line_id)
        if line is not None:
            before = line.for_campaign(line.returned)
            line.returned += units
            now = line.for_campaign(line.returned)
            less.append((_minus(now, before), line))
    return _by_campaign(less)


def _minus(one: ForCampaign, other: ForCampaign) -> ForCampaign:
    return ForCampaign(
        one.campaign_id, one.goods_vnd - other.goods_vnd, one.share_vnd - other.share_vnd,
        one.commission_vnd - other.commission_vnd,
    )  # fmt: skip


def _by_campaign(some: Iterable[tuple[ForCampaign, Any]]) -> tuple[ForCampaign, ...]:
    """Return the sums of each campaign, by its id."""
    found: dict[int, ForCampaign] = {}
    for one, _ in some:
        sofar = found.get(one.campaign_id, ForCampaign(one.campaign_id, 0, 0))
        found[one.campaign_id] = ForCampaign(
            one.campaign_id, sofar.goods_vnd + one.goods_vnd, sofar.share_vnd + one.share_vnd,
            sofar.commission_vnd + one.commission_vnd,
        )  # fmt: skip
    return tuple(found[one] for one in sorted(found))


_READ = {
    "payment": _transfers, "cash": _cash, "voucher": _vouchers, "campaign_sale": _campaigns,
}  # fmt: skip


@PreparedForSeveral
def _moves_of(among: Among) -> Any:
    return (
        select(
            SellerOrderMove.id, SellerOrderMove.seller_order_id, SellerOrderMove.from_state,
            SellerOrderMove.to_state, SellerOrderMove.at,
        )
        .where(among(SellerOrderMove.seller_order_id))
        .order_by(SellerOrderMove.id)
    )  # fmt: skip


def _moves(session: Session, parts: Iterable[Any]) -> dict[int, list[Any]]:
    """Return the moves of each part, the first first."""
    found: dict[int, list[Any]] = {}
    for move in _moves_of.all(session, [part.id for part in parts]):
        found.setdefault(move.seller_order_id, []).append(move)
    return found


@PreparedForSeveral
def _returns_of(among: Among) -> Any:
    return (
        select(
            GoodsReturn.id, GoodsReturn.seller_order_id, GoodsReturn.items_vnd,
            GoodsReturn.shipping_vnd, GoodsReturn.commission_vnd, GoodsReturn.tax_vat_vnd,
            GoodsReturn.tax_pit_vnd, GoodsReturn.off_vnd, GoodsReturn.at,
            GoodsKept.at.label("kept_at"),
        )
        .outerjoin(GoodsKept, GoodsKept.return_id == GoodsReturn.id)
        .where(among(GoodsReturn.seller_order_id))
        .order_by(GoodsReturn.id)
    )  # fmt: skip


def _returns(session: Session, parts: Iterable[Any]) -> dict[int, list[GoodsBack]]:
    """Return what came back of each part, and, by the opposite, what of it was a mistake."""
    rows = _returns_of.all(session, [part.id for part in parts])
    units = units_back(session, {row.seller_order_id for row in rows}) if rows else {}
    found: dict[int, list[GoodsBack]] = {}
    for row in rows:
        cause = GoodsBack(
            f"return:{row.id}", row.at, row.seller_order_id, row.items_vnd, row.shipping_vnd,
            row.commission_vnd, row.tax_vat_vnd + row.tax_pit_vnd, row.off_vnd,
            tuple(units.get(row.id, ())),
        )  # fmt: skip
        mine = found.setdefault(row.seller_order_id, [])
        mine.append(cause)
        if row.kept_at is not None:
            mine.append(cause.undone(f"return-undone:{row.id}", row.kept_at))
    return found


def _part(row: Any, moves: dict[int, list[Any]]) -> Part:
    """Return a part as it began: before its first move."""
    mine = moves.get(row.id)
    began = mine[0].from_state if mine else row.state
    # Who collects: an organisation's account says so, a seller's own does not.
    return Part(
        row.id, row.seller_id, row.items_vnd - row.discount_vnd, row.shipping_vnd,
        _unit(getattr(row, "organisation_id", None)), stage_of(began),
        commission_vnd=row.commission_vnd, creditor=_unit(row.commission_organisation_id),
        tax_vnd=row.tax_vat_vnd + row.tax_pit_vnd,
    )  # fmt: skip


def _unit(organisation_id: int | None) -> str:
    return "" if organisation_id is None else f"organisation:{organisation_id}"


def _of(
    part: Any, moves: dict[int, list[Any]], returns: dict[int, list[GoodsBack]]
) -> Iterator[GoodsBack | Moved]:
    """Return what happened to a part's goods that matters to its money."""
    yield from returns.get(part.id, ())
    arrived_at = None
    for move in moves.get(part.id, ()):
        if move.to_state == S.DELIVERED:
            arrived_at = move.at
        if stage_of(move.from_state) != stage_of(move.to_state):
            undoes = (move.from_state, move.to_state) in WAYS_BACK
            wrong_at = arrived_at if undoes and move.from_state == S.DELIVERED else None
            yield Moved(f"move:{move.id}", move.at, part.id, move.to_state, undoes, wrong_at)


def _in_order(causes: Iterable[Cause]) -> list[Cause]:
    """Oldest first; of what happened in one moment the goods that came back, the goods, the money."""

    def place(cause: Cause) -> tuple[Any, int]:
        kinds = (GoodsBack, Moved)
        return cause.at, next((n for n, kind in enumerate(kinds) if isinstance(cause, kind)), 2)

    return sorted(causes, key=place)
