"""What is sold for campaigns, and what sellers owe them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, String, bindparam, cast, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from shop.catalogue.models import Product
from shop.fundraising.models import Campaign, CampaignOffer, FundEntry, SharePayment
from shop.fundraising.rules import CampaignState, ShareRule
from shop.ledger.models import LedgerAccount, LedgerEntry, LedgerTransaction
from shop.ledger.queries import balance
from shop.ledger.rules import Account
from shop.organisations.models import Organisation
from shop.sellers.models import Payee, Seller


class SoldFor(NamedTuple):
    """The campaign that a product is sold for, and with which share."""

    rule: ShareRule
    code: str
    title_vi: str
    title_en: str
    for_whom_vi: str
    for_whom_en: str
    given_by: str
    closes_on: date | None
    distribute_by: date | None
    unit_vi: str
    unit_en: str


_HOLDS = (
    select(
        CampaignOffer.product_id, CampaignOffer.campaign_id, CampaignOffer.share_kind,
        CampaignOffer.share_vnd, CampaignOffer.share_hundredths, CampaignOffer.cost_vnd,
        CampaignOffer.given_by, Campaign.code, Campaign.title_vi, Campaign.title_en,
        Campaign.for_whom_vi, Campaign.for_whom_en, Campaign.closes_on, Campaign.distribute_by,
        Organisation.name_vi.label("unit_vi"), Organisation.name_en.label("unit_en"),
    )
    .join(Campaign, Campaign.id == CampaignOffer.campaign_id)
    .join(Organisation, Organisation.id == Campaign.organisation_id)
    .where(
        CampaignOffer.product_id.in_(bindparam("products", expanding=True)),
        CampaignOffer.ended_at.is_(None),
        Campaign.state == CampaignState.OPEN,
        Campaign.opens_on <= bindparam("today"),
        or_(Campaign.closes_on.is_(None), Campaign.closes_on >= bindparam("today")),
    )
)  # fmt: skip


def sold_for(session: Session, product_ids: Iterable[int], today: date) -> Mapping[int, SoldFor]:
    """Return for which campaign each of these products is sold today. One statement."""
    wanted = sorted(set(product_ids))
    if not wanted:
        return {}
    return {
        row.product_id: SoldFor(
            ShareRule(
                row.campaign_id, row.share_kind, row.share_vnd, row.share_hundredths, row.cost_vnd
            ),
            row.code, row.title_vi, row.title_en, row.for_whom_vi, row.for_whom_en, row.given_by,
            row.closes_on, row.distribute_by, row.unit_vi, row.unit_en,
        )
        for row in session.connection().execute(_HOLDS, {"products": wanted, "today": today})
    }  # fmt: skip


def offers_of(session: Session, campaign_id: int, *, ended: bool = False) -> Sequence[Any]:
    """Return what is sold for a campaign, by seller: offers with their product and stall."""
    wanted = (
        select(
            CampaignOffer.id, CampaignOffer.product_id, CampaignOffer.seller_id,
            CampaignOffer.share_kind, CampaignOffer.share_vnd, CampaignOffer.share_hundredths,
            CampaignOffer.cost_vnd, CampaignOffer.given_by, CampaignOffer.consent_kind,
            CampaignOffer.consent_by, CampaignOffer.consent_on, CampaignOffer.started_at,
            CampaignOffer.ended_at, Product.slug, Product.title_vi, Product.title_en,
            Seller.name_vi, Seller.name_en, Seller.slug.label("seller_slug"),
        )
        .join(Product, Product.id == CampaignOffer.product_id)
        .join(Seller, Seller.id == CampaignOffer.seller_id)
        .where(CampaignOffer.campaign_id == campaign_id)
        .order_by(CampaignOffer.ended_at.is_not(None), Seller.name_vi, CampaignOffer.id)
    )  # fmt: skip
    if not ended:
        wanted = wanted.where(CampaignOffer.ended_at.is_(None))
    return session.execute(wanted).all()


def offers_of_seller(session: Session, seller_id: int) -> Sequence[Any]:
    """Return what a seller sells for campaigns, and what she did before, the newest first."""
    return session.execute(
        select(
            CampaignOffer.id, CampaignOffer.campaign_id, CampaignOffer.product_id,
            CampaignOffer.share_kind, CampaignOffer.share_vnd, CampaignOffer.share_hundredths,
            CampaignOffer.cost_vnd, CampaignOffer.given_by, CampaignOffer.consent_kind,
            CampaignOffer.consent_by, CampaignOffer.consent_on, CampaignOffer.started_at,
            CampaignOffer.ended_at, Product.title_vi.label("product_vi"),
            Product.title_en.label("product_en"), Campaign.code, Campaign.title_vi,
            Campaign.title_en,
        )
        .join(Product, Product.id == CampaignOffer.product_id)
        .join(Campaign, Campaign.id == CampaignOffer.campaign_id)
        .where(CampaignOffer.seller_id == seller_id)
        .order_by(CampaignOffer.ended_at.is_not(None), CampaignOffer.id.desc())
        .limit(100)
    ).all()  # fmt: skip


def products_to_offer(session: Session, units: Select[int] | None) -> Sequence[Any]:
    """Return the goods on sale of the sellers of some units that no campaign has; None: of all."""
    wanted = (
        select(
            Product.id, Product.title_vi, Product.title_en, Product.seller_id, Seller.name_vi,
            Seller.name_en,
        )
        .join(Seller, Seller.id == Product.seller_id)
        .where(
            Product.state == "published", Seller.is_open,
            ~select(CampaignOffer.id)
            .where(CampaignOffer.product_id == Product.id, CampaignOffer.ended_at.is_(None))
            .exists(),
        )
        .order_by(Seller.name_vi, Product.title_vi, Product.id)
        .limit(500)
    )  # fmt: skip
    if units is not None:
        wanted = wanted.where(Seller.organisation_id.in_(units))
    return session.execute(wanted).all()


class Owed(NamedTuple):
    """What a seller owes one campaign of goods that arrived, and the transfer that is open for it.

    Below nought: goods came back after she paid.
    """

    campaign_id: int
    code: str
    title_vi: str
    title_en: str
    due_vnd: int
    share: SharePayment | None
    payee: Payee


def owed_by(session: Session, seller_id: int) -> list[Owed]:
    """Return every campaign that a seller sold for, the newest first. One statement."""
    due = (LedgerAccount.kind == "share_due") & (LedgerAccount.owner == f"seller:{seller_id}")
    sold_for_it = select(CampaignOffer.campaign_id).where(CampaignOffer.seller_id == seller_id)
    found = session.execute(
        select(Campaign, func.coalesce(LedgerAccount.balance_vnd, 0), SharePayment, Payee)
        .outerjoin(
            LedgerAccount,
            due & (LedgerAccount.detail == literal("campaign:") + cast(Campaign.id, String)),
        )
        .outerjoin(
            SharePayment,
            (SharePayment.campaign_id == Campaign.id)
            & (SharePayment.seller_id == seller_id)
            & SharePayment.received_at.is_(None),
        )
        .join(Payee, Payee.id == func.coalesce(SharePayment.payee_id, Campaign.payee_id))
        .where(Campaign.id.in_(sold_for_it))
        .order_by(Campaign.id.desc())
    ).all()
    return [
        Owed(one.id, one.code, one.title_vi, one.title_en, due_vnd, share, payee)
        for one, due_vnd, share, payee in found
    ]


def due_of(session: Session, seller_id: int, campaign_id: int) -> int:
    """Return what a seller owes a campaign of goods that arrived; below nought: it owes her."""
    return balance(session, share_due(seller_id, campaign_id))


def due_by(session: Session, seller_id: int, campaign_id: int, until: datetime) -> int:
    """Return what ``due_of`` was just before a moment."""
    due = share_due(seller_id, campaign_id)
    wanted = (
        select(func.sum(LedgerEntry.amount_vnd))
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(
            LedgerAccount.kind == due.kind, LedgerAccount.owner == due.owner,
            LedgerAccount.detail == due.detail, LedgerTransaction.occurred_at < until,
        )
    )  # fmt: skip
    return int(session.scalar(wanted) or 0)


def share_due(seller_id: int, campaign_id: int) -> Account:
    """Return the account of what a seller owes a campaign."""
    return Account("share_due", f"seller:{seller_id}", f"campaign:{campaign_id}")


def share_payments_of(session: Session, campaign_id: int) -> Sequence[Any]:
    """Return the transfers by which sellers pay in, open ones first; not what was never paid in."""
    return session.execute(
        select(
            SharePayment.id, SharePayment.seller_id, SharePayment.memo, SharePayment.amount_vnd,
            SharePayment.received_vnd, SharePayment.received_at, SharePayment.reported_at,
            Seller.name_vi, Seller.name_en,
        )
        .join(Seller, Seller.id == SharePayment.seller_id)
        .where(
            SharePayment.campaign_id == campaign_id,
            SharePayment.received_at.is_(None) | (SharePayment.received_vnd > 0),
        )
        .order_by(SharePayment.received_at.is_not(None), SharePayment.id.desc())
    ).all()  # fmt: skip


def owed_back(session: Session, campaign_id: int) -> Sequence[Any]:
    """Return (seller_id, name_vi, name_en, vnd) of sellers whom a fund owes: goods came back."""
    return session.execute(
        select(
            Seller.id.label("seller_id"), Seller.name_vi, Seller.name_en,
            (-LedgerAccount.balance_vnd).label("vnd"),
        )
        .join(LedgerAccount, LedgerAccount.owner == literal("seller:") + cast(Seller.id, String))
        .where(
            LedgerAccount.kind == "share_due", LedgerAccount.detail == f"campaign:{campaign_id}",
            LedgerAccount.balance_vnd < 0,
        )
        .order_by(Seller.name_vi, Seller.id)
    ).all()  # fmt: skip


def given_back(session: Session, campaign_id: int) -> Sequence[Any]:
    """Return (number, name, vnd, on_day) of the lines by which a fund paid sellers back."""
    wrong = aliased(LedgerTransaction)
    return session.execute(
        select(
            FundEntry.number, FundEntry.name, (-FundEntry.amount_vnd).label("vnd"),
            FundEntry.on_day,
        )
        .join(LedgerTransaction, LedgerTransaction.id == FundEntry.transaction_id)
        .outerjoin(wrong, wrong.key == LedgerTransaction.key + ":wrong")
        .where(
            FundEntry.campaign_id == campaign_id, FundEntry.amount_vnd < 0,
            LedgerTransaction.key.startswith(f"share-back:{campaign_id}:"), wrong.id.is_(None),
        )
        .order_by(FundEntry.number.desc())
    ).all()  # fmt: skip
