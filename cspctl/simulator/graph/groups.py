"""Answers for the groups of a directory; the only routes that create, change and delete them.

https://learn.microsoft.com/graph/api/resources/group
"""

from __future__ import annotations

import re
from typing import Any

from cspctl.simulator import directory
from cspctl.simulator.graph import members, objects, query, rights, users
from cspctl.simulator.graph.errors import bad_request, denied, invalid, missing, not_found, object_body
from cspctl.simulator.graph.service import route
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request, Response

REQUIRED = ("displayName", "mailEnabled", "mailNickname", "securityEnabled")
LENGTHS = {"displayName": 256, "mailNickname": 64, "description": 1024}
OWN = ("displayName", "description", "mailNickname", "mailEnabled", "securityEnabled", "groupTypes")
FLAGS = ("mailEnabled", "securityEnabled", "isAssignableToRole")
NICKNAME = re.compile(r"[!-~]+")
NOT_IN_NICKNAME = set('@()\\[]";:<>, ')
BINDINGS = ("members@odata.bind", "owners@odata.bind")
WRITTEN = {*OWN, *objects.GROUP_TEXTS, "isAssignableToRole", *BINDINGS}
KNOWN = {*OWN, *objects.GROUP_TEXTS, *objects.GROUP_NULLS, *objects.GROUP_LISTS, "id", "isAssignableToRole"}
KNOWN |= {"createdDateTime", "deletedDateTime", "renewedDateTime"}
MAIL_ENABLED = (
    "The service does not currently support writes of mail-enabled groups. "
    "Please ensure that the mail-enablement property is unset and the security-enablement property is set."
)


# Finding -------------------------------------------------------------------------------------------------


def find(request: Request, id: str) -> Document:
    """Return the group with this id, or refuse: unknown, deleted, or too new for this replica."""
    found = request.tx.get(directory.GROUPS, f"{rights.tenant(request)}/{id}")
    if found is None or found["deletedAt"] is not None or not directory.is_ready(found, request.now):
        raise not_found(id)
    return found


def _settled(request: Request) -> list[dict[str, Any]]:
    known = directory.groups(request.tx, rights.tenant(request))
    return [objects.group(each) for each in known if directory.is_ready(each, request.now)]


@route("GET", "/groups", *rights.READ_GROUPS)
def list_groups(request: Request) -> Response:
    """Answer a page of groups."""
    return query.page(request, _settled(request), "groups", "group", known=KNOWN)


@route("GET", "/groups/$count", *rights.READ_GROUPS)
def count_groups(request: Request) -> Response:
    """Answer how many groups there are."""
    return query.count(request, _settled(request), "group")


@route("GET", "/groups/<group>", *rights.READ_GROUPS, expand=("members", "owners"))
def get(request: Request, group: str) -> Response:
    """Answer one group, with the members or owners that `$expand` asks for (no more than 20)."""
    found = find(request, group)
    shown, expand = objects.group(found), request.query.get("$expand").partition("(")[0]
    if expand in {"members", "owners"}:
        shown[expand] = members.shown(request, found[expand])[:20]
    return query.one(request, shown, "groups", "group")


# Writing -------------------------------------------------------------------------------------------------


def require_writer(request: Request, group: Document | None, roles: tuple[str, ...]) -> None:
    """Refuse who may not write the group: an administrator may, its owners, and anybody a new security group."""
    assignable = group is not None and group["isAssignableToRole"]
    if not rights.by_role(request):
        if assignable:
            rights.require_permission(request, *rights.WRITE_ROLES)
        return
    owned = group is not None and rights.caller_id(request) in group["owners"]
    allowed = rights.ROLE_WRITERS if assignable else roles
    if owned or rights.has_role(request, *allowed) or (group is None and rights.is_member(request)):
        return
    raise denied()


@route("POST", "/groups", *rights.WRITE_GROUPS)
def create(request: Request) -> Response:
    """Add a group, with the members and owners that the body binds."""
    body = object_body(request.body)
    require_writer(request, None, rights.GROUP_WRITERS)
    _check_new(request, body)
    bound: dict[str, Any] = {key: members.bound(request, body, key) for key in ("members", "owners")}
    if not bound["owners"] and rights.is_member(request):
        bound["owners"] = [rights.caller_id(request)]
    extra = {key: body[key] for key in objects.GROUP_TEXTS if key in body}
    group = directory.add_group(
        request.tx,
        rights.tenant(request),
        str(body["displayName"]),
        created_at=request.now.isoformat(),
        **{key: body[key] for key in OWN[1:] if key in body},
        isAssignableToRole=body.get("isAssignableToRole"),
        graph=extra,
        **bound,
    )
    group["readyAt"] = (request.now + users.lag(group["id"])).isoformat()
    directory.save_group(request.tx, group)
    request.tx.effects.append(f"group created {group['id']}")
    location = objects.location(request, group["id"], "Group")
    return query.one(request, objects.group(group), "groups", "group", status=201, location=location)


def _check_new(request: Request, body: dict[str, Any]) -> None:
    for name in REQUIRED:
        if body.get(name) in (None, ""):
            raise missing(name, "Group")
    _check_fields(body)
    unified = "Unified" in (body.get("groupTypes") or [])
    if body["mailEnabled"] != unified or not (unified or body["securityEnabled"]):
        raise bad_request(MAIL_ENABLED)
    if body.get("isAssignableToRole"):
        rights.require_permission(request, *rights.WRITE_ROLES)
        rights.require_role(request, *rights.ROLE_WRITERS)


def _check_fields(body: dict[str, Any]) -> None:
    for name, value in body.items():
        if name not in WRITTEN and not name.startswith("@odata."):
            text = f"Property '{name}' does not exist as a declared property or extension property."
            raise bad_request(f"One or more property values specified are invalid. {text}", target=name)
        kind: type = bool if name in FLAGS else list if name in ("groupTypes", *BINDINGS) else str
        if value is not None and not isinstance(value, kind):
            raise invalid(name, "Group")
        if isinstance(value, str) and len(value) > LENGTHS.get(name, 1024):
            raise invalid(name, "Group")
    # DynamicMembership takes a licence and a rule, neither of which is simulated.
    if set(body.get("groupTypes") or []) - {"Unified"}:
        raise invalid("groupTypes", "Group")
    nickname = body.get("mailNickname")
    if nickname is not None and (not NICKNAME.fullmatch(nickname) or set(nickname) & NOT_IN_NICKNAME):
        raise invalid("mailNickname", "Group")
    if body.get("displayName") == "":
        raise invalid("displayName", "Group")


@route("PATCH", "/groups/<group>", *rights.WRITE_GROUPS)
def update(request: Request, group: str) -> Response:
    """Change the given properties of a group; members that the body binds are added to those there are."""
    found, body = find(request, group), object_body(request.body)
    require_writer(request, found, rights.GROUP_WRITERS)
    _check_fields(body)
    if "isAssignableToRole" in body:
        raise bad_request("Property 'isAssignableToRole' is immutable and cannot be updated.")
    if body.get("mailEnabled", found["mailEnabled"]) != found["mailEnabled"]:
        raise bad_request(MAIL_ENABLED)
    changes: dict[str, Any] = {key: body[key] for key in OWN if key in body}
    extra = {key: body[key] for key in objects.GROUP_TEXTS if key in body}
    changed = {**found, **changes, "graph": {**(found.get("graph") or {}), **extra}}
    for key in ("members", "owners"):
        changed[key] = [*changed[key], *members.added(request, changed[key], body, key)]
    directory.save_group(request.tx, changed)
    request.tx.effects.append(f"group updated {found['id']} {', '.join(sorted(body))}")
    return Response(204)


@route("DELETE", "/groups/<group>", *rights.WRITE_GROUPS)
def delete(request: Request, group: str) -> Response:
    """Delete a group: a security group for good, a Microsoft 365 group for 30 days first."""
    found = find(request, group)
    require_writer(request, found, rights.GROUP_DELETERS)
    directory.delete_group(request.tx, request.now, found, forever="Unified" not in found["groupTypes"])
    request.tx.effects.append(f"group deleted {found['id']}")
    return Response(204)
