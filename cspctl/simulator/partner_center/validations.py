"""Answers whether a domain is free and whether an address is real; the only place that judges either.

https://learn.microsoft.com/partner-center/developer/validate-an-address and …/verify-domain-availability
"""

from __future__ import annotations

import re
from typing import Any

from cspctl.simulator import tenants
from cspctl.simulator.partner_center import countries
from cspctl.simulator.partner_center.answers import refuse
from cspctl.simulator.partner_center.service import routes
from cspctl.simulator.wire import Request, Response

FIELDS = ("country", "region", "city", "state", "addressLine1", "addressLine2", "postalCode")
NUMBER = re.compile(r"\d|\b(one|two|three|four|five|six|seven|eight|nine|ten)\b", re.IGNORECASE)


@routes.route("HEAD", "/v1/domains/<domain>")
def domain(request: Request, domain: str) -> Response:
    """Answer 200 when the domain is taken, 404 when it is free; neither has a body."""
    return Response(200 if tenants.domain_taken(request.tx, domain) else 404)


@routes.route("GET", "/v1/validations/checkdomainavailability/<prefix>")
def domain_availability(request: Request, prefix: str) -> Response:
    """Answer whether <prefix>.onmicrosoft.com is free."""
    return Response(200, not tenants.domain_taken(request.tx, f"{prefix}.onmicrosoft.com"))


@routes.route("POST", "/v1/validations/address")
def address(request: Request) -> Response:
    """Answer what a postal service would say about the address; the status is in the body, not in HTTP's."""
    asked = request.body if isinstance(request.body, dict) else {}
    # The documentation's table writes addressline1 and postalcode, its example AddressLine1 and PostalCode.
    asked = {_spelt(key): value for key, value in asked.items()}
    for name in FIELDS:
        if not isinstance(asked.get(name) or "", str):
            raise refuse(400, "3000", f"Invalid property '{name}': it is not a text.")
    for name in ("addressLine1", "city", "country"):
        if not str(asked.get(name) or "").strip():
            raise refuse(400, "3000", f"The address has no {name}.")
    if countries.find(asked["country"]) is None:
        raise refuse(400, "3000", f"The country {asked['country']} is not supported.")
    original = {name: asked[name] for name in FIELDS if asked.get(name)}
    return Response(200, {"originalAddress": original, **_judged(original)})


def _spelt(key: str) -> str:
    return {name.lower(): name for name in FIELDS}.get(key.lower(), key)


def _judged(original: dict[str, Any]) -> dict[str, Any]:
    faults = countries.faults_in_address(original)
    if faults:
        properties = ", ".join(f"'{fault}'" for fault in faults)
        message = f"Address field invalid for property: {properties}"
        return {"suggestedAddresses": [], "status": "None", "validationMessage": message}
    suggested = {**original, "postalCode": _full_postal_code(original)}
    if NUMBER.search(original["addressLine1"]):
        return {"suggestedAddresses": [suggested], "status": "VerifiedShippable"}
    suggested["addressLine1"] = f"1 {original['addressLine1']}"
    message = "Address field invalid for property: 'Region', 'PostalCode', 'City'"
    return {"suggestedAddresses": [suggested], "status": "StreetPartial", "validationMessage": message}


def _full_postal_code(original: dict[str, Any]) -> str:
    """Return the postal code as the service would complete it: ZIP+4 in the United States."""
    code = str(original["postalCode"]).strip()
    if str(original["country"]).upper() == "US" and len(code) == 5:
        return f"{code}-{sum(map(ord, original['addressLine1'])) % 9000 + 1000}"
    return code
