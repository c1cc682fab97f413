"""User: the exact requests, what is no difference, renames, restoration, directory roles."""

from __future__ import annotations

import secrets
import shutil

import pytest

from cspctl.changes import Adopt, Create, Delete
from cspctl.errors import BadInput
from tests.kinds.tenants import (
    ADMIN,
    DOMAIN,
    GENA,
    body,
    kept,
    key,
    said,
    sent,
    store,
    stored,
    tenant_of,
    user,
    writes,
)
from tests.test_rules import CUSTOMER, by_key
from tests.world import EVER, World, resources

# Creation ------------------------------------------------------------------------------------------------


def test_a_user_is_created_with_names_location_and_password_and_the_rest_follows(tenant: World) -> None:
    tenant.answers.clear()
    tenant.done(resources(CUSTOMER + GENA + "  directoryRoles: [Helpdesk Administrator, Global admin]\n"))
    (request,) = sent(tenant, "POST", "/users")
    assert request.url.path == f"/v1/customers/{tenant_of(tenant)}/users"
    assert body(request) == {
        "userPrincipalName": f"gena@{DOMAIN}",
        "displayName": "Gena Soto",
        "firstName": "Gena",
        "lastName": "Soto",
        "usageLocation": "US",
        "passwordProfile": {"password": kept(tenant), "forceChangePassword": True},
        "attributes": {"objectType": "CustomerUser"},
    }
    gena = stored(tenant, f"gena@{DOMAIN}")["id"]
    for grant in sent(tenant, "POST", "/usermembers"):
        assert body(grant) == {
            "id": gena,
            "displayName": "Gena Soto",
            "userPrincipalName": f"gena@{DOMAIN}",
            "attributes": {"objectType": "UserMember"},
        }
    assert writes(tenant) == [("POST", "users"), ("POST", "usermembers"), ("POST", "usermembers")]


def test_a_user_in_a_foreign_domain_is_refused_with_all_that_support_asks_for(tenant: World) -> None:
    text = CUSTOMER + user("gena", userPrincipalName="gena@wingtiptoys.com")
    tenant.simulator.fault("GET", "/v1.0/domains", status=403, times=EVER)
    (outcome,) = tenant.apply(resources(text))
    assert outcome.status == "failed"
    answer = next(a for a in tenant.answers if a.request.method == "POST" and a.request.url.path.endswith("/users"))
    for part in ("400", "3000", answer.headers["MS-RequestId"], "verified domain names in your organization"):
        assert part in outcome.reason, part


def test_one_refused_user_stops_no_other(tenant: World) -> None:
    text = CUSTOMER + GENA + user("bad", userPrincipalName="bad@wingtiptoys.com") + user("helen") + user("moe")
    tenant.simulator.fault("GET", "/v1.0/domains", status=403, times=EVER)
    outcomes = {o.key.name: o.status for o in tenant.apply(resources(text))}
    assert outcomes == {"gena": "done", "bad": "failed", "helen": "done", "moe": "done"}
    again = tenant.plan(resources(text))
    assert set(by_key(again)) == {key("bad")}


# Changes -------------------------------------------------------------------------------------------------


def test_only_what_changed_is_sent(gena: World) -> None:
    changed = GENA.replace("lastName: Soto", "lastName: Levi") + "  phoneNumber: 425 555 0100\n"
    gena.done(resources(CUSTOMER + changed))
    (request,) = sent(gena, "PATCH")
    assert request.url.path.endswith(f"/users/{stored(gena, f'gena@{DOMAIN}')['id']}")
    assert body(request) == {
        "lastName": "Levi",
        "phoneNumber": "425 555 0100",
        "attributes": {"objectType": "CustomerUser"},
    }
    assert len(writes(gena)) == 1


def test_null_removes_a_name(gena: World) -> None:
    gena.done(resources(CUSTOMER + GENA.replace("firstName: Gena", "firstName: null")))
    assert body(sent(gena, "PATCH")[0]) == {"firstName": "", "attributes": {"objectType": "CustomerUser"}}
    assert not stored(gena, f"gena@{DOMAIN}")["firstName"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (f"gena@{DOMAIN}", f'" Gena@{DOMAIN.upper()} "'),
        ("usageLocation: US", "usageLocation: us"),
        ("usageLocation: US", 'usageLocation: "us "'),
        ("lastName: Soto\n", "lastName: Soto\n  phoneNumber: null\n"),
        ("lastName: Soto\n", "lastName: Soto\n  directoryRoles: []\n"),
        ("lastName: Soto\n", "lastName: Soto\n  directoryRoles: [User]\n"),
        ("lastName: Soto\n", "lastName: Soto\n  state: active\n"),
        ("firstName: Gena", 'firstName: " Gena "'),
        ("displayName: Gena Soto", 'displayName: "Gena Soto "'),
    ],
)
def test_what_means_the_same_is_no_difference(gena: World, old: str, new: str) -> None:
    assert old in GENA
    planned = gena.plan(resources(CUSTOMER + GENA.replace(old, new)))
    assert (planned.changes, planned.problems) == ((), ())


def test_a_user_in_capitals_in_the_directory_is_no_difference(gena: World) -> None:
    store(gena, f"gena@{DOMAIN}", userPrincipalName=f"GENA@{DOMAIN}", usageLocation="us", phoneNumber="")
    assert gena.plan(resources(CUSTOMER + GENA)).changes == ()


def test_users_are_narrowed_by_label(tenant: World) -> None:
    from cspctl.manifest import selected

    text = CUSTOMER + GENA.replace("fourth-coffee}", "fourth-coffee, labels: {team: help}}") + user("moe")
    chosen = selected(resources(text), labels={"team": "help"})
    assert chosen == {key("gena")}
    assert set(by_key(tenant.plan(resources(text), "User/gena"))) == {key("gena")}


# Renames -------------------------------------------------------------------------------------------------


def test_a_rename_is_one_patch_of_the_same_user(gena: World) -> None:
    before = stored(gena, f"gena@{DOMAIN}")["id"]
    renamed = GENA.replace(f"userPrincipalName: gena@{DOMAIN}", f"userPrincipalName: gena.soto@{DOMAIN}").replace(
        "customer: fourth-coffee}", f"customer: fourth-coffee, formerly: {{userPrincipalName: gena@{DOMAIN}}}}}"
    )
    (change,) = gena.plan(resources(CUSTOMER + renamed)).changes
    assert [(f.path, f.before, f.after) for f in change.compared.changes] == [
        ("userPrincipalName", f"gena@{DOMAIN}", f"gena.soto@{DOMAIN}")
    ]
    gena.done(resources(CUSTOMER + renamed))
    (request,) = sent(gena, "PATCH")
    assert body(request) == {
        "userPrincipalName": f"gena.soto@{DOMAIN}",
        "attributes": {"objectType": "CustomerUser"},
    }
    assert len(writes(gena)) == 1
    assert stored(gena, f"gena.soto@{DOMAIN}")["id"] == before


def test_without_formerly_a_changed_name_never_deletes(gena: World) -> None:
    other = GENA.replace(f"userPrincipalName: gena@{DOMAIN}", f"userPrincipalName: gena.soto@{DOMAIN}")
    planned = gena.plan(resources(CUSTOMER + other))
    assert not planned.changes, "perhaps she has only been renamed: a second one must be asked for"
    (problem,) = planned.problems
    assert stored(gena, f"gena@{DOMAIN}")["id"] in problem.what
    assert f"metadata.formerly: {{userPrincipalName: gena@{DOMAIN}}}" in problem.remedy
    assert "metadata.formerly: {}" in problem.remedy
    meant = other.replace("customer: fourth-coffee}", "customer: fourth-coffee, formerly: {}}")
    planned = gena.plan(resources(CUSTOMER + meant))
    assert [type(c) for c in planned.changes] == [Create]
    assert "stays as it is" in next(n.text for n in planned.notes if n.about == str(key("gena")))
    gena.done(resources(CUSTOMER + meant))
    assert stored(gena, f"gena@{DOMAIN}")["id"] != stored(gena, f"gena.soto@{DOMAIN}")["id"]


# Deletion and restoration --------------------------------------------------------------------------------


def test_a_deleted_user_comes_back_as_the_same_one(gena: World) -> None:
    before = stored(gena, f"gena@{DOMAIN}")["id"]
    gone = GENA.replace("fourth-coffee}", "fourth-coffee, absent: true}")
    (change,) = gena.plan(resources(CUSTOMER + gone)).changes
    assert isinstance(change, Delete)
    gena.done(resources(CUSTOMER + gone))
    assert writes(gena) == [("DELETE", before)]
    gena.answers.clear()
    (change,) = gena.plan(resources(CUSTOMER + GENA)).changes
    assert [(f.path, f.before, f.after) for f in change.compared.changes] == [("state", "inactive", "active")]
    gena.done(resources(CUSTOMER + GENA))
    (request,) = sent(gena, "PATCH")
    assert body(request) == {"state": "active", "attributes": {"objectType": "CustomerUser"}}
    assert len(writes(gena)) == 1
    assert stored(gena, f"gena@{DOMAIN}")["id"] == before


def test_a_user_deleted_in_the_portal_is_shown_as_restoration_with_what_else_differs(gena: World) -> None:
    before = stored(gena, f"gena@{DOMAIN}")["id"]
    gena.simulator.people("delete-user", tenant=tenant_of(gena), user=f"gena@{DOMAIN}")
    changed = GENA.replace("lastName: Soto", "lastName: Levi") + "  directoryRoles: [Service admin]\n"
    (change,) = gena.plan(resources(CUSTOMER + changed)).changes
    assert {f.path for f in change.compared.changes} == {
        "state",
        "lastName",
        "directoryRoles[Service Support Administrator]",
    }
    gena.done(resources(CUSTOMER + changed))
    assert stored(gena, f"gena@{DOMAIN}")["id"] == before
    assert writes(gena)[0] == ("PATCH", before)
    assert body(sent(gena, "PATCH")[0])["state"] == "active"


def test_two_deleted_namesakes_are_left_to_a_person(gena: World) -> None:
    for _ in range(2):
        gena.simulator.people("delete-user", tenant=tenant_of(gena), user=f"gena@{DOMAIN}")
        shutil.rmtree(gena.folder / "journal", ignore_errors=True)
        if _ == 0:
            cloud = gena.cloud
            profile = {"password": f"Aa1!{secrets.token_urlsafe(12)}", "forceChangePassword": False}
            new = {"userPrincipalName": f"gena@{DOMAIN}", "displayName": "Other", "passwordProfile": profile}
            cloud.partner.send("POST", f"/v1/customers/{tenant_of(gena)}/users", new, user=True)
            cloud.clock.sleep(60)
    planned = gena.plan(resources(CUSTOMER + GENA))
    assert not [c for c in planned.writes if c.desired.key == key("gena")]
    shown = said(gena, CUSTOMER + GENA)
    assert "2 deleted users have that name" in shown
    assert "restore one in the portal" in shown


# Directory roles -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "role"),
    [
        ("Global admin", "Global Administrator"),
        ("Company Administrator", "Global Administrator"),
        ("password", "Helpdesk Administrator"),
        ("User Management", "User Administrator"),
        ("Service admin", "Service Support Administrator"),
        ("helpdesk administrator", "Helpdesk Administrator"),
    ],
)
def test_roles_in_the_portals_words_mean_todays(gena: World, words: str, role: str) -> None:
    text = CUSTOMER + GENA + f"  directoryRoles: [{words}]\n"
    (change,) = gena.plan(resources(text)).changes
    assert [f.path for f in change.compared.changes] == [f"directoryRoles[{role}]"]
    gena.done(resources(text))
    assert len(sent(gena, "POST", "/usermembers")) == 1
    assert gena.plan(resources(CUSTOMER + GENA + f'  directoryRoles: ["{role}"]\n')).changes == ()


def test_other_roles_stay_unless_the_list_is_complete(gena: World) -> None:
    gena.done(resources(CUSTOMER + GENA + "  directoryRoles: [Reports Reader, Security Reader]\n"))
    gena.answers.clear()
    one = CUSTOMER + GENA + "  directoryRoles: [Reports Reader]\n"
    assert gena.plan(resources(one)).changes == ()
    gena.done(
        resources(
            one.replace("fourth-coffee}\nspec:\n  userP", "fourth-coffee, complete: [directoryRoles]}\nspec:\n  userP")
        )
    )
    assert writes(gena) == [("DELETE", stored(gena, f"gena@{DOMAIN}")["id"])]
    (request,) = sent(gena, "DELETE")
    assert "/directoryroles/5d6b6bb7-de71-4623-b4af-96380a352509/usermembers/" in request.url.path


@pytest.mark.parametrize("there", [True, False])
def test_an_unknown_role_is_said_while_planning_with_the_nearest(tenant: World, there: bool) -> None:
    if there:
        tenant.done(resources(CUSTOMER + GENA))
    shown = said(tenant, CUSTOMER + GENA + "  directoryRoles: [Helpdesk Administator]\n")
    assert "there is no directory role Helpdesk Administator" in shown
    assert "Did you mean Helpdesk Administrator?" in shown


def test_the_first_administrator_can_be_described_and_is_only_taken_note_of(tenant: World) -> None:
    text = CUSTOMER + user("admin", displayName="null").replace("  displayName: null\n", "").replace(
        "  usageLocation: US\n", ""
    )
    planned = tenant.plan(resources(text))
    assert isinstance(by_key(planned)[key("admin")], Adopt)
    assert not planned.writes
    assert ADMIN in text


def test_two_manifests_for_one_user_are_refused(tenant: World) -> None:
    with pytest.raises(BadInput, match="are the same"):
        resources(CUSTOMER + GENA + user("other", userPrincipalName=f"GENA@{DOMAIN}"))
