"""A worker that closes what is due and announces it, to be killed amid its work."""

from datetime import datetime
from os import environ

from shop.app import create_app
from shop.organising import closing


def main() -> None:
    app = create_app()
    now = datetime.fromisoformat(environ["NOW"])
    with app.app_context():
        print("begins", flush=True)
        closing.keep_market_hours(now)
        print("done", flush=True)


if __name__ == "__main__":
    main()
