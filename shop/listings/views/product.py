"""One product."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from flask import abort, current_app, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from shop.catalogue.paper_queries import pictures_and_papers
from shop.catalogue.rules import (
    ALLERGENS,
    NO_ALLERGENS,
    price_per_measure,
)
from shop.catalogue.season_rules import Away, away_of
from shop.db import db
from shop.fundraising.rules import ShareRule, takes_money
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.packs import counted_unit, in_running_text
from shop.kernel.phones import written
from shop.listings.kept import Terms, kept, piece, rendered_cards
from shop.listings.queries import lists, products
from shop.listings.rules import called, quantity_asked
from shop.listings.views import blueprint
from shop.listings.views.reviews import reviews_piece
from shop.ordering import actions
from shop.ordering.forms import AddForm
from shop.ordering.rules import WhoGets
from shop.ordering.views import cart_page, changed
from shop.reviews.queries import counts_of
from shop.sellers.rules import away_on
from shop.shares.queries import share_book
from shop.shares.rules import ShareBook, shares_of
from shop.shipping.rules import Packed, Zone, delivery_of, fee_range
from shop.stock.preorder_rules import takes_orders
from shop.web.forms import Whole
from shop.web.guards import guard
from shop.web.links import absolute
from shop.web.pages import keep_out
from shop.web.words import _, tr

OTHERS = 4


@blueprint.get("/san-pham/<slug>")
@guard("anyone")
def product_page(slug: str) -> ResponseReturnValue:
    if request.args:
        keep_out()  # Choices and numbers make too many forms of one page.
    return _page(slug, wanted=request.args.get("mon", ""))


@blueprint.post("/gio/them")
@guard("visitor")
def add() -> ResponseReturnValue:
    """Put the product into the cart; a number that is none is asked for again on its page."""
    form = AddForm.posted()
    if not form.mon.validate(form) or not form.mon.data:
        abort(404)
    variant_id, offer_id = int(form.mon.data), form.phien.data
    if not form.validate():
        if not form.so.errors or offer_id:
            wrong = form.so.errors[0] if form.so.errors else _("Anh/chị chọn lại món cần mua.")
            return cart_page(problem=str(wrong), status=422)
        slug = products.slug_of_pack(db.session(), variant_id)
        return _page(slug or "", wanted=str(variant_id), wrong=form.so)
    return changed(
        lambda session, cart_id: actions.add_to_cart(
            session, cart_id=cart_id, variant_id=variant_id, quantity=form.quantity,
            now=now_utc(), market_offer_id=offer_id,
        ),
        f"them-gio&mon={variant_id}",
    )  # fmt: skip


def _page(slug: str, *, wanted: str, wrong: Whole | None = None) -> ResponseReturnValue:
    """Show a product.

    Args:
        wanted: the id of the pack size to choose, as it was sent.
        wrong: a refused number. Its page is made for this visitor alone, and kept nowhere.
    """
    session, today = db.session(), vietnam_date(now_utc())
    sizes = products.sizes_of(session, slug)
    row = sizes[0] if sizes else None
    if row is None or row.published_at is None or row.approved_at is None:
        abort(404)
    if row.state != "published" or row.closed_at is not None or row.pack_id is None:
        return render_template("listings/gone.html", product=row, seller=None), 410
    chosen = _chosen(sizes, today, wanted)
    terms = kept().terms(session, row.seller_id, today)
    fund = _fund(row, today)
    shares = _who_gets(
        share_book(session, row.share_edition), row, chosen.price_vnd, today, fund
    )  # fmt: skip
    facts = cache(lambda: _facts(session, sizes, chosen.pack_id, terms, today))
    others = lists.others_of_maker(session, row.seller_id, besides=row.id, limit=OTHERS)
    quantity = quantity_asked(request.args, most=max(1, min(_left(chosen, today), 999)))
    names = (
        row.id, row.version, row.seller_version, today, terms.name, chosen.pack_id,
        tuple((size.pack_id, size.available, size.ready_on, size.places) for size in sizes),
        quantity, shares, fund,
    )  # fmt: skip
    about = {"shares": shares, "fund": fund}
    if wrong is None:
        body = piece(
            "listings/product_body.html",
            *names,
            **about,
            quantity=quantity,
            wrong=None,
            make=facts,
        )
    else:
        body = Markup(  # noqa: S704
            render_template(
                "listings/product_body.html", **about, quantity=wrong.text, wrong=wrong, **facts()
            )
        )
    page = render_template(
        "listings/product.html",
        product=row,
        price_vnd=chosen.price_vnd,
        head=piece("listings/product_head.html", *names, row.reviews_version, make=facts),
        body=body,
        wrong=wrong,
        reviews=reviews_piece(session, row),
        others=rendered_cards(session, others, today=today),
    )
    return page, 200 if wrong is None else 422


class Fund(NamedTuple):
    """The campaign that a product is sold for today, and its share, as the page says it."""

    rule: ShareRule
    code: str
    title_vi: str
    title_en: str
    for_whom_vi: str
    for_whom_en: str
    given_by: str
    share_kind: str
    share_vnd: int
    share_hundredths: int
    cost_vnd: int


def _off_season(row: Any, today: date) -> Away | None:
    return away_of(row.season_from, row.season_to, row.season_yearly, today)


def _fund(row: Any, today: date) -> Fund | None:
    if row.campaign_id is None or not takes_money(
        row.campaign_state, row.opens_on, row.closes_on, today
    ):
        return None
    share = row.share_kind, row.share_vnd, row.share_hundredths, row.cost_vnd
    return Fund(
        ShareRule(row.campaign_id, *share), row.campaign_code, row.campaign_vi, row.campaign_en,
        row.for_whom_vi, row.for_whom_en, row.given_by, *share,
    )  # fmt: skip


def _who_gets(
    book: ShareBook, row: Any, price_vnd: int, today: date, fund: Fund | None
) -> WhoGets:  # fmt: skip
    """Return who would get what of one unit sold today."""
    creditor = book.creditor_of(row.organisation_id, today)
    rate = book.rate_of(creditor, row.seller_id, row.category_id, today)
    shares = shares_of(
        price_vnd, 1, rate, campaign_vnd=fund.rule.of(price_vnd, 1) if fund else 0
    )  # fmt: skip
    others: list[tuple[str, str, int]] = []
    if fund and shares.campaign_vnd:
        others.append((fund.title_vi, fund.title_en or fund.title_vi, shares.campaign_vnd))
    if creditor and shares.commission_vnd:
        others.append((creditor.name_vi, creditor.name_en, shares.commission_vnd))
    return WhoGets(price_vnd, shares.maker_vnd, tuple(others))


def _facts(
    session: Any, sizes: Sequence[Any], chosen_id: int, terms: Terms, today: date
) -> dict[str, Any]:
    """Return all that the parts of a page show. One statement, asked only for a new page."""
    row = sizes[0]
    packs = [_pack(size, row, today) for size in sizes]
    chosen = next(pack for pack in packs if pack["id"] == chosen_id)
    pictures, papers = pictures_and_papers(session, row.id, row.seller_id, today)
    return {
        "product": dict(row._mapping),
        "maker": _maker(row),
        "today": today,
        "away": away_on(row.away_until, today),
        "off_season": _off_season(row, today),
        "packs": packs,
        "chosen": chosen,
        "pictures": pictures,
        "way": kept().tree(session).above(row.category_id),
        "allergens": _allergens(row),
        "traces": [ALLERGENS[key] for key in row.traces if key in ALLERGENS],
        "papers": papers,
        "delivery": _delivery(row, chosen, terms, today),
        "phone": written(row.phone),
        "call": called(row.person),
        "told": _told(
            row,
            packs,
            chosen,
            pictures,
            closed=away_on(row.away_until, today) is not None
            or _off_season(row, today) is not None,
        ),
    }


def _ahead(size: Any, today: date) -> bool:
    return takes_orders(size.ready_on, size.places, size.available, today)


def _left(size: Any, today: date) -> int:
    """Return how many can be ordered now, those ordered ahead too."""
    return size.places if _ahead(size, today) else size.available


def _pack(pack: Any, product: Any, today: date) -> dict[str, Any]:
    """Return a pack size with the words and prices that its line shows."""
    words = dict(pack._mapping) | {"id": pack.pack_id}
    words["unit_vi"] = counted_unit(product.unit_vi, pack.name_vi)
    words["unit_en"] = counted_unit(
        product.unit_en or product.unit_vi, pack.name_en or pack.name_vi
    )
    words["ready_on"] = pack.ready_on if _ahead(pack, today) else None
    words["left"] = _left(pack, today)
    words["pack_vi"] = in_running_text(pack.name_vi)
    words["pack_en"] = in_running_text(pack.name_en or pack.name_vi)
    words["measure"] = price_per_measure(
        pack.price_vnd, net_g=pack.net_g, net_ml=pack.net_ml, pieces=pack.pieces
    )
    return words


def _chosen(sizes: Sequence[Any], today: date, wanted: str) -> Any:
    """Return the pack size that is wanted, else the first in stock, else the first to order."""
    named = next((size for size in sizes if str(size.pack_id) == wanted), None) if wanted else None
    first = next((size for size in sizes if _left(size, today) > 0), sizes[0])
    return named or next((size for size in sizes if size.available > 0), first)


def _maker(product: Any) -> dict[str, Any]:
    """Return the maker's part of a product, in the words of components/maker.html."""
    words = dict(product._mapping)
    return words | {
        "slug": product.seller_slug,
        "name_vi": product.seller_name_vi,
        "name_en": product.seller_name_en,
    }


def _allergens(product: Any) -> list[Any] | None:
    """Return the allergens in it; [] when it has none, None when nobody said."""
    if not product.allergens:
        return None
    return [ALLERGENS[key] for key in product.allergens if key != NO_ALLERGENS and key in ALLERGENS]


def _delivery(product: Any, pack: dict[str, Any], terms: Terms, today: date) -> dict[str, Any]:
    """Return what bringing one of them costs and when it arrives, near and far."""
    tariff = terms.tariff
    one = [Packed(1, pack["weight_g"], pack["length_mm"], pack["width_mm"], pack["height_mm"])]
    to = {
        zone: delivery_of(
            tariff, zone, one, goods_vnd=pack["price_vnd"],
            ordered_on=max(today, pack["ready_on"] or today),
            lead_days=(product.lead_days_min, product.lead_days_max),
        )
        for zone in (Zone.PROVINCE, Zone.COUNTRY)
    }  # fmt: skip
    return {
        "near": to[Zone.PROVINCE] if to[Zone.PROVINCE].fee_vnd is not None else None,
        "far": to[Zone.COUNTRY] if to[Zone.COUNTRY].fee_vnd is not None else None,
        "fees": fee_range(tariff, one, pack["price_vnd"]),
        "free_from_vnd": tariff.free_from_vnd,
        "pickups": terms.pickups,
    }


def _told(
    product: Any,
    packs: list[dict[str, Any]],
    chosen: dict[str, Any],
    pictures: Any,
    *,
    closed: bool,
) -> dict[str, Any]:
    """Return the page for machines: schema.org/Product with its offers."""
    address = absolute(f"/san-pham/{product.slug}")
    told: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": tr(product, "title"),
        "description": tr(product, "summary") or tr(product, "title"),
        "url": address,
        "sku": chosen["sku"],
        "brand": {"@type": "Brand", "name": tr(product, "seller_name")},
        "offers": [
            {
                "@type": "Offer",
                "name": tr(pack, "name"),
                "sku": pack["sku"],
                "url": address,
                "price": pack["price_vnd"],
                "priceCurrency": "VND",
                **_availability(pack, closed=closed),
                "itemCondition": "https://schema.org/NewCondition",
                "seller": {"@type": "Organization", "name": tr(product, "seller_name")},
            }
            for pack in packs
        ],
    }
    counts = counts_of(product)
    if counts.number:
        told["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": counts.tenths / 10,
            "reviewCount": counts.number,
            "bestRating": 5,
            "worstRating": 1,
        }
    if pictures:
        told["image"] = [jpeg_of(picture) for picture in pictures]
    return told


def _availability(pack: dict[str, Any], *, closed: bool) -> dict[str, str]:
    word = "OutOfStock"
    if not closed and pack["available"] > 0:
        word = "InStock"
    if not closed and pack["ready_on"]:
        return {
            "availability": "https://schema.org/PreOrder",
            "availabilityStarts": pack["ready_on"].isoformat(),
        }
    return {"availability": f"https://schema.org/{word}"}


def jpeg_of(picture: Any) -> str:
    """Return the whole address of a picture's largest JPEG, for previews and machines."""
    media_path = current_app.jinja_env.globals["media_path"]
    address = media_path(picture.digest, max(picture.versions["jpg"]), "jpg")  # type: ignore[operator]
    return address if address.startswith("http") else current_app.config["BASE_URL"] + address
