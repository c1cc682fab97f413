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
    tag_routes,
    tenant_routes,
)
from cspctl.simulator.arm.authorization import (  # noqa: F401  (likewise)
    permissions,
    role_assignment_writes,
    role_assignments,
    role_definition_writes,
    role_definitions,
)
from cspctl.simulator.arm.service import routes

__all__ = ["routes"]
