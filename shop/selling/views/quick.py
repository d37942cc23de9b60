"""Putting up a product in under a minute: the page, its draft, and the photo in pieces."""

import secrets
from typing import Any

from flask import g, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.accounts.acting import acting
from shop.catalogue.claim_rules import Found, claims_in
from shop.catalogue.rules import ALLERGENS
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import Refusal
from shop.media.rules import MOST_PART_BYTES, alt_weakness
from shop.media.uploads import (
    add_part,
    begin_upload,
    drop_upload,
    upload_of,
)
from shop.sellers.helping import nothing_to_tell
from shop.selling.actions.drafts import (
    drop_draft,
    open_draft,
    put_up_before,
    put_up_draft,
    save_draft,
)
from shop.selling.forms.quick import QuickForm, form_of
from shop.selling.portion_rules import Portion
from shop.selling.views.blueprint import blueprint, done, page
from shop.selling.views.photos import PHOTO_MB, read_photo, read_upload, sent_before
from shop.web.guards import guard, takes
from shop.web.limits import limit
from shop.web.links import path
from shop.web.replies import try_to
from shop.web.words import _, clock, dong, number, tr

AT = "/ban-hang/hang/anh-gui"
_SAVES, _PARTS, _PHOTOS = "600 per hour", "3000 per hour", "120 per hour"


def show_quick(form: QuickForm | None = None, **more: Any) -> str:
    """Render the page, with what she was writing when there is such a thing."""
    draft = None
    if form is None:
        draft = open_draft(db.session(), g.stall.id, current_user.id, now_utc())
        key = draft.key if draft else secrets.token_hex(16)
        form = form_of(draft.typed if draft else None, key)
    return page(
        "quick", form=form, draft=draft, sent=sent_before(form.da_gui.data or ""), allergens=ALLERGENS,
        warnings=warnings_of(form), **{"refusal": None, "photo_lost": False, **more},
    )  # fmt: skip


@blueprint.post("/ban-hang/hang/nhanh")
@guard("seller")
@takes(PHOTO_MB)
def quick_product() -> ResponseReturnValue:
    """Put a product on sale from a photo, a name and a price; or keep it for later."""
    form = QuickForm.posted()
    if form.lam.data == "nhap":
        nothing_to_tell()  # The same as the page does while she types.
        if form.is_empty:
            form.title_vi.errors = [
                _(
                    "Chưa có gì để lưu. Chị ghi tên món hoặc giá, hay chụp một tấm ảnh, rồi lưu nháp."
                )
            ]
            return show_quick(form), 422
        _keep(form)
        return done("/ban-hang/hang", "de-danh")
    before = put_up_before(db.session(), g.stall.id, current_user.id, form.khoa.data or "")
    if before is not None:
        return done(f"/ban-hang/hang/{before}", "moi-bay")
    fine = form.validate()
    upload = form.da_gui.data or ""
    photo, refusal = read_photo(form)
    if fine and photo is None and refusal is None and upload:
        refusal = read_upload(upload)
    if not fine or refusal:
        lost = photo is not None or any(file.filename for file in request.files.values())
        return show_quick(form, refusal=refusal, photo_lost=lost and not upload), 422
    return try_to(
        lambda session: put_up_draft(
            session, seller_id=g.stall.id, key=form.khoa.data or "", fields=form.said,
            pack=form.pack, on_hand=form.on_hand.data, photo=photo, upload=upload,
            alt_vi=form.alt_vi.data or "", **acting(),
        ),
        show=lambda **more: show_quick(form, photo_lost=photo is not None, **more),
        then=lambda product_id: done(f"/ban-hang/hang/{product_id}", "moi-bay"),
    )  # fmt: skip


@blueprint.post("/ban-hang/hang/nhap")
@guard("seller")
def draft_saved() -> ResponseReturnValue:
    """Keep what is typed so far, and say how it is read: the price, the words."""
    limit(_SAVES, "draft", str(current_user.id))
    form = QuickForm.posted()
    form.validate()
    draft = _keep(form)
    if draft is not None:  # It was sent before the line was cut, and stands for sale.
        return _told({"there": path(f"/ban-hang/hang/{draft}")})
    return _told({"saved": clock(now_utc()), "notes": notes_of(form)})


def _keep(form: QuickForm) -> int | None:
    key, typed, now = form.khoa.data or "", form.typed, now_utc()
    return in_transaction(
        lambda session: (
            save_draft(
                session,
                seller_id=g.stall.id,
                key=key,
                account_id=current_user.id,
                typed=typed,
                now=now,
            ).product_id
        )
    )


@blueprint.post("/ban-hang/hang/nhap/bo")
@guard("seller")
def draft_dropped() -> ResponseReturnValue:
    """Forget what was being written, its photo too, and begin anew."""
    form = QuickForm.posted()
    key, upload, now = form.khoa.data or "", form.da_gui.data or "", now_utc()
    in_transaction(
        lambda session: (
            drop_draft(session, seller_id=g.stall.id, key=key, account_id=current_user.id),
            drop_upload(session, seller_id=g.stall.id, key=upload, now=now),
        )
    )
    return redirect(path("/ban-hang/hang/moi"), 303)


def notes_of(form: QuickForm) -> dict[str, list[str]]:
    """Return how fields are read, by name: said beside each while she writes."""
    notes = {name: [sentence(one) for one in found] for name, found in warnings_of(form).items()}
    if form.price_vnd.data and not form.price_vnd.errors:
        notes["price_vnd"] = [_("Chợ đọc là %(price)s.", price=dong(form.price_vnd.data))]
    elif form.price_vnd.text:
        notes["price_vnd"] = [str(form.price_vnd.wrong)]
    if form.portion.data:
        notes["portion"] = [str(wrong) for wrong in form.portion.errors] or [_read(form.one)]
    if form.alt_vi.data:
        weak = alt_weakness(form.alt_vi.data, form.title_vi.data or "")
        notes["alt_vi"] = [alt_advice(weak)]
    return notes


def _read(one: Portion) -> str:
    """Return what buyers see of one, and the amount that was understood, in its smallest unit."""
    if one.pieces and one.pieces > 1:
        return _(
            "Khách thấy: %(name)s. Chợ hiểu là %(n)s cái.", name=one.name, n=number(one.pieces)
        )
    if not (one.net_g or one.net_ml):
        return _("Khách thấy: %(name)s.", name=one.name)
    much = number(one.net_g or one.net_ml or 0)
    return _(
        "Khách thấy: %(name)s. Chợ hiểu là %(amount)s.", name=one.name,
        amount=f"{much} {'g' if one.net_g else 'ml'}",
    )  # fmt: skip


def warnings_of(form: QuickForm) -> dict[str, list[Found]]:
    """Return the claims in what is written, by the name of the field."""
    texts = {name: form[name].data or "" for name in ("title_vi", "description_vi")}
    return {name: found for name, text in texts.items() if (found := claims_in(text))}


def sentence(found: Found) -> str:
    """Return a warning with what to write instead."""
    return _(
        "“%(word)s”: %(why)s %(instead)s", word=found.word, why=tr(found.claim, "why"),
        instead=tr(found.claim, "instead"),
    )  # fmt: skip


def alt_advice(weakness: str) -> str:
    """Return what to say of the words for a photo; "" is praise."""
    return {
        "": _("Tả rõ rồi chị, dùng được."),
        "missing": _("Chưa có lời tả. Hội sẽ giúp, hoặc chị tả luôn."),
        "file_name": _("Đây là tên tệp, chưa phải lời tả."),
        "bare": _("Chị tả thêm: trong ảnh có gì, màu gì, to cỡ nào?"),
        "same_as_name": _("Giống tên món quá. Chị tả thứ nhìn thấy trong ảnh."),
        "short": _("Ngắn quá, chị tả thêm vài chữ."),
        "phone": _("Số điện thoại và giá để chỗ khác, ở đây chỉ tả ảnh."),
    }[weakness]


def _told(what: dict[str, Any], status: int = 200) -> ResponseReturnValue:
    answer = jsonify(what)
    answer.status_code = status
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _refused(refusal: Refusal) -> ResponseReturnValue:
    db.session.rollback()
    said = render_template("selling/upload_refused.txt", refusal=refusal).strip()
    return _told({"says": said, "received": refusal.facts.get("received", 0)}, refusal.status)


@blueprint.post(AT)
@guard("seller")
def photo_begun() -> ResponseReturnValue:
    """Make room for a photo that comes in pieces; asked again, say how much of it is there."""
    limit(_PHOTOS, "photo-begun", str(current_user.id))
    key, size = request.form.get("khoa", ""), request.form.get("co", "")
    size_bytes = int(size) if size.isascii() and size.isdecimal() and len(size) < 12 else 0
    now = now_utc()
    try:
        received = in_transaction(
            lambda session: (
                begin_upload(
                    session, seller_id=g.stall.id, key=key, size_bytes=size_bytes, now=now
                ).received_bytes
            )
        )
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return _refused(refusal)
    return _told({"received": received})


@blueprint.get(f"{AT}/<key>")
@guard("seller")
def photo_state(key: str) -> ResponseReturnValue:
    """How much of a photo has come: after a cut, the phone goes on from there."""
    upload = upload_of(db.session(), g.stall.id, key)
    return _told({"received": upload.received_bytes, "finished": upload.finished is not None})


@blueprint.post(f"{AT}/<key>")
@guard("seller")
def photo_part(key: str) -> ResponseReturnValue:
    """Take in the next piece: ``Upload-Offset`` says where it begins."""
    upload_of(db.session(), g.stall.id, key)
    limit(_PARTS, "photo-part", str(current_user.id))
    offset = request.headers.get("Upload-Offset", "")
    start = int(offset) if offset.isascii() and offset.isdecimal() and len(offset) < 12 else -1
    content = request.stream.read(MOST_PART_BYTES + 1)
    db.session.rollback()  # Nothing was held while it came.
    try:
        received = in_transaction(
            lambda session: add_part(
                session, seller_id=g.stall.id, key=key, start=start, content=content
            )
        )
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return _refused(refusal)
    return _told({"received": received})


@blueprint.post(f"{AT}/<key>/xong")
@guard("seller")
def photo_finished(key: str) -> ResponseReturnValue:
    """Read a photo that is whole: what is none is said at once, before the form is sent."""
    upload_of(db.session(), g.stall.id, key)
    refusal = read_upload(key)
    if refusal is not None:
        return _refused(refusal)
    return _told({"finished": True})
