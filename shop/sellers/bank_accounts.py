"""Which bank account is paid. Never edited: a new account is a new row and the old one ends."""

from datetime import datetime

from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.current import vault
from shop.organisations.queries import organisation
from shop.organisations.rules import UndoTooLate
from shop.outbox.relay import record
from shop.sellers.events import BankAccountChanged
from shop.sellers.models import Payee
from shop.sellers.queries import account_number_of, banks, current_payee, earlier_payee, seller
from shop.sellers.rules import WrongBankAccount, account_number, holder_name


def change_bank_account(
    session: Session,
    *,
    seller_id: int | None = None,
    organisation_id: int | None = None,
    bank_bin: str,
    holder: str,
    number: str,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    for_id: int | None = None,
    for_name: str | None = None,
    undoes_id: int | None = None,
) -> Payee:
    """Send buyers' transfers to another account from now on; everybody concerned is told.

    Exactly one of ``seller_id`` and ``organisation_id`` is given. Orders placed before
    keep the account they were shown.

    Raises:
        WrongBankAccount
    """
    bank = banks().get(bank_bin)
    bare, printed = account_number(number), holder_name(holder)
    for field, fine in (("bank", bank), ("number", bare), ("holder", printed)):
        if not fine:
            raise WrongBankAccount(field=field)
    assert bank is not None
    assert bare is not None
    if seller_id is not None:
        seller(session, seller_id, to_change=True)
    else:
        organisation(session, organisation_id or 0, to_change=True)
    earlier = current_payee(session, seller_id=seller_id, organisation_id=organisation_id)
    if earlier is not None:
        earlier.ended_at = now
        session.flush()
    key = vault().new_key()
    payee = Payee(
        seller_id=seller_id,
        organisation_id=organisation_id,
        bank_bin=bank.bin,
        bank_name=bank.short_name,
        holder=printed,
        data_key=key,
        account_number=vault().seal(key, bare),
        last4=bare[-4:],
        started_at=now,
        started_by_id=actor_id,
    )
    session.add(payee)
    session.flush()
    kind = "seller" if seller_id is not None else "organisation"
    note(
        session, action=f"{kind}.bank_account_changed", subject_kind=kind,
        subject_id=seller_id if seller_id is not None else organisation_id, now=now,
        actor_id=actor_id, actor_name=actor_name, for_id=for_id, for_name=for_name,
        undoes_id=undoes_id, payee_id=payee.id, earlier_id=earlier and earlier.id,
        bank=bank.short_name,
    )  # fmt: skip
    record(
        session,
        BankAccountChanged(payee_id=payee.id, earlier_id=earlier.id if earlier else 0),
        now,
    )
    return payee


def restore_bank_account(
    session: Session,
    *,
    payee_id: int,
    was_used: bool,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> Payee:
    """Take a change back: the account before it is paid again, as a new row.

    Args:
        was_used: whether an order was asked to pay into the new account; counted above.

    Raises:
        UndoTooLate: money may have moved, another change came after, or there was none before.
    """
    payee = session.get(Payee, payee_id)
    if payee is None or payee.ended_at is not None or was_used:
        raise UndoTooLate
    earlier = earlier_payee(session, payee)
    if earlier is None:
        raise UndoTooLate
    return change_bank_account(
        session, seller_id=payee.seller_id, organisation_id=payee.organisation_id,
        bank_bin=earlier.bank_bin, holder=earlier.holder, number=account_number_of(earlier),
        actor_id=actor_id, actor_name=actor_name, now=now, undoes_id=undoes_id,
    )  # fmt: skip
