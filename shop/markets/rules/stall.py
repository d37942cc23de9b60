"""The acts of a market's stall, as phones name them."""

#: Handed over, not collected, goods came back, sold to somebody who stands there, and the last of
#: the first three taken back.
STALL_ACTS = (
    "market.hand_over", "market.leave", "market.goods_back", "market.sell", "market.take_back",
)  # fmt: skip
