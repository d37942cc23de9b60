"""The people who make things, as their pages show them."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import String, cast, literal, null, select, union_all
from sqlalchemy.orm import Session

from shop.catalogue.models import Product
from shop.fundraising.models import Campaign
from shop.fundraising.rules import CampaignState, takes_money
from shop.organisations.models import Organisation
from shop.sellers.models import Seller

card_columns = (
    Seller.id, Seller.slug, Seller.initials, Seller.name_vi, Seller.name_en, Seller.person,
    Seller.hamlet_vi, Seller.hamlet_en, Seller.ward_code, Seller.ward_name,
    Seller.province_code, Seller.province_name, Seller.since_year, Seller.sentence_vi, Seller.sentence_en,
    Seller.checked_vi, Seller.checked_en, Seller.product_count, Seller.blind_makers,
)  # fmt: skip

_page = select(
    *card_columns, Seller.version, Seller.phone, Seller.organisation_path, Seller.story_vi,
    Seller.story_en, Seller.dispatch_vi, Seller.dispatch_en, Seller.returns_vi, Seller.returns_en,
    Seller.approved_at, Seller.closed_at, Seller.away_until, Seller.voice_file, Seller.voice_ms, Seller.voice_vi,
    Seller.voice_en,
)  # fmt: skip


class Raising(NamedTuple):
    """A campaign with a public page, as home and search name it."""

    code: str
    title_vi: str
    title_en: str
    for_whom_vi: str
    for_whom_en: str
    unit: str
    state: str
    opens_on: date
    closes_on: date | None

    @property
    def known_by(self) -> str:
        """All words that somebody may look for it by."""
        return " ".join(self[1:6])

    def takes(self, today: date) -> bool:
        return takes_money(self.state, self.opens_on, self.closes_on, today)


#: So many campaigns are found by their words: the newest.
MOST_CAMPAIGNS = 500


@cache
def _makers_and_campaigns() -> Any:
    newest = (
        select(
            Campaign.id, Campaign.code, Campaign.title_vi, Campaign.title_en,
            Campaign.for_whom_vi, Campaign.for_whom_en, Campaign.state, Campaign.opens_on,
            Campaign.closes_on,
            (Organisation.name_vi + " " + Organisation.name_en).label("unit"),
        )
        .join(Organisation, Organisation.id == Campaign.organisation_id)
        .where(
            Campaign.state.in_((CampaignState.OPEN, CampaignState.CLOSED, CampaignState.FINISHED))
        )
        .order_by(Campaign.id.desc())
        .limit(MOST_CAMPAIGNS)
        .subquery()
    )  # fmt: skip
    theirs = {
        "id": newest.c.id, "slug": newest.c.code, "initials": newest.c.state,
        "name_vi": newest.c.title_vi, "name_en": newest.c.title_en, "person": newest.c.unit,
        "hamlet_vi": cast(newest.c.opens_on, String), "hamlet_en": cast(newest.c.closes_on, String),
        "sentence_vi": newest.c.for_whom_vi, "sentence_en": newest.c.for_whom_en,
    }  # fmt: skip
    return union_all(
        select(*card_columns, literal(value=False).label("is_campaign")).where(
            Seller.is_open, Seller.product_count > 0
        ),
        select(
            *(theirs.get(one.key, cast(null(), one.type)).label(one.key) for one in card_columns),
            literal(value=True),
        ),
    )


def makers_and_campaigns(session: Session) -> tuple[list[Any], list[Raising]]:
    """Return (open makers with something on show, by name; campaigns, the next to close first).

    One statement for both: the first search of a process may cost six.
    """
    rows = session.execute(_makers_and_campaigns()).all()
    hers = sorted((row for row in rows if not row.is_campaign), key=lambda r: (r.name_vi, r.id))
    theirs = sorted(
        (row for row in rows if row.is_campaign), key=lambda r: (r.hamlet_en or "9999", r.id)
    )
    return hers, [
        Raising(
            row.slug, row.name_vi, row.name_en, row.sentence_vi, row.sentence_en, row.person,
            row.initials, date.fromisoformat(row.hamlet_vi),
            date.fromisoformat(row.hamlet_en) if row.hamlet_en else None,
        )
        for row in theirs
    ]  # fmt: skip


def maker(session: Session, slug: str) -> Any:
    """Return a maker's page, also of one who closed; None for one never open."""
    row = session.execute(_page.where(Seller.slug == slug)).one_or_none()
    return row if row is not None and row.approved_at is not None else None


def blind_makers(session: Session) -> Sequence[Any]:
    """Return the open makers who are blind and agreed to say so, with their voices."""
    return session.execute(
        select(*card_columns, Seller.voice_file, Seller.voice_ms, Seller.voice_vi, Seller.voice_en)
        .where(Seller.is_open, Seller.product_count > 0, Seller.blind_makers.is_(True))
        .order_by(Seller.name_vi, Seller.id)
    ).all()


def addresses(session: Session, limit: int) -> tuple[Sequence[Any], Sequence[Any]]:
    """Return (slug, changed) of open makers and of products on show, for search engines."""
    sellers = session.execute(
        select(Seller.slug, Seller.approved_at.label("at"))
        .where(Seller.is_open)
        .order_by(Seller.id)
    ).all()
    products = session.execute(
        select(Product.slug, Product.updated_at.label("at"))
        .join(Seller, Seller.id == Product.seller_id)
        .where(Product.state == "published", Seller.is_open)
        .order_by(Product.published_at.desc(), Product.id.desc())
        .limit(limit)
    ).all()
    return sellers, products
