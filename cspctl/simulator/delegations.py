"""Keeps the granular delegated administration (GDAP) that customers grant the partner; the only place that does.

A relationship says for how long which directory roles may be used in a customer's directory; its access
assignments say which of the partner's security groups have them. Time alone moves a relationship on: what is
kept is its schedule, and `as_of` says where it stands.
https://learn.microsoft.com/graph/api/resources/delegatedadminrelationships-api-overview
"""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timedelta
from typing import Any

from cspctl.simulator import directory, entra_roles, tenants
from cspctl.simulator.partner_center.answers import refuse
from cspctl.simulator.store import Document, Transaction
from cspctl.simulator.wire import Request

COLLECTION, ASSIGNMENTS = "delegatedAdminRelationships", "delegatedAdminAccessAssignments"
BY_CUSTOMER = "delegatedAdminRelationshipsByCustomer"
AGENTS = "AdminAgents"

# What Microsoft grants a partner in a directory that it creates through Partner Center, approved by nobody:
# announced for November 2023 (techcommunity, "new timelines … to secure the partner ecosystem").
DEFAULT_ROLES = (
    "Directory Readers",
    "Directory Writers",
    "License Administrator",
    "Service Support Administrator",
    "User Administrator",
    "Privileged Role Administrator",
    "Helpdesk Administrator",
    "Privileged Authentication Administrator",
    "Cloud Application Administrator",
    "Application Administrator",
)
# Silent in the documentation: the longest there is, extended by half years, as the portal shows it.
DEFAULT_DURATION, HALF_YEAR = "P730D", "P180D"

# https://learn.microsoft.com/partner-center/customers/gdap-faq: unanswered requests lapse.
ANSWERED_WITHIN = timedelta(days=90)
# How long Microsoft works on what was decided; nothing is documented but that there are states in between.
SOON, LATER = timedelta(seconds=5), timedelta(seconds=20)
DURATION = re.compile(r"P(?=\d)(?:([0-9]{1,4})Y)?(?:([0-9]{1,5})M)?(?:([0-9]{1,5})W)?(?:([0-9]{1,6})D)?")
DAYS = (365, 30, 7, 1)


def length(duration: str) -> timedelta | None:
    """Return how long an ISO 8601 duration in whole days is; None if it is none."""
    found = DURATION.fullmatch(duration)
    if found is None:
        return None
    return timedelta(days=sum(int(part or 0) * days for part, days in zip(found.groups(), DAYS, strict=True)))


# Relationships -------------------------------------------------------------------------------------------


def create(
    tx: Transaction,
    now: datetime,
    display_name: str,
    duration: str,
    roles: list[str],
    *,
    customer: dict[str, Any] | None = None,
    auto_extend: str = "PT0S",
) -> Document:
    """Add a relationship that the partner may still change; roles are template ids."""
    relationship: Document = {
        "id": f"{uuid.uuid4()}-{tenants.partner_id(tx)}",
        "displayName": display_name,
        "duration": duration,
        "customer": customer,
        "roles": roles,
        "autoExtendDuration": auto_extend,
        "status": "created",
        "schedule": [],
        "createdAt": now.isoformat(),
        "modifiedAt": now.isoformat(),
        "activatedAt": None,
        "endsAt": None,
    }
    return save(tx, now, relationship)


def save(tx: Transaction, now: datetime, relationship: Document) -> Document:
    """Write a changed relationship back under a new etag, and return it."""
    changed = {**relationship, "etag": str(uuid.uuid4()), "modifiedAt": now.isoformat()}
    tx.put(COLLECTION, changed["id"], changed)
    if changed["customer"]:
        tx.put(BY_CUSTOMER, f"{changed['customer']['tenantId']}/{changed['id']}", {"id": changed["id"]})
    return changed


def remove(tx: Transaction, relationship: Document) -> None:
    """Delete a relationship that nobody has been asked to approve."""
    tx.delete(COLLECTION, relationship["id"])
    if relationship["customer"]:
        tx.delete(BY_CUSTOMER, f"{relationship['customer']['tenantId']}/{relationship['id']}")


def as_of(relationship: Document, now: datetime) -> Document:
    """Return the relationship with what its schedule has brought about by now."""
    current, schedule = dict(relationship), list(relationship["schedule"])
    while schedule and now >= datetime.fromisoformat(schedule[0]["at"]):
        if schedule[0]["status"] == "expiring" and current["autoExtendDuration"] == HALF_YEAR:
            current["endsAt"], schedule = _extended(current["endsAt"])
            continue
        step = schedule.pop(0)
        current |= {"status": step["status"], "modifiedAt": step["at"]}
    return {**current, "schedule": schedule}


def _extended(ends: str) -> tuple[str, list[dict[str, str]]]:
    later = datetime.fromisoformat(ends) + (length(HALF_YEAR) or timedelta())
    return later.isoformat(), _ending(later)


def _ending(ends: datetime) -> list[dict[str, str]]:
    return [_step("expiring", ends), _step("expired", ends + LATER)]


def _step(status: str, at: datetime) -> dict[str, str]:
    return {"status": status, "at": at.isoformat()}


def find(tx: Transaction, now: datetime, id: str) -> Document | None:
    """Return the relationship as it stands now, or None."""
    found = tx.get(COLLECTION, id)
    return as_of(found, now) if found else None


def every(tx: Transaction, now: datetime) -> list[Document]:
    """Return all relationships of the partner as they stand now."""
    return [as_of(each, now) for each in tx.all(COLLECTION)]


def of_customer(tx: Transaction, now: datetime, tenant: str) -> list[Document]:
    """Return the relationships with a customer as they stand now."""
    found = (find(tx, now, each["id"]) for each in tx.all(BY_CUSTOMER, f"{tenant}/"))
    return [each for each in found if each is not None]


# What becomes of them ------------------------------------------------------------------------------------


def lock(tx: Transaction, now: datetime, relationship: Document) -> Document:
    """Ask the customer for approval; the partner can change nothing any more."""
    schedule = [_step("expired", now + ANSWERED_WITHIN)]
    return save(tx, now, {**relationship, "status": "approvalPending", "schedule": schedule})


def approve(tx: Transaction, now: datetime, relationship: Document, tenant: Document) -> Document:
    """Let the customer's administrator agree; the relationship is active a little later."""
    active = now + LATER
    return _activated(tx, now, relationship, tenant, active, [_step("activating", now + SOON), _step("active", active)])


def _activated(
    tx: Transaction,
    now: datetime,
    relationship: Document,
    tenant: Document,
    active: datetime,
    before: list[dict[str, str]],
) -> Document:
    ends = active + (length(relationship["duration"]) or timedelta())
    changes = {
        "status": "approved" if before else "active",
        "schedule": [*before, *_ending(ends)],
        "customer": {"tenantId": tenant["id"], "displayName": tenant["displayName"]},
        "activatedAt": active.isoformat(),
        "endsAt": ends.isoformat(),
    }
    return save(tx, now, {**relationship, **changes})


def terminate(tx: Transaction, now: datetime, relationship: Document) -> Document:
    """End an active relationship; the rights are gone at once."""
    schedule = [_step("terminating", now + SOON), _step("terminated", now + LATER)]
    changes = {"status": "terminationRequested", "schedule": schedule, "endsAt": now.isoformat()}
    return save(tx, now, {**relationship, **changes})


def grant_default(tx: Transaction, now: datetime, tenant: str) -> Document:
    """Give the partner Microsoft's default relationship with a directory, active from now on.

    Microsoft's FAQ leaves it to the partner to give its roles to a group. With the account's
    `defaultAccessAssignments` they are AdminAgents' at once, as when Microsoft itself moved partners over.
    """
    found = tx.get("tenants", tenant) or {"id": tenant, "displayName": tenant}
    roles = [entra_roles.template_id(name) for name in DEFAULT_ROLES]
    name = f"Default_{uuid.uuid4().hex[:12]}"
    relationship = create(tx, now, name, DEFAULT_DURATION, roles, auto_extend=HALF_YEAR)
    relationship = _activated(tx, now, relationship, found, now, [])
    if (tx.get("account", "partner") or {}).get("defaultAccessAssignments", False):
        assign(tx, now, relationship, agents_group(tx)["id"], roles, status="active")
    return relationship


def end_all(tx: Transaction, now: datetime, tenant: str) -> None:
    """Terminate all that the customer has granted, as its administrator can in the admin centre."""
    for each in of_customer(tx, now, tenant):
        if each["status"] in {"active", "approved", "activating"}:
            terminate(tx, now, each)


# Access assignments --------------------------------------------------------------------------------------


def agents_group(tx: Transaction) -> Document:
    """Return the partner's group AdminAgents, which every Partner Center account has."""
    partner = tenants.partner_id(tx)
    return directory.group(tx, partner, AGENTS) or directory.add_group(tx, partner, AGENTS)


def assign(
    tx: Transaction, now: datetime, relationship: Document, group: str, roles: list[str], *, status: str = "pending"
) -> Document:
    """Give roles of the relationship to a security group of the partner."""
    assignment = {
        "id": str(uuid.uuid4()),
        "relationshipId": relationship["id"],
        "groupId": group,
        "roles": roles,
        "status": status,
        "activeAt": (now if status == "active" else now + LATER).isoformat(),
        "createdAt": now.isoformat(),
    }
    return save_assignment(tx, now, assignment)


def save_assignment(tx: Transaction, now: datetime, assignment: Document) -> Document:
    """Write a changed access assignment back under a new etag, and return it."""
    changed = {**assignment, "etag": str(uuid.uuid4()), "modifiedAt": now.isoformat()}
    tx.put(ASSIGNMENTS, f"{changed['relationshipId']}/{changed['id']}", changed)
    return changed


def remove_assignment(tx: Transaction, assignment: Document) -> None:
    """Take the group's roles away again."""
    tx.delete(ASSIGNMENTS, f"{assignment['relationshipId']}/{assignment['id']}")


def assignments(tx: Transaction, now: datetime, relationship: Document) -> list[Document]:
    """Return the relationship's access assignments as they stand now."""
    found = tx.all(ASSIGNMENTS, f"{relationship['id']}/")
    return [{**each, "status": "active"} if now >= datetime.fromisoformat(each["activeAt"]) else each for each in found]


# What the caller may -------------------------------------------------------------------------------------


def is_active(tx: Transaction, now: datetime, tenant: str) -> bool:
    """Tell whether any delegation with the customer is active."""
    return any(each["status"] == "active" for each in of_customer(tx, now, tenant))


def roles_held(tx: Transaction, now: datetime, tenant: str, caller: dict[str, Any]) -> set[str]:
    """Return the template ids of the roles that the caller has in the customer's directory by delegation."""
    active = [each for each in of_customer(tx, now, tenant) if each["status"] == "active"]
    if not active:
        return set()
    groups = _groups(tx, caller)
    return {
        role
        for each in active
        for assignment in assignments(tx, now, each)
        if assignment["status"] == "active" and assignment["groupId"] in groups
        for role in assignment["roles"]
        if role in each["roles"]
    }


def _groups(tx: Transaction, caller: dict[str, Any]) -> set[str]:
    groups = {each["id"] for each in directory.groups_of(tx, tenants.partner_id(tx), str(caller.get("oid", "")))}
    return groups | {agents_group(tx)["id"]} if caller.get("agent") else groups


def require(request: Request, customer: str, *role_names: str) -> None:
    """Refuse, in Partner Center's words, a caller to whom the customer has delegated none of these roles.

    The Global Administrator may everything; without names any role will do.
    """
    held = roles_held(request.tx, request.now, customer, request.caller)
    wanted = {entra_roles.template_id(name) for name in role_names} | {entra_roles.GLOBAL_ADMINISTRATOR}
    if held & wanted or (held and not role_names):
        return
    if not is_active(request.tx, request.now, customer):
        text = "Access denied. The partner has no delegated administration privileges for the customer."
        raise refuse(403, "2032", text)
    text = "The supplied role does not have the rights to perform the requested operation."
    raise refuse(403, "2032", f"{text} One of these is needed: {', '.join(role_names)}.")
