"""Fields for phones and addresses, and the words of what they find."""

from shop.places.forms.addresses import AddressFields, SentFromFields, address_data, fill_places
from shop.places.forms.phones import PhoneField, phone_sentence
from shop.places.forms.words import (
    countries,
    country_name,
    hit_note,
    hit_text,
    province_label,
    ward_option,
)

__all__ = [
    "AddressFields",
    "PhoneField",
    "SentFromFields",
    "address_data",
    "countries",
    "country_name",
    "fill_places",
    "hit_note",
    "hit_text",
    "phone_sentence",
    "province_label",
    "ward_option",
]
