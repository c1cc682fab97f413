"""Fills in and checks network security groups and route tables; the only place for their rules.

https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview#default-security-rules
"""

from __future__ import annotations

from typing import Any

from cspctl.simulator.arm import references
from cspctl.simulator.arm.behaviours import Write
from cspctl.simulator.arm.network import addresses, common
from cspctl.simulator.arm.network.refusals import bad, unreadable
from cspctl.simulator.store import Document, Transaction
from cspctl.simulator.wire import Request

VNET, LOAD_BALANCER, INTERNET = "VirtualNetwork", "AzureLoadBalancer", "Internet"
# name, description, access, direction, priority, source, destination
DEFAULTS = (
    ("AllowVnetInBound", "Allow inbound traffic from all VMs in VNET", "Allow", "Inbound", 65000, VNET, VNET),
    (
        "AllowAzureLoadBalancerInBound",
        "Allow inbound traffic from azure load balancer",
        "Allow",
        "Inbound",
        65001,
        LOAD_BALANCER,
        "*",
    ),
    ("DenyAllInBound", "Deny all inbound traffic", "Deny", "Inbound", 65500, "*", "*"),
    (
        "AllowVnetOutBound",
        "Allow outbound traffic from all VMs to all VMs in VNET",
        "Allow",
        "Outbound",
        65000,
        VNET,
        VNET,
    ),
    (
        "AllowInternetOutBound",
        "Allow outbound traffic from all VMs to Internet",
        "Allow",
        "Outbound",
        65001,
        "*",
        INTERNET,
    ),
    ("DenyAllOutBound", "Deny all outbound traffic", "Deny", "Outbound", 65500, "*", "*"),
)
PRIORITIES = range(100, 4097)
CHOICES = {
    "access": {"Allow", "Deny"},
    "direction": {"Inbound", "Outbound"},
    "protocol": {"Tcp", "Udp", "Icmp", "Esp", "Ah", "*"},
}
LISTS = ("sourcePortRanges", "destinationPortRanges", "sourceAddressPrefixes", "destinationAddressPrefixes")
HOPS = {"VirtualNetworkGateway", "VnetLocal", "Internet", "VirtualAppliance", "None"}


def prepare_group(write: Write) -> None:
    """Check the rules and add the six default ones."""
    rules = common.named(write, "securityRules")
    common.prepare(write)
    properties = write.new["properties"]
    for rule in rules:
        _check_rule(rule)
    _check_priorities(rules)
    properties["defaultSecurityRules"] = [_default(*values) for values in DEFAULTS]


def _check_rule(rule: Document) -> None:
    properties = rule.setdefault("properties", {})
    for field, choices in CHOICES.items():
        sent = str(properties.get(field, ""))
        known = next((choice for choice in choices if choice.lower() == sent.lower()), None)
        if known is None:
            raise unreadable(f"Rule {rule['name']}: '{sent}' is not a value of {field}. Path 'properties.{field}'.")
        properties[field] = known
    if properties.get("priority") not in PRIORITIES:
        raise bad(
            "SecurityRuleInvalidPriority",
            f"Security rule {rule['name']} has invalid priority. Value provided: {properties.get('priority')} Allowed "
            "range 100-4096.",
        )
    for field in LISTS:
        properties.setdefault(field, [])


def _check_priorities(rules: list[Document]) -> None:
    taken: dict[tuple[str, int], str] = {}
    for rule in rules:
        key = (rule["properties"]["direction"], rule["properties"]["priority"])
        if key in taken:
            raise bad(
                "SecurityRuleConflict",
                f"Security rule {rule['name']} conflicts with rule {taken[key]}. Rules cannot have the same Priority "
                "and Direction.",
            )
        taken[key] = rule["name"]


def _default(
    name: str, description: str, access: str, direction: str, priority: int, source: str, destination: str
) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "description": description,
        "protocol": "*",
        "sourcePortRange": "*",
        "destinationPortRange": "*",
        "sourceAddressPrefix": source,
        "destinationAddressPrefix": destination,
        "access": access,
        "priority": priority,
        "direction": direction,
    }
    properties.update({field: [] for field in LISTS})
    return {"name": name, "properties": properties}


def check_group_delete(request: Request, document: Document, part: Document | None) -> None:
    """Refuse to delete a group that subnets or network interfaces use."""
    if part is None:
        common.refuse_if_used(
            request,
            document,
            "InUseNetworkSecurityGroupCannotBeDeleted",
            "Network security group {id} cannot be deleted because it is in use by the following resources: {users}. "
            "In order to delete the Network security group, remove the association with the resource(s). To learn how "
            "to do this, see aka.ms/deletensg.",
        )


def prepare_table(write: Write) -> None:
    """Check the routes and fill in the defaults."""
    routes = common.named(write, "routes")
    common.prepare(write)
    write.new["properties"].setdefault("disableBgpRoutePropagation", False)
    for route in routes:
        _check_route(route, write.new["id"])


def _check_route(route: Document, table: str) -> None:
    properties = route.setdefault("properties", {})
    hop, address = properties.get("nextHopType"), properties.get("nextHopIpAddress")
    if not isinstance(hop, str) or hop not in HOPS:
        text = f"Route {route['name']}: '{hop}' is not a value of nextHopType. Path 'properties.nextHopType'."
        raise unreadable(text)
    prefix = properties.get("addressPrefix")
    if isinstance(prefix, str) and "/" in prefix:
        addresses.parsed(prefix, f"{table}/routes/{route['name']}")
    if (hop == "VirtualAppliance") != bool(address):
        raise bad(
            "RouteNextHopIpAddressMismatch",
            f"Route {route['name']}: a next hop IP address goes with the next hop type VirtualAppliance, and only with "
            "it.",
        )
    properties["hasBgpOverride"] = False


def check_table_delete(request: Request, document: Document, part: Document | None) -> None:
    """Refuse to delete a table that subnets use."""
    if part is None:
        common.refuse_if_used(
            request,
            document,
            "InUseRouteTableCannotBeDeleted",
            "Route table {name} is in use and cannot be deleted. It is used by the following subnets: {users}.",
        )


def present(tx: Transaction, body: dict[str, Any], version: str) -> None:  # noqa: ARG001
    """Show which subnets and network interfaces use the group or table."""
    found: dict[str, list[dict[str, str]]] = {}
    for row in references.to(tx, body["id"]):
        kind = "subnets" if "/subnets/" in row["source"].lower() else "networkInterfaces"
        found.setdefault(kind, []).append({"id": row["source"]})
    body["properties"].update(found)
