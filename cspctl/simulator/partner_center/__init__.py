"""Simulates the Partner Center REST API (https://api.partnercenter.microsoft.com)."""

from cspctl.simulator.partner_center import (
    agreements,
    application_consents,
    carts,
    countries,
    customers,
    entitlements,
    orders,
    products,
    profiles,
    subscriptions,
    validations,
)
from cspctl.simulator.partner_center.service import routes

__all__ = [
    "agreements",
    "application_consents",
    "carts",
    "countries",
    "customers",
    "entitlements",
    "orders",
    "products",
    "profiles",
    "routes",
    "subscriptions",
    "validations",
]
