"""The letters about new stalls: to officers when somebody asks, to her when they answered.

And to makers, when a paper of theirs runs out.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from shop.catalogue.paper_queries import ending_everywhere
from shop.catalogue.paper_rules import reminder_due
from shop.kernel.clock import vietnam_date
from shop.notifications.letters import link
from shop.notifications.mailing import Letter, write
from shop.notifications.queries import Reader, readers_of_seller, readers_with_right
from shop.sellers.events import ApplicationMoved
from shop.sellers.joining import email_of
from shop.sellers.models import Seller, SellerApplication

#: Who looks at what: whoever may invite rings a woman who asked; whoever says yes looks at a stall.
_RIGHTS = {"asked": "create_seller", "sent": "approve_seller"}


def of_move(session: Session, event: ApplicationMoved, now: datetime) -> list[Letter]:
    """To the officers of the unit, or to the woman herself."""
    row = session.get(SellerApplication, event.application_id)
    if row is None:
        return []
    if event.to in _RIGHTS:
        readers = readers_with_right(session, _RIGHTS[event.to], row.organisation_id, now)
        where = f"/dieu-hanh/xin-ban/{row.id}"
    else:
        email = email_of(session, row)
        readers = [Reader(f"application:{row.id}", row.name, email, row.locale)] if email else []
        where = "/ban-hang/mo-gian" if row.seller_id else "/mo-gian-hang"
    return [
        write(
            "application", f"application:{event.audit_id}", reader, row=row, to=event.to,
            address=link(where, reader.locale),
        )
        for reader in readers
    ]  # fmt: skip


def of_stall_left(session: Session, seller_id: int, now: datetime) -> list[Letter]:
    """To the officers who may open it again with somebody else."""
    row = session.get(Seller, seller_id)
    if row is None:
        return []
    return [
        write(
            "stall_left", f"stall-left:{row.id}:{row.version}", reader, row=row,
            address=link(f"/dieu-hanh/nguoi-ban/{row.id}", reader.locale),
        )
        for reader in readers_with_right(session, "approve_seller", row.organisation_id, now)
    ]  # fmt: skip


def of_ending_papers(session: Session, now: datetime) -> list[Letter]:
    """To the people of each stall with a paper that runs out; each letter goes once."""
    today = vietnam_date(now)
    return [
        write(
            "paper_ends", f"paper-ends:{paper.id}:{paper.version}:{days}", reader, paper=paper,
            address=link("/ban-hang/giay-to", reader.locale),
        )
        for paper in ending_everywhere(session, today)
        if (days := reminder_due(paper.expires_on, today)) is not None
        for reader in readers_of_seller(session, paper.seller_id, now)
    ]  # fmt: skip
