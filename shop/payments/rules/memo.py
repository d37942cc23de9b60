"""The code that a buyer writes into her transfer (``shop.kernel.memos``)."""

from shop.kernel.memos import MEMO_LENGTH, new_memo, read_memo, spoken

__all__ = ["MEMO_LENGTH", "new_memo", "read_memo", "spoken"]
