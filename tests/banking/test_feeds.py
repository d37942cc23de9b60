"""Messages of SePay and Casso prove themselves and are read; whatever else comes is refused."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest

from shop.banking.rules.feeds import (
    MOST_BYTES,
    SERVICES,
    Unreadable,
    fault_of,
    movements_of,
    read_message,
)

AT = 1788232831
NOW = datetime.fromtimestamp(AT, UTC)
SEPAY = (
    b'{"id":92704,"gateway":"Agribank","transactionDate":"2026-09-01 10:20:31",'
    b'"accountNumber":"4210205123456","subAccount":null,"code":null,'
    b'"content":"QS7K2M9P chuyen tien","transferType":"in","description":"QS7K2M9P chuyen tien",'
    b'"transferAmount":95000,"accumulated":1250000,"referenceCode":"FT26244123456"}'
)
SEPAY_SIGNED = {
    "X-SePay-Timestamp": str(AT),
    "X-SePay-Signature": "sha256=5579941f85343f8d5b81a34a1f20c3ee7798d4a53456a91cd0f57be7bd57418f",
}
CASSO = {
    "error": 0,
    "data": {
        "transactionDateTime": "2026-09-01 10:20:31", "id": 41, "reference": "FT26244123456",
        "description": "QS7K2M9P chuyển tiền", "amount": 95000, "runningBalance": 1250000,
        "accountNumber": "0000000000002", "bankName": "Agribank", "bankAbbreviation": "VBA",
        "virtualAccountNumber": "", "counterAccountName": "NGUYEN THI A",
    },
}  # fmt: skip


def casso_signed(
    message: object, secret: str = "test_secret", at: int = AT * 1000
) -> dict[str, str]:
    text = json.dumps(message, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    made = hmac.new(secret.encode(), f"{at}.{text}".encode(), hashlib.sha512).hexdigest()
    return {"X-Casso-Signature": f"t={at},v1={made}"}


def test_the_known_sepay_signature_holds():
    assert fault_of("sepay_hmac", "test_secret", SEPAY_SIGNED, SEPAY, NOW) is None


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"X-SePay-Signature": ""}, "unsigned"),
        ({"X-SePay-Timestamp": ""}, "unsigned"),
        ({"X-SePay-Signature": "sha256=" + "0" * 64}, "wrong_signature"),
        ({"X-SePay-Signature": "sha256=é"}, "wrong_signature"),
        ({"X-SePay-Signature": "sha256=\udc80"}, "wrong_signature"),
        ({"X-SePay-Timestamp": str(AT + 1)}, "wrong_signature"),
        ({"X-SePay-Timestamp": "１７８８２３２８３１"}, "wrong_time"),
        ({"X-SePay-Timestamp": "-1788232831"}, "wrong_time"),
        ({"X-SePay-Timestamp": "9" * 400}, "wrong_time"),
    ],
)
def test_a_forged_sepay_message_is_not_genuine(change, fault):
    assert fault_of("sepay_hmac", "test_secret", SEPAY_SIGNED | change, SEPAY, NOW) == fault


def test_the_body_is_what_is_signed_to_the_byte():
    assert fault_of("sepay_hmac", "test_secret", SEPAY_SIGNED, SEPAY + b" ", NOW)
    assert fault_of("sepay_hmac", "other_secret", SEPAY_SIGNED, SEPAY, NOW)
    body_alone = hmac.new(b"test_secret", SEPAY, hashlib.sha256).hexdigest()
    wrong = SEPAY_SIGNED | {"X-SePay-Signature": f"sha256={body_alone}"}
    assert fault_of("sepay_hmac", "test_secret", wrong, SEPAY, NOW) == "wrong_signature"


@pytest.mark.parametrize(("away_s", "fault"), [(300, None), (301, "wrong_time"), (-300, None), (-301, "wrong_time"), (31_536_000, "wrong_time")])  # fmt: skip
def test_five_minutes_either_way_and_no_longer(away_s, fault):
    then = NOW + timedelta(seconds=away_s)
    assert fault_of("sepay_hmac", "test_secret", SEPAY_SIGNED, SEPAY, then) == fault
    body, headers = json.dumps(CASSO).encode(), casso_signed(CASSO)
    assert fault_of("casso_hmac", "test_secret", headers, body, then) == fault


def test_sepay_by_key_alone():
    given = {"Authorization": "Apikey test_secret"}
    assert fault_of("sepay_key", "test_secret", given, SEPAY, NOW) is None
    for wrong in ("test_secret", "Bearer test_secret", "Apikey test_secre", "Apikey é", "Apikey "):
        assert fault_of("sepay_key", "test_secret", {"Authorization": wrong}, SEPAY, NOW)
    assert fault_of("sepay_key", "test_secret", {}, SEPAY, NOW) == "unsigned"


def test_casso_by_token_and_by_signature():
    body = json.dumps(CASSO).encode()
    assert (
        fault_of("casso_token", "test_secret", {"Secure-Token": "test_secret"}, body, NOW) is None
    )
    assert fault_of("casso_token", "test_secret", {"Secure-Token": "é"}, body, NOW)
    assert fault_of("casso_hmac", "test_secret", casso_signed(CASSO), body, NOW) is None
    shuffled = json.dumps({"data": dict(reversed(CASSO["data"].items())), "error": 0}, indent=2)
    signed = casso_signed(CASSO)
    assert fault_of("casso_hmac", "test_secret", signed, shuffled.encode(), NOW) is None
    more = CASSO | {"data": CASSO["data"] | {"amount": 950000}}
    forged = json.dumps(more).encode()
    assert fault_of("casso_hmac", "test_secret", signed, forged, NOW) == "wrong_signature"
    assert fault_of("casso_hmac", "test_secret", {"X-Casso-Signature": "t=,v1="}, body, NOW)
    assert fault_of("casso_hmac", "test_secret", {"X-Casso-Signature": "garbage"}, body, NOW)


def test_what_services_tell_is_read():
    [told] = movements_of("sepay_hmac", SEPAY)
    assert (told.outside_id, told.amount_vnd, told.accounts) == (
        "92704",
        95_000,
        ("4210205123456",),
    )
    assert told.booked_at == datetime(2026, 9, 1, 3, 20, 31, tzinfo=UTC)
    assert (told.text, told.reference) == ("QS7K2M9P chuyen tien", "FT26244123456")
    [told] = movements_of("casso_hmac", json.dumps(CASSO).encode())
    assert (told.amount_vnd, told.text) == (95_000, "QS7K2M9P chuyển tiền")
    old = {"error": 0, "data": [
        {"id": 1, "tid": "FT1", "description": "a", "amount": 95000.0, "when": "2026-09-01 10:20:31",
         "bank_sub_acc_id": "4210205123456"},
        {"id": 2, "tid": "FT2", "description": "b", "amount": -5000, "when": "2026-09-01T10:20:31+07:00",
         "subAccId": "4210205123456"},
    ]}  # fmt: skip
    first, second = movements_of("casso_token", json.dumps(old).encode())
    assert (first.amount_vnd, second.amount_vnd) == (95_000, -5_000)
    assert movements_of("casso_token", b'{"error": 0, "data": []}') == []
    out = SEPAY.replace(b'"transferType":"in"', b'"transferType":"out"')
    assert movements_of("sepay_key", out)[0].amount_vnd == -95_000


def changed(**values: object) -> bytes:
    return json.dumps(json.loads(SEPAY) | values).encode()


STRANGE = {
    "nothing": b"",
    "cut off": SEPAY[:-20],
    "not text": b"\xff\xfe\xfd",
    "nested": b"[" * 30_000 + b"]" * 30_000,
    "nested object": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "long": b'{"a":"' + b"x" * MOST_BYTES + b'"}',
    "a list": b"[1]",
    "a number": b"7",
    "huge number": b'{"id":1,"transferAmount":' + b"9" * 5000 + b"}",
    "not a number": SEPAY.replace(b"95000", b"NaN"),
    "infinite": SEPAY.replace(b"95000", b"1e999"),
    "true": changed(transferAmount=True),
    "text amount": changed(transferAmount="95000"),
    "half a dong": changed(transferAmount=95000.5),
    "none": changed(transferAmount=0),
    "below zero": changed(transferAmount=-95000),
    "two to the 63": changed(transferAmount=2**63),
    "no way": changed(transferType="IN"),
    "no id": changed(id=None),
    "id of a list": changed(id=[1]),
    "no time": changed(transactionDate=""),
    "year one": changed(transactionDate="0001-01-01 00:00:00"),
    "time of text": changed(transactionDate="hôm nay"),
}


@pytest.mark.parametrize("body", STRANGE.values(), ids=STRANGE)
def test_strange_messages_are_unreadable_and_nothing_worse(body):
    with pytest.raises(Unreadable):
        movements_of("sepay_key", body)
    for kind in SERVICES:  # The proof comes first and must stand the same.
        fault_of(kind, "test_secret", {**SEPAY_SIGNED, **casso_signed({})}, body, NOW)


def test_strange_words_become_clean_ones():
    body = changed(content="a\0b\ud800c\n d" + "x" * 2000, referenceCode=12345, id="  7 ")
    [told] = movements_of("sepay_key", body)
    assert told.text.startswith("abc d")
    assert len(told.text) == 500
    assert (told.outside_id, told.reference) == ("7", "12345")
    with pytest.raises(Unreadable):
        read_message(b'{"a": Infinity}')
