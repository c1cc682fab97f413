"""cspctl login and logout, with a person who enters the code while we wait."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cspctl.cli import _profiles
from cspctl.simulator import Simulator
from tests.cli.conftest import Run

Person = Callable[..., None]


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Person:
    """Somebody who enters the code as soon as it is shown."""

    def enters(**details: Any) -> None:
        def meanwhile(_: float) -> None:
            simulator = Simulator(Path(".cspctl/simulated/simulator.sqlite"))
            with simulator.store.transaction() as tx:
                (code,) = [c for c in tx.all("deviceCodes") if c["state"] == "pending"]
            simulator.people("enter-device-code", code=code["userCode"], **details)
            simulator.close()

        # Waiting for people takes real time; this person acts within it.
        monkeypatch.setattr("cspctl.cli.login.time.sleep", meanwhile)

    return enters


def test_a_person_signs_in_and_the_session_is_private(run: Run, person: Person) -> None:
    person()
    said = run("--simulate", "login")
    assert said.code == 0, said.err
    assert "enter" in said.err
    assert "is signed in to" in said.out
    kept = Path(".cspctl/simulated/tokens.json")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    status = run("--simulate", "login", "--status")
    assert status.code == 0
    assert "is signed in since" in status.out
    assert "accepts the session" in status.out
    assert "1.A" not in said.out + said.err + status.out + status.err  # how refresh tokens begin


def test_somebody_without_mfa_is_told(run: Run, person: Person) -> None:
    person(mfa=False)
    said = run("--simulate", "login")
    assert "without multi-factor authentication" in said.err
    doctor = run("--simulate", "doctor")
    assert doctor.code == 1
    assert "✗ MFA: the token has no MFA claim" in doctor.out


def test_somebody_who_is_no_agent_is_told_by_the_doctor(run: Run, person: Person) -> None:
    person(agent=False)
    run("--simulate", "login")
    doctor = run("--simulate", "doctor")
    assert doctor.code == 1
    assert "✗ agent:" in doctor.out
    assert "AdminAgents" in doctor.out


def test_somebody_who_declines_is_not_signed_in(run: Run, person: Person) -> None:
    person(decline=True)
    said = run("--simulate", "login")
    assert said.code == 1
    assert "declined" in said.err
    assert "is signed in since" not in run("--simulate", "login", "--status").out


def test_logging_out_forgets_the_session(run: Run, person: Person) -> None:
    person()
    run("--simulate", "login")
    assert run("--simulate", "logout").out == "default: forgotten.\n"
    assert "is signed in since" not in run("--simulate", "login", "--status").out
    run("--simulate", "logout")
    assert run("--simulate", "logout").out == "default: there was nothing to forget.\n"


def test_without_a_profile_there_is_nobody_to_sign_in(run: Run) -> None:
    for command in ("login", "logout"):
        said = run(command)
        assert said.code == 1
        assert "cspctl.yaml" in said.err


def test_nobody_is_signed_in_where_nobody_was(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSPCTL_TEST_SECRET", "generated")
    tenant = "7f000000-0000-4000-8000-000000000001"
    Path("cspctl.yaml").write_text(
        "profiles: {default: {partnerTenantId: " + tenant + ", clientId: c, clientSecret: {env: CSPCTL_TEST_SECRET}}}"
    )
    said = run("login", "--status")
    assert said.code == 1
    assert "nobody is signed in" in said.out


def test_the_names_of_profiles_are_those_of_the_file(run: Run) -> None:
    assert _profiles.names({"simulate": True, "profiles": ()}) == ["default"]


def test_a_plan_of_somebody_who_is_not_signed_in_says_so_once(
    run: Run, applied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator = Simulator(Path(".cspctl/simulated/simulator.sqlite"))
    simulator.people("revoke-session")
    simulator.close()
    Path(".cspctl/simulated/tokens.json").unlink(missing_ok=True)
    said = run("--simulate", "plan", str(applied))
    assert said.code == 1
    assert said.out.count("cspctl login") == 1
    assert sum("?" in line for line in said.out.splitlines()) == 1
