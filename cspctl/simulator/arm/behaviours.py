"""Says how each resource type behaves: how long writes take, what they answer and check; the only place for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cspctl.simulator.arm.ids import ResourceId
from cspctl.simulator.arm.provider_types import ResourceType
from cspctl.simulator.store import Document, Transaction
from cspctl.simulator.wire import Request


@dataclass
class Write:
    """A PUT that is about to take effect.

    `new` is what will be stored and may still be completed; `old` is what is there, or None. `part` is the item
    of a list in `new` that the request addresses as a child resource; None if it addresses the whole.
    """

    request: Request
    id: ResourceId
    type: ResourceType
    new: Document
    old: Document | None
    part: Document | None = None

    @property
    def version(self) -> str:
        """The api-version of the request."""
        return self.request.query.get("api-version")


@dataclass(frozen=True)
class Behaviour:
    """How a resource type behaves.

    Times are in seconds. `stated`: it has a provisioningState.
    `asynchronous`: writes answer with the header Azure-AsyncOperation. `created`: the
    status of a PUT that creates. `parts`: lists inside the resource whose items have URLs of their own.
    `prepare` checks a write and fills in what the provider sets; `settle` does so at the end of the operation;
    `check_delete` refuses a delete (its last argument is the part concerned or None); `present` adds to an
    answer what is not stored.
    """

    write_seconds: float = 0
    delete_seconds: float = 0
    part_seconds: float = 0
    asynchronous: bool = False
    etag: bool = False
    stated: bool = True
    created: int = 201
    changed: int = 200
    pending: str = "Updating"
    family: str = "operations"
    parts: tuple[str, ...] = ()
    tags_only_patch: bool = False
    prepare: Callable[[Write], None] | None = None
    settle: Callable[[Document], None] | None = None
    check_delete: Callable[[Request, Document, Document | None], None] | None = None
    present: Callable[[Transaction, Document, str], None] | None = None

    def part_list(self, name: str) -> str | None:
        """Return the spelling of the list that holds parts of this type, or None if the type has none such."""
        return next((part for part in self.parts if part.lower() == name.lower()), None)


_behaviours: dict[str, Behaviour] = {}
_defaults: dict[str, Behaviour] = {}


def declare(types: str, **fields: Any) -> None:
    """Say how the types behave; `Namespace/*` says it for the types of the namespace that nothing else names."""
    for type in types.split():
        if type.endswith("/*"):
            _defaults[type.removesuffix("/*").lower()] = Behaviour(**fields)
        else:
            _behaviours[type.lower()] = Behaviour(**fields)


def of(type: ResourceType) -> Behaviour:
    """Return how the type behaves; what nobody describes answers at once."""
    return _behaviours.get(type.key) or _defaults.get(type.namespace.lower()) or Behaviour()
