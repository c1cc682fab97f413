"""The worlds of the sweep: a template for each way of asking, copies of it, and runs until nothing is left to do."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from cspctl.simulator import Simulator, certificates
from cspctl.simulator.serve import server
from reliability import process
from reliability.process import Ran
from reliability.watched import Kill, Watched

SIMULATED = Path(".cspctl/simulated")
STATE = "simulator.sqlite"
RUNS = 6
"""Runs after which an estate should have become what its manifests say."""
NOTHING = "No changes.\n"
SECRETS = ("PROOF_CLIENT_SECRET", "PROOF_REFRESH_TOKEN")
PROFILE = """profiles:
  default:
    partnerTenantId: {partnerTenantId}
    clientId: {clientId}
    clientSecret: {{env: PROOF_CLIENT_SECRET}}
    refreshToken: {{env: PROOF_REFRESH_TOKEN}}
    simulator: https://127.0.0.1:PORT
    caFile: {authority}
"""
APPROVAL = re.compile(r"/([0-9a-f-]{36}(?:-[0-9a-f-]{36})?)$", re.MULTILINE)


def memory() -> Path | None:
    """Where files cost no disk, if there is such a place."""
    place = Path("/dev/shm")  # noqa: S108 # everything in it is in a folder of its own, of a name that nobody can guess
    return place if place.is_dir() and os.access(place, os.W_OK) else None


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="reliability-", dir=memory()) as folder:
        yield Path(folder)


@dataclass
class World:
    """A working folder with manifests elsewhere, a simulator, and all runs that it has seen."""

    folder: Path
    manifests: Path
    served: bool
    runs: list[Ran] = field(default_factory=list)
    port: int = 0

    @property
    def place(self) -> Path:
        """Where the simulator keeps its state, and what it has been asked."""
        return self.folder / ("served" if self.served else SIMULATED)

    @property
    def state(self) -> Path:
        """The simulator's state."""
        return self.place / STATE

    @property
    def kept(self) -> Path:
        """Where cspctl keeps its journal and its secrets."""
        return self.folder / (".cspctl" if self.served else SIMULATED)

    @contextmanager
    def opened(self) -> Iterator[Simulator]:
        """The simulator itself, to be told or asked something between two runs."""
        simulator = Simulator(self.state)
        try:
            yield simulator
        finally:
            simulator.close()

    def run(self, *arguments: str, kill: Kill | None = None) -> Ran:
        """One command."""
        state = self.state if self.served else None
        ran = process.run(self.folder, "-v", *arguments, str(self.manifests), kill=kill, state=state)
        self.runs.append(ran)
        return ran

    def apply(self, kill: Kill | None = None) -> Ran:
        """One apply, which asks one thing after the other so that requests have numbers."""
        return self.run("apply", "--auto-approve", "--parallelism", "1", kill=kill)

    def settle(self, kill: Kill | None = None) -> int:
        """Apply until there is nothing left to do; returns how many runs that took, or 0 if it never came to that."""
        for number in range(1, RUNS + 1):
            ran = self.apply(kill if number == 1 else None)
            if ran.code == 0 and self.run("plan", "--parallelism", "1").out.endswith(NOTHING):
                return number
            self._asked(ran)
        return 0

    def _asked(self, ran: Ran) -> None:
        """Let the customer's administrator approve what a run waits for."""
        with self.opened() as simulator:
            if ran.code == 4:
                for relationship in dict.fromkeys(APPROVAL.findall(ran.said)):
                    simulator.people("approve-delegation", relationship=relationship)
            simulator.clock.advance(60)


def template(folder: Path, manifests: Path, served: bool) -> World:
    """A world in which nothing has happened yet, with all keys and certificates made."""
    made = World(folder, manifests, served)
    made.place.mkdir(parents=True)
    with made.opened() as simulator:
        known = simulator.profile
        keys = f"https://login.microsoftonline.com/{known['partnerTenantId']}/discovery/v2.0/keys"
        with httpx.Client(transport=httpx.WSGITransport(app=simulator)) as client:
            client.get(keys).raise_for_status()  # makes the key, which takes longer than all the rest
        if served:
            made_server = server(simulator, "127.0.0.1", 0, tls=True)
            made_server.server_close()
            authority = made.place / certificates.AUTHORITY
            (folder / "profile.txt").write_text(PROFILE.format(**known, authority=authority))
    return made


@contextmanager
def copied(origin: World, folder: Path, kill: Kill | None = None) -> Iterator[World]:
    """A world that begins as another one is, and is served if that one is."""
    shutil.copytree(origin.folder, folder)
    made = World(folder, origin.manifests, origin.served)
    try:
        if not made.served:
            yield made
            return
        with made.opened() as simulator:
            known = simulator.profile
        os.environ |= dict(zip(SECRETS, (known["clientSecret"], known["refreshToken"]), strict=True))
        child, made.port = process.serving(lambda told: _serve(made, told, kill), folder)
        try:
            profile = (folder / "profile.txt").read_text().replace("PORT", str(made.port))
            (folder / "cspctl.yaml").write_text(profile)
            yield made
        finally:
            process.stop(child)
    finally:
        shutil.rmtree(folder)


def _serve(world: World, told: int, kill: Kill | None) -> None:
    Watched.served, Watched.kill = True, kill
    serving = server(Watched(world.state, jumps=False), "127.0.0.1", 0, tls=True)
    os.write(told, f"{serving.server_port}\n".encode())
    os.close(told)
    serving.serve_forever()
