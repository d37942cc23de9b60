"""Checkout: one page, one attempt, at most one order."""


def test_a_guest_orders_for_cash(app, checkout, a_variant, orders):
    page = checkout({a_variant(price_vnd=95_000): 2})
    answer = page.order()
    assert answer.status_code == 303, answer.text
    order = orders()[0]
    assert answer.location.startswith(f"/don/{order.code}")
    shown = page.browser.get(answer.location)
    assert shown.status_code == 200
    assert "15 kiệt 42" in shown.text
