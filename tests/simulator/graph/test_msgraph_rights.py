"""Microsoft Graph: who may what: tokens, permissions, directory roles, delegation."""

from __future__ import annotations

from graph_client import GRAPH, ROLE_IDS, Graph, consent_to_graph, error, new_group, new_user
from simulator_client import ARM, Client


def test_a_token_of_another_service_opens_nothing(client: Client, customer: str) -> None:
    for token in (client.token(ARM), "rubbish", ""):
        answer = Graph(client, token)("GET", "/users")
        assert error(answer) == (401, "InvalidAuthenticationToken")
        assert "authorization_uri" in answer.headers["WWW-Authenticate"]
    answer = Graph(client, client.token(ARM))("GET", "/users")
    assert answer.json()["error"]["message"] == "Access token validation failure. Invalid audience."


def test_a_token_lives_an_hour(client: Client, graph: Graph) -> None:
    client.simulator.clock.sleep(3700)
    answer = graph("GET", "/users")
    assert answer.json()["error"]["message"] == "Lifetime validation failed, the token is expired."


def test_the_agent_reads_and_writes_by_delegation(graph: Graph) -> None:
    assert graph("GET", "/users").status_code == 200
    assert graph("POST", "/users", new_user()).status_code == 201
    # Who comes by delegation is no user of this directory.
    assert error(graph("GET", "/me")) == (404, "Request_ResourceNotFound")


def test_without_delegation_the_agent_may_nothing(client: Client, graph: Graph, customer: str) -> None:
    client.people("remove-delegated-administration", tenant=customer)
    for method, path, body in (
        ("GET", "/users", None),
        ("GET", "/organization", None),
        ("POST", "/users", new_user()),
        ("POST", "/groups", new_group()),
    ):
        assert error(graph(method, path, body)) == (403, "Authorization_RequestDenied"), path


def test_a_permission_is_needed_beside_the_role(client: Client) -> None:
    customer = client.customer("readonly.onmicrosoft.com")
    consent_to_graph(client, customer, "User.Read.All,Group.Read.All")
    graph = Graph(client, client.token(GRAPH, customer))
    assert graph("GET", "/users").status_code == 200
    answer = graph("POST", "/users", new_user(domain="readonly.onmicrosoft.com"))
    assert error(answer) == (403, "Authorization_RequestDenied")
    assert answer.json()["error"]["message"] == "Insufficient privileges to complete the operation."
    assert error(graph("GET", "/roleManagement/directory/roleDefinitions")) == (403, "Authorization_RequestDenied")


def test_an_employee_who_is_no_agent_has_no_role_anywhere(client: Client, customer: str) -> None:
    outsider = client.people("sign-in-agent", agent=False)["refreshToken"]
    graph = Graph(client, client.token(GRAPH, customer, refresh_token=outsider))
    assert error(graph("GET", "/users")) == (403, "Authorization_RequestDenied")
    at_home = Graph(client, client.token(GRAPH, refresh_token=outsider))
    assert at_home("GET", "/me").status_code == 200


def test_the_application_alone_needs_permissions_of_its_own(client: Client, customer: str) -> None:
    graph = Graph(client, client.token(GRAPH, customer, app=True))
    assert error(graph("GET", "/users")) == (403, "Authorization_RequestDenied")
    assert error(graph("GET", "/me")) == (403, "Authorization_RequestDenied")


def test_an_application_of_the_customer_with_an_app_role(client: Client, customer: str) -> None:
    graph = Graph.of_application(client, customer, "Group.ReadWrite.All")
    assert graph("POST", "/groups", new_group()).status_code == 201
    assert error(graph("POST", "/users", new_user())) == (403, "Authorization_RequestDenied")


def test_an_application_with_a_directory_role_may_what_the_role_allows(
    client: Client, graph: Graph, customer: str
) -> None:
    made = client.people("register-application", tenant=customer)
    form = {"client_id": made["clientId"], "client_secret": made["clientSecret"], "grant_type": "client_credentials"}

    def give(role: str) -> None:
        body = {"principalId": made["objectId"], "roleDefinitionId": ROLE_IDS[role], "directoryScopeId": "/"}
        assert graph("POST", "/roleManagement/directory/roleAssignments", body).status_code == 201

    def asked(method: str, path: str, body: object = None) -> int:
        token = client.token_answer(GRAPH, customer, **form).json()["access_token"]
        return Graph(client, token)(method, path, body).status_code

    assert asked("GET", "/users") == 403
    give("Directory Readers")
    assert asked("GET", "/users") == 200
    for path, body in (
        ("/users", new_user()),
        ("/groups", new_group()),
        ("/applications", {"displayName": "x"}),
    ):
        assert asked("POST", path, body) == 403, path
    give("User Administrator")
    assert asked("POST", "/users", new_user()) == 201


def test_a_batch_gives_no_rights(client: Client, customer: str) -> None:
    graph = Graph.of_application(client, customer, "Group.Read.All")
    steps = [
        {"id": "read", "method": "GET", "url": "/groups"},
        {"id": "write", "method": "POST", "url": "/groups", "body": new_group()},
        {"id": "again", "method": "POST", "url": "/$batch", "body": {"requests": []}},
    ]
    answers = graph("POST", "/$batch", {"requests": steps}).json()["responses"]
    assert [each["status"] for each in answers] == [200, 403, 501]


def test_a_read_is_no_write_in_the_ledger(client: Client, graph: Graph) -> None:
    before = len(client.simulator.ledger())
    graph("POST", "/directoryObjects/getByIds", {"ids": []})
    graph("GET", "/users")
    assert len(client.simulator.ledger()) == before
    made = graph("POST", "/users", new_user()).json()
    row = client.simulator.ledger()[-1]
    assert (row.service, row.path, row.effects) == ("graph", "/v1.0/users", (f"user created {made['id']}",))
    assert row.body["passwordProfile"]["password"] == "***"


def test_on_the_simulators_own_address_one_token_opens_graph_with_graphs_permissions(
    client: Client, customer: str
) -> None:
    here = "http://localhost:8443"
    form = {
        "client_id": client.profile["clientId"],
        "client_secret": client.profile["clientSecret"],
        "grant_type": "refresh_token",
        "refresh_token": client.profile["refreshToken"],
        "scope": f"{here}/.default",
    }
    client.pc("DELETE", f"/v1/customers/{customer}/applicationconsents/{client.profile['clientId']}")
    grants = [
        {"enterpriseApplicationId": "797f4846-ba00-4fd7-ba43-dac1f8f63013", "scope": "user_impersonation"},
        {"enterpriseApplicationId": "00000003-0000-0000-c000-000000000000", "scope": "User.Read.All"},
    ]
    body = {"applicationId": client.profile["clientId"], "displayName": "cspctl", "applicationGrants": grants}
    client.pc("POST", f"/v1/customers/{customer}/applicationconsents", body)
    token = client.http.post(f"{here}/{customer}/oauth2/v2.0/token", data=form).json()["access_token"]
    graph = Graph(client, token)
    url = f"{here}/v1.0"
    headers = {"Authorization": f"Bearer {token}"}
    answer = client.http.get(f"{url}/users?$top=1", headers=headers)
    assert (answer.status_code, answer.json()["@odata.context"]) == (200, f"{url}/$metadata#users")
    assert client.http.post(f"{url}/users", json=new_user(), headers=headers).status_code == 403
    assert error(graph("GET", "/users")) == (401, "InvalidAuthenticationToken")
