"""Whatever is changed at the desk or in an account leaves its line in the trail (QUALITY T47).

One walk does every act once and looks for the line of each; an address that the walk does
not know fails the test, so that whoever adds one says which line it leaves.
"""

import base64
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from shop.accounts.actions import give_step, make_password_link, save_address
from shop.accounts.models import Account, Passkey, SavedAddress, SignIn
from shop.accounts.passwords import hashed
from shop.accounts.queries import contact_of
from shop.accounts.rules import totp_code
from shop.accounts.views.entering import STEP_COOKIE, new_nonce
from shop.audit.models import AuditEntry
from shop.banking.models import BankFeed, BankNotice, BankStatement
from shop.catalogue.actions import add_paper
from shop.catalogue.paper_rules import PaperFields
from shop.current import vault
from shop.db import db, transaction
from shop.fundraising.actions.gifts import offer_gift, receive_gift
from shop.fundraising.models import Campaign
from shop.kernel.clock import now_utc, vietnam_date
from shop.ledger.actions import post
from shop.ledger.rules import Account as Books
from shop.ledger.rules import Leg
from shop.media.models import Picture
from shop.operations.models import Complaint, Correction
from shop.ordering.actions import move_seller_order
from shop.ordering.models import LineItem, Order, SellerOrder, SellerOrderMove
from shop.organisations.models import Membership, Organisation, Reordering
from shop.outbox.models import OutboxMessage
from shop.payments import given_word, refunds
from shop.payments.actions import move_cash, receive_online
from shop.payments.gateways.actions.applying import keep_refund_refused
from shop.payments.gateways.actions.keeping import keep_message, open_task
from shop.payments.gateways.models import (
    GatewayRefund,
    GatewayTask,
    GatewayVisit,
    GiftPass,
    GiftVisit,
)
from shop.payments.methods import By
from shop.payments.models import Payment, PaymentEvent, Refund
from shop.payments.queries import refund_view
from shop.payments.rules.cash import CashState
from shop.payouts.models import Payout, PayoutStatement, Settlement, TaxPayment
from shop.remittances.models import Remittance, RemittanceLine
from shop.reviews.models import Review, ReviewSum
from shop.sellers.models import HelperGrant, Payee, Seller, SellerApplication
from shop.shares.models import CommissionRule, TaxRule
from shop.vouchers.models import Voucher
from shop.web.shown import shown_now
from tests.accounts.authenticator import Phone
from tests.banking import sheets
from tests.conftest import NOON
from tests.operations.conftest import Desk
from tests.payouts.conftest import a_fund_apart, a_payee
from tests.remittances import sheets as carriers

PASSWORD = "ghe tre song lua"
#: Posts after which nothing is different: whoever asks for a link gets it by mail, and the
#: line is written when it is used; a challenge is written down when it was signed. Whoever waits on a phone has changed nothing.
CHANGE_NOTHING = {
    "accounts.ask_link", "accounts.ask_passkey", "accounts.ask_to_make", "accounts.ask_to_prove",
    "accounts.let_another_in",
    "operations.check_money_now",
}  # fmt: skip


def posts_of(app: Flask) -> set[str]:
    """Return the endpoints of the desk and of accounts that take a form."""
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ())
        and rule.endpoint.split(".")[0] in ("operations", "accounts")
    }


def a_fund(payment_id: int) -> int:
    """Make a campaign that collects into the account of a payment; return its id."""
    with transaction() as session:
        payee = session.get_one(Payee, session.get_one(Payment, payment_id).payee_id)
        today = vietnam_date(now_utc())
        row = Campaign(
            code="", organisation_id=payee.organisation_id, kind="sale", state="open",
            title_vi="Áo ấm", for_whom_vi="các cháu", why_vi="Lạnh.", beneficiary_rule_vi="Họp.",
            spending_vi="Mua áo.", legal_basis_vi="Quy chế", document_no="1", document_on=today,
            goal_vnd=1_000_000, opens_on=today, closes_on=None, distribute_by=None,
            payee_id=payee.id, created_at=now_utc(), opened_at=now_utc(), entries=0, chain="",
        )  # fmt: skip
        session.add(row)
        session.flush()
        row.code = f"QU{row.id:06d}"
        return row.id


class Walk:
    """Posts forms and looks which lines each one left."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.seen: set[str] = set()

    def _last(self) -> int:
        db.session.rollback()
        return db.session.scalar(select(func.max(AuditEntry.id))) or 0

    def did(self, by: Any, way: str, action: str, **fields: Any) -> Any:
        """Post a form that must succeed and leave a line of ``action``."""
        before = self._last()
        answer = by.post(way, **fields) if isinstance(by, Desk) else by.post(way, data=fields)
        assert answer.status_code in (200, 303), (way, answer.status_code)
        assert "/xac-nhan" not in answer.headers.get("Location", ""), way
        self._last()
        lines = db.session.execute(
            select(AuditEntry.action, AuditEntry.channel, AuditEntry.at).where(
                AuditEntry.id > before
            )
        ).all()
        db.session.rollback()
        assert action in {line.action for line in lines}, (way, lines)
        assert {line.channel for line in lines} == {"web"}
        endpoint, _ = self.app.url_map.bind("localhost").match(
            way.split("?", maxsplit=1)[0], method="POST"
        )
        self.seen.add(endpoint)
        return answer


@pytest.fixture
def walk(app: Flask) -> Walk:
    return Walk(app)


def newest(column: Any, *where: Any) -> Any:
    db.session.rollback()
    found = db.session.scalars(select(column).where(*where).order_by(column.desc())).first()
    db.session.rollback()
    return found


def by_the_book(
    walk: Walk, operator: Desk, an_account: Any, a_seller: Any, collected: tuple[int, int]
) -> None:  # fmt: skip
    """Every act of the operator's desk, once."""
    did, desk = walk.did, "/dieu-hanh"
    did(operator, f"{desk}/tai-khoan/moi", "account.created", name="Lành", phone="0905 000 555")
    lanh = newest(Account.id)
    did(operator, f"{desk}/tai-khoan/{lanh}/tat", "account.disabled")
    line = newest(AuditEntry.id, AuditEntry.action == "account.disabled")
    did(operator, f"{desk}/nhat-ky/{line}/tra-lai", "account.enabled")
    did(operator, f"{desk}/tai-khoan/{lanh}/tat", "account.disabled")
    did(operator, f"{desk}/tai-khoan/{lanh}/bat", "account.enabled")
    did(operator, f"{desk}/tai-khoan/{lanh}/ma", "account.code_given")
    did(operator, f"{desk}/tai-khoan/{lanh}/mat-may", "account.devices_revoked")
    did(operator, f"{desk}/tai-khoan/{lanh}/go-lop-hai", "account.second_factor_off")

    named = {"kind": "commune", "name_vi": "Hội LHPN xã Sông Lành", "parent": ""}
    did(operator, f"{desk}/to-chuc/moi", "organisation.created", **named)
    unit = newest(Organisation.id)
    at = f"{desk}/to-chuc/{unit}"
    did(operator, f"{at}/ten", "organisation.renamed", name_vi="Hội xã Sông Mới")
    reordered(walk, operator, an_account, unit)
    did(operator, f"{at}/an", "organisation.hidden")
    did(operator, f"{at}/hien", "organisation.shown")
    chosen = {"who": "0905000555", "person": str(lanh)}
    did(operator, f"{at}/bo-nhiem", "membership.appointed", **chosen, role="head")
    heir = an_account("Kế", phone="+84905000557")
    term = {"giao-term": str(newest(Membership.id)), "giao-who": "0905000557"}
    term["giao-person"] = str(heir)
    did(operator, f"{at}/ban-giao", "membership.ended", **term)
    did(operator, f"{at}/thoi/{newest(Membership.id)}", "membership.ended")
    bank = {"bank": "970405", "number": "123456789", "holder": "Trần Thị Lành"}
    did(operator, f"{at}/ngan-hang", "organisation.bank_account_changed", **bank)

    voucher = {"unit": str(unit), "name_vi": "Tết", "kind": "amount", "most_off_vnd": "20k"}
    did(operator, f"{desk}/ma-giam-gia/moi", "voucher.made", **voucher)
    did(operator, f"{desk}/ma-giam-gia/{newest(Voucher.id)}/ngung", "voucher.stopped")
    did(operator, f"{desk}/ma-giam-gia/{newest(Voucher.id)}/dung-lai", "voucher.resumed")

    entered = {
        "name_vi": "Bột Gò Mít", "organisation": str(unit), "entity_kind": "ho_kinh_doanh",
        "person": "chị Lành", "phone": "0905 000 118", "place": "Phường Hội An, Đà Nẵng",
        "province": "48", "ward": "20410", "line1": "thôn Gò Mít",
    }  # fmt: skip
    did(operator, f"{desk}/nguoi-ban/moi", "seller.created", **entered)
    stall = newest(Seller.id)
    at = f"{desk}/nguoi-ban/{stall}"
    did(operator, f"{at}/nguoi", "seller.member_appointed", **chosen, role="owner")
    did(operator, f"{at}/ngan-hang", "seller.bank_account_changed", **bank)
    an_account("Lan", phone="+84905000556")
    helped = {
        "who": "0905000556", "rights": "see_orders", "owner": str(lanh), "consent_kind": "paper",
        "consent_on": f"{vietnam_date(now_utc())}",
        "last_day": f"{vietnam_date(now_utc() + timedelta(days=9))}",
    }  # fmt: skip
    did(operator, f"{at}/nguoi-giup", "seller.helper_granted", **helped)
    grant = newest(HelperGrant.id)
    did(operator, f"{at}/nguoi-giup/{grant}/thoi", "seller.helper_revoked")
    did(operator, f"{at}/phi-hoan", "seller.return_fee_set", bearer="unit", from_on="1/1/2030")
    did(operator, f"{at}/duyet", "seller.approved", checked_vi="Hội tới xem ngày 12/3/2026")
    words = {
        "name_vi": "Gò Mít", "initials": "GM", "person": "chị Lành", "phone": "0905 000 118",
        "entity_kind": "htx", "lead_days_min": "1", "lead_days_max": "2",
    }  # fmt: skip
    did(operator, f"{at}/sua", "seller.edited", **words)
    did(operator, f"{at}/nguoi/{lanh}/ma", "account.code_given")
    did(operator, f"{at}/nguoi/{lanh}/mat-may", "account.devices_revoked")
    with transaction() as session:
        session.get_one(Seller, stall).voice_file = "ab/x-tieng.m4a"
    told = {f"v{stall}-said_vi": "Tôi làm bột."}
    did(operator, f"{desk}/giong-noi/{stall}", "seller.voice_transcribed", **told)
    did(operator, f"{at}/dong", "seller.closed", reason="Nghỉ mùa lũ")
    did(operator, f"{at}/nguoi/{lanh}/thoi", "seller.member_dismissed")
    did(operator, f"{at}/mo", "seller.reopened")
    who_wants_to_sell(walk, operator, unit, stall)
    did(operator, f"{at}/dong", "seller.closed", reason="Nghỉ hẳn")
    did(operator, f"{desk}/to-chuc/{unit}/khep", "organisation.closed")

    with transaction() as session:
        picture = Picture(
            digest="ab" * 16, width_px=640, height_px=640, colour="#ffffff", seller_id=stall,
            versions={"jpg": [160]}, alt_state="needs_help", created_at=NOON,
        )  # fmt: skip
        stuck = [
            OutboxMessage(
                event="x", subscriber="x", payload={}, recorded_at=NOON, due_at=NOON, parked_at=NOON
            )
            for _ in range(2)
        ]
        session.add_all([picture, *stuck])
        session.flush()
        ids = picture.id, stuck[0].id, stuck[1].id
    said = {f"a{ids[0]}-alt_vi": "Hũ thuỷ tinh nắp tre, bột màu nâu nhạt, cao bằng gang tay"}
    did(operator, f"{desk}/anh/{ids[0]}", "picture.described", **said)
    did(operator, f"{desk}/thu-ket/{ids[1]}/thu-lai", "message.tried_again")
    dropped = {f"m{ids[2]}-reason": "Đã gọi khách"}
    did(operator, f"{desk}/thu-ket/{ids[2]}/bo", "message.dropped", **dropped)

    paper = a_paper_of(stall)
    did(operator, f"{desk}/giay-to/{paper}", "paper.checked", ban="1")
    shared(walk, operator, newest(Organisation.id, Organisation.valid_to.is_(None)))
    _, payment = collected
    part, seller_id = refused_parcel(payment)
    wrong = newest(SellerOrderMove.id, SellerOrderMove.seller_order_id == part)
    did(operator, f"{desk}/nguoi-ban/{seller_id}/don/{part}/lui/{wrong}", "order_step.taken_back")
    at = f"{desk}/tien-ve/{payment}"
    now = now_utc()
    with transaction() as session:
        session.execute(update(Payment).values(reported_at=now, expired_at=now))
    did(operator, f"{at}/khong-thay", "payment.not_found")
    with transaction() as session:
        session.execute(update(Payment).values(expired_at=None, not_found_at=None))
    did(operator, at, "payment.received", so_tien="1000", sau="0")
    event = newest(PaymentEvent.id, PaymentEvent.kind == "received")
    did(operator, f"{at}/lui/{event}", "payment.taken_back")
    back = newest(PaymentEvent.id, PaymentEvent.kind == "received")
    did(operator, at, "payment.received", so_tien="499999999", sau=str(back))
    event = newest(PaymentEvent.id, PaymentEvent.kind == "received")
    did(operator, f"{at}/tra", "payment.given_back", so_tien="1000", sau=str(event))
    waits = newest(Refund.id)  # More came than is owed: the buyer is asked for her account.
    with transaction() as session:
        refunds.give_account(
            session, order_id=newest(Order.id), refund_id=waits, bank_bin="970436",
            number="1029384756", holder="Châu", by=By("buyer"), now=now,
        )  # fmt: skip
    did(operator, f"{at}/tra/{waits}/sai", "refund.account_wrong")
    seen = refund_view(db.session(), waits).mark
    did(operator, f"{at}/tra/{waits}", "refund.done", ma="FT26330", toi=seen)
    did(operator, f"{at}/hua-tra", "refund.asked", so_tien="1000", sau=str(newest(Refund.id)))
    did(operator, f"{at}/tra/{newest(Refund.id)}/thoi", "refund.taken_back")
    did(operator, f"{at}/hua-tra", "refund.asked", so_tien="1000", sau=str(newest(Refund.id)))
    did(operator, f"{at}/tra/{newest(Refund.id)}/ma", "refund.credited")
    did(operator, f"{at}/hua-tra", "refund.asked", so_tien="1000", sau=str(newest(Refund.id)))
    fund, waits = a_fund(payment), newest(Refund.id)
    said = {"quy": f"QU{fund:06d}", "ai": "Châu", "ngay": "2026-11-20", "cach": "phone"}
    did(operator, f"{at}/tra/{waits}/gop", "refund_word.recorded", **said)
    did(operator, f"{at}/tra/{waits}/gop/thoi", "refund_word.dropped")
    with transaction() as session:
        given_word.record_word(
            session, refund_id=waits, campaign_id=fund, said_by="Châu", words="", named=False,
            said_on=vietnam_date(now), said_how="paper", by=By("officer", None, "Hoa"), now=now,
        )  # fmt: skip
    did(operator, f"{at}/tra/{waits}/gop/lam", "refund_word.carried_out")


def reordered(walk: Walk, operator: Desk, an_account: Any, unit: int) -> None:
    """Units are moved, become one and are divided; who proposed it does not confirm it."""
    did, desk = walk.did, "/dieu-hanh/to-chuc"
    made: list[int] = []
    for kind, parent in (("province", ""), ("commune", ""), ("branch", str(unit))):
        named = {"kind": kind, "name_vi": f"Đơn vị {kind}", "parent": parent}
        did(operator, f"{desk}/moi", "organisation.created", **named)
        made.append(newest(Organisation.id))
    city, commune, branch = made
    did(operator, f"{desk}/{unit}/chuyen", "organisation.move_proposed", parent=str(city))
    did(operator, f"{desk}/sap-xep/{newest(Reordering.id)}/thoi", "organisation.reordering_dropped")
    split = {"keeps": "1", "names": "Xã Sông Con", f"child_{branch}": "0"}
    did(operator, f"{desk}/{unit}/tach", "organisation.split_proposed", **split)
    merge = {"others": str(commune), "into": str(unit)}
    did(operator, f"{desk}/{unit}/gop", "organisation.merge_proposed", **merge)
    other, number = an_account("Khác"), newest(Reordering.id)
    with transaction() as session:
        session.get_one(Reordering, number).proposed_by_id = other
    at = f"{desk}/sap-xep/{newest(Reordering.id)}"
    did(operator, f"{at}/dong-y", "organisation.reordered")
    did(operator, f"{desk}/{branch}/khep", "organisation.closed")


def who_wants_to_sell(walk: Walk, operator: Desk, unit: int, stall: int) -> None:
    """Invite somebody, take that back, invite again; ask her again, and say no."""
    did, at = walk.did, "/dieu-hanh/xin-ban"
    whom = {"organisation": str(unit), "name": "Mới", "phone": "0905 000 444"}
    did(operator, at, "seller_application.invited", **whom)
    one = f"{at}/{newest(SellerApplication.id)}"
    did(operator, f"{one}/rut", "seller_application.invitation_taken_back")
    did(operator, f"{one}/moi", "seller_application.invited")
    with transaction() as session:
        session.execute(update(SellerApplication).values(state="sent", seller_id=stall))
    did(operator, f"{one}/hoi", "seller_application.again", words="Thiếu ảnh")
    did(operator, f"{one}/tu-choi", "seller_application.declined", reason="Chưa đủ giấy")


def a_paper_of(stall: int) -> int:
    """Let a stall write down a paper that nobody has looked at."""
    with transaction() as session:
        return add_paper(
            session, seller_id=stall, fields=PaperFields(kind="other", number="1", name="Giấy"),
            actor_id=None, actor_name="", now=now_utc(),
        ).id  # fmt: skip


def refused_parcel(payment: int) -> tuple[int, int]:
    """Let the parcel that a payment pays for be sent and not accepted; return (part, seller)."""
    with transaction() as session:
        part = session.execute(
            select(SellerOrder.id, SellerOrder.seller_id)
            .join(Payment, Payment.order_id == SellerOrder.order_id)
            .where(Payment.id == payment)
        ).one()
        for to in ("confirmed", "packed", "handed_over", "refused"):
            move_seller_order(
                session, seller_order_id=part.id, to=to, actor_kind="seller", actor_id=None,
                now=now_utc(),
            )  # fmt: skip
    return part.id, part.seller_id


def shared(walk: Walk, operator: Desk, unit: int) -> None:
    """An organisation keeps a part and withholds tax, and both end."""
    did, at = walk.did, "/dieu-hanh/so"
    did(operator, f"{at}/hoa-hong", "commission_rule.made", unit=str(unit), percent="7,5")
    did(operator, f"{at}/hoa-hong/{newest(CommissionRule.id)}/thoi", "commission_rule.ended")
    rate = {"category": "goods", "vat": "1", "pit": "0,5", "legal_ref": "NĐ 252/2026 điều 44"}
    did(operator, f"{at}/thue", "tax_rule.made", **rate)
    did(operator, f"{at}/thue/to-chuc/{unit}/bat", "tax.turned_on")
    did(operator, f"{at}/thue/to-chuc/{unit}/tat", "tax.turned_off")
    did(operator, f"{at}/thue/{newest(TaxRule.id)}/thoi", "tax_rule.ended")


def told_by_a_bank(walk: Walk, operator: Desk, unit: int) -> None:
    """A service is connected and ended; a statement is read and stored; its line is answered."""
    did, at = walk.did, "/dieu-hanh/tien-ve/ngan-hang"
    feed = {"kind": "sepay_key", "owner": f"-{unit}", "secret": "khoa-dai-cua-hoi-1234"}
    did(operator, f"{at}/ket-noi", "bank_feed.opened", **feed)
    did(operator, f"{at}/ket-noi/{newest(BankFeed.id)}/ngung", "bank_feed.ended")
    account = newest(Payee.id, Payee.organisation_id == unit)
    told = io.BytesIO(sheets.khoai([("01/11/2026", "50,000", "ung ho")]))
    did(operator, f"{at}/sao-ke", "bank_statement.read", account=str(account), tep=(told, "a.csv"))
    file = f"{at}/sao-ke/{newest(BankStatement.id)}"
    named = {"dau": "0", "cot-0": "date", "cot-1": "credit", "cot-2": "text"}
    did(operator, f"{file}/cot", "bank_statement.columns_named", **named)
    seen = re.search(r'name="da_xem" value="(\w+)"', operator.get(file).text)[1]
    did(operator, file, "bank_statement.stored", da_xem=seen)
    did(operator, f"{at}/{newest(BankNotice.id)}", "bank_notice.ignored", tra_loi="khong")


def settled(walk: Walk, union: int, officers: dict[str, int], sign_in: Any) -> None:
    """A settlement from its draft to a transfer that came back, by two people."""
    did, at = walk.did, "/dieu-hanh/quyet-toan"
    head = Desk(sign_in(officers["head"], "officer"), officers["head"])
    other = Desk(sign_in(officers["treasurer"], "officer"), officers["treasurer"])
    did(head, f"{at}/dinh-ky/{union}", "payout.rhythm_changed", nhip="weekly", it_nhat="1000")
    to = {"to_chuc": str(union), "den": vietnam_date(now_utc()).isoformat()}
    did(head, f"{at}/moi", "settlement.drafted", **to)
    did(head, f"{at}/{newest(Settlement.id)}/bo", "settlement.dropped")
    did(head, f"{at}/moi", "settlement.drafted", **to)
    number = newest(Settlement.id)
    did(head, f"{at}/{number}/duyet", "settlement.approved")
    did(head, f"{at}/{number}/bo-duyet", "settlement.unapproved")
    did(head, f"{at}/{number}/duyet", "settlement.approved")
    did(head, f"{at}/phieu/{newest(PayoutStatement.id)}/ky-sau", "payout.put_off")
    did(head, f"{at}/moi", "settlement.drafted", **to)
    number = newest(Settlement.id)
    did(head, f"{at}/{number}/duyet", "settlement.approved")
    did(other, f"{at}/{number}/tep", "settlement.file_taken", loai="csv")
    paper = f"{at}/phieu/{newest(PayoutStatement.id)}"
    did(other, f"{paper}/chuyen", "payout.sent", ma_giao_dich="FT1")
    seen = f"{newest(Payout.id)}.sent"
    did(other, f"{paper}/hong", "payout.failed", vi_sao="Sai tên", chuyen=seen)
    of = db.session.get_one(PayoutStatement, newest(PayoutStatement.id)).seller_id
    a_payee(seller_id=of, now=now_utc() - timedelta(days=3))
    did(head, f"{paper}/tai-khoan", "payout.account_approved")
    seen = re.search(r'name="da_xem" value="(\w+)"', other.get(f"{at}/{number}/chuyen").text)
    assert seen is not None
    again = {"ma_giao_dich": "FT2", "da_xem": seen[1]}
    did(other, f"{at}/{number}/chuyen", "payout.sent", **again)
    did(other, f"{paper}/da-nhan", "payout.confirmed", chuyen=f"{newest(Payout.id)}.sent")
    corrected(did, head, other, union)
    with transaction() as session:
        fund = a_fund_apart(session, union)
    said = {"da_xem": "5000", "ma_giao_dich": "FT3"}
    did(other, f"{at}/quy/{fund}", "fund_transfer.sent", **said)
    tax_paid(did, head, other, union)


def tax_paid(did: Any, head: Desk, other: Desk, union: int) -> None:
    """Tax that was withheld is paid by two people; what came back is planned anew and dropped."""
    with transaction() as session:
        post(
            session, key="walk:tax", kind="corrected", subject="correction:0", now=now_utc(),
            legs=[
                Leg(Books("tax_withheld", f"organisation:{union}"), -7_000),
                Leg(Books("voucher_cost", f"organisation:{union}"), 7_000),
            ],
        )  # fmt: skip
    at, today = "/dieu-hanh/so/thue/nop", vietnam_date(now_utc()).isoformat()
    to = {"to_chuc": str(union), "so_tien": "7000", "tu": today, "den": today}
    did(other, at, "tax_payment.planned", **to)
    made = f"{at}/{newest(TaxPayment.id)}"
    paid = {"ngay": today, "ma_giao_dich": "FT8", "so_giay": "GNT-8"}
    did(head, f"{made}/da-nop", "tax_payment.sent", **paid)
    did(head, f"{made}/so-giay", "tax_payment.corrected", so_giay="GNT-9")
    did(head, f"{made}/hong", "tax_payment.came_back", vi_sao="Sai mã")
    did(other, at, "tax_payment.planned", **to)
    did(other, f"{at}/{newest(TaxPayment.id)}/thoi", "tax_payment.dropped")


def corrected(did: Any, head: Desk, other: Desk, union: int) -> None:
    """The books are corrected by two people; another proposal is let go."""
    at = "/dieu-hanh/so/dieu-chinh"
    page = other.get(f"{at}/moi/{union}").text
    names = re.findall(r'<option value="([a-z_]+[|][^"]+)"', page)
    sides = {
        "debit": next(name for name in names if name.startswith("delivery_payable")),
        "credit": next(name for name in names if name.startswith("seller_payable")),
    }
    fields = {"amount": "1000", "reason": "Ghi nhầm", "evidence": "Biên bản", **sides}
    did(other, f"{at}/moi/{union}", "correction.proposed", **fields)
    did(head, f"{at}/{newest(Correction.id)}/ghi", "correction.posted")
    did(other, f"{at}/moi/{union}", "correction.proposed", **fields)
    did(other, f"{at}/{newest(Correction.id)}/thoi", "correction.declined")


def told_by_a_carrier(walk: Walk, operator: Desk, unit: int, parcel: int) -> None:
    """A carrier's file is read, its columns named, stored, sought, counted; a line is answered."""
    did, at = walk.did, "/dieu-hanh/thu-ho"
    with transaction() as session:
        for to in ("confirmed", "packed", "handed_over", "delivered"):
            move_seller_order(
                session, seller_order_id=parcel, to=to, actor_kind="seller", actor_id=None,
                now=now_utc(),
            )  # fmt: skip
        move_cash(
            session, seller_order_id=parcel, to=CashState.WITH_CARRIER, carrier="Lạ",
            by=By("seller"), now=now_utc(),
        )  # fmt: skip
        part = session.get_one(SellerOrder, parcel)
        code, due = session.get_one(Order, part.order_id).code, part.total_vnd
    told = io.BytesIO(carriers.la([(code, due, 0, due), ("X99999", 1_000, 0, 1_000)]))
    sent = {"carrier": "other", "other": "Lạ", "account": f"unit:{unit}"}
    did(operator, at, "remittance.read", **sent, tep=(told, "a.csv"))
    file = f"{at}/tep/{newest(Remittance.id)}"
    named = {"dau": "1", "cot-0": "order", "cot-1": "cod", "cot-3": "paid"}
    did(operator, f"{file}/cot", "remittance.columns_named", **named)
    did(operator, file, "remittance.stored")
    did(operator, f"{file}/tim", "remittance.sought")
    did(operator, f"{file}/dem", "remittance.counted")
    line = f"{at}/dong/{newest(RemittanceLine.id)}"
    did(operator, line, "remittance_line.aside", tra_loi="de-do")
    did(operator, line, "remittance_line.taken_back", tra_loi="lui")
    other = io.BytesIO(carriers.la([("X99998", 1_000, 0, 1_000)]))
    did(operator, at, "remittance.read", **sent, tep=(other, "b.csv"))
    did(operator, f"{at}/tep/{newest(Remittance.id)}/lui", "remittance.taken_back")


def told_of_cards(walk: Walk, operator: Desk, unit: int) -> None:
    """A task about cards ends each way that it can."""
    did, at = walk.did, "/dieu-hanh/tien-ve/the"
    settings = walk.app.extensions["settings"]
    walk.app.extensions["settings"] = replace(settings, online_organisation=unit)

    def task(reason: str, key: str = "", **more: Any) -> str:
        with transaction() as session:
            made = open_task(
                session, key=key or f"walk:{reason}", gateway="card", reason=reason, now=NOON,
                **more,
            )  # fmt: skip
        return f"{at}/{made}"

    payee = newest(Payee.id, Payee.organisation_id == unit, Payee.ended_at.is_(None))
    paid = {"payment_id": by_card(payee)}
    charge = newest(GatewayVisit.charge_id)
    did(operator, task("unknown_visit") + "/xong", "card_task.closed", da_lam="Của chợ khác")
    strange = {"amount_minor": 5_000, "outside_id": "po_1"}
    did(operator, task("payout_unclear", **strange) + "/ve", "card_task.booked")
    did(operator, task("came_late", **paid) + "/tra", "card_task.given_back")
    with transaction() as session:  # What just went on its way: the card takes it no more.
        keep_refund_refused(session, refund_id=newest(GatewayRefund.id), why="closed", now=NOON)
    failed = newest(GatewayTask.id)
    did(operator, f"{at}/{failed}/khac", "card_task.otherwise")
    lost = {"amount_minor": 7_000, **paid}
    did(operator, task("refund_too_much", **lost) + "/mat", "card_task.written_off")
    told = {
        "id": "evt_1", "type": "checkout.session.completed", "data": {"object": {
            "id": "cs_1", "client_reference_id": newest(GatewayVisit.key), "amount_total": 900,
            "currency": "vnd", "payment_intent": f"{charge}x", "payment_status": "paid",
        }},
    }  # fmt: skip
    with transaction() as session:
        message = keep_message(
            session, gateway="card", outside_id="evt_1", kind="x",
            body=json.dumps(told).encode(), now=NOON,
        )  # fmt: skip
    did(
        operator, task("paid_twice", f"message:{message}", **paid) + "/ghi", "card_task.counted"
    )  # fmt: skip
    walk.app.extensions["settings"] = settings


def passed_on(walk: Walk, operator: Desk, an_officer: Any, unit: int) -> None:
    """A gift by card is passed on to its fund by two people, comes back, and is planned again."""
    payee = newest(Payee.id, Payee.organisation_id == unit, Payee.ended_at.is_(None))
    campaign = newest(Campaign.id, Campaign.payee_id == payee)
    with transaction() as session:
        gift = offer_gift(
            session, campaign_id=campaign, amount_vnd=9_000, contact={"name": "", "email": None},
            shown_name="", message="", attempt_id="a card", locale="vi", now=now_utc(),
            method="card",
        )  # fmt: skip
        session.add(
            GiftVisit(
                gift_id=gift.id, payee_id=payee, gateway="card", key="walk", amount_vnd=9_000,
                state="paid", charge_id="pi_g", payout_outside_id="po_1", opened_at=NOON,
                expires_at=NOON, changed_at=NOON,
            )
        )  # fmt: skip
        receive_gift(
            session, gift_id=gift.id, amount_vnd=9_000, key="gift-visit:walk", now=now_utc(),
            against=Books("card_clearing", f"organisation:{unit}", "card"),
        )  # fmt: skip
    did, at = walk.did, "/dieu-hanh/tien-ve/the/gop"
    plan = f"{at}/quy/{campaign}/dinh/{payee}"
    did(operator, plan, "gift_pass.planned")
    made = f"{at}/{newest(GiftPass.id)}"
    head = an_officer(unit, "head")
    did(head, f"{made}/chuyen", "gift_pass.sent", ma_giao_dich="FT1")
    did(head, f"{made}/hong", "gift_pass.came_back", vi_sao="Sai tên")
    did(operator, plan, "gift_pass.planned")
    did(operator, f"{at}/{newest(GiftPass.id)}/thoi", "gift_pass.dropped")


def by_card(payee: int) -> int:
    """A card paid 9.000 đ for an order that asks for nothing any more."""
    with transaction() as session:
        order = session.scalars(select(Order.id).order_by(Order.id)).first()
        made = Payment(
            order_id=order, payee_id=payee, method="card", memo="CPTHE00001", amount_vnd=0,
            opened_at=NOON,
        )  # fmt: skip
        session.add(made)
        session.flush()
        visit = GatewayVisit(
            payment_id=made.id, gateway="card", key="CPTHE00001-a", amount_vnd=9_000,
            currency="VND", amount_minor=9_000, locale="vi", state="paid", outside_id="cs_1",
            charge_id="pi_1", opened_at=NOON, expires_at=NOON, changed_at=NOON,
        )  # fmt: skip
        session.add(visit)
        session.flush()
        receive_online(
            session, payment_id=made.id, visit_id=visit.id, amount_vnd=9_000, currency="VND",
            amount_minor=9_000, now=NOON,
        )  # fmt: skip
        return made.id


def complained(walk: Walk, app: Flask, operator: Desk) -> None:
    """A visitor complains; the operator answers."""
    form = {
        "kind": "goods", "text": "Hũ nứt.", "name": "Châu", "phone": "0905 000 123",
        "shown": shown_now(now_utc() - timedelta(seconds=5)),
    }  # fmt: skip
    walk.did(app.test_client(), "/khieu-nai", "complaint.received", **form)
    way = f"/dieu-hanh/khieu-nai/{newest(Complaint.id)}"
    walk.did(operator, way, "complaint.answered", answer="Chợ đang hỏi.")
    walk.did(operator, way, "complaint.settled", settled="y", outcome="Gửi hũ mới.")
    walk.did(operator, f"{way}/bo-ten", "complaint.erased")
    key = vault().new_key()
    with transaction() as session:
        session.add(
            Order(
                code="QUEN1234", attempt_id="forgotten", attempt_digest="", data_key=key,
                contact=vault().seal(key, {"name": "Châu", "phone": "+84905000123"}),
                phone_index="", locale="vi", terms_version="", items_vnd=0, shipping_vnd=0,
                total_vnd=0, placed_at=NOON, link_nonce="", link_digest="forgotten",
            )
        )  # fmt: skip
    walk.did(operator, "/dieu-hanh/bo-ten-don", "order.erased", code="QUEN1234", sure="y")


def ones_own(walk: Walk, app: Flask, an_account: Any, sign_in: Callable[..., Any]) -> None:
    """Every act in somebody's own account, once."""
    did = walk.did
    suong = an_account("Sương", phone="+84905000777", password_hash=hashed(PASSWORD))
    out = app.test_client()
    did(out, "/dang-nhap", "sign_in.started", who="0905000777", password=PASSWORD)
    mine = Desk(sign_in(suong), suong)
    other = newest(SignIn.id, SignIn.account_id == suong) - 1
    did(mine, f"/tai-khoan/thiet-bi/{other}/ket-thuc", "sign_in.ended")
    did(mine, "/tai-khoan/ho-so", "account.profile_changed", name="Lê Sương", locale="vi")
    did(mine, "/tai-khoan/lien-he", "account.contact_changed", phone="0905 000 778", email="")
    did(mine, "/tai-khoan/dong-y", "account.consent_given", agree="y")
    did(mine, "/tai-khoan/dong-y", "account.consent_withdrawn")
    with transaction() as session:
        save_address(session, account_id=suong, address={"line1": "12 Lê Lợi"}, now=NOON)
    way = f"/tai-khoan/dia-chi/{newest(SavedAddress.id)}/xoa"
    did(mine, way, "account.address_forgotten")
    proved = did(mine, "/xac-nhan", "sign_in.proved", secret=PASSWORD)
    assert proved.status_code == 303
    mine = Desk(mine.browser, suong)
    new = {"current": PASSWORD, "password": "bon chiec ghe tre"}
    did(mine, "/tai-khoan/mat-khau", "account.password_changed", **new)
    mine = Desk(mine.browser, suong)
    by_passkey(walk, app, mine)
    mine = Desk(mine.browser, suong)
    mine.get("/tai-khoan/hai-lop")
    digits = {"code": totp_code(_factor(suong), int(now_utc().timestamp()) // 30)}
    did(mine, "/tai-khoan/hai-lop", "account.second_factor_on", **digits)
    with transaction() as session:
        session.execute(update(Account).values(second_factor_step=0))
        step = give_step(session, account_id=suong, now=now_utc())
    second = app.test_client()
    second.set_cookie(STEP_COOKIE, step)
    digits = {"code": totp_code(_factor(suong), int(now_utc().timestamp()) // 30)}
    did(second, "/dang-nhap/buoc-hai", "sign_in.started", **digits)
    mine = Desk(mine.browser, suong)
    did(mine, "/tai-khoan/hai-lop/tat", "account.second_factor_off")
    with transaction() as session:
        token = make_password_link(session, account_id=suong, nonce=new_nonce(), asked_at=now_utc())
    way = f"/dat-mat-khau/{token}"
    did(app.test_client(), way, "account.password_changed", password="nam chiec ghe tre")
    code = code_for(suong)
    did(app.test_client(), "/dang-nhap/ma", "account.code_used", who="0905000778", code=code)
    did(
        Desk(sign_in(suong), suong), "/tai-khoan/thiet-bi/ket-thuc-may-khac", "sign_in.others_ended"
    )
    shared = sign_in(suong)
    shared.set_cookie("a", shared.get_cookie("s").value)
    waits = newest(SignIn.id, SignIn.account_id == suong)
    did(shared, "/doi-nguoi", "sign_in.switched", nguoi=waits)
    did(Desk(sign_in(suong), suong), "/dang-xuat", "sign_in.ended")
    did(Desk(sign_in(suong), suong), "/tai-khoan/thiet-bi/ket-thuc-het", "sign_in.all_ended")
    did(Desk(sign_in(suong), suong), "/tai-khoan/xoa", "account.deleted", sure="y")


def by_passkey(walk: Walk, app: Flask, mine: Desk) -> None:
    """A phone's key: added, given again, used to sign in, let go."""
    phone, out = Phone(), app.test_client()
    named = replace(app.extensions["settings"], base_url="http://localhost")
    app.extensions["settings"] = named  # Keys belong to a name; the shop's own is a number here.
    made = phone.make(mine.post("/tai-khoan/khoa/hoi").json)
    walk.did(mine, "/tai-khoan/khoa", "account.passkey_added", name="Máy", credential=made)
    signed = phone.sign(mine.post("/xac-nhan/khoa/hoi").json)
    walk.did(mine, "/xac-nhan/khoa", "sign_in.proved", credential=signed)
    signed = phone.sign(out.post("/dang-nhap/khoa/hoi").json)
    walk.did(out, "/dang-nhap/khoa", "sign_in.started", credential=signed)
    mine = Desk(mine.browser, mine.account_id)
    way = f"/tai-khoan/khoa/{newest(Passkey.id)}/bo"
    walk.did(mine, way, "account.passkey_removed")


def _factor(account_id: int) -> bytes:
    db.session.rollback()
    person = db.session.get_one(Account, account_id)
    assert contact_of(person)["phone"]
    secret = vault().open(person.data_key, person.second_factor or b"")
    db.session.rollback()
    return base64.b32decode(secret)


def code_for(account_id: int) -> str:
    from shop.accounts.actions import give_code

    with transaction() as session:
        return give_code(
            session, account_id=account_id, actor_id=None, actor_name="", now=now_utc()
        )


def reviewed(walk: Walk, operator: Desk, part_id: int) -> None:
    """Words of a review are hidden, shown again, and kept when somebody reports them."""
    with transaction() as session:
        line = session.execute(
            select(LineItem.product_id, SellerOrder.seller_id)
            .join(SellerOrder, SellerOrder.id == LineItem.seller_order_id)
            .where(SellerOrder.id == part_id)
        ).one()
        session.add(
            Review(
                seller_id=line.seller_id, product_id=line.product_id, seller_order_id=part_id,
                stars=2, text="Hũ vỡ.", locale="vi", written_at=NOON, reported_at=NOON,
                report_reason="insult",
            )
        )  # fmt: skip
        session.add(ReviewSum(product_id=line.product_id, seller_id=line.seller_id, stars_2=1))
    at = f"/dieu-hanh/danh-gia/{newest(Review.id)}"
    walk.did(operator, f"{at}/giu", "review.kept", answer="Khách nói về hàng.")
    walk.did(operator, f"{at}/an", "review.hidden", what="words", reason="insult")
    walk.did(operator, f"{at}/hien", "review.shown", what="words")


def test_every_act_at_the_desk_and_in_an_account_leaves_its_line(
    walk: Walk, an_order: Any, a_variant: Any,
    app: Flask, operator: Desk, an_officer: Any, an_account: Any, a_seller: Any, sign_in: Any,
    collected: tuple[int, int], a_maker: Any, sold: Any, union: int, officers: dict[str, int],
) -> None:  # fmt: skip
    by_the_book(walk, operator, an_account, a_seller, collected)
    told_by_a_bank(walk, operator, collected[0])
    sold(a_maker())
    settled(walk, union, officers, sign_in)
    maker = a_seller(organisation_id=collected[0])
    by_cash = an_order({a_variant(seller_id=maker): (maker, "cod")})
    told_by_a_carrier(walk, operator, collected[0], by_cash.parts[0])
    told_of_cards(walk, operator, collected[0])
    passed_on(walk, operator, an_officer, collected[0])
    reviewed(walk, operator, by_cash.parts[0])
    complained(walk, app, operator)
    ones_own(walk, app, an_account, sign_in)
    missing = posts_of(app) - walk.seen - CHANGE_NOTHING
    assert not missing, f"Say in this test which line they leave: {sorted(missing)}"
    page = operator.get("/dieu-hanh/nhat-ky").text
    assert not re.search(r"\b[a-z_]+\.[a-z_]+ #\d", page), "A line without words."


def test_ending_all_devices_says_how_many_and_by_whom(
    app: Flask, an_account: Any, sign_in: Any
) -> None:
    suong = an_account("Sương")
    sign_in(suong)
    Desk(sign_in(suong), suong).post("/tai-khoan/thiet-bi/ket-thuc-het")
    db.session.rollback()
    line = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "sign_in.all_ended")
    ).one()
    assert (line.actor_id, line.actor_name, line.subject_id) == (suong, "Sương", suong)
    assert line.facts == {"ended": 2}


def test_saving_without_a_change_leaves_no_line(app: Flask, an_account: Any, sign_in: Any) -> None:
    suong = an_account("Sương")
    mine = Desk(sign_in(suong), suong)
    assert mine.post("/tai-khoan/ho-so", name="Sương", locale="vi").status_code == 303
    assert mine.post("/tai-khoan/dong-y").status_code == 303
    db.session.rollback()
    assert not db.session.scalars(select(AuditEntry)).all()
