"""Seasons that begin and end by themselves."""

from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from shop.catalogue.actions.shelving import changed, is_off, locked
from shop.catalogue.models import Product
from shop.catalogue.season_rules import current


def turn_seasons(session: Session, *, today: date, now: datetime) -> int:
    """Put on the shelves what is in season since today, take off what is not; return how many.

    What comes again every year gets the days of its next season.
    """
    in_season = (Product.season_from <= today) & (Product.season_to >= today)
    due = session.scalars(
        select(Product.id)
        .where(
            Product.season_from.is_not(None),
            or_(
                Product.off_season & in_season,
                ~Product.off_season & ~in_season,
                Product.season_yearly & (Product.season_to < today),
            ),
        )
        .order_by(Product.id)
    ).all()
    turned = 0
    for product_id in due:
        product = locked(session, product_id)
        begins_on, ends_on = product.season_from, product.season_to
        if begins_on is None or ends_on is None:
            continue
        next_one = current(begins_on, ends_on, product.season_yearly, today)
        if next_one == (begins_on, ends_on) and product.off_season == is_off(product, today):
            continue
        product.season_from, product.season_to = next_one
        changed(session, product, now)
        turned += 1
    return turned
