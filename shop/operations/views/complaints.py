"""Complaints: anybody writes one and sees when it is answered; the operator answers."""

from os import SEEK_END
from typing import TYPE_CHECKING

from flask import Response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.accounts.acting import acting
from shop.accounts.queries import account, contact_of
from shop.db import db
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.codes import read_code
from shop.kernel.errors import NotYours, Refusal, TooMany
from shop.kernel.phones import written
from shop.media.reading import read_visitors
from shop.media.rules import (
    MOST_BYTES,
    PictureEmpty,
    PictureHeic,
    PicturesBusy,
    PictureTooHeavy,
    PictureUnknown,
    TooManyPictures,
    is_heic,
    is_picture,
)
from shop.operations.actions import (
    answer_complaint,
    erase_complaint,
    erase_order,
    receive_complaint,
)
from shop.operations.complaint_words import at_latest
from shop.operations.forms import (
    COMPLAINT_WORDS,
    AnswerForm,
    ComplaintForm,
    EraseForm,
)
from shop.operations.queries import (
    complaint,
    complaint_by_code,
    complaint_photo,
    complaint_words,
    complaints_page,
    order_id_of,
    photo_count,
    steps_beside,
    to_go_on_from,
    was_sent,
)
from shop.operations.rules import (
    COMPLAINT_KINDS,
    MOST_PHOTOS,
    YEARS_KEPT,
    deadline_of,
)
from shop.operations.views import blueprint
from shop.organisations.acting import page_number, typed_words
from shop.web.guards import guard, takes
from shop.web.limits import limit, visitor_key
from shop.web.links import path
from shop.web.replies import try_to
from shop.web.shown import FormTooFast, looks_automatic, shown, shown_now
from shop.web.words import _, language

if TYPE_CHECKING:
    from werkzeug.datastructures import FileStorage

#: Complaints from one address, which a whole village may share; photos are counted apart.
_OF_ADDRESS = "60 per 1 hour"
#: Complaints to the shop: so many strangers' words a desk can look at.
_TO_SHOP = "200 per 1 hour"
#: When others have used those up: of an address that has hardly been heard …
_BEYOND = "3 per 1 hour"
#: … and of all such addresses: whoever floods the desk may have many.
_MORE = "2000 per 1 hour"
#: Kilobytes of photos that the shop keeps of one day: they stay sealed for years.
_KEPT_KB = "60000 per 1 day"


@blueprint.get("/khieu-nai")
@guard("visitor")
def complain_page() -> ResponseReturnValue:
    form = ComplaintForm(order_code=request.args.get("don", "")[:20], **_known())
    return _form_page(form, None, 200)


def _known() -> dict[str, str]:
    """What the account of who is signed in already says: name, phone, mail."""
    if not current_user.is_authenticated:
        return {}
    person = account(db.session(), current_user.id)
    contact = contact_of(person)
    return {
        "name": person.name,
        "phone": written(contact["phone"] or ""),
        "email": contact["email"] or "",
    }


@blueprint.post("/khieu-nai")
@guard("visitor")
@takes(46)
def complain() -> ResponseReturnValue:
    """Take a complaint. One rendered form makes at most one, however often it is sent."""
    form, now = ComplaintForm.posted(), now_utc()
    if not form.validate():
        return _form_page(form, None, 422)
    was = shown(form.shown.data or "")
    if looks_automatic(form, was, now):
        return _form_page(form, FormTooFast(), 422)
    photos: list[bytes] = []
    if not was_sent(db.session(), was.attempt_id):  # A second tap is no second try.
        try:
            sent = _photos_sent()
            if sent:
                photos = _read(sent)
            _count(form)
        except Refusal as refusal:
            return _form_page(form, refusal, refusal.status)
    earlier = to_go_on_from(
        db.session(), form.order_code.data, form.phone.data or None,
        (form.email.data or "").lower() or None,
    )  # fmt: skip
    first_id, kind = (earlier.id, earlier.kind) if earlier else (None, form.kind.data)
    return try_to(
        lambda session: receive_complaint(
            session, kind=kind, continues_id=first_id, name=form.name.data,
            phone=form.phone.data or None, email=form.email.data or None,
            order_code=form.order_code.data, text=form.text.data, locale=language(), now=now,
            attempt_id=was.attempt_id, photos=photos,
        ).code,
        show=lambda refusal: _form_page(form, refusal, refusal.status),
        then=lambda code: redirect(path(f"/khieu-nai/{code}") + "?da=gui", 303),
    )  # fmt: skip


def _photos_sent() -> "list[FileStorage]":
    """Return the photos of a post, not yet read: what their first bytes tell uses up no try.

    Raises:
        TooManyPictures, PictureEmpty, PictureTooHeavy, PictureHeic, PictureUnknown
    """
    sent = [one for one in request.files.getlist("photos") if one.filename]
    if len(sent) > MOST_PHOTOS:
        raise TooManyPictures(most=MOST_PHOTOS)
    for one in sent:
        size = one.stream.seek(0, SEEK_END)
        one.stream.seek(0)
        head = one.stream.read(12)
        one.stream.seek(0)
        if not size:
            raise PictureEmpty
        if size > MOST_BYTES:
            raise PictureTooHeavy(most_mb=MOST_BYTES // 1024 // 1024)
        if not is_picture(head):
            raise PictureHeic if is_heic(head) else PictureUnknown
    return sent


def _read(sent: "list[FileStorage]") -> list[bytes]:
    """Return photos as they are kept. They are counted apart: her words can come without them.

    Raises:
        PicturesBusy: or the address, or the shop of this day, has had its photos.
        What ``read_visitors`` refuses.
    """
    db.session.rollback()  # Nothing is held while photos wait their turn and are read.
    try:
        limit(_OF_ADDRESS, "complaint-photos", visitor_key())
        photos = [read_visitors(one.stream.read()) for one in sent]
        limit(_KEPT_KB, "complaint-photos-kept", amount=sum(map(len, photos)) // 1024 + 1)
    except TooMany as refusal:
        raise PicturesBusy(retry_after_s=refusal.retry_after_s) from None
    return photos


def _count(form: ComplaintForm) -> None:
    """Count a complaint of its person; of an address many more, as a whole village shares one.

    A phone is no secret: somebody else who writes it elsewhere uses up none of its owner's.

    Raises:
        TooMany: of this person or address; or of the shop, and then beyond it.
    """
    for reached_by in (form.phone.data, (form.email.data or "").lower()):
        if reached_by:
            limit("5 per 1 hour", "complaint-of", reached_by, visitor_key())
    limit(_OF_ADDRESS, "complaint", visitor_key())
    try:
        limit(_TO_SHOP, "complaints")
    except TooMany:
        limit(_BEYOND, "complaint-beyond", visitor_key())
        limit(_MORE, "complaints-more")


@blueprint.get("/khieu-nai/<code>")
@guard("visitor")
def complaint_state(code: str) -> ResponseReturnValue:
    """Say how far a complaint is, to whoever holds its code. No words of it, no names."""
    limit("60 per 15 minutes", "complaint-code", visitor_key())
    row = complaint_by_code(db.session(), read_code(code))
    if row is None:
        raise NotYours
    return render_template(
        "operations/complaint_state.html", row=row, words=COMPLAINT_WORDS,
        photos=photo_count(db.session(), row.id), at_latest=at_latest, now=now_utc(),
    )  # fmt: skip


def _form_page(form: ComplaintForm, refusal: Refusal | None, status: int) -> ResponseReturnValue:
    now = now_utc()
    form.shown.data = shown_now(now)
    rows = [(COMPLAINT_WORDS[k], deadline_of(k, vietnam_date(now))) for k in COMPLAINT_KINDS]
    page = render_template(
        "operations/complain.html", form=form, deadlines=rows, refusal=refusal, most=MOST_PHOTOS,
        photos_lost=any(one.filename for one in request.files.getlist("photos")),
    )  # fmt: skip
    if isinstance(refusal, TooMany | PicturesBusy):
        return page, status, {"Retry-After": str(refusal.retry_after_s)}
    return page, status


@blueprint.get("/dieu-hanh/khieu-nai")
@guard("operator")
def complaints() -> ResponseReturnValue:
    settled, typed = request.args.get("xong") == "1", typed_words()
    found = complaints_page(db.session(), settled=settled, typed=typed, page=page_number())
    return render_template(
        "operations/complaints.html", found=found, typed=typed, settled=settled,
        words=COMPLAINT_WORDS, now=now_utc(), at_latest=at_latest,
    )  # fmt: skip


@blueprint.get("/dieu-hanh/khieu-nai/<int:complaint_id>")
@guard("operator")
def complaint_desk(complaint_id: int) -> ResponseReturnValue:
    row = complaint(db.session(), complaint_id)
    return _desk(complaint_id, AnswerForm(answer=row.answer), None, 200)


@blueprint.get("/dieu-hanh/khieu-nai/<int:complaint_id>/anh/<int:number>")
@guard("operator")
def complaint_photo_shown(complaint_id: int, number: int) -> ResponseReturnValue:
    return Response(complaint_photo(db.session(), complaint_id, number), mimetype="image/webp")


@blueprint.post("/dieu-hanh/khieu-nai/<int:complaint_id>")
@guard("operator")
def answer(complaint_id: int) -> ResponseReturnValue:
    form = AnswerForm.posted()
    if not form.validate():
        return _desk(complaint_id, form, None, 422)
    by = acting()
    return try_to(
        lambda session: answer_complaint(
            session, complaint_id=complaint_id, answer=form.answer.data,
            settled=form.settled.data, outcome=form.outcome.data, **by,
        ),
        show=lambda refusal: _desk(complaint_id, form, refusal, refusal.status),
        then=lambda _: redirect(path(f"/dieu-hanh/khieu-nai/{complaint_id}") + "?da=gui", 303),
    )  # fmt: skip


@blueprint.post("/dieu-hanh/khieu-nai/<int:complaint_id>/bo-ten")
@guard("operator")
def complaint_erased(complaint_id: int) -> ResponseReturnValue:
    """Forget who wrote a settled complaint, and her words."""
    by = acting()
    return try_to(
        lambda session: erase_complaint(session, complaint_id=complaint_id, **by),
        show=lambda refusal: _desk(complaint_id, AnswerForm(), refusal, refusal.status),
        then=lambda _: redirect(path(f"/dieu-hanh/khieu-nai/{complaint_id}") + "?da=bo-ten", 303),
    )


@blueprint.get("/dieu-hanh/bo-ten-don")
@guard("operator")
def erase_order_page() -> ResponseReturnValue:
    return _erase_page(EraseForm(code=request.args.get("don", "")[:20]), None, 200)


@blueprint.post("/dieu-hanh/bo-ten-don")
@guard("operator")
def order_erased() -> ResponseReturnValue:
    """Forget who placed an order: she has no account and asks by a complaint."""
    form = EraseForm.posted()
    if not form.validate():
        return _erase_page(form, None, 422)
    order_id = order_id_of(db.session(), form.code.data)
    if order_id is None:
        form.code.errors = [_("Không có đơn nào mang mã này.")]
        return _erase_page(form, None, 422)
    by = acting()
    return try_to(
        lambda session: erase_order(session, order_id=order_id, **by),
        show=lambda refusal: _erase_page(form, refusal, refusal.status),
        then=lambda _: redirect(path("/dieu-hanh/bo-ten-don") + "?da=bo-ten", 303),
    )


def _erase_page(form: EraseForm, refusal: Refusal | None, status: int) -> ResponseReturnValue:
    page = render_template(
        "operations/erase_order.html", form=form, refusal=refusal, years=YEARS_KEPT
    )
    return page, status


def _desk(
    complaint_id: int, form: AnswerForm, refusal: Refusal | None, status: int
) -> ResponseReturnValue:
    row = complaint(db.session(), complaint_id)
    said = complaint_words(row)
    before, after = steps_beside(db.session(), row)
    return (
        render_template(
            "operations/complaint.html", row=row, before=before, after=after, said=said, form=form, refusal=refusal,
            words=COMPLAINT_WORDS, now=now_utc(), at_latest=at_latest, photos=photo_count(db.session(), complaint_id),
            phone=written(said["phone"]) if said["phone"] else None,
        ),
        status,
    )  # fmt: skip
