"""What banks told of organisations' accounts: the inbox, the services, statement files."""

from typing import Any

from flask import g, render_template
from flask_login import current_user

from shop.banking.queries.owners import Sight
from shop.banking.views.desk import Desk
from shop.banking.views.pages import open_bank_pages
from shop.kernel.errors import NotYours
from shop.operations.views import blueprint
from shop.organisations.acting import units_in_sight

#: {act: the right that it needs}
_RIGHTS = {
    "answer": "confirm_money_in",
    "statements": "confirm_money_in",
    "connect": "change_bank_account",
}


def sight(act: str) -> Sight:
    right = _RIGHTS[act]
    units = units_in_sight(right)
    if units is not None and not g.scope[right]:
        raise NotYours
    return Sight(units=units)


def kind() -> str:
    return "operator" if current_user.kind == "operator" else "officer"


def show(template: str, **values: Any) -> str:
    return render_template(template, dash="operator", **values)


DESK = Desk(
    guard="officer", base="/dieu-hanh/tien-ve/ngan-hang", frame="dash.html", sight=sight,
    kind=kind, show=show,
)  # fmt: skip

open_bank_pages(blueprint, DESK)
