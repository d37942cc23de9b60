"""What a person says of a carrier's lines: counted all at once where they agree, else one by one."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.banking.queries.owners import Sight
from shop.fulfilment.actions import settle
from shop.kernel.clock import vietnam_date
from shop.kernel.errors import Refusal
from shop.ordering.rules import SellerOrderState as S
from shop.payments import actions as payments
from shop.payments.holding import hold_parts
from shop.payments.methods import By
from shop.payments.models import CodCollection
from shop.payments.queries import last_cash_move
from shop.payments.rules.cash import Beside, CashState, IllegalCashMove, NotTheLastStep
from shop.payments.told import CASH, Subject
from shop.payments.turned import collected_by_line, count_collected
from shop.remittances.models import RemittanceLine
from shop.remittances.queries.bearers import bearer_on
from shop.remittances.queries.files import line_in, lines_standing
from shop.remittances.queries.parcels import cash_known
from shop.remittances.rules.comparing import Answer, Verdict, WrongAnswer, answers_to, booking

#: Lines that are counted in one unit of work, so that others wait a moment only.
AT_ONCE = 100


def count_agreeing(
    session: Session, *, sight: Sight, file_id: int, by: By, actor_name: str, now: datetime
) -> int:
    """Count some of a file's lines that agree with their parcels; return how many there were.

    Call again until it returns 0. Lines that somebody else counts in this moment are left, and so
    are those that are refused.

    Raises:
        The refusal of the first line that was, when nothing is left but such.
    """
    agreeing = lines_standing(sight, Verdict.MATCHES, now, file_id).order_by(None)
    line_ids = session.scalars(
        agreeing.with_only_columns(RemittanceLine.id).order_by(
            RemittanceLine.seller_order_id, RemittanceLine.id
        )
    ).all()
    counted, refused = [], None
    for line_id in line_ids:
        if len(counted) == AT_ONCE:
            break
        row = _held(session, sight, line_id, now)
        if row.how != Verdict.MATCHES:
            continue  # The line before it was of the same parcel.
        try:
            with session.begin_nested():
                if _booked(session, row, Answer.COUNT, by, now):
                    counted.append(row)
        except Refusal as refusal:
            refused = refused or refusal
    if refused and not counted:
        raise refused
    if counted:
        note(
            session, action="remittance.counted", subject_kind="remittance", subject_id=file_id,
            now=now, actor_id=by.account_id, actor_name=actor_name, parcels=len(counted),
            amount_vnd=sum(row.received_vnd for row in counted),
        )  # fmt: skip
    return len(counted)


def answer_line(
    session: Session,
    *,
    sight: Sight,
    line_id: int,
    answer: Answer,
    by: By,
    actor_name: str,
    now: datetime,
) -> bool:
    """Do what a person says of one line; False when somebody was faster by the same answer.

    Raises:
        NotYours
        WrongAnswer: it stands otherwise by now.
        Refusals of ``payments.actions`` and of moving an order: nothing is stored.
    """
    row = _held(session, sight, line_id, now)
    how = Verdict(row.how)
    if how == Verdict.DONE or (how == Verdict.ASIDE and answer == Answer.ASIDE):
        return False
    asks_way_back = _asks_way_back(row)
    if answer not in answers_to(
        how, row.taken_vnd, row.order_state or "", asks_way_back=asks_way_back,
        is_buyers=row.beside == Beside.OPEN,
    ):  # fmt: skip
        raise WrongAnswer
    if answer == Answer.ASIDE:
        kept = row.move_id if how == Verdict.OWED_BACK else None  # What it counted stays.
        _answered(session, row, by, aside_at=now, move_id=kept)
    elif answer == Answer.WAY_BACK:
        _charge(session, row, last_cash_move(session, row.seller_order_id), by, now)
        _answered(session, row, by, move_id=last_cash_move(session, row.seller_order_id))
    elif answer == Answer.DELIVERED:
        _deliver(session, row, by, now)
    elif answer == Answer.CAME:
        _came_after_all(session, row, by, now)
    elif answer == Answer.TWICE:
        _count_for_buyer(session, row, by, now)
    elif how == Verdict.GIVEN_UP:
        _count_unasked(session, row, answer, by, now)
    elif answer == Answer.SENT_BACK:
        _send_back(session, row, _told_vnd(row, answer), by, now)
    elif not _booked(session, row, answer, by, now):
        return False
    note(
        session, action=f"remittance_line.{answer}", subject_kind="remittance_line",
        subject_id=line_id, now=now, actor_id=by.account_id, actor_name=actor_name,
        amount_vnd=_told_vnd(row, answer),
    )  # fmt: skip
    return True


def _told_vnd(row: Any, answer: Answer) -> int:
    """Return how much an answer is about, for its line in the audit trail."""
    if answer == Answer.SENT_BACK:
        return min(row.over_vnd, row.counts_vnd)
    if answer == Answer.TWICE:
        return row.received_vnd
    return row.return_fee_vnd if answer == Answer.WAY_BACK else row.counts_vnd


def take_back_answer(
    session: Session, *, sight: Sight, line_id: int, by: By, actor_name: str, now: datetime
) -> bool:
    """Take back what was said of a line; what was counted stays readable. False when it waits.

    Raises:
        NotYours
        NotTheLastStep: something happened to the parcel's cash since; that goes first.
    """
    row = _held(session, sight, line_id, now)
    if row.how in (Verdict.DONE, Verdict.OWED_BACK):
        done = payments.take_back_cash_step(
            session, seller_order_id=row.seller_order_id, move_id=row.move_id, by=by, now=now
        )
        if not done:
            return False
    elif row.how != Verdict.ASIDE:
        return False
    elif (counted := collected_by_line(session, line_id)) is not None:
        payments.take_back_confirmation(
            session, payment_id=counted.payment_id, event_id=counted.id, by=by, now=now
        )
    _answered(session, row, by)
    note(
        session, action="remittance_line.taken_back", subject_kind="remittance_line",
        subject_id=line_id, now=now, actor_id=by.account_id, actor_name=actor_name,
        amount_vnd=row.received_vnd,
    )  # fmt: skip
    return True


def _held(session: Session, sight: Sight, line_id: int, now: datetime) -> Any:
    """Return a line as it stands once nobody else counts it or its parcel until the end.

    Where readers do not wait for writers, a second tap would else compare the line with what the
    first one left of the parcel.

    Raises:
        NotYours
    """
    seen = line_in(session, sight, line_id, now)
    session.execute(select(RemittanceLine.id).where(RemittanceLine.id == line_id).with_for_update())
    if seen.seller_order_id is not None:
        # Parts go before their cash; and who takes "lost" back meanwhile is waited for, or waits.
        hold_parts(session, Subject(CASH, seen.seller_order_id))
    if seen.cash_state not in (None, CashState.PROMISED):  # Before that its order goes first.
        session.execute(
            select(CodCollection.seller_order_id)
            .where(CodCollection.seller_order_id == seen.seller_order_id)
            .with_for_update()
        )
    return line_in(session, sight, line_id, now)


def _booked(session: Session, row: Any, answer: Answer, by: By, now: datetime) -> bool:
    """Count a line; False when its parcel's cash was counted in this very moment."""
    parcel = cash_known(session, [row.seller_order_id])[row.seller_order_id]
    sums = booking(answer, parcel.open_vnd, row.received_vnd, row.fee_vnd, row.return_fee_vnd)
    part = row.seller_order_id
    what = {
        "seller_order_id": part, "counted_vnd": sums.counted_vnd, "fee_vnd": sums.fee_vnd,
        "off_vnd": sums.off_vnd, "payee_id": row.payee_id, "by": by, "note": _words(row),
        "now": now,
    }  # fmt: skip
    if parcel.cash == CashState.WITH_CARRIER:
        try:
            if not payments.move_cash(session, to=CashState.REMITTED, **what):
                return False
        except IllegalCashMove:
            return False
    elif not payments.settle_rest(
        session,
        after=last_cash_move(session, part),
        above=answer == Answer.KEEP,
        elsewhere=answer == Answer.KEEP,
        **what,
    ):
        return False
    _answered(session, row, by, move_id=last_cash_move(session, part))
    return True


def _deliver(session: Session, row: Any, by: By, now: datetime) -> None:
    """The carrier paid for it, so it arrived: note that and who took the cash, and count."""
    settle(
        session, seller_id=row.parcel_seller_id, seller_order_id=row.seller_order_id,
        to=S.DELIVERED, actor_kind=by.kind, actor_id=by.account_id, now=now,
    )  # fmt: skip
    payments.move_cash(
        session, seller_order_id=row.seller_order_id, to=CashState.WITH_CARRIER, by=by,
        carrier=row.carrier, now=now,
    )  # fmt: skip
    if not _booked(session, row, Answer.COUNT, by, now):
        raise WrongAnswer


def _came_after_all(session: Session, row: Any, by: By, now: datetime) -> None:
    """What was given up came: note by a step of its own that the carrier had it, and count."""
    payments.find_written_off_cash(
        session, seller_order_id=row.seller_order_id, by=by, note=_words(row), now=now
    )
    if not _booked(session, row, Answer.COUNT, by, now):
        raise WrongAnswer


def _count_unasked(session: Session, row: Any, answer: Answer, by: By, now: datetime) -> None:
    """The carrier paid for a parcel that came to nothing: for its goods, or nobody knows for what.

    What its line asks for the way back is noted with it, as one tap that is taken back as one.
    """
    after = last_cash_move(session, row.seller_order_id)
    if _asks_way_back(row):
        _charge(session, row, after, by, now)
    counted = payments.count_unasked(
        session, seller_order_id=row.seller_order_id,
        after=after, amount_vnd=row.counts_vnd,
        for_goods=answer == Answer.AMENDS, payee_id=row.payee_id, by=by, note=_words(row), now=now,
    )  # fmt: skip
    if not counted:
        raise WrongAnswer
    _answered(session, row, by, move_id=last_cash_move(session, row.seller_order_id))


def _count_for_buyer(session: Session, row: Any, by: By, now: datetime) -> None:
    """It was collected at the door although it was paid by transfer: it has to go back to the buyer."""
    counted = count_collected(
        session, seller_order_id=row.seller_order_id, line_id=row.id, amount_vnd=row.received_vnd,
        payee_id=row.payee_id, by=by, note=_words(row), now=now,
    )  # fmt: skip
    if not counted:
        raise WrongAnswer
    _answered(session, row, by, aside_at=now)


def _send_back(session: Session, row: Any, amount_vnd: int, by: By, now: datetime) -> None:
    """What came too much elsewhere went back to the carrier from there."""
    after = last_cash_move(session, row.seller_order_id)
    noted = payments.send_back_to_carrier(
        session, seller_order_id=row.seller_order_id, after=after, amount_vnd=amount_vnd,
        payee_id=row.payee_id, by=by, note=_words(row), now=now,
    )  # fmt: skip
    if not noted:
        raise WrongAnswer


def _asks_way_back(row: Any) -> bool:
    """Tell whether a line names what a way back costs that nobody has noted."""
    return row.return_fee_vnd > 0 and row.noted_fee_vnd == 0


def _charge(session: Session, row: Any, after: int, by: By, now: datetime) -> None:
    bearer = bearer_on(session, row.parcel_seller_id, row.on_day or vietnam_date(now))
    noted = payments.charge_return_fee(
        session, seller_order_id=row.seller_order_id, after=after, fee_vnd=row.return_fee_vnd,
        carrier=row.carrier, payee_id=row.payee_id, bearer_id=bearer, by=by, note=_words(row),
        now=now,
    )  # fmt: skip
    if not noted:
        raise NotTheLastStep


def _words(row: Any) -> str:
    """Return what stands in the trail of the cash: whose payment it was."""
    return " ".join(filter(None, (row.carrier, row.reference)))[:120]


def _answered(session: Session, row: Any, by: By, **values: Any) -> None:
    session.execute(
        update(RemittanceLine)
        .where(RemittanceLine.id == row.id)
        .values(
            {"move_id": None, "aside_at": None, "answered_by_id": by.account_id, **values}
        )
    )  # fmt: skip
