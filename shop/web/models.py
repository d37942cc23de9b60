"""How often what visitors see has changed, for the page cache of every process."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base


class PublicVersion(Base):
    """A counter that grows with every stored change to a topic of public pages."""

    __tablename__ = "public_versions"

    topic: Mapped[str] = mapped_column(String(40), primary_key=True)
    version: Mapped[int] = mapped_column(default=0)
