"""What is kept between runs: pruning, locks, what is under way, and a container that two machines share."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from azure.core.credentials import AzureNamedKeyCredential
from azure.storage.blob import ContainerClient

from cspctl import storage
from cspctl.simulator.certificates import AUTHORITY
from cspctl.storage import Holder
from tests.cli.conftest import Run
from tests.storage.emulator import ACCOUNT, Emulator, NotHere, running
from tests.world import ROOT, SCENARIO

JOURNAL = Path(".cspctl/simulated/journal")
HR = "fourth-coffee/ResourceGroup/hr"


def plan(run: Run, *arguments: str) -> list[str]:
    """The changes of a plan, as its lines show them."""
    said = run("--simulate", "plan", *arguments)
    assert said.code == 0, said.err
    return [line.split()[1] for line in said.out.splitlines() if line[:5].strip() in ("+", "~", "-", "=", "-/+")]


def ledger(run: Run) -> list[str]:
    return run("--simulate", "simulator", "ledger").out.splitlines()


def test_what_we_made_and_nobody_describes_goes_with_prune_and_only_then(run: Run, applied: Path) -> None:
    (applied / "hr.yaml").unlink()
    assert plan(run, str(applied)) == []
    assert plan(run, "--prune", str(applied)) == [HR]
    assert run("--simulate", "apply", "--auto-approve", str(applied)).code == 0
    assert plan(run, "--prune", str(applied)) == [HR]
    assert run("--simulate", "apply", "--prune", "--auto-approve", str(applied)).code == 0
    assert plan(run, "--prune", str(applied)) == []
    deleted = [line for line in ledger(run) if "DELETE" in line]
    assert len(deleted) == 1
    assert "resourceGroups/hr" in deleted[0]


def test_what_was_only_adopted_is_let_go_of(run: Run, applied: Path) -> None:
    shutil.rmtree(JOURNAL)
    assert run("--simulate", "apply", "--auto-approve", str(applied)).code == 0
    (applied / "hr.yaml").unlink()
    assert plan(run, "--prune", str(applied)) == []


def test_protection_outlives_the_manifest(run: Run, applied: Path) -> None:
    text = (applied / "hr.yaml").read_text(encoding="utf-8")
    (applied / "hr.yaml").write_text(text.replace("  name: hr\n", "  name: hr\n  protect: true\n"))
    assert run("--simulate", "apply", "--auto-approve", str(applied)).code == 0
    (applied / "hr.yaml").unlink()
    said = run("--simulate", "plan", "--prune", str(applied))
    assert "No changes." in said.out
    assert "it is protected" in said.out


def test_a_handle_that_means_something_else_leaves_what_it_meant_to_be_pruned(run: Run, applied: Path) -> None:
    text = (applied / "hr.yaml").read_text(encoding="utf-8")
    (applied / "hr.yaml").write_text(text + "  name: people\n")
    assert run("--simulate", "apply", "--auto-approve", str(applied)).code == 0
    said = run("--simulate", "plan", "--prune", str(applied))
    assert f"- {HR}~1  # " in said.out
    assert "resourceGroups/hr" in said.out


def test_prune_is_for_whole_customers(run: Run, applied: Path) -> None:
    assert run("--simulate", "plan", "--prune", "--target", HR, str(applied)).code == 64
    assert run("--simulate", "plan", "--prune", "--customer", "fourth-coffee", str(applied)).code == 0


def test_pruning_many_at_once_must_be_allowed(run: Run, applied: Path) -> None:
    for name in ("hr.yaml", "network.yaml"):
        (applied / name).unlink()
    text = (applied / "people.yaml").read_text(encoding="utf-8").split("---\n")
    (applied / "people.yaml").write_text("---\n".join(text[:1]))
    refused = run("--simulate", "apply", "--prune", "--auto-approve", str(applied))
    assert refused.code == 5
    assert "--allow-delete 7" in refused.err
    before = len(ledger(run))
    assert run("--simulate", "apply", "--prune", "--allow-delete", "7", "--auto-approve", str(applied)).code == 0
    assert len(ledger(run)) > before
    assert plan(run, "--prune", str(applied)) == []


def test_a_customer_that_another_run_holds_is_left_alone(run: Run, applied: Path) -> None:
    text = (applied / "hr.yaml").read_text(encoding="utf-8")
    (applied / "hr.yaml").write_text(text + "  tags: {owner: gena}\n")
    before = ledger(run)
    holder = Holder("gena", "build-7", os.getpid(), datetime(2026, 11, 20, 9, tzinfo=UTC), "run")
    with storage.at(JOURNAL).lock("fourth-coffee", holder):
        said = run("--simulate", "apply", "--auto-approve", str(applied))
        assert said.code == 7
        assert "gena on build-7" in said.err
        assert "2026-11-20" in said.err
        assert ledger(run) == before
        assert run("--simulate", "plan", str(applied)).code == 0
        unlocked = run("--simulate", "unlock", "fourth-coffee", "--reason", "its machine is gone", "--force")
        assert "gena on build-7" in unlocked.out
    assert run("--simulate", "apply", "--auto-approve", str(applied)).code == 0
    (line,) = (JOURNAL / storage.UNLOCKS).read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["reason"] == "its machine is gone"


def test_what_is_under_way_is_listed_until_it_is_done(run: Run) -> None:
    shutil.copytree(SCENARIO, "manifests")
    assert run("--simulate", "operations").out == "Nothing is under way.\n"
    run("--simulate", "simulator", "fault", "POST .*/checkout status=500 times=1000")
    assert run("--simulate", "apply", "--auto-approve", "manifests").code != 0
    said = run("--simulate", "operations").out
    assert "fourth-coffee/AzurePlan/azure  create" in said
    assert "/carts/" in said
    (found,) = json.loads(run("--simulate", "operations", "-o", "json").out)
    assert found["operation"]["url"].endswith(tuple("0123456789abcdef"))
    run("--simulate", "simulator", "fault", "--clear")
    assert run("--simulate", "apply", "--auto-approve", "manifests").code == 0
    assert run("--simulate", "operations").out == "Nothing is under way.\n"


def test_a_broken_inventory_is_named_and_left_as_it_is(run: Run, applied: Path) -> None:
    file = JOURNAL / "fourth-coffee" / "inventory.json"
    assert run("--simulate", "apply", "--auto-approve", str(applied)).code == 0
    file.write_text(file.read_text(encoding="utf-8")[:-20])
    broken = file.read_bytes()
    said = run("--simulate", "apply", "--auto-approve", str(applied))
    assert said.code == 1
    assert f"{JOURNAL}/fourth-coffee/inventory.json" in said.err
    assert file.read_bytes() == broken


# Two machines ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with ExitStack() as stack:
        try:
            yield stack.enter_context(running(tmp_path_factory.mktemp("azurite")))
        except NotHere as error:
            pytest.skip(str(error))


class Machine:
    """A working folder of its own, and processes in it; account and container are those of the other machine."""

    def __init__(self, folder: Path, profile: str, environment: dict[str, str]) -> None:
        folder.mkdir()
        shutil.copytree(SCENARIO, folder / "manifests")
        (folder / "cspctl.yaml").write_text(profile)
        self.folder, self.environment = folder, {**os.environ, **environment, "PYTHONPATH": str(ROOT), "CI": "1"}

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "cspctl", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str]:
        process = self.begin(*arguments)
        out, err = process.communicate(timeout=120)
        return process.returncode, out + err


@pytest.fixture
def machines(emulator: Emulator, tmp_path: Path) -> Iterator[tuple[Machine, Machine, Machine]]:
    """Two machines with one account and one container, and the machine on which the simulator is served."""
    name = f"two-{uuid.uuid4().hex[:8]}"
    with ContainerClient(
        emulator.account_url, name, credential=AzureNamedKeyCredential(ACCOUNT, emulator.key), api_version="2023-11-03"
    ) as container:
        container.create_container()
    state, serving = tmp_path / "served.sqlite", Machine(tmp_path / "serving", "profiles: {}\n", {})
    (serving.folder / "cspctl.yaml").unlink()
    arguments = ("simulator", "serve", "--tls", "--port", "0", "--speed", "120", "--state", str(state))
    process = serving.begin(*arguments)
    try:
        assert process.stderr is not None
        address = ""
        while "https://" not in address:
            address = process.stderr.readline()
        port = address.partition("https://")[2].partition("/")[0].rpartition(":")[2]
        _, text = serving.run("simulator", "credentials", "--state", str(state))
        yield _machines(tmp_path, emulator, name, port, json.loads(text)["partner"], serving)
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _machines(
    folder: Path, emulator: Emulator, name: str, port: str, known: dict[str, str], serving: Machine
) -> tuple[Machine, Machine, Machine]:
    profile = f"""profiles:
  default:
    partnerTenantId: {known["partnerTenantId"]}
    clientId: {known["clientId"]}
    clientSecret: {{env: TWO_SECRET}}
    refreshToken: {{env: TWO_REFRESH}}
    simulator: https://127.0.0.1:{port}
    caFile: {folder / AUTHORITY}
    storage: {{container: {emulator.account_url}/{name}, secret: {{env: TWO_KEY}}}}
"""
    secrets = {
        "TWO_SECRET": known["clientSecret"],
        "TWO_REFRESH": known["refreshToken"],
        "TWO_KEY": emulator.key,
    }
    return Machine(folder / "one", profile, secrets), Machine(folder / "two", profile, secrets), serving


def test_another_machine_goes_on_where_one_was_killed(machines: tuple[Machine, Machine, Machine]) -> None:
    one, two, serving = machines
    process = one.begin("apply", "--auto-approve", "manifests")
    assert process.stderr is not None
    for line in process.stderr:
        if "AzurePlan/azure" in line:
            break
    time.sleep(0.5)
    code, said = two.run("apply", "--auto-approve", "manifests")
    assert code == 7, said
    assert "fourth-coffee" in said
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    assert "fourth-coffee" in two.run("operations")[1]
    assert two.run("unlock", "fourth-coffee", "--reason", "killed", "--force")[0] == 0
    for _ in range(4):
        code, said = two.run("apply", "--auto-approve", "manifests")
        if code == 0:
            break
    assert code == 0, said
    assert "No changes." in two.run("plan", "manifests")[1]
    assert "No changes." in one.run("plan", "manifests")[1]
    _, written = serving.run("simulator", "ledger", "--state", str(serving.folder.parent / "served.sqlite"))
    assert written.count("/checkout") == 1
    assert sum("PUT" in line and "/aliases/" in line for line in written.splitlines()) == 1
