"""What the catalogue does when it hears news from below."""

from shop.catalogue.actions import reshelve_seller
from shop.db import transaction
from shop.sellers.events import SellerChanged


def follow_seller(event: SellerChanged) -> None:
    """Put a seller's goods on the shelves or take them off, under the name she has now."""
    with transaction() as session:
        reshelve_seller(session, event.seller_id)
