"""The addresses of Microsoft's clouds, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class NationalCloud:
    """One of Microsoft's clouds: where to sign in, and the two services that cspctl talks to."""

    sign_in: str
    partner_center: str
    resource_manager: str


CLOUDS: Mapping[str, NationalCloud] = {
    "global": NationalCloud(
        "https://login.microsoftonline.com",
        "https://api.partnercenter.microsoft.com",
        "https://management.azure.com",
    ),
    "usgov": NationalCloud(
        "https://login.microsoftonline.us",
        "https://api.partnercenter.microsoft.com",
        "https://management.usgovcloudapi.net",
    ),
    "china": NationalCloud(
        "https://login.partner.microsoftonline.cn",
        "https://partner.partnercenterapi.microsoftonline.cn",
        "https://management.chinacloudapi.cn",
    ),
}
"""Source: the table of national clouds in Microsoft's Partner Center and Azure documentation."""
