"""Changes to the rules of sharing, inside the caller's transaction. What was sold stays as it was."""

import secrets
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.db import touch, upsert_into
from shop.kernel.clock import vietnam_date
from shop.kernel.errors import NotYours
from shop.shares.models import CommissionRule, ShareEdition, TaxRule, Withholding
from shop.shares.queries import commission_rule
from shop.shares.rules import (
    MOST_TAX,
    TAX_CATEGORIES,
    DayPassed,
    NoTaxRules,
    Rate,
    RateOutOfRange,
    RuleOver,
    check_rate,
)


def add_commission_rule(
    session: Session,
    *,
    organisation_id: int,
    rate: Rate,
    from_on: date,
    until_on: date | None = None,
    seller_id: int | None = None,
    category_id: int | None = None,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
    continues_id: int | None = None,
) -> CommissionRule:
    """Let an organisation keep a part of what is sold below it, from a day on.

    It stands before the older rules of that organisation: of those that fit, the newest holds.

    Args:
        continues_id: the rule that it is again, and as old as.

    Raises:
        RateOutOfRange, DayPassed
    """
    check_rate(rate)
    _check_days(from_on, until_on, now)
    row = CommissionRule(
        organisation_id=organisation_id, seller_id=seller_id, category_id=category_id,
        hundredths=rate.hundredths, fixed_vnd=rate.fixed_vnd, from_on=from_on, until_on=until_on,
        made_at=now, made_by_id=actor_id, continues_id=continues_id,
    )  # fmt: skip
    session.add(row)
    _changed(session)
    note(
        session, action="commission_rule.made", subject_kind="organisation",
        subject_id=organisation_id, now=now, actor_id=actor_id, actor_name=actor_name,
        undoes_id=undoes_id, rule_id=row.id, rate=rate.text, from_on=from_on.isoformat(),
    )  # fmt: skip
    return row


def end_commission_rule(
    session: Session,
    *,
    rule_id: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> None:
    """End a rule with yesterday: what is sold from now on is asked by the next that fits.

    What was sold today under it keeps its commission.

    Raises:
        NotYours, RuleOver
    """
    row = commission_rule(session, rule_id)
    if row.ended_at is not None or (row.until_on and row.until_on < vietnam_date(now)):
        raise RuleOver
    before = row.until_on
    row.until_on = vietnam_date(now) - timedelta(days=1)
    row.ended_at, row.ended_by_id = now, actor_id
    _changed(session)
    note(
        session, action="commission_rule.ended", subject_kind="organisation",
        subject_id=row.organisation_id, now=now, actor_id=actor_id, actor_name=actor_name,
        undoes_id=undoes_id, rule_id=rule_id, rate=Rate(row.hundredths, row.fixed_vnd).text,
        until_on=before.isoformat() if before else None,
    )  # fmt: skip


def make_rule_again(
    session: Session, *, rule_id: int, until_on: date | None, now: datetime, **by: Any
) -> CommissionRule:
    """Put a rule that was ended in force again, from today, as a new one that stands where it stood.

    Raises:
        NotYours, DayPassed: its last day is over by now.
    """
    row = commission_rule(session, rule_id)
    return add_commission_rule(
        session, organisation_id=row.organisation_id, rate=Rate(row.hundredths, row.fixed_vnd),
        from_on=max(row.from_on, vietnam_date(now)), until_on=until_on, seller_id=row.seller_id,
        category_id=row.category_id, continues_id=row.continues_id or row.id, now=now, **by,
    )  # fmt: skip


def add_tax_rule(
    session: Session,
    *,
    category: str,
    vat: int,
    pit: int,
    from_on: date,
    until_on: date | None = None,
    legal_ref: str,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
    continues_id: int | None = None,
) -> TaxRule:
    """Write down what the law has withheld from a kind of goods, with where it is written.

    Args:
        continues_id: the rate that it is again, and as old as.

    Raises:
        RateOutOfRange, DayPassed
    """
    if category not in TAX_CATEGORIES or not (0 <= vat <= MOST_TAX and 0 <= pit <= MOST_TAX):
        raise RateOutOfRange(most=MOST_TAX)
    _check_days(from_on, until_on, now)
    row = TaxRule(
        category=category, vat=vat, pit=pit, from_on=from_on, until_on=until_on,
        legal_ref=legal_ref, made_at=now, made_by_id=actor_id, continues_id=continues_id,
    )  # fmt: skip
    session.add(row)
    _changed(session)
    note(
        session, action="tax_rule.made", subject_kind="tax_rule", subject_id=row.id, now=now,
        actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id, category=category,
        vat=Rate(vat).text, pit=Rate(pit).text, legal_ref=legal_ref,
    )  # fmt: skip
    return row


def end_tax_rule(
    session: Session,
    *,
    rule_id: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> None:
    """End a rate with yesterday; what was sold under it keeps what was withheld.

    Raises:
        NotYours, RuleOver
    """
    row = session.get(TaxRule, rule_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotYours(what="tax_rule", id=rule_id)
    if row.ended_at is not None or (row.until_on and row.until_on < vietnam_date(now)):
        raise RuleOver
    before = row.until_on
    row.until_on = vietnam_date(now) - timedelta(days=1)
    row.ended_at, row.ended_by_id = now, actor_id
    _changed(session)
    note(
        session, action="tax_rule.ended", subject_kind="tax_rule", subject_id=rule_id, now=now,
        actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id, category=row.category,
        until_on=before.isoformat() if before else None,
    )  # fmt: skip


def make_tax_rule_again(
    session: Session, *, rule_id: int, until_on: date | None, now: datetime, **by: Any
) -> TaxRule:
    """Put a rate that was ended in force again, from today, as a new one that stands where it stood.

    Raises:
        NotYours, DayPassed: its last day is over by now.
    """
    row = session.get(TaxRule, rule_id)
    if row is None:
        raise NotYours(what="tax_rule", id=rule_id)
    return add_tax_rule(
        session, category=row.category, vat=row.vat, pit=row.pit,
        from_on=max(row.from_on, vietnam_date(now)), until_on=until_on,
        legal_ref=row.legal_ref, continues_id=row.continues_id or row.id, now=now, **by,
    )  # fmt: skip


def withhold_tax(
    session: Session,
    *,
    organisation_id: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> bool:
    """Let an organisation withhold tax from what it collects for sellers; False when it does.

    Raises:
        NoTaxRules: no rate is known for today.
    """
    today = vietnam_date(now)
    known = session.scalars(
        select(TaxRule.id).where(
            TaxRule.from_on <= today, (TaxRule.until_on.is_(None)) | (TaxRule.until_on >= today)
        )
    ).first()
    if known is None:
        raise NoTaxRules
    made = session.scalar(
        upsert_into(session, Withholding)
        .values(organisation_id=organisation_id, started_at=now, started_by_id=actor_id)
        .on_conflict_do_nothing()
        .returning(Withholding.id)
    )
    if made is None:
        return False
    _changed(session)
    note(
        session, action="tax.turned_on", subject_kind="organisation", subject_id=organisation_id,
        now=now, actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id,
    )  # fmt: skip
    return True


def stop_withholding(
    session: Session,
    *,
    organisation_id: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> bool:
    """Let an organisation withhold nothing of what is sold from now on; False when it did not."""
    row = session.scalars(
        select(Withholding)
        .where(Withholding.organisation_id == organisation_id, Withholding.ended_at.is_(None))
        .with_for_update()
    ).one_or_none()
    if row is None:
        return False
    row.ended_at, row.ended_by_id = now, actor_id
    _changed(session)
    note(
        session, action="tax.turned_off", subject_kind="organisation", subject_id=organisation_id,
        now=now, actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id,
    )  # fmt: skip
    return True


def _check_days(from_on: date, until_on: date | None, now: datetime) -> None:
    if from_on < vietnam_date(now) or (until_on is not None and until_on < from_on):
        raise DayPassed


def _changed(session: Session) -> None:
    """Give the rules a new name, so that every process reads them anew."""
    session.flush()
    name = secrets.token_urlsafe(12)
    session.execute(
        upsert_into(session, ShareEdition)
        .values(id=1, name=name)
        .on_conflict_do_update(index_elements=["id"], set_={"name": name})
    )
    touch(session, "catalogue")
