"""Microsoft Graph: users, from their creation to their restoration, as the directory and Partner Center see them."""

from __future__ import annotations

from typing import Any

import pytest
from graph_client import GRAPH, Graph, error, new_password, new_user
from simulator_client import Client


def test_a_new_user_takes_a_moment_to_be_known_everywhere(graph: Graph, customer: str) -> None:
    answer = graph("POST", "/users", new_user(usageLocation="US", givenName="Sara"))
    body = answer.json()
    assert answer.status_code == 201
    assert body["@odata.context"] == f"{GRAPH}/v1.0/$metadata#users/$entity"
    assert answer.headers["Location"].startswith(f"{GRAPH}/v2/{customer}/directoryObjects/{body['id']}")
    assert error(graph("GET", f"/users/{body['id']}")) == (404, "Request_ResourceNotFound")
    graph.client.simulator.clock.sleep(10)
    found = graph("GET", f"/users/{body['userPrincipalName'].upper()}").json()
    assert (found["id"], found["givenName"]) == (body["id"], "Sara")
    assert "usageLocation" not in found
    chosen = graph("GET", f"/users/{body['id']}?$select=usageLocation,accountEnabled").json()
    assert {key: value for key, value in chosen.items() if "@" not in key} == {
        "usageLocation": "US",
        "accountEnabled": True,
    }


def test_partner_center_and_graph_see_the_same_people(client: Client, graph: Graph, customer: str) -> None:
    made = graph.made("/users", new_user())
    found = client.pc("GET", f"/v1/customers/{customer}/users/{made['id']}").json()
    assert found["userPrincipalName"] == "sara@fourthcoffeecsp.onmicrosoft.com"
    names = [each["userPrincipalName"] for each in graph.value("/users")]
    assert sorted(names) == ["admin@fourthcoffeecsp.onmicrosoft.com", "sara@fourthcoffeecsp.onmicrosoft.com"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mailNickname": None}, "A value is required for property 'mailNickname' of resource 'User'."),
        ({"passwordProfile": None}, "A password must be specified to create a new user."),
        ({"passwordProfile": {"password": "simple"}}, "password complexity"),
        ({"usageLocation": "UK"}, "Invalid value specified for property 'usageLocation' of resource 'User'."),
        ({"userPrincipalName": "sara@contoso.com"}, "You must use one of the verified domain names"),
        ({"userPrincipalName": "sa ra@fourthcoffeecsp.onmicrosoft.com"}, "Property userPrincipalName is invalid."),
        ({"favouriteColour": "blue"}, "Property 'favouriteColour' does not exist"),
        ({"id": "x"}, "Property 'id' is read-only and cannot be set."),
        ({"accountEnabled": "yes"}, "Invalid value specified for property 'accountEnabled' of resource 'User'."),
    ],
)
def test_what_is_no_user_is_refused_in_graphs_words(graph: Graph, changes: dict[str, Any], said: str) -> None:
    answer = graph("POST", "/users", new_user(**changes))
    assert error(answer) == (400, "Request_BadRequest")
    assert said in answer.json()["error"]["message"]
    assert len(graph.value("/users")) == 1


def test_a_name_is_taken_whatever_its_case(graph: Graph) -> None:
    graph.made("/users", new_user())
    taken = new_user(userPrincipalName="SARA@FourthCoffeeCSP.onmicrosoft.com")
    body = graph("POST", "/users", taken).json()["error"]
    assert body["details"][0]["code"] == "ObjectConflict"
    assert body["details"][0]["target"] == "userPrincipalName"


def test_an_update_changes_what_it_names(graph: Graph) -> None:
    made = graph.made("/users", new_user(jobTitle="Barista", businessPhones=["+1 555 0100"]))
    renamed = "sara.davis@fourthcoffeecsp.onmicrosoft.com"
    answer = graph("PATCH", f"/users/{made['id']}", {"userPrincipalName": renamed, "department": "Sales"})
    assert (answer.status_code, answer.content) == (204, b"")
    found = graph("GET", f"/users/{renamed}?$select=id,department,jobTitle,businessPhones").json()
    assert (found["id"], found["department"], found["jobTitle"]) == (made["id"], "Sales", "Barista")
    assert found["businessPhones"] == ["+1 555 0100"]
    assert error(graph("GET", f"/users/{made['userPrincipalName']}")) == (404, "Request_ResourceNotFound")
    assert graph("PATCH", f"/users/{made['id']}", {"accountEnabled": False}).status_code == 204
    assert graph("GET", f"/users/{made['id']}?$select=accountEnabled").json()["accountEnabled"] is False


def test_a_deleted_user_can_be_restored_for_thirty_days(graph: Graph, customer: str) -> None:
    made = graph.made("/users", new_user())
    assert graph("DELETE", f"/users/{made['id']}").status_code == 204
    assert error(graph("GET", f"/users/{made['id']}")) == (404, "Request_ResourceNotFound")
    (deleted,) = graph.value("/directory/deletedItems/microsoft.graph.user")
    assert deleted["userPrincipalName"] == made["id"].replace("-", "") + made["userPrincipalName"]
    assert deleted["deletedDateTime"]
    restored = graph("POST", f"/directory/deletedItems/{made['id']}/restore")
    assert (restored.status_code, restored.json()["userPrincipalName"]) == (200, made["userPrincipalName"])
    assert graph("GET", f"/users/{made['id']}").status_code == 200
    graph("DELETE", f"/users/{made['id']}")
    graph.client.simulator.clock.sleep(31 * 86400)
    fresh = Graph.of_new_agent(graph.client, customer)
    assert error(fresh("POST", f"/directory/deletedItems/{made['id']}/restore")) == (404, "Request_ResourceNotFound")


def test_a_name_that_was_given_away_meanwhile_cannot_come_back(graph: Graph) -> None:
    first = graph.made("/users", new_user())
    graph("DELETE", f"/users/{first['id']}")
    graph.made("/users", new_user())
    answer = graph("POST", f"/directory/deletedItems/{first['id']}/restore")
    assert (error(answer), answer.json()["error"]["details"][0]["code"]) == (
        (400, "Request_BadRequest"),
        "ObjectConflict",
    )
    assert graph("DELETE", f"/directory/deletedItems/{first['id']}").status_code == 204
    assert graph.value("/directory/deletedItems/microsoft.graph.user") == []


def test_administrators_are_touched_by_the_highest_only(graph: Graph, client: Client, customer: str) -> None:
    (admin,) = graph.value("/users?$filter=startswith(userPrincipalName,'admin@')")
    sara = graph.made("/users", new_user())
    reset = {"passwordProfile": {"password": new_password()}}
    # The default delegation includes the Privileged Authentication Administrator.
    assert graph("PATCH", f"/users/{admin['id']}", reset).status_code == 204
    application = Graph.of_application(client, customer, "User.ReadWrite.All")
    assert application("PATCH", f"/users/{sara['id']}", reset).status_code == 204
    assert error(application("PATCH", f"/users/{admin['id']}", reset)) == (403, "Authorization_RequestDenied")
    assert error(application("DELETE", f"/users/{admin['id']}")) == (403, "Authorization_RequestDenied")
    assert application("PATCH", f"/users/{admin['id']}", {"jobTitle": "Owner"}).status_code == 204


def test_licences_need_a_location_a_subscription_and_a_seat(client: Client, graph: Graph, customer: str) -> None:
    made = graph.made("/users", new_user())
    sku = "f8a1db68-be16-40ed-86d5-cb42ce701560"
    wanted = {"addLicenses": [{"skuId": sku, "disabledPlans": []}], "removeLicenses": []}
    path = f"/users/{made['id']}/assignLicense"
    assert "usage location" in graph("POST", path, wanted).json()["error"]["message"]
    graph("PATCH", f"/users/{made['id']}", {"usageLocation": "US"})
    assert "valid company License" in graph("POST", path, wanted).json()["error"]["message"]
    client.people("buy-licences", tenant=customer, sku="POWER_BI_PRO", seats=1)
    (entry,) = graph.value("/subscribedSkus")
    assert (entry["skuPartNumber"], entry["prepaidUnits"]["enabled"], entry["consumedUnits"]) == ("POWER_BI_PRO", 1, 0)
    assert graph("POST", path, wanted).status_code == 200
    assert graph.value(f"/users/{made['id']}/licenseDetails")[0]["skuId"] == sku
    other = graph.made("/users", new_user("david", usageLocation="US"))
    answer = graph("POST", f"/users/{other['id']}/assignLicense", wanted)
    assert "does not have any available licenses" in answer.json()["error"]["message"]
    assert graph("POST", path, {"addLicenses": [], "removeLicenses": [sku]}).status_code == 200
    assert graph("POST", f"/users/{other['id']}/assignLicense", wanted).status_code == 200
