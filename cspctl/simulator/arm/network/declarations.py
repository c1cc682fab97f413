"""Says how long the types of Microsoft.Network take and which rules they follow; the only place that lists them."""

from __future__ import annotations

from cspctl.simulator.arm.behaviours import declare
from cspctl.simulator.arm.network import common, interfaces, security, virtual_networks

# A VPN gateway takes up to 45 minutes.
# https://learn.microsoft.com/azure/vpn-gateway/vpn-gateway-howto-site-to-site-resource-manager-portal
GATEWAY_SECONDS = 40 * 60.0

declare(
    "Microsoft.Network/*",
    write_seconds=5,
    delete_seconds=10,
    part_seconds=5,
    asynchronous=True,
    etag=True,
    tags_only_patch=True,
    prepare=common.prepare,
)
declare(
    "Microsoft.Network/virtualNetworks",
    write_seconds=10,
    delete_seconds=10,
    part_seconds=10,
    asynchronous=True,
    etag=True,
    tags_only_patch=True,
    parts=("subnets", "virtualNetworkPeerings"),
    prepare=virtual_networks.prepare,
    check_delete=virtual_networks.check_delete,
    present=virtual_networks.present,
)
declare(
    "Microsoft.Network/networkSecurityGroups",
    write_seconds=5,
    delete_seconds=10,
    part_seconds=5,
    asynchronous=True,
    etag=True,
    tags_only_patch=True,
    parts=("securityRules", "defaultSecurityRules"),
    prepare=security.prepare_group,
    check_delete=security.check_group_delete,
    present=security.present,
)
declare(
    "Microsoft.Network/routeTables",
    write_seconds=5,
    delete_seconds=10,
    part_seconds=5,
    asynchronous=True,
    etag=True,
    tags_only_patch=True,
    parts=("routes",),
    prepare=security.prepare_table,
    check_delete=security.check_table_delete,
    present=security.present,
)
declare(
    "Microsoft.Network/networkInterfaces",
    write_seconds=0,
    delete_seconds=10,
    asynchronous=True,
    etag=True,
    tags_only_patch=True,
    parts=("ipConfigurations",),
    prepare=interfaces.prepare_interface,
)
declare(
    "Microsoft.Network/publicIPAddresses",
    write_seconds=3,
    delete_seconds=10,
    asynchronous=True,
    etag=True,
    tags_only_patch=True,
    prepare=interfaces.prepare_public_address,
    settle=interfaces.settle_public_address,
    check_delete=interfaces.check_public_delete,
    present=interfaces.present_public_address,
)
declare(
    "Microsoft.Network/publicIPPrefixes",
    write_seconds=3,
    delete_seconds=10,
    asynchronous=True,
    etag=True,
    tags_only_patch=True,
    prepare=interfaces.prepare_public_prefix,
    settle=interfaces.settle_public_prefix,
    check_delete=interfaces.check_public_delete,
)
declare(
    "Microsoft.Network/virtualNetworkGateways",
    write_seconds=GATEWAY_SECONDS,
    delete_seconds=600,
    asynchronous=True,
    etag=True,
    tags_only_patch=True,
    prepare=common.prepare,
)
declare(
    "Microsoft.Network/loadBalancers",
    write_seconds=5,
    delete_seconds=10,
    part_seconds=5,
    asynchronous=True,
    etag=True,
    tags_only_patch=True,
    parts=("inboundNatRules", "backendAddressPools"),
    prepare=common.prepare,
)
