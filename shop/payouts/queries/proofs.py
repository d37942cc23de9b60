"""What must always be true of settlements. Each query returns no row while all is well."""

from typing import Any

from sqlalchemy import String, case, cast, func, literal, or_, select
from sqlalchemy.orm import aliased

from shop.fundraising.models import Campaign
from shop.ledger.models import LedgerAccount, LedgerEntry, LedgerTransaction
from shop.payments.gateways.passes import gifts_on_their_way
from shop.payments.models import ToBook
from shop.payouts.models import Payout, PayoutLine, PayoutStatement, Settlement, TaxPayment
from shop.payouts.queries.owed import BETWEEN
from shop.sellers.models import Payee

_S = PayoutStatement
_of_payouts = LedgerTransaction.subject.like("payout:%")

# By seller and organisation: what the books say, and what statements, open entries and payouts do.
_who = (
    literal("seller:") + cast(_S.seller_id, String),
    literal("organisation:") + cast(_S.organisation_id, String),
)
_balances = (
    select(
        LedgerAccount.owner,
        LedgerAccount.detail,
        (-func.sum(LedgerAccount.balance_vnd)).label("vnd"),
    )
    .where(LedgerAccount.kind.in_(BETWEEN), LedgerAccount.detail.like("organisation:%"))
    .group_by(LedgerAccount.owner, LedgerAccount.detail)
    .subquery()
)
_settled = (
    select(
        _who[0].label("owner"),
        _who[1].label("detail"),
        func.sum(
            _S.goods_vnd + _S.delivery_vnd + _S.returns_vnd + _S.commission_vnd + _S.tax_vnd
            + _S.debts_vnd
        ).label("vnd"),
    )
    .group_by(*_who)
    .subquery()
)  # fmt: skip
_paid = (
    select(
        (literal("seller:") + cast(Payout.seller_id, String)).label("owner"),
        (literal("organisation:") + cast(Payout.organisation_id, String)).label("detail"),
        func.sum(Payout.amount_vnd).label("vnd"),
    )
    .where(Payout.state != "failed")
    .group_by(Payout.seller_id, Payout.organisation_id)
    .subquery()
)
_open = (
    select(
        LedgerAccount.owner, LedgerAccount.detail, (-func.sum(LedgerEntry.amount_vnd)).label("vnd")
    )
    .join(LedgerEntry, LedgerEntry.account_id == LedgerAccount.id)
    .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
    .outerjoin(PayoutLine, PayoutLine.entry_id == LedgerEntry.id)
    .where(LedgerAccount.kind.in_(BETWEEN), ~_of_payouts, PayoutLine.entry_id.is_(None))
    .group_by(LedgerAccount.owner, LedgerAccount.detail)
    .subquery()
)


_taxes = (
    select(
        (literal("organisation:") + cast(TaxPayment.organisation_id, String)).label("owner"),
        func.sum(TaxPayment.amount_vnd).label("vnd"),
    )
    .where(TaxPayment.state == "sent")
    .group_by(TaxPayment.organisation_id)
    .subquery()
)
_taxes_booked = (
    select(LedgerAccount.owner, func.sum(LedgerEntry.amount_vnd).label("vnd"))
    .join(LedgerEntry, LedgerEntry.account_id == LedgerAccount.id)
    .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
    .where(LedgerAccount.kind == "tax_withheld", LedgerTransaction.subject.like("tax_payment:%"))
    .group_by(LedgerAccount.owner)
    .subquery()
)


def _and(side: Any) -> Any:
    return (side.c.owner == _balances.c.owner) & (side.c.detail == _balances.c.detail)


def _vnd(side: Any) -> Any:
    return func.coalesce(side.c.vnd, 0)


_lines = (
    select(
        PayoutLine.statement_id,
        func.count().label("lines"),
        func.sum(PayoutLine.amount_vnd).label("vnd"),
    )
    .group_by(PayoutLine.statement_id)
    .subquery()
)
_sums = (
    _S.goods_vnd + _S.delivery_vnd + _S.returns_vnd + _S.commission_vnd + _S.tax_vnd + _S.debts_vnd
)
_before = aliased(_S)
_posted = (
    select(
        LedgerTransaction.subject,
        func.sum(case((LedgerAccount.kind == "bank", -LedgerEntry.amount_vnd), else_=0)).label(
            "vnd"
        ),
    )
    .join(LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id)
    .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
    .where(_of_payouts)
    .group_by(LedgerTransaction.subject)
    .subquery()
)
_subject = literal("payout:") + cast(Payout.id, String)
_left = case((Payout.state == "failed", 0), else_=Payout.amount_vnd)

_lies = (
    select(Payee.organisation_id, func.sum(LedgerAccount.balance_vnd).label("vnd"))
    .join(LedgerAccount, LedgerAccount.owner == literal("payee:") + cast(Payee.id, String))
    .where(LedgerAccount.kind == "fund_bank")
    .group_by(Payee.organisation_id)
    .subquery()
)
_on_their_way = gifts_on_their_way()
#: What funds came to hold, less what of it is cash that nobody paid in yet.
_HOLD_IN_BANK = (
    "campaign_fund", "campaign_costs", "campaign_given", "campaign_slips", "campaign_cash",
)  # fmt: skip
_funds_hold = (
    select(
        LedgerAccount.owner, (-func.sum(LedgerAccount.balance_vnd)).label("vnd")
    )
    .where(
        LedgerAccount.kind.in_(_HOLD_IN_BANK)
    )
    .group_by(LedgerAccount.owner)
    .subquery()
)  # fmt: skip
_held = (
    select(
        Payee.organisation_id,
        func.sum(_vnd(_funds_hold) - _vnd(_on_their_way)).label("vnd"),
    )
    .select_from(Campaign)
    .join(Payee, Payee.id == Campaign.payee_id)
    .outerjoin(_funds_hold, _funds_hold.c.owner == literal("campaign:") + cast(Campaign.id, String))
    .outerjoin(_on_their_way, _on_their_way.c.campaign_id == Campaign.id)
    .group_by(Payee.organisation_id)
    .subquery()
)
_no_history_waits = ~select(ToBook.subject).exists()

INVARIANTS: dict[str, Any] = {
    # With I8 of the payments: what stands withheld is what was withheld, less what was paid.
    "I8 tax paid to the tax office is what two people paid": (
        select(
            func.coalesce(_taxes.c.owner, _taxes_booked.c.owner).label("owner"), _taxes.c.vnd,
            _taxes_booked.c.vnd.label("booked_vnd"),
        )
        .outerjoin(_taxes_booked, _taxes_booked.c.owner == _taxes.c.owner, full=True)
        .where(func.coalesce(_taxes.c.vnd, 0) != func.coalesce(_taxes_booked.c.vnd, 0))
    ),
    "what lies in banks for funds is what the funds hold": (
        select(
            func.coalesce(_held.c.organisation_id, _lies.c.organisation_id).label("organisation_id"),
            _vnd(_held).label("held_vnd"), _vnd(_lies).label("in_bank_vnd"),
        )
        .select_from(_held)
        .join(_lies, _lies.c.organisation_id == _held.c.organisation_id, full=True)
        .where(_no_history_waits, _vnd(_held) != _vnd(_lies))
    ),
    "what organisations owe sellers is in statements or still open": (
        select(
            _balances.c.owner, _balances.c.detail, _balances.c.vnd.label("owed_vnd"),
            _vnd(_settled).label("settled_vnd"), _vnd(_open).label("open_vnd"),
            _vnd(_paid).label("paid_vnd"),
        )
        .outerjoin(_settled, _and(_settled))
        .outerjoin(_open, _and(_open))
        .outerjoin(_paid, _and(_paid))
        .where(_balances.c.vnd != _vnd(_settled) + _vnd(_open) - _vnd(_paid))
    ),
    "a statement is the sum of its lines": (
        select(_S.id, _S.line_count, _lines.c.lines, _sums.label("vnd"), _lines.c.vnd.label("summed"))
        .outerjoin(_lines, _lines.c.statement_id == _S.id)
        .where(
            or_(
                _S.line_count != func.coalesce(_lines.c.lines, 0),
                _sums != func.coalesce(_lines.c.vnd, 0),
            )
        )
    ),
    "a line of a statement is an entry of its seller": (
        select(PayoutLine.entry_id, PayoutLine.statement_id)
        .join(_S, _S.id == PayoutLine.statement_id)
        .join(LedgerEntry, LedgerEntry.id == PayoutLine.entry_id)
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .where(
            or_(
                LedgerAccount.owner != _who[0],
                LedgerAccount.detail != _who[1],
                LedgerAccount.kind.not_in(BETWEEN),
                PayoutLine.amount_vnd != -LedgerEntry.amount_vnd,
            )
        )
    ),
    "a statement opens with what the one before carried over": (
        select(_S.id, _S.previous_id, _S.opening_vnd, _before.carried_vnd)
        .outerjoin(_before, _before.id == _S.previous_id)
        .where(
            or_(
                _S.opening_vnd != func.coalesce(_before.carried_vnd, 0),
                _before.seller_id != _S.seller_id,
                _before.organisation_id != _S.organisation_id,
            )
        )
    ),
    "no payout without the bank's number, and none by whoever approved it": (
        select(Payout.id, Payout.statement_id).where(
            or_(
                func.length(func.trim(Payout.reference)) == 0,
                Payout.sent_by_id.in_((Payout.approved_by_id, Payout.account_by_id)),
            )
        )
    ),
    "a payout is what its statement says": (
        select(Payout.id, Payout.statement_id, Payout.amount_vnd, Payout.state, _S.pays_vnd)
        .join(_S, _S.id == Payout.statement_id)
        .where(
            or_(
                # What came back before its statement was put off stays what it was.
                (Payout.amount_vnd != _S.pays_vnd)
                & ((Payout.state != "failed") | (_S.state != "carried")),
                (Payout.state != "failed") & (Payout.state != _S.state),
            )
        )
    ),
    "a statement that is paid has its payout": (
        select(_S.id, _S.state)
        .outerjoin(Payout, (Payout.statement_id == _S.id) & (Payout.state != "failed"))
        .where(
            case(
                (_S.state.in_(["sent", "confirmed"]), Payout.id.is_(None)),
                else_=Payout.id.is_not(None),
            )
        )
    ),
    "I7 what payouts sent is what left the books": (
        select(
            func.coalesce(_subject, _posted.c.subject).label("subject"),
            Payout.amount_vnd, Payout.state, _posted.c.vnd.label("posted_vnd"),
        )
        .select_from(Payout)
        .join(_posted, _posted.c.subject == _subject, full=True)
        .where(
            or_(
                Payout.id.is_(None),
                _posted.c.vnd.is_(None),
                _posted.c.vnd != _left,
            )
        )
    ),
    "the sums of a settlement are those of its statements": (
        select(Settlement.id, Settlement.pays_vnd, Settlement.seller_count)
        .outerjoin(_S, _S.settlement_id == Settlement.id)
        .where(Settlement.state != "dropped")
        .group_by(Settlement.id)
        .having(
            or_(
                Settlement.pays_vnd != func.coalesce(func.sum(_S.pays_vnd), 0),
                Settlement.carried_vnd != func.coalesce(func.sum(_S.carried_vnd), 0),
                Settlement.line_count != func.coalesce(func.sum(_S.line_count), 0),
                Settlement.seller_count != func.count(_S.id),
            )
        )
    ),
}  # fmt: skip
