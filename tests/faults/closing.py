"""A worker that closes what is due, to be killed amid it: everything is written and nothing stored."""

import time
from datetime import datetime
from os import environ
from typing import Any

from shop.app import create_app
from shop.organising import closing


def main() -> None:
    app = create_app()
    if environ.get("STOPS"):
        announce = closing.announce

        def stops(*told: Any, **more: Any) -> Any:
            announce(*told, **more)
            print("amid", flush=True)
            time.sleep(60)

        closing.announce = stops
    with app.app_context():
        closing.keep_market_hours(datetime.fromisoformat(environ["NOW"]))
        print("done", flush=True)


if __name__ == "__main__":
    main()
