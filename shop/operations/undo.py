"""Taking an act back: which acts can be, and by which opposite act. No money has moved by any."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.accounts import actions as accounts
from shop.audit.actions import note
from shop.audit.models import AuditEntry
from shop.banking.actions import feeds
from shop.banking.actions.answers import reopen
from shop.catalogue.actions import uncheck_paper
from shop.db import is_sqlite
from shop.fundraising.actions import (
    campaigns,
    cash,
    duties,
    gifts,
    handing,
    offers,
    papers,
    requests,
    returning,
    slips,
)
from shop.fundraising.actions import goods as given_goods
from shop.fundraising.paper_rules import NeedsOwnAccount, NotHandedOver, ReportTooEarly
from shop.fundraising.rules import (
    CampaignFixed,
    CampaignNotOpen,
    CampaignNotReady,
    GiftCame,
    IllegalCampaignMove,
    NotEnoughInFund,
    SoldForAnother,
)
from shop.kernel.clock import vietnam_date
from shop.kernel.errors import NotYours
from shop.learning import actions as learning
from shop.learning.rules import (
    ClassFull,
    ClassNotBegun,
    ClassOver,
    IllegalSeatMove,
    LessonMovedOn,
    SeatsTaken,
    SeatState,
)
from shop.markets.actions import offers as market_offers
from shop.markets.actions import sessions as market_sessions
from shop.markets.actions.tasks import settle_task
from shop.markets.queries.sessions import market_session
from shop.markets.rules.refusals import (
    DayTaken,
    OfferSold,
    PickupTaken,
    SessionMoved,
    SessionNotReady,
    SessionOrdered,
)
from shop.mutual_aid import actions as mutual_aid
from shop.mutual_aid.rules import IllegalCallMove, NeedPledged
from shop.operations import actions as operations
from shop.operations.actions import corrections
from shop.operations.correcting import CorrectionMovedOn
from shop.operations.queries import payee_was_used
from shop.operations.rules import NotUndoable
from shop.ordering.actions import move_seller_order
from shop.ordering.models import Order, SellerOrder
from shop.ordering.rules import SellerOrderState as S
from shop.organisations import actions as organisations
from shop.organisations import members
from shop.organisations.lists.actions import take_members_back
from shop.organisations.queries import organisation
from shop.organisations.reordering import drop_reordering, undo_reordering
from shop.organisations.rules import MemberMovedOn, ReorderingMovedOn, UndoTooLate
from shop.organisations.telling import actions as telling
from shop.organisations.telling.rules import AnnouncementTakenBack
from shop.payments.gateways.actions import passing, settling
from shop.payments.methods import By
from shop.payouts.actions import deciding, drafting, funds, taxes
from shop.remittances.actions.bearers import set_bearer
from shop.reviews import actions as reviews
from shop.reviews.rules import ReviewMovedOn
from shop.sellers import actions as sellers
from shop.sellers import joining
from shop.sellers.helping import revoke_help
from shop.sellers.joining_rules import ApplicationMoved
from shop.sellers.queries import open_sellers_in, seller
from shop.sellers.units import follow_back
from shop.sellers.voices import write_voice_down
from shop.shares import actions as shares
from shop.vouchers import actions as vouchers

#: Things are not as they were when an act was done.
_GONE = (
    IllegalCallMove, NeedPledged, IllegalCampaignMove, CampaignFixed, CampaignNotOpen,
    CampaignNotReady, GiftCame, NotEnoughInFund, SoldForAnother, CorrectionMovedOn, NotHandedOver,
    ReportTooEarly, NeedsOwnAccount, ReorderingMovedOn, MemberMovedOn, AnnouncementTakenBack,
    DayTaken, OfferSold, PickupTaken, SessionMoved, SessionNotReady, SessionOrdered,
    ApplicationMoved,
    ReviewMovedOn, ClassOver, SeatsTaken, ClassFull, ClassNotBegun, IllegalSeatMove, LessonMovedOn,
)  # fmt: skip
#: Names the lock of undoing among PostgreSQL's advisory locks.
_ONE_UNDO = 7_042_001

Opposite = Callable[[Session, AuditEntry, dict[str, Any]], object]


def _of(act: Callable[..., object], name: str, *facts: str) -> Opposite:
    """Return how an act is taken back by another of the same subject, which it calls ``name``.

    Args:
        facts: what the trail's line says besides, and under which name the act wants it.
    """

    def opposite(session: Session, entry: AuditEntry, by: dict[str, Any]) -> object:
        said = {fact: entry.facts[fact] for fact in facts}
        return act(session, **{name: entry.subject_id or 0}, **said, **by)

    return opposite


def _in(act: Callable[..., object], *facts: str) -> Opposite:
    """Return the same of something that the line names in its facts: part of its subject."""

    def opposite(session: Session, entry: AuditEntry, by: dict[str, Any]) -> object:
        return act(session, **{fact: entry.facts[fact] for fact in facts}, **by)

    return opposite


def _check_stands(session: Session, entry: AuditEntry, now: dict[str, Any]) -> None:
    """Refuse to take an edit back over a later one: what the later one wrote would be lost.

    Args:
        now: what stands, by the names of ``facts["before"]``.

    Raises:
        UndoTooLate
    """
    later = session.scalars(
        select(AuditEntry.facts)
        .where(
            AuditEntry.action == entry.action, AuditEntry.subject_kind == entry.subject_kind,
            AuditEntry.subject_id == entry.subject_id, AuditEntry.id > entry.id,
        )
        .order_by(AuditEntry.id)
    )  # fmt: skip
    wrote: dict[str, Any] = {}
    for facts in later:  # What a later edit found is what this one wrote.
        wrote = {**facts["before"], **wrote}
    if any(name in wrote and wrote[name] != now[name] for name in entry.facts["before"]):
        raise UndoTooLate


def _rename(session: Session, entry: AuditEntry, by: dict[str, Any]) -> object:
    before = entry.facts["before"]
    unit = organisation(session, entry.subject_id or 0, to_change=True)
    _check_stands(session, entry, {"vi": unit.name_vi, "en": unit.name_en})
    return organisations.rename_organisation(
        session, organisation_id=entry.subject_id or 0, name_vi=before["vi"],
        name_en=before["en"], **by,
    )  # fmt: skip


def _close_unit(session: Session, entry: AuditEntry, by: dict[str, Any]) -> object:
    unit = entry.subject_id or 0
    return organisations.close_organisation(
        session, organisation_id=unit, open_sellers=open_sellers_in(session, unit), **by
    )


def _drop(session: Session, entry: AuditEntry, by: dict[str, Any]) -> object:
    return drop_reordering(
        session, reordering_id=entry.facts["reordering_id"], decider_id=by["actor_id"], **by
    )


def _edit_back(session: Session, entry: AuditEntry, by: dict[str, Any]) -> object:
    before = dict(entry.facts["before"])
    row = seller(session, entry.subject_id or 0, to_change=True)
    _check_stands(session, entry, {name: getattr(row, name) for name in before})
    ward_code = before.pop("ward_code", None)
    return sellers.edit_seller(
        session, seller_id=entry.subject_id or 0, changes=before, ward_code=ward_code, **by
    )


def _bank_back(session: Session, entry: AuditEntry, by: dict[str, Any]) -> object:
    payee_id = entry.facts["payee_id"]
    return sellers.restore_bank_account(
        session, payee_id=payee_id, was_used=payee_was_used(session, payee_id), **by
    )


def _ask_again(session: Session, entry: AuditEntry, by: dict[str, Any]) -> object:
    notice_id, who = entry.subject_id or 0, By("operator", by["actor_id"])
    if not reopen(session, notice_id=notice_id, by=who, now=by["now"]):
        return None
    return note(
        session, action="bank_notice.reopened", subject_kind="bank_notice", subject_id=notice_id,
        **by,
    )  # fmt: skip


def _day(said: str | None) -> date | None:
    return date.fromisoformat(said) if said else None


def _bearer_back(session: Session, entry: AuditEntry, by: dict[str, Any]) -> object:
    """Who bore it before does again: from that day on, or from today when it came."""
    from_on = max(date.fromisoformat(entry.facts["day"]), vietnam_date(by["now"]))
    return set_bearer(
        session, seller_id=entry.subject_id or 0, organisation_id=entry.facts["before"],
        valid_from=from_on, **by,
    )  # fmt: skip


def _words_back(session: Session, entry: AuditEntry, by: dict[str, Any]) -> object:
    before = entry.facts["before"]
    return operations.write_words(
        session, picture_id=entry.subject_id or 0, alt_vi=before["vi"], alt_en=before["en"], **by
    )


def _need_back(session: Session, entry: AuditEntry, by: dict[str, Any]) -> object:
    wanted = 0 if entry.action == "help_need.added" else entry.facts["before"]
    return mutual_aid.resize_need(
        session, call_id=entry.subject_id or 0, need_id=entry.facts["need_id"], wanted=wanted, **by
    )


def _call_back(session: Session, entry: AuditEntry, by: dict[str, Any]) -> object:
    before = dict(entry.facts["before"])
    on = before.pop("consent_on")
    return mutual_aid.change_call(
        session, call_id=entry.subject_id or 0,
        starts_at=datetime.fromisoformat(before.pop("starts_at")),
        ends_at=datetime.fromisoformat(before.pop("ends_at")),
        consent_kind=before.pop("consent_kind"),
        consent_on=date.fromisoformat(on) if on else None, words=before, **by,
    )  # fmt: skip


def _class_back(session: Session, entry: AuditEntry, by: dict[str, Any]) -> object:
    said = {
        name: datetime.fromisoformat(value) if name.endswith("_at") else value
        for name, value in entry.facts["before"].items()
    }
    return learning.change_class(session, class_id=entry.subject_id or 0, said=said, **by)


def _seat_back(session: Session, entry: AuditEntry, by: dict[str, Any]) -> object:
    return learning.note_attendance(
        session, class_id=entry.subject_id or 0, seat_id=entry.facts["seat_id"],
        to=SeatState(entry.facts.get("was", SeatState.WITHDRAWN)), **by,
    )  # fmt: skip


def _campaign_back(session: Session, entry: AuditEntry, by: dict[str, Any]) -> object:
    said = {
        name: _day(value) if name.endswith(("_on", "_by")) else value
        for name, value in entry.facts["before"].items()
    }
    return campaigns.change_campaign(
        session, campaign_id=entry.subject_id or 0, said=said, **by
    )  # fmt: skip


def _session_back(session: Session, entry: AuditEntry, by: dict[str, Any]) -> object:
    said = {
        name: datetime.fromisoformat(value) if name.endswith("_at") else value
        for name, value in entry.facts["before"].items()
    }
    return market_sessions.change_session(
        session, session_id=entry.subject_id or 0, said=said, **by
    )


def _pickup_back(session: Session, entry: AuditEntry, by: dict[str, Any]) -> object:
    said = dict(entry.facts["before"])
    return market_sessions.add_pickup(
        session, session_id=entry.subject_id or 0,
        starts_at=datetime.fromisoformat(said.pop("starts_at")),
        ends_at=datetime.fromisoformat(said.pop("ends_at")), **said, **by,
    )  # fmt: skip


def _call_market_off(session: Session, entry: AuditEntry, by: dict[str, Any]) -> object:
    return market_sessions.cancel_session(
        session, session_id=entry.subject_id or 0, reason="", **by
    )


def _phone_order_back(session: Session, entry: AuditEntry, by: dict[str, Any]) -> object:
    """Cancel what was written down for somebody who rang, while nothing of it was handed over.

    Raises:
        IllegalMove: some of it was.
    """
    parts = session.scalars(
        select(SellerOrder.id)
        .join(Order, Order.id == SellerOrder.order_id)
        .where(Order.code == entry.facts["order_code"], SellerOrder.state != S.CANCELLED)
        .order_by(SellerOrder.id)
    ).all()
    for part_id in parts:
        move_seller_order(
            session, seller_order_id=part_id, to=S.CANCELLED, actor_kind="officer",
            actor_id=by["actor_id"], now=by["now"],
        )  # fmt: skip
    market_sessions.note_session(
        session, "order_for_cancelled", market_session(session, entry.subject_id or 0), **by,
        order_code=entry.facts["order_code"],
    )  # fmt: skip
    return parts


def _end_market_offer(session: Session, entry: AuditEntry, by: dict[str, Any]) -> object:
    return market_offers.end_offer(session, offer_id=entry.facts["offer_id"], seller_id=None, **by)


#: {action: how it is taken back}
OPPOSITES: dict[str, Opposite] = {
    "organisation.created": _close_unit,
    "organisation.renamed": _rename,
    "organisation.closed": _of(organisations.reopen_organisation, "organisation_id", "memberships"),
    "organisation.reopened": _close_unit,
    "quarter_report.written": lambda s, e, by: telling.write_quarter(
        s,
        organisation_id=e.subject_id or 0,
        year=e.facts["year"],
        quarter=e.facts["quarter"],
        lines=e.facts["before"],
        **by,
    ),
    "chat_group.added": _of(telling.strike_group, "group_id"),
    "chat_group.struck": _of(telling.list_group_again, "group_id"),
    "chat_group.resized": lambda s, e, by: telling.resize_group(
        s, group_id=e.subject_id or 0, size=e.facts["size_before"], **by
    ),
    "announcement.made": _of(telling.take_announcement_back, "announcement_id"),
    "member.added": _of(members.forget_entry, "member_id"),
    "member.let_in": _of(members.leave, "member_id"),
    "member.left": _of(members.let_in, "member_id"),
    "member.moved": lambda s, e, by: members.move_member(
        s, member_id=e.subject_id or 0, organisation_id=e.facts["unit_before"], **by
    ),
    "sheet.members_stored": _of(take_members_back, "sheet_id"),
    "organisation.hidden": _of(organisations.show_organisation, "organisation_id"),
    "organisation.shown": _of(organisations.hide_organisation, "organisation_id"),
    "organisation.move_proposed": _drop,
    "organisation.merge_proposed": _drop,
    "organisation.split_proposed": _drop,
    "organisation.reordered": lambda s, e, by: undo_reordering(
        s, reordering_id=e.facts["reordering_id"], follow_back=follow_back, **by
    ),
    "organisation.bank_account_changed": _bank_back,
    "membership.appointed": _of(organisations.end_membership, "organisation_id", "membership_id"),
    "membership.restored": _of(organisations.end_membership, "organisation_id", "membership_id"),
    "membership.ended": lambda s, e, by: organisations.restore_membership(
        s, organisation_id=e.subject_id or 0, account_id=e.for_id or 0, facts=e.facts, **by
    ),
    "seller.created": _of(sellers.close_seller, "seller_id"),
    "seller.edited": _edit_back,
    "seller.approved": _of(sellers.unapprove_seller, "seller_id"),
    "seller.unapproved": _of(sellers.approve_seller, "seller_id"),
    "seller.closed": _of(sellers.reopen_seller, "seller_id"),
    "seller.reopened": _of(sellers.close_seller, "seller_id"),
    "seller.member_appointed": lambda s, e, by: sellers.dismiss_member(
        s, seller_id=e.subject_id or 0, account_id=e.for_id or 0, **by
    ),
    "seller.member_dismissed": lambda s, e, by: sellers.appoint_member(
        s, seller_id=e.subject_id or 0, account_id=e.for_id or 0, role=e.facts["role"], **by
    ),
    "seller.voice_transcribed": lambda s, e, by: write_voice_down(
        s,
        seller_id=e.subject_id or 0,
        said_vi=e.facts["before"]["vi"],
        said_en=e.facts["before"]["en"],
        **by,
    ),
    "seller.helper_granted": lambda s, e, by: revoke_help(
        s, seller_id=e.subject_id or 0, grant_id=e.facts["grant_id"], how="officer", **by
    ),
    "seller_application.invited": _of(joining.take_invitation_back, "application_id"),
    "seller_application.declined": lambda s, e, by: joining.take_up_again(
        s, application_id=e.subject_id or 0, to=e.facts["before"], **by
    ),
    "seller.bank_account_changed": _bank_back,
    "review.hidden": _of(reviews.show_words, "review_id", "what"),
    "review.shown": _of(reviews.hide_words, "review_id", "what", "reason"),
    "voucher.made": _of(vouchers.stop_voucher, "voucher_id"),
    "voucher.stopped": _of(vouchers.resume_voucher, "voucher_id"),
    "voucher.resumed": _of(vouchers.stop_voucher, "voucher_id"),
    "account.created": _of(accounts.disable_account, "account_id"),
    "account.disabled": _of(accounts.enable_account, "account_id"),
    "account.enabled": _of(accounts.disable_account, "account_id"),
    "bank_feed.opened": _of(feeds.end_feed, "feed_id"),
    "bank_feed.ended": _of(feeds.reopen_feed, "feed_id"),
    **dict.fromkeys(
        ("bank_notice.recognised", "bank_notice.debt_paid", "bank_notice.paid_out"), _ask_again
    ),
    "bank_notice.ignored": _ask_again,
    "bank_notice.given_back": _ask_again,
    "bank_notice.same": _ask_again,
    "settlement.drafted": _of(drafting.drop_settlement, "settlement_id"),
    "fund_transfer.sent": lambda s, e, by: funds.take_fund_transfer_back(
        s, campaign_id=e.subject_id or 0, transaction_id=e.facts["transaction_id"], **by
    ),
    "settlement.approved": _of(deciding.unapprove_settlement, "settlement_id"),
    "seller.return_fee_set": _bearer_back,
    "correction.proposed": lambda s, e, by: corrections.decline_correction(
        s, correction_id=e.subject_id or 0, decider_id=by["actor_id"], **by
    ),
    "payout.rhythm_changed": lambda s, e, by: deciding.change_rhythm(
        s,
        organisation_id=e.subject_id or 0,
        rhythm=e.facts["before"]["rhythm"],
        least_vnd=e.facts["before"]["least_vnd"],
        **by,
    ),
    "account.code_given": lambda s, e, by: accounts.void_code(
        s, account_id=e.subject_id or 0, given_at=e.at, **by
    ),
    "complaint.settled": _of(operations.reopen_complaint, "complaint_id"),
    "message.dropped": _of(operations.park_message_again, "message_id"),
    "message.tried_again": lambda s, e, by: operations.park_message_again(
        s, message_id=e.subject_id or 0, was_dropped=False, **by
    ),
    "picture.described": _words_back,
    "paper.checked": _of(uncheck_paper, "paper_id", "version"),
    "card_task.closed": _of(settling.reopen_task, "task_id"),
    "tax_payment.planned": _of(taxes.drop_tax_payment, "payment_id"),
    "gift_pass.planned": _of(passing.drop_pass, "pass_id"),
    "help_call.opened": _of(mutual_aid.hide_call, "call_id"),
    "help_call.hidden": _of(mutual_aid.open_call, "call_id"),
    "help_call.cancelled": _of(mutual_aid.resume_call, "call_id"),
    "help_call.changed": _call_back,
    "lesson.shown": _of(learning.hide_lesson, "lesson_id"),
    "lesson.changed": lambda s, e, by: learning.change_lesson(
        s, lesson_id=e.subject_id or 0, **e.facts["before"], **by
    ),
    "class.changed": _class_back,
    "class.called": lambda s, e, by: learning.cancel_class(
        s, class_id=e.subject_id or 0, reason="", **by
    ),
    "class.cancelled": _of(learning.resume_class, "class_id"),
    "class.signed_up": _seat_back,
    "class.seat_came": _seat_back,
    "class.seat_absent": _seat_back,
    "question.answered": lambda s, e, by: learning.answer_question(
        s, question_id=e.subject_id or 0, **e.facts["before"], **by
    ),
    "duty_hours.said": lambda s, e, by: learning.say_hours(
        s, account_id=e.subject_id or 0, words=e.facts["was"], **by
    ),
    "help_need.added": _need_back,
    "help_need.resized": _need_back,
    "campaign.changed": _campaign_back,
    "campaign.submitted": _of(campaigns.withdraw_campaign, "campaign_id"),
    "campaign.withdrawn": _of(campaigns.submit_campaign, "campaign_id"),
    "campaign.opened": _of(campaigns.hide_campaign, "campaign_id"),
    "campaign.closed": _of(campaigns.reopen_campaign, "campaign_id"),
    "campaign.reopened": _of(campaigns.close_campaign, "campaign_id"),
    "campaign.finished": _of(campaigns.unfinish_campaign, "campaign_id"),
    "campaign.cancelled": _of(campaigns.restore_campaign, "campaign_id"),
    "campaign_offer.made": _in(offers.end_offer, "offer_id", "seller_id"),
    "campaign_offer.ended": _in(offers.offer_again, "offer_id"),
    "disbursement.planned": _in(handing.cancel, "disbursement_id"),
    "disbursement.approved": _in(handing.unapprove, "disbursement_id"),
    "gift.noted": _in(gifts.drop_noted_gift, "gift_id"),
    "cash_deposit.said": _in(cash.drop_paid_in, "deposit_id"),
    "disbursement.return_said": _in(returning.drop_returned, "return_id"),
    "disbursement.cancelled": _in(handing.plan_again, "disbursement_id"),
    "goods_gift.accepted": _in(given_goods.goods_wait_again, "goods_id"),
    "goods_gift.declined": _in(given_goods.goods_wait_again, "goods_id"),
    "goods_gift.sold": _in(given_goods.sell_goods_no_more, "goods_id"),
    "offer_request.asked": _in(requests.withdraw_request, "request_id", "seller_id"),
    "offer_request.declined": _in(requests.wait_again, "request_id"),
    "market_series.ended": _of(market_sessions.resume_series, "series_id"),
    "market_series.resumed": _of(market_sessions.end_series, "series_id"),
    "market_series.written": _of(market_sessions.end_series, "series_id"),
    "market_session.written": _call_market_off,
    "market_session.copied": _call_market_off,
    "market_session.changed": _session_back,
    "market_session.shown": _of(market_sessions.hide_session, "session_id"),
    "market_session.hidden": _of(market_sessions.show_session, "session_id"),
    "market_session.cancelled": _of(market_sessions.resume_session, "session_id"),
    "market_session.pickup_added": _of(market_sessions.remove_pickup, "session_id", "pickup_id"),
    "market_session.pickup_removed": _pickup_back,
    "market_session.offer_asked": _end_market_offer,
    "market_session.offer_accepted": _end_market_offer,
    "market_session.offer_again": _end_market_offer,
    "market_session.offer_resized": lambda s, e, by: market_offers.resize_offer(
        s, offer_id=e.facts["offer_id"], seller_id=None, quantity=e.facts["before"], **by
    ),
    "market_session.offer_ended": _in(market_offers.offer_again, "offer_id"),
    "market_session.ordered_for": _phone_order_back,
    "market_session.task_settled": lambda s, e, by: settle_task(
        s, market_id=e.subject_id or 0, task_id=e.facts["task_id"], again=True, **by
    ),
    "market_session.task_reopened": _of(settle_task, "market_id", "task_id"),
    "slips.planned": _in(slips.cancel_slips, "sheet_id"),
    "slips.approved": _in(slips.unapprove_slips, "sheet_id"),
    "slips.cancelled": _in(slips.plan_slips_again, "sheet_id"),
    "slip.closed": _in(slips.reopen_slip, "slip_id"),
    "slip.reopened": _in(slips.close_slip, "slip_id"),
    "campaign_file.added": _in(papers.remove_file, "file_id"),
    "campaign_file.removed": _in(papers.restore_file, "file_id"),
    "campaign_file.shown": lambda s, e, by: papers.show_file(
        s, file_id=e.facts["file_id"], is_public=False, **by
    ),
    "campaign_report.published": _of(duties.withdraw_report, "campaign_id", "duty"),
    "campaign_report.withdrawn": _of(duties.publish_report, "campaign_id", "duty"),
    "gift.name_hidden": lambda s, e, by: gifts.hide_name(
        s, gift_id=e.facts["gift_id"], hidden=False, **by
    ),
    "gift.name_shown": lambda s, e, by: gifts.hide_name(
        s, gift_id=e.facts["gift_id"], hidden=True, **by
    ),
    "commission_rule.made": _in(shares.end_commission_rule, "rule_id"),
    "commission_rule.ended": lambda s, e, by: shares.make_rule_again(
        s, rule_id=e.facts["rule_id"], until_on=_day(e.facts["until_on"]), **by
    ),
    "tax_rule.made": _of(shares.end_tax_rule, "rule_id"),
    "tax_rule.ended": lambda s, e, by: shares.make_tax_rule_again(
        s, rule_id=e.subject_id or 0, until_on=_day(e.facts["until_on"]), **by
    ),
    "tax.turned_on": _of(shares.stop_withholding, "organisation_id"),
    "tax.turned_off": _of(shares.withhold_tax, "organisation_id"),
}


def undo(
    session: Session, *, entry_id: int, actor_id: int | None, actor_name: str, now: datetime
) -> AuditEntry:
    """Take one act of the audit trail back, by its opposite, which leaves its own line.

    Returns:
        The entry that was taken back.

    Raises:
        NotYours: no such entry.
        NotUndoable: this kind of act is not taken back.
        UndoTooLate: it was taken back before, or something was built on it.
    """
    if not is_sqlite(session):  # Of two undos at once, one waits; a trail's row cannot be held.
        session.execute(select(func.pg_advisory_xact_lock(_ONE_UNDO)))
    entry = session.get(AuditEntry, entry_id)
    if entry is None:
        raise NotYours
    opposite = OPPOSITES.get(entry.action)
    if opposite is None:
        raise NotUndoable
    if _taken_back(session, entry_id):
        raise UndoTooLate
    by = {"actor_id": actor_id, "actor_name": actor_name, "now": now, "undoes_id": entry_id}
    try:
        opposite(session, entry, by)
    except (NotYours, *_GONE) as gone:  # It is not there as it was any more.
        raise UndoTooLate from gone
    session.flush()
    if not _taken_back(session, entry_id):  # Things stood already as they were before.
        raise UndoTooLate
    return entry


def _taken_back(session: Session, entry_id: int) -> bool:
    return session.scalar(select(AuditEntry.id).where(AuditEntry.undoes_id == entry_id)) is not None
