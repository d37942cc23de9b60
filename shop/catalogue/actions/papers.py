"""Papers: written down and corrected by the maker, checked by who saw them, put away."""

from base64 import b64encode
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.catalogue.actions.shelving import locked
from shop.catalogue.models import Paper, Product
from shop.catalogue.paper_rules import KINDS, PaperChanged, PaperFields, complete
from shop.current import vault
from shop.db import one_at_a_time, touch
from shop.kernel.errors import NotYours
from shop.kernel.text import one_line
from shop.organisations.rules import UndoTooLate
from shop.sellers.models import Seller


def add_paper(
    session: Session, *, seller_id: int, fields: PaperFields, actor_id: int | None,
    actor_name: str, now: datetime, file: tuple[str, bytes] | None = None,
) -> Paper:  # fmt: skip
    """Write a paper down. Nobody has looked at it yet.

    Args:
        file: (ending, bytes) of its photo or PDF.

    Raises:
        PaperIncomplete
        NotYours: the product is another stall's.
    """
    paper = Paper(
        **_values(session, seller_id, fields), seller_id=seller_id, created_at=now,
    )  # fmt: skip
    _keep_file(paper, file)
    session.add(paper)
    session.flush()
    _finish(session, paper, "added", actor_id, actor_name, now)
    return paper


def edit_paper(
    session: Session, *, seller_id: int, paper_id: int, fields: PaperFields,
    actor_id: int | None, actor_name: str, now: datetime,
    file: tuple[str, bytes] | None = None,
) -> bool:  # fmt: skip
    """Correct what stands on a paper: it has to be looked at again. False when nothing is other.

    Raises:
        PaperIncomplete, NotYours
    """
    paper = _of_seller(session, seller_id, paper_id)
    values = _values(session, seller_id, fields)
    if file is None and all(getattr(paper, name) == value for name, value in values.items()):
        return False
    _keep_file(paper, file)
    renewed = {paper.product_id, values["product_id"]}
    for name, value in values.items():
        setattr(paper, name, value)
    paper.version += 1
    paper.checked_at = paper.checked_by_id = None
    _finish(session, paper, "edited", actor_id, actor_name, now, products=renewed)
    return True


def withdraw_paper(
    session: Session, *, seller_id: int, paper_id: int, actor_id: int | None, actor_name: str,
    now: datetime,
) -> bool:  # fmt: skip
    """Put a paper away: buyers do not see it any more. False when it was put away before.

    Raises:
        NotYours
    """
    paper = one_at_a_time(session, Paper, paper_id)
    if paper is None or paper.seller_id != seller_id:
        raise NotYours(what="paper", id=paper_id)
    if paper.withdrawn_at is not None:
        return False
    paper.withdrawn_at = now
    _drop_file(paper)
    _finish(session, paper, "withdrawn", actor_id, actor_name, now)
    return True


def check_paper(
    session: Session, *, paper_id: int, version: int, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None,
) -> bool:  # fmt: skip
    """Say that one has seen the paper and that it says this. False when that was said before.

    Args:
        version: of the paper as it was read.

    Raises:
        NotYours
        PaperChanged: its maker corrected it meanwhile, or put it away.
    """
    paper = _paper(session, paper_id)
    if paper.withdrawn_at is not None or paper.version != version:
        raise PaperChanged
    if paper.checked_at is not None:
        return False
    paper.checked_at, paper.checked_by_id = now, actor_id
    if KINDS[paper.kind].is_private:  # That it was seen is kept, the photo is not.
        _drop_file(paper)
    _finish(session, paper, "checked", actor_id, actor_name, now, undoes_id=undoes_id)
    return True


def uncheck_paper(
    session: Session, *, paper_id: int, version: int, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None,
) -> None:  # fmt: skip
    """Take a check back that was a mistake.

    Raises:
        NotYours
        UndoTooLate: it was corrected or put away since, or is not checked.
    """
    paper = _paper(session, paper_id)
    if paper.checked_at is None or paper.version != version or paper.withdrawn_at is not None:
        raise UndoTooLate
    paper.checked_at = paper.checked_by_id = None
    _finish(session, paper, "unchecked", actor_id, actor_name, now, undoes_id=undoes_id)


def _keep_file(paper: Paper, file: tuple[str, bytes] | None) -> None:
    if file is None:
        return
    key = vault().new_key()
    paper.data_key, paper.file_kind = key, file[0]
    paper.file = vault().seal(key, b64encode(file[1]).decode())


def _drop_file(paper: Paper) -> None:
    paper.data_key = paper.file = None
    paper.file_kind = ""


def _paper(session: Session, paper_id: int) -> Paper:
    paper = one_at_a_time(session, Paper, paper_id)
    if paper is None:
        raise NotYours(what="paper", id=paper_id)
    return paper


def _of_seller(session: Session, seller_id: int, paper_id: int) -> Paper:
    paper = _paper(session, paper_id)
    if paper.seller_id != seller_id or paper.withdrawn_at is not None:
        raise NotYours(what="paper", id=paper_id)
    return paper


def _values(session: Session, seller_id: int, fields: PaperFields) -> dict[str, Any]:
    values = asdict(complete(fields))
    for name, value in values.items():
        if isinstance(value, str):
            values[name] = one_line(value)
    if values["product_id"] is not None and not session.scalar(
        select(Product.id).where(Product.id == values["product_id"], Product.seller_id == seller_id)
    ):
        raise NotYours(what="product", id=values["product_id"])
    return values


def _finish(
    session: Session, paper: Paper, act: str, actor_id: int | None, actor_name: str,
    now: datetime, *, products: set[int | None] | None = None, undoes_id: int | None = None,
) -> None:  # fmt: skip
    """Let the pages that show it be made anew, and write the audit line."""
    session.flush()
    wanted = sorted(p for p in (products or {paper.product_id}) if p is not None)
    for product_id in wanted:
        locked(session, product_id).version += 1
    if paper.product_id is None or (products and None in products):
        session.get_one(Seller, paper.seller_id, with_for_update=True).version += 1
    touch(session, "catalogue")
    note(
        session, action=f"paper.{act}", subject_kind="paper", subject_id=paper.id, now=now,
        actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id, number=paper.number,
        version=paper.version, seller_id=paper.seller_id,
    )  # fmt: skip
