"""Lets an administrator consent for a whole directory by following a link; the only place for that consent.

https://learn.microsoft.com/entra/identity-platform/v2-admin-consent
"""

from __future__ import annotations

from cspctl.simulator import tenants
from cspctl.simulator.sign_in import clients, grants, pages, persons, resources
from cspctl.simulator.sign_in.authorization_codes import answer_address, is_registered, parameters
from cspctl.simulator.sign_in.clients import ANY_TENANT, known_tenant
from cspctl.simulator.sign_in.refusals import refuse
from cspctl.simulator.sign_in.service import routes
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Refused, Request, Response


@routes.route("GET", "/<tenant>/v2.0/adminconsent")
@routes.route("POST", "/<tenant>/v2.0/adminconsent")
def admin_consent(request: Request, tenant: str) -> Response:
    """Let the administrator who signs in grant the application the scopes of the link in that directory."""
    asked = parameters(request)
    back = asked.get("redirect_uri", "")
    try:
        application = clients.identified(request, tenant, asked.get("client_id", ""))
        if not is_registered(application, back):
            raise refuse(request, 400, "invalid_request", 50011, uri=back, client=application["id"])
    except Refused as refused:
        text = str(refused.response.body["error_description"])
        return pages.told(400, "Sorry, but we're having trouble signing you in", text)
    user = asked.get("user") or asked.get("login_hint", "")
    state = {"state": asked["state"]} if asked.get("state") else {}
    if asked.get("action") == "decline":
        declined = {"error": "access_denied", "error_description": "AADSTS65004: The administrator declined."}
        return _sent(back, {**declined, **state})
    try:
        person = persons.named(request.tx, user)
    except LookupError as unknown:
        return pages.sign_in(str(application["displayName"]), user, error=str(unknown) if user else "")
    try:
        fields = _granted(request, tenant, application, person)
    except Refused as refused:
        body = refused.response.body
        fields = {"error": body["error"], "error_description": body["error_description"]}
    return _sent(back, {**fields, **state})


def _granted(request: Request, tenant: str, application: Document, person: persons.Person) -> dict[str, str]:
    text = parameters(request).get("scope", "")
    wanted = resources.from_scope(request, text, user=True)
    found = known_tenant(request, person.tenant if tenant.lower() in ANY_TENANT else tenant)
    home = str(found["id"])
    persons.signing_in(request, person.tenant, person.id)
    if not persons.is_administrator(request.tx, person, home):
        words = {"tenant": found["displayName"], "name": application["displayName"]}
        raise refuse(request, 400, "access_denied", 90094, **words)
    resource = resources.application_behind(request, found, wanted)
    held = grants.granted_scope(request.tx, home, application, resource) or ""
    tenants.allow(request.tx, home, str(application["id"]), resource, resources.joined(held, *wanted.named))
    return {"admin_consent": "True", "tenant": home, "scope": text}


def _sent(back: str, fields: dict[str, str]) -> Response:
    return Response(302, None, {"Location": answer_address(back, "query", fields), "Cache-Control": "no-store"})
