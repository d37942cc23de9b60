"""Papers of the demo's makers and goods. Numbers and days are invented."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from shop.catalogue.actions import add_paper, check_paper
from shop.catalogue.paper_rules import PaperFields
from shop.demo.people import ACTOR
from shop.kernel.clock import vietnam_date

#: Written down and not looked at yet, so that an officer finds something to do.
NOT_LOOKED_AT = "03/GOMIT/2026"


def load_papers(
    session: Session, row: dict[str, Any], seller_id: int, product_id: int, now: datetime
) -> None:
    """Write down what a product of the file states, and let it be looked at."""
    if "declaration_no" in row:
        _write(
            session, seller_id, product_id, now, kind="declaration", number=row["declaration_no"]
        )
    if "ocop_stars" in row:
        expires: date = row["ocop_expires"]
        _write(
            session, seller_id, product_id, now, kind="ocop", number=row["ocop_decision"],
            issuer="UBND xã Sông Lành", stars=row["ocop_stars"],
            issued_on=expires - timedelta(days=3 * 365), expires_on=expires,
        )  # fmt: skip


def load_kitchen_paper(session: Session, seller_id: int, now: datetime) -> None:
    """Give a stall a food-safety paper that it will have to renew soon."""
    today = vietnam_date(now)
    _write(
        session, seller_id, None, now, kind="food_safety", number="MẪU 05/2023/ATTP-CNĐK",
        issuer="Chi cục An toàn thực phẩm (mẫu)", issued_on=today - timedelta(days=3 * 365 - 38),
        expires_on=today + timedelta(days=38),
    )  # fmt: skip


def _write(
    session: Session, seller_id: int, product_id: int | None, now: datetime, **fields: Any
) -> None:
    paper = add_paper(
        session, seller_id=seller_id, now=now, actor_id=None, actor_name=ACTOR,
        fields=PaperFields(product_id=product_id, **fields),
    )  # fmt: skip
    if paper.number != NOT_LOOKED_AT:
        check_paper(
            session, paper_id=paper.id, version=paper.version, now=now + timedelta(hours=3),
            actor_id=None, actor_name=ACTOR,
        )  # fmt: skip
