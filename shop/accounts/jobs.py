"""What the clock clears away: secrets that are spent, sign-ins that are long over."""

from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import delete, or_

from shop.accounts.models import OneTimeKey, SignIn, SignInFailures
from shop.accounts.rules import FAILURES_BEFORE_LINK
from shop.db import transaction
from shop.outbox.worker import schedule

#: Sign-ins that are over stay this long, to answer "was that me?".
SIGN_INS_KEPT = timedelta(days=90)


def forget_spent_secrets(now: datetime) -> None:
    """Delete one-time keys and ended sign-ins that are of no use, and old counts of failures."""
    with transaction() as session:
        session.execute(delete(OneTimeKey).where(OneTimeKey.expires_at < now - timedelta(days=1)))
        session.execute(
            delete(SignIn).where(
                or_(SignIn.ended_at < now - SIGN_INS_KEPT, SignIn.expires_at < now - SIGN_INS_KEPT)
            )
        )
        session.execute(
            delete(SignInFailures).where(
                or_(
                    (SignInFailures.failures < FAILURES_BEFORE_LINK)
                    & (SignInFailures.last_at < now - timedelta(days=1)),
                    SignInFailures.last_at < now - timedelta(days=90),
                )
            )
        )


def init_accounts_jobs(app: Flask) -> None:
    schedule(app, "forget-spent-secrets", timedelta(hours=12), forget_spent_secrets)
