"""What a person's bank pages need to know of her: a seller at her stall, an officer for her units."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import redirect
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.banking.queries.owners import Sight
from shop.kernel.errors import NotYours
from shop.payments.methods import By
from shop.web import lists
from shop.web.links import path


@dataclass(frozen=True, slots=True)
class Desk:
    """One of the two places where money that banks told is looked at.

    Attributes:
        guard: of every page.
        base: address of the inbox; the other pages lie below it.
        frame: template that the pages extend.
        sight: whose accounts she sees for "answer", "statements" or "connect"; raises
            NotYours when she may not.
        kind: how she is named in trails: "seller", or for officers a question.
        show: renders a page of hers.
    """

    guard: str
    base: str
    frame: str
    sight: Callable[[str], Sight]
    kind: Callable[[], str]
    show: Callable[..., str]

    def page(self, name: str, **values: Any) -> str:
        return self.show(f"banking/{name}.html", desk=self, frame=self.frame, **values)

    def by(self) -> By:
        return By(self.kind(), current_user.id)

    def may(self, act: str) -> bool:
        """Tell whether she may do an act, for links that would lead nowhere."""
        try:
            self.sight(act)
        except NotYours:
            return False
        return True

    def done(self, said: str, below: str = "") -> ResponseReturnValue:
        return redirect(path(self.base + below) + (f"?da={said}" if said else ""), 303)


page_number = lists.page_number
