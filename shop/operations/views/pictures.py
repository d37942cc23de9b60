"""Pictures whose words say too little: an officer describes them in the maker's stead."""

from flask import redirect, render_template
from flask.typing import ResponseReturnValue

from shop.accounts.acting import acting
from shop.db import db, transaction
from shop.kernel.errors import NotYours, Refusal
from shop.media.models import Picture
from shop.operations.actions import write_words
from shop.operations.forms import VoiceWordsForm, WordsForm
from shop.operations.queries import pictures_page
from shop.operations.views import blueprint
from shop.organisations.acting import need_right, page_number, units_in_sight
from shop.sellers.queries import seller
from shop.sellers.voices import voices_waiting, write_voice_down
from shop.web.guards import guard
from shop.web.links import path
from shop.web.replies import try_to


@blueprint.get("/dieu-hanh/anh")
@guard("officer")
def pictures() -> ResponseReturnValue:
    return _page(None, None, 200)


@blueprint.post("/dieu-hanh/anh/<int:picture_id>")
@guard("officer")
def describe(picture_id: int) -> ResponseReturnValue:
    picture = db.session().get(Picture, picture_id)
    if picture is None or picture.seller_id is None:
        raise NotYours
    need_right("describe_pictures", seller(db.session(), picture.seller_id).organisation_id)
    form = WordsForm.posted(prefix=f"a{picture_id}-")
    if not form.validate():
        return _page(picture_id, form, 422)
    with transaction() as session:
        write_words(
            session, picture_id=picture_id, alt_vi=form.alt_vi.data, alt_en=form.alt_en.data,
            **acting(),
        )  # fmt: skip
    return redirect(path("/dieu-hanh/anh") + "?da=luu", 303)


@blueprint.post("/dieu-hanh/giong-noi/<int:seller_id>")
@guard("officer")
def voice_written_down(seller_id: int) -> ResponseReturnValue:
    """Write down what a maker says, for whoever cannot hear it; buyers hear her from then on."""
    need_right("describe_pictures", seller(db.session(), seller_id).organisation_id)
    form = VoiceWordsForm.posted(prefix=f"v{seller_id}-")
    if not form.validate():
        return _page(seller_id, form, 422)
    by = acting()
    return try_to(
        lambda session: write_voice_down(
            session, seller_id=seller_id, said_vi=form.said_vi.data, said_en=form.said_en.data, **by
        ),
        show=lambda refusal: _page(None, None, refusal.status, refusal),
        then=lambda _: redirect(path("/dieu-hanh/anh") + "?da=luu", 303),
    )


def _page(
    wrong_id: int | None, wrong: WordsForm | VoiceWordsForm | None, status: int,
    refusal: Refusal | None = None,
) -> ResponseReturnValue:  # fmt: skip
    units = units_in_sight("describe_pictures")
    found = pictures_page(db.session(), units, page_number())
    voices = voices_waiting(db.session(), units)
    voice_forms = {
        row.id: wrong
        if isinstance(wrong, VoiceWordsForm) and row.id == wrong_id
        else VoiceWordsForm(prefix=f"v{row.id}-")
        for row in voices
    }
    forms = {
        row.id: wrong
        if isinstance(wrong, WordsForm) and row.id == wrong_id
        else WordsForm(prefix=f"a{row.id}-", alt_vi=row.alt_vi, alt_en=row.alt_en)
        for row in found.rows
    }
    return (
        render_template(
            "operations/pictures.html",
            found=found,
            forms=forms,
            wrong=wrong,
            voices=voices,
            voice_forms=voice_forms,
            refusal=refusal,
        ),
        status,
    )
