"""Keeps the Azure subscriptions: who owns them, in what state they are; the only place that changes them."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from cspctl.simulator import tenants
from cspctl.simulator.arm.errors import gateway_404, refuse, unauthorized
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
    """Create a subscription in a directory; until `ready_at` Azure Resource Manager does not know it yet.

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


def admit(request: Request, subscription_id: str) -> None:
    """Refuse a malformed or unknown subscription, another directory's token, and a caller without a role."""
    if not is_guid(subscription_id):
        text = f"The provided subscription identifier '{subscription_id}' is malformed or invalid."
        raise refuse(400, "InvalidSubscriptionId", text, x_ms_failure_cause="gateway")
    document = find(request.tx, request.now, subscription_id)
    if document is None:
        text = f"The subscription '{subscription_id}' could not be found."
        raise gateway_404("SubscriptionNotFound", text)
    tenant, owner = str(request.caller.get("tid", "")), str(document["tenantId"])
    if tenant.lower() != owner.lower():
        raise _wrong_tenant(tenant, owner)
    if not has_role(request, owner):
        verb = {"GET": "read", "HEAD": "read", "DELETE": "delete", "POST": "action"}.get(request.method, "write")
        action = f"Microsoft.Resources/subscriptions/{verb}"
        raise unauthorized(request.caller, action, f"/subscriptions/{subscription_id}")


def _wrong_tenant(tenant: str, owner: str) -> Exception:
    return refuse(
        401,
        "InvalidAuthenticationTokenTenant",
        f"The access token is from the wrong issuer 'https://sts.windows.net/{tenant}/'. It must match the tenant "
        f"'https://sts.windows.net/{owner}/' associated with this subscription. Please use the authority (URL) "
        f"'https://login.windows.net/{owner}' to get the token. Note, if the subscription is transferred to "
        "another tenant there is no impact to the services, but information about new tenant could take time to "
        "propagate (up to an hour). If you just transferred your subscription and see this error message, please "
        "try back later.",
        WWW_Authenticate=f'Bearer authorization_uri="https://login.windows.net/{owner}", error="invalid_token", '
        'error_description="The access token is from the wrong issuer."',
    )


def has_role(request: Request, tenant_id: str) -> bool:
    """Tell whether the caller may do things in the directory's subscriptions.

    A person of the partner may by the delegated administration that the customer granted (admin on behalf of).
    The partner's application as such may nothing: its service principal in the customer's directory has no
    role on the subscription.
    """
    if not request.is_user or not request.caller.get("agent"):
        return False
    if tenant_id.lower() == tenants.partner_id(request.tx).lower():
        return True
    customer = request.tx.get("customers", tenant_id)
    return customer is not None and bool(customer["allowDelegatedAccess"])


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
