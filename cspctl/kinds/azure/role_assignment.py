"""Kind RoleAssignment."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Set
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field

from cspctl.cloud import Cloud
from cspctl.errors import CloudError, NotFound, NotYet
from cspctl.fields import Grants, Immutable, NotCompared, RefTo
from cspctl.kinds._principals import object_id
from cspctl.kinds.azure._roles import (
    ASSIGNMENTS,
    DEFINITIONS,
    VERSION,
    may,
    role_guid,
    roles_of,
    scope_path,
    short_scope,
    subscription_of,
)
from cspctl.resource import GUID, Broken, Live, Operation, Resource, Scope
from cspctl.wording import nearest

AGENTS = "AdminAgents"
"""The partner's group whose members administer the customers' subscriptions."""
FOREIGN = "ForeignGroup"
CREDIT = (
    "it is our own access to the subscription: without it we can no longer administer it, "
    "and partner earned credit ends"
)


class RoleAssignment(Resource):
    """Gives a user, a group or a service principal a role at a subscription, a resource group or a resource.

    It is told apart by scope, principal and role together: an assignment of the same three under another name is
    adopted. Writing one needs the role Owner or User Access Administrator there.

    Source: https://learn.microsoft.com/rest/api/authorization/role-assignments
    """

    refuses_twins: ClassVar[bool] = True
    settles: ClassVar[timedelta] = timedelta(minutes=2)
    service: ClassVar[str] = "arm"

    at: Annotated[
        str | None,
        Field(alias="scope"),
        AfterValidator(short_scope),
        RefTo("AzureSubscription", "ResourceGroup", "VirtualNetwork", parent=True, part="subnets", anything=True),
        Immutable("an assignment cannot move to another scope"),
        Grants(),
    ] = None
    """Where the role holds: a subscription, `ResourceGroup:network`, `VirtualNetwork:sea-vnet`, a subnet as
    `VirtualNetwork:sea-vnet/app`, or any full Azure id."""
    role: Annotated[
        str | None,
        RefTo("RoleDefinition", parent=True, words=True),
        Immutable("an assignment keeps its role"),
        Grants(),
    ] = None
    """The role: a built-in one by name (`Reader`) or id, or a RoleDefinition manifest."""
    principal: Annotated[
        str | None,
        RefTo("User", "Group", parent=True, words=True),
        Immutable("an assignment keeps its principal"),
        Grants(),
    ] = None
    """Who gets it: a User or `Group:` manifest; or, of those that no manifest describes, a user principal name
    (`admin@fourthcoffeecsp.onmicrosoft.com`) or an object id."""
    principal_type: Annotated[
        Literal["User", "Group", "ServicePrincipal", "ForeignGroup", "Device"] | None, NotCompared()
    ] = None
    """What the principal is. Looked up if it is not given; a partner's group needs `ForeignGroup`."""
    description: str | None = None
    """Why it has been given."""
    condition: Annotated[str | None, Grants(narrows=True)] = None
    """A condition that narrows what the role allows, in Azure's own language."""
    condition_version: Annotated[Literal["2.0"] | None, NotCompared()] = None
    """The version of that language; `2.0`."""

    def scope(self) -> Scope:
        """The subscription: one LIST finds all assignments at and below it."""
        return Scope(self.meta.customer or "", subscription_of(self.at or ""))

    @classmethod
    def is_id(cls, text: str) -> bool:
        """A full id of an assignment."""
        return bool(re.search(rf"/{ASSIGNMENTS}/[^/]+$", text, re.IGNORECASE))

    def identity(self) -> str:
        """Scope, principal and role."""
        return f"{self.at}|{self.principal}|{self.role}".casefold()

    def look_up(self, cloud: Cloud, field: str, word: str) -> str | Broken:
        """A role's GUID by its name, a user's object id by the user principal name."""
        customer, guid = self.meta.customer or "", role_guid(word)
        if field != "role":
            foreign = self.meta.absent or self.principal_type == FOREIGN
            return word.casefold() if foreign and GUID.fullmatch(word) else object_id(cloud, customer, field, word)
        if self.meta.absent and GUID.fullmatch(guid):
            return guid
        roles = roles_of(cloud, subscription_of(self.at or ""), customer)
        ids = {name.casefold(): id for name, id in roles.items()} | {id: id for id in roles.values()}
        missing = Broken(field, f"role: there is no role {word}", nearest(word, sorted(roles)))
        return ids.get(guid if GUID.fullmatch(guid) else word.casefold()) or missing

    @classmethod
    def all(cls, cloud: Cloud, scope: Scope) -> Iterable[Live[Self]]:
        """One LIST by subscription; what is inherited from above is not the subscription's."""
        return cls._found(cloud, f"{scope.path}/{ASSIGNMENTS}", scope)

    @classmethod
    def _found(cls, cloud: Cloud, path: str, scope: Scope) -> list[Live[Self]]:
        inside = f"{scope.path}/".casefold()
        payloads = cloud.arm.all(path, VERSION, scope.customer)
        return [
            cls._live(cloud, payload, scope.customer)
            for payload in payloads
            if f"{payload['properties']['scope']}/".casefold().startswith(inside)
        ]

    @classmethod
    def _live(cls, cloud: Cloud, payload: dict[str, Any], customer: str) -> Live[Self]:
        properties = payload["properties"]
        document = {
            "scope": properties["scope"],
            "role": role_guid(properties["roleDefinitionId"]),
            "principal": str(properties["principalId"]).casefold(),
            **{name: properties[name] for name in ("description", "condition") if properties.get(name)},
        }
        foreign = properties.get("principalType") == FOREIGN
        agents = _agents(cloud) if foreign else ""
        former = foreign and bool(agents) and document["principal"] != agents
        raw = {**payload, "own": foreign and not former, "former": former}
        own = foreign and not former
        return Live(payload["id"], cls.from_live(document), customer, raw, incidental=own)

    @classmethod
    def read(cls, cloud: Cloud, live: Live[Self], fields: Set[str]) -> Live[Self] | None:
        """One GET by id."""
        try:
            return cls._live(cloud, cloud.arm.get(live.id, VERSION, live.customer), live.customer)
        except NotFound:
            return None
        except CloudError as error:
            if live.raw.get("own") and error.code == "AuthorizationFailed":
                return None  # whom Azure no longer lets see his own access has lost it
            raise

    def find(self, cloud: Cloud) -> Live[Self] | None:
        """One LIST of what this principal has."""
        scope = self.scope()
        path = f"{scope.path}/{ASSIGNMENTS}?$filter=principalId eq '{self.principal}'"
        matched = self.match([self], self._found(cloud, path, scope))[0]
        return matched if isinstance(matched, Live) else None

    def rules(self) -> Iterable[Broken]:
        """A raw scope lies in a subscription; a condition has its version."""
        if self.at and self.at.startswith("/") and not self.at.casefold().startswith("/subscriptions/"):
            yield Broken("scope", "scope: only subscriptions and what lies in them", "Write /subscriptions/….")
        if self.condition and not self.condition_version:
            yield Broken("condition", "condition: it needs its conditionVersion", 'Add conditionVersion: "2.0".')

    @classmethod
    def protection(cls, live: Live[Self]) -> str:
        """The partner's own access is not taken away by accident."""
        return CREDIT if live.raw.get("own") else ""

    @classmethod
    def remark(cls, live: Live[Self], customer: str, now: datetime, managed: bool) -> str:
        """A former partner's access, with the manifest that removes it."""
        if managed or not live.raw.get("former"):
            return ""
        role = str(live.raw["properties"]["roleDefinitionId"]).rpartition("/")[2]
        spec = f"{{scope: {live.resource.at}, role: {role}, principal: {live.resource.principal}}}"
        handle = f"former-partner-{live.id.rpartition('/')[2][:8]}"
        metadata = f"{{name: {handle}, customer: {customer}, absent: true}}"
        manifest = f"{{apiVersion: {cls.manifest_version}, kind: RoleAssignment, metadata: {metadata}, spec: {spec}}}"
        return f"a foreign principal that is not ours (a former partner's?) has a role here; to remove it: {manifest}"

    def preflight(self, cloud: Cloud) -> Iterable[Broken]:
        """Is there such a scope, and may we give roles there? To find that out in the middle of apply would be late."""
        scope = scope_path(self.at or "")
        try:
            able = may(cloud, scope, self.meta.customer or "", f"{ASSIGNMENTS.removeprefix('providers/')}/write")
        except NotFound:
            yield Broken("scope", f"scope: there is no {scope}", "Describe it in a manifest, or correct the id.")
            return
        if not able:
            what = f"we may not give roles at {scope}"
            yield Broken("scope", what, "That needs Owner or User Access Administrator there.")

    def create(self, cloud: Cloud) -> str | Operation:
        """PUT under a name that follows from scope, principal and role: the same PUT never makes two."""
        name = uuid.uuid5(uuid.NAMESPACE_URL, self.identity())
        path = f"{scope_path(self.at or '')}/{ASSIGNMENTS}/{name}"
        return self._put(cloud, path, self.principal_type or self._principal_type(cloud))

    def _put(self, cloud: Cloud, path: str, principal_type: str) -> str:
        customer = self.meta.customer or ""
        properties = {
            "roleDefinitionId": f"{subscription_of(self.at or '')}/{DEFINITIONS}/{self.role}",
            "principalId": self.principal,
            "principalType": principal_type,
            "description": self.description,
            "condition": self.condition,
            "conditionVersion": (self.condition_version or "2.0") if self.condition else None,
        }
        body = {"properties": {name: value for name, value in properties.items() if value is not None}}
        try:
            made: dict[str, Any] = cloud.arm.send("PUT", path, VERSION, customer, body).json()
        except CloudError as error:
            if error.code == "PrincipalNotFound":  # a new principal takes some time to be known everywhere
                raise NotYet(str(error)) from None
            raise
        return str(made["id"])

    def _principal_type(self, cloud: Cloud) -> str:
        """What the principal is. Azure is always told, so that it does not look for a principal that is too new."""
        try:
            found = cloud.graph.get(f"/directoryObjects/{self.principal}", self.meta.customer or "")
        except NotFound:
            text = (
                f"principal {self.principal} is not in the customer's directory (yet); say its principalType if it is"
            )
            raise NotYet(text) from None
        kind = str(found.get("@odata.type", "")).rpartition(".")[2]
        return kind[:1].upper() + kind[1:]

    def update(self, cloud: Cloud, live: Live[Self], changed: Set[str]) -> Operation | None:
        """PUT under the name that it has; only its description and its condition can change."""
        self._put(cloud, live.id, str(live.raw["properties"].get("principalType") or self.principal_type))
        return None

    @classmethod
    def delete(cls, cloud: Cloud, live: Live[Self]) -> Operation | None:
        """DELETE."""
        cloud.arm.send("DELETE", live.id, VERSION, live.customer, ok=frozenset({404}))
        return None


def _agents(cloud: Cloud) -> str:
    """The object id of our own agents' group, which stands in customers' subscriptions; empty if we may not know."""
    partner = cloud.profile.partner_tenant_id
    try:
        found = cloud.graph.all(f"/groups?$filter=displayName eq '{AGENTS}'", partner)
    except CloudError:
        return ""
    return str(found[0]["id"]).casefold() if found else ""
