"""An account of which a service has told and a statement was read, for the walks over all pages."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.banking.actions.feeds import open_feed
from shop.banking.actions.keeping import keep_told
from shop.banking.actions.matching import look_at
from shop.banking.actions.statements import preview
from shop.banking.rules.movements import Movement
from shop.banking.rules.statements import Statement
from shop.db import transaction
from shop.kernel.clock import now_utc
from shop.sellers.models import Payee
from shop.sellers.queries import account_number_of


def told_of(session: Session, account: Payee, now: datetime) -> dict[str, int]:
    """Let a service tell of money on an account, and keep a statement of it as a preview."""
    feed = open_feed(
        session, kind="sepay_key", secret="a-secret-of-tests", seller_id=account.seller_id,
        organisation_id=account.organisation_id, actor_id=None, actor_name="", now=now,
    )  # fmt: skip
    number = account_number_of(account)
    line = Movement("7", (number,), 5_000, "VND", "5000", now, False, "ung ho", "")
    notice = keep_told(session, feed=feed, movement=line, now=now)
    look_at(session, notice_id=notice or 0, now=now)
    file = preview(
        session,
        statement=Statement(lines=[line]),
        account=account,
        actor_id=None,
        actor_name="",
        now=now,
    )
    return {"feed_id": feed.id, "notice_id": notice or 0, "statement_id": file}


def told_by_bank(seller_id: int) -> dict[str, int]:
    """Do the same to a seller's own account; return {argument of an address: id}."""
    with transaction() as session:
        account = session.scalars(select(Payee).where(Payee.seller_id == seller_id)).one()
        return told_of(session, account, now_utc())
