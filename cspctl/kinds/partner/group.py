"""Kind Group."""

from __future__ import annotations

from collections.abc import Iterable, Set
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, Field

from cspctl.cloud import Cloud
from cspctl.errors import CloudError, NotFound, NotYet
from cspctl.fields import AnyCase, Default, Grants, Immutable, Keyed, NotCompared, RefTo, Required
from cspctl.kinds._principals import object_id
from cspctl.resource import Broken, Live, Operation, Resource, Scope

WRITTEN = frozenset({"displayName", "description", "mailNickname"})


class Group(Resource):
    """A security group of the customer's directory, with its members.

    It is told apart by its display name. Members that the manifest does not mention stay, unless
    `metadata.complete: [members]` says that it names all of them.

    Source: https://learn.microsoft.com/graph/api/resources/group
    """

    detail_fields: ClassVar[frozenset[str]] = frozenset({"members"})
    settles: ClassVar[timedelta] = timedelta(minutes=2)
    lags: ClassVar[bool] = True
    replaceable: ClassVar[bool] = False
    twins_are_grave: ClassVar[bool] = True
    service: ClassVar[str] = "graph"

    display_name: Annotated[
        str | None, AfterValidator(str.strip), AnyCase(), Required(always=True), Field(max_length=256)
    ] = None
    """The name. It says which group is meant, so exactly one may have it."""
    description: Annotated[str | None, Field(max_length=1024)] = None
    """What it is for."""
    mail_nickname: Annotated[str | None, AnyCase(), NotCompared(), Field(max_length=64, pattern=r"^[!-~]+$")] = None
    """The alias that every group has; the handle if it is not given. Microsoft may change it, so it is only sent."""
    is_assignable_to_role: Annotated[
        bool | None, Default(False), Immutable("a group is made for directory roles, or not")
    ] = None
    """Whether directory roles can be given to it."""
    members: Annotated[list[str] | None, RefTo("User", "Group", words=True), Keyed(), Grants()] = None
    """Users and groups (`Group:other`) in it: manifests, user principal names or object ids."""

    def scope(self) -> Scope:
        """The customer's directory."""
        return Scope(self.meta.customer or "", "the directory")

    def identity(self) -> str:
        """The display name."""
        return (self.display_name or "").casefold()

    def look_up(self, cloud: Cloud, field: str, word: str) -> str | Broken:
        """A member's object id."""
        return object_id(cloud, self.meta.customer or "", field, word)

    @classmethod
    def all(cls, cloud: Cloud, scope: Scope) -> Iterable[Live[Self]]:
        """The directory's security groups."""
        for payload in cloud.graph.all("/groups?$top=999", scope.customer):
            if payload.get("securityEnabled") and "Unified" not in (payload.get("groupTypes") or ()):
                yield cls._live(payload, scope.customer)

    @classmethod
    def _live(cls, payload: dict[str, Any], customer: str, **more: Any) -> Live[Self]:
        names = (*WRITTEN, "isAssignableToRole")
        document = {name: payload[name] for name in names if payload.get(name) not in (None, "")}
        return Live(payload["id"], cls.from_live({**document, **more}), customer, payload)

    @classmethod
    def read(cls, cloud: Cloud, live: Live[Self], fields: Set[str]) -> Live[Self] | None:
        """One GET, and one LIST of the members if they are mentioned."""
        try:
            payload = cloud.graph.get(f"/groups/{live.id}", live.customer)
            members = _members(cloud, live.id, live.customer) if fields else []
        except NotFound:
            return None
        more = {"members": members} if fields else {}
        return cls._live(payload, live.customer, **more)

    def create(self, cloud: Cloud) -> str | Operation:
        """POST; the members follow."""
        nickname = self.mail_nickname or self.meta.name
        body = {name: value for name, value in self.document().items() if name in WRITTEN and value is not None}
        body |= {"mailNickname": nickname, "mailEnabled": False, "securityEnabled": True}
        if self.is_assignable_to_role:
            body["isAssignableToRole"] = True
        made: dict[str, Any] = cloud.graph.send("POST", "/groups", self.meta.customer or "", body).json()
        return str(made["id"])

    def update(self, cloud: Cloud, live: Live[Self], changed: Set[str]) -> Operation | None:
        """PATCH of what changed, then one call for each member that comes or goes."""
        path = f"/groups/{live.id}"
        if WRITTEN & changed:
            body = {name: self.document().get(name) for name in WRITTEN & changed}
            cloud.graph.send("PATCH", path, live.customer, body)
        there, wanted = set(live.resource.members or ()), set(self.members or ())
        for member in sorted(wanted - there) if "members" in changed else ():
            body = {"@odata.id": f"{cloud.graph.base}/v1.0/directoryObjects/{member}"}
            try:
                cloud.graph.send("POST", f"{path}/members/$ref", live.customer, body)
            except NotFound as error:  # a new user takes some time to be known everywhere
                raise NotYet(f"{member} is not known to the directory (yet): {error}") from None
            except CloudError:
                # That it is a member already, perhaps by an earlier attempt, Microsoft says in words only.
                if member not in _members(cloud, live.id, live.customer):
                    raise
        for member in sorted(there - wanted) if "members" in changed else ():
            cloud.graph.send("DELETE", f"{path}/members/{member}/$ref", live.customer, ok=frozenset({404}))
        return None

    @classmethod
    def delete(cls, cloud: Cloud, live: Live[Self]) -> Operation | None:
        """DELETE."""
        cloud.graph.send("DELETE", f"/groups/{live.id}", live.customer, ok=frozenset({404}))
        return None


def _members(cloud: Cloud, group: str, customer: str) -> list[str]:
    return [str(member["id"]) for member in cloud.graph.all(f"/groups/{group}/members?$top=999", customer)]
