"""Answers for licences: what a customer has, what a user has, and changes of that; the only routes that assign them.

https://learn.microsoft.com/partner-center/developer/license-resources and …/assign-licenses-to-a-user
"""

from __future__ import annotations

from typing import Any

from cspctl.simulator import directory, licensing
from cspctl.simulator.partner_center import users
from cspctl.simulator.partner_center.answers import refuse, resource
from cspctl.simulator.partner_center.service import routes
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request, Response

GROUPS = {"group1", "group2"}

# https://learn.microsoft.com/partner-center/dap-api-impact
SUBSCRIBED_READERS = ("Directory Readers", "Global Reader", "User Administrator", "License Administrator")
READERS = ("Directory Readers", "Directory Writers", "User Administrator", "License Administrator")
ASSIGNERS = ("Directory Writers", "User Administrator", "License Administrator")


# Shapes --------------------------------------------------------------------------------------------------


def _collection(items: list[dict[str, Any]]) -> Response:
    # The documented collections of licences have no links.
    return Response(200, {"totalCount": len(items), "items": items, "attributes": {"objectType": "Collection"}})


def _plans(sku: licensing.Sku, status: str, excluded: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "displayName": plan.name,
            "serviceName": plan.service,
            "id": plan.id,
            # How excluded plans look is not documented; Microsoft Graph's licenseDetails call them Disabled.
            "capabilityStatus": "Disabled" if plan.id in excluded else status,
            "targetType": plan.target,
        }
        for plan in sku.plans
    ]


def _product(sku: licensing.Sku, **more: str) -> dict[str, str]:
    return {"id": sku.id, "name": sku.name, "skuPartNumber": sku.part_number, **more, "licenseGroupId": sku.group}


def _subscribed(counted: dict[str, Any]) -> dict[str, Any]:
    sku, active, suspended = counted["sku"], counted["active"], counted["suspended"]
    status = "Enabled" if active else "Suspended"
    body = {
        "availableUnits": active - counted["consumed"],
        "activeUnits": active,
        "consumedUnits": counted["consumed"],
        "suspendedUnits": suspended,
        "totalUnits": active,
        "warningUnits": 0,
        "productSku": _product(sku, targetType="User"),
        "servicePlans": _plans(sku, status, []),
        "capabilityStatus": status,
    }
    return resource(body, "SubscribedSku")


def _asked_groups(request: Request) -> set[str]:
    """Return the groups that are asked for; without the parameter, those that Entra manages."""
    asked = {value.lower() for name, value in request.query.pairs if name.lower() == "licensegroupids"}
    if asked - GROUPS:
        raise refuse(400, "3000", f"Invalid licenseGroupIds: {', '.join(sorted(asked - GROUPS))}.")
    return asked or {"group1"}


# Reading -------------------------------------------------------------------------------------------------


@routes.route("GET", "/v1/customers/<customer>/subscribedskus", user=True)
def subscribed_skus(request: Request, customer: str) -> Response:
    """Answer the SKUs that the customer has licences of, by whichever seller."""
    owner = users.opened(request, customer, SUBSCRIBED_READERS)
    groups = _asked_groups(request)
    found = licensing.subscribed(request.tx, request.now, owner["id"])
    return _collection([_subscribed(each) for each in found if each["sku"].group in groups])


@routes.route("GET", "/v1/customers/<customer>/users/<user>/licenses", user=True)
def user_licenses(request: Request, customer: str, user: str) -> Response:
    """Answer the licences of a user, with the plans that were excluded among them."""
    owner = users.opened(request, customer, READERS)
    groups, found = _asked_groups(request), users.find(request, owner, user)
    held = [(licensing.sku(each["skuId"]), each["excludedPlans"]) for each in found["licenses"]]
    return _collection(
        [
            resource({"servicePlans": _plans(sku, "Assigned", excluded), "productSku": _product(sku)}, "License")
            for sku, excluded in held
            if sku is not None and sku.group in groups
        ]
    )


# Changing ------------------------------------------------------------------------------------------------


@routes.route("POST", "/v1/customers/<customer>/users/<user>/licenseupdates", user=True)
def update(request: Request, customer: str, user: str) -> Response:
    """Assign and remove licences of a user, all that is asked for or nothing."""
    owner = users.opened(request, customer, ASSIGNERS)
    found = users.find(request, owner, user)
    body = request.body if isinstance(request.body, dict) else {}
    added, removed = _assignments(body), _ids(body, "licensesToRemove")
    if not added and not removed:
        raise refuse(400, "3000", "Invalid request: licensesToAssign or licensesToRemove is required.")
    _check_one_group([*(each["skuId"] for each in added), *removed])
    licenses = _removed(found, removed)
    for each in added:
        _check_assignable(request, owner, found, each)
        licenses = [*(held for held in licenses if held["skuId"] != each["skuId"]), each]
    directory.save_user(request.tx, {**found, "licenses": licenses})
    request.tx.effects.append(f"licenses updated {found['id']}")
    return Response(201, _echo(added, removed))


def _echo(added: list[dict[str, Any]], removed: list[str]) -> dict[str, Any]:
    shown = [{key: value for key, value in each.items() if value} for each in added]
    body = {"licensesToAssign": shown or None, "licensesToRemove": removed or None, "licenseWarnings": []}
    return resource(body, "LicenseUpdate")


def _assignments(body: dict[str, Any]) -> list[dict[str, Any]]:
    asked = body.get("licensesToAssign") or []
    if not isinstance(asked, list) or not all(isinstance(each, dict) and each.get("skuId") for each in asked):
        raise refuse(400, "3000", "Invalid property 'licensesToAssign': each needs a skuId.")
    return [
        {
            "skuId": str(each["skuId"]).lower(),
            "excludedPlans": _ids(each, "excludedPlans"),
        }
        for each in asked
    ]


def _ids(body: dict[str, Any], name: str) -> list[str]:
    ids = body.get(name) or []
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
        raise refuse(400, "3000", f"Invalid property '{name}': it is not a list of ids.")
    return [each.lower() for each in ids]


def _check_one_group(sku_ids: list[str]) -> None:
    groups = set()
    for each in sku_ids:
        sku = licensing.sku(each)
        if sku is None:
            raise refuse(400, "3000", f"The product SKU {each} is not known.")
        groups.add(sku.group)
    if len(groups) > 1:
        raise refuse(400, "3000", "A license update must contain licenses from a single license group.")


def _removed(user: Document, sku_ids: list[str]) -> list[dict[str, Any]]:
    held = {each["skuId"] for each in user["licenses"]}
    for each in sku_ids:
        if each not in held:
            raise refuse(400, "3000", f"User does not have a corresponding license: {each}.")
    return [each for each in user["licenses"] if each["skuId"] not in sku_ids]


def _check_assignable(request: Request, owner: Document, user: Document, wanted: dict[str, Any]) -> None:
    if not user["usageLocation"]:
        text = "License assignment cannot be done for user with invalid usage location."
        raise refuse(400, "3000", text, data=["InvalidUsageLocation"])
    sku = licensing.sku(wanted["skuId"])
    unknown = set(wanted["excludedPlans"]) - {plan.id for plan in (sku.plans if sku else ())}
    if unknown:
        raise refuse(400, "3000", f"The service plans {', '.join(sorted(unknown))} do not belong to the SKU.")
    if any(each["skuId"] == wanted["skuId"] for each in user["licenses"]):
        return  # only its plans change
    if licensing.free(request.tx, request.now, owner["id"], wanted["skuId"]) < 1:
        detail = (
            f"LicenseQuotaExceededException : Subscription with Account {owner['id']} and SKU {wanted['skuId']} "
            "does not have any available licenses left."
        )
        text = "We&#39;re sorry, it looks like you've run out of licenses. Buy more licenses, and then try again."
        raise refuse(400, "60012", text, data=[detail])
