"""Knows foreign principals: groups of partners that hold roles in customers' subscriptions; the only place.

A subscription under a partner's Azure plan begins with one assignment: the partner's AdminAgents group is Owner.
https://learn.microsoft.com/partner-center/customers/reinstate-csp
"""

from __future__ import annotations

import uuid
from datetime import datetime

from cspctl.simulator import directory, tenants
from cspctl.simulator.arm.authorization import assignments, roles
from cspctl.simulator.store import Document, Transaction

TYPE = "ForeignGroup"
AGENTS = "AdminAgents"


def agents(tx: Transaction) -> str:
    """Return the object id of the partner's AdminAgents group."""
    group = directory.group(tx, tenants.partner_id(tx), AGENTS)
    if group is None:
        raise LookupError(f"the partner's directory has no group {AGENTS}")
    return str(group["id"])


def grant(tx: Transaction, now: datetime, tenant: str, subscription: str, role: str) -> Document:
    """Give the partner's agents a role (GUID) on a subscription of the directory."""
    own = tenant.lower() == tenants.partner_id(tx).lower()
    scope = f"/subscriptions/{subscription}"
    return assignments.add(tx, now, tenant, scope, role, agents(tx), "Group" if own else TYPE)


def grant_former(tx: Transaction, now: datetime, tenant: str, subscription: str, principal: str = "") -> Document:
    """Let a former partner's agents be Owner still: in no directory that we know is there a group of this id."""
    scope = f"/subscriptions/{subscription}"
    return assignments.add(tx, now, tenant, scope, roles.OWNER, principal or str(uuid.uuid4()), TYPE)


def first_assignments(tx: Transaction, now: datetime, tenant: str, subscription: str, channel: str) -> None:
    """Write the assignment that a new subscription begins with: it has an Owner, the partner's or the customer's."""
    if channel == "csp":
        grant(tx, now, tenant, subscription, roles.OWNER)
        return
    scope = f"/subscriptions/{subscription}"
    # Whoever buys a subscription is its Owner; in a small company that is the administrator.
    for buyer in directory.role_members(tx, tenant, directory.GLOBAL_ADMINISTRATOR)[:1]:
        assignments.add(tx, now, tenant, scope, roles.OWNER, buyer, "User")
