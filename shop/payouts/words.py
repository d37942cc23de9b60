"""How the kinds of a statement's lines are called on pages and papers."""

from shop.web.words import lazy_

#: By the word of a line, in the order in which they are summed up.
LINES = {
    "goods": lazy_("Tiền hàng"),
    "delivery": lazy_("Phí giao"),
    "returns": lazy_("Hàng trả, tiền bớt"),
    "commission": lazy_("Hoa hồng"),
    "tax": lazy_("Thuế khấu trừ"),
    "debts": lazy_("Nợ trừ bớt"),
}
