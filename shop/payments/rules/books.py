"""What stands in the books about one payment, or about the cash of one parcel. Plain Python.

The balances follow from the facts alone (``of_transfer``, ``of_cash``), whatever the order in
which those came; an event posts what it changes (``legs_between``). So nothing is lost when
goods arrive before the money, or money goes back before the goods do.

Where the money lies (debit)
    bank               a payee's bank account: received − given back; what came to the owner's other
                       account lies there, and goes back from there
    card_clearing      the same of cards and wallets: the gateway has it until it pays out
    carrier_cod        a carrier took it at the door and has not brought it, or a part of it
    cash_with_seller   the seller took it at the door, uncounted
    seller_cash        it reached the seller, counted, less what she gave back or paid a carrier
    cash_with_collector
                       the same, but a carrier paid it to an organisation's bank account
    carrier_fees       a carrier kept it for its work
    written_off        it was paid or owed, and will not come
    buyers_owe         goods arrived, the buyer has not paid
    voucher_cost       an organisation gave it to buyers by its voucher

Whose it is (credit)
    prepaid            the buyer's, for goods that have not arrived
    sales, delivery    the seller's own: goods that arrived, and the fee for bringing them
    seller_payable, delivery_payable
                       the same when an organisation collected it, which owes it to her
    refunds_payable    the buyer's: cancelled, came back, not accepted, lost
    credit             the buyer's: she took a code for it, and spends it with the same payee
    amends             the seller's: carriers paid it for goods that they lost or spoiled
    suspense           nobody's yet: more than was ever asked for; a carrier brought more than it
                       took

What of a sale is others' (``Part.commission_vnd``, ``Part.tax_vnd``: agreed at the sale)
    commission         an organisation's, of goods that arrived: out of ``seller_payable`` when it
                       collects itself, else owed by her (``seller_receivable``)
    tax_withheld       kept by the organisation that collects, out of ``seller_payable``

What happens, and what it posts
    a transfer comes           bank                   / prepaid (or buyers_owe), above what is
                                                        owed: refunds_payable, suspense
    goods arrive               prepaid (or buyers_owe) / sales + delivery, or both payables
    cash at the door           carrier_cod or cash_with_seller / buyers_owe
    cash is counted            seller_cash            / carrier_cod or cash_with_seller;
                                                        what a carrier brings too much: suspense
    … into an organisation's   bank                   / seller_payable, and
      account                  cash_with_collector    / carrier_cod
    more comes elsewhere       the same there         / carrier_cod, what is too much: suspense
    … and is sent back         suspense               / where it came
    a carrier keeps its fee    carrier_fees           / carrier_cod
    … or a part for good       written_off            / carrier_cod
    refused, the way back      carrier_fees           / seller_cash
    … off an organisation's    seller_receivable      / bank, and
                               carrier_fees           / cash_with_collector
    … which bears it           carrier_fees (its own) / seller_payable
    a carrier pays for a lost  seller_cash (or bank / seller_payable, and cash_with_collector)
      parcel: the goods                               / amends; else nobody has explained it: suspense
    cash will not come         written_off            / carrier_cod, cash_with_seller, buyers_owe
    cancelled, lost, refused   prepaid                / refunds_payable
    … with a commission        seller_payable or seller_receivable / commission
    … with tax withheld        seller_payable         / tax_withheld
    goods come back            sales (+ delivery)     / refunds_payable (or buyers_owe); their
                                                        part of commission and tax back to her
    money goes back            refunds_payable, suspense / bank or seller_cash
    … which the card takes no more  refunds_payable   / bank: it stays with the gateway
    … which the buyer's bank took   refunds_payable   / card_lost: the lost dispute is the refund
    … out of the organisation's    refunds_payable  / seller_cash, as always, and
      till that took the cash  seller_cash          / cash_with_collector,
                               seller_payable       / bank: so much less is owed to her
    goods arrive, with a voucher   voucher_cost       / seller_payable: the organisation that pays
                                                        for it owes it to the seller
    … with a market slip       campaign_slips         / seller_payable: the fund's organisation owes
                               campaign_set_aside     / campaign_kept_back: it, out of what was set
                                                        aside when the slip was approved
                               bank                   / fund_bank: in the fund's account it is
                                                        money for sellers from then on
    money goes back, all was owed  sales              / bank or seller_cash: a reduction, of the
                                                        seller alone whose refund it is
    … as a code                refunds_payable        / credit: no money leaves
    … to a campaign            refunds_payable        / bank or seller_cash, as any that goes back;
                                                        what the fund gets is posted there
    a code is spent            credit                 / prepaid (or buyers_owe)
    a wrong tap                the opposite of what it posted; so does whatever a market's stall
                                                        takes back: a bag, its cash, a return

What of it is a campaign's, beside all of this (``CampaignFacts``)
    goods arrive               share_due              / campaign_promised: she owes it to the fund
                               campaign_split         / campaign_sold: what was paid for the goods,
                                                        and whose it is; for the public account
    goods come back            the opposite for their part
    the share reaches the fund is posted there (``fundraising.actions``)
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from itertools import groupby
from typing import NamedTuple

from shop.kernel.money import split_vnd
from shop.ledger.rules import Account, Leg
from shop.ordering.rules import SellerOrderState as S
from shop.payments.rules.cash import About, CashState, WrittenOffFor, paid_vnd


class Stage(StrEnum):
    """How far goods are, as far as money is concerned."""

    NOT_ASKED = "not_asked"
    WAITING = "waiting"
    SOLD = "sold"
    NOTHING = "nothing"


_STAGES: dict[str, Stage] = {
    S.AWAITING_QUOTE: Stage.NOT_ASKED,
    S.QUOTED: Stage.NOT_ASKED,
    S.DELIVERED: Stage.SOLD,
    S.COMPLETED: Stage.SOLD,
    # What came back is taken off by ``GoodsBack``; a fee that is not given back stays sold.
    S.RETURNED: Stage.SOLD,
    **dict.fromkeys((S.CANCELLED, S.REFUSED, S.LOST, S.NOT_COLLECTED), Stage.NOTHING),
}


def let_off_now(due_vnd: int, let_off_vnd: int, ahead_vnd: int, ahead_back_vnd: int) -> int:
    """Return how much less than what is due the buyer pays for a part, as somebody decided.

    Never more than is due. What was given back for units is theirs: as far as those come back,
    it is what goes back for them, and no more is let off.

    Args:
        let_off_vnd: given back though it was due and paid.
        ahead_vnd: the same, for units.
        ahead_back_vnd: what of the goods that came back is those units.

    >>> let_off_now(160_000, 50_000, 40_000, 40_000)
    50000
    >>> let_off_now(20_000, 50_000, 0, 0)
    20000
    """
    return max(0, min(due_vnd, let_off_vnd + max(0, ahead_vnd - ahead_back_vnd)))


class UnitsGiven(NamedTuple):
    """Units of a line whose money went back; below nought: it did not after all.

    at: when it was promised. promise: under which name; pieces of one are "name" and "name+1".
    """

    line: int
    units: int
    at: datetime
    promise: str = ""


class UnitsBack(NamedTuple):
    """Units of a line that came back by one return; below nought: they did not after all.

    goods_vnd: what all goods of that return were sold for.
    """

    return_id: int
    line: int
    units: int
    price_vnd: int
    goods_vnd: int
    at: datetime


def whole_promise(name: str) -> str:
    """Return under which name money was promised whose piece this is.

    >>> whole_promise("goodwill:payment:7:0+1")
    'goodwill:payment:7:0'
    """
    return name.partition("+")[0]


def _units_of(given: Iterable[UnitsGiven]) -> dict[tuple[int, datetime], int]:
    """Return for how many units money went back, by line and moment of the promise.

    Each piece of a promise is for all of its units: they are the same ones while one piece stands.
    """
    pieces: dict[UnitsGiven, int] = {}
    for piece in given:
        pieces[piece._replace(units=0)] = pieces.get(piece._replace(units=0), 0) + piece.units
    whole: dict[tuple[int, datetime, str], int] = {}
    for piece, units in pieces.items():
        name = (piece.line, piece.at, whole_promise(piece.promise))
        whole[name] = max(whole.get(name, 0), units)
    found: dict[tuple[int, datetime], int] = {}
    for (line, at, _), units in whole.items():
        found[line, at] = found.get((line, at), 0) + units
    return found


def known_vnd(given: Iterable[UnitsGiven], came_back: Iterable[UnitsBack]) -> int:
    """Return what of the goods that came back is units whose money went back by line.

    A unit that comes back after its money was promised is that one; one that was back before is
    another. Each promise is for as many as it names.

    >>> given = [UnitsGiven(1, 2, datetime(2026, 1, 1))]
    >>> late = [UnitsBack(5, line, 1, 100, 200, datetime(2026, 1, 2)) for line in (1, 2)]
    >>> known_vnd(given, late)
    100
    """
    left = _units_of(given)
    back: dict[UnitsBack, int] = {}
    for one in came_back:
        back[one._replace(units=0)] = back.get(one._replace(units=0), 0) + one.units
    found_vnd = 0
    oldest_first = sorted(back, key=lambda one: (one.at, one.return_id))
    for _, some in groupby(oldest_first, key=lambda one: one.return_id):
        all_vnd = known = goods_vnd = 0
        for one in some:
            all_vnd += back[one] * one.price_vnd
            goods_vnd = one.goods_vnd
            for (line, at), units in left.items():
                if line == one.line and at <= one.at:
                    taken = min(units, back[one])
                    left[line, at] -= taken
                    back[one] -= taken
                    known += taken * one.price_vnd
        if all_vnd:
            found_vnd += goods_vnd - int(goods_vnd * Fraction(all_vnd - known, all_vnd))
    return found_vnd


def stage_of(state: str) -> Stage:
    """Return the stage of a seller order's state."""
    return _STAGES.get(state, Stage.WAITING)


@dataclass(frozen=True, slots=True)
class Part:
    """What one seller is owed for. ``collector``: "" for herself, or "organisation:3"."""

    id: int
    seller_id: int
    goods_vnd: int
    delivery_vnd: int
    collector: str = ""
    stage: Stage = Stage.WAITING
    goods_back_vnd: int = 0
    delivery_back_vnd: int = 0
    #: For whom the commission is: "organisation:3".
    commission_vnd: int = 0
    creditor: str = ""
    tax_vnd: int = 0
    commission_back_vnd: int = 0
    tax_back_vnd: int = 0
    #: What went back to the buyer for this part alone, and what of it was neither due for it nor
    #: had been: more than was asked for, or what others' parts left over.
    given_back_vnd: int = 0
    over_vnd: int = 0
    #: Of that: given back though it was due and paid; and of that for units, whether they come
    #: back or not. Both stay hers, whatever falls away of other parts later.
    let_off_vnd: int = 0
    ahead_vnd: int = 0
    #: Those units, and what came back while there are such.
    units_given: tuple[UnitsGiven, ...] = ()
    units_back: tuple[UnitsBack, ...] = ()

    @property
    def ahead_back_vnd(self) -> int:
        """What of the goods that came back is units whose money went back; the rest is paid on top."""
        return known_vnd(self.units_given, self.units_back) if self.units_given else 0

    @property
    def let_off_now_vnd(self) -> int:
        """How much less than what is due is expected for it, as somebody decided."""
        return let_off_now(self.due_vnd, self.let_off_vnd, self.ahead_vnd, self.ahead_back_vnd)

    @property
    def due_vnd(self) -> int:
        """What the buyer is to have paid for it in the end."""
        if self.stage not in (Stage.WAITING, Stage.SOLD):
            return 0
        return self.asked_vnd - self.goods_back_vnd - self.delivery_back_vnd

    @property
    def asked_vnd(self) -> int:
        return 0 if self.stage == Stage.NOT_ASKED else self.goods_vnd + self.delivery_vnd


class LeftFrom(StrEnum):
    """Where money that a card paid left from when it did not go back to the card."""

    #: The payee's bank: the card took it no more.
    BANK = "bank"
    #: The buyer's own bank had taken it: that lost dispute is the refund.
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class TransferFacts:
    """One payment ahead: what is asked for, what came and what went back.

    ``clearing``: where a gateway has the money; None: it is in the payee's bank.
    ``credit_vnd``: what came from the buyer's credits, less what went back as credit: no bank
    has it. ``owner``: whose debt those credits are, such as "seller:12".
    ``from_bank_vnd``, ``lost_vnd``: of what a card paid and went back: what the payee's bank sent,
    and what the buyer's bank had taken.
    """

    payee_id: int
    parts: tuple[Part, ...]
    received_vnd: int = 0
    refunded_vnd: int = 0
    clearing: Account | None = None
    credit_vnd: int = 0
    owner: str = ""
    #: Of what is in the bank: (the owner's other account, đồng) that it came to or left.
    elsewhere: tuple[tuple[int, int], ...] = ()
    from_bank_vnd: int = 0
    lost_vnd: int = 0


@dataclass(frozen=True, slots=True)
class CashFacts:
    """The cash of one parcel.

    ``asked_vnd``: what was to be paid at the door. ``taken_by``: "carrier", "seller", or ""
    while nobody took it. ``gone``: written off although the buyer paid.
    """

    part: Part
    asked_vnd: int
    state: str = CashState.PROMISED
    taken_by: str = ""
    carrier: str = ""
    counted_vnd: int = 0
    refunded_vnd: int = 0
    #: Of what went back: as credit, and by the organisation into whose account the cash came.
    credited_vnd: int = 0
    collector_gave_vnd: int = 0
    gone: bool = False
    #: Of what a carrier took: its fee, and what is given up.
    fee_vnd: int = 0
    off_vnd: int = 0
    #: What the way back of a refused parcel cost; whose cost it is in the end: "" for hers.
    return_fee_vnd: int = 0
    fee_bearer: str = ""
    #: The organisation's account that a carrier pays into, and whose it is: "organisation:3".
    payee_id: int | None = None
    collector: str = ""
    #: Of what was counted: (the organisation's account, whose, đồng) of what came after the first
    #: part; None: to her hand. It may be another place than the first part's.
    afterwards: tuple[tuple[int | None, str, int], ...] = ()
    #: Of it: what a carrier paid for goods that it lost or spoiled.
    amends_vnd: int = 0

    @property
    def paid_vnd(self) -> int:
        """What the buyer paid at the door, as far as is known."""
        return paid_vnd(
            self.state, self.asked_vnd if self.taken_by else 0, self.taken_by, self.counted_vnd,
            WrittenOffFor.GONE if self.gone else "",
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class VoucherFacts:
    """What an organisation's voucher took off one seller order: the buyer pays less, she does.

    Nothing of it is owed before the goods arrive, and what comes back is owed no more.
    ``payer``: such as "organisation:3". A voucher that the seller gives herself is but a
    lower price, and stands nowhere. ``fund``: such as "campaign:5" when it was a household's
    market slip, which that fund of the organisation's pays; ``payee_id``: of the fund's account.
    """

    part: Part
    payer: str
    off_vnd: int
    back_vnd: int = 0
    fund: str = ""
    payee_id: int = 0


@dataclass(frozen=True, slots=True)
class ForCampaign:
    """What was paid for goods of one part that were sold for a campaign, and what others get.

    commission_vnd: an organisation's, of these goods.
    """

    campaign_id: int
    goods_vnd: int
    share_vnd: int
    commission_vnd: int = 0


@dataclass(frozen=True, slots=True)
class CampaignFacts:
    """What of one seller's part was sold for campaigns. Nothing stands before the goods arrive."""

    part: Part
    sold: tuple[ForCampaign, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """A part came to a stage. ``state``: of the seller order, for words."""

    key: str
    at: datetime
    part_id: int
    state: str
    #: A wrong step was taken back.
    undoes: bool = False
    #: When the arrival was tapped that it takes back.
    arrived_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class GoodsBack:
    """Goods came back, and so much less is owed for them and for bringing them.

    ``off_vnd``: what the payer of a voucher is spared.
    """

    key: str
    at: datetime
    part_id: int
    goods_vnd: int
    delivery_vnd: int
    commission_vnd: int = 0
    tax_vnd: int = 0
    off_vnd: int = 0
    #: Which goods, where money of some went back by line.
    units: tuple[UnitsBack, ...] = ()
    #: What campaigns get less.
    campaigns: tuple[ForCampaign, ...] = ()

    def undone(self, key: str, at: datetime) -> "GoodsBack":
        """Return the opposite: the goods did not come back after all."""
        return GoodsBack(
            key, at, self.part_id, -self.goods_vnd, -self.delivery_vnd, -self.commission_vnd,
            -self.tax_vnd, -self.off_vnd, tuple(one._replace(units=-one.units) for one in self.units),
        )  # fmt: skip

    @property
    def undoes(self) -> bool:
        return self.key.partition("return-undone:")[1] != ""


@dataclass(frozen=True, slots=True)
class Money:
    """A transfer was "received" or "refunded"; below zero: a wrong tap taken back.

    ``by_part``: (part id, đồng) of what went back for each; sums to the amount. ``over``: what of
    it lowers nobody's money, as it was decided when it was promised.
    """

    key: str
    at: datetime
    kind: str
    amount_vnd: int
    by_part: tuple[tuple[int, int], ...] = ()
    over: tuple[tuple[int, int], ...] = ()
    #: What of it somebody let the buyer off, and for units, as it was decided then too.
    let_off: tuple[tuple[int, int], ...] = ()
    ahead: tuple[tuple[int, int], ...] = ()
    #: (part id, for which units).
    units: tuple[tuple[int, UnitsGiven], ...] = ()
    #: What was paid when it was not đồng, signed as the đồng.
    currency: str | None = None
    amount_minor: int | None = None
    #: It came from, or went back as, the buyer's credit.
    by_credit: bool = False
    #: The owner's other account that it came to or left.
    payee_id: int | None = None
    #: ``LeftFrom``, or "": it left where it came to.
    left_from: str = ""


@dataclass(frozen=True, slots=True)
class CashStep:
    """Cash went from one holder to the next, or, in the same state, back to the buyer (below zero)."""

    key: str
    at: datetime
    from_state: str
    to_state: str
    amount_vnd: int
    gone: bool = False
    carrier: str = ""
    #: ``rules.cash.About``, or "".
    about: str = ""
    fee_vnd: int = 0
    off_vnd: int = 0
    fee_bearer: str = ""
    payee_id: int | None = None
    collector: str = ""
    by_credit: bool = False
    #: Of what went back to the buyer: as of ``Part``.
    let_off_vnd: int = 0
    ahead_vnd: int = 0
    units: tuple[UnitsGiven, ...] = ()
    #: When the arrival was tapped with which nobody took it after all.
    arrived_at: datetime | None = None


Facts = TransferFacts | CashFacts | VoucherFacts | CampaignFacts
Cause = Moved | GoodsBack | Money | CashStep
Balances = Mapping[Account, int]


def shares(total_vnd: int, dues: Sequence[int]) -> list[int]:
    """Share what came among parts by what each is due, to the last đồng and none above its due.

    >>> shares(100, [200, 100])
    [67, 33]
    """
    if total_vnd > sum(dues):
        raise ValueError(f"Cannot share {total_vnd} among dues of {list(dues)}.")
    return split_vnd(total_vnd, dues) if any(dues) else [0] * len(dues)


def balances(facts: Facts) -> dict[Account, int]:
    """Return what stands in the books about these facts: debits above zero. Sums to nought."""
    if isinstance(facts, VoucherFacts):
        found = of_voucher(facts)
    elif isinstance(facts, CampaignFacts):
        found = of_campaigns(facts)
    else:
        found = of_cash(facts) if isinstance(facts, CashFacts) else of_transfer(facts)
    return {account: vnd for account, vnd in found.items() if vnd}


def owed_by_part(facts: Facts) -> dict[int, dict[str, int]]:
    """Return what is owed to each part's seller, and by whom; below nought she owes it.

    The same as stands in the books, where one transfer pays several parts told apart by part.

    >>> part = Part(7, 1, 50_000, 0, "organisation:3", Stage.SOLD)
    >>> owed_by_part(TransferFacts(2, (part,), received_vnd=50_000))
    {7: {'organisation:3': 50000}}
    """
    if isinstance(facts, CampaignFacts):
        return {}
    if isinstance(facts, CashFacts | VoucherFacts):
        return {facts.part.id: _owed(balances(facts))}
    expected, paid = _expected_and_paid(facts.parts, facts.received_vnd, facts.refunded_vnd)
    return {
        part.id: _owed(_of_part(part, due_vnd, came_vnd))
        for part, due_vnd, came_vnd in zip(facts.parts, expected, paid, strict=True)
    }


def _owed(found: Balances) -> dict[str, int]:
    owed: dict[str, int] = {}
    for account, vnd in found.items():
        if vnd and account.kind in ("seller_payable", "delivery_payable", "seller_receivable"):
            owed[account.detail] = owed.get(account.detail, 0) - vnd
    return owed


def of_voucher(facts: VoucherFacts) -> dict[Account, int]:
    given_vnd = facts.off_vnd - facts.back_vnd if facts.part.stage == Stage.SOLD else 0
    owed = Account("seller_payable", f"seller:{facts.part.seller_id}", facts.payer)
    if not facts.fund:
        return {Account("voucher_cost", facts.payer): given_vnd, owed: -given_vnd}
    return {
        Account("campaign_slips", facts.fund): given_vnd,
        owed: -given_vnd,
        Account("campaign_set_aside", facts.fund): given_vnd,
        Account("campaign_kept_back", facts.fund): -given_vnd,
        Account("bank", f"payee:{facts.payee_id}"): given_vnd,
        Account("fund_bank", f"payee:{facts.payee_id}"): -given_vnd,
    }


def of_campaigns(facts: CampaignFacts) -> dict[Account, int]:
    found: dict[Account, int] = {}
    for one in facts.sold if facts.part.stage == Stage.SOLD else ():
        fund = f"campaign:{one.campaign_id}"
        makers_vnd = one.goods_vnd - one.share_vnd - one.commission_vnd
        found = _added(
            found,
            {
                Account("share_due", f"seller:{facts.part.seller_id}", fund): one.share_vnd,
                Account("campaign_promised", fund): -one.share_vnd,
                Account("campaign_sold", fund): -one.goods_vnd,
                Account("campaign_split", fund, "makers"): makers_vnd,
                Account("campaign_split", fund, "commission"): one.commission_vnd,
                Account("campaign_split", fund, "fund"): one.share_vnd,
            },
        )
    return found


def of_transfer(facts: TransferFacts) -> dict[Account, int]:
    payee = f"payee:{facts.payee_id}"
    held_vnd = facts.received_vnd - facts.refunded_vnd
    whose = _whose(facts.parts, facts.received_vnd, facts.refunded_vnd, payee)
    where = {Account("bank", f"payee:{one}"): vnd for one, vnd in facts.elsewhere}
    otherwise_vnd = facts.from_bank_vnd + facts.lost_vnd
    shown_vnd = held_vnd - facts.credit_vnd - sum(where.values()) + otherwise_vnd
    where[facts.clearing or Account("bank", payee)] = shown_vnd
    if facts.credit_vnd:
        where[Account("credit", facts.owner)] = facts.credit_vnd
    if facts.clearing and otherwise_vnd:
        where[Account("bank", payee)] = -facts.from_bank_vnd
        where[facts.clearing._replace(kind="card_lost")] = -facts.lost_vnd
    return _added(whose, where)


def _moved_elsewhere(
    elsewhere: tuple[tuple[int, int], ...], cause: Money
) -> tuple[tuple[int, int], ...]:
    if cause.payee_id is None:
        return elsewhere
    held = dict(elsewhere)
    change_vnd = cause.amount_vnd if cause.kind == "received" else -cause.amount_vnd
    held[cause.payee_id] = held.get(cause.payee_id, 0) + change_vnd
    return tuple(sorted(held.items()))


def of_cash(facts: CashFacts) -> dict[Account, int]:
    seller = f"seller:{facts.part.seller_id}"
    came_vnd = facts.paid_vnd
    whose = _whose((facts.part,), came_vnd, facts.refunded_vnd, seller)
    in_till = facts.state == CashState.REMITTED and facts.payee_id is not None
    till_vnd = facts.collector_gave_vnd if in_till else 0
    hers_vnd = facts.refunded_vnd - facts.credited_vnd - till_vnd
    where = {Account("seller_cash", seller): -hers_vnd}
    where[Account("credit", seller)] = -facts.credited_vnd
    if facts.state == CashState.WITH_CARRIER:
        where[Account("carrier_cod", seller, facts.carrier)] = came_vnd
    elif facts.state == CashState.WITH_SELLER:
        where[Account("cash_with_seller", seller)] = came_vnd
    elif facts.state == CashState.REMITTED:
        rest_vnd = came_vnd - facts.counted_vnd - facts.fee_vnd - facts.off_vnd
        first_vnd = facts.counted_vnd - sum(vnd for *_, vnd in facts.afterwards) - till_vnd
        for payee_id, collector, vnd in (
            (facts.payee_id, facts.collector, first_vnd), *facts.afterwards,
        ):  # fmt: skip
            where = _added(where, _reached_her(seller, payee_id, collector, vnd))
        # What a carrier did not bring it still has; what it brought too much nobody explained.
        where = _added(
            where,
            {
                Account("carrier_cod", seller, facts.carrier): max(0, rest_vnd),
                Account("suspense", seller): min(0, rest_vnd),
                Account("carrier_fees", seller, facts.carrier): facts.fee_vnd,
                Account("written_off", seller): facts.off_vnd,
            },
        )
    elif facts.state == CashState.WRITTEN_OFF:
        owed = Account("buyers_owe", seller)
        where = _added(where, {Account("written_off", seller): came_vnd + whose.pop(owed, 0)})
        for payee_id, collector, vnd in facts.afterwards:
            where = _added(where, _reached_her(seller, payee_id, collector, vnd))
        too_much_vnd = sum(vnd for *_, vnd in facts.afterwards) - facts.amends_vnd
        where = _added(
            where,
            {
                Account("amends", seller): -facts.amends_vnd,
                Account("suspense", seller): -too_much_vnd,
            },
        )
    return _added(_added(whose, where), _way_back(facts))


def _reached_her(
    seller: str, payee_id: int | None, collector: str, amount_vnd: int
) -> dict[Account, int]:
    """Return where money of hers lies that was counted."""
    if payee_id is None:
        return {Account("seller_cash", seller): amount_vnd}
    return {
        Account("cash_with_collector", seller, collector): amount_vnd,
        Account("bank", f"payee:{payee_id}"): amount_vnd,
        Account("seller_payable", seller, collector): -amount_vnd,
    }


def _later(
    afterwards: tuple[tuple[int | None, str, int], ...], cause: CashStep
) -> tuple[tuple[int | None, str, int], ...]:
    """Return what came after the first part, by place, once a step more was made."""
    held = {(payee_id, collector): vnd for payee_id, collector, vnd in afterwards}
    place = (cause.payee_id, cause.collector)
    held[place] = held.get(place, 0) + cause.amount_vnd
    return tuple((*one, vnd) for one, vnd in sorted(held.items(), key=str) if vnd)


def _way_back(facts: CashFacts) -> dict[Account, int]:
    """Return what the way back of a refused parcel cost, and whom."""
    if not facts.return_fee_vnd:
        return {}
    seller, fee_vnd = f"seller:{facts.part.seller_id}", facts.return_fee_vnd
    paid = {Account("carrier_fees", seller, facts.carrier): fee_vnd}
    if facts.payee_id is None:
        paid[Account("seller_cash", seller)] = -fee_vnd
    else:  # It was taken off what the organisation got, to which she owes it.
        paid[Account("cash_with_collector", seller, facts.collector)] = -fee_vnd
        paid[Account("bank", f"payee:{facts.payee_id}")] = -fee_vnd
        paid[Account("seller_receivable", seller, facts.collector)] = fee_vnd
    if not facts.fee_bearer:
        return paid
    # She paid it for the organisation, which owes it to her.
    return _added(
        paid,
        {
            Account("carrier_fees", facts.fee_bearer, facts.carrier): fee_vnd,
            Account("seller_payable", seller, facts.fee_bearer): -fee_vnd,
        },
    )


def _whose(
    parts: Sequence[Part], received_vnd: int, refunded_vnd: int, holder: str
) -> dict[Account, int]:
    """Return whose the money is that came for these parts, and what buyers still owe for them.

    Args:
        holder: who has to give back, and holds what nobody has explained.
    """
    held_vnd = received_vnd - refunded_vnd
    expected, paid = _expected_and_paid(parts, received_vnd, refunded_vnd)
    found: dict[Account, int] = {}
    for part, due_vnd, came_vnd in zip(parts, expected, paid, strict=True):
        found = _added(found, _of_part(part, due_vnd, came_vnd))
    surplus_vnd = held_vnd - sum(paid)
    asked_vnd = sum(part.asked_vnd - part.due_vnd for part in parts)
    back_vnd = max(0, min(surplus_vnd, asked_vnd))
    return _added(
        found,
        {
            Account("refunds_payable", holder): -back_vnd,
            Account("suspense", holder): back_vnd - surplus_vnd,
        },
    )


def _expected_and_paid(
    parts: Sequence[Part], received_vnd: int, refunded_vnd: int
) -> tuple[list[int], list[int]]:
    """Return what is expected of the buyer for each part in the end, and what of it is there.

    What was given back although it was owed lets the buyer off: she pays that much less. It
    lowers the part for which it was given back, and no other; what names no part lowers all.
    What somebody decided stays so when another part falls away; beyond it no more is let off
    than what is missing since it went back.
    """
    dues = [part.due_vnd for part in parts]
    held_vnd, owed_vnd = received_vnd - refunded_vnd, sum(dues)
    let_off_vnd = max(0, min(refunded_vnd, received_vnd) - max(0, received_vnd - owed_vnd))
    let_off_vnd = max(let_off_vnd, sum(part.let_off_now_vnd for part in parts))
    if not any(part.given_back_vnd for part in parts):
        expected = shares(owed_vnd - let_off_vnd, dues)
        return expected, shares(max(0, min(held_vnd, sum(expected))), expected)
    let_off = _let_off(parts, let_off_vnd, refunded_vnd)
    expected = [due - off for due, off in zip(dues, let_off, strict=True)]
    # What came is shared before anything went back, so that the others keep their share.
    came = shares(max(0, min(held_vnd + sum(let_off), owed_vnd)), dues)
    paid = [vnd - off for vnd, off in zip(came, let_off, strict=True)]
    if min(paid) < 0:
        paid = shares(max(0, min(held_vnd, sum(expected))), expected)
    return expected, paid


def _let_off(parts: Sequence[Part], let_off_vnd: int, refunded_vnd: int) -> list[int]:
    """Return how much of it lowers each part: what was decided, then the rest."""
    own = [part.given_back_vnd - part.over_vnd for part in parts]
    # First what went back for a part beyond what came back of it, then whatever of its own went
    # back for it, then all that did; what names no part comes last.
    beyond = [vnd - part.asked_vnd + part.due_vnd for part, vnd in zip(parts, own, strict=True)]
    given = [part.given_back_vnd for part in parts]
    due = [part.due_vnd for part in parts]
    nameless_vnd = refunded_vnd - sum(given)
    found = [part.let_off_now_vnd for part in parts]
    for weights, most_vnd in (
        (beyond, let_off_vnd), (own, let_off_vnd), (given, let_off_vnd), (due, nameless_vnd),
    ):  # fmt: skip
        left = [
            max(0, min(weight, vnd) - off)
            for weight, vnd, off in zip(weights, due, found, strict=True)
        ]
        more_vnd = max(0, min(let_off_vnd - sum(found), most_vnd, sum(left)))
        found = [off + vnd for off, vnd in zip(found, shares(more_vnd, left), strict=True)]
    return found


def held_of(facts: TransferFacts) -> int:
    """Return what came and did not go back."""
    return facts.received_vnd - facts.refunded_vnd


def paid_of(facts: TransferFacts) -> dict[int, int]:
    """Return what is there for what each part is due, by part."""
    _, paid = _expected_and_paid(facts.parts, facts.received_vnd, facts.refunded_vnd)
    return {part.id: vnd for part, vnd in zip(facts.parts, paid, strict=True)}


def let_off_of(facts: TransferFacts) -> list[int]:
    """Return how much less than due is expected of the buyer for each part: it went back."""
    expected, _ = _expected_and_paid(facts.parts, facts.received_vnd, facts.refunded_vnd)
    return [part.due_vnd - vnd for part, vnd in zip(facts.parts, expected, strict=True)]


def _of_part(part: Part, due_vnd: int, paid_vnd: int) -> dict[Account, int]:
    """Return what stands in one seller's accounts when so much is due from the buyer and paid."""
    seller = f"seller:{part.seller_id}"
    if part.stage != Stage.SOLD:
        return {Account("prepaid", seller, part.collector): -paid_vnd}
    delivery_vnd = min(part.delivery_vnd - part.delivery_back_vnd, due_vnd)
    goods, delivery = (
        (Account("seller_payable", seller, part.collector),
         Account("delivery_payable", seller, part.collector))
        if part.collector
        else (Account("sales", seller), Account("delivery", seller))
    )  # fmt: skip
    owed = {
        goods: delivery_vnd - due_vnd,
        delivery: -delivery_vnd,
        Account("buyers_owe", seller, part.collector): due_vnd - paid_vnd,
    }
    return _added(owed, _of_others(part, due_vnd - delivery_vnd))


def _of_others(part: Part, goods_vnd: int) -> dict[Account, int]:
    """Return what stands in the books of a sale that is not the seller's, and who owes it.

    Whoever collects keeps it from what is owed to her for goods; what that does not reach, since
    the buyer was let off some, and what goes to somebody else, is her debt.
    """
    seller = f"seller:{part.seller_id}"
    found: dict[Account, int] = {}
    left_vnd = goods_vnd
    for kind, to, kept_vnd in (
        ("tax_withheld", part.collector, part.tax_vnd - part.tax_back_vnd),
        ("commission", part.creditor, part.commission_vnd - part.commission_back_vnd),
    ):
        if not kept_vnd:
            continue
        held_vnd = min(kept_vnd, left_vnd) if to == part.collector else 0
        left_vnd -= held_vnd
        found = _added(
            found,
            {
                Account(kind, to): -kept_vnd,
                Account("seller_payable", seller, part.collector): held_vnd,
                Account("seller_receivable", seller, to): kept_vnd - held_vnd,
            },
        )
    return found


def _added(some: Balances, more: Balances) -> dict[Account, int]:
    return {account: some.get(account, 0) + more.get(account, 0) for account in {**some, **more}}


def after(facts: Facts, cause: Cause) -> Facts:
    """Return the facts once something more happened."""
    if isinstance(cause, Moved | GoodsBack):
        if isinstance(facts, VoucherFacts):
            back_vnd = cause.off_vnd if isinstance(cause, GoodsBack) else 0
            return replace(
                facts, part=_part_after(facts.part, cause), back_vnd=facts.back_vnd + back_vnd
            )
        if isinstance(facts, CampaignFacts):
            back = cause.campaigns if isinstance(cause, GoodsBack) else ()
            return replace(
                facts, part=_part_after(facts.part, cause), sold=_less(facts.sold, back)
            )  # fmt: skip
        if isinstance(facts, CashFacts):
            return replace(facts, part=_part_after(facts.part, cause))
        return replace(facts, parts=tuple(_part_after(part, cause) for part in facts.parts))
    if isinstance(cause, Money):
        if not isinstance(facts, TransferFacts):
            raise TypeError(f"{cause} is not about cash.")
        credit_vnd = cause.amount_vnd if cause.by_credit else 0
        facts = replace(facts, elsewhere=_moved_elsewhere(facts.elsewhere, cause))
        if cause.kind == "received":
            return replace(
                facts, received_vnd=facts.received_vnd + cause.amount_vnd,
                credit_vnd=facts.credit_vnd + credit_vnd,
            )  # fmt: skip
        given, over = dict(cause.by_part), dict(cause.over)
        let_off, ahead = dict(cause.let_off), dict(cause.ahead)
        return replace(
            facts,
            refunded_vnd=facts.refunded_vnd + cause.amount_vnd,
            credit_vnd=facts.credit_vnd - credit_vnd,
            from_bank_vnd=facts.from_bank_vnd + _left(cause, LeftFrom.BANK),
            lost_vnd=facts.lost_vnd + _left(cause, LeftFrom.LOST),
            parts=tuple(
                replace(
                    part,
                    given_back_vnd=part.given_back_vnd + given.get(part.id, 0),
                    over_vnd=part.over_vnd + over.get(part.id, 0),
                    let_off_vnd=part.let_off_vnd + let_off.get(part.id, 0),
                    ahead_vnd=part.ahead_vnd + ahead.get(part.id, 0),
                    units_given=part.units_given
                    + tuple(units for one, units in cause.units if one == part.id),
                )
                for part in facts.parts
            ),
        )
    if not isinstance(facts, CashFacts):
        raise TypeError(f"{cause} is about cash.")
    return _cash_after(facts, cause)


def _less(sold: Sequence[ForCampaign], back: Sequence[ForCampaign]) -> tuple[ForCampaign, ...]:
    less = {one.campaign_id: one for one in back}
    return tuple(
        replace(
            one, goods_vnd=one.goods_vnd - off.goods_vnd, share_vnd=one.share_vnd - off.share_vnd,
            commission_vnd=one.commission_vnd - off.commission_vnd,
        )
        if (off := less.get(one.campaign_id))
        else one
        for one in sold
    )  # fmt: skip


def _part_after(part: Part, cause: Moved | GoodsBack) -> Part:
    if part.id != cause.part_id:
        return part
    if isinstance(cause, Moved):
        return replace(part, stage=stage_of(cause.state))
    return replace(
        part,
        goods_back_vnd=part.goods_back_vnd + cause.goods_vnd,
        delivery_back_vnd=part.delivery_back_vnd + cause.delivery_vnd,
        commission_back_vnd=part.commission_back_vnd + cause.commission_vnd,
        tax_back_vnd=part.tax_back_vnd + cause.tax_vnd,
        units_back=part.units_back + cause.units,
    )


def _cash_after(facts: CashFacts, cause: CashStep) -> CashFacts:
    if cause.about == About.RETURN_FEE:
        return replace(
            facts, return_fee_vnd=facts.return_fee_vnd + cause.fee_vnd, carrier=cause.carrier,
            fee_bearer=cause.fee_bearer, payee_id=cause.payee_id, collector=cause.collector,
        )  # fmt: skip
    if cause.from_state == cause.to_state and not cause.about:
        credited_vnd = -cause.amount_vnd if cause.by_credit else 0
        till_vnd = -cause.amount_vnd if cause.payee_id is not None else 0
        return replace(
            facts, refunded_vnd=facts.refunded_vnd - cause.amount_vnd,
            credited_vnd=facts.credited_vnd + credited_vnd,
            collector_gave_vnd=facts.collector_gave_vnd + till_vnd,
            part=replace(
                facts.part, let_off_vnd=facts.part.let_off_vnd + cause.let_off_vnd,
                ahead_vnd=facts.part.ahead_vnd + cause.ahead_vnd,
                units_given=facts.part.units_given + cause.units,
            ),
        )  # fmt: skip
    facts = replace(
        facts,
        counted_vnd=facts.counted_vnd + cause.amount_vnd,
        fee_vnd=facts.fee_vnd + cause.fee_vnd,
        off_vnd=facts.off_vnd + cause.off_vnd,
    )
    if cause.about:
        amends_vnd = cause.amount_vnd if cause.about == About.AMENDS else 0
        return replace(
            facts, afterwards=_later(facts.afterwards, cause),
            amends_vnd=facts.amends_vnd + amends_vnd,
        )  # fmt: skip
    takers = {
        CashState.WITH_CARRIER: "carrier", CashState.WITH_SELLER: "seller",
        CashState.PROMISED: "",  # Nobody took it after all.
    }  # fmt: skip
    return replace(
        facts,
        state=cause.to_state,
        taken_by=takers.get(CashState(cause.to_state), facts.taken_by),
        carrier=cause.carrier or facts.carrier,
        payee_id=cause.payee_id,
        collector=cause.collector,
        afterwards=(),
        gone=cause.gone and cause.to_state == CashState.WRITTEN_OFF,
    )


def told(facts: Facts, causes: Iterable[Cause]) -> Facts:
    """Return the facts once all of this happened."""
    for cause in causes:
        facts = after(facts, cause)
    return facts


def _left(cause: Money, place: LeftFrom) -> int:
    return cause.amount_vnd if cause.left_from == place else 0


def with_foreign(legs: Iterable[Leg], facts: Facts, cause: Cause) -> list[Leg]:
    """Return the legs of a cause; where the money lies it stands in its own currency too."""
    if not isinstance(cause, Money) or not isinstance(facts, TransferFacts) or not cause.currency:
        return list(legs)
    sign = 1 if cause.kind == "received" else -1
    return [
        replace(leg, currency=cause.currency, amount_minor=sign * (cause.amount_minor or 0))
        if leg.account == facts.clearing
        else leg
        for leg in legs
    ]


_WORDS = {Stage.WAITING: "agreed", Stage.NOT_ASKED: "not_asked"}


def counts_at(cause: Cause) -> datetime:
    """Return of which moment a cause is: an arrival that is taken back is none, in no period.

    Its opposite is of the moment of the tap, so that a statement, a month or a period of tax has
    both or neither.
    """
    arrived_at = cause.arrived_at if isinstance(cause, Moved | CashStep) else None
    return arrived_at or cause.at


def kind_of(cause: Cause) -> str:
    """Return the word under which a cause stands in the books."""
    if isinstance(cause, Moved):
        if cause.undoes:
            return "step_undone"
        stage = stage_of(cause.state)
        return cause.state if stage == Stage.NOTHING else _WORDS.get(stage, "sold")
    if isinstance(cause, GoodsBack):
        return "goods_back_undone" if cause.undoes else "goods_back"
    if isinstance(cause, Money | CashStep) and cause.by_credit:
        return (
            "credit_spent" if isinstance(cause, Money) and cause.kind == "received" else "credited"
        )
    if isinstance(cause, Money):
        names = ("received", "received_undone", "refunded", "refunded_undone")
        return names[(cause.kind != "received") * 2 + (cause.amount_vnd < 0)]
    if cause.about:
        # A wrong tap on it is the opposite step.
        undone = cause.amount_vnd + cause.fee_vnd + cause.off_vnd < 0
        if cause.about == About.SENT_BACK:
            undone = cause.amount_vnd > 0
        return f"cash_{cause.about}_undone" if undone else f"cash_{cause.about}"
    if cause.from_state == cause.to_state:
        return "cash_refunded" if cause.amount_vnd < 0 else "cash_refunded_undone"
    undone = cause.from_state in (CashState.REMITTED, CashState.WRITTEN_OFF)
    if undone or cause.to_state == CashState.PROMISED:
        return "cash_step_undone"
    return f"cash_{cause.to_state}"
