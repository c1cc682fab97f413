"""Answers for what applications may: app roles of their own, and delegated permissions; the only routes that grant.

Of permissions for single users nothing is simulated: a grant is for everybody (AllPrincipals).
https://learn.microsoft.com/graph/permissions-grant-via-msgraph
"""

from __future__ import annotations

import base64
import uuid
from typing import Any

from cspctl.simulator import directory, tenants
from cspctl.simulator.graph import objects, query, rights
from cspctl.simulator.graph.errors import bad_request, missing, not_found, object_body
from cspctl.simulator.graph.known_applications import KNOWN
from cspctl.simulator.graph.service import route
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request, Response

READ = ("Application.Read.All", "Application.ReadWrite.All", *rights.READ_DIRECTORY)
WRITE_ROLES = ("AppRoleAssignment.ReadWrite.All",)
WRITE_GRANTS = ("DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All")
GRANTERS = ("Privileged Role Administrator", *rights.APPLICATION_WRITERS)
ROLES = "/servicePrincipals/<id>/appRoleAssignments"
GRANTS = "/oauth2PermissionGrants"


def _principal(request: Request, id: str) -> Document:
    kind, found = objects.find(request, rights.tenant(request), id)
    if kind != "ServicePrincipal":
        raise not_found(id)
    return found


def _resource(request: Request, client: str) -> Document:
    found = objects.service_principals(request.tx, rights.tenant(request))
    return next(each for each in found if each["clientId"] == client)


def _packed(*ids: str) -> str:
    raw = b"".join(uuid.UUID(each).bytes for each in ids)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


# App roles -----------------------------------------------------------------------------------------------


def _assignment(request: Request, principal: Document, resource: Document, role: str) -> dict[str, Any]:
    return {
        "id": _packed(principal["objectId"], KNOWN[resource["clientId"]].roles[role]),
        "deletedDateTime": None,
        "appRoleId": KNOWN[resource["clientId"]].roles[role],
        "createdDateTime": objects.instant(directory.LONG_AGO),
        "principalDisplayName": objects.service_principal(request.tx, principal)["displayName"],
        "principalId": principal["objectId"],
        "principalType": "ServicePrincipal",
        "resourceDisplayName": KNOWN[resource["clientId"]].name,
        "resourceId": resource["objectId"],
    }


def _assignments(request: Request, principal: Document) -> list[dict[str, Any]]:
    tenant, client = rights.tenant(request), principal["clientId"]
    return [
        _assignment(request, principal, _resource(request, resource), role)
        for resource, known in KNOWN.items()
        for role in tenants.app_roles(request.tx, tenant, client, resource)
        if role in known.roles
    ]


@route("GET", ROLES, *READ)
def list_assignments(request: Request, id: str) -> Response:
    """Answer the app roles that an application itself was granted."""
    principal = _principal(request, id)
    of = f"servicePrincipals('{principal['objectId']}')/appRoleAssignments"
    return query.page(request, _assignments(request, principal), of, "appRoleAssignment")


@route("POST", ROLES, *WRITE_ROLES)
def assign(request: Request, id: str) -> Response:
    """Grant an application an app role of Microsoft Graph's or another one's."""
    rights.require_role(request, *rights.ROLE_WRITERS)
    body = object_body(request.body)
    for name in ("principalId", "resourceId", "appRoleId"):
        if not body.get(name):
            raise missing(name, "AppRoleAssignment")
    principal, resource = _principal(request, id), _principal(request, str(body["resourceId"]))
    if str(body["principalId"]).lower() != principal["objectId"].lower():
        raise bad_request("The principalId must be that of the service principal in the address.")
    known = KNOWN.get(resource["clientId"])
    wanted = str(body["appRoleId"]).lower()
    role = next((value for value, each in (known.roles if known else {}).items() if each == wanted), None)
    if role is None:
        raise bad_request(f"Permission being assigned was not found on application '{resource['objectId']}'")
    tenant = rights.tenant(request)
    if role in tenants.app_roles(request.tx, tenant, principal["clientId"], resource["clientId"]):
        raise bad_request("Permission being assigned already exists on the object")
    tenants.assign_app_roles(request.tx, tenant, principal["clientId"], resource["clientId"], [role])
    request.tx.effects.append(f"app role granted {principal['objectId']} {role}")
    of = f"servicePrincipals('{principal['objectId']}')/appRoleAssignments"
    return query.one(request, _assignment(request, principal, resource, role), of, "appRoleAssignment", status=201)


@route("DELETE", f"{ROLES}/<assignment>", *WRITE_ROLES)
def withdraw(request: Request, id: str, assignment: str) -> Response:
    """Withdraw an app role."""
    rights.require_role(request, *rights.ROLE_WRITERS)
    principal = _principal(request, id)
    found = next((each for each in _assignments(request, principal) if each["id"] == assignment), None)
    if found is None:
        raise not_found(assignment)
    resource = _principal(request, found["resourceId"])["clientId"]
    role = next(value for value, each in KNOWN[resource].roles.items() if each == found["appRoleId"])
    tenants.withdraw_app_role(request.tx, rights.tenant(request), principal["clientId"], resource, role)
    request.tx.effects.append(f"app role withdrawn {principal['objectId']} {role}")
    return Response(204)


# Delegated permissions -----------------------------------------------------------------------------------


def _grants(request: Request) -> list[dict[str, Any]]:
    tenant = rights.tenant(request)
    resources = {client: _resource(request, client) for client in KNOWN}
    found = []
    for principal in request.tx.all("servicePrincipals", f"{tenant}/"):
        for client, resource in resources.items():
            consent = tenants.consent(request.tx, tenant, principal["clientId"], client)
            if consent is not None:
                found.append(_grant(principal, resource, str(consent["scope"])))
    return found


def _grant(principal: Document, resource: Document, scope: str) -> dict[str, Any]:
    return {
        "id": _packed(principal["objectId"], resource["objectId"]),
        "clientId": principal["objectId"],
        "consentType": "AllPrincipals",
        "principalId": None,
        "resourceId": resource["objectId"],
        "scope": " ".join(scope.replace(",", " ").split()),
    }


def _find_grant(request: Request, id: str) -> dict[str, Any]:
    found = next((each for each in _grants(request) if each["id"] == id), None)
    if found is None:
        raise not_found(id)
    return found


@route("GET", GRANTS, *READ, *WRITE_GRANTS)
def list_grants(request: Request) -> Response:
    """Answer the delegated permissions that were consented to in this directory."""
    known = {"id", "clientId", "consentType", "principalId", "resourceId", "scope"}
    return query.page(request, _grants(request), "oauth2PermissionGrants", "oAuth2PermissionGrant", known=known)


@route("GET", f"{GRANTS}/<id>", *READ, *WRITE_GRANTS)
def get_grant(request: Request, id: str) -> Response:
    """Answer one grant."""
    return query.one(request, _find_grant(request, id), "oauth2PermissionGrants", "oAuth2PermissionGrant")


@route("POST", GRANTS, *WRITE_GRANTS)
def grant(request: Request) -> Response:
    """Consent, for everybody in the directory, to an application's use of a resource in their names."""
    rights.require_role(request, *GRANTERS)
    body = object_body(request.body)
    for name in ("clientId", "consentType", "resourceId", "scope"):
        if not body.get(name):
            raise missing(name, "OAuth2PermissionGrant")
    if body["consentType"] != "AllPrincipals":
        raise bad_request("The simulator knows the consentType AllPrincipals only.", target="consentType")
    principal, resource = _principal(request, str(body["clientId"])), _principal(request, str(body["resourceId"]))
    tenant = rights.tenant(request)
    if tenants.consent(request.tx, tenant, principal["clientId"], resource["clientId"]) is not None:
        raise bad_request("Permission entry already exists.")
    tenants.allow(request.tx, tenant, principal["clientId"], resource["clientId"], str(body["scope"]))
    request.tx.effects.append(f"permissions granted {principal['objectId']} {body['scope']}")
    made = _grant(principal, resource, str(body["scope"]))
    return query.one(request, made, "oauth2PermissionGrants", "oAuth2PermissionGrant", status=201)


@route("PATCH", f"{GRANTS}/<id>", *WRITE_GRANTS)
def change_grant(request: Request, id: str) -> Response:
    """Replace the permissions of a grant."""
    rights.require_role(request, *GRANTERS)
    found, scope = _find_grant(request, id), object_body(request.body).get("scope")
    if not scope:
        raise missing("scope", "OAuth2PermissionGrant")
    principal, resource = _principal(request, found["clientId"]), _principal(request, found["resourceId"])
    tenants.allow(request.tx, rights.tenant(request), principal["clientId"], resource["clientId"], str(scope))
    request.tx.effects.append(f"permissions granted {principal['objectId']} {scope}")
    return Response(204)


@route("DELETE", f"{GRANTS}/<id>", *WRITE_GRANTS)
def revoke_grant(request: Request, id: str) -> Response:
    """Withdraw a grant; the application stays in the directory."""
    rights.require_role(request, *GRANTERS)
    found = _find_grant(request, id)
    principal, resource = _principal(request, found["clientId"]), _principal(request, found["resourceId"])
    tenants.withdraw_consent(request.tx, rights.tenant(request), principal["clientId"], resource["clientId"])
    request.tx.effects.append(f"permissions withdrawn {principal['objectId']}")
    return Response(204)
