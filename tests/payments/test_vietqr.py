"""The VietQR text is what NAPAS asks for, and our own picture reads back as it."""

import random

import pytest
import segno
import zxingcpp
from PIL import Image
from vietnam_qr_pay import QRPay

from shop.payments.rules.vietqr import crc16, grouped, vietqr, vietqr_or_none

#: NAPAS' own text, and one that two independent encoders agree on (DOMAIN 1.1).
NAPAS_DYNAMIC = (
    "00020101021238570010A00000072701270006970403011300110123456780208QRIBFTTA"
    "530370454061800005802VN62340107NPS68690819thanh toan don hang63042E2E"
)
AGRIBANK = (
    "00020101021238570010A00000072701270006970405011342102051234560208QRIBFTTA"
    "53037045405950005802VN62120808QS7K2M9P63043E70"
)


def read_tlv(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    while text:
        tag, length = text[:2], int(text[2:4])
        assert tag not in fields
        assert len(text) >= 4 + length, "a length runs over the end"
        fields[tag] = text[4 : 4 + length]
        text = text[4 + length :]
    return fields


@pytest.mark.parametrize(
    ("text", "crc"), [("123456789", "29B1"), ("00", "2EC9"), ("01", "3EE8"), ("", "FFFF")]
)
def test_the_checksum_is_ccitt_false(text, crc):
    assert crc16(text) == crc


@pytest.mark.parametrize("known", [NAPAS_DYNAMIC, AGRIBANK])
def test_the_checksum_agrees_with_known_texts(known):
    assert crc16(known[:-4]) == known[-4:]


def test_the_wrong_length_printed_in_the_standard_is_not_copied():
    right = (
        "00020101021138570010A00000072701270006970403011300110123456780208QRIBFTTA53037045802VN6304"
    )
    assert crc16(right) == "9E6F"


def test_leading_zeros_of_the_checksum_stay():
    found = next(crc16(str(n)) for n in range(10_000) if crc16(str(n)).startswith("00"))
    assert len(found) == 4


def test_the_worked_example_comes_out_to_the_letter():
    assert vietqr("970405", "4210205123456", 95_000, "QS7K2M9P") == AGRIBANK


def test_every_length_is_true_and_the_account_template_is_nested_right():
    fields = read_tlv(vietqr("970405", "4210 2051.23456", 220_000, "CP7K2M9PXA"))
    assert list(fields) == ["00", "01", "38", "53", "54", "58", "62", "63"]
    assert fields["01"] == "12"
    assert fields["54"] == "220000"
    merchant = read_tlv(fields["38"])
    assert merchant["00"] == "A000000727"
    assert merchant["02"] == "QRIBFTTA"
    assert read_tlv(merchant["01"]) == {"00": "970405", "01": "4210205123456"}
    assert read_tlv(fields["62"]) == {"08": "CP7K2M9PXA"}


def test_accents_and_long_memos_are_made_to_fit():
    fields = read_tlv(vietqr("970405", "123", 1, "Đặt hàng: bột ngũ cốc của chị Sương"))
    assert read_tlv(fields["62"])["08"] == "Dat hang bot ngu coc cua"


@pytest.mark.parametrize(
    ("bank", "account", "amount", "memo"),
    [
        ("97040", "123", 1, "A"),
        ("٩٧٠٤٠٥", "123", 1, "A"),
        ("970405", "", 1, "A"),
        ("970405", "1" * 20, 1, "A"),
        ("970405", "12é", 1, "A"),
        ("970405", "123", 0, "A"),
        ("970405", "123", -5, "A"),
        ("970405", "123", 500_000_000, "A"),
        ("970405", "123", 1, "…"),
    ],
)
def test_what_the_format_cannot_carry_is_refused(bank, account, amount, memo):
    with pytest.raises(ValueError):
        vietqr(bank, account, amount, memo)


@pytest.mark.parametrize("amount", [-1, 0, 500_000_000, 500_000_001])
def test_there_is_no_picture_of_what_one_transfer_cannot_carry(amount):
    assert vietqr_or_none("970405", "123", amount, "A") is None


@pytest.mark.parametrize("amount", [1, 499_999_999])
def test_the_least_and_the_most_that_one_transfer_carries(amount):
    assert vietqr_or_none("970405", "123", amount, "A") == vietqr("970405", "123", amount, "A")


def test_another_encoder_and_a_decoder_agree_on_random_transfers():
    chance = random.Random(20261123)
    for _ in range(300):
        bank = chance.choice(("970405", "970418", "970436", "970422", "970446"))
        account = "".join(chance.choices("0123456789", k=chance.randint(6, 19)))
        amount = chance.randint(1_000, 499_999_999)
        memo = "CP" + "".join(chance.choices("0123456789ABCDEFGHJKMNPQRSTVWXY", k=8))
        ours = vietqr(bank, account, amount, memo)
        theirs = QRPay.init_viet_qr(bank, account, amount=str(amount), purpose=memo)
        assert ours == theirs.build()
        read = QRPay(ours)
        assert read.is_valid
        assert read.consumer.bank_number == account
        assert read.amount == str(amount)
        assert read.additional_data.purpose == memo


def test_our_picture_reads_back_as_the_text(tmp_path):
    text = vietqr("970405", "4210205123456", 95_000, "CP7K2M9PXA")
    path = tmp_path / "qr.png"
    segno.make(text, error="m", micro=False).save(str(path), scale=8, border=4)
    assert [code.text for code in zxingcpp.read_barcodes(Image.open(path))] == [text]


def test_an_account_number_is_grouped_for_reading():
    assert grouped("4210205123456") == "4210 2051 2345 6"
