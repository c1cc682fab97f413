"""Answers for the groups and roles that an object is in; the only routes that do.

https://learn.microsoft.com/graph/api/user-list-memberof
"""

from __future__ import annotations

from typing import Any

from cspctl.simulator import directory, entra_roles
from cspctl.simulator.graph import directory_roles, groups, objects, query, rights
from cspctl.simulator.graph.errors import bad_request, object_body
from cspctl.simulator.graph.service import route
from cspctl.simulator.wire import Request, Response

READ = (*rights.READ_GROUPS, "User.Read.All", "User.ReadWrite.All")
KNOWN = {*groups.KNOWN, "roleTemplateId"}
AT_ONCE = 20


def _id(request: Request, id: str) -> str:
    """Return the object's id; a user goes by its name too."""
    tenant = rights.tenant(request)
    user = directory.user(request.tx, tenant, id) if "@" in id else None
    _, found = objects.find(request, tenant, user["id"] if user else id)
    return str(found.get("objectId") or found["id"])


def _groups(request: Request, id: str, *, deep: bool) -> list[dict[str, Any]]:
    found = directory.groups_of(request.tx, rights.tenant(request), id)
    if deep:
        return found
    return [each for each in found if id.lower() in {member.lower() for member in each["members"]}]


def _member_of(request: Request, id: str, *, deep: bool) -> Response:
    tenant, object_id = rights.tenant(request), _id(request, id)
    found = [objects.shown(request, "Group", each) for each in _groups(request, object_id, deep=deep)]
    for template in directory.roles_of(request.tx, tenant, object_id):
        if template in entra_roles.NAMES:
            role = directory_roles.shown(tenant, template)
            found.append({"@odata.type": "#microsoft.graph.directoryRole", **role})
    return query.page(request, found, "directoryObjects", "directoryObject", known=KNOWN)


@route("GET", "/users/<id>/memberOf", *READ)
@route("GET", "/groups/<id>/memberOf", *rights.READ_GROUPS)
@route("GET", "/servicePrincipals/<id>/memberOf", *rights.READ_DIRECTORY)
def member_of(request: Request, id: str) -> Response:
    """Answer the groups and roles that hold the object directly."""
    return _member_of(request, id, deep=False)


@route("GET", "/users/<id>/transitiveMemberOf", *READ)
@route("GET", "/groups/<id>/transitiveMemberOf", *rights.READ_GROUPS)
@route("GET", "/servicePrincipals/<id>/transitiveMemberOf", *rights.READ_DIRECTORY)
def transitive_member_of(request: Request, id: str) -> Response:
    """Answer the groups that hold the object, within other groups too, and its roles."""
    return _member_of(request, id, deep=True)


@route("GET", "/me/memberOf", *READ, own="User.Read")
def my_groups(request: Request) -> Response:
    """Answer the groups and roles of the person who is signed in."""
    return _member_of(request, rights.caller_id(request), deep=False)


@route("GET", "/me/transitiveMemberOf", *READ, own="User.Read")
def all_my_groups(request: Request) -> Response:
    """Answer the groups and roles of the person who is signed in, within other groups too."""
    return _member_of(request, rights.caller_id(request), deep=True)


@route("POST", "/users/<id>/getMemberGroups", *READ)
@route("POST", "/groups/<id>/getMemberGroups", *rights.READ_GROUPS)
@route("POST", "/servicePrincipals/<id>/getMemberGroups", *rights.READ_DIRECTORY)
@route("POST", "/directoryObjects/<id>/getMemberGroups", *rights.READ_DIRECTORY)
def get_member_groups(request: Request, id: str) -> Response:
    """Answer the ids of the groups that hold the object, within other groups too."""
    secured = object_body(request.body).get("securityEnabledOnly")
    found = _groups(request, _id(request, id), deep=True)
    return _ids(request, [each["id"] for each in found if each["securityEnabled"] or not secured])


@route("POST", "/users/<id>/checkMemberGroups", *READ)
@route("POST", "/groups/<id>/checkMemberGroups", *rights.READ_GROUPS)
@route("POST", "/servicePrincipals/<id>/checkMemberGroups", *rights.READ_DIRECTORY)
@route("POST", "/directoryObjects/<id>/checkMemberGroups", *rights.READ_DIRECTORY)
def check_member_groups(request: Request, id: str) -> Response:
    """Answer which of the groups hold the object, within other groups too."""
    asked = object_body(request.body).get("groupIds")
    if not isinstance(asked, list) or len(asked) > AT_ONCE:
        raise bad_request(f"The property 'groupIds' must be a list of no more than {AT_ONCE} ids.", target="groupIds")
    held = {each["id"].lower() for each in _groups(request, _id(request, id), deep=True)}
    return _ids(request, [each for each in asked if str(each).lower() in held])


def _ids(request: Request, ids: list[str]) -> Response:
    return Response(200, {"@odata.context": query.metadata(request, "Collection(Edm.String)"), "value": ids})
