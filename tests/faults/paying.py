"""A person who marks statement after statement as sent, to be killed amid her work."""

import os
import time

from sqlalchemy import select

from shop.app import create_app
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc
from shop.payouts.actions.sending import send_payout
from shop.payouts.models import PayoutStatement
from shop.payouts.rules import StatementMoved


def main() -> None:
    app = create_app()
    person = int(os.environ["PAYS"])
    with app.app_context():
        wanted = select(PayoutStatement.id).where(PayoutStatement.pays_vnd > 0)
        ids = db.session.scalars(wanted.order_by(PayoutStatement.id)).all()
        db.session.rollback()
        print("begins", flush=True)
        for statement in ids:
            try:
                in_transaction(lambda session, one=statement: send(session, one, person))
            except StatementMoved:
                continue  # Marked before.
            time.sleep(0.03)


def send(session: object, statement: int, person: int) -> None:
    send_payout(
        session, statement_id=statement, reference=f"FT{statement}", sender_id=person,  # type: ignore[arg-type]
        actor_id=person, actor_name="Lan", now=now_utc(),
    )  # fmt: skip


if __name__ == "__main__":
    main()
