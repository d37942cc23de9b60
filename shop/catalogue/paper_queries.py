"""Reads of papers: those that buyers see, a stall's own, those that somebody should look at."""

from base64 import b64decode
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, bindparam, cast, literal, null, or_, select
from sqlalchemy.orm import Session

from shop.catalogue.models import Paper, Product, ProductPicture
from shop.catalogue.paper_rules import WARN_BEFORE, is_shown
from shop.current import vault
from shop.kernel.errors import NotYours
from shop.media.models import Picture
from shop.prepared import Prepared
from shop.sellers.models import Seller

#: Everything but the file itself: lists say only that there is one.
_COLUMNS = (
    *(column for column in Paper.__table__.c if column.key not in ("data_key", "file")), Product.title_vi, Product.title_en, Product.slug.label("product_slug"),
)  # fmt: skip
_PAPERS = (
    select(*_COLUMNS)
    .outerjoin(Product, Product.id == Paper.product_id)
    .where(Paper.withdrawn_at.is_(None))
    .order_by(Paper.kind.desc(), Paper.product_id, Paper.id)
)


def papers_shown(session: Session, seller_id: int, today: date) -> list[Any]:
    """Return the papers that buyers see of a maker: of the stall, and of what is on show."""
    wanted = _PAPERS.where(
        Paper.seller_id == seller_id,
        or_(Paper.product_id.is_(None), Product.state == "published"),
    )
    return [row for row in session.connection().execute(wanted) if is_shown(row, today)]


def pictures_and_papers(
    session: Session, product_id: int, seller_id: int, today: date
) -> tuple[list[Any], list[Any]]:
    """Return a product's pictures in order, and the papers that buyers see. One statement.

    The page of a product has eight statements to spend; these two lists are short.
    """
    rows = _pictures_and_papers.all(session, {"product": product_id, "seller": seller_id})
    shown = [row for row in rows if row.kind is not None and is_shown(row, today)]
    return [row for row in rows if row.kind is None], shown[::-1]


@Prepared
def _pictures_and_papers() -> Any:
    pictures = (
        select(
            Picture.id, Picture.digest, Picture.versions, Picture.alt_vi, Picture.alt_en,
            ProductPicture.position, _nothing(Paper.kind), _nothing(Paper.number),
            _nothing(Paper.name), _nothing(Paper.issuer), _nothing(Paper.issued_on),
            _nothing(Paper.expires_on), _nothing(Paper.stars), _nothing(Paper.checked_at),
        )
        .join(ProductPicture, ProductPicture.picture_id == Picture.id)
        .where(ProductPicture.product_id == bindparam("product"))
    )  # fmt: skip
    papers = select(
        Paper.id, _nothing(Picture.digest), _nothing(Picture.versions), _nothing(Picture.alt_vi),
        _nothing(Picture.alt_en), literal(0).label("position"), Paper.kind, Paper.number,
        Paper.name, Paper.issuer, Paper.issued_on, Paper.expires_on, Paper.stars,
        Paper.checked_at,
    ).where(
        Paper.seller_id == bindparam("seller"),
        Paper.withdrawn_at.is_(None),
        or_(Paper.product_id == bindparam("product"), Paper.product_id.is_(None)),
    )  # fmt: skip
    return pictures.union_all(papers).order_by("kind", "position", "id")


def _nothing(column: Any) -> Any:
    """Return NULL in a column's place and of its type."""
    return cast(null(), column.type).label(column.key)


def papers_of(session: Session, seller_id: int) -> Sequence[Any]:
    """Return a stall's papers with the products they are about."""
    return session.execute(_PAPERS.where(Paper.seller_id == seller_id)).all()


def paper_of(session: Session, seller_id: int, paper_id: int) -> Any:
    """Return one paper of a stall.

    Raises:
        NotYours: another stall's, or put away.
    """
    found = session.execute(
        _PAPERS.where(Paper.seller_id == seller_id, Paper.id == paper_id)
    ).one_or_none()
    if found is None:
        raise NotYours(what="paper", id=paper_id)
    return found


def file_of(session: Session, paper_id: int) -> tuple[str, bytes]:
    """Return (ending, bytes) of a paper's photo or PDF.

    Raises:
        NotYours: there is none.
    """
    row = session.execute(
        select(Paper.file_kind, Paper.data_key, Paper.file).where(
            Paper.id == paper_id, Paper.withdrawn_at.is_(None), Paper.file.is_not(None)
        )
    ).one_or_none()
    if row is None:
        raise NotYours(what="paper", id=paper_id)
    return row.file_kind, b64decode(vault().open(row.data_key, row.file))


def ending_everywhere(session: Session, today: date) -> Sequence[Any]:
    """Return the papers of open stalls that will run out within ``WARN_BEFORE``."""
    return session.execute(
        _PAPERS.join(Seller, Seller.id == Paper.seller_id).where(
            Paper.expires_on.between(today, today + WARN_BEFORE),
            Seller.is_open,
        )
    ).all()  # fmt: skip


def ending(seller_id: int, today: date) -> tuple[Any, ...]:
    """Return the conditions of a stall's papers that ran out or will soon."""
    return (
        Paper.seller_id == seller_id,
        Paper.withdrawn_at.is_(None),
        Paper.expires_on <= today + WARN_BEFORE,
    )


def papers_to_check(units: Select[int] | None) -> Select[Any]:
    """Return the papers of stalls in these units that nobody looked at, the oldest first.

    Args:
        units: ids of units; None: all.
    """
    wanted = (
        select(
            *_COLUMNS, Seller.name_vi.label("seller_vi"), Seller.name_en.label("seller_en"),
            Seller.phone,
        )
        .outerjoin(Product, Product.id == Paper.product_id)
        .join(Seller, Seller.id == Paper.seller_id)
        .where(Paper.withdrawn_at.is_(None), Paper.checked_at.is_(None))
        .order_by(Paper.id)
    )  # fmt: skip
    return wanted if units is None else wanted.where(Seller.organisation_id.in_(units))
