"""Answers questions about virtual networks that are neither reads nor writes of resources.

https://learn.microsoft.com/rest/api/virtualnetwork/virtual-networks/check-ip-address-availability
"""

from __future__ import annotations

import ipaddress
from typing import Any

from cspctl.simulator.arm import ids, records, resource_groups
from cspctl.simulator.arm.errors import resource_not_found
from cspctl.simulator.arm.network import addresses, interfaces
from cspctl.simulator.arm.network.refusals import bad
from cspctl.simulator.arm.service import routes
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request, Response

NETWORK = "/subscriptions/<subscription>/resourceGroups/<group>/providers/Microsoft.Network/virtualNetworks/<network>"
OFFERED = 5


@routes.route("GET", f"{NETWORK}/CheckIPAddressAvailability")
def check_address(request: Request, subscription: str, group: str, network: str) -> Response:
    """Tell whether an address of the network is free, and if not, name some that are."""
    document = _network(request, subscription, group, network)
    wanted = request.query.get("ipAddress")
    if not addresses.is_address(wanted):
        raise bad("InvalidIPAddress", f"The value '{wanted}' of ipAddress is not a valid IP address.")
    for subnet in document["properties"]["subnets"]:
        prefix = interfaces.prefix_of(subnet)
        if ipaddress.ip_address(wanted) in ipaddress.ip_network(prefix):
            return Response(200, _availability(request, subnet["id"], prefix, wanted))
    return Response(200, {"available": False, "isPlatformReserved": False})


def _availability(request: Request, subnet: str, prefix: str, wanted: str) -> dict[str, Any]:
    taken = interfaces.taken(request.tx, subnet)
    network = ipaddress.ip_network(prefix)
    reserved = wanted in {str(network[number]) for number in (*range(addresses.FIRST_USABLE), -1)}
    if wanted not in taken and not reserved:
        return {"available": True, "isPlatformReserved": False}
    offered: list[str] = []
    while len(offered) < OFFERED and (free := addresses.free_address(prefix, taken | set(offered))):
        offered.append(free)
    return {"available": False, "availableIPAddresses": offered, "isPlatformReserved": reserved}


@routes.route("GET", f"{NETWORK}/usages")
def usages(request: Request, subscription: str, group: str, network: str) -> Response:
    """Tell how many addresses of each subnet are used."""
    document = _network(request, subscription, group, network)
    return Response(200, {"value": [_usage(request, subnet) for subnet in document["properties"]["subnets"]]})


def _usage(request: Request, subnet: Document) -> dict[str, Any]:
    size = ipaddress.ip_network(interfaces.prefix_of(subnet)).num_addresses - addresses.FIRST_USABLE - 1
    return {
        "currentValue": len(interfaces.taken(request.tx, subnet["id"])),
        "id": subnet["id"],
        "limit": size,
        "name": {"localizedValue": "Subnet size and usage", "value": "SubnetSpace"},
        "unit": "Count",
    }


@routes.route("GET", f"{NETWORK}/subnets/<subnet>/ResourceNavigationLinks")
def navigation_links(request: Request, subscription: str, group: str, network: str, subnet: str) -> Response:
    """List the services that have put something into the subnet: here, none does."""
    _subnet(request, subscription, group, network, subnet)
    return Response(200, {"value": []})


@routes.route("GET", f"{NETWORK}/subnets/<subnet>/ServiceAssociationLinks")
def association_links(request: Request, subscription: str, group: str, network: str, subnet: str) -> Response:
    """List the services that are associated with the subnet: here, none is."""
    _subnet(request, subscription, group, network, subnet)
    return Response(200, {"value": []})


def _network(request: Request, subscription: str, group: str, network: str) -> Document:
    found = resource_groups.require(request.tx, subscription, group)
    names = (network,)
    id = ids.ResourceId(subscription, found["name"], "Microsoft.Network", ("virtualNetworks",), names)
    document = records.find(request.tx, id)
    if document is None:
        raise resource_not_found(id.type_and_name, id.group)
    return document


def _subnet(request: Request, subscription: str, group: str, network: str, subnet: str) -> None:
    document = _network(request, subscription, group, network)
    if records.part(document, "subnets", subnet) is None:
        raise bad("NotFound", f"Resource {document['id']}/subnets/{subnet} not found.", status=404)
