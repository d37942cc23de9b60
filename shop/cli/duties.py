"""`flask complaint …`, `picture …`, `money …` and `order …`: the desk's daily work."""

from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.catalogue.actions import check_paper
from shop.catalogue.models import Paper
from shop.catalogue.paper_queries import papers_to_check
from shop.cli.acting import a_seller, a_vnd, acting, command, every_row, one_act
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.kernel.codes import read_code
from shop.operations import actions as desk
from shop.operations.complaint_words import at_latest
from shop.operations.forms import COMPLAINT_WORDS
from shop.operations.models import Complaint
from shop.operations.queries import (
    complaint_words,
    complaints_page,
    order_id_of,
    photo_count,
    pictures_page,
    steps_beside,
    steps_to_take_back,
    transfers_page,
)
from shop.payments.gateways.actions.twice import keep_sent_twice
from shop.payments.methods import By
from shop.payments.queries import (
    HEADINGS,
    last_money_event,
    people_of,
    promised_so_far,
    refunds_of_payment,
)
from shop.payments.rules.refunds import SentElsewhere, Way
from shop.payments.wrong_steps import take_step_back
from shop.web.forms import read_day
from shop.web.lists import cut
from shop.web.words import _, day, dong, moment, ngettext, tr

complaint_group = AppGroup("complaint", help="Complaints.")
picture_group = AppGroup("picture", help="Pictures that wait for words.")
order_group = AppGroup("order", help="Steps of orders that were tapped wrongly.")
paper_group = AppGroup("paper", help="Papers that somebody should look at.")
money_group = AppGroup("money", help="Transfers into organisations' accounts.")


def _a_complaint(session: Session, code: str) -> Complaint:
    found = session.scalar(select(Complaint).where(Complaint.code == read_code(code)))
    if found is None:
        raise click.ClickException(_("Không có khiếu nại mã “%(code)s”.", code=code))
    return found


@command(complaint_group, "list")
@click.option("--settled", is_flag=True, help="Those that are closed.")
def complaint_list(settled: bool) -> None:
    """Print the complaints, the most urgent first."""
    for row in every_row(
        lambda page: complaints_page(db.session(), settled=settled, typed="", page=page)
    ):
        by = row.settle_by if row.answered_at else row.answer_by
        said = moment(row.settled_at) if row.settled_at else at_latest(by, now_utc())
        click.echo(f"{row.code}  {COMPLAINT_WORDS[row.kind]}  {said}")


@command(complaint_group, "show")
@click.argument("code")
def complaint_show(code: str) -> None:
    """Print what somebody wrote and how to reach her."""
    row = _a_complaint(db.session(), code)
    said = complaint_words(row)
    click.echo(f"{said['name']}  {said['phone'] or ''}  {said['email'] or ''}".strip())
    click.echo(said["text"])
    if photos := photo_count(db.session(), row.id):
        click.echo(ngettext("Kèm %(num)s ảnh.", "Kèm %(num)s ảnh.", photos))
    for beside, words in zip(
        steps_beside(db.session(), row),
        (_("Bước hai của khiếu nại"), _("Đã viết lại ở khiếu nại")), strict=True,
    ):  # fmt: skip
        if beside is not None:
            click.echo(f"{words} {beside.code}")
    for words in (row.answer, row.outcome):
        if words:
            click.echo(f"> {words}")


@command(complaint_group, "answer")
@click.argument("code")
@click.option("--answer", required=True)
def complaint_answer(code: str, answer: str) -> None:
    """Answer a complaint; whoever wrote it is told by mail."""
    with one_act() as session:
        row = _a_complaint(session, code)
        desk.answer_complaint(
            session, complaint_id=row.id, answer=answer, settled=False, **acting()
        )
    click.echo(_("Đã trả lời khiếu nại %(code)s.", code=read_code(code)))


@command(complaint_group, "settle")
@click.argument("code")
@click.option("--outcome", required=True, help="How it ended, in one sentence.")
@click.option("--answer", default="")
def complaint_settle(code: str, outcome: str, answer: str) -> None:
    """Close a complaint with how it ended."""
    with one_act() as session:
        row = _a_complaint(session, code)
        desk.answer_complaint(
            session, complaint_id=row.id, answer=answer, settled=True, outcome=outcome,
            **acting(),
        )  # fmt: skip
    click.echo(_("Đã giải quyết xong khiếu nại %(code)s.", code=read_code(code)))


@command(complaint_group, "erase")
@click.argument("code")
def complaint_erase(code: str) -> None:
    """Forget who wrote a settled complaint, and her words."""
    with one_act() as session:
        desk.erase_complaint(session, complaint_id=_a_complaint(session, code).id, **acting())
    click.echo(_("Đã bỏ tên và lời của người viết khiếu nại %(code)s.", code=read_code(code)))


@command(order_group, "erase")
@click.argument("code")
def order_erase(code: str) -> None:
    """Take name, phones, mail and address off an order, for good. CODE: of the order."""
    with one_act() as session:
        order_id = order_id_of(session, read_code(code))
        if order_id is None:
            raise click.ClickException(_("Không có đơn nào mang mã này."))
        desk.erase_order(session, order_id=order_id, **acting())
    click.echo(_("Đã bỏ tên, điện thoại và địa chỉ khỏi đơn %(code)s.", code=read_code(code)))


@command(picture_group, "list")
def picture_list() -> None:
    """Print the pictures whose words say too little."""
    for row in every_row(lambda page: pictures_page(db.session(), None, page)):
        click.echo(f"{row.id}  {tr(row, 'name')}: {row.alt_vi}")


@command(picture_group, "describe")
@click.argument("picture_id", type=int)
@click.option("--vi", required=True, help="What is in the picture, in Vietnamese.")
@click.option("--en", default="", help="The same in English.")
def picture_describe(picture_id: int, vi: str, en: str) -> None:
    """Describe a picture in its maker's stead."""
    with one_act() as session:
        desk.write_words(session, picture_id=picture_id, alt_vi=vi, alt_en=en, **acting())
    click.echo(_("Đã tả ảnh số %(id)s.", id=picture_id))


def _a_transfer(session: Session, code: str) -> int:
    """Return the payment of a memo or an order's code, or end with a sentence."""
    found = transfers_page(session, None, "", code, 1).rows
    if len(found) != 1:
        raise click.ClickException(
            _("“%(code)s” không chỉ đúng một khoản. Ghi nội dung chuyển khoản.", code=code)
        )
    return found[0].id


def _note(code: str, act: Any, **what: Any) -> None:
    """Do one act to the transfer of a code, and say whether it was new."""
    who = acting()
    by = By("operator", name=who["actor_name"])
    try:
        with one_act() as session:
            new = act(session, payment_id=_a_transfer(session, code), by=by, now=who["now"], **what)
    except click.ClickException as failed:
        if isinstance(failed.__cause__, SentElsewhere):
            with transaction() as session:
                keep_sent_twice(
                    session, failed.__cause__, refund_id=what["refund_id"], by=by, now=who["now"]
                )
        raise
    click.echo(_("Đã ghi.") if new else _("Việc này đã ghi trước đó rồi."))


AFTER = click.option(
    "--after", type=int, required=True,
    help="The number that `money list` shows: the same command sent twice then counts once.",
)  # fmt: skip


@command(money_group, "list")
@click.option("--heading", type=click.Choice(list(HEADINGS)), default="reported")
def money_list(heading: str) -> None:
    """Print transfers: memo, order, buyer, what is owed and there, and the number for --after."""
    session = db.session()
    for row in every_row(lambda page: transfers_page(session, None, heading, "", page)):
        buyer = people_of(session, [row.id])[row.id].buyer
        held = row.received_vnd - row.refunded_vnd
        click.echo(
            f"{row.memo}  {row.order_code}  {buyer}  {dong(held)} / {dong(row.amount_vnd)}"
            f"  --after {last_money_event(session, row.id)}"
        )


@command(money_group, "received")
@click.argument("code")
@click.option("--amount", required=True)
@AFTER
@click.option("--words", default="")
def money_received(code: str, amount: str, after: int, words: str) -> None:
    """Note that money reached the account. CODE: the transfer's memo or the order's code."""
    _note(code, desk.note_received, amount_vnd=a_vnd(amount), after=after, words=words)


@command(money_group, "given-back")
@click.argument("code")
@click.option("--amount", required=True)
@AFTER
@click.option("--words", default="")
def money_given_back(code: str, amount: str, after: int, words: str) -> None:
    """Note that money was transferred back to the buyer."""
    _note(code, desk.note_given_back, amount_vnd=a_vnd(amount), after=after, words=words)


@command(money_group, "take-back")
@click.argument("code")
@click.option("--event", "event_id", type=int, required=True, help="The number of `money list`.")
def money_take_back(code: str, event_id: int) -> None:
    """Take the last confirmation back, if it was wrong."""
    _note(code, desk.note_taken_back, event_id=event_id)


@command(money_group, "not-found")
@click.argument("code")
@click.option("--words", default="")
def money_not_found(code: str, words: str) -> None:
    """Note that what a buyer said she sent for an order that is over did not come."""
    _note(code, desk.note_not_found, words=words)


@command(order_group, "wrong-steps")
@click.argument("seller")
def order_wrong_steps(seller: str) -> None:
    """Print orders of a stall whose last step may be taken back. SELLER: its slug."""
    session = db.session()
    seller_id, now = a_seller(session, seller).id, now_utc()
    for row in every_row(lambda page: steps_to_take_back(session, seller_id, now, page)):
        click.echo(
            f"{row.move_id}  {row.code}  {row.state}  {dong(row.total_vnd)}  {moment(row.at)}"
        )


@command(order_group, "take-back")
@click.argument("seller")
@click.argument("code")
@click.option("--step", type=int, required=True, help="The number of `order wrong-steps`.")
def order_take_back(seller: str, code: str, step: int) -> None:
    """Take an order's last step back, if it was tapped wrongly. SELLER: slug; CODE: of the order."""
    who, code = acting(), read_code(code)
    with one_act() as session:
        steps = steps_to_take_back(session, a_seller(session, seller).id, who["now"], 1, code)
        found = [row for row in steps.rows if row.move_id == step]
        if not found:
            raise click.ClickException(
                _("Đơn %(code)s không có bước nào để lấy lại ở gian hàng này.", code=code)
            )
        new = take_step_back(
            session, seller_order_id=found[0].id, move_id=found[0].move_id,
            by=By("operator", name=who["actor_name"]), now=who["now"],
        )  # fmt: skip
    click.echo(_("Đã ghi.") if new else _("Việc này đã ghi trước đó rồi."))


@command(paper_group, "list")
def paper_list() -> None:
    """Print the papers that nobody looked at: number, version, what stands on them."""
    for row in every_row(lambda page: cut(db.session(), papers_to_check(None), page)):
        until = day(row.expires_on, "year") if row.expires_on else "-"
        about = tr(row, "title") if row.title_vi else "-"
        said = f"{row.kind}  {row.number}  {row.issuer or '-'}  {until}"
        click.echo(f"{row.id}  {row.version}  {row.seller_vi}  {about}  {said}")


@command(paper_group, "check")
@click.argument("paper_id", type=int)
@click.option("--version", type=int, required=True, help="Of `paper list`: what was read.")
def paper_check(paper_id: int, version: int) -> None:
    """Say that you have seen a paper and that it says what is written."""
    with one_act() as session:
        if session.get(Paper, paper_id) is None:
            raise click.ClickException(_("Không có số %(id)s.", id=paper_id))
        new = check_paper(session, paper_id=paper_id, version=version, **acting())
    click.echo(_("Đã ghi.") if new else _("Việc này đã ghi trước đó rồi."))


REFUND = click.option(
    "--refund", "refund_id", type=int, required=True, help="The number that `money refunds` shows."
)


@command(money_group, "refunds")
@click.argument("code")
def money_refunds(code: str) -> None:
    """Print what went or is to go back of a transfer: number, amount, state, where to."""
    session = db.session()
    found = refunds_of_payment(session, _a_transfer(session, code))
    click.echo(f"--after {promised_so_far(found)}")
    for row in found:
        to = f"{row.account.bank_name} *{row.account.last4}" if row.account else ""
        click.echo(
            f"--refund {row.id} --to {row.mark}  {dong(row.amount_vnd)}  {row.state}  {to}".rstrip()
        )


@command(money_group, "sent-back")
@click.argument("code")
@REFUND
@click.option(
    "--to", "seen", required=True, help="Where to, as `money refunds` said before it was sent."
)
@click.option("--before", "is_before", is_flag=True, help="It went where the buyer wanted before.")
@click.option("--reference", default="", help="What the bank calls the transfer.")
def money_sent_back(
    code: str, refund_id: int, seen: str, is_before: bool, reference: str
) -> None:  # fmt: skip
    """Note that a refund was transferred to the account that the buyer gave."""
    _note(
        code, desk.note_sent_back, refund_id=refund_id, seen=seen, is_before=is_before,
        reference=reference[:60],
    )  # fmt: skip


@command(money_group, "account-wrong")
@click.argument("code")
@REFUND
def money_account_wrong(code: str, refund_id: int) -> None:
    """Note that there is no such account; the buyer is asked again."""
    _note(code, desk.note_account_wrong, refund_id=refund_id)


@command(money_group, "as-credit")
@click.argument("code")
@REFUND
def money_as_credit(code: str, refund_id: int) -> None:
    """Give the buyer a code for what waits to go back; only her order's page shows it."""
    _note(code, desk.give_as_credit, refund_id=refund_id)


@command(money_group, "record-gift")
@click.argument("code")
@REFUND
@click.option("--campaign", required=True, help="The code of the campaign's page.")
@click.option("--by", "said_by", required=True, help="Who said so.")
@click.option("--on", "said_on", required=True, help="On which day: 2026-10-17.")
@click.option("--how", type=click.Choice(["phone", "in_person", "paper", "voice"]), required=True)
@click.option("--words", default="")
@click.option("--named", is_flag=True, help="Her name may stand in the public account.")
def money_record_gift(
    code: str, refund_id: int, campaign: str, said_by: str, said_on: str, how: str, words: str,
    named: bool,
) -> None:  # fmt: skip
    """Write down that the buyer gives what waits for her to a campaign; another person acts on it."""
    when = read_day(said_on)
    if when is None:
        raise click.ClickException(_("Ngày chưa đúng. Ghi như 2026-10-17."))
    _note(
        code, desk.record_word, refund_id=refund_id, campaign_code=read_code(campaign),
        said_by=said_by[:80], words=words[:300], said_on=when, said_how=how, named=named,
    )  # fmt: skip


@command(money_group, "give-as-said")
@click.argument("code")
@REFUND
def money_give_as_said(code: str, refund_id: int) -> None:
    """Let the money go to the fund as the buyer said; not by the person who wrote that down."""
    _note(code, desk.carry_out_word, refund_id=refund_id)


@command(money_group, "drop-gift")
@click.argument("code")
@REFUND
def money_drop_gift(code: str, refund_id: int) -> None:
    """Forget what was written down, while nobody has acted on it."""
    _note(code, desk.drop_word, refund_id=refund_id)


@command(money_group, "promise-back")
@click.argument("code")
@click.option("--amount", default="", help="How much; or --line.")
@click.option("--line", "lines", type=(int, int), multiple=True, help="A line's id and how many.")
@click.option("--of", "of_part", type=int, help="The seller order that it is taken from.")
@click.option("--after", type=int, required=True, help="The number that `money refunds` shows.")
@click.option("--words", default="")
@click.option("--credit", is_flag=True, help="As a code to buy with, at once.")
def money_promise_back(
    code: str, amount: str, lines: tuple[tuple[int, int], ...], of_part: int | None, after: int,
    words: str, credit: bool,
) -> None:  # fmt: skip
    """Let the buyer have some back though all of it was owed; she is asked where to."""
    if lines and (amount or of_part):
        raise click.ClickException(_("Chị ghi số món hoặc số tiền, đừng ghi cả hai."))
    _note(
        code, desk.promise_back, amount_vnd=a_vnd(amount) if amount else None,
        lines=dict(lines) or None, of_part=of_part, after=after, words=words,
        way=Way.CREDIT if credit else Way.BANK,
    )  # fmt: skip


@command(money_group, "withdraw-promise")
@click.argument("code")
@REFUND
def money_withdraw_promise(code: str, refund_id: int) -> None:
    """Take back a promise whose money has not gone."""
    _note(code, desk.withdraw_promise, refund_id=refund_id)
