"""Which share pictures are kept, so that each is drawn once and goes when it is out of date."""

from datetime import date, datetime

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


class ShareVisits(Base):
    """How many came by the short links of a subject on a day, by where the link was found."""

    __tablename__ = "share_visits"

    #: As ``SharePicture.kind``, and the id of its row there.
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    subject_id: Mapped[int] = mapped_column(primary_key=True)
    #: ``rules.Source``
    source: Mapped[str] = mapped_column(String(1), primary_key=True)
    on_day: Mapped[date] = mapped_column(primary_key=True)
    visits: Mapped[int]
