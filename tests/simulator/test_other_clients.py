"""Requests as clients of other makers build them: Microsoft's archived SDKs for .NET and Java, its PowerShell module.

Each says where the shape comes from; the sources are public on GitHub under the names given.
"""

from __future__ import annotations

import json
import uuid
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from simulator_client import PARTNER_CENTER, SIGN_IN, Client, body_of, new_customer

# What PartnerServiceProxy (microsoft/partner-center-sdk-for-dotNET) puts on every request.
DOTNET = {
    "Accept": "application/json",
    "MS-PartnerCenter-Client": "Partner Center .NET SDK",
    "MS-SdkVersion": "3.0.0.0",
    "X-Locale": "en-US",
}
# Microsoft/Partner-Center-Java sends its own name and the contract's version.
JAVA = {**DOTNET, "MS-PartnerCenter-Client": "Partner Center Java SDK", "MS-Contract-Version": "v1"}


class Sdk:
    """Sends what an SDK sends: its headers, and one request id and correlation id for each logical call."""

    def __init__(self, client: Client, headers: dict[str, str]) -> None:
        self.client = client
        self.headers = headers

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Call a path as the SDK has built it, slashes and all."""
        ids = {"MS-RequestId": str(uuid.uuid4()), "MS-CorrelationId": str(uuid.uuid4())}
        return self.client.pc(method, path, body, headers={**self.headers, **ids, **headers})


@pytest.fixture(params=[DOTNET, JAVA], ids=["dotnet", "java"])
def sdk(client: Client, request: pytest.FixtureRequest) -> Sdk:
    return Sdk(client, request.param)


def pascal(value: Any) -> Any:
    """Return JSON with the keys as .NET's serializer writes properties."""
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: pascal(inner) for key, inner in value.items()}
    return [pascal(each) for each in value] if isinstance(value, list) else value


def customers(client: Client, number: int) -> list[str]:
    made = [client.pc("POST", "/v1/customers", new_customer(f"sdk{each}csp.onmicrosoft.com")) for each in range(number)]
    client.simulator.clock.sleep(91)
    return sorted(str(each.json()["id"]) for each in made)


def followed(sdk: Sdk, prefix: str, size: int) -> list[str]:
    """Collect ids page by page: the SDKs put a prefix before the next link, whatever it begins with."""
    ids, answer = [], sdk.send("GET", f"/v1/customers?size={size}")
    while True:
        assert answer.status_code == 200, answer.text
        body = answer.json()
        ids += [each["id"] for each in body["items"]]
        following = body["links"].get("next")
        if following is None:
            return ids
        extra = {header["key"]: header["value"] for header in following["headers"]}
        answer = sdk.send(following["method"], f"{prefix}{following['uri']}", **extra)


@pytest.mark.parametrize("prefix", ["/v1", "/v1/", "//v1//", "/V1/"])
def test_next_links_behind_whatever_prefix(sdk: Sdk, prefix: str) -> None:
    """Enumerators of the .NET SDK write "/v1/" before links that begin with a slash (PowerShell issue 379)."""
    expected = customers(sdk.client, 5)
    assert followed(sdk, prefix, 2) == expected


def test_a_version_twice_in_the_path(sdk: Sdk) -> None:
    """Some links carry the version already, and the enumerators put it before them once more (/v1//v1/customers)."""
    expected = customers(sdk.client, 2)
    for path in ("/v1//v1/customers?size=40", "/v1/v1/customers?size=40", "//v1/customers"):
        answer = sdk.send("GET", path)
        assert answer.status_code == 200, (path, answer.text)
        assert [each["id"] for each in answer.json()["items"]] == expected


def test_seeking_without_a_size(sdk: Sdk) -> None:
    """CustomerCollectionOperations.QueryAsync sends the token and seekOperation, and no size."""
    expected = customers(sdk.client, 3)
    first = sdk.send("GET", "/v1/customers?size=1").json()
    rest = sdk.send(
        "GET", "/v1/customers?seekOperation=Next", **{"MS-ContinuationToken": first["continuationToken"]}
    ).json()
    assert [each["id"] for each in [*first["items"], *rest["items"]]][:2] == expected[:2]


def test_a_filter_with_size_zero(sdk: Sdk) -> None:
    """A simple query has size=0 and the filter as .NET serialises it."""
    (only,) = customers(sdk.client, 1)
    wanted = quote(json.dumps({"Field": "Domain", "Value": "SDK0", "Operator": "starts_with"}), safe="")
    body = sdk.send("GET", f"/v1/customers?size=0&filter={wanted}").json()
    assert [each["id"] for each in body["items"]] == [only]


def test_heads_of_domains(sdk: Sdk) -> None:
    """DomainOperations.Exists reads 404 as free; both answers have no body."""
    free, taken = (sdk.send("HEAD", f"/v1/domains/{name}.onmicrosoft.com") for name in ("nobodyhasit", "contoso"))
    assert (free.status_code, free.content) == (404, b"")
    assert (taken.status_code, taken.content) == (200, b"")


def test_pascal_case_bodies(sdk: Sdk) -> None:
    answer = sdk.send("POST", "/v1/customers", pascal(new_customer("pascalcsp.onmicrosoft.com")))
    assert answer.status_code == 201, answer.text
    assert answer.json()["companyProfile"]["domain"] == "pascalcsp.onmicrosoft.com"


def test_an_etag_in_the_body_alone(sdk: Sdk) -> None:
    """Neither SDK ever sends If-Match: the etag goes back in the attributes."""
    (customer,) = customers(sdk.client, 1)
    path = f"/v1/customers/{customer}/profiles/billing"
    profile = sdk.send("GET", path).json()
    assert profile["attributes"]["etag"]
    changed = sdk.send("PUT", path, pascal({**profile, "companyName": "Renamed"}))
    assert changed.status_code == 200, changed.text
    stale = sdk.send("PUT", path, pascal({**profile, "companyName": "Again"}))
    assert (stale.status_code, stale.json()["code"]) == (400, 2055)


@pytest.mark.parametrize("none", ["None", "none"])
def test_enum_values_in_either_spelling(sdk: Sdk, none: str) -> None:
    """The converter of the .NET SDK writes snake case; PowerShell and older clients write the member's name."""
    (customer,) = customers(sdk.client, 1)
    body = {"Id": customer, "RelationshipToPartner": none, "Attributes": {"ObjectType": "Customer"}}
    answer = sdk.send("PATCH", f"/v1/customers/{customer}", body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["RelationshipToPartner"] == "none"  # this answer echoes the names as .NET writes them


def test_a_cart_in_pascal_case_down_to_the_checkout(sdk: Sdk) -> None:
    """Enum members go out by name (OneTime) from clients without the SDK's converter."""
    (customer,) = customers(sdk.client, 1)
    sdk.client.agreed(customer)
    path = f"/v1/customers/{customer}"
    available = sdk.send("GET", f"{path}/products/DZH318Z0BPS6/skus/0001/availabilities").json()["items"][0]
    line = {"Id": 0, "CatalogItemId": available["catalogItemId"], "Quantity": 1, "BillingCycle": "OneTime"}
    made = sdk.send("POST", f"{path}/carts", {"LineItems": [line]})
    assert made.status_code == 201, made.text
    ordered = sdk.send("POST", f"{path}/carts/{made.json()['id']}/checkout")
    assert ordered.status_code == 201, ordered.text
    assert len(body_of(ordered)["orders"]) == 1


def test_a_retry_with_the_same_request_id_happens_once(sdk: Sdk) -> None:
    """RetryableHttpCall repeats a request as it is, its MS-RequestId too."""
    body, same = new_customer("retriedcsp.onmicrosoft.com"), str(uuid.uuid4())
    first, again = (sdk.send("POST", "/v1/customers", body, **{"MS-RequestId": same}) for _ in range(2))
    assert first.json()["id"] == again.json()["id"]
    assert sum(len(row.effects) for row in sdk.client.simulator.ledger()) == 1


def test_the_locale_comes_back(sdk: Sdk) -> None:
    assert sdk.send("GET", "/v1/customers", **{"X-Locale": "de-DE"}).headers["X-Locale"] == "de-DE,de-DE"


def test_the_old_token_exchange_is_gone(client: Client) -> None:
    """Login with `generatetoken` was the SDKs' first way in; today nothing answers it."""
    token = client.token(PARTNER_CENTER)
    form = {"grant_type": "jwt_token"}
    answer = client.http.post(
        f"{PARTNER_CENTER}/generatetoken", data=form, headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code in {401, 404, 410, 501}
    assert "access_token" not in answer.text


def test_the_first_versions_endpoint_gives_partner_center_tokens(client: Client) -> None:
    """PowerShell and ADAL clients ask with `resource` and read numbers as text."""
    form = {
        "grant_type": "refresh_token",
        "client_id": client.profile["clientId"],
        "client_secret": client.profile["clientSecret"],
        "refresh_token": client.profile["refreshToken"],
        "resource": PARTNER_CENTER,
    }
    answer = client.http.post(f"{SIGN_IN}/{client.tenant}/oauth2/token", data=form).json()
    assert answer["expires_in"].isdigit()
    headers = {"Authorization": f"{answer['token_type']} {answer['access_token']}"}
    assert client.http.get(f"{PARTNER_CENTER}/v1/customers", headers=headers).status_code == 200
