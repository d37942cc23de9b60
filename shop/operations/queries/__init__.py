"""Reads for the operator's and the officers' desk, by noun."""

from shop.operations.queries.complaints import (
    complaint,
    complaint_by_code,
    complaint_photo,
    complaint_words,
    complaints_page,
    complaints_to_erase,
    due_complaints,
    is_of_order,
    photo_count,
    steps_beside,
    to_go_on_from,
    was_sent,
)
from shop.operations.queries.money import transfers_page
from shop.operations.queries.orders import (
    OVER,
    order_id_of,
    order_is_open,
    orders_to_erase,
    steps_to_take_back,
)
from shop.operations.queries.overview import (
    health,
    jobs,
    officer_numbers,
    parked_page,
    pictures_page,
    stalls_to_call,
)
from shop.operations.queries.people import (
    accounts_page,
    payee_was_used,
    sellers_page,
    units_page,
)
from shop.operations.queries.trail import (
    audit_kinds,
    audit_page,
    codes_over,
    names_of_subjects,
)
from shop.web.lists import (
    Page,
)

__all__ = [
    "OVER",
    "Page",
    "accounts_page",
    "audit_kinds",
    "audit_page",
    "codes_over",
    "complaint",
    "complaint_by_code",
    "complaint_photo",
    "complaint_words",
    "complaints_page",
    "complaints_to_erase",
    "due_complaints",
    "health",
    "is_of_order",
    "jobs",
    "names_of_subjects",
    "officer_numbers",
    "order_id_of",
    "order_is_open",
    "orders_to_erase",
    "parked_page",
    "payee_was_used",
    "photo_count",
    "pictures_page",
    "sellers_page",
    "stalls_to_call",
    "steps_beside",
    "steps_to_take_back",
    "to_go_on_from",
    "transfers_page",
    "units_page",
    "was_sent",
]
