"""A helper does what the owner named, until the day she named, and all of it is read back."""

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, select

from shop.accounts.actions.people import delete_account
from shop.accounts.models import Account
from shop.audit.models import AuditEntry
from shop.db import db, transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.notifications.models import Notice
from shop.ordering.models import SellerOrder, SellerOrderMove
from shop.payments.models import CodCollection
from shop.sellers.helping import grant_help, revoke_help
from shop.sellers.helping_rules import (
    NOT_TOLD,
    REACH,
    RIGHTS,
    AlreadyHelps,
    ConsentMissing,
    Help,
    HelpTooLong,
    NoRightNamed,
    NotHerself,
    granted,
)
from shop.sellers.models import HelperAct, HelperGrant, SellerMember
from shop.web.guards import guard_of
from shop.web.words import language
from tests.conftest import NOON
from tests.engines import both_engines
from tests.media.sounds import wav
from tests.operations.conftest import Desk
from tests.selling.conftest import StallInHand

HELPERS = "/ban-hang/gian-hang/nguoi-giup"


@pytest.fixture
def owner_id(an_account: Callable[..., int]) -> int:
    return an_account("Nguyễn Thị Sương", email="suong@vidu.test")


@pytest.fixture
def helper_id(an_account: Callable[..., int]) -> int:
    return an_account("Lê Thị Lan", phone="+84905000321")


@pytest.fixture
def stall_id(a_seller: Callable[..., int], owner_id: int) -> int:
    return a_seller(owner_id=owner_id)


@pytest.fixture
def let(stall_id: int, owner_id: int, helper_id: int) -> Callable[..., int]:
    """Let the helper do some things, as the owner said by phone."""

    def make(*rights: str, days: int = 30, **more: Any) -> int:
        now = now_utc()
        with transaction() as session:
            return grant_help(
                session, **{
                    "seller_id": stall_id, "helper_id": helper_id, "owner_id": owner_id,
                    "rights": rights or RIGHTS, "last_day": vietnam_date(now + timedelta(days)),
                    "consent_kind": "voice", "consent_on": vietnam_date(now), "actor_id": None,
                    "actor_name": "Hương", "now": now,
                } | more,
            ).id  # fmt: skip

    return make


@pytest.fixture
def helper(stall_id: int, helper_id: int, sign_in: Callable[..., FlaskClient]) -> StallInHand:
    return StallInHand(stall_id, helper_id, sign_in(helper_id, "seller"))


@pytest.fixture
def owner(stall_id: int, owner_id: int, sign_in: Callable[..., FlaskClient]) -> StallInHand:
    return StallInHand(stall_id, owner_id, sign_in(owner_id, "seller"))


@pytest.fixture
def part_id(a_variant: Callable[..., int], stall_id: int, a_cart: Any, place: Any) -> int:
    order = place(a_cart({a_variant(seller_id=stall_id, on_hand=50): 1}), 120_000)
    return db.session.scalars(
        select(SellerOrder.id).where(SellerOrder.order_id == order.order_id)
    ).one()


def stored() -> int:
    db.session.rollback()
    found = db.session.scalar(select(func.count()).select_from(SellerOrderMove)) or 0
    db.session.rollback()
    return found


def test_every_view_that_is_named_for_helpers_is_one_of_a_stall(app: Flask):
    endpoints = {name for name in app.view_functions if guard_of(app, name) == "seller"}
    assert set(REACH) <= endpoints
    assert len(endpoints - set(REACH)) > 25, "Most of a stall stays its people's own."


NEVER = ("bank", "payout", "refund", "give_back", "promise", "sent_back", "written_off", "helper",
         "end_help", "dismiss", "voucher", "tariff", "earnings", "revenue", "paper", "words",
         "remittance")  # fmt: skip


def test_money_that_goes_out_and_people_are_in_no_right():
    leave = Help(1, 1, "Sương", frozenset(RIGHTS), NOON)
    for endpoint in REACH:
        assert leave.reaches(endpoint)
        assert not any(word in endpoint for word in NEVER), endpoint
    assert not leave.reaches("selling.anything_new")


@pytest.mark.parametrize(
    ("right", "address", "status"),
    [
        ("see_orders", "/ban-hang/don/{part}", 200), ("see_orders", "/ban-hang/don/{part}/phieu", 200),
        ("see_orders", "/ban-hang/hang", 404), ("edit_goods", "/ban-hang/hang/moi", 200),
        ("edit_goods", "/ban-hang/don/{part}", 404), ("count_stock", "/ban-hang/hang", 200),
        ("count_stock", "/ban-hang/hang/moi", 404), ("move_orders", "/ban-hang", 200),
        ("answer_money", "/ban-hang", 200), ("answer_money", "/ban-hang/tien", 404),
        ("see_orders", "/ban-hang/gian-hang", 404), ("see_orders", "/ban-hang/tin", 404),
        ("see_orders", HELPERS, 404), ("see_orders", "/ban-hang/gian-hang/tai-khoan", 404),
    ],
)  # fmt: skip
def test_pages_by_right(
    helper: StallInHand, let: Any, part_id: int, right: str, address: str, status: int
) -> None:
    let(right)
    assert helper.get(address.format(part=part_id)).status_code == status


@pytest.mark.parametrize("right", [r for r in RIGHTS if r != "move_orders"])
def test_a_step_of_an_order_needs_the_right_to_move_orders(
    helper: StallInHand, let: Any, part_id: int, right: str
) -> None:
    let(right)
    before = stored()
    answer = helper.post(
        f"/ban-hang/don/{part_id}/buoc", token_from="/ban-hang/giup", toi="confirmed"
    )
    assert answer.status_code == 404
    assert stored() == before


def test_who_only_looks_sees_no_button_that_does_anything(
    helper: StallInHand, let: Any, part_id: int
) -> None:
    let("see_orders")
    for address in ("/ban-hang", f"/ban-hang/don/{part_id}"):
        page = helper.page(address)
        assert f"/ban-hang/don/{part_id}/" not in page.replace("/phieu", "")
        assert "Chị đang làm giúp Nguyễn Thị Sương" in page


def test_every_link_that_a_helper_sees_in_the_stall_is_open_to_her(
    helper: StallInHand, let: Any, part_id: int
) -> None:
    for right in RIGHTS:
        grant = let(right)
        for start in ("/ban-hang/giup", "/ban-hang", "/ban-hang/hang", f"/ban-hang/don/{part_id}"):
            page = helper.browser.get(start, follow_redirects=True)
            for link in set(re.findall(r'href="(/ban-hang[^"#]*)', page.text)):
                found = helper.get(link.replace("&amp;", "&")).status_code
                assert page.status_code == 404 or found == 200, (right, start, link)
        with transaction() as session:
            revoke_help(
                session, seller_id=helper.id, grant_id=grant, how="owner", actor_id=None,
                actor_name="", now=now_utc(),
            )  # fmt: skip


def test_what_a_helper_does_is_written_with_both_names_and_read_back_to_the_owner(
    app: Flask, helper: StallInHand, owner: StallInHand, operator: Desk, let: Any, part_id: int,
    mails: Any, deliver: Any,
) -> None:  # fmt: skip
    let("move_orders")
    answer = helper.post(
        f"/ban-hang/don/{part_id}/buoc", token_from="/ban-hang/giup", toi="confirmed"
    )
    assert answer.status_code == 303
    db.session.rollback()
    act = db.session.scalars(select(HelperAct)).one()
    assert (act.helper_name, act.owner_name, act.act) == (
        "Lê Thị Lan", "Nguyễn Thị Sương", "selling.move",
    )  # fmt: skip
    assert act.facts["state"] == "confirmed"
    line = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "seller.helped")).one()
    assert (line.actor_name, line.for_name) == ("Lê Thị Lan", "Nguyễn Thị Sương")
    db.session.rollback()
    deliver()
    notice = db.session.scalars(select(Notice).where(Notice.kind == "helper_acted")).one()
    assert notice.facts["owner"] == "Nguyễn Thị Sương"
    db.session.rollback()
    both = "Lê Thị Lan làm giúp Nguyễn Thị Sương"
    assert both in owner.page("/ban-hang/tin")
    assert both in owner.page(HELPERS)
    assert both in owner.page(f"/ban-hang/don/{part_id}")
    assert "Ai làm: Lê Thị Lan, giúp Nguyễn Thị Sương" in operator.get("/dieu-hanh/nhat-ky").text
    told = [
        str(mail["Subject"]).strip() for mail in mails() if "suong@vidu.test" in str(mail["To"])
    ]
    assert "Lê Thị Lan vừa làm giúp chị một việc" in told
    said = next(mail for mail in mails() if "vừa làm giúp" in str(mail["Subject"])).get_body()
    assert said is not None
    assert "nay là: Đã chốt, chờ gói." in said.get_content()


def test_an_act_that_is_refused_is_not_told(helper: StallInHand, let: Any, part_id: int) -> None:
    let("move_orders")
    answer = helper.post(
        f"/ban-hang/don/{part_id}/buoc", token_from="/ban-hang/giup", toi="delivered"
    )
    assert answer.status_code in (409, 422)
    db.session.rollback()
    assert db.session.scalars(select(HelperAct)).all() == []


def _as_told(act: str, facts: dict[str, Any]) -> str:
    words = current_app.jinja_env.get_template("selling/helping_words.html").make_module(
        {"language": language}
    )
    return str(words.act_words(act, facts)).strip()


def test_each_act_of_a_helper_has_words_of_its_own_or_a_reason_why_it_is_not_told(
    app: Flask, helper: StallInHand, part_id: int
) -> None:
    """Facts as they come: of an order, a pack, a lot, a product, or of nothing."""
    acts = {
        (rule.endpoint, frozenset(rule.arguments)) for rule in app.url_map.iter_rules()
        if rule.endpoint in REACH and "POST" in (rule.methods or ())
    }  # fmt: skip
    pack = {"title_vi": "Mắm", "title_en": "", "pack_vi": "Hũ", "pack_en": "", "price_vnd": 1}
    shapes = {
        "seller_order_id": {
            "code": "A", "state": "placed", "delivery": "delivery", "held_vnd": 0,
        },
        "variant_id": pack | {"on_hand": 1}, "lot_id": pack | {"on_hand": 1, "lot": "L1"},
        "product_id": {"title_vi": "Mắm", "title_en": ""},
        "review_id": {"title_vi": "Mắm", "title_en": ""},
    }  # fmt: skip
    assert set(NOT_TOLD) <= {endpoint for endpoint, _ in acts}
    assert all(NOT_TOLD.values())
    with app.test_request_context():
        unknown = _as_told("selling.something_new", {})
        for endpoint, arguments in acts - {one for one in acts if one[0] in NOT_TOLD}:
            known = [shapes[name] for name in shapes if name in arguments]
            if endpoint == "selling.order_written":
                known = [shapes["seller_order_id"]]
            elif endpoint in ("selling.new_product", "selling.quick_product"):
                known = [shapes["product_id"]]
            facts = known[0] if known else {}
            assert _as_told("selling.something_new", facts) == unknown
            assert _as_told(endpoint, facts) != unknown, endpoint


def test_a_product_put_up_from_a_photo_in_pieces_is_told_once(
    helper: StallInHand, let: Any, a_category: Any
) -> None:
    a_category()
    let("edit_goods")
    key = "cd" * 16
    typed = {
        "khoa": key,
        "title_vi": "Ống đựng tăm",
        "price_vnd": "45k",
        "portion": "ống",
        "allergens": "none",
    }
    start = "/ban-hang/hang/moi"
    for _ in range(3):
        saved = helper.post("/ban-hang/hang/nhap", token_from=start, **typed)
        assert saved.status_code == 200, saved.text
    begun = helper.post("/ban-hang/hang/anh-gui", token_from=start, khoa="ef" * 16, co="10")
    assert begun.status_code == 200, begun.text
    kept = helper.post("/ban-hang/hang/nhanh", token_from=start, lam="nhap", **typed)
    assert kept.status_code == 303
    db.session.rollback()
    assert db.session.scalars(select(HelperAct)).all() == []
    db.session.rollback()
    put = helper.post(
        "/ban-hang/hang/nhanh", token_from=start, on_hand="3", lam="ban", **typed,
    )  # fmt: skip
    assert put.status_code == 303, put.text
    db.session.rollback()
    act = db.session.scalars(select(HelperAct)).one()
    assert (act.act, act.facts["title_vi"]) == ("selling.quick_product", "Ống đựng tăm")


def test_what_the_owner_does_herself_is_not_told_as_help(
    owner: StallInHand, let: Any, part_id: int
) -> None:
    let()
    assert owner.post(f"/ban-hang/don/{part_id}/buoc", toi="confirmed").status_code == 303
    db.session.rollback()
    assert db.session.scalars(select(HelperAct)).all() == []


def test_the_owner_grants_and_ends_it_and_staff_cannot(
    owner: StallInHand, helper: StallInHand, helper_id: int, an_account: Any, sign_in: Any
) -> None:
    said = {
        "who": "0905 000 321", "rights": ["see_orders", "count_stock"],
        "last_day": f"{vietnam_date(now_utc()) + timedelta(days=9)}",
    }  # fmt: skip
    answer = owner.post(HELPERS, **said)
    assert (answer.status_code, answer.location) == (303, f"{HELPERS}?da=cho-giup")
    db.session.rollback()
    grant = db.session.scalars(select(HelperGrant)).one()
    assert (grant.consent_kind, grant.rights) == ("own", ["see_orders", "count_stock"])
    number = grant.id
    db.session.rollback()
    assert helper.get("/ban-hang/giup").status_code == 200
    staff = an_account("Phụ")
    with transaction() as session:
        session.add(SellerMember(seller_id=owner.id, account_id=staff, role="staff", since=NOON))
    beside = StallInHand(owner.id, staff, sign_in(staff, "seller"))
    assert beside.get(HELPERS).status_code == 404
    assert beside.post(HELPERS, **said).status_code == 404
    assert beside.post(f"{HELPERS}/{number}/thoi").status_code == 404
    assert owner.post(f"{HELPERS}/{number}/thoi").status_code == 303
    assert helper.get("/ban-hang/giup").status_code == 404
    assert owner.post(f"{HELPERS}/{number}/thoi").status_code == 409


@pytest.mark.parametrize(
    ("field", "value"),
    [("who", "0905 000 999"), ("who", "x"), ("last_day", "2020-01-01"), ("last_day", "2099-01-01")],
)
def test_a_wrong_form_grants_nothing(
    owner: StallInHand, helper_id: int, field: str, value: str
) -> None:
    said = {
        "who": "0905 000 321", "rights": "see_orders",
        "last_day": f"{vietnam_date(now_utc()) + timedelta(days=9)}",
    }  # fmt: skip
    assert owner.post(HELPERS, **said | {field: value}).status_code == 422
    assert (
        owner.post(HELPERS, **{k: v for k, v in said.items() if k != "rights"}).status_code == 422
    )
    assert owner.post(HELPERS, **said | {"rights": "change_bank_account"}).status_code == 422
    db.session.rollback()
    assert db.session.scalars(select(HelperGrant)).all() == []


def test_a_helper_stops_by_herself(helper: StallInHand, let: Any) -> None:
    let()
    assert helper.post("/ban-hang/giup/thoi", token_from="/ban-hang/giup").status_code == 303
    assert helper.get("/ban-hang").status_code == 303
    db.session.rollback()
    assert db.session.scalars(select(HelperGrant.revoked_how)).all() == ["helper"]


def test_refusals_of_a_grant(let: Any, owner_id: int, helper_id: int, an_account: Any) -> None:
    today = vietnam_date(now_utc())
    for wrong, refusal in (
        ({"rights": ("change_bank_account",)}, NoRightNamed),
        ({"rights": ()}, NoRightNamed),
        ({"last_day": today - timedelta(days=1)}, HelpTooLong),
        ({"last_day": today + timedelta(days=400)}, HelpTooLong),
        ({"helper_id": owner_id}, NotHerself),
        ({"consent_kind": "own"}, ConsentMissing),
        ({"consent_on": today + timedelta(days=1)}, ConsentMissing),
    ):
        with pytest.raises(refusal):
            let(**{"rights": RIGHTS, **wrong})
    let()
    with pytest.raises(AlreadyHelps):
        let()


def test_rights_keep_their_order_and_unknown_ones_are_refused():
    soon = NOON + timedelta(days=1)
    assert granted(["count_stock", "see_orders"], ends_at=soon, now=NOON) == [
        "see_orders", "count_stock",
    ]  # fmt: skip
    with pytest.raises(NoRightNamed):
        granted(["see_orders", "all"], ends_at=soon, now=NOON)


def test_nobody_learns_number_by_number_who_has_an_account(owner: StallInHand) -> None:
    said = {
        "rights": "count_stock", "last_day": f"{vietnam_date(now_utc()) + timedelta(days=9)}",
    }  # fmt: skip
    codes = [owner.post(HELPERS, who=f"09051112{n}", **said).status_code for n in range(10, 22)]
    assert codes == [422] * 10 + [429] * 2


def test_an_officer_writes_the_owners_yes_down_and_ends_it_when_she_rings(
    operator: Desk, helper: StallInHand, owner_id: int, helper_id: int,
    app: Flask,
) -> None:  # fmt: skip
    at = f"/dieu-hanh/nguoi-ban/{helper.id}/nguoi-giup"
    said = {
        "who": "0905 000 321", "rights": "move_orders", "owner": str(owner_id),
        "last_day": f"{vietnam_date(now_utc()) + timedelta(days=9)}", "consent_kind": "voice",
        "consent_on": f"{vietnam_date(now_utc())}", "consent_note": "Hoa nghe cùng",
    }  # fmt: skip
    page = operator.get(at).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None

    def send(file: Any) -> Any:
        return operator.browser.post(
            at, data={"csrf_token": token[1], "consent_file": file, **said},
            content_type="multipart/form-data",
        )  # fmt: skip

    for bad in (b"MZ not a sound", b"\xff\xd8\xff broken", b"<svg onload=alert(1)>"):
        assert send((io.BytesIO(bad), "a.mp3")).status_code == 422
    assert send((io.BytesIO(wav(61.8)), "a.wav")).status_code == 422
    assert send((io.BytesIO(wav(2)), "../../a.html")).status_code == 303
    db.session.rollback()
    grant = db.session.scalars(select(HelperGrant)).one()
    number = grant.id
    assert grant.consent_file is not None
    assert b"WAVE" not in grant.consent_file, "It is sealed."
    db.session.rollback()
    kept = operator.get(f"{at}/{number}/dong-y")
    assert kept.data == wav(2)
    assert "attachment" in kept.headers["Content-Disposition"]
    assert kept.headers["X-Content-Type-Options"] == "nosniff"
    assert helper.get("/ban-hang").status_code == 200
    assert operator.post(f"{at}/{number}/thoi", cach="phone").status_code == 303
    assert helper.get("/ban-hang").status_code == 303
    db.session.rollback()
    assert db.session.scalars(select(HelperGrant.revoked_how)).all() == ["phone"]


@pytest.mark.parametrize("shape", ["JPEG", "PNG", "WEBP"])
def test_the_owners_yes_on_paper_is_kept_as_a_picture(
    operator: Desk, stall_id: int, helper_id: int, owner_id: int, shape: str
) -> None:  # fmt: skip
    at = f"/dieu-hanh/nguoi-ban/{stall_id}/nguoi-giup"
    token = re.search(r'name="csrf_token" value="([^"]+)"', operator.get(at).text)
    assert token is not None
    paper = io.BytesIO()
    Image.new("RGB", (640, 480), (200, 190, 170)).save(paper, shape)
    paper.seek(0)
    answer = operator.browser.post(
        at, content_type="multipart/form-data",
        data={
            "csrf_token": token[1], "consent_file": (paper, "giay." + shape.lower()),
            "who": "0905 000 321", "rights": "see_orders", "owner": str(owner_id),
            "last_day": f"{vietnam_date(now_utc()) + timedelta(days=9)}",
            "consent_kind": "paper", "consent_on": f"{vietnam_date(now_utc())}",
        },
    )  # fmt: skip
    assert answer.status_code == 303
    db.session.rollback()
    number = db.session.scalars(select(HelperGrant.id)).one()
    db.session.rollback()
    kept = operator.get(f"{at}/{number}/dong-y")
    assert (kept.status_code, kept.content_type) == (200, "image/webp")
    assert Image.open(io.BytesIO(kept.data)).format == "WEBP"


def test_an_erased_account_helps_nobody(
    app: Flask, helper: StallInHand, let: Any, helper_id: int
) -> None:
    from shop.accounts.events import AccountDeleted
    from shop.operations.handlers import account_deleted

    let()
    account_deleted(AccountDeleted(account_id=helper_id))
    assert db.session.scalars(select(HelperGrant.revoked_how)).all() == ["erased"]
    assert db.session.get(Account, helper_id) is not None


@both_engines
@pytest.mark.parametrize("who", ["helper", "owner"])
def test_the_name_of_a_deleted_account_leaves_what_helpers_did(
    app: Flask, helper: StallInHand, owner: StallInHand, operator: Desk, let: Any, part_id: int,
    owner_id: int, helper_id: int, stall_id: int, an_account: Any, sign_in: Any, deliver: Any,
    who: str,
) -> None:  # fmt: skip
    beside = an_account("Trần Thị Hoa")
    let("move_orders", actor_id=owner_id, actor_name="Nguyễn Thị Sương")
    helper.post(f"/ban-hang/don/{part_id}/buoc", token_from="/ban-hang/giup", toi="confirmed")
    deliver()
    gone, name, other, stays = {
        "helper": (helper_id, "Lê Thị Lan", "owner_name", "Nguyễn Thị Sương"),
        "owner": (owner_id, "Nguyễn Thị Sương", "helper_name", "Lê Thị Lan"),
    }[who]
    by = {"actor_id": gone, "actor_name": name, "now": now_utc()}
    with transaction() as session:  # The stall goes on with another owner.
        session.add(SellerMember(account_id=beside, seller_id=stall_id, role="owner", since=NOON))
        session.flush()
        delete_account(session, account_id=gone, **by)
    deliver()
    act = db.session.scalars(select(HelperAct)).one()
    assert (getattr(act, f"{who}_name"), getattr(act, other)) == ("", stays)
    recorded_by = db.session.scalars(select(HelperGrant.recorded_by_name)).one()
    assert recorded_by == ("Nguyễn Thị Sương" if who == "helper" else "")
    told = {row.kind: row.facts for row in db.session.scalars(select(Notice))}
    assert told["helper_acted"]["act"] == "selling.move"
    assert name not in str(told)
    assert stays in str(told)
    db.session.rollback()
    left = StallInHand(stall_id, beside, sign_in(beside, "seller"))
    number = f"tài khoản đã xoá (số {gone})"
    for page in (
        left.page("/ban-hang/tin"), left.page(HELPERS), left.page(f"/ban-hang/don/{part_id}"),
        operator.get(f"/dieu-hanh/nguoi-ban/{stall_id}/nguoi-giup").text,
    ):  # fmt: skip
        assert name not in page
        assert "tài khoản đã xoá" in page
    assert number in left.page(HELPERS)


def test_somebody_with_a_stall_of_her_own_changes_over_and_back(
    helper: StallInHand, let: Any, a_seller: Any, helper_id: int, part_id: int
) -> None:
    let()
    own = a_seller("Mật ong Đồi Sim", owner_id=helper_id)
    assert "Mật ong Đồi Sim" in helper.page("/ban-hang")
    assert helper.get(f"/ban-hang/don/{part_id}").status_code == 404
    assert helper.post("/ban-hang/gian-khac", stall=str(helper.id)).status_code == 303
    assert helper.get(f"/ban-hang/don/{part_id}").status_code == 200
    assert helper.get("/ban-hang/gian-hang").status_code == 404
    back = helper.post("/ban-hang/gian-khac", token_from="/ban-hang/giup", stall=str(own))
    assert back.status_code == 303
    assert helper.get("/ban-hang/gian-hang").status_code == 200


@both_engines
def test_a_helper_who_notes_that_the_buyer_transferred_reads_that_nobody_collects(
    helper: StallInHand, let: Any, stall_id: int, in_state: Any
) -> None:
    let("see_orders", "answer_money")
    part = in_state("packed", seller_id=stall_id)
    cash = db.session.get_one(CodCollection, part).amount_vnd
    db.session.rollback()
    at = f"/ban-hang/don/{part}"
    said = {"sau": 0, "so_tien": f"{cash}"}
    assert helper.post(f"{at}/tien", token_from="/ban-hang/giup", **said).status_code == 303
    db.session.rollback()
    assert "đã trả trước, tiền thu hộ 0 ₫" in helper.page(at).replace("\xa0", " ")
