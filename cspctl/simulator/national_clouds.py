"""Knows the hosts, issuers and audiences of Microsoft's national clouds; the one place.

One set of credentials opens the simulator in each of them: a real partner has an account of its own in each.
Keys differ, so that a token of one cloud opens nothing in another.
https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class NationalCloud:
    """One of Microsoft's clouds; addresses are hosts, or https origins where an audience is meant."""

    name: str  # as Azure's tools call it
    sign_in: tuple[str, ...]  # the first is the one to use, the others are its aliases
    issuer: str  # of tokens in their first version
    partner_center: str
    resource_manager: str
    management: str  # Azure Resource Manager's older audience
    graph: str
    directory_graph: str  # the retired Azure AD Graph
    vault: str
    device_login: str
    token_exchange: str  # the audience of federated credentials
    region: str
    instance: str
    rbac: str


GLOBAL = NationalCloud(
    name="AzureCloud",
    sign_in=("login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"),
    issuer="https://sts.windows.net",
    partner_center="https://api.partnercenter.microsoft.com",
    resource_manager="https://management.azure.com",
    management="https://management.core.windows.net",
    graph="https://graph.microsoft.com",
    directory_graph="https://graph.windows.net",
    vault="https://vault.azure.net",
    device_login="https://microsoft.com/devicelogin",
    token_exchange="api://AzureADTokenExchange",  # noqa: S106
    region="NA",
    instance="microsoftonline.com",
    rbac="https://pas.windows.net",
)
US_GOVERNMENT = NationalCloud(
    name="AzureUSGovernment",
    sign_in=("login.microsoftonline.us", "login.usgovcloudapi.net"),
    issuer="https://sts.windows.net",
    partner_center="https://api.partnercenter.microsoft.com",
    resource_manager="https://management.usgovcloudapi.net",
    management="https://management.core.usgovcloudapi.net",
    graph="https://graph.microsoft.us",
    directory_graph="https://graph.windows.net",
    vault="https://vault.usgovcloudapi.net",
    device_login="https://microsoft.com/deviceloginus",
    token_exchange="api://AzureADTokenExchangeUSGov",  # noqa: S106
    region="USGov",
    instance="microsoftonline.us",
    rbac="https://pasff.usgovcloudapi.net",
)
CHINA = NationalCloud(
    name="AzureChinaCloud",
    sign_in=("login.partner.microsoftonline.cn", "login.chinacloudapi.cn"),
    issuer="https://sts.chinacloudapi.cn",
    partner_center="https://partner.partnercenterapi.microsoftonline.cn",
    resource_manager="https://management.chinacloudapi.cn",
    management="https://management.core.chinacloudapi.cn",
    graph="https://microsoftgraph.chinacloudapi.cn",
    directory_graph="https://graph.chinacloudapi.cn",
    vault="https://vault.azure.cn",
    device_login="https://microsoft.com/deviceloginchina",
    token_exchange="api://AzureADTokenExchangeChina",  # noqa: S106
    region="AS",
    instance="partner.microsoftonline.cn",
    rbac="https://pas.chinacloudapi.cn",
)
CLOUDS = (GLOBAL, US_GOVERNMENT, CHINA)


def host_of(origin: str) -> str:
    """Return the host of an https origin."""
    return urlsplit(origin).hostname or ""


def clouds_of(base_url: str) -> tuple[NationalCloud, ...]:
    """Return the clouds that a service addressed like this belongs to; Partner Center's host serves two of them.

    Any other host, such as localhost, is the global cloud's.
    """
    host = host_of(base_url).lower()
    return tuple(cloud for cloud in CLOUDS if host in _hosts(cloud)) or (GLOBAL,)


def cloud_of(base_url: str) -> NationalCloud:
    """Return the cloud of a sign-in host."""
    return clouds_of(base_url)[0]


def _hosts(cloud: NationalCloud) -> set[str]:
    services = (cloud.partner_center, cloud.resource_manager, cloud.graph)
    return {*cloud.sign_in, *map(host_of, services)}


def is_microsofts(base_url: str) -> bool:
    """Tell whether the client used one of Microsoft's host names."""
    return any(host_of(base_url).lower() in _hosts(cloud) for cloud in CLOUDS)


def audiences(cloud: NationalCloud, of_global: frozenset[str]) -> frozenset[str]:
    """Return what the cloud has instead of the global cloud's audiences; ids of applications are the same in all."""
    names = {
        GLOBAL.partner_center: cloud.partner_center,
        GLOBAL.resource_manager: cloud.resource_manager,
        GLOBAL.management: cloud.management,
        GLOBAL.graph: cloud.graph,
    }
    return frozenset(names.get(audience, audience) for audience in of_global)
