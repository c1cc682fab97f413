"""Says what differs for subscriptions to licences: terms, seats, cancelling; the only place with those rules.

https://learn.microsoft.com/partner-center/developer/update-a-subscription-by-id and …/subscription-resources
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from cspctl.simulator import licensing
from cspctl.simulator.partner_center.answers import refuse
from cspctl.simulator.partner_center.catalogue import of_item
from cspctl.simulator.store import Document, Transaction
from cspctl.simulator.wire import Request

# How long licences can be given back: https://learn.microsoft.com/partner-center/customers/cancel-subscription
CANCELLABLE = timedelta(days=7)
TERMS = {"P1M": timedelta(days=30), "P1Y": timedelta(days=365)}
SANDBOX_SEATS = 25


def is_one(subscription: Document) -> bool:
    """Tell whether the subscription is to licences, and not an Azure plan."""
    return bool(of_item(subscription["offerId"]).provisioning_id)


def check_quantity(tx: Transaction, quantity: object, most: int) -> None:
    """Refuse a number of seats that cannot be bought."""
    if not isinstance(quantity, int) or isinstance(quantity, bool) or not 1 <= quantity <= most:
        raise refuse(400, "2002", "Subscription quantity is not within minimum and maximum allowed quantity")
    if (tx.get("account", "partner") or {}).get("sandbox") and quantity > SANDBOX_SEATS:
        raise refuse(403, "800067", "The desired seat count exceeded the maximum seat count allowed per subscription")


def fields(subscription: Document, now: datetime) -> dict[str, Any]:
    """Return the fields of an answer that are others than an Azure plan's."""
    created = datetime.fromisoformat(subscription["createdAt"])
    until = f"{created + CANCELLABLE:%Y-%m-%dT%H:%M:%SZ}"
    return {
        "offerName": of_item(subscription["offerId"]).title,
        "productType": {"id": "OnlineServicesNCE", "displayName": "OnlineServicesNCE"},
        "quantity": subscription["quantity"],
        "unitType": "Licenses",
        "commitmentEndDate": f"{_end_of_term(subscription, created, now):%Y-%m-%dT%H:%M:%SZ}",
        "cancellationAllowedUntilDate": until,
        "autoRenewEnabled": subscription["autoRenewEnabled"],
        "billingType": "license",
        "billingCycle": subscription["billingCycle"],
        "termDuration": subscription["termDuration"],
        "renewalTermDuration": subscription["termDuration"],
        "refundOptions": [{"type": "Full", "expiresAt": until}] if now < created + CANCELLABLE else [],
    }


def _end_of_term(subscription: Document, created: datetime, now: datetime) -> datetime:
    """Return the end of the term that runs now; terms follow one another as long as nobody objects."""
    term = TERMS[subscription["termDuration"]]
    gone = (now - created) // term if subscription["autoRenewEnabled"] and now > created else 0
    return created + term * (gone + 1)


def provide(tx: Transaction, subscription: Document) -> None:
    """Let the customer's directory have as many licences as the subscription gives now."""
    tenant, status = subscription["customerId"], subscription["status"]
    if status == "deleted":
        licensing.withdraw(tx, tenant, subscription["id"])
        return
    sku, ready_at = of_item(subscription["offerId"]).provisioning_id, datetime.fromisoformat(subscription["readyAt"])
    licensing.set_seats(tx, tenant, subscription["id"], sku, int(subscription["quantity"]), ready_at, status)


def changed(request: Request, subscription: Document, body: dict[str, Any]) -> Document:
    """Return the subscription with what the body changes, or refuse."""
    wanted = dict(subscription)
    if subscription["status"] == "deleted":
        raise refuse(400, "800012", "This subscription is not an active subscription")
    if str(body.get("billingCycle") or wanted["billingCycle"]).lower() != wanted["billingCycle"]:
        text = "The billing cycle for an existing subscription cannot be updated using update-subscription operation."
        raise refuse(400, "2054", f"{text} Use update-Order operation")
    if body.get("friendlyName"):
        wanted["friendlyName"] = str(body["friendlyName"])
    # What is left out is reset, as partners report of this resource.
    wanted["autoRenewEnabled"] = bool(body.get("autoRenewEnabled", False))
    if body.get("quantity") is not None:
        _check_seats(request, subscription, body["quantity"])
        wanted["quantity"] = body["quantity"]
    wanted["status"] = _status(request, subscription, str(body.get("status") or subscription["status"]).lower())
    if subscription["status"] == wanted["status"] == "suspended" and wanted != subscription:
        raise refuse(400, "800091", "Cannot update a subscription with suspended status")
    return wanted


def _within_window(request: Request, subscription: Document) -> bool:
    return request.now < datetime.fromisoformat(subscription["createdAt"]) + CANCELLABLE


def _check_seats(request: Request, subscription: Document, quantity: object) -> None:
    check_quantity(request.tx, quantity, of_item(subscription["offerId"]).most)
    assert isinstance(quantity, int)
    if quantity < subscription["quantity"] and not _within_window(request, subscription):
        raise refuse(400, "800090", "Subscription quantity cannot be decreased")


def _status(request: Request, subscription: Document, status: str) -> str:
    if status not in {"active", "suspended", "deleted"}:
        raise refuse(400, "800096", "Cannot update the status for this subscription")
    if status == "deleted" and not _within_window(request, subscription):
        raise refuse(400, "800096", "Cannot update the status for this subscription: the cancellation window is over")
    return status
