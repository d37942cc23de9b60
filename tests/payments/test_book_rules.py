"""What stands in the books about a payment follows from what happened to it. No database."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.ledger.rules import KINDS, Account, check_account, legs_between
from shop.payments.rules.books import (
    CampaignFacts,
    CashFacts,
    CashStep,
    ForCampaign,
    GoodsBack,
    Money,
    Moved,
    Part,
    Stage,
    TransferFacts,
    VoucherFacts,
    after,
    balances,
    kind_of,
    shares,
    stage_of,
    told,
)
from tests.conftest import NOON

OWN = Part(1, 3, goods_vnd=95_000, delivery_vnd=15_000)
UNION = Part(1, 3, goods_vnd=95_000, delivery_vnd=15_000, collector="organisation:9")


#: 8 % for the organisation that collects and 1.5 % tax; 8 % for one that does not.
KEPT = replace(UNION, commission_vnd=7_600, creditor="organisation:9", tax_vnd=1_425)
OWES = replace(OWN, commission_vnd=7_600, creditor="organisation:9")
ELSEWHERE = replace(UNION, commission_vnd=7_600, creditor="organisation:4", tax_vnd=1_425)


#: 20,000 of the goods are promised to a campaign, 7,600 are an organisation's.
FOR_FUND = CampaignFacts(OWES, (ForCampaign(5, 95_000, 20_000, 7_600),))


CLEARING = Account("card_clearing", "organisation:9", "card")


def transfer(*parts: Part) -> TransferFacts:
    return TransferFacts(7, parts or (OWN,), owner="seller:3")


def cash(part: Part = OWN, asked_vnd: int = 110_000) -> CashFacts:
    return CashFacts(part, asked_vnd)


def came(amount: int, *, credit: bool = False) -> Money:
    return Money("", NOON, "received", amount, by_credit=credit)


def went(amount: int, *, credit: bool = False) -> Money:
    return Money("", NOON, "refunded", amount, by_credit=credit)


def moved(state: str, part: int = 1) -> Moved:
    return Moved("", NOON, part, state)


def back(goods: int, delivery: int = 0, part: int = 1, *kept: int, off: int = 0) -> GoodsBack:
    return GoodsBack("", NOON, part, goods, delivery, *kept, off_vnd=off)


def step(from_state: str, to_state: str, amount: int = 0, **more) -> CashStep:
    return CashStep("", NOON, from_state, to_state, amount, **more)


def rest(amount: int = 0, **more) -> CashStep:
    return step("remitted", "remitted", amount, about="rest", **more)


def way_back(fee: int, **more) -> CashStep:
    return step(
        "written_off", "written_off", about="way_back", fee_vnd=fee, carrier="Viettel Post", **more
    )


def unasked(amount: int, about: str = "rest", **more) -> CashStep:
    return step("written_off", "written_off", amount, about=about, **more)


TO_UNION = {"payee_id": 7, "collector": "organisation:9"}
TAKEN = step("promised", "with_carrier", carrier="Viettel Post")
BY_HER = step("promised", "with_seller")

#: {case: (beginning, [(what happens, {account kind: what it posts})])}. README tells the same.
CASES = {
    "paid before it arrives, to the seller": (transfer(), [
        (came(110_000), {"bank": 110_000, "prepaid": -110_000}),
        (moved("delivered"), {"prepaid": 110_000, "sales": -95_000, "delivery": -15_000}),
    ]),
    "given back out of the till that took it": (cash(), [
        (TAKEN, {"carrier_cod": 110_000, "prepaid": -110_000}),
        (moved("delivered"), {"prepaid": 110_000, "sales": -95_000, "delivery": -15_000}),
        (step("with_carrier", "remitted", 110_000, **TO_UNION), {"carrier_cod": -110_000, "cash_with_collector": 110_000, "bank": 110_000, "seller_payable": -110_000}),
        (back(40_000), {"sales": 40_000, "refunds_payable": -40_000}),
        (step("remitted", "remitted", -40_000, **TO_UNION), {"refunds_payable": 40_000, "cash_with_collector": -40_000, "bank": -40_000, "seller_payable": 40_000}),
        # A wrong tap.
        (step("remitted", "remitted", 40_000, **TO_UNION), {"refunds_payable": -40_000, "cash_with_collector": 40_000, "bank": 40_000, "seller_payable": -40_000}),
        (step("remitted", "remitted", -40_000), {"refunds_payable": 40_000, "seller_cash": -40_000}),
    ]),
    "paid before it arrives, to an organisation": (transfer(UNION), [
        (came(110_000), {"bank": 110_000, "prepaid": -110_000}),
        (moved("delivered"), {"prepaid": 110_000, "seller_payable": -95_000, "delivery_payable": -15_000}),
    ]),
    "an organisation's voucher": (VoucherFacts(OWN, "organisation:9", 20_000), [
        (moved("delivered"), {"voucher_cost": 20_000, "seller_payable": -20_000}),
        (back(40_000, off=8_000), {"voucher_cost": -8_000, "seller_payable": 8_000}),
    ]),
    "an organisation's voucher, cancelled": (VoucherFacts(OWN, "organisation:9", 20_000), [
        (moved("cancelled"), {}),
    ]),
    "a household's market slip, out of what the fund set aside": (
        VoucherFacts(OWN, "organisation:9", 20_000, fund="campaign:5"), [
        (moved("delivered"), {"campaign_slips": 20_000, "seller_payable": -20_000, "campaign_set_aside": 20_000, "campaign_kept_back": -20_000, "bank": 20_000, "fund_bank": -20_000}),
        (back(40_000, off=8_000), {"campaign_slips": -8_000, "seller_payable": 8_000, "campaign_set_aside": -8_000, "campaign_kept_back": 8_000, "bank": -8_000, "fund_bank": 8_000}),
    ]),
    "a market slip, not accepted": (
        VoucherFacts(OWN, "organisation:9", 20_000, fund="campaign:5"), [(moved("refused"), {})]
    ),
    "arrives before it is paid": (transfer(), [
        (moved("delivered"), {"buyers_owe": 110_000, "sales": -95_000, "delivery": -15_000}),
        (came(110_000), {"bank": 110_000, "buyers_owe": -110_000}),
    ]),
    "paid in two": (transfer(), [
        (came(60_000), {"bank": 60_000, "prepaid": -60_000}),
        (came(50_000), {"bank": 50_000, "prepaid": -50_000}),
    ]),
    "paid short": (transfer(), [
        (came(100_000), {"bank": 100_000, "prepaid": -100_000}),
        (moved("delivered"), {"prepaid": 100_000, "buyers_owe": 10_000, "sales": -95_000, "delivery": -15_000}),
    ]),
    "paid too much, and given back": (transfer(), [
        (came(120_000), {"bank": 120_000, "prepaid": -110_000, "suspense": -10_000}),
        (went(10_000), {"bank": -10_000, "suspense": 10_000}),
    ]),
    "a wrong tap taken back": (transfer(), [
        (came(110_000), {"bank": 110_000, "prepaid": -110_000}),
        (came(-110_000), {"bank": -110_000, "prepaid": 110_000}),
    ]),
    "cancelled after it was paid": (transfer(), [
        (came(110_000), {"bank": 110_000, "prepaid": -110_000}),
        (moved("cancelled"), {"prepaid": 110_000, "refunds_payable": -110_000}),
        (went(110_000), {"bank": -110_000, "refunds_payable": 110_000}),
    ]),
    "money that comes after it was cancelled": (transfer(), [
        (moved("cancelled"), {}),
        (came(110_000), {"bank": 110_000, "refunds_payable": -110_000}),
    ]),
    "given back before the goods are": (transfer(), [
        (came(110_000), {"bank": 110_000, "prepaid": -110_000}),
        (moved("delivered"), {"prepaid": 110_000, "sales": -95_000, "delivery": -15_000}),
        (went(110_000), {"bank": -110_000, "sales": 95_000, "delivery": 15_000}),
        (back(95_000, 15_000), {}),
        (moved("returned"), {}),
    ]),
    "some goods come back, the fee stays": (transfer(), [
        (came(110_000), {"bank": 110_000, "prepaid": -110_000}),
        (moved("delivered"), {"prepaid": 110_000, "sales": -95_000, "delivery": -15_000}),
        (back(40_000), {"sales": 40_000, "refunds_payable": -40_000}),
        (went(40_000), {"bank": -40_000, "refunds_payable": 40_000}),
        (back(55_000), {"sales": 55_000, "refunds_payable": -55_000}),
        (moved("returned"), {}),
    ]),
    "a little given back though all was owed": (transfer(), [
        (came(110_000), {"bank": 110_000, "prepaid": -110_000}),
        (moved("delivered"), {"prepaid": 110_000, "sales": -95_000, "delivery": -15_000}),
        (went(5_000), {"bank": -5_000, "sales": 5_000}),
    ]),
    "not accepted at the door, then home": (transfer(UNION), [
        (came(110_000), {"bank": 110_000, "prepaid": -110_000}),
        (moved("refused"), {"prepaid": 110_000, "refunds_payable": -110_000}),
        (back(95_000, 15_000), {}),
        (moved("returned"), {}),
    ]),
    "one transfer for two sellers, one part cancelled": (
        transfer(UNION, Part(2, 4, 50_000, 0, "organisation:9")), [
        (came(160_000), {"bank": 160_000, "prepaid": -160_000}),
        (moved("cancelled", 2), {"prepaid": 50_000, "refunds_payable": -50_000}),
        (moved("delivered"), {"prepaid": 110_000, "seller_payable": -95_000, "delivery_payable": -15_000}),
    ]),
    "cash by a carrier that keeps its fee": (cash(), [
        (moved("delivered"), {"buyers_owe": 110_000, "sales": -95_000, "delivery": -15_000}),
        (TAKEN, {"carrier_cod": 110_000, "buyers_owe": -110_000}),
        (step("with_carrier", "remitted", 104_500, fee_vnd=5_500), {"seller_cash": 104_500, "carrier_fees": 5_500, "carrier_cod": -110_000}),
        (step("remitted", "with_carrier", -104_500, fee_vnd=-5_500), {"seller_cash": -104_500, "carrier_fees": -5_500, "carrier_cod": 110_000}),
    ]),
    "cash by a carrier that pays again into another account": (cash(), [
        (moved("delivered"), {"buyers_owe": 110_000, "sales": -95_000, "delivery": -15_000}),
        (TAKEN, {"carrier_cod": 110_000, "buyers_owe": -110_000}),
        (step("with_carrier", "remitted", 100_000), {"seller_cash": 100_000, "carrier_cod": -100_000}),
        (rest(15_000, **TO_UNION), {"bank": 15_000, "cash_with_collector": 15_000, "seller_payable": -15_000, "carrier_cod": -10_000, "suspense": -5_000}),
        (step("remitted", "remitted", -5_000, about="returned", **TO_UNION), {"bank": -5_000, "cash_with_collector": -5_000, "seller_payable": 5_000, "suspense": 5_000}),
    ]),
    "cash by a carrier that pays what was given up": (cash(), [
        (moved("delivered"), {"buyers_owe": 110_000, "sales": -95_000, "delivery": -15_000}),
        (TAKEN, {"carrier_cod": 110_000, "buyers_owe": -110_000}),
        (step("with_carrier", "written_off", gone=True), {"written_off": 110_000, "carrier_cod": -110_000}),
        (step("written_off", "with_carrier"), {"carrier_cod": 110_000, "written_off": -110_000}),
        (step("with_carrier", "remitted", 110_000), {"seller_cash": 110_000, "carrier_cod": -110_000}),
    ]),
    "cash by a carrier that keeps some back": (cash(), [
        (moved("delivered"), {"buyers_owe": 110_000, "sales": -95_000, "delivery": -15_000}),
        (TAKEN, {"carrier_cod": 110_000, "buyers_owe": -110_000}),
        (step("with_carrier", "remitted", 90_000), {"seller_cash": 90_000, "carrier_cod": -90_000}),
        (rest(12_000), {"seller_cash": 12_000, "carrier_cod": -12_000}),
        (rest(fee_vnd=5_500), {"carrier_fees": 5_500, "carrier_cod": -5_500}),
        (rest(off_vnd=2_500), {"written_off": 2_500, "carrier_cod": -2_500}),
        (rest(off_vnd=-2_500), {"written_off": -2_500, "carrier_cod": 2_500}),
    ]),
    "cash by a carrier that brings too much": (cash(), [
        (moved("delivered"), {"buyers_owe": 110_000, "sales": -95_000, "delivery": -15_000}),
        (TAKEN, {"carrier_cod": 110_000, "buyers_owe": -110_000}),
        (step("with_carrier", "remitted", 115_000), {"seller_cash": 115_000, "carrier_cod": -110_000, "suspense": -5_000}),
    ]),
    "cash that a carrier pays to an organisation": (cash(), [
        (moved("delivered"), {"buyers_owe": 110_000, "sales": -95_000, "delivery": -15_000}),
        (TAKEN, {"carrier_cod": 110_000, "buyers_owe": -110_000}),
        (step("with_carrier", "remitted", 104_500, fee_vnd=5_500, **TO_UNION), {
            "bank": 104_500, "seller_payable": -104_500, "cash_with_collector": 104_500,
            "carrier_fees": 5_500, "carrier_cod": -110_000}),
        (step("remitted", "with_carrier", -104_500, fee_vnd=-5_500), {
            "bank": -104_500, "seller_payable": 104_500, "cash_with_collector": -104_500,
            "carrier_fees": -5_500, "carrier_cod": 110_000}),
    ]),
    "lost by a carrier that pays for the goods": (cash(), [
        (moved("lost"), {}),
        (step("promised", "written_off"), {}),
        (unasked(60_000, "amends"), {"seller_cash": 60_000, "amends": -60_000}),
        (unasked(-60_000, "amends"), {"seller_cash": -60_000, "amends": 60_000}),
        (unasked(60_000, "amends", **TO_UNION), {"bank": 60_000, "cash_with_collector": 60_000, "seller_payable": -60_000, "amends": -60_000}),
    ]),
    "cancelled, and a carrier pays for it": (cash(), [
        (moved("cancelled"), {}),
        (step("promised", "written_off"), {}),
        (unasked(60_000), {"seller_cash": 60_000, "suspense": -60_000}),
        (unasked(-60_000, "returned"), {"seller_cash": -60_000, "suspense": 60_000}),
    ]),
    "refused, and the way back costs": (cash(), [
        (moved("refused"), {}),
        (step("promised", "written_off"), {}),
        (way_back(12_000), {"carrier_fees": 12_000, "seller_cash": -12_000}),
        (way_back(-12_000), {"carrier_fees": -12_000, "seller_cash": 12_000}),
    ]),
    "refused, an organisation bears the way back": (cash(), [
        (moved("refused"), {}),
        (step("promised", "written_off"), {}),
        (way_back(12_000, fee_bearer="organisation:9"), {
            "carrier_fees": 24_000, "seller_cash": -12_000, "seller_payable": -12_000}),
    ]),
    "refused, the way back is taken off what an organisation gets": (cash(), [
        (moved("refused"), {}),
        (step("promised", "written_off"), {}),
        (way_back(12_000, **TO_UNION), {
            "carrier_fees": 12_000, "cash_with_collector": -12_000, "bank": -12_000,
            "seller_receivable": 12_000}),
    ]),
    "cash taken by the seller, a little short": (cash(), [
        (moved("delivered"), {"buyers_owe": 110_000, "sales": -95_000, "delivery": -15_000}),
        (BY_HER, {"cash_with_seller": 110_000, "buyers_owe": -110_000}),
        (step("with_seller", "remitted", 100_000), {"seller_cash": 100_000, "buyers_owe": 10_000, "cash_with_seller": -110_000}),
    ]),
    "cash given back": (cash(), [
        (moved("delivered"), {"buyers_owe": 110_000, "sales": -95_000, "delivery": -15_000}),
        (BY_HER, {"cash_with_seller": 110_000, "buyers_owe": -110_000}),
        (step("with_seller", "remitted", 110_000), {"seller_cash": 110_000, "cash_with_seller": -110_000}),
        (back(95_000, 15_000), {"sales": 95_000, "delivery": 15_000, "refunds_payable": -110_000}),
        (step("remitted", "remitted", -110_000), {"seller_cash": -110_000, "refunds_payable": 110_000}),
    ]),
    "cash that the carrier lost": (cash(), [
        (moved("delivered"), {"buyers_owe": 110_000, "sales": -95_000, "delivery": -15_000}),
        (TAKEN, {"carrier_cod": 110_000, "buyers_owe": -110_000}),
        (step("with_carrier", "written_off", gone=True), {"written_off": 110_000, "carrier_cod": -110_000}),
        (back(95_000, 15_000), {"sales": 95_000, "delivery": 15_000, "refunds_payable": -110_000}),
    ]),
    "cash that the buyer never gave": (cash(), [
        (moved("delivered"), {"buyers_owe": 110_000, "sales": -95_000, "delivery": -15_000}),
        (TAKEN, {"carrier_cod": 110_000, "buyers_owe": -110_000}),
        (step("with_carrier", "written_off"), {"written_off": 110_000, "carrier_cod": -110_000}),
        (back(95_000, 15_000), {"written_off": -110_000, "sales": 95_000, "delivery": 15_000}),
    ]),
    "a commission for the organisation that collects, and tax": (transfer(KEPT), [
        (came(110_000), {"bank": 110_000, "prepaid": -110_000}),
        (moved("delivered"), {"prepaid": 110_000, "seller_payable": -85_975, "delivery_payable": -15_000, "commission": -7_600, "tax_withheld": -1_425}),
        (back(38_000, 0, 1, 3_040, 570), {"seller_payable": 34_390, "commission": 3_040, "tax_withheld": 570, "refunds_payable": -38_000}),
        (back(57_000, 0, 1, 4_560, 855), {"seller_payable": 51_585, "commission": 4_560, "tax_withheld": 855, "refunds_payable": -57_000}),
        (moved("returned"), {}),
    ]),
    "a commission of money that the seller has herself": (transfer(OWES), [
        (came(110_000), {"bank": 110_000, "prepaid": -110_000}),
        (moved("delivered"), {"prepaid": 110_000, "sales": -95_000, "delivery": -15_000, "seller_receivable": 7_600, "commission": -7_600}),
        (back(95_000, 0, 1, 7_600), {"sales": 95_000, "seller_receivable": -7_600, "commission": 7_600, "refunds_payable": -95_000}),
    ]),
    "a commission for another than who collects": (transfer(ELSEWHERE), [
        (came(110_000), {"bank": 110_000, "prepaid": -110_000}),
        (moved("delivered"), {"prepaid": 110_000, "seller_payable": -93_575, "delivery_payable": -15_000, "seller_receivable": 7_600, "commission": -7_600, "tax_withheld": -1_425}),
    ]),
    "a commission though the buyer was let off the whole price": (transfer(KEPT), [
        (came(110_000), {"bank": 110_000, "prepaid": -110_000}),
        (moved("delivered"), {"prepaid": 110_000, "seller_payable": -85_975, "delivery_payable": -15_000, "commission": -7_600, "tax_withheld": -1_425}),
        (went(95_000), {"bank": -95_000, "seller_payable": 85_975, "seller_receivable": 9_025}),
    ]),
    "a commission of what never arrived": (transfer(KEPT), [
        (came(110_000), {"bank": 110_000, "prepaid": -110_000}),
        (moved("lost"), {"prepaid": 110_000, "refunds_payable": -110_000}),
    ]),
    "a commission of cash": (cash(OWES), [
        (moved("delivered"), {"buyers_owe": 110_000, "sales": -95_000, "delivery": -15_000, "seller_receivable": 7_600, "commission": -7_600}),
        (BY_HER, {"cash_with_seller": 110_000, "buyers_owe": -110_000}),
    ]),
    "taken as a code instead of money": (transfer(), [
        (came(110_000), {"bank": 110_000, "prepaid": -110_000}),
        (moved("cancelled"), {"prepaid": 110_000, "refunds_payable": -110_000}),
        (went(110_000, credit=True), {"credit": -110_000, "refunds_payable": 110_000}),
    ]),
    "a card that takes nothing more is paid back by the bank": (replace(transfer(UNION), clearing=CLEARING), [
        (came(110_000), {"card_clearing": 110_000, "prepaid": -110_000}),
        (moved("cancelled"), {"prepaid": 110_000, "refunds_payable": -110_000}),
        (replace(went(110_000), left_from="bank"), {"bank": -110_000, "refunds_payable": 110_000}),
        (replace(went(-110_000), left_from="bank"), {"bank": 110_000, "refunds_payable": -110_000}),
    ]),
    "what the buyer's bank took is the refund": (replace(transfer(UNION), clearing=CLEARING), [
        (came(110_000), {"card_clearing": 110_000, "prepaid": -110_000}),
        (moved("cancelled"), {"prepaid": 110_000, "refunds_payable": -110_000}),
        (replace(went(110_000), left_from="lost"), {"card_lost": -110_000, "refunds_payable": 110_000}),
    ]),
    "a code pays a part, and the order is cancelled": (transfer(), [
        (came(60_000, credit=True), {"credit": 60_000, "prepaid": -60_000}),
        (came(50_000), {"bank": 50_000, "prepaid": -50_000}),
        (moved("cancelled"), {"prepaid": 110_000, "refunds_payable": -110_000}),
        (went(60_000, credit=True), {"credit": -60_000, "refunds_payable": 60_000}),
        (went(50_000), {"bank": -50_000, "refunds_payable": 50_000}),
    ]),
    "a code pays after the goods arrived": (transfer(UNION), [
        (moved("delivered"), {"buyers_owe": 110_000, "seller_payable": -95_000, "delivery_payable": -15_000}),
        (came(110_000, credit=True), {"credit": 110_000, "buyers_owe": -110_000}),
    ]),
    "cash goes back as a code": (cash(), [
        (moved("delivered"), {"buyers_owe": 110_000, "sales": -95_000, "delivery": -15_000}),
        (BY_HER, {"cash_with_seller": 110_000, "buyers_owe": -110_000}),
        (step("with_seller", "remitted", 110_000), {"seller_cash": 110_000, "cash_with_seller": -110_000}),
        (back(95_000), {"sales": 95_000, "refunds_payable": -95_000}),
        (step("remitted", "remitted", -95_000, by_credit=True), {"credit": -95_000, "refunds_payable": 95_000}),
    ]),
    "one collects, another gave a voucher for nearly all of it": (
        transfer(Part(1, 3, 5_000, 15_000, "organisation:9", commission_vnd=7_600,
                      creditor="organisation:9", tax_vnd=1_425)), [
        (came(20_000), {"bank": 20_000, "prepaid": -20_000}),
        # The union holds 5,000 of the goods: tax first, then its share; the rest is her debt.
        (moved("delivered"), {"prepaid": 20_000, "delivery_payable": -15_000, "tax_withheld": -1_425, "commission": -7_600, "seller_receivable": 4_025}),
        (back(5_000, 0, 1, 7_600, 1_425, off=90_000), {"refunds_payable": -5_000, "tax_withheld": 1_425, "commission": 7_600, "seller_receivable": -4_025}),
    ]),
    "a campaign's share is promised, and less of it for what comes back": (FOR_FUND, [
        (moved("shipped"), {}),
        (moved("delivered"), {"share_due": 20_000, "campaign_promised": -20_000, "campaign_sold": -95_000, "campaign_split": 95_000}),
        (replace(back(38_000), campaigns=(ForCampaign(5, 38_000, 8_000, 3_040),)),
         {"share_due": -8_000, "campaign_promised": 8_000, "campaign_sold": 38_000, "campaign_split": -38_000}),
    ]),
    "a campaign gets nothing of what never arrived": (FOR_FUND, [(moved("cancelled"), {})]),
    "cash of a parcel that never left": (cash(), [
        (moved("cancelled"), {}),
        (step("promised", "written_off"), {}),
    ]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_each_case_posts(name):
    facts, happened = CASES[name]
    for cause, posts in happened:
        later = after(facts, cause)
        posted: dict[str, int] = {}
        for leg in legs_between(balances(facts), balances(later)):
            posted[leg.account.kind] = posted.get(leg.account.kind, 0) + leg.amount_vnd
        assert posted == posts, cause
        facts = later


def test_of_a_sale_for_a_campaign_everybody_gets_what_is_hers():
    facts = told(FOR_FUND, [moved("delivered")])
    split = {a.detail: vnd for a, vnd in balances(facts).items() if a.kind == "campaign_split"}
    assert split == {"makers": 67_400, "commission": 7_600, "fund": 20_000}


def test_one_transfer_for_two_sellers_is_shared_by_what_each_is_due():
    facts = told(transfer(UNION, Part(2, 4, 50_000, 0, "organisation:9")), [came(100_001)])
    stands = {account.owner: vnd for account, vnd in balances(facts).items()}
    assert stands == {"payee:7": 100_001, "seller:3": -68_751, "seller:4": -31_250}


def test_every_state_has_a_stage_and_every_cause_a_word():
    from shop.ordering.rules import SellerOrderState as S

    assert {stage_of(state) for state in S} == set(Stage)
    causes = [cause for _, happened in CASES.values() for cause, _ in happened]
    assert all(len(kind_of(cause)) <= 20 for cause in causes)
    assert kind_of(came(1, credit=True)) == "credit_spent"
    assert kind_of(went(1, credit=True)) == "credited"
    assert kind_of(step("remitted", "remitted", -1, by_credit=True)) == "credited"
    assert kind_of(came(-1)) == "received_undone"
    assert kind_of(went(-1)) == "refunded_undone"
    assert kind_of(step("remitted", "with_carrier", -1)) == "cash_step_undone"
    assert kind_of(step("remitted", "remitted", 1)) == "cash_refunded_undone"


DUES = st.lists(st.integers(0, 10**9), min_size=1, max_size=6)


@given(DUES, st.data())
def test_shares_lose_nothing_and_nobody_gets_more_than_she_is_due(dues, data):
    total = data.draw(st.integers(0, sum(dues)))
    found = shares(total, dues)
    assert sum(found) == total
    assert all(0 <= share <= due for share, due in zip(found, dues, strict=True))
    if total < sum(dues):
        with pytest.raises(ValueError):
            shares(sum(dues) + 1, dues)


STATES = st.sampled_from(["awaiting_quote", "placed", "delivered", "returned", "cancelled", "lost"])


@st.composite
def with_shares(draw, part: Part) -> Part:
    """The part with a commission, and with tax where an organisation collects."""
    commission = draw(st.integers(0, part.goods_vnd))
    tax = draw(st.integers(0, part.goods_vnd - commission)) if part.collector else 0
    creditor = draw(st.sampled_from(["organisation:9", "organisation:4"]))
    return replace(part, commission_vnd=commission, creditor=creditor, tax_vnd=tax)


@st.composite
def transfers(draw):
    """Some parts, and causes that the actions would let happen, in any order."""
    parts = tuple(
        draw(with_shares(
            Part(n, n, draw(st.integers(1, 10**6)), draw(st.integers(0, 10**5)),
                 draw(st.sampled_from(["", "organisation:9"])))
        ))
        for n in range(1, draw(st.integers(1, 3)) + 1)
    )  # fmt: skip
    causes, received, refunded, back_now = [], 0, 0, {}
    for _ in range(draw(st.integers(0, 8))):
        what = draw(st.sampled_from(["came", "went", "moved", "back"]))
        part = draw(st.sampled_from(parts))
        credit = draw(st.booleans())
        if what == "came":
            amount = draw(st.integers(0 if credit else -(received - refunded), 2 * 10**6))
            received += amount
            causes.append(came(amount, credit=credit))
        elif what == "went":
            amount = draw(st.integers(0, received - refunded))
            refunded += amount
            causes.append(went(amount, credit=credit))
        elif what == "moved":
            causes.append(moved(draw(STATES), part.id))
        elif part.id not in back_now:
            goods = draw(st.integers(0, part.goods_vnd))
            back_now[part.id] = goods
            kept = (draw(st.integers(0, part.commission_vnd)), draw(st.integers(0, part.tax_vnd)))
            fee = draw(st.integers(0, part.delivery_vnd))
            causes.append(back(goods, fee, part.id, *kept))
    return TransferFacts(7, parts, owner="seller:1"), causes


#: A code may be debited by one payment and credited by another: no payment alone says its side.
def _may_stand_on_either_side(kind: str) -> bool:
    return KINDS[kind].either_side or kind == "credit"


@given(transfers())
def test_whatever_happens_the_books_balance_and_every_account_stands_on_its_side(case):
    facts, causes = case
    for cause in causes:
        facts = after(facts, cause)
        stands = balances(facts)
        assert sum(stands.values()) == 0
        for account, vnd in stands.items():
            kind = KINDS[check_account(account).kind]
            assert _may_stand_on_either_side(account.kind) or vnd * kind.normal > 0, account
            if account.kind in ("seller_payable", "delivery_payable"):
                assert vnd <= 0, account


@st.composite
def with_vouchers(draw):
    """What one organisation collects for goods of which another's voucher, or its own, pays a part.

    Shares and tax are reckoned of the whole price, so they may be more than the buyer pays.
    """
    off = draw(st.integers(0, 10**6))
    goods = draw(st.integers(0, 10**6))
    tax = draw(st.integers(0, (goods + off) // 2))
    commission = draw(st.integers(0, goods + off - tax))
    collector, creditor, payer = (
        draw(st.sampled_from(["organisation:9", "organisation:4"])) for _ in range(3)
    )
    part = Part(
        1, 3, goods, draw(st.integers(0, 10**5)), collector, commission_vnd=commission,
        creditor=creditor, tax_vnd=tax,
    )  # fmt: skip
    paid = draw(st.integers(0, part.asked_vnd + 1))
    goods_back = draw(st.integers(0, goods))
    of_others = (draw(st.integers(0, commission)), draw(st.integers(0, tax)))
    happened = [
        came(paid), moved("delivered"),
        back(goods_back, 0, 1, *of_others, off=draw(st.integers(0, off))),
    ]  # fmt: skip
    # Money goes back last: nothing does before it came.
    causes = [*draw(st.permutations(happened)), went(draw(st.integers(0, paid)))]
    return (TransferFacts(7, (part,)), VoucherFacts(part, payer, off)), causes


@given(with_vouchers())
def test_shares_of_a_price_that_a_voucher_paid_turn_no_payable_around(case):
    """What others get beyond what is collected is her debt; nobody is owed less than nothing."""
    (transferred, given), causes = case
    for cause in causes:
        transferred = after(transferred, cause)
        if not isinstance(cause, Money):
            given = after(given, cause)
        for facts in (transferred, given):
            stands = balances(facts)
            assert sum(stands.values()) == 0
            for account, vnd in stands.items():
                kind = KINDS[check_account(account).kind]
                if account.kind in ("seller_payable", "delivery_payable"):
                    assert vnd <= 0, account
                else:
                    assert kind.either_side or vnd * kind.normal > 0, account


@given(transfers(), st.randoms())
def test_money_and_goods_may_come_in_any_order_and_the_books_end_the_same(case, rng):
    """Only the moves of one part follow each other; the rest may be told in any order."""
    facts, causes = case
    moves = [cause for cause in causes if isinstance(cause, Moved)]
    others = [cause for cause in causes if not isinstance(cause, Moved)]
    rng.shuffle(others)
    assert balances(told(facts, [*others, *moves])) == balances(told(facts, causes))


@given(transfers())
def test_money_in_is_what_is_owed_to_somebody(case):
    """I8, per payment: what lies in the bank, and what buyers and sellers owe, is somebody's."""
    facts, causes = case
    facts = told(facts, causes)
    stands = balances(facts)
    owed = ("bank", "buyers_owe", "seller_receivable", "credit")
    where = sum(vnd for account, vnd in stands.items() if account.kind in owed)
    assert where == -sum(vnd for account, vnd in stands.items() if account.kind not in owed)
    assert sum(vnd for a, vnd in stands.items() if a.kind in ("bank", "credit")) == (
        facts.received_vnd - facts.refunded_vnd
    )


@st.composite
def cash_lives(draw):
    """A parcel's cash from the door to wherever it ends, with taps taken back."""
    causes, state, counted, refunded, taken = [], "promised", 0, 0, ""
    for _ in range(draw(st.integers(0, 8))):
        what = draw(st.sampled_from(["cash", "refund", "moved", "back"]))
        if what == "moved":
            causes.append(moved(draw(STATES)))
        elif what == "back" and not any(isinstance(c, GoodsBack) for c in causes):
            causes.append(back(draw(st.integers(0, 95_000)), draw(st.integers(0, 15_000))))
        elif what == "refund" and state == "remitted":
            amount = draw(st.integers(0, counted - refunded))
            refunded += amount
            causes.append(step(state, state, -amount))
        elif what == "cash" and state == "promised":
            state = taken = draw(st.sampled_from(["with_carrier", "with_seller"]))
            causes.append(step("promised", state))
        elif what == "cash" and state == taken:
            state = draw(st.sampled_from(["remitted", "written_off"]))
            counted = draw(st.integers(1, 200_000)) if state == "remitted" else 0
            causes.append(step(taken, state, counted, gone=draw(st.booleans())))
        elif what == "cash" and not refunded:
            causes.append(step(state, taken, -counted))
            state, counted = taken, 0
    return causes


@given(cash_lives())
def test_whatever_happens_to_cash_the_books_balance(causes):
    facts = cash()
    for cause in causes:
        facts = after(facts, cause)
        stands = balances(facts)
        assert sum(stands.values()) == 0
        for account, vnd in stands.items():
            kind = KINDS[check_account(account).kind]
            assert kind.either_side or vnd * kind.normal > 0, account
