"""Simulates the Partner Center REST API (https://api.partnercenter.microsoft.com)."""

from cspctl.simulator.partner_center import (
    agreements,
    application_consents,
    carts,
    catalogue,
    countries,
    customers,
    directory_roles,
    entitlements,
    license_subscriptions,
    licenses,
    orders,
    partner_profiles,
    products,
    profiles,
    subscriptions,
    users,
    validations,
)
from cspctl.simulator.partner_center.service import routes

__all__ = [
    "agreements",
    "application_consents",
    "carts",
    "catalogue",
    "countries",
    "customers",
    "directory_roles",
    "entitlements",
    "license_subscriptions",
    "licenses",
    "orders",
    "partner_profiles",
    "products",
    "profiles",
    "routes",
    "subscriptions",
    "users",
    "validations",
]
