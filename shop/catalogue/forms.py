"""Fields of goods that more than one desk asks for."""

from typing import Any

from wtforms.validators import ValidationError

from shop.catalogue.rules import ALLERGENS, NO_ALLERGENS
from shop.web.forms import Choices
from shop.web.words import _


class AllergenChoices(Choices):
    """What of the known allergens is in it, or that there is none. ``need``: said of no answer."""

    def __init__(self, label: Any = None, *, need: Any = None, **kwargs: Any) -> None:
        choices = [(key, key) for key in (*ALLERGENS, NO_ALLERGENS)]
        super().__init__(label, choices=choices, **kwargs)
        self.need = need

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        chosen = self.data or []
        if not chosen and self.need is not None:
            raise ValidationError(str(self.need))
        if NO_ALLERGENS in chosen and len(chosen) > 1:
            raise ValidationError(
                _("Vừa chọn Không có, vừa chọn chất gây dị ứng. Chị bỏ bớt một bên.")
            )
