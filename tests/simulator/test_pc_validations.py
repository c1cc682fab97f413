"""Partner Center: domains, addresses and countries."""

from __future__ import annotations

from typing import Any

import pytest
from simulator_client import Client

ADDRESS = {
    "addressLine1": "1 Microsoft Way",
    "city": "Redmond",
    "state": "WA",
    "postalCode": "98052",
    "country": "US",
}


def test_a_domain_is_taken_or_free_without_bodies(client: Client) -> None:
    taken = client.pc("HEAD", "/v1/domains/contoso.onmicrosoft.com")
    free = client.pc("HEAD", "/v1/domains/fourthcoffeecsp.onmicrosoft.com")
    assert (taken.status_code, free.status_code) == (200, 404)
    assert taken.content == free.content == b""
    assert free.headers["MS-RequestId"]
    assert client.pc("GET", "/v1/validations/checkdomainavailability/contoso").json() is False
    assert client.pc("GET", "/v1/validations/checkdomainavailability/fourthcoffeecsp").json() is True


def check(client: Client, **changes: Any) -> tuple[int, Any]:
    answer = client.pc("POST", "/v1/validations/address", ADDRESS | changes)
    return answer.status_code, answer.json()


def test_the_status_of_an_address_is_in_the_body(client: Client) -> None:
    status, body = check(client)
    assert (status, body["status"]) == (200, "VerifiedShippable")
    assert body["originalAddress"] == ADDRESS
    (suggested,) = body["suggestedAddresses"]
    assert suggested["postalCode"].startswith("98052-")
    status, body = check(client, addressLine1="Microsoft Way")
    assert (status, body["status"]) == (200, "StreetPartial")
    assert body["suggestedAddresses"][0]["addressLine1"] == "1 Microsoft Way"
    assert body["validationMessage"]
    assert check(client, addressLine1="One Microsoft Way")[1]["status"] == "VerifiedShippable"


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"state": "XX"}, "State"), ({"state": None}, "State"), ({"postalCode": "1"}, "PostalCode")],
)
def test_an_impossible_address_gets_no_suggestion(client: Client, changes: dict[str, Any], field: str) -> None:
    status, body = check(client, **changes)
    assert (status, body["status"], body["suggestedAddresses"]) == (200, "None", [])
    assert field in body["validationMessage"]


@pytest.mark.parametrize("changes", [{"addressLine1": None}, {"city": ""}, {"country": None}, {"country": "UK"}])
def test_what_cannot_be_validated_is_refused(client: Client, changes: dict[str, Any]) -> None:
    status, body = check(client, **changes)
    assert (status, body["code"]) == (400, 3000)


def test_addresses_may_be_spelt_as_the_documentations_table_or_example_spells_them(client: Client) -> None:
    for spelling in (str.lower, lambda name: name[:1].upper() + name[1:]):
        body = {spelling(name): value for name, value in ADDRESS.items()}
        assert client.pc("POST", "/v1/validations/address", body).json()["status"] == "VerifiedShippable"


@pytest.mark.parametrize("code", ["US", "GB", "NO", "CA", "DE", "IN", "BR", "FR", "us"])
def test_countries_have_rules(client: Client, code: str) -> None:
    body = client.pc("GET", f"/v1/countryvalidationrules/{code}").json()
    assert body["iso2Code"] == code.upper()
    assert body["defaultCulture"] in body["supportedCulturesList"]
    assert body["isStateRequired"] == bool(body["supportedStatesList"])
    assert body["attributes"]["objectType"] == "CountryInformation"


@pytest.mark.parametrize("code", ["UK", "XX", "USA"])
def test_other_countries_are_not_found(client: Client, code: str) -> None:
    assert client.pc("GET", f"/v1/countryvalidationrules/{code}").status_code == 404


def test_the_united_states(client: Client) -> None:
    body = client.pc("GET", "/v1/countryvalidationrules/US").json()
    assert len(body["supportedStatesList"]) == 51
    assert body["countryCallingCodesList"] == ["1"]
    assert client.pc("GET", "/v1/countryvalidationrules/IN").json()["isRegistrationNumberSupported"] is True
