"""Runs cspctl in this process, as the installed command would."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from cspctl import cli
from tests.world import SCENARIO


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run in an empty working folder that lasts for the test."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("CSPCTL_SIMULATE", raising=False)

    def run(*arguments: str) -> Ran:
        monkeypatch.setattr("sys.argv", ["cspctl", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        said = capsys.readouterr()
        return Ran(int(stopped.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def applied(run: Run, fourth_coffee_folder: Path) -> Path:
    """The working folder in which the Fourth Coffee scenario lies and has been applied."""
    shutil.copytree(SCENARIO, "manifests")
    shutil.copytree(fourth_coffee_folder, ".cspctl/simulated")
    return Path("manifests")
