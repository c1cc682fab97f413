"""Answers the catalogue: products, their SKUs and how these can be bought today; the only place for its routes.

https://learn.microsoft.com/partner-center/developer/product-resources
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from cspctl.simulator.partner_center import catalogue, countries, customers
from cspctl.simulator.partner_center.answers import collection, link, refuse
from cspctl.simulator.partner_center.catalogue import Product
from cspctl.simulator.partner_center.service import routes
from cspctl.simulator.wire import Request, Response

# The views of the catalogue; those without products of ours are empty here.
VIEWS = frozenset(
    {
        "azure",
        "microsoftazure",
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
)
SEGMENTS = {"commercial", "education", "government", "nonprofit"}
YEARLY = {"P1M": "One-Month commitment", "P1Y": "One-Year commitment"}


# Shapes --------------------------------------------------------------------------------------------------


def _links(uri: str, country: str, child: str = "") -> dict[str, Any]:
    links = {"self": link(f"{uri}?country={country}")}
    return {child: link(f"{uri}/{child}?country={country}"), **links} if child else links


def _product(product: Product, country: str) -> dict[str, Any]:
    kind, sub = product.type
    type_: dict[str, Any] = {"id": kind, "displayName": kind}
    if sub:
        type_["subType"] = {"id": sub, "displayName": product.title}
    return {
        "id": product.id,
        "title": product.title,
        "description": product.title,
        "productType": type_,
        "isMicrosoftProduct": True,
        "publisherName": "Microsoft",
        "links": _links(f"/products/{product.id}", country, "skus"),
    }


def _attributes(product: Product) -> dict[str, Any]:
    if not product.provisioning_id:
        return {"isMicrosoftProduct": True, "pilotProgram": "modernazurepilot"}
    return {
        "isMicrosoftProduct": True,
        "hasConstraints": True,
        "isAddon": False,
        "prerequisiteSkus": [],
        "provisioningId": product.provisioning_id,
    }


def _sku(product: Product, country: str) -> dict[str, Any]:
    return {
        "id": product.sku,
        "productId": product.id,
        "title": product.sku_title,
        "description": product.description,
        "minimumQuantity": 1,
        "maximumQuantity": product.most,
        "isTrial": False,
        "supportedBillingCycles": product.cycles,
        "purchasePrerequisites": ["MicrosoftCustomerAgreement"],
        "inventoryVariables": [],
        "provisioningVariables": [],
        "actions": ["Refund"],
        "dynamicAttributes": _attributes(product),
        "links": _links(f"/products/{product.id}/skus/{product.sku}", country, "availabilities"),
    }


def _term(product: Product, duration: str, cycle: str) -> dict[str, Any]:
    id = hashlib.sha256(f"{product.id}/{duration}/{cycle}".encode()).hexdigest()[:12]
    refund = {"sequenceId": 0, "type": "Full", "expiresAfter": "P7D"}
    return {
        "id": id,
        "duration": duration,
        "description": f"{YEARLY[duration]} for {cycle} billing",
        "billingCycle": cycle.capitalize(),
        "cancellationPolicies": [{"refundOptions": [refund]}],
    }


def _availability(product: Product, now: datetime, country: str) -> dict[str, Any]:
    facts = countries.required(country)
    id = product.availability(now, country)
    return {
        "id": id,
        "productId": product.id,
        "skuId": product.sku,
        "catalogItemId": product.item(now, country),
        "defaultCurrency": {"code": facts.currency, "symbol": facts.symbol},
        "segment": "commercial",
        "country": country,
        "isPurchasable": True,
        "isRenewable": bool(product.terms),
        "terms": [_term(product, duration, cycle) for duration, cycle in product.terms],
        "product": _product(product, country),
        "sku": _sku(product, country),
        "links": _links(f"/products/{product.id}/skus/{product.sku}/availabilities/{id}", country),
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


def _in_view(request: Request) -> list[Product]:
    """Return the products that the asked view and segment hold."""
    view = request.query.get("targetView").lower()
    if view not in VIEWS:
        raise refuse(403, "400036", "Access to the requested targetView is not allowed.")
    return [each for each in catalogue.PRODUCTS if view in each.views] if _in_segment(request) else []


def _in_segment(request: Request) -> bool:
    segment = request.query.get("targetSegment", "commercial").lower()
    if segment not in SEGMENTS:
        raise refuse(403, "400030", "Access to the requested targetSegment is not allowed.")
    return segment == "commercial"


def _known(product: str, sku: str | None = None) -> Product:
    found = catalogue.find(product)
    if found is None:
        raise refuse(404, "400013", f"Product {product} was not found.")
    if sku is not None and sku.upper() != found.sku:
        raise refuse(404, "400018", f"Sku {sku} was not found.")
    return found


def _availability_of(request: Request, product: Product, country: str, availability: str) -> dict[str, Any]:
    if availability.upper() != product.availability(request.now, country):
        raise refuse(404, "400019", f"Availability {availability} was not found.")
    return _availability(product, request.now, country)


def _listed(request: Request, items: list[dict[str, Any]]) -> Response:
    query = "&".join(f"{name}={value}" for name, value in request.query.pairs)
    uri = request.path.removeprefix("/v1")
    return Response(200, collection(items, f"{uri}?{query}" if query else uri))


# Routes: for a country, and for a customer in its country --------------------------------------------------


@routes.route("GET", "/v1/products")
def products(request: Request) -> Response:
    """Answer the products of a view."""
    country = _country(request)
    return _listed(request, [_product(each, country) for each in _in_view(request)])


@routes.route("GET", "/v1/customers/<customer>/products")
def customer_products(request: Request, customer: str) -> Response:
    """Answer the products of a view that the customer can have."""
    country = _customers_country(request, customer)
    return _listed(request, [_product(each, country) for each in _in_view(request)])


@routes.route("GET", "/v1/products/<product>")
def product(request: Request, product: str) -> Response:
    """Answer a product."""
    return Response(200, _product(_known(product), _country(request)))


@routes.route("GET", "/v1/customers/<customer>/products/<product>")
def customer_product(request: Request, customer: str, product: str) -> Response:
    """Answer a product."""
    return Response(200, _product(_known(product), _customers_country(request, customer)))


@routes.route("GET", "/v1/products/<product>/skus")
def skus(request: Request, product: str) -> Response:
    """Answer the SKUs of a product."""
    found = _known(product)
    country = _country(request)
    return _listed(request, [_sku(found, country)] if _in_segment(request) else [])


@routes.route("GET", "/v1/customers/<customer>/products/<product>/skus")
def customer_skus(request: Request, customer: str, product: str) -> Response:
    """Answer the SKUs of a product that the customer can have."""
    found = _known(product)
    country = _customers_country(request, customer)
    return _listed(request, [_sku(found, country)] if _in_segment(request) else [])


@routes.route("GET", "/v1/products/<product>/skus/<sku>")
def sku(request: Request, product: str, sku: str) -> Response:
    """Answer a SKU."""
    return Response(200, _sku(_known(product, sku), _country(request)))


@routes.route("GET", "/v1/customers/<customer>/products/<product>/skus/<sku>")
def customer_sku(request: Request, customer: str, product: str, sku: str) -> Response:
    """Answer a SKU."""
    return Response(200, _sku(_known(product, sku), _customers_country(request, customer)))


@routes.route("GET", "/v1/products/<product>/skus/<sku>/availabilities")
def availabilities(request: Request, product: str, sku: str) -> Response:
    """Answer how a SKU can be bought in a country today."""
    found = _known(product, sku)
    country = _country(request)
    return _listed(request, [_availability(found, request.now, country)] if _in_segment(request) else [])


@routes.route("GET", "/v1/customers/<customer>/products/<product>/skus/<sku>/availabilities")
def customer_availabilities(request: Request, customer: str, product: str, sku: str) -> Response:
    """Answer how the customer can buy a SKU today."""
    found = _known(product, sku)
    return _listed(request, [_availability(found, request.now, _customers_country(request, customer))])


@routes.route("GET", "/v1/products/<product>/skus/<sku>/availabilities/<availability>")
def availability(request: Request, product: str, sku: str, availability: str) -> Response:
    """Answer one availability; yesterday's is gone."""
    found = _known(product, sku)
    return Response(200, _availability_of(request, found, _country(request), availability))


@routes.route("GET", "/v1/customers/<customer>/products/<product>/skus/<sku>/availabilities/<availability>")
def customer_availability(request: Request, customer: str, product: str, sku: str, availability: str) -> Response:
    """Answer one availability for the customer; yesterday's is gone."""
    found = _known(product, sku)
    return Response(200, _availability_of(request, found, _customers_country(request, customer), availability))
