"""Passwords of users: generated or referred to, never lost, never shown, sent when they should be and not again."""

from __future__ import annotations

import secrets
import shutil
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from cspctl.apply import Event, apply
from cspctl.changes import Adopt, Create
from cspctl.plan import plan
from cspctl.render import text as rendering
from tests.kinds.tenants import (
    DOMAIN,
    GENA,
    body,
    everything_written,
    kept,
    key,
    rotating,
    sent,
    stored,
    tenant_of,
    writes,
)
from tests.test_rules import CUSTOMER, by_key
from tests.world import EVER, World, resources


def test_a_generated_password_is_strong_and_in_the_sink_before_it_leaves(tenant: World) -> None:
    there: list[str] = []
    tenant.client.event_hooks["request"] = [
        lambda request: there.append(kept(tenant)) if request.url.path.endswith("/users") else None
    ]
    tenant.done(resources(CUSTOMER + GENA))
    (request,) = sent(tenant, "POST", "/users")
    password = body(request)["passwordProfile"]["password"]
    assert password in there
    assert len(password) >= 16
    classes = [str.islower, str.isupper, str.isdigit, lambda character: not character.isalnum()]
    assert all(any(map(one, password)) for one in classes)
    file = tenant.cloud.sink.path(key("gena"), "password")
    assert file.stat().st_mode & 0o077 == 0


def lost(response: httpx.Response) -> None:
    """The answer to a POST of a user never arrives."""
    if response.request.method == "POST" and response.request.url.path.endswith("/users"):
        raise httpx.ReadTimeout("no answer", request=response.request)


@pytest.mark.parametrize("how", ["no answer", "503"])
def test_a_lost_answer_loses_no_password(tenant: World, how: str) -> None:
    tenant.answers.clear()
    hooks = list(tenant.client.event_hooks["response"])
    if how == "503":
        tenant.simulator.fault("POST", "/users$", when="after", times=EVER, status=503)
    else:
        tenant.client.event_hooks = {"response": [*hooks, lost]}
    (outcome,) = tenant.apply(resources(CUSTOMER + GENA))
    assert outcome.status == "waiting", outcome
    first = kept(tenant)
    assert first
    tenant.simulator.clear_faults()
    tenant.client.event_hooks = {"response": hooks}
    tenant.done(resources(CUSTOMER + GENA))
    assert kept(tenant) == first
    posts = sent(tenant, "POST", "/users")
    assert {body(r)["passwordProfile"]["password"] for r in posts} <= {first}
    assert len({r.headers["MS-RequestId"] for r in posts}) <= 1
    assert len([row for row in tenant.writes() if any("user created" in e for e in row.effects)]) == 1


def test_a_create_that_had_no_effect_is_repeated_with_the_same_id_and_password(tenant: World) -> None:
    tenant.answers.clear()
    tenant.simulator.fault("POST", "/users$", status=503, times=EVER)
    (outcome,) = tenant.apply(resources(CUSTOMER + GENA))
    assert outcome.status == "waiting", outcome
    before = sent(tenant, "POST", "/users")
    tenant.simulator.clear_faults()
    assert tenant.plan(resources(CUSTOMER + GENA)).doubtful_until, "it might still appear"
    tenant.simulator.clock.sleep(180)
    (change,) = tenant.plan(resources(CUSTOMER + GENA)).changes
    assert isinstance(change, Create)
    assert change.repeats
    tenant.done(resources(CUSTOMER + GENA))
    after = sent(tenant, "POST", "/users")[len(before) :]
    assert len(after) == 1
    assert {r.headers["MS-RequestId"] for r in before} == {after[0].headers["MS-RequestId"]}
    assert {body(r)["passwordProfile"]["password"] for r in [*before, *after]} == {kept(tenant)}


def test_a_password_of_ones_own_goes_nowhere_but_to_microsoft(tenant: World, monkeypatch: pytest.MonkeyPatch) -> None:
    password = f"Aa1!{secrets.token_urlsafe(12)}"
    monkeypatch.setenv("FIRST_PASSWORD", password)
    text = CUSTOMER + GENA + "  password: {env: FIRST_PASSWORD, version: 1}\n  forceChangePassword: false\n"
    events: list[Event] = []
    planned = tenant.plan(resources(text))
    tenant.apply(resources(text), events=events)
    (request,) = sent(tenant, "POST", "/users")
    assert body(request)["passwordProfile"] == {"password": password, "forceChangePassword": False}
    assert not kept(tenant)
    assert password not in str(rendering.plan_text(planned)) + str(planned) + str(events) + everything_written(tenant)
    assert tenant.plan(resources(text)).changes == ()


def test_the_secret_shows_in_no_error(tenant: World, monkeypatch: pytest.MonkeyPatch) -> None:
    password = f"Aa1!{secrets.token_urlsafe(12)}"
    monkeypatch.setenv("FIRST_PASSWORD", password)
    tenant.simulator.fault("POST", "/users$", status=400, code="3000", message=f"The password {password} is too weak.")
    (outcome,) = tenant.apply(resources(CUSTOMER + GENA + "  password: {env: FIRST_PASSWORD}\n"))
    assert outcome.status == "failed"
    assert "is too weak" in outcome.reason
    assert password not in outcome.reason + everything_written(tenant)


def test_a_secret_that_is_not_there_is_said_with_its_line_and_nothing_is_written(
    tenant: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FIRST_PASSWORD", raising=False)
    text = CUSTOMER + GENA + "  password: {env: FIRST_PASSWORD}\n"
    before = len(tenant.writes())
    planned = tenant.plan(resources(text))
    (problem,) = planned.problems
    assert problem.where == f"test.yaml:{text.splitlines().index('  password: {env: FIRST_PASSWORD}') + 1}"
    assert "FIRST_PASSWORD" in problem.what
    assert problem.remedy
    assert problem.group == "fourth-coffee", "nothing of this customer is written"
    assert len(tenant.writes()) == before


def test_an_unrelated_change_leaves_the_password_alone(gena: World) -> None:
    before, password = stored(gena, f"gena@{DOMAIN}")["passwordHash"], kept(gena)
    gena.done(resources(CUSTOMER + GENA.replace("lastName: Soto", "lastName: Levi")))
    assert stored(gena, f"gena@{DOMAIN}")["passwordHash"] == before
    assert kept(gena) == password


@pytest.fixture
def own_password(tenant: World, monkeypatch: pytest.MonkeyPatch) -> tuple[World, str]:
    """A user whose password the manifest refers to."""
    monkeypatch.setenv("FIRST_PASSWORD", f"Aa1!{secrets.token_urlsafe(12)}")
    text = CUSTOMER + GENA + "  password: {env: FIRST_PASSWORD, version: 1}\n"
    tenant.done(resources(text))
    tenant.answers.clear()
    return tenant, text


def test_another_version_of_the_password_resets_it_once_and_writes_nothing_else(
    own_password: tuple[World, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, text = own_password
    password = f"Aa1!{secrets.token_urlsafe(12)}"
    monkeypatch.setenv("FIRST_PASSWORD", password)
    assert world.plan(resources(text)).changes == (), "only the label counts"
    raised = text.replace("version: 1", "version: 2")
    (change,) = world.plan(resources(raised)).changes
    assert [(f.path, f.before, f.after) for f in change.compared.changes] == [
        ("password", "version 1", "version 2 (it will be reset)")
    ]
    world.done(resources(raised))
    assert writes(world) == [("PATCH", "resetpassword")]
    assert body(sent(world, "PATCH", "/resetpassword")[0])["passwordProfile"] == {
        "password": password,
        "forceChangePassword": True,
    }


def test_a_password_is_sent_anew_when_asked_for(own_password: tuple[World, str]) -> None:
    world, text = own_password
    seen, planned = rotating(world, text, "gena")
    (change,) = planned.changes
    assert [(f.path, f.after) for f in change.compared.changes] == [("password", "sent anew (it will be reset)")]
    (outcome,) = apply(planned, seen, world.cloud, world.journal)
    assert outcome.status == "done"
    assert writes(world) == [("PATCH", "resetpassword")]


@pytest.mark.parametrize("line", ["  password: {env: FIRST_PASSWORD}\n", ""])
def test_what_is_no_longer_mentioned_sends_nothing(own_password: tuple[World, str], line: str) -> None:
    world, text = own_password
    less = text.replace("  password: {env: FIRST_PASSWORD, version: 1}\n", line)
    assert less != text
    assert not world.plan(resources(less)).changes
    world.done(resources(less.replace("lastName: Soto", "lastName: Levi")))
    assert ("PATCH", "resetpassword") not in writes(world)
    assert not world.plan(resources(text.replace("lastName: Soto", "lastName: Levi"))).changes, (
        "the label is known still"
    )


@pytest.mark.parametrize("adopted", [True, False])
def test_a_version_for_a_password_that_we_have_not_set_is_a_reset(
    gena: World, adopted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if adopted:
        shutil.rmtree(gena.folder / "journal")
        gena.done(resources(CUSTOMER + GENA))
        gena.answers.clear()
    password = f"Aa1!{secrets.token_urlsafe(12)}"
    monkeypatch.setenv("FIRST_PASSWORD", password)
    text = CUSTOMER + GENA + "  password: {env: FIRST_PASSWORD, version: 1}\n"
    (change,) = gena.plan(resources(text)).changes
    assert [(f.path, f.before, f.after) for f in change.compared.changes] == [
        ("password", "as it is", "version 1 (it will be reset)")
    ]
    gena.done(resources(text))
    assert writes(gena) == [("PATCH", "resetpassword")]
    assert body(sent(gena, "PATCH", "/resetpassword")[0])["passwordProfile"]["password"] == password


@pytest.mark.parametrize("how", ["version", "rotate"])
def test_a_secret_that_will_be_sent_again_has_to_be_there(
    own_password: tuple[World, str], how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, text = own_password
    monkeypatch.delenv("FIRST_PASSWORD")
    text = text.replace("version: 1", "version: 2") if how == "version" else text
    planned = rotating(world, text, *(["gena"] if how == "rotate" else []))[1]
    (problem,) = planned.problems
    assert "FIRST_PASSWORD" in problem.what
    assert not planned.changes, "what cannot be planned is in no digest"
    assert [note.text for note in planned.notes if note.kind == "unknown"] == ["it cannot be planned, see the error"]


def test_a_generated_password_is_generated_anew_and_kept_before_it_is_sent(gena: World) -> None:
    before, hashed = kept(gena), stored(gena, f"gena@{DOMAIN}")["passwordHash"]
    there: list[str] = []
    gena.client.event_hooks["request"] = [
        lambda request: there.append(kept(gena)) if request.url.path.endswith("/resetpassword") else None
    ]
    seen, planned = rotating(gena, CUSTOMER + GENA, "gena")
    (field,) = planned.changes[0].compared.changes
    assert (field.path, field.after) == ("password", "a new one, generated (it will be reset)")
    (outcome,) = apply(planned, seen, gena.cloud, gena.journal)
    assert outcome.status == "done"
    assert kept(gena) != before
    assert there == [kept(gena)]
    assert stored(gena, f"gena@{DOMAIN}")["passwordHash"] != hashed


def test_a_refused_reset_leaves_the_password_that_works_in_the_sink(gena: World) -> None:
    before = kept(gena)
    gena.simulator.fault("PATCH", "/resetpassword$", status=400, code="3000", message="no")
    seen, planned = rotating(gena, CUSTOMER + GENA, "gena")
    (outcome,) = apply(planned, seen, gena.cloud, gena.journal)
    assert outcome.status == "failed"
    assert kept(gena) == before


def test_what_has_no_secret_cannot_have_it_sent_anew(gena: World) -> None:
    wanted, records = resources(CUSTOMER + GENA), gena.journal.records()
    customer = next(r.key for r in wanted if r.key.kind == "Customer")
    seen, _ = gena.look(wanted)
    (problem,) = plan(wanted, seen, records, rotate={customer}).problems
    assert "it has no secret that could be sent anew" in problem.what
    (problem,) = plan(wanted, seen, records, {customer}, rotate={key("gena")}).problems
    assert "it is not selected" in problem.what


def test_a_user_made_in_the_portal_is_adopted_and_keeps_its_password(tenant: World, gena: World) -> None:
    assert gena is tenant
    shutil.rmtree(tenant.folder / "journal")
    before = stored(tenant, f"gena@{DOMAIN}")["passwordHash"]
    text = CUSTOMER + GENA + "  password: {env: NOT_SET_ANYWHERE, version: 7}\n"
    planned = tenant.plan(resources(text))
    assert isinstance(by_key(planned)[key("gena")], Adopt)
    assert not planned.writes
    tenant.done(resources(text))
    assert stored(tenant, f"gena@{DOMAIN}")["passwordHash"] == before
    assert writes(tenant) == []


def test_after_thirty_days_the_user_is_created_anew(gena: World) -> None:
    before, password = stored(gena, f"gena@{DOMAIN}")["id"], kept(gena)
    gena.simulator.people("delete-user", tenant=tenant_of(gena), user=f"gena@{DOMAIN}")
    gena.simulator.clock.sleep(timedelta(days=31).total_seconds())
    (change,) = gena.plan(resources(CUSTOMER + GENA)).changes
    assert isinstance(change, Create)
    assert not change.repeats
    gena.done(resources(CUSTOMER + GENA))
    assert stored(gena, f"gena@{DOMAIN}")["id"] != before
    assert kept(gena) != password, "another user, another password"


def test_the_working_folder_keeps_the_password_for_its_owner_alone(gena: World) -> None:
    assert kept(gena) not in everything_written(gena)
    folder = Path(gena.cloud.sink.folder)
    assert folder.stat().st_mode & 0o077 == 0
