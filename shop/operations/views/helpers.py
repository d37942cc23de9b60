"""Who helps at a stall, written down by an officer to whom its owner said yes, or no more."""

from typing import Any

from flask import Response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from shop.accounts.acting import acting
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import NotYours, Refusal
from shop.media.files import master_of
from shop.media.reading import finish_apart
from shop.media.sound_rules import TYPES as SOUNDS
from shop.media.sound_rules import read_sound
from shop.operations.views import blueprint
from shop.organisations.acting import need_right, person_named
from shop.sellers.forms import CONSENT_WORDS, RIGHT_WORDS, HeardHelperForm
from shop.sellers.helping import acts_of, consent_file_of, grant_help, grants_of, revoke_help
from shop.sellers.queries import members_of, seller
from shop.web.guards import guard, takes
from shop.web.links import path
from shop.web.words import _

RIGHT = "edit_seller"
HELPERS = "/dieu-hanh/nguoi-ban/<int:seller_id>/nguoi-giup"
#: Papers that were kept before masters became WebP are JPEG.
_TYPES = SOUNDS | {"jpg": "image/jpeg", "webp": "image/webp"}


def _mine(seller_id: int) -> Any:
    row = seller(db.session(), seller_id)
    need_right(RIGHT, row.organisation_id)
    return row


def _owners(seller_id: int) -> list[Any]:
    people = members_of(db.session(), seller_id, now_utc())
    return [one for one in people if one.role == "owner"]


def _page(seller_id: int, form: Any = None, refusal: Refusal | None = None) -> str:
    session = db.session()
    form = form or HeardHelperForm().offer(_owners(seller_id))
    return render_template(
        "operations/helpers.html", seller=seller(session, seller_id), form=form, refusal=refusal,
        grants=grants_of(session, seller_id), acts=acts_of(session, seller_id),
        right_words=RIGHT_WORDS, consent_words=CONSENT_WORDS, now=now_utc(),
    )  # fmt: skip


@blueprint.get(HELPERS)
@guard("officer")
def seller_helpers(seller_id: int) -> ResponseReturnValue:
    """Who may help there, with what, and how the owner said so."""
    _mine(seller_id)
    return _page(seller_id)


@blueprint.post(HELPERS)
@guard("officer")
@takes(16)
def seller_helper_granted(seller_id: int) -> ResponseReturnValue:
    """The owner said yes to this officer: aloud, on paper, or before her."""
    _mine(seller_id)
    form = HeardHelperForm.posted().offer(_owners(seller_id))
    person = person_named(db.session(), form.who.data) if form.validate() else None
    herself = person is not None and person.id == current_user.id
    if person is None and not form.errors:
        form.who.errors = [_("Chưa ai có tài khoản bằng số hoặc thư này.")]
    if herself:  # Who writes down the owner's yes gains nothing by it.
        form.who.errors = [_("Chị không tự ghi mình vào gian hàng được. Nhờ người khác ghi.")]
    if person is None or herself:
        return _page(seller_id, form), 422
    helper_id, act = person.id, acting()
    try:
        kept = _consent(request.files.get("consent_file"))
        in_transaction(
            lambda session: grant_help(
                session, seller_id=seller_id, helper_id=helper_id, owner_id=int(form.owner.data),
                rights=form.rights.data or [], last_day=form.last_day.data,
                consent_kind=form.consent_kind.data, consent_on=form.consent_on.data,
                consent_note=form.consent_note.data, consent_file=kept, **act,
            )
        )  # fmt: skip
    except NotYours:
        raise
    except Refusal as refusal:
        return _page(seller_id, form, refusal), refusal.status
    return redirect(path(f"/dieu-hanh/nguoi-ban/{seller_id}/nguoi-giup") + "?da=cho-giup", 303)


def _consent(sent: FileStorage | None) -> tuple[str, bytes] | None:
    """Return (ending, bytes) of what was sent along: a recording, or a picture of the paper.

    Raises:
        NotASound and its like, or what a picture is refused for.
    """
    content = sent.read() if sent else b""
    if not content:
        return None
    if content[:3] == b"\xff\xd8\xff" or content[:4] == b"\x89PNG" or content[8:12] == b"WEBP":
        picture = finish_apart(content)
        return "webp", picture.files[master_of(picture.digest)]
    sound = read_sound(content)
    return sound.kind, sound.content


@blueprint.post(f"{HELPERS}/<int:grant_id>/thoi")
@guard("officer")
def seller_helper_revoked(seller_id: int, grant_id: int) -> ResponseReturnValue:
    """End it at once, by this officer's own judgement or because the owner rang."""
    _mine(seller_id)
    how = "phone" if request.form.get("cach") == "phone" else "officer"
    act = acting()

    def end(session: Session) -> Any:
        return revoke_help(session, seller_id=seller_id, grant_id=grant_id, how=how, **act)

    try:
        in_transaction(end)
    except NotYours:
        raise
    except Refusal as refusal:
        return _page(seller_id, refusal=refusal), refusal.status
    return redirect(path(f"/dieu-hanh/nguoi-ban/{seller_id}/nguoi-giup") + "?da=thoi-giup", 303)


@blueprint.get(f"{HELPERS}/<int:grant_id>/dong-y")
@guard("officer")
def seller_helper_consent(seller_id: int, grant_id: int) -> ResponseReturnValue:
    """What was kept of the owner's yes, as a file to save: nothing of it runs here."""
    _mine(seller_id)
    kind, content = consent_file_of(db.session(), seller_id, grant_id)
    return Response(
        content, content_type=_TYPES[kind],
        headers={"Content-Disposition": f'attachment; filename="dong-y-{grant_id}.{kind}"'},
    )  # fmt: skip
