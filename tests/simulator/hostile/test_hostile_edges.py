"""Requests that have broken the simulator, or would: each is refused in words, and leaves it working."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from served import served
from simulator_client import ARM, CONTROL, PARTNER_CENTER, SIGN_IN, Client, new_customer
from werkzeug.test import EnvironBuilder, run_wsgi_app

from cspctl.simulator import Simulator
from cspctl.simulator.seed import SeedError

GRAPH = "https://graph.microsoft.com/v1.0"
JSON = {"Content-Type": "application/json"}


def authorized(client: Client, service: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {client.token(service)}"}


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"a":' * 65 + b"1" + b"}" * 65,
        b"[NaN]",
        b'{"a": Infinity}',
        b"[1e999]",
        b"[9223372036854775808]",
        b"[" + b"9" * 5000 + b"]",
        b'"\xff"',
    ],
    ids=["deep", "deeper than readers go", "NaN", "Infinity", "beyond floats", "beyond 64 bits", "digits", "no UTF-8"],
)
def test_json_that_no_reader_takes_is_refused_by_every_service(client: Client, content: bytes) -> None:
    for url, headers in (
        (f"{PARTNER_CENTER}/v1/customers", authorized(client, PARTNER_CENTER)),
        (f"{ARM}/providers/Microsoft.Subscription/aliases/a?api-version=2021-10-01", authorized(client, ARM)),
        (f"{GRAPH}/groups", authorized(client, "https://graph.microsoft.com")),
        (f"{CONTROL}/_simulator/faults", {}),
        (f"{CONTROL}/_simulator/seed", {}),
    ):
        method = "PUT" if "aliases" in url else "POST"
        answer = client.http.request(method, url, content=content, headers={**headers, **JSON})
        assert answer.status_code == 400, url
        assert answer.json()


def test_half_a_character_is_replaced(client: Client) -> None:
    body = json.dumps(new_customer()).replace("Fourth Coffee", "Fourth \\ud83d Coffee \\ud83d\\ude00").encode()
    headers = {**authorized(client, PARTNER_CENTER), **JSON}
    answer = client.http.post(f"{PARTNER_CENTER}/v1/customers", content=body, headers=headers)
    assert answer.status_code == 201
    assert answer.json()["companyProfile"]["companyName"] == "Fourth \ufffd Coffee \U0001f600"


@pytest.mark.parametrize(
    ("service", "path", "status", "words"),
    [
        (ARM, "/providers/Microsoft.Subscription/aliases/a?api-version=2021-10-01", 415, "application/json"),
        (PARTNER_CENTER, "/v1/customers", 415, "application/json"),
        ("https://graph.microsoft.com", "/v1.0/groups", 400, "Content-Type"),
    ],
)
def test_what_is_not_called_json_is_refused(client: Client, service: str, path: str, status: int, words: str) -> None:
    method = "PUT" if "aliases" in path else "POST"
    for type in ({"Content-Type": "application/x-www-form-urlencoded"}, {"Content-Type": "text/plain"}, {}):
        headers = {**authorized(client, service), **type}
        answer = client.http.request(method, f"{service}{path}", content=b"{}", headers=headers)
        assert (answer.status_code, words in answer.text) == (status, True)


def test_the_simulators_own_routes_take_json_whatever_it_is_called(client: Client) -> None:
    # curl --data says that it sends a form.
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = client.http.post(f"{CONTROL}/_simulator/clock", content=b'{"advanceSeconds": 1}', headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize("host", ["[", "a b", "localhost:99999999", ""])
def test_a_host_that_is_none_is_refused(client: Client, host: str) -> None:
    for path in ("/v1/customers", "/subscriptions", "/v1.0/users", "/_simulator/clock", "/nothing"):
        answer = client.http.get(f"http://localhost{path}", headers={b"Host": host.encode("latin-1")})
        assert (answer.status_code, "hostname" in answer.text) == (400, True)


def test_control_characters_in_a_path_are_refused(client: Client) -> None:
    for escaped in ("%00", "%0A", "%7F"):
        answer = client.http.get(f"{PARTNER_CENTER}/v1/customers/{escaped}")
        assert (answer.status_code, answer.json()["description"]) == (400, "The request URL is invalid.")


def test_an_address_in_a_header_is_escaped(client: Client) -> None:
    made = client.http.post(
        f"{GRAPH}/groups",
        json={"displayName": "\u00fc\n", "mailNickname": "u", "mailEnabled": False, "securityEnabled": True},
        headers=authorized(client, "https://graph.microsoft.com"),
    )
    assert made.status_code == 201
    assert made.headers["Location"].isascii()


def test_a_query_that_is_no_utf_8_is_read_as_well_as_it_can_be(client: Client) -> None:
    headers = authorized(client, PARTNER_CENTER)
    assert client.http.get(f"{PARTNER_CENTER}/v1/customers?size=1&%ff=%ff", headers=headers).status_code == 200


@pytest.mark.parametrize("seconds", [1e12, -1, 1e300, True, "3"])
def test_the_time_does_not_leave_the_calendar(client: Client, seconds: object) -> None:
    answer = client.http.post(f"{CONTROL}/_simulator/clock", json={"advanceSeconds": seconds})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidClock")
    assert client.http.get(f"{CONTROL}/_simulator/clock").status_code == 200


def test_the_time_goes_to_the_end_of_2199_and_everything_still_works(client: Client) -> None:
    now = client.simulator.clock.now().timestamp()
    answer = client.http.post(f"{CONTROL}/_simulator/clock", json={"advanceSeconds": 7258118400 - now - 60})
    assert answer.status_code == 200
    assert client.http.get(f"{CONTROL}/_simulator/clock").json()["now"].startswith("2199-12-31")
    fresh = client.people("sign-in-agent")["refreshToken"]
    assert client.pc("POST", "/v1/customers", new_customer(), refresh_token=fresh).status_code == 201
    with pytest.raises(ValueError, match="2200"):
        client.simulator.clock.advance(120)


@pytest.mark.parametrize(
    "fault",
    [
        {"service": []},
        {"service": "mail"},
        {"status": 503.5},
        {"status": True},
        {"headers": {"a": 1}},
        {"headers": {"a\n": "b"}},
        {"headers": {"a": "b\r\nc: d"}},
        {"headers": []},
        {"code": 5},
        {"path": "("},
        {"method": None},
        {"delay": 1e300},
        {"delay": -1},
        {"retry_after": "x"},
        {"text": 5},
        {"nothing": 1},
    ],
)
def test_a_fault_that_would_break_what_it_hits_is_refused(client: Client, fault: dict[str, object]) -> None:
    answer = client.http.post(f"{CONTROL}/_simulator/faults", json=fault)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidFault")
    assert client.pc("GET", "/v1/customers").status_code == 200


def test_a_filter_of_a_thousand_parentheses_is_refused(client: Client) -> None:
    text = "(" * 1000 + "displayName eq 'a'" + ")" * 1000
    headers = authorized(client, "https://graph.microsoft.com")
    answer = client.http.get(f"{GRAPH}/users", params={"$filter": text}, headers=headers)
    assert (answer.status_code, "node count" in answer.text) == (400, True)
    nested = {"filter": "[" * 5000}
    headers = authorized(client, PARTNER_CENTER)
    assert client.http.get(f"{PARTNER_CENTER}/v1/customers", params=nested, headers=headers).status_code == 400


def test_no_password_is_kept(tmp_path: Path) -> None:
    simulator = Simulator(tmp_path / "state.sqlite")
    client = Client(simulator)
    headers = {"MS-RequestId": "94e4e214-6b06-4fb7-96d1-94d559f9b47f"}
    made = client.pc("POST", "/v1/customers", new_customer(), headers=headers).json()
    again = client.pc("POST", "/v1/customers", new_customer(), headers=headers).json()
    other = client.pc("POST", "/v1/customers", new_customer("other.onmicrosoft.com")).json()
    password = made["userCredentials"]["password"]
    assert again["userCredentials"]["password"] == password != other["userCredentials"]["password"]
    client.http.close()
    simulator.close()
    assert password.encode() not in b"".join(each.read_bytes() for each in tmp_path.iterdir())


@pytest.mark.parametrize(
    "line",
    [
        b"GET http://[ HTTP/1.1\r\nHost: localhost",
        b"GET / HTTP/1.1\r\nHost: [",
        b"POST / HTTP/1.1\r\nContent-Length: %s" % (b"9" * 5000),
    ],
    ids=["address", "host", "length"],
)
def test_a_served_simulator_answers_what_it_cannot_read(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], line: bytes
) -> None:
    with served(tmp_path, tls=False) as at:
        assert at.say(line + b"\r\nConnection: close\r\n\r\n").startswith(b"HTTP/1.1 400 ")
        assert httpx.get(f"{at.url}/_simulator/clock").status_code == 200
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("seed", [[], None, {"customers": [{}]}, {"customers": [{"domain": 5}]}, {"account": []}])
def test_a_seed_of_another_shape_is_refused(simulator: Simulator, seed: object) -> None:
    with pytest.raises(SeedError):
        simulator.seed(seed)


@pytest.mark.parametrize(
    "step",
    [{"url": "http://["}, {"headers": 5}, {"headers": {"a": "b\nc"}}, {"dependsOn": 5}],
)
def test_a_batch_of_impossible_steps_is_refused(client: Client, step: dict[str, object]) -> None:
    body = {"requests": [{"id": "1", "method": "GET", "url": "/users", **step}]}
    headers = authorized(client, "https://graph.microsoft.com")
    assert client.http.post(f"{GRAPH}/$batch", json=body, headers=headers).status_code == 400


@pytest.mark.parametrize("credentials", ["Basic \u00e9", "Basic ////", "Basic YTpi"])
def test_credentials_in_a_header_that_are_none_are_refused(simulator: Simulator, credentials: str) -> None:
    form = {"grant_type": "client_credentials", "scope": f"{ARM}/.default"}
    path = f"/{simulator.profile['partnerTenantId']}/oauth2/v2.0/token"
    asked = EnvironBuilder(path, f"{SIGN_IN}/", method="POST", data=form, headers={"Authorization": credentials})
    assert run_wsgi_app(simulator, asked.get_environ())[1][:3] in {"400", "401"}
