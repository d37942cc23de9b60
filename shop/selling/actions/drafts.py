"""A new product while it is written: kept as typed, put up once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from shop.catalogue.models import Category, Product
from shop.catalogue.rules import ProductFields, VariantFields
from shop.db import transaction, upsert_into
from shop.kernel.errors import NotYours
from shop.kernel.text import fold
from shop.media.files import Finished
from shop.media.rules import UPLOAD_KEY
from shop.media.uploads import take_upload
from shop.selling.actions.products import put_up_product
from shop.selling.models import GoodsDraft
from shop.selling.queries.products import last_category

#: So long a draft waits for the one who wrote it.
KEPT_FOR = timedelta(days=30)


def open_draft(
    session: Session, seller_id: int, account_id: int, now: datetime
) -> GoodsDraft | None:
    """Return what somebody was writing last at this stall, unless it is put up."""
    return session.scalar(
        select(GoodsDraft)
        .where(
            GoodsDraft.seller_id == seller_id, GoodsDraft.by_id == account_id,
            GoodsDraft.product_id.is_(None), GoodsDraft.saved_at > now - KEPT_FOR,
        )
        .order_by(GoodsDraft.saved_at.desc(), GoodsDraft.key)
        .limit(1)
    )  # fmt: skip


def put_up_before(session: Session, seller_id: int, account_id: int, key: str) -> int | None:
    """Return the product that an attempt made, when it was sent before."""
    return session.scalar(
        select(GoodsDraft.product_id).where(
            GoodsDraft.key == key, GoodsDraft.seller_id == seller_id,
            GoodsDraft.by_id == account_id,
        )
    )  # fmt: skip


def save_draft(
    session: Session,
    *,
    seller_id: int,
    key: str,
    account_id: int,
    typed: dict[str, Any],
    now: datetime,
) -> GoodsDraft:
    """Keep what stands in the fields. What is put up already changes no more.

    Raises:
        NotYours: the key is no key, or somebody else's.
    """
    draft = _held(session, seller_id, key, account_id, now)
    if draft.product_id is None:
        draft.typed, draft.saved_at = typed, now
    return draft


def drop_draft(session: Session, *, seller_id: int, key: str, account_id: int) -> None:
    """Forget what was being written. Nothing to forget is fine."""
    session.execute(
        delete(GoodsDraft).where(
            GoodsDraft.key == key, GoodsDraft.seller_id == seller_id,
            GoodsDraft.by_id == account_id, GoodsDraft.product_id.is_(None),
        )
    )  # fmt: skip


def put_up_draft(
    session: Session,
    *,
    seller_id: int,
    key: str,
    fields: ProductFields,
    pack: VariantFields,
    on_hand: int,
    photo: Finished | None,
    upload: str,
    alt_vi: str,
    actor_id: int,
    actor_name: str,
    now: datetime,
) -> int:
    """Put a product on sale; sent again it is the same product. Return its id.

    Args:
        photo: one that came with the form. upload: the key of one that came in pieces, or "".

    Raises:
        NotYours, AllergensNotStated, TooManyPictures, UploadUnfinished: nothing is stored.
    """

    def make() -> Product:
        taken = photo
        if taken is None and upload:
            taken = take_upload(session, seller_id=seller_id, key=upload)
        return put_up_product(
            session, seller_id=seller_id, fields=fields, pack=pack, on_hand=on_hand, photo=taken,
            category_id=likely_category(session, seller_id, fields.title_vi), alt_vi=alt_vi,
            publish=True, actor_id=actor_id, actor_name=actor_name, now=now,
        )  # fmt: skip

    return put_up_once(session, seller_id=seller_id, key=key, actor_id=actor_id, now=now, make=make)


def put_up_once(
    session: Session,
    *,
    seller_id: int,
    key: str,
    actor_id: int,
    now: datetime,
    make: Callable[[], Product],
) -> int:
    """Return the id of the product that an attempt makes, or made when it was sent before.

    Raises:
        NotYours: the key is no key, or somebody else's.
    """
    draft = _held(session, seller_id, key, actor_id, now)
    if draft.product_id is None:
        draft.product_id, draft.typed, draft.saved_at = make().id, {}, now
    return draft.product_id


def _held(session: Session, seller_id: int, key: str, account_id: int, now: datetime) -> GoodsDraft:
    """Return the draft of an attempt, begun if need be, held until the transaction ends."""
    if not UPLOAD_KEY.fullmatch(key):
        raise NotYours
    session.execute(
        upsert_into(session, GoodsDraft)
        .values(key=key, seller_id=seller_id, by_id=account_id, typed={}, saved_at=now)
        .on_conflict_do_nothing()
    )
    draft = session.get(GoodsDraft, key, with_for_update=True, populate_existing=True)
    if draft is None or (draft.seller_id, draft.by_id) != (seller_id, account_id):
        raise NotYours
    return draft


def likely_category(session: Session, seller_id: int, title: str) -> int:
    """Return the shelf where a product of this name most likely stands; she can say another.

    Where goods of like names stand, then where her last one does, then one named alike.
    """
    words = fold(title).split()
    for some in (words[:3], words[:2]):
        if len(some) < 2:
            continue
        found = session.scalar(
            select(Product.category_id)
            .where(
                Product.state == "published",
                Product.search_text.contains(" ".join(some), autoescape=True),
            )
            .order_by((Product.seller_id == seller_id).desc(), Product.id.desc())
            .limit(1)
        )
        if found is not None:
            return found
    last = last_category(session, seller_id)
    if last is not None:
        return last
    shelves = session.execute(
        select(Category.id, Category.name_vi).order_by(Category.position, Category.id)
    ).all()
    alike = [s.id for s in shelves if words and words[0] in fold(s.name_vi).split()]
    if not shelves:
        raise NotYours
    return (alike or [shelves[0].id])[0]


def forget_drafts(now: datetime) -> None:
    """Forget drafts that nobody came back to. The worker calls it."""
    with transaction() as session:
        session.execute(delete(GoodsDraft).where(GoodsDraft.saved_at < now - KEPT_FOR))
