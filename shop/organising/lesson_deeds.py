"""What a lesson leads to, and how the shop itself sees that it was done: by what stands in its tables."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.catalogue.models import Product, ProductPicture
from shop.learning.queries import stalls_in
from shop.learning.rules import DEEDS
from shop.markets.models import MarketOffer
from shop.media.models import Picture
from shop.ordering.models import SellerOrder, SellerOrderMove
from shop.sellers.models import SellerMember
from shop.web.words import lazy_

#: {deed: (where it is done, the words of the button, what is said once it was)}
DEED_WORDS: Mapping[str, tuple[str, Any, Any]] = {
    "product_up": (
        "/ban-hang/hang/moi", lazy_("Đăng món của tôi"), lazy_("Chị đã có món đang bán trên chợ."),
    ),
    "picture_told": (
        "/ban-hang/hang", lazy_("Xem ảnh hàng của tôi"), lazy_("Chị đã có ảnh được tả bằng lời."),
    ),
    "order_confirmed": (
        "/ban-hang", lazy_("Xem đơn của tôi"), lazy_("Chị đã chốt đơn trên chợ."),
    ),
    "parcel_packed": (
        "/ban-hang/goi", lazy_("Gói hàng"), lazy_("Chị đã gói hàng cho khách."),
    ),
    "market_offer": (
        "/ban-hang/phien-cho", lazy_("Góp hàng cho phiên chợ"), lazy_("Chị đã góp hàng cho phiên chợ."),
    ),
    "second_lock": (
        "/tai-khoan/hai-lop", lazy_("Bật lớp thứ hai"), lazy_("Chị đã bật lớp bảo vệ thứ hai."),
    ),
}  # fmt: skip


def _stalls(deed: str) -> Select[int]:
    """Return the statement of the stalls at which a deed was done."""
    moved = select(SellerOrder.seller_id).join(
        SellerOrderMove, SellerOrderMove.seller_order_id == SellerOrder.id
    )
    return {
        "product_up": select(Product.seller_id).where(Product.state == "published"),
        "picture_told": select(Product.seller_id)
        .join(ProductPicture, ProductPicture.product_id == Product.id)
        .join(Picture, Picture.id == ProductPicture.picture_id)
        .where(Picture.alt_vi != "", Picture.alt_state == "written"),
        "order_confirmed": moved.where(SellerOrderMove.to_state == "confirmed"),
        "parcel_packed": moved.where(SellerOrderMove.to_state == "packed"),
        "market_offer": select(MarketOffer.seller_id),
        "second_lock": select(SellerMember.seller_id)
        .join(Account, Account.id == SellerMember.account_id)
        .where(
            SellerMember.role == "owner", SellerMember.until.is_(None),
            Account.second_factor_at.is_not(None),
        ),
    }[deed]  # fmt: skip


def deeds_done(session: Session, account_id: int) -> frozenset[str]:
    """Return what was done at a person's own stalls, as the shop sees it; one statement."""
    hers = select(SellerMember.seller_id).where(
        SellerMember.account_id == account_id, SellerMember.until.is_(None)
    )
    found = {
        deed: select(_stalls(deed).where(_owner_of(deed).in_(hers)).exists()).scalar_subquery()
        for deed in DEEDS
    }
    found["second_lock"] = select(
        select(Account.id)
        .where(Account.id == account_id, Account.second_factor_at.is_not(None))
        .exists()
    ).scalar_subquery()
    row = session.execute(select(*(one.label(deed) for deed, one in found.items()))).one()
    return frozenset(deed for deed in DEEDS if getattr(row, deed))


def _owner_of(deed: str) -> Any:
    """Return the column that says whose stall it is."""
    return {
        "product_up": Product.seller_id, "picture_told": Product.seller_id,
        "order_confirmed": SellerOrder.seller_id, "parcel_packed": SellerOrder.seller_id,
        "market_offer": MarketOffer.seller_id, "second_lock": SellerMember.seller_id,
    }[deed]  # fmt: skip


def stalls_that_did(session: Session, units: Select[int] | None) -> dict[str, int]:
    """Return {deed: at how many open stalls of some units it was done}, without saying which."""
    inside = stalls_in(units)
    found = {}
    for deed in DEEDS:
        some = _stalls(deed).where(_owner_of(deed).in_(inside)).distinct().subquery()
        found[deed] = select(func.count()).select_from(some).scalar_subquery()
    row = session.execute(select(*(one.label(deed) for deed, one in found.items()))).one()
    return {deed: getattr(row, deed) for deed in DEEDS}


def stalls_there(session: Session, units: Select[int] | None) -> int:
    """Return how many open stalls there are in some units."""
    return session.scalar(select(func.count()).select_from(stalls_in(units).subquery())) or 0
