"""Real traffic and Microsoft's examples for Microsoft.Authorization, replayed with principals and roles of ours."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from arm_definitions import SPECS, Definitions, Operation
from azure_client import Azure, needs_specs, vnet
from test_arm_examples import fields_missing
from test_arm_recordings import RECORDINGS, Replay, load
from test_authorization_rules import READER, ROLES, application, assign

FILES = (
    "authorization-1.0.0_test_cli_mgmt_authorization.test_role_assignment.yaml",
    "authorization-1.0.0_test_cli_mgmt_authorization.test_role_assignment_by_id.yaml",
    "authorization-1.0.0_test_mgmt_authorization.test_role_assignment.yaml",
)
NOT_REPLAYED = "/providerOperations/"  # the list of every provider's actions is not simulated
GROUP = "/resourceGroups/"
BLOB_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"  # as in the examples, it has data actions

WANTED = (
    "RoleAssignments_ListForSubscription",
    "RoleAssignments_ListForResourceGroup",
    "RoleAssignments_ListForResource",
    "RoleAssignments_Get",
    "RoleAssignments_Create",
    "RoleAssignments_Delete",
    "RoleAssignments_GetById",
    "RoleAssignments_CreateById",
    "RoleDefinitions_List",
    "RoleDefinitions_Get",
    "RoleDefinitions_CreateOrUpdate",
    "RoleDefinitions_Delete",
    "Permissions_ListForResourceGroup",
    "Permissions_ListForResource",
)


def recorded() -> Iterator[Any]:
    if not RECORDINGS.exists():
        yield pytest.param(None, id="recordings", marks=pytest.mark.skip(reason="no recordings beside the checkout"))
        return
    for part in FILES:
        yield pytest.param(next(file for file in RECORDINGS.glob("*.yaml") if part in file.name), id=part)


@pytest.mark.parametrize("file", list(recorded()))
def test_a_recording_replays(azure: Azure, file: Path) -> None:
    interactions, found = load(file), []
    path = urlsplit(interactions[0]["request"]["uri"]).path
    azure.group(re.split(GROUP, path, flags=re.IGNORECASE)[1].partition("/")[0])
    for interaction in interactions:
        if NOT_REPLAYED in interaction["request"]["uri"]:
            continue
        request = interaction["request"]
        request["body"] = _ours(azure, request["body"])
        found += Replay(azure).differences(interaction)
    assert found == []


def _ours(azure: Azure, body: Any) -> Any:
    """Return the recorded body with our principal, and with a role that there is."""
    if body is None:
        return None
    text = body.decode() if isinstance(body, bytes) else body
    text = re.sub(r'("principalId": ")[^"]+', rf"\g<1>{application(azure)}", text)
    return re.sub(r"(roleDefinitions/)[-0-9a-f]{36}", rf"\g<1>{READER}", text)


def cases() -> Iterator[Any]:
    if not SPECS.exists():
        yield pytest.param(None, None, id="definitions", marks=needs_specs)
        return
    for operation in Definitions().operations(*WANTED):
        for file in operation.examples():
            yield pytest.param(operation, file, id=f"{operation.id}-{file.stem}")


@pytest.mark.parametrize(("operation", "file"), list(cases()))
def test_an_example_is_accepted_and_answered_in_its_shape(azure: Azure, operation: Operation, file: Path) -> None:
    example = json.loads(_of_ours(azure, file.read_text(encoding="utf-8-sig")))
    parameters = {name: str(value).lstrip("/") for name, value in example["parameters"].items()}
    path = re.sub(r"\{(\w+)\}", lambda name: parameters.get(name[1], azure.subscription), operation.path)
    _seed(azure, path)
    if operation.method in {"GET", "DELETE"} and "/roleAssignments" in path:
        scope, _, name = path.partition("/providers/Microsoft.Authorization/roleAssignments")
        assert assign(azure, scope, application(azure), name=name.lstrip("/")).status_code == 201
    answer = azure.call(operation.method, path, example["parameters"].get("parameters"), version=ROLES)
    assert str(answer.status_code) in example["responses"], answer.text
    expected = example["responses"][str(answer.status_code)].get("body")
    assert fields_missing(expected, answer.json() if answer.content else None) == []


def _of_ours(azure: Azure, text: str) -> str:
    text = re.sub(r"a925f2f7-5c63-4b7b-8799-25a5f97bc3b2|subI[dD]", azure.subscription, text)
    text = re.sub(r"ce2ce14e-85d7-4629-bdbc-454d0519d987", application(azure), text)
    text = text.replace('"principalType": "User"', '"principalType": "ServicePrincipal"')
    # Any resource will do, and networks are simulated.
    text = text.replace("Microsoft.DocumentDb", "Microsoft.Network").replace("databaseAccounts", "virtualNetworks")
    text = re.sub(r"0b5fe924-9a61-425c-96af-cfe6e287ca2d|roleDefinitionId(?=\")(?!\":)", BLOB_READER, text)
    return text.replace('"scope": "scope"', f'"scope": "subscriptions/{azure.subscription}"')


def _seed(azure: Azure, path: str) -> None:
    group = re.search(r"/resourceGroups/([^/]+)", path, re.IGNORECASE)
    if group is not None:
        azure.group(group[1])
    network = re.search(r"^(.*/virtualNetworks/[^/]+)", path)
    if network is not None:
        azure.registered()
        assert azure.call("PUT", network[1], vnet(("app", "10.1.0.0/24"))).status_code == 201
        azure.wait()
