"""``cspctl simulator serve``, seed, fault and credentials: what a pipeline does with them."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import Run
from tests.world import ROOT

SEED = """
customers:
  - domain: seedcsp.onmicrosoft.com
    companyName: Seed
    subscriptions:
      - name: production
        resourceGroups:
          - name: network
            location: westus
            resources:
              - type: Microsoft.Network/virtualNetworks
                name: hub
                properties: {addressSpace: {addressPrefixes: [10.0.0.0/16]}, enableDdosProtection: false}
    applications:
      - name: automation
        role: Contributor
"""


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `cspctl simulator serve` in a process of its own; give it and the address it tells."""
    command = [sys.executable, "-m", "cspctl", "simulator", "serve", "--port", "0", *arguments]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        try:
            lines = iter(process.stderr.readline, "")
            found = next((found for line in lines if (found := re.search(r"Simulator at (\S+)/ ", line))), None)
            assert found
            yield process, found[1]
        finally:
            process.kill()


def variables(text: str) -> dict[str, str]:
    return dict(shlex.split(line)[1].split("=", 1) for line in text.splitlines())


def test_a_pipeline_serves_seeds_signs_in_and_ends(run: Run) -> None:
    folder = Path.cwd()
    Path("seed.yaml").write_text(SEED, encoding="utf-8")
    options = (
        "--tls",
        "--speed",
        "100",
        "--seed",
        "seed.yaml",
        "--fault",
        "GET ^/tenants status=503",
        "--market",
        "de",
    )
    with serving(folder, *options) as (process, address):
        known = variables(run("simulator", "credentials", "--export").out)
        assert known["SIMULATOR"] == known["AZURE_AUTHORITY_HOST"] == address
        trust = ssl.create_default_context(cafile=known["REQUESTS_CA_BUNDLE"])
        form = {
            "grant_type": "client_credentials",
            "client_id": known["AZURE_CLIENT_ID"],
            "client_secret": known["AZURE_CLIENT_SECRET"],
            "scope": "https://management.azure.com/.default",
        }
        with httpx.Client(base_url=address, verify=trust) as http:
            answer = http.post(f"/{known['AZURE_TENANT_ID']}/oauth2/v2.0/token", data=form)
            http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            tenants = "/tenants?api-version=2022-12-01"
            assert [http.get(tenants).status_code for _ in range(2)] == [503, 200]
            path = f"/subscriptions/{known['AZURE_SUBSCRIPTION_ID']}/resources?api-version=2024-07-01"
            assert [each["name"] for each in http.get(path).json()["value"]] == ["hub"]
            # A running simulator is told by command as well.
            assert run("simulator", "fault", "GET ^/tenants status=418").code == 0
            assert http.get(tenants).status_code == 418
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        assert process.stdout
        assert process.stderr
        printed, said = process.stdout.read(), process.stderr.read()
        assert json.loads(printed)["customers"][0]["domain"] == "seedcsp.onmicrosoft.com"
        assert "Stopped; the state is kept." in said
        assert known["AZURE_CLIENT_SECRET"] not in printed + said
    again = ("--seed", "seed.yaml")
    with serving(folder, *again) as (process, address):
        assert address.startswith("http://")
        assert len(json.loads(run("simulator", "credentials").out)["applications"]) == 1


def test_a_state_elsewhere(run: Run, tmp_path: Path) -> None:
    state = str(tmp_path / "other" / "state.sqlite")
    Path("seed.json").write_text('{"tenants": [{"domain": "a.onmicrosoft.com"}]}', encoding="utf-8")
    assert run("simulator", "seed", "seed.json", "--state", state).code == 0
    assert "carried out" in run("simulator", "seed", "seed.json", "--state", state).err
    assert not Path(".cspctl").exists()
    here, there = (json.loads(run("simulator", "credentials", *more).out) for more in ((), ("--state", state)))
    assert here["partner"]["clientId"] != there["partner"]["clientId"]


def test_a_seed_says_where_it_is_wrong(run: Run) -> None:
    Path("seed.yaml").write_text(SEED.replace("location: westus", "location: atlantis"), encoding="utf-8")
    ran = run("simulator", "seed", "seed.yaml")
    assert ran.code == 1
    assert "seed.yaml:8: customers[0].subscriptions[0].resourceGroups[0]: " in ran.err
    assert "atlantis" in ran.err
    Path("seed.yaml").write_text(SEED.replace("role:", "rolle:"), encoding="utf-8")
    ran = run("simulator", "seed", "seed.yaml")
    assert "seed.yaml:16: customers[0].applications[0].rolle: there is no rolle here" in ran.err


def test_faults_are_armed_listed_and_cleared(run: Run) -> None:
    ran = run("simulator", "fault", "put virtualNetworks status=500 times=2 skip=1 when=after", "* delay=2")
    armed = ("PUT virtualNetworks skip=1 times=2 when=after status=500", "'*' what=delay delay=2.0")
    assert (ran.code, ran.out) == (0, "".join(f"armed: {each}\n" for each in armed))
    heading, *rows = run("simulator", "fault").out.splitlines()
    assert heading.split() == ["struck", "seen", "fault"]
    assert [row.split(maxsplit=2) for row in rows] == [["0", "0", each] for each in armed]
    # What is listed can be given again.
    assert run("simulator", "fault", *armed).out == ran.out
    assert run("simulator", "fault", "--clear").out == "disarmed: 4\n"
    assert run("simulator", "fault").out == "No faults are armed.\n"


def test_impossible_faults_are_explained(run: Run) -> None:
    for text, word in (
        ("PUT x statos=3", "statos"),
        ("PUT x status=three", "not a number"),
        ("PUT ( status=503", "path"),
        ("PUT x when=later", "later"),
        ("PUT x status=42", "status"),
        ("PUT x times=0", "times"),
        ("PUT 'x", "quotation"),
    ):
        ran = run("simulator", "fault", text)
        assert ran.code == 1, text
        assert word in ran.err, text
    assert run("simulator", "fault").out == "No faults are armed.\n"


PROFILES = """
profiles:
  us:
    partnerTenantId: 11111111-1111-4111-8111-111111111111
    clientId: 11111111-1111-4111-8111-111111111112
    clientSecret: {env: US}
  eu:
    partnerTenantId: 22222222-2222-4222-8222-222222222222
    clientId: 22222222-2222-4222-8222-222222222223
    clientSecret: {env: EU}
"""


def test_reset_says_what_it_forgets_and_forgets_only_the_profile_that_is_named(run: Run) -> None:
    folder = Path(".cspctl/simulated")
    assert run("simulator", "reset").out == f"There is nothing simulated in {folder}.\n"
    Path("cspctl.yaml").write_text(PROFILES, encoding="utf-8")
    for name in ("us", "eu"):
        assert run("--profile", name, "simulator", "people", "sign-in-agent").code == 0
    ran = run("--profile", "us", "simulator", "reset")
    assert (ran.code, ran.out.startswith(f"{folder / 'us'} is gone"), len(ran.out.splitlines())) == (0, True, 1)
    assert [each.name for each in folder.iterdir()] == ["eu"]
    assert run("--profile", "us", "simulator", "people", "sign-in-agent").code == 0
    assert [line.split()[0] for line in run("simulator", "reset").out.splitlines()] == [
        str(folder / name) for name in ("eu", "us")
    ]
    assert not folder.exists()


def test_people_are_told_what_is_wrong_with_a_detail(run: Run) -> None:
    assert run("simulator", "people", "existing-tenant", "domain=12345").code == 0  # a text, even of digits
    for details, words in (
        (["limit-mfa", "days=many"], "days is a number"),
        (["limit-mfa", "days=1e300"], "days are between"),
        (["sign-in-agent", "mfa=perhaps"], "mfa is true or false"),
        (["own-subscription", "tenant=nobody", "name=x"], "nobody"),
    ):
        ran = run("simulator", "people", *details)
        assert (ran.code, words in ran.err) == (1, True), ran.err


def test_the_partner_is_who_clients_are_without_a_seed(run: Run) -> None:
    known = variables(run("simulator", "credentials", "--export").out)
    assert known["AZURE_CLIENT_ID"] == known["PARTNER_CLIENT_ID"]
    assert "SIMULATOR" not in known
    ran = run("simulator", "credentials", "--application", "automation")
    assert ran.code == 1
    assert "there are: none" in ran.err


def test_a_market_has_two_letters(run: Run) -> None:
    ran = run("simulator", "serve", "--port", "0", "--market", "Germany")
    assert ran.code == 64
    assert "--market Germany" in ran.err


def test_a_taken_port_is_no_traceback(run: Run) -> None:
    with serving(Path.cwd()) as (_, address):
        ran = run("simulator", "serve", "--port", address.rpartition(":")[2])
    assert ran.code == 1
    assert "cannot listen" in ran.err


@pytest.mark.skipif(shutil.which("az") is None, reason="az is not installed")
def test_az_itself(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [str(ROOT / "scripts" / "other_clients.sh")],
        cwd=tmp_path,
        env={**os.environ, "PORT": str(port), "PATH": paths},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Everything was answered." in done.stdout
