"""Microsoft's clouds as tables: their addresses, and what cannot be done in each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class NationalCloud:
    """One of Microsoft's clouds: where to sign in, and the three services that cspctl talks to."""

    sign_in: str
    partner_center: str
    resource_manager: str
    graph: str


CLOUDS: Mapping[str, NationalCloud] = {
    "global": NationalCloud(
        "https://login.microsoftonline.com",
        "https://api.partnercenter.microsoft.com",
        "https://management.azure.com",
        "https://graph.microsoft.com",
    ),
    "usgov": NationalCloud(
        "https://login.microsoftonline.us",
        "https://api.partnercenter.microsoft.com",
        "https://management.usgovcloudapi.net",
        "https://graph.microsoft.us",
    ),
    "china": NationalCloud(
        "https://login.partner.microsoftonline.cn",
        "https://partner.partnercenterapi.microsoftonline.cn",
        "https://management.chinacloudapi.cn",
        "https://microsoftgraph.chinacloudapi.cn",
    ),
}
"""Source: the table of national clouds in Microsoft's Partner Center, Azure and Graph documentation."""

NAMES: Mapping[str, str] = {
    "global": "the global cloud",
    "usgov": "Microsoft's cloud for the US Government",
    "china": "Microsoft's cloud in China (21Vianet)",
}
"""What each is called in sentences."""

AGREEMENTS = "agreements can be confirmed in Microsoft's public cloud only"
CANNOT: Mapping[str, Mapping[str, str]] = {
    "global": {},
    "usgov": {
        "Customer.agreement": AGREEMENTS,
    },
    "china": {
        "AzurePlan": "Azure in China is not sold through the Cloud Solution Provider program",
        "AzureSubscription": "Azure in China is not sold through the Cloud Solution Provider program",
        "Customer.agreement": AGREEMENTS,
        "User.licenses": "Partner Center manages no licences here",
        "DelegatedAdminRelationship": "there is no granular delegated administration here",
    },
}
"""What cannot be done, per cloud: a kind, or a field of one (``Kind.field``), and why.

Source: the notes "applies to" of each page of https://learn.microsoft.com/partner-center/developer/ and
https://learn.microsoft.com/graph/deployments. A kind or field that cspctl does not know yet is listed all the same.
"""

CANNOT_CHANGE: Mapping[str, Mapping[str, str]] = {
    "global": {},
    "usgov": {"User.password": "Partner Center resets no passwords here"},
    "china": {"User.password": "Partner Center resets no passwords here"},
}
"""What can be said when something is created, and not be changed later, per cloud. Source as above."""
