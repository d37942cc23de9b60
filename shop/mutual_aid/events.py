"""What happens around a call for help."""

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True)
class PledgeMade(Event):
    """Somebody said that she comes, or brings something."""

    name = "pledge.made"

    pledge_id: int


@dataclass(frozen=True)
class PledgeWithdrawn(Event):
    """Somebody cannot come after all."""

    name = "pledge.withdrawn"

    pledge_id: int


@dataclass(frozen=True)
class PledgeDue(Event):
    """It is the evening before: recorded with the pledge, delivered then."""

    name = "pledge.due"

    pledge_id: int


@dataclass(frozen=True)
class HelpCallCancelled(Event):
    """A call that people had pledged for does not take place."""

    name = "help_call.cancelled"

    call_id: int


@dataclass(frozen=True)
class HelpCallThanked(Event):
    """The organiser wrote what came of it: everybody who came is thanked."""

    name = "help_call.thanked"

    call_id: int
