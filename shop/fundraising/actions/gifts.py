"""Money that people give: offered on a page, counted once it is on the fund's account."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.current import current_settings, signing_keys, vault
from shop.db import one_at_a_time, touch, upsert_into
from shop.fundraising.actions.fund import (
    Of,
    erase_names,
    fund_bank,
    fund_cash,
    lock_campaign,
    move_fund,
)
from shop.fundraising.events import GiftOffered, GiftReceived, GiftTakenBack
from shop.fundraising.models import Campaign, FundEntry, Gift
from shop.fundraising.queries.figures import figures_of
from shop.fundraising.rules import (
    CampaignNotOpen,
    CampaignState,
    CountedOtherSum,
    EntryKind,
    GiftByCard,
    GiftCame,
    GiftOfRefund,
    NotYourCampaign,
    check_gift,
    takes_money,
)
from shop.kernel.clock import noon_or_now, vietnam_date
from shop.kernel.errors import NotYours
from shop.kernel.memos import new_memo
from shop.kernel.sealing import private_token, token_digest
from shop.ledger.models import LedgerTransaction
from shop.ledger.rules import Account
from shop.outbox.relay import record


@dataclass(frozen=True, slots=True)
class Written:
    """That an officer wrote a gift down which came without a code: who, when it came, and whether
    as cash."""

    by_id: int
    came_on: date
    in_cash: bool


def offer_gift(
    session: Session,
    *,
    campaign_id: int,
    amount_vnd: int,
    contact: dict[str, Any],
    shown_name: str,
    message: str,
    attempt_id: str,
    locale: str,
    now: datetime,
    method: str = "transfer",
    order_id: int | None = None,
    rounds_up: bool = False,
    written: Written | None = None,
) -> Gift:
    """Keep that somebody wants to give; she is told account and memo. One form makes one gift.

    Args:
        contact: {"name", "email"}, sealed here. shown_name: "" to stay anonymous.
        written: it came already, without a code (``note_gift``).

    Raises:
        CampaignNotOpen, GiftOutOfRange, NotYours: nothing is stored.
    """
    check_gift(amount_vnd)
    campaign = session.get(Campaign, campaign_id)
    if campaign is None:
        raise NotYours
    nonce, key = secrets.token_hex(16), vault().new_key()
    prefix = current_settings().memo_prefix
    gift_id = session.scalar(
        upsert_into(session, Gift)
        .values(
            campaign_id=campaign_id, payee_id=campaign.payee_id, attempt_id=attempt_id,
            memo=new_memo(prefix), amount_vnd=amount_vnd, received_vnd=0, method=method,
            order_id=order_id, rounds_up=rounds_up, data_key=key,
            contact=vault().seal(key, contact), has_email=bool(contact.get("email")),
            shown_name=shown_name, message=message, locale=locale, link_nonce=nonce,
            link_digest=token_digest(private_token("gift", signing_keys()[0], nonce)),
            offered_at=now, written_by_id=written and written.by_id,
            came_on=written and written.came_on, in_cash=bool(written and written.in_cash),
        )
        .on_conflict_do_nothing(index_elements=["attempt_id"])
        .returning(Gift.id)
    )  # fmt: skip
    if gift_id is None:
        return session.scalars(select(Gift).where(Gift.attempt_id == attempt_id)).one()
    if written is None:
        if not _takes(campaign, now):
            raise CampaignNotOpen(state=campaign.state)
        record(session, GiftOffered(gift_id), now)
    elif not _took(campaign, written):
        raise CampaignNotOpen(state=campaign.state)
    return session.get_one(Gift, gift_id)


def note_gift(
    session: Session, *, campaign_id: int, amount_vnd: int, came_on: date, in_cash: bool,
    shown_name: str, attempt_id: str, actor_id: int, actor_name: str, now: datetime,
) -> Gift:  # fmt: skip
    """Write down money that came without a code; it counts once somebody confirms it.

    Cash is confirmed by another person (``confirm_gift``). One form makes one gift.

    Args:
        came_on: a day of the campaign, today at the latest.
        shown_name: as everybody reads it; "" for nobody.

    Raises:
        CampaignNotOpen, GiftOutOfRange, NotYours: nothing is stored.
    """
    lock_campaign(session, campaign_id)
    known = session.scalar(select(Gift).where(Gift.attempt_id == attempt_id))
    if known is not None:
        return known
    gift = offer_gift(
        session, campaign_id=campaign_id, amount_vnd=amount_vnd, shown_name=shown_name,
        contact={"name": shown_name, "email": None}, message="", attempt_id=attempt_id,
        locale="vi", now=now, written=Written(actor_id, came_on, in_cash),
    )  # fmt: skip
    _said(session, "noted", gift, amount_vnd, actor_id, actor_name, now, in_cash=in_cash)
    return gift


def drop_noted_gift(
    session: Session, *, gift_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> bool:  # fmt: skip
    """Give up what an officer wrote down, before it counted; False when it was given up before.

    Raises:
        NotYours: nobody wrote it down. GiftCame: it is in the fund.
    """
    gift = _of(session, gift_id)
    if gift.written_by_id is None:
        raise NotYours
    return withdraw_gift(session, gift_id=gift_id, now=now) and _said(
        session, "dropped", gift, gift.amount_vnd, actor_id, actor_name, now, undoes_id=undoes_id
    )


def _stands(campaign: Campaign, day: date) -> bool:
    """Tell whether money of a day is the fund's, also when it is counted later."""
    in_time = campaign.closes_on is None or day <= campaign.closes_on
    return campaign.state in (CampaignState.OPEN, CampaignState.CLOSED) and in_time


def _took(campaign: Campaign, written: Written) -> bool:
    """Tell whether a campaign took money that came without a code on its day.

    Transfers come by themselves, also once it was closed before its last day; nobody takes cash.
    """
    closed_on = campaign.closed_at and vietnam_date(campaign.closed_at)
    late = written.in_cash and closed_on is not None and written.came_on > closed_on
    return campaign.opens_on <= written.came_on and _stands(campaign, written.came_on) and not late


def _takes(campaign: Campaign, at: datetime) -> bool:
    return takes_money(campaign.state, campaign.opens_on, campaign.closes_on, vietnam_date(at))


def check_takes(session: Session, *, gift_id: int, now: datetime) -> None:
    """Refuse to send money to a fund that would have to give it back.

    Raises:
        CampaignNotOpen
    """
    campaign = session.get_one(Campaign, session.get_one(Gift, gift_id).campaign_id)
    if not _takes(campaign, now):
        raise CampaignNotOpen(state=campaign.state)


def receive_gift(
    session: Session, *, gift_id: int, amount_vnd: int, key: str, now: datetime,
    occurred_at: datetime | None = None, against: Account | None = None, again: bool = False,
) -> bool:  # fmt: skip
    """Count money that reached the fund for a gift; False when ``key`` was counted before.

    What came on a day after the last one is late: it is not counted, but given back.

    Args:
        key: repeat-safe name of the cause, such as "gift:7:notice:12".
        against: where the money is; None: on the account that she was shown, or in cash.
        again: it was there in time, and left only for a while.

    Raises:
        NotYours, CampaignNotOpen
    """
    gift = one_at_a_time(session, Gift, gift_id)
    if gift is None or amount_vnd <= 0:
        raise NotYours
    campaign, at = lock_campaign(session, gift.campaign_id), occurred_at or now
    if not _stands(campaign, vietnam_date(at)) and not again:
        raise CampaignNotOpen(state=campaign.state)
    entry = move_fund(
        session, campaign_id=gift.campaign_id, kind=EntryKind.GIFT, amount_vnd=amount_vnd,
        against=against or _lies(gift), key=key, of=Of(gift_id=gift.id), now=now,
        occurred_at=at, name=gift.shown_name,
    )  # fmt: skip
    if entry is None:
        return False
    session.execute(
        update(Gift)
        .where(Gift.id == gift_id)
        .values(received_vnd=Gift.received_vnd + amount_vnd, received_at=at, withdrawn_at=None)
    )
    record(session, GiftReceived(gift.id, amount_vnd, entry.id), now)
    return True


def keep_refund(session: Session, *, gift_id: int, now: datetime) -> bool:
    """Count what was to go back to a buyer and lies on the fund's account already.

    Raises:
        NotYours, CampaignNotOpen
    """
    gift = _of(session, gift_id)
    return receive_gift(
        session, gift_id=gift_id, amount_vnd=gift.amount_vnd, key=_of_refund(gift_id), now=now
    )


def let_refund_go(session: Session, *, gift_id: int, now: datetime) -> None:
    """Ask a fund no more for what was to go back to a buyer: it goes another way after all.

    What ``keep_refund`` counted leaves the fund again.

    Raises:
        NotYours, NotEnoughInFund
        GiftCame: the fund has it on an account of its own.
    """
    gift = _of(session, gift_id)
    if _is_refund(session, gift_id):
        _take_out(session, gift, gift.amount_vnd, _of_refund(gift_id) + ":back", now)
    withdraw_gift(session, gift_id=gift_id, now=now)


def _of_refund(gift_id: int) -> str:
    return f"gift:{gift_id}:refund"


def _is_refund(session: Session, gift_id: int) -> bool:
    """Tell whether the fund has what ``keep_refund`` counted."""
    key = _of_refund(gift_id)
    wanted = select(LedgerTransaction.key).where(LedgerTransaction.key.in_((key, key + ":back")))
    return session.scalars(wanted).all() == [key]


def return_gift(
    session: Session, *, gift_id: int, amount_vnd: int, key: str, against: Account, now: datetime
) -> int:
    """Take money of a gift out of the fund that went back to who gave it; return how much that was.

    Never more than the gift brought or the fund has free: what was handed over is not there, and
    what is set aside for slips was promised to households.
    """
    gift = _of(session, gift_id)
    campaign = lock_campaign(session, gift.campaign_id)
    free_vnd = figures_of(session, [campaign.id])[campaign.id].free_vnd
    gone_vnd = min(amount_vnd, gift.received_vnd, max(0, free_vnd))
    if gone_vnd <= 0:
        return 0
    move_fund(
        session, campaign_id=campaign.id, kind=EntryKind.GIFT, amount_vnd=-gone_vnd,
        against=against, key=key, of=Of(gift_id=gift_id), now=now, name=gift.shown_name,
    )  # fmt: skip
    _brought_less(session, gift, gone_vnd)
    return gone_vnd


def confirm_gift(
    session: Session, *, gift_id: int, amount_vnd: int, seen_vnd: int, actor_id: int | None,
    actor_name: str, now: datetime,
) -> bool:  # fmt: skip
    """Note as a person that money of a gift is on the account, or that she counted its cash.

    The same tap twice counts once.

    Args:
        seen_vnd: what had come when the person looked.

    Raises:
        NotYours, CampaignNotOpen, GiftByCard
        NotYourCampaign: cash, and the same person wrote it down.
        CountedOtherSum: cash, and two people do not say the same of it.
    """
    gift = _by_hand(session, gift_id)
    given_up = gift.written_by_id is not None and gift.withdrawn_at is not None
    if gift.received_vnd != seen_vnd or given_up:
        return False
    if gift.in_cash:
        if actor_id is None or actor_id == gift.written_by_id:
            raise NotYourCampaign
        if gift.received_vnd + amount_vnd != gift.amount_vnd:  # Else one of them alone says it.
            raise CountedOtherSum(written_vnd=gift.amount_vnd)
        gift.counted_by_id = actor_id
    return receive_gift(
        session, gift_id=gift_id, amount_vnd=amount_vnd, now=now,
        key=f"gift:{gift_id}:tap:{_lines(session, gift_id)}",
        occurred_at=noon_or_now(gift.came_on, now) if gift.came_on else None,
    ) and _said(session, "received", gift, amount_vnd, actor_id, actor_name, now)  # fmt: skip


def take_back_gift(
    session: Session, *, gift_id: int, seen_vnd: int, actor_id: int | None, actor_name: str,
    now: datetime,
) -> bool:  # fmt: skip
    """Put right that money was noted which was not there, by a line of its own.

    Raises:
        NotYours, GiftByCard. NotEnoughInFund: it was handed over already.
        GiftOfRefund: the money is there; it goes back to its buyer with the refund that it was.
    """
    gift = _by_hand(session, gift_id)
    if gift.received_vnd != seen_vnd or not gift.received_vnd:
        return False
    if _is_refund(session, gift_id):
        raise GiftOfRefund
    amount_vnd = gift.received_vnd
    _take_out(session, gift, amount_vnd, f"gift:{gift_id}:back:{_lines(session, gift_id)}", now)
    return _said(session, "taken_back", gift, amount_vnd, actor_id, actor_name, now)


def _take_out(session: Session, gift: Gift, amount_vnd: int, key: str, now: datetime) -> None:
    """Take money of a gift out of the fund that its account has, or never had."""
    move_fund(
        session, campaign_id=gift.campaign_id, kind=EntryKind.GIFT, amount_vnd=-amount_vnd,
        against=_lies(gift), key=key, of=Of(gift_id=gift.id), now=now, name=gift.shown_name,
    )  # fmt: skip
    _brought_less(session, gift, amount_vnd)
    record(session, GiftTakenBack(gift.id), now)


def _lies(gift: Gift) -> Account:
    return fund_cash(gift.campaign_id) if gift.in_cash else fund_bank(gift.payee_id)


def _brought_less(session: Session, gift: Gift, amount_vnd: int) -> None:
    left_vnd = gift.received_vnd - amount_vnd
    gift.received_vnd, gift.received_at = left_vnd, gift.received_at if left_vnd else None
    session.flush()


def withdraw_gift(session: Session, *, gift_id: int, now: datetime) -> bool:
    """Ask for a gift no more, since she does not give it; False when it was withdrawn before.

    Raises:
        NotYours. GiftCame: money of it is in the fund.
    """
    gift = _of(session, gift_id)
    if gift.received_vnd:
        raise GiftCame
    if gift.withdrawn_at is not None:
        return False
    gift.withdrawn_at = now
    return True


def withdraw_gifts_of(session: Session, *, order_id: int, now: datetime) -> None:
    """Ask no more for what was to be given beside an order that came to nothing."""
    session.execute(
        update(Gift)
        .where(
            Gift.order_id == order_id, Gift.received_vnd == 0, Gift.withdrawn_at.is_(None),
            Gift.method.in_(("transfer", "card")),
        )
        .values(withdrawn_at=now)
    )  # fmt: skip


def show_message(
    session: Session, *, gift_id: int, shown: bool, reason: str = "", actor_id: int | None,
    actor_name: str, now: datetime,
) -> bool:  # fmt: skip
    """Let everybody read what a giver wrote, or no longer; False when it is so already."""
    gift = _of(session, gift_id)
    if not gift.message or (gift.message_shown_at is not None) is shown:
        return False
    gift.message_shown_at = now if shown else None
    touch(session, "campaigns")
    word = "message_shown" if shown else "message_hidden"
    return _said(session, word, gift, 0, actor_id, actor_name, now, reason=reason)


def hide_name(
    session: Session, *, gift_id: int, hidden: bool, reason: str = "", actor_id: int | None,
    actor_name: str, now: datetime, undoes_id: int | None = None,
) -> bool:  # fmt: skip
    """Keep an improper name out of the account, or show it again; False when it is so already.

    The line, its amount and its commitment stay, so that the chain verifies as before.
    """
    gift = _of(session, gift_id)
    if not gift.shown_name or (gift.name_hidden_at is not None) is hidden:
        return False
    gift.name_hidden_at = now if hidden else None
    touch(session, "campaigns")
    note(
        session, action=f"gift.name_{'hidden' if hidden else 'shown'}", subject_kind="campaign",
        subject_id=gift.campaign_id, now=now, actor_id=actor_id, actor_name=actor_name,
        undoes_id=undoes_id, gift_id=gift.id, memo=gift.memo, reason=reason,
    )  # fmt: skip
    return True


def drop_giver(session: Session, *, gift_id: int, now: datetime) -> Gift | None:
    """Drop for good who gave: her sealed contact, her name in the public account, her message.

    The lines and their commitments stay, so that the chain verifies as before.

    Returns:
        The gift; None when its giver was forgotten before.
    """
    gift = _of(session, gift_id)
    if gift.forgotten_at is not None:
        return None
    gift.data_key = gift.contact = b""
    gift.has_email, gift.shown_name, gift.message = False, "", ""
    gift.forgotten_at, gift.message_shown_at = now, None
    erase_names(session, gift_id)
    touch(session, "campaigns")
    return gift


def forget_giver(
    session: Session, *, gift_id: int, actor_id: int | None, actor_name: str, now: datetime
) -> bool:
    """Forget who gave because she asks for it; False when she was forgotten before."""
    gift = drop_giver(session, gift_id=gift_id, now=now)
    if gift is None:
        return False
    note(
        session, action="gift.giver_forgotten", subject_kind="campaign",
        subject_id=gift.campaign_id, now=now, actor_id=actor_id, actor_name=actor_name,
        gift_id=gift.id, memo=gift.memo,
    )  # fmt: skip
    return True


def _of(session: Session, gift_id: int) -> Gift:
    gift = one_at_a_time(session, Gift, gift_id)
    if gift is None:
        raise NotYours
    return gift


def _by_hand(session: Session, gift_id: int) -> Gift:
    """Return a gift whose money people note; of cards' money each đồng has its own way."""
    gift = _of(session, gift_id)
    if gift.method == "card":
        raise GiftByCard
    return gift


def _lines(session: Session, gift_id: int) -> int:
    wanted = select(func.count()).select_from(FundEntry).where(FundEntry.gift_id == gift_id)
    return session.scalar(wanted) or 0


def _said(
    session: Session, word: str, gift: Gift, amount_vnd: int, actor_id: int | None,
    actor_name: str, now: datetime, **facts: Any,
) -> bool:  # fmt: skip
    note(
        session, action=f"gift.{word}", subject_kind="campaign", subject_id=gift.campaign_id,
        now=now, actor_id=actor_id, actor_name=actor_name, gift_id=gift.id, memo=gift.memo,
        amount_vnd=amount_vnd, **facts,
    )  # fmt: skip
    return True
