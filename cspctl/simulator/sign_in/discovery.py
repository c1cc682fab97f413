"""Tells clients where everything is: endpoints, keys, clouds, whose domain a user has; the only place that does.

https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from cspctl.simulator import national_clouds, tenants, tokens
from cspctl.simulator.sign_in.clients import ANY_TENANT, PERSONAL, known_tenant
from cspctl.simulator.sign_in.refusals import refuse
from cspctl.simulator.sign_in.service import routes
from cspctl.simulator.wire import Request, Response

PERSONAL_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"


def _configuration(request: Request, tenant: str, *, version: int) -> Response:
    cloud = national_clouds.cloud_of(request.base_url)
    anybodys = tenant.lower() in ANY_TENANT | PERSONAL
    name = tenant.lower() if anybodys else str(known_tenant(request, tenant, "invalid_tenant")["id"])
    # At an endpoint of everybody's, clients put the tenant of the token in.
    issued_by = "{tenantid}" if tenant.lower() in ANY_TENANT else PERSONAL_TENANT if anybodys else name
    base, segment = f"{request.base_url}/{name}", "/v2.0" if version == 2 else ""
    body: dict[str, Any] = {
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
        "issuer": _issuer(cloud, issued_by, version),
        "authorization_endpoint": f"{base}/oauth2{segment}/authorize",
        "device_authorization_endpoint": f"{base}/oauth2{segment}/devicecode",
        "end_session_endpoint": f"{base}/oauth2{segment}/logout",
        "tenant_region_scope": None if anybodys else cloud.region,
        "cloud_instance_name": cloud.instance,
        "cloud_graph_host_name": national_clouds.host_of(cloud.directory_graph),
        "msgraph_host": national_clouds.host_of(cloud.graph),
        "rbac_url": cloud.rbac,
    }
    return Response(200, body)


def _issuer(cloud: national_clouds.NationalCloud, tenant: str, version: int) -> str:
    return f"https://{cloud.sign_in[0]}/{tenant}/v2.0" if version == 2 else f"{cloud.issuer}/{tenant}/"


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
    """Answer the cloud's public keys, the same for every tenant."""
    return Response(200, {"keys": tokens.public_keys(request.tx, national_clouds.cloud_of(request.base_url))})


@routes.route("GET", "/common/discovery/instance")
def instance(request: Request) -> Response:
    """Answer which hosts are sign-in hosts, and which of them are one and the same."""
    endpoint = request.query.get("authorization_endpoint")
    # Split by hand: what is no address at all is an unknown instance, too.
    host, own = endpoint.partition("://")[2].partition("/")[0].lower(), urlsplit(request.base_url).netloc.lower()
    known = [[cloud.sign_in[0], *cloud.sign_in[1:]] for cloud in national_clouds.CLOUDS]
    if not any(own in hosts for hosts in known):
        known.append([own])
    if not any(host in hosts for hosts in known):
        raise refuse(request, 400, "invalid_instance", 50049)
    tenant = endpoint.split("/")[3] if endpoint.count("/") > 2 else "common"
    version = "/v2.0" if "/v2.0/" in endpoint else ""
    # The answer of one's own host leads back to it; of another cloud's, to that cloud.
    base = request.base_url if host == own else f"https://{host}"
    body = {
        "tenant_discovery_endpoint": f"{base}/{tenant}{version}/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [_aliases(hosts) for hosts in known],
    }
    return Response(200, body)


def _aliases(hosts: list[str]) -> dict[str, Any]:
    # Only the global cloud's tokens are cached under another name than the one to use.
    cache = "login.windows.net" if "login.windows.net" in hosts else hosts[0]
    return {"preferred_network": hosts[0], "preferred_cache": cache, "aliases": hosts}


@routes.route("GET", "/<tenant>/userrealm/<user>")
def user_realm(request: Request, tenant: str, user: str) -> Response:  # noqa: ARG001
    """Answer whether the user's domain belongs to a directory; none of them signs in elsewhere (federation)."""
    cloud = national_clouds.cloud_of(request.base_url)
    domain = user.rpartition("@")[2]
    found = tenants.find(request.tx, domain) if "@" in user else None
    body: dict[str, Any] = {"ver": "1.0", "account_type": "Managed" if found else "Unknown"}
    if found:
        body |= {"domain_name": domain}
    body |= {"cloud_instance_name": cloud.instance, "cloud_audience_urn": "urn:federation:MicrosoftOnline"}
    return Response(200, body)
