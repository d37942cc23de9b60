"""What must always be true between payments and the books. Each query returns no row while all is well."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import String, case, cast, exists, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import ColumnElement

from shop.ledger.models import LedgerAccount, LedgerEntry, LedgerTransaction
from shop.ordering.models import SellerOrder
from shop.ordering.rules import SellerOrderState as S
from shop.payments.gateways.models import (
    GatewayDispute,
    GatewayPayout,
    GatewayRefund,
    GatewayTask,
    GiftBack,
    GiftPass,
    GiftVisit,
)
from shop.payments.models import (
    CashMove,
    CodCollection,
    Credit,
    Payment,
    PaymentEvent,
    Refund,
    ToBook,
)
from shop.payments.queries.columns import still_with_carrier
from shop.payments.rules.books import LeftFrom
from shop.payments.rules.cash import AFTERWARDS, About, CashState
from shop.payments.rules.gateways import ONLINE
from shop.payments.rules.refunds import Way
from shop.sellers.models import Payee

#: Sums over all accounts say nothing while something waits to be posted.
_all_posted = ~select(ToBook.subject).exists()


def _owner(word: str, number: Any) -> ColumnElement[str]:
    return literal(word) + cast(number, String)


def _accounts_of(kind: str) -> Any:
    """Return what accounts of a kind hold by themselves.

    What people corrected, and tax that was paid on, stands beside it.
    """
    return _without(("correction:%", "tax_payment:%"), kind)


#: What moves money of a bank account beside payments; each has a check of its own: payouts, debts
#: that were paid, tax that was paid on, and what was a fund's and became sellers', or the other way
#: round.
_BESIDE_PAYMENTS = (
    "payout:%", "debt_paid:%", "voucher:%", "campaign:%", "fund_transfer:%", "tax_payment:%",
)  # fmt: skip


def _banks_of_payments() -> Any:
    """Return what banks would hold by payments alone."""
    return _without(_BESIDE_PAYMENTS, "bank")


def _without(subjects: Sequence[str], kind: str) -> Any:
    left = (
        select(LedgerEntry.account_id, func.sum(LedgerEntry.amount_vnd).label("vnd"))
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(or_(*(LedgerTransaction.subject.like(some) for some in subjects)))
        .group_by(LedgerEntry.account_id)
        .subquery()
    )
    return (
        select(
            LedgerAccount.owner,
            func.sum(LedgerAccount.balance_vnd - func.coalesce(left.c.vnd, 0)).label("vnd"),
        )
        .outerjoin(left, left.c.account_id == LedgerAccount.id)
        .where(LedgerAccount.kind == kind)
        .group_by(LedgerAccount.owner)
        .subquery()
    )


def _differs(stored: Any, kind: str, books: Any = None) -> Any:
    """Return owners whose accounts of a kind do not hold what was stored (owner, vnd)."""
    books = _accounts_of(kind) if books is None else books
    return (
        select(
            func.coalesce(stored.c.owner, books.c.owner).label("owner"),
            func.coalesce(stored.c.vnd, 0).label("stored_vnd"),
            func.coalesce(books.c.vnd, 0).label("booked_vnd"),
        )
        .select_from(stored)
        .join(books, books.c.owner == stored.c.owner, full=True)
        .where(_all_posted, func.coalesce(stored.c.vnd, 0) != func.coalesce(books.c.vnd, 0))
    )


def _cash(amount: Any, *where: Any) -> Any:
    owner = _owner("seller:", SellerOrder.seller_id)
    return (
        select(owner.label("owner"), func.sum(amount).label("vnd"))
        .join(SellerOrder, SellerOrder.id == CodCollection.seller_order_id)
        .where(*where)
        .group_by(owner)
        .subquery()
    )


#: What reached somebody of a parcel's cash, less what its way back cost.
_reached_vnd = CodCollection.received_vnd - CodCollection.return_fee_vnd
#: What came after the first part, or went back to the carrier, may lie elsewhere than that.
_stepped_on = aliased(CashMove)
_is_afterwards = (CashMove.about.in_(AFTERWARDS)) & ~(
    exists()
    .where(
        _stepped_on.seller_order_id == CashMove.seller_order_id, _stepped_on.id > CashMove.id,
        _stepped_on.from_state != _stepped_on.to_state,
    )
    .correlate(CashMove)
)  # fmt: skip


def _afterwards(*where: Any) -> Any:
    """Return it of one parcel, beside ``CodCollection``."""
    return (
        select(func.coalesce(func.sum(CashMove.amount_vnd), 0))
        .where(
            CashMove.seller_order_id == CodCollection.seller_order_id, _is_afterwards, *where
        )
        .correlate(CodCollection)
        .scalar_subquery()
    )  # fmt: skip


_elsewhere_vnd = case((PaymentEvent.kind == "received", 1), else_=-1) * PaymentEvent.amount_vnd
_is_elsewhere = PaymentEvent.payee_id.is_not(None)
_into_banks = union_all(
    # What came to an owner's other account lies there and not where the buyer was to pay.
    select(PaymentEvent.payee_id, _elsewhere_vnd.label("vnd")).where(_is_elsewhere),
    select(Payment.payee_id, (-_elsewhere_vnd).label("vnd"))
    .join(Payment, Payment.id == PaymentEvent.payment_id)
    .where(_is_elsewhere),
    select(
        Payment.payee_id,
        (Payment.received_vnd - Payment.refunded_vnd - Payment.credit_vnd).label("vnd"),
    ).where(
        or_(Payment.received_vnd > 0, Payment.refunded_vnd > 0), Payment.method.not_in(ONLINE)
    ),
    select(GatewayPayout.payee_id, GatewayPayout.bank_vnd.label("vnd")).where(
        GatewayPayout.failed_at.is_(None)
    ),
    select(Payment.payee_id, (-PaymentEvent.amount_vnd).label("vnd"))
    .join(PaymentEvent, PaymentEvent.payment_id == Payment.id)
    .where(PaymentEvent.left_from == LeftFrom.BANK),
    select(GiftPass.from_payee_id, (-GiftPass.amount_vnd).label("vnd")).where(
        GiftPass.state == "sent"
    ),
    select(CodCollection.payee_id, (_reached_vnd - _afterwards()).label("vnd")).where(
        CodCollection.payee_id.is_not(None)
    ),
    select(CashMove.payee_id, CashMove.amount_vnd.label("vnd")).where(
        CashMove.payee_id.is_not(None), _is_afterwards
    ),
).subquery()  # fmt: skip
_transferred = (
    select(
        _owner("payee:", _into_banks.c.payee_id).label("owner"),
        func.sum(_into_banks.c.vnd).label("vnd"),
    )
    .group_by(_into_banks.c.payee_id)
    .subquery()
)
_at_carriers = (
    select(
        _owner("seller:", SellerOrder.seller_id).label("owner"),
        CodCollection.carrier.label("carrier"),
        func.sum(still_with_carrier()).label("vnd"),
    )
    .join(SellerOrder, SellerOrder.id == CodCollection.seller_order_id)
    .where(CodCollection.taken_by == "carrier")
    .group_by(SellerOrder.seller_id, CodCollection.carrier)
    .subquery()
)


_amends = (
    select(
        _owner("seller:", SellerOrder.seller_id).label("owner"),
        (-func.sum(CashMove.amount_vnd)).label("vnd"),
    )
    .join(SellerOrder, SellerOrder.id == CashMove.seller_order_id)
    .where(CashMove.about == About.AMENDS)
    .group_by(SellerOrder.seller_id)
    .subquery()
)


def _at_each_carrier() -> Any:
    """Return carriers' accounts that do not hold what their parcels' cash still comes to."""
    books = (
        select(LedgerAccount.owner, LedgerAccount.detail, LedgerAccount.balance_vnd)
        .where(LedgerAccount.kind == "carrier_cod")
        .subquery()
    )
    stored = func.coalesce(_at_carriers.c.vnd, 0)
    booked = func.coalesce(books.c.balance_vnd, 0)
    return (
        select(
            func.coalesce(_at_carriers.c.owner, books.c.owner).label("owner"),
            func.coalesce(_at_carriers.c.carrier, books.c.detail).label("carrier"),
            stored.label("stored_vnd"),
            booked.label("booked_vnd"),
        )
        .select_from(_at_carriers)
        .join(
            books,
            (books.c.owner == _at_carriers.c.owner) & (books.c.detail == _at_carriers.c.carrier),
            full=True,
        )
        .where(_all_posted, stored != booked)
    )


_SOLD = SellerOrder.state.in_((S.DELIVERED, S.COMPLETED, S.RETURNED))


def _kept(organisation_id: Any, kept: Any, *where: Any) -> Any:
    """Return what organisations keep of goods that arrived, as agreed at each sale."""
    owner = _owner("organisation:", organisation_id)
    return (
        select(owner.label("owner"), (-func.sum(kept)).label("vnd"))
        .select_from(SellerOrder)
        .outerjoin(Payee, Payee.id == SellerOrder.payee_id)
        .where(_SOLD, *where)
        .group_by(owner)
        .subquery()
    )


def _of_units(*rows: Any) -> Any:
    """Return selects of (organisation, vnd) as (owner, vnd), each owner once."""
    every = union_all(*rows).subquery()
    owner = _owner("organisation:", every.c.unit)
    return (
        select(owner.label("owner"), func.sum(every.c.vnd).label("vnd"))
        .group_by(every.c.unit)
        .subquery()
    )


def _disputed(amount: Any, *where: Any) -> Any:
    return (
        select(Payee.organisation_id.label("unit"), amount.label("vnd"))
        .select_from(GatewayDispute)
        .join(Payment, Payment.id == GatewayDispute.payment_id)
        .join(Payee, Payee.id == Payment.payee_id)
        .where(*where)
    )


def _otherwise(amount: Any, *places: LeftFrom) -> Any:
    """Return what a card paid and went back otherwise than to the card."""
    return (
        select(Payee.organisation_id.label("unit"), amount.label("vnd"))
        .select_from(PaymentEvent)
        .join(Payment, Payment.id == PaymentEvent.payment_id)
        .join(Payee, Payee.id == Payment.payee_id)
        .where(PaymentEvent.left_from.in_(places))
    )


def _cleared(amount: Any) -> Any:
    return select(GatewayPayout.organisation_id.label("unit"), amount.label("vnd"))


def _given_up(amount: Any) -> Any:
    """What people wrote off that left a gateway beyond what came."""
    return (
        select(Payee.organisation_id.label("unit"), amount.label("vnd"))
        .select_from(GatewayTask)
        .join(Payment, Payment.id == GatewayTask.payment_id)
        .join(Payee, Payee.id == Payment.payee_id)
        .where(GatewayTask.lost_vnd != 0)
    )


def _of_gifts(amount: Any, *where: Any) -> Any:
    """Return what gifts by card brought, by the organisation that owns the account there."""
    return (
        select(Payee.organisation_id.label("unit"), amount.label("vnd"))
        .select_from(GiftVisit)
        .join(Payee, Payee.id == GiftVisit.payee_id)
        .where(GiftVisit.state == "paid", *where)
    )


def _gifts_back(amount: Any, *where: Any) -> Any:
    """Return what went back to the cards that gave."""
    return (
        select(Payee.organisation_id.label("unit"), amount.label("vnd"))
        .select_from(GiftBack)
        .join(GiftVisit, GiftVisit.id == GiftBack.visit_id)
        .join(Payee, Payee.id == GiftVisit.payee_id)
        .where(*where)
    )


_at_gateways = _of_units(
    select(
        Payee.organisation_id.label("unit"),
        (Payment.received_vnd - Payment.refunded_vnd - Payment.credit_vnd).label("vnd"),
    )
    .join(Payee, Payee.id == Payment.payee_id)
    .where(Payment.method.in_(ONLINE)),
    _otherwise(PaymentEvent.amount_vnd, LeftFrom.BANK, LeftFrom.LOST),
    _cleared(
        -case((GatewayPayout.failed_at.is_(None), GatewayPayout.bank_vnd), else_=0)
        - GatewayPayout.fees_vnd
    ),
    _disputed(
        -GatewayDispute.fee_vnd
        - case((GatewayDispute.state == "won", 0), else_=GatewayDispute.taken_vnd)
    ),
    _given_up(-GatewayTask.lost_vnd),
    _of_gifts(GiftVisit.amount_vnd),
    _gifts_back(-GiftBack.amount_vnd, GiftBack.taken),
    _gifts_back(-GiftBack.fee_vnd),
)
_gateways_kept = _of_units(
    _cleared(GatewayPayout.fees_vnd), _disputed(GatewayDispute.fee_vnd),
    _gifts_back(GiftBack.fee_vnd),
)  # fmt: skip

#: How a refund stands of which a gateway says this.
_AS_TOLD = {
    "intended": ("sent",), "pending": ("sent",), "succeeded": ("done",),
    "failed": ("failed", "taken_back"),
}  # fmt: skip


def _as_gateways_say() -> Any:
    """Return refunds to cards that are not each what their gateway was asked for and says of it."""
    promised = (
        select(
            Refund.id, _owner("refund:", Refund.id).label("key"), Refund.state, Refund.amount_vnd
        )
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Refund.way == Way.CARD, Refund.reason != "before", Payment.method.in_(ONLINE))
        .subquery()
    )
    fits = or_(
        *(
            (GatewayRefund.state == told) & promised.c.state.in_(stands)
            for told, stands in _AS_TOLD.items()
        )
    )
    return (
        select(promised.c.id, promised.c.state, GatewayRefund.key, GatewayRefund.state)
        .select_from(promised)
        .join(GatewayRefund, GatewayRefund.key == promised.c.key, full=True)
        .where(
            or_(
                promised.c.id.is_(None),
                GatewayRefund.id.is_(None),
                promised.c.amount_vnd != GatewayRefund.amount_vnd,
                ~fits,
            )
        )
    )


_credit_owner = func.coalesce(
    _owner("seller:", Credit.seller_id), _owner("organisation:", Credit.organisation_id)
)
_left_of_credits = (
    select(_credit_owner.label("owner"), (-func.sum(Credit.left_vnd)).label("vnd"))
    .group_by(Credit.seller_id, Credit.organisation_id)
    .subquery()
)

#: Each returns no row while all is well (QUALITY §2).
INVARIANTS: dict[str, Any] = {
    "I7 a bank account holds what payments say": _differs(
        _transferred, "bank", _banks_of_payments()
    ),
    "I7 what gateways have is what came by them less what went back and was paid out": _differs(
        _at_gateways, "card_clearing"
    ),
    "a refund to a card is what its gateway says of its one charge": _as_gateways_say(),
    "I7 gateways' fees are what they kept": _differs(_gateways_kept, "card_fees"),
    "I7 money in dispute is what was taken and not decided": _differs(
        _of_units(_disputed(GatewayDispute.taken_vnd, GatewayDispute.state == "open")),
        "card_disputed",
    ),
    "I7 lost disputes are what was taken": _differs(
        _of_units(
            _disputed(GatewayDispute.taken_vnd, GatewayDispute.state == "lost"),
            _otherwise(-PaymentEvent.amount_vnd, LeftFrom.LOST),
            _given_up(GatewayTask.lost_vnd),
            _gifts_back(GiftBack.lost_vnd),
        ),
        "card_lost",
    ),
    "I7 the cash of a seller is what was counted less what went back": _differs(
        _cash(
            case((CodCollection.payee_id.is_(None), _reached_vnd - _afterwards()), else_=0)
            + _afterwards(CashMove.payee_id.is_(None))
            - CodCollection.refunded_vnd
            + CodCollection.credited_vnd
        ),
        "seller_cash",
    ),
    "I7 cash with carriers is what they took": _at_each_carrier(),
    "I7 what carriers paid for lost goods is what was counted of it": _differs(_amends, "amends"),
    "I7 cash with sellers is what they took": _differs(
        _cash(CodCollection.taken_vnd, CodCollection.state == CashState.WITH_SELLER),
        "cash_with_seller",
    ),
    "what is left of credits is what the books owe for them": _differs(_left_of_credits, "credit"),
    "I8 commission is what was agreed at each sale, less what came back": _differs(
        _kept(
            SellerOrder.commission_organisation_id,
            SellerOrder.commission_vnd - SellerOrder.returned_commission_vnd,
            SellerOrder.commission_vnd > 0,
        ),
        "commission",
    ),
    "I8 tax withheld is what was agreed at each sale, less what came back": _differs(
        _kept(
            Payee.organisation_id,
            SellerOrder.tax_vat_vnd
            + SellerOrder.tax_pit_vnd
            - SellerOrder.returned_vat_vnd
            - SellerOrder.returned_pit_vnd,
            SellerOrder.tax_vat_vnd + SellerOrder.tax_pit_vnd > 0,
        ),
        "tax_withheld",
    ),
}
