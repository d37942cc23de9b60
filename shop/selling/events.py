"""What sellers set going for the worker."""

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True)
class GoodsSheetAccepted(Event):
    """Somebody looked at a list of goods and wants all of it stored."""

    name = "selling.goods_sheet_accepted"
    sheet_id: int
