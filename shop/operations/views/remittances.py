"""Cash that carriers took for sellers of the units in sight: what they have, and their files."""

from dataclasses import replace

from shop.operations.views import blueprint
from shop.operations.views.banking import DESK as BANK
from shop.remittances.views.exports import open_exports
from shop.remittances.views.pages import open_remittance_pages

DESK = replace(BANK, base="/dieu-hanh/thu-ho")

open_remittance_pages(blueprint, DESK)
open_exports(blueprint, DESK)
