"""The ways of paying that the shop knows, by the word that seller orders store."""

from shop.payments.methods.card import Card
from shop.payments.methods.cod import CashOnDelivery
from shop.payments.methods.momo import MoMo
from shop.payments.methods.online import Online, open_gateways
from shop.payments.methods.protocol import By, Method, SendsBack, Standing, Taken
from shop.payments.methods.transfer import Transfer
from shop.payments.methods.vnpay import VNPay
from shop.payments.methods.zalopay import ZaloPay

GATEWAYS: dict[str, Online] = {
    one.name: one for one in open_gateways(Card(), VNPay(), MoMo(), ZaloPay())
}
METHODS: dict[str, Method] = {
    method.name: method for method in (CashOnDelivery(), Transfer(), *GATEWAYS.values())
}

__all__ = ["GATEWAYS", "METHODS", "By", "Method", "SendsBack", "Standing", "Taken"]
