"""Pictures: one row per upload, derivatives named by content."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text
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
