"""Keeps Partner Center's subscriptions, Azure plans and such to licences; the only place for them.

https://learn.microsoft.com/partner-center/developer/subscription-resources
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cspctl.simulator.partner_center import catalogue, customers, entitlements, license_subscriptions
from cspctl.simulator.partner_center.answers import collection, link, refuse, resource
from cspctl.simulator.partner_center.service import routes
from cspctl.simulator.store import Document, Transaction
from cspctl.simulator.wire import Request, Response

COLLECTION = "partnerSubscriptions"
SANDBOX_PLANS = 10
SANDBOX_SUBSCRIPTIONS = 5  # for each customer
STATUS_TICK = 15 * 60  # seconds: "The status field is updated every 15 minutes."


# For the other resources ---------------------------------------------------------------------------------


def azure_plan(tx: Transaction, customer: str) -> Document | None:
    """Return the customer's Azure plan, whatever its status, or None."""
    held = tx.all(COLLECTION, f"{customer}/")
    return next((each for each in held if not license_subscriptions.is_one(each)), None)


def active(tx: Transaction, customer: str) -> list[Document]:
    """Return the customer's subscriptions that have been neither suspended nor deleted."""
    return [each for each in tx.all(COLLECTION, f"{customer}/") if each["status"] == "active"]


def check_may_hold_plan(request: Request, customer: Document) -> None:
    """Refuse a second plan for a customer, and more of them than a sandbox may have."""
    if azure_plan(request.tx, customer["id"]) is not None:
        text = "The desired number of subscriptions exceeded the maximum number of subscriptions allowed per customer"
        raise refuse(403, "800066", text)
    account = request.tx.get("account", "partner") or {}
    plans = [each for each in request.tx.all(COLLECTION) if not license_subscriptions.is_one(each)]
    if account.get("sandbox") and len(plans) >= SANDBOX_PLANS:
        text = "Unable to create order. There is a limit to how many Azure plans can be created under sandbox accounts"
        raise refuse(400, "900116", text)


def check_may_hold_another(request: Request, customer: Document) -> None:
    """Refuse more subscriptions for one customer than a sandbox may have."""
    account = request.tx.get("account", "partner") or {}
    if account.get("sandbox") and len(active(request.tx, customer["id"])) >= SANDBOX_SUBSCRIPTIONS:
        text = "The desired number of subscriptions exceeded the maximum number of subscriptions allowed per customer"
        raise refuse(403, "800066", text)


def add(tx: Transaction, order: Document) -> None:
    """Bring the subscription of an order into being."""
    plan = {
        "id": order["subscriptionId"],
        "customerId": order["customerId"],
        "orderId": order["id"],
        "offerId": order["offerId"],
        "friendlyName": order["friendlyName"],
        "country": order["country"],
        "partnerId": order["partnerId"],
        "status": "active",
        "createdAt": order["createdAt"],
        "readyAt": order["fulfilledAt"],
        "quantity": order["quantity"],
        "billingCycle": order["billingCycle"],
        "termDuration": order["termDuration"],
        "autoRenewEnabled": bool(order["termDuration"]),
    }
    _save(tx, plan)


def _save(tx: Transaction, subscription: Document) -> None:
    tx.put(COLLECTION, f"{subscription['customerId']}/{subscription['id']}", subscription)
    if license_subscriptions.is_one(subscription):
        license_subscriptions.provide(tx, subscription)


def find(request: Request, customer: str, subscription: str) -> tuple[Document, Document]:
    """Return the customer and its subscription, or refuse; a new one is not found until it is fulfilled."""
    owner = customers.find(request, customer)
    plan = request.tx.get(COLLECTION, f"{owner['id']}/{subscription}")
    if plan is None or request.now < datetime.fromisoformat(plan["readyAt"]):
        raise refuse(404, "20003", f"Subscription with ID {subscription} not found.")
    return owner, plan


def find_plan(request: Request, customer: str, subscription: str) -> tuple[Document, Document]:
    """Return the customer and its Azure plan, or refuse; what belongs to Azure is only under a plan."""
    owner, plan = find(request, customer, subscription)
    if license_subscriptions.is_one(plan):
        raise refuse(404, "20003", f"Subscription with ID {subscription} is no Azure plan.")
    return owner, plan


def _shown(plan: Document, now: datetime) -> dict[str, Any]:
    country = plan["country"]
    bought = catalogue.of_item(plan["offerId"])
    product, sku = f"/products/{bought.id}", f"/products/{bought.id}/skus/{bought.sku}"
    availability = str(plan["offerId"]).rpartition(":")[2]
    created = plan["createdAt"].replace("+00:00", "Z")
    body = {
        "id": plan["id"],
        "offerId": plan["offerId"],
        "offerName": "Azure plan",
        "friendlyName": plan["friendlyName"],
        "productType": {"id": "Azure", "displayName": "Azure"},
        "quantity": 1,
        "unitType": "Usage-based",
        "hasPurchasableAddons": False,
        "creationDate": created,
        "effectiveStartDate": created,
        "commitmentEndDate": "9999-12-31T00:00:00Z",
        "status": plan["status"],
        "autoRenewEnabled": False,
        "isTrial": False,
        "billingType": "usage",
        "billingCycle": "one_time",
        "termDuration": "",
        "renewalTermDuration": "",
        "refundOptions": [],
        "isMicrosoftProduct": True,
        "partnerId": plan["partnerId"],
        "attentionNeeded": False,
        "actionTaken": False,
        "contractType": "subscription",
        "publisherName": "Microsoft Corporation",
        "orderId": plan["orderId"],
    }
    if license_subscriptions.is_one(plan):
        body |= license_subscriptions.fields(plan, now)
    # New-commerce subscriptions have no etag.
    answer = resource(body, "Subscription", f"/customers/{plan['customerId']}/subscriptions/{plan['id']}")
    answer["links"] |= {
        "product": link(f"{product}?country={country}"),
        "sku": link(f"{sku}?country={country}"),
        "availability": link(f"{sku}/availabilities/{availability}?country={country}"),
    }
    return answer


# Routes --------------------------------------------------------------------------------------------------


@routes.route("GET", "/v1/customers/<customer>/subscriptions")
def list_subscriptions(request: Request, customer: str) -> Response:
    """Answer the customer's subscriptions, all or those of an order (`order_id`) or reseller (`mpn_id`)."""
    owner = customers.find(request, customer)
    order, reseller = request.query.get("order_id").lower(), request.query.get("mpn_id")
    chosen = [
        _shown(plan, request.now)
        for plan in request.tx.all(COLLECTION, f"{owner['id']}/")
        if request.now >= datetime.fromisoformat(plan["readyAt"])
        and order in ("", plan["orderId"].lower())
        and reseller in ("", plan["partnerId"])
    ]
    return Response(200, collection(chosen, f"/customers/{owner['id']}/subscriptions"))


@routes.route("GET", "/v1/customers/<customer>/subscriptions/<subscription>")
def get(request: Request, customer: str, subscription: str) -> Response:
    """Answer a subscription."""
    return Response(200, _shown(find(request, customer, subscription)[1], request.now))


@routes.route("PATCH", "/v1/customers/<customer>/subscriptions/<subscription>")
def update(request: Request, customer: str, subscription: str) -> Response:
    """Change the name or the status; the body is the whole resource."""
    owner, plan = find(request, customer, subscription)
    body = request.body if isinstance(request.body, dict) else {}
    _check_unchangeable(plan, body)
    if license_subscriptions.is_one(plan):
        changed = license_subscriptions.changed(request, plan, body)
        if changed != plan:
            request.tx.effects.append(f"subscription changed {plan['id']}")
        _save(request.tx, changed)
        return Response(200, _shown(changed, request.now))
    _check_plan(body)
    name = str(body.get("friendlyName") or plan["friendlyName"])
    status = str(body.get("status") or plan["status"]).lower()
    if plan["status"] == "suspended" and status == "suspended" and name != plan["friendlyName"]:
        raise refuse(400, "800091", "Cannot update a subscription with suspended status")
    _check_status(request, owner, plan, status)
    if name != plan["friendlyName"]:
        request.tx.effects.append(f"azure plan renamed {plan['id']}")
    if status != plan["status"]:
        request.tx.effects.append(f"azure plan {status} {plan['id']}")
    plan |= {"friendlyName": name, "status": status}
    _save(request.tx, plan)
    return Response(200, _shown(plan, request.now))


def _check_unchangeable(plan: Document, body: dict[str, Any]) -> None:
    if str(body.get("id") or plan["id"]).lower() != str(plan["id"]).lower():
        raise refuse(400, "3000", "Invalid property 'id': it is not this subscription's.")
    if body.get("partnerId") not in (None, "", plan["partnerId"]):
        raise refuse(400, "800098", "Cannot update the partner on record for this subscription")


def _check_plan(body: dict[str, Any]) -> None:
    if body.get("quantity") not in (None, 1):
        raise refuse(400, "800095", "Cannot update the seat quantity for this subscription")
    if str(body.get("billingCycle") or "one_time").lower() != "one_time":
        text = "The billing cycle for an existing subscription cannot be updated using update-subscription operation."
        raise refuse(400, "2054", f"{text} Use update-Order operation")
    if body.get("autoRenewEnabled"):
        raise refuse(400, "800093", "The subscription is not eligible to be auto-renewed")


def _check_status(request: Request, owner: Document, plan: Document, status: str) -> None:
    if status not in {"active", "suspended"}:
        raise refuse(400, "800096", "Cannot update the status for this subscription")
    if status == "suspended" and plan["status"] == "active" and entitlements.active(request.tx, owner["id"]):
        text = "Azure plan cannot be moved to suspended state since you have one or more Azure Subscriptions in"
        raise refuse(403, "900115", f"{text} the active state")


@routes.route("GET", "/v1/customers/<customer>/subscriptions/<subscription>/provisioningstatus", user=True)
def provisioning_status(request: Request, customer: str, subscription: str) -> Response:
    """Answer how far provisioning was when this was last looked at, every quarter of an hour."""
    _, plan = find(request, customer, subscription)
    looked = datetime.fromtimestamp(request.now.timestamp() // STATUS_TICK * STATUS_TICK, UTC)
    status = "success" if looked >= datetime.fromisoformat(plan["readyAt"]) else "pending"
    sku = catalogue.of_item(plan["offerId"]).sku
    end = _shown(plan, request.now)["commitmentEndDate"]
    body = {"skuId": sku, "status": status, "quantity": plan["quantity"], "endDate": end}
    return Response(200, resource(body, "SubscriptionProvisioningStatus"))
