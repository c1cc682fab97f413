"""Answers what lies at the top of Azure Resource Manager: tenants, subscriptions, locations, endpoints."""

from __future__ import annotations

from cspctl.simulator import tenants
from cspctl.simulator.arm import paging, regions, subscriptions
from cspctl.simulator.arm.authorization import admission
from cspctl.simulator.arm.errors import refuse
from cspctl.simulator.arm.service import gateway, routes
from cspctl.simulator.wire import Request, Response

SUBSCRIPTIONS = "Microsoft.Resources/subscriptions"


@gateway("GET", "/subscriptions", SUBSCRIPTIONS)
def list_subscriptions(request: Request) -> Response:
    """List what the caller has a role on in the token's tenant; the rest is left out without a word."""
    return paging.page(request, [subscriptions.shown(each) for each in admission.visible(request)])


@gateway("GET", "/subscriptions/<subscription>", SUBSCRIPTIONS)
def get_subscription(request: Request, subscription: str) -> Response:
    """Answer one subscription."""
    document = subscriptions.find(request.tx, request.now, subscription)
    if document is None:
        raise LookupError(subscription)
    return Response(200, subscriptions.shown(document))


@gateway("GET", "/subscriptions/<subscription>/locations", "Microsoft.Resources/subscriptions/locations")
def list_locations(request: Request, subscription: str) -> Response:
    """List the regions that the subscription may use."""
    return Response(200, {"value": regions.described(subscriptions.spelt(request.tx, subscription))})


@gateway("GET", "/tenants", "Microsoft.Resources/tenants")
def list_tenants(request: Request) -> Response:
    """Answer the directory that the token was issued for."""
    tenant = tenants.find(request.tx, str(request.caller.get("tid", "")))
    if tenant is None:
        raise refuse(401, "InvalidAuthenticationToken", "The access token's tenant is unknown.")
    body = {
        "id": f"/tenants/{tenant['id']}",
        "tenantId": tenant["id"],
        "countryCode": "US",
        "displayName": tenant["displayName"],
        "domains": [tenant["domain"]],
        "tenantCategory": "Home",
        "defaultDomain": tenant["domain"],
        "tenantType": "AAD",
    }
    return Response(200, {"value": [body]})


@routes.route("GET", "/metadata/endpoints", anonymous=True)
def endpoints(request: Request) -> Response:
    """Tell a client of this cloud's other addresses; other clients than ours ask for them first.

    https://learn.microsoft.com/azure/azure-stack/asdk/asdk-azure-resource-manager-metadata
    """
    own = request.base_url
    # Served from one address everything lives there; under its true name, each service at its own.
    here = "" if "management.azure.com" in own else own
    login, graph = here or "https://login.microsoftonline.com", here or "https://graph.microsoft.com"
    cloud: dict[str, object] = {
        "name": "AzureCloud",
        "portal": "https://portal.azure.com",
        "authentication": {
            "loginEndpoint": login,
            "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "media": "https://rest.media.azure.net",
        "graphAudience": "https://graph.windows.net/",
        "graph": "https://graph.windows.net/",
        "suffixes": {
            "storage": "core.windows.net",
            "keyVaultDns": "vault.azure.net",
            "sqlServerHostname": "database.windows.net",
            "acrLoginServer": "azurecr.io",
        },
        "batch": "https://batch.core.windows.net/",
        "resourceManager": f"{own}/",
        "microsoftGraphResourceId": f"{graph}/",
        "activeDirectoryDataLake": "https://datalake.azure.net/",
    }
    return Response(200, _for_version(cloud, request.query.get("api-version", "2015-01-01"), login))


def _for_version(cloud: dict[str, object], version: str, login: str) -> object:
    if version >= "2019-05-01":
        return [cloud] if version < "2022-09-01" else cloud
    return {
        "galleryEndpoint": "https://gallery.azure.com/",
        "graphEndpoint": "https://graph.windows.net/",
        "portalEndpoint": "https://portal.azure.com/",
        "authentication": {"loginEndpoint": f"{login}/", "audiences": ["https://management.azure.com/"]},
    }
