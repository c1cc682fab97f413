"""The places that the storage's contract is proved on: a folder, and a container of the real emulator."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from azure.core.credentials import AzureNamedKeyCredential
from azure.storage.blob import ContainerClient

from cspctl import storage
from cspctl.config import Secret
from cspctl.storage import Storage
from tests.storage.emulator import ACCOUNT, ROOT, Emulator, NotHere, running

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECRET = "STORAGE_SECRET"


@dataclass
class Site:
    """One place, which this and other processes open as often as they like."""

    place: str
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    opened: ExitStack = field(default_factory=ExitStack)

    def open(self) -> Storage:
        made = storage.at(self.place, Secret(env=SECRET) if self.environment else None)
        self.opened.callback(made.close)
        return made

    def process(self, *arguments: str) -> subprocess.Popen[str]:
        """Another process that does something here: see `other.py`."""
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.storage.other", self.place, *arguments],
            cwd=ROOT,
            env={**os.environ, **self.environment, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.opened.callback(process.communicate)
        self.opened.callback(process.kill)
        return process


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """Azurite, started once for all tests of a process; without Node or a registry they are skipped."""
    with ExitStack() as stack:
        try:
            started = stack.enter_context(running(tmp_path_factory.mktemp("azurite")))
        except NotHere as reason:
            pytest.skip(str(reason))
        yield started


@pytest.fixture
def container(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[ContainerClient]:
    """A container of its own for each test."""
    key = AzureNamedKeyCredential(ACCOUNT, emulator.key)
    monkeypatch.setenv(SECRET, emulator.key)
    name = f"test-{uuid.uuid4().hex}"
    with ContainerClient(emulator.account_url, name, credential=key, api_version="2023-11-03") as client:
        client.create_container()
        yield client


def _folder(request: pytest.FixtureRequest) -> Site:
    folder: Path = request.getfixturevalue("tmp_path")
    return Site(str(folder / "kept"))


def _container(request: pytest.FixtureRequest) -> Site:
    client: ContainerClient = request.getfixturevalue("container")
    emulator: Emulator = request.getfixturevalue("emulator")
    return Site(f"{emulator.account_url}/{client.container_name}/a/prefix", {SECRET: emulator.key})


MADE: dict[str, Callable[[pytest.FixtureRequest], Site]] = {"folder": _folder, "container": _container}


@pytest.fixture(params=MADE)
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    """Each of the places in turn."""
    made = MADE[request.param](request)
    with made.opened:
        yield made


@pytest.fixture
def folder(request: pytest.FixtureRequest) -> Iterator[Site]:
    """The folder alone, for what only it can do."""
    made = _folder(request)
    with made.opened:
        yield made


@pytest.fixture
def blobs(request: pytest.FixtureRequest) -> Iterator[Site]:
    """The container alone, for what only it can do."""
    made = _container(request)
    with made.opened:
        yield made


@pytest.fixture
def kept(site: Site) -> Storage:
    return site.open()
