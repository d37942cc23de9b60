"""Which share pictures are kept, so that each is drawn once and goes when it is out of date."""

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base


class SharePicture(Base):
    """The newest picture of a subject in one shape and language. Its file lies in the media store."""

    __tablename__ = "share_pictures"
    __table_args__ = (UniqueConstraint("kind", "key", "shape", "locale"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    #: What it is of: a part of its address ("giup-nhau"), and which one.
    kind: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(80))
    #: ``rules.Shape``
    shape: Mapped[str] = mapped_column(String(10))
    locale: Mapped[str] = mapped_column(String(2))
    #: Of what it says (``Card.digest``): other words or figures, another picture.
    digest: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[datetime]
