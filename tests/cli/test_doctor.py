"""cspctl doctor: what it finds, how it says so, and that nothing stops it."""

from __future__ import annotations

import json
import shutil
import socket
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cspctl.cli import _profiles
from cspctl.doctor.account import skew
from cspctl.simulator import Simulator
from tests.cli.conftest import Run
from tests.world import SCENARIO


def simulator() -> Simulator:
    return Simulator(Path(".cspctl/simulated/simulator.sqlite"))


def people(act: str, **details: Any) -> None:
    running = simulator()
    running.people(act, **details)
    running.close()


def levels(run: Run, *arguments: str) -> dict[str, str]:
    found = json.loads(run("--simulate", "doctor", "-o", "json", *arguments).out)
    worst = ("ok", "warning", "error")
    result: dict[str, str] = {}
    for finding in found:
        about = finding["about"]
        result[about] = max(result.get(about, "ok"), finding["level"], key=worst.index)
    return result


def test_all_is_well_after_the_main_job(run: Run, applied: Path) -> None:
    said = run("--simulate", "doctor", str(applied))
    assert said.code == 0, said.out
    assert "✗" not in said.out
    for words in ("application: signs in to tenant", "agent: the person is in AdminAgents", "relationship: reseller"):
        assert f"✓ {words}" in said.out or f"✓ fourth-coffee: {words}" in said.out
    assert "consent for Azure: given" in said.out
    assert "subscriptions can be read" in said.out


def test_the_findings_are_one_json_document(run: Run, applied: Path) -> None:
    found = json.loads(run("--simulate", "doctor", "-o", "json", str(applied)).out)
    assert {"profile", "level", "about", "text", "fix"} == found[0].keys()


@pytest.mark.parametrize(
    ("act", "details", "about", "words"),
    [
        ("revoke-session", {}, "person", "cspctl login"),
        ("disable-agent", {}, "person", "enable it"),
        (
            "remove-delegated-administration",
            {"tenant": "fourthcoffeecsp.onmicrosoft.com"},
            "fourth-coffee: delegation",
            "let the customer approve",
        ),
    ],
)
def test_what_is_wrong_is_an_error_with_its_fix(
    run: Run, applied: Path, act: str, details: dict[str, Any], about: str, words: str
) -> None:
    people(act, **details)
    said = run("--simulate", "doctor", "-o", "json", str(applied))
    (finding,) = [f for f in json.loads(said.out) if f["about"] == about and f["level"] != "ok"]
    assert said.code == 1
    assert finding["level"] == "error"
    assert words in finding["fix"] + finding["text"]


@pytest.mark.parametrize(
    ("days", "extends", "level"),
    [(40, False, "ok"), (20, False, "warning"), (5, False, "warning"), (0.5, False, "error"), (0.5, True, "ok")],
)
def test_a_delegation_that_ends_soon_is_said(run: Run, applied: Path, days: float, extends: bool, level: str) -> None:
    running = simulator()
    ends = running.clock.now() + timedelta(days=days)
    with running.store.transaction() as tx:
        (document,) = tx.all("delegatedAdminRelationships")
        changes = {"autoExtendDuration": "P180D" if extends else "PT0S", "endsAt": ends.isoformat()}
        tx.put("delegatedAdminRelationships", document["id"], {**document, **changes})
    running.close()
    assert levels(run, str(applied))["fourth-coffee: delegation"] == level


def test_an_unknown_customer_is_no_traceback(run: Run, applied: Path) -> None:
    said = run("--simulate", "doctor", "--customer", "nobody.onmicrosoft.com", str(applied))
    assert said.code == 0
    assert "nobody.onmicrosoft.com: is no customer of this account" in said.out


@pytest.mark.parametrize("status", [403, 500, 503])
@pytest.mark.parametrize("path", ["/v1/customers", "/subscriptions", "/oauth2", "/v1.0/"])
def test_services_that_fail_are_findings(run: Run, applied: Path, status: int, path: str) -> None:
    running = simulator()
    running.fault(path=path, status=status, times=10**6)
    running.close()
    said = run("--simulate", "doctor", str(applied))
    assert "internal error" not in said.err
    assert "Traceback" not in said.err
    assert "✗" in said.out or "!" in said.out
    assert said.code == int("✗" in said.out)


def test_a_configuration_that_is_wrong_is_a_finding(run: Run) -> None:
    Path("cspctl.yaml").write_text("profiles: {default: {}}\n")
    said = run("doctor")
    assert said.code == 1
    assert "✗ cspctl.yaml:1: profiles.default.partnerTenantId is missing" in said.out


def test_manifests_that_are_wrong_are_findings_and_the_rest_goes_on(run: Run) -> None:
    Path("broken.yaml").write_text("kind: Customer\n")
    said = run("--simulate", "doctor")
    assert said.code == 1
    assert "✗ broken.yaml:1" in said.out
    assert "✓ application" in said.out


def test_a_secret_file_that_others_can_read_is_said(run: Run, applied: Path) -> None:
    Path(".cspctl/simulated/secrets/fourth-coffee").mkdir(parents=True, exist_ok=True)
    file = Path(".cspctl/simulated/secrets/fourth-coffee/x")
    file.touch()
    file.chmod(0o644)
    assert levels(run, str(applied))["private files"] == "warning"


@pytest.mark.parametrize(
    ("seconds", "level"),
    [(0, "ok"), (59, "ok"), (-60, "warning"), (299, "warning"), (300, "error"), (-4000, "error")],
)
def test_clocks_that_differ(seconds: float, level: str) -> None:
    assert skew(seconds).level == level


def test_an_account_of_another_market_is_said(run: Run) -> None:
    tenant = "7f000000-0000-4000-8000-000000000001"
    Path("cspctl.yaml").write_text(
        "profiles: {default: {partnerTenantId: "
        + tenant
        + ", clientId: c, clientSecret: {env: CSPCTL_TEST_SECRET}, market: US}}"
    )
    options = {"simulate": True, "profiles": ()}
    with _profiles.opened(options, "default") as account:
        running = simulator()
        running.account(country="DE")
        running.close()
        from cspctl.doctor import examine_account

        found = {f.about: f for f in examine_account(account.cloud)}
    assert found["account"].level == "error"
    assert "market: DE" in found["account"].fix


def test_a_reseller_is_told_that_there_is_no_api(run: Run) -> None:
    tenant = "7f000000-0000-4000-8000-000000000001"
    Path("cspctl.yaml").write_text(
        "profiles: {default: {partnerTenantId: " + tenant + ", clientId: c, tier: reseller}}"
    )
    said = run("--simulate", "doctor")
    assert said.code == 1
    assert "✗ tier: an indirect reseller has no API access" in said.out


TENANT = "7f000000-0000-4000-8000-000000000001"


def configured(more: str) -> None:
    """A profile whose credential is a variable that the test may set."""
    Path("cspctl.yaml").write_text(
        f"profiles: {{default: {{partnerTenantId: {TENANT}, clientId: c, clientSecret: {{env: CSPCTL_TEST_SECRET}}"
        f"{more}}}}}",
        encoding="utf-8",
    )


def test_an_advice_is_given_once(run: Run, applied: Path) -> None:
    people("revoke-session")
    said = run("--simulate", "doctor", str(applied)).out
    person = said[said.index("person:") :]
    assert person.casefold().count("cspctl login") == 1


def test_a_missing_secret_is_one_finding(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CSPCTL_TEST_SECRET", raising=False)
    monkeypatch.setattr("cspctl.doctor.account._clock", lambda _: ())
    configured("")
    said = run("doctor")
    assert said.code == 1
    assert said.out.count("CSPCTL_TEST_SECRET is not set") == 1
    assert said.out.count("✗") == 1


def test_without_a_network_there_is_one_finding_at_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSPCTL_TEST_SECRET", "generated")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there
        configured(f", simulator: 'https://127.0.0.1:{taken.getsockname()[1]}'")
        began = time.monotonic()
        said = run("doctor")
    assert time.monotonic() - began < 20
    assert said.code == 1
    assert [line[:10] for line in said.out.splitlines() if line.startswith("✗")] == ["✗ network:"]
    assert "HTTPS_PROXY" in said.out


def test_a_market_that_the_profile_does_not_say_and_who_is_outside_it(run: Run, applied: Path) -> None:
    configured("")
    running = simulator()
    running.account(country="DE")
    running.close()
    said = run("--simulate", "doctor", str(applied))
    assert said.code == 1
    assert "! account: " in said.out
    assert "Write market: DE." in said.out
    assert "✗ fourth-coffee: market: a customer in US is outside the market of this account (DE)" in said.out


def test_a_customer_without_an_azure_plan_is_told_to_buy_one(run: Run) -> None:
    for name in ("customer.yaml", "network.yaml", "subscriptions.yaml"):
        shutil.copy(SCENARIO / name, name)
    assert run("--simulate", "apply", "--auto-approve", "--target", "Customer/fourth-coffee").code == 0
    said = run("--simulate", "doctor").out
    assert "fourth-coffee: Azure: the customer has no Azure plan yet" in said
    assert "Describe an AzurePlan" in said
