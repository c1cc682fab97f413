"""Storage, web, databases and containers: built-in roles as Microsoft publishes them, with descriptions of our own.

https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
"""

from __future__ import annotations

from cspctl.simulator.arm.authorization.built_in_shape import BuiltIn

ROLES = (
    BuiltIn(
        "17d1049b-9a84-46fb-8f53-869881c3d3ab",
        "Storage Account Contributor",
        "Work on storage accounts, their keys included.",
        actions="""
Microsoft.Authorization/*/read Microsoft.Insights/alertRules/* Microsoft.Insights/diagnosticSettings/*
Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action
Microsoft.ResourceHealth/availabilityStatuses/read Microsoft.Resources/deployments/*
Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Storage/storageAccounts/* Microsoft.Support/*
""",
    ),
    BuiltIn(
        "81a9662b-bebf-436f-a333-f67b29880f12",
        "Storage Account Key Operator Service Role",
        "List and renew the keys of storage accounts.",
        actions="""
Microsoft.Storage/storageAccounts/listkeys/action Microsoft.Storage/storageAccounts/regeneratekey/action
""",
    ),
    BuiltIn(
        "e5e2a7ff-d759-4cd2-bb51-3152d37e2eb1",
        "Storage Account Backup Contributor",
        "Let a vault back storage accounts up.",
        actions="""
Microsoft.Authorization/*/read Microsoft.Authorization/locks/read Microsoft.Authorization/locks/write
Microsoft.Authorization/locks/delete Microsoft.Features/features/read Microsoft.Features/providers/features/read
Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Storage/operations/read
Microsoft.Storage/storageAccounts/objectReplicationPolicies/delete
Microsoft.Storage/storageAccounts/objectReplicationPolicies/read
Microsoft.Storage/storageAccounts/objectReplicationPolicies/write
Microsoft.Storage/storageAccounts/objectReplicationPolicies/restorePointMarkers/write
Microsoft.Storage/storageAccounts/blobServices/containers/read
Microsoft.Storage/storageAccounts/blobServices/containers/write Microsoft.Storage/storageAccounts/blobServices/read
Microsoft.Storage/storageAccounts/blobServices/write Microsoft.Storage/storageAccounts/read
Microsoft.Storage/storageAccounts/restoreBlobRanges/action
""",
    ),
    BuiltIn(
        "c12c1c16-33a1-487b-954d-41c89c60f349",
        "Reader and Data Access",
        "See everything, and read data by the keys of storage accounts.",
        actions="""
Microsoft.Storage/storageAccounts/listKeys/action Microsoft.Storage/storageAccounts/ListAccountSas/action
Microsoft.Storage/storageAccounts/read
""",
    ),
    BuiltIn(
        "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
        "Storage Blob Data Owner",
        "Everything with blobs, their access control included.",
        actions="""
Microsoft.Storage/storageAccounts/blobServices/containers/*
Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action
""",
        data_actions="Microsoft.Storage/storageAccounts/blobServices/containers/blobs/*",
    ),
    BuiltIn(
        "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
        "Storage Blob Data Contributor",
        "Read, write and delete blobs.",
        actions="""
Microsoft.Storage/storageAccounts/blobServices/containers/delete
Microsoft.Storage/storageAccounts/blobServices/containers/read
Microsoft.Storage/storageAccounts/blobServices/containers/write
Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action
""",
        data_actions="""
Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete
Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read
Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write
Microsoft.Storage/storageAccounts/blobServices/containers/blobs/move/action
Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action
""",
    ),
    BuiltIn(
        "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
        "Storage Blob Data Reader",
        "Read blobs.",
        actions="""
Microsoft.Storage/storageAccounts/blobServices/containers/read
Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action
""",
        data_actions="Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
    ),
    BuiltIn(
        "0c867c2a-1d8c-454a-a3db-ab2ea1bdc8bb",
        "Storage File Data SMB Share Contributor",
        "Read, write and delete files of shares over SMB.",
        data_actions="""
Microsoft.Storage/storageAccounts/fileServices/fileshares/files/read
Microsoft.Storage/storageAccounts/fileServices/fileshares/files/write
Microsoft.Storage/storageAccounts/fileServices/fileshares/files/delete
""",
    ),
    BuiltIn(
        "aba4ae5f-2193-4029-9191-0cb91df5e314",
        "Storage File Data SMB Share Reader",
        "Read files of shares over SMB.",
        data_actions="Microsoft.Storage/storageAccounts/fileServices/fileshares/files/read",
    ),
    BuiltIn(
        "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
        "Storage Queue Data Contributor",
        "Read, write and delete messages of queues.",
        actions="""
Microsoft.Storage/storageAccounts/queueServices/queues/delete
Microsoft.Storage/storageAccounts/queueServices/queues/read
Microsoft.Storage/storageAccounts/queueServices/queues/write
""",
        data_actions="""
Microsoft.Storage/storageAccounts/queueServices/queues/messages/delete
Microsoft.Storage/storageAccounts/queueServices/queues/messages/read
Microsoft.Storage/storageAccounts/queueServices/queues/messages/write
Microsoft.Storage/storageAccounts/queueServices/queues/messages/process/action
""",
    ),
    BuiltIn(
        "19e7f393-937e-4f77-808e-94535e297925",
        "Storage Queue Data Reader",
        "Read messages of queues.",
        actions="Microsoft.Storage/storageAccounts/queueServices/queues/read",
        data_actions="Microsoft.Storage/storageAccounts/queueServices/queues/messages/read",
    ),
    BuiltIn(
        "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
        "Storage Table Data Contributor",
        "Read, write and delete entities of tables.",
        actions="""
Microsoft.Storage/storageAccounts/tableServices/tables/read
Microsoft.Storage/storageAccounts/tableServices/tables/write
Microsoft.Storage/storageAccounts/tableServices/tables/delete
""",
        data_actions="""
Microsoft.Storage/storageAccounts/tableServices/tables/entities/read
Microsoft.Storage/storageAccounts/tableServices/tables/entities/write
Microsoft.Storage/storageAccounts/tableServices/tables/entities/delete
Microsoft.Storage/storageAccounts/tableServices/tables/entities/add/action
Microsoft.Storage/storageAccounts/tableServices/tables/entities/update/action
""",
    ),
    BuiltIn(
        "76199698-9eea-4c19-bc75-cec21354c6b6",
        "Storage Table Data Reader",
        "Read entities of tables.",
        actions="Microsoft.Storage/storageAccounts/tableServices/tables/read",
        data_actions="Microsoft.Storage/storageAccounts/tableServices/tables/entities/read",
    ),
    BuiltIn(
        "de139f84-1756-47ae-9be6-808fbbe84772",
        "Website Contributor",
        "Work on web sites without the plans they run in.",
        actions="""
Microsoft.Authorization/*/read Microsoft.Insights/alertRules/* Microsoft.Insights/components/*
Microsoft.ResourceHealth/availabilityStatuses/read Microsoft.Resources/deployments/*
Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Support/* Microsoft.Web/certificates/*
Microsoft.Web/listSitesAssignedToHostName/read Microsoft.Web/register/action Microsoft.Web/serverFarms/join/action
Microsoft.Web/serverFarms/read Microsoft.Web/sites/*
""",
    ),
    BuiltIn(
        "2cc479cb-7b4d-49a8-b449-8c00fd0f0a4b",
        "Web Plan Contributor",
        "Work on the plans that web sites run in.",
        actions="""
Microsoft.Authorization/*/read Microsoft.Insights/alertRules/* Microsoft.ResourceHealth/availabilityStatuses/read
Microsoft.Resources/deployments/* Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Support/*
Microsoft.Web/serverFarms/* Microsoft.Web/hostingEnvironments/Join/Action Microsoft.Insights/autoscalesettings/*
""",
    ),
    BuiltIn(
        "87a39d53-fc1b-424a-814c-f7e04687dc9e",
        "Logic App Contributor",
        "Work on logic apps.",
        actions="""
Microsoft.Authorization/*/read Microsoft.ClassicStorage/storageAccounts/listKeys/action
Microsoft.ClassicStorage/storageAccounts/read Microsoft.Insights/alertRules/* Microsoft.Insights/metricAlerts/*
Microsoft.Insights/diagnosticSettings/* Microsoft.Insights/logdefinitions/* Microsoft.Insights/metricDefinitions/*
Microsoft.Logic/* Microsoft.Resources/deployments/* Microsoft.Resources/subscriptions/operationresults/read
Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Storage/storageAccounts/listkeys/action
Microsoft.Storage/storageAccounts/read Microsoft.Support/* Microsoft.Web/connectionGateways/*
Microsoft.Web/connections/* Microsoft.Web/customApis/* Microsoft.Web/serverFarms/join/action
Microsoft.Web/serverFarms/read Microsoft.Web/sites/functions/listSecrets/action
""",
    ),
    BuiltIn(
        "9b7fa17d-e63e-47b0-bb0a-15c516ac86ec",
        "SQL DB Contributor",
        "Work on SQL databases without their security.",
        actions="""
Microsoft.Authorization/*/read Microsoft.Insights/alertRules/* Microsoft.ResourceHealth/availabilityStatuses/read
Microsoft.Resources/deployments/* Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Sql/locations/*/read
Microsoft.Sql/servers/databases/* Microsoft.Sql/servers/read Microsoft.Support/* Microsoft.Insights/metrics/read
Microsoft.Insights/metricDefinitions/read
""",
        not_actions="""
Microsoft.Sql/managedInstances/advancedThreatProtectionSettings/*
Microsoft.Sql/managedInstances/databases/advancedThreatProtectionSettings/*
Microsoft.Sql/managedInstances/databases/currentSensitivityLabels/*
Microsoft.Sql/managedInstances/databases/recommendedSensitivityLabels/*
Microsoft.Sql/managedInstances/databases/schemas/tables/columns/sensitivityLabels/*
Microsoft.Sql/managedInstances/databases/securityAlertPolicies/*
Microsoft.Sql/managedInstances/databases/sensitivityLabels/*
Microsoft.Sql/managedInstances/databases/vulnerabilityAssessments/*
Microsoft.Sql/managedInstances/securityAlertPolicies/* Microsoft.Sql/managedInstances/vulnerabilityAssessments/*
Microsoft.Sql/servers/databases/advancedThreatProtectionSettings/* Microsoft.Sql/servers/databases/auditingSettings/*
Microsoft.Sql/servers/databases/auditRecords/read Microsoft.Sql/servers/databases/currentSensitivityLabels/*
Microsoft.Sql/servers/databases/dataMaskingPolicies/* Microsoft.Sql/servers/databases/extendedAuditingSettings/*
Microsoft.Sql/servers/databases/ledgerDigestUploads/disable/action
Microsoft.Sql/servers/databases/ledgerDigestUploads/write
Microsoft.Sql/servers/databases/recommendedSensitivityLabels/*
Microsoft.Sql/servers/databases/schemas/tables/columns/sensitivityLabels/*
Microsoft.Sql/servers/databases/securityAlertPolicies/* Microsoft.Sql/servers/databases/securityMetrics/*
Microsoft.Sql/servers/databases/sensitivityLabels/* Microsoft.Sql/servers/databases/sqlVulnerabilityAssessments/*
Microsoft.Sql/servers/databases/vulnerabilityAssessments/*
Microsoft.Sql/servers/databases/vulnerabilityAssessmentScans/*
Microsoft.Sql/servers/databases/vulnerabilityAssessmentSettings/* Microsoft.Sql/servers/sqlVulnerabilityAssessments/*
Microsoft.Sql/servers/vulnerabilityAssessments/*
""",
    ),
    BuiltIn(
        "6d8ee4ec-f05a-4a1d-8b00-a9b17e38b437",
        "SQL Server Contributor",
        "Work on SQL servers and databases without their security.",
        actions="""
Microsoft.Authorization/*/read Microsoft.Insights/alertRules/* Microsoft.ResourceHealth/availabilityStatuses/read
Microsoft.Resources/deployments/* Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Sql/locations/*/read
Microsoft.Sql/servers/* Microsoft.Support/* Microsoft.Insights/metrics/read Microsoft.Insights/metricDefinitions/read
""",
        not_actions="""
Microsoft.Sql/managedInstances/advancedThreatProtectionSettings/*
Microsoft.Sql/managedInstances/databases/advancedThreatProtectionSettings/*
Microsoft.Sql/managedInstances/databases/currentSensitivityLabels/*
Microsoft.Sql/managedInstances/databases/recommendedSensitivityLabels/*
Microsoft.Sql/managedInstances/databases/schemas/tables/columns/sensitivityLabels/*
Microsoft.Sql/managedInstances/databases/securityAlertPolicies/*
Microsoft.Sql/managedInstances/databases/sensitivityLabels/*
Microsoft.Sql/managedInstances/databases/vulnerabilityAssessments/*
Microsoft.Sql/managedInstances/securityAlertPolicies/* Microsoft.Sql/managedInstances/vulnerabilityAssessments/*
Microsoft.Sql/servers/advancedThreatProtectionSettings/* Microsoft.Sql/servers/auditingSettings/*
Microsoft.Sql/servers/azureADOnlyAuthentications/delete Microsoft.Sql/servers/azureADOnlyAuthentications/write
Microsoft.Sql/servers/databases/advancedThreatProtectionSettings/* Microsoft.Sql/servers/databases/auditingSettings/*
Microsoft.Sql/servers/databases/auditRecords/read Microsoft.Sql/servers/databases/currentSensitivityLabels/*
Microsoft.Sql/servers/databases/dataMaskingPolicies/* Microsoft.Sql/servers/databases/extendedAuditingSettings/*
Microsoft.Sql/servers/databases/recommendedSensitivityLabels/*
Microsoft.Sql/servers/databases/schemas/tables/columns/sensitivityLabels/*
Microsoft.Sql/servers/databases/securityAlertPolicies/* Microsoft.Sql/servers/databases/securityMetrics/*
Microsoft.Sql/servers/databases/sensitivityLabels/* Microsoft.Sql/servers/databases/sqlVulnerabilityAssessments/*
Microsoft.Sql/servers/databases/vulnerabilityAssessments/*
Microsoft.Sql/servers/databases/vulnerabilityAssessmentScans/*
Microsoft.Sql/servers/databases/vulnerabilityAssessmentSettings/* Microsoft.Sql/servers/devOpsAuditingSettings/*
Microsoft.Sql/servers/extendedAuditingSettings/* Microsoft.Sql/servers/externalPolicyBasedAuthorizations/delete
Microsoft.Sql/servers/externalPolicyBasedAuthorizations/write Microsoft.Sql/servers/securityAlertPolicies/*
Microsoft.Sql/servers/sqlVulnerabilityAssessments/* Microsoft.Sql/servers/vulnerabilityAssessments/*
""",
    ),
    BuiltIn(
        "7f951dda-4ed3-4680-a7ca-43fe172d538d",
        "AcrPull",
        "Pull images from a registry.",
        actions="Microsoft.ContainerRegistry/registries/pull/read",
    ),
    BuiltIn(
        "8311e382-0749-4cb8-b61a-304f252e45ec",
        "AcrPush",
        "Push images to a registry and pull them.",
        actions="""
Microsoft.ContainerRegistry/registries/pull/read Microsoft.ContainerRegistry/registries/push/write
""",
    ),
    BuiltIn(
        "0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8",
        "Azure Kubernetes Service Cluster Admin Role",
        "Fetch the administrator's credential of a cluster.",
        actions="""
Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action
Microsoft.ContainerService/managedClusters/accessProfiles/listCredential/action
Microsoft.ContainerService/managedClusters/read Microsoft.ContainerService/managedClusters/runcommand/action
""",
    ),
    BuiltIn(
        "4abbcc35-e782-43d8-92c5-2d3f1bd2253f",
        "Azure Kubernetes Service Cluster User Role",
        "Fetch the user's credential of a cluster.",
        actions="""
Microsoft.ContainerService/managedClusters/listClusterUserCredential/action
Microsoft.ContainerService/managedClusters/read
""",
    ),
    BuiltIn(
        "ed7f3fbd-7b88-4dd4-9017-9adb7ce333f8",
        "Azure Kubernetes Service Contributor Role",
        "Work on clusters.",
        actions="""
Microsoft.Authorization/*/read Microsoft.ContainerService/locations/* Microsoft.ContainerService/managedClusters/*
Microsoft.ContainerService/managedclustersnapshots/* Microsoft.ContainerService/snapshots/*
Microsoft.Insights/alertRules/* Microsoft.Resources/deployments/*
Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.ContainerService/deploymentSafeguards/*
""",
    ),
    BuiltIn(
        "b64e21ea-ac4e-4cdf-9dc9-5b892992bee7",
        "Azure Connected Machine Onboarding",
        "Connect machines to Azure Arc.",
        actions="""
Microsoft.HybridCompute/machines/read Microsoft.HybridCompute/machines/write Microsoft.HybridCompute/settings/read
Microsoft.HybridCompute/settings/write Microsoft.HybridCompute/gateways/read
Microsoft.HybridCompute/privateLinkScopes/read Microsoft.GuestConfiguration/guestConfigurationAssignments/read
Microsoft.Insights/dataCollectionRuleAssociations/write Microsoft.Insights/dataCollectionRuleAssociations/delete
Microsoft.Insights/dataCollectionRuleAssociations/read Microsoft.HybridCompute/machines/addExtensions/action
""",
    ),
)
