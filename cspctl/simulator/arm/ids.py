"""Takes resource ids apart and puts them together; the only place that knows their grammar."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ID = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    r"/providers/(?P<namespace>[^/]+)/(?P<rest>.+)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ResourceId:
    """The id of a resource in a group: /subscriptions/…/resourceGroups/…/providers/…/type/name[/type/name…]."""

    subscription: str
    group: str
    namespace: str
    types: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def type(self) -> str:
        """The type without its namespace, such as virtualNetworks/subnets."""
        return "/".join(self.types)

    @property
    def full_type(self) -> str:
        """The type with its namespace."""
        return f"{self.namespace}/{self.type}"

    @property
    def name(self) -> str:
        """The last name."""
        return self.names[-1]

    @property
    def type_and_name(self) -> str:
        """What error texts call the resource: Microsoft.Network/virtualNetworks/<name>/subnets/<name>."""
        pairs = (f"{type}/{name}" for type, name in zip(self.types, self.names, strict=True))
        return f"{self.namespace}/{'/'.join(pairs)}"

    @property
    def parent(self) -> ResourceId | None:
        """The id one level up, or None for a top-level resource."""
        if len(self.names) == 1:
            return None
        return ResourceId(self.subscription, self.group, self.namespace, self.types[:-1], self.names[:-1])

    def child(self, type: str, name: str) -> ResourceId:
        """Return the id one level down."""
        return ResourceId(self.subscription, self.group, self.namespace, (*self.types, type), (*self.names, name))

    def __str__(self) -> str:
        """Return the id as text."""
        return f"{group_id(self.subscription, self.group)}/providers/{self.type_and_name}"


def group_id(subscription: str, group: str) -> str:
    """Return the id of a resource group."""
    return f"/subscriptions/{subscription}/resourceGroups/{group}"


def split(rest: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Take `type/name/type/name…` apart into types and names; a list's path has one type more than names."""
    parts = rest.strip("/").split("/")
    return tuple(parts[0::2]), tuple(parts[1::2])


def parse(text: str) -> ResourceId | None:
    """Return the id that the text is, or None if it is not the id of a resource in a group."""
    found = _ID.fullmatch(text.strip())
    if found is None:
        return None
    types, names = split(found["rest"])
    if len(types) != len(names) or "" in types or "" in names:
        return None
    return ResourceId(found["subscription"], found["group"], found["namespace"], types, names)
