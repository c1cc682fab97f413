"""Answers for what was deleted and can still be restored; the only routes that bring it back.

https://learn.microsoft.com/graph/api/resources/directory
"""

from __future__ import annotations

from cspctl.simulator import directory
from cspctl.simulator.graph import objects, query, rights, users
from cspctl.simulator.graph.errors import not_found
from cspctl.simulator.graph.service import not_simulated, route
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request, Response

READ = (*rights.READ_USERS, *rights.READ_GROUPS)
WRITE = (*rights.WRITE_USERS, *rights.WRITE_GROUPS)


def _find(request: Request, id: str) -> tuple[str, Document]:
    if id.lower().startswith("microsoft.graph."):
        raise not_simulated(request)
    tenant = rights.tenant(request)
    user = directory.user(request.tx, tenant, id, active=False)
    if user is not None:
        return "User", user
    group = request.tx.get(directory.GROUPS, f"{tenant}/{id}")
    if group is not None and group["deletedAt"] is not None:
        return "Group", group
    raise not_found(id)


@route("GET", "/directory/deletedItems/microsoft.graph.user", *rights.READ_USERS)
def list_users(request: Request) -> Response:
    """Answer a page of deleted users."""
    found = directory.users(request.tx, rights.tenant(request), active=False)
    shown = [objects.user(each) for each in found]
    return query.page(request, shown, "users", "user", (*objects.USER_DEFAULT, "deletedDateTime"), known=users.KNOWN)


@route("GET", "/directory/deletedItems/microsoft.graph.group", *rights.READ_GROUPS)
def list_groups(request: Request) -> Response:
    """Answer a page of deleted groups."""
    found = directory.groups(request.tx, rights.tenant(request), active=False)
    return query.page(request, [objects.group(each) for each in found], "groups", "group")


@route("GET", "/directory/deletedItems/<id>", *READ)
def get(request: Request, id: str) -> Response:
    """Answer one deleted object."""
    kind, found = _find(request, id)
    shown = objects.whole(request, kind, found)
    return query.one(request, shown, "directoryObjects", kind.lower())


@route("POST", "/directory/deletedItems/<id>/restore", *WRITE)
def restore(request: Request, id: str) -> Response:
    """Bring a deleted user or group back as it was."""
    kind, found = _find(request, id)
    if kind == "User":
        restored = users.restore(request, found)
    else:
        rights.require_role(request, *rights.GROUP_DELETERS)
        restored = directory.restore_group(request.tx, found)
        request.tx.effects.append(f"group restored {found['id']}")
    return query.one(request, objects.shown(request, kind, restored), "directoryObjects", kind.lower())


@route("DELETE", "/directory/deletedItems/<id>", *WRITE)
def purge(request: Request, id: str) -> Response:
    """Delete a deleted object for good before its 30 days are over."""
    kind, found = _find(request, id)
    if kind == "User":
        rights.require_role(request, *rights.USER_DELETERS)
        users.check_rank(request, found)
    else:
        rights.require_role(request, *rights.GROUP_DELETERS)
    directory.purge(request.tx, found)
    request.tx.effects.append(f"{kind.lower()} purged {found['id']}")
    return Response(204)
