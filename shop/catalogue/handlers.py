"""What the catalogue does when it hears news from below."""

from shop.catalogue.actions import renew_pages_of, reshelve_seller
from shop.db import transaction
from shop.media.events import PictureReady
from shop.sellers.events import SellerChanged


def follow_seller(event: SellerChanged) -> None:
    """Put a seller's goods on the shelves or take them off, under the name she has now."""
    with transaction() as session:
        reshelve_seller(session, event.seller_id)


def follow_picture(event: PictureReady) -> None:
    """Show a product with the lighter pictures that the worker has made since."""
    with transaction() as session:
        renew_pages_of(session, picture_id=event.picture_id)
