"""`flask kiosk …`: machines that print labels for whoever has six digits, as at the desk."""

import click
from flask.cli import AppGroup

from shop.cli.acting import a_unit, acting, command, one_act
from shop.db import db
from shop.kernel.clock import now_utc
from shop.kiosk import actions
from shop.kiosk.queries import open_kiosks
from shop.web.links import absolute
from shop.web.words import _, moment

kiosk_group = AppGroup("kiosk", help="Machines that print parcel labels without sign-in.")


@command(kiosk_group, "list")
def kiosk_list() -> None:
    """Print the machines that are open today."""
    for row in open_kiosks(db.session(), None, now_utc()):
        click.echo(f"{row.id}  {row.name}  {moment(row.opened_at)}  {row.printed}")


@command(kiosk_group, "open")
@click.argument("unit")
@click.argument("name")
def kiosk_open(unit: str, name: str) -> None:
    """Open a machine of UNIT until midnight. The address printed works once, for ten minutes."""
    with one_act() as session:
        _row, link = actions.open_kiosk(
            session, organisation_id=a_unit(session, unit).id, name=name[:80], by_link=True,
            **acting(),
        )  # fmt: skip
    click.echo(_("Mở địa chỉ này ở máy nối với máy in: %(address)s", address=absolute(f"/may-in/mo/{link}")))  # fmt: skip


@command(kiosk_group, "close")
@click.argument("kiosk_id", type=int)
def kiosk_close(kiosk_id: int) -> None:
    """Print nothing more at a machine."""
    with one_act() as session:
        closed = actions.close_kiosk(session, kiosk_id=kiosk_id, **acting())
    click.echo(_("Đã đóng máy in ấy. Từ giờ nó không in gì nữa.") if closed else _("Máy ấy đã đóng trước đó rồi."))  # fmt: skip
