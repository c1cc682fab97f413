"""Creates role assignments and changes the little of them that may change; the only place with the rules for it.

https://learn.microsoft.com/rest/api/authorization/role-assignments/create
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from cspctl.simulator import directory, tenants
from cspctl.simulator.arm.authorization import assignments, foreign, roles, routing, scopes
from cspctl.simulator.arm.authorization.role_assignments import CONDITIONS_SINCE, shown
from cspctl.simulator.arm.authorization.routing import at_scopes
from cspctl.simulator.arm.errors import refuse
from cspctl.simulator.store import Document, Transaction
from cspctl.simulator.wire import Refused, Request, Response

# https://learn.microsoft.com/azure/role-based-access-control/troubleshoot-limits
MOST = 4000
# Azure reads another replica of the directory; nobody says how far behind it is.
REPLICATION = timedelta(seconds=15)

TYPES = frozenset({"User", "Group", "ServicePrincipal", "ForeignGroup", "Device"})
# The api-version from which on a sent type spares the look into the directory; of groups the documentation says
# both (wait; send the type), the refusal itself names them.
# https://learn.microsoft.com/azure/role-based-access-control/troubleshooting
TRUSTED_SINCE = {"ServicePrincipal": "2018-09-01-preview"}
TRUSTED_OTHERS_SINCE = "2020-03-01-preview"

CHANGEABLE = ("description", "condition", "conditionVersion")


@at_scopes("PUT", assignments.TYPE, named=True)
def put_assignment(request: Request, scope: str, name: str) -> Response:
    """Create the assignment (201), or change its description and condition (200)."""
    name = _name(name)
    routing.require(request, scope)
    sent = _properties(request)
    tenant = str(routing.subscription_of(request, scope)["tenantId"])
    role, principal = _role(request.tx, tenant, scope, sent), _guid(sent.get("principalId"))
    if not principal:
        raise refuse(400, "InvalidPrincipalId", "A valid principal ID must be provided for role assignment.")
    extra = _extra(request, sent)
    old = assignments.by_name(request.tx, tenant, name)
    if old is not None:
        return _changed(request, old, (scope, role, principal), extra)
    _check_new(request, scope, role, principal)
    type = _principal_type(request, tenant, principal, sent.get("principalType"))
    by = str(request.caller.get("oid", ""))
    created = assignments.add(request.tx, request.now, tenant, scope, role, principal, type, name=name, by=by, **extra)
    request.tx.effects.append(f"role assignment created {created['id']}")
    body = shown(request, created)
    body["properties"]["createdBy"] = None  # as recorded: only reads say who
    return Response(201, body)


def _name(name: str) -> str:
    if not _guid(name):
        text = f"The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID."
        raise refuse(400, "InvalidRoleAssignmentId", text)
    return name


def _guid(text: Any) -> str:
    """Return the GUID in its usual spelling, or an empty string for anything else."""
    try:
        return str(uuid.UUID(text)) if isinstance(text, str) else ""
    except ValueError:
        return ""


def _malformed() -> Refused:
    return refuse(400, "BadRequestFormat", "The request was incorrectly formatted.")


def _properties(request: Request) -> dict[str, Any]:
    properties = request.body.get("properties") if isinstance(request.body, dict) else None
    # The first api-versions take the properties at the top, and clients of theirs still do.
    sent = properties if properties is not None else request.body
    if not isinstance(sent, dict):
        raise _malformed()
    known = {name[0].lower() + name[1:]: value for name, value in sent.items() if name}
    if any(not isinstance(value, str | None) for name, value in known.items() if name != "canDelegate"):
        raise _malformed()
    return known


def _role(tx: Transaction, tenant: str, scope: str, sent: dict[str, Any]) -> str:
    """Return the GUID of the role definition; whatever scope it was named with."""
    id = str(sent.get("roleDefinitionId") or "")
    guid = _guid(id.rstrip("/").rpartition("/")[2])
    if not guid:
        text = f"The role definition ID '{id}' is not valid. The role definition ID must be a GUID."
        raise refuse(400, "InvalidRoleDefinitionId", text)
    role = roles.find(tx, tenant, guid)
    if role is None:
        text = f"The specified role definition with ID '{guid.replace('-', '')}' does not exist."
        raise refuse(400, "RoleDefinitionDoesNotExist", text)
    if not role.is_assignable(scope):
        text = f"The role assignment scope '{scope}' is not assignable to the role definition '{guid}'."
        raise refuse(400, "RoleAssignmentScopeNotAssignableToRoleDefinition", text)
    return guid


def _extra(request: Request, sent: dict[str, Any]) -> dict[str, Any]:
    """Return description and condition; api-versions that do not know them ignore them."""
    if request.query.get("api-version") < CONDITIONS_SINCE:
        return {}
    condition, version = sent.get("condition"), sent.get("conditionVersion")
    # Documentation gives the rule and no code.
    if bool(condition) != bool(version) or version not in {None, "", "1.0", "2.0"}:
        text = "A condition needs a condition version (2.0), and a condition version needs a condition."
        raise refuse(400, "InvalidConditionVersion", text)
    fields = (*CHANGEABLE, "delegatedManagedIdentityResourceId")
    return {field: sent.get(field) or None for field in fields}


def _changed(request: Request, old: Document, wanted: tuple[str, str, str], extra: dict[str, Any]) -> Response:
    """Change what may change; names are unique in the directory, so the same name elsewhere is a change too."""
    scope, role, principal = wanted
    if not scopes.same(old["scope"], scope) or (old["role"], old["principalId"]) != (role, principal):
        text = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated."
        raise refuse(400, "RoleAssignmentUpdateNotPermitted", text)
    fields = {name: extra[name] for name in CHANGEABLE if name in extra and extra[name] != old[name]}
    if fields:
        by = str(request.caller.get("oid", ""))
        old = {**old, **fields, "updatedOn": assignments.stamp(request.now), "updatedBy": by}
        assignments.save(request.tx, old)
        request.tx.effects.append(f"role assignment changed {old['id']}")
    return Response(200, shown(request, old))


def _check_new(request: Request, scope: str, role: str, principal: str) -> None:
    every = assignments.in_subscription(request.tx, scopes.subscription(scope))
    for each in every:
        if scopes.same(each["scope"], scope) and (each["role"], each["principalId"]) == (role, principal):
            text = "The role assignment already exists. The ID of the existing role assignment is"
            raise refuse(409, "RoleAssignmentExists", f"{text} {each['name'].replace('-', '')}.")
    if len(every) >= MOST:
        text = "The role assignment limit has been exceeded. No more role assignments can be created."
        raise refuse(400, "RoleAssignmentLimitExceeded", text)


def _principal_type(request: Request, tenant: str, principal: str, sent: Any) -> str:
    """Return what the principal is, or refuse: it is unknown or something else than was said."""
    if sent is not None and str(sent) not in TYPES:
        raise _malformed()
    version = request.query.get("api-version")
    said = sent if sent is not None and version >= TRUSTED_SINCE.get(sent, TRUSTED_OTHERS_SINCE) else None
    known = _known(request, tenant, principal, said)
    if known is None and said is None:
        raise refuse(
            400,
            "PrincipalNotFound",
            f"Principal {principal.replace('-', '')} does not exist in the directory {tenant}. Check that you have "
            "the correct principal ID. If you are creating this principal and then immediately assigning a role, "
            "this error might be related to a replication delay. In this case, set the role assignment principalType "
            "property to a value, such as ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype",
        )
    if known is not None and said not in {None, known}:
        raise refuse(
            400,
            "UnmatchedPrincipalType",
            f"The PrincipalId '{principal.replace('-', '')}' has type '{known}' , which is different from specified "
            f"PrinciaplType '{said}'.",  # spelt so
        )
    return str(known or said)


def _known(request: Request, tenant: str, principal: str, said: str | None) -> str | None:
    found = directory.principal(request.tx, tenant, principal)
    if found is not None:
        return found[0] if _has_arrived(found[1], request.now) else None
    partner = tenants.partner_id(request.tx)
    is_foreign = said == foreign.TYPE and directory.principal(request.tx, partner, principal) is not None
    return foreign.TYPE if is_foreign else None


def _has_arrived(document: Document, now: datetime) -> bool:
    dates = [datetime.fromisoformat(document[name]) for name in ("createdAt", "readyAt") if document.get(name)]
    return not dates or now >= max(dates) + REPLICATION
