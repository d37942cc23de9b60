"""Writes ``data/banks.csv`` from the package ``vietnam-qr-pay``, which only developers have."""

import csv
from pathlib import Path


def main() -> None:
    from vietnam_qr_pay.constants.banks import BanksObject

    rows = sorted(
        (
            (bank.bin, bank.short_name, bank.name, "yes" if bank.viet_qr_status >= 0 else "no")
            for bank in BanksObject.values()
            if bank.bin and not bank.deprecated
        ),
        key=lambda row: row[1].casefold(),
    )
    with (Path(__file__).parent / "data" / "banks.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("bin", "short_name", "name", "receives_vietqr"))
        writer.writerows(rows)


if __name__ == "__main__":
    main()
