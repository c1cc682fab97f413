"""Profiles whose account is a served simulator: one address stands for all of Microsoft's hosts."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cspctl.simulator import Simulator
from cspctl.simulator.certificates import AUTHORITY
from cspctl.simulator.serve import server
from tests.cli.conftest import Run
from tests.world import SCENARIO


@pytest.fixture
def served(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A simulator behind TLS and a profile for it; gives its address."""
    simulator = Simulator(tmp_path / "served.sqlite", jumps=False)
    serving = server(simulator, "127.0.0.1", 0, tls=True)
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()
    known = simulator.profile
    monkeypatch.setenv("CSPCTL_TEST_SECRET", known["clientSecret"])
    monkeypatch.setenv("CSPCTL_TEST_REFRESH", known["refreshToken"])
    address = f"https://127.0.0.1:{serving.server_port}"
    Path("cspctl.yaml").write_text(
        f"""profiles:
  default:
    partnerTenantId: {known["partnerTenantId"]}
    clientId: {known["clientId"]}
    clientSecret: {{env: CSPCTL_TEST_SECRET}}
    refreshToken: {{env: CSPCTL_TEST_REFRESH}}
    simulator: {address}
    caFile: {tmp_path / AUTHORITY}
"""
    )
    yield address
    serving.shutdown()
    thread.join()
    serving.server_close()
    simulator.close()


def test_a_plan_and_an_examination_over_a_socket(run: Run, served: str) -> None:
    planned = run("plan", str(SCENARIO))
    assert planned.code == 0, planned.err
    assert "Customer/fourth-coffee" in planned.out
    assert Path(".cspctl/tokens/default.json").is_file()
    examined = run("doctor")
    assert examined.code == 0, examined.out
    assert "clock: differs from Microsoft's by" in examined.out


def test_a_certificate_that_does_not_fit_is_an_error_and_no_traceback(run: Run, served: str, tmp_path: Path) -> None:
    text = Path("cspctl.yaml").read_text(encoding="utf-8")
    (tmp_path / "empty.pem").touch()
    Path("cspctl.yaml").write_text(text.replace(str(tmp_path / AUTHORITY), str(tmp_path / "empty.pem")))
    said = run("plan", str(SCENARIO))
    assert said.code == 1
    assert "holds no certificate" in said.err


def test_a_secret_that_is_not_the_accounts_is_an_error_of_its_customers(
    run: Run, served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CSPCTL_TEST_SECRET", "another")
    said = run("plan", str(SCENARIO))
    assert said.code != 0
    assert "AADSTS7000215" in said.out + said.err
    assert "another" not in said.out + said.err


def test_one_account_that_cannot_be_reached_leaves_the_other_alone(run: Run, served: str, tmp_path: Path) -> None:
    text = Path("cspctl.yaml").read_text(encoding="utf-8")
    account = text.removeprefix("profiles:\n")
    other = account.replace("default:", "other:").replace(str(tmp_path / AUTHORITY), "nowhere.pem")
    Path("cspctl.yaml").write_text(f"{text}    folder: here\n{other}    folder: there\n", encoding="utf-8")
    shutil.copytree(SCENARIO, "here")
    shutil.copytree(SCENARIO, "there")
    for file in Path("there").glob("*.yaml"):
        words = file.read_text(encoding="utf-8").replace("fourth-coffee", "fifth-coffee")
        file.write_text(words.replace("fourthcoffee", "fifthcoffee"), encoding="utf-8")
    said = run("plan")
    assert said.code == 1
    assert "Customer/fourth-coffee" in said.out
    assert "fifth-coffee: profile other: caFile: nowhere.pem holds no certificate" in said.err
