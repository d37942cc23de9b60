"""0-đồng market slips: asked for, approved by a second person, spent, given back, ended.

Approving sets their budget aside in the fund: a pair of entries in the books, beside the money,
that falls as sellers are owed (``payments.rules.books.of_voucher``) and as slips end.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.current import vault
from shop.db import one_at_a_time, touch
from shop.fundraising.actions.fund import lock_campaign, lock_spending, write_slip_line
from shop.fundraising.models import Beneficiary, Campaign
from shop.fundraising.queries.figures import free_vnd
from shop.fundraising.rules import (
    NotEnoughInFund,
    NotYourCampaign,
)
from shop.fundraising.slip_models import Slip, SlipSheet, SlipUse
from shop.fundraising.slip_rules import (
    LEAST_SLIP_VND,
    MOST_DAYS,
    MOST_HOUSEHOLDS,
    MOST_SLIP_VND,
    IllegalSlipMove,
    SheetState,
    SlipsSpent,
    SlipState,
    SlipsWrong,
    SlipTooLow,
    new_slip_code,
)
from shop.kernel.clock import vietnam_date
from shop.kernel.codes import random_code
from shop.kernel.errors import NotYours
from shop.ledger.actions import post
from shop.ledger.rules import Account, Leg

_slip = Slip.__table__


def plan_slips(
    session: Session, *, campaign_id: int, households: Sequence[int], budget_vnd: int,
    valid_until: date, actor_id: int, actor_name: str, now: datetime,
) -> SlipSheet:  # fmt: skip
    """Ask for a slip of the same budget for each of these households.

    Raises:
        SlipsWrong. IllegalCampaignMove: the campaign is not open yet, or finished. NotEnoughInFund
    """
    campaign = lock_spending(session, campaign_id)
    _check(session, campaign_id, households, budget_vnd, valid_until, vietnam_date(now))
    _enough(session, campaign_id, budget_vnd * len(households))
    sheet = SlipSheet(
        campaign_id=campaign_id, code=random_code(8), state=SheetState.PLANNED,
        valid_until=valid_until, planned_at=now, planned_by_id=actor_id,
    )  # fmt: skip
    session.add(sheet)
    session.flush()
    for number, household in enumerate(sorted(set(households)), 1):
        key, code = vault().new_key(), new_slip_code()
        session.add(Slip(
            sheet_id=sheet.id, number=number, campaign_id=campaign.id, beneficiary_id=household,
            code_index=vault().index("slip", code), data_key=key, code=vault().seal(key, code),
            budget_vnd=budget_vnd, left_vnd=budget_vnd, state=SlipState.WAITING,
            valid_until=valid_until,
        ))  # fmt: skip
    session.flush()
    _note(session, "planned", sheet, actor_id, actor_name, now)
    return sheet


def _check(
    session: Session, campaign_id: int, households: Sequence[int], budget_vnd: int,
    valid_until: date, today: date,
) -> None:  # fmt: skip
    if not LEAST_SLIP_VND <= budget_vnd <= MOST_SLIP_VND:
        raise SlipsWrong(why="budget", least_vnd=LEAST_SLIP_VND, most_vnd=MOST_SLIP_VND)
    if not today <= valid_until <= today + timedelta(days=MOST_DAYS):
        raise SlipsWrong(why="day")
    wanted = set(households)
    known = session.scalars(
        select(Beneficiary.id).where(
            Beneficiary.id.in_(wanted), Beneficiary.campaign_id == campaign_id,
            Beneficiary.forgotten_at.is_(None),
        )
    ).all()  # fmt: skip
    if not wanted or len(wanted) > MOST_HOUSEHOLDS or len(known) != len(wanted):
        raise SlipsWrong(why="households", most=MOST_HOUSEHOLDS)


def _enough(session: Session, campaign_id: int, more_vnd: int) -> None:
    """Refuse what the fund cannot pay beside all that is planned and set aside already."""
    left_vnd = free_vnd(session, campaign_id)
    if more_vnd > left_vnd:
        raise NotEnoughInFund(held_vnd=max(0, left_vnd))


def approve_slips(
    session: Session, *, sheet_id: int, actor_id: int, actor_name: str, now: datetime
) -> SlipSheet:
    """Answer for slips as a second person: their budget is set aside, and they pay.

    Raises:
        NotYourCampaign: she asked for them. IllegalSlipMove, NotEnoughInFund
    """
    sheet = _at(session, sheet_id, SheetState.PLANNED)
    if sheet.planned_by_id == actor_id:
        raise NotYourCampaign
    _enough(session, sheet.campaign_id, 0)  # Among all that is planned it stands itself.
    _set_aside(session, sheet, sheet.campaign_id, _budget(session, sheet_id), "slips", now)
    sheet.state, sheet.approved_at, sheet.approved_by_id = SheetState.APPROVED, now, actor_id
    _slips_are(session, sheet_id, SlipState.OPEN)
    _note(session, "approved", sheet, actor_id, actor_name, now)
    return sheet


def unapprove_slips(
    session: Session, *, sheet_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> SlipSheet:  # fmt: skip
    """Take an approval back while no slip of it was spent or ended. Raises: SlipsSpent"""
    sheet = _at(session, sheet_id, SheetState.APPROVED)
    _slips_are(session, sheet_id, SlipState.WAITING)  # From here on nobody spends one meanwhile.
    touched = (
        select(Slip.id)
        .outerjoin(SlipUse, SlipUse.slip_id == Slip.id)
        .where(
            Slip.sheet_id == sheet_id,
            (Slip.state == SlipState.ENDED) | SlipUse.id.is_not(None),
        )
    )
    if session.scalar(touched.limit(1)) is not None:
        raise SlipsSpent
    _set_aside(session, sheet, sheet.campaign_id, -_budget(session, sheet_id), "slips", now)
    sheet.state, sheet.approved_at, sheet.approved_by_id = SheetState.PLANNED, None, None
    _note(session, "unapproved", sheet, actor_id, actor_name, now, undoes_id=undoes_id)
    return sheet


def cancel_slips(
    session: Session, *, sheet_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> SlipSheet:  # fmt: skip
    """Give up slips that nobody approved. Raises: IllegalSlipMove"""
    sheet = _at(session, sheet_id, SheetState.PLANNED)
    sheet.state, sheet.cancelled_at, sheet.cancelled_by_id = SheetState.CANCELLED, now, actor_id
    _note(session, "cancelled", sheet, actor_id, actor_name, now, undoes_id=undoes_id)
    return sheet


def plan_slips_again(
    session: Session, *, sheet_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> SlipSheet:  # fmt: skip
    """Take a giving up back. Raises: IllegalSlipMove, NotEnoughInFund"""
    sheet = _at(session, sheet_id, SheetState.CANCELLED)
    _enough(session, sheet.campaign_id, _budget(session, sheet_id))
    sheet.state, sheet.cancelled_at, sheet.cancelled_by_id = SheetState.PLANNED, None, None
    _note(session, "planned_again", sheet, actor_id, actor_name, now, undoes_id=undoes_id)
    return sheet


def close_slip(
    session: Session, *, slip_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> Slip:  # fmt: skip
    """Let a slip pay no more, such as one that was lost: what is left is the fund's again.

    Raises:
        IllegalSlipMove: it is not open.
    """
    slip = _open_slip(session, slip_id)
    _end(session, slip, "closed", actor_id, now)
    _note_slip(session, "closed", slip, actor_id, actor_name, now, undoes_id)
    return slip


def reopen_slip(
    session: Session, *, slip_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> Slip:  # fmt: skip
    """Take a closing back while the fund still has what it released.

    Raises:
        IllegalSlipMove: nobody closed it, or its last day is past. NotEnoughInFund
    """
    slip = _locked(session, slip_id)
    if slip.ended_how != "closed" or slip.valid_until < vietnam_date(now):
        raise IllegalSlipMove(state=slip.state)
    _enough(session, slip.campaign_id, slip.released_vnd)
    _set_aside(session, slip, slip.campaign_id, slip.released_vnd, "slip", now)
    slip.left_vnd, slip.released_vnd, slip.state = slip.released_vnd, 0, SlipState.OPEN
    slip.ended_at, slip.ended_how, slip.ended_by_id = None, "", None
    session.flush()
    _note_slip(session, "reopened", slip, actor_id, actor_name, now, undoes_id)
    return slip


def end_slips_due(session: Session, now: datetime, most: int = 200) -> int:
    """End slips whose last day is past; what is left of them is the fund's again."""
    due = session.scalars(
        select(Slip.id)
        .where(Slip.state == SlipState.OPEN, Slip.valid_until < vietnam_date(now))
        .order_by(Slip.id)
        .limit(most)
    ).all()
    for slip_id in due:
        slip = _open_slip(session, slip_id)
        _end(session, slip, "expired", None, now)
        _note_slip(session, "expired", slip, None, "", now, None)
    return len(due)


def _end(session: Session, slip: Slip, how: str, actor_id: int | None, now: datetime) -> None:
    left_vnd = slip.left_vnd
    slip.left_vnd, slip.released_vnd, slip.state = 0, left_vnd, SlipState.ENDED
    slip.ended_at, slip.ended_how, slip.ended_by_id = now, how, actor_id
    _set_aside(session, slip, slip.campaign_id, -left_vnd, "slip", now)
    session.flush()


def spend_slip(
    session: Session, *, slip_id: int, order_id: int, parts: dict[int, int], today: date,
    by_id: int | None, by_name: str, for_her: bool, now: datetime,
) -> bool:  # fmt: skip
    """Pay for parts of an order with a slip; False when it has not so much left or pays no more.

    Of two that want the last of it one has it: what is there is compared in the statement that
    takes. The caller's transaction is undone when it is False.

    Args:
        parts: đồng by seller order.
    """
    taken = session.connection().execute(
        _TAKE, {"slip": slip_id, "wanted": sum(parts.values()), "today": today}
    )
    if taken.rowcount != 1:
        return False
    session.execute(
        insert(SlipUse),
        [
            {"slip_id": slip_id, "order_id": order_id, "seller_order_id": part,
             "amount_vnd": vnd, "at": now, "by_id": by_id, "for_her": for_her}
            for part, vnd in sorted(parts.items())
        ],
    )  # fmt: skip
    slip = session.get_one(Slip, slip_id)
    _note_slip(
        session, "spent", slip, by_id, by_name, now, None, amount_vnd=sum(parts.values()),
        order_id=order_id, for_her=for_her,
        household=session.get_one(Beneficiary, slip.beneficiary_id).code,
    )  # fmt: skip
    return True


def _taking(guard: Any) -> Any:
    return (
        update(_slip)  # type: ignore[arg-type]
        .where(_slip.c.id == bindparam("slip"), guard)
        .values(left_vnd=_slip.c.left_vnd - bindparam("wanted"))
    )


#: Its guard keeps a slip from being spent twice; the race tests show what it is worth.
_TAKE = _taking(
    (_slip.c.left_vnd >= bindparam("wanted"))
    & (_slip.c.state == SlipState.OPEN)
    & (_slip.c.valid_until >= bindparam("today"))
)


def follow_part(
    session: Session, *, seller_order_id: int, standing_vnd: int, now: datetime
) -> None:
    """Let a slip pay so much of a part from now on: less gives it its money back.

    Raises:
        SlipTooLow: a step was taken back, and the slip's money went elsewhere meanwhile.
    """
    use = session.execute(
        select(SlipUse.id, SlipUse.slip_id, SlipUse.amount_vnd).where(
            SlipUse.seller_order_id == seller_order_id
        )
    ).one_or_none()
    if use is None or use.amount_vnd == standing_vnd:
        return
    slip = _locked(session, use.slip_id)
    back_vnd = use.amount_vnd - standing_vnd
    if slip.state == SlipState.ENDED:
        # Its money is the fund's again already, or was promised to the part anew from there.
        if slip.released_vnd + back_vnd < 0:
            raise SlipTooLow(left_vnd=slip.released_vnd)
        if back_vnd < 0:
            _enough(session, slip.campaign_id, -back_vnd)
        slip.released_vnd += back_vnd
        _set_aside(session, slip, slip.campaign_id, -back_vnd, "slip", now)
    elif slip.left_vnd + back_vnd < 0:
        raise SlipTooLow(left_vnd=slip.left_vnd)
    else:
        slip.left_vnd += back_vnd
    session.execute(update(SlipUse).where(SlipUse.id == use.id).values(amount_vnd=standing_vnd))
    session.flush()


def write_lines_of_slips(
    session: Session, posted: Iterable[tuple[int, int, int, datetime]], now: datetime
) -> None:
    """Write the public lines of what slips paid to sellers.

    Args:
        posted: (seller order, ledger transaction, đồng, when); below nought: it came back.
    """
    for seller_order_id, transaction_id, amount_vnd, at in posted:
        slip = session.execute(
            select(Slip.id, Slip.campaign_id)
            .join(SlipUse, SlipUse.slip_id == Slip.id)
            .where(SlipUse.seller_order_id == seller_order_id)
        ).one()
        write_slip_line(
            session, campaign_id=slip.campaign_id, slip_id=slip.id, amount_vnd=amount_vnd,
            transaction_id=transaction_id, at=at, now=now,
        )  # fmt: skip


def lock_campaigns_of(session: Session, seller_order_ids: Sequence[int]) -> None:
    """Lock the campaigns whose slips pay for these parts, in id order."""
    session.execute(
        select(Campaign.id)
        .where(
            Campaign.id.in_(
                select(Slip.campaign_id)
                .join(SlipUse, SlipUse.slip_id == Slip.id)
                .where(SlipUse.seller_order_id.in_(seller_order_ids))
            )
        )
        .order_by(Campaign.id)
        .with_for_update()
    )


def _set_aside(
    session: Session, of: SlipSheet | Slip, campaign_id: int, vnd: int, word: str, now: datetime
) -> None:
    """Set money of a fund aside for slips, or below nought let it be free again."""
    if not vnd:
        return
    of.postings = (of.postings or 0) + 1
    owner = f"campaign:{campaign_id}"
    post(
        session, key=f"{word}:{of.id}:{of.postings}", now=now, subject=owner,
        kind="slips_set_aside" if vnd > 0 else "slips_set_free",
        legs=[
            Leg(Account("campaign_kept_back", owner), vnd),
            Leg(Account("campaign_set_aside", owner), -vnd),
        ],
    )  # fmt: skip
    touch(session, "campaigns")


def _budget(session: Session, sheet_id: int) -> int:
    return sum(session.scalars(select(Slip.budget_vnd).where(Slip.sheet_id == sheet_id)))


def _slips_are(session: Session, sheet_id: int, state: str) -> None:
    session.execute(
        update(Slip)
        .where(Slip.sheet_id == sheet_id, Slip.state != SlipState.ENDED)
        .values(state=state)
    )


def _at(session: Session, sheet_id: int, state: str) -> SlipSheet:
    """Return a sheet in this state, its campaign locked before it."""
    found = session.get(SlipSheet, sheet_id)
    if found is None:
        raise NotYours
    lock_spending(session, found.campaign_id)
    sheet = one_at_a_time(session, SlipSheet, sheet_id)
    if sheet is None or sheet.state != state:
        raise IllegalSlipMove(state=sheet.state if sheet else "")
    return sheet


def _locked(session: Session, slip_id: int) -> Slip:
    """Return a slip, its campaign locked before it."""
    campaign_id = session.scalar(select(Slip.campaign_id).where(Slip.id == slip_id))
    if campaign_id is None:
        raise NotYours
    lock_campaign(session, campaign_id)
    slip = one_at_a_time(session, Slip, slip_id)
    if slip is None:
        raise NotYours
    return slip


def _open_slip(session: Session, slip_id: int) -> Slip:
    slip = _locked(session, slip_id)
    if slip.state != SlipState.OPEN:
        raise IllegalSlipMove(state=slip.state)
    return slip


def _note(
    session: Session, word: str, sheet: SlipSheet, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None,
) -> None:  # fmt: skip
    note(
        session, action=f"slips.{word}", subject_kind="campaign", subject_id=sheet.campaign_id,
        now=now, actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id,
        sheet_id=sheet.id, code=sheet.code, amount_vnd=_budget(session, sheet.id),
    )  # fmt: skip


def _note_slip(
    session: Session, word: str, slip: Slip, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None, **facts: Any,
) -> None:  # fmt: skip
    """Nobody's name and never the code: the trail is read by more people than the papers are."""
    sheet = session.get_one(SlipSheet, slip.sheet_id)
    note(
        session, action=f"slip.{word}", subject_kind="campaign", subject_id=slip.campaign_id,
        now=now, actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id,
        slip_id=slip.id, code=f"{sheet.code}-{slip.number}", **facts,
    )  # fmt: skip
