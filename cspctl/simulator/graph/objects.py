"""Says what users, groups and service principals look like in Microsoft Graph; the only place that shapes them.

https://learn.microsoft.com/graph/api/resources/user, …/group and …/serviceprincipal
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from cspctl.simulator import applications, directory, tenants
from cspctl.simulator.graph.errors import not_found
from cspctl.simulator.graph.known_applications import KNOWN, KnownApplication
from cspctl.simulator.store import Document, Transaction
from cspctl.simulator.wire import Request

Shape = dict[str, Any]

USER_DEFAULT = (
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
)
# What the directory keeps beside a user's own fields: written as given, answered as written.
USER_TEXTS = (
    "ageGroup",
    "city",
    "companyName",
    "consentProvidedForMinor",
    "country",
    "department",
    "employeeId",
    "employeeType",
    "faxNumber",
    "jobTitle",
    "mail",
    "mailNickname",
    "officeLocation",
    "passwordPolicies",
    "postalCode",
    "preferredLanguage",
    "state",
    "streetAddress",
)
USER_LISTS = ("businessPhones", "otherMails")
# Ours by the name of Graph's: the same person is known to Partner Center by other names.
USER_FIELDS = {
    "displayName": "displayName",
    "givenName": "firstName",
    "surname": "lastName",
    "mobilePhone": "phoneNumber",
    "usageLocation": "usageLocation",
    "userPrincipalName": "userPrincipalName",
    "onPremisesImmutableId": "immutableId",
}
GROUP_TEXTS = ("classification", "preferredDataLocation", "preferredLanguage", "theme", "visibility")
GROUP_NULLS = (
    "expirationDateTime",
    "mail",
    "membershipRule",
    "membershipRuleProcessingState",
    "onPremisesLastSyncDateTime",
    "onPremisesSecurityIdentifier",
    "onPremisesSyncEnabled",
    "uniqueName",
)
GROUP_LISTS = (
    "creationOptions",
    "onPremisesProvisioningErrors",
    "proxyAddresses",
    "resourceBehaviorOptions",
    "resourceProvisioningOptions",
    "serviceProvisioningErrors",
)


def instant(text: str | None) -> str | None:
    """Return a time as Microsoft Graph writes it."""
    return f"{datetime.fromisoformat(text):%Y-%m-%dT%H:%M:%SZ}" if text else None


def user(document: Document) -> Shape:
    """Return a user with all properties; a deleted one's name is hidden behind its id, so that it is free."""
    extra = document.get("graph") or {}
    name = str(document["userPrincipalName"])
    deleted = document["state"] != "active"
    shown: Shape = {ours: document[theirs] for ours, theirs in USER_FIELDS.items()}
    shown |= {key: extra.get(key) for key in USER_TEXTS} | {key: extra.get(key) or [] for key in USER_LISTS}
    licenses = [{"skuId": each["skuId"], "disabledPlans": each["excludedPlans"]} for each in document["licenses"]]
    return shown | {
        "id": document["id"],
        "userPrincipalName": f"{document['id'].replace('-', '')}{name}" if deleted else name,
        "mailNickname": extra.get("mailNickname") or name.partition("@")[0],
        "accountEnabled": document.get("accountEnabled", True),
        "assignedLicenses": licenses,
        "createdDateTime": instant(document["createdAt"]),
        "creationType": None,
        "deletedDateTime": instant(document["softDeletionTime"]),
        "externalUserState": None,
        "onPremisesSyncEnabled": None,
        "passwordProfile": None,
        "proxyAddresses": [],
        "userType": document.get("userType", "Member"),
    }


def group(document: Document) -> Shape:
    """Return a group with all properties."""
    extra = document.get("graph") or {}
    shown = dict.fromkeys(GROUP_NULLS) | {key: [] for key in GROUP_LISTS} | {key: extra.get(key) for key in GROUP_TEXTS}
    same = ("id", "description", "displayName", "groupTypes", "isAssignableToRole", "mailEnabled", "mailNickname")
    return shown | {
        **{key: document[key] for key in same},
        "securityEnabled": document["securityEnabled"],
        "createdDateTime": instant(document["createdAt"]),
        "renewedDateTime": instant(document["createdAt"]),
        "deletedDateTime": instant(document["deletedAt"]),
    }


def service_principal(tx: Transaction, document: Document) -> Shape:
    """Return what stands for an application in a directory, with all properties that are simulated."""
    application = applications.find(tx, document["clientId"]) or {}
    known = KNOWN.get(document["clientId"])
    name = known.name if known else application.get("displayName")
    owner = application.get("tenantId") or "f8cdef31-a31e-4b4a-93e4-5f571e91255a"  # Microsoft's own directory
    return {
        "id": document["objectId"],
        "deletedDateTime": None,
        "accountEnabled": document.get("enabled", True),
        "alternativeNames": [],
        "appDisplayName": name,
        "appId": document["clientId"],
        "appOwnerOrganizationId": owner,
        "appRoleAssignmentRequired": False,
        "appRoles": [_app_role(id, value) for value, id in (known.roles if known else {}).items()],
        "displayName": name,
        "keyCredentials": [],
        "oauth2PermissionScopes": [_scope(id, value) for value, id in (known.scopes if known else {}).items()],
        "passwordCredentials": [],
        "replyUrls": [],
        "servicePrincipalNames": [document["clientId"], *(known.names if known else ())],
        "servicePrincipalType": "Application",
        "signInAudience": "AzureADMultipleOrgs" if known or application.get("multitenant") else "AzureADMyOrg",
        "tags": document.get("tags") or [],
    }


def _app_role(id: str, value: str) -> Shape:
    words = {"displayName": value, "description": value, "origin": "Application"}
    return {"id": id, "value": value, "allowedMemberTypes": ["Application"], "isEnabled": True, **words}


def _scope(id: str, value: str) -> Shape:
    words = {"adminConsentDisplayName": value, "adminConsentDescription": value}
    return {"id": id, "value": value, "type": "Admin", "isEnabled": True, **words}


def known_principal(tenant: str, client: str, known: KnownApplication) -> Document:  # noqa: ARG001
    """Return what stands for one of Microsoft's own applications, which every directory has."""
    return {"objectId": str(uuid.uuid5(uuid.UUID(client), tenant)), "tenantId": tenant, "clientId": client}


def service_principals(tx: Transaction, tenant: str) -> list[Document]:
    """Return all of a directory's, Microsoft's own included."""
    own = tx.all("servicePrincipals", f"{tenant}/")
    there = {str(each["clientId"]).lower() for each in own}
    return own + [known_principal(tenant, id, known) for id, known in KNOWN.items() if id not in there]


def find(request: Request, tenant: str, id: str) -> tuple[str, Document]:
    """Return the type and the document of any object, or refuse: unknown, or too new for this replica."""
    found = directory.principal(request.tx, tenant, id)
    if found is not None:
        settled = found[0] == "ServicePrincipal" or directory.is_ready(found[1], request.now)
        if settled:
            return found
    for each in service_principals(request.tx, tenant):
        if each["objectId"].lower() == id.lower():
            return "ServicePrincipal", each
    raise not_found(id)


def shown(request: Request, kind: str, document: Document) -> Shape:
    """Return any object with its type, as it stands among objects of other types."""
    if kind == "User":
        whole = user(document)
        return {"@odata.type": "#microsoft.graph.user", **{key: whole[key] for key in USER_DEFAULT}}
    if kind == "Group":
        return {"@odata.type": "#microsoft.graph.group", **group(document)}
    return {"@odata.type": "#microsoft.graph.servicePrincipal", **service_principal(request.tx, document)}


def whole(request: Request, kind: str, document: Document) -> Shape:
    """Return any object with its type and all of its properties, to be selected from."""
    return shown(request, kind, document) | (user(document) if kind == "User" else {})


def location(request: Request, id: str, type: str) -> str:
    """Return what the header Location of a new object says."""
    tenant = tenants.find(request.tx, str(request.caller["tid"])) or {}
    return f"{request.base_url}/v2/{tenant.get('id')}/directoryObjects/{id}/Microsoft.DirectoryServices.{type}"
