"""The letters of each piece of news: who gets one, from which template, with which facts."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.accounts import events as accounts
from shop.accounts.models import Account, SignIn
from shop.accounts.queries import link_token as password_token
from shop.audit.models import AuditEntry
from shop.banking.models import BankNotice
from shop.current import current_settings, vault
from shop.fulfilment.events import HandOverCorrected
from shop.fulfilment.queries import last_hand_overs, undone_hand_over
from shop.fundraising.queries.gifts import gifts_of_order
from shop.kernel.clock import vietnam_date
from shop.kernel.errors import NotYours
from shop.markets.rules.sessions import LEAST
from shop.notifications.actions import mail_went_out
from shop.notifications.mailing import Letter, write
from shop.notifications.queries import (
    Reader,
    reader_of_account,
    readers_of_seller,
    readers_with_right,
)
from shop.notifications.rules import STEPS_AT_A_MARKET, is_told_to_buyer, notice_of_move
from shop.operations.models import Complaint
from shop.operations.queries import complaint_words
from shop.ordering.events import GoodsCameBack, GoodsPutOff, OrderPlaced, SellerOrderMoved
from shop.ordering.queries import OrderPage, PartView, link_token, order_page, returns_of
from shop.ordering.rules import STALL_BACK, TAKEN_BACK, without_wrong_taps, wrong_taps
from shop.organisations.models import Organisation
from shop.payments.events import CashRefunded
from shop.payments.gateways.tasks import task_in
from shop.payments.models import Payment
from shop.payments.queries import (
    RefundView,
    TransferView,
    order_id_of,
    refund_view,
    standings,
    transfers_of,
)
from shop.payments.rules.amounts import missing_vnd
from shop.payments.rules.refunds import Way
from shop.payouts.models import Payout
from shop.payouts.queries.statements import statement_row
from shop.sellers.models import Payee, Seller
from shop.web.words import speaking


def operator() -> Reader:
    """The help desk's mailbox, from the settings."""
    settings = current_settings()
    return Reader("operator", settings.operator_person, settings.operator_email, "vi")


def link(address: str, locale: str) -> str:
    """Return the whole address of a path in a reader's language."""
    from shop.web.links import absolute

    with speaking(locale):
        return absolute(address)


def buyer_of(page: OrderPage) -> Reader | None:
    """Return the buyer, when she left a mail address."""
    if not page.contact.email:
        return None
    return Reader(
        "buyer", page.contact.name, page.contact.email, page.order.locale,
        order_code=page.order.code,
    )  # fmt: skip


def private_link(page: OrderPage) -> str:
    return link(f"/d/{link_token(page.order)}", page.order.locale)


def of_order(session: Session, event: OrderPlaced, now: datetime) -> list[Letter]:
    """To the buyer, the whole order with her private link; to each stall, its part."""
    page = order_page(session, event.order_id)
    if page is None:
        return []
    letters = []
    transfers = _by_payee(session, page)
    buyer = buyer_of(page)
    if buyer is not None:
        letters.append(
            write(
                "order_placed", f"order-placed:{event.order_id}", buyer, page=page,
                transfers=[one for one in transfers.values() if _is_asked(one)],
                gifts=gifts_of_order(session, event.order_id, vietnam_date(now))
                if page.order.gift_vnd
                else [],
                address=private_link(page),
            )
        )  # fmt: skip
    for part in page.parts:
        if part.row.on_the_spot:  # She wrote it down as she handed it over.
            continue
        for reader in readers_of_seller(session, part.row.seller_id, now):
            letters.append(
                write(
                    "order_new", f"order-new:{part.row.id}", reader, page=page, part=part,
                    transfer=_pays(transfers, part),
                    address=link(f"/ban-hang/don/{part.row.id}", reader.locale),
                )
            )  # fmt: skip
    return letters


def of_move(session: Session, event: SellerOrderMoved, now: datetime) -> list[Letter]:
    """To the buyer, how far her part is; to the stall, what others did to it."""
    page = order_page(session, event.order_id)
    part = (
        next((p for p in page.parts if p.row.id == event.seller_order_id), None) if page else None
    )
    if page is None or part is None:
        return []
    letters = []
    transfer = _pays(_by_payee(session, page), part)
    buyer = buyer_of(page)
    move = next((m for m in part.moves if m.id == event.move_id), None)
    fell = move is not None and move.note == LEAST
    at_market = part.row.market_pickup_id is not None and (
        event.to_state in STEPS_AT_A_MARKET or (event.from_state, event.to_state) in STALL_BACK
    )
    if (
        buyer is not None
        and is_told_to_buyer(event.to_state)
        and event.from_state
        and not at_market
        and _is_news(session, part, event.move_id, now)
    ):
        letters.append(
            write(
                "order_moved", f"move:{event.move_id}", buyer, page=page, part=part,
                state=event.to_state, actor=event.actor_kind, note=_words_of(move),
                transfer=transfer if transfer is not None and _is_asked(transfer) else None,
                unit=transfer if transfer is not None and transfer.organisation_vi else None,
                was_wrong=(event.from_state, event.to_state) in TAKEN_BACK, fell=fell,
                again=event.from_state == "cancelled",
                hand_over=last_hand_overs(session, [part.row.id]).get(part.row.id),
                undone=undone_hand_over(session, part.row.id, move.at) if move else None,
                address=private_link(page),
            )
        )  # fmt: skip
    kind = notice_of_move(event.to_state, event.actor_kind)
    if kind is not None and event.from_state and not fell:
        for reader in readers_of_seller(session, event.seller_id, now):
            letters.append(
                write(
                    "order_news", f"news:{event.move_id}", reader, page=page, part=part,
                    kind=kind, transfer=transfer, note=_words_of(move),
                    address=link(f"/ban-hang/don/{part.row.id}", reader.locale),
                )
            )  # fmt: skip
    return letters


def _is_news(session: Session, part: PartView, move_id: int, now: datetime) -> bool:
    """Tell whether a buyer is to read of a move: of a wrong tap only that it was one, if she read of it.

    A letter that could not go out before the tap was taken back is written no more.

    Raises:
        OutsideFailure: the letter of the wrong tap goes out this very moment.
    """
    for wrong, back in wrong_taps(part.moves):
        if move_id == wrong.id:
            return False
        if move_id == back.id:
            return _was_told(session, wrong.id, now)
    return True


def _was_told(
    session: Session, move_id: int, now: datetime, before: datetime | None = None
) -> bool:
    return mail_went_out(session, key=f"move:{move_id}:buyer", now=now, before=before)


def of_corrected(session: Session, event: HandOverCorrected, now: datetime) -> list[Letter]:
    """To the buyer: her parcel is followed elsewhere than she was told; nothing if she was not before.

    She reads how it is followed now: what was put right since may be nothing that a letter tells.
    """
    page, part = _part_of(session, event.order_id, event.seller_order_id)
    buyer = buyer_of(page) if page is not None else None
    if page is None or part is None or buyer is None or part.row.state != "handed_over":
        return []
    parcel = last_hand_overs(session, [part.row.id]).get(part.row.id)
    left, said_at = without_wrong_taps(part.moves)[-1], datetime.fromisoformat(event.at)
    if parcel is None or not _was_told(session, left.id, now, before=said_at):
        return []
    return [
        write(
            "parcel_corrected", f"hand-over:{parcel.id}", buyer, page=page, part=part,
            hand_over=parcel, address=private_link(page),
        )
    ]  # fmt: skip


def _by_payee(session: Session, page: OrderPage) -> dict[int, TransferView]:
    return {transfer.payee_id: transfer for transfer in transfers_of(session, page.order.id)}


def _pays(transfers: dict[int, TransferView], part: PartView) -> TransferView | None:
    """Return the transfer that pays for a part, None when it is paid otherwise."""
    return transfers.get(part.row.payee_id) if part.row.method == "transfer" else None


def _is_asked(transfer: TransferView) -> bool:
    """Tell whether something of a transfer is still to come."""
    return transfer.missing_vnd > 0 and transfer.expired_at is None


def _words_of(move: Any) -> str:
    """What a person wrote beside a move; the clock only leaves a mark."""
    return move.note if move is not None and move.actor_kind != "system" else ""


def of_return(session: Session, event: GoodsCameBack) -> list[Letter]:
    """To the buyer: which of her goods came back, and what she owes less. Once all is back, the move tells."""
    page, part = _part_of(session, event.order_id, event.seller_order_id)
    buyer = buyer_of(page) if page is not None else None
    if page is None or part is None or buyer is None or event.is_whole:
        return []
    back = next(r for r in returns_of(session, part.row.id) if r.row.id == event.return_id)
    money = standings(session, [part.row.id]).get(part.row.id)
    return [
        write(
            "goods_returned", f"return:{event.return_id}", buyer, page=page, part=part, back=back,
            money=money, address=private_link(page),
        )
    ]  # fmt: skip


def of_put_off(session: Session, event: GoodsPutOff) -> list[Letter]:
    """To the buyer: what she ordered ahead comes later, why, and that she may cancel."""
    page, part = _part_of(session, event.order_id, event.seller_order_id)
    buyer = buyer_of(page) if page is not None else None
    if page is None or part is None or buyer is None:
        return []
    return [
        write(
            "goods_put_off", f"put-off:{part.row.id}:{event.variant_id}:{event.at}", buyer, page=page,
            part=part, ready_on=date.fromisoformat(event.ready_on), reason=event.reason,
            lines=[line for line in part.lines if line.waits_until], address=private_link(page),
        )
    ]  # fmt: skip


def _part_of(
    session: Session, order_id: int, seller_order_id: int
) -> tuple[OrderPage | None, PartView | None]:
    page = order_page(session, order_id)
    parts = page.parts if page is not None else []
    return page, next((p for p in parts if p.row.id == seller_order_id), None)


def of_cash(session: Session, event: CashRefunded) -> list[Letter]:
    """To the buyer: cash that she paid at the door went back to her, or that note was wrong."""
    page, part = _part_of(session, event.order_id, event.seller_order_id)
    buyer = buyer_of(page) if page is not None else None
    if page is None or part is None or buyer is None:
        return []
    return [
        write(
            "payment_told", f"cash:{event.move_id}", buyer, page=page, holder=part.row.seller_person,
            amount_vnd=event.amount_vnd, kind="refunded", by_hand=True, address=private_link(page),
        )
    ]  # fmt: skip


def _payee_readers(session: Session, payee: Payee, now: datetime) -> list[Reader]:
    if payee.seller_id is not None:
        return readers_of_seller(session, payee.seller_id, now)
    return readers_with_right(session, "confirm_money_in", payee.organisation_id or 0, now)


def of_reported_payment(
    session: Session, payment_id: int, event_id: int, now: datetime
) -> list[Letter]:
    """To whoever owns the account: a buyer says that money is on its way."""
    payment = session.get(Payment, payment_id)
    payee = session.get(Payee, payment.payee_id) if payment is not None else None
    page = order_page(session, payment.order_id) if payment is not None else None
    if payment is None or payee is None or page is None:
        return []
    return [
        write(
            "payment_reported", f"paid-report:{event_id}", reader, page=page, payment=payment,
            payee=payee,
            address=link("/ban-hang" if payee.seller_id else "/dieu-hanh", reader.locale),
        )
        for reader in _payee_readers(session, payee, now)
    ]  # fmt: skip


def of_money(
    session: Session, payment_id: int, event_id: int, amount_vnd: int, kind: str
) -> list[Letter]:
    """To the buyer: money arrived, went back, was noted by mistake, or was looked for in vain.

    ``kind``: received, refunded, not_found, credit.
    """
    payment = session.get(Payment, payment_id)
    page = order_page(session, payment.order_id) if payment is not None else None
    payee = session.get(Payee, payment.payee_id) if payment is not None else None
    buyer = buyer_of(page) if page is not None else None
    if payment is None or page is None or payee is None or buyer is None:
        return []
    return [
        write(
            "payment_told", f"money:{event_id}", buyer, page=page, holder=payee.holder,
            amount_vnd=amount_vnd, kind=kind, by_hand=False, memo=payment.memo,
            missing_vnd=missing_vnd(payment.amount_vnd, payment.received_vnd, payment.refunded_vnd),
            address=private_link(page),
        )
    ]  # fmt: skip


def of_card_task(session: Session, task_id: int, now: datetime) -> list[Letter]:
    """To who keeps the organisation's money or books: something about cards needs a person.

    While nobody there has a mail address, the help desk hears of it.
    """
    row = task_in(session, None, task_id)
    if row.closed_at is not None:
        return []
    found: dict[str, Reader] = {}
    for right in ("confirm_money_in", "see_books"):
        for reader in readers_with_right(session, right, row.organisation_id or 0, now):
            found.setdefault(reader.key, reader)
    return [
        write(
            "card_task", f"card-task:{task_id}", reader, row=row,
            address=link(f"/dieu-hanh/tien-ve/the/{task_id}", reader.locale),
        )
        for reader in found.values() or [operator()]
    ]  # fmt: skip


def of_refund(session: Session, refund_id: int, kind: str, key: str) -> list[Letter]:
    """To the buyer: where should her money go, or: it goes to the account that she gave.

    ``kind``: asked, account.
    """
    refund, page = _refund_of(session, refund_id)
    buyer = buyer_of(page) if page is not None else None
    if (
        refund is None
        or page is None
        or buyer is None
        or refund.way not in (Way.BANK, Way.CAMPAIGN)
    ):
        return []
    if not refund.is_waiting or (kind == "asked") is (refund.account is not None):
        return []
    kind = "campaign" if refund.to_fund else kind
    return [
        write(
            "refund_told", key, buyer, page=page, refund=refund, kind=kind,
            address=private_link(page),
        )
    ]  # fmt: skip


def of_credit(session: Session, refund_id: int, key: str) -> list[Letter]:
    """To the buyer: she has a code now. The code itself stands on her order's page alone."""
    refund, page = _refund_of(session, refund_id)
    buyer = buyer_of(page) if page is not None else None
    if refund is None or page is None or buyer is None:
        return []
    return [
        write(
            "refund_told", key, buyer, page=page, refund=refund, kind="credit",
            address=private_link(page),
        )
    ]  # fmt: skip


def of_refund_to_send(
    session: Session, refund_id: int, key: str, now: datetime
) -> tuple[list[Letter], int | None]:
    """To whoever holds the money: the buyer said where it goes; and the stall's seller order."""
    refund, page = _refund_of(session, refund_id)
    if refund is None or page is None or refund.account is None or not refund.is_waiting:
        return [], None
    part_id = refund.seller_order_id
    if refund.payee_id is not None:
        payee = session.get_one(Payee, refund.payee_id)
        readers = _payee_readers(session, payee, now)
        mine = [p.row.id for p in page.parts if p.row.payee_id == payee.id]
        part_id = mine[0] if payee.seller_id is not None and mine else None
        at = f"/dieu-hanh/tien-ve/{refund.payment_id}"
    else:
        seller = next(p.row.seller_id for p in page.parts if p.row.id == part_id)
        readers, at = readers_of_seller(session, seller, now), ""
    if part_id is not None:
        at = f"/ban-hang/don/{part_id}"
    letters = [
        write(
            "refund_to_send", key, reader, page=page, refund=refund,
            address=link(at, reader.locale),
        )
        for reader in readers
    ]  # fmt: skip
    return letters, part_id


def _refund_of(session: Session, refund_id: int) -> tuple[RefundView | None, OrderPage | None]:
    try:
        refund = refund_view(session, refund_id)
    except NotYours:
        return None, None
    return refund, order_page(session, order_id_of(session, refund_id))


def of_password_link(session: Session, event: accounts.PasswordLinkAsked) -> list[Letter]:
    """To the owner of an address: the link that sets a password."""
    reader = reader_of_account(session, event.account_id)
    if reader is None:
        return []
    reader = Reader(reader.key, reader.name, reader.email, event.locale)
    address = link(f"/dat-mat-khau/{password_token(event.nonce)}", event.locale)
    return [write("password_link", f"password:{event.nonce}", reader, address=address)]


def of_new_device(session: Session, event: accounts.NewDeviceSignedIn) -> list[Letter]:
    reader = reader_of_account(session, event.account_id)
    row = session.get(SignIn, event.sign_in_id)
    if reader is None or row is None:
        return []
    return [
        write(
            "new_device", f"device:{event.sign_in_id}", reader, device=row.device,
            at=row.created_at, address=link("/tai-khoan/thiet-bi", reader.locale),
        )
    ]  # fmt: skip


def of_secret(session: Session, event: accounts.SecretChanged) -> list[Letter]:
    """To the owner of an account, at the address from before a change of contact as well."""
    entry = session.get(AuditEntry, event.audit_id)
    reader = reader_of_account(session, event.account_id)
    if entry is None:
        return []
    readers = [reader] if reader is not None else []
    earlier = _earlier_email(session, event)
    if earlier and (reader is None or reader.email != earlier):
        readers.append(Reader("earlier", reader.name if reader else "", earlier, "vi"))
    return [
        write(
            "secret_changed", f"secret:{event.audit_id}", each, what=event.what, at=entry.at,
            by="" if entry.actor_id == event.account_id else entry.actor_name,
            address=link("/quen-mat-khau", each.locale),
        )
        for each in readers
    ]  # fmt: skip


def _earlier_email(session: Session, event: accounts.SecretChanged) -> str | None:
    if not event.earlier_contact:
        return None
    key = session.scalar(select(Account.data_key).where(Account.id == event.account_id))
    if key is None:
        return None
    return vault().open(key, bytes.fromhex(event.earlier_contact)).get("email")


def of_bank_account(
    session: Session, payee_id: int, earlier_id: int, now: datetime
) -> list[Letter]:
    """To everybody who owns or watches an account that buyers pay into."""
    payee = session.get(Payee, payee_id)
    if payee is None:
        return []
    name: Any = (
        session.scalar(select(Seller.name_vi).where(Seller.id == payee.seller_id))
        if payee.seller_id is not None
        else session.scalar(
            select(Organisation.name_vi).where(Organisation.id == payee.organisation_id)
        )
    )
    return [
        write(
            "bank_account", f"bank:{payee_id}", reader, payee=payee, name=name,
            replaces=bool(earlier_id),
        )
        for reader in [*_payee_readers(session, payee, now), operator()]
    ]  # fmt: skip


def of_waiting_notice(session: Session, notice_id: int, now: datetime) -> list[Letter]:
    """To everybody who may say what money is for: it waits since yesterday."""
    row = session.get(BankNotice, notice_id)
    payee = session.get(Payee, row.payee_id) if row is not None else None
    if row is None or payee is None:
        return []
    where = "/ban-hang/ngan-hang" if payee.seller_id else "/dieu-hanh/tien-ve/ngan-hang"
    readers = (
        readers_of_seller(session, payee.seller_id, now)
        if payee.seller_id is not None
        else readers_with_right(session, "confirm_money_in", payee.organisation_id or 0, now)
    )
    return [
        write(
            "bank_waits", f"bank-waits:{notice_id}", reader, row=row, payee=payee,
            address=link(where, reader.locale),
        )
        for reader in readers
    ]  # fmt: skip


def of_payout(session: Session, payout_id: int, kind: str, now: datetime) -> list[Letter]:
    """To the people of a stall: the organisation paid it, or the bank sent that back."""
    row = session.get(Payout, payout_id)
    if row is None:
        return []
    statement = statement_row(session, row.statement_id)
    payee = session.get_one(Payee, row.payee_id)
    return [
        write(
            "payout", f"{kind}:{payout_id}", reader, row=row, statement=statement, payee=payee,
            failed=kind == "payout_failed",
            address=link(f"/ban-hang/quyet-toan/{row.statement_id}", reader.locale),
        )
        for reader in readers_of_seller(session, row.seller_id, now)
    ]  # fmt: skip


def of_complaint(session: Session, complaint_id: int, step: str) -> list[Letter]:
    """To whoever complained: receipt, answer, result; to the operator: that one came."""
    row = session.get(Complaint, complaint_id)
    if row is None:
        return []
    said = complaint_words(row)
    letters = []
    if said["email"]:
        reader = Reader("writer", said["name"], said["email"], row.locale)
        letters.append(
            write(
                "complaint", f"complaint:{complaint_id}:{step}:{_version(row, step)}", reader,
                row=row, step=step, address=link(f"/khieu-nai/{row.code}", row.locale),
            )
        )  # fmt: skip
    if step == "received":
        letters.append(
            write(
                "complaint_desk", f"complaint:{complaint_id}:desk", operator(), row=row,
                address=link(f"/dieu-hanh/khieu-nai/{row.id}", "vi"),
            )
        )  # fmt: skip
    return letters


def _version(row: Complaint, step: str) -> str:
    """Name an answer by its words, so that a second answer is a second mail."""
    import hashlib

    words = row.answer if step == "answered" else ""
    return hashlib.sha256(words.encode()).hexdigest()[:8]
