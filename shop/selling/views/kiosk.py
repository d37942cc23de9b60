"""A code on her phone, six digits at the machine, her labels out of its printer."""

from flask import Response, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from shop.accounts.acting import acting
from shop.accounts.guards import set_private_cookie
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import Refusal
from shop.kiosk.actions import claim_print_job, enter_by_link, give_print_code
from shop.kiosk.queries import kiosk_of
from shop.kiosk.rules import (
    CODE_FOR,
    IN_ALL,
    KIOSK_COOKIE,
    PER_KIOSK,
    PER_STALL,
    SIZES,
    KioskCodeWrong,
    KioskShut,
    read_code,
)
from shop.selling.labels import Size, labels_of, labels_pdf
from shop.selling.queries.parcels import MOST_PARCELS, parcels
from shop.selling.views.blueprint import blueprint, page
from shop.selling.views.parcels import ids_among, nothing_ticked
from shop.web.files import file_answer
from shop.web.guards import guard
from shop.web.limits import limit, uncount, visitor_key
from shop.web.links import path

_FROM_ONE_PLACE = "60 per hour"


@blueprint.get("/ban-hang/goi/ma-in")
@guard("seller")
def print_code_page() -> ResponseReturnValue:
    """Say which labels a machine is to print, before a code is made."""
    chosen = ids_among(request.args)
    found = parcels(db.session(), g.stall.id, only=chosen) if chosen else []
    if not found:
        return nothing_ticked(chosen)
    return page("print_code", parcels=found, code="", size=request.args.get("co", SIZES[0]))


@blueprint.post("/ban-hang/goi/ma-in")
@guard("seller")
def print_code() -> ResponseReturnValue:
    """Make six digits that print these labels once; they stand on this answer alone."""
    chosen = ids_among(request.form)
    found = parcels(db.session(), g.stall.id, only=chosen) if chosen else []
    if not found:
        return nothing_ticked(chosen)
    limit(PER_STALL, "print-code", str(g.stall.id))
    size = request.form.get("co", "")
    size = size if size in SIZES else SIZES[0]
    mine, by = [parcel.row.id for parcel in found][:MOST_PARCELS], acting()
    code = in_transaction(
        lambda session: give_print_code(
            session, seller_id=g.stall.id, parcels=mine, size=size, **by
        )
    )
    return page("print_code", parcels=found, code=code, size=size, until=by["now"] + CODE_FOR)


def _kiosk_page(refusal: Refusal | None = None, status: int = 200) -> ResponseReturnValue:
    row = kiosk_of(db.session(), request.cookies.get(KIOSK_COOKIE, ""), now_utc())
    answer = Response(
        render_template("selling/kiosk.html", kiosk=row, refusal=refusal),
        status, mimetype="text/html",
    )  # fmt: skip
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/may-in")
@guard("visitor")
def kiosk_page() -> ResponseReturnValue:
    """Six digits to type, at a machine that is open."""
    return _kiosk_page()


@blueprint.get("/may-in/mo/<link>")
@guard("visitor")
def kiosk_entered(link: str) -> ResponseReturnValue:
    """Make this browser the machine of a link that a command gave out; once, within ten minutes."""
    limit(_FROM_ONE_PLACE, "kiosk-link", visitor_key())
    now = now_utc()
    made = in_transaction(lambda session: enter_by_link(session, link=link, now=now))
    answer = redirect(path("/may-in"), 303)
    if made is not None:
        token, ends_at = made
        seconds = int((ends_at - now).total_seconds())
        set_private_cookie(answer, KIOSK_COOKIE, token, seconds)
    return answer


@blueprint.post("/may-in")
@guard("visitor")
def kiosk_print() -> ResponseReturnValue:
    """Answer a code with the labels that wait under it, once.

    A try is counted before the code is looked for, and given back when it was right.
    """
    now = now_utc()
    row = kiosk_of(db.session(), request.cookies.get(KIOSK_COOKIE, ""), now)
    if row is None:
        return _kiosk_page(KioskShut(), KioskShut.status)
    kiosk_id = row.id
    tries: tuple[tuple[str, ...], ...] = ((PER_KIOSK, "kiosk", str(kiosk_id)), (IN_ALL, "kiosks"))
    for try_ in tries:
        limit(*try_)
    code = read_code(request.form.get("ma", ""))
    job = in_transaction(
        lambda session: claim_print_job(session, kiosk_id=kiosk_id, code=code, now=now)
    )
    if job is None:
        return _kiosk_page(KioskCodeWrong(), KioskCodeWrong.status)
    for try_ in tries:
        uncount(*try_)
    found = parcels(db.session(), job.seller_id, only=job.parcels)
    if not found:
        return _kiosk_page(KioskCodeWrong(), KioskCodeWrong.status)
    drawn = labels_pdf(labels_of(found), Size(job.size), found[0].row.seller_name_vi)
    return file_answer(drawn, "nhan.pdf", shown=True)
