"""Answers for the directory itself: its organization, its domains, what it has subscribed to; the only routes that do.

https://learn.microsoft.com/graph/api/resources/organization, …/domain and …/subscribedsku
"""

from __future__ import annotations

from typing import Any

from cspctl.simulator import licensing, tenants
from cspctl.simulator.graph import query, rights
from cspctl.simulator.graph.errors import not_found
from cspctl.simulator.graph.service import route
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request, Response

READ_DOMAINS = ("Domain.Read.All", "Domain.ReadWrite.All", *rights.READ_DIRECTORY)


def _tenant(request: Request) -> Document:
    found = tenants.find(request.tx, rights.tenant(request))
    if found is None:
        raise not_found(rights.tenant(request))
    return found


def _domains(request: Request, tenant: Document) -> list[Document]:
    return [each for each in request.tx.all("domains") if each["tenantId"] == tenant["id"]]


def _organization(request: Request) -> dict[str, Any]:
    tenant = _tenant(request)
    customer = request.tx.get("customers", tenant["id"]) or {}
    address = customer.get("companyAddress") or {}
    return {
        "id": tenant["id"],
        "deletedDateTime": None,
        "businessPhones": [],
        "city": address.get("city"),
        "country": None,
        "countryLetterCode": address.get("country") or "US",
        "displayName": tenant["displayName"],
        "onPremisesSyncEnabled": None,
        "postalCode": address.get("postalCode"),
        "preferredLanguage": "en",
        "state": address.get("region"),
        "street": address.get("addressLine1"),
        "technicalNotificationMails": [],
        "tenantType": "AAD",
        "assignedPlans": [],
        "provisionedPlans": [],
        "verifiedDomains": [_verified(each, tenant) for each in _domains(request, tenant)],
    }


def _verified(domain: Document, tenant: Document) -> dict[str, Any]:
    name = str(domain["domain"])
    return {
        "capabilities": "Email, OfficeCommunicationsOnline",
        "isDefault": name.lower() == str(tenant["domain"]).lower(),
        "isInitial": name.lower().endswith(".onmicrosoft.com"),
        "name": name,
        "type": "Federated" if domain.get("federated") else "Managed",
    }


@route("GET", "/organization", *rights.READ_ORGANIZATION, own="User.Read")
def list_organizations(request: Request) -> Response:
    """Answer the one organization of this directory."""
    return query.page(request, [_organization(request)], "organization", "organization")


@route("GET", "/organization/<id>", *rights.READ_ORGANIZATION, own="User.Read")
def get_organization(request: Request, id: str) -> Response:
    """Answer the organization by the id of its directory."""
    if id.lower() != rights.tenant(request).lower():
        raise not_found(id)
    return query.one(request, _organization(request), "organization", "organization")


def _domain(domain: Document, tenant: Document) -> dict[str, Any]:
    shown = _verified(domain, tenant)
    return {
        "id": shown["name"],
        "authenticationType": shown["type"],
        "availabilityStatus": None,
        "isAdminManaged": True,
        "isDefault": shown["isDefault"],
        "isInitial": shown["isInitial"],
        "isRoot": True,
        "isVerified": True,
        "passwordValidityPeriodInDays": 2147483647,
        "passwordNotificationWindowInDays": 14,
        "supportedServices": ["Email", "OfficeCommunicationsOnline"],
    }


@route("GET", "/domains", *READ_DOMAINS)
def list_domains(request: Request) -> Response:
    """Answer the domains of this directory."""
    tenant = _tenant(request)
    found = [_domain(each, tenant) for each in _domains(request, tenant)]
    return query.page(request, found, "domains", "domain")


@route("GET", "/domains/<name>", *READ_DOMAINS)
def get_domain(request: Request, name: str) -> Response:
    """Answer one domain of this directory."""
    tenant = _tenant(request)
    found = next((each for each in _domains(request, tenant) if each["domain"].lower() == name.lower()), None)
    if found is None:
        raise not_found(name)
    return query.one(request, _domain(found, tenant), "domains", "domain")


# Licences ------------------------------------------------------------------------------------------------


def sku_shown(tenant: str, entry: dict[str, Any]) -> dict[str, Any]:
    """Return a SKU of the directory with how many of its licences there are and are used."""
    sku: licensing.Sku = entry["sku"]
    enabled = "Enabled" if entry["active"] else "Suspended"
    return {
        "accountId": tenant,
        "accountName": None,
        "appliesTo": "User",
        "capabilityStatus": enabled,
        "consumedUnits": entry["consumed"],
        "id": f"{tenant}_{sku.id}",
        "skuId": sku.id,
        "skuPartNumber": sku.part_number,
        "subscriptionIds": [],
        "prepaidUnits": {"enabled": entry["active"], "suspended": entry["suspended"], "warning": 0, "lockedOut": 0},
        "servicePlans": [plan_shown(plan) | {"appliesTo": plan.target} for plan in sku.plans],
    }


def plan_shown(plan: licensing.Plan) -> dict[str, Any]:
    """Return a service plan as it stands within a SKU."""
    return {"servicePlanId": plan.id, "servicePlanName": plan.service, "provisioningStatus": "Success"}


@route("GET", "/subscribedSkus", *rights.READ_LICENSES)
def list_skus(request: Request) -> Response:
    """Answer the SKUs that the directory has; those of other authorities (group2) are none of its."""
    tenant = rights.tenant(request)
    found = [each for each in licensing.subscribed(request.tx, request.now, tenant) if each["sku"].group == "group1"]
    return query.page(request, [sku_shown(tenant, each) for each in found], "subscribedSkus", "subscribedSku")


@route("GET", "/subscribedSkus/<id>", *rights.READ_LICENSES)
def get_sku(request: Request, id: str) -> Response:
    """Answer one SKU by "{tenant}_{sku}"."""
    tenant = rights.tenant(request)
    known = [sku_shown(tenant, each) for each in licensing.subscribed(request.tx, request.now, tenant)]
    found = next((each for each in known if each["id"].lower() == id.lower()), None)
    if found is None:
        raise not_found(id)
    return query.one(request, found, "subscribedSkus", "subscribedSku")
