"""A carrier's lines beside their parcels: counted where they agree, answered where they do not."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import count
from threading import Barrier, BrokenBarrierError, local
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from shop.audit.models import AuditEntry
from shop.banking.queries.owners import Sight
from shop.db import db, in_transaction, transaction
from shop.kernel.errors import Refusal
from shop.ledger.models import LedgerAccount, LedgerTransaction
from shop.operations.proofs import broken as found_broken
from shop.ordering import actions as ordering
from shop.ordering.models import Order, SellerOrder, SellerOrderMove
from shop.payments import actions as payments
from shop.payments import refunds
from shop.payments.methods import METHODS, By
from shop.payments.methods.cod import expect_cash_again
from shop.payments.models import CashMove, CodCollection, Payment, Refund
from shop.payments.noted import note_transferred_cash
from shop.payments.queries import last_cash_move, last_money_event
from shop.payments.rules.cash import (
    CarrierPaid,
    CashState,
    IllegalCashMove,
    NothingTooMuch,
    NotTheLastStep,
    PaidElsewhere,
    ReturnFeeStands,
    WrittenOffFor,
)
from shop.payments.told import CASH, TRANSFER, Subject
from shop.payments.wrong_steps import take_step_back
from shop.remittances.actions import answers
from shop.remittances.actions.answers import answer_line, count_agreeing, take_back_answer
from shop.remittances.actions.bearers import set_bearer
from shop.remittances.actions.files import forget_previews, name_columns, seek_again, store_file
from shop.remittances.models import CarrierLayout, Remittance, RemittanceLine
from shop.remittances.queries.files import (
    _lines,
    layout_of,
    line_counts,
    line_rows,
    lines_standing,
    preview_of,
)
from shop.remittances.queries.parcels import at_carriers, cash_known
from shop.remittances.rules.bearers import BearerInThePast
from shop.remittances.rules.comparing import Answer, Verdict, WrongAnswer, verdict
from shop.sellers.models import Payee
from shop.selling.actions.orders import move_order
from tests.conftest import NOON
from tests.engines import both_engines
from tests.payments.conftest import standing
from tests.remittances import sheets
from tests.remittances.conftest import NAME, WHO, cash, keep, lines_in, owner, store, stored

BY = By("seller")


def hers(parcel) -> Sight:
    return Sight(seller_id=parcel.seller_id)


def count_all(sight: Sight, file_id: int) -> int:
    return in_transaction(
        lambda session: count_agreeing(
            session, sight=sight, file_id=file_id, by=BY, actor_name="Thử", now=NOON
        )
    )


def say(sight: Sight, line_id: int, answer: Answer) -> bool:
    return in_transaction(
        lambda session: answer_line(
            session, sight=sight, line_id=line_id, answer=answer, by=BY, actor_name="Thử", now=NOON
        )
    )


def undo(sight: Sight, line_id: int) -> bool:
    return in_transaction(
        lambda session: take_back_answer(
            session, sight=sight, line_id=line_id, by=BY, actor_name="Thử", now=NOON
        )
    )


def how(sight: Sight, file_id: int) -> dict[str, int]:
    db.session.rollback()
    found = line_counts(db.session(), sight, NOON, file_id)
    db.session.rollback()
    return {str(one): number for one, number in found.items()}


@both_engines
def test_lines_that_agree_are_counted_in_one_tap_and_once(a_parcel):
    one = a_parcel()
    two = a_parcel(seller_id=one.seller_id)
    file_id = stored(owner(one.seller_id), sheets.chim_cat([
        (one.tracking, 110_000, 5_500, 104_500), (two.tracking, 110_000, 0, 110_000),
    ]))  # fmt: skip
    assert how(hers(one), file_id) == {"matches": 2}
    assert count_all(hers(one), file_id) == 2
    assert count_all(hers(one), file_id) == 0
    assert how(hers(one), file_id) == {"done": 2}
    assert (cash(one.id).state, cash(one.id).received_vnd, cash(one.id).fee_vnd) == ("remitted", 104_500, 5_500)  # fmt: skip
    assert standing(f"cash:{one.id}")["carrier_fees"] == 5_500
    assert standing(f"cash:{two.id}") == {"seller_cash": 110_000, "sales": -95_000, "delivery": -15_000}  # fmt: skip
    assert [row.parcels for row in at_carriers(db.session(), hers(one), NOON)] == []
    assert found_broken(db.session()) == {}


@both_engines
def test_a_short_line_keeps_the_rest_with_the_carrier_until_a_later_file_brings_it(a_parcel):
    parcel = a_parcel()
    sight, whose = hers(parcel), owner(parcel.seller_id)
    first = stored(whose, sheets.chim_cat([(parcel.tracking, 110_000, 5_500, 80_000)], "P1"))
    assert how(sight, first) == {"less": 1}
    assert say(sight, lines_in(first)[0].id, Answer.COUNT) is True
    assert standing(f"cash:{parcel.id}")["carrier_cod"] == 24_500
    [held] = at_carriers(db.session(), sight, NOON)
    assert (held.carrier, held.parcels, held.vnd, held.late) == (NAME, 1, 24_500, 0)
    later = stored(whose, sheets.chim_cat([(parcel.tracking, 110_000, 0, 24_500)], "P2"))
    assert how(sight, later) == {"matches": 1}
    assert count_all(sight, later) == 1
    assert "carrier_cod" not in standing(f"cash:{parcel.id}")
    assert found_broken(db.session()) == {}


@both_engines
@pytest.mark.parametrize(
    ("answer", "kind", "vnd"),
    [(Answer.FEE, "carrier_fees", 30_000), (Answer.GIVE_UP, "written_off", 24_500)],
)
def test_what_is_missing_was_the_fee_or_is_given_up_and_both_are_taken_back(
    a_parcel, answer, kind, vnd
):
    parcel = a_parcel()
    file_id = stored(
        owner(parcel.seller_id), sheets.chim_cat([(parcel.tracking, 110_000, 5_500, 80_000)])
    )
    [line] = lines_in(file_id)
    assert say(hers(parcel), line.id, answer) is True
    assert say(hers(parcel), line.id, answer) is False
    assert standing(f"cash:{parcel.id}")[kind] == vnd
    assert undo(hers(parcel), line.id) is True
    assert undo(hers(parcel), line.id) is False
    assert how(hers(parcel), file_id) == {"less": 1}
    assert standing(f"cash:{parcel.id}")["carrier_cod"] == 110_000
    assert found_broken(db.session()) == {}


def test_too_much_is_counted_and_nobody_has_explained_it(a_parcel):
    parcel = a_parcel()
    file_id = stored(
        owner(parcel.seller_id), sheets.chim_cat([(parcel.tracking, 115_000, 0, 115_000)])
    )
    assert how(hers(parcel), file_id) == {"more": 1}
    assert count_all(hers(parcel), file_id) == 0
    assert say(hers(parcel), lines_in(file_id)[0].id, Answer.COUNT) is True
    assert standing(f"cash:{parcel.id}")["suspense"] == -5_000


@both_engines
def test_a_parcel_that_is_paid_before_it_was_noted_as_delivered(a_parcel):
    parcel = a_parcel("handed_over")
    file_id = stored(
        owner(parcel.seller_id), sheets.chim_cat([(parcel.tracking, 110_000, 5_500, 104_500)])
    )
    sight = hers(parcel)
    assert how(sight, file_id) == {"not_delivered": 1}
    [line] = lines_in(file_id)
    with pytest.raises(WrongAnswer):
        say(sight, line.id, Answer.COUNT)
    assert say(sight, line.id, Answer.DELIVERED) is True
    assert (cash(parcel.id).state, cash(parcel.id).carrier) == ("remitted", NAME)
    assert standing(f"cash:{parcel.id}")["sales"] == -95_000
    assert found_broken(db.session()) == {}


@both_engines
def test_the_way_back_of_a_refused_parcel_is_noted_and_taken_back(a_parcel):
    parcel = a_parcel("refused")
    file_id = stored(
        owner(parcel.seller_id), sheets.chim_cat([(parcel.tracking, 0, 12_000, -12_000)])
    )
    sight = hers(parcel)
    assert how(sight, file_id) == {"way_back": 1}
    [line] = lines_in(file_id)
    assert say(sight, line.id, Answer.WAY_BACK) is True
    assert standing(f"cash:{parcel.id}") == {"carrier_fees": 12_000, "seller_cash": -12_000}
    assert how(sight, file_id) == {"done": 1}
    assert undo(sight, line.id) is True
    assert standing(f"cash:{parcel.id}") == {}


@both_engines
def test_an_organisation_that_bears_the_way_back_owes_it_to_the_seller(a_parcel, a_seller, union):
    seller = a_seller(organisation_id=union)
    with pytest.raises(BearerInThePast), transaction() as session:
        set_bearer(session, seller_id=seller, organisation_id=union, valid_from=NOON.date().replace(year=2020), **WHO)  # fmt: skip
    for _ in range(2):
        with transaction() as session:
            set_bearer(session, seller_id=seller, organisation_id=union, valid_from=NOON.date(), **WHO)  # fmt: skip
    parcel = a_parcel("refused", seller_id=seller)
    content = sheets.chim_cat([(parcel.tracking, 0, 12_000, -12_000)])
    file_id = stored(owner(seller), content)
    [line] = lines_in(file_id)
    with transaction() as session:
        session.execute(update(RemittanceLine).values(on_day=NOON.date()))
    say(hers(parcel), line.id, Answer.WAY_BACK)
    assert standing(f"cash:{parcel.id}") == {
        "carrier_fees": 24_000, "seller_cash": -12_000, "seller_payable": -12_000,
    }  # fmt: skip
    assert found_broken(db.session()) == {}


@both_engines
def test_what_a_carrier_pays_to_an_organisation_the_organisation_owes_the_seller(
    a_parcel, a_seller, union
):  # fmt: skip
    seller = a_seller(organisation_id=union)
    parcel = a_parcel(seller_id=seller)
    with transaction() as session:
        account = session.scalars(select(Payee.id).where(Payee.organisation_id == union)).one()
    content = sheets.chim_cat([(parcel.tracking, 110_000, 5_500, 104_500)])
    file_id = stored(owner(unit_id=union), content, payee_id=account)
    sight = Sight(units=[union])
    assert count_all(sight, file_id) == 1
    stands_ = standing(f"cash:{parcel.id}")
    assert (stands_["bank"], stands_["seller_payable"]) == (104_500, -104_500)
    assert "seller_cash" not in stands_
    assert undo(sight, lines_in(file_id)[0].id) is True
    assert standing(f"cash:{parcel.id}")["carrier_cod"] == 110_000
    assert found_broken(db.session()) == {}


@both_engines
def test_another_sellers_parcel_does_not_exist(a_parcel):
    mine, other = a_parcel(), a_parcel()
    file_id = stored(owner(mine.seller_id), sheets.chim_cat([
        (other.tracking, 110_000, 0, 110_000), (mine.tracking, 110_000, 0, 110_000),
    ]))  # fmt: skip
    assert how(hers(mine), file_id) == {"not_found": 1, "matches": 1}
    assert how(hers(other), file_id) == {}
    assert count_all(hers(mine), file_id) == 1
    assert cash(other.id).state == "with_carrier"


def test_a_parcel_is_found_by_the_orders_code_and_one_that_is_found_later(a_parcel):
    parcel = a_parcel()
    file_id = stored(
        owner(parcel.seller_id), sheets.dom_dom([(parcel.order.lower(), 110_000, 0, 110_000)])
    )
    assert how(hers(parcel), file_id) == {"matches": 1}
    with transaction() as session:
        session.execute(update(RemittanceLine).values(seller_order_id=None))
    assert how(hers(parcel), file_id) == {"not_found": 1}
    with transaction() as session:
        assert seek_again(session, file_id=file_id, **WHO) == 1
    assert how(hers(parcel), file_id) == {"matches": 1}


@both_engines
def test_a_file_is_kept_once_and_a_line_once_in_all_files(a_parcel):
    parcel = a_parcel()
    whose = owner(parcel.seller_id)
    content = sheets.chim_cat([(parcel.tracking, 110_000, 0, 110_000)])
    first = keep(whose, content)
    assert keep(whose, content) == first
    assert store(first) == 1
    assert store(first) is None
    assert keep(whose, content) == first
    again = sheets.chim_cat([(parcel.tracking, 110_000, 0, 110_000), ("CC9999VN", 1_000, 0, 1_000)])
    second = keep(whose, again)
    assert second != first
    assert store(second) == 1
    assert db.session.get_one(Remittance, second).copy_count == 1


@both_engines
def test_a_strange_table_is_named_once_and_known_from_then_on(a_parcel):
    one = a_parcel()
    two = a_parcel(seller_id=one.seller_id)
    whose = owner(one.seller_id)
    first = keep(whose, sheets.la([(one.tracking, 110_000, 5_500, 104_500)]), carrier="Lạ")
    assert db.session.get_one(Remittance, first).layout is None
    said = {0: "tracking", 1: "cod", 2: "fee", 3: "paid"}
    with transaction() as session:
        assert name_columns(session, file_id=first, at=1, said=said, **WHO)
    assert store(first) == 1
    assert how(hers(one), first) == {"matches": 1}
    second = stored(whose, sheets.la([(two.tracking, 110_000, 0, 110_000)]), carrier="Lạ")
    assert how(hers(one), second) == {"matches": 1}
    # Another carrier's table is another one.
    third = keep(whose, sheets.la([(two.tracking, 1, 0, 110_000)]), carrier="Khác")
    assert db.session.get_one(Remittance, third).layout is None
    assert db.session.scalar(select(func.count()).select_from(CarrierLayout)) == 1


def test_what_was_counted_by_hand_is_counted_already_and_its_undo_goes_first(a_parcel):
    parcel = a_parcel()
    file_id = stored(
        owner(parcel.seller_id), sheets.chim_cat([(parcel.tracking, 110_000, 0, 110_000)])
    )
    with transaction() as session:
        payments.move_cash(
            session, seller_order_id=parcel.id, to=CashState.REMITTED, counted_vnd=110_000, by=BY,
            now=NOON,
        )  # fmt: skip
    assert how(hers(parcel), file_id) == {"counted": 1}
    assert count_all(hers(parcel), file_id) == 0
    [line] = lines_in(file_id)
    assert say(hers(parcel), line.id, Answer.ASIDE) is True
    assert how(hers(parcel), file_id) == {"aside": 1}
    assert undo(hers(parcel), line.id) is True


def test_only_the_last_step_of_a_parcels_cash_is_taken_back(a_parcel):
    parcel = a_parcel()
    file_id = stored(
        owner(parcel.seller_id), sheets.chim_cat([(parcel.tracking, 110_000, 0, 110_000)])
    )
    count_all(hers(parcel), file_id)
    with transaction() as session:
        refunds.give_back(
            session, of=Subject(CASH, parcel.id), amount_vnd=5_000, after=10**6, by=BY, now=NOON
        )
    with pytest.raises(NotTheLastStep):
        undo(hers(parcel), lines_in(file_id)[0].id)
    assert how(hers(parcel), file_id) == {"done": 1}


@both_engines
@pytest.mark.parametrize("way", ["file", "line", "both"])
def test_two_people_who_count_at_once_count_once(app, a_parcel, way):
    parcel = a_parcel()
    whose, sight = owner(parcel.seller_id), hers(parcel)
    file_id = stored(whose, sheets.chim_cat([(parcel.tracking, 110_000, 5_500, 104_500)], "P1"))
    other = stored(whose, sheets.chim_cat([(parcel.tracking, 110_000, 5_500, 104_500)], "P2"))
    line, twin = lines_in(file_id)[0].id, lines_in(other)[0].id
    works = {
        "file": [lambda: count_all(sight, file_id)] * 2,
        "line": [lambda: say(sight, line, Answer.FEE), lambda: say(sight, line, Answer.COUNT)],
        "both": [lambda: say(sight, line, Answer.COUNT), lambda: say(sight, twin, Answer.COUNT)],
    }[way]
    together = Barrier(2)

    def work(one) -> int:
        with app.app_context():
            together.wait()
            try:
                return int(one())
            except WrongAnswer:  # Came a moment later and saw what the other did.
                return 0

    with ThreadPoolExecutor(2) as people:
        done = list(people.map(work, works))
    assert sum(done) == 1
    assert cash(parcel.id).received_vnd == 104_500
    counted = select(func.count()).where(
        CashMove.seller_order_id == parcel.id, CashMove.to_state == "remitted"
    )
    assert db.session.scalar(counted) == 1
    assert found_broken(db.session()) == {}


@both_engines
def test_the_database_and_the_rule_agree_on_how_a_line_stands(a_parcel):
    """``stands`` is ``verdict`` as SQL, for every state that cash can be in."""
    cases = [
        (9, 0, 0),
        (10, 0, 0),
        (8, 2, 0),
        (8, 1, 0),
        (12, 0, 0),
        (0, 0, 5),
        (0, 10, 0),
        (4, 0, 0),
        (5, 2, 3),
        (7, 1, 3),
        (3, 0, 1),
    ]
    # Each on a line of its own about a parcel of its own: all of them are asked at once.
    first = a_parcel()
    others = [a_parcel(seller_id=first.seller_id) for _ in cases[1:]]
    sight, whose = hers(first), owner(first.seller_id)
    content = sheets.chim_cat([(one.tracking, 110_000, 0, 110_000) for one in (first, *others)])
    file_id = stored(whose, content)
    said = dict(zip([line.seller_order_id for line in lines_in(file_id)], cases, strict=True))
    with transaction() as session:
        for part, (received, fee, way_back) in said.items():
            session.execute(
                update(RemittanceLine).where(RemittanceLine.seller_order_id == part).values(
                    received_vnd=received, fee_vnd=fee, return_fee_vnd=way_back
                )
            )  # fmt: skip
    standing_lines = line_rows(_lines(sight, file_id, NOON))
    for state in CashState:
        for by, taken, counted, noted in (
            ("carrier", 10, 0, 0), ("carrier", 10, 6, 0), ("carrier", 10, 10, 0),
            ("seller", 10, 10, 0), ("", 0, 0, 0), ("", 0, 0, 7),
        ):  # fmt: skip
            session = db.session()
            session.execute(
                update(CodCollection).where(CodCollection.seller_order_id.in_(said)).values(
                    state=state, taken_by=by, taken_vnd=taken, received_vnd=counted,
                    return_fee_vnd=noted,
                )
            )  # fmt: skip
            counts = line_counts(session, sight, NOON, file_id)
            stand = {row.seller_order_id: row.how for row in session.execute(standing_lines)}
            known = cash_known(session, said, whose)
            session.rollback()
            assert counts == Counter(stand.values())
            assert stand.keys() == said.keys()
            for part, sums in said.items():
                knows = replace(known[part], explained_vnd=0)  # There is no line before it.
                assert stand[part] == verdict(knows, *sums), (state, by, taken, counted, sums)


def by_hand(part: int, vnd: int) -> None:
    with transaction() as session:
        payments.move_cash(
            session, seller_order_id=part, to=CashState.REMITTED, counted_vnd=vnd, by=BY, now=NOON
        )


@both_engines
@pytest.mark.parametrize("teller", ["hand", "unit", "herself"])
@pytest.mark.parametrize("counted", [110_000, 80_000, 55_000])
def test_the_rule_and_the_database_agree_on_what_was_told_before(
    a_parcel, a_seller, union, teller, counted
):  # fmt: skip
    seller = a_seller(organisation_id=union)
    parcel = a_parcel(seller_id=seller)
    first = sheets.chim_cat([(parcel.tracking, 110_000, 0, counted)], "P1")
    if teller == "hand":
        by_hand(parcel.id, counted)
    else:
        unit = teller == "unit"
        told = stored(owner(unit_id=union) if unit else owner(seller), first)
        sight = Sight(units=[union]) if unit else hers(parcel)
        say(sight, lines_in(told)[0].id, Answer.COUNT)
    rows = [(0, 0), (25_000, 5_000), (30_000, 0), (54_000, 1_000), (55_000, 0), (60_000, 20_000),
            (80_000, 0), (104_500, 5_500), (110_000, 0)]  # fmt: skip
    content = sheets.chim_cat([(parcel.tracking, 110_000, fee, vnd) for vnd, fee in rows], "P2")
    file_id = keep(owner(seller), content)
    with transaction() as session:
        file = session.get_one(Remittance, file_id)
        preview = preview_of(session, file, layout_of(file))
    store(file_id)
    stand = {
        row.number: row.how for how in line_counts(db.session(), hers(parcel), NOON, file_id)
        for row in db.session.execute(lines_standing(hers(parcel), how, NOON, file_id))
    }  # fmt: skip
    assert len(stand) == len(rows)
    seen = False
    for line, said, _ in preview.lines:
        # The second of two that match is told otherwise before the first one is counted.
        if not (seen and stand[line.number] == Verdict.MATCHES):
            assert said == stand[line.number], (line, said)
        seen = seen or said == Verdict.MATCHES


@both_engines
@pytest.mark.parametrize("teller", ["hand", "unit"])
def test_a_short_parcel_that_is_told_again_is_not_counted_twice(
    a_parcel, a_seller, union, teller
):  # fmt: skip
    """She counted 80 of 110; a file tells the same 80, and the next one brings the rest."""
    seller = a_seller(organisation_id=union)
    parcel, desk = a_parcel(seller_id=seller), Sight(units=[union])
    if teller == "hand":
        by_hand(parcel.id, 80_000)
    else:
        told = sheets.con_thoi([(parcel.tracking, 110_000, 0, 80_000)])
        say(desk, lines_in(stored(owner(unit_id=union), told))[0].id, Answer.COUNT)
    sight, whose = hers(parcel), owner(seller)
    file_id = stored(whose, sheets.chim_cat([(parcel.tracking, 110_000, 0, 80_000)], "P1"))
    [line] = lines_in(file_id)
    assert how(sight, file_id) == {"again": 1}
    assert count_all(sight, file_id) == 0
    for answer in (Answer.COUNT, Answer.FEE, Answer.GIVE_UP):
        with pytest.raises(WrongAnswer):
            say(sight, line.id, answer)
    assert say(sight, line.id, Answer.ASIDE) is True
    assert cash(parcel.id).received_vnd == 80_000
    rest = stored(whose, sheets.chim_cat([(parcel.tracking, 110_000, 0, 30_000)], "P2"))
    assert how(sight, rest) == {"matches": 1}
    assert count_all(sight, rest) == 1
    assert (cash(parcel.id).received_vnd, at_carriers(db.session(), sight, NOON)) == (110_000, [])
    assert found_broken(db.session()) == {}


@both_engines
def test_a_sum_that_is_both_what_came_and_what_is_missing_is_asked_about(a_parcel):
    parcel = a_parcel()
    by_hand(parcel.id, 55_000)
    sight, whose = hers(parcel), owner(parcel.seller_id)
    file_id = stored(whose, sheets.chim_cat([(parcel.tracking, 110_000, 0, 55_000)], "P1"))
    assert how(sight, file_id) == {"again": 1}
    assert say(sight, lines_in(file_id)[0].id, Answer.KEEP) is True
    assert standing(f"cash:{parcel.id}")["seller_cash"] == 110_000
    assert "suspense" not in standing(f"cash:{parcel.id}")
    assert undo(sight, lines_in(file_id)[0].id) is True
    assert standing(f"cash:{parcel.id}")["carrier_cod"] == 55_000
    assert found_broken(db.session()) == {}


@both_engines
def test_a_carrier_that_pays_a_counted_parcel_twice_is_told_and_owed_back(a_parcel):
    parcel = a_parcel()
    sight, whose = hers(parcel), owner(parcel.seller_id)
    first = stored(whose, sheets.chim_cat([(parcel.tracking, 110_000, 0, 110_000)], "P1"))
    count_all(sight, first)
    again = stored(whose, sheets.chim_cat([(parcel.tracking, 110_000, 0, 110_000)], "P2"))
    assert how(sight, again) == {"again": 1}
    assert count_all(sight, again) == 0
    [line] = lines_in(again)
    assert say(sight, line.id, Answer.KEEP) is True
    assert say(sight, line.id, Answer.KEEP) is False
    assert standing(f"cash:{parcel.id}")["suspense"] == -110_000
    assert found_broken(db.session()) == {}
    assert undo(sight, line.id) is True
    assert "suspense" not in standing(f"cash:{parcel.id}")


@both_engines
def test_a_file_that_follows_what_she_counted_by_hand_asks_nothing_once(a_parcel):
    parcel = a_parcel()
    by_hand(parcel.id, 110_000)
    sight, whose = hers(parcel), owner(parcel.seller_id)
    first = stored(whose, sheets.chim_cat([(parcel.tracking, 110_000, 0, 110_000)], "P1"))
    second = stored(whose, sheets.chim_cat([(parcel.tracking, 110_000, 0, 110_000)], "P2"))
    assert (how(sight, first), how(sight, second)) == ({"counted": 1}, {"again": 1})


@both_engines
def test_the_rest_that_comes_on_the_same_day_is_a_line_of_its_own(a_parcel):
    parcel = a_parcel()
    sight, whose = hers(parcel), owner(parcel.seller_id)
    table = "ma van don;tien thu ho;thuc nhan;ngay\n{};110.000;{};24/11/2026\n"
    first = stored(whose, table.format(parcel.tracking, "80.000").encode())
    say(sight, lines_in(first)[0].id, Answer.COUNT)
    later = stored(whose, table.format(parcel.tracking, "30.000").encode())
    assert how(sight, later) == {"matches": 1}
    assert count_all(sight, later) == 1
    assert cash(parcel.id).received_vnd == 110_000


@both_engines
def test_one_line_that_is_refused_leaves_the_others_counted(
    a_parcel, a_seller, union, monkeypatch
):  # fmt: skip
    """The step of one parcel is refused, whatever the reason."""
    seller = a_seller(organisation_id=union)
    parcels = [a_parcel(seller_id=seller) for _ in range(4)]
    with transaction() as session:
        account = session.scalars(select(Payee.id).where(Payee.organisation_id == union)).one()
    rows = [(one.tracking, 110_000, 0, 110_000) for one in parcels]
    move_cash = payments.move_cash

    def refuses_one(session, *, seller_order_id, **what):
        if seller_order_id == parcels[1].id:
            raise PaidElsewhere
        return move_cash(session, seller_order_id=seller_order_id, **what)

    monkeypatch.setattr(payments, "move_cash", refuses_one)
    file_id = stored(owner(unit_id=union), sheets.chim_cat(rows), payee_id=account)
    desk = Sight(units=[union])
    assert how(desk, file_id) == {"matches": 4}
    assert count_all(desk, file_id) == 3
    with pytest.raises(PaidElsewhere):
        count_all(desk, file_id)
    assert how(desk, file_id) == {"matches": 1, "done": 3}
    assert cash(parcels[1].id).received_vnd == 0
    assert found_broken(db.session()) == {}


@pytest.fixture
def paid_twice(a_parcel, a_seller, union):
    """(parcel of a seller of the unit's, the unit's sight, its account)."""
    seller = a_seller(organisation_id=union)
    parcel = a_parcel(seller_id=seller)
    with transaction() as session:
        account = session.scalars(select(Payee.id).where(Payee.organisation_id == union)).one()
    return parcel, Sight(units=[union]), account


@both_engines
def test_a_parcel_that_is_paid_again_into_another_account_waits_for_a_person(paid_twice, union):
    """Counted into her hand; the unit's file tells it once more, into the unit's account."""
    parcel, desk, account = paid_twice
    first = stored(owner(parcel.seller_id), sheets.chim_cat([(parcel.tracking, 110_000, 0, 110_000)], "P1"))  # fmt: skip
    count_all(hers(parcel), first)
    again = stored(
        owner(unit_id=union), sheets.con_thoi([(parcel.tracking, 110_000, 0, 115_000)]),
        payee_id=account,
    )  # fmt: skip
    assert how(desk, again) == {"elsewhere": 1}
    assert count_all(desk, again) == 0
    [line] = lines_in(again)
    # It is the same money: nothing is counted, and the person may think again.
    assert say(desk, line.id, Answer.ASIDE) is True
    assert undo(desk, line.id) is True
    # It is there: it lies in that account, and nobody has explained it.
    assert say(desk, line.id, Answer.KEEP) is True
    assert how(desk, again) == {"owed_back": 1}
    stands_ = standing(f"cash:{parcel.id}")
    assert (stands_["bank"], stands_["seller_cash"], stands_["suspense"]) == (115_000, 110_000, -115_000)  # fmt: skip
    assert found_broken(db.session()) == {}
    db.session.rollback()
    # It goes back to the carrier from there.
    assert say(desk, line.id, Answer.SENT_BACK) is True
    assert say(desk, line.id, Answer.SENT_BACK) is False
    assert how(desk, again) == {"done": 1}
    stands_ = standing(f"cash:{parcel.id}")
    assert ("bank" in stands_, stands_["seller_cash"], "suspense" in stands_) == (False, 110_000, False)  # fmt: skip
    assert found_broken(db.session()) == {}
    db.session.rollback()
    # That tap was wrong.
    with pytest.raises(NotTheLastStep):
        undo(desk, line.id)
    with transaction() as session:
        last = session.scalar(select(func.max(CashMove.id)))
        payments.take_back_cash_step(
            session, seller_order_id=parcel.id, move_id=last, by=BY, now=NOON
        )
    assert how(desk, again) == {"owed_back": 1}
    assert standing(f"cash:{parcel.id}")["suspense"] == -115_000
    # The carrier takes it off what it pays next: what was counted stays.
    assert say(desk, line.id, Answer.ASIDE) is True
    assert how(desk, again) == {"done": 1}
    assert standing(f"cash:{parcel.id}")["suspense"] == -115_000
    assert found_broken(db.session()) == {}


@both_engines
def test_a_rest_that_comes_to_another_place_is_counted_there_as_a_person_says(paid_twice, union):
    parcel, desk, account = paid_twice
    by_hand(parcel.id, 80_000)
    file_id = stored(
        owner(unit_id=union), sheets.chim_cat([(parcel.tracking, 110_000, 0, 30_000)]),
        payee_id=account,
    )  # fmt: skip
    assert how(desk, file_id) == {"elsewhere": 1}
    assert count_all(desk, file_id) == 0
    assert say(desk, lines_in(file_id)[0].id, Answer.KEEP) is True
    assert how(desk, file_id) == {"done": 1}
    stands_ = standing(f"cash:{parcel.id}")
    assert (stands_["bank"], stands_["seller_cash"], stands_["seller_payable"]) == (30_000, 80_000, -30_000)  # fmt: skip
    assert "carrier_cod" not in stands_
    assert found_broken(db.session()) == {}


@both_engines
@pytest.mark.parametrize("reason", [WrittenOffFor.UNPAID, WrittenOffFor.GONE])
def test_a_carrier_that_pays_what_was_given_up_is_told_and_the_write_off_is_reversed(
    a_parcel, reason
):
    parcel = a_parcel()
    with transaction() as session:
        payments.write_cash_off(
            session, seller_order_id=parcel.id, reason=reason, by=BY, note="", now=NOON
        )
    assert standing(f"cash:{parcel.id}")["written_off"] == 110_000
    sight = hers(parcel)
    file_id = stored(
        owner(parcel.seller_id), sheets.chim_cat([(parcel.tracking, 110_000, 0, 100_000)])
    )
    assert how(sight, file_id) == {"given_up": 1}
    assert count_all(sight, file_id) == 0
    [line] = lines_in(file_id)
    assert say(sight, line.id, Answer.CAME) is True
    assert say(sight, line.id, Answer.CAME) is False
    assert how(sight, file_id) == {"done": 1}
    stands_ = standing(f"cash:{parcel.id}")
    assert (stands_["seller_cash"], stands_["carrier_cod"]) == (100_000, 10_000)
    assert "written_off" not in stands_
    db.session.rollback()
    kinds = db.session.scalars(
        select(LedgerTransaction.kind)
        .where(LedgerTransaction.subject == f"cash:{parcel.id}")
        .order_by(LedgerTransaction.id)
    ).all()
    assert list(kinds[-3:]) == ["cash_written_off", "cash_step_undone", "cash_remitted"]
    assert found_broken(db.session()) == {}
    db.session.rollback()
    assert undo(sight, line.id) is True
    assert standing(f"cash:{parcel.id}")["carrier_cod"] == 110_000


@pytest.fixture
def paid_for_nothing(a_parcel, a_seller, a_variant, an_order):
    """A parcel that came to nothing and a carrier's line that pays 60 for it: (parcel, file)."""

    def cancelled() -> SimpleNamespace:
        seller = a_seller()
        [part] = an_order({a_variant(seller_id=seller): (seller, "cod")}).parts
        with transaction() as session:
            moved = ordering.move_seller_order(
                session, seller_order_id=part, to="cancelled", actor_kind="seller", actor_id=None,
                now=NOON,
            )  # fmt: skip
            payments.open_payments(session, moved.order_id, NOON)
            code = session.get_one(Order, moved.order_id).code
        return SimpleNamespace(id=part, seller_id=seller, tracking=code)

    def make(state: str, payee_id: int | None = None):
        parcel = cancelled() if state == "cancelled" else a_parcel(state)
        content = sheets.chim_cat([(parcel.tracking, 60_000, 0, 60_000)])
        file_id = stored(owner(parcel.seller_id), content, payee_id=payee_id)
        assert how(hers(parcel), file_id) == {"given_up": 1}
        assert count_all(hers(parcel), file_id) == 0
        return parcel, file_id

    return make


@pytest.mark.parametrize("state", ["lost", "refused"])
@both_engines
def test_what_a_carrier_pays_for_goods_that_it_lost_is_the_sellers(paid_for_nothing, state):
    parcel, file_id = paid_for_nothing(state)
    sight, [line] = hers(parcel), lines_in(file_id)
    with pytest.raises(WrongAnswer):
        say(sight, line.id, Answer.CAME)
    assert say(sight, line.id, Answer.AMENDS) is True
    assert say(sight, line.id, Answer.AMENDS) is False
    assert how(sight, file_id) == {"done": 1}
    assert standing(f"cash:{parcel.id}") == {"seller_cash": 60_000, "amends": -60_000}
    stands_ = cash(parcel.id)
    assert (stands_.state, stands_.received_vnd) == ("written_off", 60_000)
    assert found_broken(db.session()) == {}
    db.session.rollback()
    with pytest.raises(CarrierPaid), transaction() as session:
        expect_cash_again(session, seller_order_id=parcel.id, by=BY, now=NOON)
    assert undo(sight, line.id) is True
    assert standing(f"cash:{parcel.id}") == {}
    assert how(sight, file_id) == {"given_up": 1}
    assert say(sight, line.id, Answer.AMENDS) is True
    db.session.rollback()
    acts = db.session.scalars(
        select(AuditEntry.action)
        .where(AuditEntry.subject_kind == "remittance_line")
        .order_by(AuditEntry.id)
    ).all()
    assert acts == [
        "remittance_line.amends", "remittance_line.taken_back", "remittance_line.amends",
    ]  # fmt: skip
    assert found_broken(db.session()) == {}


@both_engines
def test_what_a_carrier_pays_an_organisation_for_lost_goods_is_owed_to_the_seller(
    paid_for_nothing, union
):
    account = db.session.scalars(select(Payee.id).where(Payee.organisation_id == union)).one()
    db.session.rollback()
    parcel, file_id = paid_for_nothing("lost", account)
    assert say(hers(parcel), lines_in(file_id)[0].id, Answer.AMENDS) is True
    assert standing(f"cash:{parcel.id}") == {
        "bank": 60_000, "cash_with_collector": 60_000, "seller_payable": -60_000, "amends": -60_000,
    }  # fmt: skip
    assert found_broken(db.session()) == {}


@pytest.mark.parametrize("state", ["cancelled", "lost"])
@both_engines
def test_what_nobody_can_explain_of_a_parcel_that_came_to_nothing_goes_back(
    paid_for_nothing, state
):
    parcel, file_id = paid_for_nothing(state)
    sight, [line] = hers(parcel), lines_in(file_id)
    if state == "cancelled":
        with pytest.raises(WrongAnswer):
            say(sight, line.id, Answer.AMENDS)
    assert say(sight, line.id, Answer.KEEP) is True
    assert how(sight, file_id) == {"owed_back": 1}
    assert standing(f"cash:{parcel.id}") == {"seller_cash": 60_000, "suspense": -60_000}
    assert found_broken(db.session()) == {}
    db.session.rollback()
    assert say(sight, line.id, Answer.SENT_BACK) is True
    assert how(sight, file_id) == {"done": 1}
    assert standing(f"cash:{parcel.id}") == {}
    assert cash(parcel.id).received_vnd == 0
    assert found_broken(db.session()) == {}


@both_engines
def test_what_a_carrier_paid_for_lost_goods_does_not_go_back_as_too_much(paid_for_nothing):
    parcel, file_id = paid_for_nothing("lost")
    say(hers(parcel), lines_in(file_id)[0].id, Answer.AMENDS)
    with pytest.raises(NothingTooMuch), transaction() as session:
        payments.send_back_to_carrier(
            session, seller_order_id=parcel.id, after=0, amount_vnd=1, by=BY, now=NOON
        )
    with pytest.raises(IllegalCashMove), transaction() as session:
        payments.move_cash(
            session, seller_order_id=parcel.id, to=CashState.WITH_CARRIER, by=BY, now=NOON
        )


@both_engines
def test_a_way_back_that_is_kept_of_collected_money_is_a_fee_of_it(a_parcel):
    parcel = a_parcel()
    sight = hers(parcel)
    row = (parcel.tracking, 110_000, 5_500, 12_000, 92_500)
    file_id = stored(owner(parcel.seller_id), sheets.cu_meo([row]))
    assert how(sight, file_id) == {"matches": 1}
    assert count_all(sight, file_id) == 1
    held = cash(parcel.id)
    assert (held.state, held.received_vnd, held.fee_vnd) == ("remitted", 92_500, 17_500)
    books = standing(f"cash:{parcel.id}")
    assert (books["carrier_fees"], books["seller_cash"]) == (17_500, 92_500)
    assert "carrier_cod" not in books
    assert found_broken(db.session()) == {}


@both_engines
@pytest.mark.parametrize("payer", ["her", "unit"])
def test_a_line_that_pays_for_lost_goods_less_the_way_back_counts_both_and_takes_both_back(
    a_parcel, a_seller, union, payer
):
    parcel = a_parcel("lost", seller_id=a_seller(organisation_id=union))
    sight = hers(parcel)
    account = None
    if payer == "unit":
        account = db.session.scalars(select(Payee.id).where(Payee.organisation_id == union)).one()
        db.session.rollback()
    row = (parcel.tracking, 0, 0, 12_000, 48_000)
    file_id = stored(owner(parcel.seller_id), sheets.cu_meo([row]), payee_id=account)
    assert how(sight, file_id) == {"given_up": 1}
    [line] = lines_in(file_id)
    assert say(sight, line.id, Answer.AMENDS) is True
    assert how(sight, file_id) == {"done": 1}
    books = standing(f"cash:{parcel.id}")
    where = "bank" if account else "seller_cash"
    assert (books[where], books["amends"], books["carrier_fees"]) == (48_000, -60_000, 12_000)
    held = cash(parcel.id)
    assert (held.received_vnd, held.return_fee_vnd) == (60_000, 12_000)
    assert found_broken(db.session()) == {}
    db.session.rollback()
    assert undo(sight, line.id) is True
    assert standing(f"cash:{parcel.id}") == {}
    held = cash(parcel.id)
    assert (held.received_vnd, held.return_fee_vnd) == (0, 0)
    assert how(sight, file_id) == {"given_up": 1}
    assert undo(sight, line.id) is False
    assert say(sight, line.id, Answer.AMENDS) is True
    assert standing(f"cash:{parcel.id}")["amends"] == -60_000
    assert found_broken(db.session()) == {}


@both_engines
@pytest.mark.parametrize(
    ("row", "noted", "answer", "books"),
    [
        # Collected and paid whole: the way back was asked for apart.
        ((60_000, 0, 12_000, 60_000), 0, Answer.AMENDS, (48_000, -60_000, 12_000, 0)),
        # Somebody noted the way back before; the line tells of the same.
        ((0, 0, 12_000, 48_000), 12_000, Answer.AMENDS, (48_000, -60_000, 12_000, 0)),
        # No money came, or nobody knows for what it came.
        ((0, 0, 12_000, 48_000), 0, Answer.WAY_BACK, (-12_000, 0, 12_000, 0)),
        ((0, 0, 12_000, 48_000), 0, Answer.KEEP, (48_000, 0, 12_000, -60_000)),
    ],
)  # fmt: skip
def test_money_and_way_back_of_one_line_as_a_person_says(a_parcel, row, noted, answer, books):
    parcel = a_parcel("refused")
    sight = hers(parcel)
    if noted:
        with transaction() as session:
            payments.charge_return_fee(
                session, seller_order_id=parcel.id, after=last_cash_move(session, parcel.id),
                fee_vnd=noted, carrier=NAME, by=BY, now=NOON,
            )  # fmt: skip
    file_id = stored(owner(parcel.seller_id), sheets.cu_meo([(parcel.tracking, *row)]))
    [line] = lines_in(file_id)
    if noted:
        with pytest.raises(WrongAnswer):
            say(sight, line.id, Answer.WAY_BACK)
    assert say(sight, line.id, answer) is True
    found = standing(f"cash:{parcel.id}")
    kinds = ("seller_cash", "amends", "carrier_fees", "suspense")
    assert tuple(found.get(kind, 0) for kind in kinds) == books
    if answer == Answer.KEEP:  # All that it paid for goes back; the way back was its due.
        assert how(sight, file_id) == {"owed_back": 1}
        assert say(sight, line.id, Answer.SENT_BACK) is True
        assert standing(f"cash:{parcel.id}") == {"seller_cash": -12_000, "carrier_fees": 12_000}
        assert how(sight, file_id) == {"done": 1}
    else:
        assert undo(sight, line.id) is True
        assert cash(parcel.id).return_fee_vnd == noted
    assert found_broken(db.session()) == {}


@pytest.fixture
def paid_ahead(a_parcel):
    """A parcel whose buyer transferred 110 before it was sent: (parcel, its payment)."""

    def make(to: str, **more):
        parcel = a_parcel("handed_over", method="transfer", **more)
        with transaction() as session:
            order_id = session.get_one(SellerOrder, parcel.id).order_id
            payment = session.scalars(select(Payment.id).where(Payment.order_id == order_id)).one()
            payments.confirm_received(
                session, payment_id=payment, amount_vnd=110_000, after=0, by=BY, now=NOON
            )
            if to != "handed_over":
                ordering.move_seller_order(
                    session, seller_order_id=parcel.id, to=to, actor_kind="seller", actor_id=None,
                    now=NOON,
                )  # fmt: skip
                payments.open_payments(session, order_id, NOON)
                refunds.ask_back(session, Subject(TRANSFER, payment), NOON)
        return parcel, payment

    return make


def money_of(payment: int) -> tuple[object, ...]:
    """Return all that is known of what a buyer paid, and in the books."""
    db.session.rollback()
    paid = db.session.execute(select(*Payment.__table__.c).where(Payment.id == payment)).one()
    back = db.session.execute(select(*Refund.__table__.c).where(Refund.payment_id == payment)).all()
    return paid, back, standing(f"payment:{payment}")


@both_engines
@pytest.mark.parametrize("payer", ["her", "unit"])
def test_what_a_carrier_pays_for_lost_goods_that_were_paid_ahead_is_the_sellers(
    paid_ahead, a_seller, union, payer
):
    parcel, payment = paid_ahead("lost", seller_id=a_seller(organisation_id=union))
    sight, account = hers(parcel), None
    if payer == "unit":
        account = db.session.scalars(select(Payee.id).where(Payee.organisation_id == union)).one()
    before = money_of(payment)
    row = (parcel.tracking, 0, 0, 12_000, 48_000)
    file_id = keep(owner(parcel.seller_id), sheets.cu_meo([row]), payee_id=account)
    with transaction() as session:
        file = session.get_one(Remittance, file_id)
        [(_, said, _)] = preview_of(session, file, layout_of(file)).lines
    assert said == Verdict.GIVEN_UP
    store(file_id)
    assert how(sight, file_id) == {"given_up": 1}
    assert count_all(sight, file_id) == 0
    [line] = lines_in(file_id)
    assert say(sight, line.id, Answer.AMENDS) is True
    assert say(sight, line.id, Answer.AMENDS) is False
    assert how(sight, file_id) == {"done": 1}
    books = standing(f"cash:{parcel.id}")
    where = "bank" if account else "seller_cash"
    assert (books[where], books["amends"], books["carrier_fees"]) == (48_000, -60_000, 12_000)
    assert money_of(payment) == before
    assert METHODS["cod"].status(db.session(), [parcel.id]) == {}  # No cash is asked of her.
    assert found_broken(db.session()) == {}
    db.session.rollback()
    lost = db.session.scalars(
        select(SellerOrderMove.id).where(
            SellerOrderMove.seller_order_id == parcel.id, SellerOrderMove.to_state == "lost"
        )
    ).one()
    back = {"seller_order_id": parcel.id, "move_id": lost, "by": BY, "now": NOON}
    with pytest.raises((CarrierPaid, ReturnFeeStands)), transaction() as session:
        take_step_back(session, **back)
    assert undo(sight, line.id) is True
    assert standing(f"cash:{parcel.id}") == {}
    assert how(sight, file_id) == {"given_up": 1}
    with transaction() as session:
        assert take_step_back(session, **back) is True
    assert cash(parcel.id).state == "written_off"
    assert how(sight, file_id) == {"no_cash": 1}
    with pytest.raises(WrongAnswer):
        say(sight, line.id, Answer.AMENDS)
    assert standing(f"payment:{payment}") == {"bank": 110_000, "prepaid": -110_000}
    assert found_broken(db.session()) == {}


@both_engines
@pytest.mark.parametrize(
    ("state", "row", "answer", "books"),
    [
        ("refused", (0, 0, 12_000, -12_000), Answer.WAY_BACK, {"seller_cash": -12_000, "carrier_fees": 12_000}),
        ("refused", (0, 0, 0, 60_000), Answer.AMENDS, {"seller_cash": 60_000, "amends": -60_000}),
        ("lost", (0, 0, 0, 60_000), Answer.KEEP, {}),
    ],
)  # fmt: skip
def test_parcels_that_were_paid_ahead_and_came_to_nothing_are_answered_like_others(
    paid_ahead, state, row, answer, books
):
    parcel, payment = paid_ahead(state)
    before = money_of(payment)
    sight = hers(parcel)
    file_id = stored(owner(parcel.seller_id), sheets.cu_meo([(parcel.tracking, *row)]))
    [line] = lines_in(file_id)
    assert say(sight, line.id, answer) is True
    if answer == Answer.KEEP:
        assert standing(f"cash:{parcel.id}") == {"seller_cash": 60_000, "suspense": -60_000}
        assert how(sight, file_id) == {"owed_back": 1}
        assert say(sight, line.id, Answer.SENT_BACK) is True
    assert standing(f"cash:{parcel.id}") == books
    assert money_of(payment) == before
    assert found_broken(db.session()) == {}


@both_engines
@pytest.mark.parametrize("state", ["handed_over", "delivered"])
def test_of_what_was_paid_ahead_nothing_is_counted_before_it_came_to_nothing(paid_ahead, state):
    parcel, _ = paid_ahead(state)
    sight = hers(parcel)
    rows = [(parcel.tracking, 0, 0, 0, 60_000)]
    file_id = stored(owner(parcel.seller_id), sheets.cu_meo(rows))
    assert how(sight, file_id) == {"no_cash": 1}
    with pytest.raises(WrongAnswer):
        say(sight, lines_in(file_id)[0].id, Answer.AMENDS)
    with pytest.raises(IllegalCashMove), transaction() as session:
        payments.count_unasked(
            session, seller_order_id=parcel.id, after=0, amount_vnd=1, for_goods=True, by=BY,
            now=NOON,
        )  # fmt: skip
    db.session.rollback()
    assert db.session.get(CodCollection, parcel.id) is None


@both_engines
def test_cash_that_somebody_took_is_not_counted_as_paid_for_nothing(a_parcel):
    parcel = a_parcel()
    with pytest.raises(IllegalCashMove), transaction() as session:
        payments.count_unasked(
            session, seller_order_id=parcel.id, after=0, amount_vnd=1, for_goods=True, by=BY,
            now=NOON,
        )  # fmt: skip
    assert cash(parcel.id).received_vnd == 0


def test_a_carrier_that_pays_for_what_nobody_took_is_told_and_counts_nothing_by_itself(a_parcel):
    parcel = a_parcel("refused")
    sight = hers(parcel)
    file_id = stored(
        owner(parcel.seller_id), sheets.chim_cat([(parcel.tracking, 110_000, 0, 110_000)])
    )
    assert how(sight, file_id) == {"given_up": 1}
    with pytest.raises(WrongAnswer):
        say(sight, lines_in(file_id)[0].id, Answer.CAME)
    assert say(sight, lines_in(file_id)[0].id, Answer.ASIDE) is True
    assert found_broken(db.session()) == {}


@both_engines
def test_of_two_lines_of_one_parcel_that_agree_one_is_counted(a_parcel):
    first = a_parcel()
    other = a_parcel(seller_id=first.seller_id)
    rows = "".join(
        f"{one.tracking};110.000;110.000;{batch}\n"
        for one, batch in ((first, "P1"), (first, "P2"), (other, "P2"))
    )
    content = f"ma van don;tien thu ho;thuc nhan;ma phien\n{rows}".encode()
    file_id = stored(owner(first.seller_id), content)
    assert how(hers(first), file_id) == {"matches": 3}
    assert count_all(hers(first), file_id) == 2
    assert how(hers(first), file_id) == {"done": 2, "again": 1}
    assert cash(first.id).received_vnd == 110_000
    assert found_broken(db.session()) == {}


@both_engines
def test_two_taps_on_a_short_line_count_once(app, a_parcel, monkeypatch):
    """Both saw the line wait; the second must not take the first one's rest for a payment."""
    parcel = a_parcel()
    sight = hers(parcel)
    content = sheets.chim_cat([(parcel.tracking, 110_000, 0, 50_000)])
    [line] = lines_in(stored(owner(parcel.seller_id), content))
    together, read, seen = Barrier(2, timeout=1), answers.line_in, local()

    def both_read(*args):
        found = read(*args)
        if not hasattr(seen, "once"):
            seen.once = True
            with suppress(BrokenBarrierError):  # One writer at a time: the other waits outside.
                together.wait()
        return found

    monkeypatch.setattr(answers, "line_in", both_read)

    def tap(answer) -> bool:
        with app.app_context():
            return say(sight, line.id, answer)

    with ThreadPoolExecutor(2) as people:
        done = list(people.map(tap, [Answer.COUNT] * 2))
    assert sorted(done) == [False, True]
    assert cash(parcel.id).received_vnd == 50_000
    assert standing(f"cash:{parcel.id}")["carrier_cod"] == 60_000
    assert found_broken(db.session()) == {}


@both_engines
def test_what_carriers_have_is_the_sum_of_their_open_parcels(a_parcel):
    """Carrier by carrier, in the books and among the parcels (QUALITY I7)."""
    first = a_parcel()
    for _ in range(2):
        a_parcel(seller_id=first.seller_id)
    file_id = stored(
        owner(first.seller_id), sheets.chim_cat([(first.tracking, 110_000, 0, 100_000)])
    )
    say(hers(first), lines_in(file_id)[0].id, Answer.COUNT)
    booked = db.session.scalar(
        select(func.sum(LedgerAccount.balance_vnd)).where(LedgerAccount.kind == "carrier_cod")
    )
    [held] = at_carriers(db.session(), hers(first), NOON)
    assert (held.parcels, held.vnd) == (3, 230_000)
    assert booked == 230_000
    with transaction() as session:  # The twin: a parcel that says other than the books.
        session.execute(
            update(CodCollection)
            .where(CodCollection.seller_order_id == first.id)
            .values(carrier="Viettel Post")
        )
    assert "I7 cash with carriers is what they took" in found_broken(db.session())
    with transaction() as session:
        session.execute(update(CodCollection).values(carrier=NAME))


def test_previews_that_nobody_stored_are_forgotten(a_parcel):
    parcel = a_parcel()
    keep(owner(parcel.seller_id), sheets.chim_cat([(parcel.tracking, 1_000, 0, 1_000)]))
    kept = stored(owner(parcel.seller_id), sheets.con_thoi([(parcel.tracking, 1_000, 0, 1_000)]))
    with transaction() as session:
        assert forget_previews(session, NOON + timedelta(hours=23)) == 0
        assert forget_previews(session, NOON + timedelta(hours=25)) == 1
    assert db.session.scalars(select(Remittance.id)).all() == [kept]


def test_when_storing_breaks_off_nothing_is_stored_half(a_parcel, monkeypatch):
    parcel = a_parcel()
    file_id = keep(owner(parcel.seller_id), sheets.chim_cat([(parcel.tracking, 1_000, 0, 1_000)]))

    def broken_off(*_args, **_more):
        raise RuntimeError

    monkeypatch.setattr("shop.remittances.actions.files.note", broken_off)
    with pytest.raises(RuntimeError), transaction() as session:
        store_file(session, file_id=file_id, **WHO)
    assert lines_in(file_id) == []
    assert db.session.get_one(Remittance, file_id).stored_at is None


def test_each_act_leaves_its_line_in_the_audit_trail(a_parcel):
    parcel = a_parcel()
    file_id = stored(
        owner(parcel.seller_id), sheets.chim_cat([(parcel.tracking, 110_000, 0, 110_000)])
    )
    count_all(hers(parcel), file_id)
    undo(hers(parcel), lines_in(file_id)[0].id)
    say(hers(parcel), lines_in(file_id)[0].id, Answer.COUNT)
    acts = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert [act for act in acts if act.startswith("remittance")] == [
        "remittance.read", "remittance.stored", "remittance.counted", "remittance_line.taken_back",
        "remittance_line.count",
    ]  # fmt: skip


SUMS = st.sampled_from([0, 1_000, 5_500, 30_000, 104_500, 110_000, 115_000])
#: (which parcel, COD, fee, paid, answer or None, whether it is taken back)
ROWS = st.tuples(
    st.integers(0, 5), SUMS, SUMS, st.one_of(SUMS, st.just(-12_000)),
    st.one_of(st.none(), st.sampled_from(sorted(Answer))), st.booleans(),
)  # fmt: skip
FILES = st.lists(st.tuples(st.lists(ROWS, min_size=1, max_size=4), st.booleans()), max_size=3)
_batches = count(1)


@settings(
    max_examples=40, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(files=FILES)
def test_whatever_files_say_and_people_answer_every_self_check_holds(files, shelf):
    """Random files about the same parcels, answered, taken back and counted in any order."""
    parcels, sight, whose = shelf
    for rows, at_once in files:
        lines = [(parcels[n].tracking, *sums) for n, *sums in (row[:4] for row in rows)]
        file_id = stored(whose, sheets.chim_cat(lines, f"P{next(_batches)}"))
        if at_once:
            count_all(sight, file_id)
        for line, (*_, answer, taken_back) in zip(lines_in(file_id), rows, strict=False):
            with suppress(Refusal):
                if answer is not None:
                    say(sight, line.id, answer)
            db.session.rollback()
            with suppress(Refusal):
                if taken_back:
                    undo(sight, line.id)
            db.session.rollback()
    assert found_broken(db.session()) == {}
    db.session.rollback()


@pytest.fixture
def shelf(a_parcel):
    first = a_parcel()
    states = ("delivered", "delivered", "handed_over", "refused", "refused")
    others = [a_parcel(state, seller_id=first.seller_id) for state in states]
    return [first, *others], hers(first), owner(first.seller_id)


@both_engines
@pytest.mark.parametrize("state", ["handed_over", "delivered", "lost"])
def test_a_carriers_line_of_cash_that_was_taken_by_mistake_and_transferred(
    a_parcel, an_account, state
):
    """Of a parcel that lies with its buyer or is under way it is hers, of a lost one the seller's."""
    parcel, who = a_parcel(), an_account()
    arrived = select(func.max(SellerOrderMove.id)).where(
        SellerOrderMove.seller_order_id == parcel.id
    )
    with transaction() as session:
        take_step_back(
            session, seller_order_id=parcel.id, move_id=session.scalars(arrived).one(), by=BY,
            now=NOON,
        )  # fmt: skip
    with transaction() as session:
        note_transferred_cash(
            session, seller_id=parcel.seller_id, seller_order_id=parcel.id, amount_vnd=110_000,
            by=BY, now=NOON,
        )  # fmt: skip
    assert (cash(parcel.id).state, cash(parcel.id).taken_vnd) == ("written_off", 0)
    assert at_carriers(db.session(), hers(parcel), NOON) == []
    db.session.rollback()
    if state != "handed_over":
        with transaction() as session:
            move_order(
                session, seller_id=parcel.seller_id, seller_order_id=parcel.id, to=state,
                actor_id=who, now=NOON,
            )  # fmt: skip
    sight = hers(parcel)
    file_id = stored(
        owner(parcel.seller_id), sheets.cu_meo([(parcel.tracking, 110_000, 0, 0, 110_000)])
    )
    assert count_all(sight, file_id) == 0
    [line] = lines_in(file_id)
    assert how(sight, file_id) == {"given_up" if state == "lost" else "no_cash": 1}
    assert say(sight, line.id, Answer.AMENDS if state == "lost" else Answer.TWICE) is True
    books = standing(f"cash:{parcel.id}")
    assert books == ({"seller_cash": 110_000, "amends": -110_000} if state == "lost" else {})
    assert found_broken(db.session()) == {}
    assert undo(sight, line.id) is True
    assert standing(f"cash:{parcel.id}") == {}
    assert found_broken(db.session()) == {}


@both_engines
@pytest.mark.parametrize("state", ["handed_over", "delivered"])
def test_what_was_collected_beside_a_transfer_goes_back_to_the_buyer(paid_ahead, state):
    parcel, payment = paid_ahead(state)
    before = money_of(payment)
    sight = hers(parcel)
    rows = [(parcel.tracking, 110_000, 0, 0, 110_000)]
    file_id = stored(owner(parcel.seller_id), sheets.cu_meo(rows))
    assert how(sight, file_id) == {"no_cash": 1}
    [line] = lines_in(file_id)
    for _ in range(2):  # Taken back, it may be said once more.
        assert say(sight, line.id, Answer.TWICE) is True
        with pytest.raises(WrongAnswer):
            say(sight, line.id, Answer.TWICE)
        open_ = db.session.scalars(select(Refund).where(Refund.payment_id == payment)).all()
        assert open_[-1].amount_vnd == 110_000
        db.session.rollback()
        books = standing(f"payment:{payment}")
        assert (books["bank"], books["suspense"]) == (220_000, -110_000)
        assert found_broken(db.session()) == {}
        assert undo(sight, line.id) is True
        paid, back, books = money_of(payment)
        assert (paid, books) == (before[0], before[2])
        assert {one.state for one in back} == {"taken_back"}
        assert how(sight, file_id) == {"no_cash": 1}
        assert found_broken(db.session()) == {}


def a_line(parcel, vnd: int = 110_000, fee: int = 0, **more) -> tuple[int, int]:
    """Store a file with what a carrier collected of a parcel; return it and its line."""
    row = (parcel.tracking, 110_000, fee, 0, vnd)
    file_id = stored(owner(parcel.seller_id), sheets.cu_meo([row]), **more)
    return file_id, lines_in(file_id)[0].id


def received_by_hand(payment: int, vnd: int = 110_000) -> None:
    with transaction() as session:
        payments.confirm_received(
            session, payment_id=payment, amount_vnd=vnd, by=BY, now=NOON,
            after=last_money_event(session, payment),
        )  # fmt: skip


def to_give_back(payment: int) -> list[int]:
    """Return the sums that wait to go back to the buyer."""
    db.session.rollback()
    found = select(Refund.amount_vnd).where(
        Refund.payment_id == payment, Refund.state != "taken_back"
    )
    return list(db.session.scalars(found.order_by(Refund.id)))


@both_engines
@pytest.mark.parametrize("first", ["by hand", "line"])
def test_what_a_carrier_collected_goes_back_to_the_buyer_once_wherever_it_is_told(
    paid_ahead, first
):
    parcel, payment = paid_ahead("delivered")
    sight = hers(parcel)
    if first == "by hand":
        received_by_hand(payment)
    else:
        assert say(sight, a_line(parcel)[1], Answer.TWICE) is True
    file_id, line = a_line(parcel, 104_500, 5_500)  # Another file tells of the same money.
    with pytest.raises(WrongAnswer):
        say(sight, line, Answer.TWICE)
    assert say(sight, line, Answer.ASIDE) is True
    assert how(sight, file_id) == {"aside": 1}
    assert sum(to_give_back(payment)) == 110_000
    assert money_of(payment)[0].received_vnd == 220_000
    assert found_broken(db.session()) == {}


@both_engines
def test_a_buyer_who_transferred_too_much_in_one_sum_is_not_taken_for_a_carrier(a_parcel):
    parcel = a_parcel("delivered", method="transfer")
    with transaction() as session:
        order_id = session.get_one(SellerOrder, parcel.id).order_id
        payment = session.scalars(select(Payment.id).where(Payment.order_id == order_id)).one()
    received_by_hand(payment, 120_000)
    assert say(hers(parcel), a_line(parcel)[1], Answer.TWICE) is True
    assert money_of(payment)[0].received_vnd == 230_000


@both_engines
def test_what_was_collected_of_goods_that_came_back_is_the_buyers_too(paid_ahead):
    parcel, payment = paid_ahead("delivered")
    with transaction() as session:
        ordering.move_seller_order(
            session, seller_order_id=parcel.id, to="returned", actor_kind="seller", actor_id=None,
            now=NOON,
        )  # fmt: skip
        payments.open_payments(session, session.get_one(SellerOrder, parcel.id).order_id, NOON)
        refunds.ask_back(session, Subject(TRANSFER, payment), NOON)
    sight = hers(parcel)
    file_id, line = a_line(parcel)
    assert how(sight, file_id) == {"given_up": 1}
    assert say(sight, line, Answer.TWICE) is True
    assert sum(to_give_back(payment)) == 220_000
    assert standing(f"cash:{parcel.id}") == {}, "None of it is the seller's."
    assert found_broken(db.session()) == {}
    assert undo(sight, line) is True
    assert how(sight, file_id) == {"given_up": 1}
    assert sum(to_give_back(payment)) == 110_000
    # What a carrier paid for the goods is not the buyer's as well.
    assert say(sight, line, Answer.AMENDS) is True
    with pytest.raises(WrongAnswer):
        say(sight, a_line(parcel, 109_000)[1], Answer.TWICE)
    assert found_broken(db.session()) == {}


@both_engines
def test_what_a_carrier_pays_for_goods_that_it_lost_is_not_the_buyers(paid_ahead):
    parcel, _payment = paid_ahead("lost")
    rows = [(parcel.tracking, 0, 0, 0, 110_000)]
    line = lines_in(stored(owner(parcel.seller_id), sheets.cu_meo(rows)))[0].id
    with pytest.raises(WrongAnswer):
        say(hers(parcel), line, Answer.TWICE)


@both_engines
@pytest.mark.parametrize("came", [0, 60_000])
def test_what_was_collected_instead_of_a_transfer_is_not_given_back(a_parcel, came):
    parcel = a_parcel("delivered", method="transfer")
    with transaction() as session:
        order_id = session.get_one(SellerOrder, parcel.id).order_id
        payment = session.scalars(select(Payment.id).where(Payment.order_id == order_id)).one()
    if came:
        received_by_hand(payment, came)
    file_id, line = a_line(parcel, 104_500, 5_500)
    with pytest.raises(WrongAnswer):
        say(hers(parcel), line, Answer.TWICE)
    assert how(hers(parcel), file_id) == {"no_cash": 1}
    assert money_of(payment)[0].received_vnd == came


@both_engines
def test_a_person_and_a_line_that_tell_of_the_same_money_at_once_count_it_once(app, paid_ahead):
    parcel, payment = paid_ahead("delivered")
    sight = hers(parcel)
    lines = [a_line(parcel, vnd)[1] for vnd in (110_000, 109_000)]
    after = last_money_event(db.session(), payment)
    db.session.rollback()
    together = Barrier(3)

    def by_hand() -> None:
        with transaction() as session:
            payments.confirm_received(
                session, payment_id=payment, amount_vnd=110_000, after=after, by=BY, now=NOON
            )

    def work(one) -> None:
        with app.app_context():
            together.wait()
            with suppress(Refusal):
                one()

    works = [by_hand, *(lambda line=line: say(sight, line, Answer.TWICE) for line in lines)]
    with ThreadPoolExecutor(3) as people:
        list(people.map(work, works))
    assert money_of(payment)[0].received_vnd in (219_000, 220_000)
    assert found_broken(db.session()) == {}


@both_engines
def test_a_line_whose_money_was_taken_back_at_the_order_waits_again(paid_ahead):
    parcel, payment = paid_ahead("delivered")
    sight = hers(parcel)
    file_id, line = a_line(parcel)
    assert say(sight, line, Answer.TWICE) is True
    with transaction() as session:
        payments.take_back_confirmation(
            session, payment_id=payment, event_id=last_money_event(session, payment), by=BY,
            now=NOON,
        )  # fmt: skip
    assert how(sight, file_id) == {"no_cash": 1}
    assert undo(sight, line) is False
    with transaction() as session:
        answer_line(
            session, sight=sight, line_id=line, answer=Answer.ASIDE, by=BY, actor_name="Thử",
            now=NOON + timedelta(minutes=1),
        )  # fmt: skip
    assert how(sight, file_id) == {"aside": 1}
    assert undo(sight, line) is True
    assert say(sight, line, Answer.TWICE) is True
    assert how(sight, file_id) == {"aside": 1}
    assert sum(to_give_back(payment)) == 110_000
    assert found_broken(db.session()) == {}
