"""Answers the catalogue, which here holds one product, the Azure plan; the only place that knows prices' owners.

https://learn.microsoft.com/partner-center/developer/create-azure-plan and …/product-resources
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from cspctl.simulator.partner_center import countries, customers
from cspctl.simulator.partner_center.answers import collection, link, refuse
from cspctl.simulator.partner_center.service import routes
from cspctl.simulator.wire import Request, Response

PRODUCT, SKU = "DZH318Z0BPS6", "0001"
BILLING_CYCLE = "one_time"
# The views of the catalogue; those without the Azure plan are empty here.
VIEWS_WITH_PLAN = {"azure", "microsoftazure"}
VIEWS = VIEWS_WITH_PLAN | {
    "azurereservations",
    "azurereservationsvm",
    "azurereservationssql",
    "azurereservationscosmosdb",
    "onlineservices",
    "software",
    "softwaresuselinux",
    "softwareperpetual",
    "softwaresubscriptions",
    "marketplacesaas",
}
SEGMENTS = {"commercial", "education", "government", "nonprofit"}
ALPHABET = "0123456789BCDFGHJKLMNPQRSTVWXZ"


def availability_id(now: datetime, country: str) -> str:
    """Return the id of the plan's availability, another one each day: it "can change over time"."""
    digest = hashlib.sha256(f"{now:%Y-%m-%d}/{country.upper()}".encode()).digest()
    return "DZH318Z0" + "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:4])


def catalog_item_id(now: datetime, country: str) -> str:
    """Return what a cart's line item must name today to buy the Azure plan."""
    return f"{PRODUCT}:{SKU}:{availability_id(now, country)}"


# Shapes --------------------------------------------------------------------------------------------------


def _links(uri: str, country: str, child: str = "") -> dict[str, Any]:
    links = {"self": link(f"{uri}?country={country}")}
    return {child: link(f"{uri}/{child}?country={country}"), **links} if child else links


def _product(country: str) -> dict[str, Any]:
    return {
        "id": PRODUCT,
        "title": "Azure plan",
        "description": "Azure plan",
        "productType": {
            "id": "Azure",
            "displayName": "Azure",
            "subType": {"id": "AzurePlan", "displayName": "Azure plan"},
        },
        "isMicrosoftProduct": True,
        "publisherName": "Microsoft",
        "links": _links(f"/products/{PRODUCT}", country, "skus"),
    }


def _sku(country: str) -> dict[str, Any]:
    return {
        "id": SKU,
        "productId": PRODUCT,
        "title": "Microsoft Azure plan",
        "description": "Microsoft Azure plan (MS-AZR-0017G)",
        "minimumQuantity": 1,
        "maximumQuantity": 1,
        "isTrial": False,
        "supportedBillingCycles": [BILLING_CYCLE],
        "purchasePrerequisites": ["MicrosoftCustomerAgreement"],
        "inventoryVariables": [],
        "provisioningVariables": [],
        "actions": ["Refund"],
        "dynamicAttributes": {"isMicrosoftProduct": True, "pilotProgram": "modernazurepilot"},
        "links": _links(f"/products/{PRODUCT}/skus/{SKU}", country, "availabilities"),
    }


def _availability(now: datetime, country: str) -> dict[str, Any]:
    facts = countries.required(country)
    id = availability_id(now, country)
    return {
        "id": id,
        "productId": PRODUCT,
        "skuId": SKU,
        "catalogItemId": catalog_item_id(now, country),
        "defaultCurrency": {"code": facts.currency, "symbol": facts.symbol},
        "segment": "commercial",
        "country": country,
        "isPurchasable": True,
        "isRenewable": False,
        "terms": [],
        "product": _product(country),
        "sku": _sku(country),
        "links": _links(f"/products/{PRODUCT}/skus/{SKU}/availabilities/{id}", country),
    }


# Checks --------------------------------------------------------------------------------------------------


def _country(request: Request) -> str:
    code = request.query.get("country").upper()
    if countries.find(code) is None:
        raise refuse(400, "3000", f"Invalid property 'country': {code!r}.")
    return code


def _customers_country(request: Request, customer: str) -> str:
    document = customers.find(request, customer)
    return str(document["billingProfile"]["defaultAddress"]["country"]).upper()


def _in_view(request: Request) -> bool:
    view = request.query.get("targetView").lower()
    if view not in VIEWS:
        raise refuse(403, "400036", "Access to the requested targetView is not allowed.")
    return view in VIEWS_WITH_PLAN and _in_segment(request)


def _in_segment(request: Request) -> bool:
    segment = request.query.get("targetSegment", "commercial").lower()
    if segment not in SEGMENTS:
        raise refuse(403, "400030", "Access to the requested targetSegment is not allowed.")
    return segment == "commercial"


def _check(product: str, sku: str | None = None) -> None:
    if product.upper() != PRODUCT:
        raise refuse(404, "400013", f"Product {product} was not found.")
    if sku is not None and sku.upper() != SKU:
        raise refuse(404, "400018", f"Sku {sku} was not found.")


def _availability_of(request: Request, country: str, availability: str) -> dict[str, Any]:
    if availability.upper() != availability_id(request.now, country):
        raise refuse(404, "400019", f"Availability {availability} was not found.")
    return _availability(request.now, country)


def _listed(request: Request, items: list[dict[str, Any]]) -> Response:
    query = "&".join(f"{name}={value}" for name, value in request.query.pairs)
    uri = request.path.removeprefix("/v1")
    return Response(200, collection(items, f"{uri}?{query}" if query else uri))


# Routes: for a country, and for a customer in its country --------------------------------------------------


@routes.route("GET", "/v1/products")
def products(request: Request) -> Response:
    """Answer the products of a view."""
    country = _country(request)
    return _listed(request, [_product(country)] if _in_view(request) else [])


@routes.route("GET", "/v1/customers/<customer>/products")
def customer_products(request: Request, customer: str) -> Response:
    """Answer the products of a view that the customer can have."""
    country = _customers_country(request, customer)
    return _listed(request, [_product(country)] if _in_view(request) else [])


@routes.route("GET", "/v1/products/<product>")
def product(request: Request, product: str) -> Response:
    """Answer a product."""
    _check(product)
    return Response(200, _product(_country(request)))


@routes.route("GET", "/v1/customers/<customer>/products/<product>")
def customer_product(request: Request, customer: str, product: str) -> Response:
    """Answer a product."""
    _check(product)
    return Response(200, _product(_customers_country(request, customer)))


@routes.route("GET", "/v1/products/<product>/skus")
def skus(request: Request, product: str) -> Response:
    """Answer the SKUs of a product."""
    _check(product)
    country = _country(request)
    return _listed(request, [_sku(country)] if _in_segment(request) else [])


@routes.route("GET", "/v1/customers/<customer>/products/<product>/skus")
def customer_skus(request: Request, customer: str, product: str) -> Response:
    """Answer the SKUs of a product that the customer can have."""
    _check(product)
    country = _customers_country(request, customer)
    return _listed(request, [_sku(country)] if _in_segment(request) else [])


@routes.route("GET", "/v1/products/<product>/skus/<sku>")
def sku(request: Request, product: str, sku: str) -> Response:
    """Answer a SKU."""
    _check(product, sku)
    return Response(200, _sku(_country(request)))


@routes.route("GET", "/v1/customers/<customer>/products/<product>/skus/<sku>")
def customer_sku(request: Request, customer: str, product: str, sku: str) -> Response:
    """Answer a SKU."""
    _check(product, sku)
    return Response(200, _sku(_customers_country(request, customer)))


@routes.route("GET", "/v1/products/<product>/skus/<sku>/availabilities")
def availabilities(request: Request, product: str, sku: str) -> Response:
    """Answer how a SKU can be bought in a country today."""
    _check(product, sku)
    country = _country(request)
    return _listed(request, [_availability(request.now, country)] if _in_segment(request) else [])


@routes.route("GET", "/v1/customers/<customer>/products/<product>/skus/<sku>/availabilities")
def customer_availabilities(request: Request, customer: str, product: str, sku: str) -> Response:
    """Answer how the customer can buy a SKU today."""
    _check(product, sku)
    return _listed(request, [_availability(request.now, _customers_country(request, customer))])


@routes.route("GET", "/v1/products/<product>/skus/<sku>/availabilities/<availability>")
def availability(request: Request, product: str, sku: str, availability: str) -> Response:
    """Answer one availability; yesterday's is gone."""
    _check(product, sku)
    return Response(200, _availability_of(request, _country(request), availability))


@routes.route("GET", "/v1/customers/<customer>/products/<product>/skus/<sku>/availabilities/<availability>")
def customer_availability(request: Request, customer: str, product: str, sku: str, availability: str) -> Response:
    """Answer one availability for the customer; yesterday's is gone."""
    _check(product, sku)
    return Response(200, _availability_of(request, _customers_country(request, customer), availability))
