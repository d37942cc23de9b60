"""What all commands share: the language they answer in, and the channel of their audit lines."""

import functools
import os
from collections.abc import Callable
from typing import Any

import click
from flask import g

from shop.web.words import speaking


def spoken(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--lang vi|en`` to a command; it speaks Vietnamese unless told otherwise."""

    @click.option(
        "--lang",
        type=click.Choice(["vi", "en"]),
        default=lambda: "en" if os.environ.get("SHOP_LANG") == "en" else "vi",
        help="Language of the answers.",
    )
    @functools.wraps(command)
    def run(*args: Any, lang: str, **kwargs: Any) -> Any:
        g.channel = "command"
        with speaking(lang):
            return command(*args, **kwargs)

    return run
