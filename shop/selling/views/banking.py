"""What the bank told of her own account: her inbox, the services, statement files."""

from typing import Any

from flask import g, render_template

from shop.banking.queries.owners import Sight
from shop.banking.views.desk import Desk
from shop.banking.views.pages import open_bank_pages
from shop.db import db
from shop.kernel.clock import now_utc
from shop.kernel.errors import NotYours
from shop.selling.queries.orders import unseen_count
from shop.selling.views.blueprint import blueprint

#: A helper answers for single transfers; whole statements and secrets are the owner's.
_OWNERS_ONLY = ("statements", "connect")


def sight(act: str) -> Sight:
    if act in _OWNERS_ONLY and not g.stall.may("change_bank_account"):
        raise NotYours
    return Sight(seller_id=g.stall.id)


def show(template: str, **values: Any) -> str:
    unseen = unseen_count(db.session(), g.stall.id)
    return render_template(template, stall=g.stall, now=now_utc(), unseen=unseen, **values)


DESK = Desk(
    guard="seller", base="/ban-hang/ngan-hang", frame="selling/frame.html", sight=sight,
    kind=lambda: "seller", show=show,
)  # fmt: skip

open_bank_pages(blueprint, DESK)
