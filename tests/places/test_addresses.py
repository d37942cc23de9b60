"""Addresses keep the names they were written with."""

from dataclasses import replace

import pytest

from shop.places.rules import Address, lines, one_line

HOME = Address(
    province_code="48", ward_code="20669", ward_name="Xã Quế Phước", province_name="Đà Nẵng",
    line1="gần trường mẫu giáo", hamlet="thôn Gò Mít", legacy_text="Phước Ninh", units_version="2026-07",
)  # fmt: skip
ABROAD = Address(country="DE", foreign_lines="Hauptstraße 1\nBerlin", postal_code="10115")


def test_a_label_has_street_then_units():
    assert lines(HOME) == ["gần trường mẫu giáo, thôn Gò Mít", "Xã Quế Phước, Đà Nẵng"]
    assert one_line(HOME) == "gần trường mẫu giáo, thôn Gò Mít, Xã Quế Phước, Đà Nẵng"


def test_an_address_abroad_is_written_as_given():
    assert ABROAD.is_abroad
    assert one_line(ABROAD) == "Hauptstraße 1, Berlin, 10115"
    twice = replace(ABROAD, foreign_lines="Hauptstraße 1\n10115 Berlin")
    assert one_line(twice) == "Hauptstraße 1, 10115 Berlin"
    assert one_line(replace(twice, postal_code="1011")) == "Hauptstraße 1, 10115 Berlin, 1011"
    assert one_line(Address(country="ZZ", foreign_lines="12 Rue X\nMonaco")) == "12 Rue X, Monaco"


@pytest.mark.parametrize("address", [HOME, ABROAD, Address()])
def test_an_address_survives_storing(address):
    assert Address.from_dict(address.to_dict()) == address


def test_keys_of_other_versions_are_passed_over():
    assert Address.from_dict({"ward_code": "20669", "lat": 15.6, "hamlet": None}) == Address(
        ward_code="20669"
    )
