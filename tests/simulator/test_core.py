"""Store, clock, routes, ledger, faults and the WSGI application."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest
from simulator_client import ARM, CONTROL, PARTNER_CENTER, Client, body_of, new_customer

from cspctl.simulator import Simulator
from cspctl.simulator.store import Store
from cspctl.simulator.wire import Request, Response, Routes


@pytest.fixture
def store(tmp_path: Path):
    store = Store(tmp_path / "state.sqlite")
    yield store
    store.close()


def test_ids_compare_without_case_and_keep_their_first_spelling(store: Store) -> None:
    with store.transaction() as tx:
        tx.put("things", "/Sub/A", {"n": 1})
        tx.put("things", "/sub/a", {"n": 2})
        tx.put("things", "/sub/B_", {"n": 3})
        tx.put("things", "/sub/Bx", {"n": 4})
        tx.put("others", "/sub/a", {"n": 5})
        assert tx.get("things", "/SUB/a") == {"n": 2}
        assert sorted(each["n"] for each in tx.all("things")) == [2, 3, 4]
        assert [each["n"] for each in tx.all("things", "/SUB/b_")] == [3]
        tx.delete("things", "/SUB/A")
        assert tx.get("things", "/Sub/A") is None


def test_a_raising_block_leaves_nothing(store: Store) -> None:
    def fail() -> None:
        with store.transaction() as tx:
            tx.put("things", "a", {})
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with store.transaction() as tx:
        assert tx.get("things", "a") is None


def test_undone_on_error_takes_back_its_block_only(store: Store) -> None:
    with store.transaction() as tx:
        tx.put("things", "kept", {})
        with pytest.raises(KeyError), tx.undone_on_error():
            tx.put("things", "gone", {})
            tx.effects.append("gone")
            raise KeyError
        assert tx.effects == []
    with store.transaction() as tx:
        assert tx.get("things", "kept") == {}
        assert tx.get("things", "gone") is None


def test_many_threads_lose_no_write(store: Store) -> None:
    def count() -> None:
        for _ in range(100):
            with store.transaction() as tx:
                tx.next("n")

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.transaction() as tx:
        assert tx.next("n") == 801


COUNT = """
import sys
from pathlib import Path
from cspctl.simulator.store import Store
store = Store(Path(sys.argv[1]))
for _ in range(200):
    with store.transaction() as tx:
        tx.next("n")
store.close()
"""


def test_two_processes_on_one_file_lose_no_write(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    root = Path(__file__).parents[2]
    processes = [subprocess.Popen([sys.executable, "-c", COUNT, str(path)], cwd=root) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    store = Store(path)
    with store.transaction() as tx:
        assert tx.next("n") == 401
    store.close()


def test_time_jumps_is_shared_by_sleepers_and_goes_on_in_the_next_process(tmp_path: Path) -> None:
    first = Simulator(tmp_path / "state.sqlite")
    before = first.clock.now()
    sleepers = [threading.Thread(target=first.clock.sleep, args=(3600,)) for _ in range(3)]
    for sleeper in sleepers:
        sleeper.start()
    for sleeper in sleepers:
        sleeper.join()
    after = first.clock.now()
    first.close()
    assert (after - before).total_seconds() >= 3600
    second = Simulator(tmp_path / "state.sqlite")
    assert 0 <= (second.clock.now() - after).total_seconds() < 60
    second.close()


def test_the_state_and_the_credentials_survive_a_restart_and_a_reset(tmp_path: Path) -> None:
    first = Simulator(tmp_path / "state.sqlite")
    client = Client(first)
    customer = client.customer()
    client.http.close()
    first.close()
    second = Simulator(tmp_path / "state.sqlite")
    client = Client(second)
    assert client.pc("GET", f"/v1/customers/{customer}").status_code == 200
    profile = second.profile
    second.reset()
    assert second.profile == profile
    assert second.ledger() == []
    assert client.pc("GET", f"/v1/customers/{customer}").status_code == 404
    client.http.close()
    second.close()


def test_the_most_specific_route_wins_whatever_the_order_of_declaration() -> None:
    routes = Routes("test", error=lambda status, code, message: Response(status), ignore_case=True)

    @routes.route("GET", "/a/<path:rest>")
    def everything(request: Request, rest: str) -> Response:
        return Response(200)

    @routes.route("GET", "/a/<name>", user=True)
    def named(request: Request, name: str) -> Response:
        return Response(200)

    @routes.route("GET", "/a/fixed")
    def fixed(request: Request) -> Response:
        return Response(200)

    def found(path: str) -> object:
        match = routes.match("GET", path)
        return match and (match.function, match.params, match.requirements)

    assert found("/A/Fixed") == (fixed, {}, {})
    assert found("/a/Other/") == (named, {"name": "Other"}, {"user": True})
    assert found("/a/b/c") == (everything, {"rest": "b/c"}, {})
    assert found("/b") is None
    assert routes.match("PUT", "/a/fixed") is None


def test_what_is_not_simulated_is_501_and_names_the_route(client: Client) -> None:
    answer = client.pc("GET", f"/v1/customers/{client.tenant}/nonsense")
    assert answer.status_code == 501
    assert f"GET /v1/customers/{client.tenant}/nonsense" in answer.text
    answer = client.http.get("https://graph.windows.net/myorganization/users")
    assert answer.status_code == 501
    assert "graph.windows.net/myorganization/users" in answer.text


def test_any_other_host_tells_the_services_apart_by_path(client: Client) -> None:
    headers = {"Authorization": f"Bearer {client.token(PARTNER_CENTER)}"}
    assert client.http.get("http://localhost:8080/v1/customers", headers=headers).status_code == 200
    found = client.http.get(f"http://localhost:8080/{client.tenant}/v2.0/.well-known/openid-configuration")
    assert found.json()["token_endpoint"].startswith("http://localhost:8080/")
    assert client.http.get("http://localhost:8080/v1.0/users").json()["error"]["code"] == "InvalidAuthenticationToken"
    assert client.http.get("http://localhost:8080/subscriptions").status_code == 401


def test_malformed_json_is_refused(client: Client) -> None:
    headers = {"Authorization": f"Bearer {client.token(PARTNER_CENTER)}", "Content-Type": "application/json"}
    answer = client.http.post(f"{PARTNER_CENTER}/v1/customers", content=b"{", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, 800002)


# Ledger --------------------------------------------------------------------------------------------------


def test_the_ledger_holds_writes_with_their_effects_and_no_reads(client: Client) -> None:
    customer = client.customer()
    client.pc("GET", "/v1/customers")
    client.pc("POST", "/v1/customers", new_customer())
    rows = client.simulator.ledger()
    assert [(row.seq, row.method, row.path, row.status) for row in rows] == [
        (1, "POST", "/v1/customers", 201),
        (2, "POST", "/v1/customers", 400),
    ]
    assert rows[0].effects == (f"customer created {customer}",)
    assert rows[1].effects == ()
    assert rows[0].tenant == client.tenant
    assert rows[0].body["companyProfile"] == {"domain": "fourthcoffeecsp.onmicrosoft.com"}


def test_the_ledger_keeps_no_secret(client: Client) -> None:
    body = new_customer() | {"userCredentials": {"userName": "admin", "password": "hunter2"}}
    client.pc("POST", "/v1/customers", body)
    text = json.dumps([row.body for row in client.simulator.ledger()])
    assert "hunter2" not in text
    assert "***" in text


# Faults --------------------------------------------------------------------------------------------------


def test_a_fault_before_the_effect_skips_and_counts(client: Client) -> None:
    client.simulator.fault("POST", "/v1/customers$", skip=1, times=2, status=503)
    statuses = [
        client.pc("POST", "/v1/customers", new_customer(f"one{n}.onmicrosoft.com")).status_code for n in range(4)
    ]
    assert statuses == [201, 503, 503, 201]
    assert [row.status for row in client.simulator.ledger()] == [201, 503, 503, 201]
    assert sum(len(row.effects) for row in client.simulator.ledger()) == 2


def test_a_fault_after_the_effect_hides_the_answer_and_the_same_request_id_brings_it_back(client: Client) -> None:
    client.simulator.fault("POST", "/v1/customers$", when="after", status=504)
    headers = {"MS-RequestId": "94e4e214-6b06-4fb7-96d1-94d559f9b47f"}
    lost = client.pc("POST", "/v1/customers", new_customer(), headers=headers)
    assert lost.status_code == 504
    assert "password" not in lost.text
    found = client.pc("POST", "/v1/customers", new_customer(), headers=headers)
    assert found.status_code == 201
    assert found.json()["userCredentials"]["password"]
    again = client.pc("POST", "/v1/customers", new_customer(), headers=headers)
    assert again.json() == found.json()
    assert [len(row.effects) for row in client.simulator.ledger()] == [1, 0, 0]


def test_throttling_has_the_gateways_body_and_a_delay_takes_virtual_time(client: Client) -> None:
    client.simulator.fault("GET", "/v1/customers", what="throttle", retry_after=7)
    answer = client.pc("GET", "/v1/customers")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.json() == {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 7 seconds."}
    client.simulator.fault("GET", "/v1/customers", what="delay", delay=120)
    before = client.simulator.clock.now()
    assert client.pc("GET", "/v1/customers").status_code == 200
    assert (client.simulator.clock.now() - before).total_seconds() >= 120


def test_a_dropped_answer_is_a_connection_error_after_the_effect(client: Client) -> None:
    client.simulator.fault("POST", "/v1/customers$", what="drop", when="after")
    with pytest.raises(ConnectionError):
        client.pc("POST", "/v1/customers", new_customer())
    assert [row.effects for row in client.simulator.ledger()] != [()]


def test_faults_are_shaped_like_the_service(client: Client) -> None:
    client.simulator.fault(service="arm", times=1, status=503)
    client.simulator.fault(service="sign-in", times=1, status=503, code="temporarily_unavailable")
    arm = client.http.get(f"{ARM}/tenants?api-version=2022-12-01")
    assert arm.json()["error"]["code"] == "ServiceUnavailable"
    assert client.token_answer(PARTNER_CENTER).json()["error"] == "temporarily_unavailable"


def test_an_impossible_fault_is_refused(client: Client) -> None:
    for body in ({"what": "explode"}, {"when": "never"}, {"wat": 1}, {"path": "("}):
        answer = client.http.post(f"{CONTROL}/_simulator/faults", json=body)
        assert answer.status_code == 400, body
    assert client.http.post(f"{CONTROL}/_simulator/faults", json={"path": "x"}).status_code == 201
    assert client.http.delete(f"{CONTROL}/_simulator/faults").status_code == 204


# Steering ------------------------------------------------------------------------------------------------


def test_the_steering_routes(client: Client) -> None:
    get, post = client.http.get, client.http.post
    assert get(f"{CONTROL}/_simulator/profile").json()["clientId"] == client.profile["clientId"]
    before = client.simulator.clock.now()
    assert post(f"{CONTROL}/_simulator/clock", json={"advanceSeconds": 600}).status_code == 200
    assert (client.simulator.clock.now() - before).total_seconds() >= 600
    assert get(f"{CONTROL}/_simulator/clock").json()["now"]
    client.customer()
    assert len(get(f"{CONTROL}/_simulator/ledger").json()["value"]) == 1
    assert post(f"{CONTROL}/_simulator/account", json={"sandbox": True}).json()["sandbox"] is True
    assert post(f"{CONTROL}/_simulator/people/dance").status_code == 404
    assert post(f"{CONTROL}/_simulator/people/accept-invitation", json={"tenant": "nobody"}).status_code == 400
    assert post(f"{CONTROL}/_simulator/reset").status_code == 204
    assert get(f"{CONTROL}/_simulator/ledger").json()["value"] == []


def test_every_answer_carries_partner_centers_headers(client: Client) -> None:
    ids = {"MS-RequestId": "11111111-2222-3333-4444-555555555555", "MS-CorrelationId": "corr", "MS-CV": "abc"}
    for path in ("/v1/customers", "/v1/agreements?agreementType=wrong"):
        answer = client.pc("GET", path, headers=ids)
        assert answer.headers["MS-RequestId"] == ids["MS-RequestId"]
        assert answer.headers["MS-CorrelationId"] == "corr"
        assert answer.headers["MS-CV"] == "abc.0"
        assert answer.headers["X-Locale"] == "en-US,en-US"
    assert len(client.pc("GET", "/v1/customers").headers["MS-RequestId"]) == 36


def test_a_byte_order_mark_begins_the_answer_of_a_checkout(client: Client) -> None:
    customer = client.customer()
    client.agreed(customer)
    answer = client.pc("POST", f"/v1/customers/{customer}/carts/{client.cart(customer)}/checkout")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert len(body_of(answer)["orders"]) == 1


def test_served_over_tls_it_can_drop_and_truncate_answers(tmp_path: Path) -> None:
    import ssl

    from cspctl.simulator.certificates import AUTHORITY
    from cspctl.simulator.serve import server

    simulator = Simulator(tmp_path / "state.sqlite", speed=100, jumps=False)
    served = server(simulator, "127.0.0.1", 0, tls=True)
    thread = threading.Thread(target=served.serve_forever)
    thread.start()
    try:
        trust = ssl.create_default_context(cafile=tmp_path / AUTHORITY)
        with httpx.Client(base_url=f"https://127.0.0.1:{served.server_port}", verify=trust) as http:
            assert http.get("/_simulator/profile").json()["clientId"]
            for what in ("drop", "truncate"):
                simulator.fault("GET", "/common/discovery/keys", what=what)
                with pytest.raises(httpx.RemoteProtocolError):
                    http.get("/common/discovery/keys")
            assert http.get("/common/discovery/keys").json()["keys"]
    finally:
        served.shutdown()
        thread.join()
        served.server_close()
        simulator.close()
