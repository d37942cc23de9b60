"""A carrier's file: kept sealed as a preview, its columns named, then stored line by line."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.current import vault
from shop.db import upsert_into
from shop.fulfilment.rules import carrier_name
from shop.kernel.cells import SheetUnreadable
from shop.kernel.strange_tables import head_of, usual_width
from shop.remittances.models import CarrierLayout, Remittance, RemittanceLine
from shop.remittances.queries.files import (
    carrier_key,
    known_layouts,
    layout_of,
    line_key,
    owner_key,
    rows_of,
)
from shop.remittances.queries.parcels import counted_by, parcels_of
from shop.remittances.rules.sheets import (
    FileCounted,
    Layout,
    SentBefore,
    SheetEmpty,
    SheetUnknown,
    find_layout,
    named_by_hand,
    read_sheet,
)

#: Previews that nobody stored.
KEPT_FOR = timedelta(days=1)


def keep_file(
    session: Session,
    *,
    owner: Any,
    carrier: str,
    payee_id: int | None,
    content: bytes,
    tables: Sequence[list[list[Any]]],
    actor_id: int | None,
    actor_name: str,
    now: datetime,
) -> int:
    """Keep a file, sealed, so that it can be looked at before anything comes of it; return its id.

    The same file of the same owner is kept once, whoever sends it again. What is said of a preview
    when it is sent again holds from then on.

    Args:
        owner: something with ``seller_id`` and ``organisation_id``.
        payee_id: the organisation's account that the carrier paid into, if it did.
        tables: the file's rows, once for each way to divide its text.

    Raises:
        SheetUnreadable: no table in it. SheetEmpty: a table without parcels, or one that was named before and has no lines.
        SentBefore: it is stored, and another carrier or account was chosen then.
    """
    key = f"{owner_key(owner)}:{hashlib.sha256(content).hexdigest()}"
    before = session.scalar(
        select(Remittance)
        .where(Remittance.key == key)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    says = {"carrier": carrier_name(carrier)[:60], "payee_id": payee_id}
    if before is not None and says == {"carrier": before.carrier, "payee_id": before.payee_id}:
        return before.id
    if before is not None and before.stored_at is not None:
        raise SentBefore(file_id=before.id)
    rows, layout = _table_in(tables, known_layouts(session, owner, carrier))
    if before is not None:
        before.carrier, before.payee_id, before.layout = says["carrier"], payee_id, _stored(layout)
        before.rows = vault().seal(before.data_key, {"rows": rows})
        before.uploaded_at, before.uploaded_by_id = now, actor_id
        _note_read(session, before.id, says["carrier"], actor_id, actor_name, now)
        return before.id
    sealing = vault().new_key()
    file_id = session.scalar(
        upsert_into(session, Remittance)
        .values(
            key=key, seller_id=owner.seller_id, organisation_id=owner.organisation_id,
            layout=_stored(layout), **says,
            data_key=sealing, rows=vault().seal(sealing, {"rows": rows}), uploaded_at=now,
            uploaded_by_id=actor_id,
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(Remittance.id)
    )  # fmt: skip
    if file_id is None:
        return session.scalars(select(Remittance.id).where(Remittance.key == key)).one()
    _note_read(session, file_id, says["carrier"], actor_id, actor_name, now)
    return file_id


def _note_read(
    session: Session, file_id: int, carrier: str, actor_id: int | None, actor_name: str,
    now: datetime,
) -> None:  # fmt: skip
    note(
        session, action="remittance.read", subject_kind="remittance", subject_id=file_id, now=now,
        actor_id=actor_id, actor_name=actor_name, carrier=carrier,
    )  # fmt: skip


def take_back_file(
    session: Session, *, file_id: int, actor_id: int | None, actor_name: str, now: datetime
) -> None:
    """Take a file back of which nothing was counted: its lines go, and it can be sent anew.

    Raises:
        FileCounted
    """
    file = _locked(session, file_id)
    mine = RemittanceLine.remittance_id == file_id
    # Whoever counts one of them in this moment is waited for.
    session.execute(select(RemittanceLine.id).where(mine).with_for_update())
    if session.scalar(select(exists().where(mine, counted_by(RemittanceLine)))):
        raise FileCounted
    carrier, lines = file.carrier, file.line_count
    session.execute(delete(RemittanceLine).where(mine))
    session.delete(file)
    session.flush()
    note(
        session, action="remittance.taken_back", subject_kind="remittance", subject_id=file_id,
        now=now, actor_id=actor_id, actor_name=actor_name, carrier=carrier, lines=lines,
    )  # fmt: skip


def _table_in(
    tables: Sequence[list[list[Any]]], known: dict[str, Any]
) -> tuple[list[list[Any]], Layout | None]:
    """Return the rows of the table and what its columns say, None when a person has to say."""
    widest: list[list[Any]] = []
    for rows in tables:
        if not rows:
            continue
        try:
            layout: Layout | None = find_layout(rows, known)
            read_sheet(rows, layout)
        except SheetUnknown:
            layout = None
        except SheetEmpty as empty:
            if not empty.unread or (layout and head_of([rows[layout.at]]) in known):
                raise
            layout = None  # It has parcels, and was guessed wrongly: a person names its columns.
        if layout is not None:
            return rows, layout
        if usual_width(rows) > usual_width(widest):
            widest = rows
    if usual_width(widest) < 2 or len(widest) < 2:
        raise SheetUnreadable(why="kind")
    return widest, None


def _stored(layout: Layout | None) -> dict[str, Any] | None:
    if layout is None:
        return None
    columns = {str(column): str(what) for column, what in sorted(layout.columns.items())}
    return {"at": layout.at, "deep": layout.deep, "columns": columns}


def name_columns(
    session: Session,
    *,
    file_id: int,
    at: int,
    said: dict[int, str],
    actor_id: int | None,
    actor_name: str,
    now: datetime,
) -> bool:
    """Note what the columns of a file say, as a person names them; False once it is stored.

    Args:
        at: the row, from 0, in which the heads stand. said: {column: ``What`` or ""}.

    Raises:
        ColumnsMissing, SheetEmpty: nothing is stored.
    """
    file = _locked(session, file_id)
    if file.stored_at is not None:
        return False
    rows = rows_of(file)
    layout = named_by_hand(rows, at, said)
    read_sheet(rows, layout)
    file.layout = _stored(layout)
    _keep_layout(session, file, rows, layout, actor_id, now)
    note(
        session, action="remittance.columns_named", subject_kind="remittance", subject_id=file_id,
        now=now, actor_id=actor_id, actor_name=actor_name, carrier=file.carrier,
    )  # fmt: skip
    return True


def store_file(
    session: Session, *, file_id: int, actor_id: int | None, actor_name: str, now: datetime
) -> int | None:
    """Store the lines of a file, each once; return how many are new, None when stored before.

    Raises:
        SheetUnknown: nobody has said what its columns are.
    """
    file = _locked(session, file_id)
    if file.stored_at is not None:
        return None
    layout = layout_of(file)
    if layout is None:
        raise SheetUnknown
    rows = rows_of(file)
    sheet = read_sheet(rows, layout)
    new = 0
    parts = parcels_of(session, file, sheet.lines)
    values = [
        {
            "remittance_id": file.id, "key": line_key(file, line), "number": line.number,
            "tracking_code": line.tracking_code, "order_code": line.order_code,
            "cod_vnd": line.cod_vnd, "received_vnd": line.received_vnd, "fee_vnd": line.fee_vnd,
            "return_fee_vnd": line.return_fee_vnd, "on_day": line.on_day, "state": line.state,
            "seller_order_id": part,
        }
        for line, part in zip(sheet.lines, parts, strict=True)
    ]  # fmt: skip
    for start in range(0, len(values), 500):
        stored = session.execute(
            upsert_into(session, RemittanceLine)
            .values(values[start : start + 500])
            .on_conflict_do_nothing(index_elements=["key"])
            .returning(RemittanceLine.received_vnd)
        ).all()
        new += len(stored)
        file.received_vnd += sum(row.received_vnd for row in stored)
    _keep_layout(session, file, rows, layout, actor_id, now)
    file.stored_at, file.reference = now, sheet.reference or _one_reference(sheet.lines)
    file.line_count, file.copy_count = new, len(values) - new + sheet.copies
    file.unread_count = len(sheet.unread)
    file.rows = vault().seal(file.data_key, {"rows": []})
    note(
        session, action="remittance.stored", subject_kind="remittance", subject_id=file.id, now=now,
        actor_id=actor_id, actor_name=actor_name, carrier=file.carrier, lines=new,
    )  # fmt: skip
    return new


def _one_reference(lines: Sequence[Any]) -> str:
    said = {line.reference for line in lines}
    return said.pop() if len(said) == 1 else ""


def _keep_layout(
    session: Session, file: Remittance, rows: Any, layout: Layout, actor_id: int | None, now: Any
) -> None:
    """Remember what this carrier's table says, for the next file with the same head."""
    head = head_of([rows[layout.at]])
    stored = _stored(layout)
    assert stored is not None
    values = {
        "deep": layout.deep, "columns": stored["columns"], "saved_at": now,
        "saved_by_id": actor_id,
    }  # fmt: skip
    session.execute(
        upsert_into(session, CarrierLayout)
        .values(
            key=f"{owner_key(file)}:{carrier_key(file.carrier)}:{head}", seller_id=file.seller_id,
            organisation_id=file.organisation_id, carrier=file.carrier, head=head, **values,
        )
        .on_conflict_do_update(index_elements=["key"], set_=values)
    )  # fmt: skip


def _locked(session: Session, file_id: int) -> Remittance:
    return session.scalars(
        select(Remittance)
        .where(Remittance.id == file_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def seek_again(
    session: Session, *, file_id: int, actor_id: int | None, actor_name: str, now: datetime
) -> int:
    """Look once more for the parcels of lines that had none; return how many were found."""
    file = _locked(session, file_id)
    lines = session.scalars(
        select(RemittanceLine)
        .where(RemittanceLine.remittance_id == file_id, RemittanceLine.seller_order_id.is_(None))
        .order_by(RemittanceLine.id)
    ).all()
    found = 0
    for line, part in zip(lines, parcels_of(session, file, lines), strict=True):  # type: ignore[arg-type]
        line.seller_order_id = part
        found += part is not None
    note(
        session, action="remittance.sought", subject_kind="remittance", subject_id=file_id, now=now,
        actor_id=actor_id, actor_name=actor_name, parcels=found,
    )  # fmt: skip
    return found


def forget_previews(session: Session, now: datetime) -> int:
    """Throw away files that nobody stored within a day."""
    gone = session.execute(
        delete(Remittance).where(
            Remittance.stored_at.is_(None), Remittance.uploaded_at < now - KEPT_FOR
        )
    )
    return gone.rowcount  # type: ignore[attr-defined]
