"""How an apply shows itself: bars on a terminal, lines elsewhere, and an end of all waiting on Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cspctl.simulator import Simulator
from cspctl.simulator.certificates import AUTHORITY
from cspctl.simulator.serve import server
from tests.cli.conftest import Run
from tests.world import SCENARIO

APPLY = [sys.executable, "-m", "cspctl", "--simulate", "apply", "--auto-approve", str(SCENARIO)]
BAR = "━"


def on_a_terminal(folder: Path, **environment: str) -> str:
    """What an apply shows to somebody who looks at it."""
    pty = pytest.importorskip("pty")
    outer, inner = pty.openpty()
    known = {name: value for name, value in os.environ.items() if name not in ("CI", "NO_COLOR", "TERM", "COLUMNS")}
    process = subprocess.Popen(
        APPLY,
        cwd=folder,
        env={**known, "TERM": "xterm", "COLUMNS": "120", "PYTHONIOENCODING": "utf-8", **environment},
        stdout=subprocess.DEVNULL,
        stderr=inner,
        stdin=subprocess.DEVNULL,
    )
    os.close(inner)
    shown = b""
    try:
        while data := os.read(outer, 65536):
            shown += data
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(outer)
    assert process.wait(60) == 0, shown
    return shown.decode(errors="replace")


def test_a_terminal_shows_how_far_each_customer_is(tmp_path: Path) -> None:
    shown = on_a_terminal(tmp_path)
    assert BAR in shown
    assert "minutes left" in shown
    assert "fourth-coffee/VirtualNetwork/sea-vnet" in shown
    assert "creating" not in shown
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")  # the cursor is there again


@pytest.mark.parametrize("variable", ["CI", "NO_COLOR"])
def test_where_bars_are_unwelcome_each_change_of_state_is_a_line(tmp_path: Path, variable: str) -> None:
    shown = on_a_terminal(tmp_path, **{variable: "1"})
    assert BAR not in shown
    assert shown.count("fourth-coffee/VirtualNetwork/sea-vnet  ") == 2
    assert "creating" in shown


@pytest.mark.parametrize("number", ["0", "65", "many"])
def test_parallelism_has_its_limits(run: Run, number: str) -> None:
    for command in ("plan", "apply"):
        said = run("--simulate", command, "--parallelism", number, str(SCENARIO))
        assert said.code == 64
        assert "--parallelism" in said.err


def test_one_at_a_time_comes_to_the_same(run: Run) -> None:
    assert run("--simulate", "apply", "--auto-approve", "--parallelism", "1", str(SCENARIO)).code == 0
    assert run("--simulate", "plan", "--parallelism", "1", str(SCENARIO)).out == "No changes.\n"


def test_a_plan_says_what_applying_it_takes(run: Run) -> None:
    said = run("--simulate", "plan", str(SCENARIO))
    assert "Applying it takes about" in said.err
    assert "; the longest chain: Customer/fourth-coffee -> AzurePlan/azure -> " in said.err


@pytest.fixture
def throttling(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """A served simulator in real time, to which the profile of the working folder leads."""
    simulator = Simulator(tmp_path / "served.sqlite", jumps=False)
    serving = server(simulator, "127.0.0.1", 0, tls=True)
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()
    known = simulator.profile
    monkeypatch.setenv("CSPCTL_TEST_SECRET", known["clientSecret"])
    monkeypatch.setenv("CSPCTL_TEST_REFRESH", known["refreshToken"])
    Path("cspctl.yaml").write_text(
        f"""profiles:
  default:
    partnerTenantId: {known["partnerTenantId"]}
    clientId: {known["clientId"]}
    clientSecret: {{env: CSPCTL_TEST_SECRET}}
    refreshToken: {{env: CSPCTL_TEST_REFRESH}}
    simulator: https://127.0.0.1:{serving.server_port}
    caFile: {tmp_path / AUTHORITY}
"""
    )
    yield simulator
    serving.shutdown()
    thread.join()
    serving.server_close()
    simulator.close()


def interrupted_apply() -> tuple[str, str]:
    """What an apply says that is interrupted a second after it has begun its first change."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cspctl", "apply", "--auto-approve", str(SCENARIO)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "creating" in line:
            break
    time.sleep(1)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=60)
    assert time.monotonic() - began < 5
    assert process.returncode == 130, error
    return out, error


def planned() -> str:
    """What the next plan says."""
    command = [sys.executable, "-m", "cspctl", "plan", str(SCENARIO)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return ran.stdout + ran.stderr


def test_ctrl_c_ends_what_was_put_aside_at_once_and_leaves_no_doubt(throttling: Simulator) -> None:
    throttling.fault(method="POST", path="/v1/customers$", what="throttle", retry_after=200, times=9)
    out, error = interrupted_apply()
    assert "interrupted before it began" in error
    assert "0 done, 0 failed, 12 skipped" in out
    assert not [row for row in throttling.ledger() if row.effects]
    throttling.clear_faults()
    assert "an earlier run" not in planned()


def test_ctrl_c_ends_the_wait_of_a_thread_at_once_and_keeps_what_is_in_doubt(throttling: Simulator) -> None:
    """A 503 may have had its effect, so the thread waits to ask again."""
    throttling.fault(method="POST", path="/v1/customers$", status=503, headers={"Retry-After": "200"}, times=9)
    out, error = interrupted_apply()
    assert "waiting: interrupted while it runs" in error
    assert "0 done, 0 failed, 11 skipped, 1 waiting" in out
    throttling.clear_faults()
    assert "an earlier run" in planned()
