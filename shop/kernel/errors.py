"""Refusals that the business rules can give. They carry facts; templates hold the words."""

from typing import Any


class Refusal(Exception):
    """A request that is understood and not allowed. Never used for bugs.

    Keyword arguments become attributes; ``templates/components/refusal.html``
    turns ``code`` and those facts into one sentence in the reader's language.
    """

    #: Key of the sentence, unique among refusals.
    code = "refused"
    #: HTTP status when nothing more particular is decided by the view.
    status = 409

    def __init__(self, **facts: Any) -> None:
        super().__init__(self.code, facts)
        self.facts = facts

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["facts"][name]
        except KeyError:
            raise AttributeError(name) from None


class NotYours(Refusal):
    """What is not yours does not exist: answered 404, never 403."""

    code = "not_found"
    status = 404


class TooMany(Refusal):
    """Asked too often. ``retry_after_s``: seconds until the next try counts."""

    code = "too_many"
    status = 429


class OutsideFailure(Exception):
    """Something outside the shop did not answer. Caught at the edge, recorded, tried again."""
