"""Keeps who and what is in each directory (tenant): users, groups, role members; the only place that does.

Every document is kept as "{tenant}/{id}". Whether a new one can be seen everywhere yet is for the services to
ask (`is_ready`): the directory itself knows it from the start.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from cspctl.simulator import entra_roles
from cspctl.simulator.store import Document, Transaction

USERS, GROUPS, ROLES = "directoryUsers", "groups", "directoryRoles"
# What awaits its final deletion, so that looking for what is due does not read every user.
DELETIONS = "directoryDeletions"

GLOBAL_ADMINISTRATOR = entra_roles.GLOBAL_ADMINISTRATOR

# https://learn.microsoft.com/entra/fundamentals/users-restore
SOFT_DELETED_FOR = timedelta(days=30)

# The partner's directory has been there all along, whatever the simulator's clock says.
LONG_AGO = "2015-01-01T00:00:00+00:00"


def is_ready(document: Document, now: datetime) -> bool:
    """Tell whether the new user or group has reached the replica that is read."""
    return now >= datetime.fromisoformat(document["readyAt"])


# Passwords -----------------------------------------------------------------------------------------------


def hashed(password: str) -> str:
    """Return what is kept of a password; few rounds, since no real secret is ever given to a simulator."""
    salt = secrets.token_hex(8)
    return f"{salt}:{_digest(salt, password)}"


def password_is(user: Document, password: str) -> bool:
    """Tell whether this is the user's password."""
    salt, _, digest = str(user["passwordHash"]).partition(":")
    return bool(digest) and secrets.compare_digest(digest, _digest(salt, password))


def _digest(salt: str, password: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), 100).hex()


# Users ---------------------------------------------------------------------------------------------------


def add_user(
    tx: Transaction,
    now: datetime,
    tenant: str,
    user_principal_name: str,
    *,
    id: str = "",
    password: str = "",
    ready_at: datetime | None = None,
    **fields: Any,
) -> Document:
    """Add a user and return it; fields are further ones of the document, such as displayName."""
    user: Document = {
        "id": id or str(uuid.uuid4()),
        "tenantId": tenant,
        "userPrincipalName": user_principal_name,
        "displayName": user_principal_name.partition("@")[0],
        "firstName": None,
        "lastName": None,
        "usageLocation": None,
        "passwordHash": hashed(password) if password else "",
        "forceChangePassword": False,
        "accountEnabled": True,
        "state": "active",
        "softDeletionTime": None,
        "createdAt": now.isoformat(),
        "readyAt": (ready_at or now).isoformat(),
        "immutableId": None,
        "userDomainType": "none",
        "phoneNumber": None,
        "licenses": [],
        **fields,
    }
    save_user(tx, user)
    return user


def add_administrator(tx: Transaction, now: datetime, tenant: str, domain: str, password: str = "") -> Document:
    """Add the first user that every directory begins with, its global administrator."""
    name: dict[str, Any] = {"displayName": "Global Administrator", "firstName": "Global", "lastName": "Administrator"}
    user = add_user(tx, now, tenant, f"admin@{domain}", password=password, **name)
    add_role_member(tx, tenant, GLOBAL_ADMINISTRATOR, user["id"])
    return user


def save_user(tx: Transaction, user: Document) -> None:
    """Write a changed user back."""
    tx.put(USERS, f"{user['tenantId']}/{user['id']}", user)


def users(tx: Transaction, tenant: str, active: bool = True) -> list[Document]:
    """Return the directory's users, or its deleted ones that can still be restored."""
    return [each for each in tx.all(USERS, f"{tenant}/") if (each["state"] == "active") == active]


def user(tx: Transaction, tenant: str, id_or_upn: str, active: bool = True) -> Document | None:
    """Return the user with this id or user principal name, or None."""
    found = tx.get(USERS, f"{tenant}/{id_or_upn}")
    if found is not None:
        return found if (found["state"] == "active") == active else None
    if "@" not in id_or_upn:
        return None
    name = id_or_upn.lower()
    return next((each for each in users(tx, tenant, active) if each["userPrincipalName"].lower() == name), None)


def delete_user(tx: Transaction, now: datetime, user: Document) -> None:
    """Put the user away for 30 days; its groups and roles remember it, its name is free at once."""
    save_user(tx, {**user, "state": "inactive", "softDeletionTime": now.isoformat()})
    _await_purge(tx, now, USERS, user)


def restore_user(tx: Transaction, user: Document) -> Document:
    """Bring a deleted user back as it was, and return it."""
    restored = {**user, "state": "active", "softDeletionTime": None}
    save_user(tx, restored)
    tx.delete(DELETIONS, f"{user['tenantId']}/{user['id']}")
    return restored


# Groups --------------------------------------------------------------------------------------------------


def add_group(
    tx: Transaction,
    tenant: str,
    display_name: str,
    *,
    created_at: str = LONG_AGO,
    ready_at: str = "",
    **fields: Any,
) -> Document:
    """Add a security group and return it; fields are further ones of the document."""
    group: Document = {
        "id": str(uuid.uuid4()),
        "tenantId": tenant,
        "displayName": display_name,
        "mailNickname": "".join(display_name.split()),
        "description": None,
        "securityEnabled": True,
        "mailEnabled": False,
        "groupTypes": [],
        "members": [],
        "owners": [],
        "createdAt": created_at,
        "readyAt": ready_at or created_at,
        "isAssignableToRole": None,
        "deletedAt": None,
        **fields,
    }
    save_group(tx, group)
    return group


def save_group(tx: Transaction, group: Document) -> None:
    """Write a changed group back."""
    tx.put(GROUPS, f"{group['tenantId']}/{group['id']}", group)


def groups(tx: Transaction, tenant: str, active: bool = True) -> list[Document]:
    """Return the directory's groups, or its deleted ones that can still be restored."""
    return [each for each in tx.all(GROUPS, f"{tenant}/") if (each["deletedAt"] is None) == active]


def group(tx: Transaction, tenant: str, id_or_name: str, active: bool = True) -> Document | None:
    """Return the group with this id, else the first with this display name, or None."""
    found = tx.get(GROUPS, f"{tenant}/{id_or_name}")
    if found is not None:
        return found if (found["deletedAt"] is None) == active else None
    name = id_or_name.lower()
    return next((each for each in groups(tx, tenant, active) if each["displayName"].lower() == name), None)


def delete_group(tx: Transaction, now: datetime, group: Document, *, forever: bool) -> None:
    """Delete a group; one that is not deleted forever can be restored for 30 days."""
    if forever:
        _purge(tx, GROUPS, group["tenantId"], group["id"])
        return
    save_group(tx, {**group, "deletedAt": now.isoformat()})
    _await_purge(tx, now, GROUPS, group)


def restore_group(tx: Transaction, group: Document) -> Document:
    """Bring a deleted group back as it was, and return it."""
    restored = {**group, "deletedAt": None}
    save_group(tx, restored)
    tx.delete(DELETIONS, f"{group['tenantId']}/{group['id']}")
    return restored


def groups_of(tx: Transaction, tenant: str, object_id: str) -> list[Document]:
    """Return the groups that hold the object, directly or within other groups."""
    every, found = groups(tx, tenant), dict[str, Document]()
    asked = [object_id]
    while asked:
        member = asked.pop().lower()
        for each in every:
            if each["id"] not in found and _holds(each["members"], member):
                found[each["id"]] = each
                asked.append(each["id"])
    return list(found.values())


def _holds(ids: Iterable[str], wanted: str) -> bool:
    return any(each.lower() == wanted.lower() for each in ids)


def _without(ids: Iterable[str], unwanted: str) -> list[str]:
    return [each for each in ids if each.lower() != unwanted.lower()]


def join_group(tx: Transaction, group: Document, object_id: str) -> Document:
    """Make the object a member of the group if it is none; return the group."""
    joined = {**group, "members": [*_without(group["members"], object_id), object_id]}
    save_group(tx, joined)
    return joined


# Roles ---------------------------------------------------------------------------------------------------


def role_members(tx: Transaction, tenant: str, role: str) -> list[str]:
    """Return the ids of the objects that have the role (by template id), deleted users left out."""
    found = tx.get(ROLES, f"{tenant}/{role}") or {"members": []}
    return [each for each in found["members"] if principal(tx, tenant, each) is not None]


def roles_of(tx: Transaction, tenant: str, object_id: str) -> list[str]:
    """Return the template ids of the roles that the object has itself, not through groups."""
    return [each["id"] for each in tx.all(ROLES, f"{tenant}/") if _holds(each["members"], object_id)]


def add_role_member(tx: Transaction, tenant: str, role: str, object_id: str) -> None:
    """Give the object the role if it does not have it."""
    found = tx.get(ROLES, f"{tenant}/{role}") or {"id": role.lower(), "tenantId": tenant, "members": []}
    found["members"] = [*_without(found["members"], object_id), object_id]
    tx.put(ROLES, f"{tenant}/{role}", found)


def remove_role_member(tx: Transaction, tenant: str, role: str, object_id: str) -> bool:
    """Take the role from the object; tell whether it had it."""
    found = tx.get(ROLES, f"{tenant}/{role}")
    if found is None or not _holds(found["members"], object_id):
        return False
    tx.put(ROLES, f"{tenant}/{role}", {**found, "members": _without(found["members"], object_id)})
    return True


# Any object ----------------------------------------------------------------------------------------------


def principal(tx: Transaction, tenant: str, object_id: str) -> tuple[str, Document] | None:
    """Return what has this object id: ("User" | "Group" | "ServicePrincipal", document), or None."""
    found = tx.get(USERS, f"{tenant}/{object_id}")
    if found is not None:
        return ("User", found) if found["state"] == "active" else None
    found = tx.get(GROUPS, f"{tenant}/{object_id}")
    if found is not None:
        return ("Group", found) if found["deletedAt"] is None else None
    for each in tx.all("servicePrincipals", f"{tenant}/"):
        if str(each["objectId"]).lower() == object_id.lower():
            return "ServicePrincipal", each
    return None


# Final deletion ------------------------------------------------------------------------------------------


def _await_purge(tx: Transaction, now: datetime, collection: str, document: Document) -> None:
    entry = {"collection": collection, "tenantId": document["tenantId"], "id": document["id"]}
    tx.put(DELETIONS, f"{document['tenantId']}/{document['id']}", {**entry, "at": now.isoformat()})


def purge_due(tx: Transaction, now: datetime) -> None:
    """Delete for good what was deleted 30 days ago; services call this before they read."""
    for each in tx.all(DELETIONS):
        if now >= datetime.fromisoformat(each["at"]) + SOFT_DELETED_FOR:
            _purge(tx, each["collection"], each["tenantId"], each["id"])


def purge(tx: Transaction, document: Document) -> None:
    """Delete a deleted user or group for good before its time."""
    collection = USERS if "userPrincipalName" in document else GROUPS
    _purge(tx, collection, document["tenantId"], document["id"])


def _purge(tx: Transaction, collection: str, tenant: str, id: str) -> None:
    tx.delete(collection, f"{tenant}/{id}")
    tx.delete(DELETIONS, f"{tenant}/{id}")
    for group in tx.all(GROUPS, f"{tenant}/"):
        if _holds([*group["members"], *group["owners"]], id):
            kept = {"members": _without(group["members"], id), "owners": _without(group["owners"], id)}
            save_group(tx, {**group, **kept})
    for role in tx.all(ROLES, f"{tenant}/"):
        remove_role_member(tx, tenant, role["id"], id)


def forget(tx: Transaction, tenant: str) -> None:
    """Delete a whole directory's content."""
    for collection in (USERS, GROUPS, ROLES, DELETIONS):
        for each in tx.all(collection, f"{tenant}/"):
            tx.delete(collection, f"{tenant}/{each['id']}")
