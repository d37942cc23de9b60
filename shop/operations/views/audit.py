"""The audit trail, with a way to take an act back."""

from datetime import datetime, time, timedelta

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from shop.accounts.acting import acting
from shop.db import db, in_transaction
from shop.kernel.clock import VIETNAM
from shop.kernel.errors import NotYours, Refusal
from shop.kernel.text import one_line
from shop.operations.queries import audit_kinds, audit_page, codes_over, names_of_subjects
from shop.operations.undo import OPPOSITES, undo
from shop.operations.views import blueprint
from shop.organisations.acting import page_number, typed_words
from shop.web.forms import read_day
from shop.web.guards import guard
from shop.web.links import path
from shop.web.words import tr


@blueprint.get("/dieu-hanh/nhat-ky")
@guard("operator")
def trail() -> ResponseReturnValue:
    return _page()


@blueprint.post("/dieu-hanh/nhat-ky/<int:entry_id>/tra-lai")
@guard("operator")
def take_back(entry_id: int) -> ResponseReturnValue:
    try:
        by = acting()
        in_transaction(lambda session: undo(session, entry_id=entry_id, **by))
    except Refusal as refusal:
        if isinstance(refusal, NotYours):
            raise
        return _page(refusal, refusal.status)
    return redirect(path("/dieu-hanh/nhat-ky") + "?da=hoan-tac", 303)


def _page(refusal: Refusal | None = None, status: int = 200) -> ResponseReturnValue:
    session, asked, typed = db.session(), request.args, typed_words()
    kinds = audit_kinds(session)
    kind = asked.get("loai", "") if asked.get("loai", "") in kinds else ""
    until = read_day(one_line(asked.get("den", "")))
    found = audit_page(
        session, page_number(), kind=kind, typed=typed,
        before=until and datetime.combine(until + timedelta(days=1), time(), VIETNAM),
    )  # fmt: skip
    names = names_of_subjects(session, found.rows)
    return (
        render_template(
            "operations/audit.html", found=found, kinds=kinds, kind=kind, typed=typed,
            until=until, refusal=refusal, undoable=set(OPPOSITES),
            over=codes_over(session, found.rows),
            names={key: tr(row, "name") for key, row in names.items()},
        ),
        status,
    )  # fmt: skip
