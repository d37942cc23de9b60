"""Hand-overs on the desk's pages: two people, proof, consent, and nobody's name outside."""

import io
import re
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from PIL import Image
from sqlalchemy import select

from shop.audit.models import AuditEntry
from shop.db import db, transaction
from shop.fundraising.actions import papers
from shop.fundraising.actions.gifts import confirm_gift, offer_gift, show_message
from shop.fundraising.models import (
    Beneficiary,
    Campaign,
    CampaignFile,
    Disbursement,
    DisbursementReturn,
)
from shop.fundraising.paper_rules import Paper
from shop.kernel.clock import now_utc, vietnam_date
from shop.operations.undo import undo
from tests.engines import both_engines
from tests.fundraising.conftest import given
from tests.fundraising.test_fund import code_of, figures, lines, put
from tests.fundraising.test_paper_rules import PDF
from tests.media.photos import with_notes
from tests.operations.conftest import Desk

NAME = "Nguyễn Thị Kín"
PLAN = {
    "what": "hand_over-money", "words_vi": "Một con bò giống", "amount": "400k", "households": "1",
    "name": NAME, "phone": "0905 000 222", "ward": "Quế Phước, Đà Nẵng",
}  # fmt: skip


def today(days: int = 0) -> str:
    return (vietnam_date(now_utc()) + timedelta(days)).isoformat()


def agreed(**more: Any) -> dict[str, Any]:
    return {
        "consent_kind": "paper", "consent_on": today(), "consent_until": today(30), **more,
    }  # fmt: skip


class World:
    """A campaign with 500,000 đồng, its officer and its treasurer."""

    def __init__(self, campaign: int, officer: Desk, treasurer: Desk) -> None:
        self.campaign, self.officer, self.treasurer = campaign, officer, treasurer
        self.desk = f"/dieu-hanh/gay-quy/{campaign}"

    def planned(self, **more: str) -> str:
        answer = self.officer.post(f"{self.desk}/trao/moi", **PLAN | more)
        assert answer.status_code == 303, refused(answer)
        return answer.headers["Location"].split("?")[0]

    def approved(self, **more: str) -> str:
        way = self.planned(**more)
        assert self.treasurer.post(f"{way}/duyet").status_code == 303
        return way

    def done(self, **more: str) -> str:
        way = self.approved(**more)
        answer = self.officer.post(f"{way}/xong", **HANDED, done_on=today())
        assert answer.status_code == 303, refused(answer)
        return way


HANDED = {"witness_one": "Cô Một", "witness_two": "Chú Hai", "voucher_no": "PC-01"}


def refused(answer: Any) -> str:
    return " ".join(re.findall(r'role="alert"[^>]*>(.*?)</div>', answer.text, re.DOTALL))


@pytest.fixture
def world(a_campaign, an_organisation, an_officer) -> World:
    unit = an_organisation()
    one = a_campaign(organisation_id=unit)
    put(one, 500_000, "fund:in")
    return World(one, an_officer(unit, "officer"), an_officer(unit, "treasurer"))


def kept() -> tuple[int, int]:
    db.session.rollback()
    return (
        len(db.session.scalars(select(Disbursement.id)).all()),
        len(db.session.scalars(select(Beneficiary.id)).all()),
    )


@both_engines
def test_it_is_planned_approved_by_another_and_done_before_two_witnesses(client, world):
    way = world.planned()
    assert world.officer.post(f"{way}/duyet").status_code == 404, "She may not approve at all."
    answer = world.officer.post(f"{way}/xong", **HANDED, done_on=today())
    assert (answer.status_code, figures(world.campaign).held_vnd) == (409, 500_000)
    assert world.treasurer.post(f"{way}/duyet").status_code == 303
    for wrong, words in (
        ({"witness_two": "cô một"}, "hai người khác nhau"),
        ({"done_on": today(1)}, "chưa tới"),
        ({"done_on": today(-400)}, "trước khi đợt này mở"),
        ({"voucher_no": ""}, "số chứng từ"),
    ):
        answer = world.officer.post(f"{way}/xong", **HANDED | {"done_on": today()} | wrong)
        assert (answer.status_code, words in answer.text) == (422, True), wrong
    assert figures(world.campaign).held_vnd == 500_000
    answer = world.officer.post(f"{way}/xong", **HANDED, done_on=today())
    assert answer.status_code == 303
    assert figures(world.campaign).held_vnd == 100_000
    page = world.officer.get(way).text
    assert "Cô Một" in page
    assert NAME in page
    public = client.get(f"/gay-quy/{code_of(world.campaign)}/so-quy").text
    assert "Một con bò giống" in public
    assert "Cô Một" not in public
    assert "trao" in world.officer.get(f"{world.desk}/trao").text


@both_engines
def test_nobody_approves_twice_or_her_own_and_nobody_plans_more_than_there_is(
    world, an_officer, a_campaign, an_organisation
):  # fmt: skip
    unit = db.session.get_one(Campaign, world.campaign).organisation_id
    head = an_officer(unit, "head")
    hers = head.post(f"{world.desk}/trao/moi", **PLAN).headers["Location"].split("?")[0]
    answer = head.post(f"{hers}/duyet")
    assert (answer.status_code, "cần một người khác" in refused(answer)) == (409, True)
    answer = head.post(f"{world.desk}/trao/moi", **PLAN | {"amount": "100.001"})
    assert (answer.status_code, "Quỹ chỉ còn" in refused(answer)) == (409, True)
    assert kept() == (1, 1), "Who was to get the second is not kept either."
    assert world.treasurer.post(f"{hers}/duyet").status_code == 303
    assert world.treasurer.post(f"{hers}/duyet").status_code == 409, "Approved once."


def test_members_and_other_units_see_nothing_of_it(world, an_officer, an_organisation):
    way = world.planned()
    unit = db.session.get_one(Campaign, world.campaign).organisation_id
    for who in (an_officer(unit, "member"), an_officer(an_organisation(), "head")):
        for there in (way, f"{world.desk}/trao", f"{world.desk}/giay-to", f"{world.desk}/trao/moi"):
            assert who.get(there).status_code == 404, there
        assert who.post(f"{way}/duyet").status_code == 404


def test_a_closed_or_finished_campaign_takes_no_plan_and_drafts_none(world, a_campaign):
    with transaction() as session:
        session.get_one(Campaign, world.campaign).state = "finished"
    answer = world.officer.post(f"{world.desk}/trao/moi", **PLAN)
    assert (answer.status_code, kept()) == (409, (0, 0))
    file = {"tep": (io.BytesIO(PDF), "a.pdf")}
    told = {"role": "rules", "caption_vi": "Quy chế", "audience": "all"}
    assert world.officer.post(f"{world.desk}/giay-to", **told, **file).status_code == 409
    assert world.officer.post(f"{world.desk}/sua", title_vi="Khác").status_code in (409, 422)
    assert db.session.get_one(Campaign, world.campaign).title_vi == "Bò giống cho chị em nghèo"


def test_what_moved_no_money_is_dropped_and_taken_up_again(world):
    way = world.approved()
    assert world.treasurer.post(f"{way}/buoc/bo-duyet").status_code == 303
    assert world.officer.post(f"{way}/buoc/bo").status_code == 303
    assert "Đã bỏ" in world.officer.get(way).text
    assert world.officer.post(f"{way}/buoc/lay-lai").status_code == 303
    assert world.officer.post(f"{way}/buoc/gi-do").status_code == 404
    assert figures(world.campaign).held_vnd == 500_000


def test_public_words_never_name_who_gets_it(world):
    for wrong in ({"words_vi": f"Bò cho {NAME}"}, {"words_vi": "Bò cho chị Kín"},
                  {"what": "hand_over-goods", "goods_vi": "Gạo của bà Kín"}):  # fmt: skip
        answer = world.officer.post(f"{world.desk}/trao/moi", **PLAN | wrong)
        assert (answer.status_code, "không ghi tên người nhận" in refused(answer)) == (422, True)
    assert kept() == (0, 0)
    way = world.approved()
    told = HANDED | {"voucher_no": "PC chị Kín", "done_on": today()}
    assert world.officer.post(f"{way}/xong", **told).status_code == 422
    assert figures(world.campaign).held_vnd == 500_000


def sent(world: World, way: str, content: bytes, name: str = "a.jpg", **more: Any) -> Any:
    told = {"caption_vi": "Phiếu chi có hai chữ ký", "audience": "all", **more}
    return world.officer.post(f"{way}/bang-chung", tep=(io.BytesIO(content), name), **told)


def files() -> list[CampaignFile]:
    db.session.rollback()
    return list(db.session.scalars(select(CampaignFile).order_by(CampaignFile.id)))


@both_engines
def test_pictures_are_cleaned_and_gone_the_moment_a_consent_ends_or_is_taken_back(client, world):
    way, code = world.done(), code_of(world.campaign)
    answer = sent(world, way, with_notes(), shows_people="y")
    assert (answer.status_code, "lời đồng ý" in refused(answer)) == (422, True)
    assert files() == []
    assert sent(world, way, with_notes(), shows_people="y", **agreed()).status_code == 303
    row = files()[0]
    there = f"/gay-quy/{code}/giay-to/{row.id}"
    shown = client.get(there)
    assert (shown.status_code, shown.mimetype) == (200, "image/webp")
    assert shown.headers["Cache-Control"] == "no-store"
    assert Image.open(io.BytesIO(shown.data)).size == (row.width_px, row.height_px)
    for secret in (b"Exif", b"Go Mit", "Bí Mật".encode()):
        assert secret not in shown.data
    account = f"/gay-quy/{code}/so-quy"
    assert there in client.get(account).text
    with time_machine.travel(now_utc() + timedelta(days=31), tick=False):
        assert client.get(there).status_code == 404, "The consent has ended by itself."
        assert there not in client.get(account).text
    to = f"{world.desk}/giay-to/{row.id}"
    assert world.officer.post(f"{to}/xem", audience="officers").status_code == 303
    assert client.get(there).status_code == 404
    assert there not in client.get(account).text
    assert world.officer.get(to).status_code == 200, "Officers still have the proof."
    assert world.officer.post(f"{to}/xem", audience="all").status_code == 422, "Asked anew."
    assert world.officer.post(f"{to}/xem", audience="all", **agreed()).status_code == 303
    assert client.get(there).status_code == 200
    assert world.officer.post(f"{to}/bo").status_code == 303
    assert client.get(there).status_code == 404
    assert world.officer.post(f"{to}/lay-lai").status_code == 303
    assert client.get(there).status_code == 404, "Put back for officers alone."


def test_papers_are_checked_kept_and_shown_to_whom_they_are_for(client, world):
    way, code = world.done(), code_of(world.campaign)
    for content, words in (
        (b"", "chưa chọn"), (b"MZ program", "không phải ảnh"), (b"%PDF-1.4 /JS %%EOF", "chương trình"),
    ):  # fmt: skip
        answer = sent(world, way, content, name="" if not content else "a.pdf")
        assert (answer.status_code, words in refused(answer)) == (422, True), content
    answer = sent(world, way, PDF, caption_vi="Phiếu của chị Kín")
    assert (answer.status_code, "không ghi tên" in refused(answer)) == (422, True)
    assert files() == []
    assert sent(world, way, PDF, audience="officers").status_code == 303
    told = {"role": "rules", "caption_vi": "Quy chế thu chi của quỹ", "audience": "all"}
    paper = {"tep": (io.BytesIO(PDF), "quy-che.pdf")}
    assert world.officer.post(f"{world.desk}/giay-to", **told, **paper).status_code == 303
    hidden, shown = (f"/gay-quy/{code}/giay-to/{row.id}" for row in files())
    page = client.get(f"/gay-quy/{code}/so-quy").text
    assert "Quy chế thu chi của quỹ" in page
    assert (hidden in page, client.get(hidden).status_code) == (False, 404)
    answer = client.get(shown)
    assert (answer.status_code, answer.data) == (200, PDF)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    other = shown.replace(code, "KHAC0001")
    assert client.get(other).status_code == 404


WAYS = ("so-quy", "so-quy.csv", "so-quy.xlsx", "bao-cao", "bao-cao.pdf", "kiem-so", "")


def said_of_her(client, code: str, words: str) -> list[str]:
    """Return where outsiders read words: pages, files, search, feed, share pictures, sitemap."""
    ways = [f"/gay-quy/{code}/{way}".rstrip("/") for way in WAYS]
    ways += [
        f"/en/gay-quy/{code}/so-quy", "/gay-quy", "/tim?tu=bo", "/sitemap.xml", "/robots.txt",
        f"/chia-se/gay-quy/{code}",
    ]  # fmt: skip
    return [way for way in ways if words.encode() in client.get(way).data]


@both_engines
def test_a_name_is_read_only_while_she_agrees_and_never_in_files_search_feed_or_trail(
    client, world
):
    way, code = world.done(), code_of(world.campaign)
    world.officer.post(f"{way}/bang-chung", tep=(io.BytesIO(PDF), "a.pdf"),
                       caption_vi="Phiếu chi", audience="all")  # fmt: skip
    consent = f"{way}/dong-y"
    assert said_of_her(client, code, "Kín") == []
    answer = world.officer.post(consent, consent_for="name")
    assert (answer.status_code, said_of_her(client, code, "Kín")) == (422, [])
    assert world.officer.post(consent, consent_for="name", **agreed()).status_code == 303
    pages = [f"/gay-quy/{code}/so-quy", f"/gay-quy/{code}/bao-cao", f"/en/gay-quy/{code}/so-quy"]
    assert said_of_her(client, code, NAME) == pages, "Pages alone: copies outlive a consent."
    answer = world.officer.post(consent, consent_for="initials", **agreed())
    assert (answer.status_code, said_of_her(client, code, NAME)) == (303, [])
    assert said_of_her(client, code, "N. T. K.") == pages
    with time_machine.travel(now_utc() + timedelta(days=31), tick=False):
        assert said_of_her(client, code, "N. T. K.") == []
    assert world.officer.post(consent, consent_for="").status_code == 303
    assert said_of_her(client, code, "N. T. K.") == []
    db.session.rollback()
    trail = db.session.scalars(select(AuditEntry).where(AuditEntry.subject_kind == "campaign"))
    facts = [f"{row.action} {row.facts}" for row in trail]
    assert any("beneficiary.withdrew" in one for one in facts)
    assert not any("Kín" in one for one in facts)


def test_who_asks_to_be_forgotten_is_gone_by_page_and_by_command(client, run, world):
    way, code = world.done(), code_of(world.campaign)
    assert world.officer.post(f"{way}/dong-y", consent_for="name", **agreed()).status_code == 303
    by_page, by_command = (
        given(world.campaign, name, message="Chúc vui") for name in ("Cô Bảy", "Cô Chín")
    )
    at = f"{world.desk}/ten/{by_page.id}"
    assert "Xoá hẳn tên người góp" in world.officer.get(at).text
    assert world.officer.post(f"{at}/xoa").status_code == 303
    assert "đã xoá ngày" in world.officer.get(at).text
    run("campaign", "forget-giver", by_command.memo)
    for name in ("Cô Bảy", "Cô Chín"):
        assert said_of_her(client, code, name) == []
    assert f"/gay-quy/{code}/so-quy" in said_of_her(client, code, NAME)
    assert NAME in world.officer.get(way).text
    assert world.officer.post(f"{way}/xoa-ten").status_code == 303
    assert said_of_her(client, code, NAME) == []
    page = world.officer.get(way).text
    assert (NAME in page, "Đã xoá tên" in page, "Ghi lời đồng ý" in page) == (False, True, False)
    assert world.officer.post(f"{way}/dong-y", consent_for="name", **agreed()).status_code == 404
    db.session.rollback()
    her = db.session.scalars(select(Beneficiary)).one()
    run("campaign", "forget-beneficiary", her.code)
    assert (her.contact, her.data_key, her.consent_until) == (b"", b"", None)
    said = db.session.scalars(
        select(AuditEntry.action).where(AuditEntry.subject_kind == "campaign")
    )
    counted = Counter(said)
    assert (counted["gift.giver_forgotten"], counted["beneficiary.forgotten"]) == (2, 1)
    assert "khớp" in run("campaign", "verify", code)


def test_an_improper_name_is_hidden_everywhere_and_the_chain_verifies(client, run, a_campaign,
                                                                      world):  # fmt: skip
    by = {"actor_id": None, "actor_name": "x", "now": now_utc()}
    with transaction() as session:
        gift = offer_gift(
            session, campaign_id=world.campaign, amount_vnd=50_000, message="Lời xấu",
            contact={"name": "Tên Xấu", "email": None}, shown_name="Tên Xấu", attempt_id="g",
            locale="vi", now=now_utc(),
        )  # fmt: skip
        confirm_gift(session, gift_id=gift.id, amount_vnd=50_000, seen_vnd=0, **by)
        show_message(session, gift_id=gift.id, shown=True, **by)
        number, memo = gift.id, gift.memo
    code, to = code_of(world.campaign), f"{world.desk}/ten/{number}"
    assert "Tên Xấu" in client.get(f"/gay-quy/{code}/so-quy").text
    assert world.officer.post(f"{to}/an").status_code == 422, "Why?"
    assert world.officer.post(f"{to}/an", reason="Quảng cáo").status_code == 303
    assert said_of_her(client, code, "Tên Xấu") == []
    assert said_of_her(client, code, "Lời xấu") == []
    page = client.get(f"/gay-quy/{code}/so-quy").text
    assert "Hội ẩn tên này" in page
    assert "50.000" in page
    assert figures(world.campaign).raised_vnd == 550_000
    assert "khớp từ dòng đầu" in client.get(f"/gay-quy/{code}/kiem-so").text
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "gift.name_hidden")
    ).one()
    assert entry.facts["reason"] == "Quảng cáo"
    number = entry.id
    db.session.rollback()
    with transaction() as session:
        undo(session, entry_id=number, **by)
    assert "Tên Xấu" in client.get(f"/gay-quy/{code}/so-quy").text
    run("campaign", "hide-name", memo, "--why", "Quảng cáo")
    assert "Tên Xấu" not in client.get(f"/gay-quy/{code}/so-quy.csv").text
    assert "khớp" in run("campaign", "verify", code)


def test_files_are_kept_shown_and_hidden_by_command_and_undone(run, client, world, tmp_path):
    code, file = code_of(world.campaign), tmp_path / "quyet-dinh.pdf"
    file.write_bytes(PDF)
    told = ("campaign", "add-file", code, str(file), "--caption", "Quyết định")
    made = run(*told, "--role", "decision", "--public").strip()
    there = f"/gay-quy/{code}/giay-to/{made}"
    assert client.get(there).status_code == 200
    assert "public" in run("campaign", "files", code)
    run("campaign", "hide-file", made)
    assert client.get(there).status_code == 404
    assert "đồng ý" in run("campaign", "show-file", made, "--shows-people", fails=True)
    run("campaign", "show-file", made)
    run("campaign", "remove-file", made)
    assert "removed" in run("campaign", "files", code)
    db.session.rollback()
    entry = db.session.scalars(
        select(AuditEntry.id).where(AuditEntry.action == "campaign_file.removed")
    ).one()
    db.session.rollback()
    run("undo", str(entry))
    assert "officers" in run("campaign", "files", code), "Put back for officers alone."
    way = world.planned()
    her = db.session.scalars(select(Beneficiary.code)).one()
    until = ("--consent-kind", "paper", "--consent-on", today(), "--consent-until", today(9))
    assert run("campaign", "consent", her, "--for", "name", fails=True)
    run("campaign", "consent", her, "--for", "initials", *until)
    run("campaign", "consent", her)
    number = db.session.get_one(Disbursement, int(way.rpartition("/")[2])).code
    db.session.rollback()
    run("campaign", "drop-plan", number)
    run("campaign", "plan-again", number)
    assert run("campaign", "unapprove-plan", number, fails=True)


def test_no_more_than_so_many_files_are_kept(world, monkeypatch):
    monkeypatch.setattr(papers, "MOST_FILES", 1)
    told = {
        "campaign_id": world.campaign, "role": "other", "paper": Paper("pdf", PDF),
        "caption_vi": "x", "actor_id": None, "actor_name": "", "now": now_utc(),
    }  # fmt: skip
    with transaction() as session:
        papers.add_file(session, **told)
    answer = world.officer.post(
        f"{world.desk}/giay-to", role="other", caption_vi="Giấy", audience="all",
        tep=(io.BytesIO(PDF), "a.pdf"),
    )  # fmt: skip
    assert (answer.status_code, "đủ 1 tệp" in refused(answer)) == (409, True)
    assert len(files()) == 1
    assert lines(world.campaign)


def test_the_list_asks_as_often_however_many_there_are(world, count_queries):
    counts = []
    for _ in range(2):
        world.planned(amount="1000")
        world.officer.get(f"{world.desk}/trao")
        with count_queries() as seen:
            world.officer.get(f"{world.desk}/trao")
        counts.append(len(seen))
        world.planned(amount="1000")
    assert counts[0] == counts[1]


def test_money_that_came_back_is_said_and_noted_at_the_desk_and_everybody_reads_why(
    world, client, run
):  # fmt: skip
    way = world.done()
    told = {
        "what": "came_back", "amount": "100.000", "on_day": today(), "reference": "FT77",
        "why": "Sai số tài khoản",
    }  # fmt: skip
    for wrong, words in (
        ({"reference": ""}, "mã giao dịch"),
        ({"why": ""}, "vì sao"),
        ({"on_day": today(1)}, "chưa tới"),
        ({"on_day": today(-1)}, "trước ngày trao"),
    ):
        answer = world.officer.post(f"{way}/ve-lai", **told | wrong)
        assert (answer.status_code, words in answer.text) == (422, True), wrong
    answer = world.officer.post(f"{way}/ve-lai", **told | {"amount": "900.000"})
    assert (answer.status_code, "chỉ còn" in refused(answer)) == (422, True)
    assert world.officer.post(f"{way}/ve-lai", **told).status_code == 303
    said = db.session.scalars(select(DisbursementReturn.id)).one()
    db.session.rollback()
    assert world.officer.post(f"{way}/ve-lai/{said}/nhan").status_code == 404
    assert world.treasurer.post(f"{way}/ve-lai/{said}/xoa").status_code == 404
    assert world.treasurer.post(f"{way}/ve-lai/999/nhan").status_code == 404
    assert "Đúng vậy, ghi vào sổ" in world.treasurer.get(way).text
    assert world.treasurer.post(f"{way}/ve-lai/{said}/nhan").status_code == 303
    assert figures(world.campaign).held_vnd == 200_000
    code = code_of(world.campaign)
    db.session.rollback()
    for page in (f"/gay-quy/{code}/so-quy", f"/gay-quy/{code}/bao-cao"):
        public = client.get(page).text
        assert "về lại quỹ 100.000" in public, page
    assert "tiền về lại quỹ: <span lang=\"vi\">Sai số tài khoản</span>" in client.get(
        f"/gay-quy/{code}/so-quy"
    ).text  # fmt: skip
    assert "Sai số tài khoản" in client.get(f"/gay-quy/{code}/so-quy.csv").text
