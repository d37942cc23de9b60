"""Two campaigns that run: goods sold and money given for poor women, and a stall of blind makers."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.catalogue.models import Product
from shop.db import transaction
from shop.demo.orders import place_and_walk
from shop.demo.people import ACTOR
from shop.demo.slips import load_slips
from shop.fundraising.actions import campaigns, gifts, handing, offers
from shop.fundraising.rules import ShareRule
from shop.kernel.clock import vietnam_date
from shop.ordering.models import Order, SellerOrder

UNION = "hoi-lhpn-xa-song-lanh"
#: When everything began, in days before the first start; orders and gifts came after.
SINCE = 24
_RULES: dict[str, Any] = {
    "beneficiary_rule_vi": "Chi hội bình xét công khai ở nhà văn hoá, Hội xã duyệt danh sách.",
    "beneficiary_rule_en": "The hamlet's chapter decides in an open meeting; the commune's Union "
    "approves the list.",
    "legal_basis_vi": "Quy chế quỹ của Hội xã, thông báo gửi UBND xã",
    "legal_basis_en": "Rules of the Union's fund, announced to the commune's People's Committee",
}
_PIGLETS: dict[str, Any] = {
    "kind": "sale", "title_vi": "Heo giống cho sáu chị", "title_en": "Piglets for six women",
    "for_whom_vi": "sáu chị ở hai chi hội Gò Mít và Bến Đò",
    "for_whom_en": "six women of the chapters Gò Mít and Bến Đò",
    "why_vi": "Sáu chị một mình nuôi con, chuồng có sẵn mà chưa có vốn mua con giống.\n"
    "Mỗi chị nhận hai con heo và cám hai tháng đầu; bán lứa đầu xong là tự xoay được.",
    "why_en": "Six women raise their children alone. They have a sty but no money for piglets.\n"
    "Each gets two piglets and feed for two months; after the first sale they can go on alone.",
    "spending_vi": "Chỉ mua heo giống, cám và tiêm phòng. Còn dư thì chuyển cho đợt sau của Hội.",
    "spending_en": "Piglets, feed and vaccination alone. What is left goes to the Union's next one.",
    "document_no": "07/TB-HPN", "goal_vnd": 18_000_000, **_RULES,
}  # fmt: skip
_STALL: dict[str, Any] = {
    "kind": "sale", "title_vi": "Gian hàng của những đôi tay nhìn",
    "title_en": "The stall of hands that see",
    "for_whom_vi": "hai tổ đan và bó chổi của người khiếm thị",
    "for_whom_en": "two groups of blind weavers and broom makers",
    "why_vi": "Tre và đót mua đầu mùa thì rẻ mà bền, nhưng phải có tiền trước.\n"
    "Mỗi món bán được để lại một phần, tới mùa cả tổ cùng mua.",
    "why_en": "Bamboo and broom grass are good and cheap early in the season, but cost money ahead.\n"
    "Each piece that is sold leaves a part, and both groups buy together.",
    "spending_vi": "Chỉ mua tre, đót, chỉ và dụng cụ dùng chung của hai tổ.",
    "spending_en": "Bamboo, grass, thread and shared tools of both groups alone.",
    "document_no": "08/TB-HPN", "goal_vnd": 6_000_000, **_RULES,
}  # fmt: skip
#: (product, share, who gave the goods, who agreed and how)
_FOR_PIGLETS = (
    ("bot-me-den", {"kind": "fixed", "vnd": 20_000}, "", "chị Mẫn", "self"),
    ("banh-trang-me", {"kind": "percent", "hundredths": 1_500}, "", "cô Bưởi", "in_person"),
    ("keo-dau-phong", {"kind": "all"}, "chi hội Xóm Lò", "anh Khởi", "paper"),
)  # fmt: skip
_AT_THE_STALL = (
    ("ro-tre", {"kind": "percent", "hundredths": 1_000}, "", "chị Lành", "voice"),
    ("choi-dot", {"kind": "fixed", "vnd": 8_000}, "", "anh Thuận", "voice"),
)
#: (days ago, buyer, lines)
_SOLD = (
    (16, "chau", [["GM-MEDEN-300", 3]]), (14, "vinh", [["BD-ME-20", 4]]),
    (12, "my", [["XL-KEO-400", 2]]), (10, "chau", [["BA-DOT-1", 2]]),
)  # fmt: skip
_WALK = ["confirmed", "packed", "handed_over", "delivered"]
#: (days ago, đồng, her name, whether others may read it, what she wrote, whether it came)
_GIVEN = (
    (18, 500_000, "Cô Xuyến", True, "Chúc các chị nuôi mát tay.", True),
    (15, 200_000, "Nguyễn Thị Mẫu", False, "", True),
    (9, 2_000_000, "Hội đồng hương Sông Lành", True, "Gửi về quê chút lòng.", True),
    (1, 100_000, "", False, "", False),
)  # fmt: skip


def load_campaigns(
    units: Mapping[str, int], people: Mapping[str, int], buyers: Mapping[str, Any], now: datetime
) -> None:
    """Open both in the name of the commune's Union, sell, give, and pay one share in."""
    since = now - timedelta(days=SINCE)
    last = vietnam_date(now) + timedelta(days=33)
    piglets = _open(units[UNION], _PIGLETS, last, people, since)
    stall = _open(units[UNION], _STALL, None, people, since)
    for campaign, goods in ((piglets, _FOR_PIGLETS), (stall, _AT_THE_STALL)):
        for slug, share, given_by, who, how in goods:
            _sell_for(campaign, slug, share, given_by, who, how, people, since)
    for days, buyer, lines in _SOLD:
        row = {"buyer": buyer, "days": days, "lines": lines, "method": "transfer", "paid": 4, "walk": _WALK}  # fmt: skip
        place_and_walk(row, buyers[buyer], now - timedelta(days=days))
    for n, (days, vnd, name, shown, words, came) in enumerate(_GIVEN):
        _give(piglets, n, vnd, name, shown, words, came, people, now - timedelta(days=days))
    _pay_one_in(piglets, people, now - timedelta(days=2))
    _plan_first_piglets(piglets, people, now - timedelta(days=1))
    load_slips(piglets, people, buyers, now)
    _give_beside_an_order(piglets, now)


def _give_beside_an_order(campaign: int, now: datetime) -> None:
    """A buyer who transfers for her goods gives a little too; it has not come yet."""
    with transaction() as session:
        order = session.scalars(
            select(Order)
            .join(SellerOrder, SellerOrder.order_id == Order.id)
            .where(Order.account_id.is_not(None), SellerOrder.state == "placed")
            .order_by(Order.code.desc())
        ).first()
        if order is not None:
            order.gift_vnd = 20_000
            gifts.offer_gift(
                session, campaign_id=campaign, amount_vnd=order.gift_vnd,
                contact={"name": "", "email": None}, shown_name="", message="",
                attempt_id="demo-beside", locale="vi", now=now, order_id=order.id,
            )  # fmt: skip


def _open(unit: int, said: dict[str, Any], closes_on: date | None, people: Mapping[str, int],
          at: datetime) -> int:  # fmt: skip
    by = {"actor_id": people["officer"], "actor_name": "Võ Thị Hạnh"}
    days = {
        "opens_on": vietnam_date(at), "closes_on": closes_on,
        "distribute_by": closes_on and closes_on + timedelta(days=20),
        "document_on": vietnam_date(at),
    }  # fmt: skip
    with transaction() as session:
        made = campaigns.write_campaign(
            session, organisation_id=unit, said=said | days, now=at, **by
        ).id
        campaigns.submit_campaign(session, campaign_id=made, now=at, **by)
        for key, name in (("officer", "Võ Thị Hạnh"), ("operator", "Phan Thị Hảo")):
            campaigns.approve_campaign(
                session, campaign_id=made, actor_id=people[key], actor_name=name, now=at
            )
    return made


def _sell_for(campaign: int, slug: str, share: dict[str, Any], given_by: str, who: str, how: str,
              people: Mapping[str, int], at: datetime) -> None:  # fmt: skip
    with transaction() as session:
        product = _product(session, slug)
        offers.offer_product(
            session, campaign_id=campaign, product_id=product.id, seller_id=product.seller_id,
            rule=ShareRule(campaign, **share), consent_kind=how, consent_by=who,
            consent_on=vietnam_date(at), given_by=given_by,
            actor_id=None if how == "self" else people["officer"], actor_name=ACTOR, now=at,
        )  # fmt: skip


def _product(session: Session, slug: str) -> Product:
    return session.scalars(select(Product).where(Product.slug == slug)).one()


def _give(campaign: int, n: int, vnd: int, name: str, shown: bool, words: str, came: bool,
          people: Mapping[str, int], at: datetime) -> None:  # fmt: skip
    by = {"actor_id": people["officer"], "actor_name": "Võ Thị Hạnh"}
    with transaction() as session:
        gift = gifts.offer_gift(
            session, campaign_id=campaign, amount_vnd=vnd, contact={"name": name, "email": None},
            shown_name=name if shown else "", message=words, attempt_id=f"demo-gift-{n}",
            locale="vi", now=at,
        ).id  # fmt: skip
        if came:
            gifts.confirm_gift(
                session, gift_id=gift, amount_vnd=vnd, seen_vnd=0, now=at + timedelta(hours=3), **by
            )
        if words:
            gifts.show_message(
                session, gift_id=gift, shown=True, now=at + timedelta(hours=4), **by
            )  # fmt: skip


def _pay_one_in(campaign: int, people: Mapping[str, int], at: datetime) -> None:
    """The paper-bakers pay in what they promised; of the other two it is promised still."""
    with transaction() as session:
        seller = _product(session, "banh-trang-me").seller_id
        asked = offers.ask_for_share(session, campaign_id=campaign, seller_id=seller, now=at)
        if asked is not None:
            offers.confirm_share(
                session, share_payment_id=asked.id, amount_vnd=asked.amount_vnd,
                actor_id=people["officer"], actor_name="Võ Thị Hạnh", now=at + timedelta(hours=2),
            )  # fmt: skip


def _plan_first_piglets(campaign: int, people: Mapping[str, int], at: datetime) -> None:
    """The first two piglets are planned and approved, to be handed over at the next market."""
    with transaction() as session:
        her = handing.add_beneficiary(
            session, campaign_id=campaign, ward_code="20611", ward_name="Xã Sông Lành",
            contact={"name": "Lê Thị Mẫu", "phone": "", "address": "", "note": ""}, households=1,
            consent={}, actor_id=people["officer"], now=at,
        ).id  # fmt: skip
        plan = handing.plan(
            session, campaign_id=campaign, actor_id=people["officer"], actor_name="Võ Thị Hạnh",
            now=at, said={
                "purpose": "hand_over", "form": "money", "beneficiary_id": her,
                "words_vi": "Hai con heo giống đầu tiên", "words_en": "The first two piglets",
                "amount_vnd": 2_400_000,
            },
        )  # fmt: skip
        handing.approve(
            session, disbursement_id=plan.id, actor_id=people["operator"],
            actor_name="Phan Thị Hảo", now=at + timedelta(hours=2),
        )  # fmt: skip
