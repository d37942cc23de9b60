"""A campaign that is over, with everything that proves it: given, handed over, published, verified."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from shop.banking.actions.feeds import open_feed
from shop.banking.actions.keeping import keep_told
from shop.banking.actions.matching import look_at
from shop.banking.models import BankFeed
from shop.banking.rules.movements import Movement
from shop.db import transaction
from shop.demo.people import ACTOR
from shop.fundraising.actions import campaigns, duties, gifts, handing, papers
from shop.fundraising.models import Campaign, Gift
from shop.fundraising.paper_rules import Paper
from shop.kernel.clock import vietnam_date
from shop.sellers.models import Payee
from shop.sellers.queries import account_number_of

#: Finished files of our own: pictures as they are kept of an upload, without notes.
EVIDENCE = Path(__file__).parent / "evidence"
#: In days before the first start.
OPENED, CLOSED, PUBLISHED, USED = 92, 60, 57, 44
SAID: dict[str, Any] = {
    "kind": "giving", "title_vi": "Chăn ấm cho hai mươi hộ neo đơn",
    "title_en": "Warm blankets for twenty households",
    "for_whom_vi": "hai mươi hộ neo đơn ở các chi hội",
    "for_whom_en": "twenty households of old people who live alone",
    "why_vi": "Mùa rét năm ngoái nhiều cụ ở một mình, nhà tranh gió lùa.\n"
    "Mỗi hộ một chiếc chăn bông tốt, bốn hộ khó nhất thêm tiền sửa cửa.",
    "why_en": "Last winter many old people lived alone in draughty houses.\n"
    "Each household gets one good quilt; the four poorest also money to mend their doors.",
    "beneficiary_rule_vi": "Chi hội bình xét công khai ở nhà văn hoá, Hội xã duyệt danh sách.",
    "beneficiary_rule_en": "The hamlet's chapter decides in an open meeting; the commune's Union "
    "approves the list.",
    "spending_vi": "Chăn, tiền sửa cửa, và xe chở không quá năm phần trăm.",
    "spending_en": "Quilts, mending of doors, and carriage of at most five per cent.",
    "legal_basis_vi": "Quy chế quỹ của Hội xã, thông báo gửi UBND xã",
    "legal_basis_en": "Rules of the Union's fund, announced to the commune's People's Committee",
    "document_no": "03/QĐ-HPN", "goal_vnd": 6_000_000,
}  # fmt: skip
#: (days ago, đồng, her name, whether others may read it, what she wrote)
_GIVEN = (
    (90, 3_000_000, "Hội đồng hương Sông Lành", True, "Mong các cụ qua mùa rét ấm áp."),
    (83, 1_500_000, "Anh Kiên", True, ""),
    (71, 900_000, "Phạm Thị Mẫu", False, ""),
    (64, 1_000_000, "Lớp 12A khoá cũ", True, "Của ít lòng nhiều."),
)
#: (days ago, purpose, đồng, words, households, voucher, goods and their worth)
_HANDED: tuple[tuple[int, str, int, tuple[str, str], int, str, tuple[str, str, int] | None], ...] = (
    (55, "hand_over", 5_000_000, ("Hai mươi chiếc chăn bông", "Twenty quilts"), 20, "PC-01", None),
    (55, "cost", 200_000, ("Xe chở chăn về các thôn", "Carriage to the hamlets"), 0, "PC-02", None),
    (52, "hand_over", 1_200_000, ("Tiền sửa cửa cho bốn hộ", "Money to mend four doors"), 4, "PC-03",
     None),
    (52, "hand_over", 0, ("Gạo bà con góp", "Rice that neighbours gave"), 4, "PX-01",
     ("8 bao gạo 10 kg", "8 sacks of rice of 10 kg", 1_360_000)),
)  # fmt: skip


def load_blankets(unit: int, people: Mapping[str, int], now: datetime) -> None:
    """Open, give, close, hand over before witnesses, prove, publish, and finish it."""
    first = {"actor_id": people["officer"], "actor_name": "Võ Thị Hạnh"}
    second = {"actor_id": people["operator"], "actor_name": "Phan Thị Hảo"}
    opened, over = now - timedelta(days=OPENED), now - timedelta(days=CLOSED)
    last = vietnam_date(over)
    days = {
        "opens_on": vietnam_date(opened), "closes_on": last, "document_on": vietnam_date(opened),
        "distribute_by": last + timedelta(days=20),
    }  # fmt: skip
    with transaction() as session:
        one = campaigns.write_campaign(
            session, organisation_id=unit, said=SAID | days, now=opened, **first
        ).id
        campaigns.submit_campaign(session, campaign_id=one, now=opened, **first)
        for by in (first, second):
            campaigns.approve_campaign(session, campaign_id=one, now=opened, **by)
        for role, file, words in (
            ("decision", "quyet-dinh", ("Quyết định mở đợt gây quỹ", "The decision to raise it")),
            ("rules", "quy-che", ("Quy chế thu chi của đợt này", "Its spending rules")),
        ):
            papers.add_file(
                session, campaign_id=one, role=role, paper=_pdf(file), caption_vi=words[0],
                caption_en=words[1], is_public=True, now=opened, **first,
            )  # fmt: skip
        for n, given in enumerate(_GIVEN):
            _give(session, one, n, given, first, now)
        campaigns.close_campaign(session, campaign_id=one, now=over + timedelta(days=1), **first)
        published = now - timedelta(days=PUBLISHED)
        duties.publish_report(session, campaign_id=one, duty="totals", now=published, **first)
        for row in _HANDED:
            _hand_over(session, one, row, first, second, now)
        used = now - timedelta(days=USED)
        duties.publish_report(session, campaign_id=one, duty="uses", now=used, **second)
        campaigns.finish_campaign(session, campaign_id=one, now=used, **second)


def _pdf(name: str) -> Paper:
    return Paper("pdf", (EVIDENCE / f"{name}.pdf").read_bytes())


def _give(session: Any, one: int, n: int, given: Any, by: dict[str, Any], now: datetime) -> None:
    ago, vnd, name, shown, words = given
    at = now - timedelta(days=ago)
    gift = gifts.offer_gift(
        session, campaign_id=one, amount_vnd=vnd, contact={"name": name, "email": None},
        shown_name=name if shown else "", message=words, attempt_id=f"demo-blanket-{n}",
        locale="vi", now=at,
    ).id  # fmt: skip
    came = at + timedelta(hours=5)
    gifts.confirm_gift(session, gift_id=gift, amount_vnd=vnd, seen_vnd=0, now=came, **by)
    if words:
        gifts.show_message(session, gift_id=gift, shown=True, now=came, **by)


def _hand_over(session: Any, one: int, row: Any, first: dict[str, Any], second: dict[str, Any],
               now: datetime) -> None:  # fmt: skip
    ago, purpose, vnd, words, households, voucher, goods = row
    at = now - timedelta(days=ago)
    said: dict[str, Any] = {
        "purpose": purpose, "form": "goods" if goods else "money", "amount_vnd": vnd,
        "words_vi": words[0], "words_en": words[1], "voucher_no": voucher,
    }  # fmt: skip
    if goods:
        said |= {"goods_vi": goods[0], "goods_en": goods[1], "stated_value_vnd": goods[2]}
    if households:
        said["beneficiary_id"] = handing.add_beneficiary(
            session, campaign_id=one, ward_code="20611", ward_name="Xã Sông Lành",
            contact={"name": "Danh sách của chi hội", "phone": "", "address": "", "note": ""},
            households=households, consent={}, actor_id=first["actor_id"], now=at,
        ).id  # fmt: skip
    made = handing.plan(session, campaign_id=one, said=said, now=at - timedelta(days=2), **first)
    handing.approve(session, disbursement_id=made.id, now=at - timedelta(days=1), **second)
    handing.hand_over(
        session, disbursement_id=made.id, done_on=vietnam_date(at), voucher_no=voucher,
        witnesses=("Trưởng thôn", "Chi hội trưởng"), now=at, **first,
    )  # fmt: skip
    if voucher == "PC-01":
        _prove(session, one, made.id, "chan-am", (
            "Hai mươi chiếc chăn xếp ba chồng, trước là tờ danh sách hai mươi hộ đã đánh dấu",
            "Twenty quilts in three piles, in front of them the list with twenty ticks",
        ), first, at)  # fmt: skip
    if voucher == "PC-03":
        _prove(session, one, made.id, "phieu-chi", (
            "Phiếu chi số PC-03 có chữ ký hai người của Hội và dấu tay người nhận",
            "Payment voucher PC-03 with two signatures of the Union and the receiver's thumb print",
        ), first, at)  # fmt: skip


def _prove(session: Any, one: int, handed: int, file: str, words: tuple[str, str],
           by: dict[str, Any], at: datetime) -> None:  # fmt: skip
    """Nobody can be recognised in it, so that it needs no consent that ends."""
    papers.add_file(
        session, campaign_id=one, role="evidence", disbursement_id=handed,
        paper=Paper("webp", (EVIDENCE / f"{file}.webp").read_bytes(), 960, 640),
        caption_vi=words[0], caption_en=words[1], is_public=True, now=at, **by,
    )  # fmt: skip


def tell_of_gifts(unit: int, now: datetime) -> None:
    """Connect the Union's bank: one gift of the sale that it counted by hand, one without a code."""
    with transaction() as session:
        feed: Any = open_feed(
            session, kind="sepay_hmac", secret="khoa-mau-cua-hoi-song-lanh",  # noqa: S106
            organisation_id=unit, actor_id=None, actor_name=ACTOR, now=now - timedelta(days=20),
        )  # fmt: skip
        number = feed.id
        payee = session.scalars(
            select(Payee).where(Payee.organisation_id == unit, Payee.ended_at.is_(None))
        ).one()
        account = account_number_of(payee)
        gift = session.scalars(
            select(Gift)
            .join(Campaign, Campaign.id == Gift.campaign_id)
            .where(Campaign.kind == "sale", Gift.received_vnd > 0)
            .order_by(Gift.id.desc())
        ).first()
        assert gift is not None
        assert gift.received_at is not None
        came, memo, vnd = gift.received_at, gift.memo, gift.received_vnd
    told = (
        (came - timedelta(hours=1), vnd, f"IBFT {memo} ung ho heo giong"),
        (now - timedelta(hours=6), 300_000, "Gop mua heo cho cac chi"),
    )
    for n, (at, amount, text) in enumerate(told, 1):
        movement = Movement(
            f"hoi-{n}", (account,), amount, "VND", str(amount), at, False, text, f"HOI{n:09d}"
        )
        with transaction() as session:
            notice_id = keep_told(
                session, feed=session.get_one(BankFeed, number), movement=movement, now=at
            )
            if notice_id is not None:
                look_at(session, notice_id=notice_id, now=at)
