"""Every act at the desk has a page, a command, an audit line, and a way back or a reason.

DECISIONS 19, as one table. Whoever adds an act adds its line here.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from click.core import Group
from flask import Flask
from sqlalchemy import select, update

from shop.accounts.models import Account, OneTimeKey
from shop.audit.models import AuditEntry
from shop.cli import people
from shop.current import vault
from shop.db import db, transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.media.models import Picture
from shop.operations.actions import receive_complaint
from shop.operations.models import Complaint, Correction
from shop.operations.undo import OPPOSITES
from shop.ordering.models import LineItem
from shop.organisations.actions import appoint
from shop.organisations.models import Organisation
from shop.outbox.models import OutboxMessage
from shop.outbox.relay import WORKER_DIED
from shop.payments import refunds
from shop.payments.methods import By
from shop.payments.models import Payment, PaymentEvent, Refund
from shop.remittances.queries.bearers import bearer_on
from shop.sellers.models import Payee, Seller
from tests.conftest import NOON
from tests.operations.conftest import Desk
from tests.payouts.conftest import NEXT_DAY, a_fund_apart, a_payee

#: {audit action: (view of its page, its command)}
ACTS = {
    "account.created": ("new_account", "account create"),
    "account.disabled": ("disable", "account disable"),
    "account.enabled": ("enable", "account enable"),
    "account.code_given": ("account_code", "account code"),
    "account.devices_revoked": ("lost_phone", "account lost-phone"),
    "account.second_factor_off": ("take_off_second_factor", "account drop-second-factor"),
    "organisation.created": ("new_unit", "organisation create"),
    "organisation.renamed": ("rename_unit", "organisation rename"),
    "organisation.hidden": ("hide_unit", "organisation hide"),
    "organisation.shown": ("show_unit", "organisation show"),
    "organisation.closed": ("close_unit", "organisation close"),
    "organisation.move_proposed": ("move_unit", "organisation move"),
    "organisation.merge_proposed": ("merge_units", "organisation merge"),
    "organisation.split_proposed": ("split_unit", "organisation split"),
    "organisation.reordered": ("reordering_confirmed", "organisation confirm"),
    "organisation.reordering_dropped": ("reordering_dropped", "organisation drop"),
    "organisation.bank_account_changed": ("unit_bank", "organisation bank"),
    "membership.appointed": ("appoint_in_unit", "organisation appoint"),
    "membership.ended": ("end_term", "organisation dismiss"),
    "seller.created": ("new_seller", "seller create"),
    "seller.edited": ("change_seller", "seller edit"),
    "seller.approved": ("approve", "seller approve"),
    "seller.closed": ("close", "seller close"),
    "seller.reopened": ("reopen", "seller reopen"),
    "seller.member_appointed": ("add_member", "seller appoint"),
    "seller.member_dismissed": ("remove_member", "seller dismiss"),
    "seller.voice_transcribed": ("voice_written_down", "seller transcribe"),
    "seller.helper_granted": ("seller_helper_granted", "seller help"),
    "seller.helper_revoked": ("seller_helper_revoked", "seller unhelp"),
    "seller_application.invited": ("invited", "seller invite"),
    "seller_application.invitation_taken_back": ("invitation_taken_back", "seller uninvite"),
    "seller_application.again": ("asked_again", "seller ask-again"),
    "seller_application.declined": ("declined", "seller decline"),
    "seller.bank_account_changed": ("seller_bank", "seller bank"),
    "complaint.erased": ("complaint_erased", "complaint erase"),
    "order.erased": ("order_erased", "order erase"),
    "complaint.answered": ("answer", "complaint answer"),
    "complaint.settled": ("answer", "complaint settle"),
    "message.tried_again": ("try_again", "message retry"),
    "message.dropped": ("drop", "message drop"),
    "picture.described": ("describe", "picture describe"),
    "payment.received": ("transfer_received", "money received"),
    "payment.taken_back": ("transfer_taken_back", "money take-back"),
    "payment.given_back": ("transfer_given_back", "money given-back"),
    "payment.not_found": ("transfer_not_found", "money not-found"),
    "paper.checked": ("paper_checked", "paper check"),
    "refund.done": ("transfer_sent_back", "money sent-back"),
    "seller.return_fee_set": ("return_fee", "seller return-fee"),
    "correction.proposed": ("correction_new", "correction propose"),
    "correction.posted": ("correction_confirmed", "correction confirm"),
    "correction.declined": ("correction_declined", "correction decline"),
    "refund.credited": ("refund_as_credit", "money as-credit"),
    "refund_word.recorded": ("refund_word_recorded", "money record-gift"),
    "refund_word.carried_out": ("refund_word_carried_out", "money give-as-said"),
    "refund_word.dropped": ("refund_word_dropped", "money drop-gift"),
    "refund.account_wrong": ("refund_account_wrong", "money account-wrong"),
    "refund.asked": ("money_promised_back", "money promise-back"),
    "refund.taken_back": ("promise_withdrawn", "money withdraw-promise"),
    "settlement.drafted": ("settlement_new", "settlement draft"),
    "settlement.dropped": ("settlement_drop", "settlement drop"),
    "settlement.approved": ("settlement_approve", "settlement approve"),
    "settlement.unapproved": ("settlement_unapprove", "settlement unapprove"),
    "settlement.file_taken": ("settlement_file", "settlement file"),
    "payout.sent": ("payout_send", "settlement sent"),
    "payout.confirmed": ("payout_received", "settlement received"),
    "payout.failed": ("payout_failed", "settlement failed"),
    "payout.account_approved": ("payout_account", "settlement account"),
    "payout.put_off": ("payout_put_off", "settlement put-off"),
    "payout.rhythm_changed": ("settlement_rhythm", "settlement rhythm"),
    "fund_transfer.sent": ("fund_transfer", "settlement fund-sent"),
    "commission_rule.made": ("new_commission", "commission add"),
    "commission_rule.ended": ("end_commission", "commission end"),
    "tax_rule.made": ("new_tax_rule", "tax add"),
    "tax_rule.ended": ("end_tax_rule", "tax end"),
    "tax.turned_on": ("tax_on", "tax on"),
    "tax.turned_off": ("tax_off", "tax off"),
    "tax_payment.planned": ("plan_tax_payment", "tax plan-payment"),
    "tax_payment.sent": ("tax_payment_sent", "tax paid"),
    "tax_payment.corrected": ("tax_receipt_corrected", "tax correct-receipt"),
    "tax_payment.came_back": ("tax_payment_came_back", "tax payment-back"),
    "tax_payment.dropped": ("tax_payment_dropped", "tax drop-payment"),
    "order_step.taken_back": ("step_taken_back", "order take-back"),
    "voucher.made": ("new_voucher", "voucher create"),
    "voucher.stopped": ("stop_voucher", "voucher stop"),
    "voucher.resumed": ("resume_voucher", "voucher resume"),
    "remittance.read": ("remittance_read", "cod read"),
    "remittance.columns_named": ("remittance_columns_named", "cod columns"),
    "remittance.stored": ("remittance_stored", "cod store"),
    "remittance.counted": ("remittance_counted", "cod count"),
    "remittance.taken_back": ("remittance_taken_back", "cod take-file-back"),
    "remittance.sought": ("remittance_sought", "cod seek"),
    "remittance_line.count": ("remittance_line_answered", "cod answer"),
    "remittance_line.taken_back": ("remittance_line_answered", "cod take-back"),
    "bank_feed.opened": ("bank_feed_opened", "bank connect"),
    "bank_feed.ended": ("bank_feed_ended", "bank disconnect"),
    "bank_statement.read": ("bank_statement_read", "bank read"),
    "bank_statement.columns_named": ("bank_statement_columns_named", "bank columns"),
    "bank_statement.stored": ("bank_statement_stored", "bank store"),
    "bank_notice.accepted": ("bank_notice_answered", "bank accept"),
    "bank_notice.recognised": ("bank_notice_answered", "bank recognise"),
    "bank_notice.debt_paid": ("bank_notice_answered", "bank debt"),
    "bank_notice.paid_out": ("bank_notice_answered", "bank payout"),
    "bank_notice.ignored": ("bank_notice_answered", "bank ignore"),
    "bank_notice.given_back": ("bank_notice_answered", "bank given-back"),
    "bank_notice.same": ("bank_notice_answered", "bank same"),
    "card_task.closed": ("card_task_closed", "card close"),
    "card_task.counted": ("card_money_counted", "card count"),
    "card_task.given_back": ("card_money_given_back", "card give-back"),
    "card_task.written_off": ("card_money_written_off", "card write-off"),
    "card_task.otherwise": ("card_money_otherwise", "card give-otherwise"),
    "card_task.booked": ("card_payout_booked", "card book-payout"),
    "review.hidden": ("review_hidden", "review hide"),
    "review.shown": ("review_shown", "review show"),
    "review.kept": ("review_kept", "review keep"),
    "gift_pass.planned": ("plan_gift_pass", "card pass-gifts"),
    "gift_pass.sent": ("gift_pass_sent", "card gifts-sent"),
    "gift_pass.came_back": ("gift_pass_came_back", "card gifts-back"),
    "gift_pass.dropped": ("gift_pass_dropped", "card gifts-drop"),
}
#: What no button of the trail takes back, and why.
STAYS = {
    "organisation.reordering_dropped": "it is proposed again",
    "account.devices_revoked": "a phone found again signs in anew",
    "account.second_factor_off": "the secret is gone; its owner turns it on anew",
    "seller.helper_revoked": "the owner is asked anew before anybody helps again",
    "seller_application.invitation_taken_back": "a new word is given",
    "seller_application.again": "the mail has gone out; she sends it in again",
    "complaint.erased": "what is forgotten is nowhere",
    "order.erased": "what is forgotten is nowhere",
    "complaint.answered": "the mail has gone out; another answer follows it",
    "payment.received": "money moved; a wrong note is taken back at the transfer itself",
    "payment.taken_back": "money moved; it is noted again",
    "payment.given_back": "money moved",
    "payment.not_found": "money is noted when it does come",
    "refund.done": "money moved; a wrong note is taken back at the transfer itself",
    "correction.posted": "it stands in the books; another correction puts it right",
    "correction.declined": "it is proposed again",
    "refund.credited": "the buyer has a code, which is money",
    "refund_word.recorded": "moves nothing; it is dropped where it stands",
    "refund_word.carried_out": "money goes to a fund; the buyer may say otherwise until it was sent",
    "refund_word.dropped": "moved nothing; it is written down again",
    "refund.account_wrong": "the buyer is asked; she gives the same account again",
    "refund.asked": "the buyer is told; it is withdrawn where it stands, while it waits",
    "refund.taken_back": "it is the way back itself; it is promised again",
    "settlement.dropped": "a new draft takes up the same entries",
    "settlement.unapproved": "two people answer for it: it is approved anew",
    "settlement.file_taken": "the list was handed out",
    "payout.sent": "money moved; a transfer that came back is noted at its statement",
    "payout.confirmed": "money moved",
    "payout.failed": "money moved; it is paid again",
    "payout.account_approved": "somebody answered for it; nothing is paid by that",
    "payout.put_off": "the next draft takes up the same entries",
    "order_step.taken_back": "it is the way back itself; the step is tapped again",
    "remittance.read": "nothing came of it; a preview is thrown away after a day",
    "remittance.columns_named": "said anew on the same page until the lines are stored",
    "remittance.stored": "the carrier's own lines; what was counted by them is taken back singly",
    "remittance.taken_back": "the same file can be sent again",
    "remittance.sought": "nothing was counted; a line without its parcel had none",
    "remittance.counted": "money moved; each line is taken back by itself",
    "remittance_line.count": "money moved; it is taken back at the line",
    "remittance_line.taken_back": "it is the way back itself",
    "bank_statement.read": "nothing came of it; a preview is thrown away after a day",
    "bank_statement.columns_named": "said anew on the same page until the lines are stored",
    "bank_statement.stored": "the bank's own lines; what was counted by them is taken back singly",
    "bank_notice.accepted": "money moved; it is taken back at the order",
    "card_task.counted": "money moved; it is given back at the order",
    "card_task.given_back": "money moved",
    "card_task.written_off": "money moved; it is posted by hand when it comes after all",
    "card_task.otherwise": "the buyer was asked; the promise is taken back at the order",
    "card_task.booked": "money moved; it is posted back by hand",
    "review.kept": "changed nothing; the words can be hidden where they stand",
    "tax_payment.sent": "money moved; a payment that came back is noted where it stands",
    "tax_payment.corrected": "the number can be corrected again",
    "tax_payment.came_back": "money moved; it is planned again",
    "tax_payment.dropped": "moved nothing; it is planned again",
    "gift_pass.sent": "money moved; a transfer that came back is noted where it stands",
    "gift_pass.came_back": "money moved; its gifts are passed on again",
    "gift_pass.dropped": "moved nothing; it is planned again",
}
#: Posts that are no act of their own.
OTHER_WAYS = {
    "complain": "a visitor's, by its page alone",
    "hand_over_term": "membership.ended and membership.appointed at once: organisation hand-over",
    "take_back": "the way back itself: flask undo",
    "invited_again": "seller_application.invited of who asked: seller invite --application",
    "member_code": "account_code from a stall's page",
    "member_lost_phone": "lost_phone from a stall's page",
    "settlement_send": "payout.sent of all on a list: settlement sent-all",
    "check_money_now": "asks and repairs nothing: flask prove",
}


def leaf(app: Flask, words: str) -> Any:
    group, name = words.split()
    commands = app.cli.commands[group]
    assert isinstance(commands, Group)
    return commands.commands.get(name)


def test_every_act_has_a_page_a_command_and_a_way_back_or_a_reason(app: Flask) -> None:
    if "seller" not in app.cli.commands:
        people.register(app)
    for action, (view, command) in ACTS.items():
        assert f"operations.{view}" in app.view_functions, action
        assert leaf(app, command) is not None, command
        assert (action in OPPOSITES) is (action not in STAYS), action
    posts = {
        rule.endpoint.removeprefix("operations.")
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and rule.endpoint.startswith("operations.")
    }
    assert posts == {view for view, _ in ACTS.values()} | set(OTHER_WAYS)


def test_every_command_answers_in_both_languages(app: Flask) -> None:
    if "seller" not in app.cli.commands:
        people.register(app)
    for _, command in ACTS.values():
        assert "--lang" in {o for p in leaf(app, command).params for o in p.opts}, command


def lines() -> list[tuple[str, str, str]]:
    db.session.rollback()
    found = db.session.execute(
        select(AuditEntry.action, AuditEntry.channel, AuditEntry.actor_name).order_by(AuditEntry.id)
    ).all()
    db.session.rollback()
    return [(row.action, row.channel, row.actor_name) for row in found]


def last_id() -> int:
    db.session.rollback()
    found = db.session.scalars(select(AuditEntry.id).order_by(AuditEntry.id.desc())).first()
    db.session.rollback()
    assert found is not None
    return found


@pytest.fixture
def written(run: Callable[..., Any]) -> Callable[..., str]:
    """Run a command that must leave a line of an action, by command."""

    def go(action: str, *words: str, **more: Any) -> str:
        before = len(lines())
        said = run(*words, **more)
        new = lines()[before:]
        assert action in {line[0] for line in new}, (words, new)
        assert all(channel == "command" and name for _, channel, name in new)
        assert said.strip()
        return said

    return go


def test_complaints_are_answered_and_settled_by_command_and_the_settling_taken_back(
    written: Callable[..., str], run: Callable[..., Any], operator: Desk
) -> None:  # fmt: skip
    with transaction() as session:
        row = receive_complaint(
            session, kind="goods", name="Châu", phone="+84905000123", email=None, order_code="",
            text="Hũ nứt.", locale="vi", now=now_utc(),
        )  # fmt: skip
        complaint_id, code = row.id, row.code
    assert code in run("complaint", "list")
    assert "Hũ nứt." in run("complaint", "show", code.lower())
    written("complaint.answered", "complaint", "answer", code, "--answer", "Chợ đang hỏi.")
    written("complaint.settled", "complaint", "settle", code, "--outcome", "Gửi hũ mới.")
    assert "khép lại rồi" in run("complaint", "settle", code, "--outcome", "x", fails=True)
    assert code in run("complaint", "list", "--settled")
    written("complaint.reopened", "undo", str(last_id()))
    again = db.session.get_one(Complaint, complaint_id)
    assert (again.settled_at, again.outcome, again.answer) == (None, "", "Chợ đang hỏi.")
    assert "Không có khiếu nại" in run("complaint", "show", "X", fails=True)
    assert "Không thấy" not in operator.get("/dieu-hanh/khieu-nai").text


def test_a_picture_is_described_by_command_and_gets_its_old_words_back(
    written: Callable[..., str], run: Callable[..., Any], a_seller: Callable[..., int]
) -> None:  # fmt: skip
    seller = a_seller()
    with transaction() as session:
        picture = Picture(
            digest="ab" * 16, width_px=640, height_px=640, colour="#ffffff", alt_vi="hũ",
            versions={"jpg": [160]}, alt_state="needs_help", created_at=NOON,
            seller_id=seller,
        )  # fmt: skip
        session.add(picture)
        session.flush()
        picture_id = picture.id
    assert str(picture_id) in run("picture", "list")
    words = "Hũ thuỷ tinh nắp tre, bột màu nâu nhạt, cao bằng gang tay"
    written("picture.described", "picture", "describe", str(picture_id), "--vi", words)
    assert run("picture", "list").strip() == ""
    written("picture.described", "undo", str(last_id()))
    assert db.session.get_one(Picture, picture_id).alt_vi == "hũ"


def test_money_is_promised_sent_and_withdrawn_by_command(
    written: Callable[..., str], run: Callable[..., Any], collected: tuple[int, int]
) -> None:  # fmt: skip
    _, payment = collected
    memo, due = db.session.execute(
        select(Payment.memo, Payment.amount_vnd).where(Payment.id == payment)
    ).one()
    written("payment.received", "money", "received", memo, "--amount", str(due), "--after", "0")

    def promised(*more: str) -> int:
        after = run("money", "refunds", memo).splitlines()[0].split()[-1]
        written("refund.asked", "money", "promise-back", memo, "--after", after, *more)
        assert "trước đó rồi" in run("money", "promise-back", memo, "--after", after, *more)
        return db.session.scalars(select(Refund.id).order_by(Refund.id.desc())).first()

    line, part = db.session.execute(select(LineItem.id, LineItem.seller_order_id)).one()
    first = promised("--line", str(line), "1", "--words", "hũ nứt")
    order = db.session.scalars(select(Payment.order_id).where(Payment.id == payment)).one()
    with transaction() as session:
        refunds.give_account(
            session, order_id=order, refund_id=first, bank_bin="970436", number="1029384756",
            holder="Châu", by=By("buyer"), now=now_utc(),
        )  # fmt: skip
    listed = run("money", "refunds", memo)
    assert "*4756" in listed
    assert "1029384756" not in listed
    wrong = ("money", "account-wrong", memo, "--refund", str(first))
    written("refund.account_wrong", *wrong)

    def where(refund_id: int) -> list[str]:
        row = next(
            row
            for row in run("money", "refunds", memo).splitlines()
            if f"--refund {refund_id} " in row
        )
        return row.split()[:4]

    stale = ("money", "sent-back", memo, *where(first), "--reference", "FT1")
    with transaction() as session:
        refunds.give_account(
            session, order_id=order, refund_id=first, bank_bin="970436", number="2222333444",
            holder="Châu", by=By("buyer"), now=now_utc(),
        )  # fmt: skip
    assert "khách đã đổi chỗ nhận" in run(*stale, fails=True)
    sent = (*stale, "--before")
    written("refund.done", *sent)
    assert "trước đó rồi" in run(*sent)
    for also in (("--amount", "5k"), ("--of", str(part))):
        both = ("--line", str(line), "1", *also, "--after", str(first))
        assert "đừng ghi cả hai" in run("money", "promise-back", memo, *both, fails=True)
    second = promised("--amount", "5k", "--of", str(part))
    written("refund.taken_back", "money", "withdraw-promise", memo, "--refund", str(second))
    assert run("money", "sent-back", memo, *where(second), fails=True).strip()
    assert run("money", "sent-back", memo, "--refund", "999", "--to", "1.a", fails=True).strip()
    third = promised("--amount", "6k")
    as_code = ("money", "as-credit", memo, "--refund", str(third))
    written("refund.credited", *as_code)
    assert "trước đó rồi" in run(*as_code)
    after = ("--after", str(third), "--amount", "7k", "--credit")
    written("refund.credited", "money", "promise-back", memo, *after)
    states = db.session.execute(select(Refund.state, Refund.way).order_by(Refund.id)).all()
    assert [tuple(row) for row in states] == [
        ("done", "bank"), ("taken_back", "bank"), ("done", "credit"), ("done", "credit"),
    ]  # fmt: skip


def test_who_bears_the_way_back_is_said_by_command_and_taken_back(
    written: Callable[..., str], run: Callable[..., Any], a_seller: Any, union: int
) -> None:  # fmt: skip
    seller = a_seller(organisation_id=union)
    slug = db.session.scalars(select(Seller.slug).where(Seller.id == seller)).one()
    unit = ("seller", "return-fee", slug, "--bearer", "unit")
    written("seller.return_fee_set", *unit)
    assert "trước đó rồi" in run(*unit)
    last = db.session.scalars(select(AuditEntry.id).order_by(AuditEntry.id.desc())).first()
    written("seller.return_fee_set", "undo", str(last))
    assert bearer_on(db.session(), seller, vietnam_date(now_utc())) is None
    assert run(*unit, "--from", "2020-01-01", fails=True).strip()


def test_books_are_corrected_by_two_peoples_commands(
    written: Callable[..., str], run: Callable[..., Any], a_seller: Any, officers: Any, union: int
) -> None:  # fmt: skip
    seller = a_seller(organisation_id=union)
    unit = db.session.scalars(select(Organisation.slug).where(Organisation.id == union)).one()
    phones = {"treasurer": "+84905000101", "head": "+84905000102"}
    with transaction() as session:
        for role, phone in phones.items():
            person = session.get_one(Account, officers[role])
            person.phone_index = vault().index("phone", phone)
    said = ("--reason", "Khách tặng", "--evidence", "Sao kê 20/11")
    sides = ("--debit", f"carrier_fees:seller:{seller}:VNPost=12k",
             "--credit", f"seller_payable:seller:{seller}:organisation:{union}=12k")  # fmt: skip
    propose = ("correction", "propose", unit, *sides, *said)
    written("correction.proposed", *propose, "--by", phones["treasurer"])
    one = str(db.session.scalars(select(Correction.id)).one())
    assert "Sao kê 20/11" in run("correction", "list")
    assert run("correction", "confirm", one, "--by", phones["treasurer"], fails=True).strip()
    written("correction.posted", "correction", "confirm", one, "--by", phones["head"])
    assert "trước đó rồi" in run("correction", "confirm", one, "--by", phones["head"])
    written("correction.proposed", *propose, "--by", phones["treasurer"])
    two = str(int(one) + 1)
    written("correction.declined", "correction", "decline", two, "--by", phones["treasurer"])
    assert "trước đó rồi" in run("correction", "decline", two, "--by", phones["head"])
    for wrong in (("--debit", "x=1"), ("--debit", "bank:payee:1=12k")):
        more = (*wrong, "--credit", sides[3], *said, "--by", phones["treasurer"])
        assert run("correction", "propose", unit, *more, fails=True).strip()


def test_money_is_noted_by_command_once_and_put_right(
    written: Callable[..., str], run: Callable[..., Any], collected: tuple[int, int]
) -> None:  # fmt: skip
    _, payment = collected
    memo = db.session.scalars(select(Payment.memo).where(Payment.id == payment)).one()
    listed = run("money", "list")
    assert memo in listed
    assert "--after 0" in listed
    noted = ("money", "received", memo.lower(), "--amount", "1k", "--after", "0")
    written("payment.received", *noted)
    assert "trước đó rồi" in run(*noted)
    event = db.session.scalars(select(PaymentEvent.id).where(PaymentEvent.kind == "received")).one()
    written("payment.taken_back", "money", "take-back", memo, "--event", str(event))
    last = db.session.scalars(
        select(PaymentEvent.id)
        .where(PaymentEvent.kind == "received")
        .order_by(PaymentEvent.id.desc())
    ).first()
    more = ("--amount", "499.999.999", "--after", str(last))
    written("payment.received", "money", "received", memo, *more)
    last = db.session.scalars(
        select(PaymentEvent.id)
        .where(PaymentEvent.kind == "received")
        .order_by(PaymentEvent.id.desc())
    ).first()
    back = ("--amount", "1000", "--after", str(last))
    written("payment.given_back", "money", "given-back", memo, *back)
    assert "chưa đúng" in run(
        "money", "received", memo, "--amount", "x", "--after", "0", fails=True
    )
    assert "không chỉ đúng một khoản" in run("money", "not-found", "KHONGCO", fails=True)
    assert run("money", "not-found", memo, fails=True).strip()
    with transaction() as session:
        session.execute(
            update(Payment).where(Payment.id == payment).values(
                expired_at=now_utc(), reported_at=now_utc(), received_vnd=0, refunded_vnd=0
            )
        )  # fmt: skip
        kept = session.execute(
            select(PaymentEvent.kind, PaymentEvent.amount_vnd).where(
                PaymentEvent.payment_id == payment
            )
        ).all()
    written("payment.not_found", "money", "not-found", memo, "--words", "Xem sao kê")
    received = sum(row.amount_vnd for row in kept if row.kind == "received")
    with transaction() as session:  # As its events say.
        session.execute(
            update(Payment).where(Payment.id == payment).values(
                expired_at=None, received_vnd=received, refunded_vnd=1000
            )
        )  # fmt: skip


def test_a_unit_and_a_stall_are_changed_by_command(
    written: Callable[..., str], run: Callable[..., Any], a_seller: Callable[..., int],
    an_organisation: Callable[..., int],
) -> None:  # fmt: skip
    unit, seller = an_organisation(), a_seller()
    unit_slug = db.session.scalars(select(Organisation.slug).where(Organisation.id == unit)).one()
    slug = db.session.scalars(select(Seller.slug).where(Seller.id == seller)).one()
    bank = ("--bank", "agribank", "--holder", "Hội Phụ Nữ", "--number", "123456789")
    written("organisation.bank_account_changed", "organisation", "bank", unit_slug, *bank)
    kept = db.session.scalars(select(Payee.last4).where(Payee.organisation_id == unit)).all()
    assert kept == ["6789"]
    written(
        "seller.edited", "seller", "edit", slug, "--set", "person=cô Lành", "--set",
        "lead_days_max=5", "--set", "blind_makers=yes", "--set", "phone=0905 000 777",
    )  # fmt: skip
    row = db.session.get_one(Seller, seller)
    assert (row.person, row.lead_days_max, row.blind_makers, row.phone) == (
        "cô Lành", 5, True, "+84905000777",
    )  # fmt: skip
    db.session.rollback()
    for wrong in ("approved_at=x", "person", "lead_days_max=x", "blind_makers=maybe", "phone=12",
                  "entity_kind=x"):  # fmt: skip
        assert run("seller", "edit", slug, "--set", wrong, fails=True).startswith("Error:")
    written("seller.edited", "undo", str(last_id()))
    assert db.session.get_one(Seller, seller).person == "chị Mẫu"


def test_a_voucher_is_made_stopped_and_let_go_on_by_command(
    written: Callable[..., str], run: Callable[..., Any], a_seller: Callable[..., int]
) -> None:  # fmt: skip
    seller = a_seller()
    stall = db.session.scalars(select(Seller).where(Seller.id == seller)).one()
    unit = db.session.get_one(Organisation, stall.organisation_id).slug
    slug = stall.slug
    db.session.rollback()
    more = ("--name", "Tết", "--off", "20k", "--uses", "50", "--each", "1", "--from-goods", "100k",
            "--budget", "1tr", "--first-order", "--from", "2026-12-01", "--until", "2099-01-31")  # fmt: skip
    written("voucher.made", "voucher", "create", "--unit", unit, "--code", "tet 2027", *more)
    percent = ("--kind", "percent", "--percent", "10", "--name", "x", "--off", "5k")
    written("voucher.made", "voucher", "create", "--unit", unit, "--seller", slug, *percent)
    assert "TET2027" in run("voucher", "list")
    written("voucher.stopped", "undo", str(last_id()))
    again = ("voucher", "create", "--unit", unit, "--code", "TET2O27", "--name", "x", "--off", "1k")
    assert "có người dùng rồi" in run(*again, fails=True)
    written("voucher.stopped", "voucher", "stop", "Tet-2027")
    assert "trước đó rồi" in run("voucher", "stop", "TET2027")
    written("voucher.resumed", "voucher", "resume", "TET2027")
    assert "vẫn đang dùng" in run("voucher", "resume", "TET2027")
    assert "Không có mã" in run("voucher", "stop", "KHONGCO", fails=True)


def test_help_is_granted_by_command_ended_by_command_and_taken_back(
    written: Callable[..., str], run: Callable[..., Any], a_seller: Callable[..., int],
    an_account: Callable[..., int],
) -> None:  # fmt: skip
    owner = an_account("Lành", phone="+84905000555")
    an_account("Lan", phone="+84905000556")
    seller = a_seller(owner_id=owner)
    slug = db.session.scalars(select(Seller.slug).where(Seller.id == seller)).one()
    help_her = (
        "seller", "help", slug, "0905000556", "--owner", "0905000555", "--right", "see_orders",
        "--right", "count_stock", "--until", f"{now_utc() + timedelta(days=9):%Y-%m-%d}",
        "--consent", "paper",
    )  # fmt: skip
    written("seller.helper_granted", *help_her)
    assert "Lan -> Lành" in run("seller", "helpers", slug)
    assert "đang giúp" in run(*help_her, fails=True)
    written("seller.helper_revoked", "undo", str(last_id()))
    written("seller.helper_granted", *help_her)
    written("seller.helper_revoked", "seller", "unhelp", slug, "2", "--phone")
    assert "trước đó rồi" in run("seller", "unhelp", slug, "2", fails=True)
    assert "đã thôi" in run("seller", "helpers", slug)


def test_a_recording_is_written_down_by_command_and_that_is_taken_back(
    written: Callable[..., str], run: Callable[..., Any], a_seller: Callable[..., int]
) -> None:  # fmt: skip
    seller = a_seller()
    slug = db.session.scalars(select(Seller.slug).where(Seller.id == seller)).one()
    said = ("seller", "transcribe", slug, "--vi", "Tôi làm bột.")
    assert "Chưa có bản ghi âm" in run(*said, fails=True)
    with transaction() as session:
        session.get_one(Seller, seller).voice_file = "ab/x-tieng.m4a"
    written("seller.voice_transcribed", *said)
    db.session.rollback()
    assert db.session.get_one(Seller, seller).voice_vi == "Tôi làm bột."
    db.session.rollback()
    written("seller.voice_transcribed", "undo", str(last_id()))
    db.session.rollback()
    assert db.session.get_one(Seller, seller).voice_vi == ""


def test_a_code_read_out_to_the_wrong_person_is_voided(
    app: Flask, operator: Desk, an_account: Callable[..., int]
) -> None:
    person = an_account("Lành", phone="+84905000555")
    page = operator.post(f"/dieu-hanh/tai-khoan/{person}/ma").text
    code = re.search(r"\b([0-9A-HJKMNP-TV-Z]{4} [0-9A-HJKMNP-TV-Z]{4})\b", page)
    assert code is not None
    line = last_id()
    assert operator.post(f"/dieu-hanh/nhat-ky/{line}/tra-lai").status_code == 303
    entered = app.test_client().post("/dang-nhap/ma", data={"who": "0905000555", "code": code[1]})
    assert entered.status_code == 422
    assert "account.code_voided" in {act for act, _, _ in lines()}


def test_a_code_that_was_used_cannot_be_voided(
    app: Flask, operator: Desk, an_account: Callable[..., int]
) -> None:
    person = an_account("Lành")
    operator.post(f"/dieu-hanh/tai-khoan/{person}/ma")
    line = last_id()
    with transaction() as session:
        session.execute(update(OneTimeKey).values(used_at=now_utc()))
    assert operator.post(f"/dieu-hanh/nhat-ky/{line}/tra-lai").status_code == 409


@pytest.mark.parametrize("way", ["page", "stall", "command"])
def test_a_code_for_a_seller_signs_her_in_once_within_twenty_minutes_and_is_written_down(
    app: Flask, operator: Desk, an_account: Callable[..., int], a_seller: Callable[..., int],
    run: Callable[..., Any], way: str,
) -> None:  # fmt: skip
    owner = an_account("Lành", phone="+84905000555")
    seller = a_seller(owner_id=owner)

    def a_code() -> str:
        said = {
            "page": lambda: operator.post(f"/dieu-hanh/tai-khoan/{owner}/ma").text,
            "stall": lambda: operator.post(f"/dieu-hanh/nguoi-ban/{seller}/nguoi/{owner}/ma").text,
            "command": lambda: run("account", "code", "0905000555"),
        }[way]()
        found = re.search(r"\b([0-9A-HJKMNP-TV-Z]{4} [0-9A-HJKMNP-TV-Z]{4})\b", said)
        assert found is not None
        return found[1]

    def enter(code: str) -> Any:
        return app.test_client().post("/dang-nhap/ma", data={"who": "0905 000 555", "code": code})

    code = a_code()
    assert ("account.code_given", "command" if way == "command" else "web") in {
        (act, channel) for act, channel, _ in lines()
    }
    entered = enter(code)
    assert (entered.status_code, entered.location) == (303, "/ban-hang")
    assert enter(code).status_code == 422, "It works once."
    old, new = a_code(), a_code()
    assert enter(old).status_code == 422, "An earlier one dies."
    with time_machine.travel(now_utc() + timedelta(minutes=21)):
        assert enter(new).status_code == 422, "It is too old."
    assert [act for act, _, _ in lines()].count("account.code_used") == 1


def test_a_fresh_start_is_taken_back_unless_it_arrived(operator: Desk) -> None:
    with transaction() as session:
        stuck = [
            OutboxMessage(
                event="x", subscriber="x", payload={}, recorded_at=NOON, due_at=NOON, parked_at=NOON
            )
            for _ in range(2)
        ]
        session.add_all(stuck)
        session.flush()
        ids = [row.id for row in stuck]
    undos = []
    for message_id in ids:
        operator.post(f"/dieu-hanh/thu-ket/{message_id}/thu-lai")
        undos.append(last_id())
    with transaction() as session:
        session.get_one(OutboxMessage, ids[1]).delivered_at = now_utc()
    answers = [operator.post(f"/dieu-hanh/nhat-ky/{n}/tra-lai").status_code for n in undos]
    assert answers == [303, 409]
    db.session.rollback()
    assert db.session.get_one(OutboxMessage, ids[0]).parked_at is not None
    assert db.session.get_one(OutboxMessage, ids[1]).parked_at is None


def test_what_is_there_no_more_cannot_be_taken_back(
    operator: Desk, a_seller: Callable[..., int]
) -> None:
    seller = a_seller()
    with transaction() as session:
        picture = Picture(
            digest="ab" * 16, width_px=640, height_px=640, colour="#ffffff", seller_id=seller,
            versions={"jpg": [160]}, alt_state="needs_help", created_at=NOON,
        )  # fmt: skip
        session.add(picture)
        session.flush()
        picture_id = picture.id
    said = {f"a{picture_id}-alt_vi": "Hũ thuỷ tinh nắp tre"}
    assert operator.post(f"/dieu-hanh/anh/{picture_id}", **said).status_code == 303
    line = last_id()
    with transaction() as session:
        session.delete(session.get_one(Picture, picture_id))
    answer = operator.post(f"/dieu-hanh/nhat-ky/{line}/tra-lai")
    assert answer.status_code == 409
    assert "Không trả lại được nữa" in answer.text


def test_a_settlement_is_made_by_command_by_two_people(
    written: Callable[..., str], run: Callable[..., Any], a_maker: Any, sold: Any, union: int,
    an_account: Callable[..., int], tmp_path: Any,
) -> None:  # fmt: skip
    with time_machine.travel(NEXT_DAY):
        for name, phone, role in (
            ("Hạnh", "+84905000701", "head"), ("Lan", "+84905000702", "treasurer"),
        ):  # fmt: skip
            person = an_account(name, phone=phone)
            with transaction() as session:
                appoint(
                    session, organisation_id=union, account_id=person, role=role,
                    starts_on=NOON.date(), actor_id=None, actor_name="", now=NOON,
                )  # fmt: skip
        with transaction() as session:
            a_fund_apart(session, union)
        fund = run("settlement", "funds").split()[0]
        lan = ("--by", "0905000702")
        gone = ("settlement", "fund-sent", fund, "--reference", "FT9", *lan)
        written("fund_transfer.sent", *gone)
        assert "vừa ghi rồi" in run(*gone, fails=True)
        written("fund_transfer.taken_back", "undo", str(last_id()))
        assert fund in run("settlement", "funds")
        maker = a_maker()
        sold(maker)
        unit = db.session.scalars(select(Organisation.slug).where(Organisation.id == union)).one()
        rhythm = ("settlement", "rhythm", unit, "--every", "monthly", "--least", "50k")
        written("payout.rhythm_changed", *rhythm)
        written("payout.rhythm_changed", "undo", str(last_id()))
        assert "chưa đúng" in run("settlement", "draft", unit, "--to", "hôm qua", fails=True)
        written("settlement.drafted", "settlement", "draft", unit)
        written("settlement.dropped", "settlement", "drop", "1")
        written("settlement.drafted", "settlement", "draft", unit, "--to", "2026-11-23")
        number = "2"
        assert number in run("settlement", "list")
        by = ("--by", "0905000702")
        assert "không có quyền" in run("settlement", "approve", number, *by, fails=True)
        head = ("--by", "0905000701")
        written("settlement.approved", "settlement", "approve", number, *head)
        written("settlement.unapproved", "settlement", "unapprove", number)
        written("settlement.approved", "settlement", "approve", number, *head)
        statement = run("settlement", "show", number).split()[0]
        written("payout.put_off", "settlement", "put-off", statement)
        written("settlement.drafted", "settlement", "draft", unit, "--to", "2026-11-23")
        number = "3"
        written("settlement.approved", "settlement", "approve", number, *head)
        statement = run("settlement", "show", number).split()[0]
        out = tmp_path / "list.csv"
        out.write_text("an earlier list")
        out.chmod(0o644)
        assert "kết thúc bằng" in run("settlement", "file", number, "--out", "x.txt", fails=True)
        written("settlement.file_taken", "settlement", "file", number, "--out", str(out))
        assert "110000" in out.read_text()
        assert out.stat().st_mode & 0o077 == 0, "whole account numbers"
        assert list(tmp_path.glob("*list.csv*")) == [out]
        sent = ("settlement", "sent", statement, "--reference", "FT1")
        assert "người thứ hai" in run(*sent, *head, fails=True)
        early = ("settlement", "received", statement, "--payout", "1.sent")
        assert "vừa có người làm khác đi" in run(*early, fails=True)
        written("payout.sent", *sent, *by)
        assert "Không ghi hai lần" in run(*sent, *by, fails=True)

        def sent_now() -> list[str]:
            return run("settlement", "show", number).split()[-2:]

        first = sent_now()
        failed = ("settlement", "failed", statement, *first, "--why", "Sai tên")
        written("payout.failed", *failed)
        assert "--payout" not in run("settlement", "show", number)
        account = ("settlement", "account", statement)
        assert "duyệt rồi" in run(*account, *head, fails=True)
        a_payee(seller_id=maker, now=NOON - timedelta(days=3))
        written("payout.account_approved", *account, *head)
        again = ("settlement", "sent-all", number, "--reference", "LO1")
        written("payout.sent", *again, *by)
        assert "vừa có người làm khác đi" in run(*failed, fails=True)
        assert "vừa có người làm khác đi" in run("settlement", "put-off", statement, fails=True)
        written("payout.confirmed", "settlement", "received", statement, *sent_now())


def test_a_message_that_ended_its_worker_says_so_in_words(operator: Desk) -> None:
    with transaction() as session:
        session.add(
            OutboxMessage(
                event="x", subscriber="x", payload={}, recorded_at=NOON, due_at=NOON,
                parked_at=NOON, last_error=WORKER_DIED,
            )
        )  # fmt: skip
    page = operator.get("/dieu-hanh/thu-ket").text
    assert "thợ cũng dừng giữa chừng" in page
    assert WORKER_DIED not in page
