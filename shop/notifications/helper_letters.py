"""The letters about helping at a stall: leave given or over, and each act read back."""

from sqlalchemy.orm import Session

from shop.accounts.queries import account
from shop.notifications.letters import link
from shop.notifications.mailing import Letter, write
from shop.notifications.queries import reader_of_account
from shop.sellers.forms import RIGHT_WORDS
from shop.sellers.models import HelperAct, HelperGrant, Seller


def of_act(session: Session, act_id: int) -> list[Letter]:
    """To the owner: what was done for her, in one sentence."""
    act = session.get(HelperAct, act_id)
    grant = session.get(HelperGrant, act.grant_id) if act is not None else None
    reader = reader_of_account(session, grant.owner_id) if grant is not None else None
    if act is None or reader is None:
        return []
    return [
        write(
            "helper_acted", f"helper-act:{act_id}", reader, act=act,
            address=link("/ban-hang/gian-hang/nguoi-giup", reader.locale),
        )
    ]  # fmt: skip


def of_change(session: Session, grant_id: int, what: str) -> list[Letter]:
    """To the owner and to the helper: leave to help was given, or is over."""
    grant = session.get(HelperGrant, grant_id)
    if grant is None:
        return []
    names = {
        "helper": account(session, grant.helper_id).name,
        "owner": account(session, grant.owner_id).name,
    }
    stall = session.get_one(Seller, grant.seller_id)
    found = []
    for account_id in (grant.owner_id, grant.helper_id):
        reader = reader_of_account(session, account_id)
        if reader is None:
            continue
        is_owner = account_id == grant.owner_id
        where = "/ban-hang/gian-hang/nguoi-giup" if is_owner else "/ban-hang/giup"
        found.append(
            write(
                "helper_changed", f"helper-{what}:{grant_id}", reader, grant=grant, stall=stall,
                what=what, is_owner=is_owner, rights=[RIGHT_WORDS[r] for r in grant.rights],
                address=link(where, reader.locale), **names,
            )
        )  # fmt: skip
    return found
