"""Commands: ``flask serve``, ``work``, ``doctor``, ``settings`` and what operators do by hand."""

from flask import Flask


def open_migrations(app: Flask) -> None:
    """Let ``flask_migrate`` work on an application; a server never needs that."""
    from flask_migrate import Migrate

    from shop.db import db
    from shop.kernel.settings import ROOT

    Migrate(app, db, directory=str(ROOT / "migrations"))


def register(app: Flask) -> None:
    """Add every command to an application."""
    # Here, not above: the server lives in this room too and needs none of their modules.
    from shop.cli import people, running

    open_migrations(app)
    running.register(app)
    people.register(app)
