"""`flask market …`: series, sessions and what sellers bring, as at the desk."""

import secrets
from datetime import datetime
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.catalogue.models import Variant
from shop.cli.acting import a_phone, a_unit, acting, command, one_act
from shop.db import db
from shop.kernel.clock import VIETNAM, now_utc
from shop.kernel.codes import read_code
from shop.markets.actions import offers, sessions
from shop.markets.actions.tasks import settle_task
from shop.markets.models import MarketSeries, MarketSession
from shop.markets.queries.sessions import offers_of, pickups_of, sessions_of
from shop.markets.rules.calendar import SHIFTS, read_rule
from shop.markets.rules.sessions import phase_of, times_wrong
from shop.markets.rules.stall import STALL_ACTS
from shop.organising import market_day, market_lists, next_market, stall_undo
from shop.payments.methods import By
from shop.queued.queries import tasks_about
from shop.sellers.models import Seller
from shop.web.words import _, dong, language, moment, tr

market_group = AppGroup("market", help="Markets: series, sessions, what sellers bring.")

WHEN = click.DateTime(["%Y-%m-%d %H:%M"])


def _at(typed: datetime) -> datetime:
    return typed.replace(tzinfo=VIETNAM)


def a_session(session: Session, code: str) -> MarketSession:
    found = session.scalar(select(MarketSession).where(MarketSession.code == read_code(code)))
    if found is None:
        raise click.ClickException(_("Không có phiên chợ mã “%(code)s”.", code=code))
    return found


def _a_series(session: Session, code: str) -> MarketSeries:
    found = session.scalar(select(MarketSeries).where(MarketSeries.code == read_code(code)))
    if found is None:
        raise click.ClickException(_("Không có chợ mã “%(code)s”.", code=code))
    return found


@command(market_group, "list")
def market_list() -> None:
    """Print the sessions, the newest day first."""
    now = now_utc()
    for row in db.session().execute(sessions_of(None).limit(200)):
        click.echo(
            f"{row.code}  {phase_of(row, now)}  {moment(row.hand_over_at)}  {tr(row, 'title')}"
        )


@command(market_group, "show")
@click.argument("code")
def market_show(code: str) -> None:
    """Print where a session hands over and what sellers bring."""
    session = db.session()
    row = a_session(session, code)
    for pickup in pickups_of(session, row.id):
        click.echo(f"{pickup.id}  {moment(pickup.starts_at)}  {tr(pickup, 'name')}  {pickup.taken}")
    for offer in offers_of(session, row.id):
        said = f"{tr(offer, 'name')}  {tr(offer, 'title')}  {dong(offer.price_vnd)}"
        click.echo(f"{offer.id}  {said}  {offer.taken}/{offer.quantity}")


@command(market_group, "series")
@click.argument("unit")
@click.option("--title", required=True)
@click.option("--rule", required=True, help="weekly:6 (Monday is 1) or lunar:14,30")
@click.option("--shift", type=click.Choice(SHIFTS), default="earlier", help="Off holidays.")
def market_series(unit: str, title: str, rule: str, shift: str) -> None:
    """Keep a market that comes again. UNIT: its slug."""
    read = read_rule(rule)
    if read is None:
        raise click.ClickException(_("Ghi weekly:6 hoặc lunar:14,30."))
    with one_act() as session:
        code = sessions.write_series(
            session, organisation_id=a_unit(session, unit).id, title_vi=title, title_en="",
            rule=read.text, shift=shift, **acting(),
        ).code  # fmt: skip
    click.echo(_("Đã lập chợ %(code)s.", code=code))


@command(market_group, "end-series")
@click.argument("code")
def market_end_series(code: str) -> None:
    """No more sessions come of a series."""
    with one_act() as session:
        sessions.end_series(session, series_id=_a_series(session, code).id, **acting())
    click.echo(_("Đã lưu."))


@command(market_group, "write")
@click.argument("series")
@click.option("--title", required=True)
@click.option("--opens", type=WHEN, required=True, help="2026-11-24 06:00")
@click.option("--closes", type=WHEN, required=True)
@click.option("--from", "starts", type=WHEN, required=True, help="Hand-over begins.")
@click.option("--to", "ends", type=WHEN, required=True)
@click.option("--max-orders", type=click.IntRange(1, 99_999))
@click.option("--max-amount", type=click.IntRange(1_000))
@click.option("--direct", is_flag=True, help="Buyers pay each seller; the unit does not collect.")
def market_write(series: str, title: str, opens: datetime, closes: datetime, starts: datetime,
                 ends: datetime, max_orders: int | None, max_amount: int | None,
                 direct: bool) -> None:  # fmt: skip
    """Keep a new session of a series as a draft."""
    said: dict[str, Any] = {
        "title_vi": title, "title_en": "", "note_vi": "", "note_en": "", "opens_at": _at(opens),
        "closes_at": _at(closes), "hand_over_at": _at(starts), "ends_at": _at(ends),
        "max_orders": max_orders, "max_amount_vnd": max_amount, "collects": not direct,
    }  # fmt: skip
    _check_times(said)
    with one_act() as session:
        row = _a_series(session, series)
        code = sessions.write_session(
            session, organisation_id=row.organisation_id, series_id=row.id, said=said, **acting()
        ).code
    click.echo(_("Đã lưu nháp phiên chợ %(code)s.", code=code))


def _check_times(said: dict[str, Any]) -> None:
    if times_wrong(said["opens_at"], said["closes_at"], said["hand_over_at"], said["ends_at"]):
        raise click.ClickException(_("Giờ mở, giờ chốt, giờ nhận hàng phải theo thứ tự ấy."))


@command(market_group, "copy")
@click.argument("series")
def market_copy(series: str) -> None:
    """Write the next session like the last one."""
    with one_act() as session:
        code = sessions.copy_session(
            session, series_id=_a_series(session, series).id, **acting()
        ).code
    click.echo(_("Đã lưu nháp phiên chợ %(code)s.", code=code))


@command(market_group, "change")
@click.argument("code")
@click.option("--title")
@click.option("--opens", type=WHEN)
@click.option("--closes", type=WHEN)
@click.option("--from", "starts", type=WHEN)
@click.option("--to", "ends", type=WHEN)
@click.option("--max-orders", type=click.IntRange(1, 99_999))
@click.option("--max-amount", type=click.IntRange(1_000))
def market_change(code: str, title: str | None, opens: datetime | None, closes: datetime | None,
                  starts: datetime | None, ends: datetime | None, max_orders: int | None,
                  max_amount: int | None) -> None:  # fmt: skip
    """Change what is given; the rest stays."""
    with one_act() as session:
        row = a_session(session, code)
        said: dict[str, Any] = {
            "title_vi": title or row.title_vi,
            "opens_at": _at(opens) if opens else row.opens_at,
            "closes_at": _at(closes) if closes else row.closes_at,
            "hand_over_at": _at(starts) if starts else row.hand_over_at,
            "ends_at": _at(ends) if ends else row.ends_at,
            "max_orders": max_orders or row.max_orders,
            "max_amount_vnd": max_amount or row.max_amount_vnd,
        }  # fmt: skip
        _check_times(said)
        sessions.change_session(session, session_id=row.id, said=said, **acting())
    click.echo(_("Đã lưu."))


@command(market_group, "place")
@click.argument("code")
@click.option("--name", required=True)
@click.option("--address", default="")
@click.option("--from", "starts", type=WHEN, required=True)
@click.option("--to", "ends", type=WHEN, required=True)
@click.option("--max-orders", type=click.IntRange(1, 99_999))
def market_place(code: str, name: str, address: str, starts: datetime, ends: datetime,
                 max_orders: int | None) -> None:  # fmt: skip
    """Add a place and time at which buyers collect."""
    if ends <= starts:
        raise click.ClickException(_("Giờ kết thúc phải sau giờ bắt đầu."))
    with one_act() as session:
        sessions.add_pickup(
            session, session_id=a_session(session, code).id, name_vi=name, name_en="",
            address_vi=address, address_en="", starts_at=_at(starts), ends_at=_at(ends),
            max_orders=max_orders, **acting(),
        )  # fmt: skip
    click.echo(_("Đã thêm."))


@command(market_group, "unplace")
@click.argument("code")
@click.argument("pickup_id", type=int)
def market_unplace(code: str, pickup_id: int) -> None:
    """Take a place and time away that nobody chose."""
    with one_act() as session:
        sessions.remove_pickup(
            session, session_id=a_session(session, code).id, pickup_id=pickup_id, **acting()
        )
    click.echo(_("Đã lưu."))


@command(market_group, "ask")
@click.argument("code")
@click.argument("sku")
@click.option("--price", type=click.IntRange(500), required=True)
@click.option("--quantity", type=click.IntRange(1, 99_999), required=True)
@click.option("--least", type=click.IntRange(0, 99_999), default=0)
@click.option("--agreed", is_flag=True, help="She said yes by voice.")
@click.option("--stall", default="", help="Whose it is, by her address, where two have such a SKU.")
def market_ask(
    code: str, sku: str, price: int, quantity: int, least: int, agreed: bool, stall: str
) -> None:
    """Ask a seller to bring something. SKU: of the pack."""
    with one_act() as session:
        wanted = select(Variant.id).where(Variant.sku == sku)
        if stall:
            wanted = wanted.join(Seller, Seller.id == Variant.seller_id).where(Seller.slug == stall)
        found = session.scalars(wanted.limit(2)).all()
        if not found:
            raise click.ClickException(_("Không có món mã “%(sku)s”.", sku=sku))
        if len(found) > 1:
            raise click.ClickException(
                _("Nhiều gian hàng có mã “%(sku)s”. Ghi thêm --stall.", sku=sku)
            )
        offers.ask_for_offer(
            session, session_id=a_session(session, code).id, variant_id=found[0],
            price_vnd=price, quantity=quantity, least=least, heard=agreed, **acting(),
        )  # fmt: skip
    click.echo(_("Đã thêm."))


@command(market_group, "accept")
@click.argument("offer_id", type=int)
def market_accept(offer_id: int) -> None:
    """Say yes to what a seller offered."""
    with one_act() as session:
        offers.agree_to_offer(session, offer_id=offer_id, seller_id=None, **acting())
    click.echo(_("Đã lưu."))


@command(market_group, "resize")
@click.argument("offer_id", type=int)
@click.option("--quantity", type=click.IntRange(1, 99_999), required=True)
def market_resize(offer_id: int, quantity: int) -> None:
    """Bring more or fewer."""
    with one_act() as session:
        offers.resize_offer(
            session, offer_id=offer_id, seller_id=None, quantity=quantity, **acting()
        )
    click.echo(_("Đã lưu."))


@command(market_group, "end-offer")
@click.argument("offer_id", type=int)
def market_end_offer(offer_id: int) -> None:
    """Take something off a session that nobody has ordered."""
    with one_act() as session:
        offers.end_offer(session, offer_id=offer_id, seller_id=None, **acting())
    click.echo(_("Đã lưu."))


@command(market_group, "open")
@click.argument("code")
def market_open(code: str) -> None:
    """Show a session to everybody."""
    with one_act() as session:
        sessions.show_session(session, session_id=a_session(session, code).id, **acting())
    click.echo(_("Đã cho mọi người thấy phiên chợ."))


@command(market_group, "cancel")
@click.argument("code")
@click.option("--reason", required=True)
def market_cancel(code: str, reason: str) -> None:
    """Call a session off that nobody has ordered from."""
    with one_act() as session:
        sessions.cancel_session(
            session, session_id=a_session(session, code).id, reason=reason, **acting()
        )
    click.echo(_("Đã lưu."))


@command(market_group, "order-for")
@click.argument("code")
@click.option("--name", required=True)
@click.option("--phone", required=True)
@click.option("--place", "pickup_id", type=int, required=True, help="As `market show` prints it.")
@click.option("--goods", multiple=True, required=True, help="OFFER:HOW MANY, again for more.")
@click.option("--pay", type=click.Choice(["cod", "transfer"]), default="cod")
def market_order_for(code: str, name: str, phone: str, pickup_id: int, goods: tuple[str, ...],
                     pay: str) -> None:  # fmt: skip
    """Write down an order of somebody who rang; after the close too."""
    wanted = _goods(goods)
    with one_act() as session:
        placed = market_day.order_for(
            session, session_id=a_session(session, code).id, goods=wanted, name=name,
            phone=a_phone(phone) or "", pickup_id=pickup_id, method=pay,
            attempt_id=secrets.token_hex(16), locale=language(), actor_kind="operator", **acting(),
        )  # fmt: skip
    click.echo(_("Đã ghi đơn %(code)s.", code=placed.code))


@command(market_group, "late-money")
@click.argument("refund_id", type=int)
@click.option("--look", is_flag=True, help="Only print what it would pay.")
def market_late_money(refund_id: int, look: bool) -> None:
    """Let late money of a market that is over pay the same goods at the next one."""
    by = acting()
    with one_act() as session:
        found = next_market.next_market(session, refund_id, by["now"])
        said = [
            f"{tr(line, 'title')}  {line.quantity}  {dong(line.price_vnd)}" for line in found.lines
        ]
        said.append(f"{found.market.code}  {dong(found.money_vnd)}  {dong(found.total_vnd)}")
        if not look:
            placed = next_market.take_to_next_market(
                session, refund_id=refund_id, by=By("operator", None, by["actor_name"]),
                now=by["now"],
            )  # fmt: skip
            said.append(_("Đã ghi đơn %(code)s.", code=placed.code))
    for line in said:
        click.echo(line)


@command(market_group, "bags")
@click.argument("code")
def market_bags(code: str) -> None:
    """Print the bags with their numbers and what is still due."""
    session = db.session()
    lists = market_lists.market_lists(session, a_session(session, code).id)
    for bag in lists.bags:
        state = "x" if bag.collected else "-" if bag.not_collected else " "
        click.echo(f"{bag.number:>4} {state} {market_lists.money_words(bag)}  {bag.name}")


@command(market_group, "hand-over")
@click.argument("code")
@click.argument("number", type=int)
def market_hand_over(code: str, number: int) -> None:
    """Hand a bag over; what is still due was paid in cash."""
    with one_act() as session:
        market_day.hand_over_bag(
            session, session_id=a_session(session, code).id, number=number,
            key=secrets.token_hex(16), **acting(),
        )  # fmt: skip
    click.echo(_("Đã lưu."))


@command(market_group, "leave")
@click.argument("code")
@click.argument("number", type=int)
def market_leave(code: str, number: int) -> None:
    """Note that nobody came for a bag."""
    with one_act() as session:
        market_day.leave_bag(
            session, session_id=a_session(session, code).id, number=number,
            key=secrets.token_hex(16), **acting(),
        )  # fmt: skip
    click.echo(_("Đã lưu."))


@command(market_group, "take-back")
@click.argument("code")
@click.argument("number", type=int)
def market_take_back(code: str, number: int) -> None:
    """Take back what was done last with a bag at the stall."""
    with one_act() as session:
        row = a_session(session, code)
        order = {b.number: b.order_id for b in market_lists.market_lists(session, row.id).bags}
        last = stall_undo.standing_acts(session, row.id).get(order.get(number, 0))
        if last is None:
            raise click.ClickException(_("Ở túi %(n)s không có việc nào lấy lại được.", n=number))
        stall_undo.take_act_back(
            session, session_id=row.id, number=number, act_id=last.id,
            key=secrets.token_hex(16), **acting(),
        )  # fmt: skip
    click.echo(_("Đã lưu."))


@command(market_group, "settle")
@click.argument("code")
def market_settle(code: str) -> None:
    """End a market; what the unit collected becomes a settlement with its sellers."""
    with one_act() as session:
        market_day.settle_market(session, session_id=a_session(session, code).id, **acting())
    click.echo(_("Đã lưu."))


@command(market_group, "unsettle")
@click.argument("code")
def market_unsettle(code: str) -> None:
    """Take a settling back while nobody has approved what it drew up."""
    with one_act() as session:
        market_day.unsettle_market(session, session_id=a_session(session, code).id, **acting())
    click.echo(_("Đã lưu."))


def _goods(typed: tuple[str, ...]) -> dict[int, int]:
    """Read 12:3: three of offer 12."""
    wanted = {}
    for one in typed:
        offer, _colon, many = one.partition(":")
        if not (offer.isdecimal() and many.isdecimal()):
            raise click.ClickException(_("Ghi món như 12:3."))
        wanted[int(offer)] = int(many)
    return wanted


@command(market_group, "sell")
@click.argument("code")
@click.option("--goods", multiple=True, required=True, help="OFFER:HOW MANY, again for more.")
@click.option("--total", type=click.IntRange(0), required=True, help="What it comes to, in đồng.")
@click.option("--slip", default="", help="Code of a market slip that pays.")
@click.option("--by-slip", type=click.IntRange(0), default=0, help="So much of it, in đồng.")
def market_sell(code: str, goods: tuple[str, ...], total: int, slip: str, by_slip: int) -> None:
    """Sell at the stall to somebody who stands there."""
    with one_act() as session:
        market_day.sell_at_stall(
            session, session_id=a_session(session, code).id, goods=_goods(goods),
            shown_vnd=total, slip_code=slip, slip_vnd=by_slip, name=_("Khách mua tại quầy"),
            key=secrets.token_hex(16), locale=language(), **acting(),
        )  # fmt: skip
    click.echo(_("Đã lưu."))


@command(market_group, "goods-back")
@click.argument("code")
@click.argument("number", type=int)
@click.option("--line", type=int, required=True, help="As `market bag` prints it.")
@click.option("--quantity", type=click.IntRange(1, 999), default=1)
def market_goods_back(code: str, number: int, line: int, quantity: int) -> None:
    """Take goods of a bag back that was handed over."""
    with one_act() as session:
        market_day.goods_back_at_stall(
            session, session_id=a_session(session, code).id, number=number, line_id=line,
            quantity=quantity, key=secrets.token_hex(16), **acting(),
        )  # fmt: skip
    click.echo(_("Đã lưu."))


@command(market_group, "bag")
@click.argument("code")
@click.argument("number", type=int)
def market_bag(code: str, number: int) -> None:
    """Print what lies in a bag, line by line."""
    session = db.session()
    for bag in market_lists.market_lists(session, a_session(session, code).id).bags:
        if bag.number == number:
            for line in bag.lines:
                left = line.quantity - line.returned
                click.echo(f"{line.line_id:>6}  {left}  {market_lists.thing_words(line)}")


@command(market_group, "tasks")
@click.argument("code")
def market_tasks(code: str) -> None:
    """Print what phones did at the stall and the shop could not take in."""
    session = db.session()
    for task in tasks_about(session, a_session(session, code).id, STALL_ACTS):
        click.echo(f"{task.id:>6}  {moment(task.at)}  {task.kind}  {task.why}  {task.by}")


@command(market_group, "settle-task")
@click.argument("code")
@click.argument("task_id", type=int)
def market_settle_task(code: str, task_id: int) -> None:
    """Note that a task of the stall was put right."""
    with one_act() as session:
        row = a_session(session, code)
        settle_task(session, market_id=row.id, task_id=task_id, **acting())
    click.echo(_("Đã lưu."))
