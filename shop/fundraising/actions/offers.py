"""What is sold for a campaign, and how its shares reach the fund."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.catalogue.models import Product, Variant
from shop.current import current_settings
from shop.db import one_at_a_time, touch
from shop.fundraising.actions.duties import keep_hand_over
from shop.fundraising.actions.fund import Of, fund_bank, lock_campaign, move_fund
from shop.fundraising.events import ShareReceived, ShareTakenBack
from shop.fundraising.models import Campaign, CampaignOffer, FundEntry, SharePayment
from shop.fundraising.paper_rules import MoreThanOwed
from shop.fundraising.queries.offers import due_by, due_of
from shop.fundraising.rules import (
    CampaignKind,
    CampaignNotOpen,
    EntryKind,
    NotASale,
    ShareRule,
    SoldForAnother,
    check_share,
    takes_money,
)
from shop.kernel.clock import vietnam_date
from shop.kernel.errors import NotYours
from shop.kernel.memos import new_memo
from shop.ledger.actions import Posting, post_all
from shop.ledger.models import LedgerAccount, LedgerEntry, LedgerTransaction
from shop.ledger.rules import Account, Leg
from shop.outbox.relay import record
from shop.sellers.models import Seller


def offer_product(
    session: Session, *, campaign_id: int, product_id: int, seller_id: int, rule: ShareRule,
    consent_kind: str, consent_by: str, consent_on: date, given_by: str = "",
    actor_id: int | None, actor_name: str, now: datetime, undoes_id: int | None = None,
) -> CampaignOffer:  # fmt: skip
    """Sell a product for a campaign from now on; the share holds for what is ordered after.

    Args:
        consent_kind: "self" when the seller does it herself; else how an officer was told.
        consent_by: who agreed.

    Raises:
        NotYours: not her product. CampaignNotOpen, NotASale, SoldForAnother, ShareOutOfRange
    """
    campaign = lock_campaign(session, campaign_id)
    product = one_at_a_time(session, Product, product_id)
    if product is None or product.seller_id != seller_id:
        raise NotYours
    check_offer(session, campaign_id=campaign_id, product_id=product_id, rule=rule, now=now)
    row = CampaignOffer(
        campaign_id=campaign_id, seller_id=seller_id, product_id=product_id,
        share_kind=rule.kind, share_vnd=rule.vnd, share_hundredths=rule.hundredths,
        cost_vnd=rule.cost_vnd, given_by=given_by, consent_kind=consent_kind,
        consent_by=consent_by, consent_on=consent_on,
        recorded_by_id=None if consent_kind == "self" else actor_id, started_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _note(session, "made", row, campaign.code, actor_id, actor_name, now, undoes_id)
    return row


def check_offer(
    session: Session, *, campaign_id: int, product_id: int, rule: ShareRule, now: datetime
) -> None:
    """Refuse what could not be sold for a campaign now.

    Raises:
        CampaignNotOpen, NotASale, SoldForAnother, ShareOutOfRange
    """
    campaign = session.get_one(Campaign, campaign_id)
    if campaign.kind != CampaignKind.SALE:
        raise NotASale
    if not takes_money(campaign.state, campaign.opens_on, campaign.closes_on, vietnam_date(now)):
        raise CampaignNotOpen(state=campaign.state)
    other = session.scalar(
        select(Campaign.code)
        .join(CampaignOffer, CampaignOffer.campaign_id == Campaign.id)
        .where(CampaignOffer.product_id == product_id, CampaignOffer.ended_at.is_(None))
    )
    if other is not None:
        raise SoldForAnother(code_of=other)
    check_share(rule, _lowest_price(session, product_id))


def _lowest_price(session: Session, product_id: int) -> int:
    wanted = select(func.min(Variant.price_vnd)).where(Variant.product_id == product_id)
    return session.scalar(wanted) or 0


def end_offer(
    session: Session, *, offer_id: int, seller_id: int, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None,
) -> CampaignOffer:  # fmt: skip
    """Sell a product for a campaign no more; what was ordered keeps its share.

    Raises:
        NotYours: not hers, or ended before.
    """
    row = one_at_a_time(session, CampaignOffer, offer_id)
    if row is None or row.seller_id != seller_id or row.ended_at is not None:
        raise NotYours
    row.ended_at, row.ended_by_id = now, actor_id
    code = session.get_one(Campaign, row.campaign_id).code
    _note(session, "ended", row, code, actor_id, actor_name, now, undoes_id)
    return row


def offer_again(
    session: Session, *, offer_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> CampaignOffer:  # fmt: skip
    """Take an ending back: a new row of the same share and consent.

    Raises:
        NotYours, CampaignNotOpen, SoldForAnother
    """
    old = session.get(CampaignOffer, offer_id)
    if old is None:
        raise NotYours
    return offer_product(
        session, campaign_id=old.campaign_id, product_id=old.product_id, seller_id=old.seller_id,
        rule=ShareRule(
            old.campaign_id, old.share_kind, old.share_vnd, old.share_hundredths, old.cost_vnd
        ),
        consent_kind=old.consent_kind, consent_by=old.consent_by, consent_on=old.consent_on,
        given_by=old.given_by, actor_id=actor_id, actor_name=actor_name, now=now,
        undoes_id=undoes_id,
    )  # fmt: skip


def _note(
    session: Session, word: str, row: CampaignOffer, code: str, actor_id: int | None,
    actor_name: str, now: datetime, undoes_id: int | None,
) -> None:  # fmt: skip
    session.get_one(Product, row.product_id).version += 1  # Its card says what it gives.
    touch(session, "products", "campaigns")
    note(
        session, action=f"campaign_offer.{word}", subject_kind="campaign",
        subject_id=row.campaign_id, now=now, actor_id=actor_id, actor_name=actor_name,
        undoes_id=undoes_id, code=code, offer_id=row.id, product_id=row.product_id,
        seller_id=row.seller_id, consent=row.consent_kind,
    )  # fmt: skip


def ask_for_share(
    session: Session, *, campaign_id: int, seller_id: int, now: datetime,
    actor_id: int | None = None, actor_name: str = "",
) -> SharePayment | None:  # fmt: skip
    """Return the transfer by which a seller pays in what she owes now; None when she owes nothing.

    One stands open at a time; its amount follows what she owes.
    """
    campaign = lock_campaign(session, campaign_id)
    due_vnd = due_of(session, seller_id, campaign_id)
    row = session.scalar(
        select(SharePayment).where(
            SharePayment.campaign_id == campaign_id, SharePayment.seller_id == seller_id,
            SharePayment.received_at.is_(None),
        )
    )  # fmt: skip
    if due_vnd <= 0:
        return None
    if row is None:
        row = SharePayment(
            campaign_id=campaign_id, seller_id=seller_id, payee_id=campaign.payee_id,
            memo=new_memo(current_settings().memo_prefix), amount_vnd=due_vnd,
            received_vnd=0, opened_at=now,
        )  # fmt: skip
        session.add(row)
        note(
            session, action="share.asked", subject_kind="campaign", subject_id=campaign_id,
            now=now, actor_id=actor_id, actor_name=actor_name, memo=row.memo,
            amount_vnd=due_vnd, seller_id=seller_id,
        )  # fmt: skip
    row.amount_vnd = due_vnd
    session.flush()
    return row


def receive_share(
    session: Session, *, share_payment_id: int, amount_vnd: int, key: str, now: datetime,
    occurred_at: datetime | None = None,
) -> bool:  # fmt: skip
    """Count money that a seller paid in of her shares; False when ``key`` was counted before.

    Raises:
        NotYours
    """
    row = one_at_a_time(session, SharePayment, share_payment_id)
    if row is None or amount_vnd <= 0:
        raise NotYours
    seller = session.get_one(Seller, row.seller_id)
    entry = move_fund(
        session, campaign_id=row.campaign_id, kind=EntryKind.SHARE, amount_vnd=amount_vnd,
        against=fund_bank(row.payee_id), key=key, of=Of(share_payment_id=row.id), now=now,
        occurred_at=occurred_at, name=seller.name_vi[:80],
        also=_no_longer_owed(row.campaign_id, row.seller_id, amount_vnd),
    )  # fmt: skip
    if entry is None:
        return False
    session.execute(
        update(SharePayment)
        .where(SharePayment.id == row.id)
        .values(received_vnd=SharePayment.received_vnd + amount_vnd, received_at=occurred_at or now)
    )
    record(session, ShareReceived(row.id, amount_vnd, entry.id), now)
    return True


def _no_longer_owed(campaign_id: int, seller_id: int, amount_vnd: int) -> tuple[Leg, ...]:
    return (
        Leg(Account("share_due", f"seller:{seller_id}", f"campaign:{campaign_id}"), -amount_vnd),
        Leg(Account("campaign_promised", f"campaign:{campaign_id}"), amount_vnd),
    )


def confirm_share(
    session: Session, *, share_payment_id: int, amount_vnd: int, actor_id: int | None,
    actor_name: str, now: datetime,
) -> bool:  # fmt: skip
    """Note as a person that a seller's share is on the account; the same tap twice counts once.

    Raises:
        MoreThanOwed: nobody counts by hand what is not owed; a bank's own notice may say more.
    """
    row = one_at_a_time(session, SharePayment, share_payment_id)
    if row is None:
        raise NotYours
    if row.received_at is not None:
        return False
    due_vnd = due_of(session, row.seller_id, row.campaign_id)
    if amount_vnd > due_vnd:
        raise MoreThanOwed(due_vnd=max(0, due_vnd))
    counted = receive_share(
        session, share_payment_id=share_payment_id, amount_vnd=amount_vnd,
        key=f"share:{share_payment_id}:tap:{_lines(session, share_payment_id)}", now=now,
    )  # fmt: skip
    if counted:
        note(
            session, action="share.received", subject_kind="campaign", subject_id=row.campaign_id,
            now=now, actor_id=actor_id, actor_name=actor_name, memo=row.memo,
            amount_vnd=amount_vnd, seller_id=row.seller_id,
        )  # fmt: skip
    return counted


def take_back_share(
    session: Session, *, share_payment_id: int, seen_vnd: int, actor_id: int | None,
    actor_name: str, now: datetime,
) -> bool:  # fmt: skip
    """Put right that a seller's share was noted which was not there: she owes it again.

    Args:
        seen_vnd: what had come when the person looked; all of that.

    Raises:
        NotYours. NotEnoughInFund: it was handed over already.
    """
    row = one_at_a_time(session, SharePayment, share_payment_id)
    if row is None:
        raise NotYours
    if row.received_vnd != seen_vnd or not row.received_vnd:
        return False
    vnd = row.received_vnd
    seller = session.get_one(Seller, row.seller_id)
    entry = move_fund(
        session, campaign_id=row.campaign_id, kind=EntryKind.SHARE, amount_vnd=-vnd,
        against=fund_bank(row.payee_id), key=f"share:{row.id}:back:{_lines(session, row.id)}",
        of=Of(share_payment_id=row.id), now=now, name=seller.name_vi[:80],
        also=_no_longer_owed(row.campaign_id, row.seller_id, -vnd),
    )  # fmt: skip
    assert entry is not None  # Its row is held, so nobody used its number meanwhile.
    row.received_vnd = 0
    _ask_again(session, row)
    campaign = session.get_one(Campaign, row.campaign_id)
    keep_hand_over(session, campaign, vietnam_date(now), actor_id)
    record(session, ShareTakenBack(row.id, vnd, entry.id), now)
    note(
        session, action="share.taken_back", subject_kind="campaign", subject_id=row.campaign_id,
        now=now, actor_id=actor_id, actor_name=actor_name, memo=row.memo, amount_vnd=vnd,
        seller_id=row.seller_id,
    )  # fmt: skip
    return True


def _ask_again(session: Session, row: SharePayment) -> None:
    """Let a transfer stand open again, unless a newer one does or nothing is owed."""
    due_vnd = due_of(session, row.seller_id, row.campaign_id)
    newer = session.scalar(
        select(SharePayment).where(
            SharePayment.campaign_id == row.campaign_id, SharePayment.seller_id == row.seller_id,
            SharePayment.received_at.is_(None),
        )
    )  # fmt: skip
    if due_vnd <= 0:
        return
    if newer is None:
        row.received_at = row.reported_at = None
    (newer or row).amount_vnd = due_vnd
    session.flush()


def _lines(session: Session, share_payment_id: int) -> int:
    wanted = select(func.count()).select_from(FundEntry)
    return session.scalar(wanted.where(FundEntry.share_payment_id == share_payment_id)) or 0


def give_share_back(
    session: Session, *, campaign_id: int, seller_id: int, seen_vnd: int, actor_id: int | None,
    actor_name: str, now: datetime,
) -> bool:  # fmt: skip
    """Note that a fund paid back what it owed a seller whose goods came back after she had paid.

    Args:
        seen_vnd: what it owed her when the person looked; all of that. The same tap twice counts
            once, and when it owes her otherwise by now nothing is noted.

    Raises:
        NotEnoughInFund: it was handed over already.
    """
    campaign = lock_campaign(session, campaign_id)
    if seen_vnd <= 0 or -due_of(session, seller_id, campaign_id) != seen_vnd:
        return False
    key = f"{_given_back(campaign_id)}{seller_id}:{campaign.entries + 1}"
    return _paid_back(session, campaign, seller_id, seen_vnd, key, actor_id, actor_name, now)


def share_not_given_back(
    session: Session, *, campaign_id: int, number: int, actor_id: int | None, actor_name: str,
    now: datetime,
) -> bool:  # fmt: skip
    """Put right that a share was noted as paid back which was not; False when that was done.

    Args:
        number: of the line.

    Raises:
        NotYours: that line is no such one.
    """
    campaign = lock_campaign(session, campaign_id)
    wrong = session.execute(
        select(LedgerTransaction.key, FundEntry.amount_vnd)
        .join(FundEntry, FundEntry.transaction_id == LedgerTransaction.id)
        .where(
            FundEntry.campaign_id == campaign_id, FundEntry.number == number,
            FundEntry.amount_vnd < 0,
            LedgerTransaction.key.startswith(_given_back(campaign_id)),
        )
    ).one_or_none()  # fmt: skip
    if wrong is None:
        raise NotYours
    seller_id = int(wrong.key.split(":")[2])
    return _paid_back(
        session, campaign, seller_id, wrong.amount_vnd, f"{wrong.key}:wrong", actor_id, actor_name,
        now,
    )  # fmt: skip


def _given_back(campaign_id: int) -> str:
    return f"share-back:{campaign_id}:"


def _paid_back(
    session: Session, campaign: Campaign, seller_id: int, vnd: int, key: str,
    actor_id: int | None, actor_name: str, now: datetime,
) -> bool:  # fmt: skip
    """Post and write down what a fund paid a seller back; below nought: it did not after all."""
    seller = session.get_one(Seller, seller_id)
    entry = move_fund(
        session, campaign_id=campaign.id, kind=EntryKind.SHARE, amount_vnd=-vnd,
        against=fund_bank(campaign.payee_id), key=key, of=Of(), now=now, name=seller.name_vi[:80],
        also=_no_longer_owed(campaign.id, seller_id, -vnd),
    )  # fmt: skip
    if entry is None:
        return False
    keep_hand_over(session, campaign, vietnam_date(now), actor_id)
    note(
        session, action="share.given_back" if vnd > 0 else "share.not_given_back",
        subject_kind="campaign", subject_id=campaign.id, now=now, actor_id=actor_id,
        actor_name=actor_name, code=campaign.code, amount_vnd=abs(vnd), seller_id=seller_id,
        seller=seller.name_vi,
    )  # fmt: skip
    return True


def keep_shares_of_settlement(
    session: Session,
    *,
    organisation_id: int,
    most_vnd: Mapping[int, int],
    until: datetime,
    now: datetime,
) -> int:
    """Take out of what an organisation owes sellers what they owe its campaigns; return how much.

    Done before it drafts a settlement: the money lies on its account already, and is the fund's
    by this.

    Args:
        most_vnd: by seller, what is hers for goods and in no statement that is or will be paid.
        until: when the settlement's period ends: shares of what arrived from then on wait.
    """
    kept_vnd = 0
    left_vnd = dict(most_vnd)
    for campaign_id, seller_id, due_vnd in _owed_to(session, organisation_id, until):
        payable = Account(
            "seller_payable", f"seller:{seller_id}", f"organisation:{organisation_id}"
        )  # fmt: skip
        vnd = min(due_vnd, left_vnd.get(seller_id, 0))
        if vnd <= 0:
            continue
        left_vnd[seller_id] -= vnd
        seller = session.get_one(Seller, seller_id)
        campaign = session.get_one(Campaign, campaign_id)
        entry = move_fund(
            session, campaign_id=campaign_id, kind=EntryKind.SHARE, amount_vnd=vnd,
            against=payable, of=Of(), now=now, occurred_at=until - timedelta(seconds=1),
            key=f"share:{campaign_id}:{seller_id}:kept:{campaign.entries + 1}",
            name=seller.name_vi[:80],
            also=(
                *_no_longer_owed(campaign_id, seller_id, vnd),
                *_is_the_funds(campaign.payee_id, vnd),
            ),
        )  # fmt: skip
        kept_vnd += vnd if entry is not None else 0
    return kept_vnd


def _is_the_funds(payee_id: int, vnd: int) -> tuple[Leg, ...]:
    """Return the legs by which money for sellers becomes a fund's, on the fund's account."""
    return Leg(Account("bank", f"payee:{payee_id}"), -vnd), Leg(fund_bank(payee_id), vnd)


def bring_kept_shares(session: Session, transaction_ids: Iterable[int], now: datetime) -> None:
    """Bring shares that settlements kept by an older rule to the fund's side of its account.

    Args:
        transaction_ids: which posted them; what they did of it themselves is left as it is.
    """
    rows = session.execute(
        select(
            FundEntry.transaction_id, FundEntry.campaign_id, FundEntry.amount_vnd, Campaign.payee_id
        )
        .join(Campaign, Campaign.id == FundEntry.campaign_id)
        .where(
            FundEntry.transaction_id.in_(list(transaction_ids)),
            ~select(LedgerEntry.id)
            .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
            .where(
                LedgerEntry.transaction_id == FundEntry.transaction_id,
                LedgerAccount.kind == "fund_bank",
            )
            .exists(),
        )
    ).all()
    post_all(
        session,
        [
            Posting(
                f"rule:0076:share:{row.transaction_id}", "new_rule",
                _is_the_funds(row.payee_id, row.amount_vnd), now, f"campaign:{row.campaign_id}",
            )
            for row in rows
        ],
        now,
    )  # fmt: skip


def _owed_to(session: Session, organisation_id: int, until: datetime) -> list[tuple[int, int, int]]:
    """Return (campaign, seller, đồng) of shares that are owed to an organisation's campaigns.

    Of what arrived before then, and no more than is owed now: what came back or was paid in since
    counts.
    """
    found = []
    for campaign_id in session.scalars(
        select(Campaign.id).where(Campaign.organisation_id == organisation_id).order_by(Campaign.id)
    ):
        for seller_id in session.scalars(
            select(CampaignOffer.seller_id)
            .where(CampaignOffer.campaign_id == campaign_id)
            .distinct()
            .order_by(CampaignOffer.seller_id)
        ):
            due_vnd = min(
                due_of(session, seller_id, campaign_id),
                due_by(session, seller_id, campaign_id, until),
            )
            if due_vnd > 0:
                found.append((campaign_id, seller_id, due_vnd))
    return found
