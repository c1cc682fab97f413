"""Answers the partner's billing account and the customers in it; the only place for Microsoft.Billing.

https://learn.microsoft.com/azure/cost-management-billing/manage/programmatically-create-subscription-microsoft-partner-agreement
"""

from __future__ import annotations

import uuid
from typing import Any

from cspctl.simulator import tenants
from cspctl.simulator.arm import paging
from cspctl.simulator.arm.errors import refuse
from cspctl.simulator.arm.service import gateway
from cspctl.simulator.partner_center import subscriptions
from cspctl.simulator.store import Document, Transaction
from cspctl.simulator.wire import Request, Response

ACCOUNTS = "Microsoft.Billing/billingAccounts"
CUSTOMERS = "Microsoft.Billing/billingAccounts/customers"
PATH = "/providers/Microsoft.Billing/billingAccounts"


def account_name(tx: Transaction) -> str:
    """Return the name of the partner's one billing account: two GUIDs and the date of the agreement's form."""
    partner = tenants.partner_id(tx)
    first, second = (uuid.uuid5(uuid.UUID(partner), part) for part in ("account", "organization"))
    return f"{first}:{second}_2019-05-31"


def is_partner(request: Request) -> bool:
    """Tell whether the caller is a person of the partner with a billing role (Admin Agent)."""
    mine = str(request.caller.get("tid", "")).lower() == tenants.partner_id(request.tx).lower()
    return mine and request.is_user and bool(request.caller.get("agent", True))


@gateway("GET", PATH, ACCOUNTS)
def list_accounts(request: Request) -> Response:
    """List the accounts on which the caller has a role; for others than partners' agents that is none."""
    return paging.page(request, [_account(request.tx)] if is_partner(request) else [])


@gateway("GET", f"{PATH}/<account>", ACCOUNTS)
def get_account(request: Request, account: str) -> Response:
    """Answer the account."""
    _check_account(request, account)
    return Response(200, _account(request.tx))


@gateway("GET", f"{PATH}/<account>/customers", CUSTOMERS)
def list_customers(request: Request, account: str) -> Response:
    """List the customers that have an Azure plan."""
    _check_account(request, account)
    documents = request.tx.all("customers")
    return paging.page(request, [_customer(request, each) for each in documents if azure_plans(request.tx, each["id"])])


@gateway("GET", f"{PATH}/<account>/customers/<customer>", CUSTOMERS)
def get_customer(request: Request, account: str, customer: str) -> Response:
    """Answer one customer."""
    _check_account(request, account)
    document = request.tx.get("customers", customer)
    if document is None or not azure_plans(request.tx, customer):
        raise refuse(404, "NotFound", f"The customer '{customer}' could not be found.")
    return Response(200, _customer(request, document))


def azure_plans(tx: Transaction, customer: str) -> list[dict[str, str]]:
    """Return the customer's active Azure plans in the form of `enabledAzurePlans`."""
    plan = subscriptions.azure_plan(tx, customer)
    held = plan is not None and plan["status"] == "active"
    return [{"skuId": "0001", "skuDescription": "Microsoft Azure Plan"}] if held else []


def _check_account(request: Request, account: str) -> None:
    if not is_partner(request) or account.lower() != account_name(request.tx).lower():
        raise refuse(
            403,
            "UserNotAuthorized",
            "The user is not authorized to perform the action on the requested billing scope.",
        )


def _account(tx: Transaction) -> dict[str, Any]:
    name = account_name(tx)
    partner = tenants.find(tx, tenants.partner_id(tx)) or {}
    return {
        "id": f"{PATH}/{name}",
        "name": name,
        "type": ACCOUNTS,
        "properties": {
            "displayName": partner.get("displayName", "Partner"),
            "accountStatus": "Active",
            "accountType": "Partner",
            "agreementType": "MicrosoftPartnerAgreement",
            "hasReadAccess": True,
        },
    }


def _customer(request: Request, document: Document) -> dict[str, Any]:
    expand = [part.strip().lower() for part in request.query.get("$expand").split(",")]
    account = f"{PATH}/{account_name(request.tx)}"
    profile = f"{account}/billingProfiles/DEFAULT"
    properties: dict[str, Any] = {
        "billingProfileId": profile,
        "billingProfileDisplayName": "Default",
        "displayName": document["companyName"],
    }
    if "enabledazureplans" in expand or "properties/enabledazureplans" in expand:
        properties["enabledAzurePlans"] = azure_plans(request.tx, document["id"])
    if "resellers" in expand or "properties/resellers" in expand:
        properties["resellers"] = []
    return {
        "id": f"{account}/customers/{document['id']}",
        "name": document["id"],
        "type": CUSTOMERS,
        "properties": properties,
    }
