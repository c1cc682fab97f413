"""Whom a manifest means when names change: nobody becomes two, and nobody is taken for somebody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from cspctl.changes import Adopt, Create, Update
from tests.kinds.tenants import DOMAIN, GENA, key, store, stored, tenant_of, user, writes
from tests.test_rows import GENA as ROW
from tests.test_rows import HEADINGS, load, table
from tests.test_rules import CUSTOMER, by_key
from tests.world import World, resources


def formerly(handle: str, name: str, before: str, **spec: str) -> str:
    """The manifest of a user who had another name."""
    meta = f", formerly: {{userPrincipalName: {before}@{DOMAIN}}}"
    return user(handle, meta, userPrincipalName=f"{name}@{DOMAIN}", **spec)


@pytest.fixture
def two(gena: World) -> World:
    """Gena and Helen, made by us."""
    gena.done(resources(CUSTOMER + GENA + user("helen")))
    gena.simulator.clock.sleep(60)
    gena.answers.clear()
    return gena


def refused(world: World, text: str) -> str:
    """What is wrong with a plan that changes nobody."""
    planned = world.plan(resources(CUSTOMER + text))
    assert not planned.changes
    assert planned.problems
    world.answers.clear()
    return "\n".join(f"{p.what} {p.remedy}" for p in planned.problems)


def test_nobody_is_renamed_to_what_somebody_else_is_called(two: World) -> None:
    said = refused(two, formerly("gena", "helen", "gena", directoryRoles="[Global Administrator]"))
    for name in ("gena", "helen"):
        assert stored(two, f"{name}@{DOMAIN}")["id"] in said
    assert "a name that nobody has" in said


def test_names_cannot_be_swapped_in_one_run(two: World) -> None:
    assert "has the new name already" in refused(
        two, formerly("gena", "helen", "gena") + formerly("helen", "gena", "helen")
    )


def test_who_has_been_deleted_stands_in_nobodys_way(two: World) -> None:
    two.simulator.people("delete-user", tenant=tenant_of(two), user=f"helen@{DOMAIN}")
    gena = stored(two, f"gena@{DOMAIN}")["id"]
    (change,) = two.plan(resources(CUSTOMER + formerly("gena", "helen", "gena", displayName="Gena Soto"))).changes
    assert isinstance(change, Update)
    assert change.live.id == gena, "she is renamed, and not the other one restored"


def test_two_manifests_cannot_both_have_been_the_same_one(gena: World) -> None:
    said = refused(gena, formerly("one", "one", "gena") + formerly("two", "two", "gena"))
    assert "and so does fourth-coffee/User/two" in said


def test_who_another_manifest_means_was_nobody_else(two: World) -> None:
    assert "and so does fourth-coffee/User/helen" in refused(
        two, GENA + user("helen") + formerly("new", "new", "helen")
    )


def test_formerly_may_stay_when_the_rename_is_long_done(gena: World) -> None:
    renamed = formerly("gena", "gena.soto", "gena", displayName="Gena Soto")
    gena.done(resources(CUSTOMER + renamed))
    gena.simulator.clock.sleep(60)
    gena.done(resources(CUSTOMER + renamed + user("newcomer", userPrincipalName=f"gena@{DOMAIN}")))


def test_who_was_renamed_in_the_portal_is_not_made_a_second_time(gena: World) -> None:
    store(gena, f"gena@{DOMAIN}", userPrincipalName=f"gena.wind@{DOMAIN}")
    said = refused(gena, GENA)
    assert f"metadata.formerly: {{userPrincipalName: gena.wind@{DOMAIN}}}" in said
    accepted = GENA.replace(f"gena@{DOMAIN}", f"gena.wind@{DOMAIN}")
    assert not gena.plan(resources(CUSTOMER + accepted)).changes
    back = GENA.replace(
        "customer: fourth-coffee}", f"customer: fourth-coffee, formerly: {{userPrincipalName: gena.wind@{DOMAIN}}}}}"
    )
    gena.done(resources(CUSTOMER + back))
    assert [method for method, _ in writes(gena)] == ["PATCH"]


def test_a_handle_does_not_silently_come_to_mean_another_person(two: World) -> None:
    said = refused(two, user("gena", userPrincipalName=f"helen@{DOMAIN}", directoryRoles="[Global Administrator]"))
    assert stored(two, f"helen@{DOMAIN}")["id"] in said
    meant = user("gena", ", formerly: {}", userPrincipalName=f"helen@{DOMAIN}", displayName="Helen")
    planned = two.plan(resources(CUSTOMER + meant))
    assert isinstance(planned.changes[0], Adopt), "what we know of the one says nothing about the other"
    assert "until now gena has meant" in planned.notes[0].text


def test_a_group_that_was_renamed_is_not_made_a_second_time(tenant: World) -> None:
    group = "---\napiVersion: cspctl/v1\nkind: Group\nmetadata: {name: ops, customer: fourth-coffee}\n"
    tenant.done(resources(CUSTOMER + group + "spec: {displayName: Operators}\n"))
    tenant.simulator.clock.sleep(60)
    planned = tenant.plan(resources(CUSTOMER + group + "spec: {displayName: Operations}\n"))
    assert not planned.changes
    assert "metadata.formerly: {displayName: Operators}" in planned.problems[0].remedy


def test_formerly_that_leads_nowhere_is_said(tenant: World) -> None:
    planned = tenant.plan(resources(CUSTOMER + formerly("gena", "gena", "nobody")))
    assert isinstance(by_key(planned)[key("gena")], Create)
    assert "leads to nothing that exists" in " ".join(note.text for note in planned.notes)


def test_a_changed_mail_in_a_row_is_said_with_who_was_probably_meant(tenant: World, tmp_path: Path) -> None:
    tenant.done([*resources(CUSTOMER), *load(tmp_path, table(HEADINGS, ROW))])
    tenant.simulator.clock.sleep(60)
    changed = [*ROW[:3], f"gena.soto@{DOMAIN}", ""]
    planned = tenant.plan([*resources(CUSTOMER), *load(tmp_path, table(HEADINGS, changed))])
    (note,) = [note.text for note in planned.notes if note.about == str(key("gena.soto"))]
    assert stored(tenant, f"gena@{DOMAIN}")["id"] in note
    assert f"metadata.formerly: {{userPrincipalName: gena@{DOMAIN}}} in a manifest of its own" in note


def test_restoring_somebody_says_what_comes_back_and_counts_as_giving_rights(gena: World) -> None:
    gena.simulator.people("delete-user", tenant=tenant_of(gena), user=f"gena@{DOMAIN}")
    planned = gena.plan(resources(CUSTOMER + GENA))
    (field,) = planned.changes[0].compared.changes
    assert (field.path, field.grants) == ("state", True)
    (note,) = [note for note in planned.notes if note.kind == "info"]
    assert "brings back the directory roles" in note.text


@pytest.mark.parametrize("consented", [True, False])
def test_a_domain_that_the_customer_lacks_is_said_before_anything_is_written(tenant: World, consented: bool) -> None:
    if not consented:
        tenant.simulator.fault("GET", "/v1.0/domains", status=403, times=10)
    stranger = user("omar", userPrincipalName="omar@fourthcofee.onmicrosoft.com")
    (problem,) = tenant.plan(resources(CUSTOMER + stranger)).problems
    assert problem.where == f"test.yaml:{(CUSTOMER + stranger).splitlines().index(problem_line(stranger)) + 1}"
    assert "is no domain of the customer" in problem.what
    assert DOMAIN in problem.remedy


def problem_line(text: str) -> str:
    return next(line for line in text.splitlines() if "userPrincipalName" in line)


def test_a_new_customer_has_one_domain_and_no_licences(empty: World) -> None:
    text = user("omar", userPrincipalName="omar@fourthcoffee.com", licenses="[{sku: NOSUCH}]")
    planned = empty.plan(resources(CUSTOMER + text))
    assert [p.what.rpartition(": ")[2] for p in planned.problems] == [
        "fourthcoffee.com is no domain of the customer, which is new",
        "the customer is new and has bought no licences",
    ]
    assert key("omar") not in by_key(planned)
