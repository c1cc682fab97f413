"""Fills in and checks network interfaces and public addresses; the only place for their rules.

https://learn.microsoft.com/rest/api/virtualnetwork/network-interfaces/create-or-update
"""

from __future__ import annotations

import ipaddress
import uuid
from typing import Any

from cspctl.simulator.arm import ids, records, references
from cspctl.simulator.arm.behaviours import Write
from cspctl.simulator.arm.network import addresses, common
from cspctl.simulator.arm.network.refusals import bad, not_found, unreadable
from cspctl.simulator.store import Document, Transaction
from cspctl.simulator.wire import Request

# From this api-version on, public addresses and prefixes show the tier of their SKU.
TIERS_SHOWN = "2020-07-01"


def prepare_interface(write: Write) -> None:
    """Give every IP configuration an address of its subnet."""
    configurations = common.named(write, "ipConfigurations")
    common.prepare(write)
    properties = write.new["properties"]
    if not configurations:
        raise bad(
            "NetworkInterfaceMustHaveOneIpConfiguration",
            f"Network interface {write.new['id']} has no IP configuration.",
        )
    for number, configuration in enumerate(configurations):
        _configure(write, configuration, first=number == 0)
    settings = properties.setdefault("dnsSettings", {})
    if not isinstance(settings, dict):
        raise unreadable("Error converting value to an object. Path 'properties.dnsSettings', line 1, position 1.")
    settings.setdefault("dnsServers", [])
    properties["dnsSettings"].setdefault("appliedDnsServers", [])
    properties["dnsSettings"].setdefault(
        "internalDomainNameSuffix", f"{uuid.uuid4().hex[:26]}.dx.internal.cloudapp.net"
    )
    properties.setdefault("enableAcceleratedNetworking", False)
    properties.setdefault("enableIPForwarding", False)
    for name, value in (("hostedWorkloads", []), ("tapConfigurations", []), ("nicType", "Standard")):
        properties.setdefault(name, value)
    if write.version >= "2021-01-01":
        properties.setdefault("disableTcpStateTracking", False)


def _configure(write: Write, configuration: Document, *, first: bool) -> None:
    properties = configuration.setdefault("properties", {})
    subnet = properties.get("subnet")
    subnet_id = subnet.get("id") if isinstance(subnet, dict) else None
    if not isinstance(subnet_id, str):
        raise unreadable("Required property 'subnet' not found in JSON. Path 'properties.ipConfigurations'.")
    prefix = _prefix(write, subnet_id)
    properties.setdefault("privateIPAllocationMethod", "Dynamic")
    properties.setdefault("privateIPAddressVersion", "IPv4")
    properties.setdefault("primary", first)
    before = records.part(write.old, "ipConfigurations", configuration["name"]) if write.old else None
    wanted = properties.get("privateIPAddress") or (before or {}).get("properties", {}).get("privateIPAddress")
    properties["privateIPAddress"] = _address(write, prefix, subnet_id, wanted, configuration["name"])


def _prefix(write: Write, subnet_id: str) -> str:
    id = ids.parse(subnet_id)
    network = records.find(write.request.tx, id.parent) if id is not None and id.parent is not None else None
    subnet = records.part(network, "subnets", id.name) if network is not None and id is not None else None
    if subnet is None:
        raise not_found(subnet_id, write.new["id"])
    return prefix_of(subnet)


def prefix_of(subnet: Document) -> str:
    """Return the subnet's first address prefix."""
    properties = subnet["properties"]
    return str(properties.get("addressPrefix") or properties["addressPrefixes"][0])


def _address(write: Write, prefix: str, subnet_id: str, wanted: Any, name: str) -> str:
    others = _others(write, subnet_id, name)
    if wanted:
        if not addresses.is_address(wanted) or ipaddress.ip_address(wanted) not in ipaddress.ip_network(prefix):
            raise bad(
                "PrivateIPAddressNotInSubnet",
                f"Private static IP address {wanted} does not belong to the range of subnet prefix {prefix}.",
            )
        if wanted in others:
            raise bad(
                "PrivateIPAddressInUse",
                f"IP configuration {write.new['id']}/ipConfigurations/{name} is using the private IP address {wanted} "
                "which is already allocated to another resource.",
            )
        return str(wanted)
    free = addresses.free_address(prefix, others)
    if free is None:
        raise bad(
            "SubnetIsFull",
            f"Subnet {subnet_id.rpartition('/')[2]} with address prefix {prefix} does not have enough capacity for 1 "
            "IP addresses.",
        )
    return free


def taken(tx: Transaction, subnet_id: str) -> set[str]:
    """Return the addresses in the subnet that IP configurations have."""
    found = set()
    for row in references.to(tx, subnet_id):
        if address := _address_of(tx, row):
            found.add(address)
    return found


def _address_of(tx: Transaction, row: dict[str, Any]) -> str | None:
    owner = records.find(tx, row["owner"])
    for _, part in records.parts(owner) if owner is not None else ():
        if part["id"].lower() == row["source"].lower():
            address = part.get("properties", {}).get("privateIPAddress")
            return None if address is None else str(address)
    return None


def _others(write: Write, subnet_id: str, name: str) -> set[str]:
    """Return the addresses that everybody but this IP configuration has."""
    own = f"{write.new['id']}/ipConfigurations/{name}".lower()
    rows = [row for row in references.to(write.request.tx, subnet_id) if row["source"].lower() != own]
    found = {address for row in rows if (address := _address_of(write.request.tx, row))}
    for configuration in write.new["properties"].get("ipConfigurations", []):
        if configuration["name"] != name and configuration.get("properties", {}).get("privateIPAddress"):
            found.add(str(configuration["properties"]["privateIPAddress"]))
    return found


def prepare_public_address(write: Write) -> None:
    """Fill in the SKU's defaults and refuse what the SKU does not allow."""
    common.prepare(write)
    properties = write.new["properties"]
    sku = common.sku(write.new, "Basic")
    if write.version >= TIERS_SHOWN:
        sku.setdefault("tier", "Regional")
    properties.setdefault("publicIPAddressVersion", "IPv4")
    properties.setdefault("publicIPAllocationMethod", "Static" if sku["name"] == "Standard" else "Dynamic")
    properties.setdefault("idleTimeoutInMinutes", 4)
    properties.setdefault("ipTags", [])
    if sku["name"] == "Standard" and properties["publicIPAllocationMethod"] != "Static":
        raise bad(
            "StandardSkuPublicIPAddressesMustBeStatic",
            f"Standard sku publicIp {write.new['id']} must have AllocationMethod set to Static.",
        )
    settings = properties.get("dnsSettings")
    label = settings.get("domainNameLabel") if isinstance(settings, dict) else None
    if label:
        properties["dnsSettings"]["fqdn"] = f"{label}.{write.new['location']}.cloudapp.azure.com"
    before = (write.old or {}).get("properties", {})
    if before.get("ipAddress"):
        properties["ipAddress"] = before["ipAddress"]


def settle_public_address(document: Document) -> None:
    """Give a static address its number; one from the range that is reserved for documentation."""
    properties = document["properties"]
    if properties.get("publicIPAllocationMethod") == "Static" and "ipAddress" not in properties:
        number = uuid.UUID(properties["resourceGuid"]).int
        properties["ipAddress"] = f"203.0.113.{number % 254 + 1}"


def prepare_public_prefix(write: Write) -> None:
    """Fill in the defaults of a prefix of public addresses."""
    common.prepare(write)
    properties, sku = write.new["properties"], common.sku(write.new, "Standard")
    if write.version >= TIERS_SHOWN:
        sku.setdefault("tier", "Regional")
    properties.setdefault("publicIPAddressVersion", "IPv4")
    properties.setdefault("ipTags", [])
    before = (write.old or {}).get("properties", {})
    if before.get("ipPrefix"):
        properties["ipPrefix"] = before["ipPrefix"]


def settle_public_prefix(document: Document) -> None:
    """Give the prefix its range."""
    properties = document["properties"]
    properties.setdefault("ipPrefix", f"198.51.100.0/{properties.get('prefixLength', 28)}")


def check_public_delete(request: Request, document: Document, part: Document | None) -> None:
    """Refuse to delete a public address that something uses."""
    if part is None:
        common.refuse_if_used(
            request,
            document,
            "PublicIPAddressCannotBeDeleted",
            "Public IP address {id} can not be deleted since it is still allocated to resource {users}. In order to "
            "delete the public IP, disassociate/detach the Public IP address from the resource. To learn how to do "
            "this, see aka.ms/deletepublicip.",
        )


def present_public_address(tx: Transaction, body: dict[str, Any], version: str) -> None:  # noqa: ARG001
    """Show what uses the address."""
    users = references.to(tx, body["id"])
    if users:
        body["properties"]["ipConfiguration"] = {"id": users[0]["source"]}
