"""What delegated administration (GDAP) means to kinds: roles that customers grant, and who may use them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator

from cspctl.cloud import Cloud
from cspctl.errors import CloudError
from cspctl.fields import AnyCase, Grants, Required, Unordered
from cspctl.kinds.partner._directory_roles import TEMPLATES, canonical, named
from cspctl.part import Item
from cspctl.resource import Broken, Operation
from cspctl.wording import nearest

ROOT = "/tenantRelationships/delegatedAdminRelationships"
DEFAULT = "Default_"
"""How the names begin of the relationships that Microsoft makes with a new tenant."""

Role = Annotated[str, AfterValidator(canonical)]


class AccessAssignment(Item):
    """Which of the partner's security groups may use which of the roles."""

    group: Annotated[str | None, AnyCase(), Required(always=True)] = None
    """The security group in the partner's own directory, by name (`AdminAgents`)."""
    roles: Annotated[list[Role] | None, Unordered(), Grants()] = None
    """Directory roles by name, each one of the relationship's; all of them if nothing is written."""


def relationships(cloud: Cloud, customer: str) -> Iterator[dict[str, Any]]:
    """All relationships with a customer, whatever has become of them: one LIST of all the partner has."""
    for payload in cloud.graph.all(ROOT, cloud.profile.partner_tenant_id):
        if str((payload.get("customer") or {}).get("tenantId", "")).casefold() == customer.casefold():
            yield payload


def details(roles: Iterable[str]) -> dict[str, Any]:
    """Roles as Microsoft Graph writes them."""
    return {"unifiedRoles": [{"roleDefinitionId": TEMPLATES.get(role, role)} for role in roles]}


def roles_in(payload: Mapping[str, Any]) -> list[str]:
    """The names of the roles of a relationship or of an assignment."""
    ids = [str(one["roleDefinitionId"]) for one in payload["accessDetails"]["unifiedRoles"]]
    return [named(id, id) for id in ids]


def assignments(cloud: Cloud, relationship: str) -> list[dict[str, Any]]:
    """Who may use the roles of a relationship: the payloads, those that are being removed left out."""
    found = cloud.graph.all(f"{ROOT}/{relationship}/accessAssignments", cloud.profile.partner_tenant_id)
    return [one for one in found if one.get("status") not in ("deleting", "deleted")]


def assignment_documents(cloud: Cloud, found: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Access assignments in our shape, groups by name."""
    names = {id: name for name, id in _groups(cloud).items()}
    return [{"group": names.get(_container(one), _container(one)), "roles": roles_in(one)} for one in found]


def unknown_groups(cloud: Cloud, wanted: Iterable[AccessAssignment]) -> Iterator[Broken]:
    """Groups that the partner's directory does not have."""
    groups = _groups(cloud)
    for one in wanted:
        name = str(one.group)
        if not one.absent and _id(groups, name) is None:
            what = f"accessAssignments: the partner's directory has no group {name}"
            yield Broken(f"accessAssignments[{name}]", what, nearest(name, sorted(groups)))


def assign(
    cloud: Cloud, relationship: Mapping[str, Any], wanted: Iterable[AccessAssignment], found: Iterable[dict[str, Any]]
) -> Operation:
    """Give each group its roles by a call of its own, and take them from the others; what begins runs for a while."""
    partner, path = cloud.profile.partner_tenant_id, f"{ROOT}/{relationship['id']}/accessAssignments"
    groups, there = _groups(cloud), {_container(one): one for one in found}
    after = {_id(groups, str(one.group)) or str(one.group): one.roles or roles_in(relationship) for one in wanted}
    for group, roles in after.items():
        body = {"accessDetails": details(roles)}
        if group not in there:
            container = {"accessContainerId": group, "accessContainerType": "securityGroup"}
            cloud.graph.send("POST", path, partner, {"accessContainer": container, **body})
        elif set(roles_in(there[group])) != set(roles):
            etag = {"If-Match": there[group]["@odata.etag"]}
            cloud.graph.send("PATCH", f"{path}/{there[group]['id']}", partner, body, etag)
    for group in there.keys() - after.keys():
        etag = {"If-Match": there[group]["@odata.etag"]}
        cloud.graph.send("DELETE", f"{path}/{there[group]['id']}", partner, headers=etag)
    return Operation(path, partner, step="assign", after=5)


def assigned(cloud: Cloud, operation: Operation) -> bool:
    """Whether every group has what it was given. Raises a CloudError if one cannot have it."""
    found = cloud.graph.all(operation.url, operation.customer)
    if any(one.get("status") == "error" for one in found):
        raise CloudError("a group could not get its roles", code="error", call=f"GET {operation.url}")
    return not any(one.get("status") in ("pending", "deleting") for one in found)


def _groups(cloud: Cloud) -> dict[str, str]:
    """The partner's security groups: ids by name."""
    found = cloud.graph.all("/groups?$top=999", cloud.profile.partner_tenant_id)
    return {str(group["displayName"]): str(group["id"]) for group in found if group.get("securityEnabled")}


def _id(groups: Mapping[str, str], name: str) -> str | None:
    return next((id for known, id in groups.items() if name.casefold() in (known.casefold(), id.casefold())), None)


def _container(assignment: Mapping[str, Any]) -> str:
    return str(assignment["accessContainer"]["accessContainerId"])
