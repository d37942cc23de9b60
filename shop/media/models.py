"""Pictures: one row each, derivatives named by content; and photos that arrive in pieces."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base


class Picture(Base):
    """A picture with its words. Derivatives: ``media/<digest[:2]>/<digest>-<width>.<format>``."""

    __tablename__ = "pictures"
    __table_args__ = (
        CheckConstraint("alt_state IN ('written', 'needs_help')", name="alt_state_known"),
        Index("ix_pictures_of_stall", "seller_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: SHA-256 of the cleaned master, 32 hex characters of it: the public name.
    digest: Mapped[str] = mapped_column(String(32), index=True)
    width_px: Mapped[int]
    height_px: Mapped[int]
    #: Mean colour "#rrggbb", shown while the picture loads.
    colour: Mapped[str] = mapped_column(String(7))
    #: Widths in pixels that exist, by format: {"jpg": [160, 320, 640, 960], "webp": […]}
    versions: Mapped[dict[str, Any]]
    alt_vi: Mapped[str] = mapped_column(Text, default="")
    alt_en: Mapped[str] = mapped_column(Text, default="")
    alt_state: Mapped[str] = mapped_column(String(12), default="written")
    created_at: Mapped[datetime]
    #: Account that uploaded it; the rooms of this floor do not see each other, so no foreign key.
    created_by_id: Mapped[int | None]
    #: The stall it belongs to, None for the shop's own. Sellers stand above: no foreign key.
    seller_id: Mapped[int | None]


class Upload(Base):
    """A photo on its way: what came of it, and what became of it when it was whole.

    Its key is made by the phone, so that asking twice begins once.
    """

    __tablename__ = "uploads"
    __table_args__ = (
        CheckConstraint(
            "size_bytes > 0 AND received_bytes >= 0 AND received_bytes <= size_bytes",
            name="received_within_size",
        ),
        Index("ix_uploads_of_stall", "seller_id"),
        Index("ix_uploads_created", "created_at"),
    )

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    #: The stall it is for. Sellers stand above: no foreign key.
    seller_id: Mapped[int]
    size_bytes: Mapped[int]
    received_bytes: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    #: The facts of ``files.Finished`` without its files, which are kept; None until it is whole.
    finished: Mapped[dict[str, Any] | None]


class UploadPart(Base):
    """A piece of a photo on its way, by where it begins. Gone when the photo is whole."""

    __tablename__ = "upload_parts"

    key: Mapped[str] = mapped_column(ForeignKey("uploads.key"), primary_key=True)
    start: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)
