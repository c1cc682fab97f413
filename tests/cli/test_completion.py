"""What the shells offer: click's protocol as the printed scripts speak it, and the scripts in the shells there are."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cspctl.cli import COMMANDS
from cspctl.kinds import registry
from cspctl.simulator.people import ACTS
from tests.cli.conftest import Run
from tests.world import SCENARIO

PROGRAM = Path(sys.executable).with_name("cspctl")
SHELLS = ("bash", "zsh", "fish")
MANIFEST = """apiVersion: cspctl/v1
kind: VirtualNetwork
metadata: {name: hub, customer: fourth-coffee, labels: {environment: lab}}
spec: {resourceGroup: network}
"""


def asked(shell: str, words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What the shell's script would call when the tabulator key is hit behind these words."""
    *before, last = words.split(" ")
    position = last if shell == "fish" else str(len(before))
    environment = {"_CSPCTL_COMPLETE": f"{shell}_complete", "COMP_WORDS": words, "COMP_CWORD": position}
    command = [str(PROGRAM)]
    return subprocess.run(command, env={**os.environ, **environment}, cwd=folder, capture_output=True, text=True)


def offered(shell: str, words: str, folder: Path) -> list[str]:
    ran = asked(shell, words, folder)
    assert (ran.returncode, ran.stderr) == (0, "")
    lines = ran.stdout.splitlines()
    if shell == "zsh":
        return [value.replace("\\:", ":") for value in lines[1::3]]
    return [line.partition(",")[2].partition("\t")[0] for line in lines if line]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the scenario, a manifest that is broken, one that is no YAML, and a configuration."""
    shutil.copytree(SCENARIO, tmp_path / "estate")
    (tmp_path / "broken.yaml").write_text("kind: Customer\nmetadata: {name: northwind}\nspec: {kulture: x}\n")
    (tmp_path / "none.yaml").write_text("kind: [unclosed\n")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "cspctl.yaml").write_text("profiles:\n  default: {}\n  sandbox: {}\n")
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "hub.yaml").write_text(MANIFEST)
    return tmp_path


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_is_offered_commands_options_kinds_and_keys(shell: str, folder: Path) -> None:
    assert offered(shell, "cspctl ", folder) == list(COMMANDS)
    assert offered(shell, "cspctl ex", folder) == ["explain"]
    assert "--target" in offered(shell, "cspctl plan --", folder)
    assert offered(shell, "cspctl explain ", folder) == list(registry())
    assert "fourth-coffee/VirtualNetwork/sea-vnet" in offered(shell, "cspctl plan --target ", folder)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("plan --target fourth-coffee/VirtualNetwork/", ["VirtualNetwork/hub", "VirtualNetwork/sea-vnet"]),
        ("apply --target fourth-coffee/VirtualNetwork/h", ["VirtualNetwork/hub"]),
        ("plan --explain FOURTH-coffee/VirtualNetwork/h", ["VirtualNetwork/hub"]),
        ("plan --allow-delete-contents fourth-coffee/VirtualNetwork/h", ["VirtualNetwork/hub"]),
        ("plan lab --target ", ["VirtualNetwork/hub"]),
    ],
)
def test_keys_come_from_the_manifests_that_are_named(words: str, expected: list[str], folder: Path) -> None:
    found = offered("bash", f"cspctl {words}", folder)
    assert sorted(found) == [f"fourth-coffee/{key}" for key in expected]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("plan --target VirtualNetwork/h", ["VirtualNetwork/hub"]),
        ("plan --customer ", ["fourth-coffee", "northwind"]),
        ("plan lab -l env", ["environment=lab"]),
        ("--profile ", ["default", "sandbox"]),
        ("plan --profile s", ["sandbox"]),
        ("plan -o m", ["markdown"]),
        ("schema Virt", ["VirtualNetwork"]),
        ("explain VirtualNetwork.su", ["VirtualNetwork.subnets"]),
        ("explain VirtualNetwork.subnets.addr", ["VirtualNetwork.subnets.addressPrefix"]),
        ("explain Customer.metadata.pro", ["Customer.metadata.protect"]),
        ("simulator peo", ["people"]),
        ("simulator people ", list(ACTS)),
        ("completion ", list(SHELLS)),
        ("plan --target nobody/", []),
        ("plan nowhere --target northwind", []),
        ("plan --no-such-option --target Customer/n", ["Customer/northwind"]),
    ],
)
def test_what_is_offered(words: str, expected: list[str], folder: Path) -> None:
    assert sorted(offered("bash", f"cspctl {words}", folder)) == sorted(expected)


@pytest.mark.parametrize("name", ["a b", "*", "$(id)", "`id`", "a;b", "a\nb"])
def test_no_name_is_offered_that_a_shell_would_expand(name: str, tmp_path: Path) -> None:
    text = f"kind: Customer\nmetadata: {{name: {name!r}, labels: {{a: {name!r}}}}}\n"
    (tmp_path / "a.yaml").write_text(text)
    (tmp_path / "cspctl.yaml").write_text(f"profiles: {{{name!r}: {{}}}}\n")
    assert offered("bash", "cspctl plan --target ", tmp_path) == []
    for option in ("--customer", "-l", "--profile"):
        assert offered("bash", f"cspctl plan {option} ", tmp_path) == []


@pytest.mark.parametrize("words", ["nothing ", "plan --target x --", "'unclosed ", "simulator x ", "plan --profile "])
def test_nothing_is_said_on_stderr_whatever_was_typed(words: str, folder: Path) -> None:
    assert asked("bash", f"cspctl {words}", folder).stderr == ""


def test_offering_commands_imports_none_of_them(tmp_path: Path) -> None:
    code = "import atexit, sys; atexit.register(lambda: print(*sys.modules)); from cspctl.cli import main; main()"
    environment = {"_CSPCTL_COMPLETE": "bash_complete", "COMP_WORDS": "cspctl p", "COMP_CWORD": "1"}
    script = tmp_path / "cspctl"
    script.write_text(code)
    ran = subprocess.run(
        [sys.executable, str(script)], env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    offer, _, modules = ran.stdout.partition("\n")
    assert offer == "plain,plan"
    assert not {"pydantic", "httpx", "rich", "yaml", "cspctl.kinds", "cspctl.cli.plan"} & set(modules.split())


# ---- the scripts


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_the_one_of_the_shell(run: Run, shell: str) -> None:
    said = run("completion", shell)
    assert (said.code, said.err) == (0, "")
    assert f"_CSPCTL_COMPLETE={shell}_complete" in said.out
    assert "_cspctl_completion" in said.out


def test_another_shell_is_wrong_use(run: Run) -> None:
    assert run("completion", "tcsh").code == 64
    assert "~/.bashrc" in run("completion", "--help").out


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_bash_completes_after_sourcing_it(folder: Path) -> None:
    script = """
        eval "$(cspctl completion bash)"
        complete -p cspctl
        COMP_WORDS=(cspctl plan estate --target fourth-coffee/Virt); COMP_CWORD=4
        _cspctl_completion cspctl
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    path = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        ["bash", "--norc", "-c", script], env={**os.environ, "PATH": path}, cwd=folder, capture_output=True, text=True
    )
    assert ran.stderr == ""
    assert ran.stdout.splitlines() == [
        "complete -o nosort -F _cspctl_completion cspctl",
        "fourth-coffee/VirtualNetwork/sea-vnet",
    ]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_shells_can_read_their_scripts(shell: str, run: Run) -> None:
    if not shutil.which(shell):
        pytest.skip(f"needs {shell}")
    Path("script").write_text(run("completion", shell).out)
    assert subprocess.run([shell, "-n", "script"], capture_output=True, text=True).stderr == ""
