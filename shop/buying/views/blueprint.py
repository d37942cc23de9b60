"""The blueprint that the modules beside this one add their pages to."""

from flask import Blueprint

blueprint = Blueprint("buying", __name__)
