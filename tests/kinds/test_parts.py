"""Parts of things that others refer to, which of several is meant, and what Azure does not know."""

from __future__ import annotations

import pytest

from cspctl.changes import Create, Update
from tests.kinds.tenants import DOMAIN, key, said, user
from tests.kinds.test_role_assignments import STARTER, assignment
from tests.test_rules import ESTATE, GROUP, SUB, VNET, by_key
from tests.world import World, resources

MORE = ESTATE.replace(
    "{name: data, addressPrefix: 10.1.2.0/24}",
    "{name: data, addressPrefix: 10.1.2.0/24}\n    - {name: db, addressPrefix: 10.1.3.0/24}",
)
ON_DB = assignment("on-db", scope="VirtualNetwork:sea-vnet/db")


def test_a_role_on_a_subnet_that_the_same_plan_adds_is_one_run(network: World) -> None:
    planned = network.plan(resources(MORE + ON_DB))
    assert [type(change) for change in planned.changes] == [Update, Create]
    shown = {f.path: f.after for f in planned.changes[1].compared.changes}
    assert shown["scope"] == "VirtualNetwork:sea-vnet/db"
    network.done(resources(MORE + ON_DB))


def test_a_role_on_a_subnet_that_nobody_makes_is_an_error(network: World) -> None:
    planned = network.plan(resources(ESTATE + ON_DB))
    (problem,) = planned.problems
    assert "sea-vnet has no subnets[db]" in problem.what
    assert not planned.changes


def test_a_subnet_that_something_refers_to_is_not_deleted(network: World) -> None:
    network.done(resources(MORE + ON_DB))
    complete = ESTATE.replace("name: sea-vnet,", "name: sea-vnet, complete: [subnets],")
    (refusal,) = network.plan(resources(complete + ON_DB)).refusals
    assert "subnets[db] of fourth-coffee/VirtualNetwork/sea-vnet is to be deleted" in refusal.what
    assert "fourth-coffee/RoleAssignment/on-db refers to it" in refusal.what
    gone = assignment("on-db", ", absent: true", scope="VirtualNetwork:sea-vnet/db")
    planned = network.plan(resources(complete + gone))
    assert not planned.refusals
    assert [change.action for change in planned.changes] == ["delete", "update"]


def test_of_several_of_one_name_the_plan_says_which_kind_is_meant(network: World) -> None:
    twin = GROUP.replace("name: network,", "name: production,").replace("location: westus", "location: westus, name: x")
    people = user("ops") + "---\napiVersion: cspctl/v1\nkind: Group\n"
    people += "metadata: {name: ops, customer: fourth-coffee}\nspec: {displayName: Operators}\n"
    one = assignment("one", scope="production", principal="ops")
    other = assignment("one", scope="ResourceGroup:production", principal="Group:ops")
    plans = [network.plan(resources(ESTATE + twin + people + text)) for text in (one, other)]
    shown = [
        {f.path: f.after for f in by_key(planned)[key("one", "RoleAssignment")].compared.changes} for planned in plans
    ]
    assert (shown[0]["scope"], shown[0]["principal"]) == ("AzureSubscription:production", "User:ops")
    assert (shown[1]["scope"], shown[1]["principal"]) == ("ResourceGroup:production", "Group:ops")
    assert plans[0].digest != plans[1].digest


def test_where_only_one_can_be_meant_the_bare_handle_is_enough(network: World) -> None:
    planned = network.plan(resources(ESTATE + user("ops") + assignment("one", principal="ops")))
    shown = {f.path: f.after for f in by_key(planned)[key("one", "RoleAssignment")].compared.changes}
    assert (shown["scope"], shown["principal"]) == ("production", "ops")


def test_what_is_approved_for_one_is_not_for_another_under_the_same_handle(network: World) -> None:
    network.done(resources(ESTATE + user("anna") + user("moe")))
    network.simulator.clock.sleep(60)
    plans = [
        network.plan(
            resources(ESTATE + user("boss", userPrincipalName=f"{name}@{DOMAIN}") + assignment("one", principal="boss"))
        )
        for name in ("anna", "moe")
    ]
    for planned in plans:
        assert by_key(planned)[key("boss")].action == "adopt"
        assert by_key(planned)[key("one", "RoleAssignment")].action == "create"
    assert plans[0].digest != plans[1].digest


def test_a_location_that_azure_does_not_have_is_said_at_its_line(network: World) -> None:
    text = ESTATE + GROUP.replace("name: network,", "name: other,").replace("westus", "westeurop")
    found = said(network, text)
    assert f"test.yaml:{len(text.splitlines())}" in found
    assert "location: westeurop is no location of the subscription Did you mean westeurope" in found


def test_a_resource_provider_that_azure_does_not_have_is_said_at_its_line(network: World) -> None:
    planned = network.plan(resources(ESTATE.replace("[Microsoft.Network]", "[Microsoft.Network, Microsoft.Storag]")))
    (problem,) = planned.problems
    assert problem.where == f"test.yaml:{ESTATE.splitlines().index(problem_line('adopt: default')) + 1}"
    assert "Microsoft.Storage" in problem.remedy
    assert SUB not in by_key(planned)
    assert VNET not in by_key(planned), "the subscription is there: what lies in it can be planned"


def problem_line(part: str) -> str:
    return next(line for line in ESTATE.splitlines() if part in line)


def test_an_operation_of_a_provider_that_azure_does_not_have_is_said(network: World) -> None:
    assert "Microsoft.Compute" in said(
        network, ESTATE + STARTER.replace("Compute/virtualMachines/read", "Comput/*/read")
    )
    assert not said(network, ESTATE + STARTER)


@pytest.mark.parametrize("field", ["role", "principal"])
def test_an_id_that_means_nothing_is_said_while_planning(network: World, field: str) -> None:
    found = said(network, ESTATE + assignment("one", **{field: "11111111-1111-1111-1111-111111111111"}))
    assert f"{field}: " in found
    assert "11111111" in found


def test_what_a_condition_or_an_exception_no_longer_keeps_away_is_a_grant(network: World) -> None:
    first = STARTER + "  notActions: [Microsoft.Compute/virtualMachines/read]\n"
    network.done(resources(ESTATE + first))
    (change,) = network.plan(resources(ESTATE + STARTER + "  notActions: []\n")).changes
    (field,) = change.compared.changes
    assert (field.grants, field.narrows) == (True, True)
