"""RoleAssignment: every way to say where, what and who; adoption, protection, and a former partner's access."""

from __future__ import annotations

import re
import shutil
import uuid
from typing import Any

import httpx
import pytest

from cspctl.apply import apply
from cspctl.changes import Adopt, Create, Delete
from cspctl.resource import Live
from cspctl.simulator.arm.authorization import assignments
from tests.kinds.tenants import ADMIN, DOMAIN, body, key, said, sent, stored, user, writes
from tests.test_rules import ESTATE, RG, SUB, VNET, by_key, id_of
from tests.world import World, resources

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
WRITES = "/roleAssignments/"


def assignment(name: str, meta: str = "", **spec: str) -> str:
    """A manifest; what is not said gives the first administrator Reader at the subscription."""
    fields = {"scope": "production", "role": "Reader", "principal": ADMIN, **spec}
    metadata = f"{{name: {name}, customer: fourth-coffee{meta}}}"
    lines = "".join(f"  {field}: {value}\n" for field, value in fields.items())
    return f"---\napiVersion: cspctl/v1\nkind: RoleAssignment\nmetadata: {metadata}\nspec:\n{lines}"


def live(world: World, text: str, name: str) -> Live[Any]:
    """What a manifest means by now."""
    state = world.look(resources(text))[0].states[key(name, "RoleAssignment")]
    assert isinstance(state, Live), state
    return state


def puts(world: World) -> list[httpx.Request]:
    """Every PUT of an assignment."""
    return [r for r in sent(world, "PUT") if WRITES in r.url.path]


def stored_assignments(world: World, subscription: str = "") -> list[dict[str, Any]]:
    """All assignments in the customer's subscription, as Azure holds them."""
    subscription = subscription or id_of(world, SUB)
    with world.simulator.store.transaction() as tx:
        return list(assignments.in_subscription(tx, subscription))


STARTER = """---
apiVersion: cspctl/v1
kind: RoleDefinition
metadata: {name: starter, customer: fourth-coffee}
spec:
  subscription: production
  roleName: Machine Starter
  actions: [Microsoft.Compute/virtualMachines/read, Microsoft.Compute/virtualMachines/start/action]
"""


@pytest.mark.parametrize(
    ("where", "place"),
    [
        ("production", "{sub}"),
        ("ResourceGroup:network", "{rg}"),
        ("VirtualNetwork:sea-vnet", "{vnet}"),
        ("VirtualNetwork:sea-vnet/app", "{vnet}/subnets/app"),
        ("{rg}", "{rg}"),
        ("{vnet}/subnets/data/", "{vnet}/subnets/data"),
        ("{sub}", "{sub}"),
    ],
)
def test_a_role_can_be_given_at_every_kind_of_place(network: World, where: str, place: str) -> None:
    ids = {"sub": f"/subscriptions/{id_of(network, SUB)}", "rg": id_of(network, RG), "vnet": id_of(network, VNET)}
    network.answers.clear()
    network.done(resources(ESTATE + assignment("reader", scope=where.format(**ids))))
    (request,) = puts(network)
    path, _, name = request.url.path.partition("/providers/Microsoft.Authorization/roleAssignments/")
    assert path == place.format(**ids)
    assert uuid.UUID(name)
    admin = stored(network, ADMIN)["id"]
    assert body(request) == {
        "properties": {
            "roleDefinitionId": f"{ids['sub']}/providers/Microsoft.Authorization/roleDefinitions/{READER}",
            "principalId": admin,
            "principalType": "User",
        }
    }
    assert len(writes(network)) == 1


@pytest.mark.parametrize(
    "role",
    [
        "reader",
        "READER",
        READER,
        READER.upper(),
        f"/providers/Microsoft.Authorization/roleDefinitions/{READER}",
        f"/subscriptions/{uuid.uuid4()}/providers/Microsoft.Authorization/roleDefinitions/{READER}",
    ],
)
def test_a_role_is_named_in_any_case_or_by_any_id(network: World, role: str) -> None:
    network.done(resources(ESTATE + assignment("reader", role=role)))
    assert network.plan(resources(ESTATE + assignment("reader"))).changes == ()
    assert live(network, ESTATE + assignment("reader"), "reader").resource.role == READER


def test_an_unknown_role_or_person_is_said_while_planning_with_the_nearest(network: World) -> None:
    shown = said(
        network, ESTATE + assignment("reader", role="Raeder") + assignment("other", principal=f"admn@{DOMAIN}")
    )
    assert "there is no role Raeder" in shown
    assert "Did you mean Reader?" in shown
    assert f"Did you mean {ADMIN}?" in shown
    assert re.search(r"test\.yaml:\d+", shown)


def test_a_role_for_a_user_and_a_group_that_come_with_the_same_plan(network: World) -> None:
    group = (
        "---\napiVersion: cspctl/v1\nkind: Group\nmetadata: {name: operators, customer: fourth-coffee}\n"
        "spec: {displayName: Operators, members: [helen]}\n"
    )
    text = user("helen") + group + assignment("one", principal="helen")
    text += assignment("two", principal="Group:operators", role="Owner", scope="ResourceGroup:network")
    network.answers.clear()
    network.done(resources(ESTATE + text))
    types = {body(r)["properties"]["principalType"]: body(r)["properties"]["principalId"] for r in puts(network)}
    assert types["User"] == stored(network, f"helen@{DOMAIN}")["id"]
    assert set(types) == {"User", "Group"}


def test_a_principal_by_object_id_or_of_a_known_type(network: World) -> None:
    admin = stored(network, ADMIN)["id"]
    network.done(resources(ESTATE + assignment("reader", principal=admin.upper())))
    assert network.plan(resources(ESTATE + assignment("reader"))).changes == ()


def test_a_service_principal_is_known_by_its_object_id(network: World) -> None:
    with network.simulator.store.transaction() as tx:
        tenant = next(t for t in tx.all("domains") if t["domain"] == DOMAIN)["tenantId"]
        principal = next(iter(tx.all("servicePrincipals", f"{tenant}/")))["objectId"]
    network.answers.clear()
    network.done(resources(ESTATE + assignment("automation", principal=principal)))
    (request,) = puts(network)
    assert body(request)["properties"]["principalType"] == "ServicePrincipal"


def test_a_principal_that_is_too_new_is_waited_for(network: World) -> None:
    network.simulator.fault("PUT", "/roleAssignments/", status=400, code="PrincipalNotFound", times=3)
    network.answers.clear()
    network.done(resources(ESTATE + assignment("reader")))
    tried = puts(network)
    assert len(tried) == 4
    assert len({r.url.path for r in tried}) == 1
    assert all(body(r)["properties"]["principalType"] for r in tried)


def test_another_refusal_is_not_waited_for(network: World) -> None:
    network.simulator.fault("PUT", "/roleAssignments/", status=400, code="BadRequestFormat", message="Not like this.")
    network.answers.clear()
    (outcome,) = network.apply(resources(ESTATE + assignment("reader")))
    assert (outcome.status, len(puts(network))) == ("failed", 1)
    assert "Not like this." in outcome.reason


def test_what_somebody_else_has_given_is_adopted_under_its_own_name(network: World) -> None:
    made = network.simulator.people(
        "assign-role", tenant=DOMAIN, scope=id_of(network, VNET) + "/subnets/app", role="Reader", principal=ADMIN
    )
    text = ESTATE + assignment("reader", scope="VirtualNetwork:sea-vnet/app")
    planned = network.plan(resources(text))
    assert isinstance(by_key(planned)[key("reader", "RoleAssignment")], Adopt)
    assert not planned.writes
    network.answers.clear()
    network.done(resources(text))
    assert puts(network) == []
    assert live(network, text, "reader").id.rpartition("/")[2] == made["id"].rpartition("/")[2]


def test_two_manifests_for_one_assignment_are_refused(network: World) -> None:
    network.simulator.people("assign-role", tenant=DOMAIN, scope=id_of(network, SUB), role="Reader", principal=ADMIN)
    admin = stored(network, ADMIN)["id"]
    shown = said(network, ESTATE + assignment("one") + assignment("two", principal=admin, role=READER))
    assert "RoleAssignment/one" in shown
    assert "RoleAssignment/two" in shown
    assert "and so does" in shown


def test_two_manifests_for_one_assignment_to_be_made_are_refused_as_well(network: World) -> None:
    admin = stored(network, ADMIN)["id"]
    shown = said(network, ESTATE + assignment("one") + assignment("two", principal=admin, role=READER))
    assert "RoleAssignment/one" in shown
    assert "RoleAssignment/two" in shown


def test_an_assignment_is_deleted_alone(network: World) -> None:
    network.done(resources(ESTATE + assignment("reader") + assignment("owner", role="Owner")))
    network.answers.clear()
    text = ESTATE + assignment("reader", meta=", absent: true") + assignment("owner", role="Owner")
    (change,) = network.plan(resources(text)).changes
    assert isinstance(change, Delete)
    network.done(resources(text))
    assert len(sent(network, "DELETE")) == len(writes(network)) == 1


def test_a_changed_description_is_put_under_the_same_name_and_type(network: World) -> None:
    network.done(resources(ESTATE + assignment("reader")))
    network.answers.clear()
    network.done(resources(ESTATE + assignment("reader", description="As agreed")))
    (request,) = puts(network)
    assert request.url.path == live(network, ESTATE + assignment("reader"), "reader").id
    assert body(request)["properties"]["description"] == "As agreed"
    assert body(request)["properties"]["principalType"] == "User"


def test_another_role_is_another_assignment(network: World) -> None:
    network.done(resources(ESTATE + assignment("reader")))
    before = live(network, ESTATE + assignment("reader"), "reader").id
    planned = network.plan(resources(ESTATE + assignment("reader", role="Owner")))
    assert [type(c) for c in planned.changes] == [Create]
    (note,) = [n.text for n in planned.notes if n.about == str(key("reader", "RoleAssignment"))]
    assert before in note, "what the handle has given until now is not forgotten"
    assert "absent: true" in note


def test_a_condition_is_put_with_its_version(network: World) -> None:
    condition = "@Resource[Microsoft.Storage/storageAccounts:name] StringEquals 'x'"
    words = {"condition": f'"{condition}"', "conditionVersion": '"2.0"'}
    text = ESTATE + assignment("reader", **words)
    network.answers.clear()
    network.done(resources(text))
    (request,) = puts(network)
    assert body(request)["properties"]["condition"] == condition
    assert body(request)["properties"]["conditionVersion"] == "2.0"
    network.done(resources(text.replace("'x'", "'y'")))
    assert len(puts(network)) == 2
    network.done(resources(ESTATE + assignment("reader", condition="null")))
    assert "condition" not in body(puts(network)[-1])["properties"]


# The partners' own access --------------------------------------------------------------------------------


def foreign(world: World) -> dict[str, Any]:
    """Our own access to the subscription, which came with it."""
    (found,) = [each for each in stored_assignments(world) if each["principalType"] == "ForeignGroup"]
    return found


def test_our_own_access_is_neither_counted_nor_taken_away_by_accident(network: World) -> None:
    principal, subscription = foreign(network)["principalId"], id_of(network, SUB)
    planned = network.plan(resources(ESTATE + assignment("reader")))
    assert not [n.text for n in planned.notes if "role assignment" in n.text]
    gone = ESTATE + assignment("ours", meta=", absent: true", role="Owner", principal=principal)
    planned = network.plan(resources(gone))
    (refusal,) = planned.refusals
    assert "partner earned credit" in refusal.what
    assert "protect: false" in refusal.remedy
    network.done(resources(ESTATE + assignment("owner", role="Owner")))  # Azure keeps the last that may give roles
    meant = gone.replace("absent: true", "absent: true, protect: false") + assignment("owner", role="Owner")
    planned = network.plan(resources(meant))
    assert planned.refusals == ()
    assert "partner earned credit" in " ".join(n.text for n in planned.notes)
    outcomes = network.apply(resources(meant))
    assert [(o.status, o.reason) for o in outcomes] == [("done", "")]
    assert not [each for each in stored_assignments(network, subscription) if each["principalType"] == "ForeignGroup"]


def test_a_former_partners_access_is_reported_with_the_manifest_that_removes_it(network: World) -> None:
    made = network.simulator.people("former-partner-principal", tenant=DOMAIN)
    reader = assignment("reader")
    network.done(resources(ESTATE + reader))
    (note,) = [n for n in network.plan(resources(ESTATE + reader)).notes if "former partner" in n.text]
    manifest = note.text[note.text.index("{apiVersion") :]
    text = f"{ESTATE}{reader}---\n{manifest}\n"
    planned = network.plan(resources(text))
    (change,) = planned.changes
    assert isinstance(change, Delete)
    assert change.live.id.casefold() == made["roleAssignments"][0].casefold()
    assert planned.refusals == ()
    network.done(resources(text))
    assert foreign(network)["principalId"] != made["principalId"]
    assert not [n for n in network.plan(resources(ESTATE + reader)).notes if "former partner" in n.text]


def test_a_former_partner_with_two_subscriptions_needs_two_manifests_of_different_names(network: World) -> None:
    hr = (
        "---\napiVersion: cspctl/v1\nkind: AzureSubscription\nmetadata: {name: hr, customer: fourth-coffee}\n"
        "spec: {displayName: HR System}\n"
    )
    text = ESTATE + hr + assignment("one") + assignment("two", scope="hr")
    network.done(resources(text))
    network.simulator.people("former-partner-principal", tenant=DOMAIN)
    notes = [n.text for n in network.plan(resources(text)).notes if "former partner" in n.text]
    assert len(notes) == 2
    manifests = "".join(f"---\n{note[note.index('{apiVersion') :]}\n" for note in notes)
    planned = network.plan(resources(text + manifests))
    assert [type(c) for c in planned.changes] == [Delete, Delete]


# Everything at once --------------------------------------------------------------------------------------

PEOPLE = (
    user("gena", directoryRoles="[Global admin]")
    + user("helen", directoryRoles="[Password, User management]")
    + user("moe", directoryRoles="[User]")
    + assignment("admin-owner", role="Owner")
    + assignment("helen-reader", principal="helen", scope="VirtualNetwork:sea-vnet/app")
    + assignment("operators", principal="Group:operators", role="starter", scope="ResourceGroup:network")
    + "---\napiVersion: cspctl/v1\nkind: Group\nmetadata: {name: operators, customer: fourth-coffee}\n"
    + f"spec: {{displayName: Operators, members: [moe, {ADMIN}]}}\n"
    + STARTER
)


def test_customer_people_and_rights_from_nothing_in_one_run(empty: World) -> None:
    empty.done(resources(ESTATE + PEOPLE))
    before = len(empty.writes())
    shutil.rmtree(empty.folder / "journal")
    planned = empty.plan(resources(ESTATE + PEOPLE))
    assert {type(change) for change in planned.changes} == {Adopt}
    assert not planned.writes
    empty.done(resources(ESTATE + PEOPLE))
    assert len(empty.writes()) == before


def test_people_and_rights_go_in_one_run_as_well(network: World) -> None:
    network.done(resources(ESTATE + PEOPLE))
    gone = PEOPLE.replace("customer: fourth-coffee}", "customer: fourth-coffee, absent: true}")
    network.answers.clear()
    cloud = network.cloud
    seen, planned = network.look(resources(ESTATE + gone), cloud=cloud)
    planned.raise_if_unsafe(removals=8)
    assert {o.status for o in apply(planned, seen, cloud, network.journal)} == {"done"}
    assert network.plan(resources(ESTATE + gone)).changes == ()
    kinds = [path.rpartition("/")[0].rpartition("/")[2] for path in (r.url.path for r in sent(network, "DELETE"))]
    assert sorted(kinds) == ["groups", *["roleAssignments"] * 3, "roleDefinitions", *["users"] * 3]
    assert kinds.index("roleDefinitions") > kinds.index("roleAssignments")
