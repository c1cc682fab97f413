"""Billing accounts, aliases, and the life of a subscription."""

from __future__ import annotations

from typing import Any

import pytest
from azure_client import Azure, code
from simulator_client import Client

ALIASES = "/providers/Microsoft.Subscription/aliases"
ACCOUNTS = "/providers/Microsoft.Billing/billingAccounts"


def scope(azure: Azure) -> str:
    accounts = azure.call("GET", ACCOUNTS, tenant=azure.client.tenant).json()["value"]
    assert [each["properties"]["agreementType"] for each in accounts] == ["MicrosoftPartnerAgreement"]
    return f"{accounts[0]['id']}/customers/{azure.tenant}"


def alias(azure: Azure, name: str, **properties: Any) -> Any:
    sent = {"billingScope": scope(azure), "displayName": "Second", "workload": "Production", **properties}
    return azure.call("PUT", f"{ALIASES}/{name}", {"properties": sent}, tenant=azure.client.tenant)


def bought(azure: Azure) -> int:
    rows = azure.client.simulator.ledger()
    return sum(effect.startswith("subscription created") for row in rows for effect in row.effects)


def entitlements(azure: Azure) -> dict[str, tuple[str, str]]:
    plan = azure.client.pc("GET", f"/v1/customers/{azure.tenant}/subscriptions").json()["items"][0]["id"]
    path = f"/v1/customers/{azure.tenant}/subscriptions/{plan}/azureEntitlements"
    items = azure.client.pc("GET", path).json()["items"]
    return {each["id"]: (each["friendlyName"], each["status"]) for each in items}


def test_customers_of_the_billing_account_are_those_with_an_azure_plan(azure: Azure) -> None:
    azure.client.customer("second.onmicrosoft.com")
    account = scope(azure).partition("/customers/")[0]
    listed = azure.call("GET", f"{account}/customers?$expand=enabledAzurePlans", tenant=azure.client.tenant).json()
    assert [each["name"] for each in listed["value"]] == [azure.tenant]
    assert listed["value"][0]["properties"]["enabledAzurePlans"][0]["skuId"] == "0001"
    one = azure.call("GET", f"{account}/customers/{azure.tenant}", tenant=azure.client.tenant).json()
    assert one["properties"]["displayName"] == "Fourth Coffee"
    assert azure.call("GET", ACCOUNTS).json()["value"] == []
    assert azure.call("GET", ACCOUNTS, tenant=azure.client.tenant, app=True).json()["value"] == []


def test_an_alias_creates_one_subscription_however_often_it_is_put(azure: Azure) -> None:
    before = bought(azure)
    created = alias(azure, "prod")
    assert created.status_code == 201
    assert created.json()["properties"]["provisioningState"] == "Accepted"
    again = alias(azure, "PROD", displayName="Other")
    assert (again.status_code, again.json()["properties"]["displayName"]) == (200, "Second")
    assert bought(azure) == before + 1
    azure.wait(16)
    found = azure.call("GET", f"{ALIASES}/prod", tenant=azure.client.tenant).json()
    assert found["properties"]["provisioningState"] == "Succeeded"
    path = f"/subscriptions/{found['properties']['subscriptionId']}"
    assert code(azure.call("GET", path)) == (404, "SubscriptionNotFound")
    azure.wait(21)
    assert azure.call("GET", path).json()["displayName"] == "Second"
    assert entitlements(azure)[found["properties"]["subscriptionId"]] == ("Second", "active")
    listed = azure.call("GET", ALIASES, tenant=azure.client.tenant).json()["value"]
    assert [each["name"] for each in listed] == ["prod"]
    assert azure.call("DELETE", f"{ALIASES}/prod", tenant=azure.client.tenant).status_code == 200
    assert azure.call("DELETE", f"{ALIASES}/prod", tenant=azure.client.tenant).status_code == 204
    assert azure.call("GET", path).status_code == 200


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"billingScope": "/providers/Microsoft.Billing/enrollmentAccounts/1"}, (400, "InvalidBillingScope")),
        ({"displayName": ""}, (400, "BadRequest")),
        ({"workload": "Play"}, (400, "BadRequest")),
    ],
)
def test_impossible_aliases_are_refused(azure: Azure, properties: dict, expected: tuple[int, str]) -> None:
    before = bought(azure)
    assert code(alias(azure, "prod", **properties)) == expected
    assert bought(azure) == before


def test_aliases_need_a_plan_and_an_agent_of_the_partner(azure: Azure) -> None:
    without = azure.client.customer("second.onmicrosoft.com")
    account = scope(azure).partition("/customers/")[0]
    assert code(alias(azure, "x", billingScope=f"{account}/customers/{without}")) == (400, "BadRequest")
    body = {"properties": {"billingScope": scope(azure), "displayName": "Mine", "workload": "Production"}}
    assert code(azure.call("PUT", f"{ALIASES}/x", body)) == (403, "AuthorizationFailed")
    alone = azure.call("PUT", f"{ALIASES}/x", body, tenant=azure.client.tenant, app=True)
    assert code(alone) == (403, "AuthorizationFailed")


def test_a_rename_shows_in_partner_center_too(azure: Azure) -> None:
    path = "providers/Microsoft.Subscription/rename"
    answer = azure.call("POST", path, {"subscriptionName": "Production environment"})
    assert answer.json() == {"subscriptionId": azure.subscription}
    assert azure.call("GET", azure.path).json()["displayName"] == "Production environment"
    assert entitlements(azure)[azure.subscription] == ("Production environment", "active")


def test_a_cancelled_subscription_is_read_only_until_enabled_again(azure: Azure) -> None:
    azure.registered().group("network")
    azure.call("PUT", "resourceGroups/network/providers/Microsoft.Network/routeTables/t", {"location": "westus"})
    cancel = "providers/Microsoft.Subscription/cancel"
    assert code(azure.call("POST", cancel)) == (400, "ResourcesExistingOnSubscription")
    assert azure.call("POST", f"{cancel}?IgnoreResourceCheck=true").status_code == 200
    assert azure.call("GET", azure.path).json()["state"] == "Disabled"
    assert entitlements(azure)[azure.subscription][1] == "suspended"
    refused = azure.call("PUT", "resourceGroups/other", {"location": "westus"})
    assert code(refused) == (409, "ReadOnlyDisabledSubscription")
    assert azure.call("GET", "resourceGroups").status_code == 200
    assert azure.call("POST", "providers/Microsoft.Subscription/enable").status_code == 200
    assert azure.call("GET", azure.path).json()["state"] == "Enabled"
    assert azure.call("PUT", "resourceGroups/other", {"location": "westus"}).status_code == 201


def test_after_90_days_a_cancelled_subscription_is_gone(client: Client) -> None:
    azure = Azure.of_new_customer(client)
    assert azure.call("POST", "providers/Microsoft.Subscription/cancel").status_code == 200
    azure.wait(89 * 86400)
    assert azure.call("GET", azure.path).status_code == 200
    azure.wait(2 * 86400)
    assert code(azure.call("POST", "providers/Microsoft.Subscription/enable")) == (404, "SubscriptionNotFound")
