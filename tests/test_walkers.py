"""Nobody reaches what is another's: every address with an id, by everybody else, GET and POST.

Two neighbourhoods are built alike, each with a unit, its head, a stall, its people, a buyer
and her orders. New addresses are walked by themselves; an argument that nobody here knows
fails the test, so that whoever adds one says what it names.
"""

import re
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.routing import Rule

from shop.accounts.actions import save_address
from shop.accounts.models import Passkey, SavedAddress, SignIn
from shop.audit.models import AuditEntry
from shop.carriers.actions import open_account
from shop.carriers.models import CarrierParcel
from shop.catalogue.actions import add_paper
from shop.catalogue.models import ProductPicture, Variant
from shop.catalogue.paper_rules import PaperFields
from shop.current import vault
from shop.db import db, transaction
from shop.fulfilment.models import HandOver
from shop.fundraising.actions.fund import Of, fund_bank, move_fund
from shop.fundraising.actions.gifts import offer_gift
from shop.fundraising.actions.goods import Given, offer_goods
from shop.fundraising.actions.handing import add_beneficiary, plan
from shop.fundraising.actions.offers import offer_product
from shop.fundraising.actions.papers import add_file
from shop.fundraising.actions.slips import approve_slips, plan_slips
from shop.fundraising.models import Campaign, CashDeposit, DisbursementReturn, SharePayment
from shop.fundraising.paper_rules import Paper
from shop.fundraising.request_models import OfferRequest
from shop.fundraising.rules import EntryKind, ShareRule
from shop.fundraising.slip_models import Slip
from shop.kernel.clock import now_utc, vietnam_date
from shop.kiosk.actions import open_kiosk
from shop.learning.actions import ask, call_class, note_attendance, take_seat, write_lesson
from shop.learning.rules import SeatState
from shop.ledger.models import LedgerAccount
from shop.markets.actions import sessions
from shop.markets.actions.offers import ask_for_offer
from shop.markets.models import MarketOrder
from shop.media.models import Picture
from shop.media.sheets import tables_in
from shop.media.uploads import begin_upload
from shop.mutual_aid.actions import add_need, open_call, pledge, write_call
from shop.operations.actions import receive_complaint
from shop.operations.models import Correction
from shop.ordering.models import Order, SellerOrder, SellerOrderMove
from shop.ordering.rules import Choice
from shop.organisations.actions import appoint
from shop.organisations.lists.actions import keep_sheet
from shop.organisations.members import Person, add_member
from shop.organisations.models import Membership, Reordering
from shop.organisations.permissions import ROLES
from shop.organisations.telling.actions import add_group, announce
from shop.organising.models import StandingOrder
from shop.outbox.models import OutboxMessage
from shop.payments.actions import confirm_received, move_cash, open_payments
from shop.payments.gateways.actions.keeping import open_task
from shop.payments.gateways.models import GiftPass, GiftPassLine, GiftVisit
from shop.payments.methods import By
from shop.payments.models import (
    CashMove,
    Payment,
    PaymentEvent,
    Refund,
    RefundAllocation,
    RefundWord,
)
from shop.payments.refunds import give_account, refund
from shop.payments.rules.cash import CashState
from shop.payments.rules.refunds import RefundReason, Way
from shop.payments.told import TRANSFER, Subject
from shop.payouts.models import Payout, PayoutStatement, Settlement, TaxPayment
from shop.queued.models import QueuedAct
from shop.remittances.actions.files import keep_file, store_file
from shop.remittances.models import RemittanceLine
from shop.reviews.models import Review, ReviewSum
from shop.sellers.actions import dismiss_member
from shop.sellers.helping import grant_help
from shop.sellers.joining import invite
from shop.sellers.models import Payee, SellerMember
from shop.selling.actions.lots import begin_lot
from shop.selling.actions.sheets import keep_goods_sheet
from shop.shares.actions import add_commission_rule, add_tax_rule
from shop.shares.rules import Rate
from shop.shipping.models import PickupPoint
from shop.stock.lot_models import LotUse
from shop.stock.lot_rules import LotFields
from shop.vouchers.actions import create_voucher
from shop.web.guards import WITHOUT_TOKEN, guard_of
from tests.banking.told import told_of
from tests.conftest import NOON
from tests.media.sounds import wav
from tests.ordering.conftest import a_cart, place  # noqa: F401
from tests.payouts.conftest import a_fund_apart
from tests.remittances import sheets as carriers

#: Addresses that are secrets themselves: whoever holds the code may see the little they show.
BEARER = {
    "selling.new_stall", "selling.new_stall_page",
    "organising.join", "organising.ask_to_be_let_in", "organising.announcement",
    "operations.complaint_state", "banking.told", "organising.my_pledge",
    "organising.withdraw_pledge", "organising.my_gift", "organising.gift_money_now", "organising.pay_gift", "organising.gift_qr_svg",
    "organising.gift_qr_png", "organising.market_slip", "organising.use_slip", "organising.my_goods",
    "selling.kiosk_entered", "carriers.told", "buying.news_page", "buying.stop_news_by_letter",
}  # fmt: skip
#: What everybody may see and do, though its address names a row.
PUBLIC = {
    "organising.help_call_page", "organising.pledge", "organising.campaign", "organising.give",
    "organising.help_call_page", "organising.pledge", "sharing.share_page", "sharing.picture",
    "organising.fund_account", "organising.check_account", "organising.fund_account_csv",
    "organising.fund_paper", "organising.fund_account_xlsx", "organising.fund_report", "organising.fund_report_pdf",
    "organising.funds_of_year", "organising.give_goods", "organising.give_goods_page",
    "sharing.poster_page", "sharing.short_link", "listings.lot", "listings.lot_picture",
    # Whoever is signed in may sign up for a class, and learn.
    "organising.class_page", "organising.sign_up", "organising.my_lesson",
    "organising.lesson_gone_through",
}  # fmt: skip
#: Arguments that count things of what the guard has opened: no ids.
COUNTERS = {"year", "number", "to", "kind", "step"}
#: What the owner herself cannot do in this world, so that its 404 proves nothing.
NOT_EVEN_HERS = {"buying.open_account"}


#: A member's name that stands nowhere else.
IN_THE_REGISTER = "Lê Thị Sen Kín"


@dataclass
class Neighbourhood:
    """Everything of one commune, with a browser for each of its people."""

    ids: dict[str, Any] = field(default_factory=dict)
    #: Ids that mean something else at one address: {(endpoint, argument): id}.
    there: dict[tuple[str, str], Any] = field(default_factory=dict)
    people: dict[str, FlaskClient] = field(default_factory=dict)

    def id_of(self, endpoint: str, argument: str) -> Any:
        if (endpoint, argument) in self.there:
            return self.there[endpoint, argument]
        assert argument in self.ids, (
            f"{endpoint} takes {argument!r}: say in tests/test_walkers.py what it names."
        )
        return self.ids[argument]


#: Pages of what banks told, and what each names; sellers and officers have the same.
_BANK_PAGES = {
    "bank_notice_answered": "notice_id",
    "bank_feed_ended": "feed_id",
    "bank_statement": "statement_id",
    "bank_statement_stored": "statement_id",
    "bank_statement_columns": "statement_id",
    "bank_statement_columns_named": "statement_id",
}
#: Pages of what carriers paid, likewise.
_CARRIER_PAGES = {
    **dict.fromkeys(
        ("remittance", "remittance_stored", "remittance_columns", "remittance_columns_named",
         "remittance_counted", "remittance_sought", "remittance_taken_back"),
        "file_id",
    ),
    "remittance_line_answered": "line_id",
}  # fmt: skip

#: Pages of an order that is paid by card.
_ONLINE_PAGES = (
    "pay_online", "paid_online", "left_online", "hold_goods_longer", "pay_by_transfer",
)  # fmt: skip


def settled_with(
    session: Any, unit: int, stall: int, hers: int, own: int, head: int, other: int, now: Any
) -> dict[str, int]:
    """Settle with a stall twice: one statement was paid, the other waits for its transfer."""
    ids: dict[str, int] = {}
    for state in ("sent", "approved"):
        made = Settlement(
            organisation_id=unit, from_on=NOON.date(), to_on=NOON.date(), state="approved",
            drafted_at=now, approved_at=now, approved_by_id=head,
        )  # fmt: skip
        session.add(made)
        session.flush()
        one = PayoutStatement(
            settlement_id=made.id, organisation_id=unit, seller_id=stall, goods_vnd=1_000,
            due_vnd=1_000, of_goods_vnd=1_000, pays_vnd=1_000, state=state, payee_id=hers,
            approved_by_id=head,
        )  # fmt: skip
        session.add(one)
        session.flush()
        ids = {"settlement_id": made.id, "payout_statement_id": one.id}
        if state == "sent":
            session.add(
                Payout(
                    statement_id=one.id, organisation_id=unit, seller_id=stall, amount_vnd=1_000,
                    payee_id=hers, from_payee_id=own, reference="FT1", state="sent",
                    approved_by_id=head, sent_by_id=other, sent_at=now,
                )
            )  # fmt: skip
    session.flush()
    return ids


def paid_to(session: Any, owner: Any, now: Any) -> dict[str, int]:
    """Store a carrier's file with one line for the owner of an account."""
    content = carriers.chim_cat([(f"CC{owner.id}9001VN", 1_000, 0, 1_000)])
    who: dict[str, Any] = {"actor_id": None, "actor_name": "", "now": now}
    file_id = keep_file(
        session, owner=owner, carrier="ghn", payee_id=None, content=content,
        tables=list(tables_in(content)), **who,
    )  # fmt: skip
    store_file(session, file_id=file_id, **who)
    line = session.scalars(
        select(RemittanceLine.id).where(RemittanceLine.remittance_id == file_id)
    ).one()
    return {"file_id": file_id, "line_id": line}


def a_fund(
    session: Any, unit: int, payee_id: int, stall: int, product: int, people: tuple[int, int],
    now: datetime,
) -> dict[str, int]:  # fmt: skip
    """Make a campaign of a unit with a gift, an offer, a seller's share and a slip, by their ids."""
    today = vietnam_date(now)
    row = Campaign(
        code=f"WK{unit:06d}", organisation_id=unit, kind="sale", state="open", title_vi="Heo",
        for_whom_vi="sáu chị", why_vi="Cần heo.", beneficiary_rule_vi="Họp.",
        spending_vi="Mua heo.", legal_basis_vi="Quy chế", document_no="1", document_on=today,
        goal_vnd=1_000_000, opens_on=today, closes_on=None, distribute_by=None,
        payee_id=payee_id, created_at=now, opened_at=now, entries=0, chain="",
    )  # fmt: skip
    session.add(row)
    session.flush()
    offer = offer_product(
        session, campaign_id=row.id, product_id=product, seller_id=stall,
        rule=ShareRule(row.id, "all"), consent_kind="self", consent_by="chị Mẫu",
        consent_on=today, actor_id=None, actor_name="", now=now,
    )  # fmt: skip
    gift = offer_gift(
        session, campaign_id=row.id, amount_vnd=50_000, contact={"name": "", "email": None},
        shown_name="", message="Chúc vui", attempt_id=f"gift{unit}", locale="vi", now=now,
    )  # fmt: skip
    gift.written_by_id, gift.came_on = people[0], today
    share = SharePayment(
        campaign_id=row.id, seller_id=stall, payee_id=payee_id, memo=f"CPWK{unit:06d}",
        amount_vnd=10_000, received_vnd=0, opened_at=now,
    )  # fmt: skip
    session.add(share)
    session.flush()
    her = add_beneficiary(
        session, campaign_id=row.id, ward_code="20669", ward_name="Xã Quế Phước", households=1,
        contact={"name": "Lê Thị Kín", "phone": "", "address": "", "note": ""}, consent={},
        actor_id=people[0], now=now,
    )  # fmt: skip
    handed = plan(
        session, campaign_id=row.id, actor_id=people[0], actor_name="Hương", now=now,
        said={
            "purpose": "hand_over", "form": "goods", "beneficiary_id": her.id,
            "words_vi": "Gạo", "goods_vi": "5 bao",
        },
    )  # fmt: skip
    returned = DisbursementReturn(
        disbursement_id=handed.id, amount_vnd=1, on_day=today, reference="", why="Nhầm",
        state="said", said_at=now, said_by_id=people[0],
    )  # fmt: skip
    session.add(returned)
    session.flush()
    file = add_file(
        session, campaign_id=row.id, role="evidence", disbursement_id=handed.id,
        paper=Paper("pdf", b"%PDF-1.4 %%EOF"), caption_vi="Phiếu xuất", actor_id=None,
        actor_name="", now=now,
    )  # fmt: skip
    move_fund(
        session, campaign_id=row.id, kind=EntryKind.GIFT, amount_vnd=100_000,
        against=fund_bank(payee_id), key=f"walk:fund:{row.id}", of=Of(), now=now,
    )  # fmt: skip
    move_fund(
        session, campaign_id=row.id, kind=EntryKind.SHARE, amount_vnd=-1_000,
        against=fund_bank(payee_id), key=f"share-back:{row.id}:{stall}:2", of=Of(), now=now,
    )  # fmt: skip
    deposit = CashDeposit(
        campaign_id=row.id, amount_vnd=1, on_day=today, reference="", state="said", said_at=now,
        said_by_id=people[0],
    )  # fmt: skip
    session.add(deposit)
    session.flush()
    sheet = plan_slips(
        session, campaign_id=row.id, households=[her.id], budget_vnd=50_000, valid_until=today,
        actor_id=people[1], actor_name="Phụ", now=now,
    )  # fmt: skip
    approve_slips(session, sheet_id=sheet.id, actor_id=people[0], actor_name="Hương", now=now)
    asked = OfferRequest(
        campaign_id=row.id, seller_id=stall, product_id=product, share_kind="all",
        state="waiting", asked_by_name="chị Mẫu", asked_at=now,
    )  # fmt: skip
    session.add(asked)
    session.flush()
    fruit = offer_goods(
        session, campaign_id=row.id, attempt_id=f"goods{unit}", locale="vi", now=now,
        given=Given("Xoài", 3, "kg", None, "", {"name": "Kín", "phone": "", "note": ""}),
    )  # fmt: skip
    return {
        "goods_id": fruit.id,
        "deposit_id": deposit.id,
        "request_id": asked.id,
        "sheet_id": sheet.id,
        "market_slip_id": session.scalars(select(Slip.id).where(Slip.sheet_id == sheet.id)).one(),
        "disbursement_id": handed.id, "return_id": returned.id, "paper_file": file.id,
        "duty": "totals", "campaign_id": row.id, "offer_id": offer.id, "gift_id": gift.id, "share_id": share.id,
    }  # fmt: skip


def a_gift_by_card(
    session: Any, campaign_id: int, payee_id: int, planner_id: int, now: datetime
) -> int:
    """Let a card have given to a campaign, its money planned to be passed on; return the plan's id."""
    gift = offer_gift(
        session, campaign_id=campaign_id, amount_vnd=30_000, contact={"name": "", "email": None},
        shown_name="", message="", attempt_id=f"card{campaign_id}", locale="vi", now=now,
        method="card",
    )  # fmt: skip
    visit = GiftVisit(
        gift_id=gift.id, payee_id=payee_id, gateway="card", key=f"walk:{campaign_id}",
        amount_vnd=30_000, state="paid", charge_id=f"pi_{campaign_id}",
        payout_outside_id=f"po_{campaign_id}", opened_at=now, expires_at=now, changed_at=now,
    )  # fmt: skip
    made = GiftPass(
        campaign_id=campaign_id, from_payee_id=payee_id, to_payee_id=payee_id, amount_vnd=30_000,
        state="planned", planned_at=now, planned_by_id=planner_id,
    )  # fmt: skip
    session.add_all([visit, made])
    session.flush()
    session.add(GiftPassLine(pass_id=made.id, visit_id=visit.id, amount_vnd=30_000))
    return made.id


def a_market(
    session: Any, unit: int, variant: int, buyer: int, order: int, now: datetime
) -> dict[str, int]:
    """Make a market of a unit with a place and what a seller brings, by their ids."""
    by = {"actor_id": None, "actor_name": "", "now": now}
    series = sessions.write_series(
        session, organisation_id=unit, title_vi="Chợ", title_en="", rule="weekly:6",
        shift="none", **by,
    )  # fmt: skip
    row = sessions.write_session(
        session, organisation_id=unit, series_id=series.id,
        said={
            "title_vi": "Phiên", "opens_at": now, "closes_at": now + timedelta(days=2),
            "hand_over_at": now + timedelta(days=3), "ends_at": now + timedelta(days=3, hours=3),
            "collects": False,
        }, **by,
    )  # fmt: skip
    stand = sessions.add_pickup(
        session, session_id=row.id, name_vi="Đầu làng", name_en="", address_vi="", address_en="",
        starts_at=row.hand_over_at, ends_at=row.ends_at, max_orders=None, **by,
    )  # fmt: skip
    goods = ask_for_offer(
        session, session_id=row.id, variant_id=variant, price_vnd=20_000, quantity=9, heard=True,
        **by,
    )  # fmt: skip
    row.amount_vnd, row.orders, stand.taken, goods.taken = 500_000, 1, 1, 1
    standing = StandingOrder(
        account_id=buyer, series_id=series.id, method="cod", pickup_vi="Đầu làng", created_at=now
    )
    session.add(standing)
    session.add(
        MarketOrder(
            session_id=row.id, order_id=order, pickup_id=stand.id, number=1, parts=1,
            amount_vnd=500_000, at=now,
        )
    )  # fmt: skip
    task = QueuedAct(
        key=f"{row.id:032x}", kind="market.leave", about_id=row.id, account_id=buyer, digest="",
        facts={"market": row.id, "number": 1}, at=now, stored_at=now, outcome="conflict",
    )  # fmt: skip
    session.add(task)
    session.flush()
    return {
        "stall_task_id": task.id, "standing_id": standing.id,
        "series_id": series.id, "market_id": row.id, "pickup_id": stand.id, "goods_id": goods.id,
    }  # fmt: skip


@pytest.fixture
def a_neighbourhood(
    app: Flask, an_organisation, an_account, a_seller, a_variant, sign_in, a_cart, place  # noqa: F811
) -> Callable[[], Neighbourhood]:  # fmt: skip
    def make() -> Neighbourhood:
        now = now_utc()
        # Nobody answers there: a walk asks no carrier.
        app.extensions["carrier_bases"] = {"ghtk": "http://127.0.0.1:9"}
        unit = an_organisation()
        head, owner, staff, gone = (an_account(name) for name in ("Hương", "Sương", "Phụ", "Cũ"))
        buyer = an_account("Lan")
        stall = a_seller(organisation_id=unit, owner_id=owner)
        variant = a_variant(seller_id=stall, on_hand=50)
        with transaction() as session:
            for person in (staff, gone):
                session.add(
                    SellerMember(seller_id=stall, account_id=person, role="staff", since=NOON)
                )
            appoint(
                session, organisation_id=unit, account_id=head, role="head",
                starts_on=vietnam_date(now), actor_id=None, actor_name="", now=now,
            )  # fmt: skip
        people = {
            "head": sign_in(head, "officer"), "owner": sign_in(owner, "seller"),
            "staff": sign_in(staff, "seller"), "dismissed": sign_in(gone, "seller"),
            "buyer": sign_in(buyer, "buyer"),
        }  # fmt: skip
        cash = place(a_cart({variant: 1}), 120_000, account_id=buyer)
        paid = place(
            a_cart({variant: 1}), 120_000, account_id=buyer,
            choices={stall: Choice(method="transfer")},
        )  # fmt: skip
        with transaction() as session:
            dismiss_member(
                session, seller_id=stall, account_id=gone, actor_id=owner, actor_name="Sương",
                now=now,
            )  # fmt: skip
            for placed in (cash, paid):
                open_payments(session, placed.order_id, now)
            payment = session.scalars(
                select(Payment.id).where(Payment.order_id == paid.order_id)
            ).one()
            confirm_received(
                session, payment_id=payment, amount_vnd=1_000, after=0, by=By("seller", owner),
                now=now,
            )  # fmt: skip
            parcel = session.scalars(
                select(SellerOrder.id).where(SellerOrder.order_id == cash.order_id)
            ).one()
            move_cash(
                session, seller_order_id=parcel, to=CashState.WITH_SELLER,
                by=By("seller", owner), now=now,
            )  # fmt: skip
            key = vault().new_key()
            account = Payee(
                organisation_id=unit, bank_bin="970405", bank_name="Agribank", holder="HOI PHU NU",
                data_key=key, account_number=vault().seal(key, f"42100{unit:04d}"),
                last4=f"{unit:04d}", started_at=now,
            )  # fmt: skip
            session.add(account)
            session.flush()
            account_id = account.id
            collected = Payment(
                order_id=cash.order_id, payee_id=account.id, method="transfer",
                memo=f"CPHOI{unit:03d}", amount_vnd=2_000, opened_at=now,
            )  # fmt: skip
            session.add(collected)
            session.flush()
            confirm_received(
                session, payment_id=collected.id, amount_vnd=1_000, after=0,
                by=By("officer", head), now=now,
            )  # fmt: skip
            save_address(session, account_id=buyer, address={"line1": "12 Lê Lợi"}, now=now)
            product = session.scalars(select(Variant.product_id).where(Variant.id == variant)).one()
            picture = Picture(
                digest="ab" * 16, width_px=960, height_px=640, colour="#c0a080",
                versions={"jpg": [320, 640]}, alt_vi="Ảnh", alt_state="needs_help",
                created_at=now, seller_id=stall,
            )  # fmt: skip
            stuck = OutboxMessage(
                event="x", subscriber="x", payload={}, recorded_at=now, due_at=now, parked_at=now
            )
            taxed = TaxPayment(
                organisation_id=unit, payee_id=account.id, amount_vnd=1, first_on=NOON.date(),
                last_on=NOON.date(), state="planned", planned_at=now, planned_by_id=head,
            )  # fmt: skip
            session.add_all([picture, stuck, taxed])
            session.flush()
            paper = add_paper(
                session, seller_id=stall, now=now, actor_id=None, actor_name="",
                fields=PaperFields(kind="other", number="1", name="Giấy"), file=("pdf", b"%PDF-"),
            )  # fmt: skip
            asking, _word = invite(
                session, organisation_id=unit, name="Mới", phone="+84905000444", actor_id=head,
                actor_name="Hương", now=now,
            )  # fmt: skip
            asking.state, asking.seller_id = "sent", stall
            session.add(ProductPicture(product_id=product, picture_id=picture.id, position=1))
            complaint = receive_complaint(
                session, kind="other", name="Lan", phone="+84905000999", email=None, order_code="",
                text="Chưa thấy hàng.", locale="vi", now=now, photos=[b"RIFF"],
            )  # fmt: skip

            called = write_call(
                session, organisation_id=unit, words={
                    "title_vi": "Cấy lúa", "for_whom_vi": "một gia đình", "place_vi": "Đầu làng",
                    "contact_name": "Hương", "contact_phone": "+84905000777",
                },
                starts_at=now + timedelta(days=3), ends_at=now + timedelta(days=4),
                consent_kind="voice", consent_on=vietnam_date(now), actor_id=head,
                actor_name="Hương", now=now,
            )  # fmt: skip
            need = add_need(
                session, call_id=called.id, kind="labour", words_vi="Người cấy", words_en="",
                unit_vi="người", unit_en="", wanted=9, actor_id=head, actor_name="Hương", now=now,
            )  # fmt: skip
            open_call(session, call_id=called.id, actor_id=head, actor_name="Hương", now=now)
            promised = pledge(
                session, call_id=called.id, need_id=need.id, quantity=1,
                contact={"name": "Hoa", "phone": None, "email": None, "note": ""}, shown_name="",
                attempt_id=f"walk{unit}", locale="vi", now=now,
            )  # fmt: skip
            raising = a_fund(session, unit, account.id, stall, product, (head, staff), now)
            apart = a_fund_apart(session, unit, now=now)
            carded = a_gift_by_card(session, raising["campaign_id"], account.id, staff, now)
            own, given = (
                create_voucher(
                    session, code="", name_vi="Vụ mới", name_en="", kind="amount",
                    most_off_vnd=10_000, actor_id=owner, now=now, **whose,
                ).id
                for whose in ({"seller_id": stall}, {"organisation_id": unit, "payer_id": unit})
            )  # fmt: skip
            by = {"actor_id": head, "actor_name": "Hương", "now": now}
            grant = grant_help(
                session, seller_id=stall, helper_id=buyer, owner_id=owner, rights=("see_orders",),
                last_day=vietnam_date(now), consent_kind="voice", consent_on=vietnam_date(now),
                consent_file=("wav", wav(2)), **by,
            )  # fmt: skip
            kept = add_commission_rule(
                session, organisation_id=unit, rate=Rate(800), from_on=vietnam_date(now), **by
            )
            law = add_tax_rule(
                session, category="goods", vat=100, pit=50, from_on=vietnam_date(now),
                legal_ref="x", **by,
            )  # fmt: skip
            hers = session.scalars(select(Payee).where(Payee.seller_id == stall)).one()
            bank = {owner.id: told_of(session, owner, now) for owner in (hers, account)}

            paid_by_carrier = {owner.id: paid_to(session, owner, now) for owner in (hers, account)}

            def one(column: Any, *where: Any) -> Any:
                return session.scalars(select(column).where(*where).order_by(column.desc())).first()

            card_task = open_task(
                session, key=f"walk:{unit}", gateway="card", reason="wrong_amount",
                payment_id=collected.id, amount_minor=1_000, now=now,
            )  # fmt: skip
            hers_back = refund(
                session, of=Subject(TRANSFER, payment), amount_vnd=500,
                reason=RefundReason.GOODWILL, way=Way.BANK, key=f"walk:{payment}",
                by=By("seller", owner), now=now,
            )  # fmt: skip
            sides = (("suspense", 1_000), ("written_off", -1_000))
            corrected = Correction(
                organisation_id=unit, amount_vnd=1_000,
                legs=[[kind, f"seller:{stall}", "", vnd] for kind, vnd in sides], reason="x", evidence="x",
                state="proposed", proposed_at=now, proposed_by_id=staff,
            )  # fmt: skip
            session.add(corrected)
            hers_in_the_register = add_member(
                session, organisation_id=unit, person=Person(IN_THE_REGISTER, "+84905000333"),
                actor_id=head, actor_name="Hương", now=now,
            ).id  # fmt: skip
            listed = keep_sheet(
                session, kind="members", organisation_id=unit, actor_id=head, actor_name="Hương",
                tables=[[["Họ và tên", "Năm sinh"], ["Lý", "1980"]]], now=now,
            )  # fmt: skip
            who = {"actor_id": head, "actor_name": "Hương", "now": now}
            chat = add_group(
                session, organisation_id=unit, kind="zalo", for_whom="members", name="Nhóm",
                link="zalo.me/g/1", size=None, **who,
            )  # fmt: skip
            lecture = call_class(
                session, organisation_id=unit, said={
                    "title_vi": "Chụp ảnh", "place_vi": "Đầu làng", "trainer_name": "Hương",
                    "trainer_phone": "+84905000777", "starts_at": now - timedelta(hours=1),
                    "ends_at": now + timedelta(hours=1), "seats": 9,
                }, **{**who, "now": now - timedelta(days=2)},
            )  # fmt: skip
            seat = take_seat(
                session, class_id=lecture.id, contact={"name": "Lan", "phone": None},
                attempt_id=f"seat{unit}", account_id=buyer, now=now - timedelta(days=1),
            )  # fmt: skip
            note_attendance(session, class_id=lecture.id, seat_id=seat.id, to=SeatState.CAME, **who)
            taught = write_lesson(
                session, organisation_id=unit, body_vi="# Bài\n\n## Bước", deed="",
                body_en="# Lesson\n\n## Step", **who,
            )  # fmt: skip
            asked = ask(
                session, account_id=buyer, organisation_id=unit, text="Sao?", wants_call=False,
                now=now,
            )  # fmt: skip
            told = announce(
                session, organisation_id=unit, title="Họp", text="Tối nay.", is_open=False, **who
            )
            divided = {"unit_id": unit, "parts": [{"name_vi": ""}, {"name_vi": "Phần hai"}]}
            reordered = Reordering(
                kind="split", state="proposed", top_id=unit, facts={}, decision="",
                plan={**divided, "children": {}, "keeps": True, "carry": True},
                proposed_at=now, proposed_by_id=staff,
            )  # fmt: skip
            session.add(reordered)
            of_unit = Refund(
                payment_id=collected.id, amount_vnd=500, reason="goodwill", way="bank",
                state="asked", key=f"walk:{collected.id}", actor_kind="officer", actor_id=head,
                asked_at=now, changed_at=now,
            )  # fmt: skip
            session.add(of_unit)
            session.flush()
            units_back = of_unit.id
            session.add(
                RefundAllocation(refund_id=units_back, seller_order_id=parcel, amount_vnd=500)
            )
            key = session.scalars(select(Order.data_key).where(Order.id == cash.order_id)).one()
            session.add(
                RefundWord(
                    refund_id=units_back, campaign_id=raising["campaign_id"],
                    said=vault().seal(key, {"by": "Lan", "words": ""}),
                    said_on=vietnam_date(now), said_how="phone", recorded_at=now,
                    recorded_by_id=staff,
                )
            )  # fmt: skip
            for order, back in ((paid, hers_back), (cash, units_back)):
                give_account(
                    session, order_id=order.order_id, refund_id=back, bank_bin="970436",
                    number="1029384756", holder="Lan", by=By("buyer"), now=now,
                )  # fmt: skip
            carrier_account = open_account(
                session, seller_id=stall, carrier="ghtk", keys={"token": "k"}, is_test=False, **who
            ).id
            at_carrier = CarrierParcel(
                seller_id=stall, account_id=carrier_account, client_code=f"walk{unit}",
                seller_order_id=one(SellerOrder.id, SellerOrder.order_id == paid.order_id),
                state="made", tracking_code="S1", weight_g=500, cod_vnd=0, asked_at=now,
            )  # fmt: skip
            session.add(at_carrier)
            session.flush()
            by_carrier = at_carrier.id
            offer_gift(
                session, campaign_id=raising["campaign_id"], amount_vnd=20_000,
                contact={"name": "", "email": None}, shown_name="", message="",
                attempt_id=f"beside{unit}", locale="vi", order_id=paid.order_id, now=now,
            )  # fmt: skip
            at_market = a_market(session, unit, variant, buyer, paid.order_id, now)
            came_late = Refund(
                payment_id=payment, amount_vnd=400, reason="late", way="bank", state="asked",
                key=f"late:{payment}", actor_kind="system", asked_at=now, changed_at=now,
            )  # fmt: skip
            session.add(came_late)
            session.execute(
                update(SellerOrder)
                .where(SellerOrder.order_id == paid.order_id)
                .values(market_pickup_id=at_market["pickup_id"])
            )
            session.flush()
            late_id = came_late.id
            lot = begin_lot(
                session, seller_id=stall, variant_id=variant, fields=LotFields("L1", None, None),
                quantity=2, is_counted=True, reason="", actor_id=owner, now=now,
            )  # fmt: skip
            session.add(
                LotUse(
                    lot_id=lot.id, line_item_id=parcel, seller_order_id=one(SellerOrder.id, SellerOrder.order_id == paid.order_id),
                    quantity=1, returned=0, out_at=now, at=now,
                )
            )  # fmt: skip
            late = one(SellerOrder.id, SellerOrder.order_id == paid.order_id)
            session.add(
                QueuedAct(
                    key=f"late{late:028d}", kind="selling.step", about_id=stall, account_id=owner,
                    digest="", facts={"stall": stall, "order": late, "to": "packed"}, at=now,
                    stored_at=now, outcome="conflict", why="illegal_move",
                )
            )  # fmt: skip
            said = Review(
                seller_id=stall, product_id=product, locale="vi", written_at=now, stars=4,
                seller_order_id=one(SellerOrder.id, SellerOrder.order_id == paid.order_id),
                text="Ngon.", reply="Cảm ơn.", replied_at=now, reported_at=now,
                report_reason="insult",
            )  # fmt: skip
            left = HandOver(
                seller_order_id=one(SellerOrder.id, SellerOrder.order_id == paid.order_id),
                kind="own", at=now,
            )  # fmt: skip
            session.add_all((said, left, ReviewSum(product_id=product, seller_id=stall, stars_4=1)))
            session.flush()
            on_its_way = secrets.token_hex(16)
            goods_list = keep_goods_sheet(
                session, seller_id=stall, tables=[[["SKU", "Price"]]], actor_id=owner,
                actor_name="", now=now,
            )  # fmt: skip
            begin_upload(session, seller_id=stall, key=on_its_way, size_bytes=100, now=now)
            ids = {
                "refund_id": hers_back,
                "seller_order_id": one(SellerOrder.id, SellerOrder.order_id == paid.order_id),
                "part": one(SellerOrder.id, SellerOrder.order_id == paid.order_id),
                "event_id": one(
                    PaymentEvent.id, PaymentEvent.payment_id == payment,
                    PaymentEvent.kind == "received",
                ),
                "code": one(Order.code, Order.id == paid.order_id),
                "move_id": one(CashMove.id, CashMove.seller_order_id == parcel),
                "hand_over_id": left.id,
                "payment_id": collected.id,
                **bank[hers.id],
                **paid_by_carrier[hers.id],
                "number": 1,
                "kind": "csv",
                **settled_with(session, unit, stall, hers.id, account.id, head, owner, now),
                "token": "t" * 32,
                "product_id": product,
                "picture_id": picture.id,
                "paper_id": paper.id,
                "application_id": asking.id,
                "point_id": one(PickupPoint.id, PickupPoint.seller_id == stall),
                "account_id": staff,
                "sign_in_id": one(SignIn.id, SignIn.account_id == buyer),
                "passkey_id": a_key_of(session, buyer, now),
                "address_id": one(SavedAddress.id, SavedAddress.account_id == buyer),
                "complaint_id": complaint.id,
                "entry_id": one(AuditEntry.id, AuditEntry.action == "membership.appointed"),
                "message_id": stuck.id,
                "correction_id": corrected.id,
                "reordering_id": reordered.id,
                "member_id": hers_in_the_register,
                "year": now.year,
                "group_id": chat.id,
                "class_id": lecture.id,
                "seat_id": seat.id,
                "lesson_id": taught.id,
                "question_id": asked.id,
                "slug": "dang-mon-dau",
                "announcement_id": told.id,
                "sheet_id": listed,
                "owner_id": stall,
                "seller_id": stall,
                "unit_id": unit,
                "task_id": card_task,
                "call_id": called.id,
                "need_id": need.id,
                "pledge_id": promised.id,
                "to": "came",
                "pass_id": carded,
                **raising,
                **at_market,
                "step": "gui",
                "voucher_id": own,
                "rule_id": kept.id,
                "tax_rule_id": law.id,
                "tax_payment_id": taxed.id,
                "membership_id": one(Membership.id, Membership.account_id == head),
                "grant_id": grant.id,
                "parcel_id": by_carrier,
                "lot_id": lot.id,
                "review_id": said.id,
                "variant_id": variant,
                "kiosk_id": open_kiosk(session, organisation_id=unit, name="Nhà", **by)[0].id,
                "key": called.code,
                "shape": "vuong",
                "paper": "a5",
            }  # fmt: skip
            there = {
                ("organising.share_not_given_back", "number"): 2,
                ("organising.hand_over_return_answered", "to"): "bo",
                ("organising.cash_paid_in_answered", "to"): "bo",
                **dict.fromkeys(
                    (
                        ("selling.goods_sheet_page", "sheet_id"),
                        ("selling.goods_sheet_progress", "sheet_id"),
                        ("selling.goods_sheet_accepted", "sheet_id"),
                    ),
                    goods_list,
                ),
                **{
                    (f"selling.photo_{step}", "key"): on_its_way
                    for step in ("state", "part", "finished")
                },
                **{
                    (f"selling.carrier_{act}", "account_id"): carrier_account
                    for act in ("quote", "asked", "ended")
                },
                **{
                    (f"operations.{page}", name): bank[account.id][name]
                    for page, name in _BANK_PAGES.items()
                },
                ("operations.stop_voucher", "voucher_id"): given,
                ("organising.show_message", "to"): "hien",
                ("organising.show_lesson", "to"): "cho-doc",
                ("organising.note_attendance", "to"): "vang",
                **{
                    (f"organising.{view}", "code"): lecture.code
                    for view in ("class_page", "sign_up")
                },
                ("organising.answer_offer_request", "to"): "nhan",
                ("organising.answer_goods", "to"): "nhan",
                ("selling.agree_to_market_goods", "to"): "dong-y",
                **{
                    (f"organising.{view}", "kind"): "tui"
                    for view in ("market_list", "market_list_pdf", "market_list_xlsx")
                },
                ("organising.hide_giver_name", "to"): "hien",
                ("organising.show_paper", "to"): "bo",
                ("organising.publish_report", "to"): "dang",
                ("organising.move_hand_over", "step"): "bo",
                **{
                    (f"organising.{view}", "file_id"): raising["paper_file"]
                    for view in ("campaign_paper", "show_paper")
                },
                ("operations.resume_voucher", "voucher_id"): given,
                **{
                    (f"operations.{page}", name): paid_by_carrier[account.id][name]
                    for page, name in _CARRIER_PAGES.items()
                },
                ("operations.unit_bank_page", "owner_id"): unit,
                ("organising.list_page", "kind"): "hoi-vien",
                ("organising.list_sent", "kind"): "hoi-vien",
                ("operations.unit_bank", "owner_id"): unit,
                ("operations.payout_qr", "kind"): "svg",
                ("operations.gift_pass_qr", "kind"): "svg",
                ("operations.plan_gift_pass", "payee_id"): account.id,
                ("operations.fund_transfer", "campaign_id"): apart,
                ("operations.fund_transfer_page", "campaign_id"): apart,
                **dict.fromkeys(
                    [
                        (f"sharing.{view}", "kind")
                        for view in ("share_page", "picture", "poster_page")
                    ],
                    "giup-nhau",
                ),
                **{
                    (view, "payout_statement_id"): session.scalars(
                        select(Payout.statement_id).where(Payout.seller_id == stall)
                    ).one()
                    for view in (
                        "operations.payout_received",
                        "operations.payout_failed",
                        "selling.payout_arrived",
                    )
                },
                **{
                    (f"organising.{view}", "refund_id"): late_id
                    for view in ("late_money_page", "late_money_to_next_market")
                },
                ("operations.postings", "of"): "payment",
                ("operations.postings", "of_id"): payment,
                **{
                    (f"{room}.step_taken_back", "move_id"): one(
                        SellerOrderMove.id,
                        SellerOrderMove.seller_order_id == SellerOrder.id,
                        SellerOrder.order_id == paid.order_id,
                    )
                    for room in ("selling", "operations")
                },
                **{
                    (f"operations.{view}", "refund_id"): units_back
                    for view in (
                        "transfer_sent_back",
                        "refund_account_wrong",
                        "refund_as_credit",
                        "promise_withdrawn",
                        "refund_qr_svg",
                        "refund_qr_png",
                        "refund_word_recorded",
                        "refund_word_carried_out",
                        "refund_word_dropped",
                    )
                },
                ("operations.transfer_taken_back", "event_id"): one(
                    PaymentEvent.id,
                    PaymentEvent.payment_id == collected.id,
                    PaymentEvent.kind == "received",
                ),
            } | {
                (f"selling.{view}", "seller_order_id"): parcel
                for view in (
                    "cash_counted",
                    "cash_given_back",
                    "cash_written_off",
                    "cash_rest_noted",
                    "return_fee_noted",
                    "cash_taken_back",
                )
            }
        by_card = place(
            a_cart({variant: 1}), 120_000, account_id=buyer,
            choices={stall: Choice(method="card")}, online={"card": account_id},
        )  # fmt: skip
        with transaction() as session:
            open_payments(session, by_card.order_id, now)
        for page in _ONLINE_PAGES:
            there[f"buying.{page}", "code"] = by_card.code
        # Her transfer is booked when it is stored, so its account is there only now.
        books = select(LedgerAccount.id).where(LedgerAccount.owner == f"payee:{hers.id}")
        booked = db.session.scalars(books).first()
        for page in ("account_statement", "account_file"):
            there[f"operations.{page}", "account_id"] = booked
        return Neighbourhood(ids, there, people)

    return make


@pytest.fixture
def hers(a_neighbourhood) -> Neighbourhood:
    return a_neighbourhood()


@pytest.fixture
def beside(a_neighbourhood) -> Neighbourhood:
    return a_neighbourhood()


@pytest.fixture
def operator(an_account, sign_in) -> FlaskClient:
    return sign_in(an_account("Hảo", operator=True), "operator")


@pytest.fixture
def stored(database_url: str) -> Iterator[Callable[[], int]]:
    """``stored()`` gives another number once anything was stored in the database."""
    with sqlite3.connect(database_url.removeprefix("sqlite:///")) as looking:
        yield lambda: looking.execute("PRAGMA data_version").fetchone()[0]


def walked(app: Flask) -> list[tuple[Rule, str, str]]:
    """Return (rule, method, guard) of every address that names something of somebody's."""
    return [
        (rule, method, guard)
        for rule in app.url_map.iter_rules()
        for method in sorted(set(rule.methods or ()) - {"HEAD", "OPTIONS"})
        if rule.arguments
        and (guard := guard_of(app, rule.endpoint)) != "anyone"
        and rule.endpoint not in BEARER | PUBLIC
        and guard is not None
    ]


def a_key_of(session: Any, account_id: int, now: datetime) -> int:
    """Give a person a passkey; return its number."""
    key = Passkey(
        account_id=account_id, credential_id=f"{account_id} {now}".encode(), public_key=b"", sign_count=0, name="Máy",
        created_at=now, settles_at=now,
    )  # fmt: skip
    session.add(key)
    session.flush()
    return key.id


def address(app: Flask, rule: Rule, values: dict[str, Any]) -> str:
    return app.url_map.bind("localhost").build(rule.endpoint, values)


def in_order(rule: Rule) -> list[str]:
    return re.findall(r"<(?:[^:>]+:)?(\w+)>", rule.rule)


class Walker:
    """A browser that posts with its own token."""

    def __init__(self, name: str, browser: FlaskClient) -> None:
        self.name, self.browser = name, browser
        page = browser.get("/tai-khoan").text
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        self.token = found[1] if found else ""

    def go(self, method: str, way: str) -> Any:
        if method == "GET":
            return self.browser.get(way)
        fields = {"csrf_token": self.token, "shown_total": "120000", "reason": "x", "toi": "packed"}
        kept = dict(self.browser._cookies)
        answer = self.browser.open(way, method=method, data=fields)
        self.browser._cookies = kept  # Ending one's own sign-in does not end the walk.
        return answer


def is_turned_away(answer: Any) -> bool:
    """Tell whether an answer says that there is nothing, or asks who is there."""
    if answer.status_code in (404, 410):
        return True
    where = answer.headers.get("Location", "")
    return answer.status_code == 303 and where.startswith(("/dang-nhap?", "/tra-don?"))


def test_nobody_else_reaches_what_is_somebodys(
    app: Flask, hers: Neighbourhood, beside: Neighbourhood, operator, stored
) -> None:
    others = [Walker(name, beside.people[name]) for name in ("buyer", "owner", "head")]
    walkers = [
        Walker("stranger", app.test_client()),
        *others,
        Walker("dismissed", hers.people["dismissed"]),
        Walker("operator", operator),
    ]
    before, wrong = stored(), []
    for rule, method, guard in walked(app):
        values = {name: hers.id_of(rule.endpoint, name) for name in rule.arguments}
        way = address(app, rule, values)
        for walker in walkers:
            if walker.name == "operator" and guard in ("operator", "officer"):
                continue
            answer = walker.go(method, way)
            if not is_turned_away(answer):
                wrong.append(f"{walker.name}: {method} {way} answered {answer.status_code}")
            if stored() != before:
                before = stored()
                wrong.append(f"{walker.name}: {method} {way} stored something")
    assert not wrong, "\n".join(wrong)


def test_nothing_of_somebody_else_hangs_on_what_is_ones_own(
    app: Flask, hers: Neighbourhood, beside: Neighbourhood, stored
) -> None:
    """One's own order, product or unit in the address, and another's picture or event after it."""
    walkers = {
        "seller": Walker("owner", beside.people["owner"]),
        "officer": Walker("head", beside.people["head"]),
        "link": Walker("buyer", beside.people["buyer"]),
        "signed_in": Walker("buyer", beside.people["buyer"]),
    }
    before, wrong, tried = stored(), [], 0
    for rule, method, guard in walked(app):
        names = in_order(rule)
        if len(names) < 2 or names[-1] in COUNTERS or guard not in walkers:
            continue
        values = {name: beside.id_of(rule.endpoint, name) for name in names[:-1]}
        values[names[-1]] = hers.id_of(rule.endpoint, names[-1])
        way, tried = address(app, rule, values), tried + 1
        answer = walkers[guard].go(method, way)
        if not is_turned_away(answer) or stored() != before:
            before = stored()
            wrong.append(f"{method} {way} answered {answer.status_code}")
    assert tried >= 5
    assert not wrong, "\n".join(wrong)


def test_no_role_of_another_unit_sees_a_member_and_nobody_below_her_branch_does(
    app: Flask, hers: Neighbourhood, an_organisation, an_account, sign_in
) -> None:
    """Every page that names something of a unit, and the lists of units, as each role elsewhere."""
    below = an_organisation("Chi hội dưới", parent_id=hers.ids["unit_id"], kind="branch")
    beside = an_organisation("Xã bên")
    named = {"unit_id", "member_id", "sheet_id", "group_id", "announcement_id", "reordering_id"}
    ways = [
        address(app, rule, {name: hers.id_of(rule.endpoint, name) for name in rule.arguments})
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and (named & rule.arguments or rule.rule in ("/dieu-hanh", "/dieu-hanh/to-chuc"))
    ]
    canary, found = IN_THE_REGISTER.encode(), []
    for role in ROLES:
        for unit in (below, beside):
            person, now = an_account(f"Người {role}"), now_utc()
            with transaction() as session:
                appoint(
                    session, organisation_id=unit, account_id=person, role=role,
                    starts_on=vietnam_date(now), actor_id=None, actor_name="", now=now,
                )  # fmt: skip
            browser = sign_in(person, "officer" if role != "member" else "buyer")
            found += [(role, way) for way in ways if canary in browser.get(way).data]
    assert not found
    assert len(ways) > 20
    seen = [way for way in ways if canary in hers.people["head"].get(way).data]
    assert len(seen) >= 2, "her own head does see her"


def test_each_page_of_the_desk_says_in_the_menu_where_it_stands(
    app: Flask, hers: Neighbourhood, operator
) -> None:
    wrong, seen = [], 0
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/dieu-hanh") or "GET" not in (rule.methods or ()):
            continue
        values = {name: hers.id_of(rule.endpoint, name) for name in rule.arguments}
        way = address(app, rule, values)
        page = operator.get(way)
        if page.status_code != 200 or page.mimetype != "text/html":
            continue  # A file, or an address that leads on.
        menu = page.text.split('id="danh-muc"')[1].split("</nav>")[0]
        marked, seen = menu.count("aria-current"), seen + 1
        if marked != 1:
            wrong.append(f"{way} marks {marked}")
    assert seen >= 50
    assert not wrong, "\n".join(wrong)
    menu = operator.get("/dieu-hanh/thu-ho").text.split('id="danh-muc"')[1]
    assert re.search(r'href="/dieu-hanh/tien-ve" aria-current="true"', menu)


def test_whose_it_is_does_reach_it(
    app: Flask, hers: Neighbourhood, operator, database_url: str, tmp_path
) -> None:
    """The twin of the walks above: the ids are real, so their 404 meant "not yours"."""
    file = database_url.removeprefix("sqlite:///")
    db.session.remove()
    db.engine.dispose()
    shutil.copy(file, tmp_path / "kept.sqlite")
    at_home = {
        "seller": Walker("owner", hers.people["owner"]),
        "signed_in": Walker("buyer", hers.people["buyer"]),
        "link": Walker("buyer", hers.people["buyer"]),
        "officer": Walker("operator", operator),
        "operator": Walker("operator", operator),
    }
    wrong = []
    for rule, method, guard in walked(app):
        if guard in WITHOUT_TOKEN - {"link"} or rule.endpoint in NOT_EVEN_HERS:
            continue
        values = {name: hers.id_of(rule.endpoint, name) for name in rule.arguments}
        answer = at_home[guard].go(method, address(app, rule, values))
        if answer.status_code in (400, 404, 500):
            wrong.append(f"{guard}: {method} {rule.rule} answered {answer.status_code}")
        if method != "GET":  # The next one finds everything as it was.
            db.session.remove()
            db.engine.dispose()
            for left in ("-wal", "-shm"):
                (tmp_path / f"shop.sqlite{left}").unlink(missing_ok=True)
            shutil.copy(tmp_path / "kept.sqlite", file)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("number", [2**63, 10**25])
def test_numbers_that_no_row_can_have_are_not_found(
    app: Flask, hers: Neighbourhood, operator, number: int
) -> None:
    app.config["PROPAGATE_BUGS"] = False
    at_home = {
        "seller": Walker("owner", hers.people["owner"]),
        "signed_in": Walker("buyer", hers.people["buyer"]),
        "link": Walker("buyer", hers.people["buyer"]),
        "officer": Walker("operator", operator),
        "operator": Walker("operator", operator),
    }
    wrong = []
    for rule, method, guard in walked(app):
        numbers = re.findall(r"<int:(\w+)>", rule.rule)
        if not numbers or guard not in at_home:
            continue
        values = {name: hers.id_of(rule.endpoint, name) for name in rule.arguments}
        way = address(app, rule, values | dict.fromkeys(numbers, number))
        answer = at_home[guard].go(method, way)
        # Werkzeug says 405 where the same address is there for another method.
        if answer.status_code not in (303, 404, 405):
            wrong.append(f"{method} {rule.rule} answered {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_an_address_with_an_unknown_argument_is_noticed(hers: Neighbourhood) -> None:
    with pytest.raises(AssertionError, match="session_id"):
        hers.id_of("markets.session", "session_id")
