"""The ways of paying that the shop knows, by the word that seller orders store."""

from shop.payments.methods.cod import CashOnDelivery
from shop.payments.methods.protocol import By, Method, SendsBack, Standing
from shop.payments.methods.transfer import Transfer

METHODS: dict[str, Method] = {method.name: method for method in (CashOnDelivery(), Transfer())}

__all__ = ["METHODS", "By", "Method", "SendsBack", "Standing"]
