"""Knows which members virtual networks and subnets have, and of which JSON type; the only place that does.

Microsoft.Network refuses members it does not know, and values of another type. What only the provider writes is
accepted and dropped, so that a client may send back what it read.
https://learn.microsoft.com/rest/api/virtualnetwork/virtual-networks/create-or-update
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cspctl.simulator.arm.network.refusals import unreadable

Members = Mapping[str, type]

NETWORK: Members = {
    "addressSpace": dict,
    "dhcpOptions": dict,
    "flowTimeoutInMinutes": int,
    "subnets": list,
    "virtualNetworkPeerings": list,
    "enableDdosProtection": bool,
    "enableVmProtection": bool,
    "ddosProtectionPlan": dict,
    "bgpCommunities": dict,
    "encryption": dict,
    "ipAllocations": list,
    "privateEndpointVNetPolicies": str,
}
NETWORK_READ_ONLY = frozenset({"resourceGuid", "provisioningState", "flowLogs", "defaultPublicNatGateway"})

SUBNET: Members = {
    "addressPrefix": str,
    "addressPrefixes": list,
    "networkSecurityGroup": dict,
    "routeTable": dict,
    "natGateway": dict,
    "serviceEndpoints": list,
    "serviceEndpointPolicies": list,
    "ipAllocations": list,
    "delegations": list,
    "privateEndpointNetworkPolicies": str,
    "privateLinkServiceNetworkPolicies": str,
    "applicationGatewayIPConfigurations": list,
    "sharingScope": str,
    "defaultOutboundAccess": bool,
    "ipamPoolPrefixAllocations": list,
    "serviceGateway": dict,
}
SUBNET_READ_ONLY = frozenset(
    {"ipConfigurations", "ipConfigurationProfiles", "privateEndpoints", "purpose", "provisioningState"}
    | {"resourceNavigationLinks", "serviceAssociationLinks"}
)

ENDPOINT: Members = {"service": str, "locations": list, "networkIdentifier": dict}
DELEGATION: Members = {"serviceName": str}
ITEM: Members = {"id": str, "name": str, "type": str, "etag": str, "properties": dict}

POLICIES = {
    "privateEndpointNetworkPolicies": {
        "Enabled",
        "Disabled",
        "NetworkSecurityGroupEnabled",
        "RouteTableEnabled",
    },
    "privateLinkServiceNetworkPolicies": {"Enabled", "Disabled"},
    "sharingScope": {"Tenant", "DelegatedServices"},
    "privateEndpointVNetPolicies": {"Disabled", "Basic"},
}

_NAMES = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", int: "a number"}


def cleaned(
    value: dict[str, Any], known: Members, path: str, read_only: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """Return the members without null and read-only ones; refuse unknown ones and wrong types."""
    kept = {}
    for name, member in value.items():
        if name in read_only:
            continue
        if name not in known:
            raise unreadable(
                f"Could not find member '{name}' on object of type '{path.rpartition('.')[2] or 'properties'}'. "
                f"Path '{path}.{name}', line 1, position 1."
            )
        if member is None:
            continue
        _check(member, known[name], name, f"{path}.{name}")
        kept[name] = member
    return kept


def _check(member: Any, type: type, name: str, path: str) -> None:
    if not isinstance(member, type) or (type is int and isinstance(member, bool)):
        raise unreadable(f"Error converting value to {_NAMES[type]}. Path '{path}', line 1, position 1.")
    if name in POLICIES and member not in POLICIES[name]:
        allowed = ", ".join(sorted(POLICIES[name]))
        raise unreadable(f"'{member}' is not one of {allowed}. Path '{path}', line 1, position 1.")


def strings(value: Any, path: str) -> list[str]:
    """Return the list of strings, or refuse another value."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise unreadable(f"Error converting value to an array of strings. Path '{path}', line 1, position 1.")
    return value


def items(value: list[Any], path: str) -> list[dict[str, Any]]:
    """Return the named items of a list, or refuse others than objects with a name and properties."""
    found = []
    for index, item in enumerate(value):
        if not isinstance(item, dict):
            raise unreadable(f"Error converting value to an object. Path '{path}[{index}]', line 1, position 1.")
        kept = cleaned(item, ITEM, f"{path}[{index}]")
        if not kept.get("name"):
            raise unreadable(f"Required property 'name' not found in JSON. Path '{path}[{index}]', line 1, position 1.")
        found.append({"name": kept["name"], "properties": kept.get("properties", {})})
    return found
