"""Which rooms are open: their pages, who listens to whose news, and what the clock starts.

One line a room. Part of ``shop.app``, apart so that it stays a table.
"""

from datetime import timedelta

from flask import Flask

from shop.accounts.jobs import init_accounts_jobs
from shop.accounts.views import blueprint as _accounts_pages
from shop.banking import models as _banking  # noqa: F401
from shop.banking.handlers import init_banking
from shop.banking.views import blueprint as _banking_hook
from shop.buying.guards import init_buying
from shop.buying.views import blueprint as _buying_pages
from shop.carriers import models as _carriers  # noqa: F401
from shop.carriers.handlers import init_carriers
from shop.carriers.views import blueprint as _carriers_hook
from shop.catalogue import models as _catalogue  # noqa: F401
from shop.catalogue.handlers import follow_picture, follow_seller
from shop.catalogue.jobs import turn_seasons_of_day
from shop.db import before_commit
from shop.earnings import models as _earnings  # noqa: F401
from shop.earnings.actions import keep_months
from shop.fulfilment import models as _fulfilment  # noqa: F401
from shop.fulfilment.actions import undo_hand_over
from shop.fundraising import goods_models as _goods  # noqa: F401
from shop.fundraising import models as _fundraising  # noqa: F401
from shop.fundraising import request_models as _requests  # noqa: F401
from shop.fundraising import slip_models as _slips  # noqa: F401
from shop.fundraising.jobs import (
    close_what_is_over,
    end_slips,
    forget_givers,
    remind_of_duties,
)
from shop.kernel.settings import Settings
from shop.kiosk import models as _kiosk  # noqa: F401
from shop.learning import models as _learning  # noqa: F401
from shop.learning.jobs import forget_seats
from shop.ledger import models as _ledger  # noqa: F401
from shop.listings.jobs import tidy_search
from shop.listings.kept import init_kept
from shop.listings.views import blueprint as _listings_pages
from shop.markets import models as _markets  # noqa: F401
from shop.markets.events import MarketAnnounced
from shop.media import models as _media  # noqa: F401
from shop.media.events import PictureReady
from shop.media.uploads import forget_old_uploads
from shop.media.work import init_media
from shop.mutual_aid import models as _mutual_aid  # noqa: F401
from shop.mutual_aid.jobs import forget_helpers
from shop.notifications import models as _notifications  # noqa: F401
from shop.notifications.handlers import init_notifications
from shop.notifications.push_handlers import init_push
from shop.notifications.views import blueprint as _notifications_pages
from shop.notifications.views import init_news
from shop.operations import models as _operations  # noqa: F401
from shop.operations.handlers import init_operations
from shop.operations.views import blueprint as _operations_pages
from shop.ordering import models as _ordering  # noqa: F401
from shop.ordering.browser import init_cart
from shop.ordering.events import GoodsCameBack, SellerOrderMoved
from shop.ordering.jobs import complete_delivered, expire_reservations, forget_carts
from shop.ordering.views import blueprint as _ordering_pages
from shop.ordering.wrong_taps import follows_wrong_taps
from shop.organisations import models as _organisations  # noqa: F401
from shop.organisations.guards import init_organisations
from shop.organising import models as _organising  # noqa: F401
from shop.organising.closing import keep_market_hours
from shop.organising.standing import follow_announcement
from shop.organising.views import blueprint as _organising_pages
from shop.organising.views.stall import init_stall
from shop.outbox import models as _outbox  # noqa: F401
from shop.outbox.progress import forget_progress
from shop.outbox.relay import subscribe
from shop.outbox.worker import schedule
from shop.payments import models as _payments  # noqa: F401
from shop.payments.books import keep_books
from shop.payments.events import PaymentReceived
from shop.payments.gateways import models as _gateways  # noqa: F401
from shop.payments.gateways.handlers import init_gateways
from shop.payments.gateways.views import blueprint as _gateways_hooks
from shop.payments.handlers import follow_move, follow_return, follow_taken_back
from shop.payments.jobs import book_history
from shop.payouts import models as _payouts  # noqa: F401
from shop.payouts.handlers import init_payouts
from shop.payouts.jobs import DRAFT_DUE, draft_due
from shop.places.views import blueprint as _places_pages
from shop.queued import models as _queued  # noqa: F401
from shop.queued.views import blueprint as _queued_pages
from shop.remittances import models as _remittances  # noqa: F401
from shop.remittances.handlers import init_remittances
from shop.reviews import models as _reviews  # noqa: F401
from shop.reviews.handlers import follow_goods, keep_what_was_reviewed
from shop.sellers import models as _sellers  # noqa: F401
from shop.sellers.events import SellerChanged
from shop.sellers.guards import init_sellers
from shop.sellers.helping import read_back_with
from shop.sellers.jobs import bring_back
from shop.sellers.views import blueprint as _sellers_pages
from shop.selling import models as _selling  # noqa: F401
from shop.selling.actions.drafts import forget_drafts
from shop.selling.actions.sheets import forget_goods_sheets
from shop.selling.events import GoodsSheetAccepted
from shop.selling.handlers import store_goods_sheet
from shop.selling.queries.live import BoardTail
from shop.selling.read_back import came_to
from shop.selling.views import blueprint as _selling_pages
from shop.selling.views.unsent import init_unsent
from shop.shares import models as _shares  # noqa: F401
from shop.sharing import models as _sharing  # noqa: F401
from shop.sharing.handlers import follow_seller as follow_seller_shared
from shop.sharing.making import make_ahead
from shop.sharing.views import blueprint as _sharing_pages
from shop.shipping import models as _shipping  # noqa: F401
from shop.stock import lot_models as _lots  # noqa: F401
from shop.stock import models as _stock  # noqa: F401
from shop.stock import preorder_models as _preorders  # noqa: F401
from shop.stock.jobs import end_preorders, watch_stock
from shop.vouchers import models as _vouchers  # noqa: F401
from shop.web.limits import forget_counts
from shop.web.streams import init_streams


def open_rooms(app: Flask, settings: Settings) -> None:
    """Register every blueprint, subscription and job."""
    init_media(app, settings)
    init_kept(app)
    subscribe(app, SellerChanged, "catalogue.follow_seller", follow_seller)
    subscribe(app, PictureReady, "catalogue.follow_picture", follow_picture)
    app.register_blueprint(_listings_pages)
    app.register_blueprint(_accounts_pages)
    init_organisations(app)
    init_sellers(app)
    app.register_blueprint(_sellers_pages)
    app.register_blueprint(_selling_pages)
    init_streams(app, BoardTail(), settings)
    read_back_with(app, came_to)
    schedule(app, "media.forget_old_uploads", timedelta(hours=1), forget_old_uploads)
    subscribe(app, GoodsSheetAccepted, "selling.goods_sheet", store_goods_sheet)
    schedule(app, "selling.forget_goods_sheets", timedelta(days=1), forget_goods_sheets)
    schedule(app, "selling.forget_drafts", timedelta(days=1), forget_drafts)
    schedule(app, "sellers.bring_back", timedelta(minutes=10), bring_back)
    init_cart(app)
    app.register_blueprint(_ordering_pages)
    schedule(app, "listings.tidy_search", timedelta(days=1), tidy_search)
    schedule(app, "catalogue.turn_seasons", timedelta(minutes=5), turn_seasons_of_day)
    schedule(app, "stock.end_preorders", timedelta(minutes=5), end_preorders)
    schedule(app, "stock.watch", timedelta(days=1), watch_stock)
    schedule(app, "ordering.expire_reservations", timedelta(minutes=1), expire_reservations)
    schedule(app, "ordering.complete_delivered", timedelta(hours=1), complete_delivered)
    schedule(app, "ordering.forget_carts", timedelta(days=1), forget_carts)
    app.register_blueprint(_places_pages)
    subscribe(app, SellerOrderMoved, "payments.follow_move", follow_move)
    subscribe(app, GoodsCameBack, "payments.follow_return", follow_return)
    subscribe(app, PaymentReceived, "payments.follow_taken_back", follow_taken_back)
    before_commit(app, keep_books)
    before_commit(app, keep_months)
    before_commit(app, follow_goods)
    follows_wrong_taps(app, undo_hand_over)
    follows_wrong_taps(app, keep_what_was_reviewed)
    init_payouts(app)
    schedule(app, "payments.book_history", timedelta(minutes=10), book_history)
    schedule(app, DRAFT_DUE, timedelta(hours=1), draft_due)
    app.register_blueprint(_gateways_hooks)
    init_gateways(app)
    app.register_blueprint(_banking_hook)
    init_banking(app)
    init_remittances(app)
    app.register_blueprint(_carriers_hook)
    init_carriers(app)
    init_buying(app)
    app.register_blueprint(_buying_pages)
    app.register_blueprint(_operations_pages)
    app.register_blueprint(_queued_pages)
    app.register_blueprint(_organising_pages)
    init_stall(app)
    init_unsent(app)
    subscribe(app, MarketAnnounced, "organising.follow_announcement", follow_announcement)
    schedule(app, "organising.keep_market_hours", timedelta(minutes=1), keep_market_hours)
    schedule(app, "fundraising.close_campaigns", timedelta(minutes=10), close_what_is_over)
    schedule(app, "fundraising.end_slips", timedelta(hours=1), end_slips)
    schedule(app, "fundraising.forget_givers", timedelta(days=1), forget_givers)
    schedule(app, "fundraising.remind_of_duties", timedelta(hours=1), remind_of_duties)
    app.register_blueprint(_sharing_pages)
    subscribe(app, SellerChanged, "sharing.follow_seller", follow_seller_shared)
    schedule(app, "sharing.make_ahead", timedelta(minutes=10), make_ahead)
    schedule(app, "mutual_aid.forget_helpers", timedelta(days=1), forget_helpers)
    schedule(app, "learning.forget_seats", timedelta(days=1), forget_seats)
    init_operations(app)
    init_accounts_jobs(app)
    schedule(app, "forget-progress", timedelta(days=1), forget_progress)
    schedule(app, "forget-rate-counts", timedelta(hours=1), forget_counts)
    init_notifications(app)
    init_push(app)
    init_news(app)
    app.register_blueprint(_notifications_pages)
