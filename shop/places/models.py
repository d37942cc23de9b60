"""Provinces and wards of Vietnam as they are today, and the names people still use."""

from datetime import date

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base


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
    folded: Mapped[str] = mapped_column(String(80))


class Ward(Base):
    """One of the 3,321 units of the second level: xã, phường or đặc khu."""

    __tablename__ = "wards"
    __table_args__ = (Index("ix_wards_province_folded", "province_code", "folded"),)

    code: Mapped[str] = mapped_column(String(5), primary_key=True)
    province_code: Mapped[str] = mapped_column(ForeignKey("provinces.code"))
    #: "Quế Phước" and "Xã Quế Phước".
    name: Mapped[str] = mapped_column(String(60))
    full_name: Mapped[str] = mapped_column(String(80))
    folded: Mapped[str] = mapped_column(String(80), index=True)


class OldWard(Base):
    """A unit before 1 July 2025 and a ward of today that holds land of it."""

    __tablename__ = "old_wards"

    id: Mapped[int] = mapped_column(primary_key=True)
    ward_code: Mapped[str] = mapped_column(ForeignKey("wards.code"), index=True)
    #: "Phước Ninh", "Xã Phước Ninh", "Nông Sơn", "Quảng Nam".
    name: Mapped[str] = mapped_column(String(60))
    full_name: Mapped[str] = mapped_column(String(80))
    district: Mapped[str] = mapped_column(String(60))
    province: Mapped[str] = mapped_column(String(60))
    folded: Mapped[str] = mapped_column(String(80), index=True)
    #: True when today's wards share the old one: its street decides, a person chooses.
    split: Mapped[bool] = mapped_column(default=False)
