"""A kind that exists only in tests, and a look at the world made up by hand: what the pure planner needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar

from cspctl.fields import Default, Immutable, Keyed, NotCompared, RefTo, Required
from cspctl.part import Item, Part
from cspctl.resource import Key, Live, Resource, Scope
from cspctl.seen import Seen, State

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


ALWAYS = {"parent": "/forest", "needed": "x"}
"""What each node of these tests has, in its manifest and live."""


class Twig(Item):
    name: Annotated[str | None, Required(always=True)] = None
    length: int | None = None


class Bark(Part):
    colour: str | None = None
    code: Annotated[str | None, NotCompared()] = None


class Node(Resource):
    """Something that can refer to others of its kind."""

    per_customer: ClassVar[bool] = True
    settles: ClassVar[timedelta] = timedelta(minutes=5)

    parent: Annotated[str | None, RefTo("Node", parent=True), Immutable("it cannot move")] = None
    friends: Annotated[list[str] | None, RefTo("Node")] = None
    size: Annotated[int | None, Default(1)] = None
    stone: Annotated[str | None, Immutable("it is carved in stone")] = None
    sent: Annotated[str | None, NotCompared()] = None
    needed: Annotated[str | None, Required()] = None
    bark: Bark | None = None
    twigs: Annotated[list[Twig] | None, Keyed("name")] = None
    given: Annotated[bool | None, NotCompared()] = None

    def scope(self) -> Scope:
        return Scope(self.meta.customer or "-", "forest")

    def identity(self) -> str:
        return self.meta.name.casefold()

    @property
    def found_only(self) -> bool:
        return bool(self.given)


class Monument(Node):
    """One that is never replaced, and protected."""

    replaceable: ClassVar[bool] = False
    protected: ClassVar[bool] = True


class Treasure(Node):
    """One that costs money and returns a secret once."""

    paid: ClassVar[bool] = True
    one_time_secrets: ClassVar[tuple[str, ...]] = ("password",)


def node(
    name: str, kind: type[Node] = Node, customer: str = "c", meta: Mapping[str, Any] | None = None, **spec: Any
) -> Node:

    metadata = {"name": name, "customer": customer, **(meta or {})}
    return kind.model_validate({**ALWAYS, **spec, "metadata": metadata})


def key(name: str, kind: str = "Node", customer: str = "c") -> Key:
    return Key(customer, kind, name)


def id_of(name: str) -> str:
    return f"/ID/{name}"


def live(resource: Node, gone: bool = False, **document: Any) -> Live[Resource]:
    """Something that exists; its references are ids."""
    return Live(id_of(resource.meta.name), type(resource).from_live({**ALWAYS, **document}), "customer-id", gone=gone)


def as_wanted(resource: Node) -> Live[Resource]:
    """It exists exactly as its manifest says."""
    document = {n: v for n, v in resource.document().items() if n not in ("sent", "given") and v is not None}
    if resource.parent != ALWAYS["parent"]:
        document["parent"] = id_of(document["parent"])
    if "friends" in document:
        document["friends"] = [id_of(name) for name in document["friends"]]
    return live(resource, **document)


def seen(resources: Sequence[Node], states: Mapping[str, State], **more: Any) -> Seen:
    """What was seen: by handle; what is not named does not exist."""
    return Seen(NOW, states={r.key: states.get(r.meta.name) for r in resources}, **more)
