"""Answers for the users of a customer's directory; the only routes of Partner Center that write them.

https://learn.microsoft.com/partner-center/developer/user-resources and …/create-user-accounts-for-a-customer
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from cspctl.simulator import delegations, directory, licensing
from cspctl.simulator.incoming import json_of
from cspctl.simulator.partner_center import customers, listing, protected_users, user_rules
from cspctl.simulator.partner_center.answers import refuse, resource
from cspctl.simulator.partner_center.service import is_guid, routes
from cspctl.simulator.sign_in import sessions
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request, Response

WRITTEN = ("userPrincipalName", "displayName", "firstName", "lastName", "usageLocation", "immutableId", "phoneNumber")
SHOWN = ("id", *WRITTEN, "userDomainType", "state")
SORTED_BY = {name.lower(): name for name in ("displayName", "firstName", "lastName", "userPrincipalName")}

# https://learn.microsoft.com/partner-center/dap-api-impact
READERS = ("Directory Readers", "Global Reader", "User Administrator")
WRITERS = ("Directory Writers", "User Administrator")
DELETERS = ("User Administrator",)
RESETTERS = ("User Administrator", "Privileged Authentication Administrator")


# Finding -------------------------------------------------------------------------------------------------


def opened(request: Request, customer: str, roles: tuple[str, ...]) -> Document:
    """Return the customer whose directory is asked for, if the caller has one of the roles there."""
    directory.purge_due(request.tx, request.now)
    document = customers.find(request, customer)
    delegations.require(request, document["id"], *roles)
    return document


def find(request: Request, customer: Document, user: str, *, active: bool = True) -> Document:
    """Return the customer's user, or refuse; users are found by id only, deleted ones are not."""
    if not is_guid(user):
        raise refuse(400, "2000", "User Id must be a GUID.")
    found = directory.user(request.tx, customer["id"], user, active)
    if found is None:
        raise refuse(404, "60002", f"User object ID {user} is not found.")
    return found


def shown(user: Document, password: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a user as Partner Center answers it; a password is only ever repeated to who has just set it."""
    body = {name: user[name] for name in SHOWN} | {"passwordProfile": password}
    if user["softDeletionTime"]:
        body["softDeletionTime"] = f"{datetime.fromisoformat(user['softDeletionTime']):%Y-%m-%dT%H:%M:%SZ}"
    return resource(body, "CustomerUser", f"/customers/{user['tenantId']}/users/{user['id']}")


# Reading -------------------------------------------------------------------------------------------------


@routes.route("GET", "/v1/customers/<customer>/users", user=True)
def list_users(request: Request, customer: str) -> Response:
    """Answer a page of the active users, or of the deleted ones; who is very new is not among them yet."""
    owner = opened(request, customer, READERS)
    known = directory.users(request.tx, owner["id"], active=not _asks_for_deleted(request))
    settled = [each for each in known if directory.is_ready(each, request.now)]
    body = listing.page(request, _sorted(request, settled), shown)
    self = body["links"]["self"]
    self["uri"] = self["uri"].removeprefix("/v1")
    return Response(200, body)


def _asks_for_deleted(request: Request) -> bool:
    text = request.query.get("filter")
    if not text:
        return False
    try:
        asked = {str(key).lower(): str(value).lower() for key, value in json_of(text.encode()).items()}
    except (ValueError, AttributeError):
        raise refuse(400, "3000", "The filter is not an object with Field, Value and Operator.") from None
    # The documented answer of the same request names the field UserStatus in its link.
    if asked.get("field") not in {"userstate", "userstatus"} or asked.get("operator") != "equals":
        raise refuse(400, "3000", f"The filter {text} is not supported; users can be filtered by UserState, equals.")
    if asked.get("value") not in {"active", "inactive"}:
        raise refuse(400, "3000", f"The UserState {asked.get('value')} is not one.")
    return asked["value"] == "inactive"


def _sorted(request: Request, users: list[Document]) -> list[Document]:
    if "sortField" not in request.query:
        return users
    field, direction = request.query.get("sortField"), request.query.get("sortDirection", "Ascending").lower()
    if field.lower() not in SORTED_BY or direction not in {"ascending", "descending"}:
        raise refuse(400, "3000", f"Users cannot be sorted by {field} {direction}.")
    name = SORTED_BY[field.lower()]
    return sorted(users, key=lambda each: str(each[name] or "").lower(), reverse=direction == "descending")


@routes.route("GET", "/v1/customers/<customer>/users/<user>", user=True)
def get(request: Request, customer: str, user: str) -> Response:
    """Answer an active user, a new one at once."""
    owner = opened(request, customer, READERS)
    return Response(200, shown(find(request, owner, user)))


# Writing -------------------------------------------------------------------------------------------------


@routes.route("POST", "/v1/customers/<customer>/users", user=True)
def create(request: Request, customer: str) -> Response:
    """Add a user; the documented status is 200, and the answer repeats the password."""
    owner = opened(request, customer, WRITERS)
    body = _body(request)
    user_rules.check_new(request, owner, body)
    profile = _profile(body)
    fields: dict[str, Any] = {name: body[name] for name in WRITTEN[1:] if body.get(name)}
    user = directory.add_user(
        request.tx,
        request.now,
        owner["id"],
        body["userPrincipalName"],
        password=profile["password"],
        **fields,
    )
    # Lists lag behind by a few seconds, by a different number for each user.
    ready_at = request.now + timedelta(seconds=2 + int(user["id"][:2], 16) % 9)
    user |= {"forceChangePassword": profile["forceChangePassword"], "readyAt": ready_at.isoformat()}
    directory.save_user(request.tx, user)
    request.tx.effects.append(f"user created {user['id']}")
    return Response(200, shown(user, profile))


def _body(request: Request) -> dict[str, Any]:
    return request.body if isinstance(request.body, dict) else {}


def _profile(body: dict[str, Any]) -> dict[str, Any]:
    given = body["passwordProfile"]
    return {"password": given["password"], "forceChangePassword": bool(given.get("forceChangePassword", False))}


@routes.route("PATCH", "/v1/customers/<customer>/users/<user>", user=True)
def update(request: Request, customer: str, user: str) -> Response:
    """Change the given fields, the password among them; state active brings a deleted user back."""
    owner = opened(request, customer, WRITERS)
    body = _body(request)
    state = str(body.get("state") or "").lower()
    if state not in {"", "active"}:
        raise user_rules.invalid("state", "it can only be set to active; users are deactivated by DELETE.")
    deleted = directory.user(request.tx, owner["id"], user, active=False) if state and is_guid(user) else None
    found = _restored(request, owner, deleted) if deleted else find(request, owner, user)
    return Response(200, _changed(request, owner, found, body))


def _changed(request: Request, owner: Document, found: Document, body: dict[str, Any]) -> dict[str, Any]:
    user_rules.check_fields(request, owner, body, own=found["id"])
    protected_users.check_changes(request, found, body)
    changes: dict[str, Any] = {name: body[name] for name in WRITTEN if body.get(name) not in (None, found[name])}
    if changes:
        request.tx.effects.append(f"user updated {found['id']} {', '.join(sorted(changes))}")
    profile = None
    if body.get("passwordProfile"):
        delegations.require(request, owner["id"], *RESETTERS)
        profile = _set_password(request, changes, found["id"], body)
    user = {**found, **changes}
    directory.save_user(request.tx, user)
    return shown(user, profile)


def _set_password(request: Request, changes: dict[str, Any], user: str, body: dict[str, Any]) -> dict[str, Any]:
    user_rules.check_password(body["passwordProfile"])
    profile = _profile(body)
    changes["passwordHash"] = directory.hashed(profile["password"])
    changes["forceChangePassword"] = profile["forceChangePassword"]
    sessions.revoke(request.tx, request.now, user)
    request.tx.effects.append(f"password reset {user}")
    return profile


@routes.route("PATCH", "/v1/customers/<customer>/users/<user>/resetpassword", user=True)
def reset_password(request: Request, customer: str, user: str) -> Response:
    """Set a password, as the newer documentation has it; nothing else of the body counts."""
    owner = opened(request, customer, RESETTERS)
    found = find(request, owner, user)
    body = {"passwordProfile": _body(request).get("passwordProfile")}
    if not body["passwordProfile"]:
        raise user_rules.invalid("passwordProfile", "it is required.")
    return Response(200, _changed(request, owner, found, body))


@routes.route("DELETE", "/v1/customers/<customer>/users/<user>", user=True)
def delete(request: Request, customer: str, user: str) -> Response:
    """Put a user away for 30 days; its licences are free at once."""
    owner = opened(request, customer, DELETERS)
    found = find(request, owner, user)
    protected_users.check(request, found)
    directory.delete_user(request.tx, request.now, found)
    request.tx.effects.append(f"user deleted {found['id']}")
    return Response(204)


def _restored(request: Request, owner: Document, deleted: Document) -> Document:
    protected_users.check(request, deleted)
    if directory.user(request.tx, owner["id"], deleted["userPrincipalName"]) is not None:
        raise user_rules.invalid("userPrincipalName", user_rules.TAKEN)
    # A licence that has gone to somebody else meanwhile does not come back.
    tx, now = request.tx, request.now
    kept = [each for each in deleted["licenses"] if licensing.free(tx, now, owner["id"], each["skuId"]) > 0]
    request.tx.effects.append(f"user restored {deleted['id']}")
    return directory.restore_user(request.tx, {**deleted, "licenses": kept})
