"""Whatever is done to stock, its lots never say more than it has."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shop.db import transaction
from shop.kernel.errors import Refusal
from shop.selling.actions.lots import add_or_take
from shop.stock import actions, lot_actions
from shop.stock.queries import last_counted
from shop.stock.rules import Units
from tests.conftest import NOON
from tests.lots.test_lots import BY, a_lot, broken


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.integers(0, 7), st.integers(1, 4), st.integers(0, 1)), max_size=14))
def test_whatever_happens_lots_never_say_more_than_stock(app, a_seller, a_variant, steps):
    stall_id = a_seller()
    jar = a_variant(seller_id=stall_id, on_hand=6)
    lots = [a_lot(stall_id, jar, "A", 2, 5), a_lot(stall_id, jar, "B", 2)]
    waiting, out = [], []
    for order, (what, n, which) in enumerate(steps, start=1):
        units, lot = [Units(jar, n, order)], lots[which]
        line = type("Line", (), {"id": order, "variant_id": jar, "quantity": n, "returned": 0})
        try:
            with transaction() as session:
                last = last_counted(session, jar)
                if what == 0:
                    add_or_take(session, seller_id=stall_id, variant_id=jar, change=n,
                                lot_id=lot * which, reason="", after=last.id if last else 0, **BY)  # fmt: skip
                elif what == 1:
                    add_or_take(session, seller_id=stall_id, variant_id=jar, change=-n,
                                lot_id=lot * which, reason="", after=last.id if last else 0, **BY)  # fmt: skip
                elif what == 2:
                    actions.count_stock(session, variant_id=jar, on_hand=n, now=NOON)
                elif what == 3:
                    actions.reserve(session, units, now=NOON)
                    lot_actions.fill_lines(session, [line], seller_order_id=order, **BY)
                    waiting.append((order, n))
                elif what == 4 and waiting:
                    gone = waiting.pop()
                    actions.take_out(session, [Units(jar, gone[1], gone[0])], now=NOON)
                    out.append(gone)
                elif what == 5 and waiting:
                    gone = waiting.pop()
                    actions.release(session, [Units(jar, gone[1], gone[0])], now=NOON)
                elif what == 6 and out:
                    back = out.pop()
                    actions.take_back(session, [Units(jar, back[1], back[0])], now=NOON)
                    lot_actions.give_back(session, [(*back, True)], seller_order_id=back[0], **BY)
                elif what == 7:
                    lot_actions.put_in(session, lot_id=lot, quantity=n, **BY)
        except Refusal:
            waiting = [one for one in waiting if one[0] != order]
        assert broken() == [], (what, n, which)
