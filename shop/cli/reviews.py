"""`flask review …`: words of reviews are hidden for a listed reason, shown again, or kept."""

import click
from flask.cli import AppGroup

from shop.cli.acting import acting, command, one_act
from shop.db import db
from shop.reviews import actions
from shop.reviews.forms import REASON_WORDS
from shop.reviews.queries import reviews_for_desk
from shop.reviews.rules import HIDE_REASONS, HIDEABLE
from shop.web.words import _, day, tr

review_group = AppGroup("review", help="What buyers said of goods.")

WHAT = click.option("--what", type=click.Choice(HIDEABLE), default="words")


@command(review_group, "list")
@click.option("--all", "everything", is_flag=True, help="Also what nobody reported.")
def review_list(everything: bool) -> None:
    """Print what makers reported and what is hidden, what waits first."""
    for row in db.session().execute(reviews_for_desk(None, all_of_them=everything).limit(200)):
        why = row.hidden_reason or row.report_reason
        state = "waits" if row.waits else "hidden" if row.hidden_at else "shown"
        click.echo(
            f"{row.id}  {state}  {row.stars}/5  {day(row.written_at, 'year')}  {tr(row, 'title')}"
            + (f"  {REASON_WORDS[why]}" if why else "")
        )


@command(review_group, "hide")
@click.argument("review_id", type=int)
@WHAT
@click.option("--reason", type=click.Choice(HIDE_REASONS), required=True)
def review_hide(review_id: int, what: str, reason: str) -> None:
    """Hide the words of a review, or the reply to it; its stars stay."""
    with one_act() as session:
        actions.hide_words(session, review_id=review_id, what=what, reason=reason, **acting())
    click.echo(_("Đã ẩn. Trang món hàng ghi ngày và lý do."))


@command(review_group, "show")
@click.argument("review_id", type=int)
@WHAT
def review_show(review_id: int, what: str) -> None:
    """Show again what was hidden."""
    with one_act() as session:
        actions.show_words(session, review_id=review_id, what=what, **acting())
    click.echo(_("Đã hiện lại."))


@command(review_group, "keep")
@click.argument("review_id", type=int)
@click.option("--answer", required=True, help="What the maker reads.")
def review_keep(review_id: int, answer: str) -> None:
    """Answer a maker's report: the words stay."""
    with one_act() as session:
        actions.let_stand(session, review_id=review_id, answer=answer, **acting())
    click.echo(_("Đã giữ lời này."))
