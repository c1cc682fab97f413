"""Licences in Partner Center: what a customer has, who has them, assigning and removing them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from simulator_client import Client
from test_pc_users import DOMAIN, created, refusal

EMS = "efccb6f7-5641-4e0e-bd10-b4976e1bf68e"
POWER_BI = "f8a1db68-be16-40ed-86d5-cb42ce701560"
MINECRAFT = "984df360-9a74-4647-8cf8-696749f6247a"
MFA_PREMIUM = "8a256a2b-b617-496d-b51b-e76466e88db0"


@pytest.fixture
def customer(client: Client) -> str:
    """Give the path of a new customer that has bought two licences of one SKU and one of another."""
    path = f"/v1/customers/{client.customer(DOMAIN)}"
    client.people("buy-licences", tenant=DOMAIN, sku="EMS", seats=2)
    client.people("buy-licences", tenant=DOMAIN, sku=POWER_BI)
    return path


def assign(client: Client, user: str, *skus: str, remove: tuple[str, ...] = (), **more: Any) -> httpx.Response:
    """Change a user's licences."""
    wanted = [{"skuId": each, **more} for each in skus]
    body = {"licensesToAssign": wanted, "licensesToRemove": list(remove), "licenseWarnings": None}
    return client.pc("POST", f"{user}/licenseupdates", body)


def units(client: Client, customer: str, group: str = "Group1") -> dict[str, tuple[int, int]]:
    """Return by part number how many licences are used, and how many there are."""
    answer = client.pc("GET", f"{customer}/subscribedskus?licenseGroupIds={group}")
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    assert all(each["availableUnits"] == each["totalUnits"] - each["consumedUnits"] for each in items)
    return {each["productSku"]["skuPartNumber"]: (each["consumedUnits"], each["totalUnits"]) for each in items}


def test_a_licence_is_assigned_and_removed(client: Client, customer: str) -> None:
    user = f"{customer}/users/{created(client, f'{customer}/users')['id']}"
    assert units(client, customer) == {"EMS": (0, 2), "POWER_BI_PRO": (0, 1)}
    answer = assign(client, user, EMS.upper())
    assert answer.status_code == 201
    assert answer.json()["licensesToAssign"] == [{"skuId": EMS}]
    assert answer.json()["licenseWarnings"] == []
    (license,) = client.pc("GET", f"{user}/licenses").json()["items"]
    assert license["productSku"]["id"] == EMS
    assert {each["capabilityStatus"] for each in license["servicePlans"]} == {"Assigned"}
    assert units(client, customer) == {"EMS": (1, 2), "POWER_BI_PRO": (0, 1)}
    assert assign(client, user, POWER_BI, remove=(EMS,)).status_code == 201
    assert units(client, customer) == {"EMS": (0, 2), "POWER_BI_PRO": (1, 1)}


def test_plans_can_be_excluded_and_included_again_in_one_seat(client: Client, customer: str) -> None:
    user = f"{customer}/users/{created(client, f'{customer}/users')['id']}"
    assert assign(client, user, EMS, excludedPlans=[MFA_PREMIUM]).status_code == 201
    (license,) = client.pc("GET", f"{user}/licenses").json()["items"]
    statuses = {each["id"]: each["capabilityStatus"] for each in license["servicePlans"]}
    assert statuses.pop(MFA_PREMIUM) == "Disabled"
    assert set(statuses.values()) == {"Assigned"}
    assert assign(client, user, EMS).status_code == 201
    (license,) = client.pc("GET", f"{user}/licenses").json()["items"]
    assert {each["capabilityStatus"] for each in license["servicePlans"]} == {"Assigned"}
    assert units(client, customer)["EMS"] == (1, 2)
    assert refusal(assign(client, user, EMS, excludedPlans=[POWER_BI]))[0] == 400


def test_nothing_is_assigned_without_a_usage_location(client: Client, customer: str) -> None:
    (admin,) = client.pc("GET", f"{customer}/users").json()["items"]
    user = f"{customer}/users/{admin['id']}"
    assert "usage location" in refusal(assign(client, user, EMS))[2]
    assert client.pc("PATCH", user, {"usageLocation": "US"}).status_code == 200
    assert assign(client, user, EMS).status_code == 201


def test_out_of_seats_is_refused_as_documented_and_nothing_is_done(client: Client, customer: str) -> None:
    first = f"{customer}/users/{created(client, f'{customer}/users', 'one')['id']}"
    second = f"{customer}/users/{created(client, f'{customer}/users', 'two')['id']}"
    assert assign(client, first, POWER_BI).status_code == 201
    answer = assign(client, second, EMS, POWER_BI)
    assert refusal(answer)[:2] == (400, 60012)
    assert answer.json()["source"] == "PartnerFD"
    assert answer.json()["data"][0].startswith("LicenseQuotaExceededException : Subscription with Account")
    assert POWER_BI in answer.json()["data"][0]
    assert units(client, customer) == {"EMS": (0, 2), "POWER_BI_PRO": (1, 1)}
    client.people("buy-licences", tenant=DOMAIN, sku="POWER_BI_PRO")
    assert assign(client, second, EMS, POWER_BI).status_code == 201


def test_a_sku_that_was_never_bought_has_no_seats(client: Client, customer: str) -> None:
    user = f"{customer}/users/{created(client, f'{customer}/users')['id']}"
    assert refusal(assign(client, user, "3b555118-da6a-4418-894f-7df1e2096870"))[:2] == (400, 60012)
    assert refusal(assign(client, user, client.tenant))[:2] == (400, 3000)
    assert refusal(assign(client, user, remove=(EMS,)))[:2] == (400, 3000)
    assert refusal(assign(client, user))[:2] == (400, 3000)


def test_groups_of_skus_are_not_mixed(client: Client, customer: str) -> None:
    client.people("buy-licences", tenant=DOMAIN, sku=MINECRAFT, seats=5)
    user = f"{customer}/users/{created(client, f'{customer}/users')['id']}"
    assert "single license group" in refusal(assign(client, user, EMS, MINECRAFT))[2]
    assert assign(client, user, MINECRAFT).status_code == 201
    assert client.pc("GET", f"{user}/licenses").json()["items"] == []
    listed = client.pc("GET", f"{user}/licenses?licenseGroupIds=Group1&licenseGroupIds=Group2").json()["items"]
    assert [each["productSku"]["licenseGroupId"] for each in listed] == ["group2"]
    assert units(client, customer, "Group2") == {"CFQ7TTC0K5DR/0002": (1, 5)}
    assert refusal(client.pc("GET", f"{customer}/subscribedskus?licenseGroupIds=Group3"))[0] == 400


def test_a_deleted_user_frees_its_licences_and_gets_back_what_is_left(client: Client, customer: str) -> None:
    first = f"{customer}/users/{created(client, f'{customer}/users', 'one')['id']}"
    second = f"{customer}/users/{created(client, f'{customer}/users', 'two')['id']}"
    assign(client, first, EMS, POWER_BI)
    client.pc("DELETE", first)
    assert units(client, customer) == {"EMS": (0, 2), "POWER_BI_PRO": (0, 1)}
    assert assign(client, second, POWER_BI).status_code == 201
    assert client.pc("PATCH", first, {"state": "active"}).status_code == 200
    (license,) = client.pc("GET", f"{first}/licenses").json()["items"]
    assert license["productSku"]["skuPartNumber"] == "EMS"


def test_neither_the_application_alone_nor_a_partner_without_delegation_may(client: Client, customer: str) -> None:
    user = f"{customer}/users/{created(client, f'{customer}/users')['id']}"
    assert refusal(client.pc("GET", f"{customer}/subscribedskus", app=True))[:2] == (403, 900329)
    client.people("remove-delegated-administration", tenant=DOMAIN)
    assert refusal(client.pc("GET", f"{customer}/subscribedskus"))[0] == 403
    assert refusal(assign(client, user, EMS))[0] == 403
