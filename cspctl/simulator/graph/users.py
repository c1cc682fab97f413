"""Answers for the users of a directory; the only routes of Microsoft Graph that write them.

https://learn.microsoft.com/graph/api/resources/user
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from cspctl.simulator import directory
from cspctl.simulator.graph import objects, query, rights, user_rules
from cspctl.simulator.graph.errors import bad_request, conflict, denied, not_found, object_body, refuse
from cspctl.simulator.graph.service import route
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request, Response

KNOWN = {*objects.USER_DEFAULT, *objects.USER_TEXTS, *objects.USER_LISTS, *objects.USER_FIELDS}
KNOWN |= {"accountEnabled", "assignedLicenses", "createdDateTime", "creationType", "deletedDateTime"}
KNOWN |= {"externalUserState", "onPremisesSyncEnabled", "passwordProfile", "proxyAddresses", "userType"}


# Finding -------------------------------------------------------------------------------------------------


def find(request: Request, id_or_upn: str) -> Document:
    """Return the user, or refuse: unknown, deleted, or too new for this replica."""
    found = directory.user(request.tx, rights.tenant(request), id_or_upn)
    if found is None or not directory.is_ready(found, request.now):
        raise not_found(id_or_upn)
    return found


def settled(request: Request) -> list[Document]:
    """Return the users that this replica knows by now."""
    known = directory.users(request.tx, rights.tenant(request))
    return [each for each in known if directory.is_ready(each, request.now)]


@route("GET", "/users", *rights.READ_USERS)
def list_users(request: Request) -> Response:
    """Answer a page of users."""
    found = [objects.user(each) for each in settled(request)]
    return query.page(request, found, "users", "user", objects.USER_DEFAULT, known=KNOWN)


@route("GET", "/users/$count", *rights.READ_USERS)
def count_users(request: Request) -> Response:
    """Answer how many users there are."""
    return query.count(request, [objects.user(each) for each in settled(request)], "user")


@route("GET", "/users/<user>", *rights.READ_USERS)
def get(request: Request, user: str) -> Response:
    """Answer one user by id or user principal name."""
    return query.one(request, objects.user(find(request, user)), "users", "user", objects.USER_DEFAULT)


@route("GET", "/me", *rights.READ_USERS, own="User.Read")
def me(request: Request) -> Response:
    """Answer the person who is signed in; who comes by delegation is no user of the customer's directory."""
    if not request.is_user:
        raise refuse(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
    found = find(request, rights.caller_id(request))
    return query.one(request, objects.user(found), "users", "user", objects.USER_DEFAULT)


# Writing -------------------------------------------------------------------------------------------------


@route("POST", "/users", *rights.WRITE_USERS)
def create(request: Request) -> Response:
    """Add a user; other replicas hear of it a few seconds later."""
    rights.require_role(request, *rights.USER_CREATORS)
    body = object_body(request.body)
    user_rules.check_new(request, body)
    name, profile = str(body["userPrincipalName"]), body["passwordProfile"]
    user = directory.add_user(
        request.tx, request.now, rights.tenant(request), name, password=str(profile["password"]), **_fields(body)
    )
    user["forceChangePassword"] = bool(profile.get("forceChangePasswordNextSignIn", True))
    user["readyAt"] = (request.now + lag(user["id"])).isoformat()
    directory.save_user(request.tx, user)
    request.tx.effects.append(f"user created {user['id']}")
    location = objects.location(request, user["id"], "User")
    shown = objects.user(user)
    return query.one(request, shown, "users", "user", objects.USER_DEFAULT, status=201, location=location)


def lag(id: str) -> timedelta:
    """Return how long a new object takes to be known everywhere, a different time for each."""
    return timedelta(seconds=2 + int(id[:2], 16) % 7)


def _fields(body: dict[str, Any], before: Document | None = None) -> dict[str, Any]:
    """Return what the body says, in the directory's names."""
    fields = {ours: body[theirs] for theirs, ours in objects.USER_FIELDS.items() if theirs in body}
    if before is None:
        fields.pop("userPrincipalName", None)
    for flag in ("accountEnabled", "userType"):
        if flag in body:
            fields[flag] = body[flag]
    extra = {key: body[key] for key in (*objects.USER_TEXTS, *objects.USER_LISTS) if key in body}
    kept = (before or {}).get("graph") or {}
    return {**fields, "graph": {**kept, **extra}} if extra or kept else fields


@route("PATCH", "/users/<user>", *rights.WRITE_USERS)
def update(request: Request, user: str) -> Response:
    """Change the given properties of a user."""
    found, body = find(request, user), object_body(request.body)
    user_rules.check_fields(request, body, own=found["id"])
    _check_may_change(request, found, body)
    changes = _fields(body, found)
    if "passwordProfile" in body:
        profile = body["passwordProfile"] or {}
        changes["forceChangePassword"] = bool(profile.get("forceChangePasswordNextSignIn", True))
        if profile.get("password"):
            changes["passwordHash"] = directory.hashed(str(profile["password"]))
            request.tx.effects.append(f"password reset {found['id']}")
    directory.save_user(request.tx, {**found, **changes})
    request.tx.effects.append(f"user updated {found['id']} {', '.join(sorted(body))}")
    return Response(204)


def _check_may_change(request: Request, user: Document, body: dict[str, Any]) -> None:
    if set(body) != {"passwordProfile"}:
        rights.require_role(request, *rights.USER_CREATORS)
    if "passwordProfile" in body:
        rights.require_role(request, *rights.PASSWORD_SETTERS)
    if set(body) & user_rules.SENSITIVE:
        check_rank(request, user)


def check_rank(request: Request, user: Document) -> None:
    """Refuse to touch an administrator to whom is none of the highest: they alone may."""
    if directory.roles_of(request.tx, user["tenantId"], user["id"]):
        rights.require_role(request, "Privileged Authentication Administrator")
        # An application needs a directory role for that, whatever permission it has.
        if not request.is_user and not rights.has_role(request, "Privileged Authentication Administrator"):
            raise denied()


@route("DELETE", "/users/<user>", *rights.WRITE_USERS)
def delete(request: Request, user: str) -> Response:
    """Put a user away for 30 days; its name is free at once."""
    rights.require_role(request, *rights.USER_DELETERS)
    found = find(request, user)
    check_rank(request, found)
    directory.delete_user(request.tx, request.now, found)
    request.tx.effects.append(f"user deleted {found['id']}")
    return Response(204)


def restore(request: Request, deleted: Document) -> Document:
    """Bring a deleted user back, unless somebody else has its name by now."""
    rights.require_role(request, *rights.USER_DELETERS)
    check_rank(request, deleted)
    if deleted["state"] == "active":
        raise bad_request("The object is not deleted.")
    if directory.user(request.tx, deleted["tenantId"], deleted["userPrincipalName"]) is not None:
        raise conflict("userPrincipalName")
    request.tx.effects.append(f"user restored {deleted['id']}")
    return directory.restore_user(request.tx, deleted)
