"""Every request of an apply meets every fault once, each time in a world of its own."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from reliability import process, proofs, worlds
from reliability.watched import Kill, requests

SCENARIOS = Path(__file__).resolve().parents[1] / "examples" / "scenarios"
LONG = 9
"""Requests in a row that fail "for a while": more than one call is repeated."""
FAULTS: Mapping[str, Mapping[str, Any]] = {
    "429": {"what": "throttle", "retry_after": 3},
    "500 once": {"what": "status", "status": 500, "code": "InternalServerError"},
    "503 for a while": {"what": "status", "status": 503, "times": LONG},
    "404 after effect": {"what": "status", "status": 404, "code": "NotFound", "when": "after"},
    "dropped before": {"what": "drop"},
    "dropped after": {"what": "drop", "when": "after"},
    "truncated": {"what": "truncate", "when": "after"},
    "killed before": {},
    "killed after": {},
}
KILLS: Mapping[str, bool] = MappingProxyType({"killed before": False, "killed after": True})
SOCKET = frozenset({"dropped before", "dropped after", "truncated", *KILLS})
"""What happens between two processes; the rest is an answer like any other."""


@dataclass(frozen=True)
class Case:
    """One fault at one request."""

    scenario: str
    number: int
    fault: str
    request: str
    served: bool

    @property
    def name(self) -> str:
        """What it is called on the command line."""
        return f"{self.scenario}:{self.number}:{self.fault}"

    def __str__(self) -> str:
        """How to run it again, alone."""
        way = "--served " if self.served else ""
        return f"python -m reliability sweep {way}--case '{self.name}'  # {self.request}"


@dataclass(frozen=True)
class Verdict:
    """What came of a case: the runs that it took (0: it never ended), and what is not as it must be."""

    case: Case
    runs: int
    violations: tuple[str, ...]


@dataclass(frozen=True)
class Ground:
    """What all cases of a scenario begin with, and are compared with."""

    template: worlds.World
    expected: proofs.Reference
    requests: tuple[str, ...]


def scenarios() -> list[str]:
    """The names of all scenarios of the examples."""
    return sorted(folder.name for folder in SCENARIOS.iterdir() if folder.is_dir())


def ground(scenario: str, folder: Path, served: bool) -> Ground:
    """Apply a scenario once without any fault, and note every request."""
    template = worlds.template(folder / "template", SCENARIOS / scenario, served)
    with worlds.copied(template, folder / "undisturbed") as world:
        if world.apply().code not in (0, 4):
            raise RuntimeError(f"{scenario} cannot be applied: {world.runs[-1].said}")
        asked = tuple(f"{r['method']} {r['host']}{r['path']}" for r in requests(world.place))
        if not world.settle():
            raise RuntimeError(f"{scenario} does not become what its manifests say: {world.runs[-1].said}")
        expected = proofs.reference(world)
        if wrong := [*proofs.violations(world, expected, 1)]:
            raise RuntimeError(f"{scenario}, undisturbed: {wrong}")
    return Ground(template, expected, asked)


def cases(scenario: str, found: Ground, faults: Iterable[str], served: bool) -> Iterator[Case]:
    """Every fault at every request."""
    for number, request in enumerate(found.requests):
        yield from (Case(scenario, number, fault, request, served) for fault in faults)


def judged(found: Ground, case: Case, folder: Path) -> Verdict:
    """Let it happen, apply until nothing is left to do, and look at what that has come to."""
    kill = Kill(case.number, KILLS[case.fault]) if case.fault in KILLS else None
    with worlds.copied(found.template, folder, kill) as world:
        if kill is None:
            with world.opened() as simulator:
                simulator.fault(skip=case.number, **FAULTS[case.fault])
        runs = world.settle(kill)
        wrong = [*proofs.violations(world, found.expected, runs)]
        if kill and world.runs[0].code != process.KILLED:
            wrong.append(f"the first run was not killed: it ended with {world.runs[0].code}")
    return Verdict(case, runs, tuple(wrong))


def judge(found: Ground, chosen: Sequence[Case], folder: Path, workers: int = 2) -> Iterator[Verdict]:
    """All verdicts, as they come; from this process, or from several."""
    work = [(found, case, folder / f"case-{number}") for number, case in enumerate(chosen)]
    if workers == 1:
        yield from map(_judged, work)
        return
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        yield from pool.imap_unordered(_judged, work, chunksize=4)


def _judged(work: tuple[Ground, Case, Path]) -> Verdict:
    return judged(*work)
