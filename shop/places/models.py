"""Provinces and wards of Vietnam as they are today, and the names people still use."""

from datetime import date

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base

#: Compared byte by byte, so that an index finds beginnings of words on PostgreSQL too.
Key = String(80).with_variant(String(80, collation="C"), "postgresql")


class PlacesRelease(Base):
    """The list of units that is loaded now, such as "2026-07"."""

    __tablename__ = "places_releases"

    version: Mapped[str] = mapped_column(String(20), primary_key=True)
    loaded_on: Mapped[date]


class Province(Base):
    """One of the 34 units of the first level."""

    __tablename__ = "provinces"

    code: Mapped[str] = mapped_column(String(2), primary_key=True)
    #: "Đà Nẵng" and "Thành phố Đà Nẵng".
    name: Mapped[str] = mapped_column(String(60))
    full_name: Mapped[str] = mapped_column(String(80))
    #: "north", "centre" or "south": the zone of carriers' tables.
    region: Mapped[str] = mapped_column(String(10))
    folded: Mapped[str] = mapped_column(Key)


class ProvinceName(Base):
    """A way to call a province: today's own, its short ways, and the provinces that joined it."""

    __tablename__ = "province_names"

    #: ``rules.names.key`` of it: "quangnam", "qn".
    key: Mapped[str] = mapped_column(Key, primary_key=True)
    province_code: Mapped[str] = mapped_column(ForeignKey("provinces.code"), primary_key=True)
    #: The province of before 1 July 2025, "Quảng Nam"; empty for today's own.
    former: Mapped[str] = mapped_column(String(60), primary_key=True)


class Ward(Base):
    """One of the 3,321 units of the second level: xã, phường or đặc khu."""

    __tablename__ = "wards"
    __table_args__ = (Index("ix_wards_province_folded", "province_code", "folded"),)

    code: Mapped[str] = mapped_column(String(5), primary_key=True)
    province_code: Mapped[str] = mapped_column(ForeignKey("provinces.code"))
    #: "Quế Phước" and "Xã Quế Phước".
    name: Mapped[str] = mapped_column(String(60))
    full_name: Mapped[str] = mapped_column(String(80))
    folded: Mapped[str] = mapped_column(Key)


class WardName(Base):
    """A name by which people call a ward: today's own, or one of a unit before it."""

    __tablename__ = "ward_names"

    id: Mapped[int] = mapped_column(primary_key=True)
    ward_code: Mapped[str] = mapped_column(ForeignKey("wards.code"), index=True)
    #: "today"; "old": a unit of before 1 July 2025; "earlier": a name before that one;
    #: "district": the old district that its ground, or a part of it, belonged to.
    kind: Mapped[str] = mapped_column(String(8))
    #: "Phước Ninh", "Xã Phước Ninh", "Huyện Quế Sơn", "Quảng Nam". For today's own the
    #: last two are empty; an earlier name known without accents shows the old unit's.
    name: Mapped[str] = mapped_column(String(60))
    full_name: Mapped[str] = mapped_column(String(80))
    district: Mapped[str] = mapped_column(String(60))
    province: Mapped[str] = mapped_column(String(60))
    #: True when several wards of today share the old one: a person chooses.
    split: Mapped[bool]
    #: ``rules.names.key`` of the name: "phuocninh".
    key: Mapped[str] = mapped_column(Key, index=True)
    #: Keys of the districts and provinces that may be written behind it, old and new, one
    #: space around each: " queson nongson ", " quangnam danang dn ".
    districts: Mapped[str] = mapped_column(Text)
    provinces: Mapped[str] = mapped_column(Text)
