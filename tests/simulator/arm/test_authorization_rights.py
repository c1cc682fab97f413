"""What a caller may do follows from its role assignments, and from nothing else."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from azure_client import ARM, Azure, code, network, vnet
from simulator_client import SIGN_IN
from test_authorization_rules import OWNER, READER, ROLES, application, assignments

from cspctl.simulator import directory, tenants
from cspctl.simulator.arm.authorization.actions import demanded
from cspctl.simulator.arm.authorization.roles import BUILT_IN

SUBNET = "virtualNetworks/v/subnets/app"
VALUE = {"properties": {"addressPrefix": "10.1.1.0/24"}}


def may(azure: Azure, scope: str, role: str) -> None:
    """Assign a role to our application's service principal as an administrator would in the portal."""
    azure.client.people("assign-role", tenant=azure.tenant, scope=scope, role=role, principal=application(azure))


@pytest.fixture
def network_there(azure: Azure) -> Azure:
    azure.registered().group().put("virtualNetworks/v", vnet(("app", "10.1.1.0/24"), ("web", "10.1.2.0/24")))
    azure.group("other")
    return azure


@pytest.mark.parametrize(
    ("method", "path", "action", "scope"),
    [
        ("GET", "", "Microsoft.Resources/subscriptions/read", ""),
        ("GET", "/resourceGroups", "Microsoft.Resources/subscriptions/resourceGroups/read", ""),
        ("PUT", "/resourcegroups/g", "Microsoft.Resources/subscriptions/resourcegroups/write", "/resourcegroups/g"),
        ("HEAD", "/resourceGroups/g", "Microsoft.Resources/subscriptions/resourceGroups/read", "/resourceGroups/g"),
        ("GET", "/resources", "Microsoft.Resources/subscriptions/resources/read", ""),
        ("GET", "/providers", "Microsoft.Resources/subscriptions/providers/read", ""),
        ("GET", "/providers/A.B", "Microsoft.Resources/subscriptions/providers/read", ""),
        ("POST", "/providers/A.B/register", "A.B/register/action", ""),
        ("GET", "/providers/A.B/c", "A.B/c/read", "/providers/A.B"),
        ("GET", "/resourceGroups/g/providers/A.B/c", "A.B/c/read", "/resourceGroups/g/providers/A.B"),
        ("PATCH", "/resourceGroups/g/providers/A.B/c/d", "A.B/c/write", "/resourceGroups/g/providers/A.B/c/d"),
        ("DELETE", "/resourceGroups/g/providers/A.B/c/d/e/f", "A.B/c/e/delete", None),
        ("GET", "/resourceGroups/g/providers/A.B/c/d/e", "A.B/c/e/read", "/resourceGroups/g/providers/A.B/c/d"),
        ("POST", "/resourceGroups/g/providers/A.B/c/d/go", "A.B/c/go/action", "/resourceGroups/g/providers/A.B/c/d"),
        (
            "GET",
            "/resourceGroups/g/providers/A.B/c/d/providers/E.F/g",
            "E.F/g/read",
            "/resourceGroups/g/providers/A.B/c/d/providers/E.F",
        ),
        ("PUT", "/resourceGroups/g/providers/A.B/c/d/providers/E.F/g/h", "E.F/g/write", None),
    ],
)
def test_a_request_needs_an_action_at_a_scope(method: str, path: str, action: str, scope: str | None) -> None:
    found = demanded(method, f"/subscriptions/s{path}")
    assert (found.action, found.scope) == (action, f"/subscriptions/s{path if scope is None else scope}")


@pytest.mark.parametrize(
    ("role", "action", "allowed"),
    [
        ("Owner", "Microsoft.Authorization/roleAssignments/write", True),
        ("Contributor", "Microsoft.Authorization/roleAssignments/write", False),
        ("Contributor", "Microsoft.Authorization/roleAssignments/read", True),
        ("Contributor", "Microsoft.Network/virtualNetworks/write", True),
        ("Reader", "Microsoft.Network/virtualNetworks/read", True),
        ("Reader", "Microsoft.Network/virtualNetworks/write", False),
        ("Reader", "Microsoft.Storage/storageAccounts/listKeys/action", False),
        ("User Access Administrator", "microsoft.authorization/roleassignments/WRITE", True),
        ("User Access Administrator", "Microsoft.Network/virtualNetworks/write", False),
        ("Network Contributor", "Microsoft.Network/virtualNetworks/subnets/join/action", True),
        ("Network Contributor", "Microsoft.Compute/virtualMachines/read", False),
        ("Site Recovery Reader", "Microsoft.RecoveryServices/vaults/replicationJobs/read", True),
    ],
)
def test_wildcards_and_exceptions_of_built_in_roles(role: str, action: str, allowed: bool) -> None:
    (found,) = [each for each in BUILT_IN.values() if each.name == role]
    assert found.allows(action) is allowed


def test_without_a_role_nothing_is_seen_and_the_refusal_names_action_and_scope(network_there: Azure) -> None:
    azure, principal = network_there, application(network_there)
    assert azure.call("GET", "/subscriptions", app=True).json()["value"] == []
    path = f"{azure.path}/{network('virtualNetworks/v')}"
    refused = azure.call("GET", path, app=True)
    assert code(refused) == (403, "AuthorizationFailed")
    message = refused.json()["error"]["message"]
    assert f"with object id '{principal}'" in message
    assert f"action 'Microsoft.Network/virtualNetworks/read' over scope '{path}'" in message


def test_a_reader_reads_and_a_contributor_writes(network_there: Azure) -> None:
    azure = network_there
    may(azure, azure.path, "Reader")
    found = azure.call("GET", "/subscriptions", app=True).json()["value"]
    assert [each["subscriptionId"] for each in found] == [azure.subscription]
    assert azure.call("GET", network("virtualNetworks/v"), app=True).status_code == 200
    assert code(azure.call("PUT", network(SUBNET), VALUE, app=True)) == (403, "AuthorizationFailed")
    assert code(azure.call("POST", "providers/Microsoft.Compute/register", app=True))[0] == 403
    may(azure, f"{azure.path}/resourceGroups/network", "Network Contributor")
    assert azure.call("PUT", network(SUBNET), VALUE, app=True).status_code in {200, 201}
    refused = azure.call("PUT", "resourceGroups/other", {"location": "westus"}, app=True)
    assert code(refused) == (403, "AuthorizationFailed")


def test_a_role_on_one_group_shows_that_group_only(network_there: Azure) -> None:
    azure = network_there
    may(azure, f"{azure.path}/resourceGroups/network", "Reader")
    assert azure.call("GET", azure.path, app=True).status_code == 200
    groups = azure.call("GET", "resourceGroups", app=True).json()["value"]
    assert [each["name"] for each in groups] == ["network"]
    networks = azure.call("GET", "providers/Microsoft.Network/virtualNetworks", app=True).json()["value"]
    assert [each["name"] for each in networks] == ["v"]
    assert code(azure.call("GET", "resourceGroups/other", app=True)) == (403, "AuthorizationFailed")
    assert azure.call("GET", "providers/Microsoft.Network", app=True).status_code == 200


def test_a_role_on_a_subnet_holds_there_and_not_beside_it(network_there: Azure) -> None:
    azure = network_there
    may(azure, f"{azure.path}/{network(SUBNET)}", "Network Contributor")
    assert azure.call("GET", network(SUBNET), app=True).status_code == 200
    assert azure.call("PUT", network(SUBNET), VALUE, app=True).status_code in {200, 201}
    azure.wait()
    assert code(azure.call("GET", network("virtualNetworks/v/subnets/web"), app=True))[0] == 403
    assert code(azure.call("GET", network("virtualNetworks/v"), app=True))[0] == 403
    shown = azure.call("GET", network("virtualNetworks/v/subnets"), app=True).json()["value"]
    assert [each["name"] for each in shown] == ["app"]


def test_whoever_may_not_assign_roles_is_refused(azure: Azure) -> None:
    principal = application(azure)
    may(azure, azure.path, "Contributor")

    def put() -> Any:
        role = f"{azure.path}/providers/Microsoft.Authorization/roleDefinitions/{READER}"
        sent = {"properties": {"roleDefinitionId": role, "principalId": principal}}
        path = f"{assignments(azure.path)}/11111111-1111-4111-8111-111111111111"
        return azure.call("PUT", path, sent, version=ROLES, app=True)

    assert code(put()) == (403, "AuthorizationFailed")
    assert "Microsoft.Authorization/roleAssignments/write" in put().json()["error"]["message"]
    may(azure, azure.path, "User Access Administrator")
    assert put().status_code == 201


def test_groups_pass_their_roles_on_to_their_members(azure: Azure) -> None:
    principal = application(azure)
    with azure.client.simulator.store.transaction() as tx:
        inner = directory.add_group(tx, azure.tenant, "Readers", members=[principal])
        outer = directory.add_group(tx, azure.tenant, "Everybody", members=[inner["id"]])
    found = azure.client.people(
        "assign-role", tenant=azure.tenant, scope=azure.subscription, role="Reader", principal="Everybody"
    )
    assert (found["principalId"], found["principalType"]) == (outer["id"], "Group")
    assert azure.call("GET", azure.path, app=True).status_code == 200
    path = assignments(azure.path)
    to_it = azure.call("GET", f"{path}?$filter=assignedTo('{principal}')", version=ROLES).json()["value"]
    assert [each["properties"]["principalId"] for each in to_it] == [outer["id"]]


def test_without_its_foreign_principal_the_partner_is_out(azure: Azure) -> None:
    (only,) = azure.call("GET", assignments(azure.path), version=ROLES).json()["value"]
    may(azure, azure.path, "Owner")
    assert azure.call("DELETE", only["id"], version=ROLES).status_code == 200
    assert azure.call("GET", "/subscriptions").json()["value"] == []
    assert code(azure.call("GET", azure.path)) == (403, "AuthorizationFailed")
    agents = only["properties"]["principalId"]
    role = f"{azure.path}/providers/Microsoft.Authorization/roleDefinitions/{OWNER}"
    sent = {"properties": {"roleDefinitionId": role, "principalId": agents, "principalType": "ForeignGroup"}}
    # The customer's own administrator reinstates it.
    path = f"{assignments(azure.path)}/11111111-1111-4111-8111-111111111111"
    assert azure.call("PUT", path, sent, version=ROLES, app=True).status_code == 201
    assert azure.call("GET", azure.path).status_code == 200


def test_a_subscription_that_the_customer_keeps_to_itself_is_not_seen(azure: Azure) -> None:
    azure.client.people("own-subscription", tenant=azure.tenant, name="Private", partner_role="")
    azure.client.people("own-subscription", tenant=azure.tenant, name="Shared")
    found = azure.call("GET", "/subscriptions").json()["value"]
    assert {each["displayName"] for each in found} == {"Microsoft Azure", "Shared"}


def test_the_callers_permissions_are_told(azure: Azure) -> None:
    may(azure, azure.path, "Reader")
    azure.group()
    for scope in (azure.path, f"{azure.path}/resourceGroups/network"):
        path = f"{scope}/providers/Microsoft.Authorization/permissions"
        mine = azure.call("GET", path, version=ROLES).json()["value"]
        assert [each["actions"] for each in mine] == [["*"]]
        theirs = azure.call("GET", path, version=ROLES, app=True).json()["value"]
        assert [each["actions"] for each in theirs] == [["*/read"]]


def test_nobody_is_denied_anything_and_elevation_is_not_simulated(azure: Azure) -> None:
    path = "providers/Microsoft.Authorization/denyAssignments"
    assert azure.call("GET", path, version=ROLES).json()["value"] == []
    elevated = azure.call("POST", "/providers/Microsoft.Authorization/elevateAccess", version="2016-07-01")
    assert elevated.status_code == 501


def signed_in(azure: Azure, user: str) -> str:
    """Return the token for Azure of a user of the customer, who enters the code that a device shows."""
    client_id = azure.client.profile["clientId"]
    asked = {"client_id": client_id, "scope": f"{ARM}/.default"}
    shown = azure.client.http.post(f"{SIGN_IN}/{azure.tenant}/oauth2/v2.0/devicecode", data=asked).json()
    azure.client.people("enter-device-code", code=shown["user_code"], user=user)
    kind = "urn:ietf:params:oauth:grant-type:device_code"
    answer = azure.client.token_answer(ARM, azure.tenant, grant_type=kind, device_code=shown["device_code"])
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def test_a_user_of_the_customer_has_what_is_assigned_to_it(azure: Azure) -> None:
    now = azure.client.simulator.clock.now()
    with azure.client.simulator.store.transaction() as tx:
        domain = str((tenants.find(tx, azure.tenant) or {})["domain"])
        user = directory.add_user(tx, now, azure.tenant, f"helpdesk@{domain}")
    headers = {"Authorization": f"Bearer {signed_in(azure, user['userPrincipalName'])}"}

    def get(path: str) -> httpx.Response:
        return azure.client.http.get(f"{ARM}{path}?api-version=2022-12-01", headers=headers)

    assert get("/subscriptions").json()["value"] == []
    refused = get(azure.path)
    assert code(refused) == (403, "AuthorizationFailed")
    assert f"The client 'helpdesk@{domain}' with object id '{user['id']}'" in refused.json()["error"]["message"]
    details = {"scope": azure.path, "role": "Reader", "principal": f"helpdesk@{domain}"}
    azure.client.people("assign-role", tenant=azure.tenant, **details)
    assert [each["id"] for each in get("/subscriptions").json()["value"]] == [azure.path]
    with pytest.raises(ValueError, match="already"):
        azure.client.simulator.people("assign-role", tenant=azure.tenant, **details)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("resourceGroups/network", "/resourceGroups/network"),
        ("network", "/resourceGroups/network"),
        ("virtualNetworks/hub", "/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/hub"),
        ("subnets/web", "/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/hub/subnets/web"),
        ("Microsoft Azure", ""),
    ],
)
def test_people_name_a_scope_by_its_end(azure: Azure, said: str, meant: str) -> None:
    azure.registered().group()
    subnet = {"name": "web", "properties": {"addressPrefix": "10.0.0.0/24"}}
    space = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": [subnet]}
    azure.put("virtualNetworks/hub", {"location": "westus", "properties": space})
    principal = application(azure)
    made = azure.client.people("assign-role", tenant=azure.tenant, scope=said, role="Reader", principal=principal)
    assert made["id"].startswith(f"{azure.path}{meant}/providers/Microsoft.Authorization/roleAssignments/")


def test_people_have_to_say_which_scope_if_there_are_several(azure: Azure) -> None:
    azure.registered().group().group("other")
    for group in ("network", "other"):
        path = f"resourceGroups/{group}/providers/Microsoft.Network/networkSecurityGroups/nsg"
        assert azure.call("PUT", path, {"location": "westus", "properties": {}}).status_code == 201
    with pytest.raises(LookupError, match="2 scopes that end in nsg"):
        azure.client.simulator.people(
            "assign-role", tenant=azure.tenant, scope="nsg", role="Reader", principal=application(azure)
        )


def test_people_cannot_assign_what_is_not_there(azure: Azure) -> None:
    principal = application(azure)
    good = {"tenant": azure.tenant, "scope": azure.path, "role": "Reader", "principal": principal}
    for wrong in ({"role": "Emperor"}, {"scope": "/subscriptions/none"}, {"principal": "nobody"}, {"tenant": "none"}):
        with pytest.raises(LookupError):
            azure.client.simulator.people("assign-role", **{**good, **wrong})
    with pytest.raises(LookupError):
        azure.client.simulator.people("former-partner-principal", tenant=azure.tenant, subscription=principal)


def test_built_in_roles_have_their_guids_and_names_once() -> None:
    assert len(BUILT_IN) > 60
    names = [each.name for each in BUILT_IN.values()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", id) for id in BUILT_IN)
