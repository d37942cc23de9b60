"""Lists of the desk: in pages, with as many questions for many rows as for few, searchable."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from shop.accounts.models import Account
from shop.audit.models import AuditEntry
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.kernel.settings import ROOT
from shop.media.models import Picture
from shop.operations.actions import receive_complaint
from shop.operations.models import Complaint
from shop.ordering.models import Order, SellerOrder
from shop.organisations.models import Organisation, OrganisationClosure
from shop.outbox.models import OutboxMessage
from shop.payments.models import Payment
from shop.sellers.models import Seller
from tests.conftest import NOON
from tests.engines import both_engines
from tests.operations.conftest import Desk

#: More than one page of every list.
MANY = 60


def copies(table: Any, row_id: int, **of: Callable[[int], Any]) -> None:
    """Store a row MANY times more; ``of`` says what differs: a function of 1, 2, 3 …"""
    with transaction() as session:
        kept = session.execute(
            select(*table.__table__.c).where(table.__table__.c.id == row_id)
        ).one()
        values = {k: v for k, v in kept._mapping.items() if k != "id"}
        session.execute(
            insert(table),
            [values | {name: make(n) for name, make in of.items()} for n in range(1, MANY + 1)],
        )


def many_accounts(an_account: Any) -> None:
    person = an_account("Trần Thị Lành", phone="+84905000555")
    copies(
        Account, person, name=lambda n: f"Người {n:03d}", phone_index=lambda n: f"p{n}",
        search_text=lambda n: f"nguoi {n:03d}",
    )  # fmt: skip


def many_sellers(a_seller: Any) -> int:
    seller = a_seller("Bột Gò Mít", phone="+84905000118")
    copies(
        Seller, seller, slug=lambda n: f"gian-{n}", name_vi=lambda n: f"Gian {n:03d}",
        name_en=lambda n: f"Stall {n:03d}", phone=lambda n: f"+8490600{n:04d}",
        search_text=lambda n: f"gian {n:03d} 090600{n:04d}",
    )  # fmt: skip
    return seller


def many_units(an_organisation: Any) -> None:
    unit = an_organisation("Hội LHPN xã Sông Lành")
    copies(Organisation, unit, slug=lambda n: f"hoi-xa-{n}", name_vi=lambda n: f"Hội xã {n:03d}")
    with transaction() as session:
        known = select(OrganisationClosure.descendant_id)
        ids = session.scalars(select(Organisation.id).where(Organisation.id.not_in(known))).all()
        session.execute(
            insert(OrganisationClosure),
            [{"ancestor_id": i, "descendant_id": i, "depth": 0} for i in ids],
        )


def a_complaint() -> int:
    with transaction() as session:
        row = receive_complaint(
            session, kind="goods", name="Châu", phone="+84905000123", email=None, order_code="",
            text="Hũ nứt.", locale="vi", now=now_utc(),
        )  # fmt: skip
        return row.id


def many_complaints() -> None:
    copies(Complaint, a_complaint(), code=lambda n: f"KHIEU{n:03d}", attempt_id=lambda n: f"a{n}")


def many_pictures(seller_id: int) -> None:
    with transaction() as session:
        row = Picture(
            digest="ab" * 16, width_px=640, height_px=640, colour="#ffffff", seller_id=seller_id,
            versions={"jpg": [160]}, alt_state="needs_help", created_at=NOON,
        )  # fmt: skip
        session.add(row)
        session.flush()
        picture = row.id
    copies(Picture, picture, digest=lambda n: f"{n:032x}")


def many_messages() -> None:
    with transaction() as session:
        row = OutboxMessage(
            event="order.placed", subscriber="mail", payload={}, recorded_at=NOON, due_at=NOON,
            parked_at=NOON,
        )  # fmt: skip
        session.add(row)
        session.flush()
        message = row.id
    copies(OutboxMessage, message)


def many_lines() -> None:
    with transaction() as session:
        line = AuditEntry(
            at=NOON, actor_id=None, actor_name="hao", channel="command", action="account.disabled",
            subject_kind="account", subject_id=1, facts={},
        )  # fmt: skip
        session.add(line)
        session.flush()
        first = line.id
    copies(AuditEntry, first)


def many_payments(payment: int) -> None:
    """Each with an order and a part of its own, as real ones have."""
    db.session.rollback()
    order = db.session.scalars(select(Payment.order_id).where(Payment.id == payment)).one()
    part = db.session.scalars(select(SellerOrder.id).where(SellerOrder.order_id == order)).one()
    db.session.rollback()
    copies(
        Order, order, code=lambda n: f"DON{n:05d}", attempt_id=lambda n: f"attempt-{n}",
        link_nonce=lambda n: f"nonce-{n}", link_digest=lambda n: f"{n:064d}",
    )  # fmt: skip
    with transaction() as session:
        orders = session.scalars(select(Order.id).where(Order.id != order).order_by(Order.id)).all()
    copies(SellerOrder, part, order_id=lambda n: orders[n - 1])
    copies(Payment, payment, order_id=lambda n: orders[n - 1], memo=lambda n: f"CPX{n:07d}")


LISTS = {
    "tai-khoan": 50, "nguoi-ban": 50, "to-chuc": 50, "khieu-nai": 50, "anh": 12, "thu-ket": 50,
    "nhat-ky": 50, "tien-ve": 20,
}  # fmt: skip
#: A row of each list, as its page shows it.
ROW = {
    "tai-khoan": r'href="/dieu-hanh/tai-khoan/\d+"', "nguoi-ban": r'href="/dieu-hanh/nguoi-ban/\d+"',
    "to-chuc": r'href="/dieu-hanh/to-chuc/\d+"', "khieu-nai": r'href="/dieu-hanh/khieu-nai/\d+"',
    "anh": r'action="/dieu-hanh/anh/\d+"', "thu-ket": r'action="/dieu-hanh/thu-ket/\d+/bo"',
    "nhat-ky": r"Dòng \d+", "tien-ve": r'href="/dieu-hanh/tien-ve/\d+"',
}  # fmt: skip


@both_engines
@pytest.mark.parametrize("name", LISTS)
def test_a_list_has_pages_and_asks_as_often_for_many_rows_as_for_few(
    name: str, operator: Desk, an_account: Any, a_seller: Any, an_organisation: Any,
    collected: tuple[int, int], count_queries: Callable[[], Any],
) -> None:  # fmt: skip
    way = f"/dieu-hanh/{name}"
    seller = a_seller("Một gian")
    more: dict[str, Callable[[], Any]] = {
        "tai-khoan": lambda: many_accounts(an_account),
        "nguoi-ban": lambda: many_sellers(a_seller),
        "to-chuc": lambda: many_units(an_organisation),
        "khieu-nai": many_complaints,
        "anh": lambda: many_pictures(seller),
        "thu-ket": many_messages,
        "nhat-ky": many_lines,
        "tien-ve": lambda: many_payments(collected[1]),
    }
    if name in ("khieu-nai", "nhat-ky"):
        a_complaint()
        many_lines() if name == "nhat-ky" else None
    operator.get(way)
    db.session.rollback()
    with count_queries() as few:
        operator.get(way)
    more[name]()
    with count_queries() as many:
        page = operator.get(way)
    assert page.status_code == 200
    rows = len(set(re.findall(ROW[name], page.text)))
    assert rows == LISTS[name]
    assert "Trang 1 trên" in page.text
    # What belongs to the rows (names, people) is asked once for all, or not at all for none.
    assert len(many) <= len(few) + (4 if name in ("tien-ve", "anh") and len(few) < 8 else 0)
    second = operator.get(f"{way}?trang=2")
    assert "Trang 2 trên" in second.text
    with count_queries() as on_the_second:
        operator.get(f"{way}?trang=2")
    assert len(on_the_second) == len(many)
    assert operator.get(f"{way}?trang=999999").status_code == 200
    for nonsense in ("-1", "x", "٣", "9" * 40):
        assert "Trang 1 trên" in operator.get(f"{way}?trang={nonsense}").text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nguoi-ban", "Chưa có người bán nào"), ("to-chuc", "Chưa có tổ chức nào"),
        ("khieu-nai", "Không có khiếu nại nào"), ("khieu-nai?xong=1", "Không có khiếu nại nào"),
        ("anh", "Ảnh nào cũng có lời tả"), ("thu-ket", "Không có thư nào kẹt"),
        ("nhat-ky", "Chưa có dòng nào"), ("tien-ve", "Không có khoản nào ở mục này"),
        ("tai-khoan?tim=Khong+Ai", "Không thấy gì với “Khong Ai”"),
        ("nguoi-ban?tim=x", "Không thấy gì với “x”"), ("to-chuc?tim=x", "Không thấy gì"),
        ("khieu-nai?tim=x", "Không thấy gì"), ("tien-ve?tim=x", "Không thấy gì"),
        ("nhat-ky?tim=x", "Không có dòng nào như vậy"), ("tien-ve?tim=!", "Không thấy gì"),
        ("tai-khoan?tim=!!", "Không thấy gì"), ("to-chuc?tim=!!", "Không thấy gì"),
    ],
)  # fmt: skip
def test_a_list_without_rows_says_so(operator: Desk, name: str, words: str) -> None:
    page = operator.get(f"/dieu-hanh/{name}")
    assert page.status_code == 200
    assert words in page.text
    if "tim=" in name:
        assert "Xem cả danh sách" in page.text


@both_engines
@pytest.mark.parametrize(
    "typed",
    [
        "bot go mit",
        "GÒ MÍT",
        "suong",
        "mít sương",
        "0905 000 118",
        "+84905000118",
        "000118",
        "Grain",
    ],
)
def test_a_seller_is_found_by_her_names_and_phone(
    operator: Desk, a_seller: Any, typed: str
) -> None:
    wanted = a_seller("Bột Gò Mít", name_en="Grain of Gò Mít", person="chị Sương",
                      phone="+84905000118")  # fmt: skip
    other = a_seller("Mây tre", name_en="Rattan", person="cô Lành", phone="+84905000119")
    page = operator.browser.get("/dieu-hanh/nguoi-ban", query_string={"tim": typed}).text
    assert f'href="/dieu-hanh/nguoi-ban/{wanted}"' in page
    assert f'href="/dieu-hanh/nguoi-ban/{other}"' not in page


def test_a_search_stays_within_an_officers_units(
    an_organisation: Any, a_seller: Any, an_officer: Any
) -> None:
    mine, theirs = an_organisation("Hội của chị"), an_organisation("Hội khác")
    a_seller("Bột trong", organisation_id=mine)
    a_seller("Bột ngoài", organisation_id=theirs)
    officer = an_officer(mine, "officer")
    page = officer.get("/dieu-hanh/nguoi-ban?tim=bot").text
    assert "Bột trong" in page
    assert "Bột ngoài" not in page
    assert "Hội khác" not in officer.get("/dieu-hanh/to-chuc?tim=hoi").text
    home = officer.get("/dieu-hanh").text
    assert "<b>1</b>gian hàng trong các đơn vị" in home


def test_a_person_is_found_without_marks_and_follows_a_new_name(
    operator: Desk, an_account: Any
) -> None:
    person = an_account("Đặng Thị Lành", phone="+84905000555", email="lanh@example.net")
    row = f'href="/dieu-hanh/tai-khoan/{person}"'
    for typed in ("dang lanh", "ĐẶNG", "0905 000 555", "lanh@example.net", "Lanh@Example.net"):
        page = operator.browser.get("/dieu-hanh/tai-khoan", query_string={"tim": typed})
        assert row in page.text, typed
    for typed in ("0905 000 55", "example.net", "%", "_", "lanh khac"):
        page = operator.browser.get("/dieu-hanh/tai-khoan", query_string={"tim": typed})
        assert row not in page.text, typed
    with transaction() as session:
        session.get_one(Account, person).name = "Đặng Thị Sương"
    assert row in operator.get("/dieu-hanh/tai-khoan?tim=suong").text
    assert row not in operator.get("/dieu-hanh/tai-khoan?tim=lanh").text


def test_a_transfer_is_found_by_what_the_bank_shows(
    operator: Desk,
    collected: tuple[int, int],
) -> None:
    _, payment = collected
    many_payments(payment)
    memo, order = db.session.execute(
        select(Payment.memo, Order.code)
        .join(Order, Order.id == Payment.order_id)
        .where(Payment.id == payment)
    ).one()
    db.session.rollback()
    row = f'href="/dieu-hanh/tien-ve/{payment}"'
    for typed in (memo, memo.lower(), f"MBVCB.123 {memo[:4]} {memo[4:]} chuyen tien", order):
        page = operator.browser.get("/dieu-hanh/tien-ve", query_string={"tim": typed}).text
        assert row in page, typed
        assert len(set(re.findall(ROW["tien-ve"], page))) == 1


def test_each_heading_of_incoming_money_holds_what_it_says(
    operator: Desk,
    collected: tuple[int, int],
) -> None:
    _, payment = collected
    row = f'href="/dieu-hanh/tien-ve/{payment}"'

    def under() -> set[str]:
        return {
            name
            for name in ("reported", "late", "back", "waiting", "done")
            if row in operator.get(f"/dieu-hanh/tien-ve?muc={name}").text
        }

    def set_to(**values: Any) -> None:
        with transaction() as session:
            session.execute(update(Payment).where(Payment.id == payment).values(**values))

    assert under() == {"reported"}
    late = now_utc()
    set_to(expired_at=late - timedelta(hours=1), reported_at=late)
    assert under() == {"late"}
    set_to(expired_at=None, reported_at=None)
    assert under() == {"waiting"}
    set_to(received_vnd=Payment.amount_vnd)
    assert under() == {"done"}
    set_to(received_vnd=Payment.amount_vnd + 1)
    assert under() == {"back"}
    set_to(received_vnd=0)  # As its events say.


def test_the_trail_is_narrowed_by_who_what_and_when(operator: Desk, an_account: Any) -> None:
    lan, chau = an_account("Lan"), an_account("Châu")
    for person in (lan, chau):
        operator.post(f"/dieu-hanh/tai-khoan/{person}/tat")
    lines = db.session.execute(
        select(AuditEntry.id, AuditEntry.subject_id).where(AuditEntry.action == "account.disabled")
    ).all()
    of = {row.subject_id: row.id for row in lines}
    db.session.rollback()

    def shown(query: str) -> set[int]:
        page = operator.get(f"/dieu-hanh/nhat-ky?{query}").text
        return {int(n) for n in re.findall(r"Dòng (\d+)", page)}

    assert shown("") == {of[lan], of[chau]}
    assert shown("tim=chau") == {of[chau]}
    assert shown("tim=Hao") == {of[lan], of[chau]}, "by who acted"
    assert shown(f"tim={of[lan]}") == {of[lan]}
    assert shown("loai=account") == {of[lan], of[chau]}
    assert shown("den=2020-01-01") == set()
    assert shown(f"den={(now_utc() + timedelta(days=1)).date().isoformat()}") == {of[lan], of[chau]}
    assert shown("den=hom+qua&loai=khong-co&tim=") == {of[lan], of[chau]}
    assert shown(f"tim={'9' * 60}") == set()


def test_what_the_shop_does_by_itself_is_said_in_words(app: Any, operator: Desk) -> None:
    """Neither the overview nor the stuck messages show names that only programs know."""
    words = (ROOT / "templates" / "operations" / "work_words.html").read_text()
    jobs = set(app.extensions["jobs"])
    told = {name for names in app.extensions["subscribers"].values() for name in names}
    assert set(re.findall(r"^ +'([^']+)':", words, re.MULTILINE)) == jobs | told


def test_each_language_says_its_own_words_on_one_process(operator: Desk) -> None:
    """Words of an imported template are worked out once unless a macro holds them."""
    many_messages()
    operator.post("/dieu-hanh/thu-ket/1/thu-lai")
    for way, vietnamese, english in (
        ("/dieu-hanh/thu-ket", "Thư kẹt", "Stuck mail"),
        ("/dieu-hanh/nhat-ky", "Mọi thứ", "Everything"),
        ("/dieu-hanh/nhat-ky", ">Thư kẹt</option>", ">Stuck mail</option>"),
    ):
        for _ in range(2):
            assert vietnamese in operator.get(way).text
            assert english in operator.get("/en" + way).text


def test_stuck_messages_are_named_in_the_readers_language(operator: Desk) -> None:
    with transaction() as session:
        session.add(
            OutboxMessage(
                event="order.placed", subscriber="mail.order_placed", payload={},
                recorded_at=NOON, due_at=NOON, parked_at=NOON, last_error="OutsideFailure()",
            )
        )  # fmt: skip
    assert "Thư báo có đơn mới" in operator.get("/dieu-hanh/thu-ket").text
    assert "Mail about a new order" in operator.get("/en/dieu-hanh/thu-ket").text
