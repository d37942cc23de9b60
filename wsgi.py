"""Where WSGI servers and the ``flask`` command find the shop: ``gunicorn wsgi:app``."""

import sys

from shop.kernel.memory import building
from shop.kernel.settings import WrongSetting

with building():
    from shop.app import create_app
    from shop.cli.commands import register

    try:
        app = create_app()
    except WrongSetting as wrong:
        sys.exit(str(wrong))
    register(app)
