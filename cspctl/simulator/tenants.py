"""Knows the directories (tenants), their domains, and which applications may act in them; the one place."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime
from typing import Any

from cspctl.simulator import directory
from cspctl.simulator.store import Document, Transaction

PARTNER_CENTER = "fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd"
AZURE_MANAGEMENT = "797f4846-ba00-4fd7-ba43-dac1f8f63013"
GRAPH = "00000003-0000-0000-c000-000000000000"
DIRECTORY_GRAPH = "00000002-0000-0000-c000-000000000000"
KEY_VAULT = "cfa8b339-82a2-471a-a3c9-0fc0be7a4093"
STORAGE = "e406a681-f3d4-42a8-90b6-c2b029497af1"

# Domains that somebody else in the world owns already.
TAKEN_DOMAINS = ("contoso.onmicrosoft.com", "fabrikam.onmicrosoft.com", "microsoft.onmicrosoft.com")

# What the partner's administrator has consented to at home: groups, and delegations with customers.
GRAPH_SCOPE = "DelegatedAdminRelationship.ReadWrite.All Directory.Read.All Group.ReadWrite.All User.Read"

# Whose members act for the partner in Partner Center and at its customers; the first administer.
# https://learn.microsoft.com/partner-center/account-settings/permissions-overview
AGENT_GROUPS = ("AdminAgents", "HelpdeskAgents", "SalesAgents")


def set_up(tx: Transaction) -> Document:
    """Bring the partner's directory, application and signed-in agent into being; return the profile.

    The profile of an earlier set-up is used again, so that a reset does not invalidate what a client holds.
    """
    profile = tx.get("profile", "partner") or _new_profile()
    tx.put("profile", "partner", profile)
    partner = str(profile["partnerTenantId"])
    client = str(profile["clientId"])
    create(tx, partner, str(profile["domain"]), "Partner", kind="partner")
    tx.put(
        "applications",
        client,
        {
            "id": client,
            "tenantId": partner,
            "secret": profile["clientSecret"],
            "displayName": "cspctl",
            "multitenant": True,
            "publicClient": True,  # "Allow public client flows": a device code needs no secret
            "redirectUris": ["http://localhost", "https://localhost"],
        },
    )
    for resource in (PARTNER_CENTER, AZURE_MANAGEMENT):
        allow(tx, partner, client, resource, "user_impersonation")
    allow(tx, partner, client, GRAPH, GRAPH_SCOPE)
    for name in AGENT_GROUPS:
        directory.add_group(tx, partner, name)
    add_agent(tx, profile, str(profile["userId"]))
    tx.put("refreshTokens", str(profile["refreshToken"]), session(profile, str(profile["userId"]), mfa=True))
    tx.put("account", "partner", {"sandbox": False, "country": "US"})
    for domain in TAKEN_DOMAINS:
        tx.put("domains", domain, {"domain": domain, "tenantId": None})
    return profile


def _new_profile() -> Document:
    return {
        "partnerTenantId": str(uuid.uuid4()),
        "clientId": str(uuid.uuid4()),
        "clientSecret": secrets.token_urlsafe(30),
        "refreshToken": "0.A" + secrets.token_urlsafe(90),
        "userId": str(uuid.uuid4()),
        "domain": f"partner{secrets.token_hex(4)}.onmicrosoft.com",
    }


def add_agent(tx: Transaction, profile: Document, user: str, *, agent: bool = True) -> None:
    """Add one of the partner's people to its directory; an `agent` administers on behalf of customers."""
    partner = str(profile["partnerTenantId"])
    job = "agent" if agent else "employee"
    since = datetime.fromisoformat(directory.LONG_AGO)
    fields: dict[str, Any] = {"displayName": f"Partner {job}"}
    directory.add_user(tx, since, partner, f"{job}-{user[:8]}@{profile['domain']}", id=user, **fields)
    group = directory.group(tx, partner, AGENT_GROUPS[0])
    if agent and group is not None:
        directory.join_group(tx, group, user)
    tx.put("users", user, {"id": user, "tenantId": partner, "agent": agent})


def session(profile: Document, user: str, *, mfa: bool) -> Document:
    """Return what a refresh token stands for: who signed in, by which application, with MFA or not."""
    return {
        "tenantId": profile["partnerTenantId"],
        "clientId": profile["clientId"],
        "userId": user,
        "mfa": mfa,
        "lastUsed": None,
    }


def create(tx: Transaction, tenant: str, domain: str, name: str, *, kind: str) -> None:
    """Bring a directory with its first domain into being. Kinds: partner, customer, existing."""
    tx.put("tenants", tenant, {"id": tenant, "domain": domain, "displayName": name, "kind": kind})
    tx.put("domains", domain, {"domain": domain, "tenantId": tenant})


def delete(tx: Transaction, tenant: str) -> None:
    """Remove a directory; its domain stays taken, as deleted onmicrosoft.com names do."""
    directory.forget(tx, tenant)
    tx.delete("tenants", tenant)


def find(tx: Transaction, id_or_domain: str) -> Document | None:
    """Return the directory with this id or domain, or None."""
    domain = tx.get("domains", id_or_domain)
    return tx.get("tenants", str(domain["tenantId"]) if domain and domain["tenantId"] else id_or_domain)


def domain_taken(tx: Transaction, domain: str) -> bool:
    """Tell whether some directory, ours or anybody's, owns the domain."""
    return tx.get("domains", domain) is not None


def partner_id(tx: Transaction) -> str:
    """Return the id of the partner's directory."""
    return str(_profile(tx)["partnerTenantId"])


def client_id(tx: Transaction) -> str:
    """Return the id of the partner's application."""
    return str(_profile(tx)["clientId"])


def _profile(tx: Transaction) -> dict[str, Any]:
    profile = tx.get("profile", "partner")
    if profile is None:
        raise LookupError("the simulator has not been set up")
    return profile


def is_agent(tx: Transaction, user: str) -> bool:
    """Tell whether the user is one of the partner's people and in one of its agent groups."""
    person = tx.get("users", user)
    if person is None:
        return False
    groups = directory.groups_of(tx, str(person["tenantId"]), user)
    return any(group["displayName"] in AGENT_GROUPS for group in groups)


def enter(tx: Transaction, tenant: str, client: str) -> Document:
    """Return what stands for the application in the directory, which from now on is there; it may do nothing yet."""
    principal = service_principal(tx, tenant, client)
    if principal is None:
        principal = {"objectId": str(uuid.uuid4()), "tenantId": tenant, "clientId": client}
        tx.put("servicePrincipals", f"{tenant}/{client}", principal)
    return principal


def assign_app_roles(tx: Transaction, tenant: str, client: str, resource: str, roles: list[str]) -> None:
    """Grant the application itself roles of the resource's application, such as Group.Read.All of Microsoft Graph."""
    held = app_roles(tx, tenant, client, resource)
    document = {"resource": resource, "roles": list(dict.fromkeys([*held, *roles]))}
    tx.put("appRoles", f"{tenant}/{client}/{resource}", document)


def app_roles(tx: Transaction, tenant: str, client: str, resource: str) -> list[str]:
    """Return the roles of the resource's application that the application itself has in the directory."""
    return list((tx.get("appRoles", f"{tenant}/{client}/{resource}") or {"roles": []})["roles"])


def withdraw_app_role(tx: Transaction, tenant: str, client: str, resource: str, role: str) -> None:
    """Take one role of the resource's application from the application itself."""
    kept = [each for each in app_roles(tx, tenant, client, resource) if each != role]
    tx.put("appRoles", f"{tenant}/{client}/{resource}", {"resource": resource, "roles": kept})


def allow(tx: Transaction, tenant: str, client: str, resource: str, scope: str) -> None:
    """Record consent in a directory: the application may ask for tokens for the resource's application."""
    enter(tx, tenant, client)
    tx.put("consents", f"{tenant}/{client}/{resource}", {"resource": resource, "scope": scope})


def withdraw_consent(tx: Transaction, tenant: str, client: str, resource: str) -> None:
    """Withdraw consent for one resource; the application stays in the directory."""
    tx.delete("consents", f"{tenant}/{client}/{resource}")


def disallow(tx: Transaction, tenant: str, client: str) -> None:
    """Withdraw all consent for the application in the directory."""
    tx.delete("servicePrincipals", f"{tenant}/{client}")
    for consent in tx.all("consents", f"{tenant}/{client}/"):
        tx.delete("consents", f"{tenant}/{client}/{consent['resource']}")
    for granted in tx.all("appRoles", f"{tenant}/{client}/"):
        tx.delete("appRoles", f"{tenant}/{client}/{granted['resource']}")


def consent(tx: Transaction, tenant: str, client: str, resource: str) -> Document | None:
    """Return the consent that the application has in the directory for the resource, or None."""
    return tx.get("consents", f"{tenant}/{client}/{resource}")


def service_principal(tx: Transaction, tenant: str, client: str) -> Document | None:
    """Return what stands for the application in the directory, or None if it is unknown there."""
    return tx.get("servicePrincipals", f"{tenant}/{client}")
