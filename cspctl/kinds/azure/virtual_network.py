"""Kind VirtualNetwork."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from cspctl.cloud import Cloud
from cspctl.fields import Arm, Default, Keyed, RefTo, Required
from cspctl.kinds.azure._arm import ArmItem, ArmResource, Location
from cspctl.part import Item
from cspctl.resource import Broken, Live
from cspctl.wording import quoted


@cache
def _network(text: str) -> IPv4Network | IPv6Network:
    """A network; remembered, because the same texts come from the manifest, its rules and what is live."""
    return ip_network(text)


@cache
def _canonical(text: str) -> str:
    return str(_network(text))


def _cidr(text: str, info: ValidationInfo) -> str:
    if "/" not in text and not info.context:
        raise _wrong(text, "has no length", EXAMPLE)
    try:
        return _canonical(text)
    except ValueError:
        try:
            whole = str(ip_network(text, strict=False))
        except ValueError:
            raise _wrong(text, "is no network", EXAMPLE) from None
        if info.context:  # what is live may have host bits
            return whole
        raise _wrong(text, "has host bits set", f"Write {whole}.") from None


def _wrong(text: str, what: str, remedy: str) -> PydanticCustomError:
    return PydanticCustomError("wrong", "{found} {what}", {"found": quoted(text), "what": what, "remedy": remedy})


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise _wrong(text, "is no address", "Write one such as 10.1.0.4.") from None


EXAMPLE = "Write a network such as 10.1.0.0/16."
Cidr = Annotated[str, AfterValidator(_cidr)]
Address = Annotated[str, AfterValidator(_address)]

IN_USE = ("ipConfigurations", "privateEndpoints", "serviceAssociationLinks", "resourceNavigationLinks")
"""What a subnet lists when something is in it."""


class ServiceEndpoint(Item):
    """A service that the subnet reaches over Azure's own network."""

    service: Annotated[str | None, Required(always=True)] = None
    """Such as `Microsoft.Storage` or `Microsoft.Sql`."""
    locations: list[Location] | None = None
    """The regions whose service is meant; Azure fills in the usual ones."""


class Delegation(ArmItem):
    """Hands the subnet over to a service, which places its resources in it."""

    service_name: Annotated[str | None, Required()] = None
    """Such as `Microsoft.Web/serverFarms`."""


class Subnet(ArmItem):
    """A part of the network. One that is not mentioned stays; one that is in use is never removed."""

    address_prefix: Annotated[
        Cidr | None, Required(), Arm("properties.addressPrefix", plural="properties.addressPrefixes")
    ] = None
    """Its range, inside the network's. A `GatewaySubnet` should be /27 or larger."""
    network_security_group: Annotated[str | None, RefTo("NetworkSecurityGroup")] = None
    """The security group that filters its traffic. A GatewaySubnet must have none."""
    route_table: Annotated[str | None, RefTo("RouteTable")] = None
    """The route table of its traffic."""
    service_endpoints: Annotated[list[ServiceEndpoint] | None, Keyed("service")] = None
    """Services reached over Azure's own network."""
    delegations: Annotated[list[Delegation] | None, Keyed("name")] = None
    """Services that the subnet is handed over to."""
    private_endpoint_network_policies: Annotated[
        Literal["Enabled", "Disabled", "NetworkSecurityGroupEnabled", "RouteTableEnabled"] | None, Default("Disabled")
    ] = None
    """Whether security groups and routes apply to private endpoints."""
    default_outbound_access: Annotated[bool | None, Default(True)] = None
    """`false` makes the subnet private: no way to the internet unless one is given."""


class VirtualNetwork(ArmResource):
    """A virtual network with its subnets.

    Subnets are merged one by one: what the manifest does not mention stays as it is. `metadata.complete: [subnets]`
    makes the list complete, `{name: old, absent: true}` removes one.

    Source: https://learn.microsoft.com/rest/api/virtualnetwork/virtual-networks
    """

    arm_type: ClassVar[str] = "Microsoft.Network/virtualNetworks"
    arm_version: ClassVar[str] = "2024-01-01"
    model: ClassVar[str] = "network.VirtualNetwork"

    address_prefixes: Annotated[list[Cidr] | None, Required(), Arm("properties.addressSpace.addressPrefixes")] = None
    """The address ranges, such as `[10.1.0.0/16]`."""
    dns_servers: Annotated[list[Address] | None, Default([]), Arm("properties.dhcpOptions.dnsServers")] = None
    """Addresses of DNS servers, in order; none means Azure's own. They may lie on premises, behind a gateway."""
    subnets: Annotated[list[Subnet] | None, Keyed("name")] = None
    """The subnets, told apart by name."""
    enable_ddos_protection: Annotated[bool | None, Default(False)] = None
    """Whether a DDoS protection plan covers it. No kind describes such a plan yet, so it can only be switched off."""
    flow_timeout_in_minutes: Annotated[int | None, Field(ge=4, le=30)] = None
    """Minutes (4 to 30) after which an idle flow is forgotten."""

    def rules(self) -> Iterable[Broken]:
        """Subnets lie inside the network and apart from each other; a GatewaySubnet has no security group."""
        subnets = [s for s in self.subnets or () if s.address_prefix and not s.absent]
        ranges = [(str(s.name), _network(s.address_prefix or "")) for s in subnets]
        yield from _outside(ranges, self.address_prefixes or ())
        yield from _overlapping(ranges)
        for subnet in subnets:
            if str(subnet.name).casefold() == "gatewaysubnet" and subnet.network_security_group:
                what = "a GatewaySubnet must not have a network security group: its gateway stops working"
                yield Broken(f"subnets[{subnet.name}].networkSecurityGroup", what, "Remove networkSecurityGroup.")

    @classmethod
    def contents(cls, cloud: Cloud, live: Live[Self]) -> Iterable[str]:
        """What uses its subnets, and its peerings: neither would come back with it."""
        properties = live.raw.get("properties", {})
        parts = [*properties.get("virtualNetworkPeerings", ())]
        for subnet in properties.get("subnets", ()):
            parts += [user for name in IN_USE for user in subnet.get("properties", {}).get(name) or ()]
        return [str(part.get("id")) for part in parts]

    def locks(self) -> frozenset[str]:
        """Azure refuses a second write under a network while one runs."""
        return frozenset({self.identity()})

    def check(self, live: Live[Self]) -> Iterable[Broken]:
        """A subnet in use can neither be removed nor get another range."""
        kept = {str(s.name).casefold(): s for s in self.subnets or ()}
        was = {str(s.name).casefold(): s for s in live.resource.subnets or ()}
        for raw in live.raw.get("properties", {}).get("subnets", ()):
            users = [u.get("id", "") for name in IN_USE for u in raw.get("properties", {}).get(name) or ()]
            name = str(raw.get("name")).casefold()
            after = kept.get(name)
            path, why = f"subnets[{raw['name']}]", f"subnet {raw['name']} is in use"
            if users and after is None:
                yield Broken(path, f"{why} and cannot be removed: {_listed(users)}", "Remove from it what uses it.")
            elif users and after and after.address_prefix != was[name].address_prefix:
                what = f"{why} and its range cannot change: {_listed(users)}"
                yield Broken(f"{path}.addressPrefix", what, "Remove from it what uses it, or put the range back.")


def _listed(ids: list[str]) -> str:
    return ", ".join(ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")


Range = tuple[str, IPv4Network | IPv6Network]


def _outside(ranges: list[Range], prefixes: Iterable[str]) -> Iterable[Broken]:
    networks = [_network(prefix) for prefix in prefixes]
    for name, inner in ranges:
        # Without prefixes the manifest does not say how large the network is.
        if networks and not any(_within(inner, outer) for outer in networks):
            what = f"subnet {name} ({inner}) lies outside the network's {', '.join(map(str, networks))}"
            yield Broken(f"subnets[{name}]", what, "Choose a range inside, or add one to addressPrefixes.")


def _within(inner: Any, outer: Any) -> bool:
    return inner.version == outer.version and bool(inner.subnet_of(outer))


def _overlapping(ranges: list[Range]) -> Iterable[Broken]:
    for index, (other, two) in enumerate(ranges):
        for name, one in ranges[:index]:
            if one.overlaps(two):
                what = f"subnets {name} ({one}) and {other} ({two}) overlap"
                yield Broken(f"subnets[{other}]", what, "Give one of them another range.")
