"""A worker whose one handler counts what it did: run as a process, to be killed."""

import signal
import threading
import time
from dataclasses import dataclass

from sqlalchemy import text

from shop.app import create_app
from shop.db import transaction
from shop.kernel.events import Event
from shop.outbox import relay, worker


@dataclass(frozen=True)
class Counted(Event):
    name = "test.counted"

    number: int


def count(event: Counted) -> None:
    """Count a number once; like every handler it does nothing the second time."""
    with transaction() as session:
        known = session.execute(
            text("SELECT 1 FROM counted WHERE number = :n"), {"n": event.number}
        ).first()
        if known is None:
            session.execute(
                text("INSERT INTO counted (number, times) VALUES (:n, 1)"), {"n": event.number}
            )
    time.sleep(0.01)  # Between the work and its mark: the worst moment to die.


if __name__ == "__main__":
    app = create_app()
    app.extensions["jobs"] = {}
    relay.subscribe(app, Counted, "counter", count)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    print("begins", flush=True)
    worker.run(app, stop)
