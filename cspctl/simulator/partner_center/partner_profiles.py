"""Answers the profiles of the partner itself; the only place that does.

https://learn.microsoft.com/partner-center/developer/get-legal-business-profile
"""

from __future__ import annotations

from cspctl.simulator import tenants
from cspctl.simulator.partner_center.service import routes
from cspctl.simulator.wire import Request, Response


@routes.route("GET", "/v1/profiles/legalbusiness")
def legal_business(request: Request) -> Response:
    """Answer who the partner is by law; its country is the account's market."""
    country = (request.tx.get("account", "partner") or {}).get("country", "US")
    tenant = request.tx.get("tenants", tenants.partner_id(request.tx)) or {}
    contact = {"firstName": "Legal", "lastName": "Contact", "email": f"legal@{tenant.get('domain', '')}"}
    body = {
        "companyName": tenant.get("displayName", ""),
        "address": {"country": country},
        "primaryContact": contact,
        "companyApproverAddress": {"country": country},
        "companyApproverEmail": contact["email"],
        "vettingStatus": "authorized",
        "vettingSubStatus": "none",
        "profileType": "LegalBusinessProfile",
        "links": {"self": {"uri": "/profiles/legalbusiness", "method": "GET", "headers": []}},
        "attributes": {"objectType": "LegalBusinessProfile"},
    }
    return Response(200, body)
