"""`flask bank …`: what banks told of organisations' accounts, as the officers' pages have it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from shop.banking.actions import answers
from shop.banking.actions.codes import accept_codes
from shop.banking.actions.feeds import end_feed, open_feed
from shop.banking.actions.statements import copies_of, name_columns, preview, preview_of, store
from shop.banking.files import open_file
from shop.banking.queries.columns import known_layouts, table_of
from shop.banking.queries.feeds import feed_in, feeds_in
from shop.banking.queries.inbox import cards_of, inbox
from shop.banking.queries.notices import PAGE, notice_in, statement_in, task_count
from shop.banking.queries.owners import Sight, account_in, accounts_in
from shop.banking.queries.units import WALLETS
from shop.banking.rules.columns import What
from shop.banking.rules.feeds import SERVICES
from shop.banking.rules.shown import mark_of
from shop.cli.acting import a_seller, a_unit, a_vnd, acting, command, one_act
from shop.cli.tables import columns_of_letters, print_rows
from shop.db import db
from shop.kernel.cells import MOST_BYTES
from shop.kernel.errors import NotYours
from shop.payments.methods import By
from shop.web.links import absolute
from shop.web.words import _, day, dong, moment, tr

bank_group = AppGroup("bank", help="What banks told of organisations' accounts.")

#: Every organisation's account; sellers' own are looked at in their stalls.
ALL = Sight(units=None)


@command(bank_group, "services")
def bank_services() -> None:
    """Print the services that tell of money: number, address to call, when it last did."""
    for feed in feeds_in(db.session(), ALL):
        if feed.ended_at is not None:
            state = _("đã ngừng")
        elif feed.last_at is None:
            state = _("chưa có tin nào")
        else:
            state = moment(feed.last_at)
        click.echo(
            f"{feed.id}  {feed.kind}  {tr(feed, 'name')}  "
            f"{absolute(f'/hook/ngan-hang/{feed.address}')}  {state}"
        )


@command(bank_group, "connect")
@click.argument("unit")
@click.option("--service", "kind", type=click.Choice(list(SERVICES)), required=True)
@click.option(
    "--secret", prompt=True, hide_input=True,
    help="Asked for, so that it stays out of the history.",
)  # fmt: skip
def bank_connect(unit: str, kind: str, secret: str) -> None:
    """Let a service tell of money on a unit's account. UNIT: its slug."""
    with one_act() as session:
        owner = a_unit(session, unit)
        if not any(
            row.organisation_id == owner.id and row.ended_at is None
            for row in accounts_in(session, ALL)
        ):
            raise click.ClickException(
                _("Tổ chức %(slug)s chưa có tài khoản ngân hàng.", slug=unit)
            )
        feed = open_feed(session, kind=kind, secret=secret, organisation_id=owner.id, **acting())
        address = feed.address
    click.echo(
        _("Đã nối. Địa chỉ để dán vào dịch vụ: %(address)s",
          address=absolute(f"/hook/ngan-hang/{address}"))
    )  # fmt: skip


@command(bank_group, "disconnect")
@click.argument("number", type=int)
def bank_disconnect(number: int) -> None:
    """Refuse what a service tells from now on. NUMBER: of `bank services`."""
    with one_act() as session:
        _found(lambda: feed_in(session, ALL, number), number)
        new = end_feed(session, feed_id=number, **acting())
    click.echo(_("Đã ngừng dịch vụ số %(id)s.", id=number) if new else _said_before())


@command(bank_group, "read")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--unit", required=True, help="Slug of the unit whose account it is.")
@click.option("--last4", help="The account, when the unit had several.")
def bank_read(path: Path, unit: str, last4: str | None) -> None:
    """Read a statement file and show what it says; nothing else happens yet."""
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    with one_act() as session:
        account = account_in(session, ALL, _account_of(session, unit, last4))
        opened = open_file(content, known_layouts(session, account))
        if opened.refusal is not None and opened.table is None:
            raise opened.refusal
        found = preview(
            session, statement=opened.statement, account=account, table=opened.table, **acting()
        )
    _show(found)


def _show(number: int) -> None:
    session = db.session()
    statement = statement_in(session, ALL, number)
    table = table_of(statement)
    if table is not None and not statement.line_count:
        print_rows(table.rows)
        click.echo(
            _("Bảng lạ. Chỉ cột: flask bank columns %(id)s --head 2 A=date C=text D=credit",
              id=number)
        )  # fmt: skip
        return
    said = preview_of(statement)
    lines, unread, other_sheets = said.lines, said.unread, said.beside
    copies = copies_of(session, statement, lines)
    for line, copy in zip(lines, copies, strict=True):
        state = _("Báo rồi") if copy else _("Mới")
        click.echo(f"{day(line.booked_at)}  {_amount(line)}  {state}  {line.text}")
    if unread:
        click.echo(_("Dòng đọc không chắc nên bỏ ra: %(which)s", which=", ".join(map(str, unread))))
    if other_sheets:
        click.echo(_("Trang tính không đọc: %(which)s", which=", ".join(other_sheets)))
    click.echo(
        _("%(lines)s khoản tiền vào, %(new)s khoản mới. Lưu: flask bank store %(id)s --seen %(mark)s",
          lines=len(lines), new=sum(copy is None for copy in copies), id=number,
          mark=mark_of(statement.lines))
    )  # fmt: skip


@command(bank_group, "columns")
@click.argument("number", type=int)
@click.argument("columns", nargs=-1, required=True)
@click.option("--head", type=int, default=1, help="The row of the heads, from 1; 0: it has none.")
def bank_columns(number: int, columns: tuple[str, ...], head: int) -> None:
    """Say what the columns of a strange table are. COLUMNS: A=date B=text C=credit …"""
    said = columns_of_letters(columns, list(What))
    with one_act() as session:
        table = table_of(_found(lambda: statement_in(session, ALL, number), number))
        new = table is not None and name_columns(
            session, statement_id=number, table=table, at=max(-1, head - 1), said=said, **acting()
        )
    if new:
        _show(number)
    else:
        click.echo(_said_before())


@command(bank_group, "store")
@click.argument("number", type=int)
@click.option("--seen", help="As `bank read` shows it: refused when columns were named since.")
def bank_store(number: int, seen: str | None) -> None:
    """Store the lines of a file that was read. NUMBER: of `bank read`."""
    with one_act() as session:
        _found(lambda: statement_in(session, ALL, number), number)
        new = store(session, statement_id=number, shown=seen, **acting())
    click.echo(_said_before() if new is None else _("Đã lưu, %(new)s khoản mới.", new=new))


@command(bank_group, "list")
def bank_list() -> None:
    """Print what waits for a word: number, money, text, and the orders that it may pay."""
    session = db.session()
    for page in range(1, -(-task_count(session, ALL) // PAGE) + 1):
        for card in inbox(session, ALL, page=page):
            amount = _amount(card.row) if card.row.amount_vnd is not None else card.told.written
            click.echo(f"{card.row.id}  {amount}  {moment(card.row.booked_at)}  {card.told.text}")
            for guess in card.guesses:
                click.echo(
                    f"    ? {guess.memo}  {guess.order_code}  {guess.buyer}  "
                    f"{dong(guess.wanted.missing_vnd)}"
                )


@command(bank_group, "accept")
@click.argument("number", type=int)
@click.argument("codes", nargs=-1)
@click.option("--amount", help="What the bank credited, for money in another currency.")
def bank_accept(number: int, codes: tuple[str, ...], amount: str | None) -> None:
    """Note that money is of these orders, or of a fund.

    CODES: memos or order codes, the rest to the last; or one memo of a fund; without any, all
    orders that its text names.
    """

    def take(session: Session, notice: Any, who: dict[str, Any]) -> bool:
        said = {
            "notice_id": number, "amount_vnd": a_vnd(amount) if amount else None,
            "by": By("operator"), "now": who["now"],
        }  # fmt: skip
        if codes:
            return accept_codes(session, codes=codes, **said)
        named = [guess.payment_id for guess, _ in cards_of(session, [notice])[0].shares]
        return answers.accept(session, payment_ids=named, **said)

    _answer(number, "accepted", take)


@command(bank_group, "recognise")
@click.argument("number", type=int)
@click.argument("transfer", type=int)
def bank_recognise(number: int, transfer: int) -> None:
    """Note that money is gifts by card passed on to a fund, which counted it before.

    TRANSFER: its number, as the desk and the text of the transfer show it.
    """
    _answer(
        number, "recognised",
        lambda session, notice, who: answers.accept_pass(
            session, notice_id=number, pass_id=transfer, by=By("operator"), now=who["now"]
        ),
    )  # fmt: skip


@command(bank_group, "booked")
@click.argument("number", type=int)
@click.argument("kind", type=click.Choice(["card", "carrier", "payout"]))
@click.argument("counted", type=int)
def bank_booked(number: int, kind: str, counted: int) -> None:
    """Note that money was counted before the bank told of it.

    COUNTED: the number of the gateway's payout, the carrier's file, or the payout that came back.
    """
    _answer(
        number, "booked",
        lambda session, notice, who: answers.accept_booked(
            session, notice_id=number, kind=kind, id_=counted, by=By("operator"), now=who["now"]
        ),
    )  # fmt: skip


@command(bank_group, "debt")
@click.argument("number", type=int)
@click.argument("seller")
@click.option("--rest", help="What she paid too much: nobody's until somebody says whose.")
def bank_debt(number: int, seller: str, rest: str | None) -> None:
    """Note that money is what a seller owed the organisation. SELLER: her slug."""
    rest_vnd = a_vnd(rest) if rest else 0

    def take(session: Session, notice: Any, who: dict[str, Any]) -> bool:
        return answers.accept_debt(
            session, notice_id=number, seller_id=a_seller(session, seller).id,
            rest_vnd=rest_vnd, by=By("operator"), now=who["now"],
        )  # fmt: skip

    _answer(number, "debt_paid", take)


@command(bank_group, "payout")
@click.argument("number", type=int)
@click.argument("wallet", type=click.Choice(WALLETS))
@click.option("--fee", default="0", help="What the wallet kept, in đồng.")
def bank_payout(number: int, wallet: str, fee: str) -> None:
    """Note that money is what a wallet paid out, less its fee."""
    fee_vnd = 0 if fee == "0" else a_vnd(fee)
    _answer(
        number, "paid_out",
        lambda session, notice, who: answers.accept_payout(
            session, notice_id=number, wallet=wallet, fee_vnd=fee_vnd, by=By("operator"),
            now=who["now"],
        ),
    )  # fmt: skip


def _closing(name: str, state: str, says: str) -> None:
    """Make the command of an answer that moves no money."""

    def close(number: int) -> None:
        _answer(
            number, state,
            lambda session, notice, who: answers.close(
                session, notice_id=number, to=state, by=By("operator"), now=who["now"]
            ),
        )  # fmt: skip

    close.__doc__ = says
    command(bank_group, name)(click.argument("number", type=int)(close))


_closing("ignore", "ignored", "Note that money is no order's.")
_closing("given-back", "given_back", "Note that money was given back to whoever sent it.")
_closing("same", "same", "Note that this money was told before.")


def _answer(
    number: int, word: str, work: Callable[[Session, Any, dict[str, Any]], bool]
) -> None:  # fmt: skip
    who = acting()
    with one_act() as session:
        notice = _found(lambda: notice_in(session, ALL, number), number)
        new = work(session, notice, who)
        if new:
            answers.note_answer(session, notice=notice, word=word, **who)
    click.echo(_("Đã ghi.") if new else _said_before())


def _account_of(session: Session, unit: str, last4: str | None) -> int:
    owner = a_unit(session, unit).id
    found = [
        row.id
        for row in accounts_in(session, ALL)
        if row.organisation_id == owner and last4 in (None, row.last4)
    ]
    if not found:
        raise click.ClickException(_("Tổ chức %(slug)s chưa có tài khoản ngân hàng.", slug=unit))
    return found[0]


def _found(look: Callable[[], Any], number: int) -> Any:
    try:
        return look()
    except NotYours:
        raise click.ClickException(_("Không có số %(id)s.", id=number)) from None


def _amount(row: Any) -> str:
    return dong(row.amount_vnd) if row.amount_vnd is not None else f"{row.written} {row.currency}"


def _said_before() -> str:
    return _("Việc này đã ghi trước đó rồi.")
