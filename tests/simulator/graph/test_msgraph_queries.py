"""Microsoft Graph: what $filter, $select, $top and $count do, and what every answer has."""

from __future__ import annotations

from typing import Any

import pytest
from graph_client import Graph, error, new_group, new_user

EVENTUAL = {"ConsistencyLevel": "eventual"}


@pytest.fixture
def people(graph: Graph) -> Graph:
    for name in ("anna", "bert", "carl"):
        graph.made("/users", new_user(name, department="Sales" if name != "carl" else "IT"))
    return graph


@pytest.mark.parametrize(
    ("filter", "names"),
    [
        ("displayName eq 'Anna'", ["anna"]),
        ("displayname EQ 'anna'", ["anna"]),
        ("startswith(userPrincipalName,'b')", ["bert"]),
        ("userPrincipalName eq 'CARL@fourthcoffeecsp.onmicrosoft.com'", ["carl"]),
        ("department eq 'Sales' and not (displayName eq 'Anna')", ["bert"]),
        ("displayName in ('Anna', 'Carl')", ["anna", "carl"]),
        ("(department eq 'IT' or displayName eq 'Bert') and accountEnabled eq true", ["bert", "carl"]),
        ("mailNickname eq 'o''neill'", []),
        ("department ne 'Sales' and department ne null", ["carl"]),
        ("endswith(mailNickname,'rl')", ["carl"]),
    ],
)
def test_filters_find_people(people: Graph, filter: str, names: list[str]) -> None:
    found = people.value(f"/users?$count=true&$filter={filter}", **EVENTUAL)
    assert sorted(each["userPrincipalName"].partition("@")[0] for each in found) == names


def test_groups_are_filtered_by_what_is_in_a_list(graph: Graph) -> None:
    graph.made("/groups", new_group("Plain"))
    graph.made("/groups", new_group("Team", groupTypes=["Unified"], mailEnabled=True, securityEnabled=False))
    found = graph.value("/groups?$filter=groupTypes/any(c:c eq 'Unified')")
    assert [each["displayName"] for each in found] == ["Team"]
    found = graph.value("/groups?$filter=mailNickname eq 'plain' and securityEnabled eq true&$select=id,displayName")
    assert [set(each) for each in found] == [{"id", "displayName"}]


@pytest.mark.parametrize(
    ("query", "code", "said"),
    [
        ("$filter=colour eq 'blue'", "BadRequest", "Could not find a property named 'colour'"),
        ("$filter=displayName like 'A'", "BadRequest", "Invalid filter clause"),
        ("$filter=displayName eq", "BadRequest", "Invalid filter clause"),
        ("$filter=displayName eq 'A' displayName", "BadRequest", "Invalid filter clause"),
        ("$filter=contains(displayName,'A')", "Request_UnsupportedQuery", "invalid query filter clause"),
        ("$filter=displayName ne 'A'", "Request_UnsupportedQuery", "ConsistencyLevel:eventual"),
        ("$select=colour", "BadRequest", "Could not find a property named 'colour'"),
        ("$top=1000", "Request_UnsupportedQuery", "Invalid page size specified: '1000'."),
        ("$top=0", "Request_UnsupportedQuery", "Must be between 1 and 999 inclusive."),
        ('$search="displayName:A"', "Request_UnsupportedQuery", "ConsistencyLevel"),
        ("$skiptoken=rubbish", "Directory_ExpiredPageToken", "page token"),
    ],
)
def test_what_cannot_be_asked_is_told(graph: Graph, query: str, code: str, said: str) -> None:
    answer = graph("GET", f"/users?{query}")
    assert error(answer) == (400, code)
    assert said in answer.json()["error"]["message"]


def test_pages_lead_to_the_end(people: Graph) -> None:
    seen: list[str] = []
    url, pages = "/users?$top=2&$select=userPrincipalName&$filter=accountEnabled eq true", 0
    while url:
        body = people("GET", url).json()
        seen += [each["userPrincipalName"] for each in body["value"]]
        url, pages = body.get("@odata.nextLink", ""), pages + 1
        assert "$skiptoken=" in url or not url
    assert (len(seen), len(set(seen)), pages) == (4, 4, 2)


def test_counting(people: Graph) -> None:
    body = people("GET", "/users?$count=true&$top=1", **EVENTUAL).json()
    assert (body["@odata.count"], len(body["value"])) == (4, 1)
    answer = people("GET", "/users/$count", **EVENTUAL)
    assert (answer.text, answer.headers["Content-Type"]) == ("4", "text/plain")
    assert error(people("GET", "/users/$count")) == (400, "Request_BadRequest")


def test_every_answer_has_ids_and_a_refusal_repeats_them(graph: Graph) -> None:
    asked = "11111111-2222-3333-4444-555555555555"
    answer = graph("GET", "/users", client_request_id=asked)
    assert answer.headers["client-request-id"] == asked
    assert answer.headers["OData-Version"] == "4.0"
    refusal = graph("GET", "/users/nobody", client_request_id=asked)
    inner = refusal.json()["error"]["innerError"]
    assert inner["client-request-id"] == asked
    assert inner["request-id"] == refusal.headers["request-id"]
    assert inner["date"]


def test_both_versions_answer_and_what_is_not_simulated_says_so(graph: Graph) -> None:
    beta: Any = graph("GET", "https://graph.microsoft.com/beta/organization").json()
    assert beta["@odata.context"].startswith("https://graph.microsoft.com/beta/")
    answer = graph("GET", "/teams")
    assert error(answer) == (501, "NotImplementedBySimulator")
    assert "/v1.0/teams" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "path", ["/users/delta", "/directory/deletedItems/microsoft.graph.application", "/users?$expand=manager"]
)
def test_what_looks_like_something_known_is_not_pretended(graph: Graph, path: str) -> None:
    assert error(graph("GET", path)) == (501, "NotImplementedBySimulator")


def test_the_beta_version_answers_all_properties(graph: Graph) -> None:
    (user,) = graph("GET", "https://graph.microsoft.com/beta/users").json()["value"]
    assert user["accountEnabled"] is True
    assert "accountEnabled" not in graph.value("/users")[0]


def test_a_batch_has_an_outcome_for_each_request(graph: Graph) -> None:
    steps: list[dict[str, Any]] = [
        {"id": "1", "method": "GET", "url": "/users?$select=id&$top=1"},
        {"id": "2", "method": "GET", "url": "/users/nobody"},
        {"id": "3", "method": "POST", "url": "/groups", "body": new_group()},
        {"id": "4", "method": "GET", "url": "/organization", "dependsOn": ["2"]},
        {"id": "5", "method": "GET", "url": "/teams"},
        {"id": "6", "method": "GET", "url": "/users/$count", "headers": {"ConsistencyLevel": "eventual"}},
    ]
    answer = graph("POST", "/$batch", {"requests": steps})
    found = {each["id"]: each for each in answer.json()["responses"]}
    assert [found[id]["status"] for id in "123456"] == [200, 404, 201, 424, 501, 200]
    assert len(found["1"]["body"]["value"]) == 1
    assert found["2"]["body"]["error"]["code"] == "Request_ResourceNotFound"
    assert found["6"]["body"] == "1"
    for wrong in ([], steps * 4, [{"method": "GET", "url": "/users"}]):
        assert graph("POST", "/$batch", {"requests": wrong}).status_code == 400


def test_no_json_is_no_request(graph: Graph) -> None:
    headers = {"Authorization": f"Bearer {graph.token}", "Content-Type": "application/json"}
    url = "https://graph.microsoft.com/v1.0/groups"
    answer = graph.client.http.post(url, content=b"{not json", headers=headers)
    assert error(answer) == (400, "BadRequest")
    assert error(graph("POST", "/groups")) == (400, "BadRequest")
