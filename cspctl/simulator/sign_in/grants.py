"""Decides who gets a token for what; the only place that does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cspctl.simulator import applications, directory, tenants
from cspctl.simulator.sign_in import clients, issuance, persons, resources, sessions
from cspctl.simulator.sign_in.clients import ANY_TENANT, Client, form_of, known_tenant
from cspctl.simulator.sign_in.refusals import refuse
from cspctl.simulator.sign_in.resources import Wanted
from cspctl.simulator.store import Document, Transaction
from cspctl.simulator.wire import Request

Asked = Callable[..., Wanted]

# Scopes that anybody may grant an application for themselves; an administrator grants the others.
# https://learn.microsoft.com/entra/identity/enterprise-apps/configure-user-consent
OWN_TO_GIVE = frozenset({"user_impersonation", "User.Read", "User.ReadBasic.All", "openid", "profile", "email"})


def application_grant(request: Request, tenant_name: str, asked: Asked) -> dict[str, Any]:
    """Answer the application itself (client_credentials)."""
    if tenant_name.lower() in ANY_TENANT:
        raise refuse(request, 400, "invalid_request", 50059)
    client = clients.authenticated(request, tenant_name, may_be_public=False)
    tenant, wanted = known_tenant(request, tenant_name), asked(user=False)
    resource = resources.application_behind(request, tenant, wanted)
    principal = tenants.service_principal(request.tx, tenant["id"], client.id)
    if principal is None:
        raise refuse(request, 401, "invalid_client", 7000229, client=client.id, tenant=tenant["id"])
    return issuance.for_application(request, tenant, client, principal, wanted, resource)


def refresh_grant(request: Request, tenant_name: str, asked: Asked) -> dict[str, Any]:
    """Answer the application and the person who signed in once (refresh_token)."""
    token = str(form_of(request).get("refresh_token") or "")
    if not token:
        raise refuse(request, 400, "invalid_request", 900144, parameter="refresh_token")
    client = clients.authenticated(request, tenant_name, may_be_public=_began_public(request, token))
    session = sessions.find(request, token, client.id)
    tenant, wanted = _tenant_of(request, tenant_name, session), asked(user=True)
    session = sessions.use(request, token, session, wanted.resource)
    answer = person_answer(request, tenant, client, session, wanted)
    # Microsoft Entra gives a new refresh token each time, whatever the scopes; a nonce belongs to one sign-in.
    answer["refresh_token"] = sessions.issue(request.tx, request.now, {**session, "nonce": None})
    return answer


def _began_public(request: Request, token: str) -> bool:
    session = request.tx.get(sessions.COLLECTION, token)
    return session is None or bool(session.get("public"))


def _tenant_of(request: Request, tenant_name: str, session: Document) -> Document:
    return known_tenant(request, session["tenantId"] if tenant_name.lower() in ANY_TENANT else tenant_name)


def signed_in_answer(
    request: Request, tenant_name: str, client: Client, session: Document, wanted: Wanted
) -> dict[str, Any]:
    """Answer the application whose user has just signed in: with tokens, and a refresh token if it asked for one."""
    session = {**session, "public": client.proof == clients.PUBLIC}
    answer = person_answer(request, _tenant_of(request, tenant_name, session), client, session, wanted)
    if "offline_access" in wanted.openid or wanted.version == 1:
        answer["refresh_token"] = sessions.issue(request.tx, request.now, {**session, "nonce": None})
    return answer


def person_answer(
    request: Request, tenant: Document, client: Client, session: Document, wanted: Wanted
) -> dict[str, Any]:
    """Return the answer for a session that is alive, or refuse for what the person or directory lacks."""
    person = persons.signing_in(request, str(session["tenantId"]), str(session["userId"]))
    sessions.check_password(request, session, person)
    check_belongs(request, tenant, client, person)
    resource = resources.application_behind(request, tenant, wanted)
    scope = _consented(request, tenant, client, resource, wanted)
    if resources.is_own_address(request, wanted):
        scope = resources.joined(
            scope, granted_scope(request.tx, str(tenant["id"]), client.application, tenants.GRAPH) or ""
        )
    answer = issuance.for_person(request, tenant, client, session, wanted, scope)
    granted = tuple(dict.fromkeys([*resources.joined(scope).split(), *wanted.scopes]))
    openid = [each for each in sorted(wanted.openid) if each != "offline_access"]
    answer["scope"] = " ".join([*openid, Wanted(wanted.resource, granted).shown])
    if wanted.version == 1:
        answer |= {"scope": resources.joined(scope), "resource": wanted.resource}
    return answer


def check_belongs(request: Request, tenant: Document, client: Client, person: persons.Person) -> None:
    """Refuse somebody whom the directory does not know."""
    if persons.is_foreigner(request.tx, person, str(tenant["id"])):
        words = {"user": person.name, "home": person.tenant, "tenant": tenant["displayName"], **client.words}
        raise refuse(request, 400, "invalid_grant", 50020, **words)


# Consent -------------------------------------------------------------------------------------------------


def _consented(request: Request, tenant: Document, client: Client, resource: str, wanted: Wanted) -> str:
    """Return the scopes that the application may use there for the resource, or refuse."""
    scope = granted_scope(request.tx, str(tenant["id"]), client.application, resource)
    if scope is None and applications.PREAUTHORIZED.get(client.id):
        raise refuse(request, 400, "invalid_grant", 65002, resource=resource, **client.words)
    held = {each.lower() for each in resources.joined(scope or "").split()}
    if scope is None or any(each.lower() not in held for each in wanted.named):
        raise refuse(request, 400, "invalid_grant", 65001, suberror="consent_required", **client.words)
    return scope


def granted_scope(tx: Transaction, tenant: str, application: Document, resource: str) -> str | None:
    """Return the scopes, by consent or because Microsoft trusts its own client; None without either."""
    granted = tenants.consent(tx, tenant, str(application["id"]), resource)
    by_consent = None if granted is None else str(granted["scope"])
    without = applications.PREAUTHORIZED.get(str(application["id"]), {}).get(resource)
    if by_consent is None or without is None:
        return by_consent if without is None else without
    return resources.joined(without, by_consent)


def consent_by(request: Request, tenant: Document, client: Client, person: persons.Person, wanted: Wanted) -> None:
    """Let a person who is signing in consent to what the application asks for by name, or refuse.

    Nobody consents for a directory that is not their own, nor for what only its administrators may grant.
    """
    resource = resources.application_behind(request, tenant, wanted)
    tenant_id = str(tenant["id"])
    scope = granted_scope(request.tx, tenant_id, client.application, resource)
    held = {each.lower() for each in resources.joined(scope or "").split()}
    missing = [each for each in wanted.named if each.lower() not in held]
    at_home = person.tenant.lower() == tenant_id.lower()
    trusted = bool(applications.PREAUTHORIZED.get(client.id))
    if not missing or not at_home or trusted:
        return
    if not set(missing) <= OWN_TO_GIVE and not persons.is_administrator(request.tx, person, tenant_id):
        words = {"tenant": tenant["displayName"], "name": client.application["displayName"]}
        raise refuse(request, 400, "invalid_grant", 90094, **words)
    tenants.allow(request.tx, tenant_id, client.id, resource, resources.joined(scope or "", *missing))


# Passwords -----------------------------------------------------------------------------------------------


def password_grant(request: Request, tenant_name: str, asked: Asked) -> dict[str, Any]:
    """Refuse a user name and password: with the right ones because multifactor authentication is required today."""
    form = form_of(request)
    if tenant_name.lower() == "common" or tenant_name.lower() in clients.PERSONAL:
        raise refuse(request, 400, "invalid_request", 9001023)
    for name in ("username", "password"):
        if not form.get(name):
            raise refuse(request, 400, "invalid_request", 900144, parameter=name)
    clients.authenticated(request, tenant_name, may_be_public=True)
    user, wanted = str(form["username"]), asked(user=True)
    try:
        person = persons.named(request.tx, user)
    except LookupError:
        raise refuse(request, 400, "invalid_grant", 50034, user=user, tenant=tenant_name) from None
    if not directory.password_is(person.document, str(form["password"])):
        raise refuse(request, 400, "invalid_grant", 50126)
    if not person.enabled:
        raise refuse(request, 400, "invalid_grant", 50057)
    resource = resources.application_behind(request, known_tenant(request, person.tenant), wanted)
    raise refuse(request, 400, "invalid_grant", 50076, suberror="basic_action", resource=resource)
