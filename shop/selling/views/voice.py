"""Her introduction in her own voice: recorded, written down, taken away."""

from typing import Any

from flask import g, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.accounts.acting import acting
from shop.db import db
from shop.kernel.errors import Refusal
from shop.media.sound_rules import MOST_BYTES, Sound, read_sound
from shop.media.store import drop, keep
from shop.sellers.queries import seller
from shop.sellers.voices import (
    record_voice,
    remove_voice,
    voice_file,
    write_voice_down,
)
from shop.selling.forms.stall import VoiceForm
from shop.selling.views.blueprint import blueprint, done, page
from shop.web.guards import guard, takes
from shop.web.limits import limit
from shop.web.replies import try_to

VOICE = "/ban-hang/gian-hang/giong-noi"


def show_voice(form: Any = None, **more: Any) -> str:
    row = seller(db.session(), g.stall.id)
    return page(
        "voice", row=row, form=form or VoiceForm(obj=row), **{"refusal": None, **more}
    )  # fmt: skip


@blueprint.get(VOICE)
@guard("seller")
def voice_page() -> ResponseReturnValue:
    """What buyers hear, and the way to record it anew."""
    return show_voice()


@blueprint.post(VOICE)
@guard("seller")
@takes(16)
def voice() -> ResponseReturnValue:
    """Take in a recording, or other words for the one that is there."""
    form = VoiceForm.posted()
    if not form.validate():
        return show_voice(form), 422
    try:
        sound = _sent()
    except Refusal as refusal:
        return show_voice(form, refusal=refusal), refusal.status
    words = {"said_vi": form.voice_vi.data, "said_en": form.voice_en.data}
    if sound is None:
        return try_to(
            lambda session: write_voice_down(session, seller_id=g.stall.id, **words, **acting()),
            show=lambda **more: show_voice(form, **more),
            then=lambda _: done(VOICE, "luu"),
        )
    file = voice_file(sound)
    db.session.rollback()  # Nothing is held while the file is stored.
    keep({file: sound.content})
    return try_to(
        lambda session: record_voice(
            session, seller_id=g.stall.id, file=file, duration_ms=sound.duration_ms, **words,
            **acting(),
        ),
        show=lambda **more: show_voice(form, **more),
        then=lambda old: _thrown_away(old, "luu"),
    )  # fmt: skip


def _sent() -> Sound | None:
    """Return the recording of this post, or None when none was chosen.

    Raises:
        NotASound and its like.
    """
    sent = request.files.get("ghi_am")
    content = sent.stream.read(MOST_BYTES + 1) if sent else b""
    if not content:
        return None
    limit("30 per hour", "voice", str(current_user.id))
    return read_sound(content)


@blueprint.post(f"{VOICE}/bo")
@guard("seller")
def voice_removed() -> ResponseReturnValue:
    """Take the recording away; buyers hear it no more, and its file goes."""
    return try_to(
        lambda session: remove_voice(session, seller_id=g.stall.id, **acting()),
        show=show_voice,
        then=lambda old: _thrown_away(old, "xoa"),
    )


def _thrown_away(file: str, said: str) -> ResponseReturnValue:
    if file:
        drop([file])
    return done(VOICE, said)
