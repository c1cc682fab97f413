"""Does what human beings do in portals, which no API call of a partner can do; the only place that does."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from cspctl.simulator import tenants
from cspctl.simulator.arm import subscriptions as arm_subscriptions
from cspctl.simulator.partner_center import customer_documents, customers
from cspctl.simulator.store import Document, Transaction

Deed = Callable[..., dict[str, Any]]


def sign_in_agent(tx: Transaction, now: datetime, *, mfa: bool = True, agent: bool = True) -> dict[str, Any]:
    """A person of the partner signs in through our application; answers the refresh token.

    `agent` false: the person is in none of the partner's agent groups.
    """
    profile = tx.get("profile", "partner")
    if profile is None:
        raise LookupError("the simulator has not been set up")
    user = str(uuid.uuid4())
    tx.put("users", user, {"id": user, "tenantId": profile["partnerTenantId"], "agent": agent})
    token = "0.A" + secrets.token_urlsafe(90)
    tx.put("refreshTokens", token, {**tenants.session(profile, user, mfa=mfa), "lastUsed": now.isoformat()})
    return {"refreshToken": token, "userId": user}


def existing_tenant(tx: Transaction, now: datetime, *, domain: str, name: str = "") -> dict[str, Any]:  # noqa: ARG001
    """Somewhere in the world a company has had its own directory all along."""
    if tenants.domain_taken(tx, domain):
        raise ValueError(f"{domain} is taken")
    tenant = str(uuid.uuid4())
    tenants.create(tx, tenant, domain, name or domain.partition(".")[0], kind="existing")
    return {"id": tenant, "domain": domain}


def accept_invitation(
    tx: Transaction,
    now: datetime,
    *,
    tenant: str,
    delegated: bool = True,
    billing_profile: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The global administrator of a tenant (id or domain) follows the link that makes us its reseller.

    Doing so again after the relationship or the delegation ended renews both.
    """
    found = tenants.find(tx, tenant)
    if found is None or found["kind"] == "partner":
        raise LookupError(f"there is no tenant {tenant} that could accept")
    customer = tx.get(customers.COLLECTION, found["id"]) or _joined(found, now, billing_profile)
    customer |= {"relationship": "reseller", "allowDelegatedAccess": delegated}
    tx.put(customers.COLLECTION, found["id"], customer)
    return {"id": found["id"], "domain": found["domain"]}


def _joined(tenant: Document, now: datetime, billing_profile: dict[str, Any] | None) -> Document:
    profile = billing_profile or {
        "email": f"admin@{tenant['domain']}",
        "culture": "en-US",
        "language": "en",
        "companyName": tenant["displayName"],
        "defaultAddress": {
            "country": "US",
            "city": "Redmond",
            "state": "WA",
            "addressLine1": "1 Microsoft Way",
            "postalCode": "98052",
            "firstName": "Global",
            "lastName": "Administrator",
        },
    }
    fields = customer_documents.profile_fields(profile, str(uuid.uuid4()))
    return customer_documents.document(tenant["id"], domain=tenant["domain"], profile=fields, ready_at=now)


def _customer(tx: Transaction, tenant: str) -> Document:
    found = tenants.find(tx, tenant)
    customer = tx.get(customers.COLLECTION, found["id"]) if found else None
    if customer is None:
        raise LookupError(f"{tenant} is no customer")
    return customer


def remove_delegated_administration(tx: Transaction, now: datetime, *, tenant: str) -> dict[str, Any]:  # noqa: ARG001
    """The customer takes the partner's rights in its directory away; the commercial relationship remains."""
    customer = _customer(tx, tenant)
    tx.put(customers.COLLECTION, customer["id"], {**customer, "allowDelegatedAccess": False})
    return {"id": customer["id"], "allowDelegatedAccess": False}


def sign_agreement(tx: Transaction, now: datetime, *, tenant: str) -> dict[str, Any]:  # noqa: ARG001
    """The customer accepts the Microsoft Customer Agreement itself, in the admin centre."""
    customer = _customer(tx, tenant)
    tx.put(customers.COLLECTION, customer["id"], {**customer, "signedDirectly": True})
    return {"id": customer["id"], "isSigned": True}


def own_subscription(tx: Transaction, now: datetime, *, tenant: str, name: str, channel: str = "ea") -> dict[str, Any]:
    """The customer gets an Azure subscription that is not bought through this partner (ea or payg)."""
    found = tenants.find(tx, tenant)
    if found is None:
        raise LookupError(f"there is no tenant {tenant}")
    subscription = str(uuid.uuid4())
    arm_subscriptions.bring_into_being(tx, now, subscription, found["id"], name, now, channel=channel)
    return {"id": subscription, "tenantId": found["id"]}


ACTS: dict[str, Deed] = {
    "sign-in-agent": sign_in_agent,
    "existing-tenant": existing_tenant,
    "accept-invitation": accept_invitation,
    "remove-delegated-administration": remove_delegated_administration,
    "sign-agreement": sign_agreement,
    "own-subscription": own_subscription,
}
