"""The audit trail, with a way to take an act back."""

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from shop.db import db, in_transaction
from shop.kernel.errors import NotYours, Refusal
from shop.operations.queries import PAGE, audit_kinds, audit_page, names_of_subjects
from shop.operations.undo import OPPOSITES, undo
from shop.operations.views import blueprint
from shop.operations.views.acting import acting
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
    session, asked = db.session(), request.args
    kinds = audit_kinds(session)
    kind = asked.get("loai", "") if asked.get("loai", "") in kinds else ""
    before = asked.get("truoc", "")
    before_id = (
        int(before) if before.isascii() and before.isdecimal() and len(before) < 16 else None
    )
    rows = audit_page(session, kind=kind, before_id=before_id)
    return (
        render_template(
            "operations/audit.html", rows=rows, kinds=kinds, kind=kind, refusal=refusal,
            undoable=set(OPPOSITES), names={key: tr(row, "name") for key, row in names_of_subjects(session, rows).items()},
            older=rows[-1].id if len(rows) == PAGE else None,
        ),
        status,
    )  # fmt: skip
