"""Files whose columns a person names: their rows, and the tables that were named before."""

import json
import zlib
from base64 import b85decode, b85encode
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.banking.files import Table
from shop.banking.models import BankLayout, BankStatement
from shop.banking.rules.heads import Heads
from shop.current import vault


def known_layouts(session: Session, account: Any) -> dict[str, tuple[int, dict[str, int]]]:
    """Return the tables that an account's owner named before: {head: (rows deep, columns)}.

    Two banks may have the same words: of the account's own bank they go first. A file says which
    account it is of, so that the other banks of the owner count as well.
    """
    mine = (
        BankLayout.seller_id == account.seller_id
        if account.seller_id is not None
        else BankLayout.organisation_id == account.organisation_id
    )
    rows = session.execute(
        select(BankLayout.head, BankLayout.deep, BankLayout.columns)
        .where(mine)
        .order_by(BankLayout.bank_bin == account.bank_bin, BankLayout.saved_at)
    )
    return {row.head: (row.deep, row.columns) for row in rows}


def table_of(statement: BankStatement) -> Table | None:
    """Open the rows of a file that is not stored yet; None when they were too many to be kept."""
    if statement.rows is None:
        return None
    kept = json.loads(zlib.decompress(b85decode(vault().open(statement.data_key, statement.rows))))
    sheets = [(name, rows) for name, rows in kept["sheets"]]
    heads = Heads(**kept["heads"]) if kept["heads"] else None
    return Table(sheets, kept["at"], heads, kept["account"])


def packed(table: Table) -> str:
    """Return a table as it is sealed: small, for the same words stand in many rows."""
    heads = table.heads
    said = {
        "sheets": table.sheets, "at": table.at, "account": table.account_id,
        "heads": heads and {"at": heads.at, "deep": heads.deep, "columns": dict(heads.columns)},
    }  # fmt: skip
    return b85encode(zlib.compress(json.dumps(said, ensure_ascii=False).encode())).decode()
