"""Group: made with its members, who are manifests, names or ids; the others stay; groups within groups; renames."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from cspctl.changes import Adopt, Delete
from cspctl.simulator import directory
from tests.kinds.tenants import ADMIN, DOMAIN, body, key, said, sent, stored, tenant_of, user, writes
from tests.test_rules import CUSTOMER, by_key
from tests.world import World, resources

HELEN = user("helen")


def group(name: str, meta: str = "", **spec: str) -> str:
    """A manifest; what is not said has the handle as its display name and no members."""
    fields = {"displayName": name.title(), **spec}
    lines = "".join(f"  {field}: {value}\n" for field, value in fields.items())
    metadata = f"{{name: {name}, customer: fourth-coffee{meta}}}"
    return f"---\napiVersion: cspctl/v1\nkind: Group\nmetadata: {metadata}\nspec:\n{lines}"


def found(world: World, name: str) -> dict[str, Any]:
    """A group as the directory holds it, by display name."""
    tenant = tenant_of(world)
    with world.simulator.store.transaction() as tx:
        there = directory.group(tx, tenant, name)
    assert there is not None, name
    return there


def test_a_group_is_made_and_then_its_members_join(tenant: World) -> None:
    tenant.answers.clear()
    text = HELEN + group("operators", description="Who may look", members=f"[helen, {ADMIN}]")
    tenant.done(resources(CUSTOMER + text))
    (made,) = sent(tenant, "POST", "/groups")
    assert made.url.path == "/v1.0/groups"
    assert body(made) == {
        "displayName": "Operators",
        "description": "Who may look",
        "mailNickname": "operators",
        "mailEnabled": False,
        "securityEnabled": True,
    }
    ids = {stored(tenant, f"helen@{DOMAIN}")["id"], stored(tenant, ADMIN)["id"]}
    joined = sent(tenant, "POST", "/members/$ref")
    assert {body(r)["@odata.id"] for r in joined} == {
        f"https://graph.microsoft.com/v1.0/directoryObjects/{id}" for id in ids
    }
    assert set(found(tenant, "Operators")["members"]) == ids


def test_members_by_manifest_name_and_id_mean_the_same(tenant: World) -> None:
    tenant.done(resources(CUSTOMER + HELEN + group("operators", members="[helen]")))
    id = stored(tenant, f"helen@{DOMAIN}")["id"]
    for member in (f"Helen@{DOMAIN}", id, id.upper(), "User:helen", "fourth-coffee/helen"):
        planned = tenant.plan(resources(CUSTOMER + HELEN + group("operators", members=f'["{member}"]')))
        assert (planned.changes, planned.problems) == ((), ()), member


def test_other_members_stay_unless_the_list_is_complete(tenant: World) -> None:
    tenant.done(resources(CUSTOMER + HELEN + group("operators", members=f"[helen, {ADMIN}]")))
    tenant.answers.clear()
    one = group("operators", members="[helen]")
    assert tenant.plan(resources(CUSTOMER + HELEN + one)).changes == ()
    tenant.done(resources(CUSTOMER + HELEN + group("operators", meta=", complete: [members]", members="[helen]")))
    (request,) = sent(tenant, "DELETE")
    assert request.url.path.endswith(f"/members/{stored(tenant, ADMIN)['id']}/$ref")
    assert len(writes(tenant)) == 1


def test_groups_within_groups_are_made_first(tenant: World) -> None:
    text = group("all", displayName="Everybody", members='["Group:operators"]') + group("operators")
    tenant.done(resources(CUSTOMER + text))
    assert found(tenant, "Everybody")["members"] == [found(tenant, "Operators")["id"]]


def test_two_groups_of_one_name_are_left_to_a_person(tenant: World) -> None:
    customer = tenant_of(tenant)
    with tenant.simulator.store.transaction() as tx:
        ids = [directory.add_group(tx, customer, "Operators")["id"] for _ in range(2)]
    shown = said(tenant, CUSTOMER + group("operators"))
    assert all(id in shown for id in ids)


def test_a_rename_is_one_patch(tenant: World) -> None:
    tenant.done(resources(CUSTOMER + group("operators")))
    before = found(tenant, "Operators")["id"]
    tenant.answers.clear()
    renamed = group("operators", meta=", formerly: {displayName: Operators}", displayName="Machine operators")
    tenant.done(resources(CUSTOMER + renamed))
    (request,) = sent(tenant, "PATCH")
    assert body(request) == {"displayName": "Machine operators"}
    assert len(writes(tenant)) == 1
    assert found(tenant, "Machine operators")["id"] == before


def test_an_existing_group_is_adopted_in_any_case_and_deleted_by_absent(tenant: World) -> None:
    tenant.done(resources(CUSTOMER + group("operators")))
    shutil.rmtree(tenant.folder / "journal")
    planned = tenant.plan(resources(CUSTOMER + group("operators", displayName='"OPERATORS "')))
    assert isinstance(by_key(planned)[key("operators", "Group")], Adopt)
    assert not planned.writes
    gone = CUSTOMER + group("operators", meta=", absent: true")
    (change,) = [c for c in tenant.plan(resources(gone)).changes if c.desired.key.kind == "Group"]
    assert isinstance(change, Delete)
    tenant.done(resources(gone))


def test_what_is_no_security_group_is_never_touched(tenant: World) -> None:
    customer = tenant_of(tenant)
    with tenant.simulator.store.transaction() as tx:
        directory.add_group(tx, customer, "Operators", groupTypes=["Unified"], mailEnabled=True)
    (change,) = tenant.plan(resources(CUSTOMER + group("operators"))).changes
    assert change.action == "create"


def test_an_interrupted_join_goes_on_where_it_stopped(tenant: World) -> None:
    text = CUSTOMER + HELEN + group("operators", members=f"[helen, {ADMIN}]")
    tenant.simulator.fault(
        "POST", r"/members/\$ref$", skip=1, status=400, code="Request_BadRequest", message="Not now."
    )
    outcomes = {o.key.name: o.status for o in tenant.apply(resources(text))}
    assert outcomes["operators"] == "failed"
    tenant.done(resources(text))
    assert len(found(tenant, "Operators")["members"]) == 2


def test_a_member_that_is_too_new_is_waited_for(tenant: World) -> None:
    text = CUSTOMER + HELEN + group("operators", members=f"[helen, {ADMIN}]")
    fault: dict[str, Any] = {"status": 404, "code": "Request_ResourceNotFound", "message": "Not there."}
    tenant.simulator.fault("POST", r"/members/\$ref$", skip=1, times=2, **fault)
    tenant.done(resources(text))
    assert len(found(tenant, "Operators")["members"]) == 2


def test_an_unknown_member_is_said_while_planning_with_the_nearest(tenant: World) -> None:
    shown = said(tenant, CUSTOMER + HELEN + group("operators", members=f"[admn@{DOMAIN}]"))
    assert f"Did you mean {ADMIN}?" in shown


@pytest.mark.parametrize("members", ["", "[helen]"])
def test_without_consent_it_is_unknown_and_the_remedy_is_said(empty: World, members: str) -> None:
    customer = CUSTOMER.replace("  consent: true\n", "")
    empty.done(resources(customer + HELEN))
    text = customer + HELEN + group("operators", **({"members": members} if members else {}))
    planned = empty.plan(resources(text))
    assert not planned.writes
    (note,) = [n for n in planned.notes if n.about == str(key("operators", "Group"))]
    assert note.kind == "unknown"
    assert "consent: true" in note.text
