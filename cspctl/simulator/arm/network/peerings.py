"""Checks peerings of virtual networks and tells their state; the only place for their rules.

https://learn.microsoft.com/azure/virtual-network/virtual-network-peering-overview
"""

from __future__ import annotations

import uuid
from typing import Any

from cspctl.simulator.arm import records
from cspctl.simulator.arm.network.refusals import not_found, unreadable
from cspctl.simulator.store import Document, Transaction

# Earlier api-versions show a field that the definitions never had.
VIPS_HIDDEN = "2021-01-01"
# From this api-version on, a peering repeats its own network's address space as well.
LOCAL_SHOWN = "2024-01-01"


def prepare(tx: Transaction, peering: Document, network: Document, version: str) -> None:
    """Fill in what the provider sets; the peering is Connected once the other network has one back."""
    properties = peering["properties"]
    sent = properties.get("remoteVirtualNetwork")
    remote_id = sent.get("id") if isinstance(sent, dict) else None
    if not isinstance(remote_id, str):
        raise unreadable("Required property 'remoteVirtualNetwork' not found in JSON. Path 'properties'.")
    remote = records.find(tx, remote_id)
    if remote is not None and remote["type"].lower() != network["type"].lower():
        raise not_found(remote_id, str(peering.get("id") or network["id"]))
    for name in ("allowVirtualNetworkAccess", "allowForwardedTraffic", "allowGatewayTransit", "useRemoteGateways"):
        properties.setdefault(name, name == "allowVirtualNetworkAccess")
    properties.setdefault("doNotVerifyRemoteGateways", False)
    properties["resourceGuid"] = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{network['id']}{remote_id}".lower()))
    if version < VIPS_HIDDEN:
        properties["routeServiceVips"] = {}
    if remote is not None:
        properties.update(_of_remote(remote["properties"]))
    if version >= LOCAL_SHOWN:
        space = {"addressPrefixes": network["properties"]["addressSpace"].get("addressPrefixes", [])}
        properties.update(localAddressSpace=space, localVirtualNetworkAddressSpace=space)
    back = _back(remote, network) if remote is not None else None
    properties["peeringState"] = "Connected" if back is not None else "Initiated"
    properties["peeringSyncLevel"] = "FullyInSync" if back is not None else "RemoteNotInSync"
    if remote is not None and back is not None:
        back["properties"].update(peeringState="Connected", peeringSyncLevel="FullyInSync")
        records.save(tx, remote)


def _of_remote(remote: dict[str, Any]) -> dict[str, Any]:
    """Return what a peering repeats of the other network."""
    space = {"addressPrefixes": remote["addressSpace"].get("addressPrefixes", [])}
    shown = {"remoteAddressSpace": space, "remoteVirtualNetworkAddressSpace": space}
    repeated = {"bgpCommunities": "remoteBgpCommunities", "encryption": "remoteVirtualNetworkEncryption"}
    return shown | {theirs: remote[ours] for ours, theirs in repeated.items() if ours in remote}


def _back(remote: Document, network: Document) -> Document | None:
    for peering in remote["properties"].get("virtualNetworkPeerings", []):
        if peering["properties"]["remoteVirtualNetwork"]["id"].lower() == network["id"].lower():
            found: Document = peering
            return found
    return None
