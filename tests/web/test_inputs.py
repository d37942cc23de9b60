"""Inputs are written as WTForms writes them, only faster."""

import pytest
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.meta import DefaultMeta
from wtforms.validators import InputRequired, Length

from shop.places.forms import PhoneField
from shop.web.forms import Choice, Choices, Hidden, Line, Lines, ShopForm

LIST = [("", "Chọn"), ("48", "Đà Nẵng"), ('"', "<b>&</b>")]


class Everything(ShopForm):
    line = Line("Tên", need="Ghi tên", most=20)
    phone = PhoneField("Số")
    words = Lines("Lời", most=50)
    plain = StringField("Khác", [InputRequired(), Length(min=2, max=9)])
    area = TextAreaField("Đoạn", render_kw={"rows": 3})
    hidden = Hidden()
    tick = BooleanField("Đồng ý")
    one = Choice("Tỉnh", choices=LIST, validate_choice=False)
    some = Choices("Vài", choices=LIST)
    number = SelectField("Số", coerce=int, choices=[(1, "Một"), (2, "Hai")])


POSTED = {
    "line": 'Trần "Minh" <Châu>', "phone": "0905 000 123", "words": "</textarea>\r\n&amp;",
    "plain": "'", "hidden": "x\"y", "tick": "y", "one": '"', "some": "48", "number": "2",
}  # fmt: skip


@pytest.mark.parametrize("posted", [{}, POSTED, {"one": "48"}, {"tick": "false", "one": "zz"}])
@pytest.mark.parametrize(
    "named",
    [
        {},
        {"class_": "in", "aria_describedby": False, "aria_invalid": "true", "data_plain": True},
        {"maxlength": 160, "rows": 3, "lang": Markup('v"i'), "title": "<\"&'>", "id": "other"},
        {"value": 'given "one"', "required": False},
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_kind_of_input_reads_as_wtforms_writes_it(app, posted, named):
    with app.test_request_context():
        form = Everything(MultiDict(posted) if posted else None)
        form.validate()
        for field in form:
            assert str(field(**named)) == str(DefaultMeta().render_field(field, named)), field.name
