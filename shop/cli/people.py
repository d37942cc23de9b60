"""Commands of the operator: organisations, sellers, accounts."""

from flask import Flask


def register(app: Flask) -> None:
    """Add the commands to an application."""
