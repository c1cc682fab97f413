"""Stores resources and finds them again; the only place that knows how they are kept.

A resource is kept as Azure answers it, plus what only the simulator knows under the key `_`: the id of the
operation that changes it (`operation`, None when none does) and when it was created and changed.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from cspctl.simulator.arm.ids import ResourceId, group_id, parse
from cspctl.simulator.store import Document, Transaction

COLLECTION = "armResources"


def find(tx: Transaction, id: str | ResourceId) -> Document | None:
    """Return the resource with this id, or None."""
    return tx.get(COLLECTION, str(id))


def save(tx: Transaction, document: Document) -> None:
    """Write the resource."""
    tx.put(COLLECTION, document["id"], document)


def remove(tx: Transaction, id: str) -> None:
    """Delete the resource and everything under it."""
    tx.delete(COLLECTION, id)
    for child in tx.all(COLLECTION, f"{id}/"):
        tx.delete(COLLECTION, child["id"])


def in_group(tx: Transaction, subscription: str, group: str) -> list[Document]:
    """Return every resource in the group, children included."""
    return tx.all(COLLECTION, f"{group_id(subscription, group)}/providers/")


def in_subscription(tx: Transaction, subscription: str) -> list[Document]:
    """Return every resource in the subscription, children included."""
    return tx.all(COLLECTION, f"/subscriptions/{subscription}/")


def parts(document: Document) -> Iterator[tuple[str, Document]]:
    """Give the named items inside a resource that are child resources of their own, with their list's name."""
    properties = document.get("properties")
    for list_name, items in properties.items() if isinstance(properties, dict) else ():
        if isinstance(items, list):
            for item in items:
                if _is_part(item):
                    yield list_name, item


def _is_part(item: Any) -> bool:
    named = isinstance(item, dict) and isinstance(item.get("name"), str)
    return named and isinstance(item.get("properties", {}), dict)


def part(document: Document, list_name: str, name: str) -> Document | None:
    """Return one named item of a list, or None; both names compare without case."""
    for found_list, item in parts(document):
        if (found_list.lower(), item["name"].lower()) == (list_name.lower(), name.lower()):
            return item
    return None


def state(document: Document) -> str:
    """Return the provisioning state of a resource or of a part of one."""
    return str(document.get("properties", {}).get("provisioningState", "Succeeded"))


def new_etag() -> str:
    """Return an etag as Microsoft.Network writes them."""
    return f'W/"{uuid.uuid4()}"'


def identify(document: Document) -> None:
    """Write id and type into a resource's parts."""
    for list_name, item in parts(document):
        item["id"] = f"{document['id']}/{list_name}/{item['name']}"
        item["type"] = f"{document['type']}/{list_name}"
        identify(item)


def stamp(document: Document, new_state: str, etag: str, *, only: Document | None = None) -> None:
    """Write etag and state into a resource and its parts.

    `only`: the one part that is changing; the others keep their state.
    """
    document.setdefault("properties", {})["provisioningState"] = new_state
    document["etag"] = etag
    for _, item in parts(document):
        mine = new_state if only is None or item is only else state(item)
        stamp(item, mine, etag)


def references(document: Document) -> Iterator[tuple[str, str, ResourceId]]:
    """Give what a resource refers to: the id of the referring part, the field, the id referred to."""
    own = f"{document['id']}/".lower()
    yield from _references(document.get("properties", {}), own, str(document["id"]), "")


def _references(value: Any, own: str, source: str, field: str) -> Iterator[tuple[str, str, ResourceId]]:
    if isinstance(value, list):
        for item in value:
            yield from _references(item, own, source, field)
    elif isinstance(value, dict):
        id = value.get("id")
        target = parse(id) if isinstance(id, str) else None
        if target is not None and not f"{target}/".lower().startswith(own):
            yield source, field, target
            return
        inner = str(target) if target is not None and "name" in value else source
        for name, item in value.items():
            yield from _references(item, own, inner, name)
