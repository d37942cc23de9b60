"""Where WSGI servers and the ``flask`` command find the shop: ``gunicorn wsgi:app``."""

import sys

from shop.app import create_app
from shop.cli.commands import register
from shop.kernel.settings import WrongSetting

try:
    app = create_app()
except WrongSetting as wrong:
    sys.exit(str(wrong))
register(app)
