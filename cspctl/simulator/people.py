"""Does what human beings do in portals, which no API call of a partner can do; the only place that does."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from cspctl.simulator import delegations, directory, licensing, tenants
from cspctl.simulator.arm import subscriptions as arm_subscriptions
from cspctl.simulator.arm.authorization import deeds, foreign, roles
from cspctl.simulator.partner_center import customer_documents, customers
from cspctl.simulator.sign_in import deeds as sign_in_deeds
from cspctl.simulator.store import Document, Transaction

Deed = Callable[..., dict[str, Any]]
MOST_SEATS = 10_000_000


def sign_in_agent(tx: Transaction, now: datetime, *, mfa: bool = True, agent: bool = True) -> dict[str, Any]:
    """A person of the partner signs in through our application; answers the refresh token.

    `mfa` false: without multifactor authentication; `agent` false: the person is in none of the partner's agent groups.
    """
    profile = tx.get("profile", "partner")
    if profile is None:
        raise LookupError("the simulator has not been set up")
    user = str(uuid.uuid4())
    tenants.add_agent(tx, profile, user, agent=agent)
    token = "0.A" + secrets.token_urlsafe(90)
    tx.put("refreshTokens", token, {**tenants.session(profile, user, mfa=mfa), "lastUsed": now.isoformat()})
    return {"refreshToken": token, "userId": user}


def existing_tenant(tx: Transaction, now: datetime, *, domain: str, name: str = "") -> dict[str, Any]:
    """Somewhere in the world a company has had its own directory all along, with this first `domain`."""
    if tenants.domain_taken(tx, domain):
        raise ValueError(f"{domain} is taken")
    tenant = str(uuid.uuid4())
    tenants.create(tx, tenant, domain, name or domain.partition(".")[0], kind="existing")
    directory.add_administrator(tx, now, tenant, domain)
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

    Doing so again after the relationship or the delegation ended renews both. `delegated` false: only the
    relationship; `billing_profile`: as in a customer that is created.
    """
    found = tenants.find(tx, tenant)
    if found is None or found["kind"] == "partner":
        raise LookupError(f"there is no tenant {tenant} that could accept")
    customer = tx.get(customers.COLLECTION, found["id"]) or _joined(found, now, billing_profile)
    customer |= {"relationship": "reseller", "allowDelegatedAccess": delegated}
    tx.put(customers.COLLECTION, found["id"], customer)
    # The invitation has not carried delegated administration since October 2023: in life the administrator
    # approves a relationship of its own in the same sitting. Here that is one act, and the default's roles.
    if delegated and not delegations.is_active(tx, now, found["id"]):
        delegations.grant_default(tx, now, found["id"])
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


def remove_delegated_administration(tx: Transaction, now: datetime, *, tenant: str) -> dict[str, Any]:
    """The customer takes the partner's rights in its directory away; the commercial relationship remains."""
    customer = _customer(tx, tenant)
    tx.put(customers.COLLECTION, customer["id"], {**customer, "allowDelegatedAccess": False})
    delegations.end_all(tx, now, customer["id"])
    return {"id": customer["id"], "allowDelegatedAccess": False}


def approve_delegation(tx: Transaction, now: datetime, *, relationship: str, tenant: str = "") -> dict[str, Any]:
    """A global administrator of the customer follows the link of a GDAP request that was locked for approval.

    `tenant` (id or domain) says whose, when the request names no customer.
    """
    found = delegations.find(tx, now, relationship)
    if found is None or found["status"] != "approvalPending":
        raise LookupError(f"no relationship {relationship} waits for approval")
    asked = tenants.find(tx, tenant or (found["customer"] or {}).get("tenantId", ""))
    if asked is None or asked["id"] != (found["customer"] or {}).get("tenantId", asked["id"]):
        raise LookupError(f"the relationship {relationship} is not one with {tenant or 'a known tenant'}")
    delegations.approve(tx, now, found, asked)
    return {"id": relationship, "tenantId": asked["id"], "status": "approved"}


def sign_agreement(tx: Transaction, now: datetime, *, tenant: str) -> dict[str, Any]:  # noqa: ARG001
    """The customer accepts the Microsoft Customer Agreement itself, in the admin centre."""
    customer = _customer(tx, tenant)
    tx.put(customers.COLLECTION, customer["id"], {**customer, "signedDirectly": True})
    return {"id": customer["id"], "isSigned": True}


def own_subscription(
    tx: Transaction, now: datetime, *, tenant: str, name: str, channel: str = "ea", partner_role: str = "Reader"
) -> dict[str, Any]:
    """The customer gets an Azure subscription that is not bought through this partner (ea or payg).

    `partner_role`: what it lets the partner do there; empty for nothing, so that the partner does not see it.
    """
    found = tenants.find(tx, tenant)
    if found is None:
        raise LookupError(f"there is no tenant {tenant}")
    subscription = str(uuid.uuid4())
    arm_subscriptions.bring_into_being(tx, now, subscription, found["id"], name, now, channel=channel)
    role = roles.named(tx, found["id"], partner_role)
    if partner_role and role is None:
        raise LookupError(f"there is no role {partner_role}")
    if role is not None:
        foreign.grant(tx, now, found["id"], subscription, role.id)
    return {"id": subscription, "tenantId": found["id"]}


def _user(tx: Transaction, now: datetime, tenant: str, user: str) -> Document:
    directory.purge_due(tx, now)
    home = tenants.find(tx, tenant)
    found = directory.user(tx, home["id"], user) if home else None
    if found is None:
        raise LookupError(f"there is no user {user} in {tenant}")
    return found


def delete_user(tx: Transaction, now: datetime, *, tenant: str, user: str) -> dict[str, Any]:
    """The customer's administrator deletes a user (id or user principal name) in the admin centre."""
    found = _user(tx, now, tenant, user)
    directory.delete_user(tx, now, found)
    return {"id": found["id"], "state": "inactive"}


def rename_user(tx: Transaction, now: datetime, *, tenant: str, user: str, to: str) -> dict[str, Any]:
    """The customer's administrator gives a user another user principal name."""
    found = _user(tx, now, tenant, user)
    namesake = directory.user(tx, found["tenantId"], to)
    domain = tx.get("domains", to.rpartition("@")[2]) or {}
    if domain.get("tenantId") != found["tenantId"] or (namesake or found)["id"] != found["id"]:
        raise ValueError(f"{to} is taken, or in no domain of {tenant}")
    directory.save_user(tx, {**found, "userPrincipalName": to})
    return {"id": found["id"], "userPrincipalName": to}


def buy_licences(tx: Transaction, now: datetime, *, tenant: str, sku: str, seats: int = 1) -> dict[str, Any]:
    """The customer buys licences (id or part number of the SKU) from Microsoft itself, in the admin centre."""
    found, product = tenants.find(tx, tenant), licensing.sku(sku)
    if found is None or product is None or not 1 <= seats <= MOST_SEATS:
        raise LookupError(f"nobody can buy {seats} of {sku} for {tenant}")
    licensing.set_seats(tx, found["id"], str(uuid.uuid4()), product.id, seats, now)
    return {"tenantId": found["id"], "skuId": product.id, "seats": seats}


def add_domain(tx: Transaction, now: datetime, *, tenant: str, domain: str, federated: bool = False) -> dict[str, Any]:  # noqa: ARG001
    """The customer proves that a domain is its own; the users of a federated one come from elsewhere."""
    found = tenants.find(tx, tenant)
    if found is None or tenants.domain_taken(tx, domain):
        raise ValueError(f"{domain} is taken, or there is no tenant {tenant}")
    tx.put("domains", domain, {"domain": domain, "tenantId": found["id"], "federated": federated})
    return {"tenantId": found["id"], "domain": domain}


ACTS: dict[str, Deed] = {
    "sign-in-agent": sign_in_agent,
    "existing-tenant": existing_tenant,
    "accept-invitation": accept_invitation,
    "remove-delegated-administration": remove_delegated_administration,
    "approve-delegation": approve_delegation,
    "sign-agreement": sign_agreement,
    "own-subscription": own_subscription,
    "delete-user": delete_user,
    "rename-user": rename_user,
    "buy-licences": buy_licences,
    "add-domain": add_domain,
    "assign-role": deeds.assign_role,
    "former-partner-principal": deeds.former_partner_principal,
    **sign_in_deeds.ACTS,
}
