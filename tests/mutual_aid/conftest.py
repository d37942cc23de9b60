"""A call for help with its needs."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shop.db import in_transaction, transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.mutual_aid import actions
from tests.notifications.conftest import mails
from tests.operations.conftest import an_officer, operator

__all__ = ["an_officer", "mails", "operator"]

BY = {"actor_id": None, "actor_name": "Hương"}


@pytest.fixture
def a_call(app, an_organisation) -> Callable[..., int]:
    """Make a call with one need of ten people: ``a_call(opened=False)``."""

    def make(*, opened: bool = True, wanted: int = 10, organisation_id: int | None = None) -> int:
        now = now_utc()
        unit = organisation_id or an_organisation()
        with transaction() as session:
            call = actions.write_call(
                session, organisation_id=unit, starts_at=now + timedelta(days=3),
                ends_at=now + timedelta(days=3, hours=4), consent_kind="voice",
                consent_on=vietnam_date(now), now=now, **BY,
                words={
                    "title_vi": "Cấy sáu sào lúa", "title_en": "Transplanting six sào of rice",
                    "for_whom_vi": "một gia đình ở thôn Gò Mít", "place_vi": "Đầu làng",
                    "contact_name": "Chị Hương", "contact_phone": "+84905000777",
                },
            )  # fmt: skip
            actions.add_need(
                session, call_id=call.id, kind="labour", words_vi="Người cấy",
                words_en="People who transplant", unit_vi="người", unit_en="person", wanted=wanted,
                now=now, **BY,
            )  # fmt: skip
            if opened:
                actions.open_call(session, call_id=call.id, now=now, **BY)
            return call.id

    return make


def promise(call_id: int, quantity: int = 1, attempt: str = "a", name: str = "Hoa", **more) -> int:
    """Promise something for a call's first need; return the pledge's id."""
    from shop.mutual_aid.queries import needs_of

    return in_transaction(
        lambda session: actions.pledge(
            session, call_id=call_id, need_id=needs_of(session, call_id)[0].id, quantity=quantity,
            contact={"name": name, "phone": "+84905000778", "email": "hoa@example.net", "note": ""},
            shown_name="", attempt_id=attempt, locale="vi", now=now_utc(), **more,
        ).id
    )  # fmt: skip
