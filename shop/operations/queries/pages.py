"""Moved to ``shop.web.lists``."""

from shop.web.lists import *  # noqa: F403
