"""Lets the partner's application into a customer's directory and out again; the only place for that consent.

https://learn.microsoft.com/partner-center/developer/control-panel-vendor-apis
"""

from __future__ import annotations

from typing import Any

from cspctl.simulator import delegations, tenants
from cspctl.simulator.partner_center import customers
from cspctl.simulator.partner_center.answers import refuse
from cspctl.simulator.partner_center.service import routes
from cspctl.simulator.wire import Request, Response

# https://learn.microsoft.com/partner-center/customers/gdap-faq: one of these, or the Global Administrator.
CONSENTERS = ("Cloud Application Administrator", "Application Administrator")

# Enterprise applications that exist in every directory, and the scopes they have; None: any name will do.
ENTERPRISE_APPLICATIONS: dict[str, frozenset[str] | None] = {
    tenants.AZURE_MANAGEMENT: frozenset({"user_impersonation"}),
    tenants.GRAPH: None,
}


@routes.route("POST", "/v1/customers/<customer>/applicationconsents", user=True)
def create(request: Request, customer: str) -> Response:
    """Consent, in the customer's directory, to what the application asks for."""
    document = customers.find(request, customer)
    delegations.require(request, document["id"], *CONSENTERS)
    body = request.body if isinstance(request.body, dict) else {}
    application = request.tx.get("applications", str(body.get("applicationId", "")))
    if application is None:
        raise refuse(400, "3000", f"The application {body.get('applicationId')} was not found.")
    sent = body.get("applicationGrants")
    grants = [_checked(grant) for grant in sent] if isinstance(sent, list) else []
    if not grants:
        raise refuse(400, "3000", "Invalid property 'applicationGrants': at least one is required.")
    tenant, client = document["id"], application["id"]
    if tenants.service_principal(request.tx, tenant, client) is not None:
        raise refuse(409, "1000", "Permission entry already exists.")
    for resource, scope in grants:
        tenants.allow(request.tx, tenant, client, resource, scope)
    request.tx.effects.append(f"application consented {tenant}")
    return Response(201, _shown(body, client))


@routes.route("DELETE", "/v1/customers/<customer>/applicationconsents/<application>", user=True)
def delete(request: Request, customer: str, application: str) -> Response:
    """Withdraw the application's consent."""
    document = customers.find(request, customer)
    delegations.require(request, document["id"], *CONSENTERS)
    if tenants.service_principal(request.tx, document["id"], application) is None:
        raise refuse(404, "1000", f"The application {application} has no consent for this customer.")
    tenants.disallow(request.tx, document["id"], application)
    request.tx.effects.append(f"application consent withdrawn {document['id']}")
    return Response(204)


def _checked(grant: Any) -> tuple[str, str]:
    resource = str(grant.get("enterpriseApplicationId", "")).lower() if isinstance(grant, dict) else ""
    if resource not in ENTERPRISE_APPLICATIONS:
        raise refuse(400, "3000", f"The enterprise application {resource} was not found.")
    scopes = {scope.strip() for scope in str(grant.get("scope", "")).split(",")} - {""}
    known = ENTERPRISE_APPLICATIONS[resource]
    if not scopes or (known is not None and not scopes <= known):
        raise refuse(400, "3000", f"Invalid property 'scope': {grant.get('scope')!r}.")
    return resource, str(grant["scope"])


def _shown(body: dict[str, Any], client: str) -> dict[str, Any]:
    grants = [
        {"enterpriseApplicationId": grant["enterpriseApplicationId"], "scope": grant["scope"]}
        for grant in body["applicationGrants"]
    ]
    return {"applicationId": client, "displayName": body.get("displayName"), "applicationGrants": grants}
