"""What server processes tell each other: that public pages changed, and how often was tried."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base


class PublicVersion(Base):
    """A counter that grows with every stored change to a topic of public pages."""

    __tablename__ = "public_versions"

    topic: Mapped[str] = mapped_column(String(40), primary_key=True)
    version: Mapped[int] = mapped_column(default=0)


class RateCount(Base):
    """How often something was tried in the window that runs now, for all server processes."""

    __tablename__ = "rate_counts"

    #: Keyed digest: who tries, and by which phone, stays unread.
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int]
    ends_at: Mapped[datetime] = mapped_column(index=True)
