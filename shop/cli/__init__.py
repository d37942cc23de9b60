"""Commands: ``flask serve``, ``work``, ``doctor``, ``settings`` and what operators do by hand."""

from flask import Flask

from shop.cli import people, running


def register(app: Flask) -> None:
    """Add every command to an application."""
    running.register(app)
    people.register(app)
