"""How the kinds of a statement's lines are called on pages and papers."""

from typing import Any

from shop.web.words import _, lazy_, tr

#: By the word of a line, in the order in which they are summed up.
LINES = {
    "goods": lazy_("Tiền hàng"),
    "delivery": lazy_("Phí giao"),
    "returns": lazy_("Hàng trả, tiền bớt"),
    "commission": lazy_("Hoa hồng"),
    "tax": lazy_("Thuế khấu trừ"),
    "debts": lazy_("Nợ, phần góp quỹ, điều chỉnh"),
}


def line_words(line: Any) -> str:
    """Return what a line of a statement is: a correction with its reason, a share with its campaign.

    Args:
        line: kind, happened, why, title_vi, title_en, as ``queries.statements`` reads them.
    """
    if line.happened == "corrected":
        return _("Điều chỉnh ghi tay: %(why)s", why=line.why)
    if line.happened == "fund_share":
        return _("Phần góp quỹ “%(title)s”", title=tr(line, "title"))
    return _("Nợ trừ bớt") if line.kind == "debts" else str(LINES[line.kind])
