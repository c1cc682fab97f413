"""Reads and updates customers' company and billing profiles; the only place that updates a billing profile.

https://learn.microsoft.com/partner-center/developer/update-a-customer-s-billing-profile
"""

from __future__ import annotations

from typing import Any

from cspctl.simulator.partner_center import customer_documents, customer_rules, customers
from cspctl.simulator.partner_center.answers import refuse
from cspctl.simulator.partner_center.service import routes
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request, Response


@routes.route("GET", "/v1/customers/<customer>/profiles/company", user=True)
def company(request: Request, customer: str) -> Response:
    """Answer the company profile, which cannot be changed."""
    return Response(200, customer_documents.company_profile(customers.find(request, customer)))


@routes.route("GET", "/v1/customers/<customer>/profiles/billing")
def billing(request: Request, customer: str) -> Response:
    """Answer the billing profile with its etag."""
    return Response(200, customer_documents.billing_profile(customers.find(request, customer)))


@routes.route("PUT", "/v1/customers/<customer>/profiles/billing")
def update_billing(request: Request, customer: str) -> Response:
    """Replace the billing profile by the body, which must be the whole resource and up to date."""
    document = customers.find(request, customer)
    body = request.body if isinstance(request.body, dict) else {}
    _check_etag(request, document, body)
    current = document["billingProfile"]
    if str(body.get("id", "")).lower() != current["id"].lower():
        raise refuse(400, "3000", "Invalid property 'id': it is not this billing profile's.")
    customer_rules.check_billing_profile(body)
    _check_same_country(current, body)
    document["billingProfile"] = customer_documents.profile_fields(body, current["id"])
    document["billingEtag"] = customer_documents.new_etag()
    request.tx.put(customers.COLLECTION, document["id"], document)
    request.tx.effects.append(f"billing profile updated {document['id']}")
    return Response(200, customer_documents.billing_profile(document))


def _check_etag(request: Request, document: Document, body: dict[str, Any]) -> None:
    # The SDKs send no If-Match: they rely on the etag in the body's attributes.
    attributes = body.get("attributes")
    in_body = attributes.get("etag") if isinstance(attributes, dict) else None
    etag = request.headers.get("If-Match", in_body)
    if etag is None or str(etag).strip().strip('"') != document["billingEtag"]:
        raise refuse(400, "2055", "Etag is no longer valid")


def _check_same_country(current: dict[str, Any], body: dict[str, Any]) -> None:
    before, after = current["defaultAddress"]["country"], body["defaultAddress"]["country"]
    if str(before).upper() != str(after).upper():
        text = "Invalid property 'defaultAddress.country': a customer's country cannot be changed."
        raise refuse(400, "3000", text)
