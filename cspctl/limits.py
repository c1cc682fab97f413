"""Says what a Partner Center account cannot do, before any service is asked: its tier, its cloud, its market."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cspctl.changes import Adopt, Plan, Update
from cspctl.cloud.national import CANNOT, CANNOT_CHANGE, NAMES
from cspctl.config import Profile
from cspctl.errors import Problem
from cspctl.markets import range_of, sells_to
from cspctl.resource import Resource


def beyond(resources: Iterable[Resource], profile: Profile, name: str) -> Iterator[Problem]:
    """What the manifests ask of the account that it is not allowed, each with its line and its customer."""
    for resource in resources:
        if profile.tier == "reseller":
            what = f"{resource.key}: Partner Center has no API for indirect resellers, which profile {name} is"
            remedy = "Ask your indirect provider, or correct 'tier' of the profile."
            yield Problem(resource.where, what, remedy, resource.key.group)
        elif not resource.meta.absent:
            yield from _beyond_cloud(resource, profile)
            yield from _beyond_market(resource, profile, name)


def changes_beyond(plan: Plan, profile: Profile) -> Iterator[Problem]:
    """Planned changes of fields that the account's cloud lets nobody change."""
    table = CANNOT_CHANGE[profile.cloud]
    for change in plan.changes:
        if not isinstance(change, Update | Adopt):
            continue
        desired = change.desired
        for field in change.compared.changes:
            if reason := table.get(f"{desired.key.kind}.{field.path.partition('.')[0].partition('[')[0]}"):
                what = f"{desired.key}: {field.path} cannot be changed in {NAMES[profile.cloud]}: {reason}"
                yield Problem(desired.where_is(field.path), what, "Leave it as it is.", desired.key.group)


def _beyond_cloud(resource: Resource, profile: Profile) -> Iterator[Problem]:
    table, kind = CANNOT[profile.cloud], resource.key.kind
    where = f"in {NAMES[profile.cloud]}"
    if reason := table.get(kind):
        remedy = "Remove the manifest, or describe it for an account of another cloud."
        yield Problem(resource.where, f"{resource.key}: impossible {where}: {reason}", remedy, resource.key.group)
        return
    for field in resource.document():
        if reason := table.get(f"{kind}.{field}"):
            what = f"{resource.key}: {field} is impossible {where}: {reason}"
            yield Problem(resource.where_is(field), what, f"Remove '{field}:'.", resource.key.group)


def _beyond_market(resource: Resource, profile: Profile, name: str) -> Iterator[Problem]:
    if resource.key.kind != "Customer" or profile.market is None:
        return
    address = (resource.document().get("billingProfile") or {}).get("defaultAddress") or {}
    country = str(address.get("country") or "").upper()
    if country and sells_to(profile.market, country) is False:
        what = f"{resource.key}: a customer in {country} is outside the market of profile {name} ({profile.market})"
        remedy = f"That account sells to {range_of(profile.market)}: use an account of the customer's market."
        yield Problem(resource.where_is("billingProfile.defaultAddress.country"), what, remedy, resource.key.group)
