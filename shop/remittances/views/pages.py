"""Cash that carriers took: what they have, their files, each line answered. For stalls and desk."""

from functools import partial
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from shop.accounts.acting import acting
from shop.banking.views.desk import Desk, page_number
from shop.current import current_settings
from shop.db import db, in_transaction
from shop.kernel.cells import MOST_BYTES, SheetUnreadable
from shop.kernel.clock import now_utc
from shop.kernel.errors import NotYours, Refusal
from shop.kernel.strange_tables import guess_head
from shop.media.sheets import tables_in
from shop.remittances.actions import answers, files
from shop.remittances.forms import ANSWERS, FileForm, LineForm
from shop.remittances.queries.files import (
    file_in,
    files_in,
    last_files,
    layout_of,
    line_counts,
    line_in,
    lines_standing,
    preview_of,
    rows_of,
)
from shop.remittances.queries.parcels import PAGE, at_carriers, late_before, open_parcels
from shop.remittances.rules.comparing import Answer, Verdict
from shop.remittances.rules.sheets import SentBefore, What
from shop.remittances.views.choices import carrier_chosen, offer, owner_chosen
from shop.sellers.models import Payee
from shop.web.columns import posted_columns, shown_columns
from shop.web.guards import guard
from shop.web.limits import limit
from shop.web.lists import Page, cut, cut_list
from shop.web.replies import try_to
from shop.web.words import _

#: Files of one person; a spreadsheet costs the machine about a quarter of a second.
_RATE = "60 per hour"
#: Lines of a file that one tap counts; another tap counts the next.
_AT_MOST = 500
#: Lists of parcels by their address: those that carriers have, and those that they have too long.
OPEN, LATE = "dang-giu", "cham"
#: Lists of lines by their address.
LISTS: dict[str, Verdict] = {
    "khop": Verdict.MATCHES, "thieu": Verdict.LESS, "thua": Verdict.MORE, "lan-nua": Verdict.AGAIN,
    "noi-khac": Verdict.ELSEWHERE, "da-xoa": Verdict.GIVEN_UP, "tra-lai": Verdict.OWED_BACK,
    "hoan": Verdict.WAY_BACK,
    "chua-giao": Verdict.NOT_DELIVERED, "khong-thay": Verdict.NOT_FOUND,
    "khong-thu": Verdict.NO_CASH, "dem-roi": Verdict.COUNTED, "xong": Verdict.DONE,
    "de-do": Verdict.ASIDE,
}  # fmt: skip


def open_remittance_pages(blueprint: Blueprint, desk: Desk) -> None:
    """Give a blueprint the pages of carriers' cash."""

    @blueprint.get(desk.base)
    @guard(desk.guard)
    def remittances() -> ResponseReturnValue:
        """What carriers have, and lines and parcels in lists."""
        return show_all(desk)

    @blueprint.post(desk.base)
    @guard(desk.guard)
    def remittance_read() -> ResponseReturnValue:
        """Read a file and keep it as a preview; nothing else happens yet."""
        return _read(desk)

    @blueprint.get(f"{desk.base}/tep/<int:file_id>")
    @guard(desk.guard)
    def remittance(file_id: int) -> ResponseReturnValue:
        """What a file says, before and after it is stored."""
        return show_file(desk, file_id)

    @blueprint.post(f"{desk.base}/tep/<int:file_id>")
    @guard(desk.guard)
    def remittance_stored(file_id: int) -> ResponseReturnValue:
        """Store the lines; nothing is counted yet."""
        file_in(db.session(), desk.sight("answer"), file_id)
        return _try(
            desk, file_id, lambda session, act: files.store_file(session, file_id=file_id, **act),
            "bang-luu",
        )  # fmt: skip

    @blueprint.post(f"{desk.base}/tep/<int:file_id>/lui")
    @guard(desk.guard)
    def remittance_taken_back(file_id: int) -> ResponseReturnValue:
        """Take a file back of which nothing was counted, to send it anew."""
        return _take_back(desk, file_id)

    @blueprint.get(f"{desk.base}/tep/<int:file_id>/cot")
    @guard(desk.guard)
    def remittance_columns(file_id: int) -> ResponseReturnValue:
        """Say what the columns of a strange table are."""
        return show_columns(desk, file_id)

    @blueprint.post(f"{desk.base}/tep/<int:file_id>/cot")
    @guard(desk.guard)
    def remittance_columns_named(file_id: int) -> ResponseReturnValue:
        """Keep what they are, for this file and the next ones like it."""
        return _name(desk, file_id)

    @blueprint.post(f"{desk.base}/tep/<int:file_id>/dem")
    @guard(desk.guard)
    def remittance_counted(file_id: int) -> ResponseReturnValue:
        """Count all lines that agree with their parcels."""
        return _count(desk, file_id)

    @blueprint.post(f"{desk.base}/tep/<int:file_id>/tim")
    @guard(desk.guard)
    def remittance_sought(file_id: int) -> ResponseReturnValue:
        """Look once more for parcels that were not found."""
        file_in(db.session(), desk.sight("answer"), file_id)
        act = acting()
        in_transaction(lambda session: files.seek_again(session, file_id=file_id, **act))
        return desk.done("tim-lai", f"/tep/{file_id}")

    @blueprint.post(f"{desk.base}/dong/<int:line_id>")
    @guard(desk.guard)
    def remittance_line_answered(line_id: int) -> ResponseReturnValue:
        """One tap on a line: count, fee, given up, delivered, way back, left, or undo."""
        return _answer(desk, line_id)


def show_all(desk: Desk, form: FileForm | None = None, refusal: Any = None) -> str:
    """Render the first page: five queries and the list's two, whatever stands on it."""
    session, sight, now = db.session(), desk.sight("answer"), now_utc()
    days = current_settings().cod_late_days
    carriers = at_carriers(session, sight, late_before(now, days))
    counts = line_counts(session, sight, now)
    chosen = request.args.get("xem", "")
    if chosen not in (OPEN, LATE, *LISTS):
        chosen = next((name for name, how in LISTS.items() if counts.get(how) and how in _ASKS), OPEN)  # fmt: skip
    return desk.show(
        "remittances/all.html", desk=desk, frame=desk.frame, carriers=carriers, counts=counts,
        lists=LISTS, chosen=chosen, late_days=days, last=last_files(session, sight),
        files=files_in(session, sight), listed=_listed(session, desk, chosen, days, now),
        form=form or offer(desk, FileForm(), carriers), refusal=refusal,
    )  # fmt: skip


#: Lists that are shown first when something stands in them.
_ASKS = (
    Verdict.MATCHES, Verdict.LESS, Verdict.MORE, Verdict.AGAIN, Verdict.ELSEWHERE,
    Verdict.GIVEN_UP, Verdict.OWED_BACK, Verdict.WAY_BACK, Verdict.NOT_DELIVERED,
)  # fmt: skip


def _listed(session: Session, desk: Desk, chosen: str, days: int, now: Any) -> Page:
    sight = desk.sight("answer")
    if chosen in LISTS:
        wanted = lines_standing(sight, LISTS[chosen], now)
    else:
        wanted = open_parcels(sight, late_before(now, days) if chosen == LATE else None)
    return cut(session, wanted, page_number(), PAGE)


def _read(desk: Desk) -> ResponseReturnValue:
    sight = desk.sight("answer")
    form = offer(desk, FileForm.posted())
    fits = form.validate()
    if fits and not carrier_chosen(form):
        form.other.errors = [_("Chị ghi tên hãng.")]  # type: ignore[assignment]
        fits = False
    if not fits:
        return show_all(desk, form), 422
    limit(_RATE, "carrier-file", str(current_user.id))
    sent, act = request.files.get("tep"), acting()
    try:
        content = sent.stream.read(MOST_BYTES + 1) if sent and sent.filename else b""
        if not content:
            raise SheetUnreadable(why="missing")
        owner, payee_id = owner_chosen(db.session(), sight, form)
        db.session.rollback()  # Nothing is held while the file is read.
        tables = list(tables_in(content))
        file_id = in_transaction(
            lambda session: files.keep_file(
                session, owner=owner, carrier=carrier_chosen(form), payee_id=payee_id, content=content,
                tables=tables, **act,
            )
        )  # fmt: skip
    except NotYours:
        raise
    except SentBefore as refusal:
        return show_file(desk, refusal.file_id, refusal), refusal.status
    except Refusal as refusal:
        return show_all(desk, form, refusal), refusal.status
    return desk.done("", f"/tep/{file_id}")


def show_file(desk: Desk, file_id: int, refusal: Any = None) -> Any:
    session, sight, now = db.session(), desk.sight("answer"), now_utc()
    file = file_in(session, sight, file_id)
    account = session.get(Payee, file.payee_id) if file.payee_id is not None else None
    values: dict[str, Any] = {
        "file": file, "refusal": refusal, "lists": LISTS, "desk": desk, "account": account,
    }  # fmt: skip
    if file.stored_at is None:
        layout = layout_of(file)
        if layout is None:
            return desk.done("", f"/tep/{file_id}/cot")
        preview = preview_of(session, file, layout)
        listed = cut_list(preview.lines, page_number(), PAGE)
        return desk.show(
            "remittances/preview.html", frame=desk.frame, preview=preview, listed=listed, **values
        )
    counts = line_counts(session, sight, now, file_id)
    chosen = request.args.get("xem", "")
    if chosen not in LISTS:
        chosen = next((name for name, how in LISTS.items() if counts.get(how)), "khop")
    wanted = lines_standing(sight, LISTS[chosen], now, file_id)
    return desk.show(
        "remittances/file.html", frame=desk.frame, counts=counts, chosen=chosen,
        may_go=not (counts.get(Verdict.DONE) or counts.get(Verdict.OWED_BACK)),
        listed=cut(session, wanted, page_number(), PAGE), **values,
    )  # fmt: skip


def show_columns(desk: Desk, file_id: int, refusal: Any = None) -> Any:
    file = file_in(db.session(), desk.sight("answer"), file_id)
    if file.stored_at is not None:
        return desk.done("", f"/tep/{file_id}")
    rows, layout = rows_of(file), layout_of(file)
    return desk.show(
        "remittances/columns.html", frame=desk.frame, desk=desk, file=file, refusal=refusal,
        table=shown_columns(rows, *_named(rows, layout)), whats=list(What),
    )  # fmt: skip


def _named(rows: list[list[Any]], layout: Any) -> tuple[int, dict[int, str]]:
    """Return the head's row and what the columns are: as posted, as known, or guessed."""
    if request.method == "POST":
        return posted_columns(len(rows), set(What))
    if layout is not None:
        return layout.at, {column: str(what) for column, what in layout.columns.items()}
    return guess_head(rows), {}


def _name(desk: Desk, file_id: int) -> ResponseReturnValue:
    file = file_in(db.session(), desk.sight("answer"), file_id)
    if file.stored_at is not None:
        return desk.done("", f"/tep/{file_id}")
    at, said = posted_columns(len(rows_of(file)), set(What))
    act = acting()
    return try_to(
        lambda session: files.name_columns(session, file_id=file_id, at=at, said=said, **act),
        show=partial(show_columns, desk, file_id),
        then=lambda _: desk.done("", f"/tep/{file_id}"),
    )


def _count(desk: Desk, file_id: int) -> ResponseReturnValue:
    sight, act = desk.sight("answer"), acting()
    file_in(db.session(), sight, file_id)
    by, counted = desk.by(), 0
    while counted < _AT_MOST:
        some = in_transaction(
            lambda session: answers.count_agreeing(
                session, sight=sight, file_id=file_id, by=by, actor_name=act["actor_name"],
                now=act["now"],
            )
        )  # fmt: skip
        counted += some
        if not some:
            break
    return desk.done("dem-khop" if counted else "", f"/tep/{file_id}")


def _take_back(desk: Desk, file_id: int) -> ResponseReturnValue:
    file_in(db.session(), desk.sight("answer"), file_id)
    act = acting()
    return try_to(
        lambda session: files.take_back_file(session, file_id=file_id, **act),
        show=partial(show_file, desk, file_id),
        then=lambda _: desk.done("hoan-tac"),
    )


def _try(desk: Desk, file_id: int, work: Any, said: str) -> ResponseReturnValue:
    act = acting()
    return try_to(
        lambda session: work(session, act),
        show=partial(show_file, desk, file_id),
        then=lambda _: desk.done(said, f"/tep/{file_id}"),
    )


def _answer(desk: Desk, line_id: int) -> ResponseReturnValue:
    sight, act, form = desk.sight("answer"), acting(), LineForm.posted()
    line = line_in(db.session(), sight, line_id, act["now"])
    said = form.tra_loi.data or ""
    if said not in ANSWERS or not form.validate():
        return show_file(desk, line.remittance_id), 422
    what = {
        "sight": sight, "line_id": line_id, "by": desk.by(), "actor_name": act["actor_name"],
        "now": act["now"],
    }  # fmt: skip

    def work(session: Session, _act: Any) -> None:
        if said == "lui":
            answers.take_back_answer(session, **what)
        else:
            answers.answer_line(session, answer=Answer(ANSWERS[said]), **what)

    return _try(desk, line.remittance_id, work, "hoan-tac" if said == "lui" else "dong-xong")
