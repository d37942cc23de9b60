"""What people write about a carrier's file: whose it is, what its columns say, an answer."""

from shop.web.forms import Choice, Hidden, Line, ShopForm
from shop.web.words import lazy_

#: {answer as posted: a ``rules.comparing.Answer``, or "" for taking it back}
ANSWERS = {
    "dem": "count", "phi": "fee", "thoi": "give_up", "da-giao": "delivered", "hoan": "way_back", "tra-them": "keep",
    "da-ve": "came", "hai-lan": "twice", "den": "amends", "tra-lai": "sent_back",
    "de-do": "aside", "lui": "",
}  # fmt: skip


class FileForm(ShopForm):
    """A carrier's file; the file itself is read apart."""

    carrier = Choice(lazy_("Hãng vận chuyển"), choices=[], id="hang")
    other = Line(lazy_("Tên hãng khác"), most=60, id="hang-khac")
    account = Choice(lazy_("Hãng trả tiền vào"), choices=[], id="ve-dau")


class LineForm(ShopForm):
    """One tap on a line."""

    tra_loi = Hidden()
