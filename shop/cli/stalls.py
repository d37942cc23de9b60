"""`flask seller …`: member businesses."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import click
from flask.cli import AppGroup

from shop.cli.acting import (
    a_bank,
    a_person,
    a_phone,
    a_seller,
    a_unit,
    acting,
    asked_before,
    command,
    one_act,
    sure_of,
)
from shop.db import db
from shop.kernel.clock import now_utc, vietnam_date
from shop.places.queries import find_wards
from shop.places.rules.search import only_match
from shop.remittances.actions.bearers import set_bearer
from shop.sellers import actions as sellers
from shop.sellers.forms import RIGHT_WORDS
from shop.sellers.helping import grant_help, grants_of, revoke_help
from shop.sellers.helping_rules import HEARD, RIGHTS
from shop.sellers.queries import sellers_list
from shop.sellers.rules import ENTITY_KINDS
from shop.sellers.rules import ROLES as SELLER_ROLES
from shop.sellers.voices import write_voice_down
from shop.shipping.opening import say_yes
from shop.web.words import _, day

seller_group = AppGroup("seller", help="Member businesses.")


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
@asked_before
def seller_create(organisation: str, name: str, name_en: str, kind: str, person: str, phone: str,
                  place: str, hamlet: str, owner: str | None, yes: bool) -> None:  # fmt: skip
    """Enter a member business."""
    if owner:
        sure_of(owner, yes)
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


@command(seller_group, "edit")
@click.argument("slug")
@click.option("--set", "pairs", multiple=True, required=True, metavar="FIELD=VALUE",
              help="May come several times: person='chị Sương', lead_days_max=3 …")  # fmt: skip
def seller_edit(slug: str, pairs: tuple[str, ...]) -> None:
    """Change what a stall's page says."""
    changes = dict(_read_pair(pair) for pair in pairs)
    with one_act() as session:
        sellers.edit_seller(
            session, seller_id=a_seller(session, slug).id, changes=changes, **acting()
        )
    click.echo(_("Đã sửa gian hàng %(slug)s.", slug=slug))


#: Of ``sellers.actions.EDITABLE``, those that are no text, and how each is read.
_READ: dict[str, Callable[[str], Any]] = {
    "since_year": int, "lead_days_min": int, "lead_days_max": int,
    "blind_makers": lambda typed: {"yes": True, "no": False}[typed],
    "paid_through_organisation": lambda typed: {"yes": True, "no": False}[typed],
    "phone": lambda typed: a_phone(typed) or "",
    "entity_kind": lambda typed: ENTITY_KINDS[ENTITY_KINDS.index(typed)],
}  # fmt: skip
#: Its owner gives a stall its picture.
_EDITABLE = sorted(set(sellers.EDITABLE) - {"picture_id"})


def _read_pair(pair: str) -> tuple[str, Any]:
    field, sign, typed = pair.partition("=")
    if not sign or field not in _EDITABLE:
        raise click.ClickException(
            _("Không sửa được “%(pair)s”. Các ô: %(fields)s.", pair=pair,
              fields=", ".join(_EDITABLE))
        )  # fmt: skip
    try:
        return field, _READ.get(field, str)(typed)
    except (ValueError, KeyError):
        raise click.ClickException(_("“%(pair)s” chưa đúng.", pair=pair)) from None


@command(seller_group, "approve")
@click.argument("slug")
@click.option("--checked", default="", help="What was checked, by whom, on which date.")
@click.option("--checked-en", default="")
def seller_approve(slug: str, checked: str, checked_en: str) -> None:
    """Open a stall to buyers."""
    with one_act() as session:
        say_yes(
            session, seller_id=a_seller(session, slug).id, checked_vi=checked,
            checked_en=checked_en, **acting(),
        )  # fmt: skip
    click.echo(_("Đã duyệt gian hàng %(slug)s.", slug=slug))


@command(seller_group, "return-fee")
@click.argument("slug")
@click.option("--bearer", type=click.Choice(["seller", "unit"]), required=True)
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="Today when left out.")
def seller_return_fee(slug: str, bearer: str, first: Any) -> None:
    """Say who bears what carriers ask for bringing back refused parcels."""
    by = acting()
    with one_act() as session:
        row = a_seller(session, slug)
        new = set_bearer(
            session, seller_id=row.id,
            organisation_id=row.organisation_id if bearer == "unit" else None,
            valid_from=first.date() if first else vietnam_date(by["now"]), **by,
        )  # fmt: skip
    click.echo(_("Đã ghi.") if new else _("Việc này đã ghi trước đó rồi."))


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
@asked_before
def seller_appoint(slug: str, who: str, role: str, yes: bool) -> None:
    """Let a person work for a stall. WHO: phone or e-mail."""
    sure_of(who, yes)
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


@command(seller_group, "helpers")
@click.argument("slug")
def seller_helpers(slug: str) -> None:
    """Print who may help at a stall, and who no more."""
    session, now = db.session(), now_utc()
    for row in grants_of(session, a_seller(session, slug).id):
        over = _("đã thôi") if row.revoked_at else (_("hết hạn") if row.ends_at <= now else "")
        rights = ", ".join(str(RIGHT_WORDS[right]) for right in row.rights)
        click.echo(
            f"{row.id}  {row.helper_name} -> {row.owner_name}, {day(row.ends_at, 'year')}: "
            f"{rights}{f' ({over})' if over else ''}"
        )


@command(seller_group, "help")
@click.argument("slug")
@click.argument("who")
@click.option("--owner", required=True, help="Phone or e-mail of the owner who said yes.")
@click.option("--right", "rights", type=click.Choice(RIGHTS), multiple=True, required=True)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The last day.")
@click.option("--consent", type=click.Choice(HEARD), required=True, help="How she said yes.")
@click.option("--heard", type=click.DateTime(["%Y-%m-%d"]), help="On which day; today if left out.")
@click.option("--note", default="")
def seller_help(slug: str, who: str, owner: str, rights: tuple[str, ...], until: datetime,
                consent: str, heard: datetime | None, note: str) -> None:  # fmt: skip
    """Write down that an owner lets somebody help. WHO: phone or e-mail."""
    by = acting()
    with one_act() as session:
        person = a_person(session, who)
        grant_help(
            session, seller_id=a_seller(session, slug).id, helper_id=person.id,
            owner_id=a_person(session, owner).id, rights=rights, last_day=until.date(),
            consent_kind=consent, consent_note=note,
            consent_on=heard.date() if heard else vietnam_date(by["now"]), **by,
        )  # fmt: skip
        name = person.name
    click.echo(_("%(name)s được làm giúp ở gian hàng %(slug)s.", name=name, slug=slug))


@command(seller_group, "unhelp")
@click.argument("slug")
@click.argument("number", type=int)
@click.option("--phone", is_flag=True, help="The owner rang.")
def seller_unhelp(slug: str, number: int, phone: bool) -> None:
    """End somebody's help at once. NUMBER: of the list."""
    with one_act() as session:
        revoke_help(
            session, seller_id=a_seller(session, slug).id, grant_id=number,
            how="phone" if phone else "officer", **acting(),
        )  # fmt: skip
    click.echo(_("Đã cho thôi, có hiệu lực ngay."))


@command(seller_group, "transcribe")
@click.argument("slug")
@click.option("--vi", "said_vi", required=True, help="What she says, in her words.")
@click.option("--en", "said_en", default="")
def seller_transcribe(slug: str, said_vi: str, said_en: str) -> None:
    """Write down what a maker's recording says; buyers hear her from then on."""
    with one_act() as session:
        write_voice_down(
            session, seller_id=a_seller(session, slug).id, said_vi=said_vi, said_en=said_en,
            **acting(),
        )  # fmt: skip
    click.echo(_("Đã chép lời giới thiệu của gian hàng %(slug)s.", slug=slug))


@command(seller_group, "bank")
@click.argument("slug")
@click.option("--bank", required=True, help="Short name or BIN.")
@click.option("--holder", required=True)
@click.option("--number", prompt=True, help="Asked for, so that it stays out of the history.")
def seller_bank(slug: str, bank: str, holder: str, number: str) -> None:
    """Send buyers' transfers to another account; everybody concerned is told."""
    with one_act() as session:
        payee = sellers.change_bank_account(
            session, seller_id=a_seller(session, slug).id, bank_bin=a_bank(bank), holder=holder,
            number=number, **acting(),
        )  # fmt: skip
        name, last4 = payee.bank_name, payee.last4
    click.echo(
        _("Gian hàng %(slug)s nhận tiền ở %(bank)s, bốn số cuối %(last4)s.", slug=slug, bank=name,
          last4=last4)
    )  # fmt: skip
