"""Examines customers: the relationship, delegations with their roles and end, our consent, and Azure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from cspctl.cloud import Cloud, ConsentMissing
from cspctl.doctor.account import country_of
from cspctl.doctor.finding import Finding, Level, examined, well
from cspctl.errors import CloudError, CspctlError
from cspctl.kinds.partner._azure import plans
from cspctl.kinds.partner._directory_roles import TEMPLATES
from cspctl.markets import range_of, sells_to
from cspctl.resource import GUID, Resource

SUBSCRIPTIONS, PROVIDERS = "2022-12-01", "2021-04-01"
"""The api-versions under which both are listed."""
DAYS: tuple[tuple[float, Level], ...] = ((1, "error"), (7, "warning"), (30, "warning"))
"""How many days before its end a delegation is worth a line, and which."""
ACTIVE = frozenset({"active", "expiring"})
ROLES: Mapping[str, str] = {template: name for name, template in TEMPLATES.items()}


def examine_customers(
    cloud: Cloud, resources: Sequence[Resource], asked: Sequence[str] = (), person: bool = True
) -> Iterator[Finding]:
    """The customers that manifests describe, or those `asked` for (handle, domain or tenant id); else all.

    Without a `person` who is signed in only their relationship can be seen.
    """
    every: list[dict[str, Any]] = []
    yield from examined("customers", lambda: _listed(cloud, every))
    yield from examined("market", lambda: _outside(cloud, resources), level="warning")
    delegations = _delegations(cloud) if person else ""
    wanted = _wanted(every, resources, asked)
    for name, payload in wanted.items():
        if payload is None:
            text = "is no customer of this account"
            yield Finding("warning", name, text, "Apply creates it, or it has to accept your invitation.")
        else:
            yield from examined(f"{name}: relationship", partial(_relationship, cloud, name, str(payload["id"])))
            if person:
                yield from _customer(cloud, name, payload, delegations, _needed(resources, name))


def _listed(cloud: Cloud, every: list[dict[str, Any]]) -> Iterator[Finding]:
    every += cloud.partner.all("/v1/customers?size=500")
    yield well("customers", f"{len(every)} in this account")


def _outside(cloud: Cloud, resources: Sequence[Resource]) -> Iterator[Finding]:
    """The customers to be made that the account may not sell to, also where the profile does not say its market."""
    if not any(resource.key.kind == "Customer" for resource in resources):
        return
    market = country_of(cloud.partner.get("/v1/profiles/legalbusiness")) or cloud.profile.market or ""
    for resource in resources:
        address = (resource.document().get("billingProfile") or {}).get("defaultAddress") or {}
        country = str(address.get("country") or "").upper()
        if market and country and not resource.meta.absent and sells_to(market, country) is False:
            text = f"a customer in {country} is outside the market of this account ({market})"
            fix = f"It sells to {range_of(market)}: use an account of the customer's market."
            yield Finding("error", f"{resource.key.name}: market", text, fix)


def _wanted(
    every: Iterable[dict[str, Any]], resources: Sequence[Resource], asked: Sequence[str]
) -> dict[str, dict[str, Any] | None]:
    by_domain = {str((p.get("companyProfile") or {}).get("domain", "")).casefold(): p for p in every}
    by_id = {str(p.get("id", "")).casefold(): p for p in every}
    handles = {r.key.name: r.identity() for r in resources if r.key.kind == "Customer" and not r.meta.absent}
    handles |= {c: c for r in resources if GUID.fullmatch(c := r.key.customer)}
    names = list(asked) or list(handles) or list(by_domain)
    found: dict[str, dict[str, Any] | None] = {}
    for name in names:
        identity = handles.get(name, name).casefold()
        found[name] = by_domain.get(identity) or by_id.get(identity)
    return found


def _needed(resources: Sequence[Resource], customer: str) -> dict[str, str]:
    """The resource providers that a customer's manifests need, each with a manifest that does."""
    mine = (r for r in resources if r.key.customer == customer and not r.meta.absent)
    typed = ((str(getattr(type(r), "arm_type", "")).partition("/")[0], r) for r in mine)
    return {namespace: str(r.key) for namespace, r in typed if namespace}


def _delegations(cloud: Cloud) -> list[dict[str, Any]] | str:
    if cloud.profile.cloud == "china":
        return "there is no granular delegated administration in this cloud"
    try:
        return cloud.graph.all("/tenantRelationships/delegatedAdminRelationships", cloud.profile.partner_tenant_id)
    except CspctlError as error:
        return str(error)


def _customer(
    cloud: Cloud,
    name: str,
    payload: dict[str, Any],
    delegations: list[dict[str, Any]] | str,
    needed: Mapping[str, str],
) -> Iterator[Finding]:
    tenant = str(payload["id"])
    if isinstance(delegations, str):
        fix = "Let the application read DelegatedAdminRelationship.Read.All, with consent."
        yield Finding("warning", f"{name}: delegation", f"cannot be read: {delegations}", fix)
    else:
        mine = [d for d in delegations if (d.get("customer") or {}).get("tenantId", "").casefold() == tenant.casefold()]
        yield from examined(f"{name}: delegation", lambda: _delegated(f"{name}: delegation", mine, cloud.clock.now()))
    consent = list(examined(f"{name}: consent", lambda: _consent(cloud, name, tenant)))
    yield from consent
    if all(finding.level != "error" for finding in consent):
        yield from examined(f"{name}: Azure", lambda: _azure(cloud, name, tenant, needed))


def _relationship(cloud: Cloud, name: str, tenant: str) -> Iterator[Finding]:
    found = cloud.partner.get(f"/v1/customers/{tenant}")
    about = f"{name}: relationship"
    kind = str(found.get("relationshipToPartner") or "none")
    if kind.casefold() == "none":
        yield Finding("error", about, "the customer is not ours any more", "Let it accept your invitation again.")
    elif found.get("allowDelegatedAccess") is False:
        text, fix = f"{kind}, without any right in the directory", "Ask the customer to approve a delegation (GDAP)."
        yield Finding("warning", about, text, fix)
    else:
        yield well(about, kind)


def _delegated(about: str, mine: Sequence[dict[str, Any]], now: datetime) -> Iterator[Finding]:
    active = [d for d in mine if str(d.get("status", "")).casefold() in ACTIVE]
    if not active:
        others = ", ".join(sorted({str(d.get("status")) for d in mine})) or "none was ever made"
        fix = "Request one (partner.microsoft.com, Customers, Admin relationships) and let the customer approve it."
        yield Finding("error", about, f"no active delegation ({others})", fix)
    for delegation in active:
        yield _lasting(about, delegation, now)


def _lasting(about: str, delegation: dict[str, Any], now: datetime) -> Finding:
    ids = [str(r.get("roleDefinitionId")) for r in (delegation.get("accessDetails") or {}).get("unifiedRoles") or ()]
    roles = ", ".join(sorted(ROLES.get(id, id) for id in ids)) or "no role"
    name, end = delegation.get("displayName") or delegation.get("id"), str(delegation.get("endDateTime") or "")
    text = f"{name}: {roles}"
    if not end:
        return well(about, text)
    days = (datetime.fromisoformat(end) - now).total_seconds() / 86400
    extends = str(delegation.get("autoExtendDuration") or "PT0S") not in ("PT0S", "P0D")
    text = f"{text}; until {end[:10]}{', then extended by itself' if extends else ''}"
    for limit, level in DAYS:
        if days <= limit and not extends:
            left = f"in {days:.0f} days" if days >= 1 else "within a day"
            return Finding(level, about, f"ends {left}: {text}", "Request a new one now, and let the customer approve.")
    return well(about, text)


def _consent(cloud: Cloud, name: str, tenant: str) -> Iterator[Finding]:
    services: tuple[tuple[str, str, Level], ...] = (
        ("Azure", cloud.arm.base, "error"),
        ("Graph", cloud.graph.base, "warning"),
    )
    for service, base, level in services:
        about = f"{name}: consent for {service}"
        try:
            cloud.auth.token(base, tenant, user=True, fresh=True)
            yield well(about, "given")
        except ConsentMissing:
            fix = f"Write 'consent: true' in the manifest of the Customer {name}, and apply."
            yield Finding(level, about, "our application has none", fix)


def _azure(cloud: Cloud, name: str, tenant: str, needed: Mapping[str, str]) -> Iterator[Finding]:
    about = f"{name}: Azure"
    found = cloud.arm.all("/subscriptions", SUBSCRIPTIONS, tenant)
    if not found and needed:
        yield _without(cloud, about, tenant)
    else:
        yield well(about, f"{len(found)} {'subscription' if len(found) == 1 else 'subscriptions'} can be read")
    for subscription in found:
        yield from _registered(cloud, about, tenant, subscription, needed)


def _without(cloud: Cloud, about: str, tenant: str) -> Finding:
    """There is no subscription, because none was bought; or we may not see those that there are."""
    if not plans(cloud, tenant):
        fix = "Describe an AzurePlan and an AzureSubscription, and apply."
        return Finding("warning", about, "the customer has no Azure plan yet, so there is no subscription", fix)
    fix = "The person needs a role in the subscription: AdminAgents are Owners of those bought through the partner."
    return Finding("warning", about, "no subscription can be read", fix)


def _registered(
    cloud: Cloud, about: str, tenant: str, subscription: dict[str, Any], needed: Mapping[str, str]
) -> Iterator[Finding]:
    if not needed:
        return
    name = subscription.get("displayName") or subscription["id"]
    try:
        providers = cloud.arm.all(f"{subscription['id']}/providers", PROVIDERS, tenant)
    except CloudError as error:
        yield Finding("warning", about, f"{name}: providers cannot be read: {error.message}")
        return
    states = {str(p.get("namespace", "")).casefold(): str(p.get("registrationState", "")) for p in providers}
    missing = [n for n in needed if states.get(n.casefold(), "").casefold() not in ("registered", "registering")]
    for namespace in missing:
        text = f"{name}: {namespace} is not registered, and {needed[namespace]} needs it if it lies there"
        yield Finding("warning", about, text, f"Add {namespace} to 'resourceProviders' of the AzureSubscription.")
    if not missing:
        yield well(about, f"{name}: {', '.join(needed)} registered")
