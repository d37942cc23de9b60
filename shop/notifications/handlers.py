"""What happens when there is news. Each may run twice and does nothing the second time."""

from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import select

from shop.accounts.actions import make_password_link
from shop.accounts.events import AccountDeleted, NewDeviceSignedIn, PasswordLinkAsked, SecretChanged
from shop.accounts.queries import account
from shop.banking.events import NoticeWaits
from shop.banking.models import BankNotice
from shop.banking.queries.notices import OPEN
from shop.catalogue.models import Product
from shop.db import db, transaction
from shop.fulfilment.events import HandOverCorrected
from shop.fundraising.events import DutyDue, GiftReceived, ShareReceived, ShareTakenBack
from shop.fundraising.models import SharePayment
from shop.kernel.clock import now_utc
from shop.learning.events import ClassCancelled, QuestionAnswered, QuestionAsked, SeatDue
from shop.markets.events import MarketAnnounced
from shop.markets.rules.sessions import LEAST
from shop.mutual_aid.events import (
    HelpCallCancelled,
    HelpCallThanked,
    PledgeDue,
    PledgeMade,
    PledgeWithdrawn,
)
from shop.notifications import (
    class_letters,
    fund_letters,
    help_letters,
    helper_letters,
    joining_letters,
    letters,
    market_letters,
    review_letters,
    standing_letters,
    stock_letters,
)
from shop.notifications.actions import leave_notice, take_helper_names_off
from shop.notifications.mailing import (
    forget_files_of_order,
    forget_files_to,
    forget_old_files,
    send,
    write,
)
from shop.notifications.rules import notice_of_move
from shop.operations.events import ComplaintAnswered, ComplaintReceived, OrderErased
from shop.operations.handlers import forget_in_write_ahead_log
from shop.operations.queries import due_complaints
from shop.ordering.events import GoodsCameBack, GoodsPutOff, OrderPlaced, SellerOrderMoved
from shop.ordering.models import Order, SellerOrder, SellerOrderMove
from shop.ordering.queries import ON_THE_SPOT
from shop.organisations.telling.events import Announced
from shop.organising.events import StandingOrderRun
from shop.outbox.relay import subscribe
from shop.outbox.worker import schedule
from shop.payments.events import (
    CardTaskOpened,
    CashRefunded,
    CreditSpent,
    PaymentNotFound,
    PaymentReceived,
    PaymentRefunded,
    PaymentReported,
    RefundAccountGiven,
    RefundAsked,
    RefundCredited,
)
from shop.payments.models import Payment, Refund
from shop.payouts.events import PayoutFailed, PayoutSent
from shop.payouts.models import Payout
from shop.reviews.events import ReviewAnswered, ReviewJudged, ReviewReported, ReviewWritten
from shop.reviews.models import Review
from shop.sellers.events import (
    ApplicationMoved,
    BankAccountChanged,
    HelperActed,
    HelperChanged,
    StallLeft,
)
from shop.sellers.models import HelperAct, HelperGrant, Payee
from shop.stock.lot_events import StockWorthSeeing

#: The operator is reminded so long before a deadline, and again when it passed.
REMIND_BEFORE = timedelta(hours=24)


def order_placed(event: OrderPlaced) -> None:
    now = now_utc()
    with transaction() as session:
        rows = session.execute(
            select(SellerOrder.id, SellerOrder.seller_id, SellerOrder.total_vnd, Order.code)
            .join(Order, Order.id == SellerOrder.order_id)
            # She wrote down herself what she handed over at her stall.
            .where(SellerOrder.order_id == event.order_id, ~ON_THE_SPOT)
        ).all()
        for row in rows:
            leave_notice(
                session, seller_id=row.seller_id, kind="order_new", key=f"order-new:{row.id}",
                seller_order_id=row.id, facts={"code": row.code, "total_vnd": row.total_vnd},
                now=now,
            )  # fmt: skip
    send(letters.of_order(db.session(), event, now), now)


def order_moved(event: SellerOrderMoved) -> None:
    now = now_utc()
    kind = notice_of_move(event.to_state, event.actor_kind)
    if kind is not None and event.from_state:
        with transaction() as session:
            code = session.scalar(select(Order.code).where(Order.id == event.order_id))
            mark = session.scalar(
                select(SellerOrderMove.note).where(SellerOrderMove.id == event.move_id)
            )
            if code is not None and mark != LEAST:  # Her market's list tells her of those.
                leave_notice(
                    session, seller_id=event.seller_id, kind=kind, key=f"move:{event.move_id}",
                    seller_order_id=event.seller_order_id, facts={"code": code}, now=now,
                )  # fmt: skip
    send(letters.of_move(db.session(), event, now), now)


def parcel_corrected(event: HandOverCorrected) -> None:
    now = now_utc()
    send(letters.of_corrected(db.session(), event, now), now)


def payment_reported(event: PaymentReported) -> None:
    now = now_utc()
    with transaction() as session:
        row = session.execute(
            select(Payment.amount_vnd, Payment.payee_id, Payee.seller_id, Order.code)
            .join(Payee, Payee.id == Payment.payee_id)
            .join(Order, Order.id == Payment.order_id)
            .where(Payment.id == event.payment_id)
        ).one_or_none()
        if row is not None and row.seller_id is not None:
            part_id = session.scalar(
                select(SellerOrder.id).where(
                    SellerOrder.order_id == event.order_id,
                    SellerOrder.seller_id == row.seller_id,
                    SellerOrder.payee_id == row.payee_id,
                ).order_by(SellerOrder.id).limit(1)
            )  # fmt: skip
            leave_notice(
                session, seller_id=row.seller_id, kind="payment_reported",
                key=f"paid-report:{event.event_id}", seller_order_id=part_id,
                facts={"code": row.code, "amount_vnd": row.amount_vnd}, now=now,
            )  # fmt: skip
    found = letters.of_reported_payment(db.session(), event.payment_id, event.event_id, now)
    send(found, now)


def payment_received(event: PaymentReceived) -> None:
    _tell_money(event.payment_id, event.event_id, event.amount_vnd, "received")


def payment_refunded(event: PaymentRefunded) -> None:
    _tell_money(event.payment_id, event.event_id, event.amount_vnd, "refunded")


def payment_not_found(event: PaymentNotFound) -> None:
    _tell_money(event.payment_id, event.event_id, 0, "not_found")


def cash_refunded(event: CashRefunded) -> None:
    send(letters.of_cash(db.session(), event), now_utc())


def card_task_opened(event: CardTaskOpened) -> None:
    now = now_utc()
    send(letters.of_card_task(db.session(), event.task_id, now), now)


def refund_asked(event: RefundAsked) -> None:
    now = now_utc()
    asked = db.session().scalar(select(Refund.changed_at).where(Refund.id == event.refund_id))
    if asked is not None:  # Asked again, it is another letter.
        key = f"refund:{event.refund_id}:{asked.timestamp():.0f}"
        send(letters.of_refund(db.session(), event.refund_id, "asked", key), now)


def refund_credited(event: RefundCredited) -> None:
    key = f"refund-credit:{event.refund_id}"
    send(letters.of_credit(db.session(), event.refund_id, key), now_utc())


def credit_spent(event: CreditSpent) -> None:
    """Tell the stall that it is paid, and the buyer what her code paid."""
    now = now_utc()
    with transaction() as session:
        row = session.execute(
            select(Payee.seller_id, Payment.payee_id, Order.code)
            .join(Payment, Payment.payee_id == Payee.id)
            .join(Order, Order.id == Payment.order_id)
            .where(Payment.id == event.payment_id)
        ).one_or_none()
        if row is not None and row.seller_id is not None:
            part_id = session.scalar(
                select(SellerOrder.id).where(
                    SellerOrder.order_id == event.order_id, SellerOrder.payee_id == row.payee_id
                ).order_by(SellerOrder.id).limit(1)
            )  # fmt: skip
            leave_notice(
                session, seller_id=row.seller_id, kind="credit_spent",
                key=f"credit-spent:{event.event_id}", seller_order_id=part_id,
                facts={"code": row.code, "amount_vnd": event.amount_vnd}, now=now,
            )  # fmt: skip
    _tell_money(event.payment_id, event.event_id, event.amount_vnd, "credit")


def refund_account_given(event: RefundAccountGiven) -> None:
    """Tell the buyer which account it is, since others may hold her link, and whoever sends it."""
    now, key = now_utc(), f"refund-account:{event.refund_id}:{event.at}"
    found, part_id = letters.of_refund_to_send(db.session(), event.refund_id, f"{key}:payee", now)
    if part_id is not None:
        with transaction() as session:
            row = session.get_one(Refund, event.refund_id)
            seller, code = session.execute(
                select(SellerOrder.seller_id, Order.code)
                .join(Order, Order.id == SellerOrder.order_id)
                .where(SellerOrder.id == part_id)
            ).one()
            leave_notice(
                session, seller_id=seller, kind="refund_account", key=key[:80],
                seller_order_id=part_id, facts={"code": code, "amount_vnd": row.amount_vnd},
                now=now,
            )  # fmt: skip
        found, _ = letters.of_refund_to_send(db.session(), event.refund_id, f"{key}:payee", now)
    send([*letters.of_refund(db.session(), event.refund_id, "account", key), *found], now)


def goods_put_off(event: GoodsPutOff) -> None:
    send(letters.of_put_off(db.session(), event), now_utc())


def goods_came_back(event: GoodsCameBack) -> None:
    send(letters.of_return(db.session(), event), now_utc())


def _tell_money(payment_id: int, event_id: int, amount_vnd: int, kind: str) -> None:
    send(letters.of_money(db.session(), payment_id, event_id, amount_vnd, kind), now_utc())


def password_link_asked(event: PasswordLinkAsked) -> None:
    """Make the link valid and mail it. Nobody has the address: nothing happens, later than the answer."""
    if not event.account_id:
        return
    with transaction() as session:
        make_password_link(
            session, account_id=event.account_id, nonce=event.nonce,
            asked_at=datetime.fromisoformat(event.asked_at),
        )  # fmt: skip
    send(letters.of_password_link(db.session(), event), now_utc())


def new_device_signed_in(event: NewDeviceSignedIn) -> None:
    send(letters.of_new_device(db.session(), event), now_utc())


def secret_changed(event: SecretChanged) -> None:
    send(letters.of_secret(db.session(), event), now_utc())


def bank_account_changed(event: BankAccountChanged) -> None:
    now = now_utc()
    with transaction() as session:
        payee = session.get(Payee, event.payee_id)
        if payee is not None and payee.seller_id is not None and event.earlier_id:
            leave_notice(
                session, seller_id=payee.seller_id, kind="bank_changed",
                key=f"bank:{event.payee_id}",
                facts={"bank": payee.bank_name, "last4": payee.last4}, now=now,
            )  # fmt: skip
    send(letters.of_bank_account(db.session(), event.payee_id, event.earlier_id, now), now)


def notice_waits(event: NoticeWaits) -> None:
    """Tell the account's people of money that nobody has said anything about since yesterday."""
    now = now_utc()
    with transaction() as session:
        row = session.get(BankNotice, event.notice_id)
        if row is None or row.state not in OPEN:
            return
        if row.seller_id is not None:
            leave_notice(
                session, seller_id=row.seller_id, kind="bank_waits",
                key=f"bank-waits:{row.id}", facts={"amount_vnd": row.amount_vnd or 0}, now=now,
            )  # fmt: skip
    send(letters.of_waiting_notice(db.session(), event.notice_id, now), now)


def helper_acted(event: HelperActed) -> None:
    """Read back to the owner what was done for her, in her stall and by mail."""
    now = now_utc()
    with transaction() as session:
        act = session.get(HelperAct, event.act_id)
        if act is None:
            return
        leave_notice(
            session, seller_id=act.seller_id, kind="helper_acted", key=f"helper-act:{act.id}",
            seller_order_id=act.seller_order_id,
            facts={"act": act.act, "helper": act.helper_name, "owner": act.owner_name} | act.facts,
            now=now,
        )  # fmt: skip
    send(helper_letters.of_act(db.session(), event.act_id), now)


def order_erased(event: OrderErased) -> None:
    """Leave no file of a mail about an order of which nobody knows any more who placed it."""
    code = db.session().scalars(select(Order.code).where(Order.id == event.order_id)).one()
    forget_files_of_order(code)


def account_deleted(event: AccountDeleted) -> None:
    """Leave a deleted name in no notice to a stall, and no file of a mail to her."""
    forget_files_to(event.account_id)
    with transaction() as session:
        take_helper_names_off(session, event.account_id)
    forget_in_write_ahead_log()


def helper_changed(event: HelperChanged) -> None:
    """Tell the owner and the helper that leave to help was given, or is over."""
    now = now_utc()
    with transaction() as session:
        grant = session.get(HelperGrant, event.grant_id)
        if grant is None:
            return
        leave_notice(
            session, seller_id=grant.seller_id, kind=f"helper_{event.what}",
            key=f"helper-{event.what}:{grant.id}",
            facts={"helper": account(session, grant.helper_id).name}, now=now,
        )  # fmt: skip
    send(helper_letters.of_change(db.session(), event.grant_id, event.what), now)


def payout_sent(event: PayoutSent) -> None:
    _tell_payout(event.payout_id, "payout_sent")


def payout_failed(event: PayoutFailed) -> None:
    _tell_payout(event.payout_id, "payout_failed")


def _tell_payout(payout_id: int, kind: str) -> None:
    """Tell a stall, in its news and by mail, that the organisation paid it, or could not."""
    now = now_utc()
    with transaction() as session:
        row = session.get(Payout, payout_id)
        if row is None:
            return
        leave_notice(
            session, seller_id=row.seller_id, kind=kind, key=f"{kind}:{payout_id}",
            facts={"amount_vnd": row.amount_vnd, "statement_id": row.statement_id}, now=now,
        )  # fmt: skip
    send(letters.of_payout(db.session(), payout_id, kind, now), now)


def complaint_received(event: ComplaintReceived) -> None:
    send(letters.of_complaint(db.session(), event.complaint_id, "received"), now_utc())


def complaint_answered(event: ComplaintAnswered) -> None:
    send(letters.of_complaint(db.session(), event.complaint_id, event.step), now_utc())


def stock_worth_seeing(event: StockWorthSeeing) -> None:
    now = now_utc()
    send(stock_letters.of_stock(db.session(), event, now), now)


def review_written(event: ReviewWritten) -> None:
    """Tell a stall, in its news and by mail, what somebody said of its goods."""
    now = now_utc()
    with transaction() as session:
        row = session.get(Review, event.review_id)
        if row is None:
            return
        product = session.get_one(Product, row.product_id)
        leave_notice(
            session, seller_id=row.seller_id, kind="review_new",
            key=f"review:{row.id}:{event.number}",
            facts={"review_id": row.id, "stars": row.stars, "title_vi": product.title_vi,
                   "title_en": product.title_en}, now=now,
        )  # fmt: skip
    send(review_letters.of_new(db.session(), event.review_id, event.number, now), now)


def review_answered(event: ReviewAnswered) -> None:
    key = f"review-answer:{event.review_id}"
    send(review_letters.to_writer(db.session(), event.review_id, "answered", key), now_utc())


def review_reported(event: ReviewReported) -> None:
    now = now_utc()
    send(review_letters.of_report(db.session(), event.review_id, now), now)


def review_judged(event: ReviewJudged) -> None:
    """Tell the writer what became of her words, and the maker of what she asked for or said."""
    now, session, key = now_utc(), db.session(), f"review-judged:{event.audit_id}"
    found = []
    if event.what == "words" and event.step != "kept":
        found += review_letters.to_writer(session, event.review_id, event.step, key)
    if event.what == "reply":
        kind = f"reply_{event.step}"
        found += review_letters.to_maker(session, event.review_id, kind, f"{key}:maker", now)
    elif event.step != "shown":
        found += review_letters.to_maker(session, event.review_id, event.step, f"{key}:maker", now)
    send(found, now)


def remind_of_papers(now: datetime) -> None:
    """Tell makers which of their papers run out: once when weeks are left, once near the end."""
    send(joining_letters.of_ending_papers(db.session(), now), now)


def remind_of_complaints(now: datetime) -> None:
    """Remind the operator a day before a deadline, and once more when it has passed."""
    found = []
    for complaint_id, code, kind, step, by in due_complaints(db.session(), now + REMIND_BEFORE):
        late = by < now
        found.append(
            write(
                "complaint_due", f"due:{complaint_id}:{step}:{'late' if late else 'soon'}",
                letters.operator(), code=code, kind=kind, step=step, by=by, late=late,
                address=letters.link(f"/dieu-hanh/khieu-nai/{complaint_id}", "vi"),
            )
        )  # fmt: skip
    send(found, now)


def gift_received(event: GiftReceived) -> None:
    found = fund_letters.of_gift(db.session(), event.gift_id, event.amount_vnd, event.entry_id)
    send(found, now_utc())


def duty_due(event: DutyDue) -> None:
    now = now_utc()
    send(fund_letters.of_duty(db.session(), event.deadline_id, event.stage, now), now)


def share_received(event: ShareReceived) -> None:
    """Tell a stall, in its news and by mail, that its share is in the fund."""
    now = now_utc()
    with transaction() as session:
        row = session.get(SharePayment, event.share_payment_id)
        if row is None:
            return
        leave_notice(
            session, seller_id=row.seller_id, kind="share_received",
            key=f"share-received:{event.entry_id}",
            facts={"amount_vnd": event.amount_vnd, "memo": row.memo}, now=now,
        )  # fmt: skip
        found = fund_letters.of_share(session, row, event, now)
    send(found, now)


def share_taken_back(event: ShareTakenBack) -> None:
    """Tell a stall, in its news, that the share it was told of is not there."""
    with transaction() as session:
        row = session.get(SharePayment, event.share_payment_id)
        if row is None:
            return
        leave_notice(
            session, seller_id=row.seller_id, kind="share_taken_back",
            key=f"share-taken-back:{event.entry_id}",
            facts={"amount_vnd": event.amount_vnd, "memo": row.memo}, now=now_utc(),
        )  # fmt: skip


def market_announced(event: MarketAnnounced) -> None:
    now = now_utc()
    send(market_letters.of_announcement(db.session(), event.session_id, event.kind, now), now)


def standing_order_run(event: StandingOrderRun) -> None:
    send(standing_letters.of_run(db.session(), event.run_id), now_utc())


def pledge_made(event: PledgeMade) -> None:
    send(help_letters.of_pledge(db.session(), event.pledge_id), now_utc())


def pledge_withdrawn(event: PledgeWithdrawn) -> None:
    now = now_utc()
    send(help_letters.of_withdrawal(db.session(), event.pledge_id, now), now)


def pledge_due(event: PledgeDue) -> None:
    now = now_utc()
    send(help_letters.of_due_pledge(db.session(), event.pledge_id, now), now)


def help_call_cancelled(event: HelpCallCancelled) -> None:
    send(help_letters.of_cancelled_call(db.session(), event.call_id), now_utc())


def help_call_thanked(event: HelpCallThanked) -> None:
    send(help_letters.of_thanks(db.session(), event.call_id), now_utc())


def announced(event: Announced) -> None:
    now = now_utc()
    send(help_letters.of_announcement(db.session(), event.announcement_id, now), now)


def stall_left(event: StallLeft) -> None:
    now = now_utc()
    send(joining_letters.of_stall_left(db.session(), event.seller_id, now), now)


def application_moved(event: ApplicationMoved) -> None:
    now = now_utc()
    send(joining_letters.of_move(db.session(), event, now), now)


def seat_due(event: SeatDue) -> None:
    now = now_utc()
    send(class_letters.of_due_seat(db.session(), event.seat_id, now), now)


def class_cancelled(event: ClassCancelled) -> None:
    send(class_letters.of_cancelled_class(db.session(), event.class_id), now_utc())


def question_asked(event: QuestionAsked) -> None:
    now = now_utc()
    send(class_letters.of_question(db.session(), event.question_id, now), now)


def question_answered(event: QuestionAnswered) -> None:
    send(class_letters.of_answer(db.session(), event.question_id), now_utc())


def init_notifications(app: Flask) -> None:
    """Listen to the news of every room. The names are stored: keep them."""
    for event, name, handler in (
        (OrderPlaced, "mail.order_placed", order_placed),
        (SellerOrderMoved, "mail.order_moved", order_moved),
        (HandOverCorrected, "mail.parcel_corrected", parcel_corrected),
        (PaymentReported, "mail.payment_reported", payment_reported),
        (PaymentReceived, "mail.payment_received", payment_received),
        (PaymentRefunded, "mail.payment_refunded", payment_refunded),
        (PaymentNotFound, "mail.payment_not_found", payment_not_found),
        (CardTaskOpened, "mail.card_task", card_task_opened),
        (CashRefunded, "mail.cash_refunded", cash_refunded),
        (GoodsCameBack, "mail.goods_came_back", goods_came_back),
        (GoodsPutOff, "mail.goods_put_off", goods_put_off),
        (RefundAsked, "mail.refund_asked", refund_asked),
        (RefundCredited, "mail.refund_credited", refund_credited),
        (CreditSpent, "mail.credit_spent", credit_spent),
        (RefundAccountGiven, "mail.refund_account_given", refund_account_given),
        (PasswordLinkAsked, "mail.password_link", password_link_asked),
        (NewDeviceSignedIn, "mail.new_device", new_device_signed_in),
        (SecretChanged, "mail.secret_changed", secret_changed),
        (BankAccountChanged, "mail.bank_account", bank_account_changed),
        (NoticeWaits, "mail.notice_waits", notice_waits),
        (ApplicationMoved, "mail.application_moved", application_moved),
        (StallLeft, "mail.stall_left", stall_left),
        (HelperChanged, "mail.helper_changed", helper_changed),
        (HelperActed, "mail.helper_acted", helper_acted),
        (OrderErased, "mail.order_erased", order_erased),
        (AccountDeleted, "notices.account_deleted", account_deleted),
        (PayoutSent, "mail.payout_sent", payout_sent),
        (PayoutFailed, "mail.payout_failed", payout_failed),
        (ComplaintReceived, "mail.complaint_received", complaint_received),
        (ComplaintAnswered, "mail.complaint_answered", complaint_answered),
        (DutyDue, "mail.duty_due", duty_due),
        (GiftReceived, "mail.gift_received", gift_received),
        (ShareReceived, "mail.share_received", share_received),
        (ShareTakenBack, "news.share_taken_back", share_taken_back),
        (MarketAnnounced, "mail.market_announced", market_announced),
        (StandingOrderRun, "mail.standing_order_run", standing_order_run),
        (PledgeMade, "mail.pledge_made", pledge_made),
        (PledgeWithdrawn, "mail.pledge_withdrawn", pledge_withdrawn),
        (PledgeDue, "mail.pledge_due", pledge_due),
        (HelpCallCancelled, "mail.help_call_cancelled", help_call_cancelled),
        (HelpCallThanked, "mail.help_call_thanked", help_call_thanked),
        (Announced, "mail.announced", announced),
        (SeatDue, "mail.seat_due", seat_due),
        (ClassCancelled, "mail.class_cancelled", class_cancelled),
        (QuestionAsked, "mail.question_asked", question_asked),
        (QuestionAnswered, "mail.question_answered", question_answered),
        (StockWorthSeeing, "mail.stock_worth_seeing", stock_worth_seeing),
        (ReviewWritten, "mail.review_written", review_written),
        (ReviewAnswered, "mail.review_answered", review_answered),
        (ReviewReported, "mail.review_reported", review_reported),
        (ReviewJudged, "mail.review_judged", review_judged),
    ):
        subscribe(app, event, name, handler)  # type: ignore[arg-type]
    schedule(app, "mail.forget_files", timedelta(days=1), forget_old_files)
    schedule(app, "paper-reminders", timedelta(days=1), remind_of_papers)
    schedule(app, "complaint-reminders", timedelta(hours=1), remind_of_complaints)
