"""The board and the pages of one order: seen, confirmed, packed, sent, arrived."""

from typing import Any

from flask import g, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.carriers.queries import ALIVE_STATES, account_of, accounts_of, parcels_of
from shop.carriers.rules import CARRIERS
from shop.db import db, transaction
from shop.fulfilment.queries import hand_over_of
from shop.kernel.clock import now_utc, vietnam_date
from shop.ordering.actions import mark_seen, quote_fee
from shop.ordering.queries import holds
from shop.ordering.rules import WAYS_BACK, next_states, step_to_take_back
from shop.ordering.rules import SellerOrderState as S
from shop.payments.forms import PromiseForm, SentBackForm, for_each, sent_back_form
from shop.payments.methods import By
from shop.payments.queries import promised_so_far, units_left
from shop.payments.wrong_steps import take_step_back
from shop.sellers.helping import acted_on_order
from shop.selling.actions.orders import correct_sent, move_order, send_order
from shop.selling.forms.orders import (
    CountedForm,
    GiveBackForm,
    HandOverForm,
    MoveForm,
    NoteForm,
    QuoteForm,
    ReadyForm,
    ReceivedForm,
    RestForm,
    ReturnFeeForm,
    WriteOffForm,
    form_of_parcel,
)
from shop.selling.queries.orders import OrderView, board, order_view
from shop.selling.queries.writing import written_of
from shop.selling.views.blueprint import blueprint, done, page, page_number
from shop.selling.views.live import mark_of_board
from shop.stock.lot_queries import lots_to_fill_from, uses_of_lines
from shop.web.guards import guard
from shop.web.replies import try_to
from shop.web.words import _

#: States in which no line says which lots it is from.
NOTHING_PACKED = frozenset(
    {S.AWAITING_QUOTE, S.QUOTED, S.PLACED, S.CONFIRMED, S.CANCELLED, S.NOT_COLLECTED}
)
#: What the notice says after a move.
_SAID = {
    "confirmed": "da-chot", "packed": "da-goi", "delivered": "da-giao", "cancelled": "huy-don",
    "ready_for_pickup": "da-de-san", "returned": "hang-ve",
}  # fmt: skip


def show_order(seller_order_id: int, **more: Any) -> str:
    """Render an order's page; forms that were wrong come as keyword arguments."""
    view = order_view(db.session(), g.stall.id, seller_order_id)
    for helper, (name, owner) in acted_on_order(db.session(), seller_order_id).items():
        view.names[helper] = _(
            "%(name)s làm giúp %(owner)s",
            name=name or _("tài khoản đã xoá (số %(id)s)", id=helper),
            owner=owner or _("một tài khoản đã xoá"),
        )
    row = view.part.row
    money = view.money
    forms: dict[str, Any] = {
        "move_form": MoveForm(sent_to="/buoc"),
        "parcel_form": _parcel_form(view),
        "quote_form": QuoteForm(sent_to="/bao-phi"),
        "received_form": ReceivedForm(
            so_tien=(money and money.missing_vnd) or None, sent_to=f"/don/{row.id}/tien"
        ),
        "give_back_form": GiveBackForm(so_tien=(money and money.back_vnd) or None, sent_to="/tra"),
        "counted_form": CountedForm(
            so_tien=money.taken_vnd if money else None, sent_to=f"/don/{row.id}/thu-ho"
        ),
        "write_off_form": WriteOffForm(sent_to="/khong-ve"),
        "rest_form": RestForm(
            so_tien=(money and money.with_carrier_vnd) or None, sent_to="/con-lai"
        ),
        "return_fee_form": ReturnFeeForm(sent_to="/phi-hoan"),
        "late_form": NoteForm(sent_to="/khong-thay"),
        "sent_form": SentBackForm(sent_to="/tra"),
        "sent_of": 0,
        "promise_form": PromiseForm(sent_to="/hua-tra"),
        "promised": promised_so_far(view.refunds),
        "left": units_left(db.session(), [row.id]) if view.refunds or view.returns else {},
        "refusal": None,
        "written": written_of(db.session(), g.stall.id, row.id),
        **lots_of_order(view),
        **carriers_of_order(row),
    }
    forms |= more
    forms["sent_for"] = for_each(sent_back_form, forms["sent_form"], forms["sent_of"])
    may = [str(to) for to in next_states(row.state, "seller", row.delivery)]
    return page(
        "order",
        view=view,
        row=row,
        may=may,
        step_errors=_step_errors(forms["move_form"], row.state, may, bool(view.next or may)),
        wrong_step=step_to_take_back(view.part.moves, row, now_utc()),
        ways_back=WAYS_BACK,
        today=vietnam_date(now_utc()),
        **forms,
    )


def lots_of_order(view: OrderView) -> dict[str, Any]:
    """Return from which lots each line is, and which ones could be taken instead.

    Empty for stalls that keep no lots, and before anything is packed.
    """
    session, lines = db.session(), view.part.lines
    if view.part.row.state in NOTHING_PACKED:
        return {"lots": {}, "other_lots": {}}
    used: dict[int, list[Any]] = {line.id: [] for line in lines}
    for use in uses_of_lines(session, [view.part.row.id]):
        used[use.line_item_id].append(use)
    others: dict[int, list[Any]] = {line.id: [] for line in lines}
    for lot in lots_to_fill_from(session, {line.variant_id for line in lines}):
        for line in lines:
            if line.variant_id == lot.variant_id:
                others[line.id].append(lot)
    return {"lots": used, "other_lots": others}


def carriers_of_order(row: Any) -> dict[str, Any]:
    """Return the order's parcels at carriers, and whom of hers she can ask to fetch it now."""
    session = db.session()
    sent_by = [
        (one, CARRIERS[account.carrier], account.is_test)
        for one in parcels_of(session, row.id)
        for account in [account_of(session, g.stall.id, one.account_id)]
    ]
    waits = row.state == S.PACKED and row.delivery == "delivery"
    alive = any(one.state in ALIVE_STATES for one, _carrier, _test in sent_by)
    own = accounts_of(session, g.stall.id) if waits and not alive else []
    return {"sent_by": sent_by, "may_send": [(a.id, CARRIERS[a.carrier].name) for a in own]}


def _step_errors(
    form: MoveForm, state: str, may: list[str], has_tasks: bool
) -> list[tuple[str, str]]:
    """Return (id of what is on the page, sentence) of what is wrong with a step.

    A step is a button: only some states have a field for words beside it.
    """
    beside = "cancelled" in may or ("returned" in may and state not in (S.DELIVERED, S.COMPLETED))
    elsewhere = "viec" if has_tasks else "h-so"
    return [
        (form.ghi_chu.id if name == "ghi_chu" and beside else elsewhere, str(next(iter(errors))))
        for name, errors in form.errors.items()
    ]


def _parcel_form(view: OrderView) -> HandOverForm:
    """Return the form for the next parcel, or, while one is under way, as that was filled in."""
    if view.part.row.state == S.HANDED_OVER and view.hand_overs:
        return form_of_parcel(view.hand_overs[0], view.contact.to_phone[-4:])
    return HandOverForm(kieu="carrier")


def show_board(**more: Any) -> str:
    asked = request.args.get("xem", "can-lam")
    found = board(
        db.session(), g.stall.id, asked, page_number(), vietnam_date(now_utc())
    )  # fmt: skip
    return page(
        "board", board=found, unseen=found.unseen, mark=mark_of_board(found.stands, asked, page_number()),
        **{"refusal": None, **more},
    )  # fmt: skip


def back(seller_order_id: int, where: str | None, said: str) -> ResponseReturnValue:
    """Go back to where she tapped: the board, which leads to what she did, or the order's own page."""
    board = f"/ban-hang?don={seller_order_id}"
    return done(board if where == "bang" else f"/ban-hang/don/{seller_order_id}", said)


@blueprint.get("/ban-hang")
@guard("seller")
def board_page() -> ResponseReturnValue:
    """What waits for her, order by order."""
    return show_board()


@blueprint.get("/ban-hang/don/<int:seller_order_id>")
@guard("seller")
def order_page(seller_order_id: int) -> ResponseReturnValue:
    """One order; opening it the first time is noted."""
    seen = order_view(db.session(), g.stall.id, seller_order_id)
    # A phone that keeps the page for hours without a network is nobody who looked at it.
    if seen.part.row.seen_at is None and "giu" not in request.args:
        with transaction() as session:
            mark_seen(
                session, seller_order_id=seller_order_id, actor_id=current_user.id, now=now_utc()
            )
    return show_order(seller_order_id)


@blueprint.get("/ban-hang/don/<int:seller_order_id>/phieu")
@guard("seller")
def packing_slip(seller_order_id: int) -> ResponseReturnValue:
    """A slip to print and put into the parcel, or onto it; a gift's says no prices."""
    view = order_view(db.session(), g.stall.id, seller_order_id)
    return page("slip", view=view, priced=request.args.get("gia") != "khong")


@blueprint.post("/ban-hang/don/<int:seller_order_id>/buoc")
@guard("seller")
def move(seller_order_id: int) -> ResponseReturnValue:
    """One step of an order."""
    form = MoveForm.posted()
    if not form.validate():
        return show_order(seller_order_id, move_form=form), 422
    return try_to(
        lambda session: move_order(
            session, seller_id=g.stall.id, seller_order_id=seller_order_id, to=form.toi.data,
            note=form.ghi_chu.data or "", restock=form.ban_lai.data, actor_id=current_user.id,
            now=now_utc(),
        ),
        show=lambda **more: show_order(seller_order_id, move_form=form, **more),
        then=lambda _: back(seller_order_id, form.ve.data, _SAID.get(form.toi.data, "luu")),
    )  # fmt: skip


@blueprint.post("/ban-hang/don/<int:seller_order_id>/buoc/lui/<int:move_id>")
@guard("seller")
def step_taken_back(seller_order_id: int, move_id: int) -> ResponseReturnValue:
    """The last step was tapped wrongly: it is taken back and stays readable."""
    order_view(db.session(), g.stall.id, seller_order_id)
    return try_to(
        lambda session: take_step_back(
            session, seller_order_id=seller_order_id, move_id=move_id,
            by=By("seller", current_user.id), now=now_utc(),
        ),
        show=lambda **more: show_order(seller_order_id, **more),
        then=lambda _: back(seller_order_id, "", "hoan-tac"),
    )  # fmt: skip


@blueprint.post("/ban-hang/don/<int:seller_order_id>/giao")
@guard("seller")
def send(seller_order_id: int) -> ResponseReturnValue:
    """The parcel leaves, with everything that its buyer needs to follow it."""
    form = HandOverForm.posted()
    last4 = order_view(db.session(), g.stall.id, seller_order_id).contact.to_phone[-4:]
    if not form.validate():
        return show_order(seller_order_id, parcel_form=form), 422
    return try_to(
        lambda session: send_order(
            session, seller_id=g.stall.id, seller_order_id=seller_order_id, parcel=form.parcel,
            last4=last4, actor_id=current_user.id, now=now_utc(),
        ),
        show=lambda **more: show_order(seller_order_id, parcel_form=form, **more),
        then=lambda _: back(seller_order_id, form.ve.data, "da-gui"),
    )  # fmt: skip


@blueprint.post("/ban-hang/don/<int:seller_order_id>/giao/<int:hand_over_id>/sua")
@guard("seller")
def parcel_corrected(seller_order_id: int, hand_over_id: int) -> ResponseReturnValue:
    """How a parcel under way left was written wrongly."""
    last4 = order_view(db.session(), g.stall.id, seller_order_id).contact.to_phone[-4:]
    wrong = hand_over_of(db.session(), seller_order_id, hand_over_id)
    form = HandOverForm.posted(ngay=wrong.expected_on)  # That day may be over by now.
    if not form.validate():
        return show_order(seller_order_id, parcel_form=form), 422
    return try_to(
        lambda session: correct_sent(
            session, seller_id=g.stall.id, seller_order_id=seller_order_id,
            hand_over_id=hand_over_id, parcel=form.parcel, last4=last4, actor_id=current_user.id,
            actor_name=current_user.name, now=now_utc(),
        ),
        show=lambda **more: show_order(seller_order_id, parcel_form=form, **more),
        then=lambda _: back(seller_order_id, "", "da-sua-gui"),
    )  # fmt: skip


@blueprint.post("/ban-hang/don/<int:seller_order_id>/san-sang")
@guard("seller")
def make_ready(seller_order_id: int) -> ResponseReturnValue:
    """The goods wait at the pickup point."""
    from shop.fulfilment.rules import Parcel

    form = ReadyForm.posted()
    if not form.validate():
        return show_order(seller_order_id, move_form=form), 422
    return try_to(
        lambda session: send_order(
            session, seller_id=g.stall.id, seller_order_id=seller_order_id,
            parcel=Parcel(kind="pickup", note=form.ghi_chu.data or ""), last4="",
            actor_id=current_user.id, now=now_utc(),
        ),
        show=lambda **more: show_order(seller_order_id, **more),
        then=lambda _: back(seller_order_id, form.ve.data, "da-de-san"),
    )  # fmt: skip


@blueprint.post("/ban-hang/don/<int:seller_order_id>/bao-phi")
@guard("seller")
def answer_quote(seller_order_id: int) -> ResponseReturnValue:
    """Tell a buyer abroad what delivery costs."""
    form = QuoteForm.posted()
    order_view(db.session(), g.stall.id, seller_order_id)
    if not form.validate():
        return show_order(seller_order_id, quote_form=form), 422
    return try_to(
        lambda session: quote_fee(
            session, seller_order_id=seller_order_id, fee_vnd=form.phi.data,
            arrives_from=form.tu_ngay.data, arrives_to=form.den_ngay.data,
            note=form.ghi_chu.data or "", actor_kind="seller", actor_id=current_user.id,
            holds=holds(), now=now_utc(),
        ),
        show=lambda **more: show_order(seller_order_id, quote_form=form, **more),
        then=lambda _: back(seller_order_id, "", "gui"),
    )  # fmt: skip
