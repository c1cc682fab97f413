"""Answers for what stands for applications in a directory; the only routes that let an application in.

https://learn.microsoft.com/graph/api/resources/serviceprincipal
"""

from __future__ import annotations

from typing import Any

from cspctl.simulator import applications, directory, tenants
from cspctl.simulator.graph import objects, query, rights
from cspctl.simulator.graph.errors import bad_request, conflict, missing, not_found, object_body
from cspctl.simulator.graph.service import route
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request, Response


def _every(request: Request) -> list[dict[str, Any]]:
    found = objects.service_principals(request.tx, rights.tenant(request))
    return [objects.service_principal(request.tx, each) for each in found]


def _known(request: Request) -> set[str]:
    return {key for each in _every(request) for key in each}


def _find(request: Request, id: str) -> Document:
    kind, found = objects.find(request, rights.tenant(request), id)
    if kind != "ServicePrincipal":
        raise not_found(id)
    return found


def _by_app(request: Request, app: str) -> Document:
    found = objects.service_principals(request.tx, rights.tenant(request))
    document = next((each for each in found if each["clientId"].lower() == app.lower()), None)
    if document is None:
        raise not_found(app)
    return document


def _one(request: Request, found: Document, **more: Any) -> Response:
    shown = objects.service_principal(request.tx, found)
    return query.one(request, shown, "servicePrincipals", "servicePrincipal", **more)


@route("GET", "/servicePrincipals", *rights.READ_APPLICATIONS)
def list_service_principals(request: Request) -> Response:
    """Answer a page of service principals, Microsoft's own included."""
    known = _known(request)
    return query.page(request, _every(request), "servicePrincipals", "servicePrincipal", known=known)


@route("GET", "/servicePrincipals/<id>", *rights.READ_APPLICATIONS)
def get(request: Request, id: str) -> Response:
    """Answer one service principal by its object id."""
    return _one(request, _find(request, id))


@route("GET", "/servicePrincipals(appId='<app>')", *rights.READ_APPLICATIONS)
def get_by_app(request: Request, app: str) -> Response:
    """Answer one service principal by the id of its application."""
    return _one(request, _by_app(request, app))


@route("POST", "/servicePrincipals", *rights.WRITE_APPLICATIONS)
def create(request: Request) -> Response:
    """Let an application into this directory; another directory's must be one that others may use."""
    require_application_writer(request)
    tenant, app = rights.tenant(request), str(object_body(request.body).get("appId") or "")
    if not app:
        raise missing("appId", "ServicePrincipal")
    application = applications.find(request.tx, app)
    if application is None:
        text = f"The appId '{app}' of the service principal does not reference a valid application object."
        raise bad_request(text, target="appId", detail="NoBackingApplicationObject")
    if str(application["tenantId"]).lower() != tenant.lower() and not application.get("multitenant"):
        text = "The backing application of the service principal being created must in the local tenant."
        raise bad_request(text, target="appId")
    if tenants.service_principal(request.tx, tenant, app) is not None:
        raise conflict("servicePrincipalNames")
    found = tenants.enter(request.tx, tenant, application["id"])
    request.tx.effects.append(f"service principal created {found['objectId']}")
    return _one(request, found, status=201, location=objects.location(request, found["objectId"], "ServicePrincipal"))


def require_application_writer(request: Request) -> None:
    """Refuse who may not register applications: every member of a directory may, who comes by delegation not."""
    if not rights.is_member(request):
        rights.require_role(request, *rights.APPLICATION_WRITERS)


@route("DELETE", "/servicePrincipals/<id>", *rights.WRITE_APPLICATIONS)
def delete(request: Request, id: str) -> Response:
    """Put an application out of this directory, with all that it was allowed."""
    rights.require_role(request, *rights.APPLICATION_WRITERS)
    found = _find(request, id)
    tenants.disallow(request.tx, found["tenantId"], found["clientId"])
    for role in directory.roles_of(request.tx, found["tenantId"], found["objectId"]):
        directory.remove_role_member(request.tx, found["tenantId"], role, found["objectId"])
    request.tx.effects.append(f"service principal deleted {found['objectId']}")
    return Response(204)
