"""A page with nothing but the address and a phone, as a checkout would show them."""

from flask import Blueprint, Flask, render_template_string
from flask.typing import ResponseReturnValue

from shop.db import db
from shop.places.forms import AddressFields, PhoneField, fill_places
from shop.places.rules import one_line
from shop.web.forms import ShopForm
from shop.web.guards import guard

PAGE = """
{% extends "base.html" %}
{% from 'components/address.html' import address_fields, phone_field %}
{% from 'components/error_summary.html' import error_summary %}
{% from 'components/button.html' import button %}
{% block title %}Nơi nhận hàng{% endblock %}
{% block main %}<h1 class="h2 mb">Nơi nhận hàng</h1>
{{ error_summary(form) }}
{% if done %}<p id="done" data-legacy="{{ done.legacy_text }}">{{ words }}</p>{% endif %}
<form method="post" class="flow doc" novalidate>
{{ phone_field(form.phone, hint='Ghi kiểu nào cũng được.') }}
{{ address_fields(form) }}
{{ button('Đặt hàng', big=True) }}</form>{% endblock %}
"""

blueprint = Blueprint("address_page", __name__)


class SendToForm(AddressFields, ShopForm):
    above_address = ("phone",)
    phone = PhoneField("Số điện thoại", need="Anh/chị ghi số điện thoại.")


@blueprint.get("/thu-dia-chi")
@guard("visitor")
def show() -> str:
    form = SendToForm()
    fill_places(form, db.session())
    return render_template_string(PAGE, form=form, done=None, words="")


@blueprint.post("/thu-dia-chi")
@guard("visitor")
def send() -> ResponseReturnValue:
    form = SendToForm.posted()
    fill_places(form, db.session())
    if form.is_asking:
        return render_template_string(PAGE, form=form, done=None, words="")
    if not form.validate():
        return render_template_string(PAGE, form=form, done=None, words=""), 422
    done = form.address()
    return render_template_string(PAGE, form=form, done=done, words=one_line(done))


def add_page(app: Flask) -> Flask:
    app.register_blueprint(blueprint)
    return app
