"""Fills and checks out carts; the only place where something is bought.

https://learn.microsoft.com/partner-center/developer/create-a-cart, …/checkout-a-cart and …/cart-resources
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from cspctl.simulator.partner_center import (
    agreements,
    catalogue,
    countries,
    customers,
    license_subscriptions,
    orders,
    subscriptions,
)
from cspctl.simulator.partner_center.answers import refuse, resource
from cspctl.simulator.partner_center.service import routes
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Refused, Request, Response

COLLECTION = "carts"
LIFE = timedelta(days=7)

# Error codes of line items. https://learn.microsoft.com/partner-center/developer/cart-resources#carterrorcode
CURRENCY_NOT_SUPPORTED, CATALOG_ITEM_NOT_VALID, GENERAL = 10000, 10001, 10006
WRITTEN = (
    "catalogItemId",
    "friendlyName",
    "quantity",
    "currencyCode",
    "billingCycle",
    "termDuration",
    "participants",
    "provisioningContext",
    "renewsTo",
    "addonItems",
)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _find(request: Request, customer: str, cart: str) -> Document:
    document = request.tx.get(COLLECTION, f"{customer}/{cart}")
    if document is None or request.now >= datetime.fromisoformat(document["expirationTimestamp"]):
        raise refuse(404, "800008", "Unable to retrieve cart Id")
    return document


def _shown(customer: str, cart: Document) -> dict[str, Any]:
    return resource(cart, "Cart", f"/customers/{customer}/carts/{cart['id']}")


@routes.route("POST", "/v1/customers/<customer>/carts")
def create(request: Request, customer: str) -> Response:
    """Fill a cart; errors of single items are told in the items, with status 201 all the same."""
    document = customers.find(request, customer)
    cart = {
        "id": str(uuid.uuid4()),
        "creationTimestamp": _stamp(request.now),
        "lastModifiedTimestamp": _stamp(request.now),
        "expirationTimestamp": _stamp(request.now + LIFE),
        "lastModifiedUser": str(request.caller["oid"]),
        "status": "Active",
        "lineItems": _line_items(request, document),
    }
    request.tx.put(COLLECTION, f"{document['id']}/{cart['id']}", cart)
    request.tx.effects.append(f"cart created {cart['id']}")
    return Response(201, _shown(document["id"], cart))


@routes.route("GET", "/v1/customers/<customer>/carts/<cart>")
def get(request: Request, customer: str, cart: str) -> Response:
    """Answer a cart until it expires."""
    document = customers.find(request, customer)
    return Response(200, _shown(document["id"], _find(request, document["id"], cart)))


@routes.route("PUT", "/v1/customers/<customer>/carts/<cart>")
def update(request: Request, customer: str, cart: str) -> Response:
    """Replace the items of a cart that was not submitted yet; the documented status is 201."""
    document = customers.find(request, customer)
    found = _find(request, document["id"], cart)
    if found["status"] != "Active":
        raise refuse(400, "800065", f"Cannot check out an already submitted cart {found['id']}.")
    found["lineItems"] = _line_items(request, document)
    found["lastModifiedTimestamp"] = _stamp(request.now)
    found["lastModifiedUser"] = str(request.caller["oid"])
    request.tx.put(COLLECTION, f"{document['id']}/{found['id']}", found)
    request.tx.effects.append(f"cart updated {found['id']}")
    return Response(201, _shown(document["id"], found))


# Line items ----------------------------------------------------------------------------------------------


def _line_items(request: Request, customer: Document) -> list[dict[str, Any]]:
    items = request.body.get("lineItems") if isinstance(request.body, dict) else None
    if not isinstance(items, list) or not items:
        raise refuse(400, "800002", "Invalid request input: lineItems is required.")
    return [_line_item(request, customer, number, item) for number, item in enumerate(items)]


def _line_item(request: Request, customer: Document, number: int, item: Any) -> dict[str, Any]:
    given = item if isinstance(item, dict) else {}
    for name in ("catalogItemId", "quantity", "billingCycle"):
        if given.get(name) in (None, ""):
            raise refuse(400, "800002", f"Invalid request input: lineItems[{number}].{name} is required.")
    kept = {name: given[name] for name in WRITTEN if given.get(name) is not None}
    line = {"id": number, **kept, "orderGroup": str(number)}
    country = str(customer["billingProfile"]["defaultAddress"]["country"])
    facts = countries.find(country)
    line.setdefault("currencyCode", facts.currency if facts else "USD")
    error = _error(request, country, line)
    if error is not None:
        line["error"] = {"errorCode": error[0], "errorDescription": error[1]}
    return line


def _error(request: Request, country: str, line: dict[str, Any]) -> tuple[int, str] | None:
    product = catalogue.find(str(line["catalogItemId"]).partition(":")[0])
    if product is None or str(line["catalogItemId"]).upper() != product.item(request.now, country):
        return CATALOG_ITEM_NOT_VALID, f"Catalog item ID {line['catalogItemId']} is not valid."
    cycle, term = str(line["billingCycle"]).lower(), str(line.get("termDuration") or "").upper()
    if cycle not in product.cycles:
        return GENERAL, f"The billing cycle {line['billingCycle']} is not supported for this item."
    if line["quantity"] not in range(1, product.most + 1):
        return GENERAL, f"The quantity is not within the minimum and maximum allowed quantity (1 to {product.most})."
    if (term, cycle) not in (product.terms or [("", cycle)]):
        return GENERAL, f"The term duration {term} is not supported for this item with billing cycle {cycle}."
    facts = countries.find(country)
    if facts is not None and str(line["currencyCode"]).upper() != facts.currency:
        return CURRENCY_NOT_SUPPORTED, f"The currency {line['currencyCode']} is not supported in {country}."
    return None


# Checking out --------------------------------------------------------------------------------------------


@routes.route("POST", "/v1/customers/<customer>/carts/<cart>/checkout", byte_order_mark=True)
def checkout(request: Request, customer: str, cart: str) -> Response:
    """Buy what is in the cart: one order for each group of items, some of which may fail."""
    document = customers.find(request, customer)
    found = _find(request, document["id"], cart)
    if found["status"] != "Active":
        raise refuse(400, "800065", f"Cannot check out an already submitted cart {found['id']}.")
    if any("error" in line for line in found["lineItems"]):
        raise refuse(400, "800009", "Error in Cart item(s)")
    if not agreements.may_buy(request.tx, document):
        text = (
            "Either a partner confirmation of the customer acceptance of the Microsoft Customer Agreement must be "
            "provided or the customer must accept the Microsoft Customer Agreement in the Microsoft Admin Center "
            "before you can complete this purchase"
        )
        raise refuse(403, "13605", text)
    result = _bought(request, document, found["lineItems"])
    found["status"] = "Ordered"
    request.tx.put(COLLECTION, f"{document['id']}/{found['id']}", found)
    return Response(201, resource(result, "CartCheckoutResult"))


def _check_may_buy(request: Request, customer: Document, line: dict[str, Any]) -> None:
    product = catalogue.of_item(line["catalogItemId"])
    if product is catalogue.AZURE_PLAN:
        subscriptions.check_may_hold_plan(request, customer)
    else:
        license_subscriptions.check_quantity(request.tx, line["quantity"], product.most)
        subscriptions.check_may_hold_another(request, customer)


def _bought(request: Request, customer: Document, lines: list[dict[str, Any]]) -> dict[str, Any]:
    placed, errors = [], []
    for line in lines:
        try:
            _check_may_buy(request, customer, line)
            placed.append(orders.shown(orders.place(request, customer, line), request.now))
        except Refused as refused:
            # A cart of one group fails as a whole; with several, the others are bought.
            if len(lines) == 1:
                raise
            body = refused.response.body
            errors.append(
                {"orderGroupId": line["orderGroup"], "code": body["code"], "description": body["description"]}
            )
    return {"orders": placed, "orderErrors": errors or None}
