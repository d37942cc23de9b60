"""Where services call, and the pages of money that banks told: one for sellers, one for officers."""

from shop.banking.views.hook import blueprint

__all__ = ["blueprint"]
