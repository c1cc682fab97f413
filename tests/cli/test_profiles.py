"""Two profiles in one repository: one run, one plan, and each account on its own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.world import SCENARIO

PROFILE = """  {name}:
    partnerTenantId: 7f000000-0000-4000-8000-00000000000{number}
    clientId: 7f000000-0000-4000-8000-000000000009
    clientSecret: {{env: CSPCTL_TEST_NO_SECRET}}
    folder: {name}
    {more}
"""


def configured(us: str = "", eu: str = "") -> None:
    text = PROFILE.format(name="us", number=1, more=us) + PROFILE.format(name="eu", number=2, more=eu)
    Path("cspctl.yaml").write_text(f"profiles:\n{text}", encoding="utf-8")


@pytest.fixture
def two(run: Run) -> Run:
    """Fourth Coffee with an account in the United States, and a twin of another."""
    configured()
    shutil.copytree(SCENARIO, "us")
    shutil.copytree(SCENARIO, "eu")
    for file in Path("eu").glob("*.yaml"):
        text = file.read_text(encoding="utf-8").replace("fourth-coffee", "fifth-coffee")
        file.write_text(text.replace("fourthcoffee", "fifthcoffee"), encoding="utf-8")
    return run


def test_one_run_covers_both_and_ends_with_nothing_to_do(two: Run) -> None:
    assert two("validate").code == 0
    plan = json.loads(two("--simulate", "plan", "-o", "json").out)
    assert plan["digests"].keys() == {"fourth-coffee", "fifth-coffee"}
    applied = two("--simulate", "apply", "--expect", plan["digest"])
    assert applied.code == 0, applied.err
    again = two("--simulate", "plan", "--detailed-exitcode")
    assert (again.code, again.out.splitlines()[-1]) == (0, "No changes.")


def test_each_account_has_a_world_of_its_own(two: Run) -> None:
    assert two("--simulate", "apply", "--auto-approve", "--profile", "us").code == 0
    assert Path(".cspctl/simulated/us/simulator.sqlite").is_file()
    assert not Path(".cspctl/simulated/eu").exists()
    written = two("--profile", "us", "simulator", "ledger").out
    assert "/v1/customers" in written
    assert two("--profile", "eu", "simulator", "ledger").out == ""
    asked = two("simulator", "ledger")
    assert asked.code == 64
    assert "--profile" in asked.err
    rest = two("--simulate", "plan", "-o", "json")
    assert json.loads(rest.out)["digests"].keys() == {"fifth-coffee"}


def test_narrowing_by_profile_before_and_behind_the_command(two: Run) -> None:
    for arguments in (("--profile", "us", "plan"), ("plan", "--profile", "us")):
        plan = json.loads(two("--simulate", *arguments, "-o", "json").out)
        assert plan["digests"].keys() == {"fourth-coffee"}
    both = two("--simulate", "--profile", "us", "plan", "--profile", "eu", "-o", "json")
    assert len(json.loads(both.out)["digests"]) == 2
    wrong = two("--simulate", "plan", "--profile", "asia")
    assert wrong.code == 1
    assert "Known are: us, eu." in wrong.err


def test_the_environment_names_profiles_too(two: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSPCTL_PROFILE", "eu")
    assert json.loads(two("--simulate", "plan", "-o", "json").out)["digests"].keys() == {"fifth-coffee"}
    said = two("--simulate", "plan", "-o", "json", "--profile", "us")
    assert json.loads(said.out)["digests"].keys() == {"fourth-coffee"}


def test_an_account_that_cannot_be_used_is_an_error_of_its_own_customers_only(two: Run) -> None:
    configured(eu="tier: reseller")
    said = two("--simulate", "plan")
    assert said.code == 1
    assert "fourth-coffee/VirtualNetwork/sea-vnet" in said.out
    assert "fifth-coffee" not in said.out
    assert "no API for indirect resellers" in said.err
    applied = two("--simulate", "apply", "--auto-approve")
    assert applied.code == 1
    assert "fourth-coffee/VirtualNetwork/sea-vnet  done" in applied.err
    assert two("--profile", "eu", "simulator", "ledger").out == ""


def test_what_is_wrong_with_an_account_that_is_not_meant_is_not_said(two: Run) -> None:
    configured(eu="tier: reseller")
    said = two("--simulate", "plan", "--customer", "fourth-coffee")
    assert (said.code, "fifth-coffee" in said.err) == (0, False)


def test_accounts_that_have_no_secret_are_each_said_once_for_each_customer(two: Run) -> None:
    said = two("plan")
    assert said.code == 1
    for name, customer in (("us", "fourth-coffee"), ("eu", "fifth-coffee")):
        assert said.err.count(f"{customer}: profile {name}: the environment variable CSPCTL_TEST_NO_SECRET") == 1


def test_a_customer_outside_the_market_is_refused_offline_and_while_planning(two: Run) -> None:
    configured(eu="market: DE")
    for command in (("validate",), ("--simulate", "plan")):
        said = two(*command)
        assert said.code == 1
        assert "a customer in US is outside the market of profile eu (DE)" in said.err
        assert "eu/customer.yaml:" in said.err


def test_a_domain_in_both_is_an_error_that_names_both(two: Run) -> None:
    file = Path("eu/customer.yaml")
    file.write_text(file.read_text(encoding="utf-8").replace("fifthcoffee", "fourthcoffee"), encoding="utf-8")
    said = two("validate")
    assert said.code == 1
    assert "profile us claims the domain" in said.err or "profile eu claims the domain" in said.err


def test_the_simulated_account_is_of_the_kind_that_the_profile_says(two: Run) -> None:
    configured(us="sandbox: true", eu="market: BR")
    shown = two("--simulate", "doctor", "--profile", "eu")
    assert "market BR" in shown.out


def test_without_a_configuration_the_simulator_works_as_ever(run: Run) -> None:
    assert run("--simulate", "plan", "--profile", "any", str(SCENARIO)).code == 0
    assert Path(".cspctl/simulated/simulator.sqlite").is_file()
