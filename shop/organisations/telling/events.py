"""What happens when a unit tells something."""

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True)
class Announced(Event):
    """A unit told those below it something: whoever has an address is written to."""

    name = "announcement.made"

    announcement_id: int
