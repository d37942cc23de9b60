"""The operator's desk: what she does is done, said, written down and can be taken back."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select, update

from shop.accounts.actions import change_contact, give_code, use_code
from shop.accounts.models import Account, OneTimeKey, Passkey, SignIn
from shop.accounts.queries import contact_of
from shop.audit.models import AuditEntry
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.media.models import Picture
from shop.operations.models import Complaint
from shop.organisations.models import Membership, Organisation
from shop.outbox.models import OutboxMessage
from shop.sellers.actions import edit_seller
from shop.sellers.models import Payee, Seller, SellerMember
from tests.conftest import NOON

PAGES = (
    "", "/to-chuc", "/to-chuc/moi", "/nguoi-ban", "/nguoi-ban/moi", "/tai-khoan", "/tai-khoan/moi",
    "/khieu-nai", "/khieu-nai?xong=1", "/anh", "/thu-ket", "/nhat-ky",
)  # fmt: skip


def last_line() -> AuditEntry:
    db.session.rollback()
    return db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["", "/en"])
def test_every_page_of_the_desk_stands_and_is_private(
    operator: Any, page: str, language: str
) -> None:
    answer = operator.get(f"{language}/dieu-hanh{page}")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.text.count("<h1") == 1


@pytest.mark.parametrize("page", PAGES)
def test_strangers_and_buyers_are_not_let_in(
    app: Flask, an_account: Callable[..., int], sign_in: Callable[..., Any], page: str
) -> None:
    assert app.test_client().get(f"/dieu-hanh{page}").status_code == 303
    buyer = sign_in(an_account(), "buyer")
    assert buyer.get(f"/dieu-hanh{page}").status_code == 404
    operator_as_buyer = sign_in(an_account(operator=True), "buyer")
    assert operator_as_buyer.get(f"/dieu-hanh{page}").status_code == 404


def test_a_post_without_a_token_changes_nothing(operator: Any) -> None:
    answer = operator.browser.post(
        "/dieu-hanh/to-chuc/moi", data={"name_vi": "X", "kind": "commune"}
    )
    assert answer.status_code == 400
    assert not db.session.scalars(select(Organisation)).all()


def test_a_unit_is_opened_renamed_staffed_closed_and_taken_back(
    operator: Any, an_account: Callable[..., int]
) -> None:
    made = operator.post(
        "/dieu-hanh/to-chuc/moi", kind="commune", name_vi="Hội LHPN xã Sông Lành", parent=""
    )
    assert made.status_code == 303
    unit = db.session.scalars(select(Organisation.id)).one()
    desk = f"/dieu-hanh/to-chuc/{unit}"
    lanh = str(an_account("Lành", phone="+84905000555"))
    assert operator.post(f"{desk}/ten", name_vi="").status_code == 422
    assert operator.post(f"{desk}/ten", name_vi="Hội LHPN xã Sông Mới").status_code == 303
    assert operator.post(f"{desk}/bo-nhiem", who="0905000556", role="head").status_code == 422
    assert operator.post(f"{desk}/bo-nhiem", who="x", role="head").status_code == 422
    wrong_day = operator.post(
        f"{desk}/bo-nhiem", who="0905000555", role="head", starts_on="31/02/2026"
    )
    assert wrong_day.status_code == 422
    chosen = {"who": "0905000555", "role": "head"}
    asked = operator.post(f"{desk}/bo-nhiem", **chosen)
    assert "tài khoản của Lành" in asked.text
    assert not db.session.scalars(select(Membership)).all()
    assert operator.post(f"{desk}/bo-nhiem", **chosen, person=lanh).status_code == 303
    again = operator.post(f"{desk}/bo-nhiem", **chosen, person=lanh)
    assert again.status_code == 409
    assert "đang giữ đúng vai trò ấy" in again.text
    membership = db.session.scalars(select(Membership.id)).one()
    assert operator.post(f"{desk}/thoi/{membership}").status_code == 303
    assert operator.post(f"{desk}/thoi/{membership}").status_code == 404
    assert operator.post(f"{desk}/khep").status_code == 303
    assert operator.post(f"{desk}/khep").status_code == 409
    line = last_line()
    assert (line.action, line.actor_id, line.channel) == (
        "organisation.closed", operator.account_id, "web",
    )  # fmt: skip
    assert "Trả lại như cũ" in operator.get("/dieu-hanh/nhat-ky").text
    assert operator.post(f"/dieu-hanh/nhat-ky/{line.id}/tra-lai").status_code == 303
    assert operator.post(f"/dieu-hanh/nhat-ky/{line.id}/tra-lai").status_code == 409
    db.session.rollback()
    assert db.session.get_one(Organisation, unit).valid_to is None


def test_a_seller_is_entered_staffed_paid_approved_and_closed(
    operator: Any, an_organisation: Callable[..., int], an_account: Callable[..., int]
) -> None:
    unit = an_organisation()
    lanh = str(an_account("Lành", phone="+84905000555"))
    wanted = {
        "name_vi": "Bột Gò Mít", "organisation": str(unit), "entity_kind": "ho_kinh_doanh",
        "person": "chị Lành", "phone": "0905 000 118", "place": "Phường Hội An, Đà Nẵng",
        "province": "48", "ward": "20410", "line1": "thôn Gò Mít",
    }  # fmt: skip
    assert (
        operator.post("/dieu-hanh/nguoi-ban/moi", **{**wanted, "ward": "", "place": ""}).status_code
        == 422
    )
    bad = operator.post("/dieu-hanh/nguoi-ban/moi", **{**wanted, "phone": "0905 000 12"})
    assert bad.status_code == 422
    assert 'value="0905 000 12"' in bad.text
    entered = [operator.post("/dieu-hanh/nguoi-ban/moi", **wanted) for _ in range(2)]
    assert [answer.status_code for answer in entered] == [303, 303]
    assert entered[0].location == entered[1].location
    seller = db.session.scalars(select(Seller.id)).one()
    desk = f"/dieu-hanh/nguoi-ban/{seller}"
    assert operator.post(f"{desk}/duyet").status_code == 409
    chosen = {"who": "0905000555", "role": "owner", "person": lanh}
    assert operator.post(f"{desk}/nguoi", **chosen).status_code == 303
    assert operator.post(f"{desk}/nguoi", **chosen).status_code == 409
    bank = {"bank": "970405", "number": "0071 0012 34567", "holder": "Trần Thị Lành"}
    assert operator.post(f"{desk}/ngan-hang", **{**bank, "number": "12"}).status_code == 422
    assert operator.post(f"{desk}/ngan-hang", **bank).status_code == 303
    assert (
        operator.post(f"{desk}/duyet", checked_vi="Hội tới xem ngày 12/3/2026").status_code == 303
    )
    page = operator.get(desk).text
    assert "Hội tới xem ngày 12/3/2026" in page
    assert "4567" in page
    assert "0071001234567" not in page
    assert operator.get(f"{desk}/sua").status_code == 200
    edited = operator.post(
        f"{desk}/sua", name_vi="Bột Gò Mít 2", name_en="Go Mit", initials="GM", person="chị Lành",
        phone="0905000118", entity_kind="htx", lead_days_min="3", lead_days_max="2",
    )  # fmt: skip
    assert edited.status_code == 422
    edited = operator.post(
        f"{desk}/sua", name_vi="Bột Gò Mít 2", name_en="Go Mit", initials="GM", person="chị Lành",
        phone="0905000118", entity_kind="htx", lead_days_min="1", lead_days_max="2",
        approved_at="", product_count="99",
    )  # fmt: skip
    assert edited.status_code == 303
    row = db.session.get_one(Seller, seller)
    assert (row.name_vi, row.product_count) == ("Bột Gò Mít 2", 0)
    assert row.approved_at is not None
    db.session.rollback()
    assert operator.post(f"{desk}/dong", reason="").status_code == 422
    assert operator.post(f"{desk}/dong", reason="Nghỉ mùa lũ").status_code == 303
    assert operator.post(f"{desk}/mo").status_code == 303
    assert operator.post(f"{desk}/mo").status_code == 409
    actions = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert [a for a in actions if a.startswith("seller")] == [
        "seller.created", "seller.member_appointed", "seller.bank_account_changed",
        "seller.approved", "seller.edited", "seller.closed", "seller.reopened",
    ]  # fmt: skip


def test_a_bank_account_is_changed_only_freshly_proved(
    operator: Any, a_seller: Callable[..., int]
) -> None:
    seller = a_seller()
    way = f"/dieu-hanh/nguoi-ban/{seller}/ngan-hang"
    operator.post("/dieu-hanh")  # Takes a token while the sign-in is fresh.
    with time_machine.travel(now_utc() + timedelta(minutes=11)):
        asked = operator.get(way)
        assert asked.status_code == 303
        assert asked.location.startswith("/xac-nhan?tiep=%2Fdieu-hanh")
        answer = operator.post(way, bank="970405", number="123456789", holder="Kẻ Gian")
        assert answer.status_code == 303
        assert answer.location.startswith("/xac-nhan")
    assert len(db.session.scalars(select(Payee)).all()) == 1


def test_an_account_is_created_found_disabled_and_enabled(operator: Any) -> None:
    wanted = {"name": "Trần Thị Lành", "phone": "0905 000 555", "email": "Lanh@Example.net"}
    assert operator.post("/dieu-hanh/tai-khoan/moi", name="Không ai").status_code == 422
    assert operator.post("/dieu-hanh/tai-khoan/moi", **wanted).status_code == 303
    taken = operator.post("/dieu-hanh/tai-khoan/moi", **{**wanted, "email": ""})
    assert '<a href="#phone">' in taken.text
    assert 'id="phone-loi"' in taken.text
    assert taken.status_code == 409
    assert "Trần Thị Lành" in taken.text
    person = db.session.scalars(select(Account.id).order_by(Account.id.desc())).first()
    db.session.rollback()
    for typed in ("0905000555", "lanh@example.net", "Thị Lành"):
        assert (
            f"/dieu-hanh/tai-khoan/{person}"
            in operator.get(f"/dieu-hanh/tai-khoan?tim={typed}").text
        )
    assert f"/tai-khoan/{person}" not in operator.get("/dieu-hanh/tai-khoan?tim=%25").text
    assert operator.post(f"/dieu-hanh/tai-khoan/{person}/tat").status_code == 303
    assert db.session.get_one(Account, person).disabled_at is not None
    db.session.rollback()
    assert operator.post(f"/dieu-hanh/tai-khoan/{person}/bat").status_code == 303
    assert operator.post(f"/dieu-hanh/tai-khoan/{operator.account_id}/tat").status_code == 409
    assert operator.get("/dieu-hanh").status_code == 200


def test_an_operators_password_is_long_or_refused(operator: Any) -> None:
    wanted = {"name": "Hai", "phone": "0905 000 556", "operator": "y"}
    short = operator.post("/dieu-hanh/tai-khoan/moi", **wanted, password="ngan qua thoi")
    assert short.status_code == 422
    assert "15" in short.text
    fine = operator.post("/dieu-hanh/tai-khoan/moi", **wanted, password="mot cau dai cho de nho")
    assert fine.status_code == 303


def test_a_code_is_shown_once_works_and_is_written_down(
    app: Flask, operator: Any, an_account: Callable[..., int]
) -> None:
    person = an_account("Lành", phone="+84905000555")
    answer = operator.post(f"/dieu-hanh/tai-khoan/{person}/ma")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    code = re.search(r"\b([0-9A-HJKMNP-TV-Z]{4}) ([0-9A-HJKMNP-TV-Z]{4})\b", answer.text)
    assert code is not None
    line = last_line()
    assert (line.action, line.for_name, line.actor_name) == ("account.code_given", "Lành", "Hảo")
    assert code[1] + code[2] not in str(line.facts)
    entered = app.test_client().post("/dang-nhap/ma", data={"who": "0905000555", "code": code[0]})
    assert entered.status_code == 303


def test_a_lost_second_factor_is_taken_off_by_an_operator(
    operator: Any, an_account: Callable[..., int]
) -> None:
    person = an_account("Lành")
    with transaction() as session:
        row = session.get_one(Account, person)
        row.second_factor, row.second_factor_at = b"x", NOON
    assert operator.post(f"/dieu-hanh/tai-khoan/{person}/go-lop-hai").status_code == 303
    assert db.session.get_one(Account, person).second_factor_at is None


def _stuck() -> int:
    with transaction() as session:
        row = OutboxMessage(
            event="order.placed", subscriber="mail.order_placed", payload={"order_id": 0},
            recorded_at=NOON, due_at=NOON, parked_at=NOON, last_error="OutsideFailure('x')",
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


def test_a_stuck_message_is_tried_again_or_dropped_with_a_reason(operator: Any) -> None:
    message, other = _stuck(), _stuck()
    assert "order.placed" in operator.get("/dieu-hanh/thu-ket").text
    assert operator.post(f"/dieu-hanh/thu-ket/{message}/thu-lai").status_code == 303
    assert operator.post(f"/dieu-hanh/thu-ket/{message}/thu-lai").status_code == 409
    way = f"/dieu-hanh/thu-ket/{other}/bo"
    assert operator.post(way).status_code == 422
    assert operator.post(way, **{f"m{other}-reason": "Đã gọi khách"}).status_code == 303
    line = last_line()
    assert (line.action, line.facts) == ("message.dropped", {"reason": "Đã gọi khách"})
    assert operator.post(f"/dieu-hanh/nhat-ky/{line.id}/tra-lai").status_code == 303
    db.session.rollback()
    assert db.session.get_one(OutboxMessage, other).parked_at is not None


def _picture(seller_id: int | None) -> int:
    with transaction() as session:
        row = Picture(
            digest="a" * 32, width_px=640, height_px=640, colour="#ffffff",
            versions={"jpg": [160, 320]}, alt_state="needs_help", created_at=NOON,
            seller_id=seller_id,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


def test_a_picture_gets_its_words_from_the_desk(
    operator: Any, a_seller: Callable[..., int]
) -> None:
    picture = _picture(a_seller("Bột Gò Mít"))
    assert "Bột Gò Mít" in operator.get("/dieu-hanh/anh").text
    way = f"/dieu-hanh/anh/{picture}"
    assert operator.post(way, **{f"a{picture}-alt_vi": ""}).status_code == 422
    words = "Hũ thuỷ tinh nắp tre, bột màu nâu nhạt, cao bằng gang tay"
    assert operator.post(way, **{f"a{picture}-alt_vi": words}).status_code == 303
    row = db.session.get_one(Picture, picture)
    assert (row.alt_vi, row.alt_state) == (words, "written")


def test_officers_see_and_change_their_own_subtree_only(
    app: Flask, an_organisation: Callable[..., int], a_seller: Callable[..., int],
    an_account: Callable[..., int], an_officer: Callable[..., Any],
) -> None:  # fmt: skip
    mine, theirs = an_organisation("Hội của chị"), an_organisation("Hội khác")
    below = an_organisation("Chi hội của chị", parent_id=mine, kind="branch")
    owner, stranger = an_account("Lành"), an_account("Lạ")
    inside = a_seller("Trong", organisation_id=below, owner_id=owner)
    outside = a_seller("Ngoài", organisation_id=theirs, owner_id=stranger)
    picture = _picture(outside)
    officer = an_officer(mine, "officer")
    assert officer.get("/dieu-hanh").status_code == 200
    listed = officer.get("/dieu-hanh/nguoi-ban").text
    assert "Trong" in listed
    assert "Ngoài" not in listed
    assert "Hội khác" not in officer.get("/dieu-hanh/to-chuc").text
    assert "Hội khác" not in officer.get("/dieu-hanh/nguoi-ban/moi").text
    assert officer.get(f"/dieu-hanh/nguoi-ban/{inside}").status_code == 200
    assert officer.post(f"/dieu-hanh/nguoi-ban/{inside}/nguoi/{owner}/ma").status_code == 200
    for way in (
        f"/dieu-hanh/nguoi-ban/{outside}", f"/dieu-hanh/nguoi-ban/{outside}/sua",
        f"/dieu-hanh/nguoi-ban/{outside}/ngan-hang", f"/dieu-hanh/to-chuc/{theirs}",
        f"/dieu-hanh/to-chuc/{theirs}/ngan-hang", f"/dieu-hanh/nguoi-ban/{inside}/ngan-hang",
        "/dieu-hanh/tai-khoan", "/dieu-hanh/nhat-ky", "/dieu-hanh/thu-ket", "/dieu-hanh/khieu-nai",
    ):  # fmt: skip
        assert officer.get(way).status_code == 404, way
    for way in (
        f"/dieu-hanh/nguoi-ban/{outside}/dong", f"/dieu-hanh/nguoi-ban/{outside}/nguoi",
        f"/dieu-hanh/nguoi-ban/{outside}/nguoi/{stranger}/ma",
        f"/dieu-hanh/nguoi-ban/{inside}/nguoi/{stranger}/ma",
        f"/dieu-hanh/nguoi-ban/{outside}/nguoi/{stranger}/mat-may",
        f"/dieu-hanh/nguoi-ban/{inside}/nguoi/{stranger}/mat-may",
        f"/dieu-hanh/nguoi-ban/{inside}/dong", f"/dieu-hanh/to-chuc/{theirs}/ten",
        f"/dieu-hanh/to-chuc/{mine}/bo-nhiem", f"/dieu-hanh/to-chuc/{mine}/khep",
        f"/dieu-hanh/anh/{picture}",
    ):  # fmt: skip
        answer = officer.post(way, reason="x", who="0905000999", role="head", name_vi="X")
        assert answer.status_code == 404, way
    db.session.rollback()
    assert db.session.get_one(Seller, outside).closed_at is None
    assert len(db.session.scalars(select(SellerMember)).all()) == 2


def test_an_officer_cannot_open_an_operators_account_by_a_code(
    app: Flask, an_organisation: Callable[..., int], a_seller: Callable[..., int],
    an_account: Callable[..., int], an_officer: Callable[..., Any], operator: Any,
) -> None:  # fmt: skip
    unit = an_organisation()
    seller = a_seller(organisation_id=unit, owner_id=operator.account_id)
    officer = an_officer(unit, "head")
    way = f"/dieu-hanh/nguoi-ban/{seller}/nguoi/{operator.account_id}/ma"
    assert officer.post(way).status_code == 404
    assert operator.post(way).status_code == 200


def test_an_officer_shuts_out_a_lost_phone_and_an_operators_never(
    app: Flask, an_organisation: Callable[..., int], a_seller: Callable[..., int],
    an_account: Callable[..., int], an_officer: Callable[..., Any], operator: Any, sign_in: Any,
) -> None:  # fmt: skip
    unit, owner = an_organisation(), an_account("Lành")
    hers = a_seller(organisation_id=unit, owner_id=owner)
    his = a_seller("Khác", organisation_id=unit, owner_id=operator.account_id)
    officer, phone, now = an_officer(unit, "officer"), sign_in(owner, "seller"), now_utc()
    with transaction() as session:
        code = give_code(session, account_id=owner, actor_id=None, actor_name="", now=now)
        session.add(
            Passkey(
                account_id=owner, credential_id=b"x", public_key=b"", sign_count=0, name="Máy",
                created_at=now, settles_at=now,
            )
        )  # fmt: skip
    assert phone.get("/ban-hang").status_code == 200
    assert officer.post(f"/dieu-hanh/nguoi-ban/{his}/nguoi/{operator.account_id}/mat-may").status_code == 404  # fmt: skip
    done = officer.post(f"/dieu-hanh/nguoi-ban/{hers}/nguoi/{owner}/mat-may")
    assert done.location.endswith("da=mat-may")
    assert phone.get("/ban-hang").status_code == 303
    assert not db.session.scalars(select(Passkey)).all()
    line = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "account.devices_revoked")
    ).one()
    assert (line.actor_id, line.for_id, line.facts["keys"]) == (officer.account_id, owner, 1)
    db.session.rollback()
    with transaction() as session:
        assert not use_code(session, account_id=owner, typed=code, now=now)
    assert operator.get("/dieu-hanh").status_code == 200


def test_an_officer_gives_no_code_that_opens_a_stall_outside_her_units_too(
    app: Flask, an_organisation: Callable[..., int], a_seller: Callable[..., int],
    an_account: Callable[..., int], an_officer: Callable[..., Any], operator: Any,
) -> None:  # fmt: skip
    mine, theirs = an_organisation("Hội của chị"), an_organisation("Hội khác")
    both = an_account("Lành")
    inside = a_seller("Trong", organisation_id=mine, owner_id=both)
    a_seller("Ngoài", organisation_id=theirs, owner_id=both)
    way = f"/dieu-hanh/nguoi-ban/{inside}/nguoi/{both}/ma"
    assert an_officer(mine, "head").post(way).status_code == 404
    assert not db.session.scalars(select(OneTimeKey)).all()
    assert operator.post(way).status_code == 200


def test_who_is_added_to_a_stall_is_shown_and_asked_about_first(
    operator: Any, a_seller: Callable[..., int], an_account: Callable[..., int]
) -> None:
    """Anybody opens an account on any number, so a number alone says little."""
    way = f"/dieu-hanh/nguoi-ban/{a_seller()}/nguoi"
    lanh = an_account("Lành", phone="+84905000555")
    chosen = {"who": "0905 000 555", "role": "owner"}

    def asked(**more: str) -> str:
        answer = operator.post(way, **chosen, **more)
        assert answer.status_code == 200
        assert not db.session.scalars(select(SellerMember)).all()
        db.session.rollback()
        return unescape(answer.text)

    shown = asked()
    assert "tài khoản của Lành, mở ngày" in shown
    assert "Chưa ai chứng tỏ số này là của mình" in shown
    assert f'name="person" value="{lanh}"' in shown
    asked(person=str(lanh + 1))  # Somebody else has that number meanwhile.
    by = {"actor_id": None, "actor_name": "", "now": now_utc()}
    with transaction() as session:
        code = give_code(session, account_id=lanh, **by)
        assert use_code(session, account_id=lanh, typed=code, now=by["now"])
    assert "đã vào bằng mã Hội đọc" in asked()
    with transaction() as session:
        change_contact(session, account_id=lanh, phone="+84905000556", email=None, **by)
    chosen["who"] = "0905000556"
    assert "Chưa ai chứng tỏ số này là của mình" in asked()
    assert operator.post(way, **chosen, person=str(lanh)).status_code == 303


def test_a_code_that_was_used_is_not_offered_to_be_taken_back(
    operator: Any, an_account: Callable[..., int]
) -> None:
    lanh, by = an_account("Lành"), {"actor_id": None, "actor_name": "", "now": now_utc()}
    with transaction() as session:
        code = give_code(session, account_id=lanh, **by)
    assert "Trả lại như cũ" in operator.get("/dieu-hanh/nhat-ky").text
    with transaction() as session:
        assert use_code(session, account_id=lanh, typed=code, now=by["now"])
    assert "Trả lại như cũ" not in operator.get("/dieu-hanh/nhat-ky").text


def test_a_closed_unit_offers_no_report_of_the_quarter(
    operator: Any, an_organisation: Callable[..., int]
) -> None:
    page = f"/dieu-hanh/to-chuc/{an_organisation()}"
    assert "Báo cáo quý" in operator.get(page).text
    assert operator.post(f"{page}/khep").status_code == 303
    assert "Báo cáo quý" not in operator.get(page).text


def test_only_who_may_connect_a_service_to_the_account_is_led_there(
    collected: tuple[int, int], an_officer: Callable[..., Any]
) -> None:
    page = f"/dieu-hanh/to-chuc/{collected[0]}"
    treasurer, officer = (an_officer(collected[0], role) for role in ("treasurer", "officer"))
    assert "/ngan-hang/ket-noi" in treasurer.get(page).text
    read = officer.get(page).text
    assert "bốn số cuối" in read
    assert "/ngan-hang/ket-noi" not in read


def test_an_officer_does_not_make_herself_the_owner_of_a_stall(
    app: Flask, an_organisation: Callable[..., int], a_seller: Callable[..., int],
    an_account: Callable[..., int], an_officer: Callable[..., Any],
) -> None:  # fmt: skip
    """An owner may change the bank account, which an officer may not."""
    unit = an_organisation()
    stall = a_seller(organisation_id=unit)
    officer = an_officer(unit, "officer")
    phone = phone_of(officer.account_id)
    answer = officer.post(f"/dieu-hanh/nguoi-ban/{stall}/nguoi", who=phone, role="owner")
    assert answer.status_code == 422
    assert "tự ghi mình" in answer.text
    assert not db.session.scalars(select(SellerMember)).all()


def phone_of(account_id: int) -> str:
    phone = contact_of(db.session.get_one(Account, account_id))["phone"]
    db.session.rollback()
    return str(phone)


WORDS = {
    "name_vi": "Gò Mít", "initials": "GM", "person": "chị Mẫu", "phone": "0905 000 100",
    "entity_kind": "ho_kinh_doanh", "lead_days_min": "1", "lead_days_max": "2",
}  # fmt: skip


@pytest.mark.parametrize(("role", "moves"), [("officer", False), ("deputy", False), ("head", True)])
def test_where_transfers_go_is_changed_only_by_who_may_change_a_bank_account(
    app: Flask, an_organisation: Callable[..., int], a_seller: Callable[..., int],
    an_officer: Callable[..., Any], role: str, moves: bool,
) -> None:  # fmt: skip
    unit = an_organisation()
    stall = a_seller(organisation_id=unit)
    officer = an_officer(unit, role)
    way = f"/dieu-hanh/nguoi-ban/{stall}/sua"
    assert ("paid_through_organisation" in officer.get(way).text) is moves
    assert officer.post(way, **WORDS, paid_through_organisation="y").status_code == 303
    db.session.rollback()
    row = db.session.get_one(Seller, stall)
    assert (row.name_vi, row.paid_through_organisation) == ("Gò Mít", moves)


@pytest.mark.parametrize(("role", "says"), [("officer", False), ("deputy", True), ("head", True)])
def test_what_was_checked_is_said_only_by_who_may_approve(
    app: Flask, an_organisation: Callable[..., int], a_seller: Callable[..., int],
    an_officer: Callable[..., Any], role: str, says: bool,
) -> None:  # fmt: skip
    """It stands on the public page as the Union's word: who looked at what, on which date."""
    unit = an_organisation()
    looked = "Hội đến tận nơi ngày 12/3/2026"
    stall = a_seller(organisation_id=unit, checked_vi=looked, checked_en=looked)
    officer, way = an_officer(unit, role), f"/dieu-hanh/nguoi-ban/{stall}/sua"
    page = officer.get(way).text
    assert looked in page
    assert ('name="checked_vi"' in page) is says
    wanted = {"checked_vi": "Cục quản lý đã duyệt", "checked_en": "Approved by the state"}
    assert officer.post(way, **WORDS, **wanted).status_code == 303
    db.session.rollback()
    row = db.session.get_one(Seller, stall)
    assert row.name_vi == "Gò Mít"
    assert (row.checked_vi, row.checked_en) == (
        tuple(wanted.values()) if says else (looked, looked)
    )


def test_where_transfers_go_is_changed_only_freshly_proved(
    app: Flask, an_organisation: Callable[..., int], a_seller: Callable[..., int],
    an_officer: Callable[..., Any],
) -> None:  # fmt: skip
    unit = an_organisation()
    stall = a_seller(organisation_id=unit)
    head, way = an_officer(unit, "head"), f"/dieu-hanh/nguoi-ban/{stall}/sua"
    with time_machine.travel(now_utc() + timedelta(minutes=11)):
        answer = head.post(way, **WORDS, paid_through_organisation="y")
        assert answer.headers["Location"].startswith("/xac-nhan?")
        assert head.post(way, **WORDS).status_code == 303
    db.session.rollback()
    assert not db.session.get_one(Seller, stall).paid_through_organisation


def test_a_stall_cannot_be_entered_abroad(
    operator: Any, an_organisation: Callable[..., int]
) -> None:
    unit = an_organisation()
    answer = operator.post(
        "/dieu-hanh/nguoi-ban/moi", **WORDS, organisation=str(unit), country="DE",
        line1="Hauptstraße 1, Berlin",
    )  # fmt: skip
    assert answer.status_code == 422
    assert not db.session.scalars(select(Seller)).all()


def test_a_dismissed_officer_is_out_with_her_next_page(
    app: Flask, an_organisation: Callable[..., int], an_officer: Callable[..., Any], operator: Any
) -> None:
    unit = an_organisation()
    officer = an_officer(unit, "head")
    assert officer.get("/dieu-hanh/nguoi-ban").status_code == 200
    membership = db.session.scalars(select(Membership.id)).one()
    db.session.rollback()
    operator.post(f"/dieu-hanh/to-chuc/{unit}/thoi/{membership}")
    assert officer.get("/dieu-hanh/nguoi-ban").status_code == 404


def test_a_public_shop_asks_for_the_second_factor_first(
    make_app: Callable[..., Flask], an_account: Callable[..., int], operator: Any
) -> None:
    shop = make_app(mode="production", base_url="https://cho.example.vn")
    browser = shop.test_client()
    token = operator.browser.get_cookie("s").value
    for path_ in ("/dieu-hanh", "/dieu-hanh/tai-khoan"):
        browser.set_cookie("__Host-s", token, domain="cho.example.vn", secure=True)
        answer = browser.get(path_, base_url="https://cho.example.vn")
        assert answer.status_code == 303
        assert answer.location == "/tai-khoan/hai-lop"
    embedded = operator.get("/dieu-hanh").text
    assert "chưa có lớp bảo vệ thứ hai" in embedded


def test_a_passkey_is_a_second_factor_for_whoever_came_in_by_it(
    make_app: Callable[..., Flask], operator: Any
) -> None:
    shop = make_app(mode="production", base_url="https://cho.example.vn")
    browser = shop.test_client()
    token = operator.browser.get_cookie("s").value
    browser.set_cookie("__Host-s", token, domain="cho.example.vn", secure=True)

    def opens(strong_at: datetime | None) -> bool:
        with transaction() as session:
            session.execute(update(SignIn).values(strong_at=strong_at))
        return browser.get("/dieu-hanh", base_url="https://cho.example.vn").status_code == 200

    now = now_utc()
    assert not opens(now)  # A code that was read out is none.
    with transaction() as session:
        session.add(
            Passkey(
                account_id=operator.account_id, credential_id=b"x", public_key=b"", sign_count=0,
                name="Máy", created_at=now, settles_at=now,
            )
        )  # fmt: skip
    assert not opens(None)  # She has a key and came in by her password.
    assert opens(now)


def test_complaints_are_answered_in_order_and_only_once_settled(operator: Any) -> None:
    from shop.operations.actions import receive_complaint

    with transaction() as session:
        row = receive_complaint(
            session, kind="goods", name="Châu <b>", phone="+84905000123", email=None,
            order_code="ABCD1234", text="Hũ nứt.\n<script>x</script>", locale="vi", now=now_utc(),
        )  # fmt: skip
        complaint_id, sealed = row.id, row.contact
    assert "Châu".encode() not in sealed
    page = operator.get(f"/dieu-hanh/khieu-nai/{complaint_id}").text
    assert "<script>x" not in page
    assert "Hũ nứt." in page
    way = f"/dieu-hanh/khieu-nai/{complaint_id}"
    assert operator.post(way).status_code == 422
    assert operator.post(way, answer="Chợ đang hỏi.").status_code == 303
    assert operator.post(way, settled="y").status_code == 422
    done = operator.post(way, answer="Chợ đang hỏi.", settled="y", outcome="Gửi lại hũ mới.")
    assert done.status_code == 303
    assert operator.post(way, answer="Nữa").status_code == 409
    row = db.session.get_one(Complaint, complaint_id)
    assert row.settled_at is not None
    assert last_line().action == "complaint.settled"


def test_signing_in_gives_the_kind_of_the_person(
    app: Flask, an_account: Callable[..., int], an_organisation: Callable[..., int],
    a_seller: Callable[..., int], an_officer: Callable[..., Any],
) -> None:  # fmt: skip
    from shop.accounts.actions import give_code

    seller = an_account("Lành", phone="+84905000701")
    a_seller(owner_id=seller)
    officer = an_officer(an_organisation(), "treasurer").account_id
    operator = an_account("Hảo", phone="+84905000703", operator=True)
    homes = {}
    for person in (seller, officer, operator):
        from shop.accounts.queries import contact_of

        phone = contact_of(db.session.get_one(Account, person))["phone"]
        db.session.rollback()
        with transaction() as session:
            code = give_code(
                session, account_id=person, actor_id=None, actor_name="", now=now_utc()
            )
        answer = app.test_client().post("/dang-nhap/ma", data={"who": phone, "code": code})
        homes[person] = answer.location
    assert homes == {seller: "/ban-hang", officer: "/dieu-hanh", operator: "/dieu-hanh"}
    kinds = db.session.scalars(
        select(SignIn.kind).where(SignIn.account_id.in_(homes)).order_by(SignIn.id.desc()).limit(3)
    ).all()
    assert kinds == ["operator", "officer", "seller"]


def test_an_edit_is_not_taken_back_over_a_later_one(
    operator: Any, a_seller: Callable[..., int]
) -> None:
    seller = a_seller()

    def edited(**changes: str) -> int:
        with transaction() as session:
            edit_seller(
                session, seller_id=seller, changes=changes, actor_id=None, actor_name="", now=NOON
            )
        return db.session.scalar(select(func.max(AuditEntry.id)))

    def undo(act: int) -> int:
        db.session.rollback()
        return operator.post(f"/dieu-hanh/nhat-ky/{act}/tra-lai").status_code

    def said() -> tuple[str, str]:
        db.session.rollback()
        row = db.session.get_one(Seller, seller)
        return row.person, row.hamlet_vi

    first = edited(person="chị Hai")
    edited(hamlet_vi="thôn Đông")
    second = edited(person="chị Ba")
    assert undo(first) == 409
    assert said() == ("chị Ba", "thôn Đông")
    # Once the later one is taken back, nothing stands over the first any more.
    assert undo(second) == 303
    assert undo(first) == 303
    assert said() == ("chị Mẫu", "thôn Đông")
