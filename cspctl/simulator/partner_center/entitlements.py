"""Shows Azure subscriptions as Partner Center sees them, under the customer's plan; the only place that does.

What happens to them in Azure Resource Manager (created by an alias, renamed, cancelled, enabled) is told here
by `add`, `rename` and `set_status`.
https://learn.microsoft.com/partner-center/developer/get-a-list-of-azure-entitlements-for-subscription
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from cspctl.simulator.arm import subscriptions as arm_subscriptions
from cspctl.simulator.partner_center import subscriptions
from cspctl.simulator.partner_center.answers import collection, refuse
from cspctl.simulator.partner_center.service import is_guid, routes
from cspctl.simulator.store import Document, Transaction
from cspctl.simulator.wire import Request, Response

COLLECTION = "azureEntitlements"
OWNERS = "azureEntitlementOwners"
SETTLES = timedelta(seconds=30)
REASONS = {"compromise", "dispute", "other", ""}


def add(tx: Transaction, now: datetime, customer_id: str, subscription_id: str, friendly_name: str) -> None:
    """Tell Partner Center of an Azure subscription under the customer's plan; it shows after a while."""
    entitlement = {
        "id": subscription_id,
        "customerId": customer_id,
        "friendlyName": friendly_name,
        "status": "active",
        "visibleAt": (now + SETTLES).isoformat(),
    }
    tx.put(COLLECTION, f"{customer_id}/{subscription_id}", entitlement)
    tx.put(OWNERS, subscription_id, {"customerId": customer_id})


def rename(tx: Transaction, subscription_id: str, friendly_name: str) -> None:
    """Follow a rename in Azure; a subscription of another channel is unknown here and stays so."""
    _change(tx, subscription_id, friendlyName=friendly_name)


def set_status(tx: Transaction, subscription_id: str, status: str) -> None:
    """Follow a cancellation ("suspended", "deleted") or the return ("active") in Azure."""
    _change(tx, subscription_id, status=status)


def _change(tx: Transaction, subscription_id: str, **fields: str) -> None:
    owner = tx.get(OWNERS, subscription_id)
    entitlement = tx.get(COLLECTION, f"{owner['customerId']}/{subscription_id}") if owner else None
    if entitlement is not None:
        tx.put(COLLECTION, f"{entitlement['customerId']}/{subscription_id}", {**entitlement, **fields})


def active(tx: Transaction, customer_id: str) -> list[Document]:
    """Return the customer's Azure subscriptions that cost money, visible yet or not."""
    return [each for each in tx.all(COLLECTION, f"{customer_id}/") if each["status"] == "active"]


def _visible(request: Request, customer_id: str) -> list[Document]:
    known = request.tx.all(COLLECTION, f"{customer_id}/")
    return [each for each in known if request.now >= datetime.fromisoformat(each["visibleAt"])]


def _shown(entitlement: Document, plan: Document) -> dict[str, Any]:
    return {
        "id": entitlement["id"],
        "friendlyName": entitlement["friendlyName"],
        "status": entitlement["status"],
        "subscriptionId": plan["id"],
    }


@routes.route("GET", "/v1/customers/<customer>/subscriptions/<subscription>/azureEntitlements")
def list_entitlements(request: Request, customer: str, subscription: str) -> Response:
    """Answer the Azure subscriptions under a plan."""
    owner, plan = subscriptions.find_plan(request, customer, subscription)
    items = [_shown(each, plan) for each in _visible(request, owner["id"])]
    uri = f"/customers/{owner['id']}/subscriptions/{plan['id']}/azureEntitlements"
    return Response(200, collection(items, uri))


def _find(request: Request, customer_id: str, entitlement: str) -> Document:
    visible = {each["id"].lower(): each for each in _visible(request, customer_id)}
    found = visible.get(entitlement.lower()) if is_guid(entitlement) else None
    if found is None:
        raise refuse(404, "800111", f"Azure entitlement {entitlement} was not found.")
    return found


@routes.route("GET", "/v1/customers/<customer>/subscriptions/<subscription>/azureEntitlements/<entitlement>")
def get(request: Request, customer: str, subscription: str, entitlement: str) -> Response:
    """Answer one Azure subscription under a plan."""
    owner, plan = subscriptions.find_plan(request, customer, subscription)
    return Response(200, _shown(_find(request, owner["id"], entitlement), plan))


@routes.route("POST", "/v1/customers/<customer>/subscriptions/<subscription>/azureEntitlements/<entitlement>/cancel")
def cancel(request: Request, customer: str, subscription: str, entitlement: str) -> Response:
    """Cancel one Azure subscription, whatever is in it: this is for compromised ones."""
    owner, plan = subscriptions.find_plan(request, customer, subscription)
    found = _find(request, owner["id"], entitlement)
    body = request.body if isinstance(request.body, dict) else {}
    reason = str(body.get("cancellationReason", ""))
    if reason.lower() not in REASONS:
        raise refuse(400, "800002", f"Invalid request input: the cancellationReason {reason} is not known.")
    if found["status"] != "active":
        raise refuse(400, "800012", "This subscription is not an active subscription")
    cancelled_at = request.now.isoformat()
    arm_subscriptions.change(request.tx, found["id"], state="Disabled", cancelledAt=cancelled_at)
    set_status(request.tx, found["id"], "suspended")
    request.tx.effects.append(f"subscription cancelled {found['id']}")
    return Response(202, _shown({**found, "status": "suspended"}, plan))
