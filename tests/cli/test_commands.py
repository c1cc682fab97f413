"""The command line: what it prints where, and how it exits."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.world import SCENARIO


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_main_job_from_nothing_to_no_changes(run: Run) -> None:
    planned = run("--simulate", "plan", str(SCENARIO))
    assert planned.code == 0
    assert planned.out.rstrip().splitlines()[-1].startswith("Plan: ")
    assert "Digest" in planned.err
    applied = run("--simulate", "apply", "--auto-approve", str(SCENARIO))
    assert applied.code == 0
    assert re.search(r"Applied: \d+ done, 0 failed\.$", applied.out.rstrip())
    assert "fourth-coffee/VirtualNetwork/sea-vnet  done" in applied.err
    again = run("--simulate", "plan", "--detailed-exitcode", str(SCENARIO))
    assert (again.code, again.out) == (0, "No changes.\n")


def test_drift_is_one_line_and_is_explained(run: Run, applied: Path) -> None:
    changed = run(
        "--simulate",
        "simulator",
        "edit",
        "virtualNetworks/sea-vnet",
        'properties.dhcpOptions={"dnsServers":["10.9.9.9"]}',
    )
    assert changed.code == 0
    drift = run("--simulate", "plan", "--detailed-exitcode", str(applied))
    assert drift.code == 2
    lines = [line for line in drift.out.splitlines() if "->" in line]
    assert lines == ['        ~ dnsServers: ["10.9.9.9"] -> ["192.168.0.4"]']
    why = run("--simulate", "plan", "--explain", "VirtualNetwork/sea-vnet", str(applied))
    assert re.search(r"manifest  \[\"192.168.0.4\"\]  \(manifests/network.yaml:\d+\)", why.out)
    mended = run("--simulate", "apply", "--auto-approve", str(applied))
    assert mended.code == 0
    assert run("--simulate", "plan", str(applied)).out == "No changes.\n"


def test_json_has_the_shape_of_terraforms(run: Run) -> None:
    plan = json.loads(run("--simulate", "plan", "-o", "json", str(SCENARIO)).out)
    assert plan["format_version"] == "1.0"
    by_address = {change["address"]: change for change in plan["resource_changes"]}
    customer = by_address["Customer/fourth-coffee"]
    assert customer["change"]["actions"] == ["create"]
    assert customer["change"]["before"] is None
    assert customer["change"]["after"]["billingProfile"]["companyName"] == "Fourth Coffee"
    assert customer["change"]["after_unknown"] == {"id": True}
    assert {"type", "name", "mode", "customer"} <= customer.keys()


def test_nothing_of_a_plan_in_json_is_lost_when_something_is_refused(run: Run, applied: Path) -> None:
    edit(applied / "subscriptions.yaml", "name: hr", "name: hr\n  absent: true")
    said = run("--simulate", "plan", "-o", "json", str(applied))
    assert said.code in (1, 5)
    if said.code == 5:
        assert "protected" in json.loads(said.out)["refusals"][0]["what"]


def test_apply_asks_nobody_where_there_is_nobody(run: Run) -> None:
    said = run("--simulate", "apply", str(SCENARIO))
    assert said.code == 5
    assert "--auto-approve" in said.err
    assert run("--simulate", "simulator", "ledger").out.count("customer created") == 0


def test_expect_applies_what_was_reviewed_and_refuses_what_moved(run: Run, applied: Path) -> None:
    edit(applied / "network.yaml", "192.168.0.4", "192.168.0.5")
    Path("plan.json").write_text(run("--simulate", "plan", "-o", "json", str(applied)).out, encoding="utf-8")
    digest = json.loads(Path("plan.json").read_text())["digest"]
    edit(applied / "network.yaml", "192.168.0.5", "192.168.0.6")
    moved = run("--simulate", "apply", "--expect", "plan.json", str(applied))
    assert moved.code == 6
    assert "fourth-coffee: its changes are not the expected ones" in moved.err
    edit(applied / "network.yaml", "192.168.0.6", "192.168.0.5")
    assert run("--simulate", "apply", "--expect", digest, str(applied)).code == 0


def test_narrowing(run: Run, applied: Path) -> None:
    assert run("--simulate", "plan", "--customer", "fourth-coffee", str(applied)).out == "No changes.\n"
    assert run("--simulate", "plan", "--target", "VirtualNetwork/sea-vnet", str(applied)).code == 0
    missing = run("--simulate", "plan", "--target", "VirtualNetwork/none", str(applied))
    assert missing.code == 64
    assert "no such resource" in missing.err
    assert run("--simulate", "plan", "-l", "no=such", str(applied)).code == 64


def test_what_a_narrowing_leaves_out_is_not_pulled_from_under(run: Run, applied: Path) -> None:
    text = """apiVersion: cspctl/v1
kind: VirtualNetwork
metadata: {name: lab, customer: fourth-coffee, labels: {part: lab}}
spec: {resourceGroup: lab, location: westus, addressPrefixes: [10.9.0.0/16]}
---
apiVersion: cspctl/v1
kind: ResourceGroup
metadata: {name: lab, customer: fourth-coffee}
spec: {subscription: production, location: westus}
"""
    Path("lab.yaml").write_text(text, encoding="utf-8")
    assert run("--simulate", "apply", "--auto-approve", str(applied), "lab.yaml").code == 0
    gone = text.replace("metadata: {name: lab,", "metadata: {name: lab, absent: true,")
    Path("lab.yaml").write_text(gone, encoding="utf-8")
    said = run("--simulate", "plan", "--target", "ResourceGroup/lab", str(applied), "lab.yaml")
    assert said.code == 5
    assert "VirtualNetwork/lab, which is not selected, refers to it" in said.err


def test_problems_come_all_at_once_with_file_and_line(run: Run, applied: Path) -> None:
    edit(applied / "network.yaml", "addressPrefixes", "adressPrefixes")
    edit(applied / "customer.yaml", "culture", "kulture")
    said = run("validate", str(applied))
    assert said.code == 1
    assert re.search(r"manifests/network.yaml:\d+: unknown field \"adressPrefixes\"", said.err)
    assert re.search(r"manifests/customer.yaml:\d+: unknown field \"kulture\"", said.err)
    assert "Did you mean addressPrefixes?" in said.err


def test_a_mistake_in_one_file_does_not_hide_one_in_another(run: Run, applied: Path) -> None:
    edit(applied / "customer.yaml", "culture", "kulture")
    edit(applied / "network.yaml", "resourceGroup: network", "resourceGroup: netwrk")
    said = run("validate", str(applied))
    assert 'unknown field "kulture"' in said.err
    assert 'no ResourceGroup called "netwrk"' in said.err
    assert "no Customer called" not in said.err, "what only cannot be read is there"


def test_one_customers_error_stops_that_customer_only(run: Run, applied: Path) -> None:
    other = (applied / "customer.yaml").read_text(encoding="utf-8")
    other = other.replace("name: fourth-coffee", "name: wingtip").replace("fourthcoffeecsp", "wingtiptoyscsp")
    Path("other.yaml").write_text(other[: other.index("---")] if "---" in other else other, encoding="utf-8")
    edit(applied / "customer.yaml", "country: US", "country: CA")
    said = run("--simulate", "apply", "--auto-approve", str(applied), "other.yaml")
    assert said.code == 1
    assert "country of a customer cannot change" in said.err
    assert re.search(r"customer.yaml:\d+", said.err)
    assert "Customer/wingtip  done" in said.err


def test_a_reference_may_be_written_as_a_plan_prints_it(run: Run, applied: Path) -> None:
    edit(applied / "network.yaml", "resourceGroup: network", "resourceGroup: fourth-coffee/ResourceGroup/network")
    assert run("--simulate", "plan", str(applied)).out == "No changes.\n"


def test_without_a_profile_it_says_what_to_do(run: Run) -> None:
    said = run("plan", str(SCENARIO))
    assert said.code == 1
    assert "cspctl.yaml" in said.err
    assert "--simulate" in said.err


def test_usage_errors_are_64(run: Run) -> None:
    assert run("plan", "--no-such-option").code == 64
    assert run("nonsense").code == 64
    assert run("--simulate", "plan").code == 64


def test_unread_and_waiting_have_their_exit_codes(run: Run, applied: Path) -> None:
    run("simulator", "people", "remove-delegated-administration", "tenant=fourthcoffeecsp.onmicrosoft.com")
    said = run("--simulate", "plan", str(applied))
    assert said.code == 4
    assert "waits for a person" in said.out


def test_a_failure_of_one_change_is_exit_1_and_says_request_id(run: Run, applied: Path) -> None:
    text = """apiVersion: cspctl/v1
kind: VirtualNetwork
metadata: {name: bad, customer: fourth-coffee}
spec: {resourceGroup: network, location: westus, addressPrefixes: [10.9.0.0/16]}
"""
    Path("bad.yaml").write_text(text, encoding="utf-8")
    assert run("simulator", "fault", "PUT virtualNetworks/bad status=400 code=NotToday").code == 0
    said = run("--simulate", "apply", "--auto-approve", str(applied), "bad.yaml")
    assert said.code == 1
    assert "NotToday" in said.err
    assert "request id" in said.err


def test_schema_of_a_kind(run: Run) -> None:
    assert json.loads(run("schema", "VirtualNetwork").out)["title"] == "VirtualNetwork"
    assert "VirtualNetwork" in run("schema").out.splitlines()
    assert run("schema", "Nothing").code == 64


def test_reset_forgets_the_simulated_world(run: Run, applied: Path) -> None:
    assert run("simulator", "reset").code == 0
    assert run("--simulate", "plan", str(applied)).out.count("    + ") >= 4


def test_secrets_never_reach_the_terminal_or_the_journal(run: Run) -> None:
    applied = run("--simulate", "-v", "apply", "--auto-approve", str(SCENARIO))
    (kept,) = Path(".cspctl").rglob("*adminPassword")
    journal = "".join(p.read_text() for p in Path(".cspctl").rglob("*.jsonl"))
    assert kept.read_text() not in applied.out + applied.err + journal


def test_no_color_where_there_is_no_terminal(run: Run) -> None:
    assert "\x1b[" not in run("--simulate", "plan", str(SCENARIO)).out


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_imports_no_kind_and_no_client(arguments: list[str]) -> None:
    code = f"import sys; sys.argv = ['cspctl', *{arguments}]\nfrom cspctl.cli import main\n"
    code += "try: main()\nexcept SystemExit: pass\n"
    code += "print(*sys.modules, file=sys.stderr)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr.split()
    assert not [
        m for m in said if m.startswith(("cspctl.kinds", "azure", "msal", "pydantic", "httpx", "cspctl.simulator"))
    ]


def test_ctrl_c_while_planning_ends_at_once(tmp_path: Path) -> None:
    """A real process that waits to ask a service again which does not answer."""
    secret = tmp_path / "secret"
    secret.write_text("generated", encoding="utf-8")
    profile = (
        f"{{partnerTenantId: 7f000000-0000-4000-8000-000000000001, clientId: c, clientSecret: {{file: {secret}}}}}"
    )
    (tmp_path / "cspctl.yaml").write_text(f"profiles: {{default: {profile}}}\n", encoding="utf-8")
    environment = {**os.environ, "HTTPS_PROXY": "http://127.0.0.1:9"}
    process = subprocess.Popen(
        [sys.executable, "-m", "cspctl", "plan", str(SCENARIO)],
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=5)
    assert process.returncode == 130
    assert said.strip() == "Interrupted."


def test_ctrl_c_leaves_operations_running_and_the_next_apply_continues(tmp_path: Path) -> None:
    """A real process, interrupted while it works; run again it comes to an end, and nothing is bought twice."""
    command = [sys.executable, "-m", "cspctl", "--simulate"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [*command, "apply", "--auto-approve", str(SCENARIO)],
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "creating" in line:
            break
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    for _ in range(4):
        subprocess.run(
            [*command, "apply", "--auto-approve", str(SCENARIO)], cwd=tmp_path, capture_output=True, check=False
        )
    again = subprocess.run([*command, "plan", str(SCENARIO)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert again.stdout == "No changes.\n"
    ledger = subprocess.run([*command, "simulator", "ledger"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ledger.stdout.count("customer created") == 1
    assert ledger.stdout.count("azure plan bought") == 1
    assert ledger.stdout.count("PUT    /providers/Microsoft.Subscription/aliases") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="there are no terminals of this kind")
def test_on_a_terminal_no_line_is_broken_within_a_word(applied: Path) -> None:
    import fcntl
    import pty
    import struct
    import termios

    edit(applied / "people.yaml", "role: Reader", "role: Raeder")
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 72, 0, 0))
    words = [sys.executable, "-m", "cspctl", "--simulate", "plan", str(applied)]
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    with subprocess.Popen(words, stdout=theirs, stderr=theirs, env={**environment, "TERM": "xterm"}):
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # how a terminal says that nobody writes any more
            while part := os.read(ours, 65536):
                shown += part
    os.close(ours)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown.decode()).splitlines()
    assert any("Raeder" in line for line in lines)
    assert any(len(line) > 50 for line in lines)
    assert all(len(line) <= 72 for line in lines), shown
