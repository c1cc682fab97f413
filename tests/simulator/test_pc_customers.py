"""Partner Center: creating, finding, listing and letting go of customers."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from simulator_client import Client, new_customer


def create(client: Client, body: Any, **more: Any) -> tuple[int, Any]:
    answer = client.pc("POST", "/v1/customers", body, **more)
    return answer.status_code, answer.json()


def test_a_new_customer_comes_with_a_password_that_is_shown_once(client: Client) -> None:
    status, body = create(client, new_customer())
    assert status == 201
    assert body["companyProfile"]["tenantId"] == body["id"]
    assert body["relationshipToPartner"] == "reseller"
    assert body["allowDelegatedAccess"] is True
    assert body["userCredentials"]["userName"] == "admin"
    assert len(body["userCredentials"]["password"]) > 8
    assert body["billingProfile"]["attributes"]["etag"].lstrip("-").isdigit()
    client.simulator.clock.sleep(91)
    found = client.pc("GET", f"/v1/customers/{body['id']}").json()
    assert "userCredentials" not in found


def test_pascal_case_and_nulls_are_accepted(client: Client) -> None:
    def pascal(value: Any) -> Any:
        if isinstance(value, dict):
            return {key[:1].upper() + key[1:]: pascal(item) for key, item in value.items()}
        return value

    body = pascal(new_customer()) | {"Id": None, "UserCredentials": None, "CustomDomains": None}
    body["BillingProfile"]["FirstName"] = None
    body["BillingProfile"]["Culture"] = "EN-us"
    status, answer = create(client, body)
    assert status == 201
    assert answer["billingProfile"]["culture"] == "en-US"
    assert "firstName" not in answer["billingProfile"]


def test_reads_know_a_new_customer_only_after_a_minute_or_more(client: Client) -> None:
    _, body = create(client, new_customer())
    path = f"/v1/customers/{body['id']}"
    for elapsed in (0, 58):
        client.simulator.clock.sleep(elapsed)
        answer = client.pc("GET", path)
        assert (answer.status_code, answer.json()["code"]) == (404, 60003)
        assert client.pc("GET", "/v1/customers").json()["items"] == []
    client.simulator.clock.sleep(33)
    assert client.pc("GET", path).status_code == 200
    assert len(client.pc("GET", "/v1/customers").json()["items"]) == 1


def test_the_directory_exists_at_once_for_sign_in_and_for_the_domain_check(client: Client) -> None:
    _, body = create(client, new_customer())
    assert client.pc("HEAD", "/v1/domains/FourthCoffeeCSP.onmicrosoft.com").status_code == 200
    answer = client.token_answer("https://management.azure.com", body["id"])
    assert answer.json()["error_codes"] == [65001]


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (["companyProfile"], None, "companyProfile"),
        (["companyProfile", "domain"], None, "domain"),
        (["companyProfile", "domain"], "fourthcoffee.com", "domain"),
        (["companyProfile", "domain"], "contoso.onmicrosoft.com", "not available"),
        (["companyProfile", "domain"], "under_score.onmicrosoft.com", "domain"),
        (["billingProfile"], None, "billingProfile"),
        (["billingProfile", "email"], None, "email"),
        (["billingProfile", "email"], "marshall", "email"),
        (["billingProfile", "culture"], None, "culture"),
        (["billingProfile", "culture"], "english", "culture"),
        (["billingProfile", "language"], None, "language"),
        (["billingProfile", "language"], "eng", "language"),
        (["billingProfile", "companyName"], "", "companyName"),
        (["billingProfile", "defaultAddress"], None, "defaultAddress"),
        (["billingProfile", "defaultAddress", "firstName"], None, "firstName"),
        (["billingProfile", "defaultAddress", "firstName"], "x" * 51, "firstName"),
        (["billingProfile", "defaultAddress", "lastName"], " ", "lastName"),
        (["billingProfile", "defaultAddress", "addressLine1"], None, "addressLine1"),
        (["billingProfile", "defaultAddress", "addressLine1"], "x" * 201, "addressLine1"),
        (["billingProfile", "defaultAddress", "addressLine2"], "x" * 201, "addressLine2"),
        (["billingProfile", "defaultAddress", "city"], None, "city"),
        (["billingProfile", "defaultAddress", "country"], None, "country"),
        (["billingProfile", "defaultAddress", "country"], "USA", "country"),
        (["billingProfile", "defaultAddress", "country"], "UK", "country"),
        (["billingProfile", "defaultAddress", "state"], None, "state"),
        (["billingProfile", "defaultAddress", "state"], "XX", "state"),
        (["billingProfile", "defaultAddress", "postalCode"], "9805", "postalCode"),
    ],
)
def test_what_is_missing_or_malformed_is_refused_by_name(
    client: Client, path: list[str], value: Any, named: str
) -> None:
    body = new_customer()
    place: Any = body
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    status, answer = create(client, body)
    assert status == 400
    assert answer["code"] == 3000
    assert named in answer["description"]
    assert client.simulator.ledger()[-1].effects == ()


def test_a_domain_can_be_had_once(client: Client) -> None:
    assert create(client, new_customer("twice.onmicrosoft.com"))[0] == 201
    status, answer = create(client, new_customer("TWICE.onmicrosoft.com"))
    assert status == 400
    assert "not available" in answer["description"]


BRAZIL = {"country": "BR", "state": "SP", "city": "Osasco", "postalCode": "06184-280"}


@pytest.mark.parametrize(
    ("number", "address", "code"),
    [
        (None, BRAZIL, 600049),
        ("123", BRAZIL, 600050),
        ("12345678000195", BRAZIL | {"phoneNumber": ""}, 600051),
        ("12345678000195", {}, 600002),
    ],
)
def test_registration_numbers_are_wanted_in_some_countries_and_forbidden_in_the_others(
    client: Client, number: str | None, address: dict[str, str], code: int
) -> None:
    body = new_customer(**address)
    body["companyProfile"]["organizationRegistrationNumber"] = number
    status, answer = create(client, body)
    assert (status, answer["code"]) == (400, code)


def test_a_registration_number_of_the_right_form_is_accepted(client: Client) -> None:
    body = new_customer(**BRAZIL)
    body["companyProfile"]["organizationRegistrationNumber"] = "12345678000195"
    status, answer = create(client, body)
    assert status == 201
    client.simulator.clock.sleep(91)
    company = client.pc("GET", f"/v1/customers/{answer['id']}/profiles/company").json()
    assert company["organizationRegistrationNumber"] == "12345678000195"


def test_the_same_request_id_gives_the_same_customer_and_password(client: Client) -> None:
    headers = {"MS-RequestId": "94e4e214-6b06-4fb7-96d1-94d559f9b47f"}
    first = create(client, new_customer(), headers=headers)
    assert create(client, new_customer(), headers=headers) == first
    assert create(client, new_customer())[0] == 400
    assert sum(len(row.effects) for row in client.simulator.ledger()) == 1


def test_a_refusal_is_not_remembered(client: Client) -> None:
    headers = {"MS-RequestId": "94e4e214-6b06-4fb7-96d1-94d559f9b47f"}
    assert create(client, {}, headers=headers)[0] == 400
    assert create(client, new_customer(), headers=headers)[0] == 201


def test_ids_are_guids_in_any_case(client: Client) -> None:
    customer = client.customer()
    assert client.pc("GET", f"/v1/customers/{customer.upper()}").json()["id"] == customer
    answer = client.pc("GET", "/v1/customers/fourth-coffee")
    assert (answer.status_code, answer.json()["code"]) == (400, 2000)


def test_a_customer_of_an_indirect_reseller_wants_a_person(client: Client) -> None:
    body = new_customer() | {"associatedPartnerId": "484e548c-f5f3-4528-93a9-c16c6373cb59"}
    status, answer = create(client, body, app=True)
    assert (status, answer["code"]) == (403, 900329)
    status, answer = create(client, body)
    assert (status, answer["code"]) == (403, 600006)  # a direct partner has no resellers
    client.simulator.account(tier="provider")
    status, answer = create(client, body)
    assert (status, answer["associatedPartnerId"]) == (201, "484e548c-f5f3-4528-93a9-c16c6373cb59")


# Lists ---------------------------------------------------------------------------------------------------


@pytest.fixture
def seven(client: Client) -> Client:
    for number in range(7):
        body = new_customer(f"{'odd' if number % 2 else 'even'}{number}.onmicrosoft.com")
        body["billingProfile"]["companyName"] = f"Company {number}"
        assert create(client, body)[0] == 201
    client.simulator.clock.sleep(91)
    return client


def test_pages_follow_the_continuation_token_in_a_header(seven: Client) -> None:
    seen, path, headers = [], "/v1/customers?size=3", {}
    for expected in (3, 3, 1):
        page = seven.pc("GET", path, headers=headers).json()
        assert page["totalCount"] == len(page["items"]) == expected
        seen += [item["id"] for item in page["items"]]
        following = page["links"].get("next")
        if following is None:
            assert "continuationToken" not in page
            break
        assert following["uri"] == "/customers?size=3&seekOperation=Next"
        assert following["method"] == "GET"
        (header,) = following["headers"]
        assert header == {"key": "MS-ContinuationToken", "value": page["continuationToken"]}
        path, headers = f"/v1/{following['uri']}", {header["key"]: header["value"]}
        path = path.replace("/v1//", "/v1/")
    assert len(set(seen)) == 7
    assert page["links"]["self"]["uri"] == "/v1/customers?size=3"


def test_there_is_a_way_back(seven: Client) -> None:
    first = seven.pc("GET", "/v1/customers?size=3").json()
    headers = {"MS-ContinuationToken": first["continuationToken"]}
    second = seven.pc("GET", "/v1/customers?size=3&seekOperation=Next", headers=headers).json()
    headers = {"MS-ContinuationToken": second["continuationToken"]}
    back = seven.pc("GET", "/v1/customers?size=3&seekOperation=Previous", headers=headers).json()
    assert back["items"] == first["items"]
    last = seven.pc("GET", "/v1/customers?size=3&seekOperation=Last").json()
    assert len(last["items"]) == 3
    assert "next" not in last["links"]


def test_double_slashes_and_a_repeated_version_are_tolerated(seven: Client) -> None:
    assert seven.pc("GET", "//v1/customers?size=3").status_code == 200
    assert seven.pc("GET", "/v1//v1/customers?size=3").status_code == 200
    assert seven.pc("GET", "/v1//v2/customers?size=3").status_code == 501


def test_the_next_page_wants_its_token(seven: Client) -> None:
    answer = seven.pc("GET", "/v1/customers?size=3&seekOperation=Next")
    assert (answer.status_code, answer.json()["code"]) == (400, 3000)
    assert seven.pc("GET", "/v1/customers?size=x").status_code == 400
    assert seven.pc("GET", "/v1/customers?seekOperation=Sideways").status_code == 400


def test_lists_have_few_fields(seven: Client) -> None:
    (item, *_) = seven.pc("GET", "/v1/customers?size=0").json()["items"]
    assert set(item) == {"id", "companyProfile", "relationshipToPartner", "links", "attributes"}
    assert set(item["companyProfile"]) == {"tenantId", "domain", "companyName", "links", "attributes"}


def search(client: Client, **asked: Any) -> Any:
    return client.pc("GET", "/v1/customers?size=0&filter=" + quote(json.dumps(asked), safe=""))


def test_filters_look_at_beginnings_without_case(seven: Client) -> None:
    found = search(seven, Field="Domain", Value="EVEN", Operator="starts_with").json()
    assert len(found["items"]) == 4
    assert found["links"]["self"]["uri"].startswith("/customers?size=0&filter=%7B%22Field%22")
    found = search(seven, Field="CompanyName", Value="Company 3", Operator="starts_with").json()
    assert [item["companyProfile"]["domain"] for item in found["items"]] == ["odd3.onmicrosoft.com"]
    reseller = search(seven, Field="IndirectReseller", Value="484e548c", Operator="starts_with").json()
    assert reseller["items"] == []
    assert search(seven, Field="Domain", Value="even", Operator="equals").status_code == 400
    assert search(seven, Field="Email", Value="even", Operator="starts_with").status_code == 400
    assert seven.pc("GET", "/v1/customers?filter=nonsense").status_code == 400


def test_five_hundred_requests_a_minute(client: Client) -> None:
    customer = client.customer()
    client.simulator.clock.sleep(60 - client.simulator.clock.now().second)
    statuses = {client.pc("GET", f"/v1/customers/{customer}").status_code for _ in range(500)}
    assert statuses == {200}
    answer = client.pc("GET", f"/v1/customers/{customer}")
    assert answer.status_code == 429
    assert answer.json()["statusCode"] == 429
    client.simulator.clock.sleep(int(answer.headers["Retry-After"]))
    assert client.pc("GET", f"/v1/customers/{customer}").status_code == 200


# Letting go ----------------------------------------------------------------------------------------------

NONE = {"relationshipToPartner": "none", "attributes": {"objectType": "Customer"}}


def test_the_relationship_ends_once_no_subscription_is_active(client: Client) -> None:
    customer = client.customer()
    plan = client.plan(customer)
    path = f"/v1/customers/{customer}"
    answer = client.pc("PATCH", path, NONE)
    assert (answer.status_code, answer.json()["code"]) == (403, 600006)
    entitlements = f"{path}/subscriptions/{plan}/azureEntitlements"
    (entitlement,) = client.pc("GET", entitlements).json()["items"]
    body = {"cancellationReason": "compromise"}
    assert client.pc("POST", f"{entitlements}/{entitlement['id']}/cancel", body).status_code == 202
    assert client.pc("PATCH", f"{path}/subscriptions/{plan}", {"status": "suspended"}).status_code == 200
    answer = client.pc("PATCH", path, NONE)
    assert answer.status_code == 200
    assert answer.json()["RelationshipToPartner"] == "none"
    assert client.pc("GET", path).status_code == 404
    assert client.pc("HEAD", "/v1/domains/fourthcoffeecsp.onmicrosoft.com").status_code == 200


def test_ending_the_relationship_wants_a_person_and_nothing_else_can_be_patched(client: Client) -> None:
    path = f"/v1/customers/{client.customer()}"
    assert client.pc("PATCH", path, NONE, app=True).status_code == 403
    assert client.pc("PATCH", path, {"relationshipToPartner": "advisor"}).status_code == 400
    assert client.pc("PATCH", path, {"companyProfile": {"companyName": "Other"}}).status_code == 400


def test_only_a_sandbox_deletes(client: Client) -> None:
    path = f"/v1/customers/{client.customer()}"
    answer = client.pc("DELETE", path)
    assert (answer.status_code, answer.json()["code"]) == (403, 600006)
    client.simulator.account(sandbox=True)
    answer = client.pc("DELETE", path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert client.pc("GET", path).status_code == 404
    assert client.pc("DELETE", path).status_code == 404


def test_a_sandbox_has_seventy_five_customers(client: Client) -> None:
    client.simulator.account(sandbox=True)
    for number in range(75):
        assert create(client, new_customer(f"sandbox{number}.onmicrosoft.com"))[0] == 201
    status, answer = create(client, new_customer("onemore.onmicrosoft.com"))
    assert (status, answer["code"]) == (400, 800018)
