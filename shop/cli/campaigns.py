"""`flask campaign …`: campaigns, what is sold for them and what came, as at the desk."""

from datetime import date, datetime
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.catalogue.models import Category, Product
from shop.cli.acting import a_campaign, a_seller, a_unit, a_vnd, acting, command, one_act, who_may
from shop.db import db
from shop.fundraising.actions import campaigns as actions
from shop.fundraising.actions import gifts, goods, offers, requests
from shop.fundraising.models import Campaign, CampaignOffer, Gift, SharePayment
from shop.fundraising.queries.campaigns import campaigns_of
from shop.fundraising.queries.figures import figures_of
from shop.fundraising.queries.goods import goods_of
from shop.fundraising.queries.offers import due_of, offers_of
from shop.fundraising.queries.requests import requests_for
from shop.fundraising.rules import CampaignKind, ShareKind, ShareRule
from shop.kernel.amounts import read_hundredths
from shop.kernel.clock import now_utc
from shop.kernel.codes import read_code
from shop.organising.forms import CONSENT_WORDS
from shop.web.words import _, dong, tr

campaign_group = AppGroup("campaign", help="Campaigns: sales and gifts for a fund.")
_DAY = click.DateTime(["%Y-%m-%d"])


def _day(typed: datetime | None) -> date | None:
    return typed.date() if typed else None


@command(campaign_group, "list")
def campaign_list() -> None:
    """Print the campaigns, the newest first."""
    for row in db.session().execute(campaigns_of(None).limit(200)):
        click.echo(f"{row.code}  {row.state}  {row.kind}  {dong(row.goal_vnd)}  {tr(row, 'title')}")


@command(campaign_group, "show")
@click.argument("code")
def campaign_show(code: str) -> None:
    """Print the figures of a campaign, what is sold for it, and gifts that wait."""
    session = db.session()
    row = a_campaign(session, code)
    for name, vnd in figures_of(session, [row.id])[row.id]._asdict().items():
        click.echo(f"{name}  {vnd}")
    for offer in offers_of(session, row.id):
        click.echo(f"{offer.id}  {tr(offer, 'name')}  {tr(offer, 'title')}  {offer.share_kind}")
    for gift in session.scalars(
        select(Gift).where(Gift.campaign_id == row.id, Gift.received_at.is_(None)).order_by(Gift.id)
    ):
        click.echo(f"{gift.memo}  {dong(gift.amount_vnd)}")


@command(campaign_group, "write")
@click.argument("unit")
@click.option("--kind", type=click.Choice([kind.value for kind in CampaignKind]), required=True)
@click.option("--title", required=True)
@click.option("--for", "for_whom", required=True, help="Nobody's name.")
@click.option("--why", required=True)
@click.option("--goal", required=True, help="18.000.000")
@click.option("--chosen", required=True, help="How it is decided who gets something.")
@click.option("--spending", required=True, help="What the money is used for.")
@click.option("--basis", required=True, help="The rules or law it stands on.")
@click.option("--document", required=True, help="Number of the paper that says so.")
@click.option("--document-on", type=_DAY, required=True)
@click.option("--from", "opens", type=_DAY, required=True)
@click.option("--to", "closes", type=_DAY, help="The last day; a sale without one stands.")
@click.option("--hand-over-by", type=_DAY)
def campaign_write(unit: str, **typed: Any) -> None:
    """Keep a new campaign as a draft. UNIT: its slug."""
    said = {
        "kind": typed["kind"], "title_vi": typed["title"], "title_en": "",
        "for_whom_vi": typed["for_whom"], "for_whom_en": "", "why_vi": typed["why"], "why_en": "",
        "beneficiary_rule_vi": typed["chosen"], "beneficiary_rule_en": "",
        "spending_vi": typed["spending"], "spending_en": "", "legal_basis_vi": typed["basis"],
        "legal_basis_en": "", "document_no": typed["document"],
        "document_on": _day(typed["document_on"]), "goal_vnd": a_vnd(typed["goal"]),
        "opens_on": _day(typed["opens"]), "closes_on": _day(typed["closes"]),
        "distribute_by": _day(typed["hand_over_by"]),
    }  # fmt: skip
    if not _fits(said):
        raise click.ClickException(_("Ngày chưa đúng: bắt đầu, ngày cuối, rồi trao xong."))
    with one_act() as session:
        code = actions.write_campaign(
            session, organisation_id=a_unit(session, unit).id, said=said, **acting()
        ).code
    click.echo(_("Đã lưu nháp đợt gây quỹ %(code)s.", code=code))


def _fits(said: dict[str, Any]) -> bool:
    """Tell whether the days follow each other as the table asks for."""
    if said["closes_on"] is None:
        return said["kind"] == CampaignKind.SALE and said["distribute_by"] is None
    by = said["distribute_by"] or said["closes_on"]
    return said["opens_on"] <= said["closes_on"] <= by


@command(campaign_group, "change")
@click.argument("code")
@click.option("--title")
@click.option("--why")
@click.option("--goal")
@click.option("--to", "closes", type=_DAY)
@click.option("--hand-over-by", type=_DAY)
def campaign_change(code: str, title: str | None, why: str | None, goal: str | None,
                    closes: datetime | None, hand_over_by: datetime | None) -> None:  # fmt: skip
    """Change what is given before it is opened; the rest stays."""
    with one_act() as session:
        row = a_campaign(session, code)
        said: dict[str, Any] = {
            "title_vi": title or row.title_vi, "why_vi": why or row.why_vi,
            "goal_vnd": a_vnd(goal) if goal else row.goal_vnd,
            "closes_on": _day(closes) or row.closes_on,
            "distribute_by": _day(hand_over_by) or row.distribute_by,
        }  # fmt: skip
        if not _fits(said | {"kind": row.kind, "opens_on": row.opens_on}):
            raise click.ClickException(_("Ngày chưa đúng: bắt đầu, ngày cuối, rồi trao xong."))
        actions.change_campaign(session, campaign_id=row.id, said=said, **acting())
    click.echo(_("Đã lưu."))


@command(campaign_group, "submit")
@click.argument("code")
def campaign_submit(code: str) -> None:
    """Ask two people to approve a draft."""
    with one_act() as session:
        actions.submit_campaign(session, campaign_id=a_campaign(session, code).id, **acting())
    click.echo(_("Đã gửi. Hai người duyệt xong thì mọi người thấy."))


@command(campaign_group, "withdraw")
@click.argument("code")
def campaign_withdraw(code: str) -> None:
    """Take a campaign that waits back to a draft."""
    with one_act() as session:
        actions.withdraw_campaign(session, campaign_id=a_campaign(session, code).id, **acting())
    click.echo(_("Đã lưu."))


@command(campaign_group, "approve")
@click.argument("code")
@click.option("--by", "who", required=True, help="Whose word it is: phone or e-mail.")
def campaign_approve(code: str, who: str) -> None:
    """Note that somebody answers for it; the second of two people opens it."""
    now = now_utc()
    with one_act() as session:
        row = a_campaign(session, code)
        person = who_may(session, who, row.organisation_id, "approve_campaigns")
        actions.approve_campaign(
            session, campaign_id=row.id, actor_id=person.id, actor_name=person.name, now=now
        )
    click.echo(_("Đã duyệt. Đủ hai người thì đợt này tự mở."))


@command(campaign_group, "close")
@click.argument("code")
def campaign_close(code: str) -> None:
    """Take no more gifts and sell no more for it."""
    with one_act() as session:
        actions.close_campaign(session, campaign_id=a_campaign(session, code).id, **acting())
    click.echo(_("Đã đóng. Không nhận thêm, giờ trao hết cho người nhận."))


@command(campaign_group, "finish")
@click.argument("code")
def campaign_finish(code: str) -> None:
    """Call it finished: nothing is held or promised any more."""
    with one_act() as session:
        actions.finish_campaign(session, campaign_id=a_campaign(session, code).id, **acting())
    click.echo(_("Đã lưu."))


@command(campaign_group, "cancel")
@click.argument("code")
def campaign_cancel(code: str) -> None:
    """Give a campaign up that was never opened."""
    with one_act() as session:
        actions.cancel_campaign(session, campaign_id=a_campaign(session, code).id, **acting())
    click.echo(_("Đã lưu."))


@command(campaign_group, "offer")
@click.argument("code")
@click.argument("product")
@click.option("--share", type=click.Choice([kind.value for kind in ShareKind]), required=True)
@click.option("--amount", default="0", help="So much a unit, or what a unit costs her.")
@click.option("--percent", default="")
@click.option("--given-by", default="", help="Who gave the goods, as far as she lets it be read.")
@click.option("--consent", type=click.Choice(list(CONSENT_WORDS)), required=True)
@click.option("--consent-by", required=True)
@click.option("--consent-on", type=_DAY, required=True)
def campaign_offer(code: str, product: str, share: str, amount: str, percent: str, given_by: str,
                   consent: str, consent_by: str, consent_on: datetime) -> None:  # fmt: skip
    """Sell a seller's product for a campaign, with her consent. PRODUCT: its slug."""
    vnd = a_vnd(amount) if amount != "0" else 0
    with one_act() as session:
        row = a_campaign(session, code)
        found = session.scalar(select(Product).where(Product.slug == product))
        if found is None:
            raise click.ClickException(_("Không có món “%(slug)s”.", slug=product))
        rule = ShareRule(
            row.id, share, vnd=vnd if share == ShareKind.FIXED else 0,
            hundredths=(read_hundredths(percent) or 0) if share == ShareKind.PERCENT else 0,
            cost_vnd=vnd if share == ShareKind.AFTER_COST else 0,
        )  # fmt: skip
        offers.offer_product(
            session, campaign_id=row.id, product_id=found.id, seller_id=found.seller_id,
            rule=rule, consent_kind=consent, consent_by=consent_by,
            consent_on=consent_on.date(), given_by=given_by, **acting(),
        )  # fmt: skip
    click.echo(_("Đã lưu."))


@command(campaign_group, "accept-offer")
@click.argument("request_id", type=int)
def campaign_accept_offer(request_id: int) -> None:
    """Accept what a seller asked to sell; `campaign requests` lists them."""
    with one_act() as session:
        click.echo(requests.accept_request(session, request_id=request_id, **acting()).id)


@command(campaign_group, "decline-offer")
@click.argument("request_id", type=int)
def campaign_decline_offer(request_id: int) -> None:
    """Say no to what a seller asked to sell."""
    with one_act() as session:
        requests.decline_request(session, request_id=request_id, **acting())


@command(campaign_group, "requests")
@click.argument("code")
def campaign_requests(code: str) -> None:
    """Print what sellers ask to sell for a campaign."""
    session = db.session()
    for row in requests_for(session, a_campaign(session, code).id):
        click.echo(f"{row.id}  {tr(row, 'name')}  {tr(row, 'product')}  {row.share_kind}")


@command(campaign_group, "end-offer")
@click.argument("offer_id", type=int)
def campaign_end_offer(offer_id: int) -> None:
    """Sell a product for a campaign no more."""
    with one_act() as session:
        row = session.get(CampaignOffer, offer_id)
        offers.end_offer(
            session, offer_id=offer_id, seller_id=row.seller_id if row else 0, **acting()
        )
    click.echo(_("Đã lưu."))


@command(campaign_group, "goods")
@click.argument("code")
def campaign_goods(code: str) -> None:
    """Print the goods that were given to a campaign, the newest first."""
    session = db.session()
    for row in session.execute(goods_of(a_campaign(session, code).id)):
        click.echo(f"{row.id}  {row.code}  {row.state}  {row.quantity} {row.unit}  {row.words}")


@command(campaign_group, "accept-goods")
@click.argument("goods_id", type=int)
def campaign_accept_goods(goods_id: int) -> None:
    """Take goods that somebody gives; `campaign goods` lists them."""
    with one_act() as session:
        goods.accept_goods(session, goods_id=goods_id, **acting())
    click.echo(_("Đã lưu."))


@command(campaign_group, "decline-goods")
@click.argument("goods_id", type=int)
def campaign_decline_goods(goods_id: int) -> None:
    """Say no to goods that somebody gives."""
    with one_act() as session:
        goods.decline_goods(session, goods_id=goods_id, **acting())
    click.echo(_("Đã lưu."))


@command(campaign_group, "sell-goods")
@click.argument("goods_id", type=int)
@click.argument("seller")
@click.option("--category", required=True, help="The slug of its category.")
@click.option("--price", required=True, help="Of one unit.")
@click.option("--weight", type=click.IntRange(1, 50_000), required=True, help="Grams of one unit.")
@click.option("--allergen", multiple=True, default=["none"], show_default=True)
@click.option("--consent", type=click.Choice(list(CONSENT_WORDS)), required=True)
@click.option("--consent-by", required=True)
@click.option("--consent-on", type=_DAY, required=True)
def campaign_sell_goods(goods_id: int, seller: str, category: str, price: str, weight: int,
                        allergen: tuple[str, ...], consent: str, consent_by: str,
                        consent_on: datetime) -> None:  # fmt: skip
    """Let a stall sell accepted goods, all of it for the fund. SELLER: its slug."""
    vnd = a_vnd(price)
    with one_act() as session:
        shelf = session.scalar(select(Category.id).where(Category.slug == category))
        if shelf is None:
            raise click.ClickException(_("Không có loại hàng “%(slug)s”.", slug=category))
        offer = goods.sell_goods(
            session, goods_id=goods_id, seller_id=a_seller(session, seller).id, category_id=shelf,
            price_vnd=vnd, weight_g=weight, allergens=allergen, consent_kind=consent,
            consent_by=consent_by, consent_on=consent_on.date(), **acting(),
        )  # fmt: skip
        click.echo(offer.id)


def a_gift(session: Session, memo: str) -> Gift:
    """Return the gift of a memo as it is typed."""
    found = session.scalar(select(Gift).where(Gift.memo == read_code(memo)))
    if found is None:
        raise click.ClickException(_("Không có khoản góp “%(memo)s”.", memo=memo))
    return found


@command(campaign_group, "received")
@click.argument("memo")
@click.option("--amount", required=True)
@click.option("--by", "who", default="", help="Of cash, who counted it: phone or e-mail.")
def gift_received(memo: str, amount: str, who: str) -> None:
    """Note that money of a gift is on the account, or that another person counted its cash."""
    with one_act() as session:
        gift = a_gift(session, memo)
        by = acting()
        if who:
            unit = session.get_one(Campaign, gift.campaign_id).organisation_id
            person = who_may(session, who, unit, "confirm_money_in")
            by |= {"actor_id": person.id, "actor_name": person.name}
        counted = gifts.confirm_gift(
            session, gift_id=gift.id, amount_vnd=a_vnd(amount), seen_vnd=0, **by
        )
    click.echo(_("Đã lưu.") if counted else _("Đã ghi trước đó rồi."))


@command(campaign_group, "take-back")
@click.argument("memo")
def gift_taken_back(memo: str) -> None:
    """Put right that money of a gift was noted which was not there."""
    with one_act() as session:
        gift = a_gift(session, memo)
        gifts.take_back_gift(session, gift_id=gift.id, seen_vnd=gift.received_vnd, **acting())
    click.echo(_("Đã lưu."))


@command(campaign_group, "message")
@click.argument("memo")
@click.option("--hide", is_flag=True)
def gift_message(memo: str, hide: bool) -> None:
    """Let everybody read what a giver wrote, or no longer."""
    with one_act() as session:
        gifts.show_message(session, gift_id=a_gift(session, memo).id, shown=not hide, **acting())
    click.echo(_("Đã lưu."))


@command(campaign_group, "ask-share")
@click.argument("code")
@click.argument("seller")
def share_asked(code: str, seller: str) -> None:
    """Print the memo with which a seller pays in what she owes a campaign. SELLER: her slug."""
    with one_act() as session:
        asked = offers.ask_for_share(
            session, campaign_id=a_campaign(session, code).id,
            seller_id=a_seller(session, seller).id, **acting(),
        )  # fmt: skip
        said = f"{asked.memo}  {dong(asked.amount_vnd)}" if asked else _("Không còn nợ quỹ.")
    click.echo(said)


@command(campaign_group, "paid-in")
@click.argument("memo")
@click.option("--amount", required=True)
def share_received(memo: str, amount: str) -> None:
    """Note that a seller's share is on the account."""
    with one_act() as session:
        counted = offers.confirm_share(
            session, share_payment_id=_a_share(session, memo).id, amount_vnd=a_vnd(amount),
            **acting(),
        )  # fmt: skip
    click.echo(_("Đã lưu.") if counted else _("Đã ghi trước đó rồi."))


@command(campaign_group, "not-paid-in")
@click.argument("memo")
def share_taken_back(memo: str) -> None:
    """Put right that a seller's share was noted which was not there."""
    with one_act() as session:
        share = _a_share(session, memo)
        offers.take_back_share(
            session, share_payment_id=share.id, seen_vnd=share.received_vnd, **acting()
        )
    click.echo(_("Đã lưu."))


def _a_share(session: Session, memo: str) -> SharePayment:
    found = session.scalar(select(SharePayment).where(SharePayment.memo == read_code(memo)))
    if found is None:
        raise click.ClickException(_("Không có khoản góp “%(memo)s”.", memo=memo))
    return found


@command(campaign_group, "give-share-back")
@click.argument("code")
@click.argument("seller")
def share_given_back(code: str, seller: str) -> None:
    """Note that a fund paid a seller back what it owed her. SELLER: her slug."""
    with one_act() as session:
        campaign_id, seller_id = a_campaign(session, code).id, a_seller(session, seller).id
        noted = offers.give_share_back(
            session, campaign_id=campaign_id, seller_id=seller_id,
            seen_vnd=-due_of(session, seller_id, campaign_id), **acting(),
        )  # fmt: skip
    click.echo(_("Đã lưu.") if noted else _("Quỹ không nợ người bán này."))


@command(campaign_group, "share-not-given-back")
@click.argument("code")
@click.option("--line", "number", type=int, required=True, help="Its number in the account.")
def share_not_given_back(code: str, number: int) -> None:
    """Put right that a share was noted as paid back which was not."""
    with one_act() as session:
        noted = offers.share_not_given_back(
            session, campaign_id=a_campaign(session, code).id, number=number, **acting()
        )
    click.echo(_("Đã lưu.") if noted else _("Đã ghi trước đó rồi."))
