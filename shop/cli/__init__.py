"""Commands: ``flask serve``, ``work``, ``doctor``, ``settings`` and what operators do by hand."""

from flask import Flask


def register(app: Flask) -> None:
    """Add every command to an application."""
    # Here, not above: the server lives in this room too and needs none of their modules.
    from shop.cli import people, running

    running.register(app)
    people.register(app)
