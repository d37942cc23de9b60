"""Money on an organisation's account that is no buyer's: what sellers owe it, what wallets pay out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Integer, String, case, cast, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from shop.banking.models import BankNotice
from shop.db import Base
from shop.ledger.models import LedgerAccount, LedgerEntry, LedgerTransaction
from shop.payments.gateways.models import GatewayPayout
from shop.payments.rules.gateways import ONLINE
from shop.sellers.models import Seller

_NUMBER = BigInteger().with_variant(Integer(), "sqlite")
#: Gateways that tell of no payouts; what cards pay out is told by Stripe.
WALLETS = tuple(name for name in ONLINE if name != "card")
#: Names of a wallet's payout that a bank told of: "notice:", how often it was said, the notice.
_TOLD, _PLACE = "notice:", len("notice:000:") + 1


@dataclass(frozen=True, slots=True)
class Debtor:
    """A seller who owes an organisation."""

    seller_id: int
    name_vi: str
    name_en: str
    owed_vnd: int

    def too_much_vnd(self, amount_vnd: int) -> int:
        """Return what of a transfer would be more than she owes."""
        return max(0, amount_vnd - self.owed_vnd)

    def may_have_paid(self, amount_vnd: int) -> bool:
        """Tell whether a transfer may be hers: more than twice the debt is something else."""
        return amount_vnd <= 2 * self.owed_vnd


def debtors_of(session: Session, unit_ids: Iterable[int | None]) -> dict[int, list[Debtor]]:
    """Return {unit: sellers who owe it}, without what settlements are about to take off."""
    found: dict[int, list[Debtor]] = {}
    for unit in sorted({one for one in unit_ids if one is not None}):
        rows = session.execute(_debts(unit).where(LedgerAccount.balance_vnd > 0)).all()
        taken = _about_to_be_taken(session, unit)
        debtors = [
            Debtor(row.id, row.name_vi, row.name_en, row.balance_vnd - taken.get(row.id, 0))
            for row in rows
        ]
        found[unit] = [one for one in debtors if one.owed_vnd > 0]
    return found


def owed_now(session: Session, seller_id: int, unit_id: int) -> int:
    """Return what a seller owes an organisation; nobody changes it until the transaction ends."""
    row = session.execute(
        _debts(unit_id).where(Seller.id == seller_id).with_for_update(of=LedgerAccount)
    ).one_or_none()
    if row is None:
        return 0
    return row.balance_vnd - _about_to_be_taken(session, unit_id).get(seller_id, 0)


def _debts(unit_id: int) -> Any:
    return (
        select(Seller.id, Seller.name_vi, Seller.name_en, LedgerAccount.balance_vnd)
        .join(LedgerAccount, LedgerAccount.owner == literal("seller:") + cast(Seller.id, String))
        .where(
            LedgerAccount.kind == "seller_receivable",
            LedgerAccount.detail == f"organisation:{unit_id}",
        )
        .order_by(Seller.name_vi, Seller.id)
    )


def _about_to_be_taken(session: Session, unit_id: int) -> dict[int, int]:
    """Return {seller: đồng} of debts that statements take off payouts which have not left yet.

    Settlements stand beside this room, on the same floor: their table is read by its name.
    """
    of = Base.metadata.tables["payout_statements"].c
    rows = session.execute(
        select(of.seller_id, -func.sum(of.of_debts_vnd))
        .where(
            of.organisation_id == unit_id,
            of.of_debts_vnd < 0,
            of.pays_vnd > 0,
            of.state.in_(["drafted", "approved", "failed"]),
        )
        .group_by(of.seller_id)
    )
    return {seller: int(vnd) for seller, vnd in rows}


def wallets_of(session: Session, unit_ids: Iterable[int | None]) -> dict[int, dict[str, int]]:
    """Return {unit: {wallet: đồng that it has not paid out yet}}, those that hold some."""
    owners = {f"organisation:{one}": one for one in unit_ids if one is not None}
    rows = session.execute(
        select(LedgerAccount.owner, LedgerAccount.detail, LedgerAccount.balance_vnd)
        .where(
            LedgerAccount.kind == "card_clearing", LedgerAccount.owner.in_(list(owners)),
            LedgerAccount.detail.in_(WALLETS), LedgerAccount.balance_vnd > 0,
        )
        .order_by(LedgerAccount.id)
    )  # fmt: skip
    found: dict[int, dict[str, int]] = {}
    for owner, wallet, vnd in rows:
        found.setdefault(owners[owner], {})[wallet] = vnd
    return found


def wallet_holds(session: Session, unit_id: int, wallet: str) -> int:
    """Return what a wallet has of an organisation; held until the transaction ends."""
    return (
        session.scalar(
            select(LedgerAccount.balance_vnd)
            .where(
                LedgerAccount.kind == "card_clearing", LedgerAccount.detail == wallet,
                LedgerAccount.owner == f"organisation:{unit_id}",
            )
            .with_for_update()
        )
        or 0
    )  # fmt: skip


def debt_subject(notice_id: int) -> str:
    """Return what postings of a debt paid through a notice are about."""
    return f"debt_paid:{notice_id}"


def payout_name(notice_id: int, attempt: int) -> str:
    """Return the outside name of a wallet's payout; the attempts of one notice follow each other."""
    return f"{_TOLD}{attempt:03d}:{notice_id}"


def standing_debt(session: Session, notice_id: int) -> int | None:
    """Return the transaction by which a notice paid a debt and that was not taken back."""
    undone = aliased(LedgerTransaction)
    return session.scalar(
        select(LedgerTransaction.id).where(
            LedgerTransaction.subject == debt_subject(notice_id),
            LedgerTransaction.reversal_of.is_(None),
            ~select(undone.id).where(undone.reversal_of == LedgerTransaction.id).exists(),
        )
    )


_told_by = cast(func.substr(GatewayPayout.outside_id, _PLACE), _NUMBER)
#: The payout is a wallet's of which a bank's line told.
is_told_by_bank = GatewayPayout.outside_id.like(f"{_TOLD}%")


def payouts_told(session: Session, notice_id: int) -> Sequence[GatewayPayout]:
    """Return the payouts of wallets that a notice was said to be, and their opposites, in order."""
    return session.scalars(
        select(GatewayPayout)
        .where(
            GatewayPayout.outside_id.in_([payout_name(notice_id, n) for n in range(200)]),
        )
        .order_by(GatewayPayout.id)
    ).all()


def known_as(session: Session, notice_ids: Iterable[int]) -> dict[int, Mapping[str, Any]]:
    """Return {notice: {"debtor": row with names or None, "wallet": name or ""}} of these answers."""
    found: dict[int, Mapping[str, Any]] = {}
    for one in notice_ids:
        if (transaction_id := standing_debt(session, one)) is not None:
            payer = session.execute(_who_paid(transaction_id)).one()
            found[one] = {"debtor": payer, "wallet": ""}
            continue
        payouts = payouts_told(session, one)
        if sum(row.bank_vnd for row in payouts):
            found[one] = {"debtor": None, "wallet": payouts[-1].gateway}
    return found


def _who_paid(transaction_id: int) -> Any:
    return (
        select(Seller.id, Seller.name_vi, Seller.name_en)
        .join(LedgerAccount, LedgerAccount.owner == literal("seller:") + cast(Seller.id, String))
        .join(LedgerEntry, LedgerEntry.account_id == LedgerAccount.id)
        .where(LedgerEntry.transaction_id == transaction_id)
    )


_paid_debts = (
    select(
        LedgerTransaction.subject, LedgerAccount.owner,
        func.sum(LedgerEntry.amount_vnd).label("vnd"),
    )
    .join(LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id)
    .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
    .where(LedgerTransaction.subject.like("debt_paid:%"), LedgerAccount.kind == "bank")
    .group_by(LedgerTransaction.subject, LedgerAccount.owner)
    .having(func.sum(LedgerEntry.amount_vnd) != 0)
    .subquery()
)  # fmt: skip
_paid_out = (
    select(
        _told_by.label("notice_id"), func.min(GatewayPayout.payee_id).label("payee_id"),
        func.sum(GatewayPayout.bank_vnd).label("vnd"),
    )
    .where(is_told_by_bank)
    .group_by(_told_by)
    .having(func.sum(GatewayPayout.bank_vnd) != 0)
    .subquery()
)  # fmt: skip
#: Returns no row while all is well.
INVARIANTS: dict[str, Any] = {
    "a debt that a seller paid is a bank's line that says so": (
        select(_paid_debts.c.subject, _paid_debts.c.vnd, BankNotice.state, BankNotice.amount_vnd)
        .outerjoin(
            BankNotice,
            _paid_debts.c.subject == literal("debt_paid:") + cast(BankNotice.id, String),
        )
        .where(
            or_(
                BankNotice.id.is_(None),
                BankNotice.state != "matched",
                BankNotice.amount_vnd != _paid_debts.c.vnd,
                _paid_debts.c.owner != literal("payee:") + cast(BankNotice.payee_id, String),
            )
        )
    ),
    "what a wallet paid out by a bank's line is that line": (
        select(_paid_out.c.notice_id, _paid_out.c.vnd, BankNotice.state, BankNotice.amount_vnd)
        .outerjoin(BankNotice, BankNotice.id == _paid_out.c.notice_id)
        .where(
            or_(
                BankNotice.id.is_(None),
                BankNotice.state != "matched",
                BankNotice.amount_vnd != _paid_out.c.vnd,
                case((BankNotice.payee_id == _paid_out.c.payee_id, 0), else_=1) == 1,
            )
        )
    ),
}
