"""Every command, and the migrations that they run."""

from flask import Flask
from flask_migrate import Migrate

from shop.cli import people, running
from shop.db import db
from shop.kernel.settings import ROOT


def open_migrations(app: Flask) -> None:
    """Let ``flask_migrate`` work on an application; a server never needs that."""
    Migrate(app, db, directory=str(ROOT / "migrations"))


def register(app: Flask) -> None:
    """Add every command to an application."""
    open_migrations(app)
    running.register(app)
    people.register(app)
