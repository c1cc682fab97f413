"""Calls the simulated Microsoft Graph with a token; tests of the directory share it."""

from __future__ import annotations

import secrets
from typing import Any

import httpx
from simulator_client import Client

GRAPH = "https://graph.microsoft.com"
APPLICATION = "00000003-0000-0000-c000-000000000000"
SCOPE = "Directory.ReadWrite.All,User.ReadWrite.All,Group.ReadWrite.All,RoleManagement.ReadWrite.Directory"
SCOPE += ",Application.ReadWrite.All,LicenseAssignment.ReadWrite.All"
ROLE_IDS = {
    "Directory Readers": "88d8e3e3-8f55-4a1e-953a-9b9898b8876b",
    "Exchange Administrator": "29232cdf-9323-42fd-ade2-1d097af3e4de",
    "Global Administrator": "62e90394-69f5-4237-9190-012177145e10",
    "Helpdesk Administrator": "729827e3-9c14-49f7-bb1b-9608f156bbb8",
    "User Administrator": "fe930be7-5e62-47db-91af-98c3a49a38b1",
}


class Graph:
    """One token's view of Microsoft Graph."""

    def __init__(self, client: Client, token: str) -> None:
        self.client, self.token = client, token

    @classmethod
    def of_application(cls, client: Client, tenant: str, permissions: str) -> Graph:
        """Give an application of the tenant with permissions of its own (separated by commas)."""
        made = client.people("register-application", tenant=tenant, permissions=permissions)
        form = {"client_id": made["clientId"], "client_secret": made["clientSecret"]}
        answer = client.token_answer(GRAPH, tenant, grant_type="client_credentials", **form)
        return cls(client, answer.json()["access_token"])

    @classmethod
    def of_new_agent(cls, client: Client, tenant: str = "") -> Graph:
        """Give somebody who has just signed in: the first agent's session lapses after 90 days of silence."""
        fresh = client.people("sign-in-agent")["refreshToken"]
        return cls(client, client.token(GRAPH, tenant, refresh_token=fresh))

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Call a path of v1.0; header names are given with `_` for `-`."""
        sent = {"Authorization": f"Bearer {self.token}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        url = path if path.startswith("https://") else f"{GRAPH}/v1.0{path}"
        return self.client.http.request(method, url, json=body, headers=sent)

    def value(self, path: str, **headers: str) -> list[dict[str, Any]]:
        """Return the `value` of a collection's first page."""
        answer = self("GET", path, **headers)
        assert answer.status_code == 200, answer.text
        return answer.json()["value"]  # type: ignore[no-any-return]

    def made(self, path: str, body: Any) -> dict[str, Any]:
        """Create something, wait until all replicas know it, and return it."""
        answer = self("POST", path, body)
        assert answer.status_code == 201, answer.text
        self.client.simulator.clock.sleep(10)
        return answer.json()  # type: ignore[no-any-return]


def error(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and the code of a refusal."""
    return answer.status_code, answer.json()["error"]["code"]


def consent_to_graph(client: Client, customer: str, scope: str = SCOPE) -> None:
    """Let our application into the customer's directory, for Microsoft Graph."""
    grants = [{"enterpriseApplicationId": APPLICATION, "scope": scope}]
    body = {"applicationId": client.profile["clientId"], "displayName": "cspctl", "applicationGrants": grants}
    answer = client.pc("POST", f"/v1/customers/{customer}/applicationconsents", body)
    assert answer.status_code == 201, answer.text


def new_password() -> str:
    """Return a password that the directory takes."""
    return f"Aa1!{secrets.token_urlsafe(12)}"


def new_user(name: str = "sara", domain: str = "fourthcoffeecsp.onmicrosoft.com", **changes: Any) -> dict[str, Any]:
    """Return the body that creates a user."""
    body = {
        "accountEnabled": True,
        "displayName": name.title(),
        "mailNickname": name,
        "userPrincipalName": f"{name}@{domain}",
        "passwordProfile": {"forceChangePasswordNextSignIn": True, "password": new_password()},
    }
    return body | changes


def new_group(name: str = "Network operators", **changes: Any) -> dict[str, Any]:
    """Return the body that creates a security group."""
    nickname = name.replace(" ", "")
    body = {"displayName": name, "mailEnabled": False, "mailNickname": nickname, "securityEnabled": True}
    return body | changes


def reference(id: str) -> dict[str, str]:
    """Return the body that refers to an object."""
    return {"@odata.id": f"{GRAPH}/v1.0/directoryObjects/{id}"}
