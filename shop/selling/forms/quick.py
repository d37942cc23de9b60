"""A new product in three fields: a photo, a name, a price for one of it. The rest can wait."""

from typing import Any

from wtforms import FileField
from wtforms.validators import ValidationError

from shop.catalogue.forms import AllergenChoices
from shop.catalogue.rules import ALLERGENS, NO_ALLERGENS, ProductFields, VariantFields
from shop.selling.forms.products import SeasonFields
from shop.selling.portion_rules import Portion, read_portion
from shop.web.forms import Choice, Dong, Hidden, Line, Lines, Whole, waiting_fields
from shop.web.words import lazy_

#: What a draft keeps, as it was typed, and how much of each.
KEPT = {
    "title_vi": 200, "price_vnd": 60, "portion": 80, "on_hand": 20, "alt_vi": 600,
    "description_vi": 4000, "da_gui": 32, "season_from": 20, "season_to": 20, "season_yearly": 1,
}  # fmt: skip
#: So many of it are there unless she says another number; she sees and can change it.
USUAL_COUNT = "5"


class QuickForm(SeasonFields):
    """What is needed to sell; ``pack`` and ``said`` add what follows from it."""

    #: The attempt, made with the page: sent twice it makes one product.
    khoa = Hidden()
    #: The photo that came in pieces.
    da_gui = Hidden()
    anh = FileField(lazy_("Ảnh"))
    anh_san = FileField(lazy_("Chọn ảnh có sẵn"))
    title_vi = Line(lazy_("Tên món"), need=lazy_("Chị ghi tên món."), most=160)
    price_vnd = Dong(lazy_("Giá bán"), need=lazy_("Chị ghi giá bán."))
    portion = Line(lazy_("Giá ấy cho một …"), need=lazy_("Chị ghi hũ 500 g, ký, chục …"), most=60)
    on_hand = Whole(
        lazy_("Đang có sẵn bao nhiêu?"), least=0, most=1_000_000, need=lazy_("Chị ghi số đang có.")
    )
    allergens = AllergenChoices(lazy_("Có chất nào dễ gây dị ứng?"))
    alt_vi = Lines(lazy_("Chị tả ảnh cho người không nhìn thấy"), most=500)
    description_vi = Lines(lazy_("Kể về món này"), most=4000)
    lam = Choice(choices=[("ban", "ban"), ("nhap", "nhap")], default="ban")

    def validate_portion(self, field: Any) -> None:
        if self.one.unclear:
            raise ValidationError(
                str(lazy_("Chợ chưa rõ bao nhiêu. Chị ghi như gói 500 g, gói 1,5 kg hay 2 lạng."))
            )

    @property
    def one(self) -> Portion:
        return read_portion(self.portion.data or "")

    @property
    def said(self) -> ProductFields:
        return ProductFields(
            title_vi=self.title_vi.data or "",
            unit_vi=self.one.unit,
            description_vi=self.description_vi.data or "",
            allergens=self.allergens.data or (),
            **self.season,
        )

    @property
    def pack(self) -> VariantFields:
        one = self.one
        return VariantFields(
            name_vi=one.name, price_vnd=self.price_vnd.data, weight_g=one.weight_g,
            net_g=one.net_g, net_ml=one.net_ml, pieces=one.pieces,
        )  # fmt: skip

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to keep: how many there are stands in the form by itself."""
        typed = self.typed
        return not any(typed[name] for name in typed if name not in ("on_hand", "season_yearly"))

    @property
    def typed(self) -> dict[str, Any]:
        """What stands in the fields, unread, as a draft keeps it."""
        kept: dict[str, Any] = {
            name: ((self[name].raw_data or [""])[0] or "")[:most] for name, most in KEPT.items()
        }
        kept["allergens"] = [key for key in self.allergens.data or () if key in _KEYS]
        return kept


_KEYS = frozenset((*ALLERGENS, NO_ALLERGENS))


def form_of(typed: dict[str, Any] | None, key: str) -> QuickForm:
    """Return the form as a draft left it, or an empty one; what had to wait is newer than both."""
    from werkzeug.datastructures import MultiDict

    fields: MultiDict[str, Any] = MultiDict(
        {"khoa": key, "on_hand": USUAL_COUNT} if typed is None else {**typed, "khoa": key}
    )
    fields.setlist("allergens", (typed or {}).get("allergens", []))
    waiting = waiting_fields("/nhanh")
    if waiting:
        for name in ("allergens", "season_yearly"):  # Not sent when nothing is ticked.
            fields.poplist(name)
        for name, values in waiting.lists():
            fields.setlist(name, values)
    return QuickForm(fields)
