"""Tells whether an action of a role definition is one of a resource provider's operations; the one place.

https://learn.microsoft.com/azure/role-based-access-control/resource-provider-operations
"""

from __future__ import annotations

from cspctl.simulator.arm import provider_types
from cspctl.simulator.arm.errors import refuse

# Namespaces beside those whose types are simulated, as Microsoft's built-in roles name them.
# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
OTHERS = """
Anyscale.Platform ArizeAi.ObservabilityEval Astronomer.Astro Commvault.ContentStore Dell.Storage
Dynatrace.Observability Informatica.DataManagement LambdaTest.HyperExecute Microsoft.AAD Microsoft.AgFoodPlatform
Microsoft.AlertsManagement Microsoft.AnyBuild Microsoft.ApiCenter Microsoft.ApiManagement Microsoft.App
Microsoft.AppComplianceAutomation Microsoft.AppConfiguration Microsoft.ApplicationMigration Microsoft.AppLink
Microsoft.AppPlatform Microsoft.Approvals Microsoft.ArcContainerStorage Microsoft.Attestation Microsoft.Automanage
Microsoft.AutonomousDevelopmentPlatform Microsoft.AwsConnector Microsoft.AzureActiveDirectory Microsoft.AzureArcData
Microsoft.AzureBusinessContinuity Microsoft.AzureContextCache Microsoft.AzureDataTransfer Microsoft.AzureFleet
Microsoft.AzureResilienceManagement Microsoft.AzureSphere Microsoft.AzureStack Microsoft.AzureStackHCI
Microsoft.BackupSolutions Microsoft.BareMetal Microsoft.Batch Microsoft.BigAnalytics Microsoft.BillingBenefits
Microsoft.Bing Microsoft.BizTalkServices Microsoft.Blockchain Microsoft.Blueprint Microsoft.BotService
Microsoft.Cache Microsoft.Capacity Microsoft.Carbon Microsoft.Cdn Microsoft.ChangeSafety Microsoft.Chaos
Microsoft.ClassicCompute Microsoft.ClassicNetwork Microsoft.ClassicStorage Microsoft.CloudTest Microsoft.CodeSigning
Microsoft.CognitiveSearch Microsoft.CognitiveServices Microsoft.Communication Microsoft.ComputeLimit
Microsoft.ComputeSchedule Microsoft.ConfidentialLedger Microsoft.Confluent Microsoft.ConnectedVMwarevSphere
Microsoft.CustomerLockbox Microsoft.D365CustomerInsights Microsoft.Dashboard Microsoft.Databox Microsoft.DataBoxEdge
Microsoft.Databricks Microsoft.Datadog Microsoft.DataFactory Microsoft.DataLakeAnalytics Microsoft.DataMigration
Microsoft.DataReplication Microsoft.DBforMySQL Microsoft.DBforPostgreSQL Microsoft.DependencyMap
Microsoft.DesktopVirtualization Microsoft.DevCenter Microsoft.DeviceOnboarding Microsoft.DeviceRegistry
Microsoft.Devices Microsoft.DeviceUpdate Microsoft.DevOpsInfrastructure Microsoft.DevTestLab Microsoft.DigitalTwins
Microsoft.Discovery Microsoft.DocumentDB Microsoft.DurableTask Microsoft.Edge Microsoft.EdgeManagement
Microsoft.EdgeMarketplace Microsoft.EdgeOrder Microsoft.EdgeOrderPartner Microsoft.Elastic Microsoft.ElasticSan
Microsoft.EnterpriseKnowledgeGraph Microsoft.EnterpriseSupport Microsoft.EventGrid Microsoft.EventHub
Microsoft.Experimentation Microsoft.ExtendedLocation Microsoft.GcpConnector Microsoft.Genome Microsoft.Hardware
MICROSOFT.HDINSIGHT Microsoft.HealthBot Microsoft.HealthcareApis Microsoft.HealthcareInterop
Microsoft.HealthDataAIServices Microsoft.HybridCompute Microsoft.HybridConnectivity Microsoft.HybridContainerService
Microsoft.HybridNetwork Microsoft.Impact Microsoft.IndustryDataLifecycle Microsoft.InferenceService
Microsoft.IntelligentSystems Microsoft.IoTFirmwareDefense Microsoft.IoTOperations Microsoft.IoTSecurity
Microsoft.Kubernetes Microsoft.KubernetesConfiguration Microsoft.KubernetesRuntime Microsoft.LabServices
Microsoft.LoadTestService Microsoft.Logic Microsoft.MachineLearningServices Microsoft.Maintenance
Microsoft.ManagedNetworkFabric Microsoft.ManagedOps Microsoft.Management Microsoft.Maps Microsoft.Marketplace
Microsoft.MessagingCatalog Microsoft.MessagingConnectors Microsoft.Mission Microsoft.MixedReality Microsoft.Monitor
Microsoft.MySQLDiscovery Microsoft.NetApp Microsoft.NetworkCloud Microsoft.NexusIdentity Microsoft.Notebooks
Microsoft.OffAzureSpringBoot Microsoft.OnlineExperimentation Microsoft.OperationsManagement Microsoft.Orbital
Microsoft.PlayFab Microsoft.PowerBI Microsoft.PowerPlatform Microsoft.ProfessionalService
Microsoft.ProgramEnrollment Microsoft.ProgrammableConnectivity Microsoft.ProjectBabylon Microsoft.ProviderHub
Microsoft.Purview Microsoft.Quantum Microsoft.Quota Microsoft.Relationships Microsoft.Relay
Microsoft.ResourceConnector Microsoft.ResourceHealth Microsoft.ResourceNotifications Microsoft.SaaS
Microsoft.SaaSHub Microsoft.Scheduler microsoft.scvmm Microsoft.SecretSyncController Microsoft.SecurityDetonation
Microsoft.SecurityInsights Microsoft.ServiceBus Microsoft.ServiceFabric Microsoft.ServiceLinker
Microsoft.ServiceNetworking Microsoft.ServicesHub Microsoft.SignalRService Microsoft.SoftwarePlan
Microsoft.Solutions Microsoft.Sovereign Microsoft.SqlVirtualMachine Microsoft.StandbyPool Microsoft.StorageActions
Microsoft.StorageSync Microsoft.StreamAnalytics Microsoft.SupercomputerInfrastructure Microsoft.Synapse
Microsoft.TestBase Microsoft.ToolchainOrchestrator Microsoft.UsageBilling Microsoft.VideoIndexer
Microsoft.WeightsAndBiases Microsoft.Windows365 Microsoft.WorkloadBuilder Microsoft.Workloads MongoDB.Atlas
NewRelic.APM NewRelic.Observability NGINX.NGINXPLUS Oracle.Database PaloAltoNetworks.Cloudngfw Pinecone.VectorDb
PureStorage.Block successbricks.cleardb
"""
NAMESPACES = frozenset(OTHERS.lower().split()) | frozenset(provider_types.PROVIDERS)

# What operations of a namespace begin with, where all of them are known. Of what stands below, and of other
# namespaces, only the verb is checked: our lists are not complete, and a right role must not be refused.
BEGINNINGS = {
    "microsoft.network": frozenset(
        """
applicationGatewayAvailableRequestHeaders applicationGatewayAvailableResponseHeaders
applicationGatewayAvailableServerVariables applicationGatewayAvailableSslOptions
applicationGatewayAvailableWafRuleSets applicationGateways applicationGatewayWebApplicationFirewallPolicies
applicationSecurityGroups authenticationPolicies azureFirewallFqdnTags azureFirewalls azureWebCategories
bastionHosts bgpServiceCommunities checkFrontDoorNameAvailability checkTrafficManagerNameAvailability
cloudServiceSlots connections customIpPrefixes ddosCustomPolicies ddosProtectionPlans dnsForwardingRulesets
dnsOperationResults dnsOperationStatuses dnsResolvers dnsZones dscpConfigurations expressRouteCircuits
expressRouteCrossConnections expressRouteGateways expressRouteLags expressRoutePorts expressRoutePortsLocations
expressRouteProviderPorts expressRouteServiceProviders firewallPolicies firstPartyServiceTags frontDoors
frontDoorWebApplicationFirewallManagedRuleSets frontDoorWebApplicationFirewallPolicies getDnsResourceReference
interconnectGroups ipAllocations ipGroups loadBalancers localNetworkGateways locations natGateways
networkIntentPolicies networkInterfaces networkManagerConnections networkManagers networkProfiles
networkSecurityGroups networkSecurityPerimeters networkVirtualAppliances networkVirtualApplianceSkus networkWatchers
operations privateDnsOperationResults privateDnsOperationStatuses privateDnsZones privateEndpointRedirectMaps
privateEndpoints privateLinkServices publicIPAddresses publicIPPrefixes register routeFilters routeTables
securityPartnerProviders serviceEndpointPolicies serviceGateways trafficManagerGeographicHierarchies
trafficManagerProfiles trafficManagerUserMetricsKeys unregister virtualHubs virtualNetworkAppliances
virtualNetworkGateways virtualNetworks virtualNetworkTaps virtualRouters virtualWans vpnGateways
vpnServerConfigurations vpnSites
""".lower().split()
    ),
    "microsoft.compute": frozenset(
        """
availabilitySets capacityReservationGroups cloudServices diskAccesses diskEncryptionSets disks galleries hostGroups
images interconnectBlocks locations operations proximityPlacementGroups register restorePointCollections
sharedVMExtensions skus snapshots sshPublicKeys unregister virtualMachines virtualMachineScaleSets
""".lower().split()
    ),
}
VERBS = frozenset({"read", "write", "delete", "action"})


def check(action: str) -> None:
    """Refuse an action that no provider has; one wildcard stands for any part of it."""
    namespace, _, rest = action.lower().partition("/")
    if "*" not in namespace and namespace not in NAMESPACES and rest:
        # https://github.com/Azure/azure-powershell/issues/9800
        text = "The resource provider referenced in the action is not returned in the list of providers from Azure "
        raise refuse(400, "InvalidActionOrNotAction", f"{text}Resource Manager.")
    if not _may_be(namespace, rest, action):
        text = f"'{action}' does not match any of the actions supported by the providers."
        raise refuse(400, "InvalidActionOrNotAction", text)


def _may_be(namespace: str, rest: str, action: str) -> bool:
    if action.count("*") > 1 or (action != "*" and not rest):
        return False
    first, last = rest.partition("/")[0], rest.rpartition("/")[2]
    known = BEGINNINGS.get(namespace)
    if known is not None and "*" not in first and first not in known:
        return False
    return action == "*" or "*" in last or last in VERBS
