"""Microsoft Graph: security groups, who is in them and who owns them."""

from __future__ import annotations

from typing import Any

import pytest
from graph_client import GRAPH, Graph, error, new_group, new_user, reference


def test_a_group_with_its_members_from_the_start(graph: Graph) -> None:
    sara = graph.made("/users", new_user())
    bound = {"members@odata.bind": [f"{GRAPH}/v1.0/directoryObjects/{sara['id']}"]}
    made = graph.made("/groups", new_group(description="Who may touch networks", **bound))
    assert (made["displayName"], made["securityEnabled"], made["groupTypes"]) == ("Network operators", True, [])
    (member,) = graph.value(f"/groups/{made['id']}/members")
    assert (member["@odata.type"], member["id"]) == ("#microsoft.graph.user", sara["id"])
    assert graph.value(f"/users/{sara['id']}/memberOf")[0]["id"] == made["id"]


def test_a_new_group_takes_a_moment(graph: Graph) -> None:
    made = graph("POST", "/groups", new_group()).json()
    assert error(graph("GET", f"/groups/{made['id']}")) == (404, "Request_ResourceNotFound")
    graph.client.simulator.clock.sleep(10)
    assert graph("GET", f"/groups/{made['id']}").json()["displayName"] == "Network operators"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mailNickname": ""}, "A value is required for property 'mailNickname' of resource 'Group'."),
        ({"mailNickname": "with blank"}, "Invalid value specified for property 'mailNickname' of resource 'Group'."),
        ({"mailEnabled": True}, "does not currently support writes of mail-enabled groups"),
        ({"securityEnabled": False}, "does not currently support writes of mail-enabled groups"),
        ({"displayName": "x" * 257}, "Invalid value specified for property 'displayName' of resource 'Group'."),
        ({"colour": "blue"}, "Property 'colour' does not exist"),
        ({"owners@odata.bind": ["nobody"]}, "invalid reference"),
    ],
)
def test_what_is_no_group_is_refused(graph: Graph, changes: dict[str, Any], said: str) -> None:
    answer = graph("POST", "/groups", new_group(**changes))
    assert error(answer) == (400, "Request_BadRequest")
    assert said in answer.json()["error"]["message"]


def test_members_come_and_go_one_by_one(graph: Graph) -> None:
    group, sara = graph.made("/groups", new_group()), graph.made("/users", new_user())
    path = f"/groups/{group['id']}/members"
    assert graph("POST", f"{path}/$ref", reference(sara["id"])).status_code == 204
    again = graph("POST", f"{path}/$ref", reference(sara["id"]))
    assert error(again) == (400, "Request_BadRequest")
    assert "references already exist" in again.json()["error"]["message"]
    missing = "00000000-0000-0000-0000-000000000009"
    assert error(graph("POST", f"{path}/$ref", reference(missing))) == (404, "Request_ResourceNotFound")
    assert graph("DELETE", f"{path}/{sara['id']}/$ref").status_code == 204
    assert error(graph("DELETE", f"{path}/{sara['id']}/$ref")) == (404, "Request_ResourceNotFound")
    assert graph.value(path) == []
    assert graph("GET", f"/users/{sara['id']}").status_code == 200


def test_groups_within_groups(graph: Graph) -> None:
    inner, outer = graph.made("/groups", new_group("Inner")), graph.made("/groups", new_group("Outer"))
    sara = graph.made("/users", new_user())
    graph("POST", f"/groups/{inner['id']}/members/$ref", reference(sara["id"]))
    graph("POST", f"/groups/{outer['id']}/members/$ref", reference(inner["id"]))
    assert [each["id"] for each in graph.value(f"/groups/{outer['id']}/members")] == [inner["id"]]
    deep = {each["id"] for each in graph.value(f"/groups/{outer['id']}/transitiveMembers")}
    assert deep == {inner["id"], sara["id"]}
    found = graph("POST", f"/users/{sara['id']}/getMemberGroups", {"securityEnabledOnly": True}).json()["value"]
    assert set(found) == {inner["id"], outer["id"]}
    checked = graph("POST", f"/users/{sara['userPrincipalName']}/checkMemberGroups", {"groupIds": [outer["id"], "x"]})
    assert checked.json()["value"] == [outer["id"]]
    assert graph.value(f"/groups/{outer['id']}/members/microsoft.graph.user") == []


def test_an_update_leaves_members_alone_and_deletion_is_for_good(graph: Graph) -> None:
    sara = graph.made("/users", new_user())
    bound = {"members@odata.bind": [f"{GRAPH}/v1.0/users/{sara['id']}"]}
    group = graph.made("/groups", new_group(**bound))
    assert graph("PATCH", f"/groups/{group['id']}", {"displayName": "Operators"}).status_code == 204
    found = graph("GET", f"/groups/{group['id']}?$expand=members").json()
    assert (found["displayName"], found["members"][0]["id"]) == ("Operators", sara["id"])
    assert error(graph("PATCH", f"/groups/{group['id']}", {"isAssignableToRole": True})) == (400, "Request_BadRequest")
    assert graph("DELETE", f"/groups/{group['id']}").status_code == 204
    assert error(graph("GET", f"/groups/{group['id']}")) == (404, "Request_ResourceNotFound")
    assert graph.value("/directory/deletedItems/microsoft.graph.group") == []


def test_a_microsoft_365_group_can_be_restored(graph: Graph) -> None:
    unified = {"groupTypes": ["Unified"], "mailEnabled": True, "securityEnabled": False}
    group = graph.made("/groups", new_group("Everybody", **unified))
    graph("DELETE", f"/groups/{group['id']}")
    assert graph.value("/directory/deletedItems/microsoft.graph.group")[0]["id"] == group["id"]
    assert graph("POST", f"/directory/deletedItems/{group['id']}/restore").status_code == 200
    assert graph("GET", f"/groups/{group['id']}").status_code == 200


def test_the_partners_person_owns_what_it_makes_at_home(partner: Graph) -> None:
    me = partner("GET", "/me").json()
    group = partner.made("/groups", new_group("Azure managers"))
    path = f"/groups/{group['id']}/owners"
    assert [each["id"] for each in partner.value(path)] == [me["id"]]
    last = partner("DELETE", f"{path}/{me['id']}/$ref")
    assert "at least one owner" in last.json()["error"]["message"]
    (agents,) = partner.value("/groups?$filter=displayName eq 'AdminAgents'")
    assert agents["id"] in [each["id"] for each in partner.value("/me/memberOf?$select=id")]
    # A member of the directory may make groups, but not lead those of others.
    assert error(partner("PATCH", f"/groups/{agents['id']}", {"description": "x"})) == (
        403,
        "Authorization_RequestDenied",
    )
