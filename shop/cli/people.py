"""Commands of the operator: organisations, sellers, accounts, and taking acts back.

The same actions as the pages, with the same audit lines (DECISIONS 19).
"""

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from html import unescape
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.accounts import actions as accounts
from shop.accounts.models import Account
from shop.accounts.queries import account_of
from shop.cli.speech import spoken
from shop.db import db, transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import Refusal
from shop.kernel.phones import read_phone
from shop.operations import actions as desk
from shop.operations.forms import UNIT_KINDS
from shop.operations.queries import audit_page, parked_messages
from shop.operations.undo import undo as take_back
from shop.organisations import actions as organisations
from shop.organisations.models import Membership, Organisation
from shop.organisations.permissions import ROLES
from shop.organisations.queries import tree
from shop.organisations.rules import KINDS
from shop.places.queries import find_wards
from shop.places.rules.search import only_match
from shop.sellers import actions as sellers
from shop.sellers.models import Seller
from shop.sellers.queries import banks, open_sellers_in, sellers_list
from shop.sellers.rules import ENTITY_KINDS
from shop.sellers.rules import ROLES as SELLER_ROLES
from shop.web.words import _, moment

operator_group = AppGroup("operator", help="People who operate the shop.")
account_group = AppGroup("account", help="Accounts of people who sign in.")
organisation_group = AppGroup("organisation", help="The tree of associations.")
seller_group = AppGroup("seller", help="Member businesses.")
message_group = AppGroup("message", help="Outbox messages that are stuck.")

PASSWORD = click.option(
    "--password", prompt=True, prompt_required=False, hide_input=True, confirmation_prompt=True,
    default=None, help="Asked for when given without a value; a one-time code without it.",
)  # fmt: skip


def register(app: Flask) -> None:
    """Add the commands to an application."""
    for group in (operator_group, account_group, organisation_group, seller_group, message_group):
        app.cli.add_command(group)
    app.cli.add_command(undo)
    app.cli.add_command(audit)


def command(group: AppGroup, name: str) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a spoken command of a group."""

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


def a_phone(typed: str | None) -> str | None:
    """Return E.164 of an option, or end with a sentence."""
    if not typed:
        return None
    phone = read_phone(typed)
    if phone is None:
        raise click.ClickException(_("Số điện thoại %(typed)s chưa đúng.", typed=typed))
    return phone.e164


def a_person(session: Session, who: str) -> Account:
    """Return the account with this phone or e-mail, or end with a sentence."""
    found = account_of(session, who)
    if found is None or found.deleted_at is not None:
        raise click.ClickException(_("Chưa ai có tài khoản bằng “%(who)s”.", who=who))
    return found


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


def _say_code(name: str, code: str) -> None:
    click.echo(
        _("Mã cho %(name)s: %(code)s (dùng một lần, trong 20 phút)", name=name,
          code=f"{code[:4]} {code[4:]}")
    )  # fmt: skip


def _create(name: str, phone: str | None, email: str | None, password: str | None,
            operator: bool) -> None:  # fmt: skip
    now = now_utc()
    with one_act() as session:
        person = accounts.create_account(
            session, name=name, phone=a_phone(phone), email=email, password=password,
            operator=operator, **acting(now),
        )  # fmt: skip
        code = (
            accounts.give_code(session, account_id=person.id, **acting(now))
            if password is None
            else None
        )
    click.echo(_("Đã mở tài khoản cho %(name)s.", name=name))
    if code is not None:
        _say_code(name, code)


@command(operator_group, "create")
@click.option("--name", required=True)
@click.option("--phone")
@click.option("--email")
@PASSWORD
def operator_create(name: str, phone: str | None, email: str | None, password: str | None) -> None:
    """Open an account that operates the shop."""
    _create(name, phone, email, password, operator=True)


@command(account_group, "create")
@click.option("--name", required=True)
@click.option("--phone")
@click.option("--email")
@PASSWORD
def account_create(name: str, phone: str | None, email: str | None, password: str | None) -> None:
    """Open an account for a person."""
    _create(name, phone, email, password, operator=False)


@command(account_group, "disable")
@click.argument("who")
def account_disable(who: str) -> None:
    """Sign a person out everywhere and keep her out. WHO: phone or e-mail."""
    with one_act() as session:
        person = a_person(session, who)
        accounts.disable_account(session, account_id=person.id, **acting())
        name = person.name
    click.echo(_("Đã tắt tài khoản của %(name)s.", name=name))


@command(account_group, "enable")
@click.argument("who")
def account_enable(who: str) -> None:
    """Let a person sign in again. WHO: phone or e-mail."""
    with one_act() as session:
        person = a_person(session, who)
        accounts.enable_account(session, account_id=person.id, **acting())
        name = person.name
    click.echo(_("Đã bật lại tài khoản của %(name)s.", name=name))


@command(account_group, "code")
@click.argument("who")
def account_code(who: str) -> None:
    """Print a one-time code to read out. WHO: phone or e-mail."""
    with one_act() as session:
        person = a_person(session, who)
        code = accounts.give_code(session, account_id=person.id, **acting())
        name = person.name
    _say_code(name, code)


@command(account_group, "drop-second-factor")
@click.argument("who")
def account_drop_second_factor(who: str) -> None:
    """Take the second factor off for somebody who lost her phone. WHO: phone or e-mail."""
    with one_act() as session:
        person = a_person(session, who)
        accounts.drop_second_factor(session, account_id=person.id, **acting())
        name = person.name
    click.echo(_("Đã gỡ lớp thứ hai của %(name)s.", name=name))


@command(organisation_group, "list")
def organisation_list() -> None:
    """Print the tree."""
    for row in tree(db.session()):
        state = _("đã khép") if row["valid_to"] else _("đang hoạt động")
        kind = UNIT_KINDS[row["kind"]]
        click.echo(f"{'  ' * row['depth']}{row['slug']}  {row['name_vi']} ({kind}, {state})")


@command(organisation_group, "create")
@click.option("--kind", type=click.Choice(KINDS), required=True)
@click.option("--name", required=True)
@click.option("--name-en", default="")
@click.option("--parent", help="Slug of the unit above.")
def organisation_create(kind: str, name: str, name_en: str, parent: str | None) -> None:
    """Open a unit."""
    with one_act() as session:
        above = a_unit(session, parent).id if parent else None
        unit = organisations.create_organisation(
            session, kind=kind, name_vi=name, name_en=name_en, parent_id=above, **acting()
        )
        slug = unit.slug
    click.echo(_("Đã thêm tổ chức %(slug)s.", slug=slug))


@command(organisation_group, "rename")
@click.argument("slug")
@click.option("--name", required=True)
@click.option("--name-en", default="")
def organisation_rename(slug: str, name: str, name_en: str) -> None:
    """Give a unit another name."""
    with one_act() as session:
        organisations.rename_organisation(
            session, organisation_id=a_unit(session, slug).id, name_vi=name, name_en=name_en,
            **acting(),
        )  # fmt: skip
    click.echo(_("Đã đổi tên tổ chức %(slug)s.", slug=slug))


@command(organisation_group, "close")
@click.argument("slug")
def organisation_close(slug: str) -> None:
    """End a unit and the terms in it."""
    with one_act() as session:
        unit_id = a_unit(session, slug).id
        organisations.close_organisation(
            session, organisation_id=unit_id, open_sellers=open_sellers_in(session, unit_id),
            **acting(),
        )  # fmt: skip
    click.echo(_("Đã khép tổ chức %(slug)s.", slug=slug))


@command(organisation_group, "appoint")
@click.argument("slug")
@click.argument("who")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--from", "starts_on", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--to", "ends_on", type=click.DateTime(["%Y-%m-%d"]))
def organisation_appoint(slug: str, who: str, role: str, starts_on: datetime | None,
                         ends_on: datetime | None) -> None:  # fmt: skip
    """Give a person a role in a unit. WHO: phone or e-mail."""
    by = acting()
    with one_act() as session:
        person = a_person(session, who)
        organisations.appoint(
            session, organisation_id=a_unit(session, slug).id, account_id=person.id, role=role,
            starts_on=_day(starts_on) or vietnam_date(by["now"]), ends_on=_day(ends_on), **by,
        )  # fmt: skip
        name = person.name
    click.echo(_("Đã giao vai trò cho %(name)s.", name=name))


def _day(moment_: datetime | None) -> date | None:
    return moment_.date() if moment_ is not None else None


@command(organisation_group, "dismiss")
@click.argument("slug")
@click.argument("who")
@click.option("--role", type=click.Choice(ROLES), required=True)
def organisation_dismiss(slug: str, who: str, role: str) -> None:
    """End a person's role in a unit at once. WHO: phone or e-mail."""
    with one_act() as session:
        person, unit = a_person(session, who), a_unit(session, slug)
        membership = session.scalar(
            select(Membership.id)
            .where(
                Membership.organisation_id == unit.id,
                Membership.account_id == person.id,
                Membership.role == role,
            )
            .order_by(Membership.ends_on.is_not(None), Membership.id.desc())
        )
        organisations.end_membership(
            session, membership_id=membership or 0, organisation_id=unit.id, **acting()
        )
        name = person.name
    click.echo(_("%(name)s đã thôi vai trò.", name=name))


@command(seller_group, "list")
def seller_list() -> None:
    """Print the member businesses."""
    for row in sellers_list(db.session()):
        state = (
            _("đã đóng") if row.closed_at else (_("đang mở") if row.approved_at else _("chờ duyệt"))
        )
        click.echo(f"{row.slug}  {row.name_vi}, {row.person}, {row.ward_name} ({state})")


@command(seller_group, "create")
@click.option("--organisation", required=True, help="Slug of the unit it belongs to.")
@click.option("--name", required=True)
@click.option("--name-en", default="")
@click.option("--kind", type=click.Choice(ENTITY_KINDS), default="ho_kinh_doanh")
@click.option("--person", required=True, help='How buyers call her: "chị Sương".')
@click.option("--phone", required=True)
@click.option("--place", required=True, help="Commune or ward, today's name or an old one.")
@click.option("--hamlet", default="")
@click.option("--owner", help="Phone or e-mail of the account that is responsible.")
def seller_create(organisation: str, name: str, name_en: str, kind: str, person: str, phone: str,
                  place: str, hamlet: str, owner: str | None) -> None:  # fmt: skip
    """Enter a member business."""
    by = acting()
    with one_act() as session:
        found = only_match(find_wards(session, place))
        if found is None:
            raise click.ClickException(
                _("“%(place)s” có thể là nhiều nơi, hoặc không nơi nào. Ghi rõ hơn, kèm tỉnh.",
                  place=place)
            )  # fmt: skip
        row = sellers.create_seller(
            session, organisation_id=a_unit(session, organisation).id, name_vi=name,
            name_en=name_en, entity_kind=kind, person=person, phone=a_phone(phone) or "",
            ward_code=found.ward_code, hamlet_vi=hamlet, hamlet_en=hamlet, **by,
        )  # fmt: skip
        if owner:
            sellers.appoint_member(
                session, seller_id=row.id, account_id=a_person(session, owner).id, role="owner",
                **by,
            )  # fmt: skip
        slug = row.slug
    click.echo(_("Đã thêm gian hàng %(slug)s.", slug=slug))


@command(seller_group, "approve")
@click.argument("slug")
@click.option("--checked", default="", help="What was checked, by whom, on which date.")
@click.option("--checked-en", default="")
def seller_approve(slug: str, checked: str, checked_en: str) -> None:
    """Open a stall to buyers."""
    with one_act() as session:
        sellers.approve_seller(
            session, seller_id=a_seller(session, slug).id, checked_vi=checked,
            checked_en=checked_en, **acting(),
        )  # fmt: skip
    click.echo(_("Đã duyệt gian hàng %(slug)s.", slug=slug))


@command(seller_group, "close")
@click.argument("slug")
@click.option("--reason", required=True)
def seller_close(slug: str, reason: str) -> None:
    """Take a stall off the market at once."""
    with one_act() as session:
        sellers.close_seller(
            session, seller_id=a_seller(session, slug).id, reason=reason, **acting()
        )
    click.echo(_("Đã đóng gian hàng %(slug)s.", slug=slug))


@command(seller_group, "reopen")
@click.argument("slug")
def seller_reopen(slug: str) -> None:
    """Put a closed stall back on the market."""
    with one_act() as session:
        sellers.reopen_seller(session, seller_id=a_seller(session, slug).id, **acting())
    click.echo(_("Đã mở lại gian hàng %(slug)s.", slug=slug))


@command(seller_group, "appoint")
@click.argument("slug")
@click.argument("who")
@click.option("--role", type=click.Choice(SELLER_ROLES), required=True)
def seller_appoint(slug: str, who: str, role: str) -> None:
    """Let a person work for a stall. WHO: phone or e-mail."""
    with one_act() as session:
        person = a_person(session, who)
        sellers.appoint_member(
            session, seller_id=a_seller(session, slug).id, account_id=person.id, role=role,
            **acting(),
        )  # fmt: skip
        name = person.name
    click.echo(_("%(name)s làm cho gian hàng %(slug)s từ bây giờ.", name=name, slug=slug))


@command(seller_group, "dismiss")
@click.argument("slug")
@click.argument("who")
def seller_dismiss(slug: str, who: str) -> None:
    """End a person's work for a stall at once. WHO: phone or e-mail."""
    with one_act() as session:
        person = a_person(session, who)
        sellers.dismiss_member(
            session, seller_id=a_seller(session, slug).id, account_id=person.id, **acting()
        )
        name = person.name
    click.echo(_("%(name)s đã thôi làm cho gian hàng %(slug)s.", name=name, slug=slug))


@command(seller_group, "bank")
@click.argument("slug")
@click.option("--bank", required=True, help="Short name or BIN.")
@click.option("--holder", required=True)
@click.option("--number", prompt=True, help="Asked for, so that it stays out of the history.")
def seller_bank(slug: str, bank: str, holder: str, number: str) -> None:
    """Send buyers' transfers to another account; everybody concerned is told."""
    wanted = next(
        (b.bin for b in banks().values() if bank.lower() in (b.bin, b.short_name.lower())), ""
    )
    with one_act() as session:
        payee = sellers.change_bank_account(
            session, seller_id=a_seller(session, slug).id, bank_bin=wanted, holder=holder,
            number=number, **acting(),
        )  # fmt: skip
        name, last4 = payee.bank_name, payee.last4
    click.echo(
        _("Gian hàng %(slug)s nhận tiền ở %(bank)s, bốn số cuối %(last4)s.", slug=slug, bank=name,
          last4=last4)
    )  # fmt: skip


@command(message_group, "list")
def message_list() -> None:
    """Print the messages that could not be delivered."""
    for row in parked_messages(db.session()):
        click.echo(f"{row.id}  {row.event} → {row.subscriber}  {row.last_error or ''}")


@command(message_group, "retry")
@click.argument("message_id", type=int)
def message_retry(message_id: int) -> None:
    """Give a stuck message a fresh start."""
    with one_act() as session:
        desk.try_message_again(session, message_id=message_id, **acting())
    click.echo(_("Đã cho gửi lại thư số %(id)s.", id=message_id))


@command(message_group, "drop")
@click.argument("message_id", type=int)
@click.option("--reason", required=True)
def message_drop(message_id: int, reason: str) -> None:
    """Settle a stuck message by hand."""
    with one_act() as session:
        desk.drop_message(session, message_id=message_id, reason=reason, **acting())
    click.echo(_("Đã bỏ thư số %(id)s.", id=message_id))


@click.command("undo")
@click.argument("entry_id", type=int)
@with_appcontext
@spoken
def undo(entry_id: int) -> None:
    """Take the act of an audit line back, where no money moved."""
    with one_act() as session:
        take_back(session, entry_id=entry_id, **acting())
    click.echo(_("Đã trả lại dòng %(id)s.", id=entry_id))


@click.command("audit")
@click.option("--kind", default="", help="account, organisation, seller …")
@with_appcontext
@spoken
def audit(kind: str) -> None:
    """Print the last fifty lines of the audit trail."""
    template = current_app.jinja_env.get_template("operations/audit_words.html")
    words = template.make_module()
    for row in audit_page(db.session(), kind=kind):
        said = unescape(str(words.act(row, ""))).strip()  # type: ignore[attr-defined]
        click.echo(f"{row.id}  {moment(row.at)}  {row.actor_name or '-'}: {said}")
