"""What all kinds of Azure Resource Manager share: the verbs, and the mapping between our fields and its payloads.

The mapping is data on the field: ``Arm("properties.addressSpace.addressPrefixes")``, by default ``properties.<name>``
(with ``.id`` behind a reference). :func:`from_arm` and :func:`to_arm` read it both ways.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from copy import deepcopy
from functools import cache
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, BaseModel

from cspctl.cloud import Cloud
from cspctl.errors import NotFound
from cspctl.fields import AnyCase, Arm, Immutable, RefTo, Required, Shape, shape_of
from cspctl.part import Item
from cspctl.resource import Broken, Live, Operation, Resource, Scope
from cspctl.wording import did_you_mean

SUBSCRIPTIONS = "2022-12-01"
"""The api-version of /subscriptions."""
READ_ONLY = ("id", "name", "type", "etag", "systemData", "managedBy")
SUBSCRIPTION = re.compile(r"^/subscriptions/([^/]+)", re.IGNORECASE)
GLOBAL = "global"
"""The location of what lies outside the regions."""
GROUP = re.compile(r"^/subscriptions/[^/]+/resourceGroups/[^/]+", re.IGNORECASE)

Location = Annotated[str, AfterValidator(lambda text: text.replace(" ", "").lower())]
"""An Azure region; ``West US`` and ``westus`` are the same."""


class ArmItem(Item):
    """An item of a keyed list that ARM nests: its name outside, all else below ``properties``."""

    name: Annotated[str | None, Arm("name"), AnyCase(), Required(always=True)] = None
    """The name, unique in this list."""


class ArmObject(Resource):
    """The verbs of everything that has an ARM id."""

    arm_type: ClassVar[str] = ""
    """The resource type, such as ``Microsoft.Network/virtualNetworks``."""
    arm_version: ClassVar[str] = ""
    """The api-version that the kind was written for."""
    service: ClassVar[str] = "arm"
    model: ClassVar[str] = ""
    """``package.Class`` of azure-mgmt, which knows the read-only fields; empty where there is none."""

    name: Annotated[str | None, Arm("name"), AnyCase(), Immutable("Azure cannot rename it")] = None
    """The name in Azure; the handle if it is not given."""
    location: Annotated[Location | None, Arm("location"), Required(), Immutable("Azure cannot move it")] = None
    """The region, such as `westus` or `West US`."""
    tags: Annotated[dict[str, str | None] | None, Arm("tags")] = None
    """Tags: names and values; `null` removes one."""

    def arm_id(self) -> str:
        """The full resource id."""
        raise NotImplementedError

    @property
    def arm_name(self) -> str:
        """The name in Azure."""
        return self.name or self.meta.name

    @classmethod
    def is_id(cls, text: str) -> bool:
        """A full resource id of this type."""
        return bool(
            re.match(rf"^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/{cls.arm_type}/[^/]+$", text, re.I)
        )

    @classmethod
    def collection(cls, scope: Scope) -> str:
        """The path that lists all of the kind in a subscription."""
        return f"{scope.path}/providers/{cls.arm_type}"

    @classmethod
    def derived(cls, id: str) -> dict[str, Any]:
        """The fields that are in the id and not in the payload."""
        raise NotImplementedError

    def scope(self) -> Scope:
        """The subscription: one LIST finds all of them there."""
        found = SUBSCRIPTION.match(self.arm_id())
        return Scope(self.meta.customer or "", found[0] if found else "")

    def identity(self) -> str:
        """The id, whose letter case means nothing."""
        return self.arm_id().casefold()

    @classmethod
    def live(cls, payload: dict[str, Any], customer: str) -> Live[Self]:
        """What a payload says, in our shape."""
        document = {**from_arm(cls, payload), **cls.derived(payload["id"])}
        return Live(payload["id"], cls.from_live(document), customer, payload)

    @classmethod
    def all(cls, cloud: Cloud, scope: Scope) -> Iterable[Live[Self]]:
        """One LIST by subscription. An empty one proves nothing unless the subscription itself is readable."""
        payloads = cloud.arm.all(cls.collection(scope), cls.arm_version, scope.customer)
        if not payloads:
            cloud.arm.get(scope.path, SUBSCRIPTIONS, scope.customer)
        return [cls.live(payload, scope.customer) for payload in payloads]

    @classmethod
    def read(cls, cloud: Cloud, live: Live[Self], fields: Set[str]) -> Live[Self] | None:
        """One GET by id."""
        try:
            return cls.live(cloud.arm.get(live.id, cls.arm_version, live.customer), live.customer)
        except NotFound:
            return None

    def find(self, cloud: Cloud) -> Live[Self] | None:
        """One GET: the id can be computed."""
        return self.read(cloud, Live(self.arm_id(), self, self.meta.customer or ""), frozenset())

    def preflight(self, cloud: Cloud) -> Iterable[Broken]:
        """Does the subscription know the location? One LIST for all that are to be created in it."""
        found = SUBSCRIPTION.match(self.arm_id())
        if not found or not self.location:
            return
        known = cloud.arm.all(f"{found[0]}/locations", SUBSCRIPTIONS, self.meta.customer or "")
        names = [str(one["name"]).casefold() for one in known]
        if names and self.location not in (*names, GLOBAL):
            what = f"location: {self.location} is no location of the subscription"
            yield Broken("location", what, did_you_mean(self.location, names))

    def create(self, cloud: Cloud) -> str | Operation:
        """PUT."""
        id = self.arm_id()
        body = writable(type(self), to_arm(type(self), self.document(), {}))
        response = cloud.arm.send("PUT", id, self.arm_version, self.meta.customer or "", body)
        return cloud.arm.begun(response, self.meta.customer or "", id) or id

    @classmethod
    def proceed(cls, cloud: Cloud, operation: Operation) -> str | Operation | None:
        """Poll."""
        return cloud.arm.poll(operation)

    def update(self, cloud: Cloud, live: Live[Self], changed: Set[str]) -> Operation | None:
        """PUT of what was read with the merged fields laid over it, if it is still what was read."""
        body = writable(type(self), to_arm(type(self), self.document(), live.raw))
        headers = {"If-Match": live.raw["etag"]} if live.raw.get("etag") else {}
        response = cloud.arm.send("PUT", live.id, self.arm_version, live.customer, body, headers)
        return cloud.arm.begun(response, live.customer, live.id)

    @classmethod
    def delete(cls, cloud: Cloud, live: Live[Self]) -> Operation | None:
        """DELETE; that it is gone already is as good."""
        response = cloud.arm.send("DELETE", live.id, cls.arm_version, live.customer, ok=frozenset({404}))
        return cloud.arm.begun(response, live.customer)


class ArmResource(ArmObject):
    """A kind whose resources live in a resource group."""

    resource_group: Annotated[
        str | None, RefTo("ResourceGroup", parent=True), Arm(""), Immutable("moving between groups gives it a new id")
    ] = None
    """The resource group it is in, which names its subscription."""

    def arm_id(self) -> str:
        """``{resource group}/providers/{type}/{name}``."""
        return f"{self.resource_group}/providers/{self.arm_type}/{self.arm_name}"

    @classmethod
    def derived(cls, id: str) -> dict[str, Any]:
        """The resource group."""
        found = GROUP.match(id)
        return {"resourceGroup": found[0] if found else ""}


@cache
def mapping(model: type[BaseModel]) -> tuple[tuple[str, tuple[str, ...], Shape], ...]:
    """For each field of a model: its name, the steps to it in the payload, and its shape."""
    nested = issubclass(model, ArmItem | ArmObject)
    result = []
    for name, shape in shape_of(model).fields.items():
        mark: Arm | None = shape.mark(Arm)
        path = mark.path if mark else f"properties.{name}" if nested else name
        if path and name != "absent":
            steps = tuple(path.split("."))
            result.append((name, (*steps, "id") if shape.ref and shape.form == "scalar" and not mark else steps, shape))
    return tuple(result)


def from_arm(model: type[BaseModel], payload: dict[str, Any]) -> dict[str, Any]:
    """Our document of an ARM payload; what is not in the payload is not in the document."""
    document = {}
    for name, steps, shape in mapping(model):
        value: Any = payload
        for step in steps:
            value = value.get(step) if isinstance(value, dict) else None
        plural = _get(payload, _plural(shape))
        if value is None and isinstance(plural, list) and len(plural) == 1:
            value = plural[0]
        if value is not None:
            document[name] = _read(shape, value)
    return document


def _plural(shape: Shape) -> tuple[str, ...]:
    mark: Arm | None = shape.mark(Arm)
    return tuple(mark.plural.split(".")) if mark and mark.plural else ()


def _read(shape: Shape, value: Any) -> Any:
    if shape.form == "object" and shape.model and isinstance(value, dict):
        return from_arm(shape.model, value)
    if shape.item and isinstance(value, list):
        if shape.ref:
            return [item.get("id") if isinstance(item, dict) else item for item in value]
        return [_read(shape.item, item) for item in value]
    return value


def to_arm(model: type[BaseModel], document: dict[str, Any], raw: dict[str, Any]) -> dict[str, Any]:
    """A payload: `raw` with our document in it. What the document no longer has is taken out."""
    payload = deepcopy(raw)
    for name, steps, shape in mapping(model):
        if document.get(name) is not None and _get(raw, steps) is None and _get(raw, _plural(shape)):
            _put(payload, _plural(shape), [document[name]])  # in the form that is there
        elif document.get(name) is not None:
            _put(payload, steps, _written(shape, document[name], _get(raw, steps)))
        elif _get(raw, steps) is not None:
            if shape.item:
                _put(payload, steps, {} if shape.form == "map" else [])  # left out would mean: as it is
            else:
                _take_out(payload, steps)
    return payload


def _written(shape: Shape, value: Any, raw: Any) -> Any:
    if shape.form == "object" and shape.model:
        return to_arm(shape.model, value, raw if isinstance(raw, dict) else {})
    if shape.item and shape.ref:
        return [{"id": item} for item in value]
    if shape.item and shape.item.model:
        model = shape.item.model
        there = {str(i.get(shape.key)).casefold(): i for i in raw or () if isinstance(i, dict)} if shape.key else {}
        return [to_arm(model, item, there.get(str(item.get(shape.key)).casefold(), {})) for item in value]
    return value


def _get(payload: Any, steps: tuple[str, ...]) -> Any:
    if not steps:
        return None
    for step in steps:
        payload = payload.get(step) if isinstance(payload, dict) else None
    return payload


def _put(payload: dict[str, Any], steps: tuple[str, ...], value: Any) -> None:
    for step in steps[:-1]:
        payload = payload.setdefault(step, {})
    payload[steps[-1]] = value


def _take_out(payload: dict[str, Any], steps: tuple[str, ...]) -> None:
    # A reference is removed whole: {"networkSecurityGroup": {}} would be a reference to nothing.
    steps = steps[:-1] if steps[-1] == "id" else steps
    for step in steps[:-1]:
        payload = payload[step]
    payload.pop(steps[-1], None)


def writable(kind: type[ArmObject], payload: dict[str, Any]) -> dict[str, Any]:
    """The payload without its read-only fields: azure-mgmt's model knows them, else the ones that all types have."""
    if kind.model:
        import importlib

        package, name = kind.model.split(".")
        model = getattr(importlib.import_module(f"azure.mgmt.{package}.models"), name)
        body: dict[str, Any] = model(payload).as_dict(exclude_readonly=True)
    else:
        body = deepcopy(payload)
        body.get("properties", {}).pop("provisioningState", None)
    return {name: value for name, value in body.items() if name not in READ_ONLY and value != {}}
