"""Role definitions: the built-in ones, and those that a directory makes for itself."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import pytest
from azure_client import Azure, code
from test_authorization_rules import CONTRIBUTOR, OWNER, READER, ROLES, application, assign, assignments

DEFINITIONS = "providers/Microsoft.Authorization/roleDefinitions"


def listed(azure: Azure, scope: str, query: str = "", **how: Any) -> list[dict[str, Any]]:
    path = f"{scope}/{DEFINITIONS}" + (f"?$filter={query}" if query else "")
    answer = azure.call("GET", path, version=ROLES, **how)
    assert answer.status_code == 200, answer.text
    return answer.json()["value"]  # type: ignore[no-any-return]


def put(azure: Azure, name: str = "", scope: str = "", **properties: Any) -> httpx.Response:
    sent = {
        "roleName": "Night watch",
        "description": "Starts machines.",
        "assignableScopes": [azure.path],
        "permissions": [{"actions": ["Microsoft.Compute/*/read", "Microsoft.Compute/virtualMachines/start/action"]}],
        **properties,
    }
    path = f"{scope or azure.path}/{DEFINITIONS}/{name or uuid.uuid4()}"
    return azure.call("PUT", path, {"properties": sent}, version=ROLES)


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("Owner", OWNER),
        ("Contributor", CONTRIBUTOR),
        ("Reader", READER),
        ("User Access Administrator", "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"),
        ("Role Based Access Control Administrator", "f58310d9-a9f6-439a-9e8d-f62e7b41a168"),
        ("Network Contributor", "4d97b98b-1d4f-4787-a291-c67834d212e7"),
        ("Virtual Machine Contributor", "9980e02c-c2be-4d73-94e8-173b1dc7cf3c"),
        ("Site Recovery Operator", "494ae006-db33-4328-bf46-533a6560a3ca"),
        ("Storage Blob Data Reader", "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"),
    ],
)
def test_a_built_in_role_is_found_by_its_name(azure: Azure, name: str, id: str) -> None:
    (found,) = listed(azure, azure.path, f"roleName eq '{name.lower()}'")
    assert (found["name"], found["id"]) == (id, f"{azure.path}/{DEFINITIONS}/{id}")
    assert found["properties"]["type"] == "BuiltInRole"
    (at_root,) = listed(azure, "", f"roleName eq '{name}'")
    assert at_root["id"] == f"/{DEFINITIONS}/{id}"
    assert azure.call("GET", at_root["id"], version=ROLES).json() == at_root


def test_lists_are_narrowed_by_type_and_wrong_filters_refused(azure: Azure) -> None:
    own = put(azure).json()
    assert [each["name"] for each in listed(azure, azure.path, "type eq 'CustomRole'")] == [own["name"]]
    built_in = listed(azure, azure.path, "atScopeAndBelow() and type eq 'BuiltInRole'")
    assert len(built_in) > 60
    assert own["name"] not in [each["name"] for each in built_in]
    for wrong in ("colour eq 'red'", "roleName eq", "type eq 'CustomRole' or atScope()"):
        answer = azure.call("GET", f"{DEFINITIONS}?$filter={wrong}", version=ROLES)
        assert code(answer) == (400, "UnsupportedQueryFilter")


def test_old_versions_know_no_data_actions(azure: Azure) -> None:
    for version, known in (("2015-07-01", False), ("2018-07-01", True), ("2022-05-01-preview", True)):
        shown = azure.call("GET", f"{DEFINITIONS}/{READER}", version=version).json()
        assert ("dataActions" in shown["properties"]["permissions"][0]) is known


def test_an_own_role_is_made_changed_assigned_and_deleted(azure: Azure) -> None:
    created = put(azure)
    assert created.status_code == 201
    role = created.json()
    assert role["properties"]["type"] == "CustomRole"
    assert role["properties"]["permissions"][0]["notActions"] == []
    assert azure.call("GET", role["id"], version=ROLES).json() == role
    changed = put(azure, role["name"], roleName="Day watch").json()
    assert changed["properties"]["roleName"] == "Day watch"
    assert changed["properties"]["createdOn"] == role["properties"]["createdOn"]
    assigned = assign(azure, azure.path, application(azure), role["name"])
    assert assigned.status_code == 201
    allowed = azure.call("GET", "resourceGroups", app=True)
    assert code(allowed) == (403, "AuthorizationFailed")
    refused = azure.call("DELETE", role["id"], version=ROLES)
    assert code(refused) == (400, "RoleDefinitionHasAssignments")
    assert azure.call("DELETE", assigned.json()["id"], version=ROLES).status_code == 200
    assert azure.call("DELETE", role["id"], version=ROLES).json()["name"] == role["name"]
    assert azure.call("DELETE", role["id"], version=ROLES).status_code == 204
    assert code(azure.call("GET", role["id"], version=ROLES)) == (404, "RoleDefinitionDoesNotExist")


def test_names_are_unique_in_the_directory(azure: Azure) -> None:
    assert put(azure).status_code == 201
    for name in ("Night watch", "night WATCH", "Owner"):
        assert code(put(azure, roleName=name)) == (409, "RoleDefinitionWithSameNameExists")


def test_a_role_is_for_its_assignable_scopes(azure: Azure) -> None:
    azure.group()
    group = f"{azure.path}/resourceGroups/network"
    role = put(azure, assignableScopes=[group]).json()["name"]
    assert role not in [each["name"] for each in listed(azure, azure.path)]
    assert role in [each["name"] for each in listed(azure, azure.path, "atScopeAndBelow()")]
    assert role in [each["name"] for each in listed(azure, group)]
    principal = application(azure)
    refused = assign(azure, azure.path, principal, role)
    assert code(refused) == (400, "RoleAssignmentScopeNotAssignableToRoleDefinition")
    assert assign(azure, group, principal, role).status_code == 201


@pytest.mark.parametrize(
    ("properties", "status", "expected"),
    [
        ({"assignableScopes": ["/"]}, 400, "InvalidAssignableScope"),
        ({"assignableScopes": ["/subscriptions/*"]}, 400, "InvalidAssignableScope"),
        ({"assignableScopes": []}, 400, "BadRequestFormat"),
        ({"assignableScopes": [f"/subscriptions/{uuid.UUID(int=1)}"]}, 403, "AuthorizationFailed"),
        ({"permissions": [{"actions": ["Microsoft.*/x/*"]}]}, 400, "InvalidActionOrNotAction"),
        ({"permissions": [{"actions": ["read"]}]}, 400, "InvalidActionOrNotAction"),
        ({"permissions": [{"actions": ["Microsoft.Netwrk/*/read"]}]}, 400, "InvalidActionOrNotAction"),
        ({"permissions": [{"notActions": ["Microsoft.Compute/hosts/read"]}]}, 400, "InvalidActionOrNotAction"),
        ({"permissions": [{"actions": ["Microsoft.Network/virtualNetworks/raed"]}]}, 400, "InvalidActionOrNotAction"),
        ({"permissions": [{"dataActions": ["Contoso/things/read"]}]}, 400, "InvalidActionOrNotAction"),
        ({"permissions": [{"actions": "*/read"}]}, 400, "BadRequestFormat"),
        ({"permissions": "*/read"}, 400, "BadRequestFormat"),
        ({"roleName": ""}, 400, "BadRequestFormat"),
        ({"description": "x" * 2049}, 400, "BadRequestFormat"),
        ({"type": "BuiltInRole"}, 400, "BadRequestFormat"),
    ],
)
def test_impossible_roles_are_refused(azure: Azure, properties: dict[str, Any], status: int, expected: str) -> None:
    assert code(put(azure, **properties)) == (status, expected)
    assert listed(azure, azure.path, "type eq 'CustomRole'") == []


def test_built_in_roles_stay_and_ids_are_guids(azure: Azure) -> None:
    assert code(put(azure, READER)) == (400, "RoleDefinitionUpdateNotPermitted")
    path = f"{DEFINITIONS}/{READER}"
    assert code(azure.call("DELETE", path, version=ROLES)) == (400, "RoleDefinitionUpdateNotPermitted")
    assert code(put(azure, "watch")) == (400, "InvalidRoleDefinitionId")


def test_whoever_only_reads_makes_no_roles_but_sees_them(azure: Azure) -> None:
    azure.group()
    assert assign(azure, f"{azure.path}/resourceGroups/network", application(azure)).status_code == 201
    assert len(listed(azure, azure.path, app=True)) > 60
    sent = {"properties": {"roleName": "x", "permissions": [], "assignableScopes": [azure.path]}}
    refused = azure.call("PUT", f"{DEFINITIONS}/{uuid.uuid4()}", sent, version=ROLES, app=True)
    assert code(refused) == (403, "AuthorizationFailed")
    shown = azure.call("GET", assignments(azure.path), version=ROLES, app=True).json()["value"]
    assert [each["properties"]["principalId"] for each in shown] == [application(azure)]


def test_every_action_of_a_built_in_role_may_be_in_an_own_one(azure: Azure) -> None:
    for role in listed(azure, azure.path):
        for permission in role["properties"]["permissions"]:
            answer = put(azure, permissions=[permission], roleName=f"Own {role['name']}")
            assert answer.status_code == 201, answer.text


def test_an_unknown_provider_is_told_from_an_unknown_operation(azure: Azure) -> None:
    # https://github.com/Azure/azure-powershell/issues/9800 and …/hashicorp/terraform-provider-azurerm/issues/4594
    answer = put(azure, permissions=[{"actions": ["Microsoft.Netwrk/*/read"]}])
    assert answer.json()["error"]["message"] == (
        "The resource provider referenced in the action is not returned in the list of providers from Azure Resource "
        "Manager."
    )
    answer = put(azure, permissions=[{"actions": ["Microsoft.Compute/hosts/delete"]}])
    assert answer.json()["error"]["message"] == (
        "'Microsoft.Compute/hosts/delete' does not match any of the actions supported by the providers."
    )
