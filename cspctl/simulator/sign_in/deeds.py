"""Does what people do at sign-in and in the portal's pages about applications; the only place that does.

Names of arguments are those of the details that `people` takes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from cspctl.simulator import applications, directory, national_clouds, tenants
from cspctl.simulator.arm.authorization import deeds as role_deeds
from cspctl.simulator.incoming import json_of
from cspctl.simulator.sign_in import device_codes, persons, resources, sessions
from cspctl.simulator.sign_in.persons import Person
from cspctl.simulator.store import Document, Transaction

MOST_DAYS = 36500


def enter_device_code(
    tx: Transaction,
    now: datetime,
    *,
    code: str,
    mfa: bool = True,
    agent: bool = True,
    tenant: str = "",
    user: str = "",
    decline: bool = False,
) -> dict[str, Any]:
    """Somebody enters the code that a device shows and signs in, or declines.

    One of our people (`agent` false: none of the partner's agents), unless `tenant` (id or domain) says whose: then
    its administrator, or the `user` by name. `mfa` false: without multifactor authentication; `decline` true: no.
    """
    pending = device_codes.by_user_code(tx, code)
    if decline:
        device_codes.decline(tx, pending)
        return {"declined": True}
    person = persons.of_tenant(tx, tenant, user) if tenant else _ours(tx, user, agent)
    device_codes.approve(tx, now, pending, person, mfa=mfa)
    return {"userId": person.id, "userPrincipalName": person.name, "tenantId": person.tenant}


def _ours(tx: Transaction, user: str, agent: bool) -> Person:
    if not user:
        return persons.of_partner(tx, agent=agent)
    return persons.by_id(tx, tenants.partner_id(tx), user) if "@" not in user else persons.named(tx, user)


def register_application(
    tx: Transaction,
    now: datetime,
    *,
    tenant: str,
    name: str = "application",
    certificate: str = "",
    role: str = "",
    scope: str = "",
    permissions: str = "",
    days: float = applications.SECRET_DAYS,
    multitenant: bool = False,
) -> dict[str, Any]:
    """An administrator registers an application in a tenant (id or domain), with a service principal and a secret.

    `certificate` (PEM) is registered too; `role` is assigned to it at `scope` in Azure; `permissions` are roles of
    Microsoft Graph for the application itself, separated by commas; the secret lives for so many `days`.
    """
    found = _tenant(tx, tenant)
    _check_days(days)
    home = str(found["id"])
    application = applications.register(tx, now, home, name, multitenant=multitenant)
    _, secret = applications.add_password(tx, now, application, days=days)
    if certificate:
        applications.add_certificate(tx, application, certificate)
    principal = tenants.enter(tx, home, str(application["id"]))
    if permissions:
        roles = resources.joined(permissions).split()
        tenants.assign_app_roles(tx, home, str(application["id"]), tenants.GRAPH, roles)
    if role or scope:
        object_id = str(principal["objectId"])
        role_deeds.assign_role(tx, now, tenant=home, scope=scope, role=role or "Reader", principal=object_id)
    return {
        "clientId": application["id"],
        "clientSecret": secret,
        "tenantId": home,
        "objectId": principal["objectId"],
    }


def register_federation(
    tx: Transaction,
    now: datetime,  # noqa: ARG001
    *,
    clientId: str,  # noqa: N803
    issuer: str,
    subject: str,
    jwks: dict[str, Any] | str,
    audience: str = national_clouds.GLOBAL.token_exchange,
) -> dict[str, Any]:
    """An administrator lets an application sign in with tokens of an external issuer, whose keys are given (JWKS)."""
    keys = json_of(jwks.encode()) if isinstance(jwks, str) else jwks
    if not isinstance(keys, dict):
        raise ValueError("jwks is no JSON Web Key Set")
    known = applications.federate(tx, _application(tx, clientId), issuer, subject, [audience], keys)
    return {"id": known["id"], "clientId": clientId, "audience": audience}


def delete_application(tx: Transaction, now: datetime, *, clientId: str) -> dict[str, Any]:  # noqa: ARG001, N803
    """An administrator deletes an application's registration."""
    applications.delete(tx, str(_application(tx, clientId)["id"]))
    return {"clientId": clientId, "deleted": True}


def disable_agent(tx: Transaction, now: datetime, *, user: str = "", enabled: bool = False) -> dict[str, Any]:  # noqa: ARG001
    """An administrator blocks the sign-in of one of our people, the first unless `user` is given.

    `enabled` true lets the person in again.
    """
    person = _one_of_ours(tx, user)
    directory.save_user(tx, {**person.document, "accountEnabled": enabled})
    return {"userId": person.id, "accountEnabled": enabled}


def revoke_session(tx: Transaction, now: datetime, *, user: str = "", tenant: str = "") -> dict[str, Any]:
    """An administrator ends all sessions of one of our people, or of a user of the `tenant`."""
    person = persons.of_tenant(tx, tenant, user) if tenant else _one_of_ours(tx, user)
    sessions.revoke(tx, now, person.id)
    return {"userId": person.id, "revokedAt": now.isoformat()}


def limit_mfa(tx: Transaction, now: datetime, *, days: float, tenant: str = "") -> dict[str, Any]:  # noqa: ARG001
    """An administrator lets multifactor authentication be remembered for so many days only, by default in ours."""
    _check_days(days)
    found = _tenant(tx, tenant or tenants.partner_id(tx))
    sessions.limit_mfa(tx, str(found["id"]), days)
    return {"tenantId": found["id"], "days": days}


def _check_days(days: float) -> None:
    if not 0 <= days <= MOST_DAYS:
        raise ValueError(f"days are between 0 and {MOST_DAYS}")


def _one_of_ours(tx: Transaction, user: str) -> Person:
    profile = tx.get("profile", "partner") or {}
    return _ours(tx, user or str(profile.get("userId", "")), agent=True)


def _application(tx: Transaction, client: str) -> Document:
    found = tx.get(applications.COLLECTION, client)
    if found is None:
        raise LookupError(f"there is no application {client}")
    return found


def _tenant(tx: Transaction, tenant: str) -> Document:
    found = tenants.find(tx, tenant)
    if found is None:
        raise LookupError(f"there is no tenant {tenant}")
    return found


ACTS: dict[str, Callable[..., dict[str, Any]]] = {
    "enter-device-code": enter_device_code,
    "register-application": register_application,
    "register-federation": register_federation,
    "delete-application": delete_application,
    "disable-agent": disable_agent,
    "revoke-session": revoke_session,
    "limit-mfa": limit_mfa,
}
