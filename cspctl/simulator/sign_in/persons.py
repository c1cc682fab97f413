"""Knows the people who sign in: the partner's and those of other directories; the only place that does."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from cspctl.simulator import directory, tenants
from cspctl.simulator.sign_in.refusals import refuse
from cspctl.simulator.store import Document, Transaction
from cspctl.simulator.wire import Request

AGENT = "agent"  # stands on pages for somebody of the partner's people


@dataclass(frozen=True)
class Person:
    """Somebody who signs in: the id, the directory that knows them, and that directory's document of them."""

    id: str
    tenant: str
    document: Document

    @property
    def name(self) -> str:
        """The user principal name, or the id of somebody who has none."""
        return str(self.document.get("userPrincipalName") or self.id)

    @property
    def enabled(self) -> bool:
        """Whether the account may sign in."""
        return bool(self.document.get("accountEnabled", True))


def of_partner(tx: Transaction, *, agent: bool = True) -> Person:
    """Return a new person of the partner; `agent` false: one in none of the partner's agent groups."""
    profile = tx.get("profile", "partner")
    if profile is None:
        raise LookupError("the simulator has not been set up")
    user = str(uuid.uuid4())
    tenants.add_agent(tx, profile, user, agent=agent)
    return by_id(tx, str(profile["partnerTenantId"]), user)


def of_tenant(tx: Transaction, tenant: str, user: str = "") -> Person:
    """Return a person of the tenant (id or domain), its first administrator unless named; or raise LookupError."""
    found = tenants.find(tx, tenant)
    if found is None:
        raise LookupError(f"there is no tenant {tenant}")
    name = user or f"admin@{found['domain']}"
    document = directory.user(tx, str(found["id"]), name)
    if document is None:
        raise LookupError(f"there is no user {name} in {found['domain']}")
    return Person(str(document["id"]), str(found["id"]), document)


def named(tx: Transaction, name: str) -> Person:
    """Return the person with this user principal name, or raise LookupError."""
    _, _, domain = name.partition("@")
    if not domain:
        raise LookupError(f"{name} is no user principal name")
    return of_tenant(tx, domain, name)


def by_id(tx: Transaction, tenant: str, user: str) -> Person:
    """Return the person with this object id, or raise LookupError."""
    document = directory.user(tx, tenant, user)
    if document is None:
        raise LookupError(f"there is no user {user} in tenant {tenant}")
    return Person(str(document["id"]), tenant, document)


def signing_in(request: Request, tenant: str, user: str) -> Person:
    """Return the person to whom a token would be given, or refuse: deleted, or disabled."""
    try:
        person = by_id(request.tx, tenant, user)
    except LookupError:
        raise refuse(request, 400, "invalid_grant", 50034, user=user, tenant=tenant) from None
    if not person.enabled:
        raise refuse(request, 400, "invalid_grant", 50057)
    return person


def is_foreigner(tx: Transaction, person: Person, tenant: str) -> bool:
    """Tell whether the directory knows nothing of the person.

    The partner's people are known to customers: what they may do there, each service decides.
    """
    if person.tenant.lower() == tenant.lower():
        return False
    customer = tx.get("customers", tenant)
    is_partners = person.tenant.lower() == tenants.partner_id(tx).lower()
    return not (is_partners and customer is not None and customer.get("relationship") == "reseller")


def is_administrator(tx: Transaction, person: Person, tenant: str) -> bool:
    """Tell whether the person may consent for a whole directory: its own global administrator, or an agent at home."""
    if person.tenant.lower() != tenant.lower():
        return False
    roles = directory.roles_of(tx, tenant, person.id)
    return directory.GLOBAL_ADMINISTRATOR in roles or tenants.is_agent(tx, person.id)


def claims(person: Person) -> dict[str, Any]:
    """Return what tokens say of the person."""
    document = person.document
    said = {
        "oid": person.id,
        "name": document.get("displayName") or person.name,
        "given_name": document.get("firstName"),
        "family_name": document.get("lastName"),
        "upn": person.name,
        "unique_name": person.name,
    }
    return {name: value for name, value in said.items() if value is not None}
