"""Partner Center: company and billing profiles, with etags."""

from __future__ import annotations

from typing import Any

import pytest
from simulator_client import Client


@pytest.fixture
def path(client: Client) -> str:
    return f"/v1/customers/{client.customer()}/profiles"


def test_the_company_profile_calls_the_state_region_and_wants_a_person(client: Client, path: str) -> None:
    company = client.pc("GET", f"{path}/company").json()
    assert company["address"]["region"] == "WA"
    assert "state" not in company["address"]
    assert company["email"] == "marshall@fourthcoffee.com"
    assert client.pc("GET", f"{path}/company", app=True).status_code == 403


def test_without_delegation_address_email_and_domains_are_left_out(client: Client, path: str) -> None:
    customer = path.split("/")[3]
    client.people("remove-delegated-administration", tenant=customer)
    company = client.pc("GET", f"{path}/company").json()
    assert "address" not in company
    assert "email" not in company
    found = client.pc("GET", f"/v1/customers/{customer}").json()
    assert found["allowDelegatedAccess"] is False
    assert "customDomains" not in found


def change(client: Client, path: str, etag: str | None, in_header: bool, **fields: Any) -> tuple[int, Any]:
    body = client.pc("GET", f"{path}/billing").json() | fields
    body.pop("attributes")
    if not in_header and etag is not None:
        body["attributes"] = {"etag": etag, "objectType": "CustomerBillingProfile"}
    headers = {"If-Match": f'"{etag}"'} if in_header and etag is not None else {}
    answer = client.pc("PUT", f"{path}/billing", body, headers=headers)
    return answer.status_code, answer.json()


@pytest.mark.parametrize("in_header", [True, False])
def test_an_update_wants_the_current_etag_in_header_or_body(client: Client, path: str, in_header: bool) -> None:
    etag = client.pc("GET", f"{path}/billing").json()["attributes"]["etag"]
    status, body = change(client, path, etag, in_header, companyName="Fifth Coffee")
    assert (status, body["companyName"]) == (200, "Fifth Coffee")
    assert body["attributes"]["etag"] != etag
    status, body = change(client, path, etag, in_header, companyName="Sixth Coffee")
    assert (status, body["code"]) == (400, 2055)
    assert change(client, path, None, in_header)[1]["code"] == 2055
    assert client.pc("GET", f"{path}/billing").json()["companyName"] == "Fifth Coffee"
    assert client.pc("GET", f"{path}/company").json()["companyName"] == "Fourth Coffee"


def test_the_body_is_the_whole_resource(client: Client, path: str) -> None:
    body = client.pc("GET", f"{path}/billing").json()
    body |= {"firstName": "Marshall", "lastName": "Levi"}
    body = client.pc("PUT", f"{path}/billing", body).json()
    assert body["firstName"] == "Marshall"
    del body["firstName"]
    body["lastName"] = None
    body = client.pc("PUT", f"{path}/billing", body).json()
    assert "firstName" not in body
    assert "lastName" not in body
    for missing in ("id", "email", "companyName", "defaultAddress"):
        partial = {key: value for key, value in body.items() if key != missing}
        answer = client.pc("PUT", f"{path}/billing", partial)
        assert (answer.status_code, answer.json()["code"]) == (400, 3000), missing


def test_the_country_stays(client: Client, path: str) -> None:
    body = client.pc("GET", f"{path}/billing").json()
    body["defaultAddress"] |= {"country": "NO", "state": None, "postalCode": "0150", "city": "Oslo"}
    answer = client.pc("PUT", f"{path}/billing", body)
    assert answer.status_code == 400
    assert "country" in answer.json()["description"]


def test_pascal_case_is_accepted(client: Client, path: str) -> None:
    def pascal(value: Any) -> Any:
        if isinstance(value, dict):
            return {key[:1].upper() + key[1:]: pascal(item) for key, item in value.items()}
        return [pascal(item) for item in value] if isinstance(value, list) else value

    body = client.pc("GET", f"{path}/billing").json() | {"email": "new@fourthcoffee.com"}
    answer = client.pc("PUT", f"{path}/billing", pascal(body))
    assert answer.json()["email"] == "new@fourthcoffee.com"
