"""A maker introduces herself in her own voice; buyers hear it once it is written down as well."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.db import touch
from shop.kernel.errors import Refusal
from shop.kernel.text import nfc
from shop.media.sound_rules import Sound
from shop.outbox.relay import record
from shop.sellers.events import SellerChanged
from shop.sellers.models import Seller
from shop.sellers.queries import seller

#: Spoken in a minute are two hundred words; nobody types more than this.
MOST_LETTERS = 3000


class NothingRecorded(Refusal):
    """There is no recording: nothing to write down, nothing to take away."""

    code = "nothing_recorded"


def voice_file(sound: Sound) -> str:
    """Return the name of a recording's file in the store: of its content."""
    digest = hashlib.sha256(sound.content).hexdigest()[:32]
    return f"{digest[:2]}/{digest}-tieng.{sound.kind}"


def record_voice(
    session: Session,
    *,
    seller_id: int,
    file: str,
    duration_ms: int,
    said_vi: str,
    said_en: str = "",
    actor_id: int | None,
    actor_name: str,
    now: datetime,
) -> str:
    """Put a recording, whose file is kept already, in the place of the one before.

    Returns:
        The file that nobody needs any more, or "". Who calls throws it away after the commit.
    """
    row = seller(session, seller_id, to_change=True)
    old = row.voice_file
    row.voice_file, row.voice_ms, row.voice_at = file, duration_ms, now
    row.voice_vi, row.voice_en = nfc(said_vi)[:MOST_LETTERS], nfc(said_en)[:MOST_LETTERS]
    _told(session, row, "recorded", now, actor_id, actor_name)
    return _free(session, old) if old != file else ""


def write_voice_down(
    session: Session,
    *,
    seller_id: int,
    said_vi: str,
    said_en: str,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> Seller:
    """Write down what a recording says. Empty Vietnamese words: buyers do not hear it.

    Raises:
        NothingRecorded
    """
    row = seller(session, seller_id, to_change=True)
    if not row.voice_file:
        raise NothingRecorded
    before = {"vi": row.voice_vi, "en": row.voice_en}
    row.voice_vi, row.voice_en = nfc(said_vi)[:MOST_LETTERS], nfc(said_en)[:MOST_LETTERS]
    _told(
        session, row, "transcribed", now, actor_id, actor_name, undoes_id=undoes_id, before=before
    )
    return row


def remove_voice(
    session: Session, *, seller_id: int, actor_id: int | None, actor_name: str, now: datetime
) -> str:
    """Take a recording away; return its file when nobody needs it any more.

    Raises:
        NothingRecorded
    """
    row = seller(session, seller_id, to_change=True)
    if not row.voice_file:
        raise NothingRecorded
    old, row.voice_file, row.voice_ms, row.voice_at = row.voice_file, "", 0, None
    row.voice_vi = row.voice_en = ""
    _told(session, row, "removed", now, actor_id, actor_name)
    return _free(session, old)


def voices_waiting(session: Session, within: Select[int] | None, most: int = 30) -> Sequence[Any]:
    """Return the stalls whose recording is not written down yet, the oldest first.

    Args:
        within: ids of units; all of them when left out.
    """
    wanted = (
        select(Seller.id, Seller.name_vi, Seller.name_en, Seller.voice_file, Seller.voice_at)
        .where(Seller.voice_file != "", Seller.voice_vi == "")
        .order_by(Seller.voice_at)
        .limit(most)
    )
    if within is not None:
        wanted = wanted.where(Seller.organisation_id.in_(within))
    return session.execute(wanted).all()


def _free(session: Session, file: str) -> str:
    """Return a file's name unless another stall sent in the very same recording."""
    session.flush()
    left = session.scalar(select(func.count()).where(Seller.voice_file == file)) if file else 1
    return "" if left else file


def _told(
    session: Session, row: Seller, what: str, now: datetime, actor_id: int | None,
    actor_name: str, **more: Any,
) -> None:  # fmt: skip
    row.version += 1
    touch(session, "catalogue")
    record(session, SellerChanged(seller_id=row.id, what="edited"), now)
    note(
        session, action=f"seller.voice_{what}", subject_kind="seller", subject_id=row.id, now=now,
        actor_id=actor_id, actor_name=actor_name, name=row.name_vi, **more,
    )  # fmt: skip
