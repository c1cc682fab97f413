"""Knows the directories (tenants), their domains, and which applications may act in them; the one place."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

from cspctl.simulator.store import Document, Transaction

PARTNER_CENTER = "fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd"
AZURE_MANAGEMENT = "797f4846-ba00-4fd7-ba43-dac1f8f63013"
GRAPH = "00000003-0000-0000-c000-000000000000"

# Domains that somebody else in the world owns already.
TAKEN_DOMAINS = ("contoso.onmicrosoft.com", "fabrikam.onmicrosoft.com", "microsoft.onmicrosoft.com")


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
        {"id": client, "tenantId": partner, "secret": profile["clientSecret"], "displayName": "cspctl"},
    )
    for resource in (PARTNER_CENTER, AZURE_MANAGEMENT, GRAPH):
        allow(tx, partner, client, resource, "user_impersonation")
    tx.put("users", str(profile["userId"]), {"id": profile["userId"], "tenantId": partner, "agent": True})
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


def allow(tx: Transaction, tenant: str, client: str, resource: str, scope: str) -> None:
    """Record consent in a directory: the application may ask for tokens for the resource's application."""
    if tx.get("servicePrincipals", f"{tenant}/{client}") is None:
        principal = {"objectId": str(uuid.uuid4()), "tenantId": tenant, "clientId": client}
        tx.put("servicePrincipals", f"{tenant}/{client}", principal)
    tx.put("consents", f"{tenant}/{client}/{resource}", {"resource": resource, "scope": scope})


def disallow(tx: Transaction, tenant: str, client: str) -> None:
    """Withdraw all consent for the application in the directory."""
    tx.delete("servicePrincipals", f"{tenant}/{client}")
    for consent in tx.all("consents", f"{tenant}/{client}/"):
        tx.delete("consents", f"{tenant}/{client}/{consent['resource']}")


def consent(tx: Transaction, tenant: str, client: str, resource: str) -> Document | None:
    """Return the consent that the application has in the directory for the resource, or None."""
    return tx.get("consents", f"{tenant}/{client}/{resource}")


def service_principal(tx: Transaction, tenant: str, client: str) -> Document | None:
    """Return what stands for the application in the directory, or None if it is unknown there."""
    return tx.get("servicePrincipals", f"{tenant}/{client}")
