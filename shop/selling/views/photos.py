"""The photos of a product: taken in, described, put first, taken away."""

from typing import Any, cast

from flask import g, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from shop.catalogue.models import Product
from shop.catalogue.queries import product_of
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import Refusal
from shop.media.files import Finished
from shop.media.models import Upload
from shop.media.queries import picture_of
from shop.media.reading import finish_apart
from shop.media.rules import MOST_BYTES, PictureMissing, UploadUnfinished, alt_weakness
from shop.media.store import keep
from shop.media.uploads import (
    drop_upload,
    finish_upload,
    take_upload,
    upload_of,
    whole_photo,
)
from shop.selling.actions.products import (
    add_photo,
    describe_photo,
    remove_photo,
    show_photo_first,
)
from shop.selling.forms.products import PhotoForm
from shop.selling.queries.products import product_view
from shop.selling.views.blueprint import blueprint, done, page
from shop.web.guards import guard, takes
from shop.web.limits import limit
from shop.web.replies import try_to
from shop.web.words import _, lazy_, speaking, tr

#: What a further photo shows, mostly: chosen in one tap instead of words.
SIDES = {
    "mat-truoc": lazy_("Mặt trước"), "mat-sau": lazy_("Mặt sau"), "nhan": lazy_("Nhãn"),
    "ben-trong": lazy_("Bên trong"), "dang-dung": lazy_("Lúc đang dùng"),
    "nguoi-lam": lazy_("Người làm món"),
}  # fmt: skip
#: Photos of one person; each costs the machine about a second.
_RATE = "120 per hour"
#: What a post with a photo may weigh. More than a photo may: who sends a heavier one
#: is told so beside the field, where a cut line would only say that the shop is gone.
PHOTO_MB = 40


def read_photo(form: Any, *, needed: bool = False) -> tuple[Finished | None, Refusal | None]:
    """Return the cleaned photo of a post, its files kept, and why not when it is none.

    Nothing is unpacked when the form has other faults; the photo is then chosen again.
    """
    # The camera's input, or the one for photos that are there already.
    sent = next((file for name in ("anh", "anh_san") if (file := request.files.get(name))), None)
    if sent is None:
        return None, PictureMissing() if needed else None
    if form.errors:
        return None, None
    limit(_RATE, "photo", str(current_user.id))
    db.session.rollback()  # Nothing is held while the photo waits its turn and is unpacked.
    try:
        finished = finish_apart(sent.stream.read(MOST_BYTES + 1))
    except Refusal as refusal:
        return None, refusal
    keep(finished.files)
    return finished, None


def chosen_photo(form: Any, *, needed: bool = False) -> tuple[Finished | None, Refusal | None]:
    """Return the photo that came with a post, or why there is none.

    One that came in pieces is read here and taken from ``form.da_gui`` by ``photo_of``, in the
    transaction that hangs it.
    """
    upload = form.da_gui.data or ""
    photo, refusal = read_photo(form, needed=needed and not upload)
    if photo is None and refusal is None and upload and not form.errors:
        refusal = read_upload(upload)
    return photo, refusal


def photo_of(session: Session, photo: Finished | None, form: Any) -> Finished | None:
    """Return the photo of a form, whichever way it came. Raises: NotYours, UploadUnfinished."""
    upload = form.da_gui.data or ""
    if photo is not None or not upload:
        return photo
    return take_upload(session, seller_id=g.stall.id, key=upload)


def read_upload(key: str) -> Refusal | None:
    """Unpack a photo that came in pieces, unless that was done; return why not."""
    try:
        if upload_of(db.session(), g.stall.id, key).finished is not None:
            return None
        content = whole_photo(db.session(), g.stall.id, key)
    except Refusal as refusal:
        return refusal if refusal.status != 404 else UploadUnfinished(received=0, size=0)
    limit(_RATE, "photo", str(current_user.id))
    db.session.rollback()  # Nothing is held while the photo waits its turn and is unpacked.
    try:
        finished = finish_apart(content)
    except Refusal as refusal:
        now = now_utc()
        in_transaction(lambda session: drop_upload(session, seller_id=g.stall.id, key=key, now=now))
        return refusal
    keep(finished.files)
    in_transaction(
        lambda session: finish_upload(session, seller_id=g.stall.id, key=key, finished=finished)
    )
    return None


def sent_before(key: str) -> Upload | None:
    """Return a photo that came in pieces, to be shown again; None when there is none."""
    try:
        return upload_of(db.session(), g.stall.id, key)
    except Refusal:
        return None


def show_photos(product_id: int, form: Any = None, *, said: Any = None, **more: Any) -> str:
    """Render the photos of a product.

    Args:
        form: of a new photo that was not taken.
        said: (id of a photo, form of its words) when those were wrong.
    """
    view = product_view(db.session(), g.stall.id, product_id)
    weak = {
        picture.id: alt_weakness(picture.alt_vi, view.product.title_vi) for picture in view.pictures
    }
    words = {
        picture.id: PhotoForm(prefix=f"{picture.id}-", obj=picture) for picture in view.pictures
    }
    if said is not None:
        words[said[0]] = said[1]
    form = form or PhotoForm()
    return page(
        "photos", view=view, sides=SIDES, form=form, weak=weak, words=words, sent=sent_before(form.da_gui.data or ""),
        **{"refusal": None, **more},
    )  # fmt: skip


@blueprint.get("/ban-hang/hang/<int:product_id>/anh")
@guard("seller")
def photos_page(product_id: int) -> ResponseReturnValue:
    """A product's photos with their words."""
    return show_photos(product_id)


@blueprint.post("/ban-hang/hang/<int:product_id>/anh")
@guard("seller")
@takes(PHOTO_MB)
def new_photo(product_id: int) -> ResponseReturnValue:
    """Take in a photo."""
    product_of(db.session(), g.stall.id, product_id)
    form = PhotoForm.posted()
    form.validate()
    photo, refusal = chosen_photo(form, needed=True)
    if refusal or form.errors:
        return show_photos(product_id, form, refusal=refusal), 422
    return try_to(
        lambda session: add_photo(
            session, seller_id=g.stall.id, product_id=product_id,
            photo=cast("Finished", photo_of(session, photo, form)), alt_vi=form.alt_vi.data,
            alt_en=form.alt_en.data, actor_id=current_user.id, now=now_utc(),
        ),
        show=lambda **more: show_photos(product_id, form, **more),
        then=lambda _: done(f"/ban-hang/hang/{product_id}/anh", "them-anh"),
    )  # fmt: skip


@blueprint.post("/ban-hang/hang/<int:product_id>/anh/<int:picture_id>/ta")
@guard("seller")
def describe(product_id: int, picture_id: int) -> ResponseReturnValue:
    """Say what is in a photo: in her words, or by one tap which side of the thing it shows."""
    form = PhotoForm.posted()
    picture_of(db.session(), g.stall.id, picture_id)
    if request.form.get("goi_y") in SIDES:
        product = product_of(db.session(), g.stall.id, product_id)
        form.alt_vi.data, form.alt_en.data = (
            _side_of(product, request.form["goi_y"], spoken) for spoken in ("vi", "en")
        )
    if not form.validate():
        for field in form:
            field.id = f"{picture_id}-{field.id}"
        return show_photos(product_id, said=(picture_id, form)), 422
    return try_to(
        lambda session: describe_photo(
            session, seller_id=g.stall.id, product_id=product_id, picture_id=picture_id,
            alt_vi=form.alt_vi.data, alt_en=form.alt_en.data,
        ),
        show=lambda **more: show_photos(product_id, **more),
        then=lambda _: done(f"/ban-hang/hang/{product_id}/anh", "luu", f"#anh-{picture_id}"),
    )  # fmt: skip


def _side_of(product: Product, side: str, spoken: str) -> str:
    with speaking(spoken):
        return _("%(side)s của %(what)s", side=SIDES[side], what=tr(product, "title"))


@blueprint.post("/ban-hang/hang/<int:product_id>/anh/<int:picture_id>/truoc")
@guard("seller")
def put_first(product_id: int, picture_id: int) -> ResponseReturnValue:
    """Make a photo the face of its product."""
    return try_to(
        lambda session: show_photo_first(
            session, seller_id=g.stall.id, product_id=product_id, picture_id=picture_id,
            now=now_utc(),
        ),
        show=lambda **more: show_photos(product_id, **more),
        then=lambda _: done(f"/ban-hang/hang/{product_id}/anh", "luu"),
    )  # fmt: skip


@blueprint.post("/ban-hang/hang/<int:product_id>/anh/<int:picture_id>/bo")
@guard("seller")
def remove(product_id: int, picture_id: int) -> ResponseReturnValue:
    """Take a photo away."""
    return try_to(
        lambda session: remove_photo(
            session, seller_id=g.stall.id, product_id=product_id, picture_id=picture_id,
            now=now_utc(),
        ),
        show=lambda **more: show_photos(product_id, **more),
        then=lambda _: done(f"/ban-hang/hang/{product_id}/anh", "xoa"),
    )  # fmt: skip
