"""Real traffic, replayed: the simulator gives the same statuses, headers that matter, and shapes of bodies."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest
import yaml
from arm_definitions import SPECS
from azure_client import Azure

RECORDINGS = SPECS.parents[1] / "recordings"
NOBODY = "00000000-0000-0000-0000-000000000000"
HEADERS = ("azure-asyncoperation", "location", "azure-asyncnotification", "etag")

# What of each recording is replayed: (part of the file's name, paths that are not, with the reason).
FILES: dict[str, dict[str, str]] = {
    "mgmt_resource.test_resource_groups": {"/exportTemplate": "templates are not simulated"},
    "mgmt_resource.test_provider_registration": {},
    "mgmt_resource.test_providers": {},
    "mgmt_network.test_subnets": {},
    "mgmt_network.test_routes": {},
    "mgmt_network.test_public_ip_addresses": {},
    "mgmt_network.test_network_interface_card": {},
    "cli_mgmt_network_route_table": {},
    "cli_mgmt_network_ip_addresses": {},
    "cli_mgmt_network_interface": {
        "/virtualMachines/": "virtual machines have rules that are not simulated",
        "/effective": "needs a running machine",
    },
    "cli_mgmt_network_base": {
        "/sharedkey": "shared keys are not simulated",
        "/getAdvertisedRoutes": "needs a running gateway",
        "/getBgpPeerStatus": "needs a running gateway",
        "/getLearnedRoutes": "needs a running gateway",
        "/reset": "needs a running gateway",
        "/resetsharedkey": "needs a running gateway",
    },
    "test_compute_availability_sets": {},
}
# Differences that are accepted: (part of the path, regular expression): reason.
EXCEPTIONS = {
    ("/providers", r"\bauthorizations?\b"): "the definition of Provider has no such field",
    ("/providers", r"defaultApiVersion|apiProfiles|zoneMappings"): "no client of ours reads them",
    ("/networkInterfaces/", r"macAddress|properties\.primary|virtualMachine"): "only a machine's interface has them",
    ("/virtualNetworks/", r"networkSecurityGroup"): "a policy of the recorded subscription put the group there",
    ("/virtualNetworkGateways/", r"field properties\."): "gateways are generic: nothing is filled in",
    ("/connections/", r"field properties\."): "connections are generic: nothing is filled in",
}


def recorded() -> Iterator[Any]:
    if not RECORDINGS.exists():
        skip = pytest.mark.skip(reason="no recordings beside the checkout")
        yield pytest.param(None, {}, id="recordings", marks=skip)
        return
    for part, left_out in FILES.items():
        file = next(file for file in sorted(RECORDINGS.glob("*.yaml")) if part in file.name)
        yield pytest.param(file, left_out, id=part)


@pytest.mark.parametrize(("file", "left_out"), list(recorded()))
def test_a_recording_replays(azure: Azure, file: Path, left_out: dict[str, str]) -> None:
    replay = Replay(azure)
    replay.prepare(file)
    interactions = load(file)
    found = []
    for interaction in interactions:
        path = urlsplit(interaction["request"]["uri"]).path
        if not any(part.lower() in path.lower() for part in left_out):
            found += replay.differences(interaction)
    assert found == []


def excepted(where: str, text: str) -> bool:
    return any(part.lower() in where.lower() and re.search(pattern, text) for part, pattern in EXCEPTIONS)


def load(file: Path) -> list[dict[str, Any]]:
    with file.open(encoding="utf-8") as stream:
        return yaml.load(stream, Loader=yaml.CSafeLoader)["interactions"]  # type: ignore[no-any-return]


class Replay:
    """Sends what was recorded to the simulator, following the simulator's own operation URLs."""

    def __init__(self, azure: Azure) -> None:
        self.azure = azure
        self.urls: dict[str, str] = {}

    def prepare(self, file: Path) -> None:
        """Register the providers and create the groups that the recording expects to be there."""
        text = file.read_text(encoding="utf-8")
        namespaces = set(re.findall(r"/providers/(Microsoft\.(?:Network|Compute))/", text))
        if "unregister" in text:
            namespaces.add("Microsoft.Search")
        if namespaces:
            self.azure.registered(*sorted(namespaces))
        if re.search(r"resource[gG]roups/rgname", text):
            self.azure.group("rgname", "westus")

    def differences(self, interaction: dict[str, Any]) -> list[str]:
        """Send one request and say where the answer differs from the recorded one."""
        request, response = interaction["request"], interaction["response"]
        method, recorded_url = request["method"], request["uri"]
        if key := operation_of(recorded_url):
            # Operations of requests that are not replayed are not watched either.
            return self._watched(self.urls[key], response) if key in self.urls else []
        answer = self.azure.call(method, self._ours(recorded_url), sent(request["body"], self.azure.subscription))
        headers = {name.lower(): values[0] for name, values in response["headers"].items()}
        for name in ("azure-asyncoperation", "location"):
            if name in headers and name in answer.headers:
                self.urls[operation_of(headers[name])] = answer.headers[name]
        where = f"{method} {urlsplit(recorded_url).path}"
        found = compared(answer, response["status"]["code"], headers, body_of(response))
        return [f"{where}: {text}" for text in found if not excepted(where, text)]

    def _watched(self, url: str, response: dict[str, Any]) -> list[str]:
        """Compare the answers while an operation runs and after: how long it takes is the simulator's own affair."""
        recorded_body, code = body_of(response), response["status"]["code"]
        done = code != 202 and (not isinstance(recorded_body, dict) or recorded_body.get("status") == "Succeeded")
        if done:
            self.azure.wait(3600)
            answer = self.azure.call("GET", url)
            stated = isinstance(recorded_body, dict) and "status" in recorded_body
            ok = answer.status_code == code and (not stated or answer.json()["status"] == "Succeeded")
            return [] if ok else [f"GET {url}: {answer.status_code} {answer.text}, recorded {code} {recorded_body}"]
        answer = self.azure.call("GET", url)
        retry = answer.headers.get("Retry-After", "1")
        if answer.status_code not in {200, code} or int(retry) < 1:
            return [f"GET {url}: {answer.status_code}, Retry-After {retry}, recorded {code}"]
        return []

    def _ours(self, url: str) -> str:
        return url.replace(NOBODY, self.azure.subscription)


def operation_of(url: str) -> str:
    """Return what tells the URLs of operations apart, or an empty string for another URL."""
    found = re.search(r"/((?:operations|operationResults|DiskOperations)/[^?/]+)", url, re.IGNORECASE)
    return found[1].lower() + ("#monitor" if "monitor=true" in url else "") if found else ""


def sent(body: Any, subscription: str) -> Any:
    """Return the recorded request's body; some recordings hold Python's notation of bytes, several times over."""
    if isinstance(body, bytes):
        body = body.decode()
    if not isinstance(body, str) or not body:
        return None
    while body.startswith(("b'", 'b"')):
        body = ast.literal_eval(body).decode()
    return json.loads(body.replace(NOBODY, subscription))


def body_of(response: dict[str, Any]) -> Any:
    text = response["body"].get("string") or ""
    return json.loads(text) if text.strip() else None


def compared(answer: Any, status: int, headers: dict[str, str], body: Any) -> list[str]:
    """Say where an answer differs from a recorded one in status, headers that matter and shape."""
    if answer.status_code != status:
        return [f"status {answer.status_code} {answer.text[:300]}, recorded {status}"]
    found = [f"header {name} is missing" for name in HEADERS if name in headers and name not in answer.headers]
    watched = status in {201, 202} and {"azure-asyncoperation", "location"} & headers.keys()
    if watched and int(answer.headers.get("Retry-After", "0")) < 1:
        found.append("Retry-After of at least 1 is missing")
    mine = answer.json() if answer.content else None
    return found + [f"field {field} is missing or of another type" for field in lacking(body, mine)]


def lacking(expected: Any, found: Any, path: str = "") -> list[str]:
    """Return fields of a recorded body that another lacks, or has with another JSON type.

    In lists the items of the same name are compared, or else the first ones: what else was in the recorded
    subscription is not in ours.
    """
    if expected is None:
        return []
    if type(expected) is not type(found):
        return [path or "body"]
    if isinstance(expected, dict):
        pairs = ((value, found.get(name), f"{path}.{name}".lstrip(".")) for name, value in expected.items())
        return [each for value, mine, name in pairs for each in lacking(value, mine, name)]
    if isinstance(expected, list):
        return [each for item in expected for each in lacking_item(item, found, f"{path}[]")]
    return []


def lacking_item(item: Any, found: list[Any], path: str) -> list[str]:
    if not isinstance(item, dict):
        return [] if not found or isinstance(found[0], type(item)) else [path]
    key = next((key for key in ("name", "namespace", "resourceType") if key in item), None)
    same = [each for each in found if key is not None and each.get(key) == item[key]]
    if key is not None and not same:
        return []
    return lacking(item, same[0] if same else (found[0] if found else None), path)


def test_differences_are_noticed() -> None:
    class Answer:
        status_code = 201
        headers: ClassVar[dict[str, str]] = {}
        content = b"{}"
        text = "{}"

        @staticmethod
        def json() -> Any:
            return {"name": "v", "properties": {"subnets": [{"name": "a"}]}}

    body = {"name": "v", "properties": {"subnets": [{"name": "a", "etag": "x"}], "guid": "y"}}
    assert compared(Answer, 200, {}, body)[0].startswith("status 201")
    assert compared(Answer, 201, {"azure-asyncoperation": "https://x"}, body) == [
        "header azure-asyncoperation is missing",
        "Retry-After of at least 1 is missing",
        "field properties.subnets[].etag is missing or of another type",
        "field properties.guid is missing or of another type",
    ]
