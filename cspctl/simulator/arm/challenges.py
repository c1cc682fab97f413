"""Words how Azure Resource Manager asks for another token; the only place that does.

Tools read from it which directory a subscription belongs to, before they have any token.
"""

from __future__ import annotations

from cspctl.simulator import national_clouds
from cspctl.simulator.arm import subscriptions
from cspctl.simulator.wire import Match, Request

SENTENCES = {
    "AuthenticationFailed": "The authentication failed because of missing 'Authorization' header.",
    "ExpiredAuthenticationToken": "The access token has expired.",
    "InvalidAuthenticationTokenAudience": "The access token has been obtained from wrong audience or resource.",
    "InvalidAuthenticationTokenTenant": "The access token is from the wrong issuer.",
}


def authority(request: Request, tenant: str) -> str:
    """Return where tokens of this tenant are had; without a tenant, of any."""
    cloud = national_clouds.cloud_of(request.base_url)
    host = "login.windows.net" if cloud == national_clouds.GLOBAL else cloud.sign_in[0]
    return f"https://{host}/{tenant}"


def challenge(request: Request, match: Match, code: str, message: str) -> str:  # noqa: ARG001
    """Return the WWW-Authenticate header for a refused token."""
    subscription = match.params.get("subscription", "")
    found = subscriptions.find(request.tx, request.now, subscription) if subscription else None
    where = authority(request, str(found["tenantId"]) if found else "common")
    return f'Bearer authorization_uri="{where}", error="invalid_token", error_description="{_sentence(code)}"'


def _sentence(code: str) -> str:
    return SENTENCES.get(code, "The access token is invalid.")
