"""Microsoft's examples for virtual networks, subnets and resource groups: accepted, and answered in their shape."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from arm_definitions import SPECS, Definitions, Operation
from azure_client import Azure, needs_specs, vnet

WANTED = (
    "VirtualNetworks_CreateOrUpdate",
    "VirtualNetworks_Get",
    "VirtualNetworks_UpdateTags",
    "VirtualNetworks_Delete",
    "VirtualNetworks_List",
    "VirtualNetworks_ListAll",
    "VirtualNetworks_CheckIPAddressAvailability",
    "VirtualNetworks_ListUsage",
    "Subnets_CreateOrUpdate",
    "Subnets_Get",
    "Subnets_Delete",
    "Subnets_List",
    "ResourceNavigationLinks_List",
    "ServiceAssociationLinks_List",
    "VirtualNetworkPeerings_CreateOrUpdate",
    "VirtualNetworkPeerings_Get",
    "VirtualNetworkPeerings_List",
    "VirtualNetworkPeerings_Delete",
    "ResourceGroups_CreateOrUpdate",
    "ResourceGroups_Delete",
    "ResourceGroups_Get",
    "ResourceGroups_List",
    "Providers_List",
    "Subscriptions_Get",
    "Subscriptions_List",
    "Tenants_List",
)
VERSIONS = {"2024-01-01", "2024-07-01", "2022-12-01"}

# (example, field of its answer): why ours does not have it.
EXCEPTIONS = {
    ("SubnetCreateWithDelegation.json", "properties.delegations[]"): "the request delegates nothing, the answer does",
    ("*", "properties.purpose"): "an empty string in answers written by hand; recorded ones leave it out",
    ("*", "properties.subnets[].properties.purpose"): "likewise",
    ("VirtualNetworkGetServiceAssociationLinks.json", "value[]"): "services that inject links are not simulated",
    ("VirtualNetworkGetResourceNavigationLinks.json", "value[]"): "likewise",
    ("VirtualNetworkGet.json", "properties.subnets[].properties.ipConfigurations"): "nothing is seeded in the subnet",
    ("VirtualNetworkList.json", "value[].properties.subnets[].properties.ipConfigurations"): "likewise",
    ("VirtualNetworkListAll.json", "value[].properties.subnets[].properties.ipConfigurations"): "likewise",
    ("SubnetGet.json", "properties.ipConfigurations"): "likewise",
    ("SubnetList.json", "value[].properties.ipConfigurations"): "likewise",
    ("VirtualNetworkGetWithServiceAssociationLink.json", "properties.subnets[].properties.serviceAssociationLinks"): (
        "only the service that injects the link writes it"
    ),
    ("VirtualNetworkCreateServiceEndpoints.json", "properties.subnets[].properties.ipConfigurations"): (
        "an empty list, which recorded answers leave out"
    ),
    (
        "VirtualNetworkCreateServiceEndpoints.json",
        "properties.subnets[].properties.resourceNavigationLinks",
    ): "likewise",
    ("VirtualNetworkCreateServiceEndpointPolicy.json", "properties.subnets[].properties.ipConfigurations"): "likewise",
    ("VirtualNetworkCreateServiceEndpointPolicy.json", "properties.subnets[].properties.resourceNavigationLinks"): (
        "likewise"
    ),
    ("VirtualNetworkV6SubnetPeeringSync.json", "properties.localSubnetNames"): "the request does not name any",
    ("VirtualNetworkV6SubnetPeeringSync.json", "properties.remoteSubnetNames"): "likewise",
    ("VirtualNetworkGetWithSubnetDelegation.json", "properties.subnets[].properties.ipConfigurations"): "likewise",
    ("VirtualNetworkGetWithServiceAssociationLink.json", "properties.subnets[].properties.resourceNavigationLinks"): (
        "likewise"
    ),
    (
        "VirtualNetworkGetWithServiceAssociationLink.json",
        "properties.subnets[].properties.ipConfigurations",
    ): "likewise",
    ("VirtualNetworkCheckIPAddressAvailability.json", "availableIPAddresses"): "they are named if the address is taken",
    ("GetSubscriptions.json", "nextLink"): "there is one page",
    ("GetSubscriptions.json", "value[].managedByTenants[]"): "no other tenant manages the subscription",
    ("GetSubscriptions.json", "value[].tags"): "the subscription has none",
    ("GetTenants.json", "value[].tenantBrandingLogoUrl"): "the tenant has none",
    ("GetProviders.json", "value[].resourceTypes[].aliases"): "aliases of fields for policies are not simulated",
    ("GetProviders.json", "value[].resourceTypes[].locationMappings"): "there are no extended locations",
    ("GetTenants.json", "nextLink"): "there is one page",
    ("GetProviders.json", "nextLink"): "there is one page",
}


def cases() -> Iterator[Any]:
    if not SPECS.exists():
        yield pytest.param(None, None, id="definitions", marks=needs_specs)
        return
    for operation in Definitions().operations(*WANTED):
        if operation.version in VERSIONS:
            for file in operation.examples():
                yield pytest.param(operation, file, id=f"{operation.id}-{file.stem}")


@pytest.mark.parametrize(("operation", "file"), list(cases()))
def test_an_example_is_accepted_and_answered_in_its_shape(azure: Azure, operation: Operation, file: Path) -> None:
    azure.registered()
    example = Example(azure, operation, file)
    example.seed()
    answer = azure.call(operation.method, example.path, example.body, version=operation.version)
    assert answer.status_code in example.statuses, answer.text
    azure.wait()
    expected = example.expected(answer.status_code)
    body = answer.json() if answer.content else None
    missing = [field for field in fields_missing(expected, body) if not excepted(file.name, field)]
    assert missing == [], json.dumps(body)[:2000]


def test_a_missing_or_differently_typed_field_is_noticed() -> None:
    expected = {"a": [{"b": "x"}], "c": 1}
    assert fields_missing(expected, {"a": [{"b": "y"}], "c": 2}) == []
    assert fields_missing(expected, {"a": [{}], "c": "1"}) == ["a[].b", "c"]
    assert fields_missing(expected, {"a": []}) == ["a[]", "c"]


def excepted(file: str, field: str) -> bool:
    return any(
        name in {file, "*"} and (field == known or field.startswith((f"{known}.", f"{known}[")))
        for name, known in EXCEPTIONS
    )


def fields_missing(expected: Any, found: Any, path: str = "") -> list[str]:
    """Return the fields of an example's answer that the other answer lacks or has with another JSON type."""
    if expected is None:
        return []
    if isinstance(expected, bool) or not isinstance(expected, dict | list | int | float):
        return [] if isinstance(found, type(expected)) else [path]
    if isinstance(expected, int | float):
        return [] if isinstance(found, int | float) and not isinstance(found, bool) else [path]
    if isinstance(expected, list):
        if not isinstance(found, list) or (expected and not found):
            return [f"{path}[]" if isinstance(found, list) else path]
        union = merged(found)
        return list(dict.fromkeys(each for item in expected for each in fields_missing(item, union, f"{path}[]")))
    if not isinstance(found, dict):
        return [path]
    below = (fields_missing(value, found.get(name), f"{path}.{name}".lstrip(".")) for name, value in expected.items())
    return [each for group in below for each in group]


def merged(items: list[Any]) -> Any:
    """Return one item that has the fields of all."""
    if not all(isinstance(item, dict) for item in items):
        return items[0] if items else None
    names = dict.fromkeys(name for item in items for name in item)
    return {name: _joined([item[name] for item in items if name in item]) for name in names}


def _joined(values: list[Any]) -> Any:
    if all(isinstance(value, list) for value in values):
        return [item for value in values for item in value]
    return merged(values)


class Example:
    """One example: its request for our subscription, and what must be there before it is sent."""

    def __init__(self, azure: Azure, operation: Operation, file: Path) -> None:
        self.azure = azure
        self.operation = operation
        raw = json.loads(file.read_text(encoding="utf-8-sig"))
        self.parameters = raw["parameters"]
        # Customers' subscriptions cannot use the regions that get updates early.
        text = json.dumps(raw).replace("eastus2euap", "eastus2")
        text = text.replace(self.parameters.get("subscriptionId", "\0"), azure.subscription)
        raw = json.loads(re.sub(r"/subscriptions/[^/\"]+/", f"/subscriptions/{azure.subscription}/", text))
        self.parameters, self.responses = raw["parameters"], raw["responses"]
        filled = re.sub(
            r"\{(\w+)\}", lambda name: str(self.parameters.get(name[1], azure.subscription)), operation.path
        )
        query = [f"{name}={self.parameters[name]}" for name in ("ipAddress",) if name in self.parameters]
        self.path = filled + ("?" + "&".join(query) if query else "")

    @property
    def body(self) -> Any:
        known = {"subscriptionId", "resourceGroupName", "api-version", "ipAddress", "resourceProviderNamespace"}
        bodies = [value for name, value in self.parameters.items() if name not in known and isinstance(value, dict)]
        return bodies[0] if bodies and self.operation.method in {"PUT", "PATCH"} else None

    @property
    def statuses(self) -> set[int]:
        return {int(status) for status in self.responses}

    def expected(self, status: int) -> Any:
        return self.responses[str(status)].get("body")

    def seed(self) -> None:
        group = self.parameters.get("resourceGroupName")
        if group and self.operation.id != "ResourceGroups_CreateOrUpdate":
            self._group(group)
        self._referred_to(self.body)
        if self.operation.id.startswith(
            ("VirtualNetworks_", "Subnets_", "VirtualNetworkPeerings_", "Resource", "Service")
        ):
            self._network()

    def _group(self, name: str) -> None:
        if self.azure.call("HEAD", f"resourceGroups/{name}").status_code == 404:
            self.azure.group(name)

    def _referred_to(self, body: Any) -> None:
        """Create what the body refers to."""
        location = (body or {}).get("location") or self._location()
        for id in set(re.findall(r'"(/subscriptions/[^"]+)"', json.dumps(body))):
            parts = id.split("/")
            self._group(parts[4])
            top = "/".join(parts[:9])
            sent = {"location": location, "properties": self._properties(parts[7])}
            if self.azure.call("GET", top, version="2024-01-01").status_code == 404:
                answer = self.azure.call("PUT", top, sent, version="2024-01-01")
                assert answer.status_code == 201, answer.text
        self.azure.wait()

    def _properties(self, type: str) -> dict[str, Any]:
        if type.lower() == "virtualnetworks":
            return {
                "addressSpace": {"addressPrefixes": ["10.8.0.0/16", "ace:cab:deca::/48"]},
                "bgpCommunities": {"virtualNetworkCommunity": "12076:20002"},
                "encryption": {"enabled": True, "enforcement": "AllowUnencrypted"},
            }
        return {}

    def _location(self) -> str:
        answers = json.dumps(self.responses)
        found = re.search(r'"location": "(\w+)"', answers)
        return found[1] if found else "westus"

    def _network(self) -> None:
        """Create the network and the subnet that the request works in or on."""
        name, creates = self.parameters.get("virtualNetworkName"), self.operation.id == "VirtualNetworks_CreateOrUpdate"
        if creates:
            return
        shown = self._shown()
        reads = {"VirtualNetworks_Get", "VirtualNetworks_List", "VirtualNetworks_ListAll"}
        networks = shown if self.operation.id in reads else [{"name": name}]
        for each in networks:
            self._put_network(each)

    def _shown(self) -> list[dict[str, Any]]:
        body = self.responses.get("200", {}).get("body") or {}
        return body.get("value", [body] if "name" in body else [])

    def _put_network(self, shown: dict[str, Any]) -> None:
        group = self.parameters.get("resourceGroupName") or shown["id"].split("/")[4]
        location = self._location()
        self._group(group)
        path = f"{self.azure.path}/resourceGroups/{group}/providers/Microsoft.Network/virtualNetworks/{shown['name']}"
        body = {**vnet(*self._subnets(), prefixes=("10.0.0.0/16",)), "location": location}
        if "addressSpace" in shown.get("properties", {}):
            body = {
                key: value for key, value in copy.deepcopy(shown).items() if key in {"location", "properties", "tags"}
            }
            self._referred_to(body)
        answer = self.azure.call("PUT", path, body, version="2024-01-01")
        assert answer.status_code in {200, 201}, answer.text
        self.azure.wait()
        if self.operation.id.startswith("VirtualNetworkPeerings_") and self.operation.method != "PUT":
            self._put_peerings(path)

    def _subnets(self) -> list[dict[str, Any]]:
        if self.operation.id in {"Subnets_Get", "Subnets_List"}:
            return [{"name": each["name"], "properties": each["properties"]} for each in self._shown()]
        if self.operation.id == "VirtualNetworks_CheckIPAddressAvailability" or self.operation.id.endswith("ListUsage"):
            return [{"name": "a", "properties": {"addressPrefix": "10.0.1.0/24"}}]
        name = self.parameters.get("subnetName")
        if name is None or self.operation.id == "Subnets_CreateOrUpdate":
            return []
        return [{"name": name, "properties": {"addressPrefix": "10.0.0.0/24"}}]

    def _put_peerings(self, network: str) -> None:
        shown = self._shown() or [{"name": self.parameters["virtualNetworkPeeringName"], "properties": None}]
        for each in shown:
            properties = each["properties"] or {"remoteVirtualNetwork": {"id": network.rpartition("/")[0] + "/remote"}}
            body = {"properties": properties}
            self._referred_to(body)
            answer = self.azure.call(
                "PUT", f"{network}/virtualNetworkPeerings/{each['name']}", body, version="2024-01-01"
            )
            assert answer.status_code in {200, 201}, answer.text
            self.azure.wait()
