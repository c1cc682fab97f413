"""Says what a customer is in the store and in answers; the only place that knows both forms.

https://learn.microsoft.com/partner-center/developer/customer-resources
"""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime
from typing import Any

from cspctl.simulator.partner_center.answers import resource
from cspctl.simulator.store import Document


def document(
    tenant: str,
    *,
    domain: str,
    profile: dict[str, Any],
    ready_at: datetime,
    associated_partner: str | None = None,
    registration: str | None = None,
) -> Document:
    """Return a customer as the store keeps it."""
    address = profile["defaultAddress"]
    # The company profile calls region what the billing profile calls state.
    company_address = {
        "country": address["country"],
        "region": address.get("state"),
        "city": address["city"],
        "addressLine1": address["addressLine1"],
        "addressLine2": address.get("addressLine2"),
        "postalCode": address.get("postalCode"),
        "phoneNumber": address.get("phoneNumber"),
    }
    return {
        "id": tenant,
        "commerceId": str(uuid.uuid4()),
        "domain": domain,
        "companyName": profile["companyName"],
        "companyAddress": {key: value for key, value in company_address.items() if value is not None},
        "companyEmail": profile["email"],
        "organizationRegistrationNumber": registration,
        "billingProfile": profile,
        "billingEtag": new_etag(),
        "relationship": "reseller",
        "allowDelegatedAccess": True,
        "associatedPartnerId": associated_partner,
        "signedDirectly": False,
        "readyAt": ready_at.isoformat(),
    }


def profile_fields(profile: dict[str, Any], id: str) -> dict[str, Any]:
    """Return the billing profile's own fields, normalised as Partner Center does; nulls are left out."""
    address = {
        name: profile["defaultAddress"].get(name)
        for name in (
            "country",
            "region",
            "city",
            "state",
            "addressLine1",
            "addressLine2",
            "addressLine3",
            "district",
            "postalCode",
            "firstName",
            "middleName",
            "lastName",
        )
    }
    address["phoneNumber"] = str(profile["defaultAddress"].get("phoneNumber") or "")
    language, _, place = str(profile["culture"]).rpartition("-")
    fields = {
        "id": id,
        "firstName": profile.get("firstName"),
        "lastName": profile.get("lastName"),
        "email": profile["email"],
        "culture": f"{language.lower()}-{place.upper()}",
        "language": profile["language"],
        "companyName": profile["companyName"],
        "defaultAddress": {key: value for key, value in address.items() if value is not None},
    }
    return {key: value for key, value in fields.items() if value is not None}


def new_etag() -> str:
    """Return an etag in the form that billing profiles have: a signed number."""
    return str(secrets.randbits(64) - 2**63)


def company_profile(customer: Document, *, light: bool = False) -> dict[str, Any]:
    """Return the company profile; `light` as in lists and in the answer to a create."""
    body: dict[str, Any] = {
        "tenantId": customer["id"],
        "domain": customer["domain"],
        "companyName": customer["companyName"],
    }
    if not light:
        body["organizationRegistrationNumber"] = customer["organizationRegistrationNumber"]
        if customer["allowDelegatedAccess"]:
            body |= {"address": customer["companyAddress"], "email": customer["companyEmail"]}
    return resource(body, "CustomerCompanyProfile", f"/customers/{customer['id']}/profiles/company")


def billing_profile(customer: Document) -> dict[str, Any]:
    """Return the billing profile with its etag."""
    uri = f"/customers/{customer['id']}/profiles/billing"
    return resource(customer["billingProfile"], "CustomerBillingProfile", uri, customer["billingEtag"])


def light(customer: Document) -> dict[str, Any]:
    """Return the customer with the few fields that lists have."""
    body = {
        "id": customer["id"],
        "companyProfile": company_profile(customer, light=True),
        "relationshipToPartner": customer["relationship"],
    }
    return resource(body, "Customer", f"/customers/{customer['id']}")


def full(customer: Document) -> dict[str, Any]:
    """Return the customer with everything but its credentials."""
    body = {
        "id": customer["id"],
        "commerceId": customer["commerceId"],
        "companyProfile": company_profile(customer),
        "billingProfile": billing_profile(customer),
        "relationshipToPartner": customer["relationship"],
        "allowDelegatedAccess": customer["allowDelegatedAccess"],
        "associatedPartnerId": customer["associatedPartnerId"],
    }
    if customer["allowDelegatedAccess"]:
        body["customDomains"] = [customer["domain"]]
    return resource(body, "Customer", f"/customers/{customer['id']}")
