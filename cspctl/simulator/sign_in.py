"""Simulates login.microsoftonline.com (Microsoft Entra ID); the only place that knows its routes.

https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc and …/v2-oauth2-client-creds-grant-flow
"""

from __future__ import annotations

from cspctl.simulator import tokens
from cspctl.simulator.grants import ANY_TENANT, error, grant, known_tenant, refuse
from cspctl.simulator.wire import Request, Response, Routes

OPENID_SCOPES = {"openid", "profile", "offline_access", "email"}

routes = Routes("sign-in", error=error)

# Discovery -----------------------------------------------------------------------------------------------


def _configuration(request: Request, tenant: str, *, version: int) -> Response:
    name = tenant if tenant in ANY_TENANT else str(known_tenant(request, tenant)["id"])
    base, segment = f"{request.base_url}/{name}", "/v2.0" if version == 2 else ""
    issuer = f"https://login.microsoftonline.com/{name}/v2.0"
    body = {
        "token_endpoint": f"{base}/oauth2{segment}/token",
        "token_endpoint_auth_methods_supported": [
            "client_secret_post",
            "private_key_jwt",
            "client_secret_basic",
        ],
        "jwks_uri": f"{base}/discovery{segment}/keys" if version == 2 else f"{request.base_url}/common/discovery/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": issuer if version == 2 else f"https://sts.windows.net/{name}/",
        "authorization_endpoint": f"{base}/oauth2{segment}/authorize",
        "device_authorization_endpoint": f"{base}/oauth2{segment}/devicecode",
        "end_session_endpoint": f"{base}/oauth2{segment}/logout",
        "tenant_region_scope": "NA",
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
        "rbac_url": "https://pas.windows.net",
    }
    return Response(200, body)


@routes.route("GET", "/<tenant>/v2.0/.well-known/openid-configuration")
def configuration(request: Request, tenant: str) -> Response:
    """Answer where the v2 endpoints of a tenant are."""
    return _configuration(request, tenant, version=2)


@routes.route("GET", "/<tenant>/.well-known/openid-configuration")
def configuration_v1(request: Request, tenant: str) -> Response:
    """Answer where the v1 endpoints of a tenant are."""
    return _configuration(request, tenant, version=1)


@routes.route("GET", "/<tenant>/discovery/v2.0/keys")
@routes.route("GET", "/<tenant>/discovery/keys")
def keys(request: Request, tenant: str) -> Response:  # noqa: ARG001
    """Answer the public keys, the same for every tenant."""
    return Response(200, {"keys": tokens.public_keys(request.tx)})


@routes.route("GET", "/common/discovery/instance")
def instance(request: Request) -> Response:
    """Answer which hosts are aliases of the global cloud's sign-in host."""
    endpoint = request.query.get("authorization_endpoint")
    tenant = endpoint.split("/")[3] if endpoint.count("/") > 2 else "common"
    version = "/v2.0" if "/v2.0/" in endpoint else ""
    aliases = ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"]
    metadata = {
        "preferred_network": "login.microsoftonline.com",
        "preferred_cache": "login.windows.net",
        "aliases": aliases,
    }
    url = f"{request.base_url}/{tenant}{version}/.well-known/openid-configuration"
    body = {"tenant_discovery_endpoint": url, "api-version": "1.1", "metadata": [metadata]}
    return Response(200, body)


# Tokens --------------------------------------------------------------------------------------------------


@routes.route("POST", "/<tenant>/oauth2/v2.0/token")
def token(request: Request, tenant: str) -> Response:
    """Answer a token for the resource that `scope` names."""
    form = request.body or {}
    scopes = [scope for scope in str(form.get("scope", "")).split() if scope not in OPENID_SCOPES]
    resources = {scope.rpartition("/")[0] for scope in scopes}
    if len(resources) != 1:
        raise refuse(request, 400, "invalid_scope", 70011, scope=form.get("scope", ""))
    if form.get("grant_type") == "client_credentials" and not scopes[0].endswith("/.default"):
        raise refuse(request, 400, "invalid_scope", 1002012, scope=scopes[0])
    answer = grant(request, tenant, resources.pop())
    body = {"token_type": "Bearer", "scope": " ".join(scopes), **answer}
    if form.get("grant_type") == "client_credentials":
        body.pop("scope")
    return Response(200, body, {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"})


@routes.route("POST", "/<tenant>/oauth2/token")
def token_v1(request: Request, tenant: str) -> Response:
    """Answer a token for the `resource`; v1 writes its numbers as strings."""
    resource = str((request.body or {}).get("resource", ""))
    answer = grant(request, tenant, resource)
    issued = int(request.now.timestamp())
    body = {
        "token_type": "Bearer",
        "not_before": str(issued),
        "expires_on": str(issued + tokens.LIFETIME),
        "resource": resource,
        **{key: str(value) for key, value in answer.items()},
    }
    if "refresh_token" in answer:
        body["scope"] = "user_impersonation"
    return Response(200, body, {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"})
