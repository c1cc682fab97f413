"""Keeps the partner's customers: creating, finding, letting go; the only place that writes customer documents.

https://learn.microsoft.com/partner-center/developer/customer-resources
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from cspctl.simulator import accounts, delegations, directory, tenants
from cspctl.simulator.partner_center import customer_documents, customer_rules, listing, repeats, subscriptions
from cspctl.simulator.partner_center.answers import refuse, resource
from cspctl.simulator.partner_center.service import is_guid, routes
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request, Response

COLLECTION = "customers"
SANDBOX_CUSTOMERS = 75
ECHO = (
    "Id",
    "CommerceId",
    "CompanyProfile",
    "BillingProfile",
    "RelationshipToPartner",
    "AllowDelegatedAccess",
    "UserCredentials",
    "CustomDomains",
    "AssociatedPartnerId",
)


# Finding -------------------------------------------------------------------------------------------------


def find(request: Request, customer: str) -> Document:
    """Return the partner's customer, or refuse: unknown, not ours, or too new to be known everywhere."""
    document = request.tx.get(COLLECTION, customer)
    if document is None or not is_listed(document, request.now):
        raise refuse(404, "60003", f"Tenant {customer} was not found.")
    return {**document, "allowDelegatedAccess": delegations.is_active(request.tx, request.now, document["id"])}


def is_listed(customer: Document, now: datetime) -> bool:
    """Tell whether reads see the customer at this time."""
    return customer["relationship"] == "reseller" and now >= datetime.fromisoformat(customer["readyAt"])


# Creating ------------------------------------------------------------------------------------------------


@routes.route("POST", "/v1/customers")
def create(request: Request) -> Response:
    """Create a customer with a directory of its own; only this answer holds the administrator's password."""
    body = request.body if isinstance(request.body, dict) else {}
    _check_may_create(request, body)
    customer_rules.check_new_customer(request, body)
    customer = _new_customer(request, body)
    request.tx.put(COLLECTION, customer["id"], customer)
    tenants.create(request.tx, customer["id"], customer["domain"], customer["companyName"], kind="customer")
    password = repeats.password(request)
    # It has no usage location: the portal asks for one before the first licence.
    directory.add_administrator(request.tx, request.now, customer["id"], customer["domain"], password)
    # https://learn.microsoft.com/partner-center/customers/gdap-faq: the default since November 2023.
    delegated = body.get("enableGDAPByDefault") is not False
    if delegated:
        delegations.grant_default(request.tx, request.now, customer["id"])
    request.tx.effects.append(f"customer created {customer['id']}")
    answer = {
        "id": customer["id"],
        "commerceId": customer["commerceId"],
        "companyProfile": customer_documents.company_profile(customer, light=True),
        "billingProfile": customer_documents.billing_profile(customer),
        "relationshipToPartner": "reseller",
        "allowDelegatedAccess": delegated,
        "userCredentials": {"userName": "admin", "password": password},
        "associatedPartnerId": customer["associatedPartnerId"],
    }
    return Response(201, resource(answer, "Customer"))


def _check_may_create(request: Request, body: dict[str, Any]) -> None:
    account = request.tx.get("account", "partner") or {}
    if account.get("sandbox"):
        ours = [each for each in request.tx.all(COLLECTION) if each["relationship"] == "reseller"]
        if len(ours) >= SANDBOX_CUSTOMERS:
            raise refuse(400, "800018", "The sandbox limit has been met.")
    if body.get("associatedPartnerId") and not request.is_user:
        raise refuse(403, "900329", "This API doesn't support App only authentication.")
    if body.get("associatedPartnerId") and not is_guid(body["associatedPartnerId"]):
        raise refuse(400, "3000", "Invalid property 'associatedPartnerId': it must be a GUID.")
    # Only indirect providers have resellers; how others are refused is not documented.
    # https://learn.microsoft.com/partner-center/developer/customer-resources#customer
    if body.get("associatedPartnerId") and accounts.read(request.tx)["tier"] == "direct":
        raise refuse(403, "600006", "The requested action is not allowed.")


def _new_customer(request: Request, body: dict[str, Any]) -> Document:
    tenant = str(uuid.uuid4())
    profile = body["billingProfile"]
    # Reports say 30 to 90 seconds of 404 after a create; it differs from customer to customer.
    settles = timedelta(seconds=60 + int(tenant[:2], 16) % 31)
    return customer_documents.document(
        tenant,
        domain=body["companyProfile"]["domain"],
        profile=customer_documents.profile_fields(profile, str(uuid.uuid4())),
        ready_at=request.now + settles,
        associated_partner=body.get("associatedPartnerId"),
        registration=body["companyProfile"].get("organizationRegistrationNumber"),
    )


# Reading -------------------------------------------------------------------------------------------------


@routes.route("GET", "/v1/customers")
def list_customers(request: Request) -> Response:
    """Answer a page of customers, with few of their fields."""
    known = [each for each in request.tx.all(COLLECTION) if is_listed(each, request.now)]
    chosen = listing.filtered(request, known, {"CompanyName": "companyName", "Domain": "domain"})
    return Response(200, listing.page(request, chosen, customer_documents.light))


@routes.route("GET", "/v1/customers/<customer>")
def get(request: Request, customer: str) -> Response:
    """Answer a customer with everything."""
    return Response(200, customer_documents.full(find(request, customer)))


@routes.route("GET", "/v1/customers/relationshiprequests", user=True)
def relationship_request(request: Request) -> Response:
    """Answer the link with which an existing tenant accepts this partner as its reseller."""
    partner = tenants.partner_id(request.tx)
    url = (
        "https://admin.microsoft.com/Adminportal/Home?invType=ResellerRelationship"
        f"&partnerId={partner}&msppId=0&DAP=false#/BillingAccounts/partner-invitation"
    )
    return Response(200, resource({"url": url}, "RelationshipRequest"))


# Letting go ----------------------------------------------------------------------------------------------


@routes.route("PATCH", "/v1/customers/<customer>", user=True)
def remove_relationship(request: Request, customer: str) -> Response:
    """End the reseller relationship; the directory lives on."""
    document = find(request, customer)
    body = request.body if isinstance(request.body, dict) else {}
    if str(body.get("relationshipToPartner", "")).lower() != "none":
        raise refuse(400, "3000", "Invalid property 'relationshipToPartner': it can only be set to none.")
    if subscriptions.active(request.tx, document["id"]):
        text = "The relationship cannot be removed while the customer has active subscriptions."
        raise refuse(403, "600006", text)
    document |= {"relationship": "none", "allowDelegatedAccess": False}
    request.tx.put(COLLECTION, document["id"], document)
    delegations.end_all(request.tx, request.now, document["id"])
    request.tx.effects.append(f"reseller relationship removed {document['id']}")
    # This answer is one of the few that echo PascalCase names and nulls.
    echo: dict[str, Any] = dict.fromkeys(ECHO) | {"RelationshipToPartner": "none"}
    return Response(200, {**echo, "Attributes": {"ObjectType": "Customer"}})


@routes.route("DELETE", "/v1/customers/<customer>")
def delete(request: Request, customer: str) -> Response:
    """Delete a customer and its directory; possible in an integration sandbox only."""
    document = find(request, customer)
    account = request.tx.get("account", "partner") or {}
    if not account.get("sandbox"):
        raise refuse(403, "600006", "The requested action is not allowed.")
    request.tx.delete(COLLECTION, document["id"])
    tenants.delete(request.tx, document["id"])
    request.tx.effects.append(f"customer deleted {document['id']}")
    return Response(204)
