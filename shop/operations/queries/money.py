"""Money into organisations' accounts, in pages."""

from sqlalchemy.orm import Session

from shop.current import current_settings
from shop.kernel.codes import read_code
from shop.payments.queries import transfers_into
from shop.payments.queries.payees import Units
from shop.payments.rules.memo import read_memo
from shop.web.lists import Page, cut

#: Each has words and a button: fewer stand on a page than in a table.
TRANSFERS = 20


def transfers_page(session: Session, units: Units, heading: str, typed: str, page: int) -> Page:
    """Return the transfers of a heading, or those of a memo or order code under any heading.

    Args:
        typed: what the bank shows, as it stands there, or a code read out.
    """
    if not typed:
        return cut(session, transfers_into(units, heading), page, TRANSFERS)
    memos = read_memo(typed, current_settings().memo_prefix)
    code = memos[0] if memos else read_code(typed)
    return cut(session, transfers_into(units, code=code or "-"), page, TRANSFERS)
