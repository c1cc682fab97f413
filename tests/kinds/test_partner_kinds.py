"""Customer, AzurePlan and AzureSubscription: the exact requests where money, rights or deletion are involved."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from cspctl.changes import Update
from cspctl.resource import Live
from tests.test_rules import CUSTOMER, ESTATE, ME, PLAN, PRODUCTION, SUB, by_key, id_of
from tests.world import EVER, World, resources

HR = """---
apiVersion: cspctl/v1
kind: AzureSubscription
metadata: {name: hr, customer: fourth-coffee}
spec: {displayName: HR System}
"""


@pytest.fixture
def estate(empty: World) -> World:
    empty.done(resources(CUSTOMER + PLAN + PRODUCTION))
    empty.answers.clear()
    return empty


def sent(world: World, method: str, ending: str) -> list[httpx.Request]:
    return [r for r in world.requests if r.method == method and r.url.path.endswith(ending)]


def body(request: httpx.Request) -> Any:
    return json.loads(request.content)


def test_a_customer_is_created_with_microsofts_field_names(empty: World) -> None:
    empty.done(resources(CUSTOMER))
    (request,) = sent(empty, "POST", "/v1/customers")
    assert body(request) == {
        "companyProfile": {"domain": "fourthcoffeecsp.onmicrosoft.com"},
        "billingProfile": {
            "email": "marshall@fourthcoffee.com",
            "culture": "en-US",
            "language": "en",
            "companyName": "Fourth Coffee",
            "defaultAddress": {
                "firstName": "Marshall",
                "lastName": "Levi",
                "phoneNumber": "1234567890",
                "addressLine1": "One Microsoft Way",
                "city": "Redmond",
                "state": "WA",
                "postalCode": "98052",
                "country": "US",
            },
        },
    }
    assert request.headers["MS-RequestId"]
    assert request.headers["MS-CorrelationId"]
    (agreement,) = sent(empty, "POST", "/agreements")
    assert body(agreement) | {"templateId": "T"} == {
        "primaryContact": {"firstName": "Marshall", "lastName": "Levi", "email": "marshall@fourthcoffee.com"},
        "templateId": "T",
        "dateAgreed": "2026-11-01T00:00:00Z",
        "type": "MicrosoftCustomerAgreement",
    }
    (consent,) = sent(empty, "POST", "/applicationconsents")
    assert body(consent)["applicationGrants"] == [
        {"enterpriseApplicationId": "797f4846-ba00-4fd7-ba43-dac1f8f63013", "scope": "user_impersonation"},
        {
            "enterpriseApplicationId": "00000003-0000-0000-c000-000000000000",
            "scope": "Directory.Read.All,Group.ReadWrite.All",
        },
    ]


def test_domain_address_and_country_are_checked_while_planning(empty: World) -> None:
    def said(text: str) -> str:
        return " ".join(f"{p.what} {p.remedy}" for p in empty.plan(resources(text)).problems)

    assert said(CUSTOMER) == ""
    assert "no country that Partner Center sells in Great Britain is GB" in said(
        CUSTOMER.replace("country: US", "country: UK")
    )
    assert "XX is no state of US" in said(CUSTOMER.replace("state: WA", "state: XX"))
    assert "is no postal code of US" in said(CUSTOMER.replace("98052", "ABC"))
    assert "postalCode is needed" in said(CUSTOMER.replace("postalCode: 98052, ", ""))
    empty.simulator.people("existing-tenant", domain="fourthcoffeecsp.onmicrosoft.com")
    assert "is taken" in said(CUSTOMER)
    assert empty.writes() == []


def test_consent_waits_for_roles_that_an_interrupted_run_has_given(empty: World) -> None:
    empty.simulator.fault("GET", "/accessAssignments$", status=400, skip=1, times=1)
    (outcome,) = empty.apply(resources(CUSTOMER))
    assert outcome.status == "failed"
    assert empty.journal.records(), "and before the roles are there"
    empty.done(resources(CUSTOMER))
    given = [r for r in empty.requests if r.method == "POST" and r.url.path.endswith("/accessAssignments")]
    assert len(given) == 1, "what is being given is not given again"


def test_the_billing_profile_is_put_whole_with_its_etag(estate: World) -> None:
    renamed = CUSTOMER.replace("companyName: Fourth Coffee", "companyName: Fourth Coffee Holding")
    estate.done(resources(renamed))
    (request,) = sent(estate, "PUT", "/profiles/billing")
    whole = body(request)
    assert whole["companyName"] == "Fourth Coffee Holding"
    assert whole["id"]
    assert request.headers["If-Match"] == f'"{whole["attributes"]["etag"]}"'
    assert len([r for r in estate.requests if r.method in ("PUT", "POST", "PATCH") and "login" not in r.url.host]) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("city: Redmond", 'city: "REDMOND "'),
        ("culture: en-US", "culture: en.us"),
        ("culture: en-US", "culture: en-us"),
        ("language: en", "language: EN"),
        ("state: WA", "state: wa"),
        ("country: US", "country: us"),
        ("marshall@fourthcoffee.com\n    culture", "Marshall@FourthCoffee.com\n    culture"),
        ("One Microsoft Way", "ONE MICROSOFT WAY"),
        ("fourthcoffeecsp.onmicrosoft.com", "FourthCoffeeCSP.onmicrosoft.com"),
        ("98052", '" 98052"'),
    ],
)
def test_what_means_the_same_to_partner_center_is_no_difference(estate: World, old: str, new: str) -> None:
    assert old in CUSTOMER
    assert estate.plan(resources(CUSTOMER.replace(old, new))).changes == ()


def test_an_agreement_that_is_confirmed_already_is_success(empty: World) -> None:
    empty.done(resources(CUSTOMER))
    cloud = empty.cloud
    from cspctl.kinds.partner.customer import Customer, _confirm

    customer = next(r for r in resources(CUSTOMER) if isinstance(r, Customer))
    assert customer.agreement
    _confirm(cloud, id_of(empty, ME), customer.agreement)
    assert [r.status for r in empty.writes() if r.path.endswith("/agreements")] == [201, 400]


def test_the_production_delete_ends_the_relationship(empty: World) -> None:
    empty.done(resources(CUSTOMER))
    customer = id_of(empty, ME)
    gone = CUSTOMER.replace("name: fourth-coffee}", "name: fourth-coffee, absent: true, protect: false}")
    empty.done(resources(gone))
    (request,) = sent(empty, "PATCH", f"/v1/customers/{customer}")
    assert body(request) == {"relationshipToPartner": "none", "attributes": {"objectType": "Customer"}}
    assert not sent(empty, "DELETE", customer)


def test_only_a_sandbox_really_deletes(empty: World) -> None:
    empty.simulator.account(sandbox=True)
    empty.sandbox = True
    empty.done(resources(CUSTOMER))
    empty.done(
        resources(CUSTOMER.replace("name: fourth-coffee}", "name: fourth-coffee, absent: true, protect: false}"))
    )
    assert [r for r in empty.requests if r.method == "DELETE" and r.url.path.startswith("/v1/customers/")]


def test_everything_down_to_the_customer_can_be_given_up_in_one_run(estate: World) -> None:
    absent = (CUSTOMER + PLAN + PRODUCTION).replace("metadata: {", "metadata: {absent: true, protect: false, ")
    estate.done(resources(absent))
    assert [r.path.rpartition("/")[2] for r in estate.writes()[-3:-2]] == ["cancel"]
    assert estate.plan(resources(absent)).changes == ()


def test_the_plan_is_bought_by_a_cart_that_is_checked_out_once(empty: World) -> None:
    empty.done(resources(CUSTOMER + PLAN))
    (cart,) = sent(empty, "POST", "/carts")
    (item,) = body(cart)["lineItems"]
    assert item["catalogItemId"].startswith("DZH318Z0BPS6:0001:")
    assert (item["quantity"], item["billingCycle"]) == (1, "one_time")
    assert len(sent(empty, "POST", "/checkout")) == 1


def test_a_plan_that_the_customer_has_is_not_bought_again(estate: World) -> None:
    import shutil

    shutil.rmtree(estate.folder / "journal")
    planned = estate.plan(resources(CUSTOMER + PLAN + PRODUCTION))
    assert {c.action for c in planned.changes} == {"adopt"}
    assert not planned.writes
    estate.done(resources(CUSTOMER + PLAN + PRODUCTION))
    assert not sent(estate, "POST", "/carts")


def test_a_further_subscription_is_an_alias_under_the_customers_billing_scope(estate: World) -> None:
    estate.done(resources(CUSTOMER + PLAN + PRODUCTION + HR))
    (request,) = [r for r in estate.requests if r.method == "PUT"]
    assert request.url.path == f"/providers/Microsoft.Subscription/aliases/hr-{id_of(estate, ME)}"
    properties = body(request)["properties"]
    assert (properties["displayName"], properties["workload"]) == ("HR System", "Production")
    assert properties["billingScope"].endswith(f"/customers/{id_of(estate, ME)}")


def test_rename_cancel_and_enable(estate: World) -> None:
    renamed = PRODUCTION.replace("Production environment", "Production")
    estate.done(resources(CUSTOMER + PLAN + renamed))
    (request,) = sent(estate, "POST", "/rename")
    assert body(request) == {"subscriptionName": "Production"}
    cancelled = renamed.replace("adopt: default", "adopt: default, state: Disabled").replace(
        "production,", "production, protect: false,"
    )
    estate.done(resources(CUSTOMER + PLAN + cancelled))
    assert len(sent(estate, "POST", "/cancel")) == 1
    enabled = renamed.replace("adopt: default", "adopt: default, state: Enabled")
    (change,) = estate.plan(resources(CUSTOMER + PLAN + enabled)).changes
    assert isinstance(change, Update)
    estate.done(resources(CUSTOMER + PLAN + enabled))
    assert len(sent(estate, "POST", "/enable")) == 1


def test_a_cancelled_subscription_says_how_to_enable_it(estate: World) -> None:
    disabled = PRODUCTION.replace("adopt: default", "adopt: default, state: Disabled")
    assert "protect: false" in estate.plan(resources(CUSTOMER + PLAN + disabled)).problems[0].remedy
    estate.done(resources(CUSTOMER + PLAN + disabled.replace("production,", "production, protect: false,")))
    planned = estate.plan(resources(CUSTOMER + PLAN + PRODUCTION))
    assert "state: Enabled" in " ".join(n.text for n in planned.notes)


def test_adoption_without_anything_to_adopt_is_an_error_and_no_purchase(estate: World) -> None:
    lab = HR.replace("name: hr", "name: lab").replace("displayName: HR System", "adopt: {displayName: Nothing}")
    planned = estate.plan(resources(CUSTOMER + PLAN + PRODUCTION + lab))
    (problem,) = planned.problems
    assert "adopt fits no subscription that is free to adopt" in problem.what
    assert id_of(estate, SUB) in problem.remedy
    assert not planned.writes


def test_the_subscription_survives_a_lost_journal(estate: World) -> None:
    import shutil

    before = id_of(estate, SUB)
    shutil.rmtree(estate.folder / "journal")
    estate.done(resources(ESTATE))
    state = estate.look(resources(ESTATE))[0].states[SUB]
    assert isinstance(state, Live)
    assert state.id == before


def test_a_customer_that_refuses_everything_does_not_stop_the_others(empty: World) -> None:
    other = CUSTOMER.replace("fourth-coffee", "wingtip").replace("fourthcoffeecsp", "wingtiptoyscsp")
    both = resources(CUSTOMER + "---" + other)
    empty.done(both)
    empty.simulator.fault("GET", f"/v1/customers/{id_of(empty, ME)}", status=403, times=EVER)
    planned = empty.plan(
        resources((CUSTOMER + "---" + other).replace("companyName: Fourth Coffee", "companyName: New"))
    )
    assert set(by_key(planned)) == {k for k in by_key(planned) if k.name == "wingtip"} != set()
