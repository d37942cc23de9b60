"""What the seller's views share: their blueprint, what every page of theirs says, one way to reply."""

from typing import Any

from flask import Blueprint, g, redirect, render_template
from flask.typing import ResponseReturnValue

from shop.db import db
from shop.kernel.clock import now_utc
from shop.kernel.phones import written
from shop.places.forms import country_name
from shop.selling.queries.orders import unseen_count
from shop.web import lists
from shop.web.links import path

blueprint = Blueprint("selling", __name__)
blueprint.app_template_filter("phone")(written)
blueprint.app_template_filter("country")(country_name)


def page(template: str, **values: Any) -> str:
    """Render one of the seller's pages; its tabs say how many orders nobody has opened."""
    if "unseen" not in values:
        values["unseen"] = unseen_count(db.session(), g.stall.id)
    return render_template(f"selling/{template}.html", stall=g.stall, now=now_utc(), **values)


page_number = lists.page_number


def done(address: str, said: str, anchor: str = "") -> ResponseReturnValue:
    """Send the reader on, with a notice that names what was done."""
    joined = "&" if "?" in address else "?"
    return redirect(f"{path(address)}{joined}da={said}{anchor}", 303)
