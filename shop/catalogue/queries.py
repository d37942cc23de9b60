"""Reads of the catalogue that need no stock: the tree of categories, a maker's goods."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.catalogue.models import Category, Product, ProductPicture, Variant
from shop.kernel.errors import NotYours
from shop.media.models import Picture


@dataclass(frozen=True)
class Shelf:
    """A category as pages show it, with its place in the tree."""

    id: int
    slug: str
    parent_id: int | None
    name_vi: str
    name_en: str
    description_vi: str
    description_en: str
    product_count: int


def titles_of(session: Session, seller_id: int) -> list[Any]:
    """Return (id, title_vi, title_en) of a stall's goods, by title."""
    return list(
        session.execute(
            select(Product.id, Product.title_vi, Product.title_en)
            .where(Product.seller_id == seller_id)
            .order_by(Product.title_vi, Product.id)
        )
    )


class Tree:
    """All categories at once; small, read once for each state of the catalogue."""

    def __init__(self, shelves: Iterable[Shelf]) -> None:
        self.all = list(shelves)
        self.by_id = {shelf.id: shelf for shelf in self.all}
        self.by_slug = {shelf.slug: shelf for shelf in self.all}
        self._below: dict[int | None, list[Shelf]] = {}
        for shelf in self.all:
            self._below.setdefault(shelf.parent_id, []).append(shelf)

    @property
    def top(self) -> list[Shelf]:
        return self._below.get(None, [])

    def below(self, category_id: int) -> list[Shelf]:
        """The categories directly below one."""
        return self._below.get(category_id, [])

    def above(self, category_id: int) -> list[Shelf]:
        """The way from the top down to a category, itself last."""
        way: list[Shelf] = []
        at: int | None = category_id
        while at is not None and at in self.by_id and len(way) < 20:
            shelf = self.by_id[at]
            way.append(shelf)
            at = shelf.parent_id
        return way[::-1]


def category_tree(session: Session) -> Tree:
    """Return every category, in the order of the shop. One statement."""
    rows = session.execute(
        select(
            Category.id, Category.slug, Category.parent_id, Category.name_vi, Category.name_en,
            Category.description_vi, Category.description_en, Category.product_count,
        ).order_by(Category.position, Category.id)
    )  # fmt: skip
    return Tree(Shelf(*row) for row in rows)


def category_choices(session: Session) -> list[tuple[int, str, str]]:
    """Return (id, Vietnamese, English) of each category; names of lower ones carry the upper's."""
    tree = category_tree(session)
    return [
        (
            shelf.id,
            " › ".join(s.name_vi for s in tree.above(shelf.id)),
            " › ".join(s.name_en for s in tree.above(shelf.id)),
        )
        for shelf in tree.all
    ]


def product_of(session: Session, seller_id: int, product_id: int) -> Product:
    """Return a seller's own product; ``NotYours`` for any other."""
    product = session.get(Product, product_id)
    if product is None or product.seller_id != seller_id:
        raise NotYours
    return product


def variant_of(session: Session, seller_id: int, variant_id: int) -> Variant:
    """Return a pack size of a seller's own product; ``NotYours`` for any other."""
    found = session.scalar(
        select(Variant)
        .join(Product, Product.id == Variant.product_id)
        .where(Variant.id == variant_id, Product.seller_id == seller_id)
    )
    if found is None:
        raise NotYours
    return found


def variants_of(session: Session, product_id: int) -> list[Variant]:
    """Return a product's pack sizes on sale, in order."""
    return list(
        session.scalars(
            select(Variant)
            .where(Variant.product_id == product_id, Variant.retired_at.is_(None))
            .order_by(Variant.position, Variant.id)
        )
    )


def pictures_of(session: Session, product_id: int) -> Sequence[Any]:
    """Return a product's pictures in order, the face first."""
    return session.execute(
        select(
            Picture.id, Picture.digest, Picture.versions, Picture.width_px, Picture.height_px,
            Picture.colour, Picture.alt_vi, Picture.alt_en, Picture.alt_state,
        )
        .join(ProductPicture, ProductPicture.picture_id == Picture.id)
        .where(ProductPicture.product_id == product_id)
        .order_by(ProductPicture.position, Picture.id)
    ).all()  # fmt: skip
