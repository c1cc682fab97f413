"""Role assignments: what is created, filled in, listed and refused."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import jwt
import pytest
from azure_client import ARM, Azure, code, network, vnet

ROLES = "2022-04-01"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
AUTHORIZATION = "providers/Microsoft.Authorization"


def assignments(scope: str) -> str:
    return f"{scope}/{AUTHORIZATION}/roleAssignments"


def application(azure: Azure) -> str:
    """Return the object id of our application's service principal in the customer's directory."""
    token = azure.client.token(ARM, azure.tenant, app=True)
    return str(jwt.decode(token, options={"verify_signature": False})["oid"])


def body(azure: Azure, principal: str, role: str = READER, **properties: Any) -> dict[str, Any]:
    id = f"{azure.path}/{AUTHORIZATION}/roleDefinitions/{role}"
    return {"properties": {"roleDefinitionId": id, "principalId": principal, **properties}}


def assign(
    azure: Azure,
    scope: str,
    principal: str,
    role: str = READER,
    *,
    name: str = "",
    version: str = ROLES,
    **properties: Any,
) -> httpx.Response:
    path = f"{assignments(scope)}/{name or uuid.uuid4()}"
    return azure.call("PUT", path, body(azure, principal, role, **properties), version=version)


def listed(azure: Azure, scope: str, query: str = "") -> list[tuple[str, str]]:
    """Return (end of the scope, principal) of what a list at the scope holds, the partner's own left out."""
    answer = azure.call("GET", assignments(scope) + (f"?$filter={query}" if query else ""), version=ROLES)
    assert answer.status_code == 200, answer.text
    found = [each["properties"] for each in answer.json()["value"]]
    shown = [(each["scope"].rpartition("/")[2], each["principalId"]) for each in found]
    return sorted(pair for pair, each in zip(shown, found, strict=True) if each["principalType"] != "ForeignGroup")


def administrator(azure: Azure) -> str:
    """Return the object id of the customer's first user: the one whom a subscription of its own has as Owner."""
    own = azure.client.people("own-subscription", tenant=azure.tenant, name="Own")["id"]
    found = azure.call("GET", assignments(f"/subscriptions/{own}"), version=ROLES).json()["value"]
    (owner,) = [each for each in found if each["properties"]["principalType"] == "User"]
    return str(owner["properties"]["principalId"])


def test_a_subscription_begins_with_the_partners_agents_as_owner(azure: Azure) -> None:
    (only,) = azure.call("GET", assignments(azure.path), version=ROLES).json()["value"]
    assert only["properties"]["principalType"] == "ForeignGroup"
    assert only["properties"]["roleDefinitionId"].endswith(OWNER)
    assert only["properties"]["scope"] == azure.path
    assert uuid.UUID(only["properties"]["principalId"])


def test_the_server_fills_in_the_rest(azure: Azure) -> None:
    principal, name = application(azure), str(uuid.uuid4())
    sent = body(azure, principal.upper())
    sent["properties"]["roleDefinitionId"] = f"/{AUTHORIZATION}/roleDefinitions/{READER}"
    created = azure.call("PUT", f"{assignments(azure.path)}/{name}", sent, version=ROLES)
    assert created.status_code == 201
    shown = created.json()
    assert shown["id"] == f"{assignments(azure.path)}/{name}"
    assert (shown["type"], shown["name"]) == ("Microsoft.Authorization/roleAssignments", name)
    properties = shown["properties"]
    assert properties["roleDefinitionId"] == f"{azure.path}/{AUTHORIZATION}/roleDefinitions/{READER}"
    assert (properties["principalId"], properties["principalType"]) == (principal, "ServicePrincipal")
    assert properties["createdBy"] is None
    assert properties["updatedBy"]
    assert properties["createdOn"].endswith("Z")
    assert {properties[field] for field in ("condition", "conditionVersion", "description")} == {None}
    read = azure.call("GET", shown["id"], version=ROLES).json()
    assert read["properties"]["createdBy"] == properties["updatedBy"]


@pytest.mark.parametrize(
    ("version", "with_type", "with_condition"),
    [
        ("2015-07-01", False, False),
        ("2018-01-01-preview", True, False),
        ("2018-09-01-preview", True, False),
        ("2020-04-01-preview", True, True),
        ("2022-04-01", True, True),
    ],
)
def test_each_version_has_its_fields(azure: Azure, version: str, with_type: bool, with_condition: bool) -> None:
    created = assign(azure, azure.path, application(azure), version=version)
    assert created.status_code == 201, created.text
    properties = azure.call("GET", created.json()["id"], version=version).json()["properties"]
    assert ("principalType" in properties, "condition" in properties) == (with_type, with_condition)
    assert ("description" in properties) == with_condition


def test_lists_hold_what_is_at_above_and_below_the_scope(azure: Azure) -> None:
    azure.registered().group().put("virtualNetworks/v", vnet(("app", "10.1.1.0/24"), ("web", "10.1.2.0/24")))
    azure.group("other")
    principal, group = application(azure), f"{azure.path}/resourceGroups/network"
    subnet = f"{azure.path}/{network('virtualNetworks/v/subnets/app')}"
    for scope in (azure.path, group, f"{azure.path}/resourceGroups/other", subnet):
        assert assign(azure, scope, principal).status_code == 201
    subscription = azure.subscription
    every = sorted((end, principal) for end in (subscription, "network", "other", "app"))
    assert listed(azure, azure.path) == every
    assert listed(azure, azure.path, "atScope()") == [(subscription, principal)]
    assert [end for end, _ in listed(azure, group)] == sorted([subscription, "app", "network"])
    assert [end for end, _ in listed(azure, group, "atScope()")] == sorted([subscription, "network"])
    assert [end for end, _ in listed(azure, subnet)] == sorted([subscription, "app", "network"])
    above = subnet.rpartition("/subnets/")[0]
    assert [end for end, _ in listed(azure, above)] == sorted([subscription, "app", "network"])
    assert listed(azure, f"{above}/subnets/web", "atScope()") == sorted(
        [(subscription, principal), ("network", principal)]
    )
    assert listed(azure, azure.path, f"principalId eq '{principal.upper()}'") == every
    assert listed(azure, azure.path, f"principalId eq '{uuid.uuid4()}'") == []
    assert listed(azure, azure.path, f"atScope() and assignedTo('{principal}')") == [(subscription, principal)]
    refused = azure.call("GET", f"{assignments(azure.path)}?$filter=colour eq 'red'", version=ROLES)
    assert code(refused) == (400, "UnsupportedQueryFilter")


def test_deleting_answers_the_assignment_a_last_time(azure: Azure) -> None:
    id = assign(azure, azure.path, application(azure)).json()["id"]
    assert azure.call("DELETE", id, version=ROLES).json()["id"] == id
    assert azure.call("DELETE", id, version=ROLES).status_code == 204
    assert code(azure.call("GET", id, version=ROLES)) == (404, "RoleAssignmentNotFound")


def test_what_is_assigned_twice_is_refused_with_the_first_ones_name(azure: Azure) -> None:
    principal, name = application(azure), str(uuid.uuid4())
    assert assign(azure, azure.path, principal, name=name).status_code == 201
    again = assign(azure, azure.path, principal)
    assert code(again) == (409, "RoleAssignmentExists")
    assert name.replace("-", "") in again.json()["error"]["message"]
    assert assign(azure, azure.path, principal, CONTRIBUTOR).status_code == 201


def test_a_put_of_the_same_changes_description_and_condition_only(azure: Azure) -> None:
    principal, name = application(azure), str(uuid.uuid4())
    first = assign(azure, azure.path, principal, name=name).json()
    azure.wait(5)
    same = assign(azure, azure.path, principal, name=name, description="for the night")
    assert (same.status_code, same.json()["properties"]["description"]) == (200, "for the night")
    assert same.json()["properties"]["createdOn"] == first["properties"]["createdOn"]
    assert same.json()["properties"]["updatedOn"] > first["properties"]["updatedOn"]
    azure.group()
    for scope, who, role in (
        (azure.path, principal, CONTRIBUTOR),
        (azure.path, administrator(azure), READER),
        (f"{azure.path}/resourceGroups/network", principal, READER),
    ):
        refused = assign(azure, scope, who, role, name=name)
        assert code(refused) == (400, "RoleAssignmentUpdateNotPermitted")


def test_impossible_assignments_are_refused(azure: Azure) -> None:
    principal, nobody = application(azure), str(uuid.uuid4())
    condition = {"condition": "@Resource[name] StringEquals 'x'", "conditionVersion": "2.0"}
    for expected, answer in (
        ("InvalidRoleAssignmentId", assign(azure, azure.path, principal, name="reader")),
        ("RoleDefinitionDoesNotExist", assign(azure, azure.path, principal, str(uuid.uuid4()))),
        ("InvalidRoleDefinitionId", assign(azure, azure.path, principal, "Reader")),
        ("InvalidPrincipalId", assign(azure, azure.path, "marshall@fourthcoffee.com")),
        ("PrincipalNotFound", assign(azure, azure.path, nobody)),
        ("UnmatchedPrincipalType", assign(azure, azure.path, principal, principalType="User")),
        ("BadRequestFormat", assign(azure, azure.path, principal, principalType="Person")),
        ("BadRequestFormat", azure.call("PUT", f"{assignments(azure.path)}/{nobody}", [], version=ROLES)),
        ("InvalidConditionVersion", assign(azure, azure.path, principal, condition=condition["condition"])),
        ("InvalidConditionVersion", assign(azure, azure.path, principal, conditionVersion="2.0")),
    ):
        assert code(answer) == (400, expected), answer.text
    created = assign(azure, azure.path, principal, **condition)
    assert created.json()["properties"]["condition"] == condition["condition"]


def test_the_scope_must_exist(azure: Azure) -> None:
    azure.registered().group().put("virtualNetworks/v", vnet(("app", "10.1.1.0/24")))
    principal = application(azure)
    for scope, expected in (
        (f"{azure.path}/resourceGroups/none", "ResourceGroupNotFound"),
        (f"{azure.path}/{network('virtualNetworks/none')}", "ResourceNotFound"),
        (f"{azure.path}/{network('virtualNetworks/v/subnets/none')}", "ResourceNotFound"),
    ):
        assert code(assign(azure, scope, principal)) == (404, expected)
        assert code(azure.call("GET", assignments(scope), version=ROLES)) == (404, expected)


def test_a_sent_type_spares_the_look_into_the_directory(azure: Azure) -> None:
    nobody = str(uuid.uuid4())
    assert code(assign(azure, azure.path, nobody, version="2018-01-01-preview", principalType="ServicePrincipal")) == (
        400,
        "PrincipalNotFound",
    )
    created = assign(azure, azure.path, nobody, principalType="ServicePrincipal")
    assert created.json()["properties"]["principalType"] == "ServicePrincipal"


def test_a_new_user_is_not_known_at_once(azure: Azure) -> None:
    other = azure.client.people("existing-tenant", domain="fabrikamcsp.onmicrosoft.com")["id"]
    azure.client.people("accept-invitation", tenant=other)
    azure.client.consented(other)
    bought = azure.client.people("own-subscription", tenant=other, name="Own", partner_role="Owner")
    own = f"/subscriptions/{bought['id']}"
    theirs = Azure(azure.client, other, own.rpartition("/")[2])
    found = theirs.call("GET", assignments(own), version=ROLES).json()["value"]
    (administrator,) = [p["properties"]["principalId"] for p in found if p["properties"]["principalType"] == "User"]
    assert code(assign(theirs, own, administrator)) == (400, "PrincipalNotFound")
    assert assign(theirs, own, administrator, CONTRIBUTOR, principalType="User").status_code == 201
    theirs.wait(20)
    created = assign(theirs, own, administrator)
    assert created.json()["properties"]["principalType"] == "User"


def test_the_last_owner_cannot_be_removed_by_a_partner(azure: Azure) -> None:
    (only,) = azure.call("GET", assignments(azure.path), version=ROLES).json()["value"]
    refused = azure.call("DELETE", only["id"], version=ROLES)
    assert code(refused) == (400, "CannotDeleteLastRbacAdminAssignment")
    assert assign(azure, azure.path, administrator(azure), OWNER, principalType="User").status_code == 201
    assert azure.call("DELETE", only["id"], version=ROLES).status_code == 200


def test_the_partners_own_principal_is_put_back_with_its_type(azure: Azure) -> None:
    (only,) = azure.call("GET", assignments(azure.path), version=ROLES).json()["value"]
    agents = only["properties"]["principalId"]
    azure.group()
    group = f"{azure.path}/resourceGroups/network"
    assert code(assign(azure, group, agents)) == (400, "PrincipalNotFound")
    assert assign(azure, group, agents, principalType="ForeignGroup").status_code == 201


def test_an_assignment_goes_with_its_scope(azure: Azure) -> None:
    azure.group()
    group = f"{azure.path}/resourceGroups/network"
    id = assign(azure, group, application(azure)).json()["id"]
    assert azure.call("DELETE", group).status_code == 202
    azure.wait(120)
    azure.group()
    assert code(azure.call("GET", id, version=ROLES)) == (404, "RoleAssignmentNotFound")


def test_a_former_partners_principal_is_found_and_removed(azure: Azure) -> None:
    former = azure.client.people("former-partner-principal", tenant=azure.tenant)
    (id,) = former["roleAssignments"]
    found = azure.call("GET", assignments(azure.path), version=ROLES).json()["value"]
    foreign = {each["properties"]["principalId"] for each in found}
    assert former["principalId"] in foreign
    assert len(foreign) == 2
    assert azure.call("DELETE", id, version=ROLES).status_code == 200


def test_a_subscription_has_at_most_4000_assignments(azure: Azure) -> None:
    with azure.client.simulator.store.transaction() as tx:
        (only,) = tx.all("armRoleAssignments", f"{azure.path}/")
        for number in range(3999):
            name = str(uuid.UUID(int=number))
            tx.put("armRoleAssignments", f"{assignments(azure.path)}/{name}", {**only, "principalId": name})
    assert code(assign(azure, azure.path, application(azure))) == (400, "RoleAssignmentLimitExceeded")
