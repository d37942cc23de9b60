"""The stall itself: what it says, its pickup points, its people."""

from typing import Any

from flask import g
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.accounts.acting import acting
from shop.accounts.guards import fresh_or_ask
from shop.catalogue.claim_rules import STALL_CHECKED, claims_of
from shop.catalogue.paper_queries import papers_of
from shop.catalogue.paper_rules import holds_on, runs_out_soon
from shop.db import db
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import NotYours
from shop.kernel.phones import written
from shop.reviews.queries import unanswered
from shop.sellers.actions import dismiss_member, go_away
from shop.sellers.joining import application_of
from shop.sellers.queries import members_of, payee_of, seller
from shop.selling.actions.edits import edit_own_stall, stall_of
from shop.selling.forms.stall import ZONES, AwayForm, PickupPointForm, StallForm
from shop.selling.seen_rules import marks
from shop.selling.views.blueprint import blueprint, done, page
from shop.selling.views.goods import take_over
from shop.shipping.actions import add_pickup_point, end_pickup_point
from shop.shipping.queries import coming_tariff, pickup_points, tariffs
from shop.web.guards import guard
from shop.web.replies import try_to


def show_stall(**more: Any) -> str:
    session, stall_id, now = db.session(), g.stall.id, now_utc()
    payee, today = payee_of(session, stall_id), vietnam_date(now)
    papers, row = papers_of(session, stall_id), seller(session, stall_id)
    return page(
        "stall",
        papers=papers,
        unanswered=unanswered(session, stall_id),
        ending=runs_out_soon(papers, today),
        over={paper.id for paper in papers if not holds_on(paper, today)},
        row=row,
        claims=claims_of(row, STALL_CHECKED),
        today=today,
        payee=payee,
        payee_is_own=payee is not None and payee.seller_id == stall_id,
        tariff=tariffs(session, [stall_id], vietnam_date(now))[stall_id],
        coming=coming_tariff(session, stall_id, vietnam_date(now)),
        zones=ZONES,
        points=pickup_points(session, [stall_id])[stall_id],
        people=members_of(session, stall_id, now),
        has_checklist=not g.stall.is_open and application_of(session, stall_id) is not None,
        **{"refusal": None, "away_form": AwayForm(), **more},
    )


def show_words(form: Any = None, **more: Any) -> str:
    row = seller(db.session(), g.stall.id)
    stands = StallForm(obj=row)
    stands.phone.data = written(row.phone)
    form = form or stands
    changed = take_over(form, stands, more.get("refusal"))
    form.da_xem.data = marks(stall_of(row))
    return page(
        "stall_words", row=row, form=form, changed=changed, warnings=claims_of(row, STALL_CHECKED),
        **{"refusal": None, **more},
    )  # fmt: skip


def show_points(form: Any = None, **more: Any) -> str:
    points = pickup_points(db.session(), [g.stall.id])[g.stall.id]
    return page(
        "points", points=points, form=form or PickupPointForm(), **{"refusal": None, **more}
    )


@blueprint.get("/ban-hang/gian-hang")
@guard("seller")
def stall_page() -> ResponseReturnValue:
    """Everything about the stall on one page."""
    return show_stall()


@blueprint.get("/ban-hang/gian-hang/loi")
@guard("seller")
def words_page() -> ResponseReturnValue:
    """What the stall's public page says."""
    return show_words()


@blueprint.post("/ban-hang/gian-hang/loi")
@guard("seller")
def words() -> ResponseReturnValue:
    """Store what the stall's public page says."""
    form = StallForm.posted()
    if not form.validate():
        return show_words(form), 422
    return try_to(
        lambda session: edit_own_stall(
            session,
            seller_id=g.stall.id,
            changes=form.changes,
            seen=form.da_xem.data or "",
            **acting(),
        ),
        show=lambda **more: show_words(form, **more),
        then=lambda _: done("/ban-hang/gian-hang", "luu"),
    )


@blueprint.get("/ban-hang/gian-hang/diem-lay")
@guard("seller")
def points_page() -> ResponseReturnValue:
    """Where buyers can collect."""
    return show_points()


@blueprint.post("/ban-hang/gian-hang/diem-lay")
@guard("seller")
def new_point() -> ResponseReturnValue:
    """Offer another place to collect."""
    form = PickupPointForm.posted()
    if not form.validate():
        return show_points(form), 422
    return try_to(
        lambda session: add_pickup_point(session, seller_id=g.stall.id, words=form.words),
        show=lambda **more: show_points(form, **more),
        then=lambda _: done("/ban-hang/gian-hang/diem-lay", "luu"),
    )


@blueprint.post("/ban-hang/gian-hang/diem-lay/<int:point_id>/nghi")
@guard("seller")
def end_point(point_id: int) -> ResponseReturnValue:
    """Offer a place no more."""
    return try_to(
        lambda session: end_pickup_point(
            session, seller_id=g.stall.id, point_id=point_id, now=now_utc()
        ),
        show=show_points,
        then=lambda _: done("/ban-hang/gian-hang/diem-lay", "xoa"),
    )


@blueprint.post("/ban-hang/gian-hang/nghi")
@guard("seller")
def away() -> ResponseReturnValue:
    """Take a holiday: buyers read until when, and nothing is ordered. It ends by itself."""
    form = AwayForm.posted()
    if not form.validate():
        return show_stall(away_form=form), 422
    return try_to(
        lambda session: go_away(session, seller_id=g.stall.id, until=form.until.data, **acting()),
        show=lambda **more: show_stall(away_form=form, **more),
        then=lambda _: done("/ban-hang/gian-hang", "nghi"),
    )


@blueprint.post("/ban-hang/gian-hang/ban-lai")
@guard("seller")
def back() -> ResponseReturnValue:
    """End the holiday today."""
    return try_to(
        lambda session: go_away(session, seller_id=g.stall.id, until=None, **acting()),
        show=show_stall,
        then=lambda _: done("/ban-hang/gian-hang", "ban-lai"),
    )


@blueprint.post("/ban-hang/gian-hang/nguoi/<int:account_id>/nghi")
@guard("seller")
def dismiss(account_id: int) -> ResponseReturnValue:
    """End a helper's rights at once. Only the owner, and only with a fresh sign-in."""
    if not g.stall.may("appoint_member") or account_id == current_user.id:
        raise NotYours
    if ask := fresh_or_ask():
        return ask
    return try_to(
        lambda session: dismiss_member(
            session, seller_id=g.stall.id, account_id=account_id, **acting()
        ),
        show=show_stall,
        then=lambda _: done("/ban-hang/gian-hang", "luu"),
    )
