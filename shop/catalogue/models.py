"""Categories, products and their variants, with what lists need kept ready."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base, only_where


class Category(Base):
    """A shelf of the shop. ``product_count`` counts published products below it too."""

    __tablename__ = "categories"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"), index=True)
    name_vi: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    description_vi: Mapped[str] = mapped_column(Text, default="")
    description_en: Mapped[str] = mapped_column(Text, default="")
    position: Mapped[int] = mapped_column(default=0)
    product_count: Mapped[int] = mapped_column(default=0)


class Product(Base):
    """Something a seller makes. Sold in one or more pack sizes, its variants."""

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'published', 'hidden')", name="state_known"),
        CheckConstraint(
            "(season_from IS NULL) = (season_to IS NULL)"
            " AND (season_from IS NULL OR season_from <= season_to)",
            name="season_whole",
        ),
        Index("ix_products_newest", "state", "published_at", "id"),
        Index("ix_products_price", "state", "price_vnd", "id"),
        Index("ix_products_of_seller", "seller_id", "state", "id"),
        Index("ix_products_of_province", "province_code", "state", "published_at", "id"),
        Index("ix_products_seasonal", "season_to", **only_where(sql("season_from IS NOT NULL"))),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"))
    category_id: Mapped[int] = mapped_column(ForeignKey("categories.id"), index=True)
    state: Mapped[str] = mapped_column(String(10), default="draft")
    #: Grows with every change that a page shows; names rendered fragments.
    version: Mapped[int] = mapped_column(default=1)
    title_vi: Mapped[str] = mapped_column(String(160))
    title_en: Mapped[str] = mapped_column(String(160), default="")
    #: What one of it is called: "hũ" / "jar".
    unit_vi: Mapped[str] = mapped_column(String(30))
    unit_en: Mapped[str] = mapped_column(String(30), default="")
    summary_vi: Mapped[str] = mapped_column(String(300), default="")
    summary_en: Mapped[str] = mapped_column(String(300), default="")
    description_vi: Mapped[str] = mapped_column(Text, default="")
    description_en: Mapped[str] = mapped_column(Text, default="")
    ingredients_vi: Mapped[str] = mapped_column(Text, default="")
    ingredients_en: Mapped[str] = mapped_column(Text, default="")
    #: Keys of ``catalogue.rules.ALLERGENS``; ["none"] says that there are none; [] says not stated.
    allergens: Mapped[list[Any]]
    #: Keys of the same table: what may have got in from the same mill, pan or table.
    traces: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    storage_vi: Mapped[str] = mapped_column(String(300), default="")
    storage_en: Mapped[str] = mapped_column(String(300), default="")
    shelf_life_vi: Mapped[str] = mapped_column(String(300), default="")
    shelf_life_en: Mapped[str] = mapped_column(String(300), default="")
    origin_vi: Mapped[str] = mapped_column(String(300), default="")
    origin_en: Mapped[str] = mapped_column(String(300), default="")
    made_vi: Mapped[str] = mapped_column(String(300), default="")
    made_en: Mapped[str] = mapped_column(String(300), default="")
    tax_category: Mapped[str] = mapped_column(String(20), default="goods")
    #: The days of the season that runs or comes next; None: sold all the year.
    season_from: Mapped[date | None]
    season_to: Mapped[date | None]
    #: Whether it comes again every year.
    season_yearly: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: Kept ready for lists: out of season as of the last turn of the day.
    off_season: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: Kept ready for lists: ``shelving.shown_price``, maker's province, folded words.
    price_vnd: Mapped[int] = mapped_column(default=0)
    province_code: Mapped[str] = mapped_column(String(2))
    search_text: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    published_at: Mapped[datetime | None]


class Paper(Base):
    """A paper of a maker or of one product: shown to buyers as checked, until it runs out.

    ``kind``: of ``paper_rules.KINDS``. What stands on it may be corrected, and is then not
    checked any more; a renewed paper is a new row. Never deleted: ``withdrawn_at`` ends it.
    """

    __tablename__ = "papers"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('ocop', 'food_safety', 'declaration', 'other', 'identity')",
            name="kind_known",
        ),
        CheckConstraint(
            "(kind = 'ocop') = (stars IS NOT NULL) AND (stars IS NULL OR stars BETWEEN 3 AND 5)",
            name="stars_of_ocop",
        ),
        CheckConstraint(
            "issued_on IS NULL OR expires_on IS NULL OR issued_on <= expires_on",
            name="days_in_order",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"), index=True)
    #: None: of the whole stall.
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    number: Mapped[str] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(String(120), default="")
    issuer: Mapped[str] = mapped_column(String(160), default="")
    issued_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    stars: Mapped[int | None]
    created_at: Mapped[datetime]
    #: What stood there when it was checked is what stands there now: every change grows it.
    version: Mapped[int] = mapped_column(default=1)
    checked_at: Mapped[datetime | None]
    checked_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    withdrawn_at: Mapped[datetime | None]
    #: Its photo or PDF, sealed: for its maker and for who checks it, never for buyers.
    data_key: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    file: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    #: "webp" or "pdf"; "": none.
    file_kind: Mapped[str] = mapped_column(String(5), default="", server_default="")


class Variant(Base):
    """A pack size with its own price and stock."""

    __tablename__ = "variants"
    __table_args__ = (
        CheckConstraint("price_vnd > 0 AND price_vnd <= 500000000", name="price_in_range"),
        CheckConstraint("weight_g > 0 AND weight_g <= 1000000", name="weight_in_range"),
        UniqueConstraint("seller_id", "sku"),
        Index("ix_variants_of_product", "product_id", "position", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    #: The product's, which never moves to another stall: a SKU is her own, and one in her stall.
    seller_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"))
    sku: Mapped[str] = mapped_column(String(60))
    name_vi: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80), default="")
    price_vnd: Mapped[int]
    #: The price before a reduction, above ``price_vnd``; None when there is none.
    compare_at_vnd: Mapped[int | None]
    #: What is in it, for the price per 100 g or 100 ml; at most one of the three.
    net_g: Mapped[int | None]
    net_ml: Mapped[int | None]
    pieces: Mapped[int | None]
    #: The parcel: weight with packing, and its box in millimetres.
    weight_g: Mapped[int]
    length_mm: Mapped[int | None]
    width_mm: Mapped[int | None]
    height_mm: Mapped[int | None]
    position: Mapped[int] = mapped_column(default=0)
    #: The day from which there is new stock, said while it is sold out.
    restock_on: Mapped[date | None]
    retired_at: Mapped[datetime | None]


class ProductPicture(Base):
    """A product's pictures in order; the first is its face."""

    __tablename__ = "product_pictures"

    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), primary_key=True)
    picture_id: Mapped[int] = mapped_column(ForeignKey("pictures.id"), primary_key=True)
    position: Mapped[int] = mapped_column(default=0)


class Shelving(Base):
    """A published product under its category and each category above: lists read only this."""

    __tablename__ = "shelvings"
    __table_args__ = (
        Index("ix_shelvings_newest", "category_id", "published_at", "product_id"),
        Index("ix_shelvings_price", "category_id", "price_vnd", "product_id"),
    )

    category_id: Mapped[int] = mapped_column(ForeignKey("categories.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), primary_key=True, index=True)
    published_at: Mapped[datetime]
    price_vnd: Mapped[int]
