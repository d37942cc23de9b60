"""Fields that are copied for each request, instead of made anew."""

import gc
import weakref

from werkzeug.datastructures import MultiDict

from shop.web.forms import Choice, Line, ShopForm, Whole


class _Form(ShopForm):
    name = Line("Tên", need="Ghi tên.", most=8)
    kind = Choice("Loại", choices=[("a", "A")])
    count = Whole("Số")


def _filled(prefix="", **fields):
    return _Form(MultiDict({prefix + name: value for name, value in fields.items()}), prefix=prefix)


def test_two_requests_share_nothing_of_what_was_typed():
    first, second = _filled(name="quá dài, quá dài", count="7"), _filled(name="")
    first.kind.choices = [("b", "B")]
    assert not first.validate()
    assert not second.validate()
    assert (first.name.data, first.count.text) == ("quá dài, quá dài", "7")
    assert (second.name.data, second.count.text, second.count.data) == ("", "", None)
    assert len(first.name.errors) == 1
    assert second.name.errors == ["Ghi tên."]
    assert [choice.value for choice in second.kind.choices] == ["a"]


def test_each_prefix_has_names_and_labels_of_its_own():
    mine, hers = _filled("p1-", name="Lan"), _filled("p2-", name="Sương")
    plain = _filled(name="Hoa")
    assert [form.name.data for form in (mine, hers, plain)] == ["Lan", "Sương", "Hoa"]
    assert [form.name.id for form in (mine, hers, plain)] == ["p1-name", "p2-name", "name"]
    assert 'for="p2-name"' in str(hers.name.label())
    assert hers.name.short_name == "name"


def test_a_form_is_let_go_after_its_request():
    class Fresh(ShopForm):
        name = Line("Tên")

    form = Fresh(MultiDict({"name": "Lan"}))
    gone = weakref.ref(form)
    del form
    gc.collect()
    assert gone() is None
