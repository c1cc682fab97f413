"""Licences bought through a cart: the catalogue's terms, the subscription, its seats in the directory."""

from __future__ import annotations

from typing import Any

import pytest
from simulator_client import Client, body_of, cart
from test_pc_licenses import EMS, assign, units
from test_pc_users import DOMAIN, created, refusal

PRODUCT = "CFQ7TTC0LHT4"
DAY = 24 * 3600


@pytest.fixture
def customer(client: Client) -> str:
    """Give the path of a new customer that has agreed to the Microsoft Customer Agreement."""
    id = client.customer(DOMAIN)
    client.agreed(id)
    return f"/v1/customers/{id}"


def item(client: Client, customer: str) -> str:
    """Return what a cart must name today to buy the product."""
    path = f"{customer}/products/{PRODUCT}/skus/0001/availabilities"
    return str(client.pc("GET", path).json()["items"][0]["catalogItemId"])


def line(client: Client, customer: str, **changes: Any) -> dict[str, Any]:
    """Put licences into a cart and return its line item."""
    asked = {"quantity": 3, "billingCycle": "monthly", "termDuration": "P1Y", **changes}
    answer = client.pc("POST", f"{customer}/carts", cart(item(client, customer), **asked))
    assert answer.status_code == 201, answer.text
    (found,) = answer.json()["lineItems"]
    return {**found, "cart": answer.json()["id"]}


def bought(client: Client, customer: str, **changes: Any) -> str:
    """Buy licences, wait until they are there, and return the path of their subscription."""
    filled = line(client, customer, **changes)
    assert "error" not in filled
    answer = client.pc("POST", f"{customer}/carts/{filled['cart']}/checkout")
    assert answer.status_code == 201, answer.text
    (order,) = body_of(answer)["orders"]
    client.simulator.clock.sleep(31)
    shown = client.pc("GET", f"{customer}/orders/{order['id']}").json()
    return f"{customer}/subscriptions/{shown['lineItems'][0]['subscriptionId']}"


def test_licences_are_among_the_online_services(client: Client, customer: str) -> None:
    for view, expected in (("OnlineServices", {PRODUCT, "CFQ7TTC0LH18"}), ("Azure", {"DZH318Z0BPS6"})):
        found = client.pc("GET", f"{customer}/products?targetView={view}").json()["items"]
        assert {each["id"] for each in found} == expected
    sku = client.pc("GET", f"{customer}/products/CFQ7TTC0LH18/skus/0001").json()
    assert (sku["minimumQuantity"], sku["maximumQuantity"]) == (1, 300)
    assert sku["dynamicAttributes"]["provisioningId"] == "3b555118-da6a-4418-894f-7df1e2096870"
    (found,) = client.pc("GET", f"{customer}/products/{PRODUCT}/skus/0001/availabilities").json()["items"]
    terms = {(each["duration"], each["billingCycle"]) for each in found["terms"]}
    assert terms == {("P1M", "Monthly"), ("P1Y", "Monthly"), ("P1Y", "Annual")}


def test_bought_licences_become_a_subscription_and_seats(client: Client, customer: str) -> None:
    assert units(client, customer) == {}
    path = bought(client, customer)
    subscription = client.pc("GET", path).json()
    assert (subscription["offerName"], subscription["quantity"]) == ("Enterprise Mobility + Security E3", 3)
    assert (subscription["billingCycle"], subscription["termDuration"]) == ("monthly", "P1Y")
    assert subscription["productType"]["id"] == "OnlineServicesNCE"
    assert units(client, customer) == {"EMS": (0, 3)}
    user = f"{customer}/users/{created(client, f'{customer}/users')['id']}"
    assert assign(client, user, EMS).status_code == 201
    assert units(client, customer) == {"EMS": (1, 3)}


def test_seats_appear_when_the_order_is_fulfilled(client: Client, customer: str) -> None:
    filled = line(client, customer)
    assert client.pc("POST", f"{customer}/carts/{filled['cart']}/checkout").status_code == 201
    assert units(client, customer) == {}
    client.simulator.clock.sleep(31)
    assert units(client, customer) == {"EMS": (0, 3)}


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": 0},
        {"quantity": 10001},
        {"quantity": 1.5},
        {"billingCycle": "one_time"},
        {"termDuration": "P3Y"},
        {"termDuration": ""},
        {"termDuration": "P1M", "billingCycle": "annual"},
    ],
)
def test_impossible_lines_are_told_in_the_cart(client: Client, customer: str, changes: dict[str, Any]) -> None:
    filled = line(client, customer, **changes)
    assert filled["error"]["errorCode"] == 10006
    assert refusal(client.pc("POST", f"{customer}/carts/{filled['cart']}/checkout"))[:2] == (400, 800009)


def test_seats_are_added_at_any_time_and_taken_back_for_a_week(client: Client, customer: str) -> None:
    path = bought(client, customer)
    whole = client.pc("GET", path).json()
    assert client.pc("PATCH", path, {**whole, "quantity": 5}).json()["quantity"] == 5
    assert client.pc("PATCH", path, {**whole, "quantity": 2}).json()["quantity"] == 2
    assert units(client, customer) == {"EMS": (0, 2)}
    client.simulator.clock.sleep(7 * DAY)
    assert refusal(client.pc("PATCH", path, {**whole, "quantity": 1}))[:2] == (400, 800090)
    assert refusal(client.pc("PATCH", path, {**whole, "quantity": 0}))[:2] == (400, 2002)
    assert client.pc("PATCH", path, {**whole, "quantity": 4}).status_code == 200
    assert units(client, customer) == {"EMS": (0, 4)}


def test_a_subscription_is_cancelled_within_a_week(client: Client, customer: str) -> None:
    first, second = bought(client, customer), bought(client, customer, quantity=1)
    assert units(client, customer) == {"EMS": (0, 4)}
    cancelled = client.pc("PATCH", first, {**client.pc("GET", first).json(), "status": "deleted"})
    assert cancelled.json()["status"] == "deleted"
    assert units(client, customer) == {"EMS": (0, 1)}
    client.simulator.clock.sleep(7 * DAY)
    late = client.pc("PATCH", second, {**client.pc("GET", second).json(), "status": "deleted"})
    assert refusal(late)[:2] == (400, 800096)


def test_a_suspended_subscription_gives_no_licences(client: Client, customer: str) -> None:
    path = bought(client, customer)
    assert client.pc("PATCH", path, {**client.pc("GET", path).json(), "status": "suspended"}).status_code == 200
    (found,) = client.pc("GET", f"{customer}/subscribedskus").json()["items"]
    assert (found["activeUnits"], found["suspendedUnits"], found["capabilityStatus"]) == (0, 3, "Suspended")
    user = f"{customer}/users/{created(client, f'{customer}/users')['id']}"
    assert refusal(assign(client, user, EMS))[:2] == (400, 60012)
    assert client.pc("PATCH", path, {**client.pc("GET", path).json(), "status": "active"}).status_code == 200
    assert assign(client, user, EMS).status_code == 201


def test_terms_follow_one_another(client: Client, customer: str) -> None:
    path = bought(client, customer, termDuration="P1M")
    first = client.pc("GET", path).json()["commitmentEndDate"]
    client.simulator.clock.sleep(31 * DAY)
    assert client.pc("GET", path).json()["commitmentEndDate"] > first


def test_a_plan_and_licences_live_side_by_side(client: Client, customer: str) -> None:
    licences = bought(client, customer)
    answer = client.pc("POST", f"{customer}/carts/{client.cart(customer.rpartition('/')[2])}/checkout")
    assert answer.status_code == 201, answer.text
    client.simulator.clock.sleep(31)
    found = client.pc("GET", f"{customer}/subscriptions").json()["items"]
    assert sorted(each["productType"]["id"] for each in found) == ["Azure", "OnlineServicesNCE"]
    (plan,) = [each["id"] for each in found if each["productType"]["id"] == "Azure"]
    held = client.pc("GET", f"{customer}/subscriptions/{plan}/azureEntitlements").json()["items"]
    assert len(held) == 1
    assert refusal(client.pc("GET", f"{licences}/azureEntitlements"))[:2] == (404, 20003)


def test_a_sandbox_has_few_seats_and_subscriptions(client: Client, customer: str) -> None:
    client.simulator.account(sandbox=True)
    filled = line(client, customer, quantity=26)
    assert refusal(client.pc("POST", f"{customer}/carts/{filled['cart']}/checkout"))[:2] == (403, 800067)
    for _ in range(5):
        bought(client, customer, quantity=25)
    filled = line(client, customer, quantity=1)
    assert refusal(client.pc("POST", f"{customer}/carts/{filled['cart']}/checkout"))[:2] == (403, 800066)
