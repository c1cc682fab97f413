"""Keeps orders and shows them as they are fulfilled; the only place that brings purchases into being.

https://learn.microsoft.com/partner-center/developer/order-resources
"""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any

from cspctl.simulator.arm import subscriptions as arm_subscriptions
from cspctl.simulator.partner_center import catalogue, countries, customers, entitlements, subscriptions
from cspctl.simulator.partner_center.answers import collection, link, refuse, resource
from cspctl.simulator.partner_center.service import routes
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request, Response

COLLECTION = "orders"
# Until a new plan and its first Azure subscription can be seen.
FULFILMENT = timedelta(seconds=30)
# "There is a delay of up to 15 minutes before the order appears in that customer's order list."
LIST_LAG = timedelta(minutes=5)


def place(request: Request, customer: Document, line: dict[str, Any]) -> Document:
    """Buy what a line of a cart names; return the order."""
    product = catalogue.of_item(line["catalogItemId"])
    country = str(customer["billingProfile"]["defaultAddress"]["country"])
    facts = countries.find(country)
    order = {
        "id": secrets.token_hex(6),
        "customerId": customer["id"],
        "currencyCode": line["currencyCode"],
        "currencySymbol": facts.symbol if facts else "$",
        "country": country,
        "offerId": line["catalogItemId"],
        "friendlyName": line.get("friendlyName") or product.title,
        "quantity": line["quantity"],
        "billingCycle": str(line["billingCycle"]).lower(),
        "termDuration": str(line.get("termDuration") or "").upper(),
        "partnerId": _reseller(line),
        "subscriptionId": str(uuid.uuid4()),
        "createdAt": request.now.isoformat(),
        "fulfilledAt": (request.now + FULFILMENT).isoformat(),
    }
    request.tx.put(COLLECTION, f"{customer['id']}/{order['id']}", order)
    subscriptions.add(request.tx, order)
    if product is catalogue.AZURE_PLAN:
        _add_azure(request, customer)
        request.tx.effects.append(f"azure plan bought {order['subscriptionId']}")
    else:
        request.tx.effects.append(f"licences bought {order['subscriptionId']}")
    return order


def _add_azure(request: Request, customer: Document) -> None:
    """Give the customer the one Azure subscription that a plan brings along."""
    azure = str(uuid.uuid4())
    name = "Microsoft Azure"
    ready_at = request.now + FULFILMENT
    arm_subscriptions.bring_into_being(request.tx, request.now, azure, customer["id"], name, ready_at)
    entitlements.add(request.tx, request.now, customer["id"], azure, name)


def _reseller(line: dict[str, Any]) -> str:
    """Return the id of the indirect reseller on record, empty if there is none."""
    participants = line.get("participants") or []
    return next((str(each["value"]) for each in participants if each.get("value")), "")


def shown(order: Document, now: datetime) -> dict[str, Any]:
    """Return an order as Partner Center answers it at this time."""
    done = now >= datetime.fromisoformat(order["fulfilledAt"])
    uri = f"/customers/{order['customerId']}/orders/{order['id']}"
    product = catalogue.of_item(order["offerId"])
    sku = link(f"/products/{product.id}/skus/{product.sku}?country={order['country']}")
    links = {"sku": sku}
    line: dict[str, Any] = {
        "lineItemNumber": 0,
        "offerId": order["offerId"],
        "transactionType": "New",
        "friendlyName": order["friendlyName"],
        "quantity": order["quantity"],
        "links": links,
    }
    if order["termDuration"]:
        line["termDuration"] = order["termDuration"]
    if done:
        line["subscriptionId"] = order["subscriptionId"]
        plan = f"/customers/{order['customerId']}/subscriptions/{order['subscriptionId']}"
        links["subscription"] = link(plan)
    body = {
        "id": order["id"],
        "alternateId": order["id"],
        "referenceCustomerId": order["customerId"],
        "billingCycle": order["billingCycle"],
        "currencyCode": order["currencyCode"],
        "currencySymbol": order["currencySymbol"],
        "lineItems": [line],
        "creationDate": order["createdAt"].replace("+00:00", "Z"),
        "status": "completed" if done else "pending",
        "transactionType": "UserPurchase",
    }
    answer = resource(body, "Order", uri)
    answer["links"]["provisioningStatus"] = link(f"{uri}/provisioningstatus")
    return answer


def _find(request: Request, customer: str, order: str) -> Document:
    document = request.tx.get(COLLECTION, f"{customer}/{order}")
    if document is None:
        raise refuse(404, "20000", "Order ID not found")
    return document


@routes.route("GET", "/v1/customers/<customer>/orders")
def list_orders(request: Request, customer: str) -> Response:
    """Answer the customer's orders, the newest of them only after a while."""
    document = customers.find(request, customer)
    known = [
        shown(order, request.now)
        for order in request.tx.all(COLLECTION, f"{document['id']}/")
        if request.now >= datetime.fromisoformat(order["createdAt"]) + LIST_LAG
    ]
    wanted = request.query.get("billingType").replace("_", "").lower()
    chosen = [each for each in known if wanted in ("", each["billingCycle"].replace("_", ""))]
    return Response(200, collection(chosen, f"/customers/{document['id']}/orders"))


@routes.route("GET", "/v1/customers/<customer>/orders/<order>")
def get(request: Request, customer: str, order: str) -> Response:
    """Answer an order at once, before the list has it."""
    document = customers.find(request, customer)
    return Response(200, shown(_find(request, document["id"], order), request.now))


@routes.route("GET", "/v1/customers/<customer>/orders/<order>/provisioningstatus")
def provisioning_status(request: Request, customer: str, order: str) -> Response:
    """Answer how far each line item is."""
    document = customers.find(request, customer)
    found = _find(request, document["id"], order)
    done = request.now >= datetime.fromisoformat(found["fulfilledAt"])
    status = "fulfilled" if done else "prefulfillment_pending"
    item = {
        "lineItemNumber": 0,
        "status": status,
        "quantityProvisioningInformation": [{"quantity": found["quantity"], "status": status}],
    }
    uri = f"/customers/{document['id']}/orders/{found['id']}/provisioningstatus"
    return Response(200, collection([item], uri))
