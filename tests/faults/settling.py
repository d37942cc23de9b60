"""Somebody's server that settles a market, to be killed amid it: all is written and nothing stored."""

import time
from datetime import datetime
from os import environ
from typing import Any

from shop.app import create_app
from shop.db import in_transaction
from shop.kernel.errors import Refusal
from shop.organising import market_day


def main() -> None:
    app = create_app()
    if environ.get("STOPS"):
        note = market_day.note_session

        def stops(*told: Any, **more: Any) -> Any:
            note(*told, **more)
            print("amid", flush=True)
            time.sleep(60)

        market_day.note_session = stops
    with app.app_context():
        try:
            in_transaction(
                lambda session: market_day.settle_market(
                    session, session_id=int(environ["MARKET"]), actor_id=None, actor_name="Hương",
                    now=datetime.fromisoformat(environ["NOW"]),
                )
            )  # fmt: skip
            print("done", flush=True)
        except Refusal as refusal:
            print(refusal.code, flush=True)


if __name__ == "__main__":
    main()
