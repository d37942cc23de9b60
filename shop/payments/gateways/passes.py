"""Reads about gifts by card on their way to the fund's account, gift by gift and fund by fund."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import BigInteger, String, and_, case, cast, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from shop.accounts.models import Account
from shop.fundraising.models import Campaign, Gift
from shop.kernel.errors import NotYours
from shop.ledger.models import LedgerAccount, LedgerEntry, LedgerTransaction
from shop.payments.gateways.models import (
    GatewayPayout,
    GiftBack,
    GiftPass,
    GiftPassLine,
    GiftVisit,
)
from shop.payments.rules.gateways import VisitState
from shop.payments.rules.sending import SendingState
from shop.sellers.models import Payee
from shop.web.lists import Page, cut

#: Organisations: a select of ids, or None for all.
Units = Collection[int] | None


def _sum(amount: Any) -> Any:
    """Return a sum as whole đồng: PostgreSQL's are decimals."""
    return cast(func.sum(amount), BigInteger)


_went_back = (
    select(GiftBack.visit_id, _sum(GiftBack.amount_vnd - GiftBack.lost_vnd).label("vnd"))
    .where(GiftBack.taken)
    .group_by(GiftBack.visit_id)
    .subquery()
)
_passed = (
    select(GiftPassLine.visit_id, _sum(GiftPassLine.amount_vnd).label("vnd"))
    .join(GiftPass, GiftPass.id == GiftPassLine.pass_id)
    .where(GiftPass.state == SendingState.SENT)
    .group_by(GiftPassLine.visit_id)
    .subquery()
)
_in_fund = GiftVisit.amount_vnd - func.coalesce(_went_back.c.vnd, 0)
_passed_vnd = func.coalesce(_passed.c.vnd, 0)
_is_in_bank = GatewayPayout.id.is_not(None) & GatewayPayout.failed_at.is_(None)
#: ``rules.passing.due_vnd`` in SQL.
_due = case((_is_in_bank, _in_fund), else_=0) - _passed_vnd
_from, _to = aliased(Payee), aliased(Payee)


def _ways(*columns: Any) -> Any:
    """Return the select of gifts that cards paid in time, each with how far it came."""
    return (
        select(*columns)
        .select_from(GiftVisit)
        .join(Gift, Gift.id == GiftVisit.gift_id)
        .outerjoin(_went_back, _went_back.c.visit_id == GiftVisit.id)
        .outerjoin(_passed, _passed.c.visit_id == GiftVisit.id)
        .outerjoin(
            GatewayPayout,
            (GatewayPayout.gateway == GiftVisit.gateway)
            & (GatewayPayout.outside_id == GiftVisit.payout_outside_id),
        )
        .where(GiftVisit.state == VisitState.PAID, ~GiftVisit.late)
    )


def gifts_on_their_way() -> Any:
    """Return (campaign_id, vnd) of gifts by card that funds count and have not on their accounts.

    Below nought: cards took back what was passed on.
    """
    return (
        _ways(Gift.campaign_id, _sum(_in_fund - _passed_vnd).label("vnd"))
        .group_by(Gift.campaign_id)
        .subquery()
    )


def gifts_due(session: Session, campaign_id: int, from_payee_id: int) -> Sequence[Any]:
    """Return (visit_id, due_vnd) of a fund's gifts by card of which something is to be passed on."""
    return session.execute(
        _ways(GiftVisit.id.label("visit_id"), _due.label("due_vnd"))
        .where(
            Gift.campaign_id == campaign_id, GiftVisit.payee_id == from_payee_id, _due != 0
        )
        .order_by(GiftVisit.id)
    ).all()  # fmt: skip


def funds_by_card(session: Session, units: Units) -> Sequence[Any]:
    """Return funds that cards gave to, and where that money is, those with something to do first.

    ``at_gateway_vnd`` is not in the bank yet, ``due_vnd`` waits to be passed on, ``passed_vnd`` is on
    the fund's account; together they are what the fund counts of gifts by card. ``planned_id``: a
    transfer that waits for the second person.
    """
    sums = (
        _ways(
            Gift.campaign_id, GiftVisit.payee_id.label("from_payee_id"),
            func.count(GiftVisit.id).label("gifts"),
            _sum(case((_is_in_bank, 0), else_=_in_fund)).label("at_gateway_vnd"),
            _sum(_due).label("due_vnd"),
            _sum(_passed_vnd).label("passed_vnd"),
        )
        .group_by(Gift.campaign_id, GiftVisit.payee_id)
        .subquery()
    )  # fmt: skip
    wanted = (
        select(
            sums, Campaign.code, Campaign.title_vi, Campaign.title_en,
            Campaign.organisation_id, _from.organisation_id.label("card_unit_id"),
            GiftPass.id.label("planned_id"),
        )
        .join(Campaign, Campaign.id == sums.c.campaign_id)
        .join(_from, _from.id == sums.c.from_payee_id)
        .outerjoin(
            GiftPass,
            and_(
                GiftPass.campaign_id == sums.c.campaign_id,
                GiftPass.from_payee_id == sums.c.from_payee_id,
                GiftPass.state == SendingState.PLANNED,
            ),
        )
        .order_by(func.abs(sums.c.due_vnd).desc(), Campaign.id.desc())
    )  # fmt: skip
    return session.execute(wanted.where(_seen_by(units))).all()


def _seen_by(units: Units) -> Any:
    """Return the condition of what either unit's people may see: the giving and the receiving."""
    if units is None:
        return Campaign.id.is_not(None)
    return or_(Campaign.organisation_id.in_(units), _from.organisation_id.in_(units))


def fund_by_card(session: Session, units: Units, campaign_id: int) -> list[Any]:
    """Return the rows of ``funds_by_card`` that are one campaign's.

    Raises:
        NotYours: cards gave it nothing, or it is not hers to see.
    """
    found = [row for row in funds_by_card(session, units) if row.campaign_id == campaign_id]
    if not found:
        raise NotYours
    return found


def gifts_of_fund(session: Session, campaign_id: int, page: int) -> Page:
    """Return each gift by card of a campaign with how far it came, the newest first."""
    last = aliased(GiftPass)
    newest = (
        select(func.max(GiftPassLine.pass_id))
        .join(last, last.id == GiftPassLine.pass_id)
        .where(
            GiftPassLine.visit_id == GiftVisit.id,
            last.state.in_((SendingState.PLANNED, SendingState.SENT)),
        )
        .correlate(GiftVisit)
        .scalar_subquery()
    )
    return cut(
        session,
        _ways(
            GiftVisit.id, Gift.memo, GiftVisit.amount_vnd, Gift.offered_at, GiftVisit.gateway,
            _in_fund.label("in_fund_vnd"), _is_in_bank.label("is_in_bank"),
            GatewayPayout.paid_at, _passed_vnd.label("passed_vnd"), _due.label("due_vnd"),
            newest.label("pass_id"),
        )
        .where(Gift.campaign_id == campaign_id)
        .order_by(GiftVisit.id.desc()),
        page,
    )  # fmt: skip


def passes_of_fund(session: Session, campaign_id: int) -> Sequence[Any]:
    """Return the transfers of a campaign's gifts by card, the newest first."""
    return session.execute(
        select(GiftPass.id, GiftPass.amount_vnd, GiftPass.state, GiftPass.reference,
               GiftPass.planned_at, GiftPass.sent_at)
        .where(GiftPass.campaign_id == campaign_id)
        .order_by(GiftPass.id.desc())
        .limit(100)
    ).all()  # fmt: skip


_planner, _sender = aliased(Account), aliased(Account)


def pass_in(session: Session, units: Units, pass_id: int) -> Any:
    """Return one transfer, with both accounts and ``giver_id``: the unit whose money leaves.

    Raises:
        NotYours
    """
    gives = case(
        (GiftPass.amount_vnd > 0, _from.organisation_id), else_=_to.organisation_id
    ).label("giver_id")  # fmt: skip
    row = session.execute(
        select(
            *GiftPass.__table__.c, gives, Campaign.code, Campaign.title_vi, Campaign.title_en,
            _planner.name.label("planned_by"), _sender.name.label("sent_by"),
        )
        .join(Campaign, Campaign.id == GiftPass.campaign_id)
        .join(_from, _from.id == GiftPass.from_payee_id)
        .join(_to, _to.id == GiftPass.to_payee_id)
        .join(_planner, _planner.id == GiftPass.planned_by_id)
        .outerjoin(_sender, _sender.id == GiftPass.sent_by_id)
        .where(GiftPass.id == pass_id, _seen_by(units))
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotYours
    return row


def gifts_in_pass(session: Session, pass_id: int) -> Sequence[Any]:
    """Return (memo, amount_vnd) of each gift in a transfer."""
    return session.execute(
        select(Gift.memo, GiftPassLine.amount_vnd)
        .join(GiftVisit, GiftVisit.id == GiftPassLine.visit_id)
        .join(Gift, Gift.id == GiftVisit.gift_id)
        .where(GiftPassLine.pass_id == pass_id)
        .order_by(GiftVisit.id)
    ).all()


_lines = (
    select(GiftPassLine.pass_id, _sum(GiftPassLine.amount_vnd).label("vnd"))
    .group_by(GiftPassLine.pass_id)
    .subquery()
)
_booked = (
    select(LedgerTransaction.subject, _sum(LedgerEntry.amount_vnd).label("vnd"))
    .join(LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id)
    .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
    .where(LedgerTransaction.subject.like("gift_pass:%"), LedgerAccount.kind == "fund_bank")
    .group_by(LedgerTransaction.subject)
    .subquery()
)
_subject = literal("gift_pass:") + cast(GiftPass.id, String)
#: Returns no row while all is well.
INVARIANTS: dict[str, Any] = {
    "a transfer of gifts by card is the sum of its gifts": (
        select(GiftPass.id, GiftPass.amount_vnd, _lines.c.vnd)
        .outerjoin(_lines, _lines.c.pass_id == GiftPass.id)
        .where(GiftPass.amount_vnd != func.coalesce(_lines.c.vnd, 0))
    ),
    "what was passed on of gifts by card is what the books moved": (
        select(GiftPass.id, GiftPass.state, GiftPass.amount_vnd, _booked.c.vnd)
        .outerjoin(_booked, _booked.c.subject == _subject)
        .where(
            func.coalesce(_booked.c.vnd, 0)
            != case((GiftPass.state == SendingState.SENT, GiftPass.amount_vnd), else_=0)
        )
    ),
    "no gift by card was passed on beyond what the card paid": (
        select(GiftVisit.id, GiftVisit.amount_vnd, _passed.c.vnd)
        .join(_passed, _passed.c.visit_id == GiftVisit.id)
        .where(_passed.c.vnd > GiftVisit.amount_vnd)
    ),
}
