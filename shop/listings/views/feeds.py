"""For machines: search engines and those who watch whether the shop is up."""

from flask import Response, g, render_template
from sqlalchemy import text

from shop.db import db
from shop.fundraising.queries.campaigns import campaigns_opened
from shop.listings.kept import kept
from shop.listings.queries.makers import addresses
from shop.listings.views import blueprint
from shop.web.guards import guard

#: A sitemap holds at most 50,000 addresses; each product is in it in two languages.
MOST_IN_SITEMAP = 22_000


@blueprint.get("/sitemap.xml")
@guard("anyone")
def sitemap() -> Response:
    session = db.session()
    sellers, products = addresses(session, MOST_IN_SITEMAP)
    body = render_template(
        "listings/sitemap.xml", sellers=sellers, products=products, tree=kept().tree(session),
        campaigns=campaigns_opened(session),
    )  # fmt: skip
    return Response(body, mimetype="application/xml")


@blueprint.get("/robots.txt")
@guard("anyone")
def robots() -> Response:
    return Response(render_template("listings/robots.txt"), mimetype="text/plain")


@blueprint.get("/healthz")
@guard("anyone")
def healthz() -> Response:
    """Say that the shop answers, its database included. A failure is answered 503."""
    g.personal = True
    db.session().execute(text("SELECT 1"))
    answer = Response("ok\n", mimetype="text/plain")
    answer.headers["Cache-Control"] = "no-store"
    return answer
