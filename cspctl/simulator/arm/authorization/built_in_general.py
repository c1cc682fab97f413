"""General, billing, governance and identity: built-in roles as Microsoft publishes them, with descriptions of our own.

https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
"""

from __future__ import annotations

from cspctl.simulator.arm.authorization.built_in_shape import BuiltIn

ROLES = (
    BuiltIn(
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
        "Owner",
        "Everything, the assignment of roles included.",
        actions="*",
    ),
    BuiltIn(
        "b24988ac-6180-42a0-ab88-20f7382dd24c",
        "Contributor",
        "Everything but the assignment of roles.",
        actions="*",
        not_actions="""
Microsoft.Authorization/*/Delete Microsoft.Authorization/*/Write Microsoft.Authorization/elevateAccess/Action
Microsoft.Blueprint/blueprintAssignments/write Microsoft.Blueprint/blueprintAssignments/delete
Microsoft.Compute/galleries/share/action Microsoft.Purview/consents/write Microsoft.Purview/consents/delete
Microsoft.Resources/deploymentStacks/manageDenySetting/action Microsoft.Subscription/cancel/action
Microsoft.Subscription/enable/action
""",
    ),
    BuiltIn(
        "acdd72a7-3385-48ef-bd42-f606fba81ae7",
        "Reader",
        "See everything, change nothing.",
        actions="*/read",
    ),
    BuiltIn(
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
        "User Access Administrator",
        "Decide who has access.",
        actions="*/read Microsoft.Authorization/* Microsoft.Support/*",
    ),
    BuiltIn(
        "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
        "Role Based Access Control Administrator",
        "Decide who has access, by assigning roles.",
        actions="""
Microsoft.Authorization/roleAssignments/write Microsoft.Authorization/roleAssignments/delete */read
Microsoft.Support/*
""",
    ),
    BuiltIn(
        "fa23ad8b-c56e-40d8-ac0c-ce449e1d2c64",
        "Billing Reader",
        "See billing data.",
        actions="""
Microsoft.Authorization/*/read Microsoft.Billing/*/read Microsoft.Commerce/*/read Microsoft.Consumption/*/read
Microsoft.Management/managementGroups/read Microsoft.CostManagement/*/read Microsoft.Support/*
""",
    ),
    BuiltIn(
        "434105ed-43f6-45c7-a02f-909b2ba83430",
        "Cost Management Contributor",
        "See costs and change how they are managed.",
        actions="""
Microsoft.Consumption/* Microsoft.CostManagement/* Microsoft.Billing/billingPeriods/read
Microsoft.Resources/subscriptions/read Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Support/*
Microsoft.Advisor/configurations/read Microsoft.Advisor/recommendations/read
Microsoft.Management/managementGroups/read Microsoft.Billing/billingProperty/read
""",
    ),
    BuiltIn(
        "72fafb9e-0641-4937-9268-a91bfd8191a3",
        "Cost Management Reader",
        "See costs and how they are managed.",
        actions="""
Microsoft.Consumption/*/read Microsoft.CostManagement/*/read Microsoft.Billing/billingPeriods/read
Microsoft.Resources/subscriptions/read Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Support/*
Microsoft.Advisor/configurations/read Microsoft.Advisor/recommendations/read
Microsoft.Management/managementGroups/read Microsoft.Billing/billingProperty/read
""",
    ),
    BuiltIn(
        "cfd33db0-3dd1-45e3-aa9d-cdbdf3b6f24e",
        "Support Request Contributor",
        "Open support requests and work on them.",
        actions="""
Microsoft.Authorization/*/read Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Support/*
""",
    ),
    BuiltIn(
        "f7b75c60-3036-4b75-91c3-6b41c27c1689",
        "Reservation Purchaser",
        "Buy reservations.",
        actions="""
Microsoft.Authorization/roleAssignments/read Microsoft.Capacity/catalogs/read Microsoft.Capacity/register/action
Microsoft.Compute/register/action Microsoft.Consumption/register/action
Microsoft.Consumption/reservationRecommendationDetails/read Microsoft.Consumption/reservationRecommendations/read
Microsoft.Resources/subscriptions/read Microsoft.Resources/subscriptions/resourceGroups/read
Microsoft.SQL/register/action Microsoft.Support/supporttickets/write
""",
    ),
    BuiltIn(
        "0e5f05e5-9ab9-446b-b98d-1e2157c94125",
        "Quota Request Operator",
        "Read quotas and ask for higher ones.",
        actions="""
Microsoft.Capacity/resourceProviders/locations/serviceLimits/read
Microsoft.Capacity/resourceProviders/locations/serviceLimits/write
Microsoft.Capacity/resourceProviders/locations/serviceLimitsRequests/read Microsoft.Capacity/register/action
Microsoft.Quota/usages/read Microsoft.Quota/quotas/read Microsoft.Quota/quotas/write
Microsoft.Quota/quotaRequests/read Microsoft.Quota/register/action Microsoft.Authorization/*/read
Microsoft.Insights/alertRules/* Microsoft.Resources/deployments/*
Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Support/*
""",
    ),
    BuiltIn(
        "fa0d39e6-28e5-40cf-8521-1eb320653a4c",
        "Carbon Optimization Reader",
        "See emission data.",
        actions="Microsoft.Carbon/carbonEmissionReports/action Microsoft.Carbon/carbonEmissionReports/read",
    ),
    BuiltIn(
        "5d58bcaf-24a5-4b20-bdb6-eed9f69fbe4c",
        "Management Group Contributor",
        "Work on management groups.",
        actions="""
Microsoft.Management/managementGroups/delete Microsoft.Management/managementGroups/read
Microsoft.Management/managementGroups/subscriptions/delete Microsoft.Management/managementGroups/subscriptions/write
Microsoft.Management/managementGroups/write Microsoft.Management/managementGroups/subscriptions/read
Microsoft.Authorization/*/read
""",
    ),
    BuiltIn(
        "ac63b705-f282-497d-ac71-919bf39d939d",
        "Management Group Reader",
        "See management groups.",
        actions="""
Microsoft.Management/managementGroups/read Microsoft.Management/managementGroups/subscriptions/read
Microsoft.Authorization/*/read
""",
    ),
    BuiltIn(
        "350f8d15-c687-4448-8ae1-157740a3936d",
        "Hierarchy Settings Administrator",
        "Change the settings of the hierarchy of management groups.",
        actions="""
Microsoft.Management/managementGroups/settings/write Microsoft.Management/managementGroups/settings/delete
""",
    ),
    BuiltIn(
        "36243c78-bf99-498c-9df9-86d9f8d28608",
        "Resource Policy Contributor",
        "Work on policies and support requests.",
        actions="""
*/read Microsoft.Authorization/policyassignments/* Microsoft.Authorization/policydefinitions/*
Microsoft.Authorization/policyexemptions/* Microsoft.Authorization/policyenrollments/*
Microsoft.Authorization/policysetdefinitions/* Microsoft.PolicyInsights/* Microsoft.Resources/deployments/*
Microsoft.Support/*
""",
    ),
    BuiltIn(
        "4a9ae827-6dc8-4573-8ac7-8239d42aa03f",
        "Tag Contributor",
        "Change tags without access to what they are on.",
        actions="""
Microsoft.Authorization/*/read Microsoft.Resources/subscriptions/resourceGroups/read
Microsoft.Resources/subscriptions/resourceGroups/resources/read Microsoft.Resources/subscriptions/resources/read
Microsoft.Resources/deployments/* Microsoft.Insights/alertRules/* Microsoft.Support/* Microsoft.Resources/tags/*
""",
    ),
    BuiltIn(
        "1c9b6475-caf0-4164-b5a1-2142a7116f4b",
        "Template Spec Contributor",
        "Work on template specs.",
        actions="""
Microsoft.Resources/templateSpecs/* Microsoft.Authorization/*/read Microsoft.Resources/deployments/*
Microsoft.Resources/subscriptions/resourceGroups/read
""",
    ),
    BuiltIn(
        "392ae280-861d-42bd-9ea5-08ee6d83b80e",
        "Template Spec Reader",
        "See template specs.",
        actions="Microsoft.Resources/templateSpecs/*/read",
    ),
    BuiltIn(
        "41077137-e803-4205-871c-5a86e6a753b4",
        "Blueprint Contributor",
        "Work on blueprints without assigning them.",
        actions="""
Microsoft.Authorization/*/read Microsoft.Blueprint/blueprints/* Microsoft.Resources/subscriptions/resourceGroups/read
Microsoft.Resources/deployments/* Microsoft.Support/*
""",
    ),
    BuiltIn(
        "641177b8-a67a-45b9-a033-47bc880bb21e",
        "Managed Application Contributor Role",
        "Create managed applications.",
        actions="""
*/read Microsoft.Solutions/applications/* Microsoft.Solutions/register/action
Microsoft.Resources/subscriptions/resourceGroups/* Microsoft.Resources/deployments/*
""",
    ),
    BuiltIn(
        "c7393b34-138c-406f-901b-d8cf2b17e6ae",
        "Managed Application Operator Role",
        "See managed applications and act on them.",
        actions="*/read Microsoft.Solutions/applications/read Microsoft.Solutions/*/action",
    ),
    BuiltIn(
        "e40ec5ca-96e0-45a2-b4ff-59039f2c2b59",
        "Managed Identity Contributor",
        "Work on user-assigned identities.",
        actions="""
Microsoft.ManagedIdentity/userAssignedIdentities/read Microsoft.ManagedIdentity/userAssignedIdentities/write
Microsoft.ManagedIdentity/userAssignedIdentities/delete
Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read
Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write
Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/delete
Microsoft.ManagedIdentity/userAssignedIdentities/revokeTokens/action Microsoft.Authorization/*/read
Microsoft.Insights/alertRules/* Microsoft.Resources/subscriptions/resourceGroups/read
Microsoft.Resources/deployments/* Microsoft.Support/*
""",
    ),
    BuiltIn(
        "f1a07417-d97a-45cb-824c-7a7467783830",
        "Managed Identity Operator",
        "See and assign user-assigned identities.",
        actions="""
Microsoft.ManagedIdentity/userAssignedIdentities/*/read
Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action Microsoft.Authorization/*/read
Microsoft.Insights/alertRules/* Microsoft.Resources/subscriptions/resourceGroups/read
Microsoft.Resources/deployments/* Microsoft.Support/*
""",
    ),
    BuiltIn(
        "91c1777a-f3dc-4fae-b103-61d183457e46",
        "Managed Services Registration assignment Delete Role",
        "End the access of managing tenants.",
        actions="""
Microsoft.ManagedServices/registrationAssignments/read Microsoft.ManagedServices/registrationAssignments/delete
Microsoft.ManagedServices/operationStatuses/read
""",
    ),
    BuiltIn(
        "fb1c8493-542b-48eb-b624-b4c8fea62acd",
        "Security Admin",
        "Work on security policies, states and alerts.",
        actions="""
Microsoft.Authorization/*/read Microsoft.Authorization/policyAssignments/* Microsoft.Authorization/policyDefinitions/*
Microsoft.Authorization/policyExemptions/* Microsoft.Authorization/policySetDefinitions/*
Microsoft.Insights/alertRules/* Microsoft.Management/managementGroups/read
Microsoft.operationalInsights/workspaces/*/read Microsoft.Resources/deployments/*
Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Security/* Microsoft.IoTSecurity/*
Microsoft.IoTFirmwareDefense/* Microsoft.Support/*
""",
    ),
    BuiltIn(
        "39bc4728-0917-49c7-9d2c-d95423bc2eb4",
        "Security Reader",
        "See security policies, states and alerts.",
        actions="""
Microsoft.Authorization/*/read Microsoft.Insights/alertRules/read Microsoft.operationalInsights/workspaces/*/read
Microsoft.Resources/deployments/*/read Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Security/*/read
Microsoft.IoTSecurity/*/read Microsoft.Support/*/read Microsoft.Security/iotDefenderSettings/packageDownloads/action
Microsoft.Security/iotDefenderSettings/downloadManagerActivation/action
Microsoft.Security/iotSensors/downloadResetPassword/action
Microsoft.IoTSecurity/defenderSettings/packageDownloads/action
Microsoft.IoTSecurity/defenderSettings/downloadManagerActivation/action Microsoft.Management/managementGroups/read
""",
    ),
    BuiltIn(
        "612c2aa1-cb24-443b-ac28-3ab7272de6f5",
        "Security Assessment Contributor",
        "Send assessments to Defender for Cloud.",
        actions="Microsoft.Security/assessments/write",
    ),
    BuiltIn(
        "00482a5a-887f-4fb3-b363-3b7fe8e74483",
        "Key Vault Administrator",
        "Everything with what is in a vault.",
        actions="""
Microsoft.Authorization/*/read Microsoft.Insights/alertRules/* Microsoft.Resources/deployments/*
Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Support/*
Microsoft.KeyVault/checkNameAvailability/read Microsoft.KeyVault/deletedVaults/read
Microsoft.KeyVault/locations/*/read Microsoft.KeyVault/vaults/*/read Microsoft.KeyVault/operations/read
""",
        data_actions="Microsoft.KeyVault/vaults/*",
    ),
    BuiltIn(
        "a4417e6f-fecd-4de8-b567-7b0420556985",
        "Key Vault Certificates Officer",
        "Everything with the certificates of a vault.",
        actions="""
Microsoft.Authorization/*/read Microsoft.Insights/alertRules/* Microsoft.Resources/deployments/*
Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Support/*
Microsoft.KeyVault/checkNameAvailability/read Microsoft.KeyVault/deletedVaults/read
Microsoft.KeyVault/locations/*/read Microsoft.KeyVault/vaults/*/read Microsoft.KeyVault/operations/read
""",
        data_actions="""
Microsoft.KeyVault/vaults/certificatecas/* Microsoft.KeyVault/vaults/certificates/*
Microsoft.KeyVault/vaults/certificatecontacts/write
""",
    ),
    BuiltIn(
        "f25e0fa2-a7c8-4377-a976-54943a77a395",
        "Key Vault Contributor",
        "Work on vaults without access to what is in them.",
        actions="""
Microsoft.Authorization/*/read Microsoft.Insights/alertRules/* Microsoft.KeyVault/* Microsoft.Resources/deployments/*
Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Support/*
""",
        not_actions="""
Microsoft.KeyVault/locations/deletedVaults/purge/action Microsoft.KeyVault/hsmPools/* Microsoft.KeyVault/managedHsms/*
""",
    ),
    BuiltIn(
        "14b46e9e-c2b7-41b4-b07b-48a6ebf60603",
        "Key Vault Crypto Officer",
        "Everything with the keys of a vault.",
        actions="""
Microsoft.Authorization/*/read Microsoft.Insights/alertRules/* Microsoft.Resources/deployments/*
Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Support/*
Microsoft.KeyVault/checkNameAvailability/read Microsoft.KeyVault/deletedVaults/read
Microsoft.KeyVault/locations/*/read Microsoft.KeyVault/vaults/*/read Microsoft.KeyVault/operations/read
""",
        data_actions="Microsoft.KeyVault/vaults/keys/* Microsoft.KeyVault/vaults/keyrotationpolicies/*",
    ),
    BuiltIn(
        "e147488a-f6f5-4113-8e2d-b22465e65bf6",
        "Key Vault Crypto Service Encryption User",
        "Read keys, wrap and unwrap with them.",
        actions="""
Microsoft.EventGrid/eventSubscriptions/write Microsoft.EventGrid/eventSubscriptions/read
Microsoft.EventGrid/eventSubscriptions/delete
""",
        data_actions="""
Microsoft.KeyVault/vaults/keys/read Microsoft.KeyVault/vaults/keys/wrap/action
Microsoft.KeyVault/vaults/keys/unwrap/action
""",
    ),
    BuiltIn(
        "12338af0-0e69-4776-bea7-57ae8d297424",
        "Key Vault Crypto User",
        "Use the keys of a vault.",
        data_actions="""
Microsoft.KeyVault/vaults/keys/read Microsoft.KeyVault/vaults/keys/update/action
Microsoft.KeyVault/vaults/keys/backup/action Microsoft.KeyVault/vaults/keys/encrypt/action
Microsoft.KeyVault/vaults/keys/decrypt/action Microsoft.KeyVault/vaults/keys/wrap/action
Microsoft.KeyVault/vaults/keys/unwrap/action Microsoft.KeyVault/vaults/keys/sign/action
Microsoft.KeyVault/vaults/keys/verify/action
""",
    ),
    BuiltIn(
        "21090545-7ca7-4776-b22c-e363652d74d2",
        "Key Vault Reader",
        "See vaults and what is in them without the secret values.",
        actions="""
Microsoft.Authorization/*/read Microsoft.Insights/alertRules/* Microsoft.Resources/subscriptions/resourceGroups/read
Microsoft.Support/* Microsoft.KeyVault/checkNameAvailability/read Microsoft.KeyVault/deletedVaults/read
Microsoft.KeyVault/locations/*/read Microsoft.KeyVault/vaults/*/read Microsoft.KeyVault/operations/read
""",
        data_actions="Microsoft.KeyVault/vaults/*/read Microsoft.KeyVault/vaults/secrets/readMetadata/action",
    ),
    BuiltIn(
        "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
        "Key Vault Secrets Officer",
        "Everything with the secrets of a vault.",
        actions="""
Microsoft.Authorization/*/read Microsoft.Insights/alertRules/* Microsoft.Resources/deployments/*
Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Support/*
Microsoft.KeyVault/checkNameAvailability/read Microsoft.KeyVault/deletedVaults/read
Microsoft.KeyVault/locations/*/read Microsoft.KeyVault/vaults/*/read Microsoft.KeyVault/operations/read
""",
        data_actions="Microsoft.KeyVault/vaults/secrets/*",
    ),
    BuiltIn(
        "4633458b-17de-408a-b874-0445c86b69e6",
        "Key Vault Secrets User",
        "Read the values of secrets.",
        data_actions="""
Microsoft.KeyVault/vaults/secrets/getSecret/action Microsoft.KeyVault/vaults/secrets/readMetadata/action
""",
    ),
)
