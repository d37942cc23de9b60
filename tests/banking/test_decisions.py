"""One test for each row of the decision table of DOMAIN 1.2, from the service to the order."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from shop.banking.actions.answers import accept, close, reopen
from shop.banking.actions.keeping import keep_told
from shop.banking.actions.matching import look_at
from shop.banking.actions.statements import preview, store
from shop.banking.files import read_file
from shop.banking.models import BankFeed, BankMatch, BankNotice, BankNoticeMove
from shop.banking.queries.inbox import cards_of
from shop.banking.queries.notices import statement_in
from shop.banking.queries.owners import Sight
from shop.banking.rules.matching import NoticeSettled, NoticeStays
from shop.banking.rules.movements import Movement
from shop.banking.rules.statements import StatementOfOther
from shop.db import db, transaction
from shop.kernel.clock import VIETNAM, now_utc
from shop.kernel.errors import NotYours
from shop.ordering import actions as ordering
from shop.ordering.models import SellerOrder
from shop.payments import actions as payments
from shop.payments.methods import By
from shop.payments.models import Payment, PaymentEvent
from shop.payments.queries import last_money_event
from shop.payments.rules.amounts import AmountOutOfRange, MoneyMovedOn
from shop.sellers.models import Payee
from tests.banking import sheets
from tests.banking.conftest import SECRET, change_account, deliver, notices, received
from tests.engines import both_engines
from tests.payments.conftest import under

SELLER = By("seller")


def part_state(order) -> str:
    db.session.rollback()
    return db.session.get_one(SellerOrder, order.part_id).state


def tap(order, amount: int, after: int | None = None, by: By = SELLER) -> bool:
    with transaction() as session:
        seen = last_money_event(session, order.payment_id) if after is None else after
        return payments.confirm_received(
            session, payment_id=order.payment_id, amount_vnd=amount, after=seen, by=by,
            now=now_utc(),
        )  # fmt: skip


def say_yes(notice, *orders, amount: int | None = None) -> bool:
    with transaction() as session:
        said = accept(
            session, notice_id=notice.id, payment_ids=[o.payment_id for o in orders],
            amount_vnd=amount, by=SELLER, now=now_utc(),
        )  # fmt: skip
    deliver()
    return said


def upload(payee_id: int, content: bytes) -> int:
    """Read, preview and store a file; return how many lines are new."""
    found = read_file(content)
    with transaction() as session:
        account = session.get_one(Payee, payee_id)
        number = preview(
            session, statement=found, account=account, actor_id=None, actor_name="", now=now_utc()
        )
    with transaction() as session:
        new = store(
            session, statement_id=number, shown=None, actor_id=None, actor_name="", now=now_utc()
        )  # fmt: skip
    deliver()
    return new


def payee_of(order) -> int:
    db.session.rollback()
    return db.session.get_one(Payment, order.payment_id).payee_id


def today() -> str:
    return now_utc().astimezone(VIETNAM).strftime("%d/%m/%Y")


def seen(notice) -> tuple[str, str, int | None]:
    db.session.rollback()
    row = db.session.get_one(BankNotice, notice.id)
    return row.state, row.reason, row.payment_id


@both_engines
@pytest.mark.parametrize(
    "text",
    [
        "{memo}", "{memo} chuyen tien", "MBVCB.3278 {memo} NGUYEN VAN A", "{memo:.6} {memo:s6}",
        "MBVCB.1457193831.{memo}.CT tu 0000000000001 NGUYEN THI A toi 0000000000002 TRAN THI B",
        "311447.110821.213735.00000000003-0900000000-{memo}",
        "Thanh toan QR {memo} GD 174242-090822 15:45:46",
    ],
    ids=["bare", "words", "prefix", "split", "long", "momo", "qr"],
)  # fmt: skip
def test_the_exact_transfer_confirms_by_itself(owed, a_service, text):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    said = text.replace("{memo:.6}", order.memo[:6]).replace("{memo:s6}", order.memo[6:])
    notice = service.tell(order.amount_vnd, said.replace("{memo}", order.memo.lower()))
    assert seen(notice) == ("matched", "exact", order.payment_id)
    assert received(order.payment_id) == order.amount_vnd
    assert part_state(order) == "placed", "The seller still says whether she has the goods."
    moves = db.session.execute(
        select(BankNoticeMove.to_state, BankNoticeMove.actor_kind).order_by(BankNoticeMove.id)
    ).all()
    assert [tuple(move) for move in moves] == [("new", "system"), ("matched", "system")]


@both_engines
def test_too_little_is_asked(owed, a_service):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    notice = service.tell(60_000, order.memo)
    assert seen(notice) == ("task", "short", order.payment_id)
    assert received(order.payment_id) == 0
    assert [say_yes(notice, order), say_yes(notice, order)] == [True, False]
    assert received(order.payment_id) == 60_000
    assert seen(notice)[0] == "matched"


@both_engines
def test_too_much_is_asked_and_then_given_back(owed, a_service):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    notice = service.tell(130_000, order.memo)
    assert seen(notice) == ("task", "over", order.payment_id)
    say_yes(notice, order)
    assert part_state(order) == "confirmed", "Her yes is a tap like any other."
    assert under("back", order.seller_id) == [order.payment_id]


@both_engines
def test_two_transfers_make_one_order(owed, a_service):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    first, second = service.tell(60_000, order.memo), service.tell(50_000, order.memo)
    assert (seen(first)[1], seen(second)[1]) == ("short", "short")
    say_yes(first, order)
    assert seen(second) == ("matched", "exact", order.payment_id), "The rest is exact now."
    assert received(order.payment_id) == order.amount_vnd


def test_the_same_notice_twice_counts_once(owed, a_service):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    message = service.message(order.amount_vnd, order.memo)
    for _ in range(3):
        assert service.send(message).status_code == 200
        deliver()
    assert len(notices()) == 1
    assert received(order.payment_id) == order.amount_vnd


@both_engines
@pytest.mark.parametrize("file_first", [False, True])
def test_told_by_webhook_and_by_statement_counts_once(owed, a_service, file_first):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    message = service.message(order.amount_vnd, f"{order.memo} chuyen tien")
    line = (
        f"{today()}\n5078 - 1",
        "",
        "110.000",
        f"MBVCB.1.{order.memo}.{message['referenceCode']}",
    )
    file = sheets.lua([line], service.account)

    def by_webhook() -> None:
        service.send(message)
        deliver()

    for step in ("file", "hook") if file_first else ("hook", "file"):
        if step == "file":
            assert upload(payee_of(order), file) == int(file_first)
        else:
            by_webhook()
    assert sorted(notice.state for notice in notices()) == ["matched", "same"]
    assert received(order.payment_id) == order.amount_vnd
    assert upload(payee_of(order), file) == 0
    assert received(order.payment_id) == order.amount_vnd


@both_engines
@pytest.mark.parametrize("witness", ["statement", "signed service", "person"])
def test_a_key_alone_counts_nothing_until_the_bank_or_a_person_agrees(owed, a_service, witness):
    """Whoever saw the key can write any message: a second witness is waited for (T43)."""
    order, text = owed(), "{} chuyen tien"
    by_key = a_service(seller_id=order.seller_id, kind="sepay_key")
    message = by_key.message(order.amount_vnd, text.format(order.memo))
    assert by_key.send(message, Authorization=f"Apikey {SECRET}").status_code == 200
    deliver()
    [told] = notices()
    assert seen(told) == ("task", "by_key", order.payment_id)
    assert received(order.payment_id) == 0
    if witness == "person":
        assert say_yes(told, order)
    elif witness == "statement":
        line = (
            f"{today()}\n5078 - 1", "", "110.000",
            f"MBVCB.1.{order.memo}.{message['referenceCode']}",
        )  # fmt: skip
        assert upload(payee_of(order), sheets.lua([line], by_key.account)) == 0
    else:
        signing = a_service(seller_id=order.seller_id, kind="casso_hmac")
        with transaction() as session:
            feed = session.get_one(BankFeed, signing.feed_id)
            movement = Movement(
                "77", (signing.account,), order.amount_vnd, "VND", "", now_utc(), False,
                text.format(order.memo), message["referenceCode"],
            )  # fmt: skip
            keep_told(session, feed=feed, movement=movement, now=now_utc())
        deliver()
    assert seen(told)[0] == "matched"
    assert received(order.payment_id) == order.amount_vnd


def test_two_keys_are_no_second_witness(owed, a_service):
    order = owed()
    sepay = a_service(seller_id=order.seller_id, kind="sepay_key")
    message = sepay.message(order.amount_vnd, order.memo)
    sepay.send(message, Authorization=f"Apikey {SECRET}")
    deliver()
    casso = a_service(seller_id=order.seller_id, kind="casso_token")
    with transaction() as session:
        movement = Movement(
            "78", (casso.account,), order.amount_vnd, "VND", "", now_utc(), False, order.memo,
            message["referenceCode"],
        )  # fmt: skip
        feed = session.get_one(BankFeed, casso.feed_id)
        keep_told(session, feed=feed, movement=movement, now=now_utc())
    deliver()
    assert [seen(one)[:2] for one in notices()] == [("task", "by_key"), ("same", "")]
    assert received(order.payment_id) == 0


def test_what_a_person_noted_before_is_known_by_a_key_too(owed, a_service):
    order = owed()
    tap(order, order.amount_vnd)
    service = a_service(seller_id=order.seller_id, kind="sepay_key")
    message = service.message(order.amount_vnd, order.memo)
    service.send(message, Authorization=f"Apikey {SECRET}")
    deliver()
    [told] = notices()
    assert seen(told)[:2] == ("matched", "known")
    assert received(order.payment_id) == order.amount_vnd


def test_a_statement_in_other_words_is_asked_and_not_counted(owed, a_service):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    half = service.tell(55_000, f"{order.memo} lan mot", referenceCode="")
    say_yes(half, order)
    line = (today(), "", "55.000", f"nhan tien {order.memo} lan hai")
    assert upload(payee_of(order), sheets.lua([line], service.account)) == 1
    copy = notices()[-1]
    assert seen(copy) == ("task", "maybe_same", order.payment_id)
    assert received(order.payment_id) == 55_000
    with transaction() as session:
        assert close(session, notice_id=copy.id, to="same", by=SELLER, now=now_utc())
    assert received(order.payment_id) == 55_000


@both_engines
def test_a_second_transfer_with_another_number_of_the_bank_is_asked(owed, a_service):
    order = owed(price_vnd=185_000)
    service = a_service(seller_id=order.seller_id)
    head = ("Ngày giao dịch", "Số CT", "Nội dung", "Ghi nợ", "Ghi có")
    line = (today(), "5078.12345678", f"{order.memo} chuyen tien", "", "100.000")
    assert upload(payee_of(order), sheets.text([head, line], ";")) == 1
    [first] = notices()
    other = service.tell(100_000, f"{order.memo} chuyen tien", referenceCode="5078.12345699")
    assert seen(other) == ("task", "maybe_same", order.payment_id)
    assert [say_yes(first, order), say_yes(other, order)] == [True, True]
    again = service.tell(100_000, f"{order.memo} chuyen tien", referenceCode="5078.12345678")
    assert seen(again)[0] == "same"
    assert received(order.payment_id) == 200_000


@both_engines
def test_two_connections_to_one_service_tell_two_transfers(owed, a_service):
    order = owed(price_vnd=185_000)
    one, other = (a_service(seller_id=order.seller_id) for _ in range(2))
    first = one.tell(100_000, order.memo, referenceCode="")
    second = other.tell(100_000, order.memo, referenceCode="")
    assert (seen(first)[:2], seen(second)[:2]) == (("task", "short"), ("task", "short"))
    message = one.message(100_000, order.memo)
    for service in (one, other):
        service.send(message)
        deliver()
    assert len(notices()) == 3, "Its own number tells the service's repeats."


@both_engines
def test_what_the_shop_took_for_told_twice_is_taken_back(owed, a_service):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    paid = service.tell(order.amount_vnd, order.memo, referenceCode="")
    assert seen(paid)[0] == "matched"
    head = ("Ngày giao dịch", "Nội dung", "Ghi nợ", "Ghi có")
    lines = [(today(), order.memo, "", "110.000"), (today(), "so du", "", "")]
    upload(payee_of(order), sheets.text([head, *lines], ";"))
    copy = notices()[-1]
    assert seen(copy)[0] == "same"
    with transaction() as session:
        assert reopen(session, notice_id=copy.id, by=SELLER, now=now_utc())
        assert not reopen(session, notice_id=copy.id, by=SELLER, now=now_utc())
    assert seen(copy)[:2] == ("task", "maybe_same")
    deliver()
    assert received(order.payment_id) == order.amount_vnd, "Only a person counts it."
    say_yes(copy, order)
    assert received(order.payment_id) == 2 * order.amount_vnd


@both_engines
def test_a_reopened_copy_never_settles_by_itself(owed, a_service):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    first = service.tell(order.amount_vnd, "khong ghi ma", referenceCode="FT26330111111")
    line = (today(), f"{order.memo} FT26330111111", "", "110.000")
    head = ("Ngày giao dịch", "Nội dung", "Ghi nợ", "Ghi có")
    upload(payee_of(order), sheets.text([head, line], ";"))
    copy = notices()[-1]
    assert (seen(first)[0], seen(copy)[0]) == ("task", "same")
    with transaction() as session:
        reopen(session, notice_id=copy.id, by=SELLER, now=now_utc())
    with transaction() as session:
        assert look_at(session, notice_id=copy.id, now=now_utc()) == "task"
    assert received(order.payment_id) == 0


@both_engines
def test_two_equal_gifts_in_one_statement_are_two(owed, a_service):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    lines = [(today(), "", "50.000", "ung ho")] * 2
    file = sheets.lua(lines, service.account)
    assert upload(payee_of(order), file) == 2
    assert upload(payee_of(order), file) == 0
    assert upload(payee_of(order), sheets.lua([*lines, lines[0]], service.account)) == 1
    assert [n.state for n in notices() if n.state != "same"] == ["task"] * 3


@both_engines
@pytest.mark.parametrize("over", ["cancelled", "expired"])
def test_late_money_is_a_task(owed, a_service, over):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    with transaction() as session:
        if over == "cancelled":
            ordering.cancel_by_buyer(session, order_id=order.order_id, now=now_utc())
        else:
            ordering.expire_due(session, now=now_utc() + timedelta(hours=30))
        payments.open_payments(session, order.order_id, now_utc())
    deliver()
    notice = service.tell(order.amount_vnd, order.memo)
    assert seen(notice) == ("task", "late", order.payment_id)
    assert received(order.payment_id) == 0
    say_yes(notice, order)
    # What ran out is placed again while its goods are there; what she cancelled is not.
    back = under("back", order.seller_id)
    assert back == ([order.payment_id] if over == "cancelled" else [])


def test_money_on_the_wrong_sellers_account_names_nobody_elses_order(owed, a_service):
    hers, beside = owed(), owed()
    service = a_service(seller_id=beside.seller_id)
    notice = service.tell(hers.amount_vnd, hers.memo)
    assert seen(notice) == ("task", "wrong_account", None)
    with pytest.raises(NotYours):
        say_yes(notice, hers)
    assert received(hers.payment_id) == 0


def test_money_on_her_other_account_is_asked(owed, a_service):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    change_account(order.seller_id, "777788889999")
    notice = service.tell(order.amount_vnd, order.memo, accountNumber="777788889999")
    assert seen(notice) == ("task", "other_account", order.payment_id)
    say_yes(notice, order)
    assert received(order.payment_id) == order.amount_vnd


def test_an_account_changed_and_changed_back_is_one_account(owed, a_service):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    for number in ("777788889999", service.account):
        change_account(order.seller_id, number)
    notice = service.tell(order.amount_vnd, order.memo)
    assert seen(notice) == ("matched", "exact", order.payment_id)


@pytest.mark.parametrize(
    "line",
    [
        "Số tài khoản:{n}",
        "Số TK: {n}-VND",
        "Số tài khoản: {head}xxx{last4}",
        "Account ending {last4}",
    ],
)
@both_engines
def test_the_banks_own_statement_is_known_however_it_writes_the_number(owed, a_service, line):
    order = owed()
    number = a_service(seller_id=order.seller_id).account
    shown = payee_of(order)
    change_account(order.seller_id, "777788889999")
    above = [line.format(n=number, head=number[:4], last4=number[-4:])]
    lines = [
        ("Ngày giao dịch", "Nội dung", "Ghi nợ", "Ghi có"),
        (today(), order.memo, "", "110.000"),
    ]
    for chosen in (shown, *other_accounts(order, shown)):  # What the file says goes before.
        upload(chosen, sheets.text([above, *lines], ";"))
    assert received(order.payment_id) == order.amount_vnd
    assert {notice.payee_id for notice in notices()} == {shown}
    with pytest.raises(StatementOfOther):
        upload(shown, sheets.text([["Số tài khoản: 1112223334445"], *lines], ";"))


def other_accounts(order, shown):
    return db.session.scalars(
        select(Payee.id).where(Payee.seller_id == order.seller_id, Payee.id != shown)
    ).all()


@both_engines
def test_without_a_code_the_one_likely_order_is_suggested_only(owed, a_service):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    notice = service.tell(order.amount_vnd, "NGUYEN THI A chuyen tien mua bot ngu coc")
    assert seen(notice) == ("task", "likely", order.payment_id)
    assert received(order.payment_id) == 0
    say_yes(notice, order)
    assert received(order.payment_id) == order.amount_vnd


def test_two_likely_orders_or_an_old_one_are_no_suggestion(owed, a_service):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    other = owed(seller_id=order.seller_id)
    assert seen(service.tell(order.amount_vnd, "mua bot")) == ("task", "unknown", None)
    long_ago = now_utc() - timedelta(hours=60)
    with transaction() as session:
        session.execute(
            update(Payment).where(Payment.id == other.payment_id).values(opened_at=long_ago)
        )
    assert seen(service.tell(order.amount_vnd, "mua bot")) == ("task", "likely", order.payment_id)


def test_outgoing_money_is_kept_and_asks_nothing(owed, a_service):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    notice = service.tell(order.amount_vnd, order.memo, transferType="out")
    assert (notice.state, notice.amount_vnd) == ("outgoing", -order.amount_vnd)
    assert received(order.payment_id) == 0


def test_the_right_amount_with_another_orders_code_is_asked(owed, a_service):
    cheap = owed()
    dear = owed(seller_id=cheap.seller_id, price_vnd=200_000)
    service = a_service(seller_id=cheap.seller_id)
    notice = service.tell(cheap.amount_vnd, dear.memo)
    assert seen(notice) == ("task", "other_code", dear.payment_id)
    assert (received(cheap.payment_id), received(dear.payment_id)) == (0, 0)
    say_yes(notice, cheap)
    assert received(cheap.payment_id) == cheap.amount_vnd


@both_engines
def test_two_codes_in_one_transfer_are_asked_and_pay_both(owed, a_service):
    first = owed()
    second = owed(seller_id=first.seller_id, price_vnd=50_000)
    service = a_service(seller_id=first.seller_id)
    whole = first.amount_vnd + second.amount_vnd
    notice = service.tell(whole, f"{first.memo} {second.memo} chuyen 2 don")
    assert seen(notice)[:2] == ("task", "two_codes")
    assert (received(first.payment_id), received(second.payment_id)) == (0, 0)
    say_yes(notice, first, second)
    assert received(first.payment_id) == first.amount_vnd
    assert received(second.payment_id) == second.amount_vnd
    matches = db.session.scalars(select(BankMatch.amount_vnd)).all()
    assert sum(matches) == whole


@both_engines
def test_a_transfer_for_two_orders_that_does_not_fit_fills_the_first_and_the_rest_is_the_lasts(
    owed, a_service
):
    first = owed()
    second = owed(seller_id=first.seller_id)
    service = a_service(seller_id=first.seller_id)
    both = f"{second.memo} {first.memo}"
    less, more = service.tell(200_000, both), service.tell(90_000, "khong ma")
    [card] = cards_of(db.session(), [db.session.get_one(BankNotice, less.id)])
    assert [(guess.payment_id, vnd) for guess, vnd in card.shares] == [
        (second.payment_id, 110_000), (first.payment_id, 90_000),
    ]  # fmt: skip
    assert not card.pays_all
    say_yes(less, second, first)
    assert (received(second.payment_id), received(first.payment_id)) == (110_000, 90_000)
    say_yes(more, first, second)
    assert (received(second.payment_id), received(first.payment_id)) == (180_000, 110_000)


@both_engines
def test_money_that_ends_before_the_last_of_several_orders_is_refused(owed, a_service):
    first = owed()
    second = owed(seller_id=first.seller_id)
    notice = a_service(seller_id=first.seller_id).tell(110_000, f"{first.memo} {second.memo}")
    [card] = cards_of(db.session(), [db.session.get_one(BankNotice, notice.id)])
    assert card.shares == []
    with pytest.raises(AmountOutOfRange):
        say_yes(notice, first, second)
    assert (received(first.payment_id), received(second.payment_id)) == (0, 0)


def test_another_currency_is_asked_with_the_dong_that_came(owed, a_service):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    notice = service.tell(5, order.memo, currency="USD")
    assert seen(notice)[:2] == ("task", "foreign_currency")
    assert notice.amount_vnd is None
    say_yes(notice, order, amount=order.amount_vnd)
    assert received(order.payment_id) == order.amount_vnd


@both_engines
def test_a_person_who_tapped_before_the_notice_came_noted_the_same_money(owed, a_service):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    assert tap(order, order.amount_vnd)
    notice = service.tell(order.amount_vnd, order.memo)
    assert seen(notice) == ("matched", "known", order.payment_id)
    assert received(order.payment_id) == order.amount_vnd
    again = service.tell(order.amount_vnd, order.memo)
    assert seen(again) == ("task", "paid_already", order.payment_id), "A tap is claimed once."


@both_engines
def test_a_tap_on_a_page_made_before_the_notice_counts_nothing(owed, a_service):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    service.tell(order.amount_vnd, order.memo)
    with pytest.raises(MoneyMovedOn):
        tap(order, order.amount_vnd, after=0)
    assert received(order.payment_id) == order.amount_vnd


def test_a_tap_while_the_notice_waits_is_found_to_be_its_money(owed, a_service):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    notice = service.tell(60_000, order.memo)
    assert seen(notice)[1] == "short"
    tap(order, 60_000)
    deliver()
    assert seen(notice) == ("matched", "known", order.payment_id)
    assert received(order.payment_id) == 60_000


def test_yes_to_a_notice_that_somebody_noted_by_hand_adds_nothing(owed, a_service):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    tap(order, order.amount_vnd)
    notice = service.tell(order.amount_vnd, "khong ghi gi")
    assert seen(notice) == ("task", "maybe_known", order.payment_id)
    say_yes(notice, order)
    assert received(order.payment_id) == order.amount_vnd


@both_engines
def test_what_was_taken_back_at_the_order_is_asked_again_and_never_settles_by_itself(
    owed, a_service
):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    notice = service.tell(order.amount_vnd, order.memo)
    event = db.session.scalars(
        select(PaymentEvent.id).where(PaymentEvent.key.like("notice:%"))
    ).one()
    with transaction() as session:
        payments.take_back_confirmation(
            session, payment_id=order.payment_id, event_id=event, by=SELLER, now=now_utc()
        )
    deliver()
    assert seen(notice) == ("task", "taken_back", order.payment_id)
    assert received(order.payment_id) == 0
    say_yes(notice, order)
    assert received(order.payment_id) == order.amount_vnd


@both_engines
def test_answers_that_move_no_money_are_taken_back_and_others_are_not(owed, a_service):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    notice = service.tell(7_000, "an trua")
    for to in ("ignored", "given_back", "same"):
        with transaction() as session:
            assert close(session, notice_id=notice.id, to=to, by=SELLER, now=now_utc())
            assert not close(session, notice_id=notice.id, to=to, by=SELLER, now=now_utc())
        with pytest.raises(NoticeSettled):
            say_yes(notice, order)
        with transaction() as session:
            assert reopen(session, notice_id=notice.id, by=SELLER, now=now_utc())
            assert not reopen(session, notice_id=notice.id, by=SELLER, now=now_utc())
        assert seen(notice)[0] == "task"
    paid = service.tell(order.amount_vnd, order.memo)
    with pytest.raises(NoticeStays), transaction() as session:
        reopen(session, notice_id=paid.id, by=SELLER, now=now_utc())
    assert received(order.payment_id) == order.amount_vnd


def test_what_services_told_and_the_statement_does_not_is_shown(owed, a_service):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    from shop.banking.models import BankStatement
    from shop.banking.queries.notices import not_in_statement

    true = service.message(20_000, "that", transactionDate=f"{now_utc():%Y-%m-%d} 00:30:00")
    forged = service.message(30_000, "gia", transactionDate=f"{now_utc():%Y-%m-%d} 00:40:00")
    for message in (true, forged):
        service.send(message)
    deliver()
    day = f"{now_utc():%d/%m/%Y}"
    upload(
        payee_of(order),
        sheets.lua([(day, "", "20.000", f"that {true['referenceCode']}"),
                    (f"{day} 23:59:59", "", "1.000", "x")], service.account),
    )  # fmt: skip
    number = db.session.scalars(select(BankStatement.id)).one()
    statement = statement_in(db.session(), Sight(seller_id=order.seller_id), number)
    assert [row.amount_vnd for row in not_in_statement(db.session(), statement)] == [30_000]
