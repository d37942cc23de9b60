"""Those who can sign in to the demo. Names, phones and passwords are invented and public."""

from dataclasses import dataclass
from datetime import date, datetime

from shop.accounts.actions import create_account
from shop.db import transaction
from shop.kernel.phones import read_phone
from shop.organisations.actions import appoint
from shop.web.words import lazy_

ACTOR = "demo"


@dataclass(frozen=True)
class Person:
    """``who``: what they are here; ``path``: the page they start from."""

    key: str
    who: str
    name: str
    phone: str
    password: str
    path: str


SIGN_INS = (
    Person("seller", "Người bán", "Nguyễn Thị Mẫn", "0905 000 101", "rang-xay-thu-tu", "/ban-hang"),
    Person("blind", "Tổ đan", "Huỳnh Thị Lành", "0905 000 110", "dan-tre-bang-tay", "/ban-hang"),
    Person("helper", "Người làm giúp", "Đinh Thị Nhàn", "0905 000 120", "lam-giup-to-dan", "/ban-hang"),
    Person("officer", "Cán bộ Hội", "Võ Thị Hạnh", "0905 000 117", "can-bo-song-lanh", "/dieu-hanh"),
    Person("city", "Hội thành phố", "Lê Thị Thu Cúc", "0905 000 121", "hoi-thanh-pho-mau", "/dieu-hanh"),
    Person("operator", "Người điều hành", "Phan Thị Hảo", "0905 000 118", "mo-cua-cho-phien", "/dieu-hanh"),
    Person("buyer", "Khách có tài khoản", "Trần Minh Châu", "0900 000 101", "khach-quen-cua-cho", "/tai-khoan"),
)  # fmt: skip

#: The same words, so that they are gathered for translation.
_ROLES = (
    lazy_("Người bán"), lazy_("Tổ đan"), lazy_("Người làm giúp"), lazy_("Cán bộ Hội"), lazy_("Hội thành phố"), lazy_("Người điều hành"),
    lazy_("Khách có tài khoản"),
)  # fmt: skip


def e164(phone: str) -> str:
    """Return the international form of a demo phone."""
    found = read_phone(phone)
    if found is None:
        raise ValueError(f"{phone} is no phone number.")
    return found.e164


def load_people(units: dict[str, int], now: datetime) -> dict[str, int]:
    """Open the accounts and give the officer her office; return account ids by key."""
    people: dict[str, int] = {}
    for person in SIGN_INS:
        with transaction() as session:
            account = create_account(
                session, name=person.name, phone=e164(person.phone), email=f"{person.key}@example.com",
                password=person.password, operator=person.key == "operator",
                actor_id=None, actor_name=ACTOR, now=now,
            )  # fmt: skip
            people[person.key] = account.id
    with transaction() as session:
        commune, city = units["hoi-lhpn-xa-song-lanh"], units["hoi-lhpn-da-nang-mau"]
        for key, role, unit in (
            ("officer", "officer", commune), ("operator", "head", commune), ("city", "deputy", city),
        ):  # fmt: skip
            appoint(
                session, organisation_id=unit, account_id=people[key], role=role,
                starts_on=date(2025, 7, 1), actor_id=None, actor_name=ACTOR, now=now,
            )  # fmt: skip
    return people
