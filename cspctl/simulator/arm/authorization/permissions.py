"""Answers what the caller may do at a scope, and the deny assignments there, of which there are never any.

https://learn.microsoft.com/rest/api/authorization/permissions
"""

from __future__ import annotations

from cspctl.simulator.arm import paging
from cspctl.simulator.arm.authorization import rights, routing
from cspctl.simulator.arm.authorization.routing import at_scopes
from cspctl.simulator.arm.errors import refuse
from cspctl.simulator.wire import Request, Response


@at_scopes("GET", "Microsoft.Authorization/permissions")
def list_permissions(request: Request, scope: str, _: str) -> Response:
    """List the permissions of every role that the caller has at the scope."""
    routing.require(request, scope)
    held = rights.of(request, routing.subscription_of(request, scope)).at(scope)
    return paging.page(request, [dict(each) for role in held for each in role.permissions])


@at_scopes("GET", "Microsoft.Authorization/denyAssignments")
def list_deny_assignments(request: Request, scope: str, _: str) -> Response:
    """List no deny assignments: only services that are not simulated create them."""
    routing.require(request, scope)
    return paging.page(request, [])


@at_scopes("GET", "Microsoft.Authorization/denyAssignments", named=True)
def get_deny_assignment(request: Request, scope: str, name: str) -> Response:
    """Refuse: there is none."""
    routing.require(request, scope)
    raise refuse(404, "DenyAssignmentNotFound", f"The deny assignment '{name}' is not found.")
