"""Checks what all types of Microsoft.Network share: names, references; the only place for those rules."""

from __future__ import annotations

import re
import uuid
from typing import Any

from cspctl.simulator.arm import records, references
from cspctl.simulator.arm.behaviours import Write
from cspctl.simulator.arm.ids import ResourceId
from cspctl.simulator.arm.network import members
from cspctl.simulator.arm.network.refusals import bad, not_found, not_provisioned, unreadable
from cspctl.simulator.store import Document, Transaction
from cspctl.simulator.wire import Request

# https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsoftnetwork
NAME = re.compile(r"[A-Za-z0-9]([\w.-]{0,78}[\w])?")
# References that may lead to another region.
ACROSS_REGIONS = {
    "remoteVirtualNetwork",
    "virtualNetworkGateway2",
    "localNetworkGateway2",
    "peer",
    "remoteVirtualNetworks",
}


def check_name(name: str) -> None:
    """Refuse a name that Microsoft.Network does not take."""
    if not NAME.fullmatch(name):
        raise bad(
            "InvalidResourceName",
            f"Resource name {name} is invalid. The name can be up to 80 characters long. It must begin with a word "
            "character, and it must end with a word character or with '_'. The name may contain word characters or "
            "'.', '-', '_'.",
        )


def named(write: Write, list_name: str) -> list[Document]:
    """Return the items of a list of the resource; a list that the client sent is checked and cleaned first."""
    properties = write.new.setdefault("properties", {})
    sent = properties.get(list_name) or []
    if write.part is None:
        if not isinstance(sent, list):
            raise unreadable(f"Error converting value to an array. Path 'properties.{list_name}', line 1, position 1.")
        properties[list_name] = members.items(sent, f"properties.{list_name}")
    return list(properties[list_name])


def sku(document: Document, default: str) -> dict[str, Any]:
    """Return the SKU of a resource, the default one if none was sent."""
    found = document.setdefault("sku", {"name": default})
    if not isinstance(found, dict):
        raise unreadable("Error converting value to an object. Path 'sku', line 1, position 1.")
    found.setdefault("name", default)
    return found


def check_ids(value: Any, path: str = "properties") -> None:
    """Refuse a reference that is no id of a resource."""
    if isinstance(value, list):
        for number, item in enumerate(value):
            check_ids(item, f"{path}[{number}]")
    elif isinstance(value, dict):
        id = value.get("id")
        if "id" in value and (not isinstance(id, str) or not id.lower().startswith(("/subscriptions/", "/providers/"))):
            raise bad(
                "LinkedInvalidPropertyId",
                f"Property id '{id}' at path '{path}.id' is invalid. Expect fully qualified resource Id that start "
                "with '/subscriptions/{subscriptionId}' or '/providers/{resourceProviderNamespace}/'.",
            )
        for name, item in value.items():
            check_ids(item, f"{path}.{name}")


def check_references(tx: Transaction, new: Document, old: Document | None) -> None:
    """Refuse new references to what does not exist in the region, and to what is being changed.

    References that were there before stay: only a peering can outlive what it leads to.
    """
    check_ids(new["properties"])
    earlier = records.references(old) if old else ()
    before = {(source, field, str(target).lower()) for source, field, target in earlier}
    records.identify(new)
    for source, field, target in records.references(new):
        if (source, field, str(target).lower()) in before:
            continue
        found = _found(tx, target)
        if found is None or (_elsewhere(found[0], new) and field not in ACROSS_REGIONS):
            raise not_found(str(target), source)
        state = records.state(found[1])
        if state != "Succeeded":
            singular = target.types[-1].removesuffix("s")
            raise not_provisioned(str(target), source, state, f"Put{singular[0].upper()}{singular[1:]}Operation")


def _found(tx: Transaction, target: ResourceId) -> tuple[Document, Document] | None:
    """Return the resource that the id leads to, and the part of it that the id names (or itself)."""
    document = records.find(tx, target)
    if document is not None:
        return document, document
    if target.parent is None:
        return None
    parent = _found(tx, target.parent)
    if parent is None:
        return None
    part = records.part(parent[1], target.types[-1], target.name)
    return None if part is None else (parent[0], part)


def _elsewhere(document: Document, other: Document) -> bool:
    return document.get("location") != other.get("location") and "global" not in {
        document.get("location"),
        other.get("location"),
    }


def prepare(write: Write) -> None:
    """Check and complete a resource of a type of which only the general rules are known."""
    check_name(write.part["name"] if write.part is not None else write.new["name"])
    properties = write.new.setdefault("properties", {})
    properties.pop("provisioningState", None)
    before = (write.old or {}).get("properties", {})
    properties["resourceGuid"] = before.get("resourceGuid") or str(uuid.uuid4())
    check_references(write.request.tx, write.new, write.old)


def refuse_if_used(request: Request, document: Document, code: str, text: str) -> None:
    """Refuse to delete what others refer to; `text` has {id}, {name} and {users} to fill in."""
    users = [*references.to(request.tx, document["id"]), *references.below(request.tx, document["id"])]
    users = [user for user in users if user["owner"].lower() != document["id"].lower()]
    if users:
        names = ", ".join(dict.fromkeys(user["source"] for user in users))
        raise bad(code, text.format(id=document["id"], name=document["name"], users=names))
