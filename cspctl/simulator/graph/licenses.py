"""Assigns licences to users; the only routes of Microsoft Graph that do.

https://learn.microsoft.com/graph/api/user-assignlicense
"""

from __future__ import annotations

from typing import Any

from cspctl.simulator import directory, licensing
from cspctl.simulator.graph import objects, organization, query, rights, users
from cspctl.simulator.graph.errors import bad_request, object_body
from cspctl.simulator.graph.service import route
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request, Response


@route("GET", "/users/<user>/licenseDetails", *rights.READ_LICENSES, *rights.READ_USERS)
def license_details(request: Request, user: str) -> Response:
    """Answer the licences of a user with their service plans."""
    found = users.find(request, user)
    shown = [_detail(found, each) for each in found["licenses"]]
    return query.page(request, shown, f"users('{found['id']}')/licenseDetails", "licenseDetails")


def _detail(user: Document, license: dict[str, Any]) -> dict[str, Any]:
    sku = licensing.sku(license["skuId"])
    plans = [plan for plan in (sku.plans if sku else ()) if plan.id not in license["excludedPlans"]]
    return {
        "id": f"{user['id']}_{license['skuId']}",
        "skuId": license["skuId"],
        "skuPartNumber": sku.part_number if sku else None,
        "servicePlans": [organization.plan_shown(plan) | {"appliesTo": plan.target} for plan in plans],
    }


@route("POST", "/users/<user>/assignLicense", *rights.ASSIGN_LICENSES)
def assign_license(request: Request, user: str) -> Response:
    """Add and remove licences in one step; both lists must be there, even if empty."""
    rights.require_role(request, *rights.LICENSE_WRITERS)
    found, body = users.find(request, user), object_body(request.body)
    add, remove = body.get("addLicenses"), body.get("removeLicenses")
    if not isinstance(add, list) or not isinstance(remove, list):
        raise bad_request("One or more parameters of the operation 'assignLicense' are missing from the request.")
    if add and not found["usageLocation"]:
        raise bad_request("License assignment cannot be done for user with invalid usage location.")
    kept = _without(found, [str(each).lower() for each in remove])
    for each in add:
        kept = [*[old for old in kept if old["skuId"] != each.get("skuId")], _added(request, found, each)]
    changed = {**found, "licenses": kept}
    directory.save_user(request.tx, changed)
    request.tx.effects.append(f"user licences changed {found['id']}")
    return query.one(request, objects.user(changed), "users", "user", objects.USER_DEFAULT)


def _without(user: Document, skus: list[str]) -> list[dict[str, Any]]:
    there = {each["skuId"].lower() for each in user["licenses"]}
    missing = [sku for sku in skus if sku not in there]
    if missing:
        raise bad_request("User does not have a corresponding license.")
    return [each for each in user["licenses"] if each["skuId"].lower() not in skus]


def _added(request: Request, user: Document, asked: dict[str, Any]) -> dict[str, Any]:
    sku = licensing.sku(str(asked.get("skuId") or ""))
    tenant = rights.tenant(request)
    known = {each["sku"].id for each in licensing.subscribed(request.tx, request.now, tenant)}
    if sku is None or sku.id not in known:
        raise bad_request(f"License {asked.get('skuId')} does not correspond to a valid company License.")
    plans = [str(each).lower() for each in asked.get("disabledPlans") or []]
    unknown = sorted(set(plans) - {plan.id for plan in sku.plans})
    if unknown:
        raise bad_request(f"License {sku.id} does not contain the service plan {unknown[0]}.")
    has = any(each["skuId"] == sku.id for each in user["licenses"])
    if not has and licensing.free(request.tx, request.now, tenant, sku.id) < 1:
        raise bad_request(f"Subscription with SKU {sku.id} does not have any available licenses.")
    return {"skuId": sku.id, "excludedPlans": plans}
