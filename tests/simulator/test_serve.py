"""The served simulator: HTTP as clients of all makers speak it, TLS, virtual hosts, tunnels, faults, the end."""

from __future__ import annotations

import json
import socket
import stat
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from served import Served, served

from cspctl.simulator import Simulator
from cspctl.simulator.app import HOSTS
from cspctl.simulator.certificates import AUTHORITY, CERTIFICATE, KEY, context
from cspctl.simulator.serve import server

CLOCK = b"GET /_simulator/clock HTTP/1.1\r\nHost: localhost\r\n"
CLOSE = b"Connection: close\r\n\r\n"
METADATA = "/metadata/endpoints?api-version=2022-09-01"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("plain"), tls=False) as one:
        yield one


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("secure")) as one:
        yield one


# HTTP ----------------------------------------------------------------------------------------------------


def answers(text: bytes) -> list[tuple[int, dict[str, str], bytes]]:
    """Take apart what a connection said: status, headers and body of each answer."""
    found = []
    while text:
        head, _, text = text.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = int(headers.get("content-length", 0))
        found.append((int(first.split()[1]), headers, text[:length]))
        text = text[length:]
    return found


def test_a_connection_carries_several_requests(plain: Served) -> None:
    with plain.connect() as connection:
        for _ in range(3):
            connection.sendall(CLOCK + b"\r\n")
            ((status, headers, body),) = answers(connection.recv(65536))
            assert (status, "now" in json.loads(body), headers.get("connection")) == (200, True, None)


def test_requests_may_come_before_the_answers_went(plain: Served) -> None:
    assert [status for status, _, _ in answers(plain.say((CLOCK + b"\r\n") * 2 + CLOCK + CLOSE))] == [200] * 3


def test_an_old_client_gets_its_answer_and_the_end(plain: Served) -> None:
    ((status, headers, _),) = answers(plain.say(b"GET /_simulator/clock HTTP/1.0\r\n\r\n"))
    assert (status, headers["connection"]) == (200, "close")


@pytest.mark.parametrize(
    "body",
    [
        b'Content-Length: 21\r\n\r\n{"advanceSeconds": 5}',
        b'Transfer-Encoding: chunked\r\n\r\n5;ignored=1\r\n{"adv\r\n10\r\nanceSeconds": 5}\r\n0\r\nTrailer: x\r\n\r\n',
    ],
    ids=["whole", "chunked"],
)
def test_bodies_whole_and_in_chunks(plain: Served, body: bytes) -> None:
    head = b"POST /_simulator/clock HTTP/1.1\r\nHost: localhost\r\n"
    assert [status for status, _, _ in answers(plain.say(head + body + CLOCK + CLOSE))] == [200, 200]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"Content-Length: many\r\n\r\n", 400),
        (b"Content-Length: 99999999999\r\n\r\n", 413),
        (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"Transfer-Encoding: chunked\r\n\r\n-5\r\n", 400),
        (b"Transfer-Encoding: chunked\r\n\r\nffffffff\r\n", 413),
    ],
)
def test_impossible_bodies_are_refused(plain: Served, body: bytes, status: int) -> None:
    said = plain.say(b"POST /_simulator/clock HTTP/1.1\r\nHost: localhost\r\n" + body)
    assert [each for each, _, _ in answers(said)] == [status]


def test_who_asks_whether_to_go_on_may(plain: Served) -> None:
    """curl asks before bodies of a megabyte, .NET before any."""
    with plain.connect() as connection:
        head = (
            b"POST /_simulator/clock HTTP/1.1\r\nHost: localhost\r\nContent-Length: 21\r\nExpect: 100-continue\r\n\r\n"
        )
        connection.sendall(head)
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b'{"advanceSeconds": 5}')
        assert answers(connection.recv(65536))[0][0] == 200


def test_the_answer_to_head_has_no_body(plain: Served) -> None:
    said = plain.say(b"HEAD /common/discovery/keys HTTP/1.1\r\nHost: localhost\r\n\r\n" + CLOCK + CLOSE)
    head, _, rest = said.partition(b"\r\n\r\n")
    assert rest.startswith(b"HTTP/1.1 200"), (head, rest)


def test_nothing_comes_with_no_content(plain: Served) -> None:
    said = plain.say(b"DELETE /_simulator/faults HTTP/1.1\r\nHost: localhost\r\n" + CLOSE)
    ((status, headers, body),) = answers(said)
    assert (status, body) == (204, b"")
    assert "content-length" not in headers


def test_a_proxys_form_of_address_counts_more_than_the_host(plain: Served) -> None:
    said = plain.say(f"GET http://management.azure.com{METADATA} HTTP/1.1\r\nHost: other\r\n".encode() + CLOSE)
    assert json.loads(answers(said)[0][2])["resourceManager"] == "http://management.azure.com/"


def test_the_host_header_names_the_service(plain: Served) -> None:
    with httpx.Client(base_url=plain.url) as http:
        assert http.get("/tenants", headers={"Host": "api.partnercenter.microsoft.com"}).status_code == 501
        assert http.get("/tenants", headers={"Host": "management.azure.com:443"}).status_code == 401
        assert http.get("/tenants?api-version=2022-12-01").status_code == 401


def test_many_at_once(secure: Served) -> None:
    with httpx.Client(base_url=secure.url, verify=secure.trust) as http, ThreadPoolExecutor(16) as pool:
        asked = list(pool.map(lambda _: http.get("/common/discovery/keys").status_code, range(64)))
    assert asked == [200] * 64


def test_who_connects_and_says_nothing_stops_nobody(secure: Served) -> None:
    with secure.connect(tls=False), httpx.Client(base_url=secure.url, verify=secure.trust, timeout=5) as http:
        assert http.get("/_simulator/clock").status_code == 200


# TLS -----------------------------------------------------------------------------------------------------


def test_the_certificate_covers_every_name_it_stands_for(tmp_path: Path) -> None:
    with served(tmp_path, host="127.0.0.1") as one:
        for name in ("localhost", "127.0.0.1", *HOSTS):
            with (
                socket.create_connection(("127.0.0.1", one.port), timeout=10) as connection,
                one.trust.wrap_socket(connection, server_hostname=name) as secured,
            ):
                assert secured.version() in {"TLSv1.2", "TLSv1.3"}


def test_the_files_are_kept_and_private(tmp_path: Path) -> None:
    context(tmp_path, ["localhost"])
    assert stat.S_IMODE((tmp_path / KEY).stat().st_mode) == 0o600
    first = (tmp_path / AUTHORITY).read_bytes()
    context(tmp_path, ["localhost"])
    assert (tmp_path / AUTHORITY).read_bytes() == first
    assert {path.name for path in tmp_path.iterdir()} == {AUTHORITY, CERTIFICATE, KEY}, "no key of the authority"


@pytest.mark.parametrize("broken", [AUTHORITY, CERTIFICATE, KEY])
def test_what_is_unusable_is_made_anew(tmp_path: Path, broken: str) -> None:
    context(tmp_path, ["localhost"])
    (tmp_path / broken).write_text("nonsense", encoding="utf-8")
    context(tmp_path, ["localhost"])
    assert "nonsense" not in (tmp_path / broken).read_text(encoding="utf-8")


def test_a_new_name_makes_a_new_certificate(tmp_path: Path) -> None:
    context(tmp_path, ["localhost"])
    context(tmp_path, ["localhost", "simulator.example", "::1"])
    certificate = x509.load_pem_x509_certificate((tmp_path / CERTIFICATE).read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "simulator.example"]


def test_plain_http_at_a_secure_port_is_told_so(secure: Served) -> None:
    ((status, _, body),) = answers(secure.say(CLOCK + b"\r\n", tls=False))
    assert status == 400
    assert b"https://" in body


# Clients that take it for their proxy --------------------------------------------------------------------


def test_a_tunnel_leads_to_the_simulator_under_microsofts_names(secure: Served) -> None:
    proxy = f"http://localhost:{secure.port}"
    with httpx.Client(proxy=proxy, verify=secure.trust) as http:
        body = http.get(f"https://management.azure.com{METADATA}").json()
        assert body["authentication"]["loginEndpoint"] == "https://login.microsoftonline.com"
        found = http.get("https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration").json()
        assert found["token_endpoint"] == "https://login.microsoftonline.com/common/oauth2/v2.0/token"
        assert http.get("https://api.partnercenter.microsoft.com/v1/customers").status_code == 401


def test_a_proxy_that_gets_the_whole_address_instead_of_a_tunnel(secure: Served) -> None:
    """Some HTTP clients for Node do that even for https."""
    said = secure.say(f"GET https://management.azure.com{METADATA} HTTP/1.1\r\nHost: x\r\n".encode() + CLOSE, tls=False)
    assert json.loads(answers(said)[0][2])["resourceManager"] == "https://management.azure.com/"


@pytest.mark.parametrize("target", ["pypi.org:443", "management.azure.com.example:443", "[::1]:22", "nonsense"])
def test_nothing_is_passed_on_to_anywhere_else(secure: Served, target: str) -> None:
    said = secure.say(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode(), tls=False)
    assert answers(said)[0][0] == 403


def test_a_tunnel_needs_tls(plain: Served) -> None:
    said = plain.say(b"CONNECT management.azure.com:443 HTTP/1.1\r\nHost: management.azure.com\r\n\r\n")
    assert answers(said)[0][0] == 501


# Time ----------------------------------------------------------------------------------------------------


def test_a_fast_clock_does_not_age_tokens(tmp_path: Path) -> None:
    """Clients keep a token by their own clock, and no speed hurries that."""
    with served(tmp_path, tls=False, speed=1_000_000) as one, httpx.Client(base_url=one.url) as http:
        known = one.simulator.profile
        form = {
            "grant_type": "refresh_token",
            "client_id": known["clientId"],
            "client_secret": known["clientSecret"],
            "refresh_token": known["refreshToken"],
            "scope": "https://api.partnercenter.microsoft.com/.default",
        }
        token = http.post(f"/{known['partnerTenantId']}/oauth2/v2.0/token", data=form).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        time.sleep(0.05)  # half a day of its time
        assert http.get("/v1/customers", headers=headers).status_code == 200
        assert http.post("/_simulator/clock", json={"advanceSeconds": 3601}).status_code == 200
        assert http.get("/v1/customers", headers=headers).status_code == 401


def test_a_fast_clock_shortens_what_clients_wait(tmp_path: Path) -> None:
    with served(tmp_path, tls=False, speed=20) as one, httpx.Client(base_url=one.url) as http:
        one.simulator.arm_fault("GET /common retry_after=90 times=1")
        one.simulator.arm_fault("GET /common headers.Retry-After=7")
        assert [http.get("/common/discovery/keys").headers["Retry-After"] for _ in range(2)] == ["5", "1"]


@pytest.mark.parametrize("body", [{}, [], {"advanceSeconds": -1}, {"advanceSeconds": "1"}, {"advanceSeconds": True}])
def test_the_time_only_goes_forward(plain: Served, body: object) -> None:
    with httpx.Client(base_url=plain.url) as http:
        assert http.post("/_simulator/clock", json=body).status_code == 400


# The end -------------------------------------------------------------------------------------------------


def test_a_request_under_way_is_answered_before_the_end(tmp_path: Path) -> None:
    simulator = Simulator(tmp_path / "state.sqlite", jumps=False)
    simulator.arm_fault("GET /common delay=0.5")
    serving = server(simulator, "127.0.0.1", 0)
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(httpx.get, f"http://127.0.0.1:{serving.server_port}/common/discovery/keys")
        deadline = time.monotonic() + 5
        while not simulator.faults()[0]["seen"] and time.monotonic() < deadline:
            time.sleep(0.01)
        serving.shutdown()
        thread.join()
        serving.server_close()
        assert asked.result().json()["keys"]
    simulator.close()
