"""Answers for directory roles and their members; the only routes of Partner Center that grant them.

https://learn.microsoft.com/partner-center/developer/get-user-roles-for-a-customer and …/set-user-roles-for-a-customer
"""

from __future__ import annotations

from typing import Any

from cspctl.simulator import directory, entra_roles
from cspctl.simulator.partner_center import users
from cspctl.simulator.partner_center.answers import refuse, resource
from cspctl.simulator.partner_center.service import is_guid, routes
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request, Response

# Partner Center gives the names that Azure AD Graph had; Microsoft's documentation of roles lists them as the
# names of Azure AD PowerShell. All others are the same everywhere.
OLDER_NAMES = {
    "Global Administrator": "Company Administrator",
    "User Administrator": "User Account Administrator",
    "Exchange Administrator": "Exchange Service Administrator",
    "SharePoint Administrator": "SharePoint Service Administrator",
    "Skype for Business Administrator": "Lync Service Administrator",
    "Dynamics 365 Administrator": "CRM Service Administrator",
    "Fabric Administrator": "Power BI Service Administrator",
    "Intune Administrator": "Intune Service Administrator",
    "Teams Administrator": "Teams Service Administrator",
}

# https://learn.microsoft.com/partner-center/dap-api-impact and …/developer/get-user-roles-for-a-customer
ROLE_READERS = (
    "Directory Readers",
    "Global Reader",
    "User Administrator",
    "Privileged Role Administrator",
    "Directory Writers",
)
MEMBER_READERS = ("Directory Readers", "Global Reader", "Directory Writers", "Privileged Role Administrator")
GRANTERS = ("Privileged Role Administrator",)


def _collection(items: list[dict[str, Any]]) -> Response:
    return Response(200, {"totalCount": len(items), "items": items, "attributes": {"objectType": "Collection"}})


def _role(template: str) -> dict[str, Any]:
    name = entra_roles.NAMES[template]
    return resource({"name": OLDER_NAMES.get(name, name), "id": template}, "DirectoryRole")


def _member(user: Document, template: str) -> dict[str, Any]:
    body = {
        "displayName": user["displayName"],
        "userPrincipalName": user["userPrincipalName"],
        "roleId": template,
        "id": user["id"],
    }
    return resource(body, "UserMember")


def _known(role: str) -> str:
    """Return the template id of the role, or refuse."""
    if not is_guid(role):
        raise refuse(400, "2000", "Role Id must be a GUID.")
    if role.lower() not in entra_roles.NAMES:
        # Nothing is documented for it; 1000 is the general "not found".
        raise refuse(404, "1000", f"The directory role {role} was not found.")
    return role.lower()


@routes.route("GET", "/v1/customers/<customer>/directoryroles", user=True)
def list_roles(request: Request, customer: str) -> Response:
    """Answer all roles of the customer's directory; their ids are the same everywhere."""
    users.opened(request, customer, ROLE_READERS)
    return _collection([_role(template) for template in entra_roles.NAMES])


@routes.route("GET", "/v1/customers/<customer>/users/<user>/directoryroles", user=True)
def roles_of_user(request: Request, customer: str, user: str) -> Response:
    """Answer the roles that a user has itself, not through groups."""
    owner = users.opened(request, customer, users.READERS)
    found = users.find(request, owner, user)
    held = directory.roles_of(request.tx, owner["id"], found["id"])
    return _collection([_role(template) for template in held if template in entra_roles.NAMES])


@routes.route("GET", "/v1/customers/<customer>/directoryroles/<role>/usermembers", user=True)
def list_members(request: Request, customer: str, role: str) -> Response:
    """Answer the users that have a role; groups and service principals are not among them."""
    owner = users.opened(request, customer, MEMBER_READERS)
    template = _known(role)
    found = (directory.user(request.tx, owner["id"], each) for each in _members(request, owner, template))
    return _collection([_member(user, template) for user in found if user is not None])


def _members(request: Request, owner: Document, template: str) -> list[str]:
    return directory.role_members(request.tx, owner["id"], template)


@routes.route("POST", "/v1/customers/<customer>/directoryroles/<role>/usermembers", user=True)
def add_member(request: Request, customer: str, role: str) -> Response:
    """Give a user a role; giving it again changes nothing and is answered alike, for nothing else is documented."""
    owner = users.opened(request, customer, GRANTERS)
    template = _known(role)
    body = request.body if isinstance(request.body, dict) else {}
    user = users.find(request, owner, str(body.get("id") or ""))
    if user["id"] not in _members(request, owner, template):
        directory.add_role_member(request.tx, owner["id"], template, user["id"])
        request.tx.effects.append(f"role granted {template} to {user['id']}")
    return Response(201, _member(user, template))


@routes.route("DELETE", "/v1/customers/<customer>/directoryroles/<role>/usermembers/<user>", user=True)
def remove_member(request: Request, customer: str, role: str, user: str) -> Response:
    """Take a role from a user."""
    owner = users.opened(request, customer, GRANTERS)
    template = _known(role)
    found = users.find(request, owner, user)
    if template == entra_roles.GLOBAL_ADMINISTRATOR and _members(request, owner, template) == [found["id"]]:
        # Microsoft Entra does not let a directory be without one.
        raise refuse(400, "3000", "The last Global Administrator of a directory cannot be removed from the role.")
    if not directory.remove_role_member(request.tx, owner["id"], template, found["id"]):
        raise refuse(404, "60002", f"User object ID {user} is not found in the role {template}.")
    request.tx.effects.append(f"role withdrawn {template} from {found['id']}")
    return Response(204)
