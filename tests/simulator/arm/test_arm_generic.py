"""What tools ask of any resource: filters of lists, tags as a thing of their own, locks, newer api-versions."""

from __future__ import annotations

from typing import Any

import pytest
from azure_client import Azure, code, network, vnet

TAGS = "providers/Microsoft.Resources/tags/default"
LOCK = "resourceGroups/network/providers/Microsoft.Authorization/locks/keep"


@pytest.fixture
def filled(azure: Azure) -> Azure:
    azure.registered().group().group("other", "eastus")
    azure.put("virtualNetworks/hub", {**vnet(), "tags": {"stage": "test", "Team": "net"}})
    azure.put("networkSecurityGroups/rules", {"location": "westus", "tags": {"stage": "production"}})
    return azure


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ("resourceGroup eq 'NETWORK'", {"hub", "rules"}),
        ("resourceGroup eq 'other'", set()),
        ("resourceType eq 'Microsoft.Network/virtualNetworks'", {"hub"}),
        ("resourceType ne 'Microsoft.Network/virtualNetworks'", {"rules"}),
        ("name eq 'hub' or name eq 'rules'", {"hub", "rules"}),
        ("name eq 'hub' and location eq 'eastus'", set()),
        ("(name eq 'hub' or name eq 'rules') and resourceType eq 'microsoft.network/VIRTUALNETWORKS'", {"hub"}),
        ("substringof('ul', name)", {"rules"}),
        ("tagName eq 'team'", {"hub"}),
        ("tagname eq 'stage' and tagvalue eq 'production'", {"rules"}),
        ("startswith(tagName, 'sta')", {"hub", "rules"}),
        ("identity/principalId eq 'x'", set()),
    ],
)
def test_filters(filled: Azure, wanted: str, names: set[str]) -> None:
    answer = filled.call("GET", f"resources?$filter={wanted}")
    assert answer.status_code == 200, answer.text
    assert {each["name"] for each in answer.json()["value"]} == names


@pytest.mark.parametrize(
    "wanted", ["colour eq 'red'", "name eq hub", "name eq 'a' and", "name like 'a'", "name eq 'a'x"]
)
def test_filters_that_nobody_understands(filled: Azure, wanted: str) -> None:
    assert code(filled.call("GET", f"resources?$filter={wanted}")) == (400, "InvalidFilterInQueryString")


@pytest.mark.parametrize("scope", ["", "resourceGroups/network/", f"{network('virtualNetworks/hub')}/"])
def test_tags_of_every_scope(filled: Azure, scope: str) -> None:
    def tags(method: str, body: Any = None) -> dict[str, str]:
        answer = filled.call(method, f"{scope}{TAGS}", body, version="2024-07-01")
        assert answer.status_code == 200, answer.text
        assert answer.json()["id"].endswith(f"/{scope}{TAGS}")
        return answer.json()["properties"]["tags"]

    def change(operation: str, **sent: str) -> dict[str, str]:
        return tags("PATCH", {"operation": operation, "properties": {"tags": sent}})

    assert tags("PUT", {"properties": {"tags": {"a": "1"}}}) == {"a": "1"}
    assert change("Merge", A="2", b="3") == {"a": "2", "b": "3"}
    assert change("Delete", a="other", b="3") == {"a": "2"}
    assert change("Replace", c="4") == tags("GET") == {"c": "4"}
    assert filled.call("DELETE", f"{scope}{TAGS}", version="2024-07-01").status_code == 200
    assert tags("GET") == {}
    unknown = {"operation": "Dance", "properties": {"tags": {}}}
    assert filled.call("PATCH", f"{scope}{TAGS}", unknown, version="2024-07-01").status_code == 400


def test_names_of_tags_in_use(filled: Azure) -> None:
    assert filled.call("PUT", "tagNames/planned").status_code == 201
    assert filled.call("PUT", "tagNames/planned/tagValues/yes").status_code == 201
    listed = {each["tagName"]: each for each in filled.call("GET", "tagNames").json()["value"]}
    assert {name: each["count"]["value"] for name, each in listed.items()} == {"planned": 0, "stage": 2, "Team": 1}
    assert [each["tagValue"] for each in listed["planned"]["values"]] == ["yes"]
    assert filled.call("DELETE", "tagNames/planned").status_code == 200
    assert filled.call("DELETE", "tagNames/planned").status_code == 204


@pytest.mark.parametrize(("level", "writes"), [("CanNotDelete", 200), ("ReadOnly", 409)])
def test_locks_hold_back(filled: Azure, level: str, writes: int) -> None:
    made = filled.call("PUT", LOCK, {"properties": {"level": level}}, version="2020-05-01")
    assert made.status_code in {200, 201}, made.text
    assert code(filled.call("DELETE", "resourceGroups/network")) == (409, "ScopeLocked")
    assert code(filled.call("DELETE", network("virtualNetworks/hub"))) == (409, "ScopeLocked")
    assert filled.call("PUT", network("virtualNetworks/hub"), vnet()).status_code == writes
    assert filled.call("GET", network("virtualNetworks/hub")).status_code == 200
    assert filled.call("DELETE", "resourceGroups/other").status_code == 202
    assert filled.call("DELETE", LOCK, version="2020-05-01").status_code == 200
    filled.wait()
    assert filled.call("DELETE", network("virtualNetworks/hub")).status_code == 202


@pytest.mark.parametrize(("version", "status"), [("2026-11-01", 200), ("2026-11-01-preview", 200), ("2199-01-01", 400)])
def test_versions_that_came_later(filled: Azure, version: str, status: int) -> None:
    assert filled.call("GET", network("virtualNetworks/hub"), version=version).status_code == status
    assert filled.call("GET", "resourceGroups/network", version=version).status_code == status
    assert filled.call("GET", network("virtualNetworks/hub"), version="2024-13-41").status_code == 400


def test_what_would_only_be_kept_is_not_pretended(filled: Azure) -> None:
    path = "resourceGroups/network/providers/Microsoft.Resources/deployments/main"
    assert code(filled.call("PUT", path, {"properties": {}})) == (501, "NotImplementedBySimulator")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "resourceGroups/network/providers/Microsoft.Network/virtualNetworks/hub/providers/{}/locks/keep"),
        ("GET", "resourceGroups/network/providers/Microsoft.Network/virtualNetworks/hub/providers/{}/locks"),
        ("GET", "providers/{}/roleEligibilitySchedules"),
        ("PUT", "providers/{}/roleAssignmentScheduleRequests/11111111-2222-4333-8444-555555555555"),
        ("GET", "resourceGroups/network/providers/{}/roleManagementPolicies"),
    ],
)
def test_what_is_not_simulated_of_locks_and_privileged_access_is_501(azure: Azure, method: str, path: str) -> None:
    azure.group()
    body = {"properties": {"level": "CanNotDelete"}} if method == "PUT" else None
    answer = azure.call(method, path.format("Microsoft.Authorization"), body, version="2020-10-01")
    assert code(answer) == (501, "NotImplementedBySimulator")
