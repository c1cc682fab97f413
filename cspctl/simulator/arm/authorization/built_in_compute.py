"""Networks and machines: built-in roles as Microsoft publishes them, with descriptions of our own.

https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
"""

from __future__ import annotations

from cspctl.simulator.arm.authorization.built_in_shape import BuiltIn

ROLES = (
    BuiltIn(
        "4d97b98b-1d4f-4787-a291-c67834d212e7",
        "Network Contributor",
        "Work on networks without access to what is in them.",
        actions="""
Microsoft.Authorization/*/read Microsoft.Insights/alertRules/* Microsoft.Network/*
Microsoft.ResourceHealth/availabilityStatuses/read Microsoft.Resources/deployments/*
Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Support/*
""",
    ),
    BuiltIn(
        "befefa01-2a29-4197-83a8-272ff33ce314",
        "DNS Zone Contributor",
        "Work on DNS zones and their records.",
        actions="""
Microsoft.Authorization/*/read Microsoft.Insights/alertRules/* Microsoft.Network/dnsZones/*
Microsoft.ResourceHealth/availabilityStatuses/read Microsoft.Resources/deployments/*
Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Support/*
""",
    ),
    BuiltIn(
        "b12aa53e-6015-4669-85d0-8515ebb3ae7f",
        "Private DNS Zone Contributor",
        "Work on private DNS zones without the networks they are linked to.",
        actions="""
Microsoft.Insights/alertRules/* Microsoft.Resources/deployments/*
Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Support/* Microsoft.Network/privateDnsZones/*
Microsoft.Network/privateDnsOperationResults/* Microsoft.Network/privateDnsOperationStatuses/*
Microsoft.Network/virtualNetworks/read Microsoft.Network/virtualNetworks/join/action Microsoft.Authorization/*/read
""",
    ),
    BuiltIn(
        "ec156ff8-a8d1-4d15-830c-5b80698ca432",
        "CDN Profile Contributor",
        "Work on CDN profiles and endpoints.",
        actions="""
Microsoft.Authorization/*/read Microsoft.Cdn/edgenodes/read Microsoft.Cdn/operationresults/* Microsoft.Cdn/profiles/*
Microsoft.Insights/alertRules/* Microsoft.Resources/deployments/*
Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Support/*
""",
    ),
    BuiltIn(
        "a4b10055-b0c7-44c2-b00f-c7b5b3550cf7",
        "Traffic Manager Contributor",
        "Work on Traffic Manager profiles.",
        actions="""
Microsoft.Authorization/*/read Microsoft.Insights/alertRules/* Microsoft.Network/trafficManagerProfiles/*
Microsoft.ResourceHealth/availabilityStatuses/read Microsoft.Resources/deployments/*
Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Support/*
""",
    ),
    BuiltIn(
        "9980e02c-c2be-4d73-94e8-173b1dc7cf3c",
        "Virtual Machine Contributor",
        "Work on virtual machines without access to them.",
        actions="""
Microsoft.Authorization/*/read Microsoft.Compute/availabilitySets/* Microsoft.Compute/locations/*
Microsoft.Compute/virtualMachines/* Microsoft.Compute/virtualMachineScaleSets/* Microsoft.Compute/cloudServices/*
Microsoft.Compute/disks/write Microsoft.Compute/disks/read Microsoft.Compute/disks/delete
Microsoft.Compute/hostgroups/write Microsoft.Compute/hostgroups/hosts/write Microsoft.DevTestLab/schedules/*
Microsoft.Insights/alertRules/* Microsoft.Network/applicationGateways/backendAddressPools/join/action
Microsoft.Network/loadBalancers/backendAddressPools/join/action
Microsoft.Network/loadBalancers/inboundNatPools/join/action
Microsoft.Network/loadBalancers/inboundNatRules/join/action Microsoft.Network/loadBalancers/probes/join/action
Microsoft.Network/loadBalancers/read Microsoft.Network/locations/* Microsoft.Network/networkInterfaces/*
Microsoft.Network/networkSecurityGroups/join/action Microsoft.Network/networkSecurityGroups/read
Microsoft.Network/publicIPAddresses/join/action Microsoft.Network/publicIPAddresses/read
Microsoft.Network/virtualNetworks/read Microsoft.Network/virtualNetworks/subnets/join/action
Microsoft.RecoveryServices/locations/* Microsoft.RecoveryServices/Vaults/backupFabrics/backupProtectionIntent/write
Microsoft.RecoveryServices/Vaults/backupFabrics/protectionContainers/protectedItems/*/read
Microsoft.RecoveryServices/Vaults/backupFabrics/protectionContainers/protectedItems/read
Microsoft.RecoveryServices/Vaults/backupFabrics/protectionContainers/protectedItems/write
Microsoft.RecoveryServices/Vaults/backupPolicies/read Microsoft.RecoveryServices/Vaults/backupPolicies/write
Microsoft.RecoveryServices/Vaults/read Microsoft.RecoveryServices/Vaults/usages/read
Microsoft.RecoveryServices/Vaults/write Microsoft.ResourceHealth/availabilityStatuses/read
Microsoft.Resources/deployments/* Microsoft.Resources/subscriptions/resourceGroups/read
Microsoft.SerialConsole/serialPorts/connect/action Microsoft.SqlVirtualMachine/*
Microsoft.Storage/storageAccounts/listKeys/action Microsoft.Storage/storageAccounts/read Microsoft.Support/*
""",
    ),
    BuiltIn(
        "1c0163c0-47e6-4577-8991-ea5c82e286e4",
        "Virtual Machine Administrator Login",
        "See virtual machines and sign in as administrator.",
        actions="""
Microsoft.Network/publicIPAddresses/read Microsoft.Network/virtualNetworks/read Microsoft.Network/loadBalancers/read
Microsoft.Network/networkInterfaces/read Microsoft.Compute/virtualMachines/*/read
Microsoft.HybridCompute/machines/*/read Microsoft.HybridConnectivity/endpoints/listCredentials/action
""",
        data_actions="""
Microsoft.Compute/virtualMachines/login/action Microsoft.Compute/virtualMachines/loginAsAdmin/action
Microsoft.HybridCompute/machines/login/action Microsoft.HybridCompute/machines/loginAsAdmin/action
""",
    ),
    BuiltIn(
        "fb879df8-f326-4884-b1cf-06f3ad86be52",
        "Virtual Machine User Login",
        "See virtual machines and sign in as a user.",
        actions="""
Microsoft.Network/publicIPAddresses/read Microsoft.Network/virtualNetworks/read Microsoft.Network/loadBalancers/read
Microsoft.Network/networkInterfaces/read Microsoft.Compute/virtualMachines/*/read
Microsoft.HybridCompute/machines/*/read Microsoft.HybridConnectivity/endpoints/listCredentials/action
""",
        data_actions="""
Microsoft.Compute/virtualMachines/login/action Microsoft.HybridCompute/machines/login/action
""",
    ),
    BuiltIn(
        "3e5e47e6-65f7-47ef-90b5-e5dd4d455f24",
        "Disk Backup Reader",
        "Let a vault back disks up.",
        actions="""
Microsoft.Authorization/*/read Microsoft.Compute/disks/read Microsoft.Compute/disks/beginGetAccess/action
""",
    ),
    BuiltIn(
        "b50d9833-a0cb-478e-945f-707fcc997c13",
        "Disk Restore Operator",
        "Let a vault restore disks.",
        actions="""
Microsoft.Authorization/*/read Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Compute/disks/write
Microsoft.Compute/disks/read Microsoft.Compute/disks/beginGetAccess/action Microsoft.Compute/disks/endGetAccess/action
""",
    ),
    BuiltIn(
        "7efff54f-a5b4-42b5-a1c5-5411624893ce",
        "Disk Snapshot Contributor",
        "Let a vault manage snapshots of disks.",
        actions="""
Microsoft.Authorization/*/read Microsoft.Resources/subscriptions/resourceGroups/read
Microsoft.Compute/snapshots/delete Microsoft.Compute/snapshots/write Microsoft.Compute/snapshots/read
Microsoft.Compute/snapshots/beginGetAccess/action Microsoft.Compute/snapshots/endGetAccess/action
Microsoft.Compute/disks/beginGetAccess/action Microsoft.Storage/storageAccounts/listkeys/action
Microsoft.Storage/storageAccounts/write Microsoft.Storage/storageAccounts/read
Microsoft.Storage/storageAccounts/delete
""",
    ),
    BuiltIn(
        "959f8984-c045-4866-89c7-12bf9737be2e",
        "Data Operator for Managed Disks",
        "Read and write the data of disks by signed URLs.",
        data_actions="""
Microsoft.Compute/disks/download/action Microsoft.Compute/disks/upload/action
Microsoft.Compute/snapshots/download/action Microsoft.Compute/snapshots/upload/action
""",
    ),
    BuiltIn(
        "082f0a83-3be5-4ba1-904c-961cca79b387",
        "Desktop Virtualization Contributor",
        "Work on virtual desktops.",
        actions="""
Microsoft.DesktopVirtualization/* Microsoft.Resources/subscriptions/resourceGroups/read
Microsoft.Resources/deployments/* Microsoft.Authorization/*/read Microsoft.Insights/alertRules/* Microsoft.Support/*
""",
    ),
    BuiltIn(
        "49a72310-ab8d-41df-bbb0-79b649203868",
        "Desktop Virtualization Reader",
        "See virtual desktops.",
        actions="""
Microsoft.DesktopVirtualization/*/read Microsoft.Resources/subscriptions/resourceGroups/read
Microsoft.Resources/deployments/read Microsoft.Authorization/*/read Microsoft.Insights/alertRules/read
Microsoft.Support/*
""",
    ),
    BuiltIn(
        "1d18fff3-a72a-46b5-b4a9-0b38a3cd7e63",
        "Desktop Virtualization User",
        "Use applications of virtual desktops.",
        data_actions="""
Microsoft.DesktopVirtualization/applicationGroups/useApplications/action
Microsoft.DesktopVirtualization/appAttachPackages/useApplications/action
""",
    ),
)
