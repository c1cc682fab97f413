"""Calls the simulator the way Microsoft documents: with tokens from sign-in; tests of all areas share it."""

from __future__ import annotations

import json
from typing import Any

import httpx

from cspctl.simulator import Simulator

SIGN_IN = "https://login.microsoftonline.com"
PARTNER_CENTER = "https://api.partnercenter.microsoft.com"
ARM = "https://management.azure.com"
CONTROL = "http://simulator"


class Client:
    """Calls the simulated services with tokens obtained from its sign-in service."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.http = httpx.Client(transport=httpx.WSGITransport(app=simulator))
        self.profile = simulator.profile
        self.tenant = self.profile["partnerTenantId"]
        self._tokens: dict[tuple[str, str, bool, str], tuple[float, str]] = {}

    def token_answer(self, resource: str, tenant: str = "", refresh_token: str = "", **form: str) -> httpx.Response:
        """Ask for a user's token; `grant_type="client_credentials"` asks for the application's."""
        data = {
            "client_id": self.profile["clientId"],
            "client_secret": self.profile["clientSecret"],
            "grant_type": "refresh_token",
            "refresh_token": refresh_token or self.profile["refreshToken"],
            "scope": f"{resource}/.default",
            **form,
        }
        return self.http.post(f"{SIGN_IN}/{tenant or self.tenant}/oauth2/v2.0/token", data=data)

    def token(self, resource: str, tenant: str = "", *, app: bool = False, refresh_token: str = "") -> str:
        """Return an access token, asking for a new one when the simulator's time has run over the old one's."""
        key, now = (resource, tenant, app, refresh_token), self.simulator.clock.now().timestamp()
        if key not in self._tokens or self._tokens[key][0] <= now:
            extra = {"grant_type": "client_credentials"} if app else {}
            answer = self.token_answer(resource, tenant, refresh_token, **extra)
            assert answer.status_code == 200, answer.text
            self._tokens[key] = (now + answer.json()["expires_in"], answer.json()["access_token"])
        return self._tokens[key][1]

    def pc(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        app: bool = False,
        headers: dict[str, str] | None = None,
        refresh_token: str = "",
    ) -> httpx.Response:
        """Call Partner Center, as the signed-in agent or as the application alone."""
        token = self.token(PARTNER_CENTER, app=app, refresh_token=refresh_token)
        sent = {"Authorization": f"Bearer {token}", **(headers or {})}
        return self.http.request(method, f"{PARTNER_CENTER}{path}", json=body, headers=sent)

    def arm(self, method: str, path: str, body: Any = None, *, tenant: str = "", app: bool = False) -> httpx.Response:
        """Call Azure Resource Manager with a token of this tenant."""
        headers = {"Authorization": f"Bearer {self.token(ARM, tenant, app=app)}"}
        return self.http.request(method, f"{ARM}{path}", json=body, headers=headers)

    def people(self, act: str, **details: Any) -> dict[str, Any]:
        """Let a person do something in a portal."""
        answer = self.http.post(f"{CONTROL}/_simulator/people/{act}", json=details)
        assert answer.status_code == 200, answer.text
        return answer.json()  # type: ignore[no-any-return]

    def customer(self, domain: str = "fourthcoffeecsp.onmicrosoft.com", **changes: Any) -> str:
        """Create a customer, wait until it can be read, and return its id."""
        answer = self.pc("POST", "/v1/customers", new_customer(domain, **changes))
        assert answer.status_code == 201, answer.text
        self.simulator.clock.sleep(91)
        return str(answer.json()["id"])

    def agreed(self, customer: str) -> None:
        """Confirm the Microsoft Customer Agreement."""
        answer = self.pc("POST", f"/v1/customers/{customer}/agreements", agreement())
        assert answer.status_code == 201, answer.text

    def cart(self, customer: str) -> str:
        """Put today's Azure plan into a cart and return the cart's id."""
        path = f"/v1/customers/{customer}/products/DZH318Z0BPS6/skus/0001/availabilities"
        item = self.pc("GET", path).json()["items"][0]["catalogItemId"]
        answer = self.pc("POST", f"/v1/customers/{customer}/carts", cart(item))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def plan(self, customer: str) -> str:
        """Buy the customer an Azure plan, wait until it is there, and return its id."""
        self.agreed(customer)
        answer = self.pc("POST", f"/v1/customers/{customer}/carts/{self.cart(customer)}/checkout")
        assert answer.status_code == 201, answer.text
        self.simulator.clock.sleep(31)
        return str(self.pc("GET", f"/v1/customers/{customer}/subscriptions").json()["items"][0]["id"])

    def consented(self, customer: str) -> None:
        """Let our application into the customer's directory, for Azure Resource Manager."""
        answer = self.pc("POST", f"/v1/customers/{customer}/applicationconsents", consent(self.profile["clientId"]))
        assert answer.status_code == 201, answer.text


def body_of(answer: httpx.Response) -> Any:
    """Return the JSON of an answer that may begin with a byte order mark."""
    return json.loads(answer.content.decode("utf-8-sig"))


def new_customer(domain: str = "fourthcoffeecsp.onmicrosoft.com", **changes: Any) -> dict[str, Any]:
    """Return the body that creates a customer; changes are fields of its address."""
    address = {
        "firstName": "Marshall",
        "lastName": "Levi",
        "phoneNumber": "1234567890",
        "addressLine1": "One Microsoft Way",
        "city": "Redmond",
        "state": "WA",
        "postalCode": "98052",
        "country": "US",
        **changes,
    }
    profile = {
        "email": "marshall@fourthcoffee.com",
        "culture": "en-US",
        "language": "en",
        "companyName": "Fourth Coffee",
        "defaultAddress": address,
    }
    return {"companyProfile": {"domain": domain}, "billingProfile": profile}


def agreement(**contact: str) -> dict[str, Any]:
    """Return the body that confirms the Microsoft Customer Agreement."""
    person = {"firstName": "Marshall", "lastName": "Levi", "email": "marshall@fourthcoffee.com", **contact}
    return {
        "primaryContact": person,
        "templateId": "117a77b0-9360-443b-8795-c6dedc750cf9",
        "dateAgreed": "2024-11-01T00:00:00Z",
        "type": "MicrosoftCustomerAgreement",
    }


def cart(item: str, **changes: Any) -> dict[str, Any]:
    """Return a cart with one line."""
    line = {"id": 0, "catalogItemId": item, "quantity": 1, "billingCycle": "one_time", **changes}
    return {"lineItems": [line]}


def consent(client: str, application: str = "797f4846-ba00-4fd7-ba43-dac1f8f63013") -> dict[str, Any]:
    """Return the body that lets an application into a directory."""
    grants = [{"enterpriseApplicationId": application, "scope": "user_impersonation"}]
    return {"applicationId": client, "displayName": "cspctl", "applicationGrants": grants}
