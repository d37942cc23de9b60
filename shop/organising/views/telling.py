"""Chat groups of units and announcements: at the desk, for everybody, and on one's own page."""

from collections.abc import Callable
from typing import Any

from flask import Response, abort, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from shop.accounts.acting import acting
from shop.db import db, in_transaction, transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.codes import read_code
from shop.kernel.errors import NotYours, Refusal
from shop.organisations.acting import has_right, need_right, page_number
from shop.organisations.queries import organisation, path_of
from shop.organisations.telling import actions as acts
from shop.organisations.telling.models import Announcement
from shop.organisations.telling.queries import (
    announcements_of,
    group,
    groups_of,
    open_announcement,
    public_groups,
    told_to,
)
from shop.organising.forms import AnnouncementForm, GroupForm, GroupSizeForm
from shop.organising.views import blueprint
from shop.web.guards import guard
from shop.web.links import path
from shop.web.lists import cut
from shop.web.qr import qr_picture

GROUPS = "/dieu-hanh/to-chuc/<int:unit_id>/nhom"
GROUP = "/dieu-hanh/to-chuc/nhom/<int:group_id>"
TELL = "/dieu-hanh/to-chuc/<int:unit_id>/thong-bao"


@blueprint.get("/nhom-hoi")
@guard("anyone")
def groups_shown() -> ResponseReturnValue:
    """The groups that everybody may join, by unit, each with its link and QR."""
    return render_template("organising/groups.html", groups=public_groups(db.session()))


@blueprint.get("/nhom-hoi/<int:group_id>.svg")
@guard("anyone")
def group_qr(group_id: int) -> Response:
    row = group(db.session(), group_id)
    unit = organisation(db.session(), row.organisation_id)
    if row.for_whom != "public" or unit.valid_to is not None or unit.hidden_at:
        raise NotYours
    return qr_picture(row.link, "svg", f"nhom-{group_id}.svg")


@blueprint.get(GROUPS)
@guard("officer")
def groups_kept(unit_id: int) -> ResponseReturnValue:
    """The groups of a unit and of all below it."""
    need_right("see_unit", unit_id)
    return _groups_page(unit_id)


def _groups_page(unit_id: int, form: GroupForm | None = None, refusal: Any = None) -> str:
    session = db.session()
    rows = groups_of(session, unit_id)
    return render_template(
        "organising/groups_desk.html", unit=organisation(session, unit_id), groups=rows,
        above=path_of(session, unit_id)[:-1], form=form or GroupForm(), refusal=refusal,
        sizes={r[0].id: GroupSizeForm(prefix=f"g{r[0].id}-", size=r[0].size) for r in rows},
        may_keep=has_right("keep_groups", unit_id),
    )  # fmt: skip


@blueprint.post(GROUPS)
@guard("officer")
def group_added(unit_id: int) -> ResponseReturnValue:
    need_right("keep_groups", unit_id)
    form = GroupForm.posted()
    if not form.validate():
        return _groups_page(unit_id, form), 422
    by = acting()
    try:
        in_transaction(
            lambda session: acts.add_group(
                session, organisation_id=unit_id, kind=form.kind.data, name=form.name.data,
                for_whom=form.for_whom.data, link=form.link.data, size=form.size.data, **by,
            )
        )  # fmt: skip
    except Refusal as refusal:
        return _groups_page(unit_id, form, refusal), refusal.status
    return redirect(path(f"/dieu-hanh/to-chuc/{unit_id}/nhom") + "?da=them", 303)


@blueprint.post(GROUP)
@guard("officer")
def group_resized(group_id: int) -> ResponseReturnValue:
    unit_id = _unit_of_group(group_id)
    form = GroupSizeForm.posted(prefix=f"g{group_id}-")
    if not form.validate():
        return _groups_page(unit_id), 422
    by = acting()
    return _group_done(
        unit_id,
        lambda session: acts.resize_group(session, group_id=group_id, size=form.size.data, **by),
    )


@blueprint.post(f"{GROUP}/bo")
@guard("officer")
def group_struck(group_id: int) -> ResponseReturnValue:
    unit_id, by = _unit_of_group(group_id), acting()
    return _group_done(unit_id, lambda session: acts.strike_group(session, group_id=group_id, **by))


def _unit_of_group(group_id: int) -> int:
    unit_id = group(db.session(), group_id).organisation_id
    need_right("keep_groups", unit_id)
    return unit_id


def _group_done(unit_id: int, work: Callable[[Session], object]) -> ResponseReturnValue:
    in_transaction(work)
    return redirect(path(f"/dieu-hanh/to-chuc/{unit_id}/nhom") + "?da=luu", 303)


@blueprint.get(TELL)
@guard("officer")
def announcements(unit_id: int) -> ResponseReturnValue:
    """What a unit told those below it, and how many have read it."""
    need_right("announce", unit_id)
    return _tell_page(unit_id)


def _tell_page(unit_id: int, form: AnnouncementForm | None = None, refusal: Any = None) -> str:
    session = db.session()
    return render_template(
        "organising/announcements_desk.html", unit=organisation(session, unit_id), refusal=refusal,
        above=path_of(session, unit_id)[:-1], form=form or AnnouncementForm(is_open=True),
        found=cut(session, announcements_of(unit_id), page_number()),
    )  # fmt: skip


@blueprint.post(TELL)
@guard("officer")
def announce(unit_id: int) -> ResponseReturnValue:
    need_right("announce", unit_id)
    form = AnnouncementForm.posted()
    if not form.validate():
        return _tell_page(unit_id, form), 422
    by = acting()
    try:
        in_transaction(
            lambda session: acts.announce(
                session, organisation_id=unit_id, title=form.title.data, text=form.text.data,
                is_open=form.is_open.data, **by,
            )
        )  # fmt: skip
    except Refusal as refusal:
        return _tell_page(unit_id, form, refusal), refusal.status
    return redirect(path(f"/dieu-hanh/to-chuc/{unit_id}/thong-bao") + "?da=gui", 303)


@blueprint.post("/dieu-hanh/to-chuc/thong-bao/<int:announcement_id>/thu-hoi")
@guard("officer")
def announcement_taken_back(announcement_id: int) -> ResponseReturnValue:
    row = db.session.get(Announcement, announcement_id)
    if row is None:
        raise NotYours
    unit_id = row.organisation_id
    need_right("announce", unit_id)
    by = acting()
    try:
        in_transaction(
            lambda session: acts.take_announcement_back(
                session, announcement_id=announcement_id, **by
            )
        )
    except NotYours:
        raise
    except Refusal as refusal:
        return _tell_page(unit_id, refusal=refusal), refusal.status
    return redirect(path(f"/dieu-hanh/to-chuc/{unit_id}/thong-bao") + "?da=luu", 303)


@blueprint.get("/thong-bao/<code>")
@guard("visitor")
def announcement(code: str) -> ResponseReturnValue:
    """An announcement that chat groups lead to."""
    found = open_announcement(db.session(), read_code(code)[:12])
    if found is None:
        abort(404)
    return render_template("organising/announcement.html", row=found[0], unit=found[1])


@blueprint.get("/tai-khoan/thong-bao")
@guard("signed_in")
def my_announcements() -> ResponseReturnValue:
    """What her units and those above them told a person; opening the page reads them."""
    now = now_utc()
    found = cut(db.session(), told_to(current_user.id, vietnam_date(now)), page_number())
    rows = [(row, unit, read is None) for row, unit, read in found.rows]
    fresh, reader = [row.id for row, _unit, new in rows if new], current_user.id
    page = render_template("organising/announcements.html", found=found, rows=rows)
    if fresh:
        db.session.rollback()
        with transaction() as session:
            for announcement_id in fresh:
                acts.note_read(session, announcement_id, reader, now)
    return page
