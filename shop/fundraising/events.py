"""What happens around a campaign."""

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True)
class CampaignSubmitted(Event):
    """A campaign waits for two people to approve it."""

    name = "campaign.submitted"

    campaign_id: int


@dataclass(frozen=True)
class CampaignOpened(Event):
    """Two people approved a campaign: everybody sees it."""

    name = "campaign.opened"

    campaign_id: int


@dataclass(frozen=True)
class DutyDue(Event):
    """Something has to be done within a week, or should have been. ``stage``: "soon", "late"."""

    name = "campaign.duty_due"

    deadline_id: int
    stage: str


@dataclass(frozen=True)
class GiftOffered(Event):
    """Somebody wants to give and was told how."""

    name = "gift.offered"

    gift_id: int


@dataclass(frozen=True)
class GiftReceived(Event):
    """Money of a gift reached the fund."""

    name = "gift.received"

    gift_id: int
    #: What came now, and the line that it is.
    amount_vnd: int = 0
    entry_id: int = 0


@dataclass(frozen=True)
class GiftTakenBack(Event):
    """Money that was noted for a gift was not there."""

    name = "gift.taken_back"

    gift_id: int


@dataclass(frozen=True)
class CashNotPaidIn(Event):
    """Cash that was noted as paid into the bank was not there."""

    name = "cash_deposit.taken_back"

    deposit_id: int


@dataclass(frozen=True)
class ShareReceived(Event):
    """A seller's share reached the fund."""

    name = "share.received"

    share_payment_id: int
    amount_vnd: int
    #: The line that it is.
    entry_id: int


@dataclass(frozen=True)
class ShareTakenBack(Event):
    """Money that was noted for a seller's share was not there."""

    name = "share.taken_back"

    share_payment_id: int
    amount_vnd: int
    #: The line that puts it right.
    entry_id: int
