"""Reads address prefixes and refuses impossible ones as Microsoft.Network does; the only place for CIDR rules.

https://learn.microsoft.com/azure/virtual-network/virtual-networks-faq
"""

from __future__ import annotations

import ipaddress
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from cspctl.simulator.arm.network.refusals import bad, unreadable

Network = IPv4Network | IPv6Network

# Multicast, broadcast, loopback, link-local and Azure's own DNS address cannot be in a virtual network.
RESERVED = tuple(
    ipaddress.ip_network(prefix)
    for prefix in ("224.0.0.0/4", "255.255.255.255/32", "127.0.0.0/8", "169.254.0.0/16", "168.63.129.16/32")
)
SMALLEST_IPV4 = 29
LARGEST_IPV4 = 2
IPV6_SUBNET = 64
# The first four addresses and the last one of each subnet are Azure's.
FIRST_USABLE = 4


def parsed(prefix: Any, resource: str) -> Network:
    """Return the prefix, or refuse one that is no CIDR or has host bits set."""
    if not isinstance(prefix, str):
        raise unreadable(f"The address prefix {prefix} of resource {resource} is not a string.")
    try:
        loose = ipaddress.ip_network(prefix, strict=False)
    except ValueError:
        loose = None
    if loose is None or "/" not in prefix or "." in prefix.partition("/")[2]:
        raise bad(
            "InvalidAddressPrefixFormat",
            f"Address prefix {prefix} of resource {resource} is not formatted correctly. It should follow CIDR "
            "notation, for example 10.0.0.0/24.",
        )
    if ipaddress.ip_address(prefix.partition("/")[0]) != loose.network_address:
        raise bad(
            "InvalidCIDRNotation",
            f"The address prefix {prefix} in resource {resource} has an invalid CIDR notation. For the given prefix "
            f"length, the address prefix should be {loose}.",
        )
    return loose


def overlap(first: Network, second: Network) -> bool:
    """Tell whether two prefixes share addresses; those of different IP versions never do."""
    return first.version == second.version and first.overlaps(second)


def contains(outer: Network, inner: Network) -> bool:
    """Tell whether the inner prefix lies wholly in the outer one."""
    if isinstance(outer, IPv4Network) and isinstance(inner, IPv4Network):
        return inner.subnet_of(outer)
    if isinstance(outer, IPv6Network) and isinstance(inner, IPv6Network):
        return inner.subnet_of(outer)
    return False


def address_space(prefixes: list[Any], resource: str) -> list[Network]:
    """Return the prefixes of a virtual network, or refuse them."""
    networks = [parsed(prefix, resource) for prefix in prefixes]
    for index, network in enumerate(networks):
        too_long = network.version == 4 and not LARGEST_IPV4 <= network.prefixlen <= SMALLEST_IPV4
        if too_long or any(overlap(network, reserved) for reserved in RESERVED):
            raise bad(
                "AddressPrefixNotAllowed",
                f"The address prefix {network} in resource {resource} cannot be used for a virtual network.",
            )
        if any(overlap(network, other) for other in networks[:index]):
            raise bad(
                "AddressPrefixesOverlap",
                f"The address prefix {network} in resource {resource} overlaps with another one of its prefixes.",
            )
    return networks


def is_address(text: Any) -> bool:
    """Tell whether the text is one IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return isinstance(text, str)


def free_address(prefix: str, taken: set[str]) -> str | None:
    """Return the first address that Azure hands out in the subnet and nobody has, or None."""
    network = ipaddress.ip_network(prefix)
    for number in range(FIRST_USABLE, network.num_addresses - 1):
        candidate = str(network[number])
        if candidate not in taken:
            return candidate
    return None
