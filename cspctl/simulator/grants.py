"""Decides who gets a token for what, and in which words the others are refused; the only place that does.

https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

import base64
import json
import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any

from cspctl.simulator import tenants, tokens
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Refused, Request, Response

# What a scope or resource may name, and the application behind it.
RESOURCES = {
    "https://api.partnercenter.microsoft.com": tenants.PARTNER_CENTER,
    tenants.PARTNER_CENTER: tenants.PARTNER_CENTER,
    "https://management.azure.com": tenants.AZURE_MANAGEMENT,
    "https://management.core.windows.net": tenants.AZURE_MANAGEMENT,
    tenants.AZURE_MANAGEMENT: tenants.AZURE_MANAGEMENT,
    "https://graph.microsoft.com": tenants.GRAPH,
    tenants.GRAPH: tenants.GRAPH,
}
ANY_TENANT = {"common", "organizations"}
REFRESH_TOKEN_LIFE = timedelta(days=90)

# Microsoft Entra's sentences, by AADSTS code.
TEXTS = {
    70000: "Provided grant is invalid or malformed.",
    70011: "The provided value for the input parameter 'scope' is not valid. Scope: '{scope}'.",
    65001: (
        "The user or administrator has not consented to use the application with ID '{client}' named "
        "'{name}'. Send an interactive authorization request for this user and resource."
    ),
    90002: (
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing"
        " into the correct cloud. Check with your subscription administrator, this may happen if there "
        "are no active subscriptions for the tenant."
    ),
    500011: (
        "The resource principal named {resource} was not found in the tenant named {tenant}. This can "
        "happen if the application has not been installed by the administrator of the tenant or "
        "consented to by any user in the tenant."
    ),
    700016: (
        "Application with identifier '{client}' was not found in the directory '{tenant}'. This can "
        "happen if the application has not been installed by the administrator of the tenant or "
        "consented to by any user in the tenant. You may have sent your authentication request to the "
        "wrong tenant."
    ),
    700082: (
        "The refresh token has expired due to inactivity. The token was issued on {issued} and was "
        "inactive for 90.00:00:00."
    ),
    900144: "The request body must contain the following parameter: '{parameter}'.",
    1002012: (
        "The provided value for scope {scope} is not valid. Client credential flows must have a scope "
        "value with /.default suffixed to the resource identifier (application ID URI)."
    ),
    7000215: (
        "Invalid client secret provided. Ensure the secret being sent in the request is the client "
        "secret value, not the client secret ID, for a secret added to app '{client}'."
    ),
    7000218: "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    7000229: (
        "The client application {client} is missing service principal in the tenant {tenant}. See "
        "instructions here: https://go.microsoft.com/fwlink/?linkid=2225119"
    ),
}


def error(status: int, code: str, message: str) -> Response:
    """Return an error of the sign-in service that has no AADSTS code."""
    return Response(status, {"error": code, "error_description": message, "error_codes": []})


def refuse(request: Request, status: int, word: str, number: int, *, suberror: str = "", **words: object) -> Refused:
    """Return the refusal in Microsoft Entra's shape: its OAuth word, and the sentence of the AADSTS code."""
    trace = str(uuid.uuid4())
    stamp = f"{request.now:%Y-%m-%d %H:%M:%SZ}"
    body: dict[str, Any] = {
        "error": word,
        "error_description": f"AADSTS{number}: {TEXTS[number].format(**words)} Trace ID: {trace} "
        f"Correlation ID: {request.correlation_id} Timestamp: {stamp}",
        "error_codes": [number],
        "timestamp": stamp,
        "trace_id": trace,
        "correlation_id": request.correlation_id,
        "error_uri": f"https://login.microsoftonline.com/error?code={number}",
    }
    if suberror:
        body["suberror"] = suberror
    return Refused(Response(status, body))


def known_tenant(request: Request, name: str) -> Document:
    """Return the tenant with this id or domain, or refuse."""
    tenant = tenants.find(request.tx, name)
    if tenant is None:
        raise refuse(request, 400, "invalid_request", 90002, tenant=name)
    return tenant


def grant(request: Request, tenant: str, resource: str) -> dict[str, Any]:
    """Return the fields of a token answer that both versions of the endpoint share, or refuse."""
    form = request.body or {}
    kind = form.get("grant_type")
    if kind == "client_credentials":
        return _application_grant(request, tenant, resource)
    if kind == "refresh_token":
        return _user_grant(request, tenant, resource)
    if not kind:
        raise refuse(request, 400, "invalid_request", 900144, parameter="grant_type")
    message = f"The sign-in simulator knows the grants client_credentials and refresh_token, not {kind}."
    raise Refused(error(501, "NotImplementedBySimulator", message))


def _application_grant(request: Request, tenant_name: str, resource: str) -> dict[str, Any]:
    tenant = known_tenant(request, tenant_name)
    application = _application(request, tenant)
    _resource_application(request, tenant, resource)
    principal = tenants.service_principal(request.tx, tenant["id"], application["id"])
    if principal is None:
        words = {"client": application["id"], "tenant": tenant["id"]}
        raise refuse(request, 401, "invalid_client", 7000229, **words)
    claims = {
        "idtyp": "app",
        "oid": principal["objectId"],
        "sub": principal["objectId"],
        "roles": [],
        "appidacr": "1",
    }
    return _answer(request, tenant, application, resource, claims)


def _user_grant(request: Request, tenant_name: str, resource: str) -> dict[str, Any]:
    form = request.body
    session = request.tx.get("refreshTokens", str(form.get("refresh_token", "")))
    if session is None:
        raise refuse(request, 400, "invalid_grant", 70000)
    tenant = known_tenant(request, session["tenantId"] if tenant_name in ANY_TENANT else tenant_name)
    application = _application(request, tenant)
    if application["id"].lower() != str(session["clientId"]).lower():
        raise refuse(request, 400, "invalid_grant", 70000)
    _still_alive(request, session)
    resource_application = _resource_application(request, tenant, resource)
    granted = tenants.consent(request.tx, tenant["id"], application["id"], resource_application)
    if granted is None:
        words = {"client": application["id"], "name": application["displayName"]}
        raise refuse(request, 400, "invalid_grant", 65001, suberror="consent_required", **words)
    claims = _user_claims(request, tenant, session, str(granted["scope"]))
    answer = _answer(request, tenant, application, resource, claims)
    fresh = "1.A" + secrets.token_urlsafe(90)
    request.tx.put("refreshTokens", fresh, {**session, "lastUsed": request.now.isoformat()})
    answer["refresh_token"] = fresh
    if "openid" in str(form.get("scope", "")).split():
        answer["id_token"] = _id_token(request, tenant, application, claims)
        info = {"uid": session["userId"], "utid": session["tenantId"]}
        answer["client_info"] = base64.urlsafe_b64encode(json.dumps(info).encode()).decode().rstrip("=")
    return answer


def _still_alive(request: Request, session: Document) -> None:
    used = datetime.fromisoformat(session["lastUsed"]) if session["lastUsed"] else request.now
    if request.now - used > REFRESH_TOKEN_LIFE:
        issued = f"{used:%Y-%m-%dT%H:%M:%SZ}"
        raise refuse(request, 400, "invalid_grant", 700082, suberror="bad_token", issued=issued)
    # An old token goes on working beside the one that replaces it.
    token_id = str(request.body.get("refresh_token"))
    request.tx.put("refreshTokens", token_id, {**session, "lastUsed": request.now.isoformat()})


def _application(request: Request, tenant: Document) -> Document:
    form = request.body
    client, secret = str(form.get("client_id", "")), form.get("client_secret")
    if not client and request.headers.get("Authorization", "").lower().startswith("basic "):
        decoded = base64.b64decode(request.headers["Authorization"][6:]).decode()
        client, _, secret = decoded.partition(":")
    application = request.tx.get("applications", client)
    if application is None:
        words = {"client": client, "tenant": tenant["displayName"]}
        raise refuse(request, 400, "unauthorized_client", 700016, **words)
    if secret is None:
        raise refuse(request, 401, "invalid_client", 7000218)
    if not secrets.compare_digest(str(secret).encode(), str(application["secret"]).encode()):
        raise refuse(request, 401, "invalid_client", 7000215, client=client)
    return application


def _resource_application(request: Request, tenant: Document, resource: str) -> str:
    found = RESOURCES.get(resource.rstrip("/"))
    if found is None:
        words = {"resource": resource, "tenant": tenant["displayName"]}
        raise refuse(request, 400, "invalid_resource", 500011, **words)
    return found


def _user_claims(request: Request, tenant: Document, session: Document, scope: str) -> dict[str, Any]:
    user = request.tx.get("users", str(session["userId"])) or {}
    home = str(session["tenantId"])
    claims: dict[str, Any] = {
        "idtyp": "user",
        "oid": session["userId"],
        "sub": session["userId"],
        "name": "Partner agent",
        "scp": " ".join(scope.replace(",", " ").split()),
        "amr": ["pwd", "mfa"] if session["mfa"] else ["pwd"],
        "acr": "1",
        "appidacr": "1",
        # The partner's groups travel with the agent into customers' directories.
        "agent": bool(user.get("agent", True)),
    }
    if home.lower() != str(tenant["id"]).lower():
        claims["idp"] = f"https://sts.windows.net/{home}/"
    return claims


def _answer(
    request: Request, tenant: Document, application: Document, resource: str, claims: dict[str, Any]
) -> dict[str, Any]:
    issued = int(request.now.timestamp())
    standard = {
        "aud": resource,
        "iss": f"https://sts.windows.net/{tenant['id']}/",
        "iat": issued,
        "nbf": issued,
        "exp": issued + tokens.LIFETIME,
        "appid": application["id"],
        "tid": tenant["id"],
        "uti": secrets.token_urlsafe(16),
        "ver": "1.0",
    }
    access_token = tokens.sign(request.tx, {**standard, **claims})
    return {
        "expires_in": tokens.LIFETIME,
        "ext_expires_in": tokens.LIFETIME,
        "access_token": access_token,
    }


def _id_token(request: Request, tenant: Document, application: Document, claims: dict[str, Any]) -> str:
    issued = int(request.now.timestamp())
    return tokens.sign(
        request.tx,
        {
            "aud": application["id"],
            "iss": f"https://login.microsoftonline.com/{tenant['id']}/v2.0",
            "iat": issued,
            "nbf": issued,
            "exp": issued + tokens.LIFETIME,
            "name": claims["name"],
            "oid": claims["oid"],
            "preferred_username": "agent@partner.onmicrosoft.com",
            "sub": claims["sub"],
            "tid": tenant["id"],
            "ver": "2.0",
        },
    )
