"""Microsoft Graph: directory roles and their members, in both of the forms that it has for them."""

from __future__ import annotations

from graph_client import ROLE_IDS, Graph, error, new_group, new_user, reference

READERS = ROLE_IDS["Directory Readers"]
ASSIGNMENTS = "/roleManagement/directory/roleAssignments"


def test_a_role_is_activated_before_it_has_members(graph: Graph) -> None:
    names = [each["displayName"] for each in graph.value("/directoryRoles")]
    assert names == ["Global Administrator"]
    by_template = f"/directoryRoles(roleTemplateId='{READERS}')"
    assert error(graph("GET", by_template)) == (404, "Request_ResourceNotFound")
    role = graph.made("/directoryRoles", {"roleTemplateId": READERS})
    assert role["id"] != READERS
    assert error(graph("POST", "/directoryRoles", {"roleTemplateId": READERS})) == (400, "Request_BadRequest")
    sara = graph.made("/users", new_user())
    path = f"/directoryRoles/{role['id']}/members"
    assert graph("POST", f"{path}/$ref", reference(sara["id"])).status_code == 204
    assert [each["id"] for each in graph.value(f"{by_template}/members")] == [sara["id"]]
    assert error(graph("POST", f"{path}/$ref", reference(sara["id"]))) == (400, "Request_BadRequest")
    assert graph("DELETE", f"{path}/{sara['id']}/$ref").status_code == 204
    assert graph.value(path) == []


def test_an_assignment_is_the_same_thing_by_another_name(graph: Graph) -> None:
    sara = graph.made("/users", new_user())
    body = {"principalId": sara["id"], "roleDefinitionId": READERS, "directoryScopeId": "/"}
    made = graph.made(ASSIGNMENTS, body)
    found = graph.value(f"{ASSIGNMENTS}?$filter=principalId eq '{sara['id']}'")
    assert [each["id"] for each in found] == [made["id"]]
    (expanded,) = graph.value(f"{ASSIGNMENTS}?$filter=roleDefinitionId eq '{READERS}'&$expand=principal")
    assert expanded["principal"]["userPrincipalName"] == sara["userPrincipalName"]
    members = graph.value(f"/directoryRoles(roleTemplateId='{READERS}')/members")
    assert [each["id"] for each in members] == [sara["id"]]
    assert error(graph("POST", ASSIGNMENTS, body)) == (400, "Request_BadRequest")
    assert graph("DELETE", f"{ASSIGNMENTS}/{made['id']}").status_code == 204
    assert error(graph("GET", f"{ASSIGNMENTS}/{made['id']}")) == (404, "Request_ResourceNotFound")


def test_the_last_global_administrator_stays(graph: Graph) -> None:
    (admin,) = graph.value(f"{ASSIGNMENTS}?$filter=roleDefinitionId eq '{ROLE_IDS['Global Administrator']}'")
    answer = graph("DELETE", f"{ASSIGNMENTS}/{admin['id']}")
    assert error(answer) == (400, "Request_BadRequest")
    assert "last Global Administrator" in answer.json()["error"]["message"]


def test_a_group_must_be_made_for_roles(graph: Graph) -> None:
    plain = graph.made("/groups", new_group("Plain"))
    made_for_it = graph.made("/groups", new_group("Readers", isAssignableToRole=True))
    body = {"roleDefinitionId": READERS, "directoryScopeId": "/"}
    assert error(graph("POST", ASSIGNMENTS, body | {"principalId": plain["id"]})) == (400, "Request_BadRequest")
    assert graph("POST", ASSIGNMENTS, body | {"principalId": made_for_it["id"]}).status_code == 201


def test_definitions_are_found_by_name(graph: Graph) -> None:
    path = "/roleManagement/directory/roleDefinitions"
    (found,) = graph.value(f"{path}?$filter=displayName eq 'Helpdesk Administrator'")
    assert found["id"] == found["templateId"] == ROLE_IDS["Helpdesk Administrator"]
    assert graph("GET", f"{path}/{READERS}").json()["isBuiltIn"] is True
    assert error(graph("GET", f"{path}/00000000-0000-0000-0000-000000000009")) == (404, "Request_ResourceNotFound")
