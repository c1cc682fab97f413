"""Resource groups, subscriptions, tenants, providers and the checks that every request meets."""

from __future__ import annotations

import pytest
from azure_client import RESOURCES, Azure, code, network, vnet
from simulator_client import ARM, Client


def test_a_group_is_created_read_listed_and_deleted(azure: Azure) -> None:
    body = {"location": "West US", "tags": {"env": "prod"}}
    created = azure.call("PUT", "resourceGroups/Network", body)
    assert created.status_code == 201
    assert created.json() == {
        "id": f"{azure.path}/resourceGroups/Network",
        "name": "Network",
        "type": "Microsoft.Resources/resourceGroups",
        "location": "westus",
        "tags": {"env": "prod"},
        "properties": {"provisioningState": "Succeeded"},
    }
    assert azure.call("PUT", "RESOURCEGROUPS/network", body).status_code == 200
    assert azure.call("GET", "resourcegroups/NETWORK").json() == created.json()
    assert azure.call("GET", "resourceGroups").json()["value"] == [created.json()]
    assert [azure.call("HEAD", f"resourceGroups/{name}").status_code for name in ("network", "other")] == [204, 404]

    gone = azure.call("DELETE", "resourceGroups/network")
    assert gone.status_code == 202
    watch = gone.headers["Location"]
    assert "/operationresults/" in watch
    assert int(gone.headers["Retry-After"]) >= 1
    assert azure.call("GET", watch).status_code == 202
    assert azure.call("GET", "resourceGroups/network").json()["properties"]["provisioningState"] == "Deleting"
    assert code(azure.call("PUT", "resourceGroups/network", body)) == (409, "ResourceGroupBeingDeleted")
    azure.wait(31)
    assert azure.call("GET", watch).status_code == 200
    assert code(azure.call("GET", "resourceGroups/network")) == (404, "ResourceGroupNotFound")
    assert code(azure.call("DELETE", "resourceGroups/network")) == (404, "ResourceGroupNotFound")


def test_patch_replaces_the_tags_of_a_group(azure: Azure) -> None:
    azure.call("PUT", "resourceGroups/a", {"location": "westus", "tags": {"one": "1"}})
    changed = azure.call("PATCH", "resourceGroups/a", {"tags": {"two": "2"}})
    assert (changed.status_code, changed.json()["tags"]) == (200, {"two": "2"})
    listed = azure.call("GET", "resourceGroups?$filter=tagName eq 'two' and tagValue eq '2'")
    assert [each["name"] for each in listed.json()["value"]] == ["a"]


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("a", {}, (400, "LocationRequired")),
        ("a", {"location": "atlantis"}, (400, "LocationNotAvailableForResourceGroup")),
        ("ends.", {"location": "westus"}, (400, "InvalidResourceGroup")),
        ("n" * 91, {"location": "westus"}, (400, "InvalidResourceGroup")),
        ("a", {"location": "westus", "colour": "red"}, (400, "InvalidRequestContent")),
        ("a", {"location": "westus", "tags": {f"t{n}": "" for n in range(51)}}, (400, "TooManyTags")),
        ("a", {"location": "westus", "tags": {"n" * 513: ""}}, (400, "InvalidTagNameLength")),
        ("a", {"location": "westus", "tags": {"n": "v" * 257}}, (400, "InvalidTagValueLength")),
        ("a", {"location": "westus", "tags": {"a/b": ""}}, (400, "InvalidTagNameCharacters")),
    ],
)
def test_impossible_groups_are_refused(azure: Azure, name: str, body: dict, expected: tuple[int, str]) -> None:
    assert code(azure.call("PUT", f"resourceGroups/{name}", body)) == expected


def test_a_group_stays_in_its_location(azure: Azure) -> None:
    azure.group("a", "westus")
    moved = azure.call("PUT", "resourceGroups/a", {"location": "eastus"})
    assert code(moved) == (409, "InvalidResourceGroupLocation")


def test_deleting_a_group_deletes_what_is_in_it_unless_something_outside_uses_it(azure: Azure) -> None:
    azure.registered().group("network").group("other")
    azure.put("virtualNetworks/v", vnet(("app", "10.1.1.0/24")))
    subnet = f"{azure.path}/{network('virtualNetworks/v/subnets/app')}"
    configuration = {"name": "ip", "properties": {"subnet": {"id": subnet}}}
    interface = {"location": "westus", "properties": {"ipConfigurations": [configuration]}}
    path = "resourceGroups/other/providers/Microsoft.Network/networkInterfaces/nic"
    assert azure.call("PUT", path, interface).status_code == 201

    watch = azure.call("DELETE", "resourceGroups/network").headers["Location"]
    azure.wait()
    assert code(azure.call("GET", watch)) == (409, "ResourceGroupDeletionBlocked")
    assert azure.call("GET", network("virtualNetworks/v")).status_code == 200
    azure.call("DELETE", "resourceGroups/other")
    azure.wait()
    azure.call("DELETE", "resourceGroups/network")
    azure.wait()
    assert azure.call("GET", "resources").json()["value"] == []


def test_subscriptions_are_those_of_the_tokens_tenant(azure: Azure) -> None:
    mine = azure.call("GET", "/subscriptions").json()
    assert [each["subscriptionId"] for each in mine["value"]] == [azure.subscription]
    partner = azure.client.tenant
    assert azure.call("GET", "/subscriptions", tenant=partner).json()["value"] == []
    wrong = azure.call("GET", azure.path, tenant=partner)
    assert code(wrong) == (401, "InvalidAuthenticationTokenTenant")
    assert azure.tenant in wrong.json()["error"]["message"]


def test_a_subscription_of_another_channel_shows_in_azure_only(azure: Azure) -> None:
    azure.client.people("own-subscription", tenant=azure.tenant, name="Enterprise")
    found = azure.call("GET", "/subscriptions").json()["value"]
    policies = {each["displayName"]: each["subscriptionPolicies"]["quotaId"] for each in found}
    assert policies["Enterprise"].startswith("EnterpriseAgreement")
    assert sum(quota.startswith("CSP") for quota in policies.values()) == 1


def test_the_application_alone_has_no_role_and_sees_nothing(azure: Azure) -> None:
    assert azure.call("GET", "/subscriptions", app=True).json()["value"] == []
    assert code(azure.call("GET", azure.path, app=True)) == (403, "AuthorizationFailed")


def test_taking_delegation_away_empties_lists_and_refuses_the_rest(azure: Azure) -> None:
    azure.client.people("remove-delegated-administration", tenant=azure.tenant)
    assert azure.call("GET", "/subscriptions").json()["value"] == []
    assert code(azure.call("GET", "resourceGroups")) == (403, "AuthorizationFailed")


def test_unknown_subscriptions_and_api_versions(azure: Azure) -> None:
    nobody = "/subscriptions/12345678-1234-4234-8234-123456789abc"
    assert code(azure.call("GET", nobody)) == (404, "SubscriptionNotFound")
    assert code(azure.call("GET", "/subscriptions/abc")) == (400, "InvalidSubscriptionId")
    headers = {"Authorization": f"Bearer {azure.client.token(ARM, azure.tenant)}"}
    bare = azure.client.http.get(f"{ARM}{azure.path}/resourceGroups", headers=headers)
    assert code(bare) == (400, "MissingApiVersionParameter")
    assert code(azure.call("GET", "resourceGroups", version="2099-01-01")) == (400, "InvalidApiVersionParameter")
    assert code(azure.client.http.get(f"{ARM}{azure.path}?api-version={RESOURCES}")) == (401, "AuthenticationFailed")


def test_every_answer_has_the_headers_to_ask_support_with(azure: Azure) -> None:
    answer = azure.call("GET", "resourceGroups", x_ms_correlation_request_id="11111111-2222-4333-8444-555555555555")
    assert answer.headers["x-ms-correlation-request-id"] == "11111111-2222-4333-8444-555555555555"
    assert answer.headers["x-ms-request-id"]
    assert int(answer.headers["x-ms-ratelimit-remaining-subscription-reads"]) < 250


def test_writes_draw_from_a_bucket_that_refills_by_the_clock(azure: Azure) -> None:
    azure.group("a")
    azure.wait(60)
    statuses = [azure.call("PATCH", "resourceGroups/a", {"tags": {}}).status_code for _ in range(230)]
    assert 429 in statuses
    refused = azure.call("PATCH", "resourceGroups/a", {"tags": {}})
    while refused.status_code != 429:
        refused = azure.call("PATCH", "resourceGroups/a", {"tags": {}})
    assert code(refused) == (429, "SubscriptionRequestsThrottled")
    assert refused.headers["x-ms-ratelimit-remaining-subscription-writes"] == "0"
    assert azure.call("GET", "resourceGroups/a").status_code == 200
    azure.wait(int(refused.headers["Retry-After"]))
    assert azure.call("PATCH", "resourceGroups/a", {"tags": {}}).status_code == 200


def test_providers_begin_unregistered_but_for_the_free_ones(azure: Azure) -> None:
    states = {each["namespace"]: each["registrationState"] for each in azure.call("GET", "providers").json()["value"]}
    assert states["Microsoft.Network"] == "NotRegistered"
    assert states["Microsoft.Resources"] == states["Microsoft.Authorization"] == "Registered"


def test_registering_takes_a_while_and_must_come_before_the_first_resource(azure: Azure) -> None:
    azure.group("network")
    refused = azure.call("PUT", network("virtualNetworks/v"), vnet())
    assert code(refused) == (409, "MissingSubscriptionRegistration")
    assert "Microsoft.Network" in refused.json()["error"]["message"]
    answer = azure.call("POST", "providers/microsoft.network/register")
    assert answer.json()["registrationState"] == "Registering"
    assert code(azure.call("PUT", network("virtualNetworks/v"), vnet())) == (409, "MissingSubscriptionRegistration")
    azure.wait(61)
    assert azure.call("GET", "providers/Microsoft.Network").json()["registrationState"] == "Registered"
    assert azure.call("PUT", network("virtualNetworks/v"), vnet()).status_code == 201
    azure.wait()
    assert code(azure.call("POST", "providers/Microsoft.Network/unregister"))[0] == 409
    azure.call("DELETE", network("virtualNetworks/v"))
    azure.wait()
    gone = azure.call("POST", "providers/Microsoft.Network/unregister").json()
    assert gone["registrationState"] == "Unregistering"
    azure.wait(61)
    assert azure.call("GET", "providers/Microsoft.Network").json()["registrationState"] == "Unregistered"
    assert code(azure.call("GET", "providers/Contoso.Made.Up"))[1] == "InvalidResourceNamespace"


def test_endpoints_need_no_token(client: Client) -> None:
    answer = client.http.get(f"{ARM}/metadata/endpoints?api-version=2022-09-01")
    assert answer.json()["authentication"]["loginEndpoint"] == "https://login.microsoftonline.com"
    listed = client.http.get(f"{ARM}/metadata/endpoints?api-version=2019-05-01").json()
    assert listed[0]["name"] == "AzureCloud"


def test_tenants_and_locations(azure: Azure) -> None:
    assert azure.call("GET", "/tenants").json()["value"][0]["tenantId"] == azure.tenant
    names = {each["name"] for each in azure.call("GET", "locations").json()["value"]}
    assert {"westus", "westeurope"} <= names


def test_lists_come_in_pages(azure: Azure) -> None:
    for name in ("a", "b", "c"):
        azure.group(name)
    first = azure.call("GET", "resourceGroups?$top=2").json()
    assert [each["name"] for each in first["value"]] == ["a", "b"]
    second = azure.call("GET", first["nextLink"]).json()
    assert [each["name"] for each in second["value"]] == ["c"]
    assert "nextLink" not in second
