"""Kind DelegatedAdminRelationship."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from cspctl.cloud import Cloud
from cspctl.errors import NotFound
from cspctl.fields import AnyCase, Default, Grants, Immutable, Keyed, Required, Unordered
from cspctl.kinds.partner._delegation import (
    DEFAULT,
    ROOT,
    AccessAssignment,
    Role,
    assign,
    assigned,
    assignment_documents,
    assignments,
    details,
    relationships,
    roles_in,
    unknown_groups,
)
from cspctl.kinds.partner._directory_roles import TEMPLATES
from cspctl.resource import GUID, Broken, Live, Operation, Resource, Scope, Waiting
from cspctl.wording import nearest

APPROVAL = "https://admin.microsoft.com/AdminPortal/Home#/partners/invitation/granularAdminRelationships"
ENDED = frozenset({"terminationRequested", "terminating", "terminated", "expired"})
UNASKED, ASKED = "created", frozenset({"approvalPending", "approved", "activating"})
NEVER = frozenset({None, "P0D", "PT0S"})
WARNED = (30, 7, 1)
"""Days before the end at which Microsoft, and a plan, begin to say so."""
DAYS = {"Y": 365, "M": 30, "W": 7, "D": 1}


def _days(text: str) -> int:
    found = re.fullmatch(r"P(?:\d+[YMWD])+", text)
    return sum(int(number) * DAYS[unit] for number, unit in re.findall(r"(\d+)([YMWD])", text)) if found else 0


def _duration(text: str) -> str:
    if not 1 <= _days(text) <= DAYS["Y"] * 2:
        remedy = "Write an ISO 8601 duration from P1D to P2Y, such as P730D."
        raise PydanticCustomError("wrong", "that is no duration that a customer can grant", {"remedy": remedy})
    return text


class DelegatedAdminRelationship(Resource):
    """Granular delegated administration (GDAP): which directory roles a customer lets the partner use, and how long.

    The customer's administrator must approve it: until then the plan waits and shows the link to send. Its roles and
    its duration are fixed from then on; for others describe a new one, and remove the old one when the new one is
    active. A plan warns 30, 7 and 1 days before it ends.

    Source: https://learn.microsoft.com/graph/api/resources/delegatedadminrelationship
    """

    detail_fields: ClassVar[frozenset[str]] = frozenset({"accessAssignments"})
    settles: ClassVar[timedelta] = timedelta(minutes=2)
    service: ClassVar[str] = "graph"
    replaceable: ClassVar[bool] = False
    protected: ClassVar[bool] = True

    display_name: Annotated[str | None, Required(always=True), AnyCase(), Field(min_length=1, max_length=50)] = None
    """The name, unique among all of the partner's. It says which one is meant."""
    duration: Annotated[
        str | None, AfterValidator(_duration), Required(), Immutable("a relationship keeps its duration")
    ] = None
    """How long it lasts, from `P1D` to `P2Y`."""
    roles: Annotated[
        list[Role] | None, Required(), Unordered(), Grants(), Immutable("a relationship keeps its roles")
    ] = None
    """Directory roles by name, such as `User Administrator`; those that the work needs, and no more."""
    auto_extend_duration: Annotated[Literal["P180D", "PT0S"] | None, Default("PT0S")] = None
    """`P180D` extends it by half a year whenever it would end; not possible with `Global Administrator` among its
    roles. `PT0S` lets it end."""
    access_assignments: Annotated[list[AccessAssignment] | None, Keyed("group")] = None
    """Who at the partner's may use the roles. Without any, nobody can."""

    def scope(self) -> Scope:
        """What the customer has granted."""
        return Scope(self.meta.customer or "", "delegated administration")

    @classmethod
    def is_id(cls, text: str) -> bool:
        """Two GUIDs."""
        return bool(re.fullmatch(f"{GUID.pattern}-{GUID.pattern}", text, re.IGNORECASE))

    def identity(self) -> str:
        """The name."""
        return (self.display_name or "").casefold()

    @classmethod
    def all(cls, cloud: Cloud, scope: Scope) -> Iterable[Live[Self]]:
        """One LIST of all relationships, of which this customer's are picked."""
        for payload in relationships(cloud, scope.customer):
            yield cls._live(payload, scope.customer)

    @classmethod
    def _live(cls, payload: dict[str, Any], customer: str, **more: Any) -> Live[Self]:
        extended = payload.get("autoExtendDuration")
        document = {
            "displayName": payload["displayName"],
            "duration": payload["duration"],
            "roles": roles_in(payload),
            "autoExtendDuration": "PT0S" if extended in NEVER else extended,
            **more,
        }
        status, waiting = payload.get("status"), None
        if status in ASKED:
            link = f"{APPROVAL}/{payload['id']}"
            waiting = Waiting("the customer's administrator must approve the delegated administration", link)
        default = str(payload["displayName"]).startswith(DEFAULT)
        resource, gone = cls.from_live(document), status in ENDED
        return Live(payload["id"], resource, customer, payload, waiting, incidental=default, gone=gone)

    @classmethod
    def read(cls, cloud: Cloud, live: Live[Self], fields: Set[str]) -> Live[Self] | None:
        """One GET, and one LIST of who may use it."""
        partner = cloud.profile.partner_tenant_id
        try:
            payload = cloud.graph.get(f"{ROOT}/{live.id}", partner)
        except NotFound:
            return None
        if not fields:
            return cls._live(payload, live.customer)
        found = assignments(cloud, live.id)
        more = {"accessAssignments": assignment_documents(cloud, found)} if found else {}
        return cls._live({**payload, "assignments": found}, live.customer, **more)

    @classmethod
    def match(
        cls, wanted: Sequence[Self], found: Sequence[Live[Self]], known: Sequence[str] = ()
    ) -> Sequence[Live[Self] | str | None]:
        """By name, among those that have not ended: what has ended cannot come back."""
        return super().match(wanted, [live for live in found if not live.gone], known)

    def rules(self) -> Iterable[Broken]:
        """What Microsoft refuses: extension of the highest role, roles that the relationship has not."""
        if self.auto_extend_duration == "P180D" and "Global Administrator" in (self.roles or ()):
            what = (
                "autoExtendDuration: a relationship with the role Global Administrator cannot be extended automatically"
            )
            yield Broken("autoExtendDuration", what, "Leave that role out, or write PT0S.")
        for role in self.roles or ():
            if role not in TEMPLATES:
                yield Broken("roles", f"roles: no directory role {role} is known", nearest(role, sorted(TEMPLATES)))
        for one in self.access_assignments or ():
            for role in one.roles or ():
                if self.roles and role not in self.roles:
                    what = f"accessAssignments[{one.group}]: {role} is not among the roles of the relationship"
                    yield Broken(f"accessAssignments[{one.group}]", what, "Add it to roles, or leave it out here.")

    def preflight(self, cloud: Cloud) -> Iterable[Broken]:
        """Are there such groups?"""
        if self.access_assignments:
            yield from unknown_groups(cloud, self.access_assignments)

    @classmethod
    def remark(cls, live: Live[Self], customer: str, now: datetime, managed: bool) -> str:
        """That it ends soon, and what to do."""
        if live.gone or not live.raw.get("endDateTime") or live.resource.auto_extend_duration == "P180D":
            return ""
        left = (datetime.fromisoformat(live.raw["endDateTime"]) - now).days
        if left >= WARNED[0]:
            return ""
        what = f'the delegated administration "{live.resource.display_name}" of {customer} ends in {left} days'
        able = "Global Administrator" not in (live.resource.roles or ())
        remedy = "set autoExtendDuration: P180D" if able and managed else "describe a new one and have it approved"
        return f"{what}, and our rights with it: {remedy} before {live.raw['endDateTime'][:10]}"

    def create(self, cloud: Cloud) -> str | Operation:
        """POST of a draft; asking for approval is the next step."""
        body = {
            "displayName": self.display_name,
            "duration": self.duration,
            "customer": {"tenantId": self.meta.customer},
            "accessDetails": details(self.roles or ()),
            "autoExtendDuration": self.auto_extend_duration or "PT0S",
        }
        partner = cloud.profile.partner_tenant_id
        made: dict[str, Any] = cloud.graph.send("POST", ROOT, partner, body).json()
        return Operation(f"{ROOT}/{made['id']}", partner, step="ask", result=made["id"])

    @classmethod
    def proceed(cls, cloud: Cloud, operation: Operation) -> str | Operation | None:
        """Lock the draft for approval; or look whether a group has its roles."""
        if operation.step == "ask":
            if cloud.graph.get(operation.url, operation.customer).get("status") == UNASKED:
                body = {"action": "lockForApproval"}
                cloud.graph.send("POST", f"{operation.url}/requests", operation.customer, body)
            return operation.result
        return None if assigned(cloud, operation) else operation

    def check(self, live: Live[Self]) -> Iterable[Broken]:
        """A draft that somebody has left must first be sent."""
        if live.raw.get("status") == UNASKED:
            what = "it is a draft that the customer has not been asked to approve"
            yield Broken("displayName", what, f"Send it: {APPROVAL}/{live.id}")

    def update(self, cloud: Cloud, live: Live[Self], changed: Set[str]) -> Operation | None:
        """PATCH of the extension; then each group's roles by a call of its own."""
        partner, path = cloud.profile.partner_tenant_id, f"{ROOT}/{live.id}"
        if "autoExtendDuration" in changed:
            extension = {"autoExtendDuration": self.auto_extend_duration or "PT0S"}
            cloud.graph.send("PATCH", path, partner, extension, {"If-Match": live.raw["@odata.etag"]})
        if "accessAssignments" not in changed:
            return None
        return assign(cloud, live.raw, self.access_assignments or (), live.raw.get("assignments") or ())

    @classmethod
    def delete(cls, cloud: Cloud, live: Live[Self]) -> Operation | None:
        """DELETE of a draft; terminate what is active. What waits for approval lapses by itself after 90 days."""
        partner, path = cloud.profile.partner_tenant_id, f"{ROOT}/{live.id}"
        if live.raw.get("status") == UNASKED:
            cloud.graph.send("DELETE", path, partner, headers={"If-Match": live.raw["@odata.etag"]})
        else:
            cloud.graph.send("POST", f"{path}/requests", partner, {"action": "terminate"})
        return None
