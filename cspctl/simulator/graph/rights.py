"""Decides who may do what in a directory; the only place that compares permissions and roles with a request.

A person needs a permission that the application was granted *and* a directory role; an application needs a
permission of its own, or a directory role.
https://learn.microsoft.com/graph/permissions-overview
"""

from __future__ import annotations

from cspctl.simulator import applications, delegations, directory, entra_roles, national_clouds, tenants
from cspctl.simulator.graph.errors import denied
from cspctl.simulator.store import Transaction
from cspctl.simulator.wire import Match, Request

# What a person who may do something in the portal may do through any application with this permission.
AS_USER = "Directory.AccessAsUser.All"

READ_DIRECTORY = ("Directory.Read.All", "Directory.ReadWrite.All")
READ_USERS = ("User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", *READ_DIRECTORY)
WRITE_USERS = ("User.ReadWrite.All", "Directory.ReadWrite.All")
READ_GROUPS = ("GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", *READ_DIRECTORY)
WRITE_GROUPS = ("Group.ReadWrite.All", "Directory.ReadWrite.All")
WRITE_MEMBERS = ("GroupMember.ReadWrite.All", *WRITE_GROUPS)
READ_APPLICATIONS = (
    "Application.Read.All",
    "Application.ReadWrite.All",
    "Application.ReadWrite.OwnedBy",
    *READ_DIRECTORY,
)
WRITE_APPLICATIONS = ("Application.ReadWrite.All", "Application.ReadWrite.OwnedBy", "Directory.ReadWrite.All")
READ_ROLES = ("RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory", *READ_DIRECTORY)
WRITE_ROLES = ("RoleManagement.ReadWrite.Directory",)
READ_ORGANIZATION = ("Organization.Read.All", "Organization.ReadWrite.All", *READ_DIRECTORY)
READ_LICENSES = ("LicenseAssignment.Read.All", *READ_ORGANIZATION)
ASSIGN_LICENSES = ("LicenseAssignment.ReadWrite.All", *WRITE_USERS)
READ_DELEGATIONS = ("DelegatedAdminRelationship.Read.All", "DelegatedAdminRelationship.ReadWrite.All")
WRITE_DELEGATIONS = ("DelegatedAdminRelationship.ReadWrite.All",)

# https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
USER_CREATORS = ("User Administrator", "Directory Writers")
USER_DELETERS = ("User Administrator",)
PASSWORD_SETTERS = (
    "User Administrator",
    "Helpdesk Administrator",
    "Password Administrator",
    "Authentication Administrator",
    "Privileged Authentication Administrator",
)
GROUP_WRITERS = ("Groups Administrator", "User Administrator", "Directory Writers")
GROUP_DELETERS = ("Groups Administrator", "User Administrator")
APPLICATION_WRITERS = ("Application Administrator", "Cloud Application Administrator")
ROLE_WRITERS = ("Privileged Role Administrator",)
LICENSE_WRITERS = ("License Administrator", "User Administrator", "Directory Writers")


def tenant(request: Request) -> str:
    """Return the id of the directory that the token is for."""
    return str(request.caller.get("tid", ""))


def caller_id(request: Request) -> str:
    """Return the caller's object id."""
    return str(request.caller.get("oid", ""))


def is_member(request: Request) -> bool:
    """Tell whether the caller is a person of this directory, not one of the partner in a customer's."""
    return request.is_user and directory.user(request.tx, tenant(request), caller_id(request)) is not None


def roles_held(request: Request) -> set[str]:
    """Return the template ids of the directory roles that the caller has here, in person or by delegation."""
    own = _own_roles(request.tx, tenant(request), caller_id(request))
    if not request.is_user or is_member(request):
        return own
    return own | delegations.roles_held(request.tx, request.now, tenant(request), request.caller)


def _own_roles(tx: Transaction, tenant: str, object_id: str) -> set[str]:
    groups = [each["id"] for each in directory.groups_of(tx, tenant, object_id) if each["isAssignableToRole"]]
    return {role for each in (object_id, *groups) for role in directory.roles_of(tx, tenant, each)}


def has_role(request: Request, *names: str) -> bool:
    """Tell whether the caller has one of the roles; the Global Administrator has every one."""
    wanted = {entra_roles.template_id(name) for name in names} | {entra_roles.GLOBAL_ADMINISTRATOR}
    return bool(roles_held(request) & wanted)


def by_role(request: Request) -> bool:
    """Tell whether roles decide: for people always, for an application unless it has the permission itself."""
    return request.is_user or not request.caller.get("permitted")


def require_role(request: Request, *names: str) -> None:
    """Refuse who has none of the roles, where roles decide."""
    if by_role(request) and not has_role(request, *names):
        raise denied()


def granted(request: Request) -> set[str]:
    """Return the permissions of the token: delegated ones (`scp`) or the application's own (`roles`).

    On the simulator's own address one token opens every service, and says what it may in another one: there
    what was consented to for Microsoft Graph counts.
    """
    audience = str(request.caller.get("aud", "")).rstrip("/")
    if audience != request.base_url or national_clouds.is_microsofts(audience):
        found = str(request.caller.get("scp", "")).split() if request.is_user else request.caller.get("roles")
        return set(found or [])
    client = str(request.caller.get("appid", ""))
    if not request.is_user:
        return set(tenants.app_roles(request.tx, tenant(request), client, tenants.GRAPH))
    consent = tenants.consent(request.tx, tenant(request), client, tenants.GRAPH) or {}
    known = applications.PREAUTHORIZED.get(client, {}).get(tenants.GRAPH, "")
    return set(str(consent.get("scope") or known).replace(",", " ").split())


def require_permission(request: Request, *permissions: str) -> None:
    """Refuse a token that has none of the permissions in `scp` (delegated) or `roles` (the application's)."""
    held = granted(request)
    request.caller["permitted"] = bool(held & set(permissions))
    if request.caller["permitted"]:
        return
    if AS_USER in held if request.is_user else roles_held(request):
        return
    raise denied()


def check(request: Request, match: Match) -> None:
    """Refuse a request that its route does not allow.

    Routes say `permissions`; `own` is the permission that will do where a person asks about itself. A person may
    read the directory that it belongs to; one who comes by delegation needs a role there, whichever it is: the
    documentation lists no role that could be delegated and read nothing.
    """
    needed = match.requirements["permissions"]
    own = match.requirements.get("own")
    if own and own in granted(request) and is_member(request):
        return
    require_permission(request, *needed)
    if request.is_user and not is_member(request) and not roles_held(request):
        raise denied()
