"""Creates Azure subscriptions under the partner's billing account; the only place that buys further ones.

https://learn.microsoft.com/rest/api/subscription/2021-10-01/alias
"""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timedelta
from typing import Any

from cspctl.simulator.arm import billing, paging, subscriptions, tags
from cspctl.simulator.arm.errors import gateway_404, refuse, unauthorized
from cspctl.simulator.arm.service import gateway
from cspctl.simulator.partner_center import entitlements
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request, Response

TYPE = "Microsoft.Subscription/aliases"
PATH = "/providers/Microsoft.Subscription/aliases"
COLLECTION = "armAliases"

# Creating takes some seconds; after that Azure Resource Manager learns of the subscription a little later.
ACCEPTED_SECONDS = 15
SETTLING_SECONDS = 20
LONGEST_NAME = 64
# https://learn.microsoft.com/partner-center/developer/test-and-debug#limits
SANDBOX_SUBSCRIPTIONS = 3

_CUSTOMER_SCOPE = re.compile(
    r"/?providers/Microsoft\.Billing/billingAccounts/(?P<account>[^/]+)/customers/(?P<customer>[^/]+)/?", re.IGNORECASE
)


@gateway("GET", PATH, TYPE)
def list_aliases(request: Request) -> Response:
    """List the aliases of the caller's tenant."""
    mine = request.tx.all(COLLECTION, f"{request.caller.get('tid', '')}/")
    return paging.page(request, [_shown(request, each) for each in mine])


@gateway("GET", f"{PATH}/<alias>", TYPE)
def get_alias(request: Request, alias: str) -> Response:
    """Answer the alias; `provisioningState` becomes Succeeded once the subscription has been created."""
    document = _find(request, alias)
    if document is None:
        raise gateway_404("SubscriptionNotFound", f"The alias '{alias}' could not be found.")
    return Response(200, _shown(request, document))


@gateway("PUT", f"{PATH}/<alias>", TYPE)
def put_alias(request: Request, alias: str) -> Response:
    """Create a subscription, once: putting an existing alias answers what it stands for and buys nothing."""
    document = _find(request, alias)
    if document is not None:
        return Response(200, _shown(request, document))
    if not billing.is_partner(request):
        raise unauthorized(request.caller, f"{TYPE}/write", f"{PATH}/{alias}")
    properties = _properties(request)
    if properties.get("subscriptionId"):
        return _created(request, _for_existing(request, alias, properties))
    return _created(request, _bought(request, alias, properties))


@gateway("DELETE", f"{PATH}/<alias>", TYPE)
def delete_alias(request: Request, alias: str) -> Response:
    """Forget the alias; the subscription stays, and stays paid for."""
    if _find(request, alias) is None:
        return Response(204)
    request.tx.delete(COLLECTION, _key(request, alias))
    request.tx.effects.append(f"alias deleted {alias}")
    return Response(200)


def _key(request: Request, alias: str) -> str:
    return f"{request.caller.get('tid', '')}/{alias}"


def _find(request: Request, alias: str) -> Document | None:
    return request.tx.get(COLLECTION, _key(request, alias))


def _created(request: Request, document: Document) -> Response:
    request.tx.put(COLLECTION, _key(request, document["name"]), document)
    return Response(201, _shown(request, document), {"Retry-After": "10"})


def _properties(request: Request) -> dict[str, Any]:
    properties = request.body.get("properties") if isinstance(request.body, dict) else None
    if not isinstance(properties, dict):
        raise refuse(400, "BadRequest", "The request has no properties.")
    if str(properties.get("workload", "Production")) not in {"Production", "DevTest"}:
        raise refuse(400, "BadRequest", f"The workload '{properties['workload']}' is not Production or DevTest.")
    return properties


def check_name(name: Any) -> str:
    """Return a subscription's display name, or refuse an impossible one."""
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME or re.search(r"[<>;|]", name):
        raise refuse(
            400,
            "BadRequest",
            f"The subscription name is invalid: 1 to {LONGEST_NAME} characters, none of them < > ; or |.",
        )
    return name


def _bought(request: Request, alias: str, properties: dict[str, Any]) -> Document:
    name = check_name(properties.get("displayName"))
    customer = _customer(request, properties.get("billingScope"))
    extra = properties.get("additionalProperties") or {}
    id = str(uuid.uuid4())
    succeeds = request.now + timedelta(seconds=ACCEPTED_SECONDS)
    ready = succeeds + timedelta(seconds=SETTLING_SECONDS)
    subscriptions.bring_into_being(request.tx, request.now, id, customer, name, ready)
    subscriptions.change(request.tx, id, tags=tags.checked(extra.get("tags")))
    entitlements.add(request.tx, request.now, customer, id, name)
    return {
        "name": alias,
        "subscriptionId": id,
        "createdTime": request.now.isoformat(),
        "succeedsAt": succeeds.isoformat(),
        "displayName": name,
        "billingScope": properties["billingScope"],
        "workload": properties.get("workload", "Production"),
        "resellerId": properties.get("resellerId"),
    }


def _customer(request: Request, scope: Any) -> str:
    found = _CUSTOMER_SCOPE.fullmatch(scope) if isinstance(scope, str) else None
    if found is None:
        raise refuse(400, "InvalidBillingScope", f"The billing scope '{scope}' is not that of a customer.")
    if found["account"].lower() != billing.account_name(request.tx).lower():
        raise refuse(403, "UserNotAuthorized", "The user is not authorized to create subscriptions on this account.")
    customer = request.tx.get("customers", found["customer"])
    if customer is None or not billing.azure_plans(request.tx, customer["id"]):
        raise refuse(
            400,
            "BadRequest",
            f"The customer '{found['customer']}' does not exist in the billing account or has no Azure plan.",
        )
    sandbox = (request.tx.get("account", "partner") or {}).get("sandbox")
    if sandbox and len(entitlements.active(request.tx, customer["id"])) >= SANDBOX_SUBSCRIPTIONS:
        raise refuse(400, "BadRequest", f"A sandbox has at most {SANDBOX_SUBSCRIPTIONS} subscriptions under a plan.")
    return str(customer["id"])


def _for_existing(request: Request, alias: str, properties: dict[str, Any]) -> Document:
    id = str(properties["subscriptionId"])
    existing = subscriptions.find(request.tx, request.now, id)
    if existing is None:
        raise gateway_404("SubscriptionNotFound", f"The subscription '{id}' could not be found.")
    return {
        "name": alias,
        "subscriptionId": existing["id"],
        "createdTime": request.now.isoformat(),
        "succeedsAt": request.now.isoformat(),
        "displayName": existing["displayName"],
        "billingScope": properties.get("billingScope"),
        "workload": properties.get("workload", "Production"),
        "resellerId": None,
    }


def _shown(request: Request, document: Document) -> dict[str, Any]:
    succeeded = request.now >= datetime.fromisoformat(document["succeedsAt"])
    properties = {
        "subscriptionId": document["subscriptionId"],
        "provisioningState": "Succeeded" if succeeded else "Accepted",
    }
    shown = ("displayName", "billingScope", "workload", "resellerId", "createdTime")
    properties.update({key: document[key] for key in shown if document[key] is not None})
    return {
        "id": f"{PATH}/{document['name']}",
        "name": document["name"],
        "type": TYPE,
        "properties": properties,
    }
