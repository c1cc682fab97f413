"""What Partner Center writes in other words means the same: the difference count is zero, from either side.

The documents are changed in the simulator's store, as somebody in the portal or Microsoft's own corrections would.
"""

from __future__ import annotations

from typing import Any

import pytest

from cspctl.simulator.partner_center import customer_documents, customers
from tests.kinds.tenants import body, sent, tenant_of
from tests.test_rules import CUSTOMER
from tests.world import World, resources


def rewritten(world: World, address: dict[str, Any] | None = None, **profile: Any) -> None:
    """Let the billing profile be written in other words; it gets another etag, as after every write."""
    customer = tenant_of(world)
    with world.simulator.store.transaction() as tx:
        found = tx.get(customers.COLLECTION, customer)
        assert found is not None
        billing = {**found["billingProfile"], **profile}
        billing["defaultAddress"] = {**billing["defaultAddress"], **(address or {})}
        etag = customer_documents.new_etag()
        tx.put(customers.COLLECTION, customer, {**found, "billingProfile": billing, "billingEtag": etag})


def differences(world: World, text: str = CUSTOMER) -> list[tuple[str, Any, Any]]:
    """What a plan would change, field by field."""
    planned = world.plan(resources(text))
    assert not planned.problems
    return [(f.path, f.before, f.after) for change in planned.changes for f in change.compared.changes]


@pytest.mark.parametrize(
    "address",
    [
        {},
        {"region": "WA", "state": None},
        {"region": "WA", "state": ""},
        {"region": "WA", "state": "WA"},
        {"region": None, "state": "WA"},
        {"region": "wa", "state": "wa "},
        {"city": "REDMOND", "addressLine1": "ONE MICROSOFT WAY"},
        {"city": "Redmond "},
        {"addressLine1": " One Microsoft Way"},
        {"postalCode": "98052 "},
        {"country": "us"},
        {"firstName": "MARSHALL", "lastName": "levi "},
        {"phoneNumber": " 1234567890"},
        {"addressLine2": None, "addressLine3": None, "district": None, "middleName": None},
        {"addressLine2": "", "middleName": ""},
    ],
)
def test_an_address_in_other_words_is_no_difference(tenant: World, address: dict[str, Any]) -> None:
    rewritten(tenant, address)
    assert differences(tenant) == []


@pytest.mark.parametrize(
    "profile",
    [
        {"culture": "en-us"},
        {"culture": "EN-US"},
        {"culture": "en.us"},
        {"culture": "en_US"},
        {"language": "EN"},
        {"email": "Marshall@FourthCoffee.com"},
        {"email": "marshall@fourthcoffee.com "},
        {"companyName": "Fourth Coffee "},
        {"firstName": None, "lastName": None},
        {"firstName": "", "lastName": ""},
        {"type": "default", "somethingNew": {"a": 1}},
    ],
)
def test_a_profile_in_other_words_is_no_difference(tenant: World, profile: dict[str, Any]) -> None:
    rewritten(tenant, **profile)
    assert differences(tenant) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("city: Redmond", "city: REDMOND"),
        ("city: Redmond", 'city: " Redmond "'),
        ("city: Redmond,", "city: Redmond, addressLine2: null,"),
        ("state: WA", 'state: "wa "'),
        ("culture: en-US", "culture: en.us"),
        ("culture: en-US", "culture: en_us"),
        ("companyName: Fourth Coffee", 'companyName: "Fourth Coffee "'),
        ("fourthcoffeecsp.onmicrosoft.com", '" FourthCoffeeCSP.OnMicrosoft.com"'),
    ],
)
def test_a_manifest_in_other_words_is_no_difference(tenant: World, old: str, new: str) -> None:
    assert old in CUSTOMER
    assert differences(tenant, CUSTOMER.replace(old, new)) == []


def test_a_company_profile_in_other_words_is_no_difference(tenant: World) -> None:
    customer = tenant_of(tenant)
    with tenant.simulator.store.transaction() as tx:
        found = tx.get(customers.COLLECTION, customer)
        assert found is not None
        company = {**found["companyAddress"], "city": "REDMOND", "region": None}
        more = {"domain": "FourthCoffeeCSP.onmicrosoft.com", "companyAddress": company}
        tx.put(customers.COLLECTION, customer, {**found, **more})
    assert differences(tenant) == []


def test_a_letter_of_a_postal_code_may_have_any_case(tenant: World) -> None:
    rewritten(tenant, {"postalCode": "k1a 0b1"})
    assert differences(tenant, CUSTOMER.replace("98052", "K1A 0B1")) == []


def test_what_really_differs_is_still_seen_and_written_over_the_newest_etag(tenant: World) -> None:
    rewritten(tenant, {"city": "BELLEVUE", "state": None, "region": "wa"}, culture="en-us")
    assert differences(tenant) == [("billingProfile.defaultAddress.city", "BELLEVUE", "Redmond")]
    rewritten(tenant)
    tenant.answers.clear()
    tenant.done(resources(CUSTOMER))
    (request,) = sent(tenant, "PUT", "/profiles/billing")
    assert body(request)["defaultAddress"]["city"] == "Redmond"
    assert request.headers["If-Match"] == f'"{body(request)["attributes"]["etag"]}"'
