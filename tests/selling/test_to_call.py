"""The officer on duty sees what nobody opened in time, of her branch alone."""

from datetime import timedelta

from sqlalchemy import update

from shop.db import transaction
from shop.kernel.clock import now_utc
from shop.ordering.models import SellerOrder


def placed_before(order, minutes):
    at = now_utc() - timedelta(minutes=minutes)
    with transaction() as session:
        session.execute(update(SellerOrder).where(SellerOrder.id == order).values(placed_at=at))


def test_an_officer_calls_the_stalls_of_her_branch_where_nobody_looked(
    a_stall,
    in_state,
    an_organisation,
    an_officer,
    operator,
):
    mine, theirs = an_organisation("Hội của chị"), an_organisation("Hội khác")
    hers = a_stall(organisation_id=mine, name="Bột trong", phone="+84905000118")
    other = a_stall(organisation_id=theirs, name="Bột ngoài", phone="+84905000119")
    officer = an_officer(mine, "officer")
    order, fresh = in_state("placed", seller_id=hers.id), in_state("placed", seller_id=hers.id)
    placed_before(order, 61)
    placed_before(fresh, 59)
    placed_before(in_state("placed", seller_id=other.id), 300)
    home = officer.get("/dieu-hanh").text
    assert "Đơn chưa ai mở, cần gọi" in home
    assert 'href="tel:+84905000118"' in home
    assert "1 đơn chưa ai mở" in home
    assert "Bột ngoài" not in home
    assert "Bột ngoài" in operator.get("/dieu-hanh").text
    hers.page(f"/ban-hang/don/{order}")
    assert "cần gọi" not in officer.get("/dieu-hanh").text
