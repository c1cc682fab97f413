"""A whole world for tests: the simulator, our services over it, a journal, and the loop plan-apply in one call."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from cspctl import config, manifest, source, storage
from cspctl.apply import Event, apply
from cspctl.changes import Plan
from cspctl.cloud import Clock, Cloud, connect
from cspctl.errors import BadInput
from cspctl.joint import joint_problems
from cspctl.journal import Journal
from cspctl.manifest import selected
from cspctl.observe import observe
from cspctl.plan import plan
from cspctl.resource import Resource
from cspctl.seen import Seen
from cspctl.simulator import Simulator
from cspctl.sink import Sink
from cspctl.steps import Outcome

ROOT = Path(__file__).parents[1]
EVER = 10**9
"""How often a fault strikes that never ends."""
SCENARIO = ROOT / "examples" / "scenarios" / "fourth-coffee"


@dataclass
class World:
    """One simulated world and one working folder."""

    folder: Path
    simulator: Simulator
    client: httpx.Client
    answers: list[httpx.Response] = field(default_factory=list)

    @property
    def requests(self) -> list[httpx.Request]:
        """Every request that has left, in order."""
        return [answer.request for answer in self.answers]

    @property
    def cloud(self) -> Cloud:
        known = self.simulator.profile
        profile = config.Profile.model_validate(
            {
                "partnerTenantId": known["partnerTenantId"],
                "clientId": known["clientId"],
                "clientSecret": config.Held(text=known["clientSecret"]),
                "refreshToken": config.Held(text=known["refreshToken"]),
                "sandbox": self.sandbox,
            }
        )
        clock = Clock(self.simulator.clock.now, self.simulator.clock.sleep, jumps=True)
        return connect(profile, self.client, clock, Sink(self.folder / "secrets"))

    sandbox: bool = False

    @property
    def journal(self) -> Journal:
        return Journal(storage.at(self.folder / "journal"))

    def look(self, resources: Sequence[Resource], *targets: str, cloud: Cloud | None = None) -> tuple[Seen, Plan]:
        records = self.journal.records()
        chosen = selected(resources, frozenset(targets))
        wanted = manifest.narrowed(resources, chosen)
        seen = observe(wanted, cloud or self.cloud, records)
        return seen, plan(wanted, seen, records, chosen)

    def plan(self, resources: Sequence[Resource], *targets: str) -> Plan:
        return self.look(resources, *targets)[1]

    def apply(self, resources: Sequence[Resource], *targets: str, events: list[Event] | None = None) -> list[Outcome]:
        """Plan and carry out; asserts that planning found nothing wrong."""
        cloud = self.cloud
        seen, planned = self.look(resources, *targets, cloud=cloud)
        assert not planned.problems, planned.problems
        planned.raise_if_unsafe()
        return apply(planned, seen, cloud, self.journal, (events if events is not None else []).append)

    def done(self, resources: Sequence[Resource], *targets: str) -> None:
        """Plan and carry out; asserts that all of it was done, and that there is nothing left to do."""
        outcomes = self.apply(resources, *targets)
        if asked := [o for o in outcomes if o.person]:
            for outcome in asked:
                self.simulator.people("approve-delegation", relationship=outcome.reason.rpartition("/")[2])
            self.simulator.clock.sleep(60)
            outcomes = [*(o for o in outcomes if not o.person), *self.apply(resources, *targets)]
        assert {o.status for o in outcomes} <= {"done"}, outcomes
        again = self.plan(resources, *targets)
        assert not again.changes, again.changes
        assert not again.problems

    def writes(self) -> list[Any]:
        """Every write that the services have received."""
        return self.simulator.ledger()


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """A world whose simulator keeps its state in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    simulator = Simulator(folder / "simulator.sqlite")
    try:
        with httpx.Client(transport=httpx.WSGITransport(app=simulator)) as client:
            made = World(folder, simulator, client)
            client.event_hooks = {"response": [made.answers.append]}
            yield made
    finally:
        simulator.close()


@contextmanager
def copied(origin: Path, folder: Path) -> Iterator[World]:
    """A world that begins where another one, closed by now, has ended."""
    shutil.copytree(origin, folder)
    with world(folder) as made:
        yield made


def resources(text: str, name: str = "test.yaml") -> list[Resource]:
    """The resources of a YAML text, checked as those of files are. Raises BadInput."""
    problems: list[Any] = []
    found = manifest.resources_of(source.parse(text, name), problems)
    problems += [] if problems else list(joint_problems(found))
    if problems:
        raise BadInput(problems)
    return found


def scenario() -> list[Resource]:
    """The Fourth Coffee scenario of the examples."""
    return manifest.load([SCENARIO])


def example(file: Path) -> list[Resource]:
    """The resources of an example, with the Fourth Coffee scenario around it when it refers to that."""
    try:
        return manifest.load([file])
    except BadInput:
        return manifest.load([SCENARIO, file])
