"""Filling and changing the shelves. Stock is opened by the caller: ``stock.actions.open_level``."""

from shop.catalogue.actions.categories import create_category
from shop.catalogue.actions.papers import (
    add_paper,
    check_paper,
    edit_paper,
    uncheck_paper,
    withdraw_paper,
)
from shop.catalogue.actions.products import (
    create_product,
    edit_product,
    hide,
    publish,
    renew_pages_of,
    set_pictures,
)
from shop.catalogue.actions.seasons import turn_seasons
from shop.catalogue.actions.shelving import (
    renew_pages,
    reprice,
    reshelve,
    reshelve_seller,
    sold_out_is,
)
from shop.catalogue.actions.variants import add_variant, change_prices, edit_variant, retire_variant

__all__ = [
    "add_paper",
    "add_variant",
    "change_prices",
    "check_paper",
    "create_category",
    "create_product",
    "edit_paper",
    "edit_product",
    "edit_variant",
    "hide",
    "publish",
    "renew_pages",
    "renew_pages_of",
    "reprice",
    "reshelve",
    "reshelve_seller",
    "retire_variant",
    "set_pictures",
    "sold_out_is",
    "turn_seasons",
    "uncheck_paper",
    "withdraw_paper",
]
