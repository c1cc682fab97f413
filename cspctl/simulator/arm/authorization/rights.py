"""Decides what a caller may do by its role assignments; the only place that does.

https://learn.microsoft.com/azure/role-based-access-control/overview#how-azure-rbac-determines-if-a-user-has-access-to-a-resource
Conditions of assignments are not evaluated: the assignment counts as though its condition held.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cspctl.simulator.arm.authorization import assignments, principals, roles, scopes
from cspctl.simulator.arm.authorization.actions import Demand
from cspctl.simulator.arm.authorization.roles import Role
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request


@dataclass(frozen=True)
class Grant:
    """A role that the caller has at a scope."""

    scope: str
    role: Role


class Rights:
    """What one caller may do in one subscription."""

    def __init__(self, grants: Iterable[Grant]) -> None:
        """Hold the grants."""
        self.grants = list(grants)

    def may(self, action: str, scope: str) -> bool:
        """Tell whether the caller may do this here."""
        return any(scopes.covers(each.scope, scope) and each.role.allows(action) for each in self.grants)

    def meets(self, demand: Demand) -> bool:
        """Tell whether the request may go on, for a list possibly with a part of what is there."""
        if self.may(demand.action, demand.scope) or (demand.is_open and self.grants):
            return True
        inside = (each for each in self.grants if scopes.covers(demand.scope.partition("/providers/")[0], each.scope))
        return demand.is_list and any(each.role.allows(demand.action) for each in inside)

    def at(self, scope: str) -> list[Role]:
        """Return the roles that hold at the scope, each once."""
        found = {each.role.id: each.role for each in self.grants if scopes.covers(each.scope, scope)}
        return list(found.values())


def of(request: Request, subscription: Document, who: frozenset[str] | None = None) -> Rights:
    """Return what the caller may do in the subscription; `who` saves asking for the caller's groups again."""
    who = principals.of(request) if who is None else who
    held = (each for each in assignments.in_subscription(request.tx, subscription["id"]) if each["principalId"] in who)
    found = ((each["scope"], roles.find(request.tx, subscription["tenantId"], each["role"])) for each in held)
    return Rights(Grant(scope, role) for scope, role in found if role is not None)
