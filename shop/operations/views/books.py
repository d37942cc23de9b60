"""The books: accounts, statements, what was posted about a payment, and whether all adds up."""

import re
from typing import Any

from flask import g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import Select

from shop.db import db
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.currencies import units
from shop.kernel.errors import NotYours
from shop.ledger.queries import statement
from shop.ledger.rules import KINDS, shown_vnd
from shop.operations import book_words as words
from shop.operations import bookkeeping, proofs
from shop.operations.views import blueprint
from shop.organisations.acting import units_in_sight
from shop.web.files import table_answer
from shop.web.guards import guard
from shop.web.links import path
from shop.web.words import _

RIGHT = "see_books"


def _sight() -> Select[int] | None:
    """Return the units whose books are shown; None for all.

    Raises:
        NotYours: she keeps nobody's.
    """
    units = units_in_sight(RIGHT)
    if units is not None and not g.scope[RIGHT]:
        raise NotYours
    return units


def _number(name: str, most: int = 2**53) -> int | None:
    typed = request.args.get(name, "")
    return int(typed) if re.fullmatch(r"[0-9]{1,16}", typed) and int(typed) < most else None


@blueprint.get("/dieu-hanh/so")
@guard("officer")
def books() -> ResponseReturnValue:
    """Sums by kind of account, or the accounts of one kind."""
    units, session = _sight(), db.session()
    kind = request.args.get("loai", "")
    if kind not in KINDS:
        found = proofs.last_proof(session)
        return render_template(
            "operations/books.html", sums=bookkeeping.sums_by_kind(session, units), words=words,
            shown_vnd=shown_vnd, kinds=KINDS, proof=found[0] if found else None,
        )  # fmt: skip
    page = _number("trang", 10_000) or 1
    rows, pages = bookkeeping.accounts_of_kind(session, units, kind, page)
    return render_template(
        "operations/accounts_of_kind.html", rows=rows, page=page, pages=pages, kind=kind,
        words=words, shown_vnd=shown_vnd, names=_names(rows),
        with_whom=bool(KINDS[kind].detail) or kind == "bank",
    )  # fmt: skip


@blueprint.get("/dieu-hanh/so/<int:account_id>")
@guard("officer")
def account_statement(account_id: int) -> ResponseReturnValue:
    """One account, each entry with the balance after it."""
    session = db.session()
    account = bookkeeping.account_in_sight(session, _sight(), account_id)
    rows = statement(session, account_id, before_id=_number("truoc"), limit=bookkeeping.PAGE)
    return render_template(
        "operations/statement.html", account=account, rows=rows, words=words, shown_vnd=shown_vnd,
        names=_names([account]), codes=bookkeeping.codes_about(session, {r.subject for r in rows}),
        older=rows[-1].id if len(rows) == bookkeeping.PAGE else None,
    )  # fmt: skip


@blueprint.get("/dieu-hanh/so/<int:account_id>.csv")
@guard("officer")
def account_file(account_id: int) -> ResponseReturnValue:
    """The same, whole, to take along."""
    session = db.session()
    account = bookkeeping.account_in_sight(session, _sight(), account_id)

    def lines() -> Any:
        for row, code in bookkeeping.whole_statement(session, account_id):
            yield (
                row.occurred_at,
                str(words.HAPPENED.get(row.kind, row.kind)),
                words.subject_words(row.subject, code), code,
                shown_vnd(account.kind, row.amount_vnd), shown_vnd(account.kind, row.balance_vnd),
                row.currency, row.currency and units(row.amount_minor, row.currency), row.note,
                row.transaction_id,
            )  # fmt: skip

    head = [_("Lúc"), _("Việc"), _("Về"), _("Mã đơn, mã đợt"), _("Thay đổi, đồng"),
            _("Còn lại, đồng"), _("Ngoại tệ"), _("Số ngoại tệ"), _("Ghi chú"), _("Bút toán số")]  # fmt: skip
    stem = f"so-{account_id}-{vietnam_date(now_utc()).isoformat()}"
    return table_answer("csv", head, lines(), stem)


@blueprint.get("/dieu-hanh/so/ve/<of>/<int:of_id>")
@guard("officer")
def postings(of: str, of_id: int) -> ResponseReturnValue:
    """All that was posted about one payment or one parcel's cash."""
    session, subject = db.session(), f"{of}:{of_id}"
    found = bookkeeping.postings_about(session, _sight(), subject)
    entries = [entry for _row, entries in found for entry in entries]
    return render_template(
        "operations/postings.html", found=found, subject=subject, words=words,
        code=bookkeeping.codes_about(session, [subject]).get(subject, ""), names=_names(entries),
    )  # fmt: skip


@blueprint.get("/dieu-hanh/so/khop")
@guard("officer")
def health_of_money() -> ResponseReturnValue:
    """Is the money healthy? What the self-checks found last."""
    _sight()
    runs_all = current_user.kind == "operator"
    return render_template(
        "operations/proofs.html", found=proofs.last_proof(db.session()), words=words,
        runs_all=runs_all, most=proofs.MOST, where_to_look=where_to_look,
    )  # fmt: skip


@blueprint.post("/dieu-hanh/so/khop")
@guard("operator")
def check_money_now() -> ResponseReturnValue:
    """Ask everything once more."""
    proofs.ask("person")
    return redirect(path("/dieu-hanh/so/khop") + "?da=kiem-xong", 303)


def where_to_look(row: dict[str, Any]) -> str | None:
    """Return the page on which a row that should not be is looked at, if there is one."""
    if row.get("account_id"):
        return path(f"/dieu-hanh/so/{row['account_id']}")
    if row.get("subscriber"):
        return path("/dieu-hanh/thu-ket")
    of, _colon, number = str(row.get("subject", "")).partition(":")
    if of in ("payment", "cash") and number.isdecimal():
        return path(f"/dieu-hanh/so/ve/{of}/{number}")
    return None


def _names(rows: Any) -> dict[str, Any]:
    """Return the names of accounts' owners, and of those with whom ("organisation:3")."""
    wanted = {row.owner for row in rows} | {row.detail for row in rows}
    return bookkeeping.names_of_owners(db.session(), wanted)
