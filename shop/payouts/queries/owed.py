"""What organisations owe the sellers they collect for, read from balances of the books alone."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Select, case, cast, func, literal, select
from sqlalchemy import Integer as Whole
from sqlalchemy import String as Text
from sqlalchemy.orm import Session

from shop.fundraising.models import Campaign
from shop.ledger.models import LedgerAccount, LedgerEntry, LedgerTransaction
from shop.ledger.rules import DEBIT, KINDS
from shop.organisations.models import Organisation
from shop.payouts.models import PayoutLine, PayoutMark, PayoutSetting, PayoutStatement
from shop.payouts.rules import DEBTS, DELIVERY, GOODS
from shop.sellers.models import Payee

BETWEEN = (GOODS, DELIVERY, DEBTS)
#: Money of an organisation that is elsewhere, or that it has spent for its sellers.
_ITS_OWN = [k for k, of in KINDS.items() if of.normal == DEBIT and "organisation" in of.owners]
_NUMBER = BigInteger().with_variant(Whole(), "sqlite")


class FundTransferDue(NamedTuple):
    """What is to be transferred between a campaign's own account and its organisation's.

    ``due_vnd`` above nought: to the organisation, for sellers whom slips paid; below: to the
    campaign, shares that settlements kept.
    """

    campaign_id: int
    organisation_id: int
    code: str
    title_vi: str
    title_en: str
    payee_id: int
    due_vnd: int


def is_between(organisation_id: int, account: Any = LedgerAccount) -> Any:
    """Return the condition of accounts that stand between an organisation and its sellers."""
    return (account.detail == f"organisation:{organisation_id}") & account.kind.in_(BETWEEN)


def seller_of_account(account: Any = LedgerAccount) -> Any:
    """Return the seller's id out of an account's owner, "seller:12", in SQL."""
    return cast(func.substr(account.owner, len("seller:") + 1), _NUMBER)


def least_of(session: Session, organisation_id: int) -> int:
    """Return the sum from which on an organisation pays."""
    found = select(PayoutSetting.least_vnd).where(PayoutSetting.organisation_id == organisation_id)
    return session.scalar(found) or 0


def owed_by(session: Session, units: Select[int] | Iterable[int] | None) -> Sequence[Any]:
    """Return the organisations that collect: (id, name_vi, name_en, sellers, owed_vnd, rhythm, least_vnd).

    ``owed_vnd``: what they owe their sellers, debts taken off.
    """
    wanted = (
        select(
            Organisation.id, Organisation.name_vi, Organisation.name_en,
            func.count(func.distinct(LedgerAccount.owner)).label("sellers"),
            (-func.coalesce(func.sum(LedgerAccount.balance_vnd), 0)).label("owed_vnd"),
            func.coalesce(PayoutSetting.rhythm, "by_hand").label("rhythm"),
            func.coalesce(PayoutSetting.least_vnd, 0).label("least_vnd"),
        )
        .join(
            LedgerAccount,
            (LedgerAccount.detail == literal("organisation:") + cast(Organisation.id, Text))
            & LedgerAccount.kind.in_(BETWEEN),
        )
        .outerjoin(PayoutSetting, PayoutSetting.organisation_id == Organisation.id)
        .group_by(Organisation.id, PayoutSetting.rhythm, PayoutSetting.least_vnd)
        .order_by(Organisation.name_vi, Organisation.id)
    )  # fmt: skip
    if units is not None:
        wanted = wanted.where(Organisation.id.in_(units))
    return session.execute(wanted).all()


def owed_to_seller(session: Session, seller_id: int) -> Sequence[Any]:
    """Return (id, name_vi, name_en, owed_vnd, debt_vnd) of the organisations that collect for a seller.

    ``owed_vnd``: her debts, ``debt_vnd``, are taken off already.
    """
    debt = case((LedgerAccount.kind == DEBTS, LedgerAccount.balance_vnd), else_=0)
    return session.execute(
        select(
            Organisation.id, Organisation.name_vi, Organisation.name_en,
            (-func.sum(LedgerAccount.balance_vnd)).label("owed_vnd"),
            func.sum(debt).label("debt_vnd"),
        )
        .join(
            LedgerAccount,
            LedgerAccount.detail == literal("organisation:") + cast(Organisation.id, Text),
        )
        .where(LedgerAccount.owner == f"seller:{seller_id}", LedgerAccount.kind.in_(BETWEEN))
        .group_by(Organisation.id)
        .order_by(Organisation.id)
    ).all()  # fmt: skip


def short_of(
    session: Session, statements: Sequence[Any], *, are_paid: bool = False
) -> dict[int, int]:
    """Return by how much payouts take more than what buyers paid for a seller: {statement: đồng}.

    Only for what was booked since: goods that came back, money that went back to a buyer. What
    she owes the organisation itself is no buyer's money, and waits for her next statement.

    Args:
        statements: of one organisation: (id, seller_id, organisation_id, of_goods_vnd,
            of_delivery_vnd).
        are_paid: the payouts are booked already.
    """
    if not statements:
        return {}
    detail = f"organisation:{statements[0].organisation_id}"
    hers = (LedgerAccount.detail == detail, LedgerAccount.kind.in_((GOODS, DELIVERY)))
    owed = {
        row.owner: -int(row.vnd)
        for row in session.execute(
            select(LedgerAccount.owner, func.sum(LedgerAccount.balance_vnd).label("vnd"))
            .where(*hers, LedgerAccount.owner.in_({f"seller:{one.seller_id}" for one in statements}))
            .group_by(LedgerAccount.owner)
        )
    }  # fmt: skip
    below: dict[int, int] = {}
    for one in statements:
        paid_vnd = 0 if are_paid else one.of_goods_vnd + one.of_delivery_vnd
        left_vnd = owed.get(f"seller:{one.seller_id}", 0) - paid_vnd
        if left_vnd < 0:
            below[one.id] = -left_vnd
    if not below:
        return {}
    since = session.execute(_since(below, hers)).all()
    return {row.id: min(below[row.id], int(row.vnd)) for row in since if row.vnd > 0}


def _since(statement_ids: Iterable[int], hers: tuple[Any, ...]) -> Any:
    """Return what was booked against sellers and is in no statement up to theirs, by statement."""
    one, line = PayoutStatement, PayoutLine
    mark = (
        select(func.max(PayoutMark.open_from_id))
        .where(
            PayoutMark.account_id == LedgerAccount.id, PayoutMark.settlement_id <= one.settlement_id
        )
        .correlate(LedgerAccount, one)
        .scalar_subquery()
    )
    return (
        select(one.id, func.sum(LedgerEntry.amount_vnd).label("vnd"))
        .join(LedgerAccount, LedgerAccount.owner == literal("seller:") + cast(one.seller_id, Text))
        .join(LedgerEntry, LedgerEntry.account_id == LedgerAccount.id)
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .outerjoin(line, line.entry_id == LedgerEntry.id)
        .where(
            *hers,
            one.id.in_(list(statement_ids)),
            LedgerEntry.id >= func.coalesce(mark, 0),
            line.entry_id.is_(None) | (line.statement_id > one.id),
            LedgerTransaction.subject.not_like("payout:%"),
        )
        .group_by(one.id)
    )


def bank_money(session: Session, organisation_id: int, own_id: int) -> tuple[dict[int, int], int]:
    """Return ({account: đồng} of an organisation, the one that pays first; đồng that it adds itself).

    It adds what card companies have not paid yet, and what it bears: reductions, fees, ways back.
    What campaigns' own accounts have to get of it is not there to be paid; what they have to send
    is not there yet.
    """
    rows = session.execute(
        select(Payee.id, func.coalesce(LedgerAccount.balance_vnd, 0).label("vnd"))
        .outerjoin(
            LedgerAccount,
            (LedgerAccount.kind == "bank")
            & (LedgerAccount.owner == literal("payee:") + cast(Payee.id, Text)),
        )
        .where(Payee.organisation_id == organisation_id, Payee.is_apart.is_(False))
        .order_by(Payee.id != own_id, Payee.id.desc())
    ).all()
    due = transfers_due(session, [organisation_id])
    added_vnd = _added_by_itself(session, organisation_id)
    return {row.id: row.vnd for row in rows}, added_vnd + sum(min(0, row.due_vnd) for row in due)


def transfers_due(
    session: Session, units: Select[int] | Iterable[int] | None
) -> Sequence[FundTransferDue]:
    """Return what campaigns' own accounts have to send for sellers, or to get of kept shares."""
    wanted = (
        select(
            Campaign.id, Campaign.organisation_id, Campaign.code, Campaign.title_vi,
            Campaign.title_en, Campaign.payee_id, LedgerAccount.balance_vnd,
        )
        .join(Payee, Payee.id == Campaign.payee_id)
        .join(LedgerAccount, LedgerAccount.owner == literal("payee:") + cast(Payee.id, Text))
        .where(Payee.is_apart, LedgerAccount.kind == "bank", LedgerAccount.balance_vnd != 0)
        .order_by(Campaign.id)
    )  # fmt: skip
    if units is not None:
        wanted = wanted.where(Campaign.organisation_id.in_(units))
    return [FundTransferDue(*row) for row in session.execute(wanted)]


def _added_by_itself(session: Session, organisation_id: int) -> int:
    found = session.scalar(
        select(func.sum(LedgerAccount.balance_vnd)).where(
            LedgerAccount.kind.in_(_ITS_OWN),
            LedgerAccount.owner == f"organisation:{organisation_id}",
        )
    )
    return int(found or 0)


def still_held_vnd(session: Session, organisation_id: int) -> int:
    """Return what an organisation's banks hold of buyers' money, as booked, with what it adds."""
    held, added_vnd = bank_money(session, organisation_id, 0)
    return sum(held.values()) + added_vnd
