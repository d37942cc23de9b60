"""What the worker asks carriers by itself: parcels of which they said nothing for hours."""

from collections import Counter
from datetime import datetime

from shop.carriers import actions
from shop.carriers.asking import line_of
from shop.carriers.models import CarrierAccount
from shop.carriers.queries import parcels_to_look_for
from shop.carriers.rules import CarrierRefused
from shop.db import db, in_transaction
from shop.kernel.errors import OutsideFailure

#: In one round; a carrier that is down is left alone after so many tries.
MOST_LOOKED, MOST_SILENT = 40, 2


def look_after_parcels(now: datetime) -> int:
    """Ask carriers where parcels are that they forgot to tell of; return how many had news."""
    session = db.session()
    found = [
        (row.id, row.tracking_code, row.account_id, line_of(session.get_one(CarrierAccount, row.account_id)))
        for row in parcels_to_look_for(session, now, MOST_LOOKED)
    ]  # fmt: skip
    session.rollback()
    silent: Counter[str] = Counter()
    news = 0
    for parcel_id, code, account_id, line in found:
        if silent[line.carrier.key] >= MOST_SILENT:
            continue
        # Put off first: of two workers one asks, and a crash does not ask for ever.
        if not in_transaction(
            lambda session, parcel_id=parcel_id: actions.put_off_look(
                session, parcel_id=parcel_id, now=now
            )
        ):
            continue
        try:
            told = line.track(code)
        except CarrierRefused:
            continue
        except OutsideFailure:
            silent[line.carrier.key] += 1
            continue
        if told is not None:
            news += in_transaction(
                lambda session, told=told, account_id=account_id: actions.follow_look(
                    session, account_id=account_id, told=told, now=now
                )
            )
    return news
