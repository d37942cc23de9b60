"""Other currencies, beside đồng: their smallest units and what one is worth on a day."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

#: Decimals of the currencies that cards may be charged in. Source: ISO 4217, Stripe's lists.
DECIMALS = {
    "VND": 0, "EUR": 2, "USD": 2, "GBP": 2, "CHF": 2, "AUD": 2, "CAD": 2, "SGD": 2, "CZK": 2,
    "PLN": 2, "JPY": 0, "KRW": 0,
}  # fmt: skip
#: How they are written behind an amount; the others by their code.
SIGNS = {"EUR": "€", "USD": "US$", "GBP": "£", "AUD": "A$", "CAD": "C$", "SGD": "S$", "JPY": "¥"}


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit of a currency costs in đồng, and since when the shop says so."""

    currency: str
    vnd: int
    on: date

    def minor(self, amount_vnd: int) -> int:
        """Return đồng in the currency's smallest unit, half a unit rounded up.

        >>> Rate("EUR", 27_500, date(2026, 11, 20)).minor(110_000)
        400
        """
        unit = 10 ** DECIMALS[self.currency]
        return (2 * amount_vnd * unit + self.vnd) // (2 * self.vnd)

    def __str__(self) -> str:
        return f"{self.currency} {self.vnd} {self.on.isoformat()}"


def units(amount_minor: int, currency: str) -> Decimal:
    """Return a currency's smallest unit in whole ones.

    >>> units(789, "EUR"), units(-500, "JPY")
    (Decimal('7.89'), Decimal('-500'))
    """
    return Decimal(amount_minor).scaleb(-DECIMALS.get(currency, 2))


def read_rates(text: str) -> list[Rate]:
    """Return the rates of a setting such as ``EUR 27500 2026-11-20, USD 25400 2026-11-20``.

    Raises:
        ValueError: the sentence says which part is wrong.
    """
    rates: list[Rate] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        words = part.split()
        if len(words) != 3:
            raise ValueError(f"{part!r} must be like EUR 27500 2026-11-20.")
        currency, vnd, day = words
        if currency not in DECIMALS or currency == "VND":
            raise ValueError(
                f"{currency!r} is none of {', '.join(sorted(set(DECIMALS) - {'VND'}))}."
            )
        if not (vnd.isascii() and vnd.isdecimal()) or not 1 <= int(vnd) <= 10_000_000:
            raise ValueError(f"{vnd!r} must be whole đồng for one {currency}.")
        try:
            rates.append(Rate(currency, int(vnd), date.fromisoformat(day)))
        except ValueError:
            raise ValueError(f"{day!r} must be a day like 2026-11-20.") from None
    if len({rate.currency for rate in rates}) != len(rates):
        raise ValueError("a currency stands there twice.")
    return rates
