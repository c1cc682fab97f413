"""Simulates Azure Resource Manager (https://management.azure.com) with its resource providers."""

from cspctl.simulator.arm import (  # noqa: F401  (importing them declares their routes and rules)
    aliases,
    billing,
    compute,
    network,
    operation_routes,
    providers,
    resource_groups,
    resource_reads,
    resources,
    subscription_life,
    tenant_routes,
)
from cspctl.simulator.arm.service import routes

__all__ = ["routes"]
