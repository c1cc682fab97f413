"""RoleDefinition: custom roles, made before they are given, changed in place, not deleted while they are in use."""

from __future__ import annotations

import shutil

from cspctl.changes import Adopt
from tests.kinds.tenants import body, key, said, sent
from tests.kinds.test_role_assignments import STARTER, assignment, live
from tests.test_rules import ESTATE, RG, SUB, by_key, id_of
from tests.world import World, resources


def test_a_custom_role_is_made_before_its_assignment(network: World) -> None:
    network.answers.clear()
    network.done(resources(ESTATE + assignment("one", role="starter") + STARTER))
    made, given = sent(network, "PUT")
    subscription = f"/subscriptions/{id_of(network, SUB)}"
    assert "/roleDefinitions/" in made.url.path
    assert body(made) == {
        "name": made.url.path.rpartition("/")[2],
        "properties": {
            "roleName": "Machine Starter",
            "description": "",
            "type": "CustomRole",
            "permissions": [
                {
                    "actions": [
                        "Microsoft.Compute/virtualMachines/read",
                        "Microsoft.Compute/virtualMachines/start/action",
                    ],
                    "notActions": [],
                    "dataActions": [],
                    "notDataActions": [],
                }
            ],
            "assignableScopes": [subscription],
        },
    }
    assert body(given)["properties"]["roleDefinitionId"].endswith(made.url.path.rpartition("/")[2])


def test_a_custom_role_is_changed_in_place(network: World) -> None:
    network.done(resources(ESTATE + STARTER))
    network.answers.clear()
    changed = STARTER.replace("start/action]", "start/action, Microsoft.Compute/virtualMachines/restart/action]")
    reordered = STARTER.replace(
        "[Microsoft.Compute/virtualMachines/read, Microsoft.Compute/virtualMachines/start/action]",
        "[Microsoft.Compute/virtualMachines/start/action, Microsoft.Compute/virtualMachines/read]",
    )
    assert network.plan(resources(ESTATE + reordered)).changes == ()
    network.done(resources(ESTATE + changed))
    (request,) = sent(network, "PUT")
    assert len(body(request)["properties"]["permissions"][0]["actions"]) == 3


def test_a_custom_role_is_renamed_in_place_and_can_be_given_in_a_group_too(network: World) -> None:
    network.done(resources(ESTATE + STARTER))
    network.answers.clear()
    renamed = STARTER.replace("Machine Starter", "Starter of Machines").replace(
        "fourth-coffee}", "fourth-coffee, formerly: {roleName: Machine Starter}}"
    )
    (change,) = network.plan(resources(ESTATE + renamed)).changes
    assert [f.path for f in change.compared.changes] == ["roleName"]
    wider = renamed + '  assignableScopes: [production, "ResourceGroup:network"]\n'
    network.done(resources(ESTATE + wider))
    (request,) = sent(network, "PUT")
    assert body(request)["properties"]["roleName"] == "Starter of Machines"
    assert body(request)["properties"]["assignableScopes"] == [
        f"/subscriptions/{id_of(network, SUB)}",
        id_of(network, RG),
    ]


def test_a_custom_role_in_use_is_not_deleted_under_its_assignments(network: World) -> None:
    network.done(resources(ESTATE + STARTER + assignment("one", role="starter")))
    gone = STARTER.replace("fourth-coffee}", "fourth-coffee, absent: true}")
    planned = network.plan(resources(ESTATE + gone))
    (refusal,) = planned.refusals
    assert live(network, ESTATE + STARTER + assignment("one", role="starter"), "one").id in refusal.what
    both = ESTATE + gone + assignment("one", meta=", absent: true", role="starter")
    network.answers.clear()
    network.done(resources(both))
    first, second = sent(network, "DELETE")
    assert "/roleAssignments/" in first.url.path
    assert "/roleDefinitions/" in second.url.path


def test_a_role_of_the_same_name_is_adopted(network: World) -> None:
    network.done(resources(ESTATE + STARTER))
    shutil.rmtree(network.folder / "journal")
    planned = network.plan(resources(ESTATE + STARTER.replace("Machine Starter", "machine starter")))
    assert isinstance(by_key(planned)[key("starter", "RoleDefinition")], Adopt)
    assert not planned.writes


def test_a_custom_role_named_like_a_built_in_one_is_said_while_planning(network: World) -> None:
    shown = said(network, ESTATE + STARTER.replace("Machine Starter", "Reader"))
    assert "Reader" in shown
    assert "built-in" in shown
