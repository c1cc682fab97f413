"""Knows which users few may touch: administrators' names, passwords and existence; the only place with that rule.

https://learn.microsoft.com/entra/identity/role-based-access-control/privileged-roles-permissions,
"Who can perform sensitive actions"
"""

from __future__ import annotations

from typing import Any

from cspctl.simulator import delegations, directory, entra_roles
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request

# Who has none but these is no more than other users to a User Administrator.
HARMLESS = {
    "Directory Readers",
    "Groups Administrator",
    "Guest Inviter",
    "Helpdesk Administrator",
    "Message Center Reader",
    "Password Administrator",
    "Reports Reader",
    "Usage Summary Reports Reader",
    "User Administrator",
    "User Experience Success Manager",
}
SENSITIVE = ("userPrincipalName", "immutableId", "phoneNumber", "passwordProfile", "state")
MAY_ALL = "Privileged Authentication Administrator"


def check_changes(request: Request, user: Document, body: dict[str, Any]) -> None:
    """Refuse a change of something sensitive about an administrator to who may not touch administrators."""
    if any(body.get(name) is not None and body[name] != user.get(name) for name in SENSITIVE):
        check(request, user)


def check(request: Request, user: Document) -> None:
    """Refuse who may not touch this user; a user without an administrator's role is everybody's."""
    if _is_protected(request, user):
        delegations.require(request, user["tenantId"], MAY_ALL)


def _is_protected(request: Request, user: Document) -> bool:
    groups = directory.groups_of(request.tx, user["tenantId"], user["id"])
    if any(each["isAssignableToRole"] for each in groups):
        return True
    held = directory.roles_of(request.tx, user["tenantId"], user["id"])
    return any(entra_roles.NAMES.get(role) not in HARMLESS for role in held)
