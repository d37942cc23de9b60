"""Moved to ``shop.organisations.acting``."""

from shop.organisations.acting import *  # noqa: F403
