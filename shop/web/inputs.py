"""Inputs as HTML: the same text as WTForms' own widgets write, in a fraction of the time.

A checkout has some twenty inputs and three long lists; they were most of its cost.
"""

from collections.abc import Callable, Iterable
from typing import Any

from markupsafe import Markup, escape
from wtforms import Field, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput, HiddenInput, Select, TelInput, TextArea, TextInput


def written_input(field: Field, named: dict[str, Any]) -> Markup | None:
    """Return a field's HTML, or None for a kind that only its own widget knows.

    Args:
        named: attributes as WTForms takes them: ``class_``, ``aria_describedby``; True
            writes the name alone, False leaves it out.
    """
    write = _WRITERS.get(type(field.widget))
    if write is None or field.render_kw or getattr(field, "_datalist", None) is not None:
        return None
    return write(field, named)


def _attributes(named: dict[str, Any]) -> str:
    parts = []
    for key in sorted(named):
        value = named[key]
        if value is False:
            continue
        name = key.rstrip("_")
        if name.startswith(("data_", "aria_")):
            name = name.replace("_", "-")
        # Text that is HTML already keeps its quotation marks, which would end the value.
        parts.append(name if value is True else f'{name}="{_quoted(value)}"')
    return " ".join(parts)


def _quoted(value: Any) -> str:
    return str(escape(value)).replace('"', "&quot;")


def _all(field: Field, named: dict[str, Any], **more: Any) -> str:
    """Return the attributes asked for, with those that follow from the field."""
    named = {"id": field.id, "name": field.name, **more, **named}
    known: Iterable[str] = field.widget.validation_attrs  # type: ignore[union-attr]
    for flag, value in vars(field.flags).items():
        if flag in known and flag not in named:
            named[flag] = value() if callable(value) else value
    return _attributes(named)


def _box(field: Field, named: dict[str, Any]) -> Markup:
    if "value" not in named:
        named = {**named, "value": field._value()}  # type: ignore[attr-defined]
    kind = field.widget.input_type  # type: ignore[union-attr]
    return Markup(f"<input {_all(field, named, type=kind)}>")  # noqa: S704


def _tick(field: Field, named: dict[str, Any]) -> Markup:
    if getattr(field, "checked", field.data):
        named = {"checked": True, **named}
    return _box(field, named)


def _area(field: Field, named: dict[str, Any]) -> Markup:
    text = escape(field._value())  # type: ignore[attr-defined]
    return Markup(f"<textarea {_all(field, named)}>\r\n{text}</textarea>")  # noqa: S704


def _menu(field: Field, named: dict[str, Any]) -> Markup | None:
    """Return a list of which one is chosen; others are left to WTForms."""
    assert isinstance(field, SelectField)
    choices, widget = field.choices or (), field.widget
    if widget.multiple or not all(map(_is_plain, choices)):  # type: ignore[union-attr]
        return None
    chosen, coerce = field.data, field.coerce
    options = "".join(
        f"<option{' selected' if coerce(c.value) == chosen else ''} "
        f'value="{_quoted(c.value)}">{escape(c.label or c.value)}</option>'
        for c in choices
    )
    return Markup(f"<select {_all(field, named)}>{options}</select>")  # noqa: S704


def _is_plain(choice: Any) -> bool:
    return isinstance(choice, SelectChoice) and choice.optgroup is None and not choice.render_kw


_WRITERS: dict[type, Callable[[Any, dict[str, Any]], Markup | None]] = {
    TextInput: _box,
    TelInput: _box,
    HiddenInput: _box,
    CheckboxInput: _tick,
    TextArea: _area,
    Select: _menu,
}
