"""A buyer writes a review by her private link, and everybody reads it."""

import json
import re
from datetime import timedelta
from threading import Thread

import pytest
import time_machine
from sqlalchemy import func, select, update

from shop.accounts.events import AccountDeleted
from shop.accounts.models import Account
from shop.buying.rules import Level
from shop.catalogue.models import Product
from shop.db import db, in_transaction, touch, transaction
from shop.kernel.errors import Refusal
from shop.operations.handlers import account_deleted
from shop.operations.proofs import INVARIANTS
from shop.ordering.actions import take_move_back
from shop.ordering.models import Order, SellerOrderMove, WrittenOrder
from shop.ordering.queries import contact_of
from shop.ordering.rules import LINK_AFTER, StepStays
from shop.reviews.actions import write_review
from shop.reviews.models import Review, ReviewSum, ReviewVersion
from shop.reviews.queries import INVARIANTS as OF_REVIEWS
from shop.reviews.rules import WRITE_FOR, NotArrivedYet, ReviewFixed, ReviewOfOwn
from shop.sellers.models import SellerMember
from tests.buying.test_races import at_once
from tests.conftest import NOON
from tests.engines import both_engines
from tests.listings.test_pages import fresh
from tests.reviews.conftest import WAY, how_many, move, owned_by, say

DAY = timedelta(days=1)
SAID = {"stars": "4", "text": "Thơm, gói kỹ.", "name": "initial"}


def wrong():
    """Return which of the checks of reviews do not hold."""
    db.session.rollback()
    return [name for name in OF_REVIEWS if db.session.execute(INVARIANTS[name]).first()]


def kept(of):
    db.session.rollback()
    return db.session.scalars(select(Review).where(Review.seller_order_id == of.part_id)).one()


@both_engines
def test_she_writes_by_her_link_and_everybody_reads_it_at_once(app, client, arrived):
    of = arrived()
    page = f"/san-pham/{of.slug}"
    assert "Món này chưa có đánh giá nào" in client.get(page).text
    hers = of.browser(app)
    assert "Viết đánh giá" in hers.get(f"/don/{of.code}/danh-gia").text
    assert "Trần Thị Lan" not in hers.get(of.address).text  # Only her initial is offered.
    assert "L., Đà Nẵng" in hers.get(of.address).text
    answer = hers.post(of.address, data=SAID)
    assert answer.status_code == 303
    assert answer.location == f"/don/{of.code}/danh-gia?da=danh-gia"
    read = client.get(page).text
    assert 'aria-label="4 trên 5 sao, 1 đánh giá"' in read
    assert "L., Đà Nẵng" in read
    assert "Thơm, gói kỹ." in read
    assert "Đã mua ở chợ" in read
    told = json.loads(re.search(r'ld\+json">(.*?)</script>', read)[1])
    assert told["aggregateRating"]["ratingValue"] == 4.0
    assert told["aggregateRating"]["reviewCount"] == 1
    assert "4 out of 5 stars, 1 review" in client.get(f"/en{page}").text
    assert "Thơm, gói kỹ." in client.get(f"{page}/danh-gia").text


@both_engines
def test_copies_of_one_form_are_one_review(app, arrived):
    of = arrived()
    browsers = [of.browser(app) for _ in range(5)]
    answers = at_once(
        app, [lambda b=b: b.post(of.address, data=SAID).status_code for b in browsers]
    )
    assert answers == [303] * 5
    assert (how_many(Review), how_many(ReviewVersion)) == (1, 0)
    assert db.session.get_one(ReviewSum, of.product_id).stars_4 == 1
    # Different words from as many places: one review still, and every earlier one is kept.
    jobs = [
        lambda n=n, b=b: b.post(of.address, data={**SAID, "stars": str(n)}).status_code
        for n, b in enumerate(browsers, 1)
    ]
    assert at_once(app, jobs) == [303] * 5
    assert how_many(Review) == 1
    assert wrong() == []


def test_the_product_page_says_so_without_reviews_and_tells_machines_nothing(client, arrived):
    of = arrived()
    assert "aggregateRating" not in client.get(f"/san-pham/{of.slug}").text


def test_before_it_arrived_there_is_nothing_to_review(app, arrived):
    of = arrived(way=())
    hers = of.browser(app)
    for step in WAY:
        assert "Nhận hàng rồi mới viết" in hers.get(of.address).text
        assert hers.post(of.address, data=SAID).status_code == 409
        move(of.part_id, step)
    assert how_many(Review) == 0
    assert hers.post(of.address, data=SAID).status_code == 303


@pytest.mark.parametrize("engine_name", ["postgresql"])
@pytest.mark.parametrize("first", ["review", "tap"])
def test_a_review_and_an_arrival_taken_back_at_once_never_both_stand(
    app, arrived, first, engine_name
):
    """Whoever is second waits for the first one's transaction, and then knows of it."""
    of = arrived()
    with app.app_context():
        move_id = db.session.scalars(
            select(func.max(SellerOrderMove.id)).where(
                SellerOrderMove.seller_order_id == of.part_id
            )
        ).one()
        db.session.rollback()

    def tap(session):
        take_move_back(
            session, seller_order_id=of.part_id, move_id=move_id, actor_kind="seller",
            actor_id=None, now=NOON,
        )  # fmt: skip

    def write(session):
        write_review(
            session, order_id=of.order_id, number=1, stars=4, text="Thơm.", shown_name="L.",
            place="", locale="vi", writer_id=None, now=NOON,
        )  # fmt: skip

    said = []

    def second():
        with app.app_context():
            try:
                in_transaction(tap if first == "review" else write)
            except Refusal as refusal:
                said.append(refusal.code)
            finally:
                db.session.remove()

    waiting = Thread(target=second)
    with transaction() as session:
        (write if first == "review" else tap)(session)
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive(), "it waits for what is being done here"
    waiting.join(20)
    assert said == [StepStays.code if first == "review" else NotArrivedYet.code]
    assert how_many(Review) == (first == "review")


def test_it_is_changed_for_thirty_days_and_earlier_words_are_kept(app, client, arrived):
    of = arrived()
    hers = of.browser(app)
    hers.post(of.address, data=SAID)
    hers.post(of.address, data={"stars": "2", "text": "Hũ sau bị vỡ.", "name": "none"})
    row = kept(of)
    assert (row.stars, row.text, row.shown_name, row.place) == (2, "Hũ sau bị vỡ.", "", "")
    earlier = db.session.scalars(select(ReviewVersion)).one()
    assert (earlier.stars, earlier.text, earlier.is_reply) == (4, "Thơm, gói kỹ.", False)
    sums = db.session.get_one(ReviewSum, of.product_id)
    assert (sums.stars_2, sums.stars_4) == (1, 0)
    read = client.get(f"/san-pham/{of.slug}").text
    assert "Thơm, gói kỹ." not in read
    assert "sửa" in read
    assert "không ghi tên" in read
    with time_machine.travel(NOON + 31 * DAY, tick=False):
        late = of.browser(app)
        assert "Đã quá hạn sửa" in late.get(of.address).text
        assert late.post(of.address, data=SAID).status_code == 409
        # The very same form again is no change, and no fault.
        same = {"stars": "2", "text": "Hũ sau bị vỡ.", "name": "none"}
        assert late.post(of.address, data=same).status_code == 303
    with pytest.raises(ReviewFixed):
        say(of, stars=5, now=NOON + 31 * DAY)
    assert kept(of).stars == 2


def test_a_review_stays_when_the_goods_come_back_and_says_so(app, client, arrived):
    of = arrived()
    say(of, stars=1, text="Không hợp.")
    before = client.get(f"/san-pham/{of.slug}").text
    move(of.part_id, "returned", NOON + DAY)
    assert "sau đó trả lại hàng" not in before
    with time_machine.travel(NOON + DAY, tick=False):
        read = client.get(f"/san-pham/{of.slug}/danh-gia").text
        assert "sau đó trả lại hàng" in client.get(f"/san-pham/{of.slug}").text
    assert "Không hợp." in read
    assert "sau đó trả lại hàng" in read
    other = arrived()
    move(other.part_id, "returned")
    assert "anh/chị vẫn viết được" in other.browser(app).get(f"/don/{other.code}/danh-gia").text
    assert other.browser(app).post(other.address, data=SAID).status_code == 303


def test_whoever_only_tracks_the_order_cannot_speak_for_her(app, client, arrived):
    of = arrived()
    client.post("/tra-don", data={"code": of.code, "last4": "5678"})
    assert client.get(f"/don/{of.code}").status_code == 200
    assert f"don-{Level.TRACKED}" in {c.key for c in client._cookies.values()}  # type: ignore[attr-defined]
    assert client.get(f"/don/{of.code}/danh-gia").status_code == 404
    assert client.get(of.address).status_code == 404
    assert client.post(of.address, data=SAID).status_code == 404
    stranger = app.test_client()
    assert stranger.post(of.address, data=SAID).status_code == 404
    assert stranger.get(f"/don/{of.code}/danh-gia").location == f"/tra-don?ma={of.code}"
    hers = of.browser(app)
    assert hers.post(f"/don/{of.code}/danh-gia/2", data=SAID).status_code == 404
    assert hers.get(f"/don/{of.code}/danh-gia/0").status_code == 404
    assert how_many(Review) == 0


def test_whoever_knows_code_and_phone_as_the_seller_does_cannot_speak_for_her(app, client, arrived):
    of = arrived()
    phone = contact_of(db.session.get_one(Order, of.order_id)).phone
    db.session.rollback()
    client.post("/tra-don", data={"code": of.code, "last4": phone[-4:]})
    assert client.post(f"/don/{of.code}/mo", data={"proof": phone}).status_code == 303
    page = client.get(f"/don/{of.code}").text
    assert phone[-4:] in page.replace(" ", "")
    assert "/danh-gia" not in page
    assert client.get(f"/don/{of.code}/danh-gia").status_code == 404
    assert client.post(of.address, data=SAID).status_code == 404
    assert how_many(Review) == 0
    assert client.get(f"/d/{of.token}").status_code == 303  # The link of the buyer does.
    assert client.post(of.address, data=SAID).status_code == 303


def test_a_stall_does_not_praise_itself(app, arrived, an_account):
    """Orders that it wrote itself, and those of its own people, by account or by phone."""
    written, by_member, by_phone, signed_in = (arrived() for _ in range(4))
    her = an_account()
    with transaction() as session:
        session.add(
            WrittenOrder(
                order_id=written.order_id, seller_id=written.seller_id, channel="phone",
                original=b"", written_at=NOON,
            )
        )  # fmt: skip
        for of in (by_member, by_phone, signed_in):
            session.add(
                SellerMember(seller_id=of.seller_id, account_id=her, role="staff", since=NOON)
            )
        session.get_one(Account, her).phone_index = session.get_one(
            Order, by_phone.order_id
        ).phone_index
    owned_by(by_member.order_id, her)
    assert "người bán ghi giúp" in written.browser(app).get(f"/don/{written.code}/danh-gia").text
    for of in (written, by_member, by_phone):
        answer = of.browser(app).post(of.address, data=SAID)
        assert answer.status_code == 409
        assert "người của gian hàng đặt hoặc ghi" in answer.text
    with pytest.raises(ReviewOfOwn):
        say(signed_in, writer_id=her)
    assert how_many(Review) == 0


def test_goods_that_are_gone_take_their_reviews_along(app, client, arrived):
    of = arrived()
    say(of)
    assert client.get(f"/san-pham/{of.slug}/danh-gia").status_code == 200
    with transaction() as session:
        session.get_one(Product, of.product_id).state = "hidden"
        touch(session, "products")
    assert client.get(f"/san-pham/{of.slug}/danh-gia").status_code == 410


def test_the_mail_leads_to_the_reviews_of_the_order(client, arrived):
    of = arrived()
    answer = client.get(f"/d/{of.token}?toi=danh-gia")
    assert answer.location == f"/don/{of.code}/danh-gia"
    assert client.get(answer.location).status_code == 200
    assert client.get(f"/d/{of.token}?toi=//evil.example").location == f"/don/{of.code}"
    assert WRITE_FOR == LINK_AFTER


def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_stored(app, arrived):
    of = arrived()
    hers = of.browser(app)
    for typed, words in (
        ({"stars": ""}, "Anh/chị chọn từ 1 tới 5 sao."),
        ({"stars": "6"}, "Anh/chị chọn từ 1 tới 5 sao."),
        ({"stars": "\x00"}, "Anh/chị chọn từ 1 tới 5 sao."),
        ({"text": "a" * 10_000}, "Dài quá"),
        ({"text": "Mua ở www.noikhac.vn rẻ hơn"}, "Anh/chị bỏ giúp số điện thoại"),
        ({"name": "admin"}, "Chọn một mục"),
    ):
        answer = hers.post(of.address, data={**SAID, **typed})
        assert answer.status_code == 422
        assert words in answer.text
        assert 'role="alert"' in answer.text
    assert how_many(Review) == 0


def test_words_are_shown_as_they_are_and_never_run(app, client, arrived):
    of = arrived()
    text = "<script>alert(1)</script>\x00 🍯 {{ 7*7 }}\n\nDòng hai"
    assert of.browser(app).post(of.address, data={**SAID, "text": text}).status_code == 303
    read = client.get(f"/san-pham/{of.slug}").text
    assert "<script>alert" not in read
    assert "&lt;script&gt;alert(1)&lt;/script&gt; 🍯 {{ 7*7 }}" in read
    assert "<p>Dòng hai</p>" in read


def test_one_order_sends_so_many_forms_an_hour(app, arrived):
    of = arrived()
    hers = of.browser(app)
    answers = [hers.post(of.address, data={**SAID, "stars": ""}).status_code for _ in range(31)]
    assert answers == [422] * 30 + [429]


def test_older_ones_stand_on_pages_of_their_own(client, make_app, arrived, a_variant):
    jar = a_variant(on_hand=99)
    for n in range(7):
        of = arrived(variant_id=jar)
        say(of, stars=5 - n % 2, text=f"Lời số {n}.", now=NOON + n * DAY / 24)
        if n in (0, 6):
            asked = [fresh(make_app, f"/san-pham/{of.slug}{more}") for more in ("", "/danh-gia")]
            assert asked == [8, 3]
    page = client.get(f"/san-pham/{of.slug}").text
    assert "Xem hết 7 đánh giá" in page
    assert page.index("Lời số 6.") < page.index("Lời số 2.")
    assert "Lời số 1." not in page
    everything = client.get(f"/san-pham/{of.slug}/danh-gia").text
    assert all(f"Lời số {n}." in everything for n in range(7))
    assert client.get(f"/san-pham/{of.slug}/danh-gia?trang=2").status_code == 404
    assert client.get("/san-pham/khong-co/danh-gia").status_code == 404


@both_engines
def test_an_erased_buyer_is_named_nowhere_and_her_words_stay(client, arrived, an_account):
    of = arrived()
    say(of, shown_name="Lan")
    owned_by(of.order_id, her := an_account("Lan"))
    assert "Lan, Đà Nẵng" in client.get(f"/san-pham/{of.slug}").text
    account_deleted(AccountDeleted(her))
    read = client.get(f"/san-pham/{of.slug}").text
    assert "Lan, Đà Nẵng" not in read
    assert "Thơm, gói kỹ." in read
    assert kept(of).shown_name == ""


@both_engines
def test_stars_that_do_not_add_up_are_found(arrived):
    of = arrived()
    say(of)
    name = "the stars kept of each product are those of its reviews"
    assert name in INVARIANTS
    assert wrong() == []
    with transaction() as session:
        session.execute(update(ReviewSum).values(stars_5=1, stars_4=0))
    assert wrong() == [name]
    with transaction() as session:
        session.execute(update(ReviewSum).values(stars_5=0, stars_4=1))
