"""Renames, cancels and enables subscriptions; the only place that does.

https://learn.microsoft.com/rest/api/subscription/2021-10-01/subscription
"""

from __future__ import annotations

from typing import Any

from cspctl.simulator.arm import aliases, records, subscriptions
from cspctl.simulator.arm.errors import refuse
from cspctl.simulator.arm.service import gateway
from cspctl.simulator.partner_center import entitlements
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request, Response

PATH = "/subscriptions/<subscription>/providers/Microsoft.Subscription"


@gateway("POST", f"{PATH}/rename", "Microsoft.Subscription/rename")
def rename(request: Request, subscription: str) -> Response:
    """Change the display name; Partner Center shows it too."""
    document = _mine(request, subscription)
    name = request.body.get("subscriptionName") if isinstance(request.body, dict) else None
    name = aliases.check_name(name)
    subscriptions.change(request.tx, document["id"], displayName=name)
    if document["channel"] == "csp":
        entitlements.rename(request.tx, document["id"], name)
    request.tx.effects.append(f"subscription renamed {document['id']}")
    return _answer(document)


@gateway("POST", f"{PATH}/cancel", "Microsoft.Subscription/cancel", when_disabled=True)
def cancel(request: Request, subscription: str) -> Response:
    """Cancel the subscription, unless resources remain and the caller does not say to ignore them."""
    document = _mine(request, subscription)
    ignore = request.query.get("IgnoreResourceCheck").lower() == "true"
    if not ignore and records.in_subscription(request.tx, document["id"]):
        raise refuse(
            400,
            "ResourcesExistingOnSubscription",
            "There are existing resources associated with subscription. Delete them before cancelling the subscription",
        )
    if document["state"] == "Enabled":
        _set(request, document, "Disabled", request.now.isoformat(), "suspended")
        request.tx.effects.append(f"subscription cancelled {document['id']}")
    return _answer(document)


@gateway("POST", f"{PATH}/enable", "Microsoft.Subscription/enable", when_disabled=True)
def enable(request: Request, subscription: str) -> Response:
    """Enable a cancelled subscription again; after 90 days it is gone and cannot be."""
    document = _mine(request, subscription)
    if document["state"] != "Enabled":
        _set(request, document, "Enabled", None, "active")
        request.tx.effects.append(f"subscription enabled {document['id']}")
    return _answer(document)


def _mine(request: Request, subscription: str) -> Document:
    document = subscriptions.find(request.tx, request.now, subscription)
    if document is None:
        raise LookupError(subscription)
    return document


def _set(request: Request, document: Document, state: str, cancelled: str | None, status: str) -> None:
    subscriptions.change(request.tx, document["id"], state=state, cancelledAt=cancelled)
    if document["channel"] == "csp":
        entitlements.set_status(request.tx, document["id"], status)


def _answer(document: Document) -> Response:
    body: dict[str, Any] = {"subscriptionId": document["id"]}
    return Response(200, body)
