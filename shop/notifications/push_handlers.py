"""Which news is pushed to devices: new orders to who sees them there, announcements to members."""

from datetime import timedelta

from flask import Flask, render_template
from sqlalchemy import select

from shop.accounts.events import AccountDeleted
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.notifications.letters import link
from shop.notifications.pushing import News, drop_devices, forget_devices, public_key, push_all
from shop.notifications.queries import accounts_below
from shop.ordering.events import OrderPlaced
from shop.ordering.models import SellerOrder
from shop.organisations.models import Organisation
from shop.organisations.telling.events import Announced
from shop.organisations.telling.models import Announcement
from shop.outbox.relay import subscribe
from shop.outbox.worker import schedule
from shop.sellers.queries import who_sees_orders
from shop.selling.queries.live import new_order
from shop.web.words import _, speaking


def order_placed(event: OrderPlaced) -> None:
    """Push a new order to each of its stalls: the words that the board speaks, no name."""
    if not public_key():
        return
    session = db.session()
    parts = session.execute(
        select(SellerOrder.id, SellerOrder.seller_id).where(SellerOrder.order_id == event.order_id)
    ).all()
    for part in parts:
        new = new_order(session, part.id)
        if new is None:
            continue
        people = who_sees_orders(session, part.seller_id, now_utc())

        def write(locale: str, new=new, part=part) -> News:
            with speaking(locale):
                said = render_template("selling/new_order.txt", new=new).strip()
                title = _("Chợ Phiên báo đơn mới")
            return News(f"order:{part.id}", title, said, link(f"/ban-hang/don/{part.id}", locale))

        push_all(people, write)


def announced(event: Announced) -> None:
    """Push an announcement to everybody of the unit who wants that: its heading, and who says it."""
    session = db.session()
    row = session.get(Announcement, event.announcement_id)
    if row is None or row.taken_back_at is not None or not public_key():
        return
    unit = session.get_one(Organisation, row.organisation_id)
    people = accounts_below(session, row.organisation_id, now_utc())
    names = {"vi": unit.name_vi, "en": unit.name_en or unit.name_vi}
    heading, number = row.title, row.id

    def write(locale: str) -> News:
        return News(
            f"told:{number}", names.get(locale, names["vi"]), heading,
            link("/tai-khoan/thong-bao", locale),
        )  # fmt: skip

    push_all(people, write)


def account_deleted(event: AccountDeleted) -> None:
    with transaction() as session:
        drop_devices(session, account_id=event.account_id)


def init_push(app: Flask) -> None:
    subscribe(app, OrderPlaced, "push.order_placed", order_placed)
    subscribe(app, Announced, "push.announced", announced)
    subscribe(app, AccountDeleted, "push.account_deleted", account_deleted)
    schedule(app, "push.forget_devices", timedelta(hours=1), forget_devices)
