"""Checks virtual networks as a whole and fills in what the provider sets; the only place for the rules between subnets.

https://learn.microsoft.com/rest/api/virtualnetwork/virtual-networks/create-or-update
"""

from __future__ import annotations

import copy
import uuid
from typing import Any

from cspctl.simulator.arm import records, references
from cspctl.simulator.arm.behaviours import Write
from cspctl.simulator.arm.network import addresses, common, members, peerings, subnets
from cspctl.simulator.arm.network.addresses import Network
from cspctl.simulator.arm.network.refusals import bad, unreadable
from cspctl.simulator.store import Document, Transaction
from cspctl.simulator.wire import Request

# From this api-version on, a PUT without `subnets` leaves the subnets as they are; before, it deleted them.
# https://github.com/Azure/azure-quickstart-templates/issues/2786
SUBNETS_KEPT = "2023-09-01"
# https://learn.microsoft.com/azure/expressroute/expressroute-routing#bgp
COMMUNITIES = {
    "westeurope": 51002,
    "northeurope": 51003,
    "eastus": 51004,
    "eastus2": 51005,
    "westus": 51006,
    "northcentralus": 51007,
    "southcentralus": 51008,
    "centralus": 51009,
    "uksouth": 51024,
    "ukwest": 51025,
    "westus2": 51026,
    "westcentralus": 51027,
}
# Later api-versions show enableVmProtection only if it was sent.
VM_PROTECTION_SHOWN = "2021-01-01"


def prepare(write: Write) -> None:
    """Check the network that the write would leave, and complete it."""
    new, old = write.new, write.old
    common.check_name(new["name"])
    if write.part is None:
        _whole(write)
    elif write.part in new["properties"].get("virtualNetworkPeerings", []):
        peerings.prepare(write.request.tx, write.part, new, write.version)
    else:
        common.check_name(write.part["name"])
        subnets.prepare(write.part, new, write.version)
    space = _space(new)
    _check_ranges(new, space)
    if old is not None:
        _check_used(write.request.tx, old, new)
    common.check_references(write.request.tx, new, old)


def _whole(write: Write) -> None:
    new, old = write.new, write.old
    sent = new.get("properties") or {}
    null_subnets = "subnets" in sent and sent["subnets"] is None
    given = members.cleaned(sent, members.NETWORK, "properties", members.NETWORK_READ_ONLY)
    before = old["properties"] if old else {}
    keeps = write.version >= SUBNETS_KEPT and "subnets" not in given and not null_subnets
    kept = copy.deepcopy(before.get("subnets", [])) if keeps else []
    listed = members.items(given.get("subnets", []), "properties.subnets")
    new["properties"] = given
    given["resourceGuid"] = before.get("resourceGuid") or str(uuid.uuid4())
    _check_options(given)
    _check_unique(new["id"], listed)
    for subnet in listed:
        common.check_name(subnet["name"])
        _spell(subnet, before.get("subnets", []))
        subnets.prepare(subnet, new, write.version)
    given["subnets"] = kept or listed
    sent_peerings = members.items(given.get("virtualNetworkPeerings", []), "properties.virtualNetworkPeerings")
    given["virtualNetworkPeerings"] = sent_peerings
    for peering in sent_peerings:
        peerings.prepare(write.request.tx, peering, new, write.version)
    _add_community(given, new["location"])
    given.setdefault("enableDdosProtection", False)
    if write.version < VM_PROTECTION_SHOWN:
        given.setdefault("enableVmProtection", False)


def _spell(subnet: Document, before: list[Document]) -> None:
    """Keep the spelling that the subnet's name was created with."""
    for existing in before:
        if existing["name"].lower() == subnet["name"].lower():
            subnet["name"] = existing["name"]


def _check_unique(id: str, listed: list[Document]) -> None:
    names = [subnet["name"].lower() for subnet in listed]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise bad(
            "DuplicateResourceName", f"Resource {id}/subnets/ has two child resources with the same name ({twice})."
        )


def _check_options(given: dict[str, Any]) -> None:
    options = members.cleaned(given.get("dhcpOptions", {}), {"dnsServers": list}, "properties.dhcpOptions")
    for server in members.strings(options.get("dnsServers", []), "properties.dhcpOptions.dnsServers"):
        if not addresses.is_address(server):
            raise bad("InvalidIPAddress", f"The value '{server}' of dnsServers is not a valid IP address.")
    timeout = given.get("flowTimeoutInMinutes")
    if timeout is not None and not 4 <= timeout <= 30:
        raise bad("InvalidFlowTimeout", f"The flow timeout of {timeout} minutes is not between 4 and 30.")
    if given.get("enableDdosProtection") and not given.get("ddosProtectionPlan"):
        raise bad("DdosProtectionPlanNotSpecified", "DDoS protection cannot be enabled without a DDoS protection plan.")


def _add_community(given: dict[str, Any], location: str) -> None:
    """Add the region's BGP community to the network's own."""
    communities = given.get("bgpCommunities")
    if communities is None:
        return
    known = {"virtualNetworkCommunity": str}
    own = members.cleaned(communities, known, "properties.bgpCommunities", frozenset({"regionalCommunity"}))
    given["bgpCommunities"] = {**own, "regionalCommunity": f"12076:{COMMUNITIES.get(location, 50000)}"}


def _space(network: Document) -> list[Network]:
    space = network["properties"].get("addressSpace")
    if not space or not (space.get("addressPrefixes") or space.get("ipamPoolPrefixAllocations")):
        raise unreadable("Required property 'addressSpace.addressPrefixes' not found in JSON. Path 'properties'.")
    known = {"addressPrefixes": list, "ipamPoolPrefixAllocations": list}
    prefixes = members.cleaned(space, known, "properties.addressSpace").get("addressPrefixes", [])
    return addresses.address_space(prefixes, network["id"])


def _check_ranges(network: Document, space: list[Network]) -> None:
    earlier: list[Network] = []
    for subnet in network["properties"].get("subnets", []):
        for prefix in subnets.networks(subnet, network["id"]):
            if not any(addresses.contains(outer, prefix) for outer in space):
                raise bad(
                    "NetcfgSubnetRangeOutsideVnet",
                    f"Subnet '{subnet['name']}' is not valid because its IP address range is outside the IP address "
                    f"range of virtual network '{network['name']}'.",
                )
            if any(addresses.overlap(prefix, other) for other in earlier):
                raise bad(
                    "NetcfgSubnetRangesOverlap",
                    f"Subnet '{subnet['name']}' is not valid because its IP address range overlaps with that of an "
                    f"existing subnet in virtual network '{network['name']}'.",
                )
            earlier.append(prefix)


def _check_used(tx: Transaction, old: Document, new: Document) -> None:
    """Refuse to drop subnets that something uses, and prefixes with addresses in use."""
    for subnet in old["properties"].get("subnets", []):
        users = references.to(tx, subnet["id"])
        if not users:
            continue
        still = records.part(new, "subnets", subnet["name"])
        if still is None:
            raise in_use(subnet, users)
        left = subnets.networks(still, new["id"])
        gone = [prefix for prefix in subnets.networks(subnet, old["id"]) if prefix not in left]
        if gone:
            raise bad(
                "InUsePrefixCannotBeDeleted",
                f"IpPrefix {gone[0]} on Subnet {subnet['name']} has active allocations and cannot be deleted.",
            )


def in_use(subnet: Document, users: list[dict[str, Any]]) -> Exception:
    """Return the refusal to delete a subnet that something uses."""
    sources = " and ".join(user["source"] for user in users[:2])
    return bad(
        "InUseSubnetCannotBeDeleted",
        f"Subnet {subnet['name']} is in use by {sources} and cannot be deleted. In order to delete the subnet, delete "
        "all the resources within the subnet. See aka.ms/deletesubnet.",
    )


def check_delete(request: Request, network: Document, part: Document | None) -> None:
    """Refuse to delete a subnet, or a network with a subnet, that something uses."""
    concerned = network["properties"].get("subnets", []) if part is None else [part]
    for subnet in concerned:
        users = references.to(request.tx, subnet["id"])
        if users:
            raise in_use(subnet, users)


def present(tx: Transaction, body: dict[str, Any], version: str) -> None:  # noqa: ARG001
    """Show in each subnet which IP configurations use it."""
    users: dict[str, list[dict[str, Any]]] = {}
    for row in references.below(tx, f"{body['id']}/subnets"):
        users.setdefault(row["target"].lower(), []).append(row)
    for subnet in body["properties"].get("subnets", []):
        rows = users.get(subnet["id"].lower(), [])
        for list_name, part in (("ipConfigurations", "/ipconfigurations/"), ("privateEndpoints", "/privateendpoints/")):
            ids = [{"id": row["source"]} for row in rows if part in row["source"].lower()]
            if ids:
                subnet["properties"][list_name] = ids
