"""The acts of a market's stall, as phones name them."""

#: Handed over, not collected, goods came back, sold to somebody who stands there.
STALL_ACTS = ("market.hand_over", "market.leave", "market.goods_back", "market.sell")
