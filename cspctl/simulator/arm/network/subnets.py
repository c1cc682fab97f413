"""Checks subnets and fills in what the provider sets in them; the only place for the rules of one subnet.

https://learn.microsoft.com/rest/api/virtualnetwork/subnets/create-or-update
"""

from __future__ import annotations

from typing import Any

from cspctl.simulator.arm import regions
from cspctl.simulator.arm.network import addresses, members
from cspctl.simulator.arm.network.addresses import Network
from cspctl.simulator.arm.network.refusals import bad, unreadable
from cspctl.simulator.store import Document

GATEWAY = "gatewaysubnet"
# https://learn.microsoft.com/azure/virtual-network/subnet-delegation-overview: what a service may then do.
JOIN = "Microsoft.Network/virtualNetworks/subnets/join/action"
PREPARE = "Microsoft.Network/virtualNetworks/subnets/prepareNetworkPolicies/action"
UNPREPARE = "Microsoft.Network/virtualNetworks/subnets/unprepareNetworkPolicies/action"
ACTIONS = {
    "microsoft.sql/managedinstances": [JOIN, PREPARE, UNPREPARE],
    "microsoft.databricks/workspaces": [JOIN, PREPARE, UNPREPARE],
    "microsoft.netapp/volumes": ["Microsoft.Network/networkinterfaces/*", JOIN],
    "microsoft.web/serverfarms": ["Microsoft.Network/virtualNetworks/subnets/action"],
    "microsoft.containerinstance/containergroups": ["Microsoft.Network/virtualNetworks/subnets/action"],
}

# Services whose endpoints reach the paired region as well.
# https://learn.microsoft.com/azure/virtual-network/virtual-network-service-endpoints-overview
SERVICES = {
    "microsoft.storage": "Microsoft.Storage",
    "microsoft.storage.global": "Microsoft.Storage.Global",
    "microsoft.sql": "Microsoft.Sql",
    "microsoft.azurecosmosdb": "Microsoft.AzureCosmosDB",
    "microsoft.keyvault": "Microsoft.KeyVault",
    "microsoft.servicebus": "Microsoft.ServiceBus",
    "microsoft.eventhub": "Microsoft.EventHub",
    "microsoft.web": "Microsoft.Web",
    "microsoft.cognitiveservices": "Microsoft.CognitiveServices",
    "microsoft.containerregistry": "Microsoft.ContainerRegistry",
    "microsoft.azureactivedirectory": "Microsoft.AzureActiveDirectory",
}
IN_PAIR = {"microsoft.storage"}
EVERYWHERE = {"microsoft.storage", "microsoft.sql"}

# From this api-version on, network policies for private endpoints are off unless asked for.
POLICIES_OFF = "2022-05-01"


def prepare(subnet: Document, network: Document, version: str) -> None:
    """Check one subnet of the network by itself and fill in what the provider sets."""
    name, id = subnet["name"], f"{network['id']}/subnets/{subnet['name']}"
    given = members.cleaned(subnet["properties"], members.SUBNET, "properties", members.SUBNET_READ_ONLY)
    _check_prefixes(name, given, id, network["name"])
    _check_gateway(name, given)
    if "serviceEndpoints" in given:
        endpoints = given["serviceEndpoints"]
        given["serviceEndpoints"] = [_endpoint(each, network["location"]) for each in endpoints]
    given["delegations"] = [_delegation(each) for each in members.items(given.get("delegations", []), "delegations")]
    off = "Disabled" if version >= POLICIES_OFF else "Enabled"
    given.setdefault("privateEndpointNetworkPolicies", off)
    given.setdefault("privateLinkServiceNetworkPolicies", "Enabled")
    subnet["properties"] = given


def networks(subnet: Document, network_id: str) -> list[Network]:
    """Return the address prefixes of a subnet."""
    properties, id = subnet["properties"], f"{network_id}/subnets/{subnet['name']}"
    sent = properties.get("addressPrefixes") or [properties.get("addressPrefix")]
    return [addresses.parsed(prefix, id) for prefix in sent]


def _check_prefixes(name: str, given: dict[str, Any], id: str, network_name: str) -> None:
    if "addressPrefixes" in given:
        members.strings(given["addressPrefixes"], "properties.addressPrefixes")
    if not given.get("addressPrefixes") and not given.get("addressPrefix"):
        raise bad("MissingAddressPrefix", f"Address prefix of resource {id} is not specified.")
    for network in networks({"name": name, "properties": given}, id.rpartition("/subnets/")[0]):
        too_small = network.version == 4 and network.prefixlen > addresses.SMALLEST_IPV4
        if too_small or (network.version == 6 and network.prefixlen != addresses.IPV6_SUBNET):
            raise bad("NetcfgInvalidSubnet", f"Subnet '{name}' is not valid in virtual network '{network_name}'.")


def _check_gateway(name: str, given: dict[str, Any]) -> None:
    group = given.get("networkSecurityGroup")
    if name.lower() == GATEWAY and group:
        raise bad(
            "NetworkSecurityGroupCannotBeAttachedToGatewaySubnet",
            f"The operation failed because the network security group {str(group.get('id')).rpartition('/')[2]} can "
            "not be associated to the GatewaySubnet. Please remove the network security group associated to the "
            "GatewaySubnet. No changes have occurred on the gateway at this time. See here for additional details: "
            "https://aka.ms/GatewaySubnet.",
        )
    if name.lower() == GATEWAY and given.get("delegations"):
        raise bad("DelegationNotSupportedForGatewaySubnet", "The GatewaySubnet cannot be delegated to a service.")


def _endpoint(sent: Any, location: str) -> dict[str, Any]:
    if not isinstance(sent, dict):
        raise unreadable("Error converting value to an object. Path 'properties.serviceEndpoints', line 1, position 1.")
    known = members.cleaned(sent, members.ENDPOINT, "serviceEndpoints", frozenset({"provisioningState"}))
    service = str(known.get("service", "")).lower()
    if service not in SERVICES:
        raise bad(
            "SubnetHasInvalidServiceEndpoint", f"The service endpoint '{known.get('service')}' is not known in Azure."
        )
    pair = regions.REGIONS.get(location, ("", "", "", ""))[3]
    places = [location, pair] if service in IN_PAIR and pair else [location]
    if service not in EVERYWHERE:
        places = ["*"]
    return {**known, "service": SERVICES[service], "locations": places, "provisioningState": "Succeeded"}


def _delegation(item: dict[str, Any]) -> dict[str, Any]:
    properties = members.cleaned(
        item["properties"], members.DELEGATION, "delegations.properties", frozenset({"actions", "provisioningState"})
    )
    service = properties.get("serviceName")
    if not service:
        raise unreadable("Required property 'serviceName' not found in JSON. Path 'delegations', line 1, position 1.")
    actions = ACTIONS.get(str(service).lower(), [JOIN])
    return {"name": item["name"], "properties": {"serviceName": service, "actions": actions}}
