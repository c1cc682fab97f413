"""Microsoft Graph: delegated administration relationships (GDAP), from the draft to the end."""

from __future__ import annotations

from typing import Any

import pytest
from graph_client import GRAPH, ROLE_IDS, Graph, consent_to_graph, error, new_group, new_user, reference
from simulator_client import Client, new_customer

ROOT = "/tenantRelationships/delegatedAdminRelationships"
READERS, USERS = ROLE_IDS["Directory Readers"], ROLE_IDS["User Administrator"]
DAY = 86400


def draft(*roles: str, **changes: Any) -> dict[str, Any]:
    details = {"unifiedRoles": [{"roleDefinitionId": each} for each in roles or (READERS, USERS)]}
    return {"displayName": "Fourth Coffee admins", "duration": "P730D", "accessDetails": details, **changes}


def at_home(client: Client) -> Graph:
    return Graph(client, client.token(GRAPH))


@pytest.fixture
def tenant(client: Client) -> str:
    """Give a customer that has delegated nothing."""
    customer = client.people("existing-tenant", domain="fourthcoffee.com")["id"]
    client.people("accept-invitation", tenant=customer, delegated=False)
    return str(customer)


def active(client: Client, tenant: str, *roles: str, **changes: Any) -> dict[str, Any]:
    """Bring a relationship to life, the customer's administrator agreeing."""
    partner = at_home(client)
    made = partner("POST", ROOT, draft(*roles, customer={"tenantId": tenant}, **changes)).json()
    assert partner("POST", f"{ROOT}/{made['id']}/requests", {"action": "lockForApproval"}).status_code == 201
    client.people("approve-delegation", relationship=made["id"])
    client.simulator.clock.sleep(30)
    found: dict[str, Any] = partner("GET", f"{ROOT}/{made['id']}").json()
    assert found["status"] == "active"
    return found


def assigned(client: Client, relationship: dict[str, Any], group: str, *roles: str) -> dict[str, Any]:
    """Give roles of the relationship to a group, and wait until it has them."""
    details = {"unifiedRoles": [{"roleDefinitionId": each} for each in roles]}
    container = {"accessContainerId": group, "accessContainerType": "securityGroup"}
    body = {"accessContainer": container, "accessDetails": details}
    answer = at_home(client)("POST", f"{ROOT}/{relationship['id']}/accessAssignments", body)
    assert (answer.status_code, answer.json().get("status")) == (201, "pending"), answer.text
    client.simulator.clock.sleep(30)
    return answer.json()  # type: ignore[no-any-return]


def test_a_new_customer_comes_with_microsofts_default(client: Client) -> None:
    customer = client.customer()
    (found,) = at_home(client).value(ROOT)
    assert (found["status"], found["customer"]["tenantId"]) == ("active", customer)
    roles = {each["roleDefinitionId"] for each in found["accessDetails"]["unifiedRoles"]}
    assert {READERS, USERS} <= roles
    assert ROLE_IDS["Global Administrator"] not in roles
    assert found["endDateTime"] > found["activatedDateTime"]
    (known,) = at_home(client).value("/tenantRelationships/delegatedAdminCustomers")
    assert (known["tenantId"], known["displayName"]) == (customer, "Fourth Coffee")


def test_an_account_may_have_to_assign_the_default_itself(client: Client) -> None:
    client.simulator.account(defaultAccessAssignments=False)
    customer = client.customer()
    path = f"/v1/customers/{customer}/users"
    assert client.pc("GET", path).status_code == 403
    partner = at_home(client)
    (found,) = partner.value(ROOT)
    assert partner.value(f"{ROOT}/{found['id']}/accessAssignments") == []
    (agents,) = partner.value("/groups?$filter=displayName eq 'AdminAgents'")
    assigned(client, found, agents["id"], READERS)
    assert client.pc("GET", path).status_code == 200


def test_the_default_can_be_declined(client: Client) -> None:
    answer = client.pc("POST", "/v1/customers", new_customer() | {"enableGDAPByDefault": False})
    assert answer.json()["allowDelegatedAccess"] is False
    assert at_home(client).value(ROOT) == []
    client.simulator.clock.sleep(91)
    path = f"/v1/customers/{answer.json()['id']}"
    assert client.pc("GET", path).json()["allowDelegatedAccess"] is False
    refused = client.pc("GET", f"{path}/users")
    assert (refused.status_code, refused.json()["code"]) == (403, 2032)


def test_a_relationship_begins_as_a_draft_that_can_be_changed_and_thrown_away(client: Client) -> None:
    partner = at_home(client)
    answer = partner("POST", ROOT, draft())
    made = answer.json()
    assert answer.headers["Location"] == f"{GRAPH}/v1.0{ROOT}/{made['id']}"
    assert (made["status"], made["autoExtendDuration"], made["activatedDateTime"]) == ("created", "PT0S", None)
    assert made["id"].endswith(client.tenant)
    path = f"{ROOT}/{made['id']}"
    assert error(partner("PATCH", path, {"duration": "P31D"})) == (428, "preconditionRequired")
    stale = partner("PATCH", path, {"duration": "P31D"}, If_Match='W/"other"')
    assert error(stale) == (412, "preconditionFailed")
    changed = partner("PATCH", path, {"duration": "P31D"}, If_Match=made["@odata.etag"])
    assert (changed.status_code, changed.json()["duration"]) == (200, "P31D")
    assert error(partner("DELETE", path, If_Match=made["@odata.etag"])) == (412, "preconditionFailed")
    assert partner("DELETE", path, If_Match=changed.json()["@odata.etag"]).status_code == 204
    assert error(partner("GET", path)) == (404, "notFound")


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"displayName": "x" * 51}, 400),
        ({"displayName": ""}, 400),
        ({"duration": "P731D"}, 400),
        ({"duration": "PT1H"}, 400),
        ({"duration": "P"}, 400),
        ({"accessDetails": {"unifiedRoles": []}}, 400),
        ({"accessDetails": {"unifiedRoles": [{"roleDefinitionId": "00000000-0000-0000-0000-000000000009"}]}}, 400),
        ({"customer": {"tenantId": "nobody"}}, 400),
        ({"autoExtendDuration": "P90D"}, 400),
        ({"displayName": "fourth coffee ADMINS"}, 409),
    ],
)
def test_impossible_relationships_are_refused(client: Client, changes: dict[str, Any], status: int) -> None:
    partner = at_home(client)
    partner("POST", ROOT, draft())
    body = draft() | {"displayName": "Another"} | changes
    assert partner("POST", ROOT, body).status_code == status
    assert len(partner.value(ROOT)) == 1


def test_the_global_administrators_role_is_not_extended_for_ever(client: Client) -> None:
    roles = (READERS, ROLE_IDS["Global Administrator"])
    answer = at_home(client)("POST", ROOT, draft(*roles, autoExtendDuration="P180D"))
    assert error(answer) == (400, "badRequest")


def test_the_customer_approves_and_the_relationship_comes_to_life(client: Client, tenant: str) -> None:
    partner = at_home(client)
    made = partner("POST", ROOT, draft(customer={"tenantId": tenant})).json()
    path = f"{ROOT}/{made['id']}"
    locked = partner("POST", f"{path}/requests", {"action": "lockForApproval"})
    assert locked.headers["Location"].endswith(locked.json()["id"])
    found = partner("GET", path).json()
    assert found["status"] == "approvalPending"
    assert error(partner("PATCH", path, {"duration": "P1D"}, If_Match=found["@odata.etag"])) == (400, "badRequest")
    assert error(partner("DELETE", path, If_Match=found["@odata.etag"])) == (400, "badRequest")
    client.people("approve-delegation", relationship=made["id"])
    seen = []
    for _ in range(4):
        seen.append(partner("GET", path).json()["status"])
        client.simulator.clock.sleep(8)
    assert seen == ["approved", "activating", "activating", "active"]
    assert [each["status"] for each in partner.value(f"{path}/requests")] == ["succeeded"]
    assert client.pc("GET", f"/v1/customers/{tenant}").json()["allowDelegatedAccess"] is True


def test_an_unanswered_request_lapses(client: Client, tenant: str) -> None:
    made = at_home(client)("POST", ROOT, draft(customer={"tenantId": tenant})).json()
    at_home(client)("POST", f"{ROOT}/{made['id']}/requests", {"action": "lockForApproval"})
    client.simulator.clock.sleep(91 * DAY)
    assert Graph.of_new_agent(client)("GET", f"{ROOT}/{made['id']}").json()["status"] == "expired"
    answer = client.http.post(
        "http://simulator/_simulator/people/approve-delegation", json={"relationship": made["id"]}
    )
    assert answer.status_code == 400


def test_roles_count_once_a_group_of_the_caller_has_them(client: Client, tenant: str) -> None:
    found = active(client, tenant)
    path = f"/v1/customers/{tenant}/users"
    assert client.pc("GET", path).status_code == 403
    partner = at_home(client)
    group = partner.made("/groups", new_group("Helpers"))
    made = assigned(client, found, group["id"], READERS)
    assert client.pc("GET", path).status_code == 403
    me = partner("GET", "/me").json()
    partner("POST", f"/groups/{group['id']}/members/$ref", reference(me["id"]))
    assert client.pc("GET", path).status_code == 200
    assert client.pc("POST", path, {}).status_code == 403
    here = f"{ROOT}/{found['id']}/accessAssignments/{made['id']}"
    etag = partner("GET", here).json()["@odata.etag"]
    assert partner("DELETE", here, If_Match=etag).status_code == 204
    assert client.pc("GET", path).status_code == 403


def test_an_assignment_is_replaced_as_a_whole(client: Client, tenant: str) -> None:
    found, partner = active(client, tenant), at_home(client)
    (agents,) = partner.value("/groups?$filter=displayName eq 'AdminAgents'")
    made = assigned(client, found, agents["id"], READERS)
    path = f"{ROOT}/{found['id']}/accessAssignments/{made['id']}"
    current = partner("GET", path).json()
    same = {"accessDetails": current["accessDetails"]}
    assert current["status"] == "active"
    assert partner("PATCH", path, same, If_Match=current["@odata.etag"]).status_code == 200
    wider = {"accessDetails": {"unifiedRoles": [{"roleDefinitionId": USERS}]}}
    answer = partner("PATCH", path, wider, If_Match=current["@odata.etag"])
    assert (answer.status_code, answer.headers["Retry-After"]) == (202, "10")
    assert partner("GET", answer.headers["Location"]).json()["status"] == "running"
    client.simulator.clock.sleep(30)
    assert partner("GET", answer.headers["Location"]).json()["status"] == "succeeded"
    foreign = {"accessDetails": {"unifiedRoles": [{"roleDefinitionId": ROLE_IDS["Exchange Administrator"]}]}}
    etag = partner("GET", path).json()["@odata.etag"]
    assert error(partner("PATCH", path, foreign, If_Match=etag)) == (400, "badRequest")


def test_an_active_relationship_ends_with_its_time_unless_it_is_extended(client: Client, tenant: str) -> None:
    found = active(client, tenant, READERS, duration="P30D")
    partner = at_home(client)
    extended = partner("PATCH", f"{ROOT}/{found['id']}", {"autoExtendDuration": "P180D"}, If_Match=found["@odata.etag"])
    assert extended.json()["autoExtendDuration"] == "P180D"
    assert error(
        partner("PATCH", f"{ROOT}/{found['id']}", {"duration": "P1D"}, If_Match=extended.json()["@odata.etag"])
    ) == (400, "badRequest")
    client.simulator.clock.sleep(31 * DAY)
    now = at_home(client)("GET", f"{ROOT}/{found['id']}").json()
    assert (now["status"], now["endDateTime"] > found["endDateTime"]) == ("active", True)
    path = f"{ROOT}/{found['id']}"
    at_home(client)("PATCH", path, {"autoExtendDuration": "PT0S"}, If_Match=now["@odata.etag"])
    client.simulator.clock.sleep(180 * DAY)
    assert Graph.of_new_agent(client)("GET", path).json()["status"] == "expired"
    assert client.pc("GET", f"/v1/customers/{tenant}", app=True).json()["allowDelegatedAccess"] is False


def test_the_global_administrators_role_can_be_dropped_while_active(client: Client, tenant: str) -> None:
    found = active(client, tenant, READERS, ROLE_IDS["Global Administrator"])
    answer = at_home(client)("PATCH", f"{ROOT}/{found['id']}", draft(READERS), If_Match=found["@odata.etag"])
    assert answer.status_code == 202
    now = at_home(client)("GET", f"{ROOT}/{found['id']}").json()
    assert now["accessDetails"]["unifiedRoles"] == [{"roleDefinitionId": READERS}]


def test_termination_takes_the_rights_at_once(client: Client) -> None:
    customer = client.customer()
    consent_to_graph(client, customer)
    graph, partner = Graph(client, client.token(GRAPH, customer)), at_home(client)
    (found,) = partner.value(ROOT)
    assert graph("POST", "/users", new_user()).status_code == 201
    partner("POST", f"{ROOT}/{found['id']}/requests", {"action": "terminate"})
    assert partner("GET", f"{ROOT}/{found['id']}").json()["status"] == "terminationRequested"
    assert error(graph("GET", "/users")) == (403, "Authorization_RequestDenied")
    client.simulator.clock.sleep(30)
    assert partner("GET", f"{ROOT}/{found['id']}").json()["status"] == "terminated"
    assert partner.value("/tenantRelationships/delegatedAdminCustomers") == []


def test_who_is_no_agent_sees_nothing_and_is_not_told_why(client: Client) -> None:
    client.customer()
    outsider = client.people("sign-in-agent", agent=False)["refreshToken"]
    graph = Graph(client, client.token(GRAPH, refresh_token=outsider))
    assert graph.value(ROOT) == []
    assert error(graph("POST", ROOT, draft())) == (403, "Authorization_RequestDenied")


def test_relationships_are_filtered_and_paged(client: Client) -> None:
    partner = at_home(client)
    for number in range(3):
        partner("POST", ROOT, draft(displayName=f"Draft {number}"))
        client.simulator.clock.sleep(1)
    assert len(partner.value(f"{ROOT}?$filter=status eq 'created'")) == 3
    assert partner.value(f"{ROOT}?$filter=status eq 'active'") == []
    body = partner("GET", f"{ROOT}?$top=2").json()
    assert len(body["value"]) == 2
    assert len(partner("GET", body["@odata.nextLink"]).json()["value"]) == 1
    assert partner("GET", f"{ROOT}?$top=301").status_code == 400
