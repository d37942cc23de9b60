"""Where phones send what they did without a network: one address for every kind of act."""

from typing import Any

from flask import Blueprint, Flask, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from shop.db import db, in_transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import NotYours, Refusal
from shop.queued.actions import take_in
from shop.queued.queries import became_of
from shop.queued.rules import MOST_ACTS, Act, KeyReused, Kind, Outcome, read_act
from shop.web.guards import csrf_token, guard, pass_guard

blueprint = Blueprint("queued", __name__)


def take_kind(app: Flask, name: str, kind: Kind) -> None:
    """Let phones send acts of this kind. ``name`` is stored: keep it stable."""
    app.extensions.setdefault("queued_kinds", {})[name] = kind


@blueprint.get("/hang-cho")
@guard("signed_in")
def queue_open() -> ResponseReturnValue:
    """Who is signed in, and the token that her acts are sent with."""
    return _told({"who": current_user.id, "token": csrf_token()})


@blueprint.post("/hang-cho")
@guard("signed_in")
def queue_sent() -> ResponseReturnValue:
    """Take acts in, in the order in which they were done; answer what became of each.

    What is not answered was not taken in: the phone sends it again.
    """
    results: list[dict[str, Any]] = []
    for sent in request.form.getlist("act")[:MOST_ACTS]:
        act = read_act(sent)
        if act is None:
            results.append({"key": sent[4:36], "outcome": Outcome.REFUSED, "says": ""})
            continue
        answer = _take(act)
        if isinstance(answer, Response):  # Her second factor, say, is asked for first.
            return answer
        results.append({"key": act.key, **answer})
    return _told({"results": results})


def _take(act: Act) -> dict[str, Any] | Response:
    kind: Kind | None = current_app.extensions.get("queued_kinds", {}).get(act.kind)
    values = kind.read(act.facts) if kind is not None else None
    if kind is None or values is None:
        return {"outcome": Outcome.REFUSED, "says": ""}
    try:
        answer = pass_guard(kind.guard)
        if answer is not None:
            return answer
        taken: dict[str, Any] = {
            "act": act, "kind": kind, "values": values, "account_id": current_user.id,
            "now": now_utc(),
        }  # fmt: skip
        try:
            with kind.within(values):
                outcome = in_transaction(lambda session: take_in(session, **taken))
            return {"outcome": outcome, "says": ""}
        except (NotYours, KeyReused):
            raise
        except Refusal as refusal:
            taken["why"] = refusal.code
            kept = in_transaction(lambda session: take_in(session, **taken))
            return {"outcome": kept, "says": _words(refusal)}
    except (NotYours, NotFound, KeyReused) as refused:
        # That something is not hers is said only where she knew it was.
        before = became_of(db.session(), act, current_user.id)
        if before is not None:  # Her own, from when she still might: she hears what it came to.
            return {"outcome": before, "says": ""}
        if isinstance(refused, Refusal) and refused.code != NotYours.code:
            return {"outcome": Outcome.REFUSED, "says": _words(refused)}
        return {"outcome": Outcome.REFUSED, "says": ""}


def _words(refusal: Refusal) -> str:
    return render_template("queued/says.txt", refusal=refusal).strip()


def _told(what: dict[str, Any]) -> ResponseReturnValue:
    answer = jsonify(what)
    answer.headers["Cache-Control"] = "no-store"
    return answer
