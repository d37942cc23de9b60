"""Cards of what can be shared, written from what its public page says and nothing else."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.kernel.clock import vietnam_date
from shop.kernel.codes import read_code
from shop.mutual_aid.models import HelpCall
from shop.mutual_aid.queries import call_page
from shop.mutual_aid.rules import CallState
from shop.sharing.models import SharePicture
from shop.sharing.rules import Card, Figure, Shape
from shop.web.links import absolute
from shop.web.words import _, counted, language, moment, number, tr

#: {kind: its card, or None when nothing by that key is public}
CardOf = Callable[[Session, str, datetime], Card | None]


def short(address: str) -> str:
    """Return an address as people type it: without "https://"."""
    return address.partition("://")[2] or address


def card_of_call(session: Session, code: str, now: datetime) -> Card | None:
    """Return the card of a call for help that takes place; drafts and cancelled ones have none.

    Who pledged is never on it: pictures go on when a name is taken back.
    """
    if read_code(code)[:12] != code:
        return None
    found = call_page(session, code, now)
    if found is None or found.row.state != CallState.OPEN:
        return None
    row, address = found.row, absolute(f"/giup-nhau/{code}")
    had = ", ".join(
        _("%(n)s trên %(all)s", n=number(need.pledged), all=counted(need.wanted, tr(need, "unit")))
        for need in found.needs
    )
    return Card(
        kind=_("Giúp nhau"), title=tr(row, "title"),
        lines=(
            _("Giúp %(whom)s", whom=tr(row, "for_whom")), moment(row.starts_at), tr(row, "place"),
        ),
        figure=Figure(vietnam_date(now), _("đã có %(had)s", had=had)) if had else None,
        by=tr(found.organisation, "name"), address=address, short=short(address),
        scan=_("Quét để xem và nhận lời"), locale=language(),
    )  # fmt: skip


CARDS: dict[str, CardOf] = {"giup-nhau": card_of_call}


def card(session: Session, kind: str, key: str, now: datetime) -> Card | None:
    """Return the card of a subject by its kind and key, or None."""
    return CARDS[kind](session, key, now) if kind in CARDS else None


def kept_digest(
    session: Session, kind: str, key: str, shape: Shape, locale: str, *, to_change: bool = False
) -> SharePicture | None:
    """Return what is kept of a subject's picture."""
    wanted = select(SharePicture).where(
        SharePicture.kind == kind, SharePicture.key == key, SharePicture.shape == shape,
        SharePicture.locale == locale,
    )  # fmt: skip
    return session.scalar(wanted.with_for_update() if to_change else wanted)


def to_make_ahead(session: Session, now: datetime, most: int = 40) -> Sequence[tuple[str, str]]:
    """Return (kind, key) of what people share these days: calls that are still to come."""
    codes = session.scalars(
        select(HelpCall.code)
        .where(HelpCall.state == CallState.OPEN, HelpCall.ends_at > now)
        .order_by(HelpCall.starts_at)
        .limit(most)
    )
    return [("giup-nhau", code) for code in codes]
