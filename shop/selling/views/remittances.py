"""Cash that carriers took for her parcels: what they have, and their files."""

from dataclasses import replace

from shop.remittances.views.exports import open_exports
from shop.remittances.views.pages import open_remittance_pages
from shop.selling.views.banking import DESK as BANK
from shop.selling.views.blueprint import blueprint

DESK = replace(BANK, base="/ban-hang/thu-ho")

open_remittance_pages(blueprint, DESK)
open_exports(blueprint, DESK)
