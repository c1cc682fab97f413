"""Calls Azure Resource Manager for one subscription of one customer."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from arm_definitions import SPECS, Definitions
from simulator_client import ARM, Client

NETWORK = "2024-01-01"
RESOURCES = "2024-07-01"
SUBSCRIPTION = "2022-12-01"
ALIAS = "2021-10-01"
BILLING = "2020-05-01"

# What real answers do although the definitions say otherwise (regular expression: reason).
KNOWN_DEPARTURES = {
    r"^body: 'nextLink' is a required property$": (
        "the definitions of the lists of subscriptions and tenants require it; a last page has none"
    ),
    r"properties\.(description|condition\w*|created\w+|updated\w+|delegated\w+): None is not of type 'string'": (
        "role assignments and definitions answer null for what is not set, as recorded (createdBy)"
    ),
}

needs_specs = pytest.mark.skipif(
    not SPECS.exists(), reason=f"Microsoft's definitions are not at {os.path.relpath(SPECS)}"
)


@dataclass
class Azure:
    """A customer's subscription, and the client that reaches it."""

    client: Client
    tenant: str
    subscription: str
    answers: list[httpx.Response] = field(default_factory=list)

    @classmethod
    def of_new_customer(cls, client: Client, domain: str = "fourthcoffeecsp.onmicrosoft.com") -> Azure:
        customer = client.customer(domain)
        client.consented(customer)
        plan = client.plan(customer)
        client.simulator.clock.sleep(120)
        found = client.pc("GET", f"/v1/customers/{customer}/subscriptions/{plan}/azureEntitlements").json()["items"]
        return cls(client, customer, found[0]["id"])

    @property
    def path(self) -> str:
        return f"/subscriptions/{self.subscription}"

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        version: str = "",
        tenant: str = "",
        app: bool = False,
        **headers: str,
    ) -> httpx.Response:
        """Call a path; those that do not begin with a slash are below the subscription."""
        full = path if path.startswith(("/", "http")) else f"{self.path}/{path}"
        if "api-version=" not in full:
            full += ("&" if "?" in full else "?") + f"api-version={version or _version(full)}"
        token = self.client.token(ARM, tenant or self.tenant, app=app)
        sent = {
            "Authorization": f"Bearer {token}",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        url = full if full.startswith("http") else f"{ARM}{full}"
        answer = self.client.http.request(method, url, json=body, headers=sent)
        self.answers.append(answer)
        return answer

    def departures(self, definitions: Definitions) -> list[str]:
        """Say where the answers so far depart from Microsoft's definitions, as far as there are any for them."""
        found = []
        for answer in self.answers:
            request = answer.request
            path, version = request.url.path, request.url.params.get("api-version")
            operation = definitions.find(request.method, path, version)
            if operation is None or operation.path == "/{resourceId}":
                continue
            body = answer.json() if answer.content else None
            errors = definitions.response_errors(
                request.method, path, version, answer.status_code, body, dict(answer.headers)
            )
            found += [
                f"{request.method} {path} {answer.status_code}: {error}"
                for error in errors
                if not any(re.search(known, error) for known in KNOWN_DEPARTURES)
            ]
        return found

    def wait(self, seconds: float = 60) -> None:
        self.client.simulator.clock.sleep(seconds)

    def registered(self, *namespaces: str) -> Azure:
        for namespace in namespaces or ("Microsoft.Network",):
            assert self.call("POST", f"providers/{namespace}/register").status_code == 200
        self.wait(120)
        return self

    def group(self, name: str = "network", location: str = "westus") -> Azure:
        assert self.call("PUT", f"resourceGroups/{name}", {"location": location}).status_code in {200, 201}
        return self

    def put(self, path: str, body: Any, *, version: str = "") -> dict[str, Any]:
        """Put a resource in the group `network`, expect success, and wait until it has settled."""
        answer = self.call("PUT", network(path), body, version=version)
        assert answer.status_code in {200, 201, 202}, answer.text
        self.wait()
        return self.call("GET", network(path), version=version).json()

    def get(self, path: str) -> dict[str, Any]:
        return self.call("GET", network(path)).json()


def network(path: str) -> str:
    """Return the path of a resource of Microsoft.Network in the group `network`."""
    return f"resourceGroups/network/providers/Microsoft.Network/{path}"


def code(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and the code of an error."""
    return answer.status_code, answer.json()["error"]["code"]


def vnet(*subnets: Any, prefixes: tuple[str, ...] = ("10.1.0.0/16",), **properties: Any) -> dict[str, Any]:
    """Return the body of a virtual network; subnets are (name, prefix) or whole bodies."""
    listed = [
        {"name": each[0], "properties": {"addressPrefix": each[1]}} if isinstance(each, tuple) else each
        for each in subnets
    ]
    space = {"addressSpace": {"addressPrefixes": list(prefixes)}}
    return {"location": "westus", "properties": {**space, **({"subnets": listed} if listed else {}), **properties}}


def _version(path: str) -> str:
    lowered = path.lower().partition("?")[0]
    for part, version in (
        ("/providers/microsoft.subscription/", ALIAS),
        ("/providers/microsoft.billing/", BILLING),
        ("/providers/microsoft.network/", NETWORK),
    ):
        if part in lowered and not lowered.endswith("register"):
            return version
    top = lowered.startswith("/subscriptions") and lowered.count("/") <= 2
    return SUBSCRIPTION if top or lowered.startswith("/tenants") or lowered.endswith("/locations") else RESOURCES
