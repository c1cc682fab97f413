"""Licences of a user: which there are, whether there are seats, and the one call that changes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator

from cspctl.cloud import Cloud
from cspctl.fields import Keyed, Required
from cspctl.part import Item
from cspctl.resource import Broken
from cspctl.wording import nearest

OFF = frozenset({"deleted", "disabled", "suspended"})
"""What Partner Center says of a service plan that the user does not have; every other word means that it is there."""
GROUPS = "licenseGroupIds=Group1&licenseGroupIds=Group2"
"""Products that Microsoft Entra manages, and others such as Minecraft: Partner Center lists only the first unasked."""


class License(Item):
    """A licence: a seat of something that the customer has bought."""

    sku: Annotated[str | None, AfterValidator(lambda text: text.strip().upper()), Required(always=True)] = None
    """The SKU's part number, such as `O365_BUSINESS_PREMIUM`."""
    excluded_plans: Annotated[list[str] | None, Keyed()] = None
    """Service plans of it that the user does not get, by name, such as `YAMMER_ENTERPRISE`."""


def licenses_of(cloud: Cloud, customer: str, user: str, skus: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The licences of a user, of both groups of products that Partner Center keeps apart."""
    path = f"/v1/customers/{customer}/users/{user}/licenses?{GROUPS}"
    return [_document(payload, skus) for payload in cloud.partner.all(path, user=True)]


def _document(payload: dict[str, Any], skus: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """An excluded plan is one that is said to be off, or that the SKU has and the user's licence does not list."""
    sku, plans = str(payload["productSku"]["skuPartNumber"]), payload.get("servicePlans") or ()
    on = [p["serviceName"] for p in plans if str(p.get("capabilityStatus") or "").casefold() not in OFF]
    all_of_it = (_found(sku.upper(), skus) or {}).get("servicePlans") or plans
    off = [str(p["serviceName"]) for p in all_of_it if p["serviceName"] not in on] if plans else []
    return {"sku": sku, **({"excludedPlans": off} if off else {})}


def _found(sku: str | None, skus: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    return next((s for s in skus if str(s["productSku"].get("skuPartNumber", "")).upper() == sku), None)


def seat_problems(
    wanted: Iterable[License], there: Sequence[License], skus: Sequence[dict[str, Any]] | None
) -> Iterator[Broken]:
    """What forbids assigning these licences: never bought, no seat left, no such service plan."""
    has = {item.sku for item in there}
    for item in wanted:
        if item.absent or skus is None:
            continue
        found, path = _found(item.sku, skus), f"licenses[{item.sku}]"
        if found is None:
            held = sorted(str(s["productSku"].get("skuPartNumber")) for s in skus)
            yield Broken(path, f"{path}: the customer has no subscription to it", nearest(str(item.sku), held))
            continue
        if item.sku not in has and int(found.get("availableUnits") or 0) < 1:
            total, used = found.get("totalUnits") or found.get("activeUnits"), found.get("consumedUnits")
            what = f"no seat is left of {found['productSku'].get('name') or item.sku}: {used} of {total} are used"
            yield Broken(path, f"{path}: {what}", "Buy more seats, or take one from another user.")
        names = [str(plan.get("serviceName")) for plan in found.get("servicePlans") or ()]
        for plan in item.excluded_plans or ():
            if plan.casefold() not in {name.casefold() for name in names}:
                inside = f"{path}.excludedPlans"
                yield Broken(f"{inside}[{plan}]", f"{inside}: it has no service plan {plan}", nearest(plan, names))


def skus_of(cloud: Cloud, customer: str) -> list[dict[str, Any]]:
    """What the customer has bought seats of, and how many are taken."""
    return cloud.partner.all(f"/v1/customers/{customer}/subscribedskus?{GROUPS}", user=True)


def license_updates(
    wanted: Iterable[License], there: Iterable[License], skus: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The bodies of ``licenseupdates``: what to assign (again, if its plans changed) and what to remove.

    One call must not mix the two groups of products.
    """
    before, after = {item.sku: item for item in there}, {item.sku: item for item in wanted}
    groups: dict[str, dict[str, Any]] = {}

    def body(sku: str | None) -> dict[str, Any]:
        group = str(((_found(sku, skus) or {}).get("productSku") or {}).get("licenseGroupId") or "group1").casefold()
        empty = {"licensesToAssign": [], "licensesToRemove": [], "attributes": {"objectType": "LicenseUpdate"}}
        return groups.setdefault(group, empty)

    for sku, item in after.items():
        if before.get(sku) != item:
            body(sku)["licensesToAssign"].append(_assignment(item, skus))
    for sku in before:
        if sku not in after:
            body(sku)["licensesToRemove"].append(_id(sku, skus))
    return list(groups.values())


def _assignment(item: License, skus: Sequence[dict[str, Any]]) -> dict[str, Any]:
    found = _found(item.sku, skus) or {}
    ids = {str(plan.get("serviceName")).casefold(): plan["id"] for plan in found.get("servicePlans") or ()}
    excluded = [ids[name.casefold()] for name in item.excluded_plans or () if name.casefold() in ids]
    return {"skuId": _id(item.sku, skus), "excludedPlans": excluded}


def _id(sku: str | None, skus: Sequence[dict[str, Any]]) -> str:
    found = _found(sku, skus)
    return str(found["productSku"]["id"]) if found else str(sku)
