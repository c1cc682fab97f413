"""Keeps the Azure subscriptions: who owns them, in what state they are; the only place that changes them."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from cspctl.simulator.arm.authorization import foreign
from cspctl.simulator.arm.errors import refuse
from cspctl.simulator.store import Document, Transaction
from cspctl.simulator.wire import Request

COLLECTION = "armSubscriptions"
BY_TENANT = "armTenantSubscriptions"

# A cancelled subscription can be enabled again this long, then it is deleted.
# https://learn.microsoft.com/azure/cost-management-billing/manage/cancel-azure-subscription
KEPT = timedelta(days=90)

QUOTA_IDS = {"csp": "CSP_2015-05-01", "ea": "EnterpriseAgreement_2014-09-01", "payg": "PayAsYouGo_2014-09-01"}


def bring_into_being(
    tx: Transaction,
    now: datetime,
    subscription_id: str,
    tenant_id: str,
    display_name: str,
    ready_at: datetime,
    *,
    channel: str = "csp",
) -> None:
    """Create a subscription with its Owner in a directory; Azure Resource Manager knows it from `ready_at` on.

    Channels: csp (under a partner's Azure plan), ea, payg.
    """
    document: Document = {
        "id": subscription_id,
        "tenantId": tenant_id,
        "displayName": display_name,
        "state": "Enabled",
        "channel": channel,
        "createdAt": now.isoformat(),
        "readyAt": ready_at.isoformat(),
        "cancelledAt": None,
        "tags": {},
    }
    tx.put(COLLECTION, subscription_id, document)
    tx.put(BY_TENANT, f"{tenant_id}/{subscription_id}", {"id": subscription_id})
    tx.effects.append(f"subscription created {subscription_id}")
    foreign.first_assignments(tx, now, tenant_id, subscription_id, channel)


def find(tx: Transaction, now: datetime, subscription_id: str) -> Document | None:
    """Return the subscription as far as Azure Resource Manager knows it at this time."""
    document = tx.get(COLLECTION, subscription_id)
    return document if document is not None and _is_known(document, now) else None


def in_tenant(tx: Transaction, now: datetime, tenant_id: str) -> list[Document]:
    """Return the subscriptions of a directory, of whatever channel, by id."""
    mine = (find(tx, now, each["id"]) for each in tx.all(BY_TENANT, f"{tenant_id}/"))
    return [each for each in mine if each is not None]


def change(tx: Transaction, subscription_id: str, **fields: Any) -> None:
    """Write fields of an existing subscription."""
    document = tx.get(COLLECTION, subscription_id)
    if document is None:
        raise LookupError(f"there is no subscription {subscription_id}")
    tx.put(COLLECTION, subscription_id, {**document, **fields})


def spelt(tx: Transaction, subscription_id: str) -> str:
    """Return the id in the spelling it was created with."""
    document = tx.get(COLLECTION, subscription_id)
    return str(document["id"]) if document else subscription_id


def _is_known(document: Document, now: datetime) -> bool:
    if now < datetime.fromisoformat(document["readyAt"]):
        return False
    cancelled = document["cancelledAt"]
    return cancelled is None or now < datetime.fromisoformat(cancelled) + KEPT


def is_guid(text: str) -> bool:
    """Tell whether the text has the form of a subscription's id."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def check_writable(request: Request, subscription_id: str) -> None:
    """Refuse to write into a cancelled subscription; reading and deleting stay possible."""
    if request.method not in {"PUT", "PATCH", "POST"}:
        return
    document = find(request.tx, request.now, subscription_id)
    if document is not None and document["state"] != "Enabled":
        raise refuse(
            409,
            "ReadOnlyDisabledSubscription",
            f"The subscription '{document['id']}' is disabled and therefore marked as read only. You cannot perform "
            "any write actions on this subscription until it is re-enabled.",
        )


def shown(document: Document) -> dict[str, Any]:
    """Return the subscription as api-version 2022-12-01 answers it."""
    body = {
        "id": f"/subscriptions/{document['id']}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": document["id"],
        "tenantId": document["tenantId"],
        "displayName": document["displayName"],
        "state": document["state"],
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": QUOTA_IDS[document["channel"]],
            "spendingLimit": "Off",
        },
    }
    if document["tags"]:
        body["tags"] = document["tags"]
    return body
