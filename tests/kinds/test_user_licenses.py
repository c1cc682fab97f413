"""Licences of users: assigned, changed and removed by one call each, and refused while planning with the counts."""

from __future__ import annotations

import pytest

from cspctl.simulator import licensing
from tests.kinds.tenants import DOMAIN, body, said, sent, store, stored, user, writes
from tests.test_rules import CUSTOMER
from tests.world import World, resources

BASIC = licensing.SKUS["O365_BUSINESS_ESSENTIALS"]
MINECRAFT = licensing.SKUS["CFQ7TTC0K5DR/0002"]
YAMMER = next(plan.id for plan in BASIC.plans if plan.service == "YAMMER_ENTERPRISE")
GENA = user("gena")
LICENSED = GENA + "  licenses: [{sku: O365_BUSINESS_ESSENTIALS}]\n"


@pytest.fixture
def seats(tenant: World) -> World:
    """A customer that has bought two seats of Business Basic, and one of Power BI Pro."""
    tenant.simulator.people("buy-licences", tenant=DOMAIN, sku="O365_BUSINESS_ESSENTIALS", seats=2)
    tenant.simulator.people("buy-licences", tenant=DOMAIN, sku="POWER_BI_PRO", seats=1)
    tenant.answers.clear()
    return tenant


def test_a_new_user_gets_its_licence_with_the_same_apply(seats: World) -> None:
    seats.done(resources(CUSTOMER + LICENSED))
    (request,) = sent(seats, "POST", "/licenseupdates")
    assert body(request) == {
        "licensesToAssign": [{"skuId": BASIC.id, "excludedPlans": []}],
        "licensesToRemove": [],
        "attributes": {"objectType": "LicenseUpdate"},
    }
    assert writes(seats) == [("POST", "users"), ("POST", "licenseupdates")]


def test_excluded_plans_are_assigned_changed_and_taken_back(seats: World) -> None:
    excluded = GENA + "  licenses: [{sku: o365_business_essentials, excludedPlans: [yammer_enterprise]}]\n"
    seats.done(resources(CUSTOMER + excluded))
    (request,) = sent(seats, "POST", "/licenseupdates")
    assert body(request)["licensesToAssign"] == [{"skuId": BASIC.id, "excludedPlans": [YAMMER]}]
    seats.answers.clear()
    more = CUSTOMER + excluded.replace("[yammer_enterprise]", "[YAMMER_ENTERPRISE, TEAMS1]")
    (change,) = seats.plan(resources(more)).changes
    (field,) = change.compared.changes
    assert field.path.startswith("licenses[O365_BUSINESS_ESSENTIALS].excludedPlans")
    seats.done(resources(more))
    assert writes(seats) == [("POST", "licenseupdates")]
    assert len(stored(seats, f"gena@{DOMAIN}")["licenses"][0]["excludedPlans"]) == 2
    everything = CUSTOMER + excluded.replace("[yammer_enterprise]", "null")
    seats.done(resources(everything))
    assert stored(seats, f"gena@{DOMAIN}")["licenses"] == [{"skuId": BASIC.id, "excludedPlans": []}]


def test_unmentioned_licences_stay_and_absent_removes_one(seats: World) -> None:
    seats.done(resources(CUSTOMER + GENA + "  licenses: [{sku: O365_BUSINESS_ESSENTIALS}, {sku: POWER_BI_PRO}]\n"))
    seats.answers.clear()
    assert seats.plan(resources(CUSTOMER + LICENSED)).changes == ()
    assert seats.plan(resources(CUSTOMER + GENA)).changes == ()
    seats.done(resources(CUSTOMER + GENA + "  licenses: [{sku: POWER_BI_PRO, absent: true}]\n"))
    (request,) = sent(seats, "POST", "/licenseupdates")
    assert body(request)["licensesToAssign"] == []
    assert body(request)["licensesToRemove"] == [licensing.SKUS["POWER_BI_PRO"].id]
    assert [each["skuId"] for each in stored(seats, f"gena@{DOMAIN}")["licenses"]] == [BASIC.id]


def test_licences_of_the_two_authorities_go_in_two_calls(seats: World) -> None:
    seats.simulator.people("buy-licences", tenant=DOMAIN, sku=MINECRAFT.part_number, seats=1)
    text = GENA + f"  licenses: [{{sku: O365_BUSINESS_ESSENTIALS}}, {{sku: {MINECRAFT.part_number}}}]\n"
    seats.done(resources(CUSTOMER + text))
    groups = [[each["skuId"] for each in body(r)["licensesToAssign"]] for r in sent(seats, "POST", "/licenseupdates")]
    assert sorted(groups) == sorted([[BASIC.id], [MINECRAFT.id]])


@pytest.mark.parametrize("there", [True, False])
def test_a_licence_without_seats_is_explained_while_planning(seats: World, there: bool) -> None:
    two = user("moe") + user("helen")
    licence = "  licenses: [{sku: O365_BUSINESS_ESSENTIALS}]\n"
    seats.done(resources(CUSTOMER + user("moe") + licence + user("helen") + licence + (GENA if there else "")))
    shown = said(seats, CUSTOMER + two + LICENSED)
    assert "no seat is left of Microsoft 365 Business Basic: 2 of 2 are used" in shown
    assert "Buy more seats" in shown


def test_an_unknown_licence_or_plan_is_answered_with_the_nearest(seats: World) -> None:
    shown = said(seats, CUSTOMER + GENA + "  licenses: [{sku: O365_BUSINESS_ESENTIALS}]\n")
    assert "the customer has no subscription to it Did you mean O365_BUSINESS_ESSENTIALS?" in shown
    shown = said(
        seats, CUSTOMER + GENA + "  licenses: [{sku: O365_BUSINESS_ESSENTIALS, excludedPlans: [YAMER_ENTERPRISE]}]\n"
    )
    assert "Did you mean YAMMER_ENTERPRISE?" in shown


def test_a_customer_that_has_bought_nothing_is_told_so(tenant: World) -> None:
    assert "the customer has no subscription to it" in said(tenant, CUSTOMER + LICENSED)


def test_the_location_is_written_before_the_licence(seats: World) -> None:
    nowhere = GENA.replace("  usageLocation: US\n", "")
    seats.done(resources(CUSTOMER + GENA))
    store(seats, f"gena@{DOMAIN}", usageLocation=None)
    seats.answers.clear()
    assert "no usageLocation, and licences need one" in said(
        seats, CUSTOMER + nowhere + "  licenses: [{sku: POWER_BI_PRO}]\n"
    )
    seats.done(resources(CUSTOMER + GENA + "  licenses: [{sku: POWER_BI_PRO}]\n"))
    gena = stored(seats, f"gena@{DOMAIN}")["id"]
    assert writes(seats) == [("PATCH", gena), ("POST", "licenseupdates")]


def test_a_licence_of_a_user_to_be_created_needs_a_location(seats: World) -> None:
    nowhere = GENA.replace("  usageLocation: US\n", "") + "  licenses: [{sku: POWER_BI_PRO}]\n"
    assert "usageLocation" in said(seats, CUSTOMER + nowhere)


def test_a_restored_user_keeps_its_licence_without_another_call_for_it(seats: World) -> None:
    seats.done(resources(CUSTOMER + LICENSED))
    seats.simulator.clock.sleep(60)
    seats.simulator.people("delete-user", tenant=DOMAIN, user=f"gena@{DOMAIN}")
    seats.answers.clear()
    seats.done(resources(CUSTOMER + LICENSED))
    assert writes(seats) == [("PATCH", stored(seats, f"gena@{DOMAIN}")["id"])]
