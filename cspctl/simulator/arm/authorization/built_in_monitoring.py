"""Monitoring and automation: built-in roles as Microsoft publishes them, with descriptions of our own.

https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
"""

from __future__ import annotations

from cspctl.simulator.arm.authorization.built_in_shape import BuiltIn

ROLES = (
    BuiltIn(
        "92aaf0da-9dab-42b6-94a3-d43ce8d16293",
        "Log Analytics Contributor",
        "Work on workspaces, read their data, set monitoring up.",
        actions="""
*/read Microsoft.ClassicCompute/virtualMachines/extensions/* Microsoft.ClassicStorage/storageAccounts/listKeys/action
Microsoft.Compute/virtualMachines/extensions/* Microsoft.HybridCompute/machines/extensions/write
Microsoft.Insights/alertRules/* Microsoft.Insights/diagnosticSettings/* Microsoft.OperationalInsights/*
Microsoft.OperationsManagement/* Microsoft.Resources/deployments/*
Microsoft.Resources/subscriptions/resourcegroups/deployments/* Microsoft.Storage/storageAccounts/listKeys/action
Microsoft.Support/*
""",
        data_actions="Microsoft.OperationalInsights/workspaces/jobs/export/action",
    ),
    BuiltIn(
        "73c42c96-874c-492b-b04d-ab87d138a893",
        "Log Analytics Reader",
        "See and query what is monitored, and how.",
        actions="""
*/read Microsoft.OperationalInsights/workspaces/analytics/query/action
Microsoft.OperationalInsights/workspaces/search/action Microsoft.Support/*
""",
        not_actions="Microsoft.OperationalInsights/workspaces/sharedKeys/read",
        data_actions="Microsoft.OperationalInsights/workspaces/jobs/export/action",
    ),
    BuiltIn(
        "749f88d5-cbae-40b8-bcfc-e573ddc772fa",
        "Monitoring Contributor",
        "Read monitoring data and change the settings of monitoring.",
        actions="""
*/read Microsoft.AlertsManagement/alerts/* Microsoft.AlertsManagement/alertsSummary/*
Microsoft.AlertsManagement/issues/* Microsoft.Insights/actiongroups/* Microsoft.Insights/activityLogAlerts/*
Microsoft.Insights/AlertRules/* Microsoft.Insights/components/* Microsoft.Insights/createNotifications/*
Microsoft.Insights/dataCollectionEndpoints/* Microsoft.Insights/dataCollectionRules/*
Microsoft.Insights/dataCollectionRuleAssociations/* Microsoft.Insights/DiagnosticSettings/*
Microsoft.Insights/eventtypes/* Microsoft.Insights/LogDefinitions/* Microsoft.Insights/metricalerts/*
Microsoft.Insights/MetricDefinitions/* Microsoft.Insights/Metrics/* Microsoft.Insights/notificationStatus/*
Microsoft.Insights/Register/Action Microsoft.Insights/scheduledqueryrules/* Microsoft.Insights/webtests/*
Microsoft.Insights/workbooks/* Microsoft.Insights/workbooktemplates/* Microsoft.Insights/privateLinkScopes/*
Microsoft.Insights/privateLinkScopeOperationStatuses/* Microsoft.Monitor/accounts/* Microsoft.Monitor/settings/*
Microsoft.OperationalInsights/workspaces/write Microsoft.OperationalInsights/workspaces/intelligencepacks/*
Microsoft.OperationalInsights/workspaces/savedSearches/* Microsoft.OperationalInsights/workspaces/search/action
Microsoft.OperationalInsights/workspaces/sharedKeys/action Microsoft.OperationalInsights/workspaces/sharedKeys/read
Microsoft.OperationalInsights/workspaces/storageinsightconfigs/*
Microsoft.OperationalInsights/locations/workspaces/failover/action
Microsoft.OperationalInsights/workspaces/failback/action Microsoft.Support/*
Microsoft.AlertsManagement/smartDetectorAlertRules/* Microsoft.AlertsManagement/actionRules/*
Microsoft.AlertsManagement/smartGroups/* Microsoft.AlertsManagement/migrateFromSmartDetection/*
Microsoft.AlertsManagement/investigations/* Microsoft.AlertsManagement/prometheusRuleGroups/*
Microsoft.Monitor/investigations/* Microsoft.Resources/deployments/*
""",
    ),
    BuiltIn(
        "43d0d8ad-25c7-4714-9337-8ba259a9fe05",
        "Monitoring Reader",
        "Read monitoring data.",
        actions="*/read Microsoft.OperationalInsights/workspaces/search/action Microsoft.Support/*",
    ),
    BuiltIn(
        "3913510d-42f4-4e42-8a64-420c390055eb",
        "Monitoring Metrics Publisher",
        "Publish metrics.",
        actions="""
Microsoft.Insights/Register/Action Microsoft.Support/* Microsoft.Resources/subscriptions/resourceGroups/read
""",
        data_actions="Microsoft.Insights/Metrics/Write Microsoft.Insights/Telemetry/Write",
    ),
    BuiltIn(
        "ae349356-3a1b-4a5e-921d-050484c6347e",
        "Application Insights Component Contributor",
        "Work on Application Insights components.",
        actions="""
Microsoft.Authorization/*/read Microsoft.Insights/alertRules/* Microsoft.Insights/generateLiveToken/read
Microsoft.Insights/metricAlerts/* Microsoft.Insights/components/* Microsoft.Insights/scheduledqueryrules/*
Microsoft.Insights/topology/read Microsoft.Insights/transactions/read Microsoft.Insights/webtests/*
Microsoft.ResourceHealth/availabilityStatuses/read Microsoft.Resources/deployments/*
Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Support/*
""",
    ),
    BuiltIn(
        "e8ddcd69-c73f-4f9f-9844-4100522f16ad",
        "Workbook Contributor",
        "Save shared workbooks.",
        actions="""
Microsoft.Insights/workbooks/write Microsoft.Insights/workbooks/delete Microsoft.Insights/workbooks/read
Microsoft.Insights/workbooks/revisions/read Microsoft.Insights/workbooktemplates/write
Microsoft.Insights/workbooktemplates/delete Microsoft.Insights/workbooktemplates/read
""",
    ),
    BuiltIn(
        "b279062a-9be3-42a0-92ae-8b3cf002ec4d",
        "Workbook Reader",
        "Read workbooks.",
        actions="""
microsoft.insights/workbooks/read microsoft.insights/workbooks/revisions/read
microsoft.insights/workbooktemplates/read
""",
    ),
    BuiltIn(
        "f353d9bd-d4a6-484e-a77a-8050b599b867",
        "Automation Contributor",
        "Work on Automation accounts.",
        actions="""
Microsoft.Automation/automationAccounts/* Microsoft.Authorization/*/read Microsoft.Resources/deployments/*
Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Support/* Microsoft.Insights/ActionGroups/*
Microsoft.Insights/ActivityLogAlerts/* Microsoft.Insights/MetricAlerts/* Microsoft.Insights/ScheduledQueryRules/*
Microsoft.Insights/diagnosticSettings/* Microsoft.OperationalInsights/workspaces/sharedKeys/action
""",
    ),
    BuiltIn(
        "d3881f73-407a-4167-8283-e981cbba0404",
        "Automation Operator",
        "Start, stop and watch jobs.",
        actions="""
Microsoft.Authorization/*/read Microsoft.Automation/automationAccounts/hybridRunbookWorkerGroups/read
Microsoft.Automation/automationAccounts/jobs/read Microsoft.Automation/automationAccounts/jobs/resume/action
Microsoft.Automation/automationAccounts/jobs/stop/action Microsoft.Automation/automationAccounts/jobs/streams/read
Microsoft.Automation/automationAccounts/jobs/suspend/action Microsoft.Automation/automationAccounts/jobs/write
Microsoft.Automation/automationAccounts/jobSchedules/read Microsoft.Automation/automationAccounts/jobSchedules/write
Microsoft.Automation/automationAccounts/linkedWorkspace/read Microsoft.Automation/automationAccounts/read
Microsoft.Automation/automationAccounts/runbooks/read Microsoft.Automation/automationAccounts/schedules/read
Microsoft.Automation/automationAccounts/schedules/write Microsoft.Insights/alertRules/*
Microsoft.ResourceHealth/availabilityStatuses/read Microsoft.Resources/deployments/*
Microsoft.Automation/automationAccounts/jobs/output/read Microsoft.Resources/subscriptions/resourceGroups/read
Microsoft.Support/*
""",
    ),
    BuiltIn(
        "ab8e14d6-4a74-4a29-9ba8-549422addade",
        "Microsoft Sentinel Contributor",
        "Work on Microsoft Sentinel.",
        actions="""
Microsoft.SecurityInsights/* Microsoft.OperationalInsights/workspaces/analytics/query/action
Microsoft.OperationalInsights/workspaces/*/read Microsoft.OperationalInsights/workspaces/savedSearches/*
Microsoft.OperationsManagement/solutions/read Microsoft.OperationalInsights/workspaces/query/read
Microsoft.OperationalInsights/workspaces/query/*/read Microsoft.OperationalInsights/workspaces/dataSources/read
Microsoft.OperationalInsights/querypacks/*/read Microsoft.Insights/workbooks/* Microsoft.Insights/myworkbooks/read
Microsoft.Authorization/*/read Microsoft.Insights/alertRules/* Microsoft.Resources/deployments/*
Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Support/*
""",
        not_actions="""
Microsoft.SecurityInsights/ConfidentialWatchlists/*
Microsoft.OperationalInsights/workspaces/query/ConfidentialWatchlist/*
""",
    ),
    BuiltIn(
        "8d289c81-5878-46d4-8554-54e1e3d8b5cb",
        "Microsoft Sentinel Reader",
        "See what Microsoft Sentinel finds.",
        actions="""
Microsoft.SecurityInsights/*/read Microsoft.SecurityInsights/dataConnectorsCheckRequirements/action
Microsoft.SecurityInsights/threatIntelligence/indicators/query/action
Microsoft.SecurityInsights/threatIntelligence/queryIndicators/action
Microsoft.OperationalInsights/workspaces/analytics/query/action Microsoft.OperationalInsights/workspaces/*/read
Microsoft.OperationalInsights/workspaces/LinkedServices/read
Microsoft.OperationalInsights/workspaces/savedSearches/read Microsoft.OperationsManagement/solutions/read
Microsoft.OperationalInsights/workspaces/query/read Microsoft.OperationalInsights/workspaces/query/*/read
Microsoft.OperationalInsights/querypacks/*/read Microsoft.OperationalInsights/workspaces/dataSources/read
Microsoft.Insights/workbooks/read Microsoft.Insights/myworkbooks/read Microsoft.Authorization/*/read
Microsoft.Insights/alertRules/* Microsoft.Resources/deployments/*
Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Resources/templateSpecs/*/read Microsoft.Support/*
""",
        not_actions="""
Microsoft.SecurityInsights/ConfidentialWatchlists/*
Microsoft.OperationalInsights/workspaces/query/ConfidentialWatchlist/*
""",
    ),
)
