"""Partner Center: from the catalogue through cart and order to the plan and what is under it."""

from __future__ import annotations

from typing import Any

import pytest
from simulator_client import Client, body_of, cart, new_customer

PRODUCT = "/products/DZH318Z0BPS6"
SKU = f"{PRODUCT}/skus/0001"


@pytest.fixture
def customer(client: Client) -> str:
    return client.customer()


def item_today(client: Client, customer: str) -> str:
    found = client.pc("GET", f"/v1/customers/{customer}{SKU}/availabilities").json()["items"]
    return str(found[0]["catalogItemId"])


# Catalogue -----------------------------------------------------------------------------------------------


def test_the_plan_is_found_from_product_to_availability(client: Client, customer: str) -> None:
    for prefix, suffix in (("/v1", "?country=US"), (f"/v1/customers/{customer}", "")):
        views = f"{suffix}&targetView=MicrosoftAzure".lstrip("&")
        views = views if views.startswith("?") else f"?{views}"
        (product,) = client.pc("GET", f"{prefix}/products{views}").json()["items"]
        assert client.pc("GET", f"{prefix}/products/{product['id']}{suffix}").json() == product
        (sku,) = client.pc("GET", f"{prefix}{PRODUCT}/skus{suffix}").json()["items"]
        assert (sku["id"], sku["purchasePrerequisites"]) == ("0001", ["MicrosoftCustomerAgreement"])
        assert client.pc("GET", f"{prefix}{SKU}{suffix}").json() == sku
        (found,) = client.pc("GET", f"{prefix}{SKU}/availabilities{suffix}").json()["items"]
        assert found["catalogItemId"] == f"DZH318Z0BPS6:0001:{found['id']}"
        assert found["isPurchasable"] is True
        assert client.pc("GET", f"{prefix}{SKU}/availabilities/{found['id']}{suffix}").json() == found


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/products/NOTHING/skus?country=US", 404, 400013),
        (f"/v1{PRODUCT}/skus/0009/availabilities?country=US", 404, 400018),
        (f"/v1{SKU}/availabilities/DZH318Z0XXXX?country=US", 404, 400019),
        ("/v1/products?country=US&targetView=Everything", 403, 400036),
        ("/v1/products?targetView=Azure", 400, 3000),
        (f"/v1{PRODUCT}/skus?country=UK", 400, 3000),
        (f"/v1{PRODUCT}/skus?country=US&targetSegment=aliens", 403, 400030),
    ],
)
def test_the_catalogues_refusals(client: Client, path: str, status: int, code: int) -> None:
    answer = client.pc("GET", path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_other_views_and_segments_hold_no_plan(client: Client) -> None:
    assert client.pc("GET", "/v1/products?country=US&targetView=Software").json()["items"] == []
    assert client.pc("GET", f"/v1{PRODUCT}/skus?country=US&targetSegment=education").json()["items"] == []


def test_availabilities_change_overnight_and_yesterdays_is_an_error_in_the_cart(client: Client, customer: str) -> None:
    pinned = item_today(client, customer)
    client.simulator.clock.sleep(86400)
    assert item_today(client, customer) != pinned
    answer = client.pc("POST", f"/v1/customers/{customer}/carts", cart(pinned))
    assert answer.status_code == 201
    body = answer.json()
    assert body["lineItems"][0]["error"]["errorCode"] == 10001
    checkout = client.pc("POST", f"/v1/customers/{customer}/carts/{body['id']}/checkout")
    assert (checkout.status_code, checkout.json()["code"]) == (400, 800009)


# Cart ----------------------------------------------------------------------------------------------------


def test_a_cart_lives_a_week(client: Client, customer: str) -> None:
    path = f"/v1/customers/{customer}/carts/{client.cart(customer)}"
    body = client.pc("GET", path).json()
    assert (body["status"], body["lineItems"][0]["currencyCode"]) == ("Active", "USD")
    client.simulator.clock.sleep(7 * 86400)
    for method, suffix in (("GET", ""), ("PUT", ""), ("POST", "/checkout")):
        answer = client.pc(method, path + suffix, cart("x"))
        assert (answer.status_code, answer.json()["code"]) == (404, 800008)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"quantity": 2}, 10006),
        ({"billingCycle": "monthly"}, 10006),
        ({"termDuration": "P1Y"}, 10006),
        ({"currencyCode": "EUR"}, 10000),
        ({"catalogItemId": "MS-AZR-0145P"}, 10001),
    ],
)
def test_errors_of_an_item_come_inside_a_201(client: Client, customer: str, change: dict[str, Any], code: int) -> None:
    body = cart(item_today(client, customer), **change)
    answer = client.pc("POST", f"/v1/customers/{customer}/carts", body)
    assert answer.status_code == 201
    assert answer.json()["lineItems"][0]["error"]["errorCode"] == code


def test_a_cart_without_items_or_with_incomplete_ones_is_refused(client: Client, customer: str) -> None:
    path = f"/v1/customers/{customer}/carts"
    for body in ({}, {"lineItems": []}, cart(""), cart("x", quantity=None), cart("x", billingCycle=None)):
        answer = client.pc("POST", path, body)
        assert (answer.status_code, answer.json()["code"]) == (400, 800002)


def test_a_cart_is_updated_until_it_is_ordered(client: Client, customer: str) -> None:
    path = f"/v1/customers/{customer}/carts"
    id = client.pc("POST", path, cart("stale")).json()["id"]
    body = cart(item_today(client, customer), friendlyName="The plan")
    answer = client.pc("PUT", f"{path}/{id}", body)
    assert answer.status_code == 201
    assert "error" not in answer.json()["lineItems"][0]
    client.agreed(customer)
    assert client.pc("POST", f"{path}/{id}/checkout").status_code == 201
    assert client.pc("GET", f"{path}/{id}").json()["status"] == "Ordered"
    assert client.pc("PUT", f"{path}/{id}", body).json()["code"] == 800065


# Checkout ------------------------------------------------------------------------------------------------


def test_no_agreement_no_purchase(client: Client, customer: str) -> None:
    path = f"/v1/customers/{customer}/carts/{client.cart(customer)}/checkout"
    answer = client.pc("POST", path)
    assert (answer.status_code, answer.json()["code"]) == (403, 13605)
    client.agreed(customer)
    assert client.pc("POST", path).status_code == 201


def test_a_cart_is_bought_once(client: Client, customer: str) -> None:
    client.agreed(customer)
    path = f"/v1/customers/{customer}/carts/{client.cart(customer)}/checkout"
    headers = {"MS-RequestId": "4fa6dad6-a89f-4875-8247-8294a10ae1cf"}
    first = body_of(client.pc("POST", path, headers=headers))
    assert body_of(client.pc("POST", path, headers=headers)) == first
    answer = client.pc("POST", path)
    assert (answer.status_code, answer.json()["code"]) == (400, 800065)
    bought = [effect for row in client.simulator.ledger() for effect in row.effects if "bought" in effect]
    assert len(bought) == 1


def test_a_customer_has_one_plan(client: Client, customer: str) -> None:
    client.plan(customer)
    answer = client.pc("POST", f"/v1/customers/{customer}/carts/{client.cart(customer)}/checkout")
    assert (answer.status_code, answer.json()["code"]) == (403, 800066)
    assert len(client.pc("GET", f"/v1/customers/{customer}/subscriptions").json()["items"]) == 1


def test_of_several_groups_one_can_fail(client: Client, customer: str) -> None:
    client.agreed(customer)
    line = cart(item_today(client, customer))["lineItems"][0]
    id = client.pc("POST", f"/v1/customers/{customer}/carts", {"lineItems": [line, line]}).json()["id"]
    answer = client.pc("POST", f"/v1/customers/{customer}/carts/{id}/checkout")
    assert answer.status_code == 201
    body = body_of(answer)
    assert len(body["orders"]) == 1
    assert [(error["orderGroupId"], error["code"]) for error in body["orderErrors"]] == [("1", 800066)]


def test_a_sandbox_has_ten_plans(client: Client) -> None:
    client.simulator.account(sandbox=True)
    answers = []
    for number in range(11):
        answer = client.pc("POST", "/v1/customers", new_customer(f"sandbox{number}.onmicrosoft.com"))
        answers.append(answer.json()["id"])
    client.simulator.clock.sleep(91)
    for customer in answers[:10]:
        client.plan(customer)
    client.agreed(answers[10])
    answer = client.pc("POST", f"/v1/customers/{answers[10]}/carts/{client.cart(answers[10])}/checkout")
    assert (answer.status_code, answer.json()["code"]) == (400, 900116)


def test_an_order_is_fulfilled_after_a_while_and_listed_later_still(client: Client, customer: str) -> None:
    client.agreed(customer)
    answer = client.pc("POST", f"/v1/customers/{customer}/carts/{client.cart(customer)}/checkout")
    (order,) = body_of(answer)["orders"]
    assert order["status"] == "pending"
    assert "subscriptionId" not in order["lineItems"][0]
    path = f"/v1/customers/{customer}/orders"
    status = client.pc("GET", f"{path}/{order['id']}/provisioningstatus").json()["items"][0]["status"]
    assert status == "prefulfillment_pending"
    assert client.pc("GET", f"/v1/customers/{customer}/subscriptions").json()["items"] == []
    client.simulator.clock.sleep(31)
    order = client.pc("GET", f"{path}/{order['id']}").json()
    assert order["status"] == "completed"
    status = client.pc("GET", f"{path}/{order['id']}/provisioningstatus").json()["items"][0]["status"]
    assert status == "fulfilled"
    (plan,) = client.pc("GET", f"/v1/customers/{customer}/subscriptions").json()["items"]
    assert (plan["id"], plan["orderId"]) == (order["lineItems"][0]["subscriptionId"], order["id"])
    assert client.pc("GET", path).json()["items"] == []
    client.simulator.clock.sleep(300)
    assert client.pc("GET", path).json()["items"] == [order]
    assert client.pc("GET", f"{path}?billingType=onetime").json()["items"] == [order]
    assert client.pc("GET", f"{path}?billingType=usage").json()["items"] == []
    assert client.pc("GET", f"{path}/000000000000").json()["code"] == 20000
    by_order = client.pc("GET", f"/v1/customers/{customer}/subscriptions?order_id={order['id']}").json()["items"]
    assert by_order == [plan]


# The plan ------------------------------------------------------------------------------------------------


def test_the_plan_is_renamed_by_a_full_or_a_small_body_of_either_case(client: Client, customer: str) -> None:
    path = f"/v1/customers/{customer}/subscriptions/{client.plan(customer)}"
    whole = client.pc("GET", path).json()
    assert "etag" not in whole["attributes"]
    whole["friendlyName"] = "One"
    assert client.pc("PATCH", path, whole).json()["friendlyName"] == "One"
    body = {"Id": whole["id"], "FriendlyName": "Two", "Quantity": 1, "PartnerId": None, "ParentSubscriptionId": None}
    assert client.pc("PATCH", path, body).json()["friendlyName"] == "Two"
    assert client.pc("GET", path).json()["friendlyName"] == "Two"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"quantity": 2}, 400, 800095),
        ({"billingCycle": "annual"}, 400, 2054),
        ({"autoRenewEnabled": True}, 400, 800093),
        ({"status": "deleted"}, 400, 800096),
        ({"status": "suspended"}, 403, 900115),
        ({"partnerId": "123"}, 400, 800098),
        ({"id": "83ef9d05-4169-4ef9-9657-0e86b1eab1de"}, 400, 3000),
    ],
)
def test_what_cannot_change_on_a_plan(
    client: Client, customer: str, change: dict[str, Any], status: int, code: int
) -> None:
    path = f"/v1/customers/{customer}/subscriptions/{client.plan(customer)}"
    answer = client.pc("PATCH", path, change)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_plan_is_suspended_when_nothing_active_is_under_it_and_comes_back(client: Client, customer: str) -> None:
    path = f"/v1/customers/{customer}/subscriptions/{client.plan(customer)}"
    (entitlement,) = client.pc("GET", f"{path}/azureEntitlements").json()["items"]
    assert entitlement["friendlyName"] == "Microsoft Azure"
    one = f"{path}/azureEntitlements/{entitlement['id']}"
    assert client.pc("POST", f"{one}/cancel", {"cancellationReason": "boredom"}).status_code == 400
    assert client.pc("POST", f"{one}/cancel", {"cancellationReason": "compromise"}).status_code == 202
    assert client.pc("GET", one).json()["status"] != "active"
    assert client.pc("POST", f"{one}/cancel", {"cancellationReason": "compromise"}).json()["code"] == 800012
    assert client.pc("PATCH", path, {"status": "suspended"}).json()["status"] == "suspended"
    assert client.pc("PATCH", path, {"friendlyName": "Other"}).json()["code"] == 800091
    assert client.pc("PATCH", path, {"status": "active"}).json()["status"] == "active"


def test_what_is_not_there(client: Client, customer: str) -> None:
    path = f"/v1/customers/{customer}/subscriptions"
    nobody = "83ef9d05-4169-4ef9-9657-0e86b1eab1de"
    answer = client.pc("GET", f"{path}/{nobody}")
    assert (answer.status_code, answer.json()["code"]) == (404, 20003)
    plan = client.plan(customer)
    answer = client.pc("GET", f"{path}/{plan}/azureEntitlements/{nobody}")
    assert (answer.status_code, answer.json()["code"]) == (404, 800111)


def test_the_provisioning_status_is_looked_at_every_quarter_of_an_hour(client: Client, customer: str) -> None:
    clock = client.simulator.clock
    clock.sleep(900 - clock.now().timestamp() % 900)
    path = f"/v1/customers/{customer}/subscriptions/{client.plan(customer)}/provisioningstatus"
    assert client.pc("GET", path).json()["status"] == "pending"
    clock.sleep(900)
    assert client.pc("GET", path).json()["status"] == "success"
    assert client.pc("GET", path, app=True).status_code == 403


# What both services see ----------------------------------------------------------------------------------


def test_the_first_azure_subscription_comes_with_the_plan_and_is_known_to_azure(client: Client, customer: str) -> None:
    plan = client.plan(customer)
    client.consented(customer)
    path = f"/v1/customers/{customer}/subscriptions/{plan}/azureEntitlements"
    (entitlement,) = client.pc("GET", path).json()["items"]
    azure = f"/subscriptions/{entitlement['id']}"
    found = client.arm("GET", f"{azure}?api-version=2022-12-01", tenant=customer).json()
    assert (found["displayName"], found["state"], found["tenantId"]) == ("Microsoft Azure", "Enabled", customer)
    actions = f"{azure}/providers/Microsoft.Subscription"
    version = "api-version=2021-10-01"
    body = {"subscriptionName": "Production"}
    assert client.arm("POST", f"{actions}/rename?{version}", body, tenant=customer).status_code == 200
    assert client.pc("GET", path).json()["items"][0]["friendlyName"] == "Production"
    assert client.arm("POST", f"{actions}/cancel?{version}", tenant=customer).status_code == 200
    assert client.pc("GET", path).json()["items"][0]["status"] != "active"
    assert client.arm("POST", f"{actions}/enable?{version}", tenant=customer).status_code == 200
    assert client.pc("GET", path).json()["items"][0]["status"] == "active"
    assert client.pc("POST", f"{path}/{entitlement['id']}/cancel", {}).status_code == 202
    found = client.arm("GET", f"{azure}?api-version=2022-12-01", tenant=customer).json()
    assert found["state"] != "Enabled"
