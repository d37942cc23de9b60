"""All bank pages of one desk, for the blueprint whose pages they are."""

from flask import Blueprint

from shop.banking.views.desk import Desk
from shop.banking.views.feeds import open_feeds
from shop.banking.views.inbox import open_inbox
from shop.banking.views.statements import open_statements


def open_bank_pages(blueprint: Blueprint, desk: Desk) -> None:
    open_inbox(blueprint, desk)
    open_feeds(blueprint, desk)
    open_statements(blueprint, desk)
