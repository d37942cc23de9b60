"""How the shop calls who works in a stall."""

import re

from sqlalchemy import update

from shop.accounts.models import Account
from shop.db import transaction


def test_two_people_of_one_server_are_each_called_as_they_asked(a_stall):
    his, hers = a_stall(), a_stall()
    with transaction() as session:
        session.execute(update(Account).where(Account.id == his.owner_id).values(called="anh"))
    for _ in range(2):  # What is kept in words for one is not shown to the other.
        assert "Chào anh Sương" in his.page("/ban-hang")
        assert "Chào chị Sương" in hers.page("/ban-hang")
    assert "chị" not in re.sub(
        "anh/chị|chị em|chị mẫu", "", his.page("/ban-hang/gian-hang/loi").lower()
    )
    assert "chị em" in his.page("/")
