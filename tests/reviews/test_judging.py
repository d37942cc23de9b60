"""Makers reply and report; only the desk hides words, for a listed reason, in sight of everybody."""

import re

import pytest
from sqlalchemy import select

from shop.audit.models import AuditEntry
from shop.db import db, in_transaction, transaction
from shop.kernel.clock import vietnam_date
from shop.notifications.models import Notice
from shop.reviews.actions import report
from shop.reviews.models import Review, ReviewVersion
from shop.sellers.helping import grant_help
from shop.sellers.members import appoint_member
from shop.sellers.models import Seller
from tests.conftest import NOON
from tests.engines import both_engines
from tests.operations.conftest import Desk
from tests.reviews.conftest import say

BY = {"actor_id": None, "actor_name": "Hảo", "now": NOON}
EMAIL = "lanh@example.net"


def review_of(of) -> Review:
    db.session.rollback()
    return db.session.scalars(select(Review).where(Review.seller_order_id == of.part_id)).one()


@pytest.fixture
def maker(an_account, sign_in):
    """Return the browser of somebody who works at a stall."""

    def make(of, name: str = "Lành", email: str | None = EMAIL) -> Desk:
        person = an_account(name, email=email)
        with transaction() as session:
            appoint_member(session, seller_id=of.seller_id, account_id=person, role="owner", **BY)
        return Desk(sign_in(person, "seller"), person)

    return make


def reported(of, reason="insult") -> int:
    return in_transaction(
        lambda session: report(
            session, review_id=review_of(of).id, seller_id=of.seller_id, reason=reason, text="Xem giúp.", **BY
        ).id
    )  # fmt: skip


@both_engines
def test_the_maker_replies_once_for_all_to_read_and_changes_it(app, client, arrived, maker):
    of = arrived()
    first = say(of, stars=2, text="Hũ bị nứt.")
    hers = maker(of)
    assert "Còn 1 đánh giá chị chưa trả lời." in hers.get("/ban-hang/danh-gia").text
    assert "Còn 1 đánh giá" in hers.get("/ban-hang/gian-hang").text
    at = f"/ban-hang/danh-gia/{first}"
    assert "Hũ bị nứt." in hers.get(at).text
    assert hers.post(at, reply="gọi 0905 000 118").status_code == 422
    assert hers.post(at, reply="a" * 2000).status_code == 422
    assert hers.post(at, reply="Xin lỗi chị, <b>tôi</b> gửi hũ khác.").status_code == 303
    read = client.get(f"/san-pham/{of.slug}").text
    assert "trả lời</b>" in read
    assert "Xin lỗi chị, &lt;b&gt;tôi&lt;/b&gt; gửi hũ khác." in read
    hers.post(at, reply="Tôi đã gửi hũ khác.")
    hers.post(at, reply="Tôi đã gửi hũ khác.")
    assert "Tôi đã gửi hũ khác." in client.get(f"/san-pham/{of.slug}").text
    db.session.rollback()
    earlier = db.session.scalars(select(ReviewVersion)).one()
    assert (earlier.is_reply, earlier.stars) == (True, None)
    assert "Đánh giá nào chị cũng trả lời rồi." in hers.get("/ban-hang/danh-gia").text
    hers.post(at, reply="")
    assert "Tôi đã gửi" not in client.get(f"/san-pham/{of.slug}").text
    assert review_of(of).replied_at is None
    # Another's reviews are not there for her.
    other = arrived()
    say(other)
    theirs = f"/ban-hang/danh-gia/{review_of(other).id}"
    assert hers.get(theirs).status_code == 404
    assert hers.post(theirs, reply="Hay.").status_code == 404
    assert hers.post(f"{theirs}/bao", reason="insult").status_code == 404


def test_nobody_at_a_stall_can_hide_and_a_report_changes_nothing(app, client, arrived, maker):
    of = arrived()
    number = say(of, stars=1, text="Dở lắm.")
    hers = maker(of)
    for way in ("an", "hien", "giu"):
        assert hers.post(f"/dieu-hanh/danh-gia/{number}/{way}").status_code == 404
    at = f"/ban-hang/danh-gia/{number}"
    assert hers.post(f"{at}/bao", reason="bad").status_code == 422
    assert hers.post(f"{at}/bao", reason="insult", why="Xem giúp.").status_code == 303
    assert "Chợ đang xem. Trong lúc ấy lời vẫn hiện." in hers.get(at).text
    assert hers.post(f"{at}/bao", reason="insult").status_code == 409
    assert "Dở lắm." in client.get(f"/san-pham/{of.slug}").text


def test_a_helper_replies_when_she_was_given_just_that_and_that_is_read_back(
    app, arrived, maker, an_account, sign_in, deliver
):  # fmt: skip
    of = arrived()
    number = say(of)
    owner = maker(of)
    for rights, status in ((("answer_reviews",), 303), (("edit_goods",), 404)):
        helper = an_account("Thu", email=None)
        with transaction() as session:
            grant_help(
                session, seller_id=of.seller_id, helper_id=helper, owner_id=owner.account_id,
                rights=rights, last_day=vietnam_date(NOON), consent_kind="paper",
                consent_on=vietnam_date(NOON), **BY,
            )  # fmt: skip
        desk = Desk(sign_in(helper, "seller"), helper)
        answer = desk.post(f"/ban-hang/danh-gia/{number}", reply=f"Cảm ơn {rights[0]}.")
        assert answer.status_code == status
    assert review_of(of).reply == "Cảm ơn answer_reviews."
    deliver()
    assert "đã trả lời một đánh giá" in owner.get("/ban-hang/tin").text


@both_engines
def test_words_are_hidden_for_a_reason_that_the_page_names_and_stars_still_count(
    app, client, arrived, operator
):  # fmt: skip
    of = arrived()
    number = say(of, stars=1, text="Bà ấy là đồ lừa đảo.")
    at, page = f"/dieu-hanh/danh-gia/{number}", f"/san-pham/{of.slug}"
    assert "Đánh giá được báo, đã ẩn" in operator.get("/dieu-hanh/danh-gia").text
    assert f"Số {number}" not in operator.get("/dieu-hanh/danh-gia").text
    assert f"Số {number}" in operator.get("/dieu-hanh/danh-gia?xem=tat-ca").text
    for wrong in ({"reason": "bad"}, {"reason": ""}, {"reason": "insult", "what": "stars"}):
        assert operator.post(f"{at}/an", **{"what": "words", **wrong}).status_code == 422
    assert operator.post(f"{at}/an", what="reply", reason="insult").status_code == 409
    assert "lừa đảo" in client.get(page).text
    assert operator.post(f"{at}/an", what="words", reason="insult").status_code == 303
    read = client.get(page).text
    assert "lừa đảo" not in read
    assert (
        "đã được ẩn ngày 23/11/2026 vì xúc phạm hoặc vu khống người khác. Số sao vẫn tính" in read
    )
    assert 'aria-label="1 trên 5 sao, 1 đánh giá"' in read
    assert "insults or slanders somebody" in client.get(f"/en{page}").text
    assert operator.post(f"{at}/an", what="words", reason="insult").status_code == 409
    line = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "review.hidden")).one()
    assert (line.actor_name, line.facts["reason"], line.facts["stars"]) == ("Hảo", "insult", 1)
    db.session.rollback()
    undo = operator.post(f"/dieu-hanh/nhat-ky/{line.id}/tra-lai")
    assert undo.status_code == 303, undo.text
    assert "lừa đảo" in client.get(page).text
    assert operator.post(f"{at}/hien", what="words").status_code == 409


def test_only_heads_and_deputies_of_her_units_judge(app, arrived, an_officer, an_organisation):
    of = arrived()
    number = say(of)
    unit = db.session.get_one(Seller, of.seller_id).organisation_id
    db.session.rollback()
    at = f"/dieu-hanh/danh-gia/{number}"
    head, officer = an_officer(unit, "head"), an_officer(unit, "officer")
    elsewhere = an_officer(an_organisation(), "head")
    assert f"Số {number}" in head.get("/dieu-hanh/danh-gia?xem=tat-ca").text
    assert f"Số {number}" not in elsewhere.get("/dieu-hanh/danh-gia?xem=tat-ca").text
    for desk, status in ((elsewhere, 404), (officer, 404), (head, 303)):
        assert desk.post(f"{at}/an", what="words", reason="insult").status_code == status


def test_words_of_a_reply_can_be_hidden_too(app, client, arrived, maker, operator):
    of = arrived()
    number = say(of)
    maker(of).post(f"/ban-hang/danh-gia/{number}", reply="Chị Lan ở Lê Lợi khó tính.")
    page = f"/san-pham/{of.slug}"
    assert "khó tính" in client.get(page).text
    at = f"/dieu-hanh/danh-gia/{number}"
    operator.post(f"{at}/an", what="reply", reason="personal_data")
    read = client.get(page).text
    assert "khó tính" not in read
    assert "Lời trả lời của người làm đã được ẩn ngày 23/11/2026 vì có thông tin riêng" in read
    assert "Thơm, gói kỹ." in read


def test_by_command_words_are_hidden_shown_and_kept_in_both_languages(app, arrived, run):
    of = arrived()
    number = str(say(of, text="Bà ấy dở."))
    reported(of)
    assert "waits" in run("review", "list")
    assert run("review", "hide", "999", "--reason", "insult", fails=True).strip()
    run("review", "keep", number, "--answer", "Khách nói về hàng.")
    assert "tải lại" in run("review", "keep", number, "--answer", "Lại.", fails=True)
    assert "Hidden." in run("review", "hide", number, "--reason", "insult", "--lang", "en")
    assert "hidden" in run("review", "list")
    run("review", "show", number)
    assert review_of(of).hidden_at is None
    channels = db.session.scalars(
        select(AuditEntry.channel).where(AuditEntry.action.in_(("review.hidden", "review.kept")))
    ).all()
    assert set(channels) == {"command"}


def test_everybody_concerned_is_told_by_mail_once(app, arrived, maker, operator, mails, deliver):
    of = arrived()
    number = say(of, stars=1, text="Bà ấy dở.")
    hers = maker(of)
    deliver()
    deliver()
    to_maker = [m for m in mails() if "Đánh giá mới cho" in m["Subject"]]
    assert [m["To"] for m in to_maker] == [EMAIL]
    assert f"/ban-hang/danh-gia/{number}" in to_maker[0].get_body().get_content()
    db.session.rollback()
    notice = db.session.scalars(select(Notice).where(Notice.kind == "review_new")).one()
    assert notice.facts["stars"] == 1
    assert "khách cho 1 sao" in hers.get("/ban-hang/tin").text
    hers.post(f"/ban-hang/danh-gia/{number}", reply="Tôi xin lỗi.")
    hers.post(f"/ban-hang/danh-gia/{number}/bao", reason="insult")
    operator.post(f"/dieu-hanh/danh-gia/{number}/an", what="words", reason="insult")
    deliver()
    said = {(m["To"], m["Subject"]) for m in mails()}
    wanted = (
        ("lan@example.com", r"trả lời đánh giá của anh/chị$"),
        ("lan@example.com", r"^Lời đánh giá của anh/chị về .* đã được ẩn$"),
        (EMAIL, r"^Chợ đã xem một đánh giá"),
        (app.extensions["settings"].operator_email, r"nhờ chợ xem một đánh giá$"),
    )
    for to, words in wanted:
        assert any(to == address and re.search(words, s.strip()) for address, s in said), (
            words,
            said,
        )


def test_the_mail_that_says_it_arrived_invites_her(app, arrived, mails, deliver):
    of = arrived()
    deliver()
    mail = next(m for m in mails() if "đã tới nơi" in m["Subject"])
    body = mail.get_body().get_content()
    assert f"/d/{of.token}?toi=danh-gia" in body
