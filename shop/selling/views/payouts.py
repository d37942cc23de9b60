"""Her settlements with organisations that collect for her: each statement, its lines, its papers."""

from flask import g
from flask.typing import ResponseReturnValue

from shop.accounts.acting import acting
from shop.db import db
from shop.kernel.clock import now_utc, vietnam_date
from shop.payouts import papers
from shop.payouts.actions.sending import confirm_payout
from shop.payouts.forms import SettledForm
from shop.payouts.queries import owed, statements
from shop.payouts.queries.pay_days import pay_days
from shop.payouts.words import line_words
from shop.selling.views.blueprint import blueprint, done, page, page_number
from shop.web.guards import guard
from shop.web.replies import try_to

BASE = "/ban-hang/quyet-toan"


@blueprint.get(BASE)
@guard("seller")
def payouts() -> ResponseReturnValue:
    """What is owed to her now, and her statements so far."""
    session = db.session()
    return page(
        "payouts", owing=owed.owed_to_seller(session, g.stall.id),
        found=statements.statements_of_seller(session, g.stall.id, page_number()),
        pay_days=pay_days(session, g.stall.id, vietnam_date(now_utc())),
        period=papers.period_of, what_now=papers.what_now,
    )  # fmt: skip


@blueprint.get(f"{BASE}/<int:payout_statement_id>")
@guard("seller")
def payout(payout_statement_id: int) -> ResponseReturnValue:
    """One statement."""
    return _one(payout_statement_id)


def _one(payout_statement_id: int, refusal: object = None) -> str:
    session = db.session()
    row = statements.statement_row(session, payout_statement_id, seller_id=g.stall.id)
    found = statements.lines_page(session, row, page_number())
    return page(
        "payout", row=row, found=found, refusal=refusal, line_words=line_words, sums=papers.sums_of(row),
        period=papers.period_of(row), what_now=papers.what_now(row),
        payouts=statements.payouts_of(session, payout_statement_id),
        codes=statements.orders_of(session, g.stall.id, {line.subject for line in found.rows}),
    )  # fmt: skip


@blueprint.get(f"{BASE}/<int:payout_statement_id>.<kind>")
@guard("seller")
def payout_paper(payout_statement_id: int, kind: str) -> ResponseReturnValue:
    """The same to take along."""
    row = statements.statement_row(db.session(), payout_statement_id, seller_id=g.stall.id)
    return papers.paper(db.session(), row, kind)


@blueprint.post(f"{BASE}/<int:payout_statement_id>/da-nhan")
@guard("seller")
def payout_arrived(payout_statement_id: int) -> ResponseReturnValue:
    """She has the money."""
    statements.statement_row(db.session(), payout_statement_id, seller_id=g.stall.id)
    form = SettledForm.posted()
    return try_to(
        lambda session: confirm_payout(
            session,
            **statements.payout_seen(session, payout_statement_id, form.payout.data),
            **acting(),
        ),
        show=lambda **more: _one(payout_statement_id, **more),
        then=lambda _: done(f"{BASE}/{payout_statement_id}", "da-nhan-tien"),
    )
