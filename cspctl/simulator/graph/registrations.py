"""Answers for registrations of applications and their secrets; the only routes that write them.

https://learn.microsoft.com/graph/api/resources/application
"""

from __future__ import annotations

import base64
import uuid
from datetime import datetime
from typing import Any

from cspctl.simulator import applications, directory
from cspctl.simulator.graph import members, objects, query, rights
from cspctl.simulator.graph.errors import bad_request, invalid, missing, not_found, object_body
from cspctl.simulator.graph.service import route
from cspctl.simulator.graph.service_principals import require_application_writer
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request, Response

AUDIENCES = {"AzureADMyOrg": False, "AzureADMultipleOrgs": True, "AzureADandPersonalMicrosoftAccount": True}
LONGEST_DAYS = 36500
KEPT = {"api", "appRoles", "description", "groupMembershipClaims", "identifierUris", "info", "notes"}
KEPT |= {"optionalClaims", "publicClient", "requiredResourceAccess", "signInAudience", "spa", "tags", "web"}
WRITTEN = KEPT | {"displayName", "isFallbackPublicClient", "keyCredentials", "passwordCredentials"}


def _object_id(application: Document) -> str:
    return str(application.get("objectId") or uuid.uuid5(uuid.NAMESPACE_URL, f"application/{application['id']}"))


def _shown(application: Document) -> dict[str, Any]:
    extra = application.get("graph") or {}
    passwords = [_password(each) for each in application.get("passwords", [])]
    return {
        "id": _object_id(application),
        "deletedDateTime": None,
        "appId": application["id"],
        "applicationTemplateId": None,
        "createdDateTime": objects.instant(application.get("createdAt") or directory.LONG_AGO),
        "description": extra.get("description"),
        "displayName": application["displayName"],
        "groupMembershipClaims": extra.get("groupMembershipClaims"),
        "identifierUris": extra.get("identifierUris") or [],
        "isFallbackPublicClient": application.get("publicClient") or None,
        "notes": extra.get("notes"),
        "optionalClaims": extra.get("optionalClaims"),
        "publisherDomain": None,
        "signInAudience": extra.get("signInAudience") or "AzureADMyOrg",
        "tags": extra.get("tags") or [],
        "api": extra.get("api") or {"oauth2PermissionScopes": [], "preAuthorizedApplications": []},
        "appRoles": extra.get("appRoles") or [],
        "info": extra.get("info") or {},
        "keyCredentials": [_key(each) for each in application.get("certificates", [])],
        "passwordCredentials": passwords,
        "publicClient": extra.get("publicClient") or {"redirectUris": []},
        "requiredResourceAccess": extra.get("requiredResourceAccess") or [],
        "spa": extra.get("spa") or {"redirectUris": []},
        "web": extra.get("web") or {"redirectUris": []},
    }


def _password(password: Document) -> dict[str, Any]:
    return {
        "customKeyIdentifier": None,
        "displayName": password["displayName"],
        "endDateTime": objects.instant(password["endDateTime"]),
        "hint": password["hint"],
        "keyId": password["keyId"],
        "secretText": None,
        "startDateTime": objects.instant(password["startDateTime"]),
    }


def _key(certificate: Document) -> dict[str, Any]:
    return {
        "customKeyIdentifier": certificate["x5t"].upper(),
        "displayName": None,
        "endDateTime": objects.instant(certificate["endDateTime"]),
        "key": None,
        "keyId": certificate["keyId"],
        "startDateTime": objects.instant(certificate["startDateTime"]),
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
    }


def _every(request: Request) -> list[Document]:
    tenant = rights.tenant(request).lower()
    return [each for each in request.tx.all(applications.COLLECTION) if str(each["tenantId"]).lower() == tenant]


def _find(request: Request, id: str) -> Document:
    found = next((each for each in _every(request) if _object_id(each).lower() == id.lower()), None)
    if found is None:
        raise not_found(id)
    return found


def _one(request: Request, found: Document, **more: Any) -> Response:
    return query.one(request, _shown(found), "applications", "application", **more)


@route("GET", "/applications", *rights.READ_APPLICATIONS)
def list_applications(request: Request) -> Response:
    """Answer a page of the applications that are registered in this directory."""
    known = set(_shown({"id": "", "tenantId": "", "displayName": ""}))
    found = [_shown(each) for each in _every(request)]
    return query.page(request, found, "applications", "application", known=known)


@route("GET", "/applications/<id>", *rights.READ_APPLICATIONS)
def get(request: Request, id: str) -> Response:
    """Answer one application by its object id."""
    return _one(request, _find(request, id))


@route("GET", "/applications(appId='<app>')", *rights.READ_APPLICATIONS)
def get_by_app(request: Request, app: str) -> Response:
    """Answer one application by its client id."""
    found = next((each for each in _every(request) if each["id"].lower() == app.lower()), None)
    if found is None:
        raise not_found(app)
    return _one(request, found)


@route("POST", "/applications", *rights.WRITE_APPLICATIONS)
def create(request: Request) -> Response:
    """Register an application; it stands in no directory yet."""
    require_application_writer(request)
    body = object_body(request.body)
    if not body.get("displayName"):
        raise missing("displayName", "Application")
    # Who registers an application owns it, unless it is nobody of this directory.
    fields = {**_fields(body), "owners": [rights.caller_id(request)] if rights.is_member(request) else []}
    made = applications.register(request.tx, request.now, rights.tenant(request), str(body["displayName"]), **fields)
    _set_certificates(request, made, body)
    request.tx.effects.append(f"application created {made['id']}")
    return _one(request, made, status=201, location=objects.location(request, _object_id(made), "Application"))


def _fields(body: dict[str, Any], before: dict[str, Any] | None = None) -> dict[str, Any]:
    for name in body:
        if name not in WRITTEN and not name.startswith("@odata."):
            raise bad_request(f"Property '{name}' does not exist as a declared property or extension property.")
    if str(body.get("signInAudience", "AzureADMyOrg")) not in AUDIENCES:
        raise bad_request("Invalid value specified for property 'signInAudience' of resource 'Application'.")
    if body.get("passwordCredentials"):
        raise bad_request("New password credentials must be generated with service actions.")
    extra = {**(before or {}), **{key: value for key, value in body.items() if key in KEPT}}
    public = body.get("isFallbackPublicClient")
    flags = {"publicClient": bool(public)} if public is not None else {}
    return {"graph": extra, "multitenant": AUDIENCES[extra.get("signInAudience", "AzureADMyOrg")], **flags}


def _require_owner(request: Request, application: Document) -> None:
    if rights.caller_id(request) not in application.get("owners", []):
        rights.require_role(request, *rights.APPLICATION_WRITERS)


@route("GET", "/applications/<id>/owners", *rights.READ_APPLICATIONS)
def list_owners(request: Request, id: str) -> Response:
    """Answer who owns a registration."""
    return members.page(request, _find(request, id).get("owners", []))


def _set_certificates(request: Request, application: Document, body: dict[str, Any]) -> None:
    """Register the certificates of keyCredentials, which replace all that there were; known ones come without key."""
    if "keyCredentials" not in body:
        return
    there = {each["keyId"]: each for each in application.get("certificates", [])}
    given = body["keyCredentials"] or []
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise invalid("keyCredentials", "Application")
    application["certificates"] = [there[str(each["keyId"])] for each in given if str(each.get("keyId")) in there]
    applications.save(request.tx, application)
    for each in given:
        if str(each.get("keyId")) not in there:
            _add_certificate(request, application, str(each.get("key") or ""))


def _add_certificate(request: Request, application: Document, key: str) -> None:
    pem = f"-----BEGIN CERTIFICATE-----\n{key}\n-----END CERTIFICATE-----\n"
    try:
        # az sends the text of a PEM file, in base64 once more.
        decoded = base64.b64decode(key)
        pem = decoded.decode() if decoded.startswith(b"-----BEGIN") else pem
        applications.add_certificate(request.tx, application, pem)
    except ValueError:
        raise bad_request("Key credential end date is invalid or its key is no certificate.", target="key") from None


@route("PATCH", "/applications/<id>", *rights.WRITE_APPLICATIONS)
def update(request: Request, id: str) -> Response:
    """Change the given properties of a registration."""
    found, body = _find(request, id), object_body(request.body)
    _require_owner(request, found)
    changed = {**found, **_fields(body, found.get("graph"))}
    changed["displayName"] = body.get("displayName") or found["displayName"]
    applications.save(request.tx, changed)
    _set_certificates(request, changed, body)
    request.tx.effects.append(f"application updated {found['id']}")
    return Response(204)


@route("DELETE", "/applications/<id>", *rights.WRITE_APPLICATIONS)
def delete(request: Request, id: str) -> Response:
    """Delete a registration, and what stands for it in its own directory."""
    found = _find(request, id)
    _require_owner(request, found)
    applications.delete(request.tx, found["id"])
    request.tx.effects.append(f"application deleted {found['id']}")
    return Response(204)


@route("POST", "/applications/<id>/addPassword", *rights.WRITE_APPLICATIONS)
def add_password(request: Request, id: str) -> Response:
    """Add a client secret; only this answer ever holds it."""
    found = _find(request, id)
    _require_owner(request, found)
    asked = object_body(request.body or {}).get("passwordCredential") or {}
    if not isinstance(asked, dict):
        raise invalid("passwordCredential", "Application")
    days = _days(request, str(asked.get("endDateTime") or ""))
    name = str(asked.get("displayName") or "")
    password, secret = applications.add_password(request.tx, request.now, found, days=days, name=name)
    request.tx.effects.append(f"application secret added {found['id']}")
    shown = {**_password(password), "secretText": secret}
    context = query.metadata(request, "microsoft.graph.passwordCredential")
    return Response(200, {"@odata.context": context, **shown})


def _days(request: Request, end: str) -> float:
    if not end:
        return applications.SECRET_DAYS
    try:
        until = datetime.fromisoformat(end)
    except ValueError:
        raise bad_request("Invalid value specified for property 'endDateTime'.") from None
    days = (until.replace(tzinfo=until.tzinfo or request.now.tzinfo) - request.now).total_seconds() / 86400
    if days > LONGEST_DAYS:  # how long a secret may live is not documented
        raise bad_request("Invalid value specified for property 'endDateTime'.")
    return days


@route("POST", "/applications/<id>/removePassword", *rights.WRITE_APPLICATIONS)
def remove_password(request: Request, id: str) -> Response:
    """Remove a client secret by its key id."""
    found, key = _find(request, id), object_body(request.body).get("keyId")
    _require_owner(request, found)
    kept = [each for each in found.get("passwords", []) if each["keyId"] != key]
    if len(kept) == len(found.get("passwords", [])):
        raise bad_request(f"No password credential found with keyId {key}.")
    applications.save(request.tx, {**found, "passwords": kept})
    request.tx.effects.append(f"application secret removed {found['id']}")
    return Response(204)
