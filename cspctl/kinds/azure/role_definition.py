"""Kind RoleDefinition."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Set
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, Field

from cspctl.cloud import Cloud
from cspctl.errors import NotFound
from cspctl.fields import AnyCase, Default, Grants, Immutable, RefTo, Required, Unordered
from cspctl.kinds.azure._roles import (
    ASSIGNMENTS,
    DEFINITIONS,
    VERSION,
    namespaces_of,
    role_guid,
    roles_of,
    scope_path,
    short_scope,
)
from cspctl.resource import Broken, Live, Operation, Resource, Scope
from cspctl.wording import did_you_mean

LISTS = ("actions", "notActions", "dataActions", "notDataActions")
Operations = Annotated[list[str] | None, Unordered(), Default([])]


class RoleDefinition(Resource):
    """A custom role: what may be done, and where it can be given. RoleAssignments refer to it.

    It is told apart by its name, which is unique in the customer's directory.

    Source: https://learn.microsoft.com/rest/api/authorization/role-definitions
    """

    settles: ClassVar[timedelta] = timedelta(minutes=2)
    service: ClassVar[str] = "arm"
    replaceable: ClassVar[bool] = False

    subscription: Annotated[
        str | None,
        AfterValidator(short_scope),
        RefTo("AzureSubscription", parent=True),
        Immutable("a role is kept where it was made"),
    ] = None
    """The subscription in which it is kept; the first in which it can be given."""
    role_name: Annotated[
        str | None, AfterValidator(str.strip), AnyCase(), Required(always=True), Field(max_length=128)
    ] = None
    """Its name, such as `Virtual Machine Starter`."""
    description: Annotated[str | None, Field(max_length=1024)] = None
    """What it is for."""
    actions: Annotated[Operations, Required(), Grants()] = None
    """Operations that it allows, such as `Microsoft.Compute/virtualMachines/start/action`; `*` stands for any."""
    not_actions: Annotated[Operations, Grants(narrows=True)] = None
    """Operations that are taken out of `actions`."""
    data_actions: Annotated[Operations, Grants()] = None
    """Operations on data that it allows, such as reading blobs."""
    not_data_actions: Annotated[Operations, Grants(narrows=True)] = None
    """Operations that are taken out of `dataActions`."""
    assignable_scopes: Annotated[
        list[Annotated[str, AfterValidator(short_scope)]] | None,
        RefTo("AzureSubscription", "ResourceGroup"),
        Unordered(),
        Grants(),
    ] = None
    """Where it can be given: subscriptions and resource groups. Its own subscription if nothing is written."""

    def scope(self) -> Scope:
        """The subscription."""
        return Scope(self.meta.customer or "", scope_path(self.subscription or ""))

    @classmethod
    def is_id(cls, text: str) -> bool:
        """A GUID, a full id, or the name of a role that Azure has."""
        return bool(text.strip())

    def identity(self) -> str:
        """The name."""
        return (self.role_name or "").casefold()

    @classmethod
    def all(cls, cloud: Cloud, scope: Scope) -> Iterable[Live[Self]]:
        """The custom roles that can be given in the subscription."""
        path = f"{scope.path}/{DEFINITIONS}?$filter=type eq 'CustomRole'"
        return [cls._live(p, scope.path, scope.customer) for p in cloud.arm.all(path, VERSION, scope.customer)]

    @classmethod
    def _live(cls, payload: dict[str, Any], subscription: str, customer: str) -> Live[Self]:
        properties = payload["properties"]
        document = {name: properties[name] for name in ("roleName", "description") if properties.get(name)}
        allowed = (properties.get("permissions") or [{}])[0]
        document |= {name: allowed[name] for name in LISTS if allowed.get(name)}
        document["assignableScopes"] = properties.get("assignableScopes") or []
        document["subscription"] = subscription
        return Live(role_guid(payload["id"]), cls.from_live(document), customer, payload)

    @classmethod
    def read(cls, cloud: Cloud, live: Live[Self], fields: Set[str]) -> Live[Self] | None:
        """One GET in its subscription."""
        subscription = scope_path(live.resource.subscription or "")
        try:
            payload = cloud.arm.get(f"{subscription}/{DEFINITIONS}/{live.id}", VERSION, live.customer)
        except NotFound:
            return None
        return cls._live(payload, subscription, live.customer)

    def preflight(self, cloud: Cloud) -> Iterable[Broken]:
        """Is the name free? That of a built-in role is not. Are there such resource providers?"""
        subscription, customer = scope_path(self.subscription or ""), self.meta.customer or ""
        roles = roles_of(cloud, subscription, customer)
        if taken := next((name for name in roles if name.casefold() == self.identity()), None):
            what = f"roleName: {taken} is a built-in role"
            yield Broken("roleName", what, "A custom role needs another name.")
        known = {space.casefold(): space for space in namespaces_of(cloud, subscription, customer)}
        for name in LISTS:
            for action in self.document().get(name) or ():
                space = str(action).partition("/")[0]
                if "*" not in space and space.casefold() not in known:
                    what = f"{name}: {action}: Azure has no resource provider {space}"
                    yield Broken(name, what, did_you_mean(space, known.values()))

    def create(self, cloud: Cloud) -> str | Operation:
        """PUT under an id that follows from customer and name: the same PUT never makes two."""
        id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.meta.customer}|{self.subscription}|{self.identity()}"))
        self._put(cloud, id, {})
        return id

    def _put(self, cloud: Cloud, id: str, raw: dict[str, Any]) -> None:
        before = raw.get("properties", {})
        document = self.document()
        first = {**(before.get("permissions") or [{}])[0], **{name: document.get(name) or [] for name in LISTS}}
        scopes = [scope_path(scope) for scope in self.assignable_scopes or (self.subscription or "",)]
        properties = {
            "roleName": self.role_name,
            "description": self.description or "",
            "type": "CustomRole",
            "permissions": [first, *(before.get("permissions") or [{}])[1:]],
            "assignableScopes": scopes,
        }
        path = f"{scope_path(self.subscription or '')}/{DEFINITIONS}/{id}"
        cloud.arm.send("PUT", path, VERSION, self.meta.customer or "", {"name": id, "properties": properties})

    def update(self, cloud: Cloud, live: Live[Self], changed: Set[str]) -> Operation | None:
        """PUT of what was read with the merged fields laid over it."""
        self._put(cloud, live.id, live.raw)
        return None

    @classmethod
    def contents(cls, cloud: Cloud, live: Live[Self]) -> Iterable[str]:
        """Assignments of the role: Azure refuses to delete it while there are any."""
        subscription = scope_path(live.resource.subscription or "")
        found = cloud.arm.all(f"{subscription}/{ASSIGNMENTS}", VERSION, live.customer)
        return [one["id"] for one in found if role_guid(one["properties"]["roleDefinitionId"]) == live.id]

    @classmethod
    def delete(cls, cloud: Cloud, live: Live[Self]) -> Operation | None:
        """DELETE."""
        path = f"{scope_path(live.resource.subscription or '')}/{DEFINITIONS}/{live.id}"
        cloud.arm.send("DELETE", path, VERSION, live.customer, ok=frozenset({404}))
        return None
