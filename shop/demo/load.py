"""Fill an empty shop with the invented one: makers, goods, people, orders in every state.

Everything goes through the same actions as the pages, at the times at which it would
have happened, so that the demo's books and trails hold like real ones.
"""

import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from shop.db import transaction
from shop.demo.bank import load_bank
from shop.demo.blankets import load_blankets, tell_of_gifts
from shop.demo.calls import load_calls
from shop.demo.campaigns import UNION, load_campaigns
from shop.demo.cards import load_cards, load_gifts_by_card
from shop.demo.giving import load_giving
from shop.demo.goods import load_goods
from shop.demo.joining import load_applications
from shop.demo.learning import load_learning
from shop.demo.lots import load_lots
from shop.demo.makers import load_helper, load_makers, load_organisations, load_shares
from shop.demo.markets import load_markets
from shop.demo.orders import load_orders
from shop.demo.papers import load_kitchen_paper
from shop.demo.payouts import load_payouts
from shop.demo.people import SIGN_INS, load_people
from shop.demo.remittances import load_remittance
from shop.demo.reviews import load_reviews
from shop.demo.tree import load_history, load_people_of_units
from shop.demo.vouchers import load_vouchers
from shop.sellers.models import Seller
from shop.web.words import _, speaking

DATA = Path(__file__).parent / "data"


def read(name: str) -> dict[str, Any]:
    """Return one of the demo's files."""
    with (DATA / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def is_empty(session: Session) -> bool:
    """Tell whether nobody sells here yet."""
    return not session.scalar(select(exists().where(Seller.id.is_not(None))))


def load_demo(now: datetime) -> None:
    """Load the whole demo. Takes seconds: pictures are finished files that are copied."""
    with speaking("vi"):
        tree = read("organisations")
        units = load_organisations(tree, now)
        people = load_people(units, now)
        load_history(units, people, now)
        load_people_of_units(units, people, now)
        sellers = load_makers(read("makers"), units, people, now)
        load_helper(sellers, people, now)
        load_shares(tree["commission"], units, sellers, now)
        load_goods(read("categories"), read("products"), sellers, now)
        with transaction() as session:
            load_kitchen_paper(session, sellers["bot-ngu-coc-go-mit"], now - timedelta(days=20))
        load_lots(sellers["bot-ngu-coc-go-mit"], now)
        load_applications(units, people, sellers["bot-ngu-coc-go-mit"], now)
        load_vouchers(sellers, units, now)
        load_orders(read("orders"), read("people"), now)
        load_reviews(now)
        load_bank(sellers, now)
        load_remittance(sellers["bot-ngu-coc-go-mit"], now)
        load_calls(units, people, now)
        buyers = {row["slug"]: row for row in read("people")["buyer"]}
        load_payouts(units, people, sellers, buyers, now)
        load_cards(units, people, buyers, now)
        load_blankets(units[UNION], people, now)
        load_campaigns(units, people, buyers, now)
        load_gifts_by_card(units[UNION], people, now)
        load_giving("Heo giống cho sáu chị", sellers, people["officer"], now)
        tell_of_gifts(units[UNION], now)
        load_markets(units, people, now)
        load_learning(units, people, now)


def demo_sign_ins(session: Session) -> list[str]:
    """Return a line for each demo sign-in, while the demo is what this shop holds."""
    if not session.scalar(select(exists().where(Seller.slug == "bot-ngu-coc-go-mit"))):
        return []
    return [
        _(
            "%(who)s: %(path)s, số %(phone)s, mật khẩu %(password)s",
            who=_(person.who), path=person.path, phone=person.phone, password=person.password,
        )
        for person in SIGN_INS
    ]  # fmt: skip
