"""What the shop's own role may do in PostgreSQL, when another role owns the tables."""

import click
from sqlalchemy import Connection, text

#: (table, verb) that a trigger before each row refuses: trails, books. One that looks at some
#: columns only (``tgattr``) lets the others change.
_REFUSED = text(
    "SELECT DISTINCT relname, verb FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid,"
    " (VALUES ('DELETE', 8), ('UPDATE', 16)) AS verbs (verb, bit)"
    " WHERE NOT tgisinternal AND tgtype & 1 = 1 AND tgtype & 2 = 2 AND tgtype & bit = bit"
    " AND cardinality(tgattr::int2[]) = 0 AND relnamespace = 'public'::regnamespace"
    " ORDER BY relname, verb"
)


#: Columns of a trail that the shop may empty, by a trigger that lets nothing else through.
_EMPTIED = (
    ("audit_entries", "actor_name, for_name"),
    *(
        (trail, "note")
        for trail in ("seller_order_moves", "goods_returns", "payment_events", "cash_moves")
    ),
)


def grant(connection: Connection, role: str) -> None:
    """Let a role read and write rows, and nothing else: no tables of its own, no change of trails
    but a name or a note taken off.

    Raises:
        ClickException: there is no such role.
    """
    if (
        connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role})
        is None
    ):
        raise click.ClickException(
            f"SHOP_DATABASE_URL names the role {role!r}, which PostgreSQL does not know: "
            f"create it first (README, Running it for real)."
        )
    name = connection.dialect.identifier_preparer.quote_identifier(role)
    refused = connection.execute(_REFUSED).all()
    for statement in (
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {name}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}",
        f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {name}",
        *(f"REVOKE {verb} ON {table} FROM {name}" for table, verb in refused),
        *(f"GRANT UPDATE ({columns}) ON {table} TO {name}" for table, columns in _EMPTIED),
    ):
        connection.exec_driver_sql(statement)


def is_above_policies(connection: Connection) -> bool:
    """Tell whether the role of a connection passes by row-level security."""
    return bool(
        connection.scalar(
            text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        )
    )


def owns_tables(connection: Connection) -> bool:
    """Tell whether the role of a connection could alter tables, triggers and policies."""
    return bool(
        connection.scalar(
            text(
                "SELECT EXISTS (SELECT FROM pg_class WHERE relkind IN ('r', 'p')"
                " AND relnamespace = 'public'::regnamespace"
                " AND pg_has_role(current_user, relowner, 'MEMBER'))"
            )
        )
    )
