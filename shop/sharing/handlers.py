"""What sharing does when it hears news from below."""

from shop.db import transaction
from shop.sellers.events import SellerChanged
from shop.sharing.actions import look_again


def follow_seller(event: SellerChanged) -> None:
    """Have the pictures of a stall and its goods looked at again."""
    with transaction() as session:
        look_again(session, event.seller_id)
