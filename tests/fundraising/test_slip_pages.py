"""Slips at the desk, on paper, in the hand and in the public account; nobody's name in public."""

import re
from datetime import timedelta
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import select

from shop.audit.models import AuditEntry
from shop.db import db, transaction
from shop.fundraising.models import Beneficiary, Campaign
from shop.fundraising.queries.slips import code_of
from shop.fundraising.slip_models import Slip, SlipSheet
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.codes import in_fours
from shop.operations.undo import OPPOSITES
from shop.organisations.actions import appoint
from tests.conftest import NOON
from tests.engines import both_engines
from tests.fundraising.conftest import NAME, TODAY, paying_slips
from tests.fundraising.test_fund import figures
from tests.fundraising.test_slips import all_true, slip
from tests.payments.test_books import move


def read_svg(picture: str) -> list[str]:
    """Decode the QR of an SVG: rows of squares that a path draws from left to right."""
    size = int(re.search(r'viewBox="0 0 (\d+)', picture)[1]) if "viewBox" in picture else 0
    scale = float((re.search(r"scale\((\d+)\)", picture) or [0, "1"])[1])
    size = size or int(int(re.search(r'width="(\d+)"', picture)[1]) / scale)
    dots = Image.new("L", (size, size), 255)
    x = y = 0.0
    drawn = re.findall(r' d="([^"]+)"', picture)[-1]
    for move_, first, second in re.findall(r"([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?", drawn):
        if move_ == "M":
            x, y = float(first), float(second)
        elif move_ == "m":
            x, y = x + float(first), y + float(second)
        else:
            dots.paste(0, (int(x), int(y), int(x + float(first)), int(y) + 1))
            x += float(first)
    return [found.text for found in zxingcpp.read_barcodes(dots.resize((6 * size, 6 * size), 0))]


@pytest.fixture
def desk(world, an_officer) -> dict[str, Any]:
    with transaction() as session:
        unit = session.get_one(Campaign, world["campaign"]).organisation_id
    return {
        "at": f"/dieu-hanh/gay-quy/{world['campaign']}/phieu",
        **{role: an_officer(unit, role) for role in ("head", "treasurer", "officer")},
    }


def sheet() -> SlipSheet:
    db.session.rollback()
    return db.session.scalars(select(SlipSheet).order_by(SlipSheet.id.desc())).first()


@both_engines
def test_officers_make_approve_print_and_close_slips(client, world, desk):
    officer, head, at = desk["officer"], desk["head"], desk["at"]
    last = str(vietnam_date(NOON) + timedelta(days=300))
    wrong = officer.post(at, budget="1", valid_until=last)
    assert wrong.status_code == 422
    assert "Chị chọn ít nhất một hộ." in wrong.text
    assert sheet() is None
    told = {"households": [str(one) for one in world["households"]], "valid_until": last}
    assert officer.post(at, budget="300k", **told).status_code == 409, "More than the fund has."
    assert desk["treasurer"].post(at, budget="150k", **told).status_code == 404, "No right."
    assert officer.post(at, budget="150k", **told).status_code == 303
    here = f"{at}/{sheet().id}"
    assert NAME in officer.get(here).text
    assert NAME not in desk["treasurer"].get(here).text
    assert officer.get(f"{here}/in").status_code == 404, "No paper before it is approved."
    assert officer.post(f"{here}/duyet").status_code == 404
    assert head.post(f"{here}/duyet").status_code == 303
    one, two = db.session.scalars(select(Slip.id).order_by(Slip.number)).all()
    paper = officer.get(f"{here}/in").text
    codes = re.findall(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b", paper)
    assert len(codes) == 2
    assert NAME not in paper
    [address] = read_svg(officer.get(f"{here}/{one}/qr.svg").text)
    assert address.endswith("/phieu-cho/" + codes[0].replace("-", ""))
    held = client.get("/phieu-cho/" + codes[0].lower())
    assert "Phiếu còn 150.000" in held.text.replace("\xa0", " ")
    assert (held.headers["Cache-Control"], held.headers["Referrer-Policy"]) == (
        "no-store", "no-referrer",
    )  # fmt: skip
    assert NAME not in held.text
    assert officer.post(f"{here}/{one}/dong").status_code == 303
    assert "đã về quỹ" in client.get("/phieu-cho/" + codes[0]).text
    assert codes[0] not in officer.get(f"{here}/in").text
    assert (slip(one).state, slip(two).state) == ("ended", "open")
    assert client.get("/phieu-cho/0000-0000-0000").status_code == 404
    said = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert said[-3:] == ["slips.planned", "slips.approved", "slip.closed"]
    assert all(action in OPPOSITES for action in said[-3:])
    assert codes[1] not in str(db.session.scalars(select(AuditEntry.facts)).all())


def test_nobody_approves_her_own_slips_at_the_desk(world, desk):
    at, told = desk["at"], {"households": str(world["households"][0]), "budget": "50k"}
    last = str(vietnam_date(NOON) + timedelta(days=300))
    assert desk["head"].post(at, valid_until=last, **told).status_code == 303
    here = f"{at}/{sheet().id}"
    assert "Tôi duyệt" not in desk["head"].get(here).text
    assert desk["head"].post(f"{here}/duyet").status_code == 409
    assert "Tôi duyệt" in desk["treasurer"].get(here).text
    assert sheet().state == "planned"


def test_the_public_account_has_slips_as_lines_of_their_own_and_nobodys_name(
    client, world, bought
):  # fmt: skip
    with transaction() as session:
        for row in session.scalars(select(Beneficiary)):
            row.consent_for, row.consent_kind = "name", "paper"
            row.consent_on, row.consent_until = TODAY, TODAY + timedelta(days=3_000)
        code = session.get_one(Campaign, world["campaign"]).code
    _one, part = bought()
    paying_slips(world, 40_000)
    move(part, "confirmed", "packed", "handed_over", "delivered")
    now = figures(world["campaign"])
    assert (now.handed_over_vnd, now.slips_vnd, now.set_aside_vnd) == (60_000, 60_000, 40_000)
    page = client.get(f"/gay-quy/{code}/so-quy").text.replace("\xa0", " ")
    for words in (
        "… bằng phiếu chợ 0 đồng", "… để dành cho phiếu chợ",
        "Phiếu chợ 0 đồng trả người bán, ", "Xã Sông Lành",
    ):  # fmt: skip
        assert words in page
    assert "Chưa trao, chưa chi khoản nào" not in page, "The slips were handed over."
    csv = client.get(f"/gay-quy/{code}/so-quy.csv").text
    assert ',"slip",' in csv
    for shown in (page, csv, client.get(f"/gay-quy/{code}").text):
        assert NAME not in shown, "A line of a file lives longer than a consent."
    assert "khớp" in client.get(f"/gay-quy/{code}/kiem-so").text
    assert client.get(f"/gay-quy/{code}/bao-cao.pdf").status_code == 200
    all_true()


def test_each_act_has_a_command_and_a_way_back(run, world, an_account, operator):
    with transaction() as session:
        code = session.get_one(Campaign, world["campaign"]).code
        homes = list(session.scalars(select(Beneficiary.code).order_by(Beneficiary.id)))
        unit = session.get_one(Campaign, world["campaign"]).organisation_id
    mails = {role: f"{role}@example.net" for role in ("head", "officer")}
    for role, mail in mails.items():
        person = an_account(role, email=mail)
        with transaction() as session:
            appoint(
                session, account_id=person, organisation_id=unit, role=role,
                starts_on=vietnam_date(now_utc()), actor_id=None, actor_name="", now=now_utc(),
            )  # fmt: skip
    last = str(vietnam_date(NOON) + timedelta(days=300))
    ask = ("campaign", "ask-slips", code, "--budget", "50k", "--until", last)
    made = run(*ask, "--for", homes[0], "--for", homes[1], "--by", mails["officer"]).strip()
    run("campaign", "approve-slips", made, "--by", mails["officer"], fails=True)
    run("campaign", "approve-slips", made, "--by", mails["head"])
    run("campaign", "close-slip", f"{made}-2")
    run("campaign", "close-slip", f"{made}-9", fails=True)
    run("campaign", "end-slips")
    listed = run("campaign", "slips", code)
    assert (made in listed, NAME in listed) == (True, False)
    for back in ("slip.closed", "slips.approved", "slips.planned"):
        entry = db.session.scalars(
            select(AuditEntry.id).where(AuditEntry.action == back).order_by(AuditEntry.id.desc())
        ).first()
        db.session.rollback()
        answer = operator.post(f"/dieu-hanh/nhat-ky/{entry}/tra-lai")
        assert answer.status_code == 303, answer.text
    assert sheet().state == "cancelled"
    assert figures(world["campaign"]).set_aside_vnd == 0
    run("campaign", "cancel-slips", made, fails=True)
    all_true()


def test_a_buyer_reads_at_every_step_what_the_slip_pays(
    world, stall, checkout, orders
):  # fmt: skip
    one = paying_slips(world, 60_000, days=300)[0]
    page = checkout(stall[1], voucher=code_of(db.session(), one).lower())
    html = page.look().replace("\xa0", " ")
    assert "của quỹ “Bò giống cho chị em nghèo” trả 60.000 đồng, còn trên phiếu 0 đồng." in html
    assert "Phiếu chợ 0 đồng trả" in html
    answer = page.send()
    assert answer.status_code == 303
    [order] = orders()
    assert order.total_vnd == order.items_vnd + order.shipping_vnd - 60_000
    assert "Phiếu chợ 0 đồng trả" in page.browser.get(answer.location).text
    assert slip(one).left_vnd == 0
    again = checkout(stall[1], voucher=code_of(db.session(), one))
    assert "Phiếu này vừa hết tiền" in again.look()


@both_engines
def test_a_scanned_slip_is_ready_at_the_checkout_and_gone_once_it_was_used(
    client, world, checkout, stall
):  # fmt: skip
    typed = code_of(db.session(), paying_slips(world)[0])
    code = in_fours(typed)
    db.session.rollback()
    looked = client.get(f"/phieu-cho/{code}")
    assert looked.status_code == 200
    assert "Set-Cookie" not in looked.headers, "Looking leaves nothing behind."
    taken = client.post(f"/phieu-cho/{code}")
    assert (taken.status_code, taken.headers["Location"]) == (303, "/hang-hoa")
    assert code not in taken.headers["Location"]
    kept = taken.headers.getlist("Set-Cookie")
    assert [re.search(r"Path=([^;]+)", one)[1] for one in kept] == ["/dat-hang", "/en/dat-hang"]
    assert all("HttpOnly" in one and "SameSite=Lax" in one for one in kept)
    assert taken.headers["Referrer-Policy"] == "no-referrer"
    assert client.get("/hang-hoa").headers["Cache-Control"].startswith("public"), "No page is hers."
    other = checkout(stall[1], browser=client.application.test_client())
    assert f'value="{code}"' not in other.browser.get("/dat-hang").text, "It is nobody else's."
    buying = checkout(stall[1])
    filled = buying.browser.get("/dat-hang").text
    assert f'value="{code}"' in filled
    assert "Phiếu chợ 0 đồng của quỹ" in filled
    buying.typed["voucher"] = code
    buying.look()
    placed = buying.send()
    assert placed.status_code == 303
    assert f'value="{code}"' not in buying.browser.get("/dat-hang").text
    assert client.post("/phieu-cho/0000-0000-0000").status_code == 404
