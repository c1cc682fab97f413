"""Seeds: what they may say, what comes of them, and what they say when something is wrong."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from simulator_client import ARM, CONTROL, SIGN_IN, Client

from cspctl.simulator import Simulator
from cspctl.simulator.seed import SeedError, spelt

GRAPH = "https://graph.microsoft.com"
NETWORK = {
    "type": "Microsoft.Network/virtualNetworks",
    "name": "hub",
    "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}},
}
APP = {
    "type": "Microsoft.Network/virtualNetworks/subnets",
    "name": "hub/app",
    "properties": {"addressPrefix": "10.0.2.0/24"},
}
GROUP = {"name": "network", "location": "westus", "tags": {"team": "net"}, "resources": [NETWORK, APP]}
HELPDESK = "helpdesk@seedcsp.onmicrosoft.com"
SEED: dict[str, Any] = {
    "account": {"country": "DE"},
    "tenants": [{"domain": "elsewhere.onmicrosoft.com"}],
    "customers": [
        {
            "domain": "seedcsp.onmicrosoft.com",
            "companyName": "Seed",
            "users": [{"userPrincipalName": HELPDESK, "directoryRoles": ["Helpdesk Administrator"]}],
            "groups": [{"displayName": "Network team", "members": [HELPDESK]}],
            "subscriptions": [
                {
                    "name": "production",
                    "tags": {"stage": "production"},
                    "providers": ["Microsoft.Compute"],
                    "resourceGroups": [GROUP],
                    "roleAssignments": [
                        {"role": "Reader", "principal": HELPDESK, "scope": "resourceGroups/network"},
                        {"role": "Network Contributor", "principal": "Network team"},
                    ],
                },
                {"name": "test"},
            ],
            "applications": [{"name": "automation", "role": "Reader", "subscription": "test"}],
        },
        {"domain": "theirs.onmicrosoft.com", "existing": True, "azurePlan": False},
    ],
    "people": [{"act": "own-subscription", "tenant": "theirs.onmicrosoft.com", "name": "their own"}],
}


@pytest.fixture
def made(simulator: Simulator) -> dict[str, Any]:
    made = simulator.seed(SEED)
    assert made is not None
    return made


def listed(client: Client, tenant: str, path: str, version: str) -> list[dict[str, Any]]:
    answer = client.arm("GET", f"{path}?api-version={version}", tenant=tenant)
    assert answer.status_code == 200, answer.text
    return answer.json()["value"]  # type: ignore[no-any-return]


def test_a_seed_is_there_as_if_clients_had_made_it(client: Client, made: dict[str, Any]) -> None:
    customer, theirs = made["customers"]
    tenant, (production, test) = customer["tenantId"], customer["subscriptions"]
    found = {each["displayName"]: each for each in listed(client, tenant, "/subscriptions", "2022-12-01")}
    assert {name: each["subscriptionId"] for name, each in found.items()} == {
        "production": production["id"],
        "test": test["id"],
    }
    assert found["production"]["tags"] == {"stage": "production"}
    path = f"/subscriptions/{production['id']}/resourceGroups/network"
    (hub,) = listed(client, tenant, f"{path}/providers/Microsoft.Network/virtualNetworks", "2024-05-01")
    assert (hub["location"], hub["properties"]["provisioningState"]) == ("westus", "Succeeded")
    assert [each["name"] for each in hub["properties"]["subnets"]] == ["app"]
    assert theirs["subscriptions"] == []
    assert {each["companyProfile"]["domain"] for each in client.pc("GET", "/v1/customers").json()["items"]} == {
        "seedcsp.onmicrosoft.com",
        "theirs.onmicrosoft.com",
    }


def test_people_and_their_roles(client: Client, made: dict[str, Any]) -> None:
    tenant, subscription = made["customers"][0]["tenantId"], made["customers"][0]["subscriptions"][0]["id"]
    users = client.pc("GET", f"/v1/customers/{tenant}/users").json()["items"]
    (helpdesk,) = [each for each in users if each["userPrincipalName"] == HELPDESK]
    roles = client.pc("GET", f"/v1/customers/{tenant}/users/{helpdesk['id']}/directoryroles").json()["items"]
    assert len(roles) == 1
    path = f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleAssignments"
    assigned = listed(client, tenant, path, "2022-04-01")
    mine = [each["properties"] for each in assigned if each["properties"]["principalId"] == helpdesk["id"]]
    assert [each["scope"].rpartition("/")[2] for each in mine] == ["network"]
    assert "Group" in {each["properties"]["principalType"] for each in assigned}
    token = {"Authorization": f"Bearer {client.token(GRAPH, tenant)}"}
    groups = client.http.get(f"{GRAPH}/v1.0/groups?$filter=displayName eq 'Network team'", headers=token).json()[
        "value"
    ]
    members = client.http.get(f"{GRAPH}/v1.0/groups/{groups[0]['id']}/members", headers=token).json()["value"]
    assert [each["id"] for each in members] == [helpdesk["id"]]


def test_an_application_signs_in_and_has_its_role_and_no_more(
    client: Client, simulator: Simulator, made: dict[str, Any]
) -> None:
    (application,) = simulator.credentials()["applications"]
    assert application == made["customers"][0]["applications"][0]
    form = {
        "grant_type": "client_credentials",
        "client_id": application["clientId"],
        "client_secret": application["clientSecret"],
        "scope": f"{ARM}/.default",
    }
    answer = client.http.post(f"{SIGN_IN}/{application['tenantId']}/oauth2/v2.0/token", data=form)
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    seen = client.http.get(f"{ARM}/subscriptions?api-version=2022-12-01", headers=headers).json()["value"]
    assert [each["displayName"] for each in seen] == ["test"]
    group = f"{ARM}/subscriptions/{application['subscriptionId']}/resourceGroups/new?api-version=2024-07-01"
    assert client.http.put(group, json={"location": "westus"}, headers=headers).status_code == 403


def test_its_time_is_the_clients_time_and_the_ledger_is_theirs(simulator: Simulator, made: dict[str, Any]) -> None:
    assert made
    assert simulator.ledger() == []
    assert abs(simulator.clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_one_that_runs_already_goes_forward(simulator: Simulator) -> None:
    before = simulator.clock.now()
    simulator.clock.sleep(7200)
    simulator.seed({"customers": [{"domain": "latecsp.onmicrosoft.com"}]})
    assert simulator.clock.now() - before >= timedelta(hours=2)


def test_the_same_seed_once(simulator: Simulator) -> None:
    seed = {"customers": [{"domain": "oncecsp.onmicrosoft.com", "azurePlan": False}]}
    assert simulator.seed(seed, once=True) is not None
    assert simulator.seed(seed, once=True) is None
    simulator.reset()
    assert simulator.seed(seed, once=True) is not None


# What is wrong -------------------------------------------------------------------------------------------


def changed(*path: Any, to: Any) -> dict[str, Any]:
    """Return the seed with another value at the path."""
    seed = copy.deepcopy(SEED)
    *steps, last = path
    inner: Any = seed
    for step in steps:
        inner = inner[step]
    inner[last] = to
    return seed


@pytest.mark.parametrize(
    ("seed", "place", "words"),
    [
        ([], "the seed", "an object"),
        ({"custommers": []}, "custommers", "there is no custommers here"),
        ({"customers": {}}, "customers", "a list"),
        ({"customers": [{}]}, "customers[0]", "domain is missing"),
        (changed("customers", 0, "companyName", to=7), "customers[0].companyName", "text"),
        (changed("customers", 1, "existing", to="yes"), "customers[1].existing", "true or false"),
        (changed("customers", 0, "applications", 0, "subscription", to="x"), "subscription", "no subscription x"),
        (changed("customers", 0, "azurePlan", to=False), "customers[0].azurePlan", "Azure plan"),
        (changed("customers", 0, "subscriptions", 0, "resourceGroups", 0, "location", to=None), "location", "text"),
    ],
)
def test_a_wrong_shape_is_noticed_before_anything_is_done(
    simulator: Simulator, seed: Any, place: str, words: str
) -> None:
    with pytest.raises(SeedError) as wrong:
        simulator.seed(seed)
    assert any(place in spelt(where) and words in reason for where, reason in wrong.value.problems), wrong.value
    assert simulator.profile
    with simulator.store.transaction() as tx:
        assert tx.all("customers") == []


@pytest.mark.parametrize(
    ("seed", "place", "words"),
    [
        (changed("customers", 0, "domain", to="contoso.onmicrosoft.com"), "customers[0].domain", "contoso"),
        (
            changed("customers", 0, "subscriptions", 0, "resourceGroups", 0, "resources", 0, "properties", to={}),
            "customers[0].subscriptions[0].resourceGroups[0].resources[0]",
            "answered 400",
        ),
        (
            changed("customers", 0, "subscriptions", 0, "resourceGroups", 0, "resources", 1, "name", to="hub"),
            "customers[0].subscriptions[0].resourceGroups[0].resources[1]",
            "as many parts",
        ),
        (changed("customers", 0, "users", 0, "directoryRoles", to=["Emperor"]), "customers[0].users[0]", "Emperor"),
        (changed("customers", 0, "groups", 0, "members", to=["nobody"]), "customers[0].groups[0]", "nobody"),
        (
            changed("customers", 0, "subscriptions", 0, "roleAssignments", 0, "role", to="Emperor"),
            "customers[0].subscriptions[0].roleAssignments[0]",
            "Emperor",
        ),
        (changed("people", 0, "act", to="dance"), "people[0]", "dance"),
    ],
)
def test_what_a_service_refuses_has_a_place_and_its_words(
    simulator: Simulator, seed: dict[str, Any], place: str, words: str
) -> None:
    with pytest.raises(SeedError) as wrong:
        simulator.seed(seed)
    ((where, reason),) = wrong.value.problems
    assert spelt(where) == place
    assert words in reason


def test_the_route_for_seeds(client: Client) -> None:
    answer = client.http.post(f"{CONTROL}/_simulator/seed", json=SEED)
    assert answer.status_code == 201, answer.text
    assert [each["domain"] for each in answer.json()["customers"]] == [
        "seedcsp.onmicrosoft.com",
        "theirs.onmicrosoft.com",
    ]
    again = client.http.post(f"{CONTROL}/_simulator/seed", json=SEED)
    assert (again.status_code, again.json()["error"]["code"]) == (400, "InvalidSeed")
    assert again.json()["error"]["details"][0]["target"] == "tenants[0]"
    assert client.http.post(f"{CONTROL}/_simulator/seed", content=b"{").status_code == 400
