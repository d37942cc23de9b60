"""A carrier paid for some parcels, and for one of them less than it took: the file waits for a word."""

from datetime import datetime, timedelta
from types import SimpleNamespace

from sqlalchemy import select

from shop.db import transaction
from shop.demo.orders import CARRIER
from shop.demo.people import ACTOR
from shop.fulfilment.models import HandOver
from shop.media.sheets import tables_in
from shop.ordering.models import SellerOrder
from shop.payments.models import CodCollection
from shop.remittances.actions.files import keep_file, store_file

#: So much less than it took for the first parcel, beyond its fee.
SHORT_VND, FEE_VND = 10_000, 5_500


def load_remittance(seller_id: int, now: datetime) -> None:
    """Store one file of a maker's carrier, with a difference; none when nothing is with it."""
    by = {"actor_id": None, "actor_name": ACTOR, "now": now - timedelta(hours=4)}
    with transaction() as session:
        parcels = session.execute(
            select(HandOver.tracking_code, CodCollection.taken_vnd)
            .join(SellerOrder, SellerOrder.id == HandOver.seller_order_id)
            .join(CodCollection, CodCollection.seller_order_id == SellerOrder.id)
            .where(
                SellerOrder.seller_id == seller_id, HandOver.tracking_code != "",
                CodCollection.state == "with_carrier",
            )
            .order_by(HandOver.id)
            .limit(3)
        ).all()  # fmt: skip
        if not parcels:
            return
        lines = ["Mã đơn KH;Mã phiếu gửi;COD;Phí dịch vụ;Thanh toán;Ngày đối soát;Số phiếu"]
        for n, parcel in enumerate(parcels):
            paid = parcel.taken_vnd - FEE_VND - (SHORT_VND if n == 0 else 0)
            day = (now - timedelta(days=1)).strftime("%d/%m/%Y 09:30")
            lines.append(
                f";{parcel.tracking_code};{parcel.taken_vnd};{FEE_VND};{paid};{day};MAU-01"
            )
        content = "\r\n".join(lines).encode("utf-8-sig")
        file_id = keep_file(
            session, owner=SimpleNamespace(seller_id=seller_id, organisation_id=None),
            carrier=CARRIER, payee_id=None, content=content, tables=list(tables_in(content)), **by,
        )  # fmt: skip
        store_file(session, file_id=file_id, **by)
