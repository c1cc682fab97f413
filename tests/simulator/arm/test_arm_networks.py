"""Virtual networks, subnets and what they refer to."""

from __future__ import annotations

from typing import Any

import pytest
from azure_client import NETWORK, Azure, code, network, vnet


@pytest.fixture
def azure(azure: Azure) -> Azure:
    return azure.registered().group("network")


def interface(subnet: str, **properties: Any) -> dict[str, Any]:
    configuration = {"name": "ip", "properties": {"subnet": {"id": subnet}, **properties}}
    return {"location": "westus", "properties": {"ipConfigurations": [configuration]}}


def names(body: dict[str, Any]) -> list[str]:
    return [each["name"] for each in body["properties"]["subnets"]]


def test_a_network_is_created_by_an_operation_that_ends_by_the_clock(azure: Azure) -> None:
    answer = azure.call("PUT", network("virtualNetworks/v"), vnet(("app", "10.1.1.0/24")))
    assert answer.status_code == 201
    body = answer.json()
    assert body["properties"]["provisioningState"] == "Updating"
    assert body["properties"]["subnets"][0]["properties"]["provisioningState"] == "Updating"
    watch = answer.headers["Azure-AsyncOperation"]
    assert "/providers/Microsoft.Network/locations/westus/operations/" in watch
    assert int(answer.headers["Retry-After"]) >= 1
    running = azure.call("GET", watch)
    assert (running.json(), int(running.headers["Retry-After"]) >= 1) == ({"status": "InProgress"}, True)
    azure.wait(11)
    assert azure.call("GET", watch).json() == {"status": "Succeeded"}
    settled = azure.call("GET", network("virtualNetworks/v"))
    assert settled.json()["properties"]["provisioningState"] == "Succeeded"
    assert settled.headers["ETag"] == settled.json()["etag"] != body["etag"]
    assert azure.call("PUT", network("virtualNetworks/v"), vnet(("app", "10.1.1.0/24"))).status_code == 200


def test_the_provider_fills_in_ids_guids_and_defaults(azure: Azure) -> None:
    azure.put("routeTables/table", {"location": "westus"})
    azure.put("networkSecurityGroups/group", {"location": "westus"})
    references = {
        "networkSecurityGroup": {"id": f"{azure.path}/{network('networkSecurityGroups/group')}"},
        "routeTable": {"id": f"{azure.path}/{network('routeTables/table')}"},
    }
    properties = {
        "addressPrefix": "10.1.1.0/24",
        "serviceEndpoints": [{"service": "microsoft.storage"}],
        "delegations": [{"name": "sql", "properties": {"serviceName": "Microsoft.Sql/managedInstances"}}],
        **references,
    }
    body = azure.put("virtualNetworks/v", vnet({"name": "app", "properties": properties}))
    assert body["id"] == f"{azure.path}/{network('virtualNetworks/v')}"
    assert len(body["properties"]["resourceGuid"]) == 36
    assert body["properties"]["virtualNetworkPeerings"] == []
    subnet = body["properties"]["subnets"][0]
    assert subnet["id"] == f"{body['id']}/subnets/app"
    assert subnet["etag"] == body["etag"]
    assert subnet["properties"]["privateEndpointNetworkPolicies"] == "Disabled"
    endpoint = subnet["properties"]["serviceEndpoints"][0]
    assert endpoint == {
        "service": "Microsoft.Storage",
        "locations": ["westus", "eastus"],
        "provisioningState": "Succeeded",
    }
    delegation = subnet["properties"]["delegations"][0]
    assert delegation["id"] == f"{subnet['id']}/delegations/sql"
    assert delegation["properties"]["actions"]
    assert azure.get("networkSecurityGroups/group")["properties"]["subnets"] == [{"id": subnet["id"]}]
    assert azure.get("routeTables/table")["properties"]["subnets"] == [{"id": subnet["id"]}]


def test_what_only_the_provider_writes_is_dropped_from_a_put(azure: Azure) -> None:
    azure.put("virtualNetworks/v", vnet(("app", "10.1.1.0/24")))
    live = azure.get("virtualNetworks/v")
    sent = {**live, "etag": 'W/"made up"', "properties": {**live["properties"], "resourceGuid": "mine"}}
    sent["properties"]["subnets"][0]["properties"]["ipConfigurations"] = [{"id": "/subscriptions/x"}]
    after = azure.put("virtualNetworks/v", sent)
    assert {**after, "etag": ""}["properties"]["resourceGuid"] == azure.get("virtualNetworks/v")["properties"][
        "resourceGuid"
    ]
    assert after["properties"]["resourceGuid"] != "mine"
    assert "ipConfigurations" not in after["properties"]["subnets"][0]["properties"]


def test_ids_keep_the_spelling_they_were_created_with(azure: Azure) -> None:
    azure.put("virtualNetworks/Hub", vnet(("App", "10.1.1.0/24")))
    shouted = f"{azure.path}/RESOURCEGROUPS/NETWORK/providers/microsoft.network/VIRTUALNETWORKS/HUB"
    assert azure.call("GET", shouted).json()["id"] == f"{azure.path}/{network('virtualNetworks/Hub')}"
    assert azure.call("GET", f"{shouted}/SUBNETS/APP").json()["name"] == "App"
    assert azure.call("PUT", shouted, vnet(("APP", "10.1.1.0/24"))).json()["properties"]["subnets"][0]["name"] == "App"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (vnet(("a", "10.2.0.0/24")), "NetcfgSubnetRangeOutsideVnet"),
        (vnet(("a", "10.1.0.0/24"), ("b", "10.1.0.128/25")), "NetcfgSubnetRangesOverlap"),
        (vnet(("a", "10.1.0.0/24"), ("A", "10.1.1.0/24")), "DuplicateResourceName"),
        (vnet(("a", "10.1.0.0/30")), "NetcfgInvalidSubnet"),
        (vnet(("a", "10.1.0.1/24")), "InvalidCIDRNotation"),
        (vnet(("a", "10.1.0.0/33")), "InvalidAddressPrefixFormat"),
        (vnet(prefixes=("10.1.0.0",)), "InvalidAddressPrefixFormat"),
        (vnet(prefixes=("10.1.0.1/16",)), "InvalidCIDRNotation"),
        (vnet(prefixes=()), "InvalidRequestFormat"),
        (vnet({"name": "a", "properties": {}}), "MissingAddressPrefix"),
        (vnet({"name": "a", "properties": {"addressPrefix": "10.1.0.0/24", "colour": 1}}), "InvalidRequestFormat"),
        (vnet(subnet=[]), "InvalidRequestFormat"),
        (vnet(dhcpOptions={"dnsServers": ["dns.example.com"]}), "InvalidIPAddress"),
        (vnet({"name": "a/b", "properties": {"addressPrefix": "10.1.0.0/24"}}), "InvalidResourceName"),
        (
            vnet({"name": "a", "properties": {"addressPrefix": "10.1.0.0/24", "routeTable": {"id": "x"}}}),
            "LinkedInvalidPropertyId",
        ),
        (vnet({"name": "a", "properties": "x"}), "InvalidRequestFormat"),
        (vnet("x"), "InvalidRequestFormat"),
        ({**vnet(), "location": "atlantis"}, "LocationNotAvailableForResourceType"),
        ({"properties": vnet()["properties"]}, "LocationRequired"),
        ({**vnet(), "colour": "red"}, "InvalidRequestContent"),
    ],
)
def test_impossible_networks_are_refused(azure: Azure, body: dict[str, Any], expected: str) -> None:
    assert code(azure.call("PUT", network("virtualNetworks/v"), body)) == (400, expected)
    assert azure.call("GET", network("virtualNetworks/v")).status_code == 404


def test_references_must_lead_to_something_in_the_region(azure: Azure) -> None:
    azure.put("networkSecurityGroups/far", {"location": "eastus"})
    for name in ("missing", "far"):
        id = f"{azure.path}/{network(f'networkSecurityGroups/{name}')}"
        subnet = {"name": "a", "properties": {"addressPrefix": "10.1.0.0/24", "networkSecurityGroup": {"id": id}}}
        refused = azure.call("PUT", network("virtualNetworks/v"), vnet(subnet))
        assert code(refused) == (400, "InvalidResourceReference")
        assert id in refused.json()["error"]["message"]


def test_what_is_referred_to_must_have_settled(azure: Azure) -> None:
    azure.call("PUT", network("networkSecurityGroups/group"), {"location": "westus"})
    id = f"{azure.path}/{network('networkSecurityGroups/group')}"
    subnet = {"name": "a", "properties": {"addressPrefix": "10.1.0.0/24", "networkSecurityGroup": {"id": id}}}
    refused = azure.call("PUT", network("virtualNetworks/v"), vnet(subnet))
    assert code(refused) == (429, "RetryableError")
    assert refused.json()["error"]["details"][0]["code"] == "ReferencedResourceNotProvisioned"
    assert int(refused.headers["Retry-After"]) >= 1
    azure.wait(11)
    assert azure.call("PUT", network("virtualNetworks/v"), vnet(subnet)).status_code == 201


def test_the_gateway_subnet_takes_no_security_group(azure: Azure) -> None:
    azure.put("networkSecurityGroups/group", {"location": "westus"})
    group = {"id": f"{azure.path}/{network('networkSecurityGroups/group')}"}
    subnet = {"name": "GatewaySubnet", "properties": {"addressPrefix": "10.1.255.0/27", "networkSecurityGroup": group}}
    refused = azure.call("PUT", network("virtualNetworks/v"), vnet(subnet))
    assert code(refused) == (400, "NetworkSecurityGroupCannotBeAttachedToGatewaySubnet")


def test_a_network_does_one_thing_at_a_time(azure: Azure) -> None:
    first = azure.call("PUT", network("virtualNetworks/v"), vnet(("a", "10.1.0.0/24")))
    prefix = {"properties": {"addressPrefix": "10.1.1.0/24"}}
    refused = azure.call("PUT", network("virtualNetworks/v/subnets/b"), prefix)
    assert code(refused) == (409, "AnotherOperationInProgress")
    assert first.headers["Azure-AsyncOperation"] in refused.json()["error"]["message"]
    assert code(azure.call("DELETE", network("virtualNetworks/v"))) == (409, "AnotherOperationInProgress")
    azure.wait(11)
    assert azure.call("PUT", network("virtualNetworks/v/subnets/b"), prefix).status_code == 201
    assert code(azure.call("PUT", network("virtualNetworks/v"), vnet()))[1] == "AnotherOperationInProgress"
    other = azure.call("PUT", network("virtualNetworks/other"), vnet())
    assert other.status_code == 201


def test_subnets_are_items_of_the_network_and_resources_of_their_own(azure: Azure) -> None:
    azure.put("virtualNetworks/v", vnet(("a", "10.1.0.0/24")))
    created = azure.call(
        "PUT", network("virtualNetworks/v/subnets/b"), {"properties": {"addressPrefix": "10.1.1.0/24"}}
    )
    assert created.status_code == 201
    assert created.json()["properties"]["provisioningState"] == "Updating"
    during = azure.get("virtualNetworks/v")["properties"]
    assert [each["properties"]["provisioningState"] for each in during["subnets"]] == ["Succeeded", "Updating"]
    azure.wait(11)
    assert names(azure.get("virtualNetworks/v")) == ["a", "b"]
    assert [each["name"] for each in azure.call("GET", network("virtualNetworks/v/subnets")).json()["value"]] == [
        "a",
        "b",
    ]
    one = azure.call("GET", network("virtualNetworks/v/subnets/b"))
    assert one.headers["ETag"] == one.json()["etag"]
    gone = azure.call("DELETE", network("virtualNetworks/v/subnets/a"))
    assert gone.status_code == 202
    assert {"azure-asyncoperation", "location"} <= set(gone.headers)
    azure.wait(11)
    assert names(azure.get("virtualNetworks/v")) == ["b"]
    assert azure.call("DELETE", network("virtualNetworks/v/subnets/a")).status_code == 204
    assert code(azure.call("GET", network("virtualNetworks/v/subnets/a"))) == (404, "NotFound")
    missing = azure.call(
        "PUT", network("virtualNetworks/none/subnets/a"), {"properties": {"addressPrefix": "10.1.1.0/24"}}
    )
    assert code(missing) == (404, "ParentResourceNotFound")


def test_a_put_replaces_the_list_of_subnets_unless_it_leaves_the_list_out(azure: Azure) -> None:
    azure.put("virtualNetworks/v", vnet(("a", "10.1.0.0/24"), ("b", "10.1.1.0/24")))
    assert names(azure.put("virtualNetworks/v", vnet(("b", "10.1.1.0/24")))) == ["b"]
    assert names(azure.put("virtualNetworks/v", vnet())) == ["b"]
    assert names(azure.put("virtualNetworks/v", vnet(), version="2020-07-01")) == []
    azure.put("virtualNetworks/v", vnet(("a", "10.1.0.0/24")))
    assert names(azure.put("virtualNetworks/v", vnet(subnets=[]))) == []
    azure.put("virtualNetworks/v", vnet(("a", "10.1.0.0/24")))
    assert names(azure.put("virtualNetworks/v", vnet(subnets=None))) == []


def test_a_subnet_in_use_is_neither_deleted_nor_moved(azure: Azure) -> None:
    azure.put("virtualNetworks/v", vnet(("a", "10.1.0.0/24"), ("b", "10.1.1.0/24")))
    subnet = f"{azure.path}/{network('virtualNetworks/v/subnets/a')}"
    created = azure.call("PUT", network("networkInterfaces/nic"), interface(subnet))
    assert created.status_code == 201
    assert created.json()["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"] == "10.1.0.4"
    used = azure.get("virtualNetworks/v")["properties"]["subnets"][0]["properties"]["ipConfigurations"]
    assert used == [{"id": f"{azure.path}/{network('networkInterfaces/nic/ipConfigurations/ip')}"}]

    in_use = (400, "InUseSubnetCannotBeDeleted")
    assert code(azure.call("DELETE", network("virtualNetworks/v/subnets/a"))) == in_use
    assert code(azure.call("DELETE", network("virtualNetworks/v"))) == in_use
    assert code(azure.call("PUT", network("virtualNetworks/v"), vnet(("b", "10.1.1.0/24")))) == in_use
    smaller = {"properties": {"addressPrefix": "10.1.0.0/25"}}
    assert code(azure.call("PUT", network("virtualNetworks/v/subnets/a"), smaller)) == (
        400,
        "InUsePrefixCannotBeDeleted",
    )
    outside = vnet(("a", "10.1.0.0/24"), ("b", "10.1.1.0/24"), prefixes=("10.2.0.0/16",))
    assert code(azure.call("PUT", network("virtualNetworks/v"), outside)) == (400, "NetcfgSubnetRangeOutsideVnet")

    assert azure.call("DELETE", network("networkInterfaces/nic")).status_code == 202
    azure.wait()
    assert azure.call("DELETE", network("virtualNetworks/v/subnets/a")).status_code == 202


def test_an_interface_waits_for_its_subnet(azure: Azure) -> None:
    azure.call("PUT", network("virtualNetworks/v"), vnet(("a", "10.1.0.0/24")))
    subnet = f"{azure.path}/{network('virtualNetworks/v/subnets/a')}"
    assert code(azure.call("PUT", network("networkInterfaces/nic"), interface(subnet))) == (429, "RetryableError")
    azure.wait()
    taken = interface(subnet, privateIPAddress="10.1.0.9", privateIPAllocationMethod="Static")
    assert azure.call("PUT", network("networkInterfaces/nic"), taken).status_code == 201
    assert code(azure.call("PUT", network("networkInterfaces/two"), taken)) == (400, "PrivateIPAddressInUse")
    outside = interface(subnet, privateIPAddress="10.9.0.9", privateIPAllocationMethod="Static")
    assert code(azure.call("PUT", network("networkInterfaces/two"), outside)) == (400, "PrivateIPAddressNotInSubnet")


def test_groups_and_tables_in_use_are_not_deleted(azure: Azure) -> None:
    azure.put("routeTables/table", {"location": "westus"})
    azure.put("networkSecurityGroups/group", {"location": "westus"})
    properties = {
        "addressPrefix": "10.1.1.0/24",
        "networkSecurityGroup": {"id": f"{azure.path}/{network('networkSecurityGroups/group')}"},
        "routeTable": {"id": f"{azure.path}/{network('routeTables/table')}"},
    }
    azure.put("virtualNetworks/v", vnet({"name": "app", "properties": properties}))
    group = azure.call("DELETE", network("networkSecurityGroups/group"))
    assert code(group) == (400, "InUseNetworkSecurityGroupCannotBeDeleted")
    assert code(azure.call("DELETE", network("routeTables/table"))) == (400, "InUseRouteTableCannotBeDeleted")
    azure.put("virtualNetworks/v", vnet(("app", "10.1.1.0/24")))
    assert azure.call("DELETE", network("networkSecurityGroups/group")).status_code == 202
    assert azure.call("DELETE", network("routeTables/table")).status_code == 202


def test_security_groups_have_default_rules_and_check_their_own(azure: Azure) -> None:
    rule = {
        "protocol": "tcp",
        "access": "Allow",
        "direction": "Inbound",
        "priority": 100,
        "sourcePortRange": "*",
        "destinationPortRange": "443",
        "sourceAddressPrefix": "*",
        "destinationAddressPrefix": "*",
    }
    body = {"location": "westus", "properties": {"securityRules": [{"name": "https", "properties": rule}]}}
    group = azure.put("networkSecurityGroups/group", body)
    assert len(group["properties"]["defaultSecurityRules"]) == 6
    assert group["properties"]["securityRules"][0]["properties"]["protocol"] == "Tcp"
    same = azure.call("PUT", network("networkSecurityGroups/group/securityRules/other"), {"properties": rule})
    assert code(same) == (400, "SecurityRuleConflict")
    second = {**rule, "priority": 200}
    added = azure.call("PUT", network("networkSecurityGroups/group/securityRules/other"), {"properties": second})
    assert (added.status_code, added.json()["properties"]["provisioningState"]) == (201, "Updating")
    azure.wait()
    assert len(azure.get("networkSecurityGroups/group")["properties"]["securityRules"]) == 2
    low = azure.call(
        "PUT", network("networkSecurityGroups/group/securityRules/x"), {"properties": {**rule, "priority": 5}}
    )
    assert code(low) == (400, "SecurityRuleInvalidPriority")


def test_etags_are_honoured(azure: Azure) -> None:
    azure.put("virtualNetworks/v", vnet())
    etag = azure.get("virtualNetworks/v")["etag"]
    stale = azure.call("PUT", network("virtualNetworks/v"), vnet(), If_Match='W/"old"')
    assert code(stale) == (412, "PreconditionFailed")
    assert code(azure.call("PUT", network("virtualNetworks/v"), vnet(), If_None_Match="*"))[0] == 412
    assert azure.call("PUT", network("virtualNetworks/v"), vnet(), If_Match=etag).status_code == 200
    azure.wait()
    assert azure.call("PUT", network("virtualNetworks/v"), vnet(), If_Match="*").status_code == 200


def test_patch_replaces_tags_at_once(azure: Azure) -> None:
    azure.put("virtualNetworks/v", {**vnet(("a", "10.1.0.0/24")), "tags": {"one": "1"}})
    answer = azure.call("PATCH", network("virtualNetworks/v"), {"tags": {"two": "2"}})
    assert (answer.status_code, answer.json()["tags"]) == (200, {"two": "2"})
    assert answer.json()["properties"]["provisioningState"] == "Succeeded"
    assert names(answer.json()) == ["a"]
    other = azure.call("PATCH", network("virtualNetworks/v"), {"properties": {}})
    assert code(other) == (400, "InvalidRequestFormat")


def test_a_network_stays_in_its_location(azure: Azure) -> None:
    azure.put("virtualNetworks/v", vnet())
    moved = azure.call("PUT", network("virtualNetworks/v"), {**vnet(), "location": "eastus"})
    assert code(moved) == (409, "InvalidResourceLocation")


def test_networks_are_listed_by_group_and_by_subscription(azure: Azure) -> None:
    azure.group("other")
    azure.put("virtualNetworks/a", vnet())
    path = "resourceGroups/other/providers/Microsoft.Network/virtualNetworks"
    azure.call("PUT", f"{path}/b", vnet())
    azure.wait()
    assert [each["name"] for each in azure.call("GET", path).json()["value"]] == ["b"]
    everywhere = azure.call("GET", "providers/Microsoft.Network/virtualNetworks", version=NETWORK).json()["value"]
    assert sorted(each["name"] for each in everywhere) == ["a", "b"]
    kinds = azure.call("GET", "resources?$filter=resourceType eq 'Microsoft.Network/virtualNetworks'").json()["value"]
    assert len(kinds) == 2


def test_peerings_connect_when_both_sides_have_one(azure: Azure) -> None:
    azure.put("virtualNetworks/a", vnet())
    azure.put("virtualNetworks/b", vnet(prefixes=("10.2.0.0/16",)))

    def peer(here: str, there: str) -> dict[str, Any]:
        remote = {"id": f"{azure.path}/{network(f'virtualNetworks/{there}')}"}
        body = {"properties": {"remoteVirtualNetwork": remote}}
        return azure.put(f"virtualNetworks/{here}/virtualNetworkPeerings/to-{there}", body)

    assert peer("a", "b")["properties"]["peeringState"] == "Initiated"
    assert peer("b", "a")["properties"]["peeringState"] == "Connected"
    first = azure.get("virtualNetworks/a/virtualNetworkPeerings/to-b")["properties"]
    assert first["peeringState"] == "Connected"
    assert first["remoteAddressSpace"] == {"addressPrefixes": ["10.2.0.0/16"]}


def test_unknown_types_and_api_versions_name_what_there_is(azure: Azure) -> None:
    wrong = azure.call("GET", network("virtualNetworkz/v"))
    assert code(wrong) == (404, "InvalidResourceType")
    unknown = azure.call("PUT", network("virtualNetworks/v"), vnet(), version="2099-01-01")
    assert code(unknown) == (400, "NoRegisteredProviderFound")
    assert "2024-01-01" in unknown.json()["error"]["message"]
    assert "westus" in unknown.json()["error"]["message"]


def test_a_type_nobody_described_answers_at_once(azure: Azure) -> None:
    azure.registered("Microsoft.Storage")
    path = "resourceGroups/network/providers/Microsoft.Storage/storageAccounts/store"
    body = {"location": "westus", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2", "tags": {"a": "1"}}
    assert azure.call("PUT", path, body, version="2023-01-01").status_code == 201
    changed = azure.call("PATCH", path, {"properties": {"minimumTlsVersion": "TLS1_2"}}, version="2023-01-01").json()
    assert (changed["tags"], changed["properties"]["minimumTlsVersion"]) == ({"a": "1"}, "TLS1_2")
    assert azure.call("HEAD", path, version="2023-01-01").status_code == 204
    assert azure.call("DELETE", path, version="2023-01-01").status_code == 200
    assert azure.call("DELETE", path, version="2023-01-01").status_code == 204
    missing = azure.call("GET", path, version="2023-01-01")
    assert code(missing) == (404, "ResourceNotFound")
    assert "Microsoft.Storage/storageAccounts/store" in missing.json()["error"]["message"]
