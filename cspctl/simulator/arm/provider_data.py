"""Lists the resource providers, their resource types and api-versions; the only place that knows them.

https://learn.microsoft.com/azure/azure-resource-manager/management/azure-services-resource-providers
"""

from __future__ import annotations

# Registration policy "RegistrationFree": registered in every subscription from the first day.
FREE = [
    "Microsoft.ADHybridHealthService",
    "Microsoft.Authorization",
    "Microsoft.Billing",
    "Microsoft.ClassicSubscription",
    "Microsoft.Commerce",
    "Microsoft.Consumption",
    "Microsoft.CostManagement",
    "Microsoft.Features",
    "Microsoft.MarketplaceOrdering",
    "Microsoft.Portal",
    "Microsoft.ResourceGraph",
    "Microsoft.Resources",
    "Microsoft.SerialConsole",
    "microsoft.support",
]

_RESOURCES = """
2014-04-01-preview 2014-04-01 2015-01-01 2015-11-01 2016-02-01 2016-06-01 2016-07-01 2016-09-01 2017-03-01
2017-05-01 2017-05-10 2017-06-01 2017-08-01 2018-01-01 2018-02-01 2018-05-01 2018-07-01 2018-08-01 2018-09-01
2018-11-01 2019-03-01 2019-04-01 2019-05-01 2019-05-10 2019-06-01 2019-07-01 2019-08-01 2019-09-01 2019-10-01
2019-11-01 2020-01-01 2020-05-01 2020-06-01 2020-07-01 2020-08-01 2020-09-01 2020-10-01 2021-01-01 2021-04-01
2022-01-01 2022-05-01 2022-06-01 2022-09-01 2022-12-01 2023-07-01 2024-03-01 2024-07-01 2024-11-01 2025-03-01
2025-04-01
"""
_NETWORK = """
2014-12-01-preview 2015-05-01-preview 2015-06-15 2016-03-30 2016-06-01 2016-07-01 2016-08-01 2016-09-01
2016-10-01 2016-11-01 2016-12-01 2017-03-01 2017-04-01 2017-06-01 2017-08-01 2017-09-01 2017-10-01 2017-11-01
2018-01-01 2018-02-01 2018-03-01 2018-04-01 2018-05-01 2018-06-01 2018-07-01 2018-08-01 2018-10-01 2018-11-01
2018-12-01 2019-02-01 2019-04-01 2019-06-01 2019-07-01 2019-08-01 2019-09-01 2019-11-01 2019-12-01 2020-01-01
2020-03-01 2020-04-01 2020-05-01 2020-06-01 2020-07-01 2020-08-01 2020-11-01 2021-01-01 2021-02-01 2021-03-01
2021-04-01 2021-05-01 2021-06-01 2021-08-01 2021-12-01 2022-01-01 2022-05-01 2022-07-01 2022-09-01 2022-11-01
2023-02-01 2023-04-01 2023-05-01 2023-06-01 2023-09-01 2023-11-01 2024-01-01 2024-03-01 2024-05-01 2024-07-01
2024-10-01 2025-01-01 2025-03-01 2025-05-01 2025-07-01 2025-09-01 2026-01-01 2026-03-01
"""
_COMPUTE = """
2015-05-01-preview 2015-06-15 2016-03-30 2016-04-30-preview 2016-08-30 2017-03-30 2017-12-01 2018-04-01
2018-06-01 2018-10-01 2019-03-01 2019-07-01 2019-12-01 2020-06-01 2020-12-01 2021-03-01 2021-04-01 2021-07-01
2021-11-01 2022-03-01 2022-08-01 2022-11-01 2023-03-01 2023-07-01 2023-09-01 2024-03-01 2024-07-01 2024-11-01
2025-04-01 2025-11-01 2026-03-01 2026-04-01
"""
_DISKS = """
2016-04-30-preview 2017-03-30 2018-04-01 2018-06-01 2018-09-30 2019-03-01 2019-07-01 2019-11-01 2020-05-01
2020-06-30 2020-09-30 2020-12-01 2021-04-01 2021-08-01 2021-12-01 2022-03-02 2022-07-02 2023-01-02 2023-04-02
2023-10-02 2024-03-02 2025-01-02 2026-03-02
"""
_GALLERIES = """
2018-06-01 2019-03-01 2019-07-01 2019-12-01 2020-09-30 2021-07-01 2021-10-01 2022-01-03 2022-03-03 2022-08-03
2023-07-03 2024-03-03 2025-03-03 2025-12-03 2026-03-03
"""
_STORAGE = """
2015-06-15 2016-01-01 2016-05-01 2016-12-01 2017-06-01 2017-10-01 2018-02-01 2018-07-01 2018-11-01 2019-04-01
2019-06-01 2020-08-01-preview 2021-01-01 2021-02-01 2021-04-01 2021-06-01 2021-08-01 2021-09-01 2022-05-01
2022-09-01 2023-01-01 2023-04-01 2023-05-01 2024-01-01 2025-01-01 2025-06-01
"""
_ROLES = """
2014-04-01-preview 2014-07-01-preview 2014-10-01-preview 2015-05-01-preview 2015-06-01 2015-07-01 2016-07-01
2017-05-01 2017-09-01 2018-01-01-preview 2018-07-01 2018-09-01-preview 2018-12-01-preview 2019-04-01-preview
2020-03-01-preview 2020-04-01-preview 2020-08-01-preview 2020-10-01-preview 2021-04-01-preview 2022-04-01
2022-05-01-preview
"""
_VAULTS = """
2016-06-01 2020-02-02 2020-10-01 2021-01-01 2021-03-01 2021-04-01 2021-06-01 2021-07-01 2021-08-01 2021-12-01
2022-01-01 2022-02-01 2022-03-01 2022-04-01 2022-08-01 2022-09-10 2022-10-01 2023-01-01 2023-02-01 2023-04-01
2023-06-01 2023-08-01 2024-01-01 2024-04-01 2024-10-01 2025-02-01 2025-08-01
"""

_NETWORK_TYPES = """
virtualNetworks virtualNetworks/subnets virtualNetworks/virtualNetworkPeerings natGateways publicIPAddresses
publicIPPrefixes customIpPrefixes networkInterfaces networkInterfaces/ipConfigurations
networkInterfaces/tapConfigurations privateEndpoints
privateEndpoints/privateDnsZoneGroups privateLinkServices loadBalancers loadBalancers/inboundNatRules
loadBalancers/backendAddressPools networkSecurityGroups networkSecurityGroups/securityRules
networkSecurityGroups/defaultSecurityRules applicationSecurityGroups serviceEndpointPolicies
serviceEndpointPolicies/serviceEndpointPolicyDefinitions routeTables routeTables/routes ddosCustomPolicies
ddosProtectionPlans networkWatchers networkWatchers/connectionMonitors networkWatchers/flowLogs
networkWatchers/packetCaptures virtualNetworkGateways virtualNetworkGateways/natRules localNetworkGateways
connections applicationGateways applicationGatewayWebApplicationFirewallPolicies azureFirewalls
firewallPolicies firewallPolicies/ruleCollectionGroups bastionHosts virtualWans virtualHubs vpnGateways
vpnSites expressRouteCircuits expressRouteCircuits/authorizations expressRouteCircuits/peerings
expressRouteGateways expressRoutePorts ipGroups networkProfiles networkManagers routeFilters
virtualNetworkTaps virtualRouters dscpConfigurations ipAllocations networkVirtualAppliances
securityPartnerProviders
"""

_INSIGHTS = (
    "2015-04-01 2016-03-01 2017-05-01-preview 2018-03-01 2020-10-01 2021-05-01-preview 2021-08-01 2022-06-01 2023-03-11"
)

# namespace: groups of (types, api-versions). Names are spelt as Azure answers them.
PROVIDERS: dict[str, tuple[tuple[str, str], ...]] = {
    "Microsoft.Resources": (
        ("tenants subscriptions subscriptions/resourceGroups subscriptions/providers", _RESOURCES),
        ("subscriptions/locations subscriptions/resources subscriptions/operationresults", _RESOURCES),
        ("deployments tags links templateSpecs deploymentScripts deploymentStacks", _RESOURCES),
    ),
    "Microsoft.Authorization": (
        ("roleAssignments roleDefinitions denyAssignments permissions", _ROLES),
        ("locks", "2015-01-01 2016-09-01 2017-04-01 2020-05-01"),
        ("policyAssignments policyDefinitions policySetDefinitions", "2021-06-01 2022-06-01 2023-04-01 2024-05-01"),
    ),
    "Microsoft.Billing": (
        ("billingAccounts billingAccounts/customers", "2018-11-01-preview 2019-10-01-preview 2020-05-01 2024-04-01"),
    ),
    "Microsoft.Subscription": (
        ("aliases", "2019-10-01-preview 2020-09-01 2021-10-01 2024-08-01-preview"),
        (
            "cancel rename enable acceptOwnership",
            "2018-03-01-preview 2019-03-01-preview 2019-10-01-preview 2020-01-01 2020-09-01 2021-01-01-privatepreview "
            "2021-10-01 2024-08-01-preview",
        ),
    ),
    "Microsoft.Network": (
        (_NETWORK_TYPES, _NETWORK),
        ("locations/operations locations/operationResults", _NETWORK),
        ("dnsZones", "2015-05-04-preview 2016-04-01 2017-09-01 2017-10-01 2018-03-01-preview 2018-05-01"),
        ("privateDnsZones privateDnsZones/virtualNetworkLinks", "2018-09-01 2020-01-01 2020-06-01 2024-06-01"),
        ("trafficManagerProfiles", "2017-05-01 2018-04-01 2018-08-01 2022-04-01"),
        ("frontDoors", "2018-08-01 2019-04-01 2020-01-01 2020-05-01 2021-06-01"),
    ),
    "Microsoft.Compute": (
        ("availabilitySets virtualMachines virtualMachines/extensions virtualMachines/runCommands", _COMPUTE),
        ("virtualMachineScaleSets images proximityPlacementGroups sshPublicKeys", _COMPUTE),
        ("capacityReservationGroups hostGroups hostGroups/hosts restorePointCollections", _COMPUTE),
        ("locations/operations", _COMPUTE),
        ("disks snapshots diskEncryptionSets diskAccesses locations/DiskOperations", _DISKS),
        ("galleries galleries/images galleries/images/versions galleries/applications", _GALLERIES),
    ),
    "Microsoft.Storage": (("storageAccounts storageAccounts/blobServices storageAccounts/fileServices", _STORAGE),),
    "Microsoft.RecoveryServices": (
        ("vaults vaults/backupPolicies vaults/replicationPolicies vaults/replicationFabrics", _VAULTS),
    ),
    "Microsoft.KeyVault": (
        (
            "vaults vaults/secrets vaults/accessPolicies",
            "2016-10-01 2019-09-01 2021-10-01 2022-07-01 2023-07-01 2024-11-01",
        ),
    ),
    "Microsoft.ManagedIdentity": (
        (
            "userAssignedIdentities",
            "2015-08-31-preview 2018-11-30 2021-09-30-preview 2022-01-31-preview 2023-01-31 2024-11-30",
        ),
    ),
    "Microsoft.ManagedServices": (
        ("registrationDefinitions registrationAssignments", "2019-06-01 2019-09-01 2020-02-01-preview 2022-10-01"),
    ),
    "Microsoft.OperationalInsights": (
        (
            "workspaces workspaces/savedSearches",
            "2015-11-01-preview 2020-08-01 2021-06-01 2022-10-01 2023-09-01 2025-02-01",
        ),
    ),
    "Microsoft.Insights": (("components actionGroups metricAlerts diagnosticSettings", _INSIGHTS),),
    "Microsoft.Automation": (
        ("automationAccounts automationAccounts/runbooks", "2015-10-31 2019-06-01 2022-08-08 2023-11-01"),
    ),
    "Microsoft.Search": (
        (
            "searchServices",
            "2014-07-31-Preview 2015-02-28 2015-08-19 2019-10-01-Preview 2020-03-13 2020-08-01 2022-09-01 2023-11-01",
        ),
    ),
    "Microsoft.Web": (
        (
            "sites serverFarms certificates",
            "2016-08-01 2018-11-01 2020-12-01 2021-03-01 2022-03-01 2022-09-01 2023-12-01 2024-04-01",
        ),
    ),
    "Microsoft.Sql": (("servers servers/databases managedInstances", "2014-04-01 2021-11-01 2023-08-01"),),
    "Microsoft.ContainerService": (
        ("managedClusters", "2020-09-01 2021-10-01 2022-09-01 2023-09-01 2024-05-01 2024-09-01 2025-01-01"),
    ),
    "Microsoft.ContainerRegistry": (("registries", "2019-05-01 2021-09-01 2022-12-01 2023-07-01 2025-04-01"),),
    "Microsoft.ContainerInstance": (("containerGroups", "2019-12-01 2021-09-01 2022-09-01 2023-05-01"),),
    "Microsoft.PolicyInsights": (("remediations", "2019-07-01 2021-10-01"),),
    "Microsoft.GuestConfiguration": (("guestConfigurationAssignments", "2020-06-25 2022-01-25"),),
    "Microsoft.Security": (("pricings", "2018-06-01 2022-03-01 2023-01-01 2024-01-01"),),
    "Microsoft.Advisor": (("configurations recommendations", "2017-04-19 2020-01-01 2023-01-01"),),
    "Microsoft.Migrate": (("assessmentProjects migrateProjects", "2019-10-01 2020-05-01 2023-03-15"),),
    "Microsoft.OffAzure": (("VMwareSites HyperVSites", "2020-01-01 2023-06-06"),),
    "Microsoft.DataProtection": (("backupVaults", "2021-07-01 2022-05-01 2023-05-01 2024-04-01"),),
    "Microsoft.ADHybridHealthService": (("services", "2014-01-01"),),
    "Microsoft.ClassicSubscription": (("operations", "2017-06-01 2017-09-01"),),
    "Microsoft.Commerce": (("UsageAggregates RateCard", "2015-06-01-preview 2016-08-31-preview"),),
    "Microsoft.Consumption": (("budgets", "2019-10-01 2021-10-01 2023-05-01 2024-08-01"),),
    "Microsoft.CostManagement": (("exports views", "2019-11-01 2021-10-01 2022-10-01 2023-11-01 2025-03-01"),),
    "Microsoft.Features": (("features subscriptionFeatureRegistrations", "2015-12-01 2021-07-01"),),
    "Microsoft.MarketplaceOrdering": (("agreements", "2015-06-01 2021-01-01"),),
    "Microsoft.Portal": (("dashboards", "2015-08-01-preview 2019-01-01-preview 2020-09-01-preview"),),
    "Microsoft.ResourceGraph": (("resources queries", "2019-04-01 2021-03-01 2022-10-01 2024-04-01"),),
    "Microsoft.SerialConsole": (("consoleServices", "2018-05-01"),),
    "microsoft.support": (("supportTickets", "2019-05-01-preview 2020-04-01 2024-04-01"),),
}

# Types that live outside regions: their location is "global".
GLOBAL = frozenset(
    f"microsoft.network/{type}"
    for type in (
        "dnszones",
        "privatednszones",
        "privatednszones/virtualnetworklinks",
        "trafficmanagerprofiles",
        "frontdoors",
    )
) | {"microsoft.insights/actiongroups"}

# Top-level types without a location of their own.
UNTRACKED = frozenset(
    {
        "microsoft.authorization/roleassignments",
        "microsoft.authorization/locks",
        "microsoft.authorization/policyassignments",
        "microsoft.managedservices/registrationassignments",
        "microsoft.consumption/budgets",
        "microsoft.insights/diagnosticsettings",
        "microsoft.resources/tags",
    }
)
