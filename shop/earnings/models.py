"""What each seller sold, month by month: kept ready, so that no page adds up a year of orders."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base


class SoldMonth(Base):
    """What arrived at buyers in one month in Vietnam, less what came back in it.

    Sums may be below zero: more may come back in a month than arrives.
    """

    __tablename__ = "sold_months"
    __table_args__ = (CheckConstraint("orders >= 0", name="orders_not_negative"),)

    seller_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"), primary_key=True)
    #: Its first day.
    month: Mapped[date] = mapped_column(primary_key=True)
    #: The organisation that collected, 0 for none: it is the one that withholds.
    collector_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    orders: Mapped[int] = mapped_column(default=0)
    goods_vnd: Mapped[int] = mapped_column(default=0)
    returns_vnd: Mapped[int] = mapped_column(default=0)
    #: What buyers who keep their goods were let off, on the day it went back: ``Reduction``.
    reductions_vnd: Mapped[int] = mapped_column(default=0, server_default="0")
    #: Fees for bringing them, less those given back.
    delivery_vnd: Mapped[int] = mapped_column(default=0)
    #: As agreed at the sales, less what went back with returns.
    commission_vnd: Mapped[int] = mapped_column(default=0)
    vat_vnd: Mapped[int] = mapped_column(default=0)
    pit_vnd: Mapped[int] = mapped_column(default=0)


class Reduction(Base):
    """So much less a sale came to, since money of it went back although it was owed. Never edited.

    Below nought: it did not go back after all, or the goods came back too, which count it. Their
    sum is what the buyer of goods that arrived is let off now (``books.Part.let_off_now_vnd``).
    """

    __tablename__ = "sale_reductions"
    __table_args__ = (CheckConstraint("vnd <> 0", name="vnd_not_nought"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"))
    seller_order_id: Mapped[int] = mapped_column(ForeignKey("seller_orders.id"), index=True)
    vnd: Mapped[int]
    at: Mapped[datetime]
