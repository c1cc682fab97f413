"""Answers for members and owners of groups; the only routes that do.

https://learn.microsoft.com/graph/api/group-list-members
"""

from __future__ import annotations

from cspctl.simulator.graph import groups, members, rights
from cspctl.simulator.graph.service import route
from cspctl.simulator.wire import Request, Response


@route("GET", "/groups/<group>/members", *rights.READ_GROUPS)
def list_members(request: Request, group: str) -> Response:
    """Answer a page of a group's members."""
    return members.page(request, groups.find(request, group)["members"])


@route("GET", "/groups/<group>/members/microsoft.graph.<kind>", *rights.READ_GROUPS)
def list_members_of_a_type(request: Request, group: str, kind: str) -> Response:
    """Answer a page of a group's members of one type."""
    return members.page(request, groups.find(request, group)["members"], kind)


@route("GET", "/groups/<group>/transitiveMembers", *rights.READ_GROUPS)
def list_transitive_members(request: Request, group: str) -> Response:
    """Answer a page of all that is in a group, within other groups too."""
    return members.page(request, members.everybody(request, groups.find(request, group)))


@route("GET", "/groups/<group>/owners", *rights.READ_GROUPS)
def list_owners(request: Request, group: str) -> Response:
    """Answer a page of a group's owners."""
    return members.page(request, groups.find(request, group)["owners"])


@route("POST", "/groups/<group>/members/$ref", *rights.WRITE_MEMBERS)
def add_member(request: Request, group: str) -> Response:
    """Add a member."""
    found = groups.find(request, group)
    groups.require_writer(request, found, rights.GROUP_WRITERS)
    return members.add(request, found, "members")


@route("DELETE", "/groups/<group>/members/<member>/$ref", *rights.WRITE_MEMBERS)
def remove_member(request: Request, group: str, member: str) -> Response:
    """Remove a member; the object itself stays."""
    found = groups.find(request, group)
    groups.require_writer(request, found, rights.GROUP_WRITERS)
    return members.remove(request, found, "members", member)


@route("POST", "/groups/<group>/owners/$ref", *rights.WRITE_GROUPS)
def add_owner(request: Request, group: str) -> Response:
    """Add an owner."""
    found = groups.find(request, group)
    groups.require_writer(request, found, rights.GROUP_WRITERS)
    return members.add(request, found, "owners")


@route("DELETE", "/groups/<group>/owners/<owner>/$ref", *rights.WRITE_GROUPS)
def remove_owner(request: Request, group: str, owner: str) -> Response:
    """Remove an owner, unless it is the last one."""
    found = groups.find(request, group)
    groups.require_writer(request, found, rights.GROUP_WRITERS)
    return members.remove(request, found, "owners", owner)
