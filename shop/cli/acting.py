"""What commands of the operator share: who acts, whom a word means, and refusals as sentences."""

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from html import unescape
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.accounts.queries import account_of
from shop.cli.speech import spoken
from shop.db import db, transaction
from shop.fundraising.models import Campaign
from shop.kernel.amounts import read_dong
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.codes import read_code
from shop.kernel.errors import Refusal
from shop.kernel.phones import read_phone
from shop.operations.queries import Page
from shop.organisations.acting import who_is_meant
from shop.organisations.models import Organisation
from shop.organisations.queries import may
from shop.sellers.models import Seller
from shop.sellers.queries import banks
from shop.web.words import _, day


def command(group: AppGroup, name: str) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a spoken command of a group.

    Raises:
        ValueError: another command of the group has this name, and would be gone without a word.
    """
    if name in group.commands:
        raise ValueError(f"Two commands are called {group.name} {name}.")

    def make(work: Callable[..., Any]) -> click.Command:
        return group.command(name)(spoken(work))

    return make


def acting(now: datetime | None = None) -> dict[str, Any]:
    """Return who acts by command: the machine's user, without an account."""
    return {"actor_id": None, "actor_name": getpass.getuser(), "now": now or now_utc()}


@contextmanager
def one_act() -> Iterator[Session]:
    """Run one unit of work; a refusal is one sentence and exit status 1."""
    try:
        with transaction() as session:
            yield session
    except Refusal as refusal:
        template = current_app.jinja_env.get_template("components/refusal.html")
        words = template.make_module().sentence(refusal)  # type: ignore[attr-defined]
        raise click.ClickException(unescape(str(words)).strip()) from refusal


def a_bank(typed: str) -> str:
    """Return the BIN of a bank's short name or BIN; "" when none is called so."""
    wanted = typed.lower()
    return next((b.bin for b in banks().values() if wanted in (b.bin, b.short_name.lower())), "")


def every_row(page_of: Callable[[int], Page]) -> Iterator[Any]:
    """Go through all pages of a list."""
    page = page_of(1)
    yield from page.rows
    for number in range(2, page.pages + 1):
        yield from page_of(number).rows


def a_phone(typed: str | None) -> str | None:
    """Return E.164 of an option, or end with a sentence."""
    if not typed:
        return None
    phone = read_phone(typed)
    if phone is None:
        raise click.ClickException(_("Số điện thoại %(typed)s chưa đúng.", typed=typed))
    return phone.e164


def a_vnd(typed: str) -> int:
    """Return đồng of an option ("95k", "95.000"), or end with a sentence."""
    amount = read_dong(typed)
    if amount is None:
        raise click.ClickException(_("Số tiền %(typed)s chưa đúng.", typed=typed))
    return amount


def a_person(session: Session, who: str) -> Account:
    """Return the account with this phone or e-mail, or end with a sentence."""
    found = account_of(session, who)
    if found is None or found.deleted_at is not None:
        raise click.ClickException(_("Chưa ai có tài khoản bằng “%(who)s”.", who=who))
    return found


def sure_of(who: str, yes: bool) -> None:
    """Show whose account a phone or an e-mail is and ask whether she is meant, before any lock.

    Args:
        yes: she was asked already.
    """
    person = a_person(db.session(), who)
    meant = who_is_meant(db.session(), person, who)
    db.session.rollback()
    says = _(
        "Tài khoản của %(name)s, mở ngày %(day)s.", name=meant["name"], day=day(meant["since"])
    )
    click.echo(says)
    if meant["proved_at"] is None:
        click.echo(_("Chưa ai chứng tỏ số hoặc thư này là của mình: gọi hỏi đúng người trước."))
    if not yes:
        click.confirm(_("Đúng người này?"), abort=True)


#: Of commands that give somebody a role.
asked_before = click.option("--yes", is_flag=True, help="Do not ask whether this is the person.")


def who_may(session: Session, who: str, unit: int | None, *rights: str) -> Account:
    """Return a person who has one of the rights in a unit, as at the desk, or end with a sentence."""
    person, today = a_person(session, who), vietnam_date(now_utc())
    if unit is None or not any(may(session, person.id, right, unit, today) for right in rights):
        raise click.ClickException(
            _("%(name)s không có quyền làm việc này ở tổ chức ấy.", name=person.name)
        )
    return person


def a_unit(session: Session, slug: str) -> Organisation:
    found = session.scalar(select(Organisation).where(Organisation.slug == slug))
    if found is None:
        raise click.ClickException(_("Không có tổ chức “%(slug)s”.", slug=slug))
    return found


def a_seller(session: Session, slug: str) -> Seller:
    found = session.scalar(select(Seller).where(Seller.slug == slug))
    if found is None:
        raise click.ClickException(_("Không có gian hàng “%(slug)s”.", slug=slug))
    return found


def a_campaign(session: Session, code: str) -> Campaign:
    """Return the campaign of a code as it is typed."""
    found = session.scalar(select(Campaign).where(Campaign.code == read_code(code)))
    if found is None:
        raise click.ClickException(_("Không có đợt gây quỹ mã “%(code)s”.", code=code))
    return found
